"""The worked page of a problem that is given by equations: what is given, forwards, backwards, the update.

All prose of these pages is here, a module per chapter; every number comes from the solution, and every formula from its
equations or from what is derived of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from derive.diagram import Scene
from derive.document import Document, Section
from derive.model import ModelSolution
from derive.pages.circuits import After
from derive.pages.closing import second_pass, summary_chapter
from derive.pages.data import page_json
from derive.pages.delta import deltas
from derive.pages.figures import figures, left_out, scenes
from derive.pages.forms import FORMS, backward_chapter, checked
from derive.pages.forward import forward_chapter
from derive.pages.given import author_note, opening, problem_chapter
from derive.pages.names import names_of
from derive.pages.page import ModelPage
from derive.pages.rounds import update_chapter
from derive.pages.sizes import shapes_chapter
from derive.pages.stepper import stepper
from derive.palette import UNITS, RoleName
from derive.parts import Choice, Extent
from derive.trace.identity import Symbol

MOST_OF_A_COLOUR = 3
"""Kinds of parameters that the legend names for one colour."""


def data(solution: ModelSolution) -> str:
    """A solution as JSON."""
    return page_json(ModelPage(solution, names_of(solution)))


def document(solution: ModelSolution, choice: Choice, form: str | None = None) -> Document:
    """The document of a solution, with the parts that are chosen, in a form; raises `InputError` for a wrong one."""
    form = checked(solution, form)
    page = ModelPage(solution, names_of(solution, deltas(solution) if form == "delta" else ()), choice, form)
    chapters: list[Section] = [problem_chapter(page)]
    sizes = shapes_chapter(page)
    chapters += [sizes] if sizes is not None else []
    if solution.system.equations:
        chapters.append(drawn_after(page, forward_chapter(page), "forward"))
    for chapter in (backward_chapter, update_chapter, second_pass, summary_chapter):
        found = chapter(page)
        if found is not None:
            chapters.append(drawn_after(page, found, "backward") if chapter is backward_chapter else found)
    if page.choice.extent("figures") == Extent.WHOLE and (missing := left_out(page)):
        last = chapters[-1]
        told = page.say("{why}.", lead="Pictures that are left out:", why="; ".join(missing))
        chapters[-1] = Section(last.title, (*last.blocks, told))
    last = chapters[-1]
    chapters[-1] = Section(last.title, (*last.blocks, *author_note(page)))
    what = "Every formula is derived, and every" if solution.adjoint is not None else "Every"
    digit = "follows from the rounding rule above" if solution.problem.rounding.carry else "is proven"
    colophon = f"{what} digit {digit}, by interval arithmetic. Made with derive."
    return Document(solution.problem.title, tuple(opening(page)), tuple(chapters), colophon, _roles(page),
                    lambda: stepper(page))  # fmt: skip


def drawn_after(page: ModelPage, chapter: Section, after: After) -> Section:
    """The chapter of a pass with the pictures that show its numbers."""
    return Section(chapter.title, (*chapter.blocks, *figures(page, after)))


def pictures(
    solution: ModelSolution, weights: Sequence[str] = (), decimals: int | None = None
) -> list[tuple[str, Scene]]:
    """Every picture that suits a problem, by the part of its file's name that tells it from the others."""
    page = ModelPage(solution, names_of(solution))
    page.drawn_decimals = page.drawn_decimals if decimals is None else decimals
    return list(scenes(page, weights))


def has_figures(solution: ModelSolution) -> bool:
    """Whether the page of a problem can have a picture."""
    page = ModelPage(solution, names_of(solution), Choice(with_parts=("figures",)))
    return any(True for after in ("forward", "backward") for _ in figures(page, after))


def without_pictures(solution: ModelSolution, choice: Choice) -> list[str]:
    """What has no picture though all are asked for, and why."""
    if choice.extent("figures") < Extent.WHOLE:
        return []
    return left_out(ModelPage(solution, names_of(solution), choice))


def _roles(page: ModelPage) -> dict[RoleName, str]:
    """The roles of the quantities of a problem, in words that suit any computation."""
    problem = page.solution.problem
    words: dict[RoleName, str] = {
        "input": "given",
        "weight": "parameter",
        "hidden": "computed",
        "error": "target and loss" if problem.targets else "result",
        "gradient": "gradient",
    }
    found = {page.display.symbol(Symbol(name)).role for name in page.solution.system.ranges}
    if page.solution.adjoint is not None:
        found.add("gradient")
    units = _units(page) if "weight" in found else {}
    return {role: words[role] for role in words if role in found} | units


def _units(page: ModelPage) -> dict[RoleName, str]:
    """The roles of parameters by unit, and what they say."""
    found: dict[RoleName, dict[str, None]] = {}
    for name in page.solution.parameters:
        for place in page.elements.places(name):
            role = page.names.unit(name, [str(at) for at in place])
            if role is not None:
                found.setdefault(role, {})[f"index {place[0]}" if place else name] = None
    return {role: f"parameters of {', '.join(list(found[role])[:MOST_OF_A_COLOUR])}" for role in UNITS if role in found}


__all__ = ["FORMS", "ModelPage", "checked", "data", "document", "names_of", "pictures", "without_pictures"]
