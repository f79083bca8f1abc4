"""Problems given by equations, made for tests: from shapes, with seeded numbers."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from flint import arb
from mpmath import mpf

from derive.model import ModelSolution, model_from_dict
from derive.numbers import Number

Shape = tuple[int, ...]


def numbers(rng: random.Random, shape: Shape, low: int = -99, high: int = 99, places: int = 2) -> Any:
    """Nested lists of decimals, none of them 0."""
    if shape:
        return [numbers(rng, shape[1:], low, high, places) for _ in range(shape[0])]
    found = 0
    while not found:
        found = rng.randint(low, high)
    return Decimal(found).scaleb(-places)


def model(
    equations: str, *, training: dict[str, Any] | None = None, model: dict[str, Any] | None = None, **tables: Any
) -> ModelSolution:
    """The solution of a problem with these tables (inputs, parameters, targets, constants)."""
    problem: dict[str, Any] = {"title": "A test", **tables, "model": {"equations": equations, **(model or {})}}
    if training is not None:
        problem["training"] = training
    return ModelSolution(model_from_dict(problem))


def close(number: Number, other: Any, bound: str = "1e-12") -> bool:
    """Whether a number is another one, of any kind, up to a share of 10^-12."""
    ours = plain_number(number)
    theirs = other if isinstance(other, mpf) else mpf(str(other))
    return abs(ours - theirs) <= mpf(bound) * max(1, abs(theirs))


def plain_number(number: Number) -> mpf:
    """A number as mpmath has it, to 45 digits."""
    return mpf(number.str(45, radius=False)) if isinstance(number, arb) else mpf(int(number.p)) / int(number.q)
