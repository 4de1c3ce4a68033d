"""Along a direction of their own that signal, complement and head share, Λ never falls: so it is for k = k′ = 1.

There x = χ², z = ζ², v = ψ², g = x + z follow x₊ = x(1 + a(1 − E))², z₊ = z(1 − aE)², v₊ = v(1 − ρg(1 − g))²,
E = sx + qz + vh(g), h(g) = (1 − g)² + 2g²/m. Then E ≤ 1 is kept, and x increases. With η = 1 − E, x₊ = x + e,
z₊ = z − δ and K = 1 + 2/m: e(s + 2Kz + Ke) ≤ η, and what h gains from z₊ < z the head loses.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from sympy import QQ
from sympy.polys.fields import FracElement

from foanil.decisions import Relation, at_least, more_than
from foanil.evidence import Check
from foanil.inequalities import Decided, RefusedStepError, Theory
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.derivation import Derivation, proof, proof_check, zero_check
from proofs.dimensionless import LATEX, SCALARS, Iteration, dimensionless_alphabet
from proofs.fixed_points import first_nonzero

CLAIM = ("new-gram-monotone-scalar",)
EXTRA = {
    "chi": r"\chi",
    "zeta": r"\zeta",
    "psi": r"\psi",
    "x": "x",
    "z": "z",
    "v": "v",
    "g": "g",
    "eta": r"\eta",
    "mu": r"\mu",
    "K": "K",
    "E": "E",
    "H": "H",
    "nu": r"\nu",
    "N": "N",
    "S": "S",
    "P": "p",
}
"""1/m is μ, h(g) is H, h(g − δ) is N, (1 − p)² is S, p = ρg(1 − g); y and t are printed e and δ."""


@functools.cache
def shared_alphabet(orthogonal: bool = True) -> Alphabet:
    """Return the letters with Cf = χe, Cᵀe = χf, Df = ζh, Dᵀh = ζf and unit vectors e, f, h."""
    letters = (
        *dimensionless_alphabet().letters.values(),
        Letter("e", ("k", "1")),
        Letter("h", ("d-k", "1")),
        Letter("f", ("k_prime", "1")),
    )
    bare = alphabet(dict.fromkeys((*SCALARS, *EXTRA)), letters, {**LATEX, **EXTRA, "y": "e", "t": r"\delta"})
    C, D, e, h, f = (bare.letter(name) for name in ("C", "D", "e", "h", "f"))
    chi, zeta = bare.scalar("chi"), bare.scalar("zeta")
    words = bare.with_rule(C @ f, chi * e).with_rule(C.T @ e, chi * f).with_rule(D @ f, zeta * h)
    words = words.with_rule(D.T @ h, zeta * f) if orthogonal else words
    for unit in (e, f, h):
        words = words.with_trace(unit @ unit.T, bare.constant(1))
    return words


def shared_gaps(weight: int = 2, complement: int = 1, rate: int = 1, *, orthogonal: bool = True) -> Iterator[Element]:
    """Yield C₊f − φχe, C₊ᵀe − φχf, D₊f − (φ − a)ζh, D₊ᵀh − (φ − a)ζf, ŵ₊ − (1 − ρg(1 − g))ψf, φ = 1 + a(1 − E).

    All are zero; a mutant has another 2 in h, multiplies q or ρ, or forgets Dᵀh = ζf.
    """
    here = Iteration(shared_alphabet(orthogonal))
    e, h, f = (here.words.letter(name) for name in ("e", "h", "f"))
    chi, zeta, psi, a, rho, s, q, m = (here.scalar(n) for n in ("chi", "zeta", "psi", "a", "rho", "s", "q", "m"))
    shared, g = {"w": psi * f}, chi**2 + zeta**2
    E = s * chi**2 + complement * q * zeta**2 + psi**2 * ((1 - g) ** 2 + weight * g**2 / m)
    M, phi = here.M.substitute(shared), 1 + a * (1 - E)
    left = M - a * here.identity
    yield here.C @ M @ f - phi * chi * e
    yield M @ here.C.T @ e - phi * chi * f
    yield here.D @ left @ f - (phi - a) * zeta * h
    yield left @ here.D.T @ h - (phi - a) * zeta * f
    yield here.next_head.substitute(shared) - (1 - rate * rho * g * (1 - g)) * psi * f


# One step ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """Why E ≤ 1 is kept: `complement`, `step_size`, `decay` are the 4s in z ≤ 1/(4m), a ≤ ρ/4, p ≤ 1/4.

    `head` bounds v; `slopes` is the 2 in the slope 2K(g − δ) − 2 + Ke of h.
    """

    complement: int = 4
    step_size: int = 4
    decay: int = 4
    head: int = 1
    slopes: int = 2

    def scalar(self, name: str) -> FracElement:
        """Return a scalar."""
        return shared_alphabet().scalar(name).coefficient()

    @property
    def one(self) -> FracElement:
        """The number 1."""
        return shared_alphabet().field.one

    def theory(self, *assumptions: Relation) -> Theory:
        """Return the theory of 0 < 4a ≤ ρ ≤ 1, K = 1 + 2μ, 0 < μ ≤ 1, 0 ≤ z ≤ μ/4, x ≥ 0, Kx ≤ sx ≤ 1, and more."""
        a, rho, mu, x, z, s = (self.scalar(name) for name in ("a", "rho", "mu", "x", "z", "s"))
        steps = (more_than(a), at_least(rho, self.step_size * a), at_least(self.one, rho))
        sizes = (more_than(mu), at_least(self.one, mu), at_least(z), at_least(mu, self.complement * z))
        signal = (at_least(x), at_least(s, self.K), at_least(self.one, s * x))
        return Theory(shared_alphabet(), (*steps, *sizes, *signal, *assumptions), {})

    @property
    def K(self) -> FracElement:
        """K = 1 + 2μ."""
        return 1 + 2 * self.scalar("mu")

    def h(self, g: FracElement) -> FracElement:
        """Return h(g) = 1 − 2g + Kg²."""
        return 1 - 2 * g + self.K * g**2

    def moves(self) -> list[Decided]:
        """0 ≤ e ≤ (9/16)ηx and 0 ≤ δ ≤ ρz/2 for e = x(2aη + a²η²), δ = z(2aE − a²E²), 0 ≤ η, E ≤ 1."""
        a, rho, x, z, eta, E = (self.scalar(name) for name in ("a", "rho", "x", "z", "eta", "E"))
        T = self.theory(at_least(eta), at_least(self.one, eta), at_least(E), at_least(self.one, E))
        gain, loss = x * (2 * a * eta + a**2 * eta**2), z * (2 * a * E - a**2 * E**2)
        return [
            T.decide(at_least(gain), "e ≥ 0"),
            T.decide(at_least(QQ(9, 16) * eta * x, gain), "e ≤ (9/16)ηx"),
            T.decide(at_least(loss), "δ ≥ 0"),
            T.decide(at_least(rho * z / 2, loss), "δ ≤ ρz/2"),
        ]

    def signal_gain(self) -> list[Decided]:
        """e(s + 2Kz + Ke) ≤ η for e ≤ (9/16)ηx."""
        x, z, s, eta, y = (self.scalar(name) for name in ("x", "z", "s", "eta", "y"))
        gain = (at_least(eta), at_least(self.one, eta), at_least(y), at_least(QQ(9, 16) * eta * x, y))
        T = self.theory(*gain)
        return [T.decide(at_least(eta, y * (s + 2 * self.K * z + self.K * y)), "e(s + 2Kz + Ke) ≤ η")]

    def head_bounds(self) -> list[Decided]:
        """Decide z(1 − Kg) + Kz²/4 ≤ (7/4)g(1 − g)h(g), by cases of g, for 0 ≤ z ≤ g ≤ 1; and g < 1, h ≥ 0."""
        g, z, mu, x = (self.scalar(name) for name in ("g", "z", "mu", "x"))
        one, K = self.one, self.K
        low, high = QQ(7, 4) * g * (1 - g) * self.h(g), z * (1 - K * g) + K * z**2 / 4
        sizes = (more_than(mu), at_least(one, mu), at_least(z), at_least(mu, self.complement * z))
        signal = Theory(shared_alphabet(), (*sizes, at_least(x), at_least(one, K * x)), {})
        below = (*sizes, at_least(g, z), at_least(one, g))
        small = Theory(shared_alphabet(), (*below, at_least(one / 5, g)), {})
        middle = Theory(shared_alphabet(), (*below, at_least(g, one / 5), at_least(one / 2, g)), {})
        large = Theory(shared_alphabet(), (*below, at_least(g, one / 2)), {})
        says = "z(1 − Kg) + Kz²/4 ≤ (7/4)g(1 − g)h(g)"
        return [
            signal.decide(more_than(one, x + z), "g = x + z < 1"),
            middle.decide(at_least(self.h(g)), "h ≥ 0"),
            small.decide(at_least(low, high), says + " for g ≤ 1/5"),
            middle.decide(at_least(low, high), says + " for 1/5 ≤ g ≤ 1/2"),
            large.decide(at_least(z * (1 - g), high), "z(1 − Kg) + Kz²/4 ≤ z(1 − g) for g ≥ 1/2"),
            large.decide(at_least(low, mu / 4 * (1 - g)), "(1 − g)/(4m) ≤ (7/4)g(1 − g)h(g) for g ≥ 1/2"),
        ]

    def head_loss(self) -> list[Decided]:
        """Decide v₊h(g − δ) ≤ vh(g), δ ≤ ρz/2, where h(g − δ) = h(g) + δ(2 − 2Kg + Kδ) exceeds h(g)."""
        z, rho, lam, t, K, P, H, N, S = (
            self.scalar(name) for name in ("z", "rho", "lam", "t", "K", "P", "H", "N", "S")
        )
        one, words = self.one, shared_alphabet()
        move = (at_least(z), at_least(rho), at_least(one, rho), at_least(t), at_least(rho * z / 2, t), at_least(K, one))
        rising = Theory(words, (*move, at_least(2 * lam + K * t)), {})
        share = Theory(words, (at_least(P), at_least(one / self.decay, P)), {})
        bounded = (at_least(H), at_least(S), at_least(1 - QQ(7, 4) * P, S), at_least(H * (1 + QQ(7, 4) * P), N))
        kept = Theory(words, (*share.assumptions, *bounded), {})
        return [
            rising.decide(
                at_least(rho * (z * lam + K * z**2 / 4), t * (2 * lam + K * t)),
                "δ(2λ + Kδ) ≤ ρ(zλ + Kz²/4)",
            ),
            share.decide(at_least(1 - QQ(7, 4) * P, (1 - P) ** 2), "(1 − p)² ≤ 1 − (7/4)p for 0 ≤ p ≤ 1/4"),
            kept.decide(at_least(H, S * N), "(1 − p)²h(g − δ) ≤ h(g)"),
        ]

    def split(self) -> None:
        """Check E₊ = E + se − qδ + (v₊h(g − δ) − vh(g)) + v₊e(2K(g − δ) − 2 + Ke) as polynomials, or refuse."""
        names = ("x", "z", "s", "kappa", "mu", "y", "t", "v", "nu")
        x, z, s, kappa, mu, y, t, v, after = (self.scalar(name) for name in names)
        g, q = x + z, kappa * mu
        exact = s * (x + y) + q * (z - t) + after * self.h(g - t + y)
        total = (s * x + q * z + v * self.h(g)) + s * y - q * t + (after * self.h(g - t) - v * self.h(g))
        total = total + after * y * (self.slopes * self.K * (g - t) - 2 + self.K * y)
        if exact != total:
            raise RefusedStepError(f"expected E₊ as a sum; the difference is {exact - total}")

    def next_moment(self) -> list[Decided]:
        """Decide E₊ ≤ 1, after `split`: λ stands for 2Kz + Ke, p for 2K(g − δ) − 2 + Ke, N for v₊h(g − δ) − vh(g)."""
        self.split()
        lam, P, S, after, y, s, eta, t, N = (
            self.scalar(name) for name in ("lam", "P", "S", "nu", "y", "s", "eta", "t", "N")
        )
        words, one = shared_alphabet(), self.one
        head = (at_least(lam), at_least(lam, P), at_least(after), at_least(self.head * one, after))
        gain = (at_least(y), at_least(eta, y * (s + lam)), at_least(t), at_least(-N), at_least(lam, S))
        return [
            Theory(words, head, {}).decide(at_least(lam, after * P), "v₊(2K(g − δ) − 2 + Ke) ≤ 2Kz + Ke"),
            Theory(words, gain, {}).decide(at_least(one, 1 - eta + s * y - t + N + y * S), "E₊ ≤ 1; S: the left side"),
        ]

    def slope(self) -> Decided:
        """Decide 2K(g − δ) − 2 + Ke ≤ 2Kz + Ke."""
        x, z, t, y = (self.scalar(name) for name in ("x", "z", "t", "y"))
        mu, K = self.scalar("mu"), self.K
        given = (more_than(mu), at_least(self.one, K * x), at_least(z), at_least(t), at_least(y))
        T = Theory(shared_alphabet(), given, {})
        return T.decide(at_least(2 * K * z + K * y, 2 * K * (x + z - t) - 2 + K * y), "2K(g − δ) − 2 + Ke ≤ 2Kz + Ke")

    def entry(self, scale: int = 6, head: int = 2) -> list[Decided]:
        """Decide E_0 ≤ 1 from g ≤ min(1/m, m/κ)/6 and v ≤ 1/2, κ ≥ 1: any constants up to these serve."""
        x, z, v, mu, kappa = (self.scalar(name) for name in ("x", "z", "v", "mu", "kappa"))
        one, g = self.one, x + z
        sizes = (more_than(mu), at_least(one, mu), at_least(kappa, one), at_least(x), at_least(z), at_least(v))
        small = (at_least(mu / scale, g), at_least(one / scale, kappa * mu * g), at_least(one / head, v))
        T = Theory(shared_alphabet(), (*sizes, *small), {})
        s, q = 1 + (1 + kappa) * mu, kappa * mu
        return [
            T.decide(at_least(mu / 4, z), "z_0 ≤ 1/(4m)"),
            T.decide(at_least(one / 2, s * x + q * z), "sx_0 + qz_0 ≤ 1/2"),
            T.decide(at_least(one, self.h(g)), "h(g_0) ≤ 1"),
            T.decide(at_least(s, self.K), "K ≤ s"),
        ]


def never_falls(kept: Kept | None = None) -> list[Decided]:
    """Derive that E ≤ 1 is kept, so that x never decreases."""
    kept = kept or Kept()
    before = [*kept.entry(), *kept.moves(), *kept.signal_gain(), *kept.head_bounds(), *kept.head_loss()]
    return [*before, kept.slope(), *kept.next_moment()]


# Checks and derivation -------------------------------------------------------------------------------

SCOPE = "every d, m_in and κ ≥ 1, Σ⋆ = cI, Cf = χe, Cᵀe = χf, Df = ζh, Dᵀh = ζf, ŵ = ψf: every start at k = k′ = 1"

CHECKS: tuple[Check, ...] = (
    zero_check(
        "signal, complement and head keep a direction that they share",
        CLAIM,
        SCOPE,
        lambda: first_nonzero(shared_gaps()),
        {
            "g²/m for 2g²/m": lambda: first_nonzero(shared_gaps(weight=1)),
            "2q for q": lambda: first_nonzero(shared_gaps(complement=2)),
            "2ρ for ρ": lambda: first_nonzero(shared_gaps(rate=2)),
            "Dᵀh not along f": lambda: first_nonzero(shared_gaps(orthogonal=False)),
        },
    ),
    proof_check(
        "with k = k′ = 1 the Gram matrix never falls",
        CLAIM,
        SCOPE + "; β ≤ α ≤ 1/(2σ̄), α‖B_0‖² ≤ min(1/m_in, m_in c/σ̄²)/6, ‖w_0‖² ≤ αc/2",
        never_falls,
        {
            "α‖B_0‖² ≤ min(1/m, m/κ)/3": lambda: Kept().entry(scale=3),
            "z ≤ 1/m": lambda: Kept(complement=1).head_bounds(),
            "a ≤ ρ": lambda: Kept(step_size=1).moves(),
            "p ≤ 1/2": lambda: Kept(decay=2).head_loss(),
            "v ≤ 4": lambda: Kept(head=4).next_moment(),
            "another slope of h": lambda: Kept(slopes=1).next_moment(),
        },
    ),
)


def derivation() -> Derivation:
    """Return the derivation that Λ never falls along a shared direction."""
    premises = (
        r"$x = \chi^2$, $z = \zeta^2$, $v = \psi^2$, $g = x + z$, $\mu = 1/m$, $K = 1 + 2\mu$, $q = \kappa\mu$",
        r"$E = sx + qz + vh(g)$, $h(g) = (1-g)^2 + 2\mu g^2$, $\eta = 1 - E$; $p = \rho g(1-g)$",
        r"$x_+ = x(1 + a\eta)^2 = x + e$, $z_+ = z(1 - aE)^2 = z - \delta$, $v_+ = (1-p)^2v$",
        r"$0 \lt 4a\kappa \le \rho \le 1$, $\kappa \ge 1$, $m \ge 1$",
        r"$g_0 \le \frac16\min(1/m, m/\kappa)$, $v_0 \le \frac12$",
        r"kept: $E \le 1$, $z \le \frac{1}{4m}$, $v \le 1$; so $Kx \le sx \le 1$",
        r"printed, in the steps of the head: $H = h(g)$, $N = h(g - \delta)$, $S = (1-p)^2$, $\lambda = 1 - Kg$",
    )
    found = Derivation("Along a shared direction the Gram matrix never falls", CLAIM, premises)
    return found.extended(proof("", CLAIM, (), *never_falls())).noting(
        "induction", "E stays at most 1, and x₊ = x(1 + aη)² ≥ x.", r"e^{\top}\Lambda_{t+1}e \ge e^{\top}\Lambda_te"
    )


DERIVATIONS = (derivation,)
