"""Tables of rows that are made of the library's: each row is made when it is first asked for.

Decides what such a table is: a mapping by name that can be changed row by row, which tests do to break a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from typing import Generic, TypeVar

from derive.library import Row, rows

T = TypeVar("T")


class Table(MutableMapping[str, T], Generic[T]):
    """Those rows of a kind that say what `make` needs, by name."""

    def __init__(self, kind: str, says: Callable[[Row], object], make: Callable[[Row], T]) -> None:
        self._rows, self._says, self._make = rows(kind), says, make
        self._made: dict[str, tuple[Row, T]] = {}
        self._own: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name in self._own:
            return self._own[name]
        row = self._rows[name]
        if name not in self._made or self._made[name][0] is not row:
            if not self._says(row):
                raise KeyError(name)
            self._made[name] = row, self._make(row)
        return self._made[name][1]

    def __contains__(self, name: object) -> bool:
        # A file may have anything in the place of a name, also what no mapping takes as a key.
        known = isinstance(name, str) and (name in self._own or name in self._rows)
        return known and (name in self._own or bool(self._says(self._rows[str(name)])))

    def __setitem__(self, name: str, row: T) -> None:
        self._own[name] = row

    def __delitem__(self, name: str) -> None:
        del self._own[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in dict.fromkeys([*self._rows, *self._own]) if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


UNITS: Table[Row] = Table("function", lambda row: row.unit, lambda row: row)
"""The functions that the units of a layer may have, by name."""
JOINT: Table[Row] = Table("joint", lambda row: row.unit, lambda row: row)
"""The functions that take all units of a layer together, by name."""
DENSE: Table[Row] = Table("loss", lambda row: row.dense, lambda row: row)
"""The losses that a network of dense layers may have."""
