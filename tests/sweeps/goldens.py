"""All products of the built-in examples, byte for byte what they were when somebody last accepted them."""

import random

import golden

from derive.reading import example_names


def run(seed: int, share: float) -> list[str]:
    """Makes every group, or a share of them that the seed draws."""
    right = golden.stored()
    every = [group for name in example_names("networks") for group in golden.groups(name)]
    drawn = random.Random(seed).sample(every, max(1, round(len(every) * share)))
    print(f"{len(drawn)} of {len(every)} groups of products")
    return [line for group in drawn for line in golden.differing(group, right[group.example])]
