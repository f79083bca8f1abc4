"""One walk through the computation beside a writer: what each step gives with the numbers that the writer used.

A stated value stands for itself and for every unrounded number behind it that the writer may have gone on with. What
is not stated is computed from the nearest stated values. Two computations run side by side once a value is wrong: one
with the writer's own numbers, one as if that value had been right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from flint import arb, fmpq

from derive.numbers import Number, around, half_unit, widened, within
from derive.program import Line, Program, Registers
from derive.reach import EVERYTHING

NOTHING: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Mark:
    """A stated value: the number, half a unit of its last place (0 for an exact one), and every number it can be."""

    value: fmpq
    places: int | None
    half: fmpq
    box: Number
    true: bool
    """It is the true value, correctly rounded."""
    digits: int
    """Significant digits; 0 where the number is written as 0, without end where it is exact."""

    @classmethod
    def of(cls, value: fmpq, places: int | None, truth: Number) -> Mark:
        half = fmpq(0) if places is None else half_unit(places)
        box = value if places is None else around(value, half)
        return cls(value, places, half, box, within(truth, value, half), _significant(value, half, truth))


MANY = 99


def _significant(value: fmpq, half: fmpq, truth: Number) -> int:
    """The significant digits of a stated number."""
    if not half or (not value and isinstance(truth, fmpq) and not truth):
        return MANY
    shown = value / (2 * half)
    return len(str(int(shown.p // shown.q)).lstrip("-")) if value else 0


@dataclass(slots=True)
class Walk:
    """What every step gives (`gives`), what is used from then on (`used`), and the verdict on each stated value.

    `right` holds the places whose value is what correct work with the writer's numbers gives; `wrong` those whose
    value is not; `follows` those that are right only if an earlier wrong value is taken over, with these places.
    """

    gives: Registers
    used: Registers
    instead: Registers
    """`used`, as if no value had been wrong."""
    right: set[int] = field(default_factory=set)
    wrong: list[int] = field(default_factory=list)
    follows: dict[int, frozenset[int]] = field(default_factory=dict)
    tainted: dict[int, frozenset[int]] = field(default_factory=dict)
    """Places that depend on wrong values, with these."""
    before: dict[int, frozenset[int]] = field(default_factory=dict)
    """Wrong places whose step uses earlier wrong values, with these."""
    unknown: set[int] = field(default_factory=set)
    """Places of values that could not be read, and of what is not stated and depends on them."""
    unjudged: set[int] = field(default_factory=set)
    """Stated values that depend on unknown ones."""


def walk(
    program: Program,
    givens: Sequence[Number],
    marks: Mapping[int, Mark],
    places: Sequence[int | None],
    by_parts: Mapping[int, Line],
    unread: AbstractSet[int] = NOTHING,
) -> Walk:
    """Every step beside the writer's numbers; `places` are the decimals to which unstated results are rounded.

    `by_parts` has other formulas for some results, in parts that the writer may have worked out first; `unread` are
    the places whose stated values nobody knows.
    """
    empty: Registers = [*givens, *[fmpq(0)] * len(program.lines)]
    found = Walk(empty, list(empty), list(empty), unknown=set(unread))
    for line in program.lines:
        at = line.target
        if found.unknown and not found.unknown.isdisjoint((at, *line.sources)):
            _leave_open(found, at, marks.get(at))
            continue
        roots = _roots(found.tainted, line.sources)
        reach = program.reach(line)
        number = found.gives[at] = reach(found.used)
        alone = reach(found.instead) if roots else number
        mark = marks.get(at)
        if mark is None:
            decimals = places[at]
            found.used[at] = number if decimals is None else widened(number, decimals)
            found.instead[at] = found.used[at] if not roots else alone if decimals is None else widened(alone, decimals)
            if roots:
                found.tainted[at] = roots
            continue
        other = by_parts.get(at)
        if other is not None and not meets(alone, mark.box) and not meets(number, mark.box):
            roots = _roots(found.tainted, other.sources)
            number = program.reach(other)(found.used)
            alone = program.reach(other)(found.instead)
        _judge(found, at, mark, number, alone, roots)
    return found


def _leave_open(found: Walk, at: int, mark: Mark | None) -> None:
    """A step whose numbers are not known: what is stated for it stands, what is not is unknown too."""
    found.gives[at] = EVERYTHING
    found.used[at] = found.instead[at] = EVERYTHING if mark is None else mark.box
    (found.unknown if mark is None else found.unjudged).add(at)


def _roots(tainted: Mapping[int, frozenset[int]], sources: Sequence[int]) -> frozenset[int]:
    if not tainted:
        return NOTHING
    return NOTHING.union(*(tainted[source] for source in sources if source in tainted))


def _judge(found: Walk, at: int, mark: Mark, number: Number, alone: Number, roots: frozenset[int]) -> None:
    """Whether a stated value is what its step gives, with the writer's numbers or with right ones in their place."""
    if meets(alone, mark.box):
        found.right.add(at)
        found.used[at] = found.instead[at] = behind(mark, alone)
        if roots and meets(number, mark.box):
            # The digits do not show the earlier wrong value, but the writer may go on with it.
            found.tainted[at] = roots
            found.used[at] = arb(found.used[at]).union(arb(behind(mark, number)))
    elif mark.true:
        found.right.add(at)
        found.used[at] = found.instead[at] = mark.box
    elif roots and meets(number, mark.box):
        found.follows[at] = found.tainted[at] = roots
        found.used[at] = behind(mark, number)
        found.instead[at] = shown_like(mark, alone)
    else:
        found.wrong.append(at)
        if roots:
            found.before[at] = roots
        found.tainted[at] = frozenset({at})
        found.used[at] = mark.box
        found.instead[at] = shown_like(mark, alone)


def meets(number: Number, box: Number) -> bool:
    """Whether two ranges have a number in common; one that says nothing meets everything."""
    if isinstance(number, fmpq):
        return bool(number == box) if isinstance(box, fmpq) else bool(box.contains(number))
    return bool(number.overlaps(arb(box))) or not number.is_finite()


def behind(mark: Mark, number: Number) -> Number:
    """What a writer may have gone on with who wrote this: the number as written, or what was rounded to it."""
    if isinstance(mark.box, fmpq) or (isinstance(number, fmpq) and number == mark.value):
        return mark.value
    if isinstance(number, fmpq):
        return arb(mark.value).union(arb(number))
    if not number.is_finite():
        return mark.box
    return arb(mark.value).union(number.intersection(mark.box))


def shown_like(mark: Mark, number: Number) -> Number:
    """A right number, rounded as the writer rounds."""
    return number if mark.places is None else widened(number, max(mark.places, 0))
