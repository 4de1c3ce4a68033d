"""The two fuzzers, each on one surface for some seconds: Hypothesis by chance, Atheris by the branches it sees taken.

Both draw cases from the surface's strategy. A failure is noted, once for each place it comes from, and the run goes on.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from fuzz.guard import limit_memory, peak_bytes

FURTHER_BYTES = 2**30
"""Memory that a run may take beyond what its imports do."""
BATCH = 100
"""Cases of Hypothesis from one seed."""
MOST_FAILURES = 20


@dataclass
class Outcome:
    """What one engine found on one surface."""

    surface: str
    engine: str
    cases: int = 0
    accepted: int = 0
    seconds: float = 0.0
    further_bytes: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    """A case for each place where a failure came from."""


def run(name: str, engine: str, seconds: float, place: Path) -> None:
    """Fuzz one surface and leave the outcome as JSON: at the end, and on the way, since Atheris ends the process."""
    if engine == "atheris":
        import atheris

        with atheris.instrument_imports(include=["foanil"]):
            from fuzz.surfaces import surfaces
    else:
        from fuzz.surfaces import surfaces
    from fuzz.cases import tried

    surface, outcome = surfaces()[name], Outcome(name, engine)
    began, before = time.monotonic(), peak_bytes()
    limit_memory(FURTHER_BYTES)

    def judge(case: Any) -> None:
        outcome.cases += 1
        try:
            outcome.accepted += tried(surface, case)
        except BaseException as failure:
            if isinstance(failure, KeyboardInterrupt):
                raise
            _note(outcome, failure, case)
        if outcome.cases % 10 == 0:
            save()

    def save() -> None:
        outcome.seconds, outcome.further_bytes = time.monotonic() - began, peak_bytes() - before
        place.write_text(json.dumps(asdict(outcome)), encoding="utf-8")

    try:
        ENGINES[engine](surface.cases, judge, seconds)
    finally:
        save()


def _note(outcome: Outcome, failure: BaseException, case: Any) -> None:
    """Keep the first case of each place, up to some."""
    ours = [frame for frame in traceback.extract_tb(failure.__traceback__) if "/foanil/" in frame.filename]
    where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "nowhere in foanil"
    key = f"{type(failure).__name__} in {where}"
    if len(outcome.failures) < MOST_FAILURES:
        outcome.failures.setdefault(key, f"{str(failure)[:200]} on {case!r:.600}")


def _by_chance(cases: Any, judge: Callable[[Any], None], seconds: float) -> None:
    """Draw batches of cases, each from a seed of its own, until the time is over."""
    began, number = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        number += 1
        seed(number)(_test(cases, judge))()


def _by_coverage(cases: Any, judge: Callable[[Any], None], seconds: float) -> None:
    """Let Atheris choose the bytes that Hypothesis draws the case from. Ends the process."""
    import atheris

    one_input = _test(cases, judge).hypothesis.fuzz_one_input  # type: ignore[attr-defined]
    # The guard bounds a case itself; Atheris takes 0 for no time at all.
    flags = [f"-max_total_time={max(1, int(seconds))}", "-seed=1", "-timeout=3600", "-rss_limit_mb=0", "-max_len=8192"]
    atheris.Setup([sys.argv[0], *flags, "-verbosity=0"], one_input)
    atheris.Fuzz()


def _test(cases: Any, judge: Callable[[Any], None]) -> Callable[[], None]:
    options = settings(
        max_examples=BATCH,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )

    @options
    @given(cases)
    def test(case: Any) -> None:
        judge(case)

    return test


ENGINES = {"hypothesis": _by_chance, "atheris": _by_coverage}
