"""Many small trajectories advanced by one call a step, against a loop over single ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.rounds import Contender, paired, quartiles
from benchmarks.tables import Table, ms, verdict
from foanil.arrays import NUMPY
from foanil.dynamics import Iterate, Letters, fast_step, prepared, prepared_step, start
from foanil.setting import Setting, State
from foanil.stacked import Stack, numbers, stack, stacked_step

COUNT, STEPS = 1000, 20
ASKED = 20
SIZES = ((4, 2, 3), (6, 2, 4), (10, 3, 10))
"""d, k, k′, at most d = 10."""


def tables(rounds: int) -> list[Table]:
    """Race both at every size, after checking that they agree."""
    text = (
        f"{COUNT} trajectories of (5)-(6), {STEPS} steps of each, in float64 on one thread. *Loop*: the fast step of "
        "one trajectory after the other, its constants prepared once. Both are first checked to give the same "
        "singular values."
    )
    columns = ("sizes", "loop, ms", "stacked, ms", "ratio", "asked", "")
    return [Table("Many small trajectories", text, columns, [_row(*size, rounds) for size in SIZES])]


def _row(d: int, k: int, k_prime: int, rounds: int) -> Sequence[str]:
    letters, thetas = drawn(d, k, k_prime)
    loop, together = looped(letters, thetas), stacked(letters, thetas)
    gap = disagreement(letters, thetas)
    if not gap < 1e-9:
        raise ArithmeticError(f"expected one and the same trajectories at d = {d}; singular values differ by {gap:.1e}")
    found = paired({"loop": loop, "stacked": together}, rounds)
    lower, middle, upper = quartiles(found.ratios("loop", "stacked"))
    return (
        *(f"d = {d}, k = {k}, k′ = {k_prime}", ms(found.median("loop")), ms(found.median("stacked"))),
        *(f"{middle:.0f} [{lower:.0f}, {upper:.0f}]", f"≥ {ASKED}", verdict(middle >= ASKED)),
    )


def drawn(d: int, k: int, k_prime: int) -> tuple[list[Letters], list[Iterate]]:
    """Return problems of one size, each with its own covariance, step sizes and start."""
    random = np.random.default_rng(d)
    letters, thetas = [], []
    for _ in range(COUNT):
        variances = np.diag(random.integers(1, 9, k)).tolist()
        setting = Setting(d, k, k_prime, int(random.integers(1, 30)), variances, "1/3", "1/20", "1/40")
        B = (random.integers(-99, 99, (d, k_prime)) / 128).tolist()
        state = State(B, (random.integers(-99, 99, k_prime) / 512).tolist())
        letters.append(prepared(NUMPY, setting.in_system(NUMPY)))
        thetas.append(start(NUMPY, setting, state))
    return letters, thetas


def looped(letters: Sequence[Letters], thetas: Sequence[Iterate]) -> Contender:
    """Return the loop over single trajectories."""

    def run() -> list[Iterate]:
        found = []
        for given, theta in zip(letters, thetas, strict=True):
            for _ in range(STEPS):
                theta = prepared_step(NUMPY, given, theta)
            found.append(theta)
        return found

    return run


def stacked(letters: Sequence[Letters], thetas: Sequence[Iterate]) -> Contender:
    """Return the stack's steps; turning problems into a stack is not timed, as preparing the loop's is not."""
    pure, first = numbers(letters), stack(letters, thetas)

    def run() -> Stack:
        point = first
        for _ in range(STEPS):
            point = stacked_step(pure, point)
        return point

    return run


def disagreement(letters: Sequence[Letters], thetas: Sequence[Iterate]) -> float:
    """Return the largest difference of an singular value of √α·B after two steps of both, relative to the largest."""
    pure, point = numbers(letters), stack(letters, thetas)
    worst = 0.0
    point = stacked_step(pure, stacked_step(pure, point))
    for given, theta, B in zip(letters, thetas, point.B, strict=True):
        single = fast_step(NUMPY, given, fast_step(NUMPY, given, theta)).B
        ours, theirs = (np.linalg.svd(matrix, compute_uv=False) for matrix in (B, given["alpha"] ** 0.5 * single))
        worst = max(worst, float(abs(ours - theirs[: len(ours)]).max() / theirs.max()))
    return worst
