"""What a certificate says: the records behind it, outward rounding to few digits, and its JSON fields."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from foanil import rational
from foanil.certificates.enclosure import Enclosure
from foanil.certificates.guarantees import Guarantee
from foanil.certificates.predicates import exact
from foanil.certificates.problem import Problem
from foanil.setting import CovarianceError

FORMAT = "foanil certificate"
SCHEMA_VERSION = 1
SHOWN_DIGITS = 12
"""Bounds in a certificate are rounded outward to this many significant digits."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Rational bounds at one time: λ_max(αΛ) ≤ ell, ‖D‖² ≤ delta, ‖ŵ‖² ≤ omega, λ_min(αΛ) ≥ floor (None: unknown).

    zeta ≥ ‖Ĉŵ‖ = ‖B⋆ᵀB_tw_t‖/√c.
    """

    t: int
    ell: Fraction
    delta: Fraction
    omega: Fraction
    zeta: Fraction
    floor: Fraction | None


@dataclass(frozen=True, slots=True)
class Times:
    """When each quantity is guaranteed below ε: for all later times, or (output_once) at some time up to then."""

    complement: int
    output_once: int
    output: Guarantee | None
    gram: Guarantee | None

    @property
    def complete(self) -> bool:
        """Whether every guarantee was found."""
        return self.output is not None and self.gram is not None


# Rounding ------------------------------------------------------------


def above(x: Any, digits: int = SHOWN_DIGITS) -> Fraction:
    """Return a decimal fraction ≥ x with few significant digits."""
    return _decimal(exact(x), digits, math.ceil)


def below(x: Any, digits: int = SHOWN_DIGITS) -> Fraction:
    """Return a decimal fraction ≤ x with few significant digits."""
    return _decimal(exact(x), digits, math.floor)


def _decimal(x: Fraction, digits: int, rounding: Any) -> Fraction:
    if not x:
        return x
    places = digits - len(str(abs(x.numerator))) + len(str(x.denominator))
    unit = Fraction(10) ** places
    return Fraction(rounding(x * unit)) / unit


# Fields ---------------------------------------------------------------------------------------


def document(problem: Problem, outcome: str, **parts: Any) -> dict[str, Any]:
    """Return a certificate, its digest included; parts that are not given are null."""
    empty = {
        "silent_head": False,
        "enclosure": None,
        "region": None,
        "trapping": None,
        "guarantees": None,
        "refutation": None,
    }
    fields = {
        "format": FORMAT,
        "schema_version": SCHEMA_VERSION,
        "outcome": outcome,
        "problem": problem_fields(problem),
        **empty,
        **parts,
    }
    return {**fields, "digest": digest(fields)}


def digest(fields: dict[str, Any]) -> str:
    """Return the SHA-256 of a document without its digest, independent of spaces and of the order of keys."""
    rest = {key: value for key, value in fields.items() if key != "digest"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def problem_fields(problem: Problem) -> dict[str, Any]:
    """Return the problem with every number as an exact text: c where Σ⋆ = cI with c > 0, else the matrix Σ⋆."""
    setting, start = problem.setting, problem.start
    sizes = {name: getattr(setting, name) for name in ("d", "k", "k_prime", "m_in")}
    numbers = {name: str(getattr(setting, name)) for name in ("sigma_sq", "alpha", "beta")}
    try:
        covariance: dict[str, Any] = {"c": str(setting.c)}
    except CovarianceError:
        covariance = {"Sigma_star": _texts(setting.Sigma_star)}
    return {
        **sizes,
        **covariance,
        **numbers,
        "B_star": _texts(setting.B_star),
        "B_0": _texts(start.B),
        "w_0": [str(x) for x in start.w],
    }


def _texts(A: rational.Matrix) -> list[list[str]]:
    return [[str(x) for x in row] for row in A]


def enclosure_fields(now: Enclosure) -> dict[str, Any]:
    """Write the midpoint exactly: an enclosure in a certificate is the one that was computed."""
    return {
        "t": now.t,
        "H": [[str(exact(x)) for x in row] for row in now.middle.H],
        "v": [str(exact(x)) for x in now.middle.v[:, 0]],
        "omega": str(exact(now.middle.omega)),
        "radius": str(above(now.error)),
    }


def region_fields(bounds: Bounds) -> dict[str, Any]:
    """Return the bounds in the region at their time."""
    return {
        "t": bounds.t,
        "ell": str(bounds.ell),
        "delta": str(bounds.delta),
        "omega": str(bounds.omega),
        "zeta": str(bounds.zeta),
        "floor": None if bounds.floor is None else str(bounds.floor),
    }


def guarantee_fields(epsilon: Fraction | None, times: Times | None) -> dict[str, Any] | None:
    """Return the times of the guarantees, with the chains of bounds that lead there."""
    if times is None:
        return None
    return {
        "epsilon": str(epsilon),
        "complement": times.complement,
        "output_once": times.output_once,
        "output": chain_rows(times.output),
        "gram": chain_rows(times.gram),
    }


def chain_rows(found: Guarantee | None) -> list[list[Any]] | None:
    """Write bounds along the way as [t, low, high, delta, zeta]; omega is the region's."""
    if found is None:
        return None
    return [[b.t, str(b.low), str(b.high), str(b.delta), str(b.zeta)] for b in found.chain]
