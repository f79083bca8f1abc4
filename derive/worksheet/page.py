"""A worksheet as a document with slots: the head of the sheet, what is given, and the questions with their boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from derive.document import Answer, Block, Figure, Paragraph, Question, Strong, Task, Text, Words, Worksheet
from derive.narrate import Page
from derive.narrate.forward import activation_sentence
from derive.narrate.givens import SETTINGS, exceptions, given_numbers, network, value_table
from derive.narrate.page import BRIEF, FULL, capital, count
from derive.narrate.symbols import symbols
from derive.quantity import Quantity
from derive.worksheet.blanks import ALL, FORMULAS, WORKED, Scaffold
from derive.worksheet.items import Item
from derive.worksheet.matrices import Layers, Whole
from derive.worksheet.options import Advice
from derive.worksheet.questions import Choice, Group, needed
from derive.worksheet.slots import HIGH, LOW, OTHER, Slots

AGAIN_ROOM = 5
"""Rows to write in for a whole forward pass of a small network."""


@dataclass(frozen=True, slots=True)
class Box:
    """An answer box and the quantity that belongs in it."""

    label: str
    quantity: Quantity
    name: str
    points: int


@dataclass
class Builder:
    """Builds the document of a sheet, and lists its boxes."""

    page: Page
    slots: Slots
    choice: Choice
    scaffold: Scaffold
    advice: Advice
    boxes: list[Box]
    introduced: set[str] = field(default_factory=set)

    def worksheet(self) -> Worksheet:
        """The whole document."""
        questions = [self._question(group, number) for number, group in enumerate(self.choice.groups, 1)]
        remarks = tuple(
            Paragraph((*((Strong("For the instructor."), Text(" ")) if not k else ()), Text(remark)))
            for k, remark in enumerate(self.remarks)
        )
        return Worksheet(self.page.problem.title, tuple(self._lead()), tuple(questions), remarks, self.legend)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the instructor is told, a sentence or two each."""
        return (*((self.choice.told,) if self.choice.told else ()), *self.advice.remarks)

    @property
    def legend(self) -> Words:
        """What the notes of the key mean, for somebody who marks with it."""
        other = (
            ("unrounded", "nothing is rounded on the way")
            if self.page.problem.rounding.carry
            else ("carried", "every result is rounded before it is used")
        )
        return (
            Strong("Beside the boxes:"),
            Text(f" {other[0]}, if {other[1]}; a to b, what correct work can reach. Full points for all."),
        )

    # -- before the questions --------------------------------------------------------------------------------

    def _lead(self) -> Iterator[Block]:
        page = self.page
        compact = self.scaffold.options.compact
        yield from (block for block in network(page) if not (compact and isinstance(block, Figure)))
        *blocks, sentence = given_numbers(page).blocks
        yield from blocks
        settings = [Quantity(kind) for kind in SETTINGS if page.trace.givens.get(Quantity(kind))]
        # A longer sentence may need another line for longer numbers; a table has the same height for all.
        yield sentence if len(settings) <= 2 else value_table(page, settings)
        if page.detail == FULL:
            yield symbols(page)
        yield self._rounding()
        if self.choice.left_out:
            yield page.say("{text}", text=self.choice.left_out)
        provided = needed(page, self.choice)
        if provided:
            yield page.say("These numbers are already worked out:")
            yield value_table(page, provided)

    def _rounding(self) -> Block:
        """The rule, plainly."""
        page, policy = self.page, self.page.problem.rounding
        ties = "away from zero" if policy.ties == "half_up" else "to the even digit"
        places = count(policy.decimals, "decimal")
        if policy.carry:
            rule = f"Round every result to {places} and go on with the rounded number"
        else:
            rule = f"Give every answer to {places}. Go on with the rounded answer or with more digits; both are right"
        text = f"{rule}. Halves are rounded {ties}."
        return Paragraph((Strong("Rounding."), Text(f" {text}"), *exceptions(page)))

    # -- questions -------------------------------------------------------------------------------------------

    def _question(self, group: Group, number: int) -> Question:
        tasks: list[Task] = []
        letters = 0
        intro = tuple(self._intro(group))
        scaffold = self.scaffold
        simple = isinstance(scaffold.options.blanks, str) and not scaffold.options.fade
        wholes = Layers(scaffold.maker).wholes(group) if simple else None
        if group.kind == "again" and isinstance(scaffold.options.blanks, str):
            tasks.append(self._together(group, number))
        elif wholes is not None:
            for whole in wholes:
                tasks.append(self._whole(whole, number, letters))
                letters += len(tasks[-1].boxes)
        else:
            for row in self._together_where_tight(group.items):
                label = f"{number}{letter(letters)}"
                task = self._row(row, number, letters) if len(row) > 1 else self._task(row[0], label)
                letters += len(task.boxes)
                tasks.append(task)
        return Question(self.page.words("{title}", title=group.title), intro, tuple(tasks))

    def _together_where_tight(self, items: Sequence[Item]) -> Iterator[list[Item]]:
        """The items of each task: in a compact sheet those in a row whose formulas fit over their boxes."""
        scaffold, row = self.scaffold, list[Item]()
        for item in items:
            if scaffold.options.compact and scaffold.tight(item, scaffold.level(item)):
                row.append(item)
                continue
            if row:
                yield row
            row = []
            yield [item]
        if row:
            yield row

    def _row(self, items: Sequence[Item], number: int, letters: int) -> Task:
        """Boxes side by side, each under its formula."""
        answers = []
        for k, item in enumerate(items):
            formula = self.scaffold.over(item, self.scaffold.level(item))
            answers.append(replace(self._answer(item, f"{number}{letter(letters + k)}"), formula=formula))
        return Task(answers[0].label, (), (), (), 0, in_rows(answers))

    def _task(self, item: Item, label: str) -> Task:
        level = self.scaffold.level(item)
        filled = self.scaffold.lines(item, level)
        if self.scaffold.tight(item, level) is not None:
            filled = replace(filled, working=(), room=0)
        answers = () if level == WORKED else ((self._answer(item, label),),)
        words: Words = (Text(f"{capital(item.words)}:"),) if level == ALL else ()
        return Task("" if level == WORKED else label, words, filled.lines, filled.working, filled.room, answers)

    def _whole(self, whole: Whole, number: int, letters: int) -> Task:
        """A layer at once, with a box for every entry."""
        filled = self.scaffold.whole(whole)
        answers: list[tuple[Answer, ...]] = []
        first = f"{number}{letter(letters)}"
        rows = whole.rows if len(whole.rows[0]) > 1 else [[item for row in whole.rows for item in row]]
        for row in rows:
            boxes = tuple(self._answer(item, f"{number}{letter(letters + k)}") for k, item in enumerate(row))
            letters += len(row)
            answers += in_rows(boxes)
        words: Words = (Text(f"{whole.words}:"),) if self.scaffold.options.blanks == ALL else ()
        return Task(first, words, filled.lines, filled.working, filled.room, tuple(answers))

    def _together(self, group: Group, number: int) -> Task:
        """Several boxes with one room: the second forward pass."""
        answers = tuple(self._answer(item, f"{number}{letter(k)}") for k, item in enumerate(group.items))
        rows = AGAIN_ROOM + sum(self.page.problem.network.sizes[1:]) // 4
        return Task(f"{number}a", (), (), self.scaffold.again(group.items), rows, in_rows(answers))

    def _answer(self, item: Item, label: str) -> Answer:
        quantity = self.scaffold.maker.one(item.quantity)
        name = self.page.namer(quantity).text
        points = 0 if quantity in self.advice.unmarked else item.points
        self.boxes.append(Box(label, quantity, name, points))
        slot = self.slots.slot
        way = "unrounded" if self.page.problem.rounding.carry else "carried"
        return Answer(
            label, name, item.left, slot(quantity), slot(quantity, OTHER), way, slot(quantity, LOW),
            slot(quantity, HIGH), points,
        )  # fmt: skip

    def _intro(self, group: Group) -> Iterator[Block]:
        """A sentence that says what is to be done; none in brief sheets."""
        page = self.page
        if page.detail == BRIEF or (group.kind != "forward" and group.kind in self.introduced):
            return
        self.introduced.add(group.kind)
        hidden = self.scaffold.options.blanks in (FORMULAS, ALL)
        softmax = page.layer(group.layer).joint if group.layer else False
        match group.kind:
            case "forward" if page.merged(group.layer):
                yield page.say("These units are linear: a unit's value is its weighted sum.")
            case "forward" if not softmax:
                parts = activation_sentence(page, group.layer)
                template = "First the weighted sum of each unit, then {activation}"
                yield page.say(template + ("." if hidden else ", {formula}."), **parts)
            case "back" if page.form == "chain" and any(item.topic == "factors" for item in group.items):
                yield page.say("The factors of the chain rule first; their product gives the derivatives.")
            case "weights":
                yield page.say("All weights move at once: use the gradients that belong to the old weights.")
            case "again":
                yield page.say(
                    "Run the network forward once more with the new weights. What is its output now, and its loss?"
                )


BOXES_IN_A_ROW = 4


def in_rows(answers: Sequence[Answer]) -> tuple[tuple[Answer, ...], ...]:
    """Boxes in rows that fit the page."""
    return tuple(tuple(answers[k : k + BOXES_IN_A_ROW]) for k in range(0, len(answers), BOXES_IN_A_ROW))


def letter(number: int) -> str:
    """a, b, ... z, aa, ab, ...

    >>> letter(0), letter(25), letter(26)
    ('a', 'z', 'aa')
    """
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("a") + rest) + text
    return text
