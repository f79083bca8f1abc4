"""Numbers used coarser than they were written: right where one such rounding gives every digit that is shown.

A writer may state 0.679178699 and go on with 0.679, or put 0.751 into a line after 0.7514. That is right work, but it
widens no range: the rounding must be one, the same for all numbers of the step or those that the line itself shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from flint import arb, fmpq

from derive.check.style import LEAST_PLACES, MOST_DIGITS, leading
from derive.check.walk import Mark, Rules, meets
from derive.expression import Digits, Node, leaves
from derive.numbers import Number, OutsideDomain, Undecided, around, half_unit, middle, rounded, within
from derive.program import Line, Program, Registers

MOST_LOST = 10
"""One part in so many that a number may lose when it is rounded to be used."""
NARROW = 4
"""One part in so many of a number that the range of what it may be has at most, to say something."""
ENOUGH_DIGITS = 3
"""Significant digits from which on it means something that a rounding gives every digit."""
FEW_FIGURES = 4
"""Significant figures to which somebody may round a sheet on which few numbers show that."""


def used_coarser(
    stretch: Sequence[Line], registers: Registers, marks: Mapping[int, Mark], shows: Sequence[Node], ties: str
) -> bool:
    """Whether a stated value comes out digit for digit once its numbers are rounded further, in one way.

    `stretch` are its step and those before it that are not stated, `registers` the right numbers of the writer, and
    `shows` what the line shows between the name and the number.
    """
    line = stretch[-1]
    mark = marks[line.target]
    if mark.digits < ENOUGH_DIGITS or mark.places is None:
        return False
    seen = _as_shown(line, registers, shows)
    if seen is not None and _gives([line], seen, mark):
        return True
    return any(_gives(stretch, numbers, mark) for numbers in _roundings(stretch, registers, marks, ties))


def hidden_coarser(
    stretch: Sequence[Line],
    registers: Registers,
    marks: Mapping[int, Mark],
    finest: int,
    ties: str,
    in_full: bool,
) -> bool:
    """Whether a stated value comes out of results that are not stated and were all rounded to few decimals.

    On a sheet of mixed decimals some results may have been rounded coarser than all that are shown, of which none has
    fewer than `finest`. The stated number must then come out in full, or have digits enough to tell. Exact numbers tell
    of no rounding: beside them it must come out `in_full`.
    """
    *before, line = stretch
    mark = marks[line.target]
    if not before or mark.places is None or not mark.value:
        return False
    for places in range(finest - 1, LEAST_PLACES - 1, -1):
        found = _with_hidden(stretch, registers, marks, partial(rounded, decimals=places, ties=ties))
        if found is None:
            continue
        number, recognised = found
        if not recognised:
            return False
        if not in_full and mark.digits >= ENOUGH_DIGITS and within(number, mark.middle, mark.half):
            return True
        if isinstance(number, fmpq) and number == mark.value:
            return True
    return False


def hidden_in_figures(stretch: Sequence[Line], registers: Registers, marks: Mapping[int, Mark], ties: str) -> bool:
    """Whether a stated value comes out of results that are not stated, all rounded to as many figures as it has.

    A single number below 1 does not tell decimals from significant figures: 0.1166 has four of both, and its writer may
    have gone on with 1.168.
    """
    mark = marks[stretch[-1].target]
    if len(stretch) < 2 or mark.places is None or not FEW_FIGURES <= mark.digits <= MOST_DIGITS:
        return False

    def shortened(number: Number) -> fmpq:
        return fmpq(0) if number == 0 else rounded(number, mark.digits - 1 - leading(number), ties)

    found = _with_hidden(stretch, registers, marks, shortened)
    return found is not None and within(found[0], mark.middle, mark.half)


def _with_hidden(
    stretch: Sequence[Line], registers: Registers, marks: Mapping[int, Mark], shortened: Callable[[Number], fmpq]
) -> tuple[Number, bool] | None:
    """What the last step gives with the results before it rounded, and whether these are still about what they were."""
    *before, line = stretch
    starts = {at: marks[at].value if at in marks else registers[at] for one in stretch for at in one.sources}
    numbers = _with(registers, starts)
    try:
        for one in before:
            number = one.value(numbers)
            numbers[one.target] = shorter = shortened(number)
            if not _still_itself(shorter, number):
                return number, False
        return line.value(numbers), True
    except (OutsideDomain, Undecided):
        return None


def within_coarser(
    stretch: Sequence[Line], program: Program, registers: Registers, mark: Mark, rules: Rules, places: int
) -> bool:
    """Whether a stated value is in range once results that are not stated may have been rounded to so few decimals.

    The range must be narrow beside the number, or it would hold any. Of many roundings some go up and some down, so
    their sum grows like the root of their number.
    """
    used, found = list(registers), registers[stretch[-1].target]
    for line in stretch:
        last = line is stretch[-1]
        found = rules.step(program, line, used, mark if last else None)
        used[line.target] = found if last else rules.style.loosened(found, places)
    if isinstance(found, fmpq):
        return bool(mark.box == found) if isinstance(mark.box, fmpq) else bool(mark.box.contains(found))
    narrow = found.is_finite() and found.rad() <= max(abs(mark.value) / NARROW, 2 * mark.half)
    likely = arb(found.mid(), found.rad() / arb(max(1, len(stretch) - 1)).sqrt())
    return narrow and meets(likely, mark.box)


def worked_anew(
    line: Line,
    program: Program,
    by_parts: Mapping[int, Sequence[Line]],
    registers: Registers,
    marks: Mapping[int, Mark],
) -> bool:
    """Whether a stated value comes out digit for digit with numbers before it that were worked out once more.

    Somebody who has 0.01 on the sheet for 0.0144 may go on with what led to it. All numbers are as they are written, so
    that this widens no range either; `registers` are the right ones.
    """
    mark = marks[line.target]
    hand = [
        marks[at].value if at in marks and meets(number, marks[at].value) else number
        for at, number in enumerate(registers[: line.target])
    ]
    for way in (line, *by_parts.get(line.target, ())):
        anew = {at: _anew(at, program, by_parts, hand) for at in way.sources if at in marks}
        trials = [{at: number} for at, numbers in anew.items() for number in numbers]
        if len(anew) > 1 and all(anew.values()):
            trials.append({at: numbers[0] for at, numbers in anew.items()})
        for trial in trials:
            try:
                number = way.value([trial.get(at, number) for at, number in enumerate(hand)])
            except (OutsideDomain, Undecided):
                continue
            if _finite(number) and within(middle(number), mark.middle, mark.half):
                return True
    return False


def _anew(at: int, program: Program, by_parts: Mapping[int, Sequence[Line]], hand: Registers) -> list[Number]:
    """What a number is when it is worked out once more, by each way, with the numbers at hand."""
    line = program.line(at)
    found: list[Number] = []
    for way in () if line is None else (line, *by_parts.get(at, ())):
        try:
            number = way.value(hand)
        except (OutsideDomain, Undecided):
            continue
        found += [middle(number)] if _finite(number) else []
    return found


def _finite(number: Number) -> bool:
    """Stated numbers may be so large that nothing is known of what they give."""
    return isinstance(number, fmpq) or bool(number.is_finite())


def _gives(stretch: Sequence[Line], numbers: Registers, mark: Mark) -> bool:
    """Whether the steps, worked with these numbers and nothing rounded on the way, lead to the stated number."""
    registers = list(numbers)
    try:
        for line in stretch:
            registers[line.target] = line.value(registers)
    except (OutsideDomain, Undecided):
        return False
    return within(registers[stretch[-1].target], mark.middle, mark.half)


def _roundings(
    stretch: Sequence[Line], registers: Registers, marks: Mapping[int, Mark], ties: str
) -> Iterator[Registers]:
    """The stated and given numbers that the steps start from, all rounded to fewer and fewer decimals."""
    made = {line.target for line in stretch}
    starts = {at: registers[at] for line in stretch for at in line.sources if at not in made}
    starts = {at: marks[at].value if at in marks else number for at, number in starts.items()}
    finest = max((marks[at].places or 0 for at in starts if at in marks), default=0)
    for places in range(finest - 1, 0, -1):
        try:
            shorter = {at: rounded(number, places, ties) for at, number in starts.items()}
        except Undecided:
            # A number that is not known well enough has no one rounding.
            continue
        if all(_still_itself(number, starts[at]) for at, number in shorter.items()):
            yield _with(registers, shorter)


def _still_itself(shorter: fmpq, number: Number) -> bool:
    """Whether a rounded number is still about the number: nobody goes on with 0 for 0.04, or with 0.1 for 0.06."""
    return bool(abs(arb(shorter) - number) * MOST_LOST <= abs(arb(number)))


def _as_shown(line: Line, registers: Registers, shows: Sequence[Node]) -> Registers | None:
    """The numbers of a step with those of the line in place of what they are rounded from."""
    figures = [leaf for tree in shows for leaf in leaves(tree) if isinstance(leaf, Digits)]
    found: dict[int, Number] = {}
    for at in line.sources:
        fits = [figure for figure in figures if meets(registers[at], around(_value(figure), half_unit(figure.places)))]
        if fits:
            found[at] = _value(max(fits, key=lambda figure: figure.places))
    return _with(registers, found) if found else None


def _value(figure: Digits) -> fmpq:
    return fmpq(figure.value.numerator, figure.value.denominator)


def _with(registers: Registers, changed: Mapping[int, Number]) -> Registers:
    """Registers with some numbers in place of others, and no ranges."""
    copied = list(registers)
    for at, number in changed.items():
        copied[at] = number
    return copied
