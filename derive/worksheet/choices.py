"""Multiple choice: the right number of a box among numbers that known mistakes give.

An offered wrong number comes from one mistake, in the step of the box or in one that its line does without; it lies
outside everything that correct work under the rounding rule reaches, and no two numbers of a box are printed alike. The
order is drawn for each sheet. What is printed of a box is for `page`; how a letter is judged for the checks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from derive.errors import InputError
from derive.evaluation import Policy
from derive.expression import quantities
from derive.mistakes import Rewrite, local_rewrites, named
from derive.numbers import Number, OutsideDomain, Undecided, ends, padded, shown_text, with_precision
from derive.program import Program, Registers, Rewritten
from derive.quantity import Quantity
from derive.wording import Wording
from derive.worksheet.boxes import LETTERS, Box
from derive.worksheet.numbers import FIRST_BITS

FEWEST, MOST = 2, 5
PLACE = "--choice"


@dataclass(frozen=True, slots=True)
class Option:
    """One number to choose; `rewrite` is the mistake that gives it, None for the right one."""

    text: str
    rewrite: Rewrite | None = None


@dataclass(frozen=True, slots=True)
class Runs:
    """The values of one sheet and the ranges of correct work."""

    exact: Registers
    used: Registers
    ranges: Registers


@dataclass
class Chooser:
    """Finds the options of the boxes of a sheet.

    `count` is how many each box has at most; `size` how many each has, decided by the problem's own numbers: a box for
    which fewer mistakes show has fewer, and none where no mistake shows.
    """

    program: Program
    policy: Policy
    boxes: Sequence[Box]
    count: int
    size: dict[Quantity, int] = field(default_factory=dict)
    _wrong: dict[Quantity, list[tuple[Rewrite, Rewritten]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not FEWEST <= self.count <= MOST:
            raise InputError(f"a number of options from {FEWEST} to {MOST}", str(self.count), place=PLACE)
        asked = {box.quantity for box in self.boxes}
        for box in self.boxes:
            self._wrong[box.quantity] = list(self._of(box.quantity, asked))
        runs = self.runs({})
        self.size = {box.quantity: len(list(self._distractors(box.quantity, runs))) + 1 for box in self.boxes}
        if all(size == 1 for size in self.size.values()):
            hint = "more decimals, or other questions"
            raise InputError("answers of which known mistakes give others", "none", place=PLACE, hint=hint)

    def _of(self, quantity: Quantity, asked: set[Quantity]) -> Iterator[tuple[Rewrite, Rewritten]]:
        """The mistakes in a box's own step, and then in those steps before it that have no box."""
        trace = self.program.trace
        before = [one for one in self.program.sources(quantity) if one not in asked and one not in trace.givens]
        for target in (quantity, *before):
            if target.kind == "updates":
                continue
            for rewrite in local_rewrites(trace, trace.step(target)):
                if quantities(rewrite.formula):
                    try:
                        yield rewrite, self.program.rewritten({target: rewrite.formula})
                    except (ValueError, KeyError):
                        continue

    def runs(self, decimals: Mapping[Quantity, Decimal]) -> Runs:
        """The values with some given numbers. Raises `InputError` where there are none."""
        try:
            return with_precision(lambda: self._runs(decimals), FIRST_BITS)
        except (OutsideDomain, Undecided) as trouble:
            raise InputError("numbers with a result", str(trouble), place="worksheet") from None

    def _runs(self, decimals: Mapping[Quantity, Decimal]) -> Runs:
        givens, program = self.program.givens(decimals), self.program
        exact = program.exact(givens)
        used = program.carried(givens, self.policy) if self.policy.carry else exact
        return Runs(exact, used, program.ranges(givens, self.policy))

    def options(self, quantity: Quantity, right: str, runs: Runs, form: str) -> tuple[Option, ...]:
        """The options of a box in the order in which the sheet with these given numbers, `form`, has them.

        Raises `InputError` where the numbers show fewer mistakes than the box has room for.
        """
        wrong = list(self._distractors(quantity, runs))[: self.size[quantity] - 1]
        if len(wrong) < self.size[quantity] - 1:
            expected = f"{self.size[quantity] - 1} mistakes that show in {quantity.id}"
            raise InputError(expected, str(len(wrong)), place=PLACE)
        options = [Option(right), *wrong]
        return tuple(sorted(options, key=lambda option: _draw(form, quantity.id, option.text)))

    def _distractors(self, quantity: Quantity, runs: Runs) -> Iterator[Option]:
        """The numbers of mistakes, each once, the likeliest first, at most as many as are wanted."""
        at, seen, keys = self.program.place[quantity], set[str](), list[str]()
        places = self.policy.shown_places(quantity)
        bounds = ends(runs.ranges[at], places, self.policy.ties)
        if not all(bounds):
            return  # rounding on the way may lead anywhere, so no number is surely wrong
        low, high = map(Decimal, bounds)
        for rewrite, run in self._wrong[quantity]:
            if len(seen) == self.count - 1:
                return
            number = self._value(run, at, runs)
            if number is None:
                continue
            text = padded(shown_text(number, places, self.policy.ties)[0], places)
            again = len(named([*keys, rewrite.mistake.key])) == len(keys)
            if text in seen or again or low <= Decimal(text) <= high:
                continue
            seen.add(text)
            keys.append(rewrite.mistake.key)
            yield Option(text, rewrite)

    def _value(self, run: Rewritten, at: int, runs: Runs) -> Number | None:
        """What a box shows with a mistake; None where there is no value."""
        try:
            wrong = run.carried(runs.used, self.policy) if self.policy.carry else run.exact(runs.used)
        except (OutsideDomain, Undecided):
            return None
        return wrong[at]

    def told(self, say: Wording) -> str:
        """Which boxes have fewer options, for the instructor; empty where none has."""
        fewer = [box.label for box in self.boxes if 1 < self.size[box.quantity] < self.count]
        none = [box.label for box in self.boxes if self.size[box.quantity] == 1]
        parts = [
            say(key if len(boxes) > 1 else f"{key}_one", boxes=row_of(boxes, say))
            for key, boxes in (("choose_fewer", fewer), ("choose_none", none))
            if boxes
        ]
        return say("choose_why", which=row_of(parts, say)) if parts else ""


def row_of(texts: Sequence[str], say: Wording) -> str:
    """a, b and c."""
    return say["and"].join([", ".join(texts[:-1]), texts[-1]] if texts[1:] else texts)


def _draw(*parts: str) -> bytes:
    return hashlib.sha256("\x1f".join(parts).encode()).digest()


def letter_of(options: Sequence[Option]) -> str:
    """The letter of the right one.

    >>> letter_of([Option("0.3", ...), Option("0.2")])
    'B'
    """
    return LETTERS[next(k for k, option in enumerate(options) if option.rewrite is None)]
