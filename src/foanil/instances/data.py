"""Hypotheses on sizes, the shared subspace, the data model and the samples of the two loops, each as a predicate."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from foanil import rational
from foanil.claims import hypotheses as texts
from foanil.instances.instance import Condition, Instance
from foanil.instances.laws import FiniteLaw, Sample, gaussian, two_points
from foanil.rational import Matrix


def covariance(sample: Sample) -> Matrix:
    """Return the covariance of one draw."""
    mean, second = sample.law.mean(), sample.law.second_moment()
    return tuple(tuple(second[i][j] - mean[i] * mean[j] for j in range(len(mean))) for i in range(len(mean)))


def is_sample(sample: Sample, count: float) -> bool:
    """Whether this is a sample of `count` i.i.d. draws of a law."""
    return sample.identical and sample.law.is_law() and sample.count == count


def standard_rows(sample: Sample, d: int, count: float) -> bool:
    """Whether this is `count` rows i.i.d. N(0, I_d)."""
    return is_sample(sample, count) and sample.law == gaussian(d)


def centred_noise(sample: Sample, variance: Fraction, count: float) -> bool:
    """Whether this is `count` i.i.d. centred coordinates of this variance."""
    return is_sample(sample, count) and not any(sample.law.mean()) and covariance(sample) == ((variance,),)


def centred_tasks(i: Instance) -> bool:
    """Whether task parameters are i.i.d., centred, of covariance Σ⋆."""
    return is_sample(i.tasks, i.N) and not any(i.tasks.law.mean()) and covariance(i.tasks) == i.Sigma_star


def finite(sample: Sample) -> FiniteLaw:
    """Return a sample's law where it is a finite one; raises TypeError."""
    if not isinstance(sample.law, FiniteLaw):
        raise TypeError(f"expected a finite law; got {type(sample.law).__name__}; take one with finitely many values")
    return sample.law


def random_design(i: Instance) -> bool:
    """Whether features, noise and tasks follow Assumption 1 with the covariance Σ⋆."""
    return standard_rows(i.features, i.d, i.m) and centred_noise(i.noise, i.sigma_sq, i.m) and centred_tasks(i)


def independent(i: Instance, *names: str) -> bool:
    """Whether no source of randomness feeds two of these."""
    return all(not i.sources[a] & i.sources[b] for a in names for b in names if a < b)


def split(i: Instance) -> bool:
    """Whether inner and outer rows are disjoint, and m_in and m_out of them make m."""
    rows = (*i.inner_rows, *i.outer_rows)
    counts = (len(i.inner_rows), len(i.outer_rows)) == (i.m_in, i.m_out)
    return (
        counts and i.m_in >= 1 <= i.m_out and len(set(rows)) == i.m_in + i.m_out == i.m and set(rows) <= {*range(i.m)}
    )


def multiple_of_identity(S: Matrix) -> Fraction | None:
    """Return c where S = cI, else None."""
    return S[0][0] if rational.scaled(S[0][0], rational.identity(len(S))) == S else None


def positive(S: Matrix) -> bool:
    """Whether S is symmetric positive definite."""
    return semidefinite(S) and rational.rank(S) == len(S)


def is_diagonal(S: Matrix) -> bool:
    """Whether all entries off the diagonal vanish."""
    return rational.diagonal([row[p] for p, row in enumerate(S)]) == S


def semidefinite(S: Matrix) -> bool:
    """Whether S is symmetric positive semidefinite."""
    return rational.transpose(S) == S and rational.is_positive_semidefinite(S)


def sigma_bar_sq(i: Instance) -> Fraction:
    """Return σ̄² = Tr(Σ⋆) + σ²."""
    return sum((row[p] for p, row in enumerate(i.Sigma_star)), start=Fraction(i.sigma_sq))


def spanning(i: Instance) -> bool:
    """Whether the task parameters span R^k: their second moment is positive definite."""
    return rational.rank(i.tasks.law.second_moment()) == len(i.Sigma_star)


def _with_entry(S: Matrix, entry: Fraction) -> Matrix:
    """Return S with another entry in its first row, last column."""
    return ((*S[0][:-1], entry), *S[1:])


def _shifted(sample: Sample) -> Sample:
    """Return the sample with one value of its finite law moved by 1."""
    (p, value), *rest = finite(sample).atoms
    return Sample((FiniteLaw(((p, (value[0] + 1, *value[1:])), *rest)),), sample.count)


def _shared(i: Instance, one: str, other: str) -> dict[str, Any]:
    """Let two random objects have a source in common."""
    return {"sources": {**i.sources, **{name: i.sources[name] | {"common"} for name in (one, other)}}}


def _finite(i: Instance) -> dict[str, Any]:
    """Leave 13 tasks."""
    return {"N": 13, "tasks": Sample(i.tasks.laws, 13)}


def _few(i: Instance) -> dict[str, Any]:
    """Leave d tasks."""
    return {"N": i.d, "tasks": Sample(i.tasks.laws, i.d)}


def _unbounded(i: Instance) -> dict[str, Any]:
    """Take infinitely many tasks."""
    return {"N": math.inf, "tasks": Sample(i.tasks.laws, math.inf)}


def _mapped_tasks(i: Instance, factors: tuple[int, ...]) -> dict[str, Any]:
    """Multiply the coordinates of the task parameters, and Σ⋆ with them."""
    law = FiniteLaw(tuple((p, tuple(f * x for f, x in zip(factors, v, strict=True))) for p, v in finite(i.tasks).atoms))
    tasks = Sample((law,), i.tasks.count)
    return {"tasks": tasks, "Sigma_star": covariance(tasks)}


def _no_signal(i: Instance) -> dict[str, Any]:
    return _mapped_tasks(i, (0,) * i.k)


def _stretched(i: Instance) -> dict[str, Any]:
    """Stretch one direction of the task parameters: no multiple of I is left where k ≥ 2, and another one at k = 1."""
    return _mapped_tasks(i, (2, *(1,) * (i.k - 1)))


def _one_lost(i: Instance) -> dict[str, Any]:
    return _mapped_tasks(i, (0, *(1,) * (i.k - 1)))


def _no_noise(i: Instance) -> dict[str, Any]:
    silent = two_points(Fraction(0), Fraction(0))
    return {"sigma_sq": Fraction(0), "noise": Sample((silent,), i.noise.count)}


def _common_row(i: Instance) -> dict[str, Any]:
    """Let the outer loop's first row be one of the inner loop's."""
    return {"outer_rows": (i.inner_rows[0], *i.outer_rows[1:])}


_SIZES = (
    Condition(
        texts.WIDTHS,
        lambda i: 1 <= i.k <= i.k_prime <= i.d and i.k < i.d,
        (
            ("k' > d", lambda i: {"k_prime": i.d + 1}),
            ("k > k'", lambda i: {"k_prime": i.k - 1}),
            ("k = 0", lambda _: {"k": 0}),
        ),
    ),
    Condition(r"$k \lt d$", lambda i: i.k < i.d, (("k = d", lambda i: {"k": i.d}),)),
    Condition("$k' = k$", lambda i: i.k_prime == i.k, (("k' > k", lambda i: {"k_prime": i.k + 1}),)),
    Condition("$k' = d$", lambda i: i.k_prime == i.d, (("k' < d", lambda i: {"k_prime": i.d - 1}),)),
    Condition("$k = k' = 1$", lambda i: i.k == i.k_prime == 1, (("k' = 2", lambda _: {"k_prime": 2}),)),
    Condition(texts.MORE_ROWS_THAN_K, lambda i: i.m > i.k, (("m = k", lambda i: {"m": i.k}),)),
    Condition(r"$m \le k'$", lambda i: i.m <= i.k_prime, (("m = k' + 1", lambda i: {"m": i.k_prime + 1}),)),
    Condition(r"$m_{\mathrm{in}} \ge 1$", lambda i: i.m_in >= 1, (("m_in = 0", lambda _: {"m_in": 0}),)),
    Condition(
        "$m$ is the number of rows of $X_i$",
        lambda i: i.features.count == i.m,
        (("m larger", lambda i: {"m": i.m + 1}),),
    ),
)

_SUBSPACE = (
    Condition(
        texts.ORTHONORMAL,
        lambda i: (len(i.B_star), len(i.B_star[0])) == (i.d, i.k) and rational.orthonormality_defect(i.B_star) == 0,
        (
            ("columns longer than 1", lambda i: {"B_star": rational.scaled(Fraction(2), i.B_star)}),
            ("one column more", lambda i: {"B_star": tuple((*row, row[0]) for row in i.B_star)}),
        ),
    ),
)

_MODEL = (
    Condition(
        texts.RANDOM_DESIGN,
        random_design,
        (
            ("features of variance 2", lambda i: {"features": Sample((gaussian(i.d, Fraction(2)),), i.m)}),
            ("two laws of rows", lambda i: {"features": Sample((gaussian(i.d), gaussian(i.d, Fraction(2))), i.m)}),
            ("noise with a mean", lambda i: {"noise": _shifted(i.noise)}),
            ("noise of another variance", lambda i: {"sigma_sq": i.sigma_sq + 1}),
            ("tasks with a mean", lambda i: {"tasks": _shifted(i.tasks)}),
        ),
    ),
    Condition(
        texts.INDEPENDENCE,
        lambda i: independent(i, "features", "noise", "tasks"),
        (
            ("noise depends on the features", lambda i: _shared(i, "noise", "features")),
            ("tasks depend on the features", lambda i: _shared(i, "tasks", "features")),
            ("noise depends on the task", lambda i: _shared(i, "noise", "tasks")),
        ),
    ),
    Condition(
        r"Assumption 1 with mean $\mu_\star$ and covariance $\Sigma_\star$ of the task parameters",
        lambda i: (
            standard_rows(i.features, i.d, i.m)
            and centred_noise(i.noise, i.sigma_sq, i.m)
            and is_sample(i.tasks, i.N)
            and i.tasks.law.mean() == i.mu_star
            and covariance(i.tasks) == i.Sigma_star
        ),
        (("another mean", lambda i: {"mu_star": tuple(x + 1 for x in i.mu_star)}),),
    ),
    Condition(
        r"$w_{\star,1}, \ldots, w_{\star,N}$ fixed",
        lambda i: len(i.fixed_tasks) == i.N and not i.sources["tasks"],
        (("drawn", lambda i: {"sources": {**i.sources, "tasks": frozenset({"tasks"})}}),),
    ),
    Condition(
        r"rows i.i.d., spherically symmetric, $\mathbb{E}[xx^\top] = I_d$, $\mathbb{E}\lVert x \rVert^4 \lt \infty$",
        # Mixtures of finitely many Gaussian laws have every moment.
        lambda i: (
            is_sample(i.features, i.m)
            and i.features.law.is_spherical()
            and i.features.law.second_moment() == rational.identity(i.d)
        ),
        (("variance 2", lambda i: {"features": Sample((gaussian(i.d, Fraction(2)),), i.m)}),),
    ),
)

_COVARIANCE = (
    Condition(
        texts.ISOTROPIC,
        lambda i: (multiple_of_identity(i.Sigma_star) or 0) == i.c > 0 and len(i.Sigma_star) == i.k,
        (
            ("c = 0", lambda i: {"c": Fraction(0), **_no_signal(i)}),
            ("one variance four times as large", _stretched),
        ),
    ),
    Condition(
        texts.ANY_COVARIANCE,
        lambda i: semidefinite(i.Sigma_star) and len(i.Sigma_star) == i.k,
        (("a negative variance", lambda i: {"Sigma_star": rational.scaled(Fraction(-1), rational.identity(i.k))}),),
    ),
    Condition(
        texts.POSITIVE_COVARIANCE,
        lambda i: positive(i.Sigma_star) and len(i.Sigma_star) == i.k,
        (("one direction lost", _one_lost),),
    ),
    Condition(
        r"$\Sigma_\star \ne 0$",
        lambda i: any(any(row) for row in i.Sigma_star),
        (("Σ⋆ = 0", _no_signal),),
    ),
    Condition(
        r"$\Sigma_\star$ diagonal and positive definite",
        lambda i: positive(i.Sigma_star) and is_diagonal(i.Sigma_star),
        (
            ("one direction lost", _one_lost),
            ("one entry aside", lambda i: {"Sigma_star": _with_entry(i.Sigma_star, Fraction(-1))}),
        ),
    ),
    Condition(r"$\sigma \gt 0$", lambda i: i.sigma_sq > 0, (("σ = 0", _no_noise),)),
    Condition(
        r"$\bar\sigma^2 \gt 0$",
        lambda i: sigma_bar_sq(i) > 0,
        (("no signal and no noise", lambda i: {**_no_signal(i), **_no_noise(i)}),),
    ),
)

_LOOPS = (
    Condition(
        texts.SPLIT, split, (("a row in both loops", _common_row), ("no outer rows", lambda _: {"outer_rows": ()}))
    ),
    Condition(
        "inner and outer loop both use all $m$ rows",
        lambda i: {*i.inner_rows} == {*i.outer_rows} == {*range(i.m)},
        (("a row left out", lambda i: {"outer_rows": i.outer_rows[1:]}),),
    ),
    Condition(
        r"the inner step of (1) uses $m_{\mathrm{in}}$ rows",
        lambda i: len({*i.inner_rows}) == i.m_in,
        (("all rows", lambda i: {"inner_rows": (*i.inner_rows, *i.outer_rows)}),),
    ),
    Condition(texts.INFINITE_TASKS, lambda i: i.N == math.inf, (("N = 13", _finite),)),
    Condition(r"$N = \infty$", lambda i: i.N == math.inf, (("N = 13", _finite),)),
    Condition("$N$ finite", lambda i: 1 <= i.N < math.inf, (("N = ∞", _unbounded),)),
    Condition("$N$ large", lambda i: i.N > i.d, (("N = d", _few),)),
    Condition(
        "$N$ tasks, large and finite",
        lambda i: i.d < i.N < math.inf,
        (("N = ∞", _unbounded), ("N = d", _few)),
    ),
    Condition(
        texts.INFINITE_SAMPLES,
        lambda i: i.m_in == i.N == math.inf,
        (("m_in = 3", lambda _: {"m_in": 3}), ("N = 13", _finite)),
    ),
    Condition(r"$m_{\mathrm{in}} = \infty$", lambda i: i.m_in == math.inf, (("m_in = 3", lambda _: {"m_in": 3}),)),
    Condition(
        r"$m_{\mathrm{in}} = \infty$, $N = \infty$, $k' = k$",
        lambda i: i.m_in == i.N == math.inf and i.k_prime == i.k,
        (("m_in = 3", lambda _: {"m_in": 3}), ("k' > k", lambda i: {"k_prime": i.k + 1})),
    ),
    Condition(
        r"$N = \infty$, heads minimised out; or $m = \infty$ and $w_{\star,i}$ that span $\mathbb{R}^k$",
        lambda i: i.N == math.inf or (i.m == math.inf and spanning(i)),
        (("both finite", lambda _: {"N": 13, "m": 11}),),
    ),
)

CONDITIONS = (*_SIZES, *_SUBSPACE, *_MODEL, *_COVARIANCE, *_LOOPS)
