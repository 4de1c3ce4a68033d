"""Table 1: the printed numbers, and one record per cell."""

from __future__ import annotations

from dataclasses import dataclass

from foanil.claims import readings
from foanil.claims.hypotheses import SECTION_5
from foanil.claims.record import Claim, Kind, Reading, Source


@dataclass(frozen=True, slots=True)
class Cell:
    """One printed cell of Table 1: mean and standard deviation of the excess risk over 10 training runs."""

    method: str
    adaptation: str
    m_test: int
    mean: str
    deviation: str

    @property
    def id(self) -> str:
        """Return the claim id of the cell, such as `tab-1-fo-anil-1gd-20`."""
        return f"tab-1-{self.method}-{self.adaptation}-{self.m_test}"


METHODS = {
    "single-task": "Single-task ridge",
    "oracle": "Oracle ridge",
    "burer-monteiro": "Burer-Monteiro",
    "fo-anil": "FO-ANIL",
    "fo-maml": "FO-MAML",
    "infinite-tasks": "FO-ANIL, infinite tasks",
    "infinite-samples": "FO-ANIL, infinite samples",
}

ADAPTATIONS = {"1gd": "one gradient step", "ridge": "ridge regression"}

CELLS = (
    Cell("single-task", "ridge", 20, "1.84", "0.03"),
    Cell("single-task", "ridge", 30, "1.63", "0.02"),
    Cell("oracle", "ridge", 20, "0.50", "0.01"),
    Cell("oracle", "ridge", 30, "0.34", "0.01"),
    Cell("burer-monteiro", "ridge", 20, "1.23", "0.03"),
    Cell("burer-monteiro", "ridge", 30, "1.03", "0.02"),
    Cell("fo-anil", "1gd", 20, "0.81", "0.01"),
    Cell("fo-anil", "ridge", 20, "0.73", "0.03"),
    Cell("fo-anil", "1gd", 30, "0.64", "0.01"),
    Cell("fo-anil", "ridge", 30, "0.57", "0.02"),
    Cell("fo-maml", "1gd", 20, "0.81", "0.01"),
    Cell("fo-maml", "ridge", 20, "0.73", "0.04"),
    Cell("fo-maml", "1gd", 30, "0.63", "0.01"),
    Cell("fo-maml", "ridge", 30, "0.58", "0.01"),
    Cell("infinite-tasks", "1gd", 20, "0.77", "0.01"),
    Cell("infinite-tasks", "ridge", 20, "0.67", "0.03"),
    Cell("infinite-tasks", "1gd", 30, "0.60", "0.01"),
    Cell("infinite-tasks", "ridge", 30, "0.52", "0.01"),
    Cell("infinite-samples", "1gd", 20, "1.78", "0.02"),
    Cell("infinite-samples", "ridge", 20, "1.04", "0.02"),
    Cell("infinite-samples", "1gd", 30, "1.19", "0.01"),
    Cell("infinite-samples", "ridge", 30, "0.84", "0.02"),
)

_QUOTES = {
    "single-task": "that performs ridge regression on the",
    "oracle": "and the oracle baseline that",
    "burer-monteiro": "These methods are also compared",
    "1gd": "refers to a single gradient descent step at test time",
    "ridge": "refers to ridge estimator with respect to the learned representation",
}
"""Words of the table's caption or introduction: the cells have lost glyphs in them and cannot be quoted."""

_DEPENDS = {
    "single-task": ("eq-10",),
    "oracle": ("eq-10",),
    "burer-monteiro": ("eq-12",),
    "fo-anil": ("eq-3", "eq-4"),
    "fo-maml": ("sec-2-maml-entangled",),
    "infinite-tasks": ("eq-5", "eq-6", "eq-7"),
    "infinite-samples": ("eq-5", "sec-4-infinite-samples-updates"),
}


def _readings(cell: Cell) -> tuple[Reading, ...]:
    """Return the readings that the value of a cell depends on."""
    extra = {
        ("infinite-samples", "1gd"): (readings.INFINITE_SAMPLES_TASKS,),
        ("infinite-samples", "ridge"): (readings.INFINITE_SAMPLES_TASKS,),
        ("fo-maml", "1gd"): (readings.MAML_TEST_STEP,),
    }
    return (readings.HALF_RISK, *extra.get((cell.method, cell.adaptation), ()))


def _claim(cell: Cell) -> Claim:
    """Return the record of one cell."""
    name = METHODS[cell.method]
    step = ("sec-31-excess-risk", "eq-11") if cell.adaptation == "1gd" else ("sec-31-excess-risk",)
    return Claim(
        id=cell.id,
        title=f"Table 1: {name}, {ADAPTATIONS[cell.adaptation]}, {cell.m_test} test rows",
        location="Section 5, Table 1",
        kind=Kind.EXPERIMENT,
        source=Source.STATED,
        statement=f"{name}, adapted by {ADAPTATIONS[cell.adaptation]} on {cell.m_test} rows, has an excess risk of "
        rf"${cell.mean} \pm {cell.deviation}$: mean and standard deviation over 10 training runs, 1000 test tasks.",
        latex=rf"R = {cell.mean} \pm {cell.deviation} \quad (m_{{\mathrm{{test}}}} = {cell.m_test})",
        page="table_1",
        quote=_QUOTES.get(cell.method, _QUOTES[cell.adaptation]),
        hypotheses=SECTION_5,
        readings=_readings(cell),
        uses=("sec-5-setting", *step, *_DEPENDS[cell.method]),
    )


TABLE_1 = tuple(_claim(cell) for cell in CELLS)
