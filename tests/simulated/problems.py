"""The problems that are worked: the built-in examples and small random networks, as tables."""

from __future__ import annotations

import random
import sys
import tomllib
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from .network import Table
from .textbook import Lesson

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT / "tests") not in sys.path:  # where this is run as tests.simulated
    sys.path.insert(0, str(ROOT / "tests"))

DRAWN = {"rohan-relu": [["1.3247", "0.5118"], ["-0.4649", "-0.335"], ["1.6519", "-0.0193"]]}
"""The weights of the first layer that an example draws by a rule, as its solution prints them."""

EXAMPLES = ("mazur", "hmkcode", "caispp", "rohan", "rohan-chain", "rohan-relu", "netflow")
LONGEST = 200
"""Lines of a random network's solution; a student would not work more by hand."""


@lru_cache(maxsize=64)
def table_of(name: str) -> Table:
    """The problem of a name: an example's, or `random-7` for a random network."""
    if name.startswith("random-"):
        return _random(int(name.removeprefix("random-")))
    text = (ROOT / "derive" / "examples" / f"{name}.toml").read_text("utf-8")
    table = tomllib.loads(text, parse_float=Decimal)
    if name in DRAWN:
        layer = table["network"]["layers"][0]
        del layer["init"], layer["seed"]
        layer["weights"] = [[Decimal(w) for w in row] for row in DRAWN[name]]
    return table


def _random(seed: int) -> Table:
    """A random network that is small enough to be worked by hand, the first of those that follow from the seed."""
    from networks import random_network

    source = random.Random(f"small network {seed}")
    while True:
        deep, wide, many, steps = (source.randint(1, top) for top in (3, 3, 3, 2))
        drawn: dict[str, Any] = random_network(
            source.randrange(10**9), depth=(1, deep), width=(1, wide), examples=(many, many), steps=(1, steps)
        )
        if len(Lesson(drawn).lines) <= LONGEST:
            return drawn


@lru_cache(maxsize=128)
def lesson_of(name: str, inside: bool = False, flipped: bool = False, gradients_flip: bool = True) -> Lesson:
    """The lesson of a problem's name under a convention."""
    return Lesson(table_of(name), inside, flipped, gradients_flip)
