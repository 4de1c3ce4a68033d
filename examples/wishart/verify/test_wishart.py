"""The formula against Isserlis' theorem on words: every m and every d at once."""

import pytest

from foanil import Check, Method, Residual, cases, exact_residual
from foanil.gaussian_moments import Gaussian, expectation
from foanil.words import Element, Letter, alphabet

WORDS = alphabet(["m", "d"], [Letter("X", ("m", "d")), Letter("A", ("d", "d"))])
X, A, m, identity = WORDS.letter("X"), WORDS.letter("A"), WORDS.scalar("m"), WORDS.eye("d")


def stated() -> Element:
    """The formula as the paper has it."""
    return m**2 * A + m * A.T + m * WORDS.trace(A) * identity


def compared(formula: Element) -> Residual:
    """Return what is left between a formula and the derived mean."""
    S = X.T @ X
    gap = formula - expectation(S @ A @ S, Gaussian("X"))
    return exact_residual(gap.is_zero(), str(gap))


CHECK = Check(
    "E[SAS] by Isserlis",
    ("wishart-second-moment",),
    Method.ALGEBRA,
    "every m and d",
    "",
    lambda _: compared(stated()),
    mutants=(
        ("A for its transpose", lambda: compared(stated() - m * A.T + m * A)),
        ("no trace", lambda: compared(stated() - m * WORDS.trace(A) * identity)),
        ("m(m − 1) for m²", lambda: compared(stated() - m * A)),
    ),
)


@pytest.mark.parametrize("check", cases([CHECK]))
def test_formula(check, evidence):
    """The mean is the stated one, and none of its falsehoods."""
    evidence.judge(check)
