"""Laws of the fast outer gradients: equal to the definitions to rounding, and to themselves to the last byte."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from foanil import first_principles
from foanil.arrays import NUMPY
from foanil.first_principles import Parameters, Sample
from foanil.simulation import kernels
from foanil.simulation.kernels import blocked, moments, outer_gradients, portions
from foanil.simulation.tasks import Floats, TaskDistribution, Tasks, draw

METHODS = ("fo-anil", "fo-maml")
KERNELS = ("blocked", "compiled")
ALPHA = 0.13
SIZES = {  # N, m_in, m_out, d, k'
    "ordinary": (37, 5, 3, 7, 4),
    "smallest": (1, 1, 1, 1, 1),
    "more directions than features": (11, 2, 6, 3, 5),
    "a group and a block, and one task more": (blocked.BLOCK + 1, 3, 4, 9, 2),
    "several portions": (2 * portions.PORTION + 65, 4, 3, 6, 5),
    "many samples": (3, 71, 33, 4, 2),
}


def point(sizes: tuple[int, ...], seed: int = 20261123) -> tuple[Tasks, Floats, Floats]:
    """Return tasks with a mean, and a point (B, w) without structure."""
    N, m_in, m_out, d, k_prime = sizes
    random = np.random.default_rng(seed)
    frame = np.linalg.qr(random.standard_normal((d, min(d, 2))))[0]
    k = frame.shape[1]
    world = TaskDistribution(frame, np.diag(np.arange(1.0, k + 1)), 0.7, random.standard_normal(k))
    tasks = draw(world, N, m_in, m_out, random)
    return tasks, random.standard_normal((d, k_prime)), random.standard_normal(k_prime)


def single(tasks: Tasks) -> Tasks:
    """Return the same tasks in float32."""
    fields = ("X_in", "y_in", "X_out", "y_out", "theta_star")
    return Tasks(*(getattr(tasks, name).astype(np.float32) for name in fields))


def by_einsum(tasks: Tasks, B: Floats, w: Floats, alpha: float, method: str) -> tuple[Floats, Floats]:
    """Return the gradients from every task's own B_i and w_i, formed as the definitions say."""
    X, Z = tasks.X_in.astype(float), tasks.X_out.astype(float)
    s, N = alpha / X.shape[1], len(X)
    residual = np.einsum("nmd,dk,k->nm", X, B, w) - tasks.y_in
    slope = np.einsum("nmd,nm->nd", X, residual)
    w_i = w - s * np.einsum("dk,nd->nk", B, slope)
    B_i = np.broadcast_to(B, (N, *B.shape))
    if method == "fo-maml":
        B_i = B_i - s * np.einsum("nd,k->ndk", slope, w)
    outer = np.einsum("nmd,ndk,nk->nm", Z, B_i, w_i) - tasks.y_out
    H = np.einsum("nmd,nm->nd", Z, outer) / Z.shape[1]
    return np.einsum("nd,nk->dk", H, w_i) / N, np.einsum("ndk,nd->k", B_i, H) / N


def rounding_bound(tasks: Tasks, B: Floats, w: Floats, alpha: float, method: str) -> tuple[Floats, Floats]:
    """Return how far two evaluations can differ by rounding alone, entry by entry (Higham, Section 3.1).

    Both are the same polynomial in the entries, and every monomial passes at most n roundings in each: the difference
    is at most 2γ_n, γ_n = nu/(1 − nu), times the polynomial with all its signs turned to plus, which is what the
    definitions give at |X|, −|y|, |B|, |w| and −α. A slope Xᵀ(XBw − y) enters a monomial at most three times.
    """
    dtype = tasks.X_in.dtype
    N, m_in, d = tasks.X_in.shape
    n = N + 4 * (len(w) + d + m_in + 4) + 2 * (len(w) + d) + tasks.X_out.shape[1] + 20
    gamma = n * np.finfo(dtype).eps / 2 / (1 - n * np.finfo(dtype).eps / 2)
    positive = replace(
        tasks, X_in=abs(tasks.X_in), y_in=-abs(tasks.y_in), X_out=abs(tasks.X_out), y_out=-abs(tasks.y_out)
    )
    along_B, along_w = by_einsum(positive, abs(B), abs(w), -alpha, method)
    return 2 * gamma * along_B, 2 * gamma * along_w


def within(found: tuple[Floats, Floats], expected: tuple[Floats, Floats], bound: tuple[Floats, Floats]) -> bool:
    """Tell whether every entry is as close as the bound asks."""
    return all((abs(a - b) <= c).all() for a, b, c in zip(found, expected, bound, strict=True))


# Equal to the definitions --------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES.keys())
def test_kernels_equal_the_definition(sizes: tuple[int, ...], kernel: str, method: str) -> None:
    """Each kernel gives every task's own gradient, averaged, to within the rounding of its arithmetic."""
    tasks, B, w = point(sizes)
    for data in (tasks, single(tasks)):
        found = outer_gradients(data, B, w, ALPHA, method=method, kernel=kernel)
        bound = rounding_bound(data, B, w, ALPHA, method)
        assert within(found, by_einsum(data, B, w, ALPHA, method), bound)


@pytest.mark.parametrize("method", METHODS)
def test_einsum_equals_first_principles(method: str) -> None:
    """The batched definition is the one of `first_principles`, task by task."""
    tasks, B, w = point(SIZES["ordinary"])
    theta, terms = Parameters(B, w[:, None]), []
    for X, y, Z, z in zip(tasks.X_in, tasks.y_in, tasks.X_out, tasks.y_out, strict=True):
        inner, outer = Sample(X, y[:, None], len(X)), Sample(Z, z[:, None], len(Z))
        slope = first_principles.gradient(theta, inner)
        adapted = first_principles.inner_step(theta, inner, ALPHA)
        if method == "fo-maml":
            adapted = Parameters(B - ALPHA * slope.B, theta.w - ALPHA * slope.w)
        terms.append(first_principles.gradient(adapted, outer))
    expected = np.mean([term.B for term in terms], 0), np.mean([term.w for term in terms], 0)[:, 0]
    found = by_einsum(tasks, B, w, ALPHA, method)
    assert within(found, expected, rounding_bound(tasks, B, w, ALPHA, method))
    assert NUMPY.sqnorm(found[0]) > 0


@pytest.mark.parametrize("kernel", KERNELS)
def test_rounding_bound_is_not_slack(kernel: str) -> None:
    """What one observation of one task, or the motion of B, contributes lies beyond the rounding bound."""
    tasks, B, w = point(SIZES["ordinary"])
    for method, other in (METHODS, METHODS[::-1]):
        found = outer_gradients(tasks, B, w, ALPHA, method=method, kernel=kernel)
        bound = rounding_bound(tasks, B, w, ALPHA, method)
        assert not within(found, by_einsum(tasks, B, w, ALPHA, other), bound)
        y_out = tasks.y_out.copy()
        y_out[17, 1] += 1e-6
        assert not within(found, by_einsum(replace(tasks, y_out=y_out), B, w, ALPHA, method), bound)


@pytest.mark.parametrize("kernel", KERNELS)
def test_sample_used_twice(kernel: str) -> None:
    """Without the sample split both samples are one array, and the kernels accept it."""
    tasks, B, w = point(SIZES["ordinary"])
    found = outer_gradients(tasks.unsplit, B, w, ALPHA, method="fo-anil", kernel=kernel)
    expected = by_einsum(tasks.unsplit, B, w, ALPHA, "fo-anil")
    assert within(found, expected, rounding_bound(tasks.unsplit, B, w, ALPHA, "fo-anil"))


# The same bytes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_threads_do_not_change_a_byte(kernel: str, method: str) -> None:
    """The number of threads changes no byte of the result, and neither does running again."""
    tasks, B, w = point(SIZES["several portions"])
    results = [
        outer_gradients(tasks, B, w, ALPHA, method=method, kernel=kernel, threads=threads)
        for threads in (1, 2, 3, 16, 2, 1)
    ]
    assert len({(along_B.tobytes(), along_w.tobytes()) for along_B, along_w in results}) == 1


def test_error_in_a_thread_is_raised() -> None:
    """A failure in another thread reaches the caller."""

    def broken(problem: moments.Problem, start: int, stop: int, h: Floats, K: Floats) -> None:
        if start:
            raise FloatingPointError("broken")

    problem = moments.kernel_input(*point(SIZES["several portions"]), ALPHA, "fo-anil")
    with pytest.raises(FloatingPointError, match="broken"):
        portions.summed(broken, problem, threads=2)


@pytest.mark.parametrize("kernel", KERNELS)
def test_overflow_is_the_callers_affair(kernel: str) -> None:
    """A diverging step warns in no thread where the caller ignores overflow."""
    tasks, B, w = point(SIZES["several portions"])
    with np.errstate(over="ignore", invalid="ignore"):
        along_B, _ = outer_gradients(tasks, 1e200 * B, 1e200 * w, ALPHA, method="fo-maml", kernel=kernel, threads=2)
    assert not np.isfinite(along_B).all()


def test_forked_process_starts_its_own_threads() -> None:
    """A step on two threads works in a process that was forked after one."""
    code = (
        "import os, sys, numpy as np; from foanil.simulation.kernels import outer_gradients as f, portions;"
        "from foanil.simulation.tasks import Tasks; o = np.ones; n = 2 * portions.PORTION;"
        "t = Tasks(o((n, 3, 4)), o((n, 3)), o((n, 1, 4)), o((n, 1)), o((n, 4)));"
        "g = lambda: f(t, o((4, 2)), o(2), .1, method='fo-anil', threads=2)[0];"
        "first = g(); child = os.fork();"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if child else not (first == g()).all())"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_data_are_left_alone() -> None:
    """Neither the data nor the point change."""
    tasks, B, w = point(SIZES["ordinary"])
    arrays = (tasks.X_in, tasks.y_in, tasks.X_out, tasks.y_out, B, w)
    before = [array.tobytes() for array in arrays]
    for kernel in KERNELS:
        outer_gradients(tasks, B, w, ALPHA, method="fo-maml", kernel=kernel)
    assert [array.tobytes() for array in arrays] == before


# Dispatch ------------------------------------------------------------------------------------------


def test_sizes_alone_choose_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a choice the kernel follows from the number of entries, and gives what naming it gives."""
    tasks, B, w = point(SIZES["ordinary"])
    problem = moments.kernel_input(tasks, B, w, ALPHA, "fo-anil")
    entries = tasks.X_in.size + tasks.X_out.size
    for threshold, expected in ((entries, "compiled"), (entries + 1, "blocked")):
        monkeypatch.setattr(kernels, "WORTH_COMPILING", threshold)
        assert kernels.fastest(problem) == expected
        named = outer_gradients(tasks, B, w, ALPHA, method="fo-anil", kernel=expected)
        unnamed = outer_gradients(tasks, B, w, ALPHA, method="fo-anil")
        assert [a.tobytes() for a in named] == [a.tobytes() for a in unnamed]


def test_small_problems_load_no_compiler() -> None:
    """A small step imports neither numba nor what it compiles."""
    code = (
        "import sys, numpy as np; from foanil.simulation.kernels import outer_gradients as f;"
        "from foanil.simulation.tasks import Tasks; o = np.ones;"
        "f(Tasks(o((2, 3, 4)), o((2, 3)), o((2, 1, 4)), o((2, 1)), o((2, 4))), o((4, 2)), o(2), .1, method='fo-maml');"
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-W", "error", "-c", code], check=False).returncode == 0


# Refusals ------------------------------------------------------------------------------------------


def test_bad_input_is_refused() -> None:
    """A wrong shape, layout, dtype, method, kernel or number of threads is named, with what was expected."""
    tasks, B, w = point(SIZES["ordinary"])
    bad = {
        "y_in of shape": (replace(tasks, y_in=tasks.y_in[:, :-1].copy()), B, w),
        "X_out of shape": (replace(tasks, X_out=tasks.X_out[:-1]), B, w),
        "m_out >= 1": (replace(tasks, X_out=tasks.X_out[:, :0].copy(), y_out=tasks.y_out[:, :0].copy()), B, w),
        "d = 7": (tasks, B[:-1], w),
        "w shape": (tasks, B, w[:-1]),
        "y_out is float32": (replace(tasks, y_out=tasks.y_out.astype(np.float32)), B, w),
        "X_in is int64": (replace(tasks, X_in=tasks.X_in.astype(np.int64)), B, w),
        "ascontiguousarray": (replace(tasks, X_in=np.asfortranarray(tasks.X_in)), B, w),
    }
    for message, arguments in bad.items():
        with pytest.raises(ValueError, match=message):
            outer_gradients(*arguments, ALPHA, method="fo-anil")
    for message, keywords in {
        "fo-anil": {"method": "anil"},
        "threads": {"method": "fo-anil", "threads": 0},
        "kernel": {"method": "fo-anil", "kernel": "fast"},
    }.items():
        with pytest.raises(ValueError, match=message):
            outer_gradients(tasks, B, w, ALPHA, **keywords)
