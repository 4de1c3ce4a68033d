"""All fixed points of (5)-(6) for Σ⋆ = cI, and all eigenvalues of the Jacobian at each of them, in every dimension.

In the dimensionless form a point (C, D, ŵ) is fixed if and only if D = 0, Cŵ = 0 and sCCᵀ is an orthogonal projector.
Its rank r splits the space of directions (X, Y, v) into eigenspaces of the Jacobian; their dimensions are traces of
spectral projections, computed as E⟨x, Px⟩ over a standard Gaussian direction x.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sympy.polys.fields import FracElement

from foanil.decisions import Relation, at_least, more_than
from foanil.evidence import Check
from foanil.gaussian_moments import Gaussian, expectation
from foanil.inequalities import Decided, Theory
from foanil.words import Alphabet, Element, Letter
from proofs.derivation import EVERY_SIZE, Derivation, proof_check, relation_latex, zero_check
from proofs.dimensionless import Iteration, dimensionless_alphabet

CLAIM = ("new-fixed-points",)
EVERY_POINT = EVERY_SIZE + ", Σ⋆ = cI"
EVERY_FIXED_POINT = "every d, k, k′ and m_in, Σ⋆ = cI, every fixed point of every rank r, {} a head"


def first_nonzero(elements: Iterable[Element]) -> Element:
    """Return the first element that is not zero, else the last one; raises ValueError for none at all."""
    last = None
    for last in elements:
        if not last.is_zero():
            return last
    if last is None:
        raise ValueError("expected at least one element to look at")
    return last


# Which points are fixed ----------------------------------------------------------------------------


@functools.cache
def free_point() -> Iteration:
    """Return the iteration at a point about which nothing is assumed."""
    return Iteration(dimensionless_alphabet())


@functools.cache
def point_without_complement() -> Iteration:
    """Return the iteration at a point with D = 0."""
    words = dimensionless_alphabet()
    return Iteration(words.with_rule(words.letter("D"), words.zeros("d-k", "k_prime")))


@functools.cache
def point_with_kept_output() -> Iteration:
    """Return the iteration at a point with D = 0 and C(I − CᵀC)ŵ = 0."""
    words = point_without_complement().words
    C, w = words.letter("C"), words.letter("w")
    return Iteration(words.with_rule(C @ C.T @ C @ w, C @ w))


@functools.cache
def point_without_output() -> Iteration:
    """Return the iteration at a point with D = 0 and Cŵ = 0."""
    words = point_without_complement().words
    return Iteration(words.with_rule(words.letter("C") @ words.letter("w"), words.zeros("k", "1")))


def moves(here: Iteration) -> tuple[Element, Element, Element]:
    """Return (C₊ − C)/a, (D₊ − D)/a and (ŵ₊ − ŵ)/ρ, all zero exactly at a fixed point."""
    return (
        here.C @ (here.identity - here.E),
        -(here.D @ here.E),
        (here.next_head - here.w) / here.scalar("rho"),
    )


def complement_squares(here: Iteration, with_output: bool = True) -> Element:
    """Return q‖DDᵀ‖² + s‖DCᵀ‖² + ‖Du‖² + (‖Dg‖² + (‖Cŵ‖² + ‖Dŵ‖²)(‖DCᵀ‖² + ‖DDᵀ‖²))/m, all norms Frobenius."""
    sqnorm, C, D, w = here.words.sqnorm, here.C, here.D, here.w
    u, g = (here.identity - here.G) @ w, here.G @ w
    overlap, square = sqnorm(D @ C.T), sqnorm(D @ D.T)
    output = (sqnorm(C @ w) + sqnorm(D @ w)) * (overlap + square)
    noise = sqnorm(D @ g) + (output if with_output else 0 * output)
    return here.scalar("q") * square + here.scalar("s") * overlap + sqnorm(D @ u) + noise / here.scalar("m")


def complement_gap(squares: Callable[[Iteration], Element] = complement_squares) -> Element:
    """Return −Tr((D₊ − D)Dᵀ)/a minus a sum of squares, in which q‖DDᵀ‖² makes D = 0 at a fixed point."""
    here = free_point()
    return -here.words.trace(moves(here)[1] @ here.D.T) - squares(here)


def kept_output_gap(sign: int = 1) -> Element:
    """Return −uᵀ(ŵ₊ − ŵ)/ρ − ‖Cu‖², u = (I − G)ŵ, where D = 0: so Cu = 0 at a fixed point."""
    here = point_without_complement()
    u = (here.identity - sign * here.G) @ here.w
    return -(u.T @ moves(here)[2]) - here.words.sqnorm(here.C @ u)


def output_squares(here: Iteration, twice: int = 2) -> Element:
    """Return (s − 1)‖z‖² + 2‖z‖⁴/m, z = Cŵ."""
    size = here.words.sqnorm(here.C @ here.w)
    return (here.scalar("s") - 1) * size + twice * size * size / here.scalar("m")


def output_gap(squares: Callable[[Iteration], Element] = output_squares) -> Element:
    """Return −zᵀ(C₊ − C)Cᵀz/a − (s − 1)‖z‖² − 2‖z‖⁴/m, z = Cŵ, where D = 0 and Cu = 0: so z = 0 at a fixed point."""
    here = point_with_kept_output()
    z = here.C @ here.w
    return -(z.T @ moves(here)[0] @ here.C.T @ z) - squares(here)


def projector_gaps(factor: Element | None = None) -> Iterator[Element]:
    """Yield what makes (C₊ = C) equivalent to Λ = sΛ², where D = 0 and Cŵ = 0; all are zero.

    C₊ − C is a(C − sCCᵀC); times Cᵀ it is a(Λ − sΛ²); and ‖C − sCCᵀC‖² = Tr((I − sΛ)(Λ − sΛ²)).
    """
    here = point_without_output()
    s = factor if factor is not None else here.scalar("s")
    Lambda, identity = here.C @ here.C.T, here.words.eye("k")
    left_over = here.C - s * (Lambda @ here.C)
    defect = Lambda - s * (Lambda @ Lambda)
    yield moves(here)[0] - left_over
    yield moves(here)[0] @ here.C.T - defect
    yield here.words.sqnorm(left_over) - here.words.trace((identity - s * Lambda) @ defect)


def rest_gaps() -> Iterator[Element]:
    """Yield the moves at a point with D = 0, Cŵ = 0 and CCᵀC = x⋆C; all are zero."""
    yield from moves(fixed_point(with_head=True))


def signs(kappa_from: int = 1, s_above: int = 1, samples_from: int = 1) -> list[Decided]:
    """Decide that the factors of the squares are positive: q > 0, s > 1, 0 < x⋆ < 1."""
    here = free_point()
    x = {name: here.scalar(name).coefficient() for name in ("m", "kappa", "q", "s", "x_star")}
    one = here.words.field.one
    given = (at_least(x["m"], samples_from * one), at_least(x["kappa"], kappa_from * one))
    theory = Theory(here.words, given, {})
    return [
        theory.decide(more_than(x["q"]), "q > 0"),
        theory.decide(more_than(x["s"], s_above * one), "s > 1"),
        theory.decide(more_than(x["x_star"]), "x⋆ > 0"),
        theory.decide(more_than(one, x["x_star"]), "x⋆ < 1"),
    ]


# The Jacobian at a fixed point ---------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Direction:
    """A direction (X, Y, v) at a point (C, D, ŵ): shapes (k, k′), (d−k, k′), (k′, 1)."""

    X: Element
    Y: Element
    v: Element

    def __add__(self, other: Direction) -> Direction:
        return Direction(self.X + other.X, self.Y + other.Y, self.v + other.v)

    def __sub__(self, other: Direction) -> Direction:
        return Direction(self.X - other.X, self.Y - other.Y, self.v - other.v)

    def scaled(self, factor: Element) -> Direction:
        """Return a multiple."""
        return Direction(factor * self.X, factor * self.Y, factor * self.v)

    def parts(self) -> tuple[Element, Element, Element]:
        """Return X, Y and v."""
        return self.X, self.Y, self.v


SHAPES: Mapping[str, tuple[str, str]] = {"C": ("k", "k_prime"), "D": ("d-k", "k_prime"), "w": ("k_prime", "1")}
"""The letters of a point and their shapes."""

DIRECTIONS: Mapping[str, str] = {"C": "X", "D": "Y", "w": "v"}
"""The letter of each block of a direction."""


@functools.cache
def direction_alphabet() -> Alphabet:
    """Return the dimensionless alphabet with a direction X, Y, v and, for each block, a test letter."""
    moved = [Letter(DIRECTIONS[name], shape, latex=DIRECTIONS[name]) for name, shape in SHAPES.items()]
    tested = [Letter(f"test_{name}", shape) for name, shape in SHAPES.items()]
    return dimensionless_alphabet().declaring(*moved, *tested)


def differential(function: Element, block: str) -> Element:
    """Return the first-order change of a function of (C, D, ŵ) with values in a block, in the direction (X, Y, v).

    The gradient of ⟨test, function⟩ in a letter, paired with its direction, is linear in test: its gradient in test.
    """
    words = function.alphabet
    paired = words.trace(words.letter(f"test_{block}").T @ function)
    change = words.zeros("1", "1")
    for letter, direction in DIRECTIONS.items():
        change = change + words.trace(words.letter(direction).T @ paired.gradient(letter))
    return change.gradient(f"test_{block}")


@functools.cache
def jacobian() -> Direction:
    """Return the Jacobian of one step applied to (X, Y, v), at any point."""
    here = Iteration(direction_alphabet())
    C_next, D_next = here.C @ here.M, here.D @ (here.identity - here.scalar("a") * here.E)
    return Direction(differential(C_next, "C"), differential(D_next, "D"), differential(here.next_head, "w"))


@functools.cache
def fixed_point(with_head: bool) -> Iteration:
    """Return the iteration at a fixed point of rank r: D = 0, Cŵ = 0, CCᵀC = x⋆C, Tr(sCᵀC) = r, ‖ŵ‖² = ω or ŵ = 0."""
    words = direction_alphabet()
    free = Iteration(words)
    fixed = (
        words.with_rule(free.D, words.zeros("d-k", "k_prime"))
        .with_rule(free.C @ free.C.T @ free.C, free.scalar("x_star") * free.C)
        .with_trace(free.C.T @ free.C, free.scalar("r") * free.scalar("x_star"))
    )
    if not with_head:
        return Iteration(fixed.with_rule(free.w, words.zeros("k_prime", "1")))
    resting = fixed.with_rule(free.C @ free.w, words.zeros("k", "1"))
    return Iteration(resting.with_trace(free.w @ free.w.T, free.scalar("omega")))


@dataclass(frozen=True, eq=False)
class Eigenspace:
    """An eigenspace of the Jacobian: its name, its eigenvalue, and the spectral projection applied to (X, Y, v)."""

    name: str
    eigenvalue: Element
    projected: Direction


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The Jacobian at a fixed point, with or without a head, and its eigenspaces."""

    with_head: bool

    @property
    def here(self) -> Iteration:
        """The iteration at the fixed point."""
        return fixed_point(self.with_head)

    @property
    def omega(self) -> Element:
        """‖ŵ‖², zero without a head."""
        return self.here.scalar("omega") if self.with_head else 0 * self.here.scalar("omega")

    @property
    def direction(self) -> Direction:
        """The free direction (X, Y, v)."""
        words = self.here.words
        return Direction(words.letter("X"), words.letter("Y"), words.letter("v"))

    @property
    def rows(self) -> Element:
        """Q = sCᵀC, the orthogonal projector on the row space of C. Shape (k′, k′), trace r."""
        return self.here.scalar("s") * (self.here.C.T @ self.here.C)

    @property
    def columns(self) -> Element:
        """Π = sCCᵀ, the orthogonal projector on the range of Λ. Shape (k, k), trace r."""
        return self.here.scalar("s") * (self.here.C @ self.here.C.T)

    @property
    def along_head(self) -> Element:
        """P = ŵŵᵀ/ω, zero without a head. Shape (k′, k′)."""
        if not self.with_head:
            return self.here.words.zeros("k_prime", "k_prime")
        return (self.here.w @ self.here.w.T) / self.omega

    @property
    def rest(self) -> Element:
        """N = I − Q − P. Shape (k′, k′)."""
        return self.here.identity - self.rows - self.along_head

    def only(self, X: Element | None = None, Y: Element | None = None, v: Element | None = None) -> Direction:
        """Return a direction with zeros in the blocks that are not given."""
        words = self.here.words
        zeros = {name: words.zeros(*SHAPES[letter]) for letter, name in DIRECTIONS.items()}
        given = {"X": X, "Y": Y, "v": v}
        return Direction(**{name: zeros[name] if part is None else part for name, part in given.items()})

    def apply(self, linear: Direction, direction: Direction) -> Direction:
        """Return a linear map, given by its value at (X, Y, v), applied to a direction."""
        values = dict(zip(DIRECTIONS.values(), direction.parts(), strict=True))
        X, Y, v = (part.into(self.here.words).substitute(values) for part in linear.parts())
        return Direction(X, Y, v)

    def image(self, direction: Direction) -> Direction:
        """Return the Jacobian applied to a direction."""
        return self.apply(jacobian(), direction)

    def eigenspaces(self) -> list[Eigenspace]:
        """Return the eigenspaces that are not zero."""
        return [space for space in self.candidates() if any(not part.is_zero() for part in space.projected.parts())]

    def candidates(self) -> list[Eigenspace]:
        """Return all eigenspaces, those that are zero without a head among them."""
        return [*self._of_gram(), *self._off_range(), *self._of_head(), *self._of_complement()]

    def _of_gram(self) -> list[Eigenspace]:
        here, X = self.here, self.direction.X
        inner, turned = self.columns @ X @ self.rows, here.scalar("s") * (here.C @ X.T @ here.C)
        return [
            Eigenspace("along Λ", 1 - 2 * here.scalar("a"), self.only(X=(inner + turned) / 2)),
            Eigenspace("rotation within Λ", here.words.constant(1), self.only(X=(inner - turned) / 2)),
        ]

    def _off_range(self) -> list[Eigenspace]:
        here, X, a, one = self.here, self.direction.X, self.here.scalar("a"), self.here.words.constant(1)
        lost = (here.words.eye("k") - self.columns) @ X
        return [
            Eigenspace("turning the range of Λ", one, self.only(X=lost @ self.rows)),
            Eigenspace("turning the row space of C", one, self.only(X=self.columns @ X @ self.rest)),
            Eigenspace("new rank off the head", 1 + a, self.only(X=lost @ self.rest)),
            Eigenspace("new rank along the head", 1 + a * (1 - self.omega), self.only(X=lost @ self.along_head)),
        ]

    def _of_head(self) -> list[Eigenspace]:
        """What the head outputs and the part of C that makes it do so: z = Xŵ + Cv is the change of the output."""
        here, (X, _, v) = self.here, self.direction.parts()
        a, rho, x_star, one = here.scalar("a"), here.scalar("rho"), here.scalar("x_star"), here.words.constant(1)
        total = a * self.omega + rho * x_star
        z = self.columns @ X @ here.w + here.C @ v
        moving = self.only(X=a / total * (z @ here.w.T), v=rho / total * (here.C.T @ z))
        pair = self.only(X=self.columns @ X @ self.along_head, v=self.rows @ v)
        return [
            Eigenspace("the head's output", 1 - (1 - x_star) * total, moving),
            Eigenspace("head and C with the output zero", one, pair - moving),
            Eigenspace("head off the row space of C", one, self.only(v=v - self.rows @ v)),
        ]

    def _of_complement(self) -> list[Eigenspace]:
        here, Y, a = self.here, self.direction.Y, self.here.scalar("a")
        return [
            Eigenspace("complement on the row space of C", 1 - a, self.only(Y=Y @ self.rows)),
            Eigenspace("complement along the head", 1 - a * self.omega, self.only(Y=Y @ self.along_head)),
            Eigenspace("complement on the rest", here.words.constant(1), self.only(Y=Y @ self.rest)),
        ]


def eigen_gaps(spectrum: Spectrum, shift: Callable[[Element], Element] = lambda value: value) -> Iterator[Element]:
    """Yield J(Px) − λPx for every spectral projection P, block by block; `shift` may falsify the eigenvalues."""
    for space in spectrum.eigenspaces():
        image = spectrum.image(space.projected)
        yield from (image - space.projected.scaled(shift(space.eigenvalue))).parts()


def completeness_gaps(spectrum: Spectrum, without: str = "") -> Iterator[Element]:
    """Yield the sum of all spectral projections minus the identity, block by block; `without` leaves one out."""
    total = spectrum.only()
    for space in spectrum.eigenspaces():
        if space.name != without:
            total = total + space.projected
    yield from (total - spectrum.direction).parts()


def projection_gaps(spectrum: Spectrum, halved: bool = False) -> Iterator[Element]:
    """Yield P_i(P_jx) − [i = j]P_ix for every two spectral projections, block by block; all are zero.

    With `halved`, the first one is falsified.
    """
    spaces = spectrum.eigenspaces()
    if halved:
        half = spectrum.here.words.constant(1) / 2
        spaces[0] = Eigenspace(spaces[0].name, spaces[0].eigenvalue, spaces[0].projected.scaled(half))
    for outer in spaces:
        for inner in spaces:
            twice = spectrum.apply(outer.projected, inner.projected)
            yield from (twice - inner.projected if outer is inner else twice).parts()


def dimension(spectrum: Spectrum, space: Eigenspace) -> FracElement:
    """Return the trace of a spectral projection, E⟨x, Px⟩ over a standard Gaussian direction x: its dimension."""
    words = spectrum.here.words
    laws = [Gaussian(letter) for letter in DIRECTIONS.values()]
    total = words.zeros("1", "1")
    for part, projected in zip(spectrum.direction.parts(), space.projected.parts(), strict=True):
        total = total + expectation(words.trace(part.T @ projected), *laws)
    return total.coefficient()


def expected_dimensions(with_head: bool, rank_off_by: int = 0) -> dict[str, FracElement]:
    """Return the dimension of each eigenspace as a polynomial in d, k, k′ and the rank r, typed in."""
    words = direction_alphabet()
    k, wide, d, r = (words.scalar(name).coefficient() for name in ("k", "k_prime", "d", "r"))
    r = r + rank_off_by
    head = words.field.one if with_head else words.field.zero
    found = {
        "along Λ": r * (r + 1) / 2,
        "rotation within Λ": r * (r - 1) / 2,
        "turning the range of Λ": r * (k - r),
        "turning the row space of C": r * (wide - r - head),
        "new rank off the head": (k - r) * (wide - r - head),
        "new rank along the head": (k - r) * head,
        "the head's output": r,
        "head and C with the output zero": r * head,
        "head off the row space of C": wide - r,
        "complement on the row space of C": (d - k) * r,
        "complement along the head": (d - k) * head,
        "complement on the rest": (d - k) * (wide - r - head),
    }
    return {name: value for name, value in found.items() if value}


def dimension_gaps(spectrum: Spectrum, rank_off_by: int = 0) -> Iterator[Element]:
    """Yield each dimension minus the typed one, and their sum minus dk′ + k′; all are zero."""
    words = spectrum.here.words
    wide, d = (words.scalar(name).coefficient() for name in ("k_prime", "d"))
    expected = expected_dimensions(spectrum.with_head, rank_off_by)
    total = words.field.zero
    for space in spectrum.eigenspaces():
        found = dimension(spectrum, space)
        total = total + found
        yield words.constant(found - expected[space.name])
    yield words.constant(total - d * wide - wide)


# Which of them are stable --------------------------------------------------------------------------


def sizes(here: Iteration, width: int = 0) -> tuple[Relation, ...]:
    """Return r + 1 ≤ k ≤ k′, r ≥ 0 and k′ ≥ r + width."""
    words = here.words
    r, k, wide = (words.scalar(name).coefficient() for name in ("r", "k", "k_prime"))
    return at_least(r), at_least(k, r + 1), at_least(wide, k), at_least(wide, r + width)


def step_sizes(here: Iteration, up_to: int = 1) -> tuple[Relation, ...]:
    """Return 0 < a < up_to, 0 < ρ ≤ 1, m ≥ 1, κ ≥ 1, ω ≥ 0 and aω < 2."""
    words = here.words
    a, rho, m, kappa, omega = (words.scalar(name).coefficient() for name in ("a", "rho", "m", "kappa", "omega"))
    one = words.field.one
    return (
        more_than(a),
        more_than(up_to * one, a),
        more_than(rho),
        at_least(one, rho),
        at_least(m, one),
        at_least(kappa, one),
        at_least(omega),
        more_than(2 * one, a * omega),
    )


def _named(spectrum: Spectrum, name: str) -> tuple[FracElement, FracElement]:
    """Return the eigenvalue and the dimension of an eigenspace."""
    space = next(space for space in spectrum.eigenspaces() if space.name == name)
    return space.eigenvalue.coefficient(), dimension(spectrum, space)


def no_growth(up_to: int = 1, all_ranks: bool = False, head_from: int = 0) -> list[Decided]:
    """Decide −1 < λ ≤ 1 for every eigenvalue that occurs at rank k (at any rank, but for a new rank off the head)."""
    decided = []
    for with_head in (False, True):
        spectrum = Spectrum(with_head)
        words = spectrum.here.words
        given = (
            *step_sizes(spectrum.here, up_to),
            at_least(words.scalar("omega").coefficient(), head_from * words.field.one),
        )
        theory, one = Theory(words, given, {}), words.field.one
        for space in spectrum.eigenspaces():
            if space.name.startswith("new rank off" if all_ranks else "new rank"):
                continue
            value = space.eigenvalue.coefficient()
            kind = "With" if with_head else "Without"
            decided.append(theory.decide(at_least(one, value), f"{kind} a head, {space.name}: λ ≤ 1"))
            decided.append(theory.decide(more_than(value, -one), f"{kind} a head, {space.name}: λ > −1"))
    return decided


def growth_below_rank(width: int = 2, head_below: int = 1) -> list[Decided]:
    """Decide that below rank k some eigenvalue exceeds 1 without a head, with k′ ≥ r + 2, and with ‖ŵ‖² < 1."""
    decided = []
    cases = (
        (False, "new rank off the head", 1, "Without a head"),
        (True, "new rank off the head", width, "With k′ ≥ r + 2"),
        (True, "new rank along the head", 1, "With ‖ŵ‖² < 1"),
    )
    for with_head, name, wide, label in cases:
        spectrum = Spectrum(with_head)
        words, one = spectrum.here.words, spectrum.here.words.field.one
        omega = words.scalar("omega").coefficient()
        value, size = _named(spectrum, name)
        given = (*sizes(spectrum.here, wide), *step_sizes(spectrum.here), more_than(head_below * one, omega))
        kept = given if name.endswith("along the head") else given[:-1]
        theory = Theory(words, kept, {})
        decided.append(theory.decide(more_than(value, one), f"{label}: the eigenvalue of {name} exceeds 1"))
        decided.append(theory.decide(more_than(size), f"{label}: its eigenspace is not zero"))
    return decided


def growth_beyond(a_from: int = 1) -> list[Decided]:
    """Decide that at rank k ≥ 1 the eigenvalue along Λ is below −1 for a > 1, and its eigenspace is not zero."""
    spectrum = Spectrum(with_head=False)
    words, one = spectrum.here.words, spectrum.here.words.field.one
    value, size = _named(spectrum, "along Λ")
    r, a = words.scalar("r").coefficient(), words.scalar("a").coefficient()
    theory = Theory(words, (at_least(r, one), more_than(a, a_from * one)), {})
    return [
        theory.decide(more_than(-one, value), "For a > 1 the eigenvalue along Λ is below −1"),
        theory.decide(more_than(size), "Its eigenspace is not zero"),
    ]


@functools.cache
def point_beside() -> Iteration:
    """Return the iteration where CCᵀC = x⋆C, Cŵ = 0 and D meets neither: DCᵀ = 0, Dŵ = 0."""
    words = dimensionless_alphabet()
    free = Iteration(words)
    return Iteration(
        words.with_rule(free.C @ free.C.T @ free.C, free.scalar("x_star") * free.C)
        .with_rule(free.C @ free.w, words.zeros("k", "1"))
        .with_rule(free.D @ free.C.T, words.zeros("d-k", "k"))
        .with_rule(free.D @ free.w, words.zeros("d-k", "1"))
    )


def beside_gaps(factor: int = 1) -> Iterator[Element]:
    """Yield, for such a D, the moves of C and ŵ, and D₊ − D + aqDDᵀD: what attracts the neutral complement is cubic."""
    here = point_beside()
    moved_C, moved_D, moved_w = moves(here)
    yield moved_C
    yield moved_w
    yield moved_D + factor * here.scalar("q") * (here.D @ here.D.T @ here.D)


# Checks ----------------------------------------------------------------------------------------------


def _mistyped(change: Callable[[Iteration], Element]) -> Callable[[], Element]:
    """Return the gap of the complement's squares with a wrong term added."""
    return lambda: complement_gap(lambda here: complement_squares(here) + change(here))


def _spectral_checks(with_head: bool) -> tuple[Check, ...]:
    spectrum, kind = Spectrum(with_head), "with" if with_head else "without"
    a, rho = spectrum.here.scalar("a"), spectrum.here.scalar("rho")
    scope = EVERY_FIXED_POINT.format(kind)
    return (
        zero_check(
            f"eigenvalues of the Jacobian {kind} a head",
            CLAIM,
            scope,
            lambda: first_nonzero(eigen_gaps(spectrum)),
            {
                "1 − a for 1 − 2a along Λ": lambda: first_nonzero(eigen_gaps(spectrum, lambda at: (at + 1) / 2)),
                "every eigenvalue larger by aρ": lambda: first_nonzero(eigen_gaps(spectrum, lambda at: at + a * rho)),
                "−a for a": lambda: first_nonzero(eigen_gaps(spectrum, lambda at: 2 - at)),
            },
        ),
        zero_check(
            f"the eigenspaces are independent and fill the space, {kind} a head",
            CLAIM,
            scope,
            lambda: first_nonzero([*completeness_gaps(spectrum), *projection_gaps(spectrum)]),
            {
                "without along Λ": lambda: first_nonzero(completeness_gaps(spectrum, "along Λ")),
                "without the head's output": lambda: first_nonzero(completeness_gaps(spectrum, "the head's output")),
                "half of a projection": lambda: first_nonzero(projection_gaps(spectrum, halved=True)),
            },
        ),
        zero_check(
            f"dimensions of the eigenspaces, {kind} a head: their sum is dk′ + k′",
            CLAIM,
            scope,
            lambda: first_nonzero(dimension_gaps(spectrum)),
            {
                "rank r − 1": lambda: first_nonzero(dimension_gaps(spectrum, -1)),
                "rank r + 1": lambda: first_nonzero(dimension_gaps(spectrum, 1)),
                "rank r + 2": lambda: first_nonzero(dimension_gaps(spectrum, 2)),
            },
        ),
    )


CHECKS: tuple[Check, ...] = (
    zero_check(
        "a fixed point has no complement: a sum of squares",
        CLAIM,
        EVERY_POINT,
        complement_gap,
        {
            "without the head's output": lambda: complement_gap(lambda here: complement_squares(here, False)),
            "twice the square of D": _mistyped(lambda here: here.scalar("q") * here.words.sqnorm(here.D @ here.D.T)),
            "twice the overlap": _mistyped(lambda here: here.words.sqnorm(here.D @ here.C.T)),
        },
    ),
    zero_check(
        "a fixed point has no output: squares",
        CLAIM,
        EVERY_POINT + ", D = 0",
        lambda: first_nonzero([kept_output_gap(), output_gap()]),
        {
            "I + G for I − G": lambda: kept_output_gap(-1),
            "1/m for 2/m": lambda: output_gap(lambda here: output_squares(here, 1)),
            "3/m for 2/m": lambda: output_gap(lambda here: output_squares(here, 3)),
        },
    ),
    zero_check(
        "where neither is, fixed means Λ = sΛ²",
        CLAIM,
        EVERY_POINT + ", D = 0, Cŵ = 0",
        lambda: first_nonzero([*projector_gaps(), *rest_gaps()]),
        {
            "Λ = Λ²": lambda: first_nonzero(
                projector_gaps(free_point().words.constant(1).into(point_without_output().words))
            ),
            "1 + 1/m for s": lambda: first_nonzero(projector_gaps(1 + 1 / point_without_output().scalar("m"))),
            "1 + κ/m for s": lambda: first_nonzero(projector_gaps(1 + point_without_output().scalar("q"))),
        },
    ),
    proof_check(
        "the factors of the squares are positive",
        CLAIM,
        "every m_in ≥ 1 and κ ≥ 1",
        signs,
        {
            "κ ≥ 0": lambda: signs(kappa_from=0),
            "s > 2": lambda: signs(s_above=2),
            "m ≥ 0": lambda: signs(samples_from=0),
        },
    ),
    *_spectral_checks(with_head=False),
    *_spectral_checks(with_head=True),
    proof_check(
        "at rank k no eigenvalue leaves the unit disc below a = 1, and one does beyond",
        CLAIM,
        "0 < ρ ≤ 1, a‖ŵ‖² < 2, every d, k, k′, m_in ≥ 1 and κ ≥ 1",
        lambda: [*no_growth(), *growth_beyond()],
        {
            "a < 2 for a < 1": lambda: no_growth(up_to=2),
            "a new rank off the head too": lambda: no_growth(all_ranks=True),
            "a > 0 for a > 1": lambda: growth_beyond(a_from=0),
        },
    ),
    proof_check(
        "below rank k an eigenvalue exceeds 1, unless r = k − 1 = k′ − 1 under a long head",
        CLAIM,
        "0 < ρ ≤ 1, a < 1, a‖ŵ‖² < 2, every d, r < k ≤ k′, m_in ≥ 1 and κ ≥ 1",
        lambda: [*growth_below_rank(), *no_growth(all_ranks=True, head_from=1)],
        {
            "k′ ≥ r + 1 for k′ ≥ r + 2": lambda: growth_below_rank(width=1),
            "‖ŵ‖² < 2 for ‖ŵ‖² < 1": lambda: growth_below_rank(head_below=2),
            "no growth under a short head": lambda: no_growth(all_ranks=True, head_from=0),
        },
    ),
    zero_check(
        "the neutral complement is moved by a cubic term alone",
        CLAIM,
        EVERY_POINT + ", CCᵀC = x⋆C, Cŵ = 0, DCᵀ = 0, Dŵ = 0",
        lambda: first_nonzero(beside_gaps()),
        {
            "the sign of the cubic term": lambda: first_nonzero(beside_gaps(-1)),
            "without the cubic term": lambda: first_nonzero(beside_gaps(0)),
            "twice the cubic term": lambda: first_nonzero(beside_gaps(2)),
        },
    ),
)


# Printed ---------------------------------------------------------------------------------------------

PREMISES = (
    r"$\Sigma_\star = cI$, $m = m_{\mathrm{in}} \ge 1$, $\kappa = \bar\sigma^2/c \ge k \ge 1$, $\alpha, \beta \gt 0$",
    r"$C = \sqrt\alpha B_\star^{\top}B$, $D = \sqrt\alpha B_{\star,\perp}^{\top}B$, $\hat w = w/\sqrt{\alpha c}$",
    r"$G = C^{\top}C + D^{\top}D$, $\Lambda = CC^{\top}$ (here $\alpha$ times the paper's $\Lambda$)",
    r"$C_+ - C = aC(I-E)$, $D_+ - D = -aDE$, $\hat w_+ - \hat w = -\rho G(I-G)\hat w$",
    r"$E = sC^{\top}C + qD^{\top}D + uu^{\top} + (gg^{\top} + (\hat w^{\top}G\hat w)G)/m$",
    r"$u = (I-G)\hat w$, $g = G\hat w$",
    r"$a = \alpha\beta c$, $\rho = \beta/\alpha$, $q = \kappa/m$, $s = 1 + (1+\kappa)/m$, $x_\star = 1/s$",
)


def classification() -> Derivation:
    """Return the derivation of all fixed points."""
    resting = point_without_output()
    moved = moves(resting)[0]
    found = Derivation("All fixed points", CLAIM, PREMISES)
    for decided in signs():
        found = found.noting("both solvers", f"{decided.says}.", relation_latex(decided.relation))
    return (
        found.noting(
            "identity of words",
            r"A sum of squares with positive factors: at a fixed point each is zero, and "
            r"$q\lVert DD^{\top}\rVert^2 = 0$ makes $D = 0$.",
            r"-a^{-1}\mathrm{Tr}((D_+ - D)D^{\top}) = q\lVert DD^{\top}\rVert^2 + s\lVert DC^{\top}\rVert^2 + "
            r"\lVert Du\rVert^2 + \tfrac1m\left(\lVert Dg\rVert^2 + (\lVert C\hat w\rVert^2 + \lVert D\hat w\rVert^2)"
            r"(\lVert DC^{\top}\rVert^2 + \lVert DD^{\top}\rVert^2)\right)",
        )
        .noting(
            "identity of words",
            r"Now $D = 0$. At a fixed point $Cu = 0$: the output $z = C\hat w$ satisfies $z = \Lambda z$.",
            r"-\rho^{-1}u^{\top}(\hat w_+ - \hat w) = \lVert Cu\rVert^2",
        )
        .then(
            "identity of words",
            r"Both factors are positive, so that $z = 0$ at a fixed point.",
            r"-a^{-1}z^{\top}(C_+ - C)C^{\top}z",
            output_squares(point_with_kept_output()),
        )
        .then("identity of words", r"Now $D = 0$ and $C\hat w = 0$.", "a^{-1}(C_+ - C)", moved)
        .then(
            "product with Cᵀ",
            r"So $\Lambda = s\Lambda^2$ at a fixed point: $s\Lambda$ is symmetric and idempotent.",
            r"a^{-1}(C_+ - C)C^{\top}",
            moved @ resting.C.T,
        )
        .then(
            "identity of words",
            r"Conversely $\Lambda = s\Lambda^2$ makes this trace, $\mathrm{Tr}((I - s\Lambda)(\Lambda - s\Lambda^2))$, "
            r"vanish; with $D = 0$, $C\hat w = 0$ neither $D$ nor $\hat w$ moves.",
            r"a^{-2}\lVert C_+ - C\rVert^2",
            resting.words.sqnorm(moved),
        )
        .noting(
            "conclusion",
            r"The fixed points, for every $a, \rho \gt 0$, are the points with",
            r"B_{\star,\perp}^{\top}B = 0,\quad Bw = 0,\quad \alpha\Lambda = x_\star\Pi,\quad "
            r"\Pi = \Pi^{\top} = \Pi^2",
        )
    )


def _in_s(element: Element) -> Element:
    """Return an element with κ = m(s − 1) − 1 put in: at a fixed point κ occurs in s alone."""
    words = element.alphabet
    kappa = words.scalar("m") * (words.scalar("s") - 1) - 1
    return element.transport(words, {}, {"kappa": kappa})


def _image_printed(spectrum: Spectrum, found: Derivation) -> Derivation:
    kind = r"with a head, $\lVert\hat w\rVert^2 = \omega$" if spectrum.with_head else r"without a head, $\hat w = 0$"
    names = (r"\mathrm{d}C_+", r"\mathrm{d}D_+", r"\mathrm{d}\hat w_+")
    for name, part in zip(names, spectrum.image(spectrum.direction).parts(), strict=True):
        found = found.then("gradient of words", f"The Jacobian {kind}.", name, _in_s(part))
    return found


def _space_printed(spectrum: Spectrum, space: Eigenspace, found: Derivation) -> Derivation:
    blocks = [
        rf"{name} \mapsto {_in_s(part).latex()}"
        for name, part in zip(DIRECTIONS.values(), space.projected.parts(), strict=True)
        if not part.is_zero()
    ]
    words = spectrum.here.words
    gain = _in_s(space.eigenvalue - 1).latex()
    value = "1" if gain == "0" else f"1 {gain}" if gain.startswith("-") else f"1 + {gain}"
    size = words.constant(dimension(spectrum, space)).latex()
    kind = "With" if spectrum.with_head else "Without"
    return found.noting(
        "identity of words; trace as a Gaussian mean",
        f"{kind} a head, {space.name}: eigenvalue, dimension, and the projection onto the eigenspace.",
        rf"\lambda = {value},\quad \dim = {size},\quad " + r",\quad ".join(blocks),
    )


def linearisation() -> Derivation:
    """Return the derivation of the spectrum of the Jacobian at every fixed point, and of what is stable."""
    premises = (
        *PREMISES,
        r"at a fixed point: $D = 0$, $C\hat w = 0$, $CC^{\top}C = x_\star C$, $\mathrm{Tr}(sC^{\top}C) = r$, the rank",
        r"a direction $(X, Y, v)$ at $(C, D, \hat w)$; its dimension is $dk' + k'$",
    )
    found = Derivation("The Jacobian at the fixed points", CLAIM, premises)
    for with_head in (False, True):
        spectrum = Spectrum(with_head)
        found = _image_printed(spectrum, found)
        for space in spectrum.eigenspaces():
            found = _space_printed(spectrum, space, found)
        found = found.noting(
            "identity of words",
            "The projections add up to the identity, multiply to zero or themselves, and the dimensions add up.",
            r"\textstyle\sum\dim = dk' + k'",
        )
    for decided in (*growth_below_rank(), *growth_beyond()):
        found = found.noting("both solvers", f"{decided.says}.", relation_latex(decided.relation))
    found = found.noting(
        "both solvers",
        r"At rank $k$ every eigenvalue lies in $(-1, 1]$ when $0 \lt a \lt 1$, $0 \lt \rho \le 1$ and "
        r"$a\lVert\hat w\rVert^2 \lt 2$; so it does at rank $k' - 1$ under a head with $\lVert\hat w\rVert^2 \ge 1$, "
        "where new rank off the head has dimension 0.",
        r"-1 \lt \lambda \le 1",
    )
    return found.noting(
        "identity of words",
        r"The complement off the row space of $C$ and off the head is neutral, and shrinks by its cubic term alone: "
        r"for $CC^{\top}C = x_\star C$, $C\hat w = 0$, $DC^{\top} = 0$, $D\hat w = 0$, neither $C$ nor $\hat w$ moves.",
        r"D_+ = D - aq\,DD^{\top}D",
    )


DERIVATIONS = (classification, linearisation)
