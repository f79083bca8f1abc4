"""Checking: stated values become verdicts, each with its reason, and these become reports, marks and statistics.

`judge` decides what is right, `marks` what it is worth by one of the `schemes`, `report` and `overview` what is said
of it. `stream` reads a class sheet by sheet, `desk` is where each is judged, `products` what is written as they come;
`classwork` keeps them all. `check` is the whole of it in one call, and so is the module itself:
`derive.check("mazur", "work.csv")`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, TypedDict, Unpack

from derive.check.about import Facts
from derive.check.classwork import Check
from derive.check.grades import GRADES, PLATFORMS, read_gradebook
from derive.check.judge import Judge
from derive.check.model import VERDICTS, Marked, Result
from derive.check.products import Written, write_all
from derive.check.schemes import marking
from derive.check.stream import Marking, Source
from derive.check.written import SHEETS
from derive.errors import InputError, shown, unknown_name
from derive.quantity import HUNTED, Quantity
from derive.solution import solve_network
from derive.spec.head import with_head
from derive.stepwise import Stepwise
from derive.subject import AnyProblem, Subject, subject
from derive.variants.issued import IssuedSet, is_set, read_set
from derive.variants.own import own_sheet
from derive.work import Names, read_meanings, text_sheets, works_sheets
from derive.work.elements import ElementNames
from derive.workers import checked_jobs, workers
from derive.worksheet import SheetOptions, compile_sheet
from derive.worksheet.head import read_head
from derive.worksheet.planted import check_count

__all__ = [
    "SHEETS",
    "VERDICTS",
    "Check",
    "Judge",
    "Marked",
    "Marking",
    "Result",
    "check",
    "is_set",
    "marking",
    "names_of",
    "opened",
    "read_set",
    "source",
    "write_feedback",
]

FILES = (*SHEETS, "json", "csv", *GRADES)
"""The formats of `write_feedback`."""


class Options(TypedDict, total=False):
    """What `check` can be told beside the problem and the work; its docstring says what each means."""

    claims: bool
    decimals: int | None
    notation: str | None
    marks: bool
    points: str | None
    follow_through: str | None
    names: str | Mapping[str, str] | None
    find_the_error: int | None
    choice: int | None
    ask: Sequence[str] | None
    head: str | None


def check(
    problem: str | Path | Mapping[str, object] | AnyProblem | Subject,
    work: str | Path | Sequence[str | Path] | Mapping[str, object],
    *,
    claims: bool = False,
    decimals: int | None = None,
    notation: str | None = None,
    marks: bool = False,
    points: str | None = None,
    follow_through: str | None = None,
    names: str | Mapping[str, str] | None = None,
    find_the_error: int | None = None,
    choice: int | None = None,
    ask: Sequence[str] | None = None,
    head: str | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
) -> Check:
    """Judges stated values: those of a file, of several, of a folder of them, or of a mapping from names to values.

    `problem` may also be the folder of a class set: every sheet is then judged with the numbers of its own variant.
    `claims` reads a text whose equations state values; `decimals` says how every result was rounded. `points`
    ("2+1", "3", "worksheet") and `follow_through` ("full", or what is taken off, as "1/4") are those of the command;
    without `points` worksheets have those that stand on them.
    `find_the_error` says that the sheets are those on which so many mistakes are to be found, `choice` that they offer
    so many numbers for each box, and `ask` what they ask then; `head` is the file with the head of the sheets, whose
    points count; class sets know all of these.
    `names` says what the writer's letters mean, as `{"h1": "out_h1"}`, as a file, or as `"h1=out_h1,h2=out_h2"`.
    The sheets are judged by this process, by `jobs` processes, or by any `executor`; the verdicts are the same.
    Raises `InputError` where nothing can be read; what cannot be read in part is in `Check.faults` and in the sheets.

    >>> found = check("mazur", {"out_h1": "0.5933", "w5+": "0.4411"})
    >>> found.sheets[0].first_wrong.explanations[0].title
    'gradient added instead of subtracted'
    >>> check("mazur", {"h1": "0.5933"}, names={"h1": "out_h1"}).sheets[0].results[0].verdict
    'exact'
    """
    with workers(checked_jobs(jobs), executor) as hands:
        options = Options(claims=claims, decimals=decimals, notation=notation, marks=marks, points=points)
        options |= Options(follow_through=follow_through, names=names, find_the_error=find_the_error, choice=choice)
        options |= Options(head=head, ask=ask)
        desk, read = _prepared(problem, work, options)
        return desk.check(read, hands)


def write_feedback(
    problem: str | Path | Mapping[str, object] | AnyProblem | Subject,
    work: str | Path | Sequence[str | Path] | Mapping[str, object],
    output: str | Path = "out",
    format: str | Sequence[str] = "md",
    *,
    name: str = "work",
    paper: str = "a4",
    jobs: int = 1,
    executor: Executor | None = None,
    gradebook: str | Path | None = None,
    **options: Unpack[Options],
) -> Written:
    """Judges as `check` does and writes what the command writes, in one format or several, under a name.

    A format for a platform gives marks, also where nobody asks for them; `gradebook` is the table of its students, in
    which they are filled in.
    A class is judged as it is read, and its sheets are not kept, so that there may be very many. `options` are those
    of `check`. Gives the paths, and whether there are findings. Raises `InputError`.
    """
    formats = tuple(dict.fromkeys((format,) if isinstance(format, str) else format))
    for one in formats:
        if one not in FILES:
            raise unknown_name(one, FILES, place="format")
    for other in options.keys() - Options.__annotations__.keys():
        raise TypeError(f"write_feedback() got an unexpected keyword argument {other!r}")
    with workers(checked_jobs(jobs), executor) as hands:
        if any(one in PLATFORMS for one in formats):
            options["marks"] = True
        book = None if gradebook is None else read_gradebook(gradebook)
        desk, read = _prepared(problem, work, options)
        survey = desk.survey(read, titles=True)
        return write_all(desk.settled(survey), read, survey, formats, Path(output), name, paper, hands, book=book)


def _prepared(
    problem: str | Path | Mapping[str, object] | AnyProblem | Subject,
    work: str | Path | Sequence[str | Path] | Mapping[str, object],
    options: Options,
) -> tuple[Marking, Source]:
    """How the sheets are judged and marked, and what reads them."""
    solution, issued = opened(problem, options.get("notation"), options.get("head"))
    points, names = options.get("points"), options.get("names")
    scheme = marking(solution, options.get("marks", False), points, options.get("follow_through"), issued)
    meanings = read_meanings(names) if isinstance(names, str) else names
    find, choice, asked = options.get("find_the_error"), options.get("choice"), options.get("ask")
    ask = None if asked is None else tuple(asked)
    desk = Marking(solution, issued, options.get("decimals"), scheme, points is None, find, choice, ask)
    return desk, source(work, names_of(solution, meanings, issued, find, choice, ask), options.get("claims", False))


def names_of(
    solution: Subject,
    meanings: Mapping[str, str] | None,
    issued: IssuedSet | None,
    find: int | None = None,
    choice: int | None = None,
    ask: tuple[str, ...] | None = None,
) -> Names:
    """The names on sheets of a problem, or of a class set; with what they ask for that is no number."""
    known = issued is None
    if isinstance(solution, Stepwise):
        names: Names = ElementNames(solution, meanings, known)
    else:
        names = Names(solution, meanings, known)
    if issued is not None:
        told = {"--find-the-error": find, "--choice": choice, "--ask": ask}
        option = next((option for option, value in told.items() if value is not None), None)
        if option is not None:
            raise InputError("no such option with a class set, which knows what it asks", option, place=option)
        find, choice = issued.options.find, issued.options.choice
    if find is not None:
        check_count(find)
    names.take_in(Quantity(kind, number) for number in range(1, (find or 0) + 1) for kind in HUNTED)
    names.take_in(Facts(solution).facts)
    if choice is not None:
        own = SheetOptions(choice=choice, ask=ask, notation=solution.namer.notation.key)
        sheet = own_sheet(solution.problem, own) if issued is None else compile_sheet(issued.problem, issued.options)
        names.lettered = frozenset(quantity for quantity in sheet.asked if sheet.offers(quantity))
    return names


def source(
    work: str | Path | Sequence[str | Path] | Mapping[str, object], names: Names, claims: bool = False
) -> Source:
    """What reads stated values, as often as it is called."""
    if isinstance(work, Mapping):
        text = json.dumps({str(name): str(value) for name, value in work.items()})
        return partial(text_sheets, text, names, "json")
    return partial(works_sheets, [work] if isinstance(work, (str, Path)) else work, names, claims)


def opened(
    problem: str | Path | Mapping[str, object] | AnyProblem | Subject,
    notation: str | None = None,
    head: str | None = None,
) -> tuple[Subject, IssuedSet | None]:
    """The derived problem, under the head of a file, and the class set where it is named by one."""
    if isinstance(problem, Subject):
        if head is not None:
            raise InputError("a head file with a problem that is not solved yet", "a solution", place="head")
        return problem, None
    if isinstance(problem, (str, Path)) and is_set(problem):
        if head is not None:
            raise InputError("no head file with a class set, which knows its own", shown(head), place="--head")
        issued = read_set(problem)
        return subject(issued.problem, notation or issued.options.notation, issued.options.form), issued
    solution = subject(problem, notation)
    if head is None:
        return solution, None
    found = read_head(head)
    if isinstance(solution, Stepwise):
        return subject(with_head(solution.problem, found)), None
    return solve_network(with_head(solution.problem, found), notation), None


class _Callable(ModuleType):
    """Python gives the package `derive` an attribute with this module's name; a call of it is a call of `check`."""

    def __call__(self, *args: Any, **options: Any) -> Check:
        return check(*args, **options)


sys.modules[__name__].__class__ = _Callable
