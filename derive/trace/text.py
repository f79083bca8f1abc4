"""Equations as text in the language: how an equation and its derivatives are read back.

Decides brackets and the letters that are shown: those of one name are told apart by other letters. What the language
cannot say (a condition without a sum, the winner of a maximum) is written so that a reader understands it.
"""

from __future__ import annotations

from collections.abc import Mapping

from derive.expression import Add, Call, Cases, Const, Div, Mul, Neg, Node, Pow, Ref, Var, Written
from derive.trace.affine import Affine, Condition, Extent, Table, Times, letters
from derive.trace.indexed import Counter, Equation, Position, Read, Reduce, Soft, Wins, indices, reads, stem_of, walk

SPARE = "ijklmnpqrstuvwabcfgh"
"""Letters that are taken where one is needed twice."""
SUM, PRODUCT, SIGN, POWER, ATOM = range(5)
"""How tightly a formula holds together."""


def shown_letters(equation: Equation) -> dict[str, str]:
    """How every letter of an equation is written, each differently.

    Letters left of = keep their names, the others as far as possible; a new letter is no name that is read.
    """
    found: dict[str, str] = {}
    names = list(equation.letters)
    for node in walk(equation.right):
        names.extend(name for form in indices(node) for name in letters(form))
        if isinstance(node, Reduce):
            names.extend(node.letters)
    taken: set[str] = set()
    read = {one.name for one in reads(equation.right)}
    for name in dict.fromkeys(names):
        stem = stem_of(name)
        if stem in taken:
            stem = next((spare for spare in SPARE if spare not in taken and spare not in read), name.replace("'", "_"))
        found[name] = stem
        taken.add(stem)
    return found


def text(equation: Equation, ranges: bool = False) -> str:
    """An equation as it would be written; with `ranges` also how far its letters run.

    >>> from derive.trace.affine import letter
    >>> text(Equation("y", (letter("k"),), Neg(Read("x", (letter("k"),))), {"k": (1, 3)}), ranges=True)
    'y[k] = -x[k] for k in 1..3'
    """
    writer = _Writer(shown_letters(equation), equation)
    left = equation.name + writer.index(equation.left)
    shown = f"{left} = {writer(equation.right)}"
    runs = [writer.run(name) for name in equation.letters] if ranges else []
    if equation.conditions:
        runs = runs or [writer.names[name] for name in equation.letters]
    conditions = writer.conditions(equation.conditions)
    return f"{shown} for {', '.join(runs)}{conditions}" if runs else shown + conditions


class _Writer:
    def __init__(self, names: Mapping[str, str], equation: Equation) -> None:
        self.names, self.equation = names, equation

    def __call__(self, node: Node, level: int = SUM) -> str:
        shown, own = self._node(node)
        return f"({shown})" if own < level else shown

    def _node(self, node: Node) -> tuple[str, int]:
        match node:
            case Written(_, text):
                return text, ATOM
            case Const(value):
                if value.denominator == 1:
                    return str(value), ATOM if value >= 0 else SIGN
                return f"{value.numerator}/{value.denominator}", PRODUCT
            case Read(name, index, padded):
                shown = name + self.index(index)
                return (f"pad({shown})" if padded else shown), ATOM
            case Ref(quantity):
                return str(quantity), ATOM
            case Var(name):
                return name, ATOM
            case Counter():
                return "step", ATOM
            case Position(form):
                return self.form(form), ATOM if form.letter or form.number is not None else SUM
            case Add(terms):
                return self._sum(terms), SUM
            case Neg(arg):
                return f"-{self(arg, PRODUCT)}", SIGN if not isinstance(arg, Mul | Div) else PRODUCT
            case Mul(factors):
                return "*".join(
                    self(factor, SIGN if place else PRODUCT) for place, factor in enumerate(factors)
                ), PRODUCT
            case Div(above, below):
                return f"{self(above, PRODUCT)}/{self(below, POWER)}", PRODUCT
            case Pow(base, exponent):
                return f"{self(base, ATOM)}^{self(exponent, POWER)}", POWER
            case Call("pi", ()):
                return "pi", ATOM
            case Call(name, args):
                return f"{name}({', '.join(map(self, args))})", ATOM
            case Cases((first, second)):
                condition = f"{self(first.left)} {first.relation} {self(first.right)}"
                return f"if({condition}, {self(first.value)}, {self(second.value)})", ATOM
            case Reduce(kind, body, inner, conditions):
                runs = f" for {', '.join(map(self.run, inner))}" if inner else ""
                shown = f"{self(body)}{runs}{self.conditions(conditions)}"
                return (f"{kind}({shown})" if inner else f"({shown})"), ATOM
            case Soft(kind, body, over, conditions):
                return f"{kind}({self(body)} over {self.names[over]}{self.conditions(conditions)})", ATOM
            case Wins(over, position):
                place = ", ".join(map(self.form, position))
                inner_names = ", ".join(self.names[name] for name in over.letters)
                return f"[{self(over)} is taken at {inner_names} = {place}]", ATOM
        raise TypeError(f"no text for {node!r}")

    def _sum(self, terms: tuple[Node, ...]) -> str:
        shown = self(terms[0], SUM)
        for term in terms[1:]:
            sign, inner = ("-", term.arg) if isinstance(term, Neg) else ("+", term)
            shown += f" {sign} {self(inner, PRODUCT)}"
        return shown

    def run(self, name: str) -> str:
        low, high = self.equation.ranges[name]
        return f"{self.names[name]} in {low}..{high}"

    def index(self, index: tuple[Affine, ...]) -> str:
        return f"[{','.join(map(self.form, index))}]" if index else ""

    def form(self, form: Affine) -> str:
        shown = ""
        for atom, coefficient in sorted(form.terms, key=lambda term: term[1] < 0):
            match atom:
                case str():
                    name = self.names[atom]
                case Table(table, index):
                    name = table + self.index(index)
                case Extent(array, axis):
                    name = f"size({array}, {axis + 1})"
                case Times(extent, inner):
                    name = f"size({extent.name}, {extent.axis + 1})*({self.form(inner)})"
            part = name if abs(coefficient) == 1 else f"{abs(coefficient)}*{name}"
            shown += part if not shown and coefficient > 0 else f"{'-' if coefficient < 0 else '+'}{part}"
        if not shown:
            return str(form.constant)
        return shown + (f"{form.constant:+d}" if form.constant else "")

    def conditions(self, conditions: tuple[Condition, ...]) -> str:
        return f" if {' and '.join(map(self.condition, conditions))}" if conditions else ""

    def condition(self, condition: Condition) -> str:
        """What stands on each side of the relation has no minus sign where that can be."""
        left = Affine(0, tuple((atom, c) for atom, c in condition.form.terms if c > 0))
        right = Affine(0, tuple((atom, -c) for atom, c in condition.form.terms if c < 0))
        constant = condition.form.constant
        left, right = (left.plus(constant), right) if constant > 0 else (left, right.plus(-constant))
        return f"{self.form(left)} {condition.relation} {self.form(right)}"
