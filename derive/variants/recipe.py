"""What a class set is made of, and the making of some of its variants, in this process or in another.

A `Recipe` is small and can be sent anywhere. The sheet and the conditions are compiled from it once per process; then
`plan_some` finds the numbers of variants and `make_some` writes their files, each of them whole or not at all.
"""

from __future__ import annotations

import csv
import io
import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

from derive.files import write_whole
from derive.numbers import plain
from derive.quantity import Quantity
from derive.solution import solve
from derive.variants.draw import SCHEME, Drawn, draw
from derive.variants.exercise import AnyProblem
from derive.variants.exercises import exercise_of
from derive.variants.folder import file_of, there
from derive.variants.names import safe_cell
from derive.variants.record import KINDS, Files
from derive.variants.search import search, try_out
from derive.variants.setting import Setting
from derive.variants.tasks import Task
from derive.variants.variant import as_table, with_numbers
from derive.worksheet import Advice, Header, Logo, SheetOptions, compile_sheet, sheet_problem
from derive.worksheet import numbers as sheets

COLUMNS = ("form", "identifier", "name", "box", "quantity", "symbol", "exact", "carried", "low", "high", "points")
"""The columns of the key table."""
MOST_WORKSHOPS = 4


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the bytes of a class set, but for its students.

    `changes` says what the program has chosen where the author's numbers make no good exercise; `problem` and
    `options` have it already.
    """

    problem: AnyProblem
    options: SheetOptions
    seed: str
    formats: tuple[str, ...]
    engine: str = "typst"
    date: str = ""
    solutions: bool = False
    changes: tuple[str, ...] = ()
    logo: Logo | None = None

    @cached_property
    def described(self) -> dict[str, Any]:
        """The recipe as data."""
        logo = {"logo": sha256(self.logo.content).hexdigest()} if self.logo else {}
        return {
            "derive": version("derive-backprop"),
            "scheme": SCHEME,
            "seed": self.seed,
            "formats": list(self.formats),
            "engine": self.engine,
            "date": self.date,
            "solutions": self.solutions,
            # Sets with the usual colours are those that they were before there was a choice.
            "options": {key: value for key, value in asdict(self.options).items() if key != "colours" or value},
            "changes": list(self.changes),
            **logo,
            "problem": as_table(self.problem),
        }

    @cached_property
    def mark(self) -> str:
        """What tells one set from another."""
        return sha256(json.dumps(self.described, sort_keys=True).encode()).hexdigest()

    def files(self, task: Task) -> Iterator[tuple[str, str, str]]:
        """The kind, the ending and the name of each file of a variant."""
        for kind in KINDS if self.solutions else KINDS[:2]:
            for ending in self.formats:
                yield kind, ending, file_of(task, kind, ending)


class Planned(NamedTuple):
    """Which draw a variant has, and what tells it from others."""

    attempt: int
    digest: bytes


class Made(NamedTuple):
    """What one variant adds to the key table and to the manifest; how many files it has, and had already."""

    keys: str
    manifest: str
    files: Files
    kept: int


class Workshop:
    """A recipe made ready: the compiled sheet, the conditions that its numbers must meet, and how some draws did."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.sheet = sheet = compile_sheet(recipe.problem, recipe.options, Advice(recipe.changes), recipe.logo)

        _ = sheet.document  # a head that does not fit is told before anything is written

        def called(quantity: Quantity) -> str:
            return sheet.namer(quantity).text

        exercise = exercise_of(sheet.solution)
        self.setting = Setting(sheet.program, sheet.policy, sheet.asked, exercise, called, sheet.unfit)
        self.trial = try_out(self.setting)

    def make(self, folder: Path, task: Task, attempt: int, known: Files) -> Made:
        """Writes the files of a variant, but for those that are there and are what they are `known` to be, or right."""
        drawn = draw(self.setting.space, self.recipe.seed, task.key, attempt)
        numbers = self.sheet.numbers(drawn)
        kept, written = 0, dict[str, str]()
        for kind, ending, name in self.recipe.files(task):
            content = there(folder / name)
            mark = None if content is None else sha256(content).hexdigest()
            if mark is None or mark != known.get(name):
                right = self.content(kind, ending, drawn, numbers, task)
                if content != right:
                    write_whole(folder / name, right)
                    kept -= 1
                mark = sha256(right).hexdigest()
            kept += 1
            written[name] = mark
        entry = _entry(task, task.form(numbers.form), attempt, drawn, written)
        return Made(self._keys(task, numbers), entry, written, kept)

    def content(self, kind: str, ending: str, drawn: Drawn, numbers: sheets.SheetNumbers, task: Task) -> bytes:
        """One file of a variant."""
        header = Header(task.name, task.identifier, self.recipe.date, task.form(numbers.form))
        if kind == "solution":
            return self._solution(ending, drawn)
        content = self.sheet.file(numbers, ending, header, kind == "key", self.recipe.engine)
        return content.encode() if isinstance(content, str) else content

    def _keys(self, task: Task, numbers: sheets.SheetNumbers) -> str:
        """The rows of a variant in the key table."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        who = [safe_cell(text) for text in (task.form(numbers.form), task.identifier, task.name)]
        writer.writerows(
            [(*who, box, quantity, name, exact, carried, low, high, points)
             for box, quantity, name, points, exact, carried, low, high in numbers.rows]
        )  # fmt: skip
        return file.getvalue()

    def _solution(self, ending: str, drawn: Drawn) -> bytes:
        options = self.recipe.options
        problem = sheet_problem(with_numbers(self.recipe.problem, drawn), options.decimals)
        solution = solve(problem, options.notation, options.form, options.detail)
        if ending == "pdf":
            return solution.pdf(self.recipe.engine, options.paper, options.colours)
        if ending == "docx":
            return solution.docx(options.paper)
        return solution.render(ending, options.paper, colours=options.colours).encode()


def _entry(task: Task, form: str, attempt: int, drawn: Drawn, files: Mapping[str, str]) -> str:
    """The line of a variant in the manifest."""
    entry: dict[str, Any] = {"key": task.key, "form": form}
    if task.identifier:
        entry |= {"identifier": task.identifier}
    if task.name:
        entry |= {"name": task.name}
    entry |= {"draws": attempt + 1, "numbers": {q.id: plain(number) for q, number in drawn.items()}, "files": files}
    return json.dumps(entry, ensure_ascii=False)


_WORKSHOPS: OrderedDict[str, Workshop] = OrderedDict()
_ONE_AT_A_TIME = RLock()
"""Precision of arithmetic is a setting of the whole process, so threads take turns."""


def workshop(recipe: Recipe) -> Workshop:
    """The recipe made ready, once in this process."""
    with _ONE_AT_A_TIME:
        found = _WORKSHOPS.pop(recipe.mark, None) or Workshop(recipe)
        _WORKSHOPS[recipe.mark] = found
        while len(_WORKSHOPS) > MOST_WORKSHOPS:
            _WORKSHOPS.popitem(last=False)
        return found


def plan_some(recipe: Recipe, keys: Sequence[tuple[str, int]]) -> list[Planned]:
    """The draws of some variants, each found without the others; beside its key stands its number in the set."""
    with _ONE_AT_A_TIME:
        setting = workshop(recipe).setting
        found = (search(setting, recipe.seed, key, side=setting.shown.wanted(number)) for key, number in keys)
        return [Planned(one.attempt, one.digest) for one in found]


def make_some(recipe: Recipe, folder: str, work: Sequence[tuple[Task, int, Files]]) -> list[Made]:
    """Writes the files of some variants."""
    with _ONE_AT_A_TIME:
        place = workshop(recipe)
        return [place.make(Path(folder), *job) for job in work]
