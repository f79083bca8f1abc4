"""A sheet in the making: cells as they came, and what has been read of them.

Plain data that grows while a file is read; a draft becomes a `Sheet` when nothing can be added any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from derive.errors import InputError, shorten
from derive.quantity import Quantity
from derive.work.model import Answered, Sheet, Stated, StatedFormula


class Cell(NamedTuple):
    """A name and what was written for it."""

    name: str
    text: str
    line: int
    column: str = ""
    notes: tuple[str, ...] = ()
    """What was left out of the text."""
    assigned: bool = False
    """Whether an arrow or := gives the name this value."""


@dataclass
class Draft:
    """A sheet in the making."""

    student: str | None
    id: str | None
    line: int
    form: str | None = None
    printed: tuple[str, ...] = ()
    cells: list[Cell] = field(default_factory=list)
    values: dict[Quantity, Stated] = field(default_factory=dict)
    formulas: list[StatedFormula] = field(default_factory=list)
    missing: list[Quantity] = field(default_factory=list)
    unread: list[Quantity] = field(default_factory=list)
    repeated: list[Stated] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[InputError] = field(default_factory=list)

    def place(self, line: int, column: str = "") -> str:
        """Where something stands, and whose it is."""
        called = self.student or self.id or self.form
        whose = f" ({shorten(called, 40)})" if called else ""
        return f"line {line}{whose}" + (f", column {shorten(column, 60)}" if column else "")

    def sheet(self, file: str | None) -> Sheet:
        missing = tuple(q for q in dict.fromkeys(self.missing) if q not in self.values)
        unread = tuple(q for q in dict.fromkeys(self.unread) if q not in self.values)
        return Sheet(
            self.student, self.id, tuple(self.values.values()), tuple(self.formulas), missing, tuple(self.repeated),
            tuple(dict.fromkeys(self.notes)), tuple(self.faults), self.form, file, self.printed, unread,
            answers=tuple(self.answers),
        )  # fmt: skip
