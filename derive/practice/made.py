"""A practice page from a problem: whose numbers it has, and how many sets of them.

The numbers of every variant are drawn beforehand, by the conditions of a class set, and their answers are computed
exactly: a browser draws none and computes only what a writer's own numbers give.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from derive.errors import InputError
from derive.platforms.bank import with_lead
from derive.practice.page import Page
from derive.practice.sheet import ready
from derive.quantity import Quantity
from derive.render.logo import LogoFile
from derive.solution import problem_of
from derive.subject import AnyProblem
from derive.variants.draw import checked_seed
from derive.variants.own import own_sheet
from derive.variants.recipe import Recipe
from derive.variants.search import search
from derive.variants.suited import ready as suited
from derive.variants.tasks import DIGITS
from derive.wording import Wording
from derive.worksheet import SheetOptions, dressed

MOST_VARIANTS = 50
"""Sets of numbers beside the problem's own in one file."""

Drawn = Mapping[Quantity, Decimal]


class Made(NamedTuple):
    """A page, its name, and what an author should know."""

    name: str
    html: str
    remarks: tuple[str, ...]
    ids: tuple[str, ...]
    """The quantity that belongs into each box."""
    drawn: tuple[Drawn, ...]
    """The numbers of each variant that are not the problem's own."""


def practice(
    problem: str | Path | Mapping[str, object] | AnyProblem,
    variants: int = 0,
    seed: int | str = 0,
    options: SheetOptions = SheetOptions(),  # noqa: B008
    head: str | None = None,
    shown: tuple[str, ...] = (),
    step: Callable[[str], None] = lambda text: None,
) -> Made:
    """The page of a problem with its own numbers, and with so many `variants` beside them, drawn with a seed.

    `head` is a file with the head of the sheet, whose words the page speaks; `shown` are keys of such a file that are
    true. Raises `InputError` for anything that a user can mend, so for sheets that no page can judge.
    """
    if not 0 <= variants <= MOST_VARIANTS:
        raise InputError(f"a number of variants from 0 to {MOST_VARIANTS}", str(variants), place="--variants")
    if options.find is not None:
        hint = "a practice page asks for results; --format html prints the calculation with its mistakes"
        raise InputError("a sheet that asks for results", "--find-the-error", place="--find-the-error", hint=hint)
    checked_seed(str(seed))
    whole = problem_of(problem) if isinstance(problem, str | Path | Mapping) else problem
    whole, logo = dressed(whole, head, shown)
    if whole.sheet.answers_only:
        hint = "on the page the questions stand above the boxes"
        raise InputError("a sheet with its questions", "one of boxes alone", place="answers_only", hint=hint)
    whole = with_lead(whole)
    sheet = own_sheet(whole, options)
    remarks = sheet.remarks
    numbers: list[Drawn] = [{}]
    if variants:
        fixed = replace(options, decimals=sheet.policy.decimals) if sheet.options.decimals else options
        recipe, place = suited(Recipe(sheet.problem, fixed, str(seed), ("html",)), step)
        sheet, remarks = place.sheet, recipe.changes
        taken: set[bytes] = set()
        for number in range(1, variants + 1):
            key = str(number).rjust(DIGITS, "0")
            found = search(place.setting, str(seed), key, taken=taken, side=place.setting.shown.wanted(number))
            taken.add(found.digest)
            numbers.append(found.numbers)
    if not any(box.points for box in sheet.boxes):
        raise InputError("a sheet that asks for something", "none", sheet.name)
    say = Wording(sheet.problem.words)
    judged = ready(sheet, say)
    picture = None if logo is None else LogoFile(logo.kind, logo.content).parts("html")
    html = Page(judged, say, options.colours).html(numbers, picture)
    return Made(sheet.name, html, remarks, tuple(box.quantity.id for box in judged.asked), tuple(numbers))
