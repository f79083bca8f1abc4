"""The judge: a sheet of stated values becomes verdicts with reasons.

Knows what makes a value right, following, mistaken, slipped or wrong; the numbers come from `walk`, the mistakes from
`explain`, the slips from `slips`. A problem is compiled once; every sheet is then judged with the same `Judge`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property

import flint
from flint import fmpq

from derive.check.explain import Explainer
from derive.check.long import LongTraining
from derive.check.model import Explanation, Marked, Pieces, PolicyFound, Result
from derive.check.policy import as_written, given_policy, infer
from derive.check.reasons import TRUE, UNEXPLAINED, distinct, listed, mistake_reason
from derive.check.slips import find_slip
from derive.check.symbolic import FormulaJudge
from derive.check.walk import Mark, Walk, walk
from derive.check.ways import other_ways
from derive.evaluation import Policy
from derive.expression import Ref, Shown
from derive.numbers import Number, middle, show, with_precision, within
from derive.program import Line, Program
from derive.quantity import Quantity
from derive.solution import Solution
from derive.work import Sheet, Stated, StatedFormula

PRECISION = 128
"""Bits of the walk; true values have more."""
MORE_PLACES = 1
"""Decimals beyond the writer's that a reason shows, so that a rounding can be seen."""
ENOUGH = 20_000
"""Half units that a number needs before it can be told from chance which mistake far away gives it."""
FEW = 40
"""Half units that a number needs before it can be told that it was copied from somewhere."""


class Judge:
    """A problem, ready to judge sheets.

    `decimals` states the rounding. Without it the problem's own counts where it carries rounded numbers; otherwise,
    and always with `inferred`, it is inferred from the stated numbers.

    >>> from derive.solution import solve
    >>> from derive.work import Names, read_text
    >>> solution = solve("mazur")
    >>> sheet, = read_text("out_h1,0.5933", Names(solution))
    >>> Judge(solution).mark(sheet).results[0].verdict
    'exact'
    """

    def __init__(self, solution: Solution, decimals: int | None = None, inferred: bool = False) -> None:
        self.solution, self.trace = solution, solution.trace
        self.program = Program(self.trace)
        self.givens = self.program.givens()
        self.truth = with_precision(lambda: self.program.exact(self.givens))
        self.explainer = Explainer(self.trace, self.program)
        self._places: dict[int | None, list[int | None]] = {}
        carries = solution.problem.rounding.carry and not inferred
        self.policy: Policy | None = Policy(decimals) if decimals is not None else solution.policy if carries else None
        self.origin = "stated" if decimals is not None else "problem"

    @cached_property
    def formulas(self) -> FormulaJudge:
        return FormulaJudge(self.program, self.explainer)

    @cached_property
    def by_parts(self) -> dict[int, Line]:
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
            places = self._unstated(policy)
            found = walk(self.program, self._givens_of(marks), marks, places, self.by_parts)
            stated = {
                self.program.place[one.quantity]: one for one in sheet.values if one.quantity in self.program.place
            }
            results = {at: self._result(at, one, marks, found, places, policy) for at, one in stated.items()}
            found_formulas = [self._formula(one) for one in sheet.formulas]
            others = [*map(self._beyond, later), *(self._missing(quantity, policy) for quantity in sheet.missing)]
        ordered = sorted([*found_formulas, *results.values(), *others], key=self._order)
        return Marked(sheet.student, policy, tuple(ordered), sheet.notes, sheet.faults, sheet.id)

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
        return infer(self.program, self.givens, marks)

    def _unstated(self, policy: PolicyFound) -> list[int | None]:
        """The decimals to which results that are not stated may have been rounded."""
        key = policy.decimals if self.policy is None else -1
        if key not in self._places:
            chosen = self.policy or (None if key is None else Policy(key))
            empty: list[int | None] = [None] * len(self.program.quantities)
            self._places[key] = empty if chosen is None else self.program.places(chosen)
        return self._places[key]

    def _givens_of(self, marks: Mapping[int, Mark]) -> list[Number]:
        """The given numbers, as the writer copied them."""
        return [marks[at].value if at in marks else number for at, number in enumerate(self.givens)]

    def as_written(self, sheet: Sheet, policy: PolicyFound) -> dict[Quantity, Shown]:
        """What the stated numbers would be, had each been computed from those before it as they are written."""
        with flint.ctx.workprec(PRECISION):
            marks, _ = self._marks(sheet.values)
            decimals = self.solution.policy.decimals if policy.decimals is None else policy.decimals
            numbers = as_written(self.program, self._givens_of(marks), marks, decimals)
            return {self.program.quantities[at]: show(number, max(marks[at].places or 0, 0)) for at, number in numbers}

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
        expected = show(self.truth[at], decimals)
        if line is None:
            right = mark.true
            reason: Pieces = ("This number is given.",) if right else ("This number is given; it was copied wrongly.",)
            expected = self._expected(quantity, None)
            return Result(quantity, one.text, "exact" if right else "slip", expected, reason, one.line, slip="copied")
        verdict, reason = self._verdict(at, mark, found, policy)
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

    def _verdict(self, at: int, mark: Mark, found: Walk, policy: PolicyFound) -> tuple[str, Pieces]:
        """The verdict on a value that needs no explanation; "wrong" for one that does."""
        number = found.gives[at]
        shows_nothing = mark.value == 0 and mark.places is not None and self.truth[at] != 0
        coarse = policy.decimals is not None and mark.places is not None and mark.places < policy.decimals
        if mark.true:
            if shows_nothing and coarse:
                return "imprecise", ("Not one digit of the number is shown.",)
            return "exact", (TRUE,)
        if at in found.right:
            if not _known(number):
                return "imprecise", ("The rounded numbers before it leave this value open.",)
            if self.origin == "stated" and self.policy and coarse:
                return "imprecise", (f"Fewer than {policy.decimals} decimals are too few to tell.",)
            return "rounded", ("With the rounded numbers before it, this is right.",)
        if at in found.follows:
            roots = [Ref(self.program.quantities[root]) for root in sorted(found.follows[at])]
            return "follows", ("This is right with your value of ", *listed(roots), ", which is wrong.")
        return "wrong", ()

    def _why(
        self, at: int, mark: Mark, marks: Mapping[int, Mark], found: Walk, places: Sequence[int | None]
    ) -> tuple[str, Pieces, tuple[Explanation, ...], str]:
        """What explains a wrong value: known mistakes, or a slip, or nothing."""
        stretch = self.explainer.stretch(at, frozenset(marks))
        slip = find_slip(mark, found.gives[at], found.instead[at], self.truth[at])
        matches = self.explainer.explain(stretch, mark, found.used, places, _radius(found.gives[at]))
        if not matches and found.before.get(at):
            matches = self.explainer.explain(stretch, mark, found.instead, places, _radius(found.gives[at]))
        explanations = distinct(matches)
        if slip is not None and slip.of_rounding:
            return "slip", (slip.words,), explanations, slip.key
        if explanations:
            return "mistake", mistake_reason(explanations), explanations, ""
        if slip is not None:
            return "slip", (slip.words,), (), slip.key
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
                return show(mark.value, max(mark.places, 0))
        elif given is not None:
            return self.solution.exact.shown(self.program.quantities[at])
        return self._shown(found.used[at], decimals + MORE_PLACES) or Shown("?", False)

    @staticmethod
    def _shown(number: Number, decimals: int) -> Shown | None:
        """The middle of a range; None where the range says nothing."""
        return show(middle(number), decimals) if _known(number) else None

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


def _radius(number: Number) -> Number:
    return fmpq(0) if isinstance(number, fmpq) or not number.is_finite() else number.rad()


def _trivial(mark: Mark, sources: Sequence[int], marks: Mapping[int, Mark], roots: frozenset[int]) -> bool:
    """Whether a wrong value taken over leaves nothing to compute: it is 0 or 1, or makes the result so."""
    taken = [marks[at].value for at in sources if at in roots]
    return mark.value in (0, 1) or any(value in (0, 1) for value in taken)
