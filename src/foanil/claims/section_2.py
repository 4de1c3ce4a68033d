"""Section 2: the data, the algorithm, and its updates (1)-(7)."""

from __future__ import annotations

from foanil.claims import readings
from foanil.claims.hypotheses import INDEPENDENCE, ISOTROPIC, ITERATION, MODEL, SPLIT, WIDTHS
from foanil.claims.record import Claim, Exclusion, Kind, Source

DATA = (
    Claim(
        id="def-tasks",
        title="The data of a task",
        location="Section 2.1",
        kind=Kind.DEFINITION,
        source=Source.STATED,
        statement=r"Task $i$ is a $d$-dimensional regression with $m$ rows, $y_i = X_i\theta_{\star,i} + "
        r"z_i$, whose parameter $\theta_{\star,i} = B_\star w_{\star,i}$ lies in a subspace of "
        r"dimension $k \lt d$ shared by all tasks.",
        latex=r"y_i = X_i \theta_{\star,i} + z_i, \quad \theta_{\star,i} = B_\star w_{\star,i}, \quad "
        r"B_\star^\top B_\star = I_k",
        page="assumption_1_and_definitions",
        quote="all lie in the same small",
        hypotheses=(r"$k \lt d$",),
        readings=(readings.ORTHONORMAL_COLUMNS,),
        stated=("labels",),
    ),
    Claim(
        id="asm-1",
        title="Assumption 1: random design",
        location="Section 2.1, Assumption 1",
        kind=Kind.ASSUMPTION,
        source=Source.STATED,
        statement="Rows of $X_i$ are i.i.d. standard Gaussian, the noise is i.i.d. centred with variance "
        r"$\sigma^2$, the task parameters are i.i.d. centred with covariance $\Sigma_\star = c I_k$; "
        "such data exist.",
        latex=r"X_i^{(j)} \sim \mathcal{N}(0, I_d), \quad \mathbb{E}[z_i] = 0, \; \mathbb{E}[z_i z_i^\top] "
        r"= \sigma^2 I_m, \quad \mathbb{E}[w_{\star,i}] = 0, \; \mathbb{E}[w_{\star,i} "
        r"w_{\star,i}^\top] = \Sigma_\star = c I_k, \; c \gt 0",
        page="assumption_1_and_definitions",
        quote="i.i.d., centered random variables of variance",
        hypotheses=(WIDTHS, INDEPENDENCE),
        readings=(readings.INDEPENDENT_DATA,),
        uses=("def-tasks",),
    ),
    Claim(
        id="def-network",
        title="The network",
        location="Section 2.2",
        kind=Kind.DEFINITION,
        source=Source.STATED,
        statement=r"A linear two-layer network with parameters $\theta = (B, w)$, of width $k'$ between "
        "$k$ and $d$.",
        latex=r"f_\theta : x \mapsto x^\top B w, \quad \theta = (B, w) \in \mathbb{R}^{d \times k'} \times "
        r"\mathbb{R}^{k'}, \quad k \le k' \le d",
        page="assumption_1_and_definitions",
        quote="work focuses on a linear two-layer network architecture",
        hypotheses=(WIDTHS,),
        readings=(readings.WIDTHS,),
    ),
    Claim(
        id="def-empirical-loss",
        title="The empirical squared error",
        location="Section 2.2.1",
        kind=Kind.DEFINITION,
        source=Source.STATED,
        statement=r"The empirical loss is half the mean squared residual over the rows it is given.",
        latex=r"\hat{L}_i((B, w); X_i, y_i) = \frac{1}{2m} \lVert y_i - X_i B w \rVert^2",
        page="assumption_1_and_definitions",
        quote="In our regression setting, the empirical squared error is given by",
        hypotheses=(r"$m$ is the number of rows of $X_i$",),
        uses=("def-tasks", "def-network"),
        stated=("empirical_loss",),
    ),
)

ALGORITHM = (
    Claim(
        id="eq-1",
        title="The ANIL objective",
        location="Section 2.2, equation (1)",
        kind=Kind.DEFINITION,
        source=Source.STATED,
        statement=r"ANIL minimises the expected test loss after one gradient step on the head.",
        latex=r"L_{\mathrm{ANIL}}(\theta) := \mathbb{E}_{w_{\star,i}, X_i, y_i}\left[ L_i\left( \theta - "
        r"\alpha \nabla_w \hat{L}_i(\theta; X_i, y_i) \right) \right]",
        page="assumption_1_and_definitions",
        quote="The ANIL algorithm aims at minimizing the test loss on a new task, after a small number of "
        "gradient steps",
        hypotheses=MODEL,
        readings=(readings.INNER_SAMPLE,),
        uses=("asm-1", "def-empirical-loss"),
        stated=("empirical_loss", "adapted_test_loss"),
    ),
    Claim(
        id="eq-1-sample-size",
        title="The inner sample of (1) has all m rows, and Theorem 1's limit minimises it",
        location="Section 2.2, equation (1), with Section 3",
        kind=Kind.OPTIMALITY,
        source=Source.IMPLIED,
        statement="(1) draws its inner step from all $m$ rows of a task, as printed, and the limit points "
        r"of Theorem 1, whose $\Lambda_\star$ contains $m_{\mathrm{in}} \lt m$, minimise it.",
        latex=r"(B_\infty, w_\infty) \in \arg\min_\theta \mathbb{E}\left[ L_i\left( \theta - \alpha \nabla_w "
        r"\hat{L}_i(\theta; X_i, y_i) \right) \right], \quad X_i \in \mathbb{R}^{m \times d}",
        page="thm_1_global_minima",
        quote="ANIL then aims at minimizing over",
        hypotheses=(*MODEL, SPLIT, ISOTROPIC),
        readings=(readings.INNER_SAMPLE,),
        uses=("eq-1", "eq-8"),
    ),
    Claim(
        id="eq-2",
        title="The inner step",
        location="Section 2.2, equation (2)",
        kind=Kind.DEFINITION,
        source=Source.STATED,
        statement=r"The head takes one gradient step of size $\alpha$ on the inner rows of each task.",
        latex=r"w_{t,i} \leftarrow w_t - \alpha \nabla_w \hat{L}_i(\theta_t; X_i^{\mathrm{in}}, "
        r"y_i^{\mathrm{in}})",
        page="assumption_1_and_definitions",
        quote="In the inner loop, the last layer of the network is adapted to each task",
        hypotheses=(SPLIT,),
        readings=(readings.STEP_SIZES,),
        uses=("def-empirical-loss",),
        stated=("inner_update",),
    ),
    Claim(
        id="eq-3",
        title="The outer step",
        location="Section 2.2, equation (3)",
        kind=Kind.DEFINITION,
        source=Source.STATED,
        statement=r"Both layers take one gradient step of size $\beta$ on the outer rows, averaged over "
        r"the tasks; FO-ANIL replaces $\hat H_{t,i}$ by the identity.",
        latex=r"\theta_{t+1} \leftarrow \theta_t - \frac{\beta}{N} \sum_{i=1}^{N} \hat{H}_{t,i}(\theta_t) "
        r"\nabla_\theta \hat{L}_i(\theta_{t,i}; X_i^{\mathrm{out}}, y_i^{\mathrm{out}}), \quad "
        r"\theta_{t,i} = (B_t, w_{t,i})",
        page="assumption_1_and_definitions",
        quote="outer loop, ANIL then takes a gradient step (with learning rate",
        hypotheses=(SPLIT,),
        readings=(readings.STEP_SIZES,),
        uses=("eq-2",),
        stated=("outer_update",),
    ),
    Claim(
        id="sec-2-no-split",
        title="Without the sample split the representation is poor and of full rank",
        location="Section 2.2",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="If the same rows serve both loops, the model overfits the training set and learns a "
        "full-rank representation: near $B = 0$ and without a head, the complement grows at every "
        "step.",
        latex=r"B_{\star,\perp}^\top B_{t+1} = \left( 1 + \frac{\alpha\beta\bar{\sigma}^2}{m} \right) "
        r"B_{\star,\perp}^\top B_t + O(\alpha \lVert B_t \rVert^3)",
        page="sec_2_no_split",
        quote="training set and would learn a poor, full rank representation of the task parameters",
        hypotheses=(*MODEL, r"$N = \infty$", r"inner and outer loop both use all $m$ rows", r"$w_t = 0$"),
        uses=("eq-2", "eq-3", "asm-1", "def-sigma-bar"),
    ),
    Claim(
        id="sec-2-second-order-costly",
        title="Second-order derivatives are costly",
        location="Section 2.2",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="Computing the second-order derivatives is often very costly.",
        latex=r"\hat{H}_{t,i}",
        page="other_papers",
        quote="is often very costly. Practitioners instead prefer to use",
        exclusion=Exclusion("OUT_OF_SCOPE", "about the practice of the field, for networks in general"),
    ),
)

ITERATIONS = (
    Claim(
        id="eq-4",
        title="The inner step in closed form",
        location="Section 2.2.1, equation (4)",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement=r"For the squared error and $y_i = X_i B_\star w_{\star,i} + z_i$ the inner step (2) is "
        "explicit.",
        latex=r"w_{t,i} = w_t - \frac{\alpha}{m_{\mathrm{in}}} B_t^\top (X_i^{\mathrm{in}})^\top "
        r"X_i^{\mathrm{in}} (B_t w_t - B_\star w_{\star,i}) + \frac{\alpha}{m_{\mathrm{in}}} B_t^\top "
        r"(X_i^{\mathrm{in}})^\top z_i^{\mathrm{in}}",
        page="eq_04_inner_step",
        quote="In that case, the FO-ANIL inner loop of Equation (2) gives in the setting of Section",
        hypotheses=(
            r"no law is needed: an identity for every $X_i$, $z_i$, $w_{\star,i}$",
            r"$m_{\mathrm{in}} \ge 1$",
        ),
        readings=(readings.STEP_SIZES,),
        uses=("eq-2", "def-empirical-loss", "def-tasks"),
        stated=("inner_step",),
    ),
    Claim(
        id="eq-5",
        title="The outer step of the head, infinitely many tasks",
        location="Section 2.2.1, equation (5)",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement="In the limit of infinitely many tasks the first-order outer step of the head is deterministic.",
        latex=r"w_{t+1} = w_t - \beta (I_{k'} - \alpha B_t^\top B_t) B_t^\top B_t w_t",
        page="eq_05_06_outer_step",
        quote="outer loop updates of Equation (3) then simplify with Assumption 1 to",
        hypotheses=ITERATION,
        readings=(readings.STEP_SIZES, readings.INDEPENDENT_DATA),
        uses=("eq-3", "eq-4", "asm-1"),
        stated=("head_step",),
    ),
    Claim(
        id="eq-6",
        title="The outer step of the representation, infinitely many tasks",
        location="Section 2.2.1, equation (6)",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement="In the limit of infinitely many tasks the first-order outer step of the representation "
        r"depends on the data only through the second moment of the adapted head and $\Sigma_\star$.",
        latex=r"B_{t+1} = B_t - \beta B_t \mathbb{E}[w_{t,i} w_{t,i}^\top] + \alpha\beta B_\star "
        r"\Sigma_\star B_\star^\top B_t",
        page="eq_05_06_outer_step",
        quote="to simplify the outer loop updates. In this limit, iterations are",
        hypotheses=ITERATION,
        readings=(readings.STEP_SIZES, readings.INDEPENDENT_DATA),
        uses=("eq-3", "eq-4", "asm-1"),
        stated=("representation_step",),
    ),
    Claim(
        id="eq-7",
        title="Second moment of the adapted head (Lemma 15)",
        location="Section 2.2.1, equation (7); Lemma 15 of the appendix",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement="For Gaussian features the second moment of the adapted head has a closed form in "
        r"$B_t$, $w_t$, $B_\star$, $\Sigma_\star$, $\sigma^2$, $\alpha$ and $m_{\mathrm{in}}$.",
        latex=r"\begin{aligned} \mathbb{E}[w_{t,i} w_{t,i}^\top] &= (I_{k'} - \alpha B_t^\top B_t) w_t "
        r"w_t^\top (I_{k'} - \alpha B_t^\top B_t) + \alpha^2 B_t^\top B_\star \Sigma_\star "
        r"B_\star^\top B_t \\ &\quad + \frac{\alpha^2}{m_{\mathrm{in}}} B_t^\top \left[ B_t w_t "
        r"w_t^\top B_t^\top + B_\star \Sigma_\star B_\star^\top + \left( \lVert B_t w_t \rVert^2 + "
        r"\mathrm{Tr}(\Sigma_\star) + \sigma^2 \right) I_d \right] B_t \end{aligned}",
        page="eq_07_second_moment",
        quote="Lemma 15 in the Appendix allows with",
        hypotheses=ITERATION,
        readings=(
            readings.SECOND_MOMENT_NOISE,
            readings.INDEPENDENT_DATA,
            readings.ORTHONORMAL_COLUMNS,
            readings.SECOND_MOMENT_STEP,
        ),
        uses=("eq-4", "asm-1"),
        stated=("second_moment",),
    ),
    Claim(
        id="sec-2-first-order-gradient",
        title="(5) and (6) are the exact gradient of (1) without second-order terms",
        location="Section 2.2.1",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement=r"For $N = \infty$ the update direction is the gradient of the ANIL loss when the "
        r"derivative of the inner step with respect to $\theta_t$ is ignored.",
        latex=r"\mathbb{E}\left[ \nabla_\theta \hat{L}_i(\theta_{t,i}; X_i^{\mathrm{out}}, "
        r"y_i^{\mathrm{out}}) \right] = \mathbb{E}\left[ \nabla L_i(\theta') \big\rvert_{\theta' = "
        r"\theta_{t,i}} \right]",
        page="sec_2_first_order_gradient",
        quote="given by the exact gradient of the ANIL loss",
        hypotheses=(*ITERATION, r"the inner step of (1) uses $m_{\mathrm{in}}$ rows"),
        readings=(readings.INNER_SAMPLE,),
        uses=("eq-1", "eq-5", "eq-6"),
    ),
    Claim(
        id="sec-2-first-line",
        title="The first line of (7) is its limit for infinitely many samples",
        location="Section 2.2.1, after equation (7)",
        kind=Kind.LIMIT,
        source=Source.STATED,
        statement="The first line of (7) is the second moment for infinitely many inner samples; the "
        r"second line, due to the finite sample and the label noise, is of order $1/m_{\mathrm{in}}$.",
        latex=r"\lim_{m_{\mathrm{in}} \to \infty} \mathbb{E}[w_{t,i} w_{t,i}^\top] = (I_{k'} - \alpha "
        r"B_t^\top B_t) w_t w_t^\top (I_{k'} - \alpha B_t^\top B_t) + \alpha^2 B_t^\top B_\star "
        r"\Sigma_\star B_\star^\top B_t",
        page="eq_07_second_moment",
        quote="number of samples and the label noise. As a comparison",
        hypotheses=ITERATION,
        uses=("eq-7",),
        stated=("second_moment_first_line",),
    ),
    Claim(
        id="sec-2-maml-entangled",
        title="First-order MAML entangles its iterates",
        location="Section 2.2.1",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="MAML also updates matrices $B_{t,i}$ in the inner loop, and these enter the updates of "
        "$w_t$ and $B_t$.",
        latex=r"B_{t,i} = B_t - \alpha \nabla_B \hat{L}_i(\theta_t; X_i^{\mathrm{in}}, y_i^{\mathrm{in}}), "
        r"\quad B_{t+1} = B_t - \beta \mathbb{E}\left[ (B_{t,i} w_{t,i} - B_\star w_{\star,i}) "
        r"w_{t,i}^\top \right]",
        page="sec_2_first_order_maml",
        quote="order MAML (and hence its analysis) are very cumbersome",
        hypotheses=ITERATION,
        uses=("eq-2", "eq-3"),
    ),
)
