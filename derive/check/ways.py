"""Other right ways to a result: in parts with names of their own that a writer may have worked out first.

A derivation has one formula for each quantity. Somebody who rounds the parts and adds them up, or multiplies where the
derivation has a shorter formula, works as rightly and may get another last digit.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.expression import Node, Ref, add, mul, sub
from derive.program import Program
from derive.quantity import Quantity


def other_ways(program: Program) -> Iterator[tuple[Quantity, Node]]:
    """Quantities with another right formula for each."""
    shares: dict[Quantity, list[Node]] = {}
    for quantity in program.quantities:
        match quantity.kind:
            case "path":
                shares.setdefault(quantity._replace(kind="dL/da", source=None), []).append(Ref(quantity))
            case "lr*dL/dW":
                old = Ref(quantity._replace(kind="W"))
                yield quantity._replace(kind="W", step=quantity.step + 1), sub(old, Ref(quantity))
            case "dL/dz":
                product = chain_rule(program, quantity)
                if product != program.formula(quantity):
                    yield quantity, product
    yield from ((whole, add(*parts)) for whole, parts in shares.items())


def chain_rule(program: Program, delta: Quantity) -> Node:
    """dL/da da/dz, summed over the units that the preactivation reaches."""
    derivative = delta._replace(kind="da/dz")
    if derivative in program.place:
        return mul(Ref(delta._replace(kind="dL/da")), Ref(derivative))
    assert isinstance(delta.layer, int)
    units = range(program.trace.problem.network.layers[delta.layer - 1].units)
    return add(
        *(
            mul(
                Ref(delta._replace(kind="dL/da", unit=i)),
                Ref(delta._replace(kind="da/dz", unit=i, source=delta.unit)),
            )
            for i in units
        )
    )
