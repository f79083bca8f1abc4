"""Rows of a table on sheets: whose a row is, which quantity and which value it has.

Decides what a row says once it is known what the columns are, and puts a number together that a decimal comma has cut
in two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from derive.errors import InputError, shorten
from derive.work.columns import Columns
from derive.work.drafts import Cell, Draft
from derive.work.rows import SheetRow
from derive.work.sheets import Collector

MOST_TOLD = 8
"""Rows that are named where they are left out."""
UNSEPARATED = "decimal commas stand between columns that commas separate; two cells were read as one number"


def body(found: Iterator[SheetRow], layout: Columns, collector: Collector) -> Iterator[SheetRow]:
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


def read_row(row: SheetRow, layout: Columns, collector: Collector) -> None:
    try:
        (_read_wide if layout.names else _read_long)(row, layout, collector)
    except InputError as error:
        if collector.full:
            raise
        collector.fault(error, f"line {row.line}")


def _read_long(row: SheetRow, layout: Columns, collector: Collector) -> None:
    cells = _joined(row, layout, collector)
    name, value = _cell(cells, layout.quantity), _cell(cells, layout.value)
    draft = _owner(cells, row, layout, collector)
    if not name:
        if value:
            raise InputError("the name of a quantity", "an empty cell")
        return
    collector.add(draft, Cell(name, value, row.line))


def _read_wide(row: SheetRow, layout: Columns, collector: Collector) -> None:
    student, number, form = _named(row.cells, row, layout, collector)
    if layout.who.name and student is None and number is None and form is None:
        if any(_cell(row.cells, at) for at in layout.names):
            raise InputError("a student", "an empty cell")
        return
    alone = collector.flowing and student is None and number is None and form is None
    draft = (collector.draft if alone else collector.row)(student, number, row.line, form)
    for at, name in layout.names.items():
        collector.add(draft, Cell(name, _cell(row.cells, at), row.line, name))


def _owner(cells: list[str], row: SheetRow, layout: Columns, collector: Collector) -> Draft:
    student, number, form = _named(cells, row, layout, collector)
    if (layout.who.name or layout.who.identifiers) and student is None and number is None and form is None:
        raise InputError("a student", "an empty cell", hint="write the name in every row.")
    return collector.draft(student, number, row.line, form)


def _named(cells: list[str], row: SheetRow, layout: Columns, collector: Collector) -> tuple[str | None, ...]:
    """The name, the identifier and the form id that a row states."""
    told = (layout.who.full_name(cells), layout.who.identifier(cells), _cell(cells, layout.form))
    return tuple(collector.student(text, row.line) for text in told)


def _joined(row: SheetRow, layout: Columns, collector: Collector) -> list[str]:
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
