"""The computational graph between one weight and the loss, the derivative of each step beside its arrow.

The weight acts on one sum, that on one activation, and from there on every path to the loss counts. The chain is
drawn bold; the other quantities of the columns it passes through are there but dim. Below each node of the chain is
the derivative of the loss with respect to it, which is what the backward pass computes from right to left.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive import graph
from derive.diagram.bands import in_bands
from derive.diagram.columns import Column, Incoming, Unit
from derive.diagram.layout import Drawing, larger
from derive.diagram.scene import SMALL_TEXT, Lines, Scene, Shape
from derive.diagram.view import DECIMALS, Solved, View
from derive.quantity import Quantity


def path_scene(
    solved: Solved, weight: Quantity, example: int | None = None, step: int = 0, decimals: int = DECIMALS
) -> Scene:
    """The picture of how one weight reaches the loss of an example.

    Raises ValueError for anything but a weight of the network, and for the last round, which has no backward pass.
    """
    views = [View(solved, example, step, fold, decimals) for fold in (False, True)]
    view = views[0]
    present = weight._replace(step=step)
    if weight.kind != "W" or not view.has(present):
        raise ValueError(f"no weight {weight.id}")
    if view.final:
        raise ValueError("no backward pass follows the last update")
    picture = _Path(view, present)
    flat, folded = (list(_Path(one, present).columns()) for one in views)
    drawing = larger(Drawing(flat), Drawing(folded), *in_bands(flat), *in_bands(folded))
    moment = view.moment()
    name = view.namer(present).text
    title = f"How {name} reaches the loss{f' ({moment})' if moment else ''}: {view.problem.title}"
    return Scene(drawing.width, drawing.height, drawing.items, title, picture.description())


class _Path:
    """The columns from the layer that a weight comes from to the loss."""

    def __init__(self, view: View, weight: Quantity) -> None:
        self.view, self.weight = view, weight
        layer, unit, source = weight.layer, weight.unit, weight.source
        assert isinstance(layer, int) and isinstance(unit, int) and isinstance(source, int)
        self.first, self.unit, self.source = layer, unit, source
        # The weight stands among the units of its column, about as high as the unit it leads to.
        self.place = unit * (view.sizes[layer - 1] + 1) // view.sizes[layer]

    def columns(self) -> Iterator[Column]:
        view = self.view
        below = [self._dim(q) for q in self._units("a", self.first - 1)]
        yield Column((*below[: self.place], self._weight(), *below[self.place :]))
        for layer in range(self.first, view.last + 1):
            sums = self._units("z", layer)
            yield Column(tuple(self._node(z, tuple(self._into_sum(z))) for z in sums))
            if not view.merged(layer):
                yield Column(tuple(self._node(a, tuple(self._into_activation(a))) for a in self._units("a", layer)))
        yield from self._losses()

    def _units(self, kind: str, layer: int) -> list[Quantity]:
        return [self.view.of(kind, layer, j) for j in range(self.view.sizes[layer])]

    def _lit(self, quantity: Quantity) -> bool:
        """Whether a sum or an activation lies on a path from the weight."""
        view, layer = self.view, quantity.layer
        assert isinstance(layer, int)
        if layer > self.first:
            return True
        softmax = view.problem.network.layers[layer - 1].joint and quantity.kind == "a"
        return layer == self.first and (quantity.unit == self.unit or softmax)

    # -- nodes -----------------------------------------------------------------------------------------------

    def _weight(self) -> Unit:
        view, weight = self.view, self.weight
        gradient = weight.derivative._replace(example=view.example)
        inside: Lines = (view.name(weight), view.value(weight, SMALL_TEXT))
        return Unit(weight.id, "weight", "circle", inside, view.derivative(gradient, weight), state="lit")

    def _dim(self, quantity: Quantity) -> Unit:
        view = self.view
        inside: Lines = (view.name(quantity), view.value(quantity, SMALL_TEXT))
        return Unit(quantity.id, view.role(quantity), "circle", inside, state="dim")

    def _node(self, quantity: Quantity, incoming: tuple[Incoming, ...]) -> Unit:
        """A sum or an activation; below it the derivative of the loss, where the chain passes through it."""
        view = self.view
        assert isinstance(quantity.layer, int)
        wrt = view.namer.same(quantity)
        shape: Shape = "ring" if wrt.kind == "a" and quantity.layer == view.last else "circle"
        inside: Lines = (view.name(quantity), view.value(quantity, SMALL_TEXT))
        if not self._lit(quantity):
            return Unit(quantity.id, view.role(quantity), shape, inside, (), incoming, "dim")
        below = view.derivative(quantity.derivative, wrt)
        return Unit(quantity.id, view.role(quantity), shape, inside, below, incoming, "lit")

    # -- arrows ----------------------------------------------------------------------------------------------

    def _step(self, source: int, of: Quantity, wrt: Quantity, middle: Quantity | None, value: Quantity) -> Incoming:
        """A lit arrow with its local derivative."""
        return Incoming(source, value.id, self.view.local(of, wrt, middle, value), state="lit")

    def _into_sum(self, z: Quantity) -> Iterator[Incoming]:
        view = self.view
        assert isinstance(z.layer, int) and isinstance(z.unit, int)
        below = self._units("a", z.layer - 1)
        if z.layer == self.first:
            if z.unit == self.unit:
                yield self._step(self.place, z, self.weight, below[self.source], below[self.source])
            yield from (Incoming(i if i < self.place else i + 1, state="dim") for i in range(len(below)))
            return
        for i, a in enumerate(below):
            weight = view.of("W", z.layer, z.unit, i)
            lit = self._lit(a)
            yield self._step(i, z, a, weight, weight) if lit else Incoming(i, state="dim")

    def _into_activation(self, a: Quantity) -> Iterator[Incoming]:
        view = self.view
        assert isinstance(a.layer, int) and isinstance(a.unit, int)
        sums = self._units("z", a.layer)
        softmax = view.problem.network.layers[a.layer - 1].joint
        for j, z in enumerate(sums):
            if not softmax and j != a.unit:
                continue
            local = view.of("da/dz", a.layer, a.unit, j if softmax else None)
            yield self._step(j, a, z, None, local) if self._lit(z) else Incoming(j, state="dim")

    # -- the loss --------------------------------------------------------------------------------------------

    def _losses(self) -> Iterator[Column]:
        """The loss, and after it the loss with its penalty."""
        view = self.view
        whole = graph.example_loss_quantity(view.problem, view.example).shifted(view.step)
        ends = enumerate(self._units("a", view.last))
        yield Column((self._loss(whole, tuple(self._out_of(k, whole, a) for k, a in ends)),))
        if whole.kind == "data_loss":
            last = Incoming(0, whole.id, view.local(view.loss, whole, None, None), state="lit")
            yield Column((self._loss(view.loss, (last,)),))

    def _out_of(self, source: int, loss: Quantity, a: Quantity) -> Incoming:
        """The step from an output to the loss: the derivative of the loss with respect to the output."""
        if not self._lit(a):
            return Incoming(source, state="dim")
        return self._step(source, loss, a, None, a.derivative)

    def _loss(self, quantity: Quantity, incoming: tuple[Incoming, ...]) -> Unit:
        view = self.view
        inside: Lines = (view.name(quantity), view.value(quantity, SMALL_TEXT))
        return Unit(quantity.id, "error", "box", inside, (), incoming, "lit")

    # -- words -----------------------------------------------------------------------------------------------

    def description(self) -> str:
        """The chain in sentences, from the loss back to the weight."""
        view = self.view
        steps = [f"the loss, {view.spoken(view.loss)}"]
        for layer in range(view.last, self.first, -1):
            steps.append(f"all units of {view.layer_words(layer)}")
        z = view.of("z", self.first, self.unit)
        if not view.merged(self.first):
            steps.append(view.spoken(view.of("a", self.first, self.unit)))
        steps += [view.spoken(z), view.spoken(self.weight)]
        gradient = self.weight.derivative._replace(example=view.example)
        end = f"The derivative of the loss with respect to the weight is {view.spoken(gradient)}."
        if graph.penalised(view.problem) and view.example is None:
            end += " It includes the derivative of the penalty, which reaches the weight directly."
        return f"The chain rule follows the path back from {', through '.join(steps[:-1])}, to {steps[-1]}. {end}"
