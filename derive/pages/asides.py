"""What is worth saying beside one equation of derivatives: a shorter way to it, a kernel that turned.

Decides when softmax or sigmoid stands before a cross-entropy, so that the two steps become one difference. The short
form is shown only where every element has the number of the long one, and the targets add up to 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import prod
from typing import NamedTuple

from derive.compute.schedule import groups
from derive.document import Block, Equation, Worked
from derive.expression import ONE, Add, Call, Const, Div, Mul, Neg, Node, mul
from derive.formula import Line
from derive.pages.page import ModelPage
from derive.trace.affine import letters
from derive.trace.indexed import Equation as Indexed
from derive.trace.indexed import Read, Reduce, Soft, mapped, put_in, reads, walk

MOST_WORKED = 6
"""Elements whose difference is worked; of more only the first."""
Terms = list[tuple[Fraction, Node, Node]]
"""A sum of fractions: the number before each, what is above the bar, and what is below."""


class Pair(NamedTuple):
    """An activation with the loss that it fits: the factor of a mean, the output and the target, and how it goes."""

    factor: Fraction
    output: Read
    target: Read
    multiplied: Node
    """What is left when the output has cancelled."""
    rules: Sequence[str]
    """What is done in each line."""


def asides(page: ModelPage, name: str, equation: Indexed) -> Iterator[Block]:
    """What is said after the derivative with respect to a quantity was worked."""
    yield from _shared(page, name, equation)
    yield from _shorter(page, name, equation)
    yield from _turned(page, equation)


# -- a parameter that serves at every step


def _shared(page: ModelPage, name: str, equation: Indexed) -> Iterator[Block]:
    """That a parameter of a recurrence gathers a share from every step."""
    system = page.solution.system
    if page.brief or name not in page.solution.problem.parameters:
        return
    for group in groups(system.equations, system.givens):
        inside = [system.equations[number] for number in group.equations] if group.recurrent else []
        steps = {letter for one in inside for letter in one.letters if _moves(inside, letter)}
        used = any(read.name == name for one in inside for read in reads(one.right))
        along = [part for part in walk(equation.right) if isinstance(part, Reduce) and part.kind == "sum"]
        if used and steps and along and page.once("shared"):
            yield page.say(
                "{name} serves at every step, so its derivative is a sum over the steps, and each step adds its share."
                " The same holds for every parameter that is used again and again.",
                name=page.display.whole(name),
            )


def _moves(equations: Sequence[Indexed], letter: str) -> bool:
    """Whether equations read their own earlier results along a letter: it counts the steps."""
    names = {one.name for one in equations}
    return any(
        read.name in names and any(letter in letters(form) and form.constant for form in read.index)
        for one in equations
        for read in reads(one.right)
    )


# -- a shorter way


def _shorter(page: ModelPage, name: str, equation: Indexed) -> Iterator[Block]:
    """The difference of output and target, where an activation and a loss fit together."""
    found = _pair(page, name, equation)
    if found is None:
        return
    pair, inside = found
    scene = page.display.scene(equation)
    left = page.display.left(equation)
    short = _times(pair.factor, Add((pair.output, Neg(pair.target))))
    for between in (inside, pair.multiplied):
        for _ in page.elements.worked(replace(equation, right=between)):
            pass  # raises where an element has another number
    steps = list(page.elements.worked(replace(equation, right=short)))
    shown = page.display(short, scene)
    if page.brief:
        yield page.say("Shorter, for {output} cancels:", output=page.display.whole(pair.output.name))
        yield Equation((Line(left, (("=", shown),)),))
        return
    yield page.say(
        "There is a shorter way. We put the derivative with respect to {output} in, and {again} cancels:",
        output=page.display.whole(pair.output.name),
        again=page.display.whole(pair.output.name),
    )
    formulas = (page.display(inside, scene), page.display(pair.multiplied, scene), shown)
    yield Worked(left, tuple(("=", formula, rule) for formula, rule in zip(formulas, pair.rules, strict=True)))
    yield page.say("The numbers come out the same:")
    kept = steps if len(steps) <= MOST_WORKED else steps[:1]
    yield Equation(tuple(page.work(step, symbols=not at) for at, step in enumerate(kept)), whole=True)


def _pair(page: ModelPage, name: str, equation: Indexed) -> tuple[Pair, Node] | None:
    """The pair behind a derivative, and its right side with the derivative by the output put in."""
    adjoint, system = page.solution.adjoint, page.solution.system
    assert adjoint is not None
    owners = {gradient: owner for owner, gradient in adjoint.names.items()}
    above = {read.name for read in reads(equation.right) if read.name in owners}
    if len(above) != 1 or equation.conditions:
        return None
    (gradient,) = above
    forward = system.defining(owners[gradient])
    derived = [one for one in adjoint.equations if one.name == gradient]
    if len(forward) != 1 or len(derived) != 1 or derived[0].conditions:
        return None
    form = replace(derived[0], right=_with_constants(derived[0].right, _constant_derivatives(page)))
    if any(at.letter is None for at in form.left):
        return None
    output = Read(owners[gradient], equation.left)
    inside = _with(equation.right, gradient, form)
    own = {at.letter: index for at, index in zip(form.left, equation.left, strict=False) if at.letter is not None}
    if len(form.left) != len(equation.left):
        return None
    terms = _fractions(put_in(form.right, own))
    upstream = Read(gradient, equation.left)
    match forward[0].right:
        case Soft(body=Read(name=argument), conditions=()) as soft if argument == name and not soft.logarithm:
            axis = [at.letter for at in forward[0].left].index(soft.letter)
            match equation.right:
                case Mul((first, Add((second, Neg(Reduce("sum")))))) if first == output and second == upstream:
                    pair = _after_softmax(page, terms, output, equation, axis)
                case _:
                    return None  # it goes into something else as well
        case Call("sigmoid", (Read(name=argument),)) if argument == name:
            alone = equation.right == Mul((upstream, output, Add((ONE, Neg(output)))))
            pair = _after_sigmoid(terms, output) if alone else None
        case _:
            return None
    return None if pair is None else (pair, inside)


def _after_softmax(page: ModelPage, terms: Terms, output: Read, equation: Indexed, axis: int) -> Pair | None:
    """Softmax and cross-entropy, with targets that add up to 1."""
    match terms:
        case [(factor, Read() as target, below)] if factor < 0 and below == output and target.index == output.index:
            pass
        case _:
            return None
    given = page.solution.system.givens.get(target.name)
    if given is None or target.name in page.solution.schedule:
        return None
    sums: dict[tuple[int, ...], Fraction] = {}
    for place in given.places():
        number = given.number(place)
        rest = place[:axis] + place[axis + 1 :]
        sums[rest] = sums.get(rest, Fraction(0)) + (number or 0)
    gathered = next((part for part in walk(equation.right) if isinstance(part, Reduce)), None)
    if set(sums.values()) != {Fraction(1)} or gathered is None or len(gathered.letters) != 1:
        return None
    run = next(read.index for read in reads(gathered.body) if read.name == output.name)
    total = Reduce("sum", Read(target.name, run), gathered.letters)
    multiplied = Add((Neg(_times(-factor, target)), _times(-factor, mul(output, total))))
    rules = ("put it in", "the output cancels", "the targets add up to 1")
    return Pair(-factor, output, target, multiplied, rules)


def _after_sigmoid(terms: Terms, output: Read) -> Pair | None:
    """Sigmoid and binary cross-entropy."""
    other = Add((ONE, Neg(output)))
    match terms:
        case [(factor, Read() as target, below), (second, Add((Const(one), Neg(again))), beside)]:
            fits = below == output and beside == other and again == target and one == 1 and factor == -second < 0
        case _:
            return None
    if not fits or target.index != output.index:
        return None
    none = Add((ONE, Neg(target)))
    multiplied = Add((Neg(_times(second, mul(target, other))), _times(second, mul(none, output))))
    return Pair(second, output, target, multiplied, ("put it in", "each denominator cancels", "multiply out"))


def _constant_derivatives(page: ModelPage) -> Mapping[str, Const]:
    """Those of the page's problem: found once, for many equations may ask."""
    adjoint = page.solution.adjoint
    if page.constant_derivatives is None:
        page.constant_derivatives = _constants(adjoint.equations if adjoint is not None else ())
    return page.constant_derivatives


def _constants(equations: Sequence[Indexed]) -> Mapping[str, Const]:
    """The derivatives that are the same number for every element, such as 1 by the only term of the loss."""
    names = Counter(one.name for one in equations)
    found: dict[str, Const] = {}
    for one in equations:
        right = _with_constants(one.right, found)
        if isinstance(right, Const) and names[one.name] == 1 and not one.conditions:
            found[one.name] = right
    return found


def _with_constants(node: Node, constants: Mapping[str, Const]) -> Node:
    """A formula with such derivatives put in, and the numbers of each product in one."""
    if isinstance(node, Read) and node.name in constants:
        return constants[node.name]
    found = mapped(node, lambda part: _with_constants(part, constants))
    if not isinstance(found, Mul) or found == node:
        return found
    number = prod((one.value for one in found.factors if isinstance(one, Const)), start=Fraction(1))
    rest = [one for one in found.factors if not isinstance(one, Const)]
    return mul(*([] if number == 1 and rest else [Const(number)]), *rest)


def _with(node: Node, gradient: str, form: Indexed) -> Node:
    """A formula with the right side of an equation of derivatives in place of these."""
    if isinstance(node, Read) and node.name == gradient:
        letters = [at.letter for at in form.left]
        return put_in(form.right, {own: at for own, at in zip(letters, node.index, strict=True) if own is not None})
    return mapped(node, lambda part: _with(part, gradient, form))


def _fractions(node: Node) -> Terms:
    """A sum of fractions; empty where it is none."""
    terms = node.terms if isinstance(node, Add) else (node,)
    found = [_fraction(term) for term in terms]
    return [one for one in found if one is not None] if None not in found else []


def _fraction(node: Node) -> tuple[Fraction, Node, Node] | None:
    """A number, what it multiplies above the bar, and what is below."""
    match node:
        case Neg(arg):
            inner = _fraction(arg)
            return None if inner is None else (-inner[0], *inner[1:])
        case Mul((Const(value), rest)):
            inner = _fraction(rest)
            return None if inner is None else (value * inner[0], *inner[1:])
        case Div(Mul((Const(value), above)), below):
            return value, above, below
        case Div(above, below):
            return Fraction(1), above, below
    return None


def _times(factor: Fraction, node: Node) -> Node:
    return node if factor == 1 else mul(Const(factor), node)


# -- a kernel that turned


def _turned(page: ModelPage, equation: Indexed) -> Iterator[Block]:
    """That a kernel stands turned over the gradients, where its indices run forward and theirs back."""
    adjoint = page.solution.adjoint
    assert adjoint is not None
    for part in walk(equation.right):
        if not isinstance(part, Reduce) or part.kind != "sum":
            continue
        above = [read for read in reads(part.body) if read.name in adjoint.names.values()]
        others = [read for read in reads(part.body) if read.name not in adjoint.names.values()]
        back = {letter for read in above for letter in part.letters if _runs(read, letter) < 0}
        for kernel in others:
            turned = [letter for letter in part.letters if letter in back and _runs(kernel, letter) > 0]
            if turned and page.once(f"turned {kernel.name} {above[0].name}"):
                how = "turned by 180 degrees" if len(turned) > 1 else "turned round"
                yield page.say(
                    "{kernel} has turned by itself: where its indices run forward, those of {above} run back. Laid"
                    f" over the gradients, it stands {how}.",
                    kernel=page.display.whole(kernel.name),
                    above=page.display.whole(above[0].name),
                )


def _runs(read: Read, letter: str) -> int:
    """How the place that is read moves when a letter grows."""
    return sum(coefficient for form in read.index for atom, coefficient in form.terms if atom == letter)
