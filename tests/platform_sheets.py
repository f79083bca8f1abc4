"""What an exported question must answer, from calculations that share nothing with the exporter.

Right are the numbers of `mistaken`, calculated by hand, and the range that the key of the printed sheet states; wrong
is what somebody gets who makes one known mistake and goes on with it: the first of that person's numbers that is not
right tells of it. Problems given by equations are compared with their key alone.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import mpmath
from mistaken import calculated
from platform_rules import Marker, plain

from derive.mistakes import BY_KEY, MISTAKES
from derive.worksheet.numbers import KeyRow

LEAST = Decimal("0.0001")
KEYS = tuple(row.key for row in MISTAKES if row.usual)


def written(number: Any, places: int) -> str:
    """A number as a student writes it, halves away from 0."""
    with localcontext(prec=400):
        exact = Decimal(mpmath.nstr(number, 60))
        return f"{exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"


def faults(rows: Sequence[KeyRow], markers: Sequence[Marker], places: Sequence[int]) -> Iterator[str]:
    """What is marked wrongly of the numbers that the key states: right ones, ends of ranges, and what lies beyond."""
    for row, marker, decimals in zip(rows, markers, places, strict=True):
        unit = Decimal(1).scaleb(-decimals)
        for text in dict.fromkeys((row.exact, row.carried, row.low, row.high)):
            if marker(text)[0] != 1:
                yield f"{row.box}: {text} is right and earns {marker(text)[0]}"
        low, high = (Decimal(end) for end in (row.low, row.high))
        for inside in (low - unit * Decimal("0.4"), high + unit * Decimal("0.4")):
            # With more decimals than are asked for, a number may be nearer to 0 than some platform can hold.
            if abs(inside) >= LEAST and marker(f"{inside:f}")[0] != 1:
                yield f"{row.box}: {inside} rounds to a right number and earns nothing"


def beyond(rows: Sequence[KeyRow], markers: Sequence[Marker], places: Sequence[int]) -> Iterator[str]:
    """What earns something although it lies outside of everything that is right."""
    for row, marker, decimals in zip(rows, markers, places, strict=True):
        unit = Decimal(1).scaleb(-decimals)
        ends = [Decimal(text) for text in (row.exact, row.carried, row.low, row.high)]
        for outside in (min(ends) - unit * 2, max(ends) + unit * 2):
            if marker(f"{outside:f}")[0] != 0:
                yield f"{row.box}: {outside} is wrong and earns {marker(f'{outside:f}')[0]}"


def by_hand(
    table: dict[str, Any], rows: Sequence[KeyRow], places: Sequence[int], keys: Sequence[str] = KEYS
) -> Iterator[tuple[str, int, str]]:
    """Wrong calculations of a network: the mistake, the first box whose number is not right, and that number.

    Nothing of mistakes that change no asked number by more than rounding.
    """
    right = calculated(table)
    for key in keys:
        try:
            wrong = calculated(table, key)
        except (ValueError, ZeroDivisionError, OverflowError):
            continue
        for at, (row, decimals) in enumerate(zip(rows, places, strict=True)):
            place = place_of(row.quantity)
            if place not in right or place not in wrong:
                continue
            text = written(wrong[place], decimals)
            if text != written(right[place], decimals):
                ends = [Decimal(end) for end in (row.low, row.high)]
                unit = Decimal(1).scaleb(-decimals)
                if not ends[0] - unit <= Decimal(text) <= ends[1] + unit:
                    yield key, at, text
                break


def place_of(identity: str) -> Any:
    """The place of a number in a calculation by hand, from its id."""
    from derive.quantity import parse_id

    found = parse_id(identity)
    return None if found is None else tuple(found)


def told(marker: Marker, text: str, key: str) -> str:
    """What is said of a wrong number of a mistake: "named", "other" where other mistakes are named, "nothing".

    Raises AssertionError where it earns something.
    """
    share, said = marker(text)
    assert share == 0, f"{text}, which {key} gives, earns {share}"
    row = BY_KEY[key]
    words = plain(row.remedy).partition("{")[0].strip()
    if "Instead" not in said:
        return "nothing"
    return "named" if words in said or row.title in said else "other"


Counts = Counter[str]
