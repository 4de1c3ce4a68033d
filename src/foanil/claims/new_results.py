"""Results of this suite that the paper does not state: the iteration (5)-(7), its objective, its adaptation."""

from __future__ import annotations

from foanil.claims.hypotheses import (
    ANISOTROPIC_HEAD,
    ANY_COVARIANCE,
    EXPLICIT_HEAD,
    EXPLICIT_START,
    EXPLICIT_STEPS,
    FULL_RANK_START,
    ISOTROPIC,
    ITERATION,
    MODEL,
    POSITIVE_COVARIANCE,
    TEST_TASK,
    THEOREM_1_EXPLICIT,
    WIDTHS,
    ZERO_HEAD_OUTPUT,
)
from foanil.claims.record import Claim, Kind, Source

_DIMENSIONLESS = (
    (
        r"hats: $\hat C = \sqrt\alpha B_\star^\top B$, $\hat D = \sqrt\alpha B_{\star,\perp}^\top B$, $\hat w "
        r"= w/\sqrt{\alpha c}$, $S = \hat C^\top\hat C$, $T = \hat D^\top\hat D$, $G = S + T$"
    ),
    (
        r"numbers: $a = \alpha\beta c$, $\rho = \beta/\alpha$, $\kappa = \bar\sigma^2/c$, $q = "
        r"\kappa/m_{\mathrm{in}}$, $s = 1 + (1+\kappa)/m_{\mathrm{in}}$, $x_\star = 1/s$"
    ),
)

FORMS = (
    Claim(
        id="new-dimensionless-form",
        title="The iteration in dimensionless form",
        location="beside equations (5)-(7), Section 2.2.1",
        kind=Kind.IDENTITY,
        source=Source.OURS,
        statement=r"For $\Sigma_\star = cI_k$ the iteration depends on $(d, k, k', m_{\mathrm{in}}, "
        r"\kappa, a, \rho)$ and the initial point only, and $\alpha\Lambda_\star = x_\star I_k$.",
        latex=r"\begin{aligned} \hat{C}_{+} &= \hat{C} M, \quad \hat{D}_{+} = \hat{D} (M - aI), \quad "
        r"\hat{w}_{+} = \hat{w} - \rho G (I - G) \hat{w}, \quad M = (1 + a) I - aE \\ E &= sS + qT + "
        r"uu^\top + \frac{1}{m_{\mathrm{in}}} \left( gg^\top + (\hat{w}^\top G \hat{w}) G \right), "
        r"\quad u = (I - G) \hat{w}, \; g = G \hat{w} \end{aligned}",
        page="thm_1_explicit_constants",
        hypotheses=(*ITERATION, ISOTROPIC, *_DIMENSIONLESS),
        uses=("eq-5", "eq-6", "eq-7", "eq-8", "def-complement"),
    ),
    Claim(
        id="new-scaling-symmetry",
        title="The scaling symmetry of the problem",
        location="beside equations (5)-(7), Section 2.2.1",
        kind=Kind.IDENTITY,
        source=Source.OURS,
        statement=r"Measuring labels in another unit, $y \to \lambda y$, is a symmetry of (5)-(7) once "
        "step sizes and layers are rescaled: every true statement about the iteration is invariant "
        "under it.",
        latex=r"\Sigma_\star \to \lambda^2 \Sigma_\star, \quad \sigma \to \lambda\sigma, \quad \alpha \to "
        r"\alpha/\lambda, \quad \beta \to \beta/\lambda, \quad B \to \lambda^{1/2} B, \quad w \to "
        r"\lambda^{1/2} w",
        page="thm_1_symmetry",
        hypotheses=(*ITERATION, ANY_COVARIANCE, r"$\lambda \gt 0$"),
        uses=("eq-5", "eq-6", "eq-7"),
    ),
    Claim(
        id="new-anil-loss",
        title="The ANIL objective in closed form",
        location="beside equation (1), Section 2.2",
        kind=Kind.IDENTITY,
        source=Source.OURS,
        statement=r"With $m_{\mathrm{in}}$ inner rows the ANIL objective is an explicit function of $M = "
        r"\alpha BB^\top$ and $v = Bw$, for every covariance.",
        latex=r"L_{\mathrm{ANIL}} = \frac{1}{2} \left[ \mathrm{Tr}\left( (vv^\top + \Theta) \left( I - 2M "
        r"+ \left( 1 + \tfrac{1}{m_{\mathrm{in}}} \right) M^2 \right) \right) + \frac{\mathrm{Tr}(M^2) "
        r"(\lVert v \rVert^2 + \bar{\sigma}^2)}{m_{\mathrm{in}}} \right] \; \left( + "
        r"\frac{\sigma^2}{2} \right), \quad \Theta = B_\star \Sigma_\star B_\star^\top",
        page="thm_1_global_minima",
        hypotheses=(
            *MODEL,
            ANY_COVARIANCE,
            r"the inner step of (1) uses $m_{\mathrm{in}}$ rows",
            r"the term $\sigma^2/2$ is there if the test loss keeps its noise",
        ),
        uses=("eq-1", "eq-4", "def-sigma-bar"),
        stated=("anil_loss",),
    ),
    Claim(
        id="new-global-minima-identity",
        title="The loss gap as a sum of nonnegative terms",
        location="beside Section 3 and Appendix F",
        kind=Kind.IDENTITY,
        source=Source.OURS,
        statement="The gap of the ANIL objective to its minimum is an explicit sum of nonnegative terms, "
        r"in every dimension and for every covariance; it vanishes exactly at $\alpha BB^\top = "
        r"M_\star$, $Bw = 0$ when $\bar\sigma^2 \gt 0$.",
        latex=r"\begin{aligned} L_{\mathrm{ANIL}} - L_\star &= \frac{1}{2} \left[ \lVert (I - M) v "
        r"\rVert^2 + \frac{\lVert M v \rVert^2 + \mathrm{Tr}(M^2) \lVert v \rVert^2}{m_{\mathrm{in}}} "
        r"+ \mathrm{Tr}\left( (M - M_\star) K (M - M_\star) \right) \right] \ge 0 \\ K &= \left( 1 + "
        r"\tfrac{1}{m_{\mathrm{in}}} \right) \Theta + \frac{\bar{\sigma}^2}{m_{\mathrm{in}}} I, \quad "
        r"M_\star = K^{-1} \Theta = \alpha B_\star \Lambda_\star B_\star^\top, \quad L_\star = "
        r"\tfrac{1}{2} \mathrm{Tr}(\Theta - M_\star \Theta) \end{aligned}",
        page="thm_1_global_minima",
        hypotheses=(
            *MODEL,
            ANY_COVARIANCE,
            r"$\bar\sigma^2 \gt 0$",
            r"the inner step of (1) uses $m_{\mathrm{in}}$ rows",
        ),
        uses=("new-anil-loss", "eq-8"),
    ),
    Claim(
        id="new-fixed-points",
        title="All fixed points, and the Jacobian at each",
        location="beside equation (8), Section 3",
        kind=Kind.OPTIMALITY,
        source=Source.OURS,
        statement=r"$(B, w)$ is a fixed point of (5)-(6) if and only if $B_{\star,\perp}^\top B = 0$, $Bw = 0$ and "
        r"$\alpha\Lambda$ is $x_\star$ times an orthogonal projector. The Jacobian is diagonalisable. For "
        r"$\alpha\beta c \lt 1$, $\beta \le \alpha$ and $\beta\lVert w \rVert^2 \lt 2$ its eigenvalues lie in "
        r"$(-1, 1]$ at rank $k$, with $1 - 2\alpha\beta c$ along $\Lambda$; below rank $k$ one exceeds 1, unless the "
        r"rank is $k - 1 = k' - 1$ and $\lVert w \rVert^2 \ge \alpha c$.",
        latex=r"B_{\star,\perp}^\top B = 0, \; Bw = 0, \; \alpha\Lambda = x_\star \Pi, \; \Pi^2 = \Pi = \Pi^\top; "
        r"\qquad p(\lambda) = \lambda (1 + a(1 - s\lambda))^2, \quad p'(x_\star) = 1 - 2a, \; p'(0) = (1 + a)^2",
        page="eq_08_fixed_point",
        hypotheses=(*ITERATION, ISOTROPIC, *_DIMENSIONLESS),
        uses=("eq-8", "new-dimensionless-form"),
    ),
    Claim(
        id="new-fo-maml-equals-fo-anil",
        title="Without a head, first-order MAML is FO-ANIL",
        location="beside Section 2.2.1",
        kind=Kind.IDENTITY,
        source=Source.OURS,
        statement="At $w_t = 0$ a step of first-order MAML equals the step of FO-ANIL exactly, for every sample.",
        latex=r"w_t = 0 \;\Longrightarrow\; B_{t,i} = B_t, \quad \theta_{t+1}^{\text{FO-MAML}} = "
        r"\theta_{t+1}^{\text{FO-ANIL}}",
        page="sec_2_first_order_maml",
        hypotheses=(r"$w_t = 0$", r"no law is needed: an identity for every $X_i$, $z_i$, $w_{\star,i}$"),
        uses=("eq-2", "eq-3", "eq-4", "sec-2-maml-entangled"),
    ),
)

THEOREM = (
    Claim(
        id="new-thm-1-explicit",
        title="Theorem 1 with explicit constants",
        location="beside Theorem 1, Section 3",
        kind=Kind.LIMIT,
        source=Source.OURS,
        statement="Under explicit conditions on the step sizes and the start the three limits of (8) "
        "hold, with bounds for every $t$ on the complement, the head output and the largest "
        r"eigenvalue of $\Lambda_t$.",
        latex=r"\begin{aligned} &\lVert D_t \rVert^2 \le \frac{\lVert D_0 \rVert^2}{1 + \beta\gamma \lVert "
        r"D_0 \rVert^2 t}, \quad \gamma = \frac{\alpha^2 \bar{\sigma}^2}{m_{\mathrm{in}}}, \quad D_t = "
        r"B_{\star,\perp}^\top B_t \\ &\frac{7}{4} \beta (1 - \bar{g}) \sum_t \lVert B_t w_t \rVert^2 "
        r"\le \lVert w_0 \rVert^2, \quad \alpha \lVert B_t \rVert^2 \le \bar{g} \lt 1 \; \forall t \\ "
        r"&\lambda_{\max}(\alpha\Lambda_t) \le \max\left( \lambda_{\max}(\alpha\Lambda_0), x_\star "
        r"\right), \quad x_\star = \frac{m_{\mathrm{in}}}{m_{\mathrm{in}} + 1 + \bar{\sigma}^2/c} "
        r"\end{aligned}",
        page="thm_1_explicit_constants",
        hypotheses=THEOREM_1_EXPLICIT,
        uses=("new-dimensionless-form", "new-thm-1-region-form", "new-head-bound-attained"),
    ),
    Claim(
        id="new-thm-1-region-form",
        title="Convergence from any state of an explicit region",
        location="beside Theorem 1, Section 3",
        kind=Kind.LIMIT,
        source=Source.OURS,
        statement="The three limits hold from every state that meets a few inequalities, all of which the "
        "iteration keeps.",
        latex=r"\begin{aligned} &a \lt \tfrac{1}{2}, \quad \rho \le 1, \quad \bar{g} := \max(\lVert "
        r"\hat{C}\hat{C}^\top \rVert, x_\star) + \lVert \hat{D} \rVert^2 \lt 1, \quad \bar{g} \left( 1 "
        r"+ \tfrac{2}{m_{\mathrm{in}}} \right) \le 2, \quad aq \lVert \hat{D} \rVert^2 \le "
        r"\tfrac{1}{2}, \\ &a \left( s \lVert \hat{C}\hat{C}^\top \rVert + q \lVert \hat{D} \rVert^2 + "
        r"\omega \right) \le 1, \quad \lVert \hat{w} \rVert^2 \le \omega \lt 1, \quad "
        r"\mathrm{rank}(\hat{C}) = k \end{aligned}",
        page="thm_1_explicit_constants",
        hypotheses=(*ITERATION, ISOTROPIC, *_DIMENSIONLESS),
        uses=("new-dimensionless-form",),
    ),
    Claim(
        id="new-head-bound-attained",
        title="The head bound may be attained (S1)",
        location="beside Theorem 1, Section 3",
        kind=Kind.BOUND,
        source=Source.OURS,
        statement=r"The bound on the head need not be strict: if $B_0w_0 \ne 0$ the first step makes the "
        "head shorter, and if $B_0w_0 = 0$ the head never moves and $B_t$ evolves as with $w = 0$, "
        "whatever its length.",
        latex=r"\lVert w_0 \rVert^2 \le \alpha c, \; B_0 w_0 \ne 0 \;\Longrightarrow\; \lVert w_1 \rVert "
        r"\lt \lVert w_0 \rVert; \qquad B_0 w_0 = 0 \;\Longrightarrow\; w_t = w_0, \; B_t w_t = 0 \; "
        r"\forall t",
        page="thm_1_explicit_constants",
        hypotheses=THEOREM_1_EXPLICIT,
        uses=("new-dimensionless-form", "new-thm-1-region-form"),
    ),
    Claim(
        id="new-step-size-two-thirds",
        title="A larger inner step (S1')",
        location="beside Theorem 1, Section 3",
        kind=Kind.BOUND,
        source=Source.OURS,
        statement=r"The explicit theorem holds with $\alpha \le 2/(3\bar\sigma)$ in place of $\alpha \le "
        r"1/(2\bar\sigma)$.",
        latex=r"\beta \le \alpha \le \frac{2}{3\bar{\sigma}}",
        page="thm_1_sharper_constants",
        hypotheses=(*ITERATION, ISOTROPIC, FULL_RANK_START, EXPLICIT_START, EXPLICIT_HEAD),
        uses=("new-thm-1-explicit",),
    ),
    Claim(
        id="new-init-without-sample-size",
        title="An initial scale without the sample size (S1'')",
        location="beside Theorem 1, Section 3, and Appendix A",
        kind=Kind.BOUND,
        source=Source.OURS,
        statement=r"With $\alpha \le 1/(2\bar\sigma)$ the start may satisfy $\alpha\lVert B_0 \rVert^2 \le "
        r"1/3$ and $\lt 1 - x_\star$, with no factor $1/m_{\mathrm{in}}$ while $m_{\mathrm{in}} = "
        r"O(\kappa)$; the rate constant is then $17/9$, and $2 - \rho/4$ stands for $7/4$.",
        latex=r"\alpha \lVert B_0 \rVert^2 \le \tfrac{1}{3}, \quad \alpha \lVert B_0 \rVert^2 \lt \frac{1 "
        r"+ \kappa}{m_{\mathrm{in}} + 1 + \kappa}; \qquad \lVert D_t \rVert^2 \le \frac{\lVert D_0 "
        r"\rVert^2}{1 + \frac{17}{9} \beta\gamma \lVert D_0 \rVert^2 t}",
        page="thm_1_sharper_constants",
        hypotheses=(
            *ITERATION,
            ISOTROPIC,
            FULL_RANK_START,
            EXPLICIT_HEAD,
            r"$0 \lt \beta \le \alpha \le 1/(2\bar\sigma)$",
            *_DIMENSIONLESS[1:],
        ),
        uses=("new-thm-1-explicit",),
    ),
    Claim(
        id="new-homogeneous-init-scale",
        title="The initial scale in homogeneous form",
        location="beside Theorem 1, Section 3",
        kind=Kind.BOUND,
        source=Source.OURS,
        statement=r"With $\lambda_{\min}(\Sigma_\star)$ restored, the condition on $\lVert B_0 \rVert$ is "
        "invariant under the scaling symmetry, and Theorem 1 holds under it.",
        latex=r"\lVert B_0 \rVert^2 \le C \alpha^{-1} \min\left( \frac{1}{m_{\mathrm{in}}}, "
        r"\frac{m_{\mathrm{in}} \lambda_{\min}(\Sigma_\star)}{\bar{\sigma}^2} \right)",
        page="thm_1_symmetry",
        hypotheses=(
            *ITERATION,
            ISOTROPIC,
            FULL_RANK_START,
            EXPLICIT_HEAD,
            r"$0 \lt \beta \le \alpha \le 1/(2\bar\sigma)$",
        ),
        uses=("new-scaling-symmetry", "new-thm-1-explicit"),
    ),
    Claim(
        id="new-rate-constant",
        title="The constant of the unlearning rate",
        location="beside Appendix A, rate of convergence",
        kind=Kind.RATE,
        source=Source.OURS,
        statement="The rate $1/t$ of the complement has the constant $12/23$ for every $t$; asymptotically the "
        r"constant is one half, which some starts attain when $k' \gt k$.",
        latex=r"\lVert D_t \rVert^2 \le \frac{\lVert D_0 \rVert^2}{1 + \frac{23}{12} \beta\gamma \lVert D_0 "
        r"\rVert^2 t} \; \forall t, \qquad \limsup_{t \to \infty} t \lVert D_t \rVert^2 \le "
        r"\frac{m_{\mathrm{in}}}{2 \alpha^2 \beta \bar{\sigma}^2}",
        page="thm_1_sharper_constants",
        hypotheses=THEOREM_1_EXPLICIT,
        uses=("new-thm-1-explicit",),
    ),
    Claim(
        id="new-unlearning-asymptotics",
        title="How fast the complement is unlearned above the exact width",
        location="beside Appendix A, rate of convergence",
        kind=Kind.RATE,
        source=Source.OURS,
        statement=r"For $k' \gt k$, $w_0 = 0$ and every admissible start whose complement does not vanish on the "
        r"kernel of $B_\star^\top B_0$, the rate $1/t$ is exact, with one constant for all of them.",
        latex=r"t \, \lVert B_{\star,\perp}^\top B_t \rVert^2 \to \frac{m_{\mathrm{in}}}{2 \alpha^2 \beta "
        r"\bar{\sigma}^2}",
        page="app_a_rates",
        hypotheses=(
            *THEOREM_1_EXPLICIT,
            r"$w_0 = 0$, $\alpha\lVert B_0 \rVert^2 \le x_\star$",
            r"$B_{\star,\perp}^\top B_0$ nonzero on $\ker(B_\star^\top B_0)$, so that $k' \gt k$",
        ),
        uses=("new-rate-constant", "sec-3-slow-unlearning"),
    ),
    Claim(
        id="new-geometric-limits",
        title="What converges exponentially",
        location="beside Appendix A, rate of convergence",
        kind=Kind.RATE,
        source=Source.OURS,
        statement=r"At $k' = k$ all three limits are reached exponentially, from every admissible start; for $w_0 = 0$ "
        r"the third one is, at every width.",
        latex=r"k' = k : \; \sqrt\alpha \lVert D_t \rVert + \frac{\lVert B_t w_t \rVert}{\sqrt{c}} + \alpha "
        r"\lVert \Lambda_t - \Lambda_\star \rVert \le K \theta^t; \qquad w_0 = 0 : \; \alpha \lVert \Lambda_t - "
        r"\Lambda_\star \rVert \le K \theta^t, \quad \theta \lt 1",
        page="app_a_rates",
        hypotheses=THEOREM_1_EXPLICIT,
        uses=("new-thm-1-explicit", "sec-3-limit-exists"),
    ),
    Claim(
        id="new-head-norm-nonincreasing",
        title="The head never grows",
        location="beside Section 3, proof strategy",
        kind=Kind.MONOTONICITY,
        source=Source.OURS,
        statement=r"$\lVert w_t \rVert$ never increases, and it decreases strictly while $B_t w_t \ne 0$.",
        latex=r"\lVert w_{t+1} \rVert^2 \le \lVert w_t \rVert^2 - \tfrac{7}{4} \beta (1 - \bar{g}) \lVert "
        r"B_t w_t \rVert^2, \quad \alpha \lVert B_t \rVert^2 \le \bar{g} \lt 1",
        page="sec_3_monotonicity",
        hypotheses=(r"$\alpha\lVert B_t \rVert^2 \le \bar g \lt 1$", r"$0 \lt \beta \le \alpha$"),
        uses=("eq-5",),
    ),
    Claim(
        id="new-gram-monotone",
        title="Loewner monotonicity without a head (S2)",
        location="beside Section 3, proof strategy",
        kind=Kind.MONOTONICITY,
        source=Source.OURS,
        statement=r"When $B_0w_0 = 0$ and $\alpha\lVert B_0 \rVert^2 \le x_\star$, the Gram matrix "
        "increases in Loewner order at every step.",
        latex=r"\alpha\beta c \le \tfrac{1}{2}, \; B_0 w_0 = 0, \; \alpha \lVert B_0 \rVert^2 \le x_\star "
        r"\;\Longrightarrow\; \Lambda_{t+1} \succeq \Lambda_t \quad \forall t \ge 0",
        page="sec_3_monotonicity",
        hypotheses=(*ITERATION, ISOTROPIC, ZERO_HEAD_OUTPUT, *_DIMENSIONLESS),
        uses=("new-dimensionless-form", "def-gram"),
    ),
    Claim(
        id="new-head-null-space-of-limit",
        title="The head is orthogonal to the learned rows in the limit",
        location="beside Section 3, second property",
        kind=Kind.LIMIT,
        source=Source.OURS,
        statement=r"Every limit point $(B_\infty, w_\infty)$ has $B_\infty w_\infty = 0$: the head ends in "
        r"the null space of $B_\infty$.",
        latex=r"B_\infty w_\infty = 0 \text{ at every limit point}",
        page="sec_3_limit_points",
        hypotheses=THEOREM_1_EXPLICIT,
        uses=("new-thm-1-explicit",),
    ),
    Claim(
        id="new-head-bound-sharp",
        title="How long the initial head may be",
        location="beside Theorem 1, Section 3",
        kind=Kind.BOUND,
        source=Source.OURS,
        statement=r"$\lVert w_0 \rVert^2 \le \alpha c$ cannot be relaxed at $k' = k$: for every larger bound the "
        r"limits fail somewhere. With $\beta\lVert w_0 \rVert^2 \le \frac12$ in its place the first two limits hold, "
        r"and all eigenvalues of $\Lambda_t$ but at most one tend to those of $\Lambda_\star$, the remaining one there "
        r"or to $0$. For $k' \gt k = 1$ all limits hold for almost every $(B_0, w_0)$; for $k' \gt k \gt 1$ almost no "
        "start converges to a point of deficient rank.",
        latex=r"k' = k : \quad \forall \eta \gt 0 \; \exists (B_0, w_0) \text{ with } \lVert w_0 \rVert^2 "
        r"= (1 + \eta) \alpha c, \; \Lambda_t \not\to \Lambda_\star",
        page="thm_1_hypotheses",
        hypotheses=(*ITERATION, ISOTROPIC, FULL_RANK_START, EXPLICIT_START, EXPLICIT_STEPS),
        uses=("new-collapse-lemma", "new-dimensionless-form", "new-fixed-points", "new-thm-1-region-form"),
    ),
    Claim(
        id="new-bound-needs-sample-size",
        title="The bound on the representation needs the sample size",
        location="beside Appendix A, initialisation regime",
        kind=Kind.BOUND,
        source=Source.OURS,
        statement=r"No initial scale free of $m_{\mathrm{in}}$ gives $\lVert B_t \rVert^2 \le 1/\alpha$ for all $t$ "
        r"and all $m_{\mathrm{in}}$: every fixed start without a head in which signal and complement share a direction "
        r"breaks it at large $m_{\mathrm{in}}$.",
        latex=r"\hat C_0 f = \chi_0 e, \; \hat D_0 f = \psi_0 h, \; 0 \lt \chi_0^2 \lt 1, \; \psi_0 \ne 0 "
        r"\;\Longrightarrow\; \alpha \lVert B_t \rVert^2 \gt 1 \text{ for some } t, \text{ at every large } "
        r"m_{\mathrm{in}}",
        page="app_a_initialisation",
        hypotheses=(
            *ITERATION,
            ISOTROPIC,
            r"$w_0 = 0$, $a \lt 1/2$; $B_0$ fixed while $m_{\mathrm{in}}$ grows",
            r"unit vectors with $\hat C_0^\top e = \chi_0 f$ and $\hat D_0^\top h = \psi_0 f$ besides",
            *_DIMENSIONLESS,
        ),
        uses=("new-dimensionless-form", "app-a-complement-init"),
    ),
    Claim(
        id="new-hypotheses-needed",
        title="Each hypothesis of Theorem 1 is needed",
        location="beside Theorem 1, Section 3",
        kind=Kind.BOUND,
        source=Source.OURS,
        statement=r"Drop the rank of $B_\star^\top B_0$, the bound on $\lVert B_0 \rVert$, the bound on $\lVert w_0 "
        r"\rVert$, $\beta \le \alpha$, the bound on $\alpha$, or finitely many inner samples, keep the others, and one "
        r"of the three limits fails from some start. The constant of $m_{\mathrm{in}} \alpha \lVert B_0 \rVert^2$ must "
        r"be below 1, and the bound on $\beta/\alpha$ at most 4.",
        latex=r"\mathrm{rank}(B_\star^\top B_0) \lt k; \quad s\alpha\lVert B_0 \rVert^2 \gt 1 + \tfrac{2}{a}; \quad "
        r"\lVert w_0 \rVert^2 = (1 + \eta)\alpha c; \quad \beta \gt 4\alpha; \quad \alpha\beta c \gt 1; \quad "
        r"m_{\mathrm{in}} = \infty",
        page="thm_1_necessity",
        hypotheses=(*ITERATION, ISOTROPIC, *_DIMENSIONLESS[1:]),
        uses=("new-collapse-lemma", "new-period-doubling", "sec-3-infinite-samples"),
    ),
    Claim(
        id="new-collapse-lemma",
        title="Collapse under a long head (S3)",
        location="beside Theorem 1, Section 3",
        kind=Kind.LIMIT,
        source=Source.OURS,
        statement=r"If the head is longer than its bound along a right singular direction of $B_\star^\top B_0$ that "
        r"$B_{\star,\perp}^\top B_0$ sends to zero, and the singular value is small enough, then that singular value "
        r"decays to zero, at every $k \le k'$.",
        latex=r"\begin{aligned} &\hat C_0 f = \chi_0 e, \; \hat C_0^\top e = \chi_0 f, \; \hat D_0 f = 0, \; "
        r"\hat w_0 = \sqrt{1 + \eta} f, \; 0 \lt \eta \le 1, \; 0 \lt \chi_0^2 \le \frac{a\eta^2}{8\rho} \\ "
        r"&\Longrightarrow\; \chi_{t+1}^2 \le \left( 1 - \frac{a\eta}{2} \right) \chi_t^2 \to 0 \end{aligned}",
        page="thm_1_hypotheses",
        hypotheses=(
            *ITERATION,
            ISOTROPIC,
            r"$0 \lt \beta \le \alpha \le 1/(2\bar\sigma)$",
            r"$e$, $f$ unit vectors",
            *_DIMENSIONLESS,
        ),
        uses=("new-dimensionless-form",),
    ),
    Claim(
        id="new-period-doubling",
        title="The product of the step sizes must stay below one",
        location="beside Theorem 1, Section 3",
        kind=Kind.BOUND,
        source=Source.OURS,
        statement=r"The fixed point is linearly stable along $\Lambda$ for $\alpha\beta c \lt 1$, without head and "
        r"complement still attracts at 1, and repels beyond, where an attracting two-cycle branches off: for "
        r"$\alpha\beta c \gt 1$ and $D_0 = 0$, $w_0 = 0$ only exact preimages converge.",
        latex=r"p'(x_\star) = 1 - 2\alpha\beta c, \quad \lvert p'(x_\star) \rvert \le 1 "
        r"\;\Longleftrightarrow\; \alpha\beta c \le 1",
        page="thm_1_hypotheses",
        hypotheses=(*ITERATION, ISOTROPIC),
        uses=("new-fixed-points",),
    ),
)

ADAPTATION = (
    Claim(
        id="new-finite-time-full-rank",
        title="Full rank at every finite time, for almost every start",
        location="beside Section 3.1",
        kind=Kind.LIMIT,
        source=Source.OURS,
        statement=r"For every admissible head and almost every $B_0$, $B_t$ has full rank at every finite time; for "
        r"$w_0 = 0$ its rank is that of $B_0$, and at $k' = k$ it is full from every admissible start.",
        latex=r"\mathrm{rank}(B_t) = k' \; \forall t \text{ for almost every } B_0; \qquad w_0 = 0 : \; "
        r"\mathrm{rank}(B_t) = \mathrm{rank}(B_0) \; \forall t",
        page="sec_31_test_time_adaptation",
        hypotheses=THEOREM_1_EXPLICIT,
        uses=("new-thm-1-explicit",),
    ),
    Claim(
        id="new-prop-1-exact-risk",
        title="The exact expected risk of one-step adaptation",
        location="beside Proposition 1, Section 3.1",
        kind=Kind.IDENTITY,
        source=Source.OURS,
        statement="Given the task, the expected squared error of the one-step estimate at the limit is "
        "explicit, for every covariance.",
        latex=r"\mathbb{E} \lVert \hat{B} w_{\mathrm{test}} - B_\star w_\star \rVert^2 = \lVert (I_k - Y) "
        r"w_\star \rVert^2 + \frac{\lVert Y w_\star \rVert^2 + \mathrm{Tr}(Y^2) (\lVert w_\star "
        r"\rVert^2 + \sigma^2)}{m_{\mathrm{test}}}, \quad Y = \alpha\Lambda_\star",
        page="prop_1_decomposition",
        hypotheses=(*TEST_TASK, POSITIVE_COVARIANCE),
        uses=("eq-9", "eq-11", "prop-1-decomposition"),
    ),
    Claim(
        id="new-prop-1-constants",
        title="Proposition 1 with constants (S5)",
        location="beside Proposition 1, Section 3.1",
        kind=Kind.BOUND,
        source=Source.OURS,
        statement=r"For $m_{\mathrm{test}} \ge k$ and sub-Gaussian noise the error is bounded with "
        "explicit constants, with probability at least $1 - 3e^{-k/2}$.",
        latex=r"\lVert \hat{B} w_{\mathrm{test}} - B_\star w_\star \rVert \le \frac{1 + "
        r"\kappa}{m_{\mathrm{in}} + 1 + \kappa} \lVert w_\star \rVert + x_\star \left( 8 \lVert "
        r"w_\star \rVert + 5.55 \sigma \right) \sqrt{\frac{k}{m_{\mathrm{test}}}}, \quad \kappa = "
        r"\bar{\sigma}^2 / c",
        page="prop_1_decomposition",
        hypotheses=(
            *TEST_TASK[:2],
            ISOTROPIC,
            r"rows of the test $X$ i.i.d. $N(0, I_d)$",
            r"$z$ has independent centred $\sigma$-sub-Gaussian coordinates, independent of $X$",
            r"$m_{\mathrm{test}} \ge k$",
        ),
        uses=("eq-9", "eq-11", "prop-1-decomposition"),
    ),
    Claim(
        id="new-regression-exact-risk",
        title="The exact risk of least squares in the feature space",
        location="beside Section 3.1",
        kind=Kind.IDENTITY,
        source=Source.OURS,
        statement=r"The expected risk of least squares in dimension $d$ is explicit for $m_{\mathrm{test}} \gt d + 1$ "
        r"and, with the minimum-norm estimate, for $m_{\mathrm{test}} \lt d - 1$, where a bias stays that does not "
        r"vanish with $\sigma$; in between it is infinite when $\sigma \gt 0$.",
        latex=r"m_{\mathrm{test}} \gt d + 1 : \; \frac{\sigma^2 d}{m_{\mathrm{test}} - d - 1}; \qquad "
        r"m_{\mathrm{test}} \lt d - 1 : \; \left( 1 - \frac{m_{\mathrm{test}}}{d} \right) \lVert \theta_\star \rVert^2 "
        r"+ \frac{\sigma^2 m_{\mathrm{test}}}{d - m_{\mathrm{test}} - 1}",
        page="prop_1_decomposition",
        hypotheses=(
            WIDTHS,
            (
                "rows of the test $X$ i.i.d. $N(0, I_d)$; $z$ i.i.d., centred, of variance "
                r"$\sigma^2$, independent of $X$"
            ),
        ),
        uses=("eq-10",),
    ),
    Claim(
        id="new-bm-perfect-fit-rank",
        title="The rank that fits the training data perfectly",
        location="beside Section 4, superiority of agnostic methods",
        kind=Kind.OPTIMALITY,
        source=Source.OURS,
        statement="A representation $B$ of rank $m$ in general position fits the $m$ rows of every task "
        r"perfectly: full rank $d$ is not needed when $m \lt d$, and rank $m$ is, for almost all labels of "
        r"$N \gt (m - 1)(d - m + 1)$ tasks.",
        latex=r"\mathrm{rank}(X_i B) = m \; \forall i \;\Longrightarrow\; \exists W : \; X_i B W^{(i)} = "
        r"y_i \; \forall i",
        page="sec_4_burer_monteiro",
        hypotheses=(r"$m \le k'$", r"rows of $X_i$ i.i.d. $N(0, I_d)$; $\mathrm{rank}(B) \ge m$"),
        uses=("eq-12",),
    ),
    Claim(
        id="new-conjecture-generic",
        title="Theorem 1 for an arbitrary covariance, from almost every start",
        location="beside Section 3, after Theorem 1",
        kind=Kind.CONJECTURE,
        source=Source.OURS,
        statement=r"The limits of Theorem 1 hold with an arbitrary positive definite covariance from almost every "
        r"start: what refutes `thm-1-conjecture` is a thin set, between the starts that end with "
        r"$\det(B_\star^\top B_t) \gt 0$ and those that end with $\det(B_\star^\top B_t) \lt 0$, when $k' = k$.",
        latex=r"\Lambda_t \to \Lambda_\star \quad \text{for almost every } B_0",
        page="thm_1_conjecture",
        hypotheses=(
            *ITERATION,
            POSITIVE_COVARIANCE,
            FULL_RANK_START,
            EXPLICIT_START,
            ANISOTROPIC_HEAD,
            EXPLICIT_STEPS,
        ),
        uses=("eq-5", "eq-6", "eq-7", "eq-8"),
    ),
    Claim(
        id="new-gram-monotone-scalar",
        title="With one direction the Gram matrix never falls, whatever the head",
        location="beside Section 3, proof strategy",
        kind=Kind.MONOTONICITY,
        source=Source.OURS,
        statement=r"For $k = k' = 1$ and smaller constants $\Lambda_t$ never decreases, with a head too, for every "
        r"$d$, $m_{\mathrm{in}}$ and $\kappa$: what refutes `sec-3-gram-monotone` needs a second direction or larger "
        "constants.",
        latex=r"\Lambda_{t+1} \ge \Lambda_t \quad \forall t \ge 0",
        page="sec_3_monotonicity",
        hypotheses=(
            *ITERATION,
            ISOTROPIC,
            "$k = k' = 1$",
            r"$\alpha \lVert B_0 \rVert^2 \le \frac16 \min(1/m_{\mathrm{in}}, m_{\mathrm{in}} c/\bar\sigma^2)$",
            r"$\lVert w_0 \rVert^2 \le \alpha c/2$",
            r"$0 \lt \beta \le \alpha \le 1/(2\bar\sigma)$",
        ),
        uses=("eq-5", "eq-6", "eq-7"),
    ),
    Claim(
        id="new-certificate-guarantees",
        title="What a certificate guarantees",
        location="beside Theorem 1, Section 3",
        kind=Kind.BOUND,
        source=Source.OURS,
        statement=r"From bounds $l \le \lambda(\alpha\Lambda_t) \le \ell$, $\alpha \lVert B_{\star,\perp}^\top B_t "
        r"\rVert^2 \le \delta$, $\lVert \hat C \hat w \rVert \le \zeta$ and $\lVert \hat w \rVert^2 \le \omega$ at a "
        "state of the region (but for $\\omega \\lt 1$) the scalar recursions of a certificate bound the next state; "
        r"bounds that they map into themselves hold for ever; and a positive $l$ that holds for ever gives "
        r"$\alpha\Lambda_t \to x_\star I_k$, whatever $\omega$ is.",
        latex=r"(l, \ell, \delta, \zeta, \omega)_{t+1} = \Phi\left( (l, \ell, \delta, \zeta, \omega)_t \right), \qquad "
        r"l_t \ge l \gt 0 \; \forall t \;\Longrightarrow\; \alpha\Lambda_t \to x_\star I_k",
        page="certificate_guarantees",
        hypotheses=(*ITERATION, ISOTROPIC, *_DIMENSIONLESS),
        uses=("new-thm-1-region-form",),
    ),
    Claim(
        id="new-certificate-refutations",
        title="What refutes convergence from one start",
        location="beside Theorem 1, Section 3",
        kind=Kind.BOUND,
        source=Source.OURS,
        statement=r"For any $\Sigma_\star \succeq 0$: if $u^\top \Sigma_\star^j B_\star^\top B_0 = 0$ for $j \lt k$ "
        r"and $\Sigma_\star u \ne 0$, then $u^\top \Lambda_t u = 0$ for all $t$, while $u^\top \Lambda_\star u \gt 0$. "
        r"For $\Sigma_\star = cI_k$: if $as\lVert \hat C_t \rVert^2 \gt 2 + a$ or $aq\lVert \hat D_t \rVert^2 \gt 2$ "
        "at some $t$, that norm tends to infinity.",
        latex=r"u^\top \Sigma_\star^j B_\star^\top B_0 = 0 \; (j \lt k) \;\Longrightarrow\; "
        r"u^\top \Lambda_t u = 0 \; \forall t",
        page="certificate_refutations",
        hypotheses=(*ITERATION, *_DIMENSIONLESS),
        uses=("eq-5", "eq-6", "eq-8"),
    ),
    Claim(
        id="new-relu-networks",
        title="ReLU networks learn the shared subspace in their first layer",
        location="beside Section 5 (Appendix I)",
        kind=Kind.EXPERIMENT,
        source=Source.OURS,
        statement="The first layer of two- and three-layer ReLU networks that FO-ANIL or FO-MAML trains on linear "
        "tasks comes to stand out along the shared subspace; the figure shows what becomes of the complement. "
        "Nothing of this is compared with the paper, whose figures are not in the available text.",
        latex=r"f_\theta(x) = w^\top \max(B_2^\top \max(B_1^\top x, 0), 0), \qquad "
        r"\sigma_{\max}(B_\star^\top B_1)^2 \gt \sigma_{\max}(B_{\star,\perp}^\top B_1)^2",
        page="app_i_relu",
        hypotheses=(r"$N = 500$, $d = 20$, $k = 5$, widths $20$, $1500$ steps of size $\alpha = \beta = 0.05$",),
        uses=("def-tasks",),
    ),
)
