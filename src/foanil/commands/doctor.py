"""`foanil doctor`: what is installed, in which versions, on how many threads, and what is missing for which command."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import click

from foanil.commands.terminal import AS_JSON, InputError, checkout, print_json

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

PROGRAMS = {"node": "renders every formula of the reports in the tests", "chromium": "opens the site in the tests"}
"""Programs outside Python, and what they are for."""


class Finding(NamedTuple):
    """One thing looked at: its state in words, whether it is in order, and what to do if it is not.

    `needed` is false for what only some commands use.
    """

    what: str
    state: str
    fine: bool
    needed: bool = True
    cure: str = ""


@click.command()
@AS_JSON
def doctor(as_json: bool) -> None:
    """Say what is installed and what is missing. Example: foanil doctor

    Exit codes: 0 everything that is needed is there, 1 something is missing; what only some commands use counts not.
    """
    found = list(examined())
    if as_json:
        print_json([finding._asdict() for finding in found])
    else:
        width = max(len(finding.what) for finding in found)
        for finding in found:
            click.echo(f"{_mark(finding)}  {finding.what:<{width}}  {finding.state}".rstrip())
            if finding.cure and not finding.fine:
                click.echo(f"{'':{width + 11}}{finding.cure}")
    sys.exit(any(finding.needed and not finding.fine for finding in found))


def examined() -> Iterator[Finding]:
    """Look at Python, the required and the optional packages, the programs, the threads and the checkout."""
    yield _python()
    yield from _packages()
    yield from _programs()
    yield _threads()
    yield _place()


def _mark(finding: Finding) -> str:
    return "ok      " if finding.fine else "missing " if finding.needed else "optional"


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", version, sys.version_info >= (3, 11), cure="foanil needs Python 3.11 or newer")


def _packages() -> Iterator[Finding]:
    """Compare what is installed with what the package asks for; an extra's packages are optional."""
    from importlib import metadata

    from packaging.requirements import Requirement

    extras = metadata.metadata("foanil").get_all("Provides-Extra") or []
    for asked in map(Requirement, metadata.requires("foanil") or ()):
        marker = asked.marker
        needed = marker is None or marker.evaluate({"extra": ""})
        served = [extra for extra in extras if marker is not None and marker.evaluate({"extra": extra})]
        if not needed and not served:  # another platform's
            continue
        state, fine = _installed(asked.name, asked.specifier)
        yield Finding(asked.name, state, fine, needed, "make env" if needed else f"pip install 'foanil[{served[0]}]'")


def _installed(name: str, asked: SpecifierSet) -> tuple[str, bool]:
    """Return what is installed of a package, in words, and whether its version is among those asked for."""
    from importlib import metadata

    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"not installed; asked for: {asked}", False
    fine = asked.contains(version, prereleases=True)
    return version if fine else f"{version}; asked for: {asked}", fine


def _programs() -> Iterator[Finding]:
    import shutil

    for name, purpose in PROGRAMS.items():
        found = shutil.which(name)
        yield Finding(name, found or f"not on PATH; it {purpose}", found is not None, needed=False)


def _threads() -> Finding:
    import os

    from foanil.experiments.runs import THREAD_LIMITS

    given = {name: os.environ[name] for name in THREAD_LIMITS if name in os.environ}
    said = ", ".join(f"{name}={value}" for name, value in given.items()) or "linear algebra takes every core"
    cure = "parallel commands set one thread per process themselves; elsewhere: export OMP_NUM_THREADS=1"
    return Finding("threads", f"{os.cpu_count()} cores; {said}", bool(given), needed=False, cure=cure)


def _place() -> Finding:
    try:
        return Finding("checkout", str(checkout("the derivations")), True)
    except InputError as error:
        return Finding("checkout", "none", False, needed=False, cure=error.message)
