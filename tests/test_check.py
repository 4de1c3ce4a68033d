"""Checking certificates: every change is rejected, and a signed falsehood is too."""

from __future__ import annotations

import ast
import copy
import functools
import json
import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from foanil.certificates import documents
from foanil.certificates.certify import certify
from foanil.certificates.check import RejectedError, UnreadableError, check, read
from foanil.certificates.problem import load_problem

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
PACKAGE = ROOT / "src" / "foanil" / "certificates"
KINDS = {
    "inside-the-region": Fraction(1, 20),
    "long-head": Fraction(1, 5),
    "large-start": None,
    "rank-deficient": None,
    "diverging": None,
    "diverging-complement": None,
    "silent-head": Fraction(1, 10),
    "collapsing-head": None,
    "unseen-direction": None,
}
"""Examples whose certificates have every field between them, with the ε of their guarantees."""


@functools.cache
def certificate_text(name: str) -> str:
    """Return the certificate of an example as JSON."""
    answer = certify(load_problem(EXAMPLES / f"{name}.toml"), epsilon=KINDS[name])
    assert answer.certificate is not None
    return json.dumps(answer.certificate)


def certificate(name: str) -> dict[str, Any]:
    """Return a fresh copy of an example's certificate."""
    found: dict[str, Any] = json.loads(certificate_text(name))
    return found


def signed(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with the digest of its content, as a forger would."""
    return {**document, "digest": documents.digest(document)}


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all leaves."""
    if isinstance(value, (dict, list)) and value:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, entry in items:
            yield from leaves(entry, (*path, key))
    else:
        yield path


def changed(document: dict[str, Any], path: tuple[Any, ...], change: Callable[[Any], Any]) -> dict[str, Any]:
    """Return a copy with one entry changed."""
    out = copy.deepcopy(document)
    place = functools.reduce(lambda part, key: part[key], path[:-1], out)
    place[path[-1]] = change(place[path[-1]])
    return out


def other(value: Any) -> Any:
    """Return another value of the same kind, as close as possible."""
    if isinstance(value, bool):
        return not value
    if value is None:
        return 0
    if isinstance(value, int):
        return value + 1
    try:
        return str(Fraction(value) + Fraction(1, 10**40))
    except ValueError:
        return value[:-1] + ("0" if value[-1] != "0" else "1")


@pytest.mark.parametrize("name", KINDS)
def test_certificates_are_accepted(name: str) -> None:
    """What the producer writes, the checker verifies, whatever the order of keys."""
    document = certificate(name)
    assert check(document).startswith(document["outcome"])
    assert check(dict(reversed(document.items())))


@pytest.mark.parametrize("name", KINDS)
def test_any_change_of_the_content_is_rejected(name: str) -> None:
    """Each leaf in turn is replaced by a near value, dropped, or joined by another; all are rejected."""
    document = certificate(name)
    paths = list(leaves(document))
    # Long chains and large matrices repeat one kind of leaf: a stride keeps every kind and this test short.
    for path in paths[:: max(1, len(paths) // 300)]:
        with pytest.raises(RejectedError):
            check(changed(document, path, other))
    for key in document:
        with pytest.raises(RejectedError):
            check({k: v for k, v in document.items() if k != key})
    with pytest.raises(RejectedError):
        check(signed({**document, "remark": "trust me"}))


def scaled(factor: Any) -> Callable[[Any], str]:
    """Return the change of a rational by a factor."""
    return lambda value: str(Fraction(value) * Fraction(factor))


def shifted(by: int) -> Callable[[Any], int]:
    """Return the change of a time."""
    return lambda value: value + by


SMALLER = scaled("999/1000")
LARGER = scaled("1001/1000")
FALSEHOODS: dict[str, tuple[str, tuple[Any, ...], Callable[[Any], Any]]] = {
    "outcome": ("inside-the-region", ("outcome",), lambda _: "REFUTED"),
    "outcome-2": ("rank-deficient", ("outcome",), lambda _: "CERTIFIED"),
    "ell": ("large-start", ("region", "ell"), SMALLER),
    "ell-below-limit": ("inside-the-region", ("region", "ell"), SMALLER),
    "delta": ("inside-the-region", ("region", "delta"), SMALLER),
    "delta-later": ("long-head", ("region", "delta"), SMALLER),
    "omega": ("inside-the-region", ("region", "omega"), SMALLER),
    "omega-later": ("long-head", ("region", "omega"), SMALLER),
    "omega-too-large": ("inside-the-region", ("region", "omega"), lambda _: "1"),
    "zeta": ("inside-the-region", ("region", "zeta"), SMALLER),
    "zeta-later": ("large-start", ("region", "zeta"), SMALLER),
    "floor": ("inside-the-region", ("region", "floor"), LARGER),
    "floor-later": ("large-start", ("region", "floor"), LARGER),
    "floor-none": ("large-start", ("region", "floor"), lambda _: None),
    "floor-zero": ("inside-the-region", ("region", "floor"), lambda _: "0"),
    "time": ("large-start", ("region", "t"), shifted(1)),
    "enclosure-time": ("large-start", ("enclosure", "t"), shifted(1)),
    "radius": ("large-start", ("enclosure", "radius"), scaled("1/1000000000000000000000")),
    "radius-negative": ("large-start", ("enclosure", "radius"), scaled(-1)),
    "H": ("large-start", ("enclosure", "H", 1, 2), LARGER),
    "v": ("large-start", ("enclosure", "v", 1), LARGER),
    "enclosure-omega": ("large-start", ("enclosure", "omega"), LARGER),
    "no-enclosure": ("large-start", ("enclosure",), lambda _: None),
    "no-region": ("large-start", ("region",), lambda _: None),
    "silent": ("inside-the-region", ("silent_head",), lambda _: True),
    "not-silent": ("silent-head", ("silent_head",), lambda _: False),
    "no-trap": ("long-head", ("trapping",), lambda _: None),
    "trap-cut": ("long-head", ("trapping",), lambda chain: chain[:2]),
    "trap-wide": ("long-head", ("trapping",), lambda chain: [*chain[:-1], [*chain[-1][:1], "1/1000", *chain[-1][2:]]]),
    "complement": ("inside-the-region", ("guarantees", "complement"), shifted(-1)),
    "output_once": ("inside-the-region", ("guarantees", "output_once"), shifted(-1)),
    "epsilon": ("inside-the-region", ("guarantees", "epsilon"), scaled("1/2")),
    "epsilon-zero": ("inside-the-region", ("guarantees", "epsilon"), scaled(0)),
    "gram-link": ("inside-the-region", ("guarantees", "gram", 7, 1), LARGER),
    "gram-high": ("large-start", ("region", "ell"), lambda _: "1/2"),
    "output-link": ("inside-the-region", ("guarantees", "output", 9, 4), SMALLER),
    "output-delta": ("inside-the-region", ("guarantees", "output", 9, 3), SMALLER),
    "output-time": ("inside-the-region", ("guarantees", "output", -1, 0), shifted(-1)),
    "output-skip": ("inside-the-region", ("guarantees", "output"), lambda chain: [*chain[:5], *chain[40:]]),
    "gram-first": ("inside-the-region", ("guarantees", "gram"), lambda chain: chain[1:]),
    "rank": ("rank-deficient", ("refutation", "rank"), lambda _: 0),
    "quotient": ("diverging", ("refutation", "at_least"), LARGER),
    "quotient-small": ("diverging", ("refutation", "at_least"), lambda _: "1/2"),
    "quotient-D": ("diverging-complement", ("refutation", "at_least"), LARGER),
    "part": ("diverging-complement", ("refutation", "part"), lambda _: "C"),
    "direction": ("diverging", ("refutation", "direction"), lambda x: ["0"] * len(x)),
    "direction-length": ("diverging", ("refutation", "direction"), lambda x: [*x, "1"]),
    "divergence-time": ("diverging", ("refutation", "t"), shifted(-1)),
    "head": ("inside-the-region", ("problem", "w_0", 0), scaled(2)),
    "start": ("inside-the-region", ("problem", "B_0", 2, 1), scaled(4)),
    "start-later": ("large-start", ("problem", "B_0", 2, 1), LARGER),
    "step": ("inside-the-region", ("problem", "beta"), scaled(2)),
    "step-sign": ("inside-the-region", ("problem", "beta"), scaled(-1)),
    "noise": ("large-start", ("problem", "sigma_sq"), LARGER),
    "noise-sign": ("inside-the-region", ("problem", "sigma_sq"), scaled(-1)),
    "samples": ("large-start", ("problem", "m_in"), shifted(1)),
    "frame": ("large-start", ("problem", "B_star", 0, 0), LARGER),
    "sizes": ("large-start", ("problem", "k"), shifted(1)),
    "collapse-square": ("collapsing-head", ("refutation", "square"), SMALLER),
    "collapse-eta": ("collapsing-head", ("refutation", "eta"), SMALLER),
    "collapse-head": ("collapsing-head", ("problem", "w_0", 0), LARGER),
    "collapse-complement": ("collapsing-head", ("problem", "B_0", 1, 0), lambda _: "1/1000000"),
    "collapse-start": ("collapsing-head", ("problem", "B_0", 0, 0), LARGER),
    "collapse-step": ("collapsing-head", ("problem", "alpha"), scaled(4)),
    "unseen-direction": ("unseen-direction", ("refutation", "direction"), lambda _: ["1", "1", "0"]),
    "unseen-zero": ("unseen-direction", ("refutation", "direction"), lambda _: ["0", "0", "0"]),
    "unseen-short": ("unseen-direction", ("refutation", "direction"), lambda _: ["-1", "1"]),
    "unseen-start": ("unseen-direction", ("problem", "B_0", 0, 0), LARGER),
    "unseen-covariance": ("unseen-direction", ("problem", "Sigma_star", 0, 0), LARGER),
    "unseen-frame": ("unseen-direction", ("problem", "B_star", 3, 1), lambda _: "1"),
    "unseen-turned": ("unseen-direction", ("problem", "Sigma_star", 0), lambda _: ["2", "1/3", "1/2"]),
    "unseen-singular": ("unseen-direction", ("problem", "Sigma_star"), lambda _: [["0"] * 3] * 3),
    "unseen-indefinite": (
        "unseen-direction",
        ("problem", "Sigma_star"),
        lambda _: [["2", "5", "1/3"], ["5", "2", "1/3"], ["1/3", "1/3", "1"]],
    ),
    "unseen-certified": ("unseen-direction", ("outcome",), lambda _: "CERTIFIED"),
    "unseen-other": ("unseen-direction", ("refutation",), lambda _: {"reason": "rank", "rank": 2}),
    "unseen-head": ("unseen-direction", ("problem", "w_0"), lambda w: w[1:]),
    "unseen-isotropic": ("rank-deficient", ("refutation",), lambda _: {"reason": "unseen", "direction": ["1", "0"]}),
    "unseen-step": ("unseen-direction", ("problem", "alpha"), scaled(-1)),
    "infinite-work": ("diverging", ("refutation", "t"), shifted(10**9)),
}
"""One claim each made false, or its proof broken, in a certificate that is signed again."""


@pytest.mark.parametrize("case", FALSEHOODS)
def test_signed_falsehoods_are_rejected(case: str) -> None:
    """A forger who signs again is stopped by the mathematics, not by the digest."""
    name, path, change = FALSEHOODS[case]
    forged = signed(changed(certificate(name), path, change))
    with pytest.raises(RejectedError) as caught:
        check(forged)
    assert "digest" not in str(caught.value)


def test_weaker_claims_are_true_and_accepted() -> None:
    """A larger bound or a later time, signed again, is a true certificate of less."""
    document = certificate("large-start")
    for path, change in ((("region", "delta"), LARGER), (("enclosure", "radius"), scaled(2))):
        assert check(signed(changed(document, path, change)))
    assert check(signed(changed(certificate("inside-the-region"), ("guarantees", "complement"), shifted(1))))


def test_the_checker_shares_only_the_region_with_the_producer() -> None:
    """The modules of the checker import the region and each other from this package, and nothing else."""
    for module in ("check", "check_balls", "check_chain"):
        tree = ast.parse((PACKAGE / f"{module}.py").read_text("utf-8"))
        names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        ours = {name for name in names if name.startswith("foanil")}
        assert ours <= {f"foanil.certificates.{name}" for name in ("check_balls", "check_chain", "region")}
    tree = ast.parse((PACKAGE / "region.py").read_text("utf-8"))
    names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= {"__future__", "dataclasses", "fractions"}


@pytest.mark.parametrize(
    ("B_0", "w_0", "changes"),
    [
        ([["1/10"], ["1/5"]], ["3/5"], {}),  # not small enough, and seen by the complement
        ([["1/10"], ["0"]], ["3/5"], {}),  # not small enough
        ([["1/50"], ["0"]], ["3/4"], {}),  # η > 1
        ([["1/50"], ["0"]], ["1/2"], {}),  # η = 0
        ([["1/50"], ["0"]], ["3/5"], {"beta": "3/10"}),  # β > α
    ],
)
def test_a_collapse_outside_the_lemma_is_rejected(B_0: Any, w_0: Any, changes: dict[str, str]) -> None:
    """With χ² and η computed for the start, the hypotheses of the lemma decide."""
    document = certificate("collapsing-head")
    alpha = Fraction(1, 4)
    square, eta = alpha * Fraction(B_0[0][0]) ** 2, Fraction(w_0[0]) ** 2 / alpha - 1
    refutation = {"reason": "collapse", "square": str(square), "eta": str(eta)}
    problem = {**document["problem"], "B_0": B_0, "w_0": w_0, **changes}
    with pytest.raises(RejectedError, match="collapse"):
        check(signed({**document, "problem": problem, "refutation": refutation}))


def test_cheap_claims_are_checked_before_long_work() -> None:
    """A forged late time meets the inequalities and links first, and a watch may give the rest up."""
    document = certificate("large-start")
    late = {
        **document,
        "region": {**document["region"], "t": 10**5},
        "enclosure": {**document["enclosure"], "t": 10**5},
    }
    seen: list[tuple[str, int, int]] = []

    def watch(name: str, most: int, done: int) -> None:
        seen.append((name, most, done))
        if done == 2:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        check(signed(late), watch)
    assert [done for _, _, done in seen] == [0, 1, 2]
    assert all(most == 10**5 for _, most, _ in seen)
    with pytest.raises(RejectedError, match="ell"):
        check(signed(changed(late, ("region", "ell"), lambda _: "1/10")), watch)


def test_a_flood_of_errors_is_one_error() -> None:
    """A million misfits cost no more than the first one."""
    document = certificate("inside-the-region")
    flood = signed(changed(document, ("problem", "B_0"), lambda _: [[1] * 4096] * 256))
    with pytest.raises(RejectedError, match="B_0/0/0 does not fit the schema"):
        check(flood)


def test_huge_numbers_are_compared_not_rounded() -> None:
    """A bound beyond all doubles is rejected with its size."""
    document = certificate("inside-the-region")
    with pytest.raises(RejectedError, match=r"fails by 1e\+3989"):
        check(signed(changed(document, ("region", "ell"), lambda _: "1" * 3990)))


def test_devices_and_pipes_are_not_read(tmp_path: Path) -> None:
    """What has no end is refused unread, through links too."""
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    for name in ("pipe.json", "zero.json"):
        with pytest.raises(UnreadableError, match="no regular file"):
            read(tmp_path / name)


@pytest.mark.parametrize(
    "text",
    ['{"d": 5.0}', '{"d": 1e3}', "", "{", '{"a": 1, "a": 1}', '{"a": NaN}', "[" * 10**5, '{"a": ' + "9" * 5000 + "}"],
)
def test_unreadable_files_are_named(text: str, tmp_path: Path) -> None:
    """What is no JSON is an UnreadableError, not a rejected certificate."""
    path = tmp_path / "certificate.json"
    path.write_text(text)
    with pytest.raises(UnreadableError, match="certificate"):
        read(path)
    with pytest.raises(UnreadableError, match="certificate"):
        read(tmp_path)


@pytest.mark.parametrize("document", [None, [], 3, "x", {}, {"format": "foanil certificate"}])
def test_other_documents_are_rejected(document: Any) -> None:
    """JSON that is no certificate is rejected by the schema, as a whole."""
    with pytest.raises(RejectedError, match=r"^the document does not fit the schema"):
        check(document)


def test_a_trap_that_does_not_hold_is_named() -> None:
    """The message says which of the chains is broken."""
    with pytest.raises(RejectedError, match=r"^trapping: the last link is no trap"):
        check(signed(changed(certificate("long-head"), ("trapping",), lambda chain: chain[:2])))
