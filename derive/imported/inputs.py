"""The inputs of a model from a file: its numbers are no part of it, so they are given, or some to begin with."""

from __future__ import annotations

from typing import Any

from derive.errors import InputError
from derive.from_python import numbers
from derive.imported.operations import Given

LONGEST = 10_000
"""Places of one dimension of the inputs, and numbers of one input."""
BEGINNING = numbers([0.5, -1.0, 0.25, 1.0])
"""Numbers of inputs that nobody has given."""


def input_given(own: Any, shape: tuple[int, ...], whole: bool, file: str, place: str, name: str) -> Given:
    """An input with the numbers that somebody gives, or with some to begin with; `whole` where it holds words.

    Raises `InputError` where they are not of the shape of the model; there may be another number of examples.
    """
    if own is None:
        count = 0

        def row(sizes: tuple[int, ...]) -> Any:
            nonlocal count
            if sizes:
                return [row(sizes[1:]) for _ in range(sizes[0])]
            count += 1
            return 0 if whole else BEGINNING[count % len(BEGINNING)]

        total = 1
        for size in shape:
            total *= size
        if total > LONGEST:
            raise InputError(f"inputs of at most {LONGEST:,} numbers", f"{total:,}", file, place)
        return Given(row(shape), shape, "inputs", name)
    values = numbers(own, "x")
    found, level = [], values
    while isinstance(level, list) and level:
        found.append(len(level))
        level = level[0]
    if len(found) + 1 == len(shape) and shape[0] == 1:
        values, found = [values], [1, *found]
    if len(found) != len(shape) or any(one != size for one, size in zip(found[1:], shape[1:], strict=True)):
        expected = f"inputs of shape {' x '.join(map(str, shape)) or 'one number'}, as the model has them"
        raise InputError(expected, " x ".join(map(str, found)) or "one number", place="--x")
    return Given(values, tuple(found), "inputs", name)
