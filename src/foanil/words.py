"""The free algebra of matrix words with transpose and trace: exact normal forms that hold in every dimension.

An `Alphabet` declares letters (matrices with symbolic shapes), scalars, and relations. Its `Element`s are linear
combinations of words with coefficients in ℚ(scalars) times traces of words, kept in normal form: zero means zero in
every dimension, for every value of the letters that satisfies the declared relations.
The normal form: relations are applied from left to right until none applies; a symmetric letter is never transposed;
a word is cut where it passes through dimension 1, the scalar pieces becoming traces; a trace stands for its cyclic
rotations and their transposes.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from sympy import QQ
from sympy.polys.fields import FracElement, FracField

Factor = tuple[str, bool]
Word = tuple[Factor, ...]
Traces = tuple[Word, ...]
Term = tuple[Traces, Word]
Shape = tuple[str, str]


class WordShapeError(TypeError):
    """A sum or product of words does not type."""


class UndeclaredError(ValueError):
    """A letter, scalar or inverse is used that the alphabet does not declare."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One matrix: its name, the names of its two dimensions, whether it is symmetric, and its LaTeX."""

    name: str
    shape: Shape
    symmetric: bool = False
    latex: str = ""


@dataclass(frozen=True)
class Alphabet:
    """Letters, scalars and relations; also the number system (`eye`, `trace`, `inv`, `sqnorm`) of its elements.

    `scalars` are names of the indeterminates of the coefficient field, sizes such as "d" among them (Tr(I_d) = d).
    `rules` map a word to the element it equals; `trace_rules` map a traced word to a scalar element; they are
    oriented: the caller answers for termination, and `rewrite_limit` guards it. `inverses` map an invertible element
    to the letter that stands for its inverse.
    """

    letters: Mapping[str, Letter]
    field: FracField
    rules: tuple[tuple[Word, Element], ...] = ()
    trace_rules: tuple[tuple[Word, Element], ...] = ()
    inverses: tuple[tuple[Element, str], ...] = ()
    latex_scalars: Mapping[str, str] = field(default_factory=dict)
    rewrite_limit: int = 10_000
    name: str = "WORDS"

    # elements ------------------------------------------------------------------------------------

    def letter(self, name: str) -> Element:
        """Return the element that is one letter; raises UndeclaredError."""
        if name not in self.letters:
            known = ", ".join(self.letters)
            raise UndeclaredError(f"letter {name!r} is not declared; this alphabet has: {known}")
        return self.element(self.letters[name].shape, {((), ((name, False),)): self.field.one})

    def scalar(self, name: str) -> Element:
        """Return a declared scalar as a 1×1 element; raises UndeclaredError."""
        names = [str(generator) for generator in self.field.symbols]
        if name not in names:
            raise UndeclaredError(f"scalar {name!r} is not declared; this alphabet has: {', '.join(names)}")
        return self.constant(self.field.gens[names.index(name)])

    def constant(self, value: Any) -> Element:
        """Return a number or an element of the coefficient field as a 1×1 element."""
        return self.element(("1", "1"), {((), ()): self.field(value)})

    def eye(self, n: str) -> Element:
        """Return the identity of the dimension named n."""
        return self.element((n, n), {((), ()): self.field.one})

    def zeros(self, rows: str, cols: str) -> Element:
        """Return the zero element of this shape."""
        return Element(self, (rows, cols), {})

    def element(self, shape: Shape, terms: Mapping[Term, FracElement]) -> Element:
        """Return the normal form of a linear combination of words."""
        return Element(self, shape, _normal_form(self, shape, terms))

    def size(self, dimension: str) -> FracElement:
        """Return a dimension as an element of the coefficient field ("d-k" is d − k); raises UndeclaredError."""
        total = self.field.zero
        for index, part in enumerate(dimension.split("-")):
            value = self.field(int(part)) if part.isdigit() else self._size_symbol(part)
            total = total + value if index == 0 else total - value
        return total

    def _size_symbol(self, name: str) -> FracElement:
        for generator, symbol in zip(self.field.gens, self.field.symbols, strict=True):
            if str(symbol) == name:
                return generator
        raise UndeclaredError(f"the trace of an identity needs its size {name!r} as a scalar: declare it")

    # number system -------------------------------------------------------------------------------

    def trace(self, A: Element) -> Element:
        """Return Tr(A) as a 1×1 element; raises WordShapeError for a matrix that is not square."""
        if A.shape[0] != A.shape[1]:
            raise WordShapeError(f"expected a square element to trace; got shape {A.shape}")
        if A.shape[0] == "1":
            return A
        terms: dict[Term, FracElement] = {}
        for (traces, word), coefficient in A.terms.items():
            if word:
                _add(terms, (_sorted((*traces, word)), ()), coefficient)
            else:
                _add(terms, (traces, ()), coefficient * self.size(A.shape[0]))
        return self.element(("1", "1"), terms)

    def sqnorm(self, A: Element) -> Element:
        """Return ‖A‖² = Tr(AᵀA)."""
        return self.trace(A.T @ A)

    def inv(self, A: Element) -> Element:
        """Return the declared inverse of A, up to a scalar factor; raises UndeclaredError when there is none."""
        for invertible, name in self.inverses:
            ratio = _ratio(A, invertible.into(self))
            if ratio is not None:
                return self.letter(name) / ratio
        raise UndeclaredError(f"no inverse is declared for {A}; use Alphabet.with_inverse")

    # declarations --------------------------------------------------------------------------------

    def declaring(self, *letters: Letter) -> Alphabet:
        """Return this alphabet with further letters; raises ValueError for a name that is taken."""
        taken = [letter.name for letter in letters if letter.name in self.letters]
        if taken:
            raise ValueError(f"letters {', '.join(taken)} are already declared: choose other names")
        return self._extend(letters={**self.letters, **{letter.name: letter for letter in letters}})

    def with_rule(self, pattern: Element, value: Element) -> Alphabet:
        """Declare that a word equals an element: `pattern` must be one bare word, of the shape of `value`.

        The transposed relation is declared with it. Raises WordShapeError or ValueError.
        """
        if pattern.shape != value.shape:
            raise WordShapeError(f"a relation needs equal shapes; got {pattern.shape} and {value.shape}")
        word = pattern.bare_word()
        rules = [(word, value)]
        mirrored = _transposed(self, word)
        if mirrored != word:
            rules.append((mirrored, value.T))
        return self._extend(rules=self.rules + tuple(rules))

    def with_trace(self, pattern: Element, value: Element) -> Alphabet:
        """Declare the value of a trace: Tr(pattern) = value, a scalar."""
        return self._extend(trace_rules=(*self.trace_rules, (_cyclic(self, pattern.bare_word()), value)))

    def with_inverse(self, name: str, of: Element, latex: str = "") -> Alphabet:
        """Declare a letter for the inverse of a symmetric element a·L + (other words), L its first letter.

        The relations L·R = (I − rest·R)/a and R·L = (I − R·rest)/a are declared with it. Raises WordShapeError for
        an element that is not symmetric and ValueError when no single letter can be solved for.
        """
        if of.shape[0] != of.shape[1] or of != of.T:
            raise WordShapeError(f"expected a symmetric element to invert; got {of} of shape {of.shape}")
        letters = {**self.letters, name: Letter(name, of.shape, True, latex or name)}
        extended = self._extend(letters=letters)
        pivot = next((term for term in of.terms if not term[0] and len(term[1]) == 1), None)
        if pivot is None:
            raise ValueError(f"expected an element with a single letter to solve for; got {of}")
        lead = of.terms[pivot]
        rest = Element(extended, of.shape, {t: c for t, c in of.terms.items() if t != pivot})
        R, L = extended.letter(name), Element(extended, of.shape, {pivot: extended.field.one})
        one = extended.eye(of.shape[0])
        rules = (
            ((*L.bare_word(), *R.bare_word()), (one - rest @ R) / extended.constant(lead)),
            ((*R.bare_word(), *L.bare_word()), (one - R @ rest) / extended.constant(lead)),
        )
        return extended._extend(rules=extended.rules + rules, inverses=(*extended.inverses, (of, name)))

    def _extend(self, **changes: Any) -> Alphabet:
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return Alphabet(**{**values, **changes})


def alphabet(
    scalars: Iterable[str], letters: Iterable[Letter], latex_scalars: Mapping[str, str] | None = None
) -> Alphabet:
    """Declare an alphabet: the names of its scalars and its letters."""
    names = list(scalars)
    return Alphabet(
        {letter.name: letter for letter in letters}, FracField(names, QQ), latex_scalars=latex_scalars or {}
    )


@dataclass(frozen=True, eq=False)
class Element:
    """A linear combination of words in normal form. Build it with an `Alphabet`; combine it with + - * / @ .T **."""

    alphabet: Alphabet
    shape: Shape
    terms: Mapping[Term, FracElement]

    # arithmetic ----------------------------------------------------------------------------------

    def __add__(self, other: Element | int) -> Element:
        right = self._coerce(other)
        if self.shape != right.shape:
            raise WordShapeError(f"cannot add shapes {self.shape} and {right.shape}")
        terms = dict(self.terms)
        for term, coefficient in right.terms.items():
            _add(terms, term, coefficient)
        return Element(self.alphabet, self.shape, terms)

    __radd__ = __add__

    def __neg__(self) -> Element:
        return Element(self.alphabet, self.shape, {term: -c for term, c in self.terms.items()})

    def __sub__(self, other: Element | int) -> Element:
        return self + (-self._coerce(other))

    def __rsub__(self, other: Element | int) -> Element:
        return self._coerce(other) - self

    def __mul__(self, other: Element | int) -> Element:
        right = self._coerce(other)
        if self.shape == ("1", "1"):
            return _scaled(right, self)
        if right.shape == ("1", "1"):
            return _scaled(self, right)
        raise WordShapeError(f"* takes a scalar on one side; got {self.shape} and {right.shape}; use @")

    __rmul__ = __mul__

    def __truediv__(self, other: Element | int) -> Element:
        divisor = self._coerce(other).coefficient()
        return Element(self.alphabet, self.shape, {term: c / divisor for term, c in self.terms.items()})

    def __rtruediv__(self, other: int) -> Element:
        return self._coerce(other) / self

    def __pow__(self, exponent: int) -> Element:
        if exponent < 0:
            return self.alphabet.constant(self.coefficient() ** exponent)
        power = self.alphabet.eye(self.shape[0])
        for _ in range(exponent):
            power = power @ self
        return power

    def __matmul__(self, other: Element) -> Element:
        _same_alphabet(self, other)
        if self.shape[1] != other.shape[0]:
            raise WordShapeError(f"cannot multiply shapes {self.shape} and {other.shape}: inner sizes differ")
        shape = (self.shape[0], other.shape[1])
        terms: dict[Term, FracElement] = {}
        for (traces, word), c in self.terms.items():
            for (more, tail), e in other.terms.items():
                _add(terms, (_sorted(traces + more), word + tail), c * e)
        return self.alphabet.element(shape, terms)

    @property
    def T(self) -> Element:
        """The transpose."""
        shape = (self.shape[1], self.shape[0])
        terms = {(traces, _transposed(self.alphabet, word)): c for (traces, word), c in self.terms.items()}
        return self.alphabet.element(shape, terms)

    def _coerce(self, value: Element | int) -> Element:
        if isinstance(value, Element):
            _same_alphabet(self, value)
            return value
        return self.alphabet.constant(value)

    # queries -------------------------------------------------------------------------------------

    def is_zero(self) -> bool:
        """Whether the element is zero in every dimension, by normal form."""
        return not self.terms

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Element) and self.shape == other.shape and dict(self.terms) == dict(other.terms)

    def __hash__(self) -> int:
        return hash((self.shape, frozenset(self.terms.items())))

    def bare_word(self) -> Word:
        """Return the word of an element that is one word with coefficient 1; raises ValueError otherwise."""
        if len(self.terms) == 1:
            ((traces, word), coefficient) = next(iter(self.terms.items()))
            if not traces and coefficient == 1 and word:
                return word
        raise ValueError(f"expected a single word with coefficient 1; got {self}")

    def coefficient(self) -> FracElement:
        """Return a scalar element without traces as a nonzero element of the coefficient field, else ValueError."""
        if self.shape == ("1", "1") and set(self.terms) == {((), ())}:
            return self.terms[(), ()]
        raise ValueError(f"expected a nonzero scalar without traces to divide by; got {self} of shape {self.shape}")

    def into(self, alphabet: Alphabet) -> Element:
        """Return the same element in an alphabet that extends its own, in that alphabet's normal form."""
        return alphabet.element(self.shape, self.terms)

    def letters(self) -> frozenset[str]:
        """Return the names of the letters that occur."""
        return frozenset(name for traces, word in self.terms for part in (*traces, word) for name, _ in part)

    def substitute(self, values: Mapping[str, Element]) -> Element:
        """Replace letters by elements of the same shapes, in the alphabet of those elements."""
        target = next(iter(values.values())).alphabet if values else self.alphabet
        return self.transport(target, values, {})

    def transport(self, target: Alphabet, letters: Mapping[str, Element], scalars: Mapping[str, Element]) -> Element:
        """Rewrite in another alphabet: letters and scalars become the given elements, others keep their names.

        Scalar values must be elements without traces (they may stand in denominators). Raises UndeclaredError when
        the target lacks a letter or scalar that is kept, WordShapeError when a replacement has another shape.
        """
        for name, value in letters.items():
            if value.shape != self.alphabet.letters[name].shape:
                raise WordShapeError(f"{name!r} has shape {self.alphabet.letters[name].shape}, not {value.shape}")
        change = functools.partial(_composed, target, {name: v.coefficient() for name, v in scalars.items()})
        total = target.zeros(*self.shape)
        for (traces, word), coefficient in self.terms.items():
            product = target.constant(change(coefficient)) * _product(target, word, self.shape, letters)
            for traced in traces:
                size = _left(self.alphabet, traced[0])
                product = target.trace(_product(target, traced, (size, size), letters)) * product
            total = total + product
        return total

    def evaluate(self, xp: Any, letters: Mapping[str, Any], scalars: Mapping[str, Any]) -> Any:
        """Evaluate at explicit matrices in a number system; a 1×1 element gives a scalar.

        `letters` give the matrices, `scalars` the values of all scalars that occur, sizes included (as numbers of the
        system, or as integers or Fractions, which are converted).
        """
        total: Any = None
        numbers = {n: xp.scalar(value) if isinstance(value, int | Fraction) else value for n, value in scalars.items()}
        for (traces, word), coefficient in self.terms.items():
            value = _number(coefficient, numbers, xp)
            for traced in traces:
                value = value * xp.trace(_matrix_product(xp, traced, letters))
            if self.shape != ("1", "1"):
                matrix = _matrix_product(xp, word, letters) if word else xp.eye(_explicit(self.shape[0], scalars))
                value = value * matrix
            total = value if total is None else total + value
        if total is None:
            return 0 if self.shape == ("1", "1") else xp.zeros(*(_explicit(n, scalars) for n in self.shape))
        return total

    def gradient(self, letter: str) -> Element:
        """Return ∂(scalar element)/∂(letter), in the letter's shape: the symmetric one for a symmetric letter.

        Raises WordShapeError for a matrix element and ValueError for a letter of a declared relation, whose entries
        are not free.
        """
        if self.shape != ("1", "1"):
            raise WordShapeError(f"expected a scalar element to differentiate; got shape {self.shape}")
        if letter in _bound_letters(self.alphabet):
            raise ValueError(f"{letter!r} occurs in a declared relation, so that its entries are not free: use another")
        shape = self.alphabet.letters[letter].shape
        total = self.alphabet.zeros(*shape)
        for (traces, _), coefficient in self.terms.items():
            for index, traced in enumerate(traces):
                others = traces[:index] + traces[index + 1 :]
                terms: dict[Term, FracElement] = {}
                for derivative in _trace_derivatives(self.alphabet, traced, letter):
                    _add(terms, (others, derivative), coefficient)
                total = total + self.alphabet.element(shape, terms)
        # S and Sᵀ are one letter, and which of them a trace shows is a choice of the normal form
        return (total + total.T) / 2 if self.alphabet.letters[letter].symmetric else total

    # printing ------------------------------------------------------------------------------------

    def __str__(self) -> str:
        return " + ".join(_show_term(c, traces, word) for (traces, word), c in self._ordered()) or "0"

    __repr__ = __str__

    def latex(self) -> str:
        """Print as LaTeX."""
        pieces = [_latex_term(self.alphabet, self.shape, term, c) for term, c in self._ordered()]
        signed = [f"- {piece[1:].lstrip()}" if piece.startswith("-") else f"+ {piece}" for piece in pieces]
        return " ".join(signed).removeprefix("+ ") or "0"

    def _repr_latex_(self) -> str:
        """Show the element in a notebook."""
        return f"$${self.latex()}$$"

    def _ordered(self) -> list[tuple[Term, FracElement]]:
        return sorted(self.terms.items(), key=lambda item: (len(item[0][0]) + len(item[0][1]), item[0]))


# Normal form -------------------------------------------------------------------------------------


def _normal_form(alphabet: Alphabet, shape: Shape, terms: Mapping[Term, FracElement]) -> dict[Term, FracElement]:
    pending = [(term, coefficient) for term, coefficient in terms.items() if coefficient]
    finished: dict[Term, FracElement] = {}
    budget = alphabet.rewrite_limit + 10 * len(pending)
    while pending:
        budget -= 1
        if budget < 0:
            raise RecursionError("the declared relations do not terminate on this element within the rewrite limit")
        term, coefficient = pending.pop()
        rewritten = _rewrite_once(alphabet, shape, term)
        if rewritten is None:
            _add(finished, term, coefficient)
        else:
            pending.extend((new, coefficient * factor) for new, factor in rewritten)
    return finished


def _rewrite_once(alphabet: Alphabet, shape: Shape, term: Term) -> list[tuple[Term, FracElement]] | None:
    """Apply the first normalisation that applies to a term; None when it is in normal form."""
    traces, word = term
    canonical = _canonical(alphabet, shape, term)
    if canonical != term:
        return [(canonical, alphabet.field.one)]
    replaced = _apply_rules(alphabet, word)
    if replaced is not None:
        return [((_sorted(traces + more), new), factor) for (more, new), factor in replaced]
    for index, traced in enumerate(traces):
        others = traces[:index] + traces[index + 1 :]
        scalar = _apply_trace_rules(alphabet, traced)
        if scalar is not None:
            return [((_sorted(others + more), word), factor) for (more, _), factor in scalar.items()]
        for turn in range(len(traced)):
            rotated = traced[turn:] + traced[:turn]
            replaced = _apply_rules(alphabet, rotated)
            if replaced is not None:
                return _retrace(alphabet, rotated, replaced, others, word)
    return None


def _retrace(
    alphabet: Alphabet, rotated: Word, replaced: list[tuple[Term, FracElement]], others: Traces, word: Word
) -> list[tuple[Term, FracElement]]:
    """Put the rewritten word of a trace back as a trace; an empty word is Tr(I), the size."""
    size = _left(alphabet, rotated[0])
    out = []
    for (more, new), factor in replaced:
        if new:
            out.append(((_sorted((*others, *more, new)), word), factor))
        else:
            out.append(((_sorted((*others, *more)), word), factor * alphabet.size(size)))
    return out


def _apply_rules(alphabet: Alphabet, word: Word) -> list[tuple[Term, FracElement]] | None:
    for pattern, value in alphabet.rules:
        width = len(pattern)
        for start in range(len(word) - width + 1):
            if word[start : start + width] == pattern:
                head, tail = word[:start], word[start + width :]
                return [((traces, head + new + tail), c) for (traces, new), c in value.terms.items()]
    return None


def _apply_trace_rules(alphabet: Alphabet, traced: Word) -> Mapping[Term, FracElement] | None:
    for pattern, value in alphabet.trace_rules:
        if traced == pattern:
            return value.terms
    return None


def _canonical(alphabet: Alphabet, shape: Shape, term: Term) -> Term:
    """Drop transposes of symmetric letters, cut at dimension 1, and choose one name for each trace."""
    traces, word = term
    word = _untransposed(alphabet, word)
    scalars, word = _cut(alphabet, shape, word)
    pieces: list[Word] = list(scalars)
    for traced in traces:
        pieces.extend(_cut_cyclic(alphabet, _untransposed(alphabet, traced)))
    return _sorted(tuple(_cyclic(alphabet, piece) for piece in pieces)), word


def _untransposed(alphabet: Alphabet, word: Word) -> Word:
    return tuple((name, flipped and not alphabet.letters[name].symmetric) for name, flipped in word)


def _cut(alphabet: Alphabet, shape: Shape, word: Word) -> tuple[list[Word], Word]:
    """Take the scalar pieces, between two passages through dimension 1, out of an open word."""
    cuts = [i for i in range(len(word) + 1) if _boundary(alphabet, shape, word, i) == "1"]
    if len(cuts) < 2:
        return [], word
    pieces = [word[a:b] for a, b in itertools.pairwise(cuts)]
    return pieces, word[: cuts[0]] + word[cuts[-1] :]


def _boundary(alphabet: Alphabet, shape: Shape, word: Word, position: int) -> str:
    if not word:
        return ""
    return _left(alphabet, word[position]) if position < len(word) else shape[1]


def _cut_cyclic(alphabet: Alphabet, traced: Word) -> list[Word]:
    cuts = [i for i in range(len(traced)) if _left(alphabet, traced[i]) == "1"]
    if len(cuts) < 2:
        return [traced]
    rotated = traced[cuts[0] :] + traced[: cuts[0]]
    starts = [cut - cuts[0] for cut in cuts]
    return [rotated[a:b] for a, b in zip(starts, [*starts[1:], len(rotated)], strict=True)]


def _cyclic(alphabet: Alphabet, traced: Word) -> Word:
    """Return the least among the rotations of a traced word and of its transpose."""
    mirrored = _transposed(alphabet, traced)
    return min(turned[i:] + turned[:i] for turned in (traced, mirrored) for i in range(len(traced)))


def _transposed(alphabet: Alphabet, word: Word) -> Word:
    return tuple((name, not flipped and not alphabet.letters[name].symmetric) for name, flipped in reversed(word))


def _left(alphabet: Alphabet, factor: Factor) -> str:
    name, flipped = factor
    return alphabet.letters[name].shape[1 if flipped else 0]


def _sorted(traces: Traces) -> Traces:
    return tuple(sorted(traces))


def _add(terms: dict[Term, FracElement], term: Term, coefficient: FracElement) -> None:
    total = terms[term] + coefficient if term in terms else coefficient
    if total:
        terms[term] = total
    else:
        terms.pop(term, None)


# Helpers of Element ------------------------------------------------------------------------------


def _same_alphabet(left: Element, right: Element) -> None:
    if left.alphabet is not right.alphabet:
        raise UndeclaredError("elements of two alphabets cannot be combined: bring one over with Element.into")


def _scaled(matrix: Element, scalar: Element) -> Element:
    terms: dict[Term, FracElement] = {}
    for (traces, word), c in matrix.terms.items():
        for (more, _), e in scalar.terms.items():
            _add(terms, (_sorted(traces + more), word), c * e)
    return Element(matrix.alphabet, matrix.shape, terms)


def _ratio(left: Element, right: Element) -> Element | None:
    """Return the scalar r with left = r·right when there is one without traces."""
    if left.shape != right.shape or set(left.terms) != set(right.terms) or not left.terms:
        return None
    ratios = {left.terms[term] / right.terms[term] for term in left.terms}
    return left.alphabet.constant(ratios.pop()) if len(ratios) == 1 else None


def _composed(target: Alphabet, values: Mapping[str, FracElement], coefficient: FracElement) -> FracElement:
    """Return a coefficient with its scalars replaced, as an element of the target's field."""
    if coefficient.field == target.field and not values:
        return coefficient
    names = [str(symbol) for symbol in coefficient.field.symbols]
    occurring = {
        name
        for part in (coefficient.numer, coefficient.denom)
        for powers in part
        for name, power in zip(names, powers, strict=True)
        if power
    }
    point = {name: values[name] if name in values else target.scalar(name).coefficient() for name in occurring}

    def rational(numerator: int, denominator: int) -> FracElement:
        return target.field(QQ(numerator, denominator))

    top, bottom = (target.field(_polynomial(part, point, rational)) for part in (coefficient.numer, coefficient.denom))
    return top / bottom


def _product(target: Alphabet, word: Word, shape: Shape, values: Mapping[str, Element]) -> Element:
    if not word:
        return target.eye(shape[0])
    factors = []
    for name, flipped in word:
        matrix = values[name] if name in values else target.letter(name)
        factors.append(matrix.T if flipped else matrix)
    return functools.reduce(lambda left, right: left @ right, factors)


def _bound_letters(alphabet: Alphabet) -> frozenset[str]:
    """Return the letters of all declared relations."""
    rules = (*alphabet.rules, *alphabet.trace_rules)
    return frozenset(name for pattern, value in rules for name in ({n for n, _ in pattern} | value.letters()))


def _trace_derivatives(alphabet: Alphabet, traced: Word, letter: str) -> list[Word]:
    """∂Tr(L·Q)/∂L = Qᵀ and ∂Tr(Lᵀ·Q)/∂L = Q for each occurrence of L, by rotating it to the front."""
    out = []
    for index, (name, flipped) in enumerate(traced):
        if name == letter:
            rest = traced[index + 1 :] + traced[:index]
            out.append(rest if flipped else _transposed(alphabet, rest))
    return out


def _number(coefficient: FracElement, scalars: Mapping[str, Any], xp: Any) -> Any:
    """Return a coefficient in the number system; an integer stays one, and no rational may turn into a float."""

    def rational(numerator: int, denominator: int) -> Any:
        return numerator if denominator == 1 else xp.scalar(Fraction(numerator, denominator))

    top, bottom = (_polynomial(part, scalars, rational) for part in (coefficient.numer, coefficient.denom))
    if isinstance(top, int) and isinstance(bottom, int):
        return rational(top, bottom)
    return top / bottom


def _polynomial(polynomial: Any, scalars: Mapping[str, Any], rational: Callable[[int, int], Any]) -> Any:
    names = [str(symbol) for symbol in polynomial.ring.symbols]
    total: Any = 0
    for powers, constant in polynomial.terms():
        numerator, denominator = int(constant.numerator), int(constant.denominator)
        value: Any = None
        for name, power in zip(names, powers, strict=True):
            if power:
                factor = scalars[name] ** power
                value = factor if value is None else value * factor
        total = total + (rational(numerator, denominator) if value is None else value * numerator / denominator)
    return total


def _explicit(dimension: str, scalars: Mapping[str, Any]) -> int:
    head, *tail = [int(part) if part.isdigit() else int(scalars[part]) for part in dimension.split("-")]
    return head - sum(tail)


def _matrix_product(xp: Any, word: Word, letters: Mapping[str, Any]) -> Any:
    factors = [letters[name].T if flipped else letters[name] for name, flipped in word]
    return functools.reduce(lambda left, right: left @ right, factors)


def _show_term(coefficient: FracElement, traces: Traces, word: Word) -> str:
    pieces = [f"({coefficient})", *(f"tr[{_show_word(traced)}]" for traced in traces)]
    return " ".join([*pieces, _show_word(word)]).strip()


def _show_word(word: Word) -> str:
    return "·".join(f"{name}ᵀ" if flipped else name for name, flipped in word)


def _latex_term(alphabet: Alphabet, shape: Shape, term: Term, coefficient: FracElement) -> str:
    traces, word = term
    pieces = [_latex_traced(alphabet, traced) for traced in traces]
    if word:
        pieces.append(" ".join(_latex_factor(alphabet, factor) for factor in word))
    elif shape != ("1", "1"):
        pieces.append(f"I_{{{alphabet.latex_scalars.get(shape[0], shape[0])}}}")
    factor = _latex_coefficient(alphabet, coefficient)
    if pieces and factor in ("1", "-1"):
        return factor[:-1] + r" \, ".join(pieces)
    return r" \, ".join([factor, *pieces])


def _latex_traced(alphabet: Alphabet, traced: Word) -> str:
    """Print a trace; one that passes through dimension 1 is printed as the scalar vᵀ…v that it is."""
    starts = [i for i, factor in enumerate(traced) if _left(alphabet, factor) == "1"]
    rotated = traced[starts[0] :] + traced[: starts[0]] if starts else traced
    body = " ".join(_latex_factor(alphabet, factor) for factor in rotated)
    return body if starts else rf"\mathrm{{Tr}}\left({body}\right)"


def _latex_factor(alphabet: Alphabet, factor: Factor) -> str:
    letter = alphabet.letters[factor[0]]
    text = letter.latex or letter.name
    if not factor[1]:
        return text
    return rf"{{{text}}}^{{\top}}" if "^" in text else rf"{text}^{{\top}}"


def _latex_coefficient(alphabet: Alphabet, coefficient: FracElement) -> str:
    from sympy import Symbol, factor, latex

    names = {Symbol(name): text for name, text in alphabet.latex_scalars.items()}
    factored = factor(coefficient.as_expr())
    text = str(latex(factored, symbol_names=names))
    return rf"\left({text}\right)" if factored.is_Add else text
