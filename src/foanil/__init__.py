"""foanil: a machine audit of *First-order ANIL provably learns representations despite overparametrisation*.

The names below are public; each is imported when it is first used. docs/quick_start.md shows them at work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foanil.arrays import EXACT, NUMPY, mpmath_system
    from foanil.certificates.certify import Answer, certify
    from foanil.certificates.problem import Problem
    from foanil.claims import REGISTRY
    from foanil.claims.record import Claim, Kind, Source
    from foanil.convergence import Condition, explicit_conditions
    from foanil.dynamics import Iterate, Lambda_star, Observation, observations, trajectory
    from foanil.evidence import Check, Evidence, Method, Outcome, Residual, Verdict, exact_residual
    from foanil.pytest_plugin import cases
    from foanil.setting import Setting, SettingError, State, isotropic, orthonormal

__all__ = [
    "EXACT",
    "NUMPY",
    "REGISTRY",
    "Answer",
    "Check",
    "Claim",
    "Condition",
    "Evidence",
    "Iterate",
    "Kind",
    "Lambda_star",
    "Method",
    "Observation",
    "Outcome",
    "Problem",
    "Residual",
    "Setting",
    "SettingError",
    "Source",
    "State",
    "Verdict",
    "cases",
    "certify",
    "exact_residual",
    "explicit_conditions",
    "isotropic",
    "mpmath_system",
    "observations",
    "orthonormal",
    "trajectory",
]

_HOMES = {
    "arrays": "EXACT NUMPY mpmath_system",
    "certificates.certify": "Answer certify",
    "certificates.problem": "Problem",
    "claims": "Claim Kind REGISTRY Source",
    "convergence": "Condition explicit_conditions",
    "dynamics": "Iterate Lambda_star Observation observations trajectory",
    "evidence": "Check Evidence Method Outcome Residual Verdict exact_residual",
    "pytest_plugin": "cases",
    "setting": "Setting SettingError State isotropic orthonormal",
}
"""Which module has which public name: so that `foanil --help` need not wait for NumPy and SymPy."""
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'foanil' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"foanil.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
