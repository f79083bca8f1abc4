"""The printer: one walk over a formula decides signs and brackets; the dialect spells the pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from derive.expression import (
    NOTHING,
    ONE,
    Add,
    Apply,
    Blank,
    Branch,
    Call,
    Cases,
    Const,
    Div,
    Group,
    Hadamard,
    MatMul,
    Matrix,
    MatrixName,
    Mul,
    Neg,
    Node,
    Partial,
    Pow,
    Ref,
    Shown,
    Slot,
    SumOver,
    Transpose,
    Var,
    Wording,
    Written,
    mul,
)
from derive.formula.dialect import ATOM, POWER, PRODUCT, SUM, Dialect, Printed
from derive.formula.marks import DIGITS, Mark
from derive.formula.nodes import Answered, Gathered, Holds, Named, Relation, Tinted
from derive.formula.text import Text
from derive.notation import Name, Namer, index_name
from derive.palette import RoleName
from derive.quantity import DERIVATIVES, Quantity

GREEK = {"epsilon": r"\varepsilon"}
"""Formal variables that are Greek letters."""
SPELT_OUT: Mapping[str, tuple[str, Name]] = {
    "exp": ("e", Name(r"\exp", "exp")),
    "sigmoid": (r"\sigma", Name(r"\operatorname{sigmoid}", "sigmoid")),
}
"""Functions that are written with a letter, what it is, and how they are written where it is a name of the author's."""


def _factors(node: Node) -> tuple[Node, ...]:
    """The factors of a product; anything else is one."""
    return node.factors if isinstance(node, Mul) else (node,)


def _flat(node: Node) -> Node:
    """A product without products inside."""
    return mul(*map(_flat, node.factors)) if isinstance(node, Mul) else node


@dataclass(frozen=True)
class Printer:
    """A dialect and a notation: prints any formula; with `answers` also what belongs into its gaps.

    In a dialect that paints, `by_unit` colours weights by the unit that they lead into.
    """

    dialect: Dialect
    namer: Namer
    answers: bool = False
    by_unit: bool = False

    def __call__(self, node: Node) -> str:
        """The formula as one piece of text."""
        return self.print(node).text

    def print(self, node: Node) -> Printed:
        d = self.dialect
        match node:
            case Ref(quantity):
                return self._painted(d.name(self.namer(quantity)), quantity)
            case Slot():
                return self._owned(d.slot(node.place, node.characters, factor=False), node)
            case Blank(slot):
                return d.blank(Mark(DIGITS, slot.place).text if self.answers else "", slot.characters)
            case Shown(text, _):
                return self._owned(d.number(text), node)
            case Written(_, text):
                return d.number(text)
            case Const(value):
                if value.denominator == 1:
                    return d.number(str(value.numerator))
                above = d.number(str(abs(value.numerator)))
                whole = d.fraction(above, d.number(str(value.denominator)))
                return self._minus(whole) if value < 0 else whole
            case Var(name):
                return d.name(Name(GREEK[name], name) if name in GREEK else index_name(name))
            case Wording(text):
                return d.words(text)
            case Tinted(text, role):
                return d.painted(d.words(text), "", role)
            case MatrixName(kind, layer, example, step):
                whole = d.name(self.namer.matrix(kind, layer, example, step))
                return self._painted(whole, Quantity(kind, layer, None, None, example, step))
            case Add():
                return self._join(self.terms(node))
            case Neg(arg):
                return self._minus(self._at_least(arg, PRODUCT, signed=False))
            case Mul(factors):
                return d.product([*map(self._factor, factors[:-1]), self._factor(factors[-1], last=True)])
            case Div(above, below):
                return d.fraction(self.print(above), self.print(below))
            case Pow(base, exponent):
                return d.power(self._at_least(base, ATOM, signed=False), self.print(exponent))
            case Call(function, (arg,)) if function in SPELT_OUT and self.namer.has(SPELT_OUT[function][0]):
                return d.apply(SPELT_OUT[function][1], self.print(arg), 0)
            case Call(function, args):
                return d.call(function, [self.print(a) for a in args])
            case Group(arg):
                return d.bracket(self.print(arg))
            case Cases(branches):
                return d.cases([(self.print(b.value), self._condition(b)) for b in branches])
            case Partial():
                return self._derivative(node)
            case SumOver(index, last, body):
                return d.sum_over(index_name(index), last, self._at_least(body, PRODUCT, signed=False))
            case Apply(letter, arg, primes):
                return d.apply(Name(*letter), self.print(arg), primes)
            case Matrix(rows):
                return d.matrix([[self.print(entry) for entry in row] for row in rows])
            case MatMul(factors):
                return d.matrix_product([self._at_least(f, PRODUCT, signed=False) for f in factors], hadamard=False)
            case Hadamard(factors):
                return d.matrix_product([self._matrix_factor(f) for f in factors], hadamard=True)
            case Transpose(arg):
                return d.transpose(self.print(arg))
            case Answered(Matrix(rows)):
                return self.print(Matrix(tuple(tuple(Answered(entry) for entry in row) for row in rows)))
            case Answered(result):
                return d.answer(self.print(result))
            case Named(name, key):
                return d.painted(d.name(name), key, self._role(node)) if key and d.bare is not None else d.name(name)
            case Gathered(kind, runs, conditions, body):
                whole = self._at_least(body, PRODUCT, signed=False)
                if isinstance(body, Cases):
                    whole = d.bracket(whole)
                ranges = [(self.print(run.letter), self.print(run.low), self.print(run.high)) for run in runs]
                return d.gathered(kind, ranges, self._relations(conditions), whole)
            case Holds(conditions):
                return d.holds(self._relations(conditions))
        raise TypeError(f"no printed form of {node!r}")

    def _role(self, named: Named) -> RoleName:
        return named.unit if self.by_unit and named.unit is not None else named.role

    def _owned(self, printed: Printed, number: Shown) -> Printed:
        """A number, coloured like the name of whose number it is."""
        match number.of:
            case Named(_, key) as named:
                painted = key and self.dialect.bare is not None
                return self.dialect.painted(printed, key, self._role(named)) if painted else printed
            case None | Node():
                return printed
            case quantity:
                return self._painted(printed, quantity)

    def _painted(self, name: Printed, quantity: Quantity) -> Printed:
        """The name of a quantity, coloured in a dialect that paints."""
        if self.dialect.bare is None:
            return name
        return self.dialect.painted(name, quantity.id, self.namer.role(quantity, self.by_unit))

    def _derivative(self, node: Partial) -> Printed:
        """A derivative as a fraction, painted as one name where it is a quantity of its own, else not at all."""
        d = self.dialect
        inner = self if d.bare is None else replace(self, dialect=d.bare)
        printed = d.derivative(inner.print(node.of), inner.print(node.wrt), node.total)
        match node:
            case Partial(Ref(of), Ref(wrt)) if of.kind == "loss" and wrt.kind in DERIVATIVES:
                return self._painted(printed, wrt.derivative._replace(example=of.example, step=of.step))
            case Partial(Ref(of), Ref(wrt)) if (of.kind, wrt.kind) == ("a", "z") and of.layer == wrt.layer:
                return self._painted(printed, of._replace(kind="da/dz"))
        return printed

    def terms(self, node: Node) -> list[tuple[str, Printed]]:
        """A sum as signs and printed terms; anything else is one term. The first sign is empty."""
        if not isinstance(node, Add):
            return [("", self.print(node))]
        return [(sign, self._term(term, sign)) for sign, term in self._signed(node)]

    def _signed(self, node: Add) -> list[tuple[str, Node]]:
        """The terms of a sum without the minus signs that stand between them."""
        first, *rest = node.terms
        d = self.dialect
        return [("", first), *((d.minus, t.arg) if isinstance(t, Neg) else (d.plus, t) for t in rest)]

    def _term(self, term: Node, sign: str) -> Printed:
        return self._at_least(term, PRODUCT, signed=False) if sign else self.print(term)

    def tokens(self, node: Node, room: float) -> list[tuple[str, Printed]]:
        """The formula in pieces no wider than `room` where sums allow it; a row may begin at a sign."""
        printed = self.print(node)
        if printed.width <= room:
            return [("", printed)]
        match node:
            case Add():
                pieces: list[tuple[str, Printed]] = []
                for sign, term in self._signed(node):
                    whole = self._term(term, sign)
                    if whole == self.print(term):
                        inner = self.tokens(term, room)
                    else:
                        # In brackets; those of a sum may be closed on another row.
                        inner = self._factor_tokens(term, room) if isinstance(term, Add) else [("", whole)]
                    pieces += [(sign, inner[0][1]), *inner[1:]]
                return pieces
            case Neg(arg):
                (_, first), *rest = self._factor_tokens(_flat(arg), room)
                return [("", self._minus(first)), *rest]
            case Mul(factors):
                return self._factor_tokens(mul(*map(_flat, factors)), room)
            case Pow(Add(), _):
                return self._factor_tokens(node, room)
            case Div() if len(beside := self._unbarred(node, room)) > 1:
                return self._factor_tokens(Mul(tuple(beside)), room)
            case Gathered(kind, runs, conditions, body):
                bare = self.print(Gathered(kind, runs, conditions, NOTHING))
                (_, first), *rest = self._factor_tokens(_flat(body), max(room - bare.width, room / 2))
                opened = first._replace(text=bare.text + first.text, width=bare.width + first.width, tall=True)
                return [("", opened), *rest]
        return [("", printed)]

    def _factor_tokens(self, product: Node, room: float) -> list[tuple[str, Printed]]:
        d = self.dialect
        factors = [part for factor in _factors(product) for part in self._unbarred(factor, room)]
        pieces: list[tuple[str, Printed]] = []
        before: Printed | None = None
        for factor in factors:
            printed = self._factor(factor)
            sign = d.times(before, printed) if before is not None else ""
            inner = factor.arg if isinstance(factor, Group) else factor
            if isinstance(inner, Gathered) and factor is factors[-1] and printed.width > room / 2:
                new = self.tokens(inner, room)
            elif isinstance(added := inner.base if isinstance(inner, Pow) else inner, Add) and printed.width > room / 2:
                (_, first), *rest = self.tokens(added, room)
                opened = first._replace(text=d.open_bracket(printed.tall) + first.text, width=first.width + 0.4)
                new = [("", opened), *rest]
                mark, end = new[-1]
                close = Printed(d.close_bracket(printed.tall), ATOM, 0.4)
                close = d.power(close, self.print(inner.exponent)) if isinstance(inner, Pow) else close
                new[-1] = (mark, end._replace(text=end.text + close.text, width=end.width + close.width))
            else:
                new = [("", printed)]
            if pieces and pieces[-1][1].width + new[0][1].width > room:
                pieces += [(d.dot, new[0][1]), *new[1:]]
            elif pieces:
                mark, end = pieces[-1]
                joined = end._replace(text=end.text + sign + new[0][1].text, width=end.width + new[0][1].width + 0.5)
                pieces[-1:] = [(mark, joined), *new[1:]]
            else:
                pieces = new
            before = printed
        return pieces

    def _unbarred(self, factor: Node, room: float) -> list[Node]:
        """A fraction too wide for a row with its sums beside it: no row can begin above its bar."""
        if not isinstance(factor, Div) or self.print(factor).width <= room:
            return [factor]
        sums = [part for part in _factors(factor.numerator) if isinstance(part, Add)]
        others = [part for part in _factors(factor.numerator) if not isinstance(part, Add)]
        return [Div(mul(*others) if others else ONE, factor.denominator), *sums] if sums else [factor]

    @staticmethod
    def _join(parts: Sequence[tuple[str, Printed]]) -> Printed:
        first = parts[0][1]
        text = "".join(sign + part.text for sign, part in parts)
        width = sum(part.width + (1.2 if sign else 0) for sign, part in parts)
        tall, added = any(part.tall for _, part in parts), len(parts) > 1
        return first._replace(text=text, level=SUM, width=width, tall=tall, added=added)

    def _minus(self, inner: Printed) -> Printed:
        return Printed(f"{self.dialect.negative}{inner.text}", SUM, inner.width + 0.8, minus=True, tall=inner.tall)

    def _at_least(self, node: Node, level: int, signed: bool) -> Printed:
        """The printed formula, in brackets if it would fall apart or begin with a minus sign."""
        if isinstance(node, Slot):
            return self._owned(self.dialect.slot(node.place, node.characters, factor=not signed), node)
        printed = self.print(node)
        loose = printed.level < level and not (isinstance(self.dialect, Text) and isinstance(node, Div) and level <= 2)
        if level == ATOM and isinstance(node, Div | Const) and printed.tall:
            loose = True
        return self.dialect.bracket(printed) if loose or (printed.minus and not signed) else printed

    def _factor(self, node: Node, last: bool = False) -> Printed:
        """A factor of a product; only as the `last` one may a sum over a range stand without brackets."""
        printed = self._at_least(node, PRODUCT, signed=False)
        if isinstance(node, Div) and isinstance(self.dialect, Text) and not printed.text.startswith("("):
            return self.dialect.bracket(printed)
        open_ended = isinstance(node, Gathered) and not last and printed.level < ATOM
        if isinstance(node, Cases):
            # One that falls apart in a product has its brackets already.
            open_ended = self.print(node).level >= PRODUCT
        return self.dialect.bracket(printed) if open_ended or isinstance(node, SumOver) else printed

    def _matrix_factor(self, node: Node) -> Printed:
        return self._at_least(node, POWER if isinstance(node, Add | Neg) else PRODUCT, signed=False)

    def _relations(self, conditions: Sequence[Relation]) -> list[Printed]:
        return [self._relation(*condition) for condition in conditions]

    def _condition(self, branch: Branch) -> Printed | None:
        """When a case holds; None for the last one, which holds where no other does."""
        if branch.relation == "=" and branch.left == branch.right:
            return None
        return self._relation(branch.left, branch.relation, branch.right)

    def _relation(self, left: Node, relation: str, right: Node) -> Printed:
        before, after = self.print(left), self.print(right)
        sign = self.dialect.relation(relation)
        return Printed(f"{before.text} {sign} {after.text}", SUM, before.width + after.width + 1.6)
