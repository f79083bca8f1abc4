"""Numbers that were copied: from before an update, or from another place of the sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flint import fmpq

from derive.check.readings import Reading
from derive.check.reasons import shown_number
from derive.check.slips import swapped_of
from derive.check.telling import known
from derive.check.walk import Mark, Walk
from derive.expression import Ref
from derive.mistakes import Pieces
from derive.numbers import Number, within
from derive.quantity import Quantity
from derive.wording import phrase

FEW = 20
"""Half units that a number needs before it can be told that it was copied from somewhere."""


def as_before(at: int, reading: Reading, marks: Mapping[int, Mark], found: Walk) -> Quantity | None:
    """The same quantity before the update, where its value stands here digit for digit."""
    old = reading.rules.unmoved.get(at)
    if old is None or not marks[at].value:
        return None
    before = marks[old].value if old in marks else found.used[old]
    if not isinstance(before, fmpq) or before != marks[at].value:
        return None
    return reading.definition.program.quantities[old]


def copied_from(at: int, reading: Reading, marks: Mapping[int, Mark], truth: Sequence[Number]) -> Quantity | None:
    """Another quantity of the same kind whose value this is."""
    mark, quantities = marks[at], reading.definition.program.quantities
    own = quantities[at]
    if not mark.places or within(mark.value, fmpq(0), FEW * mark.half):
        return None
    for place, other in enumerate(quantities):
        if other.kind == own.kind and place != at and not other.constant:
            theirs = marks.get(place)
            if within(truth[place], mark.middle, mark.half) or (theirs and theirs.value == mark.value):
                return other
    return None


def copied_reason(other: Quantity, mark: Mark, right: Number) -> Pieces:
    """That a number is another one's; or else the right one with two digits swapped, which nobody can tell apart."""
    swapped = swapped_of(mark, right) if known(right) else None
    if swapped is None:
        return (phrase("reason_copied", name=Ref(other)),)
    return (phrase("reason_swapped_or_copied", number=shown_number(swapped, mark), name=Ref(other)),)
