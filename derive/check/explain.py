"""Which known mistakes give a stated number, with the writer's own earlier numbers.

A mistake may have been made in the step itself or in an earlier step that the writer does not show; it may have been
made once or wherever it can be. For each stated quantity the steps between it and the nearest stated ones are its
*stretch*. Every rewrite of a step of the stretch is a candidate, and so is every mistake made all along it; the
candidates are compiled once and tried for every writer who shows the same steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice

from flint import arb, fmpq

from derive.check.habits import Change, together
from derive.check.merged import Merged
from derive.check.telling import ZERO, Room, known, radius, telling
from derive.check.walk import Mark, Rules, meets
from derive.computation import Computation
from derive.expression import quantities
from derive.mistakes import Rewrite, local_rewrites
from derive.numbers import Number, OutsideDomain, Undecided, half_unit, middle, within
from derive.program import Line, Program, Registers
from derive.step import Step
from derive.trace.elementary import LocalDerivative, Share

MOST_REMEMBERED = 60_000
"""Numbers that candidates give and that are not worked out again for others with the same numbers before them."""
MOST_PAIRS = 1500
"""Pairs of mistakes that are tried for one number."""
HOPELESS = 500
"""Half units by which rounding may move a right number before nothing can be told from it."""
VAGUE = 50
"""One part in so many of a number by which rounding may move it all the same."""
QUICK_LINES, THOROUGH_LINES = 60_000, 6_000
"""Steps that are done again for one number, without and with rounding; the nearest mistakes are tried first."""
A_LITTLE = 3
"""Half units that rounding moves a result on the way of a few steps."""
NO_DIFFERENCE = fmpq(1, 10**30)
"""By how much an exact fraction and what a mistake gives exactly may differ, which is worked out in balls."""
LONGEST_STRETCH = 150
"""Steps between a stated quantity and the stated ones before it in which a mistake is looked for."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Steps done wrongly; `lines` are these and the steps of the stretch that have to be done again after them."""

    changes: tuple[Change, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate that gives the stated number.

    `sharp` where it does so without any rounding on the way, `near` where a little of it is enough; `in_full` where it
    gives a short number with all the decimals that its sheet has.
    """

    changes: tuple[Change, ...]
    sharp: bool
    near: bool = True
    in_full: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The mistakes it takes, each once."""
        return tuple(dict.fromkeys(change.rewrite.mistake.key for change in self.changes))


class Explainer:
    """Finds what explains a number; knows all candidates of a problem."""

    def __init__(
        self,
        trace: Computation,
        program: Program,
        rewrites: Callable[[Computation, Step], Sequence[Rewrite]] = local_rewrites,
    ) -> None:
        self.trace, self.program, self._rewrites = trace, program, rewrites
        self._changes: dict[int, tuple[Change, ...]] = {}
        self._singles: dict[tuple[int, ...], tuple[Candidate, ...]] = {}
        self._wholly: dict[tuple[int, ...], tuple[Candidate, ...]] = {}
        self._pairs: dict[tuple[int, ...], tuple[Candidate, ...]] = {}
        self._places: dict[int, tuple[int, ...]] = {}
        self.merged: Merged = Merged(trace, program)
        self._given: dict[tuple[int, tuple[fmpq, ...]], list[Number | None]] = {}

    def singles(self, stretch: Sequence[Line]) -> tuple[Candidate, ...]:
        """Every single mistake in a stretch, nearest to its end first, then those made all along it."""
        key = tuple(line.target for line in stretch)
        if key not in self._singles:
            changes = [change for line in reversed(stretch) for change in self.changes(line.target)]
            single = [self._candidate((change,), stretch) for change in changes]
            self._singles[key] = (*single, *self.wholly(stretch))
        return self._singles[key]

    def pairs(self, stretch: Sequence[Line]) -> tuple[Candidate, ...]:
        """Two different mistakes in a stretch, at different steps; the nearest ones where there are very many."""
        key = tuple(line.target for line in stretch)
        if key not in self._pairs:
            changes = [change for line in reversed(stretch) for change in self.changes(line.target)]
            different = (
                (one, other)
                for one, other in combinations(changes, 2)
                if one.line.target != other.line.target and one.rewrite.mistake.key != other.rewrite.mistake.key
            )
            self._pairs[key] = tuple(self._candidate(pair, stretch) for pair in islice(different, MOST_PAIRS))
        return self._pairs[key]

    def wholly(self, stretch: Sequence[Line]) -> tuple[Candidate, ...]:
        """Each mistake made wherever it can be made in a stretch."""
        key = tuple(line.target for line in stretch)
        if key not in self._wholly:
            changes = [change for line in reversed(stretch) for change in self.changes(line.target)]
            self._wholly[key] = tuple(self._candidate(group, stretch) for group in together(self.trace, changes))
        return self._wholly[key]

    def changes(self, at: int) -> tuple[Change, ...]:
        """Every wrong way to do the step whose result goes to a place."""
        if at not in self._changes:
            target = self.program.quantities[at]
            self._changes[at] = tuple(
                Change(rewrite, self.program.compiled(target, rewrite.formula))
                for rewrite in self._rewrites(self.trace, self.trace.step(target))
                if self._known(rewrite)
            )
        return self._changes[at]

    def _known(self, rewrite: Rewrite) -> bool:
        """Whether the wrong formula uses only what has been compiled."""
        return all(quantity in self.program.place for quantity in quantities(rewrite.formula))

    def stretch(self, at: int, stated: frozenset[int]) -> list[Line]:
        """The step of a place and the steps before it that are not stated, in the order of computation."""
        found: set[int] = set()
        waiting = [at]
        while waiting and len(found) < LONGEST_STRETCH:
            place = waiting.pop()
            line = self.program.line(place)
            if line is None or place in found:
                continue
            found.add(place)
            waiting.extend(source for source in line.sources if source not in stated)
        return [line for line in self.program.lines if line.target in found]

    def _candidate(self, changes: tuple[Change, ...], stretch: Sequence[Line]) -> Candidate:
        changed = {change.line.target: change.line for change in changes}
        dirty, lines = set(changed), []
        for line in stretch:
            if line.target in changed:
                lines.append(changed[line.target])
            elif not dirty.isdisjoint(line.sources):
                dirty.add(line.target)
                lines.append(line)
            elif (apart := self.merged.apart(line.target)) is not None and not dirty.isdisjoint(apart.sources):
                dirty.add(line.target)
                lines.append(apart)
        return Candidate(changes, tuple(lines))

    # -- trying ----------------------------------------------------------------------------------------------

    def explain(self, stretch: Sequence[Line], mark: Mark, used: Registers, rules: Rules, right: Number) -> list[Match]:
        """Every single mistake that gives the stated number, the nearest first; two at once where no single one does.

        `right` is what the step gives without a mistake. Pairs are tried only for numbers with so many digits that a
        coincidence means something.
        """
        found = self._matches(self.singles(stretch), mark, used, rules, right)
        if found or not telling(mark, MOST_PAIRS):
            return found
        return self._matches(self.pairs(stretch), mark, used, rules, right)

    def behind(
        self,
        stretch: Sequence[Line],
        again: frozenset[int],
        mark: Mark,
        used: Registers,
        rules: Rules,
        right: Number,
    ) -> list[Match]:
        """Every single mistake before some stated results that gives the number, where these were worked out `again`.

        They stand there rightly, so the mistake is not in their own steps.
        """
        end = stretch[-1].target
        key = (-1, *(line.target for line in stretch))
        if key not in self._singles:
            self._singles[key] = tuple(
                one
                for one in self.singles(stretch)
                if all(change.line.target not in again and change.line.target != end for change in one.changes)
            )
        return self._matches(self._singles[key], mark, used, rules, right)

    def inside(
        self, stretch: Sequence[Line], again: frozenset[int], mark: Mark, used: Registers, rules: Rules, right: Number
    ) -> list[Match]:
        """Every mistake in parts of a line that gives the number, where these parts stand rightly on the sheet as well.

        Who has a share or a local derivative on the sheet may work it out in the line once more, and wrongly there.
        """
        parts = frozenset(at for at in again if self._is_part(at))
        if not parts:
            return []
        key = (-2, *(line.target for line in stretch), *sorted(parts))
        if key not in self._singles:
            self._singles[key] = tuple(
                one for one in self.singles(stretch) if all(change.line.target in parts for change in one.changes)
            )
        end = self.program.quantities[stretch[-1].target]
        found = self._matches(self._singles[key], mark, used, rules, right)
        return [replace(match, changes=tuple(one.said_of(end) for one in match.changes)) for match in found]

    def _is_part(self, at: int) -> bool:
        """Whether a result is a part of a line that few people write down."""
        return isinstance(self.trace.find(self.program.quantities[at]), Share | LocalDerivative)

    def elsewhere(self, at: int, mark: Mark, truth: Registers, rules: Rules) -> list[Match]:
        """Mistakes that give the number when the whole computation is made with them: it was done somewhere else."""
        exactly = replace(rules, places=[None] * len(truth), inside=None)
        return self._matches(self.wholly(self.stretch(at, frozenset())), mark, truth, exactly, mark.value)

    def _matches(
        self, candidates: tuple[Candidate, ...], mark: Mark, used: Registers, rules: Rules, right: Number
    ) -> list[Match]:
        width = radius(right)
        if mark.half and width > HOPELESS * mark.half and width > abs(mark.value) / VAGUE:
            return self._digit_for_digit(candidates, mark, used)
        room = Room.of(mark, right)
        near = room.near
        found: list[Match] = []
        quick, thorough = QUICK_LINES, THOROUGH_LINES
        for one, end in zip(candidates, self._ends(candidates, used), strict=False):
            quick -= len(one.lines)
            if not mark.half and end is not None and within(end, mark.value, NO_DIFFERENCE):
                found.append(Match(one.changes, sharp=True))
            elif end is None or not (end - mark.value > near or mark.value - end > near):
                thorough -= len(one.lines)
                match = self._try(one, mark, used, rules, room)
                found += [] if match is None else [match]
            if quick < 0 or thorough < 0:
                break
        # Who writes all results to four decimals and has 0.3 once has hardly rounded that one alone.
        found = [match for match in found if match.in_full] or found
        return sorted(found, key=lambda match: not match.sharp)

    def _digit_for_digit(self, candidates: tuple[Candidate, ...], mark: Mark, used: Registers) -> list[Match]:
        """The candidates that give a number without any rounding, where rounding leaves all open; not by chance."""
        if not telling(mark, len(candidates)):
            return []
        ends = zip(candidates, self._ends(candidates, used), strict=False)
        exactly = (one for one, end in ends if end is not None and within(end, mark.middle, mark.half))
        return [Match(one.changes, sharp=True) for one in exactly]

    def _ends(self, candidates: tuple[Candidate, ...], used: Registers) -> Iterator[Number | None]:
        """What each candidate gives without any rounding, which tells quickly whether it comes near a stated number.

        None where only the ranges can tell: on a corner, or outside a domain. What others have stated with the same
        numbers before it is not worked out again.
        """
        places = self._read_by(candidates)
        numbers = [used[at] for at in places]
        middles = tuple(middle(number) for number in numbers) if all(map(known, numbers)) else None
        ends = [] if middles is None else self._remembered(id(candidates), middles)
        registers = list(used)
        for at, number in zip(places, numbers if middles is None else map(arb, middles), strict=True):
            registers[at] = number
        for place, one in enumerate(candidates):
            if place == len(ends):
                ends.append(_end(one, registers))
            yield ends[place]

    def _read_by(self, candidates: tuple[Candidate, ...]) -> tuple[int, ...]:
        """The places of all numbers that some candidates are worked out from."""
        key = id(candidates)
        if key not in self._places:
            places = dict.fromkeys(source for one in candidates for line in one.lines for source in line.sources)
            self._places[key] = tuple(places)
        return self._places[key]

    def _remembered(self, candidates: int, numbers: tuple[fmpq, ...]) -> list[Number | None]:
        """The list for what some candidates give with some numbers, as far as it has been worked out."""
        known = self._given.pop((candidates, numbers), None)
        if known is None:
            known = []
            while sum(map(len, self._given.values())) > MOST_REMEMBERED:
                del self._given[next(iter(self._given))]
        self._given[candidates, numbers] = known
        return known

    def _try(self, one: Candidate, mark: Mark, used: Registers, rules: Rules, room: Room) -> Match | None:
        """Whether the stated number is in the range that a candidate gives, and the range is narrow enough to tell."""
        number = self._result(one, mark, used, rules)
        if not meets(number, mark.box) or not room.tells(number):
            return None
        plain = arb(number).mid()
        near = within(plain, mark.middle, A_LITTLE * mark.half)
        style, in_full = rules.style, False
        if style.regular and not style.varied and mark.places is not None and mark.places < style.usual:
            in_full = within(plain, mark.value, half_unit(style.usual))
        return Match(one.changes, within(plain, mark.middle, mark.half), near, in_full)

    def _result(self, one: Candidate, mark: Mark, used: Registers, rules: Rules) -> Number:
        """The range of the end of the stretch once the changes are made."""
        registers = list(used)
        number: Number = ZERO
        for line in one.lines:
            last = line is one.lines[-1]
            number = rules.step(self.program, line, registers, mark if last else None)
            registers[line.target] = number if last else rules.style.loosened(number, rules.places[line.target])
        return number


def _end(one: Candidate, registers: Registers) -> Number | None:
    """What a candidate gives with exact numbers; None on a corner or outside a domain."""
    own = list(registers)
    number: Number = ZERO
    try:
        for line in one.lines:
            number = own[line.target] = line.value(own)
    except (OutsideDomain, Undecided):
        return None
    return number
