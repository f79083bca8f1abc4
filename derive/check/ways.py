"""Other right ways to a result: in parts with names of their own that a writer may have worked out first.

A derivation has one formula for each quantity. Somebody who rounds the parts and adds them up, or multiplies where the
derivation has a shorter formula, works as rightly and may get another last digit.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.activations import ACTIVATIONS
from derive.check.element_ways import multiplied_out, ways_of_elements
from derive.derivation import Trace
from derive.expression import ONE, Add, Cases, Div, Mul, Node, Ref, add, bind, call, mul, sub
from derive.graph import activation_row, loss_row
from derive.program import Program
from derive.quantity import Quantity
from derive.spec import Problem


def other_ways(program: Program) -> Iterator[tuple[Quantity, Node]]:
    """Quantities with other right formulas for them."""
    if not isinstance(program.trace, Trace):
        yield from ways_of_elements(program)
        return
    problem = program.trace.problem
    shares: dict[Quantity, list[Node]] = {}
    for quantity in program.quantities:
        formula = program.formula(quantity)
        if formula is None:
            continue
        multiplied = multiplied_out(formula)
        if multiplied is not None:
            yield quantity, multiplied
        match quantity.kind:
            case "a":
                yield from ((quantity, opening) for opening in opened(problem, quantity))
            case "dL/da" if (fraction := as_one_fraction(problem, quantity)) is not None:
                yield quantity, fraction
            case "dL/db" if quantity.unit is None and (units := unit_by_unit(problem, program, quantity)) is not None:
                yield quantity, units
            case "dL/dW":
                yield from ((quantity, other) for other in taken_apart(problem, program, formula))
            case "path":
                yield from ((quantity, other) for other in taken_apart(problem, program, formula))
                shares.setdefault(quantity._replace(kind="dL/da", source=None), []).append(Ref(quantity))
            case "lr*dL/dW":
                old = Ref(quantity._replace(kind="W"))
                yield quantity._replace(kind="W", step=quantity.step + 1), sub(old, Ref(quantity))
            case "dL/dz":
                product = chain_rule(problem, program, quantity)
                if product != program.formula(quantity):
                    yield quantity, product
    yield from ((whole, add(*parts)) for whole, parts in shares.items())


def unit_by_unit(problem: Problem, program: Program, shared: Quantity) -> Node | None:
    """The gradient of a shared bias as the sum of those that its units would have; None where these are not there."""
    assert isinstance(shared.layer, int)
    own = [shared._replace(unit=j) for j in range(problem.network.layers[shared.layer - 1].units)]
    return add(*map(Ref, own)) if all(quantity in program.place for quantity in own) else None


def taken_apart(problem: Problem, program: Program, product: Node) -> Iterator[Node]:
    """A gradient or a path with its delta taken apart, as dL/da da/dz a: the parts may be multiplied in any order.

    What a penalty adds to a gradient stays behind it.
    """
    match product:
        case Mul((Ref(delta), *rest)) if delta.kind == "dL/dz" and isinstance(delta.layer, int):
            apart = chain_rule(problem, program, delta)
            if isinstance(apart, Mul):
                yield mul(*apart.factors, *rest)
        case Add((first, *penalty)):
            yield from (add(one, *penalty) for one in taken_apart(problem, program, first))


def as_one_fraction(problem: Problem, derivative: Quantity) -> Node | None:
    """The derivative of the loss as one fraction, where its row has one."""
    whole = loss_row(problem).brought_together
    if whole is None or derivative.layer != len(problem.network.layers):
        return None
    a = derivative._replace(kind="a")
    return bind(whole, {"a": Ref(a), "t": Ref(Quantity("t", unit=a.unit, example=a.example))})


def opened(problem: Problem, activation: Quantity) -> Iterator[Node]:
    """An activation by its definition in exponentials, and as a fraction of such, where its row has one."""
    if not activation.layer:
        return
    assert isinstance(activation.layer, int)
    layer, z = problem.network.layers[activation.layer - 1], Ref(activation._replace(kind="z"))
    row = activation_row(layer) if layer.activation in ACTIVATIONS else None
    if row is not None and row.opening is not None and not isinstance(row.opening, Cases):
        yield bind(row.opening, {"z": z})
    if layer.activation == "sigmoid":
        yield Div(call("exp", z), add(ONE, call("exp", z)))


def chain_rule(problem: Problem, program: Program, delta: Quantity) -> Node:
    """dL/da da/dz, summed over the units that the preactivation reaches."""
    derivative = delta._replace(kind="da/dz")
    if derivative in program.place:
        return mul(Ref(delta._replace(kind="dL/da")), Ref(derivative))
    assert isinstance(delta.layer, int)
    units = range(problem.network.layers[delta.layer - 1].units)
    return add(
        *(
            mul(
                Ref(delta._replace(kind="dL/da", unit=i)),
                Ref(delta._replace(kind="da/dz", unit=i, source=delta.unit)),
            )
            for i in units
        )
    )
