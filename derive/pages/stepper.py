"""The computation of equations as single steps over its pictures: forwards, backwards, updates, the passes after them.

A step is an element of an equation, with symbols and numbers, whatever the form and the detail of the page; of a
circuit it is a single operation. Each step has the picture in which it is seen best: the windows of an array that one
moves over, else the circuit, the unrolled recurrence or the graph with shapes. Where a picture has no place for an
element, the node of its array stands for it. A long computation is shown as far as there is room, in whole rounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from derive.compute.schedule import groups
from derive.diagram import Gate, NoPicture, Scene, drawn
from derive.diagram.scene import Edge, Label, Node
from derive.document import Math, ShownStep, Stepper, Text, Words
from derive.formula import Named
from derive.pages.backward import worked_equations
from derive.pages.circuits import Circuit, circuit_of
from derive.pages.figures import of_arrays, of_numbers, over_time
from derive.pages.graphs import Graph, Unrolled
from derive.pages.page import ModelPage
from derive.pages.windows import windowed
from derive.pages.work import without_zeros
from derive.sentences import capital, count
from derive.trace.identity import Symbol
from derive.trace.indexed import Equation as Indexed
from derive.trace.unroll import Step, ordered
from derive.trace.updates import RATE_NOW

MOST_STEPS = 240
"""More steps than this are no help to anyone."""


@dataclass(frozen=True)
class Picture:
    """A scene, and to every node of its graph the id that it bears."""

    scene: Scene
    nodes: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def ids(self) -> frozenset[str]:
        """Every id with a place of its own; a text may bear several."""
        found: set[str] = set()
        for item in self.scene.items:
            match item:
                case Node(key, _, _, _, lines):
                    found.update([*key.split(), *(one for line in lines for one in line.key.split())])
                case Label(_, lines):
                    found.update(one for line in lines for one in line.key.split())
        return frozenset(found)


@dataclass(frozen=True)
class Pass:
    """A part of the computation: how it is called, after how many updates, and the pictures that show it."""

    words: str
    step: int
    pictures: tuple[Picture, ...]
    """The one of the whole computation is the last."""
    first: int
    """How many pictures come before these."""


def stepper(page: ModelPage) -> Iterator[Stepper]:
    """The block, if there is something to be computed and the first round is short enough."""
    if page.solution.system.equations:
        course = _Course(page)
        if course.fits(0):
            yield course.stepper()


class _Course:
    """The steps and the pictures of a computation, gathered round by round."""

    def __init__(self, page: ModelPage) -> None:
        self.whole, self.circuit = page, _circuit(page)
        # Single operations have no values of their own where results are rounded on the way.
        single = self.circuit is not None and not page.solution.problem.rounding.carry
        self.page = self.circuit.split if self.circuit is not None and single else page
        self.solution = self.page.solution
        adjoint, updates = self.solution.adjoint, self.solution.updates
        self.last = self.solution.computation.steps
        """How many updates there are."""
        self.forward: Sequence[Indexed] = self.solution.system.equations
        self.backward: Sequence[Indexed] = self._backward()
        self.update: Sequence[Indexed] = (*updates.before, *updates.equations) if updates and self.last else ()
        self.owners = {gradient: name for name, gradient in adjoint.names.items()} if adjoint is not None else {}
        self.steps: list[ShownStep] = []
        self.pictures: list[Picture] = []

    def _backward(self) -> Sequence[Indexed]:
        """The equations of the derivatives that are worked; first that of the loss by itself, which pictures show."""
        adjoint = self.solution.adjoint
        if adjoint is None:
            return ()
        start = None if self.solution.problem.model.upstream else adjoint.names.get(self.solution.loss or "")
        return (*(one for one in adjoint.equations if one.name == start), *worked_equations(self.page))

    def stepper(self) -> Stepper:
        step, rest = 0, ""
        while step < max(self.last, 1) and self.fits(step):
            self._round(step, done=False)
            step += 1
        if self.last and step == self.last and self.fits(step):
            self._round(step, done=True)
        elif self.last:
            rest = f"Shown as far as update {step} of {self.last}; the text below goes on."
        return Stepper(tuple(one.scene for one in self.pictures), tuple(self.steps), rest, "picture")

    def fits(self, step: int) -> bool:
        """Whether there is room for a round, or for the pass after the last update."""
        done = bool(self.last) and step == self.last
        elements, number = self.page.round(step), len(self.steps)
        for equation in self.forward if done else (*self.forward, *self.backward, *self.update):
            for _ in elements.rows(equation):
                number += 1
                if number > MOST_STEPS:
                    return False
        return True

    def _round(self, step: int, done: bool) -> None:
        """One round: forwards, backwards, and the update; after the last update only forwards."""
        pictures = (*self._windows(step, done), *self._main(step, done))
        first = len(self.pictures)
        self.pictures += pictures
        self._add(Pass(self._part("forward pass", step), step, pictures, first), self._ordered(self.forward, step))
        if not done:
            backward, update = self._part("backward pass", step), self._part("update", step)
            self._add(Pass(backward, step, pictures, first), self._ordered(self.backward, step))
            moves = (one for equation in self.update for one in self.page.round(step).worked(equation))
            self._add(Pass(update, step, pictures, first), moves)

    def _ordered(self, equations: Sequence[Indexed], step: int) -> Iterator[Step]:
        """The elements of some equations, each after what it needs."""
        elements = self.page.round(step)
        for group in groups(equations, self.solution.system.givens):
            found = [one for number in group.equations for one in elements.worked(equations[number])]
            yield from ordered(found) if group.recurrent else found

    def _part(self, words: str, step: int) -> str:
        """Which part of the computation a step belongs to, in words."""
        if self.last and step == self.last:
            words = f"{words} after {'the update' if self.last == 1 else count(self.last, 'update')}"
        elif self.last > 1:
            words = f"step {step + 1}, {words}"
        return capital(words)

    # -- one step

    def _add(self, part: Pass, steps: Iterable[Step]) -> None:
        self.steps += [self._shown(part, one) for one in steps]

    def _shown(self, part: Pass, one: Step) -> ShownStep:
        elements, key = self.page.round(part.step), self._named(one.target.of, part.step).key
        number = next((at for at, picture in enumerate(part.pictures) if self._stands_in(one, picture, part.step)), -1)
        number = len(part.pictures) - 1 if number < 0 else number
        picture = part.pictures[number] if part.pictures else Picture(Scene(0, 0, (), "", ""))
        place = self._place(one.target.of, picture, part.step)
        sources = []
        for source in replace(one, formula=without_zeros(one.formula, elements)).sources:
            own, other = self._named(source.of, part.step).key, self._place(source.of, picture, part.step)
            both = " ".join(dict.fromkeys((own, other) if other else (own,)))
            sources.append((both, self.page.value(source.of, elements)))
        return ShownStep(
            part.words,
            self._title(one),
            self.page.work(one, True, elements),
            (key,),
            tuple(sources),
            part.first + max(number, 0),
            (place,) if place is not None and place != key else (),
        )

    def _named(self, symbol: Symbol, step: int) -> Named:
        """An element after some updates."""
        return self.page.display.after(step).symbol(symbol)

    def _stands_in(self, one: Step, picture: Picture, step: int) -> bool:
        """Whether what a step finds has its own place in a picture, and so have most numbers that it uses."""
        used = [self._named(source.of, step).key in picture.ids for source in one.sources]
        return self._named(one.target.of, step).key in picture.ids and 2 * sum(used) > len(used)

    def _place(self, symbol: Symbol, picture: Picture, step: int) -> str | None:
        """Where a quantity stands in a picture: itself, its node, or that of what it belongs to."""
        for one in self._meant(symbol):
            own = self._named(one, step).key
            if own in picture.ids:
                return own
            for node in (str(one), *(f"{one.name}[{at}]" for at in one.indices), one.name):
                if picture.nodes.get(node) in picture.ids:
                    return picture.nodes[node]
        return None

    def _meant(self, symbol: Symbol) -> Iterator[Symbol]:
        """A quantity, and that whose gradient, state or new value it is."""
        yield symbol
        plain = symbol.name.rstrip("'")
        if plain in self.owners:
            yield Symbol(self.owners[plain], symbol.indices)
        elif plain.endswith(")"):
            yield Symbol(plain[plain.index("(") + 1 : -1], symbol.indices)
        elif plain != symbol.name:
            yield Symbol(plain, symbol.indices)

    def _title(self, one: Step) -> Words:
        """What a step finds, in words; those of the author first, whose formula tells what they are of."""
        target = one.target.of
        plain = target.name.rstrip("'")
        owner = Math(self.page.display.symbol([*self._meant(target)][-1]))
        if self.owners.get(plain) == self.solution.loss:
            return (Text("The backward pass begins with the loss itself"),)
        if plain in self.owners:
            loss = Math(self.page.display.symbol(self.solution.derived_loss))
            return Text("How "), loss, Text(" changes with "), owner
        if plain == RATE_NOW:
            return (Text("The learning rate of this step"),)
        if plain.endswith(")"):
            return Text("What the update of "), owner, Text(" needs")
        if plain != target.name:
            return Text("The new value of "), owner
        comment = one.equation.comment.strip().rstrip(".:") if one.equation is not None else ""
        return (Text(capital(comment)),) if comment else (Text("The value of "), owner)

    # -- pictures

    def _main(self, step: int, done: bool) -> Iterator[Picture]:
        """The picture of the whole computation, where one suits it."""
        page = self.whole
        if self.circuit is not None:
            circuit = Circuit(page, step, self.circuit.split)
            spelling = circuit.whole.display
            keys = {str(one): spelling.symbol(one).key for one in circuit.order}
            yield _picture(circuit.gates("forward" if done else "backward"), keys, "The circuit", page)
        elif over_time(page):
            unrolled = Unrolled(page, step, traced=not done)
            spelling = unrolled.pictured.display
            keys = {
                str(one): (spelling.symbol(one) if one.indices else spelling.whole(one.name)).key
                for one in unrolled.reading
            }
            yield _picture(unrolled.gates(), keys, "The recurrence", page)
        elif of_arrays(page):
            graph = Graph(page, step)
            keys = {name: graph.pictured.display.whole(name).key for name in graph.sources}
            yield _picture(graph.gates(), keys, "What is computed from what", page)

    def _windows(self, step: int, done: bool) -> Iterator[Picture]:
        """The arrays over which something moves."""
        for windows in windowed(self.whole, step) if self.circuit is None else ():
            found = [windows.whole("forward"), None if done else windows.whole("backward")]
            yield from (Picture(scene) for scene in found if scene is not None)


def _circuit(page: ModelPage) -> Circuit | None:
    try:
        return circuit_of(page) if of_numbers(page) else None
    except NoPicture:
        return None  # the steps are shown without it


def _picture(gates: Sequence[Gate], keys: Mapping[str, str], what: str, page: ModelPage) -> Picture:
    """Gates as a picture whose nodes and lines bear the ids of quantities."""
    placed = drawn(gates)
    items = tuple(
        replace(item, key=keys.get(item.key, item.key)) if isinstance(item, Node | Edge) else item
        for item in placed.items
    )
    title, words = f"{what}, step by step: {page.solution.problem.title}", "Every number stands in the text below."
    return Picture(Scene(placed.width, placed.height, items, title, words), keys)
