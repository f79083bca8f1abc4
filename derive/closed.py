"""Closed forms: a gradient in activations, weights and targets alone, or expanded down to inputs and weights.

The steps of a trace are put into each other. An expansion grows with the number of paths through the network, so
every one has a limit on its size; nothing is shortened silently.
"""

from __future__ import annotations

from collections.abc import Callable

from derive.activations import ACTIVATIONS
from derive.derivation import Trace
from derive.expression import Apply, Cases, Node, Ref, leaves, quantities, replace, size
from derive.quantity import Quantity

BACKWARD_KINDS = frozenset({"dL/dz", "dL/da", "da/dz", "dL/dW", "dL/db"})
FORWARD_KINDS = frozenset({"a", "z", "exp", "expsum"})


class TooLarge(ValueError):
    """The expanded formula would have more parts than the limit allows."""


def closed_form(trace: Trace, target: Quantity, limit: int, named_derivatives: bool = False) -> Node:
    """The gradient without intermediate derivatives: activations, weights and targets remain.

    With `named_derivatives` a derivative that is defined by cases stays f'(z). Raises `TooLarge` above `limit` leaves.

    >>> from derive.derivation import derive_trace
    >>> from derive.reading import read_problem
    >>> trace = derive_trace(read_problem("mazur"))
    >>> size(closed_form(trace, Quantity("dL/dW", 2, 0, 0), limit=100))
    6
    """

    def expand(quantity: Quantity) -> Node | None:
        if quantity.kind not in BACKWARD_KINDS:
            return None
        formula = trace.step(quantity).formula
        if named_derivatives and isinstance(formula, Cases) and quantity.kind != "da/dz":
            return None
        if named_derivatives and isinstance(formula, Cases) and isinstance(quantity.layer, int):
            row = ACTIVATIONS[trace.problem.network.layers[quantity.layer - 1].activation]
            return Apply(row.letter, Ref(quantity._replace(kind="z")), 1)
        return formula

    return _expanded(Ref(target), expand, limit)


def expanded_form(trace: Trace, target: Quantity, limit: int) -> Node:
    """The gradient in inputs, weights, biases and targets only; raises `TooLarge` above `limit` leaves."""

    def expand(quantity: Quantity) -> Node | None:
        forward = quantity.kind in FORWARD_KINDS and not quantity.constant
        standardized = quantity.kind == "a" and quantity.layer == 0 and quantity not in trace.givens
        if forward or standardized or quantity.kind in BACKWARD_KINDS:
            return trace.step(quantity).formula
        return None

    return _expanded(Ref(target), expand, limit)


def _expanded(node: Node, expand: Callable[[Quantity], Node | None], limit: int) -> Node:
    """Puts definitions in, level by level, until nothing can be expanded."""
    while True:
        found = {quantity: formula for quantity in quantities(node) if (formula := expand(quantity)) is not None}
        if not found:
            return node
        sizes = {quantity: size(formula) for quantity, formula in found.items()}
        if sum(sizes.get(leaf.quantity, 1) if isinstance(leaf, Ref) else 1 for leaf in leaves(node)) > limit:
            raise TooLarge(f"the formula has more than {limit} parts")
        node = replace(node, found.get)
