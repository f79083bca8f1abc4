"""One parameter's gradient in every form, as SymPy expressions in the symbols of the problem's notation."""

from __future__ import annotations

from functools import cached_property

import sympy

from derive.closed import closed_form, expanded_form
from derive.derivation import Trace, shortened
from derive.evaluation import Values
from derive.expression import ONE, Node, Partial, Ref
from derive.formula import Printer, Text
from derive.graph import penalised
from derive.notation import Namer
from derive.quantity import Quantity
from derive.symbolic import to_sympy, variable

LIMIT = 20000
"""Leaves of an expanded formula that is still built."""


class Gradient:
    """dL/dw of one weight or bias: its chain-rule factors, their product, the delta form and the closed forms.

    >>> from derive import solve
    >>> solve("mazur").gradient("w5").closed
    out_h1*out_o1*(1 - out_o1)*(out_o1 - target_o1)
    """

    def __init__(self, trace: Trace, values: Values, namer: Namer, parameter: Quantity) -> None:
        self._trace, self._values, self._namer = trace, values, namer
        self.parameter = parameter
        self.quantity = parameter.derivative

    @property
    def value(self) -> str:
        """The value to 20 significant digits."""
        return self._values.significant(self.quantity)

    @cached_property
    def factors(self) -> dict[str, sympy.Expr]:
        """The factors of the chain rule by name, each as its local derivative; their product is the gradient.

        Of a batch, a shared bias or a penalised loss, whose gradient is a sum, there is one entry: the sum itself.
        """
        q = self.parameter
        if Quantity("dL/dz", q.layer, q.unit) not in self._values or penalised(self._trace.problem):
            return {self._name(self.quantity): self._sympy(self._trace.step(self.quantity).formula)}
        unit = Quantity("dL/da", q.layer, q.unit)
        z = Quantity("z", q.layer, q.unit)
        found: dict[str, Node] = {}
        layer = q.layer if isinstance(q.layer, int) else 0
        problem = self._trace.problem
        if problem.network.layers[layer - 1].joint or shortened(problem, layer):
            delta = unit._replace(kind="dL/dz")
            found[self._name(delta)] = self._trace.step(delta).formula
        else:
            for factor in (unit, unit._replace(kind="da/dz")):
                found[self._name(factor)] = self._trace.step(factor).formula
        last: Node = Ref(Quantity("a", layer - 1, q.source)) if q.kind == "W" else ONE
        found[Printer(Text(), self._namer)(Partial(Ref(z), Ref(q)))] = last
        return {name: self._sympy(formula) for name, formula in found.items()}

    @cached_property
    def product(self) -> sympy.Expr:
        """The product of the factors."""
        return sympy.Mul(*self.factors.values())

    @cached_property
    def delta(self) -> sympy.Expr:
        """The gradient as delta times the incoming activation (a sum of such products for a batch)."""
        return self._sympy(self._trace.step(self.quantity).formula)

    @cached_property
    def closed(self) -> sympy.Expr:
        """The gradient in activations, weights and targets; raises `TooLarge` when it would be unreadable."""
        return self._sympy(closed_form(self._trace, self.quantity, LIMIT))

    def expanded(self, limit: int = LIMIT) -> sympy.Expr:
        """The gradient in inputs, weights and targets only; raises `TooLarge` above `limit` parts."""
        return self._sympy(expanded_form(self._trace, self.quantity, limit))

    def _name(self, quantity: Quantity) -> str:
        return self._namer(quantity).text

    def _sympy(self, formula: Node) -> sympy.Expr:
        return to_sympy(formula, lambda quantity: variable(self._namer(quantity).text))


__all__ = ["Gradient"]
