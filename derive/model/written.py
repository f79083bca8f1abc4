"""Given numbers as a file writes them: one, or rows of them that are all alike, and the names that they have.

Decides what is a number here (its digits are kept) and what a name is. Roles and tables are for `schema`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import AfterValidator, PlainValidator, WithJsonSchema

from derive.errors import counted, shown
from derive.from_python import NumberText
from derive.language.words import FUNCTIONS, KEYWORDS, MAX_INDICES, MAX_NAME
from derive.spec.values import fault, number

Exact = Decimal | Fraction
"""A given number; a Fraction where it was written "1/3"."""
Array = Exact | tuple[Any, ...]
"""A given number or nested rows of them."""

_NAME = re.compile(rf"[A-Za-z][A-Za-z0-9_]{{0,{MAX_NAME - 1}}}")
_FRACTION = re.compile(r"\s*(-?[0-9]{1,15})\s*/\s*([0-9]{1,15})\s*")


def one_number(value: Any) -> Exact:
    """A number of a problem, its digits as written; "1/3" is a third."""
    if isinstance(value, str) and not isinstance(value, NumberText):
        match = _FRACTION.fullmatch(value)
        if match is None:
            raise fault('a number, or a fraction in quotation marks such as "1/3"', shown(value))
        if not int(match[2]):
            raise fault("a number", "a division by zero")
        return Fraction(int(match[1]), int(match[2]))
    return number(value)


def array(value: Any) -> Array:
    """A number, or rows of numbers that are all equally long."""
    shape: list[int] = []
    level = value
    while isinstance(level, list | tuple):
        shape.append(len(level))
        if not level:
            raise fault("at least one number", "an empty list")
        if len(shape) > MAX_INDICES:
            raise fault(f"an array of at most {MAX_INDICES} indices", "more of them")
        level = level[0]
    return _rectangular(value, tuple(shape), ())


def _rectangular(value: Any, shape: tuple[int, ...], place: tuple[int, ...]) -> Array:
    if not shape:
        if isinstance(value, list | tuple):
            raise fault("rows that are all alike", "a list in place of a number", *place)
        return one_number(value)
    if not isinstance(value, list | tuple):
        raise fault("rows that are all alike", "a number in place of a list", *place)
    if len(value) != shape[0]:
        raise fault(
            f"{counted(shape[0], 'entry').replace('entrys', 'entries')}, as in the other rows", str(len(value)), *place
        )
    return tuple(_rectangular(part, shape[1:], (*place, at)) for at, part in enumerate(value))


def quantity_name(value: str) -> str:
    """A name that an equation can speak of."""
    if not _NAME.fullmatch(value):
        what = f"a name of letters, digits and _ that begins with a letter, of at most {MAX_NAME} characters"
        raise fault(what, shown(value))
    if value in KEYWORDS or value in FUNCTIONS:
        raise fault("a name", shown(value), hint="this word belongs to the language of equations.")
    return value


NUMBER, ARRAY = "Number", "Array"
"""The marks of a given number and of an array of them in the schemas of these tables, which say what they are once."""
_GIVEN = WithJsonSchema({"format": ARRAY})
_NAMED = WithJsonSchema({"type": "string", "pattern": f"^{_NAME.pattern}$"})
GivenArray = Annotated[Any, PlainValidator(array), _GIVEN]
QuantityName = Annotated[str, AfterValidator(quantity_name), _NAMED]
GivenArrays = dict[QuantityName, GivenArray]


def shown_array(value: Array) -> str:
    return shown(list(value)) if isinstance(value, tuple) else str(value)


def numbers_of(value: Array) -> Iterator[Exact]:
    """Every number of an array."""
    if isinstance(value, tuple):
        for part in value:
            yield from numbers_of(part)
    else:
        yield value
