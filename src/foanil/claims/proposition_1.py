"""Section 3.1: adapting to a new task, equations (9)-(11) and Proposition 1."""

from __future__ import annotations

from foanil.claims import readings
from foanil.claims.hypotheses import ISOTROPIC, ORTHONORMAL, POSITIVE_COVARIANCE, TEST_TASK, THEOREM_1, WIDTHS
from foanil.claims.record import Claim, Exclusion, Kind, Source

_SUB_GAUSSIAN = r"$z$ has i.i.d. centred $\sigma$-sub-Gaussian coordinates, independent of $X$"

FULL_RANK_NETWORK = r"$\mathrm{rank} \hat B = k'$, as after finitely many steps of training"
RESIDUAL_SIGNAL = (
    r"$B_\star w_\star = \hat B\omega + e$ with $\hat B^\top e = 0$, $\tau = \sigma^2 + \lVert e \rVert^2 \gt 0$"
)

NEW_TASK = (
    Claim(
        id="eq-9",
        title="The learned parameters",
        location="Section 3.1, equation (9)",
        kind=Kind.DEFINITION,
        source=Source.STATED,
        statement="The parameters handed to a new task satisfy the three limits of Theorem 1 exactly; "
        r"such parameters exist for every width $k' \ge k$.",
        latex=r"B_{\star,\perp}^\top \hat{B} = 0, \quad \hat{B} \hat{w} = 0, \quad B_\star^\top \hat{B} "
        r"\hat{B}^\top B_\star = \Lambda_\star",
        page="assumption_1_and_definitions",
        quote="Consider having learned parameters",
        hypotheses=(WIDTHS, ORTHONORMAL, POSITIVE_COVARIANCE),
        uses=("eq-8", "def-complement"),
        stated=("limit_complement", "limit_head_output", "gram"),
    ),
    Claim(
        id="eq-10",
        title="The new task",
        location="Section 3.1, equation (10)",
        kind=Kind.DEFINITION,
        source=Source.STATED,
        statement=r"A new regression task has $m_{\mathrm{test}}$ rows, standard Gaussian features and "
        r"centred $\sigma$-sub-Gaussian noise.",
        latex=r"y = X B_\star w_\star + z, \quad X \in \mathbb{R}^{m_{\mathrm{test}} \times d}",
        page="assumption_1_and_definitions",
        quote="We then observe a new regression task with",
        hypotheses=(WIDTHS, ORTHONORMAL, r"$X$ standard Gaussian, independent of $z$"),
        readings=(readings.INDEPENDENT_DATA,),
        uses=("def-tasks",),
        stated=("new_task_labels",),
    ),
    Claim(
        id="eq-11",
        title="The test-time step in closed form",
        location="Section 3.1, equation (11)",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement=r"One gradient step on the head from parameters with $\hat B\hat w = 0$ is explicit.",
        latex=r"w_{\mathrm{test}} = \hat{w} - \alpha \nabla_w \hat{L}((\hat{B}, \hat{w}); X, y) = \hat{w} "
        r"+ \alpha \hat{B}^\top \Sigma_{\mathrm{test}} B_\star w_\star + "
        r"\frac{\alpha}{m_{\mathrm{test}}} \hat{B}^\top X^\top z, \quad \Sigma_{\mathrm{test}} := "
        r"\frac{1}{m_{\mathrm{test}}} X^\top X",
        page="eq_11_new_task_step",
        quote="The learner then estimates the regression parameter of the new task doing one step of gradient descent",
        hypotheses=(r"$\hat B\hat w = 0$", r"no law is needed: an identity for every $X$, $z$, $w_\star$"),
        readings=(readings.TEST_STEP,),
        uses=("eq-9", "eq-10", "def-empirical-loss"),
        stated=("new_task_step",),
    ),
    Claim(
        id="sec-31-finite-time-full-rank",
        title="At finite time the representation has full rank",
        location="Section 3.1",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement=r"After finitely many steps $\hat B$ has full rank $k'$, since it has not exactly "
        "converged.",
        latex=r"\mathrm{rank}(B_t) = k' \quad \forall t \lt \infty",
        page="sec_31_test_time_adaptation",
        quote="has not exactly converged in practice, since we consider a",
        hypotheses=THEOREM_1,
        uses=("eq-6", "eq-7"),
    ),
    Claim(
        id="sec-31-least-squares-overfits",
        title="Least squares on the learned representation might overfit",
        location="Section 3.1",
        kind=Kind.BOUND,
        source=Source.STATED,
        statement=r"Least squares on the data $(X\hat B, y)$, with $\hat B$ of full rank at finite time, "
        "has a larger excess risk than a regularised estimate: for $m_{\\mathrm{test}} \\ge k'$ than ridge regression "
        "with a small parameter; at $k' = d$ and $k \\lt m_{\\mathrm{test}} \\lt d - 1$ its mean excess risk is "
        "bounded below, however small the complement.",
        latex=r"\mathbb{E} \lVert \hat{B} \hat{w}_{\mathrm{LS}} - B_\star w_\star \rVert^2 \ge \frac{\sigma^2 "
        r"(m_{\mathrm{test}} - k)}{d - m_{\mathrm{test}} - 1}, \qquad R(\hat{w}_\mu) \lt R(\hat{w}_{\mathrm{LS}}) "
        r"\;\text{ for }\; 0 \lt \mu \lt \frac{2\tau}{\lVert \omega \rVert^2}",
        page="sec_31_test_time_adaptation",
        quote="The least squares estimator of the linear regression with data",
        hypotheses=(*TEST_TASK[2:], FULL_RANK_NETWORK, RESIDUAL_SIGNAL),
        uses=("eq-10",),
    ),
    Claim(
        id="sec-31-few-steps",
        title="A few gradient steps regularise",
        location="Section 3.1",
        kind=Kind.BOUND,
        source=Source.STATED,
        statement="Running just a few gradient steps at test time prevents overfitting, since it "
        "implicitly regularises the norm of the estimate.",
        latex=r"w^{(s+1)} = w^{(s)} - \alpha \nabla_w \hat{L}((\hat{B}, w^{(s)}); X, y), \quad s \text{ "
        "small}",
        page="sec_31_test_time_adaptation",
        quote="Running just a few gradient steps can be helpful by preventing",
        hypotheses=(
            *TEST_TASK[2:],
            FULL_RANK_NETWORK,
            RESIDUAL_SIGNAL,
            r"$m_{\mathrm{test}} \ge k'$, $\alpha \lVert X \hat B \rVert^2 \le m_{\mathrm{test}}$",
            r"$\lVert \omega \rVert^2 \le (2s + 1) \alpha\tau/m_{\mathrm{test}}$",
        ),
        uses=("sec-31-least-squares-overfits", "eq-11"),
    ),
    Claim(
        id="sec-31-best-strategy",
        title="The best strategy of finetuning",
        location="Section 3.1",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="Which strategy to run while finetuning, and how many steps, is studied independently "
        "in the literature.",
        latex=r"\text{(other papers)}",
        page="other_papers",
        quote="The best strategy (e.g. the number of gradient steps) to run while",
        exclusion=Exclusion("OUT_OF_SCOPE", "left to the literature by the paper itself"),
    ),
    Claim(
        id="sec-31-excess-risk",
        title="The excess risk is the squared distance of the parameters",
        location="Section 3.1",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement=r"With the estimate $\hat B w_{\mathrm{test}}$ the excess risk on a task is exactly the "
        "squared distance to its parameter, for the squared error without its factor one half.",
        latex=r"\mathbb{E}_{x, y}\left[ (y - x^\top \hat{B} w_{\mathrm{test}})^2 \right] - \sigma^2 = "
        r"\lVert \hat{B} w_{\mathrm{test}} - B_\star w_\star \rVert^2",
        page="prop_1_decomposition",
        quote="the excess risk on this task is exactly",
        hypotheses=(r"a fresh row $x$ with $\mathbb{E}[xx^\top] = I_d$, and centred noise of variance $\sigma^2$",),
        readings=(readings.HALF_RISK,),
        uses=("eq-10",),
    ),
    Claim(
        id="sec-31-one-step-beats-regression",
        title="One step can beat regression in the feature space",
        location="Section 3.1",
        kind=Kind.BOUND,
        source=Source.STATED,
        statement="FO-ANIL might need a single gradient step only to outperform linear regression on the "
        "$d$-dimensional feature space.",
        latex=r"\mathbb{E} \lVert \hat{B} w_{\mathrm{test}} - B_\star w_\star \rVert^2 \lt \mathbb{E} \lVert "
        r"\hat{\theta}_{\mathrm{regression}} - B_\star w_\star \rVert^2",
        page="sec_31_test_time_adaptation",
        quote="only need a single gradient step to outperform linear regression on the",
        hypotheses=(
            *TEST_TASK,
            ISOTROPIC,
            (
                r"as many rows as $m_{\mathrm{in}}$: fewer than $d - 1$ and $m + 1 + \kappa \le d$; or $d - 1$, $d$ or "
                r"$d + 1$; or more, and $k(k + 1)c \le (d - k)\sigma^2$"
            ),
        ),
        uses=("new-prop-1-exact-risk", "new-regression-exact-risk"),
    ),
)

PROPOSITION = (
    Claim(
        id="prop-1",
        title="Proposition 1: the risk of one-step adaptation",
        location="Section 3.1, Proposition 1",
        kind=Kind.BOUND,
        source=Source.STATED,
        statement=r"If $m_{\mathrm{test}} \ge k$, the one-step estimate is close to the task's parameter "
        r"with probability at least $1 - 4e^{-k/2}$: a bias of order $1/m_{\mathrm{in}}$ and two "
        r"deviations of order $\sqrt{k/m_{\mathrm{test}}}$.",
        latex=r"\lVert \hat{B} w_{\mathrm{test}} - B_\star w_\star \rVert = O\left( \frac{1 + "
        r"\bar{\sigma}^2 / \lambda_{\min}(\Sigma_\star)}{m_{\mathrm{in}}} \lVert w_\star \rVert + "
        r"\lVert w_\star \rVert \sqrt{\frac{k}{m_{\mathrm{test}}}} + \sigma "
        r"\sqrt{\frac{k}{m_{\mathrm{test}}}} \right)",
        page="prop_1_decomposition",
        quote="below allows to bound the risk on any new observed task",
        hypotheses=(
            *TEST_TASK[:2],
            r"rows of the test $X$ i.i.d. $N(0, I_d)$",
            _SUB_GAUSSIAN,
            r"$m_{\mathrm{test}} \ge k$",
            POSITIVE_COVARIANCE,
            "O(.) hides a universal constant: the claim is that one exists",
        ),
        readings=(readings.BIAS_NOISE, readings.TEST_NOISE, readings.TEST_ROWS),
        uses=("eq-8", "eq-9", "eq-11", "prop-1-decomposition", "new-prop-1-constants"),
    ),
    Claim(
        id="app-d-general-proposition",
        title="The more general version of Proposition 1 and its proof",
        location="Section 3.1; Appendix D",
        kind=Kind.REMARK,
        source=Source.CITED,
        statement="Appendix D states a more general version of Proposition 1 and proves it.",
        latex=r"\text{(Appendix D)}",
        page="missing_appendices",
        quote="A more general version of Proposition 1 and its proof are postponed to Appendix D",
        exclusion=Exclusion("NOT_CHECKABLE", "Appendix D is not in the available text"),
    ),
    Claim(
        id="prop-1-decomposition",
        title="Three terms: bias, variance of the single step, noise",
        location="Section 3.1, after Proposition 1",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement="The error of the one-step estimate is the sum of a bias, its expectation given the "
        "task, and of two centred terms: the variance of the single step and the noise.",
        latex=r"\hat{B} w_{\mathrm{test}} - B_\star w_\star = B_\star \left[ -(I_k - \alpha\Lambda_\star) "
        r"w_\star + \alpha\Lambda_\star (B_\star^\top \Sigma_{\mathrm{test}} B_\star - I_k) w_\star + "
        r"\alpha\Lambda_\star \frac{B_\star^\top X^\top z}{m_{\mathrm{test}}} \right]",
        page="prop_1_decomposition",
        quote="in three terms, which are then bounded using concentration inequalities",
        hypotheses=(*TEST_TASK, POSITIVE_COVARIANCE),
        uses=("eq-9", "eq-11"),
    ),
    Claim(
        id="prop-1-last-term",
        title="The last term is the error of regression in the hidden dimension",
        location="Section 3.1, after Proposition 1",
        kind=Kind.RATE,
        source=Source.STATED,
        statement="The noise term has the size that linear regression on a $k$-dimensional space typically has.",
        latex=r"\mathbb{E} \left\lVert \alpha\Lambda_\star \frac{B_\star^\top X^\top z}{m_{\mathrm{test}}} "
        r"\right\rVert^2 = \frac{\sigma^2 \mathrm{Tr}((\alpha\Lambda_\star)^2)}{m_{\mathrm{test}}} \le "
        r"\frac{\sigma^2 k}{m_{\mathrm{test}}}",
        page="prop_1_decomposition",
        quote="The last term is the typical error of linear regression on a",
        hypotheses=(*TEST_TASK, POSITIVE_COVARIANCE),
        uses=("prop-1-decomposition",),
    ),
    Claim(
        id="prop-1-dimension-free",
        title="The bound depends on the hidden dimension only",
        location="Section 3.1, after Proposition 1",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement="Neither the bound nor the law of the error norm depends on the feature dimension $d$ "
        "or the width $k'$.",
        latex=r"\lVert \hat{B} w_{\mathrm{test}} - B_\star w_\star \rVert = \left\lVert "
        r"\alpha\Lambda_\star \left( \frac{X_k^\top X_k}{m_{\mathrm{test}}} w_\star + \frac{X_k^\top "
        r"z}{m_{\mathrm{test}}} \right) - w_\star \right\rVert, \quad X_k = X B_\star \in "
        r"\mathbb{R}^{m_{\mathrm{test}} \times k}",
        page="prop_1_decomposition",
        quote="bound does not depend on the feature dimension",
        hypotheses=TEST_TASK,
        uses=("prop-1-decomposition",),
    ),
    Claim(
        id="sec-31-regression-rate",
        title="Regression in the feature space scales with its dimension",
        location="Section 3.1",
        kind=Kind.RATE,
        source=Source.STATED,
        statement=r"The error of simple linear regression on the $d$-dimensional feature space scales as "
        r"$\sigma\sqrt{d/m_{\mathrm{test}}}$.",
        latex=r"\lVert \hat{\theta}_{\mathrm{LS}} - B_\star w_\star \rVert \asymp \sigma "
        r"\sqrt{\frac{d}{m_{\mathrm{test}}}}",
        page="prop_1_decomposition",
        quote="When learning a new task without prior knowledge, e.g., with a simple linear regression on the",
        hypotheses=(
            "rows of the test $X$ i.i.d. $N(0, I_d)$",
            _SUB_GAUSSIAN,
            "least squares (minimum norm); in root mean square",
            r"$m_{\mathrm{test}} \ge 2(d + 1)$ (not printed, and not met by the paper's own sizes)",
        ),
        readings=(readings.REGRESSION_NOISE,),
        uses=("eq-10",),
    ),
    Claim(
        id="sec-31-fast-adaptation-guarantee",
        title="Better estimates once the representation is learned",
        location="Section 3.1",
        kind=Kind.BOUND,
        source=Source.STATED,
        statement="FO-ANIL leads to improved estimates on new tasks when it has learned the shared "
        r"representation: the order $\sqrt{k/m_{\mathrm{test}}}$ replaces "
        r"$\sqrt{d/m_{\mathrm{test}}}$.",
        latex=r"\sqrt{\frac{k}{m_{\mathrm{test}}}} \lt \sqrt{\frac{d}{m_{\mathrm{test}}}}",
        page="prop_1_decomposition",
        quote="thus leads to improved estimations on new tasks, when it beforehand learned the shared representation",
        hypotheses=(*TEST_TASK, ISOTROPIC),
        uses=("prop-1", "sec-31-regression-rate"),
    ),
)
