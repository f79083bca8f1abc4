"""The surroundings of one step: what else exists in its layer, its example and its round of training.

Knows which quantities lie where, for steps of any round, and no mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from derive import graph
from derive.derivation import Trace
from derive.expression import Add, Mul, Neg, Node, Ref, replace
from derive.graph import Step
from derive.quantity import Quantity
from derive.spec import Layer, Problem

UPDATED = frozenset({"W", "b", "vW", "vb"})
"""Kinds whose steps are the last ones of a round: their targets belong to the next round."""


@dataclass(frozen=True, slots=True)
class Site:
    """A step of a trace, in its round, with names for its neighbours."""

    trace: Trace
    step: Step

    @property
    def problem(self) -> Problem:
        return self.trace.problem

    @property
    def target(self) -> Quantity:
        return self.step.target

    @property
    def layer(self) -> int:
        assert isinstance(self.target.layer, int)
        return self.target.layer

    @property
    def unit(self) -> int:
        assert isinstance(self.target.unit, int)
        return self.target.unit

    @property
    def source(self) -> int:
        assert isinstance(self.target.source, int)
        return self.target.source

    @property
    def made(self) -> int:
        """The number of updates made before the step's round."""
        return self.target.step - (self.target.kind in UPDATED)

    @property
    def outputs(self) -> int:
        """The number of the output layer."""
        return len(self.problem.network.layers)

    @property
    def examples(self) -> tuple[int, ...]:
        """The examples of the step's round; none where the problem has only one."""
        if len(self.problem.data.inputs) == 1:
            return ()
        return self.trace.round(min(self.made, self.problem.training.steps - 1)).examples

    def width(self, layer: int) -> int:
        """The number of units of a layer; 0 is the input."""
        return graph.width(self.problem, layer)

    def description(self, layer: int) -> Layer:
        return self.problem.network.layers[layer - 1]

    def activation(self, layer: int) -> str:
        """The name of a layer's activation; the inputs have none and count as linear."""
        return self.description(layer).activation if layer else "linear"

    # -- quantities of the same round ------------------------------------------------------------------------

    def of(self, kind: str, layer: int | None = None, unit: int | None = None, source: int | None = None) -> Ref:
        """A quantity of the step's own example."""
        return Ref(Quantity(kind, layer, unit, source, self.target.example).shifted(self.made))

    def common(self, kind: str, layer: int | None = None, unit: int | None = None, source: int | None = None) -> Ref:
        """A quantity that all examples share: a parameter, its gradient, a setting."""
        return Ref(Quantity(kind, layer, unit, source).shifted(self.made))

    def bias(self, layer: int, unit: int) -> Ref | None:
        """The bias that a unit adds, if any."""
        own = graph.bias(self.description(layer), layer, unit)
        return None if own is None else Ref(own.shifted(self.made))

    def weights(self, layer: int) -> Iterator[Ref]:
        """All weights of a layer, unit by unit."""
        for j in range(self.width(layer)):
            for i in range(self.width(layer - 1)):
                yield self.common("W", layer, j, i)

    # -- changed formulas ------------------------------------------------------------------------------------

    @property
    def terms(self) -> list[Node]:
        """The terms of the step's formula."""
        return list(self.step.formula.terms) if isinstance(self.step.formula, Add) else [self.step.formula]

    def renamed(self, other: Callable[[Quantity], Quantity | None]) -> Node:
        """The step's formula with other quantities in it."""

        def found(quantity: Quantity) -> Node | None:
            new = other(quantity)
            return None if new is None else Ref(new)

        return replace(self.step.formula, found)

    def exchanged(self, old: Ref, new: Ref) -> Node:
        """The step's formula with one quantity in the place of another."""
        return self.renamed(lambda quantity: new.quantity if quantity == old.quantity else None)

    def adds(self, kind: str) -> bool:
        """Whether the step adds quantities of this kind, or takes their mean."""
        first = self.terms[0]
        while isinstance(first, Mul | Add):
            first = first.factors[-1] if isinstance(first, Mul) else first.terms[0]
        return isinstance(first, Ref) and first.quantity.kind == kind

    def without(self, index: int) -> Node | None:
        """The step's sum without one of its terms; None where there is only one."""
        left = [term for number, term in enumerate(self.terms) if number != index]
        return rejoined(left) if left else None


def rejoined(terms: list[Node]) -> Node:
    """The terms of a sum as they stood, no term merged with another."""
    return terms[0] if len(terms) == 1 else Add(tuple(terms))


def adjacent(index: int, count: int) -> list[int]:
    """The places next to one, of `count` in a row: the following one first.

    >>> adjacent(0, 3), adjacent(1, 3), adjacent(0, 1)
    ([1], [2, 0], [])
    """
    return [near for near in (index + 1, index - 1) if 0 <= near < count]


def misread(site: Site, layer: int, unit: int, source: int) -> tuple[int, int]:
    """Where a weight stands for somebody who reads the table of a layer's weights down instead of across.

    In a square table that is the transposed place.
    """
    units, sources = site.width(layer), site.width(layer - 1)
    return divmod(source * units + unit, sources)


def signed(node: Node) -> Node:
    """The same with the other sign."""
    match node:
        case Neg(arg):
            return arg
        case Mul((Neg(first), *rest)):
            return Mul((first, *rest))
    return Neg(node)
