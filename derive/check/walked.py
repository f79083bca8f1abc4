"""What a walk beside a writer allows, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from flint import fmpq

from derive.check.inner import InnerRounding
from derive.check.stated import Mark
from derive.check.style import Style
from derive.numbers import Number
from derive.program import Line, Program, Registers

NOTHING: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """A step that is not stated and was done in another way; `root` is the stated value at which that showed."""

    line: Line
    root: int


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
    open: set[int] = field(default_factory=set)
    """Right values that may be, but that no plain working leads to."""
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
            {at for at in self.open if at < place},
            self.givens,
        )

    def copy(self) -> Walk:
        """The same walk, of which some places can be walked anew."""
        return self.until(len(self.gives))

    def forget(self, at: int) -> None:
        """Takes back what is known of a place, before it is walked anew."""
        if at in self.wrong:
            self.wrong.remove(at)
        for some in (self.right, self.unjudged, self.coarser, self.open):
            some.discard(at)
        for roots in self._roots():
            roots.pop(at, None)

    def agrees(self, other: Walk, at: int) -> bool:
        """Whether another walk of the same sheet found the same at a place."""
        numbers = zip(self._registers(), other._registers(), strict=True)
        if not all(_same(one[at], another[at]) for one, another in numbers):
            return False
        places = zip(self._places(), other._places(), strict=True)
        roots = zip(self._roots(), other._roots(), strict=True)
        return all((at in one) == (at in another) for one, another in places) and all(
            one.get(at) == another.get(at) for one, another in roots
        )

    def _registers(self) -> tuple[Registers, ...]:
        return self.gives, self.used, self.instead, self.again, self.again_instead

    def _places(self) -> tuple[Collection[int], ...]:
        return self.right, self.wrong, self.unjudged, self.coarser, self.open

    def _roots(self) -> tuple[dict[int, frozenset[int]], ...]:
        return self.follows, self.tainted, self.before, self.again_tainted


def _same(one: Number, other: Number) -> bool:
    """Whether two ranges are the same; numbers in balls compare as unequal, even to themselves."""
    if one is other:
        return True
    if isinstance(one, fmpq) or isinstance(other, fmpq):
        return isinstance(one, fmpq) and isinstance(other, fmpq) and one == other
    return bool(one.contains(other)) and bool(other.contains(one))


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
    never_still: frozenset[int] = NOTHING
    """New values of weights of networks: their gradients are not 0 by mistake, but where nothing was worked out."""
    coarser: Callable[[Line, Registers], bool] = lambda line, registers: False
    """Whether a stated value comes out once its numbers are rounded further."""
    carried: Callable[[int], Number | None] = lambda at: None
    """What a stated value would be, had every result that is not shown been rounded like the sheet."""
    unseen: Callable[[Line, Registers], bool] = lambda line, registers: False
    """Whether a stated value may be right, with results that nobody sees rounded coarser than all that are seen."""
    vanishes: Callable[[Line], bool] = lambda line: False
    """Whether a step gives 0 where the digits of every result are cut off where those of the sheet end."""
    unrounded: Callable[[int], Number | None] = lambda at: None
    """What a stated value would be, had its writer gone on with the right numbers shown and rounded nothing else."""
    workings: Callable[[int], Iterable[Number]] = lambda at: ()
    """The same, with these results rounded to each of the decimals that are on the sheet."""
    truth: Sequence[Number] = ()
    written: Mapping[int, tuple[fmpq, int | None]] = field(default_factory=dict)
    """Stated and given numbers, with their decimals as they stand on the sheet."""
    reads: dict[int, frozenset[int]] = field(init=False, default_factory=dict, repr=False, compare=False)
    """Per place what its verdict is made from, as far as that has been asked for."""

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
        error = self.style.error
        return number + self.inside.deviation(line, registers, lambda inner: error(inner, places))


def roots_of(tainted: Mapping[int, frozenset[int]], sources: Iterable[int]) -> frozenset[int]:
    if not tainted:
        return NOTHING
    return NOTHING.union(*(tainted[source] for source in sources if source in tainted))
