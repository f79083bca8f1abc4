"""Word documents: the document in pandoc's own XML, made into .docx by the `pypandoc-binary` package.

Pandoc writes each formula as a native equation of Word. Its source is a tree and not a language with markup, so that
no title can hold a command; it runs in its sandbox, where it reads and writes no file and no address. Afterwards the
size of the paper and the look of remarks, which pandoc takes from no source, are put into the archive. The same
source gives the same bytes.
"""

from __future__ import annotations

import io
import re
import subprocess
import zipfile

from derive.errors import InputError, shorten
from derive.formula import Tex

SECONDS = 120
"""How long pandoc may take."""

EXTRA = "derive-backprop[docx]"

PAPER_SIZES = {"a4": (11906, 16838, 1134), "letter": (12240, 15840, 1301)}
"""Width, height and the margins at the sides, in twentieths of a point: lines of 170 mm."""

_STYLES = {
    "Remark": "<w:pPr><w:keepLines/>"
    '<w:pBdr><w:left w:val="single" w:sz="18" w:space="8" w:color="999999"/></w:pBdr>'
    '<w:spacing w:before="60" w:after="60"/><w:ind w:left="284"/></w:pPr>',
    "Colophon": '<w:pPr><w:spacing w:before="480"/></w:pPr><w:rPr><w:sz w:val="18"/></w:rPr>',
}
"""How the paragraphs look that have a style of their own; pandoc knows only its name."""


class WordTex(Tex):
    r"""TeX that pandoc makes into Word's equations: brackets come in pairs, which an exponent may follow.

    >>> from derive.formula.dialect import ATOM, Printed
    >>> WordTex().bracket(Printed("a", ATOM, 0.6)).text
    '\\left(a\\right)'
    """

    def brackets(self, tall: bool) -> tuple[str, str]:
        return super().brackets(tall=True)


def find_pandoc() -> str:
    """The path of pandoc; an installation without the extra is a mistake that its user can mend."""
    try:
        import pypandoc

        return str(pypandoc.get_pandoc_path())
    except (ImportError, OSError):
        hint = f"run: pip install '{EXTRA}'"
        raise InputError("pandoc, which makes Word documents", "none", place="--format docx", hint=hint) from None


def docx(source: str, paper: str = "a4") -> bytes:
    """The Word document of a solution in pandoc's XML; `paper` is "a4" or "letter".

    Raises `InputError` without pandoc, and for a pandoc that is too old to read the source.
    """
    command = [find_pandoc(), "--sandbox", "--fail-if-warnings", "--from=xml", "--to=docx", "--output=-"]
    try:
        run = subprocess.run(command, input=source.encode(), capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise InputError(f"pandoc to end within {SECONDS} s", "no end", place="--format docx") from None
    if run.returncode:
        said = shorten(run.stderr.decode("utf-8", "replace").strip(), 200)
        hint = f"a newer pandoc may help: pip install --upgrade '{EXTRA}'"
        raise InputError("a pandoc that makes the document", said, place="--format docx", hint=hint)
    return finished(run.stdout, paper)


def finished(archive: bytes, paper: str) -> bytes:
    """Pandoc's archive with a size of paper, the styles of our own, and formulas in cells placed as their column is."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "word/document.xml":
                content = _document(content.decode(), paper).encode()
            elif entry.filename == "word/styles.xml":
                content = _styles(content.decode()).encode()
            new.writestr(entry, content)
    return result.getvalue()


_CELL_FORMULA = re.compile(r'(<w:jc w:val="(left|right)" ?/></w:pPr><m:oMathPara><m:oMathParaPr><m:jc m:val=)"center"')
_ADDRESS = re.compile(r'(?<=<pic:cNvPr) descr="data:[^"]*"|(?<= descr=")data:[^"]*(?=")')
"""What pandoc calls a picture that has no name: all its bytes once more."""
_NUMBER_CELL = re.compile(
    r"<w:tcPr ?/>(?=<w:p><w:pPr>(?:(?!</w:pPr>).)*</w:pPr><w:r><w:t[^>]*>\(\d+\)</w:t></w:r></w:p></w:tc>)"
)


def _document(xml: str, paper: str) -> str:
    width, height, side = PAPER_SIZES[paper]
    sides = f'w:right="{side}" w:bottom="1418" w:left="{side}"'
    margins = f'<w:pgMar w:top="1418" {sides} w:header="709" w:footer="709" w:gutter="0"/>'
    page = f'<w:pgSz w:w="{width}" w:h="{height}"/>{margins}</w:sectPr>'
    xml = _ADDRESS.sub("", _CELL_FORMULA.sub(r'\1"\2"', xml))
    xml = _NUMBER_CELL.sub('<w:tcPr><w:vAlign w:val="center"/></w:tcPr>', xml)
    return _once(xml, "</w:sectPr>", page)


def _styles(xml: str) -> str:
    for size in ("sz", "szCs"):
        xml = _once(xml, f'<w:{size} w:val="24" />', f'<w:{size} w:val="22" />')
    for name, look in _STYLES.items():
        xml = re.sub(rf'(w:styleId="{name}">(?:(?!</w:style>).)*)</w:style>', rf"\1{look}</w:style>", xml)
    return xml


def _once(text: str, old: str, new: str) -> str:
    """The text with its last `old` replaced; one that lacks it comes from a pandoc that we do not know."""
    before, found, after = text.rpartition(old)
    if not found:
        raise InputError("a document of a known form from pandoc", f"one without {old}", place="--format docx")
    return f"{before}{new}{after}"
