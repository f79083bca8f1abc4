"""Formulas in words, as one would read them aloud: the alternative text of a formula for those who hear the page.

Short and unambiguous: every bracket that the order of the words does not make superfluous is spoken, also around the
argument of a function, the exponent and the parts of a quotient.
"""

from __future__ import annotations

from collections.abc import Sequence
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

_FONTS = {"mathbf": "bold {}", "boldsymbol": "bold {}", "tilde": "{} tilde", "bar": "{} bar", "hat": "{} hat"}
_SIGNS = {"+": " plus ", "-": " minus "}
"""In an index."""
_COMMANDS = {"varepsilon": "epsilon", "varphi": "phi"}


@lru_cache(maxsize=20000)
def spoken_name(tex: str) -> str:
    r"""A name in words, from its TeX; ValueError for what no name can hold.

    >>> spoken_name(r"\frac{\partial E_{total}}{\partial w_{5}}"), spoken_name(r"a^{(1)[2]+}_ {3}")
    ('partial E total over partial w 5', 'new a 3 of layer 1 for example 2')
    """
    return _parts(read_name(tex))


def _parts(parts: Parts) -> str:
    return " ".join(_part(part) for part in parts)


def _part(part: Part) -> str:
    match part:
        case Run(text):
            return " ".join(text) if text.isalpha() and len(text) == 2 else text
        case Command(name):
            return _COMMANDS.get(name, name)
        case Font(font, body):
            # Inside another font two letters are a word: the `in` of `p^{\mathrm{in}}`.
            whole = "".join(p.text for p in body if isinstance(p, Run)) if len(body) == 1 else ""
            return _FONTS.get(font, "{}").format(whole or _parts(body))
        case Scripts(base, below, above):
            return _scripts(base, below, above)
        case Fraction(over, under):
            return f"{_parts(over)} over {_parts(under)}"
        case Through(body):
            return _parts(body)


def _scripts(base: Part, below: Parts, above: Parts) -> str:
    """A name with its index, and what stands above it: a word, a layer, an example, the number of updates."""
    index = "".join(_SIGNS.get(p.text, p.text) if isinstance(p, Run) else f" {_part(p)} " for p in below).split()
    if len(below) == 1:
        index = [_part(below[0])]
    if isinstance(base, Through):
        return f"{_part(base)} through {_parts(below)}"
    notes, layer, example, updates = [], "", "", 0
    rest = list(above)
    while rest:
        match rest:
            case [Run("+"), Run("("), Run(count), Run(")"), *rest]:
                updates = int(count)
            case [Run("("), Run(text), Run(")"), *rest]:
                layer = f"of layer {text}"
            case [Run("["), Run(text), Run("]"), *rest]:
                example = f"for example {text}"
            case [Run(text), *rest] if set(text) == {"+"}:
                updates += 1
            case [Font() as word, *rest]:
                notes.append(_part(word))
            case [Run(text), *rest] if text.isalnum():
                layer = f"of layer {text}"
            case _:
                raise ValueError(f"no words for the superscript {above!r}")
    new = "new" if updates == 1 else ""
    after = f"after {updates} updates" if updates > 1 else ""
    return " ".join(filter(None, [new, _part(base), *notes, *index, layer, example, after]))


class Spoken(Dialect):
    """Mathematics in English words."""

    plus, minus, dot = " plus ", " minus ", " times "
    equal, nearly = "equals", "approximately"
    gatherings: ClassVar = {"sum": "sum", "prod": "product", "mean": "mean", "max": "largest", "min": "smallest"}
    gatherings |= {"argmax": "place of the largest", "argmin": "place of the smallest"}
    relations: ClassVar = {
        "=": "equals",
        "≈": "approximately",
        "<": "is less than",
        ">": "is greater than",
        "<=": "is at most",
        ">=": "is at least",
        "!=": "is not",
    }

    def name(self, name: Name) -> Printed:
        text = spoken_name(name.tex)
        return Printed(text, PRODUCT if " over " in text or " times " in text else ATOM, len(text))

    def number(self, text: str) -> Printed:
        return Printed(self.spelt(text).replace("-", "minus "), ATOM, len(text), text[0] == "-", text[0] != "-")

    def slot(self, place: int, characters: int, factor: bool) -> Printed:
        return Printed(Mark(SPOKEN_FACTOR if factor else SPOKEN, place).text, ATOM, characters, numeric=True)

    def blank(self, digits: str, characters: int) -> Printed:
        marks = split(digits)[1]
        return Printed(Mark(SPOKEN, marks[0].place).text if marks else "blank", ATOM, characters, numeric=True)

    def bracket(self, inner: Printed) -> Printed:
        text = f"open bracket {inner.text} close bracket"
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
        return "open bracket "

    def close_bracket(self, tall: bool) -> str:
        return " close bracket"

    def fraction(self, above: Printed, below: Printed) -> Printed:
        if (above.text, below.text) == ("1", "2"):
            return Printed("one half", PRODUCT, 8)
        text = f"{self._tight(above, PRODUCT).text} over {self._tight(below, POWER).text}"
        return Printed(text, PRODUCT, len(text))

    def power(self, base: Printed, exponent: Printed) -> Printed:
        if exponent.text == "2":
            return Printed(f"{base.text} squared", POWER, len(base.text) + 8)
        return self._to_the_power(base.text, exponent)

    def _to_the_power(self, base: str, exponent: Printed) -> Printed:
        # A minus sign before one name or number needs no bracket here.
        simple = exponent.level == ATOM or (exponent.minus and exponent.level == POWER)
        text = f"{base} to the power {exponent.text if simple else self.bracket(exponent).text}"
        return Printed(text, POWER, len(text))

    def call(self, function: str, args: Sequence[Printed]) -> Printed:
        how = spelling(function)
        if how.shape == "power":
            return self._to_the_power(how.spoken, args[0])
        if how.shape == "constant":
            return Printed(how.spoken, ATOM, len(how.spoken))
        text = f"{how.spoken} of {' and '.join(self._tight(a).text for a in args)}"
        return Printed(text, PRODUCT, len(text))

    def cases(self, lines: Sequence[tuple[Printed, Printed | None]]) -> Printed:
        text = ", or ".join(f"{value.text} if {c.text}" if c else f"{value.text} otherwise" for value, c in lines)
        return Printed(text, SUM, len(text))

    def derivative(self, of: Printed, wrt: Printed, total: bool) -> Printed:
        d = "d" if total else "partial"
        text = f"{d} {of.text} over {d} {wrt.text}"
        return Printed(text, PRODUCT, len(text))

    def sum_over(self, index: Name, last: str, body: Printed) -> Printed:
        text = f"the sum over {spoken_name(index.tex)} from 1 to {last} of {body.text}"
        return Printed(text, PRODUCT, len(text))

    def apply(self, letter: Name, arg: Printed, primes: int) -> Printed:
        text = f"{spoken_name(letter.tex)}{' prime' * primes} of {self._tight(arg).text}"
        return Printed(text, ATOM, len(text))

    def matrix(self, rows: Sequence[Sequence[Printed]]) -> Printed:
        listed = "; ".join(", ".join(entry.text for entry in row) for row in rows)
        text = f"{len(rows)} by {len(rows[0])} matrix {listed} end matrix"
        return Printed(text, ATOM, len(text))

    def matrix_product(self, factors: Sequence[Printed], hadamard: bool) -> Printed:
        text = (" times element by element " if hadamard else " times ").join(f.text for f in factors)
        return Printed(text, PRODUCT, len(text))

    def transpose(self, inner: Printed) -> Printed:
        return Printed(f"{self._tight(inner).text} transposed", POWER, inner.width + 11)

    def gathered(
        self,
        kind: str,
        runs: Sequence[tuple[Printed, Printed, Printed]],
        conditions: Sequence[Printed],
        body: Printed,
    ) -> Printed:
        ranges = " and ".join(f"{letter.text} from {low.text} to {high.text}" for letter, low, high in runs)
        where = " and ".join(condition.text for condition in conditions)
        text = f"the {self.gatherings[kind]} over {ranges}{f' with {where}' if where else ''} of {body.text}"
        return Printed(text, PRODUCT, len(text))

    def holds(self, conditions: Sequence[Printed]) -> Printed:
        text = f"bracket that is 1 if {' and '.join(condition.text for condition in conditions)}, else 0, end bracket"
        return Printed(text, ATOM, len(text))

    def words(self, text: str) -> Printed:
        return Printed(text, ATOM, len(text))

    def relation(self, sign: str) -> str:
        if is_mark(sign):
            return Mark(SPOKEN_RELATION, split(sign)[1][0].place).text
        return self.relations[sign]


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
        return Printed(f"minus {inner.text}", level, inner.width + 6, minus=True)

    def line(self, line: Line) -> str:
        pieces = [self.print(line.left).text]
        for position, (sign, node) in enumerate(line.parts):
            said = f"{self.dialect.relation(sign)} {self.print(node).text}"
            pieces.append(f", {said}" if position else f" {said}")
        return "".join(pieces).strip()

    def formula(self, formula: Node | Line) -> str:
        return self.line(formula) if isinstance(formula, Line) else self.print(formula).text
