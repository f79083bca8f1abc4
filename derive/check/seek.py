"""Where the mistake is looked for that gives a wrong value: every known one, with the numbers that it may be made of.

First as the sheet reads: from the numbers before it, rounded as the sheet is. Then otherwise: as if an earlier wrong
value had been right, with the digits after the last one cut off, and from right numbers that were worked out once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import replace

from flint import fmpq

from derive.check.explain import Match
from derive.check.readings import Reading
from derive.check.telling import LIKELY, known, radius
from derive.check.walk import Change, Mark, Walk
from derive.numbers import Number, around, middle, within

APART = 5
"""Half units that a number of few digits must be away from the right one before a mistake is looked for."""
ENOUGH_DIGITS = 2
"""Significant digits from which on a number can be told from others."""


def mistakes_giving(at: int, reading: Reading, marks: Mapping[int, Mark], found: Walk) -> list[Match]:
    """Every known mistake that gives a wrong value, the nearest first."""
    mark = marks[at]
    if _vague(mark, found.gives[at]):
        # So few digits fit too much; only a mistake that gives just this number is looked for, such as 0.
        mark = replace(mark, half=fmpq(0), box=mark.value)
    for some in _searches(at, mark, reading, marks, found):
        if told := [match for match in some if mark.value or not _of_zeros(match, marks, found)]:
            return told
    return []


def _of_zeros(match: Match, marks: Mapping[int, Mark], found: Walk) -> bool:
    """Whether a mistake is made with a wrong 0 of the sheet: it then gives 0 whatever it is, which tells nothing."""
    sources = {source for change in match.changes for source in change.line.sources}
    return any(source in marks and not marks[source].value and source in found.wrong for source in sources)


def mistakes_again(
    at: int, names: Set[tuple[str, ...]], reading: Reading, marks: Mapping[int, Mark], found: Walk
) -> list[Match]:
    """What gives a wrong value of the mistakes that are found at others, the nearest first."""
    if not names or not marks[at].value:
        return []
    for some in _searches(at, marks[at], reading, marks, found, anew=True):
        if again := [match for match in some if match.names in names]:
            return again
    return []


def mistakes_on_top(
    at: int,
    believed: Mapping[str, int],
    reading: Reading,
    marks: Mapping[int, Mark],
    walked: Callable[[Mapping[int, Change]], Walk],
) -> list[Match]:
    """One more mistake that gives a wrong value once those are made in the steps before it that others tell of.

    `believed` has the keys of these, each with the value that told; `walked` gives the walk with steps done wrongly.
    """
    explainer = reading.definition.explainer
    stretch = explainer.stretch(at, frozenset(marks))
    before = [line for line in stretch if line.target != at]
    for key, root in believed.items():
        made = {
            change.line.target: change
            for line in before
            for change in explainer.changes(line.target)
            if change.rewrite.mistake.key == key and change.rewrite.throughout
        }
        if made and root < at:
            found = walked({target: Change(change.line, root) for target, change in made.items()})
            more = mistakes_giving(at, reading, marks, found)
            if same := [match for match in more if match.names == (key,)]:
                return same
            number, mark = found.gives[at], marks[at]
            tries = LIKELY * len(explainer.singles(stretch))
            telling = known(number) and abs(middle(number) - mark.middle) > tries * (mark.half + radius(number))
            if more and telling:
                return [replace(match, changes=(*made.values(), *match.changes)) for match in more]
    return []


def vague_mistakes(at: int, reading: Reading, marks: Mapping[int, Mark], found: Walk) -> list[Match]:
    """What fits a number of few digits near the right one, which by itself means little; of other numbers nothing."""
    if not marks[at].value or not _vague(marks[at], found.gives[at]):
        return []
    stretch = reading.definition.explainer.stretch(at, frozenset(marks))
    return reading.definition.explainer.explain(stretch, marks[at], found.used, reading.rules, found.gives[at])


def _vague(mark: Mark, right: Number) -> bool:
    """Whether a number has so few digits, and lies so near to the right one, that much fits it."""
    near = middle(right) if known(right) else fmpq(0)
    return mark.digits < ENOUGH_DIGITS and within(near, mark.value, APART * mark.half + radius(right))


def _searches(
    at: int, mark: Mark, reading: Reading, marks: Mapping[int, Mark], found: Walk, anew: bool = False
) -> Iterator[list[Match]]:
    """What gives a value, looked for in one way after the other; `anew` also from numbers its own step does not use."""
    explainer, rules, right = reading.definition.explainer, reading.rules, found.gives[at]
    stretch = explainer.stretch(at, frozenset(marks))
    yield explainer.explain(stretch, mark, found.used, rules, right)
    if anew or found.before.get(at):
        yield explainer.explain(stretch, mark, found.instead, rules, right)
    if apart := explainer.merged.with_factors(stretch, frozenset(marks)):
        yield explainer.explain(apart, mark, found.used, rules, right)
    if mark.half and mark.value and not rules.style.cut:
        cut = explainer.explain(stretch, _cut(mark), found.used, rules, right)
        yield [replace(match, sharp=False) for match in cut]
    again = frozenset(source for source in stretch[-1].sources if source in found.right and source in marks)
    if again:
        behind = explainer.stretch(at, frozenset(marks) - again)
        yield explainer.behind(behind, again, mark, found.used, rules, right)
        if apart := explainer.merged.with_factors(behind, frozenset(marks) - again):
            yield explainer.behind(apart, again, mark, found.used, rules, right)
        yield explainer.inside(behind, again, mark, found.used, rules, right)


def _cut(mark: Mark) -> Mark:
    """A number whose further digits were not rounded but left out."""
    towards = mark.half if mark.value > 0 else -mark.half
    return replace(mark, middle=mark.value + towards, box=around(mark.value + towards, mark.half))
