"""Appendix A, the initialisation: full rank almost surely, alignment of random frames, and where the start is small.

A random frame with d ≫ k′ is hardly aligned with B⋆. Only the complement needs a start of the order 1/m_in for
α‖B_t‖² ≤ 1; and it does need one that vanishes as m_in → ∞. The limits do without it at least while m_in = O(κ).
"""

from __future__ import annotations

import functools
from fractions import Fraction

from foanil import limits
from foanil.decisions import Relation, at_least, more_than
from foanil.evidence import Check
from foanil.inequalities import Abstraction, Decided, Theory
from foanil.limits import Conclusion
from foanil.words import Alphabet, Element, Letter, alphabet
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check
from proofs.dimensionless import LATEX, SCALARS, Iteration, dimensionless_alphabet, iteration
from proofs.one_step import OneStep, Scalars, one_step, region
from proofs.sec_3_limit_points import first_left
from proofs.thm_1_explicit_constants import SYMBOLS, Limits, explicit_conditions, rational_constant, without
from proofs.thm_1_sharper_constants import moderate_samples, without_sample_size

RANK, ALIGNMENT = ("app-a-generic-rank",), ("app-a-collins-alignment",)
COMPLEMENT, ARTIFACT = ("app-a-complement-init",), ("app-a-m-in-artifact",)
NEEDED = ("new-bound-needs-sample-size",)

# Full rank almost surely -----------------------------------------------------------------------------


@functools.cache
def witness_alphabet(orthonormal_rows: bool = True) -> Alphabet:
    """Return B⋆, B⋆,⊥, P (k×k′) with PPᵀ = I, a Gaussian Z and S = (ZᵀZ)^{−1/2} with its inverse R."""
    letters = (
        Letter("B_star", ("d", "k"), latex=r"B_\star"),
        Letter("B_star_perp", ("d", "d-k"), latex=r"B_{\star,\perp}"),
        Letter("P", ("k", "k_prime")),
        Letter("P_perp", ("d-k", "k_prime"), latex=r"P_\perp"),
        Letter("Z", ("d", "k_prime")),
        Letter("S", ("k_prime", "k_prime"), symmetric=True),
    )
    bare = alphabet(("r", "k", "k_prime", "d", "lam"), letters, {"k_prime": "k'"})
    B_star, B_perp, P = bare.letter("B_star"), bare.letter("B_star_perp"), bare.letter("P")
    words = bare.with_rule(B_star.T @ B_star, bare.eye("k")).with_rule(B_star.T @ B_perp, bare.zeros("k", "d-k"))
    words = words.with_rule(P @ P.T, bare.eye("k")) if orthonormal_rows else words
    return words.with_inverse("R", words.letter("S"), "S^{-1}")


def full_rank_somewhere(place: str = "B⋆P", orthonormal_rows: bool = True) -> Conclusion:
    """Derive that det(B⋆ᵀB_0B_0ᵀB⋆) ≠ 0 for almost every B_0: it is 1 at B_0 = B⋆P, PPᵀ = I, which needs k ≤ k′."""
    words = witness_alphabet(orthonormal_rows)
    B_star = words.letter("B_star")
    starts = {
        "B⋆P": B_star @ words.letter("P"),
        "B⋆,⊥P": words.letter("B_star_perp") @ words.letter("P_perp"),
        "2B⋆P": 2 * (B_star @ words.letter("P")),
    }
    T = Theory(words, (), {})
    at_witness = T.restate(T.square(B_star.T @ starts[place]), words.eye("k"), f"CCᵀ = I at B_0 = {place}")
    statement = r"\det(B_\star^{\top}B_0B_0^{\top}B_\star) \ne 0 \text{ for almost every } B_0"
    return limits.by_lemma("zero set of a polynomial", statement, at_witness)


def frame_rank(normalised: bool = True, place: str = "B⋆P", size: int = 1) -> list[Proved]:
    """Derive the same for a multiple rZ(ZᵀZ)^{−1/2} of a Haar frame: an invertible factor apart it is B⋆ᵀZ."""
    words = witness_alphabet()
    B_star, Z = words.letter("B_star"), words.letter("Z")
    C = words.scalar("r") * (B_star.T @ Z @ words.letter("S"))
    undone = C @ words.letter("R") / (size * words.scalar("r")) if normalised else C
    T = Theory(words, (), {})
    same = T.restate(T.square(undone), B_star.T @ Z @ Z.T @ B_star, "B⋆ᵀB_0 = rB⋆ᵀZS")
    frame = limits.by_lemma("frame of a Gaussian matrix", r"B_0 = rZ(Z^{\top}Z)^{-1/2}", same)
    statement = r"\mathrm{rank}(B_\star^{\top}B_0) = \mathrm{rank}(B_\star^{\top}Z) = k \text{ almost surely}"
    return [limits.by_lemma("invertible factor", statement, full_rank_somewhere(place), frame)]


# The alignment of a random frame ---------------------------------------------------------------------


@functools.cache
def frame_alphabet(trace: str = "k_prime", orthonormal: bool = True) -> Alphabet:
    """Return B⋆ and J = E[QQᵀ] = (k′/d)I of a Haar frame Q with k′ columns; `trace` is Tr J, for mutants."""
    letters = (Letter("B_star", ("d", "k"), latex=r"B_\star"), Letter("J", ("d", "d"), symmetric=True))
    bare = alphabet(("k", "k_prime", "d", "lam", "mu"), letters, {"k_prime": "k'", "mu": r"\mu"})
    B_star = bare.letter("B_star")
    words = bare.with_rule(bare.letter("J"), bare.scalar(trace) / bare.scalar("d") * bare.eye("d"))
    return words.with_rule(B_star.T @ B_star, bare.eye("k")) if orthonormal else words


def alignment(words: Alphabet | None = None, factor: int = 1) -> list[Proved]:
    """Derive E σ_min(B⋆ᵀB_0)² ≤ k′/d for a Haar frame: CCᵀ ⪰ σ_min²I, on average; then Markov's inequality."""
    words = words or frame_alphabet()
    B_star, J = words.letter("B_star"), words.letter("J")
    mean, k, kp, d = (words.scalar(name) for name in ("mu", "k", "k_prime", "d"))
    positive = tuple(more_than(size.coefficient()) for size in (k, kp, d))
    T = Theory(words, positive, {"E[CCᵀ] ⪰ E[σ_min²]I": B_star.T @ J @ B_star - mean * words.eye("k")})
    traced = T.trace(T.hypothesis("E[CCᵀ] ⪰ E[σ_min²]I"), "its trace")
    bound = T.restate(T.scale(traced, 1 / k.coefficient()), kp / d - factor * mean, "E σ_min² ≤ k′/d")
    by_mean = limits.by_lemma(
        "mean of a random frame", r"E[\sigma_{\min}(B_\star^{\top}B_0)^2] \le \frac{k'}{d}", bound
    )
    statement = r"P(\sigma_{\min}(B_\star^{\top}B_0)^2 \ge \varepsilon) \le \frac{k'}{\varepsilon d}"
    return [limits.by_lemma("Markov", statement, by_mean)]


# The complement only ---------------------------------------------------------------------------------


def complement_start(total: Fraction = Fraction(2, 3), least: Fraction = Fraction(1, 3)) -> tuple[Relation, ...]:
    """Return β ≤ α ≤ 1/(2σ̄), least ≤ y ≤ total and α‖B⋆,⊥ᵀB_0‖² = δ ≤ (total − y)/m_in; y bounds αΛ_0."""
    here = iteration()
    x, (most, low) = Scalars(here), (rational_constant(here, bound) for bound in (total, least))
    return (
        *explicit_conditions(here),
        at_least(x.delta),
        at_least(x.y, low),
        at_least(most, x.y),
        at_least((most - x.y) / x.m, x.delta),
    )


def complement_entry(total: Fraction = Fraction(2, 3), least: Fraction = Fraction(1, 3)) -> list[Decided]:
    """Decide that αΛ_0 ⪯ ℓI with ℓ = max(x⋆, y), the complement below (total − y)/m_in and ω = 1 lie in the region."""
    here = iteration()
    x, one = Scalars(here), here.words.field.one
    given = complement_start(total, least)
    cases = (("ℓ = x⋆", x.x_star, at_least(x.x_star, x.y)), ("ℓ = y", x.y, at_least(x.y, x.x_star)))
    decided = []
    for label, top, case in cases:
        through = Abstraction({"ell": top, "omega": one}, ())
        at_start = Theory(here.words, (*given, case), {})
        for relation in region(here):
            concrete = Relation(through.concrete(relation.function), relation.sign)
            decided.append(at_start.decide(concrete, f"{label}: an inequality of the region"))
    return decided


def complement_only(step: OneStep | None = None) -> list[Proved]:
    """Derive α‖B_t‖² ≤ ḡ < 1 and the limits when only the complement starts small: the region of another entry."""
    step = step or one_step()
    found = Limits(step)
    below = step.theory.decide(more_than(step.here.words.field.one, step.x.gram_bound), "ḡ < 1")
    kept: list[Proved] = [step.gram_upper, below, step.gram_of_C_bound, step.complement_bound, step.head_decrease]
    return [*complement_entry(), *kept, found.complement_vanishes, found.outputs_vanish, found.gram_converges]


# A complement that does not shrink with m_in breaks the bound --------------------------------------------


@functools.cache
def shared_alphabet(orthogonal: bool = True) -> Alphabet:
    """Return the dimensionless letters with a direction f that C and D share: Cf = χe, Cᵀe = χf, Df = ψh, Dᵀh = ψf."""
    letters = (Letter("e", ("k", "1")), Letter("h", ("d-k", "1")), Letter("f", ("k_prime", "1")))
    plain = dimensionless_alphabet()
    bare = alphabet(
        (*SCALARS, "chi", "psi"), (*plain.letters.values(), *letters), {**LATEX, "chi": r"\chi", "psi": r"\psi"}
    )
    C, D, e, h, f = (bare.letter(name) for name in ("C", "D", "e", "h", "f"))
    chi, psi = bare.scalar("chi"), bare.scalar("psi")
    words = bare.with_rule(C @ f, chi * e).with_rule(C.T @ e, chi * f).with_rule(D @ f, psi * h)
    return words.with_rule(D.T @ h, psi * f) if orthogonal else words


def shared_gaps(orthogonal: bool = True, noise: int = 1, lift: int = 1) -> dict[str, Element]:
    """Return, without a head, C₊f − φχe, C₊ᵀe − φχf, D₊f − (φ − a)ψh, D₊ᵀh − (φ − a)ψf, φ = 1 + a − a(sχ² + qψ²).

    All are zero; `noise` and `lift` falsify qψ² and the first a.
    """
    here = Iteration(shared_alphabet(orthogonal))
    words = here.words
    e, h, f = (words.letter(name) for name in ("e", "h", "f"))
    chi, psi, a, s, q = (here.scalar(name) for name in ("chi", "psi", "a", "s", "q"))
    M = here.M.substitute({"w": words.zeros("k_prime", "1")})
    left = M - a * here.identity
    phi = 1 + lift * a - a * (s * chi**2 + noise * q * psi**2)
    return {
        r"C_+f - \varphi\chi e": here.C @ M @ f - phi * chi * e,
        r"C_+^{\top}e - \varphi\chi f": M @ here.C.T @ e - phi * chi * f,
        r"D_+f - (\varphi - a)\psi h": here.D @ left @ f - (phi - a) * psi * h,
        r"D_+^{\top}h - (\varphi - a)\psi f": left @ here.D.T @ h - (phi - a) * psi * f,
    }


def overshoot(growth: int = 1, floor: bool = True) -> list[Proved]:
    """Derive that ‖B_t‖² exceeds 1/α at some t, for every fixed start of this form and every m_in that is large enough.

    At 1/m_in = 0, y = 1 − χ² and λ = ψ²: λ/y grows by 1 + a²(1 − y_0) or more at each step, so that in the end
    χ² + ψ² > 1. `growth` multiplies that; `floor` = False drops y ≤ y_0 < 1, for mutants.
    """
    here = iteration()
    a, y, start, off, one = (
        *(here.words.scalar(n).coefficient() for n in ("a", "y", "ell", "lam")),
        here.words.field.one,
    )
    inside = (more_than(a), more_than(one / 2, a), more_than(y), more_than(off))
    T = Theory(here.words, (*inside, *((at_least(start, y), more_than(one, start)) if floor else ())), {})
    next_y, next_off = 1 - (1 - y) * (1 + a * y) ** 2, off * (1 - a * (1 - y)) ** 2
    factor = 1 + growth * a**2 * (1 - start)
    grows = (
        T.decide(more_than(next_y), "1 − χ² stays positive"),
        T.decide(at_least(y, next_y), "1 − χ² does not increase"),
        T.decide(more_than(factor, one), "the factor exceeds 1"),
        T.decide(at_least(next_off * y, factor * off * next_y), "ψ²/(1 − χ²) grows by the factor"),
    )
    at_limit = limits.by_lemma(
        "growth past a threshold", r"m_{\mathrm{in}} = \infty: \chi_t^2 + \psi_t^2 \gt 1 \text{ for some } t", *grows
    )
    statement = r"\alpha\lVert B_t\rVert^2 \gt 1 \text{ for some } t, \text{ for every large } m_{\mathrm{in}}"
    return [limits.by_lemma("finitely many steps", statement, at_limit)]


# The sample size in the initial scale ----------------------------------------------------------------


def artifact() -> list[Proved]:
    """Derive what is derived of it: the limits from a start without 1/m_in, α‖B_0‖² ≤ 1/3 and < 1 − x⋆ ≥ 1/(1 + l).

    The last bound is free of m_in while m_in ≤ lκ, and only then.
    """
    return [*without_sample_size(), *moderate_samples()]


CHECKS: tuple[Check, ...] = (
    proof_check(
        "full rank for almost every start",
        RANK,
        "every d, k < d, k ≤ k′ ≤ d; B_0 with a density",
        lambda: [full_rank_somewhere()],
        {
            "rows of P not orthonormal": lambda: full_rank_somewhere(orthonormal_rows=False),
            "the witness in the complement": lambda: full_rank_somewhere("B⋆,⊥P"),
            "CCᵀ = I at twice the witness": lambda: full_rank_somewhere("2B⋆P"),
        },
    ),
    proof_check(
        "full rank of a Haar frame",
        RANK,
        "every d, k < d, k ≤ k′ ≤ d; B_0 a multiple r ≠ 0 of a Haar frame",
        frame_rank,
        {
            "without the normalisation": lambda: frame_rank(normalised=False),
            "2r undone": lambda: frame_rank(size=2),
            "the witness in the complement": lambda: frame_rank(place="B⋆,⊥P"),
        },
    ),
    proof_check(
        "a random frame is not aligned when d is large",
        ALIGNMENT,
        "every d, k < d, k ≤ k′ ≤ d; B_0 a Haar frame",
        alignment,
        {
            "E[QQᵀ] = (k/d)I": lambda: alignment(frame_alphabet("k")),
            "E[QQᵀ] = I": lambda: alignment(frame_alphabet("d")),
            "k′/(2d)": lambda: alignment(factor=2),
            "B⋆ not orthonormal": lambda: alignment(frame_alphabet(orthonormal=False)),
        },
    ),
    proof_check(
        "only the complement needs a small start",
        COMPLEMENT,
        "every d, k ≤ k′ ≤ d, m_in ≥ 1; αΛ_0 ⪯ max(x⋆, y)I, α‖B⋆,⊥ᵀB_0‖² ≤ (2/3 − y)/m_in, 1/3 ≤ y ≤ 2/3",
        complement_only,
        {
            "3/4 − y for 2/3 − y": lambda: complement_entry(total=Fraction(3, 4)),
            "1/4 ≤ y": lambda: complement_entry(least=Fraction(1, 4)),
            "without ḡ < 1": lambda: complement_only(without(region(iteration())[9])),
            "without ḡ(1 + 2/m) ≤ 2": lambda: complement_only(without(region(iteration())[10])),
        },
    ),
    zero_check(
        "a direction that signal and complement share",
        NEEDED,
        "every d, k, k′, m_in and step size, no head",
        lambda: first_left(shared_gaps()),
        {
            "Dᵀh not along f": lambda: first_left(shared_gaps(orthogonal=False)),
            "2qψ²": lambda: first_left(shared_gaps(noise=2)),
            "without qψ²": lambda: first_left(shared_gaps(noise=0)),
            "1 + 2a": lambda: first_left(shared_gaps(lift=2)),
        },
    ),
    proof_check(
        "a complement that does not shrink with m_in breaks the bound",
        NEEDED,
        "every k, k′, 0 < a < 1/2, κ and every fixed start with 0 < χ_0² < 1, ψ_0 ≠ 0, no head; every large m_in",
        overshoot,
        {
            "twice the growth": lambda: overshoot(2),
            "four times the growth": lambda: overshoot(4),
            "without χ_0 ≠ 0": lambda: overshoot(floor=False),
        },
    ),
)

PREMISES = (r"$0 \lt \beta \le \alpha \le \frac{1}{2\bar\sigma}$, $\lVert w_0\rVert^2 \le \alpha c$", *SYMBOLS)


def rank_derivation() -> Derivation:
    """Return the derivation that usual initialisations have full rank."""
    premises = (
        r"$1 \le k \le k' \le d$; $P \in \mathbb{R}^{k\times k'}$ with $PP^{\top} = I_k$",
        r"$B_0$ with a density, or $B_0 = rZS$, $S = (Z^{\top}Z)^{-1/2}$, $r \ne 0$, $Z$ Gaussian",
        r"$C = B_\star^{\top}B_0$",
    )
    return proof("Usual initialisations have full rank almost surely", RANK, premises, *frame_rank())


def alignment_derivation() -> Derivation:
    """Return the derivation that a random frame is hardly aligned in a high dimension."""
    premises = (
        r"$B_0 = Q$ a Haar frame with $k'$ columns, $J = E[QQ^{\top}] = \frac{k'}{d}I$",
        r"$C = B_\star^{\top}B_0$, $\mu = E[\sigma_{\min}(C)^2]$; $CC^{\top} \succeq \sigma_{\min}(C)^2I_k$",
    )
    return proof("A random frame is not aligned when d is large", ALIGNMENT, premises, *alignment())


def complement_derivation() -> Derivation:
    """Return the derivation that a small complement is enough."""
    start = (
        r"$\alpha\Lambda_0 \preceq \max(x_\star, y)I$ with $\frac13 \le y \le \frac23$, "
        r"$\mathrm{rank}(B_\star^{\top}B_0) = k$, "
        r"$\alpha\lVert B_{\star,\perp}^{\top}B_0\rVert^2 = \delta \le (\frac23 - y)/m_{\mathrm{in}}$"
    )
    return proof("Only the complement needs a small start", COMPLEMENT, (*PREMISES, start), *complement_only())


def overshoot_derivation() -> Derivation:
    """Return the derivation that the complement must shrink with the sample size for the bound."""
    premises = (
        *SYMBOLS,
        r"no head; $e$, $f$, $h$ of length 1",
        r"$Cf = \chi e$, $C^{\top}e = \chi f$, $Df = \psi h$, $D^{\top}h = \psi f$",
        r"$\varphi = 1 + a - a(s\chi^2 + q\psi^2)$; in the limit $s = 1$, $q = 0$",
        r"$y = 1 - \chi^2 \le \ell = y_0$, $\lambda = \psi^2$",
    )
    found = Derivation("A complement that does not shrink with m_in breaks the bound", NEEDED, premises)
    for latex, gap in shared_gaps().items():
        found = found.then("identity of words", "The shared direction is kept.", latex, gap)
    return found.extended(proof("", NEEDED, (), *overshoot()))


def artifact_derivation() -> Derivation:
    """Return what is derived of the conjecture."""
    start = r"$\alpha\lVert B_0\rVert^2 = \delta \le \frac13$ and $\delta \lt 1 - x_\star$"
    title = "An initial scale without the sample size, while m_in is at most a multiple of κ"
    return proof(title, ARTIFACT, (*PREMISES, start), *artifact())


DERIVATIONS = (
    rank_derivation,
    alignment_derivation,
    complement_derivation,
    overshoot_derivation,
    artifact_derivation,
)
