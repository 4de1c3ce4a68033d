"""What hypotheses do not say by a predicate: remarks that require nothing, and premises within displayed formulas."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from foanil import rational
from foanil.claims import hypotheses as texts
from foanil.instances.adaptation import shared_direction
from foanil.instances.instance import Condition, Instance
from foanil.instances.start import head_at_most, norm_at_most, norm_below, output, x_star

DEFINES = "defines an object or an algorithm and requires nothing of the data"
QUANTIFIES = "says over what the claim quantifies; every value is allowed"
ABSENT = "says what the available text leaves out"
REGIME = "names a limit along which the claim speaks; every value before it is allowed"

REMARKS: Mapping[str, str] = {
    r"no law is needed: an identity for every $X_i$, $z_i$, $w_{\star,i}$": QUANTIFIES,
    r"no law is needed: an identity for every $X$, $z$, $w_\star$": QUANTIFIES,
    "O(.) hides a universal constant: the claim is that one exists": QUANTIFIES,
    r"$D_t = 0$ and $B_t w_t = 0$ are allowed": QUANTIFIES,
    "least squares (minimum norm); in root mean square": DEFINES,
    (
        r"the distance of subspaces of different dimension needs a convention: $\lVert \Pi_\perp Q \rVert$ "
        r"with $\Pi_\perp$ onto the complement of $B_\star$ and $Q$ a basis of the columns of $B$, "
        "or the two roles exchanged"
    ): DEFINES,
    r"the expected loss $L_i$ in place of $\hat L_i$": DEFINES,
    r"the term $\sigma^2/2$ is there if the test loss keeps its noise": DEFINES,
    "gradient descent from a small initial scale": DEFINES,
    texts.SECTION_5[1]: ABSENT,
    "the setting of Appendix I is not in the available text": ABSENT,
    r"small steps: $\beta \to 0$ in the time $\tau = \alpha\beta t$": REGIME,
}
"""Hypothesis → why no instance can violate it; each is shown beside the predicates, none is left out silently."""


def _collapsing(i: Instance) -> bool:
    """Whether Ĉ_0f = χ_0e, Ĉ_0ᵀe = χ_0f, D̂_0f = 0, ŵ_0 = √(1 + η)f, 0 < η ≤ 1, 0 < χ_0² ≤ aη²/(8ρ)."""
    return (
        output(i.C_hat, i.f) == tuple(i.chi * x for x in i.e)
        and output(rational.transpose(i.C_hat), i.e) == tuple(i.chi * x for x in i.f)
        and not any(output(i.D_hat, i.f))
        and i.root_1_eta**2 == 1 + i.eta
        and i.head_hat == tuple(i.root_1_eta * x for x in i.f)
        and 0 < i.eta <= 1
        and 0 < i.chi**2 <= i.a * i.eta**2 / (8 * i.rho)
    )


def _direction_shared_by_both(i: Instance) -> bool:
    """Whether Ĉ_0f = χ_0e, D̂_0f = ψ_0h, 0 < χ_0² < 1, ψ_0 ≠ 0, the transposed relations aside."""
    return (
        shared_direction(i)
        and output(i.C_hat, i.f) == tuple(i.chi * x for x in i.e)
        and output(i.D_hat, i.f) == tuple(i.psi * x for x in i.h)
        and 0 < i.chi**2 < 1
        and i.psi != 0
    )


PREMISES: Mapping[str, Condition] = {
    "new-collapse-lemma": Condition(
        "premises of the displayed formula",
        _collapsing,
        (
            ("η = 0", lambda _: {"eta": Fraction(0), "root_1_eta": Fraction(1)}),
            ("a large singular value", lambda i: {"chi": 10**6 * i.chi}),
        ),
    ),
    "new-bound-needs-sample-size": Condition(
        "premises of the displayed formula",
        _direction_shared_by_both,
        (("no complement", lambda _: {"psi": Fraction(0)}), ("χ_0 = 1", lambda _: {"chi": Fraction(1)})),
    ),
    "new-flow-with-head": Condition(
        "premises of the displayed formula",
        lambda i: norm_below(i.B, 1 / i.alpha) and head_at_most(i, Fraction(1)),
        (("a long start", lambda i: {"B": rational.scaled(Fraction(10**6), i.B)}),),
    ),
    "new-gram-monotone": Condition(
        "premises of the displayed formula",
        lambda i: 2 * i.alpha * i.beta * i.c <= 1 and norm_at_most(i.B, x_star(i) / i.alpha),
        (("a long start", lambda i: {"B": rational.scaled(Fraction(10**6), i.B)}),),
    ),
    "new-head-bound-attained": Condition(
        "premises of the displayed formula",
        lambda i: any(output(i.B, i.w)),
        (("no head", lambda i: {"w": tuple(Fraction(0) for _ in i.w)}),),
    ),
    "sec-4-bm-full-rank": Condition(
        "premises of the displayed formula",
        # Gaussian rows: rank(X_i) = min(m, d) almost surely, and noisy labels lie in col(X_i) only if it is m.
        lambda i: i.m <= i.d,
        (("more rows than features", lambda i: {"m": i.d + 1}),),
    ),
}
"""Premises that stand left of the arrow in a displayed formula, by claim."""
