"""Widths: how the columns of a table share the page, and where a derivation breaks beside its rules.

All widths are estimates in em of the text size. Nothing here knows a format's language.
"""

from __future__ import annotations

from collections.abc import Sequence

PAGE_WIDTH = 41.0
"""A line of the page: 455 points of an 11 point font, and a little to spare."""

WORKED_WIDTH = 25.0
"""What the formulas of a derivation may take; the rules stand beside them."""

CHARACTER = 0.5
_COLUMN_GAP = 1.1
_NARROWEST = 9.0
_SIZES = (("", 1.0), ("small", 0.91), ("footnotesize", 0.82), ("scriptsize", 0.73))


def columns(align: str, widths: Sequence[float], prose: Sequence[bool]) -> tuple[str, list[float | None]]:
    """The largest size of type in which a table fits, and the width of each column whose text must break.

    `widths` are those of the widest cells; columns of `prose` may be narrower and break into lines.

    >>> columns("lr", (10, 5), (True, False))
    ('', [None, None])
    >>> columns("lr", (90, 5), (True, False))
    ('', [34.9, None])
    """
    for size, factor in _SIZES:
        room = PAGE_WIDTH / factor - _COLUMN_GAP * (len(align) - 1)
        shares = _shares(widths, prose, room)
        if shares is not None:
            return size, shares
    return _SIZES[-1][0], [None] * len(align)


def _shares(widths: Sequence[float], prose: Sequence[bool], room: float) -> list[float | None] | None:
    """One width for each column, None for a column as wide as it needs to be; None if nothing fits."""
    breaking: list[int] = []
    while True:
        left = room - sum(width for at, width in enumerate(widths) if at not in breaking)
        if not breaking and left >= 0:
            return [None] * len(widths)
        if breaking and left >= _NARROWEST * len(breaking):
            total = sum(widths[at] for at in breaking)
            spare = left - _NARROWEST * len(breaking)
            return [
                round(_NARROWEST + spare * width / total, 1) if at in breaking else None
                for at, width in enumerate(widths)
            ]
        candidates = [at for at, is_prose in enumerate(prose) if is_prose and at not in breaking]
        if not candidates:
            return None
        breaking.append(max(candidates, key=lambda at: widths[at]))
