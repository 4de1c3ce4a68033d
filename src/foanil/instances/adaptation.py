"""Hypotheses on a new task, on dimensionless letters and on experiments, each as an exact predicate."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from foanil import rational
from foanil.claims import hypotheses as texts
from foanil.instances.data import (
    centred_noise,
    covariance,
    finite,
    independent,
    is_sample,
    sigma_bar_sq,
    standard_rows,
)
from foanil.instances.instance import Condition, Instance, UndecidedError
from foanil.instances.laws import FiniteLaw, Sample, gaussian, two_points
from foanil.instances.start import complement, norm_at_most, output, per_sample, signal, square
from foanil.rational import Matrix


def is_limit_gram(i: Instance, L: Matrix) -> bool:
    """Whether L = Λ⋆, as αL((m_in + 1)Σ⋆ + σ̄²I) = m_inΣ⋆."""
    level = sigma_bar_sq(i)
    below = tuple(
        tuple((i.m_in + 1) * entry + level * (p == q) for q, entry in enumerate(row))
        for p, row in enumerate(i.Sigma_star)
    )
    return rational.product(rational.scaled(i.alpha, L), below) == rational.scaled(Fraction(i.m_in), i.Sigma_star)


def limit_point(i: Instance) -> bool:
    """Whether (B̂, ŵ) satisfies (9)."""
    seen = rational.product(rational.transpose(i.B_star), i.B_hat)
    hidden = rational.product(rational.transpose(rational.orthonormal_complement(i.B_star)), i.B_hat)
    return (
        not any(any(row) for row in hidden)
        and not any(output(i.B_hat, i.w_hat))
        and is_limit_gram(i, rational.product(seen, rational.transpose(seen)))
    )


def new_task(i: Instance) -> bool:
    """Whether test rows are N(0, I_d), and noise is centred, of variance σ², and independent of them."""
    return (
        standard_rows(i.test_features, i.d, i.m_test)
        and centred_noise(i.test_noise, i.sigma_sq, i.m_test)
        and independent(i, "test_features", "test_noise")
    )


def sub_gaussian(sample: Sample, proxy: Fraction) -> bool:
    """Decide whether a centred finite law is σ-sub-Gaussian, σ² = proxy: yes by Hoeffding's lemma, no by its variance.

    Raises UndecidedError between the two.
    """
    law = finite(sample)
    if any(law.mean()) or covariance(sample)[0][0] > proxy:
        return False
    values = [value[0] for _, value in law.atoms]
    if (max(values) - min(values)) ** 2 > 4 * proxy:
        raise UndecidedError("neither Hoeffding's lemma nor the variance decides; take a narrower law")
    return True


def sub_gaussian_noise(i: Instance) -> bool:
    """Whether test noise has i.i.d. centred σ-sub-Gaussian coordinates, independent of the rows."""
    return (
        is_sample(i.test_noise, i.m_test)
        and sub_gaussian(i.test_noise, i.sigma_sq)
        and independent(i, "test_features", "test_noise")
    )


def as_many_rows(i: Instance) -> bool:
    """Decide the three cases of `sec-31-one-step-beats-regression`."""
    m, kappa = i.m_in, sigma_bar_sq(i) / i.c
    if i.m_test != m:
        return False
    if m < i.d - 1:
        return bool(m + 1 + kappa <= i.d)
    return m <= i.d + 1 or bool(i.k * (i.k + 1) * i.c <= (i.d - i.k) * i.sigma_sq)


def seen_and_unseen(i: Instance) -> bool:
    """Whether B⋆w⋆ = B̂ω + e with B̂ᵀe = 0 and τ = σ² + ‖e‖² > 0."""
    true = output(i.B_star, i.w_star)
    rest = tuple(x - y for x, y in zip(true, output(i.B_hat, i.omega), strict=True))
    return (
        rest == i.e_rest
        and not any(output(rational.transpose(i.B_hat), i.e_rest))
        and i.sigma_sq + square(i.e_rest) == i.tau > 0
    )


def is_root(root: Fraction, value: Fraction) -> bool:
    """Whether root = √value."""
    return root >= 0 and root * root == value


def hats(i: Instance) -> bool:
    """Whether Ĉ, D̂, ŵ, S, T, G are what they are defined as."""
    S, T = (rational.product(rational.transpose(A), A) for A in (i.C_hat, i.D_hat))
    return (
        is_root(i.root_alpha, i.alpha)
        and is_root(i.root_alpha_c, i.alpha * i.c)
        and i.C_hat == rational.scaled(i.root_alpha, signal(i))
        and i.D_hat == rational.scaled(i.root_alpha, complement(i))
        and tuple(i.root_alpha_c * x for x in i.head_hat) == i.w
        and (S, T) == (i.S, i.T)
        and i.G == tuple(tuple(x + y for x, y in zip(r, s, strict=True)) for r, s in zip(S, T, strict=True))
    )


def numbers(i: Instance) -> Mapping[str, Fraction]:
    """Return a, ρ, κ, q, s, x⋆."""
    kappa = sigma_bar_sq(i) / i.c
    s = 1 + (1 + kappa) * per_sample(i)
    return {
        "a": i.alpha * i.beta * i.c,
        "rho": i.beta / i.alpha,
        "kappa": kappa,
        "q": kappa * per_sample(i),
        "s": s,
        "x_star": 1 / s,
    }


def has(i: Instance, values: Mapping[str, Any]) -> bool:
    """Whether letters have these values."""
    return all(getattr(i, letter) == value for letter, value in values.items())


def section_5(i: Instance) -> bool:
    """Whether sizes, noise and covariance are those of Section 5."""
    scale = i.Sigma_star[0][0]
    sizes = (i.N, i.d, i.k_prime, i.m, i.k, i.sigma_sq) == (5000, 50, 50, 30, 5, 4)
    return sizes and scale > 0 and i.Sigma_star == rational.diagonal([scale * (p + 1) for p in range(5)])


def shared_direction(i: Instance) -> bool:
    """Whether Ĉ_0ᵀe = χ_0f and D̂_0ᵀh = ψ_0f with e, f, h unit vectors."""
    units = all(square(v) == 1 for v in (i.e, i.f, i.h))
    seen, hidden = (output(rational.transpose(A), v) for A, v in ((i.C_hat, i.e), (i.D_hat, i.h)))
    return units and seen == tuple(i.chi * x for x in i.f) and hidden == tuple(i.psi * x for x in i.f)


_TEST_ROWS = texts.TEST_TASK[2]
_VARIANCE_2 = ("rows of variance 2", lambda i: {"test_features": Sample((gaussian(i.d, Fraction(2)),), i.m_test)})
_ONE = FiniteLaw(((Fraction(1), (Fraction(1),)),))
_BIASED = (
    "noise with a mean",
    lambda i: {"test_noise": Sample((_ONE,), i.m_test)},
)
_WIDE = (
    "noise of ten times the variance",
    lambda i: {"test_noise": Sample((two_points(10 * i.sigma_sq + 1, Fraction(1)),), i.m_test)},
)


def _dependent(i: Instance) -> Mapping[str, Any]:
    return {"sources": {**i.sources, "test_noise": i.sources["test_features"]}}


def _resampled(i: Instance, count: int) -> Mapping[str, Any]:
    """Take another number of test rows."""
    rows, noise = i.test_features.laws, i.test_noise.laws
    return {"m_test": count, "test_features": Sample(rows, count), "test_noise": Sample(noise, count)}


_DEPENDENT = ("noise depends on the rows", _dependent)

_NEW_TASK = (
    Condition(
        texts.TEST_TASK[1],
        limit_point,
        (
            ("longer", lambda i: {"B_hat": rational.scaled(Fraction(2), i.B_hat)}),
            ("an output", lambda i: {"w_hat": next(row for row in i.B_hat if any(row))}),
        ),
    ),
    Condition(_TEST_ROWS, new_task, (_VARIANCE_2, _BIASED, _DEPENDENT)),
    Condition(
        r"rows of the test $X$ i.i.d. $N(0, I_d)$",
        lambda i: standard_rows(i.test_features, i.d, i.m_test),
        (_VARIANCE_2,),
    ),
    Condition(
        "$X$ standard Gaussian, independent of $z$",
        lambda i: standard_rows(i.test_features, i.d, i.m_test) and independent(i, "test_features", "test_noise"),
        (_VARIANCE_2, _DEPENDENT),
    ),
    Condition(
        r"$z$ has i.i.d. centred $\sigma$-sub-Gaussian coordinates, independent of $X$",
        sub_gaussian_noise,
        (_BIASED, _WIDE, _DEPENDENT),
    ),
    Condition(
        r"$z$ has independent centred $\sigma$-sub-Gaussian coordinates, independent of $X$",
        lambda i: (
            i.test_noise.count == i.m_test
            and all(sub_gaussian(Sample((law,), 1), i.sigma_sq) for law in i.test_noise.laws)
            and independent(i, "test_features", "test_noise")
        ),
        (_BIASED, _WIDE, _DEPENDENT),
    ),
    Condition(
        r"a fresh row $x$ with $\mathbb{E}[xx^\top] = I_d$, and centred noise of variance $\sigma^2$",
        lambda i: (
            i.test_features.law.second_moment() == rational.identity(i.d)
            and centred_noise(i.test_noise, i.sigma_sq, i.m_test)
        ),
        (_VARIANCE_2, _BIASED),
    ),
    Condition(
        r"$m_{\mathrm{test}} \ge k$", lambda i: i.m_test >= i.k, (("too few rows", lambda i: _resampled(i, i.k - 1)),)
    ),
    Condition(
        r"$m_{\mathrm{test}} \ge 2(d + 1)$ (not printed, and not met by the paper's own sizes)",
        lambda i: i.m_test >= 2 * (i.d + 1),
        (("one row less", lambda i: _resampled(i, 2 * i.d + 1)),),
    ),
    Condition(
        r"as many rows as $m_{\mathrm{in}}$: fewer than $d - 1$ and $m + 1 + \kappa \le d$; or $d - 1$, $d$ or "
        r"$d + 1$; or more, and $k(k + 1)c \le (d - k)\sigma^2$",
        as_many_rows,
        (("another number of rows", lambda i: _resampled(i, i.m_in + 1)),),
    ),
    Condition(
        r"$\hat B\hat w = 0$",
        lambda i: not any(output(i.B_hat, i.w_hat)),
        (("an output", lambda i: {"w_hat": next(row for row in i.B_hat if any(row))}),),
    ),
    Condition(
        r"$\mathrm{rank} \hat B = k'$, as after finitely many steps of training",
        lambda i: rational.rank(i.B_hat) == i.k_prime,
        (("B̂ = 0", lambda i: {"B_hat": rational.scaled(Fraction(0), i.B_hat)}),),
    ),
    Condition(
        r"$B_\star w_\star = \hat B\omega + e$ with $\hat B^\top e = 0$, $\tau = \sigma^2 + \lVert e \rVert^2 \gt 0$",
        seen_and_unseen,
        (
            ("another ω", lambda i: {"omega": tuple(x + 1 for x in i.omega)}),
            ("another τ", lambda i: {"tau": i.tau + 1}),
        ),
    ),
    Condition(
        r"$m_{\mathrm{test}} \ge k'$, $\alpha \lVert X \hat B \rVert^2 \le m_{\mathrm{test}}$",
        lambda i: (
            i.m_test >= i.k_prime
            and len(i.X_test) == i.m_test
            and norm_at_most(rational.product(i.X_test, i.B_hat), i.m_test / i.alpha)
        ),
        (("large rows", lambda i: {"X_test": rational.scaled(Fraction(10**6), i.X_test)}),),
    ),
    Condition(
        r"$\lVert \omega \rVert^2 \le (2s + 1) \alpha\tau/m_{\mathrm{test}}$",
        lambda i: square(i.omega) <= (2 * i.steps + 1) * i.alpha * i.tau / i.m_test,
        (("a long ω", lambda i: {"omega": (Fraction(10**6), *i.omega[1:])}),),
    ),
)

_LETTERS = (
    Condition(
        r"hats: $\hat C = \sqrt\alpha B_\star^\top B$, $\hat D = \sqrt\alpha B_{\star,\perp}^\top B$, "
        r"$\hat w = w/\sqrt{\alpha c}$, $S = \hat C^\top\hat C$, $T = \hat D^\top\hat D$, $G = S + T$",
        hats,
        (
            ("another G", lambda i: {"G": ((i.G[0][0] + 1, *i.G[0][1:]), *i.G[1:])}),
            ("another head", lambda i: {"head_hat": tuple(x + 1 for x in i.head_hat)}),
        ),
    ),
    Condition(
        r"numbers: $a = \alpha\beta c$, $\rho = \beta/\alpha$, $\kappa = \bar\sigma^2/c$, "
        r"$q = \kappa/m_{\mathrm{in}}$, $s = 1 + (1+\kappa)/m_{\mathrm{in}}$, $x_\star = 1/s$",
        lambda i: has(i, numbers(i)),
        (("another s", lambda i: {"s": i.s + 1}), ("another κ", lambda i: {"kappa": i.sigma_sq / i.c})),
    ),
    Condition(
        r"units with $c = 1$; $s = 1 + (1 + \kappa)/m_{\mathrm{in}}$, $q = \kappa/m_{\mathrm{in}}$",
        lambda i: i.c == 1 and has(i, {name: numbers(i)[name] for name in ("s", "q")}),
        (("c = 2", lambda _: {"c": Fraction(2)}), ("another q", lambda i: {"q": i.q + 1})),
    ),
    Condition(
        r"unit vectors with $\hat C_0^\top e = \chi_0 f$ and $\hat D_0^\top h = \psi_0 f$ besides",
        shared_direction,
        (("another χ", lambda i: {"chi": i.chi + 1}), ("a longer e", lambda i: {"e": tuple(2 * x for x in i.e)})),
    ),
    Condition(
        "$e$, $f$ unit vectors",
        lambda i: square(i.e) == square(i.f) == 1,
        (("a longer f", lambda i: {"f": tuple(2 * x for x in i.f)}),),
    ),
    Condition(
        r"$\mathrm{rank}(B) = k' = d$",
        lambda i: rational.rank(i.B) == i.k_prime == i.d,
        (("k' < d", lambda i: {"k_prime": i.d - 1}), ("B = 0", lambda i: {"B": rational.scaled(Fraction(0), i.B)})),
    ),
    Condition(
        r"rows of $X_i$ i.i.d. $N(0, I_d)$; $\mathrm{rank}(B) \ge m$",
        lambda i: standard_rows(i.features, i.d, i.m) and rational.rank(i.B) >= i.m,
        (("B = 0", lambda i: {"B": rational.scaled(Fraction(0), i.B)}),),
    ),
    Condition(
        r"$B_0$ with a density on $\mathbb{R}^{d \times k'}$, or a multiple of a Haar frame",
        lambda i: i.start_law.has_density(i.d, i.k_prime) or i.start_law.is_frame(i.d, i.k_prime, None),
        (("B_0 = 0", lambda i: {"start_law": i.start_law.degenerate()}),),
    ),
    Condition(
        r"$B_0$ a Haar random frame with $k'$ orthonormal columns",
        lambda i: i.start_law.is_frame(i.d, i.k_prime, Fraction(1)),
        (("B_0 = 0", lambda i: {"start_law": i.start_law.degenerate()}),),
    ),
)

_SECTION_5_MUTANTS = (
    ("N = 500", lambda _: {"N": 500}),
    ("Σ⋆ ∝ I", lambda _: {"Sigma_star": rational.identity(5)}),
    ("σ = 2 read as the variance", lambda _: {"sigma_sq": 2}),
)

_EXPERIMENTS = (
    Condition(texts.SECTION_5[0], section_5, _SECTION_5_MUTANTS),
    Condition("the setting of Section 5", section_5, _SECTION_5_MUTANTS),
    Condition(
        r"$N = 500$, $d = 20$, $k = 5$, widths $20$, $1500$ steps of size $\alpha = \beta = 0.05$",
        lambda i: has(
            i,
            {
                "N": 500,
                "d": 20,
                "k": 5,
                "k_prime": 20,
                "steps": 1500,
                "alpha": Fraction(1, 20),
                "beta": Fraction(1, 20),
            },
        ),
        (("k' = 5", lambda _: {"k_prime": 5}),),
    ),
)

CONDITIONS = (*_NEW_TASK, *_LETTERS, *_EXPERIMENTS)
