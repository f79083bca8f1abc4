"""nbgrader: a notebook in which students write their numbers into cells, and hidden tests mark them with the judge.

Every question has a cell with the names of its boxes and a test that gives the points that were earned: nbgrader takes
the number which the test ends with. The tests need `derive` where the notebooks are marked, not where they are worked.
All answers before are judged with, so that what follows from an own wrong number counts.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from derive.diagram import Scene
from derive.errors import InputError
from derive.platforms.bank import Bank, Blank, Choice, Number, Variant
from derive.platforms.layout import Layout
from derive.render.escape import Escaped
from derive.render.notebook import METADATA
from derive.render.pieces import QuestionPiece
from derive.render.png import png
from derive.variants.variant import as_table, with_numbers

LEFT_OUT = frozenset({"name", "file", "sheet", "words", "page"})
"""What of a problem says nothing of its numbers."""
SCHEMA = 3
"""The version of nbgrader's metadata."""


def picture_name(position: int) -> str:
    return f"picture-{position}.png"


def address(scene: Scene, position: int) -> Escaped:
    """Where a cell finds a picture: among what is attached to it."""
    return Escaped(f"attachment:{picture_name(position)}")


def nbgrader(bank: Bank, single: bool) -> dict[str, bytes]:
    """A notebook for each variant."""
    options = bank.sheet.options
    if options.choice is not None and options.ask is not None:
        hint = "leave out --ask or --choice: the letters are those of the sheet as it is by itself."
        raise InputError("multiple choice without --ask", "both", bank.name, "--choice", hint)
    layout = Layout(bank, "md", address)
    pictures = {
        picture_name(k): {"image/png": b64encode(png(one.scene)).decode()} for k, one in enumerate(bank.pictures, 1)
    }
    found = {}
    for variant in bank.variants():
        cells = list(_cells(layout, variant, pictures))
        book = {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
        key = f"-{variant.code}" if variant.number else ""
        found[key] = f"{json.dumps(book, indent=1, ensure_ascii=False)}\n".encode()
    return found


def _cells(layout: Layout, variant: Variant, pictures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    sheet, say = layout.page(variant).sheet, layout.bank.sheet
    title = f"# {layout.row.text(layout.bank.title)}"
    first = _cell("markdown", "given", "\n\n".join([title, sheet.lead]), locked=True)
    yield first | ({"attachments": dict(pictures)} if pictures else {})
    problem = json.dumps(_problem(layout.bank, variant), ensure_ascii=True)
    blanks = {blank.label: blank for blank in variant.blanks}
    names: list[str] = []
    for number, question in enumerate(sheet.questions, say.first):
        own = [blanks[box.label] for task in question.tasks for box in task.boxes if box.label in blanks]
        yield _cell("markdown", f"q{number}", _words(layout, number, question, own), locked=True)
        if own:
            name = f"answers_{number}"
            names.append(name)
            yield _cell("code", f"q{number}-answers", _answers(name, own), solution=True)
            test = _test(layout.bank, problem, names, own)
            points = sum(blank.points for blank in own)
            yield _cell("code", f"q{number}-test", test, grade=True, locked=True, points=points)


def _words(layout: Layout, number: int, question: QuestionPiece, own: Sequence[Blank]) -> str:
    parts = [f"## {number} {question.title}", question.intro]
    for task in question.tasks:
        parts.append(task.text)
        parts += [f"**{box.label}** {box.left}" for box in task.boxes]
    names = ", ".join(f"{blank.label}: {layout.row.code(blank.name)}" for blank in own)
    parts += [names] if own else []
    return "\n\n".join(filter(None, parts))


def _answers(name: str, own: Sequence[Blank]) -> str:
    """The cell to write in; what is between the marks is taken out of the students' version."""
    lines = [f"{name} = {{", *(f"    {_quoted(blank.name)}: None,  # {blank.label}" for blank in own), "}"]
    right = [f"    {_quoted(blank.name)}: {_quoted(_right(blank))}," for blank in own]
    return "\n".join([*lines, "### BEGIN SOLUTION", f"{name} = {{", *right, "}", "### END SOLUTION"])


def _right(blank: Blank) -> str:
    match blank.accepts:
        case Number(text):
            return text
        case Choice(offers):
            return next(offer.letter for offer in offers if offer.right)
    return blank.row.exact


def _test(bank: Bank, problem: str, names: Sequence[str], own: Sequence[Blank]) -> str:
    points = ", ".join(f"{_quoted(blank.name)}: {blank.points}" for blank in own)
    options = bank.sheet.options
    more = "".join(
        f", {option}={value!r}"
        for option, value in (
            ("notation", options.notation), ("choice", options.choice), ("find_the_error", options.find)
        )
        if value is not None
    )  # fmt: skip
    # The last line is a number, which is what the cell earns.
    return "\n".join([
        "### BEGIN HIDDEN TESTS",
        "import json",
        "from derive.platforms.graded import graded",
        f"problem = json.loads({problem!r})",
        f"graded(problem, {' | '.join(names)}, {{{points}}}{more})",
        "### END HIDDEN TESTS",
    ])  # fmt: skip


def _problem(bank: Bank, variant: Variant) -> dict[str, Any]:
    """The problem with the numbers of a variant, as data."""
    drawn = dict(variant.numbers.givens) if variant.number else {}
    table = as_table(with_numbers(bank.sheet.problem, drawn) if drawn else bank.sheet.problem)
    return {key: value for key, value in table.items() if key not in LEFT_OUT}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _cell(
    kind: str,
    name: str,
    text: str,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: int | None = None,
) -> dict[str, Any]:
    about: dict[str, Any] = {
        "grade": grade,
        "grade_id": name,
        "locked": locked,
        "schema_version": SCHEMA,
        "solution": solution,
        "task": False,
    }
    if points is not None:
        about["points"] = points
    run: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    source = text.splitlines(keepends=True)
    return {"cell_type": kind, "id": name, "metadata": {"nbgrader": about}, **run, "source": source}
