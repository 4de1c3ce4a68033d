"""Each hypothesis of Theorem 1 is needed: what happens when one is dropped and the others are kept.

The rank never grows; a start far above the limit escapes; for β > 8α the head's output cannot vanish while Λ_t tends to
Λ⋆ (at m_in = 1 + κ); a head above its bound collapses a direction; αβc > 1 makes the limit repel; and m_in = ∞, one
sample for both loops, features that are not Gaussian and tasks with a mean change the limit itself.
"""

from __future__ import annotations

import functools

from foanil import limits
from foanil.decisions import Relation, Sign, at_least, more_than
from foanil.evidence import Check
from foanil.inequalities import Decided, Theory
from foanil.limits import Conclusion
from foanil.words import Alphabet, Element, Letter
from proofs import thm_1_refuted_constants
from proofs.derivation import Derivation, Proved, proof, proof_check, zero_check
from proofs.dimensionless import Iteration, dimensionless_alphabet, iteration
from proofs.thm_1_hypotheses import Aligned, Collapse, Doubling, collapse

CLAIM = ("new-hypotheses-needed",)

# The rank ------------------------------------------------------------------------------------------


@functools.cache
def lost_alphabet(lost: bool = True) -> Alphabet:
    """Return the dimensionless letters and a direction e with Cᵀe = 0; without that, for mutants."""
    words = dimensionless_alphabet().declaring(Letter("e", ("k", "1")))
    C, e = words.letter("C"), words.letter("e")
    return words.with_rule(C.T @ e, words.zeros("k_prime", "1")) if lost else words


def lost_rank(lost: bool = True, block: str = "C") -> Element:
    """Return eᵀC₊ for a direction with eᵀC = 0: zero, so that eᵀΛ_te = 0 for ever, whatever the head and complement.

    A mutant takes a direction that C sees, the complement's D₊, or the head's ŵ₊.
    """
    words = lost_alphabet(lost)
    here = Iteration(words)
    if block == "C":
        return words.letter("e").T @ here.C @ here.M
    return here.D @ (here.M - here.scalar("a") * here.identity) if block == "D" else here.next_head


# The initial scale ---------------------------------------------------------------------------------


def escapes(reach: int = 2) -> list[Proved]:
    """Derive that with D = 0 and w = 0 every start with an eigenvalue of sΛ above 1 + 2/a escapes to infinity.

    `reach` is the 2 in 1 + 2/a, for mutants.
    """
    found = Doubling()
    a, y = found.a, found.y
    beyond = more_than(y, 1 + reach / a)
    grows = found.decide(more_than(found.map(y), y), "p(y) > y beyond 1 + 2/a", beyond)
    statement = r"s\Lambda_0 \text{ with an eigenvalue above } 1 + \tfrac2a: \quad \lVert\Lambda_t\rVert \to \infty"
    return [limits.by_lemma("escape", statement, grows)]


def escaping_constant(constant: int = 3) -> list[Decided]:
    """Decide that α‖B_0‖² > 3/m_in lies beyond 1 + 2/a at m_in = κ = ρ = 1, a = 1/4: other hypotheses at their bound.

    κ = 1 is k = 1 and σ = 0. So the constant of ‖B_0‖² cannot exceed 3.
    """
    here = iteration()
    a, m, kappa, start = (here.words.scalar(name).coefficient() for name in ("a", "m", "kappa", "delta"))
    one = here.words.field.one
    exactly = [Relation(value - bound, Sign.ZERO) for value, bound in ((a, one / 4), (m, one), (kappa, one))]
    T = Theory(here.words, (*exactly, more_than(start, constant / m)), {})
    s = here.scalar("s").coefficient()
    return [T.decide(more_than(s * start, 1 + 2 / a), "sα‖B_0‖² > 1 + 2/a")]


# β ≤ α ---------------------------------------------------------------------------------------------


def outputs_stay(ratio: int = 8) -> list[Proved]:
    """Derive that for β > 8α and m_in = 1 + κ, at k = k′ = 1, Λ_t → Λ⋆ and B_tw_t → 0 exclude each other.

    Along a direction of its own ŵ₊ = (1 − ρx(1 − x))ŵ with x = αΛ; x → x⋆ = 1/2 makes the factor less than −1, so that
    ŵ_t cannot tend to 0 without reaching it, while B_tw_t → 0 and Λ_t → Λ⋆ say that it does.
    """
    here = iteration()
    rho, m, kappa = (here.words.scalar(name).coefficient() for name in ("rho", "m", "kappa"))
    one, x_star = here.words.field.one, here.scalar("x_star").coefficient()
    given = (more_than(rho, ratio * one), at_least(kappa, one), Relation(m - 1 - kappa, Sign.ZERO))
    T = Theory(here.words, given, {})
    half = T.decide(Relation(x_star - one / 2, Sign.ZERO), "x⋆ = 1/2 at m_in = 1 + κ")
    factor = T.decide(more_than(-one, 1 - rho * x_star * (1 - x_star)), "1 − ρx⋆(1 − x⋆) < −1")
    statement = r"\Lambda_t \to \Lambda_\star \;\Longrightarrow\; B_tw_t \not\to 0 \text{ unless some } w_t = 0"
    return [limits.by_lemma("growing factor", statement, half, factor)]


def head_factor(rate: int = 1) -> Element:
    """Return ŵ₊ − (1 − ρχ²(1 − χ²))ŵ along a direction of its own: zero."""
    return list(Aligned().gaps(rate))[3]


# The rest ------------------------------------------------------------------------------------------


def long_head() -> Conclusion:
    """A head with ‖ŵ_0‖² = 1 + η makes a direction collapse."""
    return Collapse().collapses


def large_steps() -> Conclusion:
    """αβc > 1 makes the limit repel."""
    return Doubling().reached_exactly_or_not()


CHECKS: tuple[Check, ...] = (
    zero_check(
        "a direction that B⋆ᵀB_0 loses stays lost",
        CLAIM,
        "every d, k, k′, m_in, every step size, head and complement",
        lost_rank,
        {
            "a direction that C sees": lambda: lost_rank(lost=False),
            "the complement": lambda: lost_rank(block="D"),
            "the head": lambda: lost_rank(block="w"),
        },
    ),
    proof_check(
        "a start far above the limit escapes",
        CLAIM,
        "D_0 = 0, w_0 = 0, every a > 0, d, k ≤ k′, m_in and κ; the constant of ‖B_0‖² is at most 3",
        lambda: [*escapes(), *escaping_constant()],
        {
            "beyond 1 + 1/a": lambda: escapes(reach=1),
            "beyond 1": lambda: escapes(reach=0),
            "the constant 2": lambda: escaping_constant(2),
            "the constant 1": lambda: escaping_constant(1),
        },
    ),
    zero_check(
        "the head's factor along a direction of its own",
        CLAIM,
        "every d, k, k′, m_in and step size",
        head_factor,
        {
            "2ρ": lambda: head_factor(2),
            "3ρ": lambda: head_factor(3),
            "no step": lambda: head_factor(0),
        },
    ),
    proof_check(
        "β > 8α: the second limit fails where the third holds",
        CLAIM,
        "k = k′ = 1, D_0 = 0, m_in = 1 + κ, every ρ = β/α > 8, every w_0 that never reaches 0",
        outputs_stay,
        {
            "β > 4α": lambda: outputs_stay(4),
            "β > 7α": lambda: outputs_stay(7),
            "β > α": lambda: outputs_stay(1),
        },
    ),
    proof_check(
        "a head above its bound, and step sizes above theirs",
        CLAIM,
        "the collapse lemma and the repelling limit, with the other hypotheses kept",
        lambda: [long_head(), large_steps()],
        {
            "a ≤ 1/4 alone, any κ": lambda: collapse(Collapse(step_size=None)),
            "x_0 ≤ aη²/(4ρ)": lambda: collapse(Collapse(small_start=4)),
            "repels for every a": lambda: Doubling().repels(from_a=0),
        },
    ),
)


def derivation() -> Derivation:
    """Return the derivation that each hypothesis is needed."""
    premises = (
        r"$\Sigma_\star = cI$; one hypothesis of Theorem 1 dropped at a time, the others kept",
        r"$e^{\top}C = 0$; for the others $D_0 = 0$, and $y$ an eigenvalue of $s\Lambda$ where $w_0 = 0$",
        r"$x = \alpha\Lambda$ along a direction of its own (the collapse lemma), $p(y) = y(1 + a(1-y))^2$",
    )
    start = Derivation("Each hypothesis is needed", CLAIM, premises).then(
        "identity of words", "A lost direction stays lost.", r"e^{\top}C_+", lost_rank()
    )
    start = start.then("identity of words", "The head's factor.", r"\hat w_+ - (1 - \rho x(1-x))\hat w", head_factor())
    facts = (*escapes(), *escaping_constant(), *outputs_stay(), long_head(), large_steps())
    return start.extended(proof("", CLAIM, (), *facts))


DERIVATIONS = (derivation, thm_1_refuted_constants.derivation)
