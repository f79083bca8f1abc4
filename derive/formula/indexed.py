"""One line of HTML in which names have their indices below the line, for places in which no formula is typeset."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape

from derive.formula.dialect import ATOM, Printed
from derive.formula.mathml import greek
from derive.formula.names import Command, Font, Fraction, Part, Parts, Run, Scripts, Through, read_name
from derive.formula.text import Text
from derive.functions import COMMANDS
from derive.notation import Name

_ACCENTS = {"tilde": "\u0303", "bar": "\u0304", "hat": "\u0302"}


class Indexed(Text):
    """Plain text with `<sub>` and `<sup>`; everything else is escaped."""

    def name(self, name: Name) -> Printed:
        return Printed(indexed(name.tex), ATOM, len(name.text))

    def blank(self, digits: str, characters: int) -> Printed:
        return Printed(digits or "\u2026", ATOM, characters, numeric=True)

    def power(self, base: Printed, exponent: Printed) -> Printed:
        return Printed(f"{base.text}<sup>{exponent.text}</sup>", ATOM, base.width + exponent.width)

    def derivative(self, of: Printed, wrt: Printed, total: bool) -> Printed:
        letter = "d" if total else "∂"
        return Printed(f"{letter}{of.text}/{letter}{wrt.text}", ATOM, of.width + wrt.width)

    def product(self, factors: Sequence[Printed]) -> Printed:
        whole = super().product(factors)
        return whole._replace(text=" · ".join(factor.text for factor in factors))

    def apply(self, letter: Name, arg: Printed, primes: int) -> Printed:
        return Printed(f"{indexed(letter.tex)}{'′' * primes}({arg.text})", ATOM, arg.width + 4)

    def transpose(self, inner: Printed) -> Printed:
        return Printed(f"{inner.text}<sup>T</sup>", ATOM, inner.width + 1)

    def words(self, text: str) -> Printed:
        return Printed(escape(text), ATOM, len(text))

    def relation(self, sign: str) -> str:
        return escape({"<=": "≤", ">=": "≥", "!=": "≠"}.get(sign, sign))


@lru_cache(maxsize=20000)
def indexed(tex: str) -> str:
    r"""A name as HTML, from its TeX.

    >>> indexed(r"\mathrm{out}_ {h1}"), indexed(r"w_{5}^{+}")
    ('out<sub>h1</sub>', 'w<sub>5</sub><sup>+</sup>')
    """
    return _row(read_name(tex))


def _row(parts: Parts) -> str:
    return "".join(map(_part, parts))


def _part(part: Part) -> str:
    match part:
        case Run(text):
            return escape(text)
        case Command("times"):
            return "\u2009"
        case Command("partial"):
            return "∂"
        case Command(name):
            return name if name in COMMANDS else greek(name)
        case Font(font, body) if font in _ACCENTS:
            return _row(body) + _ACCENTS[font]
        case Font(_, body):
            return _row(body)
        case Scripts(base, below, above):
            under = f"<sub>{_row(below)}</sub>" if below else ""
            over = f"<sup>{_row(above)}</sup>" if above else ""
            return _part(base) + under + over
        case Fraction(above, below):
            return f"{_row(above)}/{_row(below)}"
        case Through(body):
            return f"{_row(body)} through "
    raise TypeError(f"{part!r} is no part of a name")
