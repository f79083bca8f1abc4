"""Formulas of the language as SymPy expressions: element steps, equations with indices, matrix forms.

Decides which SymPy object stands for what: an element of an array is `Indexed`, a gathered range `Sum` or `Product`, a
matrix product `MatMul`; an element in a formula without letters is a symbol that is named by its id. No number is
computed here, and nothing is simplified beyond what SymPy does when it makes an expression.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

import sympy
from sympy.matrices.expressions.hadamard import HadamardPower, HadamardProduct

from derive.expression import (
    Add,
    Call,
    Cases,
    Const,
    Div,
    Hadamard,
    MatMul,
    Mul,
    Neg,
    Node,
    Pow,
    Ref,
    Transpose,
    Var,
)
from derive.symbolic import called, variable
from derive.trace.affine import Affine, Condition, Extent, Range, Table
from derive.trace.identity import Identity, element
from derive.trace.indexed import Counter, Equation, Position, Read, Reduce, Soft, Wins, put_in
from derive.trace.matrix import Ones, Whole
from derive.trace.names import Pure
from derive.trace.text import shown_letters

MOST_LISTED = 100
"""Numbers among which a maximum over a range is written out."""

RELATIONS: dict[str, Callable[..., sympy.Basic]] = {
    "<": sympy.Lt,
    "<=": sympy.Le,
    ">": sympy.Gt,
    ">=": sympy.Ge,
    "==": sympy.Eq,
    "!=": sympy.Ne,
}


def is_chosen(best: Callable[..., sympy.Expr], place: sympy.Expr, *among: sympy.Expr) -> sympy.Expr:
    """1 where the number at a place is the one that a maximum or minimum takes: the first one of the best."""
    own = int(place)
    before, after = among[:own], among[own + 1 :]
    strict, weak = (sympy.Gt, sympy.Ge) if best is sympy.Max else (sympy.Lt, sympy.Le)
    wins = [*(strict(among[own], other) for other in before), *(weak(among[own], other) for other in after)]
    return sympy.Piecewise((1, sympy.And(*wins)), (0, True))


class Symbolic:
    """Turns formulas into SymPy expressions.

    `functions` are those of the library and of the author, written out where they are used; `ranges` those of arrays,
    for reads that padding may put outside. With `equation`, its letters have symbols.
    """

    def __init__(
        self,
        functions: Mapping[str, Pure],
        ranges: Mapping[str, tuple[Range, ...]],
        equation: Equation | None = None,
        leaf: Callable[[Identity], sympy.Expr] | None = None,
    ) -> None:
        self.functions, self.ranges, self.equation = functions, ranges, equation
        self.leaf = leaf or (lambda identity: variable(str(identity)))
        names = shown_letters(equation) if equation else {}
        self.letters = {letter: sympy.Symbol(name, integer=True) for letter, name in names.items()}
        self.variables: dict[str, sympy.Expr] = {}

    def __call__(self, node: Node) -> sympy.Expr:
        match node:
            case Const(value):
                return sympy.Rational(value.numerator, value.denominator)
            case Ref(quantity):
                return self.leaf(element(quantity))
            case Var(name):
                return self.variables.get(name, variable(name))
            case Neg(arg):
                return -self(arg)
            case Add(terms):
                return sympy.Add(*map(self, terms))
            case Mul(factors):
                return sympy.Mul(*map(self, factors))
            case Div(above, below):
                return self(above) / self(below)
            case Pow(base, exponent):
                return self(base) ** self(exponent)
            case Call(name, args):
                return self._call(name, [self(arg) for arg in args])
            case Cases(branches):
                lines = [(self(b.value), RELATIONS[b.relation](self(b.left), self(b.right))) for b in branches]
                return sympy.Piecewise(*lines[:-1], (lines[-1][0], True))
            case Read():
                return self._read(node)
            case Position(form):
                return self.form(form)
            case Counter():
                return sympy.Symbol("step", integer=True)
            case Reduce():
                return self._gathered(node)
            case Soft(_, body, letter, conditions):
                other = sympy.Symbol(f"{self.letters[letter]}_", integer=True)
                total = self._where(sympy.exp(self(body)), conditions).subs(self.letters[letter], other)
                low, high = self._equation.ranges[letter]
                total = sympy.Sum(total, (other, low, high))
                own = self(body)
                return own - sympy.log(total) if node.logarithm else sympy.exp(own) / total
            case Wins(over, position):
                bodies, places = self._listed(over)
                at = [self.form(form) for form in position]
                cases = [
                    (is_chosen(_best(over.kind), sympy.Integer(number), *bodies), sympy.And(*map(sympy.Eq, at, place)))
                    for number, place in enumerate(places)
                ]
                return sympy.Piecewise(*cases, (0, True))
        raise TypeError(f"no SymPy form of {node!r}")

    @property
    def _equation(self) -> Equation:
        assert self.equation is not None
        return self.equation

    def _call(self, name: str, args: list[sympy.Expr]) -> sympy.Expr:
        if name in ("is_max", "is_min"):
            return is_chosen(_best(name.removeprefix("is_")), *args)
        own = self.functions.get(name)
        if own is None:
            return called(name, args)
        kept, self.variables = self.variables, dict(zip(own.parameters, args, strict=True))
        found = self(own.body)
        self.variables = kept
        return found

    def form(self, form: Affine) -> sympy.Expr:
        """An index."""
        total = sympy.Integer(form.constant)
        for atom, coefficient in form.terms:
            match atom:
                case str():
                    total += coefficient * self.letters[atom]
                case Table(name, index):
                    total += coefficient * self._element(name, index)
                case Extent(array, axis):
                    low, high = self.ranges[array][axis]
                    total += coefficient * (high - low + 1)
                case _:
                    raise TypeError(f"no SymPy form of {atom!r}")
        return total

    def _element(self, name: str, index: tuple[Affine, ...]) -> sympy.Expr:
        return sympy.IndexedBase(name, real=True)[tuple(map(self.form, index))] if index else variable(name)

    def _read(self, read: Read) -> sympy.Expr:
        found = self._element(read.name, read.index)
        if not read.padded:
            return found
        inside = []
        for form, (low, high) in zip(read.index, self.ranges[read.name], strict=True):
            at = self.form(form)
            inside += [sympy.Ge(at, low), sympy.Le(at, high)]
        return sympy.Piecewise((found, sympy.And(*inside)), (0, True))

    def _where(self, body: sympy.Expr, conditions: tuple[Condition, ...]) -> sympy.Expr:
        if not conditions:
            return body
        holds = [RELATIONS[c.relation](self.form(c.form), 0) for c in conditions]
        return sympy.Piecewise((body, sympy.And(*holds)), (0, True))

    def _gathered(self, node: Reduce) -> sympy.Expr:
        runs = [(self.letters[letter], *self._equation.ranges[letter]) for letter in node.letters]
        match node.kind:
            case "sum":
                body = self._where(self(node.body), node.conditions)
                return sympy.Sum(body, *runs) if runs else body
            case "mean":
                count = self._where(sympy.S.One, node.conditions)
                number = sympy.Sum(count, *runs).doit() if node.conditions else sympy.Mul(*_lengths(runs))
                return sympy.Sum(self._where(self(node.body), node.conditions), *runs) / number
            case "prod":
                body = self(node.body)
                if node.conditions:
                    holds = [RELATIONS[c.relation](self.form(c.form), 0) for c in node.conditions]
                    body = sympy.Piecewise((body, sympy.And(*holds)), (1, True))
                return sympy.Product(body, *runs)
        return _best(node.kind)(*self._listed(node)[0])

    def _listed(self, node: Reduce) -> tuple[list[sympy.Expr], list[tuple[int, ...]]]:
        """The numbers among which a maximum chooses, and their places; conditions must not depend on free letters."""
        spans = [range(low, high + 1) for low, high in (self._equation.ranges[letter] for letter in node.letters)]
        places = list(product(*spans))
        if len(places) > MOST_LISTED or node.conditions:
            raise TypeError("a maximum over a long range, or under conditions, is not written out")
        bodies = [self(put_in(node.body, dict(zip(node.letters, map(Affine, place), strict=True)))) for place in places]
        return bodies, places


def _best(kind: str) -> Callable[..., sympy.Expr]:
    found: Callable[..., sympy.Expr] = {"max": sympy.Max, "min": sympy.Min}[kind]
    return found


def _lengths(runs: list[tuple[sympy.Symbol, int, int]]) -> list[int]:
    return [high - low + 1 for _, low, high in runs]


def index_equation(
    equation: Equation, functions: Mapping[str, Pure], ranges: Mapping[str, tuple[Range, ...]]
) -> sympy.Eq:
    """An equation with its letters: `Eq(dL/dK[i, j], Sum(...))`."""
    symbolic = Symbolic(functions, ranges, equation)
    left = symbolic(Read(equation.name, equation.left))
    return sympy.Eq(left, symbolic(equation.right), evaluate=False)


def matrix_expression(node: Node, ranges: Mapping[str, tuple[Range, ...]], equation: Equation) -> sympy.Expr:
    """A matrix form as an expression of whole matrices; vectors are columns."""

    def lengths(name: str) -> list[int]:
        return [high - low + 1 for low, high in ranges[name]]

    def expression(part: Node) -> sympy.Expr:
        match part:
            case Whole(name):
                shape = lengths(name)
                return sympy.MatrixSymbol(name, *shape, *[1] * (2 - len(shape))) if shape else variable(name)
            case Ones(letter):
                low, high = equation.ranges[letter]
                return sympy.OneMatrix(high - low + 1, 1)
            case Const(value):
                return sympy.Rational(value.numerator, value.denominator)
            case Transpose(arg):
                return expression(arg).T
            case Neg(arg):
                return -expression(arg)
            case Add(terms):
                found = list(map(expression, terms))
                shapes = [one.shape for one in found if one.is_Matrix]
                if not shapes:
                    return sympy.Add(*found)
                return sympy.MatAdd(*(one if one.is_Matrix else one * sympy.OneMatrix(*shapes[0]) for one in found))
            case MatMul(factors):
                return sympy.MatMul(*map(expression, factors))
            case Hadamard(factors):
                return HadamardProduct(*map(expression, factors))
            case Mul(factors):
                found = list(map(expression, factors))
                matrices = [one for one in found if one.is_Matrix]
                return sympy.Mul(*(one for one in found if not one.is_Matrix)) * (matrices[0] if matrices else 1)
            case Div(above, below):
                over, under = expression(above), expression(below)
                if not under.is_Matrix:
                    return over / under
                turned = HadamardPower(under, -1)
                return HadamardProduct(over, turned) if over.is_Matrix else over * turned
            case Pow(base, exponent):
                inner = expression(base)
                return HadamardPower(inner, expression(exponent)) if inner.is_Matrix else inner ** expression(exponent)
            case Call(name, (arg,)):
                inner = expression(arg)
                return inner.applyfunc(lambda x: called(name, [x])) if inner.is_Matrix else called(name, [inner])
        raise TypeError(f"no SymPy form of {part!r}")

    return expression(node)
