"""Where the number of an id stands, and how a number is written behind its id."""

from __future__ import annotations

from flint import arb

from derive.numbers import Number, Undecided, significant
from derive.trace.adjoint import gradient_name
from derive.trace.identity import Identity, Symbol
from derive.trace.updates import Updates, owned


def stored(identity: Identity, loss: str | None, updates: Updates | None) -> tuple[str | None, tuple[int, ...], int]:
    """The quantity, the index and the round in which a number stands."""
    if identity.via is not None or identity.local or identity.ahead:
        return None, (), 0
    if identity.owner is not None:
        name = owned(identity.of.name, identity.owner.name)
        late = updates is not None and identity.of.name not in updates.states
        return name, identity.owner.indices, identity.step - late
    if identity.by is not None:
        if identity.of != Symbol(loss or ""):
            return None, (), 0
        return gradient_name(identity.of.name, identity.by.name), identity.by.indices, identity.step
    return identity.of.name, identity.of.indices, identity.step


SMALL = -3000
"""The power of ten below which a number is divided by one before it is written."""


def shown_digits(number: Number, digits: int) -> str:
    """A number to significant digits; one with thousands of zeros behind the point too."""
    if isinstance(number, arb) and not number.contains(0):
        place = abs(number).log_base(10).floor().unique_fmpz()
        if place is None:  # at a power of ten, whose mantissa is 1.00 or 0.99, which is rounded to 1.00
            place = abs(number).log_base(10).upper().floor().unique_fmpz()
        if place is None:
            raise Undecided
        if place < SMALL:
            mantissa = significant(number / arb(10) ** place, digits)
            return f"{mantissa}e{place}"
    return significant(number, digits)
