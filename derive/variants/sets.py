"""A class set from beginning to end: who gets a variant, which numbers, the files, the key table and the manifest.

First every variant's numbers are found, so that impossible conditions are told before anything is written; two
variants that came out alike are told apart in their order. Then the files are written, whole or not at all, by this
process or by an executor, which may be of any kind. Results are used in order and in small portions, so that neither
memory nor bytes depend on how many variants there are or who made them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from derive.errors import InputError
from derive.files import growing, write_whole
from derive.progress import counting
from derive.render.joined import joined_pdf
from derive.variants.constraints import guarantees
from derive.variants.folder import KEYS, MANIFEST, claim, file_of
from derive.variants.names import safe_cell
from derive.variants.recipe import COLUMNS, Made, Recipe, Workshop, make_some, plan_some, workshop
from derive.variants.search import search
from derive.variants.tasks import Task, mark
from derive.workers import in_order

PORTION, HEAVY_PORTION = 16, 4
"""Variants that are made in one go: of texts, and of PDF."""
SHEETS_TOGETHER = 250
"""Worksheets in one file for printing."""
BOM = "\ufeff"
"""Tells spreadsheets that a CSV file is in UTF-8."""


class Interrupted(KeyboardInterrupt):
    """Somebody stopped a set that was being written; `made` of its `count` variants are there."""

    def __init__(self, made: int, count: int) -> None:
        super().__init__(f"stopped; at least {made} of {count} variants are written whole. The same command goes on.")
        self.made, self.count = made, count


@dataclass(frozen=True)
class ClassSet:
    """A set that has been written: how many variants, and how many of its files were there before."""

    folder: Path
    count: int
    files: int
    kept: int
    decimals: int
    prints: tuple[Path, ...]
    """The files for printing everything, where they were asked for."""
    notes: tuple[str, ...] = ()
    """What had to be decided in reading the class list."""


def make_set(
    recipe: Recipe,
    tasks: Sequence[Task],
    folder: Path,
    executor: Executor | None = None,
    force: bool = False,
    all_in_one: bool = False,
) -> ClassSet:
    """Writes the files of all tasks into a folder, or those that an interrupted run has left out.

    Raises `InputError`, and `Interrupted` where somebody stops it.
    """
    recipe, place = ready(recipe)
    begun = claim(folder, recipe.mark, tasks, force)
    attempts = plan(recipe, place, tasks, executor)
    with growing(folder / MANIFEST) as file:
        file.write(_head(recipe, place, tasks, finished=False) + "\n}\n")
    written = kept = done = 0
    keys = sha256()
    try:
        with (
            growing(folder / MANIFEST) as manifest,
            growing(folder / KEYS) as table,
            counting("Writing variants", len(tasks)) as advance,
        ):
            manifest.write(_head(recipe, place, tasks, finished=True) + ',\n "sheets": [\n')
            for text in (BOM + ",".join(map(safe_cell, COLUMNS)) + "\n",):
                table.write(text)
                keys.update(text.encode())
            for made in _made(recipe, folder, begun, list(zip(tasks, attempts, strict=True)), executor):
                manifest.write(("  " if done == 0 else ",\n  ") + made.manifest)
                table.write(made.keys)
                keys.update(made.keys.encode())
                done, kept, written = done + 1, kept + made.kept, written + made.files
                advance(1)
            manifest.write(f'\n ],\n "files": {{"{KEYS}": "{keys.hexdigest()}"}}\n}}\n')
        prints = print_files(folder, tasks, recipe.options.paper) if all_in_one else []
    except KeyboardInterrupt:
        raise Interrupted(done, len(tasks)) from None
    return ClassSet(folder, len(tasks), written, kept, place.sheet.policy.decimals, tuple(prints))


def ready(recipe: Recipe) -> tuple[Recipe, Workshop]:
    """The recipe with its decimals decided, compiled.

    Where nobody has asked for a number of decimals, and those of the sheet leave no numbers that meet the conditions,
    more are tried, up to those of the problem.
    """
    place = workshop(recipe)
    shown, own = place.sheet.policy.decimals, recipe.problem.rounding.decimals
    if recipe.options.decimals is not None:
        return recipe, place
    first: InputError | None = None
    for decimals in range(shown, max(own, shown) + 1):
        tried = recipe if decimals == shown else replace(recipe, options=replace(recipe.options, decimals=decimals))
        try:
            search(workshop(tried).setting, "", "")
        except InputError as error:
            first = first or error
            continue
        return tried, workshop(tried)
    assert first is not None
    raise first


def plan(recipe: Recipe, place: Workshop, tasks: Sequence[Task], executor: Executor | None) -> list[int]:
    """The draw of every variant, no two of them alike."""
    if place.setting.space.size < len(tasks):
        expected = f"ranges that give {len(tasks)} different variants"
        raise InputError(expected, f"only {place.setting.space.size}", place.setting.file, "variants", "widen a range")
    taken: set[bytes] = set()
    attempts: list[int] = []
    with counting("Drawing numbers", len(tasks)) as advance:
        found = in_order(executor, plan_some, (recipe,), [task.key for task in tasks], PORTION)
        for task, planned in zip(tasks, found, strict=True):
            while planned.digest in taken:
                again = search(place.setting, recipe.seed, task.key, planned.attempt + 1, taken)
                planned = planned._replace(attempt=again.attempt, digest=again.digest)
            taken.add(planned.digest)
            attempts.append(planned.attempt)
            advance(1)
    return attempts


def _made(
    recipe: Recipe, folder: Path, begun: bool, work: Sequence[tuple[Task, int]], executor: Executor | None
) -> Iterator[Made]:
    portion = HEAVY_PORTION if "pdf" in recipe.formats else PORTION
    return in_order(executor, make_some, (recipe, str(folder.absolute()), begun), work, portion)


def print_files(folder: Path, tasks: Sequence[Task], paper: str) -> list[Path]:
    """All worksheets in one PDF, or in several where there are many."""
    written = []
    parts = [tasks[start : start + SHEETS_TOGETHER] for start in range(0, len(tasks), SHEETS_TOGETHER)]
    with counting("Joining", len(tasks)) as advance:
        for number, part in enumerate(parts, 1):
            names = [file_of(task, "worksheet", "pdf") for task in part]
            path = folder / (f"worksheets-{number}.pdf" if len(parts) > 1 else "worksheets.pdf")
            write_whole(path, joined_pdf(folder, names, paper))
            written.append(path)
            advance(len(part))
    return written


def _head(recipe: Recipe, place: Workshop, tasks: Sequence[Task], finished: bool) -> str:
    """The beginning of the manifest, one key a line; the first ones tell sets apart."""
    setting = place.setting
    data: dict[str, Any] = {
        "kind": "derive class set",
        "set": recipe.mark,
        "students": mark(tasks),
        "variants": len(tasks),
        "finished": finished,
        **recipe.described,
        "decimals": setting.policy.decimals,
        "every_variant_meets": dict(guarantees(setting)),
        "mistakes_told_apart": [wrong.title for wrong in setting.mistakes],
        "mistakes_that_are_the_same_here": [[one.title, two.title] for one, two in setting.same_mistakes],
    }
    lines = [f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in data.items()]
    return "{\n" + ",\n".join(lines)
