"""Random networks, drawn afresh, against central differences, PyTorch, and SymPy's derivative of the whole loss."""

import importlib.util
import random

from test_oracles import differ_from_autograd, differ_from_composed, differ_from_differences

NETWORKS, SMALL = 320, 80
"""Networks for the differences and for PyTorch, and small ones for SymPy."""


def run(seed: int, share: float) -> list[str]:
    """Compares every number of the networks that the seed draws."""
    drawn = random.Random(seed)
    seeds, small = ([drawn.randrange(10**9) for _ in range(max(1, round(n * share)))] for n in (NETWORKS, SMALL))
    comparisons = [(differ_from_differences, seeds), (differ_from_composed, small)]
    if importlib.util.find_spec("torch"):
        comparisons.append((differ_from_autograd, seeds))
    failures = []
    for compare, these in comparisons:
        wrong, compared = compare(these)
        print(f"{len(these)} networks, {compared:,} numbers")
        failures += wrong
    return failures
