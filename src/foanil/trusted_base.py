"""The trusted base: what a reader must believe besides the evidence, as a page of the report."""

from __future__ import annotations

from collections.abc import Mapping

from foanil.limits import LEMMAS, Lemma
from foanil.report import cell, table

INTRODUCTION = (
    "A DERIVED verdict rests on the following, and on nothing else. A green run means that the evidence was reproduced "
    "with these; it does not mean that the paper is right, and it says nothing about what is UNCHECKED."
)

BELIEFS: tuple[tuple[str, str], ...] = (
    (
        "readings",
        "which letter each lost glyph stands for; `readings.md` runs every candidate and says what nothing decides",
    ),
    ("transcription", "`src/foanil/statements.py`: one function for each displayed formula, with hand-computed values"),
    ("definitions", "`src/foanil/first_principles.py`: the data model, the loss, the inner and the outer step"),
    ("words", "`src/foanil/words.py`: normal forms of matrix words; zero means zero in every dimension"),
    ("moments", "`src/foanil/gaussian_moments.py`: Isserlis' theorem; the second engine shares nothing with it"),
    ("rules", "`src/foanil/inequalities.py`: the closed list of Loewner-order rules, each a classical fact"),
    ("scalar goals", "`src/foanil/decisions.py`: translation to z3 and cvc5, which must both refute the negation"),
    ("lemmas", "the limit lemmas below; that the facts cited for one are its hypotheses is read by a person"),
    (
        "certificates",
        (
            "`src/foanil/certificates/`: doubles, with a bound for every order of summation; the step behind traps and "
            "times is derived (`new-certificate-guarantees`), inductions over steps and the divergence test by hand"
        ),
    ),
    ("libraries", "Python, SymPy's polynomial fields, NumPy's object arrays, mpmath and gmpy2, python-flint"),
)
"""What is believed, and where it stands."""


def trusted_base_page(further: Mapping[str, Lemma]) -> str:
    """Return the page; `further` are lemmas that single proofs name beyond those of `foanil.limits`."""
    lemmas = {**LEMMAS, **further}
    rows = [[name, cell(lemma.statement), cell(lemma.reference)] for name, lemma in lemmas.items()]
    sections = [
        "# The trusted base",
        "[Summary](SUMMARY.md)",
        INTRODUCTION,
        "## What is believed",
        table(["what", "where, and what it says"], [[name, cell(text)] for name, text in BELIEFS]),
        "## Lemmas used without a machine check",
        table(["lemma", "statement", "reference"], rows),
    ]
    return "\n\n".join(sections) + "\n"
