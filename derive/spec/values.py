"""The single values of a problem: numbers, texts, ids, and their limits.

Decides which numbers and texts are acceptable, keeps the digits of a number as written, and says how a
mistake travels to its message: as a `fault` that carries what was expected and found. Knows no table of a
problem.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from derive.errors import counted, did_you_mean, first_unprintable, shorten, shown
from derive.from_python import NumberText
from derive.quantity import MOST_INDICES

MAX_UNITS = 1000
"""Units in one layer, and inputs of the network."""
MAX_LAYERS = 50
MAX_PRODUCTS = 10_000
"""Weights, and pairs of units of a softmax layer, times examples: what one step computes, and what is written out."""
MAX_WORK = 4_000_000
"""Numbers that all steps of a training compute; the largest takes some ten seconds, whatever its shape."""
MAX_EXAMPLES = 1000
MAX_STEPS = 100_000
MAX_DECIMALS = 30
MAX_SEED = 2**53 - 1
"""The largest seed; every JSON reader keeps it exactly."""
MAX_FILE_BYTES = 1_000_000
MAX_TITLE = 200
"""Characters in a title."""
MAX_TEXT = 1000
"""Characters in `source` and in `note`."""
MAX_DIGITS = 40
"""Significant digits of a number."""
MAX_PLACES = 60
"""Decimal places of a number."""
MAX_WHOLE_DIGITS = 15
"""Digits before the decimal point: a number is smaller than 10**15."""
MAX_OVERRIDES = 1000
MAX_NAMES = 1000
"""Letters whose meaning a problem states."""

FAULT = "derive_fault"
"""The pydantic error type of every fault raised here."""

_LONGEST_TEXT = 400
"""Characters of a number that a program gives as a text."""
_TOO_LONG = f"a number of at most {MAX_DIGITS} digits and {MAX_PLACES} decimals, smaller than 10^{MAX_WHOLE_DIGITS}"


def fault(expected: str, found: str, *place: str | int, hint: str | None = None) -> PydanticCustomError:
    """A mistake at `place`, a key path relative to the table or value that is being checked."""
    context = {"expected": expected, "found": found, "place": place, "hint": hint}
    return PydanticCustomError(FAULT, "expected {expected}, found {found}", context)


class OversizedNumber:
    """A number in a file that is too long to be read as a number."""

    def __init__(self, text: str) -> None:
        self.shown = shorten(text)


def number(value: Any) -> Decimal:
    """The exact decimal for a number in a file, its digits as written; only the sign of a zero is dropped.

    >>> number(Decimal("0.10")), number(3)
    (Decimal('0.10'), Decimal('3'))
    """
    if isinstance(value, OversizedNumber):
        raise fault(_TOO_LONG, value.shown)
    if isinstance(value, NumberText) and len(value) <= _LONGEST_TEXT:
        value = Decimal(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if value.bit_length() > 3 * MAX_DIGITS:
            raise fault(_TOO_LONG, shown(value))
        value = Decimal(value)
    if not isinstance(value, Decimal):
        raise fault("a number", shown(value), hint=_number_hint(value))
    if not value.is_finite():
        raise fault("a finite number", shown(value))
    _sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    if len(digits) > MAX_DIGITS or exponent < -MAX_PLACES or value.adjusted() >= MAX_WHOLE_DIGITS:
        raise fault(_TOO_LONG, shown(value))
    return value.copy_abs() if value.is_zero() else value


def _number_hint(value: object) -> str | None:
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9][0-9.]*([eE][+-]?[0-9]+)?", value):
        return "write the number without quotation marks."
    if isinstance(value, float):
        return f'write Decimal("{value!r}"), which is exact.'
    return None


def check_length(row: Sequence[Decimal], length: int, origin: str, *place: str | int) -> None:
    """Raise a fault when a row is not as long as what it belongs to."""
    if len(row) != length:
        raise fault(f"{counted(length, 'number')}, one per {origin}", counted(len(row), "number"), *place)


def plain_text(value: str) -> str:
    """A text of one line without control characters; anything else in it is allowed and is only text."""
    if not value.strip():
        raise fault("a text that is not empty", shown(value))
    character = first_unprintable(value)
    if character is not None:
        name = f"the character U+{ord(character):04X}"
        raise fault("one line of text without control or invisible characters", f"{name} in {shown(value)}")
    return value


def problem_name(value: str) -> str:
    """A name that files can be named after."""
    if any(mark in value for mark in "/\\") or value in (".", ".."):
        raise fault("a name without / and \\", shown(value))
    return plain_text(value)


_COUNT = r"0|[1-9][0-9]{0,5}"
_INDEX = rf"\[(?:{_COUNT})\]"
ID = re.compile(
    rf"(?:after\[(?P<after>{_COUNT})\]\.)?(?P<sample>sample\[(?P<example>{_COUNT})\]\.)?"
    rf"(?P<kind>[A-Za-z_/]+)(?P<indices>(?:{_INDEX})*)"
)
"""The id of a quantity, or its beginning."""


def quantity_prefix(value: str) -> str:
    """The id of a quantity or the beginning of one, up to a bracket: `z`, `z[2]`, `sample[0].a[1]`."""
    match = ID.fullmatch(value)
    most = MOST_INDICES.get(match["kind"]) if match else None
    if match and most is not None and match["indices"].count("[") <= most:
        return value
    kind = match["kind"] if match else value.rpartition(".")[2].partition("[")[0]
    hint = did_you_mean(kind, MOST_INDICES)
    if most is not None:
        hint = f"an id of {kind} takes at most this many indices: {most}."
    raise fault('the id of a quantity, such as "z[2]", "dL/dW[1][0]" or "loss"', shown(value), hint=hint)


def places(value: Any) -> int | str:
    """What an override may say: a number of decimals, or "exact"."""
    if value == "exact":
        return "exact"
    if type(value) is int and 0 <= value <= MAX_DECIMALS:
        return value
    raise fault(f'a whole number of decimals from 0 to {MAX_DECIMALS}, or "exact"', shown_number(value))


def shown_number(value: object) -> str:
    """`shown`, for values that may be oversized numbers."""
    return value.shown if isinstance(value, OversizedNumber) else shown(value)


def _sequence(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _biases_tag(value: Any) -> str:
    return "per unit" if isinstance(value, list | tuple) else "shared"


BIASES_TAGS = frozenset({"per unit", "shared"})
"""Tags that pydantic puts into the place of an error; they are no keys of the file."""

_exact = BeforeValidator(number)
Listed = BeforeValidator(_sequence)
Number = Annotated[Decimal, _exact, WithJsonSchema({"type": "number"})]
Positive = Annotated[Decimal, Field(gt=0), _exact, WithJsonSchema({"type": "number", "exclusiveMinimum": 0})]
NotNegative = Annotated[Decimal, Field(ge=0), _exact, WithJsonSchema({"type": "number", "minimum": 0})]
Momentum = Annotated[
    Decimal,
    Field(ge=0, lt=1),
    _exact,
    WithJsonSchema({"type": "number", "minimum": 0, "exclusiveMaximum": 1}),
]
NumberRow = Annotated[tuple[Number, ...], Field(min_length=1), Listed]
Rows = Annotated[tuple[NumberRow, ...], Field(min_length=1), Listed]
Examples = Annotated[tuple[NumberRow, ...], Field(min_length=1, max_length=MAX_EXAMPLES), Listed]
Biases = Annotated[Annotated[Number, Tag("shared")] | Annotated[NumberRow, Tag("per unit")], Discriminator(_biases_tag)]
Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(plain_text)]
QuantityPrefix = Annotated[str, AfterValidator(quantity_prefix)]
_PLACES = {"anyOf": [{"type": "integer", "minimum": 0, "maximum": MAX_DECIMALS}, {"const": "exact"}]}
Places = Annotated[int | Literal["exact"], PlainValidator(places), WithJsonSchema(_PLACES)]


class Table(BaseModel):
    """A table of a problem file: frozen, no unknown keys, no conversion of types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)
