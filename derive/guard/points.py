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


def drawn(problem: Problem, given: Iterable[Quantity], draw: int) -> dict[Quantity, arb]:
    """A number for every given quantity, between 1/4 and 1, of either sign; the same for the same `draw`.

    Later draws have smaller weights and biases, so that no function leaves its domain for long. Targets that are
    shares of one whole sum to 1.
    """
    source = random.Random(draw)
    found: dict[Quantity, arb] = {}
    for quantity in given:
        size = fmpq(source.randrange(_FINE // 4, _FINE), _FINE)
        if quantity.kind in _PARAMETERS:
            size /= 2 ** (draw // 2)
        found[quantity] = arb(-size if source.randrange(2) else size)
    if not LOSSES[problem.loss.name].whole:
        return found
    wholes: dict[Index, arb] = {}
    for target in (quantity for quantity in found if quantity.kind == "t"):
        wholes[target.example] = wholes.get(target.example, arb(0)) + found[target]
    return {q: number / wholes[q.example] if q.kind == "t" else number for q, number in found.items()}
