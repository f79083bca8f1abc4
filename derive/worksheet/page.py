"""A worksheet as a document with slots: the head of the sheet, what is given, and the questions with their boxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from derive.document import (
    Answer,
    Block,
    Figure,
    Paragraph,
    Question,
    Strong,
    Task,
    Text,
    Words,
    Worksheet,
)
from derive.expression import Wording
from derive.narrate import Page
from derive.narrate.forward import activation_sentence
from derive.narrate.givens import network
from derive.narrate.numbers import SETTINGS, given_numbers, value_table
from derive.narrate.page import BRIEF, FULL, capital
from derive.narrate.rounded import exceptions
from derive.narrate.symbols import symbols
from derive.quantity import Quantity
from derive.wording import Wording as OwnWords
from derive.worksheet.blanks import ALL, FORMULAS, WORKED, Scaffold
from derive.worksheet.boxes import Box, boxes_alone, in_rows, letter, options, origins, word_mark
from derive.worksheet.facts import Fact, facts_question, introduction
from derive.worksheet.head import with_points
from derive.worksheet.items import Item
from derive.worksheet.matrices import Layers, Whole
from derive.worksheet.options import Advice
from derive.worksheet.questions import Choice, Group, needed
from derive.worksheet.slots import HIGH, LOW, OTHER, Slots

AGAIN_ROOM = 5
"""Rows to write in for a whole forward pass of a small network."""


@dataclass
class Builder:
    """Builds the document of a sheet, and lists its boxes."""

    page: Page
    slots: Slots
    choice: Choice
    scaffold: Scaffold
    advice: Advice
    boxes: list[Box]
    first: int = 1
    """The number of the first question."""
    introduced: set[str] = field(default_factory=set)
    offered: Mapping[Quantity, int] = field(default_factory=dict)
    """How many numbers each box offers to choose from; a box that is not in it asks for the number itself."""
    facts: tuple[Fact, ...] = ()

    def worksheet(self) -> Worksheet:
        """The whole document."""
        head, wording = self.page.problem.sheet, self.page.wording
        before = [self._facts()] if self.facts else []
        start = self.first + len(before)
        questions = [*before, *(self._question(group, k) for k, group in enumerate(self.choice.groups, start))]
        questions = with_points(questions, head, self.first)
        if head.answers_only:
            questions = [boxes_alone(question) for question in questions]
        points = {answer.label: answer.points for one in questions for task in one.tasks for answer in task.boxes}
        self.boxes[:] = [replace(box, points=points[box.label]) for box in self.boxes]
        remarks = tuple(
            Paragraph((*((Strong(wording["for_instructor"]), Text(" ")) if not k else ()), Text(remark)))
            for k, remark in enumerate(self.remarks)
        )
        lead, told = () if head.answers_only else self.lead(), (*remarks, *origins(self.boxes, self.offered))
        return Worksheet(
            self.page.problem.title, lead, tuple(questions), told, self.legend, wording=wording, first=self.first
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the instructor is told, a sentence or two each."""
        return (*((self.choice.told,) if self.choice.told else ()), *self.advice.remarks)

    @property
    def legend(self) -> Words:
        """What the notes of the key mean, for somebody who marks with it; no letter and no shape has such a note."""
        facts = {fact.quantity for fact in self.facts}
        if all(box.quantity in self.offered or box.quantity in facts for box in self.boxes):
            return ()
        way = "unrounded" if self.page.problem.rounding.carry else "carried"
        return legend(self.page.wording, f"legend_{way}", way=self.page.wording[way])

    def lead(self) -> tuple[Block, ...]:
        """What stands before the questions."""
        return tuple(self._lead())

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
        if self.choice.groups or not self.facts:
            # A shape is nothing to round.
            yield self._rounding()
        if self.offered:
            yield page.say(page.wording["choose_letter"])
        if self.choice.left_out:
            yield page.say("{text}", text=self.choice.left_out)
        provided = needed(page, self.choice)
        if provided:
            yield page.say(page.wording["worked_out"])
            yield value_table(page, provided)

    def _rounding(self) -> Block:
        """The rule, plainly."""
        page, policy = self.page, self.page.problem.rounding
        say = page.wording
        key = "rounding_carried" if policy.carry else "rounding_free"
        ties = say["ties_away" if policy.ties == "half_up" else "ties_even"]
        text = say(key, places=page.count(policy.decimals, "decimal"), ties=ties)
        return Paragraph((Strong(say["rounding"]), Text(f" {text}"), *exceptions(page)))

    def _facts(self) -> Question:
        """The questions on the network itself."""
        page = self.page
        intro = introduction(page, self.facts)
        return facts_question(
            self.facts, page.wording["facts"], intro, self.first, self.boxes, lambda one: page.namer(one).text
        )

    # -- questions -------------------------------------------------------------------------------------------

    def _question(self, group: Group, number: int) -> Question:
        tasks: list[Task] = []
        letters = 0
        intro = tuple(self._intro(group))
        scaffold = self.scaffold
        alone = scaffold.options.choice is not None
        simple = isinstance(scaffold.options.blanks, str) and not scaffold.options.fade and not alone
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
            if (
                scaffold.options.compact
                and scaffold.options.choice is None
                and scaffold.tight(item, scaffold.level(item))
            ):
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
        if answers and self.offered:
            quantity = self.scaffold.maker.one(item.quantity)
            shown = options(self.slots, quantity, self.offered.get(quantity, 0))
            words = (*words, *((Text(" "),) if words else ()), *shown)
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
        words: Words = (Text(f"{capital(whole.words)}:"),) if self.scaffold.options.blanks == ALL else ()
        return Task(first, words, filled.lines, filled.working, filled.room, tuple(answers))

    def _together(self, group: Group, number: int) -> Task:
        """Several boxes with one room: the second forward pass."""
        answers = tuple(self._answer(item, f"{number}{letter(k)}") for k, item in enumerate(group.items))
        rows = AGAIN_ROOM + sum(self.page.problem.network.sizes[1:]) // 4
        return Task(f"{number}a", (), (), self.scaffold.again(group.items), rows, in_rows(answers))

    def _answer(self, item: Item, label: str) -> Answer:
        quantity = self.scaffold.maker.one(item.quantity)
        name = self.page.namer(quantity).text
        given = self.page.problem.sheet.points.get(item.topic, item.points)
        points = 0 if quantity in self.advice.unmarked else given
        self.boxes.append(Box(label, quantity, name, points))
        slot = self.slots.slot
        number = Wording(word_mark(len(self.boxes) - 1)) if quantity in self.offered else slot(quantity)
        way = self.page.wording["unrounded" if self.page.problem.rounding.carry else "carried"]
        return Answer(
            label, name, item.left, number, slot(quantity, OTHER), way, slot(quantity, LOW),
            slot(quantity, HIGH), points,
        )  # fmt: skip

    def _intro(self, group: Group) -> Iterator[Block]:
        """A sentence that says what is to be done; none in brief sheets."""
        page = self.page
        if page.detail == BRIEF or (group.kind != "forward" and group.kind in self.introduced):
            return
        self.introduced.add(group.kind)
        say = page.wording
        hidden = self.scaffold.options.blanks in (FORMULAS, ALL)
        softmax = page.layer(group.layer).joint if group.layer else False
        match group.kind:
            case "forward" if page.merged(group.layer):
                yield page.say(say["intro_linear"])
            case "forward" if not softmax:
                parts = activation_sentence(page, group.layer)
                parts["activation"] = say.of(f"activation_{page.layer(group.layer).activation}", parts["activation"])
                yield page.say(say["intro_forward" if hidden else "intro_forward_formula"], **parts)
            case "back" if page.form == "chain" and any(item.topic == "factors" for item in group.items):
                yield page.say(say["intro_factors"])
            case "weights":
                yield page.say(say["intro_weights"])
            case "again":
                yield page.say(say["intro_again"])


def legend(say: OwnWords, key: str, **parts: str) -> Words:
    """What stands at the foot of a key on the notes beside its boxes."""
    return Strong(say["legend"]), Text(f" {say(key, range=say('to', low='a', high='b'), **parts)}")
