"""A scene becomes TikZ: a `tikzpicture` of plain paths and nodes, no TikZ library needed.

The document must load the package tikz; the picture defines the colours it uses. Mathematics is TeX's own, so the
letters are those of the document.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.diagram.columns import RING_GAP
from derive.diagram.geometry import arrow_head, baselines, number
from derive.diagram.mathtext import is_tall
from derive.diagram.scene import SHARP, Arrow, Box, Caption, Edge, Item, Label, MathLine, Node, Point, Scene, State
from derive.palette import tex_colour, tex_definitions

TEX_SHADED = "black!15"
"""The ground of a shaded cell: about the palette's, and seen on grey paper."""
WIDTHS: dict[State, int] = {"plain": 70, "lit": 170, "dim": 50}


def to_tikz(scene: Scene, colours: bool = True) -> str:
    """The scene as a group with a `tikzpicture` in points of its own size, and with the colours that it needs.

    A document that has the palette's `tex_definitions()` itself passes `colours=False`.
    """
    body = "".join(f"{line}%\n" for item in scene.items for line in _item(item))
    return (
        "\\begingroup\n"
        f"{tex_definitions() if colours else ''}"
        "\\begin{tikzpicture}[x=1pt,y=-1pt,line join=round]%\n"
        f"\\useasboundingbox (0,0) rectangle {_at(Point(scene.width, scene.height))};%\n"
        f"{body}"
        "\\end{tikzpicture}%\n"
        "\\endgroup\n"
    )


def _at(point: Point) -> str:
    return f"({number(point.x)},{number(point.y)})"


def _item(item: Item) -> Iterator[str]:
    match item:
        case Node():
            yield from _node(item)
        case Edge():
            yield from _edge(item)
        case Label(box, lines, frame, state):
            role, fill = item.role, tex_colour(f"{item.role} tint") if lines and frame != "open" else "white"
            fill = TEX_SHADED if frame == "cell" else fill
            if frame != "none":
                dash = ",dash pattern=on 3pt off 2pt" if frame == "dashed" else ""
                weight = number(WIDTHS["plain"] + (60 if state == "lit" else 0))
                style = f"draw={tex_colour(role)},fill={fill},line width={weight}pt{dash}"
                yield _rectangle(box, 0 if frame in SHARP else 300, style)
            if item.tag:
                middle, size = item.tag_box.centre, item.tag_size
                base = Point(middle.x, middle.y + size * 35 // 100)
                yield _text(base, rf"\textsf{{{_words(item.tag)}}}", size, "quiet")
            yield from _lines(lines, item.inner, state)
        case Caption(box, words, size):
            base = Point(box.centre.x, box.centre.y + size * 35 // 100)
            yield _text(base, rf"\textsf{{{_words(words)}}}", size, "quiet")
        case Arrow(start, end):
            neck = arrow_head(end, start, 900, 1400)
            back = Point((neck[1].x + neck[2].x) // 2, (neck[1].y + neck[2].y) // 2)
            yield rf"\draw[{tex_colour('wire')},line width=5pt] {_at(start)} -- {_at(back)};"
            yield _polygon(neck, "wire")
        case _:
            raise TypeError(f"no drawing of {item!r}")


def _node(node: Node) -> Iterator[str]:
    dim = node.state == "dim"
    stroke, fill = ("wire", "paper") if dim else (node.role, f"{node.role} tint")
    weight = {"plain": 110, "lit": 200, "dim": 60}[node.state]
    dash = "on 1pt off 2pt" if dim else "on 3pt off 2pt" if node.role == "input" else ""
    style = f"draw={tex_colour(stroke)},fill={tex_colour(fill)},line width={number(weight)}pt"
    style += f",dash pattern={dash}" if dash else ""
    centre, radius = _at(node.box.centre), node.box.height // 2
    match node.shape:
        case "circle" | "ring":
            yield rf"\draw[{style}] {centre} circle[radius={number(radius)}pt];"
            if node.shape == "ring":
                yield (
                    rf"\draw[draw={tex_colour(stroke)},line width=0.6pt] {centre} "
                    rf"circle[radius={number(radius - RING_GAP)}pt];"
                )
        case "box":
            yield _rectangle(node.box, 500, style)
        case "square":
            yield _rectangle(node.box, 100, style)
        case "dot":
            yield rf"\fill[{tex_colour(node.role)}] {centre} circle[radius={number(radius)}pt];"
    yield from _lines(node.inside, node.box, node.state)


def _edge(edge: Edge) -> Iterator[str]:
    colour = "ink" if edge.state == "lit" else "wire"
    dash = ",dash pattern=on 1pt off 2pt" if edge.state == "dim" else ""
    dash = ",dash pattern=on 3pt off 2pt" if edge.dashed and not dash else dash
    path = " -- ".join(map(_at, edge.points))
    yield rf"\draw[{tex_colour(colour)},line width={number(WIDTHS[edge.state])}pt{dash}] {path};"
    if edge.head != "none":
        tip, tail = (edge.points[-1], edge.points[-2]) if edge.head == "end" else edge.points[:2]
        yield _polygon(arrow_head(tip, tail), colour)


def _polygon(points: Sequence[Point], colour: str) -> str:
    return rf"\fill[{tex_colour(colour)}] {' -- '.join(map(_at, points))} -- cycle;"


def _rectangle(box: Box, corner: int, style: str) -> str:
    start, end = Point(box.left, box.top), Point(box.right, box.bottom)
    return rf"\draw[{style},rounded corners={number(corner)}pt] {_at(start)} rectangle {_at(end)};"


def _lines(lines: tuple[MathLine, ...], box: Box, state: State) -> Iterator[str]:
    for line, at in zip(lines, baselines(lines, box), strict=True):
        style = r"\displaystyle " if is_tall(line.tex) else ""
        yield _text(at, f"${style}{line.tex}$", line.size, "quiet" if state == "dim" else line.role)


def _text(base: Point, text: str, size: int, colour: str) -> str:
    font = rf"\fontsize{{{number(size)}}}{{{number(size * 12 // 10)}}}\selectfont"
    return rf"\node[anchor=base,inner sep=0pt,text={tex_colour(colour)},font={font}] at {_at(base)} {{{text}}};"


_SPECIAL = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def _words(words: str) -> str:
    return "".join(_SPECIAL.get(c, f"\\{c}" if c in "#$%&_" else c) for c in words)
