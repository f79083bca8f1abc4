"""Graphs of quantities: whole arrays with their shapes, or the same unrolled over the steps of a recurrence.

Decides which quantities are a node. A parameter that a recurrence uses again at every step stands in each node that
uses it, and nowhere else: so it is seen how often it is used. Where each node is drawn is for `diagram`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain

from derive.compute.schedule import groups
from derive.diagram import Gate, MathLine, Scene, drawn
from derive.diagram.scene import SMALL_TEXT, Lines, Shape, State
from derive.formula import Named
from derive.pages.circuits import After, Circuit, Pictured
from derive.pages.page import ModelPage
from derive.trace.affine import Affine, Range, letters
from derive.trace.identity import Place, Symbol
from derive.trace.indexed import Equation, reads

TOLD = 6
"""Numbers of an array that the words for those who hear the picture have."""
IN_NODE = 3
"""Numbers of an array that stand in a node."""


class Graph:
    """The quantities of a page, each a node with its shape, and what reads what."""

    def __init__(self, page: ModelPage, step: int = 0) -> None:
        self.page, self.pictured = page, Pictured(page, step)

    @cached_property
    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """To every quantity those that its equations read, in an order in which they can be computed."""
        system = self.page.solution.system
        found: dict[str, tuple[str, ...]] = {}
        for group in groups(system.equations, system.givens):
            for number in group.equations:
                equation = system.equations[number]
                names = [read.name for read in reads(equation.right)]
                found[equation.name] = tuple(dict.fromkeys((*found.get(equation.name, ()), *names)))
        given = dict.fromkeys(name for names in found.values() for name in names if name not in found)
        return {**{name: () for name in given}, **found}

    def gates(self, lit: Collection[str] = ()) -> list[Gate]:
        return [self._gate(name, lit) for name in self.sources]

    def _gate(self, name: str, lit: Collection[str]) -> Gate:
        named = self.pictured.display.whole(name)
        state: State = "plain" if not lit else "lit" if name in lit else "dim"
        shown = tuple(one for one in self.sources[name] if one in lit and name in lit)
        inside = (self._line(named), self.shape(name))
        shape: Shape = "square" if name in self.page.solution.system.givens else "box"
        return Gate(name, named.role, inside, self.sources[name], (), (), shape, state=state, lit=shown)

    def _line(self, named: Named) -> MathLine:
        return MathLine(named.name.tex, named.role, named.key, SMALL_TEXT)

    def shape(self, name: str) -> MathLine:
        """The shape of an array, or the number that there is alone."""
        named, spans = self.pictured.display.whole(name), self.page.spans[name]
        if not spans:
            return self.pictured.value(Symbol(name))
        return MathLine(_sizes(spans), named.role, named.key, SMALL_TEXT)

    def description(self) -> str:
        said = []
        for name, sources in self.sources.items():
            read = [self.pictured.display.whole(one).name.text for one in sources]
            said.append(f"{self.pictured.display.whole(name).name.text} ({self._told(name)})"
                        + (f" reads {', '.join(read)}" if read else " is given"))  # fmt: skip
        return f"{'; '.join(said)}."

    def _told(self, name: str) -> str:
        """The shape of an array in words, with its numbers where they are few; of a single number only that."""
        shape, places = self.page.shape(name), list(self.page.elements.places(name))
        numbers = ", ".join(self.pictured.number(Symbol(name, at), ",") for at in places) if len(places) <= TOLD else ""
        return ": ".join(part for part in (shape, numbers) if part)

    def on_the_way(self, start: str) -> set[str]:
        """The quantities through which one acts on the loss."""
        return ways(self.sources, start, self.page.solution.loss or "")


def _sizes(spans: Sequence[Range]) -> str:
    """A shape; a vector is a column."""
    sizes = [str(high - low + 1) for low, high in spans]
    return r"\times ".join(sizes if len(sizes) > 1 else [*sizes, "1"])


def ways(sources: Mapping[str, Sequence[str]], start: str, end: str) -> set[str]:
    """What lies on a path from the start to the end.

    >>> sorted(ways({"a": (), "b": (), "q": ("a",), "r": ("b",), "f": ("q", "r")}, "a", "f"))
    ['a', 'f', 'q']
    """
    after = {start}
    for key, before in sources.items():
        if after.intersection(before):
            after.add(key)
    found = {end} & after
    for key in reversed(list(sources)):
        if key in found:
            found.update(after.intersection(sources[key]))
    return found


def graph_scene(page: ModelPage, after: After = "forward") -> Scene:
    """Every quantity with its shape, and arrows from what is read to what reads it."""
    graph = Graph(page)
    placed = drawn(graph.gates())
    title = f"What is computed from what, with shapes: {page.solution.problem.title}"
    return Scene(placed.width, placed.height, placed.items, title, graph.description())


# -- unrolled over time


class Unrolled:
    """The quantities of a recurrence, a node for each at every step of it.

    In a `traced` picture the parameters in a node tell which they are, and single numbers have their gradients below.
    """

    def __init__(self, page: ModelPage, step: int = 0, traced: bool = False) -> None:
        self.page, self.pictured, self.traced = page, Pictured(page, step), traced
        self.axis = timed(page)
        self.shared = set(page.solution.parameters) - set(self.axis)

    def key(self, symbol: Symbol) -> Symbol:
        """The node of an element: its name, and its step where it has one."""
        axis = self.axis.get(symbol.name)
        return Symbol(symbol.name, () if axis is None else symbol.indices[axis : axis + 1])

    @cached_property
    def members(self) -> Mapping[Symbol, list[Place]]:
        """The elements of every node."""
        found: dict[Symbol, list[Place]] = {}
        for name in self.page.solution.system.ranges:
            for place in self.page.elements.places(name):
                found.setdefault(self.key(Symbol(name, place)), []).append(place)
        return found

    @cached_property
    def reading(self) -> Mapping[Symbol, tuple[Symbol, ...]]:
        """To every node those that it reads, the parameters among them, each after what it reads."""
        found: dict[Symbol, dict[Symbol, None]] = {}
        for step in self.page.solution.steps:
            own = self.key(step.target.of)
            sources = dict.fromkeys(self.key(source.of) for source in step.sources)
            found.setdefault(own, {}).update((one, None) for one in sources if one != own)
        given = dict.fromkeys(one for names in found.values() for one in names if one not in found)
        both = {**{one: {} for one in given}, **found}
        return {one: tuple(both[one]) for one in _in_order(both)}

    @cached_property
    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """The same without the parameters, which stand in the nodes that use them."""
        return {
            str(node): tuple(str(one) for one in before if one.name not in self.shared)
            for node, before in self.reading.items()
            if node.name not in self.shared
        }

    def gates(self, lit: Collection[str] = ()) -> list[Gate]:
        return [self._gate(node, lit) for node in self.reading if node.name not in self.shared]

    def _gate(self, node: Symbol, lit: Collection[str]) -> Gate:
        display, key = self.pictured.display, str(node)
        named = display.symbol(node) if node.indices else display.whole(node.name)
        lines: list[MathLine] = [MathLine(named.name.tex, named.role, named.key, SMALL_TEXT), *self._numbers(node)]
        weights = [display.whole(one.name) for one in self.reading[node] if one.name in self.shared]
        lines += [
            MathLine(
                ", ".join(one.name.tex for one in part),
                "weight",
                " ".join(one.key for one in part) if self.traced else "",
                SMALL_TEXT,
            )
            for part in _rows(weights, 4)
        ]
        state: State = "plain" if not lit else "lit" if key in lit else "dim"
        shape: Shape = "square" if node.name in self.page.solution.system.givens else "box"
        shown = tuple(one for one in self.sources[key] if one in lit and key in lit)
        return Gate(key, named.role, tuple(lines), self.sources[key], (), (), shape, state=state, lit=shown)

    def _numbers(self, node: Symbol) -> Lines:
        places = self.members[node]
        named = self.pictured.display.whole(node.name)
        if len(places) <= IN_NODE:
            values = [self.pictured.value(Symbol(node.name, place), named.role) for place in places]
            adjoint = self.page.solution.adjoint
            if self.traced and adjoint is not None and len(places) == 1 and node.name in self.page.derived:
                gradient = Symbol(adjoint.names[node.name], places[0])
                if self.page.solution.has_gradient(Symbol(node.name, places[0])):
                    values.append(self.pictured.value(gradient))
            return tuple(values)
        axis = self.axis.get(node.name)
        spans = [span for at, span in enumerate(self.page.spans[node.name]) if at != axis]
        return (MathLine(_sizes(spans), named.role, named.key, SMALL_TEXT),)

    def description(self) -> str:
        said = []
        for node, before in self.reading.items():
            if node.name in self.shared:
                continue
            numbers = [self.pictured.number(Symbol(node.name, place), ",") for place in self.members[node][:TOLD]]
            read = f" reads {', '.join(map(str, before))}" if before else " is given"
            said.append(f"{node} = {', '.join(numbers)}{read}")
        uses = [
            f"{name} is used {sum(any(one.name == name for one in before) for before in self.reading.values())} times"
            for name in self.page.solution.parameters
            if name in self.shared
        ]
        return f"{'; '.join(said)}. {'; '.join(uses)}." if uses else f"{'; '.join(said)}."


def _rows(names: Sequence[Named], most: int) -> Iterator[Sequence[Named]]:
    return (names[at : at + most] for at in range(0, len(names), most))


def _in_order(sources: Mapping[Symbol, Collection[Symbol]]) -> list[Symbol]:
    """The nodes, each after what it reads: first those that read nothing, then what reads these, and so on."""
    readers: dict[Symbol, list[Symbol]] = {}
    for one, read in sources.items():
        for before in read:
            readers.setdefault(before, []).append(one)
    open_reads = {one: len(read) for one, read in sources.items()}
    level = {one: 0 for one, read in sources.items() if not read}
    ready = deque(level)
    while ready:
        before = ready.popleft()
        for one in readers.get(before, ()):
            open_reads[one] -= 1
            if not open_reads[one]:
                level[one] = level[before] + 1
                ready.append(one)
    if len(level) < len(sources):
        raise ValueError(f"{', '.join(str(one) for one in sources if one not in level)} need each other")
    return sorted(sources, key=level.__getitem__)


def timed(page: ModelPage) -> dict[str, int]:
    """The axis of every quantity that has the steps of a recurrence along it; empty where there is none."""
    system = page.solution.system
    found: dict[str, int] = {}
    for group in groups(system.equations, system.givens):
        for number, clock in (group.clocks or {}).items():
            equation = system.equations[number]
            for axis, form in enumerate(equation.left):
                if clock in letters(form):
                    found.setdefault(equation.name, axis)
    changed = bool(found)
    while changed:
        before = len(found)
        for equation in system.equations:
            for clock in _clocks(equation, found):
                for name, index in chain([(equation.name, equation.left)], _indices(equation)):
                    for axis, form in enumerate(index):
                        if form.letter == clock:
                            found.setdefault(name, axis)
        changed = len(found) > before
    return found


def _indices(equation: Equation) -> Iterator[tuple[str, tuple[Affine, ...]]]:
    return ((read.name, read.index) for read in reads(equation.right))


def _clocks(equation: Equation, known: Mapping[str, int]) -> set[str]:
    """The letters of an equation that run over the steps."""
    everything = [(equation.name, equation.left), *_indices(equation)]
    found = {index[known[name]].letter for name, index in everything if name in known}
    return {letter for letter in found if letter is not None and letter in equation.letters}


def unrolled_scene(page: ModelPage, after: After = "forward") -> Scene:
    """The recurrence written out: every quantity at every step, and in each node the parameters that it uses."""
    unrolled = Unrolled(page)
    placed = drawn(unrolled.gates())
    title = f"The recurrence unrolled over its steps: {page.solution.problem.title}"
    return Scene(placed.width, placed.height, placed.items, title, unrolled.description())


# -- the way of one quantity


def path_scene(page: ModelPage, weight: Symbol, single: bool) -> Scene:
    """How one quantity reaches the loss: bold what lies on the way, by `single` operations or by whole quantities."""
    loss = page.solution.loss or ""
    name = page.display.symbol(weight).name.text
    title = f"How {name} reaches {loss}: {page.solution.problem.title}"
    gradient = page.solution.adjoint.names[weight.name] if page.solution.adjoint else ""
    end = f"{Pictured(page).spoken(Symbol(gradient, weight.indices))}."
    if single:
        circuit = Circuit(page)
        sources = {str(one): tuple(str(s.of) for s in step.sources) for one, step in circuit.steps.items()}
        found = ways({str(one): sources.get(str(one), ()) for one in circuit.order}, str(weight), loss)
        gates = circuit.gates(lit=[one for one in circuit.order if str(one) in found])
        said = circuit.description("backward")
    elif timed(page) and weight.name not in Unrolled(page).shared:
        unrolled = Unrolled(page)
        found = ways(unrolled.sources, str(unrolled.key(weight)), loss)
        gates, said = unrolled.gates(found), unrolled.description()
    elif timed(page):
        unrolled = Unrolled(page)
        users = [str(node) for node, before in unrolled.reading.items() if Symbol(weight.name) in before]
        found = set().union(*(ways(unrolled.sources, user, loss) for user in users))
        gates, said = unrolled.gates(found), unrolled.description()
    else:
        graph = Graph(page)
        found = graph.on_the_way(weight.name)
        gates, said = graph.gates(found), graph.description()
    placed = drawn(gates)
    way = f"On the way lie {', '.join(one for one in (gate.key for gate in gates) if one in found)}."
    return Scene(placed.width, placed.height, placed.items, title, f"{way} {end} {said}")
