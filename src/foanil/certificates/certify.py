"""Producing a certificate: the region checked at the start, or the iteration followed rigorously until it is entered.

The outcome is CERTIFIED (the three limits of (8) follow), REFUTED (they fail, with the reason) or UNDECIDED (with the
inequalities that are violated, and by how much).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from foanil import rational
from foanil.arrays import Array, NumberSystem
from foanil.certificates import documents, guarantees
from foanil.certificates.collapse import Collapse, collapse
from foanil.certificates.documents import Bounds, Times, above, below
from foanil.certificates.enclosure import (
    WEIGHT_OMEGA,
    WEIGHT_V,
    Enclosure,
    EnclosureLostError,
    follow,
    working_system,
)
from foanil.certificates.gram_form import GramPoint, Numbers
from foanil.certificates.guarantees import Guarantee
from foanil.certificates.predicates import eigenvalue_bounds, exact
from foanil.certificates.problem import Problem
from foanil.certificates.region import Inequality, region
from foanil.certificates.unseen import Vector, least_gap, unseen_direction
from foanil.setting import CovarianceError, Dimensionless, dimensionless

MOST_FOLLOWED = 60
"""The iteration is followed for d up to this: a step costs the Cholesky factor of a matrix of size d²/2.

Half a second and 270 MB at d = 50, one and a half and 500 MB at d = 60.
"""

NEAR = 1e-6
"""The region is checked rigorously where doubles leave at most this much missing."""

MOST_DIGITS = 4000
"""Times with more digits are not given: a reader of JSON may refuse such integers, Python from 4300 digits on."""

SHORT = 40
"""Numbers with more characters are printed as powers of ten."""

Watch = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found: outcome, the lines to print, and the certificate unless UNDECIDED."""

    outcome: str
    lines: tuple[str, ...]
    certificate: dict[str, Any] | None = None


def certify(
    problem: Problem, digits: int = 50, steps: int = 2000, epsilon: Fraction | None = None, watch: Watch | None = None
) -> Answer:
    """Decide whether FO-ANIL with infinitely many tasks converges from the problem's start to the limits of (8).

    Outside the region the iteration is followed for up to `steps` steps at `digits` digits. With `epsilon` > 0 the
    times are added from which ‖B⋆,⊥ᵀB_t‖², ‖B_tw_t‖ and ‖αΛ_t − x⋆I‖ are guaranteed to be at most ε. `watch` is
    called with a name, the steps to do and the steps done.
    """
    try:
        numbers = dimensionless(problem.setting)
    except CovarianceError:
        return _any_covariance(problem)
    C = rational.product(rational.transpose(problem.setting.B_star), problem.start.B)
    found = rational.rank(C)
    if found < problem.setting.k:
        return _rank_refuted(problem, found)
    collapsing = collapse(problem, numbers)
    if collapsing is not None:
        return _collapse_refuted(problem, collapsing)
    xp = working_system(digits)
    with xp.working():
        silent = has_silent_head(problem)
        return _Search(problem, numbers, xp, digits, steps, epsilon, silent, watch or _unwatched).answer()


def _unwatched(name: str, most: int, done: int) -> None:
    """Watch nothing."""


def has_silent_head(problem: Problem) -> bool:
    """Whether B_0w_0 = 0 exactly: then w never moves, B_t is what it is for w_0 = 0, and ‖w_0‖ does not matter."""
    return not any(any(row) for row in rational.product(problem.start.B, tuple((x,) for x in problem.start.w)))


@dataclass(frozen=True, slots=True)
class _Search:
    problem: Problem
    exact: Dimensionless
    xp: NumberSystem
    digits: int
    steps: int
    epsilon: Fraction | None
    silent: bool
    watch: Watch

    def answer(self) -> Answer:
        numbers = in_balls(self.xp, self.problem, self.exact)
        last: Enclosure | None = None
        first: tuple[Enclosure, Bounds, Guarantee | None] | None = None
        seen: int | None = None
        lost = ""
        try:
            for now in self.enclosures(numbers):
                self.watch("following the iteration, at most", self.steps, now.t)
                if last is None or now.error < NEAR:
                    last = now
                divergence = self.divergence(numbers, now)
                if divergence is not None:
                    return divergence
                bounds = self.bounds_in_region(numbers, now)
                if bounds is None:
                    continue
                seen = now.t if seen is None else seen
                if not self.is_due(now.t - seen):
                    continue
                trapping = self.trapping(bounds) if bounds.omega >= 1 else None
                if bounds.omega >= 1 and trapping is None:
                    continue
                first = first or (now, bounds, trapping)
                times = self.times(bounds)
                if times is None or times.complete or self.is_too_fine:
                    return self.certified(now, bounds, trapping, times)
        except EnclosureLostError as error:
            lost = str(error)
        if first is not None:
            return self.certified(*first, self.times(first[1]))
        return self.undecided(numbers, last, lost)

    def enclosures(self, numbers: Numbers) -> Iterator[Enclosure]:
        start = start_in_balls(self.xp, self.problem, self.silent)
        steps = self.steps if self.problem.setting.d <= MOST_FOLLOWED else 0
        return follow(self.digits, numbers, start, steps)

    def is_due(self, passed: int) -> bool:
        """Whether to look for traps: at once, one step later, and then whenever the time has grown by a half."""
        return passed <= 1 or passed in {math.ceil(8 * 1.5**i) for i in range(40)}

    @property
    def is_too_fine(self) -> bool:
        """Whether ε is below what the bounds of a guarantee resolve, so that following on would not help."""
        return self.epsilon is not None and self.epsilon <= Fraction(4, guarantees.PLACES)

    # The region ----------------------------------------------------------------------------------

    def bounds_in_region(self, numbers: Numbers, now: Enclosure) -> Bounds | None:
        """Return certified bounds when they lie in the region, and None otherwise."""
        rough = self.rough_bounds(now)
        if any(i.excess > NEAR for i in self.inequalities(rough, rough.omega >= 1)):
            return None
        bounds = self.certified_bounds(numbers, now)
        ranked = now.t == 0 or bounds.floor is not None
        return bounds if ranked and all(i.holds for i in self.inequalities(bounds, bounds.omega >= 1)) else None

    def inequalities(self, bounds: Bounds, trapped: bool) -> tuple[Inequality, ...]:
        n = self.exact
        sizes = {"ell": bounds.ell, "delta": bounds.delta, "omega": bounds.omega}
        return region(a=n.a, rho=n.rho, kappa=n.kappa, m=n.m, trapped=trapped, **sizes)

    def trapping(self, bounds: Bounds) -> Guarantee | None:
        """Return bounds that keep λ_min(αΛ_t) away from 0, which a head of ‖w‖² ≥ αc needs; None where not found."""
        tail = self.tail(bounds)
        return None if tail is None else guarantees.trapping(self.exact, tail)

    def tail(self, bounds: Bounds) -> guarantees.Tail | None:
        if bounds.floor is None:
            return None
        return guarantees.Tail(bounds.t, bounds.floor, bounds.ell, bounds.delta, bounds.zeta, bounds.omega)

    def rough_bounds(self, now: Enclosure) -> Bounds:
        """Return the bounds in doubles, good enough to see whether the rigorous ones are worth computing."""
        H, scale = _scaled_doubles(now.middle.H)
        Q = np.array(self.problem.setting.B_star, dtype=float)
        off = np.eye(len(H)) - Q @ Q.T
        tops = (float(np.linalg.eigvalsh(A)[-1]) for A in (Q.T @ H @ Q, off @ H @ off))
        ell, delta = (Fraction(max(x, 0.0)) * scale for x in tops)
        omega = max(Fraction(0), exact(now.middle.omega))
        return Bounds(now.t, max(ell, self.exact.x_star), delta, omega, Fraction(0), None)

    def certified_bounds(self, numbers: Numbers, now: Enclosure) -> Bounds:
        """Return bounds that hold for every point of the enclosure, by Weyl's inequality; exact in ω at t = 0."""
        gram, complement = self.parts(numbers, now)
        spectrum = eigenvalue_bounds(self.xp, gram)
        top = (eigenvalue_bounds(self.xp, complement)[-1][1] + now.error).upper()
        ell = max(self.exact.x_star, above((spectrum[-1][1] + now.error).upper()))
        low = (spectrum[0][0] - now.error).lower()
        floor = below(low) if low > 0 else None
        return Bounds(now.t, ell, max(Fraction(0), above(top)), self.omega(now), self.zeta(now), floor)

    def omega(self, now: Enclosure) -> Fraction:
        if self.silent:
            return Fraction(0)
        if now.t == 0:
            setting = self.problem.setting
            square: Fraction = sum((x * x for x in self.problem.start.w), start=Fraction(0))
            return Fraction(square / (setting.alpha * setting.c))
        return max(Fraction(0), above((now.middle.omega + now.error / WEIGHT_OMEGA).upper()))

    def zeta(self, now: Enclosure) -> Fraction:
        if self.silent:
            return Fraction(0)
        seen = self.xp.array(self.problem.setting.B_star).T @ now.middle.v
        return max(Fraction(0), above((self.xp.sqnorm(seen).upper().sqrt() + now.error / WEIGHT_V).upper()))

    def parts(self, numbers: Numbers, now: Enclosure) -> tuple[Array, Array]:
        """Return αΛ (k×k) and the complement's part of H (d×d) of the midpoint."""
        Q = self.xp.array(self.problem.setting.B_star)
        off = self.xp.eye(self.problem.setting.d) - numbers.P
        return Q.T @ now.middle.H @ Q, off @ now.middle.H @ off

    # Divergence ----------------------------------------------------------------------------------

    def divergence(self, numbers: Numbers, now: Enclosure) -> Answer | None:
        """Refute when as‖C‖² > 2 + a or aq‖D‖² > 2: then that norm grows by a constant factor at every step."""
        n = self.exact
        rough = self.rough_bounds(now)
        for part, size, limit in (
            ("C", rough.ell, (2 + n.a) / (n.a * n.s)),
            ("D", rough.delta, 2 / (n.a * n.q)),
        ):
            if size > limit:
                found = self.diverging(numbers, now, part, limit)
                if found is not None:
                    return found
        return None

    def diverging(self, numbers: Numbers, now: Enclosure, part: str, limit: Fraction) -> Answer | None:
        gram, complement = self.parts(numbers, now)
        A = gram if part == "C" else complement
        direction = _top_direction(_scaled_doubles(A)[0])
        x = np.array([[self.xp.scalar(entry)] for entry in direction], dtype=object)
        quotient = ((x.T @ A @ x)[0, 0] / (x.T @ x)[0, 0] - now.error).lower()
        if not quotient > self.xp.scalar(limit):
            return None
        least = below(quotient)
        if least <= limit:
            return None
        norm = "‖C_t‖² = αλ_max(Λ_t)" if part == "C" else "α‖B⋆,⊥ᵀB_t‖²"
        lines = (
            f"REFUTED: divergence. At t = {now.t}, {norm} ≥ {shown(least)} exceeds {shown(limit)},",
            "beyond which it grows by a constant factor at every step: the limits of (8) fail.",
        )
        refutation = {
            "reason": "divergence",
            "part": part,
            "t": now.t,
            "at_least": str(least),
            "direction": [str(entry) for entry in direction],
        }
        return Answer("REFUTED", lines, documents.document(self.problem, "REFUTED", refutation=refutation))

    # Times ---------------------------------------------------------------------------------------

    def times(self, bounds: Bounds) -> Times | None:
        """Return, from the bounds at their time, when each quantity is guaranteed below ε."""
        if self.epsilon is None:
            return None
        setting, n = self.problem.setting, self.exact
        square = self.epsilon**2 / setting.c
        complement = guarantees.complement_time(n, bounds.delta, setting.alpha * self.epsilon)
        once = guarantees.output_once_time(n, bounds.ell + bounds.delta, bounds.omega, square)
        if bounds.t + max(complement, once) >= 10**MOST_DIGITS:
            return None
        output = gram = None
        tail = self.tail(bounds)
        if tail is not None and not self.is_too_fine:
            gram = guarantees.gram_guarantee(n, tail, self.epsilon)
            output = guarantees.output_guarantee(n, tail, square)
        return Times(bounds.t + complement, bounds.t + once, output, gram)

    # Answers -------------------------------------------------------------------------------------

    def certified(self, now: Enclosure, bounds: Bounds, trapping: Guarantee | None, times: Times | None) -> Answer:
        growth = float(now.error) * 10.0**self.digits
        lines = [
            f"CERTIFIED: the three limits of (8) hold from this start; in the region at t = {bounds.t}"
            + (f", after {bounds.t} rigorous steps that multiply the radius by {growth:.3g}." if bounds.t else "."),
            _bound_line(bounds),
        ]
        if self.silent:
            lines.append("B_0w_0 = 0: the head never moves and its length does not matter.")
        if trapping is not None:
            lines.append(f"‖w‖² ≥ αc, but from t = {trapping.t} on λ_min(αΛ) ≥ {shown(trapping.chain[-1].low)}.")
        if times is not None and self.epsilon is not None:
            lines += _time_lines(self.epsilon, times)
        elif self.epsilon is not None:
            lines.append(f"ε is so small that its times have more than {MOST_DIGITS} digits: none are given.")
        written = documents.document(
            self.problem,
            "CERTIFIED",
            silent_head=self.silent,
            enclosure=documents.enclosure_fields(now) if bounds.t else None,
            region=documents.region_fields(bounds),
            trapping=documents.chain_rows(trapping),
            guarantees=documents.guarantee_fields(self.epsilon, times),
        )
        return Answer("CERTIFIED", tuple(lines), written)

    def undecided(self, numbers: Numbers, last: Enclosure | None, lost: str) -> Answer:
        if last is None:
            return Answer("UNDECIDED", (f"UNDECIDED: the start cannot be enclosed: {lost}",))
        bounds = self.certified_bounds(numbers, last)
        violated = [
            f"violated: {i.text}: {shown(i.left, 9)} against {shown(i.right, 9)}, by {shown(i.excess, 3)}"
            for i in self.inequalities(bounds, trapped=False)
            if not i.holds
        ]
        if last.t and bounds.floor is None:
            violated.append("violated: rank(B_star^T B_t) = k is not resolved at these digits; use more --digits")
        cure = lost or f"followed for {last.t} steps; raise --steps to go on"
        if self.problem.setting.d > MOST_FOLLOWED:
            cure = f"the iteration is followed for d up to {MOST_FOLLOWED} only"
        lines = (f"UNDECIDED: the region of the theorem is not entered up to t = {last.t} ({cure}).", *violated)
        return Answer("UNDECIDED", lines)


# Numbers -----------------------------------------------------------------------------------------


def in_balls(xp: NumberSystem, problem: Problem, numbers: Dimensionless) -> Numbers:
    """Return the numbers of the Gram form as balls."""
    Q = xp.array(problem.setting.B_star)
    a, rho, m, s, q = (xp.scalar(getattr(numbers, name)) for name in ("a", "rho", "m", "s", "q"))
    return Numbers(a, rho, m, s, q, Q @ Q.T)


def start_in_balls(xp: NumberSystem, problem: Problem, silent: bool = False) -> GramPoint:
    """Return H = αBBᵀ, v = Bw/√c, ω = ‖w‖²/(αc) of the start in balls, with w = 0 for a silent head."""
    setting = problem.setting
    letters = problem.start.in_system(xp)
    B, w = letters["B"], letters["w"]
    if silent:
        w = 0 * w
    alpha, c = xp.scalar(setting.alpha), xp.scalar(setting.c)
    return GramPoint(alpha * (B @ B.T), (B @ w) / c.sqrt(), xp.sqnorm(w) / (alpha * c))


def _scaled_doubles(A: Array) -> tuple[Any, Fraction]:
    """Return doubles near the midpoints of A/scale, and the scale: a power of two, so that none overflows."""
    middles = [[exact(x.mid()) for x in row] for row in A]
    largest = max(abs(x) for row in middles for x in row)
    bits = largest.numerator.bit_length() - largest.denominator.bit_length()
    scale = Fraction(2) ** bits if abs(bits) > 500 else Fraction(1)
    return np.array([[float(x / scale) for x in row] for row in middles]), scale


def _top_direction(A: Any) -> tuple[Fraction, ...]:
    """Return a direction close to the eigenvector of the largest eigenvalue, in few digits."""
    vector = np.linalg.eigh(A)[1][:, -1]
    return tuple(Fraction(round(float(x) * 10**6), 10**6) for x in vector)


# Words ------------------------------------------------------------


def shown(x: Fraction, digits: int = 6) -> str:
    """Return a rational in a few digits, whatever its size."""
    if not x or Fraction(1, 10**300) < abs(x) < 10**300:
        return f"{float(x):.{digits}g}"
    power = (abs(x.numerator).bit_length() - x.denominator.bit_length()) * math.log10(2)
    return f"{'-' if x < 0 else ''}1e{power:+.0f}"


def _rank_refuted(problem: Problem, found: int) -> Answer:
    k = problem.setting.k
    lines = (
        f"REFUTED: rank(B⋆ᵀB_0) = {found} < k = {k}, exactly. C_(t+1) = C_t·M_t keeps it at most {found} for ever,",
        "so that λ_min(Λ_t) = 0 while Λ⋆ is positive definite: the third limit of (8) fails.",
    )
    return Answer(
        "REFUTED", lines, documents.document(problem, "REFUTED", refutation={"reason": "rank", "rank": found})
    )


def _collapse_refuted(problem: Problem, found: Collapse) -> Answer:
    lines = (
        f"REFUTED: collapse. The head is {shown(1 + found.eta)} > 1 times αc in square along a singular direction of",
        f"B⋆ᵀB_0 with αχ² = {shown(found.square)}, small enough: λ_min(αΛ_t) → 0, and the third limit of (8) fails.",
    )
    refutation = {"reason": "collapse", "square": str(found.square), "eta": str(found.eta)}
    return Answer("REFUTED", lines, documents.document(problem, "REFUTED", refutation=refutation))


def _any_covariance(problem: Problem) -> Answer:
    u = unseen_direction(problem)
    return _not_isotropic(problem) if u is None else _unseen_refuted(problem, u)


def _unseen_refuted(problem: Problem, u: Vector) -> Answer:
    entries = ", ".join(shown(x, 3) for x in u[:8]) + (", …" if len(u) > 8 else "")
    lines = (
        "REFUTED: a direction that is never seen. The columns of B⋆ᵀB_t stay in the span of Σ⋆ʲB⋆ᵀB_0, j = 0, 1, …,",
        f"and u = ({entries}) is orthogonal to it, exactly: uᵀΛ_tu = 0 for ever,",
        f"while αuᵀΛ⋆u/‖u‖² = {shown(least_gap(problem.setting, u))}: Λ_t does not tend to the Λ⋆ of (8).",
    )
    refutation = {"reason": "unseen", "direction": [str(x) for x in u]}
    return Answer("REFUTED", lines, documents.document(problem, "REFUTED", refutation=refutation))


def _not_isotropic(problem: Problem) -> Answer:
    S = problem.setting.Sigma_star
    spread = max(abs(S[i][j] - (S[0][0] if i == j else 0)) for i in range(len(S)) for j in range(len(S)))
    return Answer(
        "UNDECIDED",
        (
            "UNDECIDED: convergence is proved for Sigma_star = c·I with c > 0 only (Assumption 1). Another one can be",
            "refuted by a direction that B_star^T B_t never sees: this start has none.",
            f"violated: Sigma_star = c I, by max|Sigma_star - c I| = {shown(spread, 3)}, c = {shown(S[0][0], 3)}",
        ),
    )


def _bound_line(bounds: Bounds) -> str:
    ell, delta, omega = (shown(x) for x in (bounds.ell, bounds.delta, bounds.omega))
    return f"‖αΛ‖ ≤ {ell}, α‖B⋆,⊥ᵀB‖² ≤ {delta}, ‖w‖²/(αc) ≤ {omega}."


def _time_lines(epsilon: Fraction, times: Times) -> list[str]:
    once = times.output_once if times.output is None else min(times.output_once, times.output.t)
    output, gram = (
        "from some time on, which was not found" if found is None else f"for all t ≥ {_time(found.t)}"
        for found in (times.output, times.gram)
    )
    return [
        f"ε = {_time(epsilon)}:",
        f"  ‖B⋆,⊥ᵀB_t‖² ≤ ε for all t ≥ {_time(times.complement)}",
        f"  ‖B_tw_t‖ ≤ ε for some t ≤ {_time(once)}, and {output}",
        f"  ‖αΛ_t − x⋆I‖ ≤ ε {gram}",
    ]


def _time(exact_number: int | Fraction) -> str:
    """Return a number in full where it is short, and about how large it is elsewhere."""
    text = str(exact_number)
    return text if len(text) <= SHORT else f"about {shown(Fraction(exact_number))} (in full in the certificate)"
