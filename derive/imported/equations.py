"""A problem given by a text of equations and dictionaries of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from derive.from_python import plain_table

TITLE = "A computation"


def from_equations(
    equations: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Any] | None = None,
    targets: Mapping[str, Any] | None = None,
    constants: Mapping[str, Any] | None = None,
    loss: str | None = None,
    learning_rate: Any = None,
    title: str = TITLE,
    **model: Any,
) -> dict[str, Any]:
    """The table of a problem from the text of its equations; numbers may be floats, texts, arrays or tensors.

    With a learning rate the parameters are updated once. Further names are keys of `[model]` in a problem file
    (`wanted`, `upstream`, `first_index`, `granularity`). What is wrong with the equations is told by who solves them.

    >>> from_equations("y = w*x\\nL = (y - t)^2", parameters={"w": 0.5}, inputs={"x": 2}, targets={"t": "1.5"})["model"]
    {'equations': 'y = w*x\\nL = (y - t)^2'}
    """
    given = {"parameters": parameters, "inputs": inputs, "targets": targets, "constants": constants}
    table: dict[str, Any] = {"title": title, **{key: dict(numbers) for key, numbers in given.items() if numbers}}
    table["model"] = {"equations": equations, **({"loss": loss} if loss else {}), **model}
    if learning_rate is not None:
        table["training"] = {"learning_rate": learning_rate}
    return plain_table(table)
