"""Known mistakes as rewrites of the derivation: which wrong formulas people put in the place of a right step.

Decides what can go wrong at every step of a trace, what was then probably done and how to mend it. Knows neither
letters nor numbers: whoever checks a sheet evaluates the formulas.
"""

from derive.mistakes.model import Mistake, Pieces, Rewrite, Way, spoken
from derive.mistakes.table import BY_KEY, ELEMENT_MISTAKES, KIN, MISTAKES, TWINS, everywhere, local_rewrites, named

__all__ = [
    "BY_KEY",
    "ELEMENT_MISTAKES",
    "KIN",
    "MISTAKES",
    "TWINS",
    "Mistake",
    "Pieces",
    "Rewrite",
    "Way",
    "everywhere",
    "local_rewrites",
    "named",
    "spoken",
]
