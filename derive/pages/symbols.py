"""The table of symbols of a page on equations: what every name stands for, and of which shape it is.

The words follow from the part that a quantity has in the equations; that it may mean more is its author's to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.document import Math, Section, Table, Words
from derive.pages.page import ModelPage
from derive.sentences import capital
from derive.trace.identity import Symbol
from derive.trace.indexed import reads
from derive.trace.updates import SETTING, owned, renewed

GIVEN = {"inputs": "an input", "parameters": "a parameter", "targets": "a target", "constants": "a constant"}
"""What the numbers of each table of a problem are."""
KEPT = 5
"""Rows that stay together."""


def symbols(page: ModelPage) -> Section:
    """The table: what is given, what is computed, derivatives, and what an update brings."""
    rows = [*_given(page), *_computed(page), *_derived(page), *_updated(page)]
    note = page.say("The names are those of the author of the equations; this is what they mean here.")
    header = (page.words("Symbol"), page.words("Meaning"), page.words("Shape"))
    return page.section("Notation", [note, Table(header, tuple(rows), "lll", breaks=len(rows) > KEPT)])


def _row(page: ModelPage, name: str, meaning: Words, shape: str | None = None) -> tuple[Words, ...]:
    rank = page.names.rank(name)
    symbol: Words = (Math(page.general(name)),)
    if rank:
        symbol = page.words("{element} in {whole}", element=page.general(name), whole=page.display.whole(name))
    return symbol, meaning, page.words(shape if shape is not None else page.shape(name) if rank else "a number")


def _given(page: ModelPage) -> Iterator[tuple[Words, ...]]:
    for table, what in GIVEN.items():
        for name in getattr(page.solution.problem, table):
            yield _row(page, name, page.words(capital(what)))


def _computed(page: ModelPage) -> Iterator[tuple[Words, ...]]:
    """What the equations define; of a quantity with several equations one row."""
    system, loss = page.solution.system, page.solution.loss
    used: dict[str, dict[str, None]] = {}
    for equation in system.equations:
        used.setdefault(equation.name, {}).update({read.name: None for read in reads(equation.right)})
    for name, sources in used.items():
        known = [page.display.whole(source) for source in sources if source in system.ranges]
        meaning = page.words(
            "{what}{verb}{sources}",
            what="The loss, " if name == loss else "",
            verb=("computed" if name == loss else "Computed") + (" from " if known else ""),
            sources=page.in_a_row(known),
        )
        yield _row(page, name, meaning)


def _derived(page: ModelPage) -> Iterator[tuple[Words, ...]]:
    """One derivative for all of them."""
    solution, adjoint = page.solution, page.solution.adjoint
    names = [name for name in page.asked if adjoint is not None and name in adjoint.names]
    if adjoint is None or not names:
        return
    meaning = page.words(
        "How fast {loss} grows with {one}, its derivative; so for every other quantity",
        loss=page.display.symbol(solution.derived_loss),
        one=page.general(names[0]),
    )
    shape = page.shape(names[0]) if page.names.rank(names[0]) else "a number"
    yield _row(page, adjoint.names[names[0]], meaning, shape)


def _updated(page: ModelPage) -> Iterator[tuple[Words, ...]]:
    """The settings of the optimiser, what it keeps, and the sign of a new value."""
    solution, updates = page.solution, page.solution.updates
    if updates is None:
        return
    for name in updates.settings:
        what = name.removeprefix(SETTING).replace("_", " ")
        yield (
            (Math(page.display.symbol(Symbol(name))),),
            page.words("{what}", what=capital(what)),
            page.words("a number"),
        )
    moved: Sequence[str] = [name for name in solution.parameters if renewed(name) in updates.moves]
    for name in moved[:1]:
        shape = page.shape(name) if page.names.rank(name) else "a number"
        for state in updates.states:
            if owned(state, name) in page.spans:
                yield _row(page, owned(state, name), page.words("What the optimiser keeps for a parameter"), shape)
        meaning = page.words("A parameter after the update; a plus sign stands for everything after it")
        yield _row(page, renewed(name), meaning, shape)
