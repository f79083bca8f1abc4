"""The matrix form of an equation: products, outer products and elementwise products in place of indices.

A summed letter that two groups of factors share is a product, two groups with one free letter each are an outer
product, groups with the same letters are multiplied element by element. Vectors are columns. Decides which equations
have such a form; the others have none, and none is guessed. Whoever shows a form compares it with the index form on
numbers first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from derive.expression import ONE, Add, Call, Const, Div, Hadamard, MatMul, Mul, Neg, Node, Pow, Transpose, Written, add
from derive.functions import FUNCTIONS
from derive.trace.affine import Range
from derive.trace.indexed import Equation, Read, Reduce, free_letters, mapped, reads, walk

Letters = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Whole(Node):
    """A whole array by its name: a matrix, a column, or a number."""

    name: str


@dataclass(frozen=True, slots=True)
class Ones(Node):
    """A column of ones, as long as a letter runs: a product with it adds up a row."""

    letter: str


@dataclass(frozen=True, slots=True)
class _Group:
    """A matrix or a column with the letters of its rows and columns; a number has none."""

    letters: Letters
    node: Node

    def turned(self, letters: Letters) -> Node:
        """The group with its letters in this order."""
        return self.node if self.letters == letters else transposed(self.node)


def transposed(node: Node) -> Node:
    """The transpose; that of a product is the product of the transposes, turned round."""
    match node:
        case Transpose(arg):
            return arg
        case MatMul((left, right)):
            return MatMul((transposed(right), transposed(left)))
    return Transpose(node)


class _NoForm(Exception):
    """An equation that has no matrix form."""


def matrix_form(equation: Equation, ranges: Mapping[str, tuple[Range, ...]]) -> Node | None:
    """The right side of an equation in whole arrays; None where it has no such form.

    `ranges` are those of all arrays: every letter must run over the whole of what it is an index of.

    >>> from derive.trace.affine import letter
    >>> i, j = letter("i"), letter("j")
    >>> body = Mul((Read("W", (j, i)), Read("x", (i,))))
    >>> equation = Equation("z", (j,), Reduce("sum", body, ("i",)), {"i": (1, 2), "j": (1, 3)})
    >>> matrix_text(matrix_form(equation, {"z": ((1, 3),), "W": ((1, 3), (1, 2)), "x": ((1, 2),)}))
    'W@x'
    """
    left = tuple(form.letter or "" for form in equation.left)
    if equation.conditions or "" in left or len(set(left)) < len(left) or len(left) > 2:
        return None
    for read in (Read(equation.name, equation.left), *reads(equation.right)):
        for form, span in zip(read.index, ranges[read.name], strict=True):
            if form.letter is None or equation.ranges[form.letter] != span:
                return None
    try:
        return _sum(equation.right, left)
    except _NoForm:
        return None


def _sum(node: Node, left: Letters) -> Node:
    """A sum of terms, each over its own letters."""
    match node:
        case Add(terms):
            return add(*[_sum(term, left) for term in terms])
        case Neg(arg):
            return Neg(_sum(arg, left))
        case Reduce("sum", body, letters, ()) if letters:
            return _term(body, letters, left)
        case Div(Reduce() as above, below) if not free_letters(below):
            return Div(_sum(above, left), _number(below))
        case Mul((*factors, Reduce() as last)) if not any(free_letters(factor) for factor in factors):
            return _product([_number(factor) for factor in factors], _sum(last, left))
    if not any(isinstance(part, Reduce) for part in walk(node)):
        alone = _elementwise(node)
        if alone is not None and alone.letters in (left, left[::-1]):
            return alone.turned(left)
    return _term(node, (), left)


def _factors(node: Node) -> tuple[list[Node], list[Node]]:
    """What is multiplied and what is divided by."""
    match node:
        case Mul(factors):
            pairs = [_factors(factor) for factor in factors]
            return [f for above, _ in pairs for f in above], [f for _, below in pairs for f in below]
        case Div(above, below):
            over, under = _factors(above)
            more, turned = _factors(below)
            return [*over, *turned], [*under, *more]
    return [node], []


def _term(node: Node, summed: Letters, left: Letters) -> Node:
    """One product, summed over letters."""
    if isinstance(node, Neg):
        return Neg(_term(node.arg, summed, left))
    above, below = _factors(node)
    if any(free_letters(factor) for factor in below):
        raise _NoForm
    numbers: list[Node] = []
    groups: list[_Group] = []
    for factor in above:
        inner = _elementwise(factor)
        if inner is None:
            raise _NoForm
        if inner.letters:
            groups.append(inner)
        elif inner.node != ONE:
            numbers.append(inner.node)
    groups = _joined(groups)
    for letter in summed:
        groups = _joined(_contracted(groups, letter))
    found = _outer([group for group in groups if group.letters], left)
    numbers += [group.node for group in groups if not group.letters]
    product = Mul((*numbers, found)) if numbers and found is not None else _product(numbers, found)
    return Div(product, _product([_number(factor) for factor in below], None)) if below else product


def _number(factor: Node) -> Node:
    inner = _elementwise(factor)
    if inner is None or inner.letters:
        raise _NoForm
    return inner.node


def _product(numbers: Sequence[Node], found: Node | None) -> Node:
    every = [*numbers, *([found] if found is not None else [])]
    return Mul(tuple(every)) if len(every) > 1 else every[0] if every else ONE


def _elementwise(node: Node) -> _Group | None:
    """A factor whose elements stand at the same letters everywhere, or a number; None for anything else."""
    letters: Letters = ()
    for part in walk(node):
        match part:
            case Read(_, index, padded) if index:
                here = tuple(form.letter or "" for form in index)
                if padded or "" in here or len(set(here)) < len(here) or len(here) > 2 or letters not in ((), here):
                    return None
                letters = here
            case Call(name, args) if len(args) != 1 or name not in FUNCTIONS:
                return None
            case Read() | Const() | Add() | Mul() | Neg() | Div() | Pow() | Call():
                pass
            case _:
                return None
    if set(free_letters(node)) != set(letters):
        return None
    if any(not read.index for read in reads(node)) and letters and not isinstance(node, Read):
        return None  # a number beside an array element by element would be repeated
    return _Group(letters, _whole(node))


def _whole(node: Node) -> Node:
    """A factor with whole arrays in place of their elements; products of arrays are element by element."""
    match node:
        case Read(name, _, _):
            return Whole(name)
        case Const():
            return node
        case Mul(factors):
            arrays = [_whole(factor) for factor in factors if free_letters(factor)]
            numbers = [_whole(factor) for factor in factors if not free_letters(factor)]
            if len(arrays) > 1:
                return _product(numbers, Hadamard(tuple(arrays)))
    return mapped(node, _whole)


def _joined(groups: Sequence[_Group]) -> list[_Group]:
    """Groups with the same letters multiplied element by element."""
    found: list[_Group] = []
    for group in groups:
        for place, other in enumerate(found):
            if set(other.letters) == set(group.letters):
                product = Mul if not group.letters else Hadamard
                found[place] = _Group(other.letters, product((other.node, group.turned(other.letters))))
                break
        else:
            found.append(group)
    return found


def _contracted(groups: Sequence[_Group], letter: str) -> list[_Group]:
    """The sum over a letter: a product of the two groups that share it, or of one with a column of ones."""
    sharing = [group for group in groups if letter in group.letters]
    rest = [group for group in groups if letter not in group.letters]
    match sharing:
        case [_Group((_,), Hadamard((one, other)))]:
            return [*rest, _Group((), MatMul((transposed(one), other)))]
    if len(sharing) == 1:
        sharing.append(_Group((letter,), Ones(letter)))
    if len(sharing) != 2:
        raise _NoForm
    first, second = sharing
    rows = tuple(name for name in first.letters if name != letter)
    columns = tuple(name for name in second.letters if name != letter)
    if not rows and columns:
        first, second, rows, columns = second, first, columns, rows
    one, other = first.turned((*rows, letter)), second.turned((letter, *columns))
    if not rows:
        one = Transpose(one)
    return [*rest, _Group((*rows, *columns), MatMul((one, other)))]


def _outer(groups: Sequence[_Group], left: Letters) -> Node | None:
    """What is left: one group with all free letters, or an outer product of two columns."""
    if not groups:
        if left:
            raise _NoForm
        return None
    if len(groups) == 1 and set(groups[0].letters) == set(left):
        return groups[0].turned(left)
    if len(groups) == 2 and len(left) == 2 and all(len(group.letters) == 1 for group in groups):
        by_letter = {group.letters[0]: group.node for group in groups}
        if set(by_letter) == set(left):
            return MatMul((by_letter[left[0]], transposed(by_letter[left[1]])))
    raise _NoForm


def matrix_text(node: Node) -> str:
    """A matrix form in the notation of the language; ∘ multiplies element by element.

    >>> matrix_text(Hadamard((Whole("d"), MatMul((Transpose(Whole("W")), Whole("e"))))))
    'd∘(W.T@e)'
    """

    def inner(part: Node) -> str:
        shown = matrix_text(part)
        return f"({shown})" if isinstance(part, Add | MatMul | Hadamard | Mul | Div | Neg) else shown

    match node:
        case Whole(name):
            return name
        case Ones():
            return "1"
        case Written(_, text):
            return text
        case Const(value):
            return str(value)
        case Transpose(arg):
            return f"{inner(arg)}.T"
        case MatMul(factors):
            return "@".join(map(inner, factors))
        case Hadamard(factors):
            return "∘".join(map(inner, factors))
        case Mul(factors):
            return "*".join(map(inner, factors))
        case Div(above, below):
            return f"{inner(above)}/{inner(below)}"
        case Pow(base, exponent):
            return f"{inner(base)}^{inner(exponent)}"
        case Neg(arg):
            return f"-{inner(arg)}"
        case Call(name, args):
            return f"{name}({', '.join(map(matrix_text, args))})"
        case Add((first, *rest)):
            shown = matrix_text(first)
            for term in rest:
                shown += f" - {inner(term.arg)}" if isinstance(term, Neg) else f" + {matrix_text(term)}"
            return shown
    raise TypeError(f"no text for {node!r}")
