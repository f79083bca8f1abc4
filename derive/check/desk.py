"""Where sheets are judged: in this process or in another, each by itself, whatever the class is.

An `Order` is small and can be sent anywhere. The problem is derived and compiled once per process; then every sheet is
judged and, where it is wanted, its feedback written. Sheets that state the same are judged once.
"""

from __future__ import annotations

import copyreg
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import RLock
from typing import Any, NamedTuple

from derive.check.about import Facts
from derive.check.hunt import Hunt
from derive.check.judge import Judge
from derive.check.letters import Choices
from derive.check.marks import Question, Scheme, Score, score
from derive.check.model import Marked, Result
from derive.check.numbers_of import called, introduced, title
from derive.check.report import Reporter
from derive.check.written import written
from derive.mistakes import BY_KEY, Mistake
from derive.quantity import FACTS
from derive.subject import AnyProblem, Subject, renumbered, subject
from derive.variants.issued import Issued, IssuedSet
from derive.variants.own import own_sheet
from derive.work import Sheet
from derive.worksheet import SheetOptions, compile_sheet
from derive.worksheet.choosing import ChoiceSheet
from derive.worksheet.finding import FindSheet

MOST_REMEMBERED = 8_000
"""Results of sheets that are remembered, because others may state the same."""
MOST_DESKS = 2


@dataclass(frozen=True)
class Order:
    """How sheets are to be judged: with which problem, rounding and marks, and which feedback is written.

    `decimals` says how every result was rounded, where somebody says so. `issued` is a set whose sheets have numbers
    of their own, without its sheets. `several` sheets are called by their titles.
    """

    problem: AnyProblem
    notation: str
    form: str
    detail: str
    decimals: int | None = None
    issued: IssuedSet | None = None
    scheme: Scheme | None = None
    questions: tuple[Question, ...] = ()
    several: bool = False
    feedback: tuple[str, ...] = ()
    paper: str = "a4"
    find: int | None = None
    choice: int | None = None
    ask: tuple[str, ...] | None = None


class Job(NamedTuple):
    """One sheet to judge, with its own numbers where it has some."""

    sheet: Sheet
    issued: Issued | None


class Judged(NamedTuple):
    """One sheet with its verdicts and marks, and its feedback in each of the formats that were ordered."""

    marked: Marked
    score: Score | None
    feedback: tuple[str | bytes, ...] = ()


def _beside(order: Order, solution: Subject) -> Hunt | Choices | None:
    """What judges the answers that are no numbers, where the sheets ask for some."""
    issued = order.issued
    options = SheetOptions(find=order.find, choice=order.choice, ask=order.ask) if issued is None else issued.options
    if options.find is None and options.choice is None:
        return None
    if issued is None:
        sheet = own_sheet(solution.problem, replace(options, notation=order.notation))
    else:
        sheet = compile_sheet(issued.problem, options)
    match sheet:
        case FindSheet():
            return Hunt(sheet)
        case ChoiceSheet():
            return Choices(sheet)
    raise TypeError(f"{sheet!r} asks for numbers alone")


class Desk:
    """An order made ready."""

    def __init__(self, order: Order, solution: Subject | None = None) -> None:
        self.order = order
        self.solution = solution or subject(order.problem, order.notation, order.form, order.detail)
        printed = order.issued is not None and not self.solution.problem.rounding.carry
        self.judge = Judge(self.solution, order.decimals, printed=printed)
        self.beside, self.facts = _beside(order, self.solution), Facts(self.solution)
        self._known: OrderedDict[Any, tuple[int, Marked]] = OrderedDict()
        self._remembered = 0

    def judged(self, job: Job) -> Judged:
        """The verdicts on one sheet."""
        sheet, order = introduced(job.sheet, job.issued), self.order
        judge = self.judge
        if job.issued is not None:
            assert order.issued is not None
            judge = judge.with_numbers(renumbered(self.solution, order.issued.variant(job.issued)))
        bare = replace(sheet, student=None, id=None, form=None, file=None, notes=(), faults=(), answers=())
        found = self._same(bare) if judge is self.judge and not sheet.printed else judge.mark(bare)
        drawn = {} if job.issued is None or order.issued is None else order.issued.drawn(job.issued)
        rest = [one for one in sheet.answers if one.quantity.kind not in FACTS]
        beside = self.beside.results(rest, drawn) if self.beside is not None else []
        beside += self.facts.results([one for one in sheet.answers if one.quantity.kind in FACTS])
        marked = replace(
            found,
            results=(*found.results, *beside),
            student=title(sheet) if order.several else called(sheet),
            id=sheet.id,
            form=sheet.form,
            notes=(*sheet.notes, *found.notes),
            faults=(*sheet.faults, *found.faults),
            labels=sheet.labels,
        )
        points = None if order.scheme is None else score(marked, order.scheme, order.questions)
        if not order.feedback:
            return Judged(marked, points)
        document, namer = Reporter(judge.solution, order.scheme).document(marked, points), self.solution.namer
        return Judged(marked, points, tuple(written(document, namer, format, order.paper) for format in order.feedback))

    def _same(self, sheet: Sheet) -> Marked:
        """The verdicts on a sheet, taken over from one that states the same in other lines."""
        first = min([*(one.line for one in sheet.values), *(one.line for one in sheet.formulas)], default=0)
        key = (
            tuple(
                (one.quantity, one.text, one.value, one.places, one.line - first, one.name, one.shown)
                for one in sheet.values
            ),
            tuple((one.quantity, one.formula, one.text, one.line - first) for one in sheet.formulas),
            tuple((one.quantity, one.text, one.value) for one in sheet.repeated),
            sheet.missing,
            sheet.unread,
        )
        if key in self._known:
            self._known.move_to_end(key)
            line, marked = self._known[key]
            return _moved(marked, first - line)
        marked = self.judge.mark(sheet)
        self._known[key] = first, marked
        self._remembered += len(marked.results)
        while self._remembered > MOST_REMEMBERED:
            self._remembered -= len(self._known.popitem(last=False)[1][1].results)
        return marked


def _moved(marked: Marked, lines: int) -> Marked:
    """The same verdicts on values that stand so many lines further down."""
    if not lines:
        return marked
    return replace(marked, results=tuple(_moved_result(result, lines) for result in marked.results))


def _moved_result(result: Result, lines: int) -> Result:
    return result if result.line is None else replace(result, line=result.line + lines)


_DESKS: list[Desk] = []
_ONE_AT_A_TIME = RLock()
"""Precision of arithmetic is a setting of the whole process, so threads take turns."""


def desk_for(order: Order, solution: Subject | None = None) -> Desk:
    """The order made ready, once in this process; `solution` is its problem's, where there is one."""
    with _ONE_AT_A_TIME:
        found = next((desk for desk in _DESKS if desk.order == order), None)
        if found is None:
            found = Desk(order, solution)
            _DESKS[:] = [found, *_DESKS][:MOST_DESKS]
        return found


def judge_some(order: Order, jobs: Sequence[Job]) -> list[Judged]:
    """The verdicts on some sheets."""
    with _ONE_AT_A_TIME:
        desk = desk_for(order)
        return [desk.judged(job) for job in jobs]


def _named(key: str) -> Mistake:
    return BY_KEY[key]


def _by_its_key(row: Mistake) -> tuple[Callable[[str], Mistake], tuple[str]]:
    """A known mistake goes to another process as its key: what it does cannot be sent, and is the same there."""
    return _named, (row.key,)


copyreg.pickle(Mistake, _by_its_key)
