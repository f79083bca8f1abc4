"""The loss over the steps of training as a picture: one point for each round whose numbers are kept.

Axes begin and end at round numbers; large and small losses share a power of ten. The first and the last point carry
their printed value, outside the area of the points, so that it can lie on none of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

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
    around,
    text_size,
    words_width,
)
from derive.diagram.view import Solved, View
from derive.numbers import decimal_text
from derive.quantity import Quantity

PLOT_WIDTH, PLOT_HEIGHT = 30000, 17000
MARGIN = 1200
TICK = 400
DOT, END_DOT = 230, 330
PLACES_OF_A_POINT = 12
"""Significant digits that decide where a point is drawn."""
PLAIN_EXPONENTS = range(-4, 6)
"""Losses between these powers of ten are written without one."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Round numbers from `low` to `high`, in steps of `step`; all have `decimals` places."""

    low: Fraction
    high: Fraction
    step: Fraction
    decimals: int

    def ticks(self) -> list[Fraction]:
        return [self.low + k * self.step for k in range(int((self.high - self.low) / self.step) + 1)]

    def place(self, value: Fraction, length: int) -> int:
        """How far along an axis of a given length a value lies."""
        return round((value - self.low) / (self.high - self.low) * length)


def round_scale(low: Fraction, high: Fraction, most: int) -> Scale:
    """A scale of at most `most` steps of 1, 2 or 5 times a power of ten that covers both numbers.

    >>> scale = round_scale(Fraction("0.07"), Fraction("0.31"), 5)
    >>> [str(tick) for tick in scale.ticks()], scale.decimals
    (['0', '1/10', '1/5', '3/10', '2/5'], 1)
    """
    if low > 0 and 3 * low < 2 * high:
        low = Fraction(0)
    if high == low:
        low, high = low - max(abs(low), Fraction(1)) / 10, high + max(abs(high), Fraction(1)) / 10
    exponent = decimal_exponent(high - low) - 2
    while True:
        for mantissa in (1, 2, 5):
            step = mantissa * Fraction(10) ** exponent
            first, last = floor(low / step), ceil(high / step)
            if last - first <= most:
                return Scale(first * step, last * step, step, max(-exponent, 0))
        exponent += 1


def decimal_exponent(number: Fraction) -> int:
    """The power of ten of a number's first digit.

    >>> decimal_exponent(Fraction("0.05")), decimal_exponent(Fraction(999))
    (-2, 2)
    """
    number = abs(number)
    exponent = len(str(number.numerator)) - len(str(number.denominator))
    return exponent if Fraction(10) ** exponent <= number else exponent - 1


def losses_scene(solved: Solved) -> Scene:
    """The picture of the loss after each number of updates that is kept.

    Raises ValueError where fewer than two losses are known.
    """
    view = View(solved, decimals=None)
    steps = sorted(q.step for q in view.values.numbers if q == Quantity("loss", step=q.step))
    if len(steps) < 2:
        raise ValueError("the losses of at least two rounds are needed")
    losses = {step: view.values.significant(Quantity("loss", step=step), PLACES_OF_A_POINT) for step in steps}
    # A loss that cannot be told from 0 is drawn there.
    points = {step: Fraction(text.partition("±")[0]) for step, text in losses.items()}
    plot = _Plot(view, points)
    first, last = (view.spoken(Quantity("loss", step=step)) for step in (steps[0], steps[-1]))
    made = "1 update" if steps[-1] == 1 else f"{steps[-1]} updates"
    title = f"The loss over {made}: {view.problem.title}"
    description = f"Across: updates made. Up: the loss. Before the first update {first}, after the last one {last}."
    if view.problem.training.batch == "one" and view.many:
        description += " Each loss is that of the example of its round."
    return Scene(plot.width, plot.height, tuple(plot.items()), title, description)


class _Plot:
    """Points on a pair of axes."""

    def __init__(self, view: View, points: dict[int, Fraction]) -> None:
        self.view, self.points = view, points
        largest = max(map(abs, points.values()))
        exponent = decimal_exponent(largest) if largest else 0
        self.exponent = 0 if exponent in PLAIN_EXPONENTS else exponent
        self.unit = Fraction(10) ** self.exponent
        self.up = round_scale(min(points.values()) / self.unit, max(points.values()) / self.unit, 5)
        self.across = self._whole_steps(max(points))
        self.y_ticks = [self._y_tick(value) for value in self.up.ticks()]
        self.ends = [view.line(Quantity("loss", step=step)) for step in (min(points), max(points))]
        self.left = MARGIN + max(line.width for line in self.y_ticks) + 2 * TICK
        self.top = MARGIN + self.ends[0].height + 1000
        self.right, self.bottom = self.left + PLOT_WIDTH, self.top + PLOT_HEIGHT
        self.width = self.right + 1500 + self.ends[1].width + MARGIN
        self.height = self.bottom + 2 * TICK + 1400 + 1600 + MARGIN

    @staticmethod
    def _whole_steps(last: int) -> Scale:
        """Steps are whole numbers."""
        scale = round_scale(Fraction(0), Fraction(last), 8)
        if scale.step < 1:
            return Scale(Fraction(0), Fraction(last), Fraction(1), 0)
        return scale

    def _y_tick(self, value: Fraction) -> MathLine:
        scaled = value * 10**self.up.decimals
        text = self.view.number(decimal_text(abs(int(scaled)), self.up.decimals, value < 0))
        if self.exponent:
            text = rf"{text} \cdot 10^{{{self.exponent}}}" if value else "0"
        return MathLine(text, "neutral", size=SMALL_TEXT)

    def at(self, step: int) -> Point:
        """The place of a point."""
        x = self.left + self.across.place(Fraction(step), PLOT_WIDTH - 1500) + 750
        return Point(x, self.bottom - self.up.place(self.points[step] / self.unit, PLOT_HEIGHT))

    def items(self) -> Iterator[Item]:
        yield from self._axes()
        places = [self.at(step) for step in self.points]
        yield Edge(tuple(places))
        first, last = places[0], places[-1]
        yield Edge((first, Point(first.x, self.top - 700)), "dim")
        yield Edge((last, Point(self.right + 1000, last.y)), "dim")
        for step, place in zip(self.points, places, strict=True):
            end = place in (first, last)
            size = END_DOT if end else DOT
            yield Node(Quantity("loss", step=step).id, "error", "dot", around(place, size, size))
        start, finish = self.ends
        width, height = text_size((start,))
        yield Label(Box(first.x - 300, self.top - 900 - height, width, height), (start,))
        width, height = text_size((finish,))
        yield Label(Box(self.right + 1300, last.y - height // 2, width, height), (finish,))

    def _axes(self) -> Iterator[Item]:
        corner = Point(self.left, self.bottom)
        yield Edge((Point(self.left, self.top), corner, Point(self.right, self.bottom)))
        for value, line in zip(self.up.ticks(), self.y_ticks, strict=True):
            y = self.bottom - self.up.place(value, PLOT_HEIGHT)
            yield Edge((Point(self.left - TICK, y), Point(self.left, y)))
            width, height = text_size((line,))
            yield Label(Box(self.left - 2 * TICK - width, y - height // 2, width, height), (line,))
        for value in self.across.ticks():
            x = self.left + self.across.place(value, PLOT_WIDTH - 1500) + 750
            yield Edge((Point(x, self.bottom), Point(x, self.bottom + TICK)))
            line = MathLine(decimal_text(int(value), 0, False), "neutral", size=SMALL_TEXT)
            width, height = text_size((line,))
            yield Label(Box(x - width // 2, self.bottom + 2 * TICK, width, height), (line,))
        words = "updates made"
        width = words_width(words, SMALL_TEXT)
        top = self.bottom + 2 * TICK + 1500
        yield Caption(Box(self.left + (PLOT_WIDTH - width) // 2, top, width, 1300), words)
