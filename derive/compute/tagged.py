"""Numbers that remember how they were computed, so that equal numbers are known as equal.

Two balls never prove that two numbers are equal: the outputs of two windows over equal pictures are a tie that no
precision decides. A tagged number has a tag that stands for its calculation; the same calculation of the same numbers
has the same tag. It costs time, so it is used only after a comparison stayed open. Decides equality, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import fmpq

from derive.numbers import Number

Key = tuple[object, ...]


class Tags:
    """The tags of one run: one whole number for every calculation."""

    def __init__(self) -> None:
        self._numbers: dict[Key, int] = {}
        self._kept: list[object] = []

    def __call__(self, key: Key) -> int:
        return self._numbers.setdefault(key, len(self._numbers))

    def of(self, number: object) -> int:
        """The tag of an operand; a ball without one is known by being the same object."""
        match number:
            case Tagged():
                return number.tag
            case fmpq():
                return self(("exact", int(number.p), int(number.q)))
            case int():
                return self(("exact", number, 1))
        self._kept.append(number)  # so that no other object takes its id
        return self(("object", id(number)))


class Tagged:
    """A number with its tag; `negates` is the tag of the number of which it is the negative."""

    __slots__ = ("negates", "number", "tag", "tags")

    def __init__(self, number: Number, tag: int, tags: Tags, negates: int | None = None) -> None:
        self.number, self.tag, self.tags, self.negates = number, tag, tags, negates

    def _with(self, operation: str, other: object, turned: bool, result: Number) -> Number:
        tags = self.tags
        mine, theirs = self.tag, tags.of(other)
        if (operation in "+*" and theirs < mine) or turned:
            mine, theirs = theirs, mine
        return tagged(result, tags, (operation, mine, theirs))

    def same(self) -> Number:
        """This number, which is a number wherever one is wanted."""
        return self  # type: ignore[return-value]

    def __add__(self, other: object) -> Number:
        if isinstance(other, Tagged) and (self.tag == other.negates or other.tag == self.negates):
            return fmpq(0)
        return self.same() if is_zero(other) else self._with("+", other, False, self.number + untagged(other))

    __radd__ = __add__

    def __sub__(self, other: object) -> Number:
        if isinstance(other, Tagged) and other.tag == self.tag:
            return fmpq(0)
        return self.same() if is_zero(other) else self._with("-", other, False, self.number - untagged(other))

    def __rsub__(self, other: object) -> Number:
        return self._with("-", other, True, untagged(other) - self.number)

    def __mul__(self, other: object) -> Number:
        return fmpq(0) if is_zero(other) else self._with("*", other, False, self.number * untagged(other))

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Number:
        return self._with("/", other, False, self.number / untagged(other))

    def __rtruediv__(self, other: object) -> Number:
        return self._with("/", other, True, untagged(other) / self.number)

    def __neg__(self) -> Number:
        tag = self.tags(("-", self.tag)) if self.negates is None else self.negates
        return Tagged(-self.number, tag, self.tags, self.tag if self.negates is None else None).same()

    def __gt__(self, other: object) -> bool:
        return bool(self.number > untagged(other))

    def __lt__(self, other: object) -> bool:
        return bool(self.number < untagged(other))

    def is_zero(self) -> bool:
        return bool(self.number == 0) if isinstance(self.number, fmpq) else bool(self.number.is_zero())


def untagged(number: Any) -> Number:
    """The number alone."""
    return number.number if isinstance(number, Tagged) else number


def is_zero(number: object) -> bool:
    return isinstance(number, fmpq) and number == 0


def tagged(number: Number, tags: Tags, key: Key) -> Number:
    """A number with the tag of a calculation; exact numbers need none, for they can be compared."""
    return number if isinstance(number, fmpq) else Tagged(number, tags(key), tags)  # type: ignore[return-value]


def applied(name: str, function: Callable[..., Number], tags: Tags | None) -> Callable[..., Number]:
    """A function whose values have tags: that of an argument which is returned, or else of the call."""
    if tags is None:
        return function

    def value(*numbers: Number) -> Number:
        plain = [untagged(number) for number in numbers]
        result = function(*plain)
        for number, own in zip(numbers, plain, strict=True):
            if result is own:
                return number
        return tagged(result, tags, (name, *map(tags.of, numbers)))

    return value
