"""What a check shows: points, reports, tables, class statistics, and the command with its exit codes."""

import csv
import io
import json
import re
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from click.testing import Result as Run
from tools.needs import ROOT

import derive
from derive import solve
from derive.check.classwork import Check
from derive.check.marks import Points, Scheme, asked, parse_penalty, parse_points, points_text, score
from derive.check.model import VERDICTS, Explanation, Marked, PolicyFound, Result
from derive.check.report import Reporter, as_asked
from derive.check.statistics import BAR_WIDTH, SHARES, bars_scene, hardest
from derive.check.tables import safe_given
from derive.check.terminal import LOOKS, terminal_text
from derive.check.words import listed, opening, own_value, sentence
from derive.cli import main
from derive.diagram.scene import Node as Shape
from derive.document import Document, Math, Paragraph, Text
from derive.errors import InputError
from derive.expression import Ref, Shown
from derive.formula import Printer
from derive.formula import Text as PlainText
from derive.mistakes import Rewrite, local_rewrites
from derive.numbers import middle
from derive.wording import ENGLISH

MAZUR = solve("mazur")
SHEET = ROOT / "tests" / "data" / "mazur.csv"
POLICY = PolicyFound("inferred", 4, 3, 4, True, "Rounded to 4 decimals.")
HOSTILE = (
    "=cmd|'/c calc'!A1",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "$x$ **b** | c",
    "\\textbf{x}",
    "CON",
    "con",
    "ana",
    "Ana",
    "名前",
    "x" * 180,
)


def rewrite(name: str, key: str) -> Rewrite:
    """A known mistake at a step of mazur."""
    step = MAZUR.trace.step(MAZUR.quantity(name)._replace(step=0))
    return next(one for one in local_rewrites(MAZUR.trace, step) if one.mistake.key == key)


def result(name: str, verdict: str = "exact", given: str = "0.5", **parts: object) -> Result:
    """A result about a quantity of mazur; `mistakes` and `after` are keys and names."""
    keys = parts.pop("mistakes", ())
    parts["explanations"] = tuple(Explanation((rewrite(name, key),)) for key in keys)  # type: ignore[attr-defined]
    parts["because"] = tuple(map(MAZUR.quantity, parts.pop("after", ())))  # type: ignore[call-overload]
    reason = ("Two neighbouring digits have changed places.",) if verdict == "slip" else ("Because.",)
    return Result(MAZUR.quantity(name), given, verdict, Shown("0.25", True), reason, **parts)  # type: ignore[arg-type]


def marked(*results: Result, student: str | None = None, faults: tuple[InputError, ...] = ()) -> Marked:
    return Marked(student, POLICY, results, (), faults)


def plain(words: tuple[object, ...]) -> str:
    """A line of a document as text."""
    printer = Printer(PlainText(), MAZUR.namer)
    return "".join(printer(w.formula) if isinstance(w, Math) else w.text for w in words)  # type: ignore


def run(*arguments: str, text: str | None = None) -> Run:
    return CliRunner().invoke(main, ["check", *arguments], input=text)


# -- marks ---------------------------------------------------------------------------------------------------

EARNED = [
    # verdict, carried value trivial, penalty; points of 2+1
    ("exact", False, "full", "3"),
    ("rounded", False, "1/4", "3"),
    ("follows", False, "full", "3"),
    ("follows", False, "1/4", "2.25"),
    ("follows", False, "1", "0"),
    ("follows", True, "full", "0"),
    ("exact", True, "full", "3"),
    ("imprecise", False, "full", "2"),
    ("imprecise", True, "full", "0"),
    ("unread", False, "full", "2"),
    ("incomparable", False, "full", "2"),
    ("slip", False, "1/2", "2"),
    ("mistake", False, "full", "0"),
    ("wrong", False, "full", "0"),
    ("missing", False, "full", "0"),
]


@pytest.mark.parametrize(("verdict", "trivial", "penalty", "points"), EARNED)
def test_what_a_verdict_earns(verdict: str, trivial: bool, penalty: str, points: str) -> None:
    scheme = Scheme(parse_points("2+1"), parse_penalty(penalty))
    assert points_text(scheme.earned(result("out_h1", verdict, trivial=trivial))) == points


def test_every_verdict_has_its_row() -> None:
    """Nothing that shows verdicts forgets one."""
    assert {verdict for verdict, *_ in EARNED} == set(VERDICTS) == set(LOOKS)
    assert sorted(verdict for share in SHARES.values() for verdict in share) == sorted(VERDICTS)


@pytest.mark.parametrize(
    ("text", "method", "accuracy"),
    [("1+1", "1", "1"), ("3", "3/2", "3/2"), (" 2 + 0.5 ", "2", "1/2"), ("1+0", "1", "0")],
)
def test_points_are_read(text: str, method: str, accuracy: str) -> None:
    assert parse_points(text) == Points(Fraction(method), Fraction(accuracy))


@pytest.mark.parametrize("text", ["", "0", "-1", "1+1+1", "a", "1e9", "1/0", "٣", "1001", "1+", "__import__"])
def test_no_points(text: str) -> None:
    with pytest.raises(InputError, match="--points"):
        parse_points(text)


@pytest.mark.parametrize("text", ["", "none", "-1/4", "5/4", "2", "1/0", "nan", "25%"])
def test_no_penalty(text: str) -> None:
    with pytest.raises(InputError, match="--follow-through"):
        parse_penalty(text)


def test_only_what_was_asked_earns_points() -> None:
    """Asked is what half of the sheets have; a number more earns nothing, one less costs its points."""
    one = marked(result("net_h1"), result("out_h1"), result("i_1"))
    other = marked(result("net_h1"), result("out_h1", "slip"), result("i_1"))
    third = marked(result("net_h1"), result("net_h2"))
    questions = asked([one, other, third], MAZUR.trace.givens)
    assert [quantity.id for quantity, _ in questions] == ["z[1][0]", "a[1][0]"]
    assert [score(sheet, Scheme(), questions).text for sheet in (one, other, third)] == ["4 of 4", "3 of 4", "2 of 4"]


# -- words ---------------------------------------------------------------------------------------------------

OPENINGS = [
    ([result("net_h1"), result("out_h1", "rounded")], "Both values are right."),
    ([result("net_h1")], "The value is right."),
    ([result("net_h1", "missing", "")], "No value is stated. 1 value is left blank."),
    (
        [result("net_h1"), result("out_h1", "slip"), result("out_o1", "follows", after=["out_h1"])],
        "1 of 3 values is right. 1 more follows correctly from an earlier wrong value. The first wrong step is out_h1.",
    ),
    (
        [result("net_h1", "wrong"), result("out_h1", "imprecise")],
        "None of the 2 values is right yet. The first wrong step is net_h1. 1 value has too few digits to tell.",
    ),
    ([result("net_h1", symbolic=True), result("net_h2")], "Both answers are right."),
]


@pytest.mark.parametrize(("results", "words"), OPENINGS)
def test_how_it_went(results: list[Result], words: str) -> None:
    assert plain(opening(marked(*results), ENGLISH)) == words


def test_sentences_keep_formulas_apart() -> None:
    """A formula touches no letter and no other formula, for no format can show that."""
    a, b = (Ref(MAZUR.quantity(name)) for name in ("w5", "w6"))
    assert plain(sentence(("of", a, b, "and", a, ".", ""), ENGLISH)) == "of w5 w6 and w5."
    assert plain(listed([MAZUR.quantity(f"w{n}") for n in range(1, 9)], ENGLISH)) == "w1, w2, w3, w4, w5 and 3 more"
    assert plain(listed([MAZUR.quantity("w1"), MAZUR.quantity("w2")], ENGLISH)) == "w1 and w2"


# -- the report on one sheet ---------------------------------------------------------------------------------


def mistaken_sheet() -> Marked:
    """The new weights of a layer with one mistake, one of them undecided, a slip before, and what follows."""
    formula = MAZUR.trace.step(MAZUR.quantity("out_h1")).formula
    numbers = {MAZUR.quantity("net_h1"): Shown("0.3775", True)}
    slipped = {"formula": formula, "numbers": numbers, "used": Shown("0.59327", False), "line": 3, "slip": "swapped"}
    added, twice = "factors-added", "neighbours-delta"
    return marked(
        result("net_h1"),
        result("out_h1", "slip", "0.5393", **slipped),
        result("net_o1", "follows", after=["out_h1"]),
        result("dE/dw5", "mistake", mistakes=[added]),
        result("dE/dw6", "mistake", mistakes=[added, twice]),
        result("dE/dw7", "mistake", "-7.5", mistakes=[twice]),
        result("E", "wrong"),
        result("w8", "missing", ""),
        faults=(InputError("a number", '"abc"', "anna.csv", "line 9"),),
    )


def test_the_first_wrong_step_is_worked_out() -> None:
    """Formula, numbers, result, what was written, what happened, what follows: in this order, before all else."""
    text = " ".join(terminal_text(Reporter(MAZUR).document(mistaken_sheet()), MAZUR.namer).split())
    wanted = (
        "The first wrong step (line 3 of the sheet)",
        "out_h1 = 1/(1 + exp(-net_h1)) = 1/(1 + exp(-0.3775)) ≈ 0.5933",
        "the step gives 0.5933; you wrote 0.5393",
        "Two neighbouring digits have changed places.",
        "What comes after it and is right with your value: net_o1.",
        "Also wrong",
        "dE/dw5 and dE/dw6, both for one reason: Probably:",
        "dE/dw7 (-7.5; right: 0.25): Probably:",
        "✗ mistake",
        "factors of the chain rule added; or",
        "anna.csv, line 9: expected a number",
    )
    places = [text.find(part) for part in wanted]
    assert [part for part, place in zip(wanted, places, strict=True) if place < 0] == []
    assert places == sorted(places)


def test_an_undecided_mistake_names_all() -> None:
    keys = ["factors-added", "neighbours-delta"]
    text = terminal_text(Reporter(MAZUR).document(marked(result("dE/dw5", "mistake", mistakes=keys))), MAZUR.namer)
    assert "Two mistakes fit your number:" in text
    assert text.count("Instead:") == 2


def test_a_given_number_is_shown_in_full() -> None:
    """0.05 copied as 0.5 is not to be told that it is 0.1."""
    text = derive.check("mazur", {"i_1": "0.5", "net_h2": "0.3925"}).text()
    assert "i_1 is 0.05; you wrote 0.5." in text and re.search(r"i_1 +0.5 +0.05 ", text)


def test_right_answers_are_left_alone() -> None:
    """No reason stands beside a right value, and every format only names it; tables of data have them all."""
    found = Check(MAZUR, (marked(result("net_h1"), result("out_h1", "rounded"), result("E", "wrong")),))
    assert "Because" not in terminal_text(Reporter(MAZUR).document(marked(*found.sheets[0].results[:2])), MAZUR.namer)
    assert "Right: net_h1, out_h1." in found.text()
    assert r"**Right:** $\mathrm{net}_ {h1}$, $\mathrm{out}_ {h1}$." in found.render("md")
    assert "exact" not in found.render("md") and "exact" in found.render("csv")


@pytest.mark.parametrize(
    ("given", "used", "exact", "own"),
    [
        ("-0.0007", "-0.00144", False, "-0.0014"),
        ("0.4078", "0.40866", False, "0.4087"),
        ("0.0012", "0.00100", False, "0.0010"),
        ("0.4086", "0.40855", False, "0.40855"),  # a half may have been rounded up to it
        ("0.5", "0.53", False, "0.53"),  # 0.5 would hide it
        ("0.3775", "0.25", True, "0.25"),
        ("0.2", "0.25", True, "0.3"),
        ("7", "-0.4", False, "0"),
        ("1/3", "0.25", False, "0.25"),
    ],
)
def test_own_numbers_have_the_decimals_written(given: str, used: str, exact: bool, own: str) -> None:
    found = own_value(result("E", "wrong", given, used=Shown(used, exact)))
    assert found is not None and found.text == own


def test_what_stands_beside_a_wrong_value() -> None:
    """One true value only; what is right with the writer's own numbers is called so."""
    own = result("dE/dw4", "wrong", "-0.7", used=Shown("-0.144", False))
    sheet = marked(result("net_h1", "wrong"), own, result("E", "wrong", "0.31", used=Shown("0.25", True)))
    text = terminal_text(Reporter(MAZUR).document(sheet), MAZUR.namer)
    words = "dE/dw4 (-0.7; with your earlier numbers: -0.1) and E (0.31; right: 0.25): Because."
    assert words in " ".join(text.split())


def test_values_stand_as_on_the_sheet() -> None:
    """In the order of its lines, one left blank beside those of its layer; the first wrong step stays the first."""
    lines = {"net_h1": 4, "w1+": 9, "w2+": None, "w5+": 5, "w6+": None, "E": 2}
    results = [result(name, "wrong" if line else "missing", line=line) for name, line in lines.items()]
    assert [MAZUR.namer(one.quantity).text for one in as_asked(results)] == ["E", "net_h1", "w5+", "w6+", "w1+", "w2+"]
    assert as_asked(results[::-1])[2:4] == [results[4], results[3]]
    assert marked(*results).first_wrong == results[0]


def test_formulas_have_their_own_list() -> None:
    right = MAZUR.trace.step(MAZUR.quantity("dE/dw5")).formula
    sheet = marked(
        result("dE/dw5", "wrong", "out_h1*out_o1", symbolic=True, formula=right),
        result("dE/dw6", "exact", "dE/dnet_o1*out_h2", symbolic=True, formula=right),
    )
    text = terminal_text(Reporter(MAZUR).document(sheet), MAZUR.namer)
    assert "dE/dw5: out_h1*out_o1 – wrong; right is dE/dnet_o1*out_h1." in text
    assert "dE/dw6: dE/dnet_o1*out_h2 – exact." in text


def test_colour_is_only_for_terminals() -> None:
    document = Reporter(MAZUR).document(mistaken_sheet())
    assert "\x1b" not in terminal_text(document, MAZUR.namer)
    coloured = terminal_text(document, MAZUR.namer, colour=True)
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured).split() == terminal_text(document, MAZUR.namer).split()
    assert "\x1b[1;31m✗ mistake" in coloured


# -- a class -------------------------------------------------------------------------------------------------


def small_class() -> Check:
    """Three students, four questions, counted by hand below."""
    added, twice = "factors-added", "neighbours-delta"
    return Check(
        MAZUR,
        (
            marked(
                result("net_h1"), result("dE/dw5", "mistake", mistakes=[added]), result("w5+", "follows"), student="a"
            ),
            marked(result("net_h1", "slip", slip="sign"), result("dE/dw5"), result("w5+"), student="b"),
            marked(
                result("net_h1", "rounded"),
                result("dE/dw5", "mistake", mistakes=[added, twice]),
                result("dE/dw6", "mistake", mistakes=[added]),
                student="c",
            ),
        ),
        Scheme(),
    )


def test_a_class_is_counted() -> None:
    found = small_class()
    table = {step.quantity.id: [step.share(name) for name in SHARES] for step in found.steps}
    assert table == {"z[1][0]": [2, 0, 1, 0, 0], "dL/dW[2][0][0]": [1, 0, 2, 0, 0], "W_new[2][0][0]": [1, 1, 0, 0, 1]}
    mistakes = [(count.key, count.sheets, count.answers, count.undecided) for count in found.mistakes]
    assert mistakes == [("factors-added", 2, 3, 1), ("slip-sign", 1, 1, 0), ("neighbours-delta", 1, 1, 1)]
    worst = hardest(found.steps)
    assert worst is not None and worst.quantity.id == "dL/dW[2][0][0]"
    assert [points.text for points in found.scores if points] == ["4 of 6", "5 of 6", "2 of 6"]


def test_nobody_fails_where_all_is_right() -> None:
    sheets = [marked(result("net_h1"), student=name) for name in "ab"]
    assert hardest(Check(MAZUR, tuple(sheets)).steps) is None
    assert "Mistakes" not in Check(MAZUR, tuple(sheets)).text()


def test_equals_are_named_together() -> None:
    """No step and no mistake is singled out where others are as common."""
    one, two = small_class().sheets[0], small_class().sheets[1]
    text = " ".join(Check(MAZUR, (one, two)).text().split())
    assert "The steps that fail most are net_h1 and dE/dw5, each wrong on 1 sheet." in text
    assert "most common" not in text
    assert "The most common mistake, on 2 sheets: factors of the chain rule added." in " ".join(
        small_class().text().split()
    )


def test_steps_that_all_have_right_are_only_named() -> None:
    sheets = [marked(result("net_h1"), result("E", "wrong" if name == "a" else "exact"), student=name) for name in "ab"]
    text = Check(MAZUR, tuple(sheets)).text()
    assert "Right on every sheet: net_h1." in text and not re.search("^net_h1 ", text, re.MULTILINE)


def test_the_bars_are_the_counts() -> None:
    """Each part of a bar is as wide as its share of the sheets, and no two lie on each other."""
    found = small_class()
    scene = bars_scene(found.steps, 3, MAZUR.namer)
    parts = [item for item in scene.of(Shape) if not item.key.startswith("legend")]
    widths = {item.key: item.box.width for item in parts}
    assert widths["dL/dW[2][0][0] wrong"] == 2 * BAR_WIDTH // 3
    assert sum(widths.values()) == 3 * BAR_WIDTH
    boxes = [item.box for item in scene.of(Shape)]
    assert not any(box.overlaps(other) for k, box in enumerate(boxes) for other in boxes[:k])
    assert all(box.left >= 0 and box.right <= scene.width and box.bottom <= scene.height for box in boxes)


def hostile_class() -> Check:
    return Check(MAZUR, tuple(marked(result("net_h1"), result("out_h1", "slip"), student=name) for name in HOSTILE))


def test_hostile_names_stay_names() -> None:
    """A student's name is no path, no formula of a spreadsheet, no markup and no command to a terminal."""
    found = hostile_class()
    names = [name for name, _ in found.feedback_files("text")]
    assert len({name.casefold() for name in names}) == len(HOSTILE)
    assert all(re.fullmatch(r"\w[\w.@+-]*\.txt", name) for name in names)
    cells = [row["student"] for row in csv.DictReader(io.StringIO(found.marks_csv()))]
    assert cells[0] == f"'{HOSTILE[0]}" and cells[1:] == list(HOSTILE[1:])
    html = found.render("html")
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert r"\*\*b\*\* \| c" in found.render("md")
    control = Document("a\x1b[31mb", (Paragraph((Text("\x07\r\u202ec"),)),), (), "")
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", terminal_text(control, MAZUR.namer))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("-0.5", "-0.5"),
        ("+1,5", "+1,5"),
        ("1e-3", "1e-3"),
        ("=1+1", "'=1+1"),
        ("-1+2", "'-1+2"),
        ("@a", "'@a"),
        ("", ""),
    ],
)
def test_cells_are_no_formulas(text: str, cell: str) -> None:
    assert safe_given(text) == cell


# -- the command ---------------------------------------------------------------------------------------------

EXITS = [
    # arguments, standard input; exit code, what is said
    (["mazur", "-"], "quantity,value\nnet_h1,0.3775\n", 0, "The value is right."),
    (["mazur", "-"], "quantity,value\nnet_h1,0.3775\nnet_h2,\n", 0, "1 value is left blank"),
    (["mazur", "-"], "quantity,value\nw5+,0.4411\n", 1, "gradient added instead of subtracted"),
    (["mazur", "-"], "quantity,value\nnet_h1,0.3775\nnet_h2,abc\n", 1, "1 entry could not be read"),
    (["mazur", "-", "--claims"], "so $net_{h1} = 0.3775$.", 0, "The value is right."),
    (["mazur", "-", "--decimals", "4", "--marks"], "quantity,value\nnet_h1,0.3775\n", 0, "2 of 2 points"),
    (["mazur", "-", "--points", "worksheet"], "quantity,value\nnet_h1,0.3775\n", 0, "1 of 1 points"),
    (["mazur", "-", "--notation", "standard"], "quantity,value\nz[1][0],0.3775\n", 0, "The value is right."),
    (["mazur", "-"], "quantity,value\nnet_h1,abc\nnet_h2,x\n", 2, "line 2: expected a number"),
    (["mazur", "-"], "", 2, "an empty file"),
    (["mazur", "no.csv"], None, 2, "no.csv: expected a file"),
    (["nosuch", "-"], "quantity,value\nnet_h1,0.3775\n", 2, '"nosuch"'),
    (["mazur", "-", "--format", "doc"], "", 2, "--format"),
    (["mazur", "-", "--points", "x"], "quantity,value\nnet_h1,1\n", 2, "--points"),
    (["mazur", "-", "--follow-through", "x"], "quantity,value\nnet_h1,1\n", 2, "--follow-through"),
]


@pytest.mark.parametrize(("arguments", "text", "code", "words"), EXITS)
def test_exit_codes(arguments: list[str], text: str | None, code: int, words: str) -> None:
    found = run(*arguments, text=text)
    assert (found.exit_code, words in found.output) == (code, True), found.output


def test_json_says_it_all() -> None:
    found = run("mazur", str(SHEET), "--format", "json", "-o", "-", "--marks")
    told = json.loads(found.stdout)
    assert (found.exit_code, told["first_wrong"], told["policy"]["decimals"]) == (1, "dL/da[1][0]", 4)
    always = {"quantity", "name", "given", "expected", "verdict", "reason", "line"}
    assert len(told["results"]) == 35
    assert all(always <= set(one) and one["verdict"] in VERDICTS for one in told["results"])
    by_name = {one["name"]: one for one in told["results"]}
    wrong = by_name["dE/dout_h1"]
    assert wrong["mistake"]["key"] == "updated-weights" and wrong["mistake"]["remedy"].startswith("Use the old weights")
    assert wrong["used"]["W[2][0][0]"] == "0.40" and wrong["gives"].startswith("0.0363")
    assert by_name["dE/dw2"]["follows"] == ["dL/da[1][0]"]
    assert by_name["w6+"]["slip"] == "swapped" and "mistake" not in by_name["w6+"]
    assert told["counts"]["missing"] == 1 and told["faults"] == []


def test_csv_has_a_row_for_each_value() -> None:
    rows = list(csv.DictReader(io.StringIO(run("mazur", str(SHEET), "--format", "csv", "-o", "-").stdout)))
    assert [row["quantity"] for row in rows if row["verdict"] == "mistake"] == ["dL/da[1][0]", "dL/da[1][1]"]
    given = {line.split(",")[0]: line.split(",")[1] for line in SHEET.read_text().splitlines()[1:]}
    assert {row["name"]: row["given"] for row in rows} == given


def test_a_slip_is_a_slip_in_every_count() -> None:
    """Also where a mistake could have given the number too."""
    slipped = result("dE/dw5", "slip", slip="last-digit", mistakes=["factors-added"])
    found = Check(MAZUR, (marked(slipped),))
    assert [row["mistake"] for row in csv.DictReader(io.StringIO(found.render("csv")))] == ["slip-last-digit"]
    assert [count.key for count in found.mistakes] == ["slip-last-digit"]
    assert "Or it comes from a mistake: factors of the chain rule added." in found.text()


def test_what_could_not_be_read_is_a_finding() -> None:
    """Of a sheet and of the whole file; both are told in the report on the only sheet."""
    fault = InputError("a number", '"abc"', "anna.csv", "line 9")
    right = (marked(result("net_h1")),)
    assert not Check(MAZUR, right).findings
    for found in (Check(MAZUR, right, faults=(fault,)), Check(MAZUR, (marked(result("net_h1"), faults=(fault,)),))):
        assert found.findings and "line 9: expected a number" in found.text()
        assert found.object()["faults"][0]["place"] == "line 9"


def test_files_of_one_sheet(tmp_path: Path) -> None:
    found = run("mazur", str(SHEET), "--format", "text,md,html,csv,json,pdf", "-o", str(tmp_path))
    names = {path.name for path in tmp_path.iterdir()}
    assert found.exit_code == 1
    assert names == {f"mazur.check.{suffix}" for suffix in ("txt", "md", "html", "csv", "json", "pdf")}
    assert (tmp_path / "mazur.check.pdf").read_bytes().startswith(b"%PDF")
    assert "had already been updated" in (tmp_path / "mazur.check.md").read_text("utf-8")


def test_a_class_report_says_what_could_not_be_read_as_the_feedback_does(tmp_path: Path) -> None:
    """In the same words, behind the name of the file, without its folder."""
    rows = "Ann,w5+,0.3589\nAnn,foo,0.2\nBob,w5+,0.3589\nBob,db2,0.1\nBob,w6+,abc\n"
    (tmp_path / "class.csv").write_text(f"student,quantity,value\n{rows}")
    report = derive.check("mazur", tmp_path / "class.csv").render("md")
    assert report.split("## 3 What could not be read\n\n")[1].split("\n\n---")[0].split("\n") == [
        "- class.csv, line 3 (Ann): I do not know what `foo` is.",
        "- class.csv, line 5 (Bob): `db2` may be several things here. Write dE/db\\_2 or dE/db\\_1.",
        '- class.csv, line 6 (Bob): expected a number or a formula, found "abc".',
    ]


def test_files_of_a_class(tmp_path: Path) -> None:
    """A report with its picture, a table of marks, and a feedback sheet for each student."""
    work = tmp_path / "class.csv"
    rows = [("student", "quantity", "value"), *((name, "net_h1", "0.3775") for name in HOSTILE[:5])]
    with work.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*rows, (HOSTILE[0], "w5+", "0.4411"), (HOSTILE[1], "nosuch", "1")])
    folder = tmp_path / "new" / "out"
    found = run("mazur", str(work), "--format", "md,csv,json", "-o", str(folder), "--marks")
    assert found.exit_code == 1, found.output
    names = {path.name for path in folder.iterdir()}
    beside = {"class.marks.csv", "class.feedback"}
    assert names == {"class.class.md", "class.class.csv", "class.class.json", "class.class.steps.svg", *beside}
    assert len(list((folder / "class.feedback").iterdir())) == 5
    assert "![" in (folder / "class.class.md").read_text("utf-8")
    told = json.loads((folder / "class.class.json").read_text("utf-8"))
    assert [student["student"] for student in told["students"]] == list(HOSTILE[:5])
    assert told["students"][0]["first_wrong"] == "W_new[2][0][0]" and told["mistakes"]
    assert len(told["students"][1]["faults"]) == 1
    told_paths = found.output.split()
    assert str(folder / "class.feedback") in told_paths and len(told_paths) == len(names)


def test_python_call() -> None:
    """`derive.check` is called, before and after its module has been imported."""
    for _ in range(2):
        found = derive.check("mazur", {"out_h1": "0.5933", "w5+": "0.4411"}, marks=True)
        assert (found.findings, found.one, found.scores[0].text) == (True, True, "2 of 4")
    assert not derive.check(MAZUR, {"net_h1": "0.3775"}).findings
    with pytest.raises(InputError, match="format"):
        found.render("docx")


@pytest.mark.parametrize(
    ("problem", "name", "given"),
    [("rohan-chain", "w1+", "0"), ("hmkcode", "h2", "7"), ("mazur", "out_h1", "3"), ("rohan", "p", "3.25")],
)
def test_numbers_are_rounded_once_and_show_the_difference(problem: str, name: str, given: str) -> None:
    """What a step gives is its value rounded once, and shown apart from what was written and what was before it."""
    solution = derive.solve(problem)
    (result,) = derive.check(solution, {name: given}).sheets[0].results
    own, true = own_value(result), float(middle(solution.exact.numbers[result.quantity]))
    assert own is not None
    for shown in (own, result.expected):
        half = 0.5 * 10.0 ** -len(shown.text.partition(".")[2])
        assert abs(float(shown.text) - true) <= half * 1.0001
        assert float(shown.text) not in (float(given), 0.1, 0.5)


def test_the_difference_is_shown_where_few_decimals_hide_it() -> None:
    """0.1 - 0.1·(-0.004082) is 0.100408: beside a 0.1 that is not shown as 0.1 or 0.10."""
    used = Shown("0.100408200", False)
    wrong = result("w5+", "mistake", "0.1", used=used)
    own = own_value(wrong)
    assert own is not None and own.text == "0.1004"


def test_a_number_that_is_not_on_the_sheet_leads_to_the_true_value() -> None:
    """What is put in leads to the number in the table, where nothing before is wrong."""
    text = derive.check("rohan-chain", {"w1+": "0.6123"}).render("md")
    box = re.search(r"step gives \$([\d.]+)\$", text)
    table = re.search(r"\$0\.6123\$ \| \$([\d.]+)\$", text)
    assert box and table and box[1] == table[1]


def test_an_earlier_error_is_only_named_where_there_is_one() -> None:
    """Rounding alone leaves 0.58 for 0.56; 2·0.14 + 3·0.10 is 0.58 in full."""
    values = {"w3+": "0.14", "w4+": "0.10", "h2+": "0.77"}
    text = derive.check("netflow", values).render("md")
    assert "earlier error" not in text.split("How it is")[0] and "(With unrounded numbers it is $0.56$.)" in text
    assert re.search(r"0\.14 \\cdot 2 \+ 0\.10? \\cdot 3 = 0\.58", text)
    text = derive.check("netflow", {**values, "w4+": "0.50"}).render("md")
    assert r"Without any earlier error" not in text.split("Also wrong")[0]


def test_of_rounding_only_what_is_accepted_is_said() -> None:
    """Nothing on a page on which all is right, nor where nothing was rounded, nor what a right number denies."""
    right = {"net_h1": "0.3775", "out_h1": "0.5933", "net_h2": "0.3925"}
    assert "Rounding" not in derive.check("mazur", right).render("md")
    alone = derive.check("mazur", {**right, "out_h2": "0.7"}).render("md")
    assert "No way of rounding" not in alone and "numbers fit" not in alone
    # -0.81·0.14 is -0.11, and -0.11·3 is -0.33; unrounded it is -0.34.
    carried = {"Delta": "-0.81", "Delta_h1": "-0.11", "dError/dw1": "-0.22", "dError/dw2": "-0.33"}
    assert "Rounding" not in derive.check("hmkcode", carried).render("md")
    text = derive.check("hmkcode", {**carried, "h1": "0.7"}).render("md")
    assert "You went on with rounded numbers; that is fine." in text
    more = derive.check("netflow", {"h1": "0.8512", "h2": "0.4800"}).render("md")
    assert "2 decimals" not in more
    assert "2 decimals" in derive.check("netflow", {"h1": "0.91", "h2": "0.48"}).render("md")


def test_numbers_are_named_where_they_are_put_in() -> None:
    """A delta that is taken over from what is not on the sheet is shown as that step, with its numbers."""
    text = derive.check("hmkcode", {"delta_h1": "0.11326", "prediction": "0.191"}).render("md")
    assert r"(-0.809) \cdot 0.14 = -0.11326" in text and "With these numbers the step gives" in text


def test_an_error_that_is_not_on_the_sheet_is_told_by_what_shows_it() -> None:
    """The delta that is put in stands nowhere: it is worked out from another value, and that is said."""
    formula = MAZUR.trace.step(MAZUR.quantity("dE/dw5")).formula
    before = (MAZUR.quantity("dE/dw6"),)
    for deduced in (True, False):
        wrong = result(
            "dE/dw5", "wrong", "0.3", used=Shown("0.1", True), before=before, deduced=deduced, formula=formula
        )
        text = " ".join(terminal_text(Reporter(MAZUR).document(marked(wrong)), MAZUR.namer).split())
        assert ("mistake that shows in dE/dw6" in text) == deduced
        assert ("Without any earlier error it would be 0.25" in text) == (not deduced)
