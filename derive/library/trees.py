"""Texts of the library as formulas of single numbers: what the tables of activations and losses are made of.

Decides how an expression of the language becomes a tree that keeps its order: names are formal variables, functions of
the library are written out, choices become cases. Here an element of an array is the one number that its name stands
for; `elements` writes equations out for every element.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

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


@lru_cache(maxsize=500)
def lines_of(text: str, update: bool = False) -> tuple[syntax.SourceLine, ...]:
    """The lines of a text of the library, which may calculate an index left of =; `update` is for optimisers."""
    return parse(text, update=update, library=True)


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
    return Trees(names).tree(_right(f"value = {text.strip()}"))


def definition(row: Row, names: Mapping[str, Node] | None = None) -> tuple[tuple[str, ...], Node]:
    """The arguments of a function of the library, and its value in formal variables of their names."""
    (line,) = lines_of(row.equations)
    assert isinstance(line, syntax.Function)
    return line.parameters, Trees(names or {name: Var(name) for name in line.parameters}).tree(line.right)


def renewals(text: str, names: Mapping[str, Node]) -> Iterator[tuple[str, Node]]:
    """What an update of one number makes, line by line, each with its formula; p' is the new p.

    >>> dict(renewals("p' = p - g", {"p": Var("w"), "g": Var("G")})) == {"p'": add(Var("w"), Neg(Var("G")))}
    True
    """
    for line in lines_of(text, update=True):
        if isinstance(line, syntax.Equation):
            yield line.name + "'" * line.primed, Trees(names).tree(line.right)


def falling_rate(kind: str, start: Node, decay: Node, made: Node) -> Node:
    """The learning rate of a step that falls in this way: how it started, and how many updates were made before."""
    text = rows("part")["falling_learning_rate"].text({"kind": kind})
    return Trees({"start": start, "decay": decay, "made": made}).tree(_right(text.strip()))


def contribution(text: str, names: Mapping[str, Node], count: Node) -> Node:
    """What one output contributes to a loss: the sum or the mean without its range, over `count` outputs.

    The contributions add up to the loss because a sum is only multiplied by numbers; ValueError where it is not so.

    >>> contribution("L = -mean(y[j]^2 for j)", {"y": Var("a")}, Var("n")) == Neg(mul(Div(ONE, Var("n")),
    ...     Pow(Var("a"), Const(Fraction(2)))))
    True
    """
    return _of_one(_right(text.strip()), names, count)


def _right(text: str) -> syntax.Expression:
    """The right side of a text that is one equation."""
    (line,) = lines_of(text)
    assert isinstance(line, syntax.Equation)
    return line.right


def _of_one(value: syntax.Expression, names: Mapping[str, Node], count: Node) -> Node:
    match value:
        case syntax.Negative(arg):
            return Neg(_of_one(arg, names, count))
        case syntax.Reduction("sum", body, syntax.Clauses((syntax.Bind(letter, None, None),), ())):
            return _OneElement(names, letter).tree(body)
        case syntax.Reduction("mean", body, syntax.Clauses((syntax.Bind(letter, None, None),), ())):
            return _shared(_OneElement(names, letter).tree(body), Div(ONE, count))
        case syntax.Chain(first, (*before, ("*", last))):
            front = Trees(names).tree(syntax.Chain(first, tuple(before)) if before else first)
            if isinstance(front, Const):
                return mul(front, _of_one(last, names, count))
    raise ValueError("a loss of outputs is a sum or a mean over them, at most times a number")


@dataclass(frozen=True)
class Trees:
    """Reads expressions as trees; names stand for these formulas."""

    names: Mapping[str, Node]

    def named(self, name: str) -> Node:
        if name not in self.names:
            raise ValueError(f"nothing in the row is called {name}")
        return self.names[name]

    def item(self, value: syntax.Item) -> Node:
        """An element of an array."""
        raise ValueError(f"{value!r} is no single number")

    def tree(self, value: syntax.Expression) -> Node:
        """The tree of an expression; ValueError where it is no formula of single numbers."""
        match value:
            case syntax.Item():
                return self.item(value)
            case syntax.Chain():
                return self.chained(value)
            case syntax.Name(name):
                return self.named(name)
            case syntax.Number(number, text):
                return Written(number, text) if "." in text else Const(number)
            case syntax.Sum(terms):
                return self.total([self.tree(term) if sign > 0 else Neg(self.tree(term)) for sign, term in terms])
            case syntax.Negative(syntax.Number(number)) if number.denominator == 1:
                return Const(-number)
            case syntax.Negative(arg):
                return Neg(self.tree(arg))
            case syntax.Power(base, exponent):
                return Pow(self.tree(base), self.tree(exponent))
            case syntax.Applied():
                return self.applied(value)
            case syntax.Choice():
                return Cases(tuple(self._branches(value)))
            case syntax.Pi():
                return Call("pi", ())
        return self.gathered(value)

    def total(self, terms: Sequence[Node]) -> Node:
        return add(*terms)

    def gathered(self, value: syntax.Expression) -> Node:
        """What a range of an array comes to."""
        raise ValueError(f"{value!r} is no formula of single numbers")

    def chained(self, value: syntax.Chain) -> Node:
        """Factors from left to right; a quotient of two whole numbers is one number."""
        node = self.tree(value.first)
        for sign, factor in value.rest:
            other = self.tree(factor)
            if sign == "*":
                node = mul(node, other)
            elif sign != "/":
                raise ValueError(f"{sign} stands between whole arrays")
            elif type(node) is Const and type(other) is Const:
                node = Const(node.value / other.value)
            else:
                node = Div(node, other)
        return node

    def _branches(self, choice: syntax.Choice) -> list[Branch]:
        """The cases of a choice; of choices inside each other one after the other, the last one is what is left."""
        left, right = self.tree(choice.left), self.tree(choice.right)
        first = Branch(self.tree(choice.then), left, choice.relation, right)
        if not isinstance(choice.otherwise, syntax.Choice):
            return [first, Branch(self.tree(choice.otherwise), left, OPPOSITE[choice.relation], right)]
        *more, last = self._branches(choice.otherwise)
        return [first, *more, Branch(last.value, ZERO, "=", ZERO)]

    def applied(self, value: syntax.Applied) -> Node:
        """A function of the table, or one of the library written out."""
        given = [self.tree(arg) for arg in value.args]
        if value.function in EVERY:
            return Call(value.function, tuple(given))
        row = rows("function")[value.function]
        parameters, body = definition(row)
        inside: dict[str, Node] = {key: written(number) for key, number in row.numbers.items()}
        inside |= dict(zip(parameters, given, strict=False)) | {key: self.tree(arg) for key, arg in value.named}
        return bind(body, inside)


@dataclass(frozen=True)
class _OneElement(Trees):
    """Reads what stands inside a sum; an array at its letter is the one number that its name stands for."""

    letter: str

    def item(self, value: syntax.Item) -> Node:
        if value.index != (syntax.Letter(self.letter),):
            raise ValueError(f"inside the sum over {self.letter}, {value.name} stands at another index")
        return self.named(value.name)


def _shared(node: Node, share: Node) -> Node:
    """A share of a formula; of cases, of every case."""
    if isinstance(node, Cases):
        return Cases(tuple(replace(b, value=_shared(b.value, share)) for b in node.branches))
    return node if node == ZERO else mul(share, node)
