"""Where monotonicity fails, whatever the constants of Theorem 1: the head's output, and the Gram matrix.

All starts have a direction of their own (Cf = χe, Cᵀe = χf, Df = 0, ŵ = ψf), so that x = χ² and v = ψ² follow scalar
recursions. The head's output χψ grows at once when x is small. Without a head x falls once sx > 1, which the printed
bound on B_0 allows. With a head, and under any bounds, a second direction (Cg = ζh, Cᵀh = ζg, Dg = 0, ℓ = ζ²) follows
ℓ₊ = ℓ(1 + a(1 − (s + o/m)ℓ))², o = xv = ‖Cŵ‖²: it comes close to 1/s while o is tiny, and falls when o has grown.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from sympy.polys.fields import FracElement

from foanil import limits
from foanil.decisions import Relation, at_least, more_than
from foanil.evidence import Check, Method
from foanil.inequalities import Abstraction, Decided, Theory
from foanil.limits import Conclusion
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check
from proofs.dimensionless import LATEX, SCALARS, Iteration, dimensionless_alphabet
from proofs.fixed_points import first_nonzero
from proofs.thm_1_hypotheses import EXTRA, Aligned, aligned_alphabet, headless_gaps

OUTPUT = ("sec-3-head-output-decay",)
GRAM = ("sec-3-gram-monotone",)

# The head's output at the first step -----------------------------------------------------------------


@dataclass(frozen=True)
class Growing:
    """The output of a head below its bound, from a small start: 0 < v < 1, sx ≤ (1 − v)/4, ρx ≤ a(1 − v)/4.

    `small` and `slow` are the two 4s; `longest` bounds v; `largest_a` bounds a.
    """

    small: int = 4
    slow: int = 4
    longest: int = 1
    largest_a: int = 1

    def scalar(self, name: str) -> FracElement:
        """Return a scalar of the aligned start."""
        return Iteration(aligned_alphabet()).scalar(name).coefficient()

    @functools.cached_property
    def theory(self) -> Theory:
        """The theory of such a start, for every sample size, noise and step sizes with a ≤ 1 and ρ ≤ 1."""
        a, rho, kappa, m, s, x, v = (self.scalar(name) for name in ("a", "rho", "kappa", "m", "s", "x", "v"))
        one = aligned_alphabet().field.one
        steps = (more_than(a), at_least(self.largest_a * one, a), more_than(rho), at_least(one, rho))
        start = (more_than(v), more_than(self.longest * one, v), more_than(x))
        room = self.longest * one - v
        small = (at_least(room / self.small, s * x), at_least(a * room / self.slow, rho * x))
        return Theory(aligned_alphabet(), (*steps, at_least(m, one), at_least(kappa, one), *start, *small), {})

    @property
    def through(self) -> Abstraction:
        """The start with y for sx and t for 2x²/m, and the parameters that only occur there left out."""
        a, rho, x, v, y, t = (
            aligned_alphabet().scalar(name).coefficient() for name in ("a", "rho", "x", "v", "y", "t")
        )
        one, room = aligned_alphabet().field.one, self.longest - v
        relations = (
            more_than(a),
            at_least(self.largest_a * one, a),
            more_than(rho),
            more_than(v),
            more_than(room),
            more_than(x),
            at_least(y, x),
            at_least(room / self.small, y),
            at_least(a * room / self.slow, rho * x),
            at_least(t),
            at_least(2 * x**2, t),
        )
        return Abstraction({"y": self.scalar("s") * x, "t": 2 * x**2 / self.scalar("m")}, relations)

    @functools.cached_property
    def grows(self) -> Decided:
        """φ(1 − ρx(1 − x)) > 1: the factor of χψ in one step."""
        a, rho, x, v, y, t = (
            aligned_alphabet().scalar(name).coefficient() for name in ("a", "rho", "x", "v", "y", "t")
        )
        factor = 1 + a - a * (y + v * ((1 - x) ** 2 + t))
        return self.theory.decide(
            more_than(factor * (1 - rho * x * (1 - x)), aligned_alphabet().field.one),
            "The output's factor exceeds 1",
            self.through,
        )


def output_gaps(turned: int = 1, rate: int = 1, *, closed: bool = True) -> Iterator[Element]:
    """Yield C₊ŵ₊ − φ(1 − ρx(1 − x))χψe and D₊ŵ₊ where ŵ = ψf: both are zero.

    A mutant multiplies φ or ρ, or lets the head be any other.
    """
    aligned = Aligned()
    here = aligned.here
    e, f = here.words.letter("e"), here.words.letter("f")
    chi, psi, rho, a = (here.scalar(name) for name in ("chi", "psi", "rho", "a"))
    start = {"w": psi * f} if closed else {"w": psi * f + here.w}
    M, w_next = here.M.substitute(start), here.next_head.substitute(start)
    factor = turned * aligned.factor * (1 - rate * rho * aligned.x * (1 - aligned.x))
    yield here.C @ M @ w_next - factor * chi * psi * e
    yield here.D @ (M - a * here.identity) @ w_next


def output_grows(found: Growing | None = None) -> list[Proved]:
    """Derive that ‖B_1w_1‖ > ‖B_0w_0‖ from every such start."""
    return [(found or Growing()).grows]


# The Gram matrix without a head: above its limit -----------------------------------------------------


def gram_falls(noise: int = 1, unit: int = 2, level: int = 1) -> list[Proved]:
    """Derive that C_0C_0ᵀ = xI, x = y/m, decreases when κ ≥ m²/y, in the unit that has σ̄² = m²; y is the constant.

    The printed bound is y·min(1/m, m/σ̄²) = y/m there. A mutant weakens κ, takes another unit, or another start.
    """
    words = aligned_alphabet()
    here = Iteration(words)
    a, kappa, m, s, y = (here.scalar(name).coefficient() for name in ("a", "kappa", "m", "s", "y"))
    one = words.field.one
    x = y / m
    noisy = at_least(noise * kappa, m**2 / y)
    T = Theory(words, (more_than(y), at_least(m, one), at_least(kappa, one), noisy), {})
    excess = words.scalar("t").coefficient()
    above = (more_than(a), more_than(excess, one), at_least(one, a * (level * excess - 1)))
    falling = Abstraction({"t": s * x}, above)
    short = Theory(words, (*T.assumptions, more_than(a), at_least(one, a * (s * x - 1))), {})
    return [
        T.decide(at_least(y / m, x), "x ≤ y/m_in"),
        T.decide(at_least(y * m / m**unit, x), "x ≤ y·m_in/σ̄² where σ̄² = m_in²"),
        T.decide(more_than(s * x, one), "sx > 1: the start lies above x⋆ = 1/s"),
        short.decide(at_least(1 + a * (1 - excess)), "1 + a(1 − sx) ≥ 0", falling),
        short.decide(more_than(one, 1 + a * (1 - excess)), "1 + a(1 − sx) < 1", falling),
    ]


# The Gram matrix with a head: overtaken by a second direction ----------------------------------------

MORE = {"zeta": r"\zeta", "o": "o", "mu": r"\mu", "nu": r"\nu"}
"""ζ: C along the silent direction, ℓ = ζ²; o = ‖Cŵ‖² = xv; μ: a threshold of x, ν = ωμ/4: o exceeds it there."""


@functools.cache
def two_directions_alphabet() -> Alphabet:
    """Return the alphabet of a start with two directions of their own: Cf = χe, Cᵀe = χf, Cg = ζh, Cᵀh = ζg.

    The vectors e, h and f, g are orthonormal, and Df = Dg = 0.
    """
    letters = (
        *dimensionless_alphabet().letters.values(),
        *(Letter(name, ("k", "1")) for name in ("e", "h")),
        *(Letter(name, ("k_prime", "1")) for name in ("f", "g")),
    )
    words = alphabet(dict.fromkeys((*SCALARS, *EXTRA, *MORE)), letters, {**LATEX, **EXTRA, **MORE})
    for left, right, value in (("e", "f", "chi"), ("h", "g", "zeta")):
        C, u, v = (words.letter(name) for name in ("C", left, right))
        words = words.with_rule(C @ v, words.scalar(value) * u).with_rule(C.T @ u, words.scalar(value) * v)
        words = words.with_rule(words.letter("D") @ words.letter(right), words.zeros("d-k", "1"))
        words = _unit(words, left, right)
    for pair in ("eh", "fg"):
        words = _orthogonal(words, *pair)
    return words


def _unit(words: Alphabet, *names: str) -> Alphabet:
    for name in names:
        u = words.letter(name)
        words = words.with_trace(u @ u.T, words.constant(1))
    return words


def _orthogonal(words: Alphabet, first: str, second: str) -> Alphabet:
    return words.with_trace(words.letter(first) @ words.letter(second).T, words.zeros("1", "1"))


def silent_gaps(weight: int = 1, *, heard: bool = False, noise: int = 1) -> Iterator[Element]:
    """Yield C₊g − φζh, C₊ᵀh − φζg, D₊g for φ = 1 + a(1 − (s + χ²ψ²/m)ζ²), and fᵀŵ-closure: all are zero.

    A mutant has another weight of the output or of s, or a head that the direction g hears.
    """
    here = Iteration(two_directions_alphabet())
    words = here.words
    f, g, h = (words.letter(name) for name in ("f", "g", "h"))
    chi, psi, zeta, a, s, m = (here.scalar(name) for name in ("chi", "psi", "zeta", "a", "s", "m"))
    head = psi * f + g if heard else psi * f
    M = here.M.substitute({"w": head})
    factor = 1 + a * (1 - (noise * s + weight * chi**2 * psi**2 / m) * zeta**2)
    yield here.C @ M @ g - factor * zeta * h
    yield M @ here.C.T @ h - factor * zeta * g
    yield here.D @ (M - a * here.identity) @ g


@dataclass(frozen=True)
class Overtaken:
    """The start whose second direction falls: x_0 = δ, v_0 = ω ≤ 1/2, ℓ_0 = y, sy ≤ 1/2, under any bounds.

    x is followed up to the threshold mu: st ≤ 1/8, 8ρt ≤ a. `loss` is the 4 in v ≥ ω(1 − 4ρx/a), `threshold` the 8 in
    8ρμ ≤ a, `longest` the inverse of 1/2, `half` the 2 in o ≤ νy/2, `largest_a` the inverse of 1/4.
    """

    loss: int = 4
    threshold: int = 8
    longest: int = 2
    half: int = 2
    largest_a: int = 4

    def scalar(self, name: str) -> FracElement:
        """Return a scalar."""
        return Iteration(two_directions_alphabet()).scalar(name).coefficient()

    @property
    def one(self) -> FracElement:
        """The number 1."""
        return two_directions_alphabet().field.one

    def parameters(self) -> tuple[Relation, ...]:
        """Return 0 < a ≤ 1/4, 0 < ρ ≤ 1, m ≥ 1, κ ≥ 1, 0 < ω ≤ 1/2 and the threshold μ."""
        a, rho, kappa, m, omega, s, mu = (self.scalar(n) for n in ("a", "rho", "kappa", "m", "omega", "s", "mu"))
        one = self.one
        steps = (more_than(a), at_least(one / self.largest_a, a), more_than(rho), at_least(one, rho))
        sizes = (at_least(m, one), at_least(kappa, one), more_than(omega), at_least(one / self.longest, omega))
        return (*steps, *sizes, more_than(mu), at_least(one / 8, s * mu), at_least(a, self.threshold * rho * mu))

    def low(self, x: FracElement) -> FracElement:
        """Return ω(1 − 4ρx/a), below which v does not fall."""
        a, rho, omega = (self.scalar(name) for name in ("a", "rho", "omega"))
        return omega * (1 - self.loss * rho * x / a)

    # the loud direction ----------------------------------------------------------------------------

    @functools.cached_property
    def theory(self) -> Theory:
        """The theory of a state before the threshold: 0 < x ≤ μ and ω(1 − 4ρx/a) ≤ v ≤ ω, and its silent direction."""
        x, v, mu, omega, ell, o, y = (self.scalar(name) for name in ("x", "v", "mu", "omega", "ell", "o", "y"))
        loud = (more_than(x), at_least(mu, x), at_least(v, self.low(x)), at_least(omega, v))
        s, one = self.scalar("s"), self.one
        silent = (more_than(y), at_least(one / 2, s * y), at_least(ell, y), at_least(one, s * ell), at_least(o))
        return Theory(two_directions_alphabet(), (*self.parameters(), *loud, *silent), {})

    @functools.cached_property
    def factor_bounds(self) -> tuple[Decided, Decided]:
        """1 + a/4 ≤ φ ≤ 1 + a for φ = 1 + a(1 − sx − v((1 − x)² + 2x²/m))."""
        a, x, v, s, m, lam, eta = (self.scalar(name) for name in ("a", "x", "v", "s", "m", "lam", "eta"))
        one = self.one
        inside = (
            more_than(a),
            more_than(x),
            at_least(lam, x),
            at_least(one / 8, lam),
            at_least(eta),
            at_least(2 * x**2, eta),
            at_least(v),
            at_least(one / self.longest, v),
        )
        through = Abstraction({"lam": s * x, "eta": 2 * x**2 / m}, inside)
        phi = 1 + a * (1 - lam - v * ((1 - x) ** 2 + eta))
        return (
            self.theory.decide(at_least(phi, 1 + a / 4), "φ ≥ 1 + a/4", through),
            self.theory.decide(at_least(1 + a, phi), "φ ≤ 1 + a", through),
        )

    @property
    def inside(self) -> Abstraction:
        """The loud direction before the threshold, with λ for ρx."""
        a, rho, x, v, omega, lam = (self.scalar(name) for name in ("a", "rho", "x", "v", "omega", "lam"))
        relations = (
            more_than(a),
            at_least(self.one / self.largest_a, a),
            more_than(x),
            at_least(self.one, x),
            more_than(lam),
            at_least(a, self.threshold * lam),
            more_than(omega),
            at_least(omega, v),
            at_least(v, omega * (1 - self.loss * lam / a)),
        )
        return Abstraction({"lam": rho * x}, relations)

    @functools.cached_property
    def head_kept(self) -> tuple[Decided, ...]:
        """v₊ = v(1 − ρx(1 − x))² ≤ v, and v₊ ≥ ω(1 − 4ρφ²x/a) for φ ≥ 1 + a/4."""
        a, x, v, omega, lam, phi = (self.scalar(name) for name in ("a", "x", "v", "omega", "lam", "phi"))
        inside, v_next = self.inside, v * (1 - lam * (1 - x)) ** 2
        T = self.theory
        kept = at_least(v * (1 - 2 * lam), omega * (1 - self.loss * phi**2 * lam / a))
        grown = (at_least(phi, 1 + a / 4),)
        return (
            T.decide(at_least(v, v_next), "v₊ ≤ v", inside),
            T.decide(at_least(v_next, v * (1 - 2 * lam)), "v₊ ≥ v(1 − 2ρx)", inside),
            T.decide_for_all(kept, "phi", grown, inside, "v(1 − 2ρx) ≥ ω(1 − 4ρφ²x/a) for φ ≥ 1 + a/4"),
        )

    @functools.cached_property
    def grows(self) -> tuple[Decided, ...]:
        """1 + a/4 ≤ φ² < 2 and v ≥ ω/2: x passes [μ/2, μ], where o = xv ≥ ωμ/4; φ² ≤ (1 + a)², and o ≤ 1."""
        a, x, v, omega, phi = (self.scalar(name) for name in ("a", "x", "v", "omega", "phi"))
        T, inside = self.theory, self.inside
        between = (at_least(phi, 1 + a / 4), at_least(1 + a, phi))
        slow = Abstraction({}, (more_than(a), at_least(self.one / self.largest_a, a)))
        short = Abstraction({}, (more_than(x), at_least(self.one, x), at_least(self.one, v)))
        return (
            T.decide_for_all(at_least(phi**2, 1 + a / 4), "phi", between, slow, "x₊ = φ²x ≥ (1 + a/4)x"),
            T.decide_for_all(more_than(self.one * 2, phi**2), "phi", between, slow, "x₊ < 2x"),
            T.decide_for_all(at_least((1 + a) ** 2, phi**2), "phi", between, slow, "o₊ ≤ (1 + a)²o, as v₊ ≤ v"),
            T.decide(at_least(v, omega / 2), "v ≥ ω/2", inside),
            T.decide(at_least(self.one, x * v), "o = xv ≤ 1", short),
        )

    @functools.cached_property
    def passes(self) -> Conclusion:
        """Some τ has μ/2 < x_τ ≤ μ, and so o_τ ≥ ν = ωμ/4."""
        statement = r"\tfrac12\mu \lt x_\tau \le \mu,\quad o_\tau = x_\tau v_\tau \gt \nu,\quad \nu = \tfrac14\omega\mu"
        return limits.scalar_lemma(
            "growth past a threshold", statement, self.grows, *self.factor_bounds, *self.head_kept
        )

    # the silent direction --------------------------------------------------------------------------

    @property
    def rising(self) -> Abstraction:
        """The silent direction before it falls: (s + o/m)ℓ ≤ 1 and y ≤ ℓ, with λ for s + o/m."""
        a, m, s, ell, o, y, lam = (self.scalar(name) for name in ("a", "m", "s", "ell", "o", "y", "lam"))
        relations = (more_than(a), more_than(y), at_least(ell, y), more_than(lam), at_least(self.one, lam * ell))
        return Abstraction({"lam": s + o / m}, relations)

    @functools.cached_property
    def before(self) -> Theory:
        """The theory of a step in which the silent direction does not fall."""
        m, s, ell, o = (self.scalar(name) for name in ("m", "s", "ell", "o"))
        return Theory(self.theory.words, (*self.theory.assumptions, at_least(self.one, (s + o / m) * ell)), {})

    @functools.cached_property
    def step(self) -> tuple[Decided, ...]:
        """ℓ₊ ≥ ℓ + 2aℓ(1 − (s + o/m)ℓ) ≥ ℓ, and sℓ₊ ≤ 1."""
        a, s, ell, lam, eta = (self.scalar(name) for name in ("a", "s", "ell", "lam", "eta"))
        grown, one = ell * (1 + a * (1 - lam * ell)) ** 2, self.one
        quarter = at_least(one / self.largest_a, a)
        ratio = (more_than(eta), at_least(one, eta))
        step = Abstraction({"eta": s * ell}, (more_than(a), quarter, *ratio))
        T, rising = self.before, self.rising
        return (
            T.decide(at_least(grown, ell + 2 * a * ell * (1 - lam * ell)), "ℓ₊ ≥ ℓ + 2aℓ(1 − (s + o/m)ℓ)", rising),
            T.decide(at_least(grown, ell), "ℓ₊ ≥ ℓ while (s + o/m)ℓ ≤ 1", rising),
            T.decide(at_least(one, eta * (1 + a * (1 - eta)) ** 2), "sℓ(1 + a(1 − sℓ))² ≤ 1: sℓ₊ ≤ 1", step),
        )

    @functools.cached_property
    def far(self) -> Decided:
        """1 − sℓ ≥ νy/m where o ≥ ν and ℓ does not fall."""
        m, s, ell, o, y, nu, eta = (self.scalar(name) for name in ("m", "s", "ell", "o", "y", "nu", "eta"))
        T = Theory(self.theory.words, (*self.before.assumptions, more_than(nu), at_least(o, nu)), {})
        relations = (
            more_than(m),
            more_than(y),
            at_least(ell, y),
            more_than(nu),
            at_least(o, nu),
            at_least(self.one, eta + o * ell / m),
        )
        return T.decide(
            at_least(1 - eta, nu * y / m), "1 − sℓ ≥ νy/m at τ, hence before", Abstraction({"eta": s * ell}, relations)
        )

    @functools.cached_property
    def drift(self) -> tuple[Decided, ...]:
        """ℓ₊ − ℓ ≥ aνy²/m while 1 − sℓ ≥ νy/m and o ≤ νy/2, and ℓ ≤ 1."""
        a, m, s, ell, o, y, nu, eta = (self.scalar(name) for name in ("a", "m", "s", "ell", "o", "y", "nu", "eta"))
        one = self.one
        far = (more_than(nu), at_least(1 - s * ell, nu * y / m), at_least(nu * y / self.half, o))
        T = Theory(self.theory.words, (*self.theory.assumptions, *far), {})
        relations = (
            more_than(a),
            more_than(m),
            more_than(y),
            at_least(ell, y),
            at_least(one, ell),
            more_than(nu),
            at_least(1 - eta, nu * y / m),
            at_least(nu * y / self.half, o),
        )
        through = Abstraction({"eta": s * ell}, relations)
        gain = 2 * a * ell * (1 - eta - o * ell / m)
        return (
            T.decide(at_least(one, ell), "ℓ ≤ 1"),
            T.decide(at_least(nu, nu * y / self.half), "νy/2 ≤ ν"),
            T.decide(at_least(gain, a * nu * y**2 / m), "2aℓ(1 − (s + o/m)ℓ) ≥ aνy²/m", through),
        )

    @functools.cached_property
    def overtaken(self) -> Conclusion:
        """ℓ falls at some t ≤ τ once δ is small enough."""
        statement = (
            r"\ell_{t+1} \lt \ell_t \text{ for some } t \le \tau, \text{ if } "
            r"\omega\delta(1+a)^{2n} \le \tfrac12\nu y,\quad n \ge \tfrac{m}{a\nu y^2}"
        )
        return limits.scalar_lemma("overtaken", statement, self.drift, self.passes)

    @functools.cached_property
    def falls(self) -> tuple[Decided, Decided]:
        """0 < φ < 1, so ℓ₊ < ℓ, once (s + o/m)ℓ > 1, while sℓ ≤ 1 and o ≤ 1."""
        a, m, s, ell, o, lam = (self.scalar(name) for name in ("a", "m", "s", "ell", "o", "lam"))
        one = self.one
        above = (more_than((s + o / m) * ell, one), at_least(one, o))
        T = Theory(self.theory.words, (*self.theory.assumptions, *above), {})
        relations = (more_than(a), at_least(one / self.largest_a, a), more_than(lam, one), at_least(2 * one, lam))
        through = Abstraction({"lam": (s + o / m) * ell}, relations)
        return (
            T.decide(more_than(1 + a * (1 - lam)), "1 + a(1 − (s + o/m)ℓ) > 0", through),
            T.decide(more_than(one, 1 + a * (1 - lam)), "1 + a(1 − (s + o/m)ℓ) < 1", through),
        )


def overtaken(found: Overtaken | None = None) -> list[Proved]:
    """Derive that hᵀΛh falls at some time, from a start as small as one likes."""
    found = found or Overtaken()
    return [found.passes, *found.step, found.far, found.overtaken, *found.falls]


# Checks ----------------------------------------------------------------------------------------------

_ALIGNED = "every d, k ≤ k′ and m_in, Σ⋆ = cI, every start with Cf = χe, Cᵀe = χf, Df = 0, ŵ = ψf"
_EVERY = "every C_1, C_2, C_3 > 0, every d, k ≤ k′, m_in and κ"

CHECKS: tuple[Check, ...] = (
    zero_check(
        "the output along a direction of its own",
        OUTPUT,
        _ALIGNED,
        lambda: first_nonzero(output_gaps()),
        {
            "2φ for φ": lambda: first_nonzero(output_gaps(turned=2)),
            "2ρ for ρ": lambda: first_nonzero(output_gaps(rate=2)),
            "any head": lambda: first_nonzero(output_gaps(closed=False)),
        },
    ),
    proof_check(
        "the output grows at the first step",
        OUTPUT,
        _EVERY + ": every aligned start with v < 1, sx ≤ (1 − v)/4, ρx ≤ a(1 − v)/4, and 0 < a ≤ 1, 0 < ρ ≤ 1",
        output_grows,
        {
            "sx ≤ 1 − v": lambda: output_grows(Growing(small=1)),
            "ρx ≤ a(1 − v)": lambda: output_grows(Growing(slow=1)),
            "v < 2": lambda: output_grows(Growing(longest=2)),
        },
        method=Method.COUNTEREXAMPLE,
    ),
    zero_check(
        "without head and complement the eigenvalues of sΛ follow y(1 + a(1 − y))²",
        GRAM,
        "every d, k ≤ k′ and m_in, Σ⋆ = cI, starts with D_0 = 0 and w_0 = 0",
        lambda: first_nonzero(headless_gaps()),
        {
            "1 + a(1 + y)": lambda: first_nonzero(headless_gaps(sign=-1)),
            "1 + a(1 − 2y)": lambda: first_nonzero(headless_gaps(sign=2)),
            "1 + a": lambda: first_nonzero(headless_gaps(sign=0)),
        },
    ),
    proof_check(
        "the printed bound lets the Gram matrix start above its limit, and fall",
        GRAM,
        _EVERY + " ≥ m_in²/C_1: C_0C_0ᵀ = (C_1/m_in)I, D_0 = 0, w_0 = 0, in the unit with σ̄² = m_in²",
        gram_falls,
        {
            "κ ≥ m²/(2C_1)": lambda: gram_falls(noise=2),
            "the unit with σ̄² = m³": lambda: gram_falls(unit=3),
            "any start": lambda: gram_falls(level=0),
        },
        method=Method.COUNTEREXAMPLE,
    ),
    zero_check(
        "a silent direction moves by a scalar recursion that hears the output",
        GRAM,
        _ALIGNED + ", Cg = ζh, Cᵀh = ζg, Dg = 0, e, h and f, g orthonormal",
        lambda: first_nonzero(silent_gaps()),
        {
            "2/m for 1/m": lambda: first_nonzero(silent_gaps(weight=2)),
            "without the output": lambda: first_nonzero(silent_gaps(weight=0)),
            "a head along g": lambda: first_nonzero(silent_gaps(heard=True)),
            "2s for s": lambda: first_nonzero(silent_gaps(noise=2)),
        },
    ),
    proof_check(
        "a silent direction is overtaken, and falls",
        GRAM,
        _EVERY + " with k ≥ 2: starts as small as one likes, 0 < a ≤ 1/4, 0 < ρ ≤ 1; both readings of the bound on B_0",
        overtaken,
        {
            "v ≥ ω(1 − 2ρx/a)": lambda: overtaken(Overtaken(loss=2)),
            "a threshold with 2ρμ ≤ a": lambda: overtaken(Overtaken(threshold=2)),
            "o ≤ νy": lambda: overtaken(Overtaken(half=1)),
            "a ≤ 1": lambda: overtaken(Overtaken(largest_a=1)),
            "ω ≤ 1": lambda: overtaken(Overtaken(longest=1)),
        },
        method=Method.COUNTEREXAMPLE,
    ),
)


# Printed ---------------------------------------------------------------------------------------------

_NUMBERS = (
    r"$a = \alpha\beta c$, $\rho = \beta/\alpha$, $\kappa = \bar\sigma^2/c$, $m = m_{\mathrm{in}}$, "
    r"$s = 1 + (1+\kappa)/m$; $x_\star = 1/s$ is the limit of $\alpha\Lambda_t$"
)
_OWN = (
    r"$C = \sqrt\alpha B_\star^{\top}B$, $D = \sqrt\alpha B_{\star,\perp}^{\top}B$, "
    r"$\hat w = w/\sqrt{\alpha c}$; unit vectors with $Cf = \chi e$, $C^{\top}e = \chi f$, $Df = 0$, $\hat w = \psi f$"
)
_STEP = r"$x_+ = \varphi^2x$, $v_+ = (1 - \rho x(1-x))^2v$, $x = \chi^2$, $v = \psi^2$"


def output_derivation() -> Derivation:
    """Return the derivation that the head's output grows at the first step."""
    premises = (
        _NUMBERS,
        _OWN,
        r"$0 \lt v \lt 1$, $0 \lt x$, $sx \le \frac14(1-v)$, $\rho x \le \frac14a(1-v)$",
        r"$0 \lt a \le 1$, $0 \lt \rho \le 1$; printed $y = sx$, $t = 2x^2/m$",
        r"whatever $C_1, C_2, C_3$: $v \le C_2$, $\alpha \le C_3/\bar\sigma$ and small $x$ meet the hypotheses",
    )
    found = Derivation("The head's output grows at first", OUTPUT, premises)
    factor = Aligned().factor
    found = found.then(
        "identity of words",
        r"$C_+\hat w_+ = \varphi(1 - \rho x(1-x))\,C\hat w$ and $D_+\hat w_+ = 0$, with the factor",
        r"\varphi",
        factor,
    )
    return found.extended(proof("", OUTPUT, (), *output_grows())).noting(
        "conclusion", "At the first step.", r"\lVert B_1w_1\rVert \gt \lVert B_0w_0\rVert"
    )


def headless_derivation() -> Derivation:
    """Return the derivation that the Gram matrix can fall at once under the printed bound."""
    premises = (
        _NUMBERS,
        r"$D_0 = 0$, $w_0 = 0$, $C_0C_0^{\top} = xI$, $x = C_1/m$; $C_1$ is printed $y$",
        r"$\bar\sigma^2 = m^2$ by the choice of the unit, and $\kappa \ge m^2/C_1$: small $\Sigma_\star$, much noise",
        r"$0 \lt a$, $a(sx-1) \le 1$, $\alpha \le C_3/\bar\sigma$: small step sizes",
    )
    start = Derivation("The Gram matrix starts above its limit", GRAM, premises).noting(
        "identity of words", r"$D$ and $\hat w$ stay zero.", r"\Lambda_+ = (1 + a(1 - sx))^2xI,\quad \Lambda = xI"
    )
    return start.extended(proof("", GRAM, (), *gram_falls())).noting(
        "conclusion", "At the first step.", r"\Lambda_1 \prec \Lambda_0"
    )


def overtaken_derivation() -> Derivation:
    """Return the derivation that a silent direction falls, under any constants."""
    premises = (
        _NUMBERS,
        _OWN,
        r"a second direction, orthogonal: $Cg = \zeta h$, $C^{\top}h = \zeta g$, $Dg = 0$; $\ell = \zeta^2$",
        r"$o = xv = \lVert C\hat w\rVert^2$, $\ell_+ = \ell(1 + a(1 - (s + o/m)\ell))^2$; " + _STEP,
        r"$0 \lt a \le \frac14$, $0 \lt \rho \le 1$, $v_0 = \omega \in (0, \frac12]$, $\ell_0 = y$, $sy \le \frac12$",
        r"a threshold $\mu$ of $x$ with $s\mu \le \frac18$, $8\rho\mu \le a$; $x_0 = \delta \le \mu$",
        r"$\nu = \frac14\omega\mu$; $\lambda = \rho x$",
        r"whatever $C_1, C_2, C_3$: small $\omega$, $y$, $\delta$ and step sizes meet the hypotheses, in both readings",
    )
    found = Derivation("A silent direction is overtaken", GRAM, premises)
    found = found.then("identity of words", "The factor of χ.", r"\varphi", Aligned().factor)
    found = found.noting(
        "induction",
        "Until x exceeds μ these bounds are kept: the steps below.",
        r"0 \lt x \le \mu,\quad \omega(1 - 4\rho x/a) \le v \le \omega",
    )
    return found.extended(proof("", GRAM, (), *overtaken())).noting(
        "conclusion",
        "ℓ is the diagonal entry of Λ along h.",
        r"h^{\top}(\Lambda_{t+1} - \Lambda_t)h \lt 0 \text{ for some } t",
    )


DERIVATIONS = (output_derivation, headless_derivation, overtaken_derivation)
