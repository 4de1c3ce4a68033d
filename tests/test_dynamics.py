"""The iteration: two arrangements that are one map, the dimensionless form, trajectories, lost digits."""

from __future__ import annotations

import functools
import itertools
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given

from foanil import arithmetic, dynamics, statements, strategies
from foanil.arrays import EXACT, NUMPY, NumberSystem, ball_system, mpmath_system
from foanil.dynamics import Iterate, Reduced
from foanil.paper_alphabet import paper_alphabet
from foanil.setting import DimensionError, Setting, ShapeError, State, dimensionless, isotropic, orthonormal, rescaled
from foanil.sliced import SlicedSystem, format_for
from foanil.words import Alphabet, Element, Letter, alphabet

SETTING = Setting(5, 2, 3, 4, [["3/2", "1/4"], ["1/4", "2/3"]], "1/2", "1/3", "1/5")
STATE = State(
    [["1/2", "-1/3", "1/5"], ["1/7", "2/5", "-1/4"], ["1/3", "1/6", "-1/2"], ["-1/5", "1/4", "1/3"], [1, "1/9", 0]],
    ["1/2", "-2/3", "1/4"],
)


def gap(left: Iterate, right: Iterate) -> Any:
    """Return the largest entry of the difference of two iterates."""
    return max(abs(x) for A, B in ((left.B, right.B), (left.w, right.w)) for x in (A - B).ravel())


def letters_in_words(words: Alphabet) -> dict[str, Element]:
    """Return the letters of a step as elements."""
    scalars = {name: words.scalar(name) for name in ("alpha", "beta", "sigma_sq", "m_in")}
    return {**scalars, **{name: words.letter(name) for name in ("B_star", "Sigma_star")}}


def arrangement_gap(step: dynamics.Step) -> Iterate:
    """Return fast_step − step in matrix words."""
    words = paper_alphabet()
    theta, letters = Iterate(words.letter("B"), words.letter("w")), letters_in_words(words)
    fast, slow = dynamics.fast_step(words, letters, theta), step(words, letters, theta)
    return Iterate(fast.B - slow.B, fast.w - slow.w)


def test_both_arrangements_are_one_map_in_every_dimension() -> None:
    """fast_step − step is the zero word, for all sizes and every Σ⋆."""
    difference = arrangement_gap(dynamics.step)
    assert difference.B.is_zero()
    assert difference.w.is_zero()


def test_the_comparison_sees_a_wrong_arrangement() -> None:
    """With m_in + 1 in (7), or β doubled in (5), the words differ."""

    def more_samples(xp: Any, *arrays: Any, m_in: Any, **scalars: Any) -> Any:
        return statements.second_moment(xp, *arrays, m_in=m_in + 1, **scalars)

    def faster(xp: Any, B: Any, w: Any, alpha: Any, beta: Any) -> Any:
        return statements.head_step(xp, B, w, alpha=alpha, beta=2 * beta)

    assert not arrangement_gap(functools.partial(dynamics.step, second_moment=more_samples)).B.is_zero()
    assert not arrangement_gap(functools.partial(dynamics.step, head_step=faster)).w.is_zero()


@pytest.mark.parametrize(
    "name", ["beta_alpha_sq_weight", "alpha_beta_signal", "beta_over_m", "spread", "total", "alpha", "beta", "B_star"]
)
def test_every_prepared_letter_matters(name: str) -> None:
    """With any one of the letters of the arrangement doubled it is another map: the words differ."""
    words = paper_alphabet()
    theta, letters = Iterate(words.letter("B"), words.letter("w")), letters_in_words(words)
    prepared = dynamics.prepared(words, letters)
    wrong = dynamics.prepared_step(words, {**prepared, name: 2 * prepared[name]}, theta)
    right = dynamics.step(words, letters, theta)
    assert not (wrong.B - right.B).is_zero() or not (wrong.w - right.w).is_zero()


@given(strategies.settings())
def test_both_arrangements_agree_exactly_on_rationals(setting: Setting) -> None:
    """step and fast_step give the same rationals, at every size and covariance drawn."""
    entries = [[Fraction((7 * i + 3 * j) % 11 - 5, 6) for j in range(setting.k_prime)] for i in range(setting.d)]
    theta = dynamics.start(EXACT, setting, State(entries, [Fraction(j + 1, 4) for j in range(setting.k_prime)]))
    letters = setting.in_system(EXACT)
    assert gap(dynamics.step(EXACT, letters, theta), dynamics.fast_step(EXACT, letters, theta)) == 0


def test_one_step_by_hand() -> None:
    """d = 2, k = k′ = m_in = 1, B = (1, 1), w = 1, c = σ² = 1, α = 1/2, β = 1/4: B₊ = (1/4, 1/8), w₊ = 1.

    G = 2 and I − αG = 0, so w stays; (7) is 0 + 1/4 + (1/4)(4 + 1 + 2·(2 + 1 + 1)) = 7/2, and so
    B₊ = B − (7/8)B + (1/8, 0).
    """
    setting, state = isotropic(2, 1, 1, 1, 1, 1, "1/2", "1/4"), State([[1], [1]], [1])
    theta = dynamics.step(EXACT, setting.in_system(EXACT), dynamics.start(EXACT, setting, state))
    assert theta.w.tolist() == [[1]]
    assert theta.B.tolist() == [[EXACT.scalar(Fraction(1, 4))], [EXACT.scalar(Fraction(1, 8))]]


SYSTEMS = [(NUMPY, 1e-15), (mpmath_system(50), 1e-49), (ball_system(50), 1e-48)]


@pytest.mark.parametrize(("xp", "error"), SYSTEMS, ids=[xp.name for xp, _ in SYSTEMS])
def test_one_transcription_runs_in_every_system(xp: NumberSystem, error: float) -> None:
    """Three steps in doubles, mpmath and balls agree with three exact rational steps."""
    exact = list(dynamics.trajectory(EXACT, SETTING, STATE, 3))[-1]
    with xp.working():
        *_, last = dynamics.trajectory(xp, SETTING, STATE, 3)
        for came, true in ((last.B, exact.B), (last.w, exact.w)):
            for x, y in zip(came.ravel(), true.ravel(), strict=True):
                wanted = xp.scalar(Fraction(int(y.numerator), int(y.denominator)))
                assert abs(x - wanted) < error


def test_a_trajectory_counts_its_steps() -> None:
    """trajectory yields θ_0, …, θ_T, and observations are numbered alike."""
    assert len(list(dynamics.trajectory(NUMPY, SETTING, STATE, 7))) == 8
    assert [o.t for o in dynamics.observations(NUMPY, SETTING, STATE, 7)] == list(range(8))
    assert len(list(dynamics.trajectory(NUMPY, SETTING, STATE, 0))) == 1


def test_a_start_must_fit() -> None:
    """A point of another shape than its setting's is refused before any step."""
    with pytest.raises(ShapeError, match="B must have shape"):
        dynamics.start(NUMPY, SETTING, State([[1, 2, 3]] * 4, [1, 2, 3]))
    assert issubclass(DimensionError, ValueError)


def test_an_observation_is_what_it_says() -> None:
    """Norms and eigenvalues of an observation agree with NumPy's, in doubles, mpmath and balls."""
    B, w = np.array(STATE.B, dtype=float), np.array(STATE.w, dtype=float)
    for xp, _ in SYSTEMS:
        with xp.working():
            letters = SETTING.in_system(xp)
            seen = dynamics.observe(xp, letters, dynamics.start(xp, SETTING, STATE), 0)
            values = [seen.complement_sq, seen.output_sq, seen.head_sq, seen.representation_sq, *seen.gram_eigenvalues]
            wanted = [
                np.linalg.norm(B[2:], 2) ** 2,
                (B @ w) @ (B @ w),
                w @ w,
                np.linalg.norm(B, 2) ** 2,
                *np.linalg.eigvalsh(B[:2] @ B[:2].T),
            ]
            assert [float(x) for x in values] == pytest.approx(wanted, rel=1e-13)


def test_balls_keep_the_exact_iterate_until_their_digits_are_lost() -> None:
    """Balls contain the exact iterate, their radius is reported, and a trajectory without digits left is an error."""
    xp = ball_system(15)
    exact = list(dynamics.trajectory(EXACT, SETTING, STATE, 3))[-1]
    with xp.working():
        *_, last = dynamics.trajectory(xp, SETTING, STATE, 3)
        assert 0 < dynamics.radius(xp, last) < 1e-10
        for x, y in zip(last.B.ravel(), exact.B.ravel(), strict=True):
            assert x.contains(xp.scalar(Fraction(int(y.numerator), int(y.denominator))))
        with pytest.raises(dynamics.DigitsLostError, match="more digits or stop earlier"):
            for _ in dynamics.trajectory(xp, SETTING, STATE, 4000):
                pass
    assert dynamics.radius(NUMPY, dynamics.start(NUMPY, SETTING, STATE)) == 0


# Many digits -------------------------------------------------------------------------------------


ORACLE = mpmath_system(200)
"""Where the transcription runs, from the exact point that a followed step started at."""

DIGITS = 50

ARITHMETICS = {
    "balls": arithmetic.balls(DIGITS),
    "slices": SlicedSystem(format_for(arithmetic.bits_of(DIGITS), 7)),
    "many-slices": SlicedSystem(format_for(arithmetic.bits_of(DIGITS), 2000)),
}


def wide_problem() -> tuple[Setting, State]:
    """Return a problem of sizes 7, 2, 5 whose first steps move B by a third."""
    B = [[Fraction((11 * i * i + 7 * j + i * j) % 17 - 8, 9) for j in range(5)] for i in range(7)]
    frame = orthonormal([[1, 2], [3, -1], [1, 1], [0, 2], [-2, 1], [1, 0], [0, 1]])
    setting = Setting(7, 2, 5, 3, [["3/2", "1/4"], ["1/4", "2/3"]], "1/2", "1/9", "1/11", frame)
    return setting, State(B, [Fraction(j * j - 3, 7) for j in range(5)])


def in_oracle(point: arithmetic.Rounded) -> Iterate:
    """Return a point without radii as exact numbers of the oracle."""
    return Iterate(*point.mpmath(ORACLE.scalar(1).context))


def local_errors(setting: Setting, state: State, steps: int, formula: dynamics.Step) -> list[tuple[float, float]]:
    """Return for each followed step its true relative error, by an oracle, and the bound that comes with it."""
    letters, found = setting.in_system(ORACLE), []
    for before, after in itertools.pairwise(dynamics.followed(setting, state, steps, DIGITS)):
        start, came = in_oracle(before), in_oracle(after)
        wanted = formula(ORACLE, letters, start)
        pairs = ((came.B, wanted.B, start.B), (came.w, wanted.w, start.w))
        true = max(abs(x - y).max() / max(abs(x).max(), abs(z).max()) for x, y, z in pairs)
        found.append((float(true), after.error))
    return found


def use(patch: pytest.MonkeyPatch, system: arithmetic.System) -> None:
    """Let one arithmetic be tried first at every size."""
    longer = [arithmetic.balls(DIGITS, times) for times in arithmetic.REFINEMENTS]
    patch.setattr(arithmetic, "candidates", lambda digits, setting: [system, *longer])


@pytest.fixture(params=ARITHMETICS)
def forced(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let every size be followed in one arithmetic."""
    use(monkeypatch, ARITHMETICS[request.param])
    return str(request.param)


def test_followed_steps_contain_the_transcription(forced: str) -> None:
    """The transcription at 200 digits lies within the proved bound of every step, and the bound is below 10⁻⁵⁰."""
    errors = local_errors(*wide_problem(), 12, dynamics.step)
    assert len(errors) == 12
    for true, bound in errors:
        assert true <= bound <= 1e-50
    # The bound is no fiction: some step comes within a few digits of it.
    assert max(true / bound for true, bound in errors) > 1e-5


def test_a_wrong_transcription_lies_outside(forced: str) -> None:
    """With 10⁻⁴⁹ of one term of (7) missing, no step is within its bound."""

    def almost(xp: Any, *arrays: Any, sigma_sq: Any, **scalars: Any) -> Any:
        return statements.second_moment(xp, *arrays, sigma_sq=sigma_sq * (1 - xp.scalar(10) ** -46), **scalars)

    errors = local_errors(*wide_problem(), 3, functools.partial(dynamics.step, second_moment=almost))
    assert all(true > bound for true, bound in errors)


def test_both_arithmetics_follow_one_trajectory() -> None:
    """After 40 steps balls, slices and the transcription in mpmath numbers agree to 47 digits."""
    setting, state = wide_problem()
    xp = mpmath_system(DIGITS)
    *_, wanted = dynamics.trajectory(xp, setting, state, 40, dynamics.step)
    for system in ARITHMETICS.values():
        with pytest.MonkeyPatch.context() as patch:
            use(patch, system)
            *_, last = dynamics.trajectory(xp, setting, state, 40)
        assert gap(last, wanted) < 1e-47


def test_the_arithmetic_is_chosen_by_size() -> None:
    """Small steps go to balls, large ones to slices; both are what they are asked for."""
    small = isotropic(24, 2, 23, 4, 1, 1, "1/2", "1/4")
    large = isotropic(24, 2, 24, 4, 1, 1, "1/2", "1/4")
    assert arithmetic.candidates(DIGITS, small) == [arithmetic.balls(DIGITS, times) for times in (1, 2, 4, 8)]
    kinds = [type(xp).__name__ for xp in arithmetic.candidates(DIGITS, large)]
    assert kinds == ["SlicedSystem"] * 2 + ["BallMatrixSystem"] * 4


def test_a_step_that_misses_its_digits_is_repeated_in_longer_balls(monkeypatch: pytest.MonkeyPatch) -> None:
    """From an arithmetic of 20 digits followed steps still have 50; after a while the first one is tried again."""
    setting, state = wide_problem()
    use(monkeypatch, SlicedSystem(format_for(70, 7)))
    tried = []
    of_integers = SlicedSystem.of_integers
    monkeypatch.setattr(SlicedSystem, "of_integers", lambda *given: (tried.append(1), of_integers(*given))[1])
    monkeypatch.setattr(arithmetic, "PATIENCE", 3)
    for true, bound in local_errors(setting, state, 7, dynamics.step):
        assert true <= bound <= 1e-50
    # B and w come back into slices at t = 3 and 6; at t = 0 they were there.
    assert len(tried) == 4


def test_slices_are_used_where_they_are_enough(forced: str) -> None:
    """With an arithmetic that has the digits no step goes to another."""
    setting, state = wide_problem()
    kinds = {type(point.B).__name__ for point in dynamics.followed(setting, state, 5, DIGITS)}
    assert kinds == {"BallMatrix" if forced == "balls" else "Sliced"}


@pytest.mark.parametrize("root", ["1/64", 1, 1000])
def test_the_unit_of_labels_does_not_matter(forced: str, root: Any) -> None:
    """Under y → λy no digit is lost: points gain λ^{1/2} to all digits, whatever the size of α."""
    xp, (setting, state) = mpmath_system(DIGITS), wide_problem()
    *_, plain = dynamics.trajectory(xp, setting, state, 5)
    *_, moved = dynamics.trajectory(xp, *rescaled(setting, state, root), 5)
    u = xp.scalar(Fraction(root))
    assert gap(Iterate(moved.B / u, moved.w / u), plain) < 1e-49


def test_numbers_beyond_doubles_are_followed_in_balls(forced: str) -> None:
    """A start that runs away is followed as far as the transcription follows it."""
    setting, state = wide_problem()
    far = State([[10**40 * x for x in row] for row in state.B], state.w)
    for true, bound in local_errors(setting, far, 2, dynamics.step):
        assert true <= bound <= 1e-50


def test_no_digits_at_any_length_is_an_error() -> None:
    """A step that no precision makes precise is refused, with the error that it had."""
    setting, state = wide_problem()

    def vague(xp: Any, letters: Any, B: Any, w: Any) -> tuple[Any, Any]:
        return (letters["alpha"] + flint.arb(0, 1e-20)) * B, w

    with pytest.raises(dynamics.DigitsLostError, match=r"at most 1e-50; got 6.*e-21"):
        list(arithmetic.follow(lambda xp, letters: letters, vague, setting, state, 1, DIGITS))


def test_points_at_zero_stay_there(forced: str) -> None:
    """w_0 = 0 stays exactly zero, and B_0 = 0 too."""
    setting, state = wide_problem()
    *_, last = dynamics.trajectory(mpmath_system(DIGITS), setting, State(state.B, [0] * 5), 3)
    assert not any(last.w.ravel())
    *_, last = dynamics.trajectory(mpmath_system(DIGITS), setting, State([[0] * 5] * 7, state.w), 3)
    assert not any(last.B.ravel())


def test_a_trajectory_may_be_read_now_and_then() -> None:
    """every = n yields θ_0, θ_n, …, the same points, in mpmath numbers and in doubles."""
    setting, state = wide_problem()
    for xp in (mpmath_system(DIGITS), NUMPY):
        every = list(dynamics.trajectory(xp, setting, state, 7))
        third = list(dynamics.trajectory(xp, setting, state, 7, every=3))
        assert len(third) == 3
        assert all(gap(x, y) == 0 for x, y in zip(third, every[::3], strict=True))


def test_more_digits_than_errors_can_tell_run_as_transcribed() -> None:
    """Beyond MOST_DIGITS a trajectory is plain mpmath arithmetic, with all its digits."""
    setting, state = wide_problem()
    digits = arithmetic.MOST_DIGITS + 10
    exact = list(dynamics.trajectory(mpmath_system(2 * digits), setting, state, 2, dynamics.step))[-1]
    *_, last = dynamics.trajectory(mpmath_system(digits), setting, state, 2)
    assert gap(last, exact) < exact.w[0, 0].context.mpf(10) ** (3 - digits)


# Dimensionless form ------------------------------------------------------------------------------


def pure_words() -> Alphabet:
    """Return the alphabet of C, D, ŵ with r = √α, h = √(αc), κ as scalars."""
    letters = [
        Letter("B_star", ("d", "k")),
        Letter("B_star_perp", ("d", "d-k")),
        Letter("C", ("k", "k_prime")),
        Letter("D", ("d-k", "k_prime")),
        Letter("w", ("k_prime", "1")),
    ]
    words = alphabet(["d", "k", "k_prime", "m_in", "r", "h", "beta", "kappa"], letters)
    B_star, B_perp = words.letter("B_star"), words.letter("B_star_perp")
    return (
        words.with_rule(B_star.T @ B_star, words.eye("k"))
        .with_rule(B_perp.T @ B_perp, words.eye("d-k"))
        .with_rule(B_perp.T @ B_star, words.zeros("d-k", "k"))
    )


def dimensionless_gap(changed: dict[str, int]) -> list[Element]:
    """Return reduced(step(θ)) − reduced_step(reduced(θ)) in words, Σ⋆ = cI; `changed` shifts some of the numbers."""
    words = pure_words()
    r, h, beta, kappa, m_in = (words.scalar(name) for name in ("r", "h", "beta", "kappa", "m_in"))
    alpha, c = r**2, h**2 / r**2
    letters = {
        "alpha": alpha,
        "beta": beta,
        "m_in": m_in,
        "sigma_sq": c * (kappa - words.scalar("k")),
        "Sigma_star": c * words.eye("k"),
        "B_star": words.letter("B_star"),
        "B_star_perp": words.letter("B_star_perp"),
    }
    point = Reduced(words.letter("C"), words.letter("D"), words.letter("w"))
    theta = Iterate((letters["B_star"] @ point.C + letters["B_star_perp"] @ point.D) / r, h * point.w)
    numbers = {
        "a": alpha * beta * c,
        "rho": beta / alpha,
        "kappa": kappa,
        "m": m_in,
        "q": kappa / m_in,
        "s": 1 + (1 + kappa) / m_in,
    }
    numbers = {name: value + changed.get(name, 0) for name, value in numbers.items()}
    direct = dynamics.reduced(letters, dynamics.step(words, letters, theta), r, h)
    pure = dynamics.reduced_step(words, numbers, point)
    return [direct.C - pure.C, direct.D - pure.D, direct.w - pure.w]


def test_the_dimensionless_form_is_the_iteration() -> None:
    """(5)-(6) in C, D, ŵ involve a, ρ, κ, m only, and are reduced_step: zero words, every size."""
    assert all(element.is_zero() for element in dimensionless_gap({}))


@pytest.mark.parametrize(
    ("name", "blocks"), [("a", (0, 1)), ("q", (0, 1)), ("s", (0, 1)), ("m", (0, 1)), ("rho", (2,))]
)
def test_every_dimensionless_number_matters(name: str, blocks: tuple[int, ...]) -> None:
    """A wrong a, q, s, m or ρ shows in the blocks that it enters, and in no other."""
    wrong = [index for index, element in enumerate(dimensionless_gap({name: 1})) if not element.is_zero()]
    assert tuple(wrong) == blocks


def test_the_dimensionless_form_agrees_exactly_on_rationals() -> None:
    """With √α and √(αc) rational, one reduced step equals the reduced step, exactly."""
    # α = 1/4, αc = 9/16.
    setting = isotropic(5, 2, 3, 4, "9/4", "1/2", "1/4", "1/5")
    letters, numbers = setting.in_system(EXACT), dynamics.numbers_in_system(EXACT, dimensionless(setting))
    roots = EXACT.scalar(Fraction(1, 2)), EXACT.scalar(Fraction(3, 4))
    theta = dynamics.start(EXACT, setting, STATE)
    direct = dynamics.reduced(letters, dynamics.step(EXACT, letters, theta), *roots)
    pure = dynamics.reduced_step(EXACT, numbers, dynamics.reduced(letters, theta, *roots))
    assert all((getattr(direct, name) == getattr(pure, name)).all() for name in ("C", "D", "w"))
