"""PDF: Typst source compiled by the `typst` package, or LaTeX source by the pdfTeX of this machine.

Typst writes tagged PDF that passes its check of PDF/UA-1 (accessible PDF), with the fonts inside the package: the same
bytes on every machine. Only words that those fonts cannot show are looked for in the machine's own fonts, and what
those lack too is shown as its code point. Neither way leaves a file behind, uses the network or runs a program that
the source names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TypedDict

from derive.render.escape import tex_lacks
from derive.render.escape_typst import typst_others, typst_string
from derive.render.latex import find_latex, first_error, latex_pdf
from derive.render.parting import AS_IS, FLOATING, LEAST_FILLED, OTHERS, TIGHTER, USUAL, WIDER, Reading, Spaced, settled

__all__ = ["ENGINES", "USUAL", "find_latex", "first_error", "latex_pdf", "spread_of", "typst_pdf", "unshown"]

ENGINES = ("typst", "latex")


_FILLED, _READING = "<filled>", "<reading>"
_PAGE = re.compile(rb"/Type\s*/Page\b")
_MISSING = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_RUST_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)")


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
    if "#drawn(" not in source or _READING not in source:
        return pdf, spread
    pages = _pages(pdf)

    def read(spaced: Spaced) -> Reading | None:
        if spaced != Spaced(spread):
            other = _compile(source, **fonts, spaced=spaced)
            if _pages(other) != pages or (pages > 1 and _filled(source, fonts, spaced) < LEAST_FILLED):
                return None
        marks = _told(source, _READING, fonts, spaced)
        return tuple((int(page), mark) for page, mark in marks)

    settings = (Spaced(other, floating) for floating in ("auto", FLOATING) for other in (spread, USUAL, *OTHERS))
    best = settled(settings, read)
    return (pdf if best == Spaced(spread) else _compile(source, **fonts, spaced=best)), best.spread


def _filled_up(source: str) -> tuple[bytes, str, _Fonts]:
    """The PDF of a document whose last page is filled, its spread, and its fonts."""
    pdf, fonts = _shown(source)
    if _FILLED not in source or (pages := _pages(pdf)) == 1 or _filled(source, fonts, AS_IS) >= LEAST_FILLED:
        return pdf, USUAL, fonts
    for spread in TIGHTER:
        closer = _compile(source, **fonts, spaced=Spaced(spread))
        if _pages(closer) < pages:
            return closer, spread, fonts
    for spread in WIDER:
        wider = _compile(source, **fonts, spaced=Spaced(spread))
        if _pages(wider) == pages and _filled(source, fonts, Spaced(spread)) >= LEAST_FILLED:
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
            return _compile(source, own_fonts=True, spaced=Spaced(spread)), _Fonts(own_fonts=True, lacking="")
    except typst.TypstError as error:
        if not missing(error.diagnostic):
            raise
    lacking = ""
    while True:
        try:
            pdf = _compile(source, own_fonts=False, lacking=lacking, spaced=Spaced(spread))
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


def _filled(source: str, fonts: _Fonts, spaced: Spaced) -> Decimal:
    """How much of the last page is filled, as the source itself tells."""
    return Decimal(_told(source, _FILLED, fonts, spaced))


def _told(source: str, label: str, fonts: _Fonts, spaced: Spaced) -> Any:
    """What the source says of its pages below a label."""
    import typst

    inputs = {"lacking": fonts["lacking"], **spaced.typst()}
    found = typst.query(
        source.encode(), label, field="value", one=True, ignore_system_fonts=fonts["own_fonts"], sys_inputs=inputs
    )
    return json.loads(found, parse_float=Decimal, parse_int=Decimal)


def _compile(source: str, own_fonts: bool, lacking: str = "", spaced: Spaced = AS_IS) -> bytes:
    import typst

    pdf: bytes = typst.compile(
        source.encode(),
        format="pdf",
        pdf_standards="ua-1",
        timestamp=0,
        ignore_system_fonts=own_fonts,
        sys_inputs={"lacking": lacking, **spaced.typst()},
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
