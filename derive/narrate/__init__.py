"""From a trace with values to a document: the order of the chapters, and which form works the backward pass.

All prose of the solutions is in this package, a module per chapter; every number and formula in it comes from the
trace. Files and formats are unknown here.
"""

from __future__ import annotations

from derive import graph
from derive.document import Block, Document, Section
from derive.narrate import board, chain, delta, figures, index, matrices
from derive.narrate.boxes import boxes
from derive.narrate.closing import check_chapter, summary_chapter
from derive.narrate.composition import composition, written_out
from derive.narrate.forward import (
    example_title,
    examples,
    forward_chapter,
    loss_chapter,
    preprocessing_chapter,
)
from derive.narrate.givens import author_note, opening, problem_chapter
from derive.narrate.page import BRIEF, DETAILS, Page
from derive.narrate.stepper import stepper
from derive.narrate.training import (
    batch_section,
    later_steps,
    second_pass_chapter,
    update_chapter,
)
from derive.palette import role_of

FORMS = {
    "chain": chain.layer_section,
    "delta": delta.layer_section,
    "matrix": matrices.layer_section,
    "index": index.layer_section,
}
"""How each form works one layer of the backward pass."""

INTRODUCTIONS = {
    "chain": "For every weight we ask: if it grows a little, by how much does the loss change? A small change travels"
    " from the weight to the loss in steps, and each step makes it larger or smaller by a factor of its own. What comes"
    " out is their product: that is the chain rule.",
    "delta": "For every unit we compute one number, its delta: the derivative of the loss with respect to its weighted"
    " sum. It is all that is needed for the gradients of the weights that lead into the unit.",
    "matrix": "Layer by layer, from the last to the first: one vector with the derivatives of the loss with respect to"
    " the weighted sums, and from it the gradients of all weights of the layer at once.",
    "index": "We find one general formula first, with letters in place of the numbers of the units, and then put the"
    " numbers in.",
}

BACK = (
    "The target is fixed, so the loss can only fall if the prediction changes. The inputs are fixed too, so the"
    " prediction only changes with the weights. They are what we must change, and the derivatives say how."
)
"""From the loss to the prediction to the weights."""


def solution(page: Page) -> Document:
    """The complete worked solution."""
    brief = page.detail == BRIEF
    chapters = [
        *preprocessing_chapter(page),
        board.forward_chapter(page) if brief else forward_chapter(page),
        board.loss_chapter(page) if brief else loss_chapter(page),
        *([page.section("The derivatives we need", boxes(page))] if page.shows("derivatives") else []),
        backward_chapter(page),
        update_chapter(page),
        *later_steps(page),
        *second_pass_chapter(page),
        *([check_chapter(page)] if page.shows("check") else []),
        *([summary_chapter(page)] if page.shows("summary") else []),
    ]
    ending = chapters[-1]
    chapters[-1] = Section(ending.title, (*ending.blocks, *author_note(page)))
    # The chapter on the problem comes first and is written last: it names the numbers that no precision rounds.
    chapters.insert(0, problem_chapter(page))
    proven = "every digit follows from the rounding rule above" if page.values.carry else "every digit is proven"
    colophon = f"Every formula is derived, and {proven}, by interval arithmetic. Made with derive."
    last = page.namer.shape.last
    quantities = [*page.trace.givens, *(step.target for step in page.trace.round(0).steps)]
    found = [role_of(one, last, by_unit) for one in quantities for by_unit in (False, True)]
    roles = {role.name: role.words for role in found}
    return Document(page.problem.title, tuple(opening(page)), tuple(chapters), colophon, roles, lambda: stepper(page))


def backward_chapter(page: Page) -> Section:
    """The backward pass of the first round, example by example, from the last layer to the first."""
    brief = page.detail == BRIEF
    blocks: list[Block] = []
    if not brief:
        blocks += [page.say(BACK), *written_out(page)] if graph.has_targets(page.problem) else []
        blocks.append(page.say(INTRODUCTIONS[page.form]))
    if page.form == "index":
        blocks += [index.general_formula(page)] if page.shows("derivatives") else list(index.stated(page))
    if page.form == "chain" and not brief:
        blocks.extend(composition(page))
    who = examples(page.trace, 0)
    for position, example in enumerate(who):
        parts: list[Block] = []
        for number in range(page.last, 0, -1):
            shared = tuple(chain.shared_bias(page, number, example))
            if brief:
                parts += [*board.layer_section(page, number, example, position > 0), *shared]
                continue
            section = FORMS[page.form](page, number, example, position > 0)
            parts.append(Section(section.title, section.blocks + shared))
        if position == 0:
            parts.extend(figures.backward(page, example))
        if example is None or brief:
            blocks += [*board.example_lead(page, example), *parts]
        else:
            blocks.append(page.section(example_title(example), parts))
    blocks.extend(batch_section(page))
    return page.section("Backward pass", blocks)


__all__ = ["DETAILS", "FORMS", "Page", "solution"]
