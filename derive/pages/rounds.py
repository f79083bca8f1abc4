"""All updates of a training: the first step in full, the later ones with their numbers, and tables step by step.

Decides which later steps are worked line by line, and which are only listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.document import Block, Equation, Math, Section, Table, Words
from derive.formula import Line
from derive.library import rows
from derive.model.training import BesideRule, ModelTraining, RuleSettings
from derive.pages.elements import Elements, rational, written
from derive.pages.given import separated
from derive.pages.page import ModelPage
from derive.pages.updates import Rule, columns, first_step, listing, looking, moving, rule_of, title
from derive.sentences import count
from derive.trace.identity import Symbol
from derive.trace.indexed import reads
from derive.trace.updates import RATE_NOW, Updates, renewed, used_gradient

STEPS_SHOWN, MOST_LINES = 3, 12
"""Steps that are shown one by one, and the lines of a step up to which every line is worked with its formula."""
MOST_IN_STEPS = 12
"""Numbers that are moved up to which later steps are listed one by one."""
MOST_FOLLOWED, MOST_ROWS = 6, 25
"""Numbers that are followed through all steps, and the steps of which they are listed."""
MOST_STATES = 3
"""Numbers whose averages and velocities are followed, each in a table of its own."""
MOST_COMPARED = 3
"""Numbers that are compared between rules, besides the loss."""
MOST_BESIDE = 4
"""Single numbers of the forward pass that are followed, where what is given changes from step to step."""
Element = tuple[str, tuple[int, ...]]


def update_chapter(page: ModelPage) -> Section | None:
    """All updates; None where nothing is trained."""
    updates, training = page.solution.updates, page.solution.problem.training
    if updates is None or training is None:
        return None
    moved = [parameter for parameter in page.solution.parameters if renewed(parameter) in updates.moves]
    blocks: list[Block] = list(first_step(page, updates, moved))
    if training.steps > 1:
        blocks.append(_later(page, updates, moved, training.steps))
    if training.beside:
        blocks.append(page.section("Beside other rules", _beside(page, moved, training)))
    return page.section("Update" if training.steps == 1 else "Updates", blocks)


def _later(page: ModelPage, updates: Updates, moved: Sequence[str], steps: int) -> Section:
    """The numbers after every step."""
    blocks: list[Block] = []
    elements = [(name, place) for name in moved for place in page.elements.places(renewed(name))]
    states = _followed_states(page, updates, elements)
    for step in range(1, min(STEPS_SHOWN, steps)):
        lines = [] if page.brief else _worked(page, updates, elements, step)
        if lines:
            blocks.append(page.say(f"Step {step + 1}, with everything computed again from the new numbers:"))
            blocks.append(Equation(tuple(lines), whole=True))
        elif len(elements) <= MOST_IN_STEPS and not (page.brief and states):
            blocks.append(page.say(f"Step {step + 1}, with everything computed again from the new numbers:"))
            blocks.extend(listing(page, updates, moved, step))
    for name, place in states:
        blocks.extend(_states(page, updates, name, place, steps))
    blocks.extend(_course(page, elements, steps))
    return page.section("Step by step", blocks)


def _worked(page: ModelPage, updates: Updates, elements: Sequence[Element], step: int) -> list[Line]:
    """Every line of a later step with its formula and its numbers; none where they are too many."""
    now = page.round(step)
    falling = [one for one in updates.before if one.name == RATE_NOW]
    found = [page.work(one, symbols=True, elements=now) for equation in falling for one in now.worked(equation)]
    told: set[Rule] = set()
    for name, place in elements:  # a gradient that is taken ahead may need all the places that are looked at
        rule = rule_of(updates, name)
        found += looking(page, updates, name, place, step, symbols=rule not in told)
        told.add(rule)  # the letters of a rule stand with the first number that it moves in a step
    told.clear()
    for name, place in elements:
        found += _gradient(page, updates, name, place, step)
        rule = rule_of(updates, name)
        found += moving(page, updates, name, place, step, symbols=rule not in told)
        told.add(rule)
        if len(found) > MOST_LINES:
            return []
    return found


def _gradient(page: ModelPage, updates: Updates, name: str, place: tuple[int, ...], step: int) -> Iterator[Line]:
    """The gradient of a later step: worked where given numbers alone lead to it, else its value."""
    adjoint, loss, now = page.solution.adjoint, page.solution.loss, page.round(step)
    if name not in updates.gradients or loss is None or updates.at:
        return  # a gradient that is taken ahead stands with the lines of the update
    used = Symbol(used_gradient(loss, name, ahead=False), place)
    equations = [one for one in adjoint.equations if one.name == used.name] if adjoint is not None else []
    givens = page.solution.system.givens
    if not all(read.name in givens for one in equations for read in reads(one.right)):
        yield page.value(used, now)
        return
    worked = [one for equation in equations for one in now.worked(equation) if one.target.of == used]
    yield from (page.work(one, symbols=True, elements=now) for one in worked)
    if not worked:
        yield page.value(used, now)


def _followed_states(page: ModelPage, updates: Updates, elements: Sequence[Element]) -> Sequence[Element]:
    """The numbers whose states are followed in tables."""
    return elements if updates.states and len(elements) <= MOST_STATES else ()


def _states(page: ModelPage, updates: Updates, name: str, place: tuple[int, ...], steps: int) -> Iterator[Block]:
    """What an optimiser keeps and computes for one number, a row for every step."""
    names = columns(page, updates, name)
    header = (page.words("Step"), *(title(page, one, name) for one in names))
    body = [
        (page.words(str(step + 1)), *((Math(page.round(step).shown(Symbol(one, place))),) for one in names))
        for step in range(min(steps, MOST_ROWS))
    ]
    number = page.display.symbol(Symbol(name, place))
    yield page.say("What is kept and computed for {number}, step by step:", number=number)
    yield Table(header, tuple(body), "c" + "r" * len(names))


def _course(page: ModelPage, elements: Sequence[Element], steps: int) -> Iterator[Block]:
    """The loss and the parameters after every step, with the given numbers that change on the way."""
    followed = elements[:MOST_FOLLOWED]
    loss, system = page.solution.loss, page.solution.system
    has_loss = loss is not None and loss in system.ranges
    changing = [Symbol(name) for name in page.solution.computation.schedule]
    quantities = list(changing)
    if changing and not has_loss:
        single = list(dict.fromkeys(one.name for one in system.equations if not system.ranges[one.name]))
        quantities += [Symbol(name) for name in single] if len(single) <= MOST_BESIDE else []
    quantities += [Symbol(loss)] if loss is not None and has_loss else []
    quantities += [Symbol(name, place) for name, place in followed]
    kept = [step for step in page.solution.rounds if step <= MOST_ROWS or step == steps]
    header: list[Words] = [page.words("Updates made"), *((Math(page.display.symbol(one)),) for one in quantities)]
    body: list[tuple[Words, ...]] = []
    for step in kept:
        cells: list[Words] = [(Math(page.round(step).shown(one)),) for one in quantities]
        body.append((page.words(str(step)), *cells))
    what = "the loss and the parameters" if len(elements) <= MOST_FOLLOWED else "the loss and the first parameters"
    what = what if has_loss else what.removeprefix("the loss and ")
    yield page.say("How {what} move in {steps}:", what=what, steps=count(steps, "step"))
    yield Table(tuple(header), tuple(body), "c" + "r" * len(quantities))
    if changing and quantities != changing and has_loss:
        text = "A row has the loss for the {given} that stands in it; only rows with the same {again} can be compared."
        given = page.listed([symbol.name for symbol in changing])
        yield page.say(text, given=given, again=given)


def _settings(page: ModelPage, name: str, rule: RuleSettings) -> Words:
    """A rule and what the problem file sets of it."""
    kept = {key: getattr(rule, key) for key in RuleSettings.model_fields if key != "others"}
    told = {key.replace("_", " "): value for key, value in {**kept, **rule.others}.items() if value is not None}
    parts = [page.words("{what} {number}", what=key, number=written(value)) for key, value in told.items()]
    return page.words("{name} ({settings})", name=name, settings=separated(parts, ", ")) if parts else page.words(name)


def _beside(page: ModelPage, moved: Sequence[str], training: ModelTraining) -> Iterator[Block]:
    """The same start and as many steps by other rules: the loss and the first numbers, a column for every rule."""
    solution, steps = page.solution, training.steps
    everyone = [*solution.beside, solution]
    rules: list[BesideRule | ModelTraining] = [*training.beside, training]
    names = [training.rule if rule is training else rule.optimizer for rule in rules]
    told = [rows("optimiser")[name].title if name else "The author's rule" for name in names]
    parts = [_settings(page, name, rule) for name, rule in zip(told, rules, strict=True)]
    yield page.say(
        "The same start and {steps} by each rule: {rules}.",
        steps=count(steps, "step"),
        rules=separated(parts),
    )
    loss = [Symbol(solution.loss)] if solution.loss is not None and solution.loss in solution.system.ranges else []
    places = [Symbol(name, place) for name in moved for place in page.elements.places(renewed(name))]
    kept = range(min(steps, MOST_ROWS) + 1)
    rounds = [{step: Elements(one, step, page.display.symbol) for step in {*kept, steps}} for one in everyone]
    for symbol in [*loss, *places[:MOST_COMPARED]]:
        header = ((Math(page.display.symbol(symbol)),), *(page.words("{name}", name=name) for name in told))
        body = [
            (page.words(f"after {step}" if step else "at first"), *((Math(one[step].shown(symbol)),) for one in rounds))
            for step in kept
        ]
        yield Table(header, tuple(body), "c" + "r" * len(told))
    if loss:
        ends = [rational(one[steps].shown(loss[0])) for one in rounds]
        least = [name for name, end in zip(told, ends, strict=True) if end == min(ends)]
        if len(least) == 1:
            text = "After {steps} the loss is least with {rule}."
            yield page.say(text, steps=count(steps, "step"), rule=least[0])
