"""Names and short formulas as runs of characters with their widths.

Widths are those of Times, in thousandths of the size of the text; TeX is read by `texname`, and where a name is drawn
is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from derive.diagram.texname import ACCENTS, Atom, Atoms, Fraction, Glyphs, NoGlyphs, Scripts, Spacing, Style, parse
from derive.formula.marks import is_mark

_ROMAN_WIDTHS = {
    180: "'", 200: "|", 250: ",.·", 278: "/:;\\ijlt", 333: "!()-I[]`fr", 389: "Js", 408: '"', 444: "?acez",
    480: "{}", 494: "∂", 500: "#$*0123456789_bdghknopquvxy–", 549: "≈", 556: "FPS", 564: "+<=>−×≤≥≠",
    580: "Γ", 611: "ELTZ", 643: "Δ", 667: "BCR", 645: "Ξ", 722: "ADGHKNOQUVXYwΣΛΘΠΥΩ", 763: "Φ", 795: "Ψ",
    778: "&m", 833: "%", 889: "M", 921: "@", 944: "W", 1000: "…",
}  # fmt: skip
_ITALIC_WIDTHS = {
    250: ",.", 278: "fijltι", 333: "-:;I", 360: "τ", 389: "rsz", 394: "γε", 405: "ζ", 428: "ξ", 433: "λ",
    444: "Jcekvxyνχυ", 500: "Sabdghnopquβδηθκπρσμ", 525: "α", 556: "LTYZφ", 587: "Δ", 611: "ABEFPRVX", 621: "ψ",
    667: "CKNwω", 722: "DGHOQUm", 833: "MW",
}  # fmt: skip
_WIDTHS = {
    "roman": {character: width for width, characters in _ROMAN_WIDTHS.items() for character in characters},
    "italic": {character: width for width, characters in _ITALIC_WIDTHS.items() for character in characters},
}
UNKNOWN_WIDTH = 1000

SCRIPT = 700
"""Size of an index, in thousandths of the text."""
SMALL = 900
"""Size of numerator and denominator."""
LOWER, RAISE = -250, 410
"""How far an index is below and above the line."""
LEAN, BEHIND = 60, 40
"""Space before an index above a letter in italics, and behind an index."""
BAR_OVERHANG = 120
"""How far a fraction's bar and the space beside it reach beyond the wider part, on each side."""
GAPS: dict[Spacing, int] = {"none": 0, "relation": 278, "operator": 150}


class Run(NamedTuple):
    """Characters set in one go: size in thousandths, `shift` above the line, `kern` is space before it."""

    text: str
    style: Style
    size: int = 1000
    shift: int = 0
    kern: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a line: runs that flow, or, where `below` is not empty, a fraction; widths in thousandths."""

    runs: tuple[Run, ...]
    width: int
    below: tuple[Run, ...] = ()


NUMBER_LATER = 3000
"""The width of a number that is put in later: six or seven characters."""


@lru_cache(maxsize=20000)
def segments(tex: str) -> tuple[Segment, ...]:
    """The line in segments from left to right.

    >>> [run.text for run in segments(r"w_{5} = -0.4")[0].runs]
    ['w', '5', '=', '−0.4']
    """
    found: list[Segment] = []
    flow: list[Atom] = []
    row = parse(tex)

    def close() -> None:
        if flow:
            runs, end = _runs(tuple(flow), 1000, 0, follows=bool(found))
            found.append(Segment(tuple(runs), _advance(runs) + end))
            flow.clear()

    for atom in row:
        if isinstance(atom, Fraction):
            close()
            above, below = (tuple(_runs(part, SMALL, 0)[0]) for part in atom)
            found.append(Segment(above, max(_advance(above), _advance(below)) + 2 * BAR_OVERHANG, below))
        else:
            flow.append(atom)
    close()
    return tuple(found)


def width(tex: str) -> int:
    """The width of a line in thousandths of its size.

    >>> width("0.15"), width("w_{5}") < width(r"\\mathrm{out}_ {h1}")
    (1750, True)
    """
    return NUMBER_LATER if is_mark(tex) else sum(segment.width for segment in segments(tex))


def is_tall(tex: str) -> bool:
    """Whether the line holds a fraction."""
    return not is_mark(tex) and any(segment.below for segment in segments(tex))


def plain(tex: str) -> str:
    """The characters of a line as they are read, a fraction with a slash."""
    words = []
    for segment in segments(tex):
        texts = ["".join(run.text for run in runs) for runs in (segment.runs, segment.below) if runs]
        words.append("/".join(texts))
    return "".join(words)


# -- measuring -----------------------------------------------------------------------------------------------


def text_width(text: str, style: Style = "roman") -> int:
    """The width of characters of one style; bold letters are a little wider."""
    table = _WIDTHS["italic" if style == "italic" else "roman"]
    plain_table = _WIDTHS["roman"]
    total = sum(
        250 if c == " " else 0 if c in ACCENTS.values() else table.get(c, plain_table.get(c, UNKNOWN_WIDTH))
        for c in text
    )
    return total * 11 // 10 if style == "bold" else total


def _advance(runs: list[Run] | tuple[Run, ...]) -> int:
    return sum(run.kern + text_width(run.text, run.style) * run.size // 1000 for run in runs)


def base_is_slanted(base: Atoms) -> bool:
    """Whether what carries an index ends in a letter in italics."""
    match base[-1]:
        case Glyphs(_, style, _):
            return style == "italic"
    return False


def _runs(row: Atoms, size: int, shift: int, follows: bool = False) -> tuple[list[Run], int]:
    """The runs of a row, and the space that its last run leaves behind it; `follows` if something is before it."""
    runs: list[Run] = []
    kern = 0
    for position, atom in enumerate(row):
        match atom:
            case Glyphs(text, style, spacing):
                gap = GAPS[spacing] if size == 1000 and (position or follows) else 0
                runs.append(Run(text, style, size, shift, kern + gap))
                kern = GAPS[spacing] if size == 1000 and (position or spacing == "relation") else 0
            case Scripts(base, below, above):
                inner, _ = _runs(base, size, shift)
                inner[0] = inner[0]._replace(kern=inner[0].kern + kern)
                small = SCRIPT * size // 1000
                up, _ = _runs(above, small, shift + RAISE * size // 1000)
                down, _ = _runs(below, small, shift + LOWER * size // 1000)
                high, low = _advance(up), _advance(down)
                if up and base_is_slanted(base):
                    # What leans to the right would touch an index above it.
                    up[0] = up[0]._replace(kern=up[0].kern + LEAN)
                    high += LEAN
                if up and down:
                    down[0] = down[0]._replace(kern=down[0].kern - high)
                runs += inner + up + down
                kern = max(high - low, 0) if down else 0
                kern += BEHIND if up or down else 0
            case Fraction():
                raise NoGlyphs("a fraction inside an index or a fraction")
    return runs, kern
