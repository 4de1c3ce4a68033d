"""Matrix words: the laws of the free algebra, its normal form, relations, gradients, and evaluation."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foanil.arrays import EXACT, NUMPY
from foanil.entrywise_moments import EntryRing
from foanil.words import Alphabet, Element, Letter, UndeclaredError, WordShapeError, alphabet

SIZES = {"p": 2, "q": 3, "r": 4}
LETTERS = {
    "A": ("p", "q"),
    "B": ("q", "r"),
    "C": ("r", "p"),
    "M": ("q", "q"),
    "S": ("q", "q"),
    "u": ("q", "1"),
    "v": ("q", "1"),
}
WORDS = alphabet(["a", "b", *SIZES], [Letter(name, shape, name == "S") for name, shape in LETTERS.items()])
A, B, C, M, S, u, v = (WORDS.letter(name) for name in LETTERS)
a, b = WORDS.scalar("a"), WORDS.scalar("b")


def explicit(shape: tuple[str, str]) -> tuple[int, int]:
    """Return a shape in numbers."""
    rows, cols = (1 if name == "1" else SIZES[name] for name in shape)
    return rows, cols


def instance(seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return exact matrices and scalars, integers and fractions, S symmetric and nothing else."""
    rng = np.random.default_rng(seed)
    rows = {name: rng.integers(-3, 4, size=explicit(shape)) for name, shape in LETTERS.items()}
    rows["S"] = rows["S"] + rows["S"].T
    letters = {name: EXACT.array([[int(x) for x in row] for row in values]) for name, values in rows.items()}
    scalars = {"a": Fraction(int(rng.integers(1, 9)), 7), "b": Fraction(-3, int(rng.integers(2, 6))), **SIZES}
    return letters, {name: EXACT.scalar(value) for name, value in scalars.items()}


# Laws of the algebra -------------------------------------------------------------------------------


def test_product_is_associative_and_distributes() -> None:
    """(AB)C = A(BC) and A(B + B′) = AB + AB′, as normal forms."""
    assert (A @ B) @ C == A @ (B @ C)
    assert A @ (a * B + M @ B) == a * (A @ B) + A @ M @ B
    assert (A - A).is_zero()
    assert A @ B != A @ S @ B


def test_product_does_not_commute() -> None:
    """MS and SM are different words, and an instance tells them apart."""
    gap = M @ S - S @ M
    assert not gap.is_zero()
    letters, scalars = instance(1)
    assert (gap.evaluate(EXACT, letters, scalars) != 0).any()


def test_transpose_reverses_and_is_an_involution() -> None:
    """(AB)ᵀ = BᵀAᵀ, (Aᵀ)ᵀ = A, Sᵀ = S; Mᵀ is another word than M."""
    assert (A @ B).T == B.T @ A.T
    assert A.T.T == A
    assert S.T == S
    assert (S @ M @ S).T == S @ M.T @ S
    assert M.T != M


def test_trace_is_cyclic_and_blind_to_transposition() -> None:
    """Tr(ABC) = Tr(BCA) = Tr(CᵀBᵀAᵀ), Tr(I_q) = q; Tr(ABC) is not Tr(ACᵀ…) of other words."""
    assert WORDS.trace(A @ B @ C) == WORDS.trace(B @ C @ A) == WORDS.trace((A @ B @ C).T)
    assert WORDS.trace(WORDS.eye("q")) == WORDS.scalar("q")
    assert WORDS.trace(M @ M) != WORDS.trace(M @ M.T)
    assert WORDS.sqnorm(A) == WORDS.trace(A @ A.T)


def test_trace_of_three_tells_orientation_unless_a_symmetry_forgets_it() -> None:
    """Tr(M S MᵀS…) follows its orientation: Tr(M·M·Mᵀ) = Tr(Mᵀ·Mᵀ·M), but Tr(S·M·BBᵀ) = Tr(S·BBᵀ·Mᵀ)."""
    gram = B @ B.T
    assert WORDS.trace(M @ M @ M.T) == WORDS.trace(M.T @ M.T @ M)
    assert WORDS.trace(S @ M @ gram) == WORDS.trace(S @ gram @ M.T)
    assert WORDS.trace(S @ M @ gram) != WORDS.trace(S @ gram @ M)


def test_words_are_cut_at_dimension_one() -> None:
    """u(vᵀMu)vᵀ = (uᵀMᵀv)uvᵀ, Tr(uvᵀ) = vᵀu = uᵀv, and a 1×1 element commutes with everything."""
    scalar = v.T @ M @ u
    assert u @ scalar @ v.T == (u.T @ M.T @ v) * (u @ v.T)
    assert WORDS.trace(u @ v.T) == v.T @ u == u.T @ v
    assert scalar * A == A * scalar
    assert scalar.shape == ("1", "1")
    assert (v.T @ M @ u) ** 2 == WORDS.trace(M @ u @ v.T @ M @ u @ v.T)


def test_powers() -> None:
    """M⁰ = I, M³ = MMM; a scalar has negative powers, a matrix has none."""
    assert M**0 == WORDS.eye("q")
    assert M**3 == M @ M @ M
    assert a**-2 * a**3 == a
    with pytest.raises(ValueError, match="nonzero scalar"):
        M**-1


def test_scalars_form_a_field() -> None:
    """(a² − b²)/(a − b) = a + b as coefficients, and dividing by zero or by a trace is refused."""
    assert (a**2 - b**2) / (a - b) * M == (a + b) * M
    assert 1 / (2 * a) + 1 / (2 * a) == 1 / a
    with pytest.raises(ValueError, match="nonzero scalar"):
        M / (a - a)
    with pytest.raises(ValueError, match="without traces"):
        M / WORDS.trace(M)


@pytest.mark.parametrize(
    ("wrong", "shapes"),
    [
        (lambda: A @ C, (("p", "q"), ("r", "p"))),
        (lambda: A + B, (("p", "q"), ("q", "r"))),
        (lambda: A - A.T, (("p", "q"), ("q", "p"))),
        (lambda: A * B, (("p", "q"), ("q", "r"))),
        (lambda: M + u, (("q", "q"), ("q", "1"))),
        (lambda: M + 1, (("q", "q"), ("1", "1"))),
        (lambda: WORDS.trace(A), (("p", "q"),)),
        (lambda: A.gradient("A"), (("p", "q"),)),
        (lambda: A.substitute({"A": B}), (("p", "q"), ("q", "r"))),
    ],
)
def test_what_does_not_type_raises_with_the_shapes(wrong: Any, shapes: tuple[tuple[str, str], ...]) -> None:
    """A sum, product, trace or replacement of shapes that do not fit is refused, and the message holds the shapes."""
    with pytest.raises(WordShapeError) as caught:
        wrong()
    assert all(str(shape) in str(caught.value) for shape in shapes)


def test_undeclared_names_are_refused() -> None:
    """Letters, scalars, sizes and inverses that nobody declared raise, and the message names what there is."""
    with pytest.raises(UndeclaredError, match=r"letter 'Z' is not declared.*A, B, C"):
        WORDS.letter("Z")
    with pytest.raises(UndeclaredError, match=r"scalar 'z' is not declared.*a, b, p"):
        WORDS.scalar("z")
    with pytest.raises(UndeclaredError, match="no inverse is declared"):
        WORDS.inv(M)
    unsized = alphabet([], [Letter("A", ("p", "q"))])
    with pytest.raises(UndeclaredError, match="size 'p'"):
        unsized.trace(unsized.eye("p"))
    with pytest.raises(UndeclaredError, match=r"Element\.into"):
        A @ unsized.letter("A").T
    with pytest.raises(ValueError, match="already declared"):
        WORDS.declaring(Letter("A", ("q", "q")))


# Relations -----------------------------------------------------------------------------------------


def orthonormal() -> Alphabet:
    """Return words in which QᵀQ = I, Q of shape (q, p)."""
    bare = WORDS.declaring(Letter("Q", ("q", "p")))
    Q = bare.letter("Q")
    return bare.with_rule(Q.T @ Q, bare.eye("p"))


def test_orthonormal_columns_make_a_projector() -> None:
    """QᵀQ = I makes QQᵀ idempotent of trace p, and leaves QQᵀ ≠ I."""
    words = orthonormal()
    Q, R = words.letter("Q"), words.letter("M")
    P = Q @ Q.T
    assert P @ P == P
    assert words.trace(P) == words.scalar("p")
    assert words.trace(R @ P @ P @ P) == words.trace(P @ R)
    assert words.sqnorm(Q @ words.letter("A")) == words.sqnorm(words.letter("A"))
    assert not (P - words.eye("q")).is_zero()


def test_a_relation_holds_inside_traces_across_the_seam() -> None:
    """Tr(Q·M′·Qᵀ) = Tr(M′) although QᵀQ meets only around the end of the trace."""
    words = orthonormal()
    Q, A_, B_, C_ = (words.letter(name) for name in ("Q", "A", "B", "C"))
    assert words.trace(Q @ A_ @ B_ @ C_ @ Q.T) == words.trace(A_ @ B_ @ C_)


def test_a_relation_is_declared_with_its_transpose() -> None:
    """AB = C′ declares BᵀAᵀ = C′ᵀ."""
    words = WORDS.with_rule(A @ B, C.T)
    A_, B_, C_ = (words.letter(name) for name in ("A", "B", "C"))
    assert (A_ @ B_ - C_.T).is_zero()
    assert (B_.T @ A_.T - C_).is_zero()


def test_a_relation_must_type_and_start_from_one_word() -> None:
    """A relation between shapes that differ, or from a sum or a multiple, is refused."""
    with pytest.raises(WordShapeError, match="equal shapes"):
        WORDS.with_rule(A @ B, C)
    with pytest.raises(ValueError, match="single word with coefficient 1"):
        WORDS.with_rule(2 * M, S)
    with pytest.raises(ValueError, match="single word with coefficient 1"):
        WORDS.with_rule(M + S, S)


def test_relations_that_never_end_are_stopped() -> None:
    """M = Mᵀ, oriented both ways, rewrites for ever: the limit stops it with a message."""
    words = WORDS.with_rule(M, M.T)
    with pytest.raises(RecursionError, match="do not terminate"):
        words.letter("M")


def test_a_declared_trace_replaces_every_rotation() -> None:
    """Tr(MS) = a declares Tr(SM) and Tr(SMᵀ); it says nothing of Tr(M)."""
    words = WORDS.with_trace(M @ S, a)
    M_, S_ = words.letter("M"), words.letter("S")
    assert words.trace(S_ @ M_) == words.trace(S_ @ M_.T) == words.scalar("a")
    assert words.trace(M_).letters() == {"M"}
    assert words.trace(M_ @ S_ @ M_).letters() == {"M", "S"}


def test_a_declared_inverse_cancels_from_both_sides() -> None:
    """With K = aS + bI and R = K⁻¹: KR = RK = I, R commutes with S, R = Rᵀ, and inv(2K) = R/2."""
    words = WORDS.with_inverse("R", a * S + b * WORDS.eye("q"))
    S_, R, one = words.letter("S"), words.letter("R"), words.eye("q")
    K = words.scalar("a") * S_ + words.scalar("b") * one
    assert K @ R == one == R @ K
    assert S_ @ R == R @ S_
    assert R.T == R
    assert words.inv(2 * K) == R / 2
    assert not (K @ R @ R - one).is_zero()
    with pytest.raises(UndeclaredError, match="no inverse"):
        words.inv(K + one)


def test_an_inverse_needs_a_symmetric_element_with_a_letter_to_solve_for() -> None:
    """A rectangle, an unsymmetric matrix and a word without a single letter get no inverse."""
    with pytest.raises(WordShapeError, match="symmetric"):
        WORDS.with_inverse("R", A)
    with pytest.raises(WordShapeError, match="symmetric"):
        WORDS.with_inverse("R", M)
    with pytest.raises(ValueError, match="single letter"):
        WORDS.with_inverse("R", M @ M.T + WORDS.eye("q"))


# Substitution and gradients ------------------------------------------------------------------------


def test_substitution_is_a_homomorphism() -> None:
    """(f·g)(M → N) = f(M → N)·g(M → N), transposes and traces included."""
    N = a * S + u @ v.T
    f, g = M @ S + M.T, WORDS.trace(M @ M.T) * M
    replaced = {"M": N}
    assert (f @ g).substitute(replaced) == f.substitute(replaced) @ g.substitute(replaced)
    assert f.substitute(replaced) == N @ S + N.T
    assert f.substitute({}) == f


def test_transport_replaces_scalars_even_in_denominators() -> None:
    """M/(a − b) at a = b² is M/(b² − b); a denominator that vanishes is refused."""
    quotient = M / (a - b)
    assert quotient.transport(WORDS, {}, {"a": b**2}) == M / (b**2 - b)
    with pytest.raises((ValueError, ZeroDivisionError)):
        quotient.transport(WORDS, {}, {"a": b})


SCALAR_FUNCTIONS = {
    "quadratic": WORDS.sqnorm(A @ M),
    "scalar pieces": a * (u.T @ M @ v) * WORDS.trace(M @ S) + (v.T @ M.T @ M @ u) / b,
    "cubic": WORDS.trace(M @ M @ M.T @ S) + WORDS.trace(M) ** 3,
    "linear in a column": u.T @ M @ v,
}


def ring_of_entries() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return matrices and scalars whose entries are all symbols."""
    ring = EntryRing({name: explicit(shape) for name, shape in LETTERS.items()}, ("a",), frozenset({"S"}))
    letters = {name: ring.matrix(name) for name in LETTERS}
    return letters, {"a": ring.scalar("a"), "b": EXACT.scalar(Fraction(3, 5)), **SIZES}


@pytest.mark.parametrize("letter", ["A", "M", "u"])
@pytest.mark.parametrize("name", SCALAR_FUNCTIONS)
def test_gradient_is_the_derivative_by_each_entry(name: str, letter: str) -> None:
    """Entry (i, j) of the gradient is the derivative of the polynomial by entry (i, j), with every entry a symbol."""
    letters, scalars = ring_of_entries()
    function = SCALAR_FUNCTIONS[name]
    polynomial = function.evaluate(EXACT, letters, scalars).polynomial
    found = function.gradient(letter).evaluate(EXACT, letters, scalars)
    for index in np.ndindex(*letters[letter].shape):
        derivative = polynomial.diff(letters[letter][index].polynomial)
        stated = found[index]
        assert (stated.polynomial if hasattr(stated, "polynomial") else stated) == derivative


def test_gradient_by_a_symmetric_letter_is_symmetric_and_gives_symmetric_directions() -> None:
    """⟨∇_S f, H⟩ is the derivative along every symmetric H, however the trace happens to be written."""
    for function in (WORDS.trace(S @ M), WORDS.trace(S @ M.T), WORDS.trace(S @ A.T @ A @ M @ S) * WORDS.trace(S)):
        slope = function.gradient("S")
        assert slope == slope.T
        letters, scalars = instance(3)
        H = EXACT.array([[1, 2, 0], [2, -1, 5], [0, 5, 3]])
        steps = [Fraction(t) for t in (-2, -1, 1, 2)]
        values = [
            function.evaluate(EXACT, {**letters, "S": letters["S"] + EXACT.scalar(t) * H}, scalars) for t in steps
        ]
        # exact for polynomials of degree at most 4 in the step
        five_point = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / 12
        assert EXACT.trace(slope.evaluate(EXACT, letters, scalars).T @ H) == five_point


def test_gradient_by_a_letter_of_a_relation_is_refused() -> None:
    """Where QᵀQ = I or R = S⁻¹ is declared, the normal form no longer is a function of free entries: an error."""
    words = orthonormal()
    with pytest.raises(ValueError, match="declared relation"):
        words.sqnorm(words.letter("Q")).gradient("Q")
    inverted = WORDS.with_inverse("R", S)
    with pytest.raises(ValueError, match="declared relation"):
        inverted.trace(inverted.letter("R")).gradient("S")


# Evaluation ----------------------------------------------------------------------------------------

Plan = tuple[Any, ...]


def squares() -> st.SearchStrategy[Plan]:
    """Draw a plan of a q×q matrix: sums, products, transposes, scalar and trace multiples of a few blocks."""
    blocks = st.sampled_from([("M",), ("S",), ("A", "A"), ("B", "C", "A"), ("u", "v"), ("I",)])
    leaves = blocks.map(lambda name: ("block", name))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(st.just("times"), inner, inner),
            st.tuples(st.just("plus"), inner, inner),
            st.tuples(st.just("transposed"), inner),
            st.tuples(st.just("scaled"), st.integers(-3, 3), inner),
            st.tuples(st.just("traced"), inner, inner),
        ),
        max_leaves=6,
    )


def carried_out(plan: Plan, xp: Any, x: dict[str, Any], one: Any) -> Any:
    """Carry a plan out in words, or in any number system."""
    if plan[0] == "block":
        blocks = {
            ("M",): lambda: x["M"],
            ("S",): lambda: x["S"],
            ("A", "A"): lambda: x["A"].T @ x["A"],
            ("B", "C", "A"): lambda: x["B"] @ x["C"] @ x["A"],
            ("u", "v"): lambda: x["u"] @ x["v"].T,
            ("I",): lambda: one,
        }
        return blocks[plan[1]]()
    below = [carried_out(part, xp, x, one) for part in plan[1:] if isinstance(part, tuple)]
    operations = {
        "times": lambda: below[0] @ below[1],
        "plus": lambda: below[0] + below[1],
        "transposed": lambda: below[0].T,
        "scaled": lambda: x["a"] * plan[1] * below[0] - below[0] / x["b"],
        "traced": lambda: xp.trace(below[0] @ x["M"]) * below[1] + xp.sqnorm(below[0]) * x["S"],
    }
    return operations[plan[0]]()


@given(plan=squares(), seed=st.integers(0, 10**6))
def test_evaluation_is_a_homomorphism(plan: Plan, seed: int) -> None:
    """Evaluating the normal form of any expression gives the expression evaluated, exactly."""
    letters, scalars = instance(seed)
    element = carried_out(plan, WORDS, {"a": a, "b": b, "M": M, "S": S, "A": A, "B": B, "C": C, "u": u, "v": v},
                          WORDS.eye("q"))  # fmt: skip
    direct = carried_out(plan, EXACT, {**letters, **scalars}, EXACT.eye(SIZES["q"]))
    assert (element.evaluate(EXACT, letters, scalars) == direct).all()


@given(plan=squares(), other=squares(), seed=st.integers(0, 10**6))
def test_equal_normal_forms_are_equal_matrices(plan: Plan, other: Plan, seed: int) -> None:
    """X·Y and (YᵀXᵀ)ᵀ have one normal form; X·Y and Y·X share one only if they agree on every instance."""
    x = {"a": a, "b": b, "M": M, "S": S, "A": A, "B": B, "C": C, "u": u, "v": v}
    X, Y = (carried_out(each, WORDS, x, WORDS.eye("q")) for each in (plan, other))
    assert X @ Y == (Y.T @ X.T).T
    assert WORDS.trace(X @ Y) == WORDS.trace(Y @ X)
    if X @ Y == Y @ X:
        letters, scalars = instance(seed)
        left, right = X.evaluate(EXACT, letters, scalars), Y.evaluate(EXACT, letters, scalars)
        assert (left @ right == right @ left).all()


def test_evaluation_in_doubles_agrees_with_numpy() -> None:
    """A word with traces and rational coefficients evaluates in doubles to what NumPy computes."""
    rng = np.random.default_rng(11)
    letters = {name: rng.normal(size=explicit(shape)) for name, shape in LETTERS.items()}
    letters["S"] = letters["S"] + letters["S"].T
    scalars = {"a": 0.7, "b": -1.3, **SIZES}
    element = (a / (3 * b)) * (v.T @ M @ u) * (B @ C @ A) + WORDS.trace(S @ S) * WORDS.eye("q") / 2
    x = letters
    direct = (0.7 / (3 * -1.3)) * float((x["v"].T @ x["M"] @ x["u"])[0, 0]) * (x["B"] @ x["C"] @ x["A"])
    direct = direct + np.trace(x["S"] @ x["S"]) / 2 * np.eye(3)
    assert np.abs(element.evaluate(NUMPY, letters, scalars) - direct).max() < 1e-12


def test_evaluation_stays_exact_when_scalars_are_python_numbers() -> None:
    """Integers and Fractions as values of scalars are converted: (p/3)·M at p = 2 is exactly 2M/3, and no float."""
    letters, _ = instance(4)
    found = (WORDS.scalar("p") / 3 * (a + 1 / (3 * b)) * M).evaluate(
        EXACT, letters, {"a": Fraction(1, 7), "b": -2, "p": 2}
    )
    assert (found == EXACT.scalar(Fraction(2, 3) * (Fraction(1, 7) - Fraction(1, 6))) * letters["M"]).all()
    constant = (WORDS.trace(M) / 3).evaluate(EXACT, letters, {})
    assert constant == EXACT.trace(letters["M"]) / 3


def test_zero_evaluates_to_zeros_of_its_shape() -> None:
    """The zero element of shape (p, r) evaluates to a p×r matrix of zeros; a scalar zero to 0."""
    letters, scalars = instance(2)
    zeros = (A @ B - A @ B).evaluate(EXACT, letters, scalars)
    assert zeros.shape == (2, 4)
    assert not zeros.any()
    assert WORDS.zeros("1", "1").evaluate(EXACT, letters, scalars) == 0


FALSE_IDENTITIES = {
    "trace of a product": (WORDS.trace(M @ S), WORDS.trace(M) * WORDS.trace(S)),
    "transposing one factor": (WORDS.trace(M @ M), WORDS.trace(M.T @ M)),
    "swapping two factors": (WORDS.trace(M @ M.T @ S), WORDS.trace(M.T @ M @ S)),
    "squared norm of a sum": (WORDS.sqnorm(u + v), WORDS.sqnorm(u) + WORDS.sqnorm(v)),
    "outer and inner product": (WORDS.sqnorm(u @ v.T), (u.T @ v) ** 2),
    "size for size": (WORDS.trace(A.T @ A) * WORDS.scalar("p"), WORDS.trace(A.T @ A) * WORDS.scalar("q")),
}


@pytest.mark.parametrize("name", FALSE_IDENTITIES)
def test_a_false_identity_is_not_zero_and_an_instance_refutes_it(name: str) -> None:
    """What is not an identity has a nonzero normal form, and exact matrices on which the sides differ."""
    left, right = FALSE_IDENTITIES[name]
    gap: Element = left - right
    assert not gap.is_zero()
    letters, scalars = instance(8)
    assert gap.evaluate(EXACT, letters, scalars) != 0


# Printing ------------------------------------------------------------------------------------------


def test_printing_is_stable_and_legible() -> None:
    """Equal elements print equally whatever order they were summed in; a 1×1 piece is printed as vᵀ…u."""
    assert str(M @ S + S @ M) == str(S @ M + M @ S)
    assert (u.T @ M @ v * S).latex() in (r"u^{\top} M v \, S", r"v^{\top} M^{\top} u \, S")
    assert WORDS.trace(M).latex() == r"\mathrm{Tr}\left(M\right)"
    assert ((a - b) * M).latex() == r"\left(a - b\right) \, M"
    assert (M - M).latex() == "0"
    assert WORDS.eye("q").latex() == "I_{q}"
