"""The head of a sheet, its words, its size and its parts: in every format, for several problems and for a class."""

import re
import tomllib
import xml.dom.minidom
import zlib
from pathlib import Path
from typing import Any

import pytest
import typst
from click.testing import CliRunner
from tools import need
from tools.typesetting import compile_tex

import derive
from derive import InputError
from derive.cli import main
from derive.mistakes.worded import mistake_phrases
from derive.reading import example_text, read_problem
from derive.render import format_of
from derive.render.pdf import typst_pdf
from derive.spec import Problem
from derive.spec.schema import problem_schema
from derive.spec.sheet import TOPICS as SPEC_TOPICS
from derive.spec.sheet import SheetHead
from derive.variants.own import own_sheet
from derive.wording import PHRASES, Wording, checked_wording, phrases, places
from derive.worksheet import TOPICS, SheetOptions, Sheets, compile_sheet, dressed
from derive.worksheet.element_questions import TOPICS as ELEMENT_TOPICS
from derive.worksheet.logo import read_logo

FORMATS = ("md", "tex", "html", "typ")
MARKUP = r"$x_1$ <b>B</b> #set \input{x} **a** & {k} [l](m)"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40"><rect width="80" height="40"/></svg>'
HEAD = {
    "title": f"Quiz 3 {MARKUP}", "course": f"Course {MARKUP}", "term": "Spring 2026", "instructor": "Ada & Co",
    "due": "1 March", "instructions": f"Show your work.\n{MARKUP}", "time": "estimate", "grade_table": True,
}  # fmt: skip


def with_sheet(sheet: dict[str, object], name: str = "mazur", **keys: object) -> Problem:
    """A built-in example under a head."""
    return read_problem(name).model_copy(update={"sheet": SheetHead.model_validate(sheet), **keys})


def png(width: int = 3, height: int = 2, rows: int = 2, piece: tuple[bytes, bytes] | None = None) -> bytes:
    """A small picture, written by hand, with so many rows and one piece more."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    pixels = b"".join(b"\0" + b"\x10\x20\x30" * 3 for _ in range(rows))
    header = chunk(b"IHDR", size + bytes([8, 2, 0, 0, 0])) + (chunk(*piece) if piece else b"")
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


BOMB = zlib.compress(b"\0" * 5_000_000)


def sized(attributes: str) -> bytes:
    """An SVG file of another size."""
    return SVG.replace('width="80" height="40"', attributes, 1).encode()


# -- what stands at the head


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("key", [False, True])
def test_a_head_is_text_in_every_format(format: str, key: bool) -> None:
    """Markup is escaped as the same words are in the title of a problem, and every line is there."""
    problem = with_sheet(HEAD)
    sheet = compile_sheet(problem)
    text = str(sheet.file(sheet.numbers(), format, key=key))
    row = format_of(format)
    for words in (HEAD["title"], HEAD["course"], "Spring 2026", "Instructor: Ada & Co", "Due: 1 March",
                  "Time: about 90 minutes", MARKUP, "Show your work."):  # fmt: skip
        assert row.text(str(words)) in text, words
    assert "Worksheet:" not in text and sheet.numbers().form in text and (format != "html" or "<b>B" not in text)


def test_the_form_of_a_sheet_knows_no_head() -> None:
    usual = compile_sheet("mazur").numbers().form
    other = with_sheet(HEAD | {"points": {"loss": 3}}, words={"form": "Bogen"}, decimal_comma=True)
    assert compile_sheet(other).numbers().form == usual


def test_pages_compile_in_both_engines(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(SVG)
    problem, logo = with_sheet(HEAD | {"logo": "logo.svg"}), read_logo(str(tmp_path / "logo.svg"))
    sheet = compile_sheet(problem, logo=logo)
    numbers = sheet.numbers()
    assert typst_pdf(str(sheet.file(numbers, "typ"))).startswith(b"%PDF")
    assert 'src="data:image/svg+xml;base64,' in str(sheet.file(numbers, "html"))
    need("pdflatex")
    assert bytes(sheet.file(numbers, "pdf", engine="latex")).startswith(b"%PDF")  # type: ignore[arg-type]


def test_footer_and_grades() -> None:
    sheet = compile_sheet(with_sheet({"footer": False, "grade_table": True}))
    text = str(sheet.file(sheet.numbers(), "typ"))
    assert "footer: none" in text and "counter(page).final" not in text
    table = str(sheet.file(sheet.numbers(), "md")).split("| Question |")[1].split("\n\n")[0]
    points = [int(cell) for cell in re.findall(r"\d+", table.split("| Points |")[1].splitlines()[0])]
    assert sum(points[:-1]) == points[-1] == sheet.document.points and len(points) == len(sheet.document.questions) + 1


POINTS: list[tuple[dict[str, int], str, int]] = [
    ({"loss": 3}, "3a", 3), ({"1": 10}, "1a", 3), ({"1": 10}, "1c", 2), ({"forward": 2, "1": 4}, "1b", 1),
    ({"forward": 2, "1": 4}, "2b", 2), ({}, "3a", 1), ({"new-loss": 5}, "10c", 5),
]  # fmt: skip


@pytest.mark.parametrize(("points", "label", "right"), POINTS)
def test_points(points: dict[str, int], label: str, right: int) -> None:
    """A topic's points are those of each answer; a question's are shared, the first answers have what is left."""
    sheet = compile_sheet(with_sheet({"points": points}))
    assert {box.label: box.points for box in sheet.boxes}[label] == right
    rows = {row.box: row.points for row in sheet.numbers().rows}
    assert rows[label] == right and sum(rows.values()) == sheet.document.points
    for number, whole in points.items():
        if number.isdigit():
            assert sheet.document.questions[int(number) - 1].points == whole


# -- bad input: one message, nothing written

BAD = [
    ('logo = "a.txt"', b"hello", "a.txt, sheet.logo: expected a PNG or SVG file, found something else"),
    ('logo = "none.png"', None, "expected a PNG or SVG file, found none that can be read"),
    ('logo = "big.png"', png() + b"0" * 600_000, "expected a logo of at most 500 kB, found a larger file"),
    ('logo = "wide.png"', png(width=5000), "expected a logo of at most 4000 pixels a side, found 5000 x 2"),
    ('logo = "cut.png"', png()[:-5], "expected a whole PNG file, found a damaged or cut one"),
    ('logo = "flip.png"', png().replace(b"IDAT", b"IDAt"), "found a damaged or cut one"),
    ('logo = "few.png"', png(rows=1), "found one whose pixels are damaged or missing"),
    ('logo = "many.png"', png(rows=900), "found one whose pixels are damaged or missing"),
    ('logo = "s.svg"', SVG.replace("<rect", "<script>x()</script><rect").encode(), 'found the element "script"'),
    ('logo = "o.svg"', SVG.replace("<svg", '<svg onload="x()"').encode(), 'found the attribute "onload"'),
    ('logo = "i.svg"', SVG.replace("<rect", '<image href="http://a.b/c.png"/><rect').encode(), "the element"),
    ('logo = "u.svg"', SVG.replace("<rect", '<rect fill="url(http://a.b/)"').encode(), "style that fetches something"),
    ('logo = "c.svg"', SVG.replace("<rect", "<style>@import 'x'</style><rect").encode(), "that fetches something"),
    ('logo = "d.svg"', b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.encode(), "without a document type of its own"),
    ('logo = "h.svg"', b"<html/>", 'found a file whose first element is "html"'),
    ('logo = "x.svg"', b"<svg", "expected an SVG file, found no XML"),
    ('logo = "z.svg"', b'<svg xmlns="http://www.w3.org/2000/svg"/>', "expected an SVG file with a width and a height"),
    ('logo = "w.svg"', sized('width="100000in" height="9in"'), "less than 100000 units a side, found a larger one"),
    ('logo = "i.svg"', sized('width="9999in" height="9in"'), "from 1 to 10000 pixels, found one of 9999in x 9in"),
    ('logo = "t.svg"', sized('width="0.001" height="9999"'), "from 1 to 10000 pixels, found one of 0.001 x 9999"),
    ('logo = "p.svg"', sized('width="99999%" height="9" viewBox="0 0 9 9"'), "from 1 to 10000 pixels"),
    ('logo = "l.svg"', SVG.replace("<rect", f"<text>{'A ' * 9000}</text><rect").encode(), "2000 letters of text"),
    ('logo = "r.svg"', SVG.replace("<rect", f"<style>{'r,' * 9000}r{{}}</style>{'<g/>' * 900}<rect").encode(),
     "expected an SVG file with few rules of style"),
    ('logo = "f.svg"', SVG.replace("<rect", '<path d="M0 0A1e9 1e9 0 1 1 9 9"/><rect').encode(), "a million or more"),
    ('logo = "n.svg"', SVG.replace("<rect", f"{'<g>' * 9000}{'</g>' * 9000}<rect").encode(), "can be drawn"),
    ('logo = "profile.png"', png(piece=(b"iCCP", b"x\0\0" + BOMB)), "one whose notes are damaged or grow without end"),
    ('logo = "note.png"', png(piece=(b"iTXt", b"x\0\1\0\0\0" + BOMB)), "damaged or grow without end"),
    ('course = ""', None, "course: expected a text that is not empty"),
    ('course = "a\\u202eb"', None, "course: expected one line of text without control or invisible characters"),
    ('cours = "a"', None, 'Did you mean "course"?'),
    ('time = "long"', None, 'time: expected minutes from 1 to 600, or "estimate", found "long"'),
    ('language = "Deutsch!"', None, "language: expected the code of a language"),
    ("[points]\nlos = 1", None, 'Did you mean "loss"?'),
    ("[points]\nloss = 0", None, "points.loss: expected a number of 1 or more"),
    ('[points]\n"1" = 2', None, "expected at least 4 points for question 1, one for each answer, found 2"),
    ('[points]\n"99" = 2', None, 'expected a question from 1 to 10, found "99"'),
    ('[words]\nformm = "x"', None, 'Did you mean "form"?'),
    ('[words]\npage = "Seite {page}"', None, 'expected a text with {page} and {pages}, found "Seite {page}"'),
    ('[words]\nform = "{page}"', None, "words.form: expected no place in braces"),
    ('[words]\nanswer = "A1:"', None, "words.answer: expected at most 60 letters and signs"),
    ('[words]\nform = 3', None, "words.form: expected a text in quotation marks, found 3"),
    ("[sheet]\ncourse = 'a'\n[sheet.x]", None, "expected only these keys"),
    ('[words]\nloss = "L{loss}{formula}{note}"', None, "words.loss: expected a blank between words and a formula"),
    ('[words]\nsetting_lr = "eta{value}"', None, "words.setting_lr: expected a blank between"),
    ('[words]\nand = "und"', None, "words.and: expected a blank between"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "logo", "said"), BAD, ids=[row[0][:24] for row in BAD])
def test_one_message_and_nothing_written(text: str, logo: bytes | None, said: str, tmp_path: Path) -> None:
    (tmp_path / "head.toml").write_text(text, "utf-8")
    if logo is not None:
        (tmp_path / text.split('"')[1]).write_bytes(logo)
    arguments = ["worksheet", "mazur", "--head", str(tmp_path / "head.toml"), "--format", "html", "-o"]
    result = CliRunner().invoke(main, [*arguments, str(tmp_path / "out")])
    assert result.exit_code == 2 and said in result.output and "Traceback" not in result.output, result.output
    assert not (tmp_path / "out").exists()


def test_a_head_file_is_told_where_it_is_wrong(tmp_path: Path) -> None:
    for name, said in (("head.txt", "whose name ends in .toml or .json"), ("none.toml", "no file of this name")):
        with pytest.raises(InputError, match=said):
            dressed(read_problem("mazur"), str(tmp_path / name))
    (tmp_path / "twice.toml").write_text('course = "a"\n[sheet]\ncourse = "b"\n')
    with pytest.raises(InputError, match="every key once"):
        dressed(read_problem("mazur"), str(tmp_path / "twice.toml"))


def test_a_good_logo_is_one(tmp_path: Path) -> None:
    noted = png(piece=(b"iTXt", b"x\0\0\0\0\0made by hand"))
    corel = sized('width="21cm" height="9cm" viewBox="0 0 21000 9000"')
    rows = (("a.png", png(), "png"), ("b.dat", SVG.encode(), "svg"), ("c.PNG", png(), "png"))
    for name, content, kind in (*rows, ("d.png", noted, "png"), ("e.svg", corel, "svg")):
        (tmp_path / name).write_bytes(content)
        assert read_logo(name, str(tmp_path / "head.toml")).kind == kind


def test_a_head_says_over_a_problem(tmp_path: Path) -> None:
    """What the head leaves out stays as the problem has it."""
    (tmp_path / "head.toml").write_text('course = "B"\n[words]\nform = "F"\n')
    problem = with_sheet({"course": "A", "term": "T"}, words={"form": "E", "name": "N"})
    found, logo = dressed(problem, str(tmp_path / "head.toml"), ("large",))
    assert (found.sheet.course, found.sheet.term, found.sheet.large, logo) == ("B", "T", True, None)
    assert found.words == {"form": "F", "name": "N"}


def test_large_print_keeps_inside_its_page() -> None:
    """The table of points in two parts, no wider than the text; the legend of a key in letters that fit its foot."""
    sheet = compile_sheet(with_sheet({"grade_table": True, "large": True}))
    numbers = sheet.numbers()
    head = str(sheet.file(numbers, "md")).partition("## Question 1")[0]
    rows = [line.count("|") - 1 for line in head.splitlines() if line.startswith("| Question")]
    assert rows == [7, 6]
    assert r"\fontsize{8}{9.6}\selectfont \textbf{Beside the boxes:}" in str(sheet.file(numbers, "tex", key=True))
    pymupdf = pytest.importorskip("pymupdf", reason="needs pymupdf: run .venv/bin/pip install -e '.[test]'")
    page = pymupdf.open(stream=typst_pdf(str(sheet.file(numbers, "typ", key=True))))[0]
    words = [word for word in page.get_text("words") if word[3] < page.rect.height / 2]
    assert max(word[2] for word in words) <= page.rect.width - 19 * 72 / 25.4
    assert "Question" in {word[4] for word in words}  # and no number stands in it


# -- words

SAID = [("mazur", {}), ("netflow", {"form": "matrix", "blanks": "all"}), ("rohan-relu", {"blanks": "all"}),
        ("rohan-relu", {"form": "delta"}), ("caispp", {"form": "chain", "blanks": "formulas"}),
        ("rohan", {"form": "matrix", "blanks": "all"})]  # fmt: skip


def foreign(text: str) -> str:
    """A phrase in a language of one letter, with its places and its blanks."""
    inside = " ".join(["ж", *(f"{{{name}}}" for name in re.findall(r"\{(\w+)\}", text)), "ж"])
    return f"{' ' * text.startswith(' ')}{inside}{' ' * text.endswith(' ')}"


@pytest.mark.parametrize(("name", "options"), SAID)
@pytest.mark.parametrize("key", [False, True])
def test_every_phrase_can_be_worded(name: str, options: dict[str, Any], key: bool) -> None:
    """With all phrases in another language nothing English is left but names, the title and what notes say."""
    words = {phrase: foreign(text) for phrase, text in phrases().items()}
    problem = with_sheet({}, name, words=words).model_copy(update={"title": "ж"})
    sheet = compile_sheet(problem, SheetOptions(**options))
    numbers = sheet.numbers()
    document = str(sheet.file(numbers, "md", key=key)).replace(numbers.form, "")
    for remark in sheet.remarks:  # they are the program's own words to the instructor
        document = document.replace(str(format_of("md").text(remark)), "")
    text = re.sub(r"`[^`]*`|\$\$.*?\$\$|\$[^$]*\$", "", document, flags=re.DOTALL)
    named = {word for box in sheet.boxes for word in re.findall(r"[A-Za-z]{3,}", box.name)}
    assert set(re.findall(r"[A-Za-z]{3,}", text)) <= named


@pytest.mark.parametrize("format", FORMATS)
def test_a_picture_is_worded(format: str) -> None:
    """What stands above, in and below the picture of the network is in the words of the sheet."""
    said = {"figure": "Abbildung", "figure_shows": "zeigt das Netz.", "input_layer": "eingabe", "title_loss": "Verlust",
            "hidden_layer": "innere Schicht", "output_layer": "ausgabe"}  # fmt: skip
    sheet = compile_sheet(with_sheet({}, words=said), SheetOptions(pictures="x"))
    text = str(sheet.file(sheet.numbers(), format))
    assert "Abbildung 1 zeigt das Netz." in text and not re.search(r"Figure.1|Hidden layer|shows the network", text)
    below = {"md": "**Abbildung 1.**", "html": "<strong>Abbildung 1.</strong>", "typ": "[Abbildung 1]",
             "tex": r"\renewcommand{\figurename}{Abbildung}"}  # fmt: skip
    assert below[format] in text
    drawing = next(str(drawn) for drawn in sheet.pictures().values())
    for label in ("Eingabe", "Innere Schicht", "Ausgabe", "Verlust"):
        assert label in drawing and (format == "md" or label in text)


def test_points_and_form_stay_on_one_line() -> None:
    """In large print a heading takes two lines; neither its points nor the form id are broken between them."""
    both = together("mazur", "hmkcode")
    found = re.findall(r"^==? .*#h\(1fr\) (.*)$", str(both.file("typ")), re.MULTILINE)
    assert len(found) == 21 and all(rest.startswith("#box(text(") for rest in found)


NOTES: list[tuple[str, dict[str, Any], str | None]] = [
    (
        "mazur",
        {},
        "carried: the answer if every result is rounded before it is used; a to b: what correct work can reach",
    ),
    ("caispp", {}, "unrounded: the answer if nothing is rounded on the way; a to b: what correct work can reach"),
    ("mazur", {"find": 1}, "a to b: what correct work can reach"),
    ("mazur", {"choice": 3}, None),
    ("mazur", {"ask": ("shapes",)}, None),
    (
        "mazur",
        {"ask": ("shapes", "loss")},
        "carried: the answer if every result is rounded before it is used; a to b: what",
    ),
]


@pytest.mark.parametrize(("name", "options", "said"), NOTES)
def test_a_key_explains_the_notes_that_it_has(name: str, options: dict[str, Any], said: str | None) -> None:
    sheet = compile_sheet(name, SheetOptions(**options))
    key = str(sheet.file(sheet.numbers(), "md", key=True))
    assert (f"**Beside the boxes:** {said}" in key) if said else "Beside the boxes" not in key
    assert ("carried" in key) == (said is not None and said.startswith("carried"))
    assert ("**Rounding.**" in key) == (options.get("ask") != ("shapes",))


def test_the_usual_words_are_the_table() -> None:
    """A phrase is what the table says, and no key is only in the table."""
    used = {
        key for path in Path(derive.__file__).parent.rglob("*.py") for key in re.findall(r'"(\w+)"', path.read_text())
    }
    families = ("activation_", "loss_", "drawn_", "decay_", "batch_", "setting_", "the_", "ask_", "find_")
    templates = "".join(path.read_text() for path in Path(derive.__file__).parents[1].glob("templates/*/*"))
    told = {key for key in PHRASES if key in used or key.startswith(families) or f"words.{key}" in templates
            or f'"{key}"' in templates}  # fmt: skip
    rest = {"input_alone", "output_alone", "hidden_unit_alone", "input_numbered", "output_numbered",
            "hidden_unit_numbered", "first_units", "first_weights", "inputs", "outputs", "units", "hidden_units",
            "decimals"}  # fmt: skip
    assert set(PHRASES) - told <= rest
    assert Wording()("page", page="1", pages="2") == "page 1 of 2" and len(PHRASES) > 100
    for key, text in phrases().items():
        checked_wording(key, text)


def test_the_command_lists_them() -> None:
    result = CliRunner().invoke(main, ["words"])
    listed = tomllib.loads(result.output)["words"]
    assert (
        result.exit_code == 0
        and listed == phrases() | mistake_phrases()
        and places(listed["page"]) == {"page", "pages"}
    )


def test_answers_in_other_words_are_read(tmp_path: Path) -> None:
    """A sheet whose words nobody here speaks is read by its form id, the labels and the names between backticks."""
    words = {"answer": "إجابة", "form": "نموذج", "name": "الاسم", "identifier": "رقم"}
    problem = with_sheet({"language": "ar"}, words=words)
    sheet = compile_sheet(problem)
    key = str(sheet.file(sheet.numbers(), "md", key=True)).replace("________________", "Ada", 1)
    (tmp_path / "filled.md").write_text(re.sub(r"= \*\*(\S+)\*\* \(.*$", r"= \1", key, flags=re.MULTILINE), "utf-8")
    (found,) = derive.check(problem, tmp_path / "filled.md").sheets
    assert found.all_right and found.count("exact", "rounded") == len(sheet.boxes)
    assert (found.student, found.form) == ("Ada", sheet.numbers().form)
    html, page = (str(sheet.file(sheet.numbers(), format)) for format in ("html", "typ"))
    assert '<html lang="ar" dir="rtl">' in html and '#set text(lang: "ar")' in page
    assert typst_pdf(page).startswith(b"%PDF")


def test_letters_without_a_font_are_told(tmp_path: Path) -> None:
    (tmp_path / "head.toml").write_text('course = "深度学习"\n', "utf-8")
    arguments = ["worksheet", "mazur", "--head", str(tmp_path / "head.toml"), "--format", "tex", "-o", str(tmp_path)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0 and "LaTeX shows no Chinese characters: code points such as [U+6DF1]" in result.output


# -- size, boxes alone, fragments, several problems


@pytest.mark.parametrize("format", FORMATS)
def test_boxes_alone(format: str) -> None:
    """The same boxes with the same answers, and nothing that is given or to be worked in."""
    sheet, whole = compile_sheet(with_sheet({"answers_only": True})), compile_sheet("mazur")
    assert [box.label for box in sheet.boxes] == [box.label for box in whole.boxes]
    assert sheet.numbers().rows == whole.numbers().rows
    text = str(sheet.file(sheet.numbers(), format))
    assert "learning rate" not in text and all(box.label in text for box in sheet.boxes)


def test_large_print(tmp_path: Path) -> None:
    sheet = compile_sheet(with_sheet({"large": True}))
    numbers = sheet.numbers()
    page = str(sheet.file(numbers, "typ"))
    assert "#set text(size: 18pt)" in page and typst_pdf(page).startswith(b"%PDF")
    assert sheet.file(numbers, "md") == compile_sheet("mazur").file(numbers, "md")
    need("pdflatex")
    compile_tex(str(sheet.file(numbers, "tex")), tmp_path)


def pasted(fragment: str, format: str) -> str:
    """A small document around a fragment, as the comment of the fragment asks for it."""
    if format == "tex":
        load = "\n".join(line[4:] for line in fragment.splitlines() if line.startswith("%   "))
        return f"{load}\n\\begin{{document}}\nMine.\n\n{fragment}\nAgain.\n\n{fragment}\n\\end{{document}}\n"
    return f'#set document(title: "x")\n#set heading(numbering: "A.")\n= Mine\n{fragment}\n= After\n{fragment}'


@pytest.mark.parametrize("kind", ["solution", "worksheet"])
def test_fragments_stand_in_other_documents(kind: str, tmp_path: Path) -> None:
    """Twice in one document, in LaTeX and in Typst; HTML is well-formed and keeps its style to itself."""
    solution, sheet = derive.solve("hmkcode"), compile_sheet("hmkcode")
    found = {
        format: solution.render(format, fragment=True)
        if kind == "solution"
        else sheet.fragment(sheet.numbers(), format)
        for format in FORMATS
    }
    assert "documentclass" not in re.sub(r"^%.*$", "", found["tex"], flags=re.MULTILINE)
    assert "#set page" not in found["typ"] and "<html" not in found["html"] and "\n# " not in found["md"]
    assert typst.compile(pasted(found["typ"], "typ").encode(), format="pdf", pdf_standards="ua-1")
    page = xml.dom.minidom.parseString(re.sub(r"<!--.*?-->", "", found["html"], flags=re.DOTALL))
    style = page.getElementsByTagName("style")[0].firstChild
    rules = re.findall(r"(?:^|[{}])\s*([^{}@]+?)\s*\{", str(style.nodeValue)) if style is not None else []
    assert len(rules) > 30 and all(one.strip().startswith(".derive") for rule in rules for one in rule.split(","))
    need("pdflatex")
    compile_tex(pasted(found["tex"], "tex"), tmp_path)


def test_what_comes_after_a_fragment_looks_as_before(tmp_path: Path) -> None:
    """Headings keep the numbers of their document, and questions of one's own the look of theirs."""
    pymupdf = pytest.importorskip("pymupdf", reason="needs pymupdf: run .venv/bin/pip install -e '.[test]'")
    solution, sheet = derive.solve("hmkcode").render("typ", fragment=True), compile_sheet("hmkcode")
    source = f'#set document(title: "x")\n#set heading(numbering: "A.")\n= Mine\n{solution}\n= After'
    with pymupdf.open(stream=typst.compile(source.encode(), format="pdf")) as document:
        headings = "".join(page.get_text() for page in document)
    assert "C. Forward pass" in headings and "H. After" in headings.replace("I. After", "H. After")
    need("pdflatex")
    before, _, after = pasted(sheet.fragment(sheet.numbers(), "tex"), "tex").rpartition("Again.")
    own = "\\begin{questions}\\question[2] Mine.\\end{questions}\n"
    assert compile_tex(f"{before}{own}\\end{{document}}\n", tmp_path) and after
    (pdf,) = tmp_path.rglob("page.pdf")
    with pymupdf.open(pdf) as document:
        assert "1. (2 points) Mine." in document[-1].get_text()


def test_fragments_are_refused_where_there_are_none(tmp_path: Path) -> None:
    for arguments, said in (
        (
            ["solve", "mazur", "--fragment", "--format", "pdf"],
            "tex, typ, md, html, qmd or myst with --fragment",
        ),
        (["worksheet", "mazur", "--fragment", "--variants", "2"], "expected a single worksheet with --fragment"),
    ):
        result = CliRunner().invoke(main, [*arguments, "-o", str(tmp_path / "out")])
        assert result.exit_code == 2 and said in result.output and not (tmp_path / "out").exists()
    result = CliRunner().invoke(main, ["worksheet", "mazur", "--fragment", "-o", str(tmp_path / "out")])
    assert result.exit_code == 0 and (tmp_path / "out" / "mazur.worksheet.fragment.tex").exists()


def together(*names: str) -> Sheets:
    sheets: list[Any] = []
    for name in names:
        sheets.append(own_sheet(name, first=1 + sum(len(sheet.body.questions) for sheet in sheets)))
    return Sheets(sheets)


def test_several_problems_are_one_sheet(tmp_path: Path) -> None:
    """Numbered through, with the points of all; both engines take it, and every part is judged by its own form."""
    sheet = together("mazur", "hmkcode")
    for format in FORMATS:
        text = str(sheet.file(format))
        assert all(numbers.form in text for numbers in sheet.numbers) and "Problem 2" in text, format
    key = str(sheet.file("md", key=True))
    labels = re.findall(r"^Answer (\d+)([a-z]+):", key, re.MULTILINE)
    assert len(set(labels)) == len(labels) == sum(len(one.boxes) for one in sheet.sheets)
    assert sorted({int(number) for number, _ in labels}) == list(range(1, len({n for n, _ in labels}) + 1))
    assert f"{sum(one.body.points for one in sheet.sheets)} points" in key
    assert bytes(sheet.file("pdf")).startswith(b"%PDF")  # type: ignore[arg-type]
    filled = re.sub(r"= \*\*(\S+)\*\* \(.*$", r"= \1", key, flags=re.MULTILINE).replace("________________", "Ada", 1)
    (tmp_path / "filled.md").write_text(filled, "utf-8")
    for one, numbers in zip(sheet.sheets, sheet.numbers, strict=True):
        found = derive.check(one.problem, tmp_path / "filled.md")
        (marked,) = found.sheets
        assert (marked.form, marked.student, marked.all_right) == (numbers.form, "Ada", True)
        assert marked.count("exact", "rounded") == len(one.boxes)
        assert any("was not judged" in str(error) for error in found.faults)
    need("pdflatex")
    compile_tex(str(sheet.file("tex")), tmp_path)


def test_the_command_takes_several(tmp_path: Path) -> None:
    arguments = ["worksheet", "mazur", "hmkcode", "--format", "md,csv", "-o", str(tmp_path)]
    result = CliRunner().invoke(main, arguments)
    labels = re.findall(r"^Answer (\d+)[a-z]+:", (tmp_path / "mazur-hmkcode.key.md").read_text("utf-8"), re.MULTILINE)
    assert result.exit_code == 0 and list(map(int, labels)) == sorted(map(int, labels)) and int(labels[-1]) > 15
    refused = CliRunner().invoke(main, ["worksheet", "mazur", "hmkcode", "--variants", "2", "-o", str(tmp_path)])
    assert refused.exit_code == 2 and "expected one problem for a class set" in refused.output


def test_a_class_set_has_the_head(tmp_path: Path) -> None:
    """In the sheets and keys of everybody, with the logo beside; it is marked with the points of the head."""
    (tmp_path / "logo.png").write_bytes(png())
    (tmp_path / "head.toml").write_text('course = "Course B"\nlogo = "logo.png"\n[points]\nforward = 2\n', "utf-8")
    made = derive.worksheets("hmkcode", 2, seed=7, format=["md", "tex", "html"], output=tmp_path / "set",
                             head=str(tmp_path / "head.toml"))  # fmt: skip
    pages = sorted((tmp_path / "set").glob("*s/*.*"))
    assert made.count == 2 and len(pages) == 12 and all("Course B" in page.read_text("utf-8") for page in pages)
    assert (tmp_path / "set" / "logo.png").read_bytes() == png()
    assert "](../logo.png)" in (tmp_path / "set" / "worksheets" / "0001.worksheet.md").read_text("utf-8")
    key = (tmp_path / "set" / "keys" / "0001.key.md").read_text("utf-8").replace("________________", "Ada", 1)
    filled = re.sub(r"= \*\*(\S+)\*\* \(.*$", r"= \1", key, flags=re.MULTILINE)
    (tmp_path / "filled.md").write_text(filled, "utf-8")
    found = derive.check(tmp_path / "set", tmp_path / "filled.md", marks=True)
    assert found.sheets[0].all_right and "2 points" in key
    again = derive.worksheets("hmkcode", 2, seed=7, format=["md", "tex", "html"], output=tmp_path / "set",
                              head=str(tmp_path / "head.toml"))  # fmt: skip
    assert again.kept == again.files


def test_tables_agree() -> None:
    assert [topic for topic in SPEC_TOPICS if topic in TOPICS] == list(TOPICS)
    assert set(SPEC_TOPICS) == {*TOPICS, *ELEMENT_TOPICS}
    keys = problem_schema()["$defs"]["SheetHead"]["properties"]
    assert {"course", "logo", "points"} <= set(keys) and all("description" in entry for entry in keys.values())


def test_colours_can_be_chosen(tmp_path: Path) -> None:
    """As for a solution: black, by role, and weights by unit; in the key and in LaTeX as well."""
    made: dict[str, str] = {}
    for said in ("--no-colour", "--colour none", "--colour role", "--colour unit"):
        folder = tmp_path / said.replace(" ", "")
        arguments = ["worksheet", "mazur", *said.split(), "--format", "tex,html", "-o", str(folder)]
        assert CliRunner().invoke(main, arguments).exit_code == 0
        made[said] = "".join(path.read_text("utf-8") for path in sorted(folder.iterdir()))
    assert made["--no-colour"] == made["--colour none"]
    assert len(set(made.values())) == 3
    painted = 'class="q-unita"'
    assert painted in made["--colour unit"] and painted not in made["--colour role"] + made["--no-colour"]
    assert 'class="q-weight"' in made["--colour role"] and 'class="q-weight"' not in made["--no-colour"]
    refused = CliRunner().invoke(main, ["worksheet", "mazur", "--colour", "pink", "-o", str(tmp_path / "no")])
    assert refused.exit_code == 2 and "role, unit, none" in refused.output.replace(" or ", ", ")


def test_an_unknown_key_of_the_head_is_told_in_both_kinds_of_problems(tmp_path: Path) -> None:
    for name in ("mazur", "circuit"):
        path = tmp_path / f"{name}.toml"
        path.write_text(f"{example_text(name)}\n[sheet]\ncours = 'CS 1'\n", "utf-8")
        with pytest.raises(InputError, match="course"):
            derive.solve(path)
