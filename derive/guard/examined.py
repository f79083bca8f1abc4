"""A derivation that is examined: what all its rounds share, and numbers at which they are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from derive.derivation import Trace
from derive.errors import ProgramFault
from derive.guard.reference import Reference
from derive.numbers import Number
from derive.quantity import Index, Quantity
from derive.step import Step

Called = Callable[[Quantity], str]


@dataclass(frozen=True)
class Examined:
    """A derivation that is examined, and what all its rounds share."""

    trace: Trace
    called: Called

    @cached_property
    def reference(self) -> Reference:
        return Reference(self.trace.problem)

    @cached_property
    def prepared(self) -> dict[Index, list[Step]]:
        """The steps before the first round, by the example to which they belong."""
        found: dict[Index, list[Step]] = {}
        for step in self.trace.preprocessing:
            found.setdefault(step.target.example, []).append(step)
        return found

    @property
    def idle(self) -> tuple[int, ...]:
        """The examples that are prepared and that no round uses, as where a training ends before it came to them."""
        used = {example for one in self.trace.rounds for example in one.examples}
        return tuple(example for example in self.prepared if isinstance(example, int) and example not in used)

    @cached_property
    def given(self) -> dict[Index, list[Quantity]]:
        """The given quantities by the example to which they belong."""
        found: dict[Index, list[Quantity]] = {None: [Quantity("updates")]}
        for quantity in self.trace.givens:
            found.setdefault(quantity.example, []).append(quantity)
        return found

    def fault(self, quantity: Quantity, found: str) -> ProgramFault:
        """What is wrong with a quantity, which is told by its name and its id."""
        name = self.called(quantity)
        return ProgramFault(name if name == quantity.id else f"{name} ({quantity.id})", found)


class Point(dict[Quantity, Number]):
    """Numbers by quantity; one that is asked for and that no step computes is a fault."""

    def __init__(self, numbers: Mapping[Quantity, Number], examined: Examined) -> None:
        super().__init__(numbers)
        self._examined = examined

    def __missing__(self, quantity: Quantity) -> Number:
        raise self._examined.fault(quantity, "is computed by no step")


def prepared(examined: Examined, examples: Iterable[int]) -> list[Step]:
    """The steps before the first round that belong to these examples; of an only one they bear no number."""
    return [step for example in (None, *examples) for step in examined.prepared.get(example, ())]
