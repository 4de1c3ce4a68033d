"""Appendix A: initialisation, rates, finitely many tasks."""

from __future__ import annotations

from foanil.claims import readings
from foanil.claims.hypotheses import (
    EXPLICIT_HEAD,
    EXPLICIT_STEPS,
    FULL_RANK_START,
    HEAD_AT_INFINITY,
    ISOTROPIC,
    ITERATION,
    MODEL,
    ORTHONORMAL,
    PRINTED_HEAD,
    PRINTED_STEPS,
    SECTION_5,
    SPLIT,
    START_AT_INFINITY,
    THEOREM_1,
    UNIVERSAL,
    WIDTHS,
)
from foanil.claims.record import Claim, Exclusion, Kind, Source

INITIALISATION = (
    Claim(
        id="app-a-bounded",
        title="The representation stays bounded",
        location="Appendix A, initialisation regime",
        kind=Kind.BOUND,
        source=Source.STATED,
        statement=r"Theorem 1's initialisation keeps $\lVert B_t \rVert^2 \le 1/\alpha$ for every $t$.",
        latex=r"\lVert B_t \rVert^2 \le \alpha^{-1} \quad \forall t \ge 0",
        page="thm_1_explicit_constants",
        quote="Theorem 1 requires a bounded initialization to ensure the dynamics of",
        hypotheses=THEOREM_1,
        readings=(readings.START_BOUND, readings.MATRIX_NORM, readings.NORM_CAP),
        uses=("eq-6", "eq-7", "new-thm-1-explicit"),
    ),
    Claim(
        id="app-a-complement-init",
        title="Only the complement needs a small start",
        location="Appendix A, initialisation regime",
        kind=Kind.BOUND,
        source=Source.STATED,
        statement=r"Roughly, $\lVert B_{\star,\perp}^\top B_0 \rVert^2 = O(1/(\alpha m_{\mathrm{in}}))$ is "
        r"all that is needed for $\lVert B_t \rVert^2 \le 1/\alpha$ at every $t$.",
        latex=r"\lVert B_{\star,\perp}^\top B_0 \rVert^2 = O\left( (\alpha m_{\mathrm{in}})^{-1} \right) "
        r"\;\Longrightarrow\; \lVert B_t \rVert^2 \le \alpha^{-1} \quad \forall t",
        page="app_a_initialisation",
        quote="Roughly, we need the squared norm of",
        hypotheses=(
            *ITERATION,
            ISOTROPIC,
            FULL_RANK_START,
            (
                r"$\alpha\Lambda_0 \preceq \max(x_\star, y) I_k$ and $\alpha \lVert B_{\star,\perp}^\top B_0 "
                r"\rVert^2 \le (\frac23 - y)/m_{\mathrm{in}}$ for some $y \in [\frac13, \frac23]$, with $x_\star = "
                r"m_{\mathrm{in}}/(m_{\mathrm{in}}+1+\bar\sigma^2/c)$"
            ),
            EXPLICIT_HEAD,
            EXPLICIT_STEPS,
        ),
        uses=("eq-6", "eq-7", "def-complement", "new-thm-1-region-form"),
    ),
    Claim(
        id="app-a-m-in-artifact",
        title="The dependence of the initial scale on the sample size is an artifact",
        location="Appendix A, initialisation regime",
        kind=Kind.CONJECTURE,
        source=Source.STATED,
        statement=r"Theorem 1 holds with an initial scale that does not depend on $m_{\mathrm{in}}$.",
        latex=r"\alpha \lVert B_0 \rVert^2 \le C \;\text{ in place of }\; \frac{C}{m_{\mathrm{in}}}",
        page="app_a_initialisation",
        quote="dependency is an artifact of the analysis and it is empirically not needed",
        hypotheses=(*ITERATION, ISOTROPIC, FULL_RANK_START, PRINTED_HEAD, PRINTED_STEPS, UNIVERSAL),
        uses=("eq-5", "eq-6", "eq-7", "eq-8"),
    ),
    Claim(
        id="app-a-head-controls-second-moment",
        title="The bound on the initial head controls the second moment",
        location="Appendix A, initialisation regime",
        kind=Kind.BOUND,
        source=Source.STATED,
        statement=r"The bound on $w_0$ controls the scale of $\mathbb{E}[w_{t,i}w_{t,i}^\top]$ in the "
        "update of $B_t$, for all $t$.",
        latex=r"\left\lVert \mathbb{E}[w_{t,i} w_{t,i}^\top] - \alpha^2 \left( 1 + "
        r"\frac{1}{m_{\mathrm{in}}} + \frac{\bar{\sigma}^2}{m_{\mathrm{in}} c} \right) c \, B_t^\top "
        r"B_\star B_\star^\top B_t \right\rVert \le \lVert w_0 \rVert^2 + \frac{\alpha^2 "
        r"\bar{\sigma}^2}{m_{\mathrm{in}}} \lVert B_{\star,\perp}^\top B_t \rVert^2",
        page="thm_1_explicit_constants",
        quote="to control the scale of",
        hypotheses=THEOREM_1,
        readings=(readings.HEAD_BOUND,),
        uses=("eq-5", "eq-7", "new-head-norm-nonincreasing", "new-thm-1-explicit"),
    ),
    Claim(
        id="app-a-generic-rank",
        title="Usual initialisations have full rank almost surely",
        location="Appendix A, initialisation regime",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement=r"Theorem 1 only needs $B_\star^\top B_0$ of full rank, which holds almost surely for an "
        "initialisation with a density, and for a Haar random frame.",
        latex=r"\mathbb{P}\left( \mathrm{rank}(B_\star^\top B_0) = k \right) = 1",
        page="app_a_initialisation",
        quote="which holds almost surely for usual initializations",
        hypotheses=(
            WIDTHS,
            ORTHONORMAL,
            r"$B_0$ with a density on $\mathbb{R}^{d \times k'}$, or a multiple of a Haar frame",
        ),
        uses=("thm-1-iii",),
    ),
    Claim(
        id="app-a-collins-alignment",
        title="An alignment bounded away from zero fails in high dimension",
        location="Appendix A, initialisation regime",
        kind=Kind.BOUND,
        source=Source.STATED,
        statement=r"A smallest singular value of $B_\star^\top B_0$ bounded away from 0 does not hold when "
        "$d$ is much larger than $k'$: for a random frame its square is of the order $k'/d$ at most.",
        latex=r"\mathbb{E}\left[ \sigma_{\min}(B_\star^\top B_0)^2 \right] \le \frac{k'}{d}, \quad "
        r"B_0^\top B_0 = I_{k'} \text{ Haar}",
        page="app_a_initialisation",
        quote="instead require that the smallest eigenvalue of",
        hypotheses=(WIDTHS, ORTHONORMAL, r"$B_0$ a Haar random frame with $k'$ orthonormal columns"),
        uses=("def-tasks",),
    ),
    Claim(
        id="app-a-collins-2022-requirement",
        title="What Collins et al. require of the start",
        location="Appendix A, initialisation regime",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="Collins et al. (2022) use a similar inductive condition and require an initial "
        "alignment, so that their analysis covers the tail end of training only.",
        latex=r"\text{(another paper)}",
        page="other_papers",
        quote="only the tail end of training and not the initial alignment phase",
        exclusion=Exclusion("OUT_OF_SCOPE", "what Collins et al. (2022) assume"),
    ),
)

RATES = (
    Claim(
        id="app-a-rate",
        title="The rate of unlearning",
        location="Appendix A, rate of convergence; Appendix H",
        kind=Kind.RATE,
        source=Source.STATED,
        statement="The complement is unlearned at the rate $1/t$, with an explicit dependence on "
        r"$m_{\mathrm{in}}$, the step sizes and the noise.",
        latex=r"\lVert B_{\star,\perp}^\top B_t \rVert^2 = O\left( \frac{m_{\mathrm{in}}}{\alpha^2 \beta "
        r"\bar{\sigma}^2 t} \right)",
        page="thm_1_explicit_constants",
        quote="provides an analogous rate for the",
        hypotheses=THEOREM_1,
        readings=(readings.COMPLEMENT_RATE,),
        uses=("eq-6", "eq-7", "def-complement", "new-thm-1-explicit"),
    ),
    Claim(
        id="app-a-overparam-slowdown",
        title="Misspecification makes the rate polynomial",
        location="Appendix A, rate of convergence",
        kind=Kind.RATE,
        source=Source.STATED,
        statement=r"Because of misspecification the rate is polynomial instead of exponential: for $k' \gt "
        "k$ the complement is bounded below by a constant over $t$, at $k' = k$ it decays "
        "exponentially.",
        latex=r"k' \gt k : \; \lVert B_{\star,\perp}^\top B_t \rVert^2 \ge \frac{K}{1 + t}; \qquad k' = k "
        r": \; \lVert B_{\star,\perp}^\top B_t \rVert^2 \le K e^{-\gamma t}",
        page="app_a_rates",
        quote="this rate is slower than the one by Collins et al. (2022) (exponential vs. polynomial)",
        hypotheses=(
            *THEOREM_1,
            r"when $k' \gt k$: $w_0 = 0$, $\alpha\lVert B_0 \rVert^2 \le x_\star$",
            r"generic $B_0$ when $k' \gt k$: $B_{\star,\perp}^\top B_0$ nonzero on $\ker(B_\star^\top B_0)$",
        ),
        uses=("eq-6", "eq-7", "thm-1-iii", "app-a-rate"),
    ),
    Claim(
        id="app-a-other-rates-difficult",
        title="Rates for the second and third limits are more difficult",
        location="Appendix A, rate of convergence",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="Rates for the second and third limits are more difficult to obtain, as the quantities "
        "depend on each other.",
        latex=r"B_t w_t \to 0, \quad \Lambda_t \to \Lambda_\star",
        page="missing_appendices",
        quote="to obtain for the second and third limits",
        exclusion=Exclusion("NOT_CHECKABLE", "a judgement of difficulty; a rate for the flow is new-third-limit-rate"),
    ),
    Claim(
        id="app-a-xu-du-2023",
        title="A similar slowdown for a single neuron",
        location="Appendix A, rate of convergence; Sections 1, 4 and 6",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="Xu and Du (2023) show a similar slowdown due to overparametrisation when learning a "
        "single ReLU neuron.",
        latex=r"\text{(another paper)}",
        page="other_papers",
        quote="A similar slow down due to overparametrization has been recently shown when learning a single",
        exclusion=Exclusion("OUT_OF_SCOPE", "what Xu and Du (2023) prove"),
    ),
    Claim(
        id="app-a-collins-2022-rates",
        title="Collins et al. do not study the other two rates",
        location="Appendix A, rate of convergence",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="Rates for the second and third limits are not studied by Collins et al. (2022).",
        latex=r"\text{(another paper)}",
        page="other_papers",
        quote="that rates for these two limits are not studied by Collins et al. (2022)",
        exclusion=Exclusion("OUT_OF_SCOPE", "what Collins et al. (2022) study"),
    ),
    Claim(
        id="app-a-well-specified-rate",
        title="A rate for the third limit in the well-specified case",
        location="Appendix A, rate of convergence",
        kind=Kind.RATE,
        source=Source.STATED,
        statement=r"With infinitely many samples and $k' = k$ a rate for the third limit can be derived.",
        latex=r"m_{\mathrm{in}} = \infty, \; k' = k : \quad \left\lVert \Lambda_t - \tfrac{1}{\alpha} I_k "
        r"\right\rVert \le K e^{-\gamma t}",
        page="app_a_rates",
        quote="rate for the third limit can yet be derived when",
        hypotheses=(
            *MODEL,
            r"$m_{\mathrm{in}} = \infty$, $N = \infty$, $k' = k$",
            ISOTROPIC,
            FULL_RANK_START,
            START_AT_INFINITY,
            HEAD_AT_INFINITY,
            PRINTED_STEPS,
        ),
        uses=("sec-4-infinite-samples-updates", "sec-4-infinite-samples-misspecified"),
    ),
)

FINITE_TASKS = (
    Claim(
        id="app-a-finite-tasks-residual",
        title="Finitely many tasks leave a small residual",
        location="Appendix A, relaxation to a finite number of tasks",
        kind=Kind.EXPERIMENT,
        source=Source.STATED,
        statement="With finitely many tasks the complement decays to a small residual, which decreases to "
        r"0 as $N$ grows and possibly depends on $k$ and $\sigma$.",
        latex=r"\lim_{t \to \infty} \lVert B_{\star,\perp}^\top B_t^{(N)} \rVert = r(N, k, \sigma), \quad "
        r"\lim_{N \to \infty} r = 0",
        page="app_a_finite_tasks",
        quote="but to a small residual value. The scale of this residual depends on the number of tasks",
        hypotheses=(*MODEL, SPLIT, r"$N$ finite"),
        readings=(readings.RESIDUAL_SCALE,),
        uses=("eq-3", "sec-4-finite-tasks-as-perturbed"),
    ),
    Claim(
        id="app-a-small-init-rise",
        title="From a very small start the complement rises to the residual",
        location="Appendix A, relaxation to a finite number of tasks",
        kind=Kind.EXPERIMENT,
        source=Source.STATED,
        statement="From a very small initialisation the singular values in the complement can increase up "
        "to the residual.",
        latex=r"\lVert B_{\star,\perp}^\top B_0 \rVert \ll r(N) \;\Longrightarrow\; \lVert "
        r"B_{\star,\perp}^\top B_t \rVert \nearrow r(N)",
        page="app_a_finite_tasks",
        quote="Most notably, when a very small initialization is chosen, the singular values in the "
        "complement space can increase",
        hypotheses=(*MODEL, SPLIT, r"$N$ finite"),
        uses=("app-a-finite-tasks-residual",),
    ),
    Claim(
        id="app-a-residuals-harmless",
        title="The residuals do not hurt finetuning",
        location="Appendix A, relaxation to a finite number of tasks",
        kind=Kind.EXPERIMENT,
        source=Source.STATED,
        statement="In the experiments the residuals do not hurt the finetuning performance.",
        latex=r"R(B_t) \approx R(B_\infty)",
        page="app_a_finite_tasks",
        quote="In our experiments, these residuals do not hurt the",
        hypotheses=SECTION_5,
        uses=("sec-5-setting", "app-a-finite-tasks-residual", "new-prop-1-exact-risk"),
    ),
    Claim(
        id="app-a-finite-horizon-residual",
        title="A finite horizon leaves a residual too",
        location="Appendix A, relaxation to a finite number of tasks",
        kind=Kind.EXPERIMENT,
        source=Source.STATED,
        statement="The residuals are also present with infinitely many tasks, because training stops at a finite time.",
        latex=r"\lVert B_{\star,\perp}^\top B_T \rVert \gt 0 \quad (N = \infty, \; T \lt \infty)",
        page="app_a_finite_tasks",
        quote="Note that these residuals are also present for simulations of FO-ANIL with",
        hypotheses=SECTION_5,
        uses=("sec-5-setting", "eq-6", "eq-7", "new-rate-constant"),
    ),
    Claim(
        id="app-a-other-theory",
        title="Other theory of model-agnostic meta-learning",
        location="Appendix A, theoretical analyses",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="Other theoretical works focus on convergence guarantees or on generalisation.",
        latex=r"\text{(other papers)}",
        page="other_papers",
        quote="or generalization (Fallah et al., 2021). In contrast, this work focuses on pretraining",
        exclusion=Exclusion("OUT_OF_SCOPE", "what other papers study"),
    ),
)
