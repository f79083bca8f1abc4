r"""Printed equations with letters read back: sums over ranges, indices that are computed, conditions in brackets.

A reader on top of `readback`: letters have values, so that K_{2r+u-2} is an element; it imports nothing of derive.

>>> known = {"x_{1}": 2, "x_{2}": 3}
>>> print(read_indexed(r"\sum_{k=1}^{2} k\,x_{3-k}", known))
7.0
>>> print(read_indexed(r"[j = 2]\,x_{j}", known, {"j": 2}), read_indexed("x_{j}", Bordered(known), {"j": 4}))
3.0 0.0
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from itertools import product
from typing import Any

import mpmath
from mpmath import mpf
from readback import _has_superscript, _longest_first, _TexReader, _unspaced

RELATIONS = {
    r"\le": operator.le,
    r"\ge": operator.ge,
    r"\ne": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    r"\ln": mpmath.log,
    r"\log_{10}": mpmath.log10,
    r"\exp": mpmath.exp,
    r"\tanh": mpmath.tanh,
    r"\sin": mpmath.sin,
    r"\cos": mpmath.cos,
    r"\sigma": lambda x: 1 / (1 + mpmath.exp(-x)),
    r"\operatorname{sigmoid}": lambda x: 1 / (1 + mpmath.exp(-x)),
    r"\max": max,
    r"\min": min,
    r"\operatorname{ReLU}": lambda x: max(x, mpf(0)),
    r"\operatorname{sign}": mpmath.sign,
    r"\operatorname{erf}": mpmath.erf,
    r"\operatorname{softplus}": lambda x: mpmath.log1p(mpmath.exp(x)),
    r"\operatorname{step}": lambda x: mpf(x > 0),
}
LONGEST_FIRST = sorted(FUNCTIONS, key=len, reverse=True)
Definitions = Mapping[str, tuple[tuple[str, ...], str]]
"""Functions by their names in TeX: their arguments and what they are."""


def read_indexed(
    text: str,
    names: Mapping[str, Any],
    letters: Mapping[str, int] | None = None,
    functions: Definitions | None = None,
) -> Any:
    """The value of a formula in TeX, its letters being whole numbers, with the definitions of further functions."""
    reader = IndexedReader(text, names, letters or {}, functions or {})
    value = reader.sum()
    if not reader.at_end():
        raise reader.error("the end")
    return mpf(value)


ELEMENT = re.compile(r"(.*_\{)(-?\d+(?:,-?\d+)*)(\}.*)")


class Bordered(dict[str, Any]):
    """Names with zeros all around every array, where a page says that elements outside count as 0."""

    def __missing__(self, name: str) -> Any:
        if not self.outside(name):
            raise KeyError(name)
        return mpf(0)

    def outside(self, name: str) -> bool:
        """Whether it would be an element of an array that there is, with as many indices."""
        return _array(name) is not None and any(_array(name) == _array(known) for known in self)


def _array(name: str) -> tuple[str, int, str] | None:
    """What an element's array is called before and after its indices, and how many these are."""
    found = ELEMENT.fullmatch(name)
    return None if found is None else (found[1], found[2].count(","), found[3])


def _mean(numbers: list[Any]) -> Any:
    return sum(numbers) / len(numbers)


@cache
def _plain(name: str) -> str:
    return _unspaced(name)


class IndexedReader(_TexReader):
    """A reader for one set of values of the letters; sums try every value of theirs in turn."""

    def __init__(self, text: str, names: Mapping[str, Any], letters: Mapping[str, int], functions: Definitions) -> None:
        self.functions = {_plain(name): one for name, one in functions.items()}
        self.text, self.place = _unspaced(text), 0
        plain = {_plain(name): value for name, value in names.items()}
        self.names = Bordered(plain) if isinstance(names, Bordered) else plain
        self.letters = dict(letters)
        self.places: list[tuple[int, ...]] = []
        """The places of the numbers of which one was last taken."""
        self.lenient = False
        """Whether only the place where a formula ends is asked for."""
        self.stems = _longest_first(tuple({name.partition("_{")[0] for name in self.names if "_{" in name}))
        self.scalars = _longest_first(tuple(name for name in self.names if "_{" not in name))

    # -- names and indices

    def name(self) -> tuple[str, Any] | None:
        found = self.element()
        if found is None:
            return None
        if found not in self.names and not (isinstance(self.names, Bordered) and self.names.outside(found)):
            if self.lenient:
                return found, mpf(1)
            raise self.error(f"a name that is known, not {found},")
        return found, self.names[found]

    def element(self) -> str | None:
        """The name that stands here, with numbers for its letters; the longest one counts."""
        self.skip()
        start = self.place
        if self.text.startswith("\\frac{\\partial", start):
            head = re.match(r"\\frac\{\\partial ?[^{}]*(?:\{[^{}]*\})?[^{}]*\}\{\\partial ?", self.text[start:])
            if head is not None:
                self.place += head.end()
                inner = self.element()
                if inner is not None and self.takes("}"):
                    return f"{_plain(head[0] + 'x')[:-1].rstrip()}{' ' if inner[0].isalpha() else ''}{inner}}}"
            self.place = start
            return None
        first = self.text[start : start + 1]
        for stem in self.stems.get(first, ()):
            if self.text.startswith(f"{stem}_{{", start):
                self.place = start + len(stem) + 2
                name = f"{stem}_{{{self.indices(stem)}}}"
                return name + self.above()
        for letter in sorted(self.letters, key=len, reverse=True):
            if (
                self.text.startswith(letter, start)
                and letter not in self.names
                and self.ends(letter, self.text[start + len(letter) :])
            ):
                return None
        for name in self.scalars.get(first, ()):
            if self.text.startswith(name, start) and self.ends(name, self.text[start + len(name) :]):
                self.place += len(name)
                return name
        return None

    def above(self) -> str:
        """What stands above a name and belongs to it: a number in brackets, plus signs."""
        match = re.match(r"\^\{(?:\(\d+\)|\\mathrm\{no\}\d+)?(?:\++|\+\(\d+\))?\}", self.text[self.place :])
        if match is None or match[0] == "^{}":
            return ""
        self.place += match.end()
        return match[0]

    def indices(self, owner: str) -> str:
        """Indices up to the brace that ends them, as numbers; words stay."""
        found = []
        while True:
            found.append(self.index(owner))
            if self.takes("}"):
                return ",".join(found)
            self.need(",")

    def index(self, owner: str) -> str:
        word = re.match(r"\\mathrm\{\w+\}(?!_)", self.text[self.place :])
        if word is not None and word[0] not in self.names:
            self.place += word.end()
            return word[0]
        named = self.stem_in_index(owner)
        return named if named is not None else str(self.whole_sum())

    def stem_in_index(self, owner: str) -> str | None:
        """The name of a parameter below that of a state: m_{W_{1,2}}."""
        for stem in self.stems.get(self.text[self.place : self.place + 1], ()):
            if self.text.startswith(f"{stem}_{{", self.place) and not stem.startswith("\\mathrm"):
                start = self.place
                self.place += len(stem) + 2
                name = f"{stem}_{{{self.indices(stem)}}}" + self.above()
                if self.sees("}") and any(known.startswith(f"{owner}_{{{name}}}") for known in self.names):
                    return name
                self.place = start
        plain = re.match(r"[A-Za-z](?=\})", self.text[self.place :])
        if plain is not None and any(known.startswith(f"{owner}_{{{plain[0]}}}") for known in self.names):
            self.place += 1
            return plain[0]
        return None

    def whole_sum(self) -> int:
        total = -self.whole() if self.takes("-") else self.whole()
        while self.sees("+") or self.sees("-"):
            total += self.whole() if self.takes("+") else (self.need("-") or -self.whole())
        return total

    def whole(self) -> int:
        match = re.match(r"\d+", self.text[self.place :])
        factor = int(match[0]) if match else 1
        self.place += match.end() if match else 0
        self.takes(r"\,")
        for letter in sorted(self.letters, key=len, reverse=True):
            if self.text.startswith(letter, self.place):
                self.place += len(letter)
                return factor * self.letters[letter]
        if match is not None:
            return factor
        found = self.name()
        if found is None or found[1] != int(found[1]):
            raise self.error("an index")
        return int(found[1])

    # -- formulas

    def term(self) -> Any:
        lenient = self.lenient
        try:
            return super().term()
        finally:
            self.lenient = lenient

    def atom(self) -> Any:
        self.skip()
        here = self.text[self.place : self.place + 1]
        if here.isdigit() and (number := self.number()) is not None:
            return number
        if here == "\\" and (value := self.command()) is not None:
            return value
        if self.takes("["):
            holds = all(self.conditions("]"))
            # What is multiplied by 0 here need not exist.
            self.lenient = self.lenient or not holds
            return mpf(holds)
        if "e" not in self.names and self.takes("e^{"):
            value = self.apply(mpmath.exp, [self.sum()])
            self.need("}")
            return value
        found = self.name()
        if found is not None:
            return found[1]
        for function in sorted(self.functions, key=len, reverse=True):
            rest = self.text[self.place + len(function) :]
            if self.text.startswith(function, self.place) and rest.startswith(("(", r"\left(")):
                self.place += len(function)
                arguments, body = self.functions[function]
                define = partial(self.defined, arguments, body)
                return self.apply(define, self.arguments())
        for function in LONGEST_FIRST if here == "\\" else ():
            start = self.place
            if self.takes(function):
                if self.sees("'"):
                    self.place = start
                    continue
                return self.apply(FUNCTIONS[function], self.arguments())
        for letter in sorted(self.letters, key=len, reverse=True):
            if self.takes(letter):
                return mpf(self.letters[letter])
        return super().atom()

    def command(self) -> Any | None:
        """What is no name and begins with a backslash: a sum, a product, a largest element, a root."""
        for sign, gather in ((r"\sum_{", sum), (r"\prod_{", mpmath.fprod)):
            if self.takes(sign):
                return gather(self.gathered())
        for sign, choose in ((r"\max_{", max), (r"\min_{", min), (r"\operatorname{mean}_{", _mean)):
            if self.takes(sign):
                return choose(self.chosen())
        for sign, choose in ((r"\operatorname{argmax}_{", max), (r"\operatorname{argmin}_{", min)):
            if self.takes(sign):
                numbers = self.chosen()
                place = next(at for at, number in zip(self.places, numbers, strict=True) if number == choose(numbers))
                return place if len(place) > 1 else mpf(place[0])
        if self.takes(r"\sqrt{"):
            value = self.apply(mpmath.sqrt, [self.sum()])
            self.need("}")
            return value
        return mpmath.pi if self.takes(r"\pi") else None

    def apply(self, function: Callable[..., Any], arguments: list[Any]) -> Any:
        return function(*arguments)

    def defined(self, names: tuple[str, ...], body: str, *arguments: Any) -> Any:
        return read_indexed(body, dict(zip(names, arguments, strict=True)), {}, self.functions)

    def factor(self) -> Any:
        start = self.place
        value = self.atom()
        if not self.sees("^"):
            return value
        printed = self.text[start : self.place].strip()
        bracketed = printed.startswith(("(", r"\left(")) and printed.endswith(")")
        if not bracketed and (_has_superscript(printed) or re.match(r"\\(ln|tanh|max|operatorname|frac)", printed)):
            raise self.error("brackets around what has a superscript already, or is a function's value")
        self.need("^")
        self.need("{")
        value = value ** self.sum()
        self.need("}")
        return value

    def bracket(self, read: Callable[[], Any]) -> Any | None:
        if self.takes(r"\Bigl("):
            value = read()
            self.need(r"\Bigr)")
            return value
        return super().bracket(read)

    def conditions(self, end: str) -> list[bool]:
        """Whether each condition holds; the places of a largest element may be a pair: (u,v) = argmax ..."""
        found = []
        while True:
            pair = re.match(r"\(([^()]*,[^()]*)\)=(?=\\operatorname\{arg)", self.text[self.place :])
            if pair is not None:
                inside = [IndexedReader(one, self.names, self.letters, {}).whole_sum() for one in pair[1].split(",")]
                self.place += pair.end()
                found.append(self.atom() == tuple(inside))
                self.need(end)
                return found
            left = self.side()
            sign = self.one_of(*RELATIONS)
            found.append(bool(RELATIONS[sign](left, self.side())))
            if self.takes(end):
                return found
            self.need(",")
            self.takes(r"\,")

    def side(self) -> Any:
        """One side of a condition: an index, such as 2r+1, or any formula."""
        start = self.place
        try:
            value = self.whole_sum()
            if re.match(r"[,\]}=<>]|\\(?:le|ge|ne)(?![a-z])", self.text[self.place :].lstrip()):
                return mpf(value)
        except ValueError:
            pass
        self.place = start
        return self.sum()

    def letter(self) -> str:
        match = re.match(r"\\[A-Za-z]+(?:\{\w+\})?|[A-Za-z]", self.text[self.place :])
        if match is None:
            raise self.error("a letter")
        self.place += match.end()
        self.skip()
        return match[0]

    def gathered(self) -> list[Any]:
        """The terms of a sum: its body for every value of its letter, under its conditions."""
        letter = self.letter()
        self.need("=")
        low = self.whole_sum()
        where = self.place
        depth = 1
        while depth:
            depth += {"{": 1, "}": -1}.get(self.text[self.place], 0)
            self.place += 1
        self.need("^")
        self.need("{")
        high = self.whole_sum()
        self.need("}")
        return self.run(letter, range(low, high + 1), where, self.place)

    def run(self, letter: str, values: range, where: int, body: int) -> list[Any]:
        outer, lenient, found, end = self.letters.get(letter), self.lenient, [], None
        for value in values:
            self.letters[letter] = value
            self.place = where
            holds = True
            if self.takes(","):
                self.takes(r"\,")
                holds = all(self.conditions("}"))
            self.place = body
            self.lenient = lenient or not holds
            try:
                term = self.term()
            except (ValueError, ZeroDivisionError):
                if not self.lenient:
                    raise
                continue
            finally:
                self.lenient = lenient
            end = self.place
            if holds:
                found.append(term)
        if end is None:
            raise self.error("a sum with terms")
        self.place = end
        self.letters.pop(letter)
        if outer is not None:
            self.letters[letter] = outer
        return found

    def chosen(self) -> list[Any]:
        """The numbers of which a maximum is taken: 1 <= u <= 2, ..."""
        spans: dict[str, range] = {}
        where = None
        while True:
            span = re.match(r"(-?\d+)\\le ?(\\[A-Za-z]+(?:\{\w+\})?|[A-Za-z])\\le ?(-?\d+)", self.text[self.place :])
            if span is None:
                where = self.place
                self.place += self.text[self.place :].index("}") + 1
                break
            self.place += span.end()
            spans[span[2]] = range(int(span[1]), int(span[3]) + 1)
            if self.takes("}"):
                break
            self.need(",")
            self.takes(r"\,")
        body, found = self.place, []
        places = []
        for values in product(*spans.values()):
            self.letters |= dict(zip(spans, values, strict=True))
            self.place = where or body
            if where is None or all(self.conditions("}")):
                self.place = body
                found.append(self.term())
                places.append(values)
        # The place behind the body is the same for all values.
        self.letters |= {letter: span[0] for letter, span in spans.items()}
        self.place = body
        self.term()
        for letter in spans:
            del self.letters[letter]
        self.places = places
        return found

    def condition(self) -> bool:
        left = self.sum()
        sign = self.one_of(*RELATIONS)
        return bool(RELATIONS[sign](left, self.sum()))
