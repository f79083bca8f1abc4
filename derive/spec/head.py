"""A head file: the head of a worksheet alone, for every problem of a course.

Decides that it has the keys of [sheet], and beside them [words] and decimal_comma as a problem file has them, and how
it goes together with the head of a problem: what it says counts, the rest stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, Field, ValidationError

from derive.errors import InputError, shown
from derive.spec.mistakes import input_error
from derive.spec.sheet import SheetHead, Words

SHEET = "sheet"


class HeadFile(SheetHead):
    """What stands in the file."""

    words: Words = Field(default_factory=dict)
    decimal_comma: bool = False


TABLES: dict[tuple[str, ...], type[BaseModel]] = {(): HeadFile, (SHEET,): SheetHead}
"""The model of every table of the file, by its key path."""


def head_from(table: Mapping[str, Any], file: str) -> HeadFile:
    """The head that a table says; its keys may stand in a table [sheet], as in a problem file. Raises `InputError`."""
    inner = table.get(SHEET)
    if isinstance(inner, Mapping):
        rest = {key: value for key, value in table.items() if key != SHEET}
        twice = next((key for key in inner if key in rest), None)
        if twice is not None:
            raise InputError("every key once", f"{shown(twice)} in [{SHEET}] too", file, f"{SHEET}.{twice}")
        table = {**rest, **inner}
    try:
        return HeadFile.model_validate(dict(table))
    except ValidationError as error:
        raise input_error(error, file, TABLES) from None


class Headed(Protocol):
    """A problem of any kind: what its worksheet stands under."""

    @property
    def sheet(self) -> SheetHead: ...

    @property
    def words(self) -> dict[str, str]: ...

    @property
    def file(self) -> str | None: ...

    def model_copy(self: P, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> P: ...


P = TypeVar("P", bound=Headed)


def with_head(problem: P, head: HeadFile) -> P:
    """The problem under a head: what the head says counts, and of the problem's own what the head leaves out."""
    said = {key: getattr(head, key) for key in head.model_fields_set if key in SheetHead.model_fields}
    changed: dict[str, Any] = {"sheet": problem.sheet.model_copy(update=said), "words": {**problem.words, **head.words}}
    if "decimal_comma" in head.model_fields_set:
        changed["decimal_comma"] = head.decimal_comma
    return problem.model_copy(update=changed)
