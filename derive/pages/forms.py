"""The forms of a backward pass, one row each: how it is ordered, and which problems have it.

All forms show the same numbers; each only decides which steps are written down, and in which order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from derive.document import Block, Section
from derive.errors import InputError, shown, unknown_name
from derive.model import ModelSolution
from derive.pages import backward, chain, delta, graph, index
from derive.pages.page import ModelPage
from derive.pages.slopes import MOST_NODES
from derive.pages.tables import array


@dataclass(frozen=True)
class Form:
    """A form: what it does, why a problem has it not ("" where it has it), and its blocks."""

    about: str
    lacks: Callable[[ModelSolution], str]
    blocks: Callable[[ModelPage], Iterator[Block]]


def _too_many(solution: ModelSolution) -> str:
    """Whether there are too many numbers to be worked one by one."""
    adjoint = solution.adjoint
    if adjoint is None:
        return ""
    found = sum(1 for name in adjoint.names for _ in solution.rounds[0].plan.elements(name))
    return f"its {found} derivatives are too many to be worked one by one." if found > MOST_NODES else ""


FORMS: dict[str, Form] = {
    "graph": Form("number by number from the last to the first: upstream times local", _too_many, graph.blocks),
    "chain": Form("one parameter after the other: all factors along its ways to the loss", _too_many, chain.blocks),
    "matrix": Form(
        "equation by equation in whole arrays, with the shape of every factor", lambda _: "", backward.blocks
    ),
    "index": Form("equation by equation with letters, derived by contracting indices", lambda _: "", index.blocks),
    "delta": Form("layer by layer of the library, with a delta for every quantity", delta.lacks, delta.blocks),
}
"""Every form by its name."""


def usual(solution: ModelSolution) -> str:
    """The form of a problem where nobody says: `graph` where all is scalar, `matrix` for arrays."""
    scalar = not any(solution.system.ranges.values())
    return "graph" if scalar and not _too_many(solution) else "matrix"


def checked(solution: ModelSolution, form: str | None) -> str:
    """The form that is asked for, else the problem's own, else the usual one.

    Raises `InputError` for one that there is not, or not here.
    """
    place = "form" if form is not None else "page.form"
    form = solution.problem.page.form if form is None else form
    if form is None:
        return usual(solution)
    if form not in FORMS:
        raise unknown_name(form, FORMS, place=place)
    if why := FORMS[form].lacks(solution):
        has = [name for name, one in FORMS.items() if not one.lacks(solution)]
        expected = f"a form that this problem has ({', '.join(has)})"
        raise InputError(expected, shown(form), solution.problem.file, place, why)
    return form


def backward_chapter(page: ModelPage) -> Section | None:
    """All derivatives that lead to one that is asked for; None where nothing is derived."""
    adjoint = page.solution.adjoint
    if adjoint is None or not adjoint.equations:
        return None
    if not page.solution.system.equations:
        given = [block for equation in backward.worked_equations(page) for block in array(page, equation.name)]
        return page.section("The gradients", [page.say("They are given:"), *given])
    page.backward = True
    return page.section("Backward pass", list(FORMS[page.form].blocks(page)))
