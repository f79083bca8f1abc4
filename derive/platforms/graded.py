"""What some answers earn, for a test in somebody's notebook or grader: the judge's verdicts as points, with words.

Unlike a learning platform the judge sees all answers, so that what follows from an own earlier number counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from derive.check import check
from derive.check.marks import Points, Scheme, points_text
from derive.check.model import Result
from derive.check.tables import Speller
from derive.errors import InputError
from derive.solution import problem_of

Told = Mapping[str, str | None]
"""Answers by the names of what they answer; None and blanks are no answers."""


class Earned(Fraction):
    """Points that show themselves as a plain number, which is what graders of notebooks read."""

    def __repr__(self) -> str:
        return points_text(self)


def graded(problem: Mapping[str, object], answers: Told, points: Mapping[str, int], **options: Any) -> Earned:
    """What the answers earn that `points` names, each at most its points; what is to be said of them is printed.

    `answers` may have more: those before, with which these are judged. `options` are those of `check`.

    >>> table = {"title": "A square", "inputs": {"a": 3}, "model": {"equations": "f = a^2"}}
    >>> graded(table, {"f": "9"}, {"f": 2})
    2
    >>> graded(table, {"f": "6"}, {"f": 2})  # doctest: +NORMALIZE_WHITESPACE
    f = 6: mistake. In f a number was doubled instead of squared. Instead: The square of a number is the number times
    itself.
    0
    """
    stated = {name: f"{answer}" for name, answer in answers.items() if answer is not None and f"{answer}".strip()}
    if not stated:
        return Earned(0)
    whole = problem_of(problem)  # what is wrong with the problem is no matter of the answers
    try:
        found = check(whole, stated, **options)
    except InputError as error:
        print(error)
        return Earned(0)
    for fault in (*found.faults, *found.sheets[0].faults):
        print(fault)
    speller, earned = Speller(found.solution.namer), dict[str, Fraction]()
    for result in found.sheets[0].results:
        name = speller.name(result)
        if name in points:
            worth = Scheme(Points.halves(Fraction(points[name]))).earned(result)
            earned[name] = min(worth, earned.get(name, worth))
            if not result.right:
                print(_told(name, result, speller))
    return Earned(sum(earned.values(), Fraction(0)))


def _told(name: str, result: Result, speller: Speller) -> str:
    if result.verdict == "missing":
        return f"{name}: no value is stated."
    words = f"{name} = {result.given}: {result.verdict}. {speller.sentence(result.reason)}"
    if result.verdict == "mistake" and len(result.explanations) == 1:
        once = {rewrite.mistake.key: rewrite for rewrite in result.explanations[0].rewrites}
        words += " Instead: " + " ".join(speller.sentence(rewrite.remedy) for rewrite in once.values())
    return words
