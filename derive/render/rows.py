"""One row of a displayed formula, as the templates take it."""

from __future__ import annotations

from typing import NamedTuple

from derive.render.escape import Escaped


class FormulaRow(NamedTuple):
    """One row of a displayed formula; `goes_on` when it begins in the middle of a sum or a product."""

    left: Escaped
    right: Escaped
    goes_on: bool
    rule: tuple[Escaped, ...] = ()


def printed_row(left: str, right: str, rule: tuple[Escaped, ...] = ()) -> FormulaRow:
    """A row of a laid-out formula, with the rule beside it."""
    # A row begins with its relation, or, after a space, with the sign of the sum or product it goes on with.
    return FormulaRow(Escaped(left), Escaped(right), right[:1].isspace(), rule)
