"""Laws of random data that can be decided exactly: finite laws, Gaussian ones, mixtures, random starts, i.i.d. samples.

Means and second moments are computed from the law itself, never declared.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from foanil import rational
from foanil.rational import Matrix

Vector = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class FiniteLaw:
    """Finitely many values in R^n with their probabilities, as (probability, value) pairs."""

    atoms: tuple[tuple[Fraction, Vector], ...]

    def is_law(self) -> bool:
        """Whether the probabilities are positive and sum to 1."""
        return all(p > 0 for p, _ in self.atoms) and sum(p for p, _ in self.atoms) == 1

    def mean(self) -> Vector:
        """Return the mean."""
        return tuple(
            sum((p * value[i] for p, value in self.atoms), start=Fraction(0)) for i in range(len(self.atoms[0][1]))
        )

    def second_moment(self) -> Matrix:
        """Return E[xxᵀ]."""
        indices = range(len(self.atoms[0][1]))
        return tuple(
            tuple(sum((p * x[i] * x[j] for p, x in self.atoms), start=Fraction(0)) for j in indices) for i in indices
        )


@dataclass(frozen=True, slots=True)
class GaussianMixture:
    """A mixture of centred-or-not Gaussian laws with spherical covariances v·I: (weight, mean, v) triples."""

    parts: tuple[tuple[Fraction, Vector, Fraction], ...]

    def is_law(self) -> bool:
        """Whether weights are positive and sum to 1, and no variance is negative."""
        return all(p > 0 and v >= 0 for p, _, v in self.parts) and sum(p for p, _, _ in self.parts) == 1

    def mean(self) -> Vector:
        """Return the mean."""
        return tuple(sum((p * mean[i] for p, mean, _ in self.parts), start=Fraction(0)) for i in range(self.dimension))

    def second_moment(self) -> Matrix:
        """Return E[xxᵀ]."""
        indices = range(self.dimension)
        return tuple(
            tuple(sum((p * (x[i] * x[j] + v * (i == j)) for p, x, v in self.parts), start=Fraction(0)) for j in indices)
            for i in indices
        )

    @property
    def dimension(self) -> int:
        """The n of R^n."""
        return len(self.parts[0][1])

    def is_standard_gaussian(self, d: int) -> bool:
        """Whether this is N(0, I_d)."""
        return self.parts == ((Fraction(1), (Fraction(0),) * d, Fraction(1)),)

    def is_spherical(self) -> bool:
        """Whether every rotation leaves the law as it is: all parts are centred."""
        return not any(any(mean) for _, mean, _ in self.parts)


@dataclass(frozen=True, slots=True)
class RandomStart:
    """The law of a d×k′ matrix: a multiple of a Haar frame, or independent Gaussian entries of one variance."""

    d: int
    k_prime: int
    kind: Literal["frame", "entries"]
    size: Fraction
    """What the frame is multiplied by, or the variance of an entry."""

    def has_density(self, d: int, k_prime: int) -> bool:
        """Whether it has a density on R^{d×k′}."""
        return (self.d, self.k_prime, self.kind) == (d, k_prime, "entries") and self.size > 0

    def is_frame(self, d: int, k_prime: int, multiple: Fraction | None) -> bool:
        """Whether it is this multiple of a Haar frame with k′ ≤ d columns; None stands for any multiple but 0."""
        fits = (self.d, self.k_prime, self.kind) == (d, k_prime, "frame") and k_prime <= d
        return fits and (self.size != 0 if multiple is None else self.size == multiple)

    def degenerate(self) -> RandomStart:
        """Return the law of the zero matrix."""
        return RandomStart(self.d, self.k_prime, self.kind, Fraction(0))


@dataclass(frozen=True, slots=True)
class Sample:
    """Draws from one law each, independent of each other: `laws` has one entry where all are alike."""

    laws: tuple[FiniteLaw | GaussianMixture, ...]
    count: float
    """How many draws; math.inf for infinitely many."""

    @property
    def identical(self) -> bool:
        """Whether all draws have one law."""
        return len(set(self.laws)) == 1

    @property
    def law(self) -> FiniteLaw | GaussianMixture:
        """The first draw's law."""
        return self.laws[0]


def gaussian(d: int, variance: Fraction = Fraction(1)) -> GaussianMixture:
    """Return N(0, variance·I_d)."""
    return GaussianMixture(((Fraction(1), (Fraction(0),) * d, variance),))


def two_points(high: Fraction, low: Fraction) -> FiniteLaw:
    """Return the centred law on {high, −low}, of variance high·low; all mass at 0 when one of them is 0."""
    if not high * low:
        return FiniteLaw(((Fraction(1), (Fraction(0),)),))
    return FiniteLaw(((low / (high + low), (high,)), (high / (high + low), (-low,))))


def independent_two_points(root: Matrix, mean: Vector | None = None) -> FiniteLaw:
    """Return the law of mean + root·u, u with independent coordinates on {2, −1/2}: covariance root·rootᵀ."""
    shift = mean or (Fraction(0),) * len(root)
    atoms: list[tuple[Fraction, Vector]] = [(Fraction(1), ())]
    for _ in root[0]:
        atoms = [
            (p * q, (*u, x))
            for p, u in atoms
            for q, x in ((Fraction(1, 5), Fraction(2)), (Fraction(4, 5), Fraction(-1, 2)))
        ]
    moved = rational.transpose(rational.product(root, rational.transpose(tuple(u for _, u in atoms))))
    return FiniteLaw(
        tuple((p, tuple(x + s for x, s in zip(v, shift, strict=True))) for (p, _), v in zip(atoms, moved, strict=True))
    )
