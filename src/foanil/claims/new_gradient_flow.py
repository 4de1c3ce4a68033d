"""Results of this suite about the gradient flow, the small-step limit of (5)-(6): exact solution, limits, rates."""

from __future__ import annotations

from foanil.claims.hypotheses import ANY_COVARIANCE, FLOW, FULL_RANK_START, ISOTROPIC, MODEL, POSITIVE_COVARIANCE
from foanil.claims.record import Claim, Kind, Source

GRADIENT_FLOW = (
    Claim(
        id="new-gradient-flow",
        title="The gradient flow in closed form",
        location="beside Section 3",
        kind=Kind.IDENTITY,
        source=Source.OURS,
        statement=r"Without a head and for small steps, $H = \alpha BB^\top$ obeys a Riccati equation that "
        "is solved in closed form, for every covariance and every rank and width of $B_0$.",
        latex=r"\begin{aligned} H' &= \Theta H + H \Theta - 2 H Q H, \quad Q = "
        r"\frac{\bar{\sigma}^2}{m_{\mathrm{in}}} I + \left( 1 + \frac{1}{m_{\mathrm{in}}} \right) "
        r"\Theta, \quad \Theta = B_\star \Sigma_\star B_\star^\top \\ H(\tau) &= e^{\Theta\tau} B_0 "
        r"\left( I + B_0^\top V(\tau) B_0 \right)^{-1} B_0^\top e^{\Theta\tau}, \quad V(\tau) = 2 "
        r"\int_0^\tau e^{\Theta r} Q e^{\Theta r} \, dr \end{aligned}",
        page="sec_3_gradient_flow",
        hypotheses=(*FLOW, ANY_COVARIANCE),
        uses=("eq-5", "eq-6", "eq-7"),
    ),
    Claim(
        id="new-flow-gram-inverse",
        title="The inverse Gram matrix along the flow (S4)",
        location="beside Section 3",
        kind=Kind.IDENTITY,
        source=Source.OURS,
        statement=r"The inverse of $\Lambda(\tau)$ is explicit; $K(\tau)$ is non-decreasing and concave in "
        r"$\tau$.",
        latex=r"\begin{aligned} \Lambda^{-1}(\tau) &= \Lambda_\star^{-1} + e^{-\Sigma_\star\tau} \left( "
        r"K(\tau) - \Lambda_\star^{-1} \right) e^{-\Sigma_\star\tau} \\ K(\tau) &= \left[ C_0 \left( I "
        r"+ 2q\tau D_0^\top D_0 \right)^{-1} C_0^\top \right]^{-1}, \quad q = "
        r"\frac{\bar{\sigma}^2}{m_{\mathrm{in}}} \end{aligned}",
        page="sec_3_gradient_flow",
        hypotheses=(*FLOW, POSITIVE_COVARIANCE, FULL_RANK_START),
        uses=("new-gradient-flow", "eq-8", "def-gram"),
    ),
    Claim(
        id="new-flow-limits",
        title="Theorem 1 for the flow, for every covariance (S4)",
        location="beside Section 3, the conjecture",
        kind=Kind.LIMIT,
        source=Source.OURS,
        statement="The limits of Theorem 1 hold for the gradient flow without a head and every positive "
        "definite covariance.",
        latex=r"\Sigma_\star \succ 0, \; \mathrm{rank}(C_0) = k \;\Longrightarrow\; D(\tau) \to 0, \quad "
        r"\Lambda(\tau) \to \Lambda_\star",
        page="sec_3_gradient_flow",
        hypotheses=(*FLOW, POSITIVE_COVARIANCE, FULL_RANK_START),
        uses=("new-flow-gram-inverse", "new-flow-unlearning-rate"),
    ),
    Claim(
        id="new-flow-unlearning-rate",
        title="The sharp unlearning rate of the flow (S4)",
        location="beside Appendix A, rate of convergence",
        kind=Kind.RATE,
        source=Source.OURS,
        statement="Along the flow the complement is bounded by a hyperbola, whose constant one half is "
        r"attained when $k' \gt k$ and $D_0$ does not vanish on $\ker C_0$; at $k' = k$ the decay is "
        "exponential.",
        latex=r"\lVert D(\tau) \rVert^2 \le \frac{y_0}{1 + 2q\tau y_0} \le \frac{1}{2q\tau}, \quad y_0 = "
        r"\lVert D_0 \rVert^2, \; q = \frac{\bar{\sigma}^2}{m_{\mathrm{in}}}",
        page="sec_3_gradient_flow",
        hypotheses=(*FLOW, POSITIVE_COVARIANCE, r"for the exponential decay: $\mathrm{rank}(C_0) = k$"),
        uses=("new-gradient-flow", "def-complement"),
    ),
    Claim(
        id="new-third-limit-rate",
        title="An exponential rate for the third limit of the flow",
        location="beside Appendix A, rate of convergence",
        kind=Kind.RATE,
        source=Source.OURS,
        statement=r"Along the flow $\Lambda(\tau)$ converges exponentially; the factor $1 + \tau$ is "
        r"absent when $C_0$ restricted to $\ker D_0$ has rank $k$.",
        latex=r"\lVert \Lambda(\tau) - \Lambda_\star \rVert = O\left( (1 + \tau) "
        r"e^{-2\lambda_{\min}(\Sigma_\star)\tau} \right)",
        page="sec_3_gradient_flow",
        hypotheses=(*FLOW, POSITIVE_COVARIANCE, FULL_RANK_START),
        uses=("new-flow-gram-inverse",),
    ),
    Claim(
        id="new-flow-monotone-criterion",
        title="Loewner monotonicity of the flow, if and only if at the start (S4)",
        location="beside Section 3, proof strategy",
        kind=Kind.MONOTONICITY,
        source=Source.OURS,
        statement=r"For $\Sigma_\star = cI_k$ the Gram matrix increases along the whole flow if and only "
        r"if it does at $\tau = 0$, an explicit condition on $B_0$ that $\alpha\lVert B_0 \rVert^2 \le "
        r"x_\star$ implies.",
        latex=r"\Lambda'(\tau) \succeq 0 \; \forall \tau \ge 0 \;\Longleftrightarrow\; \Lambda_0 - "
        r"s\Lambda_0^2 - q\, C_0 D_0^\top D_0 C_0^\top \succeq 0 \quad (c = 1)",
        page="sec_3_gradient_flow",
        hypotheses=(
            *FLOW,
            ISOTROPIC,
            r"units with $c = 1$; $s = 1 + (1 + \kappa)/m_{\mathrm{in}}$, $q = \kappa/m_{\mathrm{in}}$",
            FULL_RANK_START,
        ),
        uses=("new-flow-gram-inverse",),
    ),
    Claim(
        id="new-flow-with-head",
        title="Theorem 1 for the flow with a head, free of the sample size (S4)",
        location="beside Appendix A, initialisation regime",
        kind=Kind.LIMIT,
        source=Source.OURS,
        statement=r"With a head and $\Sigma_\star = cI_k$, $\alpha\lVert B \rVert^2$ never exceeds the "
        r"larger of its start and $x_\star$ along the flow, and the limits hold for $\alpha\lVert B_0 "
        r"\rVert^2 \lt 1$ without any dependence on $m_{\mathrm{in}}$.",
        latex=r"\alpha \lVert B(\tau) \rVert^2 \le \max\left( \alpha \lVert B_0 \rVert^2, x_\star \right); "
        r"\qquad \alpha \lVert B_0 \rVert^2 \lt 1, \; \lVert w_0 \rVert^2 \le \alpha c "
        r"\;\Longrightarrow\; D \to 0, \; Bw \to 0, \; \Lambda \to \Lambda_\star",
        page="sec_3_gradient_flow",
        hypotheses=(
            *MODEL,
            r"small steps: $\beta \to 0$ in the time $\tau = \alpha\beta t$",
            ISOTROPIC,
            FULL_RANK_START,
            r"at $m_{\mathrm{in}} = 1$: $\alpha\lVert B_0 \rVert^2 \le 2/3$",
        ),
        uses=("eq-5", "eq-6", "eq-7", "eq-8"),
    ),
)
