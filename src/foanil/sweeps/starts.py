"""Random starts: the same for the same seed, point and number of the start, whatever else is drawn."""

from __future__ import annotations

import numpy as np

from foanil.stacked import Floats, Numbers, Stack
from foanil.sweeps.points import Points, spectrum


def problems(seed: int, kind: str, rows: Points) -> tuple[Numbers, Stack]:
    """Return the problems and starts of rows of one d, k and k′, as a stack.

    B̂_0 is Gaussian with ‖B̂_0‖² = size, ŵ_0 Gaussian with ‖ŵ_0‖² = head. The complement, of which only DᵀD matters, has
    min(d − k, k′) rows; for other starts than "generic" it is zero.
    """
    d, k, width = (int(getattr(rows, name)[0]) for name in ("d", "k", "k_prime"))
    numbers = Numbers(spectrum(k, rows.condition), rows.a, rows.rho, rows.m.astype(float), rows.kappa)
    draws = np.array([_drawn(seed, *at, (d + 1) * width) for at in zip(rows.point, rows.start, strict=True)])
    B, w = draws[:, : d * width].reshape(-1, d, width), draws[:, d * width :]
    B = _reduced(B, k, width)
    if kind != "generic":
        B[:, k:] = 0
    if kind == "aligned":
        w = np.linalg.svd(B[:, :k])[2][:, k - 1]
    B *= (np.sqrt(rows.size) / np.linalg.norm(B, 2, axis=(1, 2)))[:, None, None]
    w = w * (np.sqrt(rows.head) / np.linalg.norm(w, axis=1))[:, None]
    return numbers, Stack(B, w[:, :, None])


def _drawn(seed: int, point: int, start: int, count: int) -> Floats:
    found: Floats = np.random.default_rng([seed, int(point), int(start), 0]).standard_normal(count)
    return found


def _reduced(B: Floats, k: int, width: int) -> Floats:
    """Return B with its rows below k replaced by a triangle R, RᵀR = DᵀD, where they are more than k′."""
    if B.shape[1] - k <= width:
        return B
    return np.concatenate([B[:, :k], np.linalg.qr(B[:, k:], mode="r")], axis=1)
