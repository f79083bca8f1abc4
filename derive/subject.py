"""What is judged and asked about: a network's solution, or the steps of a problem that is given by equations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from derive.model import ModelProblem
from derive.solution import Solution, problem_of, solve_network
from derive.spec import Problem
from derive.stepwise import Stepwise
from derive.worked import WorkedModel

Subject = Solution | Stepwise
AnyProblem = Problem | ModelProblem


def renumbered(one: Subject, problem: AnyProblem) -> Subject:
    """The same problem with other given numbers."""
    if isinstance(one, Solution) and isinstance(problem, Problem):
        return one.renumbered(problem)
    if isinstance(one, Stepwise) and isinstance(problem, ModelProblem):
        return one.renumbered(problem)
    raise TypeError(f"{problem.title} is not the problem of {one.name} with other numbers")


def subject(
    problem: str | Path | Mapping[str, object] | AnyProblem | Solution | WorkedModel | Stepwise,
    notation: str | None = None,
    form: str | None = None,
    detail: str | None = None,
) -> Subject:
    """A problem derived completely, in steps that can be judged; `notation` and `form` are for networks.

    Raises `InputError` for anything that a user can mend, and `ProgramFault` where two derivations do not agree.

    >>> tables = {"title": "A product", "inputs": {"a": 2, "b": 3}, "model": {"equations": "f = a*b"}}
    >>> [name for name, _ in subject(tables).ids()]
    ['a', 'b', 'f', 'df/df', 'df/da', 'df/db']
    """
    if isinstance(problem, Solution | Stepwise):
        return problem
    if isinstance(problem, WorkedModel):
        return Stepwise(problem)
    if isinstance(problem, str | Path | Mapping):
        problem = problem_of(problem)
    if isinstance(problem, Problem):
        return solve_network(problem, notation, form, detail)
    return Stepwise(WorkedModel(problem))
