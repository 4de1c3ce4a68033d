"""The hypotheses of Theorem 1: how large the step sizes may be, and what a head above its bound does.

A head longer than √(αc) can make one direction of the representation collapse (S3); for αβc > 1 the fixed point repels
and the iteration doubles its period; and below, the theorem allows α = β of the order of 1/σ̄.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from sympy.polys.fields import FracElement

from foanil import limits
from foanil.decisions import Relation, Sign, at_least, more_than
from foanil.evidence import Check
from foanil.inequalities import Abstraction, Decided, Theory
from foanil.limits import Conclusion
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs import long_head
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check
from proofs.dimensionless import LATEX, SCALARS, Iteration, dimensionless_alphabet, iteration
from proofs.fixed_points import first_nonzero
from proofs.thm_1_explicit_constants import EXPLICIT, SYMBOLS, entry, everything

# One direction under a long head (S3) --------------------------------------------------------------

EXTRA = {"chi": r"\chi", "psi": r"\psi", "eta": r"\eta", "x": "x", "v": "v", "phi": r"\varphi"}
"""χ and ψ: C and ŵ along one direction; x = χ², v = ψ²; φ: the factor of χ in one step."""


@functools.cache
def aligned_alphabet() -> Alphabet:
    """Return the alphabet of a start with a direction of its own: Cf = χe, Cᵀe = χf, Df = 0, ‖e‖ = ‖f‖ = 1."""
    letters = (
        *dimensionless_alphabet().letters.values(),
        Letter("e", ("k", "1"), latex="e"),
        Letter("f", ("k_prime", "1"), latex="f"),
    )
    bare = alphabet(dict.fromkeys((*SCALARS, *EXTRA)), letters, {**LATEX, **EXTRA})
    C, D, e, f = (bare.letter(name) for name in ("C", "D", "e", "f"))
    chi = bare.scalar("chi")
    return (
        bare.with_rule(C @ f, chi * e)
        .with_rule(C.T @ e, chi * f)
        .with_rule(D @ f, bare.zeros("d-k", "1"))
        .with_trace(e @ e.T, bare.constant(1))
        .with_trace(f @ f.T, bare.constant(1))
    )


@dataclass(frozen=True)
class Aligned:
    """One step from Cf = χe, Cᵀe = χf, Df = 0, ŵ = ψf; `weight` and `square` falsify the step of χ."""

    weight: int = 2
    square: int = 2

    @property
    def here(self) -> Iteration:
        """The iteration in the aligned alphabet."""
        return Iteration(aligned_alphabet())

    @property
    def factor(self) -> Element:
        """φ = 1 + a − a(sχ² + ψ²((1 − χ²)² + 2χ⁴/m)), so that χ₊ = φχ."""
        a, s, m = (self.here.scalar(name) for name in ("a", "s", "m"))
        return 1 + a - a * (s * self.x + self.v * ((1 - self.x) ** self.square + self.weight * self.x**2 / m))

    @property
    def x(self) -> Element:
        """χ²."""
        return self.here.scalar("chi") ** 2

    @property
    def v(self) -> Element:
        """ψ²."""
        return self.here.scalar("psi") ** 2

    def gaps(self, rate: int = 1) -> Iterator[Element]:
        """Yield C₊f − φχe, C₊ᵀe − φχf, D₊f and ŵ₊ − (1 − ρχ²(1 − χ²))ψf; all are zero."""
        here = self.here
        e, f = here.words.letter("e"), here.words.letter("f")
        chi, psi, rho = (here.scalar(name) for name in ("chi", "psi", "rho"))
        aligned = {"w": psi * f}
        M = here.M.substitute(aligned)
        yield here.C @ M @ f - self.factor * chi * e
        yield M @ here.C.T @ e - self.factor * chi * f
        yield here.D @ (M - here.scalar("a") * here.identity) @ f
        yield here.next_head.substitute(aligned) - (1 - rate * rho * self.x * (1 - self.x)) * psi * f


@dataclass(frozen=True)
class Collapse:
    """The scalar step x₊ = φ²x, v₊ = (1 − ρx(1 − x))²v under a long head, and the set that it maps into itself.

    The set: 0 ≤ x and 1 + η/2 + Kx ≤ v ≤ 1 + η with K = 4ρ/(aη); it holds every start with v = 1 + η and
    x ≤ aη²/(8ρ). `slope` is the 4 in K; `step_size` the 4 in aκ ≤ ρ/4; `long` is the 1/2 in 1 + η/2, as its inverse;
    `small_start` the 8 in aη²/(8ρ).
    """

    slope: int = 4
    step_size: int | None = 4
    long: int = 2
    small_start: int = 8

    def scalar(self, name: str) -> FracElement:
        """Return a scalar."""
        return Iteration(aligned_alphabet()).scalar(name).coefficient()

    @property
    def one(self) -> FracElement:
        """The number 1."""
        return aligned_alphabet().field.one

    @property
    def factor(self) -> FracElement:
        """φ in x and v."""
        a, s, m, x, v = (self.scalar(name) for name in ("a", "s", "m", "x", "v"))
        return 1 + a - a * (s * x + v * ((1 - x) ** 2 + 2 * x**2 / m))

    @property
    def next_v(self) -> FracElement:
        """v₊."""
        rho, x, v = (self.scalar(name) for name in ("rho", "x", "v"))
        return v * (1 - rho * x * (1 - x)) ** 2

    @property
    def weight(self) -> FracElement:
        """K = 4ρ/(aη)."""
        a, rho, eta = (self.scalar(name) for name in ("a", "rho", "eta"))
        return self.slope * rho / (a * eta)

    def parameters(self) -> tuple[Relation, ...]:
        """Return 0 < η ≤ 1 and the step sizes of Theorem 1: a > 0, 0 < ρ ≤ 1, κ ≥ 1, m ≥ 1, aκ ≤ ρ/4."""
        a, rho, eta, kappa, m = (self.scalar(name) for name in ("a", "rho", "eta", "kappa", "m"))
        one = self.one
        step_size = (at_least(rho / self.step_size, a * kappa),) if self.step_size else (at_least(one / 4, a),)
        basic = (more_than(eta), at_least(one, eta), more_than(a), more_than(rho), at_least(one, rho))
        return (*basic, at_least(kappa, one), at_least(m, one), *step_size)

    @functools.cached_property
    def theory(self) -> Theory:
        """The theory of a state in the set."""
        eta, x, v = (self.scalar(name) for name in ("eta", "x", "v"))
        inside = (at_least(x), at_least(v, 1 + eta / self.long + self.weight * x), at_least(1 + eta, v))
        return Theory(aligned_alphabet(), (*self.parameters(), *inside), {})

    @functools.cached_property
    def start(self) -> Decided:
        """x_0 ≤ aη²/(8ρ) and v_0 = 1 + η put the start into the set."""
        a, rho, eta, x, v = (self.scalar(name) for name in ("a", "rho", "eta", "x", "v"))
        exactly = Relation(v - 1 - eta, Sign.ZERO)
        given = (*self.parameters(), at_least(x), at_least(a * eta**2 / (self.small_start * rho), x), exactly)
        theory = Theory(aligned_alphabet(), given, {})
        return theory.decide(at_least(v, 1 + eta / self.long + self.weight * x), "The start lies in the set")

    @property
    def small(self) -> Abstraction:
        """What the factor φ needs of the set, with y for sx and t for 2x²/m."""
        a, eta, x, v, y, t = (
            aligned_alphabet().scalar(name).coefficient() for name in ("a", "eta", "x", "v", "y", "t")
        )
        one = self.one
        relations = (
            more_than(a),
            at_least(one / 4, a),
            more_than(eta),
            at_least(one, eta),
            at_least(x),
            at_least(y, x),
            at_least(one / 4, y),
            at_least(t),
            at_least(2 * x**2, t),
            at_least(v, 1 + eta / self.long + 16 * x / eta),
            at_least(1 + eta, v),
        )
        m = self.scalar("m")
        return Abstraction({"y": self.scalar("s") * x, "t": 2 * x**2 / m}, relations)

    @property
    def abstract_factor(self) -> FracElement:
        """φ with y for sx and t for 2x²/m."""
        a, x, v, y, t = (aligned_alphabet().scalar(name).coefficient() for name in ("a", "x", "v", "y", "t"))
        return 1 + a - a * (y + v * ((1 - x) ** 2 + t))

    @functools.cached_property
    def factor_bounds(self) -> tuple[Decided, Decided]:
        """2/3 ≤ φ ≤ 1 − 3aηv/10."""
        a, eta, v = (self.scalar(name) for name in ("a", "eta", "v"))
        return (
            self.theory.decide(at_least(self.abstract_factor, self.one * 2 / 3), "φ ≥ 2/3", self.small),
            self.theory.decide(at_least(1 - 3 * a * eta * v / 10, self.abstract_factor), "φ ≤ 1 − 3aηv/10", self.small),
        )

    @property
    def inside(self) -> Abstraction:
        """The set, without the parameters that only occur in φ."""
        a, rho, eta, x, v = (self.scalar(name) for name in ("a", "rho", "eta", "x", "v"))
        one = self.one
        relations = (
            more_than(a),
            more_than(eta),
            at_least(one, eta),
            more_than(rho),
            at_least(one, rho),
            at_least(x),
            at_least(one, x),
            at_least(v, 1 + eta / self.long + self.weight * x),
            at_least(1 + eta, v),
        )
        return Abstraction({}, relations)

    def decided(self, for_every: bool, relation: Relation, says: str, *interval: Relation) -> Decided:
        """Decide a relation inside the set, for every φ of an interval if asked."""
        if for_every:
            return self.theory.decide_for_all(relation, "phi", interval, self.inside, says)
        return self.theory.decide(relation, says, self.inside)

    @functools.cached_property
    def decay(self) -> Decided:
        """x₊ = φ²x ≤ (1 − aηv/2)x."""
        a, eta, v, phi = (self.scalar(name) for name in ("a", "eta", "v", "phi"))
        between = (at_least(phi, self.one * 2 / 3), at_least(1 - 3 * a * eta * v / 10, phi))
        return self.decided(True, at_least(1 - a * eta * v / 2, phi**2), "φ² ≤ 1 − aηv/2", *between)

    @functools.cached_property
    def kept(self) -> tuple[Decided, ...]:
        """The set is mapped into itself: 1 + η/2 + Kx₊ ≤ v − 2ρvx ≤ v₊ ≤ v."""
        a, rho, eta, x, v, phi = (self.scalar(name) for name in ("a", "rho", "eta", "x", "v", "phi"))
        shrunk = at_least(1 - a * eta * v / 2, phi**2)
        stays = at_least(v - 2 * rho * v * x, 1 + eta / self.long + self.weight * phi**2 * x)
        return (
            self.decided(True, stays, "1 + η/2 + Kφ²x ≤ v − 2ρvx", shrunk),
            self.decided(False, at_least(self.next_v, v - 2 * rho * v * x), "v − 2ρvx ≤ v₊"),
            self.decided(False, at_least(v, self.next_v), "v₊ ≤ v"),
            self.decided(False, more_than(v, self.one), "v > 1"),
        )

    @functools.cached_property
    def collapses(self) -> Conclusion:
        """x_t → 0: x_{t+1} ≤ x_t − (aη/2)x_t for every t."""
        a, eta = self.scalar("a"), self.scalar("eta")
        rate = self.theory.decide(more_than(a * eta / 2), "aη/2 > 0")
        statement = (
            r"\chi_{t+1}^2 \le (1 - \tfrac12a\eta)\,\chi_t^2,\quad \chi_t \to 0,\quad "
            r"\lambda_{\min}(\alpha\Lambda_t) \le \lVert C_t^{\top}e\rVert^2 = \chi_t^2 \to 0"
        )
        return limits.scalar_lemma("summable decrease", statement, (rate,), *self.factor_bounds, self.decay, *self.kept)


def collapse(found: Collapse | None = None) -> list[Proved]:
    """Derive that a long head makes one direction collapse, from every start in the set."""
    found = found or Collapse()
    return [found.start, *found.factor_bounds, found.decay, *found.kept, found.collapses]


def other_hypotheses(start: int = 4) -> list[Decided]:
    """Decide that such a start with x ≤ min(aη²/(8ρ), 1/(4m)) meets the bound on B_0, the one on the head failing."""
    found = Collapse()
    eta, m, x = (found.scalar(name) for name in ("eta", "m", "x"))
    one = found.one
    theory = Theory(aligned_alphabet(), (*found.parameters(), at_least(1 / (start * m), x)), {})
    return [
        theory.decide(at_least(1 / (4 * m), x), "α‖B_0‖² ≤ 1/(4m) along e"),
        theory.decide(more_than(1 + eta, one), "‖ŵ_0‖² > 1"),
    ]


# Above αβc = 1 ---------------------------------------------------------------------------------------


@functools.cache
def headless_alphabet() -> Alphabet:
    """Return the alphabet of a point with D = 0 and ŵ = 0."""
    words = dimensionless_alphabet()
    D, w = words.letter("D"), words.letter("w")
    return words.with_rule(D, words.zeros("d-k", "k_prime")).with_rule(w, words.zeros("k_prime", "1"))


def headless_gaps(sign: int = 1) -> Iterator[Element]:
    """Yield sΛ₊ − p(sΛ), D₊ and ŵ₊ where D = 0 and ŵ = 0, p(y) = y(1 + a(1 − y))²; all are zero."""
    here = Iteration(headless_alphabet())
    s, identity = here.scalar("s"), here.words.eye("k")
    Lambda, C_next = here.C @ here.C.T, here.C @ here.M
    N = identity + here.scalar("a") * (identity - sign * s * Lambda)
    yield s * (C_next @ C_next.T) - s * (N @ Lambda @ N)
    yield here.D @ (here.M - here.scalar("a") * here.identity)
    yield here.next_head


@dataclass(frozen=True)
class Doubling:
    """The map p(y) = y(1 + a(1 − y))² of the eigenvalues of sΛ, near its fixed point 1."""

    @property
    def words(self) -> Alphabet:
        """The dimensionless alphabet."""
        return dimensionless_alphabet()

    @property
    def a(self) -> FracElement:
        """αβc."""
        return self.words.scalar("a").coefficient()

    @property
    def y(self) -> FracElement:
        """An eigenvalue of sΛ."""
        return self.words.scalar("y").coefficient()

    @property
    def one(self) -> FracElement:
        """The number 1."""
        return self.words.field.one

    def map(self, y: FracElement, a: FracElement | None = None) -> FracElement:
        """Return p(y), at another a if one is given."""
        return y * (1 + (self.a if a is None else a) * (1 - y)) ** 2

    def slope(self, y: FracElement) -> FracElement:
        """Return p′(y), the derivative of `map`."""
        return (1 + self.a * (1 - y)) * (1 + self.a * (1 - 3 * y))

    def decide(self, conclusion: Relation, says: str, *assumptions: Relation) -> Decided:
        """Decide a relation of a and y, a > 0."""
        return Theory(self.words, (more_than(self.a), *assumptions), {}).decide(conclusion, says)

    def slope_at_fixed_point(self, twice: int = 2) -> list[Decided]:
        """p(1) = 1 and p′(1) = 1 − 2a."""
        derivative = self.map(self.y).diff(self.y) - self.slope(self.y)
        return [
            self.decide(Relation(derivative, Sign.ZERO), "p′(y) = (1 + a(1 − y))(1 + a(1 − 3y))"),
            self.decide(Relation(self.map(self.one) - 1, Sign.ZERO), "p(1) = 1"),
            self.decide(Relation(self.slope(self.one) - 1 + twice * self.a, Sign.ZERO), "p′(1) = 1 − 2a"),
        ]

    def attracts(self, up_to: int = 1) -> list[Decided]:
        """−1 < p′(1) < 1 for a < 1, and p′(1) ≥ 0 for a ≤ 1/2."""
        slope = self.slope(self.one)
        below = more_than(up_to * self.one, self.a)
        half = at_least(self.one / 2, self.a)
        return [
            self.decide(more_than(self.one, slope), "p′(1) < 1 for a < 1", below),
            self.decide(more_than(slope, -self.one), "p′(1) > −1 for a < 1", below),
            self.decide(at_least(slope), "p′(1) ≥ 0 for a ≤ 1/2: no oscillation", half),
        ]

    def near(self, radius: FracElement) -> tuple[Relation, Relation]:
        """Return 0 < |y − 1| ≤ radius, squared."""
        gap = (self.y - 1) ** 2
        return more_than(gap), at_least(radius**2, gap)

    def attracts_at_one(self, radius: int = 2) -> list[Decided]:
        """At a = 1, where p′(1) = −1, two steps still come nearer to 1 from |y − 1| ≤ 1/2."""
        at_one = Relation(self.a - 1, Sign.ZERO)
        twice = self.map(self.map(self.y, self.one), self.one)
        closer = more_than((self.y - 1) ** 2, (twice - 1) ** 2)
        return [
            self.decide(Relation(self.slope(self.one) + 1, Sign.ZERO), "p′(1) = −1 at a = 1", at_one),
            self.decide(closer, "|p(p(y)) − 1| < |y − 1| at a = 1", at_one, *self.near(self.one / radius)),
        ]

    def repels(self, from_a: int = 1, reach: int = 1) -> list[Decided]:
        """For a > 1 every y ≠ 1 with |y − 1| ≤ (a − 1)/(2a²) is moved away from 1."""
        above = more_than(self.a, from_a * self.one)
        radius = reach * (self.a - 1) / (2 * self.a**2)
        farther = more_than((self.map(self.y) - 1) ** 2, (self.y - 1) ** 2)
        says = "|p(y) − 1| > |y − 1| for 0 < |y − 1| ≤ (a − 1)/(2a²): no orbit tends to 1 without reaching it"
        return [self.decide(farther, says, above, *self.near(radius))]

    def reached_exactly_or_not(self) -> Conclusion:
        """For a > 1 an orbit tends to 1 only if it hits it: countably many starts."""
        statement = r"y_t \to 1 \;\Longrightarrow\; y_t = 1 \text{ from some } t \text{ on} \quad (\alpha\beta c \gt 1)"
        return limits.by_lemma("repelling fixed point", statement, *self.repels())

    @property
    def cycle(self) -> Relation:
        """a²y² − a(a + 1)y + 1 = 0, the points of the two-cycle."""
        return Relation(self.a**2 * self.y**2 - self.a * (self.a + 1) * self.y + 1, Sign.ZERO)

    def two_cycle(self, total: int = 1) -> list[Decided]:
        """For a > 1 the two roots are positive, differ, are not 1, and p swaps them; at a = 1 both are 1."""
        a, y = self.a, self.y
        above, at_one = more_than(a, self.one), Relation(a - 1, Sign.ZERO)
        other = 1 + total / a - y
        swapped = a**2 * other**2 - a * (a + 1) * other + 1
        return [
            self.decide(
                Relation(self.map(y) - other, Sign.ZERO),
                "p(y) = 1 + 1/a − y where a²y² − a(a + 1)y + 1 = 0",
                self.cycle,
            ),
            self.decide(Relation(swapped, Sign.ZERO), "1 + 1/a − y is the other root", self.cycle),
            self.decide(
                more_than((a * (a + 1)) ** 2 - 4 * a**2), "The roots are real and differ: a²(a − 1)(a + 3) > 0", above
            ),
            self.decide(more_than(y), "Both are positive", above, self.cycle),
            self.decide(more_than((y - 1) ** 2), "Neither is 1", above, self.cycle),
            self.decide(Relation(y - 1, Sign.ZERO), "At a = 1 both are 1", at_one, self.cycle),
        ]

    def cycle_attracts(self, up_to: int = 5) -> list[Decided]:
        """The multiplier of the cycle is 9 − 2(1 + a)²: it attracts for 1 < a < √5 − 1."""
        a, y = self.a, self.y
        multiplier = self.slope(y) * self.slope(1 + 1 / a - y)
        expected = 9 - 2 * (1 + a) ** 2
        between = (more_than(a, self.one), more_than(up_to * self.one, (1 + a) ** 2))
        return [
            self.decide(Relation(multiplier - expected, Sign.ZERO), "Its multiplier is 9 − 2(1 + a)²", self.cycle),
            self.decide(more_than(self.one, expected), "9 − 2(1 + a)² < 1 for a > 1", *between),
            self.decide(more_than(expected, -self.one), "9 − 2(1 + a)² > −1 for a < √5 − 1", *between),
        ]


def doubling() -> list[Proved]:
    """Derive what happens to the fixed point below, at and above αβc = 1."""
    found = Doubling()
    return [
        *found.attracts(),
        *found.attracts_at_one(),
        found.reached_exactly_or_not(),
        *found.two_cycle(),
        *found.cycle_attracts(),
    ]


def allowed(constant: int = 1) -> list[Decided]:
    """Decide that α ≤ t/σ̄ and β ≤ α give αβc ≤ t², and that t = 1 gives αβc ≤ 1, whatever κ ≥ 1."""
    words = dimensionless_alphabet()
    a, rho, kappa, t = (words.scalar(name).coefficient() for name in ("a", "rho", "kappa", "t"))
    one = words.field.one
    given = (more_than(a), more_than(rho), at_least(one, rho), at_least(kappa, one), at_least(rho * t**2, a * kappa))
    theory = Theory(words, given, {})
    unit = Theory(words, (*given, at_least(t), at_least(constant * one, t)), {})
    return [theory.decide(at_least(t**2, a), "αβc ≤ t²"), unit.decide(at_least(one, a), "t ≤ 1 keeps αβc ≤ 1")]


def large_step_sizes() -> list[Proved]:
    """Derive Theorem 1 up to α = β = 1/(2σ̄), and that αβc > 1 makes the fixed point repel."""
    return [*everything(), *Doubling().repels(), *allowed()]


# Checks ----------------------------------------------------------------------------------------------

COLLAPSE = "every d, k ≤ k′, m_in ≥ 1 and κ ≥ 1, 0 < η ≤ 1, β ≤ α ≤ 1/(2σ̄), every start in the set"
_DOUBLING = "every d, k ≤ k′, m_in and κ, starts with D_0 = 0 and w_0 = 0"

CHECKS: tuple[Check, ...] = (
    zero_check(
        "a direction of its own moves by a scalar recursion",
        ("new-collapse-lemma",),
        "every d, k, k′ and m_in, Σ⋆ = cI, Cf = χe, Cᵀe = χf, Df = 0, ŵ = ψf",
        lambda: first_nonzero(Aligned().gaps()),
        {
            "χ⁴/m for 2χ⁴/m": lambda: first_nonzero(Aligned(weight=1).gaps()),
            "1 − χ² for its square": lambda: first_nonzero(Aligned(square=1).gaps()),
            "2ρ for ρ": lambda: first_nonzero(Aligned().gaps(rate=2)),
        },
    ),
    proof_check(
        "a long head makes one direction collapse",
        ("new-collapse-lemma", "new-head-bound-sharp"),
        COLLAPSE,
        lambda: [*collapse(), *other_hypotheses()],
        {
            "K = 2ρ/(aη)": lambda: collapse(Collapse(slope=2)),
            "a ≤ 1/4 alone, any κ": lambda: collapse(Collapse(step_size=None)),
            "a head of 1 + η/8 is long enough": lambda: collapse(Collapse(long=8)),
            "x_0 ≤ aη²/(4ρ)": lambda: collapse(Collapse(small_start=4)),
            "x_0 ≤ 1/(2m) meets the bound on B_0": lambda: other_hypotheses(start=2),
        },
    ),
    zero_check(
        "without a head and a complement, sΛ follows p",
        ("new-period-doubling",),
        "every d, k, k′ and m_in, Σ⋆ = cI, D = 0, ŵ = 0",
        lambda: first_nonzero(headless_gaps()),
        {
            "1 + sΛ for 1 − sΛ": lambda: first_nonzero(headless_gaps(-1)),
            "without sΛ": lambda: first_nonzero(headless_gaps(0)),
            "1 − 2sΛ for 1 − sΛ": lambda: first_nonzero(headless_gaps(2)),
        },
    ),
    proof_check(
        "the fixed point attracts for αβc ≤ 1, repels beyond, and a two-cycle branches off",
        ("new-period-doubling",),
        _DOUBLING,
        lambda: [*Doubling().slope_at_fixed_point(), *doubling()],
        {
            "p′(1) = 1 − a": lambda: Doubling().slope_at_fixed_point(twice=1),
            "attracts for a < 2": lambda: Doubling().attracts(up_to=2),
            "at a = 1 from |y − 1| ≤ 1": lambda: Doubling().attracts_at_one(radius=1),
            "repels for every a": lambda: Doubling().repels(from_a=0),
            "repels from six times as far": lambda: Doubling().repels(reach=6),
            "the roots add up to 1 + 2/a": lambda: Doubling().two_cycle(total=2),
            "the cycle attracts for (1 + a)² < 6": lambda: Doubling().cycle_attracts(up_to=6),
        },
    ),
    proof_check(
        "Theorem 1 up to α = β = 1/(2σ̄); beyond αβc = 1 its limit repels",
        ("sec-3-large-step-sizes",),
        EXPLICIT,
        large_step_sizes,
        {
            "α ≤ 1/σ̄": lambda: entry(iteration(), step_size=1),
            "α ≤ 2/σ̄ keeps αβc ≤ 1": lambda: allowed(constant=2),
            "repels for every a": lambda: Doubling().repels(from_a=0),
        },
    ),
)


# Printed ---------------------------------------------------------------------------------------------

_NUMBERS = r"$a = \alpha\beta c$, $\rho = \beta/\alpha$, $\kappa = \bar\sigma^2/c$, $m = m_{\mathrm{in}}$"
_MORE_NUMBERS = r"$q = \kappa/m$, $s = 1 + (1+\kappa)/m$, $x_\star = 1/s$"


def collapse_derivation() -> Derivation:
    """Return the derivation of the collapse lemma."""
    premises = (
        r"$\Sigma_\star = cI$, $0 \lt \beta \le \alpha \le \frac{1}{2\bar\sigma}$, $0 \lt \eta \le 1$",
        r"$C = \sqrt\alpha B_\star^{\top}B$, $D = \sqrt\alpha B_{\star,\perp}^{\top}B$, $\hat w = w/\sqrt{\alpha c}$",
        _NUMBERS,
        _MORE_NUMBERS,
        r"unit vectors $e$, $f$ with $Cf = \chi e$, $C^{\top}e = \chi f$, $Df = 0$, $\hat w = \psi f$ at $t = 0$",
        r"at $k = k' = 1$ this says $D_0 = 0$ and nothing else",
        r"$x = \chi^2$, $v = \psi^2$, $v_0 = 1 + \eta$, $0 \lt x_0 \le a\eta^2/(8\rho)$, $K = 4\rho/(a\eta)$",
    )
    aligned = Aligned()
    found = Derivation("Collapse under a long head", ("new-collapse-lemma",), premises)
    found = found.then(
        "identity of words",
        r"The direction keeps to itself, $C_+f = \varphi\chi e$, $C_+^{\top}e = \varphi\chi f$, $D_+f = 0$, "
        r"$\hat w_+ = (1 - \rho\chi^2(1-\chi^2))\psi f$, with the factor",
        r"\varphi",
        aligned.factor,
    )
    found = found.noting(
        "induction",
        r"The set $\{0 \le x,\ 1 + \eta/2 + Kx \le v \le 1 + \eta\}$ holds the start and is mapped into itself: "
        "the steps below.",
        r"x_+ = \varphi^2x,\quad v_+ = (1-\rho x(1-x))^2v",
    )
    return found.extended(proof("", found.claims, (), *collapse(), *other_hypotheses()))


def doubling_derivation() -> Derivation:
    """Return the derivation of the period doubling."""
    premises = (
        r"$\Sigma_\star = cI$, $D_0 = 0$, $w_0 = 0$",
        _NUMBERS,
        _MORE_NUMBERS,
        r"$p(y) = y(1 + a(1 - y))^2$, $y$ an eigenvalue of $s\Lambda$, $\Lambda = CC^{\top}$",
    )
    start = Derivation("Period doubling at αβc = 1", ("new-period-doubling",), premises).noting(
        "identity of words",
        r"$D$ and $\hat w$ stay zero, every eigenvalue of $s\Lambda$ follows $p$; the limit of Theorem 1 is $y = 1$.",
        r"s\Lambda_+ = p(s\Lambda)",
    )
    start = start.noting(
        "derivative",
        "The slope at the fixed point, which is the eigenvalue of the Jacobian along Λ.",
        r"p'(y) = (1 + a(1-y))(1 + a(1-3y)),\quad p'(1) = 1 - 2a",
    )
    return start.extended(proof("", start.claims, (), *doubling())).noting(
        "conclusion",
        "The two-cycle.",
        r"y_{1,2} = \frac{a + 1 \pm \sqrt{(a-1)(a+3)}}{2a}",
    )


def step_size_derivation() -> Derivation:
    """Return the derivation of how large the step sizes may be."""
    premises = (
        r"$\Sigma_\star = cI$, $\mathrm{rank}(B_\star^{\top}B_0) = k$",
        r"$\alpha\lVert B_0\rVert^2 \le \frac{1}{4m_{\mathrm{in}}}$, $\lVert w_0\rVert^2 \le \alpha c$",
        r"$0 \lt \beta \le \alpha \le \frac{1}{2\bar\sigma}$: no other bound on the step sizes",
        _NUMBERS,
        _MORE_NUMBERS,
        *SYMBOLS,
    )
    return proof("Large step sizes", ("sec-3-large-step-sizes",), premises, *large_step_sizes())


def head_bound_derivation() -> Derivation:
    """Return the derivation of how long the initial head may be."""
    return long_head.derivation().extended(proof("", ("new-head-bound-sharp",), (), *collapse()))


DERIVATIONS = (collapse_derivation, doubling_derivation, step_size_derivation, head_bound_derivation)
