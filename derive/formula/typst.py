"""Typst mathematics, with the widths that the TeX of the same formula is estimated to have.

Brackets that open and close in one row are written as they are, and Typst lets them grow; those that close on another
row get a size. A blank stands between an identifier and a bracket, for without it Typst would call a function; none
stands before or after a word in quotation marks where it would be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from derive.formula.dialect import ATOM, POWER, PRODUCT, SUM, Printed
from derive.formula.marks import is_mark
from derive.formula.names import Command, Font, Fraction, Part, Parts, Run, Scripts, Through, read_name
from derive.formula.typeset import Typeset
from derive.functions import spelling
from derive.notation import Name

WORD = 3
"""So many letters in a row are a word; fewer are letters side by side, such as the two indices of a weight."""

_FONTS = {
    "mathrm": "upright({})",
    "text": "upright({})",
    "mathit": "italic({})",
    "mathbf": "upright(bold({}))",
    "boldsymbol": "bold({})",
    "tilde": "tilde({})",
    "bar": "macron({})",
    "hat": "hat({})",
    "operatorname": "op({})",
}
_COMMANDS = {
    "times": "thin",
    "partial": "∂",
    "varepsilon": "epsilon",
    "epsilon": "epsilon.alt",
    "varphi": "phi",
    "phi": "phi.alt",
}
_UPRIGHT = ("mathrm", "text", "mathbf", "operatorname")


@lru_cache(maxsize=20000)
def typst_name(tex: str) -> str:
    r"""A name in Typst, from its TeX; ValueError for what no name can hold.

    >>> typst_name(r"\mathrm{out}_ {h1}^{+}")
    'upright("out")_(h 1)^(+)'
    """
    return _parts(read_name(tex))


def _parts(parts: Parts, upright: bool = False) -> str:
    text = ""
    for part in parts:
        printed = _part(part, upright)
        close = not text or text[-1] in "([+∂" or printed in (")", "]", "+", ",")
        text += printed if close else f" {printed}"
    return text


def _part(part: Part, upright: bool) -> str:
    match part:
        case Run(text) if text.isalpha():
            if upright:
                return text if len(text) == 1 else f'"{text}"'
            return f'italic("{text}")' if len(text) >= WORD else " ".join(text)
        case Run(text):
            return text
        case Command(name):
            return _COMMANDS.get(name, name)
        case Font(font, body):
            return _FONTS[font].format(_parts(body, font in _UPRIGHT))
        case Scripts(base, below, above):
            scripts = [f"{mark}({_parts(script)})" for mark, script in (("_", below), ("^", above)) if script]
            return _part(base, upright) + "".join(scripts)
        case Fraction(over, under):
            return f"frac({_parts(over)}, {_parts(under)})"
        case Through(body):
            return f"lr({_parts(body)} |)"


class Typst(Typeset):
    """What stands between the dollar signs of a Typst equation."""

    dot, thin = " dot.op ", " thin "
    relations: ClassVar = {"≈": "approx"}
    nearly = "approx"
    blank_width = 4.4
    # A bare comma has a blank behind it, and among a function's arguments it separates them.
    comma = '","'
    plain_relations = frozenset({"=", "<", ">", "<=", ">=", "!="})

    @property
    def _list_mark(self) -> str:
        return "," if self.apart == "," else f'class("punctuation", "{self.apart}")'

    def spelt_name(self, tex: str) -> str:
        return typst_name(tex)

    def answer(self, result: Printed) -> Printed:
        return result._replace(text=f"bold({result.text})", width=1.15 * result.width)

    def digits(self, text: str) -> str:
        return self.in_words(text).replace("-", "−")

    def blank(self, digits: str, characters: int) -> Printed:
        return Printed(f'gap("{digits}")', ATOM, self.blank_width, numeric=True)

    def brackets(self, tall: bool) -> tuple[str, str]:
        return "(", ")"

    def open_bracket(self, tall: bool) -> str:
        return rf"lr(\(, size: #{'1.8em' if tall else '1.2em'}) "

    def close_bracket(self, tall: bool) -> str:
        return rf" lr(\), size: #{'1.8em' if tall else '1.2em'})"

    def fraction(self, above: Printed, below: Printed) -> Printed:
        width = max(above.width, below.width) * 0.85 + 0.3
        return Printed(f"frac({above.text}, {below.text})", ATOM, width, tall=True)

    def power(self, base: Printed, exponent: Printed) -> Printed:
        if ("^" in base.text or base.tall) and not base.opened:
            base = self.bracket(base)
        width = base.width + exponent.width * 0.7
        return base._replace(text=f"{base.text}^({exponent.text})", level=POWER, width=width, minus=False)

    def call(self, function: str, args: Sequence[Printed]) -> Printed:
        how = spelling(function)
        match how.shape:
            case "power":
                return Printed(f"e^({args[0].text})", POWER, 0.5 + 0.7 * args[0].width)
            case "bars":
                return Printed(f"abs({args[0].text})", ATOM, args[0].width + 0.6)
            case "root":
                return Printed(f"sqrt({args[0].text})", ATOM, args[0].width + 0.8, tall=args[0].tall)
            case "constant":
                return Printed(how.typst, ATOM, 0.6)
        text = f"{self._list_mark} ".join(a.text for a in args)
        inner = self.bracket(Printed(text, SUM, sum(a.width + 0.4 for a in args), tall=any(a.tall for a in args)))
        if how.bare and args[0].level == ATOM and not args[0].minus and not args[0].tall:
            inner = args[0]
        return Printed(f"{how.typst} {inner.text}", PRODUCT, inner.width + how.width, tall=inner.tall)

    def cases(self, lines: Sequence[tuple[Printed, Printed | None]]) -> Printed:
        rows = [(v.text, f'"if" {c.text}' if c else '"otherwise"') for v, c in lines]
        body = ", ".join(f"{value} & quad {condition}" for value, condition in rows)
        width = max(value.width + (condition.width if condition else 3) for value, condition in lines) + 2.5
        return Printed(f"cases({body})", SUM, width, tall=True)

    def derivative(self, of: Printed, wrt: Printed, total: bool) -> Printed:
        d = "upright(d)" if total else "∂"
        width = max(of.width, wrt.width) * 0.85 + 1
        return Printed(f"frac({d}{of.text}, {d}{wrt.text})", ATOM, width, tall=True)

    def sum_over(self, index: Name, last: str, body: Printed) -> Printed:
        return Printed(
            f"sum_({typst_name(index.tex)} = 1)^({last}) {body.text}", PRODUCT, body.width + 1.6, tall=True, opened=True
        )

    def apply(self, letter: Name, arg: Printed, primes: int) -> Printed:
        inner = self.bracket(arg)
        name = typst_name(letter.tex) + "'" * primes
        text = f"{name}{'' if name.endswith(')') else ' '}{inner.text}"
        return Printed(text, ATOM, inner.width + 0.8, tall=inner.tall)

    def matrix(self, rows: Sequence[Sequence[Printed]]) -> Printed:
        body = "; ".join(", ".join(entry.text for entry in row) for row in rows)
        width = sum(max(row[k].width for row in rows) + 1 for k in range(len(rows[0])))
        return Printed(f'mat(delim: "[", {body})', ATOM, width + 0.2, tall=True)

    def matrix_product(self, factors: Sequence[Printed], hadamard: bool) -> Printed:
        width = sum(f.width for f in factors) + (0.9 if hadamard else 0.2) * (len(factors) - 1)
        text = (" dot.o " if hadamard else " thin ").join(f.text for f in factors)
        return Printed(text, PRODUCT, width, tall=any(f.tall for f in factors))

    def transpose(self, inner: Printed) -> Printed:
        closed = inner.text.startswith(("(", "mat(")) or "^" not in inner.text
        base, extra = (inner.text, 0.5) if closed else (f"({inner.text})", 1.4)
        return Printed(f"{base}^(sans(T))", POWER, inner.width + extra, tall=inner.tall)

    def gathered(
        self,
        kind: str,
        runs: Sequence[tuple[Printed, Printed, Printed]],
        conditions: Sequence[Printed],
        body: Printed,
    ) -> Printed:
        where = f"{self._list_mark} ".join(condition.text for condition in conditions)
        width = body.width + 1.6 * max(len(runs), 1) + 0.7 * sum(condition.width for condition in conditions)
        if kind in ("sum", "prod"):
            sign = {"sum": "sum", "prod": "product"}[kind]
            signs = [f"{sign}_({letter.text} = {low.text}" for letter, low, _ in runs]
            signs[-1] += f", {where}" if where else ""
            text = "".join(f"{one})^({high.text}) " for one, (_, _, high) in zip(signs, runs, strict=True))
            return Printed(f"{text}{body.text}", PRODUCT, width, tall=True, opened=True)
        spans = [f"{low.text} <= {letter.text} <= {high.text}" for letter, low, high in runs]
        below = f"{self._list_mark} ".join([*spans, where] if where else spans)
        name = kind if kind in ("max", "min") else f'op("{kind}", limits: #true)'
        return Printed(f"{name}_({below}) {body.text}", PRODUCT, width + 2.5 * len(runs), tall=True)

    def holds(self, conditions: Sequence[Printed]) -> Printed:
        text = f"{self._list_mark} ".join(condition.text for condition in conditions)
        return Printed(f"[{text}]", ATOM, sum(condition.width + 0.4 for condition in conditions) + 0.4)

    def words(self, text: str) -> Printed:
        escaped = text.replace("\\", r"\\").replace('"', r"\"")
        return Printed(f'"{escaped}"' if text else "", ATOM, 0.5 * len(text))

    def relation(self, sign: str) -> str:
        return sign if sign in self.plain_relations or is_mark(sign) else self.relations[sign]
