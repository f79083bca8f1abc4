"""The network as a picture: the given numbers, the numbers after the forward pass, and the gradients after the
backward pass.

Units are circles, weights and biases stand on their connections, and the loss is the last node: what comes into it
are the outputs with their targets. Only quantities and words here; `layout` places them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

from derive import graph
from derive.activations import called
from derive.derivation import shortened, simplified, trained
from derive.diagram.bands import in_bands
from derive.diagram.columns import Column, Incoming, Unit
from derive.diagram.layout import Drawing, larger
from derive.diagram.scene import SMALL_TEXT, Lines, MathLine, Scene, Shape
from derive.diagram.view import DECIMALS, Solved, View
from derive.quantity import Quantity

After = Literal["structure", "forward", "backward"]
MOMENTS: tuple[After, ...] = get_args(After)

MOST_SPOKEN = 24
"""Numbers of one kind that the description lists; more are only counted."""

_TITLES = {
    "structure": "The network with its weights",
    "forward": "The network after the forward pass",
    "backward": "The network after the backward pass, with the gradients",
}
_FOOTERS = {"structure": "", "forward": "forward pass", "backward": "backward pass"}


def network_scene(
    solved: Solved,
    after: After = "forward",
    example: int | None = None,
    step: int = 0,
    labels: tuple[str, ...] = (),
    decimals: int = DECIMALS,
) -> Scene:
    """The picture of a solution's network; `labels` are other words above the layers, the loss and
    what is continued.

    Numbers have so many `decimals` at most, and never more than in the text.

    `example` counts from 0 and is by default the first one of the round; `step` is the number of updates made before
    it. Raises ValueError for a round or an example that does not exist, and for the backward pass of the last round.
    """
    if after not in MOMENTS:
        raise ValueError(f"a picture is drawn after one of {MOMENTS}, not {after!r}")
    views = [View(solved, example, step, fold, decimals) for fold in (False, True)]
    pictures = [_Network(view, after, labels=labels) for view in views]
    picture, view = pictures[0], pictures[0].view
    if after == "backward" and view.final:
        raise ValueError("no backward pass follows the last update")
    direction = -1 if after == "backward" else 1
    rows, footer = [list(one.columns()) for one in pictures], _FOOTERS[after]
    whole = [Drawing(row, direction, footer) for row in rows]
    drawing = larger(*whole, *(bands for row in rows for bands in in_bands(row, direction, footer, *labels[-1:])))
    moment = view.moment()
    title = f"{_TITLES[after]}{f' ({moment})' if moment else ''}: {view.problem.title}"
    return Scene(drawing.width, drawing.height, drawing.items, title, picture.description())


def stepping_scene(solved: Solved, example: int | None = None, step: int = 0) -> Scene:
    """The network with everything that a forward and a backward pass computes, to be shown step by step.

    Each unit stands for all quantities that have no place of their own: its key is several ids, with spaces between.
    After the last update there is no backward pass.
    """
    views = [View(solved, example, step, fold) for fold in (False, True)]
    pictures = [_Network(view, "forward" if view.final else "backward", stepping=True) for view in views]
    view = pictures[0].view
    drawing = larger(*(Drawing(list(one.columns())) for one in pictures))
    moment = view.moment()
    title = f"The network, step by step{', ' if moment else ''}{moment}: {view.problem.title}"
    return Scene(drawing.width, drawing.height, drawing.items, title, pictures[0].description())


class _Network:
    """Quantities of a network put into columns."""

    def __init__(self, view: View, after: After, stepping: bool = False, labels: tuple[str, ...] = ()) -> None:
        self.view, self.labels = view, labels
        self.forward = after != "structure"
        self.backward = after == "backward"
        self.stepping = stepping

    def columns(self) -> Iterator[Column]:
        view = self.view
        for number, size in enumerate(view.sizes):
            units = [self._unit(number, j) for j in range(size)]
            if number < view.last and view.problem.network.layers[number].biases is not None:
                units.append(self._bias_node(number + 1))
            yield Column(tuple(units), self._words(number))
        yield Column((self._loss(),), (self.labels[-2] if self.labels else "Loss",))

    def _words(self, number: int) -> tuple[str, ...]:
        layers = self.view.problem.network.layers
        activation = (called(layers[number - 1].activation),) if number else ()
        if self.labels:
            return (self.labels[number], *activation)
        if number == 0:
            return ("Input layer",)
        if number == len(layers):
            return ("Output layer", *activation)
        return ("Hidden layer" if len(layers) == 2 else f"Hidden layer {number}", *activation)

    def _unit(self, number: int, j: int) -> Unit:
        view = self.view
        a, z = view.of("a", number, j), view.of("z", number, j)
        inside: Lines = (view.name(a),)
        if (number == 0 and view.known(a)) or self.forward:
            inside += (view.value(a, SMALL_TEXT),)
        below: Lines = ()
        raw = view.of("x", unit=j)
        if number == 0 and view.has(raw):
            below = view.lines(raw)
        elif number:
            if self.forward and not view.merged(number) and (self.stepping or not self.backward):
                below = view.lines(z)
            if self.backward:
                below += view.derivative(view.of("dL/dz", number, j), view.namer.same(z))
        shape: Shape = "ring" if number == view.last else "circle"
        incoming = tuple(self._incoming(number, j)) if number else ()
        return Unit(" ".join((a.id, *self._hidden(number, j))), view.role(a), shape, inside, below, incoming)

    def _hidden(self, number: int, j: int) -> Iterator[str]:
        """The ids of what a unit stands for besides its activation."""
        view = self.view
        if not (self.stepping and number):
            return
        hidden = [view.of("exp", number, j), view.of("expsum", number)]
        if view.merged(number):
            hidden.append(view.of("z", number, j))
        if not shortened(view.problem, number):
            hidden.append(view.of("dL/da", number, j))
            if not view.merged(number):
                hidden.append(view.of("da/dz", number, j))
                hidden += [view.of("da/dz", number, i, j) for i in range(view.sizes[number])]
        yield from (quantity.id for quantity in hidden if view.has(quantity))

    def _incoming(self, number: int, j: int) -> Iterator[Incoming]:
        """The weights into a unit, and its bias from the square below the layer before."""
        view = self.view
        for i in range(view.sizes[number - 1]):
            weight = view.of("W", number, j, i)
            lines = view.lines(weight)
            if self.backward:
                lines += view.derivative(self.gradient(weight), weight)
            yield Incoming(i, weight.id, lines)
        own = graph.bias(view.problem.network.layers[number - 1], number, j)
        if own is not None:
            bias = own.shifted(view.step)
            lines = view.lines(bias)
            if self.backward and own.unit is not None and self._found(own):
                lines += view.derivative(self.gradient(bias), bias)
            yield Incoming(view.sizes[number - 1], bias.id, lines, "dashed", dashed=True)

    def _found(self, bias: Quantity) -> bool:
        """Whether the gradient of a bias is shown: step by step only where training uses it."""
        return not self.stepping or trained(self.view.problem, bias)

    def gradient(self, parameter: Quantity) -> Quantity:
        """The gradient of a weight or bias, for the example shown."""
        return parameter.derivative._replace(example=self.view.example)

    def _bias_node(self, number: int) -> Unit:
        """The square whose value is always 1; the gradient of a shared bias stands below it."""
        view = self.view
        below: Lines = ()
        shared = graph.bias(view.problem.network.layers[number - 1], number, 0)
        if self.backward and shared is not None and shared.unit is None and self._found(shared):
            bias = shared.shifted(view.step)
            below = view.derivative(self.gradient(bias), bias)
        return Unit(f"one[{number - 1}]", "bias", "square", (MathLine("1", "bias"),), below, extra=True)

    def _loss(self) -> Unit:
        """The loss of the example, with the outputs and their targets coming in."""
        view = self.view
        loss = view.loss
        inside: Lines = (view.name(loss),)
        if self.forward:
            inside += (view.value(loss, SMALL_TEXT),)
        incoming = []
        for k in range(view.sizes[-1]):
            lines = view.lines(view.of("t", unit=k)) if graph.has_targets(view.problem) else ()
            part, d_a = view.of("loss_part", unit=k), view.of("dL/da", view.last, k)
            if self.forward and view.sizes[-1] > 1:
                lines += view.lines(part)
            if self.backward and not view.merged(view.last) and not (self.stepping and simplified(view.problem)):
                lines += view.derivative(d_a, view.of("a", view.last, k))
            incoming.append(Incoming(k, view.of("t", unit=k).id, lines))
        below: Lines = ()
        if self.forward and view.example is None and graph.penalised(view.problem):
            below = view.lines(view.of("data_loss")) + view.lines(view.of("penalty"))
        keys = [key for key in (loss, view.of("data_loss"), view.of("penalty")) if key == loss or self.stepping]
        return Unit(" ".join(key.id for key in keys if view.has(key)), "error", "box", inside, below, tuple(incoming))

    # -- words -----------------------------------------------------------------------------------------------

    def description(self) -> str:
        """The picture in sentences: the layers, then the numbers it shows, kind by kind."""
        view = self.view
        sizes = view.sizes
        layers = [f"{sizes[0]} input{'s' if sizes[0] > 1 else ''}"]
        for number, layer in enumerate(view.problem.network.layers, 1):
            place = "output" if number == view.last else "hidden"
            plural = "s" if layer.units > 1 else ""
            layers.append(f"{layer.units} {called(layer.activation)} {place} unit{plural}")
        sentences = [f"From left to right: {', '.join(layers)}, and the loss; every unit is connected to all units of "
                     "the layer before."]  # fmt: skip
        sentences += [self._listed(words, quantities) for words, quantities in self._spoken() if quantities]
        return " ".join(sentences)

    def _listed(self, words: str, quantities: list[Quantity]) -> str:
        if len(quantities) > MOST_SPOKEN:
            return f"{words}: {len(quantities)} numbers."
        return f"{words}: {', '.join(self.view.spoken(q) for q in quantities)}."

    def _spoken(self) -> Iterator[tuple[str, list[Quantity]]]:
        view = self.view
        weights = [w.shifted(view.step) for w in graph.weights(view.problem)]
        biases = [b.shifted(view.step) for b in graph.biases(view.problem)]
        yield "Inputs", [view.of("a", 0, i) for i in range(view.sizes[0])]
        yield "Weights", weights
        yield "Biases", biases
        if graph.has_targets(view.problem):
            yield "Targets", [view.of("t", unit=k) for k in range(view.sizes[-1])]
        if self.forward:
            for number in range(1, view.last + 1):
                name = "Outputs" if number == view.last else f"Activations of {view.layer_words(number)}"
                yield name, [view.of("a", number, j) for j in range(view.sizes[number])]
            yield "Loss", [view.loss]
        if self.backward:
            for number in range(view.last, 0, -1):
                yield (
                    f"Deltas of {view.layer_words(number)}",
                    [view.of("dL/dz", number, j) for j in range(view.sizes[number])],
                )
            yield "Gradients", [self.gradient(parameter) for parameter in (*weights, *biases)]
