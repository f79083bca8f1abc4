"""The verdict on one stated value: right, following, too coarse to tell, or wrong with its cause."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from fractions import Fraction
from functools import cached_property

from flint import fmpq

from derive.check.causes import ENOUGH_DIGITS, Cause
from derive.check.fitting import Judged
from derive.check.ground import Ground, known, rational
from derive.check.model import Explanation, Result
from derive.check.reasons import (
    COARSER,
    LEFT_OPEN,
    ROUNDED,
    TOO_FEW,
    TRUE,
    UNEXPLAINED,
    UNREAD,
    listed,
    mistake_reason,
)
from derive.check.walk import Mark, meets
from derive.check.worked import Written, calculates
from derive.expression import Ref, Shown
from derive.mistakes import Pieces
from derive.mistakes.roots import counted
from derive.numbers import Number, OutsideDomain, Undecided, around, half_unit, middle, settle, within
from derive.program import Line
from derive.quantity import Quantity
from derive.wording import phrase
from derive.work import Stated

MORE_PLACES, MOST_MORE = 1, 3
"""Decimals beyond the writer's that the numbers of a step have, so that a rounding can be seen; and at most."""
TO_SPARE = 6
"""Decimals of a step's result that are kept for rounding it where it is shown."""
MOST_APART = 12
"""Decimals beyond the usual ones up to which two numbers are told apart."""


class Verdicts:
    """Makes the results of a sheet that has been walked."""

    def __init__(self, ground: Ground, judged: Judged) -> None:
        self.ground, self.judged, self.sheet = ground, judged, judged.sheet

    def result(self, at: int, cause: Cause | None) -> Result:
        one = self.judged.stated[at]
        mark, line, found = self.sheet.marks[at], self.sheet.reading.definition.program.line(at), self.sheet.found
        quantity = self.ground.program.quantities[at]
        if line is None:
            return self._given(quantity, one, mark)
        decimals = self.ground.solution.policy.decimals if mark.places is None else max(mark.places, 0)
        verdict, reason = self._verdict(at)
        # A right number is shown to its own digits, for a wrong one too few would show nothing.
        plain = (at in found.right and verdict != "imprecise") or mark.true or mark.places is None
        places = decimals if plain else max(decimals, self.sheet.reading.rules.style.usual)
        expected = self.ground.printed(self.sheet.truth[at], places)
        if verdict == "imprecise" and reason != LEFT_OPEN:
            expected = self.ground.expected(quantity, self.judged.policy.decimals, self.sheet.truth)
        if verdict in ("mistake", "wrong") or not (mark.true or at in found.right) or reason == LEFT_OPEN:
            expected = self._apart(at, expected, places)
        explanations: tuple[Explanation, ...] = ()
        slip = ""
        if verdict == "wrong" and cause is not None:
            cause = self._by_line(at, line, cause)
            verdict, reason, explanations, slip = cause.verdict, cause.reason, cause.explanations, cause.slip
        roots = found.follows.get(at, frozenset())
        seen = self._seen(line)
        numbers, used = self._step(at, seen, places)
        return Result(
            quantity=quantity,
            given=one.text,
            verdict=verdict,
            expected=expected,
            reason=reason,
            line=one.line,
            formula=counted(seen.formula),
            numbers=numbers,
            used=used,
            because=self._named(roots),
            before=self._named(found.before.get(at, frozenset())),
            deduced=self._deduced(found.before.get(at, frozenset())),
            places=places,
            explanations=explanations,
            slip=slip,
            together=verdict == "follows" and self._together(at),
            trivial=self._trivial(at, verdict, roots),
        )

    def _by_line(self, at: int, line: Line, cause: Cause) -> Cause:
        """The cause that the line of a wrong value agrees with: what it shows counts for more than its last number."""
        one, sheet, program = self.judged.stated[at], self.sheet, self.sheet.reading.definition.program
        if not any(map(calculates, one.shown)):
            return cause
        numbers = {q: n for q, n in zip(program.quantities, self._at_hand, strict=True) if n is not None}
        written = Written(one, numbers)
        plain = self._plain(line)
        slipped = written.slipped(sheet.marks[at], sheet.found.gives[at], plain)
        if slipped is not None:
            return Cause("slip", slipped[1], (), slipped[0])
        right = {program.quantities[made.target]: made.formula for made in program.lines}
        here = program.quantities[at]
        kept = tuple(one for one in cause.explanations if not written.denies(one, right, here))
        if kept == cause.explanations:
            return cause
        if cause.verdict == "slip":
            return replace(cause, explanations=kept)
        return Cause("mistake", mistake_reason(kept), kept) if kept else Cause("wrong", (UNEXPLAINED,))

    def _plain(self, line: Line) -> Number | None:
        """What a step gives with the numbers as they are written."""
        registers = {source: self._at_hand[source] for source in line.sources}
        if any(number is None for number in registers.values()):
            return None
        try:
            return line.value(registers)
        except (OutsideDomain, Undecided):
            return None

    def _named(self, places: AbstractSet[int]) -> tuple[Quantity, ...]:
        return tuple(self.ground.program.quantities[place] for place in sorted(places))

    def _given(self, quantity: Quantity, one: Stated, mark: Mark) -> Result:
        """A given number: it was copied rightly or not."""
        words = phrase("reason_given" if mark.true else "reason_given_copied")
        expected = self.ground.expected(quantity, None, self.ground.truth)
        verdict = "exact" if mark.true else "slip"
        if not mark.true and any(map(calculates, one.shown)):
            # What is worked out is not copied.
            words = phrase("reason_given_worked")
            return Result(quantity, one.text, "wrong", expected, (words,), one.line)
        return Result(quantity, one.text, verdict, expected, (words,), one.line, slip="" if mark.true else "copied")

    def _verdict(self, at: int) -> tuple[str, Pieces]:
        """The verdict on a value that needs no explanation; "wrong" for one that does."""
        mark, found = self.sheet.marks[at], self.sheet.found
        if at in found.wrong:
            return "wrong", (UNEXPLAINED,)
        vague = self._vague(at)
        if mark.true:
            return ("imprecise", (TOO_FEW,)) if vague else ("exact", (TRUE,))
        if at in found.unjudged:
            return "unread", (UNREAD,)
        if at in found.coarser:
            return "rounded", (COARSER,)
        if at in found.right:
            if at in found.open or not known(found.gives[at]):
                return "imprecise", LEFT_OPEN
            return ("imprecise", (TOO_FEW,)) if vague else ("rounded", (ROUNDED,))
        roots = [Ref(self.ground.program.quantities[root]) for root in sorted(found.follows[at])]
        if self._together(at):
            return "follows", (phrase("reason_same_mistake", names=listed(roots)),)
        return "follows", (phrase("reason_follows", names=listed(roots)),)

    def _together(self, at: int) -> bool:
        """Whether a value follows from a mistake in a hidden step, and not from the wrong value that told of it."""
        roots = self.sheet.found.follows[at]
        return self._deduced(roots) and not self._uses(at, roots)

    def _deduced(self, roots: AbstractSet[int]) -> bool:
        """Whether all that is wrong before a step is in steps that are not shown."""
        return bool(roots) and roots <= {change.root for change in self.sheet.changes.values()}

    def _uses(self, at: int, places: AbstractSet[int]) -> bool:
        """Whether a step depends on any of some places."""
        waiting, seen = [at], {at}
        while waiting:
            line = self.ground.program.line(waiting.pop())
            for source in line.sources if line is not None else ():
                if source in places:
                    return True
                if source not in seen:
                    seen.add(source)
                    waiting.append(source)
        return False

    def _vague(self, at: int) -> bool:
        """Whether a right number has too few digits to tell: fewer than the sheet, and not because they are zeros."""
        mark, usual = self.sheet.marks[at], self.judged.expected_places
        if mark.places is None or mark.places >= usual:
            return False
        if mark.digits >= ENOUGH_DIGITS and self.judged.policy.origin not in ("stated", "problem"):
            return False
        tight = half_unit(usual)
        zeros = within(self.sheet.truth[at], mark.value, tight)
        return not zeros and not meets(self.sheet.found.gives[at], around(mark.value, tight))

    def _trivial(self, at: int, verdict: str, roots: frozenset[int]) -> bool:
        """Whether the answer shows no work: a 0 where a digit would have shown, or a wrong 0 or 1 taken over."""
        mark = self.sheet.marks[at]
        if verdict == "imprecise":
            places = self.judged.policy.decimals if self.judged.policy.origin != "inferred" else None
            places = self.ground.solution.policy.decimals if places is None else places
            return not mark.value and not within(self.sheet.truth[at], fmpq(0), half_unit(places))
        if verdict != "follows":
            return False
        line = self.sheet.reading.definition.program.line(at)
        taken = [
            self.sheet.marks[s].value for s in (line.sources if line else ()) if s in roots and s in self.sheet.marks
        ]
        return mark.value in (0, 1) or any(value in (0, 1) for value in taken)

    # -- numbers that are shown ------------------------------------------------------------------------------

    def _apart(self, at: int, expected: Shown, places: int) -> Shown:
        """A true value with decimals enough to show that it is not the number written, nor the one before an update."""
        old = self.sheet.reading.rules.unmoved.get(at)
        others = [self.sheet.marks[at].value, *([] if old is None else [self.sheet.found.used[old]])]
        decimals = places
        while decimals < places + MOST_APART and not expected.exact and rational(Fraction(expected.text)) in others:
            decimals += 1
            expected = self.ground.printed(self.sheet.truth[at], decimals)
        return expected

    def _seen(self, line: Line) -> Line:
        """The step as it is shown: one that only takes over what is not on the sheet is that other step."""
        while isinstance(line.formula, Ref) and not {*self.sheet.marks, *self.sheet.changes}.intersection(line.sources):
            before = self.sheet.reading.definition.program.line(line.sources[0])
            if before is None:
                break
            line = before
        return line

    def _step(self, at: int, line: Line, places: int) -> tuple[dict[Quantity, Shown], Shown | None]:
        """The numbers that a step was judged with and what it gives with just these.

        Where nothing before it is wrong, numbers that are not on the sheet have the digits that lead to the true value.
        """
        found, quantities = self.sheet.found, self.ground.program.quantities
        right, first = self.ground.printed(self.sheet.truth[at], places), None
        for more in range(MORE_PLACES, MOST_MORE + 1):
            numbers = {quantities[s]: self._number(s, places + more, at, half_unit(places)) for s in line.sources}
            used = self._gives(line, numbers, places + TO_SPARE, found.gives[at])
            first = first or (numbers, used)
            if used is None or at in found.before or at in found.follows:
                break
            if self.ground.printed(rational(Fraction(used.text)), places).text == right.text:
                return numbers, used
        assert first is not None
        return first

    def _number(self, at: int, decimals: int, judged: int, near: fmpq) -> Shown:
        """The number that a step was judged with: as it was stated, as it is given, or as it follows.

        What is not shown is right, where the value that is judged is the first to tell that it was not; and it is the
        true value where that is as `near` as can be seen.
        """
        quantity = self.ground.program.quantities[at]
        if at in self.sheet.marks and self.sheet.marks[at].places is not None:
            mark = self.sheet.marks[at]
            return self.ground.printed(mark.value, max(mark.places or 0, 0))
        if at not in self.sheet.marks and quantity in self.ground.trace.givens:
            return self.ground.solution.exact.shown(quantity)
        found = self.sheet.found
        number = found.instead[at] if judged in found.tainted.get(at, ()) else found.used[at]
        if not known(number):
            return Shown("?", False)
        own = self._at_hand[at] if number is found.used[at] else None
        value = own if own is not None and meets(number, own) else middle(number)
        if at not in self.sheet.marks and within(self.sheet.truth[at], middle(value), near):
            value = self.sheet.truth[at]
        return self.ground.printed(value, decimals)

    @cached_property
    def _at_hand(self) -> list[Number | None]:
        """What every step gives with the stated numbers as they stand on the sheet, and nothing else rounded."""
        program = self.sheet.reading.definition.program
        registers: list[Number] = [*self.sheet.givens, *[fmpq(0)] * len(program.lines)]
        found: list[Number | None] = [*self.sheet.givens, *[None] * len(program.lines)]
        for line in program.lines:
            at = line.target
            made = self.sheet.changes[at].line if at in self.sheet.changes else line
            if at in self.sheet.marks:
                found[at] = self.sheet.marks[at].value
            elif all(found[source] is not None for source in made.sources):
                try:
                    found[at] = settle(made.value(registers))
                except (OutsideDomain, Undecided):
                    continue
            number = found[at]
            registers[at] = fmpq(0) if number is None else number
        return found

    def _gives(self, line: Line, numbers: Mapping[Quantity, Shown], decimals: int, number: Number) -> Shown | None:
        """What a step gives with just the numbers that are printed, so that the line is true as it is printed."""
        if not known(number) or any(shown.text == "?" for shown in numbers.values()):
            return None
        registers = {self.ground.program.place[q]: rational(Fraction(shown.text)) for q, shown in numbers.items()}
        try:
            return self.ground.printed(line.value(registers), decimals)
        except OutsideDomain:
            # Rounding took a printed number out of the domain, as ln 0.0000.
            return None
