"""Models of PyTorch, layer by layer and of modules of one's own, against autograd and the library's optimizers."""

from __future__ import annotations

import importlib.util
import random
from collections.abc import Callable

from test_from_modules import MODELS
from test_from_modules import compare_drawn as compare_module
from test_from_torch import compare_drawn as compare_layers

LAYERED, EACH = 120, 10
"""Models of listed layers, and of each kind of module."""


def run(seed: int, share: float) -> list[str]:
    """Compares every gradient and update of the models that the seed draws."""
    if importlib.util.find_spec("torch") is None:
        print("left out: there is no PyTorch")
        return []
    drawn = random.Random(seed)
    models: list[tuple[str, Callable[[int], None]]] = [
        *[("layers", compare_layers)] * max(1, round(LAYERED * share)),
        *(
            (kind, lambda number, kind=kind: compare_module(kind, number))
            for kind in MODELS
            for _ in range(max(1, round(EACH * share)))
        ),
    ]
    print(f"{len(models)} models")
    failures = []
    for kind, compare in models:
        number = drawn.randrange(10**6)
        try:
            compare(number)
        except AssertionError as difference:
            failures.append(f"{kind} {number}: {str(difference)[:200]}")
    return failures
