"""FORMAL: formulas as expression trees, which print as LaTeX, have a scaling degree, and evaluate in any number system.

Calling a statement with formal symbols gives the tree of the very object that the numeric and symbolic checks run;
the printed formula and the mutants of the formula are made from it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from foanil.notation import NOTATION, Symbol

Shape = tuple[str, str]
SCALAR: Shape = ("1", "1")


class FormalShapeError(TypeError):
    """A formula does not type: two shapes that must agree differ."""


@dataclass(frozen=True, slots=True)
class Tree:
    """One node of a formula: operator, children, shape (names of dimensions); leaves carry a name or a number."""

    op: str
    children: tuple[Tree, ...]
    shape: Shape
    leaf: str | int | None = None

    def __add__(self, other: Tree | int) -> Tree:
        return _same_shape("add", self, _tree(other))

    def __radd__(self, other: int) -> Tree:
        return _tree(other) + self

    def __sub__(self, other: Tree | int) -> Tree:
        return _same_shape("sub", self, _tree(other))

    def __rsub__(self, other: int) -> Tree:
        return _tree(other) - self

    def __neg__(self) -> Tree:
        return Tree("neg", (self,), self.shape)

    def __mul__(self, other: Tree | int) -> Tree:
        return _times(self, _tree(other))

    def __rmul__(self, other: int) -> Tree:
        return _times(_tree(other), self)

    def __truediv__(self, other: Tree | int) -> Tree:
        divisor = _tree(other)
        if divisor.shape != SCALAR:
            raise FormalShapeError(f"expected a scalar divisor; got shape {divisor.shape}")
        return Tree("div", (self, divisor), self.shape)

    def __rtruediv__(self, other: int) -> Tree:
        return _tree(other) / self

    def __pow__(self, exponent: int) -> Tree:
        if self.shape != SCALAR:
            raise FormalShapeError(f"expected a scalar base for a power; got shape {self.shape}")
        return Tree("pow", (self, _tree(exponent)), self.shape)

    def __matmul__(self, other: Tree) -> Tree:
        if self.shape[1] != other.shape[0]:
            raise FormalShapeError(f"cannot multiply shapes {self.shape} and {other.shape}: inner sizes differ")
        return Tree("matmul", (self, other), (self.shape[0], other.shape[1]))

    @property
    def T(self) -> Tree:
        """The transpose."""
        return Tree("transpose", (self,), (self.shape[1], self.shape[0]))


def _tree(value: Tree | int) -> Tree:
    return value if isinstance(value, Tree) else Tree("integer", (), SCALAR, value)


def _same_shape(op: str, left: Tree, right: Tree) -> Tree:
    if left.shape != right.shape:
        raise FormalShapeError(f"cannot {op} shapes {left.shape} and {right.shape}")
    return Tree(op, (left, right), left.shape)


def _times(left: Tree, right: Tree) -> Tree:
    if SCALAR not in (left.shape, right.shape):
        raise FormalShapeError(f"* takes a scalar on one side; got {left.shape} and {right.shape}; use @")
    return Tree("mul", (left, right), right.shape if left.shape == SCALAR else left.shape)


class Formal:
    """The number system whose numbers are trees."""

    name = "FORMAL"

    def eye(self, n: str) -> Tree:
        """Return the identity of the dimension named n."""
        return Tree("eye", (), (n, n), n)

    def trace(self, A: Tree) -> Tree:
        """Return the tree of Tr(A)."""
        _square(A)
        return Tree("trace", (A,), SCALAR)

    def inv(self, A: Tree) -> Tree:
        """Return the tree of A⁻¹."""
        _square(A)
        return Tree("inv", (A,), A.shape)

    def sqnorm(self, A: Tree) -> Tree:
        """Return the tree of ‖A‖²."""
        return Tree("sqnorm", (A,), SCALAR)


FORMAL = Formal()


def _square(A: Tree) -> None:
    if A.shape[0] != A.shape[1]:
        raise FormalShapeError(f"expected a square matrix; got shape {A.shape}")


def symbol(name: str) -> Tree:
    """Return the leaf for one of the paper's letters (see `foanil.notation`)."""
    return Tree("symbol", (), NOTATION[name].shape, name)


Formula = Callable[..., Any]


def letters(formula: Formula) -> tuple[str, ...]:
    """Return the letters a formula takes, in order; its first parameter is the number system."""
    return tuple(inspect.signature(formula).parameters)[1:]


def tree(formula: Formula) -> Tree:
    """Return the expression tree of a statement, by calling it with formal symbols."""
    return formula(FORMAL, **{name: symbol(name) for name in letters(formula)})  # type: ignore[no-any-return]


def evaluate(node: Tree, xp: Any, values: Mapping[str, Any], sizes: Mapping[str, Any]) -> Any:
    """Evaluate a tree in the number system `xp`, letters read from `values`, dimensions from `sizes`."""
    if node.op == "symbol":
        return values[str(node.leaf)]
    if node.op == "integer":
        return node.leaf
    if node.op == "eye":
        return xp.eye(sizes[str(node.leaf)])
    arguments = [evaluate(child, xp, values, sizes) for child in node.children]
    return _OPERATIONS[node.op](xp, *arguments)


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": lambda xp, a, b: a + b,
    "sub": lambda xp, a, b: a - b,
    "neg": lambda xp, a: -a,
    "mul": lambda xp, a, b: a * b,
    "div": lambda xp, a, b: Fraction(a, b) if isinstance(a, int) and isinstance(b, int) else a / b,
    "pow": lambda xp, a, b: a**b,
    "matmul": lambda xp, a, b: a @ b,
    "transpose": lambda xp, a: a.T,
    "trace": lambda xp, a: xp.trace(a),
    "inv": lambda xp, a: xp.inv(a),
    "sqnorm": lambda xp, a: xp.sqnorm(a),
}


def as_formula(node: Tree, like: Formula) -> Formula:
    """Turn a tree back into a formula with the parameters of `like`: a mutant can stand where the original stood."""
    names = letters(like)

    def formula(xp: Any, **values: Any) -> Any:
        return evaluate(node, xp, values, _sizes(values))

    formula.__signature__ = inspect.signature(like)  # type: ignore[attr-defined]
    formula.__name__ = getattr(like, "__name__", "formula")
    formula.__doc__ = latex(node)
    del names
    return formula


def _sizes(values: Mapping[str, Any]) -> dict[str, Any]:
    """Read the dimensions off the arrays that were passed."""
    sizes: dict[str, Any] = {"1": 1}
    for name, value in values.items():
        shape = getattr(value, "shape", ())
        if len(shape) == 2:
            sizes.update(zip(NOTATION[name].shape, shape, strict=True))
    return sizes


# Scaling degrees ---------------------------------------------------------------------------------


class InhomogeneousError(ValueError):
    """A sum adds terms of different scaling degrees."""


def degree(node: Tree) -> Fraction:
    """Return the scaling degree of a formula under y → λy (degrees of the letters in `foanil.notation`).

    Raises InhomogeneousError when a sum adds terms of different degrees.
    """
    if node.op == "symbol":
        return NOTATION[str(node.leaf)].degree
    below = [degree(child) for child in node.children]
    if node.op in ("add", "sub"):
        if below[0] != below[1]:
            left, right = (latex(child) for child in node.children)
            raise InhomogeneousError(f"{left} has degree {below[0]}, but {right} has degree {below[1]}")
        return below[0]
    return _DEGREES[node.op](node, below)


_DEGREES: dict[str, Callable[[Tree, list[Fraction]], Fraction]] = {
    "integer": lambda node, below: Fraction(0),
    "eye": lambda node, below: Fraction(0),
    "neg": lambda node, below: below[0],
    "transpose": lambda node, below: below[0],
    "trace": lambda node, below: below[0],
    "inv": lambda node, below: -below[0],
    "sqnorm": lambda node, below: 2 * below[0],
    "mul": lambda node, below: below[0] + below[1],
    "matmul": lambda node, below: below[0] + below[1],
    "div": lambda node, below: below[0] - below[1],
    "pow": lambda node, below: below[0] * int(node.children[1].leaf or 0),
}


# Printing ----------------------------------------------------------------------------------------

_SUM, _PRODUCT, _ATOM = 1, 2, 3


def latex(node: Tree) -> str:
    """Print a tree as LaTeX that MathJax and GitHub render (no custom macros)."""
    return _print(node)[0]


def _print(node: Tree) -> tuple[str, int]:
    if node.op == "symbol":
        return NOTATION[str(node.leaf)].latex, _ATOM
    if node.op == "integer":
        return str(node.leaf), _ATOM
    if node.op == "eye":
        return f"I_{{{_dimension(str(node.leaf))}}}", _ATOM
    return _PRINTERS[node.op](*node.children)


def _dimension(name: str) -> str:
    return NOTATION[name].latex if name in NOTATION else name


def _wrap(node: Tree, level: int) -> str:
    text, precedence = _print(node)
    return text if precedence >= level else rf"\left({text}\right)"


def _print_sub(left: Tree, right: Tree) -> tuple[str, int]:
    return f"{_wrap(left, _SUM)} - {_wrap(right, _PRODUCT)}", _SUM


def _print_transpose(child: Tree) -> tuple[str, int]:
    return f"{_raised(child)}^{{\\top}}", _ATOM


def _print_power(base: Tree, exponent: Tree) -> tuple[str, int]:
    return f"{_raised(base)}^{{{exponent.leaf}}}", _ATOM


def _raised(base: Tree) -> str:
    """Print what carries a superscript: in brackets unless it is one piece, in braces if it has a superscript."""
    text, precedence = _print(base)
    if precedence < _ATOM or base.op == "div":
        return rf"\left({text}\right)"
    return f"{{{text}}}" if "^" in text else text


_PRINTERS: dict[str, Callable[..., tuple[str, int]]] = {
    "add": lambda a, b: (f"{_wrap(a, _SUM)} + {_wrap(b, _SUM)}", _SUM),
    "sub": _print_sub,
    "neg": lambda a: (f"-{_wrap(a, _PRODUCT)}", _SUM),
    "mul": lambda a, b: (f"{_wrap(a, _PRODUCT)} \\, {_wrap(b, _PRODUCT)}", _PRODUCT),
    "matmul": lambda a, b: (f"{_wrap(a, _PRODUCT)} {_wrap(b, _PRODUCT)}", _PRODUCT),
    "div": lambda a, b: (f"\\frac{{{latex(a)}}}{{{latex(b)}}}", _ATOM),
    "pow": _print_power,
    "transpose": _print_transpose,
    "trace": lambda a: (f"\\mathrm{{Tr}}\\left({latex(a)}\\right)", _ATOM),
    "inv": lambda a: (f"{_raised(a)}^{{-1}}", _ATOM),
    "sqnorm": lambda a: (f"\\lVert {latex(a)} \\rVert^{{2}}", _ATOM),
}

__all__ = [
    "FORMAL", "SCALAR", "Formal", "FormalShapeError", "Formula", "InhomogeneousError", "Symbol", "Tree",
    "as_formula", "degree", "evaluate", "latex", "letters", "symbol", "tree",
]  # fmt: skip
