"""Derivatives as quantities: which quantity is the derivative of one quantity with respect to another.

Knows the derivatives that the computation has as numbers of their own, and those that are another quantity: the
derivative of a weighted sum with respect to a weight is the activation that the weight multiplies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, Protocol

from derive.expression import ONE, Add, Node, Ref, quantities
from derive.notation import Namer
from derive.quantity import DIFFERENTIATED, Quantity

Pair = tuple[Quantity, Quantity]


class _Formulated(Protocol):
    @property
    def formula(self) -> Node: ...


class _Steps(Protocol):
    @property
    def givens(self) -> Mapping[Quantity, Decimal]: ...

    def step(self, target: Quantity, /) -> _Formulated: ...

    def find(self, target: Quantity, /) -> _Formulated | None: ...


class _Numbered(Protocol):
    @property
    def numbers(self) -> Mapping[Quantity, Any]: ...


class Named(Protocol):
    """A problem whose file may say what a writer's letters mean."""

    @property
    def names(self) -> Mapping[str, str]: ...

    @property
    def file(self) -> str | None: ...


class Solved(Protocol):
    """What is needed of a solution: its names, its quantities, its ids and its formulas."""

    @property
    def namer(self) -> Namer: ...

    @property
    def own_namer(self) -> Namer:
        """The names as the problem file has them, where others may be shown."""
        ...

    @property
    def problem(self) -> Named: ...

    @property
    def values(self) -> _Numbered: ...

    @property
    def trace(self) -> _Steps: ...

    def ids(self) -> Iterable[tuple[str, Quantity]]: ...


class Partials:
    """The derivatives of one problem."""

    def __init__(self, solution: Solved) -> None:
        self.namer, self._trace, self._problem = solution.namer, solution.trace, solution.problem
        self.quantities = tuple(solution.values.numbers)
        self.present = frozenset(self.quantities)

    def partial(self, of: Quantity, wrt: Quantity) -> Node | None:
        """The derivative of one quantity with respect to another, where it is a quantity, or 1."""
        same = self.namer.same
        found = self._table.get((same(of), same(wrt)))
        if found is not None:
            return Ref(found)
        if of.kind == "loss_part":
            return self._partial_of_part(of, wrt)
        if wrt.kind == "b" and of.kind in ("z", "a") and wrt.layer == of.layer and wrt.unit in (None, of.unit):
            return ONE if of.kind == "z" or self.namer.merged(of.layer) else None
        return None

    def given(self, quantity: Quantity) -> Fraction | None:
        """The number of a quantity that the problem gives."""
        number = self._trace.givens.get(quantity)
        return None if number is None else Fraction(number)

    def sources(self, quantity: Quantity) -> list[Quantity]:
        """The quantities in the formula that defines one; none for a given one."""
        step = self._trace.find(quantity)
        return [] if step is None else quantities(step.formula)

    def activation(self, z: Quantity, primes: int) -> Quantity | None:
        """f(z) or f'(z) for the activation function of a unit."""
        if z.kind == "a" and isinstance(z.layer, int) and self.namer.merged(z.layer):
            z = z._replace(kind="z")
        kind = {0: "a", 1: "da/dz"}.get(primes)
        if z.kind != "z" or kind is None:
            return None
        found = z._replace(kind=kind)
        return found if found in self.present else None

    def own_activation(self, name: str, z: Quantity, primes: int) -> Quantity | None:
        """The same where the function is called by its name, and the unit has that function."""
        if not isinstance(z.layer, int) or not z.layer:
            return None
        network = getattr(self._problem, "network", None)
        own = network.layers[z.layer - 1].activation if network is not None else ""
        return self.activation(z, primes) if own in (name, name.lower()) else None

    def _partial_of_part(self, part: Quantity, wrt: Quantity) -> Node | None:
        """The derivative of one output's part of the loss, where the loss is the sum of its parts."""
        loss = Quantity("loss", example=part.example, step=part.step)
        formula = self._trace.step(loss).formula if loss in self.present else None
        if not isinstance(formula, Add) or Ref(part) not in formula.terms:
            return None
        last = self.namer.shape.last
        if Quantity("expsum", last, example=part.example, step=part.step) in self.present:
            return None
        if wrt.layer == last and wrt.kind in ("a", "z") and wrt.unit == part.unit:
            return self.partial(loss, wrt)
        if wrt.layer == last and wrt.kind in ("W", "b") and wrt.unit == part.unit:
            return self.partial(loss, wrt)
        path = wrt._replace(kind="path", source=part.unit)
        return Ref(path) if wrt.kind == "a" and path in self.present else None

    @cached_property
    def _table(self) -> dict[Pair, Quantity]:
        """Every derivative that is a quantity, by what is differentiated and with respect to what."""
        found: dict[Pair, Quantity] = {}
        same = self.namer.same
        for quantity in self.quantities:
            both = pair(quantity)
            if both is not None:
                found[same(both[0]), same(both[1])] = quantity
        for weight in self.quantities:
            if weight.kind == "W":
                for z, source in self._weighted(weight):
                    found.setdefault((same(z), weight), source)
                    found.setdefault((same(z), same(source)), weight)
        return found

    def _weighted(self, weight: Quantity) -> Iterable[Pair]:
        """The sums in which a weight stands, each with the activation that it multiplies."""
        _, layer, unit, source, _, step = weight
        assert isinstance(layer, int)
        for example in self._examples:
            z = Quantity("z", layer, unit, None, example, step)
            a = Quantity("a", layer - 1, source, None, example).shifted(step)
            if z in self.present and a in self.present:
                yield z, a

    @cached_property
    def _examples(self) -> list[int | str | None]:
        return list(dict.fromkeys(q.example for q in self.quantities if q.kind == "z"))


def pair(quantity: Quantity) -> Pair | None:
    """What a derivative is the derivative of, and with respect to what."""
    kind, _, unit, source, example, step = quantity
    if kind == "da/dz":
        wrt = unit if source is None else source
        return quantity._replace(kind="a", source=None), quantity._replace(kind="z", unit=wrt, source=None)
    if kind not in DIFFERENTIATED:
        return None
    below = quantity.differentiated
    if below.constant:
        below = below._replace(step=0)
    return Quantity("loss", example=example, step=step), below
