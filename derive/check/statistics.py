"""What a class as a whole shows: which step fails most, which mistake is most common, as numbers and as a picture.

Counts verdicts and named mistakes; it knows neither how a verdict is reached nor what it earns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from derive.check.marks import Question, Score, question
from derive.check.model import FAULTY, RIGHT, Marked, Result
from derive.check.slips import slip_title
from derive.check.words import called
from derive.diagram.scene import SMALL_TEXT, Box, Caption, Edge, Item, MathLine, Node, Point, Scene, State, words_width
from derive.errors import InputError
from derive.mistakes import Pieces
from derive.mistakes.model import joined
from derive.notation import Namer
from derive.palette import RoleName
from derive.quantity import Quantity
from derive.wording import ENGLISH, Wording, phrase

SHARES: Mapping[str, frozenset[str]] = {
    "right": RIGHT,
    "follows": frozenset({"follows"}),
    "wrong": FAULTY,
    "imprecise": frozenset({"imprecise", "unread", "incomparable"}),
    "missing": frozenset({"missing"}),
}
"""The verdicts, put together as a picture shows them; every verdict is in one."""
MOST_STUDENTS = 2000
"""Students whom a report on a class names; the table of marks has all."""
MOST_FAULTS = 2000
"""Faults of sheets that a report tells one by one."""


@dataclass(frozen=True, slots=True)
class StepCount:
    """The verdicts on one step over all sheets, and what was most often wrong with it (nothing where nothing is)."""

    question: Question
    verdicts: Mapping[str, int]
    trouble: Pieces

    def troubled(self, say: Wording = ENGLISH) -> str:
        """What was most often wrong, in words."""
        return say.text(self.trouble)

    @property
    def quantity(self) -> Quantity:
        return self.question[0]

    def share(self, name: str) -> int:
        """How many sheets have a verdict of one of the `SHARES`."""
        return sum(self.verdicts.get(verdict, 0) for verdict in SHARES[name])


@dataclass(frozen=True, slots=True)
class MistakeCount:
    """How often a mistake was found: on how many sheets, for how many answers, and where it begins most often.

    `undecided` of the answers could also come from another mistake.
    """

    key: str
    titles: Pieces
    sheets: int
    answers: int
    undecided: int
    where: Quantity

    def titled(self, say: Wording = ENGLISH) -> str:
        """What it is called."""
        return say.text(self.titles)

    @property
    def title(self) -> str:
        return self.titled()


class Student(NamedTuple):
    """What a report on a class says of one sheet."""

    name: str | None
    points: Fraction | None
    first: Quantity | None
    """The first step that is itself wrong."""
    trouble: Pieces
    """What is wrong there."""
    counts: tuple[int, ...]
    """How many questions have a verdict of each of the `SHARES`."""

    def share(self, name: str) -> int:
        """How many questions have a verdict of one of the `SHARES`."""
        return self.counts[tuple(SHARES).index(name)]

    def troubled(self, say: Wording) -> str:
        """What is wrong there, in words."""
        return say.text(self.trouble)


@dataclass(slots=True)
class _Found:
    """A mistake, counted as the sheets come: the last of them, how many, and where it begins on each."""

    titles: Pieces
    last: int = -1
    sheets: int = 0
    answers: int = 0
    undecided: int = 0
    where: Counter[Quantity] = field(default_factory=Counter)


class Tally:
    """Everything that is counted over the sheets of a class. They are added one by one and not kept."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self.questions = questions
        self.sheets = self.flawless = self.unread = 0
        self.findings = self.marked = False
        self.students: list[Student] = []
        """The first ones."""
        self.faults: list[InputError] = []
        """The first ones of those that belong to a sheet; `unread` counts them all."""
        self.total, self.possible = Fraction(0), Fraction(0)
        self._verdicts: dict[Question, Counter[str]] = {one: Counter() for one in questions}
        self._troubles: dict[Question, Counter[Pieces]] = {one: Counter() for one in questions}
        self._found: dict[str, _Found] = {}

    def add(self, sheet: Marked, score: Score | None) -> None:
        """Counts one sheet; an answer that is not on it at all is missing."""
        answers = {question(result): result for result in sheet.results}
        absent = 0
        for one in self.questions:
            result = answers.get(one)
            absent += result is None
            self._verdicts[one]["missing" if result is None else result.verdict] += 1
            if result is not None and result.faulty:
                self._troubles[one][trouble(result)] += 1
        for result in sheet.results:
            if result.faulty:
                self._add_mistakes(result)
        self.flawless += not absent and all(result.right for result in sheet.results)
        self.findings = self.findings or sheet.findings
        if score is not None:
            self.marked = True
            self.total, self.possible = self.total + score.total, score.possible
        if len(self.students) < MOST_STUDENTS:
            self.students.append(_student(sheet, score, absent))
        self.unread += len(sheet.faults)
        self.faults += sheet.faults[: max(0, MOST_FAULTS - len(self.faults))]
        self.sheets += 1

    def _add_mistakes(self, result: Result) -> None:
        for key, titles in _named(result):
            found = self._found.setdefault(key, _Found(titles))
            found.titles = titles
            found.answers += 1
            found.undecided += len(result.explanations) > 1
            if found.last != self.sheets:
                found.last = self.sheets
                found.sheets += 1
                found.where[result.quantity] += 1

    @property
    def mean(self) -> Fraction:
        """The mean of the marks; 0 where there are none."""
        return self.total / self.sheets if self.sheets else Fraction(0)

    @property
    def steps(self) -> tuple[StepCount, ...]:
        """The verdicts on each question."""
        return tuple(StepCount(one, self._verdicts[one], _most_common(self._troubles[one])) for one in self.questions)

    @property
    def mistakes(self) -> tuple[MistakeCount, ...]:
        """Every mistake that was found, and every kind of slip, the most common first."""
        counts = [
            MistakeCount(key, one.titles, one.sheets, one.answers, one.undecided, one.where.most_common(1)[0][0])
            for key, one in self._found.items()
        ]
        return tuple(sorted(counts, key=lambda count: (-count.sheets, count.undecided - count.answers, -count.answers)))


def _student(sheet: Marked, score: Score | None, absent: int) -> Student:
    first = sheet.first_wrong
    counts = tuple(sheet.count(*verdicts) + absent * (name == "missing") for name, verdicts in SHARES.items())
    where, what = (None, ()) if first is None else (first.quantity, trouble(first))
    return Student(sheet.student, None if score is None else score.total, where, what, counts)


def ordered(questions: Iterable[Question], quantities: Iterable[Quantity]) -> tuple[Question, ...]:
    """Questions in the order of the computation of all quantities; those of long trainings come last."""
    place = {quantity: number for number, quantity in enumerate(quantities)}
    return tuple(sorted(questions, key=lambda one: (place.get(one[0], len(place)), one[1])))


def absent(sheet: Marked, questions: Iterable[Question]) -> int:
    """How many questions a sheet does not even leave blank."""
    answered = set(map(question, sheet.results))
    return sum(one not in answered for one in questions)


def _named(result: Result) -> list[tuple[str, Pieces]]:
    """Key and title of what explains a wrong answer."""
    if result.verdict == "mistake":
        return [(explanation.key, explanation.titles) for explanation in result.explanations]
    return [(f"slip-{result.slip}", (slip_title(result.slip),))] if result.slip else []


def trouble(result: Result) -> Pieces:
    """What is wrong with an answer, in a few words; "unexplained" where nothing known gives it."""
    named = _named(result)
    return joined([titles for _, titles in named], phrase("or")) if named else (phrase("unexplained"),)


def _most_common(counts: Counter[Pieces]) -> Pieces:
    """What is counted most often; of equals the first in the alphabet."""
    if not counts:
        return ()
    return min(counts, key=lambda words: (-counts[words], ENGLISH.text(words)))


def hardest(steps: Sequence[StepCount]) -> StepCount | None:
    """The step that is wrong on most sheets, the first of equals; None where no step is wrong."""
    worst = max(steps, key=lambda step: step.share("wrong"), default=None)
    return worst if worst is not None and worst.share("wrong") else None


# -- the picture ---------------------------------------------------------------------------------------------

MOST_BARS = 36
"""Steps of a picture; of more, those that are wrong most often."""
BAR_WIDTH, BAR_HEIGHT, PITCH = 30000, 1300, 1800
MARGIN, GAP = 800, 700
LEAST_LABELLED = 1500
"""Width of a part that has room for its number."""

LOOKS: Mapping[str, tuple[RoleName, State]] = {
    "right": ("output", "plain"),
    "follows": ("input", "plain"),
    "wrong": ("error", "lit"),
    "imprecise": ("neutral", "plain"),
    "missing": ("neutral", "dim"),
}
"""How each part of a bar is drawn: they differ in their line as well as in colour."""


def chosen_steps(steps: Sequence[StepCount]) -> list[StepCount]:
    """The steps of the picture, in the order of the computation."""
    worst = sorted(range(len(steps)), key=lambda k: (-steps[k].share("wrong"), k))[:MOST_BARS]
    return [steps[k] for k in sorted(worst)]


def bars_scene(steps: Sequence[StepCount], sheets: int, namer: Namer, say: Wording = ENGLISH) -> Scene:
    """A bar for each step: how many sheets have it right, following, wrong, imprecise and missing, from the left."""
    names = [label(step, namer, say) for step in steps]
    left = MARGIN + max(words_width(name, SMALL_TEXT) for name in names) + GAP
    top = MARGIN + PITCH
    items: list[Item] = list(_legend(steps, left, say))
    for row, (step, name) in enumerate(zip(steps, names, strict=True)):
        y = top + row * PITCH
        width = words_width(name, SMALL_TEXT)
        items.append(Caption(Box(left - GAP - width, y, width, BAR_HEIGHT), name))
        items += _bar(step, sheets, left, y)
    bottom = top + len(steps) * PITCH
    items.append(Edge((Point(left, top - 300), Point(left, bottom - PITCH + BAR_HEIGHT + 300))))
    worst = hardest(steps)
    description = say["bars_are"]
    if worst is not None:
        often = {"step": label(worst, namer, say), "wrong": str(worst.share("wrong")), "sheets": str(sheets)}
        description += f" {say('bars_worst', **often)}"
    return Scene(left + BAR_WIDTH + MARGIN, bottom + MARGIN, tuple(items), say("bars", sheets=str(sheets)), description)


def label(step: StepCount, namer: Namer, say: Wording = ENGLISH) -> str:
    """What a step is called in plain words."""
    return called(step.quantity, namer, say) + (f" {say['step_formula']}" if step.question[1] else "")


def _bar(step: StepCount, sheets: int, left: int, top: int) -> Iterator[Item]:
    before = 0
    for name in SHARES:
        count = step.share(name)
        if not count:
            continue
        start, end = (left + BAR_WIDTH * number // sheets for number in (before, before + count))
        role, state = LOOKS[name]
        inside = (MathLine(str(count), role, size=SMALL_TEXT),) if end - start >= LEAST_LABELLED else ()
        box = Box(start, top, end - start, BAR_HEIGHT)
        yield Node(f"{step.quantity.id} {name}", role, "square", box, inside, state)
        before += count


def _legend(steps: Sequence[StepCount], left: int, say: Wording) -> Iterator[Item]:
    """Each part that occurs, in its own look, with its name."""
    x = left
    for name in SHARES:
        if not any(step.share(name) for step in steps):
            continue
        role, state = LOOKS[name]
        yield Node(f"legend {name}", role, "square", Box(x, MARGIN, BAR_HEIGHT, 900), (), state)
        called = say[f"bar_{name}"]
        width = words_width(called, SMALL_TEXT)
        yield Caption(Box(x + BAR_HEIGHT + 400, MARGIN, width, 900), called)
        x += BAR_HEIGHT + 400 + width + 1200
