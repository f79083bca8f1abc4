"""The form `graph`: number by number from the last to the first, upstream times local, the ways added up."""

from __future__ import annotations

from collections.abc import Iterator

from derive.document import Block, Equation, Inline, Math, Text
from derive.formula import Line
from derive.pages.asides import asides
from derive.pages.backward import opening, rules, said_once
from derive.pages.given import remarks
from derive.pages.page import ModelPage
from derive.pages.slopes import Slopes, Way
from derive.trace.identity import Symbol
from derive.trace.indexed import Equation as Indexed

MANY = 14
"""Lines of numbers of arrays that stand in one block."""


def blocks(page: ModelPage) -> Iterator[Block]:
    """All derivatives that lead to one that is asked for, number by number."""
    slopes = Slopes(page)
    if page.brief:
        lines = [_short(slopes, symbol, symbols=True) for symbol in slopes.nodes]
        yield from (Equation(tuple(lines[at : at + MANY]), beside=True) for at in range(0, len(lines), MANY))
        return
    yield from opening(page)
    told: set[str] = set()
    waiting: list[Line] = []
    for symbol in slopes.nodes:
        if symbol.name in told:
            waiting.append(_short(slopes, symbol, symbols=False))
            continue
        if waiting:
            yield Equation(tuple(waiting))
            waiting = []
        told.add(symbol.name)
        yield from remarks(page, symbol.name, _equations(page, slopes, symbol))
        yield from _node(page, slopes, symbol)
        derived = [one for one in slopes.adjoint.equations if one.name == slopes.gradient(symbol).name]
        yield from asides(page, symbol.name, derived[0]) if len(derived) == 1 else ()
    if waiting:
        yield Equation(tuple(waiting))


def _short(slopes: Slopes, symbol: Symbol, symbols: bool) -> Line:
    """A gradient in one line: the local derivatives are put in."""
    terms = [slopes.term(symbol, way, short=True) for way in slopes.ways(symbol)]
    return slopes.line(symbol, terms, symbols)


def _node(page: ModelPage, slopes: Slopes, symbol: Symbol) -> Iterator[Block]:
    """A number: what it goes into, the local derivatives, and the product or the sum."""
    ways = slopes.ways(symbol)
    local = [way for way in ways if not slopes.direct(way)] if slopes.named else []
    lines = [slopes.local_line(symbol, way) for way in local]
    paths = page.once(" Where there are several ways, each is upstream times local, and they are added up.")
    yield page.say(
        "{name} goes into {readers}.{several}",
        name=page.display.symbol(symbol),
        readers=_readers(page, symbol, ways),
        several=paths if len(ways) > 1 else "",
    )
    total = slopes.line(symbol, [slopes.term(symbol, way) for way in ways])
    yield Equation((*lines, total), whole=True)


def _equations(page: ModelPage, slopes: Slopes, symbol: Symbol) -> Iterator[Indexed]:
    """The equations that read a number."""
    for way in slopes.ways(symbol):
        if way.reader is not None:
            yield from page.solution.system.defining(way.reader.name)


def _readers(page: ModelPage, symbol: Symbol, ways: list[Way]) -> list[Inline]:
    """What reads a number, with the words of the rule that is needed for it."""
    found: list[Inline] = []
    for place, way in enumerate(ways):
        if place:
            found.append(Text(" and " if place == len(ways) - 1 else ", "))
        if way.reader is None:
            found.append(Text("what its derivative comes from above for"))
            continue
        found.append(Math(page.display.symbol(way.reader)))
        written = page.solution.system.defining(way.reader.name)
        by = said_once(page, (rule for one in written for rule in rules(one, symbol.name)))
        found += [Text(f" ({'; '.join(by)})")] if by else []
    return found
