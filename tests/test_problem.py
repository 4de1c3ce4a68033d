"""Reading problems: exact numbers in, clear errors out, nothing evaluated and nothing unpickled."""

from __future__ import annotations

import json
import pickle
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foanil.certificates.problem import MOST_ENTRIES, ProblemError, load_problem, number, problem

GOOD: dict[str, Any] = {
    "d": 3,
    "k": 1,
    "k_prime": 2,
    "m_in": 5,
    "c": "1",
    "sigma_sq": 0.5,
    "alpha": "1/4",
    "beta": "0.25",
    "B_0": [[1, "1/8"], ["0.1", 0], [0, 0]],
    "w_0": ["1/3", 0],
}


def written(folder: Path, text: str, name: str = "start.toml") -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_decimals_are_exact_in_toml_and_json(tmp_path: Path) -> None:
    """0.1 is 1/10 in both formats, as a number and as a text."""
    toml = "d=3\nk=1\nk_prime=1\nm_in=2\nc=0.1\nsigma_sq='0.1'\nalpha=1e-1\nbeta='1/10'\nB_0=[[0.1],[0],[0]]\nw_0=[0.1]"
    values = {"d": 3, "k": 1, "k_prime": 1, "m_in": 2, "c": 0.1, "sigma_sq": "0.1", "alpha": 1e-1, "beta": "1/10"}
    text = json.dumps({**values, "B_0": [[0.1], [0], [0]], "w_0": [0.1]})
    for path in (written(tmp_path, toml), written(tmp_path, text, "start.json")):
        found = load_problem(path)
        setting = found.setting
        numbers = (setting.c, setting.sigma_sq, setting.alpha, setting.beta, found.start.B[0][0], found.start.w[0])
        assert set(numbers) == {Fraction(1, 10)}


def test_npy_files_are_exact_binary_values(tmp_path: Path) -> None:
    """An array file next to the problem gives each double exactly; a column is a vector."""
    np.save(tmp_path / "B.npy", np.array([[0.1, 2.0], [0, 0], [1, 0]]))
    np.save(tmp_path / "w.npy", np.array([[0.3], [1.0]]))
    path = written(tmp_path, json.dumps({**GOOD, "B_0": "B.npy", "w_0": "w.npy"}), "start.json")
    start = load_problem(path).start
    assert start.B[0][0] == Fraction(0.1)
    assert start.w == (Fraction(0.3), Fraction(1))


def header(text: str) -> bytes:
    """Return a .npy file with this header and no data."""
    padded = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 no zip file",
        header("(" * 100),
        header("__import__('os').system('false')"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (1" + 25 * "0" + ",), }"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (-3,), }"),
        header("{'descr': 'O', 'fortran_order': False, 'shape': (3,), }") + pickle.dumps([1, 2, 3]),
    ],
)
def test_malformed_npy_files_are_refused(content: bytes, tmp_path: Path) -> None:
    """Whatever a header says, the answer is one clear message."""
    (tmp_path / "B.npy").write_bytes(content)
    path = written(tmp_path, json.dumps({**GOOD, "B_0": "B.npy"}), "start.json")
    with pytest.raises(ProblemError, match=r"B_0: .* must be a \.npy file of numbers"):
        load_problem(path)


def test_large_arrays_are_refused_before_they_are_read_as_fractions(tmp_path: Path) -> None:
    """The number of entries is bounded, in whatever shape."""
    np.save(tmp_path / "B.npy", np.zeros((4096, 1000), dtype=np.float16))
    path = written(tmp_path, json.dumps({**GOOD, "B_0": "B.npy"}), "start.json")
    with pytest.raises(ProblemError, match="at most 4096 entries"):
        load_problem(path)
    with pytest.raises(ProblemError, match="at most 4096 entries"):
        problem({**GOOD, "B_0": [[0] * 4096] * 2})


def test_changes_go_on_top(tmp_path: Path) -> None:
    """A flag replaces what the file says, and can give everything."""
    path = written(tmp_path, json.dumps(GOOD), "start.json")
    assert load_problem(path, ["alpha=1/8"]).setting.alpha == Fraction(1, 8)
    flags = [f"{key}={json.dumps(value)}" for key, value in GOOD.items()]
    assert load_problem(None, flags) == load_problem(path)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": ({"alpah": 1}, "did you mean 'alpha'"),
    "two covariances": ({"Sigma_star": [[1]]}, "both"),
    "not a number": ({"alpha": "fast"}, "alpha must be a finite number"),
    "code": ({"alpha": "__import__('os').getcwd()"}, "alpha must be a finite number"),
    "NaN": ({"alpha": "nan"}, "finite"),
    "infinite": ({"alpha": float("inf")}, "finite"),
    "division by zero": ({"alpha": "1/0"}, "divides by zero"),
    "a bool": ({"alpha": True}, "must be a number"),
    "huge exponent": ({"alpha": "1e999999999"}, "exponent"),
    "long number": ({"alpha": "9" * 5000}, "at most"),
    "negative step": ({"alpha": -1}, "alpha must be > 0"),
    "zero covariance": ({"c": 0}, "c must be > 0"),
    "negative noise": ({"sigma_sq": "-1/2"}, "sigma_sq"),
    "size not whole": ({"m_in": 1.5}, "m_in must be an integer"),
    "size zero": ({"k": 0}, "k must be an integer"),
    "widths": ({"k": 3}, "k < d"),
    "huge sizes": ({"d": MOST_ENTRIES + 1}, "choose a smaller problem"),
    "ragged": ({"B_0": [[1, 2], [3], [4, 5]]}, "unequal"),
    "wrong shape": ({"B_0": [[1, 2], [3, 4]]}, "shape"),
    "a vector for a matrix": ({"B_0": [1, 2, 3]}, "rows"),
    "mixed": ({"w_0": [1, [2]]}, "both"),
    "too deep": ({"w_0": [[[1]], [[2]]]}, "must be a number"),
    "empty": ({"B_0": []}, "list of numbers"),
    "wrong length": ({"w_0": [1, 2, 3]}, "k' = 2"),
    "null": ({"w_0": None}, "list of numbers"),
    "not orthonormal": ({"B_star": [[1], [1], [0]]}, "orthonormal"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_values_are_named(case: str) -> None:
    """Every malformed value is a ProblemError that says what was expected."""
    changed, message = BAD[case]
    with pytest.raises(ProblemError, match=message):
        problem({**GOOD, **changed})


@pytest.mark.parametrize("key", ["d", "sigma_sq", "B_0", "w_0", "c"])
def test_missing_keys_are_named(key: str) -> None:
    """A problem without one of its keys is refused by name."""
    with pytest.raises(ProblemError, match=key):
        problem({name: value for name, value in GOOD.items() if name != key})


BAD_FILES = {
    "not TOML": ("start.toml", "d = = 3", "TOML"),
    "not JSON": ("start.json", "{", "JSON"),
    "a list": ("start.json", "[1, 2]", "table"),
    "NaN in JSON": ("start.json", '{"alpha": NaN}', "not a finite number"),
    "twice": ("start.json", '{"d": 3, "d": 4}', "twice"),
    "deep": ("start.json", "[" * 10**5, "JSON"),
    "other name": ("start.yaml", "d: 3", "named .toml or .json"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_are_named(case: str, tmp_path: Path) -> None:
    """A file that is no problem is refused with what it should be."""
    name, text, message = BAD_FILES[case]
    with pytest.raises(ProblemError, match=message):
        load_problem(written(tmp_path, text, name))


def test_absent_binary_and_foldered_files_are_refused(tmp_path: Path) -> None:
    """No file, a folder, a name with a NUL, and bytes that are no text."""
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    for name in ("absent.toml", "folder.toml", "bytes.toml", "nul\0.toml"):
        with pytest.raises(ProblemError):
            load_problem(tmp_path / name)


def test_pickles_and_odd_arrays_are_refused(tmp_path: Path) -> None:
    """A pickled array, objects, complex numbers, texts, cubes, truncated and non-finite arrays are no input."""
    np.save(tmp_path / "objects.npy", np.array([Fraction(1), None], dtype=object), allow_pickle=True)
    (tmp_path / "pickle.npy").write_bytes(pickle.dumps([1, 2]))
    np.save(tmp_path / "complex.npy", np.array([1j, 2]))
    np.save(tmp_path / "texts.npy", np.array(["1", "2"]))
    np.save(tmp_path / "cube.npy", np.zeros((2, 1, 1)))
    np.save(tmp_path / "nan.npy", np.array([np.nan, 1]))
    np.save(tmp_path / "good.npy", np.array([1.0, 2.0]))
    (tmp_path / "short.npy").write_bytes((tmp_path / "good.npy").read_bytes()[:-4])
    np.savez(tmp_path / "zip.npy", w=np.ones(2))
    (tmp_path / "zip.npy.npz").rename(tmp_path / "zip.npy")
    path = written(tmp_path, json.dumps(GOOD), "start.json")
    for name in ("objects", "pickle", "complex", "texts", "cube", "nan", "short", "zip", "absent"):
        with pytest.raises(ProblemError, match=r"w_0|absent"):
            load_problem(path, [f"w_0={tmp_path / name}.npy"])
    assert load_problem(path, [f"w_0={tmp_path / 'good.npy'}"]).start.w == (1, 2)


def test_numbers_of_every_kind() -> None:
    """Integers, decimals, fractions and texts of them are read exactly."""
    for given in (3, "3", "3.0", "6/2", Decimal("3.00"), Fraction(3), 3.0, " 3 ", "+30e-1"):
        assert number(given, "x") == 3
