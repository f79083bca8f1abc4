"""Why the wrong values of a sheet are wrong: for each the explanation that fits most of the sheet.

For every wrong value the known mistakes and the slips that give it are collected; which of them is believed depends
on how much else on the sheet it explains. A mistake in a step that is not shown is taken over into the walk, so that
what merely follows from it is accused of nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flint import fmpq

from derive.check.explain import Change as Wrong
from derive.check.explain import Match
from derive.check.misread import Misreading, misreadings
from derive.check.model import MISREAD, Explanation, Pieces
from derive.check.readings import Reading
from derive.check.reasons import MANY_REASONS, UNEXPLAINED, mistake_reason, slip_reason
from derive.check.seek import ENOUGH_DIGITS as ENOUGH_DIGITS
from derive.check.seek import mistakes_giving, vague_mistakes
from derive.check.slips import Slip, find_slip
from derive.check.walk import Change, Mark, Walk, meets, walk
from derive.expression import Ref, quantities
from derive.mistakes import named
from derive.numbers import Number, within
from derive.program import Registers
from derive.quantity import Quantity

MOST_NAMED = 2
"""Mistakes that are named where several give a number; of more, no reason can be told."""
ENOUGH = 20_000
"""Half units that a number needs before it can be told from chance which mistake far away gives it."""
FEW_STATED = 8
"""Stated numbers up to which most steps are those of an empty sheet."""
FEW = 20
"""Half units that a number needs before it can be told that it was copied from somewhere."""
MANY_VAGUE = 3
"""Numbers of few digits that one mistake explains, from which on that is no chance."""
MOST_TRIED = 6
"""Explanations of one number whose consequences are worked out over the whole sheet."""
MOST_READ = 8
"""Wrong values of a sheet for which a number may have been read wrongly."""
MOST_WALKS = 40
"""Walks that are made for one sheet to see what its explanations explain."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What is said of a wrong value."""

    verdict: str
    reason: Pieces
    explanations: tuple[Explanation, ...] = ()
    slip: str = ""


@dataclass
class Sheet:
    """One sheet under one reading: what is stated, and the walk beside it."""

    reading: Reading
    givens: Sequence[Number]
    truth: Registers
    marks: Mapping[int, Mark]
    unread: frozenset[int]
    found: Walk = field(init=False)
    changes: dict[int, Change] = field(default_factory=dict)
    walks: int = 0
    misread: list[Misreading] = field(default_factory=list)
    """Numbers that were read wrongly for the wrong values so far."""

    like: tuple[Walk, int] | None = None
    """A walk that is the same before a place."""

    def __post_init__(self) -> None:
        self.found = self.walk(self.changes, self.like)

    def walk(self, changes: Mapping[int, Change], like: tuple[Walk, int] | None = None) -> Walk:
        definition, rules = self.reading.definition, self.reading.rules
        few = len(self.marks) <= FEW_STATED and not any(at < len(self.givens) for at in self.marks)
        blank = definition.blank(self.givens, rules) if few and like is None else None
        return walk(definition.program, self.givens, self.marks, rules, self.unread, changes, blank, like)

    def changed(self, more: Mapping[int, Change]) -> Walk:
        """The walk with more wrong steps in it; before the first of them it is the one that was made."""
        if self.unread:
            return self.walk({**self.changes, **more})
        return self.walk({**self.changes, **more}, (self.found, min(more)))

    @property
    def faults(self) -> int:
        return len(self.found.wrong)

    @property
    def troubles(self) -> tuple[int, int]:
        """How many values are wrong, and how many more are right only with these: the fewer, the better it fits."""
        return len(self.found.wrong), len(self.found.follows)

    # -- causes ----------------------------------------------------------------------------------------------

    def causes(self) -> dict[int, Cause]:
        """The cause of every wrong value; the walk then has the mistakes in it that are believed."""
        program = self.reading.definition.program
        first = list(self.found.wrong)
        found_at = {at: self._matches(at) for at in first if program.line(at) is not None}
        support: dict[tuple[str, ...], int] = {}
        for found in found_at.values():
            for names in {match.names for match in found}:
                support[names] = support.get(names, 0) + 1
        self._believe(found_at, support)
        causes: dict[int, Cause] = {}
        for at in first:
            if at in self.found.wrong and at in found_at:
                causes[at] = self._cause(at, found_at[at], support)
        for at in self.found.wrong:
            if at not in causes:
                causes[at] = self._cause(at, self._matches(at), support)
        return {at: cause for at, cause in causes.items() if at in self.found.wrong}

    def _believe(self, found_at: dict[int, list[Match]], support: dict[tuple[str, ...], int]) -> None:
        """Explains numbers of so few digits that much fits them by what explains others on the sheet as well."""
        weak = {
            at: vague_mistakes(at, self.reading, self.marks, self.found) for at, found in found_at.items() if not found
        }
        shared: dict[tuple[str, ...], int] = {}
        for found in weak.values():
            for names in {match.names for match in found}:
                shared[names] = shared.get(names, 0) + 1
        sure = {names for names, count in shared.items() if count >= MANY_VAGUE or support.get(names)}
        for at, found in weak.items():
            found_at[at] = [match for match in found if match.names in sure]
        for names in sure:
            support[names] = support.get(names, 0) + shared[names]

    def _matches(self, at: int) -> list[Match]:
        return mistakes_giving(at, self.reading, self.marks, self.found)

    def _cause(self, at: int, matches: Sequence[Match], support: Mapping[tuple[str, ...], int]) -> Cause:
        mark = self.marks[at]
        ranked = self._ranked(at, matches, support)
        if not mark.value:
            # Many a mistake gives a 0 by chance: one is believed that was made here, or that explains others too.
            ranked = [one for one in ranked if one.changes[0].line.target == at or support.get(one.names, 0) > 1]
        before = self._as_before(at)
        if before is not None:
            explanations = _named(_of_old_value(matches, before)[:1] or ranked)
            if 0 < len(explanations) <= MOST_NAMED:
                return Cause("mistake", mistake_reason(explanations), explanations)
            words: Pieces = ("This is the value of ", Ref(before), ", from before the update.")
            return Cause("slip", words, slip="copied")
        for again in self._misreadings(at, known=True):
            return self._read_as(again)
        slip = find_slip(mark, self.found.gives[at], self.found.instead[at], self.truth[at]) if mark.half else None
        if slip is not None and (not ranked or self._likelier(slip[0], mark, ranked[0], support)):
            others = _named([one for one in ranked[:MOST_NAMED] if slip[0].key != "sign" or not _of_a_sign(one)])
            return Cause("slip", slip_reason(*slip, mark.digits), others, slip[0].key)
        if ranked:
            self._take_over(at, ranked)
            if len(ranked) > MOST_NAMED:
                return Cause("wrong", (MANY_REASONS,))
            explanations = _named(ranked)
            return Cause("mistake", mistake_reason(explanations), explanations)
        misread = self._misread(at)
        if misread is not None:
            self.misread.append(misread)
            return self._read_as(misread)
        copied = self._copied(at)
        if copied is not None:
            words = ("This is the value of ", Ref(copied), ", copied from the wrong place.")
            return Cause("slip", words, slip="copied")
        return self._from_elsewhere(at, mark)

    def _likelier(self, slip: Slip, mark: Mark, match: Match, support: Mapping[tuple[str, ...], int]) -> bool:
        """Whether a slip is likelier than a mistake, which is not so where the mistake explains others too.

        What concerns the last digit only is a slip wherever there are digits before it.
        """
        if slip.of_rounding:
            return mark.digits >= ENOUGH_DIGITS
        return not match.sharp and support.get(match.names, 0) < 2

    def _read_as(self, one: Misreading) -> Cause:
        """A number that was read wrongly; a stated one is the writer's, and may be wrong itself."""
        number = Ref(self.reading.definition.program.quantities[one.at])
        what: Pieces = (
            ("Your value ", one.right, " of ", number) if one.at in self.marks else (number, " = ", one.right)
        )
        return Cause("slip", (*what, " was read as ", one.read, "."), slip=MISREAD)

    def _from_elsewhere(self, at: int, mark: Mark) -> Cause:
        """A mistake with which the whole computation was done somewhere else; or nothing."""
        if not within(mark.value, fmpq(0), ENOUGH * mark.half):
            explainer = self.reading.definition.explainer
            far = _named(_distinct(explainer.elsewhere(at, mark, self.truth, self.reading.rules)), elsewhere=True)
            if far and len(far) <= MOST_NAMED:
                words = (*mistake_reason(far), " The numbers stated before this one do not lead to it.")
                return Cause("mistake", words, far)
        return Cause("wrong", (UNEXPLAINED,))

    def _as_before(self, at: int) -> Quantity | None:
        """The same quantity before the update, where its value stands here digit for digit."""
        old = self.reading.rules.unmoved.get(at)
        if old is None or not self.marks[at].value:
            return None
        before = self.marks[old].value if old in self.marks else self.found.used[old]
        if not isinstance(before, fmpq) or before != self.marks[at].value:
            return None
        return self.reading.definition.program.quantities[old]

    def _ranked(self, at: int, matches: Sequence[Match], support: Mapping[tuple[str, ...], int]) -> list[Match]:
        """The explanations that fit the most of the sheet, each set of mistakes once; the likeliest first.

        Of more than can be told only those made in the step itself are.
        """
        scores: dict[tuple[str, ...], tuple[int, bool]] = {}
        distinct = _distinct(matches)
        for position, match in enumerate(distinct):
            explained, against = (1, 0)
            if len(distinct) > 1 and position < MOST_TRIED:
                explained, against = self._explained(at, match)
            explained = max(support.get(match.names, 0), explained)
            scores[match.names] = (against - explained, not match.sharp)
        top = min(scores.values(), default=None)
        best = _worth_naming([match for match in distinct if scores[match.names] == top])
        here = [match for match in best if len(match.changes) == 1 and match.changes[0].line.target == at]
        if len(best) > MOST_NAMED:
            return here or best
        return here + [match for match in best if match not in here]

    def _explained(self, at: int, match: Match) -> tuple[int, int]:
        """How many wrong values a mistake in steps that are not shown explains, and how many right ones it denies."""
        changes = self._hidden(at, match)
        if not changes or self.walks >= MOST_WALKS:
            return 1, 0
        self.walks += 1
        other = self.changed(changes)
        denied = sum(
            not meets(other.gives[place], mark.box)
            for place, mark in self.marks.items()
            if place in self.found.right and meets(self.found.gives[place], mark.box)
        )
        return 1 + len(self.found.wrong) - len(other.wrong), denied

    def _take_over(self, at: int, ranked: Sequence[Match]) -> None:
        """What follows from the believed mistake is no longer accused."""
        if len(self.found.wrong) < 2 or not self.marks[at].value:
            # A 0 may come from anywhere.
            return
        changes = {**self.changes, **self._hidden(at, ranked[0])}
        if len(changes) > len(self.changes):
            other = self.changed({at: change for at, change in changes.items() if at not in self.changes})
            if at in other.wrong and len(other.wrong) < len(self.found.wrong):
                self.found, self.changes = other, changes

    def _hidden(self, at: int, match: Match) -> dict[int, Change]:
        return {
            change.line.target: Change(change.line, at)
            for change in match.changes
            if change.line.target not in self.marks
        }

    def _misread(self, at: int) -> Misreading | None:
        """The one number that was read wrongly for a wrong value: of several the one that explains the most."""
        here = self._misreadings(at)
        if len(here) > 1:
            others = [self._misreadings(place) for place in self.found.wrong[:MOST_READ] if place != at]
            fits = [sum(one in other for other in others) for one in here]
            here = [one for one, count in zip(here, fits, strict=True) if count == max(fits)]
        return here[0] if len(here) == 1 else None

    def _misreadings(self, at: int, known: bool = False) -> list[Misreading]:
        """How numbers may have been read for a wrong value; with `known` only as they were for earlier ones."""
        definition, rules, seen = self.reading.definition, self.reading.rules, tuple(self.misread)
        if definition.program.line(at) is None or (known and not seen):
            return []
        stretch = definition.explainer.stretch(at, frozenset(self.marks))
        right = self.found.gives[at]
        found = misreadings(definition.program, stretch, self.marks[at], self.found.used, rules, right, seen)
        return [one for one in found if one in seen] if known else found

    def _copied(self, at: int) -> Quantity | None:
        """Another quantity of the same kind whose value this is."""
        mark, quantities = self.marks[at], self.reading.definition.program.quantities
        own = quantities[at]
        if not mark.places or within(mark.value, fmpq(0), FEW * mark.half):
            return None
        for place, other in enumerate(quantities):
            if other.kind == own.kind and place != at and not other.constant:
                theirs = self.marks.get(place)
                if within(self.truth[place], mark.middle, mark.half) or (theirs and theirs.value == mark.value):
                    return other
        return None


def _of_old_value(matches: Sequence[Match], before: Quantity) -> list[Match]:
    """The matches that say that a value was never updated, or else that only old numbers were used for it."""
    kept = [one for one in matches if len(one.changes) == 1 and one.changes[0].rewrite.formula == Ref(before)]
    return kept or [one for one in matches if all(map(_from_old_values, one.changes))]


def _from_old_values(change: Wrong) -> bool:
    """Whether a wrong step uses nothing from after the update."""
    target = change.rewrite.target
    return bool(target.step) and all(q.constant or q.step < target.step for q in quantities(change.rewrite.formula))


def _of_a_sign(match: Match) -> bool:
    """Whether mistakes turn a sign, which the number itself says already where it is the negative of the right one."""
    return any("sign" in name.split("-") for name in match.names)


def _distinct(matches: Sequence[Match]) -> list[Match]:
    """Each set of mistakes once, as it was found first."""
    found: dict[tuple[str, ...], Match] = {}
    for match in matches:
        found.setdefault(match.names, match)
    return list(found.values())


def _worth_naming(matches: list[Match]) -> list[Match]:
    """The matches without those of single mistakes that others among them stand for."""
    kept = set(named([match.names[0] for match in matches if len(match.names) == 1]))
    return [match for match in matches if len(match.names) > 1 or match.names[0] in kept]


def _named(matches: Sequence[Match], elsewhere: bool = False) -> tuple[Explanation, ...]:
    return tuple(Explanation(tuple(change.rewrite for change in match.changes), elsewhere) for match in matches)
