"""The judge whose verdicts are compared with the truth: the only place here that touches derive."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from derive.check import Judge
from derive.solution import solve
from derive.subject import subject
from derive.work import Names, read_text
from derive.work.elements import ElementNames

from .computed import calculation_of, is_computed
from .problems import EXAMPLES, table_of

FAULTY = frozenset({"mistake", "slip", "wrong"})
RIGHT = frozenset({"exact", "rounded"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge says of one stated value: the word, the keys of its explanations, best first, and its titles."""

    id: str
    word: str
    keys: tuple[str, ...]
    titles: tuple[str, ...]
    slip: str

    @property
    def faulty(self) -> bool:
        return self.word in FAULTY


class Examiner:
    """Judges the sheets of one problem."""

    def __init__(self, problem: str) -> None:
        if is_computed(problem):
            steps = subject(calculation_of(problem).table())
            self._names: Names = ElementNames(steps)
            self._judge = Judge(steps)
            return
        solution = solve(problem if problem in EXAMPLES else _plain(table_of(problem)))
        self._names, self._judge = Names(solution), Judge(solution)

    def verdicts(self, rows: Sequence[tuple[str, str]]) -> list[Verdict]:
        """The verdicts on a sheet, in the judge's order; `ValueError` where it did not read every row."""
        if not rows:
            return []  # nothing on it could be worked out
        text = io.StringIO()
        csv.writer(text).writerows([("quantity", "value"), *rows])  # an index may have commas
        (sheet,) = read_text(text.getvalue(), self._names, "csv").sheets
        if sheet.faults or len(sheet.values) != len(rows):
            raise ValueError(f"not read: {sheet.faults}")
        return [_verdict(result) for result in self._judge.mark(sheet).results if result.verdict != "missing"]


def _plain(table: Mapping[str, Any]) -> Mapping[str, object]:
    return dict(table)


def _verdict(result: Any) -> Verdict:
    explanations = result.explanations
    return Verdict(
        result.quantity.id,
        result.verdict,
        tuple(one.key for one in explanations),
        tuple(one.title for one in explanations),
        str(result.slip),
    )


@lru_cache(maxsize=8)
def examiner(problem: str) -> Examiner:
    """The judge of a problem, made once in each process."""
    return Examiner(problem)
