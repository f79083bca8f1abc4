"""The solution in brief: what somebody who knows the way writes on a blackboard.

What is given, then one line for each result as formula = numbers = result. Nothing is derived here that the line itself
does not show.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.document import Block, Equation, Paragraph, Section
from derive.formula import Line
from derive.narrate import figures, forward, matrices
from derive.narrate.gradients import gradient_line, gradients, named, working
from derive.narrate.layers import decimals_inside
from derive.narrate.page import Page, capital
from derive.quantity import Quantity


def layer_lead(page: Page, number: int) -> Paragraph:
    """The name of a layer in bold, before its lines."""
    return page.say("", lead=f"{capital(page.layer_name(number))}.")


def forward_chapter(page: Page) -> Section:
    """Every sum and every activation, a line each; of more examples the first with its formulas."""
    blocks: list[Block] = []
    for position, example in enumerate(forward.examples(page.trace, 0)):
        blocks.extend(example_lead(page, example))
        blocks.extend(forward_lines(page, example, 0, again=position > 0))
    return page.section("Forward pass", blocks)


def example_lead(page: Page, example: int | None) -> Iterator[Block]:
    """Which example the next lines are about, where there are several."""
    if example is not None:
        yield page.say("", lead=f"{forward.example_title(example)}.")


def forward_lines(page: Page, example: int | None, step: int, again: bool) -> Iterator[Block]:
    """The forward pass of one example, layer below layer."""
    rows: list[Line] = []
    for number in range(1, page.last + 1):
        if page.form == "matrix" and decimals_inside(page, number) is not None:
            yield from matrices.forward_layer(page, number, example, step, again)
            continue
        for target in layer_targets(page, number, example, step):
            rows.append(page.work(target, symbols=not again))
    if rows:
        yield Equation(tuple(rows), beside=True)


def layer_targets(page: Page, number: int, example: int | None, step: int) -> list[Quantity]:
    """What is computed in a layer on the way forward, in order."""
    units = range(page.width(number))
    sums = [Quantity("z", number, j, example=example, step=step) for j in units]
    if page.merged(number):
        return sums
    activations = [z._replace(kind="a") for z in sums]
    if page.layer(number).joint:
        total = Quantity("expsum", number, example=example, step=step)
        return [*sums, *(z._replace(kind="exp") for z in sums), total, *activations]
    # A unit's sum and its activation stand beside each other.
    return [quantity for pair in zip(sums, activations, strict=True) for quantity in pair]


def loss_chapter(page: Page) -> Section:
    """The loss in its lines."""
    drawn = figures.forward(page, forward.examples(page.trace, 0)[0])
    return page.section("Loss", [*forward.loss_lines(page, 0), *drawn])


def layer_section(page: Page, number: int, example: int | None, again: bool) -> list[Block]:
    """The derivatives of one layer, and its gradients."""
    if page.form == "matrix" and matrices.in_matrices(page, number):
        blocks = [*matrices.deltas(page, number, example, again)]
        return [layer_lead(page, number), *blocks, *matrices.gradient_blocks(page, number, example, again)]
    rows: list[Line] = []
    for unit in range(page.width(number)):
        rows += [page.work(q, left=named(page, q), symbols=not again) for q in working(page, number, unit, example)]
        rows += [gradient_line(page, q, not again) for q in gradients(page, number, unit, example)]
    drawn = figures.path(page, Quantity("W", 1, 0, 0), example) if page.form == "chain" and number == 1 else ()
    return [layer_lead(page, number), Equation(tuple(rows), beside=True), *(drawn if not again else ())]
