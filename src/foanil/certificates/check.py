"""Checking a certificate with code that shares nothing with its producer but the statement of the region.

At time 0 everything is exact: rank by elimination, order of matrices by the signs of characteristic polynomials. At a
later time the iterates (B_t, w_t) of (5)-(7) are enclosed by plain ball arithmetic, which loses digits at every step;
the checker starts with as many as it takes. Guarantees are checked link by link in rationals. Whatever is cheap is
checked first, and a `Watch` is called along the way, so that a forger's long work can be shown and given up.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import flint
from flint import arb, arb_mat, fmpq_mat
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from foanil.certificates.check_balls import (
    Point,
    Sizes,
    identity,
    is_definite,
    iterate,
    largest_radius,
    scaled_identity,
    square_sum,
    to_fmpq,
)
from foanil.certificates.check_chain import Chain, Link
from foanil.certificates.region import region

MOST_BYTES = 2**26
MOST_ENTRIES = 4096
MOST_FOLLOWED = 128
"""An iterate at t > 0 is checked for d up to this: it has d² entries."""

MOST_BITS = 2**20
"""Plain balls are given up beyond this precision."""

Watch = Callable[[str, int, int], None]
"""Called with a name, the steps to do and the steps done; may raise to end the check."""


class UnreadableError(ValueError):
    """The file is no JSON document."""


class RejectedError(ValueError):
    """The certificate does not prove what it says; the message names the first claim that fails."""


def read(path: Path) -> Any:
    """Return the parsed JSON of a file. Raises UnreadableError with the cause and the cure."""
    try:
        text = _bytes(path).decode("utf-8")
        return json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant, parse_float=_no_float)
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError(
            f"expected a certificate in JSON; {str(path)!r} is none: {error}; write one with certify"
        ) from error


def _bytes(path: Path) -> bytes:
    """Return the content of a regular file: a device or a pipe has no end."""
    if path.exists() and not path.is_file():
        raise ValueError("it is no regular file")
    with path.open("rb") as file:
        found = file.read(MOST_BYTES + 1)
    if len(found) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES} bytes")
    return found


def check(document: Any, watch: Watch | None = None) -> str:
    """Return what the certificate proves, in a sentence. Raises RejectedError with the first claim that fails.

    `watch` is called at every step of long work; what it raises ends the check.
    """
    if isinstance(document, dict) and "digest" in document:
        _require(document["digest"] == _digest(document), "the digest does not fit the content: it was changed")
    _require_schema(document)
    watch = watch or _unwatched
    if "Sigma_star" in document["problem"]:
        return _check_unseen(document)
    sizes = _sizes(document["problem"])
    is_silent = all(entry == 0 for entry in (sizes.B * sizes.w).entries())
    if document["outcome"] == "REFUTED":
        return _check_refutation(document, sizes, watch)
    _require(document["refutation"] is None, "a CERTIFIED start has no refutation")
    _require(document["region"] is not None, "a CERTIFIED start has a region")
    _require(document["silent_head"] is is_silent, f"silent_head must be {is_silent}: B_0w_0 decides")
    _check_inequalities(document, sizes)
    if document["trapping"] is not None:
        _require(Fraction(document["region"]["omega"]) >= 1, "trapping: needed only where omega ≥ 1")
        _check_chain(_chain(sizes, document["region"]), "trapping", document["trapping"], document["region"], watch)
    if document["guarantees"] is not None:
        _check_guarantees(document["guarantees"], document["region"], sizes, watch)
    _check_state(document, sizes, is_silent, watch)
    return f"CERTIFIED: the limits of (8) hold from this start; the region at t = {document['region']['t']} is verified"


# Reading -----------------------------------------------------------------------------------------


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key occurs twice in one object")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _no_float(text: str) -> Any:
    raise ValueError(f"{text[:40]} is no integer: a certificate has integers, and rationals as texts")


def _unwatched(name: str, most: int, done: int) -> None:
    """Watch nothing."""


def _require(condition: bool, claim: str) -> None:
    if not condition:
        raise RejectedError(claim)


def _require_schema(document: Any) -> None:
    schema = resources.files("foanil.certificates").joinpath("certificate.schema.json").read_bytes()
    error = next(_FirstErrors(json.loads(schema)).iter_errors(document), None)
    if error is not None:
        place = "/".join(str(part) for part in error.absolute_path) or "the document"
        raise RejectedError(f"{_plain(place)} does not fit the schema: {_plain(error.message)}")


def _first_of_items(validator: Any, items: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Yield the first error among the items of an array: a forger may have put in millions."""
    for error in Draft202012Validator.VALIDATORS["items"](validator, items, instance, schema):
        yield error
        return


_FirstErrors: Any = validators.extend(Draft202012Validator, {"items": _first_of_items})  # type: ignore[no-untyped-call]


def _plain(text: str) -> str:
    """Return the beginning of a text with escapes for what a terminal would obey or cannot show."""
    return ascii(text[:200])[1:-1] if not text.isprintable() else text[:200]


def _size(x: Fraction) -> str:
    """Return a rational in three digits, whatever its size."""
    if not x or 1e-300 < abs(x) < 1e300:
        return f"{float(x):.3g}"
    power = (abs(x.numerator).bit_length() - x.denominator.bit_length()) * math.log10(2)
    return f"{'-' if x < 0 else ''}1e{power:+.0f}"


def _digest(document: Mapping[str, Any]) -> str:
    rest = {key: document[key] for key in sorted(document) if key != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _sizes(problem: Mapping[str, Any]) -> Sizes:
    d, k, k_prime = problem["d"], problem["k"], problem["k_prime"]
    _require_widths(d, k, k_prime)
    numbers = {name: Fraction(problem[name]) for name in ("c", "sigma_sq", "alpha", "beta")}
    _require_signs(numbers)
    B_star = _matrix(problem["B_star"], d, k, "B_star")
    _require(B_star.transpose() * B_star == identity(k), "B_star must have orthonormal columns")
    B = _matrix(problem["B_0"], d, k_prime, "B_0")
    w = _matrix([[entry] for entry in problem["w_0"]], k_prime, 1, "w_0")
    c, sigma_sq, alpha, beta = (numbers[name] for name in ("c", "sigma_sq", "alpha", "beta"))
    return Sizes(d, k, k_prime, problem["m_in"], c, sigma_sq, alpha, beta, B_star, B, w)


def _require_widths(d: int, k: int, k_prime: int) -> None:
    _require(k < d and k <= k_prime <= d, "the sizes must have k < d and k ≤ k' ≤ d")
    _require(d * k_prime <= MOST_ENTRIES, f"d·k' may be at most {MOST_ENTRIES}")


def _require_signs(numbers: Mapping[str, Fraction]) -> None:
    _require(all(numbers[name] > 0 for name in numbers if name != "sigma_sq"), "c, alpha and beta must be positive")
    _require(numbers["sigma_sq"] >= 0, "sigma_sq must not be negative")


def _matrix(rows: list[list[str]], height: int, width: int, name: str) -> fmpq_mat:
    fits = len(rows) == height and all(len(row) == width for row in rows)
    _require(fits, f"{name} must have shape {height}×{width}")
    return fmpq_mat(height, width, [to_fmpq(entry) for row in rows for entry in row])


# The region --------------------------------------------------------------------------------------


def _check_inequalities(document: Mapping[str, Any], sizes: Sizes) -> None:
    found = document["region"]
    ell, delta, omega = (Fraction(found[name]) for name in ("ell", "delta", "omega"))
    numbers = {"a": sizes.a, "rho": sizes.rho, "kappa": sizes.kappa, "m": Fraction(sizes.m)}
    trapped = document["trapping"] is not None
    for i in region(**numbers, ell=ell, delta=delta, omega=omega, trapped=trapped):
        _require(i.holds, f"the region needs {i.text}; it fails by {_size(i.excess)}")
    _require(found["floor"] is None or Fraction(found["floor"]) > 0, "floor must be positive or null")
    _require(Fraction(found["zeta"]) >= 0, "zeta must not be negative")


def _check_state(document: Mapping[str, Any], sizes: Sizes, is_silent: bool, watch: Watch) -> None:
    """Check that the bounds are true of the start, or of the iterate that the enclosure speaks of."""
    found = document["region"]
    ell, delta, omega, zeta = (Fraction(found[name]) for name in ("ell", "delta", "omega", "zeta"))
    floor = None if found["floor"] is None else Fraction(found["floor"])
    w = 0 * sizes.w if is_silent else sizes.w
    if found["t"] == 0:
        _require(document["enclosure"] is None, "at t = 0 the start is exact: there is no enclosure")
        _check_start(sizes, w, ell, delta, omega, floor)
        output = sizes.B_star.transpose() * sizes.B * w
        _require((output.transpose() * output)[0, 0] <= to_fmpq(zeta**2 * sizes.c), "zeta must bound ‖B⋆ᵀB_0w_0‖/√c")
        return
    _require(document["enclosure"] is not None, "after t = 0 an enclosure is needed")
    _require(document["enclosure"]["t"] == found["t"], "the enclosure and the region must speak of the same time")
    _require(floor is not None, "after t = 0 the rank is shown by a positive floor")
    claims = _EnclosedClaims(sizes, document["enclosure"], ell, delta, omega, zeta, floor or Fraction(0))
    _prove_in_balls(sizes, w, found["t"], claims.first_failure, watch)


def _check_start(
    sizes: Sizes, w: fmpq_mat, ell: Fraction, delta: Fraction, omega: Fraction, floor: Fraction | None
) -> None:
    C, alpha = sizes.B_star.transpose() * sizes.B, to_fmpq(sizes.alpha)
    _require(C.rank() == sizes.k, "rank(B_starᵀB_0) must be k")
    gram = C * C.transpose() * alpha
    complement = (sizes.B.transpose() * sizes.B - C.transpose() * C) * alpha
    _require(_is_psd(identity(sizes.k) * to_fmpq(ell) - gram), "ell must bound ‖αΛ_0‖")
    _require(_is_psd(identity(sizes.k_prime) * to_fmpq(delta) - complement), "delta must bound α‖B⋆,⊥ᵀB_0‖²")
    square = (w.transpose() * w)[0, 0]
    _require(square <= to_fmpq(omega * sizes.alpha * sizes.c), "omega must bound ‖w_0‖²/(αc)")
    if floor is not None:
        _require(_is_psd(gram - identity(sizes.k) * to_fmpq(floor)), "floor must bound λ_min(αΛ_0) from below")


def _is_psd(A: fmpq_mat) -> bool:
    """A symmetric matrix is positive semidefinite iff the coefficients of its characteristic polynomial alternate."""
    n = A.nrows()
    return all((-1) ** (n - i) * entry >= 0 for i, entry in enumerate(A.charpoly().coeffs()))


@dataclass(frozen=True, slots=True)
class _EnclosedClaims:
    sizes: Sizes
    enclosure: Mapping[str, Any]
    ell: Fraction
    delta: Fraction
    omega: Fraction
    zeta: Fraction
    floor: Fraction

    def first_failure(self, point: Point) -> str | None:
        """Return the first claim that the balls do not prove, or None."""
        k, k_prime = self.sizes.k, self.sizes.k_prime
        if not self._within(point):
            return "the iterate must lie within the radius of the enclosure"
        if not is_definite(scaled_identity(k, self.ell) - point.gram):
            return "ell must bound ‖αΛ_t‖"
        if not is_definite(scaled_identity(k_prime, self.delta) - point.complement):
            return "delta must bound α‖B⋆,⊥ᵀB_t‖²"
        if not point.omega <= arb(to_fmpq(self.omega)):
            return "omega must bound ‖w_t‖²/(αc)"
        seen = square_sum(arb_mat(self.sizes.B_star.transpose()) * point.v)
        if not (seen.is_zero() or seen <= arb(to_fmpq(self.zeta**2))):
            return "zeta must bound ‖B⋆ᵀB_tw_t‖/√c"
        if not is_definite(point.gram - scaled_identity(k, self.floor)):
            return "floor must bound λ_min(αΛ_t) from below"
        return None

    def _within(self, point: Point) -> bool:
        d = self.sizes.d
        H = _matrix(self.enclosure["H"], d, d, "enclosure/H")
        v = _matrix([[entry] for entry in self.enclosure["v"]], d, 1, "enclosure/v")
        radius = Fraction(self.enclosure["radius"])
        apart = square_sum(point.H - arb_mat(H)) + square_sum(point.v - arb_mat(v)) / 4
        off = point.omega - arb(to_fmpq(self.enclosure["omega"]))
        return radius > 0 and bool(apart + off * off / 64 <= arb(to_fmpq(radius * radius)))


def _prove_in_balls(
    sizes: Sizes, w: fmpq_mat, t: int, first_failure: Callable[[Point], str | None], watch: Watch
) -> None:
    """Enclose the iterate at time t with more and more digits until no claim fails, or digits cannot be the cause."""
    _require(sizes.d <= MOST_FOLLOWED, f"after t = 0 an iterate is checked for d up to {MOST_FOLLOWED}")
    bits = 512 + 2 * t
    while True:
        with flint.ctx.workprec(bits):
            point = iterate(sizes, w, t, functools.partial(watch, f"following with {bits} bits", t))
            failure = "the iterates grow too fast to be enclosed" if point is None else first_failure(point)
            lost = point is None or max(largest_radius(point.H), largest_radius(point.v)) > arb(2) ** -400
        if failure is None:
            return
        _require(lost and 2 * bits <= MOST_BITS, failure)
        bits *= 2


# Refutations -------------------------------------------------------------------------------------


def _check_refutation(document: Mapping[str, Any], sizes: Sizes, watch: Watch) -> str:
    found = document["refutation"]
    _require(found is not None, "a REFUTED start needs a refutation")
    _require(found["reason"] != "unseen", "an unseen direction needs Sigma_star; for c the rank decides")
    _require_nothing_certified(document)
    if found["reason"] == "rank":
        rank = (sizes.B_star.transpose() * sizes.B).rank()
        _require(rank == found["rank"] < sizes.k, f"rank(B_starᵀB_0) is {rank}")
        return f"REFUTED: rank(B⋆ᵀB_0) = {rank} < k = {sizes.k} for ever"
    if found["reason"] == "collapse":
        _check_collapse(found, sizes)
        return "REFUTED: a head above its bound takes a singular direction of B⋆ᵀB_t down to 0"
    _check_divergence(found, sizes, watch)
    return f"REFUTED: the iterates diverge from t = {found['t']} on"


def _check_unseen(document: Mapping[str, Any]) -> str:
    """For any Σ⋆: uᵀΣ⋆ʲB⋆ᵀB_0 = 0 for j < k and Σ⋆u ≠ 0, so that uᵀΛ_tu = 0 for ever while uᵀΛ⋆u > 0."""
    problem, found = document["problem"], document["refutation"]
    d, k, k_prime = problem["d"], problem["k"], problem["k_prime"]
    is_right = document["outcome"] == "REFUTED" and found is not None and found["reason"] == "unseen"
    _require(is_right, "with Sigma_star in place of c only an unseen direction is certified")
    _require_nothing_certified(document)
    _require_widths(d, k, k_prime)
    _require_signs({name: Fraction(problem[name]) for name in ("sigma_sq", "alpha", "beta")})
    Sigma_star = _matrix(problem["Sigma_star"], k, k, "Sigma_star")
    _require(Sigma_star == Sigma_star.transpose() and _is_psd(Sigma_star), "Sigma_star must be a covariance")
    B_star, B = _matrix(problem["B_star"], d, k, "B_star"), _matrix(problem["B_0"], d, k_prime, "B_0")
    _require(B_star.transpose() * B_star == identity(k), "B_star must have orthonormal columns")
    _matrix([[entry] for entry in problem["w_0"]], k_prime, 1, "w_0")
    u = _matrix([[entry] for entry in found["direction"]], k, 1, "direction")
    _require(_is_nonzero(Sigma_star * u), "Sigma_star must not take the direction to 0: the limit is 0 there")
    C = B_star.transpose() * B
    for j in range(k):
        _require(not _is_nonzero(C.transpose() * u), f"direction: B_starᵀB_0 is seen after {j} times Sigma_star")
        u = Sigma_star * u
    return "REFUTED: B⋆ᵀB_t never sees a direction in which the Λ⋆ of (8) is positive"


def _is_nonzero(A: fmpq_mat) -> bool:
    return any(entry != 0 for entry in A.entries())


def _require_nothing_certified(document: Mapping[str, Any]) -> None:
    empty = all(document[name] is None for name in ("enclosure", "region", "trapping", "guarantees"))
    _require(empty and document["silent_head"] is False, "a REFUTED start certifies nothing")


def _check_collapse(found: Mapping[str, Any], sizes: Sizes) -> None:
    """The collapse lemma, with f = w/‖w‖: Df = 0, CᵀCf = χ²f, η = ‖w‖²/(αc) − 1 in (0, 1], 0 < χ² ≤ aη²/(8ρ)."""
    square, eta = Fraction(found["square"]), Fraction(found["eta"])
    _require(sizes.rho <= 1 and 4 * sizes.a * sizes.kappa <= sizes.rho, "collapse: needs β ≤ α and 4α²σ̄² ≤ 1")
    _require(0 < eta <= 1, "collapse: eta must lie in (0, 1]")
    _require(0 < square and 8 * sizes.rho * square <= sizes.a * eta**2, "collapse: square must be at most aη²/(8ρ)")
    length = (sizes.w.transpose() * sizes.w)[0, 0]
    _require(length == to_fmpq((1 + eta) * sizes.alpha * sizes.c), "collapse: eta must be ‖w_0‖²/(αc) − 1")
    output = sizes.B * sizes.w
    _require(sizes.B_star * (sizes.B_star.transpose() * output) == output, "collapse: B_0w_0 must lie in col(B_star)")
    pulled = sizes.B.transpose() * output * to_fmpq(sizes.alpha)  # as B_0w_0 lies in col(B_star), this is αCᵀCw
    _require(pulled == sizes.w * to_fmpq(square), "collapse: w_0 must be a singular direction of B_starᵀB_0")


def _check_divergence(found: Mapping[str, Any], sizes: Sizes, watch: Watch) -> None:
    """The part C grows when as‖C‖² > 2 + a, since E ⪰ sCᵀC; the part D when aq‖D‖² > 2, since E ⪰ qDᵀD."""
    least, is_C = Fraction(found["at_least"]), found["part"] == "C"
    enough = sizes.a * sizes.s * least > 2 + sizes.a if is_C else sizes.a * sizes.q * least > 2
    _require(enough, "at_least must be so large that the norm grows by a constant factor at every step")
    _require(found["t"] <= 100000, "the time must be at most 100000")
    _require(sizes.d <= MOST_FOLLOWED, f"divergence is checked for d up to {MOST_FOLLOWED}")
    x = _matrix([[entry] for entry in found["direction"]], sizes.k if is_C else sizes.d, 1, "direction")
    _require(any(entry != 0 for entry in x.entries()), "direction must not be zero")
    # For D any direction will do: its part across B_star is what is measured, and the whole of it divides.
    across = identity(sizes.d) - sizes.B_star * sizes.B_star.transpose()
    probe = sizes.B_star * x if is_C else across * x
    length = to_fmpq(least) * (x.transpose() * x)[0, 0]

    def first_failure(point: Point) -> str | None:
        seen = arb_mat(probe)
        return None if (seen.transpose() * point.H * seen)[0, 0] >= arb(length) else "at_least must bound the quotient"

    _prove_in_balls(sizes, sizes.w, found["t"], first_failure, watch)


# Guarantees --------------------------------------------------------------------------------------


def _check_guarantees(found: Mapping[str, Any], entered: Mapping[str, Any], sizes: Sizes, watch: Watch) -> None:
    epsilon, T = Fraction(found["epsilon"]), entered["t"]
    ell, delta, omega = (Fraction(entered[name]) for name in ("ell", "delta", "omega"))
    _require(epsilon > 0, "epsilon must be positive")
    later = found["complement"] - T
    enough = later >= 0 and delta <= sizes.alpha * epsilon * (1 + sizes.a * sizes.q * delta * later)
    _require(enough, "complement: bound (a) does not reach epsilon by then")
    steps = found["output_once"] - T + 1
    rate = Fraction(7, 4) * sizes.rho * (1 - ell - delta)
    enough = steps >= 1 and rate * steps * epsilon**2 / sizes.c >= omega
    _require(enough, "output_once: bound (b) does not reach epsilon by then")
    for name in ("output", "gram"):
        if found[name] is not None:
            last = _check_chain(_chain(sizes, entered), name, found[name], entered, watch)
            _check_last(_chain(sizes, entered), name, last, epsilon)


def _chain(sizes: Sizes, entered: Mapping[str, Any]) -> Chain:
    return Chain(sizes, Fraction(entered["omega"]))


def _check_chain(chain: Chain, name: str, rows: list[Any], entered: Mapping[str, Any], watch: Watch) -> Link:
    """Check that each link follows from the one before it and that the last one stays true; return that one."""
    _require(entered["floor"] is not None, f"{name}: a positive floor is needed")
    links = [Link(row[0], *(Fraction(entry) for entry in row[1:])) for row in rows]
    first = links[0]
    ell, delta, zeta, floor = (Fraction(entered[key]) for key in ("ell", "delta", "zeta", "floor"))
    _require(first == Link(entered["t"], floor, ell, delta, zeta), f"{name}: the first link must be the region's")
    for number, link in enumerate(links):
        sane = 0 < link.low <= link.high <= ell and 0 <= link.delta <= delta and link.zeta >= 0
        _require(sane, f"{name}: link {number} leaves the region")
    for number, (before, after) in enumerate(pairwise(links)):
        watch(f"the links of {name}", len(links), number)
        _require(chain.follows(before, after), f"{name}: link {number + 1} does not follow")
    _require(chain.stays(links[-1]), f"{name}: the last link is no trap")
    return links[-1]


def _check_last(chain: Chain, name: str, last: Link, epsilon: Fraction) -> None:
    x_star = 1 / chain.n.s
    if name == "gram":
        _require(max(last.high - x_star, x_star - last.low) <= epsilon, "gram: the last link is wider than epsilon")
    else:
        _require(chain.energy(last) <= epsilon**2 / chain.n.c, "output: the last link is larger than epsilon")
