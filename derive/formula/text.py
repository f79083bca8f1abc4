"""Plain text on one line."""

from __future__ import annotations

from collections.abc import Sequence

from derive.formula.dialect import ATOM, POWER, PRODUCT, SUM, Dialect, Printed
from derive.functions import spelling
from derive.notation import Name


class Text(Dialect):
    """Plain text on one line, in the syntax that `derive check` reads."""

    def name(self, name: Name) -> Printed:
        return Printed(name.text, ATOM, len(name.text))

    def number(self, text: str) -> Printed:
        return Printed(self.spelt(text), ATOM, len(text), text[0] == "-", text[0] != "-")

    def blank(self, digits: str, characters: int) -> Printed:
        text = digits or "____"
        return Printed(text, ATOM, len(text), numeric=True)

    def bracket(self, inner: Printed) -> Printed:
        return Printed(f"({inner.text})", ATOM, inner.width + 2)

    def product(self, factors: Sequence[Printed]) -> Printed:
        text = "*".join(f.text for f in factors)
        return Printed(text, PRODUCT, len(text), factors[0].minus, factors[0].numeric)

    def times(self, before: Printed, factor: Printed) -> str:
        return "*"

    def open_bracket(self, tall: bool) -> str:
        return "("

    def close_bracket(self, tall: bool) -> str:
        return ")"

    def fraction(self, above: Printed, below: Printed) -> Printed:
        over = above if above.level >= PRODUCT and not above.minus else self.bracket(above)
        under = below if below.level >= POWER and not below.minus else self.bracket(below)
        text = f"{over.text}/{under.text}"
        # As a factor of a product or the base of a power a quotient needs brackets in one line of text.
        return Printed(text, SUM + 0, len(text))

    def power(self, base: Printed, exponent: Printed) -> Printed:
        up = exponent if exponent.level == ATOM and not exponent.minus else self.bracket(exponent)
        text = f"{base.text}^{up.text}"
        return Printed(text, POWER, len(text))

    def call(self, function: str, args: Sequence[Printed]) -> Printed:
        if spelling(function).shape == "constant":
            return Printed(function, ATOM, len(function))
        text = f"{function}({f'{self.apart} '.join(a.text for a in args)})"
        return Printed(text, ATOM, len(text))

    def cases(self, lines: Sequence[tuple[Printed, Printed | None]]) -> Printed:
        text = "; ".join(f"{value.text} if {c.text}" if c else f"{value.text} otherwise" for value, c in lines)
        return Printed(f"{{{text}}}", ATOM, len(text))

    def derivative(self, of: Printed, wrt: Printed, total: bool) -> Printed:
        text = f"d{of.text}/d{wrt.text}"
        return Printed(text, ATOM, len(text))

    def sum_over(self, index: Name, last: str, body: Printed) -> Printed:
        text = f"sum({body.text}, {index.text}=1..{last})"
        return Printed(text, ATOM, len(text))

    def apply(self, letter: Name, arg: Printed, primes: int) -> Printed:
        text = f"{letter.text}{chr(39) * primes}({arg.text})"
        return Printed(text, ATOM, len(text))

    def matrix(self, rows: Sequence[Sequence[Printed]]) -> Printed:
        text = "[" + "; ".join(", ".join(entry.text for entry in row) for row in rows) + "]"
        return Printed(text, ATOM, len(text))

    def matrix_product(self, factors: Sequence[Printed], hadamard: bool) -> Printed:
        text = (" .* " if hadamard else " ").join(f.text for f in factors)
        return Printed(text, PRODUCT, len(text))

    def transpose(self, inner: Printed) -> Printed:
        return Printed(f"{inner.text}^T", POWER, inner.width + 2)

    def gathered(
        self,
        kind: str,
        runs: Sequence[tuple[Printed, Printed, Printed]],
        conditions: Sequence[Printed],
        body: Printed,
    ) -> Printed:
        ranges = ", ".join(f"{letter.text} in {low.text}..{high.text}" for letter, low, high in runs)
        where = " and ".join(condition.text for condition in conditions)
        text = f"{kind}({body.text} for {ranges}{f' if {where}' if where else ''})"
        return Printed(text, ATOM, len(text))

    def holds(self, conditions: Sequence[Printed]) -> Printed:
        text = f"[{' and '.join(condition.text for condition in conditions)}]"
        return Printed(text, ATOM, len(text))

    def words(self, text: str) -> Printed:
        return Printed(text, ATOM, len(text))

    def relation(self, sign: str) -> str:
        return sign
