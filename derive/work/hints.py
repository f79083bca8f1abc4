"""What a name that means nothing may have meant: the hint that the message about it gives.

Decides which name is nearest: one that looks the same, one with the same number, one that begins in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from derive.errors import InputError, nearest, one_of, shown

ONE_NAME = "a name that only one quantity has"
MOST_NAMED = 4
_LOOKS = str.maketrans("oli|s", "01115")
_NUMBER = re.compile(r"\d+")
_SHORT = re.compile(r"(?P<letters>[A-Za-z]+)[_ ]?(?P<digits>\d+)(?P<plus>\+?)")
_FULL = re.compile(r"(?P<letters>[A-Za-z]+)_(?P<group>[A-Za-z])(?P<digits>\d+)(?P<plus>\+?)")


class Hints:
    """The names of a problem, to be compared with one that is unknown; `more` are others that people use."""

    def __init__(self, offered: Sequence[str], more: Sequence[str] = ()) -> None:
        self.offered, self.more = offered, more

    def near(self, text: str) -> str | None:
        """The nearest name, one with the same numbers before all others; else some that begin with the same letters."""
        if (alike := self._alike.get(_folded(text))) is not None:
            return f'did you mean "{alike}"?'
        numbers = _NUMBER.findall(text)
        same = self._numbered.get(tuple(numbers), []) if numbers else []
        near = nearest(text, same) or nearest(_loose(text), self._loosened) or nearest(text, self.offered)
        near = self._loosened.get(near, near) if near else near
        return self._like(text) if near is None else f'did you mean "{near}"?'

    def shortened(self, text: str) -> list[str]:
        """The names of which a letter was left out: E_o1 for E1.

        >>> hints = Hints(["E_o1", "out_h1", "out_o1"])
        >>> hints.shortened("E1"), hints.shortened("out1"), hints.shortened("h1")
        (['E_o1'], ['out_h1', 'out_o1'], [])
        """
        short = _SHORT.fullmatch(text)
        return self._full.get((short["letters"].casefold(), short["digits"], short["plus"]), []) if short else []

    def among(self, text: str) -> InputError | None:
        """The error for a name that is only the end of several, as h1 is."""
        if _SHORT.fullmatch(text) is None:
            return None
        ends = [name for name in self.offered if name.endswith(f"_{text}") and "/" not in name]
        return two_fit(text, ends) if len(ends) > 1 else None

    def _like(self, text: str) -> str | None:
        """Names that begin with the same letters, for one that is too short to resemble another."""
        stem = re.match(r"[^\W\d]*", text)
        like = [name for name in self.offered if stem and stem[0] and re.fullmatch(rf"{stem[0]}_?\d+", name)]
        return f"names like it here: {', '.join(like[:4])}{', …' if len(like) > 4 else ''}." if like else None

    @cached_property
    def _loosened(self) -> dict[str, str]:
        """The names without the marks between indices."""
        return {_loose(name): name for name in reversed(self.offered)}

    @cached_property
    def _alike(self) -> dict[str, str]:
        """The names by how they look: with digits in place of the letters that a scanner takes for them."""
        return {_folded(name): name for name in reversed([*self.offered, *self.more])}

    @cached_property
    def _numbered(self) -> dict[tuple[str, ...], list[str]]:
        found: dict[tuple[str, ...], list[str]] = {}
        for name in self.offered:
            found.setdefault(tuple(_NUMBER.findall(name)), []).append(name)
        return found

    @cached_property
    def _full(self) -> dict[tuple[str, str, str], list[str]]:
        found: dict[tuple[str, str, str], list[str]] = {}
        for name in self.offered:
            if (full := _FULL.fullmatch(name)) is not None:
                found.setdefault((full["letters"].casefold(), full["digits"], full["plus"]), []).append(name)
        return found


def _loose(name: str) -> str:
    return name.replace("_", "").replace(" ", "")


def _folded(name: str) -> str:
    """How a name looks to a scanner, without the marks between indices.

    >>> _folded("net_hl") == _folded("net_h1"), _folded("net_02") == _folded("net_o2")
    (True, True)
    """
    return name.casefold().translate(_LOOKS).replace("_", "").replace(" ", "")


def two_fit(text: str, names: Sequence[str]) -> InputError:
    """The error for a name that fits several quantities."""
    return InputError(ONE_NAME, shown(text), hint=f"write {one_of(names[:MOST_NAMED])}.")
