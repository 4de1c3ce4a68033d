"""Section 2.2: without the sample split, the exact step for infinitely many tasks, and why low rank does not last.

Both loops use all m rows, so that three Gram factors XᵀX meet in one expectation. Without a head the step is
B₊ = (I + αβ Γ(BBᵀ))B with Γ(H) = K − α[(1 + 1/m)HK + (Tr(HK)/m)I + ((m+1)/m²)Tr(H)Θ + ((m+3)/m²)ΘH],
K = (1 + 1/m)Θ + (σ̄²/m)I and Θ = B⋆Σ⋆B⋆ᵀ.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable

from sympy.polys.fields import FracElement

from foanil.decisions import Relation, at_least, more_than
from foanil.evidence import Check
from foanil.first_principles import Parameters, Sample, first_order_direction, task_sample
from foanil.gaussian_moments import Centred, Gaussian, expectation
from foanil.inequalities import Abstraction, Decided, Theory
from foanil.paper_alphabet import paper_alphabet
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.derivation import EVERY_SIZE, Derivation, proof, proof_check, zero_check
from proofs.expectations import mean_outer_direction, task_law, theta

CLAIM = ("sec-2-no-split",)
PREMISES = (
    "rows of $X$ i.i.d. standard Gaussian; $X$, $z$ and $w_\\star$ independent",
    "$z$ centred with covariance $\\sigma^2 I$, $w_\\star$ centred with covariance $\\Sigma_\\star$",
    "inner and outer loop use the same $m$ rows",
    "$B_\\star^{\\top}B_\\star = I_k$, $N = \\infty$",
)

# The step ------------------------------------------------------------------------------------------


def all_rows(words: Alphabet) -> Sample:
    """Return the sample of all m rows of a task."""
    return task_sample(
        words.letter("X"), words.scalar("m"), words.letter("B_star"), words.letter("w_star"), words.letter("z")
    )


def direction() -> Parameters:
    """Return one task's first-order direction when the outer loop uses the inner loop's rows."""
    words = paper_alphabet()
    rows = all_rows(words)
    return first_order_direction(theta(words), rows, rows, words.scalar("alpha"))


@functools.cache
def mean_direction() -> Parameters:
    """Return its mean over tasks, both blocks: three Gram factors of one Gaussian matrix."""
    words = paper_alphabet()
    laws = (Gaussian("X"), Centred("z", words.scalar("sigma_sq") * words.eye("m")), task_law(words))
    found = direction()
    return Parameters(expectation(found.B, *laws), expectation(found.w, *laws))


def headless(element: Element) -> Element:
    """Return an element at w = 0."""
    return element.substitute({"w": paper_alphabet().zeros("k_prime", "1")})


def next_representation() -> Element:
    """Return B₊ at w = 0. Shape (d, k′)."""
    words = paper_alphabet()
    return words.letter("B") - words.scalar("beta") * headless(mean_direction().B)


def growth(words: Alphabet, H: Element, Theta: Element, sigma_bar_sq: Element, thirds: int = 3) -> Element:
    """Return Γ(H), the matrix by which B grows: B₊ = (I + αβΓ(BBᵀ))B at w = 0. Shape (d, d), degree 2.

    Not symmetric unless H and Θ commute. `thirds` is the 3 of its last coefficient, for mutants.
    """
    m, alpha, identity = words.scalar("m"), words.scalar("alpha"), words.eye("d")
    K = (1 + 1 / m) * Theta + sigma_bar_sq / m * identity
    spread = (1 + 1 / m) * (H @ K) + words.trace(H @ K) / m * identity
    skew = (m + 1) / m**2 * words.trace(H) * Theta + (m + thirds) / m**2 * (Theta @ H)
    return K - alpha * (spread + skew)


def stated_step(thirds: int = 3, grown: int = 1) -> Element:
    """Return (I + αβΓ(BBᵀ))B in the paper's letters; `grown` multiplies αβ."""
    words = paper_alphabet()
    B, B_star = words.letter("B"), words.letter("B_star")
    Theta = B_star @ words.letter("Sigma_star") @ B_star.T
    gamma = growth(words, B @ B.T, Theta, words.scalar("sigma_bar_sq"), thirds)
    return B + grown * words.scalar("alpha") * words.scalar("beta") * (gamma @ B)


def of_degree(element: Element, letter: str, degrees: tuple[int, ...]) -> Element:
    """Return the terms of an element in which a letter occurs so often."""
    kept = {
        (traces, word): c
        for (traces, word), c in element.terms.items()
        if sum(name == letter for part in (*traces, word) for name, _ in part) in degrees
    }
    return element.alphabet.element(element.shape, kept)


def linear_complement(rate: Element | None = None) -> Element:
    """Return the part of B⋆,⊥ᵀB₊ linear in B minus (1 + rate)B⋆,⊥ᵀB; the claim's rate is αβσ̄²/m."""
    words = paper_alphabet()
    B_perp, B = words.letter("B_star_perp"), words.letter("B")
    claimed = words.scalar("alpha") * words.scalar("beta") * words.scalar("sigma_bar_sq") / words.scalar("m")
    grown = 1 + (claimed if rate is None else rate)
    return of_degree(B_perp.T @ next_representation(), "B", (1,)) - grown * (B_perp.T @ B)


def beyond_cubic(degrees: tuple[int, ...] = (1, 3)) -> Element:
    """Return the terms of B₊ of other degrees in B: none, so that what the linear part leaves out is O(‖B‖³)."""
    step = next_representation()
    return step - of_degree(step, "B", degrees)


# Fixed points for Σ⋆ = cI ----------------------------------------------------------------------------

SCALARS = ("alpha", "beta", "m", "c", "sigma_sq", "d", "k", "k_prime", "r", "lam", "mu")
LATEX = {
    "alpha": r"\alpha",
    "beta": r"\beta",
    "sigma_sq": r"\sigma^2",
    "k_prime": "k'",
    "lam": r"\lambda",
    "mu": r"\mu",
}


@functools.cache
def spread_alphabet() -> Alphabet:
    """Return the alphabet of the points H = BBᵀ = (λB⋆B⋆ᵀ + μVVᵀ)/α, V an orthonormal d×r matrix orthogonal to B⋆.

    U (d×s) has s further orthonormal columns, orthogonal to both; the rows of F (s×k′) lie in the kernel of B.
    """
    letters = (
        Letter("B_star", ("d", "k"), latex=r"B_\star"),
        Letter("V", ("d", "r")),
        Letter("U", ("d", "s")),
        Letter("B", ("d", "k_prime")),
        Letter("F", ("s", "k_prime")),
    )
    bare = alphabet(SCALARS, letters, LATEX)
    words = bare
    for left, right in itertools.combinations_with_replacement(("B_star", "V", "U"), 2):
        L, R = bare.letter(left), bare.letter(right)
        value = bare.eye(L.shape[1]) if left == right else bare.zeros(R.shape[1], L.shape[1])
        words = words.with_rule(R.T @ L, value)
    words = words.with_rule(bare.letter("B") @ bare.letter("F").T, bare.zeros("d", "s"))
    return words.with_rule(bare.letter("B") @ bare.letter("B").T, point(bare))


def point(words: Alphabet) -> Element:
    """Return H = (λB⋆B⋆ᵀ + μVVᵀ)/α. Shape (d, d), degree 1."""
    B_star, V = words.letter("B_star"), words.letter("V")
    spread = words.scalar("lam") * (B_star @ B_star.T) + words.scalar("mu") * (V @ V.T)
    return spread / words.scalar("alpha")


def growth_of(H: Element) -> Element:
    """Return Γ(H) for Σ⋆ = cI."""
    words = spread_alphabet()
    c, B_star = words.scalar("c"), words.letter("B_star")
    sigma_bar_sq = words.scalar("k") * c + words.scalar("sigma_sq")
    return growth(words, H, c * (B_star @ B_star.T), sigma_bar_sq)


@functools.cache
def growth_rate(name: str) -> FracElement:
    """Return γ with Γ(H)Y = γY for Y = B⋆, V or U: how the columns of Y grow at the point H.

    Raises ValueError when Γ(H) does not map Y to a multiple of itself.
    """
    words = spread_alphabet()
    Y = words.letter(name)
    image = growth_of(point(words)) @ Y
    rate = image.terms.get(next(iter(Y.terms)), words.field.zero)
    if not (image - words.constant(rate) * Y).is_zero():
        raise ValueError(f"expected a multiple of {name}; got {image}")
    return rate


def put(function: FracElement, **values: FracElement) -> FracElement:
    """Return a coefficient with scalars replaced."""
    return Abstraction(values, ()).concrete(function)


@functools.cache
def fixed_point(spread: bool) -> dict[str, FracElement]:
    """Return λ and μ at which B⋆ and V stop growing (Cramer's rule), or λ alone at r = 0 when not `spread`."""
    field = spread_alphabet().field
    zero = {"lam": field.zero, "mu": field.zero}
    names = ("B_star", "V") if spread else ("B_star",)
    rates = [put(growth_rate(name), **({} if spread else {"r": field.zero, "mu": field.zero})) for name in names]
    unknowns = [spread_alphabet().scalar(x).coefficient() for x in ("lam", "mu")[: len(rates)]]
    rows = [[-rate.diff(x) for x in unknowns] for rate in rates]
    right = [put(rate, **zero) for rate in rates]
    if not spread:
        return {"lam": right[0] / rows[0][0], "mu": field.zero, "r": field.zero}
    (a, b), (c, d) = rows
    determinant = a * d - b * c
    return {"lam": (d * right[0] - b * right[1]) / determinant, "mu": (a * right[1] - c * right[0]) / determinant}


def residual_rate(name: str, spread: bool, **changes: int) -> Element:
    """Return the rate at which B⋆ or V still grows at the fixed point, 0; `changes` multiply λ or μ."""
    words = spread_alphabet()
    values = {key: changes.get(key, 1) * value for key, value in fixed_point(spread).items()}
    rate = put(growth_rate(name), **values)
    return words.constant(rate) if rate else words.zeros("1", "1")


def kernel_gap(grown: int = 1, inside: bool = True) -> Element:
    """Return what B₊ gains from B + UF, linear in F, minus (1 + αβγ_U)UF, where BFᵀ = 0 and BBᵀ = H.

    `grown` multiplies the rate; with `inside` false the perturbation is VF.
    """
    words = spread_alphabet()
    B, F = words.letter("B"), words.letter("F")
    U = words.letter("U") if inside else (words.letter("B_star") @ words.letter("B_star").T @ words.letter("U"))
    moved = B + U @ F
    steps = words.scalar("alpha") * words.scalar("beta")
    after = moved + steps * (growth_of(moved @ moved.T) @ moved)
    rate = grown * words.constant(growth_rate("U"))
    return of_degree(after, "F", (1,)) - (1 + steps * rate) * (words.letter("U") @ F)


@functools.cache
def square_alphabet(square: bool) -> Alphabet:
    """Return the alphabet of a point B = B⋆C of rank k, CCᵀ = (λ/α)I, moved to B⋆C + D; CᵀC = (λ/α)I when `square`."""
    letters = (
        Letter("B_star", ("d", "k"), latex=r"B_\star"),
        Letter("C", ("k", "k_prime")),
        Letter("D", ("d", "k_prime")),
    )
    bare = alphabet(SCALARS, letters, LATEX)
    B_star, C, D = (bare.letter(name) for name in ("B_star", "C", "D"))
    size = bare.scalar("lam") / bare.scalar("alpha")
    words = (
        bare.with_rule(B_star.T @ B_star, bare.eye("k"))
        .with_rule(B_star.T @ D, bare.zeros("k", "k_prime"))
        .with_rule(C @ C.T, size * bare.eye("k"))
    )
    return words.with_rule(C.T @ C, size * bare.eye("k_prime")) if square else words


def own_rate() -> FracElement:
    """Return the rate at which D grows at the point of rank k when k′ = k: γ_U − (1 + 1/m)λ((1 + 1/m)c + σ̄²/m)."""
    words = spread_alphabet()
    m, k, c, noise, lam = (words.scalar(x).coefficient() for x in ("m", "k", "c", "sigma_sq", "lam"))
    start = put(growth_rate("U"), r=words.field.zero, mu=words.field.zero)
    return start - (1 + 1 / m) * lam * ((1 + 1 / m) * c + (k * c + noise) / m)


def square_gap(square: bool = True, shrunk: int = 1) -> Element:
    """Return the part of (I − B⋆B⋆ᵀ)B₊ linear in D minus (1 + αβγ)D for the rate γ of `own_rate`: zero at k′ = k.

    `shrunk` multiplies γ; with `square` false k′ ≥ k is arbitrary.
    """
    words = square_alphabet(square)
    B_star, D, c = words.letter("B_star"), words.letter("D"), words.scalar("c")
    B = B_star @ words.letter("C") + D
    sigma_bar_sq = words.scalar("k") * c + words.scalar("sigma_sq")
    steps = words.scalar("alpha") * words.scalar("beta")
    moved = steps * (growth(words, B @ B.T, c * (B_star @ B_star.T), sigma_bar_sq) @ B)
    outside = B + moved - B_star @ (B_star.T @ (B + moved))
    return of_degree(outside, "D", (1,)) - (1 + shrunk * steps * words.constant(own_rate())) * D


def complement_shrinks(theory: Theory, sign: int = -1, settled: bool = True, beyond: int = 0) -> list[Decided]:
    """Decide that at k′ = k the complement shrinks, to first order, at the point of rank k: γ < 0.

    For mutants: with `settled` false at λ = 0; `beyond` asks for |γ| above that multiple of (1 + 1/m)c.
    """
    words = theory.words
    c, m = (words.scalar(x).coefficient() for x in ("c", "m"))
    point = fixed_point(spread=False) if settled else {"lam": words.field.zero}
    rate = put(own_rate(), **point)
    says = "at k′ = k the complement shrinks at the point of rank k"
    return [theory.decide(more_than(sign * rate, beyond * (1 + 1 / m) * c), says)]


def hypotheses(**changes: Relation) -> tuple[Relation, ...]:
    """Return m ≥ 1, k ≥ 1, r ≥ 0, c > 0, σ² ≥ 0, each replaceable by name."""
    words = spread_alphabet()
    one = words.field.one
    m, k, r, c, noise = (words.scalar(x).coefficient() for x in ("m", "k", "r", "c", "sigma_sq"))
    found = {
        "m": at_least(m, one),
        "k": at_least(k, one),
        "r": at_least(r),
        "c": more_than(c),
        "sigma_sq": at_least(noise),
    }
    return tuple((found | changes).values())


def rank_does_not_last(theory: Theory, reversed_sign: int = 1, above: int = 0) -> list[Decided]:
    """Decide λ, μ > 0 at the fixed points, and that a direction not in them grows there: γ_U > 0.

    `above` asks for more than that multiple of σ̄²/m at the rank-k point.
    """
    words = theory.words
    k, c, noise, m = (words.scalar(x).coefficient() for x in ("k", "c", "sigma_sq", "m"))
    low, high = fixed_point(spread=False), fixed_point(spread=True)
    start = above * (k * c + noise) / m
    return [
        theory.decide(more_than(low["lam"]), "λ > 0 at the point of rank k"),
        theory.decide(
            more_than(reversed_sign * put(growth_rate("U"), **low), start),
            "the complement grows at the point of rank k",
        ),
        theory.decide(more_than(high["lam"]), "λ > 0 at the point of rank k + r"),
        theory.decide(more_than(high["mu"]), "μ > 0 at the point of rank k + r"),
        theory.decide(
            more_than(put(growth_rate("U"), **high)), "what is left of the complement grows at the point of rank k + r"
        ),
    ]


def mutant(**changes: Relation) -> Callable[[], list[Decided]]:
    """Return the same proof under changed hypotheses."""
    return lambda: rank_does_not_last(Theory(spread_alphabet(), hypotheses(**changes), {}))


def the_theory() -> Theory:
    """Return the theory of the fixed points."""
    return Theory(spread_alphabet(), hypotheses(), {})


# Derivations and checks ----------------------------------------------------------------------------


def step_derivation() -> Derivation:
    """Return the derivation of the step and of its linear part."""
    words = paper_alphabet()
    step = next_representation()
    linear = of_degree(words.letter("B_star_perp").T @ step, "B", (1,))
    return (
        Derivation("The step without a sample split", CLAIM, (*PREMISES, "$w_t = 0$"))
        .then("definition", "One task's direction, all rows in both loops.", r"\nabla_B \hat L_i", direction().B)
        .then(
            "Isserlis, three Gram factors",
            "Its mean over tasks, with a head.",
            r"\mathbb{E}[\nabla_B \hat L_i]",
            mean_direction().B,
        )
        .then("w = 0", "The head stays at rest.", r"\mathbb{E}[\nabla_w \hat L_i]", headless(mean_direction().w))
        .then("one step of (3)", "The step of the representation, exact.", "B_{t+1}", step)
        .then(
            "terms of degree 1 in B",
            r"The complement's part to first order: it grows by $1 + \alpha\beta\bar\sigma^2/m$.",
            r"B_{\star,\perp}^{\top}B_{t+1} + O(\lVert B_t \rVert^3)",
            linear,
        )
    )


def rank_derivation() -> Derivation:
    """Return the derivation that no fixed point of less than the full rank lasts, for Σ⋆ = cI."""
    words = spread_alphabet()
    premises = (
        *PREMISES,
        "$w_t = 0$, $\\Sigma_\\star = cI$, $c \\gt 0$",
        "$\\alpha BB^{\\top} = \\lambda B_\\star B_\\star^{\\top} + \\mu VV^{\\top}$ of rank $k + r \\lt k'$",
        "$V$ and $U$ orthonormal, orthogonal to $B_\\star$ and to each other; $BF^{\\top} = 0$",
    )
    start = proof(
        "Without the split, low rank does not last",
        CLAIM,
        premises,
        *rank_does_not_last(the_theory()),
        *complement_shrinks(the_theory()),
    )
    rates = {name: words.constant(growth_rate(name)) for name in ("B_star", "V", "U")}
    printed = start
    for name, rate in rates.items():
        printed = printed.then("eigenvector of Γ(H)", f"The rate of {name} is this times αβ.", r"\gamma", rate)
    for name, value in fixed_point(spread=True).items():
        printed = printed.then(
            "Cramer's rule", f"{name} at rank k + r.", rf"\{name.replace('lam', 'lambda')}", words.constant(value)
        )
    return printed.then(
        "terms of degree 1 in F; BFᵀ = 0",
        "A perturbation UF in the kernel of B grows by 1 + αβγ for the third rate: this minus that.",
        r"\Delta",
        kernel_gap(),
    )


DERIVATIONS = (step_derivation, rank_derivation)


def _sigma(scale: int = 1, name: str = "sigma_bar_sq", power: int = 1) -> Element:
    words = paper_alphabet()
    return scale * words.scalar("alpha") * words.scalar("beta") * words.scalar(name) / words.scalar("m") ** power


def stops_growing(name: str, spread: bool) -> Check:
    """Return the check that the columns of B⋆ or V are at rest at a fixed point."""
    rank = "k + r" if spread else "k"
    mutants: dict[str, Callable[[], Element]] = {
        "twice λ": lambda: residual_rate(name, spread, lam=2),
        "no λ": lambda: residual_rate(name, spread, lam=0),
        "λ negative": lambda: residual_rate(name, spread, lam=-1),
    }
    if spread:
        mutants |= {
            "no μ": lambda: residual_rate(name, spread, mu=0),
            "twice μ": lambda: residual_rate(name, spread, mu=2),
        }
    return zero_check(
        f"without the split, {name} is at rest at the fixed point of rank {rank}",
        CLAIM,
        "every d, k, r, m, c, σ² with Σ⋆ = cI, w = 0",
        lambda: residual_rate(name, spread),
        mutants,
    )


CHECKS = (
    zero_check(
        "the step without a split, by three Gram factors",
        CLAIM,
        EVERY_SIZE + ", w = 0",
        lambda: next_representation() - stated_step(),
        {
            "m + 2 for m + 3 in the last coefficient": lambda: next_representation() - stated_step(2),
            "a shrinking step": lambda: next_representation() - stated_step(grown=-1),
            "the step with a split": lambda: (
                mean_outer_direction().B.substitute({"w": paper_alphabet().zeros("k_prime", "1")})
                - headless(mean_direction().B)
            ),
            "with a head": lambda: (
                next_representation()
                - paper_alphabet().letter("B")
                + paper_alphabet().scalar("beta") * mean_direction().B
            ),
        },
    ),
    zero_check(
        "without a head the head stays at rest",
        CLAIM,
        EVERY_SIZE + ", w = 0",
        lambda: headless(mean_direction().w),
        {
            "with a head": lambda: mean_direction().w,
            "one task": lambda: headless(direction().w),
            "the representation's direction": lambda: headless(mean_direction().B),
        },
    ),
    zero_check(
        "near B = 0 the complement grows by 1 + αβσ̄²/m",
        CLAIM,
        EVERY_SIZE + ", w = 0",
        linear_complement,
        {
            "the noise variance for the label variance": lambda: linear_complement(_sigma(name="sigma_sq")),
            "1/m² for 1/m": lambda: linear_complement(_sigma(power=2)),
            "shrinking": lambda: linear_complement(_sigma(-1)),
            "not moving, as with the split": lambda: linear_complement(_sigma(0)),
        },
    ),
    zero_check(
        "what the linear part leaves out is cubic in B",
        CLAIM,
        EVERY_SIZE + ", w = 0",
        beyond_cubic,
        {
            "a linear step": lambda: beyond_cubic((1,)),
            "a quadratic remainder": lambda: beyond_cubic((1, 2)),
            "no linear part": lambda: beyond_cubic((3,)),
        },
    ),
    *(stops_growing(name, spread) for name, spread in (("B_star", False), ("B_star", True), ("V", True))),
    zero_check(
        "in the kernel of B the complement grows at the rate of U",
        CLAIM,
        "every d, k, k′, r, m, c, σ² with Σ⋆ = cI, w = 0",
        kernel_gap,
        {
            "no growth": lambda: kernel_gap(0),
            "decay": lambda: kernel_gap(-1),
            "no perturbation": lambda: kernel_gap(inside=False),
        },
    ),
    proof_check(
        "without the split no fixed point of lower rank lasts",
        CLAIM,
        "every k ≥ 1, k < k′ ≤ d, rank k + r < k′, m ≥ 1, c > 0, σ² ≥ 0; Σ⋆ = cI, w = 0",
        lambda: rank_does_not_last(the_theory()),
        {
            "the complement shrinks": lambda: rank_does_not_last(the_theory(), reversed_sign=-1),
            "it grows as fast as from the start": lambda: rank_does_not_last(the_theory(), above=1),
            "tasks and noise may vanish": mutant(c=at_least(spread_alphabet().scalar("c").coefficient())),
            "any sign of c": mutant(c=more_than(spread_alphabet().scalar("c").coefficient() ** 2)),
            "no bound on m": mutant(m=more_than(spread_alphabet().scalar("m").coefficient() ** 2)),
        },
    ),
    zero_check(
        "at k′ = k the complement moves at its own rate at the point of rank k",
        CLAIM,
        "every d, k = k′, m, c, σ² with Σ⋆ = cI, w = 0",
        square_gap,
        {
            "k′ > k": lambda: square_gap(square=False),
            "no rate": lambda: square_gap(shrunk=0),
            "the rate reversed": lambda: square_gap(shrunk=-1),
        },
    ),
    proof_check(
        "at k′ = k the complement shrinks at the point of rank k: the harm needs k′ > k",
        CLAIM,
        "every k = k′ ≥ 1, m ≥ 1, c > 0, σ² ≥ 0; Σ⋆ = cI, w = 0",
        lambda: complement_shrinks(the_theory()),
        {
            "the complement grows": lambda: complement_shrinks(the_theory(), sign=1),
            "before B has settled": lambda: complement_shrinks(the_theory(), settled=False),
            "as fast as (1 + 1/m)c": lambda: complement_shrinks(the_theory(), beyond=1),
        },
    ),
)
