"""Which known mistakes a calculation is given, so that they can be seen, told apart and found one after another.

A *spot* is a line with one way of going wrong in it, from the table of mistakes. A spot serves for some numbers when
the wrong result lies outside everything that correct work under the rounding rule can reach. How hard a spot is to
find is measured by what the line is (the kind of quantity and its layer) and by how many lines come after it: spots of
one kind and layer whose numbers of following lines differ by at most `BAND` are equally hard. A problem has one row of
such *grades* for all its sheets, and each sheet draws its spots from them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations, permutations
from typing import NamedTuple

from derive.errors import InputError
from derive.expression import Node, quantities
from derive.mistakes import Rewrite, local_rewrites, named
from derive.numbers import Number, OutsideDomain, Undecided, ends
from derive.program import Registers, Rewritten
from derive.quantity import Quantity
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
    "a": "an activation",
    "z": "a weighted sum",
    "exp": "an exponential",
    "expsum": "a sum of exponentials",
    "loss_part": "a part of the loss",
    "loss": "the loss",
    "data_loss": "the loss",
    "penalty": "the penalty",
    "dL/da": "a derivative by an activation",
    "da/dz": "a slope",
    "dL/dz": "a delta",
    "dL/dW": "a gradient of a weight",
    "dL/db": "a gradient of a bias",
    "lr_now": "a learning rate",
    "W": "a new weight",
    "b": "a new bias",
    "vW": "a velocity of a weight",
    "vb": "a velocity of a bias",
}
"""What a line is called that shows a quantity of a kind."""


class Grade(NamedTuple):
    """How hard a spot is: the kind and layer of the quantity, and the fewest lines that follow in its band."""

    kind: str
    layer: int | None
    following: int

    def words(self, layer: str) -> str:
        """The grade in words, with what its layer is called.

        >>> Grade("dL/dz", 2, 16).words("output layer")
        'a delta (output layer; 16 to 18 lines follow)'
        """
        place = f"{layer}; " if layer else ""
        return f"{NOUNS[self.kind]} ({place}{self.following} to {self.following + BAND} lines follow)"


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """A line with one way of going wrong."""

    line: CalculationLine
    rewrite: Rewrite
    run: Rewritten
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

    def shows(self, place: int, wrong: Number) -> bool:
        """Whether a wrong result is told from all right ones by its printed digits."""
        calculation = self.calculation
        text = calculation.printed(place, wrong)
        places = calculation.policy.shown_places(calculation.program.quantities[place])
        low, high = ends(self.ranges[place], places, calculation.policy.ties)
        return not Decimal(low) <= Decimal(text) <= Decimal(high)


@dataclass(frozen=True)
class Plan:
    """The mistakes of one sheet in the order of their lines, its numbers, and the reasons that it offers, as keys."""

    spots: tuple[Spot, ...]
    registers: Registers
    reasons: tuple[str, ...]


@dataclass
class Planter:
    """Chooses mistakes for the sheets of a problem. `stamp` tells this problem and its options from others."""

    calculation: Calculation
    count: int
    stamp: str
    grades: tuple[Grade, ...] = ()
    _spots: dict[Grade, list[Spot]] = field(default_factory=dict)
    _ways: dict[Quantity, list[tuple[str, Rewritten]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MOST_MISTAKES:
            raise InputError(
                f"a number of mistakes from 1 to {MOST_MISTAKES}", str(self.count), place="--find-the-error"
            )
        self._spots = self._graded()

    # -- what can go wrong -----------------------------------------------------------------------------------

    def _graded(self) -> dict[Grade, list[Spot]]:
        """Every spot, by its grade."""
        places: dict[tuple[str, int | None], list[Spot]] = {}
        for line in self.calculation.lines:
            layer = line.target.layer if isinstance(line.target.layer, int) else None
            places.setdefault((line.target.kind, layer), []).extend(self._of(line))
        found: dict[Grade, list[Spot]] = {}
        for (kind, layer), spots in places.items():
            fewest: list[int] = []
            for following in sorted({spot.following for spot in spots}):
                if not fewest or following > fewest[-1] + BAND:
                    fewest.append(following)
            for spot in spots:
                floor = max(one for one in fewest if one <= spot.following)
                found.setdefault(Grade(kind, layer, floor), []).append(spot)
        return found

    def _of(self, line: CalculationLine) -> Iterator[Spot]:
        """The spots of a line: each mistake in its likeliest way."""
        trace, program = self.calculation.page.trace, self.calculation.program
        following, seen = len(self.calculation.after(line)), set[str]()
        right = len(quantities(line.item.formula))
        for rewrite in local_rewrites(trace, trace.step(line.target)):
            run = _rewritten(self.calculation, {line.target: rewrite.formula})
            if run is None:
                continue
            self._ways.setdefault(line.target, []).append((rewrite.mistake.key, run))
            used = quantities(rewrite.formula)
            plain = used and len(used) <= right + LONGER and all(q in program.place for q in used)
            if plain and rewrite.mistake.key not in seen:
                seen.add(rewrite.mistake.key)
                yield Spot(line, rewrite, run, following)

    # -- the choice ------------------------------------------------------------------------------------------

    def settle(self, right: Right) -> None:
        """Decides the grades of all sheets by the problem's own numbers. Raises `InputError` where there are none."""
        serving = {grade: [s for s in spots if self._serves(s, right)] for grade, spots in self._spots.items()}
        rich = [grade for grade, spots in serving.items() if len({s.key for s in spots}) >= LEAST and grade.following]

        def order(grade: Grade) -> tuple[bool, bytes]:
            """Those of a single line come last: there every sheet would have its mistake in the same one."""
            return len({spot.line.number for spot in serving[grade]}) == 1, _draw(self.stamp, *map(str, grade))

        rich.sort(key=order)
        rows = combinations(rich, self.count) if len(rich) >= self.count else iter(())
        for tried, grades in enumerate(rows):
            self.grades = grades
            if self._chosen(right, "settle") is not None:
                return
            if tried == MOST_TRIED:
                break
        raise InputError(
            f"a problem in which {self.count} known mistakes can be seen and found one after another",
            "none with these numbers and decimals", place="--find-the-error", hint="fewer mistakes, or more decimals",
        )  # fmt: skip

    def plan(self, right: Right, form: str) -> Plan:
        """The mistakes of one sheet; `form` tells it from others.

        Raises `InputError` where its numbers show too few.
        """
        found = self._chosen(right, form)
        if found is None:
            expected = f"numbers with which {self.count} mistakes can be seen"
            raise InputError(expected, "fewer", place="--find-the-error", hint="more decimals, or other numbers")
        spots, registers = found
        return Plan(spots, registers, self._reasons(spots, right, registers, form))

    def _chosen(self, right: Right, form: str) -> tuple[tuple[Spot, ...], Registers] | None:
        """Spots of the grades that serve together, the first in an order that is drawn for the sheet."""
        pools = [
            sorted(self._spots[grade], key=lambda spot: _draw(self.stamp, form, spot.line.target.id, spot.key))
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
        place = self.calculation.program.place
        for one, two in permutations(spots, 2):
            if place[two.line.target] in one.run.affected:
                return None
        if len({spot.key for spot in spots}) < len(spots) or len(named(spot.key for spot in spots)) < len(spots):
            return None
        run = _rewritten(self.calculation, {spot.line.target: spot.rewrite.formula for spot in spots})
        if run is None:
            return None
        registers = _carried(run, right)
        if registers is None:
            return None
        for spot in spots:
            at = place[spot.line.target]
            if not right.shows(at, registers[at]):
                return None
            others = {other.key for other in spots if other is not spot}
            if others & self._explaining(spot, registers, right):
                return None
        return registers

    def _serves(self, spot: Spot, right: Right) -> bool:
        """Whether a mistake alone is seen in its line."""
        registers, at = _carried(spot.run, right), self.calculation.program.place[spot.line.target]
        return registers is not None and right.shows(at, registers[at])

    def _explaining(self, spot: Spot, registers: Registers, right: Right) -> set[str]:
        """The other mistakes that give the same printed number in this line."""
        at = self.calculation.program.place[spot.line.target]
        wrong = self.calculation.printed(at, registers[at])
        found = set[str]()
        for key, run in self._ways[spot.line.target]:
            if key not in found and key != spot.key:
                other = _carried(run, right)
                if other is not None and self.calculation.printed(at, other[at]) == wrong:
                    found.add(key)
        return found

    def _reasons(self, spots: Sequence[Spot], right: Right, registers: Registers, form: str) -> tuple[str, ...]:
        """The right reasons among others, of which none explains one of the numbers, in an order that is drawn."""
        true = [spot.key for spot in spots]
        excluded = {key for spot in spots for key in self._explaining(spot, registers, right)}
        near = {key for spot in spots for key, _ in self._ways[spot.line.target]}
        rest = {spot.key for pool in self._spots.values() for spot in pool} - near
        chosen = list(true)
        for keys in (near, rest):
            for key in sorted(keys - excluded - set(true), key=lambda key: _draw(self.stamp, form, "reason", key)):
                if len(chosen) < REASONS + len(true) - 1 and len(named([*chosen, key])) == len(chosen) + 1:
                    chosen.append(key)
        return tuple(sorted(chosen, key=lambda key: _draw(self.stamp, form, "order", key)))


def _rewritten(calculation: Calculation, changes: Mapping[Quantity, Node]) -> Rewritten | None:
    """The calculation with other formulas; None where they would need their own results, or what is not computed."""
    try:
        return calculation.program.rewritten(changes)
    except (ValueError, KeyError):
        return None


def _carried(run: Rewritten, right: Right) -> Registers | None:
    """Every rounded result with the wrong steps; None where there is none, as behind a logarithm of 0."""
    try:
        return run.carried(right.carried, right.calculation.policy)
    except (OutsideDomain, Undecided):
        return None


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
