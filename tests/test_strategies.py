"""The strategies: what they promise holds exactly, boundaries are met often, and examples shrink to readable ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import hypothesis
import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from foanil import convergence, rational, strategies
from foanil.convergence import Condition
from foanil.setting import Setting, State
from foanil.strategies import Start

DRAWS = 200
CONSTANTS = (Fraction(1, 4), Fraction(3, 2), Fraction(1, 2))
Conditions = Callable[[Setting, State], Iterable[Condition]]


def printed(setting: Setting, state: State) -> Iterable[Condition]:
    """Decide the printed conditions with the constants of these tests."""
    return convergence.printed_conditions(setting, state, *CONSTANTS)


FAMILIES: dict[str, tuple[st.SearchStrategy[Start], Conditions]] = {
    "explicit": (strategies.explicit_conditions(), convergence.explicit_conditions),
    "explicit, any unit": (strategies.explicit_conditions(any_unit=True), convergence.explicit_conditions),
    "printed": (strategies.printed_conditions(*CONSTANTS), printed),
}


def draws(strategy: st.SearchStrategy[Any], check: Callable[[Any], None]) -> None:
    """Run a check on DRAWS fresh draws, the same ones every time."""

    @hypothesis.settings(max_examples=DRAWS, database=None, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(strategy)
    def run(drawn: Any) -> None:
        check(drawn)

    run()


def smallest(strategy: st.SearchStrategy[Any], wanted: Callable[[Any], bool] = lambda _: True) -> Any:
    """Return what a draw that is wanted shrinks to."""
    phases = [Phase.generate, Phase.shrink]
    once = hypothesis.settings(max_examples=DRAWS, database=None, deadline=None, derandomize=True, phases=phases)
    return hypothesis.find(strategy, wanted, settings=once)


def product_is_zero(state: State) -> bool:
    """Whether Bw = 0."""
    return not any(entry for row in rational.product(state.B, tuple((x,) for x in state.w)) for entry in row)


def smallest_share(setting: Setting, state: State) -> Fraction:
    """Return an upper bound on σ_min(B⋆ᵀB)²/‖B⋆ᵀB‖_F²: the determinant ratio of the Gram matrix, k = 1 or 2 only."""
    C = rational.product(rational.transpose(setting.B_star), state.B)
    gram = rational.product(C, rational.transpose(C))
    total = sum((gram[i][i] for i in range(setting.k)), start=Fraction(0))
    if setting.k != 2:
        return Fraction(1)
    return 2 * (gram[0][0] * gram[1][1] - gram[0][1] ** 2) / total**2


@pytest.mark.parametrize("name", FAMILIES)
def test_conditions_hold_exactly_and_boundaries_are_met_often(name: str) -> None:
    """Every condition holds for every draw, and each boundary is met by at least one draw in forty."""
    strategy, conditions = FAMILIES[name]
    met: Counter[str] = Counter()

    def check(drawn: Start) -> None:
        setting, state = drawn
        for condition in conditions(setting, state):
            assert condition.holds, f"{condition.text} fails for {setting}, {state}"
            met[condition.text] += condition.tight
        met["k_prime = k"] += setting.k_prime == setting.k
        met["k_prime = d"] += setting.k_prime == setting.d
        met["k < k_prime < d"] += setting.k < setting.k_prime < setting.d
        met["m_in = 1"] += setting.m_in == 1
        met["m_in > 1"] += setting.m_in > 1
        met["sigma = 0"] += setting.sigma_sq == 0
        met["sigma > 0"] += setting.sigma_sq > 0
        met["w = 0"] += not any(state.w)
        met["w != 0"] += any(state.w)
        met["Bw = 0, w != 0"] += product_is_zero(state) and any(state.w)
        met["nearly rank-deficient"] += smallest_share(setting, state) < Fraction(1, 1000)
        met["all entries of B nonzero"] += all(entry for row in state.B for entry in row)
        met["B_star tilted"] += any(entry not in (0, 1) for row in setting.B_star for entry in row)

    draws(strategy, check)
    never_tight = {"rank(B_star^T B_0) = k"}
    rare = {label: count for label, count in met.items() if count < DRAWS / 40 and label not in never_tight}
    assert not rare


def test_the_rank_condition_is_built_not_met_by_luck() -> None:
    """B⋆ᵀB of a unit representation has rank k and ‖B‖₂ = 1 exactly, whatever is drawn."""

    def check(drawn: tuple[strategies.Sizes, tuple[Any, Any, Any]]) -> None:
        sizes, (B_star, B, V) = drawn
        assert rational.rank(rational.product(rational.transpose(B_star), B)) == sizes.k
        gram = rational.product(rational.transpose(B), B)
        slack = tuple(tuple(int(i == j) - x for j, x in enumerate(row)) for i, row in enumerate(gram))
        assert rational.is_positive_semidefinite(slack)
        assert rational.rank(slack) < sizes.k_prime
        assert rational.orthonormality_defect(V) == 0

    pairs = strategies.sizes().flatmap(lambda s: st.tuples(st.just(s), strategies.unit_representations(s)))
    draws(pairs, check)


def test_units_are_log_uniform() -> None:
    """Units are spread over their decades evenly enough that each of seven holds some of 200 draws."""
    decades: Counter[int] = Counter()

    def check(unit: Fraction) -> None:
        decades[len(str(int(unit * 1000)))] += 1

    draws(strategies.units(3), check)
    assert set(decades) == set(range(1, 8))


def test_covariances_are_positive_semidefinite_and_often_singular() -> None:
    """Σ⋆ ⪰ 0 exactly and nonzero; singular, multiple-of-identity and tilted ones all occur."""
    met: Counter[str] = Counter()

    def check(S: Any) -> None:
        assert rational.is_positive_semidefinite(S)
        assert any(any(row) for row in S)
        met["singular"] += rational.rank(S) < 3
        met["cI"] += rational.scaled(S[0][0], rational.identity(3)) == S
        met["tilted"] += S[0][1] != 0

    draws(strategies.covariances(3), check)
    assert min(met.values()) >= DRAWS / 40


def test_first_examples_are_small_and_readable() -> None:
    """Without any demand each family shrinks to the smallest sizes, first axes, and constants at their limits."""
    assert repr(smallest(strategies.explicit_conditions())) == (
        "(Setting(d=2, k=1, k_prime=1, m_in=1, Sigma_star=4, sigma_sq=0, alpha='1/4', beta='1/4'), "
        "State(B=[[1], [0]], w=[0]))"
    )
    setting, state = smallest(strategies.printed_conditions(*CONSTANTS))
    assert (setting.d, setting.k, setting.k_prime, setting.m_in, setting.sigma_sq) == (2, 1, 1, 1, 0)
    assert state.w == (0,)


def test_examples_shrink_to_what_matters() -> None:
    """A demand on one feature leaves everything else minimal."""
    setting, state = smallest(strategies.explicit_conditions(), lambda drawn: drawn[0].k == 2 and any(drawn[1].w))
    assert (setting.d, setting.k_prime, setting.m_in, setting.sigma_sq) == (3, 2, 1, 0)
    assert setting.B_star == rational.columns(rational.identity(3), 0, 2)
    assert all(entry in (0, 1) for row in state.B for entry in row)
    setting, _ = smallest(strategies.explicit_conditions(), lambda drawn: drawn[0].sigma_sq > 0)
    assert (setting.d, setting.k, setting.k_prime, setting.m_in) == (2, 1, 1, 1)


def test_hypothesis_finds_the_strategy_by_type() -> None:
    """After the entry point's hook, st.from_type(Setting) draws settings."""
    strategies._hypothesis_setup_hook()
    assert isinstance(smallest(st.from_type(Setting)), Setting)


@given(strategies.settings(any_covariance=False))
def test_settings_of_assumption_1_have_their_c(setting: Setting) -> None:
    """With any_covariance=False every draw satisfies Assumption 1."""
    assert setting.c > 0
