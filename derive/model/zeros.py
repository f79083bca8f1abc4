"""Zeros that cancel: the element steps of a computation as what a proof by algebra looks into.

Decides only how `derive.identity` sees element steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from derive.expression import Node
from derive.numbers import Number
from derive.quantity import Quantity
from derive.trace.identity import Identity, element
from derive.trace.unroll import Step


class OfSteps:
    """The definitions of element steps, forward and backward."""

    def __init__(self, steps: Iterable[Step]) -> None:
        self._formulas: Mapping[Identity, Node] = {step.target: step.formula for step in steps}

    def formula(self, quantity: Quantity) -> Node | None:
        return self._formulas.get(element(quantity))

    def share(self, quantity: Quantity) -> Node | None:
        """A softmax is written out in element steps."""
        return None


def numbers_by(numbers: Mapping[Identity, Number]) -> Callable[[Quantity], Number]:
    """Numbers by identity for a proof, which asks with a KeyError whether there is one."""
    return lambda quantity: numbers[element(quantity)]
