"""What stands on a sheet when a box is reached: the numbers that are printed above it, and the answers before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from derive.document import Block, Bullets, Equation, Math, Paragraph, Remark, Table, Task, Words, Worksheet
from derive.expression import Blank, Node, Slot, children
from derive.formula import Line
from derive.formula.nodes import Gathered, Holds, Named, Tinted
from derive.quantity import Quantity


def known_before(sheet: Worksheet) -> dict[Quantity, frozenset[Quantity]]:
    """For every quantity that is asked, the quantities whose numbers somebody has who comes to its box."""
    known = set(_in_blocks(sheet.lead))
    found: dict[Quantity, frozenset[Quantity]] = {}
    for question in sheet.questions:
        known.update(_in_blocks(question.intro))
        for task in question.tasks:
            known.update(_in_task(task))
            for box in task.boxes:
                quantity = box.other.of if isinstance(box.other, Slot) else None
                if quantity is not None and not isinstance(quantity, Node):
                    found.setdefault(quantity, frozenset(known - {quantity}))
                    known.add(quantity)
    return found


def _in_task(task: Task) -> Iterator[Quantity]:
    for line in task.lines:
        yield from _in_line(line)


def _in_blocks(blocks: Iterable[Block]) -> Iterator[Quantity]:
    for block in blocks:
        match block:
            case Paragraph(words):
                yield from _in_words(words)
            case Bullets(items):
                for item in items:
                    yield from _in_words(item)
            case Table(header, rows):
                for row in (header, *rows):
                    for cell in row:
                        yield from _in_words(cell)
            case Equation(lines):
                for line in lines:
                    yield from _in_line(line)
            case Remark(_, inner):
                yield from _in_blocks(inner)


def _in_words(words: Words) -> Iterator[Quantity]:
    for word in words:
        if isinstance(word, Math):
            yield from _in_line(word.formula) if isinstance(word.formula, Line) else _in_formula(word.formula)


def _in_line(line: Line) -> Iterator[Quantity]:
    for node in (line.left, *(side for _, side in line.parts)):
        yield from _in_formula(node)


def _in_formula(node: Node) -> Iterator[Quantity]:
    """The quantities whose numbers are printed in a formula; a gap prints none."""
    match node:
        case Blank() | Named() | Tinted() | Gathered() | Holds():
            return  # gaps, and formulas in letters alone
        case Slot(of=of) if of is not None and not isinstance(of, Node):
            yield of
        case _:
            for child in children(node):
                yield from _in_formula(child)
