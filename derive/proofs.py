"""Every local derivative that a problem uses is taken by SymPy, and the table rows are held against it.

The chain rule needs only derivatives of short local equations. Each one is differentiated here, when a problem is
solved, and compared with the derivative and with every worked line that the solution prints. A row that does not
agree is our bug and stops the program before a wrong formula is shown.
"""

from __future__ import annotations

from fractions import Fraction

from derive.activations import ACTIVATIONS, Activation
from derive.calculus import agree, partial
from derive.expression import Node, Var, add, bind, const, mul
from derive.losses import LOSSES, SIMPLIFICATIONS, Loss
from derive.spec import Problem


class WrongDerivative(AssertionError):
    """A table row's derivative is not the derivative of its definition."""


def prove(problem: Problem) -> None:
    """Checks the weighted sum, the activations, the loss and the simplification that a problem uses."""
    weighted_sum()
    for layer in {layer.activation: layer for layer in problem.network.layers}.values():
        if layer.activation != "softmax":
            activation(ACTIVATIONS[layer.activation], Fraction(layer.slope or 0))
    loss(LOSSES[problem.loss.name], problem.network.sizes[-1])
    pair = (problem.network.layers[-1].activation, problem.loss.name)
    if pair in SIMPLIFICATIONS and pair[0] != "softmax":
        simplification(*pair)


def _demand(what: str, shown: Node, true: Node, names: tuple[str, ...], inside: frozenset[str] = frozenset()) -> None:
    if not agree(shown, true, names, inside):
        raise WrongDerivative(f"{what}: {shown!r} is not the derivative that SymPy takes, {true!r}")


def weighted_sum() -> None:
    """dz/dw = a, dz/da = w, dz/db = 1 for z = w a + b + rest."""
    w, a, b, rest = (Var(name) for name in ("w", "a", "b", "rest"))
    z = add(mul(w, a), b, rest)
    for wrt, shown in ((w, a), (a, w), (b, const(1))):
        if partial(z, wrt) != shown:
            raise WrongDerivative(f"weighted sum: d/d{wrt.name}")


def activation(row: Activation, slope: Fraction) -> None:
    """The derivative and every worked line of an activation, with a replaced by the definition."""
    definition = bind(row.definition, {"slope": const(slope)})
    true = partial(definition, Var("z"))
    parts: dict[str, Node] = {"a": definition, "slope": const(slope)}
    for shown in (row.derivative, *(line.formula for line in row.worked)):
        _demand(row.name, bind(shown, parts), true, ("z",))
    if row.opening is not None:
        _demand(f"{row.name}, rewritten", bind(row.opening, parts), definition, ("z",))


def loss(row: Loss, outputs: int) -> None:
    """The derivative and every worked line of a loss, and the same for the mirrored difference."""
    number: dict[str, Node] = {"n": const(outputs)}
    inside = frozenset({"a", "t"})
    true = partial(bind(row.part, number), Var("a"))
    lines = [row.derivative, *(line.formula for line in row.worked)]
    if row.target_first is not None:
        mirrored, worked = row.target_first
        lines += [line.formula for line in worked]
        _demand(row.name, bind(mirrored, number), bind(row.part, number), ("a", "t"), inside)
    if row.brought_together is not None:
        lines.append(row.brought_together)
    for shown in lines:
        _demand(row.name, bind(shown, number), true, ("a", "t"), inside)


def simplification(activation_name: str, loss_name: str) -> None:
    """The product of the two derivatives is the simplified delta, line by line."""
    row, pair = LOSSES[loss_name], SIMPLIFICATIONS[activation_name, loss_name]
    product = mul(row.derivative, ACTIVATIONS[activation_name].derivative)
    for shown in (pair.delta, *(line.formula for line in pair.worked)):
        _demand(f"{activation_name} with {loss_name}", shown, product, ("a", "t"), frozenset({"a", "t"}))
