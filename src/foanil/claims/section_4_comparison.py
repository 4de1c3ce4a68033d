"""Section 4, first half: width known or not, and Burer-Monteiro factorisation."""

from __future__ import annotations

from foanil.claims.hypotheses import (
    INFINITE_TASKS,
    ISOTROPIC,
    MODEL,
    MORE_ROWS_THAN_K,
    ORTHONORMAL,
    POSITIVE_COVARIANCE,
    THEOREM_1,
    WIDTHS,
)
from foanil.claims.record import Claim, Exclusion, Kind, Source

NO_PRIOR_KNOWLEDGE = (
    Claim(
        id="sec-4-well-specified-literature",
        title="Earlier works assume a well-specified width",
        location="Section 4, no prior structure knowledge",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement=r"Previous works on model-agnostic methods and matrix factorisation consider $k' = k$.",
        latex=r"k' = k",
        page="other_papers",
        quote="Previous works on model-agnostic methods and matrix",
        exclusion=Exclusion("OUT_OF_SCOPE", "the hypotheses of other papers"),
    ),
    Claim(
        id="sec-4-recovers-dimension",
        title="FO-ANIL recovers the hidden dimension",
        location="Section 4, no prior structure knowledge",
        kind=Kind.LIMIT,
        source=Source.STATED,
        statement=r"FO-ANIL recovers the hidden dimension $k$ asymptotically when $k' \gt k$: the number "
        "of singular values that do not vanish is $k$.",
        latex=r"\sigma_k(B_t)^2 \to \frac{1}{\alpha} \frac{m_{\mathrm{in}}}{m_{\mathrm{in}} + 1 + "
        r"\bar{\sigma}^2/c}, \quad \sigma_{k+1}(B_t) \to 0",
        page="thm_1_convergence",
        quote="states that FO-ANIL recovers this hidden true dimension",
        hypotheses=THEOREM_1,
        uses=("thm-1-i", "thm-1-iii"),
    ),
    Claim(
        id="sec-4-angle-suffices-well-specified",
        title="In the well-specified case the principal angle measures what was learned",
        location="Section 4, no prior structure knowledge",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement="When $k' = k$ it is enough to learn the subspace: a $B$ of rank $k$ at principal angle "
        r"distance 0 from $B_\star$ has no complement.",
        latex=r"k' = k, \; \mathrm{rank}(B) = k : \quad \mathrm{dist}(B, B_\star) = 0 "
        r"\;\Longleftrightarrow\; B_{\star,\perp}^\top B = 0",
        page="sec_4_principal_angle",
        quote="which is simply measured by the principal angle distance by Collins",
        hypotheses=(ORTHONORMAL, r"$k' = k$"),
        uses=("def-complement",),
    ),
    Claim(
        id="sec-4-principal-angle",
        title="At full width the principal angle distance is always one",
        location="Section 4, no prior structure knowledge",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement=r"When $k' = d$ the principal angle distance to $B_\star$ is always 1, whatever was "
        "learned.",
        latex=r"k' = d : \quad \mathrm{dist}(B, B_\star) = 1",
        page="sec_4_principal_angle",
        quote="this measure is always",
        hypotheses=(
            ORTHONORMAL,
            r"$\mathrm{rank}(B) = k' = d$",
            (
                r"the distance of subspaces of different dimension needs a convention: $\lVert \Pi_\perp Q "
                r"\rVert$ with $\Pi_\perp$ onto the complement of $B_\star$ and $Q$ a basis of the columns "
                "of $B$, or the two roles exchanged"
            ),
        ),
        uses=("def-complement",),
    ),
    Claim(
        id="sec-4-singular-value-control",
        title="Lower bounds on the singular values exist in the well-specified case only",
        location="Section 4, no prior structure knowledge",
        kind=Kind.LIMIT,
        source=Source.STATED,
        statement=r"The singular values of $B_t$ stay bounded below when $k' = k$; when $k' \gt k$ the "
        "smallest of them tends to 0.",
        latex=r"\sigma_{k'}(B_t) \to 0 \;\Longleftrightarrow\; k' \gt k",
        page="sec_4_principal_angle",
        quote="A similar argument is however not possible when",
        hypotheses=THEOREM_1,
        uses=("thm-1-i", "thm-1-iii"),
    ),
    Claim(
        id="sec-4-saunshi-2020-footnote",
        title="Saunshi et al. do not unlearn the complement",
        location="Section 4, footnote 1",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="Saunshi et al. (2020) consider a misspecified width, yet the complement is not "
        "unlearned there, since they assume infinitely many samples per task.",
        latex=r"m_{\mathrm{in}} = \infty",
        page="other_papers",
        quote="in their case, since they assume an",
        exclusion=Exclusion("OUT_OF_SCOPE", "what Saunshi et al. (2020) prove"),
    ),
)

BURER_MONTEIRO = (
    Claim(
        id="sec-4-well-specified-parity",
        title="Model-agnostic methods do not outperform multi-task methods in the well-specified case",
        location="Section 4, superiority of agnostic methods",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement="When $k' = k$, both learn $\\mathrm{col}(B_\\star)$: least squares on either representation is the "
        "same estimate, and so is ridge regression for a balanced factor.",
        latex=r"C (C^\top X_k^\top X_k C)^{-1} C^\top X_k^\top y = (X_k^\top X_k)^{-1} X_k^\top y, \qquad "
        r"X_k = X B_\star",
        page="sec_4_burer_monteiro",
        quote="not outperform traditional multi-task learning methods",
        hypotheses=(*MODEL, r"$k' = k$", ISOTROPIC, INFINITE_TASKS, MORE_ROWS_THAN_K),
        uses=("eq-12", "thm-1-iii", "sec-4-bm-local-minima"),
    ),
    Claim(
        id="eq-12",
        title="The Burer-Monteiro objective",
        location="Section 4, equation (12)",
        kind=Kind.DEFINITION,
        source=Source.STATED,
        statement="Burer-Monteiro factorisation fits all tasks at once with a product $BW$, one column of "
        "$W$ per task.",
        latex=r"\min_{B \in \mathbb{R}^{d \times k'},\, W \in \mathbb{R}^{k' \times N}} \frac{1}{2N} "
        r"\sum_{i=1}^{N} \hat{L}_i(B W^{(i)}; X_i, y_i)",
        page="assumption_1_and_definitions",
        quote="For example, the Burer-Monteiro",
        hypotheses=(WIDTHS,),
        uses=("def-empirical-loss",),
        stated=("burer_monteiro_term",),
    ),
    Claim(
        id="sec-4-bm-local-minima",
        title="Local minima of (12) learn the representation in the well-specified case",
        location="Section 4, superiority of agnostic methods",
        kind=Kind.OPTIMALITY,
        source=Source.CITED,
        statement="Any local minimum of (12) correctly learns the shared representation when $k' = k$ "
        "(Tripuraneni et al., 2021, for their regularised objective).",
        latex=r"k' = k, \; (B, W) \text{ a local minimum of (12)} \;\Longrightarrow\; \mathrm{col}(B) "
        r"= \mathrm{col}(B_\star)",
        page="sec_4_burer_monteiro",
        quote="local minimum of Equation (12) correctly learns the shared representation when",
        hypotheses=(
            *MODEL,
            POSITIVE_COVARIANCE,
            r"$k' = k$",
            MORE_ROWS_THAN_K,
            r"$N = \infty$, heads minimised out; or $m = \infty$ and $w_{\star,i}$ that span $\mathbb{R}^k$",
        ),
        uses=("eq-12",),
    ),
    Claim(
        id="sec-4-bm-misspecified-no-guarantee",
        title="Misspecified, (12) has minima that learn nothing",
        location="Section 4, superiority of agnostic methods",
        kind=Kind.OPTIMALITY,
        source=Source.STATED,
        statement="When $k' = d$ no such guarantee holds: (12) has global minima whose $B$ carries no "
        r"trace of $B_\star$: $I_d$ is one, and for $m \le d - k$ there are some with $B_\star^\top B = 0$.",
        latex=r"k' = d : \quad \min_W \frac{1}{2N} \sum_i \hat{L}_i(I_d W^{(i)}; X_i, y_i) = \min_{B, W} "
        r"\frac{1}{2N} \sum_i \hat{L}_i(B W^{(i)}; X_i, y_i)",
        page="sec_4_burer_monteiro",
        quote="there is no such guarantee. In that case, the optimal",
        hypotheses=(r"$k' = d$",),
        uses=("eq-12",),
    ),
    Claim(
        id="sec-4-bm-full-rank",
        title="The optimal representation of (12) needs full rank",
        location="Section 4, superiority of agnostic methods",
        kind=Kind.OPTIMALITY,
        source=Source.STATED,
        statement="With label noise and $k' = d$, an optimal $B$ of (12) needs full rank to fit the "
        "training data of all tasks perfectly.",
        latex=r"X_i B W^{(i)} = y_i \; \forall i \;\Longrightarrow\; \mathrm{rank}(B) = d",
        page="sec_4_burer_monteiro",
        quote="the training data of all tasks, when there is label noise",
        hypotheses=(*MODEL, r"$k' = d$", r"$\sigma \gt 0$", r"$N$ large"),
        uses=("eq-12",),
    ),
    Claim(
        id="sec-4-bm-independent-regressions",
        title="Misspecified factorisation resembles independent regressions",
        location="Section 4, superiority of agnostic methods",
        kind=Kind.IDENTITY,
        source=Source.STATED,
        statement=r"With $B = I_d$ the problem (12) is $N$ independent $d$-dimensional regressions.",
        latex=r"\min_{W} \frac{1}{2N} \sum_{i=1}^{N} \hat{L}_i(I_d W^{(i)}; X_i, y_i) = \frac{1}{2N} "
        r"\sum_{i=1}^{N} \min_{\theta \in \mathbb{R}^d} \hat{L}_i(\theta; X_i, y_i)",
        page="sec_4_burer_monteiro",
        quote="setting then resembles running independent",
        hypotheses=(r"$k' = d$",),
        uses=("eq-12",),
    ),
    Claim(
        id="sec-4-bm-beats-single-task",
        title="Burer-Monteiro still outperforms the single-task baseline",
        location="Section 4, superiority of agnostic methods",
        kind=Kind.EXPERIMENT,
        source=Source.STATED,
        statement="In the experiments of Section 5 Burer-Monteiro does worse than FO-ANIL, yet largely "
        "outperforms the single-task baseline.",
        latex=r"R_{\text{FO-ANIL}} \lt R_{\text{Burer-Monteiro}} \lt R_{\text{single task}}",
        page="sec_4_burer_monteiro",
        quote="Although Burer-Monteiro performs worse than FO-ANIL in the experiments of Section 5, it "
        "still largely outperforms the single-task baseline",
        hypotheses=("the setting of Section 5",),
        uses=("sec-5-setting", "eq-12"),
    ),
    Claim(
        id="sec-4-bm-implicit-bias",
        title="The implicit bias towards low rank might explain it",
        location="Section 4, superiority of agnostic methods",
        kind=Kind.CONJECTURE,
        source=Source.STATED,
        statement="The good performance of overparametrised Burer-Monteiro might be due to the implicit "
        "bias of matrix factorisation towards low-rank solutions, so that it depends on the initial "
        "scale.",
        latex=r"\lVert B_0 \rVert \to 0 \;\Longrightarrow\; \text{(12) is solved by nearly low-rank } BW",
        page="sec_4_burer_monteiro",
        quote="might be due to the implicit bias of matrix factorization towards low-rank",
        hypotheses=("the setting of Section 5", "gradient descent from a small initial scale"),
        uses=("eq-12",),
    ),
)
