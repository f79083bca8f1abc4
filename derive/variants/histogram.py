"""How the answers of many variants spread, as a picture: a small histogram for each answer, in the order of the sheet.

The width of every panel runs from the smallest to the largest number, which stand below it; a bar is as high as there
are numbers in it, so that only shapes are compared, never heights between panels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from derive.diagram.scene import (
    SMALL_TEXT,
    Box,
    Caption,
    Edge,
    Item,
    Label,
    MathLine,
    Node,
    Point,
    Scene,
    text_size,
    words_width,
)
from derive.notation import Namer
from derive.numbers import decimal_text
from derive.palette import role_of
from derive.spec import Problem
from derive.variants.stress import Spread, Stress

ACROSS = 4
PANEL, BARS, GAP = 11000, 3200, 1400
"""Width of a panel, height of its bars, and what is between panels."""
HEAD, FOOT = 2500, 1700
MARGIN = 1500
BINS = 22
MOST = 120
"""Panels of a picture; further answers are left out."""


def spreads_scene(report: Stress, namer: Namer) -> Scene:
    """The picture of a report. Raises ValueError where no variant was found."""
    shown = report.answers[:MOST]
    if not shown:
        raise ValueError("no variants to draw")
    rows = -(-len(shown) // ACROSS)
    across = min(len(shown), ACROSS)
    width = 2 * MARGIN + across * PANEL + (across - 1) * GAP
    words = f"{report.variants} variants; below each answer its smallest and its largest value"
    width = max(width, 2 * MARGIN + words_width(words, SMALL_TEXT))
    top = MARGIN + 1800
    height = top + rows * (HEAD + BARS + FOOT + GAP) - GAP + MARGIN
    items: list[Item] = [Caption(Box(MARGIN, MARGIN, width - 2 * MARGIN, 1300), words)]
    problem = report.setting.problem
    last = len(problem.network.layers) if isinstance(problem, Problem) else 0
    for number, spread in enumerate(shown):
        left = MARGIN + number % ACROSS * (PANEL + GAP)
        items += _panel(spread, namer, last, left, top + number // ACROSS * (HEAD + BARS + FOOT + GAP))
    title = f"How the answers spread over {report.variants} variants: {report.setting.problem.title}"
    left_out = f" {len(report.answers) - len(shown)} further answers are left out." if report.answers[MOST:] else ""
    names = ", ".join(namer(spread.quantity).text for spread in shown)
    return Scene(width, height, tuple(items), title, f"One histogram each for {names}.{left_out}")


def bins(values: Sequence[Fraction], count: int = BINS) -> list[int]:
    """How many of some numbers, in order of size, lie in each of `count` equal parts of their range.

    >>> bins([Fraction(0), Fraction(1), Fraction(1), Fraction(4)], 4)
    [1, 2, 0, 1]
    """
    low, high = values[0], values[-1]
    found = [0] * count
    for value in values:
        found[min(int((value - low) * count / (high - low)), count - 1) if high > low else count // 2] += 1
    return found


def _panel(spread: Spread, namer: Namer, last: int, left: int, top: int) -> Iterator[Item]:
    role = role_of(spread.quantity, last).name
    name = MathLine(namer(spread.quantity).tex, role, spread.quantity.id)
    yield _text(name, left + PANEL // 2, top + HEAD // 2 - 300)
    base = top + HEAD + BARS
    found = bins(spread.values)
    width = PANEL // BINS
    for number, count in enumerate(found):
        if count:
            height = max(BARS * count // max(found), 60)
            box = Box(left + number * width, base - height, width - 60, height)
            yield Node("", role, "square", box)
    yield Edge((Point(left, base), Point(left + BINS * width, base)))
    for value, right in ((spread.values[0], False), (spread.values[-1], True)):
        line = MathLine(_number(value, spread.decimals), "neutral", size=SMALL_TEXT)
        x = left + BINS * width - line.width // 2 if right else left + line.width // 2
        yield _text(line, x, base + FOOT // 2)


def _text(line: MathLine, x: int, y: int) -> Label:
    width, height = text_size((line,))
    return Label(Box(x - width // 2, y - height // 2, width, height), (line,))


def _number(value: Fraction, decimals: int) -> str:
    scaled = value * 10**decimals
    return decimal_text(abs(int(scaled)), decimals, value < 0)
