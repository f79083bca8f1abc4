"""From equations to element steps: one short formula for every element, without letters.

Decides how sums, means, maxima and softmaxes are written out, and an order in which every step comes after those that
it needs. Values are not known here; only tables of indices are looked into.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product as combinations

from derive.expression import ONE, ZERO, Add, Call, Div, Mul, Neg, Node, Ref, const
from derive.trace.affine import Affine, Condition, Table
from derive.trace.identity import Identity, Symbol, element
from derive.trace.indexed import Equation, Position, Read, Reduce, Soft, mapped, walk
from derive.trace.local import Softened

Look = Callable[[str, tuple[int, ...]], int]
"""The whole number in a given table."""
Letters = Mapping[str, int]


@dataclass(frozen=True)
class Step:
    """target = formula, from one equation; the derivative of a softmax is taken from `soft`."""

    target: Identity
    formula: Node
    equation: Equation | None = None
    soft: Softened[Identity] | None = None

    @property
    def sources(self) -> list[Identity]:
        """What the formula uses, each once, in the order of first appearance."""
        return list(dict.fromkeys(identity(leaf) for leaf in walk(self.formula) if isinstance(leaf, Ref)))


def ref(quantity: Identity) -> Ref:
    """A leaf of a formula."""
    return Ref(quantity)


def identity(leaf: Ref) -> Identity:
    return element(leaf.quantity)


def value_of(form: Affine, letters: Letters, look: Look) -> int:
    """A form as a number."""
    total = form.constant
    for atom, coefficient in form.terms:
        match atom:
            case str():
                total += coefficient * letters[atom]
            case Table(name, index):
                total += coefficient * look(name, tuple(value_of(one, letters, look) for one in index))
            case _:
                raise TypeError(f"no value of {atom!r}")
    return total


class Unroller:
    """Writes equations out; `exists` tells the elements that there are from those that padding puts in."""

    def __init__(self, look: Look, exists: Callable[[Symbol], bool]) -> None:
        self.look, self.exists = look, exists

    def rows(self, equation: Equation) -> Iterator[Letters]:
        """The values of the letters left of = that fulfil the conditions."""
        yield from self._runs(tuple(dict.fromkeys(equation.letters)), equation, {}, equation.conditions)

    def _runs(
        self, names: tuple[str, ...], equation: Equation, outer: Letters, conditions: tuple[Condition, ...]
    ) -> Iterator[Letters]:
        spans = [range(equation.ranges[name][0], equation.ranges[name][1] + 1) for name in names]
        for values in combinations(*spans):
            letters = {**outer, **dict(zip(names, values, strict=True))}
            if self._hold(conditions, letters):
                yield letters

    def _hold(self, conditions: tuple[Condition, ...], letters: Letters) -> bool:
        return all(c.holds(value_of(c.form, letters, self.look)) for c in conditions)

    def symbol(self, name: str, index: Iterable[Affine], letters: Letters) -> Symbol:
        return Symbol(name, tuple(value_of(form, letters, self.look) for form in index))

    def steps(self, equation: Equation) -> Iterator[Step]:
        """The steps of one equation."""
        return (self.row(equation, letters) for letters in self.rows(equation))

    def row(self, equation: Equation, letters: Letters) -> Step:
        """The step of one row."""
        target = Identity(self.symbol(equation.name, equation.left, letters))
        if isinstance(equation.right, Soft):
            return self._soft(equation, equation.right, target, letters)
        return Step(target, self.formula(equation.right, equation, letters), equation)

    def _soft(self, equation: Equation, soft: Soft, target: Identity, letters: Letters) -> Step:
        values: list[Identity] = []
        arguments: list[Node] = []
        place = -1
        outer = {name: value for name, value in letters.items() if name != soft.letter}
        for run in self._runs((soft.letter,), equation, outer, soft.conditions):
            if run[soft.letter] == letters[soft.letter]:
                place = len(values)
            values.append(Identity(self.symbol(equation.name, equation.left, run)))
            arguments.append(self.formula(soft.body, equation, run))
        if place < 0:
            return Step(target, ZERO, equation)
        formula = softened(soft.logarithm, place, arguments)
        if len(values) == 1:  # one alone is 1, whatever it is taken of: it reads nothing, and nothing is derived
            return Step(target, formula, equation)
        return Step(target, formula, equation, Softened(soft.logarithm, place, tuple(values), tuple(arguments)))

    def formula(self, node: Node, equation: Equation, letters: Letters) -> Node:
        """A formula with numbers in place of its letters."""
        match node:
            case Read(name, index, padded):
                symbol = self.symbol(name, index, letters)
                return ZERO if padded and not self.exists(symbol) else ref(Identity(symbol))
            case Position(form):
                return const(value_of(form, letters, self.look))
            case Reduce(kind, body, inner, conditions):
                runs = self._runs(inner, equation, letters, conditions)
                return _gathered(kind, [self.formula(body, equation, run) for run in runs])
        return _without_zeros(mapped(node, lambda part: self.formula(part, equation, letters)))


def softened(logarithm: bool, place: int, arguments: Sequence[Node]) -> Node:
    """One value of a softmax of some numbers, or its logarithm, written out."""
    if len(arguments) == 1:
        return ZERO if logarithm else ONE
    total = _sum([Call("exp", (argument,)) for argument in arguments])
    own = arguments[place]
    return Add((own, Neg(Call("ln", (total,))))) if logarithm else Div(Call("exp", (own,)), total)


def _sum(terms: list[Node]) -> Node:
    kept = [term for term in terms if term != ZERO]
    return Add(tuple(kept)) if len(kept) > 1 else kept[0] if kept else ZERO


def _gathered(kind: str, found: list[Node]) -> Node:
    match kind:
        case "sum":
            return _sum(found)
        case "mean":
            return Div(_sum(found), const(len(found))) if len(found) > 1 else found[0]
        case "prod":
            return ZERO if ZERO in found else Mul(tuple(found)) if len(found) > 1 else found[0] if found else ONE
        case _:
            return Call(kind, tuple(found)) if len(found) > 1 else found[0]


def _without_zeros(node: Node) -> Node:
    """The formula without what a padded 0 takes away."""
    match node:
        case Mul(factors) if ZERO in factors:
            return ZERO
        case Add(terms) if ZERO in terms or Neg(ZERO) in terms:
            return _sum([term for term in terms if term != Neg(ZERO)])
        case Neg(arg) if arg == ZERO:
            return ZERO
    return node


def ordered(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps, each after those that it needs; otherwise as they come."""
    by_target = {step.target: step for step in steps}
    done: set[Identity] = set()
    found: list[Step] = []
    for start in by_target.values():
        path = [(start, iter(start.sources))] if start.target not in done else []
        while path:
            step, rest = path[-1]
            needed = next((by_target[one] for one in rest if one in by_target and one not in done), None)
            if needed is None:
                path.pop()
                if step.target not in done:
                    done.add(step.target)
                    found.append(step)
            else:
                path.append((needed, iter(needed.sources)))
    return tuple(found)


def unroll(equations: Iterable[Equation], look: Look, exists: Callable[[Symbol], bool]) -> tuple[Step, ...]:
    """Every element of the equations as a step; the equations must be free of circles."""
    unroller = Unroller(look, exists)
    return ordered(step for equation in equations for step in unroller.steps(equation))
