"""The index form: one formula for an arbitrary weight, with sums and indices, derived step by step.

After Rohan and Lenny's article, with every index kept apart: a weight of the first layer feeds one unit only, so one
input remains and the sums run over the layers above.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive import graph
from derive.document import Block, Equation, Inline, Math, Remark, Section, Text
from derive.expression import (
    Node,
    Partial,
    Ref,
    Var,
    mul,
    size,
)  # fmt: skip
from derive.formula import Line
from derive.narrate import delta
from derive.narrate.general import (
    arbitrary,
    arbitrary_weight,
    bound,
    by_cases,
    error_factors,
    letter,
    loss_slope,
    output_error,
    over,
    slope,
    softmax_error,
    source_letter,
    weighted_sum,
    written_out,
)
from derive.narrate.page import BRIEF, Page
from derive.quantity import Quantity

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


def general_formula(page: Page) -> Section:
    """The derivation, from the arbitrary weight of the first layer up to the loss."""
    example = 0 if page.many else None
    weight, z, source = arbitrary_weight(page, 1), arbitrary("z", page, 1), arbitrary("a", page, 0)
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
                warns=True,
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


def _same_letter(page: Page) -> Line:
    """r = i: the term of a sum that has the weight."""
    return Line(Var(bound(page)), (("=", Var(source_letter(page))),))


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
    z, a = arbitrary("z", page, number), arbitrary("a", page, number)
    if page.shortened(number):
        yield page.say("At the output, loss and activation function together leave only the difference:")
        yield Equation((Line(page.d_loss(z), (("=", output_error(page)),)),))
        return
    if page.layer(number).joint:
        yield page.say(
            "The layer is a softmax: {z} reaches every activation of the layer, so the chain rule adds up:",
            z=z,
        )
        yield Equation((Line(page.d_loss(z), (("=", softmax_error(page, number)),)),))
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
    above, weight = arbitrary("z", page, number + 1), arbitrary_weight(page, number + 1)
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


def _put_together(page: Page, example: int | None) -> Iterator[Block]:
    """The formula for every layer, and one weight with its sums written out."""
    if page.last > DEEPEST:
        yield page.say("Putting these lines into each other, layer after layer, gives the gradient of any weight.")
        return
    yield page.say("Now everything is put together. For the weights of each layer, from the last to the first:")
    yield formulas(page, example)
    if page.detail == BRIEF or page.values.carry or graph.penalised(page.problem) or by_cases(page):
        return
    outer, inner = error_factors(page, 1)
    first: dict[str, int] = {str(letter(page, 0)): 0, str(letter(page, 1)): 0}
    formula = written_out(mul(*outer, *inner, Ref(arbitrary("a", page, 0))), first)
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
        formula = mul(*outer, *inner, Ref(arbitrary("a", page, number - 1)))
        lines.append(Line(Partial(Ref(page.loss(example)), Ref(arbitrary_weight(page, number))), (("=", formula),)))
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
    weight = arbitrary_weight(page, 1)
    first = mul(page.d_loss(arbitrary("z", page, 1)), Ref(arbitrary("a", page, 0)))
    yield Equation((Line(Partial(Ref(page.loss(example)), Ref(weight)), (("=", first),)),))
