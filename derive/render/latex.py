"""PDF by LaTeX: the source compiled by the pdfTeX of this machine, in a folder of its own that is left behind empty.

It uses no network, runs no program that the source names, and reads and writes no file outside that folder and TeX's.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from derive.errors import InputError, shorten
from derive.render.parting import AS_IS, LEAST_FILLED, OTHERS, PICTURE, TIGHTER, USUAL, WIDER, Reading, Spaced, settled

LATEX_SECONDS = 120
"""How long one run of LaTeX may take."""

MOST_TRIED = 4
"""Settings that are looked at for the sake of pictures: each takes a run of LaTeX, and what helps is mostly there."""

TEX_TIGHTER = TIGHTER[:2]
"""With less space than this the fractions of LaTeX's displays would touch the words above them."""
_TEX_ERROR = re.compile(r"^! (?! ==>)(?P<message>.*)(?:\n(?!l\.\d|! ).*)*(?:\n(?P<line>l\.\d+.*))?", re.MULTILINE)
_TEX_PAGES = re.compile(r"^Output written on page\.pdf \((\d+) pages?", re.MULTILINE)
_TEX_FILLED = re.compile(r"^filled: ([\d.]+)pt of ([\d.]+)pt$", re.MULTILINE)
_TEX_READING = re.compile(r"^reading: (\d+) (.+)$", re.MULTILINE)
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

        def tried(spaced: Spaced, fits: Callable[[_Made], bool]) -> _Made | None:
            # A run reads in what the one before wrote how wide tables are, and few trials need the second.
            for _ in range(2):
                trial = _latex(program, folder, name, source, 1, spaced)
                if not fits(trial):
                    return None
            return trial

        made = _filled_by_latex(_latex(program, folder, name, source, 2), tried)
        if not any(mark.startswith(PICTURE) for _, mark in made.reading):
            return made.pdf
        kept = {made.spaced: made}

        asked: set[Spaced] = set()

        def read(spaced: Spaced) -> Reading | None:
            asked.add(spaced)
            if (
                spaced not in kept
                and len(asked) <= MOST_TRIED
                and (trial := tried(spaced, lambda one: one.fills(made))) is not None
            ):
                kept[spaced] = trial
            return kept[spaced].reading if spaced in kept else None

        settings = (made.spaced, *(Spaced(spread) for spread in (USUAL, *OTHERS)))
        return kept[settled(settings, read)].pdf


_Tried = Callable[[Spaced, Callable[["_Made"], bool]], "_Made | None"]


def _filled_by_latex(made: _Made, tried: _Tried) -> _Made:
    """What LaTeX makes with the last page filled, if it can; `tried` is a spread that fits, or nothing."""
    if made.filled is None or made.pages == 1 or made.filled >= LEAST_FILLED:
        return made
    closer = next(
        filter(None, (tried(Spaced(spread), lambda one: one.pages < made.pages) for spread in TEX_TIGHTER)), None
    )
    wider = (tried(Spaced(spread), lambda one: one.fills(made)) for spread in WIDER)
    return closer or next(filter(None, wider), made)


class _Made(NamedTuple):
    """What LaTeX has made, by its own account; `filled` of a document that tells it."""

    pdf: bytes
    pages: int
    filled: Decimal | None
    reading: Reading
    """The marks of its pages in the order in which they are read."""
    spaced: Spaced

    def fills(self, other: _Made) -> bool:
        """Whether it has as many pages as another, and enough on the last of several."""
        enough = self.pages == 1 or (self.filled is not None and self.filled >= LEAST_FILLED)
        return self.pages == other.pages and enough


def _latex(program: str, folder: str, name: str, source: str, runs: int, spaced: Spaced = AS_IS) -> _Made:
    """So many runs of LaTeX, with the spaces between blocks multiplied and pictures moved."""
    (Path(folder) / "page.tex").write_text(
        (spaced.tex() + source).replace(_BEGIN, _MAKER + _BEGIN, 1), "utf-8", newline="\n"
    )
    for _ in range(runs):
        _run_latex(program, folder, name)
    log = (Path(folder) / "page.log").read_text("utf-8", errors="replace")
    pages, told = _TEX_PAGES.search(log), _TEX_FILLED.search(log)
    assert pages is not None, "pdfTeX says at the end of its log how many pages it has written"
    filled = Decimal(told[1]) / Decimal(told[2]) if told else None
    reading = tuple((int(page), mark.strip()) for page, mark in _TEX_READING.findall(log))
    return _Made((Path(folder) / "page.pdf").read_bytes(), int(pages[1]), filled, reading, spaced)


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
