"""What the package offers: a class set in one call, and a look at what one would be like."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Any

from derive.errors import InputError, unknown_name
from derive.render.pdf import ENGINES, find_latex
from derive.solution import problem_of
from derive.variants.draw import checked_seed
from derive.variants.exercise import AnyProblem
from derive.variants.glyphs import unshown_names, unshown_words
from derive.variants.recipe import Recipe, Workshop, workshop
from derive.variants.roster import read_roster
from derive.variants.sets import ClassSet, Interrupted, make_set
from derive.variants.suited import ready
from derive.variants.tasks import Task, listed, numbered
from derive.workers import checked_jobs, workers
from derive.worksheet import SheetOptions, dressed

FORMATS = ("pdf", "md", "tex", "html", "typ", "qmd", "myst", "csv")

__all__ = ["ClassSet", "Interrupted", "Workshop", "worksheets", "workshop_of"]


def worksheets(
    problem: str | Path | Mapping[str, object] | AnyProblem,
    variants: int | None = None,
    seed: int | str = 0,
    format: str | Sequence[str] = "md",
    output: str | Path = "out",
    *,
    roster: str | Path | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
    force: bool = False,
    all_in_one: bool = False,
    engine: str = "typst",
    date: str = "",
    head: str | None = None,
    shown: Sequence[str] = (),
    solutions: bool = False,
    tell: Callable[[str], None] = lambda text: None,
    **options: Any,
) -> ClassSet:
    """Writes a worksheet and a key with numbers of their own for every student, a table of all keys, and a manifest.

    Who gets one: a number of `variants`, or the students of `roster`, a CSV file. The same `seed` gives the same bytes.
    `format` is one or several of pdf, md, tex, html, typ, qmd, myst and csv; `output` the folder. The work is done by
    this process, by `jobs` processes, or by any `executor`, whose workers must reach the folder. `force` replaces
    another set in the folder; without it an interrupted set is completed. `tell` gets a line where numbers are hard to
    find. `head` is a file with the head of the sheets, and `shown` changes how they look: keys of such a file that are
    true, as `large`. `options` are those of `SheetOptions`. Raises `InputError` for anything that a user can mend.
    """
    problem, logo = dressed(_problem(problem), head, shown)
    formats = tuple(dict.fromkeys((format,) if isinstance(format, str) else format))
    _check(formats, engine, jobs, str(seed), all_in_one)
    tasks, notes = _tasks(variants, roster)
    notes = (*notes, *unshown_names(tasks, formats, engine), *unshown_words(problem, formats, engine))
    logo = logo and replace(logo, folder="../")
    recipe = Recipe(problem, SheetOptions(**options), str(seed), formats, engine, date, solutions, logo=logo)
    with workers(jobs, executor) as hands:
        made = make_set(recipe, tasks, Path(output), hands, force, all_in_one, tell)
    return replace(made, notes=(*notes, *made.notes))


def workshop_of(
    problem: str | Path | Mapping[str, object] | AnyProblem,
    options: SheetOptions,
    step: Callable[[str], None] = lambda text: None,
) -> Workshop:
    """The sheet and the conditions that a class set of this problem would have.

    Where no numbers meet the conditions, the decimals are those of the sheet.
    """
    recipe = Recipe(_problem(problem), options, "0", ("md",))
    try:
        return ready(recipe, step).place
    except InputError:
        return workshop(recipe)


def _tasks(variants: int | None, roster: str | Path | None) -> tuple[list[Task], tuple[str, ...]]:
    """Who gets a sheet, with the notes on the roster; a number beside it must be that of its students."""
    if roster is None:
        if variants is None:
            raise InputError("a number of variants, or a roster", "neither", place="--variants")
        return numbered(variants), ()
    found = read_roster(roster)
    tasks = listed(found.students)
    if variants not in (None, len(tasks)):
        hint = "leave out --variants: every student of the roster gets a sheet; or --roster, for numbered sheets"
        expected = f"{len(tasks)}, the number of students in {roster}"
        raise InputError(expected, str(variants), place="--variants", hint=hint)
    return tasks, found.notes


def _problem(problem: str | Path | Mapping[str, object] | AnyProblem) -> AnyProblem:
    return problem_of(problem) if isinstance(problem, str | Path | Mapping) else problem


def _check(formats: Sequence[str], engine: str, jobs: int, seed: str, all_in_one: bool) -> None:
    for name in formats:
        if name not in FORMATS:
            raise unknown_name(name, FORMATS, place="--format")
    if not formats:
        raise InputError("at least one format", "none", place="--format")
    if engine not in ENGINES:
        raise unknown_name(engine, ENGINES, place="--engine")
    if engine == "latex" and "pdf" in formats:
        find_latex()
    checked_jobs(jobs)
    checked_seed(seed)
    if all_in_one and "pdf" not in formats:
        raise InputError("the format pdf with --all-in-one", ", ".join(formats), place="--format")
