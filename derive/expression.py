"""Formulas as they are shown: a small closed family of trees that keep the order in which they were written.

A computer algebra system re-sorts and merges what it is given; a worked solution must not. So shown formulas live
here, in trees that nothing re-evaluates: substituting numbers replaces leaves and leaves the shape alone. The
trees know neither letters (`notation`), nor print (`formula`), nor values (`numbers`); `calculus` carries them to
SymPy and back. The module is long because every construct that can be shown is a class here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from operator import attrgetter
from typing import Any, NamedTuple

from derive.quantity import Quantity


class Node:
    """A formula or a part of one."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Const(Node):
    """A number that belongs to the formula itself, such as the 1/2 in half the squared error."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Digits(Const):
    """A number that somebody put into a formula with so many decimals, such as the 0.0822 in `w5 - 0.5*0.0822`.

    What was rounded to it may differ by half a unit of its last place; whole numbers and fractions are a `Const`.
    """

    places: int = 0

    @property
    def text(self) -> str:
        """The number with all its decimals.

        >>> Digits(Fraction(-3, 100), 4).text, Digits(Fraction(1500), -2).text
        ('-0.0300', '1500')
        """
        places = max(self.places, 0)
        digits = str(abs(self.value.numerator) * 10**places // self.value.denominator).zfill(places + 1)
        point = len(digits) - places
        return "-" * (self.value < 0) + digits[:point] + "." * (places > 0) + digits[point:]


@dataclass(frozen=True, slots=True)
class Written(Const):
    """A number that is printed as it was written, such as the slope 0.01 of a leaky rectifier."""

    text: str = ""


MOST_PLACES = 12
"""Decimals of a number in a formula that is printed as a decimal number and not as a fraction."""


def as_written(number: Fraction, text: str) -> Const:
    """A number in a formula; a decimal number keeps its digits, a whole one has none, and 1/3 is a fraction.

    >>> as_written(Fraction(1, 4), "0.250"), as_written(Fraction(2), "2.0"), as_written(Fraction(1, 1000), "1e-3").text
    (Written(value=Fraction(1, 4), text='0.250'), Const(value=Fraction(2, 1)), '0.001')
    """
    if number.denominator == 1 or "/" in text:
        return Const(number)
    plain = format(Decimal(text), "f")
    return Written(number, plain) if len(plain.partition(".")[2]) <= MOST_PLACES else Const(number)


def like(number: Fraction, *others: Node) -> Const:
    """What comes of some numbers: a decimal number where one of them was written as one and its decimals end.

    >>> like(Fraction(1, 2), Written(Fraction(1, 4), "0.25"), Const(Fraction(2)))
    Written(value=Fraction(1, 2), text='0.5')
    >>> like(Fraction(2, 3), Written(Fraction(3, 2), "1.5")), like(Fraction(1, 2), Const(Fraction(2)))
    (Const(value=Fraction(2, 3)), Const(value=Fraction(1, 2)))
    """
    scaled = number * 10**MOST_PLACES
    if number.denominator == 1 or scaled.denominator != 1 or not any(isinstance(other, Written) for other in others):
        return Const(number)
    return Written(number, format(Decimal(scaled.numerator).scaleb(-MOST_PLACES).normalize(), "f"))


@dataclass(frozen=True, slots=True)
class Ref(Node):
    """A quantity of the computation, shown by its name."""

    quantity: Quantity


@dataclass(frozen=True, slots=True)
class Var(Node):
    """A formal variable of a table row, such as the z in the definition of an activation."""

    name: str


@dataclass(frozen=True, slots=True)
class Shown(Node):
    """A number put in place of a quantity, as it is printed; `exact` when the text is the value itself.

    `of` is whose number it is, for its colour: the quantity, or the name that a page gives it. It counts for nothing
    else: equal numbers are equal.
    """

    text: str
    exact: bool
    of: Quantity | Node | None = field(default=None, compare=False, repr=False, kw_only=True)

    @property
    def negative(self) -> bool:
        return self.text.startswith("-")


@dataclass(frozen=True, slots=True)
class Slot(Shown):
    """A number that is not known yet: it is put in after printing. `text` is empty and counts for nothing.

    `place` tells it from other slots; `characters` is the length of the longest number that may come.
    """

    place: int = 0
    characters: int = 7


@dataclass(frozen=True, slots=True)
class Blank(Node):
    """A gap to write a number in; the number that belongs there is the slot's."""

    slot: Slot


@dataclass(frozen=True, slots=True)
class Add(Node):
    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Neg(Node):
    arg: Node


@dataclass(frozen=True, slots=True)
class Mul(Node):
    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Div(Node):
    numerator: Node
    denominator: Node


@dataclass(frozen=True, slots=True)
class Pow(Node):
    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A named function of one or more arguments: exp, ln, tanh, max, sign, abs, sigmoid."""

    function: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of a definition by cases; `relation` compares `left` with `right` (`>`, `<=`, `=`)."""

    value: Node
    left: Node
    relation: str
    right: Node


@dataclass(frozen=True, slots=True)
class Cases(Node):
    """A definition by cases; the branches exclude each other and cover every value."""

    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Partial(Node):
    """The name of a derivative, d of / d wrt; it has no value of its own. `total` prints an upright d."""

    of: Node
    wrt: Node
    total: bool = False


@dataclass(frozen=True, slots=True)
class Group(Node):
    """Brackets that the reader is meant to see although the mathematics does not need them."""

    arg: Node


@dataclass(frozen=True, slots=True)
class SumOver(Node):
    """A sum written with an index: sum over `index` from 1 to `last` (in the reader's counting)."""

    index: str
    last: str
    body: Node


class Letter(NamedTuple):
    """How a function is written in TeX and in plain text."""

    tex: str
    text: str


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """A function named by its letter and applied to an argument without being worked out: f'(z)."""

    letter: Letter
    arg: Node
    primes: int = 0


@dataclass(frozen=True, slots=True)
class MatrixName(Node):
    """A whole layer's worth of quantities under one bold name."""

    kind: str
    layer: Index_ | None
    example: int | None = None
    step: int = 0


@dataclass(frozen=True, slots=True)
class Matrix(Node):
    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class MatMul(Node):
    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Hadamard(Node):
    """The element-by-element product."""

    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Transpose(Node):
    arg: Node


@dataclass(frozen=True, slots=True)
class Wording(Node):
    """A few words inside a formula."""

    text: str


Index_ = int | str

ZERO, ONE, TWO, HALF = (Const(Fraction(v)) for v in ("0", "1", "2", "1/2"))
NOTHING = Wording("")
MINUS_ONE = Const(Fraction(-1))


def const(value: Fraction | int) -> Const:
    return Const(Fraction(value))


def add(*terms: Node) -> Node:
    """A sum; nested sums are spliced, a single term stays itself.

    >>> add(Var("a"), add(Var("b"), Var("c"))) == add(Var("a"), Var("b"), Var("c"))
    True
    """
    flat: list[Node] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, Add) else (term,))
    return flat[0] if len(flat) == 1 else Add(tuple(flat))


def sub(left: Node, right: Node) -> Node:
    return add(left, Neg(right))


def mul(*factors: Node) -> Node:
    """A product; nested products are spliced, a single factor stays itself."""
    flat: list[Node] = []
    for factor in factors:
        flat.extend(factor.factors if isinstance(factor, Mul) else (factor,))
    return flat[0] if len(flat) == 1 else Mul(tuple(flat))


def call(function: str, *args: Node) -> Call:
    return Call(function, args)


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

    >>> size(add(Var("a"), mul(TWO, Var("b"))))
    3
    """
    parts = children(node)
    return sum(map(size, parts)) if parts else 1
