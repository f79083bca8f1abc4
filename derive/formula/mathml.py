"""Presentation MathML, in the part that browsers draw (MathML Core), with the widths of the same formula in TeX.

A formula is printed from its tree, not translated from printed TeX: measured on the built-in examples, latex2mathml
needs about 0.35 ms for a formula, takes `out` in `\\mathrm{out}` for the product of three letters, marks a bold delta
and the columns of a table by attributes that browsers no longer read, and cannot know where a product is invisible.

A printed formula is a row of elements, and one element when it holds together as tightly as a power. A row may be
broken at any sign, so signs say their form. Brackets in one row grow by themselves; those that close on another row
get a size.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import ClassVar

from derive.formula.dialect import ATOM, POWER, PRODUCT, SUM, Printed
from derive.formula.names import Command, Font, Fraction, Part, Parts, Run, Scripts, Through, read_name
from derive.formula.typeset import Typeset
from derive.functions import COMMANDS, spelling
from derive.notation import Name

APPLY, TIMES, PRIMES = "<mo>\u2061</mo>", '<mo lspace="0.09em" rspace="0.09em">\u2062</mo>', "′″‴"
OPEN, TALL_OPEN = '<mrow><mo stretchy="false">(</mo>', "<mrow><mo>(</mo>"
CLOSE, TALL_CLOSE = '<mo stretchy="false">)</mo></mrow>', "<mo>)</mo></mrow>"
WORD = 3
"""So many letters in a row are a word; fewer are letters side by side, such as the two indices of a weight."""

_GREEK = {"varepsilon": "ε", "epsilon": "ϵ", "varphi": "φ", "phi": "ϕ"}
# A bar with accent="true" touches its letter.
_ACCENTS = {
    "tilde": ('<mover accent="true">', "˜"),
    "hat": ('<mover accent="true">', "^"),
    "bar": ("<mover>", "¯"),
}
_BOLD = {"mathbf": "MATHEMATICAL BOLD", "boldsymbol": "MATHEMATICAL BOLD ITALIC"}


@lru_cache(maxsize=20000)
def mathml_name(tex: str) -> str:
    r"""A name as one MathML element, from its TeX; ValueError for what no name can hold.

    >>> mathml_name(r"\mathrm{out}_ {h1}")
    '<msub><mi>out</mi><mrow><mi>h</mi><mn>1</mn></mrow></msub>'
    """
    return _row(read_name(tex))


def _row(parts: Parts) -> str:
    elements = [element for part in parts for element in _elements(part)]
    return elements[0] if len(elements) == 1 else f"<mrow>{''.join(elements)}</mrow>"


def _elements(part: Part) -> list[str]:
    match part:
        case Run(text) if text.isalpha():
            return [f"<mi>{letters}</mi>" for letters in ([text] if len(text) >= WORD else text)]
        case Run(text) if text.isdigit():
            return [f"<mn>{text}</mn>"]
        case Run(","):
            return ["<mo>,</mo>"]
        case Run(text):
            form = "postfix" if text in ")]" else "prefix"
            return [f'<mo form="{form}" stretchy="false">{"−" if text == "-" else text}</mo>']
        case Command("times"):
            return [TIMES]
        case Command("partial"):
            return ["<mi>∂</mi>"]
        case Command(name):
            return [f"<mi>{name if name in COMMANDS else greek(name)}</mi>"]
        case Font(font, body):
            return [_font(font, body)]
        case Scripts(base, below, above):
            tag = "msubsup" if below and above else "msub" if below else "msup"
            return [f"<{tag}>{_row((base,))}{''.join(_row(script) for script in (below, above) if script)}</{tag}>"]
        case Fraction(over, under):
            return [f"<mfrac>{_row(over)}{_row(under)}</mfrac>"]
        case Through(body):
            return [f'<mrow>{_row(body)}<mo fence="true" form="postfix">|</mo></mrow>']


def greek(name: str) -> str:
    """The letter of a command."""
    kind = "CAPITAL" if name[0].isupper() else "SMALL"
    spelling = "LAMDA" if name.lower() == "lambda" else name.upper()
    return _GREEK.get(name) or unicodedata.lookup(f"GREEK {kind} LETTER {spelling}")


def _font(font: str, body: Parts) -> str:
    if font in _ACCENTS:
        mover, mark = _ACCENTS[font]
        return f'{mover}{_row(body)}<mo stretchy="false">{mark}</mo></mover>'
    match body:
        case (Run(text),) if text.isalpha() and font in _BOLD:
            return f"<mi>{''.join(_bold(letter, font) for letter in text)}</mi>"
        case (Command(name),) if font in _BOLD and name not in COMMANDS:
            return f"<mi>{_bold(greek(name), font)}</mi>"
        case (Run(text),) if text.isalpha() and font != "mathit":
            # A single letter in <mi> leans unless told otherwise.
            return f'<mi mathvariant="normal">{text}</mi>' if len(text) == 1 else f"<mi>{text}</mi>"
    return _row(body)


def _bold(letter: str, font: str) -> str:
    called = unicodedata.name(letter).removeprefix("LATIN ").removeprefix("GREEK ").removeprefix("LUNATE ")
    kind, _, name = called.partition(" LETTER ")  # ϕ and ϵ are symbols, not letters
    return unicodedata.lookup(f"{_BOLD[font]} {kind} {name}" if name else f"{_BOLD[font]} {kind}")


class MathML(Typeset):
    """What stands between `<math>` and `</math>`."""

    plus, minus, dot = (f' <mo form="infix">{sign}</mo> ' for sign in "+−·")
    thin = TIMES
    negative = '<mo form="prefix">−</mo>'
    relations: ClassVar = {"<": "&lt;", ">": "&gt;", "<=": "≤", ">=": "≥", "!=": "≠"}

    def spelt_name(self, tex: str) -> str:
        return mathml_name(tex)

    def number(self, text: str) -> Printed:
        digits = f"<mn>{escape(self.spelt(text.removeprefix('-')))}</mn>"
        return super().number(text)._replace(text=f"<mrow>{self.negative}{digits}</mrow>" if text[0] == "-" else digits)

    def answer(self, result: Printed) -> Printed:
        return result._replace(text=f'<mrow class="answer">{result.text}</mrow>')

    def digits(self, text: str) -> str:
        return self.spelt(text).replace("-", "−")

    def blank(self, digits: str, characters: int) -> Printed:
        inner = f"<mn>{digits}</mn>" if digits else ""
        text = f'<mpadded class="gap" width="4.4em" lspace="0.6em" height="1.1em" depth="0.45em">{inner}</mpadded>'
        return Printed(text, ATOM, 4.4, numeric=True)

    def brackets(self, tall: bool) -> tuple[str, str]:
        return (TALL_OPEN, TALL_CLOSE) if tall else (OPEN, CLOSE)

    def open_bracket(self, tall: bool) -> str:
        return f'<mo form="prefix" {_size(tall)}>(</mo>'

    def close_bracket(self, tall: bool) -> str:
        return f'<mo form="postfix" {_size(tall)}>)</mo>'

    def fraction(self, above: Printed, below: Printed) -> Printed:
        width = max(above.width, below.width) * 0.85 + 0.3
        return Printed(f"<mfrac>{_one(above)}{_one(below)}</mfrac>", ATOM, width, tall=True)

    def power(self, base: Printed, exponent: Printed) -> Printed:
        if ("<msup>" in base.text or "<msubsup>" in base.text or base.tall) and not base.opened:
            base = self.bracket(base)
        width = base.width + exponent.width * 0.7
        return base._replace(text=_raised(base, _one(exponent)), level=POWER, width=width, minus=False)

    def call(self, function: str, args: Sequence[Printed]) -> Printed:
        how = spelling(function)
        match how.shape:
            case "power":
                return Printed(f"<msup><mi>e</mi>{_one(args[0])}</msup>", POWER, 0.5 + 0.7 * args[0].width)
            case "bars":
                left, right = (f'<mo form="{form}" fence="true">|</mo>' for form in ("prefix", "postfix"))
                return Printed(f"<mrow>{left}{args[0].text}{right}</mrow>", ATOM, args[0].width + 0.6)
            case "root":
                return Printed(f"<msqrt>{args[0].text}</msqrt>", ATOM, args[0].width + 0.8, tall=args[0].tall)
            case "constant":
                return Printed(f"<mi>{how.mathml}</mi>", ATOM, 0.6)
        text = f"<mo>{self.apart}</mo>".join(a.text for a in args)
        inner = self.bracket(Printed(text, SUM, sum(a.width + 0.4 for a in args), tall=any(a.tall for a in args)))
        if how.bare and args[0].level == ATOM and not args[0].minus and not args[0].tall:
            inner = args[0]._replace(text=f'<mspace width="0.17em"/>{args[0].text}')
        return Printed(f"<mi>{how.mathml}</mi>{APPLY}{inner.text}", PRODUCT, inner.width + how.width, tall=inner.tall)

    def cases(self, lines: Sequence[tuple[Printed, Printed | None]]) -> Printed:
        sides = [(v.text, f"<mtext>if\u00a0</mtext>{c.text}" if c else "<mtext>otherwise</mtext>") for v, c in lines]
        rows = [f"<mtr><mtd>{value}</mtd><mtd>{condition}</mtd></mtr>" for value, condition in sides]
        table = f'<mtable class="cases" columnalign="left">{"".join(rows)}</mtable>'
        text = f'<mrow><mo form="prefix">{{</mo>{table}</mrow>'
        width = max(value.width + (condition.width if condition else 3) for value, condition in lines) + 2.5
        return Printed(text, SUM, width, tall=True)

    def derivative(self, of: Printed, wrt: Printed, total: bool) -> Printed:
        d = '<mi mathvariant="normal">d</mi>' if total else "<mi>∂</mi>"
        text = f"<mfrac><mrow>{d}{of.text}</mrow><mrow>{d}{wrt.text}</mrow></mfrac>"
        return Printed(text, ATOM, max(of.width, wrt.width) * 0.85 + 1, tall=True)

    def sum_over(self, index: Name, last: str, body: Printed) -> Printed:
        limits = f"<mrow>{mathml_name(index.tex)}<mo>=</mo><mn>1</mn></mrow>{mathml_name(last)}"
        text = f"<mrow><munderover><mo>∑</mo>{limits}</munderover>{body.text}</mrow>"
        return Printed(text, PRODUCT, body.width + 1.6, tall=True, opened=True)

    def apply(self, letter: Name, arg: Printed, primes: int) -> Printed:
        inner, text = self.bracket(arg), mathml_name(letter.tex)
        if primes:
            text = f"<msup>{text}<mo>{PRIMES[primes - 1]}</mo></msup>"
        return Printed(f"<mrow>{text}{APPLY}{inner.text}</mrow>", ATOM, inner.width + 0.8, tall=inner.tall)

    def matrix(self, rows: Sequence[Sequence[Printed]]) -> Printed:
        lines = ("".join(f"<mtd>{entry.text}</mtd>" for entry in row) for row in rows)
        body = "".join(f"<mtr>{line}</mtr>" for line in lines)
        width = sum(max(row[k].width for row in rows) + 1 for k in range(len(rows[0])))
        text = f"<mrow><mo>[</mo><mtable>{body}</mtable><mo>]</mo></mrow>"
        return Printed(text, ATOM, width + 0.2, tall=True)

    def matrix_product(self, factors: Sequence[Printed], hadamard: bool) -> Printed:
        width = sum(f.width for f in factors) + (0.9 if hadamard else 0.2) * (len(factors) - 1)
        sign = ' <mo form="infix">⊙</mo> ' if hadamard else TIMES
        return Printed(sign.join(f.text for f in factors), PRODUCT, width, tall=any(f.tall for f in factors))

    def transpose(self, inner: Printed) -> Printed:
        single = _bracketed(inner.text) or not ("<msup>" in inner.text or "<msubsup>" in inner.text)
        closed = inner.level == ATOM and single
        base, extra = (inner, 0.5) if closed else (self.bracket(inner), 1.4)
        text = _raised(base, '<mi mathvariant="normal">T</mi>')
        return Printed(text, POWER, inner.width + extra, tall=inner.tall)

    def gathered(
        self,
        kind: str,
        runs: Sequence[tuple[Printed, Printed, Printed]],
        conditions: Sequence[Printed],
        body: Printed,
    ) -> Printed:
        where = f"<mo>{self.apart}</mo>".join(condition.text for condition in conditions)
        width = body.width + 1.6 * max(len(runs), 1) + 0.7 * sum(condition.width for condition in conditions)
        if kind in ("sum", "prod"):
            sign, text = {"sum": "∑", "prod": "∏"}[kind], ""
            for place, (letter, low, high) in enumerate(runs, 1):
                also = f"<mo>{self.apart}</mo>{where}" if where and place == len(runs) else ""
                below = f"<mrow>{letter.text}<mo>=</mo>{low.text}{also}</mrow>"
                text += f"<munderover><mo>{sign}</mo>{below}<mrow>{high.text}</mrow></munderover>"
            return Printed(f"<mrow>{text}{body.text}</mrow>", PRODUCT, width, tall=True, opened=True)
        spans = [f"{low.text}<mo>≤</mo>{letter.text}<mo>≤</mo>{high.text}" for letter, low, high in runs]
        below = f"<mo>{self.apart}</mo>".join([*spans, where] if where else spans)
        text = f"<munder><mi>{kind}</mi><mrow>{below}</mrow></munder>"
        return Printed(f"<mrow>{text}{APPLY}{body.text}</mrow>", PRODUCT, width + 2.5 * len(runs), tall=True)

    def holds(self, conditions: Sequence[Printed]) -> Printed:
        inner = f"<mo>{self.apart}</mo>".join(condition.text for condition in conditions)
        text = f"<mrow><mo>[</mo>{inner}<mo>]</mo></mrow>"
        return Printed(text, ATOM, sum(condition.width + 0.4 for condition in conditions) + 0.4)

    def words(self, text: str) -> Printed:
        # Blanks at the ends of an element do not count.
        shown = escape(text, quote=False).replace(" ", "\u00a0")
        return Printed(f"<mtext>{shown}</mtext>" if text else "", ATOM, 0.5 * len(text))

    def relation(self, sign: str) -> str:
        return f'<mo form="infix">{self.relations.get(sign, sign)}</mo>'


def _bracketed(text: str) -> bool:
    return text.startswith((OPEN, TALL_OPEN, "<mrow><mo>[</mo>"))


def _one(printed: Printed) -> str:
    """The formula as one element: what a script or a fraction needs."""
    return printed.text if printed.level >= POWER and printed.text else f"<mrow>{printed.text}</mrow>"


def _raised(base: Printed, exponent: str) -> str:
    """A base with an exponent, which stands right above the index if it has one."""
    indexed = base.text.removeprefix("<msub>").removesuffix("</msub>")
    if len(indexed) == len(base.text) - len("<msub></msub>") and "<msub>" not in indexed:
        return f"<msubsup>{indexed}{exponent}</msubsup>"
    return f"<msup>{_one(base)}{exponent}</msup>"


def _size(tall: bool) -> str:
    return 'stretchy="true" minsize="1.8em" maxsize="1.8em"' if tall else 'stretchy="false"'
