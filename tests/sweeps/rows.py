"""Every activation, loss and optimiser in every form, notation and format: a page with something on it."""

from __future__ import annotations

import random
from collections.abc import Callable

from test_network_training import EVERY, empty_products
from test_network_training import FORMATS as TRAINED
from test_unit_rows import FORMATS, NETWORKS, WAYS, odd_pages


def run(seed: int, share: float) -> list[str]:
    """Makes the products of all rows, or of a share of them that the seed draws."""
    every: list[Callable[[], list[str]]] = [
        *(lambda which=which: odd_pages(which, WAYS, FORMATS) for which in NETWORKS),
        *(
            lambda rule=rule: [f"{rule}: {end}" for end in empty_products(rule, TRAINED, ("md", "html"))]
            for rule in EVERY
        ),
    ]
    drawn = random.Random(seed).sample(every, max(1, round(len(every) * share)))
    print(f"{len(drawn)} of {len(every)} rows")
    return [line for made in drawn for line in made()]
