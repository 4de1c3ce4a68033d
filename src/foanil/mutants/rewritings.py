"""Rewritings of a formula's tree: every way, kind by kind, in which a transcriber may get one place of it wrong.

A rule looks at one node and the operation above it and proposes changed nodes; a result that does not type as the
formula does is dropped, for it could not be run where the formula stood. Rules know trees and letters, no values.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from types import MappingProxyType

from foanil.formal import FORMAL, SCALAR, FormalShapeError, Tree, latex, symbol


class Kind(Enum):
    """How a mutant is wrong; the value is the middle part of its id."""

    SIGN = "sign"
    TERM = "term"
    COEFFICIENT = "coefficient"
    EXPONENT = "exponent"
    TRANSPOSE = "transpose"
    ORDER = "order"
    LETTER = "letter"
    FACTOR = "factor"
    SCALE = "scale"
    IDENTITY = "identity"
    NORM = "norm"
    INVERSE = "inverse"
    REPEAT = "repeat"
    STRAY = "stray"
    PAIR = "pair"
    """Two rewritings, one after the other."""


CONFUSED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "alpha": ("beta",),
        "beta": ("alpha",),
        "sigma_sq": ("sigma_bar_sq", "c"),
        "sigma_bar_sq": ("sigma_sq", "c"),
        "m": ("N", "m_in"),
        "m_in": ("m", "m_out"),
        "m_test": ("m_in",),
        "N": ("m",),
        "w": ("w_adapted", "W"),
        "w_adapted": ("w", "W"),
        "W": ("w", "w_adapted"),
        "head_gradient": ("w",),
        "z": ("y",),
        "y": ("z",),
        "z_in": ("y_in",),
    }
)
"""Letter → letters of the same shape that a transcriber may write for it, be they letters of the formula or not."""

SAMPLE_SIZES = frozenset({"m", "m_in", "m_out", "m_test", "N"})
"""Letters that are counts, hence off by one."""

STRAY_FACTORS = ("alpha", "m_in")
"""Letters that a formula as a whole is multiplied with and divided by."""


def occurring_letters(node: Tree) -> tuple[str, ...]:
    """Return the letters that occur, in order of their first occurrence."""
    return tuple(dict.fromkeys(str(leaf.leaf) for _, leaf, _ in _places(node) if leaf.op == "symbol"))


# Places ------------------------------------------------------------------------------------------

Path = tuple[int, ...]
Rewriting = tuple[Kind, str, Tree]

_REBUILD: Mapping[str, Callable[..., Tree]] = MappingProxyType(
    {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "neg": lambda a: -a,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "pow": lambda a, n: a ** int(n.leaf),
        "matmul": lambda a, b: a @ b,
        "transpose": lambda a: a.T,
        "trace": FORMAL.trace,
        "inv": FORMAL.inv,
        "sqnorm": FORMAL.sqnorm,
    }
)


def _places(node: Tree, path: Path = (), parent: str = "root") -> Iterator[tuple[Path, Tree, str]]:
    """Yield every node but exponents, from the root down, with its path and the operation above it."""
    yield path, node, parent
    for index, child in enumerate(node.children):
        if (node.op, index) != ("pow", 1):
            yield from _places(child, (*path, index), node.op)


def _put(node: Tree, path: Path, new: Tree) -> Tree:
    """Replace the node at a path; raises FormalShapeError where the result does not type."""
    if not path:
        return new
    children = list(node.children)
    children[path[0]] = _put(children[path[0]], path[1:], new)
    return _REBUILD[node.op](*children)


def _mapped(node: Tree, leaves: Mapping[str, Tree]) -> Tree:
    """Replace letters by trees, everywhere and at once."""
    if node.op == "symbol":
        return leaves.get(str(node.leaf), node)
    if not node.children:
        return node
    return _REBUILD[node.op](*(_mapped(child, leaves) for child in node.children))


def rewritings(original: Tree) -> Iterator[Rewriting]:
    """Yield the rewritings that type like the original: kind by kind, then from the root down."""
    found = [*_local(original), *_global(original)]
    for kind in Kind:
        yield from (rewriting for rewriting in found if rewriting[0] is kind and rewriting[2].shape == original.shape)


def _local(original: Tree) -> Iterator[Rewriting]:
    for (path, node, parent), (kind, rule) in itertools.product(_places(original), _RULES):
        for description, new in rule(node, parent):
            try:
                yield kind, description, _put(original, path, new)
            except FormalShapeError:
                continue  # ill-typed: no transcriber could have written it and run it


Change = tuple[str, Tree]
Rule = Callable[[Tree, str], Iterator[Change]]


def _show(node: Tree) -> str:
    return f"$`{latex(node)}`$"


# Rules: one node, and the operation above it, to its changed versions ------------------------------


def _signs(node: Tree, parent: str) -> Iterator[Change]:
    if node.op in ("add", "sub"):
        a, b = node.children
        yield f"sign of {_show(b)} flipped", a - b if node.op == "add" else a + b
        yield f"sign of {_show(a)} flipped", -a + b if node.op == "add" else -a - b
    if parent == "root":
        yield "sign of the whole flipped", -node


def _terms(node: Tree, parent: str) -> Iterator[Change]:
    if node.op in ("add", "sub"):
        a, b = node.children
        yield f"{_show(b)} dropped", a
        yield f"{_show(a)} dropped", b if node.op == "add" else -b


def _coefficients(node: Tree, parent: str) -> Iterator[Change]:
    if node.op == "integer":
        for changed in (int(node.leaf or 0) + 1, int(node.leaf or 0) - 1):
            yield f"coefficient {node.leaf} becomes {changed}", Tree("integer", (), SCALAR, changed)
    if node.op == "symbol" and node.leaf in SAMPLE_SIZES:
        yield f"{_show(node)} becomes {_show(node + 1)} in one place", node + 1
        yield f"{_show(node)} becomes {_show(node - 1)} in one place", node - 1


def _exponents(node: Tree, parent: str) -> Iterator[Change]:
    if node.op == "pow":
        base, exponent = node.children
        for changed in (int(exponent.leaf or 0) + 1, int(exponent.leaf or 0) - 1):
            yield f"exponent of {_show(base)}: {exponent.leaf} becomes {changed}", base**changed
    if node.op == "symbol" and node.shape == SCALAR and parent != "pow":
        yield f"{_show(node)} squared", node**2
    if node.op == "div" and node.children[1].op != "integer":
        yield f"multiplied with {_show(node.children[1])} instead of divided by it", node.children[0] * node.children[1]
    if node.op == "mul" and _is_ratio(node.children[0]):
        yield f"divided by {_show(node.children[0])} instead of multiplied", node.children[1] / node.children[0]


def _is_ratio(node: Tree) -> bool:
    """Whether a node is a rational function of scalar letters: what one may divide by in words."""
    leaves = [leaf for _, leaf, _ in _places(node) if not leaf.children]
    return node.op != "integer" and all(leaf.shape == SCALAR for leaf in leaves)


def _transposes(node: Tree, parent: str) -> Iterator[Change]:
    if node.op == "transpose":
        yield f"transpose of {_show(node.children[0])} missing", node.children[0]
    elif _is_square(node) and (node.op == "symbol" or _is_whole_product(node, parent)):
        yield f"{_show(node)} transposed", node.T
    if _is_whole_product(node, parent):
        yield from _inner_for_outer(_factors(node))


def _inner_for_outer(chain: tuple[Tree, ...]) -> Iterator[Change]:
    """The transpose of vvᵀ on the wrong factor, made to type: ‖v‖²I."""
    for i, j, l in itertools.combinations(range(len(chain) + 1), 3):
        v = _product(chain[i:j])
        if v.shape[1] == "1" and _product(chain[j:l]) == v.T:
            inner = FORMAL.sqnorm(v) * FORMAL.eye(v.shape[0])
            yield f"{_show(v @ v.T)} becomes {_show(inner)}", _product((*chain[:i], inner, *chain[l:]))


def _is_square(node: Tree) -> bool:
    return node.shape[0] == node.shape[1] and node.shape != SCALAR


def _is_whole_product(node: Tree, parent: str) -> bool:
    return node.op == "matmul" and parent != "matmul"


def _factors(node: Tree) -> tuple[Tree, ...]:
    if node.op != "matmul":
        return (node,)
    return (*_factors(node.children[0]), *_factors(node.children[1]))


def _product(factors: Iterable[Tree]) -> Tree:
    return functools.reduce(lambda left, right: left @ right, factors)


def _orders(node: Tree, parent: str) -> Iterator[Change]:
    """Swap two adjacent square blocks of a product."""
    if not _is_whole_product(node, parent):
        return
    chain = _factors(node)
    for i, j, l in itertools.combinations(range(len(chain) + 1), 3):
        first, second = _product(chain[i:j]), _product(chain[j:l])
        if _is_square(first) and _is_square(second):
            swapped = _product((*chain[:i], *chain[j:l], *chain[i:j], *chain[l:]))
            yield f"{_show(first)} and {_show(second)} swapped", swapped


def _dropped_factors(node: Tree, parent: str) -> Iterator[Change]:
    if node.op == "mul":
        a, b = node.children
        yield from ((f"factor {_show(dropped)} dropped", kept) for kept, dropped in ((a, b), (b, a)))
    if node.op == "div":
        yield f"divisor {_show(node.children[1])} dropped", node.children[0]
    if _is_whole_product(node, parent):
        chain = _factors(node)
        for i, j in itertools.combinations(range(len(chain) + 1), 2):
            block, rest = _product(chain[i:j]), chain[:i] + chain[j:]
            if rest and block.shape[0] == block.shape[1]:
                yield f"factor {_show(block)} dropped", _product(rest)


def _scales(node: Tree, parent: str) -> Iterator[Change]:
    if node.op == "integer" or parent in ("mul", "matmul", "div", "neg", "transpose"):
        return  # a number, or a factor: doubling it doubles the term that it is in
    yield f"{_show(node)} doubled", 2 * node
    yield f"{_show(node)} halved", node / 2
    if parent == "root":
        yield "the whole tripled", 3 * node
        yield "the whole vanishes", 0 * node


def _identities(node: Tree, parent: str) -> Iterator[Change]:
    if _is_square(node) and node.op not in ("eye", "add", "sub"):
        yield f"identity in place of {_show(node)}", FORMAL.eye(node.shape[0])


def _norms(node: Tree, parent: str) -> Iterator[Change]:
    if node.op == "trace":
        yield f"squared norm in place of the trace of {_show(node.children[0])}", FORMAL.sqnorm(node.children[0])
    if node.op == "sqnorm" and _is_square(node.children[0]):
        yield f"trace in place of the squared norm of {_show(node.children[0])}", FORMAL.trace(node.children[0])


def _inverses(node: Tree, parent: str) -> Iterator[Change]:
    if node.op == "inv":
        yield f"inverse of {_show(node.children[0])} missing", node.children[0]


def _repeats(node: Tree, parent: str) -> Iterator[Change]:
    if node.op != "symbol" or node.shape == SCALAR:
        return
    again = node @ node if _is_square(node) else node @ node.T @ node
    yield f"{_show(node)} becomes {_show(again)}", again
    yield f"{_show(node)} becomes {_show(node - again)}", node - again


_RULES: tuple[tuple[Kind, Rule], ...] = (
    (Kind.SIGN, _signs),
    (Kind.TERM, _terms),
    (Kind.COEFFICIENT, _coefficients),
    (Kind.EXPONENT, _exponents),
    (Kind.TRANSPOSE, _transposes),
    (Kind.ORDER, _orders),
    (Kind.FACTOR, _dropped_factors),
    (Kind.SCALE, _scales),
    (Kind.IDENTITY, _identities),
    (Kind.NORM, _norms),
    (Kind.INVERSE, _inverses),
    (Kind.REPEAT, _repeats),
)


# Rules on the whole formula ------------------------------------------------------------------------


def _global(original: Tree) -> Iterator[Rewriting]:
    own = occurring_letters(original)
    for name in own:
        if name in SAMPLE_SIZES:
            for new in (symbol(name) + 1, symbol(name) - 1):
                description = f"{_show(symbol(name))} becomes {_show(new)} everywhere"
                yield Kind.COEFFICIENT, description, _mapped(original, {name: new})
        for other in _alternatives(name, own):
            yield from _replacements(original, name, other)
    for name, other in itertools.combinations(own, 2):
        if other in CONFUSED.get(name, ()) or (symbol(name).shape == symbol(other).shape != SCALAR):
            swap = {name: symbol(other), other: symbol(name)}
            yield Kind.LETTER, f"{_show(symbol(name))} and {_show(symbol(other))} swapped", _mapped(original, swap)
    for name in STRAY_FACTORS:
        factor = symbol(name)
        yield Kind.STRAY, f"the whole multiplied with {_show(factor)}", factor * original
        yield Kind.STRAY, f"the whole divided by {_show(factor)}", original / factor


def _alternatives(name: str, own: tuple[str, ...]) -> tuple[str, ...]:
    """Return the letters that may be written for one: those it is confused with, and own ones of its shape."""
    alike = [o for o in own if o != name and symbol(o).shape == symbol(name).shape != SCALAR]
    return tuple(dict.fromkeys((*CONFUSED.get(name, ()), *alike)))


def _replacements(original: Tree, name: str, other: str) -> Iterator[Rewriting]:
    new = _written(other, occurring_letters(original))
    described = f"{_show(new)} in place of {_show(symbol(name))}"
    yield Kind.LETTER, described, _mapped(original, {name: new})
    for path, node, _ in _places(original):
        if node.op == "symbol" and node.leaf == name:
            yield Kind.LETTER, f"{described} in one place", _put(original, path, new)


def _written(name: str, own: tuple[str, ...]) -> Tree:
    """Return a letter, σ̄² and σ² by their definition where the formula has what that takes: no new parameter then."""
    if name not in own and "Sigma_star" in own:
        spread = FORMAL.trace(symbol("Sigma_star"))
        if name == "sigma_bar_sq" and "sigma_sq" in own:
            return spread + symbol("sigma_sq")
        if name == "sigma_sq" and "sigma_bar_sq" in own:
            return symbol("sigma_bar_sq") - spread
    return symbol(name)
