"""Section 4, second half: infinitely many tasks or samples, and the limitations of Assumption 1."""

from __future__ import annotations

from foanil.claims import readings
from foanil.claims.hypotheses import (
    ANY_COVARIANCE,
    FULL_RANK_START,
    HEAD_AT_INFINITY,
    INDEPENDENCE,
    INFINITE_SAMPLES,
    INFINITE_TASKS,
    ISOTROPIC,
    ITERATION,
    MODEL,
    ORTHONORMAL,
    POSITIVE_COVARIANCE,
    SPLIT,
    START_AT_INFINITY,
    WIDTHS,
)
from foanil.claims.record import Claim, Exclusion, Kind, Source

INFINITE_TASKS_MODEL = (
    Claim(
        id="sec-4-infinite-samples-literature",
        title="Other works take infinitely many samples per task",
        location="Section 4, infinite tasks model",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="Saunshi et al. (2020) and Collins et al. (2022) take infinitely many samples per task; "
        "Collins et al. extend to finitely many samples over a finite horizon.",
        latex=r"m_{\mathrm{in}} = \infty",
        page="other_papers",
        quote="using concentration bounds on the updates to their",
        exclusion=Exclusion("OUT_OF_SCOPE", "what Saunshi et al. (2020) and Collins et al. (2022) prove"),
    ),
    Claim(
        id="sec-4-infinite-samples-updates",
        title="With infinitely many samples the updates are simpler",
        location="Section 4, infinite tasks model",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement=r"At $m_{\mathrm{in}} = \infty$ the second line of (7) vanishes, and (6) is simpler.",
        latex=r"B_{t+1} = B_t - \beta B_t (I - \alpha B_t^\top B_t) w_t w_t^\top (I - \alpha B_t^\top B_t) "
        r"+ \alpha\beta (I_d - \alpha B_t B_t^\top) B_\star \Sigma_\star B_\star^\top B_t",
        page="sec_3_infinite_samples",
        quote="This assumption leads to even simpler updates, and their analysis extends to",
        hypotheses=(*MODEL, INFINITE_SAMPLES),
        uses=("eq-6", "sec-2-first-line"),
    ),
    Claim(
        id="sec-4-infinite-samples-misspecified",
        title="With infinitely many samples the third limit still holds",
        location="Section 4, infinite tasks model; Appendix G",
        kind=Kind.LIMIT,
        source=Source.CITED,
        statement=r"At $m_{\mathrm{in}} = \infty$ the analysis extends to the misspecified setting: the third limit "
        r"holds, with $\Lambda_\star = I_k/\alpha$, and the head's output leaves the complement; $B_t w_t$ itself "
        "need not vanish.",
        latex=r"m_{\mathrm{in}} = \infty : \quad B_{\star,\perp}^\top B_t w_t \to 0, \quad \Lambda_t \to "
        r"\frac{1}{\alpha} I_k",
        page="sec_3_infinite_samples",
        quote="setting with some extra work, as explained in Appendix G",
        hypotheses=(
            *MODEL,
            INFINITE_SAMPLES,
            ISOTROPIC,
            FULL_RANK_START,
            START_AT_INFINITY,
            HEAD_AT_INFINITY,
            r"$0 \lt \beta \le \alpha \le 1/(2\bar\sigma)$",
        ),
        uses=("sec-4-infinite-samples-updates", "eq-5", "sec-3-shrinkage-limit"),
    ),
    Claim(
        id="sec-4-infinite-samples-no-superiority",
        title="With infinitely many samples model-agnostic methods show no superiority",
        location="Section 4, infinite tasks model",
        kind=Kind.OPTIMALITY,
        source=Source.STATED,
        statement="The superiority of model-agnostic methods is not apparent with infinitely many samples per task: "
        "one task alone determines its parameter, and one step from a minimum of (12), $B_\\star/\\sqrt\\alpha$, has "
        "at most the risk of one from FO-ANIL's limit.",
        latex=r"m = \infty : \quad \theta_{\star,i} = \arg\min_\theta L_i(\theta), \qquad R(B_\star/\sqrt\alpha) \le "
        r"R(\hat B) \;\text{ for one step}",
        page="sec_4_burer_monteiro",
        quote="First, the superiority of model-agnostic methods is not apparent with an",
        hypotheses=(*MODEL, r"$m_{\mathrm{in}} = \infty$"),
        uses=("sec-4-bm-infinite-samples",),
    ),
    Claim(
        id="sec-4-bm-infinite-samples",
        title="With infinitely many samples low-rank matrices minimise (12)",
        location="Section 4, infinite tasks model",
        kind=Kind.OPTIMALITY,
        source=Source.STATED,
        statement=r"At $m = \infty$, matrices $B$ that span the columns of $B_\star$ only also minimise "
        "(12).",
        latex=r"\mathrm{col}(B) = \mathrm{col}(B_\star) \;\Longrightarrow\; \min_W \frac{1}{N} \sum_i "
        r"L_i(B W^{(i)}) = \min_{B', W} \frac{1}{N} \sum_i L_i(B' W^{(i)})",
        page="sec_4_burer_monteiro",
        quote="also minimise the problem of Equation (12), potentially making Burer-Monteiro optimal despite",
        hypotheses=(*MODEL, r"the expected loss $L_i$ in place of $\hat L_i$"),
        uses=("eq-12",),
    ),
    Claim(
        id="sec-4-infinite-samples-complement",
        title="Finitely many samples are required to unlearn the complement",
        location="Section 4, infinite tasks model",
        kind=Kind.LIMIT,
        source=Source.STATED,
        statement=r"At $m_{\mathrm{in}} = \infty$ FO-ANIL does not unlearn the complement; at every finite "
        r"$m_{\mathrm{in}}$ it does.",
        latex=r"B_{\star,\perp}^\top B_t \to 0 \;\Longleftrightarrow\; m_{\mathrm{in}} \lt \infty",
        page="sec_3_infinite_samples",
        quote="number of samples is required to unlearn the orthogonal of",
        hypotheses=(
            *MODEL,
            INFINITE_TASKS,
            ISOTROPIC,
            r"at finite $m_{\mathrm{in}}$: the conditions of Theorem 1",
            (
                r"at $m_{\mathrm{in}} = \infty$: $w_0 = 0$; $B_{\star,\perp}^\top B_0$ nonzero on "
                r"$\ker(B_\star^\top B_0)$"
            ),
        ),
        uses=("sec-3-infinite-samples", "thm-1-i"),
    ),
    Claim(
        id="sec-4-complement-hurts-wide",
        title="The complement hurts at test time for large widths",
        location="Section 4, infinite tasks model",
        kind=Kind.BOUND,
        source=Source.STATED,
        statement="A complement that is not unlearned hurts the performance at test time for large $k'$: "
        "its cost grows in proportion to $k' - k$.",
        latex=r"\frac{(k' - k) g^2 \bar{\sigma}^2}{2 m_{\mathrm{test}}} \text{ increases with } k'",
        page="sec_3_infinite_samples",
        quote="does not unlearn this subspace, which hurts the performance at test time for large",
        hypotheses=(
            WIDTHS,
            ORTHONORMAL,
            INDEPENDENCE,
            r"a complement at the level $g \gt 0$ in each direction",
        ),
        uses=("sec-3-k-prime-to-k", "sec-4-infinite-samples-complement"),
    ),
    Claim(
        id="sec-4-overfit-mechanism",
        title="Overfitting of the inner loop makes FO-ANIL unlearn",
        location="Section 4, infinite tasks model",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement="With finitely many samples the inner loop overfits, the outer loss penalises it, and "
        "this unlearns the complement: apart from the head's rank-one term, which acts on nothing when "
        r"$B_t w_t = 0$, the terms of (7) that act on it beyond the row space of $B_\star^\top B_t$ carry "
        r"$1/m_{\mathrm{in}}$.",
        latex=r"B_{\star,\perp}^\top B_{t+1} = B_{\star,\perp}^\top B_t \left( I_{k'} - \beta "
        r"\mathbb{E}[w_{t,i} w_{t,i}^\top] \right)",
        page="sec_3_infinite_samples",
        quote="penalized by the outer loss and leads to unlearning the orthogonal space",
        hypotheses=ITERATION,
        uses=("eq-6", "eq-7", "def-complement"),
    ),
    Claim(
        id="sec-4-finite-tasks",
        title="A result like Theorem 1 holds with finitely many tasks",
        location="Section 4, infinite tasks model",
        kind=Kind.EXPERIMENT,
        source=Source.STATED,
        statement="Section 5 supports empirically that a result similar to Theorem 1 holds with finitely many tasks.",
        latex=r"N \lt \infty : \quad \lVert B_{\star,\perp}^\top B_t \rVert \text{ small}, \; \lVert B_t "
        r"w_t \rVert \text{ small}, \; \Lambda_t \approx \Lambda_\star",
        page="figures",
        quote="number of tasks is left open for future work. Section 5 empirically supports that a "
        "similar result holds",
        hypotheses=(*MODEL, SPLIT, r"$N$ tasks, large and finite"),
        uses=("sec-5-setting", "eq-3"),
    ),
    Claim(
        id="sec-4-concentration-omits-unlearning",
        title="Concentration around infinitely many samples would miss the unlearning",
        location="Section 4, infinite tasks model",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="An analysis that mimics infinitely many samples through concentration would omit the unlearning.",
        latex=r"m_{\mathrm{in}} \to \infty",
        page="missing_appendices",
        quote="samples case through concentration would omit the unlearning part, as explained above",
        exclusion=Exclusion(
            "NOT_CHECKABLE", "about a way of proving; its content is sec-4-infinite-samples-complement"
        ),
    ),
    Claim(
        id="sec-4-finite-tasks-as-perturbed",
        title="Finitely many tasks perturb the task mean and covariance",
        location="Section 4, infinite tasks model",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement="With $N$ fixed tasks, fresh features and fresh noise, the expected first-order updates "
        "are those of a task law with the empirical mean and covariance.",
        latex=r"\mu_N = \frac{1}{N} \sum_{i=1}^{N} w_{\star,i}, \quad \Sigma_N = \frac{1}{N} "
        r"\sum_{i=1}^{N} w_{\star,i} w_{\star,i}^\top - \mu_N \mu_N^\top",
        page="sec_4_nonzero_mean",
        quote="number of tasks is directly linked to relaxing Assumption 1. Indeed, the empirical task "
        "mean and covariance are",
        hypotheses=(*MODEL[:2], INDEPENDENCE, SPLIT, r"$w_{\star,1}, \ldots, w_{\star,N}$ fixed"),
        uses=("sec-4-mean-updates",),
    ),
)

LIMITATIONS = (
    Claim(
        id="sec-4-mean-updates",
        title="A task mean adds terms to the updates",
        location="Section 4, limitations",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement=r"With $\mathbb{E}[w_{\star,i}] = \mu_\star \ne 0$ the head's update has an extra term "
        r"in $\mu_\star$, and the update of $B_t$ an extra asymmetric term of rank one.",
        latex=r"\begin{aligned} w_{t+1} &= w_t - \beta (I_{k'} - \alpha B_t^\top B_t) B_t^\top (B_t w_t - "
        r"B_\star \mu_\star) \\ B_{t+1} &= B_t - \beta B_t \mathbb{E}[w_{t,i} w_{t,i}^\top] + \beta "
        r"B_\star \mu_\star w_t^\top (I_{k'} - \alpha B_t^\top B_t) + \alpha\beta B_\star "
        r"(\Sigma_\star + \mu_\star \mu_\star^\top) B_\star^\top B_t \end{aligned}",
        page="sec_4_nonzero_mean",
        quote="have an extra asymmetric rank",
        hypotheses=(
            WIDTHS,
            ORTHONORMAL,
            r"Assumption 1 with mean $\mu_\star$ and covariance $\Sigma_\star$ of the task parameters",
            INDEPENDENCE,
            SPLIT,
            INFINITE_TASKS,
        ),
        uses=("eq-3", "eq-4"),
    ),
    Claim(
        id="sec-4-nonzero-mean",
        title="With a task mean the head output converges to it",
        location="Section 4, limitations",
        kind=Kind.LIMIT,
        source=Source.STATED,
        statement=r"With a nonzero task mean $\mu_\star$, $B_t w_t$ converges to $B_\star\mu_\star$ "
        "instead of 0.",
        latex=r"\lim_{t \to \infty} B_t w_t = B_\star \mu_\star",
        page="sec_4_nonzero_mean",
        quote="non-zero task mean adds two",
        hypotheses=(
            WIDTHS,
            ORTHONORMAL,
            r"Assumption 1 with mean $\mu_\star$ and covariance $\Sigma_\star$ of the task parameters",
            INDEPENDENCE,
            SPLIT,
            INFINITE_TASKS,
            "an initialisation and step sizes in the manner of Theorem 1",
        ),
        uses=("sec-4-mean-updates",),
    ),
    Claim(
        id="app-i-nonzero-mean",
        title="FO-ANIL and FO-MAML succeed with a task mean",
        location="Section 4, limitations; Appendix I",
        kind=Kind.EXPERIMENT,
        source=Source.CITED,
        statement=r"Experiments of Appendix I support that FO-ANIL and FO-MAML succeed when $\mu_\star \ne "
        "0$.",
        latex=r"\mu_\star \ne 0",
        page="sec_4_nonzero_mean",
        quote="in Appendix I yet support that both FO-ANIL and FO-MAML succeed when",
        hypotheses=("the setting of Appendix I is not in the available text",),
        uses=("sec-4-nonzero-mean",),
    ),
    Claim(
        id="sec-4-task-diversity",
        title="Under Assumption 1 the task diversity is perfect",
        location="Section 4, limitations",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement=r"Under Assumption 1 the condition number of $\Sigma_\star$ is 1.",
        latex=r"\frac{\lambda_{\max}(\Sigma_\star)}{\lambda_{\min}(\Sigma_\star)} = 1",
        page="assumption_1_and_definitions",
        quote="Under Assumption 1, the task diversity is perfect",
        hypotheses=(ISOTROPIC,),
        uses=("asm-1",),
    ),
    Claim(
        id="sec-4-diversity-literature",
        title="The condition number measures task diversity and hardness",
        location="Section 4, limitations",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement=r"The condition number of $\Sigma_\star$ is related to the diversity of the tasks and "
        "the hardness of the problem.",
        latex=r"\lambda_{\max}(\Sigma_\star) / \lambda_{\min}(\Sigma_\star)",
        page="other_papers",
        quote="and the problem hardness (Tripuraneni et al., 2020",
        exclusion=Exclusion("OUT_OF_SCOPE", "findings of Tripuraneni, Thekumparampil and Collins et al."),
    ),
    Claim(
        id="sec-4-monotonicity-lost",
        title="General covariances lose monotonicity",
        location="Section 4, limitations",
        kind=Kind.MONOTONICITY,
        source=Source.STATED,
        statement=r"For a general $\Sigma_\star$ the updates involve terms that do not commute, and the "
        r"update rule of $\Lambda_t$ no longer preserves the monotonicity used to bound its iterates.",
        latex=r"\exists\, \Sigma_\star \succ 0, \; \Lambda \preceq \Lambda' : \quad \Lambda_{+} "
        r"\not\preceq \Lambda'_{+}",
        page="sec_4_general_covariance",
        quote="no longer preserves the monotonicity used to derive upper and lower bounds on its iterates",
        hypotheses=(*ITERATION, POSITIVE_COVARIANCE, r"$D_t = 0$ and $B_t w_t = 0$ are allowed"),
        uses=("eq-6", "eq-7", "def-gram"),
    ),
    Claim(
        id="sec-4-diagonal-covariance",
        title="Theorem 1 seems to hold with any diagonal covariance",
        location="Section 4, limitations",
        kind=Kind.CONJECTURE,
        source=Source.STATED,
        statement="The experiments of Section 5 suggest that Theorem 1 still holds with any diagonal covariance.",
        latex=r"\Sigma_\star = \mathrm{diag}(\lambda_1, \ldots, \lambda_k) \succ 0",
        page="thm_1_conjecture",
        quote="However, experimental results in Section 5 suggest that Theorem 1 still holds with any",
        hypotheses=(*ITERATION, r"$\Sigma_\star$ diagonal and positive definite"),
        uses=("thm-1-conjecture", "sec-4-diagonal-wlog"),
    ),
    Claim(
        id="sec-4-diagonal-wlog",
        title="A diagonal covariance is no restriction",
        location="Section 4, limitations",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement=r"$\Sigma_\star$ is diagonal for a properly chosen $B_\star$: a rotation of the basis "
        "changes neither the data nor the iterates.",
        latex=r"B_\star \to B_\star Q, \quad w_\star \to Q^\top w_\star, \quad \Sigma_\star \to Q^\top "
        r"\Sigma_\star Q, \quad Q^\top Q = I_k",
        page="sec_4_general_covariance",
        quote="being diagonal is not restrictive, as it is always the case for a properly chosen",
        hypotheses=(*MODEL, ANY_COVARIANCE),
        uses=("def-tasks", "eq-5", "eq-6", "eq-7"),
    ),
    Claim(
        id="sec-4-spherical",
        title="Lemma 15 for spherically symmetric features",
        location="Section 4, limitations",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement=r"(7) extends to independent spherically symmetric rows: only the kurtosis ratio $\eta = "
        r"\mathbb{E}\lVert x \rVert^4 / (d(d+2))$ enters.",
        latex=r"\mathbb{E}[\hat{\Sigma}_{\mathrm{in}} A \hat{\Sigma}_{\mathrm{in}}] = \left( 1 - "
        r"\frac{1}{m_{\mathrm{in}}} \right) A + \frac{\eta}{m_{\mathrm{in}}} \left( 2A + "
        r"\mathrm{Tr}(A) I_d \right), \quad A = A^\top, \; \hat{\Sigma}_{\mathrm{in}} = "
        r"\frac{1}{m_{\mathrm{in}}} (X^{\mathrm{in}})^\top X^{\mathrm{in}}",
        page="eq_07_second_moment",
        quote="with Lemma 15, which can be easily extended to any spherically",
        hypotheses=(
            (
                r"rows i.i.d., spherically symmetric, $\mathbb{E}[xx^\top] = I_d$, $\mathbb{E}\lVert x "
                r"\rVert^4 \lt \infty$"
            ),
            INDEPENDENCE,
        ),
        readings=(readings.SECOND_MOMENT_NOISE,),
        uses=("eq-4", "eq-7"),
    ),
)
