r"""The grammar of names: the TeX of a notation's names, read into a small tree for the dialects that are not TeX.

    name   = part, part, ...
    part   = atom, optionally followed by `_` and `^` with a group or one character each
    atom   = letters | digits | sign | { name } | \command | \font{ name } | \frac{ name }{ name }
           | \left. name \right\rvert

It knows what `derive.notation` writes and nothing else of TeX: anything unknown is a ValueError. A line, for pictures,
is made of names, decimals and signs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from derive.functions import COMMANDS

_GREEK = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon "
    "phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
GREEK = frozenset(_GREEK.split())
FONTS = frozenset({"mathrm", "mathit", "mathbf", "boldsymbol", "text", "operatorname", "tilde", "bar", "hat"})


@dataclass(frozen=True, slots=True)
class Run:
    """Letters, digits or one sign, as they stand."""

    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A Greek letter, a function, `partial`, or `times` for the thin space of a product."""

    name: str


@dataclass(frozen=True, slots=True)
class Font:
    """A name in another font or under an accent."""

    font: str
    body: Parts


@dataclass(frozen=True, slots=True)
class Scripts:
    base: Part
    below: Parts
    above: Parts


@dataclass(frozen=True, slots=True)
class Fraction:
    above: Parts
    below: Parts


@dataclass(frozen=True, slots=True)
class Through:
    """A derivative before the upright line that says through which quantity it is taken."""

    body: Parts


Part = Run | Command | Font | Scripts | Fraction | Through
Parts = tuple[Part, ...]

_DECIMAL = r"\d+(?:\.|\{,\})\d+"
_TOKEN = re.compile(rf"\s*(\\left\.|\\right\\rvert|\\[A-Za-z]+|\\,|[A-Za-z]+|{_DECIMAL}|\d+|[-_^{{}}()\[\],+=<>/])")
_OF_LINES = re.compile(rf"[-=<>/]|{_DECIMAL}")
SIGNS = frozenset({"approx", "cdot", "times", "le", "ge", "ne"})
"""Commands that stand in lines only."""


@lru_cache(maxsize=20000)
def read_name(tex: str) -> Parts:
    r"""The parts of a name.

    >>> read_name(r"\mathrm{out}_ {h1}")
    (Scripts(base=Font(font='mathrm', body=(Run(text='out'),)), below=(Run(text='h'), Run(text='1')), above=()),)
    """
    reader = _Reader(tex)
    parts = reader.parts(end="")
    if not parts:
        raise ValueError("a name is empty")
    return parts


@lru_cache(maxsize=20000)
def read_line(tex: str) -> Parts:
    r"""The parts of names, decimals and signs in a row.

    >>> read_line(r"w \approx -0.4")
    (Run(text='w'), Command(name='approx'), Run(text='-'), Run(text='0.4'))
    """
    return _Reader(tex, line=True).parts(end="")


class _Reader:
    """The tokens of one name, or of a line, and the place in them."""

    def __init__(self, tex: str, line: bool = False) -> None:
        self.tex, self.tokens, at = tex, [], 0
        self.line = line
        text, depth = tex.rstrip(), 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            depth += (match[1] in "{(") - (match[1] in "})") if match else 0
            # An index may be a difference.
            strange = match is not None and _OF_LINES.fullmatch(match[1]) and not (match[1] == "-" and depth)
            if match is None or (not line and strange):
                raise ValueError(f"the name {tex!r} holds {text[at]!r}, which no name can")
            self.tokens.append(match[1])
            at = match.end()
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise ValueError(f"the name {self.tex!r} has {token!r} where {wanted or 'more'!r} belongs")
        self.at += 1
        return token

    def parts(self, end: str) -> Parts:
        """Everything up to `end`, which is taken too."""
        found: list[Part] = []
        while self.peek() != end:
            found.append(self.part())
        if end:
            self.take(end)
        return tuple(found)

    def group(self) -> Parts:
        self.take("{")
        return self.parts("}")

    def part(self) -> Part:
        base = self.atom()
        scripts: dict[str, Parts] = {}
        while self.peek() in ("_", "^"):
            mark = self.take()
            if mark in scripts:
                raise ValueError(f"the name {self.tex!r} has two scripts at one place")
            scripts[mark] = self.group() if self.peek() == "{" else (Run(self.one_character()),)
        return Scripts(base, scripts.get("_", ()), scripts.get("^", ())) if scripts else base

    def one_character(self) -> str:
        token = self.take()
        if len(token) != 1 or token in "_^}":
            raise ValueError(f"the name {self.tex!r} has a script of several characters without braces")
        return token

    def atom(self) -> Part:
        token = self.take()
        if not token.startswith("\\"):
            if token in ("_", "^", "{", "}"):
                raise ValueError(f"the name {self.tex!r} has {token!r} at a wrong place")
            return Run(token.replace("{,}", ","))
        command = token[1:]
        if command == ",":
            return Command("times")
        if command == "times" and self.line:
            return Command("cross")
        if command == "left.":
            return Through(self.parts(r"\right\rvert"))
        if command == "frac":
            return Fraction(self.group(), self.group())
        if command in FONTS:
            return Font(command, self.group())
        if command in GREEK or command in COMMANDS or command == "partial" or (self.line and command in SIGNS):
            return Command(command)
        raise ValueError(f"the name {self.tex!r} holds the command {token}, which no name can")
