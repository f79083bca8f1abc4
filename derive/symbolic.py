"""The door to SymPy: shown formulas become SymPy expressions, and SymPy's derivatives come back as trees.

Only local equations are differentiated, one variable at a time. Loading SymPy takes longer than solving a small
problem, so this room is entered when something needs it, and not before.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import sympy

from derive.errors import Untranslated
from derive.expression import (
    Add,
    Branch,
    Call,
    Cases,
    Const,
    Div,
    Group,
    Mul,
    Neg,
    Node,
    Pow,
    Ref,
    Var,
)
from derive.functions import EVERY, X
from derive.quantity import Quantity

SYMPY: dict[type, str] = {
    named: name for name, row in EVERY.items() if isinstance(named := getattr(sympy, row.sympy or "S"), type)
}
"""The names of the functions that are SymPy's own, by their classes there."""
RELATIONS: dict[str, Callable[..., sympy.Basic]] = {
    ">": sympy.Gt,
    "<=": sympy.Le,
    "<": sympy.Lt,
    ">=": sympy.Ge,
    "==": sympy.Eq,
    "=": sympy.Eq,
    "!=": sympy.Ne,
}
SPELT = {relation: text for text, relation in RELATIONS.items()}
"""The relations as they are written in a tree; of two ways the last one, which is what trees are compiled from."""


def variable(name: str) -> sympy.Symbol:
    """The SymPy symbol of a formal variable or of a quantity id; all numbers here are real."""
    return sympy.Symbol(name, real=True)


def symbol(quantity: Quantity) -> sympy.Symbol:
    """The one SymPy symbol of a quantity, named by its id."""
    return variable(quantity.id)


def to_sympy(node: Node, ref: Callable[[Quantity], sympy.Expr] = symbol) -> sympy.Expr:
    """The formula as an ordinary (evaluated) SymPy expression.

    >>> from derive.expression import ONE, sub
    >>> to_sympy(sub(ONE, Var("a")))
    1 - a
    """
    match node:
        case Const(value):
            return sympy.Rational(value.numerator, value.denominator)
        case Ref(quantity):
            return ref(quantity)
        case Var(name):
            return variable(name)
        case Group(arg):
            return to_sympy(arg, ref)
        case Neg(arg):
            return -to_sympy(arg, ref)
        case Add(terms):
            return sympy.Add(*[to_sympy(t, ref) for t in terms])
        case Mul(factors):
            return sympy.Mul(*[to_sympy(f, ref) for f in factors])
        case Div(numerator, denominator):
            return to_sympy(numerator, ref) / to_sympy(denominator, ref)
        case Pow(base, exponent):
            return to_sympy(base, ref) ** to_sympy(exponent, ref)
        case Call(function, args):
            return called(function, [to_sympy(a, ref) for a in args])
        case Cases(branches):
            sides = [(_with_steps(to_sympy(b.left, ref)), _with_steps(to_sympy(b.right, ref))) for b in branches]
            lines = [
                (to_sympy(b.value, ref), RELATIONS[b.relation](*pair)) for b, pair in zip(branches, sides, strict=True)
            ]
            return sympy.Piecewise(*lines)
    raise TypeError(f"no SymPy form of {node!r}")


def called(function: str, args: list[sympy.Expr]) -> sympy.Expr:
    """A function of the table: SymPy's own, or what its row says that it is."""
    row = EVERY[function]
    if row.definition is not None:
        (arg,) = args
        return to_sympy(row.definition).subs(variable(X.name), arg)
    own = getattr(sympy, row.sympy)
    return own(*args) if args else own


def _with_steps(side: sympy.Expr) -> sympy.Expr:
    """One side of a condition with step functions in place of cases: SymPy stops at cases within conditions."""

    def steps(*lines: sympy.Basic) -> sympy.Expr:
        total, left = sympy.S.Zero, sympy.S.One
        for value, condition in (line.args for line in lines):
            holds = left if condition == sympy.true else _step(condition)
            total, left = total + value * holds, left - holds
        return total

    return side.replace(sympy.Piecewise, steps)


def _step(condition: sympy.core.relational.Relational) -> sympy.Expr:
    """1 where an inequality holds, else 0; `Untranslated` for an equality, which holds nowhere but at one number."""
    if isinstance(condition, sympy.Eq | sympy.Ne):
        raise Untranslated(f"the condition {condition!r} inside a condition")
    strict = isinstance(condition, sympy.StrictGreaterThan | sympy.StrictLessThan)
    return sympy.Heaviside(condition.gts - condition.lts, 0 if strict else 1)


def from_sympy(expression: sympy.Basic) -> Node:
    """A SymPy expression in formal variables as a tree; the order of terms is SymPy's own."""
    match expression:
        case sympy.Symbol():
            return Var(expression.name)
        case sympy.Rational():
            return Const(Fraction(int(expression.p), int(expression.q)))
        case sympy.Add():
            return Add(tuple(from_sympy(arg) for arg in expression.args))
        case sympy.Mul():
            return Mul(tuple(from_sympy(arg) for arg in expression.args))
        case sympy.Pow() if expression.exp.is_Rational and expression.exp.q == 2:
            root = Call("sqrt", (from_sympy(expression.base),))
            return root if expression.exp == sympy.S.Half else Pow(root, from_sympy(2 * expression.exp))
        case sympy.Pow() if not isinstance(expression, sympy.exp):
            return Pow(from_sympy(expression.base), from_sympy(expression.exp))
        case sympy.pi:
            return Call("pi", ())
        case sympy.Heaviside():
            x = from_sympy(expression.args[0])
            zero = Const(Fraction(0))
            return Cases((Branch(Const(Fraction(1)), x, ">", zero), Branch(zero, x, "<=", zero)))
        case sympy.DiracDelta():
            return Const(Fraction(0))  # the slope of a jump; at the jump there is a convention
        case sympy.Piecewise():
            return Cases(
                tuple(branch for value, condition in expression.args for branch in _branches(value, condition))
            )
    if type(expression) in SYMPY:
        return Call(SYMPY[type(expression)], tuple(from_sympy(arg) for arg in expression.args))
    raise Untranslated(f"SymPy gave {expression!r}, which has no shown form")


def _branches(value: sympy.Basic, condition: sympy.Basic) -> tuple[Branch, ...]:
    """The cases of one line: SymPy gathers those with the same value."""
    return tuple(_branch(value, one) for one in (condition.args if isinstance(condition, sympy.Or) else (condition,)))


def _branch(value: sympy.Basic, condition: sympy.Basic) -> Branch:
    relation = SPELT.get(type(condition))
    if condition == sympy.true:
        zero = Const(Fraction(0))
        return Branch(from_sympy(value), zero, "=", zero)
    if relation is None:
        raise Untranslated(f"SymPy gave the condition {condition!r}, which has no shown form")
    return Branch(from_sympy(value), from_sympy(condition.args[0]), relation, from_sympy(condition.args[1]))


def derivative(definition: Node, wrt: Var) -> Node:
    """SymPy's derivative of a local equation with respect to one of its variables.

    Raises `Untranslated` where SymPy takes none, as of some functions with corners inside corners.

    >>> from derive.expression import mul
    >>> derivative(mul(Var("w"), Var("w")), Var("w")) == Mul((Const(Fraction(2)), Var("w")))
    True
    """
    expression = to_sympy(definition)
    try:
        found = sympy.diff(expression, variable(wrt.name))
    except (NotImplementedError, TypeError, ValueError) as error:
        raise Untranslated(f"SymPy takes no derivative of {expression!r} by {wrt.name}: {error}") from error
    return from_sympy(found)
