"""The feedback on one sheet as a document: how it went, the first wrong step, then every value in a table.

Decides what a student is told and in which order. The verdicts and their sentences come from the judge; files,
formats and the terminal are unknown here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

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
    sentences,
    worded,
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
from derive.expression import Cases, Const, Neg, Node, Ref, Shown, quantities, replace
from derive.formula import Line
from derive.numbers import evaluates_to
from derive.quantity import Quantity
from derive.subject import Subject
from derive.wording import Wording

LONGEST_NAME = 40
MANY_RIGHT = 12
"""Values that are all right, from which on it says enough that they are."""
MANY_FOLLOWING = 12
"""Values that follow from wrong ones, from which on the same words beside each of them say nothing more."""
SAID = frozenset({"wrong", "missing"})
"""Verdicts that need no words to say what they mean."""


@dataclass(frozen=True)
class Reporter:
    """Writes the feedback on sheets of one problem; with a scheme, their marks too."""

    solution: Subject
    scheme: Scheme | None = None

    def document(self, sheet: Marked, score: Score | None = None, brief: bool = False) -> Document:
        """The feedback on one sheet; a brief one leaves out what the verdicts mean."""
        say, title = self.say, self.solution.problem.title
        if sheet.form:
            title = say("feedback_form", title=title, form=sheet.form)
        lead: list[Block] = [_led(say["feedback_problem"], title), Paragraph(opening(sheet, say))]
        if sheet.policy.accepted and not sheet.all_right:
            lead.append(_led(say["rounding"], " ".join(say.text([one]) for one in sheet.policy.accepted)))
        if score is not None:
            lead.append(_led(say["feedback_marks"], say("marks_of", **score.parts)))
        first = sheet.first_wrong
        if first is not None:
            lead.append(self._first(first, sheet))
        sections = [
            *Others(self.solution, say).sections(sheet),
            *self._values(sheet, score, brief),
            *self._formulas(sheet, score),
            *notes(sheet, say),
            *self._marking(sheet, score),
        ]
        name = None if sheet.student is None else shorten(sheet.student, LONGEST_NAME)
        title = say["feedback"] if name is None else say("feedback_for", name=name)
        return Document(
            title, tuple(lead), tuple(sections), say["made"], language=self.solution.problem.sheet.language, wording=say
        )

    @property
    def say(self) -> Wording:
        """The words of the problem."""
        return Wording(self.solution.problem.words)

    # -- the first wrong step --------------------------------------------------------------------------------

    def _first(self, first: Result, sheet: Marked) -> Remark:
        """The step where the trouble begins, worked out with the writer's numbers."""
        # A line of the whole class's file tells a student nothing.
        say, title = self.say, self.say["first_wrong"]
        if first.line is not None and first.line in sheet.labels:
            title = say("first_wrong_question", label=sheet.labels[first.line])
        elif first.line is not None and sheet.student is None:
            title = say("first_wrong_line", number=str(first.line))
        blocks: list[Block] = [*self._working(first, sheet), *diagnosis(first, say)]
        same, others = [other for other in sheet.results if same_trouble(first, other)], Others(self.solution, say)
        words: list[Inline] = []
        if again := [other.quantity for other in same if other.quantity not in others.made_elsewhere(first, same)]:
            key = "same_in" if len(first.explanations) <= 1 else "same_explains"
            words += worded(say, key, names=listed(once(again, self.solution), say))
        words += others.likewise(first, same)
        if words:
            blocks.append(Paragraph(tuple(words if again else words[1:])))
        after = [result for result in sheet.results if first.quantity in result.because]
        for together, key in ((False, "after_right"), (True, "after_mistake")):
            if some := [result.quantity for result in after if result.together == together]:
                blocks.append(Paragraph(worded(say, key, names=listed(once(some, self.solution), say))))
        return Remark(title, tuple(blocks))

    def _working(self, result: Result, sheet: Marked) -> Iterator[Block]:
        """The step's formula, the numbers used, what it gives, and what was written instead."""
        formula = self._formula(result)
        if result.symbolic:
            if formula is not None:
                yield Equation((Line(Ref(result.quantity), (("=", formula),)),))
            yield Paragraph(worded(self.say, "you_wrote", given=given_words(result)))
            return
        used = own_value(result)
        if formula is None or used is None:
            name, right = Math(Ref(result.quantity)), Math(self._expected(result, None))
            yield Paragraph(worded(self.say, "is_you_wrote", name=name, right=right, given=given_words(result)))
            return
        chain = tuple(self._chain(formula, used, self._numbers(result, formula, sheet)))
        yield Equation((Line(Ref(result.quantity), chain),))
        # The formula and the result alone have no numbers between them.
        put_in = len(chain) > 2 or isinstance(formula, Cases)
        key = "step_gives_with" if put_in else "step_gives"
        told = [worded(self.say, key, value=Math(used), given=given_words(result))]
        told += [otherwise(result, self.say)] if differ(used, result.expected) else []
        yield Paragraph(sentences(told))

    def _chain(self, formula: Node, used: Shown, numbers: Mapping[Quantity, Shown]) -> Iterator[tuple[str, Node]]:
        """Formula, numbers put in, result; = only before what is exactly that."""
        true = all(self._true(quantity, shown) for quantity, shown in numbers.items())
        known = all(quantity in numbers for quantity in quantities(formula))
        if used.exact and isinstance(formula.arg if isinstance(formula, Neg) else formula, Const):
            yield "=", used  # the formula is this number
            return
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
            names = by_example([(quantity, ()) for quantity in right], self.say)
            blocks.append(Paragraph((Strong(self.say["right_ones"]), Text(" "), *names, Text("."))))
        following = [result for result in others if result.verdict == "follows" and not result.together]
        if len(following) >= MANY_FOLLOWING:
            others = [result for result in others if result not in following]
        if others:
            blocks.append(self._table(others, score, sheet.policy.decimals))
            if not brief:
                seen = {result.verdict for result in others} - SAID
                meant = [verdict for verdict in VERDICTS if verdict in seen]
                legend = "; ".join(f"{self.say[f'verdict_{one}']}: {self.say[f'means_{one}']}" for one in meant)
                blocks += [_led(self.say["verdicts"], f"{legend}.")] if legend else []
        if len(following) >= MANY_FOLLOWING:
            blocks += self._following(following, score, sheet.policy.decimals)
        if blocks:
            yield Section((Text(self.say["values"]),), tuple(blocks))

    def _following(self, results: Sequence[Result], score: Score | None, decimals: int | None) -> Iterator[Block]:
        """Many values that follow from wrong ones: these are said once, and the numbers stand in two columns."""
        say, titles = self.say, ["value", "yours", "true", *(["marks"] if score else [])]
        roots = dict.fromkeys(quantity for result in results for quantity in result.because)
        yield Paragraph(worded(say, "following_ones", names=listed(once(roots, self.solution), say)), leads=True)
        cells: list[list[Words]] = []
        for result in results:
            row: list[Words] = [(Math(Ref(result.quantity)),), given_words(result)]
            row.append((Math(self._expected(result, decimals)),))
            cells.append([*row, (Text(self._points(result, score)),)] if score is not None else row)
        half = (len(cells) + 1) // 2
        empty: list[Words] = [(Text(""),)] * len(titles)
        rows = [(*left, *right) for left, right in zip_longest(cells[:half], cells[half:], fillvalue=empty)]
        header = tuple((Text(say[f"column_{title}"]),) for title in titles)
        columns = "lrr" + ("r" if score else "")
        yield Table((*header, *header), tuple(rows), columns * 2)

    def _table(self, results: Iterable[Result], score: Score | None, decimals: int | None) -> Table:
        say, titles = self.say, ["value", "yours", "true", "verdict", *(["marks"] if score else [])]
        rows = []
        results = list(results)
        reasons = [() if result.verdict in ("slip", "wrong") else reason_words(result, say) for result in results]
        why = any(word != Text("") for reason in reasons for word in reason)
        for result, reason in zip(results, reasons, strict=True):
            numbers = (given_words(result), (Math(self._expected(result, decimals)),))
            row: list[Words] = [(Math(Ref(result.quantity)),), *numbers, (Text(say[f"verdict_{result.verdict}"]),)]
            if score is not None:
                row.append((Text(self._points(result, score)),))
            rows.append((*row, reason or (Text(""),)) if why else tuple(row))
        header = tuple((Text(say[f"column_{title}"]),) for title in (*titles, *(["why"] if why else [])))
        return Table(header, tuple(rows), "lrrl" + ("r" if score else "") + ("l" if why else ""))

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
            words.append(Strong(self.say[f"verdict_{result.verdict}"]))
            if score is not None and (points := self._points(result, score)):
                words.append(Text(f", {points}"))
            if not result.right and result.formula is not None:
                words += [Text("; "), *worded(self.say, "formula_right", formula=Math(result.formula))]
            items.append((*words, Text(".")))
        if items:
            yield Section((Text(self.say["formulas"]),), (Bullets(tuple(items)),))

    def _points(self, result: Result, score: Score) -> str:
        one = question(result)
        if self.scheme is None or one not in score.earned or not self.scheme.worth(one).total:
            return ""
        return f"{points_text(score.earned[one])}/{points_text(self.scheme.worth(one).total)}"

    def _marking(self, sheet: Marked, score: Score | None) -> Iterator[Section]:
        if score is not None and self.scheme is not None:
            all_right = all(result.right for result in sheet.results)
            rule = self.scheme.worth_of_each(self.say) if all_right else self.scheme.rule(self.say)
            yield Section((Text(self.say["how_marked"]),), (Paragraph((Text(rule),)),))


# -- small things --------------------------------------------------------------------------------------------


def _led(lead: str, text: str) -> Paragraph:
    return Paragraph((Strong(lead), Text(f" {text}")))
