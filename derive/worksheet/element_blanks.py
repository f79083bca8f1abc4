"""How much of each line of a sheet of equations is left blank."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from derive.expression import Cases, Node
from derive.quantity import Quantity
from derive.worksheet.blanks import FORMULAS, RESULTS, SUBSTITUTIONS, WORKED
from derive.worksheet.element_questions import AGAIN, ElementItem
from derive.worksheet.options import PICTURE, SheetOptions
from derive.worksheet.questions import FADING


def faded(items: Sequence[ElementItem], options: SheetOptions) -> dict[Quantity, str]:
    """How much of each line is left blank.

    Where lines fade, the first element of an array is worked, the second half worked, and the rest as the options say;
    single numbers and short arrays of a topic take turns. Where there are few of them, all are to be done.
    """
    if not isinstance(options.blanks, str):
        return {item.quantity: FORMULAS if item.of_parameter(options.blanks) else WORKED for item in items}
    blanks = SUBSTITUTIONS if options.blanks == PICTURE else options.blanks
    arrays = Counter(item.group for item in items)
    levels: dict[Quantity, str] = {}
    together: dict[tuple[str, ...], list[ElementItem]] = {}
    for item in items:
        levels[item.quantity] = blanks
        long = arrays[item.group] >= FADING
        if options.fade and item.topic != AGAIN:
            together.setdefault(item.group if long else (item.topic,), []).append(item)
    for turn in together.values():
        for item, level in zip(turn, (WORKED, RESULTS) if len(turn) >= FADING else (), strict=False):
            levels[item.quantity] = level
    return levels


def nested(formula: Node) -> bool:
    """Whether a formula has cases within cases."""
    return isinstance(formula, Cases) and any(isinstance(branch.value, Cases) for branch in formula.branches)
