"""Equations in whole arrays: matrix forms as formulas that are printed.

Decides where brackets stand between products of different kinds. That a form is true is known before it comes here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import UnionType

from derive.expression import (
    ONE,
    Add,
    Call,
    Const,
    Div,
    Group,
    Hadamard,
    MatMul,
    Matrix,
    Mul,
    Neg,
    Node,
    Pow,
    Transpose,
    mul,
)
from derive.formula import Named
from derive.notation import Name
from derive.pages.display import Display
from derive.trace.indexed import parts
from derive.trace.matrix import Ones, Whole


def whole_form(node: Node, display: Display, array: Callable[[str], Node] | None = None) -> Node:
    """A matrix form: arrays in bold; a product inside another one, of another kind, stands in brackets.

    `array` is what stands in place of an array: its numbers.
    """

    def form(inner: Node) -> Node:
        return whole_form(inner, display, array)

    match node:
        case Whole(name):
            return display.whole(name) if array is None else array(name)
        case Ones():
            return Named(Name(r"\mathbf{1}", "1"))
        case Const():
            return node
        case Transpose(arg):
            inner = form(arg)
            plain = isinstance(inner, Matrix) or (isinstance(inner, Named) and r"\frac" not in inner.name.tex[:5])
            return Transpose(inner if plain else Group(inner))
        case MatMul(factors):
            return MatMul(tuple(_bracketed(form(f), Hadamard | Add | Div | Mul) for f in factors))
        case Hadamard(factors):
            return Hadamard(tuple(_bracketed(form(f), MatMul | Mul | Add | Neg | Div) for f in factors))
        case Add(terms):
            return Add(tuple(map(form, terms)))
        case Mul(factors):
            return Mul(tuple(_bracketed(form(f), Add | Hadamard) for f in factors))
        case Neg(arg):
            return Neg(_bracketed(form(arg), Add))
        case Div(MatMul() as above, below):
            return MatMul((Div(ONE, form(below)), form(above)))
        case Div(above, below):
            first, rest = display.before(above)
            share: Node = Div(form(rest), form(below))
            arrays = [factor for factor in first if _is_array(factor, display)]
            if arrays and _is_array(below, display):  # what stands before the bar is divided element by element
                share = Group(Hadamard((*map(form, arrays), share)))
                first = [factor for factor in first if factor not in arrays]
            return mul(*map(form, first), share) if first else _unbracketed(share)
        case Pow(base, exponent):
            return Pow(form(base), form(exponent))
        case Call(name, args):
            return display.function(name, tuple(map(form, args)))
    raise TypeError(f"no printed form of the matrix {node!r}")


def _is_array(node: Node, display: Display) -> bool:
    """Whether a matrix form is a column or a matrix, not a number."""
    return any(isinstance(part, Whole) and display.names.rank(part.name) for part in parts_of_matrix(node))


def _unbracketed(node: Node) -> Node:
    return node.arg if isinstance(node, Group) else node


def _bracketed(node: Node, kinds: type | UnionType) -> Node:
    return Group(node) if isinstance(node, kinds) else node


def parts_of_matrix(node: Node) -> Iterator[Node]:
    """A matrix form and all its parts."""
    yield node
    if isinstance(node, Transpose):
        inner: tuple[Node, ...] = (node.arg,)
    elif isinstance(node, MatMul | Hadamard):
        inner = node.factors
    else:
        inner = parts(node)
    for part in inner:
        yield from parts_of_matrix(part)
