"""A whole calculation, line by line: which step each line is, and how it is written with numbers put in.

Every result is rounded and goes on rounded, so that each line follows exactly from the numbers above it. The lines are
those of the first training step, each step of the derivation by itself; what a line is computed from is given or stands
in a line before. Whether a line is right is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from derive.evaluation import Policy
from derive.expression import Cases, Node, Ref, Shown, quantities, replace
from derive.formula import Line
from derive.narrate import Page
from derive.numbers import Number, evaluates_to, padded, shown_text
from derive.program import Program, Registers
from derive.quantity import Quantity
from derive.worksheet.items import Item, Maker
from derive.worksheet.options import TOPICS
from derive.worksheet.questions import whole_groups

WORKED_TOPICS = frozenset(TOPICS) - {"new-loss"}
"""What is worked: the second forward pass has no line for each of its steps."""


class Worked(Protocol):
    """What a line works out."""

    @property
    def topic(self) -> str: ...

    @property
    def left(self) -> Node: ...

    @property
    def formula(self) -> Node: ...

    @property
    def parameter(self) -> object: ...


class Titled(Protocol):
    """What lines stand under."""

    @property
    def title(self) -> str: ...


@dataclass(frozen=True, slots=True)
class CalculationLine:
    """One numbered line. `target` is the quantity whose step it shows, `quantity` the one it is named after.

    In a linear layer the two may differ, because preactivation and activation are one number.
    """

    number: int
    item: Worked
    target: Quantity
    quantity: Quantity
    group: Titled


class Calculation:
    """The lines of a problem's first training step."""

    def __init__(self, page: Page, program: Program, policy: Policy) -> None:
        self.page, self.program, self.policy = page, program, policy
        self.maker = Maker(page, WORKED_TOPICS)
        pairs = [(item, group) for group in whole_groups(self.maker) for item in group.items]
        self.lines = [
            CalculationLine(number, item, self._target(item), self.maker.one(item.quantity), group)
            for number, (item, group) in enumerate(pairs, 1)
        ]
        self._downstream: dict[int, frozenset[int]] = {}

    def _target(self, item: Item) -> Quantity:
        """The quantity whose own step has the item's formula."""
        kin = {"a": "z", "dL/dz": "dL/da"}.get(item.quantity.kind)
        kinds = (item.quantity.kind, *((kin,) if kin else ()))
        for kind in kinds:
            quantity: Quantity = item.quantity._replace(kind=kind)
            if quantity in self.program.place and self.program.formula(quantity) == item.formula:
                return quantity
        return item.quantity

    def downstream(self, line: CalculationLine) -> frozenset[int]:
        """The places of everything that comes from a line, by whatever way, itself among them."""
        found = self._downstream.get(line.number)
        if found is None:
            tainted = {self.program.place[line.target]}
            for step in self.program.lines:
                if not tainted.isdisjoint(step.sources):
                    tainted.add(step.target)
            found = self._downstream[line.number] = frozenset(tainted)
        return found

    def after(self, line: CalculationLine) -> list[CalculationLine]:
        """The lines that come from a line, without itself."""
        places = self.downstream(line)
        return [one for one in self.lines if one is not line and self.program.place[one.target] in places]

    def printed(self, place: int, number: Number) -> str:
        """A result as it is printed, with all its decimals: rounded numbers show how far they were rounded."""
        places = self.policy.shown_places(self.program.quantities[place])
        return padded(shown_text(number, places, self.policy.ties)[0], places)


@dataclass(frozen=True, slots=True)
class Run:
    """The numbers of one way through the calculation; `written` are the given ones as they stand on the sheet."""

    calculation: Calculation
    registers: Registers
    written: Mapping[Quantity, str]

    def text(self, quantity: Quantity) -> str:
        """A number as it is printed."""
        if quantity in self.written:
            return self.written[quantity]
        if quantity.kind == "updates":
            return str(quantity.step)  # it is counted, not rounded
        place = self.calculation.program.place[quantity]
        return self.calculation.printed(place, self.registers[place])

    def line(self, line: CalculationLine, formula: Node) -> Line:
        """A line with its numbers; `formula` is what was computed, rightly or not."""
        used, result = quantities(formula), Shown(self.text(line.target), True)
        if not used or isinstance(formula, Cases | Ref):
            return Line(line.item.left, (("=", result),))
        filled = replace(formula, lambda quantity: Shown(self.text(quantity), True))
        return Line(line.item.left, (("=", filled), ("=" if evaluates_to(filled, result.text) else "≈", result)))


def titled(lines: Sequence[CalculationLine]) -> Mapping[str, list[CalculationLine]]:
    """The lines under the titles of their groups, in order."""
    found: dict[str, list[CalculationLine]] = {}
    for line in lines:
        found.setdefault(line.group.title, []).append(line)
    return found
