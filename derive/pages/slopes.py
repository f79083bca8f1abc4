"""The computation as a graph of single numbers: who reads a number, and how fast each reader changes with it.

Decides which numbers lead from what is asked for to the loss, and gives the derivatives of one equation alone names and
numbers. Every gradient that is made of them is compared with the one that the equations give. No prose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from derive.expression import Add, Const, Neg, Node, Ref, Shown, add
from derive.formula import Line
from derive.notation.author import alone_name
from derive.numbers import Number
from derive.pages.elements import Elements, is_exact, is_number
from derive.pages.page import ModelPage
from derive.pages.work import MOST_MORE
from derive.trace.backward import local_slopes
from derive.trace.identity import Identity, Symbol
from derive.trace.local import product
from derive.trace.unroll import Step, ref

MOST_NODES = 60
"""Numbers on the way from what is asked for to the loss that are worked one by one."""


class Way(NamedTuple):
    """One reader of a number and the derivative of its equation; without a reader, what is given from above."""

    reader: Symbol | None
    slope: Node


class Alone(Elements):
    """Elements that know the derivatives of one equation alone as numbers, too."""

    def __init__(self, page: ModelPage) -> None:
        super().__init__(page.solution, 0, page.display.symbol)
        self.formulas: dict[Symbol, Node] = {}

    def register(self, symbol: Symbol) -> Number:
        formula = self.formulas.get(symbol)
        return super().register(symbol) if formula is None else self.number_of(formula)

    def _rough(self, symbol: Symbol) -> bool:
        return symbol in self.formulas or super()._rough(symbol)


class Slopes:
    """The graph of a page's computation, as far as it leads from what is asked for to the loss."""

    def __init__(self, page: ModelPage) -> None:
        self.page, self.solution = page, page.solution
        assert self.solution.adjoint is not None
        self.adjoint = self.solution.adjoint
        self.elements = Alone(page)
        self.loss = self.solution.derived_loss
        self.named = self.elements.carry is None
        """Whether derivatives of one equation have names: where results are rounded, these would be rounded too."""

    @cached_property
    def _seeds(self) -> Mapping[Symbol, Node]:
        """What is given from above, by the element that it belongs to."""
        found: dict[Symbol, Node] = {}
        for name, source in self.solution.problem.model.upstream.items():
            span = self.solution.seeded(name)
            first = self.solution.names.first
            for place in self.solution.system.givens[source].places():
                index = tuple(at - first + low for at, (low, _) in zip(place, span, strict=True))
                found[Symbol(name, index)] = ref(Identity(Symbol(source, place)))
        return found

    @cached_property
    def _readers(self) -> Mapping[Symbol, Mapping[Symbol, Node]]:
        found: dict[Symbol, dict[Symbol, Node]] = {}
        for step in self.solution.steps:
            for source, slope in local_slopes(step, self.adjoint.functions).items():
                found.setdefault(source.of, {})[step.target.of] = slope
        return found

    @cached_property
    def nodes(self) -> list[Symbol]:
        """What leads from something asked for to the loss, each after all that read it; the loss is none of them."""
        seeds = self._seeds
        above: set[Symbol] = set(seeds) or {self.loss}
        for step in reversed(self.solution.steps):
            if step.target.of in above:
                above.update(source.of for source in step.sources)
        asked = set(self.page.asked) & self.adjoint.names.keys()
        leading = {symbol for symbol in above if symbol.name in asked}
        for step in self.solution.steps:
            if leading.intersection(source.of for source in step.sources):
                leading.add(step.target.of)
        computed = [step.target.of for step in reversed(self.solution.steps)]
        given = [
            Symbol(name, place)
            for name in self.solution.system.givens
            if name in self.adjoint.names
            for place in self.page.elements.places(name)
        ]
        wanted = above & leading - ({self.loss} if not seeds else set())
        missing = self.solution.rounds[0].missing
        return [
            symbol
            for symbol in dict.fromkeys((*computed, *given))
            if symbol in wanted and self.adjoint.names.get(symbol.name, "") not in missing
        ]

    @cached_property
    def _reach(self) -> frozenset[Symbol]:
        return frozenset({*self.nodes, *(() if self._seeds else (self.loss,))})

    def ways(self, symbol: Symbol) -> list[Way]:
        """The readers through which a number reaches the loss, the latest first."""
        found = [Way(one, slope) for one, slope in self._readers.get(symbol, {}).items() if one in self._reach]
        seed = self._seeds.get(symbol)
        return [*([Way(None, seed)] if seed is not None else []), *reversed(found)]

    def gradient(self, symbol: Symbol) -> Symbol:
        """The derivative of the loss by a number."""
        return Symbol(self.adjoint.names[symbol.name], symbol.indices)

    def alone(self, symbol: Symbol, way: Way) -> Symbol:
        """The derivative of one reader's equation by a number, as a number of its own."""
        assert way.reader is not None
        found = Symbol(alone_name(way.reader.name, symbol.name), (*way.reader.indices, *symbol.indices))
        self.elements.formulas[found] = way.slope
        return found

    def direct(self, way: Way) -> bool:
        """Whether a way ends here: at the loss, or at what is given from above."""
        return way.reader is None or (way.reader == self.loss and not self._seeds)

    def term(self, symbol: Symbol, way: Way, short: bool = False) -> Node:
        """What comes by one way: upstream times local; `short` puts the local derivative in."""
        if self.direct(way):
            return way.slope
        assert way.reader is not None
        upstream = ref(Identity(self.gradient(way.reader)))
        if short or not self.named:
            return product(upstream, way.slope)
        return product(upstream, ref(Identity(self.alone(symbol, way))))

    def local_line(self, symbol: Symbol, way: Way) -> Line:
        """The derivative of one equation alone: its symbol, its formula, its number."""
        target = self.alone(symbol, way)
        step = self.elements.checked(Step(Identity(target), way.slope))
        shown = self.page.display(way.slope)
        return self.page.work(step, True, self.elements, None if step.formula == way.slope else shown)

    def line(self, symbol: Symbol, ways: Sequence[Node], symbols: bool = True) -> Line:
        """A gradient as a sum over ways, with the numbers, and with the number of every way where there are several."""
        formula = add(*ways)
        step = self.elements.checked(Step(Identity(self.gradient(symbol)), formula))
        chosen = step.formula != formula and symbols
        line = self.page.work(step, symbols, self.elements, self.page.display(formula) if chosen else None)
        shares = self._shares(step, line, ways)
        if shares is None:
            return line
        *before, last = line.parts
        return Line(line.left, (*before, shares, last), answer=line.answer)

    def _shares(self, step: Step, line: Line, ways: Sequence[Node]) -> tuple[str, Node] | None:
        """The number of every way, added up; None where the line says it already."""
        if len(ways) < 2 or len(line.parts) < 2 or all(isinstance(way, Ref | Const) for way in ways):
            return None
        result = self.elements.shown(step.target.of)
        numbers: list[Node] = []
        for more in range(MOST_MORE + 1):
            numbers = [way if is_number(way) else self.elements.shown_value(way, more) for way in ways]
            if self.elements.leads_to(Add(tuple(numbers)), result, self.elements.value):
                break
        sign = "=" if all(map(is_exact, numbers)) and line.parts[-2][0] == "=" else "≈"
        shown = Add(tuple(map(_signed, numbers)))
        return None if shown == line.parts[-2][1] else (sign, shown)


def _signed(number: Node) -> Node:
    """A negative number with its sign outside, so that it is subtracted in a sum."""
    if isinstance(number, Shown) and number.text.startswith("-"):
        return Neg(Shown(number.text[1:], number.exact))
    return number
