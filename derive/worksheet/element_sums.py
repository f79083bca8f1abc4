"""A sum of many terms on a line of a sheet: written with its sign, as the equation that it comes from has it.

Decides which lines are shorter so. The terms are the same: the equation is what the line was unrolled from.
"""

from __future__ import annotations

from derive.expression import Node, quantities
from derive.pages.page import ModelPage
from derive.trace.affine import Affine
from derive.trace.identity import Identity
from derive.trace.indexed import Read, Reduce, put_in, walk
from derive.worksheet.element_questions import ElementItem

MOST_READ = 14
"""Quantities in a formula from which on a sum is written with its sign."""


def with_sign(page: ModelPage, item: ElementItem) -> Node | None:
    """The formula of a derivative of the loss as one sum over its letters; None for few terms, and for other forms."""
    one, adjoint, used = item.quantity, page.solution.adjoint, quantities(item.formula)
    if len(used) <= MOST_READ or adjoint is None or not isinstance(one, Identity) or one.by is None:
        return None
    if one.local or one.via is not None or one.step or one.ahead:
        return None
    if any(isinstance(other, Identity) and (other.local or other.via is not None) for other in used):
        return None
    found = [equation for equation in adjoint.equations if equation.name == adjoint.names.get(one.by.name)]
    if len(found) != 1 or found[0].conditions:
        return None
    (equation,) = found
    match equation.right:
        case Reduce("sum", _, _, ()) if not any(
            isinstance(part, Read) and part.padded for part in walk(equation.right)
        ):
            pass
        case _:
            return None
    places = zip(equation.left, one.by.indices, strict=True)
    known = {form.letter: Affine(index) for form, index in places if form.letter is not None}
    if len(known) != len(equation.left):
        return None
    return page.display(put_in(equation.right, known), page.display.scene(equation))
