"""Why the wrong values of a sheet are wrong: for each the explanation that fits most of the sheet.

For every wrong value the known mistakes and the slips that give it are collected; which of them is believed depends
on how much else on the sheet it explains. A mistake in a step that is not shown is taken over into the walk, so that
what merely follows from it is accused of nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flint import fmpq

from derive.check.copied import as_before, copied_from, copied_reason
from derive.check.explain import Match
from derive.check.matches import distinct, far_off, likeliest, named, of_a_sign, of_old_value, worth_naming
from derive.check.misread import Misreading
from derive.check.model import MISREAD, Explanation
from derive.check.onward import went_on
from derive.check.readoff import one_reading, read_as, read_in, readings_for, shared_reading
from derive.check.reasons import (
    CANNOT_TELL,
    MANY_REASONS,
    UNEXPLAINED,
    either_slip,
    mistake_reason,
    slip_reason,
)
from derive.check.seek import ENOUGH_DIGITS as ENOUGH_DIGITS
from derive.check.seek import mistakes_again, mistakes_giving, mistakes_on_top, vague_mistakes
from derive.check.slips import SLIPS, Slip, find_slip, other_slip, usual_places
from derive.check.telling import WIDEST, known, radius
from derive.check.walk import Change, Mark, Walk, meets
from derive.check.walked_sheet import WalkedSheet
from derive.expression import Ref
from derive.mistakes import Pieces
from derive.numbers import Number, within
from derive.wording import phrase

MOST_NAMED = 2
"""Mistakes that are named where several give a number."""
MOST_LIKELY = 4
"""Mistakes that give just this number of which the likeliest are named; of more, no reason can be told."""
ENOUGH = 20_000
"""Half units that a number needs before it can be told from chance which mistake far away gives it."""
TELLING = 3
"""Digits of a number from which on it says something that no known mistake gives it."""
MANY_VAGUE = 3
"""Numbers of few digits that one mistake explains, from which on that is no chance."""
MOST_TRIED = 6
"""Explanations of one number whose consequences are worked out over the whole sheet."""
OF_THE_PEN = frozenset(slip.key for slip in SLIPS) | {"pen"}
"""Slips of a number that was right before it was written."""
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
class Sheet(WalkedSheet):
    """A walked sheet on the search for the causes of its wrong values."""

    misread: list[Misreading] = field(default_factory=list)
    """Numbers that were read wrongly for the wrong values so far."""
    read_at: dict[int, Misreading] = field(default_factory=dict)
    """Wrong values that tell together how a number was read."""
    believed: dict[str, int] = field(default_factory=dict)
    """The mistakes that are named so far, each with the first value that told of it."""
    slips: set[int] = field(default_factory=set)
    """Values that were only written wrongly."""

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
        self._as_elsewhere(found_at, support)
        self._read_throughout(first, found_at, support)
        causes: dict[int, Cause] = {}
        for at in first:
            if at in self.found.wrong and at in found_at:
                self._settle(causes, at, found_at[at], support)
        for at in self.found.wrong:
            if at not in causes:
                self._settle(causes, at, self._matches(at), support)
        return {at: cause for at, cause in causes.items() if at in self.found.wrong}

    def _settle(
        self, causes: dict[int, Cause], at: int, found: Sequence[Match], support: Mapping[tuple[str, ...], int]
    ) -> None:
        causes[at] = self._cause(at, found, support)
        if causes[at].slip in OF_THE_PEN:
            self.slips.add(at)
        if len(causes[at].explanations) == 1 and causes[at].verdict == "mistake":
            self.believed.setdefault(causes[at].explanations[0].key, at)

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

    def _as_elsewhere(self, found_at: dict[int, list[Match]], support: dict[tuple[str, ...], int]) -> None:
        """Explains values that nothing explains, or each thing only one of them, by what is named at others."""
        told = {at: {match.names for match in found} for at, found in found_at.items()}
        for at, found in found_at.items():
            if any(support.get(names, 0) > 1 for names in told[at]):
                continue
            elsewhere = (names for place, names in told.items() if place != at and len(names) <= MOST_NAMED)
            more = mistakes_again(at, set().union(*elsewhere), self.reading, self.marks, self.found)
            for names in {match.names for match in more}:
                support[names] = support.get(names, 0) + 1
            found_at[at] = [*found, *more]

    def _read_throughout(
        self, first: Sequence[int], found_at: Mapping[int, Sequence[Match]], support: Mapping[tuple[str, ...], int]
    ) -> None:
        """Believes that one number was read wrongly wherever it is used, where several values say so."""
        shared = shared_reading(first, self.reading, self.marks, self.found)
        if shared is None or self._one_mistake(shared[1], found_at, support):
            return
        self.misread.append(shared[0])
        self.read_at |= dict.fromkeys(shared[1], shared[0])
        changes = read_in(shared[0], min(shared[1]), self.reading.definition.program, self.marks)
        if changes:
            other = self.changed(changes)
            if len(other.wrong) < len(self.found.wrong):
                self.found, self.changes = other, {**self.changes, **changes}

    def _one_mistake(
        self,
        places: frozenset[int],
        found_at: Mapping[int, Sequence[Match]],
        support: Mapping[tuple[str, ...], int],
    ) -> bool:
        """Whether one mistake explains as many values as some that have another reason in common."""
        names = {match.names for at in places for match in found_at.get(at, ())}
        return any(support.get(one, 0) >= len(places) for one in names)

    def _matches(self, at: int) -> list[Match]:
        return mistakes_giving(at, self.reading, self.marks, self.found)

    def _cause(self, at: int, matches: Sequence[Match], support: Mapping[tuple[str, ...], int]) -> Cause:
        mark = self.marks[at]
        ranked = self._ranked(at, matches, support)
        if not mark.value:
            # Many a mistake gives a 0 by chance: one is believed that was made here, or that explains others too.
            ranked = [one for one in ranked if one.changes[0].line.target == at or support.get(one.names, 0) > 1]
        before = as_before(at, self.reading, self.marks, self.found)
        if before is not None:
            old = of_old_value(matches, before)[:1]
            explanations = named(old or ranked)
            if 0 < len(explanations) <= MOST_NAMED:
                return Cause("mistake", mistake_reason(explanations), explanations)
            words: Pieces = (phrase("reason_before_update", name=Ref(before)),)
            return Cause("slip", words, slip="copied")
        if at in self.read_at:
            return self._read_as(self.read_at[at])
        for again in readings_for(at, self.reading, self.marks, self.found, tuple(self.misread), only_before=True):
            return self._read_as(again)
        meant = self._meant(at)
        slip = find_slip(mark, *meant, usual=usual_places(self.reading.rules.style)) if mark.half else None
        if slip is not None and (not ranked or self._likelier(slip[0], mark, ranked[0], support)):
            others = named([one for one in ranked[:MOST_NAMED] if slip[0].key != "sign" or not of_a_sign(one)])
            second = other_slip(slip[0], mark, *meant)
            words = either_slip(slip, second, mark.digits) if second else slip_reason(*slip, mark.digits)
            return Cause("slip", (*words, *self._went_on(at, slip[1])), others, slip[0].key)
        if ranked:
            self._take_over(at, ranked)
            if len(ranked) > (MOST_LIKELY if ranked[0].sharp else MOST_NAMED):
                return Cause("wrong", (MANY_REASONS,))
            if len(ranked) > MOST_NAMED:
                ranked = likeliest(ranked)[:MOST_NAMED]
            here, alone = ranked[0].changes[0].line.target == at, support.get(ranked[0].names, 0) < 2
            explanations = named(ranked, likely=not alone or far_off(mark, self.found.gives[at], here))
            return Cause("mistake", mistake_reason(explanations), explanations)
        if mark.digits >= TELLING:
            more = mistakes_on_top(at, self.believed, self.reading, self.marks, self.changed)
            explanations = named(worth_naming(distinct(more)))
            if 0 < len(explanations) <= MOST_NAMED:
                return Cause("mistake", mistake_reason(explanations), explanations)
        misread = one_reading(at, self.reading, self.marks, self.found, tuple(self.misread))
        if misread is not None:
            self.misread.append(misread)
            return self._read_as(misread)
        copied = copied_from(at, self.reading, self.marks, self.truth)
        if copied is not None:
            words = copied_reason(copied, mark, self.found.gives[at])
            return Cause("slip", words, slip="copied")
        return self._from_elsewhere(at, mark, bool(matches))

    def _meant(self, at: int) -> tuple[Number, ...]:
        """The numbers of which a writer may have written another: those that the step gives with the own numbers.

        A right one only where it is the writer's: where nothing before it was wrong, or was only written wrongly.
        """
        followed = frozenset[int]().union(*self.found.follows.values())
        if self.found.before.get(at, frozenset()) <= self.slips - followed:
            return self.found.gives[at], self.found.instead[at], self.truth[at]
        return (self.found.gives[at],)

    def _went_on(self, at: int, meant: fmpq | None = None) -> Pieces:
        return went_on(at, meant, self.reading.definition.program, self.marks, self.found)

    def _likelier(self, slip: Slip, mark: Mark, match: Match, support: Mapping[tuple[str, ...], int]) -> bool:
        """Whether a slip is likelier than a mistake, which is not so where the mistake explains others too.

        What concerns the last digit only is a slip wherever there are digits before it.
        """
        if slip.of_rounding:
            return mark.digits >= ENOUGH_DIGITS
        return not match.sharp and support.get(match.names, 0) < 2

    def _read_as(self, one: Misreading) -> Cause:
        return Cause("slip", read_as(one, self.reading, self.marks), slip=MISREAD)

    def _from_elsewhere(self, at: int, mark: Mark, denied: bool) -> Cause:
        """A mistake with which the whole computation was done somewhere else; or nothing.

        That no mistake gives the number is said where all were tried, and none only `denied` by right values.
        """
        if not within(mark.value, fmpq(0), ENOUGH * mark.half):
            explainer = self.reading.definition.explainer
            far = named(distinct(explainer.elsewhere(at, mark, self.truth, self.reading.rules)), elsewhere=True)
            if far and len(far) <= MOST_NAMED:
                words = (*mistake_reason(far), " ", phrase("reason_not_led_to"))
                return Cause("mistake", words, far)
        if onward := self._went_on(at):
            return Cause("slip", onward[1:], slip="pen")
        number = self.found.gives[at]
        told = mark.digits >= TELLING and known(number) and not radius(number) > WIDEST * mark.half
        return Cause("wrong", (UNEXPLAINED if told and not denied else CANNOT_TELL,))

    def _ranked(self, at: int, matches: Sequence[Match], support: Mapping[tuple[str, ...], int]) -> list[Match]:
        """The explanations that fit the most of the sheet, each set of mistakes once; the likeliest first.

        Of more than can be told only those made in the step itself are.
        """
        scores: dict[tuple[str, ...], tuple[int, bool]] = {}
        each = distinct(matches)
        for position, match in enumerate(each):
            explained, against = (1, 0)
            if position < MOST_TRIED:
                explained, against = self._explained(at, match)
            explained = max(support.get(match.names, 0), explained)
            if against >= explained and not self._behind(at, match):
                # Right values say that it was not made.
                continue
            scores[match.names] = (against - explained, not match.sharp)
        top = min(scores.values(), default=None)
        best = worth_naming([match for match in each if match.names in scores and scores[match.names] == top])
        if len(best) == 1 and best[0].sharp and self.marks[at].digits >= TELLING:
            # What needs a little rounding may be as true, where it is one thing only and there are digits to tell.
            nearly = (top[0], True) if top is not None else None
            more = worth_naming([one for one in each if one.near and scores.get(one.names) == nearly])
            if len(more) == 1:
                return [*best, *more]
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
            not meets(other.gives[place], mark.box) and not self._otherwise(place, other)
            for place, mark in self.marks.items()
            if place in self.found.right and meets(self.found.gives[place], mark.box)
        )
        return 1 + len(self.found.wrong) - len(other.wrong), denied

    def _otherwise(self, place: int, other: Walk) -> bool:
        """Whether a value is right by another way, which a mistake in a hidden step does not reach."""
        rules, program = self.reading.rules, self.reading.definition.program
        ways = (way for way in rules.by_parts.get(place, ()) if other.tainted.keys().isdisjoint(way.sources))
        mark = self.marks[place]
        return any(meets(rules.step(program, way, other.used, mark), mark.box) for way in ways)

    def _behind(self, at: int, match: Match) -> bool:
        """Whether a mistake lies before right values, which were worked out once more with it."""
        stretch = self.reading.definition.explainer.stretch(at, frozenset(self.marks))
        return not {change.line.target for change in match.changes} <= {line.target for line in stretch}

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
