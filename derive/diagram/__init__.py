"""Pictures as a view of the derivation: the network, the chain of one weight, the loss over the steps of training.

`network_scene`, `path_scene` and `losses_scene` choose quantities and make a `Scene`: shapes and texts in whole
numbers, placed by `layout` so that no label lies on another or on a node. `to_svg` and `to_tikz` write a scene. To
add a picture, add a module that makes a scene; to add a format, one that writes every item of `scene`.
"""

from __future__ import annotations

from typing import NamedTuple

from derive.diagram.asked import asked_scene, every_scene
from derive.diagram.circuit import Gate
from derive.diagram.circuit_rows import drawn
from derive.diagram.grids import Cell, Grid, Grids
from derive.diagram.layout import LEGIBLE, scale
from derive.diagram.losses import losses_scene
from derive.diagram.network import MOMENTS, After, network_scene, stepping_scene
from derive.diagram.path import path_scene
from derive.diagram.scene import MathLine, Scene
from derive.diagram.svg import style_sheet, to_svg
from derive.diagram.texname import NoGlyphs, NoPicture
from derive.diagram.tikz import to_tikz
from derive.diagram.view import DECIMALS, Solved
from derive.quantity import Quantity

__all__ = [
    "DECIMALS",
    "LEGIBLE",
    "MOMENTS",
    "After",
    "Cell",
    "Gate",
    "Grid",
    "Grids",
    "MathLine",
    "NoGlyphs",
    "NoPicture",
    "Picture",
    "Scene",
    "Solved",
    "asked_scene",
    "drawn",
    "every_scene",
    "figure",
    "losses_scene",
    "losses_svg",
    "network_scene",
    "network_svg",
    "path_scene",
    "path_svg",
    "scale",
    "stepping_scene",
    "style_sheet",
    "to_svg",
    "to_tikz",
]


class Picture(NamedTuple):
    """A picture to put into a document: SVG, its alternative text, its size in points."""

    svg: str
    alt_text: str
    width: int
    height: int

    def _repr_svg_(self) -> str:
        """What Jupyter shows for a picture."""
        return self.svg


def figure(scene: Scene, prefix: str = "derive", paper: bool = False, style: bool = True) -> Picture:
    """A scene for embedding; ids begin with `prefix`, the ground is left as it is unless `paper` is set.

    A page of several pictures passes a prefix for each, and `style=False` where it has `style_sheet()` itself.
    """
    svg = to_svg(scene, prefix, paper, style)
    return Picture(svg, scene.alt_text, -(-scene.width // 100), -(-scene.height // 100))


def network_svg(solved: Solved, after: After = "forward", example: int | None = None, step: int = 0) -> str:
    """The network as an SVG document, as given ("structure"), after the "forward" or after the "backward" pass.

    >>> from derive import solve
    >>> "0.5933" in network_svg(solve("mazur"))
    True
    """
    return to_svg(network_scene(solved, after, example, step))


def path_svg(solved: Solved, weight: Quantity, example: int | None = None, step: int = 0) -> str:
    """The chain from a weight to the loss as an SVG document."""
    return to_svg(path_scene(solved, weight, example, step))


def losses_svg(solved: Solved) -> str:
    """The loss over the steps of training as an SVG document."""
    return to_svg(losses_scene(solved))
