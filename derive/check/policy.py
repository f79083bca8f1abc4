"""How a writer rounds: given by the problem or the command, or inferred from the stated numbers.

A policy explains a stated number when working by it, from the writer's own earlier numbers, gives exactly that
number. The policy that explains most is taken; where two explain as many, it cannot be told, and that is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from flint import fmpq

from derive.check.model import PolicyFound
from derive.check.walk import Mark
from derive.errors import counted
from derive.evaluation import Policy
from derive.numbers import Number, OutsideDomain, Undecided, middle, rounded
from derive.program import Program

MOST_KINDS = 4
"""Numbers of decimals that are tried, the commonest first."""


def given_policy(policy: Policy, origin: str) -> PolicyFound:
    """The policy that the problem or the command states."""
    places = counted(policy.decimals, "decimal")
    words = f"Every result may be rounded to {places} before it is used"
    if policy.overrides:
        words += ", some to others"
    source = f"as the {'command' if origin == 'stated' else origin} says"
    return PolicyFound(origin, policy.decimals, 0, 0, True, f"{words}, {source}.")


def infer(program: Program, givens: Sequence[Number], marks: Mapping[int, Mark], ties: str = "half_up") -> PolicyFound:
    """The policy that explains most of the stated numbers."""
    computed = {
        at: mark
        for at, mark in marks.items()
        if program.line(at) is not None and mark.places is not None and mark.digits
    }
    total = len(computed)
    kinds = Counter(max(mark.places or 0, 0) for mark in computed.values())
    common = [decimals for decimals, _ in kinds.most_common(MOST_KINDS)]
    unrounded = sum(mark.true for mark in computed.values())
    if not computed:
        return PolicyFound(
            "inferred", None, 0, 0, False, "No computed number is stated, so nothing tells the rounding."
        )
    best = max(common, key=lambda decimals: (explained(program, givens, computed, decimals, ties), kinds[decimals]))
    carried = explained(program, givens, computed, best, ties)
    fit = f"{max(carried, unrounded)} of {total} stated {'number fits' if total == 1 else 'numbers fit'}"
    if carried > unrounded:
        how = f"to {counted(best, 'decimal')}" if len(kinds) == 1 else "to the decimals shown"
        words = f"Every result was rounded {how}, and the rounded number was used from then on: {fit}."
        return PolicyFound("inferred", best, carried, total, True, words)
    if unrounded > carried:
        words = f"Nothing was rounded before it was written down: {fit}."
        # Somebody who rounds now and then is not accused of the last digit.
        return PolicyFound("inferred", None if unrounded == total else best, unrounded, total, True, words)
    if not carried:
        return PolicyFound("inferred", None, 0, total, False, "No way of rounding gives these numbers.")
    words = f"It cannot be told whether rounded numbers were used on the way: either way {fit}. Both are accepted."
    return PolicyFound("inferred", best, carried, total, False, words)


def explained(program: Program, givens: Sequence[Number], marks: Mapping[int, Mark], decimals: int, ties: str) -> int:
    """How many stated numbers come out exactly from those before them, as they are written."""
    return sum(number == marks[at].value for at, number in as_written(program, givens, marks, decimals, ties))


def as_written(
    program: Program, givens: Sequence[Number], marks: Mapping[int, Mark], decimals: int, ties: str
) -> Iterator[tuple[int, Number]]:
    """Per stated number what comes out from those before it as they are written, rounded to its digits.

    Results that are not stated are rounded to some decimals.
    """
    registers = [*givens, *[givens[0]] * len(program.lines)]
    for line in program.lines:
        mark = marks.get(line.target)
        shown = decimals if mark is None or mark.places is None else max(mark.places, 0)
        try:
            number = _nearest(line.value(registers), shown, ties)
        except (OutsideDomain, Undecided):
            # A number rounded to 0 has no logarithm: this policy gives nothing from here on.
            return
        registers[line.target] = number
        if mark is not None:
            yield line.target, number
            registers[line.target] = mark.value


def _nearest(number: Number, decimals: int, ties: str) -> fmpq:
    """The number rounded; where no precision decides a tie, as its middle is."""
    try:
        return rounded(number, decimals, ties)
    except Undecided:
        return rounded(middle(number), decimals, ties)
