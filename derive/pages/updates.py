"""The update: the rule once, with its letters, for the first number it moves; then all others in numbers.

Decides which parameters move by the same rule, and which arrays are small enough to be moved in one line. The later
steps of a training are for `rounds`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from derive.document import Block, Equation, Math, Table, Words
from derive.expression import Node, Ref, Shown
from derive.formula import Line, Named
from derive.library import rows
from derive.notation.author import letter_name
from derive.pages import arrays
from derive.pages.elements import Elements
from derive.pages.forward import MOST_WORKED
from derive.pages.page import ModelPage
from derive.trace.identity import Identity, Place, Symbol
from derive.trace.indexed import Equation as Indexed
from derive.trace.indexed import Read, Wins, mapped, reads, walk
from derive.trace.unroll import Step, identity, ref
from derive.trace.updates import RATE_NOW, Updates, renewed, used_gradient

MOST_LISTED = 24
"""Numbers of a parameter whose update is listed."""
MOST_ALIKE = 3
"""Single numbers that are all worked line by line where a rule has several lines; more are listed."""
Rule = tuple[tuple[str, Node], ...]
"""The lines of a rule: what each computes, and how."""


def first_step(page: ModelPage, updates: Updates, moved: Sequence[str]) -> Iterator[Block]:
    """The rule, and the first update by it of every parameter."""
    yield from _opening(page, updates)
    yield from _shared(page, updates)
    kinds = _alike(updates, moved)
    for together in kinds:
        if len(own_equations(updates, together[0])) == 1:
            yield from _in_one_line(page, updates, together, only=len(kinds) == 1)
        else:
            yield from _in_several(page, updates, together)


def _opening(page: ModelPage, updates: Updates) -> Iterator[Block]:
    training = page.solution.problem.training
    assert training is not None
    name = training.rule
    steps = " We take the first step in full." if training.steps > 1 else ""
    if name:
        row = rows("optimiser")[name]
        if page.brief or not row.forward:
            yield page.opens("The rule is {about}.{steps}", about=row.about.rstrip("."), steps=steps)
        else:
            # What is said of first steps holds where states begin as the rule has it.
            remark = "" if training.state else row.remark
            said = " ".join(part for part in (row.forward, row.backward, remark) if part)
            yield page.opens("{said}{steps}", lead=f"{row.title}.", said=said, steps=steps)
    else:
        yield page.opens("The rule is the author's own.{steps}", steps=steps)
    if updates.at and page.solution.system.equations:
        yield page.opens(
            "The gradient that is used, g, is not that at the parameters as they are: it is taken where the step looks"
            " ahead to, and computed there in the same way as above."
        )
    elif updates.at:
        yield page.opens("The gradients are given here, so g is the same wherever the step looks ahead to.")


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


def own_equations(updates: Updates, parameter: str) -> list[Indexed]:
    """The equations of the update of one parameter, in their order."""
    return [
        equation
        for equation in (*updates.before, *updates.equations)
        if equation.name.rstrip("'") == parameter or equation.name.rstrip("'").endswith(f"({parameter})")
    ]


# -- which parameters move alike


def _alike(updates: Updates, moved: Sequence[str]) -> list[list[str]]:
    """The parameters by the rule that moves them, in their order: a rule for every number is one for all of them."""
    found: dict[Rule, list[str]] = {}
    for parameter in moved:
        found.setdefault(rule_of(updates, parameter), []).append(parameter)
    return list(found.values())


def rule_of(updates: Updates, parameter: str) -> Rule:
    """What moves one number of a parameter, whichever it is."""
    return tuple((_plain(one.name, parameter), _rule(one, parameter)) for one in own_equations(updates, parameter))


def _plain(name: str, parameter: str) -> str:
    """A name of an update without that of the parameter."""
    plain, primes = name.rstrip("'"), "'" * (len(name) - len(name.rstrip("'")))
    if plain == parameter:
        return f"p{primes}"
    if plain.endswith(f"({parameter})"):
        return plain.removesuffix(f"({parameter})") + f"(){primes}"
    return "g" if plain.startswith("d") and plain.endswith(f"/d{parameter}") else name


def _rule(equation: Indexed, parameter: str) -> Node:
    """The right side of an equation for one number of any parameter."""

    def part(node: Node) -> Node:
        if isinstance(node, Read):
            own = node.index == equation.left
            return Read(_plain(node.name, parameter), () if own else node.index, node.padded)
        return mapped(node, part)

    return part(equation.right)


# -- rules of one line


def _in_one_line(page: ModelPage, updates: Updates, together: Sequence[str], only: bool) -> Iterator[Block]:
    """Numbers one by one, arrays as a whole: the first line with its letters, the others in numbers.

    `only` is whether no other parameter has another rule.
    """
    single = [name for name in together if not page.names.rank(name)]
    steps = [step for name in single for step in page.steps(own_equations(updates, name))]
    if steps and not page.brief:
        one = "In numbers:" if only else "For {name}:"
        text = "The first with its letters, the others in numbers:" if len(steps) > 1 else one
        yield page.say(text, name=page.display.whole(single[0]))
    if steps:
        lines = [page.work(step, symbols=not at) for at, step in enumerate(steps)]
        yield Equation(tuple(lines[:1]), whole=True)
        yield from (Equation(tuple(lines[at:]), beside=True) for at in range(1, min(2, len(lines))))
    whole: list[Line] = []
    larger: list[str] = []
    for name in together:
        if page.names.rank(name):
            line = _whole_line(page, updates, name)
            whole += [line] if line is not None else []
            larger += [name] if line is None else []
    if whole:
        if not page.brief:
            yield page.say("An array moves element by element, all at once:" if steps else
                           "Element by element, the whole array at once:")  # fmt: skip
        # The letters of the rule are written once.
        rest = [replace(line, parts=line.parts[1:] or line.parts) for line in whole[1:]]
        yield Equation((whole[0], *rest), whole=True, beside=page.brief)
    for at, name in enumerate(larger):
        yield from _elements(page, updates, name, told=bool(steps or whole or at))


def _whole_line(page: ModelPage, updates: Updates, parameter: str) -> Line | None:
    """The update of a whole array with its numbers; None where it has no such form or is too large."""
    (equation,) = own_equations(updates, parameter)
    node = page.matrix_node(equation)
    if node is None:
        return None
    line = arrays.line(page, equation, node)
    return None if line is None else replace(line, answer=True)


def _elements(page: ModelPage, updates: Updates, parameter: str, told: bool) -> Iterator[Block]:
    """An array whose elements are moved one by one, or the first of them and a list; `told` where the rule stands."""
    (equation,) = own_equations(updates, parameter)
    steps = list(page.elements.worked(equation))
    name = page.display.whole(parameter)
    if len(steps) <= MOST_WORKED:
        yield page.say("The elements of {name}:", name=name)
        lines = [page.work(step, symbols=not at and not told) for at, step in enumerate(steps)]
        yield Equation((*(() if told else (page.index_line(equation),)), *lines), whole=True)
        return
    start = _first(page, parameter, list(page.elements.places(renewed(parameter))))
    yield page.say("One element of {name} in full, then all of them:", name=name)
    yield Equation((page.work(_at(steps, start), symbols=not told),), whole=True)
    yield from listing(page, updates, [parameter], 0)


# -- rules of several lines


def _in_several(page: ModelPage, updates: Updates, together: Sequence[str]) -> Iterator[Block]:
    """One number in full, with the letters of the rule; the others in numbers, or listed."""
    single = not any(page.names.rank(name) for name in together)
    for at, parameter in enumerate(together):
        if at and not (single and len(together) <= MOST_ALIKE and not page.brief):
            break
        place = _first(page, parameter, list(page.elements.places(renewed(parameter))))
        number = page.display.symbol(Symbol(parameter, place))
        text = "In the same way {number}:" if at else "For {number} in full:"
        yield page.say(text, number=number)
        yield Equation(tuple(lines(page, updates, parameter, place, 0, symbols=not at)), whole=True)
    if not single or (len(together) > 1 and (len(together) > MOST_ALIKE or page.brief)):
        yield page.say("All of them:")
        yield from listing(page, updates, together, 0)


def lines(
    page: ModelPage, updates: Updates, parameter: str, place: Place, step: int, *, symbols: bool
) -> Iterator[Line]:
    """The update of one number, line by line, where its gradient is taken first."""
    yield from looking(page, updates, parameter, place, step, symbols=symbols)
    yield from moving(page, updates, parameter, place, step, symbols=symbols)


def looking(
    page: ModelPage, updates: Updates, parameter: str, place: Place, step: int, *, symbols: bool
) -> Iterator[Line]:
    """Where the gradient of a number is taken, if not where the parameters are."""
    elements = page.round(step)
    for equation in own_equations(updates, parameter):
        if equation.name == updates.at.get(parameter):
            yield page.work(_at(list(elements.worked(equation)), place), symbols=symbols, elements=elements)


def moving(
    page: ModelPage, updates: Updates, parameter: str, place: Place, step: int, *, symbols: bool
) -> Iterator[Line]:
    """The gradient of a number, if it is taken ahead, and everything by which it moves."""
    elements = page.round(step)
    if parameter in updates.at and parameter in updates.gradients:
        yield _ahead(page, updates, parameter, place, elements)
    for equation in own_equations(updates, parameter):
        if equation.name != updates.at.get(parameter):
            yield page.work(_at(list(elements.worked(equation)), place), symbols=symbols, elements=elements)


def _ahead(page: ModelPage, updates: Updates, parameter: str, place: Place, elements: Elements) -> Line:
    """The gradient where the step looks ahead to: worked where given numbers alone lead to it, else its value.

    A winner of a maximum is known where the parameters are, and may be another one there.
    """
    adjoint, givens, loss = page.solution.adjoint, page.solution.system.givens, page.solution.loss
    assert adjoint is not None and loss is not None
    used = Symbol(used_gradient(loss, parameter, ahead=True), place)
    name = adjoint.names.get(parameter)

    def there(node: Node) -> Node:
        if not isinstance(node, Ref):
            return mapped(node, there)
        of = identity(node).of
        return ref(Identity(Symbol(updates.at[of.name], of.indices))) if of.name in updates.at else node

    for equation in adjoint.equations:
        short = all(read.name in givens for read in reads(equation.right))
        if equation.name == name and short and not any(isinstance(part, Wins) for part in walk(equation.right)):
            for step in elements.steps(equation):
                if step.target.of.indices == place:
                    taken = Step(Identity(used), there(step.formula), equation)
                    return page.work(elements.checked(taken), symbols=True, elements=elements)
    return page.value(used, elements)


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


# -- lists


def listing(page: ModelPage, updates: Updates, parameters: Sequence[str], step: int) -> Iterator[Block]:
    """A row for every element, a column for everything that its update uses and computes."""
    elements = page.round(step)
    tables: dict[tuple[str, ...], tuple[list[Words], list[tuple[Words, ...]]]] = {}
    for parameter in parameters:
        names = columns(page, updates, parameter)
        titles = [title(page, name, parameter) for name in names]
        _, body = tables.setdefault(tuple(_plain(name, parameter) for name in names), (titles, []))
        for place in elements.places(renewed(parameter)):
            label: Words = (Math(page.display.symbol(Symbol(parameter, place))),)
            if len(body) < MOST_LISTED:
                body.append((label, *((Math(elements.shown(Symbol(name, place))),) for name in names)))
    for titles, body in tables.values():
        yield Table((page.words("Number"), *titles), tuple(body), "c" + "r" * len(titles))
    places = sum(1 for parameter in parameters for _ in elements.places(renewed(parameter)))
    shown = sum(len(body) for _, body in tables.values())
    if places > shown:
        yield page.left_out(places - shown, "elements")


def columns(page: ModelPage, updates: Updates, parameter: str) -> list[str]:
    """A parameter, the gradient that is used, and everything that its update computes."""
    names, loss = [parameter], page.solution.loss
    own = [equation.name for equation in own_equations(updates, parameter)]
    if updates.at.get(parameter) in own:
        names.append(updates.at[parameter])
    if parameter in updates.gradients and loss is not None:
        names.append(used_gradient(loss, parameter, bool(updates.at)))
    return names + [name for name in own if name not in names]


def title(page: ModelPage, name: str, parameter: str) -> Words:
    """What stands above a column."""
    plain = _plain(name, parameter)
    told = {"p": "before", "p'": "after", "g": "gradient", "g()": "gradient used"}
    if plain in told:
        return page.words(told[plain])
    return (Math(Named(letter_name(plain.rstrip("'").removesuffix("()")))),)
