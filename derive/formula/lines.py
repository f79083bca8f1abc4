"""Chains of formulas laid out in rows that fit a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from derive.expression import Node
from derive.formula.nodes import Answered
from derive.formula.printer import Printer


@dataclass(frozen=True, slots=True)
class Line:
    """A chain of equal or nearly equal formulas: `left` (it may be `NOTHING`), then (relation, formula) pairs.

    The last one is marked where it is an `answer`.
    """

    left: Node
    parts: tuple[tuple[str, Node], ...]
    answer: bool = False

    def marked(self) -> tuple[tuple[str, Node], ...]:
        """The pairs as they are printed: the last formula of an answer is marked."""
        if not self.answer or not self.parts:
            return self.parts
        *some, (sign, result) = self.parts
        return (*some, (sign, Answered(result)))


class PrintedRow(NamedTuple):
    """One printed row: what stands before the alignment point and after it, and how wide, in em, each of them is."""

    left: str
    right: str
    left_width: float
    right_width: float


LINE_WIDTH = 33.0
"""Width in em that a displayed line may take."""


def lay_out(line: Line, printer: Printer, width: float = LINE_WIDTH) -> list[PrintedRow]:
    """The line in rows that fit: broken before a relation sign, or before a plus or minus within a long sum."""
    d = printer.dialect
    left = printer.print(line.left)
    rows: list[PrintedRow] = []
    right, used = "", left.width

    def finish() -> None:
        first = not rows
        rows.append(PrintedRow(left.text if first else "", right, left.width if first else 0.0, used - left.width))

    for position, (sign, node) in enumerate(line.marked()):
        relation = d.relation(sign)
        pieces = printer.tokens(node, max(width - left.width - d.relation_width, width / 2))
        whole = sum(part.width + (1.2 if mark else 0) for mark, part in pieces)
        if position and used + d.relation_width + whole > width:
            finish()
            right, used = "", left.width
        right += f"{' ' if right else ''}{relation} "
        used += d.relation_width
        for mark, part in pieces:
            if mark and used + part.width + 1.2 > width:
                finish()
                right, used = d.goes_on(mark), left.width + 2.2
                right += part.text
            else:
                right += mark + part.text
            used += part.width + (1.2 if mark else 0)
    finish()
    return rows
