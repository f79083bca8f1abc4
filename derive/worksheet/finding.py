"""Find the error: a worked calculation with known mistakes in it, and the key that says where they are.

The sheet prints every line with its numbers, as somebody has written them who made the mistakes and went on with what
they gave; it asks for each mistake the line, the value and the reason. Which mistakes is for `planted` to choose, from
the form id; how a calculation looks is for `calculation`. A sheet differs from its neighbours in more than its numbers,
so that it is printed anew for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from derive.derivation import Trace
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
from derive.errors import InputError, shown
from derive.evaluation import Policy
from derive.expression import Node, Shown, Wording
from derive.formula import Line
from derive.mistakes import BY_KEY
from derive.narrate import Page
from derive.narrate.page import capital, count
from derive.numbers import OutsideDomain, Undecided, ends, plain, with_precision
from derive.program import Program
from derive.quantity import Quantity
from derive.render import format_of
from derive.render.filling import Template
from derive.render.sheets import print_sheet
from derive.spec import Problem
from derive.spec.problem import SHOWN as SHOWN_KEYS
from derive.wording import Wording as OwnWords
from derive.worksheet.asked import SECOND_PASS, asked
from derive.worksheet.blanks import ALL, FORMULAS, RESULTS, SUBSTITUTIONS, Scaffold
from derive.worksheet.calculation import Calculation, CalculationLine, Run, titled
from derive.worksheet.choices import row_of
from derive.worksheet.facts import FACTS
from derive.worksheet.form import form_id
from derive.worksheet.head import headed, with_points
from derive.worksheet.items import Maker
from derive.worksheet.numbers import FIRST_BITS, KeyRow, SheetNumbers
from derive.worksheet.options import BLANKS, EVERYTHING, Header
from derive.worksheet.page import Box, Builder, legend
from derive.worksheet.planted import Plan, Planter, Right, Spot, letters
from derive.worksheet.questions import Choice
from derive.worksheet.sheet import Sheet, stamped
from derive.worksheet.slots import Slots, SlotValues
from derive.worksheet.told_mistakes import Teller

PARTS = ("line", "value", "reason")
"""What is asked for each mistake, one point each."""
MOST_LINES = 150
"""Lines of a calculation that somebody can be asked to look through: about six pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundNumbers(SheetNumbers):
    """The numbers of a sheet with mistakes: the plan and both runs."""

    plan: Plan
    right: Run
    wrong: Run


class GivenValues(SlotValues):
    """Values of which only the given numbers are known, as they stand on one sheet."""

    def __init__(
        self, trace: Trace, policy: Policy, slots: Slots, program: Program, written: Mapping[Quantity, str]
    ) -> None:
        super().__init__(trace, policy, slots, program.place)
        self.written = written

    def shown(self, quantity: Quantity) -> Shown:
        written = self.written.get(quantity)
        return super().shown(quantity) if written is None else Shown(written, True)


class FindSheet(Sheet):
    """The sheets of a problem on which mistakes are to be found.

    `calculation` has the lines, `planter` the mistakes; `boxes` are the same on every sheet.
    """

    def _check(self) -> None:
        options, place = self.options, "--find-the-error"
        if options.fade or options.choice is not None:
            why = "whose lines are all worked" if options.fade else "whose boxes ask for lines and reasons"
            raise InputError(f"a calculation, {why}", "--fade" if options.fade else "--choice", place=place)
        if options.blanks == ALL:
            raise InputError("a calculation whose lines show what they compute", "--blanks all", place=place)
        strange = next((word for word in options.ask or () if word in (*FACTS, SECOND_PASS)), None)
        if strange is not None:
            why = "a second pass, not worked line by line" if strange == SECOND_PASS else "a question on the network"
            raise InputError(
                "only what has lines in the first step of training", f"{shown(strange)}: {why}", *self._asked_at
            )

    @property
    def _asked_at(self) -> tuple[str | None, str]:
        """File and place of what is asked."""
        own = self.options.ask == self.problem.sheet.ask
        return (self.problem.file, "sheet.ask") if own else (None, "--ask")

    def _allowed(self, page: Page) -> frozenset[int] | None:
        """The lines in which mistakes may be; None where that is not said."""
        if self.options.ask is None or EVERYTHING in self.options.ask:
            return None
        file, place = self._asked_at
        what = asked(self.solution, page, self.options.ask, place, file)
        return frozenset(
            line.number
            for line in self.calculation.lines
            if line.item.topic in what.topics and (what.single is None or line.quantity in what.single)
        )

    def _without_numbers(self) -> frozenset[int]:
        """The lines of which only the result is printed."""
        blanks = self.options.blanks
        if isinstance(blanks, str):
            return frozenset(line.number for line in self.calculation.lines if blanks == FORMULAS)
        weights = {self.solution.parameter(name, "--blanks", words=BLANKS) for name in blanks}
        return frozenset(line.number for line in self.calculation.lines if line.item.parameter in weights)

    @cached_property
    def _stamp(self) -> str:
        # How much of a line is printed changes no answer, so that whoever checks need not know it.
        problem = self.problem.model_dump(mode="json", exclude={"name", "file", "names", *SHOWN_KEYS})
        return stamped(problem, replace(self.options, blanks=SUBSTITUTIONS))

    def _write(self) -> None:
        mistakes, first = self.options.find, self.first
        assert mistakes is not None
        page = self._page({})
        self.calculation = Calculation(page, self.program, self.policy)
        if len(self.calculation.lines) > MOST_LINES:
            expected = f"a network whose first step has at most {MOST_LINES} lines"
            raise InputError(expected, f"one with {len(self.calculation.lines)}", place="--find-the-error")
        # What is drawn must not depend on how the problem was written down: a check reads it from a manifest.
        stamp = "\n".join(q.id for q in self.program.quantities)
        self.planter = Planter(self.calculation, mistakes, stamp, self._allowed(page))
        self._bare = self._without_numbers()
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

    @property
    def asked(self) -> list[Quantity]:
        # Other lines are asked only where a mistake is, and their numbers may be anything that shows it.
        return [line.quantity for line in self.calculation.lines if line.item.topic == "gradients"]

    @property
    def _difficulty(self) -> str:
        """What makes the sheets of a class equally hard, for the instructor."""
        page, say = self.calculation.page, OwnWords(self.problem.words)
        told = [grade.words(page.layer_name(grade.layer) if grade.layer else "", say) for grade in self.planter.grades]
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

    def _page(self, written: Mapping[Quantity, str]) -> Page:
        """The page on which a sheet is written."""
        trace = self.solution.trace
        values = GivenValues(trace, self.policy, Slots(trace, self.policy), self.program, written)
        wording, choice = OwnWords(self.problem.words), self.solution.choice
        return Page(trace, values, values, self.namer, self.solution.form, choice, marks=False, wording=wording)

    def _fill(self, numbers: SheetNumbers, format: str, header: Header, key: bool, fragment: bool = False) -> str:
        assert isinstance(numbers, FoundNumbers)
        options = self.options
        row = format_of(format, self.problem.decimal_comma, options.colours)
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
        page = self._page(numbers.wrong.written)
        options, slots = self.options, Slots(page.trace, self.policy)
        scaffold = Scaffold(Maker(page, frozenset()), slots, options)
        builder = Builder(page, slots, Choice(()), scaffold, self.advice, [])
        lead = (*builder.lead(), *_Writer(page, numbers, self.options.blanks == RESULTS, self._bare).blocks())
        questions = [self._question(k, spot, numbers) for k, spot in enumerate(numbers.plan.spots)]
        remarks = tuple(
            Paragraph((*((Strong(page.wording["for_instructor"]), Text(" ")) if not k else ()), Text(remark)))
            for k, remark in enumerate(self.remarks)
        )
        teller = Teller(self.calculation, numbers.right)
        told = tuple(block for spot in numbers.plan.spots for block in teller.told(spot))
        questions = with_points(questions, self.problem.sheet, self.first)
        title, told = self.problem.title, (*remarks, *told)
        notes = legend(page.wording, "legend_range")
        return Worksheet(title, lead, tuple(questions), told, notes, wording=page.wording, first=self.first)

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


class _Writer:
    """Writes the calculation, what is to be done with it, and the reasons to choose from."""

    def __init__(self, page: Page, numbers: FoundNumbers, whole: bool, bare: frozenset[int]) -> None:
        self.page, self.numbers, self.whole, self.bare = page, numbers, whole, bare

    def _line(self, line: CalculationLine, formula: Node) -> Line:
        """A line: the numbers put in, and the result; the formula before them, or the result alone."""
        found = self.numbers.wrong.line(line, formula)
        if line.number in self.bare:
            return Line(found.left, found.parts[-1:])
        return Line(found.left, (("=", formula), *found.parts)) if self.whole else found

    def blocks(self) -> Iterator[Block]:
        wrong, plan = self.numbers.wrong, self.numbers.plan
        several = len(plan.spots) > 1
        say = self.page.wording
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


def in_full_rounding(problem: Problem) -> Problem:
    """The problem with every result rounded on the way, so that each line follows exactly from those above it."""
    return problem.model_copy(update={"rounding": problem.rounding.model_copy(update={"carry": True})})
