"""The problem's exact symmetries, declared once, and every formula tested for them, symbolically.

Scaling: y → λy with λ = r². Rotations: R_d of the features, R_k of the task parameters, R_k′ of the head. A letter of
degree δ and shape rows × cols becomes r^{2δ}·R_rows L R_colsᵀ, with R = I for every other dimension.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from foanil import formal
from foanil.decisions import at_least, more_than
from foanil.evidence import Check, Method, Residual, exact_residual
from foanil.first_principles import outer_step
from foanil.inequalities import Decided, Theory
from foanil.notation import NOTATION
from foanil.paper_alphabet import letter_values, limit_alphabet, paper_alphabet
from foanil.words import Alphabet, Element, Letter
from proofs.assumption_1_and_definitions import anil_objective
from proofs.derivation import EVERY_SIZE, Derivation, Proved, proof, proof_check, zero_check
from proofs.dimensionless import iteration
from proofs.expectations import mean_outer_direction, theta
from proofs.thm_1_explicit_constants import everything, printed_constants

SYMMETRY, HOMOGENEOUS = ("new-scaling-symmetry",), ("new-homogeneous-init-scale",)
TURNED = ("d", "k", "k_prime")
"""The dimensions that can be rotated; B⋆,⊥'s columns and the samples keep their basis."""

# The symmetry --------------------------------------------------------------------------------------


@functools.cache
def symmetry_alphabet() -> Alphabet:
    """Return the paper's alphabet with the orthogonal letters R_d, R_k and R_k′ (the scalar c stands for r)."""
    names = {name: Letter(f"R_{name}", (name, name), latex=f"R_{{{name[0]}}}") for name in TURNED}
    words = limit_alphabet().declaring(*names.values())
    for name in TURNED:
        R = words.letter(f"R_{name}")
        words = words.with_rule(R.T @ R, words.eye(name)).with_rule(R @ R.T, words.eye(name))
    return words


def unit(words: Alphabet) -> Element:
    """Return r, the square root of λ: the scalar c, which occurs in no formula."""
    return words.scalar("c")


@dataclass(frozen=True)
class Symmetry:
    """A change of unit and basis: letters of degree δ gain r^{2δ}; rows and columns turn. Parts can be left out."""

    scaled: bool = True
    turned: tuple[str, ...] = TURNED
    left_alone: str = ""
    extra_power: int = 0

    @property
    def words(self) -> Alphabet:
        """The alphabet."""
        return symmetry_alphabet()

    def change(self, element: Element, degree: Fraction) -> Element:
        """Return r^{2·degree}·R_rows X R_colsᵀ."""
        power = int(2 * degree) if self.scaled else 0
        return unit(self.words) ** power * self.turn(element)

    def turn(self, element: Element) -> Element:
        """Return R_rows X R_colsᵀ."""
        rows, cols = element.shape
        found = self.words.letter(f"R_{rows}") @ element if rows in self.turned else element
        return found @ self.words.letter(f"R_{cols}").T if cols in self.turned else found

    def letters(self) -> dict[str, Element]:
        """Return every letter and scalar of the paper after the change; `left_alone` keeps its value."""
        known = letter_values(self.words)
        return {
            name: value if name == self.left_alone else self.change(value, NOTATION[name].degree)
            for name, value in known.items()
        }

    # a number system in which the one inverse of (8) can be taken after the change

    def eye(self, n: str) -> Element:
        """Return the identity."""
        return self.words.eye(n)

    def trace(self, A: Element) -> Element:
        """Return Tr(A)."""
        return self.words.trace(A)

    def sqnorm(self, A: Element) -> Element:
        """Return ‖A‖²."""
        return self.words.sqnorm(A)

    def inv(self, A: Element) -> Element:
        """Return (sRKRᵀ)⁻¹ = s⁻¹RK⁻¹Rᵀ, s = r⁴, for the K whose inverse is declared."""
        R, s = self.words.letter("R_k"), unit(self.words) ** (4 if self.scaled else 0)
        back = R.T @ A @ R / s if "k" in self.turned else A / s
        inverse = self.words.inv(back) / s
        return self.turn(inverse)


def equivariance(how: Symmetry) -> Callable[[Callable[..., Any]], Residual]:
    """Return the residual of f(changed letters) − changed f(letters), for a stated formula and its own degree."""

    def residual(stated: Callable[..., Any]) -> Residual:
        names = list(inspect.signature(stated).parameters)[1:]
        before, after = letter_values(how.words), how.letters()
        degree = formal.degree(formal.tree(stated))
        value = stated(how.words, **{name: before[name] for name in names})
        changed = stated(how, **{name: after[name] for name in names})
        whole = Symmetry(how.scaled, how.turned)
        gap = changed - unit(how.words) ** how.extra_power * whole.change(value, degree)
        return exact_residual(gap.is_zero(), f"degree {degree}; f(changed letters) − changed f: {gap}")

    return residual


FORMULAS = (
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
"""Every transcribed formula: the audit checks that none is missing."""


def derived_gaps(how: Symmetry | None = None) -> dict[str, Element]:
    """Return, for the derived outer step and loss, f(changed letters) − changed f(letters): all zero."""
    how = how or Symmetry()
    after = how.letters()
    letters = {name: value for name, value in after.items() if NOTATION[name].shape != ("1", "1")}
    kept = ("d", "k", "k_prime")
    scalars = {
        name: value for name, value in after.items() if NOTATION[name].shape == ("1", "1") and name not in (*kept, "c")
    }
    mean, beta = mean_outer_direction(), paper_alphabet().scalar("beta")
    stepped = outer_step(theta(paper_alphabet()), mean, beta)
    found = {"B": (stepped.B, "B"), "w": (stepped.w, "w"), "loss": (anil_objective(), "sigma_sq")}
    whole = Symmetry(how.scaled, how.turned)
    return {
        name: element.transport(how.words, letters, scalars)
        - unit(how.words) ** how.extra_power * whole.change(element.into(how.words), NOTATION[like].degree)
        for name, (element, like) in found.items()
    }


def first_left(gaps: Mapping[str, Element]) -> Element:
    """Return the first of some elements that is not zero, or the first."""
    return next((gap for gap in gaps.values() if not gap.is_zero()), next(iter(gaps.values())))


# The initial scale ---------------------------------------------------------------------------------


def printed_scale_breaks(factor: int = 4) -> list[Decided]:
    """Decide, for every C > 0 and m_in = 1: α‖B_0‖² = C meets the printed bound at σ̄² = 1, and not at σ̄² = 4."""
    here = iteration()
    C, one = here.words.scalar("y").coefficient(), here.words.field.one
    T = Theory(here.words, (more_than(C),), {})
    return [
        T.decide(at_least(C * one, C), "α‖B_0‖² ≤ C·min(1, 1/σ̄²) at σ̄² = 1"),
        T.decide(more_than(C, C / factor), "α‖B_0‖² > C/σ̄² at σ̄² = 4: the same problem in another unit"),
    ]


def homogeneous_scale() -> list[Proved]:
    """Derive Theorem 1 from α‖B_0‖² ≤ (1/4)min(1/m_in, m_inλ_min/σ̄²): the minimum is at most 1/m_in."""
    return [*printed_constants(iteration()), *everything()]


# Checks --------------------------------------------------------------------------------------------

_ROTATED = EVERY_SIZE + ", every λ > 0, every rotation of features, task parameters and head"


def _of_formula(name: str) -> Check:
    return Check(f"symmetries of {name}", SYMMETRY, Method.ALGEBRA, _ROTATED, name, equivariance(Symmetry()))


CHECKS: tuple[Check, ...] = (
    zero_check(
        "symmetries of the derived outer step and loss",
        SYMMETRY,
        _ROTATED,
        lambda: first_left(derived_gaps()),
        {
            "one power of r more": lambda: first_left(derived_gaps(Symmetry(extra_power=1))),
            "α not rescaled": lambda: first_left(derived_gaps(Symmetry(left_alone="alpha"))),
            "β not rescaled": lambda: first_left(derived_gaps(Symmetry(left_alone="beta"))),
            "B⋆ not turned": lambda: first_left(derived_gaps(Symmetry(left_alone="B_star"))),
            "σ̄² not rescaled": lambda: first_left(derived_gaps(Symmetry(left_alone="sigma_bar_sq"))),
        },
    ),
    *(_of_formula(name) for name in FORMULAS),
    proof_check(
        "Theorem 1 from the homogeneous initial scale",
        HOMOGENEOUS,
        "every d, k ≤ k′ ≤ d, m_in ≥ 1, α‖B_0‖² ≤ (1/4)min(1/m_in, m_inλ_min/σ̄²), and the other explicit hypotheses",
        homogeneous_scale,
        {
            "the constant 1/2": lambda: printed_constants(iteration(), scale=2),
            "the constant 1": lambda: printed_constants(iteration(), scale=1),
            "the constant 1/3": lambda: printed_constants(iteration(), scale=3),
        },
    ),
)


def symmetry_derivation() -> Derivation:
    """Return the derivation that the outer step and the loss are equivariant."""
    premises = (
        r"$\lambda = r^2$ (printed $c$): $\Sigma_\star, \sigma^2 \to r^4$, $\alpha, \beta \to r^{-2}$, $B, w \to r$",
        r"$R_d$, $R_k$, $R_{k'}$ orthogonal: a matrix turns by the rotation of its rows and of its columns",
    )
    latex = {
        "B": r"B_+' - r R_d B_+ R_{k'}^{\top}",
        "w": r"w_+' - r R_{k'} w_+",
        "loss": r"L_{\mathrm{ANIL}}' - r^4 L_{\mathrm{ANIL}}",
    }
    found = Derivation("The exact symmetries", SYMMETRY, premises)
    for name, gap in derived_gaps().items():
        found = found.then("identity of words", "Nothing remains.", latex[name], gap)
    return found


def scale_derivation() -> Derivation:
    """Return the derivation of Theorem 1 from the homogeneous initial scale."""
    premises = (
        r"$\alpha\lVert B_0\rVert^2 = \delta \le \frac14 y$",
        r"$y = \min(1/m_{\mathrm{in}}, m_{\mathrm{in}}c/\bar\sigma^2)$",
        r"the other explicit hypotheses of Theorem 1",
    )
    return proof("The initial scale in homogeneous form", HOMOGENEOUS, premises, *homogeneous_scale())


def printed_scale_derivation() -> Derivation:
    """Return the derivation that the printed initial scale is not invariant, whatever its constant."""
    premises = (
        r"$m_{\mathrm{in}} = 1$, $\alpha\lVert B_0\rVert^2 = C$ (printed $y$)",
        r"$\bar\sigma^2 = 1$, and the same problem with $\lambda = 2$",
    )
    title = "The printed initial scale depends on the unit"
    return proof(title, ("thm-1-init-scale",), premises, *printed_scale_breaks())


DERIVATIONS = (symmetry_derivation, scale_derivation, printed_scale_derivation)
