"""A network as one expression: one unit per layer with the chain rule along the only path, or a small linear one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from derive.activations import ACTIVATIONS
from derive.document import Block, Equation
from derive.expression import Apply, Node, Ref, add, mul
from derive.formula import Line
from derive.narrate.page import Page
from derive.quantity import Quantity

DEEPEST = 5
"""Layers of a chain that is still written as one expression."""
MOST_WEIGHTS = 8
"""Weights of a linear network that is still written as one expression."""


def written_out(page: Page) -> Iterator[Block]:
    """A small linear network with one output as a sum of inputs times weights: nothing else can change."""
    sizes, layers = page.problem.network.sizes, page.problem.network.layers
    weights = sum(one * next_one for one, next_one in pairwise(sizes))
    linear = all(page.merged(number) and layers[number - 1].biases is None for number in range(1, page.last + 1))
    if page.many or sizes[-1] != 1 or set(sizes) == {1} or page.last < 2 or weights > MOST_WEIGHTS or not linear:
        return
    inside: list[Node] = [Ref(Quantity("a", 0, unit)) for unit in range(sizes[0])]
    for number in range(1, page.last + 1):
        sums = [
            [mul(Ref(Quantity("W", number, unit, source)), part) for source, part in enumerate(inside)]
            for unit in range(sizes[number])
        ]
        inside = [add(*terms) for terms in sums]
    yield page.say("Written out, it is made of inputs and weights alone:")
    yield Equation((Line(Ref(Quantity("a", page.last, 0)), (("=", inside[0]),)),))


def composition(page: Page) -> Iterator[Block]:
    """The whole network as one expression, and the derivative of the loss with respect to the first weight."""
    sizes, layers = page.problem.network.sizes, page.problem.network.layers
    if set(sizes) != {1} or len(layers) > DEEPEST or page.many:
        return
    if any(layer.joint for layer in layers):
        return
    inside: Node = Ref(Quantity("a", 0, 0))
    for number, layer in enumerate(layers, 1):
        terms = [mul(Ref(Quantity("W", number, 0, 0)), inside)]
        if layer.biases is not None:
            terms.append(Ref(Quantity("b", number, 0 if isinstance(layer.biases, tuple) else None)))
        total = add(*terms)
        inside = total if page.merged(number) else Apply(ACTIVATIONS[layer.activation].letter, total)
    output, weight = Quantity("a", page.last, 0), Quantity("W", 1, 0, 0)
    yield page.say("The network is one function inside another:")
    yield Equation((Line(Ref(output), (("=", inside),)),))
    yield page.say(
        "A change of {w} travels through every unit on its way to the loss, and at every place the chain rule adds one"
        " factor. From the loss back to the weight:",
        w=weight,
    )
    yield Equation((Line(page.d_loss(weight), (("=", mul(*factors(page))),)),))
    yield page.say("We take these factors from left to right; what is known is used again.")


def factors(page: Page) -> Iterator[Node]:
    """The local derivatives along the only path, from the loss to the first weight."""
    output = Quantity("a", page.last, 0)
    yield page.d_loss(output)
    for number in range(page.last, 0, -1):
        a, z = Quantity("a", number, 0), Quantity("z", number, 0)
        if not page.merged(number):
            yield page.partial(a, z)
        below = Quantity("a", number - 1, 0) if number > 1 else Quantity("W", 1, 0, 0)
        yield page.partial(z, below)
