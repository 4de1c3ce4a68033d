"""Verdicts follow from evidence alone: what each method can warrant, and what outweighs what."""

from __future__ import annotations

import itertools

import pytest

from foanil.evidence import (
    WARRANTS,
    Check,
    Evidence,
    Method,
    Outcome,
    Residual,
    Verdict,
    exact_residual,
    transitive_verdict,
    verdict,
)

NOT_HELD = (Outcome.FAILED, Outcome.INCONCLUSIVE)
EXCLUSIONS = (Verdict.NOT_CHECKABLE, Verdict.OUT_OF_SCOPE)
EXPLICIT_SIZES = (Method.AGREEMENT, Method.EXACT, Method.BALL)
SAMPLED = (Method.SAMPLED, Method.TRAJECTORY, Method.MONTE_CARLO)
NO_WARRANT = (Method.INSTANCE, Method.TRANSCRIPTION, Method.DEGREES)


def record(method: Method, outcome: Outcome = Outcome.HELD, claim: str = "eq-1") -> Evidence:
    """Return a piece of evidence."""
    return Evidence(claim, method, outcome, "d = 4, k = 2", "verify/test_x.py::test_y")


@pytest.mark.parametrize("exclusion", [None, *EXCLUSIONS])
def test_no_evidence_is_unchecked_or_the_exclusion(exclusion: Verdict | None) -> None:
    """Where there is no evidence, the exclusion speaks, and without one the claim is UNCHECKED."""
    assert verdict("eq-1", (), exclusion) is (exclusion or Verdict.UNCHECKED)


@pytest.mark.parametrize("exclusion", EXCLUSIONS)
@pytest.mark.parametrize("method", [method for method in Method if method not in NO_WARRANT])
def test_evidence_outweighs_an_exclusion(method: Method, exclusion: Verdict) -> None:
    """An exclusion says nothing as soon as there is evidence, good or bad."""
    assert verdict("eq-1", [record(method)], exclusion) is WARRANTS[method]
    assert verdict("eq-1", [record(method, Outcome.INCONCLUSIVE)], exclusion) is Verdict.UNRESOLVED


@pytest.mark.parametrize("exclusion", [None, *EXCLUSIONS])
@pytest.mark.parametrize("method", NO_WARRANT)
def test_what_warrants_nothing_earns_nothing(method: Method, exclusion: Verdict | None) -> None:
    """Instances and transcriptions that held change no verdict; one that did not hold leaves the claim UNRESOLVED."""
    assert verdict("eq-1", [record(method)], exclusion) is (exclusion or Verdict.UNCHECKED)
    assert verdict("eq-1", [record(method), record(Method.SAMPLED)], exclusion) is Verdict.SUPPORTED
    assert verdict("eq-1", [record(method, Outcome.FAILED)], exclusion) is Verdict.UNRESOLVED


@pytest.mark.parametrize("outcome", NOT_HELD)
@pytest.mark.parametrize(("bad", "good"), list(itertools.product(Method, Method)))
def test_one_check_that_did_not_hold_is_unresolved(bad: Method, good: Method, outcome: Outcome) -> None:
    """A check that failed or was inconclusive makes the claim UNRESOLVED, whatever else held, counterexamples too."""
    assert verdict("eq-1", [record(good), record(bad, outcome), record(Method.ALGEBRA)]) is Verdict.UNRESOLVED


@pytest.mark.parametrize("others", list(itertools.combinations(Method, 2)))
def test_a_counterexample_that_held_refutes(others: tuple[Method, ...]) -> None:
    """A counterexample that held makes the claim REFUTED, whatever else held."""
    records = [record(method) for method in (*others, Method.COUNTEREXAMPLE)]
    assert verdict("eq-1", records) is Verdict.REFUTED


@pytest.mark.parametrize("outcome", NOT_HELD)
def test_a_counterexample_that_did_not_hold_refutes_nothing(outcome: Outcome) -> None:
    """A counterexample whose check did not come out is no refutation."""
    assert verdict("eq-1", [record(Method.COUNTEREXAMPLE, outcome)]) is Verdict.UNRESOLVED


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        ((Method.SAMPLED, Method.EXACT, Method.ALGEBRA), Verdict.DERIVED),
        ((Method.MONTE_CARLO, Method.DECISION), Verdict.DERIVED),
        ((Method.TRAJECTORY, Method.BALL), Verdict.CERTIFIED),
        ((Method.AGREEMENT, Method.SAMPLED), Verdict.CERTIFIED),
        ((Method.MONTE_CARLO, Method.TRAJECTORY), Verdict.SUPPORTED),
    ],
    ids=str,
)
def test_the_strongest_warrant_counts(methods: tuple[Method, ...], expected: Verdict) -> None:
    """Where every check held, the strongest warrant is the verdict, in whatever order the evidence comes."""
    orders = itertools.permutations([record(method) for method in methods])
    assert {verdict("eq-1", order) for order in orders} == {expected}


@pytest.mark.parametrize(
    "methods", list(itertools.combinations(Method, 3)), ids=lambda found: "-".join(m.name for m in found)
)
def test_order_of_evidence_is_irrelevant(methods: tuple[Method, ...]) -> None:
    """The verdict is a function of the set of evidence: with any one of three not held, any order says the same."""
    for outcomes in itertools.product(Outcome, repeat=3):
        records = [record(method, outcome) for method, outcome in zip(methods, outcomes, strict=True)]
        assert len({verdict("eq-1", order) for order in itertools.permutations(records)}) == 1


def test_evidence_for_other_claims_is_ignored() -> None:
    """Neither a failure nor a derivation of another claim changes a verdict; ids are compared whole."""
    others = [record(Method.ALGEBRA, claim="eq-10"), record(Method.EXACT, Outcome.FAILED, claim="eq-2")]
    assert verdict("eq-1", others) is Verdict.UNCHECKED
    assert verdict("eq-1", [*others, record(Method.SAMPLED)]) is Verdict.SUPPORTED


def test_every_method_has_a_warrant() -> None:
    """Each method warrants one verdict; three warrant nothing, and none a failure or an exclusion."""
    assert set(WARRANTS) == set(Method)
    assert not set(WARRANTS.values()) & {Verdict.UNRESOLVED, *EXCLUSIONS}
    assert {method for method, warrant in WARRANTS.items() if warrant is Verdict.UNCHECKED} == set(NO_WARRANT)


def test_explicit_sizes_never_derive() -> None:
    """No amount of evidence at explicit sizes or by sampling is DERIVED, and sampling alone is never CERTIFIED."""
    assert verdict("eq-1", [record(m) for m in (*EXPLICIT_SIZES, *SAMPLED)]) is Verdict.CERTIFIED
    assert verdict("eq-1", [record(m) for m in SAMPLED]) is Verdict.SUPPORTED
    deriving = {method for method in Method if WARRANTS[method] is Verdict.DERIVED}
    assert deriving == {Method.ALGEBRA, Method.DECISION}


# Transitive verdicts -------------------------------------------------------------------------------

USES = {"top": ("left", "right"), "left": ("base",), "right": ("base",), "base": (), "apart": ()}


def transitive(**verdicts: Verdict) -> Verdict:
    """Return the transitive verdict on `top`, everything being DERIVED but what is named."""
    return transitive_verdict("top", {name: verdicts.get(name, Verdict.DERIVED) for name in USES}, USES)


@pytest.mark.parametrize("where", ["left", "right", "base"])
@pytest.mark.parametrize("weak", [kind for kind in Verdict if kind not in (Verdict.REFUTED, Verdict.UNRESOLVED)])
def test_a_claim_is_as_weak_as_its_weakest_ancestor(weak: Verdict, where: str) -> None:
    """What is used, directly or not, bounds the transitive verdict from above."""
    assert transitive(**{where: weak}) is weak


@pytest.mark.parametrize("where", ["left", "base"])
@pytest.mark.parametrize("bad", [Verdict.REFUTED, Verdict.UNRESOLVED])
@pytest.mark.parametrize("own", [kind for kind in Verdict if kind is not Verdict.REFUTED])
def test_a_false_or_open_ancestor_leaves_a_claim_unresolved(own: Verdict, bad: Verdict, where: str) -> None:
    """What rests on something refuted or unresolved is UNRESOLVED, not refuted, also beside a weaker ancestor."""
    assert transitive(top=own, right=Verdict.UNCHECKED, **{where: bad}) is Verdict.UNRESOLVED


@pytest.mark.parametrize("other", Verdict)
def test_a_refuted_claim_stays_refuted(other: Verdict) -> None:
    """A claim's own refutation stands, whatever it uses."""
    assert transitive(top=Verdict.REFUTED, left=other) is Verdict.REFUTED


@pytest.mark.parametrize("other", Verdict)
def test_claims_that_are_not_used_are_ignored(other: Verdict) -> None:
    """A claim that is not among the ancestors changes nothing, and a descendant does not either."""
    assert transitive(apart=other) is Verdict.DERIVED
    assert transitive_verdict("base", dict.fromkeys(USES, Verdict.DERIVED) | {"top": other}, USES) is Verdict.DERIVED


@pytest.mark.parametrize("own", Verdict)
def test_own_verdict_is_never_improved(own: Verdict) -> None:
    """Strong ancestors do not strengthen a claim."""
    assert transitive(top=own) is own


def test_circular_uses_end() -> None:
    """A circle among ancestors does not run forever, and its weakest member counts."""
    verdicts = {"a": Verdict.DERIVED, "b": Verdict.DERIVED, "c": Verdict.SUPPORTED}
    assert transitive_verdict("a", verdicts, {"a": ("b",), "b": ("c",), "c": ("b",)}) is Verdict.SUPPORTED


# Residuals -----------------------------------------------------------------------------------------


def test_exact_residuals_have_no_tolerance() -> None:
    """Zero holds and anything else fails; computed and stated values are kept side by side."""
    assert exact_residual(True, "0").held
    failed = exact_residual(False, "1", computed="3", stated="2")
    assert failed == Residual(Outcome.FAILED, "1", computed="3", stated="2")
    assert not failed.held


def test_inconclusive_is_not_held() -> None:
    """Only HELD counts as held."""
    assert [outcome for outcome in Outcome if Residual(outcome, "").held] == [Outcome.HELD]


def test_checks_take_the_formula_as_an_argument() -> None:
    """A check judges the formula it is given, so that a wrong one can be injected."""
    check = Check("doubling", ("eq-1",), Method.EXACT, "3", "", lambda f: exact_residual(f(3) == 6, f"{f(3)} - 6"))
    assert check.residual(lambda x: 2 * x).held
    assert not check.residual(lambda x: 3 * x).held


def test_residuals_show_nothing_that_was_not_given() -> None:
    """A residual without sides shows none: no placeholder reaches a report."""
    assert (exact_residual(True, "0").computed, exact_residual(True, "0").stated) == ("", "")


def test_a_claim_that_uses_nothing_needs_no_entry() -> None:
    """A claim without an entry among the uses, and an ancestor without one, use nothing."""
    verdicts = {"a": Verdict.DERIVED, "b": Verdict.SUPPORTED}
    assert transitive_verdict("a", verdicts, {}) is Verdict.DERIVED
    assert transitive_verdict("a", verdicts, {"a": ("b",)}) is Verdict.SUPPORTED
