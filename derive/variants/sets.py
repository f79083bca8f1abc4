"""A class set from beginning to end: who gets a variant, which numbers, the files, the key table and the manifest.

First every variant's numbers are found, so that impossible conditions are told before anything is written; two
variants that came out alike are told apart in their order. Then the files are written, whole or not at all, by this
process or by an executor, which may be of any kind. Results are used in order and in small portions, so that neither
memory nor bytes depend on how many variants there are or who made them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from derive.errors import InputError
from derive.files import growing, write_whole
from derive.progress import counting, working
from derive.render.joined import joined_pdf
from derive.variants.constraints import guarantees
from derive.variants.folder import claimed, cleared, file_of, held, print_names
from derive.variants.names import safe_cell
from derive.variants.recipe import COLUMNS, Made, Recipe, Workshop, make_some, plan_some
from derive.variants.record import KEYS, MANIFEST, UNKNOWN, Files, line, record, recorded
from derive.variants.search import search
from derive.variants.suited import ready
from derive.variants.tasks import Task, mark
from derive.workers import in_order

PORTION, HEAVY_PORTION = 16, 4
"""Variants that are made in one go: of texts, and of PDF."""
SHEETS_TOGETHER = 250
"""Worksheets in one file for printing."""
NOTHING: Files = {}
"""What is known of the files of a new variant."""
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
    """What was decided that the author has not said: in reading the class list, and for numbers that will do."""
    changed: int = 0
    """Files of a set that was replaced which had been changed since, and were left."""


def make_set(
    recipe: Recipe,
    tasks: Sequence[Task],
    folder: Path,
    executor: Executor | None = None,
    force: bool = False,
    all_in_one: bool = False,
    tell: Callable[[str], None] = lambda text: None,
) -> ClassSet:
    """Writes the files of all tasks into a folder, or those that an interrupted run has left out.

    `tell` is told what the user should know before a long search ends. Raises `InputError`, and `Interrupted` where
    somebody stops it.
    """
    with working("Looking for numbers") as step:
        recipe, place = ready(recipe, step, tell)
    early = folder.is_dir()
    with ExitStack() as stack:
        if early:
            stack.enter_context(held(folder))
        claimed(folder, recipe.mark, tasks, force)
        attempts = plan(recipe, place, tasks, executor)
        if not early:
            stack.enter_context(held(folder))
        known = recorded(folder) if claimed(folder, recipe.mark, tasks, force) else {}
        changed = cleared(folder, force)
        work = [(task, attempt, known.pop(task.key, NOTHING)) for task, attempt in zip(tasks, attempts, strict=True)]
        return _written(recipe, place, work, folder, executor, all_in_one, changed)


def _written(
    recipe: Recipe,
    place: Workshop,
    work: Sequence[tuple[Task, int, Files]],
    folder: Path,
    executor: Executor | None,
    all_in_one: bool,
    changed: int,
) -> ClassSet:
    """Writes everything into a folder that is the set's own."""
    tasks = [task for task, _, _ in work]
    prints = [folder / name for name in print_names(len(tasks), SHEETS_TOGETHER)] if all_in_one else []
    logos = place.sheet.beside(recipe.formats) if recipe.logo else {}
    together = dict.fromkeys((KEYS, *(path.name for path in prints), *logos), UNKNOWN)
    planned = (
        (task.key, {name: known.get(name, UNKNOWN) for *_, name in recipe.files(task)}) for task, _, known in work
    )
    written = kept = done = 0
    try:
        with (
            growing(folder / MANIFEST) as manifest,
            record(folder, _head(recipe, place, tasks, finished=False), together, planned) as begun,
            counting("Writing variants", len(tasks)) as advance,
        ):
            manifest.write(_head(recipe, place, tasks, finished=True) + ',\n "sheets": [\n')
            with growing(folder / KEYS) as table:
                keys = _Hashed(table)
                keys.write(BOM + ",".join(map(safe_cell, COLUMNS)) + "\n")
                for task, made in zip(tasks, _made(recipe, folder, work, executor), strict=True):
                    begun.write(line(task.key, made.files))
                    begun.flush()
                    manifest.write(("  " if done == 0 else ",\n  ") + made.manifest)
                    keys.write(made.keys)
                    done, kept, written = done + 1, kept + made.kept, written + len(made.files)
                    advance(1)
            together = {KEYS: keys.mark, **print_files(folder, prints, tasks, recipe.options.paper)}
            together |= logo_files(folder, logos)
            manifest.write(f'\n ],\n "files": {json.dumps(together)}\n}}\n')
    except KeyboardInterrupt:
        raise Interrupted(done, len(tasks)) from None
    decimals = place.sheet.policy.decimals
    return ClassSet(folder, len(tasks), written, kept, decimals, tuple(prints), place.sheet.remarks, changed)


class _Hashed:
    """A text file with the hash of what has been written to it."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._hash = file, sha256()

    def write(self, text: str) -> None:
        self._file.write(text)
        self._hash.update(text.encode())

    @property
    def mark(self) -> str:
        return self._hash.hexdigest()


def plan(recipe: Recipe, place: Workshop, tasks: Sequence[Task], executor: Executor | None) -> list[int]:
    """The draw of every variant, no two of them alike."""
    if place.setting.space.size < len(tasks):
        expected = f"ranges that give {len(tasks)} different variants"
        raise InputError(expected, f"only {place.setting.space.size}", place.setting.file, "variants", "widen a range")
    taken: set[bytes] = set()
    attempts: list[int] = []
    with counting("Drawing numbers", len(tasks)) as advance:
        keys = [(task.key, number) for number, task in enumerate(tasks)]
        found = in_order(executor, plan_some, (recipe,), keys, PORTION if executor else 1)
        for (key, number), planned in zip(keys, found, strict=True):
            while planned.digest in taken:
                side = place.setting.shown.wanted(number)
                again = search(place.setting, recipe.seed, key, planned.attempt + 1, taken, side=side)
                planned = planned._replace(attempt=again.attempt, digest=again.digest)
            taken.add(planned.digest)
            attempts.append(planned.attempt)
            advance(1)
    return attempts


def _made(
    recipe: Recipe, folder: Path, work: Sequence[tuple[Task, int, Files]], executor: Executor | None
) -> Iterator[Made]:
    portion = HEAVY_PORTION if "pdf" in recipe.formats else PORTION
    return in_order(executor, make_some, (recipe, str(folder.absolute())), work, portion)


def logo_files(folder: Path, logos: Mapping[str, str | bytes]) -> Files:
    """Writes the logo for the sheets that refer to its file; the names with their hashes."""
    found = dict[str, str]()
    for name, content in logos.items():
        data = content.encode() if isinstance(content, str) else content
        write_whole(folder / name, data)
        found[name] = sha256(data).hexdigest()
    return found


def print_files(folder: Path, paths: Sequence[Path], tasks: Sequence[Task], paper: str) -> Files:
    """Writes all worksheets into one PDF, or into several where there are many; their names with their hashes."""
    found = dict[str, str]()
    with counting("Joining", len(tasks)) if paths else nullcontext(int) as advance:
        for number, path in enumerate(paths):
            part = tasks[number * SHEETS_TOGETHER : (number + 1) * SHEETS_TOGETHER]
            content = joined_pdf(folder, [file_of(task, "worksheet", "pdf") for task in part], paper)
            write_whole(path, content)
            found[path.name] = sha256(content).hexdigest()
            advance(len(part))
    return found


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
    if setting.shown.open:
        sides = setting.shown.open[: len(tasks)]
        data["sides_that_occur"] = [[setting.joined_at(side), side[1]] for side in sides]
    lines = [f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in data.items()]
    return "{\n" + ",\n".join(lines)
