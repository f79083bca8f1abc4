"""Under which reading a sheet is judged: how its writer rounds, and which definitions and conventions are meant.

The plain reading counts unless something is wrong under it that another explains.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from flint import fmpq

from derive.check.causes import Sheet
from derive.check.coarser import hidden_coarser, hidden_in_figures, used_coarser, within_coarser, worked_anew
from derive.check.explain import LONGEST_STRETCH
from derive.check.ground import Ground, rational
from derive.check.meant import believed, fits, in_spite
from derive.check.model import PolicyFound
from derive.check.policy import MOST_KINDS, as_written, cut_more, cut_off, given_policy, infer
from derive.check.readings import CONVENTION, TURNED, Definition, Reading
from derive.check.renamed import renamed
from derive.check.style import LEAST_PLACES, Numeral, Style, hidden_places, other_styles, style_of
from derive.check.walk import Mark, Rules, same_digits
from derive.numbers import Number, OutsideDomain, Undecided, half_unit, within
from derive.program import Line, Registers
from derive.wording import Phrase
from derive.work import Sheet as Statements
from derive.work import Stated

SURELY_CUT = 2
"""Numbers that come out more often with digits cut off, from which on it is said that they were."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A sheet with what it is printed with: its statements by place, and how its writer rounds."""

    sheet: Sheet
    stated: Mapping[int, Stated]
    policy: PolicyFound
    expected_places: int
    """Decimals that the sheet should have as a rule."""
    words: tuple[Phrase, ...] = ()
    """What had to be decided of the names of its values."""


def _less_trouble(sheet: Sheet, best: Sheet) -> bool:
    """Whether less is wrong under a reading than under the best so far.

    Where other signs are meant, a right value with wrong ones before it, which would lead elsewhere, counts as well.
    Where digits are cut off, more may follow from what is wrong: rounding explains as much, by leaving more open.
    """
    if sheet.reading.rules.style.cut and not best.reading.rules.style.cut and sheet.faults == best.faults:
        return True
    if sheet.reading.turned == best.reading.turned:
        return sheet.troubles < best.troubles
    (wrong, follows), (most, others) = sheet.troubles, best.troubles
    return (wrong + in_spite(sheet), follows) < (most + in_spite(best), others)


class Fitting:
    """Finds the reading that fits a sheet best."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    def judged(self, statements: Statements) -> tuple[Judged, list[Stated]]:
        """The sheet under the reading that fits it best: the plain one unless another has fewer wrong values."""
        place = self.ground.program.place
        values, words = renamed(statements.values, self.ground)
        stated = {place[one.quantity]: one for one in values if one.quantity in place}
        later = [one for one in values if one.quantity not in place]
        unread = frozenset(place[q] for q in statements.unread if q in place) - stated.keys()
        readings = self._readings(stated)
        best = plain = strict = self._sheet(next(readings), stated, unread)
        for number, reading in enumerate(readings):
            if not best.faults:
                break
            if number and not fits(reading, self.ground.own, plain, strict):
                continue
            sheet = self._sheet(reading, stated, unread, plain if number and not unread else None)
            if number == 0:
                # The plain reading once more, with rounding inside lines: it stands before all others.
                best = plain = sheet
            elif _less_trouble(sheet, best) and believed(
                sheet, self.ground.own, plain, strict, self._upright(sheet, plain, stated, unread), self.ground.ties
            ):
                best = sheet
        policy = self._policy(best)
        usual = self._expected_places(best, policy)
        return Judged(best, stated, policy, usual, words), later

    def _upright(self, sheet: Sheet, plain: Sheet, stated: Mapping[int, Stated], unread: frozenset[int]) -> Sheet:
        """The sheet under the same reading, but for what is turned round."""
        if not sheet.reading.turned or plain.reading.begins_as(sheet.reading):
            return plain
        return self._sheet(replace(sheet.reading, turned=frozenset()), stated, unread)

    def _sheet(
        self,
        reading: Reading,
        stated: Mapping[int, Stated],
        unread: frozenset[int],
        plain: Sheet | None = None,
    ) -> Sheet:
        """A sheet under one reading; where it is the plain one but for what is turned round, it begins as that."""
        truth = self.ground.truth_of(reading.definition)
        style, quantities = reading.rules.style, self.ground.program.quantities
        marks = {}
        for at, one in stated.items():
            value = rational(one.value)
            turned = reading.turns(quantities[at])
            marks[at] = Mark.of(-value if turned else value, one.places, truth[at], style)
        givens: Sequence[Number] = self.ground.givens
        if any(at < len(givens) for at in marks):
            # The given numbers, as the writer copied them.
            givens = [marks[at].value if at in marks else number for at, number in enumerate(givens)]

        explainer = reading.definition.explainer
        by_parts = reading.definition.ways(marks) if style.regular and reading.rules.inside is not None else {}

        answers: dict[int, bool] = {}

        def coarser(line: Line, registers: Registers) -> bool:
            at = line.target
            found = answers.get(at)
            if found is None:
                stretch = explainer.stretch(at, frozenset(marks))
                found = used_coarser(stretch, registers, marks, stated[at].shown, self.ground.ties)
                if not stated[at].shown and len(stretch) < LONGEST_STRETCH:
                    # It starts from stated and given numbers alone, which are the same in every walk.
                    answers[at] = found
            if found:
                return True
            if style.varied or style.few:
                stretch = explainer.stretch(at, frozenset(marks))
                if hidden_coarser(stretch, registers, marks, places_behind(), self.ground.ties, not style.varied):
                    return True
                if style.few and hidden_in_figures(stretch, registers, marks, self.ground.ties):
                    return True
            return bool(by_parts) and worked_anew(line, reading.definition.program, by_parts, registers, marks)

        def unseen(line: Line, registers: Registers) -> bool:
            mark, coarse = marks[line.target], places_behind() - 1
            if (
                not style.varied
                or style.ruled is not None
                or mark.places is None
                or min(mark.places, coarse) < LEAST_PLACES
            ):
                return False
            stretch = explainer.stretch(line.target, frozenset(marks))
            return within_coarser(stretch, reading.definition.program, registers, mark, rules, coarse)

        def unmoved(at: int, mark: Mark) -> bool:
            """Whether an old number stands for a new one that the sheet's decimals would tell from it."""
            near = within(truth[at], mark.value, half_unit(style.usual))
            return at in reading.rules.moving and not near and self._as_given(at, stated[at])

        @cache
        def as_carried(hidden: int | None) -> dict[int, Number]:
            right = {at: mark for at, mark in marks.items() if mark.true and not unmoved(at, mark)}
            shorten = cut_off if style.cut else self.ground.ties
            numbers = as_written(reading.definition.program, givens, right, hidden, shorten, marks)
            return dict(numbers)

        @cache
        def places_behind() -> int:
            return hidden_places(style, self._written(stated, truth))

        def carried(at: int) -> Number | None:
            return as_carried(places_behind()).get(at)

        @cache
        def all_cut() -> dict[int, Number]:
            """Every result with its digits cut off, worked out from right ones."""
            program, places = reading.definition.program, places_behind()
            right = {at: mark for at, mark in marks.items() if mark.true and not unmoved(at, mark)}
            unseen = Mark.of(fmpq(0), places, fmpq(0))
            every = {line.target: marks.get(line.target, unseen) for line in program.lines}
            return dict(enumerate(givens)) | dict(as_written(program, givens, right, places, cut_off, every))

        def vanishes(line: Line) -> bool:
            if places_behind() < LEAST_PLACES:
                return False  # at one decimal nearly everything is 0
            for way in (line, *reading.rules.by_parts.get(line.target, ())):
                try:
                    if not cut_off(way.value(all_cut()), places_behind()):
                        return True
                except (KeyError, OutsideDomain, Undecided):
                    continue  # what a number that is 0 is divided by, and all after it, has no value
            return False

        def workings(at: int) -> Iterator[Number]:
            kinds = Counter(max(mark.places, 0) for mark in marks.values() if mark.places is not None)
            for hidden in (places_behind(), *(places for places, _ in kinds.most_common(MOST_KINDS))):
                number = as_carried(hidden).get(at)
                if number is not None:
                    yield number

        def unrounded(at: int) -> Number | None:
            return as_carried(None).get(at)

        rules = replace(reading.rules, coarser=coarser, carried=carried, unrounded=unrounded, truth=truth)
        rules = replace(rules, workings=workings, vanishes=vanishes, unseen=unseen)
        as_stated = {at: (rational(one.value), one.places) for at, one in stated.items()}
        rules = replace(rules, written={**self.ground.given_digits, **as_stated})
        if style.regular:
            rules = replace(rules, by_parts=reading.definition.ways(marks))
        like = None
        if plain is not None and reading.turned and plain.reading.begins_as(reading):
            like = plain.found, min(at for at in marks if reading.turns(quantities[at]))
            givens = plain.givens
        return Sheet(replace(reading, rules=rules), givens, truth, marks, unread, like=like)

    def _readings(self, stated: Mapping[int, Stated]) -> Iterator[Reading]:
        """Every way to read a sheet, the plainest first; later ones only matter where something is wrong."""
        written = self._written(stated, self.ground.truth)
        style = style_of(written, self._ruled, self.ground.solution.policy.decimals)
        styles = [style, *other_styles(style, written)]
        if not style.regular and styles[1:] and styles[1].digits is not None:
            # Decimals that vary where the digits do not: the sheet is written in significant digits.
            styles = [styles[1], style, *styles[2:]]
        yield self._reading(self.ground.own, styles[0], written, tolerant=False)
        kinds_stated = {self.ground.program.quantities[at].kind for at in stated}
        turned = [kinds for kinds in TURNED if kinds & kinds_stated]
        definitions = [self.ground.own] if self.ground.inside is None else [self.ground.own, self.ground.inside]
        for kind in styles:
            for kinds in (frozenset[str](), *turned):
                for definition in definitions:
                    yield self._reading(definition, kind, written, tolerant=True, turned=kinds)

    def _reading(
        self,
        definition: Definition,
        style: Style,
        written: Sequence[Numeral],
        tolerant: bool,
        turned: frozenset[str] = frozenset(),
    ) -> Reading:
        rules = Rules(
            style,
            self._places(hidden_places(style, written)),
            definition.by_parts,
            definition.unmoved,
            definition.moving,
            definition.inner if tolerant else None,
            definition.never_still,
        )
        words = (*((CONVENTION,) if turned else ()), *((definition.words,) if definition.words else ()))
        return Reading(definition, rules, turned, words)

    def _written(self, stated: Mapping[int, Stated], truth: Sequence[Number]) -> list[Numeral]:
        """The computed numbers of a sheet as they stand there."""
        return [
            Numeral(rational(one.value), one.places, truth[at])
            for at, one in stated.items()
            if self.ground.program.line(at) is not None and not self._as_given(at, one)
        ]

    def _as_given(self, at: int, one: Stated) -> bool:
        """Whether a new value stands there as the old one was given: then it says nothing of its writer's decimals.

        After several updates that is the value before the first.
        """
        old = self.ground.own.unmoved.get(at)
        while old is not None and old not in self.ground.given_digits:
            old = self.ground.own.unmoved.get(old)
        here = {at: (rational(one.value), one.places)}
        return old is not None and same_digits({**self.ground.given_digits, **here}, old, at)

    @property
    def _ruled(self) -> int | None:
        """Decimals that the command or the worksheet states."""
        return None if self.ground.policy is None or self.ground.origin == "problem" else self.ground.policy.decimals

    def _places(self, hidden: int) -> list[int | None]:
        """The decimals to which results that are not stated may have been rounded."""
        if self.ground.policy is None:
            return [hidden] * len(self.ground.program.quantities)
        places = self.ground.program.places(self.ground.policy)
        if self.ground.origin != "problem":
            return [place if place is None else max(place, hidden) for place in places]
        coarser = hidden < self.ground.policy.decimals
        return [place if place is None else min(place, hidden) if coarser else hidden for place in places]

    def _policy(self, sheet: Sheet) -> PolicyFound:
        """How the writer rounds, for the report."""
        if self.ground.policy is not None:
            return given_policy(self.ground.policy, self.ground.origin, sheet.reading.rules.style)
        program, style = sheet.reading.definition.program, sheet.reading.rules.style
        sure = True
        if style.cut and sheet.faults:
            stands = sheet.found.right | sheet.found.follows.keys()
            marks = {at: mark for at, mark in sheet.marks.items() if at in stands}
            more = cut_more(program, sheet.givens, marks, sheet.truth, style.usual, self.ground.ties)
            sure = more >= SURELY_CUT
        return infer(program, sheet.givens, sheet.marks, style, self.ground.ties, sheet.found.wrong, sure)

    def _expected_places(self, sheet: Sheet, policy: PolicyFound) -> int:
        if policy.origin != "inferred" and policy.decimals is not None:
            return policy.decimals
        return max(sheet.reading.rules.style.usual, LEAST_PLACES, policy.decimals or 0)
