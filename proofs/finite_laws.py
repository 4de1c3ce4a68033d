"""Every transcribed formula against its definition at exact instances: the third engine, finite sums of Fractions.

Expectations are finite sums: a law on a few rational points has the moments of N(0, I) up to order five, and signs have
its covariance. Gradients are central differences, exact for quadratics. What is believed is the loss, the data model
and the two steps, typed here once more entry by entry; no matrix words, no polynomial rings, no array library.
"""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from foanil.arrays import EXACT, SingularMatrixError
from foanil.evidence import Check, Method, Residual, exact_residual
from foanil.formal import SCALAR, letters
from foanil.notation import NOTATION

Rows = tuple[tuple[Fraction, ...], ...]
Vector = tuple[Fraction, ...]

# Finite laws ---------------------------------------------------------------------------------------


def law_of_a_row(d: int, a: Fraction, b: Fraction) -> tuple[tuple[Vector, Fraction], ...]:
    """Return the law on 0, ±a·e_i and ±b·e_i ± b·e_j with E x_i² = 1, E x_i⁴ = 3 and E x_i²x_j² = 1.

    It is symmetric, so that all moments up to total degree five are those of N(0, I); a and b must be matched,
    else the weights that the fourth moments ask for miss the second one, and ValueError is raised.
    """
    far, near = 1 / (4 * b**4), (4 - d) / (2 * a**4)
    if 2 * a**2 * near + 4 * (d - 1) * b**2 * far != 1:
        raise ValueError(f"expected nodes that give E x² = 1 at d = {d}; got a = {a}, b = {b}")
    axes = [{i: step} for i in range(d) for step in (a, -a)]
    diagonals = [{i: s, j: t} for i, j in itertools.combinations(range(d), 2) for s in (b, -b) for t in (b, -b)]
    weighted = [*((node, near) for node in axes), *((node, far) for node in diagonals)]
    rest = 1 - sum((weight for _, weight in weighted), start=Fraction(0))
    return tuple(
        (tuple(node.get(i, Fraction(0)) for i in range(d)), weight)
        for node, weight in [({0: Fraction(0)}, rest), *weighted]
    )


ROW_LAWS: Mapping[int, tuple[tuple[tuple[Fraction, ...], Fraction], ...]] = MappingProxyType(
    {
        2: law_of_a_row(2, Fraction(3, 2), Fraction(3)),
        3: law_of_a_row(3, Fraction(3), Fraction(3, 2)),
    }
)
"""Dimension → nodes and weights: every moment up to total degree five is that of N(0, I)."""

SIGNS: tuple[tuple[int, int, int], ...] = ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
"""Four equally likely points in three variables: centred and uncorrelated, which is all that a quadratic sees."""


def gaussian_points(rows: int, columns: int) -> Iterator[tuple[Fraction, Rows]]:
    """Yield weight and matrix, row by row independent: the mean of any polynomial of degree ≤ 5 in a row is exact."""
    for drawn in itertools.product(ROW_LAWS[columns], repeat=rows):
        weight = Fraction(1)
        for _, probability in drawn:
            weight *= probability
        yield weight, tuple(row for row, _ in drawn)


# Definitions, entry by entry -----------------------------------------------------------------------


def times(A: Rows, B: Rows) -> Rows:
    """Return the matrix product, entry by entry."""
    inner = range(len(B))
    return tuple(tuple(_total(row[l] * B[l][j] for l in inner) for j in range(len(B[0]))) for row in A)


def _total(terms: Iterator[Fraction]) -> Fraction:
    return sum(terms, start=Fraction(0))


def turned(A: Rows) -> Rows:
    """Return the transpose."""
    return tuple(zip(*A, strict=True))


def column(v: Sequence[Fraction]) -> Rows:
    """Return a vector as a matrix of one column."""
    return tuple((entry,) for entry in v)


def labels(X: Rows, B_star: Rows, w_star: Rows, z: Rows) -> Rows:
    """y_r = x_rᵀB⋆w⋆ + z_r for each row r."""
    return tuple((signal[0] + noise[0],) for signal, noise in zip(times(X, times(B_star, w_star)), z, strict=True))


def loss(B: Rows, w: Rows, X: Rows, y: Rows) -> Fraction:
    """Half the mean square of y_r − x_rᵀBw over the rows."""
    output = times(X, times(B, w))
    return _total((label[0] - value[0]) ** 2 for label, value in zip(y, output, strict=True)) / (2 * len(X))


def expected_loss(B: Rows, w: Rows, parameter: Rows, sigma: Fraction) -> Fraction:
    """Return the mean loss on a fresh row with label xᵀθ⋆ + z, as a finite sum over signs; d ≤ 3."""
    found = []
    for signs, noise in itertools.product(SIGNS, (sigma, -sigma)):
        X = (tuple(Fraction(sign) for sign in signs[: len(B)]),)
        found.append(loss(B, w, X, ((times(X, parameter)[0][0] + noise,),)))
    return _total(iter(found)) / len(found)


def slope(function: Callable[[Rows], Fraction], at: Rows) -> Rows:
    """Return the gradient of a function that is quadratic in each entry: half the difference one step to both sides."""
    return tuple(
        tuple((function(_moved(at, i, j, 1)) - function(_moved(at, i, j, -1))) / 2 for j in range(len(at[0])))
        for i in range(len(at))
    )


def _moved(A: Rows, i: int, j: int, step: int) -> Rows:
    row = tuple(entry + step if place == j else entry for place, entry in enumerate(A[i]))
    return (*A[:i], row, *A[i + 1 :])


def descended(point: Rows, step: Fraction, gradient: Rows) -> Rows:
    """Return point − step·gradient."""
    return tuple(
        tuple(p - step * g for p, g in zip(row, slopes, strict=True))
        for row, slopes in zip(point, gradient, strict=True)
    )


# Instances -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Instance:
    """A rational value for every letter of the paper at the sizes of an index; Σ⋆ = RRᵀ with R and σ rational."""

    index: int
    values: Mapping[str, Any]
    root: Rows
    sigma: Fraction

    @property
    def sizes(self) -> Mapping[str, int]:
        """The sizes of every dimension."""
        return SIZES[self.index]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def given(self, **changed: Any) -> Instance:
        """Return the instance with other values of some letters."""
        return replace(self, values={**self.values, **changed})

    def with_covariance(self, root: Rows) -> Instance:
        """Return the instance with Σ⋆ = RRᵀ, and σ̄² after it."""
        covariance = times(root, turned(root))
        total = _total(covariance[i][i] for i in range(len(covariance))) + self.sigma**2
        changed = {"Sigma_star": covariance, "sigma_bar_sq": total}
        return replace(self, values={**self.values, **changed}, root=root)


SIZES: tuple[Mapping[str, int], ...] = (
    {"d": 2, "k": 1, "k_prime": 2, "m": 3, "m_in": 2, "m_out": 4, "m_test": 5, "N": 7, "d-k": 1, "1": 1},
    {"d": 3, "k": 2, "k_prime": 2, "m": 4, "m_in": 1, "m_out": 5, "m_test": 6, "N": 3, "d-k": 1, "1": 1},
)
"""The smallest sizes with m_in = 2, and with k = 2: three signs serve m_in + k variables, and three serve d."""

_BASES: tuple[Rows, ...] = (
    ((Fraction(3, 5), Fraction(4, 5)), (Fraction(4, 5), Fraction(-3, 5))),
    (
        (Fraction(1, 3), Fraction(2, 3), Fraction(2, 3)),
        (Fraction(2, 3), Fraction(-2, 3), Fraction(1, 3)),
        (Fraction(2, 3), Fraction(1, 3), Fraction(-2, 3)),
    ),
)
"""Orthogonal matrices: the first k columns are B⋆, the others B⋆,⊥."""


@functools.cache
def instance(index: int) -> Instance:
    """Return a fixed instance, drawn from a seed: index 0 or 1."""
    sizes, draw = SIZES[index], random.Random(f"finite laws {index}")
    values: dict[str, Any] = {}
    for name, entry in NOTATION.items():
        rows, columns = (sizes[dimension] for dimension in entry.shape)
        if entry.shape == SCALAR:
            values[name] = Fraction(sizes[name] if name in sizes else Fraction(draw.randint(2, 30), 7))
        else:
            values[name] = tuple(tuple(_drawn(draw) for _ in range(columns)) for _ in range(rows))
    moment = values["second_moment"]
    values["second_moment"] = times(moment, turned(moment))
    basis, sigma = _BASES[index], Fraction(draw.randint(2, 9), 5)
    values["B_star"] = tuple(row[: sizes["k"]] for row in basis)
    values["B_star_perp"] = tuple(row[sizes["k"] :] for row in basis)
    values["sigma_sq"] = sigma**2
    root = tuple(tuple(_drawn(draw) for _ in range(sizes["k"])) for _ in range(sizes["k"]))
    return Instance(index, MappingProxyType(values), root, sigma).with_covariance(root)


def _drawn(draw: random.Random) -> Fraction:
    return Fraction(draw.choice([-7, -5, -4, -3, -2, 2, 3, 4, 5, 7]), draw.choice([2, 3, 5]))


# What the algorithm does, by the definitions -------------------------------------------------------


def inner_points(here: Instance) -> Iterator[tuple[Fraction, Rows, Rows]]:
    """Yield weight, adapted head and θ⋆ = B⋆w⋆ over inner features, noise and task."""
    m, k = here.sizes["m_in"], here.sizes["k"]
    for (weight, X), signs in itertools.product(gaussian_points(m, here.sizes["d"]), SIGNS):
        z = column([here.sigma * sign for sign in signs[:m]])
        w_star = times(here.root, column([Fraction(sign) for sign in signs[m : m + k]]))
        head = adapted_head(here.given(X_in=X, z_in=z, w_star=w_star))
        yield weight / len(SIGNS), head, times(here["B_star"], w_star)


def adapted_head(here: Instance) -> Rows:
    """Return w − α∇_w of the loss on the inner sample: (2) and (4)."""
    y = labels(here["X_in"], here["B_star"], here["w_star"], here["z_in"])
    return descended(here["w"], here["alpha"], slope(lambda w: loss(here["B"], w, here["X_in"], y), here["w"]))


def mean(weighted: Iterator[tuple[Fraction, Rows]]) -> Rows:
    """Return the weighted sum of matrices."""
    total: list[list[Fraction]] = []
    for weight, A in weighted:
        total = total or [[Fraction(0)] * len(A[0]) for _ in A]
        for row, entries in zip(total, A, strict=True):
            for j, entry in enumerate(entries):
                row[j] += weight * entry
    return tuple(tuple(row) for row in total)


def second_moment(here: Instance) -> Rows:
    """Return E[w_i w_iᵀ]."""
    return mean((weight, times(head, turned(head))) for weight, head, _ in inner_points(here))


def infinite_sample_moment(here: Instance) -> Rows:
    """Return E[w_i w_iᵀ] where the inner step descends the expected loss: the first line of (7)."""

    def moment(signs: tuple[int, ...]) -> Rows:
        w_star = times(here.root, column([Fraction(sign) for sign in signs[: here.sizes["k"]]]))
        target = times(here["B_star"], w_star)
        gradient = slope(lambda w: expected_loss(here["B"], w, target, here.sigma), here["w"])
        head = descended(here["w"], here["alpha"], gradient)
        return times(head, turned(head))

    return mean((Fraction(1, len(SIGNS)), moment(signs)) for signs in SIGNS)


def representation_direction(here: Instance) -> Rows:
    """Return the mean over tasks of ∇_B of the expected loss at (B, w_i): (3) without its Hessian factor."""

    def gradient(head: Rows, target: Rows) -> Rows:
        return slope(lambda B: expected_loss(B, head, target, here.sigma), here["B"])

    return mean((weight, gradient(head, target)) for weight, head, target in inner_points(here))


def head_direction(here: Instance) -> Rows:
    """Return the mean over tasks of ∇_w of the expected loss at (B, w_i)."""

    def gradient(head: Rows, target: Rows) -> Rows:
        return slope(lambda w: expected_loss(here["B"], w, target, here.sigma), head)

    return mean((weight, gradient(head, target)) for weight, head, target in inner_points(here))


def mean_adapted_loss(here: Instance) -> Rows:
    """Return L_ANIL of (1) as a 1×1 matrix."""
    B, sigma = here["B"], here.sigma
    return mean((weight, ((expected_loss(B, head, at, sigma),),)) for weight, head, at in inner_points(here))


def label_variance(here: Instance) -> Rows:
    """Return the mean square of a label over features, task and noise."""
    k, found = here.sizes["k"], []
    for x, task, noise in itertools.product(SIGNS, SIGNS, (here.sigma, -here.sigma)):
        X = (tuple(Fraction(sign) for sign in x[: here.sizes["d"]]),)
        w_star = times(here.root, column([Fraction(sign) for sign in task[:k]]))
        found.append(labels(X, here["B_star"], w_star, ((noise,),))[0][0] ** 2)
    return ((_total(iter(found)) / len(found),),)


# The limit -----------------------------------------------------------------------------------------


@functools.cache
def resting(index: int) -> tuple[Instance, Rows]:
    """Return an instance whose Σ⋆ leaves B = B⋆C, w = 0 at rest, and Λ = CCᵀ.

    The mean direction of B is affine in Σ⋆, so that Σ⋆ is found by solving linear equations; every further equation
    must agree. Raises ValueError where Σ⋆ is not unique or the equations contradict one another.
    """
    here = instance(index)
    k = here.sizes["k"]
    C = tuple(row[: here.sizes["k_prime"]] for row in here["B"][:k])
    still = here.given(B=times(here["B_star"], C), w=tuple((Fraction(0),) for _ in here["w"]))
    pairs = [(i, j) for i in range(k) for j in range(i, k)]
    constant = _flat(representation_direction(still.with_covariance(_root(k, ()))))
    slopes = [_flat(representation_direction(still.with_covariance(_root(k, pair)))) for pair in pairs]
    slopes = [[value - base for value, base in zip(found, constant, strict=True)] for found in slopes]
    covariance = _covariance(k, dict(zip(pairs, _solved(slopes, constant), strict=True)))
    total = _total(covariance[i][i] for i in range(k)) + here.sigma**2
    return still.given(Sigma_star=covariance, sigma_bar_sq=total), times(C, turned(C))


def _root(k: int, pair: tuple[int, ...]) -> Rows:
    """Return R with RRᵀ = vvᵀ, v the sum of the unit vectors named: one column v, the others zero."""
    return tuple(tuple(Fraction(int(j == 0 and i in pair)) for j in range(k)) for i in range(k))


def _covariance(k: int, parts: Mapping[tuple[int, int], Fraction]) -> Rows:
    """Return Σ of parts times vvᵀ, v the sum of the two unit vectors (one, when they are equal)."""
    total = [[Fraction(0)] * k for _ in range(k)]
    for pair, part in parts.items():
        for i, j in itertools.product(set(pair), repeat=2):
            total[i][j] += part
    return tuple(tuple(row) for row in total)


def _flat(A: Rows) -> list[Fraction]:
    return [entry for row in A for entry in row]


def _solved(slopes: Sequence[Sequence[Fraction]], constant: Sequence[Fraction]) -> list[Fraction]:
    """Solve Σ_l x_l·slopes_l + constant = 0, one equation per entry, by elimination."""
    equations = [[*(found[row] for found in slopes), -constant[row]] for row in range(len(constant))]
    solved: list[list[Fraction]] = []
    for unknown in range(len(slopes)):
        pivot = next((equation for equation in equations if equation[unknown]), None)
        if pivot is None:
            raise ValueError("expected one covariance at which the point is at rest; the equations leave it free")
        equations.remove(pivot)
        lead = [entry / pivot[unknown] for entry in pivot]
        equations, solved = ([_cleared(e, lead, unknown) for e in kept] for kept in (equations, solved))
        solved.append(lead)
    if any(any(equation) for equation in equations):
        raise ValueError("expected a covariance at which the point is at rest; the equations contradict one another")
    return [equation[-1] for equation in solved]


def _cleared(equation: Sequence[Fraction], lead: Sequence[Fraction], unknown: int) -> list[Fraction]:
    return [entry - equation[unknown] * part for entry, part in zip(equation, lead, strict=True)]


# Formula by formula --------------------------------------------------------------------------------

Case = tuple[Instance, Rows]
"""An instance, and the value that the formula must have there."""


def _outer_step(here: Instance) -> Case:
    stepped = descended(here["B"], here["beta"], representation_direction(here))
    return here.given(second_moment=second_moment(here)), stepped


def _summed_step(here: Instance) -> Case:
    average = tuple(tuple(entry / here["N"] for entry in row) for row in here["gradient_sum"])
    return here, descended(here["B"], here["beta"], average)


def _task_loss(here: Instance) -> Case:
    target = times(here["B_star"], here["w_star"])
    return here, ((expected_loss(here["B"], here["w_adapted"], target, here.sigma),),)


def _new_task_step(here: Instance) -> Case:
    """The step at a point with Bw = 0: every row of B is made orthogonal to w (k′ = 2)."""
    (first,), (second,) = here["w"]
    B = tuple((row[0] * second, -row[0] * first) for row in here["B"])
    y = labels(here["X_test"], here["B_star"], here["w_star"], here["z_test"])
    gradient = slope(lambda w: loss(B, w, here["X_test"], y), here["w"])
    return here.given(B=B), descended(here["w"], here["alpha"], gradient)


def _gram(here: Instance) -> Case:
    rows = times(turned(here["B_star"]), here["B"])
    return here, times(rows, turned(rows))


CASES: Mapping[str, tuple[str, Callable[[Instance], Case]]] = {
    "labels": ("def-tasks", lambda i: (i, labels(i["X"], i["B_star"], i["w_star"], i["z"]))),
    "empirical_loss": ("def-empirical-loss", lambda i: (i, ((loss(i["B"], i["w"], i["X"], i["y"]),),))),
    "adapted_test_loss": ("eq-1", _task_loss),
    "inner_update": ("eq-2", lambda i: (i, descended(i["w"], i["alpha"], i["head_gradient"]))),
    "outer_update": ("eq-3", _summed_step),
    "inner_step": ("eq-4", lambda i: (i, adapted_head(i))),
    "head_step": ("eq-5", lambda i: (i, descended(i["w"], i["beta"], head_direction(i)))),
    "representation_step": ("eq-6", _outer_step),
    "second_moment_first_line": ("sec-2-first-line", lambda i: (i, infinite_sample_moment(i))),
    "second_moment": ("eq-7", lambda i: (i, second_moment(i))),
    "sigma_bar_sq": ("def-sigma-bar", lambda i: (i, label_variance(i))),
    "limit_gram": ("eq-8", lambda i: resting(i.index)),
    "limit_gram_ratio_form": ("eq-8", lambda i: resting(i.index)),
    "limit_complement": ("def-complement", lambda i: (i, times(turned(i["B_star_perp"]), i["B"]))),
    "limit_head_output": ("eq-9", lambda i: (i, times(i["B"], i["w"]))),
    "gram": ("def-gram", _gram),
    "new_task_labels": ("eq-10", lambda i: (i, labels(i["X_test"], i["B_star"], i["w_star"], i["z_test"]))),
    "new_task_step": ("eq-11", _new_task_step),
    "burer_monteiro_term": (
        "eq-12",
        lambda i: (i, ((loss(i["B"], i["W"], i["X"], i["y"]) / (2 * i["N"]),),)),
    ),
    "anil_loss": ("new-anil-loss", lambda i: (i, mean_adapted_loss(i))),
}
"""Formula → the claim that states it, and the case that an instance makes of it."""


@functools.cache
def case(name: str, index: int) -> tuple[Mapping[str, Any], Any]:
    """Return the letters of a case as exact arrays, and the value that the formula must have."""
    here, value = CASES[name][1](instance(index))
    known = {
        letter: EXACT.scalar(found) if NOTATION[letter].shape == SCALAR else EXACT.array(found)
        for letter, found in here.values.items()
    }
    return known, EXACT.array(value)


def difference(name: str, stated: Callable[..., Any]) -> Residual:
    """Compare a stated formula with its definition at both instances, entry by entry; there is no tolerance."""
    for index in range(len(SIZES)):
        known, expected = case(name, index)
        try:
            found = stated(EXACT, **{letter: known[letter] for letter in letters(stated)})
        except (ZeroDivisionError, SingularMatrixError) as error:
            return exact_residual(False, f"instance {index}: no value where the definition has one ({error})")
        gaps = [one - other for one, other in zip(_entries(found), _entries(expected), strict=True)]
        differing = sum(bool(gap) for gap in gaps)
        if differing:
            shown = f"instance {index}: {differing} of {len(gaps)} entries differ"
            return exact_residual(False, shown, computed=str(_entries(expected)[0]), stated=str(_entries(found)[0]))
    return exact_residual(True, "both instances: no entry differs")


def _entries(value: Any) -> list[Any]:
    return [*value.ravel()] if hasattr(value, "ravel") else [value]


_SCOPE = "two exact instances, (d, k, k′, m_in) = (2, 1, 2, 2) and (3, 2, 2, 1)"

CHECKS = tuple(
    Check(f"{name} by finite laws", (claim,), Method.EXACT, _SCOPE, name, functools.partial(difference, name))
    for name, (claim, _) in CASES.items()
)
