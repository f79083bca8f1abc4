"""PDF: Typst source compiled by the `typst` package, or LaTeX source by the pdfTeX of this machine.

Typst writes tagged PDF that passes its check of PDF/UA-1 (accessible PDF), with the fonts inside the package: the same
bytes on every machine. Only words that those fonts cannot show are looked for in the machine's own fonts, and what
those lack too is shown as its code point. Neither way leaves a file behind, uses the network or runs a program that
the source names.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from derive.errors import InputError, shorten
from derive.render.escape import tex_lacks
from derive.render.escape_typst import typst_others, typst_string

ENGINES = ("typst", "latex")

LATEX_SECONDS = 120
"""How long one run of LaTeX may take."""

LEAST_FILLED = Decimal("0.26")
"""The least part of the last page that is filled."""
USUAL, TIGHTER, WIDER = "1", ("0.85", "0.7", "0.55", "0.4"), ("1.15", "1.3", "1.45")
"""By how much the spaces between blocks are multiplied, one after another, until the last page is well filled."""
TEX_TIGHTER = TIGHTER[:2]
"""With less space than this the fractions of LaTeX's displays would touch the words above them."""
OTHERS = ("1.1", "0.9", "1.2", "0.85")
"""Spreads that are tried where a picture stands inside a derivation: other spaces move it past the end of that."""
FLOATING = "bottom"
"""Where pictures without room beside their words float, if at the head of a page they would part a derivation."""
_FILLED, _READING = "<filled>", "<reading>"
INTERRUPTED = "from picture"
"""What is read where a picture stands inside a derivation: the beginning of one, and a picture before its end."""
_PAGE = re.compile(rb"/Type\s*/Page\b")
_MISSING = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_RUST_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)")
_TEX_ERROR = re.compile(r"^! (?! ==>)(?P<message>.*)(?:\n(?!l\.\d|! ).*)*(?:\n(?P<line>l\.\d+.*))?", re.MULTILINE)
_TEX_PAGES = re.compile(r"^Output written on page\.pdf \((\d+) pages?", re.MULTILINE)
_TEX_FILLED = re.compile(r"^filled: ([\d.]+)pt of ([\d.]+)pt$", re.MULTILINE)
_TEX_READING = re.compile(r"^reading: (\w+)$", re.MULTILINE)
_TEX_ENVIRONMENT = {
    # The log's lines are whole; a document reads and writes no file outside its own folder and TeX's.
    "max_print_line": "10000",
    "error_line": "254",
    "half_error_line": "238",
    "openin_any": "p",
    "openout_any": "p",
    # Equal bytes on every run.
    "SOURCE_DATE_EPOCH": "0",
    "FORCE_SOURCE_DATE": "1",
}


def typst_pdf(source: str, spread: str | None = None) -> bytes:
    """The PDF of a Typst document; an error in the source is our bug and raises `typst.TypstError`.

    A few lines that would stand alone on the last page flow back, by less space between the blocks, or where that is
    not enough get company, by more. `spread` says how much space, where it is known from another document of its kind.
    """
    return _set(source)[0] if spread is None else _shown(source, spread)[0]


def spread_of(source: str) -> str:
    """By how much the spaces between the blocks of a document are multiplied, so that its last page is filled."""
    return _set(source)[1]


def _set(source: str) -> tuple[bytes, str]:
    """The PDF of a document, and its spread; pictures float to where they stand inside no derivation, if they can."""
    pdf, spread, fonts = _filled_up(source)
    if "#drawn(" not in source or _READING not in source or not _interrupted(source, fonts, spread):
        return pdf, spread
    pages = _pages(pdf)
    for floating, other in product((FLOATING, "auto"), dict.fromkeys((spread, USUAL, *OTHERS))):
        if _interrupted(source, fonts, other, floating):
            continue
        moved = _compile(source, **fonts, spread=other, floating=floating)
        if _pages(moved) == pages and (pages == 1 or _filled(source, fonts, other, floating) >= LEAST_FILLED):
            return moved, other
    return pdf, spread


def _filled_up(source: str) -> tuple[bytes, str, _Fonts]:
    """The PDF of a document whose last page is filled, its spread, and its fonts."""
    pdf, fonts = _shown(source)
    if _FILLED not in source or (pages := _pages(pdf)) == 1 or _filled(source, fonts) >= LEAST_FILLED:
        return pdf, USUAL, fonts
    for spread in TIGHTER:
        closer = _compile(source, **fonts, spread=spread)
        if _pages(closer) < pages:
            return closer, spread, fonts
    for spread in WIDER:
        wider = _compile(source, **fonts, spread=spread)
        if _pages(wider) == pages and _filled(source, fonts, spread) >= LEAST_FILLED:
            return wider, spread, fonts
    return pdf, USUAL, fonts


MACHINE = "// Letters of this language are looked for in the fonts of the machine."
"""Stands in the source of a page whose letters the fonts inside the typesetter have not, or badly."""


class _Fonts(TypedDict):
    """Which fonts the compiler uses, and the letters that no font has."""

    own_fonts: bool
    lacking: str


def _shown(source: str, spread: str = USUAL) -> tuple[bytes, _Fonts]:
    """The PDF with the fonts that it needs."""
    import typst

    try:
        if MACHINE not in source:
            return _compile(source, own_fonts=True, spread=spread), _Fonts(own_fonts=True, lacking="")
    except typst.TypstError as error:
        if not missing(error.diagnostic):
            raise
    lacking = ""
    while True:
        try:
            pdf = _compile(source, own_fonts=False, lacking=lacking, spread=spread)
            return pdf, _Fonts(own_fonts=False, lacking=lacking)
        except typst.TypstError as error:
            more = missing(error.diagnostic) - set(lacking)
            if not more:
                raise
            lacking += "".join(sorted(more))


def unshown(texts: Iterable[str], engine: str) -> set[str]:
    """The characters of some words for which an engine finds no font on this machine, and shows code points."""
    if engine == "latex":
        return {character for text in texts for character in tex_lacks(text)}
    text = " ".join(text for text in texts if typst_others(text))
    import typst

    found = set[str]()
    while text:
        try:
            _compile(f'#set document(title: "x")\n#"{typst_string(text)}"', own_fonts=False)
            break
        except typst.TypstError as error:
            more = missing(error.diagnostic) & set(text)
            if not more:
                raise
            found |= more
            text = "".join(character for character in text if character not in found)
    return found


def _pages(pdf: bytes) -> int:
    """The number of pages of a PDF of Typst's, which lists them plainly."""
    return len(_PAGE.findall(pdf))


def _filled(source: str, fonts: _Fonts, spread: str = USUAL, floating: str = "auto") -> Decimal:
    """How much of the last page is filled, as the source itself tells."""
    return Decimal(_told(source, _FILLED, fonts, spread, floating))


def _interrupted(source: str, fonts: _Fonts, spread: str = USUAL, floating: str = "auto") -> bool:
    """Whether a picture stands inside a derivation: its beginning, a picture and its end are read in this order."""
    return INTERRUPTED in " ".join(_told(source, _READING, fonts, spread, floating))


def _told(source: str, label: str, fonts: _Fonts, spread: str, floating: str) -> Any:
    """What the source says of its pages below a label."""
    import typst

    inputs = {"lacking": fonts["lacking"], "spread": spread, "floating": floating}
    found = typst.query(
        source.encode(), label, field="value", one=True, ignore_system_fonts=fonts["own_fonts"], sys_inputs=inputs
    )
    return json.loads(found, parse_float=Decimal, parse_int=Decimal)


def _compile(source: str, own_fonts: bool, lacking: str = "", spread: str = USUAL, floating: str = "auto") -> bytes:
    import typst

    pdf: bytes = typst.compile(
        source.encode(),
        format="pdf",
        pdf_standards="ua-1",
        timestamp=0,
        ignore_system_fonts=own_fonts,
        sys_inputs={"lacking": lacking, "spread": spread, "floating": floating},
    )
    return pdf


def missing(diagnostic: str) -> set[str]:
    """The characters that no font could show, by the compiler's message.

    >>> missing('PDF/UA-1 error: the text `"\\\\u{e000}"` could not be displayed with font `"New Computer Modern"`')
    {'\\ue000'}
    """
    found = "".join(_RUST_ESCAPE.sub(_unescaped, text) for text in _MISSING.findall(diagnostic))
    # A text may hold the mark that lacks and the ASCII letter that it belongs to.
    return {character for character in found if not character.isascii()}


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else match[2]


_BEGIN = r"\begin{document}"
_MAKER = r"\ifdefined\hypersetup\hypersetup{pdfcreator={derive}}\fi"
"""Stands in the PDF alone, so that it is known again as one of ours; on no line of its own, which messages count."""


def find_latex() -> str:
    """The path of pdflatex; a machine without it is a mistake that its user can mend."""
    program = shutil.which("pdflatex")
    if program is None:
        hint = "install TeX Live or MiKTeX, or leave --engine out: the built-in engine, typst, needs nothing"
        raise InputError("pdflatex, a program that --engine latex runs", "none on this machine", hint=hint)
    return program


def latex_pdf(source: str, name: str = "the LaTeX source", files: Mapping[str, bytes] | None = None) -> bytes:
    """The PDF of a LaTeX document, by two runs of pdflatex in a folder of their own.

    A few lines that would stand alone on the last page flow back or get company, as in Typst.

    `name` is what a message calls the source; `files` lie beside it. Raises `InputError` with the first error of
    LaTeX's log, without pdflatex, and after `LATEX_SECONDS`.
    """
    program = find_latex()
    with tempfile.TemporaryDirectory(prefix="derive-") as folder:
        for beside, content in (files or {}).items():
            (Path(folder) / beside).write_bytes(content)

        def tried(spread: str, fits: Callable[[_Made], bool]) -> _Made | None:
            # A run reads in what the one before wrote how wide tables are, and few trials need the second.
            for _ in range(2):
                trial = _latex(program, folder, name, source, 1, spread)
                if not fits(trial):
                    return None
            return trial

        made = _filled_by_latex(_latex(program, folder, name, source, 2), tried)
        if not made.interrupted:
            return made.pdf
        for other in (USUAL, *OTHERS):
            moved = tried(other, lambda one: not one.interrupted and (made.pages == one.pages == 1 or one.fills(made)))
            if moved is not None:
                return moved.pdf
        return made.pdf


_Tried = Callable[[str, Callable[["_Made"], bool]], "_Made | None"]


def _filled_by_latex(made: _Made, tried: _Tried) -> _Made:
    """What LaTeX makes with the last page filled, if it can; `tried` is a spread that fits, or nothing."""
    if made.filled is None or made.pages == 1 or made.filled >= LEAST_FILLED:
        return made
    closer = next(filter(None, (tried(spread, lambda one: one.pages < made.pages) for spread in TEX_TIGHTER)), None)
    wider = (tried(spread, lambda one: one.fills(made)) for spread in WIDER)
    return closer or next(filter(None, wider), made)


class _Made(NamedTuple):
    """What LaTeX has made, by its own account; `filled` of a document that tells it."""

    pdf: bytes
    pages: int
    filled: Decimal | None
    interrupted: bool
    """Whether a picture stands inside a derivation."""

    def fills(self, other: _Made) -> bool:
        """Whether it has as many pages as another, and enough on the last."""
        return self.pages == other.pages and self.filled is not None and self.filled >= LEAST_FILLED


def _latex(program: str, folder: str, name: str, source: str, runs: int, spread: str = USUAL) -> _Made:
    """So many runs of LaTeX, with the spaces between blocks multiplied."""
    spaced = source if spread == USUAL else rf"\def\spread{{{spread}}}{source}"
    (Path(folder) / "page.tex").write_text(spaced.replace(_BEGIN, _MAKER + _BEGIN, 1), "utf-8", newline="\n")
    for _ in range(runs):
        _run_latex(program, folder, name)
    log = (Path(folder) / "page.log").read_text("utf-8", errors="replace")
    pages, told = _TEX_PAGES.search(log), _TEX_FILLED.search(log)
    assert pages is not None, "pdfTeX says at the end of its log how many pages it has written"
    filled = Decimal(told[1]) / Decimal(told[2]) if told else None
    interrupted = INTERRUPTED in " ".join(_TEX_READING.findall(log))
    return _Made((Path(folder) / "page.pdf").read_bytes(), int(pages[1]), filled, interrupted)


def _run_latex(program: str, folder: str, name: str) -> None:
    command = [program, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "page.tex"]
    try:
        run = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | _TEX_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LATEX_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"pdflatex to end within {LATEX_SECONDS} s", "no end", file=name) from None
    if run.returncode or not (Path(folder) / "page.pdf").exists():
        log = Path(folder) / "page.log"
        said = log.read_text("utf-8", errors="replace") if log.exists() else run.stdout.decode("utf-8", "replace")
        hint = "its source is written with --format tex alone."
        raise InputError("a document that pdflatex accepts", first_error(said), file=name, hint=hint)


def first_error(log: str) -> str:
    r"""The first real error of a pdfTeX log, with the line of the source that it names.

    >>> first_error("! Undefined control sequence.\n<*> \\wrong\nl.3 \\wrong\n           here\n!  ==> Fatal error")
    'Undefined control sequence (line 3: \\wrong)'
    >>> first_error("")
    'no error in its log'
    """
    match = _TEX_ERROR.search(log)
    if match is None:
        return "no error in its log"
    message = match["message"].strip().rstrip(".")
    if match["line"]:
        number, _, text = match["line"].removeprefix("l.").partition(" ")
        message += f" (line {number}: {shorten(text.strip(), 80)})"
    return message
