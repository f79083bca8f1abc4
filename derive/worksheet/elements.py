"""The worksheet of a problem that is given by equations: its questions come from the steps of its elements.

Decides what stands before the questions and how their lines, boxes and notes are written. What is asked is decided in
`element_questions`; the key, the numbers and the files are those of every sheet.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from typing import cast

from derive.document import (
    Answer,
    Block,
    Math,
    Paragraph,
    Question,
    Strong,
    Table,
    Task,
    Text,
    Words,
    Worksheet,
)
from derive.errors import InputError, shown
from derive.expression import NOTHING, Blank, Cases, Const, Node, Ref, quantities
from derive.expression import replace as put_in
from derive.formula import Line, Printer, Tex
from derive.model import ModelProblem
from derive.pages.elements import Elements
from derive.pages.given import given_numbers, plain_equations
from derive.pages.page import ModelPage
from derive.parts import Choice, choose
from derive.quantity import Quantity
from derive.sentences import count
from derive.spec.problem import SHOWN as SHOWN_KEYS
from derive.stepwise import Stepwise
from derive.trace.identity import Identity, Symbol
from derive.wording import Wording
from derive.worksheet.blanks import ALL, FORMULAS, HANDWRITING, RESULTS, ROW, SUBSTITUTIONS, WORKED, Filled
from derive.worksheet.element_questions import (
    AGAIN,
    MOST_BOXES,
    MOST_CHOSEN,
    ElementItem,
    Questions,
    asked_items,
    shortened,
)
from derive.worksheet.head import with_points
from derive.worksheet.options import SheetOptions
from derive.worksheet.page import Box, in_rows, legend, letter
from derive.worksheet.questions import FADING
from derive.worksheet.sheet import BaseSheet
from derive.worksheet.slots import HIGH, LOW, OTHER, Slots

MOST_AGAIN = 12
"""Values of a second forward pass that the key shows."""
AGAIN_ROOM = 6
MOST_ROOM = 6
"""Rows to write a line in at most: of a long sum most terms are short."""


class SlotElements(Elements):
    """Given numbers that show themselves as slots, so that a sheet is printed once for all its variants."""

    slots: Slots

    def shown(self, symbol: Symbol, more: int = 0) -> Node:
        return self.slots.slot(cast(Quantity, Identity(symbol)))


class ElementSheet(BaseSheet):
    """A worksheet with its key, for any numbers of one problem that is given by equations."""

    problem: ModelProblem
    solution: Stepwise

    def _check(self) -> None:
        options = self.options
        usual = self.namer.notation.key
        for option, value in (("--notation", options.notation), ("--form", options.form)):
            if value not in (None, usual):
                hint = "a problem given by equations is written in its author's names."
                raise InputError(f"no {option[2:]} for a problem given by equations", shown(value), None, option, hint)
        for option, chosen in (
            ("--choice", options.choice is not None),
            ("--find-the-error", options.find is not None),
            ("--blanks", not isinstance(options.blanks, str)),
        ):
            if chosen:
                raise InputError("a network", "a problem given by equations", self.problem.file, option)

    def _write(self) -> None:
        steps, options = self.solution, self.options
        self.slots = Slots(steps.trace, self.policy)
        self.wording = Wording(self.problem.words)
        questions = Questions(steps)
        place = ("sheet.ask", self.problem.file) if options.ask == self.problem.sheet.ask else ("--ask", None)
        every = asked_items(questions, options.ask, *place)
        items, few = shortened(every, MOST_CHOSEN if options.ask is not None else MOST_BOXES)
        self.boxes: list[Box] = []
        writer = _Writer(self, questions, items, few, len(every))
        self._body = writer.worksheet()
        self.remarks = writer.remarks

    @property
    def body(self) -> Worksheet:
        """The sheet without its head."""
        return self._body

    @cached_property
    def _stamp(self) -> str:
        """What tells this sheet from the sheets of other problems and with other options."""
        problem = self.problem.model_dump(mode="json", exclude={"name", "file", *SHOWN_KEYS})
        options = asdict(replace(self.options, paper="", pictures="", colours="role", compact=False))
        return json.dumps([problem, options], sort_keys=True, default=str)


class _Writer:
    """Writes the document of a sheet, and lists its boxes."""

    def __init__(
        self, sheet: ElementSheet, questions: Questions, items: Sequence[ElementItem], few: int, every: int
    ) -> None:
        self.sheet, self.questions, self.items = sheet, questions, items
        self.slots, self.options, self.say = sheet.slots, sheet.options, sheet.wording
        self.printer = Printer(Tex(), sheet.namer)
        self.asked: set[Quantity] = set()
        self.few = few
        self.levels = _faded(items, sheet.options)
        option = self.say["left_out_more"]
        told = self.say("left_out_told", count=str(len(items)), all=str(every), option=option)
        self.remarks = (*((told,) if few else ()), *sheet.advice.remarks)
        self.page = ModelPage(
            sheet.solution.solution,
            sheet.solution.namer.names,
            choose(Choice(), sheet.options.detail),
            wording=sheet.wording,
        )
        elements = SlotElements(sheet.solution.solution, 0, self.page.display.symbol)
        elements.slots = self.slots
        self.page.rounds[0] = elements

    def worksheet(self) -> Worksheet:
        sheet, head = self.sheet, self.sheet.problem.sheet
        groups: dict[str, list[ElementItem]] = {}
        for item in self.items:
            groups.setdefault(self._title(item), []).append(item)
        questions = [self._question(title, found, n) for n, (title, found) in enumerate(groups.items(), sheet.first)]
        questions = with_points(questions, head, sheet.first)
        points = {answer.label: answer.points for one in questions for task in one.tasks for answer in task.boxes}
        sheet.boxes[:] = [replace(box, points=points[box.label]) for box in sheet.boxes]
        remarks = tuple(
            Paragraph((*((Strong(self.say["for_instructor"]), Text(" ")) if not k else ()), Text(remark)))
            for k, remark in enumerate(self.remarks)
        )
        way = "unrounded" if sheet.problem.rounding.carry else "carried"
        notes = legend(self.say, f"legend_{way}", way=self.say[way])
        lead = () if head.answers_only else tuple(self._lead())
        title = sheet.problem.title
        return Worksheet(title, lead, tuple(questions), remarks, notes, wording=self.say, first=sheet.first)

    # -- before the questions

    def _lead(self) -> Iterator[Block]:
        page = self.page
        if page.solution.problem.story:
            yield page.say("{story}", story=page.solution.problem.story.strip())
        if page.solution.system.equations:
            yield from plain_equations(page)
        yield from given_numbers(page).blocks
        policy = self.sheet.problem.rounding
        ties = self.say["ties_away" if policy.ties == "half_up" else "ties_even"]
        key = "rounding_carried" if policy.carry else "rounding_free"
        places = self._places(policy.decimals)
        yield Paragraph((Strong(self.say["rounding"]), Text(f" {self.say(key, places=places, ties=ties)}")))
        if self.few:
            what = (
                self.say["first_element"]
                if self.few == 1
                else self.say(
                    "first_elements", count=self.say.number(self.few, "first_elements", count(self.few, "element"))
                )
            )
            which = self.say["left_out_one" if self.few == 1 else "left_out"]
            yield Paragraph((Text(which.format(what=what, which="")),))
        provided = self._provided()
        if provided:
            yield Paragraph((Text(self.say["worked_out"]),), leads=True)
            yield from self._table(provided)

    def _places(self, decimals: int) -> str:
        key = "decimal" if decimals == 1 else "decimals"
        return self.say(key, count=self.say.number(decimals, key, count(decimals, "decimal")))

    def _provided(self) -> list[Quantity]:
        """What the asked lines use that is neither given nor asked, in the order of the computation."""
        asked, trace = {item.quantity for item in self.items}, self.questions.trace
        used = {one for item in self.items for one in quantities(item.formula) if item.topic != AGAIN}
        if any(item.topic == AGAIN for item in self.items):
            used |= {step.target for step in trace.rounds[0].update if trace.is_parameter(step.target)}
        order = {step.target: number for number, step in enumerate(trace.rounds[0].steps)}
        written = {q for q in used if q in order and isinstance(trace.step(q).formula, Const)}  # stands in its equation
        return sorted((q for q in used - asked - written if q in order), key=order.__getitem__)

    def _table(self, provided: Sequence[Quantity]) -> Iterator[Block]:
        for start in range(0, len(provided), 6):
            part = provided[start : start + 6]
            header: tuple[Words, ...] = tuple((Math(Ref(one)),) for one in part)
            row: tuple[Words, ...] = tuple((Math(self.slots.slot(one)),) for one in part)
            yield Table(header, (row,), "c" * len(part))

    # -- questions

    def _title(self, item: ElementItem) -> str:
        # Local derivatives and paths come where the derivatives need them.
        topic = "gradients" if item.topic in ("local", "paths") else item.topic
        return self.say[f"elements_{topic.replace('-', '_')}"]

    def _question(self, title: str, items: Sequence[ElementItem], number: int) -> Question:
        tasks: list[Task] = []
        boxes = 0
        for item in items:
            label = f"{number}{letter(boxes)}"
            boxes += self.levels[item.quantity] != WORKED
            tasks.append(self._again(item, label) if item.topic == AGAIN else self._task(item, label))
        return Question((Text(title),), tuple(self._intro(items[0])), tuple(tasks))

    def _intro(self, first: ElementItem) -> Iterator[Block]:
        backward = dict.fromkeys(("local", "paths", "gradients"), "intro_elements")
        key = (backward | {"weights": "intro_weights"}).get(first.topic)
        if key is not None and self.options.detail != "brief":
            yield Paragraph((Text(self.say[key]),))

    def _task(self, item: ElementItem, label: str) -> Task:
        filled = self._lines(item)
        words: Words = ()
        if self.options.blanks == ALL:
            words = self.page.words(self.say["value_of_element"], name=Math(Ref(item.quantity)))
        if self.levels[item.quantity] == WORKED:
            return Task("", (), filled.lines, (), 0, ())
        return Task(label, words, filled.lines, filled.working, filled.room, ((self._answer(item, label),),))

    def _lines(self, item: ElementItem) -> Filled:
        """What is printed of an item, and what is not."""
        quantity, formula = item.quantity, item.formula
        used = quantities(formula)
        sign = self.slots.sign(used)
        numbers = [] if isinstance(formula, Cases | Ref) else [(sign, put_in(formula, self.slots.slot))]
        gaps = [] if isinstance(formula, Cases | Ref) else [(sign, put_in(formula, self._number))]
        level = self.levels[quantity]
        if level == WORKED:
            shown = [] if _nested(formula) else [("=", formula), *numbers]
            relation = self.slots.sign([*used, quantity], None if isinstance(formula, Cases) else formula, quantity)
            return Filled((Line(Ref(quantity), (*shown, (relation, self.slots.slot(quantity)))),), (), 0)
        self.asked.add(quantity)
        if _nested(formula):
            # Which of several numbers is the largest is said by the equation, not by cases in cases.
            return Filled((Line(Ref(quantity), (("=", NOTHING),)),), (), 1)
        if level == RESULTS:
            return Filled((Line(Ref(quantity), (("=", formula), *gaps)),), (), 0)
        if level == SUBSTITUTIONS:
            working = tuple(Line(NOTHING, (part,)) for part in numbers)
            return Filled((Line(Ref(quantity), (("=", formula),)),), working, self._rows(working))
        steps = tuple(Line(NOTHING, (part,)) for part in (("=", formula), *numbers))
        if level == FORMULAS:
            return Filled((Line(Ref(quantity), (("=", NOTHING),)),), steps, self._rows(steps))
        whole = (Line(Ref(quantity), (("=", formula),)), *steps[1:])
        return Filled((), whole, self._rows(whole))

    def _number(self, quantity: Quantity) -> Node:
        slot = self.slots.slot(quantity)
        return Blank(slot) if quantity in self.asked else slot

    def _rows(self, lines: Iterable[Line]) -> int:
        rows = 0
        for line in lines:
            width = sum(self.printer.print(node).width for node in (line.left, *(node for _, node in line.parts)))
            rows += 1 + int(width * HANDWRITING / ROW)
        # Of a long sum most terms are short, and what is typed fits in any case.
        return min(rows, 1 if self.options.compact else MOST_ROOM)

    def _again(self, item: ElementItem, label: str) -> Task:
        """The loss after the update, with room for the whole forward pass."""
        trace, slot, sign = self.questions.trace, self.slots.slot, self.slots.sign
        values = [step.shifted(1).target for step in trace.last_forward]
        lines = [Line(Ref(one), ((sign([one]), slot(one)),)) for one in values[-MOST_AGAIN:-1]]
        last = put_in(item.formula, slot)
        used = quantities(item.formula)
        result = (sign([*used, item.quantity]), slot(item.quantity))
        lines.append(Line(Ref(item.quantity), ((sign(used), last), result)))
        words: Words = (Text(self.say["ask_new_loss"].capitalize()), Text(" "), Math(Ref(item.quantity)), Text(":"))
        return Task(label, words, (), tuple(lines), AGAIN_ROOM, in_rows([self._answer(item, label)]))

    def _answer(self, item: ElementItem, label: str) -> Answer:
        sheet, quantity, slot = self.sheet, item.quantity, self.slots.slot
        name = sheet.namer(quantity).text
        given = sheet.problem.sheet.points.get(item.topic, item.points)
        points = 0 if quantity in sheet.advice.unmarked else given
        sheet.boxes.append(Box(label, quantity, name, points))
        way = self.say["unrounded" if sheet.problem.rounding.carry else "carried"]
        return Answer(
            label, name, Ref(quantity), slot(quantity), slot(quantity, OTHER), way, slot(quantity, LOW),
            slot(quantity, HIGH), points,
        )  # fmt: skip


def _faded(items: Sequence[ElementItem], options: SheetOptions) -> dict[Quantity, str]:
    """How much of each line is left blank.

    Where lines fade, the first element of an array is worked, the second half worked, and the rest as the options say;
    single numbers and short arrays of a topic take turns. Where there are few of them, all are to be done.
    """
    assert isinstance(options.blanks, str)
    arrays = Counter(item.group for item in items)
    levels: dict[Quantity, str] = {}
    together: dict[tuple[str, ...], list[ElementItem]] = {}
    for item in items:
        levels[item.quantity] = options.blanks
        long = arrays[item.group] >= FADING
        if options.fade and item.topic != AGAIN:
            together.setdefault(item.group if long else (item.topic,), []).append(item)
    for turn in together.values():
        for item, level in zip(turn, (WORKED, RESULTS) if len(turn) >= FADING else (), strict=False):
            levels[item.quantity] = level
    return levels


def _nested(formula: Node) -> bool:
    """Whether a formula has cases within cases."""
    return isinstance(formula, Cases) and any(isinstance(branch.value, Cases) for branch in formula.branches)
