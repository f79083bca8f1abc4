"""The chain form: for every weight the factors of the chain rule, each with its number, and their product."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from derive import graph
from derive.activations import ACTIVATIONS
from derive.closed import TooLarge, closed_form
from derive.derivation import trained
from derive.document import Block, Equation, Paragraph, Section, Words
from derive.expression import Node, Partial, Ref, Shown, add, const, mul, replace
from derive.formula import Line
from derive.narrate import figures
from derive.narrate.gradients import (
    factors,
    gradient_line,
    gradient_name,
    gradients,
    named,
    of_unit,
    off_note,
    parameter,
    working,
)
from derive.narrate.page import FULL, Page, capital
from derive.narrate.paths import first_factor, incoming
from derive.quantity import Quantity

CLOSED_FORM_SIZE = 30
"""Leaves of a closed form that is still worth printing."""


def layer_section(page: Page, number: int, example: int | None, again: bool) -> Section:
    """All weights of one layer, unit by unit."""
    blocks: list[Block] = []
    for unit in range(page.width(number)):
        # In a deep network one hidden layer shows how all of them go.
        in_full = not again and (page.detail == FULL or (unit == 0 and number >= page.last - 1))
        blocks.extend(
            _unit_in_full(page, number, unit, example)
            if in_full
            else _unit_in_lines(page, number, unit, example, again)
        )
    return page.section("{layer}", blocks, layer=capital(page.layer_name(number)))


def _unit_in_full(page: Page, number: int, unit: int, example: int | None) -> Iterator[Block]:
    """The first weight factor by factor, the others by their last factor."""
    targets = gradients(page, number, unit, example)
    first, rest = targets[0], targets[1:]
    weight = parameter(first)
    z, a = of_unit("z", number, unit, example), of_unit("a", number, unit, example)
    blocks: list[Block] = [
        Paragraph(
            (
                *page.words(
                    "{w} leads from {source} to {unit}. Changing it changes ",
                    w=weight,
                    source=page.unit_name(number - 1, 0),
                    unit=page.unit_name(number, unit),
                ),
                *_way(page, number, z, a),
                *page.words(". The chain rule multiplies these effects:"),
            )
        ),
        Equation((_chain_line(page, number, unit, example, first),)),
        *_path(page, number, unit, example),
        *_loss_with_output(page, number, unit, example),
        *_output_with_sum(page, number, unit, example),
        *_together(page, number, unit, example, first),
        *(_closed(page, first) if number == page.last or page.detail == FULL else ()),
    ]
    yield page.section("The weight {w}", blocks, w=weight)
    if rest:
        weights = sum(q.kind == "dL/dW" for q in rest)
        names = " and ".join(
            [
                *(["the weight" if weights == 1 else "the weights"] if weights else []),
                *(["the bias"] if weights < len(rest) else []),
            ]
        )
        opening = "For the other connections into {unit} only the last factor changes{bias}:"
        if not weights:
            opening = "The bias enters the sum with the factor 1, so only the last factor changes:"
        yield page.section(
            "{names} {rest}",
            [
                page.say(
                    opening,
                    unit=page.unit_name(number, unit),
                    bias=". The bias enters the sum with the factor 1" if rest[-1].kind == "dL/db" else "",
                ),
                Equation(tuple(gradient_line(page, q) for q in rest)),
            ],
            names=capital(names),
            rest=[parameter(q) for q in rest],
        )


def _path(page: Page, number: int, unit: int, example: int | None) -> Iterator[Block]:
    """The picture of the way from the very first weight to the loss."""
    if number == 1 and unit == 0 and page.last > 1:
        yield from figures.path(page, Quantity("W", 1, 0, 0), example)


def _way(page: Page, number: int, z: Quantity, a: Quantity) -> Words:
    """What a weight changes on its way to the loss."""
    softmax = page.layer(number).joint
    first = "{a}" if page.merged(number) else "{z}, with it {a}"
    if softmax:
        first = "{z}, with it all activations of the layer"
    if page.read_by_loss(number):
        return page.words(first + " and so the loss", z=z, a=a)
    following = page.width(number + 1)
    reached = page.unit_name(number + 1, 0) if following == 1 else f"every unit of {page.the(number + 1)}"
    return page.words(first + ", with that {reached}, and so the loss", z=z, a=a, reached=reached)


def _chain_line(page: Page, number: int, unit: int, example: int | None, gradient: Quantity) -> Line:
    z, a = of_unit("z", number, unit, example), of_unit("a", number, unit, example)
    last_factor = page.partial(z, parameter(gradient))
    if page.layer(number).joint:
        product: Node = mul(page.d_loss(z), last_factor)
    elif page.merged(number):
        product = mul(page.d_loss(a), page.partial(a, parameter(gradient)))
    else:
        product = mul(page.d_loss(a), page.partial(a, z), last_factor)
    terms = [product]
    if graph.penalised(page.problem) and example is None:
        terms.append(page.partial(Quantity("penalty"), parameter(gradient)))
    return Line(gradient_name(page, gradient), (("=", add(*terms)),))


def _loss_with_output(page: Page, number: int, unit: int, example: int | None) -> Iterator[Block]:
    """The first factor: from the loss rule at the output, as a sum over paths in a hidden layer."""
    d_a, a = of_unit("dL/da", number, unit, example), of_unit("a", number, unit, example)
    if page.read_by_loss(number):
        if page.shortened(number) or page.layer(number).joint:
            return
        yield page.say("By the derivative of the loss:", lead="How the loss changes with the output.")
        yield page.numbered(d_a, first_factor(page, d_a))
        return
    yield from incoming(page, number, unit, example, a)


def _output_with_sum(page: Page, number: int, unit: int, example: int | None) -> Iterator[Block]:
    """The second factor: the derivative of the activation function."""
    z = of_unit("z", number, unit, example)
    delta = of_unit("dL/dz", number, unit, example)
    layer = page.layer(number)
    if page.shortened(number):
        yield page.say(
            "The first two factors together are the derivative of the loss with respect to {z}. Loss and activation"
            " function leave only the difference between prediction and target{above}:",
            lead="How the loss changes with the weighted sum.",
            z=z,
            above=page.derived_above,
        )
        yield page.numbered(delta, page.work(delta, left=page.d_loss(z), first=_named(page, delta)))
        return
    if page.merged(number):
        return
    if layer.joint:
        yield from softmax_delta(page, number, unit, example)
        return
    reason = "By the derivative of the activation function:"
    row = ACTIVATIONS[layer.activation]
    if row.by_cases and not row.rectifies:
        reason = "By the derivative of the activation function, in the case that holds here:"
    if row.rectifies:
        positive = page.values.numbers[z] > 0
        side = "positive" if positive else "not positive"
        reason = f"The weighted sum is {side}, so the slope of the function here is:"
    yield page.say(reason, lead="How the activation changes with the weighted sum.")
    yield page.number(of_unit("da/dz", number, unit, example))


def softmax_delta(page: Page, number: int, unit: int, example: int | None) -> Iterator[Block]:
    """delta_j as a sum over all units of a softmax layer."""
    z = of_unit("z", number, unit, example)
    delta = of_unit("dL/dz", number, unit, example)
    jacobian = [Quantity("da/dz", number, i, unit, example) for i in range(page.width(number))]
    if page.read_by_loss(number):
        yield page.say("By the derivative of the loss:", lead="How the loss changes with the outputs.")
        yield from page.lines([of_unit("dL/da", number, i, example) for i in range(page.width(number))])
    yield page.say(
        "{z} reaches every unit of the layer. By the derivatives of softmax:",
        lead="How the activations change with the weighted sum.",
        z=z,
    )
    yield from page.lines(jacobian)
    yield page.say("The chain rule adds up the effects over all units:")
    yield page.numbered(delta, page.work(delta, left=page.d_loss(z), first=_named(page, delta)))


def _named(page: Page, delta: Quantity) -> list[Node]:
    """The letter of a delta, where the notation has one."""
    return [Ref(delta)] if page.namer.has_delta else []


def _together(page: Page, number: int, unit: int, example: int | None, gradient: Quantity) -> Iterator[Block]:
    """The last factor, the product, and the part of it that belongs to the unit."""
    z = of_unit("a" if page.merged(number) else "z", number, unit, example)
    incoming_activation = Quantity("a", number - 1, 0, example=example)
    delta = of_unit("dL/dz", number, unit, example)
    shown = page.values.shown(incoming_activation)
    sign = "=" if shown.exact else "≈"
    yield page.say(
        "The sum is linear in {w}; its coefficient is what comes in along this connection:",
        lead=f"How the {'activation' if page.merged(number) else 'weighted sum'} changes with the weight.",
        w=parameter(gradient),
    )
    last_factor = page.partial(z, parameter(gradient))
    yield Equation((Line(last_factor, (("=", Ref(incoming_activation)), (sign, shown))),))
    used = factors(page, number, unit, example)
    if len(used) == 1 or page.values.carry:
        if len(used) > 1:
            yield page.say("The first two factors are the same for every weight into this unit. Their product is")
            yield page.numbered(
                delta,
                page.work(delta, left=page.d_loss(of_unit("z", number, unit, example)), first=_named(page, delta)),
            )
        yield page.say(
            "The product of the two factors:"
            if example is not None or not graph.penalised(page.problem)
            else "The product, and the derivative of the penalty:",
            lead="Together.",
        )
        yield Equation((gradient_line(page, gradient),))
        yield from meaning(page, gradient)
        return
    formula = mul(*(Ref(q) for q in used), Ref(incoming_activation))
    if graph.penalised(page.problem) and example is None:
        whole = page.trace.step(gradient).formula
        formula = replace(whole, lambda q: mul(*(Ref(u) for u in used)) if q == delta else None)
    parts: list[tuple[str, Node]] = []
    page.finish(parts, formula, page.values.shown(gradient))
    cites: dict[str, Any] = {f"c{k}": page.cite(q) for k, q in enumerate(used)}
    yield page.say(
        "The product of " + " and ".join(f"{{c{k}}}" for k in range(len(used))) + " and the last factor:",
        lead="Together.",
        **cites,
    )
    yield Equation((Line(gradient_name(page, gradient), tuple(parts), page.is_answer(gradient)),))
    yield from meaning(page, gradient)
    if number == 1 and len(gradients(page, number, unit, example)) == 1:
        return
    alone = len(gradients(page, number, unit, example)) == 1
    yield page.say(
        "{which} is needed again{name}:",
        which="The product of the first two factors"
        if alone
        else "The first two factors are the same for every weight into this unit, and their product",
        name=", so it gets a letter of its own" if page.namer.has_delta else "",
    )
    yield page.numbered(
        delta, page.work(delta, left=page.d_loss(of_unit("z", number, unit, example)), first=_named(page, delta))
    )


def meaning(page: Page, gradient: Quantity) -> Iterator[Block]:
    """What a gradient says, for the first one that is worked out."""
    first = gradient.layer == page.last and gradient.unit == 0 and gradient.example in (None, 0)
    change = page.exact.digits(mul(const(Fraction(1, 100)), Ref(gradient)), 2) if first else None
    if change is None or page.values.carry:
        return
    yield page.say(
        "In words: if {w} grows by {little}, the loss {verb} by about {change}.",
        w=parameter(gradient),
        little=page.in_words("0.01"),
        verb="falls" if change.startswith("-") else "grows",
        change=Shown(change.lstrip("-"), False),
    )


def _closed(page: Page, gradient: Quantity) -> Iterator[Block]:
    """The gradient in one formula, where it is short enough to be read."""
    try:
        formula = closed_form(page.trace, gradient, CLOSED_FORM_SIZE, named_derivatives=True)
    except TooLarge:
        return
    yield page.say("In one formula:")
    yield Equation((Line(gradient_name(page, gradient), (("=", formula),)),))


def _unit_in_lines(page: Page, number: int, unit: int, example: int | None, again: bool) -> Iterator[Block]:
    """A unit whose working is known from another: numbers put in, and results."""
    targets = working(page, number, unit, example)
    deeper = not again and not unit
    title = capital(page.unit_name(number, unit))
    if not again and unit:
        title += ", in the same way"
    rows = [page.work(q, left=named(page, q), symbols=deeper) for q in targets]
    rows += [gradient_line(page, q, symbols=deeper) for q in gradients(page, number, unit, example)]
    blocks: list[Block] = [*off_note(page, number, unit, example, again)]
    if deeper:
        blocks.extend(_path(page, number, unit, example))
        blocks.append(page.say("As in the layer above, with the derivatives that come from there:"))
    yield page.section(title, [*blocks, Equation(tuple(rows), beside=not deeper)])


def shared_bias(page: Page, number: int, example: int | None) -> Iterator[Block]:
    """The gradient of a bias that all units of a layer share."""
    layer = page.layer(number)
    if layer.biases is None:
        return
    fixed = not trained(page.problem, Quantity("b", number, 0 if isinstance(layer.biases, tuple) else None))
    if fixed and not figures.draws_backward(page):
        return
    note = " Training leaves it as it is; the figure of the backward pass shows its gradient." if fixed else ""
    if isinstance(layer.biases, tuple):
        if fixed:
            own = [Quantity("dL/db", number, unit, example=example) for unit in range(layer.units)]
            many = " Training leaves the biases as they are; the figure of the backward pass shows their gradients."
            yield page.say(
                "A bias enters its sum with the factor 1, so its gradient is the derivative with respect to this sum."
                "{note}",
                note=many,
            )
            yield Equation(tuple(gradient_line(page, gradient) for gradient in own))
        return
    bias = Quantity("b", number)
    yield page.say(
        "The bias {b} enters every sum of this layer with the factor 1, so its gradient is the sum of the derivatives"
        " with respect to these sums.{note}",
        b=bias,
        note=note,
    )
    target = Quantity("dL/db", number, example=example)
    yield Equation((page.work(target, left=Partial(Ref(page.loss(example)), Ref(bias))),))
