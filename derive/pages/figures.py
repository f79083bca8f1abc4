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
from derive.pages.windows import MOST_COLUMNS, MOST_ROWS, MOST_SLICES, large, windowed
from derive.sentences import Part
from derive.trace.identity import Symbol
from derive.trace.indexed import Soft, walk

MOST_GATES, MOST_NUMBERS = 40, 16
"""Operations of a circuit that is drawn, and numbers of one that has arrays."""
FEWEST_QUANTITIES, MOST_QUANTITIES, MOST_UNROLLED = 3, 40, 60
"""Computed quantities that need a graph, all quantities of one, and the nodes of an unrolled recurrence."""


AGAIN = " The backward pass goes along the same arrows against their direction."
"""What is said of a graph where there is a backward pass."""


MULTIPLIED = " and, right of them, what they are multiplied by"
"""What is said of a picture that has the factors of gradients beside them."""


class Drawn(NamedTuple):
    """A picture: what tells it from others of its kind, and what its caption says of it besides."""

    name: str
    scene: Scene
    about: Part = ""
    remark: str = ""
    array: str = ""
    """The array whose numbers it shows, beside which it stands; "" for the whole computation."""


class Kind(NamedTuple):
    """A kind of picture: whether it suits a problem, and what it shows after each pass, with its words.

    `captions` stand below the picture, `shows` goes on the sentence `Figure 1 ...`.
    """

    name: str
    suits: Callable[[ModelPage], bool]
    scenes: Callable[[ModelPage, After], Iterator[Drawn]]
    captions: dict[After, str]
    shows: dict[After, str]
    too_large: Callable[[ModelPage], str]
    """Why a problem that would suit has none of them: what is too large; "" where nothing is."""


def _many_gates(page: ModelPage) -> str:
    """Why single numbers make no circuit: there are too many."""
    system = page.solution.system
    if any(system.ranges.values()) or not system.equations or timed(page):
        return ""
    inside = sum(1 for equation in system.equations for _ in walk(equation.right))
    if inside <= 3 * MOST_GATES:
        return ""
    return f"a circuit of it has too many operations (more than about {MOST_GATES})"


def _many_quantities(page: ModelPage) -> str:
    """Why arrays make no graph: there are too many."""
    system = page.solution.system
    recurrent = any(group.recurrent for group in groups(system.equations, system.givens))
    if not any(system.ranges.values()) or recurrent or len(system.ranges) <= MOST_QUANTITIES:
        return ""
    return f"a graph of it has {len(system.ranges)} quantities (at most {MOST_QUANTITIES})"


def _many_steps(page: ModelPage) -> str:
    """Why a recurrence is not unrolled: it has too many nodes."""
    nodes = len(Unrolled(page).sources) if timed(page) else 0
    return f"unrolled over its steps it has {nodes} nodes (at most {MOST_UNROLLED})" if nodes > MOST_UNROLLED else ""


def _large_windows(page: ModelPage) -> str:
    """Why windows are not drawn: the arrays under them are too large."""
    found = large(page)
    arrays = ", ".join(f"{name} ({page.shape(name)})" for name in found)
    most = f"at most {MOST_ROWS} rows, {MOST_COLUMNS} columns and {MOST_SLICES} slices"
    return f"the windows are over arrays too large for a grid: {arrays} ({most})" if found else ""


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
            bold = "".join(f"; a bold frame is where the {one} number of a window was" for one in windows.extremes[:1])
            bold = bold or (MULTIPLIED if after == "backward" else "")
            subject = windows.subject(after)
            yield Drawn(windows.equation.name, scene, page.display.symbol(subject), bold, subject.name)


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
            "forward": "shows the numbers of the forward pass where they arise.",
            "backward": "shows all derivatives in their places. Each node multiplies the one that arrives from the"
            " right by the local derivative and passes it on to the left; where a line splits, what comes back is"
            " added.",
        },
        _many_gates,
    ),
    Kind(
        "graph",
        of_arrays,
        single(graph_scene),
        {"forward": "What is computed from what, with the shape of every quantity; a number stands as it is."},
        {"forward": "shows what goes into what.{again}"},
        _many_quantities,
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
        _many_steps,
    ),
    Kind(
        "windows",
        lambda page: bool(windowed(page)),
        of_windows,
        {
            "forward": "The window of {about}: shaded is what goes into it{remark}.",
            "backward": "How the gradient of {about} comes about: shaded are the gradients that reach it{remark}.",
        },
        {
            "forward": "shows the window of {about}.",
            "backward": "shows where the gradient of {about} comes from.",
        },
        _large_windows,
    ),
)
"""Every kind of picture; a problem has all that suit it."""


def figures(page: ModelPage, after: After, beside: str | None = None) -> Iterator[Figure]:
    """The pictures of a document after one of the passes, each once: first those `beside` an array."""
    if not page.shows("figures"):
        return
    for kind in KINDS:
        if after in kind.captions and kind.suits(page):
            loss = page.display.symbol(page.solution.derived_loss)
            for name, scene, about, remark, array in _showable(kind, page, after):
                called = _named(kind, name, after)
                if scale(scene) >= LEGIBLE and beside in (None, array) and page.once(f"figure: {called}"):
                    words = {"loss": loss, "about": about, "remark": remark, "again": AGAIN if page.derived else ""}
                    caption, shows = (page.words(text, **words) for text in (kind.captions[after], kind.shows[after]))
                    yield Figure(called, scene, caption, shows)


def left_out(page: ModelPage) -> list[str]:
    """Why pictures that would suit a problem are not in its document: what is too large, or cannot be drawn."""
    found = [why for kind in KINDS if (why := kind.too_large(page))]
    for kind in KINDS:
        for after in kind.captions if kind.suits(page) else ():
            if after == "backward" and not page.derived:
                continue
            try:
                small = [one for one in kind.scenes(page, after) if scale(one.scene) < LEGIBLE]
            except NoPicture as error:
                found.append(f"the {kind.name} cannot show {error}")
                continue
            passes = "" if after == "forward" else " after the backward pass"
            found += [f"the {kind.name}{passes} would be too small to be read on a page" for _ in small[:1]]
    return list(dict.fromkeys(found))


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
