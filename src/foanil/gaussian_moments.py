"""Expectations of matrix words in a random matrix with i.i.d. rows, every size symbolic; knows no paper.

A law says how occurrences of its letter contract. For a standard Gaussian X (m×d), Isserlis' theorem sums over all
pairings of the occurrences; a pair identifies the two row indices and the two column indices, so that each pairing
turns a word into another word times traces, and a closed index line into a factor m or d. Nothing is expanded in
entries, hence the result holds for all sizes at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from foanil.words import Alphabet, Element, Factor, Term, Word

Endpoint = tuple[int, str]
START: Endpoint = (-1, "open")
END: Endpoint = (-2, "open")
Contraction = tuple[tuple[Word, ...], Word, tuple[str, ...]]


class UnknownMomentError(ValueError):
    """A moment is asked for that the declared law does not determine."""


@dataclass(frozen=True, slots=True)
class Gaussian:
    """A matrix letter with i.i.d. standard normal entries."""

    letter: str


@dataclass(frozen=True, slots=True)
class Spherical:
    """A matrix letter with i.i.d. spherically symmetric rows, E[xxᵀ] = I, kurtosis ratio η = E‖x‖⁴/(d(d+2)).

    `eta` is a scalar element; moments up to two Gram factors (four occurrences) are determined.
    """

    letter: str
    eta: Element


@dataclass(frozen=True, slots=True)
class Centred:
    """A column letter with mean zero and the given covariance, any symmetric element.

    Nothing beyond the first two moments is assumed.
    """

    letter: str
    covariance: Element


Law = Gaussian | Spherical | Centred


def expectation(element: Element, *laws: Law) -> Element:
    """Return E[element], the letters of the laws being independent of one another; constants are left alone.

    Raises UnknownMomentError where a law does not determine the moment.
    """
    for law in laws:
        element = _expectation(element, law)
    return element


def _expectation(element: Element, law: Law) -> Element:
    alphabet = element.alphabet
    total: dict[Term, Any] = {}
    for (traces, word), coefficient in element.terms.items():
        chains = _Chains.of(law.letter, traces, word, element.shape)
        for (loops, path, sizes), weight in _contractions(chains, law, alphabet):
            value = coefficient * weight
            for size in sizes:
                value = value * alphabet.size(size)
            key = (tuple(sorted(loops)), path)
            total[key] = total.get(key, alphabet.field.zero) + value
    return alphabet.element(element.shape, total)


@dataclass(frozen=True)
class _Chains:
    """A term cut at the occurrences of the random letter.

    `next_word` maps an endpoint to (word, endpoint at its other side), in both directions; `flipped` tells for each
    occurrence whether it is transposed; `constants` are traces without the letter.
    """

    next_word: Mapping[Endpoint, tuple[Word, bool, Endpoint]]
    flipped: tuple[bool, ...]
    constants: tuple[Word, ...]
    shape: tuple[str, str]

    @staticmethod
    def of(letter: str, traces: tuple[Word, ...], word: Word, shape: tuple[str, str]) -> _Chains:
        segments: dict[Endpoint, tuple[Word, bool, Endpoint]] = {}
        flipped: list[bool] = []
        constants = []

        def connect(start: Endpoint, between: Word, end: Endpoint) -> None:
            segments[start] = (between, False, end)
            segments[end] = (between, True, start)

        def occurrences(factors: Word) -> list[tuple[int, int]]:
            found = []
            for position, (name, transposed) in enumerate(factors):
                if name == letter:
                    found.append((position, len(flipped)))
                    flipped.append(transposed)
            return found

        here, position = START, 0
        for at, index in occurrences(word):
            connect(here, word[position:at], (index, "left"))
            here, position = (index, "right"), at + 1
        connect(here, word[position:], END)
        for traced in traces:
            found = occurrences(traced)
            if not found:
                constants.append(traced)
                continue
            for (at, index), (after, following) in zip(found, found[1:] + found[:1], strict=True):
                between = traced[at + 1 : after] if after > at else traced[at + 1 :] + traced[:after]
                connect((index, "right"), between, (following, "left"))
        return _Chains(segments, tuple(flipped), tuple(constants), shape)

    def row(self, index: int) -> Endpoint:
        """The endpoint of an occurrence that carries its row index."""
        return index, "right" if self.flipped[index] else "left"

    def column(self, index: int) -> Endpoint:
        """The endpoint of an occurrence that carries its column index."""
        return index, "left" if self.flipped[index] else "right"


def _contractions(chains: _Chains, law: Law, alphabet: Alphabet) -> Iterator[tuple[Contraction, Any]]:
    """Yield the contracted terms of one word with their weights (integers or field elements)."""
    occurrences = len(chains.flipped)
    if isinstance(law, Centred):
        yield from _centred(chains, law, alphabet)
        return
    counts = Counter(
        _contract(chains, pairing, alphabet, law.letter) for pairing in _pairings(tuple(range(occurrences)))
    )
    yield from counts.items()
    if isinstance(law, Spherical) and occurrences >= 4:
        yield from _spherical_excess(chains, law, alphabet)


def _pairings(items: tuple[int, ...]) -> Iterator[tuple[tuple[int, int], ...]]:
    """Yield all perfect matchings; none when the number of items is odd, the empty one for no items."""
    if not items:
        yield ()
    for position in range(1, len(items)):
        rest = items[1:position] + items[position + 1 :]
        for pairing in _pairings(rest):
            yield ((items[0], items[position]), *pairing)


def _contract(chains: _Chains, pairing: tuple[tuple[int, int], ...], alphabet: Alphabet, letter: str) -> Contraction:
    links: dict[Endpoint, Endpoint] = {}
    for side in (chains.row, chains.column):
        _link(links, [(side(first), side(second)) for first, second in pairing])
    return _walk(chains, links, alphabet, letter, frozenset(links))


def _link(links: dict[Endpoint, Endpoint], pairs: list[tuple[Endpoint, Endpoint]]) -> None:
    for first, second in pairs:
        links[first], links[second] = second, first


def _walk(
    chains: _Chains,
    links: Mapping[Endpoint, Endpoint],
    alphabet: Alphabet,
    letter: str,
    unvisited: frozenset[Endpoint],
    bridge: Mapping[Endpoint, Word] | None = None,
) -> Contraction:
    """Follow the index lines: one open path from START to END, and closed loops, which become traces or sizes."""
    remaining = set(unvisited)
    loops, sizes = list(chains.constants), []

    def follow(start: Endpoint) -> tuple[Word, Endpoint]:
        factors: list[Factor] = []
        here = start
        while True:
            word, backwards, there = chains.next_word[here]
            factors.extend(_reversed(alphabet, word) if backwards else word)
            remaining.discard(here)
            remaining.discard(there)
            if there not in links:
                return tuple(factors), there
            here = links[there]
            if bridge:
                factors.extend(bridge.get(there, ()))
            if here == start:
                return tuple(factors), start

    path, _ = follow(START)
    while remaining:
        start = min(remaining)
        loop, _ = follow(start)
        if loop:
            loops.append(loop)
        else:
            sizes.append(_dimension(chains, alphabet, letter, start))
    return tuple(sorted(loops)), path, tuple(sorted(sizes))


def _reversed(alphabet: Alphabet, word: Word) -> Word:
    return tuple((name, not flipped and not alphabet.letters[name].symmetric) for name, flipped in reversed(word))


def _dimension(chains: _Chains, alphabet: Alphabet, letter: str, endpoint: Endpoint) -> str:
    rows, columns = alphabet.letters[letter].shape
    return rows if endpoint == chains.row(endpoint[0]) else columns


def _centred(chains: _Chains, law: Centred, alphabet: Alphabet) -> Iterator[tuple[Contraction, Any]]:
    occurrences = len(chains.flipped)
    if occurrences == 1:
        return
    if occurrences == 0:
        yield _walk(chains, {}, alphabet, law.letter, frozenset()), 1
        return
    if occurrences > 2:
        raise UnknownMomentError(
            f"{law.letter!r} occurs {occurrences} times, but only its mean and covariance are declared; "
            "declare a Gaussian law or take fewer factors"
        )
    _require_covariance(law, alphabet)
    links: dict[Endpoint, Endpoint] = {}
    _link(links, [(chains.row(0), chains.row(1)), (chains.column(0), chains.column(1))])
    for (traces, word), weight in law.covariance.terms.items():
        # which way round the word is read does not matter: the covariance as a whole is symmetric
        bridge = {chains.row(0): word, chains.row(1): word}
        loops, path, sizes = _walk(chains, links, alphabet, law.letter, frozenset(links), bridge)
        yield ((*loops, *traces), path, sizes), weight


def _require_covariance(law: Centred, alphabet: Alphabet) -> None:
    rows = alphabet.letters[law.letter].shape[0]
    if law.covariance.shape != (rows, rows):
        raise UnknownMomentError(
            f"the covariance of {law.letter!r} must have shape {(rows, rows)}; got {law.covariance.shape}"
        )
    if law.covariance != law.covariance.T:
        raise UnknownMomentError(f"a covariance must be symmetric; got {law.covariance} for {law.letter!r}")


def _spherical_excess(chains: _Chains, law: Spherical, alphabet: Alphabet) -> Iterator[tuple[Contraction, Any]]:
    """Yield (η − 1)·Σ over column pairings with all four rows equal: what one row adds to the Gaussian moment."""
    occurrences = len(chains.flipped)
    if occurrences > 4:
        raise UnknownMomentError(
            f"{law.letter!r} occurs {occurrences} times; a kurtosis ratio determines at most four (two Gram factors)"
        )
    rows = [chains.row(index) for index in range(occurrences)]
    for row in rows:
        word, _, there = chains.next_word[row]
        if word or there not in rows:
            raise UnknownMomentError(f"rows of {law.letter!r} must meet rows of {law.letter!r} (Gram factors)")
    weight = law.eta.coefficient() - 1
    size = alphabet.letters[law.letter].shape[0]
    columns: Callable[[int], Endpoint] = chains.column
    for pairing in _pairings(tuple(range(occurrences))):
        links: dict[Endpoint, Endpoint] = {}
        _link(links, [(columns(first), columns(second)) for first, second in pairing])
        loops, path, sizes = _walk(chains, links, alphabet, law.letter, frozenset(links))
        yield (loops, path, (*sizes, size)), weight
