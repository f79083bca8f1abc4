"""The numbers of a sheet before they are known: every quantity has a slot for each way in which it is shown."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import NamedTuple

from derive.computation import Computation
from derive.evaluation import Policy, Values
from derive.expression import Node, Shown, Slot
from derive.formula.marks import RELATION, Mark
from derive.numbers import Number, plain
from derive.quantity import Quantity

SHOWN, OTHER, LOW, HIGH = "shown", "other", "low", "high"
"""The ways to show a quantity: as the solution does, rounded in the other way, and the ends of what is right."""


OPTION = "option "
"""Begins the ways in which a quantity stands among numbers to choose from; a number follows, from 0."""


class Place(NamedTuple):
    quantity: Quantity
    way: str


class Relation(NamedTuple):
    """A sign of equality: exact when these quantities, as they are shown, all are.

    Before a result it is exact, too, when the formula of printed numbers happens to give just the result.
    """

    used: tuple[Quantity, ...]
    formula: Node | None = None
    result: Quantity | None = None


class Slots:
    """Gives out slots and signs, and remembers what each stands for."""

    def __init__(self, trace: Computation, policy: Policy) -> None:
        self.trace, self.policy = trace, policy
        self.places: dict[Place, int] = {}
        self.relations: dict[Relation, int] = {}

    def slot(self, quantity: Quantity, way: str = SHOWN) -> Slot:
        place = self.places.setdefault(Place(quantity, way), len(self.places))
        given = self.trace.givens.get(quantity)
        longest = self.policy.shown_places(quantity) + 4 if given is None else max(len(plain(abs(given))) + 1, 5)
        return Slot("", given is not None, place, longest, of=quantity)

    def sign(self, used: Iterable[Quantity], formula: Node | None = None, result: Quantity | None = None) -> str:
        """The mark of a sign of equality before a formula of these quantities, or before its result."""
        relation = Relation(tuple(dict.fromkeys(used)), formula, result)
        return Mark(RELATION, self.relations.setdefault(relation, len(self.relations))).text


class SlotValues(Values):
    """Values that show themselves as slots, for the chapters of `narrate` that only print what is given.

    `computed` are the quantities that the problem has; none of them is computed here.
    """

    def __init__(self, trace: Computation, policy: Policy, slots: Slots, computed: Container[Quantity]) -> None:
        super().__init__(trace, policy)
        self.slots, self.computed = slots, computed

    def __contains__(self, quantity: Quantity) -> bool:
        return quantity in self.computed

    @property
    def numbers(self) -> Mapping[Quantity, Number]:
        raise TypeError("a sheet is printed before its numbers are known")

    def shown(self, quantity: Quantity) -> Shown:
        return self.slots.slot(quantity)
