"""Widths: how the columns of a table share the page, and where a derivation breaks beside its rules.

All widths are estimates in em of the text size. Nothing here knows a format's language.
"""

from __future__ import annotations

from collections.abc import Sequence

PAGE_WIDTH = 47.5
"""A line of the page: 170 mm of a 10 point font, and a little to spare."""

PRINTED_LINE = 39.0
"""What a displayed formula may take of it, its number beside it."""

WORKED_WIDTH = 25.0
"""What the formulas of a derivation may take; the rules stand beside them."""

LONG_TABLE = 10
"""The most lines of a table that is kept on one page."""

CHARACTER = 0.55
"""An estimate of a letter's width."""

_NARROWEST = 9.0
_SIZES = (
    ("", 1.0, 1.1),
    ("small", 0.91, 0.75),
    ("footnotesize", 0.82, 0.75),
    ("scriptsize", 0.73, 0.75),
    ("tiny", 0.55, 0.75),
)
"""Each size of type, how large its letters are, and the gap between columns (in em of the text size)."""


def is_long(grid: Sequence[Sequence[float]], shares: Sequence[float | None]) -> bool:
    """Whether a table of cells of these widths may need more than one page.

    >>> is_long([[5, 90]] * 3, [None, 35]), is_long([[5, 90]] * 4, [None, 35])
    (False, True)
    """
    return sum(max(_lines(row, shares)) for row in grid) > LONG_TABLE


def _lines(row: Sequence[float], shares: Sequence[float | None]) -> list[int]:
    return [1 if share is None else 1 + int(width // share) for width, share in zip(row, shares, strict=True)]


def columns(align: str, widths: Sequence[float], prose: Sequence[bool]) -> tuple[str, list[float | None]]:
    """The largest size of type in which a table fits, and the width of each column whose text must break.

    `widths` are those of the widest cells; columns of `prose` may be narrower and break into lines.

    >>> columns("lr", (10, 5), (True, False))
    ('', [None, None])
    >>> columns("lr", (90, 5), (True, False))
    ('', [41.4, None])
    """
    for size, factor, gap in _SIZES:
        room = (PAGE_WIDTH - gap * (len(align) - 1)) / factor
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
