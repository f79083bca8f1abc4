"""A question that is a picture: the circuit of a problem with a box for every value and every gradient that is asked.

Decides which of the questions of a sheet have their box in the picture, what is printed in it, and what the key says of
its boxes, beside which there is no room for notes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from derive.diagram import NoPicture
from derive.document import Answer, Block, Math, Paragraph, Question, Sketch, Table, Task, Text, Words
from derive.errors import InputError
from derive.formula.marks import NUMBER, Mark
from derive.pages.figures import of_numbers
from derive.pages.page import ModelPage
from derive.pages.sketch import Sketches
from derive.quantity import Quantity
from derive.trace.elementary import ElementTrace
from derive.trace.identity import Identity
from derive.wording import Wording
from derive.worksheet.element_questions import ElementItem, Questions
from derive.worksheet.options import EVERYTHING
from derive.worksheet.slots import Slots

NAME = "circuit"
ON_THE_WAY = ("local", "paths")


def with_picture(
    page: ModelPage, questions: Questions, items: Iterable[ElementItem], asked: Sequence[str]
) -> list[ElementItem]:
    """The items of a sheet that has a picture.

    What is on the way to a gradient is asked only where that is said; gradients that are the same whatever the numbers
    are, such as 1, have boxes as well, since a line without one would tell that.

    Raises `InputError` for a problem that has no circuit.
    """
    if not of_numbers(page):
        expected, hint = "a problem of few single numbers, which has a circuit", "leave --blanks picture out."
        raise InputError(expected, "another one", page.solution.problem.file, "--blanks", hint)
    found = [item for item in items if item.topic not in ON_THE_WAY or item.topic in asked]
    fixed = questions.fixed_gradients() if not asked or not {"gradients", EVERYTHING}.isdisjoint(asked) else []
    at = next((k for k, item in enumerate(found) if item.topic == "gradients"), len(found))
    return [*found[:at], *fixed, *found[at:]]


def has_place(item: ElementItem) -> bool:
    """Whether an item has its box in the picture: the values of the first pass, and the gradients."""
    one = item.quantity
    return item.topic in ("forward", "loss", "gradients") and isinstance(one, Identity) and one.owner is None


@dataclass(frozen=True)
class SketchWriter:
    """Writes the question of one sheet."""

    page: ModelPage
    trace: ElementTrace
    slots: Slots
    say: Wording

    def question(self, answers: Mapping[Quantity, Answer]) -> Question:
        """The picture, and a task for every box; raises `InputError` where there is no picture."""
        tags = {one: answer.label for one, answer in answers.items() if isinstance(one, Identity)}
        try:
            empty, filled = Sketches(self.page, tags, lambda one: self._number(one, tags)).scenes()
        except NoPicture as trouble:
            raise InputError("a circuit that can be drawn", str(trouble), None, "--blanks") from None
        forward = any(one.by is None for one in tags)
        back = any(one.by is not None for one in tags)
        key = "sketch_both" if forward and back else "sketch_values" if forward else "sketch_gradients"
        tasks = [Task(one.label, (), (), (), 0, ((one,),), pictured=True) for one in answers.values()]
        intro = (Paragraph((Text(self.say[key]),)),)
        return Question((Text(self.say["sketch"]),), intro, tuple(tasks), Sketch(NAME, empty, filled))

    def _number(self, one: Identity, tags: Mapping[Identity, str]) -> str | None:
        """What is printed, or belongs into a box: of what is not asked, given numbers, values, and the first 1."""
        step = self.trace.find(one) if one in tags or one.by is None or one.by == one.of else None
        if one not in tags and one not in self.trace.givens and step is None:
            return None
        return Mark(NUMBER, self.slots.slot(one).place).text

    def told(self, answers: Iterable[Answer]) -> tuple[Block, ...]:
        """What the key says of the boxes: the answer, and the range of correct work."""
        header: tuple[Words, ...] = tuple(
            (Text(self.say[key]),) if key else () for key in ("sketched_box", "", "sketched_answer", "sketched_range")
        )
        rows = [self._row(answer) for answer in answers]
        return (Paragraph((Text(self.say["sketched"]),), leads=True), Table(header, tuple(rows), "lccc", breaks=True))

    def _row(self, answer: Answer) -> tuple[Words, ...]:
        between = self.page.words(self.say["to"], low=answer.low, high=answer.high)
        return (Text(answer.label),), (Math(answer.left),), (Math(answer.number),), between
