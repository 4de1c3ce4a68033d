"""The paper's displayed formulas, each transcribed once, polymorphic over number systems; nothing else.

Every function takes a number system `xp` (see `foanil.arrays`) and the paper's letters (see `foanil.notation` for
shapes and scaling degrees); vectors are columns. Scalars must belong to the system, so that m_in/(m_in + 1) stays
exact where the system is. The derivation side never imports this module.
"""

from __future__ import annotations

from typing import Any

from foanil.arrays import Array, Arrays, Scalar


def labels(xp: Arrays, X: Array, B_star: Array, w_star: Array, z: Array) -> Array:
    """Labels of a task, y_i = X_i B⋆ w⋆,i + z_i (Section 2.1). Shape (m, 1), degree 1."""
    return X @ B_star @ w_star + z


def empirical_loss(xp: Arrays, B: Array, w: Array, X: Array, y: Array, m: Scalar) -> Scalar:
    """Empirical squared error, (1/2m)‖y_i − X_i B w‖² (Section 2.2.1). Scalar, degree 2."""
    return xp.sqnorm(y - X @ B @ w) / (2 * m)


def adapted_test_loss(xp: Arrays, B: Array, w_adapted: Array, B_star: Array, w_star: Array, sigma_sq: Scalar) -> Scalar:
    """What (1) averages: the expected test loss of task i after its inner step. Scalar, degree 2.

    For a fresh standard Gaussian sample, ½(‖B w_{t,i} − B⋆ w⋆,i‖² + σ²).
    """
    return (xp.sqnorm(B @ w_adapted - B_star @ w_star) + sigma_sq) / 2


def inner_update(xp: Arrays, w: Array, head_gradient: Array, alpha: Scalar) -> Array:
    """Inner loop, w_{t,i} ← w_t − α∇_w L̂_i, equation (2). Shape (k′, 1), degree 1/2."""
    return w - alpha * head_gradient


def outer_update(xp: Arrays, B: Array, gradient_sum: Array, beta: Scalar, N: Scalar) -> Array:
    """Outer loop, θ_{t+1} ← θ_t − (β/N) Σ_i Ĥ_{t,i} ∇_θ L̂_i, equation (3), its B block. Shape (d, k′), degree 1/2."""
    return B - beta / N * gradient_sum


def inner_step(
    xp: Arrays,
    B: Array,
    w: Array,
    X_in: Array,
    z_in: Array,
    B_star: Array,
    w_star: Array,
    alpha: Scalar,
    m_in: Scalar,
) -> Array:
    """Adapted head in closed form, equation (4). Shape (k′, 1), degree 1/2."""
    return w - alpha / m_in * (B.T @ X_in.T @ X_in @ (B @ w - B_star @ w_star)) + alpha / m_in * (B.T @ X_in.T @ z_in)


def head_step(xp: Arrays, B: Array, w: Array, alpha: Scalar, beta: Scalar) -> Array:
    """Outer step of the head for N = ∞, equation (5). Shape (k′, 1), degree 1/2."""
    return w - beta * ((xp.eye(B.shape[1]) - alpha * (B.T @ B)) @ (B.T @ B) @ w)


def representation_step(
    xp: Arrays, B: Array, B_star: Array, Sigma_star: Array, second_moment: Array, alpha: Scalar, beta: Scalar
) -> Array:
    """Outer step of the representation for N = ∞, equation (6). Shape (d, k′), degree 1/2."""
    return B - beta * (B @ second_moment) + alpha * beta * (B_star @ Sigma_star @ B_star.T @ B)


def second_moment_first_line(xp: Arrays, B: Array, w: Array, B_star: Array, Sigma_star: Array, alpha: Scalar) -> Array:
    """First line of (7), the second moment for infinitely many samples. Shape (k′, k′), degree 1."""
    deflated = xp.eye(B.shape[1]) - alpha * (B.T @ B)
    return deflated @ w @ w.T @ deflated + alpha**2 * (B.T @ B_star @ Sigma_star @ B_star.T @ B)


def second_moment(
    xp: Arrays,
    B: Array,
    w: Array,
    B_star: Array,
    Sigma_star: Array,
    alpha: Scalar,
    sigma_sq: Scalar,
    m_in: Scalar,
) -> Array:
    """Second moment of the adapted head, E[w_{t,i} w_{t,i}ᵀ], equation (7), Lemma 15. Shape (k′, k′), degree 1."""
    noise = xp.sqnorm(B @ w) + xp.trace(Sigma_star) + sigma_sq
    spread = B @ w @ w.T @ B.T + B_star @ Sigma_star @ B_star.T + noise * xp.eye(B.shape[0])
    first_line = second_moment_first_line(xp, B, w, B_star, Sigma_star, alpha)
    return first_line + alpha**2 / m_in * (B.T @ spread @ B)


def sigma_bar_sq(xp: Arrays, Sigma_star: Array, sigma_sq: Scalar) -> Scalar:
    """Total label variance, σ̄² := Tr(Σ⋆) + σ² (Theorem 1). Scalar, degree 2."""
    return xp.trace(Sigma_star) + sigma_sq


def limit_gram(xp: Arrays, Sigma_star: Array, sigma_bar_sq: Scalar, alpha: Scalar, m_in: Scalar) -> Array:
    """Limit Λ⋆ of B⋆ᵀB_tB_tᵀB⋆ as printed in (8), Theorem 1. Shape (k, k), degree 1."""
    identity = xp.eye(Sigma_star.shape[0])
    resolvent = xp.inv((m_in + 1) / sigma_bar_sq * Sigma_star + identity)
    return 1 / alpha * (m_in / (m_in + 1)) * (identity - resolvent)


def limit_gram_ratio_form(xp: Arrays, Sigma_star: Array, sigma_bar_sq: Scalar, alpha: Scalar, m_in: Scalar) -> Array:
    """Λ⋆ as a ratio, α⁻¹ Σ⋆ ((1 + 1/m_in) Σ⋆ + (σ̄²/m_in) I)⁻¹: (8) rewritten. Shape (k, k), degree 1."""
    total = (1 + 1 / m_in) * Sigma_star + sigma_bar_sq / m_in * xp.eye(Sigma_star.shape[0])
    return 1 / alpha * (Sigma_star @ xp.inv(total))


def limit_complement(xp: Arrays, B: Array, B_star_perp: Array) -> Array:
    """B⋆,⊥ᵀB, zero in (9). Shape (d−k, k′), degree 1/2."""
    return B_star_perp.T @ B


def limit_head_output(xp: Arrays, B: Array, w: Array) -> Array:
    """B w, zero in (9). Shape (d, 1), degree 1."""
    return B @ w


def gram(xp: Arrays, B: Array, B_star: Array) -> Array:
    """Λ = B⋆ᵀ B Bᵀ B⋆, equal to Λ⋆ in (9). Shape (k, k), degree 1."""
    return B_star.T @ B @ B.T @ B_star


def new_task_labels(xp: Arrays, X_test: Array, B_star: Array, w_star: Array, z_test: Array) -> Array:
    """Labels of a new task, y = X B⋆ w⋆ + z, equation (10). Shape (m_test, 1), degree 1."""
    return X_test @ B_star @ w_star + z_test


def new_task_step(
    xp: Arrays,
    B: Array,
    w: Array,
    X_test: Array,
    z_test: Array,
    B_star: Array,
    w_star: Array,
    alpha: Scalar,
    m_test: Scalar,
) -> Array:
    """One test-time step from a point with B̂ŵ = 0, equation (11). Shape (k′, 1), degree 1/2."""
    covariance = X_test.T @ X_test / m_test
    return w + alpha * (B.T @ covariance @ B_star @ w_star) + alpha / m_test * (B.T @ X_test.T @ z_test)


def burer_monteiro_term(xp: Arrays, B: Array, W: Array, X: Array, y: Array, m: Scalar, N: Scalar) -> Scalar:
    """Task i's term of the Burer–Monteiro objective, (1/2N) L̂_i(B W^{(i)}), equation (12). Scalar, degree 2."""
    return xp.sqnorm(y - X @ B @ W) / (2 * m) / (2 * N)


def anil_loss(
    xp: Arrays,
    B: Array,
    w: Array,
    B_star: Array,
    Sigma_star: Array,
    alpha: Scalar,
    sigma_sq: Scalar,
    m_in: Scalar,
) -> Scalar:
    """L_ANIL of (1) in closed form, with m_in inner rows and the test noise kept. Scalar, degree 2.

    Not displayed in the paper: ours, from (1), (4) and Assumption 1 with any Σ⋆.
    """
    M, v = alpha * (B @ B.T), B @ w
    Theta = B_star @ Sigma_star @ B_star.T
    total = xp.sqnorm(v) + xp.trace(Sigma_star) + sigma_sq
    quadratic = xp.eye(B.shape[0]) - 2 * M + (1 + 1 / m_in) * (M @ M)
    return (xp.trace((v @ v.T + Theta) @ quadratic) + xp.trace(M @ M) * total / m_in + sigma_sq) / 2


FORMULAS: tuple[str, ...] = (
    "labels",
    "empirical_loss",
    "adapted_test_loss",
    "inner_update",
    "outer_update",
    "inner_step",
    "head_step",
    "representation_step",
    "second_moment_first_line",
    "second_moment",
    "sigma_bar_sq",
    "limit_gram",
    "limit_gram_ratio_form",
    "limit_complement",
    "limit_head_output",
    "gram",
    "new_task_labels",
    "new_task_step",
    "burer_monteiro_term",
    "anil_loss",
)
"""The names of the transcribed formulas, in paper order."""


def formula(name: str) -> Any:
    """Return a formula of this module by name; raises KeyError for a name that is not one of `FORMULAS`."""
    if name not in FORMULAS:
        raise KeyError(f"no formula {name!r} in foanil.statements; it has: {', '.join(FORMULAS)}")
    return globals()[name]
