"""What the columns of a table are: quantity, value, student, id; or one column for every quantity.

Decides by the header where there is one, and by the cells where there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from derive.errors import InputError
from derive.work.names import Names
from derive.work.rows import Row
from derive.work.written import blank, read_number

ROLES = {
    "quantity": "quantity quantities variable symbol question item step what grösse größe",
    "value": "value values answer answers result results number stated given solution wert ergebnis antwort",
    "student": "student students learner pupil author participant studentname fullname vorname nachname",
    "id": "studentid studentnumber matriculation matriculationnumber matrikelnummer studentno sid userid",
    "name": "name names",
    "anyid": "id",
    "form": "form formid variant",
}
"""Headers by what they mean; case, blanks and what stands in brackets do not matter."""
_ROLE = {word: role for role, words in ROLES.items() for word in words.split()}
MAX_COLUMNS = 20_000
FIRST = 8
"""Columns among which the one that names quantities is looked for."""
SAMPLE = 20
"""Rows that are looked at where there is no header."""


@dataclass(frozen=True)
class Columns:
    """Where things stand in a row: `value` and `quantity` in a long table, `names` in a wide one."""

    quantity: int | None = None
    value: int | None = None
    student: int | None = None
    id: int | None = None
    form: int | None = None
    names: dict[int, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    header: bool = True
    faults: tuple[tuple[str, InputError], ...] = ()


def role(header: str) -> str | None:
    """What a column is for, by its header.

    >>> role("Value (rounded to 4 decimals)"), role("Student ID"), role("w5")
    ('value', 'id', None)
    """
    return _ROLE.get(re.sub(r"^\s*(?:your|the|my)\b|\(.*|\[.*|[\s_.:-]", "", header.casefold()).strip("\"'"))


def columns(table: Sequence[Row], names: Names, file: str | None) -> Columns:
    """The columns of a table; raises `InputError` where nothing says what they are."""
    first = table[0].cells
    if len(first) > MAX_COLUMNS:
        raise InputError(f"at most {MAX_COLUMNS:,} columns", f"{len(first):,}", file, f"line {table[0].line}")
    roles = {place: found for place, cell in enumerate(first) if (found := role(cell)) and names.get(cell) is None}
    taken = set(roles.values())
    if "value" in taken and taken & {"quantity", "name", "anyid"}:
        return _long(first, roles, table[1 : 1 + SAMPLE], names)
    if (wide := _wide(first, roles, names)) is not None:
        return wide
    if (bare := _bare(table[:SAMPLE], names)) is not None:
        return bare
    expected = "a header with the columns quantity and value (and student for a class), or a column for every quantity"
    hint = "the first rows name no quantity of this problem." if len(first) > 1 else None
    found = ", ".join(cell[:20] or "an empty cell" for cell in first[:6]) + (", …" if len(first) > 6 else "")
    raise InputError(expected, f"the columns {found}", file, f"line {table[0].line}", hint)


def _long(first: Sequence[str], roles: dict[int, str], sample: Iterable[Row], names: Names) -> Columns:
    """A header over rows of a quantity and its value."""
    place = {found: at for at, found in reversed(roles.items())}
    quantity, student, number = place.get("quantity"), place.get("student"), place.get("id")
    extra, called = place.get("anyid"), place.get("name")
    if quantity is None:
        quantity, called, extra = (called, None, extra) if called is not None else (extra, None, None)
    elif called is not None and student is None and not _names_quantities(sample, called, names):
        student = called
    if number is None and extra is not None:
        number = extra
    form = place.get("form")
    used = {quantity, place["value"], student, number, called, form}
    ignored = tuple(cell for at, cell in enumerate(first) if at not in used and cell)
    return Columns(quantity, place["value"], student, number, form, ignored=ignored)


def _names_quantities(sample: Iterable[Row], at: int, names: Names) -> bool:
    cells = [row.cells[at] for row in sample if at < len(row.cells) and row.cells[at]]
    return bool(cells) and any(names.get(cell) is not None for cell in cells)


def _wide(first: Sequence[str], roles: dict[int, str], names: Names) -> Columns | None:
    """A header that names quantities, over one row for each student."""
    student = next((at for at, found in roles.items() if found in ("student", "name")), None)
    number = next((at for at, found in roles.items() if found in ("id", "anyid")), None)
    form = next((at for at, found in roles.items() if found == "form"), None)
    known: dict[int, str] = {}
    ignored, faults = [], []
    for at, cell in enumerate(first):
        if at in (student, number, form) or not cell:
            continue
        try:
            names.find(cell)
            known[at] = cell
        except InputError as error:
            if error.hint is None:
                ignored.append(cell)
            else:
                faults.append((f"column {at + 1}", error))
    numbers = sum(not blank(cell) and _is_number(cell) for cell in first)
    if not known or numbers or len(known) < len(first) - len(known) - len(roles):
        return None
    return Columns(None, None, student, number, form, known, tuple(ignored), faults=tuple(faults))


def _bare(sample: Sequence[Row], names: Names) -> Columns | None:
    """No header: the column whose cells name quantities, and the one after it."""
    width = max(len(row.cells) for row in sample)
    counts = [
        sum(at < len(row.cells) and names.get(row.cells[at]) is not None for row in sample) for at in range(width)
    ]
    best = counts.index(max(counts))
    if width < 2 or not counts[best] or (width > 2 and 2 * counts[best] <= len(sample)):
        return None
    value = best + 1 if best + 1 < width else best - 1
    others = [at for at in range(width) if at not in (best, value)]
    cut = best == 0 and width == 3 and all(map(_cut_in_two, sample))
    return Columns(best, value, others[0] if len(others) == 1 and not cut else None, header=False)


def _cut_in_two(row: Row) -> bool:
    """Whether the row may hold one number with a decimal comma, taken for two cells."""
    return len(row.cells) < 3 or all(re.fullmatch(r"[+-]?\d+", cell) for cell in row.cells[1:3])


def _is_number(text: str) -> bool:
    try:
        read_number(text)
    except InputError:
        return False
    return True
