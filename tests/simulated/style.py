"""How somebody works with numbers: what is rounded, where to, what is written, and what is left out.

A style is drawn once for a sheet. `Style.kept` gives the number that somebody goes on with, `Style.text` what stands
on the sheet.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any

from .formula import as_decimal

LONG = Context(prec=1000)
"""Digits for whoever writes all places of a number that an error has made very large."""

STYLES = {
    "full precision": "a calculator or a program; nothing is rounded on the way",
    "carried 2": "every result is rounded to 2 decimals, and the rounded number used",
    "carried 3": "the same with 3",
    "carried 4": "the same with 4",
    "carried 5": "the same with 5",
    "carried 6": "the same with 6",
    "fewer shown": "more digits are carried than are written",
    "mixed decimals": "different numbers of places on one sheet",
    "significant figures": "every result has so many significant figures",
    "cut off": "digits are cut off, not rounded",
    "products rounded": "every product, quotient and function value inside a line is rounded before it is used",
    "slopes unseen": "parts such as a (1 - a) are rounded and not written",
    "zeros dropped": "carried, and written without zeros at the end",
    "exact": "decimals and fractions are exact as long as they can be",
    "mean inside": "one example's gradient is its share of the mean's, 1/n included; carried",
    "target minus output": "deltas have the other sign and gradients are added; carried",
}
"""Every style that is told apart in the figures, and what it is."""

CONVENTIONS = ("target minus output",)
"""Styles that are another convention; they are scored on their own."""


@dataclass(frozen=True, slots=True)
class Style:
    """One way of working.

    `unit` is what numbers are rounded to: "places", "figures" or "" for not at all; `digits` is how many, of which
    one is drawn for every result of a sheet. `carried` is how many are kept in mind, None for as many as written and
    0 for all. `inner` says which results inside a line are rounded: "", "products" or "unseen". `zeros` is "pad",
    "drop" or "natural" (zeros stand where something was rounded).
    """

    name: str
    unit: str
    digits: tuple[int, ...]
    carried: int | None = None
    cut: bool = False
    even: bool = False
    inner: str = ""
    zeros: str = "natural"
    floats: bool = False
    fractions: bool = False
    hidden_rounded: bool = True

    @property
    def coarsest(self) -> int:
        return min(self.digits)

    @property
    def exact(self) -> bool:
        return self.name == "exact"

    def start(self, value: Decimal | int) -> Any:
        """A given number as this style works with it."""
        if self.floats:
            return float(value)
        return Fraction(value) if self.exact else Decimal(value)

    def kept(self, value: Any, digits: int, exact: bool) -> Any:
        """The number that is used from then on; `exact` where it is exact and short enough to be kept so."""
        if self.carried == 0 or exact:
            return value
        found = self.rounded(value, digits if self.carried is None else max(digits, self.carried))
        return Fraction(found) if self.exact else found

    def rounded(self, value: Any, digits: int) -> Decimal:
        """The number to so many places or figures."""
        number = as_decimal(value)
        if self.unit == "figures":
            digits = digits - 1 - number.adjusted() if number else 0
        mode = ROUND_DOWN if self.cut else ROUND_HALF_EVEN if self.even else ROUND_HALF_UP
        found = number.quantize(Decimal(1).scaleb(-digits), mode, LONG)
        if self.unit == "figures" and found.adjusted() > number.adjusted():
            found = number.quantize(Decimal(1).scaleb(1 - digits), mode, LONG)
        return found if found else abs(found)  # there is no -0 on paper

    def inside(self, digits: int) -> Callable[[str, Any], Any] | None:
        """What becomes of a result inside a line."""
        if not self.inner:
            return None

        def rounded(operation: str, value: Any) -> Any:
            if self.inner == "products" and operation in ("+", "-", "~"):
                return value
            if self.inner == "unseen" and operation != "unseen":
                return value
            return self.rounded(value, digits)

        return rounded

    def text(self, value: Any, kept: Any, digits: int, exact: bool) -> str:
        """What is written: `value` is what the line gave, `kept` what is used from then on."""
        if self.floats:
            return repr(float(value))
        if exact:
            return _fraction(Fraction(value), self.fractions)
        shown = self.rounded(kept, digits)
        plain = format(shown, "f")
        if self.zeros == "pad" and not isinstance(value, int):
            return plain
        if self.zeros == "natural" and as_decimal(value) != shown:
            return plain
        return plain.rstrip("0").rstrip(".") if "." in plain else plain


def short(value: Any) -> bool:
    """Whether a fraction is short enough to be written and worked with by hand."""
    return isinstance(value, int) or (
        isinstance(value, Fraction) and value.denominator < 10**9 and abs(value.numerator) < 10**10
    )


def _fraction(value: Fraction, bar: bool) -> str:
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1 or (bar and value.denominator > 1 and value.denominator <= 10_000):
        return f"{value.numerator}/{value.denominator}"
    return format((Decimal(value.numerator) / Decimal(value.denominator)).normalize(), "f")


def draw(name: str, source: random.Random) -> Style:
    """A style of that name, with the rest of it drawn."""
    pad = source.choice(["natural", "natural", "pad"])
    hidden, even = source.random() < 0.6, source.random() < 0.15
    carried = Style(name, "places", (source.choice([3, 4, 4, 4, 5, 6]),), zeros=pad, hidden_rounded=hidden, even=even)
    if name.startswith("carried "):
        return replace(carried, digits=(int(name[-1]),))
    match name:
        case "full precision":
            if source.random() < 0.4:
                return Style(name, "", (16,), carried=0, floats=True, hidden_rounded=False)
            return Style(name, "places", (source.randint(8, 12),), carried=0, zeros=pad, hidden_rounded=False)
        case "fewer shown":
            shown = source.choice([2, 3, 3, 4, 4, 5])
            more = source.choice([0, 0, shown + 1, shown + 2, shown + 3])
            return replace(carried, digits=(shown,), carried=more, hidden_rounded=hidden and bool(more))
        case "mixed decimals":
            few = source.choice([2, 3, 3, 4])
            places = tuple(range(few, few + source.choice([2, 3, 3, 4])))
            return replace(carried, digits=places, zeros="natural")  # who varies the places fills nothing up
        case "significant figures":
            return replace(carried, unit="figures", digits=(source.choice([3, 3, 4, 4, 5, 6]),))
        case "cut off":
            return replace(carried, cut=True, even=False)
        case "products rounded":
            return replace(carried, inner="products", hidden_rounded=True)
        case "slopes unseen":
            return replace(carried, inner="unseen", hidden_rounded=True)
        case "zeros dropped":
            return replace(carried, zeros="drop")
        case "exact":
            return replace(carried, digits=(source.choice([4, 5, 6]),), fractions=source.random() < 0.5)
        case "mean inside" | "target minus output":
            return carried
    raise ValueError(name)
