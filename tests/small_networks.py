"""Small problems with plain numbers, for tests that need a shape and not an example."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise


def network(*sizes: int, examples: int = 1, steps: int = 1, activation: str = "sigmoid") -> dict[str, object]:
    """A problem with so many units in each layer, the inputs first, and a bias for each unit."""
    layers = [
        {
            "units": units,
            "activation": activation,
            "weights": [[Decimal(1 + unit + 2 * source) / 10 for source in range(sources)] for unit in range(units)],
            "biases": [Decimal("0.1")] * units,
        }
        for sources, units in pairwise(sizes)
    ]
    return {
        "title": "x",
        "network": {"inputs": sizes[0], "layers": layers},
        "data": {"inputs": [[Decimal("0.5")] * sizes[0]] * examples, "targets": [[Decimal(1)] * sizes[-1]] * examples},
        "loss": {"name": "half_squared_error"},
        "training": {"learning_rate": Decimal("0.5"), "steps": steps},
    }
