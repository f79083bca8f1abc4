"""Worksheets in Markdown that someone has filled in, in the form that `derive.worksheet.answers` decides."""

from __future__ import annotations

import re
from dataclasses import replace

from derive.errors import InputError
from derive.work.claims import read_claims
from derive.work.drafts import Cell
from derive.work.lines import read_lines
from derive.work.model import Work
from derive.work.names import Names
from derive.work.sheets import Collector, Passages
from derive.worksheet.form import LENGTH, LETTERS

_STUDENT = re.compile(
    r"^[ \t>|*#-]{0,20}(?:Name|Student)\*{0,3}[ \t]?:\*{0,3}(?P<name>[^|\n]*)", re.IGNORECASE | re.MULTILINE
)
_ID = re.compile(r"^[ \t>|*#-]{0,20}Identifier\*{0,3}[ \t]?:\*{0,3}(?P<name>[^|\n]*)", re.IGNORECASE | re.MULTILINE)
_WORDED = rf"Form[ \t]+|[^\d\n]{{1,60}}[ \t]+(?=(?:\d{{1,9}}-)?[{LETTERS}]{{{LENGTH}}}\*\*)"
"""Before the form id: the usual word, or another one, in bold letters."""
_FORM = re.compile(rf"^[ \t>|*#-]{{0,20}}(?:{_WORDED})(?P<form>(?:\d{{1,9}}-)?[{LETTERS}]{{{LENGTH}}})\b", re.MULTILINE)
_FIELD = re.compile(r"^- \*\*[^*\n]{1,1000}:\*\*([^\n]{0,500})", re.MULTILINE)
"""The fields of the head in other words: name, identifier, date."""
_QUESTION = re.compile(r"^[ \t>]*##[ \t]", re.MULTILINE)
_ANSWER = re.compile(r"\d[a-z]{1,3}[ \t]{0,9}:[ \t]{0,9}`")
_PRINTED = re.compile(r"(?:=|\|)[ \t]*\$?[ \t]*(-?\d{1,80}(?:(?:\.|\{,\})\d{1,80})?)\$")
_BLANK = re.compile(r"[\s_*.…`\\-]*")


def read_worksheet(text: str, names: Names, file: str | None = None) -> Work:
    """The answers of a worksheet in Markdown, those left blank too."""
    from derive.worksheet.answers import read_answers

    answers = read_answers(text)
    if not answers:
        if (plain := _plain_text(text, names, file)) is not None:
            return plain
        hint = "a text whose formulas state values is read with --claims."
        raise InputError("a worksheet with lines such as Answer 1a: `w5` = 0.4", "none", file, "line 1", hint)
    forms = list(_FORM.finditer(text))
    if len({form["form"] for form in forms}) > 1:
        return _several(text, forms, names, file)
    collector = Collector(names, file)
    form = _FORM.search(text)
    student, id = (_named(pattern, text, collector) for pattern in (_STUDENT, _ID))
    if student is None and id is None and form is not None:
        fields = _FIELD.findall(text, 0, form.start())
        student, id = (_name(field, collector) for field in (*fields[:2], "", "")[:2])
    draft = collector.draft(student, id, 1, form["form"] if form is not None else None)
    draft.printed = printed_numbers(text)
    for answer in answers:
        collector.add(draft, Cell(answer.name, answer.value, answer.line))
    work = collector.finish()
    labels = {answer.line: answer.label for answer in answers}
    return replace(work, sheets=tuple(replace(sheet, labels=labels) for sheet in work.sheets))


def _several(text: str, forms: list[re.Match[str]], names: Names, file: str | None) -> Work:
    """The sheets of several problems, each under its form id; the name at the head is that of all."""
    head = text[: forms[0].start()]
    lines = head.count("\n")
    starts = [form.start() for form in forms]
    found: list[Work] = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        part = text[start:end]
        if _ANSWER.search(part):
            # Lines keep their numbers.
            blank = "\n" * (text.count("\n", 0, start) - lines)
            found.append(read_worksheet(head + blank + part, names, file))
    return Work(
        tuple(sheet for work in found for sheet in work.sheets),
        tuple(dict.fromkeys(note for work in found for note in work.notes)),
        tuple(fault for work in found for fault in work.faults),
    )


def _plain_text(text: str, names: Names, file: str | None) -> Work | None:
    """A Markdown file that is no worksheet but states values, in formulas, in lines or in tables."""
    try:
        if "$" in text or r"\(" in text or r"\[" in text:
            work = read_claims(text, names, file)
        else:
            collector = Passages(names, file)
            read_lines(text, collector)
            work = collector.finish()
    except InputError:
        return None
    return work if any(not sheet.empty for sheet in work) else None


def printed_numbers(text: str) -> tuple[str, ...]:
    """The given numbers that a worksheet prints before its first question, in order.

    >>> printed_numbers("| $0.40$ | $w_{1} = -0.5$ |\\n## Question 1\\n$x = 3$")
    ('0.40', '-0.5')
    """
    end = _QUESTION.search(text)
    found = _PRINTED.findall(text, 0, end.start() if end is not None else len(text))
    return tuple(number.replace("{,}", ".") for number in found)


def _named(pattern: re.Pattern[str], text: str, collector: Collector) -> str | None:
    """Whose sheet it is, where a line says so."""
    match = pattern.search(text)
    return None if match is None else _name(match["name"], collector)


def _name(text: str, collector: Collector) -> str | None:
    """What was written into a field of the head."""
    name = text.strip(" \t_*`")
    return None if _BLANK.fullmatch(name) else collector.student(name, 1)
