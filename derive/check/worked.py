"""The line that somebody wrote: what it comes to, and what it shows of how the step was set up.

A line such as `0.7729 - 0.99 = 0.2171` says more than its last number: here the step is set up rightly and a sign was
lost. Nothing may be said of a step that its own line contradicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from flint import fmpq

from derive.check.model import Explanation
from derive.check.slips import find_slip
from derive.check.stated import Mark, meets
from derive.check.style import boxed
from derive.expression import Const, Digits, Node, Ref, Shown, leaves, quantities
from derive.mistakes import Pieces
from derive.numbers import Number, OutsideDomain, Undecided, compile_value, half_unit, middle, significant, within
from derive.quantity import Quantity
from derive.wording import phrase
from derive.work.model import Stated, as_written

OFF = 3
"""Half units by which a written result and the number that its line comes to may differ by rounding."""
LEAST_DIGITS = 2
"""Significant digits of what a line comes to, where it is said."""
SLIPS = frozenset({"sign", "swapped", "point", "digit"})
"""Slips of the pen that are told, by `worked_...`, at the end of a line that is set up rightly."""
MISCALCULATED = "worked-out"
"""The slip of a line that is set up rightly and comes to something else."""


class Written:
    """The line of one stated value, with the numbers that the writer had for its letters."""

    def __init__(self, one: Stated, numbers: Mapping[Quantity, Number]) -> None:
        self.sides = [side for side in one.shown if calculates(side)]
        self.numbers = numbers

    def comes_to(self) -> tuple[Node, fmpq] | None:
        """The last calculation of the line that has numbers in it, and what it is."""
        for side in reversed(self.sides):
            letters = quantities(side)
            if all(isinstance(leaf, Ref) for leaf in leaves(side)) or not set(letters) <= self.numbers.keys():
                continue
            try:
                return side, middle(compile_value(side)({q: self.numbers[q] for q in letters}))
            except (OutsideDomain, Undecided):
                continue
        return None

    def slipped(self, mark: Mark, gives: Number, plain: Number | None) -> tuple[str, Pieces] | None:
        """The slip of a line that is set up rightly but comes to another number than stands at its end.

        `gives` is the range of the step, `plain` what it is with the numbers as they are written.
        """
        found = self.comes_to()
        if found is None or not mark.half:
            return None
        side, number = found
        room = boxed(number, mark.half)
        if within(number, mark.middle, OFF * mark.half) or not meets(gives, room):
            return None
        if plain is not None and not within(plain, number, OFF * mark.half):
            return None
        slip = find_slip(mark, number)
        key = slip[0].key if slip is not None and slip[0].key in SLIPS else MISCALCULATED
        result = Shown(significant(number, max(mark.digits, LEAST_DIGITS)), True)
        how = phrase(f"worked_{key}" if key in SLIPS else "worked_out_wrongly")
        return key, (phrase("reason_calculation", calculation=as_written(side), result=result, slip=how),)

    def denies(self, explanation: Explanation, right: Mapping[Quantity, Node], at: Quantity) -> bool:
        """Whether the line shows a number that a reason says is missing, or lacks one that it says was put in."""
        figures = list(self._figures())
        if not figures:
            return False
        return any(
            self._denied(rewrite.formula, right[rewrite.target], figures, rewrite.target == at)
            for rewrite in explanation.rewrites
            if rewrite.target in right
        )

    def _denied(self, wrong: Node, right: Node, figures: Sequence[Const], here: bool) -> bool:
        used, needed = quantities(wrong), quantities(right)
        kept = [self.numbers[q] for q in used if q in self.numbers]
        for quantity in needed:
            number = self.numbers.get(quantity)
            if quantity in used or number is None or self._telling(number) is False:
                continue
            if _among(number, figures) and not any(_alike(number, other) for other in kept):
                return True
        if not here or len(self.sides) == 0 or any(quantities(side) for side in self.sides):
            return False
        strange = [self.numbers[q] for q in used if q not in needed and q in self.numbers]
        return any(not _among(number, figures) for number in strange)

    @staticmethod
    def _telling(number: Number) -> bool:
        """Whether a number can be told from a factor or an exponent of the formula itself."""
        return middle(number) not in (0, 1, 2, -1, fmpq(1, 2))

    def _figures(self) -> Iterator[Const]:
        for side in self.sides:
            yield from (leaf for leaf in leaves(side) if isinstance(leaf, Const))


def calculates(side: Node) -> bool:
    """Whether one side of a line works something out, and is not one number or one letter."""
    return not isinstance(side, Const | Ref | Shown) and len(list(leaves(side))) > 1


def _among(number: Number, figures: Sequence[Const]) -> bool:
    return any(_is(number, figure) for figure in figures)


def _is(number: Number, figure: Const) -> bool:
    """Whether a figure of a line is a number, but for its sign, which may stand in the operation."""
    value = abs(fmpq(figure.value.numerator, figure.value.denominator))
    if not isinstance(figure, Digits):
        return bool(abs(middle(number)) == value)
    return within(abs(middle(number)), value, half_unit(figure.places))


def _alike(one: Number, other: Number) -> bool:
    return bool(abs(abs(middle(one)) - abs(middle(other))) * 1000 <= abs(middle(one)))
