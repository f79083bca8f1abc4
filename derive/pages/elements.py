"""The elements of equations one by one, with their numbers as they are printed.

Decides which branch, and which winner of a maximum, counts with the numbers of the problem, and how every number is
rounded to be shown. What is said about the elements is for the chapters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import flint
from flint import arb, fmpq

from derive.compute.elements import evaluate
from derive.compute.plan import Disagreement
from derive.compute.runs import NoValue, Open
from derive.compute.tagged import untagged
from derive.expression import ONE, ZERO, Add, Branch, Call, Cases, Const, Div, Mul, Neg, Node, Ref, Shown, add, const
from derive.formula import Named
from derive.model import ModelSolution
from derive.model.guard import agree
from derive.numbers import Number, OutsideDomain, Undecided, decimals_of, nearly_zero, plain, show, significant
from derive.trace.affine import Affine
from derive.trace.identity import Identity, Place, Symbol
from derive.trace.indexed import Counter, Equation, Reduce, Wins, mapped, walk
from derive.trace.local import WINS
from derive.trace.unroll import Letters, Step, Unroller, identity, value_of

MOST_DECIMALS = 60
"""Decimals of a given number that is written out."""
DIGITS = 2
"""Digits that a rounded number shows at least, where it is shown with as many decimals."""
MOST_OF_SMALL = 12
"""Decimals of a small number."""
_NEARLY_ZERO = Shown("0", False)
_ASKED = Identity(Symbol("the number that is asked for"))


class Elements(Unroller):
    """The elements of a solution in one of its rounds of training."""

    def __init__(self, solution: ModelSolution, step: int, named: Callable[[Symbol], Named]) -> None:
        super().__init__(self._whole_number, self._existing)
        self.solution, self.step, self._named = solution, step, named
        self.carry = solution.computation.carry
        self.decimals, self.ties = solution.places.decimals, solution.places.ties
        self._shown: dict[tuple[str, Place, int], Node] = {}
        self._spelt: dict[str, dict[Place, int | Decimal | Fraction]] = {}
        """The given numbers of each array, as they are written."""
        adjoint = solution.adjoint
        self._owners = {gradient: name for name, gradient in adjoint.names.items()} if adjoint else {}

    # -- which elements there are

    def _whole_number(self, name: str, at: Place) -> int:
        scheduled = self.scheduled(name)
        number = self.solution.system.givens[name].number(at) if scheduled is None else scheduled
        assert number is not None
        return int(number)

    def scheduled(self, name: str) -> Fraction | None:
        """The number of this round where it changes from round to round; after the last one it stays."""
        computation = self.solution.computation
        values = computation.schedule.get(name)
        return values[min(self.step, max(computation.steps - 1, 0)) % len(values)] if values else None

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
            if self.carry is not None:
                return self.carry.places.agrees(step.target.of, ours, shown)
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

    def decimal_places(self, symbol: Symbol) -> int | None:
        """How many decimals a quantity is shown with, where its author says so."""
        places = self.solution.places.override(symbol)
        return places if isinstance(places, int) else None

    def shown(self, symbol: Symbol, more: int = 0) -> Node:
        """The number of an element as it is printed, perhaps with more decimals; a given one as its author wrote it."""
        key = (symbol.name, symbol.indices, more)
        if key not in self._shown:
            places = self.decimal_places(symbol)
            found = self._given(symbol) or self._printed(
                lambda: self.number(symbol), places, more, symbol if self.step == 0 else None
            )
            printed = self._rounded(symbol, found, self.decimals if places is None else places)
            if isinstance(printed, Shown):
                printed = replace(printed, of=self._named(symbol))
            self._shown[key] = printed
        return self._shown[key]

    def _rounded(self, symbol: Symbol, found: Node, places: int) -> Node:
        """A number that was rounded on the way, or comes from such, is not exact, and shows how far it was rounded."""
        if self.carry is None or not isinstance(found, Shown) or not found.exact or not self._rough(symbol):
            return found
        whole, _, fraction = found.text.partition(".")
        return Shown(f"{whole}.{fraction.ljust(places, '0')}" if places else found.text, False)

    def _rough(self, symbol: Symbol) -> bool:
        one = self.solution.decide(lambda: self.solution.rounds)[self.step]
        register = one.plan.arrays[symbol.name].place(symbol.indices)
        return register is not None and bool(one.rough[register])

    def shown_value(self, formula: Node, more: int = 0) -> Node:
        """The number of a formula as it is printed."""
        return self._printed(lambda: self.number_of(formula), None, more, None)

    def _printed(self, ask: Callable[[], Number], places: int | None, more: int, symbol: Symbol | None) -> Node:
        """A number with the decimals of its kind; without any, a small one has the decimals that its digits need."""
        decimals = (self.decimals if places is None else places) + more
        digits = min(DIGITS, self.decimals) + more

        def show_it() -> Shown:
            number = ask()
            found = show(number, decimals, self.ties)
            if found.exact or len(found.text.lstrip("-0.").replace(".", "")) >= digits:
                return found
            if nearly_zero(number):
                return _NEARLY_ZERO
            if places is not None:
                return found
            if not isinstance(number, fmpq) and number.contains(0):
                raise Undecided
            text = significant(number, digits, self.ties)
            enough = "e" not in text and decimals < decimals_of(text) <= MOST_OF_SMALL + more
            return show(number, decimals_of(text), self.ties) if enough else found

        found = self.solution.decide(show_it)
        if found is not _NEARLY_ZERO:
            return found
        if symbol is not None and self._is_zero(symbol):
            return Shown("0", True)
        return self.solution.decide(lambda: show(ask(), decimals, self.ties))

    def _is_zero(self, symbol: Symbol) -> bool:
        """Whether algebra shows that a value, or a derivative, of the first round is 0."""
        known = self.solution.system.ranges
        owner, loss = self._owners.get(symbol.name), self.solution.derived_loss
        if owner is None and symbol.name not in known:
            return False
        found = Identity(symbol) if owner is None else Identity(loss, by=Symbol(owner, symbol.indices))
        return self.solution.digits(found) == "0"

    def _given(self, symbol: Symbol) -> Node | None:
        solution = self.solution
        if (scheduled := self.scheduled(symbol.name)) is not None:
            return written(scheduled)
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

    def equals(self, formula: Node, result: Shown, value: Callable[[Identity], Node]) -> bool:
        """Whether a formula, with the printed numbers in place of its elements, is the printed result."""
        try:
            found = self.solution.decide(lambda: self._evaluated(filled(formula, value), {}))
        except OutsideDomain:  # a printed number may be 0
            return False
        return isinstance(found, fmpq) and found == rational(result)

    def leads_to(self, formula: Node, result: Node, value: Callable[[Identity], Node]) -> bool:
        """Whether the printed numbers lead to the printed result, up to `UNITS` of its last digit."""
        decimals = max(decimals_of(result.text), self.decimals) if isinstance(result, Shown) else self.decimals
        try:
            with flint.ctx.workprec(ENOUGH):
                found = self._evaluated(filled(formula, value), {})
                return bool(abs(arb(found - rational(result))) <= arb(fmpq(UNITS, 10**decimals)))
        except (NoValue, Open, OutsideDomain, Undecided, ZeroDivisionError):
            return False


ENOUGH = 200
"""Bits with which printed numbers are put in."""
UNITS = 2
"""By how much the last digit may differ for who continues with the printed numbers."""


def filled(node: Node, value: Callable[[Identity], Node]) -> Node:
    """A formula with printed numbers in place of its elements."""
    if isinstance(node, Ref):
        return _constant(value(identity(node)))
    return _constant(node) if isinstance(node, Shown) else mapped(node, lambda part: filled(part, value))


def rational(number: Node) -> fmpq:
    """A printed number."""
    found = _constant(number)
    sign = -1 if isinstance(found, Neg) else 1
    found = found.arg if isinstance(found, Neg) else found
    assert isinstance(found, Const)
    return fmpq(sign * found.value.numerator, found.value.denominator)


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


def same_number(filled: Node, result: Node) -> bool:
    """Whether a formula with its numbers is one number, printed as the result is, but for zeros at its end."""
    if isinstance(filled, Shown) and isinstance(result, Shown) and filled.exact and result.exact:
        return Fraction(filled.text) == Fraction(result.text)
    match filled, result:
        case Neg(Shown(text, exact)), Shown(whole, same) if exact == same:
            return f"-{text}" == whole
    return filled == result


def is_number(node: Node) -> bool:
    """Whether a formula is a number and nothing else."""
    return isinstance(node, Const) or (isinstance(node, Neg) and isinstance(node.arg, Const))


def is_exact(node: Node) -> bool:
    """Whether a number that is shown is the number itself."""
    return not isinstance(node, Shown) or node.exact


MOST_TERMS, MOST_INSIDE = 16, 5
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
        case Ref() | Const() | Shown():
            return node
    return mapped(node, lambda part: shortened(part, dots, MOST_INSIDE))
