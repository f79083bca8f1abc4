"""Find the error in a calculation by equations: its lines, and where mistakes are put.

A line is a value, a derivative of the loss or an update; local derivatives and shares that have no line are written out
in the line that needs them, are not rounded there, and may hold the mistake as well. How hard a mistake is to find is
measured by what its line is and by how many lines come after it, as in networks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from derive.document import Block
from derive.errors import InputError
from derive.evaluation import Policy
from derive.expression import Cases, Node, Shown, quantities
from derive.expression import replace as put_in
from derive.mistakes import Rewrite, local_rewrites
from derive.program import Program
from derive.quantity import Quantity
from derive.stepwise import Stepwise
from derive.trace.elementary import LocalDerivative, Share
from derive.wording import Wording
from derive.worksheet.blanks import ALL, FORMULAS, RESULTS
from derive.worksheet.calculation import Calculation, CalculationLine, Run
from derive.worksheet.element_lead import lead, provided, provided_table, rounding, sheet_page, starts
from derive.worksheet.element_questions import AGAIN, ElementItem, Questions, asked_items
from derive.worksheet.elements import ElementSheet
from derive.worksheet.facts import FACTS
from derive.worksheet.finding import FindSheet, FoundNumbers, Writer
from derive.worksheet.options import EVERYTHING, PICTURE
from derive.worksheet.planted import BAND, LONGER, Planter, Spot

WORKED = ("forward", "loss", "gradients", "weights")
NOUNS = {
    "forward": "value",
    "loss": "loss",
    "local": "local",
    "paths": "share",
    "gradients": "derivative",
    "weights": "update",
}
"""What a line is called that asks a topic, as a phrase that begins with `kind_`."""


@dataclass(frozen=True, slots=True)
class Titled:
    """What lines stand under."""

    title: str


class ElementCalculation(Calculation):
    """The lines of the first round of a problem given by equations."""

    def __init__(self, steps: Stepwise, program: Program, policy: Policy, say: Wording) -> None:
        self.trace, self.program = steps.trace, program
        questions = Questions(steps)
        questions.carry = False  # what has no line is worked out inside the lines that need it
        items = questions.of(WORKED)
        self.lines = [
            CalculationLine(number, item, item.quantity, item.quantity, Titled(say[_title(item)]))
            for number, item in enumerate(items, 1)
        ]
        self.items: list[ElementItem] = items
        self.own = {item.quantity for item in items}
        hidden = (one.id for one in program.quantities if self.hidden(one))
        self.policy = replace(policy, overrides={**policy.overrides, **dict.fromkeys(hidden, "exact")})
        self._downstream = {}

    def hidden(self, one: Quantity) -> bool:
        """Whether a step is written out in the lines that use it."""
        step = self.trace.find(one)
        written = isinstance(step, LocalDerivative | Share) and not isinstance(step.formula, Cases)
        return written and one not in self.own

    def inside(self, formula: Node) -> Iterator[Quantity]:
        """The steps that are written out in a formula, those inside them too."""
        for one in quantities(formula):
            if self.hidden(one):
                yield one
                yield from self.inside(self.trace.step(one).formula)

    def expanded(self, formula: Node, changed: Mapping[Quantity, Node]) -> Node:
        """A formula with these steps written out, some of them in another way."""

        def inside(one: Quantity) -> Node | None:
            if one in changed:
                return self.expanded(changed[one], {})
            return self.expanded(self.trace.step(one).formula, changed) if self.hidden(one) else None

        return put_in(formula, inside)


def _title(item: ElementItem) -> str:
    topic = "gradients" if item.topic in ("local", "paths") else item.topic
    return f"elements_{topic}"


class ElementPlanter(Planter):
    """Mistakes in the lines of equations."""

    calculation: ElementCalculation

    def _kind(self, line: CalculationLine) -> str:
        return line.item.topic

    def _of(self, line: CalculationLine) -> Iterator[Spot]:
        calculation, program = self.calculation, self.calculation.program
        following, seen = len(calculation.after(line)), set[str]()
        right, downstream = len(quantities(line.item.formula)), calculation.downstream(line)
        for rewrite in self._rewrites(line):
            used = quantities(rewrite.formula)
            if not all(one in program.place for one in used):
                continue
            step = program.compiled(line.target, rewrite.formula)
            if not downstream.isdisjoint(step.sources):
                continue  # it would need its own result
            self._ways.setdefault(line.target, []).append((rewrite.mistake.key, step))
            near = used and len(used) <= right + LONGER and rewrite.mistake.key not in seen
            if near:
                seen.add(rewrite.mistake.key)
                yield Spot(line, rewrite, step, following)

    def _rewrites(self, line: CalculationLine) -> Iterator[Rewrite]:
        """The mistakes of a line in its own step, and in the steps that are written out in it, as whole lines."""
        calculation, trace = self.calculation, self.calculation.trace
        own = trace.step(line.target)
        for rewrite in local_rewrites(trace, own):
            yield replace(rewrite, formula=calculation.expanded(rewrite.formula, {}))
        for one in dict.fromkeys(calculation.inside(own.formula)):
            for rewrite in local_rewrites(trace, trace.step(one)):
                yield replace(rewrite, formula=calculation.expanded(own.formula, {one: rewrite.formula}))


class ElementFinding(FindSheet, ElementSheet):
    """The sheets of a problem given by equations on which mistakes are to be found."""

    calculation: ElementCalculation
    _bare: frozenset[int]
    most_lines = 200  # those of equations are short, with one operation or a few
    worked = "problem"

    def _check(self) -> None:
        options, place = self.options, "--find-the-error"
        beside = [word for word in options.ask or () if word in (*FACTS, AGAIN)]
        hidden = options.blanks if options.blanks in (ALL, PICTURE) else ""
        for option, chosen in (
            ("--fade", options.fade),
            ("--choice", options.choice is not None),
            (f"--blanks {hidden}", bool(hidden)),
            (f"--ask {', '.join(beside)}", bool(beside)),
        ):
            if chosen:
                raise InputError("a calculation whose lines are all worked", option, self.problem.file, place)

    def _calculation(self) -> ElementCalculation:
        self.wording = Wording(self.problem.words)
        calculation = ElementCalculation(self.solution, self.program, self.policy, self.wording)
        self.policy = calculation.policy
        self._bare = self._without_numbers(calculation)
        return calculation

    def _without_numbers(self, calculation: ElementCalculation) -> frozenset[int]:
        """The lines of which only the result is printed: all of them, or those of the parameters that are named."""
        blanks = self.options.blanks
        if isinstance(blanks, str):
            return frozenset(line.number for line in calculation.lines if blanks == FORMULAS)
        self._check_names(blanks, calculation.items)
        numbered = zip(calculation.lines, calculation.items, strict=True)
        return frozenset(line.number for line, item in numbered if item.of_parameter(blanks))

    def _planter(self, mistakes: int, stamp: str) -> Planter:
        return ElementPlanter(self.calculation, mistakes, stamp, self._among())

    def _among(self) -> frozenset[int] | None:
        """The lines in which mistakes may be; None where that is not said."""
        words = self.options.ask
        if words is None or EVERYTHING in words:
            return None
        file, place = self._asked_at
        asked = {item.quantity for item in asked_items(Questions(self.solution), words, place, file)}
        return frozenset(line.number for line in self.calculation.lines if line.quantity in asked)

    def _grades(self, say: Wording) -> list[str]:
        return [
            say("find_kind", kind=say[f"kind_{NOUNS[kind]}"], low=str(following), high=str(following + BAND))
            for kind, _, following in self.planter.grades
        ]

    def _before(self, numbers: FoundNumbers) -> Iterator[Block]:
        yield from self._lead(numbers.wrong)
        yield from Writer(self.wording, numbers, self.options.blanks == RESULTS, self._bare).blocks()

    def _lead(self, run: Run) -> Iterator[Block]:
        def show(one: Quantity) -> Node:
            return Shown(run.text(one), True)

        yield from lead(sheet_page(self.solution, self.options.detail, show, self.wording))
        yield rounding(self.policy, self.wording)
        yield from starts(self.calculation.items, self.solution.trace, show, self.wording)
        yield from provided_table(provided(self.calculation.items, self.solution.trace), show, self.wording)
