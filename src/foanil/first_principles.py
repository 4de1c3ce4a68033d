"""The data model, the loss, its gradients, and the inner and outer step, from definitions (1)-(3) only.

This is the derivation side: it must not import `foanil.statements`, directly or not (a test enforces it). Everything
is polymorphic over number systems; vectors are columns; sample sizes are passed as scalars of the system, since in
matrix words they are symbols. The typed gradients are checked against the differentiated loss.
"""

from __future__ import annotations

from dataclasses import dataclass

from foanil.arrays import Array, Arrays, Scalar


@dataclass(frozen=True, slots=True)
class Sample:
    """Observations of one task: X of shape (m, d), y of shape (m, 1), and m as a scalar."""

    X: Array
    y: Array
    m: Scalar


@dataclass(frozen=True, slots=True)
class Parameters:
    """Network parameters θ = (B, w): B of shape (d, k′), w of shape (k′, 1); f_θ(x) = xᵀBw."""

    B: Array
    w: Array


def task_sample(X: Array, m: Scalar, B_star: Array, w_star: Array, z: Array) -> Sample:
    """Draw the labels of a task with parameter θ⋆ = B⋆w⋆: y = Xθ⋆ + z (Section 2.1)."""
    regression_parameter = B_star @ w_star
    return Sample(X, X @ regression_parameter + z, m)


def empirical_loss(xp: Arrays, theta: Parameters, sample: Sample) -> Scalar:
    """Mean squared error over a sample, halved: L̂ = ‖XBw − y‖²/(2m) (Section 2.2.1). Degree 2."""
    return xp.sqnorm(sample.X @ (theta.B @ theta.w) - sample.y) / sample.m / 2


def expected_loss(xp: Arrays, theta: Parameters, B_star: Array, w_star: Array, sigma_sq: Scalar) -> Scalar:
    """Expected loss L_i on a fresh observation with E[xxᵀ] = I and noise variance σ². Degree 2."""
    return xp.sqnorm(theta.B @ theta.w - B_star @ w_star) / 2 + sigma_sq / 2


def head_gradient(theta: Parameters, sample: Sample) -> Array:
    """∇_w L̂ = BᵀXᵀ(XBw − y)/m. Shape (k′, 1), degree 3/2."""
    residual = sample.X @ (theta.B @ theta.w) - sample.y
    return theta.B.T @ (sample.X.T @ residual) / sample.m


def representation_gradient(theta: Parameters, sample: Sample) -> Array:
    """∇_B L̂ = Xᵀ(XBw − y)wᵀ/m. Shape (d, k′), degree 3/2."""
    residual = sample.X @ (theta.B @ theta.w) - sample.y
    return (sample.X.T @ residual) @ theta.w.T / sample.m


def inner_step(theta: Parameters, inner: Sample, alpha: Scalar) -> Parameters:
    """ANIL's inner loop (2): the head takes one gradient step on the inner sample, the representation stays."""
    return Parameters(theta.B, theta.w - alpha * head_gradient(theta, inner))


def gradient(theta: Parameters, sample: Sample) -> Parameters:
    """∇_θ L̂, both blocks."""
    return Parameters(representation_gradient(theta, sample), head_gradient(theta, sample))


def first_order_direction(theta: Parameters, inner: Sample, outer: Sample, alpha: Scalar) -> Parameters:
    """One task's term of (3) with Ĥ replaced by the identity: ∇_θ L̂(θ_{t,i}; outer), θ_{t,i} after the inner step."""
    return gradient(inner_step(theta, inner, alpha), outer)


def hessian_factor(theta: Parameters, inner: Sample, alpha: Scalar, direction: Parameters) -> Parameters:
    """Apply Ĥ of (3), the transposed derivative of θ ↦ (B, w − α∇_w L̂(θ; inner)), to a pair (g_B, g_w).

    With r = XBw − y and u = B g_w: g_B − (α/m)(Xᵀr g_wᵀ + XᵀX u wᵀ), and g_w − (α/m) BᵀXᵀX u.
    """
    X, m = inner.X, inner.m
    residual = X @ (theta.B @ theta.w) - inner.y
    spread = X.T @ (X @ (theta.B @ direction.w))
    representation = direction.B - alpha / m * (X.T @ residual @ direction.w.T + spread @ theta.w.T)
    return Parameters(representation, direction.w - alpha / m * (theta.B.T @ spread))


def second_order_direction(theta: Parameters, inner: Sample, outer: Sample, alpha: Scalar) -> Parameters:
    """One task's term of (3) in full: Ĥ applied to ∇_θ L̂(θ_{t,i}; outer), which is ∇_θ of the adapted outer loss."""
    return hessian_factor(theta, inner, alpha, first_order_direction(theta, inner, outer, alpha))


def outer_step(theta: Parameters, mean_direction: Parameters, beta: Scalar) -> Parameters:
    """Outer loop (3): θ ← θ − β · (mean over tasks of the direction)."""
    return Parameters(theta.B - beta * mean_direction.B, theta.w - beta * mean_direction.w)


def adapted_outer_loss(xp: Arrays, theta: Parameters, inner: Sample, outer: Sample, alpha: Scalar) -> Scalar:
    """The outer sample's loss after the inner step, as a function of θ: what second-order ANIL differentiates."""
    return empirical_loss(xp, inner_step(theta, inner, alpha), outer)


def adapted_expected_loss(
    xp: Arrays,
    theta: Parameters,
    inner: Sample,
    alpha: Scalar,
    B_star: Array,
    w_star: Array,
    sigma_sq: Scalar,
) -> Scalar:
    """What (1) averages over tasks: the expected loss of a task after the inner step on its inner sample."""
    return expected_loss(xp, inner_step(theta, inner, alpha), B_star, w_star, sigma_sq)
