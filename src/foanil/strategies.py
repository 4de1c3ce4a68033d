"""Hypothesis strategies for settings and initial points: exact rationals that meet their conditions by construction.

Nothing is drawn and thrown away. Orthogonal matrices are products of rational reflections, B_0 comes from a rational
cosine–sine decomposition so that ‖B_0‖₂ is an exact rational, and σ̄ is drawn before c and σ², so that it is one too:
a condition can then hold with equality. Everything shrinks to first axes, smallest sizes and constants at their limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from foanil import rational
from foanil.rational import Matrix
from foanil.setting import Setting, State, isotropic, rescaled

STEPS = 8
"""Drawn rationals are multiples of 1/STEPS: few digits, so that draws and counterexamples can be read."""

FINE_STEPS = 10**6
"""Square roots that bound a norm are rounded down to multiples of 1/FINE_STEPS, relative to their size."""

MOST_SAMPLES = 40
Draw = Any
Start = tuple[Setting, State]


@dataclass(frozen=True, slots=True)
class Sizes:
    """d, k, k′ and m_in of a draw."""

    d: int
    k: int
    k_prime: int
    m_in: int


@st.composite
def sizes(draw: Draw, max_d: int = 5, max_k: int = 3) -> Sizes:
    """Draw k < d ≤ max_d and k ≤ k′ ≤ d, often k′ = k or k′ = d, and m_in ≥ 1, often 1."""
    k = draw(st.integers(1, min(max_k, max_d - 1)))
    d = draw(st.integers(k + 1, max_d))
    k_prime = draw(st.sampled_from([k, d, *range(k, d + 1)]))
    m_in = draw(st.just(1) | st.integers(1, MOST_SAMPLES))
    return Sizes(d, k, k_prime, m_in)


def proportions() -> st.SearchStrategy[Fraction]:
    """Draw a rational in (0, 1], often 1."""
    return st.just(Fraction(1)) | st.integers(0, STEPS - 1).map(lambda n: Fraction(STEPS - n, STEPS))


def small_rationals(low: int = -2, high: int = 2) -> st.SearchStrategy[Fraction]:
    """Draw a multiple of 1/STEPS between two integers."""
    return st.integers(low * STEPS, high * STEPS).map(lambda n: Fraction(n, STEPS))


def units(decades: int = 3) -> st.SearchStrategy[Fraction]:
    """Draw λ^{1/2} > 0, log-uniform by decades with a mantissa: what B and w are multiplied by."""
    return st.builds(
        lambda exponent, mantissa: mantissa * Fraction(10) ** exponent,
        st.integers(-decades, decades),
        st.sampled_from([Fraction(1), Fraction(2), Fraction(4)]),
    )


@st.composite
def reflections(draw: Draw, n: int) -> Matrix:
    """Draw an exact n×n reflection with a small integer axis."""
    head = draw(st.integers(1, 3))
    tail = draw(st.lists(st.integers(-3, 3), min_size=n - 1, max_size=n - 1))
    return rational.reflection([Fraction(x) for x in (head, *tail)])


@st.composite
def orthogonal_matrices(draw: Draw, n: int, most: int = 2) -> Matrix:
    """Draw an exactly orthogonal n×n rational matrix, a product of up to `most` reflections (none: the identity)."""
    factors = draw(st.lists(reflections(n), max_size=most))
    return rational.product(rational.identity(n), *factors)


@st.composite
def spectral_covariances(draw: Draw, k: int) -> tuple[Matrix, Matrix]:
    """Draw (Q, diag(λ)) with Q orthogonal and rational λ ≥ 0, not all zero: Σ⋆ = Q diag(λ) Qᵀ, often singular."""
    largest = draw(st.integers(1, 2 * STEPS).map(lambda n: Fraction(n, STEPS)))
    others = [largest * draw(st.sampled_from([1, 0]) | proportions()) for _ in range(k - 1)]
    return draw(orthogonal_matrices(k)), rational.diagonal([largest, *others])


def covariances(k: int) -> st.SearchStrategy[Matrix]:
    """Draw a nonzero positive semidefinite Σ⋆ (k×k): singular ones and cI among them."""
    return spectral_covariances(k).map(lambda pair: rational.product(*pair, rational.transpose(pair[0])))


@st.composite
def settings(draw: Draw, max_d: int = 5, max_k: int = 3, any_covariance: bool = True) -> Setting:
    """Draw any valid setting; with any_covariance=False, one of Assumption 1 (Σ⋆ = cI, c > 0)."""
    drawn = draw(sizes(max_d, max_k))
    c = st.integers(1, 2 * STEPS).map(lambda n: Fraction(n, STEPS))
    covariance = draw(c | covariances(drawn.k) if any_covariance else c)
    sigma_sq = draw(st.just(Fraction(0)) | small_rationals(0, 4))
    alpha, ratio = draw(proportions()), draw(proportions())
    Q = draw(orthogonal_matrices(drawn.d))
    frame = rational.columns(Q, 0, drawn.k)
    return Setting(drawn.d, drawn.k, drawn.k_prime, drawn.m_in, covariance, sigma_sq, alpha, ratio * alpha, frame)


# Initial points ----------------------------------------------------------------------------------


def _rotation(parameter: Fraction) -> tuple[Fraction, Fraction]:
    """Return (cos, sin) = (1 − t², 2t)/(1 + t²), on the unit circle exactly; cos > 0 for 0 ≤ t < 1."""
    scale = 1 + parameter**2
    return (1 - parameter**2) / scale, 2 * parameter / scale


@st.composite
def _singular_values(draw: Draw, k: int, k_prime: int) -> list[Fraction]:
    """Draw k′ numbers in [0, 1], the largest 1; the first k positive, now and then tiny (nearly rank-deficient)."""
    tiny = st.sampled_from([Fraction(1, 10**3), Fraction(1, 10**6)])
    values = [draw(proportions() | tiny) for _ in range(k)]
    values += [draw(st.just(Fraction(0)) | proportions()) for _ in range(k_prime - k)]
    values[draw(st.integers(0, k_prime - 1))] = Fraction(1)
    return values


@st.composite
def unit_representations(draw: Draw, drawn: Sizes) -> tuple[Matrix, Matrix, Matrix]:
    """Draw (B⋆, B, V): B is d×k′ with ‖B‖₂ = 1 exactly and rank(B⋆ᵀB) = k; V holds its right singular vectors.

    B = O·blockdiag(P, P′)·(rotations by angles < 90° between the two blocks)·diag(singular values)·Vᵀ, B⋆ the first
    k columns of O: every pair of subspaces in general position has this form.
    """
    d, k, k_prime = drawn.d, drawn.k, drawn.k_prime
    # t close to 1 makes an angle close to 90°, that is B⋆ᵀB nearly rank-deficient.
    parameters = st.just(Fraction(0)) | st.sampled_from(
        [Fraction(n, d_) for n, d_ in ((1, 2), (1, 3), (2, 3), (99, 100))]
    )
    mixed = rational.as_array(rational.identity(d))
    for i in range(min(k, d - k)):
        cosine, sine = _rotation(draw(parameters))
        mixed[i, i], mixed[k + i, k + i], mixed[k + i, i], mixed[i, k + i] = cosine, cosine, sine, -sine
    blocks = rational.as_array(rational.identity(d))
    blocks[:k, :k] = rational.as_array(draw(orthogonal_matrices(k)))
    blocks[k:, k:] = rational.as_array(draw(orthogonal_matrices(d - k)))
    O, V = draw(orthogonal_matrices(d)), draw(orthogonal_matrices(k_prime))
    values = rational.as_array(rational.diagonal(draw(_singular_values(k, k_prime))))
    B = rational.as_array(O) @ blocks @ mixed[:, :k_prime] @ values @ rational.as_array(V).T
    return rational.columns(O, 0, k), rational.as_matrix(B), V


@st.composite
def _directions(draw: Draw, V: Matrix) -> tuple[Fraction, ...]:
    """Draw an exact unit vector, often the last right singular vector of B (Bw vanishes if its singular value does)."""
    Q = draw(st.just(V) | orthogonal_matrices(len(V)))
    column = draw(st.sampled_from([len(V) - 1, *range(len(V))]))
    return tuple(row[column] for row in Q)


@st.composite
def _noise_ratio_and_head(draw: Draw, k: int, ceiling: Fraction) -> tuple[Fraction, Fraction]:
    """Draw κ ≥ k and η ≥ 0 with κη² ≤ ceiling, either with equality (κ follows) or with κ = k often (σ = 0)."""
    steps = STEPS * k
    if draw(st.booleans()):
        most = rational.root_below(ceiling / k, steps)
        if most:
            eta = most * draw(proportions())
            return ceiling / eta**2, eta
    kappa = k * draw(st.just(Fraction(1)) | small_rationals(1, 4))
    return kappa, rational.root_below(ceiling / kappa, steps) * draw(st.just(Fraction(0)) | proportions())


@st.composite
def explicit_conditions(draw: Draw, max_d: int = 5, max_k: int = 3, any_unit: bool = False) -> Start:
    """Draw a setting and start that meet the hypotheses of Theorem 1 with explicit constants, exactly.

    β ≤ α ≤ 1/(2σ̄), α‖B_0‖₂² ≤ 1/(4m_in), ‖w_0‖² ≤ αc, rank(B⋆ᵀB_0) = k, k ≤ k′ ≤ d, k < d; each inequality often
    with equality. The unit of the labels has ‖B_0‖₂ = 1 (α = τ/(4m_in), τ ≤ 1), or any with any_unit=True.
    """
    drawn = draw(sizes(max_d, max_k))
    tau, theta, rho = draw(proportions()), draw(proportions()), draw(proportions())
    alpha = tau / (4 * drawn.m_in)
    sigma_bar = theta / (2 * alpha)
    # ‖w_0‖² = (θη)² ≤ αc = θ²m_in/(τκ) reads κη² ≤ m_in/τ.
    kappa, eta = draw(_noise_ratio_and_head(drawn.k, drawn.m_in / tau))
    made = _assembled(draw, drawn, sigma_bar, kappa, (alpha, rho * alpha), (Fraction(1), theta * eta))
    return rescaled(*made, root=draw(units())) if any_unit else made


@st.composite
def printed_conditions(
    draw: Draw, C_B: Fraction, C_w: Fraction, C_alpha: Fraction, max_d: int = 5, max_k: int = 3
) -> Start:
    """Draw a setting and start that meet Theorem 1's hypotheses as printed, C_B, C_w, C_alpha > 0 in place of O(·).

    β ≤ α ≤ C_alpha/σ̄, ‖B_0‖₂² ≤ C_B α⁻¹ min(1/m_in, m_in/σ̄²), ‖w_0‖² ≤ C_w αc, rank(B⋆ᵀB_0) = k. The unit of the
    labels is log-uniform: the second condition is not invariant under it. Equality in the bounds on α, B_0 and w_0 is
    drawn often, in the first two not at once (their quotient need not be a rational square).
    """
    drawn = draw(sizes(max_d, max_k))
    sigma_bar, rho = draw(units()) ** 2, draw(proportions())
    least = min(Fraction(1, drawn.m_in), drawn.m_in / sigma_bar**2)
    # α = θC_alpha/σ̄ turns ‖B_0‖² ≤ C_B·least/α into θ‖B_0‖² ≤ ceiling.
    ceiling = C_B * least * sigma_bar / C_alpha
    theta = draw(proportions())
    norm = _root_below(ceiling / theta) * draw(proportions())
    if draw(st.booleans()):
        theta = _largest_fraction(ceiling / norm**2, theta)
    alpha = theta * C_alpha / sigma_bar
    # ‖w_0‖² = (ση)² ≤ C_w·αc = C_w·θC_alpha·σ̄/κ; units of w are those of σ̄^{1/2}, which the unit makes rational.
    root = rational.root_below(sigma_bar, 10**4)
    kappa, eta = draw(_noise_ratio_and_head(drawn.k, C_w * theta * C_alpha * sigma_bar / root**2))
    return _assembled(draw, drawn, sigma_bar, kappa, (alpha, rho * alpha), (norm, root * eta))


def _root_below(value: Fraction) -> Fraction:
    """Return a rational just below √value: FINE_STEPS steps relative to a power of 100 near the value."""
    scale = Fraction(100) ** (len(str(int(value))) // 2 if value >= 1 else -(len(str(int(1 / value))) // 2))
    return rational.root_below(value / scale, FINE_STEPS) * _exact_root(scale)


def _exact_root(power: Fraction) -> Fraction:
    """Return the square root of a power of 100."""
    return rational.root_below(power, power.denominator)


def _largest_fraction(value: Fraction, least: Fraction) -> Fraction:
    """Return the largest admissible share: `value` when it is at most 1, else 1 (never below `least`)."""
    return max(least, min(value, Fraction(1)))


def _assembled(
    draw: Draw,
    drawn: Sizes,
    sigma_bar: Fraction,
    kappa: Fraction,
    step_sizes: Sequence[Fraction],
    norms: Sequence[Fraction],
) -> Start:
    """Build the setting with σ̄ and κ = σ̄²/c, so c = σ̄²/κ and σ² = σ̄² − kc, and the start with these two norms."""
    B_star, B, V = draw(unit_representations(drawn))
    direction = draw(_directions(V))
    c = sigma_bar**2 / kappa
    alpha, beta = step_sizes
    sizes_drawn = (drawn.d, drawn.k, drawn.k_prime, drawn.m_in)
    made = isotropic(*sizes_drawn, c, sigma_bar**2 - drawn.k * c, alpha, beta, B_star)
    return made, State(rational.scaled(norms[0], B), tuple(norms[1] * entry for entry in direction))


def _hypothesis_setup_hook() -> None:
    """Let `st.from_type(Setting)` draw from `settings()`; called once, at import."""
    st.register_type_strategy(Setting, settings())


# Hypothesis imports this module through its entry point, so that the registration needs no import of ours.
_hypothesis_setup_hook()
