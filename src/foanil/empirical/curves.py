"""Observations of the curves of Figures 2 and 3: one function per claim, every threshold stated before looking.

Words are given one meaning each: *learned* is within a tenth, *quickly* is five times as fast, *unlearned* is below a
third of the start, *almost coincide* is within a twentieth, *comparable* is within a factor 3/2, *a few* is at most a
fifth, *constant* is within a hundredth; what is *larger* or *the same* is by or within a seventh, as for Table 1.
Statistics are ratios, so that none depends on the unit of the labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from foanil.empirical.judgement import Observation, Part, above, below, judged
from foanil.empirical.series import CURVES, Floats, Series, pairs
from foanil.equivalence import MARGIN

LEARNED, QUICKLY, UNLEARNED, COINCIDE, COMPARABLE, A_FEW, CONSTANT = 0.9, 5, 1 / 3, 1.05, 1.5, 0.2, 0.01
MORE, LESS = 1 + float(MARGIN), 1 - float(MARGIN)
FIFTHS = tuple(range(1, 6))

Runs = Sequence[Series]


# Infinitely many tasks -----------------------------------------------------------------------------


def limit_deviation(series: Series, limit: tuple[float, float], step: float) -> float:
    """Return the larger relative deviation of the extreme eigenvalues of Λ_t from those of Λ⋆, (least, largest)."""
    ends = zip(("smallest_shared", "largest_shared"), limit, strict=True)
    return max(abs(series.at(curve, step) / value - 1) for curve, value in ends)


def exact_convergence(infinite: Runs, limit: tuple[float, float]) -> Observation:
    """sec-5-exact-convergence: the extreme eigenvalues of Λ_T are within a hundredth of Λ⋆'s, and still closing in."""
    ends = [limit_deviation(series, limit, series.end) for series in infinite]
    early = [limit_deviation(series, limit, series.end / 5) for series in infinite]
    return judged(
        "sec-5-exact-convergence",
        below("relative deviation of the extreme eigenvalues of Λ_T from those of Λ⋆", ends, CONSTANT),
        below("that deviation, as a fraction of what it was at T/5", np.divide(ends, early).tolist(), 0.5),
    )


def learning_time(series: Series, least: float) -> float:
    """Return the first observed step from which the smallest shared value stays learned; T where there is none."""
    short = series.smallest_shared < LEARNED * least
    return float(series.t[min(len(short) - 1, int(short.nonzero()[0][-1]) + 1)]) if short.any() else 0.0


def subspace_quick(infinite: Runs, limit: tuple[float, float]) -> Observation:
    """sec-5-subspace-quick: when the subspace is learned half of the complement is left; a tenth after five times that.

    Squared singular values, on average; a subspace that is never learned counts as learned at T, and fails.
    """
    times = [learning_time(series, limit[0]) for series in infinite]
    learned = [series.at("smallest_shared", series.end) / limit[0] for series in infinite]
    left = [series.fraction("average_complement", t) for series, t in zip(infinite, times, strict=True)]
    later = [series.fraction("average_complement", QUICKLY * t) for series, t in zip(infinite, times, strict=True)]
    return judged(
        "sec-5-subspace-quick",
        above("smallest eigenvalue of Λ_T over that of Λ⋆", learned, LEARNED),
        above("share of the complement left when the subspace is learned", left, 0.5),
        above("share left after five times as long, or at T", later, 1 - LEARNED),
    )


def rate_slope(series: Series) -> float:
    """Return how fast 1/(largest complement value) grows per step, from T/5 to T."""
    late, early = (1 / series.at("largest_complement", step) for step in (series.end, series.end / 5))
    return (late - early) / (0.8 * series.end)


def rate_of_appendix_h(infinite: Runs, rate: float) -> Observation:
    """sec-5-rate-appendix-h: 1/‖D_t‖² is at least 1/‖D_0‖² + rate·t, and grows no faster than 2·rate.

    rate = α²βσ̄²/m_in. The constant of the bound is that of new-thm-1-explicit, the 2 that of new-rate-constant, with a
    seventh to spare.
    """
    bound = [float(np.max(_to_bound(series, rate)[1:])) for series in infinite]
    slopes = [rate_slope(series) / rate for series in infinite]
    return judged(
        "sec-5-rate-appendix-h",
        below("largest ratio of ‖D_t‖² to its bound for t > 0", bound, 1.0),
        above("growth of 1/‖D_t‖² from T/5 to T over the rate", slopes, 1.0),
        below("the same growth: the decay is not faster", slopes, 2 * MORE),
    )


def _to_bound(series: Series, rate: float) -> Floats:
    """Return ‖D_t‖² over ‖D_0‖²/(1 + rate·‖D_0‖²·t) at every step."""
    values = series.largest_complement
    return np.asarray(values * (1 / values[0] + rate * series.t))


def many_iterations(infinite: Runs, rate: float) -> Observation:
    """sec-5-many-iterations: to T the complement follows 1/(1/g_0 + 2·rate·t) within a seventh; a tenth is left."""
    law = [s.at("average_complement", s.end) * (1 / s.average_complement[0] + 2 * rate * s.end) for s in infinite]
    left = [series.fraction("average_complement", series.end) for series in infinite]
    return judged(
        "sec-5-many-iterations",
        above("average complement at T over its law", law, LESS),
        below("the same ratio", law, MORE),
        above("share of the complement left at T", left, 1 - LEARNED),
    )


def finite_horizon_residual(infinite: Runs) -> Observation:
    """app-a-finite-horizon-residual: with N = ∞ a tenth of the complement is left at T, and still falling."""
    left = [series.fraction("average_complement", series.end) for series in infinite]
    falling = [s.at("average_complement", s.end) / s.at("average_complement", s.end / 2) for s in infinite]
    return judged(
        "app-a-finite-horizon-residual",
        above("share of the complement left at T", left, 1 - LEARNED),
        below("average complement at T over that at T/2", falling, LESS),
    )


# Finitely many tasks -------------------------------------------------------------------------------


def curve_distances(first: Runs, second: Runs) -> list[float]:
    """Return, for each run, the largest factor between the two methods' curves, over the four curves and all steps."""
    return [
        float(np.exp(max(np.abs(np.log(getattr(a, curve) / getattr(b, curve))).max() for curve in CURVES)))
        for a, b in pairs(first, second)
    ]


def maml_coincides(anil: Runs, maml: Runs, risk_ratios: Mapping[str, Sequence[float]]) -> Observation:
    """sec-5-maml-coincides: all four curves, at every step, and all risks agree within a twentieth at equal seeds.

    `risk_ratios` maps the name of a cell to FO-MAML's risk over FO-ANIL's, run by run.
    """
    factors = {name: np.exp(np.abs(np.log(np.asarray(ratios)))).tolist() for name, ratios in risk_ratios.items()}
    return judged(
        "sec-5-maml-coincides",
        below("largest factor between the curves of FO-ANIL and FO-MAML", curve_distances(anil, maml), COINCIDE),
        *(below(f"factor between their risks, {name}", values, COINCIDE) for name, values in factors.items()),
    )


def finite_slower(finite: Runs, infinite: Runs) -> Observation:
    """sec-5-finite-slower: ‖D_t‖_F² exceeds that for N = ∞ from the same start, at every fifth of the run."""
    return judged(
        "sec-5-finite-slower",
        *(
            above(f"average complement over that for N = ∞ at {fifth}T/5", _ratios(finite, infinite, fifth), 1.0)
            for fifth in FIFTHS
        ),
    )


def _ratios(finite: Runs, infinite: Runs, fifth: int) -> list[float]:
    return [
        a.at("average_complement", fifth * a.end / 5) / b.at("average_complement", fifth * b.end / 5)
        for a, b in pairs(finite, infinite)
    ]


def average_comparable(finite: Runs, infinite: Runs) -> Observation:
    """sec-5-average-comparable: the average complement falls, in logarithms, as with N = ∞ up to a factor 3/2.

    At every fifth of the run; the extreme fifths of each run are judged.
    """
    rates = [[_fall(a, fifth) / _fall(b, fifth) for fifth in FIFTHS] for a, b in pairs(finite, infinite)]
    return judged(
        "sec-5-average-comparable",
        above("least ratio of the logarithmic rates", [min(rate) for rate in rates], 1 / COMPARABLE),
        below("largest ratio of the logarithmic rates", [max(rate) for rate in rates], COMPARABLE),
    )


def _fall(series: Series, fifth: int) -> float:
    return -float(np.log(series.fraction("average_complement", fifth * series.end / 5)))


def few_directions(finite: Runs, complements: Sequence[Floats]) -> Observation:
    """sec-5-few-directions: the largest value is twice the average, few are, and it falls half as fast, in logarithms.

    `complements` holds all squared singular values of B⋆,⊥ᵀB_T of each run, in the order of the runs; the fall is
    measured from T/5 to T.
    """
    extreme = [s.at("largest_complement", s.end) / s.at("average_complement", s.end) for s in finite]
    share = [float(np.mean(values > 2 * np.mean(values))) for values in complements]
    return judged(
        "sec-5-few-directions",
        above("largest over average complement at T", extreme, 2.0),
        below("share of the directions above twice the average", share, A_FEW),
        below("fall of the largest over that of the average, in logarithms", [_late_falls(s) for s in finite], 0.5),
    )


def _late_falls(series: Series) -> float:
    """Return how much less the largest complement value falls than the average, in logarithms, from T/5 to T."""
    falls = [
        np.log(series.at(curve, series.end / 5) / series.at(curve, series.end))
        for curve in ("largest_complement", "average_complement")
    ]
    return float(falls[0] / falls[1])


def finite_tasks(finite: Runs, limit: tuple[float, float], outputs: Sequence[float]) -> Observation:
    """sec-4-finite-tasks: the three limits of Theorem 1 hold approximately, for squared norms, at T.

    The complement is unlearned on average, the extreme eigenvalues of Λ_T are those of Λ⋆ within a seventh, and
    `outputs`, ‖B_Tw_T‖²/Tr(Σ⋆) of each run, is below a hundredth.
    """
    left = [series.fraction("average_complement", series.end) for series in finite]
    deviations = [limit_deviation(series, limit, series.end) for series in finite]
    return judged(
        "sec-4-finite-tasks",
        below("share of the complement left at T", left, UNLEARNED),
        below("relative deviation of the extreme eigenvalues of Λ_T from those of Λ⋆", deviations, float(MARGIN)),
        below("‖B_Tw_T‖²/Tr(Σ⋆)", outputs, CONSTANT),
    )


def finite_tasks_residual(by_tasks: Mapping[int, Runs], infinite: Runs) -> Observation:
    """app-a-finite-tasks-residual: what N tasks leave beyond N = ∞ at T is positive, and falls at least as N^(−1/4).

    Measured by the largest complement value; the exponent is a least squares slope in logarithms, run by run.
    """
    excess = np.array([[_excess(a, b) for a, b in pairs(runs, infinite)] for runs in by_tasks.values()])
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(excess)
    x = np.log(np.array(list(by_tasks), dtype=float))
    x = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
    return judged(
        "app-a-finite-tasks-residual",
        above("least excess over N = ∞, as a fraction of the start", excess.min(axis=0).tolist(), 0.0),
        below("exponent of N in the excess", (x @ logs).tolist(), -0.25),
    )


def _excess(finite: Series, infinite: Series) -> float:
    return finite.fraction("largest_complement", finite.end) - infinite.fraction("largest_complement", infinite.end)


def small_init_rise(small: Runs, usual: Runs, infinite: Runs) -> Observation:
    """app-a-small-init-rise: from a very small start the largest complement value doubles, with N = ∞ it never rises.

    It ends no higher, within a seventh, than from the usual start: it rises up to the residual.
    """
    rise = [float(series.largest_complement.max()) / series.at("largest_complement", 0) for series in small]
    ends = [a.at("largest_complement", a.end) / b.at("largest_complement", b.end) for a, b in pairs(small, usual)]
    without = [float(series.largest_complement.max()) / series.at("largest_complement", 0) for series in infinite]
    return judged(
        "app-a-small-init-rise",
        above("rise of the largest complement value from a very small start", rise, 2.0),
        below("the value that it reaches over the one from the usual start", ends, MORE),
        below("the same rise for N = ∞", without, 1 + CONSTANT),
    )


# Infinitely many samples, and Burer-Monteiro -------------------------------------------------------


def complement_constant(samples: Runs, alpha: float) -> Observation:
    """sec-5-complement-constant: average and largest complement value stay within a hundredth; Λ is learned by T/2."""
    learned = [series.at("smallest_shared", series.end / 2) * alpha for series in samples]
    return judged(
        "sec-5-complement-constant",
        *(
            below(f"largest relative change of the {curve.replace('_', ' ')} value", _changes(samples, curve), CONSTANT)
            for curve in ("average_complement", "largest_complement")
        ),
        above("smallest eigenvalue of Λ over 1/α at T/2", learned, LEARNED),
    )


def _changes(runs: Runs, curve: str) -> list[float]:
    return [float(np.abs(getattr(series, curve) / series.at(curve, 0) - 1).max()) for series in runs]


def bm_complement_rises(factorised: Runs) -> Observation:
    """sec-5-bm-complement-rises: both complement curves rise by a seventh within T/5, and end above their start."""
    parts = (*_rises(factorised, "average_complement"), *_rises(factorised, "largest_complement"))
    return judged("sec-5-bm-complement-rises", *parts)


def _rises(runs: Runs, curve: str) -> tuple[Part, Part]:
    name = curve.replace("_", " ")
    early = [float(getattr(s, curve)[s.t <= s.end / 5].max()) / s.at(curve, 0) for s in runs]
    return (
        above(f"largest {name} value before T/5 over its start", early, MORE),
        above(f"{name} value at T over its start", [s.fraction(curve, s.end) for s in runs], 1.0),
    )


def subspace_dominates(factorised: Runs, samples: Runs) -> Observation:
    """sec-5-subspace-dominates: at T the smallest shared value exceeds the largest complement one, in both methods."""
    return judged(
        "sec-5-subspace-dominates",
        *(
            above(f"smallest shared over largest complement value at T, {name}", dominance(runs), 1.0)
            for name, runs in (("Burer-Monteiro", factorised), ("infinite samples", samples))
        ),
    )


def dominance(runs: Runs) -> list[float]:
    """Return the smallest shared value over the largest complement value at T, run by run."""
    return [series.at("smallest_shared", series.end) / series.at("largest_complement", series.end) for series in runs]


# ReLU networks -------------------------------------------------------------------------------------


def relu_networks(networks: Mapping[str, Runs]) -> Observation:
    """new-relu-networks: in each network the largest shared value of the first layer doubles and exceeds all others."""
    parts = []
    for name, runs in networks.items():
        rise = [series.fraction("largest_shared", series.end) for series in runs]
        stands_out = [s.at("largest_shared", s.end) / s.at("largest_complement", s.end) for s in runs]
        parts += [
            above(f"{name}: largest shared value at T over its start", rise, 2.0),
            above(f"{name}: largest shared over largest complement value at T", stands_out, 1.0),
        ]
    return judged("new-relu-networks", *parts)
