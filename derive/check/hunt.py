"""The answers of a sheet on which mistakes are to be found: line, value and reason of each.

Whoever has found a mistake is right, in whatever order the mistakes are written down; a value is right where correct
work under the rounding rule reaches it. Which mistakes the sheet has is known from its numbers alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from derive.check.model import Result
from derive.errors import InputError
from derive.expression import Shown
from derive.mistakes import BY_KEY, Pieces
from derive.quantity import HUNTED, Quantity
from derive.wording import phrase
from derive.work import Answered
from derive.work.written import read_number
from derive.worksheet.finding import FindSheet, FoundNumbers
from derive.worksheet.planted import Spot, letters

_LINE = re.compile(r"(?:line|no\.?|nr\.?|#)?\s*\(?\s*(\d{1,5})\s*[.)]*", re.IGNORECASE)
_LETTER = re.compile(r"(?:reason)?\s*\(?\s*([a-z])\s*[.):]*", re.IGNORECASE)


@dataclass(frozen=True)
class Hunt:
    """Judges the answers to one problem's sheets."""

    sheet: FindSheet

    def results(self, stated: Sequence[Answered], drawn: Mapping[Quantity, Decimal]) -> list[Result]:
        """A verdict for each answer that is stated or left blank, with the given numbers of its sheet."""
        if not stated:
            return []
        numbers = self.sheet.numbers(drawn)
        wrote = {one.quantity: one for one in stated}
        which = self._matched(wrote, numbers)
        return [
            self._result(one, numbers, numbers.plan.spots[which[number]], which[number])
            for one in wrote.values()
            if (number := _number(one.quantity)) in which
        ]

    def _matched(self, wrote: Mapping[Quantity, Answered], numbers: FoundNumbers) -> dict[int, int]:
        """For each set of boxes, from 1, the mistake that it is about, from 0: that of its line, else what is left."""
        lines = [spot.line.number for spot in numbers.plan.spots]
        which: dict[int, int] = {}
        for number in range(1, len(lines) + 1):
            answer = wrote.get(Quantity("line", number))
            line = None if answer is None else _line(answer.text)
            if line in lines and lines.index(line) not in which.values():
                which[number] = lines.index(line)
        left = [k for k in range(len(lines)) if k not in which.values()]
        rest = (number for number in range(1, len(lines) + 1) if number not in which)
        return which | dict(zip(rest, left, strict=True))

    def _result(self, one: Answered, numbers: FoundNumbers, spot: Spot, k: int) -> Result:
        kind = one.quantity.kind
        row = numbers.rows[len(HUNTED) * k + list(HUNTED).index(kind)]
        expected = Shown(row.exact, True)
        if not one.text.strip():
            return Result(one.quantity, "", "missing", expected, (phrase("value_none"),), one.line)
        match kind:
            case "line":
                verdict, reason = self._of_line(one.text, numbers, spot)
            case "value":
                verdict, reason = self._of_value(one.text, (row.exact, row.low, row.high), numbers, spot)
            case "reason":
                verdict, reason = self._of_reason(one.text, numbers, spot)
            case _:
                raise ValueError(kind)
        return Result(one.quantity, one.text.strip(), verdict, expected, reason, one.line)

    def _of_line(self, text: str, numbers: FoundNumbers, spot: Spot) -> tuple[str, Pieces]:
        line = _line(text)
        if line is None:
            return "wrong", (phrase("line_no"),)
        if line == spot.line.number:
            return "exact", (phrase("line_right"),)
        place = next((one for one in self.sheet.calculation.lines if one.number == line), None)
        if place is None:
            return "wrong", (phrase("line_unknown", line=str(line)),)
        if line in (other.line.number for other in numbers.plan.spots):
            return "wrong", (phrase("line_again", line=str(line)),)
        if numbers.wrong.text(place.target) != numbers.right.text(place.target):
            return "wrong", (phrase("line_followed", line=str(line)),)
        return "wrong", (phrase("line_fine", line=str(line)),)

    def _of_value(
        self, text: str, right: tuple[str, str, str], numbers: FoundNumbers, spot: Spot
    ) -> tuple[str, Pieces]:
        try:
            written = read_number(text)
        except InputError:
            return "wrong", (phrase("value_no"),)
        exact, low, high = map(Fraction, right)
        places = len(right[0].partition(".")[2])
        digits = places if written.places is None else min(written.places, places)
        half = Fraction(1, 2) / Fraction(10) ** digits
        wrong = abs(written.value - Fraction(numbers.wrong.text(spot.line.target))) <= half
        if low - half <= written.value <= high + half:
            if digits < places and wrong:
                return "imprecise", (phrase("value_few"),)
            if abs(written.value - exact) <= half:
                return "exact", (phrase("value_is"),)
            return "rounded", (phrase("value_rounded"),)
        if wrong:
            return "wrong", (phrase("value_of_line"),)
        return "wrong", (phrase("value_other"),)

    def _of_reason(self, text: str, numbers: FoundNumbers, spot: Spot) -> tuple[str, Pieces]:
        found = _LETTER.fullmatch(text.strip())
        offered = {letter: key for key, letter in letters(numbers.plan.reasons).items()}
        key = None if found is None else offered.get(found[1].upper())
        if key is None:
            return "wrong", (phrase("letter_of_no_reason"),)
        if key == spot.key:
            return "exact", (phrase("letter_of_reason"),)
        titles = {"other": BY_KEY[key].phrase(), "right": BY_KEY[spot.key].phrase()}
        return "wrong", (phrase("letter_of_other", **titles),)


def _number(quantity: Quantity) -> int:
    """Which set of boxes an answer stands in, from 1."""
    return quantity.layer if isinstance(quantity.layer, int) else 0


def _line(text: str) -> int | None:
    """The number of a line as people write it."""
    found = _LINE.fullmatch(text.strip())
    return None if found is None else int(found[1])
