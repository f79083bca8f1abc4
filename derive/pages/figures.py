"""The pictures of a problem that is given by equations: which ones suit it, and the words below them.

A picture is a row of the table: the property of the equations that asks for it, and what it shows after the forward and
after the backward pass. None is shown in a document that would be too small to read on a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from derive.compute.schedule import groups
from derive.diagram import LEGIBLE, NoPicture, Scene, scale
from derive.document import Figure
from derive.errors import InputError, did_you_mean, shown
from derive.pages.circuits import After, circuit_scene
from derive.pages.graphs import Unrolled, graph_scene, path_scene, timed, unrolled_scene
from derive.pages.page import ModelPage
from derive.pages.windows import windowed
from derive.sentences import Part
from derive.trace.identity import Symbol
from derive.trace.indexed import Soft, walk

MOST_GATES, MOST_NUMBERS = 40, 16
"""Operations of a circuit that is drawn, and numbers of one that has arrays."""
FEWEST_QUANTITIES, MOST_QUANTITIES, MOST_UNROLLED = 3, 40, 60
"""Computed quantities that need a graph, all quantities of one, and the nodes of an unrolled recurrence."""


class Drawn(NamedTuple):
    """A picture: what tells it from others of its kind, and what its words say of it besides.

    `about` is what it shows; `entry` is, of a gradient, with respect to what it is.
    """

    name: str
    scene: Scene
    about: Part = ""
    remark: str = ""
    entry: Part = ""


class Kind(NamedTuple):
    """A kind of picture: whether it suits a problem, and what it shows after each pass, with its words.

    `captions` stand below the picture, `shows` goes on the sentence `Figure 1 ...`.
    """

    name: str
    suits: Callable[[ModelPage], bool]
    scenes: Callable[[ModelPage, After], Iterator[Drawn]]
    captions: dict[After, str]
    shows: dict[After, str]


def of_numbers(page: ModelPage) -> bool:
    """Whether single operations on single numbers make a picture: few of both, and no softmax, which is none."""
    system = page.solution.system
    inside = [part for equation in system.equations for part in walk(equation.right)]
    numbers = sum(1 for name in system.ranges for _ in page.elements.places(name))
    return (
        bool(system.equations)
        and len(inside) <= 3 * MOST_GATES
        and (not any(system.ranges.values()) or numbers <= MOST_NUMBERS)
        and not any(isinstance(part, Soft) for part in inside)
        and not timed(page)
    )


def of_arrays(page: ModelPage) -> bool:
    """Whether there are arrays, few enough quantities for a picture, and nothing that needs its own earlier result."""
    solution = page.solution
    names = {equation.name for equation in solution.system.equations}
    return (
        any(solution.system.ranges.values())
        and not of_numbers(page)
        and len(names) >= FEWEST_QUANTITIES
        and len(solution.system.ranges) <= MOST_QUANTITIES
        and not any(group.recurrent for group in groups(solution.system.equations, solution.system.givens))
    )


def over_time(page: ModelPage) -> bool:
    """Whether there is a recurrence with few enough steps for a picture."""
    axes = timed(page)
    return bool(axes) and len(Unrolled(page).sources) <= MOST_UNROLLED


def single(scene: Callable[[ModelPage, After], Scene]) -> Callable[[ModelPage, After], Iterator[Drawn]]:
    """A kind of which a problem has one picture."""
    return lambda page, after: iter((Drawn("", scene(page, after)),))


def of_windows(page: ModelPage, after: After) -> Iterator[Drawn]:
    """A picture for every equation with windows, by its name."""
    for windows in windowed(page):
        scene = windows.scene(after)
        if scene is not None:
            bold = "; a bold frame is where the largest or smallest number of a window was" if windows.chooses else ""
            about = page.display.symbol(windows.subject(after))
            entry = page.display.symbol(windows.source) if windows.source is not None else ""
            yield Drawn(windows.equation.name, scene, about, bold, entry)


KINDS: tuple[Kind, ...] = (
    Kind(
        "circuit",
        of_numbers,
        single(circuit_scene),
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
    Kind(
        "graph",
        of_arrays,
        single(graph_scene),
        {"forward": "What is computed from what, with the shape of every quantity; a number stands as it is."},
        {"forward": "shows what goes into what. The backward pass goes along the same arrows against their direction."},
    ),
    Kind(
        "unrolled",
        over_time,
        single(unrolled_scene),
        {"forward": "The recurrence unrolled over its steps: in every node its numbers and the parameters it uses."},
        {
            "forward": "shows every step. A parameter stands in every node that uses it: each of these uses adds its"
            " share to the gradient."
        },
    ),
    Kind(
        "windows",
        lambda page: bool(windowed(page)),
        of_windows,
        {
            "forward": "The window of {about}: shaded is what goes into it{remark}.",
            "backward": "How the derivative of {loss} with respect to {entry} comes about: shaded are, from the left,"
            " the gradients that reach it and what they are multiplied by{remark}.",
        },
        {
            "forward": "shows the window of {about}.",
            "backward": "shows the way back to {about}.",
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
            loss = page.display.symbol(page.solution.derived_loss)
            for name, scene, about, remark, entry in _showable(kind, page, after):
                if scale(scene) >= LEGIBLE:
                    words = {"loss": loss, "about": about, "remark": remark, "entry": entry}
                    texts = (kind.captions[after], kind.shows[after])
                    caption, shows = (page.words(text, **words) for text in texts)
                    yield Figure(_named(kind, name, after), scene, caption, shows)


def _showable(kind: Kind, page: ModelPage, after: After) -> list[Drawn]:
    """The pictures of a kind; none where something in them has no picture, for a page can do without."""
    try:
        return list(kind.scenes(page, after))
    except NoPicture:
        return []


def _drawn(kind: Kind, page: ModelPage, after: After) -> list[Drawn]:
    """The same for who asks for pictures alone. Raises `InputError` for what no picture can show."""
    try:
        return list(kind.scenes(page, after))
    except NoPicture as error:
        file, hint = page.solution.problem.file, "derive solve writes the page without it."
        raise InputError("what a picture can show", str(error), file, kind.name, hint) from None


def scenes(page: ModelPage, weights: Sequence[str] = ()) -> Iterator[tuple[str, Scene]]:
    """Every picture that suits a problem, of any size, with the part of its file's name that tells it from others.

    Raises `InputError` for a weight that is none.
    """
    for kind in KINDS:
        if kind.suits(page):
            for after in kind.captions:
                if after == "forward" or page.derived:
                    for one in _drawn(kind, page, after):
                        yield _named(kind, one.name, after), one.scene
    yield from paths(page, weights)


def _named(kind: Kind, name: str, after: After) -> str:
    return "-".join(part for part in (kind.name, name, after) if part)


def paths(page: ModelPage, weights: Sequence[str]) -> Iterator[tuple[str, Scene]]:
    """How each of the weights reaches the loss; of the first parameter where none is named."""
    solution = page.solution
    if solution.loss is None or solution.adjoint is None:
        return
    known = {
        str(symbol): symbol
        for name in page.derived
        if name in solution.system.givens
        for place in page.elements.places(name)
        if solution.has_gradient(symbol := Symbol(name, place))
    }
    for weight in weights or list(known)[:1]:
        if weight.replace(" ", "") not in known:
            hint = did_you_mean(weight, known)
            raise InputError(
                "what has a gradient, such as a weight, by its id", shown(weight), place="--weight", hint=hint
            )
        symbol = known[weight.replace(" ", "")]
        yield (
            f"path-{re.sub(r'[^A-Za-z0-9_]+', '-', str(symbol)).strip('-')}",
            path_scene(page, symbol, of_numbers(page)),
        )
