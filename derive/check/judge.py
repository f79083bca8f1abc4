"""The judge: a sheet of stated values becomes verdicts with reasons.

Knows what makes a value right or following, and under which reading a whole sheet is judged; the numbers come from
`walk`, the reasons of wrong values from `causes`. A problem is compiled once; every sheet is then judged with the same
`Judge`.
"""

from __future__ import annotations

from functools import cached_property

import flint

from derive.check.fitting import Fitting, Judged
from derive.check.ground import Ground, rational
from derive.check.long import LongTraining
from derive.check.model import Explanation, Marked, PolicyFound, Result
from derive.check.policy import as_written
from derive.check.reasons import NO_VALUE, OTHER_GIVENS, OTHER_NUMBERS, TRUE, UNEXPLAINED, mistake_reason
from derive.check.symbolic import FormulaJudge
from derive.check.verdicts import Verdicts
from derive.check.walk import Mark
from derive.expression import ONE, Ref, Shown, quantities
from derive.mistakes import Pieces
from derive.numbers import Number
from derive.program import Program
from derive.quantity import Quantity
from derive.stepwise import Stepwise
from derive.subject import Subject
from derive.trace.identity import Identity, element
from derive.wording import Phrase, phrase
from derive.work import Sheet as Statements
from derive.work import Stated, StatedFormula

PRECISION = 192
"""Bits of the walk: enough for the longest number that can be stated."""
MOST_OTHERS = 20
"""Judges of the same problem with other steps that are remembered: one for all sheets that state the same."""
SEVERAL, MANY_NUMBERS = 2, 5
"""Given and computed numbers of which none is right on a sheet that may be of another problem."""


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
        solution: Subject,
        decimals: int | None = None,
        inferred: bool = False,
        printed: bool = False,
        like: Judge | None = None,
    ) -> None:
        self._rounding, self._like = (decimals, inferred, printed), like
        self.ground: Ground = Ground(solution, decimals, inferred, printed, None if like is None else like.ground)
        self.solution, self.trace = solution, solution.trace
        self.program: Program = self.ground.program
        self.truth = self.ground.truth
        self._fitting = Fitting(self.ground)

    def with_numbers(self, solution: Subject) -> Judge:
        """The judge of the same problem with other given numbers: one that `renumbered` has made.

        Everything that was compiled is shared; every number is the other problem's.
        """
        return Judge(solution, like=self)

    def _named(self, sheet: Statements) -> frozenset[Identity]:
        """What a sheet states that is usually no step: local derivatives such as 1, and a 1 from above that is wrong.

        Who has such a number goes on with it.
        """
        steps = self.solution
        if not isinstance(steps, Stepwise):
            return frozenset()
        formulas = (part for one in sheet.formulas for part in quantities(one.formula))
        values, others = (one.quantity for one in sheet.values), (one.quantity for one in sheet.formulas)
        stated = (*values, *others, *formulas, *sheet.missing, *sheet.unread)
        unknown = {one for one in stated if one not in self.program.place}
        wrong = (one.quantity for one in sheet.values if one.value != 1 and one.quantity in self._ones)
        found = (*(one for one in unknown if isinstance(one, Identity) and steps.can_name(one)), *wrong)
        return frozenset(element(one)._replace(step=0) for one in found) - steps.named

    @cached_property
    def _ones(self) -> frozenset[Quantity]:
        """The derivatives of the loss that are 1, and so left out of products, but that by itself."""
        targets = (line.target for line in self.program.lines if line.formula == ONE)
        found = (self.program.quantities[at] for at in targets)
        return frozenset(one for one in found if isinstance(one, Identity) and one.by not in (None, one.of))

    def _naming(self, some: frozenset[Identity]) -> Judge:
        """The judge of the same problem with some derivatives as steps of their own."""
        if some not in self._others:
            assert isinstance(self.solution, Stepwise)
            solution = self.solution.naming(some)
            like = self._like
            made = Judge(solution, *self._rounding) if like is None else like._naming(some).with_numbers(solution)
            while len(self._others) >= MOST_OTHERS:
                del self._others[next(iter(self._others))]
            self._others[some] = made
        return self._others[some]

    @cached_property
    def _others(self) -> dict[frozenset[Identity], Judge]:
        return {}

    @cached_property
    def formulas(self) -> FormulaJudge:
        return FormulaJudge(self.program, self.ground.own.explainer, self.ground.givens)

    @cached_property
    def long(self) -> LongTraining:
        return LongTraining(self.solution)

    # -- one sheet -------------------------------------------------------------------------------------------

    def mark(self, sheet: Statements) -> Marked:
        """The verdict on everything that a sheet states, in the order of the computation."""
        named = self._named(sheet)
        if named:
            return self._naming(named).mark(sheet)
        with flint.ctx.workprec(PRECISION):
            judged, later = self._fitting.judged(sheet)
            causes, verdicts = judged.sheet.causes(), Verdicts(self.ground, judged)
            results = {at: verdicts.result(at, causes.get(at)) for at in judged.stated}
            found_formulas = [self._formula(one) for one in sheet.formulas]
            others = [*map(self._beyond, later), *(self._missing(q, judged) for q in sheet.missing)]
        ordered = sorted([*found_formulas, *results.values(), *others], key=self._order)
        words = (*judged.words, *judged.sheet.reading.words, *self._right_sheet(judged))
        notes: tuple[str | Phrase, ...] = (*sheet.notes, *words)
        return Marked(sheet.student, judged.policy, tuple(ordered), notes, sheet.faults, sheet.id, sheet.form)

    def _right_sheet(self, judged: Judged) -> tuple[Phrase, ...]:
        """A question, where the numbers seem to belong to another problem or to another student's variant."""
        sheet = judged.sheet
        given = [at for at in sheet.marks if self.program.line(at) is None]
        computed = [at for at in sheet.marks if self.program.line(at) is not None]
        if len(given) >= SEVERAL and not any(sheet.marks[at].true for at in given):
            return (OTHER_GIVENS,)
        if len(computed) >= MANY_NUMBERS and not any(at in sheet.found.right for at in computed):
            return (OTHER_NUMBERS,)
        return ()

    def _order(self, result: Result) -> int:
        """Where a result stands in the computation; values of long trainings come last."""
        return self.program.place.get(result.quantity, len(self.program.quantities))

    def as_written(self, statements: Statements, policy: PolicyFound) -> dict[Quantity, Shown]:
        """What the stated numbers would be, had each been computed from those before it as they are written."""
        with flint.ctx.workprec(PRECISION):
            place = self.program.place
            marks = {
                place[one.quantity]: Mark.of(rational(one.value), one.places, self.truth[place[one.quantity]])
                for one in statements.values
                if one.quantity in place
            }
            decimals = self.solution.policy.decimals if policy.decimals is None else policy.decimals
            givens = [marks[at].value if at in marks else number for at, number in enumerate(self.ground.givens)]
            return {
                self.program.quantities[at]: self.ground.printed(number, max(marks[at].places or 0, 0))
                for at, number in as_written(self.program, givens, marks, decimals, self.ground.ties)
            }

    # -- what is not in the compiled steps -------------------------------------------------------------------

    def _beyond(self, one: Stated) -> Result:
        """A value after so many updates that only whole trainings are compared with it."""
        decimals = self.solution.policy.decimals if one.places is None else max(one.places, 0)
        expected = self.solution.exact.compute(Ref(one.quantity), decimals)
        value, places, exact = rational(one.value), one.places, self.solution.exact.numbers

        def gives(number: Number) -> bool:
            return Mark.of(value, places, number).true

        if gives(exact[one.quantity]):
            return Result(one.quantity, one.text, "exact", expected, (TRUE,), one.line)
        for other in self.long.other_steps(one.quantity):
            if gives(exact[other]):
                words = (phrase("reason_miscounted", name=Ref(other)),)
                return Result(one.quantity, one.text, "slip", expected, words, one.line, slip="copied")
        for rewrites, values in self.long.wrong:
            if one.quantity in values and gives(values.numbers[one.quantity]):
                found = (Explanation(rewrites),)
                reason = mistake_reason(found)
                return Result(one.quantity, one.text, "mistake", expected, reason, one.line, explanations=found)
        return Result(one.quantity, one.text, "wrong", expected, (UNEXPLAINED,), one.line)

    def _missing(self, quantity: Quantity, judged: Judged) -> Result:
        expected = self.ground.expected(quantity, judged.policy.decimals, judged.sheet.truth)
        return Result(quantity, "", "missing", expected, (NO_VALUE,))

    def _formula(self, one: StatedFormula) -> Result:
        """The verdict on a stated formula."""
        quantity = one.quantity
        equal, rewrites = self.formulas.judge(quantity, one.formula)
        explanations = tuple(Explanation(group) for group in rewrites)
        verdict: str
        reason: Pieces
        if equal is None:
            verdict, reason = "incomparable", (phrase("reason_incomparable"),)
        elif equal:
            verdict, reason = "exact", (phrase("reason_formula"),)
        elif explanations:
            verdict, reason = "mistake", mistake_reason(explanations)
        else:
            verdict, reason = "wrong", (phrase("reason_formula_wrong"),)
        right = self.program.formula(quantity) if quantity in self.program.place else None
        return Result(
            quantity,
            one.text,
            verdict,
            self.ground.expected(quantity, None, self.truth),
            reason,
            one.line,
            right,
            explanations=explanations,
            symbolic=True,
        )
