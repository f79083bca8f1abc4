"""The table of loss functions, and the pairs of output activation and loss whose delta simplifies.

To add a loss, add one row here. A row states what one output contributes, in the activation `a` and the target
`t`, and the derivative with respect to `a`, worked line by line. `n` is the number of outputs. A shared test
compares each row with SymPy and with a finite difference.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.activations import WorkedLine
from derive.expression import HALF, MINUS_ONE, ONE, TWO, Div, Neg, Node, Pow, Var, add, call, mul, sub

a, t, n = Var("a"), Var("t"), Var("n")


@dataclass(frozen=True, slots=True)
class Loss:
    """One loss function: the contribution of one output and its derivative with respect to the activation.

    `target_first` is the same contribution for authors who write target minus output; None where it is the same.
    `whole` says that the targets are shares of one whole, which sum to 1.
    """

    name: str
    words: str
    part: Node
    derivative: Node
    worked: tuple[WorkedLine, ...]
    target_first: tuple[Node, tuple[WorkedLine, ...]] | None = None
    note: str = ""
    brought_together: Node | None = None
    """The derivative as one fraction, which many write."""
    whole: bool = False


def _squared(name: str, words: str, factors: tuple[Node, ...], left_over: tuple[Node, ...], note: str) -> Loss:
    """`factors` (a - t)^2, whose derivative is `left_over` (a - t)."""
    derivative = mul(*left_over, sub(a, t)) if left_over else sub(a, t)
    tidy = "2 cancels the factor one half" if not left_over else "gather the numbers"
    return Loss(
        name=name,
        words=words,
        part=mul(*factors, Pow(sub(a, t), TWO)),
        derivative=derivative,
        worked=(
            WorkedLine(mul(*_front(factors), sub(a, t), ONE), "power rule, then the chain rule"),
            WorkedLine(derivative, tidy),
        ),
        target_first=(
            mul(*factors, Pow(sub(t, a), TWO)),
            (
                WorkedLine(mul(*_front(factors), sub(t, a), MINUS_ONE), "power rule, then the chain rule"),
                WorkedLine(derivative, f"{tidy}; the minus sign turns the difference round"),
            ),
        ),
        note=note,
    )


def _front(factors: tuple[Node, ...]) -> tuple[Node, ...]:
    return (*factors, TWO) if factors and factors != (HALF,) else (TWO, *factors)


_ROWS = (
    _squared(
        "half_squared_error",
        "half the squared error",
        (HALF,),
        (),
        "The factor one half is there only to make the derivative shorter.",
    ),
    _squared("squared_error", "the squared error", (), (TWO,), ""),
    _squared(
        "mean_squared_error",
        "the mean squared error over the outputs",
        (Div(ONE, n),),
        (Div(TWO, n),),
        "",
    ),
    Loss(
        name="binary_cross_entropy",
        words="the binary cross-entropy",
        part=Neg(add(mul(t, call("ln", a)), mul(sub(ONE, t), call("ln", sub(ONE, a))))),
        derivative=add(Neg(Div(t, a)), Div(sub(ONE, t), sub(ONE, a))),
        worked=(
            WorkedLine(
                Neg(add(mul(t, Div(ONE, a)), mul(sub(ONE, t), Div(ONE, sub(ONE, a)), MINUS_ONE))),
                "derivative of the logarithm; the chain rule gives the factor -1 of the second term",
            ),
            WorkedLine(add(Neg(Div(t, a)), Div(sub(ONE, t), sub(ONE, a))), "multiply out the minus sign"),
        ),
        note="Both terms matter: with target 1 the second one vanishes, with target 0 the first one.",
        brought_together=Div(sub(a, t), mul(a, sub(ONE, a))),
    ),
    Loss(
        name="categorical_cross_entropy",
        words="the categorical cross-entropy",
        part=Neg(mul(t, call("ln", a))),
        derivative=Neg(Div(t, a)),
        worked=(WorkedLine(Neg(Div(t, a)), "derivative of the logarithm"),),
        note="Only the outputs whose target is not 0 contribute.",
        whole=True,
    ),
)

LOSSES: dict[str, Loss] = {row.name: row for row in _ROWS}


@dataclass(frozen=True, slots=True)
class Simplification:
    """A pair of output activation and loss whose delta is shorter than the product of its factors.

    `worked` leads from the chain rule's product to `delta`; all in `a` and `t` of one output (for softmax the sum
    over the outputs is worked by the narration, which needs indices).
    """

    delta: Node
    worked: tuple[WorkedLine, ...]


SIMPLIFICATIONS: dict[tuple[str, str], Simplification] = {
    ("sigmoid", "binary_cross_entropy"): Simplification(
        delta=sub(a, t),
        worked=(
            WorkedLine(
                mul(add(Neg(Div(t, a)), Div(sub(ONE, t), sub(ONE, a))), a, sub(ONE, a)),
                "the derivative of the loss times the derivative of the sigmoid",
            ),
            WorkedLine(add(Neg(mul(t, sub(ONE, a))), mul(sub(ONE, t), a)), "multiply out; each denominator cancels"),
            WorkedLine(add(Neg(t), mul(t, a), a, Neg(mul(t, a))), "multiply out the brackets"),
            WorkedLine(sub(a, t), "the two middle products cancel"),
        ),
    ),
    ("softmax", "categorical_cross_entropy"): Simplification(delta=sub(a, t), worked=()),
}
