"""The worksheet of a problem that is given by equations: its questions come from the steps of its elements.

Decides what stands before the questions and how their lines, boxes and notes are written. What is asked is decided in
`element_questions`; the key, the numbers and the files are those of every sheet.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property

from derive.document import (
    Answer,
    Block,
    Math,
    Paragraph,
    Question,
    Strong,
    Task,
    Text,
    Words,
    Worksheet,
)
from derive.errors import InputError, did_you_mean, shown
from derive.expression import NOTHING, Blank, Cases, Node, Ref, Wording, quantities
from derive.expression import replace as put_in
from derive.formula import Line, Printer, Tex
from derive.model import ModelProblem
from derive.quantity import Quantity
from derive.sentences import count
from derive.spec.problem import SHOWN as SHOWN_KEYS
from derive.stepwise import Stepwise
from derive.wording import Wording as OwnWords
from derive.worksheet.blanks import ALL, FORMULAS, HANDWRITING, RESULTS, ROW, SUBSTITUTIONS, WORKED, Filled
from derive.worksheet.boxes import Box, boxes_alone, in_rows, letter, options, origins, word_mark
from derive.worksheet.element_blanks import faded, nested
from derive.worksheet.element_facts import element_facts, element_introduction
from derive.worksheet.element_lead import lead, provided, provided_table, rounding, sheet_page, starts
from derive.worksheet.element_questions import (
    AGAIN,
    MOST_BOXES,
    MOST_CHOSEN,
    ElementItem,
    Questions,
    asked_items,
    shortened,
)
from derive.worksheet.element_sums import with_sign
from derive.worksheet.facts import FACTS, facts_question
from derive.worksheet.head import with_points
from derive.worksheet.options import BLANKS, PICTURE
from derive.worksheet.page import legend
from derive.worksheet.sheet import BaseSheet
from derive.worksheet.sketched import SketchWriter, has_place, with_picture
from derive.worksheet.slots import HIGH, LOW, OTHER, Slots

MOST_AGAIN = 12
"""Values of a second forward pass that the key shows."""
AGAIN_ROOM = 6
MOST_ROOM = 6
"""Rows to write a line in at most: of a long sum most terms are short."""


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

    def _prepare(self) -> None:
        steps, options = self.solution, self.options
        self.slots = Slots(steps.trace, self.policy)
        self.wording = OwnWords(self.problem.words)
        questions = Questions(steps)
        place = ("sheet.ask", self.problem.file) if options.ask == self.problem.sheet.ask else ("--ask", None)
        every = asked_items(questions, options.ask, *place)
        if not isinstance(options.blanks, str):
            self._check_names(options.blanks, every)
        if options.choice is not None or not isinstance(options.blanks, str):
            # A whole pass with the new values is not one step, in which a known mistake is made or that is of one name.
            every = [item for item in every if item.topic != AGAIN]
        items, few = shortened(every, MOST_CHOSEN if options.ask is not None else MOST_BOXES)
        self._parts = questions, items, few, len(every)

    def _check_names(self, names: Iterable[str], items: Iterable[ElementItem]) -> None:
        """Whether the names of which lines are to be blank are those of parameters with lines."""
        known = dict.fromkeys(str(one) for item in items if (one := item.parameter) is not None)
        for name in names:
            if not any(item.of_parameter((name,)) for item in items):
                hint = did_you_mean(name, (*BLANKS, PICTURE, *known))
                expected = f"{', '.join((*BLANKS, PICTURE))}, or names of parameters"
                raise InputError(expected, shown(name), None, "--blanks", hint)

    def _build(self, offered: Mapping[Quantity, int]) -> None:
        self._offered = offered
        self.boxes: list[Box] = []
        writer = _Writer(self, *self._parts, offered)
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
        for new in ("find", "choice"):  # sheets without them keep their form ids
            if options[new] is None:
                del options[new]
        return json.dumps([problem, options], sort_keys=True, default=str)


class _Writer:
    """Writes the document of a sheet, and lists its boxes."""

    def __init__(
        self,
        sheet: ElementSheet,
        questions: Questions,
        items: Sequence[ElementItem],
        few: int,
        every: int,
        offered: Mapping[Quantity, int],
    ) -> None:
        self.sheet, self.questions = sheet, questions
        self.slots, self.options, self.say = sheet.slots, sheet.options, sheet.wording
        self.printer = Printer(Tex(), sheet.namer)
        self.asked: set[Quantity] = set()
        self.few, self.offered = few, offered
        option = self.say["left_out_more"]
        told = self.say("left_out_told", count=str(len(items)), all=str(every), option=option)
        self.remarks = (*((told,) if few else ()), *sheet.advice.remarks)
        self.page = sheet_page(sheet.solution, sheet.options.detail, self.slots.slot, self.say)
        words = self.options.ask or ()
        self.facts = element_facts(self.page, [word for word in FACTS if word in words], self.say)
        self.sketched: list[ElementItem] = []
        if sheet.options.blanks == PICTURE:
            items = with_picture(self.page, questions, items, words)
            self.sketched = [item for item in items if has_place(item)]
        self.items = [item for item in items if item not in self.sketched]
        self.levels = faded(self.items, sheet.options)

    def worksheet(self) -> Worksheet:
        sheet, head = self.sheet, self.sheet.problem.sheet
        groups: dict[str, list[ElementItem]] = {}
        for item in self.items:
            groups.setdefault(self._title(item), []).append(item)
        if not self.items and not self.facts and not self.sketched:
            expected, found = "questions on something that the problem has", shown(", ".join(self.options.ask or ()))
            raise InputError(expected, found, place="--ask")
        before = [self._facts()] if self.facts else []
        picture = SketchWriter(self.page, self.questions.trace, self.slots, self.say)
        drawn: tuple[Answer, ...] = ()
        if self.sketched:
            labels = (f"{sheet.first + len(before)}{letter(k)}" for k in range(len(self.sketched)))
            answers = {
                item.quantity: self._answer(item, label) for item, label in zip(self.sketched, labels, strict=True)
            }
            self.asked |= answers.keys()
            before, drawn = [*before, picture.question(answers)], tuple(answers.values())
        first = sheet.first + len(before)
        rest = [self._question(title, found, n) for n, (title, found) in enumerate(groups.items(), first)]
        questions = [*before, *rest]
        questions = with_points(questions, head, sheet.first)
        if head.answers_only:
            # A picture to write into is boxes already.
            questions = [one if one.sketch is not None else boxes_alone(one) for one in questions]
        points = {answer.label: answer.points for one in questions for task in one.tasks for answer in task.boxes}
        sheet.boxes[:] = [replace(box, points=points[box.label]) for box in sheet.boxes]
        remarks = tuple(
            Paragraph((*((Strong(self.say["for_instructor"]), Text(" ")) if not k else ()), Text(remark)))
            for k, remark in enumerate(self.remarks)
        )
        way = "unrounded" if sheet.problem.rounding.carry else "carried"
        notes: Words = ()
        elsewhere = {item.quantity for item in self.sketched} | self.offered.keys()
        if any(not box.answer and box.quantity not in elsewhere for box in sheet.boxes):
            notes = legend(self.say, f"legend_{way}", way=self.say[way])
        before_them = () if head.answers_only else tuple(self._lead())
        title = sheet.problem.title
        told = (*remarks, *origins(sheet.boxes, self.offered))
        sketched = picture.told(drawn) if drawn else ()
        return Worksheet(
            title, before_them, tuple(questions), told, notes, wording=self.say, first=sheet.first, sketched=sketched
        )

    def _facts(self) -> Question:
        """The questions on the arrays of the problem."""
        intro = element_introduction(self.page, self.facts, self.say)
        title, sheet = self.say["facts_of_arrays"], self.sheet
        return facts_question(self.facts, title, intro, sheet.first, sheet.boxes, lambda one: sheet.namer(one).text)

    # -- before the questions

    def _lead(self) -> Iterator[Block]:
        yield from lead(self.page)
        if self.items or self.sketched:
            # A shape is nothing to round.
            yield rounding(self.sheet.policy, self.say)
        yield from starts(self.items, self.questions.trace, self.slots.slot, self.say)
        if self.offered:
            yield Paragraph((Text(self.say["choose_letter"]),))
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
        yield from provided_table(provided(self.items, self.questions.trace, self.sketched), self.slots.slot, self.say)

    # -- questions

    def _title(self, item: ElementItem) -> str:
        # Local derivatives and paths come where the derivatives need them.
        topic = "gradients" if item.topic in ("local", "paths") else item.topic
        if topic == AGAIN and self.page.solution.computation.schedule:
            topic = "next-loss"  # it is that of other given numbers: it does not tell whether the update has helped
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
        trace = self.questions.trace
        weights = "intro_weights" if trace.rounds[0].backward else "intro_updates"
        weights = "intro_ahead" if trace.ahead else weights
        key = (backward | {"weights": weights}).get(first.topic)
        if key is not None and self.options.detail != "brief":
            yield Paragraph((Text(self.say[key]),))

    def _task(self, item: ElementItem, label: str) -> Task:
        filled = self._lines(item)
        words: Words = ()
        if self.options.blanks == ALL:
            words = self.page.words(self.say["value_of_element"], name=Math(Ref(item.quantity)))
        if item.quantity in self.offered:
            shown = options(self.slots, item.quantity, self.offered[item.quantity])
            words = (*words, *((Text(" "),) if words else ()), *shown)
        if self.levels[item.quantity] == WORKED:
            return Task("", (), filled.lines, (), 0, ())
        return Task(label, words, filled.lines, filled.working, filled.room, ((self._answer(item, label),),))

    def _lines(self, item: ElementItem) -> Filled:
        """What is printed of an item, and what is not."""
        quantity, formula = item.quantity, item.formula
        used = quantities(formula)
        sign = self.slots.sign(used)
        plain = isinstance(formula, Cases | Ref) or not used
        numbers = [] if plain else [(sign, put_in(formula, self.slots.slot))]
        gaps = [] if plain else [(sign, put_in(formula, self._number))]
        level, written = self.levels[quantity], with_sign(self.page, item) or formula
        if level == WORKED:
            shown = [] if nested(formula) else [("=", written), *numbers]
            relation = self.slots.sign([*used, quantity], None if isinstance(formula, Cases) else formula, quantity)
            return Filled((Line(Ref(quantity), (*shown, (relation, self.slots.slot(quantity)))),), (), 0)
        self.asked.add(quantity)
        if item.short and level in (RESULTS, SUBSTITUTIONS):
            level = FORMULAS
        if nested(formula) or (level == FORMULAS and not used):
            # Which of several numbers is the largest is said by the equation, not by cases in cases.
            return Filled((Line(Ref(quantity), (("=", NOTHING),)),), (), 1)
        if level == RESULTS:
            return Filled((Line(Ref(quantity), (("=", written), *gaps)),), (), 0)
        if level == SUBSTITUTIONS:
            working = tuple(Line(NOTHING, (part,)) for part in numbers)
            return Filled((Line(Ref(quantity), (("=", written),)),), working, self._rows(working))
        steps = tuple(Line(NOTHING, (part,)) for part in (("=", written), *numbers))
        if level == FORMULAS:
            return Filled((Line(Ref(quantity), (("=", NOTHING),)),), steps, self._rows(steps))
        whole = (Line(Ref(quantity), (("=", written),)), *steps[1:])
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
        number = Wording(word_mark(len(sheet.boxes) - 1)) if quantity in self.offered else slot(quantity)
        way = self.say["unrounded" if sheet.problem.rounding.carry else "carried"]
        return Answer(
            label, name, Ref(quantity), number, slot(quantity, OTHER), way, slot(quantity, LOW),
            slot(quantity, HIGH), points,
        )  # fmt: skip
