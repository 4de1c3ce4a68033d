"""Section 2.2: without the sample split, the exact step for infinitely many tasks, and why its fixed points are not low-rank.

Both loops use all m rows, so that three Gram factors XᵀX meet in one expectation. Without a head the step is
B₊ = (I + αβ Γ(BBᵀ))B with Γ(H) = K − α[(1 + 1/m)HK + (Tr(HK)/m)I + ((m+1)/m²)Tr(H)Θ + ((m+3)/m²)ΘH],
K = (1 + 1/m)Θ + (σ̄²/m)I and Θ = B⋆Σ⋆B⋆ᵀ.
"""

from __future__ import annotations

import functools

from sympy.polys.fields import FracElement

from foanil.decisions import Relation, at_least, more_than
from foanil.first_principles import Parameters, Sample, first_order_direction, task_sample
from foanil.gaussian_moments import Centred, Gaussian, expectation
from foanil.inequalities import Decided, Theory
from foanil.paper_alphabet import paper_alphabet
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.derivation import EVERY_SIZE, Derivation, proof, proof_check, zero_check
from proofs.expectations import task_law, theta

CLAIM = ("sec-2-no-split",)
PREMISES = (
    "rows of $X$ i.i.d. standard Gaussian; $z$ centred, covariance $\\sigma^2 I$; $w_\\star$ centred, covariance "
    "$\\Sigma_\\star$; independent",
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


def cubed(element: Element) -> Element:
    """Return the part of an element that is linear in B (and in no more letters B)."""
    kept = {
        (traces, word): c
        for (traces, word), c in element.terms.items()
        if sum(name == "B" for part in (*traces, word) for name, _ in part) == 1
    }
    return element.alphabet.element(element.shape, kept)


def linear_complement(rate: Element | None = None) -> Element:
    """Return the part of B⋆,⊥ᵀB₊ linear in B minus (1 + rate)B⋆,⊥ᵀB; the claim's rate is αβσ̄²/m."""
    words = paper_alphabet()
    B_perp, B = words.letter("B_star_perp"), words.letter("B")
    claimed = words.scalar("alpha") * words.scalar("beta") * words.scalar("sigma_bar_sq") / words.scalar("m")
    grown = 1 + (claimed if rate is None else rate)
    return cubed(B_perp.T @ next_representation()) - grown * (B_perp.T @ B)


def rest_is_cubic(element: Element) -> Element:
    """Return the terms of degree neither 1 nor 3 in B: none, so that O(‖B‖³) is exact."""
    kept = {
        (traces, word): c
        for (traces, word), c in element.terms.items()
        if sum(name == "B" for part in (*traces, word) for name, _ in part) not in (1, 3)
    }
    return element.alphabet.element(element.shape, kept)


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
    names = ("B_star", "V", "U")
    words = bare
    for index, left in enumerate(names):
        for right in names[index:]:
            L, R = bare.letter(left), bare.letter(right)
            size = L.shape[1]
            value = bare.eye(size) if left == right else bare.zeros(R.shape[1], size)
            words = words.with_rule(R.T @ L, value)
    return words.with_rule(bare.letter("B") @ bare.letter("F").T, bare.zeros("d", "s"))


def growth_at(name: str) -> FracElement:
    """Return γ with Γ(H)Y = γY for Y = B⋆, V or U at the point H: the eigenvalues of Γ there.

    Raises ValueError when Y is not mapped to a multiple of itself.
    """
    words = spread_alphabet()
    B_star, V, Y = words.letter("B_star"), words.letter("V"), words.letter(name)
    alpha, c = words.scalar("alpha"), words.scalar("c")
    H = (words.scalar("lam") * (B_star @ B_star.T) + words.scalar("mu") * (V @ V.T)) / alpha
    sigma_bar_sq = words.scalar("k") * c + words.scalar("sigma_sq")
    image = growth(words, H, c * (B_star @ B_star.T), sigma_bar_sq) @ Y
    gamma = image.terms.get(next(iter(Y.terms)), words.field.zero)
    if not (image - words.constant(gamma) * Y).is_zero():
        raise ValueError(f"expected a multiple of {name}; got {image}")
    return gamma
