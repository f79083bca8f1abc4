"""Drawing: the numbers of a variant from a seed, the variant's key and the number of the attempt.

The generator is BLAKE2b of these three and a counter, which the standard library has on every machine, and which knows
no state: the same three give the same numbers, whatever was drawn before and wherever it is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from hashlib import blake2b

from derive.errors import InputError, is_unprintable, shown
from derive.quantity import Quantity
from derive.variants.space import DrawnQuantity, Space

Drawn = dict[Quantity, Decimal]
"""The drawn numbers of a variant, in the order of the problem's givens."""

SCHEME = "derive variants 1"
"""To be changed when the same seed must give other numbers."""
WORD = 8
"""Bytes of one random number: far more than any grid needs, so that none of its numbers is favoured."""
MAX_SEED_LENGTH = 200
RETRIES = 50
"""Draws until a number that must differ from others is looked for in order."""


def checked_seed(seed: str) -> str:
    """A seed that can be printed and kept in a file."""
    if len(seed) > MAX_SEED_LENGTH:
        raise InputError(f"a seed of at most {MAX_SEED_LENGTH} characters", shown(seed), place="--seed")
    if any(map(is_unprintable, seed)):
        raise InputError("a seed of letters and digits", shown(seed), place="--seed")
    return seed


def random_words(seed: str, key: str, attempt: int) -> Iterator[int]:
    """Random whole numbers below 2^64, without end.

    >>> next(random_words("7", "0001", 0)) == next(random_words("7", "0001", 0))
    True
    """
    start = b"\0".join(part.encode("utf-8", "surrogatepass") for part in (SCHEME, seed, key, str(attempt)))
    block = 0
    while True:
        digest = blake2b(start + b"\0" + str(block).encode()).digest()
        for place in range(0, len(digest), WORD):
            yield int.from_bytes(digest[place : place + WORD], "big")
        block += 1


def draw(space: Space, seed: str, key: str, attempt: int) -> Drawn:
    """The numbers of one attempt for one variant."""
    words = random_words(seed, key, attempt)
    used = {scope: set(numbers) for scope, numbers in space.taken.items()}
    numbers: Drawn = {}
    for slot in space.slots:
        if slot.scope is None:
            numbers[slot.quantity] = slot.values[next(words) % len(slot.values)]
        else:
            numbers[slot.quantity] = _unused(slot, words, used[slot.scope])
    return numbers


def _unused(slot: DrawnQuantity, words: Iterator[int], used: set[Decimal]) -> Decimal:
    """A number of the slot that is not used yet, where there is one."""
    count = len(slot.values)
    for _ in range(RETRIES):
        place = next(words) % count
        if (number := slot.values[place]) not in used:
            used.add(number)
            return number
    for further in range(count):
        if (number := slot.values[(place + further) % count]) not in used:
            used.add(number)
            return number
    return number


def digest(numbers: Drawn) -> bytes:
    """What tells two variants of a problem apart: the drawn numbers in a few bytes."""
    return blake2b(";".join(map(str, numbers.values())).encode(), digest_size=16).digest()
