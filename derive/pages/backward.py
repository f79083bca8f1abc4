"""The backward pass: the derivative by every quantity on the way from the loss to what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from derive.compute.schedule import groups
from derive.document import Block, Bullets, Equation, Inline, Math, Text, Words
from derive.expression import ONE, ZERO, Add, Call, Cases, Mul, Node, add, mul
from derive.functions import FUNCTIONS
from derive.pages import arrays
from derive.pages.asides import asides
from derive.pages.figures import figures
from derive.pages.forward import MOST_WORKED, WHOLE, single, together
from derive.pages.given import remarks
from derive.pages.page import ModelPage
from derive.pages.reshaped import relettered
from derive.pages.tables import array
from derive.trace.affine import Affine
from derive.trace.identity import Symbol
from derive.trace.indexed import Equation as Indexed
from derive.trace.indexed import Reduce, Soft, Wins, reads, walk
from derive.trace.local import WINS
from derive.trace.matrix import Whole

MOST_FORMS = 2
"""Elements of one quantity that a sentence names."""
GOES = " goes into "
MOST_SENTENCES = 3
"""Sentences about single quantities that make a paragraph; more are a list."""


def worked_equations(page: ModelPage) -> list[Indexed]:
    """The equations of the derivatives that lead to one that is asked for, without that of the loss by itself."""
    solution, adjoint = page.solution, page.solution.adjoint
    assert adjoint is not None
    own = {adjoint.names[name] for name in page.derived}
    start = None if solution.problem.model.upstream else adjoint.names.get(solution.loss or "")
    found = [equation for equation in adjoint.equations if equation.name in own and equation.name != start]
    return found if page.form == "index" else [relettered(page, equation) for equation in found]


def blocks(page: ModelPage) -> Iterator[Block]:
    """Equation by equation, each after what it needs."""
    equations = worked_equations(page)
    yield from () if page.brief else opening(page)
    yield from conditions(page, equations)
    yield from equation_by_equation(page, equations)


def conditions(page: ModelPage, equations: Sequence[Indexed]) -> Iterator[Block]:
    """What a condition in square brackets means, where there is one."""
    equations = [equation for equation in equations if not winners(page, equation, None)]  # these show no condition
    if any(_condition(part) for equation in equations for part in walk(equation.right)):
        ties = any(isinstance(part, Wins | Call) and _condition(part) for one in equations for part in walk(one.right))
        text = "A condition in square brackets is 1 where it holds and 0 where it does not{ties}."
        yield page.say(text, ties="; of equal numbers the first one is taken" if ties else "")


def equation_by_equation(page: ModelPage, equations: Sequence[Indexed]) -> Iterator[Block]:
    """Equations of derivatives, those that need each other together."""
    assert page.solution.adjoint is not None
    own = {gradient: name for name, gradient in page.solution.adjoint.names.items()}
    told = not page.brief or page.shows("derivatives")
    for group in groups(equations, page.solution.system.givens):
        found = [equations[number] for number in group.equations]
        for part in found:
            yield from remarks(page, own[part.name], reading(page, own[part.name], part))
        if group.recurrent:
            sentences = _sentences(page, own, found) if told else []
            if len(sentences) > MOST_SENTENCES and page.full:
                yield page.say("What each of the next quantities goes into:")
                yield Bullets(tuple(sentences))
            elif sentences:
                yield page.say("{sentences}", sentences=_joined(sentences))
            yield from together(page, found, "backwards")
        else:
            said = partial(derivative, page, own[found[0].name], found[0]) if told else None
            yield from winners(page, found[0], said) or single(page, found[0], said)
            yield from asides(page, own[found[0].name], found[0])
        for name in dict.fromkeys(own[one.name] for one in found):
            yield from figures(page, "backward", name)


def winners(page: ModelPage, equation: Indexed, said: Callable[[Sequence[Inline]], Block] | None) -> list[Block]:
    """Where derivatives go to the largest or smallest numbers alone: those that get one, then the whole array.

    Empty where the equation with its letters says it: in the form with letters, for no choice, and for many numbers.
    """
    right = equation.right
    if page.form not in WHOLE or page.full or not any(isinstance(part, Wins) for part in walk(right)):
        return []
    steps = [replace(step, formula=_taken(step.formula)) for step in page.elements.worked(equation)]
    taken = [step for step in steps if step.formula != ZERO]
    if not taken or len(taken) > MOST_WORKED or not page.alone(equation):
        return []
    lines = [page.work(page.elements.checked(step), symbols=True) for step in taken]
    blocks = [] if said is None else [said(arrays.shapes(page, Whole(equation.name), equation.name))]
    blocks.append(Equation(tuple(lines), whole=not page.brief, beside=page.brief))
    if len(taken) < len(steps):
        blocks.append(page.say("All others were not taken and get 0; the whole array:"))
    return [*blocks, *array(page, equation.name)]


def _taken(formula: Node) -> Node:
    """A sum of what is passed on, without the factors 1 of what is taken and the factors 0 of what is not."""
    match formula:
        case Add(terms):
            passed = [term for term in map(_taken, terms) if term != ZERO]
            return add(*passed) if passed else ZERO
        case Mul(factors):
            kept = [factor for factor in map(_taken, factors) if factor != ONE]
            return ZERO if ZERO in kept else mul(*kept) if kept else ONE
    return formula


def _sentences(page: ModelPage, own: Mapping[str, str], equations: Sequence[Indexed]) -> list[Words]:
    """What uses each of some quantities, a sentence each."""
    found: list[Words] = []
    for name, equation in {own[one.name]: one for one in sorted(equations, key=lambda one: len(one.letters))}.items():
        said = uses(page, name, equation, GOES)
        # What goes into one place only, by a rule that was told, is seen in the formula.
        plain = len(_readers(page, name, equation)) < 2 and not any(
            "(" in part.text for part in said if isinstance(part, Text)
        )
        found += [(Math(page.at(name, equation)), *said, Text("."))] if said and (page.full or not plain) else []
    return found


def _joined(sentences: Sequence[Words]) -> list[Inline]:
    return [piece for at, one in enumerate(sentences) for piece in ((Text(" "),) if at else ()) + one]


def _condition(part: object) -> bool:
    """Whether a part of a formula is printed as a condition in square brackets."""
    match part:
        case Reduce(_, _, (), conditions):
            return bool(conditions)
        case Call(function, _):
            return function in WINS.values()
    return isinstance(part, Wins)


def opening(page: ModelPage) -> Iterator[Block]:
    solution = page.solution
    assert solution.loss is not None
    loss = page.display.symbol(Symbol(solution.loss))
    if solution.problem.model.upstream:
        names = page.listed(solution.problem.model.upstream)
        yield page.opens(
            "How much does a small change of each number change the loss {loss}, which is computed from {names} and not"
            " given here? Its derivatives with respect to {again} come from above.",
            loss=loss,
            names=names,
            again=names,
        )
        return
    yield page.opens(
        "How much does a small change of each number change {loss}? The chain rule answers from the end. The derivative"
        " of {again} with respect to itself is 1. For any other quantity we go through everything that uses it,"
        " multiply the derivative with respect to that by how fast that changes with the quantity, and add up.",
        loss=loss,
        again=loss,
    )


def derivative(page: ModelPage, name: str, equation: Indexed, shapes: Sequence[Inline] = ()) -> Block:
    """The sentence before one equation of derivatives; before one in whole arrays with their shapes."""
    whole = bool(shapes)
    runs = [] if whole else page.runs(equation)
    told = uses(page, name, equation, GOES, whole=whole)
    return page.say(
        "{name}{uses}{more}:" if told[:1] == [Text(GOES)] else "The derivative with respect to {name}{uses}{more}:",
        name=page.display.whole(name) if whole else page.at(name, equation),
        uses=told,
        more=[Text("; "), *shapes] if whole else [Text(", "), *runs] if runs else [],
    )


def uses(page: ModelPage, name: str, equation: Indexed, opening: str, whole: bool = False) -> list[Inline]:
    """What uses a quantity, and by which rules it is derived."""
    readers = _readers(page, name, equation)
    loss = page.solution.loss
    if equation.right == ZERO and loss is not None:
        return [Text(", on which "), Math(page.general(loss)), Text(" does not depend")]
    if not readers:
        return [Text(", which is given")] if name in page.solution.problem.model.upstream else []
    written = [one for one in page.solution.system.equations if one.name in readers]
    by = said_once(page, (rule for one in written for rule in rules(one, name)))
    words = f" ({'; '.join(by)})" if by and page.shows("derivatives") else ""
    shown: list[Node] = [form for reader in readers for form in _at_their_indices(page, reader, equation)]
    shown = [page.display.whole(reader) for reader in readers] if whole else shown
    return [Text(opening), *page.in_a_row(shown), Text(words)]


def said_once(page: ModelPage, found: Iterable[str]) -> list[str]:
    """The rules that the page has not named yet; all of them where everything is written."""
    return [rule for rule in dict.fromkeys(found) if page.full or page.once(f"rule: {rule}")]


def _at_their_indices(page: ModelPage, reader: str, equation: Indexed) -> list[Node]:
    """A quantity at the indices at which an equation passes on its derivatives; the whole of it for many of them."""
    adjoint = page.solution.adjoint
    assert adjoint is not None
    gradient = adjoint.names.get(reader)
    found = dict.fromkeys(read.index for read in reads(equation.right) if read.name == gradient)
    if not found:
        return [page.general(reader)]
    if len(found) > MOST_FORMS:
        return [page.display.whole(reader)]
    own = {equation.left[at].letter for at in range(len(equation.left))}
    kept = [one for one in found if not any(one != other and _covers(other, one, own) for other in found)]
    return [page.display.reading(reader, index, equation) for index in kept]


def _covers(index: tuple[Affine, ...], other: tuple[Affine, ...], own: set[str | None]) -> bool:
    """Whether letters of a sum in one index run over the other one."""
    return all(
        mine == its or (mine.letter is not None and mine.letter not in own)
        for mine, its in zip(index, other, strict=True)
    )


def _readers(page: ModelPage, name: str, equation: Indexed) -> list[str]:
    """The quantities whose derivatives an equation passes on; the loss where it is derived directly."""
    adjoint, loss = page.solution.adjoint, page.solution.loss
    assert adjoint is not None
    owners = {gradient: owner for owner, gradient in adjoint.names.items()}
    found = list(dict.fromkeys(owners[read.name] for read in reads(equation.right) if read.name in owners))
    if (
        loss is not None
        and loss not in found
        and any(
            one.name == loss and any(read.name == name for read in reads(one.right))
            for one in page.solution.system.equations
        )
        and _has_direct_term(equation, owners)
    ):
        found.append(loss)
    return found


def _has_direct_term(equation: Indexed, owners: Mapping[str, str]) -> bool:
    """Whether a part of a sum passes on no other derivative: that of the loss, which is 1 by itself."""
    terms = equation.right.terms if isinstance(equation.right, Add) else (equation.right,)
    return any(term != ZERO and not any(read.name in owners for read in reads(term)) for term in terms)


def reading(page: ModelPage, name: str, equation: Indexed) -> list[Indexed]:
    """The equations that read a quantity, among those whose derivatives an equation passes on."""
    readers = _readers(page, name, equation)
    written = [one for one in page.solution.system.equations if one.name in readers]
    return [one for one in written if any(read.name == name for read in reads(one.right))]


def rules(reader: Indexed, name: str) -> list[str]:
    """The words of the rules that an equation needs for one of its quantities."""
    found: list[str] = []
    for part in walk(reader.right):
        if not any(read.name == name for read in reads(part)):
            continue
        match part:
            case Call(function, _) if function in FUNCTIONS:
                found.append(FUNCTIONS[function].words)
            case Call("max" | "min", _) | Reduce("max" | "min"):
                found.append("the derivative goes to the one that is taken, and to no other")
            case Soft(logarithm=False):
                found.append("every share of a softmax depends on all of its arguments")
            case Soft():
                found.append("the logarithm of a softmax depends on all of its arguments")
            case Cases():
                found.append("the branch that counts is derived")
    return found
