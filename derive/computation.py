"""What runs, rounds, judges and asks of a computation: its steps in order, and the numbers it begins with.

A network is one (`derivation.Trace`), equations element by element are another (`trace.elementary`). Whatever
needs no more than this works for both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from derive.expression import Node
from derive.quantity import Quantity
from derive.step import Step


@dataclass(frozen=True, slots=True)
class Round:
    """One round of training: forward, backward, update, all written for the first update.

    `examples` are the examples of a network that it uses, counted from 0; equations have theirs in their indices.
    """

    forward: tuple[Step, ...]
    backward: tuple[Step, ...]
    update: tuple[Step, ...]
    examples: tuple[int, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.forward + self.backward + self.update


class Computation(Protocol):
    """A whole computation.

    `rounds` holds one round for each different one; round number t uses `rounds[t % len(rounds)]`. `passes` says how
    many are made. `last_forward` is the forward pass after the last update, not shifted. `products` and `functions`
    are about how many of each a round computes.
    """

    @property
    def name(self) -> str:
        """What the problem is called in messages and file names."""
        ...

    @property
    def file(self) -> str | None: ...

    @property
    def givens(self) -> Mapping[Quantity, Decimal]: ...

    @property
    def preprocessing(self) -> tuple[Step, ...]: ...

    @property
    def rounds(self) -> Sequence[Round]: ...

    @property
    def passes(self) -> int: ...

    @property
    def products(self) -> int: ...

    @property
    def functions(self) -> int: ...

    @property
    def last_forward(self) -> tuple[Step, ...]: ...

    def round(self, number: int, /) -> Round: ...

    def step(self, target: Quantity, /) -> Step:
        """The step that defines a quantity; KeyError for a given one."""
        ...

    def find(self, target: Quantity, /) -> Step | None:
        """The same, or None for a given one."""
        ...

    def shifted(self, quantity: Quantity, steps: int, /) -> Quantity:
        """The same quantity so many updates later; what training leaves alone stays as it is."""
        ...

    def moved(self, quantity: Quantity, /) -> bool:
        """Whether an update makes it anew: a parameter, or what an optimiser keeps of one."""
        ...

    def is_parameter(self, quantity: Quantity, /) -> bool:
        """Whether it is what training is for: none of what an optimiser keeps beside."""
        ...

    def written(self, quantity: Quantity, /) -> Decimal | None:
        """The number that the problem gives for a quantity, also for one that no update changes; None for others."""
        ...

    def share(self, quantity: Quantity, /) -> Node | None:
        """What a quantity is that is one of several which add up to 1, for a proof by algebra (`identity`)."""
        ...


MOST_KEPT = 5000
"""Formulas that are kept: one proof after another asks for those of the first rounds."""


class Definitions:
    """How the quantities of a computation are made, for a proof by algebra (`identity.Definitions`)."""

    def __init__(self, trace: Computation) -> None:
        self.trace = trace
        self._formulas: dict[Quantity, Node | None] = {}

    def formula(self, quantity: Quantity) -> Node | None:
        if quantity not in self._formulas:
            if len(self._formulas) >= MOST_KEPT:
                self._formulas.clear()
            step = self.trace.find(quantity)
            self._formulas[quantity] = None if step is None else step.formula
        return self._formulas[quantity]

    def share(self, quantity: Quantity) -> Node | None:
        return self.trace.share(quantity)
