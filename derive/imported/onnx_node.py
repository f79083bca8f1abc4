"""One operator of an ONNX model, as the rows of operators see it.

Arrays of the file that weigh something are parameters; all others are constants.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from derive.errors import InputError, shown
from derive.from_python import numbers, shortest
from derive.imported.operations import Given, Operation, Role

Row = Callable[["Node"], Any]


IDLE = ("ratio", "seed", "momentum", "stash_type", "storage_order", "kernel_shape", "saturate", "allowzero")
"""Options that change nothing where a row does not ask: those of training, of precision, of what is known anyway."""


class Options(dict[str, Any]):
    """The options of an operator, which knows those that were asked for."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        super().__init__(found)
        self.asked: set[str] = set(IDLE)

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)

    def get(self, name: str, usual: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, usual)

    @property
    def left(self) -> list[str]:
        """Options that nobody has asked for, so that what they mean is not known here."""
        return [name for name in self if name not in self.asked]


@dataclass
class Node:
    """One operator: its inputs, which are operations, arrays or constants of NumPy's, and its options."""

    takes: Sequence[Any]
    options: Mapping[str, Any]
    keep: Callable[[Operation], None]
    place: str
    names: Sequence[str]
    results: int
    readers: int
    """How many operators read its first result."""
    shape_of: Callable[[Any], tuple[int, ...]]
    version: int = 20
    """That of the operators, by which some of them mean another thing."""

    def get(self, index: int) -> Any:
        return self.takes[index] if index < len(self.takes) else None

    def option(self, name: str, usual: Any = None) -> Any:
        return self.options.get(name, usual)

    def number(self, name: str, usual: str) -> Decimal:
        value = self.options.get(name)
        return Decimal(usual) if value is None else shortest(value, "float32")

    def bound(self, name: str) -> Decimal | None:
        """A number, or none where the option is not there."""
        return self.number(name, "0") if name in self.options else None

    def fixed(self, name: str, *allowed: Any) -> None:
        value = self.options.get(name, allowed[0])
        if value not in allowed:
            raise InputError(f"{name} = {allowed[0]!r}, the only one that is known here", shown(value))

    def whole(self, index: int) -> list[int]:
        """A constant list of whole numbers."""
        value = self.get(index)
        if value is None or isinstance(value, Operation | Given):
            raise InputError("a list of numbers that stands in the file", "one that is computed")
        return [int(one) for one in value.reshape(-1).tolist()]

    @property
    def label(self) -> str:
        """What the weights of an operator are named after."""
        for name, value in zip(self.names[1:], self.takes[1:], strict=False):
            if value is not None and not isinstance(value, Operation | Given):
                return name.rpartition(".")[0].replace("/", ".")
        return ""

    def make(self, kind: str, takes: Sequence[Any], **options: Any) -> Operation:
        found = Operation(kind, tuple(map(self.source, takes)), options, self.label, "", self.place)
        self.keep(found)
        return found

    def source(self, value: Any) -> Any:
        """What an operation takes; a constant of one number is that number."""
        if value is None or isinstance(value, Operation | Given | Decimal):
            return value
        if isinstance(value, list):
            return [self.source(one) for one in value]
        if value.size == 1 and value.ndim <= 1:
            return _exact(value.reshape(-1).tolist()[0], str(value.dtype))
        return self.array(value, "constants")

    def array(self, value: Any, role: Role = "parameters", name: str = "") -> Any:
        """An array of the file."""
        if value is None or isinstance(value, Operation | Given):
            return value
        return Given(numbers(value, self.place), tuple(value.shape), role, name or self.label or "k")


def _exact(value: Any, kind: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError("a number", shown(value))
    return (
        Decimal(value)
        if isinstance(value, int)
        else shortest(value, kind if kind in ("float16", "float32") else "float64")
    )
