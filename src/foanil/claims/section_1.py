"""Abstract and Section 1: what the paper promises."""

from __future__ import annotations

from foanil.claims.hypotheses import MODEL, THEOREM_1
from foanil.claims.record import Claim, Exclusion, Kind, Source

ABSTRACT = (
    Claim(
        id="abstract-low-rank",
        title="Overparametrised networks get an asymptotically low-rank solution",
        location="Abstract",
        kind=Kind.LIMIT,
        source=Source.STATED,
        statement="With a width $k'$ larger than the dimension $k$ of the shared representation, FO-ANIL "
        "still learns the shared subspace, and every limit point of $B_t$ has rank $k$ only.",
        latex=r"k \lt k' \le d \;\Longrightarrow\; \mathrm{rank}(B_\infty) = k, \quad "
        r"\mathrm{col}(B_\infty) = \mathrm{col}(B_\star)",
        page="thm_1_convergence",
        quote="of the shared representations results in an asymptotically low-rank solution",
        hypotheses=THEOREM_1,
        uses=("thm-1-i", "thm-1-iii"),
    ),
    Claim(
        id="abstract-single-step-adaptation",
        title="One gradient step adapts the learned solution to any new task",
        location="Abstract",
        kind=Kind.BOUND,
        source=Source.STATED,
        statement="From the learned solution a single gradient step on the head gives a small excess risk "
        "on any new task.",
        latex=r"\lVert \hat{B} w_{\mathrm{test}} - B_\star w_\star \rVert \text{ small after one step of "
        r"size } \alpha",
        page="prop_1_decomposition",
        quote="learned solution then yields a good adaptation performance on any new task after a single gradient step",
        hypotheses=THEOREM_1,
        uses=("prop-1", "thm-1-i", "thm-1-ii", "thm-1-iii"),
    ),
)

SECTION_1 = (
    Claim(
        id="sec-1-minimal-architecture",
        title="Two layers are needed",
        location="Section 1",
        kind=Kind.OPTIMALITY,
        source=Source.STATED,
        statement="A linear two-layer network is the minimal architecture with non-trivial performance: "
        "the best one-layer network adapted by one gradient step has a strictly larger objective.",
        latex=r"\min_{v \in \mathbb{R}^{d},\, \alpha \ge 0} L_{\text{one layer}}(v; \alpha) \gt "
        r"\min_{B, w} L_{\mathrm{ANIL}}(B, w)",
        page="sec_1_minimal_architecture",
        quote="and consider a linear two-layer network, which is the minimal architecture",
        hypotheses=(*MODEL, r"$\Sigma_\star \ne 0$"),
        uses=("eq-1", "new-anil-loss"),
    ),
    Claim(
        id="sec-1-comparable-to-oracle",
        title="The adapted test loss is comparable to regression in the hidden dimension",
        location="Section 1, contributions",
        kind=Kind.BOUND,
        source=Source.STATED,
        statement="After Theorem 1's limit, one step reaches a test loss comparable to that of linear "
        "regression on the hidden subspace of dimension $k$.",
        latex=r"\lVert \hat{B} w_{\mathrm{test}} - B_\star w_\star \rVert \lesssim "
        r"(\lVert w_\star \rVert + \sigma)\sqrt{k / m_{\mathrm{test}}} + \text{bias}(m_{\mathrm{in}})",
        page="prop_1_decomposition",
        quote="comparable to linear regression on the hidden low-dimensional subspace",
        hypotheses=THEOREM_1,
        uses=("prop-1",),
    ),
    Claim(
        id="sec-1-raghu-2020",
        title="Raghu et al. on the layers that MAML leaves unchanged",
        location="Section 1",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="Raghu et al. (2020) support empirically that MAML implicitly learns a shared representation.",
        latex=r"\text{(empirical, another paper)}",
        page="other_papers",
        quote="that MAML implicitly learns a shared representation across the tasks",
        exclusion=Exclusion("OUT_OF_SCOPE", "an empirical finding of Raghu et al. (2020) on image tasks"),
    ),
    Claim(
        id="sec-1-nichol-2018",
        title="First-order approximations perform comparably at a cheaper cost",
        location="Section 1 and Section 2.2",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="Nichol et al. (2018): FO-MAML and FO-ANIL achieve performances comparable to the exact "
        "methods, cheaper.",
        latex=r"\text{(empirical, another paper)}",
        page="other_papers",
        quote="achieve comparable performances at a cheaper cost",
        exclusion=Exclusion("OUT_OF_SCOPE", "a finding of Nichol et al. (2018) about practice in general"),
    ),
    Claim(
        id="sec-1-multi-task-prior-knowledge",
        title="Traditional multi-task methods need to know the hidden dimension",
        location="Section 1",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="The cited guarantees of Burer-Monteiro factorisation and nuclear-norm regularisation "
        "rely on knowing the hidden dimension.",
        latex=r"k' = k \text{ assumed there}",
        page="other_papers",
        quote="on prior knowledge of the hidden dimension of the common structure that is unknown in practice",
        exclusion=Exclusion("OUT_OF_SCOPE", "a statement about the hypotheses of other papers' theorems"),
    ),
    Claim(
        id="sec-1-saunshi-2020",
        title="Saunshi et al. on a unidimensional representation",
        location="Section 1",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="Saunshi et al. (2020) treat overparametrisation for a unidimensional shared "
        "representation, infinitely many samples per task and an idealised algorithm.",
        latex=r"k = 1, \quad m_{\mathrm{in}} = \infty",
        page="other_papers",
        quote="under overparametrization by considering a unidimensional shared representation",
        exclusion=Exclusion("OUT_OF_SCOPE", "what Saunshi et al. (2020) prove"),
    ),
    Claim(
        id="sec-1-collins-2022",
        title="Collins et al. recover the subspace at an exponential rate",
        location="Section 1",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="Collins et al. (2022): MAML and ANIL recover the ground-truth subspace at an "
        "exponential rate, for a well-specified width and an initial alignment.",
        latex=r"k' = k",
        page="other_papers",
        quote="low-dimensional subspace at an exponential rate",
        exclusion=Exclusion("OUT_OF_SCOPE", "what Collins et al. (2022) prove"),
    ),
    Claim(
        id="sec-1-first-guarantee",
        title="The first learning guarantee under misspecification",
        location="Section 1",
        kind=Kind.REMARK,
        source=Source.STATED,
        statement="The result is the first of its kind, and shows benefits of model-agnostic "
        "meta-learning over multi-task learning.",
        latex=r"k' \gt k",
        page="other_papers",
        quote="of model-agnostic meta-learning over multi-task learning",
        exclusion=Exclusion("OUT_OF_SCOPE", "a claim of priority over the literature"),
    ),
)
