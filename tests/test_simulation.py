"""Laws of the simulated tasks and of the outer steps of every method."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from foanil import dynamics, first_principles
from foanil.arrays import NUMPY
from foanil.first_principles import Parameters, Sample
from foanil.setting import Setting
from foanil.simulation import methods
from foanil.simulation.methods import moment_points
from foanil.simulation.tasks import Floats, TaskDistribution, Tasks, centred, draw, parameters

N, D, K, K_PRIME, M_IN, M_OUT = 7, 6, 2, 4, 5, 3
ALPHA, BETA = 0.11, 0.07
SIZES = [(N, D, K, K_PRIME, M_IN, M_OUT), (1, 2, 1, 1, 1, 1)]


def small(sizes: tuple[int, ...], seed: int = 20261123) -> tuple[Tasks, Floats, Floats]:
    """Return tasks with a mean and a general covariance, and a point (B, w)."""
    n, d, k, k_prime, m_in, m_out = sizes
    random = np.random.default_rng(seed)
    root = random.standard_normal((k, k))
    frame = np.linalg.qr(random.standard_normal((d, k)))[0]
    world = TaskDistribution(frame, root @ root.T, 0.7, random.standard_normal(k))
    tasks = draw(world, n, m_in, m_out, random)
    return tasks, random.standard_normal((d, k_prime)), random.standard_normal(k_prime)


def samples(tasks: Tasks, i: int) -> tuple[Sample, Sample]:
    """Return the two samples of one task in the form of the definitions."""
    inner = Sample(tasks.X_in[i], tasks.y_in[i][:, None], tasks.X_in.shape[1])
    return inner, Sample(tasks.X_out[i], tasks.y_out[i][:, None], tasks.X_out.shape[1])


def outer_loss(tasks: Tasks, adapted: Callable[[Floats, Floats, Sample], Parameters]) -> Callable[..., float]:
    """Return the mean outer loss at (B, w) after an inner step."""

    def loss(B: Floats, w: Floats) -> float:
        pairs = (samples(tasks, i) for i in range(len(tasks)))
        losses = [first_principles.empirical_loss(NUMPY, adapted(B, w, inner), outer) for inner, outer in pairs]
        return float(np.mean(losses))

    return loss


def central_difference(loss: Callable[..., float], B: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Return the derivatives of a loss by central differences."""
    point, width = np.concatenate([B.ravel(), w]), 1e-5
    slopes = []
    for j in range(len(point)):
        ends = [point.copy(), point.copy()]
        ends[0][j] += width
        ends[1][j] -= width
        up, down = (loss(end[: B.size].reshape(B.shape), end[B.size :]) for end in ends)
        slopes.append((up - down) / (2 * width))
    return np.array(slopes[: B.size]).reshape(B.shape), np.array(slopes[B.size :])


def head_step(B: Floats, w: Floats, inner: Sample) -> Parameters:
    """ANIL's inner step."""
    return first_principles.inner_step(Parameters(B, w[:, None]), inner, ALPHA)


def whole_step(B: Floats, w: Floats, inner: Sample) -> Parameters:
    """MAML's inner step."""
    theta = Parameters(B, w[:, None])
    slope = first_principles.gradient(theta, inner)
    return Parameters(theta.B - ALPHA * slope.B, theta.w - ALPHA * slope.w)


def moved(step: methods.Step, B: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Return the direction that a step of size BETA takes."""
    after = step({"B": B, "w": w})
    return (B - after["B"]) / BETA, (w - after["w"]) / BETA


# Directions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(("method", "inner"), [(methods.anil, head_step), (methods.maml, whole_step)])
def test_second_order_methods_descend_the_adapted_outer_loss(
    method: Callable[..., methods.Step], inner: Callable[..., Parameters], sizes: tuple[int, ...]
) -> None:
    """ANIL and MAML move along the gradient of the mean outer loss after the inner step, by finite differences."""
    tasks, B, w = small(sizes)
    expected = central_difference(outer_loss(tasks, inner), B, w)
    for found, slope in zip(moved(method(tasks, ALPHA, BETA), B, w), expected, strict=True):
        np.testing.assert_allclose(found, slope, rtol=1e-6, atol=1e-6 * np.abs(slope).max())


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(("method", "inner"), [(methods.fo_anil, head_step), (methods.fo_maml, whole_step)])
def test_first_order_methods_take_the_outer_gradient_at_the_adapted_point(
    method: Callable[..., methods.Step], inner: Callable[..., Parameters], sizes: tuple[int, ...]
) -> None:
    """FO-ANIL and FO-MAML average the outer gradients at the adapted networks, task by task."""
    tasks, B, w = small(sizes)
    slopes = []
    for i in range(len(tasks)):
        before, after = samples(tasks, i)
        slopes.append(first_principles.gradient(inner(B, w, before), after))
    along_B, along_w = moved(method(tasks, ALPHA, BETA), B, w)
    np.testing.assert_allclose(along_B, np.mean([slope.B for slope in slopes], axis=0), rtol=1e-10)
    np.testing.assert_allclose(along_w, np.mean([slope.w[:, 0] for slope in slopes], axis=0), rtol=1e-10)


def test_order_matters() -> None:
    """The first-order direction is not the gradient: the two orders differ at a generic point, for both methods."""
    tasks, B, w = small(SIZES[0])
    pairs = [(methods.anil, methods.fo_anil), (methods.maml, methods.fo_maml), (methods.fo_anil, methods.fo_maml)]
    for one, other in pairs:
        gap = moved(one(tasks, ALPHA, BETA), B, w)[0] - moved(other(tasks, ALPHA, BETA), B, w)[0]
        assert np.abs(gap).max() > 1e-3


def test_without_the_split_the_inner_sample_serves_twice() -> None:
    """Unsplit tasks have the outer arrays of the inner sample, and the directions differ."""
    tasks, B, w = small(SIZES[0])
    assert tasks.unsplit.X_out is tasks.X_in
    split, unsplit = (moved(methods.fo_anil(data, ALPHA, BETA), B, w)[0] for data in (tasks, tasks.unsplit))
    assert np.abs(split - unsplit).max() > 1e-3


# Limits --------------------------------------------------------------------------------------------


def infinite_tasks_step(m_in: int, world: TaskDistribution, B: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Return the direction of the recursion (5)-(6)."""
    setting = Setting(world.d, world.k, len(w), m_in, world.Sigma_star.tolist(), world.sigma_sq, ALPHA, BETA)
    after = dynamics.step(NUMPY, setting.in_system(NUMPY), dynamics.Iterate(B, w[:, None]))
    return (B - after.B) / BETA, (w - after.w[:, 0]) / BETA


def standardised_gaps(directions: list[tuple[Floats, Floats]], expected: tuple[Floats, Floats]) -> Floats:
    """Return (mean − expected)/standard error of every entry, from directions on independent batches of tasks."""
    found = np.array([np.concatenate([one.ravel(), other]) for one, other in directions])
    target = np.concatenate([expected[0].ravel(), expected[1]])
    return np.asarray((found.mean(0) - target) / (found.std(0, ddof=1) / np.sqrt(len(found))))


def test_infinitely_many_tasks_are_the_mean_over_tasks() -> None:
    """The direction on N tasks has the recursion (5)-(6) as its mean; that of m_in + 2, or without split, has not."""
    world = centred(D, np.array([[1.3, 0.4], [0.4, 0.6]]), 0.7)
    random = np.random.default_rng(5)
    B, w = 0.8 * random.standard_normal((D, K_PRIME)), 0.5 * random.standard_normal(K_PRIME)
    batches = [draw(world, 2_000, M_IN, M_OUT, random) for _ in range(100)]
    found = [moved(methods.fo_anil(tasks, ALPHA, BETA), B, w) for tasks in batches]
    # 28 entries: five standard errors happen by chance once in 60 000 draws of this test.
    assert np.abs(standardised_gaps(found, infinite_tasks_step(M_IN, world, B, w))).max() < 5
    assert np.abs(standardised_gaps(found, infinite_tasks_step(M_IN + 2, world, B, w))).max() > 5
    unsplit = [moved(methods.fo_anil(tasks.unsplit, ALPHA, BETA), B, w) for tasks in batches]
    assert np.abs(standardised_gaps(unsplit, infinite_tasks_step(M_IN, world, B, w))).max() > 5


def test_many_samples_move_as_infinitely_many() -> None:
    """The direction on m rows comes close to that of m = ∞ on the same tasks as m grows."""
    world = centred(D, np.diag([1.3, 0.6]), 0.7)
    random = np.random.default_rng(6)
    B, w = 0.8 * random.standard_normal((D, K_PRIME)), 0.5 * random.standard_normal(K_PRIME)
    gaps = []
    for m in (300, 30_000):
        tasks = draw(world, 40, m, m + 100, random)
        limit = moved(methods.infinite_samples(tasks.theta_star, ALPHA, BETA), B, w)[0]
        gaps.append(np.linalg.norm(moved(methods.fo_anil(tasks, ALPHA, BETA), B, w)[0] - limit))
    # A hundred times the rows: a tenth of the error, within a factor of 3 for the luck of two draws.
    assert gaps[1] < 0.3 * gaps[0]


def test_moment_points_stand_for_all_tasks() -> None:
    """2k points with the mean and covariance of the tasks move as (5)-(6) at an enormous sample size."""
    world = centred(D, np.array([[1.3, 0.4], [0.4, 0.6]]), 0.7)
    _, B, w = small(SIZES[0])
    found = moved(methods.infinite_samples(methods.moment_points(world), ALPHA, BETA), B, w)
    for one, other in zip(found, infinite_tasks_step(10**13, world, B, w), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


def test_moment_points_carry_the_mean() -> None:
    """The points have the stated mean and second moment."""
    world = TaskDistribution(np.eye(5, 3), np.diag([2.0, 1.0, 0.5]), 0.1, np.array([0.3, -0.2, 0.9]))
    points = moment_points(world) @ world.B_star
    np.testing.assert_allclose(points.mean(0), world.mean, atol=1e-12)
    np.testing.assert_allclose(np.cov(points.T, bias=True), world.Sigma_star, atol=1e-12)


# Burer-Monteiro ------------------------------------------------------------------------------------


def test_burer_monteiro_descends_its_objective() -> None:
    """Both factors move along the gradient of (12), heads in units in which both factors have the same scale."""
    tasks, B, _ = small(SIZES[0])
    W = np.random.default_rng(8).standard_normal((N, K_PRIME))
    X, y = np.concatenate([tasks.X_in, tasks.X_out], 1), np.concatenate([tasks.y_in, tasks.y_out], 1)

    def loss(B: Floats, heads: Floats) -> float:
        residual = np.einsum("nmd,dk,nk->nm", X, B, heads.reshape(N, K_PRIME)) - y
        return float((residual**2).sum() / (2 * (M_IN + M_OUT) * N))

    along_B, along_W = central_difference(loss, B, W.ravel())
    after = methods.burer_monteiro(tasks, BETA)({"B": B, "W": W})
    np.testing.assert_allclose((B - after["B"]) / BETA, along_B, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose((W - after["W"]).ravel() / (BETA * N), along_W, rtol=1e-6, atol=1e-8)


# Tasks ---------------------------------------------------------------------------------------------


def test_labels_follow_the_data_model() -> None:
    """Labels are Xθ⋆ plus noise of variance σ², and E y² = σ̄²."""
    world = TaskDistribution(np.eye(4, 2), np.diag([1.5, 0.5]), 2.0, np.array([0.6, -0.3]))
    tasks = draw(world, 20_000, 3, 2, np.random.default_rng(9))
    noise = tasks.y_in - np.einsum("nmd,nd->nm", tasks.X_in, tasks.theta_star)
    assert abs(noise.var() - world.sigma_sq) < 0.05
    assert abs((tasks.y_out**2).mean() - world.sigma_bar_sq) < 0.2
    assert abs(np.corrcoef(noise.ravel(), tasks.X_in[:, :, 0].ravel())[0, 1]) < 0.02


def test_parameters_have_the_stated_moments() -> None:
    """θ⋆ has mean B⋆μ and covariance B⋆Σ⋆B⋆ᵀ."""
    frame = np.linalg.qr(np.random.default_rng(2).standard_normal((4, 2)))[0]
    world = TaskDistribution(frame, np.array([[1.0, 0.3], [0.3, 0.5]]), 0.0, np.array([0.7, -0.4]))
    theta = parameters(world, 200_000, np.random.default_rng(3))
    np.testing.assert_allclose(theta.mean(0), frame @ world.mean, atol=0.02)
    np.testing.assert_allclose(np.cov(theta.T), frame @ world.Sigma_star @ frame.T, atol=0.02)


def test_start_is_a_multiple_of_an_orthogonal_matrix() -> None:
    """Every squared singular value of B_0 is the stated one, and ‖w_0‖² too."""
    state = methods.orthogonal_start(6, 4, 2.5, 0.3, np.random.default_rng(4))
    np.testing.assert_allclose(state["B"].T @ state["B"], 2.5 * np.eye(4), atol=1e-12)
    assert state["w"] @ state["w"] == pytest.approx(0.3)


def test_wrong_shapes_are_named() -> None:
    """A mean or covariance of the wrong size, or a negative variance, is refused with what was expected."""
    with pytest.raises(ValueError, match=r"needs Sigma_star of shape \(2, 2\)"):
        TaskDistribution(np.eye(4, 2), np.eye(3), 1.0, np.zeros(2))
    with pytest.raises(ValueError, match="a variance, a number >= 0; got -1"):
        centred(4, np.eye(2), -1)
