"""Every formula's mutants against the checks of its claims: none may survive."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import pytest

import proofs
from foanil import statements
from foanil.evidence import Check, Outcome
from foanil.kill_matrix import TriedFormula, as_json, try_formula
from foanil.mutants import mutants

LEAST_MUTANTS = 10


def checks_of_proofs() -> tuple[Check, ...]:
    """Return the checks of all modules of the proofs package that take a formula of the transcription."""
    names = sorted(module.name for module in pkgutil.iter_modules(proofs.__path__))
    modules = [importlib.import_module(f"proofs.{name}") for name in names]
    return tuple(check for module in modules for check in getattr(module, "CHECKS", ()) if check.formula)


def survivors(tried: TriedFormula) -> list[str]:
    """Return a line for each live mutant that no check killed, with what each check said."""
    said = {m.id: ", ".join(f"{t.check}: {t.fate.value} {t.reason}".strip() for t in m.trials) for m in tried.survivors}
    return [f"{m.id} ({m.description}) {m.latex} [{said[m.id]}]" for m in tried.survivors]


def test_every_check_names_a_formula_and_is_named_once() -> None:
    """A check's formula is one of the transcription, and no two checks share a name: rows of the matrix stay apart."""
    checks = checks_of_proofs()
    assert {check.formula for check in checks} <= set(statements.FORMULAS)
    assert len({check.name for check in checks}) == len(checks)


@pytest.mark.parametrize("name", statements.FORMULAS)
def test_every_mutant_is_killed(name: str, record_property: Callable[[str, Any], None]) -> None:
    """The formula itself passes its checks, at least ten mutants are tried, and each is killed by one of them."""
    checks = [check for check in checks_of_proofs() if check.formula == name]
    assert checks, f"no check in proofs/ takes {name}; a formula without a check cannot be shown to be right"
    tried = try_formula(name, statements.formula(name), checks, mutants(name))
    record_property("foanil_mutants", as_json(tried))
    assert {check.on_formula for check in tried.checks} == {Outcome.HELD.value}
    assert len(tried.live) >= LEAST_MUTANTS
    assert not survivors(tried)
    assert not tried.contradictions
