"""One walk through the computation beside a writer: what each step gives with the numbers that the writer used.

A stated value stands for itself and for every unrounded number behind it that the writer may have gone on with. What
is not stated is computed from the nearest stated values. Two computations run side by side once a value is wrong: one
with the writer's own numbers, one as if that value had been right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from flint import arb, fmpq

from derive.check.again import WIDEST, anew, go_again
from derive.check.idle import as_before, cut_to_nothing, idle, same_digits, used_by
from derive.check.stated import Mark, behind, meets, shown_like
from derive.check.stray import DIGITS, OPEN, far, fits_own, strays
from derive.check.walked import NOTHING, Change, Rules, Walk, roots_of
from derive.numbers import Number
from derive.program import Line, Program, Registers
from derive.reach import EVERYTHING

__all__ = ["Change", "Mark", "Rules", "Walk", "meets", "same_digits", "walk", "walk_again"]


def walk(
    program: Program,
    givens: Sequence[Number],
    marks: Mapping[int, Mark],
    rules: Rules,
    unread: AbstractSet[int] = NOTHING,
    changes: Mapping[int, Change] | None = None,
    blank: Walk | None = None,
    like: tuple[Walk, int] | None = None,
) -> Walk:
    """Every step beside the writer's numbers.

    `unread` are the places whose stated values nobody knows; `changes` are steps known to have been done wrongly.
    `blank` is the walk of a sheet with nothing on it under the same rules; steps before which nothing is stated are
    taken over from it. `like` is a walk that is the same before a place, from which on it is walked anew.
    """
    first = len(givens)
    if like is not None:
        blank, found, first = None, like[0].until(like[1]), max(first, like[1])
    else:
        empty: Registers = [*givens, *[fmpq(0)] * len(program.lines)]
        found = (Walk(empty, empty, empty, empty, empty) if blank is None else blank).until(0)
        found.unknown, found.givens = set(unread), len(givens)
    changes = changes or {}
    moved = {*marks, *unread, *changes}
    for line in program.lines[first - len(givens) :]:
        at = line.target
        if blank is not None and at not in moved and moved.isdisjoint(line.sources):
            continue
        moved.add(at)
        if found.unknown and not found.unknown.isdisjoint((at, *line.sources)):
            _leave_open(found, at, marks.get(at))
            continue
        _go(found, program, line, marks, rules, changes.get(at))
    return found


def walk_again(
    like: Walk,
    program: Program,
    marks: Mapping[int, Mark],
    rules: Rules,
    changes: Mapping[int, Change],
    more: AbstractSet[int],
) -> Walk:
    """The walk with the steps of some places done in another way, from one without, in which every value is known.

    Only what these steps reach is walked anew. A stated value that stays as it was, in its verdict and in what it is
    used as, hands nothing on.
    """
    found = like.copy()
    moved = set[int]()
    for line in program.lines:
        at = line.target
        if at not in more and not (moved and _reached(program, line, moved, rules)):
            continue
        found.forget(at)
        _go(found, program, line, marks, rules, changes.get(at))
        if at not in marks or not found.agrees(like, at):
            moved.add(at)
    found.wrong.sort()
    return found


def _reached(program: Program, line: Line, moved: AbstractSet[int], rules: Rules) -> bool:
    """Whether a number has moved that a step, or one of the ways to its result, may be compared with.

    That are those it uses, the old value of it, and what its numbers are worked out anew from.
    """
    at = line.target
    if at not in rules.reads:
        near = _read_by(line, rules)
        before = (program.line(source) for source in near)
        rules.reads[at] = near.union(*(_read_by(one, rules) for one in before if one is not None))
    return rules.unmoved.get(at) in moved or not moved.isdisjoint(rules.reads[at])


def _read_by(line: Line, rules: Rules) -> frozenset[int]:
    """The places that a step and the other ways to its result use."""
    ways = rules.by_parts.get(line.target, ())
    return frozenset(line.sources).union(*(way.sources for way in ways))


def _go(
    found: Walk, program: Program, line: Line, marks: Mapping[int, Mark], rules: Rules, change: Change | None
) -> None:
    """One step of a walk."""
    at = line.target
    mark = marks.get(at)
    roots = roots_of(found.tainted, line.sources)
    number = found.gives[at] = rules.step(program, line, found.used, mark)
    alone = rules.step(program, line, found.instead, mark) if roots else number
    if mark is not None:
        _compare(found, program, line, mark, marks, rules, number, alone, roots)
    else:
        if change is not None:
            roots = roots_of(found.tainted, change.line.sources) | {change.root}
            number = rules.step(program, change.line, found.used, None)
        found.used[at] = _hidden(program, line, found.used, number, rules)
        found.instead[at] = _hidden(program, line, found.instead, alone, rules) if roots else found.used[at]
        if roots:
            found.tainted[at] = roots
    if rules.inside is not None:
        go_again(found, program, line, marks, rules)


def _hidden(program: Program, line: Line, registers: Registers, number: Number, rules: Rules) -> Number:
    """What a result may be that is not shown: rounded, and by any right way to it that rounds inside."""
    if rules.inside is not None and isinstance(number, arb):
        plain = number
        for other in rules.by_parts.get(line.target, ()):
            more = rules.step(program, other, registers, None)
            if isinstance(more, arb) and more.is_finite() and meets(plain, more):
                # Wider on both sides, so that the middle stays what it is.
                number = number + arb(0, max(abs(more - plain.mid()).upper() - number.rad(), arb(0)))
    return rules.style.loosened(number, rules.places[line.target])


def _compare(
    found: Walk,
    program: Program,
    line: Line,
    mark: Mark,
    marks: Mapping[int, Mark],
    rules: Rules,
    number: Number,
    alone: Number,
    roots: frozenset[int],
) -> None:
    """A stated value beside its step, by the plain way and then by other right ways."""
    if not meets(alone, mark.box):
        if any(
            _reaches(program, other, registers, mark, rules)
            for other, registers in _ways(found.instead, found.again_instead, line, rules)
        ):
            alone = mark.box
        if not meets(number, mark.box):
            for other, registers in _ways(found.used, found.again, line, rules):
                if _reaches(program, other, registers, mark, rules):
                    more = roots_of(found.tainted, other.sources) | roots_of(found.again_tainted, other.sources)
                    number, roots = mark.box, roots | more
                    break
            else:
                number, roots = _only_written(found, program, line, mark, rules, number, roots)
                if rules.inside is not None and not mark.true and not meets(number, mark.box):
                    for other, registers, more in anew(found, program, line, marks, rules):
                        if _reaches(program, other, registers, mark, rules):
                            number, roots = mark.box, more
                            break
    shows_nothing = idle(found, line, number, alone, roots, marks, rules, used_by(program, line))
    _judge(found, line, mark, marks, number, alone, roots, shows_nothing, rules)


def _only_written(
    found: Walk, program: Program, line: Line, mark: Mark, rules: Rules, number: Number, roots: frozenset[int]
) -> tuple[Number, frozenset[int]]:
    """A step in which an own wrong number was only written wrongly: its writer went on with what led to it."""
    wrong = [source for source in line.sources if source in found.wrong]
    if not wrong or len(roots) < 2:
        return number, roots
    for changed in ((source,) for source in wrong):
        registers = list(found.used)
        for source in changed:
            registers[source] = rules.style.loosened(found.gives[source], mark.places)
        if _reaches(program, line, registers, mark, rules):
            before = NOTHING.union(*(found.before.get(source, NOTHING) for source in changed))
            others = roots_of(found.tainted, [source for source in line.sources if source not in changed])
            if before | others:
                return mark.box, before | others
    return number, roots


def _reaches(program: Program, line: Line, registers: Registers, mark: Mark, rules: Rules) -> bool:
    """Whether a step gives a stated value: with rounding inside its line, or when it was rounded twice at its end."""
    if meets(rules.step(program, line, registers, mark), mark.box):
        return True
    return rules.inside is not None and meets(program.reach(line)(registers), mark.loose)


def _ways(plain: Registers, again: Registers, line: Line, rules: Rules) -> Iterator[tuple[Line, Registers]]:
    """The formulas that give the same, and then all of them with parts that were worked out once more."""
    for other in (line, *rules.by_parts.get(line.target, ())):
        yield other, plain
    if rules.inside is not None:
        for other in (line, *rules.by_parts.get(line.target, ())):
            yield other, again


def _leave_open(found: Walk, at: int, mark: Mark | None) -> None:
    """A step whose numbers are not known: what is stated for it stands, what is not is unknown too."""
    found.gives[at] = EVERYTHING
    open_range = EVERYTHING if mark is None else mark.box
    found.used[at] = found.instead[at] = found.again[at] = found.again_instead[at] = open_range
    (found.unknown if mark is None else found.unjudged).add(at)


def _judge(
    found: Walk,
    line: Line,
    mark: Mark,
    marks: Mapping[int, Mark],
    number: Number,
    alone: Number,
    roots: frozenset[int],
    shows_nothing: bool,
    rules: Rules,
) -> None:
    """Whether a stated value is what its step gives, with the writer's numbers or with right ones in their place."""
    at = line.target
    if shows_nothing:
        _wrong(found, at, mark, alone, roots)
        if mark.value and rules.style.regular and (mark.places or 0) < rules.style.usual:
            # An old number that stands there shorter does not say how the new one would be rounded.
            found.instead[at] = rules.style.loosened(alone, rules.style.usual)
    elif meets(alone, mark.box) and roots and _only_own(found, line, number, alone, mark, marks, rules):
        found.follows[at] = found.tainted[at] = roots
        found.used[at] = behind(mark, number)
        found.instead[at] = shown_like(mark, alone)
    elif (
        meets(alone, mark.box)
        and not roots
        and rules.style.regular
        and strays(found, line, mark, marks, rules, far(mark))
        and not cut_to_nothing(mark, line, rules)
    ):
        _wrong(found, at, mark, alone, roots)
    elif meets(alone, mark.box):
        found.right.add(at)
        if strays(found, line, mark, marks, rules, OPEN):
            found.open.add(at)
        found.used[at] = found.instead[at] = behind(mark, alone)
        if roots and meets(number, mark.box):
            # The digits do not show the earlier wrong value, but the writer may go on with it.
            found.tainted[at] = roots
            found.used[at] = arb(found.used[at]).union(arb(behind(mark, number)))
    elif mark.true:
        found.right.add(at)
        found.used[at] = found.instead[at] = mark.box
    elif at in roots:
        # A mistake in a step that is not shown, of which this value is the first to tell.
        _wrong(found, at, mark, alone, roots - {at})
    elif roots and meets(number, mark.box):
        found.follows[at] = found.tainted[at] = roots
        found.used[at] = behind(mark, number)
        found.instead[at] = shown_like(mark, alone)
    elif not as_before(found, at, mark, rules) and rules.coarser(line, found.instead):
        found.right.add(at)
        found.coarser.add(at)
        found.used[at] = found.instead[at] = mark.box
    elif not roots and not as_before(found, at, mark, rules) and rules.unseen(line, found.instead):
        found.right.add(at)
        found.open.add(at)
        found.used[at] = found.instead[at] = mark.box
    else:
        _wrong(found, at, mark, alone, roots)


def _wrong(found: Walk, at: int, mark: Mark, alone: Number, roots: frozenset[int]) -> None:
    found.wrong.append(at)
    if roots:
        found.before[at] = roots
    found.tainted[at] = frozenset({at})
    found.used[at] = mark.box
    found.instead[at] = shown_like(mark, alone)


def _only_own(
    found: Walk, line: Line, number: Number, alone: Number, mark: Mark, marks: Mapping[int, Mark], rules: Rules
) -> bool:
    """Whether a number that a right working may give as well comes from an own wrong value, by all that can be seen."""
    if mark.true or not meets(number, mark.box):
        return False
    if _much_nearer(number, alone, mark):
        return True
    return strays(found, line, mark, marks, rules, DIGITS) and fits_own(found, line, mark, marks, rules)


def _much_nearer(number: Number, alone: Number, mark: Mark) -> bool:
    """Whether a number follows narrowly from an own wrong value, and is right only because that leaves much open."""
    if isinstance(alone, fmpq) or not alone.is_finite() or alone.rad() <= WIDEST * mark.half:
        return False
    if not isinstance(number, fmpq) and not (number.is_finite() and 4 * number.rad() <= alone.rad()):
        return False
    return meets(number, mark.box)
