"""The line of a problem file that a message is about: from `network.layers[1].activation` to 27.

Decides where keys and elements of lists begin in a text that has been read already, TOML or JSON, whose marks are
alike. It refuses to know what the keys mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

KeyPath = tuple[str | int, ...]

DEEPEST = 16
"""Brackets inside of brackets that are looked into."""

_TOKEN = re.compile(
    r'(?P<text>"""(?:\\[\s\S]|[^\\])*?"{3,5}|\'\'\'[\s\S]*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\')'
    r"|(?P<comment>#[^\n]*)|(?P<end>\n)|(?P<mark>[\[\]{}=:,.])|(?P<word>[^\s\[\]{}=:,.#\"']+)"
)
_PART = re.compile(r'\[(\d+)\]|"([^"]*)"|([^.\[\]"]+)')
_LINE = re.compile(r"line (\d+)")


def line_of(text: str, place: str | None) -> int | None:
    """The line that the place of a message names, counted from 1, or on which its key stands; None where not known.

    Of a key that is missing it is the line of its table.

    >>> text = 'title = "A"\\n[network]\\ninputs = 2\\n[[network.layers]]\\nweights = [\\n  [1, 2],\\n  [3, 4],\\n]'
    >>> [line_of(text, place) for place in ("line 3, column 1", "network.inputs", "network.layers[0].weights[1][0]")]
    [3, 3, 7]
    >>> line_of(text, "network.layers[0].biases"), line_of('{\\n "data": {\\n  "inputs": 1}}', "data.inputs")
    (4, 3)
    """
    if place is None:
        return None
    if line := _LINE.match(place):
        return int(line[1])
    if place == "end of the file":
        return text.rstrip().count("\n") + 1
    path: KeyPath = tuple(int(index) if index else quoted or name for index, quoted, name in _PART.findall(place))
    known = dict[KeyPath, int]()
    for found, number in _Reader(text).places():
        known.setdefault(found, number)
    return next((known[path[:length]] for length in range(len(path), 0, -1) if path[:length] in known), None)


class _Token(NamedTuple):
    kind: str
    text: str
    line: int

    @property
    def key(self) -> str:
        """A name without its quotation marks."""
        return self.text[1:-1] if self.kind == "text" else self.text


_LAST = _Token("last", "", 0)


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "comment":
            yield _Token(match.lastgroup or "", match[0], line)
        line += match[0].count("\n")


class _Reader:
    """The places of all keys of a text and of the elements of its lists, in the order of the text."""

    def __init__(self, text: str) -> None:
        self.rest = _tokens(text)
        self.token = next(self.rest, _LAST)
        self.tables: dict[KeyPath, int] = {}
        """How many tables there are so far of each list of tables."""

    def places(self) -> Iterator[tuple[KeyPath, int]]:
        table: KeyPath = ()
        while self.token is not _LAST:
            match self.token.text:
                case "\n":
                    self._next()
                case "[":
                    line, table = self.token.line, self._header()
                    yield table, line
                case "{":
                    yield from self._value((), 0)
                case _:
                    yield from self._pair(table, 0)

    def _next(self) -> _Token:
        token, self.token = self.token, next(self.rest, _LAST)
        return token

    def _header(self) -> KeyPath:
        """[network] or [[network.layers]], the latter with the number of the table."""
        self._next()
        several = self.token.text == "["
        names = list[str]()
        while self.token.text != "\n" and self.token is not _LAST:
            token = self._next()
            names += [token.key] if token.kind in ("word", "text") else []
        path: KeyPath = ()
        for name in names:
            path = (*path, self.tables[path], name) if path in self.tables else (*path, name)
        if several:
            self.tables[path] = self.tables.get(path, -1) + 1
        return (*path, self.tables[path]) if path in self.tables else path

    def _pair(self, table: KeyPath, depth: int) -> Iterator[tuple[KeyPath, int]]:
        """A key, which may have several parts, and its value."""
        line, path = self.token.line, table
        while self.token.text not in ("=", ":", "\n", "}", ",") and self.token is not _LAST:
            token = self._next()
            path = (*path, token.key) if token.kind in ("word", "text") else path
        yield path, line
        if self.token.text in ("=", ":"):
            self._next()
            yield from self._value(path, depth)
        else:
            self._next()

    def _value(self, path: KeyPath, depth: int) -> Iterator[tuple[KeyPath, int]]:
        match self.token.text:
            case "[" | "{" if depth == DEEPEST:
                self._skip()
            case "[":
                yield from self._inside(path, depth, listed=True)
            case "{":
                yield from self._inside(path, depth, listed=False)
            case _:
                while self.token.text not in ("\n", ",", "]", "}") and self.token is not _LAST:
                    self._next()

    def _inside(self, path: KeyPath, depth: int, listed: bool) -> Iterator[tuple[KeyPath, int]]:
        """The elements of a list, or the pairs of a table in braces."""
        self._next()
        count = 0
        while self.token.text not in ("]", "}") and self.token is not _LAST:
            if self.token.text in ("\n", ","):
                self._next()
            elif listed:
                yield (*path, count), self.token.line
                yield from self._value((*path, count), depth + 1)
                count += 1
            else:
                yield from self._pair(path, depth + 1)
        self._next()

    def _skip(self) -> None:
        """What is nested too deeply to be looked into."""
        level = 0
        while self.token is not _LAST:
            level += {"[": 1, "{": 1, "]": -1, "}": -1}.get(self._next().text, 0)
            if not level:
                return
