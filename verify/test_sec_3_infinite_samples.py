"""Infinitely many inner samples: what stays of the complement, how slowly it leaves before, what the head does."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from foanil.arrays import EXACT, Array, NumberSystem, mpmath_system
from foanil.evidence import Check, Method
from foanil.pytest_plugin import Recorder, cases
from foanil.words import Element
from proofs.dimensionless import iteration
from proofs.expectations import mean_outer_direction
from proofs.infinite_samples_with_head import at_infinity
from proofs.sec_3_infinite_samples import CHECKS, acting_beyond, complement_cost, kernel_alphabet, moment

STEPS = 4
"""Exact rational iterates treble their digits in every step."""

DIGITS, MANY = 40, 800
"""The trajectory with a head. I − Λ shrinks by 1 − 2a = 3/4 per step in the end; ‖Dŵ‖² only by 1 − 2ρ‖D_0Π_0‖².

There ‖D_0Π_0‖² > 1/150, and (1 − 1/75)^800 < 1e-4, so that a factor 1/1000 can be asked for.
"""


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """What holds at infinitely many samples, and its lower bound before, hold in every dimension."""
    evidence.judge(check)


# Exact iterates, dimensionless ---------------------------------------------------------------------


def exact(rows: list[list[Any]]) -> Array:
    """Return an exact matrix; entries are integers or strings such as "1/3"."""
    return EXACT.array([[Fraction(entry) for entry in row] for row in rows])


def stepped(C: Array, D: Array, a: Fraction, m: int | None, kappa: int) -> tuple[Array, Array]:
    """One step without a head, by the derived second moment: m = None is its limit for infinitely many samples."""
    here = iteration()
    E = moment(here, "infinite" if m is None else "finite")
    sizes = {"k": C.shape[0], "k_prime": C.shape[1], "d": C.shape[0] + D.shape[0]}
    values = E.evaluate(EXACT, {"C": C, "D": D}, {**sizes, "kappa": Fraction(kappa), "m": Fraction(m or 1)})
    step = EXACT.scalar(a)
    return C + step * (C - C @ values), D - step * (D @ values)


def iterated(C: Array, D: Array, a: Fraction, m: int | None, kappa: int, steps: int) -> tuple[Array, Array]:
    """Return C_t and D_t after some steps without a head."""
    for _ in range(steps):
        C, D = stepped(C, D, a, m, kappa)
    return C, D


C_WIDE = exact([["2/5", "-1/5", 0], [0, "1/3", "-1/3"]])
"""k = 2, k′ = 3; its kernel is spanned by (1, 2, 2)."""

KERNEL = exact([["1/9", "2/9", "2/9"], ["2/9", "4/9", "4/9"], ["2/9", "4/9", "4/9"]])


@pytest.mark.claim(id="sec-3-infinite-samples")
@pytest.mark.claim(id="sec-4-infinite-samples-complement")
def test_complement_stays_exactly(evidence: Recorder) -> None:
    """D_tΠ_0 = D_0Π_0 ≠ 0 for four exact steps at m_in = ∞, and not at m_in = 7: d = 5, k = 2, k′ = 3."""
    D = exact([["1/4", 0, "1/5"], ["1/7", "1/3", 0], [0, "1/6", "1/8"]])
    assert not (C_WIDE @ KERNEL).any()
    assert (D @ KERNEL).any()
    a, kappa = Fraction(1, 8), 3
    C_last, D_last = iterated(C_WIDE, D, a, None, kappa, STEPS)
    assert not (C_last @ KERNEL).any()
    assert (D_last @ KERNEL == D @ KERNEL).all()
    assert (D_last != D).any()
    _, D_finite = iterated(C_WIDE, D, a, 7, kappa, STEPS)
    kept, left = EXACT.sqnorm(D @ KERNEL), EXACT.sqnorm(D_finite @ KERNEL)
    assert left < kept
    for claim in ("sec-3-infinite-samples", "sec-4-infinite-samples-complement"):
        evidence.record(
            claim=claim,
            method=Method.EXACT,
            scope="one instance, d = 5, k = 2, k′ = 3, κ = 3, a = 1/8, exact rationals, four steps",
            shown=f"‖D_4Π_0‖_F² = ‖D_0Π_0‖_F² = {float(kept):.6f} at m_in = ∞; {float(left):.6f} at m_in = 7",
        )


@pytest.mark.claim(id="sec-3-infinite-samples")
def test_complement_inside_the_row_space_vanishes(evidence: Recorder) -> None:
    """At k′ = k the first limit holds at m_in = ∞: ‖D_tC_t⁻¹‖ shrinks by more than 1 + a in every exact step."""
    C, D, a = exact([["1/2", "1/5"], ["-1/7", "2/3"]]), exact([["1/4", 0], ["1/7", "1/3"], [0, "1/6"]]), Fraction(1, 8)
    norms = []
    for _ in range(STEPS):
        L = D @ EXACT.inv(C)
        norms.append(EXACT.sqnorm(L))
        C, D = stepped(C, D, a, None, 3)
    assert all(after * (1 + EXACT.scalar(a)) ** 2 < before for before, after in itertools.pairwise(norms))
    evidence.record(
        claim="sec-3-infinite-samples",
        method=Method.EXACT,
        scope="one instance, d = 5, k = k′ = 2, a = 1/8, exact rationals, four steps",
        shown="‖D_tC_t⁻¹‖_F² = " + ", ".join(f"{float(norm):.4f}" for norm in norms),
        finding="The first limit fails at $m_{\\mathrm{in}} = \\infty$ if and only if "
        "$B_{\\star,\\perp}^{\\top}B_0$ does not vanish on $\\ker(B_\\star^{\\top}B_0)$ (for $w_0 = 0$). "
        "At $k' = k$ it holds, at an exponential rate.",
    )


@pytest.mark.claim(id="sec-3-slow-unlearning")
def test_lower_bound_is_met_strictly(evidence: Recorder) -> None:
    """δ/(1 + aqδt) ≥ ‖D_t‖² ≥ (1 − a(1+a)qδ)^{2t}‖D_0Π_0‖² at m_in = 20, 200 and 2000: d = 3, k = 2, k′ = 3."""
    D, a, kappa, t = exact([["1/4", "1/3", "1/5"]]), Fraction(1, 8), 3, STEPS
    delta, kept = EXACT.sqnorm(D), EXACT.sqnorm(D @ KERNEL)
    shown = []
    for m in (20, 200, 2000):
        x_star = EXACT.scalar(Fraction(m, m + 1 + kappa))
        assert EXACT.sqnorm(C_WIDE) + delta < x_star
        loss = EXACT.scalar(a * (1 + a) * Fraction(kappa, m)) * delta
        _, last = iterated(C_WIDE, D, a, m, kappa, t)
        left, least = EXACT.sqnorm(last), (1 - loss) ** (2 * t) * kept
        assert least < left < delta
        shown.append(f"m_in = {m}: {float(least):.6f} < ‖D_4‖² = {float(left):.6f}")
    evidence.record(
        claim="sec-3-slow-unlearning",
        method=Method.EXACT,
        scope="d = k′ = 3, k = 2, κ = 3, a = 1/8, m_in = 20, 200, 2000, exact rationals, four steps",
        shown="; ".join(shown) + f"; ‖D_0Π_0‖² = {float(kept):.6f}",
        finding="$\\lVert D_t\\rVert \\ge (1 - a(1+a)q\\delta)^t\\lVert D_0\\Pi_0\\rVert$, where "
        "$aq\\delta = \\beta\\gamma\\lVert B_{\\star,\\perp}^{\\top}B_0\\rVert^2$ and "
        "$\\gamma = \\alpha^2\\bar\\sigma^2/m_{\\mathrm{in}}$: unlearning takes a time in proportion to "
        "$m_{\\mathrm{in}}$.",
    )


SMALL_COMPLEMENT = [["1/40", "1/20", "1/40"], ["1/50", "1/25", "1/50"], ["1/50", "1/25", "1/50"]]

# In the paper's letters ----------------------------------------------------------------------------


def paper_point() -> dict[str, Array]:
    """Return an exact point with d = 4, k = 2, k′ = 3; B⋆ holds the first two axes."""
    return {
        "B": exact([["1/2", "-1/3", "1/5"], [1, 0, "2/3"], ["1/4", "1/6", "-1/2"], [0, "3/4", "1/7"]]),
        "w": exact([["1/2"], ["-2/3"], ["3/5"]]),
        "B_star": exact([[1, 0], [0, 1], [0, 0], [0, 0]]),
        "Sigma_star": exact([[2, "1/2"], ["1/2", 1]]),
    }


def paper_scalars(m_in: int) -> dict[str, Any]:
    """Return exact scalars: Tr Σ⋆ = 3, σ² = 1/2."""
    sizes = {"d": 4, "k": 2, "k_prime": 3}
    return {**sizes, "alpha": Fraction(1, 3), "sigma_bar_sq": Fraction(7, 2), "m_in": Fraction(m_in)}


def numbers(element: Element, m_in: int, letters: Mapping[str, Array] | None = None) -> Array:
    """Evaluate an element of the paper's letters exactly."""
    return element.evaluate(EXACT, letters or paper_point(), paper_scalars(m_in))


@pytest.mark.claim(id="sec-4-infinite-samples-updates")
def test_update_approaches_its_limit_like_one_over_m(evidence: Recorder) -> None:
    """m_in times the distance of the mean direction from its limit is one nonzero matrix, whatever m_in."""
    direction = mean_outer_direction().B
    limit = at_infinity(direction, "m_in")
    scaled = [m * (numbers(direction, m) - numbers(limit, m)) for m in (1, 5, 1000)]
    assert (scaled[0] == scaled[1]).all()
    assert (scaled[0] == scaled[2]).all()
    assert (scaled[0] != 0).all()
    assert len(limit.terms) < len(direction.terms)
    evidence.record(
        claim="sec-4-infinite-samples-updates",
        method=Method.EXACT,
        scope="one instance, d = 4, k = 2, k′ = 3, general Σ⋆ and head, m_in = 1, 5, 1000, exact rationals",
        shown=f"{len(direction.terms)} words at finite m_in, {len(limit.terms)} in the limit; the rest is ∝ 1/m_in",
    )


@pytest.mark.claim(id="sec-4-overfit-mechanism")
def test_head_has_a_term_of_its_own(evidence: Recorder) -> None:
    """Beyond the row space of B⋆ᵀB the head acts without 1/m_in, unless it has no output: an exact instance."""
    letters = paper_point()
    top = letters["B"][:2]
    row_space = top.T @ EXACT.inv(top @ top.T) @ top
    letters["P"] = EXACT.eye(3) - row_space
    assert not (letters["B_star"].T @ letters["B"] @ letters["P"]).any()
    own = numbers(acting_beyond(head=False), 6, letters)
    assert not numbers(acting_beyond(), 6, letters).any()
    assert own.any()
    assert (own == numbers(acting_beyond(head=False), 600, letters)).all()
    words = kernel_alphabet()
    moved = numbers(words.letter("B") @ words.letter("B").T @ words.letter("B") @ words.letter("P"), 6, letters)
    assert moved.any()
    evidence.record(
        claim="sec-4-overfit-mechanism",
        method=Method.EXACT,
        scope="one instance, d = 4, k = 2, k′ = 3, general Σ⋆ and head, exact rationals",
        shown="(E[w_iw_iᵀ] − what carries 1/m_in)Π ≠ 0, the same at m_in = 6 and 600: hhᵀΠ, h = (I − αBᵀB)w",
        finding="Beyond the row space of $B_\\star^{\\top}B$ the head's own rank-one term $hh^{\\top}$, "
        "$h = (I - \\alpha B^{\\top}B)w$, acts without a factor $1/m_{\\mathrm{in}}$ too; all else carries it. "
        "The term acts on nothing when $Bw = 0$, as for $w_0 = 0$.",
    )


@pytest.mark.claim(id="sec-3-k-prime-to-k")
@pytest.mark.claim(id="sec-4-complement-hurts-wide")
def test_cost_grows_with_the_width(evidence: Recorder) -> None:
    """At g = 1/4, σ̄² = 7/2 and 10 test rows each further direction costs 7/640 of half risk."""

    def cost(n: int) -> Any:
        scalars = {"g": Fraction(1, 4), "m": Fraction(10), "n": n, "sigma_bar_sq": Fraction(7, 2)}
        return complement_cost().evaluate(EXACT, {}, scalars)

    assert [cost(n) for n in (1, 2, 15)] == [EXACT.scalar(Fraction(7 * n, 640)) for n in (1, 2, 15)]
    for claim in ("sec-3-k-prime-to-k", "sec-4-complement-hurts-wide"):
        evidence.record(
            claim=claim,
            method=Method.EXACT,
            scope="g = 1/4, σ̄² = 7/2, m_test = 10, k′ − k = 1, 2, 15",
            shown="7/640 of half risk for each direction, 21/128 for fifteen",
        )


# With a head ---------------------------------------------------------------------------------------


def in_system(xp: NumberSystem, A: Array) -> Array:
    """Return an exact matrix in another number system."""
    return xp.array([[Fraction(int(x.numerator), int(x.denominator)) for x in row] for row in A])


def with_head(
    xp: NumberSystem, C: Array, D: Array, w: Array, a: Any, rho: Any, steps: int
) -> tuple[Array, Array, Array]:
    """Follow the derived iteration with a head at m_in = ∞."""
    here = iteration()
    E, head = at_infinity(here.E), here.next_head
    sizes = {"k": C.shape[0], "k_prime": C.shape[1], "d": C.shape[0] + D.shape[0], "rho": rho}
    for _ in range(steps):
        letters = {"C": C, "D": D, "w": w}
        second = E.evaluate(xp, letters, sizes)
        C, D, w = C + a * (C - C @ second), D - a * (D @ second), head.evaluate(xp, letters, sizes)
    return C, D, w


@pytest.mark.claim(id="sec-4-infinite-samples-misspecified")
def test_third_limit_without_the_second(evidence: Recorder) -> None:
    """From a start that meets the conditions, Λ → I and Dŵ → 0 while Cŵ stays: d = 5, k = 2, k′ = 3, m_in = ∞."""
    xp = mpmath_system(DIGITS)
    rho, kappa = Fraction(1), 2
    a = rho / (4 * kappa)
    C, D, w = C_WIDE, exact(SMALL_COMPLEMENT), exact([["1/4"], ["-1/8"], ["1/8"]])
    spread, head = EXACT.sqnorm(D), EXACT.sqnorm(w)
    delta = EXACT.sqnorm(C) + spread
    exponent = 7 * EXACT.scalar(rho / a) * spread / (1 - delta)
    assert delta < 1  # δ bounds α‖B_0‖²
    assert 0 < 2 * head < (1 - exponent / 2) ** 2  # (1 − x/2)² ≤ e^{−x} for x ≤ 2: the head meets its bound
    assert exponent < 2
    assert EXACT.sqnorm(D @ KERNEL) > EXACT.scalar(Fraction(1, 150))
    step, pull = xp.scalar(a), xp.scalar(rho)
    half = with_head(xp, *(in_system(xp, A) for A in (C, D, w)), step, pull, MANY // 2)
    C_t, D_t, w_t = with_head(xp, *half, step, pull, MANY // 2)
    apart, outside, inside = xp.sqnorm(C_t @ C_t.T - xp.eye(2)), xp.sqnorm(D_t @ w_t), xp.sqnorm(C_t @ w_t)
    assert apart < xp.scalar(Fraction(1, 10**12))
    assert outside < xp.sqnorm(in_system(xp, D @ w)) / 1000
    assert inside > xp.sqnorm(half[0] @ half[2]) * 999 / 1000
    evidence.record(
        claim="sec-4-infinite-samples-misspecified",
        method=Method.TRAJECTORY,
        scope=f"one start inside the conditions (checked exactly), d = 5, k = 2, k′ = 3, {MANY} steps, {DIGITS} digits",
        shown=f"‖αΛ − I‖_F² = {float(apart):.1e}, ‖Dŵ‖² = {float(outside):.1e}, ‖Cŵ‖² = {float(inside):.4f}",
        finding="At $m_{\\mathrm{in}} = \\infty$ the third limit holds, and of the second the part off $B_\\star$: "
        "$B_{\\star,\\perp}^{\\top}B_tw_t \\to 0$. $B_tw_t$ itself does not vanish: where $\\alpha BB^{\\top}$ is "
        "the identity on $\\mathrm{col}(B_\\star)$, one inner step adapts perfectly from any head. For $k' = k$ and "
        "$B_{\\star,\\perp}^{\\top}B_0 = 0$ it never vanishes, from no $w_0 \\ne 0$.",
    )


@pytest.mark.claim(id="sec-4-infinite-samples-misspecified")
def test_well_specified_head_keeps_its_output(evidence: Recorder) -> None:
    """Three exact steps at k = k′ = 2, d = 3, D = 0: Tr(I − Λ) pays for what the head loses, both strictly."""
    C, D, w = exact([["4/5", "1/5"], [0, "2/3"]]), exact([[0, 0]]), exact([["1/2"], ["-1/3"]])
    a, rho = EXACT.scalar(Fraction(1, 8)), EXACT.scalar(Fraction(1))
    assert 2 * EXACT.sqnorm(w) < 1
    assert EXACT.trace(EXACT.eye(2) - C @ C.T) > 0
    heads = [EXACT.sqnorm(w)]
    for _ in range(STEPS - 1):
        Lambda = C @ C.T
        way = EXACT.trace(Lambda @ (EXACT.eye(2) - Lambda))
        before = EXACT.trace(Lambda)
        C, D, w = with_head(EXACT, C, D, w, a, rho, 1)
        heads.append(EXACT.sqnorm(w))
        assert 0 < a * way < EXACT.trace(C @ C.T) - before
        assert max(heads[-2] / 2, (1 - 2 * rho * way) * heads[-2]) < heads[-1] < heads[-2]
    evidence.record(
        claim="sec-4-infinite-samples-misspecified",
        method=Method.EXACT,
        scope="one instance, d = 3, k = k′ = 2, D_0 = 0, a = 1/8, ρ = 1, exact rationals, three steps",
        shown="‖ŵ_t‖² = " + ", ".join(f"{float(head):.4f}" for head in heads),
    )
