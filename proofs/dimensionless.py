"""The iteration in dimensionless form for Σ⋆ = cI, derived in words from the expectations of first principles.

With α = r², c = e², B = (B⋆C + B⋆,⊥D)/r and w = r e·ŵ, the outer step reads
C₊ = CM, D₊ = D(M − aI), ŵ₊ = ŵ − ρG(I − G)ŵ, where G = CᵀC + DᵀD, a = αβc, ρ = β/α, κ = σ̄²/c, m = m_in, and
M = (1 + a)I − aE, E = sCᵀC + W, W = qDᵀD + uuᵀ + (ggᵀ + (ŵᵀGŵ)G)/m, u = (I − G)ŵ, g = Gŵ, q = κ/m, s = 1 + (1 + κ)/m.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from foanil.paper_alphabet import paper_alphabet
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.expectations import mean_outer_direction

SCALARS = (
    "a",
    "rho",
    "kappa",
    "m",
    "r",
    "e",
    "k",
    "k_prime",
    "d",
    "ell",
    "delta",
    "omega",
    "omega_prime",
    "s",
    "q",
    "omega_bar",
    "y",
    "t",
    "lam",
    "epsilon",
)
LATEX = {
    "rho": r"\rho",
    "kappa": r"\kappa",
    "k_prime": "k'",
    "ell": r"\ell",
    "delta": r"\delta",
    "omega": r"\omega",
    "omega_prime": r"\omega'",
    "omega_bar": r"\bar\omega",
    "lam": r"\lambda",
    "epsilon": r"\varepsilon",
}


@functools.cache
def dimensionless_alphabet() -> Alphabet:
    """Return the alphabet of C (k×k′), D ((d−k)×k′), ŵ (k′×1) and of the dimensionless scalars."""
    letters = (
        Letter("C", ("k", "k_prime"), latex="C"),
        Letter("D", ("d-k", "k_prime"), latex="D"),
        Letter("w", ("k_prime", "1"), latex=r"\hat w"),
        Letter("B_star", ("d", "k"), latex=r"B_\star"),
        Letter("B_star_perp", ("d", "d-k"), latex=r"B_{\star,\perp}"),
    )
    bare = alphabet(SCALARS, letters, LATEX)
    B_star, B_perp = bare.letter("B_star"), bare.letter("B_star_perp")
    return (
        bare.with_rule(B_star.T @ B_star, bare.eye("k"))
        .with_rule(B_perp.T @ B_perp, bare.eye("d-k"))
        .with_rule(B_perp.T @ B_star, bare.zeros("d-k", "k"))
    )


@dataclass(frozen=True)
class Iteration:
    """The dimensionless iteration in the words of one alphabet: its letters, scalars and the matrices of one step."""

    words: Alphabet

    @property
    def C(self) -> Element:
        """√α B⋆ᵀB. Shape (k, k′)."""
        return self.words.letter("C")

    @property
    def D(self) -> Element:
        """√α B⋆,⊥ᵀB. Shape (d−k, k′)."""
        return self.words.letter("D")

    @property
    def w(self) -> Element:
        """ŵ = w/√(αc). Shape (k′, 1)."""
        return self.words.letter("w")

    def scalar(self, name: str) -> Element:
        """Return a scalar, among them the derived ones "q", "s" and "x_star"."""
        if name == "q":
            return self.scalar("kappa") / self.scalar("m")
        if name == "s":
            return 1 + (1 + self.scalar("kappa")) / self.scalar("m")
        if name == "x_star":
            return 1 / self.scalar("s")
        return self.words.scalar(name)

    @property
    def G(self) -> Element:
        """CᵀC + DᵀD = αBᵀB. Shape (k′, k′)."""
        return self.C.T @ self.C + self.D.T @ self.D

    @property
    def identity(self) -> Element:
        """The identity of size k′."""
        return self.words.eye("k_prime")

    @property
    def head_noise(self) -> Element:
        """R = uuᵀ + (ggᵀ + (ŵᵀGŵ)G)/m, what the head adds to E. Shape (k′, k′)."""
        u, g = (self.identity - self.G) @ self.w, self.G @ self.w
        return u @ u.T + (g @ g.T + (self.w.T @ self.G @ self.w) * self.G) / self.scalar("m")

    @property
    def W(self) -> Element:
        """W = qDᵀD + R. Shape (k′, k′)."""
        return self.scalar("q") * (self.D.T @ self.D) + self.head_noise

    @property
    def E(self) -> Element:
        """E = sCᵀC + W, the second moment of the adapted head over αc. Shape (k′, k′)."""
        return self.scalar("s") * (self.C.T @ self.C) + self.W

    @property
    def M(self) -> Element:
        """M = (1 + a)I − aE, so that C₊ = CM and D₊ = D(M − aI). Shape (k′, k′)."""
        a = self.scalar("a")
        return (1 + a) * self.identity - a * self.E

    @property
    def next_head(self) -> Element:
        """ŵ₊ = ŵ − ρG(I − G)ŵ. Shape (k′, 1)."""
        return self.w - self.scalar("rho") * (self.G @ (self.identity - self.G) @ self.w)


def iteration() -> Iteration:
    """Return the dimensionless iteration in its own alphabet."""
    return Iteration(dimensionless_alphabet())


def gaps() -> dict[str, Element]:
    """Return derived minus claimed form of C₊, D₊ and ŵ₊, from first principles' outer step: three zero elements."""
    here = iteration()
    words, r, e = here.words, here.scalar("r"), here.scalar("e")
    B_star, B_perp = words.letter("B_star"), words.letter("B_star_perp")
    B, w = (B_star @ here.C + B_perp @ here.D) / r, r * e * here.w
    beta = here.scalar("rho") * r**2
    kappa_e2 = here.scalar("kappa") * e**2
    scalars = {
        "alpha": r**2,
        "beta": beta,
        "m_in": here.scalar("m"),
        "sigma_bar_sq": kappa_e2,
        "sigma_sq": kappa_e2 - here.scalar("k") * e**2,
        "k": here.scalar("k"),
        "k_prime": here.scalar("k_prime"),
        "d": here.scalar("d"),
    }
    letters = {"B": B, "w": w, "B_star": B_star, "Sigma_star": e**2 * words.eye("k")}
    mean = mean_outer_direction()
    assert mean.B.alphabet is paper_alphabet()
    B_next = B - beta * mean.B.transport(words, letters, scalars)
    w_next = w - beta * mean.w.transport(words, letters, scalars)
    step = here.scalar("rho") * r**4 * e**2  # αβc, the dimensionless step a
    unit = {"a": step}
    claimed_C, claimed_D = here.C @ here.M, here.D @ (here.M - here.scalar("a") * here.identity)
    return {
        "C": r * (B_star.T @ B_next) - claimed_C.transport(words, {}, unit),
        "D": r * (B_perp.T @ B_next) - claimed_D.transport(words, {}, unit),
        "w": w_next / (r * e) - here.next_head,
    }
