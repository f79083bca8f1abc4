"""A class, judged as a stream: its sheets are read twice and never kept.

The first time it is found what was asked and what cannot be read or judged; for that no verdict is needed. The second
time each sheet is judged by itself, in this process or in others, and given away. So neither the verdicts nor the
memory depend on how many sheets there are, or on who judges them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from derive.check.classwork import Check
from derive.check.desk import Job, Judged, Order, desk_for, judge_some
from derive.check.marks import Asked, Question, Scheme
from derive.check.numbers_of import Forms, Numbers, OwnNumbers, SetNumbers, introduced, title
from derive.check.schemes import of_worksheet
from derive.check.statistics import ordered
from derive.errors import InputError, counted
from derive.subject import AnyProblem, Subject
from derive.variants.issued import IssuedSet
from derive.work import Sheet, Sheets, Work
from derive.workers import in_order

Source = Callable[[], Sheets]
"""What reads the sheets, from the beginning whenever it is called."""
PORTION = 16
"""Sheets that are judged in one go."""
TOLD = 100
"""Sheets after which it is told how many have been read."""
MOST_REFUSED = 2_000
"""Sheets that are named because they cannot be judged."""


@dataclass(frozen=True)
class Survey:
    """What is known of a class before anything is judged.

    `judged` of the sheets will be, `refused` cannot be; `titles` are those of the judged ones, where they were wanted.
    `worksheets`: whether all of them are worksheets, by the form ids on them.
    """

    questions: tuple[Question, ...]
    judged: int
    refused: int
    notes: tuple[str, ...]
    faults: tuple[InputError, ...]
    titles: tuple[str | None, ...] = ()
    worksheets: bool = False

    @property
    def several(self) -> bool:
        """Whether there is more than one sheet."""
        return self.judged + self.refused > 1

    @property
    def one(self) -> bool:
        """Whether there is one sheet only, not a class."""
        return self.judged == 1 and not self.refused


def surveyed(
    source: Source,
    numbers: Numbers,
    solution: Subject,
    titles: bool = False,
    step: Callable[[str], None] = lambda text: None,
) -> Survey:
    """Reads all sheets once; `step` is told how far it is. Raises `InputError` where nothing can be read or judged."""
    asked = Asked(solution.trace.givens)
    forms = Forms() if isinstance(numbers, SetNumbers) else None
    refused, repeated, called = list[InputError](), list[InputError](), list[str | None]()
    first, unreadable, stated, count, worksheets = list[InputError](), 0, False, 0, True
    sheets = _Read(source())
    for number, sheet in enumerate(sheets):
        if number % TOLD == 0:
            step(f"{number:,} sheets read")
        stated = stated or not sheet.empty or bool(sheet.missing)
        unreadable += len(sheet.faults)
        first += sheet.faults[: 1 - len(first)]
        if forms is not None and (again := forms.repeated(sheet)) is not None:
            repeated.append(again)
        try:
            issued = numbers.find(sheet)
        except InputError as error:
            count += 1
            if count <= MOST_REFUSED:
                refused.append(error)  # its entries may be those of another problem: no word of them
            continue
        asked.add(answered(sheet))
        worksheets = worksheets and sheet.form is not None
        if titles:
            called.append(title(introduced(sheet, issued)))
    work = sheets.rest
    if not stated:
        raise _nothing([*work.faults[:1], *first], len(work.faults) + unreadable)
    if not asked.sheets:
        raise _nothing(refused, len(refused))
    if count > MOST_REFUSED:
        refused.append(InputError("sheets that can be judged", f"{count - MOST_REFUSED:,} more that cannot"))
    questions = ordered(asked.questions, solution.exact.numbers)
    faults = (*work.faults, *refused, *repeated)
    return Survey(questions, asked.sheets, count, work.notes, faults, tuple(called), worksheets)


class _Read:
    """Sheets as they come; `rest` is what belongs to none of them, when all have come."""

    def __init__(self, sheets: Sheets) -> None:
        self.rest, self._sheets = Work(()), sheets

    def __iter__(self) -> Iterator[Sheet]:
        self.rest = yield from self._sheets


def answered(sheet: Sheet) -> Iterable[Question]:
    """The questions that a sheet answers or leaves blank."""
    yield from ((one.quantity, True) for one in sheet.formulas)
    yield from ((one.quantity, False) for one in sheet.values)
    yield from ((quantity, False) for quantity in sheet.missing)
    yield from ((one.quantity, False) for one in sheet.answers)


@dataclass(frozen=True)
class Marking:
    """A problem, or a class set of it, with how its sheets are judged and marked.

    `find`, `choice` and `ask` say that sheets with the problem's own numbers have so many mistakes to find, or so many
    numbers to choose from, and what they ask. `usual`: nobody has said what an answer is worth, so that worksheets have
    the points that stand on them.
    """

    solution: Subject
    issued: IssuedSet | None = None
    decimals: int | None = None
    scheme: Scheme | None = None
    usual: bool = False
    find: int | None = None
    choice: int | None = None
    ask: tuple[str, ...] | None = None

    def settled(self, survey: Survey) -> Marking:
        """The same with the points of the worksheet, where the sheets are worksheets."""
        if self.scheme is None or self.issued is not None or not (self.usual and survey.worksheets):
            return self
        return replace(
            self,
            scheme=of_worksheet(self.solution, self.scheme.penalty, find=self.find, choice=self.choice, ask=self.ask),
        )

    @property
    def numbers(self) -> Numbers:
        return (
            OwnNumbers(self.solution, self.find, self.choice, self.ask)
            if self.issued is None
            else SetNumbers(self.issued)
        )

    def order(self, survey: Survey, feedback: Sequence[str] = (), paper: str = "a4") -> Order:
        """What is to be done with the sheets of a class that has been surveyed."""
        solution = self.solution
        return Order(
            problem=solution.problem,
            notation=solution.namer.notation.key,
            form=solution.form,
            detail=solution.choice.detail,
            decimals=self.decimals,
            issued=None if self.issued is None else replace(self.issued, sheets=()),
            scheme=self.scheme,
            questions=survey.questions,
            several=survey.several,
            feedback=tuple(feedback),
            paper=paper,
            find=self.find,
            choice=self.choice,
            ask=self.ask,
        )

    def survey(self, source: Source, titles: bool = False, step: Callable[[str], None] = lambda text: None) -> Survey:
        """Reads all sheets once; `step` is told how far it is. Raises `InputError` where nothing can be judged."""
        return surveyed(source, self.numbers, self.solution, titles, step)

    def judged(self, source: Source, order: Order, executor: Executor | None = None) -> Iterator[Judged]:
        """The verdicts on every sheet that can be judged, in the order of the sheets."""
        if executor is None:
            desk_for(order, self.solution)
        yield from in_order(executor, judge_some, (order,), _jobs(source, self.numbers), PORTION)

    def check(self, source: Source, executor: Executor | None = None, survey: Survey | None = None) -> Check:
        """All sheets with their verdicts, kept."""
        survey = survey or self.survey(source)
        scheme = self.settled(survey).scheme
        sheets = [one.marked for one in self.judged(source, self.order(survey), executor)]
        problems: tuple[AnyProblem, ...] = ()
        if self.issued is not None:
            numbers = (job.issued for job in _jobs(source, self.numbers))
            problems = tuple(self.issued.variant(one) for one in numbers if one is not None)
        return Check(self.solution, tuple(sheets), scheme, survey.notes, survey.faults, problems, survey.refused)


def _jobs(source: Source, numbers: Numbers) -> Iterator[Job]:
    for sheet in source():
        try:
            yield Job(sheet, numbers.find(sheet))
        except InputError:
            continue  # named by the survey


def _nothing(faults: Sequence[InputError], count: int) -> InputError:
    """The first of several faults, which says how many more there are."""
    if not faults:
        return InputError("stated values of this problem's quantities", "none")
    first, more = faults[0], count - 1
    hint = first.hint
    if more:
        told = f"{counted(more, 'more entry' if more == 1 else 'more entrie')} cannot be read."
        hint = f"{hint} {told}" if hint else told
    return InputError(first.expected, first.found, first.file, first.place, hint)
