"""Local derivatives: one operation by one of its parts, by rules with names, in an order fit for print.

Decides what the derivative of every operation and function is, how factors of a derivative are gathered without being
sorted, and what one step is by each quantity that it uses. The chain rule from step to step is applied by `sweep`, over
equations by `adjoint`. Knows no values, and not what a quantity is: any that a leaf holds will do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from derive.expression import (
    ONE,
    TWO,
    ZERO,
    Add,
    Branch,
    Call,
    Cases,
    Const,
    Div,
    Mul,
    Neg,
    Node,
    Pow,
    Ref,
    Var,
    Written,
    add,
    bind,
    call,
    children,
    const,
    like,
    sub,
)
from derive.functions import FUNCTIONS
from derive.quantity import Quantity

if TYPE_CHECKING:
    from derive.trace.names import Pure

Q = TypeVar("Q", bound=Quantity)
"""What names a number: an identity of equations, a quantity of a network."""


_GATHERED = (Mul, Neg, Const, Written, Div)


def product(*factors: Node) -> Node:
    """A product as one would write it: one sign, one number in front, what is divided by at the end.

    >>> product(Const(Fraction(1, 2)), Const(Fraction(2)), Neg(Var("a")))
    Neg(arg=Var(name='a'))
    """
    plain = [factor for factor in factors if factor is not ONE]
    if not any([type(factor) in _GATHERED for factor in plain]):  # most products are of names only
        return Mul(tuple(plain)) if len(plain) > 1 else plain[0] if plain else ONE
    number, negative = ONE.value, False
    above, below, numbers = list[Node](), list[Node](), list[Const]()
    waiting = [(factor, True) for factor in reversed(factors)]
    while waiting:
        factor, multiplies = waiting.pop()
        match factor:
            case Mul(inner):
                waiting.extend((part, multiplies) for part in reversed(inner))
            case Neg(arg):
                negative = not negative
                waiting.append((arg, multiplies))
            case Const(value) if multiplies or value:
                numbers.append(factor)
                number = number * value if multiplies else number / value
            case Div(numerator, denominator):
                waiting += [(denominator, not multiplies), (numerator, multiplies)]
            case _:
                (above if multiplies else below).append(factor)
    if not number:
        return ZERO
    magnitude = abs(number)
    if magnitude != 1:
        above.insert(0, numbers[0] if numbers[0].value == magnitude else like(magnitude, *numbers))
    node = Mul(tuple(above)) if len(above) > 1 else above[0] if above else ONE
    if below:
        node = Div(node, Mul(tuple(below)) if len(below) > 1 else below[0])
    return Neg(node) if negative != (number < 0) else node


@dataclass
class Functions:
    """The functions of numbers and those that are their derivatives, which are made when first asked for."""

    known: dict[str, Pure]

    def derivative(self, name: str, argument: int) -> str | None:
        """The name of the derivative of a function by one of its arguments; None where it is 0."""
        derived = f"{name}'{argument + 1}"
        if derived not in self.known:
            function = self.known[name]
            body = slope(function.body, Var(function.parameters[argument]), self)
            self.known[derived] = replace(function, name=derived, body=body, cost=4 * function.cost + 1)
        return None if self.known[derived].body == ZERO else derived


def slope(node: Node, by: Node, functions: Functions) -> Node:
    """The derivative of a formula without letters by one of its leaves.

    >>> slope(Mul((Var("w"), Var("x"))), Var("x"), Functions({}))
    Var(name='w')
    """
    found = [term for term in _shares(node, by, functions) if term != ZERO]
    return add(*found) if found else ZERO


def _shares(node: Node, by: Node, functions: Functions) -> Iterator[Node]:
    """One share of the derivative for every place at which the leaf stands."""
    if node == by:
        yield ONE
        return
    if isinstance(node, Cases):
        values = [slope(branch.value, by, functions) for branch in node.branches]
        if any(value != ZERO for value in values):
            yield chosen(node, values)
        return
    for number, part in enumerate(children(node)):
        shares = list(_shares(part, by, functions))
        if not shares:
            continue
        outer = local(node, number, functions)
        if outer is not None:
            yield from (product(outer, share) for share in shares)


def chosen(node: Cases, values: list[Node]) -> Node:
    """The same choice between other values."""
    return Cases(
        tuple(
            Branch(value, branch.left, branch.relation, branch.right)
            for value, branch in zip(values, node.branches, strict=True)
        )
    )


def local(node: Node, part: int, functions: Functions, value: Node | None = None) -> Node | None:
    """The derivative of an operation by one of its parts; None where it is 0.

    `value` is the name of what the operation computes, where it has one: some derivatives are short in it.
    """
    match node:
        case Add():
            return ONE
        case Neg():
            return Const(Fraction(-1))
        case Mul(factors):
            return product(*factors[:part], *factors[part + 1 :])
        case Div(_, Const(number) as below) if part == 0 and number:
            return like(1 / number, below)
        case Div(_, below) if part == 0:
            return Div(ONE, below)
        case Div(above, below):
            return Neg(Div(above, Pow(below, TWO)))
        case Pow(base, exponent) if part == 0:
            return _power(base, exponent)
        case Pow(base, _):
            return product(value or node, call("ln", base))
        case Call(name, args):
            return _call(node, name, args, part, functions, value)
    raise TypeError(f"no derivative of {node!r}")


def _power(base: Node, exponent: Node) -> Node | None:
    """d(u^n)/du = n u^(n-1)."""
    if isinstance(exponent, Const):
        if exponent == ZERO:
            return None
        lower = exponent.value - 1
        return product(exponent, ONE if lower == 0 else base if lower == 1 else Pow(base, like(lower, exponent)))
    falling = product(exponent, Pow(base, sub(exponent, ONE)))
    return Cases((Branch(ZERO, exponent, "==", ZERO), Branch(falling, exponent, "!=", ZERO)))


def _call(
    node: Node, name: str, args: tuple[Node, ...], part: int, functions: Functions, value: Node | None
) -> Node | None:
    if name in ("max", "min"):
        wins = _wins(name, args, part)
        return None if wins == ZERO else wins
    if name in WINS.values():
        return None
    if name in functions.known:
        derived = functions.derivative(name, part)
        return None if derived is None else Call(derived, args)
    row = FUNCTIONS[name]
    if row.slope is None:
        return None
    return bind(row.slope, {"x": args[0], "y": value or node})


WINS = {"max": "is_max", "min": "is_min"}
"""Functions of a number k and others: 1 where the k-th of the others, from 0, is taken as the largest (smallest)."""


def _wins(name: str, args: tuple[Node, ...], part: int) -> Node:
    """1 where this argument is the largest (or smallest), the first one of equal ones; else 0."""
    different = list(dict.fromkeys(args))
    if args.index(args[part]) < part:
        return ZERO
    if len(different) == 1:
        return ONE
    own = different.index(args[part])
    if len(different) > 2:
        return Call(WINS[name], (const(own), *different))
    other = different[1 - own]
    relation, otherwise = {"max": ((">=", "<"), (">", "<=")), "min": (("<=", ">"), ("<", ">="))}[name][own]
    return Cases(
        (Branch(ONE, args[part], relation, other), Branch(ZERO, args[part], otherwise, other)),
    )


# -- one step by all that it uses


@dataclass(frozen=True)
class Softened(Generic[Q]):
    """One value of a softmax (or its logarithm): which one of `values`, and what the exponentials are taken of."""

    logarithm: bool
    place: int
    values: tuple[Q, ...]
    arguments: tuple[Node, ...]


def slopes(formula: Node, functions: Functions, value: Node | None = None) -> dict[Any, Node]:
    """The derivative of a formula by every quantity that it uses, but for those by which it is 0.

    `value` is the name of what it computes.

    >>> slopes(Mul((Ref("w"), Ref("x"))), Functions({}))["x"]
    Ref(quantity='w')
    """
    return _summed(_by_place(formula, functions, value))


def soft_slopes(soft: Softened[Q], functions: Functions) -> dict[Q, Node]:
    """A softmax by what its exponentials are taken of: y_j (1 - y_j) and -y_j y_m; its logarithm 1 - p_j and -p_m."""
    return _summed(_soft_shares(soft, functions))


def _summed(shares: Iterator[tuple[Any, Node]]) -> dict[Any, Node]:
    """The sum of the shares of every quantity."""
    found: dict[Any, list[Node]] = {}
    for source, share in shares:
        if share != ZERO:
            found.setdefault(source, []).append(share)
    return {source: kept[0] if len(kept) == 1 else add(*kept) for source, kept in found.items()}


def _by_place(node: Node, functions: Functions, value: Node | None = None) -> Iterator[tuple[Any, Node]]:
    """One share for every place at which a quantity stands in a formula."""
    match node:
        case Ref(quantity):
            yield quantity, ONE
        case Cases(branches):
            for number, branch in enumerate(branches):
                for source, share in _by_place(branch.value, functions):
                    values: list[Node] = [ZERO] * len(branches)
                    values[number] = share
                    yield source, chosen(node, values)
        case _:
            for number, part in enumerate(children(node)):
                inner = [(part.quantity, ONE)] if isinstance(part, Ref) else list(_by_place(part, functions))
                outer = local(node, number, functions, value) if inner else None
                if outer is ONE:
                    yield from inner
                elif outer is not None:
                    yield from ((source, product(outer, share)) for source, share in inner)


def _soft_shares(soft: Softened[Q], functions: Functions) -> Iterator[tuple[Q, Node]]:
    own = Ref(soft.values[soft.place])
    for place, (value, argument) in enumerate(zip(soft.values, soft.arguments, strict=True)):
        other: Node = Ref(value)
        here = place == soft.place
        if soft.logarithm:
            share = Call("exp", (other,))
            outer = sub(ONE, share) if here else Neg(share)
        else:
            outer = product(own, sub(ONE, other)) if here else Neg(product(own, other))
        yield from ((source, product(outer, inner)) for source, inner in _by_place(argument, functions))
