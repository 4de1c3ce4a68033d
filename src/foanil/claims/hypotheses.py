r"""The hypotheses that the records share, each written once.

Inline maths avoids what Markdown would eat before MathJax sees it: a backslash before punctuation, `*`, `<`, `|`.
"""

from __future__ import annotations

WIDTHS = r"$1 \le k \le k' \le d$ and $k \lt d$"
ORTHONORMAL = r"$B_\star$ has orthonormal columns"
RANDOM_DESIGN = (
    r"rows of $X_i$ i.i.d. $N(0, I_d)$; coordinates of $z_i$ i.i.d., centred, of variance $\sigma^2$; "
    r"$w_{\star,i}$ i.i.d., centred, of covariance $\Sigma_\star$"
)
INDEPENDENCE = r"$X_i$, $z_i$ and $w_{\star,i}$ independent of each other (never printed)"
ISOTROPIC = r"$\Sigma_\star = c I_k$ with $c \gt 0$"
ANY_COVARIANCE = r"any $\Sigma_\star \succeq 0$, singular ones included"
POSITIVE_COVARIANCE = r"any $\Sigma_\star \succ 0$"
SPLIT = (
    r"$m_{\mathrm{in}} + m_{\mathrm{out}} = m$ with $m_{\mathrm{in}} \ge 1$ and $m_{\mathrm{out}} \ge "
    "1$; inner and outer rows disjoint"
)
INFINITE_TASKS = r"$N = \infty$: the outer step takes the expectation over tasks"
INFINITE_SAMPLES = r"$m_{\mathrm{in}} = \infty$ and $N = \infty$"
ZERO_HEAD_OUTPUT = r"$B_0 w_0 = 0$"

MORE_ROWS_THAN_K = r"$m \gt k$ rows per task"

MODEL = (WIDTHS, ORTHONORMAL, RANDOM_DESIGN, INDEPENDENCE)
"""Assumption 1 without its last part: any task covariance."""

ITERATION = (*MODEL, SPLIT, INFINITE_TASKS)
"""What equations (5)-(7) need: they hold for every covariance."""

FULL_RANK_START = r"$\mathrm{rank}(B_\star^\top B_0) = k$"
PRINTED_START = r"$\lVert B_0 \rVert^2 \le C_1 \alpha^{-1} \min(1/m_{\mathrm{in}}, m_{\mathrm{in}}/\bar\sigma^2)$"
PRINTED_HEAD = r"$\lVert w_0 \rVert^2 \le C_2 \alpha \lambda_{\min}(\Sigma_\star)$"
PRINTED_STEPS = r"$0 \lt \beta \le \alpha \le C_3/\bar\sigma$"
UNIVERSAL = r"$C_1, C_2, C_3 \gt 0$ universal constants: the claim is that some exist"

PRINTED_CONDITIONS = (FULL_RANK_START, PRINTED_START, PRINTED_HEAD, PRINTED_STEPS, UNIVERSAL)

THEOREM_1 = (*ITERATION, ISOTROPIC, *PRINTED_CONDITIONS)
"""Theorem 1 as printed, its hidden constants quantified."""

EXPLICIT_STEPS = r"$0 \lt \beta \le \alpha \le 1/(2\bar\sigma)$"
EXPLICIT_START = r"$\alpha \lVert B_0 \rVert^2 \le 1/(4 m_{\mathrm{in}})$"
EXPLICIT_HEAD = r"$\lVert w_0 \rVert^2 \le \alpha c$"
ANISOTROPIC_HEAD = r"$\lVert w_0 \rVert^2 \le \alpha \lambda_{\min}(\Sigma_\star)$"

THEOREM_1_EXPLICIT = (*ITERATION, ISOTROPIC, FULL_RANK_START, EXPLICIT_START, EXPLICIT_HEAD, EXPLICIT_STEPS)
"""Theorem 1 with constants in place of O(.)."""

FLOW = (
    *MODEL,
    r"small steps: $\beta \to 0$ in the time $\tau = \alpha\beta t$",
    ZERO_HEAD_OUTPUT,
    r"units with $\alpha = 1$",
)
"""The gradient flow without a head."""

TEST_TASK = (
    WIDTHS,
    r"$(\hat B, \hat w)$ satisfies (9)",
    (
        r"rows of the test $X$ i.i.d. $N(0, I_d)$; $z$ i.i.d., centred, of variance $\sigma^2$, independent of "
        "$X$"
    ),
)
"""The setting of Section 3.1."""

SECTION_5 = (
    (
        r"$N = 5000$, $d = k' = 50$, $m = 30$, $k = 5$, $\sigma^2 = 4$, "
        r"$\Sigma_\star$ proportional to $\mathrm{diag}(1, \ldots, 5)$"
    ),
    "step sizes, sample split, initial scale and number of steps are not in the available text",
)
"""The setting of Section 5, with what the text leaves out."""

START_AT_INFINITY = (
    r"$\alpha \lVert B_0 \rVert^2 \le \delta \lt 1$ (the printed bound is empty at $m_{\mathrm{in}} = \infty$)"
)
HEAD_AT_INFINITY = (
    r"$\lVert w_0 \rVert^2 \le \frac{1}{2} \alpha c e^{-7\nu/(\alpha c (1 - \delta))}$, $\nu = "
    r"\mathrm{Tr}(B_0^\top B_{\star,\perp} B_{\star,\perp}^\top B_0)$"
)
