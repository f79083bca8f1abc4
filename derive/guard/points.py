"""Numbers to try formulas with: the problem's own, and others drawn so that no two formulas agree by accident."""

from __future__ import annotations

import random
from collections.abc import Iterable

from flint import arb, fmpq

from derive.losses import LOSSES
from derive.quantity import Index, Quantity
from derive.spec import Problem

_FINE = 2**24
_PARAMETERS = frozenset({"W", "b"})


def numbers(quantities: Iterable[Quantity], draw: int) -> dict[Quantity, arb]:
    """A number for every quantity, between 1/4 and 1, of either sign; the same for the same `draw`."""
    source = random.Random(draw)
    sizes = ((q, fmpq(source.randrange(_FINE // 4, _FINE), _FINE)) for q in quantities)
    return {q: arb(-size if source.randrange(2) else size) for q, size in sizes}


def drawn(problem: Problem, given: Iterable[Quantity], draw: int) -> dict[Quantity, arb]:
    """A number for every given quantity as a point to try.

    Later draws have smaller weights and biases, so that no function leaves its domain for long. Targets that are
    shares of one whole sum to 1.
    """
    found = numbers(given, draw)
    for quantity in found:
        if quantity.kind in _PARAMETERS:
            found[quantity] /= 2 ** (draw // 2)
    if not LOSSES[problem.loss.name].whole:
        return found
    wholes: dict[Index, arb] = {}
    for target in (quantity for quantity in found if quantity.kind == "t"):
        wholes[target.example] = wholes.get(target.example, arb(0)) + found[target]
    return {q: number / wholes[q.example] if q.kind == "t" else number for q, number in found.items()}
