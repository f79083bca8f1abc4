"""What can be proven from a sheet: which stated values no right work can have given.

Taken as known is what a reader of the sheet can see: how its results are rounded (to how many places or figures, or
cut off), and the convention it follows. Not known is how its writer went: every usual way of getting a line is
allowed (`textbook`), every number that is stated may have been used as it stands or with the digits it had before
it was rounded, every result inside a line may have been rounded as the sheet's are or not at all, and so may every
result that is not stated; those may be rounded as coarsely as anything on the sheet.

A sheet with an error may be as well a sheet in another convention (`readings`): deltas as target minus output that
lead to right weights are no error, whatever their writer thought. A reading that leaves no more values unexplained
than the writer's own is as good as his.

A value is *explained* when some such work gives it, from the other numbers on the sheet, right or wrong. The ranges
are worked out with intervals, which never leave out a number that right work can give, but for the noise of floats,
for which every operation is widened (`formula.NOISE`). They may be too wide where a number is used twice in a line.
So what is called provable is provable; a little more may be.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .formula import Range, ranged, widened
from .sheets import Sheet, conventions
from .student import Worked
from .style import Style

Slack = Callable[[Range], Range]


class Evidence:
    """The ranges of right work on one sheet."""

    def __init__(self, sheet: Sheet, lesson: Worked) -> None:
        self._sheet, self._style, self._lesson = sheet, sheet.style, lesson
        self._stated = dict(sheet.rows)
        self._memory: dict[str, Range] = {name: (float(x), float(x)) for name, x in self._lesson.givens.items()}
        for name, text in self._stated.items():
            self._memory[name] = self._as_stated(name, text)
        self._inner = slack(self._style, self._style.coarsest)

    def explained(self, name: str) -> bool:
        """Whether some right work gives what is stated, from the other numbers on the sheet."""
        low, high = self._memory[name]
        found = [widened(*self._ranged(route)) for route in self._lesson.lines[name].routes]
        return any(a <= high and low <= b for a, b in found)

    def _as_stated(self, name: str, text: str) -> Range:
        """The numbers that would be written so."""
        value = as_float(text)
        if self._style.floats or (self._style.exact and ("/" in text or _places(text) > self._style.coarsest)):
            return value, value
        return before(self._style, self._sheet.plan.digits[name], value)

    def _range_of(self, part: Any) -> Range:
        if not isinstance(part, str):
            return float(part), float(part)
        found = self._memory.get(part)
        if found is None:
            ranges = [self._ranged(route) for route in self._lesson.lines[part].routes]
            hull = min(low for low, _ in ranges), max(high for _, high in ranges)
            found = self._memory[part] = self._inner(hull)
        return found

    def _ranged(self, route: Any) -> Range:
        return ranged(route, self._range_of, self._inner)


def as_float(text: str) -> float:
    """The number that a text states, a fraction as well."""
    above, _, below = text.partition("/")
    return float(above) / float(below or 1)


def _places(text: str) -> int:
    return len(text.partition(".")[2])


def _unit(style: Style, digits: int, size: float) -> float:
    """The unit in which a number of that size is rounded."""
    if style.floats:
        return 0.0
    if style.unit != "figures":
        return float(10.0**-digits)
    if not size or math.isinf(size):
        return 0.0
    return float(10.0 ** (math.floor(math.log10(size) + 1e-12) - digits + 1))


def slack(style: Style, digits: int) -> Slack:
    """The numbers that may stand for those of a range when they may be rounded in that style."""

    def rounded(found: Range) -> Range:
        low, high = found
        unit = _unit(style, digits, max(abs(low), abs(high)))
        if style.cut:
            return (low if low <= 0 else max(0.0, low - unit)), (high if high >= 0 else min(0.0, high + unit))
        return low - unit / 2, high + unit / 2

    return rounded


def before(style: Style, digits: int, value: float) -> Range:
    """The numbers that are written as this one in that style."""
    unit = _unit(style, digits, abs(value))
    noise = abs(value) * 1e-13 + unit * 1e-9
    if style.cut:
        low = value - unit if value <= 0 else value
        high = value + unit if value >= 0 else value
        return low - noise, high + noise
    return value - unit / 2 - noise, value + unit / 2 + noise


def unexplained(sheet: Sheet, lesson: Worked | None = None) -> frozenset[str]:
    """The stated values that no right work gives from the other numbers on the sheet, in its convention or another."""
    evidence = Evidence(sheet, lesson or sheet.plan.lesson)
    return frozenset(name for name, _ in sheet.rows if not evidence.explained(name))


def other_readings(sheet: Sheet) -> list[frozenset[str]]:
    """What is unexplained in other conventions, of those that leave no more unexplained than the writer's own."""
    own, most = sheet.plan.lesson, len(unexplained(sheet))
    found = [unexplained(sheet, lesson) for lesson in conventions(sheet.problem) if lesson is not own]
    return [one for one in found if len(one) <= most]
