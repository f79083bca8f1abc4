"""The form `chain`: one parameter after the other, as the product of all factors along each of its ways to the loss.

Where the ways are too many, those that run together are cut at the number where they meet, whose derivative is worked
first.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from derive.document import Block, Equation
from derive.expression import Node, Shown
from derive.formula import Line
from derive.pages.given import remarks
from derive.pages.page import ModelPage
from derive.pages.slopes import Slopes, Way
from derive.pages.tables import array
from derive.sentences import count
from derive.trace.identity import Identity, Symbol
from derive.trace.local import product
from derive.trace.unroll import ref

MOST_WAYS = 6
"""Ways from one number to the loss that are written out from end to end."""


class Chains(Slopes):
    """The ways from numbers to the loss, as products of derivatives of one equation each."""

    @cached_property
    def _counts(self) -> dict[Symbol, int]:
        """How many ways there are from every number to the loss."""
        found: dict[Symbol, int] = {}
        for symbol in self.nodes:
            ends = [None if self.direct(way) else way.reader for way in self.ways(symbol)]
            found[symbol] = sum(1 if end is None else found[end] for end in ends)
        return found

    def factor(self, symbol: Symbol, way: Way) -> Node:
        """One factor of a chain; where it is all of the derivative, it has that name."""
        if self.direct(way):
            return ref(Identity(self.gradient(symbol))) if len(self.ways(symbol)) == 1 else way.slope
        return ref(Identity(self.alone(symbol, way))) if self.named else way.slope

    def chains(self, symbol: Symbol) -> list[Node]:
        """The products of factors from the loss to a number, one for each way."""
        cut = self._counts[symbol] > MOST_WAYS

        def tails(at: Symbol) -> list[list[Node]]:
            found: list[list[Node]] = []
            for way in self.ways(at):
                own = self.factor(at, way)
                if self.direct(way):
                    found.append([own])
                    continue
                assert way.reader is not None
                meeting = cut and len(self.ways(way.reader)) > 1
                above = [[ref(Identity(self.gradient(way.reader)))]] if meeting else tails(way.reader)
                found += [[*factors, own] for factors in above]
            return found

        return [product(*factors) for factors in tails(symbol)]

    def meetings(self, symbol: Symbol) -> set[Symbol]:
        """The numbers at which the ways of one are cut."""
        return self._above(symbol) if self._counts[symbol] > MOST_WAYS else set()

    def _above(self, symbol: Symbol) -> set[Symbol]:
        """The first numbers above one at which ways meet."""
        found: set[Symbol] = set()
        for way in self.ways(symbol):
            if not self.direct(way) and way.reader is not None:
                found |= {way.reader} if len(self.ways(way.reader)) > 1 else self._above(way.reader)
        return found

    def steps(self, symbol: Symbol) -> list[tuple[Symbol, Way]]:
        """The factors of the chains of a number, those next to the loss first."""
        cut = self._counts[symbol] > MOST_WAYS
        found: list[tuple[Symbol, Way]] = []

        def visit(at: Symbol) -> None:
            for way in self.ways(at):
                if not self.direct(way) and way.reader is not None:
                    if not (cut and len(self.ways(way.reader)) > 1):
                        visit(way.reader)
                    found.append((at, way))
                elif len(self.ways(at)) == 1 and at != symbol:
                    found.append((at, way))

        visit(symbol)
        return found

    def chain_line(self, symbol: Symbol, symbols: bool = True) -> Line:
        """A gradient as the sum of its chains."""
        return self.line(symbol, self.chains(symbol), symbols)

    def factor_line(self, symbol: Symbol, way: Way) -> Line:
        """The line of a factor."""
        return self.line(symbol, [way.slope]) if self.direct(way) else self.local_line(symbol, way)


def blocks(page: ModelPage) -> Iterator[Block]:
    """Every parameter along its ways; of an array the first number that has something to show, then all of them."""
    chains = Chains(page)
    if not page.brief:
        yield page.opens(
            "How much does a small change of each number change {loss}? Along one way from the number to {again} the"
            " factors are multiplied, each the derivative of one equation; the products of different ways are added.",
            loss=page.display.symbol(chains.loss),
            again=page.display.symbol(chains.loss),
        )
        yield from remarks(page, None, page.solution.system.equations)
    done: set[tuple[Symbol, Symbol | None]] = set()
    worked: set[Symbol] = set()
    for symbol in _shown(page, chains):
        for meeting in _all_meetings(chains, symbol):
            if meeting not in worked:
                worked.add(meeting)
                yield from _worked(page, chains, meeting, done, meets=True)
        worked.add(symbol)
        yield from _worked(page, chains, symbol, done)
        if symbol.indices:
            if not page.brief:
                yield page.say("In the same way all of them:")
            yield from array(page, chains.gradient(symbol).name)


def _all_meetings(chains: Chains, symbol: Symbol) -> list[Symbol]:
    """The numbers whose derivatives must be worked before the chains of one, those next to the loss first."""
    found: set[Symbol] = set()
    waiting = [symbol]
    while waiting:
        for meeting in chains.meetings(waiting.pop()):
            if meeting not in found:
                found.add(meeting)
                waiting.append(meeting)
    return [one for one in chains.nodes if one in found]


def _shown(page: ModelPage, chains: Chains) -> Iterator[Symbol]:
    """The numbers that are worked: every single one that is asked for, of an array one whose derivative is not 0."""
    for name in page.asked:
        own = [symbol for symbol in chains.nodes if symbol.name == name]
        shown = [chains.elements.shown(chains.gradient(symbol)) for symbol in own]
        telling = [
            symbol
            for symbol, number in zip(own, shown, strict=True)
            if not isinstance(number, Shown) or number.text.strip("-0.")
        ]
        yield from (telling or own)[:1]


def _worked(
    page: ModelPage, chains: Chains, symbol: Symbol, done: set[tuple[Symbol, Symbol | None]], meets: bool = False
) -> Iterator[Block]:
    """The factors that are new, and the chains."""
    lines: list[Line] = []
    for at, way in chains.steps(symbol) if chains.named else ():
        if (at, way.reader) not in done:
            done.add((at, way.reader))
            lines.append(chains.factor_line(at, way))
    if not page.brief:
        ways = count(len(chains.chains(symbol)), "way")
        text = "{name} reaches {loss} on {ways}:"
        if meets:
            text = "Many ways meet in {name}, so its derivative is worked first; it reaches {loss} on {ways}:"
        yield page.say(text, name=page.display.symbol(symbol), loss=page.display.symbol(chains.loss), ways=ways)
    yield Equation((*lines, chains.chain_line(symbol)))
