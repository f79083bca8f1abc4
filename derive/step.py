"""A step of a computation: one quantity, defined by one formula in earlier ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from derive.expression import Node, Ref, replace
from derive.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Step:
    """target = formula.

    `direct` is the same value by another road, for steps whose formula would lose an exact value on the way.
    """

    target: Quantity
    formula: Node
    direct: Node | None = None
    keeps: ClassVar[bool] = False
    """Whether the target is an old number that stays as it is: nothing is computed, so nothing is rounded."""

    def shifted(self, steps: int) -> Step:
        """The same step `steps` updates later."""
        if not steps:
            return self

        def later(quantity: Quantity) -> Node:
            return Ref(quantity.shifted(steps))

        direct = self.direct and replace(self.direct, later)
        return type(self)(self.target.shifted(steps), replace(self.formula, later), direct)
