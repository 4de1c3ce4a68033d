"""Section 3: the proof strategy of Theorem 1 and what follows from it."""

from __future__ import annotations

from foanil.claims import readings
from foanil.claims.hypotheses import (
    ANY_COVARIANCE,
    INFINITE_SAMPLES,
    ISOTROPIC,
    ITERATION,
    MODEL,
    POSITIVE_COVARIANCE,
    TEST_TASK,
    THEOREM_1,
    THEOREM_1_EXPLICIT,
    WIDTHS,
)
from foanil.claims.record import Claim, Exclusion, Kind, Source

PROOF_STRATEGY = (
    Claim(
        id="sec-3-complement-decay",
        title="The complement decays monotonically",
        location="Section 3, proof strategy",
        kind=Kind.MONOTONICITY,
        source=Source.STATED,
        statement=r"$\lVert B_{\star,\perp}^\top B_t \rVert$ never increases.",
        latex=r"\lVert B_{\star,\perp}^\top B_{t+1} \rVert \le \lVert B_{\star,\perp}^\top B_t \rVert "
        r"\quad \forall t \ge 0",
        page="thm_1_convergence",
        quote="The proof is based on the monotonic decay of",
        hypotheses=THEOREM_1,
        readings=(readings.MONOTONIC_DECAY,),
        uses=("eq-6", "eq-7", "def-complement", "new-thm-1-explicit"),
    ),
    Claim(
        id="sec-3-head-output-decay",
        title="The head output decays monotonically from the start",
        location="Section 3, proof strategy",
        kind=Kind.MONOTONICITY,
        source=Source.STATED,
        statement=r"$\lVert B_t w_t \rVert$ never increases, from $t = 0$ on.",
        latex=r"\lVert B_{t+1} w_{t+1} \rVert \le \lVert B_t w_t \rVert \quad \forall t \ge 0",
        page="sec_3_monotonicity",
        quote="The proof is based on the monotonic decay of",
        hypotheses=THEOREM_1,
        readings=(readings.MONOTONIC_DECAY,),
        uses=("eq-5", "eq-6", "eq-7"),
    ),
    Claim(
        id="sec-3-head-output-eventual-decay",
        title="The head output decays once the complement has",
        location="Section 3, proof strategy",
        kind=Kind.MONOTONICITY,
        source=Source.STATED,
        statement=r"From some time on, after $\lVert B_{\star,\perp}^\top B_t \rVert$ has decayed, $\lVert "
        r"B_t w_t \rVert$ never increases again; the choice of the step size guarantees it. The time depends on the "
        "start.",
        latex=r"\exists\, t_0 \; \forall t \ge t_0 : \; \lVert B_{t+1} w_{t+1} \rVert \le \lVert B_t w_t "
        r"\rVert",
        page="sec_3_monotonicity",
        quote="is also crucial as it guarantees the",
        hypotheses=THEOREM_1_EXPLICIT,
        readings=(readings.CRUCIAL_CHOICE, readings.MONOTONIC_DECAY),
        uses=("eq-5", "eq-6", "eq-7", "thm-1-i"),
    ),
    Claim(
        id="sec-3-gram-monotone",
        title="The Gram matrix increases in Loewner order",
        location="Section 3, proof strategy",
        kind=Kind.MONOTONICITY,
        source=Source.STATED,
        statement=r"$\Lambda_t$ increases monotonically in the Loewner order.",
        latex=r"\Lambda_{t+1} \succeq \Lambda_t \quad \forall t \ge 0",
        page="sec_3_monotonicity",
        quote="in the Loewner order sense. As these three quantities are interrelated, simultaneously "
        "controlling them is challenging",
        hypotheses=THEOREM_1,
        readings=(readings.START_MINIMUM,),
        uses=("eq-5", "eq-6", "eq-7", "def-gram"),
    ),
    Claim(
        id="sec-3-two-recursions",
        title="Two recursions enclose the Gram matrix and converge",
        location="Section 3, proof strategy",
        kind=Kind.BOUND,
        source=Source.STATED,
        statement=r"$\Lambda_t$ lies in Loewner order between two associated recursions, and both converge "
        r"monotonically to $\Lambda_\star$.",
        latex=r"\Lambda_t^{-} \preceq \Lambda_t \preceq \Lambda_t^{+}, \quad \Lambda_t^{\pm} \to "
        r"\Lambda_\star \text{ monotonically}",
        page="thm_1_convergence",
        quote="(in Loewner order) and then show their monotonic convergence to",
        hypotheses=THEOREM_1,
        uses=("eq-6", "eq-7", "eq-8", "def-gram", "new-thm-1-explicit"),
    ),
    Claim(
        id="app-b-sketch",
        title="The detailed sketch of the proof, with equations (13) and (14)",
        location="Section 3; Appendix B",
        kind=Kind.REMARK,
        source=Source.CITED,
        statement="Appendix B sketches the proof and displays (13) and (14).",
        latex=r"\text{(Appendix B)}",
        page="missing_appendices",
        quote="A more detailed sketch of the proof could be found in Appendix B",
        exclusion=Exclusion("NOT_CHECKABLE", "Appendix B, with (13) and (14), is not in the available text"),
    ),
)

CONSEQUENCES = (
    Claim(
        id="sec-3-rank-deficient",
        title="The limit is rank-deficient",
        location="Section 3, first property",
        kind=Kind.LIMIT,
        source=Source.STATED,
        statement=r"$B_\infty$ is rank-deficient: the whole complement, of dimension $d - k$, is ignored.",
        latex=r"\mathrm{rank}(B_\infty) = k \lt k', \quad B_{\star,\perp}^\top B_\infty = 0",
        page="thm_1_convergence",
        quote="FO-ANIL learns to ignore the entire",
        hypotheses=THEOREM_1,
        readings=(readings.RANK_DEFICIENT, readings.LIMIT_MATRIX),
        uses=("thm-1-i", "thm-1-iii"),
    ),
    Claim(
        id="sec-3-limit-exists",
        title="The representation itself converges",
        location="Section 3, the symbol for the limit",
        kind=Kind.LIMIT,
        source=Source.IMPLIED,
        statement=r"$B_t$ converges to a matrix $B_\infty$; Theorem 1 gives limits of products only.",
        latex=r"\exists\, B_\infty = \lim_{t \to \infty} B_t",
        page="sec_3_limit_points",
        quote="Theorem 1 states that under mild assumptions on initialization and step sizes, the "
        "parameters learned by FO-ANIL verify three key properties after convergence",
        hypotheses=THEOREM_1,
        readings=(readings.LIMIT_MATRIX,),
        uses=("thm-1-i", "thm-1-ii", "thm-1-iii"),
    ),
    Claim(
        id="sec-3-zero-function",
        title="The learned initialisation is the zero function",
        location="Section 3, second property",
        kind=Kind.LIMIT,
        source=Source.STATED,
        statement=r"The network at the learned initialisation is the zero function.",
        latex=r"f_{\theta_t}(x) = x^\top B_t w_t \to 0 \quad \forall x",
        page="thm_1_convergence",
        quote="The learned initialization yields the zero function, as given by the second limit",
        hypotheses=THEOREM_1,
        uses=("thm-1-ii", "def-network"),
    ),
    Claim(
        id="sec-3-head-need-not-vanish",
        title="The head need not converge to zero",
        location="Section 3, second property",
        kind=Kind.LIMIT,
        source=Source.STATED,
        statement=r"There are admissible initialisations from which $w_t$ does not converge to 0.",
        latex=r"\exists\, (B_0, w_0) : \; B_t w_t \to 0 \text{ and } w_t \not\to 0",
        page="sec_3_limit_points",
        quote="does not necessarily converge to",
        hypotheses=THEOREM_1,
        uses=("eq-5", "thm-1-ii"),
    ),
    Claim(
        id="sec-3-head-null-space",
        title="The head converges to the null space of B_star",
        location="Section 3, second property",
        kind=Kind.LIMIT,
        source=Source.STATED,
        statement=r"$w_t$, a vector of dimension $k'$, converges to the null space of the $d \times k$ "
        r"matrix $B_\star$.",
        latex=r"\mathrm{dist}(w_t, \ker B_\star) \to 0",
        page="sec_3_limit_points",
        quote="however, it converges to the null space of",
        hypotheses=THEOREM_1,
        readings=(readings.LIMIT_MATRIX,),
        uses=("thm-1-ii", "thm-1-iii"),
    ),
    Claim(
        id="sec-3-mean-challenging",
        title="Convergence to the mean task parameter is challenging to show",
        location="Section 3, second property",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="Showing that $B_t w_t$ converges to the mean task parameter is very challenging when "
        "starting away from it.",
        latex=r"B_t w_t \to B_\star \mu_\star",
        page="missing_appendices",
        quote="is very challenging when starting away from it, as discussed in Section",
        exclusion=Exclusion("NOT_CHECKABLE", "a judgement of difficulty; the limit itself is sec-4-nonzero-mean"),
    ),
    Claim(
        id="sec-3-exact-span",
        title="The learned matrix spans exactly the shared subspace",
        location="Section 3, third property",
        kind=Kind.LIMIT,
        source=Source.STATED,
        statement=r"$B_\star^\top B_\infty B_\infty^\top B_\star$ is proportional to the identity, and "
        r"$B_\infty$ spans exactly the columns of $B_\star$.",
        latex=r"B_\star^\top B_\infty B_\infty^\top B_\star = \lambda I_k, \quad \mathrm{col}(B_\infty) = "
        r"\mathrm{col}(B_\star)",
        page="thm_1_convergence",
        quote="is proportional to identity. Along with the",
        hypotheses=THEOREM_1,
        readings=(readings.LIMIT_MATRIX,),
        uses=("thm-1-i", "thm-1-iii"),
    ),
    Claim(
        id="sec-3-singular-value-scale",
        title="Squared singular values scale as one over the inner step size",
        location="Section 3, third property",
        kind=Kind.LIMIT,
        source=Source.STATED,
        statement=r"The nonzero squared singular values of $B_\infty$ are a multiple of $\alpha^{-1}$.",
        latex=r"\sigma_j(B_\infty)^2 = \frac{1}{\alpha} \frac{m_{\mathrm{in}}}{m_{\mathrm{in}} + 1 + "
        r"\bar{\sigma}^2/c}, \quad j = 1, \ldots, k",
        page="thm_1_convergence",
        quote="its squared singular values scale as",
        hypotheses=THEOREM_1,
        readings=(readings.LIMIT_MATRIX,),
        uses=("thm-1-i", "thm-1-iii"),
    ),
    Claim(
        id="sec-3-rapid-step",
        title="The scale allows rapid learning with one step",
        location="Section 3, third property; Section 3.1",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement=r"At the limit $\alpha BB^\top$ is close to the identity on the shared subspace, so that "
        r"one step of size $\alpha$ moves the estimate most of the way to the task's parameter.",
        latex=r"\alpha B_\infty B_\infty^\top B_\star = x_\star B_\star, \quad x_\star = "
        r"\frac{m_{\mathrm{in}}}{m_{\mathrm{in}} + 1 + \bar{\sigma}^2/c}",
        page="thm_1_convergence",
        quote="allowing to perform rapid learning with a single gradient step of size",
        hypotheses=THEOREM_1,
        uses=("thm-1-i", "thm-1-iii"),
    ),
    Claim(
        id="sec-3-global-minima",
        title="The limit points are global minima",
        location="Section 3; Appendix F",
        kind=Kind.OPTIMALITY,
        source=Source.CITED,
        statement="Every limit point of Theorem 1 is a global minimum of the ANIL objective (1), its "
        r"inner step taken on $m_{\mathrm{in}}$ rows.",
        latex=r"L_{\mathrm{ANIL}}(B_\infty, w_\infty) = \min_{B, w} L_{\mathrm{ANIL}}(B, w)",
        page="thm_1_global_minima",
        quote="are shown to be global minima of the ANIL objective in Equation (1) in Appendix F",
        hypotheses=(*MODEL, ANY_COVARIANCE, r"the inner step of (1) uses $m_{\mathrm{in}}$ rows"),
        readings=(readings.INNER_SAMPLE,),
        uses=("eq-1", "eq-8", "new-global-minima-identity"),
    ),
    Claim(
        id="sec-3-large-step-sizes",
        title="Theorem 1 holds for quite large step sizes",
        location="Section 3",
        kind=Kind.BOUND,
        source=Source.STATED,
        statement=r"The step sizes need not be small: $\alpha$ may be of the order of $1/\bar\sigma$ and "
        r"$\beta$ as large as $\alpha$.",
        latex=r"\beta \le \alpha = O(1/\bar{\sigma})",
        page="thm_1_hypotheses",
        quote="Interestingly, Theorem 1 holds for quite large step sizes",
        hypotheses=THEOREM_1,
        readings=(readings.STEP_SIZE_BOUND, readings.STEP_SIZE_ORDER),
        uses=("thm-1-i", "thm-1-ii", "thm-1-iii", "new-thm-1-explicit"),
    ),
    Claim(
        id="sec-3-step-size-free",
        title="The limit depends on the step sizes by one scaling only",
        location="Section 3",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement=r"The limit conditions (8) depend on $\alpha$ and $\beta$ only by the factor $1/\alpha$ "
        r"of $\Lambda_\star$.",
        latex=r"\frac{\partial}{\partial \alpha} (\alpha \Lambda_\star) = 0, \quad "
        r"\frac{\partial}{\partial \beta} \Lambda_\star = 0",
        page="eq_08_fixed_point",
        quote="and the limit points only depend on these parameters by the",
        hypotheses=(POSITIVE_COVARIANCE,),
        uses=("eq-8",),
    ),
    Claim(
        id="sec-3-shrinkage-limit",
        title="Without sampling error there is no shrinkage",
        location="Section 3",
        kind=Kind.LIMIT,
        source=Source.STATED,
        statement=r"$\Lambda_\star$ tends to $I_k/\alpha$ as $m_{\mathrm{in}}$ grows.",
        latex=r"\lim_{m_{\mathrm{in}} \to \infty} \Lambda_\star = \frac{1}{\alpha} I_k",
        page="eq_08_fixed_point",
        quote="is some shrinkage of",
        hypotheses=(POSITIVE_COVARIANCE,),
        uses=("eq-8",),
    ),
    Claim(
        id="sec-3-shrinkage-scale",
        title="When the shrinkage matters",
        location="Section 3",
        kind=Kind.RATE,
        source=Source.STATED,
        statement=r"The shrinkage is significant when $m_{\mathrm{in}}$ is of the order of the inverse "
        r"eigenvalues of $\bar\sigma^{-2}\Sigma_\star$.",
        latex=r"1 - \lambda_j(\alpha \Lambda_\star) = \frac{1 + \bar{\sigma}^2/\lambda_j}{m_{\mathrm{in}} "
        r"+ 1 + \bar{\sigma}^2/\lambda_j}, \quad \lambda_j = \lambda_j(\Sigma_\star)",
        page="eq_08_fixed_point",
        quote="is of order of the inverse eigenvalues of",
        hypotheses=(POSITIVE_COVARIANCE,),
        readings=(readings.SHRINKAGE_NOISE,),
        uses=("eq-8",),
    ),
    Claim(
        id="sec-3-shrinkage-variance",
        title="The shrinkage mitigates the variance of the one-step estimator",
        location="Section 3",
        kind=Kind.BOUND,
        source=Source.STATED,
        statement="Conditionally on the task, the variance of the one-step estimator is at most what it "
        r"would be at $\Lambda = I_k/\alpha$, without shrinkage.",
        latex=r"\frac{\lVert Y w_\star \rVert^2 + \mathrm{Tr}(Y^2)(\lVert w_\star \rVert^2 + "
        r"\sigma^2)}{m_{\mathrm{test}}} \le \frac{\lVert w_\star \rVert^2 + k(\lVert w_\star \rVert^2 "
        r"+ \sigma^2)}{m_{\mathrm{test}}}, \quad Y = \alpha\Lambda_\star",
        page="prop_1_decomposition",
        quote="This shrinkage mitigates the variance of the estimator returned after a single gradient step",
        hypotheses=(*TEST_TASK, POSITIVE_COVARIANCE),
        uses=("eq-8", "eq-9", "eq-11", "new-prop-1-exact-risk"),
    ),
    Claim(
        id="sec-3-unbiased",
        title="Without shrinkage the one-step estimator is unbiased",
        location="Section 3",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement=r"Given the task, the one-step estimator has mean $\alpha B_\star\Lambda_\star w_\star$, "
        "which is the task's parameter exactly when there is no shrinkage.",
        latex=r"\mathbb{E}[\hat{B} w_{\mathrm{test}} \mid w_\star] = \alpha B_\star \Lambda_\star w_\star "
        r"\;\to\; B_\star w_\star \quad (m_{\mathrm{in}} \to \infty)",
        page="eq_08_fixed_point",
        quote="while this estimator is unbiased with no shrinkage",
        hypotheses=(*TEST_TASK, POSITIVE_COVARIANCE),
        uses=("eq-8", "eq-9", "eq-11", "sec-3-shrinkage-limit"),
    ),
)

UNLEARNING = (
    Claim(
        id="sec-3-slow-unlearning",
        title="Unlearning is arbitrarily slow for large inner samples",
        location="Section 3; equation (14) of Appendix B",
        kind=Kind.RATE,
        source=Source.STATED,
        statement="The convergence rate can be arbitrarily slow: the complement is unlearned at a rate "
        r"proportional to $1/m_{\mathrm{in}}$.",
        latex=r"\forall\, T, \varepsilon \; \exists\, m_{\mathrm{in}} : \; \lVert B_{\star,\perp}^\top B_t "
        r"\rVert \ge (1 - \varepsilon) \lVert B_{\star,\perp}^\top B_0 \Pi_0 \rVert \quad \forall t "
        r"\le T",
        page="sec_3_infinite_samples",
        quote="becomes very slow to unlearn the orthogonal complement of",
        hypotheses=(
            *ITERATION,
            ISOTROPIC,
            r"$w_0 = 0$; $B_{\star,\perp}^\top B_0$ nonzero on $\ker(B_\star^\top B_0)$, so that $k' \gt k$",
            (
                r"$\Pi_0$ the orthogonal projector onto $\ker(B_\star^\top B_0)$; $B_0$ fixed while "
                r"$m_{\mathrm{in}}$ grows"
            ),
        ),
        uses=("eq-6", "eq-7", "def-complement"),
    ),
    Claim(
        id="sec-3-infinite-samples",
        title="With infinitely many samples the first limit fails",
        location="Section 3",
        kind=Kind.LIMIT,
        source=Source.STATED,
        statement=r"At $m_{\mathrm{in}} = \infty$ FO-ANIL does not unlearn the complement, and the first "
        "limit of (8) does not hold.",
        latex=r"m_{\mathrm{in}} = \infty \;\Longrightarrow\; B_{\star,\perp}^\top B_t \not\to 0",
        page="sec_3_infinite_samples",
        quote="thus does not unlearn the orthogonal complement and the",
        hypotheses=(
            *MODEL,
            INFINITE_SAMPLES,
            ISOTROPIC,
            r"$w_0 = 0$; $B_{\star,\perp}^\top B_0$ nonzero on $\ker(B_\star^\top B_0)$, so that $k' \gt k$",
        ),
        uses=("eq-6", "eq-7", "sec-2-first-line", "def-complement"),
    ),
    Claim(
        id="sec-3-k-prime-to-k",
        title="Unlearning takes the excess risk from the network's width to the hidden dimension",
        location="Section 3",
        kind=Kind.BOUND,
        source=Source.STATED,
        statement="Unlearning reduces the dependence of the excess risk from $k'$ to $k$: a complement "
        r"left at the level $g = \alpha\lVert\cdot\rVert^2$ in each of $k' - k$ directions costs half "
        "risk in proportion to $k' - k$.",
        latex=r"R_g - R_0 = \frac{(k' - k) g^2 \bar{\sigma}^2}{2 m_{\mathrm{test}}}, \quad R_g = "
        r"\mathbb{E}\left[\tfrac{1}{2}\lVert \hat{B} w_{\mathrm{test}} - B_\star w_\star \rVert^2\right]",
        page="sec_3_infinite_samples",
        quote="test time, since it reduces the dependency of the excess risk from",
        hypotheses=(
            WIDTHS,
            r"$Bw = 0$",
            (
                r"$\alpha BB^\top = \alpha B_\star\Lambda_\star B_\star^\top + gP$, $P$ a projector of rank "
                r"$k' - k$ with $PB_\star = 0$"
            ),
        ),
        uses=("new-anil-loss", "sec-31-excess-risk"),
    ),
)
