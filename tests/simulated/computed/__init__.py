"""Students who work problems that are given by equations: circuits, convolutions, recurrences, attention and more.

Every kind is a calculation by hand (`calculation`), drawn by its number; what goes wrong in it stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from . import attentions, circuits, convolutions, norms, optimisers, recurrences
from .calculation import Calculation, Wrong

KINDS: dict[str, Callable[[str], Calculation]] = {
    "circuit": circuits.drawn,
    "convolution": convolutions.drawn,
    "recurrence": recurrences.drawn,
    "attention": attentions.drawn,
    "batchnorm": norms.batch,
    "layernorm": norms.layer,
    "adam": optimisers.drawn,
}
"""The kinds of problems: the first word of their names, and who draws them."""


def is_computed(problem: str) -> bool:
    """Whether a name is that of a problem given by equations, such as circuit-7."""
    return problem.partition("-")[0] in KINDS and problem.partition("-")[2].isdigit()


@lru_cache(maxsize=128)
def calculation_of(problem: str) -> Calculation:
    """The calculation of a name."""
    return KINDS[problem.partition("-")[0]](problem)


__all__ = ["KINDS", "Calculation", "Wrong", "calculation_of", "is_computed"]
