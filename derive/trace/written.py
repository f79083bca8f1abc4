"""Formulas of elements in a shape that compiles like those of networks.

Functions of the author, winners of a maximum and the counter of updates are written out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from derive.expression import ONE, ZERO, Add, Branch, Call, Cases, Const, Neg, Node, Ref, add, bind
from derive.quantity import Quantity
from derive.trace.indexed import Counter, mapped
from derive.trace.local import WINS
from derive.trace.names import Pure

UPDATES = Quantity("updates")
"""The number of updates already made, as every computation counts it."""
RELATIONS = {"==": "="}


def written_out(node: Node, functions: Mapping[str, Pure]) -> Node:
    """A formula without functions of the author's, winners of a maximum, and the counter of updates."""

    def part(inner: Node) -> Node:
        return written_out(inner, functions)

    match node:
        case Add((Counter(), Neg(Const(Fraction(numerator=1, denominator=1))))):
            return Ref(UPDATES)  # the updates before this one
        case Counter():
            return add(Ref(UPDATES), ONE)
        case Call(name, args) if name in functions:
            pure = functions[name]
            return part(bind(pure.body, dict(zip(pure.parameters, map(part, args), strict=True))))
        case Call(name, (Const(place), *numbers)) if name in WINS.values():
            return _wins(name, int(place), [part(number) for number in numbers])
        case Cases(branches):
            return Cases(
                tuple(
                    Branch(part(b.value), part(b.left), RELATIONS.get(b.relation, b.relation), part(b.right))
                    for b in branches
                )
            )
        case Ref() | Const():
            return node
    return mapped(node, part)


def _wins(name: str, place: int, numbers: Sequence[Node]) -> Node:
    """1 where the number at a place is the largest (smallest), the first of equal ones; else 0."""
    over, under = {WINS["max"]: (">", "<"), WINS["min"]: ("<", ">")}[name]
    found: Node = ONE
    for at, other in reversed(list(enumerate(numbers))):
        if at == place:
            continue
        relation = over if at < place else f"{over}="
        otherwise = f"{under}=" if at < place else under
        own = numbers[place]
        found = Cases((Branch(found, own, relation, other), Branch(ZERO, own, otherwise, other)))
    return found
