"""Formulas and names as Python spells them."""

from __future__ import annotations

import keyword
import re
from collections.abc import Hashable, Sequence

from derive.formula import Text
from derive.formula.dialect import ATOM, POWER, PRODUCT, Printed
from derive.functions import EVERY
from derive.notation import Name, Namer
from derive.quantity import Quantity
from derive.scripts.frameworks import NUMPY, Framework

ROUND = '''


def rounded(number, places):
    """A number rounded as this problem rounds on the way; halves go MODE."""
    clean = Decimal(f"{number:.13g}")  # without the noise of binary numbers, which hides halves
    return float(clean.quantize(Decimal(1).scaleb(-places), WORD))'''
MODES = {"half_up": ("away from zero", "ROUND_HALF_UP"), "half_even": ("to the even digit", "ROUND_HALF_EVEN")}


def rounding(ties: str) -> str:
    """The function that rounds as a problem does."""
    words, mode = MODES[ties]
    return ROUND.replace("MODE", words).replace("WORD", mode)


def padded(text: str, places: int) -> str:
    """An exact number with as many places as others have, so that it is compared as closely as they are.

    >>> padded("2", 3), padded("-0.25", 3), padded("0.12345", 3)
    ('2.000', '-0.250', '0.12345')
    """
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(places, '0')}" if places else text


TAKEN = frozenset(
    {"np", "math", "torch", "compare", "compare_all", "rounded", "blank", "whole", "number", "autograd", "autograd_all"}
    | {"Decimal"}
    | {"derive", "solution", "print", "abs", "float", "len", "sum", "max", "min", "range", "list", "dict", "mean"}
    | {"place_of_max", "place_of_min"}
)
"""Names that the cells use themselves."""


_MATH = re.compile(r"\bmath\.\w+")
_NAMES = re.compile(r"[^\W\d]")


class Python(Text):
    """Expressions of Python, with the functions of a library."""

    def __init__(self, framework: Framework = NUMPY) -> None:
        self.framework = framework

    def power(self, base: Printed, exponent: Printed) -> Printed:
        below = base if base.level == ATOM and not base.minus else self.bracket(base)
        above = exponent if exponent.level == ATOM else self.bracket(exponent)
        text = f"{below.text}**{above.text}"
        return Printed(text, POWER, len(text))

    def product(self, factors: Sequence[Printed]) -> Printed:
        text = " * ".join(factor.text for factor in factors)
        return Printed(text, PRODUCT, len(text), factors[0].minus, factors[0].numeric)

    def fraction(self, above: Printed, below: Printed) -> Printed:
        over = above if above.level >= PRODUCT and not above.minus else self.bracket(above)
        under = below if below.level >= POWER and not below.minus else self.bracket(below)
        text = f"{over.text} / {under.text}"
        return Printed(text, PRODUCT - 1, len(text))

    def call(self, function: str, args: Sequence[Printed]) -> Printed:
        known = EVERY.get(function)
        name = (self.framework.spelling(known) if known is not None else "") or identifier(function)
        inside = ", ".join(arg.text for arg in args)
        if known is not None and not _NAMES.search(_MATH.sub("", inside)):
            # Numbers alone, which a library may not take as they are.
            alone = self.framework.alone(function)
            name, inside = (alone, inside) if alone else (name, self.framework.wrapped(inside))
        text = f"{name}({inside})" if args else name
        return Printed(text, ATOM, len(text))

    def cases(self, lines: Sequence[tuple[Printed, Printed | None]]) -> Printed:
        *some, (last, _) = lines
        text = "".join(f"{value.text} if {condition.text} else " for value, condition in some if condition) + last.text
        return Printed(f"({text})", ATOM, len(text))

    def relation(self, sign: str) -> str:
        return {"=": "=="}.get(sign, sign)


class PythonNames(Namer):
    """The names of a notation as names of Python: dE/dw5 is dE_dw5, and the new w5 is w5_new."""

    def __init__(self, namer: Namer) -> None:
        super().__init__(namer.notation, namer.shape)
        self._source = namer
        self._unique = Unique()

    def _derive(self, quantity: Quantity) -> Name:
        name = self._source(quantity)
        return Name(name.tex, self._unique(name.text, self._source.same(quantity)))


class Unique:
    """Names of Python, a different one for each owner.

    >>> unique = Unique()
    >>> unique("x", 1), unique("x+", 2), unique("x_new", 3), unique("x", 1), unique("np", 4)
    ('x', 'x_new', 'x_new_2', 'x', 'np_2')
    """

    def __init__(self) -> None:
        self._owners: dict[str, Hashable] = {}

    def __call__(self, text: str, owner: Hashable) -> str:
        plain = identifier(text)
        found, number = plain, 2
        while found in TAKEN or self._owners.setdefault(found, owner) != owner:
            found, number = f"{plain}_{number}", number + 1
        return found


def identifier(text: str) -> str:
    """A name of Python for a name in print.

    >>> identifier("dE/dw5"), identifier("w5+"), identifier("z1[2]"), identifier("lambda"), identifier("1")
    ('dE_dw5', 'w5_new', 'z1_2', 'lambda_', 'n1')
    """
    spelt = re.sub(r"\W+", "_", text.replace("+", "_new")).strip("_") or "n"
    spelt = spelt if spelt.isascii() else "".join(letter if letter.isascii() else "u" for letter in spelt)
    spelt = f"n{spelt}" if spelt[0].isdigit() else spelt
    return f"{spelt}_" if keyword.iskeyword(spelt) else spelt


def bare(text: str) -> str:
    """An expression without brackets around the whole of it.

    >>> bare("(A @ V)"), bare("(a) * (b)"), bare("(1 / 2)")
    ('A @ V', '(a) * (b)', '1 / 2')
    """
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if not depth and at < len(text) - 1:
            return text
    return text[1:-1]
