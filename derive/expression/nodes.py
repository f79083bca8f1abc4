"""The kinds of formulas: every construct that can be shown is a class here, and nowhere else.

Two more ways to write a number, and the sums and products that splice what is nested, belong to them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

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
