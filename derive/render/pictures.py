"""A scene as the text that a document of one format holds: the drawing itself, or the address of its file."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from derive.diagram import Scene, scale, style_sheet, to_svg, to_tikz
from derive.diagram.scene import Caption
from derive.diagram.svg import PRINT, number
from derive.document import Figure
from derive.palette import Colours, formula_colours, tex_definitions, typst_definitions
from derive.render.escape import Escaped, code_point, tex_lacks


def no_palette(by: Colours) -> Escaped:
    return Escaped("")


def tex_palette(by: Colours) -> Escaped:
    return Escaped(tex_definitions(by).rstrip())


def typst_palette(by: Colours) -> Escaped:
    return Escaped(typst_definitions(by).rstrip())


def html_palette(by: Colours) -> Escaped:
    return Escaped(f"{formula_colours(by)}\n{style_sheet()}")


def svg_drawing(scene: Scene, position: int) -> Escaped:
    """SVG for a page that has the style sheet of pictures; `position` counts the pictures of the page."""
    return Escaped(to_svg(scene, f"figure{position}", paper=False, style=False).rstrip())


def typst_drawing(scene: Scene, position: int) -> Escaped:
    """SVG inside the quotation marks of a Typst string."""
    drawing = to_svg(scene, f"figure{position}", paper=False, style=False, letters=PRINT).rstrip()
    return Escaped(drawing.replace("\\", "\\\\").replace('"', '\\"'))


def tikz_drawing(scene: Scene, position: int) -> Escaped:
    """TikZ for a document that has the colours of the palette; words that LaTeX cannot show have code points."""
    items = tuple(replace(one, words=_in_tex(one.words)) if isinstance(one, Caption) else one for one in scene.items)
    return Escaped(to_tikz(replace(scene, items=items), colours=False).rstrip())


def _in_tex(words: str) -> str:
    lacking = tex_lacks(words)
    return "".join(code_point(letter) if letter in lacking else letter for letter in words)


def shown_width(scene: Scene) -> Escaped:
    """How wide the picture is on a page, in points: as it is, or as wide as fits."""
    return Escaped(number(int(scene.width * scale(scene))))


def file_name(stem: str, figure: Figure) -> str:
    """The name of the file of a picture, of a document whose own name begins with `stem`.

    >>> from derive.diagram import Scene
    >>> file_name("mazur", Figure("forward", Scene(1, 1, (), "", ""), ()))
    'mazur.forward.svg'
    """
    return f"{stem}.{figure.name}.svg"


def address(stem: str, figure: Figure) -> Escaped:
    """The same as a document beside it refers to it."""
    return Escaped(quote(file_name(stem, figure)))
