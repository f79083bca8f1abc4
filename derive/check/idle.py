"""Numbers that show no work: a 0, or an old value in the place of the new one, where another number is right."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from flint import fmpq

from derive.check.stated import Mark, meets
from derive.check.style import boxed
from derive.check.walked import Rules, Walk
from derive.numbers import Number, OutsideDomain, Undecided, half_unit, middle, within
from derive.program import Line, Program

ABOUT_ZERO = fmpq(3, 2)
"""Half units around 0 in which the true value lies, or the middle of a range, for which a 0 may be written."""
FEW = 40
"""Half units of the sheet's decimals in which the range of a new value lies for which the old one may stand shorter."""
APART = 10
"""Half units by which a result must have moved before it is doubted that the old one was meant."""


def idle(
    found: Walk,
    line: Line,
    number: Number,
    alone: Number,
    roots: frozenset[int],
    marks: Mapping[int, Mark],
    rules: Rules,
    near: AbstractSet[int],
) -> bool:
    """Whether a number shows no work: a 0, or the value before the update digit for digit, where another is right.

    Such numbers lie in many a wide range, so they must be right to the decimals of the sheet, or follow narrowly from
    an own wrong value. A parameter that its gradient should move does not follow from a gradient wrongly taken as 0,
    but in equations, where a lost path often leaves 0; `near` are the values that the step uses.
    """
    at = line.target
    mark = marks[at]
    if not mark.half or mark.places is None:
        return False
    old = rules.unmoved.get(at)
    if mark.value and (old is None or not same_digits(rules.written, old, at)):
        return False
    # How far a 0 goes is in its mark already.
    shown = max(mark.places, rules.style.usual) if rules.style.regular and mark.value else mark.places
    half = mark.half if shown <= mark.places else half_unit(shown)
    if not isinstance(alone, fmpq) and not alone.is_finite():
        return False
    if within(rules.truth[at], mark.value, half) or _from_shown(found, line, mark.value, half, marks):
        return False
    stays = bool(roots) and _stays(found, line, mark, marks)
    if not mark.value:
        near_zero = abs(middle(alone)) <= ABOUT_ZERO * half or within(rules.truth[at], fmpq(0), ABOUT_ZERO * half)
        likely = meets(alone, mark.box) and (near_zero or rules.carried(at) == mark.value)
        return not (
            likely
            or cut_to_nothing(mark, line, rules)
            or (not roots and rules.unseen(line, found.instead))
            or (roots and (_narrowly(number, mark, half, 2 * mark.half) or stays))
        )
    if _narrowly(alone, mark, half, mark.half if mark.places >= shown else FEW * half):
        return False
    carried = rules.carried(at)
    if mark.places >= shown and mark.value in (carried, rules.unrounded(at)):
        return False
    if at not in rules.moving:
        # Small steps leave many results as they were: only what should be clearly another number is doubted.
        far = carried is not None and not within(carried, mark.value, APART * half)
        return far and not (roots and meets(number, boxed(mark.value, half)))
    if at in rules.never_still and any(root in marks and not marks[root].value for root in roots & near):
        return True
    return not (roots and (_narrowly(number, mark, half, 2 * mark.half) or stays))


def same_digits(written: Mapping[int, tuple[fmpq, int | None]], old: int, at: int) -> bool:
    """Whether a number is an old one digit for digit, but for zeros at its end."""
    if old not in written or at not in written:
        return False
    (before, places), (value, shown) = written[old], written[at]
    return before == value and (places is None or shown is None or shown <= places)


def cut_to_nothing(mark: Mark, line: Line, rules: Rules) -> bool:
    """Whether a 0 comes out where every result is cut off: a factor of 0.00009 that nobody sees is then 0.0000."""
    return not mark.value and rules.vanishes(line)


def as_before(found: Walk, at: int, mark: Mark, rules: Rules) -> bool:
    """Whether a new value is the old one: no rounding of its step makes that right."""
    old = rules.unmoved.get(at)
    return old is not None and isinstance(found.used[old], fmpq) and found.used[old] == mark.value


def _from_shown(found: Walk, line: Line, value: fmpq, half: fmpq, marks: Mapping[int, Mark]) -> bool:
    """Whether a number comes out of right numbers, all shown or given, just as they are written."""
    if not all(source in found.right or source < found.givens for source in line.sources):
        return False
    registers = list(found.used)
    for source in line.sources:
        if source in marks:
            registers[source] = marks[source].value
    try:
        return within(line.value(registers), value, half)
    except (OutsideDomain, Undecided):
        return False


def _stays(found: Walk, line: Line, mark: Mark, marks: Mapping[int, Mark]) -> bool:
    """Whether the writer's own numbers, as they are written, give a 0, or leave an old value as it was."""
    try:
        number = line.value([marks[at].value if at in marks else own for at, own in enumerate(found.used)])
    except (OutsideDomain, Undecided):
        return False
    if not mark.value:
        return within(number, fmpq(0), mark.half)
    return isinstance(number, fmpq) and bool(number == mark.value)


def used_by(program: Program, line: Line) -> frozenset[int]:
    """What a step uses, and what the steps just before it use."""
    before = (program.line(source) for source in line.sources)
    return frozenset(line.sources).union(*(one.sources for one in before if one is not None))


def _narrowly(number: Number, mark: Mark, half: fmpq, widest: fmpq) -> bool:
    """Whether a stated number is in a range that is about as narrow as its own rounding."""
    narrow = isinstance(number, fmpq) or (number.is_finite() and number.rad() <= widest)
    return narrow and meets(number, boxed(mark.value, half))
