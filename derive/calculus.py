"""Derivatives of local equations, one variable at a time: SymPy's answers, recorded or taken anew.

What SymPy once said of the operations that networks are made of is recorded in the package, so that the same version
need not ask, nor even load, SymPy at every start. A test asks SymPy for every recorded answer again. Whatever is not
recorded is asked for when it is needed. The chain rule is applied by others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from derive.expression import Add, Branch, Call, Cases, Const, Div, Group, Mul, Neg, Node, Pow, Var

RECORD = "derivatives.json"
"""A list of a tree, a variable and SymPy's derivative of the tree by it."""


@lru_cache(maxsize=4096)
def partial(definition: Node, wrt: Var) -> Node:
    """The derivative of a local equation with respect to one of its variables, taken by SymPy.

    >>> from derive.expression import add, mul
    >>> w, a, rest = Var("w"), Var("a"), Var("rest")
    >>> partial(add(mul(w, a), rest), w)
    Var(name='a')
    """
    found = recorded().get(key(definition, wrt))
    if found is not None:
        return from_data(found)
    from derive.symbolic import derivative

    return derivative(definition, wrt)


@cache
def recorded() -> Mapping[str, Any]:
    """SymPy's recorded answers, as data, by what was asked."""
    entries = json.loads((files("derive") / RECORD).read_text("utf-8"))
    return {_text([tree, by]): derivative for tree, by, derivative in entries}


def key(definition: Node, wrt: Var) -> str:
    """What is asked, as a text; a tree that cannot be recorded has one that is never found."""
    try:
        return _text([to_data(definition), wrt.name])
    except TypeError:
        return ""


def _text(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"))


_MANY: Mapping[str, type[Add | Mul]] = {"+": Add, "*": Mul}
_TWO: Mapping[str, type[Div | Pow]] = {"/": Div, "^": Pow}
_ONE: Mapping[str, type[Neg | Group]] = {"-": Neg, "()": Group}
_SIGNS: Mapping[type[Node], str] = {kind: sign for table in (_MANY, _TWO, _ONE) for sign, kind in table.items()}


def to_data(node: Node) -> Any:
    """A tree as lists and texts; TypeError for one that is no formula of numbers and variables.

    >>> to_data(Mul((Const(Fraction(1, 2)), Var("a"))))
    ['*', '1/2', ['a']]
    """
    match node:
        case Const(value) if type(node) is Const:
            return str(value)
        case Var(name):
            return [name]
        case Add(parts) | Mul(parts):
            return [_SIGNS[type(node)], *map(to_data, parts)]
        case Div(left, right) | Pow(left, right):
            return [_SIGNS[type(node)], to_data(left), to_data(right)]
        case Neg(arg) | Group(arg):
            return [_SIGNS[type(node)], to_data(arg)]
        case Call(function, args):
            return ["call", function, *map(to_data, args)]
        case Cases(branches):
            return ["cases", *([to_data(b.value), to_data(b.left), b.relation, to_data(b.right)] for b in branches)]
    raise TypeError(f"no data of {node!r}")


def _branch(data: Any) -> Branch:
    value, left, relation, right = data
    return Branch(from_data(value), from_data(left), relation, from_data(right))


def from_data(data: Any) -> Node:
    """The tree that `to_data` wrote.

    >>> from_data(["*", "1/2", ["a"]]) == Mul((Const(Fraction(1, 2)), Var("a")))
    True
    """
    match data:
        case str():
            return Const(Fraction(data))
        case [name]:
            return Var(name)
        case ["call", function, *args]:
            return Call(function, tuple(map(from_data, args)))
        case ["cases", *branches]:
            return Cases(
                tuple(
                    Branch(from_data(v), from_data(left), relation, from_data(r)) for v, left, relation, r in branches
                )
            )
        case [sign, *parts] if sign in _MANY:
            return _MANY[sign](tuple(map(from_data, parts)))
        case [sign, left, right] if sign in _TWO:
            return _TWO[sign](from_data(left), from_data(right))
        case [sign, arg] if sign in _ONE:
            return _ONE[sign](from_data(arg))
    raise ValueError(f"no tree in {data!r}")
