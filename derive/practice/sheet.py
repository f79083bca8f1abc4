"""What a page must know to judge a sheet: its steps, its boxes, and the mistakes that can be made before each.

Everything is read from the compiled problem that the checker judges with, so page and checker look at the same steps
and at the same mistakes. Formulas become functions of JavaScript, each different one once; the rest is data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from derive.check.explain import Candidate
from derive.check.foreseen import Foresight
from derive.check.model import Explanation
from derive.check.readings import AFTER, TURNED
from derive.check.words import said_of
from derive.document import Words
from derive.expression import Const, Div, Group, Mul, Neg, Node, Pow, children
from derive.mistakes import BY_KEY, TWINS, Rewrite
from derive.numbers import Number, plain, shown_text, with_precision
from derive.platforms.shown import known_before
from derive.practice.javascript import function
from derive.program import Line, Program, Registers
from derive.quantity import Quantity
from derive.wording import Wording
from derive.worksheet.boxes import LETTERS, Box
from derive.worksheet.choosing import ChoiceNumbers
from derive.worksheet.numbers import KeyRow, SheetNumbers
from derive.worksheet.sheet import BaseSheet

MORE_DECIMALS = 12
"""Decimals of a true value beyond those asked: somebody may write more."""
MOST_TWO = 2
"""Factors of a product that has one order alone."""
NUMBER, CHOICE, SHAPE, COUNT = "number", "choice", "shape", "count"
"""What belongs in a box."""


@dataclass
class Formulas:
    """Functions of JavaScript, each once."""

    place: Mapping[Quantity, int]
    known: dict[str, int] = field(default_factory=dict)

    def number(self, line: Line) -> int:
        """Which function computes a step."""
        return self.known.setdefault(function(line.formula, self.place.__getitem__), len(self.known))


class Texts(NamedTuple):
    """Numbers as texts: true values, those under the other definition of a mean, and by place what is printed."""

    true: dict[Quantity, str]
    also: dict[Quantity, str]
    printed: list[list[Any]]


@dataclass(frozen=True)
class Judged:
    """A sheet made ready for a page. `words` are what is said of mistakes, with their numbers."""

    sheet: BaseSheet
    foresight: Foresight
    asked: list[Box]
    data: dict[str, Any]
    formulas: tuple[str, ...]
    words: dict[Words, int]
    sources: dict[int, tuple[int, ...]]
    """Per place of a box the places of the numbers that it is worked out from: given ones, and those of other boxes."""

    def answers(self, numbers: SheetNumbers, drawn: Mapping[Quantity, Decimal]) -> dict[str, Any]:
        """What a set of numbers adds: the given ones, and the right answers with all that correct work reaches.

        `printed` are results that the sheet itself prints, and that boxes are worked out from. Raises `Undecided` where
        no precision tells a digit.
        """
        program = self.foresight.own.program
        rows = {row.box: row for row in self.sheet.answers(numbers)}
        used = {at for _, _, _, sources in self.data["lines"] for at in sources}
        written = {**program.trace.givens, **drawn}
        given = [
            [at, plain(written[quantity]) if quantity in written else shown_text(number, 0)[0]]
            for at, (quantity, number) in enumerate(zip(program.quantities, program.givens(drawn), strict=False))
            if at in used
        ]
        texts = with_precision(lambda: self._texts(drawn))
        boxes = [self._answer(box, rows[box.label], numbers, texts) for box in self.asked]
        return {"givens": given, "printed": texts.printed, "boxes": boxes}

    def _texts(self, drawn: Mapping[Quantity, Decimal]) -> Texts:
        """The true values of the boxes, to more decimals than are asked, and what the sheet prints."""
        program, inside, policy = self.foresight.own.program, self.foresight.inside, self.sheet.policy
        boxes = [box.quantity for box in self.asked if box.quantity in program.place]
        givens = program.givens(drawn)
        exact = program.exact(givens)

        def text(number: Number, quantity: Quantity, more: int) -> str:
            return shown_text(number, policy.shown_places(quantity) + more, policy.ties)[0]

        def true(values: Registers, of: Program) -> dict[Quantity, str]:
            return {quantity: text(values[of.place[quantity]], quantity, MORE_DECIMALS) for quantity in boxes}

        also = {} if inside is None else true(inside.program.exact(inside.program.givens(drawn)), inside.program)
        asked = {program.place[quantity] for quantity in boxes}
        printed = sorted({one for found in self.sources.values() for one in found if program.line(one)} - asked)
        values = program.carried(givens, policy) if policy.carry and printed else exact
        shown = [[at, text(values[at], program.quantities[at], 0)] for at in printed]
        return Texts(true(exact, program), also, shown)

    def _answer(self, box: Box, row: KeyRow, numbers: SheetNumbers, texts: Texts) -> dict[str, Any]:
        if box.answer:
            return {"right": box.answer.replace(" ", "")}
        if isinstance(numbers, ChoiceNumbers) and box.quantity in numbers.options:
            offers = zip(LETTERS, numbers.options[box.quantity], strict=False)
            return {"right": row.exact, "offers": {letter: self._of(one.rewrite) for letter, one in offers}}
        number, also = texts.true[box.quantity], texts.also.get(box.quantity)
        found = {"number": number, "exact": row.exact, "carried": row.carried, "low": row.low, "high": row.high}
        return found | ({} if also in (None, number) else {"also": str(also)})

    def _of(self, rewrite: Rewrite | None) -> int | None:
        """The number of what is said of a wrong number to choose; None for the right one."""
        if rewrite is None:
            return None
        words = said_of(Explanation((rewrite,)), Wording(self.sheet.problem.words))
        return self.words.setdefault(words, len(self.words))


def ready(sheet: BaseSheet, say: Wording) -> Judged:
    """The steps, boxes and mistakes of a sheet."""
    return _Maker(sheet, say).made()


class _Maker:
    """Gathers what the page is told."""

    def __init__(self, sheet: BaseSheet, say: Wording) -> None:
        self.sheet, self.say = sheet, say
        self.foresight = Foresight(sheet.solution, known_before(sheet.body))
        self.definition = self.foresight.own
        self.program = self.definition.program
        self.formulas = Formulas(self.program.place)
        self.words: dict[Words, int] = {}
        self.tried: list[Candidate] = []
        self.asked = [box for box in sheet.boxes if box.points]
        self.numbers = [box for box in self.asked if not box.answer and not sheet.offers(box.quantity)]
        self.at = {self.program.place[box.quantity]: k for k, box in enumerate(self.asked) if box in self.numbers}

    def made(self) -> Judged:
        sources = {at: tuple(dict.fromkeys(self._sources(at, at))) for at in self.at}
        boxes = [self._box(box, sources) for box in self.asked]
        policy = self.sheet.policy
        lines = [
            [
                line.target,
                self.formulas.number(line),
                self.program.decimals(self.program.quantities[line.target], policy),
                list(line.sources),
            ]
            for line in self._lines()
        ]
        data = {
            "registers": len(self.program.quantities),
            "ties": policy.ties,
            "carry": policy.carry,
            "lines": lines,
            "boxes": boxes,
            "mistakes": {
                key: {
                    "instead": list(BY_KEY[key].rather_than),
                    "twins": [other for pair in TWINS if key in pair for other in pair - {key}],
                }
                for key in sorted({change.rewrite.mistake.key for one in self.tried for change in one.changes})
            },
        }
        return Judged(self.sheet, self.foresight, self.asked, data, tuple(self.formulas.known), self.words, sources)

    def _lines(self) -> Iterator[Line]:
        """The steps that the boxes and the mistakes before them need."""
        waiting = list(self.at)
        waiting += [at for one in self.tried for line in one.lines for at in line.sources]
        waiting += [self.definition.unmoved[at] for at in self.at if at in self.definition.moving]
        needed: set[int] = set()
        while waiting:
            at = waiting.pop()
            line = self.program.line(at)
            if at not in needed and line is not None:
                needed.add(at)
                waiting.extend(line.sources)
        return (line for line in self.program.lines if line.target in needed)

    def _sources(self, at: int, step: int) -> Iterator[int]:
        """The numbers that are there before a box, given ones and those of other boxes, from which it is worked out."""
        line = self.program.line(step)
        for source in line.sources if line is not None else ():
            if source in self.foresight.before(at) or self.program.line(source) is None:
                yield source
            else:
                yield from self._sources(at, source)

    def _box(self, box: Box, sources: Mapping[int, tuple[int, ...]]) -> dict[str, Any]:
        common = {"label": box.label, "points": box.points}
        if box not in self.numbers:
            sort = CHOICE if not box.answer else SHAPE if "×" in box.answer else COUNT
            return common | {"sort": sort, "at": None}
        at = self.program.place[box.quantity]
        kind, every = box.quantity.kind, frozenset({*self.at, *self.foresight.before(at)})
        inner = [self.at[line.target] for line in self.foresight.stretch(at) if line.target in every - {at}]
        return common | {
            "sort": NUMBER,
            "at": at,
            "places": self.sheet.policy.shown_places(box.quantity),
            "needs": [self.at[source] for source in sources[at] if source in self.at],
            "old": self.definition.unmoved[at] if at in self.definition.moving else None,
            "kind": kind,
            "turns": any(kind in kinds for kinds in TURNED),
            "ordered": _ordered(self.foresight.stretch(at)[-1].formula),
            "later": [k for place, k in self.at.items() if self._after(place, at)],
            "inner": inner,
            "wrong": [self._candidate(one, at) for one in self.foresight.candidates(at)],
            "beyond": [self._candidate(one, at) for one in self.foresight.candidates(at, every)] if inner else [],
        }

    def _after(self, at: int, before: int) -> bool:
        """Whether a box tells if a sign that was turned round before it was meant so."""
        return at > before and self.program.quantities[at].kind in AFTER

    def _candidate(self, one: Candidate, at: int) -> list[Any]:
        self.tried.append(one)
        lines = [[line.target, self.formulas.number(line)] for line in one.lines]
        names = list(dict.fromkeys(change.rewrite.mistake.key for change in one.changes))
        here = len(one.changes) == 1 and one.changes[0].line.target == at
        explanation = Explanation(tuple(change.rewrite for change in one.changes))
        words = said_of(explanation, self.say)
        where = [] if here else [change.line.target for change in one.changes]
        return [lines, names, int(here), self.words.setdefault(words, len(self.words)), where]


def _ordered(formula: Node) -> bool:
    """Whether a formula has three factors or more in a row, whose order matters for rounding."""
    return _factors(formula) > MOST_TWO or any(map(_ordered, children(formula)))


def _factors(node: Node) -> int:
    match node:
        case Group(arg) | Neg(arg):
            return _factors(arg)
        case Mul(parts):
            return sum(map(_factors, parts))
        case Div(numerator, denominator):
            return _factors(numerator) + _factors(denominator)
        case Pow(base, Const(value=exponent)) if exponent.denominator == 1:
            return abs(int(exponent)) * _factors(base)
    return 1
