"""The derivative of a system of equations as equations of the same kind: the adjoint rule.

For every place X[g] in the right side of Y[i] = F, with the sums around the place open,

    dL/dX[p]  +=  sum over (i, s) with g(i, s) = p of  dL/dY[i] * D,

where D is the product of the local derivatives on the way from F to the place. Decides how g(i, s) = p is solved for
letters and what stays as a condition. `sweep` takes the same derivatives element by element and shares only the local
rules; both are compared on numbers elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from derive.errors import InputError
from derive.expression import ONE, ZERO, Call, Node, add, sub
from derive.language import place as quoted
from derive.trace.affine import (
    Affine,
    Condition,
    Extent,
    Range,
    Table,
    bounds,
    letter,
    substitute,
    substituted,
)
from derive.trace.equations import System
from derive.trace.indexed import (
    Equation,
    Fresh,
    Position,
    Read,
    Reduce,
    Soft,
    Wins,
    mapped,
    put_in,
    reads,
    with_new_letters,
)
from derive.trace.local import Functions, product
from derive.trace.pieces import Term, pieces, with_padding
from derive.trace.places import MAX_PARTS, Opening, Place, TooLong
from derive.trace.solving import STAGES, Solution, Stage


def gradient_name(loss: str, name: str) -> str:
    """The name of the derivatives of a loss by the elements of a quantity."""
    return f"d{loss}/d{name}"


@dataclass(frozen=True)
class Adjoint:
    """The equations of all derivatives of a loss that were asked for, in an order from the loss backwards.

    `names` says, per quantity, what its derivatives are called. A quantity that the loss does not depend on has none.
    """

    loss: str
    equations: tuple[Equation, ...]
    names: Mapping[str, str]
    ranges: Mapping[str, tuple[Range, ...]]
    functions: Functions
    untouched: tuple[str, ...] = ()
    """What was asked for and has no influence."""


def adjoint(
    system: System,
    loss: str,
    seeds: Mapping[str, str],
    wanted: Sequence[str] | None = None,
    seed: Mapping[str, Sequence[int]] | None = None,
    also: Sequence[str] = (),
    shifts: Mapping[str, Sequence[int]] | None = None,
    stages: Sequence[Stage] = STAGES,
) -> Adjoint:
    """The derivatives of a loss by the quantities `wanted`, and by all between them; by everything where it is None.

    Without a loss of its own the derivatives begin with the given arrays that `seeds` names: the derivative by each
    key is the array. `seed` begins them with one element: the derivative of that element by itself is 1. The
    quantities in `also` get a derivative of 0 where the loss does not depend on them. `shifts` are the first indices
    of the elements to which given arrays belong. With less `stages`, every equation is as the rule has it before
    some indices are solved for letters: sums over more letters, under the conditions that the element is read.
    """
    begins = dict(seeds)
    needed = dependencies(system, begins or [loss], wanted)
    functions = Functions(dict(system.functions))
    found: list[Equation] = []
    maker = _Maker(system, loss, begins, needed, functions, dict(seed or {}), dict(shifts or {}))
    maker.stages = tuple(stages)
    untouched = tuple(dict.fromkeys(name for name in also if name not in needed))
    needed.extend(untouched)
    for name in needed:
        found.extend(maker.gradient(name))
    names = {name: gradient_name(loss, name) for name in needed}
    ranges = {names[name]: system.ranges[name] for name in needed}
    return Adjoint(loss, tuple(found), names, ranges, functions, untouched)


def dependencies(system: System, ends: Sequence[str] | Mapping[str, str], wanted: Sequence[str] | None) -> list[str]:
    """The quantities between those that are wanted and the ends, ends first; tables of indices are none of them."""
    reading: dict[str, list[str]] = {}
    for equation in system.equations:
        for read in reads(equation.right):
            reading.setdefault(equation.name, []).append(read.name)
    above: dict[str, None] = {}
    waiting = list(ends)
    while waiting:
        name = waiting.pop(0)
        if name not in above and name not in system.tables:
            above[name] = None
            waiting.extend(reading.get(name, ()))
    if wanted is None:
        return list(above)
    leading = set(wanted)
    while True:
        more = {name for name, sources in reading.items() if name not in leading and leading.intersection(sources)}
        if not more:
            return [name for name in above if name in leading]
        leading |= more


class _Maker:
    """Writes the adjoint equations of a system."""

    def __init__(
        self,
        system: System,
        loss: str,
        begins: Mapping[str, str],
        needed: Sequence[str],
        functions: Functions,
        seed: Mapping[str, Sequence[int]],
        shifts: Mapping[str, Sequence[int]],
    ) -> None:
        self.system, self.loss, self.begins, self.functions, self.seed = system, loss, begins, functions, seed
        self.shifts, self.stages = shifts, STAGES
        self.needed = set(needed)
        self._parts = 0
        self._places: dict[str, list[tuple[Equation, Place]]] = {}
        for equation in system.equations:
            if equation.name in self.needed:
                try:
                    for opened, place in self._opened(equation):
                        if place.read.name in self.needed:
                            self._places.setdefault(place.read.name, []).append((opened, place))
                except TooLong:
                    raise self._too_long(equation) from None

    def _too_long(self, equation: Equation) -> InputError:
        names = self.system.names
        where = quoted(equation.line, equation.text, names.first_line)
        hint = "give a part of the formula an equation of its own."
        return InputError(f"derivatives of at most {MAX_PARTS} parts", "more", names.file, where, hint)

    def gradient(self, name: str) -> Iterator[Equation]:
        """The equations of the derivatives by one quantity: one or more for each of its own equations."""
        for left, ranges, conditions in self._domains(name):
            known, terms = self._terms(name, left, ranges)
            for piece in pieces(left, ranges, known, terms, self._table_bounds):
                padded = [self._padded(term, piece.ranges) for term in piece.terms]
                right = add(*[term.node for term in padded]) if padded else ZERO
                here = tuple(substituted(condition, piece.fixed) for condition in conditions)
                reader = next((equation for equation, _ in self._places.get(name, ())), None)
                line, said = (reader.line, reader.text) if reader else (0, "")
                spans = piece.ranges
                if self.stages != STAGES:
                    kept = {one: span for one, span in ranges.items() if one not in piece.fixed}
                    spans, opened = self._terms(name, piece.left, {one: piece.ranges[one] for one in kept}, self.stages)
                    right = add(*[term.node for term in opened]) if opened else ZERO
                yield Equation(gradient_name(self.loss, name), piece.left, right, spans, here, line, said)

    def _padded(self, term: Term, ranges: Mapping[str, Range]) -> Term:
        """The term without conditions that say no more than that a derivative exists: it is read with `pad`."""
        return with_padding(term, self._full, self._spans, ranges, self._table_bounds)

    @cached_property
    def _spans(self) -> Mapping[str, tuple[Range, ...]]:
        """The ranges of all quantities and of all derivatives."""
        gradients = {gradient_name(self.loss, name): self.system.ranges[name] for name in self.needed}
        return {**self.system.ranges, **gradients}

    @cached_property
    def _full(self) -> Mapping[str, tuple[Range, ...]]:
        """The derivatives whose elements fill their ranges."""
        full = [
            name for name in self.needed if len(found := self.system.defining(name)) == 1 and not found[0].conditions
        ]
        return {gradient: self._spans[gradient] for name in full for gradient in [gradient_name(self.loss, name)]}

    def _domains(self, name: str) -> Iterator[tuple[tuple[Affine, ...], dict[str, Range], tuple[Condition, ...]]]:
        """The elements of a quantity: an index, the ranges of its letters, and conditions."""
        given = self.system.givens.get(name)
        if given is not None:
            stems = self._stems(name, len(given.shape))
            yield tuple(map(letter, stems)), dict(zip(stems, given.ranges, strict=True)), ()
            return
        for equation in self.system.defining(name):
            kept = {one: equation.ranges[one] for one in equation.letters}
            yield equation.left, kept, equation.conditions

    def _stems(self, name: str, rank: int) -> tuple[str, ...]:
        """Letters for the indices of a given array: those with which it is read, where they differ."""
        fresh = Fresh()
        found = [f"{stem}" for stem in "ijklmnpq"[:rank]]
        named = [False] * rank
        for reader, place in self._places.get(name, ()):
            for axis, form in enumerate(place.read.index):
                moved = [one for one in reader.letters if abs(form.coefficient(one)) == 1]
                if form.letter is not None or (moved and not named[axis]):
                    found[axis], named[axis] = form.letter or moved[0], form.letter is not None
        return tuple(fresh(stem) for stem in found)

    def _terms(
        self, name: str, left: tuple[Affine, ...], ranges: Mapping[str, Range], stages: Sequence[Stage] = STAGES
    ) -> tuple[dict[str, Range], list[Term]]:
        """What is added up in a derivative at the index `left`, and the ranges of all letters in it."""
        known: dict[str, Range] = dict(ranges)
        terms: list[Term] = []
        if name == self.loss and not self.begins and name not in self.seed:
            terms.append(Term(ONE))
        if name in self.begins:
            terms.append(Term(self._from_above(name, left, ranges)))
        if name in self.seed:
            here = tuple(Condition(form.plus(-at), "==") for form, at in zip(left, self.seed[name], strict=True))
            terms.append(Term(ONE, (), here))
        for opened, place in self._places.get(name, ()):
            term = self._term(opened, place, left, known, stages)
            if term is not None:
                terms.append(term)
        return known, terms

    def _from_above(self, name: str, left: tuple[Affine, ...], ranges: Mapping[str, Range]) -> Node:
        """The given derivative by an element; elements that are written with a number in a place have none."""
        source = self.system.givens[self.begins[name]]
        shifts = self.shifts.get(name, [low for low, _ in source.ranges])
        index = tuple(form.plus(low - shift) for form, (low, _), shift in zip(left, source.ranges, shifts, strict=True))
        inside = all(
            low <= bounds(form, ranges, self._table_bounds)[0] and bounds(form, ranges, self._table_bounds)[1] <= high
            for form, (low, high) in zip(index, source.ranges, strict=True)
        )
        return Read(source.name, index, padded=not inside)

    # -- places

    def _opened(self, equation: Equation) -> Iterator[tuple[Equation, Place]]:
        """All places of an equation, with the ranges of every letter that appears in their factors."""
        ranges = dict(equation.ranges)
        value = Read(equation.name, equation.left)
        opening = Opening(self.functions, Fresh(list(ranges)), ranges, self._parts)
        if isinstance(equation.right, Soft):
            yield from self._soft(equation, equation.right, opening, ranges)
            return
        outer: Node = Read(gradient_name(self.loss, equation.name), equation.left)
        if equation.name == self.loss and not self.begins and not self.seed:
            outer = ONE  # the derivative of the loss by itself
        for place in opening.places(equation.right, value):
            self._parts = opening.parts
            yield replace(equation, ranges=ranges), replace(place, factor=product(outer, place.factor))

    def _soft(
        self, equation: Equation, soft: Soft, opening: Opening, ranges: dict[str, Range]
    ) -> Iterator[tuple[Equation, Place]]:
        """A softmax y: dL/de_m = y_m (dL/dy_m - sum_n dL/dy_n y_n); its logarithm: dL/dy_m - exp(y_m) sum_n dL/dy_n."""
        name = gradient_name(self.loss, equation.name)
        other = opening.fresh(soft.letter)
        ranges[other] = ranges[soft.letter]
        known = {soft.letter: letter(other)}
        at_other = tuple(substitute(form, known) for form in equation.left)
        value, outer = Read(equation.name, equation.left), Read(name, equation.left)
        conditions = tuple(substituted(condition, known) for condition in (*soft.conditions, *equation.conditions))
        if soft.logarithm:
            total = Reduce("sum", Read(name, at_other), (other,), conditions)
            share = sub(outer, product(Call("exp", (value,)), total))
        else:
            total = Reduce("sum", product(Read(name, at_other), Read(equation.name, at_other)), (other,), conditions)
            share = product(value, sub(outer, total))
        for place in opening.places(soft.body):
            self._parts = opening.parts
            factor = product(with_new_letters(share, opening.fresh, ranges), place.factor)
            found = replace(place, factor=factor, conditions=(*soft.conditions, *place.conditions))
            yield replace(equation, ranges=ranges), found

    def _term(
        self,
        equation: Equation,
        place: Place,
        left: tuple[Affine, ...],
        known: dict[str, Range],
        stages: Sequence[Stage],
    ) -> Term | None:
        """What one place adds to the derivative at the index `left`; None where it adds nothing.

        The letters of the reading equation are renamed apart from those of `left` first.
        """
        fresh = Fresh(list(known))
        renamed = {name: fresh(name) for name in equation.ranges}
        forms = {name: letter(new) for name, new in renamed.items()}
        ranges = {**known, **{renamed[name]: span for name, span in equation.ranges.items()}}
        factor = _renamed(place.factor, renamed)
        index = [substitute(form, forms) for form in place.read.index]
        open_letters = [renamed[name] for name in (*dict.fromkeys(equation.letters), *place.letters)]
        outer = {renamed[name] for name in equation.letters}
        conditions = [substituted(c, forms) for c in (*equation.conditions, *place.conditions)]
        solved = Solution(ranges, open_letters, outer, conditions, self._table_bounds)
        solved.solve(list(zip(index, left, strict=True)), stages)
        kept = solved.conditions_left()
        if kept is None:
            return None
        factor = put_in(factor, solved.known)
        remaining = tuple(name for name in open_letters if name not in solved.known)
        # In the order of the ranges, which names loops of scripts; that of a set differs from run to run.
        known.update({name: span for name, span in ranges.items() if name not in known and name not in solved.known})
        return Term(factor, remaining, tuple(kept))

    def _table_bounds(self, atom: Table | Extent) -> Range:
        numbers = self.system.givens[atom.name].numbers
        return int(min(numbers)), int(max(numbers))


def _renamed(node: Node, names: Mapping[str, str]) -> Node:
    """The formula with every letter under a new name, bound ones too."""
    known = {name: letter(new) for name, new in names.items()}

    def rename(node: Node) -> Node:
        if isinstance(node, Reduce):
            inner = tuple(names[name] for name in node.letters)
            conditions = tuple(substituted(c, known) for c in node.conditions)
            return Reduce(node.kind, rename(node.body), inner, conditions)
        match node:
            case Read(name, index, padded):
                return Read(name, tuple(substitute(form, known) for form in index), padded)
            case Position(form):
                return Position(substitute(form, known))
            case Wins(over, position):
                gathered = rename(over)
                assert isinstance(gathered, Reduce)
                return Wins(gathered, tuple(substitute(form, known) for form in position))
        return mapped(node, rename)

    return rename(node)
