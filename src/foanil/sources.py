"""What evidence rests on: the code that a check reaches by name, followed through a checkout, as SHA-256 hashes.

A function reaches what it names: functions, classes and constants of its own module and of the modules that it imports,
pytest fixtures by the names of its arguments, files by their names in strings. Comments, docstrings and layout do not
count, every statement does. What is only reached at run time (a method looked up by a computed name) is not seen.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

Place = tuple[str, str]
"""A module and a name in it; the empty name stands for the statements that bind nothing, a star for all of it."""

FOLDERS = {"foanil": "src/foanil", "proofs": "proofs", "verify": "verify"}
"""Where packages of the checkout lie."""
DATA = ("verify/*.json", "reports/experiments/*/*.csv", "reports/experiments/*/*.npz", "reports/experiments/*/*.json")
"""Files that checks read."""
UNSAID = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
"""Fields of Python's syntax trees that say nothing of what the code does, or differ between Pythons."""


@dataclass(frozen=True)
class Module:
    """One source file: its statements by the names that they bind, and what its imports stand for."""

    name: str
    package: str
    definitions: Mapping[str, tuple[ast.stmt, ...]]
    imports: Mapping[str, Place]


@dataclass(frozen=True)
class Checkout:
    """A checkout of foanil, its files read once each."""

    root: Path
    modules: dict[str, Module | None] = field(default_factory=dict)
    used: dict[Place, frozenset[Place]] = field(default_factory=dict)
    digests: dict[Place, str] = field(default_factory=dict)
    strings: dict[Place, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def data(self) -> dict[str, str]:
        """The files that checks read: their hashes by their paths."""
        files = sorted(path for pattern in DATA for path in self.root.glob(pattern))
        return {path.relative_to(self.root).as_posix(): sha256(path.read_bytes()) for path in files}


def sha256(text: str | bytes) -> str:
    """Return the SHA-256 of a text (as UTF-8) or of bytes, in hexadecimal."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


# What is hashed ------------------------------------------------------------------------------------


def claim_hash(claim: Any) -> str:
    """Return the hash of a claim's record in the registry, every field of it."""
    return sha256(repr(sorted(asdict(claim).items())))


def formula_hash(checkout: Checkout, name: str) -> str:
    """Return the hash of a formula's transcription and of the formulas that it calls."""
    return _hash(checkout, reached(checkout, [("foanil.statements", name)]))


def check_hashes(checkout: Checkout, node_id: str) -> dict[str, str]:
    """Return the hashes of what a check reaches: in verify/ and proofs/ with its data (`check`), in foanil (`engine`).

    `node_id` is pytest's, without parameters.
    """
    path, _, function = node_id.partition("::")
    places = reached(checkout, [(path.removesuffix(".py").replace("/", "."), function)])
    engine = {place for place in places if place[0].partition(".")[0] == "foanil"}
    own = _hash(checkout, places - engine, data_read(checkout, places))
    return {"check": own, "engine": _hash(checkout, engine)}


def code_hash(checkout: Checkout, places: Iterable[Place]) -> str:
    """Return the hash of all code that some places reach by name."""
    return _hash(checkout, reached(checkout, places))


def _hash(checkout: Checkout, places: Iterable[Place], further: Iterable[str] = ()) -> str:
    lines = [f"{module} {name} {_digest(checkout, (module, name))}" for module, name in sorted(places)]
    return sha256("\n".join([*lines, *further]))


def _digest(checkout: Checkout, place: Place) -> str:
    if place not in checkout.digests:
        checkout.digests[place] = sha256("\n".join(_canonical(node) for node in _statements(checkout, place)))
    return checkout.digests[place]


def _canonical(node: Any) -> str:
    """Return a syntax tree as text that is the same on every Python, without docstrings."""
    if isinstance(node, ast.AST):
        fields = ((name, value) for name, value in ast.iter_fields(node) if name not in UNSAID)
        said = ((name, _undocumented(node, name, value)) for name, value in fields if value not in (None, []))
        parts = (f"{name}={_canonical(value)}" for name, value in said)
        return f"{type(node).__name__}({','.join(parts)})"
    if isinstance(node, list):
        return f"[{','.join(map(_canonical, node))}]"
    return repr(node)


def _undocumented(node: ast.AST, name: str, value: Any) -> Any:
    documented = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and name == "body"
    return value[1:] if documented and _is_text(value[0]) else value


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def data_read(checkout: Checkout, places: Iterable[Place]) -> list[str]:
    """Return a line for each data file that code names, itself or by its folder: its path and its hash."""
    said: set[str] = set().union(*(_strings(checkout, place) for place in places))
    return [f"{path} {digest}" for path, digest in checkout.data.items() if said & set(path.split("/")[-2:])]


def _strings(checkout: Checkout, place: Place) -> frozenset[str]:
    if place not in checkout.strings:
        nodes = (node for statement in _statements(checkout, place) for node in ast.walk(statement))
        values = (node.value for node in nodes if isinstance(node, ast.Constant))
        checkout.strings[place] = frozenset(value for value in values if isinstance(value, str))
    return checkout.strings[place]


# What code reaches ---------------------------------------------------------------------------------


def reached(checkout: Checkout, places: Iterable[Place]) -> set[Place]:
    """Return the places that code at some places reaches by name, directly or not, those themselves among them."""
    waiting = list(places)
    seen: set[Place] = set()
    while waiting:
        place = waiting.pop()
        if place not in seen:
            seen.add(place)
            waiting += _uses(checkout, place)
    return seen


def _uses(checkout: Checkout, place: Place) -> frozenset[Place]:
    if place not in checkout.used:
        checkout.used[place] = frozenset(_found_uses(checkout, place))
    return checkout.used[place]


def _found_uses(checkout: Checkout, place: Place) -> Iterator[Place]:
    module = _module(checkout, place[0])
    if module is None:
        return
    yield (module.name, "")
    if place[1] == "*":
        yield from ((module.name, name) for name in module.definitions)
    for statement in _statements(checkout, place):
        for node in ast.walk(statement):
            yield from _named(checkout, module, node)


def _named(checkout: Checkout, module: Module, node: ast.AST) -> Iterator[Place]:
    """Return what one node of a syntax tree names."""
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in module.imports:
            origin, inside = module.imports[name]
            yield from _resolved(checkout, origin, attribute if inside == "*" else inside)
        case ast.Name(id=name):
            yield from _looked_up(checkout, module, name)
        case ast.arg(arg=name) if module.name.startswith("verify."):
            yield from _looked_up(checkout, module, name)
            yield from _resolved(checkout, "verify.conftest", name)
        case ast.Import() | ast.ImportFrom():
            for origin, inside in _imported(checkout, module.package, node).values():
                yield from _resolved(checkout, origin, inside)


def _looked_up(checkout: Checkout, module: Module, name: str) -> Iterator[Place]:
    if name in module.definitions:
        yield (module.name, name)
    elif name in module.imports and module.imports[name][1] != "*":
        yield from _resolved(checkout, *module.imports[name])


def _resolved(checkout: Checkout, origin: str, name: str) -> Iterator[Place]:
    """Return where a name of a module is defined, re-exports followed; nothing outside the checkout."""
    module = _module(checkout, origin)
    if module is None:
        return
    if name == "*" or name in module.definitions:
        yield (origin, name)
    elif name in module.imports:
        yield from _resolved(checkout, *module.imports[name])


def _statements(checkout: Checkout, place: Place) -> tuple[ast.stmt, ...]:
    module = _module(checkout, place[0])
    return () if module is None else module.definitions.get(place[1], ())


# Reading modules -----------------------------------------------------------------------------------


def _module(checkout: Checkout, name: str) -> Module | None:
    if name not in checkout.modules:
        path = _file(checkout.root, name)
        checkout.modules[name] = None if path is None else _read(checkout, name, path)
    return checkout.modules[name]


def _file(root: Path, name: str) -> Path | None:
    top, *rest = name.split(".")
    if top not in FOLDERS:
        return None
    stem = root.joinpath(FOLDERS[top], *rest)
    candidates = (stem.with_suffix(".py"), stem / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def _read(checkout: Checkout, name: str, path: Path) -> Module:
    definitions: dict[str, list[ast.stmt]] = {"": []}
    imports: dict[str, Place] = {}
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            imports |= _imported(checkout, package, statement)
        elif not _is_text(statement):
            for bound in _bound(statement) or [""]:
                definitions.setdefault(bound, []).append(statement)
    return Module(name, package, {bound: tuple(found) for bound, found in definitions.items()}, imports)


def _bound(statement: ast.stmt) -> list[str]:
    """Return the names that a statement of a module binds; for a compound one, those that it binds anywhere."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    stored = (node for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return list(dict.fromkeys(node.id for node in stored))


def _imported(checkout: Checkout, package: str, node: ast.Import | ast.ImportFrom) -> dict[str, Place]:
    """Return what an import binds: names to their places, modules to all of them."""
    if isinstance(node, ast.Import):
        return {alias.asname or alias.name.partition(".")[0]: (alias.name, "*") for alias in node.names}
    origin = ".".join(filter(None, (package if node.level else "", node.module)))
    return {alias.asname or alias.name: _meant(checkout, origin, alias.name) for alias in node.names}


def _meant(checkout: Checkout, origin: str, name: str) -> Place:
    """Return what `from origin import name` names: a module, or something in one."""
    below = f"{origin}.{name}"
    return (below, "*") if _file(checkout.root, below) is not None else (origin, name)


# All of it -----------------------------------------------------------------------------------------

PAGES = (("foanil.report", "render"), ("foanil.audit", "audit"))
"""The code that computes verdicts and renders pages."""


def sources(root: Path, registry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what evidence made in a checkout rests on, as plain data: hashes of claims, formulas, checks and pages.

    Checks are the test functions of verify/, as pytest names them; their parameters share an entry.
    """
    checkout = Checkout(root)
    formulas = sorted({name for claim in registry.values() for name in claim.stated})
    return {
        "claims": {name: claim_hash(claim) for name, claim in registry.items()},
        "formulas": {name: formula_hash(checkout, name) for name in formulas},
        "checks": {name: check_hashes(checkout, name) for name in checks(checkout)},
        "pages": _hash(checkout, reached(checkout, PAGES)),
    }


def checks(checkout: Checkout) -> list[str]:
    """Return the node ids of the test functions of verify/, sorted."""
    files = sorted((checkout.root / "verify").glob("test_*.py"))
    found = ((path.name, _module(checkout, f"verify.{path.stem}")) for path in files)
    named = ((file, name) for file, module in found if module is not None for name in module.definitions)
    return sorted(f"verify/{file}::{name}" for file, name in named if name.startswith("test_"))
