"""Tables of stated values: a row for each value, a row for each student, or lines such as `w5 = 0.4`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from derive.errors import InputError, shorten
from derive.work.columns import Columns, columns
from derive.work.model import Sheets, Work, gathered
from derive.work.names import Names
from derive.work.rows import LOOKED_AT, Row, rows
from derive.work.sheets import Cell, Collector, Draft, key_of, marks_in
from derive.work.written import Mark

LONGEST_LINE = 5000
"""Characters of a line such as `w5 = 0.4`."""
_LINE = re.compile(r"\s*(?:[-*•]\s+)?(?P<name>.*?[^:=<>!≈])\s*(?::=|=|≈|:)\s*(?P<value>.*)")
_TWO = re.compile(r"(?P<name>\S+)\s+(?P<value>.*)")
MARKS = ".,"
MOST_APART = 50_000
"""Values of a table in which the rows of a student may stand apart."""
MOST_TOLD = 8
"""Rows that are named where they are left out."""
UNSEPARATED = "decimal commas stand between columns that commas separate; two cells were read as one number"


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
    decimal_mark: Mark | None = "," if mark == ";" else None
    if mark is None or _equations(table, names):
        collector = Collector(names, file, decimal_mark)
        _read_lines(text, collector)
        work = collector.finish()
        yield from work.sheets
        return replace(work, sheets=())
    layout = columns(table, names, file)
    scout = Scout(names, file)
    for row in _body(chain(table, found), layout, scout):
        _read_row(row, layout, scout)
    if scout.apart and scout.cells > MOST_APART:
        raise scout.scattered
    scout.lines.clear()
    collector = Collector(names, file, decimal_mark, scout.everywhere)
    for place, error in layout.faults:
        collector.fault(error, f"line {table[0].line}, {place}")
    if layout.ignored:
        shown = ", ".join(shorten(cell, 20) for cell in layout.ignored[:8])
        collector.notes.append(f"columns that name no quantity were left out: {shown}")
    for row in _body(rows(text)[1], layout, collector):
        _read_row(row, layout, collector)
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


def _body(found: Iterator[Row], layout: Columns, collector: Collector) -> Iterator[Row]:
    """The rows below the header that are somebody's; the others are named in a note."""
    left_out: list[str] = []
    for row in islice(found, 1 if layout.header else 0, None):
        told = layout.who.left_out(row.cells)
        if not told:
            yield row
        elif len(left_out) <= MOST_TOLD:
            left_out.append(shorten(told, 40))
    if left_out:
        more = ", …" if len(left_out) > MOST_TOLD else ""
        collector.notes.append(f"rows of no student were left out: {', '.join(left_out[:MOST_TOLD])}{more}")


def _read_row(row: Row, layout: Columns, collector: Collector) -> None:
    try:
        (_read_wide if layout.names else _read_long)(row, layout, collector)
    except InputError as error:
        if collector.full:
            raise
        collector.fault(error, f"line {row.line}")


def _read_long(row: Row, layout: Columns, collector: Collector) -> None:
    cells = _joined(row, layout, collector)
    name, value = _cell(cells, layout.quantity), _cell(cells, layout.value)
    draft = _owner(cells, row, layout, collector)
    if not name:
        if value:
            raise InputError("the name of a quantity", "an empty cell")
        return
    collector.add(draft, Cell(name, value, row.line))


def _read_wide(row: Row, layout: Columns, collector: Collector) -> None:
    student, number, form = _named(row.cells, row, layout, collector)
    if layout.who.name and student is None and number is None and form is None:
        if any(_cell(row.cells, at) for at in layout.names):
            raise InputError("a student", "an empty cell")
        return
    draft = collector.row(student, number, row.line, form)
    for at, name in layout.names.items():
        collector.add(draft, Cell(name, _cell(row.cells, at), row.line, name))


def _owner(cells: list[str], row: Row, layout: Columns, collector: Collector) -> Draft:
    student, number, form = _named(cells, row, layout, collector)
    if (layout.who.name or layout.who.identifiers) and student is None and number is None and form is None:
        raise InputError("a student", "an empty cell", hint="write the name in every row.")
    return collector.draft(student, number, row.line, form)


def _named(cells: list[str], row: Row, layout: Columns, collector: Collector) -> tuple[str | None, ...]:
    """The name, the identifier and the form id that a row states."""
    told = (layout.who.full_name(cells), layout.who.identifier(cells), _cell(cells, layout.form))
    return tuple(collector.student(text, row.line) for text in told)


def _joined(row: Row, layout: Columns, collector: Collector) -> list[str]:
    """The cells of a row; a decimal comma that cut a number in two is put back."""
    cells, at = row.cells, layout.value
    last = max(place for place in (layout.quantity, at, *layout.who.places) if place is not None)
    followed = layout.form == at + 1 == last + 1 if at is not None else False
    if at is None or len(cells) != last + 2 + followed or at != last or layout.ignored:
        return cells
    if not re.fullmatch(r"[+-−]?\d+", cells[at]) or not re.fullmatch(r"\d+(?:[eE][+-]?\d+|\s*%)?", cells[at + 1]):
        return cells
    if UNSEPARATED not in collector.notes:
        collector.notes.append(UNSEPARATED)
    return [*cells[:at], f"{cells[at]},{cells[at + 1]}", *cells[at + 2 :]]


def _cell(cells: list[str], at: int | None) -> str:
    return cells[at] if at is not None and at < len(cells) else ""


def _equations(table: list[Row], names: Names) -> bool:
    """Whether the rows are lines such as `w5 = 0.4`, in which a separator stands by chance."""
    found = [
        match for row in table[:20] if len(row.cells[0]) < LONGEST_LINE and (match := _LINE.fullmatch(row.cells[0]))
    ]
    return 2 * len(found) > min(len(table), 20) and any(names.get(match["name"]) for match in found)


def _read_lines(text: str, collector: Collector) -> None:
    """Lines of a name, a sign and a value."""
    draft = collector.draft(None, None, 1)
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line) or _TWO.fullmatch(line.strip()) if len(line) < LONGEST_LINE else None
        if match is None:
            error = InputError("a name and a value, such as w5 = 0.4", f'"{shorten(line.strip())}"')
            collector.fault(error, f"line {number}", draft)
        else:
            collector.add(draft, Cell(match["name"].strip(), match["value"].strip(), number))
