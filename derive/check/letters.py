"""The letters that a sheet of multiple choice gets: each stands for a number, and a wrong one for a known mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from derive.check.model import Explanation, Result
from derive.check.reasons import mistake_reason
from derive.expression import Shown
from derive.quantity import Quantity
from derive.wording import phrase
from derive.work import Answered
from derive.work.cells import LETTER
from derive.worksheet.choosing import ChoiceSheet
from derive.worksheet.page import LETTERS


@dataclass(frozen=True)
class Choices:
    """Judges the letters on one problem's sheets."""

    sheet: ChoiceSheet

    def results(self, stated: Sequence[Answered], drawn: Mapping[Quantity, Decimal]) -> list[Result]:
        """A verdict for each letter that is stated, or box left blank, with the given numbers of its sheet."""
        if not stated:
            return []
        offered = self.sheet.numbers(drawn).options
        found = []
        for one in stated:
            options = offered[one.quantity]
            expected = Shown(next(option.text for option in options if option.rewrite is None), True)
            letter = LETTER.fullmatch(one.text.strip())
            if not one.text.strip() or letter is None:
                found.append(Result(one.quantity, "", "missing", expected, (phrase("letter_none"),), one.line))
                continue
            place = LETTERS.index(letter[1].upper())
            if place >= len(options):
                reason = phrase("letter_unknown", letter=LETTERS[place])
                found.append(Result(one.quantity, one.text, "wrong", expected, (reason,), one.line))
                continue
            chosen = options[place]
            given = f"{LETTERS[place]} ({chosen.text})"
            if chosen.rewrite is None:
                found.append(Result(one.quantity, given, "exact", expected, (phrase("letter_right"),), one.line))
                continue
            why = (Explanation((chosen.rewrite,)),)
            reason_of = mistake_reason(why)
            found.append(Result(one.quantity, given, "mistake", expected, reason_of, one.line, explanations=why))
        return found
