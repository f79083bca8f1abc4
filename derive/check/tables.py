"""The results for programs: JSON and CSV.

A CSV cell that holds what a student wrote is never read as a formula by a spreadsheet: unless it is a plain number, an
apostrophe stands before a first character that could make it one.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from derive.check.marks import Score, points_text, question
from derive.check.model import VERDICTS, Explanation, Marked, PolicyFound, Result
from derive.check.slips import slip_title
from derive.check.statistics import SHARES, StepCount, Tally
from derive.errors import InputError
from derive.formula import Printer
from derive.formula import Text as PlainText
from derive.mistakes import Pieces, spoken
from derive.mistakes.model import joined
from derive.notation import Namer
from derive.quantity import Quantity
from derive.subject import Subject
from derive.variants.names import safe_cell
from derive.wording import ENGLISH, Wording, phrase

_PLAIN_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?", re.ASCII)

RESULT_COLUMNS = (
    "student",
    "quantity",
    "name",
    "given",
    "expected",
    "verdict",
    "mistake",
    "follows",
    "reason",
    "line",
    "marks",
)
STUDENT_COLUMNS = ("student", "id", "right", "follows", "wrong", "imprecise", "missing", "first_wrong", "mistake")


class Speller:
    """Formulas and sentences in plain text, in the letters of a notation."""

    def __init__(self, namer: Namer, say: Wording = ENGLISH) -> None:
        self.namer, self.say = namer, say
        self.printer = Printer(PlainText(), namer)
        self._formulas: dict[Quantity, str] = {}

    def formula(self, result: Result) -> str:
        """The right formula of a step, printed once for all sheets."""
        if result.formula is None:
            return ""
        if result.quantity not in self._formulas:
            self._formulas[result.quantity] = self.printer(result.formula)
        return self._formulas[result.quantity]

    def sentence(self, pieces: Pieces) -> str:
        return spoken(pieces, self.printer, self.say)

    def name(self, result: Result) -> str:
        return self.namer(result.quantity).text

    def expected(self, result: Result) -> str:
        """The true value; of a formula, the formula."""
        if result.symbolic and result.formula is not None:
            return self.formula(result)
        return result.expected.text


# -- JSON ----------------------------------------------------------------------------------------------------


def sheet_object(sheet: Marked, speller: Speller, score: Score | None = None) -> dict[str, Any]:
    """One sheet as JSON has it."""
    first = sheet.first_wrong
    return {
        **({} if sheet.student is None else {"student": sheet.student}),
        **({} if sheet.form is None else {"form": sheet.form}),
        "policy": policy_object(sheet.policy),
        "counts": {verdict: sheet.count(verdict) for verdict in VERDICTS},
        "first_wrong": None if first is None else first.quantity.id,
        **({} if score is None else {"marks": _points(score)}),
        "results": [result_object(result, speller, score) for result in sheet.results],
        "faults": [fault_object(fault) for fault in sheet.faults],
        "notes": [speller.say.text([note]) for note in sheet.notes],
    }


def policy_object(policy: PolicyFound) -> dict[str, Any]:
    return {
        "origin": policy.origin,
        "decimals": policy.decimals,
        "certain": policy.certain,
        "explained": policy.explained,
        "stated": policy.stated,
        "words": policy.words,
    }


def result_object(result: Result, speller: Speller, score: Score | None = None) -> dict[str, Any]:
    """One result; keys without a value are left out, but for the six that every result has."""
    always: dict[str, Any] = {
        "quantity": result.quantity.id,
        "name": speller.name(result),
        "given": result.given,
        "expected": speller.expected(result),
        "verdict": result.verdict,
        "reason": speller.sentence(result.reason),
        "line": result.line,
    }
    optional: dict[str, Any] = {
        "formula": speller.formula(result),
        "used": {quantity.id: shown.text for quantity, shown in result.numbers.items()},
        "gives": None if result.used is None else result.used.text,
        "follows": [quantity.id for quantity in result.because],
        "mistake": _mistake(result.explanations, speller),
        "slip": result.slip if result.verdict == "slip" else "",
        "trivial": result.trivial,
    }
    if score is not None and question(result) in score.earned:
        optional["marks"] = points_text(score.earned[question(result)])
    return always | {key: value for key, value in optional.items() if value}


def _mistake(explanations: Sequence[Explanation], speller: Speller) -> dict[str, Any] | None:
    """The likeliest mistake; all of them under `undecided` where there are several."""
    if not explanations:
        return None
    found = [_explanation(explanation, speller) for explanation in explanations]
    return found[0] | ({"undecided": found} if len(found) > 1 else {})


def _explanation(explanation: Explanation, speller: Speller) -> dict[str, Any]:
    once = {rewrite.mistake.key: rewrite for rewrite in reversed(explanation.rewrites)}
    rewrites = list(reversed(once.values()))
    return {
        "key": explanation.key,
        "title": explanation.titled(speller.say),
        "diagnosis": " ".join(speller.sentence(rewrite.diagnosis) for rewrite in rewrites),
        "remedy": " ".join(speller.sentence(rewrite.remedy) for rewrite in rewrites),
        "at": [rewrite.target.id for rewrite in rewrites],
    }


def _points(score: Score) -> dict[str, str]:
    return {"earned": points_text(score.total), "possible": points_text(score.possible)}


def fault_object(fault: InputError) -> dict[str, str | None]:
    return {
        "file": fault.file,
        "place": fault.place,
        "expected": fault.expected,
        "found": fault.found,
        "hint": fault.hint,
    }


def class_object(
    solution: Subject,
    students: Sequence[Mapping[str, Any]],
    tally: Tally,
    faults: Sequence[InputError],
    notes: Sequence[str],
) -> dict[str, Any]:
    """A class as JSON has it."""
    return {"problem": solution.name, "students": students, **_counts_object(solution, tally, faults, notes)}


def json_head(solution: Subject) -> str:
    """The beginning of the text of `class_object`, up to the students."""
    return f'{{\n "problem": {_dumped(solution.name, 1)},\n "students": ['


def json_student(student: Mapping[str, Any], first: bool) -> str:
    """One more student of that text."""
    return ("\n  " if first else ",\n  ") + _dumped(student, 2)


def json_tail(solution: Subject, tally: Tally, faults: Sequence[InputError], notes: Sequence[str]) -> str:
    """The end of that text, when all students are counted."""
    counts = _counts_object(solution, tally, faults, notes)
    rows = "".join(f",\n {_dumped(key, 1)}: {_dumped(value, 1)}" for key, value in counts.items())
    return ("\n ]" if tally.sheets else "]") + rows + "\n}\n"


def _counts_object(
    solution: Subject, tally: Tally, faults: Sequence[InputError], notes: Sequence[str]
) -> dict[str, Any]:
    """What JSON says of a class as a whole."""
    namer, say = solution.namer, Wording(solution.problem.words)
    marks = {"mean": points_text(tally.mean), "possible": points_text(tally.possible)}
    return {
        **({"marks": marks} if tally.marked else {}),
        "steps": [_step_object(step, namer, say) for step in tally.steps],
        "mistakes": [
            {
                "key": count.key,
                "title": count.titled(say),
                "sheets": count.sheets,
                "answers": count.answers,
                "undecided": count.undecided,
                "where": count.where.id,
            }
            for count in tally.mistakes
        ],
        "faults": [fault_object(fault) for fault in faults],
        "notes": list(notes),
    }


def _step_object(step: StepCount, namer: Namer, say: Wording) -> dict[str, Any]:
    return {
        "quantity": step.quantity.id,
        "name": namer(step.quantity).text,
        "formula": step.question[1],
        "verdicts": {verdict: count for verdict, count in step.verdicts.items() if count},
        "trouble": step.troubled(say),
    }


def _dumped(value: Any, level: int) -> str:
    """A value as `to_json` writes it so deep inside."""
    return json.dumps(value, ensure_ascii=False, indent=1).replace("\n", "\n" + " " * level)


def to_json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


# -- CSV -----------------------------------------------------------------------------------------------------


def result_rows(sheet: Marked, score: Score | None, speller: Speller) -> list[list[str]]:
    """A row for each result of a sheet, in the columns `RESULT_COLUMNS`."""
    return [
        [
            safe_cell(sheet.student or ""),
            result.quantity.id,
            speller.name(result),
            safe_given(result.given),
            result.expected.text if not result.symbolic else safe_given(speller.expected(result)),
            result.verdict,
            trouble_text(result),
            " ".join(quantity.id for quantity in result.because),
            safe_cell(speller.sentence(result.reason)),
            "" if result.line is None else str(result.line),
            points_text(score.earned[question(result)]) if score and question(result) in score.earned else "",
        ]
        for result in sheet.results
    ]


def student_columns(marked: bool) -> tuple[str, ...]:
    """The columns of the table of marks."""
    return (*STUDENT_COLUMNS, *(("marks", "of") if marked else ()))


def student_row(sheet: Marked, score: Score | None, absent: int, speller: Speller) -> list[str]:
    """A student's row in the table of marks, for people; `absent` answers are not on the sheet at all."""
    first = sheet.first_wrong
    counts = {name: sheet.count(*verdicts) for name, verdicts in SHARES.items()}
    counts["missing"] += absent
    row = [safe_cell(sheet.student or ""), safe_cell(sheet.id or "")]
    row += [str(counts[name]) for name in STUDENT_COLUMNS[2:7]]
    row += ["", ""] if first is None else [safe_cell(speller.name(first)), safe_cell(trouble_words(first, speller))]
    return row if score is None else [*row, points_text(score.total), points_text(score.possible)]


def trouble_words(result: Result, speller: Speller) -> str:
    """What explains a wrong answer, in words; empty where nothing known does."""
    named = [explanation.titles for explanation in result.explanations]
    if not named and result.slip:
        named = [(slip_title(result.slip),)]
    return speller.sentence(joined(named, phrase("or"))) if named else ""


def trouble_text(result: Result) -> str:
    """The keys of what explains a wrong answer, for programs."""
    if result.verdict == "slip" and result.slip:
        return f"slip-{result.slip}"
    return "; ".join(explanation.key for explanation in result.explanations)


def safe_given(text: str) -> str:
    """What a student wrote as a cell: a plain number as it is, anything else so that no spreadsheet runs it.

    >>> safe_given("-0.5"), safe_given("-1+cmd"), safe_given("=A1")
    ('-0.5', "'-1+cmd", "'=A1")
    """
    return text if _PLAIN_NUMBER.fullmatch(text) else safe_cell(text)


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Rows as lines of a CSV file."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()
