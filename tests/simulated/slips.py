"""Slips of the pen and of the eye: digits of a written number that are not the right ones."""

from __future__ import annotations

import random
import re
from decimal import Decimal
from itertools import pairwise

PEN = {
    "digits swapped": 4,
    "wrong digit": 4,
    "sign lost": 3,
    "point moved": 2,
    "digit left out": 1,
    "digit doubled": 1,
}
"""What can happen to a number that is written down, and how often it does."""


def slipped(kind: str, text: str, source: random.Random) -> str | None:
    """The text with such a slip in it; None where the number offers none, or where it would not change."""
    if not re.fullmatch(r"-?\d+(\.\d+)?", text) or not text.strip("-0."):
        return None
    found = _SLIPS[kind](text, source)
    return found if found and Decimal(found) != Decimal(text) else None


def _digits(text: str) -> list[int]:
    """The places of the digits that count: from the first that is not 0."""
    first = re.search("[1-9]", text)
    assert first is not None
    return [place for place in range(first.start(), len(text)) if text[place].isdigit()]


def _swapped(text: str, source: random.Random) -> str | None:
    digits = _digits(text)
    pairs = [(a, b) for a, b in pairwise(digits) if text[a] != text[b]]
    if not pairs:
        return None
    a, b = source.choice(pairs)
    return text[:a] + text[b] + text[a + 1 : b] + text[a] + text[b + 1 :]


def _wrong(text: str, source: random.Random) -> str:
    place = source.choice(_digits(text))
    likely = {"1": "7", "7": "1", "6": "0", "0": "6", "3": "8", "8": "3", "5": "6", "4": "9", "9": "4", "2": "3"}
    other = source.choice([d for d in "0123456789" if d != text[place]])
    return text[:place] + (likely[text[place]] if source.random() < 0.4 else other) + text[place + 1 :]


def _turned(text: str, source: random.Random) -> str:
    return text[1:] if text.startswith("-") else "-" + text


def _moved(text: str, source: random.Random) -> str:
    return format(Decimal(text).scaleb(source.choice([-1, 1])), "f")


def _left_out(text: str, source: random.Random) -> str | None:
    inner = [place for place in _digits(text)[:-1] if "." in text[:place]]
    if not inner:
        return None
    place = source.choice(inner)
    return text[:place] + text[place + 1 :]


def _doubled(text: str, source: random.Random) -> str | None:
    inner = [place for place in _digits(text)[:-1] if "." in text[:place]]
    if not inner:
        return None
    place = source.choice(inner)
    return text[:place] + text[place] + text[place:]


_SLIPS = {
    "digits swapped": _swapped,
    "wrong digit": _wrong,
    "sign lost": _turned,
    "point moved": _moved,
    "digit left out": _left_out,
    "digit doubled": _doubled,
}
