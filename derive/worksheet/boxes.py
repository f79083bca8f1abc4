"""The boxes of a sheet: what belongs in each, how they are counted, and how many stand in a row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from derive.document import Answer, Inline, Later, Math, Paragraph, Question, Strong, Task, Text, Words
from derive.formula.marks import WORD, Mark
from derive.quantity import Quantity
from derive.render.sheets import HEADER
from derive.worksheet.slots import OPTION, Slots

LETTERS = "ABCDE"
"""The letters of numbers to choose from."""

BOXES_IN_A_ROW = 4


@dataclass(frozen=True, slots=True)
class Box:
    """An answer box and the quantity that belongs in it."""

    label: str
    quantity: Quantity
    name: str
    points: int
    answer: str = ""
    """What belongs in it on every sheet, where it depends on no number."""


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


def word_mark(place: int) -> str:
    """The mark of a word that a sheet puts in, behind those of its header."""
    return Mark(WORD, len(HEADER) + place).text


def options(slots: Slots, quantity: Quantity, count: int) -> Words:
    """The numbers to choose from for a box, each behind its letter."""
    words: list[Inline] = []
    for k in range(count):
        words += [Text("\u00a0\u00a0 ")] if words else []
        words += [Strong(LETTERS[k]), Text(" "), Math(slots.slot(quantity, f"{OPTION}{k}"))]
    return tuple(words)


def origins(boxes: Sequence[Box], offered: Collection[Quantity]) -> tuple[Paragraph, ...]:
    """Where the numbers to choose from come from, a paragraph for each box that has some, put in with the numbers."""
    chosen = (box for box in boxes if box.quantity in offered)
    return tuple(Paragraph((Later(len(HEADER) + len(boxes) + k),)) for k, _ in enumerate(chosen))


def boxes_alone(question: Question) -> Question:
    """A question without its words and its formulas: the boxes, each under its name."""
    boxes = [replace(answer, formula=None) for task in question.tasks for answer in task.boxes]
    tasks = (Task(boxes[0].label, (), (), (), 0, in_rows(boxes)),) if boxes else ()
    return replace(question, intro=(), tasks=tasks)
