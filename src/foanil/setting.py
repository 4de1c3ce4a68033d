"""The paper's setting: sizes, Assumption 1 with any covariance, step sizes, all exact rationals; and its validation.

Scaling: under y → λy (λ > 0), (Σ⋆, σ²) → λ²(Σ⋆, σ²), (α, β) → (α, β)/λ and (B, w) → λ^{1/2}(B, w); see `rescaled`.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from foanil import rational
from foanil.arrays import Array, NumberSystem
from foanil.rational import Matrix

orthonormal = rational.orthonormal


class SettingError(ValueError):
    """A setting or an initial point is not one that the paper's statements speak about."""


class DimensionError(SettingError):
    """Sizes or sample sizes that are no positive integers, or not ordered as k ≤ k′ ≤ d, k < d."""


class ShapeError(SettingError):
    """A matrix of the setting has the wrong shape."""


class NotFiniteError(SettingError):
    """A number of the setting is NaN, infinite, or no number."""


class CovarianceError(SettingError):
    """Σ⋆ is not symmetric positive semidefinite, or not cI with c > 0 where Assumption 1 is asked for."""


class NoiseError(SettingError):
    """The noise variance σ² is negative."""


class StepSizeError(SettingError):
    """A step size is not positive, or too large for the statement at hand."""


class OrthonormalityError(SettingError):
    """The columns of B⋆ are not orthonormal."""


@dataclass(frozen=True, slots=True, repr=False)
class Setting:
    """Sizes, Σ⋆, σ², step sizes and B⋆ of (5)-(7), validated and exact (Section 2, Assumption 1).

    d, k, k_prime, m_in are integers with k ≤ k′ ≤ d, k < d, m_in ≥ 1. Sigma_star (k×k, degree 2) is symmetric positive
    semidefinite; a number c > 0 stands for cI. sigma_sq ≥ 0 has degree 2; alpha, beta > 0 have degree −1. B_star
    (d×k) has exactly orthonormal columns; None stands for the first k axes. Numbers may be integers, Fractions,
    floats (taken exactly) or texts such as "3/7". Raises SettingError, by its subclass named after the fault.
    """

    d: int
    k: int
    k_prime: int
    m_in: int
    Sigma_star: Any
    sigma_sq: Any
    alpha: Any
    beta: Any
    B_star: Any = None

    def __post_init__(self) -> None:
        sizes = {name: _size(getattr(self, name), name) for name in ("d", "k", "k_prime", "m_in")}
        _require_widths(sizes)
        numbers = {name: _number(getattr(self, name), name) for name in ("sigma_sq", "alpha", "beta")}
        _require_signs(numbers)
        covariance = _covariance(self.Sigma_star, sizes["k"])
        frame = _frame(self.B_star, sizes["d"], sizes["k"])
        for name, value in {**sizes, **numbers, "Sigma_star": covariance, "B_star": frame}.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        """Source text that builds the same setting."""
        sizes = ", ".join(f"{name}={getattr(self, name)}" for name in ("d", "k", "k_prime", "m_in"))
        numbers = ", ".join(f"{name}={rational.text(getattr(self, name))}" for name in ("sigma_sq", "alpha", "beta"))
        c = _multiple_of_identity(self.Sigma_star)
        covariance = rational.rows_text(self.Sigma_star) if c is None else rational.text(c)
        frame = "" if self.B_star == _first_axes(self.d, self.k) else f", B_star={rational.rows_text(self.B_star)}"
        return f"Setting({sizes}, Sigma_star={covariance}, {numbers}{frame})"

    def _repr_markdown_(self) -> str:
        """Show the setting in a notebook: the letters of the paper and their values."""
        c = _multiple_of_identity(self.Sigma_star)
        covariance = _latex_matrix(self.Sigma_star) if c is None else rf"{_latex(c)}\,I"
        sizes = rf"d = {self.d},\; k = {self.k},\; k' = {self.k_prime},\; m_{{\mathrm{{in}}}} = {self.m_in}"
        steps = rf"\alpha = {_latex(self.alpha)},\; \beta = {_latex(self.beta)}"
        return rf"$${sizes},\; \Sigma_\star = {covariance},\; \sigma^2 = {_latex(self.sigma_sq)},\; {steps}$$"

    @property
    def c(self) -> Fraction:
        """The c > 0 of Assumption 1, Σ⋆ = cI. Degree 2. Raises CovarianceError for any other Σ⋆."""
        c = _multiple_of_identity(self.Sigma_star)
        if c is None or c == 0:
            raise CovarianceError(
                f"Assumption 1 needs Sigma_star = c·I with c > 0; got {rational.rows_text(self.Sigma_star)}; "
                "build the setting with setting.isotropic(...)"
            )
        return c

    @property
    def sigma_bar_sq(self) -> Fraction:
        """σ̄² = Tr(Σ⋆) + σ² (Theorem 1), an exact rational of degree 2."""
        total: Fraction = self.sigma_sq + sum(self.Sigma_star[i][i] for i in range(self.k))
        return total

    @property
    def B_star_perp(self) -> Matrix:
        """B⋆,⊥ (Theorem 1): exact orthonormal columns, d×(d−k), that span the complement of those of B⋆."""
        return rational.orthonormal_complement(self.B_star)

    def in_system(self, xp: NumberSystem) -> dict[str, Array]:
        """Return the letters that statements take, as numbers and arrays of `xp`.

        With balls, call it inside `with xp.working():`.
        """
        scalars = {
            name: xp.scalar(getattr(self, name)) for name in ("m_in", "sigma_sq", "sigma_bar_sq", "alpha", "beta")
        }
        arrays = {name: xp.array(getattr(self, name)) for name in ("Sigma_star", "B_star", "B_star_perp")}
        return {**scalars, **arrays}


@dataclass(frozen=True, slots=True, repr=False)
class State:
    """An initial point (B_0, w_0) of (5)-(6) in exact rationals: B of shape d×k′, w of k′ entries; both of degree 1/2.

    `B` is given by its rows, `w` as a flat sequence; numbers as in `Setting`. Raises ShapeError, NotFiniteError.
    """

    B: Any
    w: Any

    def __post_init__(self) -> None:
        rows = self.B.tolist() if hasattr(self.B, "tolist") else self.B
        if not rows or not isinstance(rows[0], Sequence):
            raise ShapeError(f"B must be a d×k' matrix, given by its rows; got {rows!r}")
        B = _matrix(rows, "B", (len(rows), len(rows[0])))
        entries = self.w.ravel().tolist() if hasattr(self.w, "ravel") else list(self.w)
        if len(entries) != len(B[0]):
            raise ShapeError(f"w must have k' = {len(B[0])} entries, one for each column of B; got {len(entries)}")
        object.__setattr__(self, "B", B)
        object.__setattr__(self, "w", tuple(_number(entry, f"w[{i}]") for i, entry in enumerate(entries)))

    def __repr__(self) -> str:
        """Source text that builds the same point."""
        return f"State(B={rational.rows_text(self.B)}, w=[{', '.join(rational.text(entry) for entry in self.w)}])"

    def _repr_latex_(self) -> str:
        """Show the point in a notebook."""
        column = _latex_matrix(tuple((entry,) for entry in self.w))
        return rf"$$B_0 = {_latex_matrix(self.B)},\quad w_0 = {column}$$"

    def in_system(self, xp: NumberSystem) -> dict[str, Array]:
        """Return {"B": d×k′ array, "w": k′×1 column} of `xp`; with balls, inside `with xp.working():`."""
        return {"B": xp.array(self.B), "w": xp.array([[entry] for entry in self.w])}


def isotropic(
    d: int, k: int, k_prime: int, m_in: int, c: Any, sigma_sq: Any, alpha: Any, beta: Any, B_star: Any = None
) -> Setting:
    """Return the setting of Assumption 1, Σ⋆ = cI with c > 0. Raises CovarianceError for c ≤ 0, and as `Setting`."""
    return Setting(d, k, k_prime, m_in, _number(c, "c"), sigma_sq, alpha, beta, B_star)


def require_state(setting: Setting, state: State) -> None:
    """Raise ShapeError unless B is d×k′ (and so w has k′ entries)."""
    came = (len(state.B), len(state.B[0]))
    if came != (setting.d, setting.k_prime):
        raise ShapeError(
            f"B must have shape d×k' = {setting.d}×{setting.k_prime}; got {came[0]}×{came[1]}; "
            "change the state, or d and k_prime of the setting"
        )


def require_theorem_1_step_sizes(setting: Setting, C_alpha: Fraction | None = None) -> None:
    """Raise StepSizeError unless β ≤ α and, when a constant is given, α·σ̄ ≤ C_alpha (Theorem 1), decided exactly.

    With explicit constants C_alpha = 1/2.
    """
    if setting.beta > setting.alpha:
        raise StepSizeError(
            f"Theorem 1 needs beta <= alpha; got beta = {setting.beta}, alpha = {setting.alpha}; lower beta"
        )
    if C_alpha is not None and setting.alpha**2 * setting.sigma_bar_sq > C_alpha**2:
        raise StepSizeError(
            f"this claim needs alpha * sigma_bar <= {C_alpha}; got alpha = {setting.alpha}, "
            f"sigma_bar^2 = {setting.sigma_bar_sq}; lower alpha"
        )


@dataclass(frozen=True, slots=True)
class Dimensionless:
    """The pure numbers that, with d, k, k′ and the initial point, determine (5)-(6) for Σ⋆ = cI.

    a = αβc, ρ = β/α, κ = σ̄²/c, m = m_in, q = κ/m, s = 1 + (1+κ)/m, x⋆ = 1/s; αΛ⋆ = x⋆I.
    """

    a: Fraction
    rho: Fraction
    kappa: Fraction
    m: Fraction
    q: Fraction
    s: Fraction
    x_star: Fraction


def dimensionless(setting: Setting) -> Dimensionless:
    """Return a, ρ, κ, m, q, s, x⋆ of a setting, exactly. Raises CovarianceError unless Σ⋆ = cI with c > 0."""
    kappa, m = setting.sigma_bar_sq / setting.c, Fraction(setting.m_in)
    s = 1 + (1 + kappa) / m
    a, rho = setting.alpha * setting.beta * setting.c, setting.beta / setting.alpha
    return Dimensionless(a, rho, kappa, m, kappa / m, s, 1 / s)


def rescaled(setting: Setting, state: State, root: Any) -> tuple[Setting, State]:
    """Return the same problem with labels measured in another unit, y → λy with λ = root² (so that λ^{1/2} is exact).

    Σ⋆ and σ² gain λ², the step sizes 1/λ, B and w λ^{1/2}. Raises StepSizeError for root ≤ 0.
    """
    u = _number(root, "root")
    if u <= 0:
        raise StepSizeError(f"the square root of a change of unit must be positive; got {u}; give root > 0")
    unit = u**2
    moved = replace(
        setting,
        Sigma_star=rational.scaled(unit**2, setting.Sigma_star),
        sigma_sq=unit**2 * setting.sigma_sq,
        alpha=setting.alpha / unit,
        beta=setting.beta / unit,
    )
    return moved, State(rational.scaled(u, state.B), tuple(u * entry for entry in state.w))


# Validation --------------------------------------------------------------------------------------


def _size(value: Any, name: str) -> int:
    try:
        size = operator.index(value)
    except TypeError as error:
        raise DimensionError(f"{name} must be an integer >= 1; got {value!r}; give a whole number") from error
    if isinstance(value, bool) or size < 1:
        raise DimensionError(f"{name} must be an integer >= 1; got {value!r}; give a positive whole number")
    return size


def _require_widths(sizes: dict[str, int]) -> None:
    d, k, k_prime = sizes["d"], sizes["k"], sizes["k_prime"]
    if k >= d:
        raise DimensionError(f"expected k < d; got k = {k}, d = {d}; lower k or raise d")
    if not k <= k_prime <= d:
        cure = "raise k_prime or lower k" if k > k_prime else "lower k_prime or raise d"
        raise DimensionError(f"expected k <= k_prime <= d; got k = {k}, k_prime = {k_prime}, d = {d}; {cure}")


def _number(value: Any, name: str) -> Fraction:
    try:
        return rational.rational(value, name)
    except rational.NotRationalError as error:
        raise NotFiniteError(str(error)) from error


def _matrix(rows: Any, name: str, shape: tuple[int, int]) -> Matrix:
    try:
        return rational.matrix(rows, name, shape)
    except rational.NotRationalError as error:
        raise NotFiniteError(str(error)) from error
    except rational.ShapeError as error:
        raise ShapeError(str(error)) from error


def _require_signs(numbers: dict[str, Fraction]) -> None:
    if numbers["sigma_sq"] < 0:
        raise NoiseError(f"sigma_sq is a variance and must be >= 0; got {numbers['sigma_sq']}; give sigma squared")
    for name in ("alpha", "beta"):
        if numbers[name] <= 0:
            raise StepSizeError(f"{name} must be > 0; got {numbers[name]}; give a positive step size")


def _covariance(value: Any, k: int) -> Matrix:
    if not hasattr(value, "__len__") or isinstance(value, str):
        c = _number(value, "c")
        if c <= 0:
            raise CovarianceError(f"c must be > 0 (Assumption 1: Sigma_star = c·I); got {c}; give a positive variance")
        return rational.scaled(c, rational.identity(k))
    S = _matrix(value, "Sigma_star", (k, k))
    gap, i, j = max((abs(S[i][j] - S[j][i]), i, j) for i in range(k) for j in range(k))
    if gap:
        raise CovarianceError(
            f"Sigma_star must be symmetric; got entries that differ by {float(gap):.1e} at ({i}, {j}) and ({j}, {i}); "
            "pass (S + S.T)/2"
        )
    if not rational.is_positive_semidefinite(S):
        raise CovarianceError(
            f"Sigma_star must be positive semidefinite; got {rational.rows_text(S)}, which has a negative eigenvalue; "
            "pass a covariance, for example L @ L.T"
        )
    return S


def _frame(value: Any, d: int, k: int) -> Matrix:
    if value is None:
        return _first_axes(d, k)
    Q = _matrix(value, "B_star", (d, k))
    defect = rational.orthonormality_defect(Q)
    if defect:
        raise OrthonormalityError(
            f"B_star must have orthonormal columns: max|B_starᵀB_star − I| = {float(defect):.1e}; "
            "pass it through setting.orthonormal(...)"
        )
    return Q


def _first_axes(d: int, k: int) -> Matrix:
    return rational.columns(rational.identity(d), 0, k)


def _multiple_of_identity(S: Matrix) -> Fraction | None:
    c = S[0][0]
    return c if rational.scaled(c, rational.identity(len(S))) == S else None


# In notebooks ------------------------------------------------------------------------------------


def _latex(value: Fraction) -> str:
    sign, size = "-" if value < 0 else "", abs(value)
    return f"{sign}{size}" if size.denominator == 1 else rf"{sign}\frac{{{size.numerator}}}{{{size.denominator}}}"


def _latex_matrix(rows: Matrix) -> str:
    lines = r" \\ ".join(" & ".join(map(_latex, row)) for row in rows)
    return rf"\begin{{pmatrix}} {lines} \end{{pmatrix}}"
