"""Numbers as a script writes them: digit by digit as they were given, arrays as nested lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import indent

from derive.trace.affine import Range
from derive.trace.givens import Written
from derive.trace.identity import Place
from derive.trace.roles import decimal

INDENT = "    "
WIDEST = 80
"""Characters of numbers in one line."""


def written(number: Written) -> str:
    """A number of Python, digit by digit as it was written; a fraction as a quotient.

    >>> from decimal import Decimal
    >>> from fractions import Fraction
    >>> written(Decimal("0.10")), written(Fraction(1, 3)), written(Fraction(1, 10))
    ('0.10', '1 / 3', '0.1')
    """
    return str(decimal(number)).replace("/", " / ")


def nested(spans: Sequence[Range], number: Callable[[Place], str], at: Place = ()) -> str:
    """Numbers in nested lists, a row a line where they are long; a number alone for no index."""
    if len(at) == len(spans):
        return number(at)
    low, high = spans[len(at)]
    rows = [nested(spans, number, (*at, one)) for one in range(low, high + 1)]
    text = f"[{', '.join(rows)}]"
    if len(text) <= WIDEST or len(spans) - len(at) < 2:
        return text
    inside = "".join(f"{row},\n" for row in rows)
    return f"[\n{indent(inside, INDENT)}]"


def shape(spans: Sequence[Range]) -> str:
    """How many numbers an array has along its indices, with commas.

    >>> shape([(1, 3), (0, 4)])
    '3, 5'
    """
    return ", ".join(str(high - low + 1) for low, high in spans)
