"""The backward steps of equations, element by element: what the sweep calls its numbers, and which have a line.

A local derivative has a line of its own if it has a function or two terms, a share where there are several; a sum is
written with the names of its shares. What else somebody names has one as well: the local derivative of a sum, which is
1, or of a product, which is the other factor. Knows steps and no equations with letters.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence

from derive.expression import ONE, ZERO, Add, Call, Cases, Node, add
from derive.trace import sweep as reverse
from derive.trace.identity import Identity, Symbol
from derive.trace.indexed import walk
from derive.trace.local import Functions, slopes, soft_slopes
from derive.trace.unroll import Step, ref

Seeds = Mapping[Identity, Node]
"""Where the sweep begins: the derivative of the loss by the loss, or by what is given from above."""


def sweep(
    steps: Sequence[Step],
    loss: Symbol,
    seeds: Seeds,
    functions: Functions,
    wanted: Collection[Identity] | None = None,
    named: Container[Identity] = (),
) -> tuple[Step, ...]:
    """The backward steps of a computation, from the loss towards the wanted quantities (all where it is None).

    `named` are derivatives that have a line, and are used by their names, though they are as short as these.
    """
    lines = [(step.target, local_slopes(step, functions)) for step in steps]
    begin = {quantity: seed for quantity, seed in seeds.items() if seed != ZERO}
    found = reverse.sweep(lines, begin, _Names(loss, named), wanted)
    return tuple([Step(one.target, one.formula) for one in found])


def local_slopes(step: Step, functions: Functions) -> dict[Identity, Node]:
    """The local derivative of a step by everything that it uses."""
    if step.soft is not None:
        return soft_slopes(step.soft, functions)
    return slopes(step.formula, functions, ref(step.target))


class _Names:
    """Identities of derivatives of a loss."""

    def __init__(self, loss: Symbol, named: Container[Identity]) -> None:
        self._loss, self._named = loss, named

    def gradient(self, quantity: Identity) -> Identity:
        return Identity(self._loss, by=quantity.of, step=quantity.step)

    def local(self, reader: Identity, quantity: Identity, slope: Node, above: Node) -> Identity | None:
        """A line for what is more than a name, a number or a product of these; where it is all, it is the gradient."""
        found = Identity(reader.of, by=quantity.of, local=True, step=quantity.step)
        if found in self._named:
            return found
        if above == ONE or not any(isinstance(node, Add | Call | Cases) for node in walk(slope)):
            return None
        return found

    def share(self, quantity: Identity, reader: Identity, several: bool) -> Identity | None:
        return self.gradient(quantity)._replace(via=reader.of) if several else None

    def summand(self, name: Identity, product: Node) -> Node:
        return ref(name)

    def gathered(self, quantity: Identity, ways: Sequence[reverse.Way]) -> Node:
        return add(*[way.share for way in ways]) if ways else ZERO

    def standing(self, name: Identity, formula: Node) -> Node:
        return ONE if formula == ONE and name not in self._named else ref(name)

    def factor(self, name: Identity, slope: Node) -> Node:
        return self.standing(name, slope)
