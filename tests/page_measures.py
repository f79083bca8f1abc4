"""What can be measured on a printed page: how far its ink reaches, its white bands, its smallest letters, what lies on
what, how it ends, and where its figures stand.

It reads the PDF alone, so it is the same for every engine, and knows nothing of what made the page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import pymupdf

MARGIN = 51.0
"""Above and below the text area, in points: 18 mm."""
LEAST_REACH, WIDEST_BAND, LEAST_LAST = 0.80, 0.20, 0.25
LABEL, SCRIPT, NOTE = 7.0, 5.0, 8.0
"""The least sizes in points: of a label in a figure, of any script, of other words."""
LARGEST_LEAST = max(LABEL, SCRIPT, NOTE)
HEADINGS, LARGEST_LABEL = 45, 9.5
"""How far headings of columns reach above the shapes of a figure, and the largest size of its letters."""
FULL_SIZE, LEAST_LEADING = 9.0, 1.02
"""Letters from this size on are no scripts; from row to row they take at least so much of their size."""
LOW, LOWER = "acegmnopqrsuvwxyz", 0.22
"""Letters that do not reach high, and by how much less of their size."""
INDENT, NEXT = 12.0, 20.0
"""How far right of the margin no words begin any more, and how high a row of formulas is at the most."""
TOLERANCE = 0.06
"""Sizes are rounded in a PDF."""


class Box(NamedTuple):
    """A box on the page; there are as many as letters, and PyMuPDF's own take long to make."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def area(self) -> float:
        return max(0.0, self.x1 - self.x0) * max(0.0, self.y1 - self.y0)

    def common(self, other: Box) -> Box:
        """What lies in both; it has no area where they do not meet."""
        return Box(max(self.x0, other.x0), max(self.y0, other.y0), min(self.x1, other.x1), min(self.y1, other.y1))


class Glyph(NamedTuple):
    """A letter with where it stands; `ink` is about what the body of a letter or digit covers."""

    letter: str
    font: str
    size: float
    x0: float
    x1: float
    base: float

    @property
    def ink(self) -> Box:
        inset = (self.x1 - self.x0) * 0.12
        return Box(self.x0 + inset, self.base - 0.42 * self.size, self.x1 - inset, self.base - 0.04 * self.size)


class Row(NamedTuple):
    """Letters on one line of the page."""

    glyphs: tuple[Glyph, ...]

    @property
    def text(self) -> str:
        return "".join(glyph.letter for glyph in self.glyphs)

    @property
    def size(self) -> float:
        return max(glyph.size for glyph in self.glyphs)

    @property
    def base(self) -> float:
        return self.glyphs[-1].base

    @property
    def bold(self) -> bool:
        letters = [glyph for glyph in self.glyphs if glyph.letter.isalpha() and "Math" not in glyph.font]
        return len(letters) > 3 and all(re.search("Bold|BX|bx", glyph.font) for glyph in letters)


@dataclass(frozen=True)
class Finding:
    page: int
    kind: str
    what: str

    def __str__(self) -> str:
        return f"page {self.page}: {self.kind}: {self.what}"


class Sheet:
    """One page, read once."""

    def __init__(self, page: pymupdf.Page, margin: float = MARGIN) -> None:
        self.number = page.number + 1
        self.area = pymupdf.Rect(0, margin, page.rect.width, page.rect.height - margin)
        self.rows = list(_rows(page))
        self.body = sorted((row for row in self.rows if row.base <= self.area.y1 + 2), key=lambda row: row.base)
        self.drawings = page.get_drawings()
        self.inked = _inked(page, self.area)

    @property
    def reach(self) -> float:
        """How much of the text area lies above the lowest ink."""
        return (max(self.inked) + 1) / self.area.height if self.inked else 0.0

    @property
    def band(self) -> float:
        """The highest band without ink above the lowest ink, as a part of the text area."""
        gaps = [below - above - 1 for above, below in pairwise([-1, *self.inked])]
        return max(gaps, default=0) / self.area.height

    def figures(self) -> Iterator[tuple[int, pymupdf.Rect]]:
        """The numbers of the figures with the space of each, by their captions."""
        ceiling = self.area.y0
        for row in self.body:
            found = re.match(r"Figure (\d+)[.:]", row.text)
            if found:
                yield int(found[1]), _drawn_above(self.drawings, row.base - row.size, ceiling)
                ceiling = row.base


def findings(pdf: bytes, margin: float = MARGIN) -> list[Finding]:
    """Everything on the pages that a careful printer would not let pass."""
    with pymupdf.open(stream=pdf) as document:
        sheets = [Sheet(page, margin) for page in document]
    found = [finding for sheet in sheets for finding in _of_page(sheet, last=sheet is sheets[-1])]
    if len(sheets) > 1 and sheets[-1].reach < LEAST_LAST:
        found.append(Finding(len(sheets), "last page", f"filled to {sheets[-1].reach:.0%}"))
    return found + list(_references(sheets)) + list(_interruptions(sheets))


def pages(pdf: bytes) -> int:
    with pymupdf.open(stream=pdf) as document:
        return len(document)


def _of_page(sheet: Sheet, last: bool) -> Iterator[Finding]:
    if not last and sheet.reach < LEAST_REACH:
        yield Finding(sheet.number, "white foot", f"ink ends at {sheet.reach:.0%}")
    if sheet.band > WIDEST_BAND:
        yield Finding(sheet.number, "white band", f"{sheet.band:.0%}")
    if not last:
        yield from _ending(sheet)
    figures = [box for _, box in sheet.figures()]
    yield from _sizes(sheet, figures)
    yield from _overlaps(sheet)
    for number, box in sheet.figures():
        above = [row for row in sheet.body if row.base < box.y0 + HEADINGS and row.size > LARGEST_LABEL]
        if above and _is_heading(above[-1]):
            yield Finding(sheet.number, "figure under a heading", f"{number}: {above[-1].text}")
        if above and above[-1].text.rstrip().endswith(":"):
            yield Finding(sheet.number, "figure under a colon", f"{number}: {above[-1].text[-60:]}")


def _ending(sheet: Sheet) -> Iterator[Finding]:
    """No page ends with a heading, a heading with only its lead-in, or a colon."""
    if not sheet.body:
        return
    last = sheet.body[-1]
    lowest = sheet.area.y0 + max(sheet.inked, default=0)
    if last.text.rstrip().endswith(":") and lowest < last.base + last.size:
        yield Finding(sheet.number, "ends with a colon", last.text[-60:])
    for row in sheet.body:
        if _is_heading(row) and lowest - row.base < 1.2 * 12:
            yield Finding(sheet.number, "heading at the foot", row.text)


def _is_heading(row: Row) -> bool:
    """Bold, from its first letter to its last, no larger thing's label and no formula of bold letters."""
    return row.bold and len(row.text.strip()) > 3 and not re.search(r"^(Figure|Answer)|[≈=]", row.text)


def _sizes(sheet: Sheet, figures: list[pymupdf.Rect]) -> Iterator[Finding]:
    small: dict[tuple[str, float], str] = {}
    for row in sheet.rows:
        doubtful = [g for g in row.glyphs if g.letter.isalnum() and g.size < LARGEST_LEAST - TOLERANCE]
        if not doubtful:
            continue
        middle = pymupdf.Point((row.glyphs[0].x0 + row.glyphs[-1].x1) / 2, row.base - 2)
        inside = any(box.contains(middle) for box in figures)
        near = [g for other in sheet.rows if abs(other.base - row.base) < 14 for g in other.glyphs]
        for glyph in doubtful:
            script = any(
                other.size > glyph.size * 1.15 and abs(other.base - glyph.base) < other.size
                and abs(other.x1 - glyph.x0) < 4 * other.size
                for other in (row.glyphs if row.size > glyph.size * 1.15 else near)
            )  # fmt: skip
            formula = re.search("Math|CM[MS]|MSBM|LMRoman|LMSans", glyph.font) is not None
            least = SCRIPT if script or (formula and not inside) else LABEL if inside else NOTE
            if glyph.size < least - TOLERANCE:
                kind = "script" if script else "figure" if inside else "words"
                small[kind, round(glyph.size, 1)] = row.text
    for (kind, size), text in small.items():
        yield Finding(sheet.number, "small letters", f"{kind} of {size} pt: {text[:50]}")


def _overlaps(sheet: Sheet) -> Iterator[Finding]:
    """Letters on letters or close upon them, and rules through letters."""
    glyphs = sorted((g for row in sheet.rows for g in row.glyphs if _has_body(g.letter)), key=lambda g: g.x0)
    inks = [glyph.ink for glyph in glyphs]
    hits: list[str] = []
    for at, one in enumerate(glyphs):
        for beside in range(at + 1, len(glyphs)):
            other = glyphs[beside]
            if other.x0 >= one.x1:
                break
            if abs(one.base - other.base) > LEAST_LEADING * max(one.size, other.size):
                continue  # neither on each other nor close
            if inks[at].common(inks[beside]).area > 0.12 * min(inks[at].area, inks[beside].area):
                hits.append(f"{one.letter!r} on {other.letter!r} at {one.x0:.0f}, {one.base:.0f}")
            elif _close(one, other):
                hits.append(f"{one.letter!r} close upon {other.letter!r} at {one.x0:.0f}, {one.base:.0f}")
    for rule in _rules(sheet.drawings):
        struck = [g for g in glyphs if g.base - 0.40 * g.size < rule.y0 < g.base - 0.08 * g.size
                  and g.x0 + 0.5 < rule.x1 and rule.x0 < g.x1 - 0.5]  # fmt: skip
        if struck:
            hits.append(f"a rule through {''.join(g.letter for g in struck)!r} at {rule.x0:.0f}, {rule.y0:.0f}")
    if hits:
        yield Finding(
            sheet.number, "overlap", "; ".join(hits[:4]) + (f" and {len(hits) - 4} more" if len(hits) > 4 else "")
        )


def _has_body(letter: str) -> bool:
    """Whether it is a letter or a digit, and no accent, which belongs upon one."""
    return letter.isalnum() and unicodedata.category(letter) != "Lm"


def _close(one: Glyph, other: Glyph) -> bool:
    """Whether two letters of full size stand in rows between which no white is left; a low one leaves more above it."""
    size, lower = min(one.size, other.size), max(one, other, key=lambda glyph: glyph.base)
    least = LEAST_LEADING - (LOWER if unicodedata.normalize("NFKC", lower.letter) in LOW else 0)
    return size > FULL_SIZE and 0.5 * size < abs(one.base - other.base) < least * size


def _rules(drawings: list[dict[str, Any]]) -> Iterator[pymupdf.Rect]:
    """The level lines."""
    for drawing in drawings:
        for item in drawing["items"]:
            if item[0] == "l" and abs(item[1].y - item[2].y) < 0.1 and abs(item[1].x - item[2].x) > 3:
                yield pymupdf.Rect(min(item[1].x, item[2].x), item[1].y, max(item[1].x, item[2].x), item[1].y)
            elif item[0] == "re" and item[1].height < 1.2 and item[1].width > 3:
                yield pymupdf.Rect(item[1].x0, item[1].y0, item[1].x1, item[1].y0)


def _references(sheets: list[Sheet]) -> Iterator[Finding]:
    """Figures are numbered from 1 and each is named in a sentence within a page of it."""
    placed = [(number, sheet.number) for sheet in sheets for number, _ in sheet.figures()]
    if [number for number, _ in placed] != list(range(1, len(placed) + 1)):
        yield Finding(placed[0][1], "figures", f"numbered {[number for number, _ in placed]}")
    for number, page in placed:
        named = [
            sheet.number for sheet in sheets
            if re.search(rf"[Ff]igures? (\d+ and )?{number}\b(?![.:])|[Ff]igures? {number}\.(?= |$)",
                         _without_captions(sheet), re.MULTILINE)
        ]  # fmt: skip
        if not named:
            yield Finding(page, "figure without a reference", str(number))
        elif min(abs(other - page) for other in named) > 1:
            yield Finding(page, "figure far from its reference", f"{number}, named on {named}")


def _interruptions(sheets: list[Sheet]) -> Iterator[Finding]:
    """No figure stands in a derivation: beyond it no formula goes on, nor after a formula words without a heading."""
    before: list[Row] = []
    for sheet, following in zip(sheets, [*sheets[1:], None], strict=True):
        figures = list(sheet.figures())
        drawn = [row for row in sheet.body if any(box.y0 + HEADINGS < row.base <= box.y1 + 2 for _, box in figures)]
        words = [row for row in sheet.body if row.size > LARGEST_LABEL and row not in drawn and not _is_caption(row)]
        for number, box in figures:
            above, below = ([row for row in words if (row.base > box.y1) is side] for side in (False, True))
            beyond = below or (following.body if following is not None else [])
            if (above and below) or not beyond:
                continue
            if _is_formula(beyond) or (_ends_in_formula(above or before) and not _is_headed(beyond[0])):
                yield Finding(sheet.number, "figure in a derivation", f"{number}: {beyond[0].text[:40]}")
        before = words


def _is_caption(row: Row) -> bool:
    return re.match(r"Figure \d+[.:]", row.text) is not None


def _is_formula(rows: list[Row]) -> bool:
    """Whether rows begin with a displayed formula: right of the margin, with a sign of equality."""
    first = [row for row in rows if row.base < rows[0].base + NEXT]
    return min(row.glyphs[0].x0 for row in first) > MARGIN + INDENT and any(
        re.search("[=≈]", row.text) for row in first
    )


def _ends_in_formula(rows: list[Row]) -> bool:
    """Whether rows end with a displayed formula, whose lowest row may be a denominator."""
    last = [row for row in rows if row.base > rows[-1].base - NEXT]
    lowest = [row for row in last if row.base > rows[-1].base - INDENT]
    return min((row.glyphs[0].x0 for row in lowest), default=0) > MARGIN + INDENT and any(
        re.search("[=≈]", row.text) for row in last
    )


def _is_headed(row: Row) -> bool:
    """Whether a row begins with bold words."""
    return re.search("Bold|BX|bx", row.glyphs[0].font) is not None and row.glyphs[0].letter.isalnum()


def _without_captions(sheet: Sheet) -> str:
    return " ".join("" if _is_caption(row) else row.text for row in sheet.body)


# -- reading -------------------------------------------------------------------------------------------------


def _rows(page: pymupdf.Page) -> Iterator[Row]:
    flags = pymupdf.TEXTFLAGS_RAWDICT & ~pymupdf.TEXT_PRESERVE_IMAGES
    for block in page.get_text("rawdict", flags=flags)["blocks"]:
        for line in block.get("lines", ()):
            glyphs = tuple(
                Glyph(c["c"], span["font"], span["size"], c["bbox"][0], c["bbox"][2], c["origin"][1])
                for span in line["spans"] for c in span["chars"]
            )  # fmt: skip
            # The large signs of TeX are letters to a reader.
            glyphs = tuple(glyph for glyph in glyphs if not re.search("CMEX|MathExt", glyph.font))
            if any(not glyph.letter.isspace() for glyph in glyphs):
                yield Row(glyphs)


def _inked(page: pymupdf.Page, area: pymupdf.Rect) -> list[int]:
    """The rows of the text area, a point high each, with any ink."""
    pixels = page.get_pixmap(colorspace=pymupdf.csGRAY, clip=area)
    samples = pixels.samples  # a copy of all of them, each time they are asked for
    rows = (samples[y * pixels.stride : y * pixels.stride + pixels.width] for y in range(pixels.height))
    return [y for y, row in enumerate(rows) if min(row) < 250]


def _drawn_above(drawings: list[dict[str, Any]], floor: float, ceiling: float) -> pymupdf.Rect:
    """The space of the drawing that ends above a caption: what hangs together upwards from there."""
    shapes = [d["rect"] for d in drawings if d["rect"].height > 3]
    boxes = [shape for shape in shapes if ceiling <= shape.y0 and shape.y1 <= floor + 2]
    space = pymupdf.Rect(0, floor - 1, 1000, floor)
    for box in sorted(boxes, key=lambda box: -box.y1):
        if space.y0 - box.y1 < 60:
            space.y0 = min(space.y0, box.y0)
    return pymupdf.Rect(space.x0, space.y0 - HEADINGS, space.x1, space.y1)
