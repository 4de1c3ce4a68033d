"""Section 4: for every Σ⋆ with two different eigenvalues the Gram matrix can fail to increase, however small the start.

Without head and complement (w = 0, B = B⋆C) one step is C₊ = (I + αβ(Σ⋆ − αCCᵀK))C, K = (1 + 1/m_in)Σ⋆ + (σ̄²/m_in)I.
For unit eigenvectors e, h of Σ⋆ with eigenvalues λ ≠ μ and a start with Cᵀe = χf, Cᵀh = χ(f + εg), the vector
v = (n_e² − 1)h − (n_en_h − 1)e, n_e = 1 + αβλ, n_h = 1 + αβμ, has vᵀ(Λ₊ − Λ)v = χ²P(χ²) with P(0) < 0 for small ε.
"""

from __future__ import annotations

import functools

from sympy.polys.fields import FracElement

from foanil.decisions import at_least, more_than
from foanil.evidence import Check
from foanil.inequalities import Abstraction, Decided, Theory
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.derivation import EVERY_SIZE, Derivation, proof, proof_check, zero_check
from proofs.expectations import mean_outer_direction

CLAIM = ("sec-4-monotonicity-lost",)
LATEX = {
    "alpha": r"\alpha",
    "beta": r"\beta",
    "m_in": r"m_{\mathrm{in}}",
    "sigma_bar_sq": r"\bar\sigma^2",
    "sigma_sq": r"\sigma^2",
    "lam": r"\lambda",
    "mu": r"\mu",
    "chi": r"\chi",
    "epsilon": r"\varepsilon",
}


@functools.cache
def turning_alphabet() -> Alphabet:
    """Return the alphabet of Σ⋆e = λe, Σ⋆h = μh, Cᵀe = χf, Cᵀh = χ(f + εg), e, h and f, g orthonormal."""
    letters = (
        Letter("C", ("k", "k_prime")),
        Letter("B_star", ("d", "k"), latex=r"B_\star"),
        Letter("Sigma_star", ("k", "k"), symmetric=True, latex=r"\Sigma_\star"),
        *(Letter(name, ("k", "1")) for name in ("e", "h")),
        *(Letter(name, ("k_prime", "1")) for name in ("f", "g")),
    )
    bare = alphabet((*LATEX, "d", "k", "k_prime"), letters, LATEX)
    C, Sigma, B_star, e, h, f, g = (bare.letter(name) for name in ("C", "Sigma_star", "B_star", "e", "h", "f", "g"))
    chi, epsilon, none = bare.scalar("chi"), bare.scalar("epsilon"), bare.zeros("1", "1")
    words = (
        bare.with_rule(B_star.T @ B_star, bare.eye("k"))
        .with_rule(Sigma @ e, bare.scalar("lam") * e)
        .with_rule(Sigma @ h, bare.scalar("mu") * h)
        .with_rule(C.T @ e, chi * f)
        .with_rule(C.T @ h, chi * f + chi * epsilon * g)
        .with_rule(C @ f, chi * e + chi * h)
        .with_rule(C @ g, chi * epsilon * h)
    )
    for u in (e, h, f, g):
        words = words.with_trace(u @ u.T, bare.constant(1))
    return words.with_trace(e @ h.T, none).with_trace(f @ g.T, none)


def noise_matrix(words: Alphabet, samples: int = 1) -> Element:
    """Return K = (1 + 1/m_in)Σ⋆ + (σ̄²/m_in)I; a mutant replaces the first 1/m_in by another multiple of it."""
    m_in = words.scalar("m_in")
    noise = words.scalar("sigma_bar_sq") / m_in
    return (1 + samples / m_in) * words.letter("Sigma_star") + noise * words.eye("k")


def step_matrix(words: Alphabet, samples: int = 1, power: int = 1) -> Element:
    """Return I + αβ(Σ⋆ − αCCᵀK), so that C₊ is this times C. Shape (k, k)."""
    alpha, C = words.scalar("alpha"), words.letter("C")
    push = words.letter("Sigma_star") - alpha**power * (C @ C.T @ noise_matrix(words, samples))
    return words.eye("k") + alpha * words.scalar("beta") * push


def step_gap(samples: int = 1, power: int = 1, *, headless: bool = True) -> Element:
    """Return B⋆ᵀB₊ minus its stated form, from first principles at B = B⋆C and w = 0: zero; mutants change it."""
    words = turning_alphabet()
    B = words.letter("B_star") @ words.letter("C")
    head = words.zeros("k_prime", "1") if headless else words.letter("f")
    values = {"B": B, "w": head, "B_star": words.letter("B_star"), "Sigma_star": words.letter("Sigma_star")}
    scalars = {
        name: words.scalar(name) for name in ("alpha", "beta", "m_in", "sigma_bar_sq", "sigma_sq", "d", "k", "k_prime")
    }
    direction: Element = mean_outer_direction().B.transport(words, values, scalars)
    moved = B - words.scalar("beta") * direction
    return words.letter("B_star").T @ moved - step_matrix(words, samples, power) @ words.letter("C")


def change_along(samples: int = 1) -> FracElement:
    """Return vᵀ(Λ₊ − Λ)v/χ² at χ = 0, v = (n_e² − 1)h − (n_en_h − 1)e."""
    words = turning_alphabet()
    C, e, h, chi = words.letter("C"), words.letter("e"), words.letter("h"), words.scalar("chi")
    n_e, n_h = (1 + words.scalar("alpha") * words.scalar("beta") * words.scalar(name) for name in ("lam", "mu"))
    v = (n_e**2 - 1) * h - (n_e * n_h - 1) * e
    after, before = C.T @ step_matrix(words, samples).T @ v, C.T @ v
    change = (words.sqnorm(after) - words.sqnorm(before)) / chi**2
    return Abstraction({"chi": words.field.zero}, ()).concrete(change.coefficient())


def turns(twice: int = 1, *, different: bool = True) -> list[Decided]:
    """Derive P(0) < 0 for λ ≠ μ and ε²(n_e² − 1)(n_h² − 1) < (n_e − n_h)²; mutants allow more."""
    words = turning_alphabet()
    alpha, beta, lam, mu, epsilon = (
        words.scalar(name).coefficient() for name in ("alpha", "beta", "lam", "mu", "epsilon")
    )
    n_e, n_h = 1 + alpha * beta * lam, 1 + alpha * beta * mu
    room = twice * (n_e - n_h) ** 2 - epsilon**2 * (n_e**2 - 1) * (n_h**2 - 1)
    unequal = more_than((lam - mu) ** 2) if different else at_least((lam - mu) ** 2)
    thin = more_than(room) if different else at_least(room)
    positive = (more_than(alpha), more_than(beta), more_than(lam), more_than(mu), more_than(epsilon**2))
    T = Theory(words, (*positive, unequal, thin), {})
    return [T.decide(more_than(-change_along()), "vᵀ(Λ₊ − Λ)v < 0 to leading order in χ²")]


SCOPE = EVERY_SIZE + " with k ≥ 2, every Σ⋆ ≻ 0 with two different eigenvalues; w = 0, B⋆,⊥ᵀB = 0"

CHECKS: tuple[Check, ...] = (
    zero_check(
        "one step without head and complement, for every covariance",
        CLAIM,
        EVERY_SIZE + ", every Σ⋆",
        step_gap,
        {
            "2/m_in in K": lambda: step_gap(samples=2),
            "α² for α": lambda: step_gap(power=2),
            "a head": lambda: step_gap(headless=False),
        },
    ),
    proof_check(
        "a general covariance turns the directions",
        CLAIM,
        SCOPE,
        turns,
        {
            "twice the room for ε": lambda: turns(twice=2),
            "three times the room": lambda: turns(twice=3),
            "equal eigenvalues": lambda: turns(different=False),
        },
    ),
)


def derivation() -> Derivation:
    """Return the derivation that a general covariance loses monotonicity."""
    premises = (
        r"$w = 0$, $B = B_\star C$; $\Sigma_\star e = \lambda e$, $\Sigma_\star h = \mu h$, $\lambda \ne \mu$",
        r"$C^{\top}e = \chi f$, $C^{\top}h = \chi(f + \varepsilon g)$; $e, h$ and $f, g$ orthonormal",
        r"$n_e = 1 + \alpha\beta\lambda$, $n_h = 1 + \alpha\beta\mu$",
        r"$0 \lt \varepsilon^2(n_e^2-1)(n_h^2-1) \lt (n_e-n_h)^2$",
        r"$v = (n_e^2-1)h - (n_en_h-1)e$",
    )
    words = turning_alphabet()
    found = Derivation("A general covariance loses monotonicity", CLAIM, premises)
    found = found.then("expectations of first principles", "One step.", r"C_+ = NC,\quad N", step_matrix(words))
    found = found.then(
        "identity of words",
        "The change of Λ along v over χ², at χ = 0.",
        r"\lim_{\chi \to 0} v^{\top}(\Lambda_+ - \Lambda)v/\chi^2",
        words.constant(change_along()),
    )
    return found.extended(proof("", CLAIM, (), *turns())).noting(
        "continuity",
        "The change is χ² times a polynomial in χ²: it is negative for every small enough χ.",
        r"\Lambda_+ \not\succeq \Lambda",
    )


DERIVATIONS = (derivation,)
