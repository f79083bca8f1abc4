"""The table of activation functions: definition, derivative, and the derivative worked line by line.

To add an activation, add one row here. `z` is the preactivation, `a` the activation itself, so that a derivative
can be stated the way textbooks do, in terms of the value already computed. A shared test compares each row's
definition, derivative and worked lines with SymPy and with a finite difference. Letters of quantities and prose of
the solution are not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.expression import (
    MINUS_ONE,
    ONE,
    TWO,
    ZERO,
    Branch,
    Cases,
    Div,
    Group,
    Letter,
    Neg,
    Node,
    Pow,
    Var,
    add,
    call,
    const,
    mul,
    sub,
)

z, a, slope = Var("z"), Var("a"), Var("slope")


@dataclass(frozen=True, slots=True)
class WorkedLine:
    """One line of a derivation: the formula reached and the rule that leads to it."""

    formula: Node
    rule: str


@dataclass(frozen=True, slots=True)
class Activation:
    """One activation function of a single preactivation.

    `definition` is in `z` (and `slope`); `derivative` in `a` or `z`; `worked` leads from the definition to the
    derivative, each line equal to the one before; `opening` is the definition rewritten so that the first rule
    applies; `note` is a sentence for the reader.
    """

    name: str
    words: str
    letter: Letter
    definition: Node
    derivative: Node
    worked: tuple[WorkedLine, ...]
    opening: Node | None = None
    note: str = ""


def _exp(x: Node) -> Node:
    return call("exp", x)


_below = add(ONE, _exp(Neg(z)))
_sinh, _cosh = sub(_exp(z), _exp(Neg(z))), add(_exp(z), _exp(Neg(z)))


def _when_positive(positive: Node, otherwise: Node) -> Cases:
    return Cases((Branch(positive, z, ">", ZERO), Branch(otherwise, z, "<=", ZERO)))


_ROWS = (
    Activation(
        name="linear",
        words="the identity",
        letter=Letter(r"\mathrm{id}", "id"),
        definition=z,
        derivative=ONE,
        worked=(WorkedLine(ONE, "the derivative of z with respect to itself"),),
        note="A linear unit passes its weighted sum on unchanged.",
    ),
    Activation(
        name="sigmoid",
        words="the sigmoid function",
        letter=Letter(r"\sigma", "sigma"),
        definition=Div(ONE, _below),
        opening=Pow(_below, MINUS_ONE),
        derivative=mul(a, sub(ONE, a)),
        worked=(
            WorkedLine(
                mul(MINUS_ONE, Pow(_below, const(-2)), _exp(Neg(z)), MINUS_ONE),
                "power rule, then the chain rule twice: for the bracket and for the exponent",
            ),
            WorkedLine(Div(_exp(Neg(z)), Pow(_below, TWO)), "the two minus signs cancel; write as a fraction"),
            WorkedLine(Div(add(ONE, _exp(Neg(z)), Neg(ONE)), Pow(_below, TWO)), "add and subtract 1 in the numerator"),
            WorkedLine(
                mul(Div(ONE, _below), Group(sub(Div(_below, _below), Div(ONE, _below)))),
                "split the fraction and take out one factor",
            ),
            WorkedLine(mul(a, sub(ONE, a)), "recognise the function itself in both places"),
        ),
        note="The derivative needs only the output of the unit, which the forward pass has already given us.",
    ),
    Activation(
        name="tanh",
        words="the hyperbolic tangent",
        letter=Letter(r"\tanh", "tanh"),
        definition=call("tanh", z),
        opening=Div(_sinh, _cosh),
        derivative=sub(ONE, Pow(a, TWO)),
        worked=(
            WorkedLine(
                Div(sub(mul(_cosh, _cosh), mul(_sinh, _sinh)), Pow(_cosh, TWO)),
                "quotient rule; numerator and denominator are each other's derivative",
            ),
            WorkedLine(sub(ONE, Pow(Div(_sinh, _cosh), TWO)), "split the fraction"),
            WorkedLine(sub(ONE, Pow(a, TWO)), "recognise the function itself"),
        ),
        note="The derivative needs only the output of the unit, which the forward pass has already given us.",
    ),
    Activation(
        name="relu",
        words="the rectifier (ReLU)",
        letter=Letter(r"\operatorname{ReLU}", "ReLU"),
        definition=call("max", ZERO, z),
        opening=_when_positive(z, ZERO),
        derivative=_when_positive(ONE, ZERO),
        worked=(WorkedLine(_when_positive(ONE, ZERO), "differentiate each case"),),
        note="At exactly 0 the function has a corner and no derivative; as is usual, 0 is used there.",
    ),
    Activation(
        name="leaky_relu",
        words="the leaky rectifier (leaky ReLU)",
        letter=Letter(r"\operatorname{LReLU}", "LReLU"),
        definition=_when_positive(z, mul(slope, z)),
        derivative=_when_positive(ONE, slope),
        worked=(WorkedLine(_when_positive(ONE, slope), "differentiate each case"),),
        note="At exactly 0 the function has a corner and no derivative; the slope of the left side is used there.",
    ),
    Activation(
        name="softplus",
        words="the softplus function",
        letter=Letter(r"\operatorname{softplus}", "softplus"),
        definition=call("ln", add(ONE, _exp(z))),
        derivative=Div(ONE, _below),
        worked=(
            WorkedLine(mul(Div(ONE, add(ONE, _exp(z))), _exp(z)), "derivative of the logarithm, then the chain rule"),
            WorkedLine(Div(ONE, _below), "divide numerator and denominator by the exponential"),
        ),
        note="The derivative of the softplus is the sigmoid function.",
    ),
)

ACTIVATIONS: dict[str, Activation] = {row.name: row for row in _ROWS}
"""All activations of a single unit by name; softmax, which needs the whole layer, is in `softmax`."""
