"""The last chapters: how it is known to be right, and everything in one table."""

from __future__ import annotations

from dataclasses import replace

from derive.document import Block, Equation, Math, Section, Table, Words
from derive.model.guard import MOST_OPERATIONS, MOST_SWEPT
from derive.pages.page import ModelPage
from derive.sentences import question
from derive.trace.identity import Symbol
from derive.trace.indexed import reads
from derive.trace.size import operations
from derive.trace.updates import renewed

KEPT = 5
"""Rows of the last table that stay together."""
MOST_ROWS = 40
"""Numbers of the last table."""
MOST_OUTPUTS = 12
"""Numbers that came out up to which they are shown before and after."""


def summary_chapter(page: ModelPage) -> Section | None:
    """The derivatives that were asked for, and the new values."""
    solution = page.solution
    adjoint, updates = solution.adjoint, solution.updates
    if adjoint is None or not (page.shows("summary") or page.shows("check")):
        return None
    said = accuracy(page) if page.shows("check") else []
    if not page.shows("summary"):
        return page.section("How it is known to be right", said)
    names = [name for name in page.asked if name in adjoint.names]
    names = [name for name in names if adjoint.names[name] not in solution.rounds[0].missing]
    places = [(name, place) for name in names for place in page.elements.places(name)]
    if not places:
        return None
    moved = {parameter for parameter in solution.parameters if updates and renewed(parameter) in updates.moves}
    header: list[Words] = [page.words(text) for text in ("Number", "Value", "Derivative")]
    header += [page.words("After one update")] if moved else []
    body: list[tuple[Words, ...]] = []
    for name, place in places[:MOST_ROWS]:
        symbol = Symbol(name, place)
        cells: list[Words] = [(Math(page.display.symbol(symbol)),), (Math(page.elements.shown(symbol)),)]
        cells.append((Math(page.elements.shown(Symbol(adjoint.names[name], place))),))
        if moved:
            new = Symbol(renewed(name), place)
            cells.append((Math(page.elements.shown(new)),) if name in moved else ())
        body.append(tuple(cells))
    blocks: list[Block] = [*said]
    blocks.append(Table(tuple(header), tuple(body), "c" + "r" * (len(header) - 1), breaks=len(body) > KEPT))
    if len(places) > MOST_ROWS:
        blocks.append(page.left_out(len(places) - MOST_ROWS, "numbers"))
    return page.section("Summary", blocks)


def second_pass(page: ModelPage) -> Section | None:
    """The loss once more, with the new values; None where nothing is trained or the loss has no value."""
    solution, loss, training = page.solution, page.solution.loss, page.solution.problem.training
    if not page.shows("second-pass") or not solution.repeats or loss is None or training is None:
        return None
    before = page.value(Symbol(loss))
    after = replace(page.value(Symbol(loss), page.round(training.steps)), answer=True)
    lead = question(solution.problem.story or "")
    table = _outputs(page, loss, training.steps)
    said = page.say(
        "With the new values the equations are computed once more, from the first to the last. Before it was {before};"
        " now it is",
        before=before,
        lead=lead,
    )
    return page.section("Before and after", [said, Equation((after,)), *table])


def _outputs(page: ModelPage, loss: str, steps: int) -> list[Block]:
    """What the computation gives, before and after, beside the targets that it is compared with."""
    system, targets = page.solution.system, page.solution.problem.targets
    names: dict[str, str] = {}
    for equation in system.equations:
        read = dict.fromkeys(one.name for one in reads(equation.right))
        against = [name for name in read if name in targets]
        for name in read if against else ():
            if name not in system.givens and name != loss:
                alike = [one for one in against if {*page.elements.places(one)} <= {*page.elements.places(name)}]
                names.setdefault(name, alike[0] if len(alike) == 1 else "")
    places = [(name, place) for name, beside in names.items() for place in page.elements.places(beside or name)]
    if not 0 < len(places) <= MOST_OUTPUTS:
        return []
    header = [page.words(text) for text in ("What came out", "Before", "After")]
    compared = all(names.values())
    header += [page.words("Target")] if compared else []
    body: list[tuple[Words, ...]] = []
    for name, place in places:
        symbol = Symbol(name, place)
        cells = [page.display.symbol(symbol), page.elements.shown(symbol), page.round(steps).shown(symbol)]
        cells += [page.elements.shown(Symbol(names[name], place))] if compared else []
        body.append(tuple((Math(cell),) for cell in cells))
    return [Table(tuple(header), tuple(body), "c" + "r" * (len(header) - 1))]


def accuracy(page: ModelPage) -> list[Block]:
    """What was compared before anything was shown."""
    solution = page.solution
    certain = "Every printed digit is certain."
    if solution.problem.rounding.carry:
        certain = "Every printed digit follows from the rounding rule above."
    if not solution.system.equations:
        return [page.say(certain)]
    gradients = sum(1 for identity in solution.ids() if identity.by is not None and not identity.step)
    work = operations(solution.system.equations, solution.system.functions)
    swept = gradients <= MOST_SWEPT and work <= MOST_OPERATIONS
    roads = ["from the equations above"]
    roads += ["step by step through all single numbers"] if swept else []
    corners = solution.unrounded.corners()
    roads += [] if corners else ["by measuring how {loss} answers to small changes"]
    ways = {1: "once", 2: "in two ways", 3: "in three ways"}[len(roads)]
    listed = f"{', '.join(roads[:-1])}{',' * (len(roads) > 2)} and {roads[-1]}" if len(roads) > 1 else roads[0]
    agree = "; the results agree" if len(roads) > 1 else ""
    corner = "" if not corners else " Nothing was measured, because some numbers lie at a corner."
    unrounded = ", before anything was rounded" if solution.problem.rounding.carry else ""
    text = f"Every derivative was found {ways}{unrounded}: {listed}{agree}.{corner} {certain}"
    return [page.say(text, loss=_measured(page))]


def _measured(page: ModelPage) -> Words:
    """What is measured: the loss, or the sum of outputs, each times the derivative that comes from above."""
    upstream = page.solution.problem.model.upstream
    if not upstream:
        return (Math(page.display.symbol(page.solution.derived_loss)),)
    pieces = list(page.words("the sum of "))
    for at, (name, above) in enumerate(upstream.items()):
        pieces += page.words(
            "{joint}{name} times {above}",
            joint=" and of " if at else "",
            name=page.display.whole(name),
            above=page.display.whole(above),
        )
    one = all(not page.names.rank(name) for name in upstream)
    return (*pieces, *(() if one else page.words(", element by element,")))
