"""Results that are worked out once more: somebody may go another way than over the numbers of the sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flint import arb, fmpq

from derive.check.stated import Mark, meets
from derive.check.style import boxed
from derive.check.walked import Rules, Walk, roots_of
from derive.expression import Ref
from derive.numbers import Number, half_unit
from derive.program import Line, Program, Registers

WIDEST = 12
"""Half units: a result that is less certain is not worked out once more."""
SHARE, SMALL_SHARE = 50, 2000
"""One part in so many of a result by which it may differ that is worked out once more, from shown numbers or not."""


def go_again(found: Walk, program: Program, line: Line, marks: Mapping[int, Mark], rules: Rules) -> None:
    """What somebody may use for a result who does not take it from the sheet but works it out once more.

    Where an own wrong value leads to another result than the one that is stated, that other result is used.
    """
    at = line.target
    ways = {source for way in (line, *rules.by_parts.get(at, ())) for source in way.sources}
    roots = roots_of(found.tainted, ways) | roots_of(found.again_tainted, ways)
    found.again[at] = _with_more(found.used[at], found.again, program, line, marks, rules, apart=bool(roots))
    found.again_instead[at] = found.again[at]
    if roots or at in found.tainted:
        found.again_instead[at] = _with_more(found.instead[at], found.again_instead, program, line, marks, rules)
    if at in found.follows and not meets(found.gives[at], marks[at].box):
        # It follows by another way; who takes the plain one has another number.
        found.again[at] = found.gives[at]
    if roots:
        found.again_tainted[at] = roots


def anew(
    found: Walk, program: Program, line: Line, marks: Mapping[int, Mark], rules: Rules
) -> Iterator[tuple[Line, Registers, frozenset[int]]]:
    """The ways to a result with own numbers before it worked out once more from those that are stated.

    First with one of them, then with all of the line; with the wrong values that all of this depends on. Stated numbers
    are as they are written, so that no range becomes wide by it. A wrong value that was gone on with is not worked out
    rightly later.
    """
    gone_on = {root for roots in found.follows.values() if len(roots) == 1 for root in roots}.intersection(found.wrong)
    written = [marks[at].value if at in marks else number for at, number in enumerate(found.used)]
    for way in (line, *rules.by_parts.get(line.target, ())):
        trials: list[dict[int, Line]] = []
        for source in way.sources:
            before = program.line(source)
            if source in marks and before is not None and source not in gone_on:
                trials += [{source: other} for other in (before, *rules.by_parts.get(source, ()))]
        if len({source for trial in trials for source in trial}) > 1:
            trials.append({source: other for trial in reversed(trials) for source, other in trial.items()})
        for trial in trials:
            used = {at for at in way.sources if at not in trial}.union(*(other.sources for other in trial.values()))
            roots = roots_of(found.tainted, used)
            if roots:
                registers = list(written)
                for source, other in trial.items():
                    number = rules.step(program, other, written, marks[source])
                    registers[source] = rules.style.loosened(number, marks[source].places)
                if all(_narrow(registers[source], WIDEST * marks[line.target].half) for source in trial):
                    yield way, registers, roots


def _narrow(number: Number, widest: fmpq) -> bool:
    return isinstance(number, fmpq) or bool(number.is_finite() and number.rad() <= widest)


def _with_more(
    number: Number,
    again: Registers,
    program: Program,
    line: Line,
    marks: Mapping[int, Mark],
    rules: Rules,
    apart: bool = False,
) -> Number:
    """A number, or what its step gives once more, where that is not known worse than the sheet shows it.

    With `apart` another result takes the number's place where the two have nothing in common.
    """
    mark = marks.get(line.target)
    if mark is None and isinstance(line.formula, Ref):
        # The same number under another name: it is what the other one is.
        return again[line.sources[0]]
    if mark is None and apart:
        return _by_tainted_parts(number, again, program, line, rules)
    if mark is None or (isinstance(number, fmpq) and not mark.half):
        return number
    hidden = rules.places[line.target]
    widest = WIDEST * (mark.half if hidden is None else max(mark.half, half_unit(hidden)))
    givens = len(program.quantities) - len(program.lines)
    for other in (line, *rules.by_parts.get(line.target, ())):
        more = rules.step(program, other, again, mark)
        shown = all(source in marks or source < givens for source in other.sources)
        if not isinstance(more, fmpq) and not _well_known(more, mark, widest, shown):
            continue
        room = widest if isinstance(more, fmpq) else max(widest, fmpq(1, SHARE) * abs(mark.middle))
        if meets(more, boxed(mark.middle, room)):
            number = arb(number).union(arb(more))
        elif apart:
            number = more
    return number


def _by_tainted_parts(number: Number, again: Registers, program: Program, line: Line, rules: Rules) -> Number:
    """A result that is not shown, made from other numbers than its step uses where these lead elsewhere."""
    for other in rules.by_parts.get(line.target, ()):
        more = rules.style.loosened(rules.step(program, other, again, None), rules.places[line.target])
        if (isinstance(more, fmpq) or more.is_finite()) and not meets(more, number):
            return more
    return number


def _well_known(number: arb, mark: Mark, widest: fmpq, shown: bool) -> bool:
    """Whether a range is narrow enough to be another result of a step.

    What comes from numbers that are all shown may be wider, in proportion to its size, than what does not.
    """
    if not number.is_finite():
        return False
    if (SHARE if shown else SMALL_SHARE) * number.rad() <= abs(number.mid()):
        return True
    if number.rad() > widest:
        return False
    return bool(number.rad() <= 2 * mark.half or 2 * number.rad() <= abs(number.mid()))
