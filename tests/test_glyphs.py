"""Names that the fonts at hand cannot show: what lacks, and how it is told."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from derive.cli import main
from derive.render import pdf
from derive.render.parting import AS_IS, Spaced
from derive.variants.glyphs import script_of, unshown_names
from derive.variants.tasks import Task
from derive.worksheet import Header, compile_sheet

CLASS = [
    Task("17", "17", "Ada", "17"),
    Task("18", "18", "李娜", "18"),
    Task("ᚠ1", "ᚠ1", "Bo 李", "f1"),
]


def test_the_student_and_the_script_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence for each script; none where nothing lacks, or where no fonts are used."""
    monkeypatch.setattr("derive.variants.glyphs.unshown", lambda texts, engine: set("李娜ᚠ"))
    assert list(unshown_names(CLASS, ("pdf", "md"), "typst")) == [
        "no font on this machine shows Chinese characters: code points such as [U+674E] stand on the sheet of "
        "李娜 (18) and Bo 李 (ᚠ1)",
        "no font on this machine shows Runic: code points such as [U+16A0] stand on the sheet of Bo 李 (ᚠ1)",
    ]
    assert list(unshown_names(CLASS, ("md", "html"), "typst")) == []
    many = [Task(str(k), str(k), "李", str(k)) for k in range(40)]
    assert next(unshown_names(many, ("pdf",), "typst")).endswith("李 (9) and 30 more")
    monkeypatch.setattr("derive.variants.glyphs.unshown", lambda texts, engine: set())
    assert list(unshown_names(CLASS, ("pdf", "tex"), "typst")) == []


def test_latex_lacks_more() -> None:
    told = list(unshown_names(CLASS, ("tex",), "typst"))
    assert told[0].startswith("LaTeX shows no Chinese characters: code points such as [U+674E] stand on")
    assert [sentence.split(":")[0] for sentence in told] == [
        "LaTeX shows no Chinese characters",
        "LaTeX shows no Runic",
    ]
    sheet = compile_sheet("hmkcode")
    assert "U+674E" in sheet.worksheet(sheet.numbers(), "tex", Header("李娜"))


NAME = "李娜 محمد \U0001303f ᚠ Łukasz"


def test_what_is_told_is_what_the_sheet_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever fonts this machine has: the letters that are told are those that the PDF shows as code points."""
    sheet = compile_sheet("hmkcode")
    compiled, lacked = pdf._compile, list[str]()

    def spy(source: str, own_fonts: bool, lacking: str = "", spaced: Spaced = AS_IS) -> bytes:
        lacked.append(lacking)
        return compiled(source, own_fonts, lacking, spaced)

    monkeypatch.setattr(pdf, "_compile", spy)
    pdf.typst_pdf(sheet.worksheet(sheet.numbers(), "typ", Header(NAME)))
    shown_as_code_points = set(lacked[-1])
    assert pdf.unshown([NAME], "typst") == shown_as_code_points
    assert pdf.unshown(["Łukasz Ωμέγα Жанна Zoë"], "typst") == set()
    assert pdf.unshown([NAME], "latex") == {*NAME} - {*"Łukasz "}


def test_the_command_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("derive.variants.glyphs.unshown", lambda texts, engine: set("李"))
    roster = tmp_path / "class.csv"
    roster.write_text("id,name\n18,李 Na\n", "utf-8")
    call = ["worksheet", "hmkcode", "--roster", str(roster), "--format", "pdf", "-o", str(tmp_path / "set")]
    done = CliRunner().invoke(main, call)
    assert done.exit_code == 0 and "derive: no font on this machine shows Chinese characters: " in done.stderr
    assert "李 Na (18)" in done.stderr


def test_scripts() -> None:
    assert [script_of(c) for c in "กქאあ한"] == ["Thai", "Georgian", "Hebrew", "Japanese", "Korean"]
