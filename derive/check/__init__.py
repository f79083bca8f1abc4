"""Checking: stated values become verdicts, each with its reason, and these become reports, marks and statistics.

`judge` decides what is right, `marks` what it is worth, `report` and `overview` what is said of it, `classwork` puts
them together. `check` is the whole of it in one call, and so is the module itself: `derive.check("mazur", "work.csv")`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

from derive.check.classwork import SHEETS, Check
from derive.check.judge import Judge
from derive.check.marks import ONE_AND_ONE, Points, Scheme, parse_penalty, parse_points
from derive.check.model import VERDICTS, Marked, Result
from derive.check.numbers_of import Numbers, OwnNumbers, SetNumbers, called, repeated, title
from derive.errors import InputError, counted
from derive.solution import Solution, solve
from derive.spec import Problem
from derive.variants.issued import IssuedSet, is_set, read_set
from derive.variants.own import own_sheet
from derive.work import Names, Work, read_text, read_works
from derive.worksheet import SheetOptions, compile_sheet

__all__ = [
    "SHEETS",
    "VERDICTS",
    "Check",
    "Judge",
    "Marked",
    "Result",
    "check",
    "check_work",
    "is_set",
    "marking",
    "opened",
    "read_set",
]

WORKSHEET = "worksheet"
"""What `points` says for the points that the problem's worksheet states."""


def check(
    problem: str | Path | Mapping[str, object] | Problem | Solution,
    work: str | Path | Sequence[str | Path] | Mapping[str, object],
    *,
    claims: bool = False,
    decimals: int | None = None,
    notation: str | None = None,
    marks: bool = False,
    points: str | None = None,
    follow_through: str | None = None,
) -> Check:
    """Judges stated values: those of a file, of several, of a folder of them, or of a mapping from names to values.

    `problem` may also be the folder of a class set: every sheet is then judged with the numbers of its own variant.
    `claims` reads a text whose equations state values; `decimals` says how every result was rounded. `points`
    ("2+1", "3", "worksheet") and `follow_through` ("full", or what is taken off, as "1/4") are those of the command.
    Raises `InputError` where nothing can be read; what cannot be read in part is in `Check.faults` and in the sheets.

    >>> found = check("mazur", {"out_h1": "0.5933", "w5+": "0.4411"})
    >>> found.sheets[0].first_wrong.explanations[0].title
    'gradient added instead of subtracted'
    """
    solution, issued = opened(problem, notation)
    names = Names(solution)
    if isinstance(work, Mapping):
        stated = read_text(json.dumps({str(name): str(value) for name, value in work.items()}), names, "json")
    else:
        paths = [work] if isinstance(work, (str, Path)) else work
        stated = read_works(paths, names, claims)
    scheme = marking(solution, marks, points, follow_through, issued)
    return check_work(solution, stated, decimals, scheme, issued=issued)


def opened(
    problem: str | Path | Mapping[str, object] | Problem | Solution, notation: str | None = None
) -> tuple[Solution, IssuedSet | None]:
    """The derived problem, and the class set where it is named by one."""
    if isinstance(problem, Solution):
        return problem, None
    if isinstance(problem, (str, Path)) and is_set(problem):
        issued = read_set(problem)
        return solve(issued.problem, notation or issued.options.notation, issued.options.form), issued
    return solve(problem, notation), None


def check_work(
    solution: Solution,
    work: Work,
    decimals: int | None = None,
    scheme: Scheme | None = None,
    step: Callable[[str], None] = lambda text: None,
    issued: IssuedSet | None = None,
) -> Check:
    """Judges what has been read; `step` is told how far it is.

    With a class set every sheet is judged with the numbers of its own variant. Sheets whose numbers cannot be told
    are among the faults; `InputError` is raised where that is true of all.
    """
    _refuse_nothing(work)
    found: Numbers = OwnNumbers(solution, decimals) if issued is None else SetNumbers(solution, issued, decimals)
    sheets, judges, refused = [], [], list[InputError]()
    for number, sheet in enumerate(work.sheets, 1):
        step(f"sheet {number} of {len(work.sheets)}")
        try:
            judge = found.judge(sheet)
        except InputError as error:
            refused += [error, *sheet.faults]
            continue
        judges.append(judge)
        student = title(sheet) if len(work.sheets) > 1 else called(sheet)
        sheets.append(replace(judge.mark(sheet), student=student, labels=sheet.labels))
    if not sheets:
        raise _first_of(refused)
    faults = (*work.faults, *refused, *(repeated(work.sheets) if issued is not None else ()))
    variants = () if issued is None else tuple(judge.solution for judge in judges)
    return Check(solution, tuple(sheets), scheme, work.notes, faults, variants, len(work.sheets) - len(sheets))


def marking(
    solution: Solution,
    marks: bool = True,
    points: str | None = None,
    follow_through: str | None = None,
    issued: IssuedSet | None = None,
) -> Scheme | None:
    """The scheme of marks that the options ask for; None where they ask for none."""
    if not marks and points is None and follow_through is None:
        return None
    penalty = parse_penalty("full" if follow_through is None else follow_through)
    if points == WORKSHEET:
        if issued is None:
            sheet = own_sheet(solution.problem, SheetOptions(notation=solution.namer.notation.key))
        else:
            sheet = compile_sheet(solution.problem, issued.options)
        own = {box.quantity: Points.halves(Fraction(box.points)) for box in sheet.boxes}
        return Scheme(ONE_AND_ONE, penalty, own)
    return Scheme(ONE_AND_ONE if points is None else parse_points(points), penalty)


def _refuse_nothing(work: Work) -> None:
    """Raises the first fault where nothing at all was read."""
    if any(not sheet.empty or sheet.missing for sheet in work.sheets):
        return
    faults = work.all_faults
    if not faults:
        raise InputError("stated values of this problem's quantities", "none")
    raise _first_of(faults)


def _first_of(faults: Sequence[InputError]) -> InputError:
    """The first of several faults, which says how many more there are."""
    first, more = faults[0], len(faults) - 1
    hint = first.hint
    if more:
        hint = (
            f"{hint + ' ' if hint else ''}{counted(more, 'more entry' if more == 1 else 'more entrie')} cannot be read."
        )
    return InputError(first.expected, first.found, first.file, first.place, hint)


class _Callable(ModuleType):
    """Python gives the package `derive` an attribute with this module's name; a call of it is a call of `check`."""

    def __call__(self, *args: Any, **options: Any) -> Check:
        return check(*args, **options)


sys.modules[__name__].__class__ = _Callable
