"""The last chapters: the gradient check, and everything in one table."""

from __future__ import annotations

from fractions import Fraction

from derive import graph
from derive.document import Block, Math, Section, Table, Words
from derive.expression import NOTHING, Apply, Const, Div, Letter, Partial, Pow, Ref, Var, add, const, mul, sub
from derive.formula import Line
from derive.gradient_check import check, parameters
from derive.narrate.page import BRIEF, Page
from derive.narrate.training import gradient_of
from derive.narrate.training import parameters as layer_parameters
from derive.quantity import Quantity

KEPT = 6
"""Rows of the table of the check that stay together."""
CARRIED = (
    " The check uses unrounded values throughout, so the last digits may differ from those above, which came from"
    " rounded numbers."
)


def check_chapter(page: Page) -> Section:
    """Every gradient measured by central differences."""
    values = page.exact
    checked = check(values)
    found = checked.comparisons
    loss = page.loss(None)
    weight = found[0].parameter
    h = Var("epsilon")
    letter = Letter(*page.namer(loss))
    quotient = Div(sub(Apply(letter, add(Ref(weight), h)), Apply(letter, sub(Ref(weight), h))), mul(const(2), h))
    everything = len(list(graph.weights(page.problem))) + len(
        [b for b in graph.biases(page.problem) if b in {c.parameter for c in found}]
    )
    blocks: list[Block] = [
        page.say(
            "Is it right? A derivative can be measured without any chain rule: move one weight a little up, then a"
            " little down, run the forward pass each time, and divide the change of {loss} by the distance,"
            " {quotient}. With {h} the two agree to many decimals."
            "{carry}",
            loss=loss,
            quotient=Line(Partial(Ref(loss), Ref(weight)), (("≈", quotient),)),
            h=Line(h, (("=", Pow(const(10), Const(Fraction(-checked.exponent)))),)),
            carry=CARRIED if page.values.carry else "",
        )
    ]
    if len(parameters(page.trace)) < everything:
        blocks.append(page.say("Of the {n} weights, {m} spread over all layers are shown.", n=everything, m=len(found)))
    rows: list[tuple[Words, ...]] = []
    for one in found:
        gradient = values.shown(one.gradient)
        measured = one.shown
        bound: Words = page.words("0") if one.exact else (Math(_below(one.bound or 0)),)
        rows.append(((Math(Ref(one.parameter)),), (Math(gradient),), (Math(measured),), bound))
    derived = "Derived, unrounded" if page.values.carry else "Derived"
    header = (page.words("Weight"), page.words(derived), page.words("Measured"), page.words("Difference"))
    blocks.append(Table(header, tuple(rows), "crrr", breaks=len(rows) > KEPT))
    if checked.cornered:
        blocks.append(
            page.say(
                "A number that lies exactly at a corner of a function is kept on the side whose slope is used: a"
                " measurement across the corner would mix both slopes."
            )
        )
    if any(one.exact for one in found) and page.detail > BRIEF:
        blocks.append(
            page.say(
                "A difference of 0 is no accident: where the loss is a quadratic function of a single weight, the"
                " measurement is exact."
            )
        )
    return page.section("Gradient check", blocks)


def _below(bound: int) -> Line:
    """< 10^-k."""
    return Line(NOTHING, (("<", Pow(const(10), Const(Fraction(-bound)))),))


def summary_chapter(page: Page) -> Section:
    """Old value, gradient and new value of every weight."""
    steps = page.problem.training.steps
    rows: list[tuple[Words, ...]] = []
    for number in range(1, page.last + 1):
        for parameter in layer_parameters(page, number):
            shown = [page.values.shown(q) for q in (parameter, gradient_of(parameter), parameter.shifted(steps))]
            rows.append(((Math(Ref(parameter)),), *((Math(s),) for s in shown)))
    gradient = "Gradient" if steps == 1 else "Gradient in step 1"
    after = "New value" if steps == 1 else f"Value after {steps} steps"
    header = (page.words("Weight"), page.words("Old value"), page.words(gradient), page.words(after))
    blocks: list[Block] = [Table(header, tuple(rows), "crrr"), _outputs(page)]
    return page.section("Summary", blocks)


def _outputs(page: Page) -> Table:
    """Outputs and loss before and after."""
    steps = page.problem.training.steps
    rows: list[tuple[Words, ...]] = []
    for example in [*page.trace.round(steps - 1).examples]:
        tag = example if page.many else None
        for k in range(page.width(page.last)):
            output, target = Quantity("a", page.last, k, example=tag), Quantity("t", unit=k, example=tag)
            before = output if len(page.trace.rounds) == 1 else output.shifted(steps - 1)
            cells = [page.values.shown(q) for q in (before, output.shifted(steps), target)]
            rows.append(((Math(Ref(output)),), *((Math(c),) for c in cells)))
    first = page.loss(None, 0 if len(page.trace.rounds) == 1 else steps - 1)
    losses = [page.values.shown(first), page.values.shown(page.loss(None, steps))]
    rows.append(((Math(Ref(Quantity("loss"))),), *((Math(s),) for s in losses), ()))
    header = (page.words("Output and loss"), page.words("Before"), page.words("After"), page.words("Target"))
    return Table(header, tuple(rows), "crrr")
