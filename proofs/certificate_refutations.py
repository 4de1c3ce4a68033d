"""What refutes convergence in a certificate: a direction that is never seen, for any Σ⋆, and growth without bound.

C₊ = C(I − βE) + αβΣ⋆C, so that the columns of every C_t lie in the Krylov space of Σ⋆ and C_0. Its complement is
invariant under the symmetric Σ⋆, hence spanned by eigenvectors: for each, eᵀC_t = 0 for ever. For growth take the top
singular pair of C or D: one step multiplies its singular value by a factor beyond −1.
"""

from __future__ import annotations

import functools

from foanil import limits
from foanil.decisions import at_least, more_than
from foanil.evidence import Check
from foanil.inequalities import Decided, Theory
from foanil.paper_alphabet import limit_alphabet, paper_alphabet, total_task_variance
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.derivation import EVERY_SIZE, Derivation, Proved, proof, proof_check, zero_check
from proofs.dimensionless import Iteration, dimensionless_alphabet
from proofs.expectations import adapted_second_moment, mean_outer_direction

CLAIM = ("new-certificate-refutations",)

# A direction that is never seen, for any covariance --------------------------------------------------


def signal_gap(sides: str = "right", task: int = 1) -> Element:
    """Return C₊ − C(I − βE) − αβΣ⋆C, C = B⋆ᵀB, E the second moment of the adapted head: zero, complement and head kept.

    A mutant multiplies by B⋆ᵀB⋆ − βE on the other side, or takes another multiple of the task's part.
    """
    words = paper_alphabet()
    alpha, beta = words.scalar("alpha"), words.scalar("beta")
    B, B_star, Sigma_star = (words.letter(name) for name in ("B", "B_star", "Sigma_star"))
    C, E = B_star.T @ B, adapted_second_moment()
    after = B_star.T @ (B - beta * mean_outer_direction().B)
    kept = C @ E if sides == "right" else C @ E @ (words.eye("k_prime") - alpha * (B.T @ B))
    gap: Element = after - C + beta * kept - task * alpha * beta * (Sigma_star @ C)
    return gap


@functools.cache
def unseen_alphabet(eigenvector: bool = True, unseen: bool = True) -> Alphabet:
    """Return the paper's letters, e with Σ⋆e = ηe and eᵀB⋆ᵀB = 0, and v with B⋆ᵀBv = 0; mutants drop a relation."""
    bare = paper_alphabet().declaring(Letter("e", ("k", "1")), Letter("v", ("k_prime", "1")))
    e, v, B, B_star = (bare.letter(name) for name in ("e", "v", "B", "B_star"))
    words = bare.with_rule(B_star.T @ B @ v, bare.zeros("k", "1"))
    if eigenvector:
        words = words.with_rule(bare.letter("Sigma_star") @ e, bare.scalar("eta") * e)
    return words.with_rule(B.T @ B_star @ e, bare.zeros("k_prime", "1")) if unseen else words


def unseen_after(side: str = "left", *, eigenvector: bool = True, unseen: bool = True) -> Element:
    """Return eᵀC₊ for an unseen eigenvector e: zero. A mutant takes C₊v for a v with Cv = 0: rows are not kept."""
    words = unseen_alphabet(eigenvector, unseen)
    letters = {name: words.letter(name) for name in paper_alphabet().letters}
    move = mean_outer_direction().B.transport(words, letters, {})
    after = letters["B_star"].T @ (letters["B"] - words.scalar("beta") * move)
    found: Element = words.letter("e").T @ after if side == "left" else after @ words.letter("v")
    return found


def limit_gap(level: int = 1, spread: int = 1) -> Element:
    """Return αΛ⋆K − Σ⋆ with αΛ⋆ of (8): zero. So Σ⋆e = ηe, η > 0, gives eᵀαΛ⋆e = η/(eᵀKe) > 0 for a unit vector e."""
    words = limit_alphabet()
    m_in = words.scalar("m_in")
    identity, inverse = words.eye("k"), words.letter("K_inverse")
    noise = words.scalar("sigma_bar_sq") / m_in
    # K⁻¹σ̄²/m_in = ((m_in + 1)/σ̄² Σ⋆ + I)⁻¹, so that this is the printed form of (8).
    stated = (m_in / (m_in + level)) * (identity - noise * inverse)
    return stated @ total_task_variance(words) - spread * words.letter("Sigma_star")


# Growth ------------------------------------------------------------------------------------------


@functools.cache
def pair_alphabet(block: str) -> Alphabet:
    """Return the dimensionless letters and a singular pair of C or D: Xᵀe = χf, Xf = χe, ‖e‖ = ‖f‖ = 1."""
    rows = {"C": "k", "D": "d-k"}[block]
    bare = dimensionless_alphabet().declaring(Letter("e", (rows, "1")), Letter("f", ("k_prime", "1")))
    X, e, f, chi = bare.letter(block), bare.letter("e"), bare.letter("f"), bare.scalar("y")
    words = bare.with_rule(X.T @ e, chi * f).with_rule(X @ f, chi * e)
    return words.with_trace(e @ e.T, bare.constant(1)).with_trace(f @ f.T, bare.constant(1))


def growth_gap(block: str, level: int = 1, turned: int = 1) -> Element:
    """Return eᵀX₊f − χ(1 + b − a(gχ² + r)) for a singular pair of X: zero; r ≥ 0 is a sum of squares.

    X = C: b = a, g = s, r = fᵀWf. X = D: b = 0, g = q, r = s‖Cf‖² + fᵀRf; R = uuᵀ + (ggᵀ + (ŵᵀGŵ)G)/m. A mutant takes
    another multiple of gχ², or of the whole bracket.
    """
    words = pair_alphabet(block)
    here = Iteration(words)
    e, f, chi, a = words.letter("e"), words.letter("f"), words.scalar("y"), here.scalar("a")
    squares = {
        "C": here.scalar("q") * (here.D.T @ here.D) + here.head_noise,
        "D": here.scalar("s") * (here.C.T @ here.C) + here.head_noise,
    }
    after = {"C": here.C @ here.M, "D": here.D @ (here.M - a * here.identity)}
    weight, shift = {"C": (here.scalar("s"), 1 + a), "D": (here.scalar("q"), words.constant(1))}[block]
    rest = f.T @ squares[block] @ f
    return e.T @ after[block] @ f - turned * chi * (shift - a * (level * weight * chi**2 + rest))


def grows(block: str, reach: int = 2) -> list[Proved]:
    """Derive ‖X_t‖ → ∞ from y_0 > 2 + b, y = ag‖X‖²: y₊ ≥ p(y) = y(y − 1 − b)², which increases beyond, p(y) > y.

    ‖X₊‖ ≥ |eᵀX₊f|; b = a for C and 0 for D. `reach` is the 2, for mutants.
    """
    words = _numbers()
    a, y, r, at_first = (words.scalar(name).coefficient() for name in ("a", "y", "r", "y_0"))
    b = a if block == "C" else 0 * a
    given = (more_than(a), at_least(r), more_than(at_first, reach + b), at_least(y, at_first))
    T = Theory(words, given, {})
    p = y * (y - 1 - b) ** 2
    conditions: list[Decided] = [
        T.decide(at_least((1 + b - y - r) ** 2, (y - 1 - b) ** 2), "r ≥ 0 only adds to the growth"),
        T.decide(more_than(p.diff(y)), "p increases"),
        T.decide(more_than(p, y), "p(y) > y"),
    ]
    limit = r"\lVert C_t\rVert \to \infty" if block == "C" else r"\lVert D_t\rVert \to \infty"
    return [limits.by_lemma("escape", limit, *conditions)]


@functools.cache
def _numbers() -> Alphabet:
    return alphabet(("a", "y", "r", "y_0"), (), {"y_0": "y_0"})


# Checks ------------------------------------------------------------------------------------------

ANY = EVERY_SIZE + ", every Σ⋆, start, head and step size"

CHECKS: tuple[Check, ...] = (
    zero_check(
        "the shared part's step for any covariance",
        CLAIM,
        ANY,
        signal_gap,
        {
            "another second moment": lambda: signal_gap("left"),
            "twice the task's part": lambda: signal_gap(task=2),
            "without the task's part": lambda: signal_gap(task=0),
        },
    ),
    zero_check(
        "a direction that is never seen",
        CLAIM,
        ANY,
        unseen_after,
        {
            "no eigenvector of the covariance": lambda: unseen_after(eigenvector=False),
            "seen at the start": lambda: unseen_after(unseen=False),
            "a direction of the rows": lambda: unseen_after("right"),
        },
    ),
    zero_check(
        "the limit of (8) sees every eigenvector with a positive eigenvalue",
        CLAIM,
        ANY,
        limit_gap,
        {
            "m_in + 2": lambda: limit_gap(level=2),
            "m_in": lambda: limit_gap(level=0),
            "twice the covariance": lambda: limit_gap(spread=2),
        },
    ),
    *(
        zero_check(
            f"one step of a singular value of {block}",
            CLAIM,
            EVERY_SIZE + ", every state and step size",
            functools.partial(growth_gap, block),
            {
                "half the growth left out": functools.partial(growth_gap, block, 2),
                "without the own growth": functools.partial(growth_gap, block, 0),
                "the other sign": functools.partial(growth_gap, block, 1, -1),
            },
        )
        for block in "CD"
    ),
    *(
        proof_check(
            f"growth without bound of {block}",
            CLAIM,
            "every a > 0 and every rest r ≥ 0",
            functools.partial(grows, block),
            {f"beyond {reach}": functools.partial(grows, block, reach) for reach in (1, 0, -1)},
        )
        for block in "CD"
    ),
)


def derivation() -> Derivation:
    """Return the derivation of what a refutation rests on."""
    unseen = (
        r"$e^{\top}\Sigma_\star^jC_0 = 0$ for $j \lt k$, and so for every $j$ (Cayley-Hamilton): the directions with "
        r"this property are a subspace that $\Sigma_\star$ keeps, spanned by eigenvectors, $\Sigma_\star e = \eta e$"
    )
    growth = (
        r"growth: $\Sigma_\star = cI_k$, and $X^{\top}e = \chi f$, $Xf = \chi e$ for the largest singular value $\chi$ "
        r"of $X = C$ or $D$; $r = f^{\top}(E/(\alpha c) - gX^{\top}X)f \ge 0$, $g = s$ or $q$"
    )
    any_covariance = r"any $\Sigma_\star \succeq 0$; $C = B_\star^{\top}B$, $E = \mathbb E[w_iw_i^{\top}]$"
    premises = (any_covariance, unseen, growth)
    found = Derivation("What refutes convergence in a certificate", CLAIM, premises)
    rule = "identity of words"
    found = found.then(
        rule, "The shared part's step.", r"C_+ - C(I - \beta E) - \alpha\beta\Sigma_\star C", signal_gap()
    )
    found = found.then(rule, "What is not seen stays unseen.", r"e^{\top}C_+", unseen_after())
    found = found.then(rule, "The limit of (8).", r"\alpha\Lambda_\star K - \Sigma_\star", limit_gap())
    for block, b, g in (("C", "a", "s"), ("D", "0", "q")):
        left = rf"e^{{\top}}{block}_+f - \chi(1 + {b} - a({g}\chi^2 + r))"
        found = found.then(rule, f"A singular pair of {block}.", left, growth_gap(block))
    return found.extended(proof("", CLAIM, (), *grows("C"), *grows("D")))


DERIVATIONS = (derivation,)
