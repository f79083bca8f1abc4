"""The functions that a stated formula may use, and a bound on how long its numbers get.

A closed list: whatever is not in these tables cannot be called. Each function becomes one that `numbers` computes.
"""

from __future__ import annotations

from collections.abc import Callable

from derive.expression import (
    HALF,
    ONE,
    TWO,
    ZERO,
    Add,
    Call,
    Const,
    Div,
    Mul,
    Neg,
    Node,
    Pow,
    add,
    call,
    children,
    const,
    mul,
    sub,
)

MAX_DEGREE = 1000
"""How often a formula multiplies quantities with each other, powers counted out."""


def _sigmoid(x: Node) -> Node:
    return Div(ONE, add(ONE, call("exp", Neg(x))))


def _sign_of(name: str) -> Callable[[Node], Node]:
    return lambda x: call(name, x)


FUNCTIONS: dict[str, Callable[..., Node]] = {
    **dict.fromkeys(("sigma", "sigmoid", "logistic", "logsig", "expit"), _sigmoid),
    **dict.fromkeys(("ln", "log"), _sign_of("ln")),
    **dict.fromkeys(("relu", "ReLU", "RELU", "Relu"), lambda x: call("max", ZERO, x)),
    **dict.fromkeys(("abs", "Abs"), _sign_of("abs")),
    **dict.fromkeys(("sign", "sgn"), _sign_of("sign")),
    "exp": _sign_of("exp"),
    "tanh": _sign_of("tanh"),
    "sqrt": lambda x: call("exp", mul(HALF, call("ln", x))),
    "lg": lambda x: Div(call("ln", x), call("ln", const(10))),
    "log10": lambda x: Div(call("ln", x), call("ln", const(10))),
    "softplus": lambda x: call("ln", add(ONE, call("exp", x))),
    "max": lambda *xs: call("max", *xs),
    "min": lambda *xs: Neg(call("max", *map(Neg, xs))),
}
DERIVATIVES: dict[str, Callable[[Node], Node]] = {
    **dict.fromkeys(("sigma", "sigmoid"), lambda x: mul(_sigmoid(x), sub(ONE, _sigmoid(x)))),
    "tanh": lambda x: sub(ONE, Pow(call("tanh", x), TWO)),
}
ANY_ACTIVATION = frozenset({"f", "g", "h", "act", "activation", "phi"})
"""What an activation function is called when it is not named; at a unit's sum it is that unit's activation."""
SEVERAL = frozenset({"max", "min"})
"""Functions of several arguments."""


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
            return 1 if node.function in ("exp", "ln", "tanh", "sign") else sum(map(degree, node.args))
    return sum(map(degree, children(node))) or 1
