"""Which known mistakes a calculation is given, so that they can be seen, told apart and found one after another.

A *spot* is a line with one way of going wrong in it, from the table of mistakes. A spot serves for some numbers when
the wrong result lies outside everything that correct work under the rounding rule can reach. How hard a spot is to
find is measured by what the line is (the kind of quantity and its layer) and by how many lines come after it: spots of
one kind and layer whose numbers of following lines differ by at most `BAND` are equally hard. A problem has one row of
such *grades* for all its sheets, and each sheet draws its spots from them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations, permutations
from typing import NamedTuple

from derive.errors import InputError, shown
from derive.expression import quantities
from derive.mistakes import Rewrite, local_rewrites, named
from derive.numbers import Number, OutsideDomain, Undecided, ends, rounded, settle
from derive.program import Line, Registers
from derive.quantity import Quantity
from derive.wording import ENGLISH, Wording
from derive.worksheet.calculation import Calculation, CalculationLine

BAND = 2
"""By how many following lines spots of one grade may differ."""
LEAST = 3
"""Spots that a grade must have with the problem's own numbers, so that neighbours get different ones."""
MOST_MISTAKES = 5
LONGER = 3
"""Quantities that a wrong formula may have more than the right one; longer ones look wrong at once."""
REASONS = 6
"""Reasons that a sheet offers, beside those of further mistakes."""
MOST_TRIED = 400


NOUNS = {
    "a": "a",
    "z": "z",
    "exp": "exp",
    "expsum": "expsum",
    "loss_part": "loss_part",
    "loss": "loss",
    "data_loss": "loss",
    "penalty": "penalty",
    "dL/da": "by_activation",
    "da/dz": "slope",
    "dL/dz": "delta",
    "dL/dW": "weight_gradient",
    "dL/db": "bias_gradient",
    "lr_now": "rate",
    "W": "new_weight",
    "b": "new_bias",
    "vW": "weight_velocity",
    "vb": "bias_velocity",
}
"""What a line is called that shows a quantity of a kind, as a phrase that begins with `kind_`."""


class Grade(NamedTuple):
    """How hard a spot is: the kind and layer of the quantity, and the fewest lines that follow in its band."""

    kind: str
    layer: int | None
    following: int

    def words(self, layer: str, say: Wording = ENGLISH) -> str:
        """The grade in words, with what its layer is called.

        >>> Grade("dL/dz", 2, 16).words("output layer")
        'a delta (output layer; 16 to 18 lines follow)'
        """
        parts = {"kind": say[f"kind_{NOUNS[self.kind]}"], "low": str(self.following)}
        parts |= {"high": str(self.following + BAND), "layer": layer}
        return say("find_kind_in" if layer else "find_kind", **parts)


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """A line with one way of going wrong."""

    line: CalculationLine
    rewrite: Rewrite
    step: Line
    following: int

    @property
    def key(self) -> str:
        return self.rewrite.mistake.key


@dataclass(frozen=True)
class Right:
    """Right work with the numbers of a sheet: every rounded result, and the range of all that correct work reaches."""

    calculation: Calculation
    carried: Registers
    ranges: Registers

    def wrong(self, step: Line) -> Number | None:
        """What a wrong step gives, rounded; None where it gives nothing, as a logarithm of 0 does."""
        policy, program = self.calculation.policy, self.calculation.program
        try:
            number = settle(step.value(self.carried))
            places = program.decimals(program.quantities[step.target], policy)
            return number if places is None else rounded(number, places, policy.ties)
        except (OutsideDomain, Undecided):
            return None

    def shows(self, place: int, wrong: Number) -> bool:
        """Whether a wrong result is told from all right ones by its printed digits."""
        calculation = self.calculation
        text = calculation.printed(place, wrong)
        places = calculation.policy.shown_places(calculation.program.quantities[place])
        bounds = ends(self.ranges[place], places, calculation.policy.ties)
        if not all(bounds):
            return False  # rounding on the way may lead anywhere
        low, high = map(Decimal, bounds)
        return not low <= Decimal(text) <= high


@dataclass(frozen=True)
class Plan:
    """The mistakes of one sheet in the order of their lines, its numbers, and the reasons that it offers, as keys."""

    spots: tuple[Spot, ...]
    registers: Registers
    reasons: tuple[str, ...]


@dataclass
class Planter:
    """Chooses mistakes for the sheets of a problem. `stamp` tells this problem and its options from others.

    `allowed` are the numbers of the lines in which they may be; None: all lines.
    """

    calculation: Calculation
    count: int
    stamp: str
    allowed: frozenset[int] | None = None
    grades: tuple[Grade, ...] = ()
    _spots: dict[Grade, list[Spot]] = field(default_factory=dict)
    _ways: dict[Quantity, list[tuple[str, Line]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_count(self.count)
        self._spots = self._graded()

    # -- what can go wrong -----------------------------------------------------------------------------------

    def _graded(self, last_apart: bool = False) -> dict[Grade, list[Spot]]:
        """Every spot, by its grade; `last_apart`: those that no line follows have grades of their own."""
        places: dict[tuple[str, int | None], list[Spot]] = {}
        for line in self.calculation.lines:
            layer = line.target.layer if isinstance(line.target.layer, int) else None
            places.setdefault((self._kind(line), layer), []).extend(self._of(line))
        found: dict[Grade, list[Spot]] = {}
        for (kind, layer), spots in places.items():
            fewest: list[int] = []
            for following in sorted({spot.following for spot in spots}):
                if not fewest or following > fewest[-1] + BAND or (last_apart and not fewest[-1]):
                    fewest.append(following)
            for spot in spots:
                floor = max(one for one in fewest if one <= spot.following)
                found.setdefault(Grade(kind, layer, floor), []).append(spot)
        return found

    def _kind(self, line: CalculationLine) -> str:
        """What a line is, as far as that makes it easier or harder."""
        return line.target.kind

    def _of(self, line: CalculationLine) -> Iterator[Spot]:
        """The spots of a line: each mistake in its likeliest way."""
        trace, program = self.calculation.page.trace, self.calculation.program
        following, seen = len(self.calculation.after(line)), set[str]()
        right, downstream = len(quantities(line.item.formula)), self.calculation.downstream(line)
        for rewrite in local_rewrites(trace, trace.step(line.target)):
            used = quantities(rewrite.formula)
            if not all(quantity in program.place for quantity in used):
                continue
            step = program.compiled(line.target, rewrite.formula)
            if not downstream.isdisjoint(step.sources):
                continue  # it would need its own result
            self._ways.setdefault(line.target, []).append((rewrite.mistake.key, step))
            if used and len(used) <= right + LONGER and rewrite.mistake.key not in seen:
                seen.add(rewrite.mistake.key)
                yield Spot(line, rewrite, step, following)

    # -- the choice ------------------------------------------------------------------------------------------

    def settle(self, right: Right) -> None:
        """Decides the grades of all sheets by the problem's own numbers. Raises `InputError` where there are none.

        Where every grade has lines that nothing follows, as in an optimiser alone, these are set apart.
        """
        if self._settled(right):
            return
        self._spots = self._graded(last_apart=True)
        if self._settled(right):
            return
        where = "a problem" if self.allowed is None else "questions (--ask)"
        hint = "fewer mistakes, or more decimals" if self.allowed is None else "fewer mistakes, or more of the lines"
        raise InputError(
            f"{where} in which {self.count} known mistakes can be seen and found one after another",
            "none with these numbers and decimals", place="--find-the-error", hint=hint,
        )  # fmt: skip

    def _settled(self, right: Right) -> bool:
        serving = {grade: [s for s in self._pool(grade) if self._serves(s, right)] for grade in self._spots}
        rich = [grade for grade, spots in serving.items() if len({s.key for s in spots}) >= LEAST and grade.following]

        def order(grade: Grade) -> tuple[bool, bytes]:
            """Those of a single line come last: there every sheet would have its mistake in the same one."""
            return len({spot.line.number for spot in serving[grade]}) == 1, _draw(self.stamp, *map(str, grade))

        rich.sort(key=order)
        rows = combinations(rich, self.count) if len(rich) >= self.count else iter(())
        for tried, grades in enumerate(rows):
            self.grades = grades
            if self._chosen(right, "settle") is not None:
                return True
            if tried == MOST_TRIED:
                break
        return False

    def plan(self, right: Right, form: str) -> Plan:
        """The mistakes of one sheet; `form` tells it from others.

        Raises `InputError` where its numbers show too few.
        """
        found = self._chosen(right, form)
        if found is None:
            expected = f"numbers with which {self.count} mistakes can be seen"
            raise InputError(expected, "fewer", place="--find-the-error", hint="more decimals, or other numbers")
        spots, registers = found
        return Plan(spots, registers, self._reasons(spots, right, form))

    def _pool(self, grade: Grade) -> list[Spot]:
        """The spots of a grade that lie in lines where mistakes may be."""
        return [spot for spot in self._spots[grade] if self.allowed is None or spot.line.number in self.allowed]

    def _chosen(self, right: Right, form: str) -> tuple[tuple[Spot, ...], Registers] | None:
        """Spots of the grades that serve together, the first in an order that is drawn for the sheet."""
        pools = [
            sorted(self._pool(grade), key=lambda spot: _draw(self.stamp, form, spot.line.target.id, spot.key))
            for grade in self.grades
        ]
        for tried, spots in enumerate(_rows(pools)):
            registers = self._together(spots, right)
            if registers is not None:
                return tuple(sorted(spots, key=lambda spot: spot.line.number)), registers
            if tried == MOST_TRIED:
                return None
        return None

    def _together(self, spots: Sequence[Spot], right: Right) -> Registers | None:
        """The numbers with all of these mistakes; None where one hides or changes another.

        No mistake lies on the way to another one, so that each is found, and mended, without the others.
        """
        program = self.calculation.program
        for one, two in permutations(spots, 2):
            if program.place[two.line.target] in self.calculation.downstream(one.line):
                return None
            if not self.calculation.downstream(one.line).isdisjoint(two.step.sources):
                return None
        if len({spot.key for spot in spots}) < len(spots) or len(named(spot.key for spot in spots)) < len(spots):
            return None
        for spot in spots:
            others = {other.key for other in spots if other is not spot}
            if not self._serves(spot, right) or others & self._explaining(spot, right):
                return None
        run = program.rewritten({spot.line.target: spot.rewrite.formula for spot in spots})
        try:
            return run.carried(right.carried, self.calculation.policy)
        except (OutsideDomain, Undecided):
            return None

    def _serves(self, spot: Spot, right: Right) -> bool:
        """Whether a mistake is seen in its line."""
        number = right.wrong(spot.step)
        return number is not None and right.shows(spot.step.target, number)

    def _explaining(self, spot: Spot, right: Right) -> set[str]:
        """The other mistakes that give the same printed number in this line."""
        wrong, found = self._text(spot.step, right), set[str]()
        for key, step in self._ways[spot.line.target]:
            if key != spot.key and key not in found and self._text(step, right) == wrong:
                found.add(key)
        return found

    def _text(self, step: Line, right: Right) -> str | None:
        """The printed number of a wrong step."""
        number = right.wrong(step)
        return None if number is None else self.calculation.printed(step.target, number)

    def _reasons(self, spots: Sequence[Spot], right: Right, form: str) -> tuple[str, ...]:
        """The right reasons among others, of which none explains one of the numbers, in an order that is drawn."""
        true = [spot.key for spot in spots]
        excluded = {key for spot in spots for key in self._explaining(spot, right)}
        near = {key for spot in spots for key, _ in self._ways[spot.line.target]}
        rest = {spot.key for pool in self._spots.values() for spot in pool} - near
        chosen = list(true)
        for keys in (near, rest):
            for key in sorted(keys - excluded - set(true), key=lambda key: _draw(self.stamp, form, "reason", key)):
                if len(chosen) < REASONS + len(true) - 1 and len(named([*chosen, key])) == len(chosen) + 1:
                    chosen.append(key)
        return tuple(sorted(chosen, key=lambda key: _draw(self.stamp, form, "order", key)))


def check_count(mistakes: int) -> None:
    """Raises `InputError` for a number of mistakes that no sheet has."""
    if not 1 <= mistakes <= MOST_MISTAKES:
        expected = f"a number of mistakes from 1 to {MOST_MISTAKES}"
        raise InputError(expected, shown(mistakes), place="--find-the-error")


def _rows(pools: Sequence[Sequence[Spot]]) -> Iterator[tuple[Spot, ...]]:
    """One spot of each pool, those first that stand first in their pools."""
    if not pools:
        yield ()
        return
    for first in pools[0]:
        for rest in _rows(pools[1:]):
            yield (first, *rest)


def _draw(*parts: str) -> bytes:
    """What puts things in an order that looks drawn and is the same on every machine."""
    return hashlib.sha256("\x1f".join(parts).encode()).digest()


def letters(reasons: Iterable[str]) -> dict[str, str]:
    """The letter of each reason.

    >>> letters(["first", "second"])
    {'first': 'A', 'second': 'B'}
    """
    return {key: chr(ord("A") + k) for k, key in enumerate(reasons)}
