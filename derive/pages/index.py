"""The form `index`: every equation with its letters, derived by the rule for sums and contracted by solving indices.

Decides when the sum before it is contracted is worth a line. That both sums are the same numbers is checked first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod

from derive.document import Block
from derive.pages.backward import conditions, equation_by_equation, opening, worked_equations
from derive.pages.page import ModelPage
from derive.trace.indexed import Equation as Indexed

MOST_TERMS = 20_000
"""Terms of all sums of an equation before it is contracted that are compared with what is left of them."""


def blocks(page: ModelPage) -> Iterator[Block]:
    """Equation by equation, with the sums over all readers that lead to it."""
    equations = worked_equations(page)
    page.open_sums = _open_sums(page, equations)
    if not page.brief:
        yield from opening(page)
        if page.open_sums:
            yield page.say(
                "With letters, the sum goes over everything that reads the element; below the signs stand the"
                " conditions under which that happens. Such a condition lets only one term of a sum stay: it is solved"
                " for a letter, which then goes."
            )
    yield from conditions(page, equations)
    yield from equation_by_equation(page, equations)


def _open_sums(page: ModelPage, equations: list[Indexed]) -> Mapping[int, Indexed]:
    """The sums that are contracted, by the equation that they become; each has the same numbers as that."""
    adjoint = page.solution.adjoint
    assert adjoint is not None
    found: dict[int, Indexed] = {}
    for equation, wide in zip(adjoint.equations, page.solution.open_sums(bare=not page.full), strict=True):
        if equation not in equations or not equation.letters:
            continue
        terms = prod(high - low + 1 for low, high in wide.ranges.values())
        same = page.display.left(equation) == page.display.left(wide)
        if terms > MOST_TERMS or not same or page.display.right(wide) == page.display.right(equation):
            continue
        for _ in page.elements.worked(wide):
            pass  # raises where an element has another number
        found[id(equation)] = wide
    return found
