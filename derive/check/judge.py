"""The judge: a sheet of stated values becomes verdicts with reasons.

Knows what makes a value right, following, mistaken, slipped or wrong; the numbers come from `walk`, the mistakes from
`explain`, the slips from `slips`. A problem is compiled once; every sheet is then judged with the same `Judge`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property

import flint
from flint import fmpq

from derive.check.explain import Explainer
from derive.check.long import LongTraining
from derive.check.model import Explanation, Marked, Pieces, PolicyFound, Result
from derive.check.policy import as_written, given_policy, infer
from derive.check.reasons import TOO_FEW, TRUE, UNEXPLAINED, UNREAD, distinct, listed, mistake_reason, slip_reason
from derive.check.slips import find_slip
from derive.check.symbolic import FormulaJudge
from derive.check.walk import Mark, Walk, meets, walk
from derive.check.ways import other_ways
from derive.evaluation import Policy
from derive.expression import Ref, Shown
from derive.numbers import Number, Undecided, around, half_unit, middle, show, with_precision, within
from derive.program import Line, Program
from derive.quantity import Quantity
from derive.solution import Solution
from derive.work import Sheet, Stated, StatedFormula

PRECISION = 192
"""Bits of the walk: enough for the longest number that can be stated."""
MORE_PLACES = 1
"""Decimals beyond the writer's that a reason shows, so that a rounding can be seen."""
ENOUGH = 20_000
"""Half units that a number needs before it can be told from chance which mistake far away gives it."""
ENOUGH_DIGITS = 2
"""Significant digits from which on a number can be told from others."""
FEW_NUMBERS = 3
"""Stated numbers from which on it shows how many decimals somebody writes."""
LEAST_PLACES = 2
"""Decimals that are expected where nothing is said of them."""
APART = 5
"""Half units that a number of few digits must be away from the right one before a mistake is looked for."""
FEW = 20
"""Half units that a number needs before it can be told that it was copied from somewhere."""


class Judge:
    """A problem, ready to judge sheets.

    `decimals` states the rounding. Without it the problem's own counts where it carries rounded numbers; otherwise,
    and always with `inferred`, it is inferred from the stated numbers. `printed` says that the problem's decimals stand
    on the worksheet: results that are not stated may have been rounded so, and more digits are as right.

    >>> from derive.solution import solve
    >>> from derive.work import Names, read_text
    >>> solution = solve("mazur")
    >>> sheet, = read_text("out_h1,0.5933", Names(solution))
    >>> Judge(solution).mark(sheet).results[0].verdict
    'exact'
    """

    def __init__(
        self,
        solution: Solution,
        decimals: int | None = None,
        inferred: bool = False,
        printed: bool = False,
        like: Judge | None = None,
    ) -> None:
        self.solution, self.trace, self._like = solution, solution.trace, like
        self.ties = solution.policy.ties
        self.program: Program = Program(self.trace) if like is None else like.program
        self.givens = self.program.givens(self.trace.givens)
        self.truth = with_precision(lambda: self.program.exact(self.givens))
        self.explainer: Explainer = Explainer(self.trace, self.program) if like is None else like.explainer
        self._places: dict[tuple[int | None, int | None], list[int | None]] = {} if like is None else like._places
        known = printed or (solution.problem.rounding.carry and not inferred)
        stated = None if decimals is None else Policy(decimals, ties=solution.policy.ties)
        self.policy: Policy | None = stated or (solution.policy if known else None)
        self.origin = "stated" if decimals is not None else "worksheet" if printed else "problem"
        if like is not None:
            self.policy, self.origin = like.policy, like.origin

    def with_numbers(self, solution: Solution) -> Judge:
        """The judge of the same problem with other given numbers: one that `renumbered` has made.

        Everything that was compiled is shared; every number is the other problem's.
        """
        return Judge(solution, like=self)

    @cached_property
    def formulas(self) -> FormulaJudge:
        return FormulaJudge(self.program, self.explainer, self.givens)

    @cached_property
    def by_parts(self) -> dict[int, Line]:
        if self._like is not None:
            return self._like.by_parts
        return {self.program.place[q]: self.program.compiled(q, other) for q, other in other_ways(self.program)}

    @cached_property
    def long(self) -> LongTraining:
        return LongTraining(self.solution)

    # -- one sheet -------------------------------------------------------------------------------------------

    def mark(self, sheet: Sheet) -> Marked:
        """The verdict on everything that a sheet states, in the order of the computation."""
        with flint.ctx.workprec(PRECISION):
            marks, later = self._marks(sheet.values)
            policy = self._policy(marks)
            places = self._unstated(policy, marks)
            unread = {self.program.place[q] for q in sheet.unread if q in self.program.place} - marks.keys()
            found = walk(self.program, self._givens_of(marks), marks, places, self.by_parts, unread)
            stated = {
                self.program.place[one.quantity]: one for one in sheet.values if one.quantity in self.program.place
            }
            results = {at: self._result(at, one, marks, found, places, policy) for at, one in stated.items()}
            found_formulas = [self._formula(one) for one in sheet.formulas]
            others = [*map(self._beyond, later), *(self._missing(quantity, policy) for quantity in sheet.missing)]
        ordered = sorted([*found_formulas, *results.values(), *others], key=self._order)
        return Marked(sheet.student, policy, tuple(ordered), sheet.notes, sheet.faults, sheet.id, sheet.form)

    def _order(self, result: Result) -> int:
        """Where a result stands in the computation; values of long trainings come last."""
        return self.program.place.get(result.quantity, len(self.program.quantities))

    def _marks(self, values: Iterable[Stated]) -> tuple[dict[int, Mark], list[Stated]]:
        marks: dict[int, Mark] = {}
        later: list[Stated] = []
        for one in values:
            at = self.program.place.get(one.quantity)
            if at is None:
                later.append(one)
            else:
                marks[at] = Mark.of(_rational(one.value), one.places, self.truth[at])
        return marks, later

    def _policy(self, marks: Mapping[int, Mark]) -> PolicyFound:
        if self.policy is not None:
            return given_policy(self.policy, self.origin)
        return infer(self.program, self.givens, marks, self.ties)

    @staticmethod
    def _usual(marks: Mapping[int, Mark], policy: PolicyFound) -> int:
        """The decimals that the sheet has, or should have, as a rule."""
        places = Counter(max(mark.places, 0) for mark in marks.values() if mark.places is not None)
        common = places.most_common(1)[0][0] if places else 0
        if policy.origin != "inferred" and policy.decimals is not None:
            return policy.decimals
        return max(common, LEAST_PLACES, policy.decimals or 0)

    def _unstated(self, policy: PolicyFound, marks: Mapping[int, Mark]) -> list[int | None]:
        """The decimals to which results that are not stated may have been rounded.

        Somebody who states fewer than the policy says has fewer of these too.
        """
        written = Counter(max(mark.places, 0) for mark in marks.values() if mark.places is not None)
        coarse = written.most_common(1)[0][0] if written.total() >= FEW_NUMBERS else None
        key = (policy.decimals if self.policy is None else -1, coarse)
        if key not in self._places:
            chosen = self.policy or (None if policy.decimals is None else Policy(policy.decimals))
            places = [None] * len(self.program.quantities) if chosen is None else self.program.places(chosen)
            self._places[key] = [p if p is None or coarse is None else min(p, coarse) for p in places]
        return self._places[key]

    def _givens_of(self, marks: Mapping[int, Mark]) -> list[Number]:
        """The given numbers, as the writer copied them."""
        return [marks[at].value if at in marks else number for at, number in enumerate(self.givens)]

    def as_written(self, sheet: Sheet, policy: PolicyFound) -> dict[Quantity, Shown]:
        """What the stated numbers would be, had each been computed from those before it as they are written."""
        with flint.ctx.workprec(PRECISION):
            marks, _ = self._marks(sheet.values)
            decimals = self.solution.policy.decimals if policy.decimals is None else policy.decimals
            numbers = as_written(self.program, self._givens_of(marks), marks, decimals, self.ties)
            return {
                self.program.quantities[at]: self._print(number, max(marks[at].places or 0, 0))
                for at, number in numbers
            }

    # -- one value -------------------------------------------------------------------------------------------

    def _result(
        self,
        at: int,
        one: Stated,
        marks: Mapping[int, Mark],
        found: Walk,
        places: Sequence[int | None],
        policy: PolicyFound,
    ) -> Result:
        mark, line = marks[at], self.program.line(at)
        quantity = self.program.quantities[at]
        decimals = self.solution.policy.decimals if mark.places is None else max(mark.places, 0)
        expected = self._print(self.truth[at], decimals)
        if line is None:
            right = mark.true
            reason: Pieces = ("This number is given.",) if right else ("This number is given; it was copied wrongly.",)
            expected = self._expected(quantity, None)
            return Result(quantity, one.text, "exact" if right else "slip", expected, reason, one.line, slip="copied")
        verdict, reason = self._verdict(at, mark, found, policy, self._usual(marks, policy))
        explanations: tuple[Explanation, ...] = ()
        slip = ""
        if verdict == "wrong":
            verdict, reason, explanations, slip = self._why(at, mark, marks, found, places)
        if verdict == "imprecise":
            expected = self._expected(quantity, policy.decimals)
        used = self._shown(found.gives[at], decimals + MORE_PLACES)
        roots = found.follows.get(at, frozenset())
        return Result(
            quantity=quantity,
            given=one.text,
            verdict=verdict,
            expected=expected,
            reason=reason,
            line=one.line,
            formula=line.formula,
            numbers={self.program.quantities[s]: self._number(s, marks, found, decimals) for s in line.sources},
            used=used,
            because=tuple(self.program.quantities[root] for root in sorted(roots)),
            explanations=explanations,
            slip=slip,
            trivial=verdict == "follows" and _trivial(mark, line.sources, marks, roots),
        )

    def _verdict(self, at: int, mark: Mark, found: Walk, policy: PolicyFound, usual: int) -> tuple[str, Pieces]:
        """The verdict on a value that needs no explanation; "wrong" for one that does."""
        number = found.gives[at]
        coarse = mark.places is not None and mark.places < usual
        few = mark.digits < ENOUGH_DIGITS or policy.origin in ("stated", "problem")
        vague = coarse and few and not self._short(at, mark, number, usual)
        if mark.true:
            if vague:
                return "imprecise", (TOO_FEW,)
            return "exact", (TRUE,)
        if at in found.unjudged:
            return "imprecise", (UNREAD,)
        if at in found.right:
            if not _known(number):
                return "imprecise", ("The rounded numbers before it leave this value open.",)
            if vague:
                return "imprecise", (TOO_FEW,)
            return "rounded", ("With the rounded numbers before it, this is right.",)
        if at in found.follows:
            roots = [Ref(self.program.quantities[root]) for root in sorted(found.follows[at])]
            return "follows", ("This is right with your value of ", *listed(roots), ", which is wrong.")
        return "wrong", ()

    def _short(self, at: int, mark: Mark, number: Number, usual: int) -> bool:
        """Whether a number is short only because its last digits are 0, as 0.5 for 0.5000."""
        return within(self.truth[at], mark.value, half_unit(usual)) or meets(
            number, around(mark.value, half_unit(usual))
        )

    def _why(
        self, at: int, mark: Mark, marks: Mapping[int, Mark], found: Walk, places: Sequence[int | None]
    ) -> tuple[str, Pieces, tuple[Explanation, ...], str]:
        """What explains a wrong value: known mistakes, or a slip, or nothing."""
        gap = APART * mark.half + _radius(found.gives[at])
        if mark.digits < ENOUGH_DIGITS and within(_middle_or_zero(found.gives[at]), mark.value, gap):
            # So few digits fit too much; only a mistake that gives just this number is looked for, such as 0.
            mark = replace(mark, places=None, half=fmpq(0), box=mark.value)
        stretch = self.explainer.stretch(at, frozenset(marks))
        slip = find_slip(mark, found.gives[at], found.instead[at], self.truth[at]) if mark.half else None
        matches = self.explainer.explain(stretch, mark, found.used, places, _radius(found.gives[at]))
        if not matches and found.before.get(at):
            matches = self.explainer.explain(stretch, mark, found.instead, places, _radius(found.gives[at]))
        explanations = distinct(matches)
        if slip is not None and (slip[0].of_rounding or not explanations):
            return "slip", slip_reason(*slip, mark.digits), explanations, slip[0].key
        if explanations:
            return "mistake", mistake_reason(explanations), explanations, ""
        copied = self._copied(at, mark, marks)
        if copied is not None:
            return "slip", ("This is the value of ", Ref(copied), ", copied from the wrong place."), (), "copied"
        if not within(mark.value, fmpq(0), ENOUGH * mark.half):
            explanations = distinct(self.explainer.elsewhere(at, mark, self.truth), elsewhere=True)
            if explanations:
                words = (*mistake_reason(explanations), " The numbers stated before this one do not lead to it.")
                return "mistake", words, explanations, ""
        return "wrong", (UNEXPLAINED,), (), ""

    def _copied(self, at: int, mark: Mark, marks: Mapping[int, Mark]) -> Quantity | None:
        """Another quantity of the same kind whose value this is."""
        own = self.program.quantities[at]
        if not mark.places or within(mark.value, fmpq(0), FEW * mark.half):
            return None
        for place, other in enumerate(self.program.quantities):
            if other.kind == own.kind and place != at and not other.constant:
                theirs = marks.get(place)
                if within(self.truth[place], mark.value, mark.half) or (theirs and theirs.value == mark.value):
                    return other
        return None

    # -- numbers that are shown ------------------------------------------------------------------------------

    def _number(self, at: int, marks: Mapping[int, Mark], found: Walk, decimals: int) -> Shown:
        """The number that a step was judged with: as it was stated, as it is given, or as it follows."""
        given = self.trace.givens.get(self.program.quantities[at])
        if at in marks:
            mark = marks[at]
            if mark.places is not None:
                return self._print(mark.value, max(mark.places, 0))
        elif given is not None:
            return self.solution.exact.shown(self.program.quantities[at])
        return self._shown(found.used[at], decimals + MORE_PLACES) or Shown("?", False)

    def _shown(self, number: Number, decimals: int) -> Shown | None:
        """The middle of a range; None where the range says nothing."""
        return self._print(middle(number), decimals) if _known(number) else None

    def _print(self, number: Number, decimals: int) -> Shown:
        """A number as it is printed; one so near a tie that no precision decides it, by its middle."""
        try:
            return show(number, decimals, self.ties)
        except Undecided:
            return Shown(show(middle(number), decimals, self.ties).text, False)

    # -- what is not in the compiled steps -------------------------------------------------------------------

    def _beyond(self, one: Stated) -> Result:
        """A value after so many updates that only whole trainings are compared with it."""
        decimals = self.solution.policy.decimals if one.places is None else max(one.places, 0)
        expected = self.solution.exact.compute(Ref(one.quantity), decimals)
        value, places, exact = _rational(one.value), one.places, self.solution.exact.numbers

        def gives(number: Number) -> bool:
            return Mark.of(value, places, number).true

        if gives(exact[one.quantity]):
            return Result(one.quantity, one.text, "exact", expected, (TRUE,), one.line)
        for other in self.long.other_steps(one.quantity):
            if gives(exact[other]):
                words = ("This is the value of ", Ref(other), ": the updates are miscounted by one.")
                return Result(one.quantity, one.text, "slip", expected, words, one.line, slip="copied")
        for rewrites, values in self.long.wrong:
            if one.quantity in values and gives(values.numbers[one.quantity]):
                found = (Explanation(rewrites),)
                reason = mistake_reason(found)
                return Result(one.quantity, one.text, "mistake", expected, reason, one.line, explanations=found)
        return Result(one.quantity, one.text, "wrong", expected, (UNEXPLAINED,), one.line)

    def _missing(self, quantity: Quantity, policy: PolicyFound) -> Result:
        expected = self._expected(quantity, policy.decimals)
        return Result(quantity, "", "missing", expected, ("No value is stated.",))

    def _expected(self, quantity: Quantity, decimals: int | None) -> Shown:
        """The true value, to some decimals or as the problem shows it; a given number as it is given."""
        exact = self.solution.exact
        if decimals is None or quantity in self.trace.givens:
            return exact.shown(quantity)
        return exact.compute(Ref(quantity), decimals)

    def _formula(self, one: StatedFormula) -> Result:
        """The verdict on a stated formula."""
        quantity = one.quantity
        equal, rewrites = self.formulas.judge(quantity, one.formula)
        explanations = tuple(Explanation(group) for group in rewrites)
        verdict: str
        reason: Pieces
        if equal is None:
            verdict, reason = "imprecise", ("This formula cannot be compared with the derivation.",)
        elif equal:
            verdict, reason = "exact", ("This formula is equal to the derivation.",)
        elif explanations:
            verdict, reason = "mistake", mistake_reason(explanations)
        else:
            verdict, reason = "wrong", ("This formula is not equal to the derivation.",)
        right = self.program.formula(quantity) if quantity in self.program.place else None
        return Result(
            quantity,
            one.text,
            verdict,
            self._expected(quantity, None),
            reason,
            one.line,
            right,
            explanations=explanations,
            symbolic=True,
        )


def _rational(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _known(number: Number) -> bool:
    return isinstance(number, fmpq) or bool(number.is_finite())


def _middle_or_zero(number: Number) -> Number:
    """The middle of a range; 0 of one that says nothing."""
    return middle(number) if _known(number) else fmpq(0)


def _radius(number: Number) -> Number:
    return fmpq(0) if isinstance(number, fmpq) or not number.is_finite() else number.rad()


def _trivial(mark: Mark, sources: Sequence[int], marks: Mapping[int, Mark], roots: frozenset[int]) -> bool:
    """Whether a wrong value taken over leaves nothing to compute: it is 0 or 1, or makes the result so."""
    taken = [marks[at].value for at in sources if at in roots]
    return mark.value in (0, 1) or any(value in (0, 1) for value in taken)
