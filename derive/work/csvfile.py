"""Tables of stated values: a row for each value, a row for each student, or lines such as `w5 = 0.4`."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, islice

from derive.errors import InputError, shorten
from derive.work.columns import columns, role
from derive.work.drafts import Cell, Draft
from derive.work.lines import LONGEST_LINE, RELATION, read_lines, statements
from derive.work.model import Sheets, Work, gathered
from derive.work.names import Names
from derive.work.records import body, read_row
from derive.work.rows import LOOKED_AT, PIPE, SheetRow, rows
from derive.work.sheets import Collector, Passages, key_of, marks_in
from derive.work.written import DecimalMark

MARKS = ".,"
MOST_APART = 50_000
"""Values of a table in which the rows of a student may stand apart."""


def read_table(text: str, names: Names, file: str | None = None) -> Work:
    """The sheets of a table."""
    return gathered(table_sheets(text, names, file))


def table_sheets(text: str, names: Names, file: str | None = None) -> Sheets:
    """The sheets of a table one by one, each as soon as its rows have been read.

    The table is gone through twice: first for what holds for all of it, its decimal mark and whether the rows of each
    student stand together. Where they do not, all are read before the first sheet is given, and a table that is too
    long for that is refused.
    """
    mark, found = rows(text)
    table = list(islice(found, LOOKED_AT))
    if not table:
        raise InputError("stated values", "nothing but comments", file, "line 1")
    decimal_mark: DecimalMark | None = "," if mark == ";" else None
    if mark is None or mark == PIPE or _lines(text, table, names):
        passages = Passages(names, file, decimal_mark)
        read_lines(text, passages)
        work = passages.finish()
        yield from work.sheets
        return replace(work, sheets=())
    layout = columns(table, names, file)
    scout = Scout(names, file)
    for row in body(chain(table, found), layout, scout):
        read_row(row, layout, scout)
    if scout.apart and scout.cells > MOST_APART:
        raise scout.scattered
    scout.lines.clear()
    collector = Collector(names, file, decimal_mark, scout.everywhere)
    for place, error in layout.faults:
        collector.fault(error, f"line {table[0].line}, {place}")
    if layout.ignored:
        shown = ", ".join(shorten(cell, 20) for cell in layout.ignored[:8])
        collector.notes.append(f"columns that name no quantity were left out: {shown}")
    for row in body(rows(text)[1], layout, collector):
        read_row(row, layout, collector)
        if not scout.apart:
            yield from collector.closed(1)
    if not collector.lines and not collector.faults:
        raise InputError("rows of stated values under the header", "none", file, f"line {table[0].line}")
    yield from collector.closed(0)
    return collector.rest()


class Scout(Collector):
    """Goes through a table before it is read: which decimal marks it shows, and whether a student's rows are apart."""

    def __init__(self, names: Names, file: str | None) -> None:
        super().__init__(names, file)
        self.apart: tuple[int, int] | None = None

    def add(self, draft: Draft, cell: Cell) -> None:
        self.cells += 1
        self.check_full(cell)
        if len(self.everywhere) < len(MARKS):
            self.everywhere |= marks_in((cell,))

    def draft(self, student: str | None, id: str | None, line: int, form: str | None = None) -> Draft:
        key = key_of(student, id, form)
        before = self.lines.get(key)
        if before is not None and key not in self.drafts and self.apart is None:
            self.apart = before, line
        draft = super().draft(student, id, line, form)
        self.drafts = {key: draft}
        return draft

    @property
    def scattered(self) -> InputError:
        """What is said of a long table whose students have their rows in several places."""
        first, line = self.apart or (1, 1)
        found = f"rows of one in line {first} and, after others, in line {line}"
        hint = f"sort the table by student; only one of at most {MOST_APART:,} values is read as it is."
        return InputError("a table in which the rows of each student stand together", found, self.file, hint=hint)


def _lines(text: str, table: list[SheetRow], names: Names) -> bool:
    """Whether it is a text of lines such as `w5 = 0.4`, in which a separator stands by chance."""
    if {"quantity", "value"} <= {role(cell) for cell in table[0].cells}:
        return False
    sample = [
        line for line in islice(text.split("\n"), LOOKED_AT) if line.strip() and not line.lstrip().startswith("#")
    ]
    stated = [statements(line, names) for line in sample if len(line) < LONGEST_LINE]
    known = sum(any(names.known(one.left) for one in found) for found in stated)
    # Where no name is known, a table is still told by its cells, of which most have no sign of equality.
    equal = sum(RELATION.search(row.cells[0]) is not None for row in table)
    return 2 * max(known, equal) >= len(sample) > 0
