"""Stated formulas: whether one is equal to the derivation, and if not, which mistake it contains.

Two formulas are compared where the computation itself runs: at several points with other given numbers, chosen near
the problem's own so that every unit stays on its side of a corner. The values are certified to more than 40 digits, so
a difference is proven; formulas that agree at all points are equal but for a coincidence that is not to be expected
(Schwartz, "Fast probabilistic algorithms for verification of polynomial identities", J. ACM 27, 1980).

Where numbers stand in a formula for letters, such as the 0.5 of `w5 - 0.5*dE/dw5`, the letters that have these numbers
are put back first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property, partial
from hashlib import sha256
from itertools import islice, product

import flint
from flint import arb, fmpq

from derive.activations import ACTIVATIONS
from derive.branches import has_corners, smooth
from derive.check.explain import Candidate, Explainer
from derive.derivation import Trace
from derive.expression import Const, Digits, Neg, Node, Pow, Ref, children, leaves, quantities, transform
from derive.losses import LOSSES, Loss
from derive.mistakes import Rewrite
from derive.numbers import Number, OutsideDomain, Undecided, compile_value
from derive.program import Line, Program, Registers
from derive.quantity import Quantity
from derive.trace.elementary import ElementTrace
from derive.trace.short import short_ways

POINTS = 6
PRECISION = 192
MOST_DRAWS = 200
"""Points that are drawn before too few of them are on the right side of every corner."""

TEXTBOOK = frozenset({Fraction(1, 2), Fraction(1), Fraction(2)})
"""Numbers with decimals that formulas have without standing for a letter."""
MOST_LETTERS = 3
"""Letters that one number may stand for."""
MOST_WAYS = 64
"""Ways of putting letters in the place of numbers."""
MOST_EXPLAINED = 4
"""Ways in which a mistake is looked for."""

MOST_KNOWN = 500
"""Stretches whose mistakes are remembered with what they give."""


class FormulaJudge:
    """Compares stated formulas with the derivation of one problem."""

    def __init__(self, program: Program, explainer: Explainer, givens: Sequence[Number]) -> None:
        self.program, self.explainer = program, explainer
        self.givens, self.trace = givens, program.trace
        self._known: dict[tuple[int, ...], tuple[Number | None, ...]] = {}

    def judge(self, quantity: Quantity, formula: Node) -> tuple[bool | None, list[tuple[Rewrite, ...]]]:
        """Whether a formula is equal to the derivation of a quantity, and the mistakes that give it if it is not.

        None where it cannot be judged: it uses quantities of steps that are not compiled, or has no value.
        """
        place = self.program.place
        if quantity not in place or any(used not in place for used in quantities(formula)):
            return None, []
        with flint.ctx.workprec(PRECISION):
            right = [registers[place[quantity]] for registers in self.points]
            unequal: list[tuple[Node, list[Number]]] = []
            for letters in self._in_letters(quantity, formula):
                stated = self._at_points(letters) if self.points else None
                if stated is None:
                    continue
                if all(map(same, stated, right)):
                    return True, []
                unequal.append((letters, stated))
            if not unequal or self._unknown_numbers(quantity, formula):
                return None, []
            for letters, stated in unequal[:MOST_EXPLAINED]:
                if found := list(self._mistakes(quantity, letters, stated)):
                    return False, found
            return False, []

    # -- numbers in the place of letters

    def _in_letters(self, quantity: Quantity, formula: Node) -> Iterator[Node]:
        """The formula as it is written, then with letters in the place of the numbers that may stand for them."""
        yield formula
        there = list(leaves(formula))
        kept = set(map(id, _exponents(formula)))
        choices = [[*(() if id(leaf) in kept else self._letters(quantity, leaf)), leaf] for leaf in there]
        for way in islice(product(*choices), MOST_WAYS):
            if any(new is not old for new, old in zip(way, there, strict=True)):
                yield transform(formula, partial(_next, iter(way)))

    def _letters(self, quantity: Quantity, leaf: Node) -> list[Node]:
        """The letters that a number may stand for: quantities before this one that have it, else any given one."""
        if not isinstance(leaf, Const):
            return []
        places = self._before(quantity)
        found = [letter for at in places if (letter := self._letter(at, leaf)) is not None]
        if not found and isinstance(leaf, Digits):
            found = [letter for at in range(len(self.givens)) if (letter := self._letter(at, leaf)) is not None]
        return found[:MOST_LETTERS]

    def _letter(self, at: int, leaf: Const) -> Node | None:
        """The letter of a quantity that is this number, or with a minus its negative; a computed one is rounded."""
        truth, number = self._truth[at], fmpq(leaf.value.numerator, leaf.value.denominator)
        letter = Ref(self.program.quantities[at])
        if at < len(self.givens) or not isinstance(leaf, Digits):
            if not isinstance(truth, fmpq) or not number or abs(truth) != abs(number):
                return letter if isinstance(truth, fmpq) and truth == number else None
            return letter if truth == number else Neg(letter)
        half = arb(fmpq(1, 2 * 10 ** max(leaf.places, 0)))
        if abs(arb(truth) - arb(number)) <= half:
            return letter
        return Neg(letter) if abs(arb(truth) + arb(number)) <= half else None

    def _unknown_numbers(self, quantity: Quantity, formula: Node) -> bool:
        """Whether numbers stand in a formula that may be the writer's own: no constant, and no right value."""
        return any(
            isinstance(leaf, Digits) and leaf.value not in TEXTBOOK and not self._letters(quantity, leaf)
            for leaf in leaves(formula)
        )

    def _before(self, quantity: Quantity) -> list[int]:
        """The places of everything from which a quantity is computed, the nearest first."""
        found: dict[Quantity, None] = {}
        waiting = [quantity]
        while waiting:
            waiting = [source for one in waiting for source in self.program.sources(one) if source not in found]
            found |= dict.fromkeys(waiting)
        return [self.program.place[one] for one in found]

    @cached_property
    def _truth(self) -> Registers:
        return self.program.exact(self.givens)

    # -- values at points

    def _at_points(self, formula: Node) -> list[Number] | None:
        evaluator = compile_value(formula, self.program.place.__getitem__)
        try:
            return [evaluator(registers) for registers in self.points]
        except (OutsideDomain, Undecided):
            return None

    def _mistakes(self, quantity: Quantity, formula: Node, stated: list[Number]) -> Iterator[tuple[Rewrite, ...]]:
        """Every known mistake between the quantity and what the formula is written in that gives the formula."""
        named = frozenset(self.program.place[used] for used in quantities(formula))
        stretch = self.explainer.stretch(self.program.place[quantity], named)
        seen: set[str] = set()
        for candidate, first in zip(self.explainer.singles(stretch), self._firsts(stretch), strict=True):
            key = candidate.changes[0].rewrite.mistake.key
            near = first is not None and same(first, stated[0])
            if near and key not in seen and self._gives(candidate, stated):
                seen.add(key)
                yield tuple(change.rewrite for change in candidate.changes)

    def _firsts(self, stretch: Sequence[Line]) -> tuple[Number | None, ...]:
        """What every mistake in a stretch gives at the first point, whatever formula is stated for it."""
        key = tuple(line.target for line in stretch)
        if key not in self._known:
            while len(self._known) >= MOST_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[key] = tuple(_end(one, self.points[0]) for one in self.explainer.singles(stretch))
        return self._known[key]

    def _gives(self, candidate: Candidate, stated: list[Number]) -> bool:
        """Whether the mistake gives the stated values at every point."""
        ends = (_end(candidate, registers) for registers in self.points)
        return all(end is not None and same(end, value) for end, value in zip(ends, stated, strict=True))

    @cached_property
    def points(self) -> list[Registers]:
        """The values of all quantities for other given numbers, with every unit on its side of every corner."""
        program = self.program
        with flint.ctx.workprec(PRECISION):
            side = self._sides(program.exact(self.givens))
            found: list[Registers] = []
            for draw in range(MOST_DRAWS):
                registers = self._drawn(draw)
                if registers is not None and self._sides(registers) == side:
                    found.append(registers)
                if len(found) == POINTS:
                    return found
        return []

    def _drawn(self, draw: int) -> Registers | None:
        quantities_given = self.program.quantities[: len(self.givens)]
        numbers = [
            self._near(quantity, number, draw) for quantity, number in zip(quantities_given, self.givens, strict=True)
        ]
        self._normalise_targets(numbers)
        try:
            return self.program.exact(numbers)
        except OutsideDomain:
            return None

    def _near(self, quantity: Quantity, number: Number, draw: int) -> Number:
        """A number near a given one, the nearer the more draws have failed; a positive one stays positive."""
        if quantity.kind == "updates":
            return number
        digest = sha256(f"{draw} {quantity.id}".encode()).digest()
        shift = fmpq(int.from_bytes(digest[:4]) - 2**31, 2**31)
        if quantity.kind == "t" and self._loss is not None and self._loss.last:
            return fmpq(1, 2) + shift / 3
        scale = fmpq(1, 5 * (1 + draw // 10))
        return number * (1 + shift * scale) if number else shift * scale / 4

    def _normalise_targets(self, numbers: list[Number]) -> None:
        """Targets that are shares of a whole stay so."""
        for places in self._shares:
            total = sum((numbers[at] for at in places), fmpq(0))
            for at in places:
                numbers[at] = numbers[at] / total

    @cached_property
    def _shares(self) -> list[list[int]]:
        """The places of given targets that add up to 1."""
        given = self.program.quantities[: len(self.givens)]
        groups: dict[object, list[int]] = {}
        if isinstance(self.trace, ElementTrace):
            for _, short in short_ways(self.trace, (step.target for step in self.trace.rounds[0].backward)):
                places = [self.program.place[one] for one in quantities(short.whole)]
                groups[short.whole] = places if sum(self.givens[at] for at in places) == 1 else []
        elif self._loss is not None and self._loss.whole:
            for at, quantity in enumerate(given):
                if quantity.kind == "t":
                    groups.setdefault(quantity.example, []).append(at)
        return [places for places in groups.values() if places]

    def _sides(self, registers: Registers) -> Sequence[object]:
        """On which side of each corner of its function every unit is that is not just at it.

        Of elements of equations the formulas that hold there.
        """
        if not isinstance(self.trace, Trace):
            numbers = dict(zip(self.program.quantities, registers, strict=True))
            return [smooth(line.formula, numbers) for line in self._cornered]
        return [bool(registers[at] > corner) for at, corner in self._corners]

    @cached_property
    def _cornered(self) -> list[Line]:
        """The steps whose formulas have corners."""
        return [line for line in self.program.lines if has_corners(line.formula)]

    @property
    def _loss(self) -> Loss | None:
        """The row of a network's loss."""
        return LOSSES[self.trace.problem.loss.name] if isinstance(self.trace, Trace) else None

    @cached_property
    def _corners(self) -> list[tuple[int, fmpq]]:
        assert isinstance(self.trace, Trace)
        layers, registers = self.trace.problem.network.layers, self.program.exact(self.givens)
        rows = [ACTIVATIONS.get(layer.activation) for layer in layers]
        found = [tuple(fmpq(*corner.as_integer_ratio()) for corner in row.corners) if row else () for row in rows]
        return [
            (at, corner)
            for at, quantity in enumerate(self.program.quantities)
            if quantity.kind == "z" and isinstance(quantity.layer, int)
            for corner in found[quantity.layer - 1]
            if registers[at] > corner or registers[at] < corner
        ]


def _exponents(formula: Node) -> Iterator[Node]:
    """The exponents in a formula, which are numbers of their own."""
    if isinstance(formula, Pow):
        yield formula.exponent
    for part in children(formula):
        yield from _exponents(part)


def _next(taken: Iterator[Node], leaf: Node) -> Node:
    return next(taken)


def _end(candidate: Candidate, registers: Registers) -> Number | None:
    """What a mistake gives at one point; None where it gives nothing."""
    own = list(registers)
    try:
        for line in candidate.lines:
            own[line.target] = line.value(own)
    except (OutsideDomain, Undecided):
        return None
    return own[candidate.lines[-1].target]


def same(one: Number, other: Number) -> bool:
    """Whether two certified values can be one number."""
    if isinstance(one, fmpq) and isinstance(other, fmpq):
        return bool(one == other)
    return bool(arb(one).overlaps(arb(other)))
