"""Write docs/reference.md from docstrings and from the commands' own options: `make reference`.

The page is committed, so that it is read where the code is; a test fails while it says something else than the code.
"""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

import foanil
from foanil.__main__ import main
from foanil.arrays import NumberSystem

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference.md"

EXTENDING = (
    "foanil.words",
    "foanil.gaussian_moments",
    "foanil.inequalities",
    "foanil.limits",
    "foanil.strategies",
    "foanil.certificates.check",
    "proofs.derivation",
)
"""What a new proof or a new check is written with: listed by their own public functions and classes."""

INTRODUCTION = """# Reference

Made from docstrings by `make reference`; [the quick start](quick_start.md) shows the names at work. Shapes
are (rows, columns), with the letters of the paper; a *degree* is the power of a unit of the labels.
"""


def page() -> str:
    """Return the whole page."""
    parts = [INTRODUCTION, "## Commands\n", *commands(main, "foanil")]
    parts.append("## Names of `foanil`\n\n`from foanil import …` finds each of these.\n")
    parts += [described(name, getattr(foanil, name)) for name in foanil.__all__]
    parts.append("## For proofs and checks of one's own\n")
    for module in EXTENDING:
        parts += listed(module)
    return "\n".join(parts).rstrip() + "\n"


# Commands ------------------------------------------------------------------------------------------


def commands(group: click.Group, name: str) -> Iterator[str]:
    """Yield each command with what it says of itself, its arguments and its options."""
    context = click.Context(group, info_name=name)
    for child in group.list_commands(context):
        command = group.get_command(context, child)
        if command is None:
            continue
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {child}")
            continue
        arguments = " ".join(p.make_metavar(context) for p in command.params if isinstance(p, click.Argument))
        said = re.sub(r"Example: (.+)$", r"Example: `\1`", inspect.cleandoc(command.help or ""), flags=re.M)
        yield f"### `{name} {child}{f' {arguments}' if arguments else ''}`\n\n{said}\n"
        options = [line for p in command.params if isinstance(p, click.Option) for line in option(p)]
        yield "\n".join([*options, ""])


def option(said: click.Option) -> Iterator[str]:
    """Yield the line of an option."""
    if not said.hidden:
        names = ", ".join(f"`{name}`" for name in (*said.opts, *said.secondary_opts))
        yield f"- {names}: {said.help or ''}".rstrip(": ")


# Names ---------------------------------------------------------------------------------------------


def described(name: str, value: Any) -> str:
    """Return the entry of a public name: how it is called, its whole docstring, and what it has."""
    home = f"*{getattr(value, '__module__', None) or type(value).__module__}*"
    if inspect.isclass(value):
        return f"### `{name}`\n\n{home}\n\n{prose(value)}\n{members(value)}".rstrip() + "\n"
    if callable(value) and not isinstance(value, click.Command):
        return f"### `{name}`\n\n{home}\n\n```python\n{name}{signature(value)}\n```\n\n{prose(value)}"
    return f"### `{name}`\n\n{constant(name)}\n"


def constant(name: str) -> str:
    """Return what stands below a constant in the module that defines it; raises LookupError where nothing does."""
    module = importlib.import_module(f"foanil.{foanil._HOME[name]}")
    body = ast.parse(inspect.getsource(module)).body
    for node, after in itertools.pairwise(body):
        names = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if [ast.unparse(target) for target in names] == [name] and isinstance(after, ast.Expr):
            return f"*{module.__name__}*\n\n{ast.literal_eval(after.value)}"
    raise LookupError(f"{name} has no text below it in {module.__name__}: write one")


def members(cls: type) -> str:
    """Return a list of the values of an enumeration, or of the fields, properties and methods of another class."""
    if issubclass(cls, enum.Enum):
        return "".join(f"- `{member.name}`: {member.value}\n" for member in cls)
    fields = [f"- `{name}`: `{kind}`\n" for name, kind in getattr(cls, "__annotations__", {}).items() if public(name)]
    own = [(name, value) for name, value in vars(cls).items() if public(name) and name not in cls.__annotations__]
    methods = [f"- {called(name, value)}: {first(value)}\n" for name, value in own if first(value)]
    return "".join([*fields, *methods])


def called(name: str, value: Any) -> str:
    """Return how a member is written: a property by its name, a method with its arguments."""
    if isinstance(value, property):
        return f"`{name}`"
    return f"`{name}{signature(getattr(value, '__func__', value))}`"


def listed(module: str) -> list[str]:
    """Return the section of a module: what it is for, then each public function and class in a line."""
    found = importlib.import_module(module)
    own = [
        (name, value)
        for name, value in vars(found).items()
        if public(name) and getattr(value, "__module__", None) == module and (inspect.isclass(value) or callable(value))
    ]
    lines = [f"- `{name}{'' if inspect.isclass(value) else signature(value)}`: {first(value)}" for name, value in own]
    return [f"### `{module}`\n\n{prose(found)}", *(line for line in lines if not line.endswith(": ")), ""]


@dataclass(frozen=True, slots=True)
class Named:
    """What is printed as its name."""

    name: str

    def __repr__(self) -> str:
        return self.name


def public(name: str) -> bool:
    """Whether a name is for others."""
    return not name.startswith("_")


def signature(value: Any) -> str:
    """Return the arguments of a function as they are written, without `self`."""
    found = inspect.signature(inspect.unwrap(value))
    parameters = [
        p.replace(annotation=shown(p.annotation), default=shown(p.default) if named(p.default) else p.default)
        for p in found.parameters.values()
        if p.name not in ("self", "cls")
    ]
    return str(found.replace(parameters=parameters, return_annotation=shown(found.return_annotation)))


def named(default: object) -> bool:
    """Whether a default value has a name that says more than its repr."""
    return isinstance(default, NumberSystem | enum.Enum) or inspect.isfunction(default)


def shown(value: Any) -> Any:
    """Return what prints as one would write it: a name, or an annotation without its quotes."""
    if value is inspect.Signature.empty:
        return value
    if isinstance(value, enum.Enum):
        return Named(str(value))
    if isinstance(value, NumberSystem) or inspect.isfunction(value):
        return Named(value.name if isinstance(value, NumberSystem) else value.__name__)
    text = value if isinstance(value, str) else inspect.formatannotation(value)
    return Named(re.sub(r"(?:hypothesis\.strategies|st)\.(\w+)\[(?:ForwardRef\('(.*)'\)|(.*))\]", r"\1[\2\3]", text))


def prose(value: Any) -> str:
    """Return a docstring as Markdown."""
    return f"{inspect.cleandoc(value.__doc__ or '')}\n"


def first(value: Any) -> str:
    """Return the first paragraph of a docstring in one line."""
    text = inspect.cleandoc(getattr(value, "__doc__", None) or "")
    return " ".join(text.partition("\n\n")[0].split())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
