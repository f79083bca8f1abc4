"""The judge: a sheet of stated values becomes verdicts with reasons.

Knows what makes a value right or following, and under which reading a whole sheet is judged; the numbers come from
`walk`, the reasons of wrong values from `causes`. A problem is compiled once; every sheet is then judged with the same
`Judge`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property

import flint
from flint import fmpq

from derive.check.causes import ENOUGH_DIGITS, Cause, Sheet
from derive.check.coarser import used_coarser
from derive.check.long import LongTraining
from derive.check.meant import believed, fits
from derive.check.model import Explanation, Marked, Pieces, PolicyFound, Result
from derive.check.policy import as_written, given_policy, infer
from derive.check.readings import CONVENTION, TURNED, Definition, Reading, with_mean_inside
from derive.check.reasons import (
    COARSER,
    OTHER_GIVENS,
    OTHER_NUMBERS,
    ROUNDED,
    TOO_FEW,
    TRUE,
    UNEXPLAINED,
    UNREAD,
    listed,
    mistake_reason,
)
from derive.check.style import LEAST_PLACES, Numeral, Style, hidden_places, other_styles, style_of
from derive.check.symbolic import FormulaJudge
from derive.check.walk import Mark, Rules, meets, same_digits
from derive.evaluation import Policy
from derive.expression import Ref, Shown
from derive.numbers import Number, OutsideDomain, Undecided, around, half_unit, middle, show, within
from derive.program import Line, Program, Registers
from derive.quantity import Quantity
from derive.solution import Solution
from derive.work import Sheet as Statements
from derive.work import Stated, StatedFormula

PRECISION = 192
"""Bits of the walk: enough for the longest number that can be stated."""
SEVERAL, MANY_NUMBERS = 2, 5
"""Given and computed numbers of which none is right on a sheet that may be of another problem."""
MORE_PLACES = 1
"""Decimals beyond the writer's that a reason shows, so that a rounding can be seen."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A sheet with what it is printed with: its statements by place, and how its writer rounds."""

    sheet: Sheet
    stated: Mapping[int, Stated]
    policy: PolicyFound
    expected_places: int
    """Decimals that the sheet should have as a rule."""


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
        self.solution, self.trace = solution, solution.trace
        self.ties = solution.policy.ties
        self._like = like
        self.own: Definition = Definition(self.trace) if like is None else like.own
        self.program: Program = self.own.program
        self.givens = self.program.givens(self.trace.givens)
        self.truth = self.own.truth(self.givens)
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
        return FormulaJudge(self.program, self.own.explainer, self.givens)

    @cached_property
    def inside(self) -> Definition | None:
        """The other definition of one example's gradient, where there is one."""
        return with_mean_inside(self.trace) if self._like is None else self._like.inside

    @cached_property
    def long(self) -> LongTraining:
        return LongTraining(self.solution)

    # -- one sheet -------------------------------------------------------------------------------------------

    def mark(self, sheet: Statements) -> Marked:
        """The verdict on everything that a sheet states, in the order of the computation."""
        with flint.ctx.workprec(PRECISION):
            judged, later = self._judged(sheet)
            causes = judged.sheet.causes()
            results = {at: self._result(at, judged, causes.get(at)) for at in judged.stated}
            found_formulas = [self._formula(one) for one in sheet.formulas]
            others = [*map(self._beyond, later), *(self._missing(q, judged) for q in sheet.missing)]
        ordered = sorted([*found_formulas, *results.values(), *others], key=self._order)
        notes = (*sheet.notes, *judged.sheet.reading.words, *self._right_sheet(judged))
        return Marked(sheet.student, judged.policy, tuple(ordered), notes, sheet.faults, sheet.id, sheet.form)

    def _right_sheet(self, judged: Judged) -> tuple[str, ...]:
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

    def _judged(self, statements: Statements) -> tuple[Judged, list[Stated]]:
        """The sheet under the reading that fits it best: the plain one unless another has fewer wrong values."""
        place = self.program.place
        stated = {place[one.quantity]: one for one in statements.values if one.quantity in place}
        later = [one for one in statements.values if one.quantity not in place]
        unread = frozenset(place[q] for q in statements.unread if q in place) - stated.keys()
        readings = self._readings(stated)
        best = plain = strict = self._sheet(next(readings), stated, unread)
        for number, reading in enumerate(readings):
            if not best.faults:
                break
            if number and not fits(reading, self.own, plain, strict):
                continue
            sheet = self._sheet(reading, stated, unread, plain if number and not unread else None)
            if number == 0:
                # The plain reading once more, with rounding inside lines: it stands before all others.
                best = plain = sheet
            elif sheet.troubles < best.troubles and believed(sheet, self.own, plain, strict, self.ties):
                best = sheet
        policy = self._policy(best)
        usual = self._expected_places(best, policy)
        return Judged(best, stated, policy, usual), later

    def _sheet(
        self,
        reading: Reading,
        stated: Mapping[int, Stated],
        unread: frozenset[int],
        plain: Sheet | None = None,
    ) -> Sheet:
        """A sheet under one reading; where it is the plain one but for what is turned round, it begins as that."""
        truth = self._truth(reading.definition)
        style, quantities = reading.rules.style, self.program.quantities
        marks = {}
        for at, one in stated.items():
            value = _rational(one.value)
            turned = reading.turns(quantities[at])
            marks[at] = Mark.of(-value if turned else value, one.places, truth[at], style)
        givens: Sequence[Number] = self.givens
        if any(at < len(givens) for at in marks):
            # The given numbers, as the writer copied them.
            givens = [marks[at].value if at in marks else number for at, number in enumerate(givens)]

        explainer = reading.definition.explainer

        def coarser(line: Line, registers: Registers) -> bool:
            stretch = explainer.stretch(line.target, frozenset(marks))
            return used_coarser(stretch, registers, marks, stated[line.target].shown, self.ties)

        @cache
        def as_carried() -> dict[int, Number]:
            hidden = hidden_places(style, self._written(stated, truth))
            right = {at: mark for at, mark in marks.items() if mark.true}
            numbers = as_written(reading.definition.program, givens, right, hidden, self.ties, marks)
            return dict(numbers)

        rules = replace(reading.rules, coarser=coarser, carried=lambda at: as_carried().get(at), truth=truth)
        as_stated = {at: (_rational(one.value), one.places) for at, one in stated.items()}
        rules = replace(rules, written={**self._given_digits, **as_stated})
        if style.regular:
            rules = replace(rules, by_parts=reading.definition.ways(marks))
        like = None
        if plain is not None and reading.turned and plain.reading.begins_as(reading):
            like = plain.found, min(at for at in marks if reading.turns(quantities[at]))
            givens = plain.givens
        return Sheet(replace(reading, rules=rules), givens, truth, marks, unread, like=like)

    def _truth(self, definition: Definition) -> list[Number]:
        return self.truth if definition is self.own else self._other_truth

    @cached_property
    def _other_truth(self) -> list[Number]:
        assert self.inside is not None
        return self.inside.truth(self.givens)

    # -- how it may be read ----------------------------------------------------------------------------------

    def _readings(self, stated: Mapping[int, Stated]) -> Iterator[Reading]:
        """Every way to read a sheet, the plainest first; later ones only matter where something is wrong."""
        written = self._written(stated, self.truth)
        style = style_of(written, self._ruled, self.solution.policy.decimals)
        styles = [style, *other_styles(style, written)]
        if not style.regular and styles[1:] and styles[1].digits is not None:
            # Decimals that vary where the digits do not: the sheet is written in significant digits.
            styles = [styles[1], style, *styles[2:]]
        yield self._reading(self.own, styles[0], written, tolerant=False)
        kinds_stated = {self.program.quantities[at].kind for at in stated}
        turned = [kinds for kinds in TURNED if kinds & kinds_stated]
        definitions = [self.own] if self.inside is None else [self.own, self.inside]
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
        )
        words = (*((CONVENTION,) if turned else ()), *((definition.words,) if definition.words else ()))
        return Reading(definition, rules, turned, words)

    def _written(self, stated: Mapping[int, Stated], truth: Sequence[Number]) -> list[Numeral]:
        """The computed numbers of a sheet as they stand there."""
        return [
            Numeral(_rational(one.value), one.places, truth[at])
            for at, one in stated.items()
            if self.program.line(at) is not None and not self._as_given(at, one)
        ]

    def _as_given(self, at: int, one: Stated) -> bool:
        """Whether a new value stands there as the old one was given: then it says nothing of its writer's decimals."""
        old = self.own.unmoved.get(at)
        here = {at: (_rational(one.value), one.places)}
        return old is not None and same_digits({**self._given_digits, **here}, old, at)

    @cached_property
    def _given_digits(self) -> dict[int, tuple[fmpq, int | None]]:
        """The given numbers, with their decimals."""
        place = self.program.place
        return {
            place[q]: (fmpq(*number.as_integer_ratio()), max(-_exponent(number), 0))
            for q, number in self.trace.givens.items()
        }

    @property
    def _ruled(self) -> int | None:
        """Decimals that the command or the worksheet states."""
        return None if self.policy is None or self.origin == "problem" else self.policy.decimals

    def _places(self, hidden: int) -> list[int | None]:
        """The decimals to which results that are not stated may have been rounded."""
        if self.policy is None:
            return [hidden] * len(self.program.quantities)
        places = self.program.places(self.policy)
        if self.origin != "problem":
            return [place if place is None else max(place, hidden) for place in places]
        coarser = hidden < self.policy.decimals
        return [place if place is None else min(place, hidden) if coarser else hidden for place in places]

    def _policy(self, sheet: Sheet) -> PolicyFound:
        """How the writer rounds, for the report."""
        if self.policy is not None:
            return given_policy(self.policy, self.origin, sheet.reading.rules.style)
        definition = sheet.reading.definition
        return infer(definition.program, sheet.givens, sheet.marks, sheet.reading.rules.style, self.ties)

    def _expected_places(self, sheet: Sheet, policy: PolicyFound) -> int:
        if policy.origin != "inferred" and policy.decimals is not None:
            return policy.decimals
        return max(sheet.reading.rules.style.usual, LEAST_PLACES, policy.decimals or 0)

    def as_written(self, statements: Statements, policy: PolicyFound) -> dict[Quantity, Shown]:
        """What the stated numbers would be, had each been computed from those before it as they are written."""
        with flint.ctx.workprec(PRECISION):
            place = self.program.place
            marks = {
                place[one.quantity]: Mark.of(_rational(one.value), one.places, self.truth[place[one.quantity]])
                for one in statements.values
                if one.quantity in place
            }
            decimals = self.solution.policy.decimals if policy.decimals is None else policy.decimals
            givens = [marks[at].value if at in marks else number for at, number in enumerate(self.givens)]
            return {
                self.program.quantities[at]: self._print(number, max(marks[at].places or 0, 0))
                for at, number in as_written(self.program, givens, marks, decimals, self.ties)
            }

    # -- one value -------------------------------------------------------------------------------------------

    def _result(self, at: int, judged: Judged, cause: Cause | None) -> Result:
        sheet, one = judged.sheet, judged.stated[at]
        mark, line, found = sheet.marks[at], sheet.reading.definition.program.line(at), sheet.found
        quantity = self.program.quantities[at]
        if line is None:
            return self._given(quantity, one, mark)
        decimals = self.solution.policy.decimals if mark.places is None else max(mark.places, 0)
        verdict, reason = self._verdict(at, judged)
        # A right number is shown to its own digits, for a wrong one too few would show nothing.
        plain = at in found.right or mark.true or mark.places is None
        expected = self._print(sheet.truth[at], decimals if plain else max(decimals, sheet.reading.rules.style.usual))
        if verdict == "imprecise":
            expected = self._expected(quantity, judged.policy.decimals, sheet.truth)
        explanations: tuple[Explanation, ...] = ()
        slip = ""
        if verdict == "wrong" and cause is not None:
            verdict, reason, explanations, slip = cause.verdict, cause.reason, cause.explanations, cause.slip
        roots = found.follows.get(at, frozenset())
        numbers = {self.program.quantities[s]: self._number(s, sheet, decimals, at) for s in line.sources}
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
            because=tuple(self.program.quantities[root] for root in sorted(roots)),
            explanations=explanations,
            slip=slip,
            together=verdict == "follows" and self._together(at, sheet),
            trivial=self._trivial(at, verdict, judged, roots),
        )

    def _given(self, quantity: Quantity, one: Stated, mark: Mark) -> Result:
        """A given number: it was copied rightly or not."""
        words = "This number is given." if mark.true else "This number is given; it was copied wrongly."
        expected = self._expected(quantity, None, self.truth)
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
            if not _known(found.gives[at]):
                return "imprecise", ("The rounded numbers before it leave this value open.",)
            return ("imprecise", (TOO_FEW,)) if vague else ("rounded", (ROUNDED,))
        roots = [Ref(self.program.quantities[root]) for root in sorted(found.follows[at])]
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
            line = self.program.line(waiting.pop())
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
            places = self.solution.policy.decimals if places is None else places
            return not mark.value and not within(sheet.truth[at], fmpq(0), half_unit(places))
        if verdict != "follows":
            return False
        line = sheet.reading.definition.program.line(at)
        taken = [sheet.marks[s].value for s in (line.sources if line else ()) if s in roots and s in sheet.marks]
        return mark.value in (0, 1) or any(value in (0, 1) for value in taken)

    # -- numbers that are shown ------------------------------------------------------------------------------

    def _number(self, at: int, sheet: Sheet, decimals: int, judged: int) -> Shown:
        """The number that a step was judged with: as it was stated, as it is given, or as it follows.

        What is not shown is right, where the value that is judged is the first to tell that it was not.
        """
        quantity = self.program.quantities[at]
        if at in sheet.marks and sheet.marks[at].places is not None:
            mark = sheet.marks[at]
            return self._print(mark.value, max(mark.places or 0, 0))
        if at not in sheet.marks and quantity in self.trace.givens:
            return self.solution.exact.shown(quantity)
        found = sheet.found
        number = found.instead[at] if judged in found.tainted.get(at, ()) else found.used[at]
        return self._print(middle(number), decimals + MORE_PLACES) if _known(number) else Shown("?", False)

    def _gives(self, line: Line, numbers: Mapping[Quantity, Shown], decimals: int, number: Number) -> Shown | None:
        """What a step gives with just the numbers that are printed, so that the line is true as it is printed."""
        if not _known(number) or any(shown.text == "?" for shown in numbers.values()):
            return None
        registers = {self.program.place[q]: _rational(Fraction(shown.text)) for q, shown in numbers.items()}
        try:
            return self._print(line.value(registers), decimals)
        except OutsideDomain:
            # Rounding took a printed number out of the domain, as ln 0.0000.
            return None

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

    def _missing(self, quantity: Quantity, judged: Judged) -> Result:
        expected = self._expected(quantity, judged.policy.decimals, judged.sheet.truth)
        return Result(quantity, "", "missing", expected, ("No value is stated.",))

    def _expected(self, quantity: Quantity, decimals: int | None, truth: Sequence[Number]) -> Shown:
        """The true value, to some decimals or as the problem shows it; a given number as it is given."""
        exact = self.solution.exact
        if quantity in self.trace.givens or quantity not in self.program.place:
            return exact.shown(quantity) if decimals is None else exact.compute(Ref(quantity), decimals)
        places = self.solution.policy.shown_places(quantity) if decimals is None else decimals
        return self._print(truth[self.program.place[quantity]], places)

    def _formula(self, one: StatedFormula) -> Result:
        """The verdict on a stated formula."""
        quantity = one.quantity
        equal, rewrites = self.formulas.judge(quantity, one.formula)
        explanations = tuple(Explanation(group) for group in rewrites)
        verdict: str
        reason: Pieces
        if equal is None:
            verdict, reason = "incomparable", ("This formula cannot be compared with the derivation.",)
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
            self._expected(quantity, None, self.truth),
            reason,
            one.line,
            right,
            explanations=explanations,
            symbolic=True,
        )


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int), "a given number is finite"
    return exponent


def _rational(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _known(number: Number) -> bool:
    return isinstance(number, fmpq) or bool(number.is_finite())
