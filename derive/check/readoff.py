"""Which number of a sheet or of the problem was read wrongly: for one wrong value, or for several at once.

How a number may be read is in `misread`; here it is weighed how much of the sheet a reading explains, and whether it
would do so by chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from flint import fmpq

from derive.check.misread import Misreading, misreadings
from derive.check.readings import Reading
from derive.check.telling import LIKELY, known, radius
from derive.check.walk import Change, Mark, Walk, meets
from derive.expression import Const, Node, Ref, replace
from derive.mistakes import Pieces
from derive.numbers import middle
from derive.program import Program
from derive.quantity import Quantity
from derive.wording import phrase

MOST_READ = 8
"""Wrong values of a sheet for which a number may have been read wrongly."""
SEEDS = 2
"""Wrong values for which every reading is tried; at the others only those that fit one of these."""
MOST_SEEN = 200
"""Ways to read all numbers of a line of which one is more likely than not to fit by chance where much fits."""


def readings_for(
    at: int,
    reading: Reading,
    marks: Mapping[int, Mark],
    found: Walk,
    before: Sequence[Misreading] = (),
    only_before: bool = False,
    sure: bool = True,
) -> list[Misreading]:
    """How numbers may have been read for a wrong value; only as they were `before`, where that is asked."""
    definition = reading.definition
    if definition.program.line(at) is None or (only_before and not before):
        return []
    stretch = definition.explainer.stretch(at, frozenset(marks))
    program, used, right = definition.program, found.used, found.gives[at]
    some = misreadings(program, stretch, marks[at], used, reading.rules, right, before, sure, only_before)
    return [one for one in some if one in before] if only_before else some


def one_reading(
    at: int, reading: Reading, marks: Mapping[int, Mark], found: Walk, before: Sequence[Misreading]
) -> Misreading | None:
    """The one number that was read wrongly for a wrong value: of several the one that explains the most."""
    here = readings_for(at, reading, marks, found, before)
    if len(here) > 1:
        places = [place for place in found.wrong[:MOST_READ] if place != at]
        others = [readings_for(place, reading, marks, found, before) for place in places]
        fits = [sum(one in other for other in others) for one in here]
        here = [one for one, count in zip(here, fits, strict=True) if count == max(fits)]
    return here[0] if len(here) == 1 else None


def shared_reading(
    wrong: Iterable[int], reading: Reading, marks: Mapping[int, Mark], found: Walk
) -> tuple[Misreading, frozenset[int]] | None:
    """The one number whose reading gives several wrong values, and these; nothing where chance may do so."""
    explainer, stated = reading.definition.explainer, frozenset(marks)
    places = [at for at in wrong if reading.definition.program.line(at) is not None and marks[at].value][:MOST_READ]
    if len(places) < SEEDS:
        return None
    places.sort(key=lambda at: len(explainer.stretch(at, stated)))
    fits: dict[Misreading, set[int]] = {}
    for number, at in enumerate(places):
        seeds = tuple(fits) if number >= SEEDS else ()
        if number >= SEEDS and not seeds:
            break
        for one in readings_for(at, reading, marks, found, seeds, only_before=bool(seeds), sure=False):
            fits.setdefault(one, set()).add(at)
    sure = [
        (one, frozenset(some))
        for one, some in fits.items()
        if len(some) > 1 and _no_chance(some, marks, found) and not _only_signs(one, some, marks, found)
    ]
    most = max((len(some) for _, some in sure), default=0)
    best = [(one, some) for one, some in sure if len(some) == most]
    return best[0] if len(best) == 1 else None


def _only_signs(one: Misreading, places: Iterable[int], marks: Mapping[int, Mark], found: Walk) -> bool:
    """Whether a sign was overlooked and nothing but the signs of all these values is wrong, which says as much."""
    if Fraction(one.read.text) != -Fraction(one.right.text):
        return False
    return all(meets(found.gives[at], -marks[at].box) for at in places)


def _no_chance(places: Iterable[int], marks: Mapping[int, Mark], found: Walk) -> bool:
    """Whether it is unlikely that some reading gives all these values by chance."""
    expected = fmpq(MOST_SEEN)
    for at in places:
        right, mark = found.gives[at], marks[at]
        if not known(right):
            return False
        apart = abs(middle(right) - mark.middle)
        room = mark.half + middle(radius(right))
        expected *= min(2 * room / apart, fmpq(1)) if apart else 1
    return bool(expected * LIKELY < 1)


def read_in(one: Misreading, root: int, program: Program, marks: Mapping[int, Mark]) -> dict[int, Change]:
    """The steps that are not shown and use a number, done with what it was read as; it showed at a stated value."""
    if one.at in marks:
        return {}
    number = Const(Fraction(one.read.text))

    def other(quantity: Quantity) -> Node | None:
        return number if program.place[quantity] == one.at else None

    changes = {}
    for line in program.lines:
        if one.at in line.sources and line.target not in marks:
            wrong = program.compiled(program.quantities[line.target], replace(line.formula, other))
            changes[line.target] = Change(wrong, root)
    return changes


def read_as(one: Misreading, reading: Reading, marks: Mapping[int, Mark]) -> Pieces:
    """A number that was read wrongly, in words; a stated one is the writer's, and may be wrong itself."""
    number = Ref(reading.definition.program.quantities[one.at])
    if one.at in marks:
        return (phrase("reason_read_as", number=one.right, name=number, other=one.read),)
    return (phrase("reason_given_read_as", number=one.right, name=number, other=one.read),)
