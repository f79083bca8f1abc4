"""A sheet, its key, feedback and class report wholly in another language: nothing English is left but names."""

import csv
import html
import re
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tools import need
from tools.needs import ROOT
from tools.typesetting import compile_tex

import derive
from derive.cli import main
from derive.mistakes import local_rewrites
from derive.mistakes.table import unrolled
from derive.mistakes.worded import mistake_phrases
from derive.model import ModelProblem
from derive.numbers import OutsideDomain, Undecided, show
from derive.program import Program
from derive.reading import example_text, read_problem
from derive.render.pdf import typst_pdf
from derive.solution import problem_of
from derive.spec import Problem
from derive.spec.sheet import SheetHead
from derive.subject import AnyProblem, subject
from derive.wording import phrases
from derive.worksheet import SheetOptions, compile_sheet

STUDENTS = 30
PLACE = re.compile(r"(\{\w+\})")
GREEK = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "αβξδεφγηιϊκλμνοπψρστυϋωχϑζΑΒΞΔΕΦΓΗΙΪΚΛΜΝΟΠΨΡΣΤΥΫΩΧΘΖ"
)


def greek(text: str) -> str:
    """A phrase with every letter in another alphabet, and its places as they were."""
    pieces = PLACE.split(text)
    return "".join(piece if position % 2 else piece.translate(GREEK) for position, piece in enumerate(pieces))


WORDS = {key: greek(text) for key, text in (phrases() | mistake_phrases()).items()}


def in_greek(name: str) -> AnyProblem:
    """An example whose author writes in that language too."""
    problem = problem_of(name)
    changed: dict[str, Any] = {"words": WORDS, "title": "Τ", "story": "", "source": "", "note": ""}
    if isinstance(problem, ModelProblem):
        equations = re.sub(r"#.*", "", problem.model.equations)
        changed["model"] = problem.model.model_copy(update={"equations": equations})
    return problem.model_copy(update=changed)


def english(text: str, names: Collection[str] = ()) -> set[str]:
    """The words of three and more Latin letters outside formulas, what is typed, pictures and names."""
    text = re.sub(r"`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|!\[[^\]]*\]\([^)]*\)|<!--.*?-->", " ", text, flags=re.DOTALL)
    return set(re.findall(r"[A-Za-z]{3,}", text)) - set(names)


SHEETS: list[tuple[str, dict[str, Any]]] = [
    ("mazur", {}), ("rohan-relu", {"blanks": "all"}), ("caispp", {"form": "chain", "blanks": "formulas"}),
    ("rohan", {"form": "matrix", "blanks": "all"}), ("mazur", {"find": 2}), ("hmkcode", {"find": 1}),
    ("mazur", {"choice": 4}), ("rohan", {}), ("mazur", {"ask": ("shapes", "parameters")}),
    ("softmax-regression", {}), ("cnn", {"blanks": "all"}), ("rnn", {}), ("lstm", {}), ("adam", {}), ("batch-norm", {}),
    ("word-vectors", {}), ("circuit", {"blanks": "results"}), ("attention", {}), ("perceptron", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options"), SHEETS)
@pytest.mark.parametrize("key", [False, True])
def test_a_sheet_is_wholly_worded(name: str, options: dict[str, Any], key: bool) -> None:
    sheet = compile_sheet(in_greek(name), SheetOptions(**options))
    numbers = sheet.numbers()
    document = str(sheet.file(numbers, "md", key=key)).replace(numbers.form, "")
    named = {word for box in sheet.boxes for word in re.findall(r"[A-Za-z]{3,}", box.name)}
    assert english(document, named | {"ask", "all", "forward", "loss"}) == set()


SEEN = re.compile(r'(?:aria-label|alt|title|data-words)="([^"]*)"|>([^<>]+)<')
"""What a reader of a page sees or hears: the texts between tags, and those of attributes that are read aloud."""
UNWORDED = {
    "eta", "beta", "gamma", "delta", "Delta", "epsilon", "sigma", "linear", "sigmoid", "ReLU", "softmax", "tanh", "max",
    "exp", "total",
}  # fmt: skip
"""Names of Greek letters, of functions in pictures and as they are typed, and an index of a notation."""


def heard(page: str) -> set[str]:
    """The words of three and more Latin letters of an HTML page, without its styles, its code and what is typed."""
    page = re.sub(r"<(style|script|annotation|code)\b.*?</\1>", " ", page, flags=re.DOTALL)
    texts = [html.unescape(one or two) for one, two in SEEN.findall(page)]
    return {word for text in texts for word in re.findall(r"[A-Za-z]{3,}", text)}


@pytest.mark.parametrize(("name", "options"), SHEETS[:12])
@pytest.mark.parametrize("key", [False, True])
def test_what_is_heard_is_worded(name: str, options: dict[str, Any], key: bool) -> None:
    """Labels, formulas in words and pictures, in HTML and in the alternative texts of a PDF."""
    sheet = compile_sheet(in_greek(name), SheetOptions(**options))
    numbers = sheet.numbers()
    texts = [box.name for box in sheet.boxes] + [sheet.namer(one).text for one in sheet.program.quantities]
    named = {word for text in texts for word in re.findall(r"[A-Za-z]{3,}", text)}
    named |= UNWORDED | {"ask", "all", "forward", "loss"}
    page = str(sheet.file(numbers, "html", key=key)).replace(numbers.form, "")
    assert heard(page) - named == set()
    source = str(sheet.file(numbers, "typ", key=key))
    spoken = re.findall(r'#(?:m|step|shown)\("([^"]*)"', source)
    assert len(spoken) > 5
    assert {word for text in spoken for word in re.findall(r"[A-Za-z]{3,}", text)} - named == set()


def test_all_that_is_heard_of_feedback_is_worded(tmp_path: Path) -> None:
    """On the terminal and in HTML: also what could not be read, and the name that may have been meant."""
    rows = ["net_h1,0.38", "nett_h1,0.1", "out_h1,0,5,9", "out_h2,abc", "dE/dout_h1,0.03 or 0.04", "w5+,0.4411"]
    path = tmp_path / "work.csv"
    path.write_text("\n".join(["quantity,value", *rows, ""]), "utf-8")
    problem = in_greek("mazur")
    found = derive.check(problem, path, marks=True)
    assert len(found.sheets[0].faults) >= 3
    names = UNWORDED | {"net", "out", "work", "csv", "nett", "abc", "target"}
    (page,) = [str(page) for _, page in found.feedback_files("html")] or [found.render("html")]
    for text in (page, found.render("html")):
        assert heard(text) - names == set()
    assert set(re.findall(r"[A-Za-z]{3,}", found.text())) - names == set()


def wrong_sheets(name: str, tmp_path: Path) -> Path:
    """A class each of whose sheets has one known mistake, or a digit gone wrong, or numbers left out."""
    one = subject(name)
    program = Program(one.trace, rounds=2)
    right = program.exact(program.givens({}))
    rewrites = [found for step in unrolled(one.trace, 1) for found in local_rewrites(one.trace, step)]
    rows = [("student", "quantity", "value")]
    for number, wrong in enumerate(rewrites[:: max(1, len(rewrites) // STUDENTS)]):
        try:
            changed = program.rewritten({wrong.target: wrong.formula}).exact(right)
        except (OutsideDomain, Undecided, ValueError):
            continue
        for at, quantity in enumerate(program.quantities):
            if quantity.step or (at + number) % 9 == 8:
                continue
            text = show(changed[at], 2 + number % 4).text
            if (at + number) % 17 == 16 and len(text) > 2:
                text = f"{text[:-2]}{text[-1]}{text[-2]}" if number % 2 else text.replace(".", "7.")
            rows.append((f"Σ{number}", quantity.id, text if (at + number) % 23 else "?"))
    path = tmp_path / "class.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.parametrize("name", ["mazur", "caispp", "rohan-relu", "rnn", "softmax-regression", "adam"])
def test_feedback_is_wholly_worded(name: str, tmp_path: Path) -> None:
    """Feedback on wrong sheets and the report on their class: nothing English is left in them."""
    found = derive.check(in_greek(name), wrong_sheets(name, tmp_path), marks=True)
    verdicts = {result.verdict for sheet in found.sheets for result in sheet.results}
    assert {"mistake", "exact", "slip", "wrong"} <= verdicts and len(found.sheets) > STUDENTS // 2
    pages = [str(page) for _, page in found.feedback_files("md")]
    for text in (*pages, found.render("md")):
        assert english(text) == set()


UNFIT = [
    (
        {"mistake_bias_left_out": "x {quantity}"},
        'words.mistake_bias_left_out: expected no place in braces, found "x {q',
    ),
    ({"mistake_bias_left_out_diagnosis": "x"}, "expected a text with {bias} and {quantity}"),
    ({"mistake_bias_left_out_diagnosis": "{bias} {quantiti}"}, 'Did you mean "quantity"?'),
    ({"mistake_bias_leftout": "x"}, 'Did you mean "mistake_bias_left_out"?'),
    ({"verdict_rigth": "x"}, 'Did you mean "verdict_'),
    ({"feedback_for": "x"}, "words.feedback_for: expected a text with {name}"),
    ({"you_wrote": " "}, "words.you_wrote: expected words"),
]


@pytest.mark.parametrize(("words", "said"), UNFIT)
@pytest.mark.parametrize("name", ["mazur", "circuit"])
def test_words_that_do_not_fit_are_told(words: dict[str, str], said: str, name: str, tmp_path: Path) -> None:
    """One message with file, key and the nearest right one, for networks and equations, in the file or in a head."""
    rows = "\n".join(f'{key} = "{text}"' for key, text in words.items())
    problem, head = tmp_path / "own.toml", tmp_path / "head.toml"
    problem.write_text(f"{example_text(name)}\n[words]\n{rows}\n", "utf-8")
    head.write_text(f"[words]\n{rows}\n", "utf-8")
    for arguments in (["worksheet", str(problem)], ["worksheet", name, "--head", str(head)], ["solve", str(problem)],
                      ["check", str(problem), str(tmp_path / "none.csv")]):  # fmt: skip
        (tmp_path / "none.csv").write_text("quantity,value\n", "utf-8")
        result = CliRunner().invoke(
            main, [*arguments, *(["-o", str(tmp_path / "out")] if arguments[0] != "check" else [])]
        )
        file = arguments[-1] if "--head" in arguments else arguments[1]
        assert result.exit_code == 2 and said in result.output and file in result.output, result.output
        assert not (tmp_path / "out").exists() and "Traceback" not in result.output


def test_the_german_rows_of_the_readme() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    (block,) = (block for block in blocks if "Arbeitsblatt" in block)
    words = tomllib.loads(block)["words"]
    problem = read_problem("mazur").model_copy(update={"words": words})
    sheet = compile_sheet(problem)
    page = str(sheet.file(sheet.numbers(), "md"))
    assert page.startswith("# Arbeitsblatt: ") and "## Aufgabe 1. Vorwärts: verborgene Schicht" in page.replace(
        "###", "##"
    )
    told = derive.check(problem, {"out_h1": "0.5933", "dE/dw5": "0.0822", "w5+": "0.4411"}).text()
    for said in (
        "2 von 3 Werten stimmen. Der erste falsche Schritt ist w5+.",
        "bei dir steht 0.4411.",
        "Wahrscheinlich: w5+ wurde mit Plus gerechnet",
        "Stattdessen: Zieh Lernrate mal Gradient",
    ):
        assert said in " ".join(told.replace("│", " ").split()), said


# -- written from right to left, and in other letters

ARABIC = {"form": "نموذج", "name": "الاسم", "due": "التسليم: {date}", "hidden_layer": "الطبقة المخفية",
          "feedback": "ملاحظات"}  # fmt: skip


def in_arabic() -> Problem:
    head = SheetHead(language="ar", due="2026-03-01", course="مقدمة 2026")
    return read_problem("mazur").model_copy(update={"sheet": head, "words": ARABIC})


def test_a_sheet_from_right_to_left() -> None:
    """Words run from the right, formulas and dates from the left; letters are those of a font made for words."""
    sheet = compile_sheet(in_arabic())
    numbers = sheet.numbers()
    page, source = (str(sheet.file(numbers, format, key=True)) for format in ("html", "typ"))
    assert '<html lang="ar" dir="rtl">' in page and "th, td { text-align: right; }" in page
    assert "التسليم: 2026/03/01" in page and "2026-03-01" not in page + source
    assert '#set text(lang: "ar")' in source and '"Noto Naskh Arabic", "DejaVu Sans"))' in source
    assert "align(left + horizon, if answers { working })" in source
    assert typst_pdf(source).startswith(b"%PDF")


def test_feedback_from_right_to_left() -> None:
    found = derive.check(in_arabic(), {"out_h1": "0.5933", "w5+": "0.4411"})
    page, source = found.render("html"), found.render("typ")
    assert '<html lang="ar" dir="rtl">' in page and "border-right: 3px" in page and "ملاحظات" in page
    assert "number-align: left" in source and "stroke: (right: 2pt" in source
    usual = derive.check("mazur", {"w5+": "0.4411"}).render("html")
    assert '<html lang="en">' in usual and "dir=" not in usual


@pytest.mark.parametrize("key", [False, True])
def test_letters_that_latex_has_not_stand_as_code_points(key: bool, tmp_path: Path) -> None:
    """In pictures too, so that pdfLaTeX makes the page; what it cannot show is told on the terminal."""
    sheet = compile_sheet(in_arabic())
    text = str(sheet.file(sheet.numbers(), "tex", key=key))
    assert "{[}U+0627{]}" in text.replace("[U+0627]", "{[}U+0627{]}") and not re.search("[\u0600-\u06ff]", text)
    need("pdflatex")
    assert compile_tex(text, tmp_path)


def test_other_letters_are_told(tmp_path: Path) -> None:
    (tmp_path / "head.toml").write_text('language = "zh"\n[words]\nform = "卷号"\n', "utf-8")
    arguments = ["worksheet", "mazur", "--head", str(tmp_path / "head.toml"), "--format", "tex", "-o", str(tmp_path)]
    assert "LaTeX shows no Chinese characters" in CliRunner().invoke(main, arguments).output
