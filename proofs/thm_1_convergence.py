"""Theorem 1 as printed: the three limits of (8) for some universal constants, by the explicit theorem.

The constants 1/4, 1 and 1/2 serve in place of the three O(·); see `proofs.thm_1_explicit_constants`.
"""

from __future__ import annotations

from collections.abc import Callable

from foanil.decisions import Relation, Sign, at_least, more_than
from foanil.evidence import Check
from foanil.inequalities import Theory
from proofs.derivation import Derivation, Proved, proof, proof_check
from proofs.dimensionless import iteration
from proofs.one_step import OneStep, Scalars, one_step, region
from proofs.thm_1_explicit_constants import (
    EXPLICIT,
    SYMBOLS,
    Limits,
    entry,
    everything,
    printed_constants,
    start_bounds,
    without,
)

PREMISES = (
    r"$\Sigma_\star = cI$, $\mathrm{rank}(B_\star^{\top}B_0) = k$, $0 \lt \beta \le \alpha \le \frac{1}{2\bar\sigma}$",
    r"$\alpha\lVert B_0\rVert^2 \le \frac14\min(\frac{1}{m_{\mathrm{in}}}, \frac{m_{\mathrm{in}}}{\bar\sigma^2})$",
    r"$\lVert w_0\rVert^2 \le \alpha c$",
    r"hats: $C = \sqrt\alpha B_\star^{\top}B$, $D = \sqrt\alpha B_{\star,\perp}^{\top}B$, $\hat w = w/\sqrt{\alpha c}$",
    r"$a = \alpha\beta c$, $\rho = \beta/\alpha$, $\kappa = \bar\sigma^2/c$, $m = m_{\mathrm{in}}$",
    r"$q = \kappa/m$, $s = 1 + (1+\kappa)/m$, $x_\star = 1/s$",
    *SYMBOLS,
)


def complement(step: OneStep | None = None) -> list[Proved]:
    """Derive the first limit, with its rate."""
    found = Limits(step or one_step())
    return [*start_bounds(), *entry(iteration()), *printed_constants(iteration()), found.complement_vanishes]


def head_output(step: OneStep | None = None) -> list[Proved]:
    """Derive the second limit, with the summed bound."""
    found = Limits(step or one_step())
    return [*start_bounds(), *entry(iteration()), *printed_constants(iteration()), found.outputs_vanish]


def gram(step: OneStep | None = None) -> list[Proved]:
    """Derive the third limit."""
    return [*printed_constants(iteration()), *everything(step)]


def recursions(step: OneStep | None = None) -> list[Proved]:
    """Derive the two recursions that enclose αΛ_t and where they lead."""
    step = step or one_step()
    found = Limits(step)
    return [step.gram_of_C_upper, step.gram_of_C_lower, found.gram_capped, found.gram_floored]


def limit_points(step: OneStep | None = None) -> list[Proved]:
    """Derive what every limit point of B_t looks like."""
    return [*gram(step), Limits(step or one_step()).limit_points]


def zero_function(step: OneStep | None = None) -> list[Proved]:
    """Derive that the learned network is the zero function."""
    return [*head_output(step), Limits(step or one_step()).zero_function]


def shrinkage(wrong: int = 0) -> list[Proved]:
    """Derive 1 − x⋆ = (1 + κ)/(m + 1 + κ), and that x⋆ > 1/2 exactly when m > 1 + κ."""
    here = iteration()
    x, one = Scalars(here), here.words.field.one
    sizes = (at_least(x.m, one), at_least(x.kappa, one))
    gap = 1 - x.x_star - (1 + x.kappa + wrong) / (x.m + 1 + x.kappa)
    small = Theory(here.words, (*sizes, at_least(1 + x.kappa + wrong, x.m)), {})
    large = Theory(here.words, (*sizes, more_than(x.m, 1 + x.kappa - wrong)), {})
    return [
        Theory(here.words, sizes, {}).decide(Relation(gap, Sign.ZERO), "1 − x⋆ = (1 + κ)/(m + 1 + κ)"),
        small.decide(at_least(one / 2, x.x_star), "x⋆ ≤ 1/2 when m ≤ 1 + κ"),
        large.decide(more_than(x.x_star, one / 2), "x⋆ > 1/2 when m > 1 + κ"),
    ]


def _dropped(index: int) -> OneStep:
    return without(region(iteration())[index])


_PRINTED: dict[str, Callable[[], object]] = {
    "α ≤ 1/σ̄": lambda: entry(iteration(), step_size=1),
    "the constant 1/2 in place of 1/4 on B_0": lambda: printed_constants(iteration(), scale=2),
    "α‖B_0‖² ≤ 1/(2m)": lambda: entry(iteration(), start=2),
}

CHECKS: tuple[Check, ...] = (
    proof_check(
        "the complement vanishes",
        ("thm-1-i",),
        EXPLICIT,
        complement,
        _PRINTED | {"without aE ⪯ I": lambda: complement(_dropped(12))},
    ),
    proof_check(
        "the head's output vanishes",
        ("thm-1-ii",),
        EXPLICIT,
        head_output,
        _PRINTED
        | {"without ρ ≤ 1": lambda: head_output(_dropped(3)), "without ḡ < 1": lambda: head_output(_dropped(9))},
    ),
    proof_check(
        "the Gram matrix converges",
        ("thm-1-iii",),
        EXPLICIT,
        gram,
        _PRINTED | {"without a < 1/2": lambda: gram(_dropped(1))},
    ),
    proof_check(
        "the complement never grows",
        ("sec-3-complement-decay",),
        EXPLICIT,
        lambda: [*entry(iteration()), one_step().complement_decrease, one_step().complement_bound],
        {
            "without 2aqδ ≤ 1": lambda: _dropped(11).complement_bound,
            "without aE ⪯ I": lambda: _dropped(12).complement_decrease,
            "without m ≥ 1": lambda: _dropped(4).complement_decrease,
        },
    ),
    proof_check(
        "two recursions enclose the Gram matrix",
        ("sec-3-two-recursions",),
        EXPLICIT,
        recursions,
        {
            "without a < 1/2": lambda: recursions(_dropped(1)),
            "without aE ⪯ I": lambda: recursions(_dropped(12)),
            "without ℓ ≥ x⋆": lambda: recursions(_dropped(6)),
        },
    ),
)


CHECKS += (
    proof_check(
        "limit points span the shared subspace",
        (
            "abstract-low-rank",
            "sec-3-exact-span",
            "sec-3-singular-value-scale",
            "sec-3-rank-deficient",
            "sec-4-recovers-dimension",
        ),
        EXPLICIT + "; every limit point",
        limit_points,
        {
            "without a < 1/2": lambda: limit_points(_dropped(1)),
            "without aE ⪯ I": lambda: limit_points(_dropped(12)),
            "the whole Gram matrix vanishes": lambda: Limits(one_step())._outside(drop_cross=True),
        },
    ),
    proof_check(
        "the learned network is zero",
        ("sec-3-zero-function",),
        EXPLICIT,
        zero_function,
        {
            "without ρ ≤ 1": lambda: zero_function(_dropped(3)),
            "without ḡ < 1": lambda: zero_function(_dropped(9)),
            "the part off the subspace left out": lambda: Limits(one_step())._zero_function(False),
        },
    ),
    proof_check(
        "one step goes most of the way when there are samples enough",
        ("sec-3-rapid-step",),
        EXPLICIT + "; most of the way (x⋆ > 1/2) exactly when m_in > 1 + κ",
        lambda: [*gram(), *shrinkage()],
        {
            "κ + 2 for κ + 1": lambda: shrinkage(1),
            "κ for κ + 1": lambda: shrinkage(-1),
            "without a < 1/2": lambda: gram(_dropped(1)),
        },
    ),
)


def complement_derivation() -> Derivation:
    """Return the derivation of the first limit and of its rate."""
    claims = ("thm-1-i", "sec-3-complement-decay")
    return proof("The complement is unlearned", claims, PREMISES, *complement(), one_step().complement_bound)


def head_derivation() -> Derivation:
    """Return the derivation of the second limit."""
    return proof("The head's output vanishes", ("thm-1-ii",), PREMISES, *head_output())


def gram_derivation() -> Derivation:
    """Return the derivation of the third limit and of the two recursions."""
    return proof("The Gram matrix converges", ("thm-1-iii", "sec-3-two-recursions"), PREMISES, *gram())


def limit_points_derivation() -> Derivation:
    """Return the derivation of what the limit points look like."""
    claims = (
        "abstract-low-rank",
        "sec-3-exact-span",
        "sec-3-singular-value-scale",
        "sec-3-rank-deficient",
        "sec-4-recovers-dimension",
        "sec-3-rapid-step",
        "sec-3-zero-function",
    )
    return proof("The limit points", claims, PREMISES, *limit_points(), *zero_function(), *shrinkage())


DERIVATIONS = (complement_derivation, head_derivation, gram_derivation, limit_points_derivation)
