"""One walk through the computation beside a writer: what each step gives with the numbers that the writer used.

A stated value stands for itself and for every unrounded number behind it that the writer may have gone on with. What
is not stated is computed from the nearest stated values. Two computations run side by side once a value is wrong: one
with the writer's own numbers, one as if that value had been right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from flint import arb, fmpq

from derive.check.inner import InnerRounding
from derive.check.style import MANY, TWICE, Numeral, Style, boxed
from derive.expression import Ref
from derive.numbers import Number, OutsideDomain, Undecided, half_unit, middle, widened, within
from derive.program import Line, Program, Registers
from derive.reach import EVERYTHING

NOTHING: frozenset[int] = frozenset()
WIDEST = 12
"""Half units: a result that is less certain is not worked out once more."""
SHARE, SMALL_SHARE = 50, 2000
"""One part in so many of a result by which it may differ that is worked out once more, from shown numbers or not."""
ABOUT_ZERO = fmpq(3, 2)
"""Half units around 0 in which the middle of a range lies for which a 0 may be written."""
APART = 10
"""Half units by which a result must have moved before it is doubted that the old one was meant."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A stated value: the number, and every number it may stand for, within `half` of `middle` (0 for an exact one).

    `loose` has more: what rounding to one decimal more and then to the last one gives.
    """

    value: fmpq
    places: int | None
    middle: fmpq
    half: fmpq
    box: Number
    true: bool
    """It is the true value, correctly rounded."""
    digits: int
    """Significant digits; 0 where the number is written as 0, without end where it is exact."""
    loose: Number

    @classmethod
    def of(cls, value: fmpq, places: int | None, truth: Number, style: Style | None = None) -> Mark:
        """A stated value as its writer's style reads it; without one, as it is written."""
        written = Numeral(value, places, truth)
        stands = places if style is None else style.places(written)
        if stands is None:
            return cls(value, None, value, fmpq(0), value, truth == value, MANY, value)
        middle, half = (value, half_unit(stands)) if style is None else style.box(value, stands)
        digits = written.digits + (stands - places if value and places is not None else 0)
        box, loose = boxed(middle, half), boxed(middle, half * TWICE)
        return cls(value, stands, middle, half, box, within(truth, middle, half), digits, loose)


@dataclass(slots=True)
class Walk:
    """What every step gives (`gives`), what is used from then on (`used`), and the verdict on each stated value.

    `right` holds the places whose value is what correct work with the writer's right numbers gives; `wrong` those
    whose value is not; `follows` those that are right only if an earlier wrong value is taken over, with these places.
    """

    gives: Registers
    used: Registers
    instead: Registers
    """`used`, as if no value had been wrong."""
    again: Registers
    """`used`, or what the steps before give once more, where somebody goes another way than over the sheet."""
    again_instead: Registers
    """The same as if no value had been wrong."""
    again_tainted: dict[int, frozenset[int]] = field(default_factory=dict)
    """Places that would depend on wrong values if they were worked out once more, with these."""
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
    coarser: set[int] = field(default_factory=set)
    """Right values for which some number was used coarser than it was written."""
    givens: int = 0
    """How many of the places are given."""

    def until(self, place: int) -> Walk:
        """A copy that goes on from a place; nothing is judged there or later."""
        return Walk(
            list(self.gives),
            list(self.used),
            list(self.instead),
            list(self.again),
            list(self.again_instead),
            {at: roots for at, roots in self.again_tainted.items() if at < place},
            {at for at in self.right if at < place},
            [at for at in self.wrong if at < place],
            {at: roots for at, roots in self.follows.items() if at < place},
            {at: roots for at, roots in self.tainted.items() if at < place},
            {at: roots for at, roots in self.before.items() if at < place},
            set(self.unknown),
            {at for at in self.unjudged if at < place},
            {at for at in self.coarser if at < place},
            self.givens,
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """What a walk allows: how results that are not stated, and those inside a line, may have been rounded.

    `places` are the decimals of each result that is not stated; `inside` is None where nothing inside a line was
    rounded. `by_parts` has other right formulas for some results. `unmoved` says of a new value which old one it
    comes from.
    """

    style: Style
    places: Sequence[int | None]
    by_parts: Mapping[int, Sequence[Line]]
    unmoved: Mapping[int, int]
    moving: frozenset[int]
    inside: InnerRounding | None = None
    coarser: Callable[[Line, Registers], bool] = lambda line, registers: False
    """Whether a stated value comes out once its numbers are rounded further."""
    carried: Callable[[int], Number | None] = lambda at: None
    """What a stated value would be, had every result that is not shown been rounded like the sheet."""
    truth: Sequence[Number] = ()
    written: Mapping[int, tuple[fmpq, int | None]] = field(default_factory=dict)
    """Stated and given numbers, with their decimals as they stand on the sheet."""

    def step(self, program: Program, line: Line, registers: Registers, mark: Mark | None) -> Number:
        """The range of a step, with what rounding inside its line may add."""
        number = program.reach(line)(registers)
        if self.inside is None or (not isinstance(number, fmpq) and not number.is_finite()):
            return number
        places = self.places[line.target]
        if mark is not None and mark.places is not None:
            places = mark.places if places is None else max(mark.places, places)
        if places is None:
            return number
        return number + self.inside.deviation(line, registers, lambda inner: self.style.error(inner, places))


@dataclass(frozen=True, slots=True)
class Change:
    """A step that is not stated and was done in another way; `root` is the stated value at which that showed."""

    line: Line
    root: int


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
        mark, change = marks.get(at), changes.get(at)
        roots = _roots(found.tainted, line.sources)
        number = found.gives[at] = rules.step(program, line, found.used, mark)
        alone = rules.step(program, line, found.instead, mark) if roots else number
        if mark is not None:
            _compare(found, program, line, mark, marks, rules, number, alone, roots)
        else:
            if change is not None:
                roots = _roots(found.tainted, change.line.sources) | {change.root}
                number = rules.step(program, change.line, found.used, None)
            found.used[at] = _hidden(program, line, found.used, number, rules)
            found.instead[at] = _hidden(program, line, found.instead, alone, rules) if roots else found.used[at]
            if roots:
                found.tainted[at] = roots
        if rules.inside is not None:
            _again(found, program, line, marks, rules)
    return found


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
                    more = _roots(found.tainted, other.sources) | _roots(found.again_tainted, other.sources)
                    number, roots = mark.box, roots | more
                    break
            else:
                number, roots = _only_written(found, program, line, mark, rules, number, roots)
    idle = _idle(found, line, number, alone, roots, marks, rules, _used_by(program, line))
    _judge(found, line, mark, number, alone, roots, idle, rules)


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
            others = _roots(found.tainted, [source for source in line.sources if source not in changed])
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


def _again(found: Walk, program: Program, line: Line, marks: Mapping[int, Mark], rules: Rules) -> None:
    """What somebody may use for a result who does not take it from the sheet but works it out once more.

    Where an own wrong value leads to another result than the one that is stated, that other result is used.
    """
    at = line.target
    ways = {source for way in (line, *rules.by_parts.get(at, ())) for source in way.sources}
    roots = _roots(found.tainted, ways) | _roots(found.again_tainted, ways)
    found.again[at] = _with_more(found.used[at], found.again, program, line, marks, rules, apart=bool(roots))
    found.again_instead[at] = found.again[at]
    if roots or at in found.tainted:
        found.again_instead[at] = _with_more(found.instead[at], found.again_instead, program, line, marks, rules)
    if at in found.follows and not meets(found.gives[at], marks[at].box):
        # It follows by another way; who takes the plain one has another number.
        found.again[at] = found.gives[at]
    if roots:
        found.again_tainted[at] = roots


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


def _leave_open(found: Walk, at: int, mark: Mark | None) -> None:
    """A step whose numbers are not known: what is stated for it stands, what is not is unknown too."""
    found.gives[at] = EVERYTHING
    open_range = EVERYTHING if mark is None else mark.box
    found.used[at] = found.instead[at] = found.again[at] = found.again_instead[at] = open_range
    (found.unknown if mark is None else found.unjudged).add(at)


def _roots(tainted: Mapping[int, frozenset[int]], sources: Iterable[int]) -> frozenset[int]:
    if not tainted:
        return NOTHING
    return NOTHING.union(*(tainted[source] for source in sources if source in tainted))


def _idle(
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
    an own wrong value. A parameter that its gradient should move does not follow from a gradient wrongly taken as 0;
    `near` are the values that the step uses.
    """
    at = line.target
    mark = marks[at]
    if not mark.half or mark.places is None:
        return False
    old = rules.unmoved.get(at)
    if mark.value and (old is None or not same_digits(rules.written, old, at)):
        return False
    shown = max(mark.places, rules.style.usual) if rules.style.regular else mark.places
    half = mark.half if shown <= mark.places else half_unit(shown)
    if not isinstance(alone, fmpq) and not alone.is_finite():
        return False
    if within(rules.truth[at], mark.value, half) or _from_shown(found, line, mark.value, half, marks):
        return False
    if not mark.value:
        likely = meets(alone, mark.box) and (abs(middle(alone)) <= ABOUT_ZERO * half or rules.carried(at) == mark.value)
        return not (likely or (roots and _narrowly(number, mark, half, 2 * mark.half)))
    if _narrowly(alone, mark, half, mark.half):
        return False
    carried = rules.carried(at)
    if carried is not None and mark.places >= shown and carried == mark.value:
        return False
    if at not in rules.moving:
        # Small steps leave many results as they were: only what should be clearly another number is doubted.
        far = carried is not None and not within(carried, mark.value, APART * half)
        return far and not (roots and meets(number, boxed(mark.value, half)))
    idle_gradient = any(root in marks and not marks[root].value for root in roots & near)
    return idle_gradient or not (roots and _narrowly(number, mark, half, 2 * mark.half))


def same_digits(written: Mapping[int, tuple[fmpq, int | None]], old: int, at: int) -> bool:
    """Whether a number is an old one digit for digit, but for zeros at its end."""
    if old not in written or at not in written:
        return False
    (before, places), (value, shown) = written[old], written[at]
    return before == value and (places is None or shown is None or shown <= places)


def _as_before(found: Walk, at: int, mark: Mark, rules: Rules) -> bool:
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


def _used_by(program: Program, line: Line) -> frozenset[int]:
    """What a step uses, and what the steps just before it use."""
    before = (program.line(source) for source in line.sources)
    return frozenset(line.sources).union(*(one.sources for one in before if one is not None))


def _narrowly(number: Number, mark: Mark, half: fmpq, widest: fmpq) -> bool:
    """Whether a stated number is in a range that is about as narrow as its own rounding."""
    narrow = isinstance(number, fmpq) or (number.is_finite() and number.rad() <= widest)
    return narrow and meets(number, boxed(mark.value, half))


def _judge(
    found: Walk,
    line: Line,
    mark: Mark,
    number: Number,
    alone: Number,
    roots: frozenset[int],
    idle: bool,
    rules: Rules,
) -> None:
    """Whether a stated value is what its step gives, with the writer's numbers or with right ones in their place."""
    at = line.target
    if idle:
        _wrong(found, at, mark, alone, roots)
    elif meets(alone, mark.box) and not (roots and _much_nearer(number, alone, mark)):
        found.right.add(at)
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
    elif not _as_before(found, at, mark, rules) and rules.coarser(line, found.instead):
        found.right.add(at)
        found.coarser.add(at)
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


def _much_nearer(number: Number, alone: Number, mark: Mark) -> bool:
    """Whether a number follows narrowly from an own wrong value, and is right only because that leaves much open."""
    if isinstance(alone, fmpq) or not alone.is_finite() or alone.rad() <= WIDEST * mark.half:
        return False
    if not isinstance(number, fmpq) and not (number.is_finite() and 4 * number.rad() <= alone.rad()):
        return False
    return meets(number, mark.box)


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
    """A right number, rounded or cut off as the writer does."""
    if mark.places is None or isinstance(widened(number, max(mark.places, 0)), fmpq):
        return number
    return number + arb(0, mark.half * (1 if mark.middle == mark.value else 2))
