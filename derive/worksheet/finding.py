"""Find the error: a worked calculation with known mistakes in it, and the key that says where they are.

The sheet prints every line with its numbers, as somebody has written them who made the mistakes and went on with what
they gave; it asks for each mistake the line, the value and the reason. Which mistakes is for `planted` to choose, from
the form id; how a calculation looks is for `calculation`. A sheet differs from its neighbours in more than its numbers,
so that it is printed anew for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import TypeVar

from derive.derivation import Trace
from derive.document import (
    Answer,
    Block,
    Bullets,
    Equation,
    Inline,
    Math,
    Paragraph,
    Question,
    Strong,
    Task,
    Text,
    Words,
    Worksheet,
)
from derive.errors import InputError, listed
from derive.evaluation import Policy
from derive.expression import Node, Shown, Wording
from derive.formula import Line
from derive.mistakes import BY_KEY
from derive.model import ModelProblem
from derive.narrate import Page
from derive.narrate.page import capital, count
from derive.numbers import OutsideDomain, Undecided, ends, plain, with_precision
from derive.program import Program
from derive.quantity import Quantity
from derive.render import format_of
from derive.render.filling import Template
from derive.render.sheets import print_sheet
from derive.spec import Problem
from derive.wording import Wording as OwnWords
from derive.worksheet.blanks import Scaffold
from derive.worksheet.boxes import Box
from derive.worksheet.calculation import Calculation, Run, titled
from derive.worksheet.form import form_id
from derive.worksheet.head import headed, with_points
from derive.worksheet.items import Maker
from derive.worksheet.numbers import FIRST_BITS, KeyRow, SheetNumbers
from derive.worksheet.options import Header
from derive.worksheet.page import Builder, legend
from derive.worksheet.planted import Plan, Planter, Right, Spot, letters
from derive.worksheet.questions import Choice
from derive.worksheet.sheet import Sheet
from derive.worksheet.slots import Slots, SlotValues

PARTS = ("line", "value", "reason")
"""What is asked for each mistake, one point each."""
MOST_LINES = 150
"""Lines of a calculation that somebody can be asked to look through: about six pages."""
SIDE_BY_SIDE = "--ask, --blanks, --choice or --fade"


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
        options = self.options
        if options.ask is not None or options.fade or options.choice is not None or options.blanks != "substitutions":
            raise InputError("a calculation with mistakes alone", f"{SIDE_BY_SIDE} beside it", place="--find-the-error")

    def _write(self) -> None:
        mistakes, first = self.options.find, self.first
        assert mistakes is not None
        page = self._page({})
        self.calculation = Calculation(page, self.program, self.policy)
        if len(self.calculation.lines) > MOST_LINES:
            expected = f"a network whose first step has at most {MOST_LINES} lines"
            raise InputError(expected, f"one with {len(self.calculation.lines)}", place="--find-the-error")
        # What is drawn must not depend on how the problem was written down: a check reads it from a manifest.
        self.planter = Planter(self.calculation, mistakes, "\n".join(q.id for q in self.program.quantities))
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
        page = self.calculation.page
        told = [grade.words(page.layer_name(grade.layer) if grade.layer else "") for grade in self.planter.grades]
        each = "the mistake is" if len(told) == 1 else "the mistakes are"
        return f"On every sheet of this problem {each} in {listed(told)}; which line it is and what is wrong differs."

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
        lead = (*builder.lead(), *Writer(page.wording, numbers).blocks())
        questions = [self._question(k, spot, numbers) for k, spot in enumerate(numbers.plan.spots)]
        remarks = tuple(
            Paragraph((*((Strong(page.wording["for_instructor"]), Text(" ")) if not k else ()), Text(remark)))
            for k, remark in enumerate(self.remarks)
        )
        teller = Teller(self.calculation, numbers)
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


class Writer:
    """Writes the calculation, what is to be done with it, and the reasons to choose from."""

    def __init__(self, say: OwnWords, numbers: FoundNumbers) -> None:
        self.say, self.numbers = say, numbers

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
                yield Equation((wrong.line(line, formula),), line.number)
        yield Paragraph((Strong(say["find_reasons" if several else "find_reason"]),), leads=True)
        yield Bullets(
            tuple(
                (Strong(letter), Text(f" {capital(BY_KEY[key].title)}."))
                for key, letter in letters(plan.reasons).items()
            )
        )


def _task(say: OwnWords, mistakes: int) -> str:
    """What is to be done, in words."""
    if mistakes == 1:
        return say["find_one"]
    written = str(mistakes) if "find_several" in say.own else count(mistakes, "mistake").partition(" ")[0]
    return say("find_several", count=written)


@dataclass(frozen=True, slots=True)
class Teller:
    """What the key says of a mistake."""

    calculation: Calculation
    numbers: FoundNumbers

    def told(self, spot: Spot) -> tuple[Block, ...]:
        line, rewrite = spot.line, spot.rewrite
        right = self.numbers.right.line(line, line.item.formula)
        whole = Line(right.left, (("=", line.item.formula), *right.parts))
        words: Words = (
            Strong(f"Line {line.number}: {BY_KEY[spot.key].title}."), Text(" "),
            *_inlines(rewrite.diagnosis), Text(f" {self._following(spot)} "),
            *_inlines(rewrite.remedy), Text(" Right is"),
        )  # fmt: skip
        # Nothing stands below the formula: a last line of its own could be all that the last page holds.
        return Paragraph(words, leads=True), Equation((whole,))

    def _following(self, spot: Spot) -> str:
        """Which lines show other numbers because of it."""
        right = self.numbers.right
        rewritten = self.calculation.program.rewritten({spot.line.target: spot.rewrite.formula})
        alone = Run(self.calculation, rewritten.carried(right.registers, self.calculation.policy), right.written)
        after = self.calculation.after(spot.line)
        changed = [line.number for line in after if alone.text(line.target) != right.text(line.target)]
        if not changed:
            return "No other line shows another number because of it."
        noun = "Line" if len(changed) == 1 else "Lines"
        verb = "follows" if len(changed) == 1 else "follow"
        return f"{noun} {_in_runs(changed)} {verb} from it."


def _inlines(pieces: Iterable[str | Node]) -> tuple[Inline, ...]:
    return tuple(Text(piece) if isinstance(piece, str) else Math(piece) for piece in pieces)


def _in_runs(numbers: Sequence[int]) -> str:
    """Numbers of lines, three and more in a row together.

    >>> _in_runs([3, 4, 5, 9]), _in_runs([18, 25, 26, 34, 35])
    ('3 to 5 and 9', '18, 25, 26, 34 and 35')
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return listed([text for run in runs for text in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run))])


AnyProblem = TypeVar("AnyProblem", Problem, ModelProblem)


def in_full_rounding(problem: AnyProblem) -> AnyProblem:
    """The problem with every result rounded on the way, so that each line follows exactly from those above it."""
    return problem.model_copy(update={"rounding": problem.rounding.model_copy(update={"carry": True})})
