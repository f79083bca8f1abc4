"""A reverse sweep in numbers over any forward steps, with SymPy's derivative of each local equation.

It knows no layers: the chain rule is applied along whatever each step uses. What the derivation states in formulas is
compared with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from flint import arb, fmpq

from derive.expression import Node
from derive.guard.shapes import slope, terms
from derive.numbers import Environment, Evaluator, compile_value
from derive.quantity import Quantity
from derive.step import Step


class Slope(NamedTuple):
    """The derivative of a term with respect to one of its sources, as a function of the numbers of all of them."""

    source: Quantity
    value: Evaluator
    relaxed: Evaluator


class Local(NamedTuple):
    """The derivatives of one term of a step, which has a coefficient."""

    coefficient: Evaluator | None
    sources: tuple[Quantity, ...]
    slopes: tuple[Slope, ...]


class Sweep:
    """Derivatives of any quantity of some steps with respect to those that are `wanted`."""

    def __init__(self, steps: Sequence[Step], wanted: Collection[Quantity]) -> None:
        self._place = {step.target: place for place, step in enumerate(steps)}
        self._targets = [step.target for step in steps]
        active = set(wanted)
        self._locals: dict[Quantity, list[Local]] = {}
        for step in steps:
            found = list(_locals(step, active))
            if found:
                active.add(step.target)
                self._locals[step.target] = found

    def derivatives(
        self, of: Quantity, env: Environment, soft: bool, until: Collection[Quantity] = ()
    ) -> dict[Quantity, arb]:
        """d`of`/dq for every active q behind it, not going on behind those of `until`; `soft` relaxes corners."""
        found: dict[Quantity, arb] = {of: arb(1)}
        waiting = [-self._place[of]]
        while waiting:
            target = self._targets[-heappop(waiting)]
            if target in until and target != of:
                continue
            for source, factor in self._partials(target, env, soft):
                if source in found:
                    found[source] += found[target] * factor
                    continue
                found[source] = found[target] * factor
                if source in self._locals:
                    heappush(waiting, -self._place[source])
        return found

    def partials(self, of: Quantity, env: Environment, soft: bool) -> dict[Quantity, arb]:
        """d`of`/dq of one step alone, for everything active that it uses."""
        found: dict[Quantity, arb] = {}
        for source, factor in self._partials(of, env, soft):
            found[source] = found[source] + factor if source in found else factor
        return found

    def _partials(self, target: Quantity, env: Environment, soft: bool) -> Iterator[tuple[Quantity, arb]]:
        for coefficient, sources, slopes in self._locals.get(target, ()):
            numbers = [env[source] for source in sources]
            scale = None if coefficient is None else coefficient(env)
            for source, value, relaxed in slopes:
                factor = relaxed(numbers) if soft else value(numbers)
                if isinstance(factor, fmpq) and not factor:
                    continue  # an exact 0, such as the slope of a rectifier that is off, ends the way
                yield source, arb(factor) if scale is None else arb(factor) * scale


def _locals(step: Step, active: Collection[Quantity]) -> Iterator[Local]:
    last: Node | None = None
    scale: Evaluator | None = None
    for coefficient, shape, sources in terms(step.formula, active):
        slopes = tuple(
            Slope(source, slope(shape, k, soft=False), slope(shape, k, soft=True))
            for k, source in enumerate(sources)
            if source in active
        )
        if not slopes:
            continue
        if coefficient is not last:  # the terms of a mean share one object
            last, scale = coefficient, None if coefficient is None else compile_value(coefficient)
        yield Local(scale, sources, slopes)
