"""How each ambiguous place of the extracted text is read.

The extraction lost every Greek letter, sign and ligature, so that a formula is a reading until something decides it.
"""

from __future__ import annotations

from foanil.claims.record import Reading

WIDTHS = Reading(
    place="Section 2.2, the order of the widths",
    chosen=r"$k \le k' \le d$",
    rejected=(r"$k' \le k$", r"$k \lt k' \le d$"),
    decided_by=r"a $k \times k'$ matrix with $k' \lt k$ has no Gram matrix of rank $k$, and (8) needs one",
)
STEP_SIZES = Reading(
    place="which step size is the inner one",
    chosen=r"$\alpha$ in the inner step (2), $\beta$ in the outer step (3)",
    rejected=(
        r"$\alpha$ and $\beta$ swapped in (2) and (3), not in (5) and (6)",
        r"$\alpha$ and $\beta$ swapped everywhere",
    ),
    decided_by="the derivation of (5) and (6) from (2) and (3); swapped everywhere they only change their names, which "
    "are ours",
)
STEP_SIZE_ORDER = Reading(
    place='Theorem 1, "step sizes satisfy"',
    chosen=r"$\beta \le \alpha$",
    rejected=(r"$\alpha \le \beta$", r"$\beta \lt \alpha$"),
    decided_by=r"$\alpha \le \beta$ leaves $\beta$ unbounded, and the limit repels for $\alpha\beta c \gt 1$; "
    r"$\beta \lt \alpha$ is consistent, and a stronger hypothesis",
)
STEP_SIZE_BOUND = Reading(
    place="Theorem 1, the step size that is O(1 over a noise level)",
    chosen=r"$\alpha = O(1/\bar\sigma)$",
    rejected=(r"$\alpha = O(1/\sigma)$", r"$\beta = O(1/\bar\sigma)$"),
    decided_by=r"$\alpha\beta c$ can exceed 1 under the others, whatever the constant: then the limit repels",
)
CRUCIAL_CHOICE = Reading(
    place=r'Section 3, "the choice of ... is also crucial" for the decay of $\lVert B_t w_t \rVert$',
    chosen=r"$\alpha$",
    rejected=(r"$\beta$",),
    decided_by="nothing: the glyph leaves it undecided, and both step sizes enter the decay",
)
HEAD_BOUND = Reading(
    place=r"Theorem 1, the bound on $\lVert w_0 \rVert^2$",
    chosen=r"$O(\alpha \lambda_{\min}(\Sigma_\star))$",
    rejected=(r"$O(\beta \lambda_{\min}(\Sigma_\star))$",),
    decided_by=r"both have the right degree and both are true as $\beta \le \alpha$; $\alpha$ is the "
    "weaker hypothesis",
)
START_BOUND = Reading(
    place=r"Theorem 1, the factor in front of the minimum that bounds $\lVert B_0 \rVert^2$",
    chosen=r"$\alpha^{-1}$",
    rejected=(r"$\beta^{-1}$",),
    decided_by=r"starts that escape to infinity, for every constant, with $\beta$ far below $\alpha$",
)
START_MINIMUM = Reading(
    place=r"Theorem 1, the second term of the minimum that bounds $\lVert B_0 \rVert^2$",
    chosen=r"$m_{\mathrm{in}}/\bar\sigma^2$",
    rejected=(r"$m_{\mathrm{in}}/\sigma^2$",),
    decided_by=r"nothing: under both the first term of the minimum alone proves the theorem, and neither is "
    r"homogeneous; $\bar\sigma$ is the letter that the theorem defines for it",
)
LIMIT_NOISE = Reading(
    place=r"(8), the factor of $\Sigma_\star$ in the inverse",
    chosen=r"$(m_{\mathrm{in}}+1)/\bar\sigma^2$",
    rejected=(r"$(m_{\mathrm{in}}+1)/\sigma^2$",),
    decided_by="the stationarity equation of (6)",
)
LIMIT_SCALE = Reading(
    place=r"(8), the factor and the sign of $\Lambda_\star$",
    chosen=r"$\frac{1}{\alpha} \frac{m_{\mathrm{in}}}{m_{\mathrm{in}}+1} (I_k - (\cdot)^{-1})$",
    rejected=(
        r"$\frac{1}{\beta} \frac{m_{\mathrm{in}}}{m_{\mathrm{in}}+1} (I_k - (\cdot)^{-1})$",
        r"$\frac{1}{\alpha} \frac{m_{\mathrm{in}}}{m_{\mathrm{in}}+1} (I_k + (\cdot)^{-1})$",
    ),
    decided_by="the stationarity equation of (6)",
)
SHRINKAGE_NOISE = Reading(
    place='Section 3, "order of the inverse eigenvalues of"',
    chosen=r"$\bar\sigma^{-2}\Sigma_\star$",
    rejected=(r"$\sigma^{-2}\Sigma_\star$",),
    decided_by="the same stationarity equation",
)
COMPLEMENT_RATE = Reading(
    place="Appendix A, the denominator of the rate",
    chosen=r"$\alpha^2\beta\bar\sigma^2 t$",
    rejected=(r"$\alpha^2\beta\sigma^2 t$", r"$\alpha\beta^2\bar\sigma^2 t$"),
    decided_by="sharpness only: the rejected ones are larger bounds and hold as well",
)
BIAS_NOISE = Reading(
    place="Proposition 1, the numerator of the first fraction",
    chosen=r"$1 + \bar\sigma^2/\lambda_{\min}(\Sigma_\star)$",
    rejected=(r"$1 + \sigma^2/\lambda_{\min}(\Sigma_\star)$",),
    decided_by=r"the bias is $(1+\kappa)/(m_{\mathrm{in}}+1+\kappa)$ times $\lVert w_\star \rVert$, "
    r"$\kappa = \bar\sigma^2/c$: with $\sigma = 0$ and $k$ large no universal constant makes the "
    "rejected one true",
)
TEST_NOISE = Reading(
    place="Proposition 1, the factor of the last square root",
    chosen=r"$\sigma$",
    rejected=(r"$\bar\sigma$",),
    decided_by="the noise term of (11); the rejected one is larger and true as well",
)
SECOND_MOMENT_NOISE = Reading(
    place="(7), the noise added to the trace",
    chosen=r"$\mathrm{Tr}(\Sigma_\star) + \sigma^2$",
    rejected=(r"$\mathrm{Tr}(\Sigma_\star) + \bar\sigma^2$",),
    decided_by="the derivation of (7)",
)
SECOND_MOMENT_STEP = Reading(
    place="(7), the step size squared in the second line",
    chosen=r"$\alpha^2/m_{\mathrm{in}}$",
    rejected=(r"$\beta^2/m_{\mathrm{in}}$",),
    decided_by="the derivation of (7)",
)
INNER_SAMPLE = Reading(
    place="(1), the number of rows of the inner sample",
    chosen=r"$m_{\mathrm{in}}$ rows",
    rejected=(r"all $m$ rows, as printed",),
    decided_by=r"the minimiser: Theorem 1's limit minimises (1) with $m_{\mathrm{in}}$ rows",
)
ORTHONORMAL_COLUMNS = Reading(
    place=r'Section 2.1, "orthogonal matrix" for the $d \times k$ matrix $B_\star$',
    chosen=r"orthonormal columns, $B_\star^\top B_\star = I_k$",
    rejected=(r"orthogonal columns of any length",),
    decided_by=r"(7): the trace of the task term, $B_\star\Sigma_\star B_\star^\top$, is "
    r"$\mathrm{Tr}(\Sigma_\star)$ only then",
)
INDEPENDENT_DATA = Reading(
    place="Assumption 1, the joint law of features, noise and task parameters",
    chosen=r"$X_i$, $z_i$ and $w_{\star,i}$ independent",
    rejected=("dependent, with the printed marginal laws",),
    decided_by="(7): it fails for a dependent instance with the same marginals",
)
MATRIX_NORM = Reading(
    place="Theorem 1, matrix norms with index 2",
    chosen="spectral norm",
    rejected=("Frobenius norm",),
    decided_by="the spectral norm is the smaller, so that the conditions are the weaker hypothesis",
)
MONOTONIC_DECAY = Reading(
    place='Section 3, "monotonic decay"',
    chosen=r"from $t = 0$ on",
    rejected=("from some time on (a claim of its own)",),
    decided_by="the printed words name no later time: false as read; true from some time on, a claim of its own",
)
TEST_STEP = Reading(
    place="(11), the step size at test time",
    chosen=r"$\alpha$",
    rejected=(r"$\beta$",),
    decided_by=r"unbiased without shrinkage, as the text says: only a step of $\alpha$ undoes the $\alpha^{-1}$ of "
    r"$\Lambda_\star$",
)
REGRESSION_NOISE = Reading(
    place="Section 3.1, the error of regression in the feature space",
    chosen=r"$\sigma\sqrt{d/m_{\mathrm{test}}}$",
    rejected=(r"$\bar\sigma\sqrt{d/m_{\mathrm{test}}}$",),
    decided_by=r"the exact risk of least squares is proportional to $\sigma^2$",
)
TEST_ROWS = Reading(
    place="Proposition 1, the number of test rows",
    chosen=r"$m_{\mathrm{test}} \ge k$",
    rejected=(r"$m_{\mathrm{test}} \gt k$", r"$m_{\mathrm{test}} \le k$"),
    decided_by="the proof needs at least $k$ rows; that fewer do not suffice is not shown here",
)
NORM_CAP = Reading(
    place=r"Appendix A, the bound on $\lVert B_t \rVert^2$ for any $t$",
    chosen=r"$\alpha^{-1}$",
    rejected=(r"$\beta^{-1}$",),
    decided_by=r"nothing: $\beta^{-1}$ is larger and true as well",
)
RESIDUAL_SCALE = Reading(
    place='Appendix A, "other problem parameters such as"',
    chosen=r"$k$ and $\sigma$",
    rejected=(r"$k$ and $\bar\sigma$", r"$k$ and $\alpha$"),
    decided_by="nothing: the residual of finitely many tasks is not known in closed form",
)
INFINITE_SAMPLES_TASKS = Reading(
    place='Section 5, "infinite samples"',
    chosen=r"$N = \infty$ as well",
    rejected=(r"$N = 5000$ tasks",),
    decided_by="the cells of Table 1",
)
MAML_TEST_STEP = Reading(
    place="Table 1, 1-GD for FO-MAML",
    chosen="the step moves the head only",
    rejected=("the step moves the whole network",),
    decided_by="the cells of Table 1",
)
HALF_RISK = Reading(
    place="Table 1, excess risk",
    chosen=r"half of $\lVert \hat B w_{\mathrm{test}} - B_\star w_\star \rVert^2$, as the loss has a "
    "factor one half",
    rejected=(r"$\lVert \hat B w_{\mathrm{test}} - B_\star w_\star \rVert^2$, as Section 3.1 says",),
    decided_by="the cells of Table 1",
)
LIMIT_MATRIX = Reading(
    place=r"Section 3, $B_\infty$",
    chosen=r"every limit point of the bounded sequence $B_t$",
    rejected=(r"the limit of $B_t$ (a claim of its own)",),
    decided_by=r"(8) gives limits of products only, and every limit point inherits them",
)
RANK_DEFICIENT = Reading(
    place='Section 3, "rank-deficient"',
    chosen=r"rank below $k'$, the largest that a $d \times k'$ matrix can have",
    rejected=(r"rank below $d$ (empty when $k' \lt d$)",),
    decided_by=r"the words that follow: the whole complement, of dimension $d - k$, is ignored",
)
