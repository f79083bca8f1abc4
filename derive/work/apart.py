r"""Names taken apart: the letters of a name, its indices, what is raised, list indices, updates and the example.

Decides which rows of `courses` a name's letters belong to, and which numbers its indices may be. It knows no network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from derive.work.courses import GRADIENTS, LETTERS, Letter
from derive.work.symbols import Parts

_BASE = re.compile(r"(?P<letters>[A-Za-z]+?)(?P<digits>\d*)(?P<accent>hat|bar|tilde)?")
_LAST = re.compile(r"L(?:-\d)?")
_NEW = frozenset({"new", "neu", "updated", "next", "n", "+"})


class Name(NamedTuple):
    """A name taken apart: letters, indices as they stand, what is raised, list indices from 0, updates, example."""

    letters: str
    indices: tuple[str, ...]
    raised: str = ""
    array: tuple[int, ...] = ()
    step: int = 0
    example: int | None = None


def taken_apart(parts: Parts, array: tuple[int, ...] = ()) -> Name | None:
    """The name that the parts of a symbol make.

    >>> taken_apart(Parts("W", ("[1]",), ("12",), "+"))
    Name(letters='W', indices=('12',), raised='[1]', array=(), step=1, example=None)
    >>> taken_apart(Parts("y", (), ("hat", "1"))), taken_apart(Parts("y1hat")) == taken_apart(Parts("yhat1"))
    (Name(letters='yhat', indices=('1',), raised='', array=(), step=0, example=None), True)
    """
    base = _BASE.fullmatch(parts.base)
    if base is None:
        return None
    letters = base["letters"] + (base["accent"] or "")
    indices = [base["digits"]] if base["digits"] else []
    marks = re.fullmatch(r"(?:@(?P<example>\d+))?(?:\+(?P<count>\d*))?", parts.marks)
    if marks is None:
        return None
    last = ""
    step = 0 if marks["count"] is None else int(marks["count"] or 1)
    for lowered in parts.lowered:
        if letters + lowered in _ROWS:
            letters += lowered
        elif lowered in _NEW:
            step += 1
        elif _LAST.fullmatch(lowered) and not parts.raised:
            last = f"({lowered})"
        else:
            indices.append(lowered)
    raised = last or "".join(re.sub(r"\++(?:\(\d+\))?$", "", content) for content in parts.raised if content != "T")
    example = int(marks["example"]) - 1 if marks["example"] else None
    return Name(letters, tuple(indices), raised, array, step, example)


def letters_of(parts: Parts) -> str:
    """The letters of a symbol, without what is below and above."""
    name = taken_apart(parts)
    return "" if name is None else name.letters.lower()


def names_layer_first(parts: Parts, numbers: int) -> bool:
    """Whether a symbol is a weight's with so many numbers below: the first of three is the layer, one is at a matrix.

    >>> names_layer_first(Parts("dW2", (), ("11",)), 3), names_layer_first(Parts("w5"), 3)
    (True, False)
    >>> names_layer_first(Parts("W2"), 1), names_layer_first(Parts("z2"), 1)
    (True, False)
    """
    name = taken_apart(parts)
    if name is None or name.raised or name.array:
        return False
    weight = {row.kind for row in rows_of(name.letters)[0]} == {"W"}
    return weight and any(len(found) == numbers for found in numbers_of(name.indices))


def rows_of(letters: str) -> tuple[tuple[Letter, ...], bool]:
    """The rows of a letter, and whether the loss's derivative with respect to it is meant.

    >>> [row.kind for row in rows_of("dW")[0]], rows_of("dW")[1], rows_of("question")
    (['W'], True, ((), False))
    """
    for spelled in (letters, letters.lower()):
        if spelled in _ROWS:
            return _ROWS[spelled], False
    for mark in GRADIENTS:
        rest = letters.removeprefix(mark)
        for spelled in (rest, rest.lower()):
            if rest != letters and spelled in _ROWS:
                return tuple(row for row in _ROWS[spelled] if row.kind != "loss"), True
    return (), False


def numbers_of(indices: tuple[str, ...]) -> Iterator[tuple[int, ...]]:
    """The numbers that indices may be: 12 is twelve, or one and two.

    >>> list(numbers_of(("12",))), list(numbers_of(("1", "2"))), list(numbers_of(("1,12",))), list(numbers_of(("h1",)))
    ([(12,), (1, 2)], [(1, 2)], [(1, 12)], [])
    >>> list(numbers_of(("04",))), list(numbers_of(("10",)))
    ([(0, 4)], [(10,), (1, 0)])
    """
    joined = ",".join(indices)
    if not joined:
        yield ()
    elif re.fullmatch(r"0[1-9]", joined):
        yield 0, int(joined)
    elif re.fullmatch(r"(?:0|[1-9]\d{0,3})(?:,(?:0|[1-9]\d{0,3}))*", joined):
        yield tuple(int(number) for number in joined.split(","))
        if len(indices) == 1 and 2 <= len(joined) <= 3 and joined.isdecimal() and "0" not in joined[:-1]:
            yield tuple(int(digit) for digit in joined)
        elif len(indices) == 2 and re.fullmatch(r"\d,\d\d", joined):
            # W1_12: the layer, and two numbers.
            yield int(joined[0]), int(joined[2]), int(joined[3])


_ROWS: dict[str, tuple[Letter, ...]] = {
    letter: tuple(row for row in LETTERS if letter in row.letters.split())
    for letter in " ".join(row.letters for row in LETTERS).split()
}
