"""Shapes of arrays that a problem gives: what they are, whether they fit letters, and what sizes follow from others."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flint import fmpq

from derive.expression import Const
from derive.library.trees import formula
from derive.numbers import compile_value

Shape = tuple[int, ...]


def shape_of(value: Any) -> Shape | None:
    """The numbers of entries along each index; None for rows that are not alike.

    >>> shape_of([[1, 2, 3], [4, 5, 6]]), shape_of(7), shape_of([[1], [2, 3]])
    ((2, 3), (), None)
    """
    if not isinstance(value, list | tuple):
        return () if isinstance(value, int | Decimal | Fraction | str) else None
    inner = {shape_of(part) for part in value}
    if len(inner) != 1 or None in inner:
        return None
    (found,) = inner
    assert found is not None
    return (len(value), *found)


def said(shape: Shape | None) -> str:
    """A shape in words.

    >>> said((2, 3)), said(()), said((4,))
    ('2 x 3', 'one number', '4 numbers')
    """
    if shape is None:
        return "rows that are not alike"
    if len(shape) == 1:
        return f"{shape[0]} number{'s' if shape[0] > 1 else ''}"
    return " x ".join(map(str, shape)) or "one number"


def fitting(letters: Sequence[str], shape: Shape, sizes: MutableMapping[str, int]) -> bool:
    """Whether a shape fits letters of which some are known; the others are known then."""
    if len(letters) != len(shape) or any(sizes.get(one, own) != own for one, own in zip(letters, shape, strict=True)):
        return False
    found = dict(zip(letters, shape, strict=True))
    if any(found[letter] != own for letter, own in zip(letters, shape, strict=True)):
        return False
    sizes.update(found)
    return True


def size(text: str, sizes: Mapping[str, int]) -> int:
    """A size that follows from others; a quotient is rounded down, for what is left over is not covered.

    >>> size("(r + 2*P - u)/S + 1", {"r": 6, "P": 0, "u": 3, "S": 2})
    2
    """
    value = compile_value(formula(text, {name: Const(Fraction(number)) for name, number in sizes.items()}))({})
    assert isinstance(value, fmpq)
    return int(value.floor())


def zeros(shape: Sequence[int]) -> Any:
    """An array of zeros."""
    return [zeros(shape[1:]) for _ in range(shape[0])] if shape else 0
