"""Laws of the estimates at test time: against the definitions, against closed forms, and against Monte Carlo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from foanil import first_principles, statements
from foanil.adaptation import (
    Floats,
    NewTasks,
    cross_fitted_risk,
    excess_risks,
    expected_half_risk,
    gradient_steps,
    half_risks,
    least_squares,
    one_step,
    ridge,
    standard_error,
    tuned,
    tuned_ridge,
)
from foanil.arrays import NUMPY

D, K, ALPHA, SIGMA_SQ = 7, 2, 0.06, 1.7
SIGMA_STAR = np.array([[1.3, 0.4], [0.4, 0.6]])
MEAN = np.array([0.8, -0.5])
Z_BOUND = 5.0
"""A Monte Carlo mean may be so many standard errors off: a false alarm in 1.7 million, in six checks of this file."""


def frame() -> Floats:
    """Return a B⋆ in general position."""
    return np.linalg.qr(np.random.default_rng(5).standard_normal((D, K)))[0]


def new_tasks(n: int, m: int, seed: int = 0, mean: Floats | None = None, d: int = D) -> NewTasks:
    """Draw n tasks with m rows, from their definition (10)."""
    random = np.random.default_rng(seed)
    heads = (0 if mean is None else mean) + random.standard_normal((n, K)) @ np.linalg.cholesky(SIGMA_STAR).T
    theta_star = heads @ (frame() if d == D else np.eye(d, K)).T
    X = random.standard_normal((n, m, d))
    y = np.einsum("nmd,nd->nm", X, theta_star) + np.sqrt(SIGMA_SQ) * random.standard_normal((n, m))
    return NewTasks(X, y, theta_star)


def network(k_prime: int = 4, rank: int | None = None, seed: int = 1) -> tuple[Floats, Floats]:
    """Return (B, w) in general position, B of shape (7, k′) and of the given rank."""
    random = np.random.default_rng(seed)
    rank = k_prime if rank is None else rank
    B = random.standard_normal((D, rank)) @ random.standard_normal((rank, k_prime)) / np.sqrt(rank)
    return B, random.standard_normal(k_prime)


WIDTHS = [(4, 4, 3), (4, 2, 3), (4, 4, 4), (3, 3, 6), (6, 2, 5), (1, 1, 2), (3, 2, 1)]
"""(k′, rank of B, m_test): wider and narrower than the rows, of full rank and not, and the smallest sizes."""


# Against the definitions ---------------------------------------------------------------------------


def loop(tasks: NewTasks, B: Floats, w: Floats, count: int) -> Floats:
    """Return Bw_test of every task by `count` inner steps of the first principles, one after the other."""
    found = []
    for X, y in zip(tasks.X, tasks.y, strict=True):
        theta = first_principles.Parameters(B, w[:, None])
        for _ in range(count):
            theta = first_principles.inner_step(theta, first_principles.Sample(X, y[:, None], tasks.m_test), ALPHA)
        found.append((theta.B @ theta.w)[:, 0])
    return np.array(found)


@pytest.mark.parametrize(("k_prime", "rank", "m"), WIDTHS)
def test_one_step_is_the_inner_step(k_prime: int, rank: int, m: int) -> None:
    """(11) at test time is the inner loop's step on the new sample."""
    tasks, (B, w) = new_tasks(5, m), network(k_prime, rank)
    np.testing.assert_allclose(one_step(tasks, B, w, ALPHA), loop(tasks, B, w, 1), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("k_prime", "rank", "m"), WIDTHS)
def test_steps_without_a_loop_are_the_steps_of_a_loop(k_prime: int, rank: int, m: int) -> None:
    """The filter of τ steps gives what τ inner steps give, small and large steps alike, τ = 0 too."""
    tasks, (B, w), counts = new_tasks(5, m), network(k_prime, rank), [0, 1, 2, 9]
    # so large a representation that some directions overshoot (1 < αs) in the second half of the cases
    # at the larger scale some directions overshoot: 1 < αs
    for scale in (1.0, 3.0):
        found = gradient_steps(tasks, scale * B, w, ALPHA, counts)
        for count, theta in zip(counts, found, strict=True):
            expected = loop(tasks, scale * B, w, count)
            np.testing.assert_allclose(theta, expected, rtol=1e-10, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize(("k_prime", "rank", "m"), WIDTHS)
@pytest.mark.parametrize("parameter", [1e-6, 0.3, 40.0])
def test_ridge_is_stationary(k_prime: int, rank: int, m: int, parameter: float) -> None:
    """The gradient of (1/2m)‖y − XBw‖² + (λ/2)‖w‖² is zero at the head that ridge returns."""
    tasks, (B, _) = new_tasks(5, m), network(k_prime, rank)
    for X, y, theta in zip(tasks.X, tasks.y, ridge(tasks, B, parameter)[0], strict=True):
        head = np.linalg.pinv(B) @ theta
        slope = B.T @ X.T @ (X @ theta - y) / m + parameter * head
        np.testing.assert_allclose(B @ head, theta, atol=1e-10)
        np.testing.assert_allclose(slope, 0, atol=1e-9)


def test_ridge_solves_each_parameter_of_a_grid() -> None:
    """A grid gives what its parameters give one by one, by a linear solve."""
    tasks, (B, _), grid = new_tasks(4, 3), network(5), np.array([0.01, 1.0, 7.0])
    found = ridge(tasks, B, grid)
    for i, parameter in enumerate(grid):
        for task in range(len(tasks)):
            A = tasks.X[task] @ B
            head = np.linalg.solve(A.T @ A / 3 + parameter * np.eye(5), A.T @ tasks.y[task] / 3)
            np.testing.assert_allclose(found[i, task], B @ head, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("k_prime", "rank", "m"), WIDTHS)
def test_least_squares_has_minimum_norm(k_prime: int, rank: int, m: int) -> None:
    """Least squares is Bŵ with ŵ = (XB)⁺y, ridge at λ = 0 and its limit, and what many steps from w = 0 reach."""
    tasks, (B, _) = new_tasks(5, m), network(k_prime, rank)
    # The rounding noise of a rank-deficient XB is no direction: pinv cuts where the estimate does.
    cut = max(m, k_prime) * np.finfo(float).eps
    expected = np.array([B @ np.linalg.pinv(X @ B, rcond=cut) @ y for X, y in zip(tasks.X, tasks.y, strict=True)])
    found = least_squares(tasks, B)
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found, ridge(tasks, B, [0.0, 1.0])[0], rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(ridge(tasks, B, 1e-12)[0], found, rtol=1e-4, atol=1e-6)
    if not np.isclose(np.abs(found).max(), 0):
        many = gradient_steps(tasks, B, np.zeros(k_prime), 1e-3, 10**12)[0]
        np.testing.assert_allclose(many, found, rtol=1e-6, atol=1e-8)


def test_degenerate_representations_are_no_obstacle() -> None:
    """B = 0, and a B with a direction 10⁻³⁰⁰ times as strong as another, give finite estimates for every λ >= 0."""
    tasks, grid = new_tasks(3, 4), [0.0, 1e-300, 1e-12, 1.0, 1e300]
    assert not ridge(tasks, np.zeros((D, 5)), grid).any()
    assert not gradient_steps(tasks, np.zeros((D, 5)), np.ones(5), ALPHA, [3]).any()
    B = network(3)[0] * np.array([1.0, 1e-150, 1e-300])
    assert np.isfinite(ridge(tasks, B, grid)).all()
    assert np.isfinite(gradient_steps(tasks, B, np.ones(3), ALPHA, [0, 1, 10**9])).all()


def test_only_the_gram_matters() -> None:
    """A rotation of the network's hidden layer changes no estimate, and scaling B by u scales λ by u²."""
    tasks, (B, w) = new_tasks(4, 5), network(4)
    Q = np.linalg.qr(np.random.default_rng(3).standard_normal((4, 4)))[0]
    np.testing.assert_allclose(ridge(tasks, B @ Q, 0.7), ridge(tasks, B, 0.7), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(ridge(tasks, 3 * B, 9 * 0.7), ridge(tasks, B, 0.7), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(one_step(tasks, B @ Q, Q.T @ w, ALPHA), one_step(tasks, B, w, ALPHA), rtol=1e-11)


def test_estimates_are_equivariant_under_a_change_of_unit() -> None:
    """With y → uy, α → α/u and (B, w) → √u(B, w), every estimate gains the factor u; so does λ."""
    tasks, (B, w), u = new_tasks(4, 5), network(4), 2.5
    scaled = NewTasks(tasks.X, u * tasks.y, u * tasks.theta_star)
    pairs = (
        (one_step(scaled, u**0.5 * B, u**0.5 * w, ALPHA / u), one_step(tasks, B, w, ALPHA)),
        (ridge(scaled, u**0.5 * B, u * 0.7), ridge(tasks, B, 0.7)),
        (least_squares(scaled, u**0.5 * B), least_squares(tasks, B)),
    )
    for found, before in pairs:
        np.testing.assert_allclose(found, u * before, rtol=1e-10, atol=1e-12)


# Risk ----------------------------------------------------------------------------------------------


def test_half_risk_is_the_excess_of_the_expected_loss() -> None:
    """½‖Bw_test − θ⋆‖² is the expected loss after adaptation less σ²/2; Section 3.1's excess risk is its double."""
    tasks, (B, w) = new_tasks(5, 3), network(4)
    theta = first_principles.Parameters(B, w[:, None])
    expected = []
    for X, y, theta_star in zip(tasks.X, tasks.y, tasks.theta_star, strict=True):
        sample, w_star = first_principles.Sample(X, y[:, None], 3), (frame().T @ theta_star)[:, None]
        loss = first_principles.adapted_expected_loss(NUMPY, theta, sample, ALPHA, frame(), w_star, SIGMA_SQ)
        expected.append(float(loss) - SIGMA_SQ / 2)
    found = one_step(tasks, B, w, ALPHA)
    np.testing.assert_allclose(half_risks(found, tasks.theta_star), expected, rtol=1e-10)
    np.testing.assert_allclose(excess_risks(found, tasks.theta_star), 2 * np.array(expected), rtol=1e-10)


@pytest.mark.parametrize(("k_prime", "rank", "m"), WIDTHS)
def test_expected_half_risk_is_the_meta_loss_of_as_many_rows(k_prime: int, rank: int, m: int) -> None:
    """The exact risk of one step is L_ANIL with m_test rows in place of m_in, without the noise of the test loss."""
    B, w = network(k_prime, rank)
    stated = statements.anil_loss(NUMPY, B, w[:, None], frame(), SIGMA_STAR, ALPHA, SIGMA_SQ, m)
    found = expected_half_risk(B, w, ALPHA, m, frame(), SIGMA_STAR, SIGMA_SQ)
    assert found == pytest.approx(float(stated) - SIGMA_SQ / 2, rel=1e-11)


def z_score(risks: Floats, expected: float) -> float:
    """Return how many standard errors the mean of the risks is away from an expected value."""
    return float((risks.mean() - expected) / standard_error(risks))


@pytest.mark.parametrize("mean", [None, MEAN], ids=["centred", "with a mean"])
@pytest.mark.parametrize("m", [1, 5])
def test_expected_half_risk_is_the_mean_over_tasks(m: int, mean: Floats | None) -> None:
    """The exact risk is the mean over 40 000 tasks up to 5 standard errors; with one row more it is not."""
    tasks, (B, w) = new_tasks(40_000, m, seed=11, mean=mean), network(4)
    risks = half_risks(one_step(tasks, 2 * B, w, ALPHA), tasks.theta_star)
    known = (frame(), SIGMA_STAR, SIGMA_SQ, mean)
    assert abs(z_score(risks, expected_half_risk(2 * B, w, ALPHA, m, *known))) < Z_BOUND
    assert abs(z_score(risks, expected_half_risk(2 * B, w, ALPHA, m + 1, *known))) > Z_BOUND


def test_forgotten_mean_is_noticed() -> None:
    """The exact risk for a centred distribution is not that of one with a mean."""
    tasks, (B, w) = new_tasks(40_000, 5, seed=11, mean=MEAN), network(4)
    risks = half_risks(one_step(tasks, 2 * B, w, ALPHA), tasks.theta_star)
    assert abs(z_score(risks, expected_half_risk(2 * B, w, ALPHA, 5, frame(), SIGMA_STAR, SIGMA_SQ))) > Z_BOUND


@pytest.mark.parametrize("m_test", [3, 11])
def test_expected_half_risk_at_the_limit_is_proposition_1(m_test: int) -> None:
    """At (9), with Y = αΛ⋆, it is half of Tr((I−Y)²Σ⋆) + (Tr(Y²Σ⋆) + Tr(Y²)(Tr Σ⋆ + σ²))/m_test, averaged over w⋆."""
    m_in, noise = 4, np.trace(SIGMA_STAR) + SIGMA_SQ
    Y = SIGMA_STAR @ np.linalg.inv((1 + 1 / m_in) * SIGMA_STAR + noise / m_in * np.eye(K))
    B = frame() @ np.linalg.cholesky(Y / ALPHA)
    variance = np.trace(Y @ Y @ SIGMA_STAR) + np.trace(Y @ Y) * noise
    expected = np.trace((np.eye(K) - Y) @ (np.eye(K) - Y) @ SIGMA_STAR) + variance / m_test
    found = expected_half_risk(B, np.zeros(K), ALPHA, m_test, frame(), SIGMA_STAR, SIGMA_SQ)
    assert found == pytest.approx(expected / 2, rel=1e-11)


def test_expected_half_risk_is_least_at_the_limit() -> None:
    """No small change of the limit point lowers the exact risk at m_test = m_in, and it equals ½Tr(Σ⋆ − αΛ⋆Σ⋆)."""
    m, noise, random = 4, np.trace(SIGMA_STAR) + SIGMA_SQ, np.random.default_rng(8)
    Y = SIGMA_STAR @ np.linalg.inv((1 + 1 / m) * SIGMA_STAR + noise / m * np.eye(K))
    B = np.hstack([frame() @ np.linalg.cholesky(Y / ALPHA), np.zeros((D, 1))])

    def risk(B: Floats, w: Floats) -> float:
        return expected_half_risk(B, w, ALPHA, m, frame(), SIGMA_STAR, SIGMA_SQ)

    least = risk(B, np.zeros(K + 1))
    assert least == pytest.approx(np.trace(SIGMA_STAR - Y @ SIGMA_STAR) / 2, rel=1e-11)
    for _ in range(20):
        assert risk(B + 0.1 * random.standard_normal(B.shape), 0.1 * random.standard_normal(K + 1)) > least


@pytest.mark.parametrize(("m", "d"), [(13, 4), (4, 9)])
def test_least_squares_has_its_proved_risk(m: int, d: int) -> None:
    """With m > d + 1 rows the risk is σ²d/(m−d−1), with m < d − 1 it is (1−m/d)‖θ⋆‖² + σ²m/(d−m−1), to 5 errors."""
    tasks = new_tasks(20_000, m, seed=4, d=d)
    risks = excess_risks(least_squares(tasks, np.eye(d)), tasks.theta_star)
    missed = 0.0 if m > d else (1 - m / d) * np.trace(SIGMA_STAR)
    assert abs(z_score(risks, missed + SIGMA_SQ * min(m, d) / (abs(m - d) - 1))) < Z_BOUND


def test_oracle_ridge_at_its_best_parameter_is_the_posterior_mean() -> None:
    """For Σ⋆ = cI ridge with λ = σ²/(mc) on B⋆ is E[θ⋆ | X, y]: no neighbour does better on 40 000 tasks, by far."""
    random, c, m = np.random.default_rng(2), 0.9, 5
    theta_star = np.sqrt(c) * random.standard_normal((40_000, K)) @ frame().T
    X = random.standard_normal((40_000, m, D))
    y = np.einsum("nmd,nd->nm", X, theta_star) + np.sqrt(SIGMA_SQ) * random.standard_normal((40_000, m))
    best = SIGMA_SQ / (m * c)
    risks = half_risks(ridge(NewTasks(X, y, theta_star), frame(), best * np.array([1.0, 0.5, 2.0])), theta_star)
    for other in risks[1:]:
        assert z_score(other - risks[0], 0.0) > Z_BOUND


# Tuning --------------------------------------------------------------------------------------------


def test_tuning_takes_the_least_mean() -> None:
    """One parameter is chosen for all tasks, the one of least mean risk, and its per-task risks are returned."""
    risks = np.array([[5.0, 5, 5, 5, 5], [0, 9, 1, 1, 1], [3, 3, 3, 3, 3]])
    found = tuned([0.1, 1.0, 10.0], risks, folds=2)
    assert found.parameter == 1.0
    assert not found.on_edge
    np.testing.assert_array_equal(found.risks, risks[1])
    np.testing.assert_allclose(found.curve, [5, 2.4, 3])


def test_edges_of_the_grid_are_noticed() -> None:
    """A best point at either end of a grid says that the grid is too short; a grid of one point says nothing."""
    risks = np.arange(3.0)[:, None] + np.zeros(5)
    assert tuned([1, 2, 3], risks).on_edge
    assert tuned([1, 2, 3], risks[::-1]).on_edge
    assert not tuned([1], risks[:1]).on_edge


def test_optimism_is_what_choosing_on_the_same_tasks_gains() -> None:
    """Each fold is judged by the choice of the others: pure noise shows optimism, a clear best point shows none."""
    random = np.random.default_rng(6)
    noise = random.standard_normal((30, 500))
    found = tuned(np.arange(30), noise)
    # the least of 30 means of 500 standard normals is about 2 standard errors low, and the choice is worth nothing
    assert found.optimism == pytest.approx(2 / np.sqrt(500), abs=1.5 / np.sqrt(500))
    clear = tuned(np.arange(30), noise + 10 * np.arange(30)[:, None])
    assert clear.optimism == pytest.approx(0, abs=1e-12)
    assert cross_fitted_risk(clear.risks[None], 5) == pytest.approx(float(clear.risks.mean()))


def test_tuned_ridge_beats_its_neighbours_and_least_squares() -> None:
    """The tuned parameter lies inside the default grid, and its mean half risk is the least along it."""
    tasks, (B, _) = new_tasks(400, 4), network(5)
    found = tuned_ridge(tasks, B)
    assert not found.on_edge
    assert found.risks.mean() == pytest.approx(found.curve.min(), rel=1e-13)
    assert found.risks.mean() < half_risks(least_squares(tasks, B), tasks.theta_star).mean()
    np.testing.assert_allclose(found.risks, half_risks(ridge(tasks, B, found.parameter)[0], tasks.theta_star))


# Faults --------------------------------------------------------------------------------------------


def test_faults_are_named() -> None:
    """Shapes that do not fit, negative parameters, broken counts and divergence are refused with their cause."""
    tasks, (B, w) = new_tasks(3, 4), network(4)
    with pytest.raises(ValueError, match="X of shape"):
        replace(tasks, y=tasks.y[:, :-1])
    for wrong in (-1.0, float("nan"), [[1.0]]):
        with pytest.raises(ValueError, match="ridge parameter"):
            ridge(tasks, B, wrong)
    for count in (-1, 1.5):
        with pytest.raises(ValueError, match="gradient steps"):
            gradient_steps(tasks, B, w, ALPHA, count)
    with pytest.raises(FloatingPointError, match="lower alpha"):
        gradient_steps(tasks, B, w, 100.0, 10**6)
    with pytest.raises(ValueError, match="at least two"):
        standard_error(np.ones(1))
    with pytest.raises(ValueError, match="more test tasks"):
        tuned([1.0, 2.0], np.ones((2, 3)))
