"""The functions that a stated formula may use, and a bound on how long its numbers get.

A closed list: whatever is not in these tables cannot be called. Each function becomes one that `numbers` computes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from derive.activations import ACTIVATIONS
from derive.expression import (
    Add,
    Call,
    Const,
    Mul,
    Node,
    Pow,
    bind,
    call,
    children,
)
from derive.functions import EVERY, FunctionRow, X

MAX_DEGREE = 1000
"""How often a formula multiplies quantities with each other, powers counted out."""


def _written(row: FunctionRow) -> Callable[..., Node]:
    """A function of the table as students mean it: written out where it is made of simpler ones."""
    definition = row.definition
    return partial(call, row.name) if definition is None else lambda x: bind(definition, {X.name: x})


FUNCTIONS: dict[str, Callable[..., Node]] = {
    spelt: _written(row) for row in EVERY.values() for spelt in (row.name, *row.also) if row.name != "pi"
}


def function_of(name: str) -> Callable[..., Node] | None:
    """What a name of a function means: one of the table, or an activation of the library with its usual numbers."""
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    own = next((key for key in (name, name.lower()) if key in ACTIVATIONS), None)
    return None if own is None else partial(_activation, own)


def _activation(name: str, x: Node) -> Node:
    return bind(ACTIVATIONS[name].put_in({}).definition, {"z": x})


def _slope(name: str, x: Node) -> Node:
    """The derivative of an activation, with its definition where the row has its value."""
    return bind(ACTIVATIONS[name].put_in({}).derivative, {"z": x, "a": _activation(name, x)})


DERIVATIVES: dict[str, Callable[[Node], Node]] = {
    spelt: partial(_slope, name) for spelt, name in (("sigma", "sigmoid"), ("sigmoid", "sigmoid"), ("tanh", "tanh"))
}
ANY_ACTIVATION = frozenset({"f", "g", "h", "act", "activation", "phi"})
"""What an activation function is called when it is not named; at a unit's sum it is that unit's activation."""


def degree(node: Node) -> int:
    """How many factors come together at most: a bound on how long the numbers of an exact evaluation get."""
    match node:
        case Const():
            return 1
        case Add(terms):
            # sums of fractions multiply their denominators
            return sum(map(degree, terms))
        case Mul(factors):
            return sum(map(degree, factors))
        case Pow(base, Const(exponent)):
            return max(1, degree(base) * abs(int(exponent)))
        case Call():
            for arg in node.args:
                if degree(arg) > MAX_DEGREE:
                    return MAX_DEGREE + 1
            # of what is no exact number any more the length does not grow; a sign is short
            return sum(map(degree, node.args)) if EVERY[node.function].exact and node.function != "sign" else 1
    return sum(map(degree, children(node))) or 1
