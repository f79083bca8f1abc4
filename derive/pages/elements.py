"""The elements of equations one by one, with their numbers as they are printed.

Decides which branch, and which winner of a maximum, counts with the numbers of the problem, and how every number is
rounded to be shown. What is said about the elements is for the chapters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from flint import fmpq

from derive.compute.elements import evaluate
from derive.compute.plan import Disagreement
from derive.compute.tagged import untagged
from derive.expression import ONE, ZERO, Add, Branch, Call, Cases, Const, Div, Mul, Neg, Node, Ref, Shown, add, const
from derive.model import ModelSolution
from derive.model.guard import agree
from derive.numbers import Number, OutsideDomain, plain, show
from derive.trace.affine import Affine
from derive.trace.identity import Identity, Place, Symbol
from derive.trace.indexed import Counter, Equation, Reduce, Wins, mapped, walk
from derive.trace.local import WINS
from derive.trace.unroll import Letters, Step, Unroller, identity, value_of

MOST_DECIMALS = 60
"""Decimals of a given number that is written out."""
_ASKED = Identity(Symbol("the number that is asked for"))


class Elements(Unroller):
    """The elements of a solution in one of its rounds of training."""

    def __init__(self, solution: ModelSolution, step: int = 0) -> None:
        super().__init__(self._whole_number, self._existing)
        self.solution, self.step = solution, step
        rounding = solution.problem.rounding
        self.decimals, self.ties, self.overrides = rounding.decimals, rounding.ties, rounding.overrides
        self._shown: dict[tuple[str, Place], Node] = {}
        self._spelt: dict[str, dict[Place, int | Decimal | Fraction]] = {}
        """The given numbers of each array, as they are written."""

    # -- which elements there are

    def _whole_number(self, name: str, at: Place) -> int:
        schedule = self.solution.computation.schedule
        number = (
            schedule[name][self.step % len(schedule[name])]
            if name in schedule
            else self.solution.system.givens[name].number(at)
        )
        assert number is not None
        return int(number)

    def _existing(self, symbol: Symbol) -> bool:
        plan = self.solution.rounds[self.step].plan
        found = plan.arrays[symbol.name].place(symbol.indices)
        return found is not None and bool(plan.defined[found])

    def places(self, name: str) -> Iterator[Place]:
        """The indices of all elements of a quantity, as an equation names it."""
        return (index for index, _ in self.solution.rounds[self.step].plan.elements(name))

    def worked(self, equation: Equation) -> Iterator[Step]:
        """The steps of an equation, with the branches that count; each agrees with the number that is shown."""
        return map(self.checked, self.steps(equation))

    def formula(self, node: Node, equation: Equation, letters: Letters) -> Node:
        match node:
            case Wins(over, position):
                return self._won(over, position, equation, letters)
            case Counter():
                return const(self.step + 1)
        return super().formula(node, equation, letters)

    def _won(self, over: Reduce, position: tuple[Affine, ...], equation: Equation, letters: Letters) -> Node:
        """1 where the element at a position is the one that is taken, else 0."""
        at = tuple(value_of(form, letters, self.look) for form in position)
        runs = self._runs(over.letters, equation, letters, over.conditions)
        found = {tuple(run[name] for name in over.letters): self.formula(over.body, equation, run) for run in runs}
        places = [place for place, formula in found.items() if formula == found.get(at)]
        if not places or places[0] != at:
            return ZERO  # of equal elements the first one is taken
        everything = list(dict.fromkeys(found.values()))
        wins = Call(f"is_{over.kind}", (const(everything.index(found[at])), *everything))
        return ONE if len(everything) < 2 or self.solution.decide(lambda: self.number_of(wins)) == 1 else ZERO

    def checked(self, step: Step) -> Step:
        """The step with the branches that count here; raises `Disagreement` where it has another value than shown."""
        found = replace(step, formula=self.solution.decide(lambda: self._chosen(step.formula)))

        def compare() -> bool:
            ours, shown = self.number_of(found.formula), self.number(step.target.of)
            return agree(ours, shown, self.solution.last_precision)

        if not self.solution.decide(compare):
            raise Disagreement(str(step.target), "has another value than the step that would be shown")
        return found

    def _chosen(self, node: Node) -> Node:
        if isinstance(node, Cases):
            numbered = [Branch(const(n), b.left, b.relation, b.right) for n, b in enumerate(node.branches)]
            return self._chosen(node.branches[int(str(self.number_of(Cases(tuple(numbered)))))].value)
        if isinstance(node, Call) and node.function in WINS.values():
            return ONE if self.number_of(node) == 1 else ZERO
        return mapped(node, self._chosen)

    # -- numbers

    def register(self, symbol: Symbol) -> Number:
        one = self.solution.rounds[self.step]
        place = one.plan.arrays[symbol.name].place(symbol.indices)
        assert place is not None
        return one.registers[place]

    def number(self, symbol: Symbol) -> Number:
        """The number of an element; use within `decide`."""
        return untagged(self.register(symbol))

    def number_of(self, formula: Node) -> Number:
        """The value of a formula in elements; use within `decide`."""
        known = {identity(leaf): self.register(identity(leaf).of) for leaf in walk(formula) if isinstance(leaf, Ref)}
        return self._evaluated(formula, known)

    def _evaluated(self, formula: Node, known: Mapping[Identity, Number]) -> Number:
        adjoint = self.solution.adjoint
        functions = adjoint.functions.known if adjoint else self.solution.system.functions
        tags = self.solution.computation.tags
        return untagged(evaluate([Step(_ASKED, formula)], known, functions, tags)[_ASKED])

    def decimal_places(self, name: str) -> int:
        """How many decimals a quantity is shown with."""
        for key in sorted(self.overrides, key=len, reverse=True):
            places = self.overrides[key]
            if (name == key or name.startswith(f"{key}[")) and isinstance(places, int):
                return places
        return self.decimals

    def shown(self, symbol: Symbol) -> Node:
        """The number of an element as it is printed; a given one as its author wrote it."""
        key = (symbol.name, symbol.indices)
        if key not in self._shown:
            self._shown[key] = self._given(symbol) or self.solution.decide(
                lambda: show(self.number(symbol), self.decimal_places(str(symbol)), self.ties)
            )
        return self._shown[key]

    def _given(self, symbol: Symbol) -> Node | None:
        solution = self.solution
        schedule = solution.computation.schedule
        if symbol.name in schedule:
            return written(schedule[symbol.name][self.step % len(schedule[symbol.name])])
        settings = solution.updates.settings if solution.updates else {}
        found = solution.system.givens.get(symbol.name) or settings.get(symbol.name)
        if found is None or (self.step and symbol.name in solution.parameters):
            return None
        if symbol.name not in self._spelt:
            self._spelt[symbol.name] = dict(zip(found.places(), found.written, strict=True))
        number = self._spelt[symbol.name].get(symbol.indices)
        return None if number is None else written(number)

    def value(self, found: Identity) -> Node:
        return self.shown(found.of)

    def equals(self, formula: Node, result: Shown) -> bool:
        """Whether a formula, with the printed numbers in place of its elements, is the printed result."""

        def fill(node: Node) -> Node:
            return _constant(self.value(identity(node))) if isinstance(node, Ref) else mapped(node, fill)

        try:
            found = self.solution.decide(lambda: self._evaluated(fill(formula), {}))
        except OutsideDomain:  # a printed number may be 0
            return False
        text = Fraction(result.text)
        return isinstance(found, fmpq) and found == fmpq(text.numerator, text.denominator)


def _constant(node: Node) -> Node:
    return Const(Fraction(node.text)) if isinstance(node, Shown) else node


def written(number: int | Decimal | Fraction) -> Node:
    """A given number as it is printed; a fraction whose decimals do not end stays one.

    >>> written(Decimal("0.10")), written(Fraction(1, 3))
    (Shown(text='0.10', exact=True), Const(value=Fraction(1, 3)))
    """
    if isinstance(number, Decimal):
        return Shown(plain(number), True)
    whole = Fraction(number)
    found = show(fmpq(whole.numerator, whole.denominator), MOST_DECIMALS)
    return found if found.exact else Const(whole)


def is_number(node: Node) -> bool:
    """Whether a formula is a number and nothing else."""
    return isinstance(node, Const) or (isinstance(node, Neg) and isinstance(node.arg, Const))


def is_exact(node: Node) -> bool:
    """Whether a number that is shown is the number itself."""
    return not isinstance(node, Shown) or node.exact


MOST_TERMS, MOST_INSIDE = 8, 5
"""Terms of a sum that are written out, and of one inside a fraction or a function, where no line can be broken."""
LONG_SUM = 3
"""Terms above a fraction bar from which on the number below becomes a factor: a line can be broken at its terms."""


def shortened(node: Node, dots: Node, most: int = MOST_TERMS) -> Node:
    """The formula with the middle of long sums left out; what is divided by a number is multiplied by a fraction."""
    match node:
        case Add(terms):
            flat = add(*terms)
            assert isinstance(flat, Add)
            kept = flat.terms
            if len(kept) > most:
                kept = (*kept[: most // 2], dots, kept[-1])
            return Add(tuple([term if term == dots else shortened(term, dots, most) for term in kept]))
        case Div(Add(terms) as above, below) if len(terms) >= LONG_SUM:
            share = (
                Const(1 / below.value) if isinstance(below, Const) else Div(ONE, shortened(below, dots, MOST_INSIDE))
            )
            return Mul((share, shortened(above, dots, most)))
        case Mul() | Neg():
            return mapped(node, lambda part: shortened(part, dots, most))
        case Ref() | Const():
            return node
    return mapped(node, lambda part: shortened(part, dots, MOST_INSIDE))
