"""The verdict on one stated value: right, following, too coarse to tell, or wrong with its cause."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from fractions import Fraction

from flint import fmpq

from derive.check.causes import ENOUGH_DIGITS, Cause, Sheet
from derive.check.fitting import Judged
from derive.check.ground import Ground, known, rational
from derive.check.model import Explanation, Pieces, Result
from derive.check.reasons import COARSER, ROUNDED, TOO_FEW, TRUE, UNEXPLAINED, UNREAD, listed
from derive.check.walk import Mark, meets
from derive.expression import Ref, Shown
from derive.numbers import Number, OutsideDomain, around, half_unit, middle, within
from derive.program import Line
from derive.quantity import Quantity
from derive.work import Stated

MORE_PLACES = 1
"""Decimals beyond the writer's that a reason shows, so that a rounding can be seen."""


class Verdicts:
    """Makes the results of a sheet that has been walked."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    def result(self, at: int, judged: Judged, cause: Cause | None) -> Result:
        sheet, one = judged.sheet, judged.stated[at]
        mark, line, found = sheet.marks[at], sheet.reading.definition.program.line(at), sheet.found
        quantity = self.ground.program.quantities[at]
        if line is None:
            return self._given(quantity, one, mark)
        decimals = self.ground.solution.policy.decimals if mark.places is None else max(mark.places, 0)
        verdict, reason = self._verdict(at, judged)
        # A right number is shown to its own digits, for a wrong one too few would show nothing.
        plain = at in found.right or mark.true or mark.places is None
        expected = self.ground.printed(
            sheet.truth[at], decimals if plain else max(decimals, sheet.reading.rules.style.usual)
        )
        if verdict == "imprecise":
            expected = self.ground.expected(quantity, judged.policy.decimals, sheet.truth)
        explanations: tuple[Explanation, ...] = ()
        slip = ""
        if verdict == "wrong" and cause is not None:
            verdict, reason, explanations, slip = cause.verdict, cause.reason, cause.explanations, cause.slip
        roots = found.follows.get(at, frozenset())
        numbers = {self.ground.program.quantities[s]: self._number(s, sheet, decimals, at) for s in line.sources}
        return Result(
            quantity=quantity,
            given=one.text,
            verdict=verdict,
            expected=expected,
            reason=reason,
            line=one.line,
            formula=line.formula,
            numbers=numbers,
            used=self._gives(line, numbers, decimals + MORE_PLACES, found.gives[at]),
            because=tuple(self.ground.program.quantities[root] for root in sorted(roots)),
            explanations=explanations,
            slip=slip,
            together=verdict == "follows" and self._together(at, sheet),
            trivial=self._trivial(at, verdict, judged, roots),
        )

    def _given(self, quantity: Quantity, one: Stated, mark: Mark) -> Result:
        """A given number: it was copied rightly or not."""
        words = "This number is given." if mark.true else "This number is given; it was copied wrongly."
        expected = self.ground.expected(quantity, None, self.ground.truth)
        verdict = "exact" if mark.true else "slip"
        return Result(quantity, one.text, verdict, expected, (words,), one.line, slip="" if mark.true else "copied")

    def _verdict(self, at: int, judged: Judged) -> tuple[str, Pieces]:
        """The verdict on a value that needs no explanation; "wrong" for one that does."""
        sheet = judged.sheet
        mark, found = sheet.marks[at], sheet.found
        if at in found.wrong:
            return "wrong", (UNEXPLAINED,)
        vague = self._vague(at, judged)
        if mark.true:
            return ("imprecise", (TOO_FEW,)) if vague else ("exact", (TRUE,))
        if at in found.unjudged:
            return "unread", (UNREAD,)
        if at in found.coarser:
            return "rounded", (COARSER,)
        if at in found.right:
            if not known(found.gives[at]):
                return "imprecise", ("The rounded numbers before it leave this value open.",)
            return ("imprecise", (TOO_FEW,)) if vague else ("rounded", (ROUNDED,))
        roots = [Ref(self.ground.program.quantities[root]) for root in sorted(found.follows[at])]
        if self._together(at, sheet):
            return "follows", ("This comes from the same mistake as your value of ", *listed(roots), ".")
        return "follows", ("This is right with your value of ", *listed(roots), ", which is wrong.")

    def _together(self, at: int, sheet: Sheet) -> bool:
        """Whether a value follows from a mistake in a hidden step, and not from the wrong value that told of it."""
        roots = sheet.found.follows[at]
        hidden = {change.root for change in sheet.changes.values()}
        return roots <= hidden and not self._uses(at, roots)

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

    def _vague(self, at: int, judged: Judged) -> bool:
        """Whether a right number has too few digits to tell: fewer than the sheet, and not because they are zeros."""
        mark, usual = judged.sheet.marks[at], judged.expected_places
        if mark.places is None or mark.places >= usual:
            return False
        if mark.digits >= ENOUGH_DIGITS and judged.policy.origin not in ("stated", "problem"):
            return False
        tight = half_unit(usual)
        zeros = within(judged.sheet.truth[at], mark.value, tight)
        return not zeros and not meets(judged.sheet.found.gives[at], around(mark.value, tight))

    def _trivial(self, at: int, verdict: str, judged: Judged, roots: frozenset[int]) -> bool:
        """Whether the answer shows no work: a 0 where a digit would have shown, or a wrong 0 or 1 taken over."""
        sheet = judged.sheet
        mark = sheet.marks[at]
        if verdict == "imprecise":
            places = judged.policy.decimals if judged.policy.origin != "inferred" else None
            places = self.ground.solution.policy.decimals if places is None else places
            return not mark.value and not within(sheet.truth[at], fmpq(0), half_unit(places))
        if verdict != "follows":
            return False
        line = sheet.reading.definition.program.line(at)
        taken = [sheet.marks[s].value for s in (line.sources if line else ()) if s in roots and s in sheet.marks]
        return mark.value in (0, 1) or any(value in (0, 1) for value in taken)

    def _number(self, at: int, sheet: Sheet, decimals: int, judged: int) -> Shown:
        """The number that a step was judged with: as it was stated, as it is given, or as it follows.

        What is not shown is right, where the value that is judged is the first to tell that it was not.
        """
        quantity = self.ground.program.quantities[at]
        if at in sheet.marks and sheet.marks[at].places is not None:
            mark = sheet.marks[at]
            return self.ground.printed(mark.value, max(mark.places or 0, 0))
        if at not in sheet.marks and quantity in self.ground.trace.givens:
            return self.ground.solution.exact.shown(quantity)
        found = sheet.found
        number = found.instead[at] if judged in found.tainted.get(at, ()) else found.used[at]
        return self.ground.printed(middle(number), decimals + MORE_PLACES) if known(number) else Shown("?", False)

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
