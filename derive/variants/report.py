"""A stress test in words and tables, for a terminal and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from derive.errors import counted
from derive.notation import Namer
from derive.numbers import decimal_text
from derive.render import FORMATS
from derive.variants.constraints import guarantees
from derive.variants.own import untold
from derive.variants.stress import Spread, Stress

Rows = Sequence[Sequence[str]]


class Part(NamedTuple):
    """A heading, sentences, and a table with its header, which may be empty; the first column is of words."""

    title: str
    sentences: Sequence[str]
    table: Rows


def parts(report: Stress, namer: Namer, remarks: Sequence[str] = ()) -> list[Part]:
    """What a report says; `remarks` are those of the worksheet, with what was chosen for its numbers."""
    chosen = [Part("What was chosen", remarks, ())] if remarks else []
    return [*chosen, _own(report), _refusals(report), _answers(report, namer)]


def _own(report: Stress) -> Part:
    """Whether the problem's own numbers would do."""
    title = "The numbers of the problem itself"
    if not (report.own_faults or report.own_alike):
        return Part(title, ["They meet every condition."], ())
    if not report.own_alike:
        sentences = ["They do not meet every condition."]
    else:
        places = counted(report.setting.policy.decimals, "decimal")
        sentences = ["They are poor for a worksheet."]
        sentences.append(f"At {places} the final answers do not tell {untold(report.own_alike)}.")
    words = dict(guarantees(report.setting))
    sentences += [f"Not met: {words[name]} ({fault})." for name, fault in report.own_faults]
    return Part(title, sentences, ())


def _refusals(report: Stress) -> Part:
    """What refuses draws."""
    sentences = [
        f"Draws that meet every condition: {report.accepted} of {report.draws}. "
        "A draw may fail several; each condition is counted by itself."
    ]
    if report.variants:
        sentences.append(
            f"{counted(report.variants, 'variant')} took {counted(report.attempts, 'draw')}, "
            f"{_share(report.attempts, report.variants, 1)} each."
        )
    if report.blocked:
        sentences.append(f"More were not found: {' '.join(report.blocked.split())}")
    rows = [
        (row.name, str(row.count), _percent(row.count, report.draws), row.most_often, row.words)
        for row in report.refusals
    ]
    header = ("condition", "refuses", "share", "most often", "in every variant")
    return Part("What is refused", sentences, (header, *rows))


def _answers(report: Stress, namer: Namer) -> Part:
    """How the answers spread."""
    header = ("answer", "smallest", "median", "largest", "rounding changes it", "near a tie")
    rows = [
        (
            namer(spread.quantity).text,
            *(_number(spread, part) for part in (Fraction(0), Fraction(1, 2), Fraction(1))),
            _percent(spread.differs, report.variants),
            _percent(spread.near_ties, report.variants),
        )
        for spread in report.answers
    ]
    sentence = (
        "Rounding changes an answer where carrying rounded results gives another last digit. "
        "Near a tie is within 0.005 units of the last digit."
    )
    return Part("How the answers spread", [sentence] if rows else ["There are no variants."], (header, *rows))


def _number(spread: Spread, part: Fraction) -> str:
    value = spread.quantile(part)
    scaled = value * 10**spread.decimals
    return decimal_text(abs(int(scaled)), spread.decimals, value < 0)


def _percent(count: int, total: int) -> str:
    return f"{_share(100 * count, total, 0)} %" if total else ""


def _share(count: int, total: int, decimals: int) -> str:
    return decimal_text(round(Fraction(count, total) * 10**decimals), decimals, False)


def as_text(title: str, found: Sequence[Part]) -> str:
    """The report for a terminal."""
    lines = [title]
    for part in found:
        lines += ["", part.title, *(f"  {sentence}" for sentence in part.sentences)]
        if len(part.table) > 1:
            widths = [max(len(row[k]) for row in part.table) for k in range(len(part.table[0]))]
            for row in part.table:
                cells = [
                    cell.rjust(width) if cell[:1].isdigit() or cell[:1] == "-" else cell.ljust(width)
                    for cell, width in zip(row, widths, strict=True)
                ]
                lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines)


def as_markdown(title: str, found: Sequence[Part], picture: str) -> str:
    """The report as a file, with the picture beside it."""
    text, code = FORMATS["md"].text, FORMATS["md"].code
    lines = [f"# {text(title)}"]
    for part in found:
        lines += ["", f"## {text(part.title)}", *(f"\n{text(sentence)}" for sentence in part.sentences)]
        if len(part.table) > 1:
            header, *rows = part.table
            columns = list(zip(*rows, strict=True))
            lines += [
                "",
                _row([text(cell) for cell in header]),
                _row([":--", *(_align(column) for column in columns[1:])]),
            ]
            lines += [_row([code(row[0]), *(text(cell) for cell in row[1:])]) for row in rows]
    if picture:
        lines += ["", f"![A histogram of every answer]({picture})"]
    return "\n".join(lines) + "\n"


def _align(column: Sequence[str]) -> str:
    return "--:" if all(re.match(r"-?\d|$", cell) for cell in column) else ":--"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
