"""Accents above letters: few fonts have some that combine with any letter, so they are drawn, coloured as the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from derive.diagram.geometry import number
from derive.diagram.mathtext import Run, text_width
from derive.diagram.scene import Point
from derive.diagram.texname import ACCENTS

NO_ACCENTS = {ord(mark): None for mark in ACCENTS.values()}
_TALL = re.compile(r"[A-Zb-dfh-ltβδζθλξΔΣΛ]")
"""Letters that an accent has to be above."""


def accents(runs: Sequence[Run], at: Point, size: int, anchor: str) -> Iterator[str]:
    widths = [text_width(run.text, run.style) * run.size // 1000 for run in runs]
    left = -sum(run.kern + width for run, width in zip(runs, widths, strict=True)) // 2 if anchor == "middle" else 0
    for run, width in zip(runs, widths, strict=True):
        left += run.kern
        for mark in run.text:
            if ord(mark) in NO_ACCENTS:
                em = run.size * size // 1000
                rise = run.shift * size // 1000 + em * (760 if _TALL.search(run.text) else 590) // 1000
                lean = em * 60 // 1000 if run.style == "italic" else 0
                over = Point(at.x + left * size // 1000 + width * size // 2000 + lean, at.y - rise)
                yield _accent(mark, over, width * size // 1000, em)
        left += width


def _accent(mark: str, over: Point, width: int, em: int) -> str:
    """A bar as wide as the letters below it, or a tilde or a hat in their middle."""
    thick = em // 20
    if mark == ACCENTS["bar"]:
        place = f'x="{number(over.x - width // 2)}" y="{number(over.y - thick // 2)}"'
        size = f'width="{number(width)}" height="{number(thick)}"'
        return f'<rect {place} {size} rx="0" class="dv-accent"/>'
    half, wave = em // 6, em * 14 // 100
    if mark == ACCENTS["hat"]:
        top, foot, pen = over.y - em // 9, over.y + em // 30, em // 18
        roof = f"M{_at(over.x - half, foot)}L{_at(over.x, top)}L{_at(over.x + half, foot)}"
        return f'<path class="dv-accent" d="{roof}L{_at(over.x, top + pen)}Z"/>'
    left, inner, outer, right = (over.x + half * part // 3 for part in (-3, -1, 1, 3))
    there = f"{_at(left, over.y)}C{_at(inner, over.y - wave)} {_at(outer, over.y + wave)} {_at(right, over.y)}"
    low = over.y + thick
    back = f"{_at(right, low)}C{_at(outer, low + wave)} {_at(inner, low - wave)} {_at(left, low)}"
    return f'<path class="dv-accent" d="M{there}L{back}Z"/>'


def _at(x: int, y: int) -> str:
    return f"{number(x)},{number(y)}"
