"""What a writer went on with after a wrong value: that value, or the right one, which then was only written wrongly."""

from __future__ import annotations

from collections.abc import Mapping

from flint import arb, fmpq

from derive.check.reasons import shown_number
from derive.check.telling import known
from derive.check.walk import Mark, Walk, meets
from derive.check.walked import roots_of
from derive.mistakes import Pieces
from derive.numbers import around, middle
from derive.program import Program
from derive.wording import phrase


def went_on_rightly(at: int, program: Program, marks: Mapping[int, Mark], found: Walk) -> bool:
    """Whether later values were worked out with the right number in the place of a wrong one, and none with that.

    Only values tell that would be others with the number as it is written, and depend on no other wrong one.
    """
    if any(at in roots for roots in found.follows.values()):
        return False
    alone = frozenset({at})
    return any(
        place > at
        and (line := program.line(place)) is not None
        and roots_of(found.tainted, line.sources) == alone
        and not meets(found.gives[place], marks[place].box)
        for place in found.right
        if place in marks
    )


def went_on(at: int, meant: fmpq | None, program: Program, marks: Mapping[int, Mark], found: Walk) -> Pieces:
    """The right number, where later values show that the writer went on with it; nothing where none does."""
    number = found.gives[at]
    if not known(number) or not went_on_rightly(at, program, marks, found):
        return ()
    # A number of fewer digits may be what was written wrongly; that it was gone on with, nothing tells.
    plain = meant is not None and meets(number, around(meant, marks[at].half))
    right = meant if plain and meant is not None else _as_written(at, program, marks, found)
    return (" ", phrase("reason_pen", number=shown_number(right, marks[at])))


def _as_written(at: int, program: Program, marks: Mapping[int, Mark], found: Walk) -> fmpq:
    """What a step gives with the numbers before it as they are written: of a wide range the middle says nothing."""
    line = program.line(at)
    assert line is not None
    registers = list(found.gives)
    for source in line.sources:
        mark = marks.get(source)
        if mark is not None:
            registers[source] = mark.value
    number = line.value(registers)
    return middle(number if meets(number, arb(found.gives[at])) else found.gives[at])
