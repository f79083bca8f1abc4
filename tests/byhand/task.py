"""Problems to be worked by hand: what is given, and what a person computes in which order. Nothing here uses derive.

A `Task` is a problem read from its table; how its quantities are computed is not known here.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from networks import Table, random_network

EXAMPLES = Path(__file__).resolve().parents[2] / "derive" / "examples"
DRAWN = {("rohan-relu", 1): (("1.3247", "0.5118"), ("-0.4649", "-0.3350"), ("1.6519", "-0.0193"))}
"""Weights that an example draws by rule and seed: a person copies them from the sheet."""
RENAMED = ("W", "b", "z", "a", "loss", "loss_part", "vW", "vb", "data_loss", "penalty")
UNNAMED = ("lr0", "decay", "momentum", "l1", "l2", "mean", "std")
"""Given numbers that no list of values names."""


class Q(NamedTuple):
    """A quantity: what, where, of which example, and after how many updates."""

    kind: str
    layer: int | None = None
    unit: int | None = None
    source: int | None = None
    example: int | None = None
    step: int = 0


Get = Callable[[Q], Decimal]
"""Where a person looks up a number that was given or computed before."""


# -- the problem ---------------------------------------------------------------------------------------------


def example_table(name: str) -> Table:
    """The table of a built-in example."""
    text = (EXAMPLES / f"{name}.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text, parse_float=Decimal)
    for number, layer in enumerate(table["network"]["layers"], 1):
        if "init" in layer:
            layer["weights"] = [[Decimal(w) for w in row] for row in DRAWN[name, number]]
    return table


def table_of(name: str) -> Table:
    """The table of an example by its name, or of a random network by its seed."""
    return random_network(int(name)) if name.isdigit() else example_table(name)


class Task:
    """A problem as a person has it on the sheet: the network, the given numbers, what to compute in which order."""

    def __init__(self, table: Table) -> None:
        network, data, loss, training = (table[key] for key in ("network", "data", "loss", "training"))
        self.layers: list[Table] = network["layers"]
        self.sizes = [network["inputs"], *(layer["units"] for layer in self.layers)]
        self.last = len(self.layers)
        self.many = len(data["inputs"]) > 1
        self.count = len(data["inputs"])
        self.standardized = "standardize" in data
        self.loss: str = loss["name"]
        self.mean = loss.get("reduction", "mean") == "mean"
        strengths = loss.get("regularization", {})
        self.penalties = [kind for kind in ("l1", "l2") if strengths.get(kind)]
        self.steps: int = training.get("steps", 1)
        self.one = training.get("batch", "all") == "one"
        self.momentum = training.get("optimizer", "gd") == "momentum"
        self.decay: str | None = training["decay"]["kind"] if "decay" in training else None
        rounding = table.get("rounding", {})
        self.decimals: int | None = rounding["decimals"] if rounding.get("carry") else None
        self.given = dict(self._given(data, strengths, training))

    def _given(self, data: Table, strengths: Table, training: Table) -> Iterator[tuple[Q, Decimal]]:
        for s, (inputs, targets) in enumerate(zip(data["inputs"], data["targets"], strict=True)):
            tag = s if self.many else None
            for i, x in enumerate(inputs):
                yield (Q("x", unit=i, example=tag) if self.standardized else Q("a", 0, i, example=tag)), Decimal(x)
            yield from ((Q("t", unit=k, example=tag), Decimal(t)) for k, t in enumerate(targets))
        for kind, numbers in data.get("standardize", {}).items():
            yield from ((Q(kind, unit=i), Decimal(number)) for i, number in enumerate(numbers))
        for layer in range(1, self.last + 1):
            for parameter in self.parameters(layer):
                yield parameter, Decimal(self._start(parameter))
                if self.momentum and self.trained(parameter):
                    yield parameter._replace(kind=f"v{parameter.kind}"), Decimal(0)
        yield Q("lr0" if self.decay else "lr"), Decimal(training["learning_rate"])
        if self.decay:
            yield Q("decay"), Decimal(training["decay"]["rate"])
        if self.momentum:
            yield Q("momentum"), Decimal(training["momentum"])
        yield from ((Q(kind), Decimal(strengths[kind])) for kind in self.penalties)

    def _start(self, parameter: Q) -> Any:
        layer = self.layers[parameter.layer - 1]
        if parameter.kind == "W":
            return layer["weights"][parameter.unit][parameter.source]
        return layer["biases"] if parameter.unit is None else layer["biases"][parameter.unit]

    # -- what there is

    def activation(self, layer: int) -> str:
        return self.layers[layer - 1]["activation"]

    def slope(self, layer: int) -> Decimal:
        return Decimal(self.layers[layer - 1].get("slope", "0.01"))

    def units(self, layer: int) -> range:
        return range(self.sizes[layer])

    def bias(self, layer: int, unit: int, step: int = 0) -> Q | None:
        """The bias that a unit adds: its own, that of its layer, or none."""
        biases = self.layers[layer - 1].get("biases")
        if biases is None:
            return None
        return Q("b", layer, unit if isinstance(biases, list) else None, step=step)

    def parameters(self, layer: int) -> Iterator[Q]:
        """The weights of a layer, then its biases."""
        for j in self.units(layer):
            yield from (Q("W", layer, j, i) for i in self.units(layer - 1))
        yield from dict.fromkeys(b for j in self.units(layer) if (b := self.bias(layer, j)) is not None)

    def trained(self, parameter: Q) -> bool:
        return parameter.kind == "W" or self.layers[parameter.layer - 1].get("train_biases", True)

    def simple_delta(self, layer: int) -> bool:
        """Whether delta is output minus target: sigmoid or softmax with its cross-entropy."""
        pair = (self.activation(layer), self.loss)
        fitting = (("sigmoid", "binary_cross_entropy"), ("softmax", "categorical_cross_entropy"))
        return layer == self.last and pair in fitting

    def examples(self, step: int) -> list[int | None]:
        """The examples that a round looks at; [None] where there is only one."""
        if not self.many:
            return [None]
        return [min(step, self.steps - 1) % self.count] if self.one else list(range(self.count))

    # -- the order of work

    @property
    def order(self) -> list[Q]:
        """Everything there is to compute, in the order in which a person does it."""
        found = [Q("a", 0, i, example=s) for s in self._everyone() for i in self.units(0)] * self.standardized
        for step in range(self.steps):
            found += self._forward(step)
            for s in self.examples(step):
                found += self._backward(s, step)
            found += [*self._gradients(step), *self._updates(step)]
        return found + list(self._forward(self.steps))

    def _everyone(self) -> Iterable[int | None]:
        return range(self.count) if self.many else [None]

    def _forward(self, step: int) -> Iterator[Q]:
        for s in self.examples(step):
            for layer in range(1, self.last + 1):
                kinds = ["z", "a"]
                if self.activation(layer) == "softmax":
                    yield from (
                        Q(kind, layer, j, example=s, step=step) for kind in ("z", "exp") for j in self.units(layer)
                    )
                    yield Q("expsum", layer, example=s, step=step)
                    kinds = ["a"]
                yield from (Q(kind, layer, j, example=s, step=step) for kind in kinds for j in self.units(layer))
            if self.sizes[-1] > 1:
                yield from (Q("loss_part", unit=k, example=s, step=step) for k in self.units(self.last))
            if self.many or not self.penalties:
                yield Q("loss", example=s, step=step)
        if self.penalties:
            yield from (Q("data_loss", step=step), Q("penalty", step=step))
        if self.penalties or self.many:
            yield Q("loss", step=step)

    def _backward(self, s: int | None, step: int) -> Iterator[Q]:
        for layer in range(self.last, 0, -1):
            of = {"example": s, "step": step}
            units, below = self.units(layer), self.units(layer - 1)
            if layer == self.last:
                yield from (Q("dL/da", layer, j, **of) for j in units)
            if self.activation(layer) == "softmax":
                yield from (Q("da/dz", layer, i, j, **of) for i in units for j in units)
            else:
                yield from (Q("da/dz", layer, j, **of) for j in units)
            yield from (Q("dL/dz", layer, j, **of) for j in units)
            if self.many or not self.penalties:
                yield from (Q("dL/dW", layer, j, i, **of) for j in units for i in below)
            if self.bias(layer, 0) is not None:
                yield from (Q("dL/db", layer, j, **of) for j in units)
                if self.bias(layer, 0).unit is None:
                    yield Q("dL/db", layer, **of)
            for i in below:
                if layer > 1 and len(units) > 1:
                    yield from (Q("path", layer - 1, i, k, **of) for k in units)
                yield Q("dL/da", layer - 1, i, **of)

    def _gradients(self, step: int) -> Iterator[Q]:
        """The gradients of the whole batch, where they differ from those of one example."""
        for layer in range(1, self.last + 1):
            for parameter in self.parameters(layer):
                if self.many or (self.penalties and parameter.kind == "W"):
                    yield parameter._replace(kind=f"dL/d{parameter.kind}", step=step)

    def _updates(self, step: int) -> Iterator[Q]:
        if self.decay:
            yield Q("lr_now", step=step)
        for layer in range(1, self.last + 1):
            for parameter in self.parameters(layer):
                if self.trained(parameter):
                    if self.momentum:
                        yield parameter._replace(kind=f"v{parameter.kind}", step=step + 1)
                    elif parameter.kind == "W":
                        yield parameter._replace(kind="lr*dL/dW", step=step)
                yield parameter._replace(step=step + 1)

    # -- names

    def names(self, q: Q) -> list[str]:
        """The ids of a quantity; a bias that a layer shares also has that of each unit."""
        if q.kind == "b" and q.unit is None:
            return [self._name(q), *(self._name(q._replace(unit=j)) for j in self.units(q.layer))]
        return [] if q.kind in UNNAMED else [self._name(q)]

    def _name(self, q: Q) -> str:
        kind, front, back = q.kind, "", ""
        places = [q.layer, q.unit, q.source]
        if kind == "path":
            places, back = [q.layer, q.unit], f" via z[{q.layer + 1}][{q.source}]"
            kind = "dL/da"
            if q.layer == self.last - 1:
                kind, back = f"dE_o{q.source + 1}/da", ""
        if q.step == 1 and kind in RENAMED:
            kind += "_new"
        elif q.step:
            front = f"after[{q.step}]."
        if q.example is not None:
            front += f"sample[{q.example}]."
        return front + kind + "".join(f"[{n}]" for n in places if n is not None) + back
