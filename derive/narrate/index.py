"""The index form: one formula for an arbitrary weight, with sums and indices, derived step by step.

After Rohan and Lenny's article, with every index kept apart: a weight of the first layer feeds one unit only, so one
input remains and the sums run over the layers above.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive import graph
from derive.activations import ACTIVATIONS
from derive.document import Block, Equation, Inline, Math, Remark, Section, Text
from derive.expression import (
    Add,
    Apply,
    Cases,
    Group,
    Mul,
    Node,
    Partial,
    Ref,
    SumOver,
    Var,
    add,
    bind,
    mul,
    size,
    transform,
)  # fmt: skip
from derive.formula import Line
from derive.losses import SIMPLIFICATIONS
from derive.narrate import delta
from derive.narrate.page import BRIEF, Page
from derive.quantity import Index, Quantity

LETTERS = "jkmnpqcgfl"
"""Letters of the units, from the first layer up, but for those that name a quantity."""
MOST_LETTERS = 6
"""Layers whose units have letters of their own; in deeper networks one letter takes the number of the layer."""
SOURCES, BOUND = "isgc", "rhyf"
"""Letters of the inputs, and of what runs through a sum while all other letters stay fixed; the first free one."""
DEEPEST = 4
"""Layers that are still put into one formula; deeper networks keep the recursion."""
WRITTEN_OUT = 60
"""Leaves of the formula with its sums written out in numbers."""


def layer_section(page: Page, number: int, example: int | None, again: bool) -> Section:
    """The numbers of one layer; the formula has been derived before."""
    section = delta.layer_section(page, number, example, again=again, with_rule=False)
    if again or number < page.last:
        return section
    order = page.say(
        "Now the numbers, unit by unit: first the derivative of the loss with respect to the weighted sum, then the"
        " gradients that follow from it."
    )
    return Section(section.title, (order, *section.blocks))


def letter(page: Page, number: int) -> Index:
    """The index of a unit of a layer: a letter, or the unit itself where there is only one."""
    if page.width(number) == 1:
        return 0
    if number == 0:
        return source_letter(page)
    free = [one for one in LETTERS if one not in page.taken]
    return free[number - 1] if page.last <= min(MOST_LETTERS, len(free)) else f"{free[0]}{number}"


def _of(kind: str, page: Page, number: int) -> Quantity:
    return Quantity(kind, number, letter(page, number), example=0 if page.many else None)


def _weight(page: Page, number: int) -> Quantity:
    return Quantity("W", number, letter(page, number), letter(page, number - 1))


def over(page: Page, number: int, body: Node) -> Node:
    """A sum over the units of a layer; no sum where there is only one."""
    index = letter(page, number)
    return SumOver(index, str(page.width(number)), body) if isinstance(index, str) else body


def general_formula(page: Page) -> Section:
    """The derivation, from the arbitrary weight of the first layer up to the loss."""
    example = 0 if page.many else None
    weight, z, source = _weight(page, 1), _of("z", page, 1), _of("a", page, 0)
    gradient = Partial(Ref(page.loss(example)), Ref(weight))
    inner_sum = weighted_sum(page)
    blocks: list[Block] = [
        page.say(
            "Instead of treating every weight on its own, we derive one formula for an arbitrary weight {w} of the"
            " first layer, the one farthest from the loss. It leads from {a} to {z}, and to no other sum. Every index"
            " keeps its meaning to the end: {indices}.",
            w=weight,
            a=source,
            z=z,
            indices=_index_words(page),
        ),
        *numbered_weights(page, weight),
        page.say("The weight reaches the loss only through {z}, so the chain rule begins with", z=z),
        Equation((Line(gradient, (("=", mul(page.d_loss(z), page.partial(z, weight))),)),)),
        page.say(
            "The last factor is the easy one. The sum {sum} contains {w} once, {where}multiplied by {a}:",
            sum=Line(Ref(z), (("=", inner_sum),)),
            where="" if page.width(0) == 1 else page.words("where {same}, ", same=_same_letter(page)),
            w=weight,
            a=source,
        ),
        Equation((Line(page.partial(z, weight), (("=", Ref(source)),)),)),
    ]
    if page.width(0) > 1:
        blocks.append(
            Remark(
                "One input, not all of them.",
                (
                    page.say(
                        "All other terms of the sum do not contain {w}, and their derivative is 0. A sum over all"
                        " inputs here would give every weight into the same unit the same gradient.",
                        w=weight,
                    ),
                ),
            )
        )
    for number in range(1, page.last + 1):
        blocks.extend(_layer_steps(page, number, example))
    blocks.extend(_put_together(page, example))
    return page.section("One formula for every weight", blocks)


def numbered_weights(page: Page, weight: Quantity) -> Iterator[Block]:
    """Where weights have running numbers, letters need another way to name them."""
    if "<n>" in page.namer.notation.names["W"].tex:
        yield page.say(
            "An arbitrary weight has no number of its own, so it is named by its place: {w} has its layer on top, and"
            " below it first the unit that it leads to, then the one that it comes from.",
            w=weight,
        )


def weighted_sum(page: Page) -> Node:
    """The sum of an arbitrary unit of the first layer, with a letter of its own for the inputs."""
    unit, example = letter(page, 1), 0 if page.many else None
    alone = page.width(0) == 1
    index = 0 if alone else bound(page)
    body = mul(Ref(Quantity("W", 1, unit, index)), Ref(Quantity("a", 0, index, example=example)))
    total = body if alone else SumOver(bound(page), str(page.width(0)), body)
    layer = page.layer(1)
    if layer.biases is None:
        return total
    return add(total, Ref(Quantity("b", 1, unit if isinstance(layer.biases, tuple) else None)))


def _same_letter(page: Page) -> Line:
    """r = i: the term of a sum that has the weight."""
    return Line(Var(bound(page)), (("=", Var(source_letter(page))),))


def source_letter(page: Page) -> str:
    """i, or s where the author's inputs are themselves called i."""
    return page.free_letter(SOURCES)


def bound(page: Page) -> str:
    """The letter that runs through a sum."""
    return page.free_letter(BOUND)


def _index_words(page: Page) -> list[Inline]:
    """What every index counts."""
    parts: list[Inline] = []
    for number in range(page.last + 1):
        index = letter(page, number)
        if isinstance(index, str):
            what = "the inputs" if number == 0 else f"the units of {page.the(number)}"
            if number == page.last:
                what = "the outputs"
            parts += [Text(", ")] if parts else []
            parts += [Math(Var(index)), Text(f" counts {what}")]
    return parts or [Text("each layer has one unit")]


def _layer_steps(page: Page, number: int, example: int | None) -> Iterator[Block]:
    """From dL/dz of a layer to dL/dz of the next one."""
    z, a = _of("z", page, number), _of("a", page, number)
    if page.shortened(number):
        yield page.say("At the output, loss and activation function together leave only the difference:")
        yield Equation((Line(page.d_loss(z), (("=", _output_error(page)),)),))
        return
    if page.layer(number).joint:
        yield page.say(
            "The layer is a softmax: {z} reaches every activation of the layer, so the chain rule adds up:",
            z=z,
        )
        yield Equation((Line(page.d_loss(z), (("=", _softmax_error(page, number)),)),))
    elif not page.merged(number):
        yield page.say(
            "{a} comes from {z} through the activation function, whose derivative we know:"
            if number == 1
            else "{a} comes from {z} through its activation function:",
            a=a,
            z=z,
        )
        yield Equation(
            (
                Line(
                    page.d_loss(z),
                    (
                        ("=", mul(page.d_loss(a), page.partial(a, z))),
                        ("=", mul(page.d_loss(a), slope(page, number))),
                    ),
                ),
            )
        )
    if page.read_by_loss(number):
        yield page.say("And at the output the derivative of the loss itself:")
        yield Equation((Line(page.d_loss(a), (("=", loss_slope(page)),)),))
        return
    above, weight = _of("z", page, number + 1), _weight(page, number + 1)
    many = page.width(number + 1) > 1
    yield page.say(
        "{a} enters {sums}:",
        a=a,
        sums="every weighted sum of the next layer, each time multiplied by a weight. Its effects add up"
        if many
        else "the one weighted sum of the next layer, multiplied by a weight. There is only one path",
    )
    yield Equation(
        (
            Line(
                page.d_loss(a),
                (
                    ("=", over(page, number + 1, mul(page.d_loss(above), page.partial(above, a)))),
                    ("=", over(page, number + 1, mul(page.d_loss(above), Ref(weight)))),
                ),
            ),
        )
    )


def slope(page: Page, number: int) -> Node:
    """f'(z) of a layer in general letters: in terms of the activation where the table has it so."""
    layer = page.layer(number)
    row = graph.activation_row(layer)
    z, a = Ref(_of("z", page, number)), Ref(_of("a", page, number))
    return Apply(row.letter, z, 1) if isinstance(row.derivative, Cases) else bind(row.derivative, {"z": z, "a": a})


def loss_slope(page: Page) -> Node:
    """The derivative of the loss with respect to an arbitrary output."""
    return _at_output(page, graph.loss_row(page.problem).derivative)


def _at_output(page: Page, formula: Node) -> Node:
    a = _of("a", page, page.last)
    target = Quantity("t", unit=a.unit, example=a.example)
    return graph.with_outputs(bind(formula, {"a": Ref(a), "t": Ref(target)}), page.width(page.last))


def _output_error(page: Page) -> Node:
    pair = SIMPLIFICATIONS[page.layer(page.last).activation, page.problem.loss.name]
    return _at_output(page, pair.delta)


def _softmax_error(page: Page, number: int) -> Node:
    z, index = _of("z", page, number), bound(page)
    other = Quantity("a", number, index, example=z.example)
    return SumOver(index, str(page.width(number)), mul(page.d_loss(other), page.partial(other, z)))


def error_factors(page: Page, number: int) -> tuple[list[Node], list[Node]]:
    """dL/dz of a layer as factors that no index of this layer touches, and the others."""
    if page.shortened(number):
        inner: list[Node] = [_output_error(page)]
    elif page.layer(number).joint:
        inner = [Group(_softmax_error(page, number))]
    else:
        own = [] if page.merged(number) else [slope(page, number)]
        if page.read_by_loss(number):
            inner = [loss_slope(page), *own]
        else:
            outer, above = error_factors(page, number + 1)
            weight = Ref(_weight(page, number + 1))
            if page.width(number + 1) == 1:
                return [*outer, *above], [weight, *own]
            return outer, [
                Group(SumOver(str(letter(page, number + 1)), str(page.width(number + 1)), mul(*above, weight))),
                *own,
            ]
    return [], inner


def _put_together(page: Page, example: int | None) -> Iterator[Block]:
    """The formula for every layer, and one weight with its sums written out."""
    if page.last > DEEPEST:
        yield page.say("Putting these lines into each other, layer after layer, gives the gradient of any weight.")
        return
    yield page.say("Now everything is put together. For the weights of each layer, from the last to the first:")
    yield formulas(page, example)
    if page.detail == BRIEF or page.values.carry or graph.penalised(page.problem) or _by_cases(page):
        return
    outer, inner = error_factors(page, 1)
    first: dict[str, int] = {str(letter(page, 0)): 0, str(letter(page, 1)): 0}
    formula = written_out(mul(*outer, *inner, Ref(_of("a", page, 0))), first)
    if size(formula) > WRITTEN_OUT:
        return
    gradient, weight = Quantity("dL/dW", 1, 0, 0, example), Quantity("W", 1, 0, 0)
    parts: list[tuple[str, Node]] = []
    page.finish(parts, formula, page.values.shown(gradient))
    yield page.say("With the numbers of the forward pass and the sums written out, for {w}:", w=weight)
    yield Equation((Line(Partial(Ref(page.loss(example)), Ref(weight)), tuple(parts)),))


def formulas(page: Page, example: int | None) -> Equation:
    """The gradient of an arbitrary weight of each layer, from the last to the first."""
    lines = []
    for number in range(page.last, 0, -1):
        outer, inner = error_factors(page, number)
        formula = mul(*outer, *inner, Ref(_of("a", page, number - 1)))
        lines.append(Line(Partial(Ref(page.loss(example)), Ref(_weight(page, number))), (("=", formula),)))
    return Equation(tuple(lines))


def stated(page: Page) -> Iterator[Block]:
    """The general formulas without their derivation; of a deep network layer by layer."""
    example = 0 if page.many else None
    yield page.say(
        "For an arbitrary weight of each layer, from the last to the first ({indices}):", indices=_index_words(page)
    )
    if page.last <= DEEPEST:
        yield formulas(page, example)
        return
    steps = [block for number in range(page.last, 0, -1) for block in _layer_steps(page, number, example)]
    yield Equation(tuple(line for block in steps if isinstance(block, Equation) for line in block.lines))
    weight = _weight(page, 1)
    slope = mul(page.d_loss(_of("z", page, 1)), Ref(_of("a", page, 0)))
    yield Equation((Line(Partial(Ref(page.loss(example)), Ref(weight)), (("=", slope),)),))


def _by_cases(page: Page) -> bool:
    """Whether a slope is not one formula in the activation of its unit: it has cases, or other units in it."""
    return any(layer.joint or ACTIVATIONS[layer.activation].by_cases for layer in page.problem.network.layers)


def written_out(node: Node, letters: dict[str, int]) -> Node:
    """A general formula for one choice of its letters, with every sum written term by term."""

    def index(place: Index) -> Index:
        return letters.get(place, place) if isinstance(place, str) else place

    match node:
        case SumOver(letter, last, body):
            return add(*(written_out(body, {**letters, letter: k}) for k in range(int(last))))
        case Ref(quantity):
            return Ref(quantity._replace(unit=index(quantity.unit), source=index(quantity.source)))
        case Mul(factors):
            return mul(*(written_out(factor, letters) for factor in factors))
        case Group(arg):
            return written_out(arg, letters)
        case Add(terms):
            return Add(tuple(written_out(term, letters) for term in terms))
    return transform(node, lambda leaf: written_out(leaf, letters) if isinstance(leaf, Ref) else leaf)
