"""The worksheet of a problem that is given by equations: its questions come from the steps of its elements.

Decides what is asked (values, derivatives, new values), in the order of the computation, and how much of it where a
problem is large. How much of a line is printed, the boxes, the key and the numbers are those of every sheet.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
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
from derive.errors import InputError, did_you_mean, shown
from derive.expression import NOTHING, Blank, Cases, Node, Ref, children, quantities
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
from derive.trace.elementary import (
    ElementGradient,
    ElementLoss,
    ElementStep,
    ElementTrace,
    ElementValue,
    LocalDerivative,
    ParameterUpdate,
    Share,
    StateUpdate,
    named,
)
from derive.trace.identity import Identity, Symbol
from derive.wording import Wording
from derive.worksheet.blanks import ALL, FORMULAS, HANDWRITING, RESULTS, ROW, SUBSTITUTIONS, Filled
from derive.worksheet.head import with_points
from derive.worksheet.options import EVERYTHING
from derive.worksheet.page import Box, in_rows, legend, letter
from derive.worksheet.sheet import BaseSheet
from derive.worksheet.slots import HIGH, LOW, OTHER, Slots

MOST_BOXES, MOST_CHOSEN = 50, 300
"""Boxes of a sheet whose questions nobody has chosen, and of a sheet in any case."""
FEW = 6
"""Quantities in a formula that is worth one point; longer ones are worth two."""
MOST_AGAIN = 12
"""Values of a second forward pass that the key shows."""
AGAIN_ROOM = 6

TOPICS: Mapping[str, tuple[type[ElementStep], ...]] = {
    "forward": (ElementValue,),
    "loss": (ElementLoss,),
    "local": (LocalDerivative,),
    "paths": (Share,),
    "gradients": (ElementGradient,),
    "weights": (ParameterUpdate, StateUpdate),
}
"""What can be asked, and the steps that it is."""
AGAIN = "new-loss"
USUAL = ("forward", "loss", "gradients", "weights", AGAIN)
"""What is asked unless somebody says otherwise; where results are carried rounded, every step is one."""


@dataclass(frozen=True, slots=True)
class ElementItem:
    """One number to compute."""

    quantity: Quantity
    topic: str
    formula: Node

    @property
    def group(self) -> tuple[str, str]:
        """What it is asked together with: the elements of one array."""
        return self.topic, self.quantity.kind

    @property
    def points(self) -> int:
        return 2 if self.topic == AGAIN or len(quantities(self.formula)) > FEW else 1


class SlotElements(Elements):
    """Given numbers that show themselves as slots, so that a sheet is printed once for all its variants."""

    slots: Slots

    def shown(self, symbol: Symbol, more: int = 0) -> Node:
        return self.slots.slot(cast(Quantity, Identity(symbol)))


class Questions:
    """What a problem can be asked, item by item, in the order of the computation."""

    def __init__(self, steps: Stepwise) -> None:
        self.trace: ElementTrace = steps.trace
        self.carry = steps.problem.rounding.carry
        self._wanted = self._leading(steps)

    def _leading(self, steps: Stepwise) -> frozenset[str]:
        """The names of quantities whose derivatives lead to one that is asked for."""
        page = ModelPage(steps.solution, steps.namer.names)
        return frozenset((*page.derived, *page.asked))

    def of(self, topics: Collection[str]) -> list[ElementItem]:
        """Everything that some topics ask; what has no box is put into the formulas that need it."""
        found = [item for item in self._every(topics)]
        asked = {item.quantity for item in found}
        return [replace(item, formula=self.expanded(item.formula, asked)) for item in found]

    def expanded(self, formula: Node, asked: Collection[Quantity]) -> Node:
        """A formula with the local derivatives and shares that nobody asks for written out."""

        def inside(quantity: Quantity) -> Node | None:
            step = self.trace.find(quantity)
            if quantity in asked or not isinstance(step, LocalDerivative | Share) or self.carry:
                return None
            if isinstance(step.formula, Cases):
                return None
            return self.expanded(step.formula, asked)

        return put_in(formula, inside)

    def _every(self, topics: Collection[str]) -> Iterator[ElementItem]:
        kinds = {kind: topic for topic in TOPICS for kind in TOPICS[topic]}
        for step in self.trace.rounds[0].steps:
            topic = next(topic for kind, topic in reversed(kinds.items()) if isinstance(step, kind))
            asked = topic in topics or (topic in ("local", "paths") and self._needed(step, topics))
            if asked and self._teaches(step):
                yield ElementItem(step.target, topic, step.formula)
        if AGAIN in topics and self.trace.again:
            loss = next((one for one in self.trace.last_forward if isinstance(one, ElementLoss)), None)
            if loss is not None:
                last = loss.shifted(1)
                yield ElementItem(last.target, AGAIN, last.formula)

    def _needed(self, step: ElementStep | object, topics: Collection[str]) -> bool:
        """Whether a step on the way to a gradient is a result of its own: rounded, or decided by cases."""
        assert isinstance(step, ElementStep)
        return "gradients" in topics and (self.carry or isinstance(step.formula, Cases))

    def _teaches(self, step: object) -> bool:
        """Whether a step is worth a box: no derivative of the loss by itself, and none that leads nowhere."""
        assert isinstance(step, ElementStep)
        one = named(step.target)
        if not isinstance(one, Identity) or not quantities(step.formula):
            return isinstance(one, Identity) and one.by is None and bool(children(step.formula))
        return one.by is None or one.by.name in self._wanted


def asked_items(questions: Questions, words: Sequence[str] | None, place: str, file: str | None) -> list[ElementItem]:
    """The items that the words of `--ask` mean; raises `InputError` for a word that means nothing here."""
    if words is None:
        return questions.of(USUAL)
    known = {word for word in words if word in (*TOPICS, AGAIN)}
    if EVERYTHING in words:
        return questions.of((*TOPICS, AGAIN))
    others = [word for word in words if word not in known]
    everything = questions.of((*TOPICS, AGAIN))
    found: list[ElementItem] = []
    for word in others:
        meant = [item for item in everything if word in (item.quantity.id, item.quantity.kind.replace("[]", ""))]
        if not meant:
            topics = ", ".join((*TOPICS, AGAIN, EVERYTHING))
            names = dict.fromkeys(item.quantity.id for item in everything)
            hint = did_you_mean(word, (*TOPICS, *names))
            raise InputError(f"{topics}, or the id of a quantity to compute", shown(word), file, place, hint)
        found += meant
    wanted = {item.quantity for item in (*questions.of(tuple(known)), *found)}
    asked = [item for item in everything if item.quantity in wanted]
    if not asked:
        raise InputError("questions on something that the problem has", shown(", ".join(words)), file, place)
    return [replace(item, formula=questions.expanded(item.formula, wanted)) for item in asked]


def shortened(items: Sequence[ElementItem], most: int) -> tuple[list[ElementItem], int]:
    """The first so many elements of every array that a sheet has room for, and how many that is; 0 for all."""
    if len(items) <= most:
        return list(items), 0
    groups: dict[tuple[str, str], list[ElementItem]] = {}
    for item in items:
        groups.setdefault(item.group, []).append(item)
    for group in groups.values():
        group.sort(key=lambda item: _index(item.quantity))
    for few in range(max(map(len, groups.values())), 0, -1):
        kept = {item.quantity for group in groups.values() for item in group[:few]}
        if len(kept) <= most or few == 1:
            return [item for item in items if item.quantity in kept][:MOST_CHOSEN], few
    raise AssertionError("a sheet has groups")


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
            ("--fade", options.fade),
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
        options = asdict(replace(self.options, paper="", pictures=""))
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
        told = f"{len(items)} of {every} answers are asked, to keep the sheet short; --ask all asks for more."
        self.remarks = (*((told,) if few else ()), *sheet.advice.remarks)
        self.page = ModelPage(
            sheet.solution.solution, sheet.solution.namer.names, choose(Choice(), sheet.options.detail)
        )
        elements = SlotElements(sheet.solution.solution, 0, lambda symbol: self.page.display.symbol(symbol, 0))
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
        places = count(policy.decimals, "decimal")
        yield Paragraph((Strong(self.say["rounding"]), Text(f" {self.say(key, places=places, ties=ties)}")))
        if self.few:
            what = self.say["first_element"] if self.few == 1 else self.say("first_elements", count=str(self.few))
            which = self.say["left_out_one" if self.few == 1 else "left_out"]
            yield Paragraph((Text(which.format(what=what, which="")),))
        provided = self._provided()
        if provided:
            yield Paragraph((Text(self.say["worked_out"]),), leads=True)
            yield from self._table(provided)

    def _provided(self) -> list[Quantity]:
        """What the asked lines use that is neither given nor asked, in the order of the computation."""
        asked, trace = {item.quantity for item in self.items}, self.questions.trace
        used = {one for item in self.items for one in quantities(item.formula) if item.topic != AGAIN}
        if any(item.topic == AGAIN for item in self.items):
            used |= {step.target for step in trace.rounds[0].update if trace.is_parameter(step.target)}
        order = {step.target: number for number, step in enumerate(trace.rounds[0].steps)}
        return sorted((q for q in used - asked if q in order), key=order.__getitem__)

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
        for at, item in enumerate(items):
            label = f"{number}{letter(at)}"
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
            words = (Text("The value of "), Math(Ref(item.quantity)), Text(":"))
        return Task(label, words, filled.lines, filled.working, filled.room, ((self._answer(item, label),),))

    def _lines(self, item: ElementItem) -> Filled:
        """What is printed of an item, and what is not."""
        quantity, formula = item.quantity, item.formula
        used = quantities(formula)
        sign = self.slots.sign(used)
        numbers = [] if isinstance(formula, Cases | Ref) else [(sign, put_in(formula, self.slots.slot))]
        gaps = [] if isinstance(formula, Cases | Ref) else [(sign, put_in(formula, self._number))]
        self.asked.add(quantity)
        level = self.options.blanks
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
        return min(rows, 1) if self.options.compact else rows

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


def _index(quantity: Quantity) -> tuple[int, ...]:
    """Where in its array an element stands; of a derivative that by which is derived."""
    one = named(quantity)
    assert isinstance(one, Identity)
    return (one.owner or one.by or one.of).indices


def _nested(formula: Node) -> bool:
    """Whether a formula has cases within cases."""
    return isinstance(formula, Cases) and any(isinstance(branch.value, Cases) for branch in formula.branches)
