"""What `certify` says and writes, word for word and bound for bound, of starts whose answers are known."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foanil.certificates import certify as module
from foanil.certificates.certify import Answer, certify, has_silent_head, in_balls, shown, start_in_balls
from foanil.certificates.check import check
from foanil.certificates.enclosure import Enclosure, working_system
from foanil.certificates.gram_form import GramPoint
from foanil.certificates.problem import Problem, load_problem
from foanil.setting import dimensionless

EXAMPLES = Path(__file__).parents[1] / "examples"
TENTH = Fraction(1, 10)


def example(name: str, *changes: str) -> Problem:
    """Return a supplied start, with changes."""
    return load_problem(EXAMPLES / f"{name}.toml", list(changes))


def answered(name: str, *changes: str, **options: Any) -> Answer:
    """Return the answer to a supplied start; what it writes passes the independent checker."""
    answer = certify(example(name, *changes), **options)
    assert (answer.certificate is None) == (answer.outcome == "UNDECIDED")
    if answer.certificate is not None:
        assert check(answer.certificate).startswith(answer.outcome)
    return answer


# The start, its changes, the options, and the lines of the answer.
LINES: dict[str, tuple[str, tuple[str, ...], dict[str, Any], tuple[str, ...]]] = {
    "inside": (
        "inside-the-region",
        (),
        {},
        (
            "CERTIFIED: the three limits of (8) hold from this start; in the region at t = 0.",
            "‖αΛ‖ ≤ 0.5, α‖B⋆,⊥ᵀB‖² ≤ 0.0133325, ‖w‖²/(αc) ≤ 0.601633.",
        ),
    ),
    "inside, with times": (
        "inside-the-region",
        (),
        {"epsilon": TENTH},
        (
            "CERTIFIED: the three limits of (8) hold from this start; in the region at t = 0.",
            "‖αΛ‖ ≤ 0.5, α‖B⋆,⊥ᵀB‖² ≤ 0.0133325, ‖w‖²/(αc) ≤ 0.601633.",
            "ε = 1/10:",
            "  ‖B⋆,⊥ᵀB_t‖² ≤ ε for all t ≥ 0",
            "  ‖B_tw_t‖ ≤ ε for some t ≤ 70, and for all t ≥ 135",
            "  ‖αΛ_t − x⋆I‖ ≤ ε for all t ≥ 132",
        ),
    ),
    "another variance, with times": (
        "inside-the-region",
        ("c=4", "beta=0.03", "alpha=0.2"),
        {"epsilon": TENTH},
        (
            "CERTIFIED: the three limits of (8) hold from this start; in the region at t = 0.",
            "‖αΛ‖ ≤ 0.551724, α‖B⋆,⊥ᵀB‖² ≤ 0.010666, ‖w‖²/(αc) ≤ 0.18801.",
            "ε = 1/10:",
            "  ‖B⋆,⊥ᵀB_t‖² ≤ ε for all t ≥ 0",
            "  ‖B_tw_t‖ ≤ ε for some t ≤ 387, and for all t ≥ 387",
            "  ‖αΛ_t − x⋆I‖ ≤ ε for all t ≥ 190",
        ),
    ),
    "too fine": (
        "inside-the-region",
        (),
        {"epsilon": Fraction(4, 10**18)},
        (
            "CERTIFIED: the three limits of (8) hold from this start; in the region at t = 0.",
            "‖αΛ‖ ≤ 0.5, α‖B⋆,⊥ᵀB‖² ≤ 0.0133325, ‖w‖²/(αc) ≤ 0.601633.",
            "ε = 1/250000000000000000:",
            "  ‖B⋆,⊥ᵀB_t‖² ≤ ε for all t ≥ 21333333333333331734",
            (
                "  ‖B_tw_t‖ ≤ ε for some t ≤ 44151045545020339866923923030128131, and from some time on, "
                "which was not found"
            ),
            "  ‖αΛ_t − x⋆I‖ ≤ ε from some time on, which was not found",
        ),
    ),
    "too late": (
        "inside-the-region",
        (),
        {"epsilon": Fraction(1, 10**2100)},
        (
            "CERTIFIED: the three limits of (8) hold from this start; in the region at t = 0.",
            "‖αΛ‖ ≤ 0.5, α‖B⋆,⊥ᵀB‖² ≤ 0.0133325, ‖w‖²/(αc) ≤ 0.601633.",
            "ε is so small that its times have more than 4000 digits: none are given.",
        ),
    ),
    "large start": (
        "large-start",
        (),
        {},
        (
            (
                "CERTIFIED: the three limits of (8) hold from this start; in the region at t = 2, after 2 "
                "rigorous steps that multiply the radius by 1.11."
            ),
            "‖αΛ‖ ≤ 0.654806, α‖B⋆,⊥ᵀB‖² ≤ 0.269526, ‖w‖²/(αc) ≤ 0.076923.",
        ),
    ),
    "large start, with times": (
        "large-start",
        (),
        {"epsilon": TENTH},
        (
            (
                "CERTIFIED: the three limits of (8) hold from this start; in the region at t = 2, after 2 "
                "rigorous steps that multiply the radius by 1.11."
            ),
            "‖αΛ‖ ≤ 0.654806, α‖B⋆,⊥ᵀB‖² ≤ 0.269526, ‖w‖²/(αc) ≤ 0.076923.",
            "ε = 1/10:",
            "  ‖B⋆,⊥ᵀB_t‖² ≤ ε for all t ≥ 777",
            "  ‖B_tw_t‖ ≤ ε for some t ≤ 60, and for all t ≥ 299",
            "  ‖αΛ_t − x⋆I‖ ≤ ε for all t ≥ 62",
        ),
    ),
    "silent": (
        "silent-head",
        (),
        {},
        (
            "CERTIFIED: the three limits of (8) hold from this start; in the region at t = 0.",
            "‖αΛ‖ ≤ 0.5, α‖B⋆,⊥ᵀB‖² ≤ 0.01018, ‖w‖²/(αc) ≤ 0.",
            "B_0w_0 = 0: the head never moves and its length does not matter.",
        ),
    ),
    "long head": (
        "long-head",
        (),
        {},
        (
            (
                "CERTIFIED: the three limits of (8) hold from this start; in the region at t = 61, after "
                "61 rigorous steps that multiply the radius by 1.38e+03."
            ),
            "‖αΛ‖ ≤ 0.5, α‖B⋆,⊥ᵀB‖² ≤ 0.00766118, ‖w‖²/(αc) ≤ 1.04288.",
            "‖w‖² ≥ αc, but from t = 63 on λ_min(αΛ) ≥ 0.0930573.",
        ),
    ),
    "rank": (
        "rank-deficient",
        (),
        {},
        (
            "REFUTED: rank(B⋆ᵀB_0) = 1 < k = 2, exactly. C_(t+1) = C_t·M_t keeps it at most 1 for ever,",
            "so that λ_min(Λ_t) = 0 while Λ⋆ is positive definite: the third limit of (8) fails.",
        ),
    ),
    "collapse": (
        "collapsing-head",
        (),
        {},
        (
            "REFUTED: collapse. The head is 1.44 > 1 times αc in square along a singular direction of",
            "B⋆ᵀB_0 with αχ² = 0.0001, small enough: λ_min(αΛ_t) → 0, and the third limit of (8) fails.",
        ),
    ),
    "C grows": (
        "diverging",
        (),
        {},
        (
            "REFUTED: divergence. At t = 1, ‖C_t‖² = αλ_max(Λ_t) ≥ 3.06164 exceeds 0.611111,",
            "beyond which it grows by a constant factor at every step: the limits of (8) fail.",
        ),
    ),
    "D grows": (
        "diverging-complement",
        (),
        {},
        (
            "REFUTED: divergence. At t = 0, α‖B⋆,⊥ᵀB_t‖² ≥ 7.32304 exceeds 0.666667,",
            "beyond which it grows by a constant factor at every step: the limits of (8) fail.",
        ),
    ),
    "unseen": (
        "unseen-direction",
        (),
        {},
        (
            (
                "REFUTED: a direction that is never seen. The columns of B⋆ᵀB_t stay in the span of "
                "Σ⋆ʲB⋆ᵀB_0, j = 0, 1, …,"
            ),
            "and u = (-1, 1, 0) is orthogonal to it, exactly: uᵀΛ_tu = 0 for ever,",
            "while αuᵀΛ⋆u/‖u‖² = 0.5625: Λ_t does not tend to the Λ⋆ of (8).",
        ),
    ),
    "not isotropic": (
        "any-covariance",
        (),
        {},
        (
            "UNDECIDED: convergence is proved for Sigma_star = c·I with c > 0 only (Assumption 1). Another one can be",
            "refuted by a direction that B_star^T B_t never sees: this start has none.",
            "violated: Sigma_star = c I, by max|Sigma_star - c I| = 1, c = 1",
        ),
    ),
    "not followed": (
        "large-start",
        (),
        {"steps": 0},
        (
            (
                "UNDECIDED: the region of the theorem is not entered up to t = 0 (followed for 0 steps; "
                "raise --steps to go on)."
            ),
            "violated: ell + delta < 1: 1.11283421 against 1, by 0.113",
        ),
    ),
    "not followed far enough": (
        "undecided-head",
        (),
        {"steps": 3},
        (
            (
                "UNDECIDED: the region of the theorem is not entered up to t = 3 (followed for 3 steps; "
                "raise --steps to go on)."
            ),
            "violated: ||w||^2 < alpha c: 1.4390014 against 1, by 0.439",
        ),
    ),
    "digits lost at once": (
        "inside-the-region",
        ("w_0=[1e400,0,0]",),
        {"steps": 3},
        (
            (
                "UNDECIDED: the region of the theorem is not entered up to t = 0 (expected an error below "
                "0.125; at step 0 it is inf; start with more digits)."
            ),
            "violated: ||w||^2 < alpha c: 1e+800 against 1, by 1e+800",
            "violated: ell + delta < 1: 1e+738 against 1, by 1e+738",
            "violated: (ell + delta)(1 + 2/m_in) <= 2: 1e+739 against 2, by 1e+739",
            "violated: 2 a q delta <= 1: 1e+737 against 1, by 1e+737",
            "violated: a (s ell + q delta + omega) <= 1: 1e+799 against 1, by 1e+799",
        ),
    ),
}

DIGESTS = {
    "rank": "3218e7ea96f55404358df7324b534dcf79a31aecbfdd58c88f9c731eee7a4a20",
    "collapse": "759adabc656cb05b6af4c7deeec1939132ba6461819d7632185d3b98f4f7a091",
    "unseen": "c13dcd626783bb3ed33a0f523280eab23b379d539a8fe512f990c1a9add7fed8",
}
"""Of certificates in which everything is exact, so that no machine can change a digit."""

REGIONS: dict[str, dict[str, Any]] = {
    "inside": {
        "t": 0,
        "ell": 0.5,
        "delta": 0.01333246582887,
        "omega": 737 / 1225,
        "zeta": 0.040771499761,
        "floor": 0.002762524704,
    },
    "another variance, with times": {
        "t": 0,
        "ell": 16 / 29,
        "delta": 0.01066597266309,
        "omega": 737 / 3920,
        "zeta": 0.020385749880,
        "floor": 0.00221001976354,
    },
    "large start": {
        "t": 2,
        "ell": 0.654806101198,
        "delta": 0.269526385408,
        "omega": 0.0769229947636,
        "zeta": 0.2140707938739,
        "floor": 0.4309139138944,
    },
    "silent": {"t": 0, "ell": 0.5, "delta": 0.01018001406467, "omega": 0, "zeta": 0, "floor": 0.002386483519286},
}


@pytest.mark.parametrize("name", LINES)
def test_answers_are_worded_as_their_start_deserves(name: str) -> None:
    """The lines say the outcome, the reason, the bounds and the times, and what is written passes the checker."""
    start, changes, options, lines = LINES[name]
    assert answered(start, *changes, **options).lines == lines


@pytest.mark.parametrize("name", DIGESTS)
def test_exact_certificates_have_their_digest(name: str) -> None:
    """A refutation without rounding is the same to the last byte everywhere."""
    start, changes, options, _ = LINES[name]
    certificate = answered(start, *changes, **options).certificate
    assert certificate is not None
    assert certificate["digest"] == DIGESTS[name]


@pytest.mark.parametrize("name", REGIONS)
def test_regions_have_the_bounds_of_the_iterate(name: str) -> None:
    """Bounds are rounded outward by less than a part in a million, and exact where the start is."""
    start, changes, options, _ = LINES[name]
    certificate = answered(start, *changes, **options).certificate
    assert certificate is not None
    region = {key: float(Fraction(value)) for key, value in certificate["region"].items()}
    assert region == pytest.approx(REGIONS[name], rel=1e-6)
    assert certificate["silent_head"] is (name == "silent")
    assert (certificate["enclosure"] is None) == (region["t"] == 0)
    assert (certificate["guarantees"] is None) == ("times" not in name)
    assert certificate["trapping"] is None


@pytest.mark.parametrize(
    ("name", "part", "t", "least"), [("diverging", "C", 1, 3.0616351), ("diverging-complement", "D", 0, 7.3230441)]
)
def test_divergence_names_a_part_a_time_and_a_quotient(name: str, part: str, t: int, least: float) -> None:
    """The quotient along the direction is that of the largest eigenvalue, to six digits."""
    certificate = answered(name).certificate
    assert certificate is not None
    found = certificate["refutation"]
    assert (found["reason"], found["part"], found["t"]) == ("divergence", part, t)
    assert float(Fraction(found["at_least"])) == pytest.approx(least, rel=1e-6)
    assert math.hypot(*(float(Fraction(entry)) for entry in found["direction"])) == pytest.approx(1, rel=1e-5)


def test_a_trap_is_written_where_the_head_stays_long() -> None:
    """For ‖w‖² ≥ αc the certificate has the chain that leads to the trap, from the region's time on."""
    seen: list[tuple[str, int, int]] = []
    certificate = answered("long-head", steps=61, watch=lambda *said: seen.append(said)).certificate
    assert certificate is not None
    assert certificate["trapping"][0][0] == certificate["region"]["t"] == 61
    assert certificate["trapping"][-1][0] == 63
    assert seen == [("following the iteration, at most", 61, t) for t in range(62)]


def test_a_silent_head_is_exactly_silent() -> None:
    """B_0w_0 = 0 is decided in rationals, and then w_0 counts as 0."""
    assert has_silent_head(example("silent-head"))
    assert not has_silent_head(example("inside-the-region"))
    xp = working_system(30)
    with xp.working():
        point = start_in_balls(xp, example("silent-head"), silent=True)
        assert all(x == 0 for x in (*point.v.ravel(), point.omega))
        assert start_in_balls(xp, example("silent-head")).omega.mid() > 0


def test_numbers_and_start_are_those_of_the_gram_form() -> None:
    """H = αBBᵀ, v = Bw/√c, ω = ‖w‖²/(αc) and the dimensionless numbers, at a variance other than 1."""
    problem = example("large-start", "c=4", "alpha=0.2", "beta=0.03")
    exact, xp = dimensionless(problem.setting), working_system(30)
    B, w = np.array(problem.start.B, dtype=float), np.array(problem.start.w, dtype=float)
    Q = np.array(problem.setting.B_star, dtype=float)
    with xp.working():
        numbers, point = in_balls(xp, problem, exact), start_in_balls(xp, problem)
        for name in ("a", "rho", "m", "s", "q"):
            assert float(getattr(numbers, name).mid()) == pytest.approx(float(getattr(exact, name)))
        assert doubles(numbers.P) == pytest.approx(Q @ Q.T)
        assert doubles(point.H) == pytest.approx(0.2 * B @ B.T)
        assert doubles(point.v).ravel() == pytest.approx(B @ w / 2)
        assert float(point.omega.mid()) == pytest.approx(w @ w / 0.8)


def doubles(A: Any) -> Any:
    """Return the midpoints of balls."""
    return np.array([[float(x.mid()) for x in row] for row in A])


def test_huge_matrices_are_scaled_into_doubles() -> None:
    """A matrix keeps its doubles up to 2^±500, and is divided by a power of two beyond."""
    xp = working_system(30)
    with xp.working():
        for power, is_scaled in ((0, False), (498, False), (-502, False), (499, True), (-503, True)):
            A = xp.array([[Fraction(3) * Fraction(2) ** power, Fraction(-5) * Fraction(2) ** power]])
            found, by = module._scaled_doubles(A)
            assert by == (Fraction(2) ** (power + 2) if is_scaled else 1)
            assert found.tolist() == [[float(3 * Fraction(2) ** power / by), float(-5 * Fraction(2) ** power / by)]]


def test_top_direction_is_of_the_largest_eigenvalue() -> None:
    """The direction is the eigenvector of the largest eigenvalue, in millionths."""
    found = module._top_direction(np.array([[2.0, 1.0], [1.0, 3.0]]))
    x, y = sorted(abs(entry) for entry in found)
    assert (x, y) == (Fraction(525731, 10**6), Fraction(850651, 10**6))
    assert found[0] * found[1] > 0


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (Fraction(1, 3), "0.333333"),
        (Fraction(0), "0"),
        (Fraction(-7, 2), "-3.5"),
        (Fraction(10**299), "1e+299"),
        (Fraction(10**300), "1e+300"),
        (Fraction(-(10**5000)), "-1e+5000"),
        (Fraction(1, 10**5000), "1e-5000"),
    ],
)
def test_rationals_are_short_whatever_their_size(x: Fraction, text: str) -> None:
    """Six digits where doubles reach, and the power of ten beyond."""
    assert shown(x) == text
    assert shown(Fraction(1, 3), 3) == "0.333"


def test_long_times_are_shortened() -> None:
    """Up to forty characters a number is given in full."""
    assert module._time(10**39) == str(10**39)
    assert module._time(10**40) == "about 1e+40 (in full in the certificate)"


def test_traps_are_looked_for_ever_more_rarely() -> None:
    """At once, one step later, and then at times that grow by a half."""
    due = [t for t in range(100) if module._Search.is_due(None, t)]  # type: ignore[arg-type]
    assert due == [0, 1, 8, 12, 18, 27, 41, 61, 92]


# The search ----------------------------------------------------------------------------------------


def search(problem: Problem, **changes: Any) -> module._Search:
    """Return the search that `certify` makes of a problem, at 30 digits."""
    given = module._Search(
        problem, dimensionless(problem.setting), working_system(30), 30, 20, None, False, lambda *_: None
    )
    return replace(given, **changes)


def enclosed(problem: Problem, t: int, error: str) -> Enclosure:
    """Return an enclosure of a start, said to be at a time and to have an error."""
    xp = working_system(30)
    start = start_in_balls(xp, problem)
    H, v = (np.array([[x.mid() for x in row] for row in A], dtype=object) for A in (start.H, start.v))
    return Enclosure(t, GramPoint(H, v, start.omega.mid()), type(start.omega)(error))


def test_bounds_hold_for_every_point_of_the_enclosure() -> None:
    """Every bound makes room for the largest error, in the weights of its part; without room there is no floor."""
    problem = example("large-start")
    given = search(problem)
    B, w, Q = (np.array(x, dtype=float) for x in (problem.start.B, problem.start.w, problem.setting.B_star))
    gram, off = Q.T @ B @ B.T @ Q / 4, B.T @ B / 4
    low, high = np.linalg.eigvalsh(gram)
    with given.xp.working():
        numbers = in_balls(given.xp, problem, given.exact)
        found = given.certified_bounds(numbers, enclosed(problem, 3, "0.1 +/- 0.02"))
        assert float(found.ell) == pytest.approx(high + 0.12)
        complement = np.linalg.eigvalsh(off - B.T @ Q @ Q.T @ B / 4)[-1]
        assert float(found.delta) == pytest.approx(complement + 0.12)
        assert float(found.omega) == pytest.approx(w @ w * 4 + 0.12 * 8)
        assert float(found.zeta) == pytest.approx(np.linalg.norm(Q.T @ B @ w) + 0.12 * 2)
        assert found.floor is not None
        assert float(found.floor) == pytest.approx(low - 0.12)
        assert found.t == 3
        assert given.certified_bounds(numbers, enclosed(problem, 3, "0.5")).floor is None
        rough = given.rough_bounds(enclosed(problem, 3, "0.1"))
        assert float(rough.ell) == pytest.approx(high)
        assert float(rough.delta) == pytest.approx(complement)
        assert float(rough.omega) == pytest.approx(w @ w * 4)


def test_bounds_hold_for_every_rounding_of_the_midpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is known of an eigenvalue or a length only up to a ball, the worse end counts."""
    problem = example("large-start")
    given = search(problem)
    with given.xp.working():
        numbers = in_balls(given.xp, problem, given.exact)
        now = enclosed(problem, 3, "0.1")
        sharp = given.certified_bounds(numbers, now)
        wide = now.middle.v * type(now.error)("1 +/- 0.25")
        zeta = given.zeta(replace(now, middle=replace(now.middle, v=wide)))
        assert zeta - Fraction(1, 5) >= Fraction(5, 4) * (sharp.zeta - Fraction(1, 5))
        by_entry = module.eigenvalue_bounds
        monkeypatch.setattr(
            module, "eigenvalue_bounds", lambda *given: tuple((a - 1 / 16, b + 1 / 16) for a, b in by_entry(*given))
        )
        found = given.certified_bounds(numbers, now)
    assert sharp.floor is not None
    assert found.floor is not None
    for loose, tight in ((found.ell, sharp.ell), (found.delta, sharp.delta), (-found.floor, -sharp.floor)):
        assert float(loose - tight) == pytest.approx(1 / 16)


def test_rough_bounds_have_any_size() -> None:
    """Beyond the range of doubles the bounds are those of the scaled matrix, scaled back."""
    problem = example("large-start", "B_0=[[1e200,0],[0,1e200],[0,0],[0,0]]")
    given = search(problem)
    with given.xp.working():
        rough = given.rough_bounds(enclosed(problem, 0, "0"))
    assert float(rough.ell / 10**400) == pytest.approx(0.25)


def test_the_region_needs_a_floor_after_the_start() -> None:
    """At t = 0 the rank is exact and no floor is needed; later it is; and what an error breaks is not in the region."""
    problem = example("inside-the-region")
    given = search(problem)
    with given.xp.working():
        numbers = in_balls(given.xp, problem, given.exact)
        at_once = given.bounds_in_region(numbers, enclosed(problem, 0, "0.003"))
        assert at_once is not None
        assert at_once.floor is None
        assert given.bounds_in_region(numbers, enclosed(problem, 3, "0.003")) is None
        assert given.bounds_in_region(numbers, enclosed(problem, 3, "0.002")) is not None
        assert given.bounds_in_region(numbers, enclosed(problem, 0, "0.6")) is None
        assert given.trapping(at_once) is None


def test_undecided_answers_name_what_is_not_resolved() -> None:
    """A rank that the error hides is named, and so is a start that is lost at once."""
    problem = example("inside-the-region")
    given = search(problem)
    with given.xp.working():
        numbers = in_balls(given.xp, problem, given.exact)
        answer = given.undecided(numbers, enclosed(problem, 3, "0.003"), "")
    assert answer.lines[-1] == "violated: rank(B_star^T B_t) = k is not resolved at these digits; use more --digits"
    assert given.undecided(numbers, None, "why") == Answer(
        "UNDECIDED", ("UNDECIDED: the start cannot be enclosed: why",)
    )


@pytest.mark.parametrize(("name", "part"), [("diverging-complement", "D")])
def test_divergence_is_beyond_its_limit(name: str, part: str) -> None:
    """The quotient makes room for the largest error, and a quotient that only attains its limit refutes nothing."""
    problem = example(name)
    given = search(problem)
    with given.xp.working():
        numbers = in_balls(given.xp, problem, given.exact)
        found = given.diverging(numbers, enclosed(problem, 0, "0.1 +/- 0.02"), part, Fraction(2))
        assert found is not None
        assert found.certificate is not None
        least = Fraction(found.certificate["refutation"]["at_least"])
        assert float(least) == pytest.approx(7.3230441023 - 0.12)
        assert given.diverging(numbers, enclosed(problem, 0, "0.1 +/- 0.02"), part, least) is None


def test_iterations_are_followed_up_to_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """d may be the most that is followed; beyond it only the start is looked at, and the answer says so."""
    monkeypatch.setattr(module, "MOST_FOLLOWED", 4)
    assert answered("large-start").outcome == "CERTIFIED"
    assert "(followed for 0 steps; raise --steps to go on)" in answered("large-start", steps=0).lines[0]
    monkeypatch.setattr(module, "MOST_FOLLOWED", 3)
    assert answered("large-start").lines[0].endswith("up to t = 0 (the iteration is followed for d up to 3 only).")


def test_watchers_are_told_the_steps() -> None:
    """Up to 2000 steps are followed unless more are asked for, and no further than the first answer."""
    for options in ({}, {"epsilon": TENTH}):
        seen: list[tuple[str, int, int]] = []
        answered("inside-the-region", watch=lambda *said, seen=seen: seen.append(said), **options)
        assert seen == [("following the iteration, at most", 2000, 0)]


def test_a_head_of_the_very_length_needs_a_trap() -> None:
    """‖w_0‖² = αc is not below αc: the certificate has the trap that stands in for it."""
    certificate = answered(
        "inside-the-region", "w_0=[0.5,0,0]", "B_0=[[1,0,0],[0,1,0],[0,0,0.1],[0,0,0],[0,0,0]]"
    ).certificate
    assert certificate is not None
    assert (certificate["region"]["t"], certificate["region"]["omega"]) == (0, "1")
    assert certificate["trapping"] is not None


def test_what_is_not_found_in_time_is_said() -> None:
    """When the steps end before every guarantee is found, the first certificate is given, with those that were."""
    answer = answered("tight-head", steps=1, epsilon=TENTH)
    assert "in the region at t = 1," in answer.lines[0]
    assert answer.lines[3:] == (
        "  ‖B⋆,⊥ᵀB_t‖² ≤ ε for all t ≥ 1",
        "  ‖B_tw_t‖ ≤ ε for some t ≤ 116, and from some time on, which was not found",
        "  ‖αΛ_t − x⋆I‖ ≤ ε from some time on, which was not found",
    )


@pytest.mark.parametrize("length", [8, 9])
def test_long_directions_are_cut(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight entries of a direction are printed, in three digits."""
    monkeypatch.setattr(module, "least_gap", lambda *_: Fraction(1))
    answer = module._unseen_refuted(example("unseen-direction"), (Fraction(1, 3),) * length)
    entries = ", ".join(["0.333"] * 8) + (", …" if length > 8 else "")
    assert answer.lines[1] == f"and u = ({entries}) is orthogonal to it, exactly: uᵀΛ_tu = 0 for ever,"


def test_multiples_of_the_identity_are_isotropic() -> None:
    """The distance to c·I is over all entries, and 0 for c·I itself."""
    said = module._not_isotropic(example("inside-the-region", "c=4")).lines[-1]
    assert said == "violated: Sigma_star = c I, by max|Sigma_star - c I| = 0, c = 4"


def test_times_have_a_most_of_digits() -> None:
    """Times of 4100 digits are not given."""
    assert answered("inside-the-region", epsilon=Fraction(1, 10**2050)).lines[-1].startswith("ε is so small")


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (Fraction(3, 2 * 10**300), "1.5e-300"),
        (Fraction(1, 2 * 10**300), "1e-300"),
        (Fraction(2 * 10**300), "1e+300"),
        (Fraction(12345678), "1.23457e+07"),
    ],
)
def test_powers_of_ten_begin_beyond_300(x: Fraction, text: str) -> None:
    """Between 10^-300 and 10^300 six digits are given, beyond it the power alone."""
    assert shown(x) == text
