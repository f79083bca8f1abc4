"""After the gradients: the batch, the update, the second forward pass, and the steps that follow."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from derive import graph
from derive.derivation import rate_symbol, trained
from derive.document import Block, Equation, Math, Paragraph, Section, Table, Text, Words
from derive.evaluation import rounds_in_full, rounds_kept
from derive.expression import Div, Node, Partial, Ref, Shown, const, mul, sub
from derive.formula import Line
from derive.narrate import board, figures, forward, story
from derive.narrate.layers import decimals_inside
from derive.narrate.matrix_update import update_layer
from derive.narrate.page import BRIEF, FULL, Page, capital, count
from derive.quantity import Quantity

MOST_PERCENT = 2
"""Decimals of a percentage."""


def parameters(page: Page, number: int) -> list[Quantity]:
    """The weights and the trained biases of a layer."""
    layer = page.layer(number)
    found = [Quantity("W", number, j, i) for j in range(layer.units) for i in range(page.width(number - 1))]
    biases = dict.fromkeys(graph.bias(layer, number, j) for j in range(layer.units))
    return found + [own for own in biases if own is not None and trained(page.problem, own)]


def gradient_of(parameter: Quantity) -> Quantity:
    return parameter.derivative


def batch_section(page: Page, step: int = 0) -> list[Section]:
    """The gradient of the whole batch from those of its examples."""
    examples = len(forward.examples(page.trace, step))
    penalised = graph.penalised(page.problem)
    if not page.many or (examples == 1 and not penalised):
        return []
    kind = page.problem.loss.reduction
    sentence = (
        f"The loss is the {kind} over the examples, so every gradient is the {kind} of the gradients of the examples"
    )
    if examples == 1:
        sentence = "To the gradient of the example comes the derivative of the penalty:"
    else:
        sentence += ", plus the derivative of the penalty:" if penalised else ":"
    blocks: list[Block] = [page.say(sentence)]
    rows: list[Line] = []
    for number in range(page.last, 0, -1):
        for position, parameter in enumerate(parameters(page, number)):
            symbols = position == 0
            left = Partial(Ref(page.loss(None, step)), Ref(parameter.shifted(step)))
            rows.append(page.work(gradient_of(parameter).shifted(step), left=left, symbols=symbols))
    blocks.append(Equation(tuple(rows), beside=True))
    return [page.section("All examples together" if examples > 1 else "With the penalty", blocks)]


def update_chapter(page: Page) -> Section:
    """One update of every parameter."""
    blocks: list[Block] = list(_why_minus(page)) if page.detail > BRIEF else []
    if page.problem.training.remembers:
        blocks.append(_velocities(page))
    if page.problem.training.decay is not None:
        blocks.append(page.say("The learning rate of this step, after {n} updates:", n=count(0, "update").split()[0]))
        blocks += page.lines([Quantity("lr_now")])
    if page.detail < FULL:
        blocks.extend(update_blocks(page, 0))
    else:
        for number in range(page.last, 0, -1):
            parts = [*layer_matrices(page, number, 0), *_updates(page, [*update_rows(page, number, 0)])]
            blocks.append(page.section("{layer}", parts, layer=capital(page.layer_name(number))))
    fixed = [own for own in graph.biases(page.problem) if not trained(page.problem, own)]
    if fixed:
        verb = "stays as it is" if len(fixed) == 1 else "stay as they are"
        blocks.append(page.say("{b} {verb}.", b=fixed, verb=verb))
    return page.section("Update of every weight", blocks)


def _why_minus(page: Page) -> Iterator[Block]:
    """Why the gradient is subtracted, and why only now."""
    moves = page.problem.training.row.dense.get("moves")
    yield page.say(
        "Where a gradient is positive the loss grows with the weight, and where it is negative the loss falls. We want"
        " the loss to fall, so every weight takes a step against its gradient: that is the minus sign. The learning"
        " rate {lr}, chosen beforehand, makes it a small step, for the gradient holds only nearby: a large step"
        " may go past the lowest point, and with very small ones it takes many.",
        lr=rate_symbol(page.problem),
    )
    yield page.say(
        "All gradients are known, so now the weights may move; a plus sign marks the new ones, such as {new}.{more}",
        new=Quantity("W", page.last, 0, 0, step=1),
        more=f" {moves}" if moves else "",
    )


def _velocities(page: Page) -> Paragraph:
    """Which letters stand for the velocities."""
    kinds = {own.kind: own for own in reversed(parameters(page, page.last))}
    shown = [
        page.words("{v} is the velocity of {own}", v=own._replace(kind=f"v{kind}"), own=own)
        for kind, own in sorted(kinds.items())
    ]
    return page.say("{first}{then}.", first=shown[0], then=[Text(", and "), *shown[1]] if shown[1:] else [])


def update_blocks(page: Page, step: int) -> Iterator[Block]:
    """The new weights and biases of all layers, from the last to the first."""
    rows: list[Line] = []
    for number in range(page.last, 0, -1):
        yield from layer_matrices(page, number, step)
        rows += update_rows(page, number, step, symbols=not rows)
    yield from _updates(page, rows)


def _updates(page: Page, rows: list[Line]) -> Iterator[Block]:
    if rows:
        yield Equation(tuple(rows), beside=page.detail < FULL)


def layer_matrices(page: Page, number: int, step: int) -> Iterator[Block]:
    """The update of a layer in matrices, in the form that has them."""
    if page.form == "matrix" and decimals_inside(page, number) is not None:
        yield from update_layer(page, number, step)


def update_rows(page: Page, number: int, step: int, symbols: bool = True) -> Iterator[Line]:
    """A line for each new weight and bias of a layer that stands in no matrix; the first one with `symbols`."""
    rest = parameters(page, number)
    if page.form == "matrix" and decimals_inside(page, number) is not None:
        rest = [parameter for parameter in rest if parameter.kind == "b" and parameter.unit is None]
    for position, parameter in enumerate(rest):
        general = step == 0 and ((symbols and position == 0) or page.detail == FULL)
        new = parameter.shifted(step)._replace(step=step + 1)
        if page.problem.training.remembers:
            yield page.work(new._replace(kind=f"v{new.kind}"), symbols=general)
        yield page.work(new, symbols=general)


def later_steps(page: Page) -> list[Section]:
    """The training steps after the first, in numbers; long trainings only by their losses."""
    steps, shown = page.problem.training.steps, rounds_in_full(page.problem)
    if steps == 1:
        return []
    again = "The next step begins with the new weights and does the same again: forward, loss, backward, update."
    only = " Only the numbers change, so here are the numbers." if shown > 1 else ""
    blocks: list[Block] = [page.say(again + only)]
    if steps == shown == 2:
        return [page.section("The second step", [*blocks, *step_blocks(page, 1)])]
    for step in range(1, shown):
        blocks.append(page.section("Step {n}", step_blocks(page, step), n=step + 1))
    if steps > shown:
        left = f"The remaining {steps - shown} steps" if steps > shown + 1 else "The remaining step"
        verb, whose = ("are", "their losses stand") if steps > shown + 1 else ("is", "its loss stands")
        below = f"; {whose} in the comparison below" if page.shows("second-pass") else ""
        blocks.append(page.say(f"{left} {verb} left out{below}."))
    return [page.section("The following steps", blocks)]


def step_blocks(page: Page, step: int) -> Iterator[Block]:
    """One later step: forward pass, loss, derivatives, gradients and new weights."""
    examples = forward.examples(page.trace, step)
    for example in examples:
        yield page.say("", lead=_label("Forward pass", example))
        for number in range(1, page.last + 1):
            targets = [Quantity("a", number, j, example=example, step=step) for j in range(page.width(number))]
            sums = [t._replace(kind="z") for t in targets]
            yield from page.lines(sums if page.merged(number) else sums + targets, symbols=False, beside=True)
    yield page.say("", lead="Loss.")
    yield from forward.loss_lines(page, step, symbols=False)
    for example in examples:
        yield page.say("", lead=_label("Backward pass", example))
        for number in range(page.last, 0, -1):
            yield from page.lines(_derivatives(page, number, example, step), symbols=False, beside=True)
            if example is not None:
                own = [gradient_of(p)._replace(example=example).shifted(step) for p in parameters(page, number)]
                yield from page.lines(own, symbols=False, beside=True)
    if page.problem.training.decay is not None:
        yield page.say("", lead="Learning rate.")
        yield from page.lines([Quantity("lr_now", step=step)], symbols=False, beside=True)
    if len(examples) > 1 or examples[0] is None or graph.penalised(page.problem):
        yield page.say("", lead="Gradients.")
        for number in range(page.last, 0, -1):
            yield from page.lines(
                [gradient_of(p).shifted(step) for p in parameters(page, number)], symbols=False, beside=True
            )
    yield page.say("", lead="Update.")
    yield from update_blocks(page, step)


def _label(title: str, example: int | None) -> str:
    return f"{title}." if example is None else f"{title}, example {example + 1}."


def _derivatives(page: Page, number: int, example: int | None, step: int) -> list[Quantity]:
    """The derivatives of one layer that lead to its gradients, in order."""
    units = range(page.width(number))
    deltas = [Quantity("dL/dz", number, j, example=example, step=step) for j in units]
    if page.shortened(number):
        return deltas
    d_a = [d._replace(kind="dL/da") for d in deltas]
    if page.merged(number):
        return d_a
    slopes = [d._replace(kind="da/dz") for d in deltas]
    if page.layer(number).joint:
        slopes = [d._replace(kind="da/dz", unit=i, source=j) for j, d in enumerate(deltas) for i in units]
    return [*d_a, *slopes, *deltas]


def second_pass_chapter(page: Page) -> list[Section]:
    """Forward once more with the final weights, and whether that has helped."""
    if not page.shows("second-pass"):
        return []
    steps = page.problem.training.steps
    title = "Second forward pass" if steps == 1 else "Forward pass with the final weights"
    blocks: list[Block] = []
    if page.detail > BRIEF:
        blocks.append(page.say("Has it helped? The same inputs go forward once more, now with the new weights."))
    for example in forward.examples(page.trace, steps - 1):
        blocks.extend(board.example_lead(page, example))
        blocks.extend(board.forward_lines(page, example, steps, again=True))
    blocks.extend(forward.loss_lines(page, steps, symbols=False))
    return [page.section(title, [*blocks, *comparison(page)])]


def comparison(page: Page) -> list[Block]:
    """The loss before and after."""
    steps = page.problem.training.steps
    one_each = len(page.trace.rounds) > 1
    before, after = page.loss(None, steps - 1 if one_each else 0), page.loss(None, steps)
    change = sub(Ref(before), Ref(after))
    fallen = page.values.sign(change)
    tabled = steps > 1 and (page.detail > BRIEF or steps > rounds_in_full(page.problem))
    blocks: list[Block] = [losses_table(page), *figures.losses(page)] if tabled else []
    if one_each:
        used = page.trace.round(steps - 1).examples[0] + 1
        blocks.append(page.say("The last step used example {n}; the loss of this example tells what it did.", n=used))
    blocks.append(
        _changed(page, before, after) if fallen else page.say("The loss is still {new}.", new=page.told(after))
    )
    if page.detail == BRIEF:
        return [*blocks, *story.closing(page)]
    blocks.extend(forward.verdict(page, steps, "Now"))
    if fallen:
        blocks.append(page.say(_outlook(fallen > 0, steps)))
    blocks.extend(story.closing(page))
    return blocks


def _outlook(fallen: bool, steps: int) -> str:
    """What more steps would do."""
    if not fallen:
        return (
            "The gradient points downhill only in the neighbourhood of the old weights; with this learning rate the"
            " step went too far. A small enough learning rate makes the loss fall."
        )
    if steps > 1:
        return "More steps of the same kind usually bring it further down."
    return (
        "One step is a small step. Repeating forward pass, backward pass and update usually brings the loss further"
        " down."
    )


def _changed(page: Page, before: Quantity, after: Quantity) -> Block:
    """By how much the loss has fallen or risen."""
    change = sub(Ref(before), Ref(after))
    difference = page.values.compute(change, page.problem.rounding.decimals)
    texts = [page.values.shown(before).text, page.values.shown(after).text, difference.text]
    apart = Decimal(texts[0]) - Decimal(texts[1]) != Decimal(texts[2])
    relative = _relative(page, percentage(change, before), difference) if page.values.sign(Ref(before)) else None
    return page.say(
        "The loss went from {old} to {new}: it has {fallen} by {difference}{note}{percent}.",
        old=page.value(before),
        new=page.told(after),
        fallen="fallen" if (page.values.sign(change) or 0) > 0 else "risen",
        difference=page.marked(Shown(difference.text.lstrip("-"), difference.exact)),
        note=" (from the unrounded values)" if apart else "",
        percent="" if relative is None else f", about {page.in_words(relative.text.lstrip('-'))} %",
    )


def _relative(page: Page, percent: Node, difference: Shown) -> Shown:
    """The percentage to as many digits as the difference has, two at least: 0.05 of 0.33 is no 15.15 %."""
    digits = max(2, len(difference.text.replace(".", "").lstrip("-0")))
    whole = len(page.values.compute(percent, MOST_PERCENT).text.partition(".")[0].lstrip("-0"))
    return page.values.compute(percent, max(0, min(MOST_PERCENT, digits - whole)))


def percentage(change: Node, before: Quantity) -> Node:
    """The change as a percentage of the loss before."""
    return Div(mul(const(100), change), Ref(before))


def losses_table(page: Page) -> Table:
    """The loss at every step, or at evenly spread ones of a long training."""
    steps = page.problem.training.steps
    rows: list[tuple[Words, ...]] = []
    many = len(page.trace.rounds) > 1
    for step in rounds_kept(steps):
        used = page.trace.round(min(step, steps - 1)).examples
        cells: list[Words] = [page.words("{n}", n=step), (Math(page.values.shown(page.loss(None, step))),)]
        if many:
            cells.insert(1, page.words("{n}", n=used[0] + 1))
        rows.append(tuple(cells))
    header = [page.words("Updates made"), page.words("Loss")]
    if many:
        header.insert(1, page.words("Example"))
    return Table(tuple(header), tuple(rows), "c" * len(header))
