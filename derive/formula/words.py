"""Formulas in words, as one would read them aloud: the alternative text of a formula for those who hear the page.

Short and unambiguous: every bracket that the order of the words does not make superfluous is spoken, also around the
argument of a function, the exponent and the parts of a quotient.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import ClassVar

from derive.expression import Node
from derive.formula.dialect import ATOM, POWER, PRODUCT, SUM, Dialect, Printed
from derive.formula.lines import Line
from derive.formula.marks import SPOKEN, SPOKEN_FACTOR, SPOKEN_RELATION, Mark, is_mark, split
from derive.formula.names import Command, Font, Fraction, Part, Parts, Run, Scripts, Through, read_name
from derive.formula.printer import Printer
from derive.functions import spelling
from derive.notation import Name
from derive.wording.spoken import Say, english, function_key, function_words

_FONTS = {"mathbf": "spoken_bold", "boldsymbol": "spoken_bold", "tilde": "spoken_tilde", "bar": "spoken_bar",
          "hat": "spoken_hat"}  # fmt: skip
_SIGNS = {"+": "spoken_plus", "-": "spoken_minus"}
"""In an index."""
_COMMANDS = {"varepsilon": "epsilon", "varphi": "phi"}


@lru_cache(maxsize=20000)
def spoken_name(tex: str) -> str:
    r"""A name in English words, from its TeX; ValueError for what no name can hold.

    >>> spoken_name(r"\frac{\partial E_{total}}{\partial w_{5}}"), spoken_name(r"a^{(1)[2]+}_ {3}")
    ('partial E total over partial w 5', 'new a 3 of layer 1 for example 2')
    """
    return _NameReader(english).parts(read_name(tex))


class _NameReader:
    """Reads names aloud in somebody's words."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def say(self, key: str, **parts: str) -> str:
        return self._say(key, parts)

    def parts(self, parts: Parts) -> str:
        return " ".join(self.part(part) for part in parts)

    def part(self, part: Part) -> str:
        match part:
            case Run(text):
                return " ".join(text) if text.isalpha() and len(text) == 2 else text
            case Command("partial"):
                return self.say("spoken_partial")
            case Command(name):
                return _COMMANDS.get(name, name)
            case Font(font, body):
                # Inside another font two letters are a word: the `in` of `p^{\mathrm{in}}`.
                whole = "".join(p.text for p in body if isinstance(p, Run)) if len(body) == 1 else ""
                inner = whole or self.parts(body)
                return self.say(_FONTS[font], name=inner) if font in _FONTS else inner
            case Scripts(base, below, above):
                return self.scripts(base, below, above)
            case Fraction(over, under):
                return self.say("spoken_over", above=self.parts(over), below=self.parts(under))
            case Through(body):
                return self.parts(body)

    def scripts(self, base: Part, below: Parts, above: Parts) -> str:
        """A name with its index, and what stands above it: a word, a layer, an example, the number of updates."""
        index = "".join(self._in_index(part) for part in below).split()
        if len(below) == 1:
            index = [self.part(below[0])]
        if isinstance(base, Through):
            return self.say("spoken_through", name=self.part(base), way=self.parts(below))
        notes, layer, example, updates = [], "", "", 0
        rest = list(above)
        while rest:
            match rest:
                case [Run("+"), Run("("), Run(count), Run(")"), *rest]:
                    updates = int(count)
                case [Run("("), Run(text), Run(")"), *rest]:
                    layer = self.say("spoken_layer", layer=text)
                case [Run("["), Run(text), Run("]"), *rest]:
                    example = self.say("spoken_example", example=text)
                case [Run(text), *rest] if set(text) == {"+"}:
                    updates += 1
                case [Font() as word, *rest]:
                    notes.append(self.part(word))
                case [Run(text), *rest] if text.isalnum():
                    layer = self.say("spoken_layer", layer=text)
                case _:
                    raise ValueError(f"no words for the superscript {above!r}")
        name = " ".join(filter(None, [self.part(base), *notes, *index, layer, example]))
        if updates == 1:
            return self.say("spoken_new", name=name)
        return self.say("spoken_after", name=name, count=str(updates)) if updates > 1 else name

    def _in_index(self, part: Part) -> str:
        if not isinstance(part, Run):
            return f" {self.part(part)} "
        return f" {self.say(_SIGNS[part.text])} " if part.text in _SIGNS else part.text


class Spoken(Dialect):
    """Mathematics in words: in English, or as somebody words them (`worded`)."""

    relations: ClassVar = {
        "=": "spoken_equals",
        "≈": "spoken_approximately",
        "<": "spoken_less",
        ">": "spoken_greater",
        "<=": "spoken_at_most",
        ">=": "spoken_at_least",
        "!=": "spoken_not",
    }

    def __init__(self, say: Say = english) -> None:
        self._say, self._names = say, dict[str, str]()
        self.plus, self.minus, self.dot = (f" {self.say(f'spoken_{word}')} " for word in ("plus", "minus", "times"))
        self.equal, self.nearly = self.say("spoken_equals"), self.say("spoken_approximately")

    def say(self, key: str, **parts: str) -> str:
        """A phrase with its places put in."""
        return self._say(key, parts)

    def worded(self, say: Say) -> Spoken:
        """The same in other words."""
        other = type(self)(say)
        other.decimal, other.apart = self.decimal, self.apart
        return other

    def called(self, tex: str) -> str:
        """A name in words."""
        if self._say is english:
            return spoken_name(tex)
        if tex not in self._names:
            self._names[tex] = _NameReader(self._say).parts(read_name(tex))
        return self._names[tex]

    def _listed(self, pieces: Iterable[str]) -> str:
        """Several in a row, with an `and` between them."""
        return f" {self.say('spoken_and')} ".join(pieces)

    def name(self, name: Name) -> Printed:
        text = self.called(name.tex)
        return Printed(text, PRODUCT if r"\frac" in name.tex or self.dot in text else ATOM, len(text))

    def number(self, text: str) -> Printed:
        said = self.spelt(text).replace("-", self.minus[1:])
        return Printed(said, ATOM, len(text), text[0] == "-", text[0] != "-")

    def slot(self, place: int, characters: int, factor: bool) -> Printed:
        return Printed(Mark(SPOKEN_FACTOR if factor else SPOKEN, place).text, ATOM, characters, numeric=True)

    def blank(self, digits: str, characters: int) -> Printed:
        marks = split(digits)[1]
        return Printed(
            Mark(SPOKEN, marks[0].place).text if marks else self.say("spoken_blank"), ATOM, characters, numeric=True
        )

    def bracket(self, inner: Printed) -> Printed:
        text = self.say("spoken_bracket", inside=inner.text)
        return Printed(text, ATOM, len(text))

    def _tight(self, inner: Printed, level: int = ATOM) -> Printed:
        """In brackets unless it holds together so tightly."""
        return inner if inner.level >= level and not inner.minus else self.bracket(inner)

    def product(self, factors: Sequence[Printed]) -> Printed:
        text = self.dot.join(f.text for f in factors)
        return Printed(text, PRODUCT, len(text), factors[0].minus, factors[0].numeric)

    def times(self, before: Printed, factor: Printed) -> str:
        return self.dot

    def open_bracket(self, tall: bool) -> str:
        return f"{self.say('spoken_open')} "

    def close_bracket(self, tall: bool) -> str:
        return f" {self.say('spoken_close')}"

    def fraction(self, above: Printed, below: Printed) -> Printed:
        if (above.text, below.text) == ("1", "2"):
            return Printed(self.say("spoken_half"), PRODUCT, 8)
        text = self.say("spoken_over", above=self._tight(above, PRODUCT).text, below=self._tight(below, POWER).text)
        return Printed(text, PRODUCT, len(text))

    def power(self, base: Printed, exponent: Printed) -> Printed:
        if exponent.text == "2":
            return Printed(self.say("spoken_squared", base=base.text), POWER, len(base.text) + 8)
        return self._to_the_power(base.text, exponent)

    def _to_the_power(self, base: str, exponent: Printed) -> Printed:
        # A minus sign before one name or number needs no bracket here.
        simple = exponent.level == ATOM or (exponent.minus and exponent.level == POWER)
        text = self.say("spoken_power", base=base, exponent=exponent.text if simple else self.bracket(exponent).text)
        return Printed(text, POWER, len(text))

    def call(self, function: str, args: Sequence[Printed]) -> Printed:
        how, key = spelling(function), function_key(function)
        called = self.say(key) if key in function_words() else how.spoken
        if how.shape == "power":
            return self._to_the_power(called, args[0])
        if how.shape == "constant":
            return Printed(called, ATOM, len(called))
        text = self.say("spoken_function", function=called, arguments=self._listed(self._tight(a).text for a in args))
        return Printed(text, PRODUCT, len(text))

    def cases(self, lines: Sequence[tuple[Printed, Printed | None]]) -> Printed:
        text = f", {self.say('spoken_or')} ".join(
            self.say("spoken_if", value=value.text, condition=condition.text)
            if condition
            else self.say("spoken_otherwise", value=value.text)
            for value, condition in lines
        )
        return Printed(text, SUM, len(text))

    def derivative(self, of: Printed, wrt: Printed, total: bool) -> Printed:
        text = self.say("spoken_total" if total else "spoken_derivative", of=of.text, by=wrt.text)
        return Printed(text, PRODUCT, len(text))

    def sum_over(self, index: Name, last: str, body: Printed) -> Printed:
        text = self.say("spoken_sum_to", letter=self.called(index.tex), last=last, terms=body.text)
        return Printed(text, PRODUCT, len(text))

    def apply(self, letter: Name, arg: Printed, primes: int) -> Printed:
        function = " ".join([self.called(letter.tex), *[self.say("spoken_prime")] * primes])
        text = self.say("spoken_function", function=function, arguments=self._tight(arg).text)
        return Printed(text, ATOM, len(text))

    def matrix(self, rows: Sequence[Sequence[Printed]]) -> Printed:
        listed = "; ".join(", ".join(entry.text for entry in row) for row in rows)
        text = self.say("spoken_matrix", rows=str(len(rows)), columns=str(len(rows[0])), entries=listed)
        return Printed(text, ATOM, len(text))

    def matrix_product(self, factors: Sequence[Printed], hadamard: bool) -> Printed:
        between = f" {self.say('spoken_elementwise')} " if hadamard else self.dot
        text = between.join(f.text for f in factors)
        return Printed(text, PRODUCT, len(text))

    def transpose(self, inner: Printed) -> Printed:
        return Printed(self.say("spoken_transposed", matrix=self._tight(inner).text), POWER, inner.width + 11)

    def gathered(
        self,
        kind: str,
        runs: Sequence[tuple[Printed, Printed, Printed]],
        conditions: Sequence[Printed],
        body: Printed,
    ) -> Printed:
        parts = {
            "kind": self.say(f"spoken_kind_{kind}"),
            "ranges": self._listed(
                self.say("spoken_range", letter=letter.text, low=low.text, high=high.text) for letter, low, high in runs
            ),
            "terms": body.text,
        }
        where = self._listed(condition.text for condition in conditions)
        text = (
            self.say("spoken_gathered_where", **parts, conditions=where)
            if where
            else (self.say("spoken_gathered", **parts))
        )
        return Printed(text, PRODUCT, len(text))

    def holds(self, conditions: Sequence[Printed]) -> Printed:
        text = self.say("spoken_holds", conditions=self._listed(condition.text for condition in conditions))
        return Printed(text, ATOM, len(text))

    def words(self, text: str) -> Printed:
        return Printed(text, ATOM, len(text))

    def relation(self, sign: str) -> str:
        if is_mark(sign):
            return Mark(SPOKEN_RELATION, split(sign)[1][0].place).text
        return self.say(self.relations[sign])


class Speaker(Printer):
    """The printer of `Words`: a minus sign is a word too, and a line of several formulas is one sentence.

    >>> from derive.expression import Ref, Shown
    >>> from derive.notation import NOTATIONS, Namer, Shape
    >>> from derive.quantity import Quantity
    >>> speaker = Speaker(Spoken(), Namer(NOTATIONS["mazur"], Shape((2, 2, 2))))
    >>> speaker.line(Line(Ref(Quantity("dL/dW", 2, 0, 0)), (("≈", Shown("-0.08", False)),)))
    'partial E total over partial w 5 approximately minus 0.08'
    """

    def _minus(self, inner: Printed) -> Printed:
        level = POWER if inner.level == ATOM else SUM
        return Printed(f"{self.dialect.minus[1:]}{inner.text}", level, inner.width + 6, minus=True)

    def line(self, line: Line) -> str:
        pieces = [self.print(line.left).text]
        for position, (sign, node) in enumerate(line.parts):
            said = f"{self.dialect.relation(sign)} {self.print(node).text}"
            pieces.append(f", {said}" if position else f" {said}")
        return "".join(pieces).strip()

    def formula(self, formula: Node | Line) -> str:
        return self.line(formula) if isinstance(formula, Line) else self.print(formula).text
