"""Word documents: native equations, tables and headings from pandoc; and what is said without it."""

import io
import re
import sys
import xml.etree.ElementTree as ET
import zipfile
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from click.testing import CliRunner
from tools import need

import derive
from derive.cli import main
from derive.reading import example_text, parse_problem

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MATHS = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"


def parts(document: bytes) -> tuple[ET.Element, dict[str, str]]:
    """The body of a Word document, and every XML file in it, each well-formed."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        assert archive.testzip() is None
        names = [name for name in archive.namelist() if not name.startswith("word/media/")]
        files = {name: archive.read(name).decode() for name in names}
    for text in files.values():
        ET.fromstring(text)
    return ET.fromstring(files["word/document.xml"]), files


@cache
def word_document(name: str, form: str | None) -> bytes:
    return derive.solve(name, form=form).docx()


def words(element: ET.Element) -> str:
    """All that stands in an element, formulas among it."""
    return "".join(node.text or "" for node in element.iter() if node.tag in (f"{WORD}t", f"{MATHS}t"))


@pytest.mark.parametrize(
    ("name", "form"), [("mazur", None), ("caispp", None), ("rohan-relu", None), ("rohan", "index")]
)
def test_every_formula_is_an_equation(name: str, form: str | None) -> None:
    """As many native equations as the source has formulas; nothing is left as TeX, and no warning is given."""
    need("pypandoc")
    solution = derive.solve(name, form=form)
    source = solution.render("pandoc")
    body, _ = parts(word_document(name, form))
    assert len(list(body.iter(f"{MATHS}oMath"))) == source.count("<Math ")
    assert [mark for mark in ("\\", "$", "{", "}", "^") if mark in words(body)] == []
    assert len(list(body.iter(f"{WORD}tbl"))) == source.count("<Table>")
    styles = [style.get(f"{WORD}val", "") for style in body.iter(f"{WORD}pStyle")]
    assert sum(style.startswith("Heading") for style in styles) == source.count("<Header ")
    assert {"Title", "Heading1", "Heading2"} <= set(styles)


def test_lines_are_aligned_and_equations_numbered() -> None:
    """Several lines are one array, aligned by its marks; the number stands in a cell beside it."""
    need("pypandoc")
    body, _ = parts(word_document("mazur", None))
    arrays = list(body.iter(f"{MATHS}eqArr"))
    assert len(arrays) > 10
    for array in arrays:
        rows = array.findall(f"{MATHS}e")
        assert len(rows) > 1
        assert all("&" in words(row) for row in rows)
    numbers = re.findall(r"\\tag\{(\d+)\}", derive.solve("mazur").render("md"))
    cells = [words(row.findall(f"{WORD}tc")[-1]) for row in body.iter(f"{WORD}tr")]
    assert [cell for cell in cells if re.fullmatch(r"\(\d+\)", cell)] == [f"({number})" for number in numbers]


def test_formulas_are_built_as_word_builds_them() -> None:
    """An exponent belongs to a whole bracket, not to its last sign; lines of a derivation begin at its left."""
    need("pypandoc")
    body, _ = parts(word_document("mazur", None))
    bases = [words(power[0]) for power in body.iter(f"{MATHS}sSup")]
    assert len(bases) > 5
    assert ")" not in bases
    places = {place.get(f"{MATHS}val") for place in body.iter(f"{MATHS}jc")}
    assert places == {"left", "right", "center"}


@pytest.mark.parametrize(("paper", "width"), [("a4", "11906"), ("letter", "12240")])
def test_paper_and_styles(paper: str, width: str) -> None:
    need("pypandoc")
    body, files = parts(derive.solve("mazur").docx(paper))
    (size,) = body.iter(f"{WORD}pgSz")
    assert size.get(f"{WORD}w") == width
    styles = ET.fromstring(files["word/styles.xml"])
    known = [style.get(f"{WORD}styleId") for style in styles.iter(f"{WORD}style")]
    used = {style.get(f"{WORD}val") for style in body.iter(f"{WORD}pStyle")}
    assert len(set(known)) == len(known)
    assert used <= set(known)
    (remark,) = [style for style in styles.iter(f"{WORD}style") if style.get(f"{WORD}styleId") == "Remark"]
    assert remark.find(f"{WORD}pPr/{WORD}pBdr/{WORD}left") is not None


HOSTILE = r"\input{/etc/passwd} $x$ <b>&amp;</b> ![i](/etc/passwd) [l](u) `c` {=html} @cite #h ~~s~~ 😀 漢"


def test_titles_are_only_words() -> None:
    """What a title says stands in the document as it is; nothing is read, run or formatted."""
    need("pypandoc")
    text = re.sub(r'(title|source) = ".*"', lambda match: f"{match[1]} = '{HOSTILE}'", example_text("hmkcode"))
    body, files = parts(derive.solve(parse_problem(text)).docx())
    assert words(body).count(HOSTILE) == 2
    assert f"<dc:title>{escape(HOSTILE)}</dc:title>" in files["docProps/core.xml"]
    pictures = [node.get("descr", "") for node in body.iter() if node.tag.endswith("}docPr")]
    assert len(pictures) > 1
    assert all(HOSTILE in said for said in pictures)


def test_pictures_are_inside() -> None:
    """Each picture stands in the file once, as wide as the page at most, under its caption's number."""
    need("pypandoc")
    solution, document = derive.solve("mazur"), word_document("mazur", None)
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        images = [archive.read(name) for name in archive.namelist() if name.startswith("word/media/")]
    body, files = parts(document)
    assert len(images) == len(solution.pictures()) > 1
    assert all(image.startswith(b"\x89PNG") for image in images)
    assert "base64" not in files["word/document.xml"]
    widths = [int(node.get("cx", 0)) for node in body.iter() if node.tag.endswith("}extent")]
    assert len(widths) == len(images)
    assert max(widths) <= 482 * 12700
    assert words(body).count("Figure 1.") == 1


def test_same_bytes() -> None:
    need("pypandoc")
    assert derive.solve("mazur").docx() == word_document("mazur", None)


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One message that names the extra, exit code 2, and nothing written, not even the formats before it."""
    monkeypatch.setitem(sys.modules, "pypandoc", None)
    run = CliRunner().invoke(main, ["solve", "mazur", "--format", "md,docx", "-o", str(tmp_path / "out")])
    assert (run.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert run.output == (
        "derive: --format docx: expected pandoc, which makes Word documents, found none.\n"
        "Run: pip install 'derive-backprop[docx]'\n"
    )
