"""From a problem and options to the kind of sheet that they ask for, with the decimals of a worksheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import overload

from derive.errors import InputError, shown, unknown_name
from derive.from_python import plain_table
from derive.initial import draw_missing_weights
from derive.model import ModelProblem
from derive.reading import problem_from_dict, read_problem
from derive.solution import solve
from derive.spec import Problem
from derive.stepwise import Stepwise
from derive.worked import WorkedModel
from derive.worksheet.choosing import ElementChoices, NetworkChoices
from derive.worksheet.element_finding import ElementFinding
from derive.worksheet.element_questions import with_short
from derive.worksheet.elements import ElementSheet
from derive.worksheet.finding import in_full_rounding
from derive.worksheet.logo import Logo
from derive.worksheet.network_finding import NetworkFinding
from derive.worksheet.options import BLANKS, MOST_DECIMALS, PICTURE, Advice, SheetOptions
from derive.worksheet.sheet import BaseSheet, Sheet

MOST_ASKED_DECIMALS = 20


def compile_sheet(
    problem: str | Path | Mapping[str, object] | Problem | ModelProblem,
    options: SheetOptions | None = None,
    advice: Advice = Advice(),  # noqa: B008
    logo: Logo | None = None,
    first: int = 1,
) -> BaseSheet:
    """The worksheet of a problem, ready to be filled with numbers.

    It has the decimals that `sheet_problem` gives it; `variants.own` knows whether the problem's own numbers need
    more. `logo` is that of the head, by default what the problem's head names; `first` the number of the first
    question. Raises `InputError` for a choice that does not exist and for a problem that cannot be solved.

    >>> sheet = compile_sheet("mazur")
    >>> sheet.answers(sheet.numbers())[1].exact
    '0.5933'
    """
    options = options or SheetOptions()
    if isinstance(problem, ModelProblem):
        return element_sheet(problem, options, advice, logo, first)
    if isinstance(problem, Mapping):
        problem = problem_from_dict(plain_table(problem))
    elif not isinstance(problem, Problem):
        problem = read_problem(problem)
    _check(options)
    if options.ask is None:
        options = replace(options, ask=problem.sheet.ask)
    rounded = sheet_problem(problem, options.decimals)
    kind: type[Sheet] = Sheet
    if options.find is not None:
        rounded, kind = in_full_rounding(rounded), NetworkFinding
    if options.choice is not None and options.find is None:
        kind = NetworkChoices
    sheet = kind(problem, options, solve(rounded, options.notation, options.form, options.detail), advice, logo, first)
    sheet.again = compile_sheet
    return sheet


def element_sheet(
    problem: ModelProblem,
    options: SheetOptions,
    advice: Advice = Advice(),  # noqa: B008
    logo: Logo | None = None,
    first: int = 1,
) -> BaseSheet:
    """The worksheet of a problem that is given by equations, with at most so many decimals as are kind by hand."""
    _check(options)
    if options.ask is None:
        options = replace(options, ask=problem.sheet.ask)
    rounded = sheet_problem(problem, options.decimals)
    kind: type[ElementSheet] = ElementSheet
    if options.find is not None:
        rounded, kind = in_full_rounding(rounded), ElementFinding
    elif options.choice is not None:
        kind = ElementChoices
    solution = Stepwise(WorkedModel(rounded))
    if options.find is None:
        solution = with_short(solution, options.ask or ())
    sheet = kind(problem, options, solution, advice, logo, first)
    sheet.again = compile_sheet
    return sheet


@overload
def sheet_problem(problem: Problem, decimals: int | None = None) -> Problem: ...


@overload
def sheet_problem(problem: ModelProblem, decimals: int | None = None) -> ModelProblem: ...


def sheet_problem(problem: Problem | ModelProblem, decimals: int | None = None) -> Problem | ModelProblem:
    """The problem with the decimals of its worksheet: those asked for, its own, or fewer where it has many.

    Weights that are drawn are drawn first, with the problem's own decimals.

    >>> sheet_problem(read_problem("mazur")).rounding.decimals, sheet_problem(read_problem("netflow")).rounding.decimals
    (4, 2)
    """
    if isinstance(problem, ModelProblem):
        own = problem.rounding
        usual = own.decimals if own.carry else min(own.decimals, MOST_DECIMALS)
        places = {"decimals": usual if decimals is None else decimals}
        return problem.model_copy(update={"rounding": own.model_copy(update=places)})
    problem = draw_missing_weights(problem)
    rounding = problem.rounding
    if decimals is None:
        if rounding.carry or rounding.decimals <= MOST_DECIMALS:
            return problem
        decimals = MOST_DECIMALS
        overrides = {key: min(value, decimals) if isinstance(value, int) else value
                     for key, value in rounding.overrides.items()}  # fmt: skip
    else:
        overrides = {}
    rounding = rounding.model_copy(update={"decimals": decimals, "overrides": overrides})
    return problem.model_copy(update={"rounding": rounding})


def _check(options: SheetOptions) -> None:
    if isinstance(options.blanks, str) and options.blanks not in (*BLANKS, PICTURE):
        raise unknown_name(options.blanks, BLANKS, place="--blanks")
    if options.decimals is not None and not 0 <= options.decimals <= MOST_ASKED_DECIMALS:
        raise InputError(f"a number of decimals from 0 to {MOST_ASKED_DECIMALS}", shown(options.decimals), "--decimals")
