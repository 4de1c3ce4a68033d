"""The scaling degrees of printed formulas: LaTeX is read as a physicist checks units.

Under y → λy every letter of the paper gains a power of λ, its degree (`notation`). Terms that are added or compared
must have one degree. Letters without a declared degree (a rate γ, a constant K of one start) get the degree that the
formula needs: the formula is homogeneous if and only if its linear system of degrees has a solution.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType

from foanil.notation import NOTATION

ONE = ""
"""The key of the constant in a degree; the other keys are letters whose degree is not known."""

_HALF = Fraction(1, 2)

DEGREES: Mapping[str, Fraction] = MappingProxyType(
    {symbol.latex: symbol.degree for symbol in NOTATION.values() if re.fullmatch(r"\\?[A-Za-z]+", symbol.latex)}
    | {
        r"\sigma": NOTATION["sigma_sq"].degree / 2,
        r"\bar\sigma": NOTATION["sigma_bar_sq"].degree / 2,
        r"B_\star": NOTATION["B_star"].degree,
        r"w_\star": NOTATION["w_star"].degree,
        r"\theta_\star": NOTATION["theta_star"].degree,
        r"\mu_\star": NOTATION["w_star"].degree,
        r"\Sigma_\star": NOTATION["Sigma_star"].degree,
        r"\Lambda": 2 * NOTATION["B"].degree,
        r"\Lambda_\star": 2 * NOTATION["B"].degree,
        r"\hat B": NOTATION["B"].degree,
        r"\hat w": NOTATION["w"].degree,
        "D": NOTATION["B"].degree,
        "L": 2 * NOTATION["y"].degree,
        r"\hat L": 2 * NOTATION["y"].degree,
        r"\nabla": NOTATION["head_gradient"].degree - 2 * NOTATION["y"].degree,
    }
    | dict.fromkeys(("I", "C", "X", "t", "a", "s", "q", r"x_\star", r"\rho", r"\kappa", r"\eta"), Fraction(0))
)
"""The degree of each letter, by its printed form without indices; C is a universal constant."""

HATS: Mapping[str, Fraction] = MappingProxyType(
    {r"\hat C": Fraction(0), r"\hat D": Fraction(0), r"\hat w": Fraction(0)}
)
"""The same for the dimensionless letters with hats."""

_TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|\d+(?:\.\d+)?|\S")


def _tokens(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COMPARED = _tokens(r"= \le \ge \lt \gt \ne \to \not \leftarrow \preceq \succeq \succ \approx \asymp \lesssim \ll \gg")
_COMPARED |= _tokens(r"\nearrow")
_RELATED = _tokens(r"\in \sim \mapsto \propto \times")
_SEPARATORS = _tokens(r", ; : \\ \quad \qquad \Longrightarrow \Longleftrightarrow \forall \exists \mid \text")
_SPACES = _tokens(r"\, \; \! \: \left \right \big \cdot \textstyle") | {"\\ "}
_TRANSPARENT = _tokens(r"\lim \limsup \liminf \sum \sup \inf \min \max")
_ANY_DEGREE = _tokens(r"0 \infty \ker \ldots \Phi \mathcal \arg")
_WORDS_OF_ANY_DEGREE = _tokens("col dist diag")
_FUNCTIONS = _tokens("L R f p r") | {r"\hat L"}
_OPENING = {"(": ")", "[": "]", "{": "}", r"\lVert": r"\rVert", r"\lvert": r"\rvert"}

Form = Mapping[str, Fraction]


class UnreadableError(ValueError):
    """A formula uses LaTeX that the reader does not know."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term as printed, with its degree as a linear form in the unknown degrees; None where any degree will do."""

    latex: str
    degree: Form | None


@dataclass(frozen=True, slots=True)
class Homogeneity:
    """What is added or compared in a formula, term by term, and the degrees that its other letters need.

    `letters` counts the places of letters whose declared degree is not 0.
    """

    groups: tuple[tuple[tuple[str, Fraction | None], ...], ...]
    solved: Mapping[str, Fraction]
    letters: int
    clash: tuple[tuple[str, Fraction | None], ...] | None = None

    @property
    def homogeneous(self) -> bool:
        """Whether the terms of every sum and comparison have one degree."""
        return self.clash is None

    def __str__(self) -> str:
        """Return the terms of each sum and comparison with their degree; of those that clash, the degree of each."""
        if self.clash is not None:
            return ", ".join(f"{latex}: {'any' if degree is None else degree}" for latex, degree in self.clash)
        degrees = (next((degree for _, degree in each if degree is not None), "any") for each in self.groups)
        return "; ".join(
            f"{' | '.join(latex for latex, _ in each)}: {degree}"
            for each, degree in zip(self.groups, degrees, strict=True)
        )


def homogeneity(latex: str, degrees: Mapping[str, Fraction] = DEGREES, forgotten: int | None = None) -> Homogeneity:
    """Read the sums and comparisons of a formula in LaTeX and solve for the degrees of the letters not in `degrees`.

    For mutants, `forgotten` counts one of its letters (from 0, of those with a degree) as a pure number. Raises
    UnreadableError for LaTeX that the reader does not know.
    """
    reader, system = _Reader(latex, degrees, forgotten), _System()
    groups = reader.read()
    for group in groups:
        known = [term for term in group if term.degree is not None]
        if not all(system.equal(known[0].degree, term.degree) for term in known[1:]):
            return Homogeneity((), {}, reader.letters, system.shown(group))
    return Homogeneity(tuple(system.shown(group) for group in groups), system.values(), reader.letters)


def in_text(text: str) -> Iterator[str]:
    """Yield the formulas between dollars."""
    yield from re.findall(r"\$([^$]+)\$", text)


@dataclass(slots=True)
class _System:
    """Linear equations between degrees, solved letter by letter: each solved letter is a form in the others."""

    solved: dict[str, Form] = field(default_factory=dict)

    def reduced(self, form: Form) -> Form:
        found: dict[str, Fraction] = {}
        for key, factor in form.items():
            for inner, power in self.solved.get(key, {key: Fraction(1)}).items():
                found[inner] = found.get(inner, Fraction(0)) + factor * power
        return {key: factor for key, factor in found.items() if factor}

    def equal(self, one: Form | None, other: Form | None) -> bool:
        """Add the equation one = other; False when it contradicts those before it."""
        gap = self.reduced(_added(one or {}, other or {}, Fraction(-1)))
        letter = next((key for key in gap if key != ONE), None)
        if letter is None:
            return not gap
        value = {key: -factor / gap[letter] for key, factor in gap.items() if key != letter}
        self.solved = {key: _replaced(form, letter, value) for key, form in self.solved.items()} | {letter: value}
        return True

    def shown(self, group: tuple[Term, ...]) -> tuple[tuple[str, Fraction | None], ...]:
        """Return the terms with their degrees; None where the formula leaves the degree open."""
        return tuple(
            (term.latex, _number(self.reduced(term.degree)) if term.degree is not None else None) for term in group
        )

    def values(self) -> dict[str, Fraction]:
        """Return the letters that the equations give a degree."""
        numbers = {key: _number(form) for key, form in self.solved.items()}
        return {key: number for key, number in numbers.items() if number is not None}


def _replaced(form: Form, letter: str, value: Form) -> Form:
    rest = {key: factor for key, factor in form.items() if key != letter}
    return _added(rest, value, form[letter]) if letter in form else form


def _added(one: Form, other: Form, times: Fraction = Fraction(1)) -> Form:
    found = dict(one)
    for key, factor in other.items():
        found[key] = found.get(key, Fraction(0)) + times * factor
    return {key: factor for key, factor in found.items() if factor}


def _number(form: Form) -> Fraction | None:
    return form.get(ONE, Fraction(0)) if form.keys() <= {ONE} else None


class _Reader:
    """A recursive descent over the tokens of one formula; it collects what is added or compared."""

    def __init__(self, latex: str, degrees: Mapping[str, Fraction], forgotten: int | None) -> None:
        self.forgotten, self.letters = forgotten, 0
        text = re.sub(r"\\\\ *& *\\quad(?= *[+-])", " ", latex)  # a sum that goes on in the next line
        text = re.sub(r"\\(begin|end)\{aligned\}|\\big\\rvert|&", " ", text).replace(":=", "=")
        text = re.sub(r"\\t?frac(\d)(\d)", r"\\frac{\1}{\2}", text)
        found = [match for match in _TOKEN.finditer(text) if match[0] not in _SPACES]
        self.text, self.degrees, self.place = text, degrees, 0
        self.tokens = [match[0] for match in found]
        self.spans = [match.span() for match in found]
        self.groups: list[tuple[Term, ...]] = []

    def read(self) -> list[tuple[Term, ...]]:
        self.statements(None)
        return self.groups

    # tokens

    def peek(self, ahead: int = 0) -> str | None:
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else None

    def next(self) -> str:
        if self.place == len(self.tokens):
            raise UnreadableError(f"expected more of {self.text!r}")
        self.place += 1
        return self.tokens[self.place - 1]

    def expect(self, token: str | None) -> None:
        if self.peek() != token:
            raise UnreadableError(f"expected {token or 'the end'}, came {self.peek()}: {self.text!r}")
        self.place += token is not None

    def since(self, place: int) -> str:
        """Return the text of the tokens from a place up to here."""
        return " ".join(self.text[self.spans[place][0] : self.spans[self.place - 1][1]].split())

    def skipped(self) -> str:
        """Return the text of one token or one group in brackets, unread."""
        place, close = self.place, _OPENING.get(self.next())
        while close and self.peek() != close:
            self.skipped()
        if close:
            self.next()
        return self.since(place)

    # grammar

    def statements(self, close: str | None) -> list[Form | None]:
        """Read up to the closing bracket; return the degree of each part that compares nothing."""
        found: list[Form | None] = []
        while self.peek() not in {close, None}:
            if self.peek() in _SEPARATORS - {r"\text"}:
                self.next()
                continue
            found.append(self.comparison())
        self.expect(close)
        return found

    def comparison(self) -> Form | None:
        terms = [self.summed()]
        while self.peek() in _COMPARED:
            if self.next() == r"\not":
                self.next()
            terms.append(self.summed())
        if self.peek() in _RELATED:
            while self.peek() is not None and self.peek() not in {*_SEPARATORS, *_OPENING.values()}:
                self.skipped()
            return None
        if len(terms) == 1:
            return terms[0].degree
        self.groups.append(tuple(terms))
        return None

    def summed(self) -> Term:
        place = self.place
        terms: list[Term] = []
        while not terms or self.peek() in {"+", "-", r"\pm"} or (self.peek(), self.peek(1)) == ("(", "+"):
            optional = self.peek() == "("  # an added term in brackets, which may be left out
            if optional and terms:
                self.next()
            if self.peek() in {"+", "-", r"\pm"}:
                self.next()
            begun = self.place
            degree = self.product()
            terms.append(Term(self.since(begun), degree))
            if optional and len(terms) > 1:
                self.expect(")")
        if len(terms) > 1:
            self.groups.append(tuple(terms))
        return Term(self.since(place), next((term.degree for term in terms if term.degree is not None), None))

    def product(self) -> Form | None:
        found = self.factor()
        while not self.ends_product():
            sign = Fraction(1)
            if self.peek() == "/":
                self.next()
                sign = Fraction(-1)
            other = self.factor()
            found = None if found is None or other is None else _added(found, other, sign)
        return found

    def ends_product(self) -> bool:
        token = self.peek()
        ends = {None, "+", "-", r"\pm", *_COMPARED, *_RELATED, *_SEPARATORS, *_OPENING.values()}
        return token in ends or (token, self.peek(1)) == ("(", "+")

    def factor(self) -> Form | None:
        token = self.next()
        if token in {r"\frac", r"\tfrac"}:
            above, below = self.argument(), self.argument()
            return self.suffixed(None if above is None or below is None else _added(above, below, Fraction(-1)))
        if token == r"\sqrt":
            inner = self.argument()
            return self.suffixed(inner and {key: factor * _HALF for key, factor in inner.items()})
        if token in _OPENING:
            return self.suffixed(self.bracket(_OPENING[token]))
        if token in {r"\max", r"\min"} and self.peek() == "(":
            self.next()
            return self.suffixed(self.compared_list())
        if token in {r"\mathbb", r"\mathrm", r"\text"}:
            return self.named(self.skipped()[1:-1] if token != r"\text" else self.skipped() and "text")
        if token in _TRANSPARENT:
            return self.suffixed({})
        if token in _ANY_DEGREE:
            return self.suffixed(None)
        if token == "O" and self.peek() == "(":
            return self.applied()
        if re.fullmatch(r"[\d.]+|\\partial", token):
            return self.suffixed({})
        if re.fullmatch(r"[A-Za-z]|\\[A-Za-z]+", token):
            return self.letter(token)
        raise UnreadableError(f"expected a letter, a number or a bracket, came {token}: {self.text!r}")

    def named(self, name: str) -> Form | None:
        """Read an operator with a name: a mean or a trace has the degree of its argument, a rank is a pure number."""
        self.suffixed({})
        if name == "text":
            return None
        if name in {"rank", "P", *_WORDS_OF_ANY_DEGREE}:
            _ = self.skipped() if self.peek() in _OPENING else self.factor()
            return self.suffixed(None if name in _WORDS_OF_ANY_DEGREE else {})
        return self.applied() if self.peek() in _OPENING else {}

    def applied(self) -> Form | None:
        """Return the degree of what follows in brackets, the argument of a function that leaves it alone."""
        return self.suffixed(self.bracket(_OPENING[self.next()]))

    def argument(self) -> Form | None:
        return self.bracket("}") if self.peek() == "{" and self.next() else self.factor()

    def bracket(self, close: str) -> Form | None:
        """Return the degree inside: of the only part, or of what comes before "given"."""
        place = self.place
        found = self.statements(close)
        given = r"\mid" in self.tokens[place : self.place]
        return found[0] if len(found) == 1 or (found and given) else None

    def compared_list(self) -> Form | None:
        terms: list[Term] = []
        while not terms or self.peek() == ",":
            if terms:
                self.next()
            terms.append(self.summed())
        self.expect(")")
        self.groups.append(tuple(terms))
        return next((term.degree for term in terms if term.degree is not None), None)

    def letter(self, token: str) -> Form | None:
        base = token
        if token in {r"\hat", r"\bar"}:
            base = token + " " + self.skipped().strip("{}")
            base = base.replace(" \\", "\\")
        return self.suffixed(None, base)

    def suffixed(self, degree: Form | None, base: str | None = None) -> Form | None:
        """Read indices and exponents; the letter `base` is looked up once its index is known."""
        power, indexed, raised = Fraction(1), False, False
        while self.peek() in {"_", "^", "'"}:
            mark = self.next()
            if mark == "_":
                index, indexed = self.skipped(), True
                if base is not None and r"\star" in index:
                    base += r"_\star"
            elif mark == "^":
                power, raised = power * self.exponent(), True
        if base is None:
            return degree and {key: factor * power for key, factor in degree.items()}
        if self.peek() == "(" and indexed and base in {r"\sigma", r"\lambda"}:  # singular values, eigenvalues
            return self.applied()
        if self.peek() == "(" and base in _FUNCTIONS:
            self.skipped()
            return self.suffixed(self.known(base))
        if base == "e" and raised:
            return {}
        return {key: factor * power for key, factor in self.known(base).items()}

    def known(self, base: str) -> Form:
        if not self.degrees.get(base, Fraction(0)):
            return {} if base in self.degrees else {base: Fraction(1)}
        self.letters += 1
        return {ONE: self.degrees[base]} if self.letters - 1 != self.forgotten else {}

    def exponent(self) -> Fraction:
        """Return the power; marks such as a transpose are none, and an exponent that varies is a pure number."""
        place = self.place
        text = re.sub(r"[{}\s]", "", self.skipped())
        if re.fullmatch(r"-?\d+(/\d+)?", text):
            return Fraction(text)
        if re.match(r"\\top|\\mathrm|\\text|[(+\-]?$|\\pm|\(", text):
            return Fraction(1)
        after, self.place = self.place, place
        begun = self.place
        degree = self.argument()
        self.groups.append((Term(self.since(begun), degree), Term("1", {})))
        if self.place != after:
            raise UnreadableError(f"expected an exponent: {self.text!r}")
        return Fraction(1)
