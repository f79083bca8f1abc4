"""Marks: points for every answer, method and accuracy apart, and what following through an own error earns.

Decides what a verdict is worth. Points are exact fractions; they are rounded only where they are shown. Which verdict
an answer gets is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from flint import fmpq

from derive.check.model import Marked, Result
from derive.errors import InputError, shown
from derive.numbers import show
from derive.quantity import Quantity
from derive.wording import ENGLISH, Wording

Question = tuple[Quantity, bool]
"""What an answer answers: a quantity, and whether a formula is wanted instead of a number."""

EARNED: Mapping[str, tuple[bool, bool]] = {
    "exact": (True, True),
    "rounded": (True, True),
    "follows": (True, True),
    "imprecise": (True, False),
    "unread": (True, False),
    "incomparable": (True, False),
    "slip": (True, False),
    "mistake": (False, False),
    "wrong": (False, False),
    "missing": (False, False),
}
"""Whether a verdict earns the points for the method and those for the accuracy of an answer."""

DECIMALS = 2
"""Decimals of points where they are shown."""
MOST_POINTS = 1000
_POINTS = re.compile(r"(\d{1,4}(?:\.\d{1,2})?|\d{1,3}/\d{1,3})", re.ASCII)
FULL = "full"


@dataclass(frozen=True, slots=True)
class Points:
    """The points of one answer, for the method and for the accuracy."""

    method: Fraction
    accuracy: Fraction

    @property
    def total(self) -> Fraction:
        return self.method + self.accuracy

    @classmethod
    def halves(cls, total: Fraction) -> Points:
        return cls(total / 2, total / 2)


ONE_AND_ONE = Points(Fraction(1), Fraction(1))


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a sheet is marked. `penalty` is the share of its points that an answer loses which follows an error.

    `own` has the points of single questions, as a worksheet states them; all others are worth `each`.
    """

    each: Points = ONE_AND_ONE
    penalty: Fraction = Fraction(0)
    own: Mapping[Quantity, Points] = field(default_factory=dict)

    def worth(self, question: Question) -> Points:
        return self.own.get(question[0], self.each)

    def earned(self, result: Result) -> Fraction:
        """The points of one answer.

        An answer that follows from an own error earns what a right one does, less the penalty; nothing where the
        value taken over leaves nothing to compute, nor where a 0 hides the digits of the truth.
        """
        if result.verdict in ("follows", "imprecise") and result.trivial:
            return Fraction(0)
        worth = self.worth(question(result))
        method, accuracy = EARNED[result.verdict]
        points = worth.method * method + worth.accuracy * accuracy
        return points * (1 - self.penalty) if result.verdict == "follows" else points

    def rule(self, say: Wording = ENGLISH) -> str:
        """The whole scheme in words, for the one who is marked by it."""
        loses = say("marked_less", share=share_text(self.penalty, say)) if self.penalty else say["marked_full"]
        if self.penalty == 1:
            loses = say["marked_nothing"]
        return say("marked", worth=self.worth_of_each(say), loses=loses)

    def worth_of_each(self, say: Wording = ENGLISH) -> str:
        """What each answer is worth, in words."""
        if self.own:
            return say["worth_sheet"]
        method, accuracy = points_text(self.each.method), points_text(self.each.accuracy)
        return say("worth_each", method=method, accuracy=accuracy)


@dataclass(frozen=True, slots=True)
class Score:
    """The points of one sheet: `earned` has them by question, in order, `possible` is what could be earned."""

    earned: Mapping[Question, Fraction]
    total: Fraction
    possible: Fraction

    @property
    def text(self) -> str:
        """As in 31.5 of 40."""
        return "{earned} of {possible}".format(**self.parts)

    @property
    def parts(self) -> dict[str, str]:
        """What was earned, and what could be."""
        return {"earned": points_text(self.total), "possible": points_text(self.possible)}


def question(result: Result) -> Question:
    return result.quantity, result.symbolic


class Asked:
    """What was asked: everything computed that at least half of the sheets state or leave blank.

    Nothing else earns points: a number more than was asked for makes nobody's sheet better, and an answer that is not
    there at all counts as missing.
    """

    def __init__(self, givens: Collection[Quantity]) -> None:
        self.givens, self.sheets = givens, 0
        self._counts: dict[Question, int] = {}

    def add(self, answered: Iterable[Question]) -> None:
        """Takes the questions that one sheet answers or leaves blank."""
        self.sheets += 1
        for one in dict.fromkeys(answered):
            if one[0] not in self.givens:
                self._counts[one] = self._counts.get(one, 0) + 1

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(one for one, count in self._counts.items() if 2 * count >= self.sheets)


def asked(sheets: Iterable[Marked], givens: Collection[Quantity]) -> tuple[Question, ...]:
    """What was asked, by the sheets that have been marked."""
    found = Asked(givens)
    for sheet in sheets:
        found.add(map(question, sheet.results))
    return found.questions


def score(sheet: Marked, scheme: Scheme, questions: Iterable[Question]) -> Score:
    """The points of a sheet for the questions that were asked; the worst of several answers to one counts."""
    wanted = dict.fromkeys(questions)
    earned: dict[Question, Fraction] = {}
    for result in sheet.results:
        one = question(result)
        if one in wanted:
            points = scheme.earned(result)
            earned[one] = min(points, earned.get(one, points))
    possible = sum((scheme.worth(one).total for one in wanted), Fraction(0))
    return Score(earned, sum(earned.values(), Fraction(0)), possible)


# -- what a command line says --------------------------------------------------------------------------------


def parse_points(text: str) -> Points:
    """`METHOD+ACCURACY`, or the points of both together.

    >>> parse_points("2+1").total, parse_points("3").method
    (Fraction(3, 1), Fraction(3, 2))
    """
    parts = text.replace(" ", "").split("+")
    if len(parts) > 2 or not all(_POINTS.fullmatch(part) for part in parts):
        raise InputError("points for method and accuracy, such as 1+1, or worksheet", shown(text), place="--points")
    numbers = [_number(part, "--points") for part in parts]
    if not 0 < sum(numbers) <= MOST_POINTS:
        raise InputError(f"points from above 0 to {MOST_POINTS}", shown(text), place="--points")
    return Points(*numbers) if len(numbers) == 2 else Points.halves(numbers[0])


def parse_penalty(text: str) -> Fraction:
    """`full` for no penalty, or the share of its points that an answer loses.

    >>> parse_penalty("full"), parse_penalty("1/4"), parse_penalty("0.5")
    (Fraction(0, 1), Fraction(1, 4), Fraction(1, 2))
    """
    bare = text.strip()
    if bare == FULL:
        return Fraction(0)
    expected = "full, or the share of the points that is taken off, from 0 to 1, such as 1/4"
    if not _POINTS.fullmatch(bare):
        raise InputError(expected, shown(text), place="--follow-through")
    penalty = _number(bare, "--follow-through")
    if penalty > 1:
        raise InputError(expected, shown(text), place="--follow-through")
    return penalty


def _number(text: str, place: str) -> Fraction:
    try:
        return Fraction(text)
    except ZeroDivisionError:
        raise InputError("a fraction with a denominator that is not 0", shown(text), place=place) from None


# -- how points are shown ------------------------------------------------------------------------------------


def points_text(points: Fraction) -> str:
    """Points as they are shown.

    >>> points_text(Fraction(63, 2)), points_text(Fraction(40)), points_text(Fraction(1, 3))
    ('31.5', '40', '0.33')
    """
    return show(fmpq(points.numerator, points.denominator), DECIMALS).text


def share_text(share: Fraction, say: Wording = ENGLISH) -> str:
    """A share in words.

    >>> share_text(Fraction(1, 2)), share_text(Fraction(1, 5)), share_text(Fraction(3, 8))
    ('half', 'one fifth', '3/8')
    """
    names = {2: "half", 3: "third", 4: "quarter", 5: "fifth", 10: "tenth"}
    known = share.numerator == 1 and share.denominator in names
    return say[f"share_{names[share.denominator]}"] if known else str(share)
