"""The registry: complete, typed once, acyclic, printable, and silent about what is true."""

from __future__ import annotations

import dataclasses
import graphlib
import json
import re
from collections.abc import Iterator

import pytest

from foanil import claims as registry_module
from foanil import statements
from foanil.claims import REGISTRY, Claim, Kind, Reading, Source, UnknownClaim, claim, readings
from foanil.claims.table_1 import CELLS
from foanil.quotes import normalise


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


# Typed again on purpose: a record that falls out of the registry must be missed by somebody.
TO_AUDIT = words(
    """
    asm-1 eq-1 eq-2 eq-3 eq-9 eq-10 eq-12 eq-1-sample-size eq-4 eq-5 eq-6 eq-7
    sec-2-first-order-gradient sec-2-first-line sec-2-no-split sec-2-maml-entangled sec-1-minimal-architecture
    eq-8 thm-1-i thm-1-ii thm-1-iii thm-1-init-scale thm-1-conjecture
    sec-3-complement-decay sec-3-head-output-decay sec-3-head-output-eventual-decay sec-3-gram-monotone
    sec-3-two-recursions sec-3-rank-deficient sec-3-limit-exists sec-3-zero-function sec-3-singular-value-scale
    sec-3-rapid-step sec-3-head-need-not-vanish sec-3-head-null-space sec-3-global-minima sec-3-step-size-free
    sec-3-shrinkage-limit sec-3-shrinkage-scale sec-3-unbiased sec-3-slow-unlearning sec-3-infinite-samples
    sec-3-large-step-sizes sec-3-k-prime-to-k
    eq-11 sec-31-excess-risk prop-1 prop-1-decomposition prop-1-dimension-free sec-31-regression-rate
    sec-31-finite-time-full-rank sec-31-least-squares-overfits sec-31-few-steps sec-31-one-step-beats-regression
    sec-4-bm-full-rank sec-4-bm-infinite-samples sec-4-bm-local-minima sec-4-bm-implicit-bias
    sec-4-bm-beats-single-task sec-4-well-specified-parity sec-4-infinite-samples-complement
    sec-4-infinite-samples-misspecified sec-4-overfit-mechanism sec-4-principal-angle sec-4-singular-value-control
    sec-4-mean-updates sec-4-nonzero-mean sec-4-finite-tasks-as-perturbed sec-4-monotonicity-lost
    sec-4-diagonal-wlog sec-4-spherical
    tab-1-single-task-ridge-20 tab-1-single-task-ridge-30 tab-1-oracle-ridge-20 tab-1-oracle-ridge-30
    tab-1-burer-monteiro-ridge-20 tab-1-burer-monteiro-ridge-30
    tab-1-fo-anil-1gd-20 tab-1-fo-anil-ridge-20 tab-1-fo-anil-1gd-30 tab-1-fo-anil-ridge-30
    tab-1-fo-maml-1gd-20 tab-1-fo-maml-ridge-20 tab-1-fo-maml-1gd-30 tab-1-fo-maml-ridge-30
    tab-1-infinite-tasks-1gd-20 tab-1-infinite-tasks-ridge-20 tab-1-infinite-tasks-1gd-30
    tab-1-infinite-tasks-ridge-30 tab-1-infinite-samples-1gd-20 tab-1-infinite-samples-ridge-20
    tab-1-infinite-samples-1gd-30 tab-1-infinite-samples-ridge-30
    fig-2 fig-3 sec-5-exact-convergence sec-5-subspace-quick sec-5-rate-appendix-h sec-5-complement-constant
    sec-5-bm-complement-rises sec-5-maml-coincides sec-5-finite-slower sec-5-few-directions
    sec-5-average-comparable sec-5-extremes-negligible sec-5-oracle-gap sec-5-complement-hurts
    sec-5-both-beat-single-task sec-5-subspace-dominates sec-5-ridge-helps
    app-a-bounded app-a-complement-init app-a-m-in-artifact app-a-generic-rank app-a-collins-alignment app-a-rate
    app-a-overparam-slowdown app-a-well-specified-rate app-a-finite-tasks-residual app-a-small-init-rise
    app-a-finite-horizon-residual app-a-residuals-harmless app-i-relu
    new-fo-maml-equals-fo-anil new-gram-monotone new-thm-1-explicit new-head-bound-sharp new-rate-constant
    new-gradient-flow new-third-limit-rate new-global-minima-identity new-prop-1-exact-risk
    """
)

STRENGTHENINGS = words(
    """
    new-head-bound-attained new-step-size-two-thirds new-init-without-sample-size new-gram-monotone
    new-collapse-lemma new-flow-gram-inverse new-flow-limits new-flow-unlearning-rate new-flow-monotone-criterion
    new-flow-with-head new-prop-1-constants
    """
)

PAGES = words(
    """
    assumption_1_and_definitions eq_04_inner_step eq_05_06_outer_step eq_07_second_moment eq_08_fixed_point
    eq_11_new_task_step thm_1_convergence thm_1_explicit_constants thm_1_sharper_constants thm_1_hypotheses
    thm_1_necessity thm_1_symmetry thm_1_global_minima thm_1_conjecture sec_2_first_order_gradient
    prop_1_decomposition sec_1_minimal_architecture sec_2_no_split
    sec_2_first_order_maml sec_3_monotonicity sec_3_limit_points sec_3_infinite_samples sec_3_gradient_flow
    sec_31_test_time_adaptation sec_4_principal_angle sec_4_burer_monteiro sec_4_nonzero_mean
    sec_4_general_covariance table_1 figures app_a_initialisation app_a_rates app_a_finite_tasks
    app_i_relu certificate_guarantees certificate_refutations other_papers missing_appendices
    """
)

MACROS = words(
    r"""
    Lambda Longleftrightarrow Longrightarrow Phi Pi Sigma Theta alpha approx arg asymp bar begin beta big cdot chi
    delta det ell end eta exists forall frac gamma ge gg gt hat in infty int kappa ker lVert lambda ldots le left
    leftarrow lesssim lim limsup ll lt lvert mapsto mathbb mathcal mathrm max mid min mu nabla ne nearrow nu not
    omega partial perp pm preceq propto psi qquad quad rVert rho right rvert sigma sim sqrt star succ succeq sum tau
    text tfrac theta times to top varepsilon zeta
    """
)
"""Each of them renders in MathJax with base and ams only, and GitHub refuses none (it refuses \\operatorname)."""

VERDICT_WORDS = re.compile(r"\b(REFUTED|UNRESOLVED|DERIVED|CERTIFIED|SUPPORTED|UNCHECKED|NOT_CHECKABLE|OUT_OF_SCOPE)\b")

FIELDS = words("id title location kind source statement latex page quote hypotheses readings uses stated exclusion")


def prose(record: Claim) -> Iterator[str]:
    """Yield every piece of Markdown of a record."""
    yield from (record.title, record.statement, *record.hypotheses)
    for reading in record.readings:
        yield from (reading.place, reading.chosen, *reading.rejected, reading.decided_by)


def inline_maths(record: Claim) -> list[str]:
    """Return what stands between dollar signs in the prose of a record."""
    return [maths for text in prose(record) for maths in text.split("$")[1::2]]


def test_every_claim_to_audit_has_a_record() -> None:
    """The registry holds every id of the list of claims to audit."""
    assert TO_AUDIT - REGISTRY.keys() == set()


def test_every_strengthening_has_a_record() -> None:
    """Each strengthening of the explicit theorem is a claim of its own."""
    assert STRENGTHENINGS - REGISTRY.keys() == set()


def test_table_has_one_record_per_cell() -> None:
    """Table 1 has 22 cells, and each is a claim that shows the printed mean and deviation."""
    assert len(CELLS) == len({cell.id for cell in CELLS}) == 22
    for cell in CELLS:
        assert rf"{cell.mean} \pm {cell.deviation}" in claim(cell.id).latex


def test_ids_are_the_keys() -> None:
    """A record is found under its own id, and no two share one."""
    assert [record.id for record in REGISTRY.values()] == list(REGISTRY)


def test_a_second_record_with_one_id_is_refused() -> None:
    """Two records with one id are an error, not one record."""
    record = claim("eq-7")
    with pytest.raises(registry_module.DuplicateClaimError, match="two records have the id 'eq-7'"):
        registry_module._by_id([(record,), (record,)])


def test_registry_cannot_be_changed() -> None:
    """Neither the registry nor a record can be changed in place."""
    with pytest.raises(TypeError):
        REGISTRY["eq-7"] = claim("eq-6")  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        claim("eq-7").title = "another"  # type: ignore[misc]


def test_ids_are_slugs() -> None:
    """An id is lower case, starts with the kind of place it is at, and needs no quoting anywhere."""
    slug = re.compile(r"(abstract|sec|def|asm|eq|thm|prop|tab|fig|app|new)(-[a-z0-9]+)+")
    assert [id for id in REGISTRY if not slug.fullmatch(id)] == []


def test_dependencies_exist_and_have_no_cycle() -> None:
    """What a claim uses is in the registry, and no claim rests on itself."""
    graph = {record.id: record.uses for record in REGISTRY.values()}
    assert {used for uses in graph.values() for used in uses} - REGISTRY.keys() == set()
    list(graphlib.TopologicalSorter(graph).static_order())


def test_dependencies_are_listed_once() -> None:
    """A claim lists each dependency, hypothesis, reading and transcription once."""
    for record in REGISTRY.values():
        for entries in (record.uses, record.hypotheses, record.readings, record.stated):
            assert isinstance(entries, tuple), record.id
            assert len(set(entries)) == len(entries), record.id


def test_nothing_rests_on_what_is_never_checked() -> None:
    """No claim uses one that is excluded."""
    assert [record.id for record in REGISTRY.values() if any(claim(used).exclusion for used in record.uses)] == []


def test_only_our_results_have_no_quote() -> None:
    """Whatever the paper says is pinned to its words; what it does not say is not."""
    for record in REGISTRY.values():
        assert (record.quote is None) == (record.source is Source.OURS) == record.id.startswith("new-"), record.id


def test_texts_are_filled_in() -> None:
    """A record has a title, a place, a statement and a formula, without stray whitespace."""
    for record in REGISTRY.values():
        for text in (*prose(record), record.location, record.latex):
            assert len(text) > 1, record.id
            assert text == normalise(text), record.id
        assert record.statement.endswith("."), record.id


def test_checkable_claims_say_under_what_hypotheses() -> None:
    """Only a claim that is not checked may leave its hypotheses open, and an exclusion says why."""
    for record in REGISTRY.values():
        assert record.hypotheses or (record.exclusion and record.exclusion.reason), record.id


def test_pages_are_the_stems_of_the_house() -> None:
    """The pages are the known stems, none besides and none without a claim, so that proofs, checks and reports meet."""
    assert {record.page for record in REGISTRY.values()} == PAGES


def test_excluded_pages_hold_excluded_claims_only() -> None:
    """What other papers prove, and what missing appendices contain, is never checked, and nothing else is there."""
    for record in REGISTRY.values():
        assert record.page not in {"other_papers", "missing_appendices"} or record.exclusion is not None
        assert (record.page == "other_papers") == (
            record.exclusion is not None and record.exclusion.verdict == "OUT_OF_SCOPE"
        )


def test_records_have_no_field_for_a_status() -> None:
    """A record says what is claimed; whether it is true is computed from evidence and never typed."""
    assert {field.name for field in dataclasses.fields(Claim)} == FIELDS


def test_prose_carries_no_verdict() -> None:
    """No text of a record smuggles in a verdict."""
    for record in REGISTRY.values():
        texts = (*prose(record), record.latex, record.location)
        assert [text for text in texts if VERDICT_WORDS.search(text)] == [], record.id


def unbalanced(latex: str) -> list[str]:
    """Return what does not close in a display formula."""
    found, depth = [], 0
    for sign in re.sub(r"\\[{}]", "", latex):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            found.append("a closing brace")
    found += ["an opening brace"] * max(depth, 0)
    if len(re.findall(r"\\left(?![a-z])", latex)) != len(re.findall(r"\\right(?![a-z])", latex)):
        found.append("a left or right delimiter")
    if re.findall(r"\\begin\{(\w+)\}", latex) != re.findall(r"\\end\{(\w+)\}", latex):
        found.append("an environment")
    return found


def test_display_formulas_are_balanced() -> None:
    r"""Braces, \left and \right, and environments close in a display formula."""
    assert {record.id: unbalanced(record.latex) for record in REGISTRY.values() if unbalanced(record.latex)} == {}


@pytest.mark.parametrize("latex", [r"\frac{1}{2", r"a}", r"{a}}{", r"\left( a", r"\begin{aligned} a"])
def test_unbalanced_formulas_are_noticed(latex: str) -> None:
    """The check of balance can fail."""
    assert unbalanced(latex)


def unprintable(maths: str) -> set[str]:
    """Return what GitHub's MathJax, or the Markdown around it, would not take in a formula."""
    return (
        set(re.findall(r"\\([A-Za-z]+)", maths)) - MACROS
        | set("|$<>%#~") & set(maths)
        | set(re.findall(r"[^ -~]", maths))
    )


def test_formulas_use_known_macros_and_no_bare_signs() -> None:
    """Formulas use standard macros that GitHub allows, no bare bar, no dollar, nothing that reads as HTML."""
    formulas = [(record.id, maths) for record in REGISTRY.values() for maths in (record.latex, *inline_maths(record))]
    assert [(id, unprintable(maths)) for id, maths in formulas if unprintable(maths)] == []


@pytest.mark.parametrize("maths", [r"\norm{B}", r"\operatorname{Tr}", "|B|", "k < d", "\u03b1", r"50\%"])
def test_unprintable_formulas_are_noticed(maths: str) -> None:
    """Custom macros, refused macros, bars, angle brackets and Greek letters are noticed."""
    assert unprintable(maths)


def eaten(text: str) -> list[str]:
    """Return what Markdown would eat of the inline maths of a text before MathJax sees it."""
    outside, inside = text.split("$")[0::2], text.split("$")[1::2]
    found = [maths for maths in inside if maths != maths.strip() or not maths]
    found += [maths for maths in inside if re.search(r"\\[^A-Za-z]|\*|[^\w\s]_[^\w\s]", maths)]
    found += [before for before in outside[:-1] if re.search(r"[A-Za-z0-9]$", before)]
    found += [after for after in outside[1:] if re.match(r"[A-Za-z0-9]", after)]
    return found + ([text] if text.count("$") % 2 else [])


def test_inline_maths_survives_markdown() -> None:
    """Inline maths has paired dollars, none beside a letter, and nothing that Markdown eats."""
    assert [(record.id, eaten(text)) for record in REGISTRY.values() for text in prose(record) if eaten(text)] == []


@pytest.mark.parametrize(
    "text", [r"an $a", r"a$b$", r"$b$s", r"$ b $", r"$a\,b$", r"$a*b$", r"$\{x\}$", r"$\bar{a}_\star$"]
)
def test_fragile_inline_maths_is_noticed(text: str) -> None:
    """Unpaired dollars, dollars beside letters, escapes, stars and fragile underscores are noticed."""
    assert eaten(text)


def test_readings_are_all_attached() -> None:
    """Every reading of an ambiguous glyph concerns at least one claim."""
    attached = {reading for record in REGISTRY.values() for reading in record.readings}
    declared = {value for value in vars(readings).values() if isinstance(value, Reading)}
    assert attached == declared
    assert all(reading.rejected and reading.decided_by for reading in declared)


def test_transcriptions_exist() -> None:
    """Each transcription that a claim names is a function of `foanil.statements`."""
    for record in REGISTRY.values():
        assert list(record.formulas()) == list(record.stated), record.id
        assert all(callable(formula) for formula in record.formulas().values()), record.id


def test_a_missing_transcription_is_an_error() -> None:
    """A name that `foanil.statements` does not have is reported, not skipped."""
    with pytest.raises(AttributeError, match="third_moment"):
        dataclasses.replace(claim("eq-7"), stated=("third_moment",)).formulas()


def test_every_transcription_belongs_to_a_claim() -> None:
    """No formula is transcribed without a claim that states it."""
    assert {name for record in REGISTRY.values() for name in record.stated} == set(statements.FORMULAS)


@pytest.mark.parametrize("number", range(1, 13))
def test_displayed_equations_are_claims_in_order(number: int) -> None:
    """Equations (1) to (12) of the paper are claims, met in the order of their first definition."""
    assert f"equation ({number})" in claim(f"eq-{number}").location


def test_our_results_come_last() -> None:
    """The paper's claims come first, in its order, and ours follow."""
    ours = [record.source is Source.OURS for record in REGISTRY.values()]
    assert ours == sorted(ours)


def test_every_kind_and_source_is_used() -> None:
    """The vocabularies hold no word that no claim needs."""
    assert {record.kind for record in REGISTRY.values()} == set(Kind)
    assert {record.source for record in REGISTRY.values()} == set(Source)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("eq-70", "eq-7"), ("EQ-7", "eq-7"), ("thm-1-iv", "thm-1-i"), ("sec-3-gram-monoton", "sec-3-gram-monotone")],
)
def test_unknown_claim_names_the_nearest(wrong: str, meant: str) -> None:
    """An unknown id is answered with the nearest one and where to find the list."""
    with pytest.raises(UnknownClaim) as caught:
        claim(wrong)
    assert str(caught.value) == (f"claim '{wrong}' does not exist; did you mean '{meant}'? (foanil claims lists them)")


def test_unknown_claim_without_a_near_one_invents_nothing() -> None:
    """An id like no other gets no suggestion."""
    with pytest.raises(UnknownClaim) as caught:
        claim("zzzzzzzzzz")
    assert str(caught.value) == "claim 'zzzzzzzzzz' does not exist (foanil claims lists them)"


def test_records_are_plain_data() -> None:
    """A record turns into JSON once its two enumerations are named."""
    data = [
        dataclasses.asdict(record) | {"kind": record.kind.value, "source": record.source.value}
        for record in REGISTRY.values()
    ]
    assert len(json.loads(json.dumps(data))) == len(REGISTRY)
