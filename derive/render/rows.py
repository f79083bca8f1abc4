"""One row of a displayed formula, as the templates take it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from derive.formula import PrintedRow
from derive.render.escape import Escaped

PHONE = 15.5
"""The width in em that a displayed formula may take on a phone's screen, in the widest of usual letters.

Widths are those of TeX's letters. A phone of 360 points has 19.4 em of ours; the letters that a browser takes
where it has none for formulas are up to 1.25 times as wide.
"""


class FormulaRow(NamedTuple):
    """One row of a displayed formula; `goes_on` when it begins in the middle of a sum or a product."""

    left: Escaped
    right: Escaped
    left_width: float
    right_width: float
    goes_on: bool
    rule: tuple[Escaped, ...] = ()


def printed_row(row: PrintedRow, rule: tuple[Escaped, ...] = ()) -> FormulaRow:
    """A row of a laid-out formula, with the rule beside it."""
    # A row begins with its relation, or, after a space, with the sign of the sum or product it goes on with.
    goes_on = row.right[:1].isspace()
    return FormulaRow(Escaped(row.left), Escaped(row.right), row.left_width, row.right_width, goes_on, rule)


def wide(rows: Sequence[FormulaRow]) -> bool:
    """Whether rows below each other, aligned, may be wider than a phone's screen.

    >>> short, long = PrintedRow("E", "= 1", 0.8, 2.1), PrintedRow("", "= 0.741365070 * 0.1868156", 0, 14.9)
    >>> wide([printed_row(short)]), wide([printed_row(short), printed_row(long)])
    (False, True)
    """
    return max(row.left_width for row in rows) + max(row.right_width for row in rows) > PHONE
