"""A window that moves over an array: the numbers of input, kernel and output as grids, with one entry worked.

An equation has windows where it gathers elements at indices in which a letter of its own stands beside a letter that
runs: so a convolution and a pooling are found by what they do. After the forward pass the window of one entry of the
output is shaded; after the backward pass, of one entry that has a gradient, all that its gradient is gathered from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

from derive.diagram import Cell, Grid, Grids, MathLine, Scene
from derive.diagram.scene import TEXT
from derive.expression import Mul, Ref
from derive.pages.circuits import After, Pictured
from derive.pages.page import ModelPage
from derive.trace.affine import letters
from derive.trace.identity import Identity, Place, Symbol
from derive.trace.indexed import Equation, Reduce, reads, walk
from derive.trace.local import WINS
from derive.trace.unroll import Step, identity

MOST_ROWS, MOST_COLUMNS, MOST_SLICES = 8, 8, 3
"""Of an array that is drawn as a grid: rows and columns, and slices of an array of more indices."""


def windowed(page: ModelPage, step: int = 0) -> list[Windows]:
    """Of the equations that move a window over an array small enough to draw, the windows."""
    return [
        Windows(page, equation, step)
        for equation, names in _moving(page)
        if all(_is_drawable(page, name) for name in names)
    ]


def large(page: ModelPage) -> list[str]:
    """The arrays under or behind a window that are too large to be drawn."""
    found = [name for _, names in _moving(page) for name in names if not _is_drawable(page, name)]
    return list(dict.fromkeys(found))


def _moving(page: ModelPage) -> Iterator[tuple[Equation, list[str]]]:
    """The equations that move a window, with what they give and what the window moves over."""
    for equation in page.solution.system.equations:
        moved = [name for part in walk(equation.right) if isinstance(part, Reduce) for name in _moved(equation, part)]
        if moved:
            yield equation, [equation.name, *moved]


def _is_drawable(page: ModelPage, name: str) -> bool:
    return _drawable([high - low + 1 for low, high in page.solution.system.ranges[name]])


def _moved(equation: Equation, part: Reduce) -> Iterator[str]:
    """The arrays over which a gathering moves."""
    for read in reads(part.body):
        for form in read.index:
            inside = set(letters(form))
            if inside & set(part.letters) and inside & set(equation.letters):
                yield read.name
                break


def _drawable(sizes: list[int]) -> bool:
    *slices, rows, columns = [1, 1, *sizes]
    count = 1
    for one in slices:
        count *= one
    return rows <= MOST_ROWS and columns <= MOST_COLUMNS and count <= MOST_SLICES


EXTREMES = {"max": "largest", "min": "smallest"}
"""What a window that takes one of its numbers takes."""


class Windows:
    """The windows of one equation."""

    def __init__(self, page: ModelPage, equation: Equation, step: int = 0) -> None:
        self.page, self.equation, self.pictured = page, equation, Pictured(page, step)
        self.steps: Mapping[Symbol, Step] = {
            step.target.of: step for step in page.solution.steps if step.target.of.name == equation.name
        }
        gathered = [part for part in walk(equation.right) if isinstance(part, Reduce)]
        self.extremes = [EXTREMES[part.kind] for part in gathered if part.kind in WINS]
        """What is taken of a window, where one element counts and the others do not."""
        self.chooses = bool(self.extremes)
        self.arrays = list(
            dict.fromkeys(name for part in gathered for name in (read.name for read in reads(part.body)))
        )

    @cached_property
    def taken(self) -> Mapping[Symbol, Symbol]:
        """To every entry of the output the element that is taken, where one is."""
        if not self.chooses:
            return {}
        solution = self.page.solution
        return {
            target: source.of
            for target, step in self.steps.items()
            for source in step.sources
            if solution.digits(Identity(target, by=source.of), 4) == "1"
        }

    @cached_property
    def entry(self) -> Symbol:
        """The entry of the output whose window is shown: the first of those with most in it."""
        return max(self.steps, key=lambda one: len(self.steps[one].sources))

    def readers(self, entry: Symbol) -> list[Symbol]:
        """The entries of the output that an entry acts on."""
        if self.chooses:
            return [target for target, source in self.taken.items() if source == entry]
        return [target for target, step in self.steps.items() if Identity(entry) in step.sources]

    @cached_property
    def source(self) -> Symbol | None:
        """The entry whose gradient is shown: the first of those that act on most, in the first array that has one."""
        for name in sorted(self.arrays, key=lambda name: name in self.page.solution.parameters):
            if name in self.page.derived:
                places = [Symbol(name, place) for place in self.page.elements.places(name)]
                return max(places, key=lambda one: len(self.readers(one)))
        return None

    def partners(self, entry: Symbol) -> set[Symbol]:
        """What an entry is multiplied by in the windows that it stands in."""
        found: set[Symbol] = set()
        for target in self.readers(entry):
            for part in walk(self.steps[target].formula):
                if isinstance(part, Mul):
                    inside = [identity(leaf).of for leaf in part.factors if isinstance(leaf, Ref)]
                    if entry in inside:
                        found.update(one for one in inside if one != entry)
        return found

    # -- grids

    def forward(self) -> list[Grid]:
        window = {source.of for source in self.steps[self.entry].sources}
        arrays = [*sorted(self.arrays, key=lambda name: name in self.page.solution.parameters), self.equation.name]
        shaded = window | {self.entry}
        return [grid for name in arrays for grid in self._grids(name, shaded, set(self.taken.values()), self.entry)]

    def backward(self) -> list[Grid]:
        """Nothing where no entry has a gradient."""
        entry, adjoint = self.source, self.page.solution.adjoint
        if entry is None or adjoint is None or self.equation.name not in self.page.derived:
            return []
        readers, partners = set(self.readers(entry)), self.partners(entry)
        found = list(self._grids(self.equation.name, readers, (), None, adjoint.names[self.equation.name]))
        for name in dict.fromkeys(one.name for one in sorted(partners)):
            found += self._grids(name, partners, (), None)
        return [*found, *self._grids(entry.name, {entry}, set(self.taken.values()), None, adjoint.names[entry.name])]

    def whole(self, after: After) -> Scene | None:
        """All numbers of a pass, each in a cell of its own; None where nothing has a gradient.

        Backwards these are the gradients of the output, the values that they meet, and the gradients that arise.
        """
        known, own = self.page.solution.adjoint, [*self.arrays, self.equation.name]
        shown: list[tuple[str, str]] = [(name, "") for name in own]
        if after == "backward":
            if known is None or self.equation.name not in self.page.derived:
                return None
            derived = [(name, known.names[name]) for name in self.arrays if name in self.page.derived]
            shown = [(own[-1], known.names[own[-1]]), *((name, "") for name in self.arrays), *derived]
        cells = {name: {Symbol(name, place) for place in self.page.elements.places(name)} for name in own}
        placed = Grids([grid for name, what in shown for grid in self._grids(name, cells[name], (), None, what)])
        title = f"The numbers of {self.equation.name}, step by step: {self.page.solution.problem.title}"
        return Scene(placed.width, placed.height, placed.items, title, "Every number stands in the text below.")

    def _grids(
        self, name: str, shaded: Collection[Symbol], bold: Collection[Symbol], own: Symbol | None, shown: str = ""
    ) -> Iterator[Grid]:
        """The slices of an array; `shown` is the array whose numbers stand in it, such as its gradient."""
        page = self.page
        slices: dict[Place, list[Place]] = {}
        for place in page.elements.places(name):
            slices.setdefault(place[:-2], []).append(place)
        marked = {lead for lead in slices if any(Symbol(name, place) in shaded for place in slices[lead])}
        for lead, places in slices.items():
            if lead not in marked and len(slices) > 1:
                continue
            first = [min(at) for at in zip(*(place[-2:] for place in places), strict=True)]
            spelling = self.pictured.display
            named = spelling.whole(shown or name)
            named = page.slice_name(shown or name, lead, spelling.made(shown or name)) if lead else named
            cells = []
            for place in places:
                row, column = ([0, 0, *(at - low for at, low in zip(place[-2:], first, strict=True))])[-2:]
                symbol = Symbol(name, place)
                line = self.pictured.value(Symbol(shown or name, place))
                cells.append(Cell(row, column, line, symbol in shaded, symbol in bold))
            yield Grid((MathLine(named.name.tex, named.role, named.key, TEXT),), tuple(cells))

    # -- words

    def description(self, after: After) -> str:
        said, told = self.pictured.spoken, self.page.solution.adjoint
        if after == "forward":
            window = ", ".join(said(source.of) for source in self.steps[self.entry].sources)
            text = f"{said(self.entry)} comes from {window}."
            if self.chooses:
                text += f" {'; '.join(f'{one} is taken from {source}' for one, source in self.taken.items())}."
            return text
        assert self.source is not None and told is not None
        readers = self.readers(self.source)
        above = ", ".join(said(Symbol(told.names[one.name], one.indices)) for one in readers)
        partners = ", ".join(said(one) for one in sorted(self.partners(self.source)))
        by = f" and {partners}" if partners else ""
        own = said(Symbol(told.names[self.source.name], self.source.indices))
        return f"{own} is gathered from {above}{by}." if readers else f"{own}: no window takes it."

    def subject(self, after: After) -> Symbol:
        """The entry that is worked: of the output, or of what has the gradient."""
        if after == "forward":
            return self.entry
        assert self.source is not None
        return self.source

    def scene(self, after: After) -> Scene | None:
        """The grids of a pass; None where no entry has a gradient."""
        grids = self.forward() if after == "forward" else self.backward()
        if not grids:
            return None
        placed = Grids(grids)
        passes = "" if after == "forward" else ", backwards"
        title = f"The windows of {self.equation.name}{passes}: {self.page.solution.problem.title}"
        return Scene(placed.width, placed.height, placed.items, title, self.description(after))
