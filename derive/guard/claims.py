"""What the quantity of a backward step claims to be: the derivative of one quantity with respect to another.

Read off the identity of the quantity alone, never off its formula.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import NamedTuple

from derive.quantity import Quantity


class Claim(NamedTuple):
    """d`of`/d`wrt`; with `through` only what reaches `of` through that reader of `wrt`."""

    of: Quantity
    wrt: Quantity
    through: Quantity | None = None


def claim(q: Quantity, known: Container[Quantity], readers: Callable[[Quantity], list[Quantity]]) -> Claim | None:
    """What a quantity claims to be; None where it is no derivative.

    `known` holds every quantity of the forward computation, `readers` gives those that use one.

    >>> w = Quantity("W", 2, 0, 1)
    >>> claim(Quantity("dL/dW", 2, 0, 1), {w}, lambda _: []) == Claim(Quantity("loss"), w)
    True
    """
    loss = Quantity("loss", example=q.example)
    if q.kind == "path":
        wrt = q._replace(kind="a", source=None)
        return Claim(loss, wrt, _reader(readers(wrt), q.source, q.example))
    above, _, below = q.kind.partition("/d")
    if below and above == "dL":
        wrt = q._replace(kind=below)
        if wrt in known or wrt._replace(example=None) in known:
            return Claim(loss, wrt if wrt in known else wrt._replace(example=None))
        # A bias that a layer shares has one derivative for each unit besides its own.
        shared = wrt._replace(unit=None, example=None)
        return Claim(loss, shared, _reader(readers(shared), q.unit, q.example))
    if below and above == "da":
        unit = q.unit if q.source is None else q.source
        return Claim(q._replace(kind="a", source=None), q._replace(kind=below, unit=unit, source=None))
    return None


def _reader(readers: list[Quantity], unit: object, example: object) -> Quantity | None:
    return next((reader for reader in readers if (reader.unit, reader.example) == (unit, example)), None)
