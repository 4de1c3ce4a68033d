"""Section 5: the experiments, what the text reads off its figures and its table, and Section 6."""

from __future__ import annotations

from foanil.claims import readings
from foanil.claims.hypotheses import SECTION_5
from foanil.claims.record import Claim, Exclusion, Kind, Source

_CURVES = "the curves are not in the available text, only captions; what it says about them is audited as sec-5-*"

SETTING = (
    Claim(
        id="sec-5-setting",
        title="The setting of the experiments",
        location="Section 5",
        kind=Kind.DEFINITION,
        source=Source.STATED,
        statement=r"$N = 5000$ tasks, $d = 50$, $m = 30$ rows, $k = 5$, noise variance $\sigma^2 = 4$, $k' "
        r"= d$, $\Sigma_\star$ proportional to $\mathrm{diag}(1, \ldots, k)$; ridge parameters tuned "
        "by grid search.",
        latex=r"N = 5000, \; d = k' = 50, \; m = 30, \; k = 5, \; \sigma^2 = 4, \; \Sigma_\star \propto "
        r"\mathrm{diag}(1, \ldots, k)",
        page="table_1",
        quote="For each method, the regularization parameter is tuned using a grid-search over multiple values",
        hypotheses=SECTION_5,
        readings=(readings.INFINITE_SAMPLES_TASKS,),
        uses=("def-tasks", "def-network"),
    ),
    Claim(
        id="app-i-experimental-details",
        title="The experimental details",
        location="Section 5; Appendix I",
        kind=Kind.REMARK,
        source=Source.CITED,
        statement="Appendix I gives the hyperparameters of the experiments.",
        latex=r"\text{(Appendix I)}",
        page="missing_appendices",
        quote="Further experimental details, along with additional experiments involving two-layer",
        exclusion=Exclusion(
            "NOT_CHECKABLE", "Appendix I is not in the available text; a configuration is inferred instead"
        ),
    ),
    Claim(
        id="app-i-relu",
        title="Two- and three-layer ReLU networks",
        location="Section 5; Appendix I",
        kind=Kind.EXPERIMENT,
        source=Source.CITED,
        statement="Appendix I reports experiments with two- and three-layer ReLU networks; the available "
        "text only announces them.",
        latex=r"f_\theta(x) = w^\top \max(B_2^\top \max(B_1^\top x, 0), 0)",
        page="app_i_relu",
        quote="and three-layer ReLU networks, can be found in Appendix I",
        exclusion=Exclusion(
            "NOT_CHECKABLE", "only announced in the available text: there is no number to compare with"
        ),
    ),
    Claim(
        id="fig-2",
        title="Figure 2: squared singular values along the shared subspace",
        location="Section 5, Figure 2",
        kind=Kind.EXPERIMENT,
        source=Source.STATED,
        statement=r"The smallest and the largest squared singular value of $B_\star^\top B_t$ during "
        "training, with the standard deviation over 10 runs.",
        latex=r"\sigma_{\min}(B_\star^\top B_t)^2, \quad \sigma_{\max}(B_\star^\top B_t)^2",
        page="figures",
        quote="Figure 2: Evolution of smallest (left) and largest (right) squared singular value of",
        hypotheses=SECTION_5,
        uses=("sec-5-setting",),
        exclusion=Exclusion("NOT_CHECKABLE", _CURVES),
    ),
    Claim(
        id="fig-3",
        title="Figure 3: squared singular values along the complement",
        location="Section 5, Figure 3",
        kind=Kind.EXPERIMENT,
        source=Source.STATED,
        statement=r"The average and the largest squared singular value of $B_{\star,\perp}^\top B_t$ "
        "during training, with the standard deviation over 10 runs.",
        latex=r"\frac{1}{d-k} \sum_j \sigma_j(B_{\star,\perp}^\top B_t)^2, \quad "
        r"\sigma_{\max}(B_{\star,\perp}^\top B_t)^2",
        page="figures",
        quote="Figure 3: Evolution of average (left) and largest (right) squared singular value of",
        hypotheses=SECTION_5,
        uses=("sec-5-setting", "def-complement"),
        exclusion=Exclusion("NOT_CHECKABLE", _CURVES),
    ),
)


def _observation(
    id: str,
    title: str,
    statement: str,
    latex: str,
    quote: str,
    page: str = "figures",
    uses: tuple[str, ...] = (),
    location: str = "Section 5, discussion of the results",
) -> Claim:
    """Record one thing that the text reads off its figures or its table, in the setting of Section 5."""
    return Claim(
        id=id,
        title=title,
        location=location,
        kind=Kind.EXPERIMENT,
        source=Source.STATED,
        statement=statement,
        latex=latex,
        page=page,
        quote=quote,
        hypotheses=SECTION_5,
        uses=("sec-5-setting", *uses),
    )


OBSERVATIONS = (
    _observation(
        "sec-5-ridge-helps",
        "Regularisation largely improves the test loss",
        "Ridge regression is used for all methods, since regularising the objective largely improves the test loss.",
        r"R_{\lambda_{\text{tuned}}} \lt R_{\lambda = 0}",
        "since regularizing the objective largely improves the test loss here",
        page="table_1",
        location="Section 5, before Table 1",
    ),
    _observation(
        "sec-5-exact-convergence",
        "With infinitely many tasks FO-ANIL converges exactly",
        r"FO-ANIL with infinitely many tasks converges exactly to $\Lambda_\star$, for the covariance of "
        "Section 5, as Theorem 1 predicts.",
        r"\Lambda_t \to \Lambda_\star, \quad \Sigma_\star \propto \mathrm{diag}(1, \ldots, 5)",
        "As predicted by Theorem 1, FO-ANIL with",
        uses=("eq-8", "thm-1-conjecture"),
    ),
    _observation(
        "sec-5-subspace-quick",
        "The shared subspace is learned quickly",
        "FO-ANIL with infinitely many tasks learns the shared subspace much faster than it unlearns the complement.",
        r"\sigma_{\min}(\Lambda_t) \approx \sigma_{\min}(\Lambda_\star) \text{ while } \lVert "
        r"B_{\star,\perp}^\top B_t \rVert \approx \lVert B_{\star,\perp}^\top B_0 \rVert",
        "it quickly learns the ground truth subspace and unlearns its orthogonal complement as the singular",
        uses=("eq-6", "eq-7"),
    ),
    _observation(
        "sec-5-rate-appendix-h",
        "The complement decays at the rate of Appendix H",
        r"The singular values of $B_{\star,\perp}^\top B_t$ decrease to 0 at the slow rate of Appendix H.",
        r"\lVert B_{\star,\perp}^\top B_t \rVert^2 = O\left( \frac{m_{\mathrm{in}}}{\alpha^2 \beta "
        r"\bar{\sigma}^2 t} \right)",
        "at the slow rate given in Appendix H",
        uses=("app-a-rate",),
    ),
    _observation(
        "sec-5-maml-coincides",
        "FO-ANIL and FO-MAML almost coincide",
        "FO-ANIL and FO-MAML with finitely many tasks almost coincide.",
        r"B_t^{\text{FO-ANIL}} \approx B_t^{\text{FO-MAML}}",
        "number of tasks, almost coincide. Although very close to",
        uses=("sec-2-maml-entangled", "new-fo-maml-equals-fo-anil"),
    ),
    _observation(
        "sec-5-finite-slower",
        "Finitely many tasks unlearn even more slowly",
        "With finitely many tasks the complement seems to be unlearned even more slowly than with infinitely many.",
        r"\lVert B_{\star,\perp}^\top B_t^{(N)} \rVert_F \gt \lVert B_{\star,\perp}^\top B_t^{(\infty)} "
        r"\rVert_F",
        "even more slowly. In particular, there are a few directions",
    ),
    _observation(
        "sec-5-few-directions",
        "A few directions are unlearned very slowly",
        "With finitely many tasks a few directions, given by the maximal singular value, are unlearned "
        "either very slowly or up to a small error.",
        r"\sigma_{\max}(B_{\star,\perp}^\top B_t) \gg \text{average } \sigma_j(B_{\star,\perp}^\top B_t)",
        "(given by the maximal singular value) that are unlearned either very slowly or up to a small error",
    ),
    _observation(
        "sec-5-average-comparable",
        "On average the unlearning happens at a comparable rate",
        "On average over directions, unlearning with finitely many tasks happens at a rate comparable to "
        "that with infinitely many.",
        r"\frac{1}{d-k} \sum_j \sigma_j(B_{\star,\perp}^\top B_t^{(N)})^2 \approx \frac{1}{d-k} \sum_j "
        r"\sigma_j(B_{\star,\perp}^\top B_t^{(\infty)})^2",
        "However on average, the unlearning happens at a comparable rate",
    ),
    _observation(
        "sec-5-extremes-negligible",
        "The few extreme directions have a negligible effect",
        "The effect of the few extreme directions on the excess risk is negligible.",
        r"R(B_t) - R(B_t \text{ without its extreme directions}) \approx 0",
        "few extreme directions is negligible",
        page="table_1",
    ),
    _observation(
        "sec-5-oracle-gap",
        "The excess risk approaches the oracle's",
        "Model-agnostic methods reach an excess risk that approaches the oracle baseline, by ridge "
        "regression or one gradient step.",
        r"R_{\text{oracle}} \lt R_{\text{FO-ANIL}} \ll R_{\text{single task}}",
        "excess risk approaching the oracle baseline with either ridge regression or just a single gradient step",
        page="table_1",
    ),
    _observation(
        "sec-5-complement-constant",
        "With infinitely many samples the complement stays constant",
        r"With infinitely many samples the columns of $B_\star$ are learned quickly, and the singular "
        "values along the complement stay constant.",
        r"\sigma_j(B_{\star,\perp}^\top B_t) = \sigma_j(B_{\star,\perp}^\top B_0) \quad (m_{\mathrm{in}} = "
        r"\infty)",
        "The singular values along the orthogonal complement stay constant",
        uses=("sec-4-infinite-samples-complement",),
    ),
    _observation(
        "sec-5-bm-complement-rises",
        "Burer-Monteiro increases the complement first",
        "For Burer-Monteiro the shared subspace is learned quickly, the complement is not unlearned, and "
        "its singular values even increase during the first steps.",
        r"\lVert B_{\star,\perp}^\top B_{t+1} \rVert \gt \lVert B_{\star,\perp}^\top B_t \rVert \quad (t "
        r"\text{ small})",
        "Actually, the singular values along the orthogonal complement even increase during the",
        uses=("eq-12",),
    ),
    _observation(
        "sec-5-complement-hurts",
        "A complement that is not unlearned hurts at test time",
        "For Burer-Monteiro and infinitely many samples, the inability to unlearn the complement "
        "significantly hurts the performance at test time.",
        r"R_{\text{infinite samples}}, R_{\text{Burer-Monteiro}} \gt R_{\text{FO-ANIL}}",
        "For both methods, the inability of unlearning the orthogonal complement",
        page="table_1",
        uses=("sec-3-k-prime-to-k",),
    ),
    _observation(
        "sec-5-both-beat-single-task",
        "Both still outperform the single-task baseline",
        "Burer-Monteiro and FO-ANIL with infinitely many samples still outperform the single-task baseline.",
        r"R_{\text{infinite samples}}, R_{\text{Burer-Monteiro}} \lt R_{\text{single task}}",
        "Note however that they still outperform the single-task baseline",
        page="table_1",
    ),
    _observation(
        "sec-5-subspace-dominates",
        "Singular values along the shared subspace are larger",
        r"For both methods the singular values along the columns of $B_\star$ are larger than along the "
        "complement, so that more weight is put on the shared subspace.",
        r"\sigma_{\min}(B_\star^\top B_t) \gt \sigma_{\max}(B_{\star,\perp}^\top B_t)",
        "are indeed larger than along its orthogonal complement",
    ),
    _observation(
        "sec-5-many-iterations",
        "Unlearning needs many iterations",
        "Unlearning happens slowly, and many iterations are required to ignore the orthogonal space completely.",
        r"\lVert B_{\star,\perp}^\top B_t \rVert^2 \sim \frac{m_{\mathrm{in}}}{2 \alpha^2 \beta "
        r"\bar{\sigma}^2 t}",
        "happens slowly and many iterations are required to completely ignore the orthogonal space",
        uses=("new-rate-constant",),
    ),
)

SECTION_6 = (
    _observation(
        "sec-6-general-setups",
        "The results hold in more general setups",
        "The experiments suggest that the results hold with uncentred, anisotropic task parameters and "
        "finitely many tasks.",
        r"\mu_\star \ne 0, \quad \Sigma_\star \ne c I_k, \quad N \lt \infty",
        "results and suggest they hold in more general setups, e.g., with uncentered, anisotropic task parameters",
        uses=("sec-4-finite-tasks", "sec-4-nonzero-mean", "thm-1-conjecture"),
        location="Section 6",
    ),
)
