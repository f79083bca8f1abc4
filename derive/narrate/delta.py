"""The delta form: one number per unit, the derivative of the loss with respect to its weighted sum, gives all the
gradients of the weights that lead into it."""

from __future__ import annotations

from collections.abc import Iterator

from derive.document import Block, Equation, Section
from derive.expression import Mul, Node, Ref, SumOver, mul
from derive.formula import Line
from derive.narrate.gradients import gradient_line, gradients, off_note
from derive.narrate.page import BRIEF, Page, capital
from derive.narrate.paths import first_factor
from derive.quantity import Quantity


def layer_section(page: Page, number: int, example: int | None, again: bool, with_rule: bool = True) -> Section:
    """The deltas of a layer, then the gradients of its weights and biases."""
    blocks: list[Block] = []
    if with_rule and not again and page.detail > BRIEF:
        blocks.extend(_rule(page, number, example))
    for unit in range(page.width(number)):
        symbols = not again and (unit == 0 or page.detail > BRIEF + 1)
        if page.width(number) > 1:
            title = capital(page.unit_name(number, unit))
            blocks.append(page.section(title, unit_blocks(page, number, unit, example, symbols)))
        else:
            blocks.extend(unit_blocks(page, number, unit, example, symbols))
    return page.section("{layer}", blocks, layer=capital(page.layer_name(number)))


def unit_blocks(page: Page, number: int, unit: int, example: int | None, symbols: bool) -> Iterator[Block]:
    """One unit's delta from its parts, and the gradients that follow from it."""
    delta = Quantity("dL/dz", number, unit, example=example)
    yield from off_note(page, number, unit, example, again=not symbols and page.detail == BRIEF)
    if page.merged(number) and not page.shortened(number):
        rows = [first_factor(page, Quantity("dL/da", number, unit, example=example))]
    else:
        rows = [page.work(q, symbols=symbols) for q in parts(page, number, unit, example)]
        rows.append(page.work(delta, left=delta_name(page, delta), symbols=symbols))
    found = tuple(gradient_line(page, q, symbols) for q in gradients(page, number, unit, example))
    if not symbols:
        yield Equation((*rows, *found), beside=True)
        return
    yield Equation(tuple(rows))
    yield page.say("Its gradients are this number times what comes in along each connection:")
    yield Equation(found)


def parts(page: Page, number: int, unit: int, example: int | None) -> list[Quantity]:
    """What a unit's delta is made of, as far as it has to be computed first."""
    if page.shortened(number):
        return []
    d_a = Quantity("dL/da", number, unit, example=example)
    if page.layer(number).joint:
        units = range(page.width(number))
        first = [Quantity("dL/da", number, i, example=example) for i in units] if unit == 0 else []
        return [*first, *(Quantity("da/dz", number, i, unit, example) for i in units)]
    return [d_a, Quantity("da/dz", number, unit, example=example)]


def delta_name(page: Page, delta: Quantity) -> Node:
    """The author's letter for dL/dz, or the fraction where there is none."""
    return Ref(delta) if page.namer.has_delta else page.d_loss(delta._replace(kind="z"))


def _rule(page: Page, number: int, example: int | None) -> Iterator[Block]:
    """The rule for this layer, in general letters."""
    j, k = "j", "k"
    delta = Quantity("dL/dz", number, j, example=example)
    a, z = delta._replace(kind="a"), delta._replace(kind="z")
    if page.shortened(number):
        text = "Loss and activation function together leave only the difference between prediction and target{above}."
        yield page.say(text, above=page.derived_above)
        return
    if page.layer(number).joint:
        yield page.say("Every output depends on every sum, so the chain rule adds up over all units of the layer.")
        return
    if page.read_by_loss(number) and page.merged(number):
        yield page.say("The output is linear, so its delta is the derivative of the loss with respect to the output.")
        return
    if page.read_by_loss(number):
        yield page.say(
            "The delta of an output is the derivative of the loss with respect to the output, times the derivative of"
            " the activation function: {line}.",
            line=Line(delta_name(page, delta), (("=", mul(page.d_loss(a), page.partial(a, z))),)),
        )
        return
    alone = page.width(number + 1) == 1
    above = Quantity("dL/dz", number + 1, 0 if alone else k, example=example)
    weight = Quantity("W", number + 1, 0 if alone else k, j)
    total: Node = Mul((delta_name(page, above), Ref(weight)))
    if not alone:
        total = SumOver(k, str(page.width(number + 1)), total)
    slope = [] if page.merged(number) else [page.partial(a, z)]
    yield page.say(
        "{who} passes its delta back along the connection, multiplied by the weight{then}. The weights are the old"
        " ones: all gradients are taken before any weight moves.",
        who="The unit of the next layer" if alone else "Every unit of the next layer",
        then=_then(alone, page.merged(number)),
    )
    yield Equation((Line(delta_name(page, delta), (("=", mul(total, *slope)),)),))


def _then(alone: bool, merged: bool) -> str:
    """How the deltas that come back are put together."""
    if merged:
        return "" if alone else ", and the results are added"
    if alone:
        return "; the result is multiplied by the derivative of the activation function"
    return "; the sum is multiplied by the derivative of the activation function"
