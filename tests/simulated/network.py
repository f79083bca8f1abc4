"""A problem as its file states it: shapes, settings, given numbers, and how its quantities are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from .ids import ident

Table = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Network:
    """A problem and the convention in which it is worked.

    `inside`: with a mean over examples, one example's gradient is a part of the mean's, 1/n included. `flipped`:
    errors are target minus output, so that deltas and gradients have the other sign and are added. `gradients_flip`:
    in such a convention the gradients of the weights have the other sign as well.
    """

    table: Table
    inside: bool = False
    flipped: bool = False
    gradients_flip: bool = True

    # --- shapes and settings ----------------------------------------------------------------------------------

    @cached_property
    def layers(self) -> list[Table]:
        """The layers, of which number 0 is a stand-in for the inputs."""
        return [{"units": self.table["network"]["inputs"], "activation": None}, *self.table["network"]["layers"]]

    @property
    def last(self) -> int:
        return len(self.layers) - 1

    def units(self, layer: int) -> range:
        return range(self.layers[layer]["units"])

    def activation(self, layer: int) -> str:
        return str(self.layers[layer]["activation"])

    @cached_property
    def loss(self) -> str:
        return str(self.table["loss"]["name"])

    @cached_property
    def mean(self) -> bool:
        return bool(self.table["loss"].get("reduction", "mean") == "mean")

    @cached_property
    def penalties(self) -> dict[str, Decimal]:
        found = self.table["loss"].get("regularization", {})
        return {name: Decimal(found[name]) for name in ("l1", "l2") if found.get(name)}

    @cached_property
    def steps(self) -> int:
        return int(self.table["training"].get("steps", 1))

    @cached_property
    def momentum(self) -> bool:
        return bool(self.table["training"].get("optimizer") == "momentum")

    @cached_property
    def decay(self) -> Table | None:
        found: Table | None = self.table["training"].get("decay")
        return found

    @cached_property
    def count(self) -> int:
        """The examples of the data."""
        return len(self.table["data"]["inputs"])

    @cached_property
    def one_by_one(self) -> bool:
        return bool(self.table["training"].get("batch", "all") == "one")

    def seen(self, step: int) -> list[int | None]:
        """The examples of the pass after so many updates; None where there is but one."""
        if self.count == 1:
            return [None]
        if self.one_by_one:
            return [min(step, self.steps - 1) % self.count]
        return list(range(self.count))

    def share(self, step: int) -> int:
        """By how much the sum over the examples of a pass is divided."""
        return len(self.seen(step)) if self.mean else 1

    def has_biases(self, layer: int) -> bool:
        return self.layers[layer].get("biases") is not None

    def shared(self, layer: int) -> bool:
        """Whether one bias serves all units of the layer."""
        return self.has_biases(layer) and not isinstance(self.layers[layer]["biases"], list)

    def trained(self, layer: int) -> bool:
        return self.has_biases(layer) and bool(self.layers[layer].get("train_biases", True))

    @cached_property
    def standardised(self) -> Table | None:
        found: Table | None = self.table["data"].get("standardize")
        return found

    @cached_property
    def merged(self) -> bool:
        """Whether loss and activation cancel in the last delta, so that a - t is left."""
        pairs = (("binary_cross_entropy", "sigmoid"), ("categorical_cross_entropy", "softmax"))
        return (self.loss, self.activation(self.last)) in pairs

    # --- names ------------------------------------------------------------------------------------------------

    def x(self, unit: int, example: int | None) -> str:
        return ident("x", unit, example=example)

    def a(self, layer: int, unit: int, example: int | None, step: int) -> str:
        return ident("a", layer, unit, example=example, step=step if layer else 0)

    def t(self, unit: int, example: int | None) -> str:
        return ident("t", unit, example=example)

    def weight(self, layer: int, unit: int, source: int, step: int) -> str:
        return ident("W", layer, unit, source, step=step)

    def bias(self, layer: int, unit: int, step: int) -> str:
        return ident("b", layer, step=step) if self.shared(layer) else ident("b", layer, unit, step=step)

    def rate(self, step: int) -> str:
        return ident("lr_now", step=step) if self.decay else "lr"

    def delta(self, layer: int, j: int, e: int | None, s: int) -> str:
        return ident("dL/dz", layer, j, example=e, step=s)

    def bias_places(self, layer: int) -> list[tuple[int, ...]]:
        if not self.has_biases(layer):
            return []
        return [(layer,)] if self.shared(layer) else [(layer, j) for j in self.units(layer)]

    def weight_places(self) -> Iterator[tuple[int, int, int]]:
        for layer in range(1, self.last + 1):
            for j in self.units(layer):
                for i in self.units(layer - 1):
                    yield layer, j, i

    def data_loss(self, step: int) -> str:
        """The loss before penalties."""
        return ident("data_loss" if self.penalties else "loss", step=step)

    def example_loss(self, e: int | None, step: int) -> str:
        return self.data_loss(step) if e is None else ident("loss", example=e, step=step)

    # --- givens -----------------------------------------------------------------------------------------------

    @cached_property
    def givens(self) -> dict[str, Decimal]:
        """The numbers that the problem gives, by id."""
        data, training = self.table["data"], self.table["training"]
        give: dict[str, Decimal] = {}
        for number in range(self.count):
            example = None if self.count == 1 else number
            for i, value in enumerate(data["inputs"][number]):
                name = self.x(i, example) if self.standardised else self.a(0, i, example, 0)
                give[name] = Decimal(value)
            for k, value in enumerate(data["targets"][number]):
                give[self.t(k, example)] = Decimal(value)
        if self.standardised:
            for name in ("mean", "std"):
                give |= {ident(name, i): Decimal(value) for i, value in enumerate(self.standardised[name])}
        for layer, j, i in self.weight_places():
            give[self.weight(layer, j, i, 0)] = Decimal(self.layers[layer]["weights"][j][i])
            if self.momentum:
                give[ident("vW", layer, j, i)] = Decimal(0)
        for layer in range(1, self.last + 1):
            for place in self.bias_places(layer):
                biases = self.layers[layer]["biases"]
                give[ident("b", *place)] = Decimal(biases if self.shared(layer) else biases[place[1]])
                if self.momentum and self.trained(layer):
                    give[ident("vb", *place)] = Decimal(0)
        give["lr0" if self.decay else "lr"] = Decimal(training["learning_rate"])
        if self.decay:
            give["decay"] = Decimal(self.decay["rate"])
        if self.momentum:
            give["momentum"] = Decimal(training["momentum"])
        give |= self.penalties
        return give
