"""One call of PyTorch's graphs, as the rows of its operations see it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from derive.errors import InputError, shown
from derive.from_python import shortest
from derive.imported.masks import causal_mask
from derive.imported.operations import Given, Operation

Row = Callable[["Call"], Any]
HIDDEN = (-math.inf, -1e9, -1e10, -1e20)
"""What a score is filled with that a softmax makes 0; the finite ones do so to more digits than are shown."""


class Walk(Protocol):
    """Who takes operations up."""

    def make(self, operation: Operation) -> Operation: ...

    def constant(self, tensor: Any, label: str) -> Given: ...

    def number(self, tensor: Any) -> Decimal | None: ...


@dataclass
class Call:
    """One call: its name, its arguments, the shape of its result, and where it stands."""

    walk: Walk
    word: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    shape: tuple[int, ...]
    place: str
    label: str
    variable: str
    values: Sequence[Any]
    """What the arguments look like: tensors with shapes and types."""
    alone: bool
    """Whether nobody else reads the first argument."""

    def get(self, index: int, key: str, usual: Any = None) -> Any:
        return self.args[index] if index < len(self.args) else self.kwargs.get(key, usual)

    def make(self, kind: str, takes: Sequence[Any], **options: Any) -> Operation:
        sources = tuple(self.source(one) for one in takes)
        return self.walk.make(Operation(kind, sources, options, self.label, self.variable, self.place))

    def source(self, value: Any) -> Any:
        """What an operation takes: numbers are exact decimals, tensors that depend on nothing are constants."""
        match value:
            case None | Operation() | Given() | Decimal():
                return value
            case bool():
                raise InputError("a number", shown(value))
            case int():
                return Decimal(value)
            case float():
                return shortest(value)
            case list() | tuple():
                return [self.source(one) for one in value]
        number = self.walk.number(value)
        return number if number is not None else self.walk.constant(value, "k")

    def fixed(self, value: Any, allowed: Sequence[Any], what: str) -> None:
        """Refuses an option that means nothing here."""
        if value not in allowed:
            raise InputError(f"{what} = {allowed[0]!r}, the only one that is known here", shown(value))


def masked(call: Call, source: Any, mask: Any) -> Operation:
    """Scores of which a mask hides what comes later."""
    causal_mask(mask)
    return Operation("masked", (call.source(source),), {}, call.label, "", call.place)
