"""The one-line reasons of the judge: what makes a value right, and which mistakes explain a wrong one."""

from __future__ import annotations

from collections.abc import Sequence

from flint import fmpq

from derive.check.model import Explanation, Pieces
from derive.check.slips import Slip
from derive.expression import Node, Shown
from derive.numbers import significant

TRUE = "This is the true value to the digits given."
ROUNDED = "With the rounded numbers before it, this is right."
COARSER = "With the numbers before it rounded further, this is right."
LEFT_OPEN = ("The rounded numbers before it leave this value open; more decimals would tell.",)
NO_CHANGE = ("With these digits the new value shows as the old one; give more decimals.",)
TOO_FEW = "Too few digits are shown to tell."
UNREAD = "An earlier value could not be read, so this cannot be judged."
UNEXPLAINED = "Neither rounding nor a known mistake gives this number."
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
    """What slipped, with the number that was meant to as many digits as were written."""
    before, slot, after = slip.words.partition("{number}")
    return (before, Shown(significant(meant, digits), False), after) if slot else (before,)
