"""Section 1: two layers are needed. The best one-layer network, adapted by one gradient step, has a larger objective.

With τ = Tr(Σ⋆) and K = (1 + 1/m_in)Σ⋆ + (σ̄²/m_in)I, a network x ↦ xᵀv adapted by v − α∇L̂ has at best
(σ² + τ − τ²/T_d)/2, T_d = (1 + 1/m_in)τ + dσ̄²/m_in; two layers reach L⋆ = (σ² + τ − Tr(Σ⋆K⁻¹Σ⋆))/2, and
Tr(Σ⋆K⁻¹Σ⋆) ≥ τ²/T_k > τ²/T_d.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from sympy.polys.fields import FracElement

from foanil.decisions import Relation, at_least, more_than
from foanil.gaussian_moments import expectation
from foanil.inequalities import Abstraction, Decided, Fact, Theory
from foanil.paper_alphabet import limit_alphabet, total_task_variance
from foanil.words import Alphabet, Element
from proofs.assumption_1_and_definitions import anil_objective
from proofs.derivation import EVERY_SIZE, Derivation, proof, proof_check, zero_check
from proofs.expectations import PREMISES, data_laws, sample, task_law

STANDS_FOR = ("c", "m", "m_out")
"""Scalars that do not occur here; in the last goal they stand for τ, T_k and T_d, so that it stays small."""

CLAIM = ("sec-1-minimal-architecture",)

# The objectives ------------------------------------------------------------------------------------


@functools.cache
def one_layer_objective() -> Element:
    """Return the expected loss of a one-layer network u after one gradient step, averaged over data and tasks."""
    words = limit_alphabet()
    inner, u = sample(words, "in"), words.letter("u")
    slope = (words.sqnorm(inner.X @ u - inner.y) / inner.m / 2).gradient("u")
    adapted = u - words.scalar("alpha") * slope
    error = words.sqnorm(adapted - words.letter("B_star") @ words.letter("w_star"))
    return expectation((error + words.scalar("sigma_sq")) / 2, *data_laws(words, "in"), task_law(words))


def task_variance(words: Alphabet) -> Element:
    """Return τ = Tr(Σ⋆) = σ̄² − σ². Degree 2."""
    return words.trace(words.letter("Sigma_star"))


def total(words: Alphabet, size: str) -> Element:
    """Return T_n = (1 + 1/m_in)τ + nσ̄²/m_in for n = k or d: Tr K, and the trace of K continued to ℝᵈ. Degree 2."""
    m = words.scalar("m_in")
    return (1 + 1 / m) * task_variance(words) + words.scalar(size) * words.scalar("sigma_bar_sq") / m


def gain(words: Alphabet) -> Element:
    """Return Tr(Σ⋆K⁻¹Σ⋆), twice what two layers gain over not adapting. Degree 2."""
    Sigma = words.letter("Sigma_star")
    return words.trace(Sigma @ words.letter("K_inverse") @ Sigma)


def two_layer_optimum(words: Alphabet) -> Element:
    """Return L⋆ = (σ² + τ − Tr(Σ⋆K⁻¹Σ⋆))/2. Degree 2."""
    return (words.scalar("sigma_sq") + task_variance(words) - gain(words)) / 2


def one_layer_optimum(words: Alphabet, size: str = "d") -> Element:
    """Return (σ² + τ − τ²/T_d)/2, the least one-layer objective over v and α. Degree 2."""
    tau = task_variance(words)
    return (words.scalar("sigma_sq") + tau - tau**2 / total(words, size)) / 2


def best_step(words: Alphabet, size: str = "d") -> Element:
    """Return τ/T_d, the best one-layer step size. Degree 0."""
    return task_variance(words) / total(words, size)


# Identities ----------------------------------------------------------------------------------------


def attained_by_two_layers(
    shrunk: bool = True, head: bool = False, optimum: Callable[[Alphabet], Element] = two_layer_optimum
) -> Element:
    """Return L_ANIL − L⋆ where αBBᵀ = B⋆Σ⋆K⁻¹B⋆ᵀ and w = 0: zero.

    Such a B exists as k′ ≥ k. With `shrunk` false αBBᵀ = B⋆B⋆ᵀ; with `head`, w ≠ 0.
    """
    words = limit_alphabet()
    B, B_star = words.letter("B"), words.letter("B_star")
    inner = words.letter("Sigma_star") @ words.letter("K_inverse") if shrunk else words.eye("k")
    there = words.with_rule(B @ B.T, B_star @ inner @ B_star.T / words.scalar("alpha"))
    objective = anil_objective().into(there)
    if not head:
        objective = objective.substitute({"w": there.zeros("k_prime", "1")})
    return objective - optimum(words).into(there)


def attained_by_one_layer(size: str = "d", step: int = 1) -> Element:
    """Return the one-layer objective at v = 0, α = τ/T_d, minus its optimum: zero. `step` multiplies α."""
    words = limit_alphabet()
    at = {"u": words.zeros("d", "1")}
    reached = one_layer_objective().transport(words, at, {"alpha": step * best_step(words, size)})
    return reached - one_layer_optimum(words, size)


# The gap is positive -------------------------------------------------------------------------------


def conditions(words: Alphabet, **changes: Relation) -> tuple[Relation, ...]:
    """Return m_in > 0, σ² ≥ 0, τ > 0 (Σ⋆ ≠ 0), k > 0 and d > k, each replaceable by name; α is any real number."""
    m, noise, variance, k, d = (words.scalar(x).coefficient() for x in ("m_in", "sigma_sq", "sigma_bar_sq", "k", "d"))
    found = {
        "m_in": more_than(m),
        "sigma_sq": at_least(noise),
        "tasks": more_than(variance, noise),
        "k": more_than(k),
        "d": more_than(d, k),
    }
    return tuple((found | changes).values())


@dataclass(frozen=True)
class Gap:
    """The proof that one layer stays above two, in a theory that may be a mutated one."""

    theory: Theory

    @property
    def words(self) -> Alphabet:
        """The alphabet."""
        return self.theory.words

    def number(self, element: Element) -> FracElement:
        """Return a scalar element as a coefficient."""
        return element.coefficient()

    @functools.cached_property
    def K_inverse(self) -> Fact:
        """0 ⪯ K⁻¹ = K⁻¹KK⁻¹."""
        T, words = self.theory, self.words
        m = words.scalar("m_in")
        noise = self.number(words.scalar("sigma_bar_sq") / m)
        K = T.sum(
            T.scale(T.hypothesis("Σ⋆ ⪰ 0"), self.number(1 + 1 / m)),
            T.scale(T.square(words.eye("k")), noise),
            says="0 ⪯ K",
        )
        K = T.restate(K, total_task_variance(words), "K is positive semidefinite")
        inverse = words.letter("K_inverse")
        return T.restate(T.congruence(K, inverse), inverse, "so is its inverse")

    @functools.cached_property
    def gain_lower(self) -> Fact:
        """τ²/T_k ≤ Tr(Σ⋆K⁻¹Σ⋆): 0 ≤ Tr((Σ⋆ − xK)K⁻¹(Σ⋆ − xK)) at x = τ/T_k."""
        T, words = self.theory, self.words
        Y = words.letter("Sigma_star") - best_step(words, "k") * total_task_variance(words)
        traced = T.trace(T.congruence(self.K_inverse, Y), "a completed square")
        least = gain(words) - task_variance(words) ** 2 / total(words, "k")
        return T.restate(traced, least, "what two layers gain is at least τ²/T_k")

    @functools.cached_property
    def one_layer_lower(self) -> Fact:
        """The one-layer objective at any v and α is at least (σ² + τ − τ²/T_d)/2."""
        T, words = self.theory, self.words
        alpha, d, m = (words.scalar(x) for x in ("alpha", "d", "m_in"))
        off = T.square(alpha - best_step(words), "0 ≤ (α − τ/T_d)²")
        spread = self.number(((1 - alpha) ** 2 + (d + 1) * alpha**2 / m) / 2)
        norm = T.square(words.letter("u").T, "0 ≤ ‖v‖²")
        parts = (T.scale(off, self.number(total(words, "d") / 2)), T.scale(norm, spread))
        least = one_layer_objective() - one_layer_optimum(words)
        return T.restate(T.sum(*parts), least, "one layer gains at most τ²/T_d")

    def apart(self, share: int = 1) -> Fact:
        """One-layer objective − L⋆ ≥ share·(τ²/T_k − τ²/T_d)/2."""
        T, words = self.theory, self.words
        half = self.number(words.constant(1) / 2)
        tau = task_variance(words)
        margin = tau**2 / total(words, "k") - tau**2 / total(words, "d")
        stated = one_layer_objective() - two_layer_optimum(words) - share * margin / 2
        return T.restate(T.sum(self.one_layer_lower, T.scale(self.gain_lower, half)), stated, "the gap")

    def margin_positive(self) -> Decided:
        """τ²/T_k > τ²/T_d."""
        words = self.words
        tau, T_k, T_d = (words.scalar(name).coefficient() for name in STANDS_FOR)
        functions = (task_variance(words), total(words, "k"), total(words, "d"))
        values = dict(zip(STANDS_FOR, map(self.number, functions), strict=True))
        through = Abstraction(values, (more_than(tau), more_than(T_k), more_than(T_d, T_k)))
        return self.theory.decide(more_than(tau**2 / T_k, tau**2 / T_d), "the gap is positive", through)


def gap(**changes: Relation) -> Gap:
    """Return the proof, under changed conditions if any are given."""
    words = limit_alphabet()
    return Gap(Theory(words, conditions(words, **changes), {"Σ⋆ ⪰ 0": words.letter("Sigma_star")}))


def prove(found: Gap, share: int = 1) -> list[Fact | Decided]:
    """Return what the claim rests on: the gap's lower bound, and that it is positive."""
    return [found.apart(share), found.margin_positive()]


def without_covariance() -> list[Fact | Decided]:
    """Try the proof without the hypothesis Σ⋆ ⪰ 0."""
    words = limit_alphabet()
    return prove(Gap(Theory(words, conditions(words), {})))


# Derivations and checks ----------------------------------------------------------------------------


def derivation() -> Derivation:
    """Return the derivation of the gap, with the objectives in closed form."""
    words = limit_alphabet()
    premises = (
        *PREMISES,
        "$m_{\\mathrm{in}} \\gt 0$, $\\sigma^2 \\ge 0$, $k \\lt d$",
        "$\\Sigma_\\star \\succeq 0$, $\\Sigma_\\star \\ne 0$",
        "one layer: $x \\mapsto x^{\\top}v$ ($v$ is $u$ below), one step of any size $\\alpha$",
        "$K = (1 + 1/m_{\\mathrm{in}})\\Sigma_\\star + (\\bar\\sigma^2/m_{\\mathrm{in}})I$",
    )
    return (
        proof("One layer stays above two", CLAIM, premises, *prove(gap()))
        .then("Isserlis; independence", "The one-layer objective.", r"L(v; \alpha)", one_layer_objective())
        .then("v = 0, α = τ/T_d", "Its least value.", r"\min L(v; \alpha)", one_layer_optimum(words))
        .then(
            "αBBᵀ = B⋆Σ⋆K⁻¹B⋆ᵀ, w = 0",
            "What two layers reach.",
            r"L_{\mathrm{ANIL}}",
            two_layer_optimum(words),
        )
        .then(
            "subtraction",
            "The gap, exactly.",
            r"\min L(v; \alpha) - L_\star",
            one_layer_optimum(words) - two_layer_optimum(words),
        )
    )


DERIVATIONS = (derivation,)


def _mutant(**changes: Relation) -> Callable[[], list[Fact | Decided]]:
    return lambda: prove(gap(**changes))


def _scalar(name: str) -> FracElement:
    return limit_alphabet().scalar(name).coefficient()


CHECKS = (
    zero_check(
        "two layers reach L⋆",
        CLAIM,
        EVERY_SIZE + " with k ≤ k′",
        attained_by_two_layers,
        {
            "no shrinkage": lambda: attained_by_two_layers(shrunk=False),
            "with a head": lambda: attained_by_two_layers(head=True),
            "the one-layer optimum": lambda: attained_by_two_layers(optimum=one_layer_optimum),
        },
    ),
    zero_check(
        "one layer reaches its optimum",
        CLAIM,
        EVERY_SIZE,
        attained_by_one_layer,
        {
            "twice the step": lambda: attained_by_one_layer(step=2),
            "the step uphill": lambda: attained_by_one_layer(step=-1),
            "k for d": lambda: attained_by_one_layer("k"),
        },
    ),
    proof_check(
        "the one-layer objective is above L⋆ by more than a positive constant",
        CLAIM,
        "every v, α, k < d, k ≤ k′, m_in > 0, σ² ≥ 0, Σ⋆ ⪰ 0 not zero",
        lambda: prove(gap()),
        {
            "twice the gap": lambda: prove(gap(), 2),
            "the gap reversed": lambda: prove(gap(), -1),
            "no covariance": without_covariance,
            "k = d allowed": _mutant(d=at_least(_scalar("d"), _scalar("k"))),
            "no tasks": _mutant(tasks=at_least(_scalar("sigma_bar_sq"), _scalar("sigma_sq"))),
            "any sign of m_in": _mutant(m_in=more_than(_scalar("m_in") ** 2)),
        },
    ),
)
