"""The surroundings of one step of a computation that is given by equations: who reads what, and by which rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from derive.computation import Computation
from derive.expression import ONE, Add, Div, Mul, Neg, Node, Ref, mul
from derive.quantity import Quantity
from derive.step import Step
from derive.trace.elementary import ElementTrace
from derive.trace.identity import Identity, Symbol

Around = Callable[[Node], Node]
"""Puts a local derivative back where it stood, with what comes from above."""


@dataclass(frozen=True, slots=True)
class ElementSite:
    """A step of equations, in its round."""

    trace: Computation
    step: Step

    @property
    def target(self) -> Identity:
        one = self.step.target
        assert isinstance(one, Identity)
        return one

    @property
    def elements(self) -> ElementTrace:
        assert isinstance(self.trace, ElementTrace)
        return self.trace

    @property
    def terms(self) -> list[Node]:
        """The terms of the step's formula."""
        return list(self.step.formula.terms) if isinstance(self.step.formula, Add) else [self.step.formula]

    @property
    def factors(self) -> list[Node]:
        """The factors of the step's formula."""
        return list(self.step.formula.factors) if isinstance(self.step.formula, Mul) else [self.step.formula]

    @property
    def paths(self) -> list[Ref]:
        """The shares that the step adds up; none where it is one product."""
        shares = [term for term in self.terms if isinstance(term, Ref) and _is_share(term.quantity)]
        return shares if len(shares) == len(self.terms) else []

    # -- the way back

    @property
    def reader(self) -> Symbol | None:
        """The value through which the step's derivative goes; None where that is not one alone."""
        target = self.target
        if target.local:
            return target.of
        if target.by is None:
            return None
        if target.via is not None:
            return target.via
        readers = self.elements.readers.get(target.by, ())
        return readers[0] if len(readers) == 1 else None

    @property
    def variable(self) -> Ref | None:
        """What is derived by."""
        target = self.target
        if target.by is None:
            return None
        return self._value(target.by)

    @property
    def value(self) -> Ref | None:
        """The value through which the derivative goes."""
        return None if self.reader is None else self._value(self.reader)

    def _value(self, symbol: Symbol) -> Ref:
        one = Identity(symbol, step=self.target.step)
        given = one._replace(step=0)
        return Ref(given if given in self.trace.givens and not self.trace.moved(given) else one)

    @property
    def made(self) -> Node | None:
        """The formula of that value."""
        value = self.value
        step = None if value is None else self.trace.find(value.quantity)
        return None if step is None else step.formula

    @property
    def upstream(self) -> Ref | None:
        """What comes from above; None at the loss itself, and for a local derivative."""
        target, reader = self.target, self.reader
        if reader is None or target.local or reader == target.of:
            return None
        return Ref(Identity(target.of, by=reader, step=target.step))

    @property
    def local(self) -> tuple[Node, Around] | None:
        """The local derivative in the step's formula, and how it stands there; None where it is a step of its own."""
        formula, upstream = self.step.formula, self.upstream
        if self.reader is None:
            return None
        if upstream is None or upstream not in _leaves_in_product(formula):
            return formula, lambda local: local
        found = _without(formula, upstream)
        if isinstance(found, Ref) and _is_local(found.quantity):
            return None
        return found, lambda local: mul(upstream, local)


def _is_share(one: Quantity) -> bool:
    return isinstance(one, Identity) and one.via is not None


def _is_local(one: Quantity) -> bool:
    return isinstance(one, Identity) and one.local


def _leaves_in_product(formula: Node) -> Iterator[Node]:
    match formula:
        case Neg(arg):
            yield from _leaves_in_product(arg)
        case Mul(factors):
            for factor in factors:
                yield from _leaves_in_product(factor)
        case Div(above, _):
            yield from _leaves_in_product(above)
        case _:
            yield formula


def _without(formula: Node, part: Node) -> Node:
    """A product without one of its factors."""
    match formula:
        case Neg(arg):
            return Neg(_without(arg, part))
        case Mul(factors):
            left = [_without(factor, part) for factor in factors]
            return mul(*[one for one in left if one != ONE] or [ONE])
        case Div(above, below):
            return Div(_without(above, part), below)
    return ONE if formula == part else formula
