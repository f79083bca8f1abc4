"""Masks of attention: which hide what comes later, and no others are known."""

from __future__ import annotations

from typing import Any

from derive.errors import InputError


def causal_mask(hidden: Any) -> None:
    """Refuses a mask, an array of NumPy's or a tensor, that does not hide exactly what comes later."""
    rows, columns = hidden.shape[-2:] if len(hidden.shape) > 1 else (0, 0)
    for one in hidden.reshape(-1, rows, columns).tolist() if rows else [[[True]]]:
        for row, line in enumerate(one):
            if any(bool(value) != (column > row) for column, value in enumerate(line)):
                raise InputError("no mask, or a causal one, which hides what comes later", "another mask")
