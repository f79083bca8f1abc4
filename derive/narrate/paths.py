"""How the loss reaches a unit: from the derivative of the loss at the output, as a sum over paths further down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from derive import graph
from derive.document import Block, Equation, Remark
from derive.expression import Ref, add, mul, replace
from derive.formula import Line
from derive.narrate.gradients import factors, gradient_name, of_unit
from derive.narrate.page import BRIEF, Page
from derive.quantity import Quantity


def first_factor(page: Page, d_a: Quantity) -> Line:
    """The derivative with respect to an activation; in a linear layer it is the unit's delta as well."""
    assert isinstance(d_a.layer, int)
    name = page.d_loss(d_a._replace(kind="a"))
    if page.merged(d_a.layer) and page.namer.has_delta:
        return page.work(d_a, left=Ref(d_a._replace(kind="dL/dz")), first=[name])
    return page.work(d_a, left=name)


def incoming(page: Page, number: int, unit: int, example: int | None, a: Quantity) -> Iterator[Block]:
    """dL/da of a hidden unit: the sum over the units it feeds."""
    d_a = of_unit("dL/da", number, unit, example)
    above = range(page.width(number + 1))
    deltas = [of_unit("dL/dz", number + 1, k, example) for k in above]
    sums = [of_unit("z", number + 1, k, example) for k in above]
    chain = add(*(mul(page.d_loss(z), page.partial(z, a)) for z in sums))
    lead = "How the loss changes with the activation."
    if len(deltas) == 1:
        yield page.say("{a} goes only into {unit}:", lead=lead, a=a, unit=page.unit_name(number + 1, 0))
    else:
        yield page.say(
            "{a} feeds {units} of the next layer, so its influence on the loss is a sum over {paths}:",
            lead=lead,
            a=a,
            units="both units" if len(deltas) == 2 else f"all {len(deltas)} units",
            paths="two paths" if len(deltas) == 2 else f"{len(deltas)} paths",
        )
    if len(deltas) <= 4:
        yield Equation((Line(page.d_loss(a), (("=", chain),)),))
    known = "The first factor is" if len(deltas) == 1 else "The first factors are"
    yield page.say(
        "{known} known from the layer above, and the second {is_are}:",
        known=known,
        is_are="is the weight of the connection" if len(deltas) == 1 else "are the weights of the connections",
    )
    yield page.numbered(d_a, first_factor(page, d_a))
    if len(deltas) > 1 and not page.values.carry and page.detail > BRIEF and len(deltas) <= 4:
        shares = [Quantity("path", number, unit, k, example) for k in above]
        pieces: dict[str, Any] = {f"s{k}": page.values.shown(q) for k, q in enumerate(shares)}
        parts = [f"{{s{k}}} through {page.unit_name(number + 1, k)}" for k in above]
        separable = page.read_by_loss(number + 1) and not page.layer(number + 1).joint
        if separable:
            pieces = {f"s{k}": _share(page, q, k, a) for k, q in enumerate(shares)}
            parts = [f"{{s{k}}}" for k in above]
        yield page.say(f"The paths contribute {', '.join(parts[:-1])} and {parts[-1]}.", **pieces)
    if unit == 0 and page.read_by_loss(number + 1):
        yield from _old_weights(page, number, example)


def _share(page: Page, share: Quantity, output: int, a: Quantity) -> Line:
    """What comes back through one output: the derivative of that output's part of the loss."""
    part = Quantity("loss_part", unit=output, example=a.example)
    shown = page.values.shown(share)
    return Line(page.partial(part, a), (("=" if shown.exact else "≈", shown),))


def _old_weights(page: Page, number: int, example: int | None) -> Iterator[Block]:
    """The note on the most common slip, with the number it would give here."""
    sentences = (
        "The weights here are the old ones: a gradient tells how the loss changes from where the weights stand now, so"
        " all gradients are taken before any weight moves."
    )
    gradient = Quantity("dL/dW", number, 0, 0, example)
    if page.values.carry or page.many or page.problem.training.remembers:
        yield Remark("Old weights.", (page.say(sentences),), warns=True)
        return
    with_new = replace(
        page.trace.step(of_unit("dL/da", number, 0, example)).formula,
        lambda q: Ref(q._replace(step=1)) if q.kind == "W" else None,
    )
    slipped = mul(with_new, *(Ref(q) for q in factors(page, number, 0, example)[1:]), Ref(Quantity("a", number - 1, 0)))
    places = page.problem.rounding.decimals
    wrong, right = page.values.compute(slipped, places), page.values.shown(gradient)
    if wrong == right or graph.penalised(page.problem):
        yield Remark("Old weights.", (page.say(sentences),), warns=True)
        return
    yield Remark(
        "Old weights.",
        (
            page.say(
                sentences + " Taking the updated ones is the most common slip here; it would give {d}"
                " the value {wrong} instead of {right}.",
                d=gradient_name(page, gradient),
                wrong=wrong,
                right=right,
            ),
        ),
        warns=True,
    )
