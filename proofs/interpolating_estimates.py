"""Section 3.1: below d rows least squares on XB̂, B̂ of full rank k′ = d, fits the labels, and what that must cost.

Any θ with Xθ = y carries the noise that X_k = XB⋆ cannot express: with Z an orthonormal basis of the complement of the
columns of X_k, ZᵀX_⊥c = Zᵀz for c = B⋆,⊥ᵀθ. So its excess risk is at least σ²(m − k)/(d − m − 1) in the mean for
k < m < d − 1 rows, whatever B̂: however small the complement that finite time leaves in it. A step's risk, in contrast,
is continuous in B̂: it tends to that of the limit.
"""

from __future__ import annotations

import functools

from sympy.polys.fields import FracElement

from foanil import limits
from foanil.decisions import Relation, Sign, at_least, more_than
from foanil.evidence import Check, Method
from foanil.gaussian_moments import Centred, expectation
from foanil.inequalities import Fact, Theory
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.burer_monteiro_parity import step_alphabet, step_risk
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check
from proofs.least_squares_risk import InverseMean

OVERFITS = ("sec-31-least-squares-overfits",)
SCALARS = ("m", "d", "k", "sigma_sq", "r", "x", "g", "lam")
LATEX = {"m": r"m_{\mathrm{test}}", "sigma_sq": r"\sigma^2"}
EVERY_FIT = "every estimate with Xθ = y, every d, k and m_test, every task"


@functools.cache
def fit_alphabet() -> Alphabet:
    """Return the alphabet of X_k = XB⋆, X_⊥ = XB⋆,⊥, Z, Q = (ZᵀX_⊥X_⊥ᵀZ)⁻¹ and the two parts a, c of an estimate."""
    letters = (
        Letter("X_k", ("m", "k")),
        Letter("X_perp", ("m", "d-k"), latex=r"X_\perp"),
        Letter("Z", ("m", "m-k")),
        Letter("Q", ("m-k", "m-k"), symmetric=True),
        Letter("a", ("k", "1")),
        Letter("c", ("d-k", "1")),
        Letter("w_star", ("k", "1"), latex=r"w_\star"),
        Letter("z", ("m", "1")),
    )
    bare = alphabet(SCALARS, letters, LATEX)
    X_k, X_perp, Z, Q = (bare.letter(name) for name in ("X_k", "X_perp", "Z", "Q"))
    return (
        bare.with_rule(Z.T @ X_k, bare.zeros("m-k", "k"))
        .with_rule(Z.T @ Z, bare.eye("m-k"))
        .with_rule(Z.T @ X_perp @ X_perp.T @ Z @ Q, bare.eye("m-k"))
    )


def fitted_noise(words: Alphabet) -> Element:
    """Return z = X_⊥c + X_k(a − w⋆): the noise of a task whose labels X_kw⋆ + z an estimate fits."""
    return words.letter("X_perp") @ words.letter("c") + words.letter("X_k") @ (
        words.letter("a") - words.letter("w_star")
    )


def carried(words: Alphabet, noise: Element) -> Element:
    """Return zᵀZQZᵀz: the squared length of the shortest complement that carries the noise."""
    seen = words.letter("Z").T @ noise
    return seen.T @ words.letter("Q") @ seen


def at_least_carried(share: int = 1, fits: bool = True) -> Fact:
    """Derive ‖c‖² ≥ zᵀZQZᵀz for every estimate that fits."""
    words = fit_alphabet()
    X_perp, Z, Q, c = (words.letter(name) for name in ("X_perp", "Z", "Q", "c"))
    T = Theory(words, (), {})
    rest = c - X_perp.T @ Z @ Q @ Z.T @ X_perp @ c
    noise = fitted_noise(words) if fits else words.letter("z")
    stated = words.sqnorm(c) - share * carried(words, noise)
    return T.restate(T.square(rest.T), stated, "the complement of the estimate carries the noise")


def mean_carried_gap(share: int = 1, noise: int = 1) -> Element:
    """Return E zᵀZQZᵀz − σ²Tr Q over the noise: zero."""
    words = fit_alphabet()
    law = Centred("z", words.scalar("sigma_sq") * words.eye("m"))
    stated = noise * words.scalar("sigma_sq") * words.trace(words.letter("Q"))
    return share * expectation(carried(words, words.letter("z")), law) - stated


def shifted(function: FracElement) -> FracElement:
    """Return a function of m rows and d columns at m − k and d − k, the sizes of ZᵀX_⊥."""
    words = fit_alphabet()
    known = InverseMean("d", "m").words.constant(function)
    sizes = {name: words.scalar(name) - words.scalar("k") for name in ("m", "d")}
    return known.transport(words, {}, sizes).coefficient()


def number(name: str) -> FracElement:
    """Return a scalar as a coefficient."""
    return fit_alphabet().scalar(name).coefficient()


def rows(*given: Relation, room: int = 2) -> Theory:
    """Return the theory of sizes: k ≥ 1, k < m and m ≤ d − room, σ² ≥ 0."""
    one, m, d, k, v = fit_alphabet().field.one, *(number(name) for name in ("m", "d", "k", "sigma_sq"))
    sizes = (at_least(k, one), at_least(m, k + 1), at_least(d, m + room), at_least(v))
    return Theory(fit_alphabet(), (*sizes, *given), {})


def carried_mean() -> FracElement:
    """Return σ²(m − k)/(d − m − 1), σ² times the mean of Tr Q at the sizes of ZᵀX_⊥."""
    return number("sigma_sq") * shifted(InverseMean("d", "m").mean())


def mean_cost(room: int = 2, own: int = 1) -> list[Proved]:
    """Derive E‖c‖² ≥ σ²(m − k)/(d − m − 1): given X_k, the matrix ZᵀX_⊥ is standard Gaussian, (m − k) × (d − k)."""
    m, d, k, v = (number(name) for name in ("m", "d", "k", "sigma_sq"))
    T = rows(room=room)
    wide = T.decide(more_than(d - k, (m - k) + 1), "ZᵀX_⊥ has more than one column more than rows")
    stated = T.decide(Relation(carried_mean() - v * (m - k) / (d - m - own), Sign.ZERO), "what the noise costs")
    gaussian = limits.by_lemma("rotation invariance", r"Z^{\top}X_\perp \text{ is standard Gaussian}", wide)
    found = r"\mathbb{E}\lVert c\rVert^2 \ge \frac{\sigma^2(m_{\mathrm{test}} - k)}{d - m_{\mathrm{test}} - 1}"
    mean = InverseMean("d", "m").exact()
    return [limits.by_lemma("rotation invariance", found, mean, gaussian, stated)]


# One step -------------------------------------------------------------------------------------------


@functools.cache
def step_at() -> FracElement:
    """Return the risk of one step at αB̂B̂ᵀ = xB⋆B⋆ᵀ + gB⋆,⊥B⋆,⊥ᵀ, B̂ŵ = 0, ‖w⋆‖² = r."""
    words = step_alphabet()
    B_star, B_perp, w = (words.letter(name) for name in ("B_star", "B_star_perp", "w_star"))
    kept = words.scalar("x") * (B_star @ B_star.T) + words.scalar("mu") * (B_perp @ B_perp.T)
    known = words.with_trace(w @ w.T, words.scalar("c"))
    risk = step_risk().substitute({"M": kept}).into(known)
    here = fit_alphabet()
    return risk.transport(here, {}, {"mu": here.scalar("g"), "c": here.scalar("r")}).coefficient()


def step_gap(sizes: int = 1, power: int = 2) -> Element:
    """Return the risk at g minus that at g = 0 minus (d − k)g²(r + σ²)/m: zero, so the step's risk is continuous."""
    words = fit_alphabet()
    m, d, k, v, r, g = (number(name) for name in ("m", "d", "k", "sigma_sq", "r", "g"))
    limit = step_at().subs(g, 0)
    return words.constant(step_at() - limit - (d - sizes * k) * g**power * (r + v) / m)


CHECKS: tuple[Check, ...] = (
    proof_check(
        "an estimate that fits the labels carries their noise",
        OVERFITS,
        EVERY_FIT,
        lambda: [at_least_carried()],
        {
            "twice the noise": lambda: at_least_carried(share=2),
            "an estimate that does not fit": lambda: at_least_carried(fits=False),
            "no noise": lambda: at_least_carried(share=0),
        },
        method=Method.ALGEBRA,
    ),
    zero_check(
        "the mean of the noise carried",
        OVERFITS,
        EVERY_FIT,
        mean_carried_gap,
        {
            "twice the noise": lambda: mean_carried_gap(noise=2),
            "no noise": lambda: mean_carried_gap(noise=0),
            "twice what is carried": lambda: mean_carried_gap(share=2),
        },
    ),
    proof_check(
        "least squares below d rows costs at least σ²(m − k)/(d − m − 1)",
        OVERFITS,
        "k < m_test < d − 1, k′ = d, every B̂ of full rank, every task; mean over the test sample",
        mean_cost,
        {
            "m = d − 1 allowed": lambda: mean_cost(room=1),
            "d − m": lambda: mean_cost(own=0),
            "d − m − 2": lambda: mean_cost(own=2, room=3),
        },
    ),
    zero_check(
        "the risk of a step with a complement",
        OVERFITS,
        "every d, k, m_test, x, g, σ and task",
        step_gap,
        {
            "d for d − k": lambda: step_gap(sizes=0),
            "g for g²": lambda: step_gap(power=1),
            "g³ for g²": lambda: step_gap(power=3),
        },
    ),
)


def derivation() -> Derivation:
    """Return the derivation of what an estimate that fits the labels must cost."""
    premises = (
        r"$k' = d$, $m = m_{\mathrm{test}} \le d$, $\hat B$ of full rank: by least squares $X\hat\theta = y$",
        r"$a = B_\star^{\top}\hat\theta$, $c = B_{\star,\perp}^{\top}\hat\theta$; excess risk $\ge \lVert c\rVert^2$",
        r"$X_k = XB_\star$ and $X_\perp = XB_{\star,\perp}$ are independent standard Gaussian matrices",
        r"$Z$: an orthonormal basis of the complement of the columns of $X_k$",
        r"$Q = (Z^{\top}X_\perp X_\perp^{\top}Z)^{-1}$",
        r"one step: $\alpha\hat B\hat B^{\top}$ is $x$ on $\mathrm{col}(B_\star)$, $g$ off it",
        r"$r = \lVert w_\star\rVert^2$",
    )
    words = fit_alphabet()
    return (
        Derivation("What fitting the labels costs", OVERFITS, premises)
        .then("Xθ = y", "The noise of the task.", "z", fitted_noise(words))
        .extended(proof("", OVERFITS, (), at_least_carried()))
        .then("expectation over z", "What is carried, in the mean.", r"\mathbb{E}z^{\top}ZQZ^{\top}z", _mean_carried())
        .extended(proof("", OVERFITS, (), *mean_cost()))
        .then("Isserlis", "One step.", r"\rho(x, g)", words.constant(step_at()))
        .then("identity of words", "So it is continuous in the complement.", r"\rho(x, g) - \ldots", step_gap())
    )


def _mean_carried() -> Element:
    words = fit_alphabet()
    law = Centred("z", words.scalar("sigma_sq") * words.eye("m"))
    return expectation(carried(words, words.letter("z")), law)


DERIVATIONS = (derivation,)
