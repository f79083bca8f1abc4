"""The feedback on one sheet as a document: how it went, the first wrong step, then every value in a table.

Decides what a student is told and in which order. The verdicts and their sentences come from the judge; files,
formats and the terminal are unknown here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from derive.check.marks import Scheme, Score, points_text, question
from derive.check.model import VERDICTS, Marked, Result
from derive.check.others import Others, as_asked, as_long, differ, once
from derive.check.reasons import LEFT_OPEN
from derive.check.unread import notes
from derive.check.words import (
    by_example,
    diagnosis,
    given_words,
    is_number,
    listed,
    opening,
    otherwise,
    own_value,
    rational,
    reason_words,
    same_trouble,
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
from derive.subject import Subject

LONGEST_NAME = 40
MANY_RIGHT = 12
"""Values that are all right, from which on it says enough that they are."""
SAID = frozenset({"wrong", "missing"})
"""Verdicts that need no words to say what they mean."""
TOGETHER = "From the same mistake: "
MADE = "Made with derive."
COLOPHON = "Every expected value is derived, and every digit of it is proven, by interval arithmetic. Made with derive."


@dataclass(frozen=True)
class Reporter:
    """Writes the feedback on sheets of one problem; with a scheme, their marks too."""

    solution: Subject
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
            *Others(self.solution).sections(sheet),
            *self._values(sheet, score, brief),
            *self._formulas(sheet, score),
            *notes(sheet),
            *self._marking(sheet, score),
        ]
        return Document(title, tuple(lead), tuple(sections), MADE)

    # -- the first wrong step --------------------------------------------------------------------------------

    def _first(self, first: Result, sheet: Marked) -> Remark:
        """The step where the trouble begins, worked out with the writer's numbers."""
        # A line of the whole class's file tells a student nothing.
        place = "" if first.line is None or sheet.student is not None else f" (line {first.line} of the sheet)"
        if first.line is not None and first.line in sheet.labels:
            place = f" (question {sheet.labels[first.line]})"
        blocks: list[Block] = [*self._working(first, sheet), *diagnosis(first)]
        same = [other for other in sheet.results if same_trouble(first, other)]
        if again := [other.quantity for other in same]:
            sure = len(first.explanations) <= 1
            words: Words = (Text("The same happened in " if sure else "One of these also explains "),)
            blocks.append(
                Paragraph(
                    (
                        *words,
                        *listed(once(again, self.solution)),
                        Text("."),
                        *Others(self.solution).likewise(first, same),
                    )
                )
            )
        after = [result for result in sheet.results if first.quantity in result.because]
        for together, said in ((False, "What comes after it and is right with your value: "), (True, TOGETHER)):
            if some := [result.quantity for result in after if result.together == together]:
                blocks.append(Paragraph((Text(said), *listed(once(some, self.solution)), Text("."))))
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
        if differ(used, result.expected):
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

    # -- all values ------------------------------------------------------------------------------------------

    def _values(self, sheet: Marked, score: Score | None, brief: bool) -> Iterator[Section]:
        values = [result for result in as_asked(sheet.results) if not result.symbolic]
        right = once((result.quantity for result in values if result.right), self.solution)
        others = [result for result in values if not result.right]
        blocks: list[Block] = []
        if right and (others or len(right) < MANY_RIGHT):
            blocks.append(
                Paragraph((Strong("Right:"), Text(" "), *by_example([(quantity, ()) for quantity in right]), Text(".")))
            )
        if others:
            blocks.append(self._table(others, score, sheet.policy.decimals))
            if not brief:
                seen = {result.verdict for result in others} - SAID
                legend = "; ".join(f"{verdict}: {meaning}" for verdict, meaning in VERDICTS.items() if verdict in seen)
                blocks += [_led("The verdicts.", f"{legend}.")] if legend else []
        if blocks:
            yield Section((Text("The values"),), tuple(blocks))

    def _table(self, results: Iterable[Result], score: Score | None, decimals: int | None) -> Table:
        header = [(Text(title),) for title in ("Value", "Yours", "True value", "Verdict")]
        header += [(Text("Marks"),)] if score else []
        rows = []
        results = list(results)
        reasons = [() if result.verdict in ("slip", "wrong") else reason_words(result) for result in results]
        why = any(word != Text("") for reason in reasons for word in reason)
        for result, reason in zip(results, reasons, strict=True):
            numbers = (given_words(result), (Math(self._expected(result, decimals)),))
            row: list[Words] = [(Math(Ref(result.quantity)),), *numbers, (Text(result.verdict),)]
            if score is not None:
                row.append((Text(self._points(result, score)),))
            rows.append((*row, reason or (Text(""),)) if why else tuple(row))
        header += [(Text("Why"),)] if why else []
        return Table(tuple(header), tuple(rows), "lrrl" + ("r" if score else "") + ("l" if why else ""))

    def _expected(self, result: Result, decimals: int | None) -> Shown:
        """The true value, a given one in full; where no digits are stated, or too few, to those of the sheet."""
        exact = self.solution.exact
        if result.quantity in self.solution.trace.givens:
            return exact.shown(result.quantity)
        if result.reason == LEFT_OPEN:
            return result.expected
        if result.verdict not in ("imprecise", "missing") or result.quantity not in exact:
            return as_long(result.expected, result.given)
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

    def _marking(self, sheet: Marked, score: Score | None) -> Iterator[Section]:
        if score is not None and self.scheme is not None:
            rule = self.scheme.rule if any(not result.right for result in sheet.results) else self.scheme.worth_of_each
            yield Section((Text("How it is marked"),), (Paragraph((Text(rule),)),))


# -- small things --------------------------------------------------------------------------------------------


def _led(lead: str, text: str) -> Paragraph:
    return Paragraph((Strong(lead), Text(f" {text}")))
