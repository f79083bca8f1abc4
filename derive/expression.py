"""Formulas as they are shown: a small closed family of trees that keep the order in which they were written.

A computer algebra system re-sorts and merges what it is given; a worked solution must not. So shown formulas live
here, in trees that nothing re-evaluates: substituting numbers replaces leaves and leaves the shape alone. The
trees know neither letters (`notation`), nor print (`formula`), nor values (`numbers`); `calculus` carries them to
SymPy and back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
class Ref(Node):
    """A quantity of the computation, shown by its name."""

    quantity: Quantity


@dataclass(frozen=True, slots=True)
class Var(Node):
    """A formal variable of a table row, such as the z in the definition of an activation."""

    name: str


@dataclass(frozen=True, slots=True)
class Shown(Node):
    """A number put in place of a quantity, as it is printed; `exact` when the text is the value itself."""

    text: str
    exact: bool

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
class Words(Node):
    """A few words inside a formula."""

    text: str


Index_ = int | str

ZERO, ONE, TWO, HALF = (Const(Fraction(v)) for v in ("0", "1", "2", "1/2"))
NOTHING = Words("")
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


def children(node: Node) -> tuple[Node, ...]:
    """The direct parts of a formula, in the order they are written."""
    match node:
        case Add(terms):
            return terms
        case Mul(factors) | MatMul(factors) | Hadamard(factors):
            return factors
        case Neg(arg) | Group(arg) | Transpose(arg) | Apply(_, arg, _):
            return (arg,)
        case Div(a, b) | Pow(a, b):
            return (a, b)
        case Call(_, args):
            return args
        case Cases(branches):
            return tuple(part for b in branches for part in (b.value, b.left, b.right))
        case SumOver(_, _, body):
            return (body,)
        case Matrix(rows):
            return tuple(entry for row in rows for entry in row)
        case Partial(of, wrt, _):
            return (of, wrt)
        case Const() | Ref() | Var() | Shown() | Blank() | Words() | MatrixName():
            return ()
    raise TypeError(f"unknown formula {node!r}")


def transform(node: Node, leaf: Callable[[Node], Node]) -> Node:
    """The same tree with `leaf` applied to every leaf; the shape and the order stay as they are."""
    match node:
        case Const() | Ref() | Var() | Shown() | Blank() | Words() | MatrixName() | Partial():
            return leaf(node)
        case Add(terms):
            return Add(tuple([transform(t, leaf) for t in terms]))
        case Mul(factors):
            return Mul(tuple([transform(f, leaf) for f in factors]))
        case Neg(arg):
            return Neg(transform(arg, leaf))
        case Group(arg):
            return Group(transform(arg, leaf))
        case Div(a, b):
            return Div(transform(a, leaf), transform(b, leaf))
        case Pow(a, b):
            return Pow(transform(a, leaf), transform(b, leaf))
        case Call(function, args):
            return Call(function, tuple([transform(a, leaf) for a in args]))
        case Cases(branches):
            return Cases(
                tuple(
                    Branch(
                        transform(b.value, leaf),
                        transform(b.left, leaf),
                        b.relation,
                        transform(b.right, leaf),
                    )
                    for b in branches
                )
            )
        case Apply(letter, arg, primes):
            return Apply(letter, transform(arg, leaf), primes)
        case Matrix(rows):
            return Matrix(tuple(tuple(transform(e, leaf) for e in row) for row in rows))
        case MatMul(factors):
            return MatMul(tuple(transform(f, leaf) for f in factors))
        case Hadamard(factors):
            return Hadamard(tuple(transform(f, leaf) for f in factors))
        case Transpose(arg):
            return Transpose(transform(arg, leaf))
        case SumOver(index, last, body):
            return SumOver(index, last, transform(body, leaf))
    raise TypeError(f"unknown formula {node!r}")


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
    return list(dict.fromkeys(leaf.quantity for leaf in leaves(node) if isinstance(leaf, Ref)))


def size(node: Node) -> int:
    """The number of leaves: how much there is to read.

    >>> size(add(Var("a"), mul(TWO, Var("b"))))
    3
    """
    parts = children(node)
    return sum(map(size, parts)) if parts else 1
