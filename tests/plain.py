"""One network written plainly, for any arithmetic: mpmath, SymPy, PyTorch. Nothing here uses derive."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import mpmath
import sympy
from mpmath import mpf
from networks import Table, preprocessed

Place = tuple[str, int, tuple[int, ...]]
"""W or b, the layer from 1, and the indices within the layer."""


@dataclass
class Parameters:
    """Weights [layer][unit][source] and biases of one network; a bias of the layer, of each unit, or None."""

    weights: list[list[list[Any]]]
    biases: list[Any]

    def places(self) -> Iterable[Place]:
        """Every parameter, layer by layer, weights before biases."""
        for layer, (rows, biases) in enumerate(zip(self.weights, self.biases, strict=True), 1):
            for j, row in enumerate(rows):
                for i in range(len(row)):
                    yield "W", layer, (j, i)
            if isinstance(biases, list):
                yield from (("b", layer, (j,)) for j in range(len(biases)))
            elif biases is not None:
                yield "b", layer, ()

    def get(self, place: Place) -> Any:
        kind, layer, indices = place
        found = (self.weights if kind == "W" else self.biases)[layer - 1]
        for index in indices:
            found = found[index]
        return found

    def put(self, place: Place, number: Any) -> None:
        kind, layer, indices = place
        holder, last = (self.weights if kind == "W" else self.biases), layer - 1
        for index in indices:
            holder, last = holder[last], index
        holder[last] = number


def parameters(table: Table, number: Callable[[Any], Any]) -> Parameters:
    layers = table["network"]["layers"]

    def bias(biases: Any) -> Any:
        if isinstance(biases, list):
            return [number(b) for b in biases]
        return None if biases is None else number(biases)

    return Parameters(
        [[[number(w) for w in row] for row in layer["weights"]] for layer in layers],
        [bias(layer.get("biases")) for layer in layers],
    )


@dataclass
class Arithmetic:
    """The functions a network needs, of mpmath or of SymPy."""

    exp: Callable[[Any], Any]
    log: Callable[[Any], Any]
    tanh: Callable[[Any], Any]
    split: Callable[[Any, Any, Any], Any]
    """split(z, above, below): the one where z > 0, the other elsewhere."""
    abs: Callable[[Any], Any]
    number: Callable[[Any], Any]


def sums(weights: list[list[Any]], biases: Any, a: list[Any]) -> list[Any]:
    own = biases if isinstance(biases, list) else [biases] * len(weights)
    z = [sum(w * x for w, x in zip(row, a, strict=True)) for row in weights]
    return [x if b is None else x + b for x, b in zip(z, own, strict=True)]


def activate(layer: Table, z: list[Any], f: Arithmetic) -> list[Any]:
    match layer["activation"]:
        case "linear":
            return z
        case "sigmoid":
            return [1 / (1 + f.exp(-x)) for x in z]
        case "tanh":
            return [f.tanh(x) for x in z]
        case "relu":
            return [f.split(x, x, 0 * x) for x in z]
        case "leaky_relu":
            slope = f.number(layer.get("slope", "0.01"))
            return [f.split(x, x, slope * x) for x in z]
        case "softplus":
            return [f.log(1 + f.exp(x)) for x in z]
        case "softmax":
            exponentials = [f.exp(x) for x in z]
            return [e / sum(exponentials) for e in exponentials]
    raise ValueError(layer["activation"])


def data_loss(name: str, a: list[Any], t: list[Any], f: Arithmetic) -> Any:
    pairs = list(zip(a, t, strict=True))
    match name:
        case "half_squared_error":
            return sum((x - y) ** 2 for x, y in pairs) / 2
        case "squared_error":
            return sum((x - y) ** 2 for x, y in pairs)
        case "mean_squared_error":
            return sum((x - y) ** 2 for x, y in pairs) / len(pairs)
        case "binary_cross_entropy":
            return -sum(y * f.log(x) + (1 - y) * f.log(1 - x) for x, y in pairs)
        case "categorical_cross_entropy":
            return -sum(y * f.log(x) for x, y in pairs)
    raise ValueError(name)


def penalty(table: Table, p: Parameters, f: Arithmetic) -> Any:
    strength = table["loss"].get("regularization", {})
    every = [w for rows in p.weights for row in rows for w in row]
    l1, l2 = (f.number(strength.get(kind, 0)) for kind in ("l1", "l2"))
    return l1 * sum(f.abs(w) for w in every) + l2 / 2 * sum(w**2 for w in every)


@dataclass
class Plain:
    """A network in one arithmetic: its loss at any parameters, for all examples or some."""

    table: Table
    f: Arithmetic
    inputs: list[list[Any]] = field(init=False)
    targets: list[list[Any]] = field(init=False)

    def __post_init__(self) -> None:
        rows = preprocessed(self.table) if "standardize" not in self.table["data"] else self._standardized()
        self.inputs = [[self.f.number(x) for x in row] for row in rows]
        self.targets = [[self.f.number(t) for t in row] for row in self.table["data"]["targets"]]

    def _standardized(self) -> list[list[Any]]:
        number, data = self.f.number, self.table["data"]
        scaling = list(zip(data["standardize"]["mean"], data["standardize"]["std"], strict=True))
        return [
            [(number(x) - number(mean)) / number(std) for x, (mean, std) in zip(row, scaling, strict=True)]
            for row in data["inputs"]
        ]

    def forward(self, p: Parameters, a: list[Any], start: int = 0) -> list[tuple[list[Any], list[Any]]]:
        """Sums and activations of every layer from `start` on, which takes `a`."""
        found = []
        for layer, weights, biases in list(zip(self.table["network"]["layers"], p.weights, p.biases, strict=True))[
            start:
        ]:
            z = sums(weights, biases, a)
            a = activate(layer, z, self.f)
            found.append((z, a))
        return found

    def example_loss(self, p: Parameters, example: int, start: int = 0, a: list[Any] | None = None) -> Any:
        out = self.forward(p, self.inputs[example] if a is None else a, start)[-1][1]
        return data_loss(self.table["loss"]["name"], out, self.targets[example], self.f)

    def reduce(self, losses: list[Any]) -> Any:
        total = sum(losses)
        return total / len(losses) if self.table["loss"].get("reduction", "mean") == "mean" else total

    def loss(self, p: Parameters, examples: Iterable[int]) -> Any:
        return self.reduce([self.example_loss(p, s) for s in examples]) + penalty(self.table, p, self.f)


MP = Arithmetic(
    mpmath.exp,
    mpmath.log,
    mpmath.tanh,
    lambda z, above, below: above if z > 0 else below,
    abs,
    lambda x: mpf(str(x)),
)


def split_by_sympy(z: Any, above: Any, below: Any) -> Any:
    return sympy.Piecewise((above, z > 0), (below, True))


SYMBOLIC = Arithmetic(sympy.exp, sympy.log, sympy.tanh, split_by_sympy, sympy.Abs, lambda x: sympy.Rational(str(x)))


def examples_of(table: Table, step: int) -> list[int]:
    """The examples that an update looks at."""
    many = len(table["data"]["inputs"])
    return [step % many] if table["training"].get("batch") == "one" else list(range(many))


def learning_rate(table: Table, step: int, f: Arithmetic) -> Any:
    training = table["training"]
    rate, decay = f.number(training["learning_rate"]), training.get("decay")
    if decay is None:
        return rate
    fall = f.number(decay["rate"]) * step
    return rate / (1 + fall) if decay["kind"] == "inverse_time" else rate * f.exp(-fall)


def update(
    table: Table,
    p: Parameters,
    gradient: dict[Place, Any],
    velocity: dict[Place, Any],
    step: int,
    f: Arithmetic,
) -> None:
    """Moves the trained parameters, with momentum where the problem asks for it."""
    rate, momentum = learning_rate(table, step, f), f.number(table["training"].get("momentum", 0))
    for place, slope in gradient.items():
        kind, layer, _ = place
        if kind == "b" and not table["network"]["layers"][layer - 1].get("train_biases", True):
            continue
        velocity[place] = momentum * velocity.get(place, 0) - rate * slope
        p.put(place, p.get(place) + velocity[place])
