"""Walks over formulas: their parts, the same with parts changed, what stands in them.

A walk keeps the shape and the order; a new kind of formula needs a row in `_PARTS`, and in `_CHANGED` if it has parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

from derive.expression.nodes import (
    NOTHING,
    Add,
    Apply,
    Blank,
    Branch,
    Call,
    Cases,
    Const,
    Digits,
    Div,
    Group,
    Hadamard,
    MatMul,
    Matrix,
    MatrixName,
    Mul,
    Neg,
    Node,
    Partial,
    Pow,
    Ref,
    Shown,
    Slot,
    SumOver,
    Transpose,
    Var,
    Wording,
    Written,
)
from derive.quantity import Quantity


def _of_cases(node: Cases) -> tuple[Node, ...]:
    return tuple(part for b in node.branches for part in (b.value, b.left, b.right))


def _of_matrix(node: Matrix) -> tuple[Node, ...]:
    return tuple(entry for row in node.rows for entry in row)


def _none(_: Node) -> tuple[Node, ...]:
    return ()


_PARTS: dict[type[Node], Callable[[Any], tuple[Node, ...]]] = {
    Add: attrgetter("terms"),
    Mul: attrgetter("factors"),
    MatMul: attrgetter("factors"),
    Hadamard: attrgetter("factors"),
    Neg: lambda node: (node.arg,),
    Group: lambda node: (node.arg,),
    Transpose: lambda node: (node.arg,),
    Apply: lambda node: (node.arg,),
    Div: attrgetter("numerator", "denominator"),
    Pow: attrgetter("base", "exponent"),
    Call: attrgetter("args"),
    Cases: _of_cases,
    SumOver: lambda node: (node.body,),
    Matrix: _of_matrix,
    Partial: attrgetter("of", "wrt"),
    **dict.fromkeys((Const, Digits, Written, Ref, Var, Shown, Slot, Blank, Wording, MatrixName), _none),
}
"""The direct parts of each kind of formula; walks over formulas are most of the work, so there is no search here."""


def children(node: Node) -> tuple[Node, ...]:
    """The direct parts of a formula, in the order they are written."""
    parts = _PARTS.get(type(node)) or next((_PARTS[kind] for kind in type(node).__mro__ if kind in _PARTS), None)
    if parts is None:
        raise TypeError(f"unknown formula {node!r}")
    return parts(node)


def alike(left: Node, right: Node, renamed: Callable[[Quantity], Quantity]) -> bool:
    """Whether two formulas are the same but for the names of quantities.

    >>> from derive.expression import TWO, mul
    >>> first, second = Quantity("z", 1, 0, example=0), Quantity("z", 1, 0, example=1)
    >>> alike(mul(TWO, Ref(first)), mul(TWO, Ref(second)), lambda quantity: quantity._replace(example=1))
    True
    """
    waiting = [(left, right)]
    while waiting:
        one, other = waiting.pop()
        if type(one) is not type(other):
            return False
        if type(one) is Ref and type(other) is Ref:
            if renamed(one.quantity) != other.quantity:
                return False
            continue
        parts, others = children(one), children(other)
        if len(parts) != len(others) or _head(one) != _head(other):
            return False
        waiting.extend(zip(parts, others, strict=True))
    return True


def _head(node: Node) -> object:
    """What a formula says beside its parts."""
    match node:
        case Call(function, _):
            return function
        case Cases(branches):
            return [branch.relation for branch in branches]
        case Add() | Mul() | Neg() | Group() | Div() | Pow():
            return None
    return with_parts(node, lambda part: NOTHING)


def parts_of(node: Node) -> Iterator[Node]:
    """A formula and all its parts, each before its own parts."""
    yield node
    for part in children(node):
        yield from parts_of(part)


Change = Callable[[Node], Node]


def _changed_cases(node: Cases, change: Change) -> Node:
    return Cases(tuple([Branch(change(b.value), change(b.left), b.relation, change(b.right)) for b in node.branches]))


_CHANGED: dict[type[Node], Callable[[Any, Change], Node]] = {
    Add: lambda node, change: Add(tuple([change(term) for term in node.terms])),
    Mul: lambda node, change: Mul(tuple([change(factor) for factor in node.factors])),
    Neg: lambda node, change: Neg(change(node.arg)),
    Group: lambda node, change: Group(change(node.arg)),
    Div: lambda node, change: Div(change(node.numerator), change(node.denominator)),
    Pow: lambda node, change: Pow(change(node.base), change(node.exponent)),
    Call: lambda node, change: Call(node.function, tuple([change(arg) for arg in node.args])),
    Cases: _changed_cases,
    Apply: lambda node, change: Apply(node.letter, change(node.arg), node.primes),
    Matrix: lambda node, change: Matrix(tuple(tuple([change(entry) for entry in row]) for row in node.rows)),
    MatMul: lambda node, change: MatMul(tuple([change(factor) for factor in node.factors])),
    Hadamard: lambda node, change: Hadamard(tuple([change(factor) for factor in node.factors])),
    Transpose: lambda node, change: Transpose(change(node.arg)),
    SumOver: lambda node, change: SumOver(node.index, node.last, change(node.body)),
}
"""How each kind of formula that is not a leaf is made again from changed parts."""


def with_parts(node: Node, change: Change) -> Node:
    """The formula with each direct part changed; a leaf as it is. The name of a derivative counts as a leaf."""
    changed = _CHANGED.get(type(node))
    return _leaf(node) if changed is None else changed(node, change)


def _leaf(node: Node) -> Node:
    """A formula without parts, or one whose parts are left alone; TypeError for what is no formula."""
    if type(node) not in _PARTS:
        raise TypeError(f"unknown formula {node!r}")
    return node


def transform(node: Node, leaf: Change) -> Node:
    """The same tree with `leaf` applied to every leaf; the shape and the order stay as they are."""

    def change(part: Node) -> Node:
        changed = _CHANGED.get(type(part))
        if changed is not None:
            return changed(part, change)
        if type(part) not in _PARTS:
            raise TypeError(f"unknown formula {part!r}")
        return leaf(part)

    return change(node)


def bind(node: Node, variables: dict[str, Node]) -> Node:
    """A table row's formula with its formal variables replaced.

    >>> from derive.expression import mul
    >>> bind(mul(Var("a"), Var("b")), {"a": Var("u"), "b": Var("v")})
    Mul(factors=(Var(name='u'), Var(name='v')))
    """
    return transform(node, lambda leaf: variables.get(leaf.name, leaf) if isinstance(leaf, Var) else leaf)


def replace(node: Node, of: Callable[[Quantity], Node | None]) -> Node:
    """The same formula with each quantity replaced by `of(quantity)`, or kept where that is None."""

    def leaf(node: Node) -> Node:
        return (of(node.quantity) or node) if isinstance(node, Ref) else node

    return transform(node, leaf)


def leaves(node: Node) -> Iterator[Node]:
    """All leaves from left to right."""
    parts = children(node)
    if not parts:
        yield node
    for part in parts:
        yield from leaves(part)


def quantities(node: Node) -> list[Quantity]:
    """The quantities a formula uses, each once, in the order of first appearance."""
    found: dict[Quantity, None] = {}
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if type(part) is Ref:
            found[part.quantity] = None
        else:
            waiting.extend(reversed(children(part)))
    return list(found)


def size(node: Node) -> int:
    """The number of leaves: how much there is to read.

    >>> from derive.expression import TWO, add, mul
    >>> size(add(Var("a"), mul(TWO, Var("b"))))
    3
    """
    parts = children(node)
    return sum(map(size, parts)) if parts else 1
