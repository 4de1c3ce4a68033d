"""Networks with parts of what they learned taken out, to ask what those parts do to the risk."""

from __future__ import annotations

import numpy as np

from foanil.empirical.series import Floats

EXTREME = 2.0
"""A direction of the complement is extreme when its squared singular value exceeds so many times their average."""


def complement_values(B: Floats, B_star: Floats) -> Floats:
    """Return the d − k squared singular values of B⋆,⊥ᵀB, the largest first; of degree 1."""
    values = np.linalg.svd(B - B_star @ (B_star.T @ B), compute_uv=False) ** 2
    count = B_star.shape[0] - B_star.shape[1]
    return np.concatenate([values, np.zeros(max(0, count - len(values)))])[:count]


def without_complement(B: Floats, B_star: Floats) -> Floats:
    """Return B⋆B⋆ᵀB, the representation of which everything outside the shared subspace is taken out."""
    return np.asarray(B_star @ (B_star.T @ B))


def without_extremes(B: Floats, B_star: Floats, factor: float = EXTREME) -> Floats:
    """Return B without the extreme directions of B⋆,⊥ᵀB: their singular values are set to zero (Section 5)."""
    shared = without_complement(B, B_star)
    U, s, Vt = np.linalg.svd(B - shared, full_matrices=False)
    average = np.sum(s**2) / (B_star.shape[0] - B_star.shape[1])
    return np.asarray(shared + (U * np.where(s**2 > factor * average, 0.0, s)) @ Vt)
