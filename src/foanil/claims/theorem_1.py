"""Theorem 1: its notation, its fixed point (8), its three limits and its hypotheses."""

from __future__ import annotations

from foanil.claims import readings
from foanil.claims.hypotheses import (
    ITERATION,
    MODEL,
    ORTHONORMAL,
    POSITIVE_COVARIANCE,
    PRINTED_CONDITIONS,
    PRINTED_START,
    THEOREM_1,
    UNIVERSAL,
    WIDTHS,
)
from foanil.claims.record import Claim, Exclusion, Kind, Source

_THEOREM_READINGS = (
    readings.STEP_SIZE_ORDER,
    readings.STEP_SIZE_BOUND,
    readings.HEAD_BOUND,
    readings.START_BOUND,
    readings.START_MINIMUM,
    readings.MATRIX_NORM,
)

NOTATION = (
    Claim(
        id="def-sigma-bar",
        title="The noise level seen by the inner step",
        location="Section 3, Theorem 1",
        kind=Kind.DEFINITION,
        source=Source.STATED,
        statement=r"$\bar\sigma^2$ adds the task variance to the label noise: it is the variance of a label.",
        latex=r"\bar{\sigma}^2 := \mathrm{Tr}(\Sigma_\star) + \sigma^2",
        page="assumption_1_and_definitions",
        quote="is the smallest eigenvalue of",
        hypotheses=MODEL,
        uses=("asm-1",),
        stated=("sigma_bar_sq",),
    ),
    Claim(
        id="def-complement",
        title="The orthogonal complement",
        location="Section 3, Theorem 1",
        kind=Kind.DEFINITION,
        source=Source.STATED,
        statement=r"$B_{\star,\perp}$ has orthonormal columns that span the orthogonal complement of the "
        r"columns of $B_\star$.",
        latex=r"B_{\star,\perp} \in \mathbb{R}^{d \times (d-k)}, \quad B_{\star,\perp}^\top "
        r"B_{\star,\perp} = I_{d-k}, \quad B_\star^\top B_{\star,\perp} = 0",
        page="assumption_1_and_definitions",
        quote="is an orthogonal matrix spanning the orthogonal of",
        hypotheses=(ORTHONORMAL, r"$k \lt d$"),
        readings=(readings.ORTHONORMAL_COLUMNS,),
        uses=("def-tasks",),
    ),
    Claim(
        id="def-gram",
        title="The Gram matrix along the shared subspace",
        location="Section 3, proof strategy",
        kind=Kind.DEFINITION,
        source=Source.STATED,
        statement=r"$\Lambda_t$ is the $k \times k$ Gram matrix of the rows of $B_\star^\top B_t$.",
        latex=r"\Lambda_t := B_\star^\top B_t B_t^\top B_\star",
        page="assumption_1_and_definitions",
        quote="While these two quantities decay,",
        hypotheses=(WIDTHS, ORTHONORMAL),
        uses=("def-tasks", "def-network"),
        stated=("gram",),
    ),
)

THEOREM = (
    Claim(
        id="sec-3-nonconvex",
        title="The objective is non-convex and the updates are of high order",
        location="Section 3",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="The ANIL objective is not convex in $(B, w)$, and (5)-(7) contain terms of high order "
        "in both: degree three and more in $B_t$, two in $w_t$.",
        latex=r"\exists\, \theta, \theta' : \; L_{\mathrm{ANIL}}\left( \tfrac{1}{2}(\theta + \theta') "
        r"\right) \gt \tfrac{1}{2} \left( L_{\mathrm{ANIL}}(\theta) + L_{\mathrm{ANIL}}(\theta') "
        r"\right)",
        page="thm_1_global_minima",
        quote="The objective function is non-convex in its arguments and the iterations involve "
        "high-order terms in both",
        hypotheses=(*ITERATION, r"$\Sigma_\star \ne 0$"),
        uses=("eq-1", "eq-5", "eq-6", "eq-7", "new-anil-loss"),
    ),
    Claim(
        id="thm-1-i",
        title="Theorem 1, first limit: the complement is unlearned",
        location="Section 3, Theorem 1, equation (8)",
        kind=Kind.LIMIT,
        source=Source.STATED,
        statement="FO-ANIL with infinitely many tasks forgets the orthogonal complement of the shared subspace.",
        latex=r"\lim_{t \to \infty} B_{\star,\perp}^\top B_t = 0",
        page="thm_1_convergence",
        quote="hides universal constants. Let also the step sizes",
        hypotheses=THEOREM_1,
        readings=_THEOREM_READINGS,
        uses=("eq-5", "eq-6", "eq-7", "def-complement", "new-thm-1-explicit"),
    ),
    Claim(
        id="thm-1-ii",
        title="Theorem 1, second limit: the learned function is zero",
        location="Section 3, Theorem 1, equation (8)",
        kind=Kind.LIMIT,
        source=Source.STATED,
        statement=r"The output of the learned initialisation tends to zero, the mean task parameter.",
        latex=r"\lim_{t \to \infty} B_t w_t = 0",
        page="thm_1_convergence",
        quote="Then under Assumption 1, FO-ANIL (given by Equations",
        hypotheses=THEOREM_1,
        readings=_THEOREM_READINGS,
        uses=("eq-5", "eq-6", "eq-7", "new-thm-1-explicit"),
    ),
    Claim(
        id="thm-1-iii",
        title="Theorem 1, third limit: the shared subspace is learned",
        location="Section 3, Theorem 1, equation (8)",
        kind=Kind.LIMIT,
        source=Source.STATED,
        statement=r"The Gram matrix along the shared subspace tends to $\Lambda_\star$, a shrunken "
        "multiple of the identity.",
        latex=r"\lim_{t \to \infty} B_\star^\top B_t B_t^\top B_\star = \Lambda_\star := \frac{1}{\alpha} "
        r"\frac{m_{\mathrm{in}}}{m_{\mathrm{in}} + 1} \left( I_k - \left( \frac{m_{\mathrm{in}} + "
        r"1}{\bar{\sigma}^2} \Sigma_\star + I_k \right)^{-1} \right)",
        page="thm_1_convergence",
        quote="with initial parameters",
        hypotheses=THEOREM_1,
        readings=(*_THEOREM_READINGS, readings.LIMIT_NOISE, readings.LIMIT_SCALE),
        uses=("eq-5", "eq-6", "eq-7", "eq-8", "def-gram", "new-thm-1-explicit"),
    ),
    Claim(
        id="eq-8",
        title="The fixed point",
        location="Section 3, equation (8)",
        kind=Kind.IDENTITY,
        source=Source.IMPLIED,
        statement=r"With $B_{\star,\perp}^\top B = 0$, $Bw = 0$ and $B_\star^\top B$ of rank $k$, $(B, w)$ "
        r"is a fixed point of (5)-(6) if and only if $\Lambda = \Lambda_\star$; the printed form "
        "equals the ratio form.",
        latex=r"\Lambda_\star = \frac{1}{\alpha} \frac{m_{\mathrm{in}}}{m_{\mathrm{in}} + 1} \left( I_k - "
        r"\left( \frac{m_{\mathrm{in}} + 1}{\bar{\sigma}^2} \Sigma_\star + I_k \right)^{-1} \right) = "
        r"\frac{1}{\alpha} \Sigma_\star \left( \frac{m_{\mathrm{in}} + 1}{m_{\mathrm{in}}} "
        r"\Sigma_\star + \frac{\bar{\sigma}^2}{m_{\mathrm{in}}} I_k \right)^{-1}",
        page="eq_08_fixed_point",
        quote="(of the iterates) satisfying a number of conditions",
        hypotheses=(*ITERATION, POSITIVE_COVARIANCE),
        readings=(readings.LIMIT_NOISE, readings.LIMIT_SCALE),
        uses=("eq-5", "eq-6", "eq-7", "def-gram", "def-complement", "def-sigma-bar"),
        stated=("limit_gram", "limit_gram_ratio_form"),
    ),
    Claim(
        id="thm-1-init-scale",
        title="Theorem 1's initial scale under the problem's scaling symmetry",
        location="Section 3, Theorem 1",
        kind=Kind.BOUND,
        source=Source.IMPLIED,
        statement="The conditions of Theorem 1, as conditions with universal constants, do not depend on "
        r"the unit in which labels are measured: they are invariant under $y \to \lambda y$ with the "
        "step sizes and layers rescaled to match.",
        latex=r"\lVert B_0 \rVert^2 \le C \alpha^{-1} \min\left( \frac{1}{m_{\mathrm{in}}}, "
        r"\frac{m_{\mathrm{in}}}{\bar{\sigma}^2} \right) \;\Longleftrightarrow\; \lVert \lambda^{1/2} "
        r"B_0 \rVert^2 \le C \left( \frac{\alpha}{\lambda} \right)^{-1} \min\left( "
        r"\frac{1}{m_{\mathrm{in}}}, \frac{m_{\mathrm{in}}}{\lambda^2 \bar{\sigma}^2} \right)",
        page="thm_1_symmetry",
        quote="is full rank",
        hypotheses=(PRINTED_START, UNIVERSAL, r"$\lambda \gt 0$"),
        readings=(readings.START_BOUND, readings.START_MINIMUM),
        uses=("new-scaling-symmetry", "def-sigma-bar"),
    ),
    Claim(
        id="app-c-extended-theorem",
        title="The extended version of Theorem 1 and its proof",
        location="Section 3; Appendix C",
        kind=Kind.REMARK,
        source=Source.CITED,
        statement="Appendix C states an extended version of Theorem 1 and proves it.",
        latex=r"\text{(Appendix C)}",
        page="missing_appendices",
        quote="An extended version of Theorem 1 and its proof are postponed to Appendix C",
        exclusion=Exclusion(
            "NOT_CHECKABLE", "Appendix C is not in the available text; Theorem 1 is proved afresh instead"
        ),
    ),
    Claim(
        id="thm-1-conjecture",
        title="Theorem 1 for arbitrary task covariances",
        location="Section 3, after Theorem 1",
        kind=Kind.CONJECTURE,
        source=Source.STATED,
        statement=r"The three limits of Theorem 1 hold with an arbitrary task covariance in place of $cI_k$.",
        latex=r"\Sigma_\star \succ 0 \;\Longrightarrow\; B_{\star,\perp}^\top B_t \to 0, \quad B_t w_t \to "
        r"0, \quad \Lambda_t \to \Lambda_\star",
        page="thm_1_conjecture",
        quote="We conjecture that Theorem 1 holds with arbitrary task covariances",
        hypotheses=(*ITERATION, POSITIVE_COVARIANCE, *PRINTED_CONDITIONS),
        uses=("eq-5", "eq-6", "eq-7", "eq-8"),
    ),
)
