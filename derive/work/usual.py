r"""What a name in the letters of the usual courses may mean: `z^{[1]}_2`, `dW1[0][1]`, `\hat{y}`, `h_1`, `delta_3`.

Puts the rows of `courses` and the ways of counting of `places` together, and keeps what the problem has. A name may
have several readings, each with the choices that it takes of a writer; which of them stand is decided by `habits`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from derive.expression import Ref
from derive.quantity import Quantity
from derive.work.apart import Name, numbers_of, rows_of, taken_apart
from derive.work.courses import ANY, CODES, OF_ALL, OUTPUT, Choice, Letter
from derive.work.partials import Partials
from derive.work.places import (
    BIAS_NUMBERS,
    LAYERS,
    NUMBERS,
    UNITS_LAYERS,
    WEIGHTS_LAYERS,
    Over,
    Place,
    Places,
)
from derive.work.symbols import Parts

RAISED, EXAMPLES = "a raised number in round brackets", "is the example"
MOST_KNOWN = 20_000
"""Symbols of which it is kept what they may mean."""
MOST_EXAMPLES = 8
"""Examples of which a name without one may be any."""
_ARRAY = re.compile(r"\[\s*(\d{1,4})\s*(?:(?:\]\s*\[|,)\s*(\d{1,4})\s*)?\]$")
_OF_ONE_EXAMPLE = frozenset({"x", "a", "z", "t", "loss", "loss_part", "dL/da", "da/dz", "dL/dz"})


class Reading(NamedTuple):
    """What a name may mean: a quantity, the choices that this takes, and how far-fetched it is (0: not at all)."""

    quantity: Quantity
    choices: tuple[Choice, ...] = ()
    rank: int = 0


class Usual:
    """The usual names of one problem's quantities."""

    def __init__(self, partials: Partials) -> None:
        self.partials, self.present = partials, partials.present
        self.places = Places(partials.namer.shape.sizes)
        self.examples = sorted({q.example for q in partials.quantities if q.kind == "z" and isinstance(q.example, int)})
        self._known: dict[tuple[Parts, tuple[int, ...]], tuple[Reading, ...]] = {}

    def readings(self, parts: Parts, array: tuple[int, ...] = ()) -> tuple[Reading, ...]:
        """What a symbol may mean, with list indices behind it."""
        known = self._known.get((parts, array))
        if known is None:
            name = taken_apart(parts, array)
            found = {} if name is None else {reading: None for reading in self._readings(name)}
            known = tuple(found)
            if len(self._known) < MOST_KNOWN:
                self._known[parts, array] = known
        return known

    def coded(self, text: str) -> tuple[Reading, ...]:
        """What a name of a program may mean: `fc1.weight[0][1]`, `W1[0, 1]`."""
        if programs := tuple(self._coded(text)):
            return programs
        array = _ARRAY.search(text)
        if array is not None and (word := re.fullmatch(r"([A-Za-z]+\d*)((?:_[A-Za-z]+\d*)*)", text[: array.start()])):
            indices = tuple(int(index) for index in array.groups() if index is not None)
            return self.readings(Parts(word[1], (), tuple(word[2].split("_")[1:])), indices)
        return ()

    def _coded(self, text: str) -> Iterator[Reading]:
        for code in CODES:
            match = code.pattern.fullmatch(text)
            if match is None:
                continue
            groups = match.groupdict()
            layer, odd = divmod(int(groups.get("layer") or groups.get("place") or 0) - code.first_layer, code.every)
            first, second = int(groups["first"]), groups.get("second")
            if odd or (second is None) is (groups.get("weight") is not None):
                continue
            unit, source = (first, None) if second is None else (first, int(second))
            if source is not None and code.by_source:
                unit, source = source, unit
            place = Place(layer + 1, unit, source)
            for quantity in self._with_examples("b" if second is None else "W", place, Name("", ())):
                if groups.get("grad") is None:
                    yield Reading(quantity, code.choices)
                elif (gradient := self.gradient(quantity)) is not None:
                    yield Reading(gradient, code.choices)

    # -- letters

    def _readings(self, name: Name) -> Iterator[Reading]:
        rows, gradient = rows_of(name.letters)
        for row, (one, raised) in product(rows, self._with_example_raised(name)):
            for kind, place in self._placed(row, one):
                choices = (*((row.choice,) if row.choice else ()), *place.choices, *raised)
                for quantity in self._with_examples(kind, place, one):
                    meant = self.gradient(quantity) if gradient else quantity
                    open_example = one.example is None and quantity.example is not None
                    if meant is not None:
                        yield Reading(meant, choices, row.rank + place.rank + open_example)

    def _with_example_raised(self, name: Name) -> Iterator[tuple[Name, tuple[Choice, ...]]]:
        """A name, and where there are several examples what it is when a raised (2) is the second."""
        number = re.fullmatch(r"\((\d{1,6})\)", name.raised) if self.examples else None
        yield name, ((RAISED, LAYERS),) if number else ()
        if number is not None and name.example is None:
            yield name._replace(raised="", example=int(number[1]) - 1), ((RAISED, EXAMPLES),)

    def gradient(self, quantity: Quantity) -> Quantity | None:
        """The loss's derivative with respect to a quantity, where the problem has it."""
        loss = Quantity("loss", example=quantity.example, step=quantity.step)
        node = self.partials.partial(loss, quantity)
        return node.quantity if isinstance(node, Ref) else None

    def _placed(self, row: Letter, name: Name) -> Iterator[tuple[str, Place]]:
        """The places that a name may mean under a row, each with its kind."""
        match row.kind:
            case "loss":
                yield from self._losses(name)
            case "x":
                kind = "x" if Quantity("x", None, 0) in self.present else "a"
                yield from ((kind, place) for place in self._at_one_layer(0, name))
            case "t":
                yield from (("t", place) for place in self._at_one_layer(self.places.last, name))
            case "W":
                yield from (("W", place) for place in self._weights(name))
                yield from (("b", place) for place in self._biases_among_weights(name))
            case "b":
                yield from (("b", place) for place in self._biases(name))
            case "bias or weight":
                yield from self._thetas(name)
            case kind:
                yield from ((kind, place) for place in self._units(row, name))

    @property
    def _single(self) -> bool:
        """Whether the network is one unit."""
        return self.places.last == 1 and self.places.sizes[1] == 1

    def over(self, name: Name, dimension: str) -> Over | None:
        """What is raised at a name: layers and an example; None where it is neither."""
        return self.places.over(name.raised, dimension) if name.raised else Over((), None)

    def _at_one_layer(self, layer: int, name: Name) -> Iterator[Place]:
        """The unit of the inputs or of the outputs; what is raised there is the example."""
        if name.array:
            numbers: Iterator[tuple[int, ...]] = iter([(name.array[-1] + 1,)] if not name.indices else ())
        else:
            numbers = numbers_of(name.indices)
        for number in numbers:
            if (unit := self.places.unit(layer, number)) is not None:
                yield Place(layer, unit)

    def _units(self, row: Letter, name: Name) -> Iterator[Place]:
        over = self.over(name, UNITS_LAYERS)
        if over is None:
            return
        allowed = self.places.layers(row.where)
        if name.array:
            yield from self._listed(name, allowed)
        elif over.layers:
            for layer, choices in over.layers:
                inputs = layer == 0 and row.kind == "a" and row.where == ANY
                for numbers in numbers_of(name.indices) if layer in allowed or inputs else ():
                    if (unit := self.places.unit(layer, numbers)) is not None:
                        yield Place(layer, unit, None, choices, int(inputs))
            if row.where == OUTPUT:
                yield from self._at_one_layer(self.places.last, name)
        else:
            for numbers in numbers_of(name.indices):
                yield from self.places.units(numbers, row.where)
            if len(name.indices) == 1 and (labelled := self.places.labelled(name.indices[0])) is not None:
                layer, labelled_unit = labelled
                if labelled_unit is not None and (layer in allowed or (layer == 0 and row.kind == "a")):
                    yield Place(layer, labelled_unit)

    def _listed(self, name: Name, allowed: range) -> Iterator[Place]:
        """z1[0]: the first unit of layer 1; z[0] where there is only one layer."""
        layers = [int(index) for index in name.indices if index.isdecimal()] or list(
            allowed if len(allowed) == 1 else ()
        )
        if len(layers) == 1 and len(name.indices) < 2 and layers[0] in allowed:
            unit = name.array[-1] if len(name.array) == 1 or name.array[0] == 0 else name.array[0]
            if unit < self.places.sizes[layers[0]]:
                yield Place(layers[0], unit)

    def _weights(self, name: Name) -> Iterator[Place]:
        over = self.over(name, WEIGHTS_LAYERS)
        if over is None:
            return
        if name.array:
            yield from self._listed_weights(name)
            return
        for numbers in numbers_of(name.indices):
            if over.layers:
                for layer, choices in over.layers:
                    for place in self.places.weights_of(layer, numbers):
                        yield place._replace(choices=(*choices, *place.choices))
            else:
                yield from self.places.weights(numbers)
        if len(name.indices) == 1 and (between := self.places.weight_between(name.indices[0])) is not None:
            yield between

    def _listed_weights(self, name: Name) -> Iterator[Place]:
        """W1[0][1]: a matrix with a row for each unit or for each source; W[0] where there is one unit."""
        layers = [int(index) for index in name.indices if index.isdecimal()] or [1] * (self.places.last == 1)
        if len(layers) == 1 and len(name.indices) < 2:
            yield from self.places.weights_of(layers[0], [index + 1 for index in name.array])

    def _biases_among_weights(self, name: Name) -> Iterator[Place]:
        """w_0 of a single unit, and w_{04}, the weight of a source that is always 1."""
        if name.indices == ("0",) and self._single:
            yield Place(1, 0)
        elif not name.raised and not name.array:
            for numbers in numbers_of(name.indices):
                yield from self.places.biases_among_weights(numbers)

    def _biases(self, name: Name) -> Iterator[Place]:
        over = self.over(name, WEIGHTS_LAYERS)
        if over is None:
            return
        if name.array:
            yield from self._listed(name, self.places.layers("any"))
        elif over.layers:
            for layer, choices in over.layers:
                for numbers in numbers_of(name.indices):
                    yield from self._bias_of(layer, numbers, choices)
        else:
            for numbers in numbers_of(name.indices):
                yield from self._bias(numbers)
            if len(name.indices) == 1 and (labelled := self.places.labelled(name.indices[0])) is not None:
                yield Place(*labelled)

    def _bias_of(self, layer: int, numbers: tuple[int, ...], choices: tuple[Choice, ...]) -> Iterator[Place]:
        """A layer's bias: the one that it shares, or that of a unit."""
        if not 1 <= layer <= self.places.last:
            return
        if Quantity("b", layer) in self.present and len(numbers) < 2:
            yield Place(layer, None, None, choices)
        elif (unit := self.places.unit(layer, numbers)) is not None:
            yield Place(layer, unit, None, choices)

    def _bias(self, numbers: tuple[int, ...]) -> Iterator[Place]:
        """The bias that a number means: of a unit, or of a whole layer that shares one."""
        shared = [layer for layer in self.places.layers("any") if Quantity("b", layer) in self.present]
        if not numbers and self.places.last == 1 and shared:
            yield Place(1, None)
            return
        for place in self.places.units(numbers, "any"):
            # Whoever numbers the units through may number the biases by layers.
            choices = tuple((BIAS_NUMBERS if name == NUMBERS else name, way) for name, way in place.choices)
            alone = place.layer in shared and self.places.sizes[place.layer] == 1
            yield place._replace(unit=None if alone else place.unit, choices=choices)
        if len(numbers) == 1 and numbers[0] in shared:
            yield Place(numbers[0], None, None, ((BIAS_NUMBERS, LAYERS),))

    def _thetas(self, name: Name) -> Iterator[tuple[str, Place]]:
        """A matrix that leads on from a layer counted from 1, with the bias as source 0."""
        over = self.over(name, WEIGHTS_LAYERS)
        if over is None:
            return
        layers = [int(name.raised.strip("()[]"))] if name.raised.strip("()[]").isdecimal() else [1] * self._single
        for layer, numbers in product(layers, numbers_of(name.indices)):
            pair = (1, *numbers) if len(numbers) == 1 and self.places.sizes[layer : layer + 1] == (1,) else numbers
            if len(pair) == 2 and 1 <= layer <= self.places.last and 1 <= pair[0] <= self.places.sizes[layer]:
                if pair[1] == 0:
                    yield "b", Place(layer, pair[0] - 1)
                elif pair[1] <= self.places.sizes[layer - 1]:
                    yield "W", Place(layer, pair[0] - 1, pair[1] - 1)

    def _losses(self, name: Name) -> Iterator[tuple[str, Place]]:
        index = name.indices[0] if name.indices else ""
        if name.array or len(name.indices) > 1:
            return
        if index in OF_ALL:
            yield "loss", Place(self.places.last, None)
        elif index.isdecimal() and 1 <= int(index) <= self.places.sizes[-1]:
            yield "loss_part", Place(self.places.last, int(index) - 1)
        elif (labelled := self.places.labelled(index)) is not None and labelled[0] == self.places.last:
            yield "loss_part", Place(*labelled)

    # -- examples and updates

    def _with_examples(self, kind: str, place: Place, name: Name) -> Iterator[Quantity]:
        """The quantities of a kind at a place that the problem has, for the example that is named or for each."""
        layer = None if kind in ("x", "t", "loss", "loss_part") else place.layer
        unit = None if kind == "loss" else place.unit
        bare = Quantity(kind, layer, unit, place.source).shifted(name.step)
        example = name.example
        if example is None and name.raised and kind in _OF_ONE_EXAMPLE:
            over = self.places.over(name.raised, UNITS_LAYERS)
            example = over.example if over is not None else None
            if example is None and kind in ("x", "t", "loss") and (number := name.raised.strip("()[]")).isdecimal():
                example = int(number) - 1
        if kind not in _OF_ONE_EXAMPLE:
            examples: list[int | None] = [None]
        elif example is not None:
            examples = [example] if self.examples else [None] * (example == 0)
        elif kind == "loss" or not self.examples:
            examples = [None]
        else:
            examples = list(self.examples[:MOST_EXAMPLES])
        for one in examples:
            quantity = bare._replace(example=one)
            if quantity in self.present:
                yield quantity
            elif kind == "b" and quantity._replace(unit=None) in self.present:
                yield quantity._replace(unit=None)
