"""How large two hidden constants of Theorem 1 cannot be: families that keep every other explicit hypothesis.

m_in·α‖B_0‖²: at every value x ≥ 1 a start loses its rank in the first step, for ever. β/α: at every value above 4 the
limit repels.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy.polys.fields import FracElement

from foanil import limits
from foanil.decisions import Relation, Sign, at_least, more_than
from foanil.evidence import Check
from foanil.inequalities import Decided, Theory
from foanil.words import Element
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check
from proofs.thm_1_hypotheses import Aligned, Collapse, Doubling, aligned_alphabet

CLAIM = ("new-hypotheses-needed",)


@dataclass(frozen=True)
class LostAtOnce:
    """The start with m_in = κ = ρ = ‖ŵ‖² = 1, αΛ_0 = x and a = 1/(E − 1); `x_from` and `head` are mutated."""

    x_from: int | FracElement = 1
    head: int = 1

    def scalar(self, name: str) -> FracElement:
        """Return a scalar."""
        return aligned_alphabet().scalar(name).coefficient()

    @property
    def given(self) -> tuple[Relation, ...]:
        """Return x ≥ 1, m = κ = ρ = 1, v = 1 and aE = 1 + a."""
        x, a = self.scalar("x"), self.scalar("a")
        exactly = [Relation(self.scalar(name) - 1, Sign.ZERO) for name in ("m", "kappa", "rho")]
        pull = 3 * x + self.head * ((1 - x) ** 2 + 2 * x**2)
        return (
            *exactly,
            Relation(self.scalar("v") - self.head, Sign.ZERO),
            at_least(x, self.x_from),
            Relation(a * (pull - 1) - 1, Sign.ZERO),
        )

    def decided(self) -> list[Decided]:
        """Decide 0 < a ≤ 1/4, the other hypotheses, and φ = 0: C_1 = φC_0 = 0."""
        T = Theory(aligned_alphabet(), self.given, {})
        a, rho, kappa, v, one = *(self.scalar(name) for name in ("a", "rho", "kappa", "v")), T.words.field.one
        return [
            T.decide(more_than(a), "a > 0"),
            T.decide(at_least(rho / 4, a * kappa), "α ≤ 1/(2σ̄)"),
            T.decide(at_least(one, rho), "β ≤ α"),
            T.decide(at_least(one, v), "‖w_0‖² ≤ αc"),
            T.decide(Relation(Collapse().factor, Sign.ZERO), "φ = 0: the first step loses the rank"),
        ]


def factor_gap(weight: int = 2, square: int = 2) -> Element:
    """Return C₊f − φχe along a direction of its own: zero."""
    return next(iter(Aligned(weight, square).gaps()))


def long_outer_steps(ratio: int = 4, noise: int = 1) -> list[Proved]:
    """Derive that for every ρ = β/α > 4, κ = 1 and α = 1/(2σ̄) allow αβc > 1, where the limit repels.

    `ratio` is the 4, `noise` κ, for mutants.
    """
    words = Doubling().words
    a, rho, kappa = (words.scalar(name).coefficient() for name in ("a", "rho", "kappa"))
    one = words.field.one
    at_bound = Relation(4 * a * kappa - rho, Sign.ZERO)
    T = Theory(words, (more_than(rho, ratio * one), Relation(kappa - noise, Sign.ZERO), at_bound), {})
    large = T.decide(more_than(a, one), "αβc > 1 at α = 1/(2σ̄), κ = 1")
    distinct = r"\{y_0 : p^t(y_0) = 1 \text{ for some } t\} \text{ has measure zero}"
    return [
        large,
        Doubling().reached_exactly_or_not(),
        limits.by_lemma("zero set of a polynomial", distinct, start_off_the_limit()),
    ]


def start_off_the_limit(slope: int = 1) -> Decided:
    """Decide p(0) = 0 ≠ 1: no iterate pᵗ − 1, a polynomial of y_0, is zero at y_0 = 0. `slope` falsifies p."""
    found = Doubling()
    image = found.map(0 * found.y) + (1 - slope) * found.one
    return found.decide(Relation(image, Sign.ZERO), "p(0) = 0: pᵗ(y_0) − 1 is −1 at y_0 = 0, not the zero polynomial")


CHECKS: tuple[Check, ...] = (
    zero_check(
        "the factor of the first step",
        CLAIM,
        "every d, k ≤ k′, m_in and step size; Cf = χe, Cᵀe = χf, Df = 0, ŵ = ψf",
        factor_gap,
        {
            "χ⁴/m for 2χ⁴/m": lambda: factor_gap(weight=1),
            "1 − χ² for its square": lambda: factor_gap(square=1),
            "4χ⁴/m": lambda: factor_gap(weight=4),
        },
    ),
    proof_check(
        "every constant of ‖B_0‖² from 1 on loses the rank in one step",
        CLAIM,
        "k = k′ = 1, D_0 = 0, m_in = κ = 1, β = α, ‖w_0‖² = αc, every m_in·α‖B_0‖² ≥ 1, a = 1/(E − 1) ≤ 1/4",
        lambda: LostAtOnce().decided(),
        {
            "from 1/2 on": lambda: LostAtOnce(x_from=aligned_alphabet().field.one / 2).decided(),
            "from 9/10 on": lambda: LostAtOnce(x_from=aligned_alphabet().field.one * 9 / 10).decided(),
            "without a head": lambda: LostAtOnce(head=0).decided(),
            "‖w_0‖² = 2αc": lambda: LostAtOnce(head=2).decided(),
        },
    ),
    proof_check(
        "every β/α above 4 makes the limit repel",
        CLAIM,
        "k = k′ = κ = 1, D_0 = 0, w_0 = 0, α = 1/(2σ̄), every β/α > 4, every m_in; almost every ‖B_0‖",
        long_outer_steps,
        {
            "β/α > 3": lambda: long_outer_steps(ratio=3),
            "κ = 2": lambda: long_outer_steps(noise=2),
            "p(0) = 1": lambda: start_off_the_limit(slope=0),
        },
    ),
)


def derivation() -> Derivation:
    """Return the derivation of both families."""
    premises = (
        r"$\Sigma_\star = cI$, $k = k' = 1$, $D_0 = 0$, $\sigma = 0$, so that $\kappa = \bar\sigma^2/c = 1$",
        r"first: $m_{\mathrm{in}} = 1$, $\beta = \alpha$, $\lVert w_0\rVert^2 = \alpha c$, $\alpha\beta c = 1/(E-1)$",
        r"$x = m_{\mathrm{in}}\alpha\lVert B_0\rVert^2 \ge 1$",
        r"second: $w_0 = 0$, $\alpha = \frac{1}{2\bar\sigma}$, $\beta \gt 4\alpha$",
        r"almost every $\lVert B_0\rVert$, however small",
    )
    found = Derivation("Two constants that cannot be larger", CLAIM, premises)
    found = found.then("identity of words", "The factor of one step.", r"C_+f - \varphi\chi e", factor_gap())
    return found.extended(proof("", CLAIM, (), *LostAtOnce().decided(), *long_outer_steps()))


DERIVATIONS = (derivation,)
