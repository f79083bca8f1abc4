"""Right sides split into single operations, v1, v2, ...: the finest grain of a computation.

Decides what a single operation is: a sum or a product of two, a quotient, a power, a function, a sum over a range, a
softmax. What may not be computed everywhere stays in one piece: a choice computes only the branch that holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from derive.expression import Add, Call, Cases, Const, Div, Mul, Neg, Node, Pow
from derive.trace.affine import Condition, letter, letters
from derive.trace.indexed import Equation, Position, Read, Reduce, Soft, free_letters
from derive.trace.names import Names


class _Splitter:
    def __init__(self, names: Names, equation: Equation, first: int) -> None:
        self.names, self.equation, self.number = names, equation, first
        self.made: list[Equation] = []

    def operands(self, node: Node, conditions: tuple[Condition, ...]) -> Node:
        """The outermost operation of a formula, of names and numbers only."""
        match node:
            case Add((first, *rest)) if rest:
                return self._chain(Add, first, rest, conditions)
            case Mul((first, *rest)) if rest:
                return self._chain(Mul, first, rest, conditions)
            case Neg(arg):
                return Neg(self.named(arg, conditions))
            case Div(above, below):
                return Div(self.named(above, conditions), self.named(below, conditions))
            case Pow(base, exponent):
                return Pow(self.named(base, conditions), self.named(exponent, conditions))
            case Call(function, args) if args:
                return Call(function, tuple(self.named(arg, conditions) for arg in args))
            case Reduce():
                return replace(node, body=self.named(node.body, (*conditions, *node.conditions)))
            case Soft():
                return replace(node, body=self.named(node.body, (*conditions, *node.conditions)))
        return node

    def _chain(
        self, kind: type[Add] | type[Mul], first: Node, rest: Sequence[Node], conditions: tuple[Condition, ...]
    ) -> Node:
        """Two at a time, from left to right; a difference is one operation."""
        node = self._term(first, conditions)
        for number, part in enumerate(rest):
            if number:
                node = self._own(node, conditions)
            other = self._term(part, conditions) if kind is Add else self.named(part, conditions)
            node = Add((node, other)) if kind is Add else Mul((node, other))
        return node

    def _term(self, node: Node, conditions: tuple[Condition, ...]) -> Node:
        """A term with its sign."""
        return Neg(self.named(node.arg, conditions)) if isinstance(node, Neg) else self.named(node, conditions)

    def named(self, node: Node, conditions: tuple[Condition, ...]) -> Node:
        """A name or number for a formula; a choice keeps its place, for it computes one branch only."""
        if isinstance(node, Read | Const | Position | Cases) or node == Call("pi", ()):
            return node
        return self._own(self.operands(node, conditions), conditions)

    def _own(self, node: Node, conditions: tuple[Condition, ...]) -> Node:
        """The equation of one operation."""
        inside = free_letters(node)
        free = (
            *[name for name in self.equation.letters if name in inside],
            *[n for n in inside if n not in self.equation.letters],
        )
        kept = tuple(c for c in conditions if set(letters(c.form)) <= set(free))
        name = self._name(len(free))
        left = tuple(map(letter, free))
        self.made.append(replace(self.equation, name=name, left=left, right=node, conditions=kept, comment=""))
        return Read(name, left)

    def _name(self, rank: int) -> str:
        while True:
            self.number += 1
            name = f"v{self.number}"
            if not self.names.exists(name):
                self.names.ranks[name] = rank
                return name


def split(names: Names, equations: Sequence[Equation]) -> Iterator[Equation]:
    """The equations with one operation each, in the order in which they are computed."""
    number = 0
    for equation in equations:
        splitter = _Splitter(names, equation, number)
        right = splitter.operands(equation.right, equation.conditions)
        number = splitter.number
        yield from splitter.made
        yield replace(equation, right=right)
