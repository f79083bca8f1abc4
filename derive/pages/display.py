"""Equations as formulas that are printed: letters, names and ranges get their spelling here.

Decides what an indexed formula looks like on paper: a mean is a sum in front of which stands 1/n, a softmax the share
of an exponential. It computes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod

from derive.expression import (
    ONE,
    Add,
    Apply,
    Branch,
    Call,
    Cases,
    Const,
    Div,
    Letter,
    Mul,
    Neg,
    Node,
    Pow,
    Ref,
    Shown,
    Var,
    Wording,
    Written,
    call,
    const,
    mul,
    sub,
)
from derive.formula import SPELT_OUT, Gathered, Holds, Named, Relation, Run
from derive.notation import Name
from derive.notation.author import AuthorNames, Spelt, letter_name
from derive.trace.affine import Affine, Condition, Range, Table, letters
from derive.trace.affine import letter as affine_letter
from derive.trace.identity import Identity, Symbol
from derive.trace.indexed import Counter, Equation, Position, Read, Reduce, Soft, Wins, put_in, reads, stem_of
from derive.trace.local import WINS
from derive.trace.matrix import Whole
from derive.trace.text import SPARE, shown_letters
from derive.trace.unroll import identity

RELATIONS = {"==": "="}
STEP = Named(Name(r"\mathrm{step}", "step"))
CHOICES = {choice: name for name, choice in WINS.items()}
"""The functions that say which number a maximum or minimum takes."""
DOTS = Wording("…")
Value = Callable[[Identity], Node]


@dataclass(frozen=True)
class Scene:
    """What stands around a formula: how its letters are written, how far they run, the numbers put in, if any."""

    letters: Mapping[str, str]
    ranges: Mapping[str, Range]
    value: Value | None = None


NO_LETTERS = Scene({}, {})


class Display:
    """Spells the formulas of one problem after `step` updates; `fixed` are the names that no update moves."""

    def __init__(self, names: AuthorNames, fixed: Collection[str] = (), step: int = 0) -> None:
        self.names, self.fixed, self.step = names, fixed, step

    # -- names

    @staticmethod
    def named(spelt: Spelt) -> Named:
        return Named(spelt.name, spelt.key, spelt.role, spelt.unit)

    def after(self, step: int) -> Display:
        """The spelling after some updates."""
        return self if step == self.step else Display(self.names, self.fixed, step)

    def symbol(self, symbol: Symbol) -> Named:
        """The name of an element."""
        return self.named(self.names.element(symbol.name, [str(at) for at in symbol.indices], self.made(symbol.name)))

    def whole(self, name: str) -> Named:
        """The name of a whole array."""
        return self.named(self.names.whole(name, self.made(name)))

    def made(self, name: str) -> int:
        """How many updates made what bears a name."""
        return 0 if name in self.fixed else self.step

    def general(self, name: str, letters: tuple[str, ...]) -> Named:
        """An element at letters: W_{j,i}."""
        return self.named(self.names.element(name, [letter_name(letter) for letter in letters]))

    # -- equations

    def scene(self, equation: Equation) -> Scene:
        return Scene(shown_letters(equation), equation.ranges)

    def left(self, equation: Equation) -> Node:
        scene = self.scene(equation)
        return self._read(Read(equation.name, equation.left), scene)

    def reading(self, name: str, index: tuple[Affine, ...], equation: Equation) -> Node:
        """An element at the indices at which an equation reads it."""
        return self._read(Read(name, index), self.scene(equation))

    def right(self, equation: Equation) -> Node:
        return self(equation.right, self.scene(equation))

    def conditions(self, equation: Equation) -> list[Relation]:
        scene = self.scene(equation)
        conditions = equation.conditions
        if isinstance(equation.right, Soft):
            conditions = (*conditions, *equation.right.conditions)
        return [self._relation(condition, scene) for condition in dict.fromkeys(conditions)]

    # -- formulas

    def __call__(self, node: Node, scene: Scene = NO_LETTERS) -> Node:
        """The formula as it is printed, with the numbers of the scene put in."""

        def part(inner: Node) -> Node:
            return self(inner, scene)

        match node:
            case Ref():
                found = identity(node)
                return self.symbol(found.of) if scene.value is None else scene.value(found)
            case Read():
                # That one outside of its array is 0 stands in a sentence beside.
                return self._read(node, scene)
            case Position(form):
                return self._form(form, scene)
            case Counter():
                return STEP
            case Var(name):
                return Named(letter_name(name))
            case Const() | Shown() | Wording() | Named():
                return node
            case Add(terms):
                return Add(tuple(map(part, terms)))
            case Mul(factors):
                return Mul(tuple(map(part, factors)))
            case Neg(arg):
                return Neg(part(arg))
            case Div(above, below):
                first, rest = self.before(above)
                return mul(*map(part, first), Div(part(rest), part(below)))
            case Pow(base, exponent):
                return Pow(part(base), part(exponent))
            case Call(name, args):
                return self.function(name, tuple(map(part, args)))
            case Cases(branches):
                return Cases(
                    tuple(
                        Branch(part(b.value), part(b.left), RELATIONS.get(b.relation, b.relation), part(b.right))
                        for b in branches
                    )
                )
            case Reduce():
                return self._gathered(node, scene)
            case Soft():
                return self._soft(node, scene)
            case Wins(over, position):
                return self._taken(over, position, scene)
        raise TypeError(f"no printed form of {node!r}")

    def before(self, above: Node) -> tuple[list[Node], Node]:
        """The factors of a numerator that are fractions themselves, and the others: they stand before the bar."""
        factors = above.factors if isinstance(above, Mul) else (above,)
        first = [factor for factor in factors if self._is_fraction(factor)]
        rest = [factor for factor in factors if not self._is_fraction(factor)]
        return first, mul(*rest) if rest else ONE

    def _is_fraction(self, node: Node) -> bool:
        """Whether a factor is printed as a fraction: a number such as 1/3, or a derivative of the loss."""
        match node:
            case Const(value):
                return value.denominator != 1 and not isinstance(node, Written)
            case Read(name, _, _) | Whole(name):
                return bool(self.names.prefix) and name.startswith(self.names.prefix or "")
            case Ref():
                return bool(self.names.prefix) and identity(node).of.name.startswith(self.names.prefix or "")
        return False

    def function(self, name: str, args: tuple[Node, ...]) -> Node:
        """A function of some formulas; sigma is the sigmoid unless it is a name of the author's."""
        if name in CHOICES:
            # Which of some numbers is taken: its place, then the numbers.
            place, *numbers = args
            assert isinstance(place, Const)
            return Holds((Relation(numbers[int(place.value)], "=", Call(CHOICES[name], tuple(numbers))),))
        if name in SPELT_OUT and self.names.has(SPELT_OUT[name][0]):
            return Apply(Letter(*SPELT_OUT[name][1]), args[0])
        return Call(name, args)

    def _gathered(self, node: Reduce, scene: Scene) -> Node:
        if node.kind in ("sum", "mean") and isinstance(node.body, Neg):
            return Neg(self._gathered(replace(node, body=node.body.arg), scene))
        conditions = tuple(self._relation(condition, scene) for condition in node.conditions)
        body = self(node.body, scene)
        if not node.letters:
            holds = Holds(conditions)
            return body if not conditions else holds if body == ONE else mul(holds, body)
        spans = [scene.ranges[name] for name in node.letters]
        runs = tuple(
            Run(self._letter(name, scene), const(low), const(high))
            for name, (low, high) in zip(node.letters, spans, strict=True)
        )
        if node.kind == "mean" and not conditions:
            count = prod(high - low + 1 for low, high in spans)
            found = Gathered("sum", runs, (), body)
            return mul(Const(Fraction(1, count)), found) if count > 1 else found
        if node.kind in ("sum", "prod") and conditions:
            # Every condition stands below the sign of the last letter in it.
            owners = [max(map(node.letters.index, _of(c, node.letters)), default=0) for c in node.conditions]
            for at, run in reversed(list(enumerate(runs))):
                own = tuple(condition for condition, owner in zip(conditions, owners, strict=True) if owner == at)
                body = Gathered(node.kind, (run,), own, body)
            return body
        return Gathered(node.kind, runs, conditions, body)

    def _taken(self, over: Reduce, position: tuple[Affine, ...], scene: Scene) -> Node:
        """1 where a position is the place of the largest, or smallest, element; of equal ones it is the first."""
        places = [self._index(form, scene) for form in position]
        own: Node = self._form(position[0], scene)
        if len(places) > 1:
            own = Named(Name(*(f"({','.join(texts)})" for texts in zip(*places, strict=True))))
        found = self._gathered(over, scene)
        assert isinstance(found, Gathered)
        return Holds((Relation(own, "=", replace(found, kind=f"arg{over.kind}")),))

    def _soft(self, node: Soft, scene: Scene) -> Node:
        """The share of one exponential in the sum of all; the logarithm of that."""
        taken = {*scene.letters.values()}
        stem = stem_of(node.letter)
        other = f"{stem}'all"
        taken |= {read.name for read in reads(node)}
        shown = next(spare for spare in SPARE if spare not in taken)
        inner = Scene({**scene.letters, other: shown}, {**scene.ranges, other: scene.ranges[node.letter]}, scene.value)
        moved = {node.letter: affine_letter(other)}
        body = self(put_in(node.body, moved), inner)
        conditions = tuple(
            self._relation(Condition(_moved(c.form, node.letter, other), c.relation), inner) for c in node.conditions
        )
        low, high = scene.ranges[node.letter]
        run = Run(self._letter(other, inner), const(low), const(high))
        total = Gathered("sum", (run,), conditions, self.function("exp", (body,)))
        own = self(node.body, scene)
        if not node.logarithm:
            return Div(self.function("exp", (own,)), total)
        return sub(own, call("ln", total))

    # -- indices

    def _read(self, node: Read, scene: Scene) -> Named:
        return self.named(self.names.element(node.name, [self._index(form, scene) for form in node.index]))

    @staticmethod
    def _letter(name: str, scene: Scene) -> Named:
        return Named(letter_name(scene.letters.get(name, stem_of(name))))

    def _index(self, form: Affine, scene: Scene) -> Name:
        """An index as it stands below a name: 2r+u-2."""
        tex = text = ""
        for atom, coefficient in sorted(form.terms, key=lambda term: term[1] < 0):
            name = self._atom(atom, scene)
            sign = "-" if coefficient < 0 else "+" if tex else ""
            many = abs(coefficient) != 1
            joint = r"\," if name.tex.startswith("\\") else ""
            tex += f"{sign}{abs(coefficient) if many else ''}{joint if many else ''}{name.tex}"
            text += f"{sign}{f'{abs(coefficient)}*' if many else ''}{name.text}"
        if not tex:
            return Name(str(form.constant), str(form.constant))
        end = f"{form.constant:+d}" if form.constant else ""
        return Name(tex + end, text + end)

    def _atom(self, atom: object, scene: Scene) -> Name:
        match atom:
            case str():
                return self._letter(atom, scene).name
            case Table(name, index):
                return self.names.element(name, [self._index(form, scene) for form in index]).name
        raise TypeError(f"no printed form of the index {atom!r}")

    def _form(self, form: Affine, scene: Scene) -> Node:
        """An index as a number."""
        terms: list[Node] = []
        for atom, coefficient in sorted(form.terms, key=lambda term: term[1] < 0):
            name = Named(self._atom(atom, scene))
            size = abs(coefficient)
            part = name if size == 1 else mul(const(size), name)
            terms.append(Neg(part) if coefficient < 0 else part)
        if form.constant or not terms:
            last = const(abs(form.constant))
            terms.append(Neg(last) if form.constant < 0 and terms else const(form.constant) if not terms else last)
        return Add(tuple(terms)) if len(terms) > 1 else terms[0]

    def _relation(self, condition: Condition, scene: Scene) -> Relation:
        """What stands on each side of the relation has no minus sign where that can be."""
        form = condition.form
        left = Affine(max(form.constant, 0), tuple((atom, c) for atom, c in form.terms if c > 0))
        right = Affine(max(-form.constant, 0), tuple((atom, -c) for atom, c in form.terms if c < 0))
        sign = RELATIONS.get(condition.relation, condition.relation)
        return Relation(Named(self._index(left, scene)), sign, Named(self._index(right, scene)))


def _of(condition: Condition, names: tuple[str, ...]) -> list[str]:
    """The letters of a condition among some."""
    return [name for name in letters(condition.form) if name in names]


def _moved(form: Affine, old: str, new: str) -> Affine:
    return Affine(form.constant, tuple((new if atom == old else atom, factor) for atom, factor in form.terms))
