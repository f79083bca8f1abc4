"""A scene becomes SVG: one file that needs no font, no script and nothing from outside.

Colours stand twice: as attributes, for programs that know no style sheets (Typst among them), and in a style sheet
that gives the dark ones to readers with a dark screen. Every shape of a quantity has a class for its role and its
state, and `data-quantity` with the quantity's id, so that a page can light it. Roles differ in shape and line as
well as in colour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from derive.diagram.accents import NO_ACCENTS, accents
from derive.diagram.columns import RING_GAP
from derive.diagram.geometry import arrow_head, baselines, number
from derive.diagram.mathtext import BAR_OVERHANG, Run, Segment, segments, text_width
from derive.diagram.scene import SHARP, Arrow, Box, Caption, Edge, Item, Label, MathLine, Node, Point, Scene, State
from derive.formula.marks import DIGITS, Mark, is_mark, split
from derive.palette import INK, PAPER, QUIET, ROLES, SHADED, WIRE

FONTS = "'Times New Roman','Liberation Serif','Nimbus Roman','STIX Two Text','Libertinus Serif',serif"
"""Fonts of the widths that `mathtext` knows, first those that most machines have."""
PRINT_FONTS, PRINT_ITALIC = "'New Computer Modern','Libertinus Serif',serif", "'New Computer Modern Math'"
"""Those of the printed pages: the letters of their formulas."""
WORD_FONTS = "'Helvetica Neue',Arial,'Liberation Sans',sans-serif"

LINE_WIDTHS: dict[State, int] = {"plain": 70, "lit": 170, "dim": 50}
DASHES: dict[bool, str] = {True: ' stroke-dasharray="3 2"', False: ""}
DOTTED = ' stroke-dasharray="1 2"'


class Letters(NamedTuple):
    """The fonts of mathematics: what a run in italics says of itself, and which characters its letters are.

    `blind` is a reader that leaves out the spaces between runs when it looks for the middle of a line. `fits` says
    that the font is not known: then a text with a number says how long it is, and stays in its box in any other one.
    """

    fonts: str
    italic: str
    slanted: dict[int, str]
    blind: bool
    fits: bool = False


def _slanted() -> dict[int, str]:
    """The letters of formulas as characters of their own, which a font for mathematics has."""
    rows = ((0x41, 0x1D434, 26), (0x61, 0x1D44E, 26), (0x391, 0x1D6E2, 25), (0x3B1, 0x1D6FC, 25))
    table = {start + k: chr(place + k) for start, place, count in rows for k in range(count)}
    return table | {ord("h"): "\u210e", ord("ε"): "\U0001d716"}


SCREEN = Letters(FONTS, ' font-style="italic"', {}, blind=False, fits=True)
PRINT = Letters(PRINT_FONTS, f' font-family="{PRINT_ITALIC}"', _slanted(), blind=True)


DARK = "@media screen and (prefers-color-scheme:dark)"


def style_sheet() -> str:
    """The rules for a dark screen; the same for every picture, so that a page may have them once."""
    rules = [
        f".dv-paper{{fill:{PAPER.dark}}}",
        f".dv-quiet{{fill:{QUIET.dark}}}",
        f".dv-wire{{stroke:{WIRE.dark}}}",
        f".dv-head{{fill:{WIRE.dark}}}",
        f".dv-wire.dv-lit{{stroke:{INK.dark}}}",
        f".dv-head.dv-lit{{fill:{INK.dark}}}",
    ]
    for role in ROLES.values():
        rules += [
            f".dv-{role.name} .dv-shape{{fill:{role.tint.dark};stroke:{role.ink.dark}}}",
            f".dv-{role.name} .dv-ring{{stroke:{role.ink.dark}}}",
            f".dv-{role.name} .dv-dot{{fill:{role.ink.dark};stroke:{PAPER.dark}}}",
            f".dv-text-{role.name}{{fill:{role.ink.dark};stroke:none}}",
            f".dv-text-{role.name} line{{stroke:{role.ink.dark}}}",
        ]
    rules += [
        f".dv-node.dv-dim .dv-shape{{fill:{PAPER.dark};stroke:{WIRE.dark}}}",
        f".dv-dim .dv-text{{fill:{QUIET.dark}}}",
    ]
    return f"{DARK}{{{''.join(rules)}}}"


def to_svg(
    scene: Scene, prefix: str = "derive", paper: bool = True, style: bool = True, letters: Letters = SCREEN
) -> str:
    """The scene as an SVG document, which may also stand inside an HTML page.

    Ids begin with `prefix`, so that several pictures fit on one page; `paper` paints the ground, `style` brings the
    rules for a dark screen along. `letters` are the fonts of its mathematics.
    """
    if not re.fullmatch(r"[A-Za-z][\w-]*", prefix, re.ASCII):
        raise ValueError(f"no id begins with {prefix!r}")
    return "\n".join(_document(scene, prefix, paper, style, letters)) + "\n"


def _document(scene: Scene, prefix: str, paper: bool, style: bool, letters: Letters) -> Iterator[str]:
    width, height = number(scene.width), number(scene.height)
    fits = ' style="max-width:100%;height:auto"' if style else ""
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="dv" role="img" aria-labelledby="{prefix}-title {prefix}-desc" '
        f'width="{width}pt" height="{height}pt" viewBox="0 0 {width} {height}"{fits} '
        f'font-family="{letters.fonts}">'
    )
    yield f'<title id="{prefix}-title">{escape(scene.title)}</title>'
    yield f'<desc id="{prefix}-desc">{escape(scene.description)}</desc>'
    if style:
        yield f"<style>{style_sheet()}</style>"
    if any(isinstance(item, Label) and item.frame == "cell" for item in scene.items):
        yield f"<style>{DARK}{{.dv-label .dv-cell{{fill:{SHADED.dark}}}}}</style>"
    if paper:
        yield f'<rect class="dv-paper" width="{width}" height="{height}" fill="{PAPER.light}"/>'
    for position, item in enumerate(scene.items):
        yield _item(item, f"{prefix}-{position}", letters)
    yield "</svg>"


def _item(item: Item, name: str, letters: Letters) -> str:
    match item:
        case Node():
            return _node(item, name, letters)
        case Edge():
            return _edge(item, name)
        case Label():
            return _label(item, name, letters)
        case Caption(box, words, size):
            middle, base = box.centre.x, box.centre.y + size * 35 // 100
            return (
                f'<text class="dv-quiet" x="{number(middle)}" y="{number(base)}" font-size="{number(size)}" '
                f'font-family="{WORD_FONTS}" text-anchor="middle" fill="{QUIET.light}">{escape(words)}</text>'
            )
        case Arrow(start, end):
            return _arrow(start, end)
    raise TypeError(f"no drawing of {item!r}")


def _key(key: str) -> str:
    return f" data-quantity={quoteattr(key)}" if key else ""


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{number(x)},{number(y)}" for x, y in points)


def _rectangle(box: Box, corner: int, rest: str) -> str:
    return (
        f'<rect x="{number(box.left)}" y="{number(box.top)}" width="{number(box.width)}" '
        f'height="{number(box.height)}" rx="{number(corner)}" {rest}/>'
    )


# -- shapes --------------------------------------------------------------------------------------------------


def _node(node: Node, name: str, letters: Letters) -> str:
    role, dim = ROLES[node.role], node.state == "dim"
    fill, stroke = (PAPER.light, WIRE.light) if dim else (role.tint.light, role.ink.light)
    weight = {"plain": 110, "lit": 200, "dim": 60}[node.state]
    paint = f'class="dv-shape" fill="{fill}" stroke="{stroke}" stroke-width="{number(weight)}"'
    paint += DOTTED if dim else DASHES[node.role == "input"]
    centre, radius = node.box.centre, node.box.height // 2
    middle = f'cx="{number(centre.x)}" cy="{number(centre.y)}"'
    match node.shape:
        case "circle":
            shape = f'<circle {middle} r="{number(radius)}" {paint}/>'
        case "ring":
            shape = f'<circle {middle} r="{number(radius)}" {paint}/>'
            shape += (
                f'<circle class="dv-ring" {middle} r="{number(radius - RING_GAP)}" fill="none" stroke="{stroke}" '
                f'stroke-width="{number(60)}"/>'
            )
        case "box":
            shape = _rectangle(node.box, 500, paint)
        case "square":
            shape = _rectangle(node.box, 100, paint)
        case "dot":
            shape = (
                f'<circle class="dv-dot" {middle} r="{number(radius)}" fill="{role.ink.light}" '
                f'stroke="{PAPER.light}" stroke-width="{number(60)}"/>'
            )
    return (
        f'<g id="{name}" class="dv-node dv-{node.role} dv-{node.state}"{_key(node.key)}>{shape}'
        f"{_lines(node.inside, node.box, node.state, letters)}</g>"
    )


def _label(label: Label, name: str, letters: Letters) -> str:
    role, key = ROLES[label.role], label.lines[0].key if label.lines else label.key
    frame = ""
    if label.frame != "none":
        filled = label.lines and label.frame != "open"
        ground = SHADED.light if label.frame == "cell" else role.tint.light if filled else PAPER.light
        weight = number(LINE_WIDTHS["plain"] + (60 if label.state == "lit" else 0))
        frame = _rectangle(
            label.box,
            0 if label.frame in SHARP else 300,
            f'class="dv-shape{" dv-cell" * (label.frame == "cell")}" fill="{ground}" stroke="{role.ink.light}" '
            f'stroke-width="{weight}"{DASHES[label.frame == "dashed"]}',
        )
    return (
        f'<g id="{name}" class="dv-label dv-{role.name} dv-{label.state}"{_key(key)}>{frame}'
        f"{_tag(label)}{_lines(label.lines, label.inner, label.state, letters)}</g>"
    )


def _tag(label: Label) -> str:
    """What a box to write into is called."""
    if not label.tag:
        return ""
    middle, size = label.tag_box.centre, label.tag_size
    return (
        f'<text class="dv-quiet" x="{number(middle.x)}" y="{number(middle.y + size * 35 // 100)}" '
        f'font-size="{number(size)}" font-family="{WORD_FONTS}" text-anchor="middle" fill="{QUIET.light}">'
        f"{escape(label.tag)}</text>"
    )


def _edge(edge: Edge, name: str) -> str:
    colour = INK.light if edge.state == "lit" else WIRE.light
    dash = DOTTED if edge.state == "dim" else DASHES[edge.dashed]
    line = (
        f'<polyline id="{name}" class="dv-wire dv-{edge.state}"{_key(edge.key)} points="{_points(edge.points)}" '
        f'fill="none" stroke="{colour}" stroke-width="{number(LINE_WIDTHS[edge.state])}" '
        f'stroke-linejoin="round"{dash}/>'
    )
    if edge.head == "none":
        return line
    tip, tail = (edge.points[-1], edge.points[-2]) if edge.head == "end" else edge.points[:2]
    head = _points(arrow_head(tip, tail))
    return f'{line}<polygon class="dv-head dv-{edge.state}" points="{head}" fill="{colour}"/>'


def _arrow(start: Point, end: Point) -> str:
    neck = arrow_head(end, start, 900, 1400)
    back = Point((neck[1].x + neck[2].x) // 2, (neck[1].y + neck[2].y) // 2)
    return (
        f'<polyline class="dv-wire" points="{_points((start, back))}" fill="none" stroke="{WIRE.light}" '
        f'stroke-width="{number(500)}"/>'
        f'<polygon class="dv-head" points="{_points(neck)}" fill="{WIRE.light}"/>'
    )


# -- text ----------------------------------------------------------------------------------------------------


def _lines(lines: tuple[MathLine, ...], box: Box, state: State, letters: Letters) -> str:
    return "".join(_line(line, at, state, letters) for line, at in zip(lines, baselines(lines, box), strict=True))


def _line(line: MathLine, at: Point, state: State, letters: Letters) -> str:
    """A line centred at a point of its baseline."""
    colour = QUIET.light if state == "dim" else ROLES[line.role].ink.light
    open_group = (
        f'<g class="dv-text dv-text-{line.role}"{_key(line.key)} font-size="{number(line.size)}" fill="{colour}">'
    )
    if is_mark(line.tex):
        return f"{open_group}{_later(line.tex, at)}</g>"
    parts = segments(line.tex)
    if len(parts) == 1 and not parts[0].below:
        return f"{open_group}{_text(parts[0].runs, at, line.size, 'middle', letters)}</g>"
    x = at.x - sum(part.width for part in parts) * line.size // 2000
    pieces = []
    for part in parts:
        width = part.width * line.size // 1000
        if part.below:
            pieces.append(_fraction(part, Point(x + width // 2, at.y), line.size, colour, letters))
        else:
            pieces.append(_text(part.runs, Point(x, at.y), line.size, "start", letters))
        x += width
    return f"{open_group}{''.join(pieces)}</g>"


def _later(mark: str, at: Point) -> str:
    """A number that is put in later, as plain text."""
    place = split(mark)[1][0].place
    return f'<text x="{number(at.x)}" y="{number(at.y)}" text-anchor="middle">{Mark(DIGITS, place).text}</text>'


def _fraction(part: Segment, at: Point, size: int, colour: str, letters: Letters) -> str:
    """Numerator, bar and denominator around the axis of the line."""
    half = (part.width - BAR_OVERHANG) * size // 2000
    axis = at.y - 250 * size // 1000
    above = _text(part.runs, Point(at.x, axis - 280 * size // 1000), size, "middle", letters)
    below = _text(part.below, Point(at.x, axis + 780 * size // 1000), size, "middle", letters)
    bar = (
        f'<line x1="{number(at.x - half)}" x2="{number(at.x + half)}" y1="{number(axis)}" y2="{number(axis)}" '
        f'stroke="{colour}" stroke-width="{number(50)}"/>'
    )
    return above + bar + below


def _text(runs: Sequence[Run], at: Point, size: int, anchor: str, letters: Letters) -> str:
    """Runs that follow each other; each says how far it is above or below the one before."""
    spans, height = [], 0
    for run in runs:
        attributes = ""
        if run.kern:
            attributes += f' dx="{number(run.kern * size // 1000)}"'
        if run.shift != height:
            attributes += f' dy="{number((height - run.shift) * size // 1000)}"'
            height = run.shift
        if run.size != 1000:
            attributes += f' font-size="{number(run.size * size // 1000)}"'
        if run.style != "roman":
            attributes += letters.italic if run.style == "italic" else ' font-weight="bold"'
        text = run.text.translate(NO_ACCENTS)
        text = escape(text.translate(letters.slanted) if run.style == "italic" else text)
        spans.append(f"<tspan{attributes}>{text}</tspan>" if attributes else text)
    x = at.x - sum(run.kern for run in runs) * size // 2000 if letters.blind and anchor == "middle" else at.x
    length = ""
    if letters.fits and any(letter.isdigit() for run in runs if not run.shift for letter in run.text):
        whole = sum(run.kern + text_width(run.text, run.style) * run.size // 1000 for run in runs) * size // 1000
        length = f' textLength="{number(whole)}" lengthAdjust="spacingAndGlyphs"'
    line = f'<text x="{number(x)}" y="{number(at.y)}" text-anchor="{anchor}"{length}>{"".join(spans)}</text>'
    return line + "".join(accents(runs, at, size, anchor))
