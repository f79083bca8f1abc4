"""Indexed formulas: the right sides of equations, with letters that run.

The trees of `expression` with five more classes: an element read at an index, an index used as a number, a range
gathered into one number, a softmax over a range, and the choice that a maximum made. Decides how letters are found,
substituted and renamed. Knows no problem, no values and no derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from derive.expression import (
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
)
from derive.language import place
from derive.language.words import LOGARITHMS
from derive.trace.affine import Affine, Condition, Range, Table, letters, substitute, substituted, tables


@dataclass(frozen=True, slots=True)
class Read(Node):
    """One element of a quantity; `padded` is 0 where the quantity has no such element."""

    name: str
    index: tuple[Affine, ...] = ()
    padded: bool = False


@dataclass(frozen=True, slots=True)
class Position(Node):
    """An index as a number: the k in sqrt(k)."""

    form: Affine


@dataclass(frozen=True, slots=True)
class Count(Node):
    """How many elements a quantity has along one of its indices, from 0; a number once ranges are known."""

    name: str
    axis: int


@dataclass(frozen=True, slots=True)
class Counter(Node):
    """The number of the present update, from 1."""


@dataclass(frozen=True, slots=True)
class Reduce(Node):
    """The body for every value of the letters under which the conditions hold, gathered: sum, mean, prod, max, min.

    Without letters a sum is the body where the conditions hold, and 0 elsewhere.
    """

    kind: str
    body: Node
    letters: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Soft(Node):
    """softmax or log_softmax of the body over a letter that stays free, among the values that fulfil the conditions."""

    kind: str
    body: Node
    letter: str
    conditions: tuple[Condition, ...] = ()

    @property
    def logarithm(self) -> bool:
        """Whether it gives the logarithms of the shares."""
        return self.kind in LOGARITHMS


@dataclass(frozen=True, slots=True)
class Wins(Node):
    """1 where a maximum or minimum is taken from the element at `position` (one form per letter), else 0."""

    over: Reduce
    position: tuple[Affine, ...]


Source = tuple[int, str, str]
"""Where an equation comes from: the number of its line, the line, the author's words."""


@dataclass(frozen=True, slots=True)
class Equation:
    """name[left] = right, for every value of the letters left of = under the conditions.

    `ranges` gives the range of every letter of the equation, also of those that are bound inside. Letters are unique
    in an equation; what follows a `'` tells letters of one name apart and is not printed.
    """

    name: str
    left: tuple[Affine, ...]
    right: Node
    ranges: Mapping[str, Range]
    conditions: tuple[Condition, ...] = ()
    line: int = 0
    text: str = ""
    comment: str = ""
    row: str = ""
    """The library row it comes from."""

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters left of =, in their order."""
        return tuple(dict.fromkeys(name for form in self.left for name in letters(form)))


def standing(equation: Equation, first_line: int | None) -> str:
    """Where a message says that an equation stands; those of an update stand in no line of the equations."""
    text = f"{equation.text} in the row {equation.row}" if equation.row else equation.text
    if equation.line:
        return place(equation.line, text, first_line)
    return f"update ({text})" if equation.name.endswith(("'", ")")) else f"({text})"


def parts(node: Node) -> tuple[Node, ...]:
    """The direct parts of an indexed formula."""
    match node:
        case Add(terms):
            return terms
        case Mul(factors):
            return factors
        case Neg(arg):
            return (arg,)
        case Div(above, below) | Pow(above, below):
            return (above, below)
        case Call(_, args):
            return args
        case Cases(branches):
            return tuple(part for b in branches for part in (b.value, b.left, b.right))
        case Reduce(_, body, _, _) | Soft(_, body, _, _):
            return (body,)
        case Wins(over, _):
            return (over,)
    return ()


def mapped(node: Node, part: Callable[[Node], Node]) -> Node:
    """The same node with `part` applied to each of its direct parts."""
    if isinstance(node, Read | Const):  # most nodes are, and a match asks for all kinds before
        return node
    match node:
        case Add(terms):
            return Add(tuple([part(term) for term in terms]))
        case Mul(factors):
            return Mul(tuple([part(factor) for factor in factors]))
        case Neg(arg):
            return Neg(part(arg))
        case Div(above, below):
            return Div(part(above), part(below))
        case Pow(base, exponent):
            return Pow(part(base), part(exponent))
        case Call(function, args):
            return Call(function, tuple([part(arg) for arg in args]))
        case Cases(branches):
            return Cases(tuple([Branch(part(b.value), part(b.left), b.relation, part(b.right)) for b in branches]))
        case Reduce() | Soft():
            return replace(node, body=part(node.body))
        case Wins(over, _):
            gathered = part(over)
            assert isinstance(gathered, Reduce)
            return replace(node, over=gathered)
        case Ref() | Var() | Position() | Count() | Counter():
            return node
    raise TypeError(f"unknown formula {node!r}")


def indices(node: Node) -> tuple[Affine, ...]:
    """The affine forms that stand in a node itself, not in its parts."""
    match node:
        case Read(_, index, _):
            return index
        case Position(form):
            return (form,)
        case Reduce(_, _, _, conditions) | Soft(_, _, _, conditions):
            return tuple(condition.form for condition in conditions)
        case Wins(_, position):
            return position
    return ()


def walk(node: Node) -> Iterator[Node]:
    """A formula and all its parts, from left to right."""
    yield node
    for part in parts(node):
        yield from walk(part)


def reads(node: Node) -> Iterator[Read]:
    """Every element that a formula reads as a number, from left to right."""
    return (part for part in walk(node) if isinstance(part, Read))


def looked_up(node: Node) -> Iterator[Table]:
    """Every whole number that a formula looks up in a table for an index."""
    for part in walk(node):
        for form in indices(part):
            yield from tables(form)


def bound(node: Node) -> tuple[str, ...]:
    """The letters that a node binds for its parts."""
    return node.letters if isinstance(node, Reduce) else ()


def free_letters(node: Node) -> dict[str, None]:
    """The letters that a formula leaves free, in the order of first appearance."""
    if isinstance(node, Reduce):
        inner = {**free_letters(node.body), **{name: None for form in indices(node) for name in letters(form)}}
        return {name: None for name in inner if name not in node.letters}
    found = {name: None for form in indices(node) for name in letters(form)}
    for part in parts(node):
        found.update(free_letters(part))
    if isinstance(node, Soft):
        found.setdefault(node.letter)
    return found


def put_in(node: Node, known: Mapping[str, Affine]) -> Node:
    """The formula with forms in place of free letters; letters that are bound inside must differ from all of them."""
    if not known:
        return node
    match node:
        case Read(name, index, padded):
            return Read(name, tuple([substitute(form, known) for form in index]), padded)
        case Position(form):
            return Position(substitute(form, known))
        case Reduce(kind, body, inner, conditions):
            left = {name: form for name, form in known.items() if name not in inner}
            return Reduce(kind, put_in(body, left), inner, tuple(substituted(c, left) for c in conditions))
        case Soft(kind, body, letter, conditions):
            renamed = known[letter].letter if letter in known else letter
            if renamed is None:
                raise ValueError("softmax runs over a letter")
            return Soft(kind, put_in(body, known), renamed, tuple(substituted(c, known) for c in conditions))
        case Wins(over, position):
            gathered = put_in(over, known)
            assert isinstance(gathered, Reduce)
            return Wins(gathered, tuple(substitute(form, known) for form in position))
    return mapped(node, lambda part: put_in(part, known))


class Fresh:
    """Makes letters that no formula uses yet.

    >>> fresh = Fresh(["k"])
    >>> fresh("k"), fresh("k"), fresh("i")
    ("k'1", "k'2", 'i')
    """

    def __init__(self, taken: Mapping[str, object] | list[str] | tuple[str, ...] = ()) -> None:
        self._taken = set(taken)

    def __call__(self, name: str) -> str:
        stem = stem_of(name)
        found, number = stem, 0
        while found in self._taken:
            number += 1
            found = f"{stem}'{number}"
        self._taken.add(found)
        return found


def stem_of(letter: str) -> str:
    """The letter as it is written."""
    return letter.partition("'")[0]


def with_new_letters(node: Node, fresh: Callable[[str], str], ranges: dict[str, Range]) -> Node:
    """The formula with new letters wherever it binds some; notes their ranges."""
    if isinstance(node, Reduce):
        new = {name: fresh(name) for name in node.letters}
        for name, other in new.items():
            ranges[other] = ranges[name]
        known = {name: Affine(0, ((other, 1),)) for name, other in new.items()}
        body = put_in(with_new_letters(node.body, fresh, ranges), known)
        conditions = tuple(substituted(c, known) for c in node.conditions)
        return Reduce(node.kind, body, tuple(new.values()), conditions)
    return mapped(node, lambda part: with_new_letters(part, fresh, ranges))
