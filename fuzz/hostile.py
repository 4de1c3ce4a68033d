"""Hostile input, as Hypothesis strategies: valid documents with parts replaced, and valid files with bytes changed."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

CODE = "__import__('os').system('touch /tmp/foanil-was-here')"
TEXTS = (
    *("", " ", "-", "1e999999999", "-1e-999999999", "nan", "inf", "0x10", "1/0", "9" * 5000, "1" + "0" * 400, "٣"),
    *("../../../etc/passwd", "/dev/zero", "/dev/stdin", "\0", "\ud800", "𝛼" * 50, "%s%n{0}", CODE, f"{{{CODE}}}"),
    *("x.npy", "../x.npy", ".npy", "cos\nsystem\n(S'true'\ntR.", "[" * 3000, "<script>", "--help", "-o", "1_0"),
)
NUMBERS = (
    *(0, -1, 1, 2, 7, 2**31, 2**63, -(2**64), 10**30, 10**4000),
    *(0.0, -0.0, 0.1, 1e308, 5e-324, float("inf"), float("nan")),
)
NESTED: Any = None
for _ in range(200):
    NESTED = [NESTED]

LEAVES = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(NUMBERS),
    st.none(),
    st.booleans(),
    st.integers(-3, 12),
    st.text(max_size=20),
)
VALUES = st.one_of(
    LEAVES,
    st.lists(LEAVES, max_size=4),
    st.dictionaries(st.sampled_from(("", "a", "t", "claims", "__class__", "$ref")), LEAVES, max_size=3),
    st.builds(copy.deepcopy, st.just(NESTED)),
    st.builds(lambda value, count: [value] * count, LEAVES, st.sampled_from((100, 5000))),
)
"""What a part of a document may be replaced with."""


@st.composite
def documents(draw: st.DrawFn, valid: Any, edits: int = 3) -> Any:
    """Return a valid document in which up to some parts, wherever they stand, are replaced, left out or repeated."""
    found = json.loads(json.dumps(valid))
    for _ in range(draw(st.integers(0, edits))):
        found = _edited(draw, found)
    return found


def _edited(draw: st.DrawFn, document: Any) -> Any:
    """Walk down to a random depth and change what stands there."""
    if not isinstance(document, dict | list) or not document or draw(st.integers(0, 3)) == 0:
        return draw(VALUES)
    keys = sorted(document) if isinstance(document, dict) else range(len(document))
    key = draw(st.sampled_from(list(keys)))
    match draw(st.sampled_from(("deeper", "deeper", "deeper", "out", "twice"))):
        case "deeper":
            document[key] = _edited(draw, document[key])
        case "out":
            del document[key]
        case "twice" if isinstance(document, list):
            document.insert(key, document[key])
        case _:
            document[draw(st.sampled_from(TEXTS))] = document[key]
    return document


@st.composite
def changed_bytes(draw: st.DrawFn, valid: bytes, edits: int = 4) -> bytes:
    """Return valid bytes with up to some stretches replaced, left out, repeated, or cut off behind."""
    found = valid
    for _ in range(draw(st.integers(0, edits))):
        start = draw(st.integers(0, len(found)))
        end = start + draw(st.sampled_from((0, 1, 1, 2, 8, 64)))
        match draw(st.sampled_from(("replace", "replace", "out", "twice", "cut"))):
            case "replace":
                found = found[:start] + draw(st.binary(max_size=16) | st.sampled_from(SNIPPETS)) + found[end:]
            case "out":
                found = found[:start] + found[end:]
            case "twice":
                found = found[:end] + found[start:]
            case _:
                found = found[:start]
    return found


SNIPPETS = tuple(text.encode(errors="surrogatepass") for text in TEXTS)
