"""The pictures of a problem that is given by equations: which ones suit it, and the words below them.

A picture is a row of the table: the property of the equations that asks for it, and what it shows after the forward and
after the backward pass. None is shown in a document that would be too small to read on a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from derive.diagram import LEGIBLE, Scene, scale
from derive.document import Figure
from derive.pages.circuits import After, circuit_scene
from derive.pages.page import ModelPage
from derive.trace.indexed import walk

MOST_GATES = 40
"""Operations of a circuit that is drawn."""


class Kind(NamedTuple):
    """A kind of picture: whether it suits a problem, and what it shows after each pass, with its words.

    `captions` stand below the picture, `shows` goes on the sentence `Figure 1 ...`.
    """

    name: str
    suits: Callable[[ModelPage], bool]
    scene: Callable[[ModelPage, After], Scene]
    captions: dict[After, str]
    shows: dict[After, str]


def of_numbers(page: ModelPage) -> bool:
    """Whether every quantity is one number, and the operations are few enough for a picture."""
    system = page.solution.system
    return (
        bool(system.equations)
        and not any(system.ranges.values())
        and sum(1 for equation in system.equations for _ in walk(equation.right)) <= 3 * MOST_GATES
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        "circuit",
        of_numbers,
        circuit_scene,
        {
            "forward": "The computation as a circuit: in every node its operation, above the line behind it the value.",
            "backward": "The same circuit after the backward pass: below every line the derivative of {loss} with"
            " respect to the value on it.",
        },
        {
            "forward": "has the numbers of the forward pass where they arise.",
            "backward": "has all derivatives in their places. At a node, each one that leaves to the left is the one"
            " that arrives from the right times the local derivative; where a line splits, what comes back is added.",
        },
    ),
)
"""Every kind of picture; a problem has all that suit it."""


def figures(page: ModelPage, after: After) -> Iterator[Figure]:
    """The pictures of a document after one of the passes."""
    if not page.shows("figures"):
        return
    for kind in KINDS:
        if after in kind.captions and kind.suits(page):
            scene = kind.scene(page, after)
            if scale(scene) >= LEGIBLE:
                loss = page.display.symbol(page.solution.derived_loss)
                caption = page.words(kind.captions[after], loss=loss)
                yield Figure(_named(kind, after), scene, caption, page.words(kind.shows[after]))


def scenes(page: ModelPage) -> Iterator[tuple[str, Scene]]:
    """Every picture that suits a problem, of any size, with the part of its file's name that tells it from others."""
    for kind in KINDS:
        if kind.suits(page):
            for after in kind.captions:
                if after == "forward" or page.derived:
                    yield _named(kind, after), kind.scene(page, after)


def _named(kind: Kind, after: After) -> str:
    return f"{kind.name}-{after}"
