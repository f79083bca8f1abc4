"""Where an indexed formula reads elements: each place with the derivative of the formula by it, sums around it open.

Decides how the rules of `local` go through ranges: a sum opens its letters, a mean divides, a product keeps all other
factors, a maximum asks which one wins. The chain rule over equations is applied by `adjoint`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod

from derive.expression import ONE, ZERO, Branch, Cases, Const, Div, Node, Var
from derive.trace.affine import Condition, Range, letter
from derive.trace.indexed import (
    Count,
    Counter,
    Position,
    Read,
    Reduce,
    Soft,
    Wins,
    parts,
    walk,
    with_new_letters,
)
from derive.trace.local import Functions, local, product


@dataclass(frozen=True, slots=True)
class Place:
    """One place at which an element is read: the derivative of the formula by it, with the sums around it open."""

    read: Read
    factor: Node
    letters: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


MAX_PARTS = 50_000
"""Parts of the formulas of all derivatives."""


class TooLong(Exception):
    """The derivative of an equation has more parts than are written out."""


class Opening:
    """Finds the places of one equation; `ranges` gains the letters that are made on the way.

    `parts` counts the parts of formulas that were made; raises `TooLong` where they are too many.
    """

    def __init__(
        self, functions: Functions, fresh: Callable[[str], str], ranges: dict[str, Range], parts: int = 0
    ) -> None:
        self.functions, self.fresh, self.ranges, self.parts = functions, fresh, ranges, parts

    def places(self, node: Node, value: Node | None = None) -> Iterator[Place]:
        """Every place of a formula; `value` is the name of what it computes."""
        match node:
            case Read():
                yield Place(node, ONE)
            case Cases(branches):
                yield from self._branches(node, branches)
            case Reduce():
                yield from self._gathered(node)
            case Const() | Var() | Position() | Count() | Counter():
                return
            case Soft() | Wins():
                raise TypeError(f"no derivative of {node!r} inside a formula")
            case _:
                for number, part in enumerate(parts(node)):
                    inner = list(self.places(part))
                    if not inner:
                        continue
                    outer = local(node, number, self.functions, value)
                    if outer is None:
                        continue
                    self.parts += sum(1 for _ in walk(outer)) * len(inner)
                    if self.parts > MAX_PARTS:
                        raise TooLong
                    for place in inner:
                        factor = product(self._renewed(outer), place.factor)
                        yield Place(place.read, factor, place.letters, place.conditions)

    def _renewed(self, node: Node) -> Node:
        """The formula with letters of its own: what is bound in it may be open around the place."""
        return with_new_letters(node, self.fresh, self.ranges)

    def _branches(self, node: Cases, branches: tuple[Branch, ...]) -> Iterator[Place]:
        for number, branch in enumerate(branches):
            for place in self.places(branch.value):
                values: list[Node] = [ZERO] * len(branches)
                values[number] = place.factor
                renewed = [
                    Branch(value, self._renewed(b.left), b.relation, self._renewed(b.right))
                    for value, b in zip(values, branches, strict=True)
                ]
                yield replace(place, factor=Cases(tuple(renewed)))

    def _gathered(self, node: Reduce) -> Iterator[Place]:
        for place in self.places(node.body):
            factor = place.factor
            match node.kind:
                case "mean":
                    factor = product(self._share(node), factor)
                case "prod":
                    factor = product(self._others(node), factor)
                case "max" | "min":
                    renewed = self._renewed(node)
                    assert isinstance(renewed, Reduce)
                    factor = product(Wins(renewed, tuple(map(letter, node.letters))), factor)
            yield Place(place.read, factor, (*node.letters, *place.letters), (*node.conditions, *place.conditions))

    def _share(self, node: Reduce) -> Node:
        """1 divided by how many numbers a mean is taken of."""
        if not node.conditions:
            spans = [self.ranges[name] for name in node.letters]
            return Const(Fraction(1, max(prod(high - low + 1 for low, high in spans), 1)))
        return Div(ONE, self._renewed(Reduce("sum", ONE, node.letters, node.conditions)))

    def _others(self, node: Reduce) -> Node:
        """The product of all other factors: one letter after the other differs from that of the place."""
        factors: list[Node] = []
        for number, name in enumerate(node.letters):
            rest = node.letters[number + 1 :]
            renewed = self._renewed(Reduce("prod", node.body, (name, *rest), node.conditions))
            assert isinstance(renewed, Reduce)
            differs = Condition(letter(renewed.letters[0]) - letter(name), "!=")
            factors.append(replace(renewed, conditions=(*renewed.conditions, differs)))
        return product(*factors)
