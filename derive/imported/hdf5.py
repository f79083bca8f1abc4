"""Arrays of floating-point numbers in an HDF5 file, as far as Keras writes them: groups of names, arrays in one piece.

The library of HDF5 ends the whole program on some damaged files, so the few parts of the format that are needed are
read here, with every place checked. Whatever else a file may hold (links elsewhere, compressed or outside arrays, newer
groups) is refused. Source: The HDF Group, "HDF5 File Format Specification", version 3.0.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from derive.from_python import shortest

MOST_NUMBERS = 100_000
MOST_STEPS = 200_000
"""Parts of a file that are looked at."""
DEEPEST = 8
BEGINS = b"\x89HDF\r\n\x1a\n"
NOWHERE = 2**64 - 1
SPACE, TYPE, EXTERNAL, LAYOUT, FILTERS, MORE, TABLE = 0x1, 0x3, 0x7, 0x8, 0xB, 0x10, 0x11
"""Kinds of messages in the head of an object."""
LINKS = (0x2, 0x6)
"""Those of groups in the newer way."""
SOFT_LINK = 2
FLOATS: Mapping[int, tuple[str, str, tuple[int, ...]]] = {
    2: ("e", "float16", (0, 16, 10, 5, 0, 10, 15)),
    4: ("f", "float32", (0, 32, 23, 8, 0, 23, 127)),
    8: ("d", "float64", (0, 64, 52, 11, 0, 52, 1023)),
}
"""By the number of bytes: how `struct` unpacks a number, its name, and where its parts are."""


class Unreadable(Exception):
    """A file is damaged, or holds what is not read here; the text says what was expected."""


@dataclass(frozen=True)
class Array:
    """An array of exact numbers, the last index running first."""

    shape: tuple[int, ...]
    values: Sequence[Decimal]

    def permuted(self, order: Sequence[int]) -> Array:
        """The same with its indices in another order.

        >>> Array((2, 2), [1, 2, 3, 4]).permuted([1, 0]).values
        [1, 3, 2, 4]
        """
        steps = [math.prod(self.shape[at + 1 :]) for at in range(len(self.shape))]
        places = [0]
        for one in order:
            places = [place + steps[one] * at for place in places for at in range(self.shape[one])]
        return Array(tuple(self.shape[one] for one in order), [self.values[place] for place in places])

    def reshaped(self, *shape: int) -> Array:
        assert math.prod(shape) == len(self.values)
        return Array(shape, self.values)

    @property
    def rows(self) -> list[Array]:
        """The arrays along the first index."""
        size = math.prod(self.shape[1:])
        return [Array(self.shape[1:], self.values[at : at + size]) for at in range(0, self.shape[0] * size, size)]

    @property
    def nested(self) -> Any:
        return [row.nested for row in self.rows] if self.shape else self.values[0]


def stacked(rows: Sequence[Array]) -> Array:
    """Arrays of one shape, one behind the other."""
    return Array((len(rows), *rows[0].shape), [value for row in rows for value in row.values])


@dataclass
class File:
    """A file in memory; raises `Unreadable` wherever it does not hold what it should."""

    content: bytes
    steps: int = field(default=0)

    def array(self, path: str) -> Array:
        """The array at a path of names."""
        found = self._find(path)
        if found is None:
            raise Unreadable(f"an array {path}")
        return self._array(found)

    def names(self, path: str) -> list[str]:
        """What is in a group; nothing where there is no such group."""
        found = self._find(path)
        return [] if found is None else [*self._group(found)]

    def _find(self, path: str) -> int | None:
        (head,) = self._unpack("<Q", 64)
        if self.content[:8] != BEGINS or self.content[8:9] != b"\0" or self.content[13:15] != b"\x08\x08":
            raise Unreadable("HDF5 of the first kind, with places of 8 bytes")
        for name in path.split("/"):
            head = self._group(head).get(name, NOWHERE)
            if head == NOWHERE:
                return None
        return int(head)

    # -- bytes

    def _bytes(self, start: int, size: int) -> bytes:
        self.steps += 1
        if self.steps > MOST_STEPS or not 0 <= start <= start + size <= len(self.content):
            raise Unreadable("places within the file")
        return self.content[start : start + size]

    def _unpack(self, form: str, start: int) -> tuple[Any, ...]:
        return struct.unpack(form, self._bytes(start, struct.calcsize(form)))

    # -- objects

    def _messages(self, head: int) -> dict[int, bytes]:
        """The messages in the head of an object, the first of each kind."""
        version, _, count, _, size = self._unpack("<BBHII", head)
        if version != 1:
            raise Unreadable("objects of the first kind")
        blocks, found = [(head + 16, size)], dict[int, bytes]()
        while blocks and count > 0:
            at, left = blocks.pop(0)
            while left >= 8 and count > 0:
                kind, size = self._unpack("<HH", at)
                content = self._bytes(at + 8, size)
                if kind == MORE and len(content) >= 16:
                    blocks.append(struct.unpack("<QQ", content[:16]))
                found.setdefault(kind, content)
                at, left, count = at + 8 + size, left - 8 - size, count - 1
        return found

    def _group(self, head: int) -> dict[str, int]:
        """The names in a group, with the places of what they name."""
        messages = self._messages(head)
        if any(kind in messages for kind in LINKS):
            raise Unreadable("groups of names, without links elsewhere")
        table = messages.get(TABLE, b"")
        if len(table) < 16:
            raise Unreadable("a group of names")
        tree, heap = struct.unpack("<QQ", table[:16])
        if self._bytes(heap, 4) != b"HEAP":
            raise Unreadable("the names of a group")
        size, _, start = self._unpack("<QQQ", heap + 8)
        names = self._bytes(start, size)
        return dict(self._entries(tree, names, 0))

    def _entries(self, tree: int, names: bytes, depth: int) -> Iterator[tuple[str, int]]:
        if self._bytes(tree, 5) != b"TREE\0" or depth > DEEPEST:
            raise Unreadable("the list of a group")
        level, used = self._unpack("<BH", tree + 5)
        for place in range(used):
            (child,) = self._unpack("<Q", tree + 24 + 8 + 16 * place)
            if level:
                yield from self._entries(child, names, depth + 1)
                continue
            if self._bytes(child, 4) != b"SNOD":
                raise Unreadable("the names of a group")
            (count,) = self._unpack("<H", child + 6)
            for entry in range(count):
                name, head, kind = self._unpack("<QQI", child + 8 + 40 * entry)
                if kind == SOFT_LINK:
                    raise Unreadable("groups of names, without links elsewhere")
                end = names.find(b"\0", name)
                if not 0 <= name < end:
                    raise Unreadable("names that end")
                yield names[name:end].decode("utf-8", "replace"), head

    def _array(self, head: int) -> Array:
        messages = self._messages(head)
        if EXTERNAL in messages or FILTERS in messages:
            raise Unreadable("arrays that are written out in the file")
        try:
            shape = _shape(messages.get(SPACE, b""))
            letter, name, width = _kind(messages.get(TYPE, b""))
            version, kind = struct.unpack("<BB", messages.get(LAYOUT, b"")[:2])
            if (version, kind) != (3, 1):
                raise Unreadable("arrays that are written out in the file")
            start, size = struct.unpack("<QQ", messages[LAYOUT][2:18])
        except struct.error:
            raise Unreadable("a whole array") from None
        count = math.prod(shape)
        if count > MOST_NUMBERS:
            raise Unreadable(f"arrays of at most {MOST_NUMBERS:,} numbers")
        if size != count * width:
            raise Unreadable(f"{count * width} bytes for an array of {count} numbers")
        numbers = struct.unpack(f"<{count}{letter}", self._bytes(start, size))
        if any(number - number != 0 for number in numbers):
            raise Unreadable("finite numbers")
        return Array(shape, [shortest(number, name) for number in numbers])


def _shape(space: bytes) -> tuple[int, ...]:
    version, rank = struct.unpack("<BB", space[:2])
    start = {1: 8, 2: 4}.get(version)
    if start is None or rank > DEEPEST:
        raise Unreadable(f"an array of at most {DEEPEST} indices")
    return struct.unpack(f"<{rank}Q", space[start : start + 8 * rank])


def _kind(content: bytes) -> tuple[str, str, int]:
    """How the numbers of an array are unpacked, the name of their type, and their bytes."""
    kind, order, _, _, size = struct.unpack("<BBBBI", content[:8])
    known = FLOATS.get(size)
    if kind & 15 != 1 or order & 1 or known is None or struct.unpack("<HHBBBBI", content[8:20]) != known[2]:
        raise Unreadable("numbers in float16, float32 or float64")
    return known[0], known[1], size
