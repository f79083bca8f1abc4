"""Find the error: a worked calculation with known mistakes in it, and the key that says where they are.

The sheet prints every line with its numbers, as somebody has written them who made the mistakes and went on with what
they gave; it asks for each mistake the line, the value and the reason. Which mistakes is for `planted` to choose, from
the form id; how a calculation looks is for `calculation`. A sheet differs from its neighbours in more than its numbers,
so that it is printed anew for each.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import TypeVar

from derive.document import (
    Answer,
    Block,
    Bullets,
    Equation,
    Paragraph,
    Question,
    Strong,
    Task,
    Text,
    Worksheet,
)
from derive.errors import InputError
from derive.expression import Node, Shown, Wording
from derive.formula import Line
from derive.mistakes import BY_KEY
from derive.model import ModelProblem
from derive.narrate.page import capital, count
from derive.numbers import OutsideDomain, Undecided, ends, plain, with_precision
from derive.quantity import Quantity
from derive.render import format_of
from derive.render.filling import Template
from derive.render.sheets import print_sheet
from derive.spec import Problem
from derive.spec.problem import SHOWN as SHOWN_KEYS
from derive.wording import Wording as OwnWords
from derive.worksheet.blanks import SUBSTITUTIONS
from derive.worksheet.boxes import Box
from derive.worksheet.calculation import Calculation, CalculationLine, Run, titled
from derive.worksheet.choices import row_of
from derive.worksheet.form import form_id
from derive.worksheet.head import headed, with_points
from derive.worksheet.numbers import FIRST_BITS, KeyRow, SheetNumbers
from derive.worksheet.options import Header
from derive.worksheet.page import legend
from derive.worksheet.planted import Plan, Planter, Right, Spot, letters
from derive.worksheet.sheet import BaseSheet, stamped
from derive.worksheet.told_mistakes import Teller

PARTS = ("line", "value", "reason")
"""What is asked for each mistake, one point each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundNumbers(SheetNumbers):
    """The numbers of a sheet with mistakes: the plan and both runs."""

    plan: Plan
    right: Run
    wrong: Run


class FindSheet(BaseSheet):
    """The sheets of a problem on which mistakes are to be found.

    `calculation` has the lines, at most `most_lines` of them, `planter` the mistakes; `boxes` are the same on every
    sheet. `worked` is what a problem of this kind is called.
    """

    calculation: Calculation
    most_lines: int
    worked: str

    @property
    def _asked_at(self) -> tuple[str | None, str]:
        """File and place of what is asked."""
        own = self.options.ask == self.problem.sheet.ask
        return (self.problem.file, "sheet.ask") if own else (None, "--ask")

    @cached_property
    def _stamp(self) -> str:
        # How much of a line is printed changes no answer, so that whoever checks need not know it.
        problem = self.problem.model_dump(mode="json", exclude={"name", "file", "names", *SHOWN_KEYS})
        return stamped(problem, replace(self.options, blanks=SUBSTITUTIONS))

    def _write(self) -> None:
        mistakes, first = self.options.find, self.first
        assert mistakes is not None
        self.calculation = self._calculation()
        lines = self.calculation.lines
        if len(lines) > self.most_lines:
            expected = f"{self.worked}s whose first step has at most {self.most_lines} lines"
            raise InputError(expected, f"some with {len(lines)}", self.problem.file, "--find-the-error")
        # What is drawn must not depend on how the problem was written down: a check reads it from a manifest.
        stamp = "\n".join(q.id for q in self.program.quantities)
        self.planter = self._planter(mistakes, stamp)
        self.boxes = [
            Box(f"{first + k - 1}{'abc'[part]}", quantity, self.namer(quantity).text, 1)
            for k in range(1, mistakes + 1)
            for part, kind in enumerate(PARTS)
            for quantity in [Quantity(kind, k)]
        ]
        self.planter.settle(self._right(self.program.trace.givens))
        self.remarks = (self._difficulty, *self.advice.remarks)
        self.unfit = {"mistakes_to_find": self._unfit}
        self._written: tuple[FoundNumbers, Worksheet] | None = None
        if self.problem.sheet.points:
            shared = {box.label: box.points for one in self.body.questions for task in one.tasks for box in task.boxes}
            self.boxes = [replace(box, points=shared[box.label]) for box in self.boxes]

    @abstractmethod
    def _calculation(self) -> Calculation:
        """The calculation that is printed; called once, before anything else is decided."""

    @abstractmethod
    def _planter(self, mistakes: int, stamp: str) -> Planter:
        """What puts mistakes into it."""

    @abstractmethod
    def _grades(self, say: OwnWords) -> list[str]:
        """What lines of every sheet's mistakes have in common, in words."""

    @abstractmethod
    def _before(self, numbers: FoundNumbers) -> Iterator[Block]:
        """What is given, and the calculation."""

    @property
    def asked(self) -> list[Quantity]:
        # Other lines are asked only where a mistake is, and their numbers may be anything that shows it.
        return [line.quantity for line in self.calculation.lines if line.item.topic == "gradients"]

    @property
    def _difficulty(self) -> str:
        """What makes the sheets of a class equally hard, for the instructor."""
        say = OwnWords(self.problem.words)
        told = self._grades(say)
        return say("find_grade" if len(told) == 1 else "find_grades", grades=row_of(told, say))

    # -- numbers ---------------------------------------------------------------------------------------------

    def _right(self, givens: Mapping[Quantity, Decimal]) -> Right:
        """Right work with some given numbers."""
        try:
            return with_precision(lambda: self._run(givens), FIRST_BITS)
        except (OutsideDomain, Undecided) as trouble:
            raise InputError("numbers with a result", str(trouble), self.problem.name, "worksheet") from None

    def _run(self, decimals: Mapping[Quantity, Decimal]) -> Right:
        givens = self.program.givens(decimals)
        carried, ranges = self.program.carried(givens, self.policy), self.program.ranges(givens, self.policy)
        return Right(self.calculation, carried, ranges)

    def numbers(self, givens: Mapping[Quantity, Decimal] | None = None) -> FoundNumbers:
        given = {**self.program.trace.givens, **(givens or {})}
        written = {quantity: plain(number) for quantity, number in given.items()}
        form = form_id([self._stamp, *[f"{quantity.id}={text}" for quantity, text in written.items()]])
        right = self._right(givens or {})
        plan = self.planter.plan(right, "\n".join(written.values()))
        runs = [Run(self.calculation, registers, written) for registers in (right.carried, plan.registers)]
        rows = tuple(row for k, spot in enumerate(plan.spots) for row in self._rows(k, spot, plan, right))
        return FoundNumbers(given, (), (), rows, form, plan=plan, right=runs[0], wrong=runs[1])

    def _rows(self, k: int, spot: Spot, plan: Plan, right: Right) -> Iterator[KeyRow]:
        """The rows of the key for one mistake."""
        at = self.program.place[spot.line.target]
        value = self.calculation.printed(at, right.carried[at])
        low, high = ends(right.ranges[at], self.policy.shown_places(spot.line.target), self.policy.ties)
        answers = {"line": str(spot.line.number), "value": value, "reason": letters(plan.reasons)[spot.key]}
        for box in self.boxes[len(PARTS) * k : len(PARTS) * (k + 1)]:
            text = answers[box.quantity.kind]
            reach = (low, high) if box.quantity.kind == "value" else (text, text)
            yield KeyRow(box.label, box.quantity.id, box.name, box.points, text, text, *reach)

    # -- files -----------------------------------------------------------------------------------------------

    def _fill(self, numbers: SheetNumbers, format: str, header: Header, key: bool, fragment: bool = False) -> str:
        assert isinstance(numbers, FoundNumbers)
        options = self.options
        row = format_of(format, self.problem.decimal_comma, options.colours).worded(OwnWords(self.problem.words))
        if self._written is None or self._written[0] is not numbers:
            self._written = numbers, self.worksheet_document(numbers)
        body = self._written[1]
        document, logo = (body, None) if fragment else (headed(self.problem.sheet, [body]), self.logo(format))
        text = print_sheet(document, row, self.namer, key, options.paper, options.pictures, logo, fragment)
        return Template(text, row).fill(self.filling(numbers, header))

    @cached_property
    def body(self) -> Worksheet:
        return self.worksheet_document(self.numbers())

    def worksheet_document(self, numbers: FoundNumbers) -> Worksheet:
        """The sheet with some numbers, and what its key says."""
        say = OwnWords(self.problem.words)
        questions = [self._question(k, spot, numbers) for k, spot in enumerate(numbers.plan.spots)]
        remarks = (
            Paragraph((*((Strong(say["for_instructor"]), Text(" ")) if not k else ()), Text(remark)))
            for k, remark in enumerate(self.remarks)
        )
        teller = Teller(self.calculation, numbers.right, say)
        told = (*remarks, *(block for spot in numbers.plan.spots for block in teller.told(spot)))
        questions = with_points(questions, self.problem.sheet, self.first)
        notes, before = legend(say, "legend_range"), tuple(self._before(numbers))
        return Worksheet(self.problem.title, before, tuple(questions), told, notes, wording=say, first=self.first)

    def _question(self, k: int, spot: Spot, numbers: FoundNumbers) -> Question:
        """The three boxes of a mistake, with what the key says of it."""
        rows = numbers.rows[len(PARTS) * k : len(PARTS) * (k + 1)]
        boxes = self.boxes[len(PARTS) * k : len(PARTS) * (k + 1)]
        say = OwnWords(self.problem.words)
        names = (say["find_line"], say["find_value"], say["find_letter"])
        answers = []
        for box, row, name in zip(boxes, rows, names, strict=True):
            number: Node = Wording(row.exact) if box.quantity.kind == "reason" else Shown(row.exact, True)
            ends_of_range = Shown(row.low, True), Shown(row.high, True)
            answers.append(Answer(box.label, box.name, Wording(name), number, number, "", *ends_of_range, box.points))
        only = len(numbers.plan.spots) == 1
        title = say["find_only" if only else f"find_{k + 1}"]
        return Question((Text(title),), (), (Task(boxes[0].label, (), (), (), 0, (tuple(answers),)),))


class Writer:
    """Writes the calculation, what is to be done with it, and the reasons to choose from."""

    def __init__(
        self, say: OwnWords, numbers: FoundNumbers, whole: bool = False, bare: frozenset[int] = frozenset()
    ) -> None:
        self.say, self.numbers, self.whole, self.bare = say, numbers, whole, bare

    def _line(self, line: CalculationLine, formula: Node) -> Line:
        """A line: the numbers put in, and the result; the formula before them, or the result alone."""
        found = self.numbers.wrong.line(line, formula)
        if line.number in self.bare:
            return Line(found.left, found.parts[-1:])
        return Line(found.left, (("=", formula), *found.parts)) if self.whole else found

    def blocks(self) -> Iterator[Block]:
        wrong, plan = self.numbers.wrong, self.numbers.plan
        several = len(plan.spots) > 1
        say = self.say
        yield Paragraph((Strong(say["find_what"]), Text(f" {_task(say, len(plan.spots))}")))
        formulas = {spot.line.number: spot.rewrite.formula for spot in plan.spots}
        for title, lines in titled(wrong.calculation.lines).items():
            yield Paragraph((Strong(f"{title}."),), leads=True)
            for line in lines:
                formula = formulas.get(line.number, line.item.formula)
                yield Equation((self._line(line, formula),), line.number)
        yield Paragraph((Strong(say["find_reasons" if several else "find_reason"]),), leads=True)
        yield Bullets(
            tuple(
                (Strong(letter), Text(f" {capital(say.text([BY_KEY[key].phrase()]))}."))
                for key, letter in letters(plan.reasons).items()
            )
        )


def _task(say: OwnWords, mistakes: int) -> str:
    """What is to be done, in words."""
    if mistakes == 1:
        return say["find_one"]
    written = str(mistakes) if "find_several" in say.own else count(mistakes, "mistake").partition(" ")[0]
    return say("find_several", count=written)


AnyProblem = TypeVar("AnyProblem", Problem, ModelProblem)


def in_full_rounding(problem: AnyProblem) -> AnyProblem:
    """The problem with every result rounded on the way, so that each line follows exactly from those above it."""
    return problem.model_copy(update={"rounding": problem.rounding.model_copy(update={"carry": True})})
