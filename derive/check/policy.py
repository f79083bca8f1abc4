"""How a writer rounds: given by the problem or the command, or inferred from the stated numbers.

A policy explains a stated number when working by it, from the writer's own earlier numbers, gives exactly that
number. The policy that explains most is taken; where two explain as many, it cannot be told, and that is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from flint import fmpq

from derive.check.model import PolicyFound
from derive.check.style import Style
from derive.check.walk import Mark
from derive.errors import counted
from derive.evaluation import Policy
from derive.numbers import Number, OutsideDomain, Undecided, middle, rounded, within
from derive.program import Program
from derive.wording import ENGLISH, Phrase, phrase

Shorten = Callable[[Number, int], fmpq]
"""Takes the digits after some decimals from a number."""
MOST_KINDS = 4
"""Numbers of decimals that are tried, the commonest first."""


CUT = phrase("rounded_cut")
CARRIED = phrase("rounded_carried")
UNTOLD = "The stated numbers do not tell how they were rounded."


def given_policy(policy: Policy, origin: str, style: Style) -> PolicyFound:
    """The policy that the problem or the command states."""
    key = "rounded_may_some" if policy.overrides else "rounded_may"
    places = phrase("decimal") if policy.decimals == 1 else phrase("decimals", count=str(policy.decimals))
    rule = phrase(key, places=places, who=phrase(f"who_{origin}"))
    habit = _habit(style)
    # Who shows more decimals has not rounded to so few.
    accepted = (rule, *habit) if style.usual <= policy.decimals else habit
    return PolicyFound(origin, policy.decimals, 0, 0, True, _english((rule, *habit)), accepted)


def _english(phrases: Sequence[Phrase]) -> str:
    return " ".join(ENGLISH.text([one]) for one in phrases)


def _habit(style: Style) -> tuple[Phrase, ...]:
    """What a sheet does throughout besides rounding to decimals, in a sentence of its own."""
    if style.cut:
        return (CUT,)
    if style.digits is not None:
        return (phrase("rounded_significant", digits=str(style.digits)),)
    return (phrase("rounded_zeros"),) if style.padded else ()


def infer(
    program: Program,
    givens: Sequence[Number],
    marks: Mapping[int, Mark],
    style: Style,
    ties: str = "half_up",
    wrong: Collection[int] = (),
    sure: bool = True,
) -> PolicyFound:
    """The policy that explains most of the stated numbers; a habit of the whole sheet is said instead.

    `wrong` are the places of wrong values, which their writer went on with. A habit that is not `sure` is not said.
    """
    found = _by_decimals(program, givens, marks, ties, wrong)
    if not sure:
        return replace(found, words=UNTOLD, certain=False, accepted=())
    if style.cut or style.digits is not None:
        return replace(found, words=_english(_habit(style)), certain=True, accepted=_habit(style))
    words = " ".join(text for text in (found.words, _english(_habit(style))) if text)
    return replace(found, words=words, accepted=(*found.accepted, *_habit(style)))


def _by_decimals(
    program: Program, givens: Sequence[Number], marks: Mapping[int, Mark], ties: str, wrong: Collection[int]
) -> PolicyFound:
    computed = {
        at: mark
        for at, mark in marks.items()
        if program.line(at) is not None and mark.places is not None and mark.digits
    }
    total = len(computed)
    kinds = Counter(max(mark.places or 0, 0) for mark in computed.values())
    common = [decimals for decimals, _ in kinds.most_common(MOST_KINDS)]
    unrounded = _unrounded(program, givens, computed, wrong)
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
        return PolicyFound("inferred", best, carried, total, True, words, (CARRIED,))
    if unrounded > carried:
        words = f"Nothing was rounded before it was written down: {fit}."
        # Somebody who rounds now and then is not accused of the last digit.
        return PolicyFound("inferred", None if unrounded == total else best, unrounded, total, True, words)
    if not carried:
        return PolicyFound("inferred", None, 0, total, False, UNTOLD)
    words = f"It cannot be told whether rounded numbers were used on the way: either way {fit}. Both are accepted."
    return PolicyFound("inferred", best, carried, total, False, words)


def _unrounded(program: Program, givens: Sequence[Number], marks: Mapping[int, Mark], wrong: Collection[int]) -> int:
    """How many stated numbers come out where nothing is rounded before it is written; wrong ones are gone on with."""
    true = sum(mark.true for mark in marks.values())
    if not wrong:
        return true
    registers, count = [*givens, *[givens[0]] * len(program.lines)], 0
    for line in program.lines:
        at = line.target
        try:
            number = line.value(registers)
        except (OutsideDomain, Undecided):
            break
        count += at in marks and at not in wrong and within(number, marks[at].middle, marks[at].half)
        registers[at] = marks[at].value if at in marks and at in wrong else number
    # A wrong value may have been written only.
    return max(count, true)


def explained(program: Program, givens: Sequence[Number], marks: Mapping[int, Mark], decimals: int, ties: str) -> int:
    """How many stated numbers come out exactly from those before them, as they are written."""
    return sum(number == marks[at].value for at, number in as_written(program, givens, marks, decimals, ties))


def cut_more(
    program: Program,
    givens: Sequence[Number],
    marks: Mapping[int, Mark],
    truth: Sequence[Number],
    hidden: int,
    ties: str,
) -> int:
    """How many more numbers of a sheet come out with digits cut off than with digits rounded off; negative: fewer."""
    cut = _fitting(program, givens, marks, truth, hidden, cut_off)
    return cut - _fitting(program, givens, marks, truth, hidden, partial(_nearest, ties=ties))


def _fitting(
    program: Program,
    givens: Sequence[Number],
    marks: Mapping[int, Mark],
    truth: Sequence[Number],
    hidden: int,
    shorten: Shorten,
) -> int:
    """How many numbers come out when all are shortened in one way, whatever is carried: all digits or those shown."""
    computed = {at: mark for at, mark in marks.items() if program.line(at) is not None and mark.value and mark.half}
    fit = {at for at, mark in computed.items() if shorten(truth[at], max(mark.places or 0, 0)) == mark.value}
    for places in (hidden, None):
        for at, number in as_written(program, givens, marks, places, shorten):
            if at in computed and number == marks[at].value:
                fit.add(at)
    return len(fit)


def as_written(
    program: Program,
    givens: Sequence[Number],
    marks: Mapping[int, Mark],
    decimals: int | None,
    shorten: Shorten | str,
    shown: Mapping[int, Mark] | None = None,
) -> Iterator[tuple[int, Number]]:
    """Per stated number what comes out from those before it as they are written, shortened to its digits.

    Results that are not stated are shortened to some decimals, or not where these are None. `shown` has the numbers
    that are asked for, where these are more than those that are gone on with. `shorten` may be a tie rule.
    """
    if isinstance(shorten, str):
        shorten = partial(_nearest, ties=shorten)
    shown = marks if shown is None else shown
    registers = [*givens, *[givens[0]] * len(program.lines)]
    for line in program.lines:
        mark, asked = marks.get(line.target), shown.get(line.target)
        places = decimals if asked is None or asked.places is None else max(asked.places, 0)
        try:
            number = line.value(registers)
            number = number if places is None else shorten(number, places)
        except (OutsideDomain, Undecided):
            # A number rounded to 0 has no logarithm: this policy gives nothing from here on.
            return
        registers[line.target] = number if mark is None else mark.value
        if asked is not None:
            yield line.target, number


def cut_off(number: Number, decimals: int) -> fmpq:
    """The number without the digits after some decimals."""
    scaled = middle(number) * fmpq(10) ** decimals
    whole = abs(scaled.p) // scaled.q
    return fmpq(whole if scaled > 0 else -whole) / fmpq(10) ** decimals


def _nearest(number: Number, decimals: int, ties: str) -> fmpq:
    """The number rounded; where no precision decides a tie, as its middle is."""
    try:
        return rounded(number, decimals, ties)
    except Undecided:
        return rounded(middle(number), decimals, ties)
