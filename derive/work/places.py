r"""Which unit, weight or layer the indices of a letter mean: the 3 of z_3, the [1] of z^{[1]}, the 12 of w_{12}.

Decides every way in which courses count: layer by layer or all units through, inputs as layer 0 or as layer 1, the
unit or the source first. Where two ways give two places, both are given, each with the choice that it takes. It knows
the sizes of a network's layers, and no letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from derive.work.courses import HIDDEN, LABELS, OUTPUT, Choice

UNITS_LAYERS, WEIGHTS_LAYERS = "layers of units", "layers of weights"
LAYER_0, LAYER_1 = "the inputs are layer 0", "the inputs are layer 1"
NUMBERS, WEIGHT_NUMBERS, BIAS_NUMBERS = "a number at a letter", "a number at a weight", "a number at a bias"
UNITS, LAYERS = "is the unit", "is the layer"
THROUGH = "units are numbered"
COMPUTING, WITH_INPUTS = "without the inputs", "with the inputs"
PAIRS = "two numbers at a weight"
UNIT_FIRST, SOURCE_FIRST, BOTH_THROUGH = "unit, then source", "source, then unit", "units numbered through"
WEIGHTS = "weights are numbered"
BY_UNIT, BY_SOURCE = "unit by unit", "source by source"
TWO = "two numbers at a unit"
LAYER_FIRST, LAYER_LAST = "layer, then unit", "unit, then layer"

_OVER = re.compile(
    r"(?:\[(?P<square>\w{1,3}(?:-\d)?)\]|\((?P<round>\w{1,3}(?:-\d)?)\)|(?P<bare>\d{1,3}|L(?:-\d)?))?"
    r"(?:\((?P<example>\d{1,6})\)|\[(?P<listed>\d{1,6})\])?"
)
_LABEL = re.compile(
    rf"(?P<letter>{'|'.join(sorted(LABELS, key=len, reverse=True))})(?P<numbers>\d{{0,4}}(?:,\d{{1,3}})?)"
)
_TWO_LABELS = re.compile(
    rf"(?P<one>{_LABEL.pattern}),?(?P<other>{_LABEL.pattern})".replace("?P<letter>", "").replace("?P<numbers>", "")
)


class Place(NamedTuple):
    """A unit, or with `source` the weight between two; `unit` is None for what a layer shares. All count from 0."""

    layer: int
    unit: int | None
    source: int | None = None
    choices: tuple[Choice, ...] = ()
    rank: int = 0


class Over(NamedTuple):
    """What is raised at a letter: the layers that it may mean, each with its choice, and the example."""

    layers: tuple[tuple[int, tuple[Choice, ...]], ...]
    example: int | None


class Places:
    """The places in a network whose layers have these sizes, the inputs first."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = tuple(sizes)
        self.last = len(sizes) - 1

    def layers(self, where: str) -> range:
        """The layers in which a letter stands for units."""
        return {HIDDEN: range(1, self.last), OUTPUT: range(self.last, self.last + 1)}.get(
            where, range(1, self.last + 1)
        )

    # -- what is raised

    def over(self, raised: str, dimension: str) -> Over | None:
        """What is raised, as layers and an example; None where it is neither."""
        match = _OVER.fullmatch(raised)
        if match is None or not raised:
            return None
        example = match["example"] or match["listed"]
        number = int(example) - 1 if example else None
        for group in ("square", "round", "bare"):
            if match[group]:
                layers = tuple(self._layer(match[group], group == "square", dimension))
                return Over(layers, number) if layers else None
        return Over((), number)

    def _layer(self, text: str, square: bool, dimension: str) -> Iterator[tuple[int, tuple[Choice, ...]]]:
        last = re.fullmatch(r"L(?:-(\d))?", text)
        if last is not None:
            yield self.last - int(last[1] or 0), ()
        elif text.isdecimal():
            if square:
                yield int(text), ()
            else:
                yield int(text), ((dimension, LAYER_0),)
                yield int(text) - 1, ((dimension, LAYER_1),)

    # -- units

    def unit(self, layer: int, numbers: Sequence[int]) -> int | None:
        """The unit of a layer that numbers from 1 mean; with no number the only one."""
        match list(numbers):
            case [] if self.sizes[layer] == 1:
                return 0
            case [number] if 1 <= number <= self.sizes[layer]:
                return number - 1
        return None

    def units(self, numbers: Sequence[int], where: str) -> Iterator[Place]:
        """The units that numbers at a letter may mean where no layer is raised."""
        allowed = self.layers(where)
        match list(numbers):
            case []:
                if sum(self.sizes[layer] for layer in allowed) == 1:
                    yield Place(next(layer for layer in allowed if self.sizes[layer]), 0)
            case [number]:
                yield from self._numbered(number, allowed)
            case [one, other]:
                for layer, unit, choice in ((one, other, LAYER_FIRST), (other, one, LAYER_LAST)):
                    if layer in allowed and 1 <= unit <= self.sizes[layer]:
                        yield Place(layer, unit - 1, None, ((TWO, choice),), int(choice == LAYER_LAST))

    def _numbered(self, number: int, allowed: range) -> Iterator[Place]:
        """The unit with a number: all units through, or the only one of the layer with this number."""
        several = len(allowed) > 1
        if (through := self._through(number, allowed)) is not None:
            yield Place(*through, None, ((NUMBERS, UNITS), (THROUGH, COMPUTING)) if several else ())
        if not several:
            return
        inputs = self._through(number - self.sizes[0], allowed)
        if inputs is not None and allowed[0] == 1:
            yield Place(*inputs, None, ((NUMBERS, UNITS), (THROUGH, WITH_INPUTS)), 1)
        for layer, choice, rank in ((number, LAYER_0, 0), (number - 1, LAYER_1, 1)):
            if layer in allowed and self.sizes[layer] == 1:
                yield Place(layer, 0, None, ((NUMBERS, LAYERS), (UNITS_LAYERS, choice)), rank)

    def _through(self, number: int, allowed: range) -> tuple[int, int] | None:
        """The layer and the unit of the unit with this number, counted through the layers."""
        for layer in allowed:
            if 1 <= number <= self.sizes[layer]:
                return layer, number - 1
            number -= self.sizes[layer]
        return None

    def labelled(self, label: str) -> tuple[int, int | None] | None:
        """The unit that a label such as h1, o2 or h2,1 means; the unit is None where the label is of a layer."""
        match = _LABEL.fullmatch(label)
        if match is None:
            return None
        where, numbers = LABELS[match["letter"]], [int(number) for number in match["numbers"].split(",") if number]
        allowed = range(1) if where == "input" else self.layers(where)
        if not allowed:
            return None
        if not numbers:
            return (allowed[0], 0 if self.sizes[allowed[0]] == 1 else None) if len(allowed) == 1 else None
        if len(numbers) == 1 and len(allowed) > 1 and 10 <= numbers[0] < 100:
            numbers = list(divmod(numbers[0], 10))
        if len(numbers) == 2:
            layer, number = numbers
            return (layer, number - 1) if layer in allowed and 1 <= number <= self.sizes[layer] else None
        return self._through(numbers[0], allowed)

    # -- weights

    def weights_of(self, layer: int, numbers: Sequence[int]) -> Iterator[Place]:
        """The weights of a layer that numbers from 1 may mean."""
        if not 1 <= layer <= self.last:
            return
        units, sources = self.sizes[layer], self.sizes[layer - 1]
        match list(numbers):
            case [] if units == sources == 1:
                yield Place(layer, 0, 0)
            case [number] if units == 1 and 1 <= number <= sources:
                yield Place(layer, 0, number - 1)
            case [number] if sources == 1 and 1 <= number <= units:
                yield Place(layer, number - 1, 0)
            case [number] if 1 <= number <= units * sources:
                yield Place(layer, *divmod(number - 1, sources), ((WEIGHTS, BY_UNIT),))
                yield Place(layer, *divmod(number - 1, units)[::-1], ((WEIGHTS, BY_SOURCE),))
            case [one, other]:
                for unit, source, choice in ((one, other, UNIT_FIRST), (other, one, SOURCE_FIRST)):
                    if 1 <= unit <= units and 1 <= source <= sources:
                        yield Place(layer, unit - 1, source - 1, ((PAIRS, choice),))

    def weights(self, numbers: Sequence[int]) -> Iterator[Place]:
        """The weights that numbers at a letter may mean where no layer is raised."""
        match list(numbers):
            case []:
                if self.last == 1:
                    yield from self.weights_of(1, ())
            case [number]:
                yield from self._numbered_weights(number)
            case [one, other]:
                for layer in range(1, self.last + 1):
                    yield from self.weights_of(layer, numbers)
                source, unit = (self._through(number, range(self.last + 1)) for number in (one, other))
                if self.last > 1 and source is not None and unit is not None and unit[0] == source[0] + 1:
                    yield Place(unit[0], unit[1], source[1], ((PAIRS, BOTH_THROUGH), (THROUGH, WITH_INPUTS)))
            case [layer, *pair] if len(pair) == 2:
                yield from self.weights_of(layer, pair)

    def _numbered_weights(self, number: int) -> Iterator[Place]:
        """The weight with a number: all through, in either order, or the only one of the layer with this number."""
        left = number
        for layer in range(1, self.last + 1):
            units, sources = self.sizes[layer], self.sizes[layer - 1]
            if 1 <= left <= units * sources:
                by_unit, by_source = divmod(left - 1, sources), divmod(left - 1, units)[::-1]
                if by_unit == by_source:
                    yield Place(layer, *by_unit, ((WEIGHT_NUMBERS, UNITS),))
                else:
                    yield Place(layer, *by_unit, ((WEIGHT_NUMBERS, UNITS), (WEIGHTS, BY_UNIT)))
                    yield Place(layer, *by_source, ((WEIGHT_NUMBERS, UNITS), (WEIGHTS, BY_SOURCE)))
                break
            left -= units * sources
        if 1 <= number <= self.last and self.sizes[number] == self.sizes[number - 1] == 1:
            yield Place(number, 0, 0, ((WEIGHT_NUMBERS, LAYERS),))

    def biases_among_weights(self, numbers: Sequence[int]) -> Iterator[Place]:
        """The units whose bias is the weight of a source 0: w_{04} and w_{40}."""
        for unit in (one for one, other in (numbers, numbers[::-1]) if other == 0) if len(numbers) == 2 else ():
            for place in self._numbered(unit, range(1, self.last + 1)):
                if dict(place.choices).get(NUMBERS) != LAYERS:
                    yield place._replace(rank=0)

    def weight_between(self, labels: str) -> Place | None:
        """The weight between two labelled units, such as x1h2, whichever is named first."""
        match = _TWO_LABELS.fullmatch(labels)
        if match is None:
            return None
        ends = [self.labelled(match[group]) for group in ("one", "other")]
        if None in ends:
            return None
        (source, unit) = sorted(end for end in ends if end is not None)
        if unit[0] != source[0] + 1 or unit[1] is None or source[1] is None:
            return None
        return Place(unit[0], unit[1], source[1])
