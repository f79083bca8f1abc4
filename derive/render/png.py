"""A scene as pixels, for formats in which programs show no SVG: drawn by Typst, with its own fonts, the same bytes on
every machine."""

from __future__ import annotations

from base64 import b64encode

from derive.diagram import Scene, to_svg
from derive.diagram.svg import PRINT
from derive.render.escape import Escaped

PIXELS_PER_INCH = 144

_PAGE = '#set page(width: auto, height: auto, margin: 4pt, fill: white)\n#image(bytes("{svg}"), format: "svg")\n'


def png(scene: Scene) -> bytes:
    """The picture on white ground."""
    import typst

    svg = to_svg(scene, paper=False, style=False, letters=PRINT).rstrip().replace("\\", "\\\\").replace('"', '\\"')
    source = _PAGE.format(svg=svg).encode()
    image: bytes = typst.compile(source, format="png", ppi=PIXELS_PER_INCH, ignore_system_fonts=True)
    return image


def png_drawing(scene: Scene, position: int) -> Escaped:
    """The pixels as an address that holds them."""
    return Escaped(f"data:image/png;base64,{b64encode(png(scene)).decode()}")
