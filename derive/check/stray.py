"""Numbers that stray: a wide range holds many that no working leads to.

Every rounding on the way makes the range of a result wider, as if all of them went the same way. Real ones do not, so
that right numbers lie near what some plain working gives: the true value, that with every result rounded like the
sheet, or what comes out of the numbers before it as they are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flint import fmpq

from derive.check.stated import Mark
from derive.check.walked import Rules, Walk, roots_of
from derive.numbers import OutsideDomain, Undecided, middle, within
from derive.program import Line, Registers

DIGITS, OPEN, FAR = fmpq(1), fmpq(3), fmpq(6)
"""Half units between a number and all plain workings from which on it is not theirs digit for digit, is not certainly
right, or is not right."""
SHARE = 20
"""One part in so many of a number that it must stray too, before it is not right."""


def far(mark: Mark) -> fmpq:
    """Half units from which on a number is not right: some, and a share of its size."""
    return max(FAR, abs(mark.middle) / (SHARE * mark.half)) if mark.half else FAR


def strays(found: Walk, line: Line, mark: Mark, marks: Mapping[int, Mark], rules: Rules, most: fmpq) -> bool:
    """Whether a stated number is further from all plain workings with right numbers than so many half units."""
    if mark.true or not mark.half:
        return False
    room = most * mark.half
    if rules.style.digits is not None:
        # What is left when large numbers cancel is as uncertain as these are, whatever its own digits.
        before = max((marks[source].half for source in line.sources if source in marks), default=mark.half)
        room = max(room, min(most, FAR) * before)
    at = line.target
    if not roots_of(found.tainted, line.sources) and any(
        within(middle(one), mark.middle, room) for one in rules.workings(at)
    ):
        return False
    if within(rules.truth[at], mark.middle, room):
        return False
    right = {source: marks[source] for source in found.right - found.tainted.keys()}
    return not any(within(one, mark.middle, room) for one in _workings(found.instead, line, rules, right))


def fits_own(found: Walk, line: Line, mark: Mark, marks: Mapping[int, Mark], rules: Rules) -> bool:
    """Whether a stated number comes out digit for digit from the writer's own numbers as they are written."""
    return any(within(one, mark.middle, mark.half) for one in _workings(found.used, line, rules, marks))


def _workings(registers: Registers, line: Line, rules: Rules, shown: Mapping[int, Mark]) -> Iterator[fmpq]:
    """What a step gives by each way with numbers as they are written, or else with the middle of what they may be."""
    for way in (line, *rules.by_parts.get(line.target, ())):
        numbers = {at: shown[at].value if at in shown else registers[at] for at in way.sources}
        if all(isinstance(number, fmpq) or number.is_finite() for number in numbers.values()):
            try:
                yield middle(way.value({at: middle(number) for at, number in numbers.items()}))
            except (OutsideDomain, Undecided):
                continue
