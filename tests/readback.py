r"""Printed mathematics read back: a formula as derive prints it, in TeX or text, becomes a number again.

A small recursive descent, strict where a reader could be misled: a sign after a sign or after a factor, two
superscripts, a name that is not in the dictionary, or factors without anything between them are errors, not
guesses. It imports nothing of derive. Names map to numbers; a bold letter to an mpmath matrix.

>>> names = {"w_{5}": 0.4, r"\mathrm{out}_{h1}": 0.5}
>>> print(read_tex(r"-2\,(1 - w_{5}) \cdot \frac{1}{4} + e^{0}", names))
0.7
>>> print(read_text("-(1 - w5)*out_h1^2/0.5", {"w5": 0.4, "out_h1": 0.5}))
-0.3
>>> [str(value) for _, value in read_line(r"w_{5} = 0.2 + 0.2 \approx 0.4", names)]
['0.4', '0.4', '0.4']
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import mpmath
from mpmath import mpf

NUMBER = re.compile(r"\d+(?:\.\d+)?")
COMPARE = {">": operator.gt, "<": operator.lt, "<=": operator.le, r"\le": operator.le, "=": operator.eq}


def _each(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function of a number, and entry by entry of a matrix."""
    return lambda x: x.apply(function) if isinstance(x, mpmath.matrix) else function(x)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sigma": _each(lambda x: 1 / (1 + mpmath.exp(-x))),
    "relu": _each(lambda x: max(x, mpf(0))),
    "tanh": _each(mpmath.tanh),
    "exp": mpmath.exp,
    "ln": mpmath.log,
    "max": max,
    "abs": abs,
    "sign": mpmath.sign,
}


class Unreadable(ValueError):
    """The text is not a formula, or one that can be read in two ways."""


def unmarked(tex: str) -> str:
    r"""Formulas without the mark of results that are answers.

    >>> unmarked(r"\mathbf{W} a \approx \mathbf{-0.25}")
    '\\mathbf{W} a \\approx -0.25'
    """
    return re.sub(r"\\mathbf\{(-?\d+(?:\.\d+)?)\}", r"\1", tex)


def read_tex(text: str, names: Mapping[str, Any]) -> Any:
    """The value of a formula in TeX."""
    return _whole(_TexReader(text, names))


def read_text(text: str, names: Mapping[str, Any]) -> Any:
    """The value of a formula in plain text."""
    return _whole(_TextReader(text, names))


def read_line(text: str, names: Mapping[str, Any], tex: bool = True) -> list[tuple[str, Any]]:
    """The sides of a chain of equations, each with the relation before it: `=`, `≈` or nothing at first."""
    reader = (_TexReader if tex else _TextReader)(text, names)
    sides = [("", reader.sum())]
    while not reader.at_end():
        sign = reader.one_of(r"\approx", "≈", "=")
        sides.append(("=" if sign == "=" else "≈", reader.sum()))
    return sides


def _whole(reader: _Reader) -> Any:
    value = reader.sum()
    if not reader.at_end():
        raise reader.error("the end")
    return value


@lru_cache(maxsize=200)
def _longest_first(names: tuple[str, ...]) -> dict[str, list[str]]:
    """Under each letter the names that begin with it, the longest first."""
    found: dict[str, list[str]] = {}
    for name in sorted(names, key=len, reverse=True):
        found.setdefault(name[:1], []).append(name)
    return found


class _Reader:
    """What both spellings share: sums, signs, powers, brackets."""

    def __init__(self, text: str, names: Mapping[str, Any]) -> None:
        self.text, self.place, self.names = text, 0, names
        self.candidates = _longest_first(tuple(names))

    def error(self, expected: str) -> Unreadable:
        return Unreadable(f"expected {expected} at {self.text[self.place :][:40]!r} in {self.text!r}")

    # -- characters

    def skip(self) -> None:
        while self.text.startswith((" ", "\n"), self.place):
            self.place += 1

    def at_end(self) -> bool:
        self.skip()
        return self.place == len(self.text)

    def sees(self, token: str) -> bool:
        self.skip()
        if not self.text.startswith(token, self.place):
            return False
        end = self.place + len(token)
        return not (token[:1] == "\\" and token[-1].isalpha() and self.text[end : end + 1].isalpha())

    def takes(self, token: str) -> bool:
        if not self.sees(token):
            return False
        self.place += len(token)
        return True

    def need(self, token: str) -> None:
        if not self.takes(token):
            raise self.error(token)

    def one_of(self, *tokens: str) -> str:
        for token in tokens:
            if self.takes(token):
                return token
        raise self.error(" or ".join(tokens))

    # -- grammar

    def sum(self) -> Any:
        """[-] term, then + term or - term; no two signs meet."""
        total = -self.term() if self.takes("-") else self.term()
        while True:
            if self.takes("+"):
                total = total + self.term()
            elif self.takes("-"):
                total = total - self.term()
            else:
                return total

    def term(self) -> Any:
        raise NotImplementedError

    def name(self) -> tuple[str, Any] | None:
        """The longest name that stands here and ends here."""
        self.skip()
        for name in self.candidates.get(self.text[self.place : self.place + 1], ()):
            if self.text.startswith(name, self.place) and self.ends(name, self.text[self.place + len(name) :]):
                self.place += len(name)
                return name, self.names[name]
        return None

    def ends(self, name: str, rest: str) -> bool:
        raise NotImplementedError

    def number(self) -> mpf | None:
        self.skip()
        match = NUMBER.match(self.text, self.place)
        if match is None:
            return None
        self.place = match.end()
        if self.text[self.place : self.place + 1] == ".":
            raise self.error("a number")
        return mpf(match[0])

    def condition(self) -> bool:
        left, sign = self.sum(), self.one_of("<=", r"\le", ">", "<", "=")
        return bool(COMPARE[sign](left, self.sum()))


class _TextReader(_Reader):
    """Plain text: * / ^, f(x), {value if condition; ...}."""

    def term(self) -> Any:
        value = self.factor()
        while True:
            if self.takes("*"):
                value = value * self.factor()
            elif self.takes("/"):
                value = value / self.factor()
            else:
                return value

    def factor(self) -> Any:
        base = self.atom()
        if not self.takes("^"):
            return base
        value = base ** self.atom()
        if self.sees("^"):
            raise self.error("brackets around a power of a power")
        return value

    def ends(self, name: str, rest: str) -> bool:
        return not re.match(r"[\w@|]", rest)

    def atom(self) -> Any:
        if self.takes("("):
            value = self.sum()
            self.need(")")
            return value
        if self.takes("{"):
            return self.cases()
        if (found := self.name()) is not None:
            return found[1]
        for function, apply in FUNCTIONS.items():
            if self.takes(f"{function}("):
                args = [self.sum()]
                while self.takes(","):
                    args.append(self.sum())
                self.need(")")
                return apply(*args)
        if (number := self.number()) is not None:
            return number
        raise self.error("a factor")

    def cases(self) -> Any:
        chosen = []
        while True:
            value = self.sum()
            self.need("if ")
            if self.condition():
                chosen.append(value)
            if self.one_of(";", "}") == "}":
                break
        if len(chosen) != 1:
            raise self.error("exactly one case that holds")
        return chosen[0]


class _TexReader(_Reader):
    r"""TeX: \frac{}{}, ^{}, \cdot, \, between factors, ( ) and \left( \right), matrices."""

    def __init__(self, text: str, names: Mapping[str, Any]) -> None:
        super().__init__(_unspaced(text), {_unspaced(name): value for name, value in names.items()})

    def term(self) -> Any:
        value = self.factor()
        while True:
            if self.takes(r"\odot"):
                value = _entrywise(value, self.factor())
            elif self.takes(r"\cdot") or self.takes(r"\,") or self.takes(r"\thinspace"):
                value = value * self.factor()
            else:
                return value

    def ends(self, name: str, rest: str) -> bool:
        if re.search(r"\\[A-Za-z]+$", name) and rest[:1].isalpha():
            return False
        return not rest.startswith("_")

    def factor(self) -> Any:
        start = self.place
        value = self.atom()
        if not self.sees("^"):
            return value
        printed = self.text[start : self.place].strip()
        if _has_superscript(printed) or re.match(r"\\(ln|tanh|max|operatorname|frac)", printed):
            raise self.error("brackets around what has a superscript already, or is a function's value")
        self.need("^")
        if self.takes(r"{\mathsf{T}}"):
            return value.T
        self.need("{")
        value = value ** self.sum()
        self.need("}")
        if self.sees("^"):
            raise self.error("one superscript")
        return value

    def bracket(self, read: Callable[[], Any]) -> Any | None:
        """What `read` reads between brackets, which match."""
        for left, right in ((r"\left(", r"\right)"), (r"\bigl(", r"\bigr)"), ("(", ")")):
            if self.takes(left):
                value = read()
                self.need(right)
                return value
        return None

    def atom(self) -> Any:
        if (found := self.name()) is not None:
            return found[1]
        if (number := self.number()) is not None:
            return number
        if (value := self.bracket(self.sum)) is not None:
            return value
        if self.takes(r"\frac"):
            above, below = self.braced(), self.braced()
            return above / below
        if self.takes("e^{"):
            value = mpmath.exp(self.sum())
            self.need("}")
            return value
        if self.takes(r"\lvert"):
            value = abs(self.sum())
            self.need(r"\rvert")
            return value
        for command, function in (
            (r"\ln", "ln"),
            (r"\tanh", "tanh"),
            (r"\sigma", "sigma"),
            (r"\operatorname{ReLU}", "relu"),
            (r"\max", "max"),
            (r"\operatorname{sign}", "sign"),
        ):
            if self.takes(command):
                return FUNCTIONS[function](*self.arguments())
        if self.takes(r"\begin{cases}"):
            return self.cases()
        if self.takes(r"\begin{bmatrix}"):
            return self.matrix()
        if self.takes("{"):
            value = self.sum()
            self.need("}")
            return value
        raise self.error("a factor")

    def braced(self) -> Any:
        self.need("{")
        value = self.sum()
        self.need("}")
        return value

    def arguments(self) -> list[Any]:
        """Bracketed, or one name or number that nothing is attached to."""
        args = self.bracket(self.listed)
        if args is not None:
            return args
        if self.takes(r"\lvert"):
            value = abs(self.sum())
            self.need(r"\rvert")
            return [value]
        found = self.name()
        value = self.number() if found is None else found[1]
        if value is None or self.sees("^") or self.sees("("):
            raise self.error("an argument")
        return [value]

    def listed(self) -> list[Any]:
        args = [self.sum()]
        while self.takes(","):
            while self.takes(r"\,"):
                pass
            args.append(self.sum())
        return args

    def cases(self) -> Any:
        chosen = []
        while True:
            value = self.sum()
            self.need("&")
            self.need(r"\text{if}")
            if self.condition():
                chosen.append(value)
            if self.one_of(r"\\", r"\end{cases}") != r"\\":
                break
        if len(chosen) != 1:
            raise self.error("exactly one case that holds")
        return chosen[0]

    def matrix(self) -> Any:
        rows: list[list[Any]] = [[self.sum()]]
        while True:
            sign = self.one_of("&", r"\\", r"\end{bmatrix}")
            if sign == "&":
                rows[-1].append(self.sum())
            elif sign == r"\\":
                rows.append([self.sum()])
            else:
                break
        if len({len(row) for row in rows}) != 1:
            raise self.error("rows of one length")
        return mpmath.matrix(rows)


@lru_cache(maxsize=20000)
def _unspaced(tex: str) -> str:
    """Without the spaces that TeX ignores in a formula; the one that ends a command stays."""
    return re.sub(r"(\\[A-Za-z]+)?[ \n]+(?=(.?))", lambda m: (m[1] or "") + " " * bool(m[1] and m[2].isalpha()), tex)


def _has_superscript(printed: str) -> bool:
    """Whether a superscript stands outside all braces and brackets."""
    depth = 0
    for character in printed:
        depth += (character in "{(") - (character in "})")
        if character == "^" and depth == 0:
            return True
    return False


def _entrywise(left: Any, right: Any) -> Any:
    if (left.rows, left.cols) != (right.rows, right.cols):
        raise Unreadable("an element-by-element product of two shapes")
    return mpmath.matrix(
        [[x * y for x, y in zip(*pair, strict=True)] for pair in zip(left.tolist(), right.tolist(), strict=True)]
    )
