"""The paper's displayed formulas a second time, entry by entry: sums over indices, and no linear algebra library.

Typed from the text of the paper without looking at `foanil.statements`, with which the tests compare it; it imports
nothing of this package. A matrix is anything indexed as A[i][j], a vector is a column (v[i][0]), numbers are exact
rationals; a result is a number or a list of rows. Indices: r, q for the d features, i, j, a for the k′ columns of B,
p, l for the k columns of B⋆, n for samples. Every formula is written out in full, even where another one contains it.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

Number = Any
Matrix = Any
Rows = list[list[Number]]


# Section 2 ---------------------------------------------------------------------------------------


def labels(X: Matrix, B_star: Matrix, w_star: Matrix, z: Matrix) -> Rows:
    """Return y_n = Σ_r X_nr Σ_p B⋆_rp w⋆_p + z_n (Section 2.1)."""
    return [
        [sum(X[n][r] * B_star[r][p] * w_star[p][0] for r in range(len(B_star)) for p in range(len(w_star))) + z[n][0]]
        for n in range(len(X))
    ]


def empirical_loss(B: Matrix, w: Matrix, X: Matrix, y: Matrix, m: Number) -> Number:
    """Return (1/2m) Σ_n (y_n − Σ_r Σ_a X_nr B_ra w_a)² (Section 2.2.1)."""
    total = 0
    for n in range(len(X)):
        guess = sum(X[n][r] * B[r][a] * w[a][0] for r in range(len(B)) for a in range(len(w)))
        total += (y[n][0] - guess) ** 2
    return total / (2 * m)


def adapted_test_loss(B: Matrix, w_adapted: Matrix, B_star: Matrix, w_star: Matrix, sigma_sq: Number) -> Number:
    """Return E ½(y − xᵀBw_{t,i})² of a fresh standard Gaussian row, ½(Σ_r (Bw_{t,i} − B⋆w⋆)_r² + σ²), in (1)."""
    total = sigma_sq
    for r in range(len(B)):
        learned = sum(B[r][a] * w_adapted[a][0] for a in range(len(w_adapted)))
        true = sum(B_star[r][p] * w_star[p][0] for p in range(len(w_star)))
        total += (learned - true) ** 2
    return total / 2


def inner_update(w: Matrix, head_gradient: Matrix, alpha: Number) -> Rows:
    """Return w_a − α (∇_w L̂)_a, equation (2)."""
    return [[w[a][0] - alpha * head_gradient[a][0]] for a in range(len(w))]


def outer_update(B: Matrix, gradient_sum: Matrix, beta: Number, N: Number) -> Rows:
    """Return B_ra − (β/N)(Σ_i Ĥ_i ∇_B L̂_i)_ra, the representation's part of equation (3)."""
    return [[B[r][a] - beta * gradient_sum[r][a] / N for a in range(len(B[r]))] for r in range(len(B))]


def inner_step(
    B: Matrix, w: Matrix, X_in: Matrix, z_in: Matrix, B_star: Matrix, w_star: Matrix, alpha: Number, m_in: Number
) -> Rows:
    """Return w − (α/m_in) BᵀXᵀX(Bw − B⋆w⋆) + (α/m_in) BᵀXᵀz, equation (4)."""
    d, samples = range(len(B)), range(len(X_in))
    error = [
        sum(B[r][a] * w[a][0] for a in range(len(w))) - sum(B_star[r][p] * w_star[p][0] for p in range(len(w_star)))
        for r in d
    ]
    out = []
    for a in range(len(w)):
        drift = sum(B[r][a] * X_in[n][r] * X_in[n][q] * error[q] for n in samples for r in d for q in d)
        noise = sum(B[r][a] * X_in[n][r] * z_in[n][0] for n in samples for r in d)
        out.append([w[a][0] - alpha * drift / m_in + alpha * noise / m_in])
    return out


# Infinitely many tasks ---------------------------------------------------------------------------


def head_step(B: Matrix, w: Matrix, alpha: Number, beta: Number) -> Rows:
    """Return w_i − β Σ_j (I − αBᵀB)_ij Σ_a (BᵀB)_ja w_a, equation (5)."""
    d, width = range(len(B)), range(len(w))
    out = []
    for i in width:
        step = 0
        for j in width:
            shrink = (1 if i == j else 0) - alpha * sum(B[r][i] * B[r][j] for r in d)
            step += shrink * sum(B[r][j] * B[r][a] * w[a][0] for r in d for a in width)
        out.append([w[i][0] - beta * step])
    return out


def representation_step(
    B: Matrix, B_star: Matrix, Sigma_star: Matrix, second_moment: Matrix, alpha: Number, beta: Number
) -> Rows:
    """Return B_ri − β Σ_j B_rj E[w w ᵀ]_ji + αβ Σ_q (B⋆Σ⋆B⋆ᵀ)_rq B_qi, equation (6)."""
    d, width, k = range(len(B)), range(len(B[0])), range(len(Sigma_star))
    out = []
    for r in d:
        row = []
        for i in width:
            pull = sum(B[r][j] * second_moment[j][i] for j in width)
            push = sum(B_star[r][p] * Sigma_star[p][l] * B_star[q][l] * B[q][i] for p in k for l in k for q in d)
            row.append(B[r][i] - beta * pull + alpha * beta * push)
        out.append(row)
    return out


def second_moment_first_line(B: Matrix, w: Matrix, B_star: Matrix, Sigma_star: Matrix, alpha: Number) -> Rows:
    """Return ((I − αBᵀB)w)_i ((I − αBᵀB)w)_j + α² (BᵀB⋆Σ⋆B⋆ᵀB)_ij, the first line of (7)."""
    d, width, k = range(len(B)), range(len(w)), range(len(Sigma_star))
    shrunk = [w[i][0] - alpha * sum(B[r][i] * B[r][a] * w[a][0] for r in d for a in width) for i in width]
    out = []
    for i in width:
        row = []
        for j in width:
            seen = 0
            for p in k:
                for l in k:
                    left = sum(B[r][i] * B_star[r][p] for r in d)
                    right = sum(B_star[q][l] * B[q][j] for q in d)
                    seen += left * Sigma_star[p][l] * right
            row.append(shrunk[i] * shrunk[j] + alpha**2 * seen)
        out.append(row)
    return out


def second_moment(
    B: Matrix,
    w: Matrix,
    B_star: Matrix,
    Sigma_star: Matrix,
    alpha: Number,
    sigma_sq: Number,
    m_in: Number,
) -> Rows:
    """Return E[w_{t,i}w_{t,i}ᵀ] by both lines of (7); the bracket of the second line is written as a d×d table."""
    d, width, k = range(len(B)), range(len(w)), range(len(Sigma_star))
    output = [sum(B[r][a] * w[a][0] for a in width) for r in d]
    tasks = [[sum(B_star[r][p] * Sigma_star[p][l] * B_star[q][l] for p in k for l in k) for q in d] for r in d]
    level = sum(x * x for x in output) + sum(Sigma_star[p][p] for p in k) + sigma_sq
    bracket = [[output[r] * output[q] + tasks[r][q] + (level if r == q else 0) for q in d] for r in d]
    shrunk = [w[i][0] - alpha * sum(B[r][i] * output[r] for r in d) for i in width]
    out = []
    for i in width:
        row = []
        for j in width:
            first = shrunk[i] * shrunk[j] + alpha**2 * sum(B[r][i] * tasks[r][q] * B[q][j] for r in d for q in d)
            second = alpha**2 * sum(B[r][i] * bracket[r][q] * B[q][j] for r in d for q in d) / m_in
            row.append(first + second)
        out.append(row)
    return out


def anil_loss(
    B: Matrix,
    w: Matrix,
    B_star: Matrix,
    Sigma_star: Matrix,
    alpha: Number,
    sigma_sq: Number,
    m_in: Number,
) -> Number:
    """Return L_ANIL of (1) after (4), with A = αBBᵀ, v = Bw − θ⋆ and S = XᵀX/m_in:

    ½E‖v − ASv + noise‖² + ½σ², by E[S] = I, E[SMS] = M + (M + Tr(M)I)/m_in and E[noise²] = σ²Tr(A²)/m_in.
    """
    d, width, k = range(len(B)), range(len(w)), range(len(Sigma_star))
    output = [sum(B[r][a] * w[a][0] for a in width) for r in d]
    A = [[alpha * sum(B[r][a] * B[q][a] for a in width) for q in d] for r in d]
    square = [[sum(A[r][s] * A[s][q] for s in d) for q in d] for r in d]
    trace = sum(square[r][r] for r in d)
    total = sigma_sq + sigma_sq * trace / m_in
    for r in d:
        for q in d:
            same = 1 if r == q else 0
            gap = output[r] * output[q] + sum(B_star[r][p] * Sigma_star[p][l] * B_star[q][l] for p in k for l in k)
            total += gap * (same - 2 * A[r][q] + square[r][q] + (square[r][q] + trace * same) / m_in)
    return total / 2


# The limit (Section 3) ---------------------------------------------------------------------------


def sigma_bar_sq(Sigma_star: Matrix, sigma_sq: Number) -> Number:
    """Return σ̄² = Σ_p Σ⋆_pp + σ² (Theorem 1)."""
    return sum(Sigma_star[p][p] for p in range(len(Sigma_star))) + sigma_sq


def limit_gram(Sigma_star: Matrix, sigma_bar_sq: Number, alpha: Number, m_in: Number) -> Rows:
    """Return Λ⋆ = (1/α)·m_in/(m_in + 1)·(I − (((m_in + 1)/σ̄²)Σ⋆ + I)⁻¹), equation (8)."""
    k = range(len(Sigma_star))
    inside = [[(m_in + 1) * Sigma_star[p][l] / sigma_bar_sq + (1 if p == l else 0) for l in k] for p in k]
    inverse = _inverse(inside)
    return [[m_in * ((1 if p == l else 0) - inverse[p][l]) / (alpha * (m_in + 1)) for l in k] for p in k]


def limit_gram_ratio_form(Sigma_star: Matrix, sigma_bar_sq: Number, alpha: Number, m_in: Number) -> Rows:
    """Return Λ⋆ = α⁻¹Σ⋆((1 + 1/m_in)Σ⋆ + (σ̄²/m_in)I)⁻¹, equation (8) as one ratio."""
    k = range(len(Sigma_star))
    below = [
        [Sigma_star[p][l] + Sigma_star[p][l] / m_in + (sigma_bar_sq / m_in if p == l else 0) for l in k] for p in k
    ]
    inverse = _inverse(below)
    return [[sum(Sigma_star[p][h] * inverse[h][l] for h in k) / alpha for l in k] for p in k]


def limit_complement(B: Matrix, B_star_perp: Matrix) -> Rows:
    """Return (B⋆,⊥ᵀB)_ha = Σ_r B⋆,⊥_rh B_ra, zero in (9)."""
    rows, width, d = range(len(B_star_perp[0])), range(len(B[0])), range(len(B))
    return [[sum(B_star_perp[r][h] * B[r][a] for r in d) for a in width] for h in rows]


def limit_head_output(B: Matrix, w: Matrix) -> Rows:
    """Return (Bw)_r = Σ_a B_ra w_a, zero in (9)."""
    return [[sum(B[r][a] * w[a][0] for a in range(len(w)))] for r in range(len(B))]


def gram(B: Matrix, B_star: Matrix) -> Rows:
    """Return Λ_pl = Σ_a (Σ_r B⋆_rp B_ra)(Σ_q B⋆_ql B_qa), equal to Λ⋆ in (9)."""
    k, width, d = range(len(B_star[0])), range(len(B[0])), range(len(B))
    return [
        [sum(B_star[r][p] * B[r][a] * B[q][a] * B_star[q][l] for r in d for q in d for a in width) for l in k]
        for p in k
    ]


def _inverse(A: Matrix) -> Rows:
    """Return A⁻¹ by cofactors: (A⁻¹)_pl = (−1)^{p+l} det(A without row l and column p)/det A."""
    n, whole = len(A), _determinant(A)
    out = []
    for p in range(n):
        row = []
        for l in range(n):
            minor = [[A[r][s] for s in range(n) if s != p] for r in range(n) if r != l]
            row.append((-1) ** (p + l) * _determinant(minor) / whole)
        out.append(row)
    return out


def _determinant(A: Matrix) -> Number:
    """Return Leibniz's sum over permutations; 1 for the empty matrix."""
    total = 0
    for order in permutations(range(len(A))):
        term = 1
        for row, column in enumerate(order):
            term = term * A[row][column]
        inversions = sum(order[s] > order[t] for t in range(len(order)) for s in range(t))
        total = total + (-1) ** inversions * term
    return total


# A new task, and Burer-Monteiro ------------------------------------------------------------------


def new_task_labels(X_test: Matrix, B_star: Matrix, w_star: Matrix, z_test: Matrix) -> Rows:
    """Return y_n = Σ_r Σ_p X_nr B⋆_rp w⋆_p + z_n, equation (10)."""
    return [
        [
            z_test[n][0]
            + sum(X_test[n][r] * B_star[r][p] * w_star[p][0] for p in range(len(w_star)) for r in range(len(B_star)))
        ]
        for n in range(len(X_test))
    ]


def new_task_step(
    B: Matrix,
    w: Matrix,
    X_test: Matrix,
    z_test: Matrix,
    B_star: Matrix,
    w_star: Matrix,
    alpha: Number,
    m_test: Number,
) -> Rows:
    """Return ŵ + αB̂ᵀΣ_test B⋆w⋆ + (α/m_test)B̂ᵀXᵀz with Σ_test = XᵀX/m_test, equation (11)."""
    d, samples = range(len(B)), range(len(X_test))
    theta = [sum(B_star[r][p] * w_star[p][0] for p in range(len(w_star))) for r in d]
    out = []
    for a in range(len(w)):
        signal = sum(B[r][a] * (X_test[n][r] * X_test[n][q] / m_test) * theta[q] for n in samples for r in d for q in d)
        noise = sum(B[r][a] * X_test[n][r] * z_test[n][0] for n in samples for r in d)
        out.append([w[a][0] + alpha * signal + alpha * noise / m_test])
    return out


def burer_monteiro_term(B: Matrix, W: Matrix, X: Matrix, y: Matrix, m: Number, N: Number) -> Number:
    """Return (1/2N)·(1/2m) Σ_n (y_n − (X B W^{(i)})_n)², one task's term of (12), with L̂_i as in Section 2.2.1."""
    total = 0
    for n in range(len(X)):
        residual = y[n][0]
        for r in range(len(B)):
            for a in range(len(W)):
                residual = residual - X[n][r] * B[r][a] * W[a][0]
        total = total + residual * residual
    return total / (2 * N) / (2 * m)


FORMULAS = {
    function.__name__: function
    for function in (
        labels,
        empirical_loss,
        adapted_test_loss,
        inner_update,
        outer_update,
        inner_step,
        head_step,
        representation_step,
        second_moment_first_line,
        second_moment,
        anil_loss,
        sigma_bar_sq,
        limit_gram,
        limit_gram_ratio_form,
        limit_complement,
        limit_head_output,
        gram,
        new_task_labels,
        new_task_step,
        burer_monteiro_term,
    )
}
"""Name → formula, under the names and letters of `foanil.statements`."""
