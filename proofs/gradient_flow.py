"""The small-step limit of (5)-(6): derivatives of matrix words along a flow, and the letters of its exact solution.

In the time τ = αβt the steps of size β → 0 become a differential equation. A `Clock` declares the derivative of every
letter and scalar; the derivative of a word follows by the product rule, and must respect the declared relations.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sympy.polys.fields import FracElement

from foanil import limits
from foanil.first_principles import outer_step
from foanil.inequalities import Abstraction, Fact, RefusedStepError, Theory
from foanil.limits import Conclusion
from foanil.paper_alphabet import paper_alphabet
from foanil.words import Alphabet, Element, Letter, UndeclaredError, Word, alphabet
from proofs.expectations import mean_outer_direction, theta

# Derivatives of words ------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Clock:
    """The derivative in τ of every letter and scalar of an alphabet that moves, and the names of those that rest."""

    words: Alphabet
    letters: Mapping[str, Element]
    scalars: Mapping[str, Element]
    resting: frozenset[str]

    def rate(self, element: Element) -> Element:
        """Return dX/dτ of an element by the product rule; raises UndeclaredError for a letter without derivative."""
        total = self.words.zeros(*element.shape)
        for (traces, word), coefficient in element.terms.items():
            whole = self._product(word, element.shape[0])
            numbers = [self.words.trace(self._product(traced, self._rows(traced))) for traced in traces]
            factor = self.words.constant(coefficient)
            total = total + self._times(self._coefficient_rate(coefficient), numbers, whole)
            total = total + self._times(factor, numbers, self._word_rate(word, element.shape))
            for index, traced in enumerate(traces):
                size = self._rows(traced)
                moved = self.words.trace(self._word_rate(traced, (size, size)))
                total = total + self._times(factor, [*numbers[:index], moved, *numbers[index + 1 :]], whole)
        return total

    def conflicts(self) -> tuple[Element, ...]:
        """Return, for each declared relation, the derivative of its left minus of its right side: all zero."""
        gaps = [
            self._word_rate(pattern, value.shape) - self.rate(value.into(self.words))
            for pattern, value in self.words.rules
        ]
        return tuple(gap for gap in gaps if not gap.is_zero())

    def _letter_rate(self, name: str) -> Element:
        if name in self.letters:
            return self.letters[name]
        if name in self.resting:
            return self.words.zeros(*self.words.letters[name].shape)
        raise UndeclaredError(f"letter {name!r} has no declared derivative; name it in `letters` or in `resting`")

    def _coefficient_rate(self, coefficient: FracElement) -> Element:
        names = [str(symbol) for symbol in self.words.field.symbols]
        total = self.words.zeros("1", "1")
        for name, rate in self.scalars.items():
            slope = coefficient.diff(self.words.field.gens[names.index(name)])
            total = total + self.words.constant(slope) * rate if slope else total
        return total

    def _word_rate(self, word: Word, shape: tuple[str, str]) -> Element:
        total = self.words.zeros(*shape)
        for place, (name, flipped) in enumerate(word):
            slope = self._letter_rate(name)
            slope = slope.T if flipped else slope
            before, after = self._product(word[:place], shape[0]), self._product(word[place + 1 :], slope.shape[1])
            total = total + before @ slope @ after
        return total

    def _product(self, word: Word, rows: str) -> Element:
        letters = [self.words.letter(name).T if flipped else self.words.letter(name) for name, flipped in word]
        return functools.reduce(lambda left, right: left @ right, letters, self.words.eye(rows))

    def _rows(self, traced: Word) -> str:
        name, flipped = traced[0]
        return self.words.letters[name].shape[1 if flipped else 0]

    @staticmethod
    def _times(factor: Element, numbers: list[Element], matrix: Element) -> Element:
        return functools.reduce(lambda left, right: left * right, numbers, factor) * matrix


def commuting(words: Alphabet, *names: str) -> Alphabet:
    """Declare that symmetric letters commute: a later name moves to the right of an earlier one.

    Products of commuting symmetric letters are symmetric, so that the mirrored relation is the same one.
    """
    rules = []
    for index, early in enumerate(names):
        for late in names[index + 1 :]:
            pattern = words.letter(late) @ words.letter(early)
            rules.append((pattern.bare_word(), words.letter(early) @ words.letter(late)))
    return replace(words, rules=(*words.rules, *rules))


def at_zero(element: Element, scalar: str) -> Element:
    """Return an element with one scalar of its coefficients set to 0; raises ZeroDivisionError at a pole."""
    words = element.alphabet
    point = Abstraction({scalar: words.field.zero}, ())
    return words.element(element.shape, {term: point.concrete(c) for term, c in element.terms.items()})


# The equation --------------------------------------------------------------------------------------


@functools.cache
def silent_alphabet() -> Alphabet:
    """Return the paper's alphabet with Bw = 0: a head that outputs nothing."""
    words = paper_alphabet()
    return words.with_rule(words.letter("B") @ words.letter("w"), words.zeros("d", "1"))


@functools.cache
def silent_step() -> dict[str, Element]:
    """Return B₊ and w₊ of (5)-(6), from first principles, at a point with Bw = 0."""
    step = any_step()
    return {name: element.into(silent_alphabet()) for name, element in step.items()}


def any_step() -> dict[str, Element]:
    """Return B₊ and w₊ of (5)-(6), from first principles, at any point."""
    words = paper_alphabet()
    after = outer_step(theta(words), mean_outer_direction(), words.scalar("beta"))
    return {"B": after.B, "w": after.w}


def silence_gaps(silent: bool = True) -> dict[str, Element]:
    """Return w₊ − w and B₊w₊ at a point with Bw = 0: both zero, so that it stays so at every step size.

    A mutant lets the head have an output.
    """
    step = silent_step() if silent else any_step()
    return {"head": step["w"] - step["w"].alphabet.letter("w"), "output": step["B"] @ step["w"]}


def small_step_rate(grown: Element | None = None) -> Element:
    """Return dH/dτ, H = αBBᵀ: (H₊ − H)/(αβ) at β = 0, where Bw = 0. Shape (d, d), degree 2."""
    words = silent_alphabet()
    alpha, beta, B = words.scalar("alpha"), words.scalar("beta"), words.letter("B")
    after = silent_step()["B"] if grown is None else grown
    return at_zero((alpha * (after @ after.T) - alpha * (B @ B.T)) / (alpha * beta), "beta")


def riccati(H: Element, Theta: Element, Q: Element, loss: int = 2) -> Element:
    """Return ΘH + HΘ − 2HQH; `loss` is its 2, for mutants."""
    return Theta @ H + H @ Theta - loss * (H @ Q @ H)


def curvature(noise: Element, m_in: Element, Theta: Element) -> Element:
    """Return Q = noise·I + (1 + 1/m_in)Θ, noise = σ̄²/m_in. Degree 2."""
    return noise * Theta.alphabet.eye(Theta.shape[0]) + (1 + 1 / m_in) * Theta


def riccati_gap(loss: int = 2, samples: int = 0) -> Element:
    """Return dH/dτ of the small-step limit minus ΘH + HΘ − 2HQH, in the paper's letters: zero.

    A mutant changes the 2, or adds samples to m_in in Q.
    """
    words = silent_alphabet()
    B, B_star, m_in = words.letter("B"), words.letter("B_star"), words.scalar("m_in") + samples
    Theta = B_star @ words.letter("Sigma_star") @ B_star.T
    H = words.scalar("alpha") * (B @ B.T)
    return small_step_rate() - riccati(H, Theta, curvature(words.scalar("sigma_bar_sq") / m_in, m_in, Theta), loss)


# The letters of the solution -------------------------------------------------------------------------

SCALARS = ("q", "m", "tau", "x", "e", "mu", "ell", "y", "nu", "u", "v", "h", "k", "d", "k_prime", "lam", "top", "low")
LATEX = {"tau": r"\tau", "mu": r"\mu", "ell": r"\ell", "nu": r"\nu", "k_prime": "k'", "lam": r"\lambda"}


@functools.cache
def solution_alphabet() -> Alphabet:
    """Return the alphabet of the closed form: Θ and e^{Θτ} (d×d, commuting), V, B_0, and J = (I + B_0ᵀVB_0)⁻¹.

    q = σ̄²/m_in; lengths in units with α = 1, that is B stands for √αB.
    """
    letters = (
        Letter("Theta", ("d", "d"), True, r"\Theta"),
        Letter("E", ("d", "d"), True, r"e^{\Theta\tau}"),
        Letter("V", ("d", "d"), True, "V"),
        Letter("B_0", ("d", "k_prime"), latex="B_0"),
        Letter("J", ("k_prime", "k_prime"), True, "J"),
    )
    words = commuting(alphabet(SCALARS, letters, LATEX), "Theta", "E")
    J, B_0, V = words.letter("J"), words.letter("B_0"), words.letter("V")
    return words.with_rule(J @ B_0.T @ V @ B_0, words.eye("k_prime") - J)


def solution_clock(weight: int = 2, inverse: int = 1) -> Clock:
    """Return the derivatives e^{Θτ}′ = Θe^{Θτ}, V′ = 2e^{Θτ}Qe^{Θτ} and J′ = −J(B_0ᵀV′B_0)J; factors for mutants."""
    words = solution_alphabet()
    Theta, E, B_0, J = (words.letter(name) for name in ("Theta", "E", "B_0", "J"))
    slope = weight * (E @ curvature(words.scalar("q"), words.scalar("m"), Theta) @ E)
    rates = {"E": Theta @ E, "V": slope, "J": -inverse * (J @ B_0.T @ slope @ B_0 @ J)}
    return Clock(words, rates, {"tau": words.constant(1)}, frozenset({"Theta", "B_0"}))


def solution() -> Element:
    """Return H(τ) = e^{Θτ}B_0JB_0ᵀe^{Θτ}. Shape (d, d), degree 0."""
    words = solution_alphabet()
    E, B_0 = words.letter("E"), words.letter("B_0")
    return E @ B_0 @ words.letter("J") @ B_0.T @ E


def solution_gap(clock: Clock | None = None, H: Element | None = None) -> Element:
    """Return H′ − (ΘH + HΘ − 2HQH) for the closed form: zero."""
    clock, H = clock or solution_clock(), H or solution()
    Theta = clock.words.letter("Theta")
    return clock.rate(H) - riccati(H, Theta, curvature(clock.words.scalar("q"), clock.words.scalar("m"), Theta))


def solution_start() -> Element:
    """Return H(0) − B_0B_0ᵀ, from e⁰ = I, V(0) = 0 and so J = I: zero."""
    words = solution_alphabet()
    start = {"E": words.eye("d"), "V": words.zeros("d", "d"), "J": words.eye("k_prime")}
    return solution().substitute(start) - words.letter("B_0") @ words.letter("B_0").T


# Its blocks ------------------------------------------------------------------------------------------

RESTING = frozenset(
    {"B_star", "B_star_perp", "Sigma", "Sigma_inverse", "C_0", "D_0", "Lambda_0_inverse", "U", "A", "n", "Lambda_star"}
)


@functools.cache
def block_alphabet() -> Alphabet:
    """Return the alphabet of the blocks of the closed form: B_0 = B⋆C_0 + B⋆,⊥D_0, everything else of size k or k′.

    X = e^{Σ⋆τ}, Y = e^{−Σ⋆τ}, V = 2∫XQ_kX, N = I + 2qτD_0ᵀD_0 with inverse P, K = (C_0PC_0ᵀ)⁻¹ and
    J = (N + C_0ᵀVC_0)⁻¹; Λ with Λ⁻¹ = L⋆ + Y(K − L⋆)Y, and Λ⋆ = L⋆⁻¹, L⋆ = qΣ⋆⁻¹ + (1 + 1/m)I.
    """
    symmetric = {
        "Sigma": ("k", r"\Sigma_\star"),
        "Sigma_inverse": ("k", r"\Sigma_\star^{-1}"),
        "X": ("k", r"e^{\Sigma_\star\tau}"),
        "Y": ("k", r"e^{-\Sigma_\star\tau}"),
        "V": ("k", "V"),
        "N": ("k_prime", "N"),
        "P": ("k_prime", "N^{-1}"),
        "J": ("k_prime", "J"),
        "K": ("k", "K"),
        "Lambda_0_inverse": ("k", r"\Lambda_0^{-1}"),
        "Lambda": ("k", r"\Lambda"),
    }
    letters = (
        Letter("B_star", ("d", "k"), latex=r"B_\star"),
        Letter("B_star_perp", ("d", "d-k"), latex=r"B_{\star,\perp}"),
        Letter("C_0", ("k", "k_prime"), latex="C_0"),
        Letter("D_0", ("d-k", "k_prime"), latex="D_0"),
        *(Letter(name, (size, size), True, text) for name, (size, text) in symmetric.items()),
    )
    words = commuting(alphabet(SCALARS, letters, LATEX), "Sigma", "Sigma_inverse", "X", "Y")
    word = words.letter
    identity, small = words.eye("k"), words.eye("k_prime")
    C_0, P, J = word("C_0"), word("P"), word("J")
    complete = words.eye("d") - word("B_star") @ word("B_star").T
    for pattern, value in (
        (word("B_star").T @ word("B_star"), identity),
        (word("B_star_perp").T @ word("B_star_perp"), words.eye("d-k")),
        (word("B_star_perp").T @ word("B_star"), words.zeros("d-k", "k")),
        (word("B_star_perp") @ word("B_star_perp").T, complete),
        (word("Sigma") @ word("Sigma_inverse"), identity),
        (word("X") @ word("Y"), identity),
        (P @ word("N"), small),
        (word("K") @ C_0 @ P @ C_0.T, identity),
        (word("Lambda_0_inverse") @ C_0 @ C_0.T, identity),
        (J @ C_0.T @ word("V") @ C_0, small - J @ word("N")),
    ):
        words = words.with_rule(pattern.into(words), value.into(words))
    words = words.with_inverse("Lambda_star", inverse_limit_gram(words), latex=r"\Lambda_\star")
    Lambda, Y, limit = word("Lambda").into(words), word("Y").into(words), inverse_limit_gram(words)
    beyond = words.eye("k") - Lambda @ (limit - Y @ limit @ Y)
    return words.with_rule(Lambda @ Y @ word("K").into(words) @ Y, beyond)


def inverse_limit_gram(words: Alphabet) -> Element:
    """Return L⋆ = Λ⋆⁻¹ = Q_kΣ⋆⁻¹ = qΣ⋆⁻¹ + (1 + 1/m)I, in units with α = 1. Shape (k, k)."""
    return words.scalar("q") * words.letter("Sigma_inverse") + (1 + 1 / words.scalar("m")) * words.eye("k")


def inverse_gram(words: Alphabet) -> Element:
    """Return Λ⁻¹ = L⋆ + Y(K − L⋆)Y, the claimed inverse. Shape (k, k)."""
    Y, limit = words.letter("Y"), inverse_limit_gram(words)
    return limit + Y @ (words.letter("K") - limit) @ Y


def quadratic_integral() -> Element:
    """Return V = Q_kΣ⋆⁻¹(e^{2Σ⋆τ} − I), the integral 2∫e^{Σ⋆r}Q_ke^{Σ⋆r}dr carried out. Shape (k, k)."""
    words = block_alphabet()
    X = words.letter("X")
    return inverse_limit_gram(words) @ (X @ X - words.eye("k"))


def block_clock(grown: int = 1) -> Clock:
    """Return the derivatives of the block letters; `grown` multiplies N′ = 2qD_0ᵀD_0, for mutants.

    x stands for e^{2μτ} and e for e^{−τ}.
    """
    words = block_alphabet()
    word = words.letter
    Sigma, X, Y, C_0, D_0, P, J, K, Lambda = (
        word(name) for name in ("Sigma", "X", "Y", "C_0", "D_0", "P", "J", "K", "Lambda")
    )
    V_rate = 2 * (X @ curvature(words.scalar("q"), words.scalar("m"), Sigma) @ X)
    N_rate = 2 * grown * words.scalar("q") * (D_0.T @ D_0)
    P_rate = -(P @ N_rate @ P)
    K_rate = -(K @ C_0 @ P_rate @ C_0.T @ K)
    limit = inverse_limit_gram(words)
    shifted = K - limit
    gram = Y @ (K_rate - Sigma @ shifted - shifted @ Sigma) @ Y
    rates = {
        "X": Sigma @ X,
        "Y": -(Sigma @ Y),
        "V": V_rate,
        "N": N_rate,
        "P": P_rate,
        "K": K_rate,
        "J": -(J @ (N_rate + C_0.T @ V_rate @ C_0) @ J),
        "Lambda": -(Lambda @ gram @ Lambda),
    }
    scalars = {"tau": words.constant(1), "x": 2 * words.scalar("mu") * words.scalar("x"), "e": -words.scalar("e")}
    return Clock(words, rates, scalars, RESTING)


def initial(element: Element) -> Element:
    """Return an element of the block letters at τ = 0."""
    words = block_alphabet()
    identity, small = words.eye("k"), words.eye("k_prime")
    C_0 = words.letter("C_0")
    start = {
        "X": identity,
        "Y": identity,
        "V": words.zeros("k", "k"),
        "N": small,
        "P": small,
        "J": small,
        "K": words.letter("Lambda_0_inverse"),
        "Lambda": C_0 @ C_0.T,
    }
    one = words.field.one
    point = Abstraction({"tau": words.field.zero, "x": one, "e": one}, ())
    there = element.substitute(start)
    return words.element(there.shape, {term: point.concrete(c) for term, c in there.terms.items()})


def blocks_of_solution() -> dict[str, Element]:
    """Return e^{Θτ}, V, B_0, and Θ of the closed form, spelled out in blocks."""
    words = block_alphabet()
    inside, outside = words.letter("B_star"), words.letter("B_star_perp")
    beyond = outside @ outside.T
    return {
        "Theta": inside @ words.letter("Sigma") @ inside.T,
        "E": inside @ words.letter("X") @ inside.T + beyond,
        "V": inside @ words.letter("V") @ inside.T + 2 * words.scalar("q") * words.scalar("tau") * beyond,
        "B_0": inside @ words.letter("C_0") + outside @ words.letter("D_0"),
    }


# What a derivative says for all times ------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Kept:
    """0 ⪯ Z(τ) for all τ ≥ 0 by the lemma of the integrated inequality: 0 ⪯ Z(0) and 0 ⪯ Z′(τ)."""

    element: Element
    start: Fact
    slope: Fact

    @property
    def conclusion(self) -> Conclusion:
        """What the lemma yields."""
        statement = rf"{self.element.latex()} \succeq 0 \text{{ for all }} \tau \ge 0"
        return limits.by_lemma("integrated inequality", statement, self.start, self.slope)


def kept(theory: Theory, clock: Clock, Z: Element, start: Fact, slope: Fact) -> Kept:
    """Apply the lemma of the integrated inequality; raises RefusedStepError where a fact is not about Z(0) or Z′."""
    theory.check_own(start, slope)
    for what, found, expected in (("Z(0)", start.element, initial(Z)), ("Z′", slope.element, clock.rate(Z))):
        gap = found - expected
        if not gap.is_zero():
            raise RefusedStepError(f"expected a fact about {what}; the difference is {gap}")
    return Kept(Z, start, slope)
