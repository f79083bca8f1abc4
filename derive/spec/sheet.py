"""What stands at the head of a worksheet, and how its phrases are worded: the tables [sheet] and [words].

Decides their keys and limits. A head file has the same keys. What a head looks like is for `worksheet` and `render`;
the logo is only named here, and looked at when a sheet is printed.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from derive.errors import InputError, did_you_mean, one_of, shown
from derive.spec.values import MAX_TITLE, Listed, Table, Text, fault, plain_text, shown_number
from derive.wording import checked_wording

TOPICS = ("forward", "loss", "factors", "deltas", "local", "paths", "gradients", "weights", "new-loss")
"""What can be asked on a sheet, in the order of the computation."""
MOST_WORDS = 300
"""Names of what is asked."""
MAX_POINTS = 1000
"""Points of an answer, or of a question."""
MAX_MINUTES = 600
MAX_LINES = 20
"""Paragraphs of instructions."""


def _instructions(value: str) -> str:
    lines = value.strip().splitlines()
    if len(lines) > MAX_LINES:
        raise fault(f"at most {MAX_LINES} lines", str(len(lines)))
    for line in lines:
        if line.strip():
            plain_text(line)
    return plain_text(value.strip()) if len(lines) < 2 else value.strip()


def _day(value: Any) -> Any:
    """A date without quotation marks is one, too."""
    return value.isoformat() if isinstance(value, date) else value


def _topic(value: str) -> str:
    """What points are for: a topic, or the number of a question."""
    if value in TOPICS or (value.isascii() and value.isdigit() and int(value[:4]) >= 1 and value[0] != "0"):
        return value
    raise fault(f"{one_of(TOPICS)}, or the number of a question", shown(value), hint=did_you_mean(value, TOPICS))


def _time(value: Any) -> Any:
    if value is None or value == ESTIMATE or (type(value) is int and 1 <= value <= MAX_MINUTES):
        return value
    raise fault(f'minutes from 1 to {MAX_MINUTES}, or "{ESTIMATE}"', shown_number(value))


def _language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise fault('the code of a language, such as "de", "ar" or "pt-BR"', shown(value))
    return value


_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
ESTIMATE = "estimate"
_TIME = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": MAX_MINUTES}, {"const": ESTIMATE}]}
Name = Annotated[str, Field(max_length=MAX_TITLE), AfterValidator(plain_text)]
Points = dict[Annotated[str, AfterValidator(_topic)], Annotated[int, Field(ge=1, le=MAX_POINTS)]]


class SheetHead(Table):
    """The head of a worksheet. Every text is only text: markup in it is printed as it is written."""

    title: Name | None = None
    """The title in place of "Worksheet:" and the title of the problem."""
    course: Name | None = None
    """The course."""
    term: Name | None = None
    """The term."""
    instructor: Name | None = None
    """Who teaches it."""
    due: Annotated[Name | None, BeforeValidator(_day)] = None
    """When the work is due: a date, or any text."""
    language: Annotated[str, AfterValidator(_language)] = "en"
    """The language of the sheet, as "de" or "ar": for those who hear it, and for the direction of writing."""
    logo: Text | None = None
    """A picture beside the title: a PNG or SVG file, found from the folder of the file that names it."""
    instructions: Annotated[str, Field(max_length=3000), AfterValidator(_instructions)] | None = None
    """What the student should know before beginning; every line is a paragraph."""
    time: Annotated[int | Literal["estimate"] | None, PlainValidator(_time), WithJsonSchema(_TIME)] = None
    """Minutes for the work; "estimate": two minutes for each point, rounded up to five."""
    footer: bool = True
    """Whether form and page number stand on every page."""
    points: Points = Field(default_factory=dict)
    """Points of every answer of a topic (forward, loss, ...), or of a whole question by its number ("3" = 10)."""
    grade_table: bool = False
    """Whether a table with the points of every question stands at the head."""
    large: bool = False
    """Large print: letters of 18 points."""
    answers_only: bool = False
    """Only the numbered boxes, to be written in and scanned."""
    ask: Annotated[tuple[Text, ...], Field(min_length=1, max_length=MOST_WORDS), Listed] | None = None
    """What is asked, as `--ask` says it: topics, kinds ("delta:2" of a layer), units ("h1"), quantities ("dE/dw5")."""


def _wording(value: Any) -> Any:
    """The keys and the places of worded phrases."""
    for key, text in value.items():
        if not isinstance(text, str):
            raise fault("a text in quotation marks", shown(text), key)
        try:
            checked_wording(key, text)
        except InputError as error:
            # The message names the key itself.
            raise fault(error.expected, error.found or "", key, hint=error.hint) from None
    return value


Words = Annotated[dict[str, str], AfterValidator(_wording), Field(max_length=1000)]
