"""Lines of a table cut into cells: separators, quotation marks, and the dialects of spreadsheet programs.

Decides which character separates the columns and where a cell ends. It does not know what the columns mean.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

SEPARATORS = "\t;,"
"""In the order in which they are looked for: a comma may also belong to a number."""
PIPE = "|"
"""What separates the columns of a table in Markdown."""
_DASHES = r"(?::?-{2,}:?|:-+:?|-+:)"
_RULE = re.compile(rf"\s*\|?\s*{_DASHES}\s*(?:\|\s*{_DASHES}\s*)*\|?\s*")
_INNER = re.compile(r"\$[^$\n]*\$|`[^`\n]*`")
"""Formulas and code, in which a bar separates nothing."""
_INDEX = re.compile(r"(?<=\w)\[[\w\s,+-]*\]")
"""Indices, whose commas separate no columns."""
LOOKED_AT = 30
"""Lines from which the separator is told."""
LONGEST_CELL = 5
"""Lines over which a quoted cell may run."""


class SheetRow(NamedTuple):
    """The cells of one line, and its number."""

    line: int
    cells: list[str]


def separator(lines: Sequence[str]) -> str | None:
    """The character between the columns; None where there is only one column."""
    sample = [line for line in lines if line.strip() and not line.lstrip().startswith("#")][:LOOKED_AT]
    if piped(sample):
        return PIPE
    sample = [_INDEX.sub("", line) for line in sample]
    for mark in SEPARATORS:
        having = sum(mark in line for line in sample)
        if having and sample and mark in sample[0] and 2 * having >= len(sample):
            return mark
    return next((mark for mark in SEPARATORS if sum(mark in line for line in sample) * 2 > len(sample)), None)


def piped(lines: Sequence[str]) -> bool:
    """Whether there is a table in Markdown: lines between bars, or a rule with bars under its head.

    >>> piped(["| w5 | 0.4 |", "| w6 | 0.5 |"]), piped(["a | b", "--|--"]), piped(["|x| = 3"])
    (True, True, False)
    """
    between = sum(line.strip()[:1] == line.strip()[-1:] == PIPE and line.count(PIPE) > 2 for line in lines)
    return between > 1 or any(PIPE in line and _RULE.fullmatch(line) for line in lines)


def pipe_rows(lines: Sequence[str], first: int) -> list[SheetRow]:
    """The rows of a table in Markdown, without the rule under its head; `first` is the number of its first line.

    >>> pipe_rows(["| a | $|x|$ |", "|---|---|", "| b \\\\| c | 2 |"], 3)
    [SheetRow(line=3, cells=['a', '$|x|$']), SheetRow(line=5, cells=['b | c', '2'])]
    """
    found = []
    for number, line in enumerate(lines, first):
        if not _RULE.fullmatch(line):
            bare = _INNER.sub(lambda match: match[0].replace(PIPE, "\0"), line.replace("\\|", "\0")).strip()
            cells = bare.removeprefix(PIPE).removesuffix(PIPE).split(PIPE)
            found.append(SheetRow(number, [cell.replace("\0", PIPE).strip() for cell in cells]))
    return found


def rows(text: str) -> tuple[str | None, Iterator[SheetRow]]:
    """The separator of a table and its rows without those that are empty or a comment.

    >>> mark, found = rows("sep=;\\nw5;0,4\\n\\n# a comment\\nw6;0,5")
    >>> mark, list(found)
    (';', [SheetRow(line=2, cells=['w5', '0,4']), SheetRow(line=5, cells=['w6', '0,5'])])
    """
    lines = text.split("\n")
    start, mark = 0, None
    if lines[0].lower().startswith("sep=") and len(lines[0].rstrip("\n")) == 5:
        start, mark = 1, lines[0][4]
    else:
        mark = separator(lines[: 20 * LOOKED_AT])
    return mark, _cut(lines, start, mark)


def _cut(lines: list[str], start: int, mark: str | None) -> Iterator[SheetRow]:
    place, begun = start, False
    while place < len(lines):
        line, number = lines[place], place + 1
        place += 1
        # A column of numbers may be called #; elsewhere this sign begins a comment.
        numbered = mark is not None and line.lstrip(' "').removeprefix("#").lstrip(' "').startswith(mark)
        if not line.strip() or (
            line.lstrip().startswith("#") and not numbered and not (begun and mark and mark in line)
        ):
            continue
        begun = True
        if mark is None:
            yield SheetRow(number, [line.strip()])
        elif '"' not in line:
            yield SheetRow(number, [cell.strip() for cell in line.split(mark)])
        else:
            cells, used = _quoted(lines, place - 1, mark)
            place = number - 1 + used
            yield SheetRow(number, cells)


def _numbered(line: str, mark: str | None, begun: bool) -> bool:
    """Whether a # begins no comment: it is a cell below the header, or a column that is called so."""
    return mark is not None and ((begun and mark in line) or line.strip()[1:].lstrip(' "').startswith(mark))


def _quoted(lines: list[str], place: int, mark: str) -> tuple[list[str], int]:
    """The cells of a line with quotation marks, which may run on, and how many lines they take."""
    for used in range(1, LONGEST_CELL + 1):
        text = "\n".join(lines[place : place + used])
        if text.count('"') % 2 == 0:
            try:
                cells = next(csv.reader([text.replace("\n", " ")], delimiter=mark, skipinitialspace=True), [])
            except csv.Error:
                break
            return [cell.strip() for cell in cells], used
        if place + used >= len(lines):
            break
    # The mark is never closed: it is no quotation mark, and the lines below are rows of their own.
    return [cell.replace('"', "").strip() for cell in lines[place].split(mark)], 1
