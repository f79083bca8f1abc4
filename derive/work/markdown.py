"""Worksheets in Markdown that someone has filled in, in the form that `derive.worksheet.answers` decides."""

from __future__ import annotations

import re

from derive.errors import InputError
from derive.work.model import Work
from derive.work.names import Names
from derive.work.sheets import Cell, Collector

_STUDENT = re.compile(
    r"^[ \t>|*#-]{0,20}(?:Name|Student)\*{0,3}[ \t]?:\*{0,3}(?P<name>[^|\n]*)", re.IGNORECASE | re.MULTILINE
)
_BLANK = re.compile(r"[\s_*.…`\\-]*")


def read_worksheet(text: str, names: Names, file: str | None = None) -> Work:
    """The answers of a worksheet in Markdown, those left blank too."""
    from derive.worksheet.answers import read_answers

    answers = read_answers(text)
    if not answers:
        hint = "a text whose formulas state values is read with --claims."
        raise InputError("a worksheet with lines such as Answer 1a: `w5` = 0.4", "none", file, "line 1", hint)
    collector = Collector(names, file)
    draft = collector.draft(_student(text, collector), None, 1)
    for answer in answers:
        collector.add(draft, Cell(answer.name, answer.value, answer.line))
    return collector.finish()


def _student(text: str, collector: Collector) -> str | None:
    """Whose sheet it is, where a line says so."""
    match = _STUDENT.search(text)
    if match is None:
        return None
    name = match["name"].strip(" \t_*`")
    return None if _BLANK.fullmatch(name) else collector.student(name, 1)
