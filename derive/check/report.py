"""The feedback on one sheet as a document: how it went, the first wrong step, then every value in a table.

Decides what a student is told and in which order. The verdicts and their sentences come from the judge; files,
formats and the terminal are unknown here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from derive.check.marks import Scheme, Score, points_text, question
from derive.check.model import VERDICTS, Marked, Result
from derive.check.reasons import LEFT_OPEN, NO_CHANGE
from derive.check.words import (
    all_of,
    by_example,
    diagnosis,
    given_words,
    in_short,
    is_number,
    listed,
    opening,
    otherwise,
    own_value,
    rational,
    reason_words,
    same_trouble,
    trouble_keys,
)
from derive.document import (
    Block,
    Bullets,
    Document,
    Equation,
    Inline,
    Math,
    Paragraph,
    Remark,
    Section,
    Strong,
    Table,
    Text,
    Words,
)
from derive.errors import shorten
from derive.expression import Cases, Node, Ref, Shown, quantities, replace
from derive.formula import Line
from derive.numbers import evaluates_to
from derive.quantity import Quantity
from derive.solution import Solution

LONGEST_NAME = 40
COLOPHON = "Every expected value is derived, and every digit of it is proven, by interval arithmetic. Made with derive."


@dataclass(frozen=True)
class Reporter:
    """Writes the feedback on sheets of one problem; with a scheme, their marks too."""

    solution: Solution
    scheme: Scheme | None = None

    def document(self, sheet: Marked, score: Score | None = None, brief: bool = False) -> Document:
        """The feedback on one sheet; a brief one leaves out what the verdicts mean."""
        title = "Feedback" if sheet.student is None else f"Feedback for {shorten(sheet.student, LONGEST_NAME)}"
        lead: list[Block] = [
            _led("Problem.", self.solution.problem.title + (f" (form {sheet.form})" if sheet.form else "")),
            Paragraph(opening(sheet)),
        ]
        if sheet.policy.accepted and not sheet.all_right:
            lead.append(_led("Rounding.", sheet.policy.accepted))
        if score is not None:
            lead.append(_led("Marks.", f"{score.text} points."))
        first = sheet.first_wrong
        if first is not None:
            lead.append(self._first(first, sheet))
        sections = [
            *self._others(sheet),
            *self._values(sheet, score, brief),
            *self._formulas(sheet, score),
            *_notes(sheet),
            *self._marking(score),
        ]
        return Document(title, tuple(lead), tuple(sections), COLOPHON)

    # -- the first wrong step --------------------------------------------------------------------------------

    def _first(self, first: Result, sheet: Marked) -> Remark:
        """The step where the trouble begins, worked out with the writer's numbers."""
        # A line of the whole class's file tells a student nothing.
        place = "" if first.line is None or sheet.student is not None else f" (line {first.line} of the sheet)"
        if first.line is not None and first.line in sheet.labels:
            place = f" (question {sheet.labels[first.line]})"
        blocks: list[Block] = [*self._working(first, sheet), *diagnosis(first)]
        again = [other.quantity for other in sheet.results if same_trouble(first, other)]
        if again:
            sure = len(first.explanations) <= 1
            words: Words = (Text("The same happened in " if sure else "One of these also explains "), *listed(again))
            blocks.append(Paragraph((*words, Text("."))))
        after = [result.quantity for result in sheet.results if first.quantity in result.because]
        if after:
            words = (Text("What comes after it and is right with your value: "), *listed(after), Text("."))
            blocks.append(Paragraph(words))
        return Remark(f"The first wrong step{place}", tuple(blocks))

    def _working(self, result: Result, sheet: Marked) -> Iterator[Block]:
        """The step's formula, the numbers used, what it gives, and what was written instead."""
        formula = self._formula(result)
        if result.symbolic:
            if formula is not None:
                yield Equation((Line(Ref(result.quantity), (("=", formula),)),))
            yield Paragraph((Text("You wrote "), *given_words(result), Text(".")))
            return
        used = own_value(result)
        if formula is None or used is None:
            right = self._expected(result, None)
            words: Words = (Math(Ref(result.quantity)), Text(" is "), Math(right), Text("; you wrote "))
            yield Paragraph((*words, *given_words(result), Text(".")))
            return
        chain = tuple(self._chain(formula, used, self._numbers(result, formula, sheet)))
        yield Equation((Line(Ref(result.quantity), chain),))
        # The formula and the result alone have no numbers between them.
        put_in = len(chain) > 2 or isinstance(formula, Cases)
        words = (Text("With these numbers the step" if put_in else "The step"), Text(" gives "), Math(used))
        words = (*words, Text("; you wrote "))
        after: Words = (Text("."),)
        if _differ(used, result.expected):
            after = (Text(". ("), *otherwise(result), Text(" "), Math(result.expected), Text(".)"))
        yield Paragraph((*words, *given_words(result), *after))

    def _chain(self, formula: Node, used: Shown, numbers: Mapping[Quantity, Shown]) -> Iterator[tuple[str, Node]]:
        """Formula, numbers put in, result; = only before what is exactly that."""
        true = all(self._true(quantity, shown) for quantity, shown in numbers.items())
        known = all(quantity in numbers for quantity in quantities(formula))
        yield "=", formula
        filled = replace(formula, numbers.get)
        if isinstance(formula, Cases) or not known or filled == used or not numbers:
            yield ("=" if used.exact and known and true else "≈"), used
            return
        yield ("=" if true else "≈"), filled
        yield ("=" if used.exact and evaluates_to(filled, used.text) else "≈"), used

    def _true(self, quantity: Quantity, shown: Shown) -> bool:
        """Whether a number that is put in is the true one, unrounded."""
        true = self.solution.exact.numbers
        return is_number(shown.text) and quantity in true and bool(true[quantity] == rational(shown.text))

    def _numbers(self, result: Result, formula: Node, sheet: Marked) -> Mapping[Quantity, Shown]:
        """The numbers that the step was judged with; given and stated ones where another step's formula is shown."""
        if formula is result.formula:
            return result.numbers
        stated = {other.quantity: other.given for other in sheet.results if is_number(other.given)}
        given = self.solution.trace.givens
        found = dict(result.numbers)
        for quantity in quantities(formula):
            if quantity in stated:
                found[quantity] = Shown(stated[quantity], True)
            elif quantity in given:
                found[quantity] = self.solution.exact.shown(quantity)
        return {quantity: found[quantity] for quantity in quantities(formula) if quantity in found}

    def _formula(self, result: Result) -> Node | None:
        """The step's formula; where two quantities are one number under one name, that of the first."""
        formula, namer = result.formula, self.solution.namer
        if isinstance(formula, Ref) and namer(formula.quantity) == namer(result.quantity):
            return self.solution.trace.step(formula.quantity).formula
        return formula

    # -- the other wrong steps -------------------------------------------------------------------------------

    def _others(self, sheet: Marked) -> Iterator[Section]:
        """The other steps that are wrong in themselves, those with one trouble together."""
        first = sheet.first_wrong
        rest = [
            r for r in as_asked(sheet.results) if r.faulty and r is not first and not (first and same_trouble(first, r))
        ]
        groups: list[list[Result]] = []
        first_with: dict[str, int] = {}
        for result in rest:
            keys = trouble_keys(result)
            found = min((first_with[key] for key in keys if key in first_with), default=None)
            if found is None:
                first_with |= {key: len(groups) for key in keys if key not in first_with}
                groups.append([result])
            else:
                groups[found].append(result)
        if groups:
            items = tuple(self._other(group) for group in groups)
            yield Section((Text("Also wrong"),), (Bullets(items),))

    def _other(self, group: Sequence[Result]) -> Words:
        result = group[0]
        names = listed([other.quantity for other in group])
        numbers: Words = (Text(f", {all_of(len(group))} for one reason"),)
        if len(group) == 1:
            numbers = (Text(" ("), *given_words(result), Text("; "), *self._instead(result), Text(")"))
        return (*names, *numbers, Text(": "), *in_short(result))

    def _instead(self, result: Result) -> Words:
        """What should stand there: the true value, or what the writer's own earlier numbers give."""
        if result.symbolic:
            return (Text("right: "), Math(result.expected if result.formula is None else result.formula))
        own = own_value(result)
        if own is None or not _differ(own, result.expected):
            return (Text("right: "), Math(result.expected))
        return (Text("with your earlier numbers: "), Math(own))

    # -- all values ------------------------------------------------------------------------------------------

    def _values(self, sheet: Marked, score: Score | None, brief: bool) -> Iterator[Section]:
        values = [result for result in as_asked(sheet.results) if not result.symbolic]
        right: list[tuple[Quantity, Words]] = [(result.quantity, ()) for result in values if result.right]
        others = [result for result in values if not result.right]
        blocks: list[Block] = []
        if right:
            blocks.append(Paragraph((Strong("Right:"), Text(" "), *by_example(right), Text("."))))
        if others:
            blocks.append(self._table(others, score, sheet.policy.decimals))
            if not brief:
                seen = {result.verdict for result in others}
                legend = "; ".join(f"{verdict}: {meaning}" for verdict, meaning in VERDICTS.items() if verdict in seen)
                blocks.append(_led("The verdicts.", f"{legend}."))
        if blocks:
            yield Section((Text("The values"),), tuple(blocks))

    def _table(self, results: Iterable[Result], score: Score | None, decimals: int | None) -> Table:
        header = [(Text(title),) for title in ("Value", "Yours", "True value", "Verdict")]
        header += [(Text("Marks"),)] if score else []
        rows = []
        for result in results:
            numbers = (given_words(result), (Math(self._expected(result, decimals)),))
            row: list[Words] = [(Math(Ref(result.quantity)),), *numbers, (Text(result.verdict),)]
            if score is not None:
                row.append((Text(self._points(result, score)),))
            rows.append((*row, reason_words(result)))
        return Table((*header, (Text("Why"),)), tuple(rows), "lrrl" + ("r" if score else "") + "l")

    def _expected(self, result: Result, decimals: int | None) -> Shown:
        """The true value, a given one in full; where no digits are stated, or too few, to those of the sheet."""
        exact = self.solution.exact
        if result.quantity in self.solution.trace.givens:
            return exact.shown(result.quantity)
        if result.reason in (NO_CHANGE, LEFT_OPEN) or result.verdict not in ("imprecise", "missing"):
            return result.expected
        if result.quantity not in exact:
            return result.expected
        places = self.solution.policy.shown_places(result.quantity)
        return exact.compute(Ref(result.quantity), places if decimals is None else min(decimals, places))

    def _formulas(self, sheet: Marked, score: Score | None) -> Iterator[Section]:
        """The stated formulas: a line for each, with the right one where it is not."""
        items = []
        for result in as_asked(sheet.results):
            if not result.symbolic:
                continue
            words: list[Inline] = [Math(Ref(result.quantity)), Text(": "), *given_words(result), Text(" – ")]
            words.append(Strong(result.verdict))
            if score is not None and (points := self._points(result, score)):
                words.append(Text(f", {points}"))
            if not result.right and result.formula is not None:
                words += [Text("; right is "), Math(result.formula)]
            items.append((*words, Text(".")))
        if items:
            yield Section((Text("Formulas"),), (Bullets(tuple(items)),))

    def _points(self, result: Result, score: Score) -> str:
        one = question(result)
        if self.scheme is None or one not in score.earned or not self.scheme.worth(one).total:
            return ""
        return f"{points_text(score.earned[one])}/{points_text(self.scheme.worth(one).total)}"

    def _marking(self, score: Score | None) -> Iterator[Section]:
        if score is not None and self.scheme is not None:
            yield Section((Text("How it is marked"),), (Paragraph((Text(self.scheme.rule),)),))


# -- notes ---------------------------------------------------------------------------------------------------


def _notes(sheet: Marked) -> Iterator[Section]:
    if sheet.faults:
        items = tuple((Text(str(fault).replace("\n", " ")),) for fault in sheet.faults)
        yield Section((Text("What could not be read"),), (Bullets(items),))
    if sheet.notes:
        yield Section((Text("Notes"),), (Bullets(tuple((Text(note),) for note in sheet.notes)),))


# -- small things --------------------------------------------------------------------------------------------


def _led(lead: str, text: str) -> Paragraph:
    return Paragraph((Strong(lead), Text(f" {text}")))


def as_asked(results: Sequence[Result]) -> list[Result]:
    """The results in the order of the lines of the sheet; what has no line stands beside its neighbours in a layer.

    Results of one line, as where a row is a whole sheet, stay in the order of the computation.
    """
    places: list[tuple[int, int]] = []
    for at, result in enumerate(results):
        before, after = places[at - 1] if at else (0, 0), next(iter(results[at + 1 :]), result)
        if result.line is not None:
            places.append((result.line, 0))
        elif (at and _together(results[at - 1], result)) or after.line is None or not _together(result, after):
            places.append((before[0], 1))
        else:
            places.append((after.line, -1))
    return [results[at] for at in sorted(range(len(results)), key=places.__getitem__)]


def _together(one: Result, other: Result) -> bool:
    """Whether two results are about the same kind of quantity in the same layer."""
    first, second = one.quantity, other.quantity
    return (first.kind, first.layer, first.step) == (second.kind, second.layer, second.step)


def _differ(one: Shown, other: Shown) -> bool:
    """Whether two shown numbers differ by more than the rounding of the coarser one."""
    decimals = [len(shown.text.partition(".")[2]) for shown in (one, other)]
    unit = Fraction(1, 10 ** min(decimals)) if not (one.exact and other.exact) else Fraction(0)
    return abs(Fraction(one.text) - Fraction(other.text)) > unit
