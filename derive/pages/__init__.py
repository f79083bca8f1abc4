"""The worked page of a problem that is given by equations: what is given, forwards, backwards, the update.

All prose of these pages is here, a module per chapter; every number comes from the solution, and every formula from its
equations or from what is derived of them.
"""

from __future__ import annotations

from derive.document import Document, Section
from derive.model import ModelSolution
from derive.notation.author import SETTING, AuthorNames
from derive.pages.backward import backward_chapter
from derive.pages.closing import second_pass, summary_chapter
from derive.pages.data import page_json
from derive.pages.forward import forward_chapter
from derive.pages.given import author_note, opening, problem_chapter
from derive.pages.page import ModelPage
from derive.pages.updates import update_chapter
from derive.palette import RoleName
from derive.parts import Choice
from derive.trace.identity import Symbol

ROLES: dict[str, RoleName] = {"inputs": "input", "parameters": "weight", "targets": "error"}


def names_of(solution: ModelSolution) -> AuthorNames:
    """The names of all quantities of a problem."""
    roles: dict[str, RoleName] = {}
    for table, role in ROLES.items():
        roles |= dict.fromkeys(getattr(solution.problem, table), role)
    roles |= dict.fromkeys(solution.problem.constants, "neutral")
    if solution.loss is not None:
        roles[solution.loss] = "error"
    updates = solution.updates
    settings = [name.removeprefix(SETTING) for name in updates.settings] if updates else []
    ranks = {name: len(spans) for name, spans in solution.system.ranges.items()}
    return AuthorNames(ranks, roles, solution.loss, settings, updates.states if updates else ())


def data(solution: ModelSolution) -> str:
    """A solution as JSON."""
    return page_json(ModelPage(solution, names_of(solution)))


def document(solution: ModelSolution, choice: Choice) -> Document:
    """The document of a solution, with the parts that are chosen."""
    page = ModelPage(solution, names_of(solution), choice)
    chapters: list[Section] = [problem_chapter(page)]
    if solution.system.equations:
        chapters.append(forward_chapter(page))
    for chapter in (backward_chapter, update_chapter, second_pass, summary_chapter):
        found = chapter(page)
        if found is not None:
            chapters.append(found)
    last = chapters[-1]
    chapters[-1] = Section(last.title, (*last.blocks, *author_note(page)))
    what = "Every formula is derived, and every" if solution.adjoint is not None else "Every"
    digit = "follows from the rounding rule above" if solution.problem.rounding.carry else "is proven"
    colophon = f"{what} digit {digit}, by interval arithmetic. Made with derive."
    return Document(solution.problem.title, tuple(opening(page)), tuple(chapters), colophon, _roles(page))


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
    return {role: words[role] for role in words if role in found}
