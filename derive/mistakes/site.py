"""The surroundings of one step: what else exists in its layer, its example and its round of training.

Knows which quantities lie where, for steps of any round, and no mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from derive import graph
from derive.activations import Activation, Joint, described
from derive.derivation import Trace
from derive.expression import Add, Mul, Neg, Node, Pow, Ref, add, mul, replace
from derive.quantity import UPDATED, Quantity
from derive.spec import Layer, Problem
from derive.step import Step


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
    def example(self) -> int | None:
        """The number of the step's example; None where the problem has only one, or all share the step."""
        example = self.target.example
        assert example is None or isinstance(example, int)
        return example

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
        """The name of a layer's activation; the inputs have none."""
        return self.description(layer).activation if layer else ""

    def row(self, layer: int) -> Activation | Joint:
        """The row of a layer's activation."""
        return described(self.description(layer).activation)

    def passes_on(self, layer: int) -> bool:
        """Whether the activations of a layer are its sums; the inputs are what they are."""
        return not layer or self.row(layer).passes_on

    def joint(self, layer: int) -> bool:
        """Whether each activation of a layer comes from all of its sums."""
        return layer > 0 and self.description(layer).joint

    def has_slopes(self, layer: int) -> bool:
        """Whether each unit of a layer has a slope of its own that is not just 1."""
        return not self.joint(layer) and not self.passes_on(layer)

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


MOST_OTHERS = 8
"""Other places that one number may have been taken from, in a wide layer."""
MOST_PAIRS = 32
"""Pairs of places in one sum that may have been mixed up; those next to each other are always among them."""


NEAREST = 3
"""Other places of a whole row or column of weights, which are taken more seldom."""


def nearest(index: int, count: int) -> list[int]:
    """The first few of the places besides one."""
    return others(index, count)[:NEAREST]


def others(index: int, count: int) -> list[int]:
    """The places besides one, of `count` in a row: the nearest first, and of a wide row no others.

    >>> others(0, 4), others(2, 4)
    ([1, 2, 3], [3, 1, 0])
    """
    found = (index + way * distance for distance in range(1, count) for way in (1, -1))
    return list(islice((other for other in found if 0 <= other < count), MOST_OTHERS))


def pairs(count: int) -> Iterator[tuple[int, int]]:
    """Every place with every other one, the nearest pairs first, and of a wide row no others.

    >>> list(pairs(3))
    [(0, 1), (1, 2), (1, 0), (2, 1), (0, 2), (2, 0)]
    """
    every = (
        (index, other)
        for distance in range(1, count)
        for index in range(count)
        for other in (index + distance, index - distance)
        if 0 <= other < count
    )
    yield from islice(every, max(MOST_PAIRS, 2 * count - 2))


def misread(site: Site, layer: int, unit: int, source: int) -> tuple[int, int]:
    """Where a weight stands for somebody who reads the table of a layer's weights down instead of across.

    In a square table that is the transposed place.
    """
    units, sources = site.width(layer), site.width(layer - 1)
    return divmod(source * units + unit, sources)


def put(node: Node, old: Node, new: Node) -> Node:
    """A formula with a part of it replaced: a factor, a term, the base of a power, or all of it.

    >>> from derive.expression import Var, sub
    >>> put(mul(Var("c"), sub(Var("a"), Var("t"))), sub(Var("a"), Var("t")), Var("a"))
    Mul(factors=(Var(name='c'), Var(name='a')))
    """
    if node == old:
        return new
    match node:
        case Mul(factors):
            return mul(*(put(factor, old, new) for factor in factors))
        case Add(terms):
            return add(*(put(term, old, new) for term in terms))
        case Neg(arg):
            return Neg(put(arg, old, new))
        case Pow(base, exponent):
            return Pow(put(base, old, new), exponent)
    return node


def signed(node: Node) -> Node:
    """The same with the other sign."""
    match node:
        case Neg(arg):
            return arg
        case Mul((Neg(first), *rest)):
            return Mul((first, *rest))
    return Neg(node)
