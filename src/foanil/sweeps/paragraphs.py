"""What a diagram says, in sentences whose numbers are computed from its cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from foanil.sweeps.axes import Floats
from foanil.sweeps.diagrams import CONDITION, HEAD, INITIAL_SCALE, REST, STEP_SIZES, Diagram
from foanil.sweeps.pictures import ENDS, LABELS, Cells

M_IN, SCALE, HEAD_SQ = r"m_{\mathrm{in}}", r"\alpha\lVert B_0\rVert^2", r"\lVert\hat w_0\rVert^2"
PRODUCT, RHO = r"\alpha\beta c", r"\rho"

FAILED = ("collapsed", "diverged", "periodic", "longer period", "stuck")


def paragraph(diagram: Diagram, found: Sequence[Cells]) -> str:
    """Return the paragraph of a diagram."""
    return " ".join([_totals(found), *_TEXTS[diagram.name](diagram, found)])


def _totals(found: Sequence[Cells]) -> str:
    totals = {name: sum(each.total(name) for each in found) for name in ENDS}
    parts = [f"{count} {LABELS.get(name, name)}" for name, count in totals.items() if count]
    return f"Of {sum(totals.values())} starts: {', '.join(parts)}."


def reach(values: Floats, good: Any) -> float:
    """Return the largest value up to which all are good, or NaN where the first is not."""
    bad = np.flatnonzero(~good)
    last = len(values) - 1 if not len(bad) else int(bad[0]) - 1
    return float("nan") if last < 0 else float(values[last])


def whole(each: Cells) -> Any:
    """Return which cells have converged entirely."""
    return np.asarray(each.share("converged") == 1)


def failed(each: Cells) -> Any:
    """Return the share of starts that have failed, by cell; those that are undecided have not."""
    return sum(each.share(name) for name in FAILED)


def spared(each: Cells) -> Any:
    """Return in which cells no start has failed."""
    return failed(each) == 0


# The initial scale and the sample size ---------------------------------------------------------------


def _initial_scale(diagram: Diagram, found: Sequence[Cells]) -> list[str]:
    reaches = [np.array([reach(each.y, column) for column in whole(each).T]) for each in found]
    bounds = [np.array([reach(each.y, column) for column in spared(each).T]) for each in found]
    sentences = [
        _scales(panel.title, each, up_to)
        for panel, each, up_to in zip(diagram.panels, found, reaches, strict=True)
    ]  # fmt: skip
    return [*sentences, _artifact(found, reaches, bounds)]


def _scales(title: str, each: Cells, up_to: Floats) -> str:
    least, most, last = np.min(up_to), np.max(up_to), each.x[-1]
    if np.isnan(least):
        return f"At {title} there are sample sizes at which not all of the smallest starts converged."
    return (
        f"At {title} every start of ${SCALE} \\le {least:.3g}$ converged, at every sample size from {each.x[0]:.0f} to "
        f"{last:.0f}; the largest such scale of a sample size lies between {least:.3g} and {most:.3g}. At ${M_IN} = "
        f"{last:.0f}$ it is {4 * last * up_to[-1]:.0f} times the $1/(4{M_IN})$ of `new-thm-1-explicit`."
    )


def _artifact(found: Sequence[Cells], reaches: Sequence[Floats], bounds: Sequence[Floats]) -> str:
    """Return what follows for the conjecture: nothing, where undecided starts could turn the answer."""
    holds = [not falls(up_to) for up_to in reaches]
    fails = [falls(up_to) for up_to in bounds]
    if all(holds):
        return (
            "That scale does not fall as the sample size grows: for the three limits the dependence of the initial "
            "scale on $m_{\\mathrm{in}}$ is not needed here, as `app-a-m-in-artifact` says. (For the bound on "
            "$\\lVert B_t\\rVert$ it is: `new-bound-needs-sample-size`.)"
        )
    if any(fails):
        return "That scale falls as the sample size grows, against `app-a-m-in-artifact`."
    return "Whether that scale falls as the sample size grows is left open by the undecided starts."


def falls(up_to: Floats) -> bool:
    """Whether the reach at the larger half of the sample sizes is below half of that at the smaller ones."""
    half = len(up_to) // 2
    return not np.median(up_to[half:]) >= 0.5 * np.median(up_to[:half])


# The head ------------------------------------------------------------------------------------------


def _head_bound(diagram: Diagram, found: Sequence[Cells]) -> list[str]:
    return [_heads(panel.title, each) for panel, each in zip(diagram.panels, found, strict=True)]


def _heads(title: str, each: Cells) -> str:
    if whole(each).all():
        return f"At {title}, all converged, up to ${HEAD_SQ} = {each.x[-1]:.3g}$, at every scale."
    if spared(each).all():
        return f"At {title}, none failed, and {each.total('unfinished')} are undecided."
    small, large = (reach(each.x, whole(each)[row]) for row in (0, -1))
    lost = failed(each)[0] == 1
    sharp = abs(small - 1) <= each.x[1] - each.x[0] and lost[each.x > 1].any()
    border = "the border that `new-head-bound-sharp` has" if sharp else "not the 1 of `new-head-bound-sharp`"
    return (
        f"At {title}, and ${SCALE} = {each.y[0]:.1g}$ all converged up to ${HEAD_SQ} = {_shown(small)}$ and all failed "
        f"from {_first(each.x, lost)} on, {border}; at the scale {each.y[-1]:.2g} all converged up to {_shown(large)}."
    )


# The step sizes ------------------------------------------------------------------------------------


def _step_sizes(diagram: Diagram, found: Sequence[Cells]) -> list[str]:
    generic, signal = found
    a, rho = generic.x, generic.y
    ordered = reach(a, whole(generic)[rho <= 1].all(0))
    alone = reach(a, whole(signal).all(0))
    names = ("periodic", "longer period", "unfinished")
    cycles, longer, wandering = (_first(a, signal.share(name).mean(axis=0) >= 0.5) for name in names)
    repelled = 2 / (REST * (1 - REST))
    past = sum(int(each.counts[:, a > 1, ENDS.index("converged")].sum()) for each in found)
    high = reach(rho, whole(generic)[:, a <= 0.5].all(1))
    diverging = _first(rho, _some(generic, "diverged").any(1))
    border = f"{past} starts, against" if past else "none, as in"
    text = f"""
    With ${RHO} \\le 1$ every generic start converged up to ${PRODUCT} = {_shown(ordered)}$; the theorem asks
    for $\\alpha\\bar\\sigma \\le 1/2$. Without complement and head all did up to {_shown(alone)}, whatever ${RHO}$;
    most end with period 2 from {cycles} on, a longer one from {longer} on, and none up to 16 from {wandering} on. Past
    ${PRODUCT} = 1$ convergence is seen of {border} `new-period-doubling`. Up to ${PRODUCT} = 1/2$ every generic start
    converged with ${RHO}$ up to {_shown(high)}, and some diverge from {diverging} on; the limit repels heads beyond
    $2/(x_\\star(1 - x_\\star)) = {repelled:.3g}$ (`new-fixed-points`).
    """
    return text.split()


def _some(each: Cells, status: str) -> Any:
    return np.asarray(each.share(status) > 0)


def _shown(value: float) -> str:
    return "none" if np.isnan(value) else f"{value:.3g}"


def _first(values: Floats, flags: Any) -> str:
    places = np.flatnonzero(flags)
    return f"{values[places[0]]:.3g}" if len(places) else "nowhere"


# The covariance ------------------------------------------------------------------------------------


def _condition(diagram: Diagram, found: Sequence[Cells]) -> list[str]:
    sentences = [_covariances(panel.title, each) for panel, each in zip(diagram.panels, found, strict=True)]
    lost = sum(each.total(name) for each in found for name in FAILED)
    undecided = sum(each.total("unfinished") for each in found)
    if lost:
        verdict = f"{lost} failed, against `new-conjecture-generic`."
    elif undecided:
        verdict = f"None failed, and {undecided} were not followed for long enough."
    else:
        verdict = "None failed, as `new-conjecture-generic` has it."
    thin = "What refutes `thm-1-conjecture` is a thin set of starts, which chance does not meet."
    return [*sentences, verdict, thin]


def _covariances(title: str, each: Cells) -> str:
    text = f"At {title} {each.total('converged')} of {int(each.counts.sum())} starts converged"
    rows = np.flatnonzero(np.isfinite(each.time).all(axis=1))
    if not len(rows) or len(each.x) < 2:
        return f"{text}."
    half = len(each.x) // 2
    slopes = [np.polyfit(np.log(each.x[half:]), np.log(each.time[row, half:]), 1)[0] for row in rows]
    return (
        f"{text}; from condition number {each.x[half]:.3g} on the median time grows like its power {min(slopes):.2f} "
        f"to {max(slopes):.2f}."
    )


_TEXTS: Mapping[str, Callable[[Diagram, Sequence[Cells]], list[str]]] = {
    INITIAL_SCALE.name: _initial_scale,
    HEAD.name: _head_bound,
    STEP_SIZES.name: _step_sizes,
    CONDITION.name: _condition,
}
