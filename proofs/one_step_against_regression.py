"""One step of the learned solution against least squares: in the hidden dimension (the oracle) and in all d.

At a limit point of Theorem 1 with Σ⋆ = cI, αΛ⋆ = x⋆I with x⋆ = m_in/(m_in + 1 + κ), κ = σ̄²/c = k + σ²/c. The mean
squared errors of all three estimates are explicit; every comparison below is decided over whole parameter domains.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from sympy.polys.fields import FracElement

from foanil.decisions import Relation, Sign, at_least, more_than
from foanil.evidence import Check
from foanil.inequalities import Abstraction, Theory
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs import least_squares_risk
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check
from proofs.prop_1_decomposition import expected_risk

ADAPTS = ("abstract-single-step-adaptation",)
ORACLE = ("sec-1-comparable-to-oracle",)
FASTER = ("sec-31-fast-adaptation-guarantee", "sec-31-one-step-beats-regression")
LAST_TERM = ("prop-1-last-term",)
EVERY_TASK = "every limit point at Σ⋆ = cI; every k, m_in, m_test, σ², κ ≥ k and task"
AVERAGE = "every limit point at Σ⋆ = cI; every k, c > 0, σ² > 0 and m_in = m_test = m; mean over tasks"


@functools.cache
def comparison_alphabet() -> Alphabet:
    """Return the alphabet of the risks: m = m_test, n = m_in, r = ‖w⋆‖², x = x⋆, and Y = αΛ⋆ for any Σ⋆."""
    letters = (
        Letter("w_star", ("k", "1"), latex=r"w_\star"),
        Letter("Y", ("k", "k"), symmetric=True),
    )
    scalars = ("m", "n", "d", "k", "kappa", "sigma_sq", "r", "c", "x", "y", "ell", "alpha", "lam")
    latex = {"sigma_sq": r"\sigma^2", "kappa": r"\kappa", "alpha": r"\alpha", "ell": r"\ell"}
    bare = alphabet(scalars, letters, latex)
    w_star = bare.letter("w_star")
    return bare.with_trace(w_star @ w_star.T, bare.scalar("r"))


def number(name: str) -> FracElement:
    """Return a scalar of the comparison as a coefficient."""
    return comparison_alphabet().scalar(name).coefficient()


def one_step_element(gram: Element) -> Element:
    """Return the expected squared error of one step at αΛ⋆ = `gram`, from first principles."""
    words = comparison_alphabet()
    scalars = {"m_test": words.scalar("m")}
    return expected_risk().transport(words, {"Lambda": gram / words.scalar("alpha")}, scalars)


def one_step() -> FracElement:
    """Return the expected squared error of one step at αΛ⋆ = xI."""
    words = comparison_alphabet()
    return one_step_element(words.scalar("x") * words.eye("k")).coefficient()


def at(function: FracElement, **values: FracElement) -> FracElement:
    """Return a function of scalars with some of them replaced."""
    words = comparison_alphabet()
    scalars = {name: words.constant(value) for name, value in values.items()}
    return words.constant(function).transport(words, {}, scalars).coefficient()


def tall_regression(dimension: str = "d") -> FracElement:
    """Return the exact risk of least squares with more than dimension + 1 rows; the oracle's dimension is "k"."""
    words = comparison_alphabet()
    known = least_squares_risk.resolvent_alphabet().constant(least_squares_risk.tall_mean_risk())
    return known.transport(words, {}, {"d": words.scalar(dimension)}).coefficient()


def wide_regression() -> FracElement:
    """Return the exact risk of minimum-norm least squares with fewer than d − 1 rows."""
    known = least_squares_risk.wide_alphabet().constant(least_squares_risk.wide_mean_risk())
    return known.transport(comparison_alphabet(), {}, {}).coefficient()


def shrinkage() -> FracElement:
    """Return x⋆ = m_in/(m_in + 1 + κ)."""
    n, kappa = number("n"), number("kappa")
    return n / (n + 1 + kappa)


def averaged(function: FracElement) -> FracElement:
    """Return the mean over tasks, E‖w⋆‖² = kc, with σ² = c(κ − k), at m_in = m_test = m."""
    k, c, kappa = number("k"), number("c"), number("kappa")
    return at(at(function, x=shrinkage()), r=k * c, sigma_sq=c * (kappa - k), n=number("m"))


def theory(about: str, *given: Relation) -> Theory:
    """Return the theory of the named scalars: m, m_in, k ≥ 1, κ ≥ k, d > k, σ² ≥ 0, ‖w⋆‖² ≥ 0, c > 0, 0 ≤ x ≤ 1.

    Only the scalars of the goal are spoken of: the solvers need no others.
    """
    one, x, k = comparison_alphabet().field.one, number("x"), number("k")
    known: dict[str, tuple[Relation, ...]] = {name: (at_least(number(name), one),) for name in ("m", "n", "k")}
    known |= {"d": (at_least(number("d"), k + 1),), "kappa": (at_least(number("kappa"), k),)}
    known |= {"sigma_sq": (at_least(number("sigma_sq")),), "r": (at_least(number("r")),)}
    known |= {"c": (more_than(number("c")),), "x": (at_least(x), at_least(one, x))}
    base = tuple(relation for name in about.split() for relation in known[name])
    return Theory(comparison_alphabet(), (*base, *given), {})


# What one step reaches -----------------------------------------------------------------------------


def one_step_gap(own: int = 1, trace: int = 1) -> Element:
    """Return the expected squared error at αΛ⋆ = xI minus (1 − x)²r + x²((k + 1)r + kσ²)/m: zero."""
    words = comparison_alphabet()
    x, k, r, m, v = (words.scalar(name) for name in ("x", "k", "r", "m", "sigma_sq"))
    stated = (1 - x) ** 2 * r + x**2 * ((trace * k + own) * r + k * v) / m
    return one_step_element(x * words.eye("k")) - stated


def at_the_limit(about: str, top: FracElement, says: str) -> Proved:
    """Derive that one step's risk is at most `top`, a function of x, at x = x⋆, since it is for every x in [0, 1]."""
    every = Abstraction({"x": shrinkage()}, theory(f"{about} x").assumptions)
    return theory(f"{about} n kappa").decide(at_least(top, one_step()), says, every)


def small_risk(spread: int = 1, bias: int = 1) -> list[Proved]:
    """Derive the bound on one step's risk, ((1 + κ)/(m_in + 1 + κ))²‖w⋆‖² + ((k + 1)‖w⋆‖² + kσ²)/m_test."""
    k, r, v, m, n, kappa, x = (number(name) for name in ("k", "r", "sigma_sq", "m", "n", "kappa", "x"))
    top = bias * (1 - x) ** 2 * r + ((k + spread) * r + k * v) / m
    fraction = Relation(1 - shrinkage() - (1 + kappa) / (n + 1 + kappa), Sign.ZERO)
    return [
        theory("n kappa").decide(fraction, "1 − x⋆ = (1 + κ)/(m_in + 1 + κ)"),
        at_the_limit("m k r sigma_sq", top, "one step's risk: the bias squared and a variance of order k/m_test"),
    ]


def bias_stays(least: int = 1) -> list[Proved]:
    """Derive that the bias stays whatever m_test, and is at least ‖w⋆‖²/4 when m_in ≤ 1 + κ."""
    r, n, kappa = (number(name) for name in ("r", "n", "kappa"))
    risk, x = at(one_step(), x=shrinkage()), shrinkage()
    T = theory("m n k kappa r sigma_sq", at_least(least * (1 + kappa), n))
    return [
        T.decide(at_least(risk, (1 - x) ** 2 * r), "the bias remains for every m_test"),
        T.decide(at_least((1 - x) ** 2 * r, r / 4), "m_in ≤ 1 + κ: it is at least a quarter of ‖w⋆‖²"),
    ]


def average_risk(best: int = 1) -> list[Proved]:
    """Derive that the mean over tasks at m_in = m_test = m is kc(1 + κ)/(m + 1 + κ), the least over all x."""
    m, k, c, kappa = (number(name) for name in ("m", "k", "c", "kappa"))
    value = k * c * (best + kappa) / (m + 1 + kappa)
    free = at(one_step(), r=k * c, sigma_sq=c * (kappa - k))
    T = theory("m k kappa c")
    return [
        T.decide(Relation(averaged(one_step()) - value, Sign.ZERO), "the mean risk is kc(1 + κ)/(m + 1 + κ)"),
        T.decide(at_least(free, value), "no other multiple xI for αΛ⋆ does better"),
    ]


# Against the oracle --------------------------------------------------------------------------------


def oracle_order(spread: int = 2) -> list[Proved]:
    """Derive that one step's risk is at most bias² + 2(‖w⋆‖² + σ²)k/m_test."""
    k, r, v, m, x = (number(name) for name in ("k", "r", "sigma_sq", "m", "x"))
    top = (1 - x) ** 2 * r + spread * (r + v) * k / m
    return [at_the_limit("m k r sigma_sq", top, "one step's risk has the oracle's order in k/m_test, beside the bias")]


def oracle_ratio(extra: int = 1, strict: bool = True) -> list[Proved]:
    """Derive, in the mean over tasks, one step ≤ (1 + (k + 1)c/σ²)·oracle, and when it is the better one."""
    m, k, c, kappa = (number(name) for name in ("m", "k", "c", "kappa"))
    step, oracle = averaged(one_step()), averaged(tall_regression("k"))
    given = (more_than(m, k + 1), more_than(kappa, k))
    ratio = 1 + extra * (k + 1) * c / (c * (kappa - k))
    level, square = (k + 1) * m, (1 + kappa) ** 2
    above, below = (
        (more_than(square, level), at_least(level, square)) if strict else (more_than(level), at_least(level))
    )
    return [
        theory("m k kappa c", *given).decide(
            at_least(ratio * oracle, step), "within the factor 1 + (k + 1)c/σ² of the oracle"
        ),
        theory("m k kappa c", *given, above).decide(more_than(oracle, step), "(1 + κ)² > (k + 1)m: one step is better"),
        theory("m k kappa c", *given, below).decide(
            at_least(step, oracle), "(1 + κ)² ≤ (k + 1)m: the oracle is at least as good"
        ),
    ]


def oracle_leads(bias: bool = True, share: int = 1, own: int = 1) -> list[Proved]:
    """Derive that no constant y makes one step's risk at most y·oracle: σ → 0, or m_test → ∞ with m_in fixed."""
    k, r, v, m, y, x = (number(name) for name in ("k", "r", "sigma_sq", "m", "y", "x"))
    level = share * (1 - x) ** 2 * r * (m - k - own)
    small = (more_than(level, y * k * v),) if bias else ()
    T = theory("m k r sigma_sq x", more_than(y), more_than(m, k + 1), *small)
    says = "yσ²k < (1 − x)²‖w⋆‖²(m_test − k − 1): one step's risk is more than y times the oracle's"
    return [T.decide(more_than(one_step(), y * tall_regression("k")), says)]


# The noise term ------------------------------------------------------------------------------------


def noise_term(floor: int = 1, rows: int = 2, unit: bool = True) -> list[Proved]:
    """Derive ℓ²/2·oracle ≤ σ²Tr((αΛ⋆)²)/m_test ≤ oracle from ℓI ⪯ αΛ⋆ ⪯ I; the lower one for m_test ≥ 2(k + 1)."""
    words = comparison_alphabet()
    Y, identity, one = words.letter("Y"), words.eye("k"), words.eye("1")
    ell, m, k, v = (number(name) for name in ("ell", "m", "k", "sigma_sq"))
    low = {"ℓI ⪯ Y": Y - words.constant(ell) * identity, "Y ⪯ I": (1 if unit else 2) * identity - Y}
    sizes = (more_than(m, k + 1), at_least(m, rows * (k + 1)), at_least(ell), at_least(k, words.field.one))
    T = Theory(words, (*sizes, at_least(v)), low)
    bounds = T.hypothesis("ℓI ⪯ Y"), T.hypothesis("Y ⪯ I")
    above = T.trace(T.spectral(Y, *bounds, [1, 0, -1], "Y² ⪯ I"))
    below = T.trace(T.spectral(Y, *bounds, [-floor * ell**2, 0, 1], "ℓ²I ⪯ Y²"))
    noise, oracle = v * words.trace(Y @ Y) / m, tall_regression("k")
    room = T.scale(T.square(one), oracle - k * v / m)
    spare = T.scale(T.square(one), k * v * ell**2 / m - ell**2 * oracle / 2)
    upper = T.restate(T.sum(T.scale(above, v / m), room), words.constant(oracle) - noise, "at most the oracle's risk")
    least = words.constant(ell**2 * oracle / 2)
    lower = T.restate(T.sum(T.scale(below, v / m), spare), noise - least, "at least ℓ²/2 of the oracle's risk")
    return [upper, lower]


# Against regression in all d -----------------------------------------------------------------------


def beats_tall(share: int = 1) -> list[Proved]:
    """Derive that one step is better with m_test > d + 1 when ((1 − x)²m_test + k + 1)‖w⋆‖² ≤ (d − k)σ²."""
    m, d, k, r, v, x = (number(name) for name in ("m", "d", "k", "r", "sigma_sq", "x"))
    size = (1 - x) ** 2 * m + k + 1
    level = (size * r + k * v) / m
    enough = theory("m d k r sigma_sq x", at_least((d - k) * v, share * size * r))
    return [
        theory("m k r sigma_sq x").decide(at_least(level, one_step()), "x ≤ 1 in the variance"),
        enough.decide(at_least(d * v / m, level), "((1 − x)²m_test + k + 1)‖w⋆‖² ≤ (d − k)σ²: at most σ²d/m_test"),
        theory("d k", more_than(m, d + 1), more_than(v)).decide(
            more_than(tall_regression(), d * v / m), "regression in d has more than σ²d/m_test"
        ),
    ]


def beats_tall_in_the_mean(extra: int = 1) -> list[Proved]:
    """Derive that in the mean over tasks one step is better with m_in = m_test > d + 1 if k(k + 1)c ≤ (d − k)σ²."""
    m, d, k, c, kappa = (number(name) for name in ("m", "d", "k", "c", "kappa"))
    level = k * c * (1 + kappa) / m
    v = c * (kappa - k)
    enough = theory("m d k kappa c", at_least((d - k) * (kappa - k), extra * k * (k + 1)))
    return [
        theory("m k kappa c").decide(more_than(level, averaged(one_step())), "the mean risk of one step"),
        enough.decide(at_least(d * v / m, level), "k(k + 1)c ≤ (d − k)σ²: at most σ²d/m_test"),
        theory("d k c", more_than(m, d + 1), more_than(kappa, k)).decide(
            more_than(averaged(tall_regression()), d * v / m), "regression in d has more than σ²d/m_test"
        ),
    ]


def beats_wide(room: int = 1, weak: bool = False) -> list[Proved]:
    """Derive that one step is better below d rows when m_in = m_test = m and m + 1 + κ ≤ d: every ‖w⋆‖² ≥ kc."""
    m, d, k, r, c, kappa = (number(name) for name in ("m", "d", "k", "r", "c", "kappa"))
    risk = at(at(one_step(), x=shrinkage()), sigma_sq=c * (kappa - k), n=m)
    regression = at(wide_regression(), sigma_sq=c * (kappa - k))
    level = (1 + kappa) / (m + 1 + kappa)
    few = theory("m k d kappa", at_least(d, m + room + kappa))
    noisy = theory("m k r c", more_than(d, m + 1), more_than(kappa, k))
    return [
        few.decide(at_least(1 - m / d, level), "m + 1 + κ ≤ d: 1 − x⋆ ≤ 1 − m/d"),
        noisy.decide(more_than(regression, (1 - m / d) * r), "regression misses more than (1 − m/d)‖w⋆‖²"),
        theory("m k kappa c", at_least(r, 0 if weak else k * c)).decide(
            at_least(level * r, risk), "‖w⋆‖² ≥ kc: one step's risk is at most (1 − x⋆)‖w⋆‖²"
        ),
    ]


def regression_leads(bias: bool = True, share: int = 1, own: int = 1) -> list[Proved]:
    """Derive that regression in d is better once m_test is large for the m_in of the training."""
    d, r, v, m, x = (number(name) for name in ("d", "r", "sigma_sq", "m", "x"))
    level = (1 - x) ** 2 * r
    given = (more_than(share * (m - d - own) * level, d * v),) if bias else ()
    regression = theory("d k r sigma_sq x", more_than(m, d + 1), *given)
    return [
        theory("m k r sigma_sq x").decide(at_least(one_step(), level), "one step's bias"),
        regression.decide(
            more_than(level, tall_regression()), "(m_test − d − 1)(1 − x)²‖w⋆‖² > σ²d: more than regression in d"
        ),
    ]


CHECKS: tuple[Check, ...] = (
    zero_check(
        "the risk of one step at a limit point",
        (*ADAPTS, *ORACLE, *FASTER),
        EVERY_TASK,
        one_step_gap,
        {
            "k for k + 1": lambda: one_step_gap(own=0),
            "without k": lambda: one_step_gap(trace=0),
            "k + 2": lambda: one_step_gap(own=2),
        },
    ),
    proof_check(
        "one step's risk is small, beside its bias",
        ADAPTS,
        EVERY_TASK,
        lambda: [*small_risk(), *bias_stays()],
        {
            "k for k + 1": lambda: small_risk(spread=0),
            "without the bias": lambda: small_risk(bias=0),
            "a quarter at m_in = 2(1 + κ)": lambda: bias_stays(least=2),
        },
    ),
    proof_check(
        "the mean risk of one step",
        ADAPTS,
        AVERAGE,
        average_risk,
        {
            "κ for 1 + κ": lambda: average_risk(best=0),
            "2 + κ": lambda: average_risk(best=2),
            "−κ": lambda: average_risk(best=-1),
        },
    ),
    proof_check(
        "one step has the oracle's order",
        ORACLE,
        EVERY_TASK,
        oracle_order,
        {
            "1 for 2": lambda: oracle_order(spread=1),
            "without the variance": lambda: oracle_order(spread=0),
            "minus the variance": lambda: oracle_order(spread=-1),
        },
    ),
    proof_check(
        "one step against the oracle in the mean",
        ORACLE,
        AVERAGE + " > k + 1",
        oracle_ratio,
        {
            "within the factor 1": lambda: oracle_ratio(extra=0),
            "one step always better": lambda: oracle_ratio(strict=False),
            "below the oracle": lambda: oracle_ratio(extra=-1),
        },
    ),
    proof_check(
        "no constant between one step and the oracle",
        ORACLE,
        "every constant y, x in [0, 1], m_test > k + 1 with yσ²k < (1 − x)²‖w⋆‖²(m_test − k − 1)",
        oracle_leads,
        {
            "any σ and m_test": lambda: oracle_leads(bias=False),
            "twice σ²": lambda: oracle_leads(share=2),
            "m_test − k for m_test − k − 1": lambda: oracle_leads(own=0),
        },
    ),
    proof_check(
        "the noise term and the oracle's risk",
        LAST_TERM,
        "every Σ⋆ ≻ 0, k ≥ 1, σ² and m_test ≥ 2(k + 1), ℓ = λ_min(αΛ⋆)",
        noise_term,
        {
            "2ℓ² for ℓ²": lambda: noise_term(floor=2),
            "m_test ≥ k + 1": lambda: noise_term(rows=1),
            "αΛ⋆ ⪯ 2I": lambda: noise_term(unit=False),
        },
    ),
    proof_check(
        "one step beats regression in d above d + 1 rows",
        FASTER,
        EVERY_TASK + " with ((1 − x⋆)²m_test + k + 1)‖w⋆‖² ≤ (d − k)σ²; mean over tasks: k(k + 1)c ≤ (d − k)σ²",
        lambda: [*beats_tall(), *beats_tall_in_the_mean()],
        {
            "every task": lambda: beats_tall(share=0),
            "every c": lambda: beats_tall_in_the_mean(extra=0),
            "a larger step risk": lambda: beats_tall(share=-1),
        },
    ),
    proof_check(
        "one step beats regression in d below d − 1 rows",
        FASTER,
        "every limit point at Σ⋆ = cI; m_in = m_test = m, m + 1 + κ ≤ d, ‖w⋆‖² ≥ kc, and in the mean over tasks",
        beats_wide,
        {
            "m + κ ≤ d": lambda: beats_wide(room=0),
            "m + κ ≤ d + 1": lambda: beats_wide(room=-1),
            "weak tasks": lambda: beats_wide(weak=True),
        },
    ),
    proof_check(
        "regression in d beats one step with many rows",
        FASTER,
        "every x in [0, 1], m_test > d + 1 with (m_test − d − 1)(1 − x)²‖w⋆‖² > σ²d",
        regression_leads,
        {
            "any m_test": lambda: regression_leads(bias=False),
            "twice σ²": lambda: regression_leads(share=2),
            "m_test − d for m_test − d − 1": lambda: regression_leads(own=0),
        },
    ),
)


def derivation() -> Derivation:
    """Return the derivation of the comparisons of one step with least squares in dimensions k and d."""
    claims = (*ADAPTS, *ORACLE, *FASTER, *LAST_TERM)
    premises = (
        r"a limit point at $\Sigma_\star = cI$: $\alpha\Lambda_\star = x I$, $x = n/(n + 1 + \kappa)$",
        r"$\kappa = \bar\sigma^2/c = k + \sigma^2/c$; $m = m_{\mathrm{test}}$, $n = m_{\mathrm{in}}$",
        r"$r = \lVert w_\star\rVert^2$",
        r"means over tasks: $\mathbb{E}\lVert w_\star\rVert^2 = kc$ and $n = m$",
        r"least squares in dimension $d$: the exact risk; the oracle: $d = k$, since $XB_\star$ is standard Gaussian",
        r"for the noise term $Y = \alpha\Lambda_\star$, any $\Sigma_\star$, $\ell = \lambda_{\min}(Y)$",
    )
    words = comparison_alphabet()
    start = (
        Derivation("One step against least squares", claims, premises)
        .then("Isserlis", "The risk of one step.", r"\rho_1", one_step_element(words.scalar("x") * words.eye("k")))
        .then("exact risk", "The oracle's risk, m > k + 1.", r"\rho_k", words.constant(tall_regression("k")))
        .then("exact risk", "Regression in d, m > d + 1.", r"\rho_d", words.constant(tall_regression()))
        .then("exact risk", "Regression in d, m < d − 1.", r"\rho_d", words.constant(wide_regression()))
        .then("means over tasks", "One step in the mean.", r"\bar\rho_1", words.constant(averaged(one_step())))
    )
    parts: tuple[Callable[[], list[Proved]], ...] = (
        *(small_risk, bias_stays, average_risk, oracle_order, oracle_ratio, oracle_leads, noise_term),
        *(beats_tall, beats_tall_in_the_mean, beats_wide, regression_leads),
    )
    return start.extended(proof("", claims, (), *(proved for part in parts for proved in part())))


DERIVATIONS = (derivation,)
