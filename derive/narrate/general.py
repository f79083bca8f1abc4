"""Formulas of an arbitrary unit: the letters of its indices, and what stands in the chain rule for it.

Decides which letter counts what, and what each factor is in these letters; the sentences around are in `index`.
"""

from __future__ import annotations

from derive import graph
from derive.activations import ACTIVATIONS
from derive.expression import (
    Add,
    Apply,
    Cases,
    Group,
    Mul,
    Node,
    Ref,
    SumOver,
    add,
    bind,
    mul,
    transform,
)  # fmt: skip
from derive.losses import SIMPLIFICATIONS
from derive.narrate.page import Page
from derive.quantity import Index, Quantity

LETTERS = "jkmnpqcgfl"
"""Letters of the units, from the first layer up, but for those that name a quantity."""
MOST_LETTERS = 6
"""Layers whose units have letters of their own; in deeper networks one letter takes the number of the layer."""
SOURCES, BOUND = "isgc", "rhyf"
"""Letters of the inputs, and of what runs through a sum while all other letters stay fixed; the first free one."""


def letter(page: Page, number: int) -> Index:
    """The index of a unit of a layer: a letter, or the unit itself where there is only one."""
    if page.width(number) == 1:
        return 0
    if number == 0:
        return source_letter(page)
    free = [one for one in LETTERS if one not in page.taken]
    return free[number - 1] if page.last <= min(MOST_LETTERS, len(free)) else f"{free[0]}{number}"


def arbitrary(kind: str, page: Page, number: int) -> Quantity:
    """A quantity of the arbitrary unit of a layer."""
    return Quantity(kind, number, letter(page, number), example=0 if page.many else None)


def arbitrary_weight(page: Page, number: int) -> Quantity:
    """The weight between the arbitrary units of a layer and of the one below."""
    return Quantity("W", number, letter(page, number), letter(page, number - 1))


def over(page: Page, number: int, body: Node) -> Node:
    """A sum over the units of a layer; no sum where there is only one."""
    index = letter(page, number)
    return SumOver(index, str(page.width(number)), body) if isinstance(index, str) else body


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


def source_letter(page: Page) -> str:
    """i, or s where the author's inputs are themselves called i."""
    return page.free_letter(SOURCES)


def bound(page: Page) -> str:
    """The letter that runs through a sum."""
    return page.free_letter(BOUND)


def slope(page: Page, number: int) -> Node:
    """f'(z) of a layer in general letters: in terms of the activation where the table has it so."""
    layer = page.layer(number)
    row = graph.activation_row(layer)
    z, a = Ref(arbitrary("z", page, number)), Ref(arbitrary("a", page, number))
    return Apply(row.letter, z, 1) if isinstance(row.derivative, Cases) else bind(row.derivative, {"z": z, "a": a})


def loss_slope(page: Page) -> Node:
    """The derivative of the loss with respect to an arbitrary output."""
    return _at_output(page, graph.loss_row(page.problem).derivative)


def _at_output(page: Page, formula: Node) -> Node:
    a = arbitrary("a", page, page.last)
    target = Quantity("t", unit=a.unit, example=a.example)
    return graph.with_outputs(bind(formula, {"a": Ref(a), "t": Ref(target)}), page.width(page.last))


def output_error(page: Page) -> Node:
    """dL/dz at the output where loss and activation together leave only the difference."""
    pair = SIMPLIFICATIONS[page.layer(page.last).activation, page.problem.loss.name]
    return _at_output(page, pair.delta)


def softmax_error(page: Page, number: int) -> Node:
    """dL/dz in a softmax, which every activation of the layer reads."""
    z, index = arbitrary("z", page, number), bound(page)
    other = Quantity("a", number, index, example=z.example)
    return SumOver(index, str(page.width(number)), mul(page.d_loss(other), page.partial(other, z)))


def error_factors(page: Page, number: int) -> tuple[list[Node], list[Node]]:
    """dL/dz of a layer as factors that no index of this layer touches, and the others."""
    if page.shortened(number):
        inner: list[Node] = [output_error(page)]
    elif page.layer(number).joint:
        inner = [Group(softmax_error(page, number))]
    else:
        own = [] if page.merged(number) else [slope(page, number)]
        if page.read_by_loss(number):
            inner = [loss_slope(page), *own]
        else:
            outer, above = error_factors(page, number + 1)
            weight = Ref(arbitrary_weight(page, number + 1))
            if page.width(number + 1) == 1:
                return [*outer, *above], [weight, *own]
            return outer, [
                Group(SumOver(str(letter(page, number + 1)), str(page.width(number + 1)), mul(*above, weight))),
                *own,
            ]
    return [], inner


def by_cases(page: Page) -> bool:
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
