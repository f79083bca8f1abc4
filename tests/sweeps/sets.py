"""Class sets of random networks: every variant is looked at by a network that is written without derive."""

from __future__ import annotations

import json
import random
from collections import Counter

from exercise import faults
from networks import random_network

from derive.errors import InputError
from derive.reading import problem_from_dict
from derive.variants.recipe import Recipe
from derive.variants.search import search
from derive.variants.suited import ready
from derive.variants.variant import with_numbers
from derive.worksheet import SheetOptions, sheet_problem

NETWORKS, VARIANTS = 150, 3


def run(seed: int, share: float) -> list[str]:
    """Finds numbers for networks, and looks at some variants of each."""
    source, counts, failures = random.Random(seed), Counter[str](), list[str]()
    for _ in range(max(1, round(NETWORKS * share))):
        number = source.randrange(10**6)
        problem = problem_from_dict(random_network(number))
        try:
            recipe, place = ready(Recipe(problem, SheetOptions(), str(number), ("md",)))
        except InputError as error:
            counts["none"] += 1
            failures += [] if "variants.constraints" in str(error) else [f"network {number}: {error}"]
            continue
        counts["others" if recipe.changes else "own"] += 1
        for key in map(str, range(VARIANTS)):
            drawn = search(place.setting, recipe.seed, key).numbers
            rows = {row.quantity: row.exact for row in place.sheet.answers(place.sheet.numbers(drawn))}
            variant = with_numbers(sheet_problem(problem), drawn)
            table = json.loads(variant.model_dump_json(exclude_none=True))
            found = faults(table, rows, place.sheet.policy.decimals)
            failures += [f"network {number}, variant {key}: {fault}" for fault in found]
    own, others, none = (counts[key] for key in ("own", "others", "none"))
    print(f"numbers like the author's for {own} networks, others for {others}, none for {none}")
    return failures
