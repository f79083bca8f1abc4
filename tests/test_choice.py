"""Multiple choice: the numbers that a sheet offers, worked again by hand; the key; the class; the marking."""

import csv
import io
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache
from pathlib import Path

import pytest
from byhand.arithmetic import Stuck
from byhand.errors import wrong_ways
from byhand.rules import right
from byhand.task import Q, Task, table_of
from click.testing import CliRunner

from derive import check
from derive.cli import main
from derive.quantity import Quantity
from derive.worksheet import SheetOptions, compile_sheet
from derive.worksheet.boxes import LETTERS
from derive.worksheet.choosing import ChoiceNumbers, ChoiceSheet

OFFER = re.compile(r"\*\*([A-E])\*\* \$(-?[\d.]+)\$")
ANSWER = re.compile(r"Answer (\d+[a-z]+): `([^`]+)` = ____")


@cache
def sheet_of(name: str, count: int, decimals: int = 5) -> ChoiceSheet:
    sheet = compile_sheet(name, SheetOptions(choice=count, decimals=decimals))
    assert isinstance(sheet, ChoiceSheet)
    return sheet


def offered(text: str) -> dict[str, dict[str, str]]:
    """By the label of each box of a Markdown sheet, the numbers beside their letters, as printed."""
    found: dict[str, dict[str, str]] = {}
    waiting: dict[str, str] = {}
    for line in text.splitlines():
        waiting |= dict(OFFER.findall(line))
        answer = ANSWER.match(line)
        if answer:
            found[answer[1]], waiting = waiting, {}
    return found


def by_hand(name: str, numbers: ChoiceNumbers) -> tuple[Task, dict[Q, Decimal]]:
    """Every quantity of the first step, worked by a person who rounds nothing."""
    task = Task(table_of(name))
    task.given = {Q(*q): number for q, number in numbers.givens.items() if Q(*q) in task.given}
    values = dict(task.given)
    for q in task.order:
        values[q] = right(task, q, values.__getitem__)
    return task, values


@pytest.mark.parametrize("shift", [0, 3])
@pytest.mark.parametrize("name", ["mazur", "hmkcode", "caispp", "rohan-relu"])
def test_offered_numbers_by_hand(name: str, shift: int) -> None:
    """Beside the letter of the key stands what a person finds; every other number is none that right work reaches, no
    two are alike, and where the mistake is one that is calculated by hand as well, it gives the number."""
    sheet, compared = sheet_of(name, 4), 0
    weight = Quantity("W", 1, 0, 0)
    numbers = sheet.numbers({weight: sheet.program.trace.givens[weight] + Decimal(shift) / 50})
    plain = compile_sheet(name, SheetOptions(decimals=5, ask=("all",)))
    ranges = {row.quantity: row for row in plain.numbers({weight: numbers.givens[weight]}).rows}
    shown = offered(sheet.worksheet(numbers, "md"))
    unit = Decimal(1).scaleb(-sheet.policy.decimals)
    with localcontext(prec=50):
        task, values = by_hand(name, numbers)
        for box, row in zip(sheet.boxes, numbers.rows, strict=True):
            options = numbers.options.get(box.quantity)
            if options is None:
                assert not shown[box.label]
                continue
            texts = [shown[box.label][letter] for letter in LETTERS[: len(options)]]
            assert texts == [option.text for option in options] and len(set(texts)) == len(texts)
            assert len({len(text.partition(".")[2]) for text in texts}) == 1
            if not sheet.policy.carry:
                true = values[Q(*box.quantity)].quantize(unit, ROUND_HALF_UP)
                assert Decimal(shown[box.label][row.exact]) == true, box
            low, high = Decimal(ranges[row.quantity].low), Decimal(ranges[row.quantity].high)
            for letter, text in shown[box.label].items():
                assert (low <= Decimal(text) <= high) == (letter == row.exact)
            ways = dict(_ways(task, Q(*box.quantity), values, unit))
            for option in options:
                if option.rewrite and option.rewrite.mistake.key in ways and not sheet.policy.carry:
                    compared += Decimal(option.text) == ways[option.rewrite.mistake.key]
    assert compared > 5 or sheet.policy.carry


def _ways(task: Task, q: Q, values: dict[Q, Decimal], unit: Decimal) -> list[tuple[str, Decimal]]:
    found = []
    for key, way in wrong_ways(task, q, values.__getitem__):
        try:
            found.append((key, way().quantize(unit, ROUND_HALF_UP)))
        except (Stuck, KeyError):
            continue
    return found


def test_letters_are_drawn() -> None:
    """The right letter differs between boxes and between sheets, and is the same for the same numbers."""
    sheet, weight = sheet_of("mazur", 4), Quantity("W", 2, 0, 0)
    columns = [[row.exact for row in sheet.numbers({weight: Decimal(k + 30) / 100}).rows] for k in range(8)]
    assert all(len(set(letters)) == 4 for letters in columns) and len(set(map(tuple, columns))) == 8
    assert all(len(set(letters)) > 2 for letters in zip(*columns, strict=True) if letters[0])
    assert sheet.key(sheet.numbers(), "md") == sheet.key(sheet.numbers(), "md")


@pytest.mark.parametrize("format", ["md", "html", "tex", "typ"])
def test_key_says_where_numbers_come_from(format: str) -> None:
    sheet = sheet_of("mazur", 3)
    numbers = sheet.numbers()
    key, worksheet = sheet.key(numbers, format), sheet.worksheet(numbers, format)
    for box in sheet.boxes:
        titles = [option.rewrite.mistake.title for option in numbers.options[box.quantity] if option.rewrite]
        assert titles and all(title in key for title in titles)
        assert format == "tex" or not any(title in worksheet for title in titles)
    assert f"{sheet.boxes[0].label}: " in key


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--choice", "1"), "a number of options from 2 to 5"),
        (("--choice", "6"), "a number of options from 2 to 5"),
        (("--choice", "x"), "choice"),
        (("--choice", "3", "--ask", "new-loss"), "questions on single steps"),
        (("--choice", "3", "--find-the-error", "1"), "--choice"),
    ],
)
def test_refused(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["worksheet", "mazur", *arguments, "--format", "md", "-o", str(tmp_path / "o")])
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert said in result.output and "Traceback" not in result.output


@pytest.fixture(scope="module")
def class_set(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, str]]]:
    folder = tmp_path_factory.mktemp("class") / "set"
    arguments = [
        "mazur",
        "--choice",
        "3",
        "--ask",
        "delta:2,dE/dw5",
        "--variants",
        "3",
        "--seed",
        "5",
        "--format",
        "csv",
    ]
    result = CliRunner().invoke(main, ["worksheet", *arguments, "-o", str(folder)])
    assert result.exit_code == 0, result.output
    return folder, list(csv.DictReader(io.StringIO((folder / "keys.csv").read_text("utf-8-sig"))))


@pytest.mark.parametrize(
    ("written", "verdict"),
    [
        ("{}", "exact"),
        ("({lower})", "exact"),
        (" {}. ", "exact"),
        ("other", "mistake"),
        ("E", "wrong"),
        ("", "missing"),
    ],
)
def test_marking(written: str, verdict: str, class_set: tuple[Path, list[dict[str, str]]]) -> None:
    """Each sheet with its own letters: one answer is written in some way, all others as the key has them."""
    folder, rows = class_set
    form = rows[-1]["form"]
    own = [row for row in rows if row["form"] == form]
    lines = ["form,quantity,value"]
    for k, row in enumerate(own):
        other = next(letter for letter in "ABC" if letter != row["exact"])
        text = {"{}": row["exact"], "other": other}.get(written) or written.replace("{}", row["exact"])
        lines.append(f"{form},{row['quantity']},{row['exact'] if k else text.replace('{lower}', row['exact'].lower())}")
    work = folder.parent / "work.csv"
    work.write_text("\n".join(lines), "utf-8")
    found = check(folder, work, marks=True)
    (sheet,) = found.sheets
    verdicts = {result.quantity.id: result.verdict for result in sheet.results}
    assert verdicts == {row["quantity"]: verdict if not k else "exact" for k, row in enumerate(own)}
    assert found.render("md") and found.render("json")


def test_typed_numbers_are_read_too(class_set: tuple[Path, list[dict[str, str]]]) -> None:
    """Somebody who writes the number in place of its letter is right."""
    folder, rows = class_set
    own = [row for row in rows if row["form"] == rows[0]["form"]]
    sheet = compile_sheet("mazur", SheetOptions(choice=3, ask=("delta:2", "dE/dw5")))
    assert isinstance(sheet, ChoiceSheet) and len(own) == len(sheet.boxes) == 3
    numbers = sheet.numbers()
    lines = ["quantity,value"]
    for options, box in zip(numbers.options.values(), sheet.boxes, strict=True):
        lines.append(f"{box.quantity.id},{next(one.text for one in options if one.rewrite is None)}")
    work = folder.parent / "numbers.csv"
    work.write_text("\n".join(lines), "utf-8")
    (marked,) = check("mazur", work, choice=3).sheets
    assert len(marked.results) == 3 and marked.all_right
