"""The one-line reasons of the judge: what makes a value right, and which mistakes explain a wrong one."""

from __future__ import annotations

from collections.abc import Sequence

from flint import fmpq

from derive.check.model import Explanation, Pieces
from derive.check.slips import Slip, decimals_of, short
from derive.check.walk import Mark
from derive.expression import Node, Shown
from derive.numbers import decimal_text, show, significant

TRUE = "This is the true value to the digits given."
ROUNDED = "With the rounded numbers before it, this is right."
COARSER = "With the numbers before it rounded further, this is right."
LEFT_OPEN = ("The rounded numbers before it leave this value open; more decimals would tell.",)
TOO_FEW = "Too few digits are shown to tell."
UNREAD = "An earlier value could not be read, so this cannot be judged."
UNEXPLAINED = "Neither rounding nor a known mistake gives this number."
CANNOT_TELL = "It cannot be told from this number what happened."
OTHER_GIVENS = "None of the given numbers on this sheet is one of this problem. Is this the right sheet?"
OTHER_NUMBERS = "None of the numbers on this sheet is right for this problem. Is this the right sheet?"
MANY_REASONS = "Several known mistakes give this number, so no reason can be told."


def listed(items: Sequence[Node]) -> Pieces:
    pieces: list[str | Node] = []
    for position, item in enumerate(items):
        if position:
            pieces.append(" and " if position == len(items) - 1 else ", ")
        pieces.append(item)
    return tuple(pieces)


def mistake_reason(explanations: Sequence[Explanation]) -> Pieces:
    first, *rest = explanations
    if not rest:
        once = {rewrite.mistake.key: rewrite for rewrite in reversed(first.rewrites)}
        pieces: list[str | Node] = []
        for rewrite in reversed(once.values()):
            pieces += [" "] if pieces else []
            pieces += rewrite.diagnosis
        return tuple(pieces)
    titles = ", or ".join(explanation.title for explanation in explanations)
    return (f"Two mistakes give this number: {titles}.",)


def slip_reason(slip: Slip, meant: fmpq, digits: int) -> Pieces:
    """What slipped, with the number that was meant to as many digits as were written, or as should have been."""
    before, slot, after = slip.words.partition("{number}")
    if not slot:
        return (before,)
    return before, Shown(significant(meant, digits) if not slip.more else _in_full(meant), False), after


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
    *one, _ = slip_reason(*first, digits)
    more = slip_reason(*other, digits)
    verb = first[0].words.rpartition("{number}")[2].rstrip(".")
    start = str(more[0])
    return (*one, f"{verb}, or {start[:1].lower()}{start[1:]}", *more[1:])
