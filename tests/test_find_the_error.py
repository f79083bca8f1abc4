"""Sheets on which mistakes are to be found: every printed line worked again by hand, the key, the class, the marking.

The calculations by hand (`byhand`) share nothing with derive: they get the numbers that a sheet prints, nothing else.
"""

import csv
import io
import re
from collections.abc import Iterator
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
from derive.library import rows
from derive.mistakes import BY_KEY, local_rewrites
from derive.quantity import Quantity
from derive.reading import problem_from_dict
from derive.variants.own import own_sheet
from derive.worksheet import SheetOptions, compile_sheet
from derive.worksheet.finding import FindSheet, FoundNumbers
from derive.worksheet.planted import BAND, letters
from derive.worksheet.told_mistakes import in_runs

PROBLEMS = ("mazur", "netflow", "caispp", "rohan-chain", "rohan-relu", "5", "11")
"""Examples, and random networks by their seeds."""


@cache
def sheet_of(name: str, mistakes: int, decimals: int = 5, **options: object) -> FindSheet:
    problem = problem_from_dict(table_of(name)) if name.isdigit() else name
    sheet = compile_sheet(problem, SheetOptions(find=mistakes, decimals=decimals, **options))  # type: ignore[arg-type]
    assert isinstance(sheet, FindSheet)
    return sheet


def printed(text: str) -> dict[int, Decimal]:
    """The result of every numbered line of a Markdown sheet: the last number before its tag."""
    found = {}
    for block in text.split("$$"):
        tag = re.search(r"\\tag\{(\d+)\}", block)
        if tag:
            *_, result = re.findall(r"(?<![\d.])-?\d+(?:\.\d+)?", block[: tag.start()].replace(r"\end{aligned}", ""))
            sign = "" if re.search(r"[=≈]|approx", block) else "?"
            found[int(tag[1])] = Decimal(sign + result)
    return found


class ByHand:
    """A person who works every line from the numbers that are printed above it."""

    def __init__(self, name: str, sheet: FindSheet, numbers: FoundNumbers) -> None:
        self.task = Task(table_of(name))
        self.task.given = {Q(*q): number for q, number in numbers.givens.items() if Q(*q) in self.task.given}
        self.lines = {line.number: Q(*line.target) for line in sheet.calculation.lines}
        self.results = printed(sheet.worksheet(numbers, "md"))
        self.at = {q: number for number, q in self.lines.items()}
        self.at |= {Q(*line.quantity): line.number for line in sheet.calculation.lines}
        self.unit = Decimal(1).scaleb(-sheet.policy.decimals)

    def get(self, q: Q) -> Decimal:
        if q in self.task.given:
            return self.task.given[q]
        if q in self.at:
            return self.results[self.at[q]]
        return right(self.task, q, self.get)  # in a linear layer one line stands for two quantities

    def round(self, number: Decimal) -> Decimal:
        return number.quantize(self.unit, ROUND_HALF_UP)

    def wrong_lines(self) -> dict[int, Decimal]:
        """The lines whose number is not what the numbers above them give, with what they should be."""
        should = {number: self.round(right(self.task, q, self.get)) for number, q in self.lines.items()}
        return {number: value for number, value in should.items() if value != self.results[number]}

    def ways(self, number: int) -> Iterator[tuple[str, Decimal]]:
        """What the known mistakes give in a line, as far as they are calculated by hand."""
        for key, way in wrong_ways(self.task, self.lines[number], self.get):
            try:
                yield key, self.round(way())
            except (Stuck, KeyError):
                continue


@pytest.mark.parametrize("mistakes", [1, 2])
@pytest.mark.parametrize("name", PROBLEMS)
def test_every_printed_line_by_hand(name: str, mistakes: int) -> None:
    """Worked from the numbers above them, exactly the lines of the key are wrong, and their right values are its own.

    Where the mistake is one that is calculated by hand as well, it gives the printed number, and no other offered
    reason does.
    """
    sheet = sheet_of(name, mistakes)
    for k in range(2):
        weight = Quantity("W", 1, 0, 0)
        start = sheet.program.trace.givens[weight]
        numbers = sheet.numbers({weight: start + Decimal(k) / 20})
        with localcontext(prec=50):
            person = ByHand(name, sheet, numbers)
            found = person.wrong_lines()
        rows = {row.quantity: row for row in numbers.rows}
        expected = {int(rows[f"line[{n}]"].exact): Decimal(rows[f"value[{n}]"].exact) for n in range(1, mistakes + 1)}
        assert found == expected
        offered = {letter: key for key, letter in letters(numbers.plan.reasons).items()}
        for n in range(1, mistakes + 1):
            line, true = int(rows[f"line[{n}]"].exact), offered[rows[f"reason[{n}]"].exact]
            low, high = Decimal(rows[f"value[{n}]"].low), Decimal(rows[f"value[{n}]"].high)
            assert low <= expected[line] <= high and not low <= person.results[line] <= high
            with localcontext(prec=50):
                ways = list(person.ways(line))
            fitting = {key for key, value in ways if value == person.results[line]}
            spot = next(spot for spot in numbers.plan.spots if spot.line.number == line)
            if true in dict(ways) and _ways(sheet, spot.line.target, true) == 1:
                assert true in fitting
            assert not fitting & (set(offered.values()) - {true})
    assert len(person.lines) > 15 and list(person.lines) == list(range(1, len(person.lines) + 1))


def _ways(sheet: FindSheet, target: Quantity, key: str) -> int:
    """In how many ways a mistake can be made in a step; of several the hand knows one."""
    trace = sheet.program.trace
    return sum(one.mistake.key == key for one in local_rewrites(trace, trace.step(target)))


def test_no_other_reason_gives_the_number() -> None:
    """Where two mistakes give the printed number, as a gradient of 0 does, the other one is not offered."""
    sheet, twice = sheet_of("rohan-relu", 3), 0
    weight = Quantity("W", 1, 0, 0)
    for k in (11, 17, 20, 22):
        numbers = sheet.numbers({weight: sheet.program.trace.givens[weight] + Decimal(k) / 20})
        with localcontext(prec=50):
            person = ByHand("rohan-relu", sheet, numbers)
            for spot in numbers.plan.spots:
                line = spot.line.number
                fitting = {key for key, value in person.ways(line) if value == person.results[line]} - {spot.key}
                twice += bool(fitting)
                assert not fitting & set(numbers.plan.reasons)
    assert twice


def test_linesin_runs() -> None:
    assert [in_runs(n) for n in ([7], [7, 8], [3, 4, 5, 9], [1, 3])] == ["7", "7 and 8", "3 to 5 and 9", "1 and 3"]
    assert in_runs([35, 18, 25, 26, 34]) == "18, 25, 26, 34 and 35"


@pytest.mark.parametrize(("mistakes", "said"), [(1, "is wrong. Write"), (2, "are wrong, in their order. For each")])
def test_what_is_to_be_done(mistakes: int, said: str) -> None:
    """One line is in no order."""
    sheet = sheet_of("mazur", mistakes)
    text = " ".join(str(sheet.file(sheet.numbers(), "md")).split())
    assert ("in their order" in text) == (mistakes > 1) and said.replace("are wrong", "is wrong") in text


@pytest.mark.parametrize(("name", "mistakes"), [("mazur", 1), ("mazur", 2), ("rohan", 2), ("hmkcode", 3)])
def test_all_sheets_are_about_equally_hard(name: str, mistakes: int) -> None:
    """On all sheets of a problem the mistakes are in the same kinds of lines, which as many lines follow, within the
    band; a line follows where another number in this one would change it, as a person finds by working on."""
    sheet = sheet_of(name, mistakes)
    kinds, following, made = set(), dict[tuple[str, int | None], set[int]](), set()
    for k in range(12):
        weight = Quantity("W", 1, 0, 1)
        numbers = sheet.numbers({weight: sheet.program.trace.givens[weight] + Decimal(k) / 50})
        spots = [(spot.line.target.kind, spot.line.target.layer) for spot in numbers.plan.spots]
        kinds.add(tuple(sorted(spots, key=str)))
        made |= {(spot.line.number, spot.key) for spot in numbers.plan.spots}
        with localcontext(prec=50):
            for spot in numbers.plan.spots:
                place = (spot.line.target.kind, spot.line.target.layer)
                following.setdefault(place, set()).add(_following(name, sheet, numbers, spot.line.number))
    assert len(kinds) == 1 and len(made) > 3
    assert all(max(counts) - min(counts) <= BAND and min(counts) > 0 for counts in following.values())


def _following(name: str, sheet: FindSheet, numbers: FoundNumbers, number: int) -> int:
    """How many lines come out otherwise when one shows another number, and the others are worked from it."""
    person, changed = ByHand(name, sheet, numbers), 0
    before = {}
    for step in range(2):
        for line, q in person.lines.items():
            person.results[line] = right(person.task, q, person.get)
            if step and line == number:
                person.results[line] = person.results[line] * Decimal("1.37") + Decimal("0.0113")
            elif step:
                changed += person.results[line] != before[line]
            else:
                before[line] = person.results[line]
    return changed


def test_neighbours_have_other_mistakes() -> None:
    """Of thirty sheets of a class no line and mistake together stand on more than a third."""
    sheet = sheet_of("mazur", 1, 4)
    weight, count = Quantity("W", 2, 1, 1), dict[tuple[int, str], int]()
    for k in range(30):
        (spot,) = sheet.numbers({weight: Decimal(k + 20) / 100}).plan.spots
        count[spot.line.number, spot.key] = count.get((spot.line.number, spot.key), 0) + 1
    assert len(count) > 5 and max(count.values()) <= 10


@pytest.mark.parametrize("format", ["md", "html", "tex", "typ"])
def test_key_says_where_and_why(format: str) -> None:
    """The key has the answers in the boxes, and names mistake and lines; the worksheet has neither."""
    sheet = sheet_of("mazur", 2)
    numbers = sheet.numbers()
    key, worksheet = sheet.key(numbers, format), sheet.worksheet(numbers, format)
    for spot in numbers.plan.spots:
        told = f"Line {spot.line.number}: {BY_KEY[spot.key].title}."
        assert told in key and "For the instructor." in key
        if format != "tex":  # its one source is both
            assert told not in worksheet and "For the instructor." not in worksheet
    assert key.count("The lines are numbered") == worksheet.count("The lines are numbered") == 1


@pytest.mark.parametrize("name", ["mazur", "rohan-relu", "hmkcode"])
def test_key_ends_with_the_right_formula(name: str) -> None:
    """What follows from a mistake is said before it is put right, so that no short line stands alone on a last page."""
    sheet = sheet_of(name, 2)
    numbers = sheet.numbers()
    key = str(sheet.key(numbers, "md")).partition("For the instructor.")[2]
    told = re.findall(r"^\*\*Line \d+: .*?(?=^\*\*Line|\Z)", key, re.MULTILINE | re.DOTALL)
    assert len(told) == len(numbers.plan.spots)
    for words in told:
        assert re.search(r"(follows?|because) (from|of) it\. .*Right is\n\n\$\$\n.*\n\$\$$", words.strip(), re.DOTALL)


def test_excerpt_in_the_readme() -> None:
    """What the README shows of a key is in that key."""
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    ((name, mistakes, shown),) = re.findall(r"<!-- key (\w+) (\d) -->\n(.*?)\n<!-- end -->", readme, re.DOTALL)
    sheet = own_sheet(name, SheetOptions(find=int(mistakes)))
    assert shown in sheet.key(sheet.numbers(), "md")


def test_decimal_comma_and_several_problems(tmp_path: Path) -> None:
    """A key with decimal commas, whose answers `check` reads; two problems on one sheet, numbered through."""
    arguments = ["worksheet", "hmkcode", "netflow", "--find-the-error", "1", "--decimal-comma", "--format", "md"]
    run = CliRunner().invoke(main, [*arguments, "-o", str(tmp_path)])
    assert run.exit_code == 0, run.output
    key = (tmp_path / "hmkcode-netflow.key.md").read_text("utf-8")
    found = dict(re.findall(r"Answer (\d[a-c]): `\w+` = \*\*([^*]+)\*\*", key))
    assert list(found) == ["1a", "1b", "1c", "2a", "2b", "2c"]
    assert re.fullmatch(r"-?\d+,\d+", found["1b"])
    work = tmp_path / "work.csv"
    work.write_text(
        f"quantity;value\nline[1];{found['1a']}\nvalue[1];{found['1b']}\nreason[1];{found['1c']}\n", "utf-8"
    )
    (sheet,) = check("hmkcode", work, find_the_error=1).sheets
    assert len(sheet.results) == 3 and sheet.all_right


def test_same_numbers_same_bytes() -> None:
    """The plan depends on the numbers alone: made again, by another sheet object, it is the same."""
    first, second = sheet_of("rohan", 2), sheet_of("rohan", 2)
    assert first.key(first.numbers(), "md") == second.key(second.numbers(), "md")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("mazur", "--find-the-error", "0"), "a number of mistakes from 1 to 5"),
        (("mazur", "--find-the-error", "9"), "a number of mistakes from 1 to 5"),
        (("mazur", "--find-the-error", "x"), "find-the-error"),
        (
            ("mazur", "--find-the-error", "1", "--fade"),
            "a calculation, whose lines are all worked, found --fade",
        ),
        (("mazur", "--find-the-error", "1", "--choice", "3"), "whose boxes ask for lines and reasons, found --choice"),
        (("mazur", "--find-the-error", "1", "--blanks", "all"), "lines show what they compute, found --blanks all"),
        (("mazur", "--find-the-error", "1", "--blanks", "w99"), "--blanks: expected"),
        (("mazur", "--find-the-error", "1", "--ask", "new-loss"), '"new-loss": a second pass, not worked line by line'),
        (("mazur", "--find-the-error", "1", "--ask", "loss,shapes"), '"shapes": a question on the network'),
        (("mazur", "--find-the-error", "1", "--ask", "dE/dw55"), 'Did you mean "dE/dw5"?'),
        (("mazur", "--find-the-error", "4", "--ask", "dE/dw5"), "questions (--ask) in which 4 known mistakes"),
        (("netflow", "--find-the-error", "5"), "a problem in which 5 known mistakes can be seen"),
    ],
)
def test_refused(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["worksheet", *arguments, "--format", "md", "-o", str(tmp_path / "o")])
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert said in result.output and "Traceback" not in result.output


ASKED = [
    (("deltas",), {"dL/dz"}, None),
    (("delta:1",), {"dL/dz"}, 1),
    (("gradients", "weights"), {"dL/dW", "dL/db", "W", "b"}, None),
    (("forward",), {"z", "a"}, None),
    (("dE/dw5", "dE/dw6", "dE/dw1"), {"dL/dW"}, None),
]


@pytest.mark.parametrize(("ask", "kinds", "layer"), ASKED)
def test_mistakes_lie_in_what_is_asked(ask: tuple[str, ...], kinds: set[str], layer: int | None) -> None:
    """All lines are printed, the mistake is in one that is asked, and more decimals or variants do not change that."""
    sheet, whole = sheet_of("mazur", 1, ask=ask), sheet_of("mazur", 1)
    assert [line.number for line in sheet.calculation.lines] == [line.number for line in whole.calculation.lines]
    weights = [quantity for quantity in sheet.program.trace.givens if quantity.kind == "W"]
    for number in range(1, 9):
        numbers = sheet.numbers({quantity: Decimal(number + place) / 16 for place, quantity in enumerate(weights)})
        (spot,) = numbers.plan.spots
        assert spot.line.item.quantity.kind in kinds and (layer is None or spot.line.target.layer == layer)
        if ask[0].startswith("dE"):
            assert sheet.namer(spot.line.quantity).text in ask


@pytest.mark.parametrize("blanks", ["results", "substitutions", "formulas", ("w5", "w6")])
def test_more_and_less_is_printed_of_the_same_mistakes(blanks: str | tuple[str, ...]) -> None:
    """The formula too, the numbers put in, or the result alone; the mistakes, the answers and the form id stay."""
    sheet, usual = sheet_of("mazur", 2, blanks=blanks), sheet_of("mazur", 2)
    assert sheet.numbers().rows == usual.numbers().rows and sheet.numbers().form == usual.numbers().form
    text, plain = (one.worksheet(one.numbers(), "md") for one in (sheet, usual))
    assert printed(text) == printed(plain)
    blocks = {int(block.rsplit("tag{", 1)[1].split("}")[0]): block for block in text.split("$$") if "tag{" in block}
    for line in sheet.calculation.lines:
        relations = len(re.findall(r"(?<![a-z_])=|\\approx", blocks[line.number].partition("tag")[0]))
        bare = blanks == "formulas" or (line.item.parameter and sheet.namer(line.item.parameter).text in blanks)
        assert relations == 1 if bare else relations >= (3 if blanks == "results" else 1), blocks[line.number]


def test_a_sheet_of_other_questions_is_not_judged(tmp_path: Path) -> None:
    """Which line is wrong depends on what is asked: a sheet with another form is refused until that is named."""
    arguments = ["worksheet", "mazur", "--find-the-error", "1", "--ask", "deltas", "--blanks", "results"]
    CliRunner().invoke(main, [*arguments, "--format", "md", "-o", str(tmp_path)])
    key = (tmp_path / "mazur.key.md").read_text("utf-8")
    filled = tmp_path / "filled.md"
    filled.write_text(re.sub(r"= \*\*(\S+)\*\* \(.*$", r"= \1", key, flags=re.MULTILINE), "utf-8")
    judge = ["check", "mazur", str(filled), "--find-the-error", "1"]
    refused = CliRunner().invoke(main, judge)
    assert refused.exit_code == 2 and "name the --ask and the --notation of the sheet" in refused.output
    for named in ([*judge, "--ask", "deltas"], [*judge, "--ask", "deltas", "--notation", "mazur"]):
        result = CliRunner().invoke(main, named)
        assert result.exit_code == 0 and "All 3 values are right." in result.output, result.output


def test_a_class_whose_mistakes_lie_in_what_is_asked(tmp_path: Path) -> None:
    """Every student has another mistake among the deltas, equally hard, and the right answers of all are right."""
    arguments = ["worksheet", "mazur", "--find-the-error", "1", "--ask", "deltas,gradients", "--blanks", "formulas"]
    arguments += ["--variants", "5", "--seed", "3", "--format", "md", "-o", str(tmp_path / "set")]
    made = CliRunner().invoke(main, arguments)
    assert made.exit_code == 0, made.output
    rows = list(csv.DictReader(io.StringIO((tmp_path / "set" / "keys.csv").read_text("utf-8-sig"))))
    found = check(tmp_path / "set", _filled(rows, tmp_path), marks=True)
    assert len(found.sheets) == 5 and all(sheet.all_right for sheet in found.sheets)
    lines = [row["exact"] for row in rows if row["quantity"] == "line[1]"]
    assert len(set(lines)) > 1
    keys = [path.read_text("utf-8") for path in (tmp_path / "set" / "keys").iterdir()]
    graded = {re.search(r"the mistake is in (an? [\w ]+) \(", key)[1] for key in keys}  # type: ignore[index]
    assert graded in ({"a delta"}, {"a gradient of a weight"}), graded


def _filled(rows: list[dict[str, str]], folder: Path) -> Path:
    """The right answers of a key as a table of answers."""
    with (folder / "work.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["form", "quantity", "value"], *([r["form"], r["quantity"], r["exact"]] for r in rows)]
        )
    return folder / "work.csv"


# -- the class, and its marking --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def class_set(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, str]]]:
    """A class set of three with two mistakes each, and the rows of its key."""
    folder = tmp_path_factory.mktemp("class") / "set"
    arguments = ["mazur", "--find-the-error", "2", "--variants", "3", "--seed", "7", "--format", "md,csv"]
    result = CliRunner().invoke(main, ["worksheet", *arguments, "-o", str(folder)])
    assert result.exit_code == 0, result.output
    return folder, list(csv.DictReader(io.StringIO((folder / "keys.csv").read_text("utf-8-sig"))))


ANSWERS = [
    ({}, {}),
    ({"line[1]": "line {}", "reason[1]": "({}) ", "value[2]": " {} "}, {}),
    ({"line[2]": "({}).", "reason[2]": "{lower}"}, {}),
    ({"line[1]": "1"}, {"line[1]": "wrong"}),
    ({"line[1]": "999"}, {"line[1]": "wrong"}),
    ({"line[1]": "I do not know"}, {"line[1]": "wrong"}),
    ({"value[1]": "7.25"}, {"value[1]": "wrong"}),
    ({"value[1]": "<b>x</b>"}, {"value[1]": "wrong"}),
    ({"value[2]": ""}, {"value[2]": "missing"}),
    ({"reason[2]": "Z"}, {"reason[2]": "wrong"}),
    ({"reason[1]": "=1+1"}, {"reason[1]": "wrong"}),
]
"""What somebody writes in place of the answers of the key, and the verdicts that are not right."""


@pytest.mark.parametrize(("changed", "verdicts"), ANSWERS)
def test_marking(
    changed: dict[str, str], verdicts: dict[str, str], class_set: tuple[Path, list[dict[str, str]]]
) -> None:
    folder, rows = class_set
    form = rows[0]["form"]
    work = io.StringIO()
    writer = csv.writer(work)
    writer.writerow(["form", "quantity", "value"])
    for row in rows:
        if row["form"] == form:
            text = changed.get(row["quantity"], "{}").replace("{lower}", row["exact"].lower())
            writer.writerow([form, row["quantity"], text.replace("{}", row["exact"])])
    path = folder.parent / "work.csv"
    path.write_text(work.getvalue(), "utf-8")
    found = check(folder, path, marks=True)
    (sheet,) = found.sheets
    assert {r.quantity.id: r.verdict for r in sheet.results if not r.right} == verdicts
    assert len(sheet.results) == 6 and found.render("md") and found.render("json")


@pytest.mark.parametrize("option", ["--find-the-error", "--choice"])
def test_a_class_set_knows_what_it_asks(option: str, class_set: tuple[Path, list[dict[str, str]]]) -> None:
    folder, _ = class_set
    (folder.parent / "some.csv").write_text("quantity,value\nline[1],3\n", "utf-8")
    result = CliRunner().invoke(main, ["check", str(folder), str(folder.parent / "some.csv"), option, "2"])
    assert result.exit_code == 2 and f"{option}: expected no such option with a class set" in result.output


@pytest.mark.parametrize("mistakes", ["0", "-1", "1000000000"])
def test_check_refuses_impossible_numbers_of_mistakes(mistakes: str, tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_text("quantity,value\nline[1],3\n", "utf-8")
    result = CliRunner().invoke(main, ["check", "mazur", str(tmp_path / "some.csv"), "--find-the-error", mistakes])
    assert result.exit_code == 2 and "a number of mistakes from 1 to 5" in result.output


def test_other_order_is_right(class_set: tuple[Path, list[dict[str, str]]]) -> None:
    """Whoever writes the second mistake first is right; whoever takes the reason of one for the other is not."""
    folder, rows = class_set
    form = rows[0]["form"]
    own = {row["quantity"]: row["exact"] for row in rows if row["form"] == form}
    turned = {f"{kind}[{n}]": own[f"{kind}[{3 - n}]"] for kind in ("line", "value", "reason") for n in (1, 2)}
    path = folder.parent / "turned.csv"
    for answers, wrong in ((turned, set()), (turned | {"reason[1]": own["reason[1]"]}, {"reason[1]"})):
        path.write_text("".join(f"{form},{k},{v}\n" for k, v in {"quantity": "value", **answers}.items()), "utf-8")
        path.write_text(path.read_text().replace(f"{form},quantity,value", "form,quantity,value"), "utf-8")
        (sheet,) = check(folder, path).sheets
        assert {r.quantity.id for r in sheet.results if not r.right} == wrong


def test_filled_markdown_sheet_of_ones_own_numbers(tmp_path: Path) -> None:
    """A single sheet, filled in with an editor; without the option its form is that of another sheet."""
    run = CliRunner().invoke(
        main, ["worksheet", "hmkcode", "--find-the-error", "1", "--format", "md,csv", "-o", str(tmp_path)]
    )
    assert run.exit_code == 0, run.output
    text = (tmp_path / "hmkcode.worksheet.md").read_text("utf-8")
    answers = list(csv.DictReader(io.StringIO((tmp_path / "hmkcode.key.csv").read_text("utf-8"))))
    for row in answers:
        text = text.replace(f"`{row['name']}` = ____", f"`{row['name']}` = {row['exact']}")
    (tmp_path / "filled.md").write_text(text, "utf-8")
    right = CliRunner().invoke(
        main, ["check", "hmkcode", str(tmp_path / "filled.md"), "--find-the-error", "1", "--marks"]
    )
    assert right.exit_code == 0 and "3 of 3" in right.output, right.output
    other = CliRunner().invoke(main, ["check", "hmkcode", str(tmp_path / "filled.md")])
    assert other.exit_code == 2 and "Traceback" not in other.output


def alone(name: str) -> str:
    """An optimiser with given gradients, in its first update."""
    needed = {"momentum", "weight_decay"}.intersection(rows("optimiser")[name].settings)
    training = f"[training]\noptimizer = '{name}'\nlearning_rate = 0.1\n" + "".join(f"{key} = 0.1\n" for key in needed)
    tables = "[parameters]\nw = [0.5, -0.3]\n[constants]\ngw = [0.2, -0.4]\n[model]\nupstream = { w = 'gw' }\n"
    return f"title = 'Alone'\n{tables}{training}"


@pytest.mark.parametrize("name", [name for name, row in rows("optimiser").items() if row.states])
def test_every_optimiser_alone_has_a_sheet(name: str, tmp_path: Path) -> None:
    """With what it keeps: the lines of others are all last ones, from which nothing follows."""
    file = tmp_path / "alone.toml"
    file.write_text(alone(name), "utf-8")
    options = ["worksheet", str(file), "--find-the-error", "1", "--format", "md", "-o", str(tmp_path / "out")]
    run = CliRunner().invoke(main, options)
    assert run.exit_code == 0, run.output
    assert "**Line " in (tmp_path / "out" / "alone.key.md").read_text("utf-8")
