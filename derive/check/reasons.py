"""The one-line reasons of the judge: what makes a value right, and which mistakes explain a wrong one."""

from __future__ import annotations

from collections.abc import Sequence

from flint import fmpq

from derive.check.model import Explanation
from derive.check.slips import Slip, decimals_of, short
from derive.check.walk import Mark
from derive.expression import Node, Shown
from derive.mistakes import Pieces
from derive.mistakes.model import Slot, joined
from derive.numbers import decimal_text, show, significant
from derive.wording import phrase

TRUE = phrase("reason_true")
ROUNDED = phrase("reason_rounded")
COARSER = phrase("reason_coarser")
LEFT_OPEN = (phrase("reason_open"),)
TOO_FEW = phrase("reason_too_few")
UNREAD = phrase("reason_unread")
UNEXPLAINED = phrase("reason_unexplained")
CANNOT_TELL = phrase("reason_untold")
OTHER_GIVENS = phrase("sheet_other_givens")
OTHER_NUMBERS = phrase("sheet_other_numbers")
MANY_REASONS = phrase("reason_many")
NO_VALUE = phrase("value_none")


def listed(items: Sequence[Node]) -> Pieces:
    pieces: list[Slot] = []
    for position, item in enumerate(items):
        if position:
            pieces.append(phrase("and") if position == len(items) - 1 else ", ")
        pieces.append(item)
    return tuple(pieces)


def mistake_reason(explanations: Sequence[Explanation]) -> Pieces:
    first, *rest = explanations
    if not rest:
        once = {rewrite.mistake.key: rewrite for rewrite in reversed(first.rewrites)}
        pieces: list[Slot] = []
        for rewrite in reversed(once.values()):
            pieces += [" "] if pieces else []
            pieces += rewrite.diagnosis
        return tuple(pieces)
    return (phrase("reason_two", titles=joined([one.titles for one in explanations], phrase("or_of_two"))),)


def slip_reason(slip: Slip, meant: fmpq, digits: int) -> Pieces:
    """What slipped, with the number that was meant to as many digits as were written, or as should have been."""
    return (phrase(slip.sentence, number=_meant(slip, meant, digits)),)


def _meant(slip: Slip, meant: fmpq, digits: int) -> Shown:
    return Shown(significant(meant, digits) if not slip.more else _in_full(meant), False)


def shown_number(number: fmpq, mark: Mark) -> Shown:
    """A number that was meant, in full where it has few decimals and to those of the stated one where it has more."""
    places = max(mark.places or 0, 0)
    return Shown(_in_full(number) if short(number, places) else show(number, places).text, False)


def _in_full(number: fmpq) -> str:
    """A decimal number with all its decimals."""
    places = decimals_of(number)
    return decimal_text(int(abs(number * fmpq(10) ** places)), places, number < 0)


def either_slip(first: tuple[Slip, fmpq], other: tuple[Slip, fmpq], digits: int) -> Pieces:
    """Two slips that give one number, of which neither is likelier."""
    one, more = _meant(*first, digits), _meant(*other, digits)
    return (phrase(f"{first[0].sentence}_or_{other[0].key}", number=one, other=more),)
