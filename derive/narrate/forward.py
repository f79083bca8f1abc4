"""The forward pass and the loss, before and after the update."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from derive import graph
from derive.derivation import Trace
from derive.document import Block, Equation, Inline, Math, Section, Text
from derive.expression import (
    Apply,
    Call,
    Node,
    Ref,
    bind,
    call,
)
from derive.formula import Line
from derive.losses import PROBABILITIES
from derive.narrate import figures, matrices
from derive.narrate.layers import decimals_inside
from derive.narrate.page import BRIEF, FULL, Page, capital
from derive.numbers import exact
from derive.quantity import Quantity
from derive.step import Step

HALF = exact(Decimal("0.5"))


def preprocessing_chapter(page: Page) -> list[Section]:
    """Standardisation, where the problem asks for it."""
    if page.problem.data.standardize is None:
        return []
    targets = [step.target for step in page.trace.preprocessing]
    blocks: list[Block] = [
        page.say(
            "Standardising puts the inputs on one scale, so that none counts for more only because its numbers are"
            " larger: the mean of each is subtracted, and the rest is divided by its standard deviation."
        ),
        *page.lines(targets),
        page.say("From here on only the standardised inputs are used."),
    ]
    return [page.section("Preparing the inputs", blocks)]


def examples(trace: Trace, number: int) -> list[int | None]:
    """The examples of one round, as quantities name them: None when there is only one."""
    many = len(trace.problem.data.inputs) > 1
    return [s if many else None for s in trace.round(number).examples]


def example_title(example: int | None) -> str:
    return "" if example is None else f"Example {example + 1}"


def forward_chapter(page: Page) -> Section:
    """The forward pass of the first round, layer by layer."""
    who = examples(page.trace, 0)
    blocks: list[Block] = [
        page.say("The inputs go forward through the network, layer by layer, until an output comes out.")
    ]
    for position, example in enumerate(who):
        parts = [layer_forward(page, number, example, 0, again=position > 0) for number in range(1, page.last + 1)]
        if example is None:
            blocks.extend(parts)
        else:
            blocks.append(page.section(example_title(example), parts))
    return page.section("Forward pass", blocks)


def layer_forward(page: Page, number: int, example: int | None, step: int, again: bool) -> Section:
    """One layer's preactivations and activations; `again` leaves out what has been explained before."""
    if page.form == "matrix" and decimals_inside(page, number) is not None:
        blocks = matrices.forward_layer(page, number, example, step, again)
    else:
        blocks = list(scalar_layer(page, number, example, step, again))
    return page.section("{layer}", blocks, layer=capital(page.layer_name(number)))


def scalar_layer(page: Page, number: int, example: int | None, step: int, again: bool) -> Iterator[Block]:
    """Unit by unit: the first in full, the others with numbers only, unless the detail says otherwise."""
    layer = page.layer(number)
    z, a = ([Quantity(kind, number, j, example=example, step=step) for j in range(layer.units)] for kind in ("z", "a"))
    if page.merged(number):
        if not again and not any(page.merged(n) for n in range(1, number)):
            alone = layer.units == 1
            yield page.say(
                "This unit is linear: what it passes on is its weighted sum, {z}."
                if alone
                else "These units are linear: what a unit passes on is its weighted sum, so there is one number per"
                " unit, {z} and so on.",
                z=z[0],
            )
        yield from unit_lines(page, z, again)
        return
    if not again and page.detail > BRIEF:
        yield page.say("First the weighted sum of {each}{letter}:", each=_each(layer.units), letter=_letter(page, z[0]))
    yield from unit_lines(page, z, again)
    if layer.joint:
        exponentials = [Quantity("exp", number, j, example=example, step=step) for j in range(layer.units)]
        if not again:
            yield page.say(
                "Softmax turns the sums into positive numbers that add up to 1: take the exponential of each, add them"
                " up, and give each output its share."
            )
        yield from unit_lines(page, exponentials, again)
        yield from unit_lines(page, [Quantity("expsum", number, example=example, step=step)], again=False)
    elif not again and page.detail > BRIEF:
        yield page.say(
            "Then what {each} passes on{letter}: {activation} of its sum, {formula}.",
            each=_each(layer.units),
            letter=_letter(page, a[0]),
            **activation_sentence(page, number),
        )
    yield from unit_lines(page, a, again)


def activation_sentence(page: Page, number: int) -> dict[str, Any]:
    """The activation function in words and as a formula of one variable."""
    layer = page.layer(number)
    row = graph.activation_row(layer)
    variable = Ref(Quantity("z", number, 0))
    applied = Apply(row.letter, variable)
    definition = bind(row.definition, {"z": variable})
    if isinstance(definition, Call) and definition == call(layer.activation, variable):
        return {"activation": row.words, "formula": applied}
    return {"activation": row.words, "formula": Line(applied, (("=", definition),))}


def unit_lines(page: Page, targets: list[Quantity], again: bool) -> Iterator[Block]:
    """The first unit with symbols, the others with numbers; all with symbols in full detail."""
    if not targets:
        return
    symbols = page.detail == FULL or len(targets) <= 2
    rows = []
    for position, target in enumerate(targets):
        rows.append(page.work(target, symbols=not again and (position == 0 or symbols)))
    yield Equation(tuple(rows))


def _letter(page: Page, first: Quantity) -> list[Inline]:
    """The name of a layer's first quantity, where such a name occurs for the first time."""
    number = first.layer
    if not isinstance(number, int) or not (number == 1 or page.merged(1)):
        return []
    more = [] if page.width(number) == 1 else [Text(" and so on")]
    return [Text(", "), Math(Ref(first)), *more]


def _each(units: int) -> str:
    return "the unit" if units == 1 else "each unit"


def loss_chapter(page: Page) -> Section:
    """The loss of the first round."""
    row = graph.loss_row(page.problem)
    asked = "How far is the output from the target? The loss, {words}, puts it in one number."
    if not graph.has_targets(page.problem):
        asked = "There is no target: the loss is {words}."
    blocks: list[Block] = [page.say(asked, words=row.words)]
    blocks.extend(verdict(page, 0, "At first"))
    blocks.extend(loss_lines(page, 0))
    blocks.extend(figures.forward(page, examples(page.trace, 0)[0]))
    return page.section("Loss", blocks)


def verdict(page: Page, step: int, opening: str) -> Iterator[Block]:
    """Which side of one half a single probability is on, where the target is 0 or 1."""
    layer = page.layer(page.last)
    if graph.loss_row(page.problem).targets != PROBABILITIES or page.many or layer.units > 1:
        return
    output, target = Quantity("a", page.last, 0, step=step), page.values.shown(Quantity("t", unit=0))
    number = page.values.numbers[output]
    if target.text not in ("0", "1") or not (number < HALF or number > HALF):
        return
    says = "1" if number > HALF else "0"
    yield page.say(
        "{opening} the output, read as the probability of a 1, is {side} one half:"
        " the network says {says}, and {right}.",
        opening=opening,
        side="above" if says == "1" else "below",
        says=says,
        right="that is right" if says == target.text else f"the target is {target.text}",
    )


def loss_lines(page: Page, step: int, symbols: bool = True) -> Iterator[Block]:
    """The contributions of the outputs, the sum, and the total over examples and penalty."""
    round_number = min(step, page.problem.training.steps - 1)
    targets = [
        one.target.shifted(step)
        for one in page.trace.round(round_number).forward
        if isinstance(one, graph.LossPart | graph.LossSum | graph.Penalty)
    ]
    lines = [loss_line(page, target, symbols) for target in targets]
    yield Equation(tuple(lines))


def loss_line(page: Page, target: Quantity, symbols: bool) -> Line:
    """One step of the loss; authors who write target minus output get their order."""
    row = graph.loss_row(page.problem)
    step = page.trace.step(target)
    if row.target_first is None or not page.namer.notation.target_first or not isinstance(step, graph.LossPart):
        return page.work(target, symbols=symbols)
    unit = target.unit if isinstance(target.unit, int) else 0
    formula = graph.loss_formula(page.problem, row.target_first[0], unit, target.example)
    turned = Step(target, formula).shifted(target.step).formula
    parts: list[tuple[str, Node]] = [("=", turned)] if symbols else []
    page.finish(parts, turned, page.values.shown(target))
    return Line(Ref(target), tuple(parts), page.is_answer(target))
