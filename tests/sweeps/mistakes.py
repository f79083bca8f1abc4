"""Every known mistake, made everywhere in random networks: derive's wrong formulas against a calculation by hand.

The calculation is `mistaken`, coded from the sentences of the mistakes alone.
"""

import random
from collections import Counter

import flint
import mpmath
from test_mistakes import KEYS, NO_NUMBER, NOT_BY_HAND, differs, trace_of

from derive.mistakes import BY_KEY, everywhere

NETWORKS = 200


def run(seed: int, share: float) -> list[str]:
    """Compares every number of every wrong calculation."""
    draw, failures, compared = random.Random(seed), list[str](), Counter[str]()
    for _ in range(max(1, round(NETWORKS * share))):
        source = draw.randrange(10**6)
        for key in ("", *KEYS):
            changes = everywhere(trace_of(source), BY_KEY[key]) if key else {}
            if key in NOT_BY_HAND or (key and not changes):
                continue
            try:
                with flint.ctx.workprec(192), mpmath.workdps(40):  # a small learning rate makes small differences large
                    found = differs(source, key, changes)
            except NO_NUMBER:
                continue
            compared[key] += 1
            failures += [f"{key}: {found}"] if found is not None else []
    least = min((count, key) for key, count in compared.items())
    print(
        f"{sum(compared.values())} calculations with {len(compared) - 1} mistakes; the rarest, {least[1]}, {least[0]}"
    )
    return failures
