"""Every gradient of the loss against a measurement: one by one, or many at once along random directions."""

from __future__ import annotations

import random
from collections.abc import Mapping

from flint import arb

from derive.guard.examined import Point
from derive.guard.measure import Forward
from derive.guard.rounds import CheckedRound, written
from derive.quantity import Quantity

ONE_BY_ONE = 120
"""Gradients of a round that are measured one by one; more are measured all at once."""
DIRECTIONS = 5
"""Random directions along which many gradients are measured at once."""
CLOSE, CLOSE_TO_NOTHING = arb(2) ** -30, arb(2) ** -60
"""How closely a gradient is measured: relative to itself, or to the largest where it is 0."""


def measure_gradients(checked: CheckedRound, point: Point) -> None:
    """Compares the gradients of a round at a point with measurements; raises `ProgramFault`."""
    loss = Quantity("loss")
    computed = {step.target for step in checked.round.forward}
    gradients = {
        one.wrt: target
        for target, one in checked.claims.items()
        if one.of == loss and one.through is None and one.wrt not in computed
    }
    forward = Forward(checked.round.forward, point, checked.cornered)
    largest = max((abs(arb(point[target])) for target in gradients.values()), key=lambda x: x.mid(), default=arb(0))
    if len(gradients) <= ONE_BY_ONE:
        for parameter, target in gradients.items():
            derived = arb(point[target])
            slope = forward.slope(loss, {parameter: arb(1)}, derived, _closely([derived], largest))
            _compare(checked, target, derived, slope)
        return
    for number in range(DIRECTIONS):
        direction = _direction(number, gradients)
        shares = [arb(point[gradients[parameter]]) * share for parameter, share in direction.items()]
        derived = sum(shares, arb(0))
        slope = forward.slope(loss, direction, derived, _closely(shares, largest))
        _compare(checked, loss, derived, slope)


def _direction(number: int, parameters: Mapping[Quantity, Quantity]) -> dict[Quantity, arb]:
    """A share for each parameter, of either sign and at least 1/64; the same for the same number."""
    source = random.Random(number)
    return {
        parameter: arb((2 * source.getrandbits(1) - 1) * (1 + source.getrandbits(5))) / 64 for parameter in parameters
    }


def _closely(slopes: list[arb], largest: arb) -> arb:
    """How far a measurement may be from certain, to see every one of these slopes."""
    seen = [abs(slope).lower() for slope in slopes if not slope.contains(0)]
    if seen:
        return min(seen) * CLOSE
    return CLOSE_TO_NOTHING * (largest if largest > 0 else 1)


def _compare(checked: CheckedRound, quantity: Quantity, derived: arb, measured: arb) -> None:
    if not derived.overlaps(measured):
        what = "is derived as" if quantity.kind != "loss" else "has a derivative along a direction that is derived as"
        raise checked.examined.fault(quantity, f"{what} {written(derived)} and measured as {written(measured)}")
