"""The update: the rule with its letters, the first step in numbers, the later ones in tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.document import Block, Equation, Math, Section, Table, Words
from derive.expression import Shown
from derive.library import rows
from derive.pages.forward import MOST_WORKED
from derive.pages.given import spoken
from derive.pages.page import ModelPage
from derive.sentences import count
from derive.trace.identity import Place, Symbol
from derive.trace.indexed import Equation as Indexed
from derive.trace.unroll import Step
from derive.trace.updates import RATE_NOW, Updates, renewed, used_gradient

MOST_LISTED = 24
"""Numbers of a parameter whose update is listed."""
STEPS_LISTED, MOST_IN_STEPS = 3, 12
"""Steps of a training that are listed one by one, where no more numbers than these are moved."""
MOST_FOLLOWED, MOST_ROWS = 6, 25
"""Numbers that are followed through all steps, and the steps of which they are listed."""


def update_chapter(page: ModelPage) -> Section | None:
    """All updates; None where nothing is trained."""
    updates, training = page.solution.updates, page.solution.problem.training
    if updates is None or training is None:
        return None
    blocks: list[Block] = list(_opening(page, updates))
    moved = [parameter for parameter in page.solution.parameters if renewed(parameter) in updates.moves]
    blocks.extend(_shared(page, updates))
    short = [name for name in moved if not page.names.rank(name) and len(_own(updates, name)) == 1]
    if short:
        steps = [step for name in short for step in page.steps(_own(updates, name))]
        blocks.append(Equation(tuple(page.work(step, symbols=True) for step in steps), whole=True))
    blocks.extend(_parameter(page, updates, parameter) for parameter in moved if parameter not in short)
    if training.steps > 1:
        blocks.append(_later(page, updates, moved, training.steps))
    return page.section("Update" if training.steps == 1 else "Updates", blocks)


def _opening(page: ModelPage, updates: Updates) -> Iterator[Block]:
    training = page.solution.problem.training
    assert training is not None
    name = training.rule
    steps = " We take the first step in full." if training.steps > 1 else ""
    if name:
        row = rows("optimiser")[name]
        yield page.opens("The rule is {about}.{steps}", about=row.about.rstrip("."), steps=steps)
        if not page.brief and row.forward:
            # What is said of first steps holds where states begin as the rule has it.
            remark = "" if training.state else row.remark
            yield page.say("{said}", lead=f"{spoken(name)}.", said=f"{row.forward} {row.backward} {remark}".rstrip())
    else:
        yield page.opens("The rule is the author's own.{steps}", steps=steps)
    if updates.at:
        yield page.opens(
            "The gradient that is used is not that at the parameters as they are: it is taken where the step looks"
            " ahead to, and computed there in the same way as above."
        )


def _shared(page: ModelPage, updates: Updates) -> Iterator[Block]:
    """What all parameters share: a learning rate that falls, numbers of a rule that belong to none."""
    for equation in updates.before:
        if equation.name == RATE_NOW:
            yield page.say("The learning rate falls from step to step; in the first one:")
            yield Equation(tuple(page.work(step, symbols=True) for step in page.steps([equation])), whole=True)
    general = [equation for equation in updates.equations if equation.name.endswith("()")]
    if general:
        yield page.say("The rule first computes:")
        for equation in general:
            yield Equation((page.index_line(equation), *(page.work(s, symbols=False) for s in page.steps([equation]))))


def _own(updates: Updates, parameter: str) -> list[Indexed]:
    """The equations of the update of one parameter, in their order."""
    return [
        equation
        for equation in (*updates.before, *updates.equations)
        if equation.name.rstrip("'") == parameter or equation.name.rstrip("'").endswith(f"({parameter})")
    ]


def _parameter(page: ModelPage, updates: Updates, parameter: str) -> Section:
    """The update of one parameter: the rule, its first number in full, then all of them."""
    equations = _own(updates, parameter)
    blocks: list[Block] = []
    places = list(page.elements.places(renewed(parameter)))
    steps = [list(page.elements.worked(equation)) for equation in equations]
    if places[0]:
        blocks.append(page.say("The rule, for every element:"))
        blocks.append(Equation(tuple(map(page.index_line, equations)), whole=True))
    if len(equations) == 1 and len(places) <= MOST_WORKED:
        blocks.append(page.say("In numbers:"))
        blocks.append(Equation(tuple(page.work(step, symbols=at == 0) for at, step in enumerate(steps[0])), whole=True))
    else:
        start = _first(page, parameter, places)
        blocks.append(page.say("In numbers, for one element:" if places[0] else "In numbers:"))
        blocks.append(Equation(tuple(page.work(_at(found, start), symbols=True) for found in steps), whole=True))
        if places[0]:
            blocks.append(page.say("For all of them:"))
            blocks.extend(_listing(page, updates, [parameter], 0))
    return page.section("{name}", blocks, name=page.display.whole(parameter))


def _at(steps: Sequence[Step], place: Place) -> Step:
    return next((step for step in steps if step.target.of.indices == place), steps[0])


def _first(page: ModelPage, parameter: str, places: Sequence[Place]) -> Place:
    """An element whose gradient is not 0, so that there is something to see."""
    adjoint = page.solution.adjoint
    if adjoint is not None and parameter in adjoint.names:
        for place in places:
            shown = page.elements.shown(Symbol(adjoint.names[parameter], place))
            if not isinstance(shown, Shown) or shown.text.strip("-0."):
                return place
    return places[0]


def _listing(page: ModelPage, updates: Updates, parameters: Sequence[str], step: int) -> Iterator[Block]:
    """A row for every element, a column for everything that its update uses and computes."""
    elements = page.round(step)
    tables: dict[tuple[str, ...], list[tuple[Words, ...]]] = {}
    for parameter in parameters:
        names = _columns(page, updates, parameter)
        body = tables.setdefault(tuple(_title(name, parameter) for name in names), [])
        for place in elements.places(renewed(parameter)):
            label: Words = (Math(page.display.symbol(Symbol(parameter, place))),)
            if len(body) < MOST_LISTED:
                body.append((label, *((Math(elements.shown(Symbol(name, place))),) for name in names)))
    for titles, body in tables.items():
        header: list[Words] = [page.words("Number"), *(page.words("{title}", title=title) for title in titles)]
        yield Table(tuple(header), tuple(body), "c" + "r" * len(titles))
    places = sum(1 for parameter in parameters for _ in elements.places(renewed(parameter)))
    shown = sum(map(len, tables.values()))
    if places > shown:
        yield page.left_out(places - shown, "elements")


def _columns(page: ModelPage, updates: Updates, parameter: str) -> list[str]:
    """A parameter, the gradient that is used, and everything that its update computes."""
    names, loss = [parameter], page.solution.loss
    if parameter in updates.gradients and loss is not None:
        names.append(used_gradient(loss, parameter, bool(updates.at)))
    return names + [equation.name for equation in _own(updates, parameter) if equation.name not in names]


def _title(name: str, parameter: str) -> str:
    """What stands above a column."""
    if name == parameter:
        return "before"
    if name == renewed(parameter):
        return "after"
    plain = name.rstrip("'").removesuffix(f"({parameter})")
    return "gradient" if plain.startswith("d") and "/d" in plain else "gradient used" if plain == "g" else plain


def _later(page: ModelPage, updates: Updates, moved: Sequence[str], steps: int) -> Section:
    """The numbers after every step."""
    blocks: list[Block] = []
    elements = [(name, place) for name in moved for place in page.elements.places(renewed(name))]
    if len(elements) <= MOST_IN_STEPS:
        for step in range(1, min(STEPS_LISTED, steps)):
            blocks.append(page.say(f"Step {step + 1}, with everything computed again from the new numbers:"))
            blocks.extend(_listing(page, updates, moved, step))
    followed = elements[:MOST_FOLLOWED]
    loss = page.solution.loss
    changing = [Symbol(name) for name in page.solution.computation.schedule]
    quantities = list(changing)
    quantities += [Symbol(loss)] if loss in page.solution.system.ranges and loss is not None else []
    quantities += [Symbol(name, place) for name, place in followed]
    kept = [step for step in page.solution.rounds if step <= MOST_ROWS or step == steps]
    header: list[Words] = [page.words("Updates made"), *((Math(page.display.symbol(one)),) for one in quantities)]
    body: list[tuple[Words, ...]] = []
    for step in kept:
        cells: list[Words] = [(Math(page.round(step).shown(one)),) for one in quantities]
        body.append((page.words(str(step)), *cells))
    what = "the loss and the parameters" if len(elements) <= MOST_FOLLOWED else "the loss and the first parameters"
    what = what if loss in page.solution.system.ranges else what.removeprefix("the loss and ")
    blocks.append(page.say("How {what} move in {steps}:", what=what, steps=count(steps, "step")))
    blocks.append(Table(tuple(header), tuple(body), "c" + "r" * len(quantities)))
    if changing and quantities != changing and loss in page.solution.system.ranges:
        text = "A row has the loss for the {given} that stands in it; only rows with the same {again} can be compared."
        given = page.listed([symbol.name for symbol in changing])
        blocks.append(page.say(text, given=given, again=given))
    return page.section("Step by step", blocks)
