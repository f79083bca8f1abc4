"""Texts of the library as formulas of single numbers: what the tables of activations and losses are made of.

Decides how an expression of the language becomes a tree that keeps its order: names are formal variables, functions of
the library are written out, choices become cases. Ranges and arrays are for `trace`; here an element of an array is the
one number that its name stands for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from derive.expression import (
    ONE,
    ZERO,
    Branch,
    Call,
    Cases,
    Const,
    Div,
    Neg,
    Node,
    Pow,
    Var,
    Written,
    add,
    bind,
    mul,
)
from derive.functions import EVERY
from derive.language import parse, syntax
from derive.library import Exact, Row, rows

OPPOSITE = {">": "<=", "<": ">=", ">=": "<", "<=": ">"}
"""The relation that holds where another one does not."""


def written(number: Exact) -> Node:
    """A number with its digits; a whole one and a fraction as they are.

    >>> written(Decimal("0.10")), written(Fraction(2, 3))
    (Written(value=Fraction(1, 10), text='0.10'), Const(value=Fraction(2, 3)))
    """
    text = format(number, "f") if isinstance(number, Decimal) else ""
    return Written(Fraction(number), text) if "." in text else Const(Fraction(number))


def formula(text: str, names: Mapping[str, Node]) -> Node:
    """The tree of an expression whose names stand for these formulas; ValueError for another name.

    >>> formula("1/2*x^2 - x", {"x": Var("z")}) == add(mul(Const(Fraction(1, 2)), Pow(Var("z"), Const(Fraction(2)))),
    ...     Neg(Var("z")))
    True
    """
    (line,) = parse(f"value = {text.strip()}", library=True)
    assert isinstance(line, syntax.Equation)
    return _tree(line.right, names)


def definition(row: Row, names: Mapping[str, Node] | None = None) -> tuple[tuple[str, ...], Node]:
    """The arguments of a function of the library, and its value in formal variables of their names."""
    (line,) = parse(row.equations, library=True)
    assert isinstance(line, syntax.Function)
    return line.parameters, _tree(line.right, names or {name: Var(name) for name in line.parameters})


def contribution(text: str, names: Mapping[str, Node], count: Node) -> Node:
    """What one output contributes to a loss: the sum or the mean without its range, over `count` outputs."""
    (line,) = parse(text.strip(), library=True)
    assert isinstance(line, syntax.Equation)
    return _tree(line.right, {**names, "": count})


def _tree(value: syntax.Expression, names: Mapping[str, Node]) -> Node:
    match value:
        case syntax.Number(number, text):
            return Written(number, text) if "." in text else Const(number)
        case syntax.Name(name) | syntax.Item(name, _):
            if name not in names:
                raise ValueError(f"nothing in the row is called {name}")
            return names[name]
        case syntax.Pi():
            return Call("pi", ())
        case syntax.Negative(syntax.Number(number)) if number.denominator == 1:
            return Const(-number)
        case syntax.Negative(arg):
            return Neg(_tree(arg, names))
        case syntax.Sum(terms):
            return add(*(_tree(term, names) if sign > 0 else Neg(_tree(term, names)) for sign, term in terms))
        case syntax.Chain(first, rest):
            return _chain(_tree(first, names), rest, names)
        case syntax.Power(base, exponent):
            return Pow(_tree(base, names), _tree(exponent, names))
        case syntax.Choice():
            return Cases(tuple(_branches(value, names)))
        case syntax.Reduction("sum", body, _):
            return _tree(body, names)
        case syntax.Reduction("mean", body, _):
            return _shared(_tree(body, names), Div(ONE, names[""]))
        case syntax.Applied(function, args, named):
            return _applied(function, args, named, names)
    raise ValueError(f"{value!r} is no formula of single numbers")


def _shared(node: Node, share: Node) -> Node:
    """A share of a formula; of cases, of every case."""
    if isinstance(node, Cases):
        return Cases(tuple(replace(b, value=_shared(b.value, share)) for b in node.branches))
    return node if node == ZERO else mul(share, node)


def _chain(node: Node, rest: tuple[tuple[str, syntax.Expression], ...], names: Mapping[str, Node]) -> Node:
    """Factors from left to right; a quotient of two whole numbers is one number."""
    for sign, factor in rest:
        other = _tree(factor, names)
        if sign == "*":
            node = mul(node, other)
        elif type(node) is Const and type(other) is Const:
            node = Const(node.value / other.value)
        else:
            node = Div(node, other)
    return node


def _branches(choice: syntax.Choice, names: Mapping[str, Node]) -> list[Branch]:
    """The cases of a choice; of choices inside each other one after the other, the last one is what is left."""
    left, right = _tree(choice.left, names), _tree(choice.right, names)
    first = Branch(_tree(choice.then, names), left, choice.relation, right)
    if not isinstance(choice.otherwise, syntax.Choice):
        return [first, Branch(_tree(choice.otherwise, names), left, OPPOSITE[choice.relation], right)]
    *more, last = _branches(choice.otherwise, names)
    return [first, *more, Branch(last.value, ZERO, "=", ZERO)]


def _applied(
    function: str,
    args: tuple[syntax.Expression, ...],
    named: tuple[tuple[str, syntax.Expression], ...],
    names: Mapping[str, Node],
) -> Node:
    given = [_tree(arg, names) for arg in args]
    if function in EVERY:
        return Call(function, tuple(given))
    row = rows("function")[function]
    parameters, value = definition(row)
    inside: dict[str, Node] = {key: written(number) for key, number in row.numbers.items()}
    inside |= dict(zip(parameters, given, strict=False)) | {key: _tree(arg, names) for key, arg in named}
    return bind(value, inside)
