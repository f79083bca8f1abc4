"""Find the error in the calculation of a network: its lines, and where mistakes may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from derive.derivation import Trace
from derive.document import Block
from derive.errors import InputError, shown
from derive.evaluation import Policy
from derive.expression import Shown
from derive.narrate import Page
from derive.program import Program
from derive.quantity import Quantity
from derive.wording import Wording as OwnWords
from derive.worksheet.asked import SECOND_PASS, asked
from derive.worksheet.blanks import ALL, FORMULAS, RESULTS, Scaffold
from derive.worksheet.calculation import Calculation
from derive.worksheet.facts import FACTS
from derive.worksheet.finding import FindSheet, FoundNumbers, Writer
from derive.worksheet.items import Maker
from derive.worksheet.options import BLANKS, EVERYTHING
from derive.worksheet.page import Builder
from derive.worksheet.planted import Planter
from derive.worksheet.questions import Choice
from derive.worksheet.sheet import Sheet
from derive.worksheet.slots import Slots, SlotValues


class GivenValues(SlotValues):
    """Values of which only the given numbers are known, as they stand on one sheet."""

    def __init__(
        self, trace: Trace, policy: Policy, slots: Slots, program: Program, written: Mapping[Quantity, str]
    ) -> None:
        super().__init__(trace, policy, slots, program.place)
        self.written = written

    def shown(self, quantity: Quantity) -> Shown:
        written = self.written.get(quantity)
        return super().shown(quantity) if written is None else Shown(written, True)


class NetworkFinding(FindSheet, Sheet):
    """The sheets of a network on which mistakes are to be found."""

    most_lines = 150  # about six pages
    worked = "network"

    def _check(self) -> None:
        super()._check()
        options, place = self.options, "--find-the-error"
        if options.fade or options.choice is not None:
            why = "whose lines are all worked" if options.fade else "whose boxes ask for lines and reasons"
            raise InputError(f"a calculation, {why}", "--fade" if options.fade else "--choice", place=place)
        if options.blanks == ALL:
            raise InputError("a calculation whose lines show what they compute", "--blanks all", place=place)
        strange = next((word for word in options.ask or () if word in (*FACTS, SECOND_PASS)), None)
        if strange is not None:
            why = "a second pass, not worked line by line" if strange == SECOND_PASS else "a question on the network"
            raise InputError(
                "only what has lines in the first step of training", f"{shown(strange)}: {why}", *self._asked_at
            )

    def _calculation(self) -> Calculation:
        return Calculation(self._page({}), self.program, self.policy)

    def _planter(self, mistakes: int, stamp: str) -> Planter:
        self._bare = self._without_numbers()
        return Planter(self.calculation, mistakes, stamp, self._allowed(self.calculation.page))

    def _allowed(self, page: Page) -> frozenset[int] | None:
        """The lines in which mistakes may be; None where that is not said."""
        if self.options.ask is None or EVERYTHING in self.options.ask:
            return None
        file, place = self._asked_at
        what = asked(self.solution, page, self.options.ask, place, file)
        return frozenset(
            line.number
            for line in self.calculation.lines
            if line.item.topic in what.topics and (what.single is None or line.quantity in what.single)
        )

    def _without_numbers(self) -> frozenset[int]:
        """The lines of which only the result is printed."""
        blanks = self.options.blanks
        if isinstance(blanks, str):
            return frozenset(line.number for line in self.calculation.lines if blanks == FORMULAS)
        weights = {self.solution.parameter(name, "--blanks", words=BLANKS) for name in blanks}
        return frozenset(line.number for line in self.calculation.lines if line.item.parameter in weights)

    def _grades(self, say: OwnWords) -> list[str]:
        page = self.calculation.page
        return [grade.words(page.layer_name(grade.layer) if grade.layer else "", say) for grade in self.planter.grades]

    def _page(self, written: Mapping[Quantity, str]) -> Page:
        """The page on which a sheet is written."""
        trace = self.solution.trace
        values = GivenValues(trace, self.policy, Slots(trace, self.policy), self.program, written)
        wording, choice = OwnWords(self.problem.words), self.solution.choice
        return Page(trace, values, values, self.namer, self.solution.form, choice, marks=False, wording=wording)

    def _before(self, numbers: FoundNumbers) -> Iterator[Block]:
        page = self._page(numbers.wrong.written)
        slots = Slots(page.trace, self.policy)
        scaffold = Scaffold(Maker(page, frozenset()), slots, self.options)
        yield from Builder(page, slots, Choice(()), scaffold, self.advice, []).lead()
        yield from Writer(page.wording, numbers, self.options.blanks == RESULTS, self._bare).blocks()
