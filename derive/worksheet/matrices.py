"""The questions of the matrix form: whole layers as vectors and matrices, with a box for every entry.

A layer whose matrices do not fit the page, or of which only some units are asked, stays unit by unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from derive import graph
from derive.activations import ACTIVATIONS
from derive.derivation import rate_symbol
from derive.expression import (
    Apply,
    Hadamard,
    MatrixName,
    Mul,
    Node,
    Partial,
    Ref,
    quantities,
    sub,
    transform,
)
from derive.narrate import Page
from derive.narrate.layers import (
    fits,
    layer_vector,
    layer_weights,
    outer,
    product,
    sent_back,
    vector,
    vector_factor,
    weight_factor,
    weight_matrix,
    weighted_sums,
    with_bias,
)
from derive.narrate.matrices import delta_vector, entrywise
from derive.quantity import DERIVATIVES, Quantity
from derive.worksheet.items import Item, Maker
from derive.worksheet.questions import Group

Number = Callable[[Quantity], Node]
Rows = tuple[tuple[Item, ...], ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """The items of a layer that are worked at once; `rows` are those of the matrix.

    Numbers are put into `numbers`, which is `formula` itself unless given; with `plain` into nothing.
    """

    words: str
    left: Node
    formula: Node
    rows: tuple[tuple[Item, ...], ...]
    plain: bool = False
    numbers: Node | None = None


@dataclass(frozen=True)
class Layers:
    """Puts the items of a group together."""

    maker: Maker

    @property
    def page(self) -> Page:
        return self.maker.page

    def wholes(self, group: Group) -> list[Whole] | None:
        """The group as vectors and matrices; None where it has to stay unit by unit."""
        page, number = self.page, group.layer
        if page.form != "matrix" or not number or not fits(page, number):
            return None
        if number < page.last and not fits(page, number + 1):
            return None
        if page.layer(number).joint and not page.shortened(number):
            return None
        makers = {
            "forward": self._forward,
            "back": self._errors,
            "gradients": self._gradients,
            "weights": self._weights,
        }
        if group.kind not in makers or (group.kind == "forward" and page.layer(number).joint):
            return None
        found = {item.quantity: item for item in group.items}
        try:
            wholes = list(makers[group.kind](number, group.example, found))
        except KeyError:
            return None
        return wholes if sum(len(row) for whole in wholes for row in whole.rows) == len(group.items) else None

    def _vector(self, kind: str, number: int, example: int | None, found: dict[Quantity, Item], step: int = 0) -> Rows:
        one = self.maker.one
        return (tuple(found[one(q)] for q in layer_vector(kind, self.page, number, example, step)),)

    def _matrix(self, kind: str, number: int, example: int | None, found: dict[Quantity, Item], step: int = 0) -> Rows:
        """The items in the author's own arrangement."""
        rows = layer_weights(kind, self.page, number, example, step)
        shape = weight_matrix(self.page, rows)
        return tuple(tuple(found[e.quantity] for e in row if isinstance(e, Ref)) for row in shape.rows)

    # -- the steps of a layer --------------------------------------------------------------------------------

    def _forward(self, number: int, example: int | None, found: dict[Quantity, Item]) -> Iterator[Whole]:
        page, layer = self.page, self.page.layer(number)
        weights = weight_factor(page, MatrixName("W", number), number)
        below = vector_factor(page, MatrixName("a", number - 1, example), number - 1)
        bias = None if layer.biases is None else MatrixName("b", number)
        sums = with_bias(product(weighted_sums(page, weights, below)), bias)
        z, a = MatrixName("z", number, example), MatrixName("a", number, example)
        name, say = page.layer_name(number), page.wording
        if page.merged(number):
            yield Whole(say("ask_values", layer=name), a, sums, self._vector("a", number, example, found))
            return
        yield Whole(say("ask_sums", layer=name), z, sums, self._vector("z", number, example, found))
        applied = Apply(ACTIVATIONS[layer.activation].letter, z)
        yield Whole(say("ask_activations", layer=name), a, applied, self._vector("a", number, example, found))

    def _errors(self, number: int, example: int | None, found: dict[Quantity, Item]) -> Iterator[Whole]:
        page, name, say = self.page, self.page.layer_name(number), self.page.wording
        delta, deltas = delta_vector(page, number, example), self._vector("dL/dz", number, example, found)
        words = say("ask_losses_by_sums", layer=name)
        if page.shortened(number):
            difference = sub(MatrixName("a", number, example), MatrixName("t", None, example))
            yield Whole(words, delta, difference, deltas)
            return
        d_a, d_a_name = (
            self._from_above(number, example),
            Partial(Ref(page.loss(example)), MatrixName("a", number, example)),
        )
        if page.merged(number):
            yield Whole(words, delta, d_a, deltas)
            return
        slope = self._slope(number, example)
        if "factors" in self.maker.topics:
            wrt = say("ask_losses_by_activations", layer=name)
            yield Whole(wrt, d_a_name, d_a, self._vector("dL/da", number, example, found))
            letter = ACTIVATIONS[page.layer(number).activation].letter
            slope_name = Apply(letter, MatrixName("z", number, example), 1)
            slopes = self._vector("da/dz", number, example, found)
            yield Whole(say("ask_slopes", layer=name), slope_name, slope, slopes, slope == slope_name)
            factors = [vector(page, layer_vector(kind, page, number, example)) for kind in ("dL/da", "da/dz")]
            product_of_names = Hadamard((d_a_name, slope_name))
            yield Whole(words, delta, product_of_names, deltas, numbers=Hadamard(tuple(factors)))
            return
        slopes_of_units = slope.factors if isinstance(slope, Hadamard) else (slope,)
        yield Whole(words, delta, Hadamard((d_a, *slopes_of_units)), deltas)

    def _from_above(self, number: int, example: int | None) -> Node:
        """dL/da of a layer: by the loss, or from the deltas of the layer above."""
        page = self.page
        if page.read_by_loss(number):
            return vector(page, layer_vector("dL/da", page, number, example), lambda q: page.trace.step(q).formula)
        weights = weight_factor(page, MatrixName("W", number + 1), number + 1)
        errors = vector_factor(page, delta_vector(page, number + 1, example), number + 1)
        return product(sent_back(page, weights, errors))

    def _slope(self, number: int, example: int | None) -> Node:
        """f'(z) of a layer, entry by entry where it is one formula."""
        name = self.page.layer(number).activation
        if not ACTIVATIONS[name].entrywise:
            return Apply(ACTIVATIONS[name].letter, MatrixName("z", number, example), 1)
        return entrywise(self.page, number, example)

    def _gradients(self, number: int, example: int | None, found: dict[Quantity, Item]) -> Iterator[Whole]:
        page = self.page
        if (graph.penalised(page.problem) and example is None) or (page.many and example is None):
            raise KeyError(number)
        delta = delta_vector(page, number, example)
        below = vector_factor(page, MatrixName("a", number - 1, example), number - 1)
        loss = Ref(page.loss(example))
        name, say = page.layer_name(number), page.wording
        factors = outer(page, vector_factor(page, delta, number), below)
        rows = self._matrix("dL/dW", number, example, found)
        yield Whole(say("ask_gradients", layer=name), Partial(loss, MatrixName("W", number)), product(factors), rows)
        layer = page.layer(number)
        if layer.biases is not None and layer.train_biases:
            biases = self._vector("dL/db", number, example, found)
            yield Whole(
                say("ask_bias_gradients", layer=name), Partial(loss, MatrixName("b", number)), delta, biases, True
            )

    def _weights(self, number: int, example: int | None, found: dict[Quantity, Item]) -> Iterator[Whole]:
        page = self.page
        if page.problem.training.remembers:
            raise KeyError(number)
        for kind in ("W", "b"):
            layer = page.layer(number)
            if kind == "b" and (layer.biases is None or not layer.train_biases):
                continue
            old, new = MatrixName(kind, number), MatrixName(kind, number, None, 1)
            gradient = Partial(Ref(page.loss(None)), old)
            formula = sub(old, Mul((rate_symbol(page.problem), gradient)))
            make = self._matrix if kind == "W" else self._vector
            words = page.wording("ask_new_weights" if kind == "W" else "ask_new_biases", layer=page.layer_name(number))
            yield Whole(words, new, formula, make(kind, number, None, found, 1))

    # -- numbers ---------------------------------------------------------------------------------------------

    def filled(self, node: Node, number: Number) -> Node:
        """A formula of bold names with numbers in place of all names."""

        def leaf(part: Node) -> Node:
            match part:
                case Ref(quantity):
                    return number(quantity)
                case MatrixName(kind, layer, example, step):
                    return self._array(kind, layer, example, step, number)
                case Partial(_, MatrixName(kind, layer, example, step)):
                    derivative = DERIVATIVES[kind]
                    own = part.of.quantity.example if isinstance(part.of, Ref) else example
                    assert own is None or isinstance(own, int)
                    return self._array(derivative, layer, own, step, number)
            return part

        return transform(node, leaf)

    def used(self, node: Node) -> list[Quantity]:
        """The quantities behind the bold names of a formula."""
        return quantities(self.filled(node, Ref))

    def _array(self, kind: str, layer: object, example: int | None, step: int, number: Number) -> Node:
        page = self.page
        if kind == "t":
            return vector(page, [Quantity("t", unit=k, example=example) for k in range(page.width(page.last))], number)
        assert isinstance(layer, int)
        if kind in ("W", "dL/dW"):
            return weight_matrix(page, layer_weights(kind, page, layer, example, step), number)
        if kind == "b":
            own = [graph.bias(page.layer(layer), layer, j) for j in range(page.width(layer))]
            return vector(page, [bias.shifted(step) for bias in own if bias is not None], number)
        return vector(page, layer_vector(kind, page, layer, example, step), number)
