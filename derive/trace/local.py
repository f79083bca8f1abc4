"""Local derivatives: one operation by one of its parts, by rules with names, in an order fit for print.

Decides what the derivative of every operation and function is, and how factors of a derivative are gathered without
being sorted. The chain rule over equations is applied by `adjoint` and `sweep`. Knows no values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod

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
    Var,
    add,
    bind,
    call,
    const,
    sub,
)
from derive.functions import FUNCTIONS
from derive.trace.affine import OPPOSITE, Condition, Range, letter
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
from derive.trace.names import Pure


def product(*factors: Node) -> Node:
    """A product as one would write it: one sign, one number in front, what is divided by at the end.

    >>> product(Const(Fraction(1, 2)), Const(Fraction(2)), Neg(Var("a")))
    Neg(arg=Var(name='a'))
    """
    number, above, below = Fraction(1), list[Node](), list[Node]()
    waiting = [(factor, True) for factor in reversed(factors)]
    while waiting:
        factor, multiplies = waiting.pop()
        match factor:
            case Mul(inner):
                waiting.extend((part, multiplies) for part in reversed(inner))
            case Neg(arg):
                number = -number
                waiting.append((arg, multiplies))
            case Const(value) if multiplies or value:
                number = number * value if multiplies else number / value
            case Div(numerator, denominator):
                waiting += [(denominator, not multiplies), (numerator, multiplies)]
            case _:
                (above if multiplies else below).append(factor)
    if not number:
        return ZERO
    magnitude = abs(number)
    if (below and magnitude.numerator != 1) or (not above and magnitude != 1) or (above and magnitude != 1):
        above.insert(0, Const(magnitude))
    node = Mul(tuple(above)) if len(above) > 1 else above[0] if above else ONE
    if below:
        node = Div(node, Mul(tuple(below)) if len(below) > 1 else below[0])
    return Neg(node) if number < 0 else node


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
    for number, part in enumerate(parts(node)):
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
        case Div(_, Const(number)) if part == 0:
            return Const(1 / number)
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
        return product(exponent, ONE if lower == 0 else base if lower == 1 else Pow(base, Const(lower)))
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
    relation = {"max": (">=", ">"), "min": ("<=", "<")}[name][own]
    return Cases(
        (Branch(ONE, args[part], relation, other), Branch(ZERO, args[part], OPPOSITE[relation], other)),
    )


# -- places in indexed formulas


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
                        yield replace(place, factor=product(self._renewed(outer), place.factor))

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
