"""What all forms say about a unit's gradients: which there are, their names, and their lines."""

from __future__ import annotations

from collections.abc import Iterator

from derive.activations import described
from derive.document import Block
from derive.expression import Node, Partial, Ref, const
from derive.formula import Line
from derive.narrate.page import Page
from derive.quantity import Quantity


def of_unit(kind: str, number: int, unit: int, example: int | None) -> Quantity:
    """One of a unit's quantities."""
    return Quantity(kind, number, unit, example=example)


def gradients(page: Page, number: int, unit: int, example: int | None) -> list[Quantity]:
    """The gradients of one unit's weights, and of its bias if it has its own."""
    found = [Quantity("dL/dW", number, unit, i, example) for i in range(page.width(number - 1))]
    layer = page.layer(number)
    if isinstance(layer.biases, tuple) and layer.train_biases:
        found.append(Quantity("dL/db", number, unit, example=example))
    return found


def parameter(gradient: Quantity) -> Quantity:
    """The weight or bias that a gradient belongs to."""
    return gradient.differentiated


def gradient_name(page: Page, gradient: Quantity) -> Partial:
    """The derivative of the loss (of one example) with respect to a weight or bias."""
    return Partial(Ref(page.loss(gradient.example)), Ref(parameter(gradient)))


def gradient_line(page: Page, gradient: Quantity, symbols: bool = True) -> Line:
    """A gradient as delta times what came in."""
    return page.work(gradient, left=gradient_name(page, gradient), symbols=symbols)


def factors(page: Page, number: int, unit: int, example: int | None) -> list[Quantity]:
    """The derivatives from the loss down to a unit's weighted sum."""
    d_a, f = of_unit("dL/da", number, unit, example), of_unit("da/dz", number, unit, example)
    if page.shortened(number):
        return [of_unit("dL/dz", number, unit, example)]
    if page.merged(number):
        return [d_a]
    if page.layer(number).joint:
        return [of_unit("dL/dz", number, unit, example)]
    return [d_a, f]


def working(page: Page, number: int, unit: int, example: int | None) -> list[Quantity]:
    """What is computed of a unit before its gradients, in order; of a softmax what all units need first."""
    delta = of_unit("dL/dz", number, unit, example)
    if page.layer(number).joint and not page.read_by_loss(number):
        return [*(of_unit("dL/da", number, i, example) for i in range(page.width(number)) if unit == 0), delta]
    used = factors(page, number, unit, example)
    return used if used[-1] == delta or page.merged(number) else [*used, delta]


def named(page: Page, quantity: Quantity) -> Node:
    """What a derivative is called: the author's letter for dL/dz, or the fraction where there is none."""
    assert isinstance(quantity.layer, int)
    if quantity.kind == "dL/da" and page.merged(quantity.layer) and page.namer.has_delta:
        return Ref(quantity._replace(kind="dL/dz"))
    if quantity.kind == "dL/dz" and not page.namer.has_delta:
        return page.d_loss(quantity._replace(kind="z"))
    return Ref(quantity)


def _dies(page: Page, number: int) -> bool:
    """Whether a unit of the layer passes nothing back while its sum is not above 0."""
    return described(page.layer(number).activation).dies


def off_note(page: Page, number: int, unit: int, example: int | None, again: bool) -> Iterator[Block]:
    """Why every derivative of a rectified unit is 0 when its sum is not positive."""
    z = of_unit("z", number, unit, example)
    if not again and _dies(page, number) and not page.values.numbers[z] > 0:
        yield page.say(
            "{z} is not positive, so this unit passes nothing on and nothing back: the weights that lead into it get"
            " the gradient {zero}.",
            z=page.value(z),
            zero=page.marked(const(0)) if example is None else const(0),
        )
