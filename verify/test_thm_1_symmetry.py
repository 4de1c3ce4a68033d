"""The exact symmetries: formulas, hypotheses and bounds; the printed initial scale that depends on the unit."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from foanil import statements
from foanil.claims import REGISTRY, Claim
from foanil.claims.hypotheses import (
    EXPLICIT_HEAD,
    EXPLICIT_START,
    EXPLICIT_STEPS,
    PRINTED_HEAD,
    PRINTED_START,
    SECTION_5,
)
from foanil.convergence import printed_conditions
from foanil.evidence import Check, Method, Residual, exact_residual
from foanil.homogeneity import DEGREES, HATS, Homogeneity, homogeneity, in_text
from foanil.pytest_plugin import Recorder, cases
from foanil.setting import State, isotropic, rescaled
from proofs.thm_1_symmetry import CHECKS, FORMULAS, printed_scale_breaks

FINDINGS = {"thm-1-init-scale": "terms of several degrees: a finding", PRINTED_START: "the same, as a hypothesis"}
CHOICES = {
    "sec-5-setting": "numbers of one experiment, in its own unit",
    SECTION_5[0]: "numbers of one experiment, in its own unit",
    REGISTRY["new-relu-networks"].hypotheses[0]: "numbers of one experiment, in its own unit",
    "app-a-collins-alignment": "a start with orthonormal columns: a choice of the unit of B",
}
"""Lines and hypotheses that are not meant to hold in every unit, and why."""
CHOSEN_UNIT = "units with "
"""How a hypothesis begins that chooses the unit."""
EVERY_LETTER = ("eq-4", "eq-5", "eq-6", "eq-7", "eq-8", "new-anil-loss", "prop-1", "app-a-rate", "new-thm-1-explicit")
"""Claims in whose line no letter can be forgotten unnoticed."""


def letters_of(texts: tuple[str, ...]) -> Mapping[str, Fraction]:
    """Return the degrees of the letters: those with hats are pure numbers where a hypothesis declares them so."""
    return DEGREES | HATS if any(text.startswith("hats: ") for text in texts) else DEGREES


def degrees_of(claim: Claim, forgotten: int | None = None) -> Homogeneity:
    """Read the line of a claim."""
    return homogeneity(claim.latex, letters_of(claim.hypotheses), forgotten)


def as_expected(found: Mapping[str, Homogeneity]) -> Residual:
    """Hold when all are homogeneous but for the findings and the choices, and each of those is not."""
    expected = {name for name in (*FINDINGS, *CHOICES) if name in found}
    clashing = {name for name, each in found.items() if not each.homogeneous}
    why = FINDINGS | CHOICES
    lines = [
        f"{name}: {each}" + (f" ({why[name]})" if name in why else "") for name, each in found.items() if str(each)
    ]
    wrong = [f"{name}: {found[name]}" for name in sorted(clashing ^ expected)]
    return exact_residual(not wrong, "; ".join(wrong) or "degrees of what is added or compared\n" + "\n".join(lines))


def printed_lines(name: str = "", forgotten: int | None = None) -> Residual:
    """Read the line of every claim that chooses no unit, with one letter of one claim forgotten."""
    free = [each for each in REGISTRY.values() if not any(text.startswith(CHOSEN_UNIT) for text in each.hypotheses)]
    return as_expected({each.id: degrees_of(each, forgotten if each.id == name else None) for each in free})


def printed_hypotheses(forgotten: str = "") -> Residual:
    """Read the formulas of every hypothesis that chooses no unit, with the first letter of one forgotten."""
    texts = dict.fromkeys(text for claim in REGISTRY.values() for text in claim.hypotheses)
    free = [text for text in texts if not text.startswith(CHOSEN_UNIT)]
    lines = {text: r" \quad ".join(in_text(text)) for text in free}
    return as_expected(
        {text: homogeneity(lines[text], letters_of((text,)), 0 if text == forgotten else None) for text in free}
    )


@pytest.mark.parametrize("check", cases(CHECKS))
def test_as_derived(check: Check, evidence: Recorder) -> None:
    """A formula of changed letters is the changed formula; a hypothesis compares terms of one scaling degree."""
    evidence.judge(check)


def test_no_formula_is_missing() -> None:
    """The symmetry audit covers every transcribed formula."""
    assert FORMULAS == statements.FORMULAS


@pytest.mark.claim(id="new-scaling-symmetry")
def test_printed_lines_have_one_degree(evidence: Recorder) -> None:
    """In the line of every claim what is added or compared has one scaling degree, but for the finding below."""
    mutants = [(name, n) for name in EVERY_LETTER for n in range(degrees_of(REGISTRY[name]).letters)]
    evidence.judge(
        Check(
            "the line of every claim",
            ("new-scaling-symmetry",),
            Method.DEGREES,
            f"{len(REGISTRY)} lines of the registry, as printed in the reports",
            "",
            lambda _: printed_lines(),
            tuple((f"{name}, letter {n} forgotten", lambda x=(name, n): printed_lines(*x)) for name, n in mutants),
        )
    )


@pytest.mark.claim(id="new-scaling-symmetry")
def test_printed_hypotheses_have_one_degree(evidence: Recorder) -> None:
    """In every hypothesis what is added or compared has one scaling degree, but for the printed initial scale."""
    hypotheses = (PRINTED_HEAD, EXPLICIT_START, EXPLICIT_HEAD, EXPLICIT_STEPS)
    evidence.judge(
        Check(
            "every hypothesis",
            ("new-scaling-symmetry",),
            Method.DEGREES,
            "every formula in the hypotheses of the registry",
            "",
            lambda _: printed_hypotheses(),
            tuple((f"a letter of {text} forgotten", lambda text=text: printed_hypotheses(text)) for text in hypotheses),
        )
    )


@pytest.mark.claim(id="thm-1-init-scale")
def test_printed_scale_depends_on_the_unit(evidence: Recorder) -> None:
    """For every C the printed bound on B_0 holds in one unit and fails in another: the same problem, λ = 4."""
    scale = degrees_of(REGISTRY["thm-1-init-scale"])
    assert not scale.homogeneous
    decided = printed_scale_breaks()
    held = []
    for C in (Fraction(1, 10**6), Fraction(1, 7), Fraction(1), Fraction(10**6)):
        setting = isotropic(d=3, k=2, k_prime=2, m_in=1, c="1/4", sigma_sq="1/2", alpha=1, beta=1)
        root = C  # B_0 = √C·(first axes) needs a rational root: take C² for the constant
        state = State([[root, 0], [0, root], [0, 0]], [0, 0])
        moved, there = rescaled(setting, state, 2)
        before, after = (
            printed_conditions(at, point, C**2, Fraction(1), Fraction(1))[2].holds
            for at, point in ((setting, state), (moved, there))
        )
        held.append((before, after))
    assert held == [(True, False)] * 4
    evidence.record(
        claim="thm-1-init-scale",
        method=Method.COUNTEREXAMPLE,
        scope="every constant C > 0 (both solvers); exact instances for four constants, d = 3, k = k′ = 2, m_in = 1",
        shown=f"degrees {scale}; {len(decided)} goals decided for every C; the bound holds at λ = 1, fails at λ = 4",
        finding="The term $m_{\\mathrm{in}}/\\bar\\sigma^2$ of the printed bound has the unit of $1/\\Sigma_\\star$: "
        "whatever its constant, the condition holds in one unit of the labels and fails in another. With "
        "$\\lambda_{\\min}(\\Sigma_\\star)$ restored it is invariant: `new-homogeneous-init-scale`; it is not needed "
        "at all: `new-thm-1-explicit`. Standalone: [thm_1_init_scale.py](capsules/thm_1_init_scale.py).",
    )
