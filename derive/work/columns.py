"""What the columns of a table are: quantity, value, form and whose; or one column for every quantity.

Decides by the header where there is one, and by the cells where there is none. Which columns say whose a row is, is
decided in `gradebook`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from derive import gradebook
from derive.errors import InputError, shorten
from derive.gradebook import NOBODY, People
from derive.work.names import Names
from derive.work.rows import SheetRow
from derive.work.tokens import tokens
from derive.work.writer import as_written_by
from derive.work.written import blank, read_number

ROLES = {
    "quantity": "quantity quantities variable symbol question item step what grösse größe",
    "value": "value values answer answers result results number stated given solution wert ergebnis antwort",
    "name": "name names",
    "anyid": "id",
    "form": "form formid variant",
}
"""Headers by what they mean; case, blanks and what stands in brackets do not matter."""
_ROLE = {word: role for role, words in ROLES.items() for word in words.split()}
_PEOPLE = {kind: "id" for kind in gradebook.IDENTIFIERS} | {
    kind: "student" for kind in (gradebook.NAME, gradebook.FIRST, gradebook.LAST)
}
MAX_COLUMNS = 20_000
FIRST = 8
"""Columns among which the one that names quantities is looked for."""
GRADEBOOK = 3
"""Columns that say whose a row is from which on a table comes from a gradebook: its other columns hold marks."""
LETTERS = 4
"""Letters up to which the head of a column may be a letter of a course, such as yhat."""
SAMPLE = 20
"""Rows that are looked at where there is no header."""


@dataclass(frozen=True)
class Columns:
    """Where things stand in a row: `value` and `quantity` in a long table, `names` in a wide one."""

    quantity: int | None = None
    value: int | None = None
    who: People = NOBODY
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
    bare = re.sub(r"^\s*(?:your|the|my)\b|\(.*|\[.*|[\s_.:-]", "", header.casefold()).strip("\"'")
    return _ROLE.get(bare) or _PEOPLE.get(gradebook.meaning(header) or "")


def columns(table: Sequence[SheetRow], names: Names, file: str | None) -> Columns:
    """The columns of a table; raises `InputError` where nothing says what they are."""
    first = table[0].cells
    if len(first) > MAX_COLUMNS:
        raise InputError(f"at most {MAX_COLUMNS:,} columns", f"{len(first):,}", file, f"line {table[0].line}")
    names = as_written_by(names, [[tokens(cell.strip(" $"))] for cell in first if names.exactly(cell) is None])
    roles = {place: found for place, cell in enumerate(first) if (found := role(cell)) and not _named(cell, names)}
    taken = set(roles.values())
    if "value" in taken and taken & {"quantity", "name", "anyid"}:
        return _long(first, roles, table[1 : 1 + SAMPLE], names)
    if (wide := _wide(first, roles, names)) is not None:
        return wide
    if (bare := _bare(table[:SAMPLE], names)) is not None:
        return bare
    expected = "a header with the columns quantity and value (and student for a class), or a column for every quantity"
    hint = "the first rows name no quantity of this problem." if len(first) > 1 else None
    found = ", ".join(shorten(cell, 20) or "an empty cell" for cell in first[:6]) + (", …" if len(first) > 6 else "")
    raise InputError(expected, f"the columns {found}", file, f"line {table[0].line}", hint)


def _long(first: Sequence[str], roles: dict[int, str], sample: Iterable[SheetRow], names: Names) -> Columns:
    """A header over rows of a quantity and its value."""
    place = {found: at for at, found in reversed(roles.items())}
    quantity = next(place[found] for found in ("quantity", "name", "anyid") if found in place)
    form, called = place.get("form"), place.get("name")
    others = {quantity, place["value"], *(() if form is None else (form,))}
    if called is not None and ("student" in place or _names_quantities(sample, called, names)):
        others.add(called)
    who = gradebook.people(first, others)
    used = {*others, *who.places}
    ignored = tuple(cell for at, cell in enumerate(first) if at not in used and cell)
    return Columns(quantity, place["value"], who, form, ignored=ignored)


def _names_quantities(sample: Iterable[SheetRow], at: int, names: Names) -> bool:
    cells = [row.cells[at] for row in sample if at < len(row.cells) and row.cells[at]]
    return bool(cells) and any(names.get(cell) is not None for cell in cells)


def _wide(first: Sequence[str], roles: dict[int, str], names: Names) -> Columns | None:
    """A header that names quantities, over one row for each student."""
    form = next((at for at, found in roles.items() if found == "form"), None)
    who = gradebook.people(first, [at for at in range(len(first)) if at == form or _named(first[at], names)])
    known: dict[int, str] = {}
    ignored, faults = [], []
    for at, cell in enumerate(first):
        if at == form or at in who.places or not cell:
            continue
        if _word(cell, names):
            ignored.append(cell)
            continue
        try:
            names.find(cell)
            known[at] = cell
        except InputError as error:
            if error.hint is None or len(who.places) >= GRADEBOOK:
                ignored.append(cell)
            else:
                faults.append((f"column {at + 1}", error))
    numbers = sum(not blank(cell) and _is_number(cell) for cell in first)
    few = not who.places and len(known) < len(first) - len(known) - len(roles)
    if not known or numbers or few:
        return None
    return Columns(None, None, who, form, known, tuple(ignored), faults=tuple(faults))


def _bare(sample: Sequence[SheetRow], names: Names) -> Columns | None:
    """No header: the column whose cells name quantities, and the one after it."""
    width = max(len(row.cells) for row in sample)
    counts = [
        sum(at < len(row.cells) and names.get(row.cells[at]) is not None for row in sample) for at in range(width)
    ]
    best = counts.index(max(counts))
    if width < 2 or not counts[best] or (width > 2 and 2 * counts[best] <= len(sample)):
        return None
    value = best + 1 if best + 1 < width else best - 1
    others = [at for at in range(width) if at not in (best, value) and not _counting(sample, at, best)]
    cut = best == 0 and width == 3 and all(map(_cut_in_two, sample))
    who = People(name=(others[0],)) if len(others) == 1 and not cut else NOBODY
    return Columns(best, value, who, header=False)


def _counting(sample: Sequence[SheetRow], at: int, quantity: int) -> bool:
    """Whether a column counts the rows: 1, 2, 3, each with another quantity."""
    cells = [row.cells[at] if at < len(row.cells) else "" for row in sample]
    numbers = [int(cell) for cell in cells if re.fullmatch(r"\d{1,6}", cell)]
    different = len({row.cells[quantity] for row in sample if quantity < len(row.cells)}) == len(sample)
    return different and len(numbers) == len(sample) > 1 and all(b - a == 1 for a, b in pairwise(numbers))


def _cut_in_two(row: SheetRow) -> bool:
    """Whether the row may hold one number with a decimal comma, taken for two cells."""
    return len(row.cells) < 3 or all(re.fullmatch(r"[+-]?\d+", cell) for cell in row.cells[1:3])


def _named(cell: str, names: Names) -> bool:
    """Whether the head of a column is a quantity."""
    return names.get(cell) is not None and not _word(cell, names)


def _word(cell: str, names: Names) -> bool:
    """Whether the head of a column is a word, such as score, that only some courses have for a quantity."""
    return len(cell) > LETTERS and cell.isalpha() and names.by_course(cell)


def _is_number(text: str) -> bool:
    try:
        read_number(text)
    except InputError:
        return False
    return True
