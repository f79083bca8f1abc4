"""The solution of a problem that is given by equations, with its pages: the same views as of a network's solution.

Nothing is shown before the derivatives were found along several roads that agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from derive.errors import InputError, shown
from derive.model import ModelProblem, ModelSolution, verify
from derive.notation import NOTATIONS, Namer, Shape
from derive.pages import has_figures, without_pictures
from derive.parts import Choice
from derive.views import Views, notebook_code

if TYPE_CHECKING:
    from derive.diagram import Scene
    from derive.document import Document
    from derive.model.gradient import ModelGradient
    from derive.pages import ModelPage
    from derive.scripts import Framework

AUTHORS_OWN = Namer(NOTATIONS["standard"], Shape((1, 1)))
"""Formulas of these pages hold their names ready, so the letters of a notation are never asked for."""


class WorkedModel(Views, ModelSolution):
    """A solution of equations, compared before anything of it is shown.

    `form` is how the backward pass is worked: a name of `derive.pages.FORMS`, or None for what suits the problem.

    Raises `ProgramFault` where derivatives do not agree, and `InputError` for what a user can mend.

    >>> from derive.model import model_from_dict
    >>> tables = {"title": "A product", "inputs": {"a": 2, "b": 3}, "model": {"equations": "f = a*b"}}
    >>> solution = WorkedModel(model_from_dict(tables))
    >>> "= 2 \\\\cdot 3 = \\\\mathbf{6}" in solution.render("md")
    True
    """

    namer = AUTHORS_OWN

    def __init__(self, problem: ModelProblem, choice: Choice | None = None, form: str | None = None) -> None:
        from derive.pages import checked

        if problem.words:
            # Only words on mistakes need the table of mistakes.
            from derive.mistakes.worded import check_words

            check_words(problem.words, problem.file)
        super().__init__(problem)
        self.choice = choice or problem.page.choice
        self.asked_form, self.form = form, checked(self, form)
        verify(self)
        self.printed.decide(lambda: self.printed.rounds)  # what has no value under rounding is told here
        _ = self.printed.beside  # and what is wrong with rules that are compared

    @property
    def name(self) -> str:
        return self.problem.name

    @property
    def remarks(self) -> Sequence[str]:
        missing = [f"a picture is left out: {why}" for why in without_pictures(self.printed, self.choice)]
        return [*self.printed.all_warnings(), *missing]

    @property
    def decimal_comma(self) -> bool:
        return self.problem.decimal_comma

    @cached_property
    def document(self) -> Document:
        from derive.pages import document

        return document(self.printed, self.choice, self.form)

    def scenes(self, weights: Iterable[str] = (), decimals: int | None = None) -> list[tuple[str, Scene]]:
        """Every picture that suits the problem, with the path of each of the weights, by what tells its file.

        Numbers have so many `decimals` at most, or as many as is usual in pictures; never more than in the text.
        """
        from derive.pages import pictures

        return pictures(self.printed, tuple(weights), decimals)

    def gradient(self, name: str) -> ModelGradient:
        """The gradient by one element, which is named by its id, in every form, as SymPy expressions.

        >>> from derive import solve
        >>> tables = {"title": "A sum", "inputs": {"x": [1, 2]}, "parameters": {"w": [3, 4]}}
        >>> gradient = solve({**tables, "model": {"equations": "L = sum(w*x)^2"}}).gradient("w[2]")
        >>> gradient.value, gradient.closed
        ('44', 2*x[2]*(w[1]*x[1] + w[2]*x[2]))
        """
        from derive.model.gradient import gradient_of

        return gradient_of(self, name)

    def _json(self) -> str:
        from derive.pages import data

        return data(self.printed)

    def _code(self) -> str:
        options = self.choice.options(self.problem.page.choice)
        options |= {"form": self.asked_form} if self.asked_form is not None else {}
        return "\n".join([*notebook_code(self.name, self.problem.file, options), "solution.values()"])

    def _cells(self) -> tuple[Sequence[str], Mapping[tuple[int, ...], Sequence[str]]]:
        """A cell for each equation below the chapter that works it."""
        from derive.scripts import NUMPY
        from derive.scripts.equations import ModelCells

        cells = ModelCells(self._page(NUMPY), NUMPY)
        return [cells.head()], dict(cells.under(self.document))

    def _script(self, framework: Framework) -> str:
        from derive.scripts import script
        from derive.scripts.equations import ModelCells

        cells = ModelCells(self._page(framework), framework)
        return script(self.problem.title, framework, cells.head(), cells.parts())

    def _page(self, framework: Framework) -> ModelPage:
        """What has the numbers: nobody derives a rounding."""
        from derive.pages import ModelPage, names_of

        solution = self.unrounded if framework.derives else self.printed
        return ModelPage(solution, names_of(solution), self.choice)

    def __repr__(self) -> str:
        return f"<Solution of {self.name}, given by equations>"


def work_model(problem: ModelProblem, notation: str | None, form: str | None, choice: Choice) -> WorkedModel:
    """The solution of equations; raises `InputError` for a notation, which only networks have."""
    if notation is not None:
        hint = "a problem given by equations is written in its author's names."
        raise InputError("no notation for a problem given by equations", shown(notation), place="notation", hint=hint)
    solution = WorkedModel(problem, choice, form)
    without = lacking(solution) if choice.with_parts else {}
    for part in choice.with_parts:
        if part in without:
            raise InputError(
                "a part that this problem has", shown(part), place="with", file=problem.file, hint=f"{without[part]}."
            )
    return solution


def lacking(solution: ModelSolution) -> dict[str, str]:
    """The parts that the page of a problem cannot have, and why.

    >>> from derive.model import model_from_dict
    >>> tables = {"title": "A product", "inputs": {"a": 2, "b": 3}, "model": {"equations": "f = a*b"}}
    >>> [*lacking(WorkedModel(model_from_dict(tables)))]
    ['second-pass']
    """
    found: dict[str, str] = {}
    if not has_figures(solution):
        why = "; ".join(without_pictures(solution, Choice(with_parts=("figures",))))
        found["figures"] = why or "no picture suits it"
    if solution.adjoint is None:
        underived = "nothing is derived here"
        found |= dict.fromkeys(("derivatives", "check", "summary"), underived)
    if not solution.repeats:
        found["second-pass"] = "there is no loss to be computed once more with new values"
    return found
