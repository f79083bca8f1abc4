"""The conditions that the numbers of a variant have to meet: one row each, the cheap ones that refuse much first.

To add a condition, add a row: its name, what it says in plain words, whether the problem wants it, and what is wrong
with a draw that does not meet it. What a draw is and how it is computed is in `setting`. One module because it is one
table, and a row is read beside the function that it asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from flint import arb, fmpq, fmpz

from derive.activations import described
from derive.numbers import HALF_BALL, Number, OutsideDomain, Undecided, power_of_ten, rounded, sign, widened
from derive.quantity import Quantity
from derive.spec import Constraints
from derive.variants.draw import Drawn
from derive.variants.figures import size
from derive.variants.grid import MOST_DECIMALS
from derive.variants.setting import Candidate, Setting, Wrong
from derive.variants.watched import Watched

TIE = Decimal("0.005")
"""The usual least distance to a tie, in units of the last decimal."""
TIES_IN_ALL = Decimal("0.3")
"""The most that twice this distance may come to for all answers together."""
FINE = 1_000_000
"""Parts of a unit in which the distance to a tie is measured."""
FINE_BALL = arb(FINE)
"""The same as a ball: balls are multiplied by balls much faster."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One row. `words` says what holds in every variant, with slots for numbers; `fault` what is wrong with a draw."""

    name: str
    words: str
    wanted: Callable[[Setting], bool]
    fault: Callable[[Candidate], str | None]


def limits(activation: str) -> tuple[fmpq, fmpq] | None:
    """Between which outputs a unit is not saturated."""
    ends = described(activation).saturated
    return ends and (fmpq(*ends[0].as_integer_ratio()), fmpq(*ends[1].as_integer_ratio()))


def corners(activation: str) -> tuple[fmpq, ...]:
    """The sums at which two sides of an activation meet."""
    return tuple(fmpq(*corner.as_integer_ratio()) for corner in described(activation).corners)


def dies(activation: str) -> bool:
    """Whether a unit gives nothing back while its sum is below 0."""
    return described(activation).dies


def always(_: Setting) -> bool:
    return True


def stated(setting: Setting) -> Constraints:
    """What the problem says about conditions."""
    return setting.problem.variants.constraints


def has(watched: Iterable[Watched], what: Callable[[str], object]) -> bool:
    """Whether this is true of a function that is watched."""
    return any(what(name) for name in {one.activation for one in watched})


def easy_givens(one: Candidate) -> str | None:
    for slot in one.setting.space.slots:
        number = one.numbers[slot.quantity]
        exponent = number.as_tuple().exponent
        if not slot.stated and (not number or not isinstance(exponent, int) or exponent < -MOST_DECIMALS):
            return one.setting.called(slot.quantity)
    return None


def different_givens(one: Candidate) -> str | None:
    used = {scope: set(numbers) for scope, numbers in one.setting.space.taken.items()}
    for slot in one.setting.space.slots:
        if slot.scope is not None:
            if one.numbers[slot.quantity] in used[slot.scope]:
                return one.setting.called(slot.quantity)
            used[slot.scope].add(one.numbers[slot.quantity])
    return None


def values_exist(one: Candidate) -> str | None:
    return None if one.early else ""


def not_saturated(one: Candidate) -> str | None:
    for output in one.setting.watch.outputs:
        ends = limits(output.activation)
        if ends and not ends[0] < output.value(one.early) < ends[1]:
            return one.setting.called_at(output.place)
    return None


def not_dead(one: Candidate) -> str | None:
    off: dict[Quantity, bool] = {}
    for found in one.setting.watch.sums:
        if dies(found.activation):
            off[found.unit] = off.get(found.unit, True) and not found.value(one.early) > 0
    return next((one.setting.called(unit) for unit, dead in off.items() if dead), None)


def loss_decreases(one: Candidate) -> str | None:
    for before, after in one.setting.losses:
        if not one.exact[after] < one.exact[before]:
            return one.setting.called_at(after)
    return None


def enough_digits(one: Candidate) -> str | None:
    return next(map(one.setting.called_at, short_gradients(one)), None)


def short_gradients(one: Candidate) -> Iterator[int]:
    """The places of the gradients that show too few digits."""
    least = power_of_ten(max(stated(one.setting).significant_digits - 1, 0))
    for place, decimals in one.setting.gradients:
        scaled = one.early[place] * power_of_ten(decimals)
        if sign(size(scaled) - least) < 0 and not (isinstance(scaled, fmpq) and scaled and scaled.q == 1):
            if scaled == 0 and place in one.setting.switched:
                continue
            yield place


def nothing_vanishes(one: Candidate) -> str | None:
    return next(map(one.setting.called_at, vanishing(one)), None)


def vanishing(one: Candidate) -> Iterator[int]:
    """The places of the answers that are shown as 0 although they are not 0."""
    ties, noughts = one.setting.policy.ties, one.setting.noughts
    for (place, _), units in zip(one.setting.answers, one.in_units, strict=True):
        if units >= 1 or units <= -1 or rounded(units, 0, ties):
            continue
        # For a ball around 0 it is neither true that it is 0 nor that it is not.
        if one.exact[place] != 0:
            yield place
        elif not (one.exact[place] == 0 or place in noughts):
            if one.precise:
                noughts.add(place)
            else:
                raise Undecided


def far_from_ties(one: Candidate) -> str | None:
    distance = tie_distance(one.setting)
    for (place, _), units in zip(one.setting.answers, one.in_units, strict=True):
        if nearness(units) <= distance:
            return one.setting.called_at(place)
    return None


def tie_distance(setting: Setting) -> int:
    """The least distance to a tie in the smallest parts that are looked at."""
    usual = min(TIE, TIES_IN_ALL / 2 / max(len(setting.answers), 1))
    wanted = stated(setting).tie_distance
    return int((usual if wanted is None else wanted) * FINE)


def nearness(units: Number) -> int:
    """How far a number of units of the last decimal is from a tie, in millionths of such a unit.

    >>> nearness(fmpq(12, 10)), nearness(fmpq(1251, 100)), nearness(fmpq(-125, 10))
    (300000, 10000, 0)
    """
    if isinstance(units, fmpq):
        whole: fmpz | None = (units * FINE).floor()
    else:
        fine = units * FINE_BALL
        # A bias whose gradient adds up to nothing keeps its few digits, and is a ball around them.
        whole = fine.floor().unique_fmpz()
        whole = (fine + HALF_BALL).floor().unique_fmpz() if whole is None else whole
    if whole is None:
        raise Undecided
    return abs(int(whole) % FINE - FINE // 2)


def off_the_corner(one: Candidate) -> str | None:
    for found in one.setting.watch.sums:
        for corner in found.corners:
            reach = _reaches(one, (found.place,))[found.place]
            if not (reach > corner or reach < corner):
                return one.setting.called_at(found.place)
    for line in one.setting.cornered:
        try:
            line.value(_reaches(one, line.sources))
        except Undecided:
            return one.setting.called_at(line.target)
    for join in one.setting.watch.joins:
        if join.side(_reaches(one, join.sources)) is None:
            return one.setting.called_at(join.place)
    return None


def _reaches(one: Candidate, places: Iterable[int]) -> dict[int, Number]:
    """What is used of some results, wherever correct work has rounded."""
    rounded_to = {place: one.setting.places[place] for place in places}
    return {p: one.ranges[p] if d is None else widened(one.ranges[p], d) for p, d in rounded_to.items()}


def own_sides(one: Candidate) -> str | None:
    for number, side in enumerate(one.setting.own_sides):
        if one.side(number) != side:
            return one.setting.called_at(one.setting.watch.joins[number].place)
    return None


def rounded_values_exist(one: Candidate) -> str | None:
    try:
        known = bool(one.carried)
    except OutsideDomain:
        known = False
    known = known and all(arb(one.ranges[place]).is_finite() for place, _ in one.setting.finals)
    return None if known else "a logarithm or a quotient"


def exact_is_carried(one: Candidate) -> str | None:
    ties = one.setting.policy.ties
    for place, decimals in one.setting.answers:
        if rounded(one.exact[place], decimals, ties) != rounded(one.carried[place], decimals, ties):
            return one.setting.called_at(place)
    return None


def unfit(need: str) -> Callable[[Candidate], str | None]:
    """Why the sheet cannot have with these numbers what it needs: its mistakes, its numbers to choose from."""
    return lambda one: one.setting.unfit[need](one.numbers)


def mistakes_apart(one: Candidate) -> str | None:
    for left, right in one.setting.pairs:
        if not one.apart(left, right):
            return f"the same final answers for {told(left, right)}"
    return None


def told(left: Wrong | None, right: Wrong) -> str:
    """Two calculations as a message names them."""
    other = "right work" if left is None else f'"{left.title}"'
    return f'"{right.title}" and {other}'


CONDITIONS = (
    Condition("values_exist", "every value exists", always, values_exist),
    Condition(
        "no_saturated_unit",
        "no output of a sigmoid, tanh or softmax unit is close to its limits",
        lambda setting: has(setting.watch.outputs, limits) and not stated(setting).allow_saturated,
        not_saturated,
    ),
    Condition(
        "no_dead_unit",
        "every ReLU unit is on for some example",
        lambda setting: has(setting.watch.sums, dies) and not stated(setting).allow_dead,
        not_dead,
    ),
    Condition(
        "own_branches",
        "every maximum, ReLU and case takes the side that the problem's own numbers take",
        lambda setting: setting.exercise.branches == "own" and bool(setting.watch.joins),
        own_sides,
    ),
    Condition(
        "significant_digits",
        "gradients have at least {digits} significant digits at the printed decimals",
        lambda setting: stated(setting).significant_digits > 0 and bool(setting.gradients),
        enough_digits,
    ),
    Condition(
        "easy_givens",
        "drawn numbers have at most two decimals, or are those the file states",
        always,
        easy_givens,
    ),
    Condition("different_givens", "numbers that must differ do", always, different_givens),
    Condition(
        "loss_decreases",
        "the loss is smaller after training",
        lambda setting: stated(setting).loss_decreases and setting.exercise.updates,
        loss_decreases,
    ),
    Condition(
        "shown_as_zero",
        "no answer is shown as 0 unless it is 0",
        always,
        nothing_vanishes,
    ),
    Condition(
        "tie_distance",
        "no answer is within {tie} units of its last decimal of a tie between two roundings",
        lambda setting: tie_distance(setting) > 0,
        far_from_ties,
    ),
    Condition(
        "off_the_corner",
        "rounding takes no number across a corner of an activation function or of the loss",
        lambda setting: bool(
            any(found.corners for found in setting.watch.sums) or setting.cornered or setting.watch.joins
        ),
        off_the_corner,
    ),
    Condition(
        "rounded_values_exist",
        "every value exists also where results are rounded on the way",
        lambda setting: setting.exercise.may_fail or stated(setting).allow_saturated,
        rounded_values_exist,
    ),
    Condition(
        "exact_equals_carried",
        "rounding every result on the way changes no answer",
        lambda setting: stated(setting).exact_equals_carried,
        exact_is_carried,
    ),
    Condition(
        "distinguishable_mistakes",
        "every usual mistake gives other final answers than right work and than the other mistakes",
        lambda setting: stated(setting).distinguishable_mistakes,
        mistakes_apart,
    ),
    Condition(
        "mistakes_to_find",
        "every mistake that is to be found shows in its line, beyond all that rounding can do",
        lambda setting: "mistakes_to_find" in setting.unfit,
        unfit("mistakes_to_find"),
    ),
    Condition(
        "numbers_to_choose",
        "every box has as many numbers to choose from as on other sheets, wrong ones beyond all that rounding can do",
        lambda setting: "numbers_to_choose" in setting.unfit,
        unfit("numbers_to_choose"),
    ),
)
UNIQUE = "no_two_alike"
UNIQUE_WORDS = "no two variants have the same numbers"


def conditions_of(setting: Setting) -> tuple[Condition, ...]:
    """The conditions that a problem wants, in the order in which they are tried."""
    return tuple(row for row in CONDITIONS if row.wanted(setting))


def guarantees(setting: Setting) -> list[tuple[str, str]]:
    """The name of every condition that is checked on each variant, and what it says."""
    tie = Decimal(tie_distance(setting)) / FINE
    digits = stated(setting).significant_digits
    rows = [(row.name, row.words.format(tie=tie.normalize(), digits=digits)) for row in conditions_of(setting)]
    return [*rows, (UNIQUE, UNIQUE_WORDS)]


def judge(setting: Setting, numbers: Drawn, rows: tuple[Condition, ...]) -> tuple[str, str] | None:
    """The name of the first condition that numbers do not meet, and what is wrong; None where they meet all."""
    try:
        return setting.decide(numbers, lambda one: first_fault(one, rows))
    except Undecided:
        return "values_exist", "a result that is too close to call"


def first_fault(one: Candidate, rows: tuple[Condition, ...]) -> tuple[str, str] | None:
    """The name of the first condition that a draw does not meet, and what is wrong; None where it meets all."""
    for row in rows:
        try:
            fault = row.fault(one)
        except OutsideDomain as error:
            return "values_exist", str(error)
        if fault is not None:
            return row.name, fault
    return None
