"""Random problems, the same for the same seed: tables that `derive.reading.problem_from_dict` reads.

Nothing here uses derive. Numbers are decimals of few digits. A problem whose first forward pass comes near
the corner of a rectifier is drawn again, because there is no derivative to compare.
"""

import math
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

Table = dict[str, Any]

ELEMENTWISE = ("linear", "sigmoid", "tanh", "relu", "leaky_relu", "softplus")
ACTIVATIONS = (*ELEMENTWISE, "softmax")
ERRORS = ("half_squared_error", "squared_error", "mean_squared_error")
LOSSES = (*ERRORS, "binary_cross_entropy", "categorical_cross_entropy")
CORNERED = ("relu", "leaky_relu")
NEAR = 0.02
"""How near to its corner the sum of a rectifier may not be."""


def random_network(
    seed: int,
    depth: tuple[int, int] = (1, 4),
    width: tuple[int, int] = (1, 5),
    examples: tuple[int, int] = (1, 4),
    steps: tuple[int, int] = (1, 3),
) -> Table:
    """The problem of a seed; each pair is the smallest and the largest number drawn."""
    source = random.Random(f"network {seed}")
    while True:
        table = _draw(source, seed, depth, width, examples, steps)
        if all(abs(z) > NEAR for z in _cornered_sums(table)):
            return table


def _draw(
    source: random.Random,
    seed: int,
    depth: tuple[int, int],
    width: tuple[int, int],
    examples: tuple[int, int],
    steps: tuple[int, int],
) -> Table:
    sizes = [source.randint(*width) for _ in range(1 + source.randint(*depth))]
    loss = LOSSES[seed % len(LOSSES)]  # in turn, so that every loss is drawn equally often
    sizes[-1], output = _output(source, loss, sizes[-1])
    layers = [
        _layer(source, inputs, units, output if last else source.choice(ACTIVATIONS))
        for inputs, units, last in zip(sizes, sizes[1:], [False] * (len(sizes) - 2) + [True], strict=False)
    ]
    many = source.randint(*examples)
    data: Table = {
        "inputs": [[decimal(source, 2, 1) for _ in range(sizes[0])] for _ in range(many)],
        "targets": [_targets(source, loss, output, sizes[-1]) for _ in range(many)],
    }
    if source.random() < 0.25:
        data["standardize"] = {
            "mean": [decimal(source, 2, 1) for _ in range(sizes[0])],
            "std": [abs(decimal(source, 2, 1)) + Decimal("0.5") for _ in range(sizes[0])],
        }
    return {
        "title": f"Random network {seed}",
        "network": {"inputs": sizes[0], "layers": layers},
        "data": data,
        "loss": _loss(source, loss),
        "training": _training(source, source.randint(*steps)),
    }


def _output(source: random.Random, loss: str, units: int) -> tuple[int, str]:
    """The width and the activation of an output layer on whose values the loss exists."""
    if loss == "categorical_cross_entropy":
        return units, "softmax"
    if loss == "binary_cross_entropy":
        if units > 1 and source.random() < 0.3:
            return units, "softmax"
        return units, "sigmoid"
    return units, source.choice(ACTIVATIONS)


def _layer(source: random.Random, inputs: int, units: int, activation: str) -> Table:
    layer: Table = {
        "units": units,
        "activation": activation,
        "weights": [[decimal(source, 1, 2) for _ in range(inputs)] for _ in range(units)],
    }
    if activation == "leaky_relu" and source.random() < 0.8:
        layer["slope"] = Decimal(source.randint(1, 60)) / 100
    match source.randrange(4):
        case 0:
            layer["biases"] = decimal(source, 1, 2)
        case 1:
            layer["biases"] = [decimal(source, 1, 2) for _ in range(units)]
        case 2:
            layer["biases"] = source.choice([decimal(source, 1, 2), [decimal(source, 1, 2) for _ in range(units)]])
            layer["train_biases"] = False
    return layer


def _targets(source: random.Random, loss: str, output: str, units: int) -> list[Decimal]:
    if loss == "categorical_cross_entropy":
        if source.random() < 0.5:
            chosen = source.randrange(units)
            return [Decimal(int(k == chosen)) for k in range(units)]
        cuts = sorted(source.randint(0, 100) for _ in range(units - 1))
        return [Decimal(high - low) / 100 for low, high in zip([0, *cuts], [*cuts, 100], strict=True)]
    if loss == "binary_cross_entropy":
        return [source.choice([Decimal(0), Decimal(1), Decimal(source.randint(0, 100)) / 100]) for _ in range(units)]
    return [decimal(source, 1 if output in ("sigmoid", "softmax") else 2, 2) for _ in range(units)]


def _loss(source: random.Random, name: str) -> Table:
    loss: Table = {"name": name, "reduction": source.choice(["mean", "sum"])}
    if source.random() < 0.35:
        kinds = source.choice([("l1",), ("l2",), ("l1", "l2")])
        loss["regularization"] = {kind: Decimal(source.randint(1, 50)) / 1000 for kind in kinds}
    return loss


def _training(source: random.Random, steps: int) -> Table:
    training: Table = {
        "learning_rate": source.choice([Decimal("0.05"), Decimal("0.1"), Decimal("0.5")]),
        "steps": steps,
        "batch": source.choice(["all", "all", "one"]),
    }
    if source.random() < 0.3:
        training |= {"optimizer": "momentum", "momentum": source.choice([Decimal("0.9"), Decimal("0.5")])}
    if source.random() < 0.3:
        kind = source.choice(["inverse_time", "exponential"])
        training["decay"] = {"kind": kind, "rate": Decimal(source.randint(1, 50)) / 100}
    return training


def decimal(source: random.Random, largest: int, places: int) -> Decimal:
    """A decimal between -largest and largest, never 0."""
    scale = 10**places
    return Decimal(source.choice([-1, 1]) * source.randint(1, largest * scale)) / scale


def preprocessed(table: Table) -> list[list[Decimal]]:
    """The inputs that the network sees; unstandardised ones as they are."""
    scaling = table["data"].get("standardize")
    rows = table["data"]["inputs"]
    if scaling is None:
        return rows
    return [
        [(x - mean) / std for x, mean, std in zip(row, scaling["mean"], scaling["std"], strict=True)] for row in rows
    ]


def _cornered_sums(table: Table) -> Iterator[float]:
    """The weighted sums of every rectifier, roughly."""
    for row in preprocessed(table):
        a = [float(x) for x in row]
        for layer in table["network"]["layers"]:
            biases = layer.get("biases", 0)
            own = biases if isinstance(biases, list) else [biases] * layer["units"]
            z = [
                sum(float(w) * x for w, x in zip(weights, a, strict=True)) + float(b)
                for weights, b in zip(layer["weights"], own, strict=True)
            ]
            if layer["activation"] in CORNERED:
                yield from z
            a = _roughly(layer, z)


def _roughly(layer: Table, z: list[float]) -> list[float]:
    match layer["activation"]:
        case "linear":
            return z
        case "sigmoid":
            return [1 / (1 + math.exp(-x)) for x in z]
        case "tanh":
            return [math.tanh(x) for x in z]
        case "relu":
            return [max(0.0, x) for x in z]
        case "leaky_relu":
            return [x if x > 0 else float(layer.get("slope", Decimal("0.01"))) * x for x in z]
        case "softplus":
            return [math.log(1 + math.exp(x)) for x in z]
        case "softmax":
            return [math.exp(x) / sum(map(math.exp, z)) for x in z]
    raise ValueError(layer["activation"])
