"""TeX mathematics."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from derive.formula.dialect import ATOM, POWER, PRODUCT, SUM, Printed
from derive.formula.typeset import Typeset
from derive.functions import spelling
from derive.notation import Name


class Tex(Typeset):
    """TeX mathematics that LaTeX with amsmath, MathJax and KaTeX all accept."""

    dot = r" \cdot "
    blank_width = 4.4
    thin, row_end = r"\,", r" \\ "
    after_name = ""
    """What stands between the name of an operator with its range and what it is taken of."""
    relations: ClassVar = {"<=": r"\le", ">=": r"\ge", "≈": r"\approx", "!=": r"\ne"}
    nearly = r"\approx"
    comma = "{,}"

    def spelt_name(self, tex: str) -> str:
        return tex

    def answer(self, result: Printed) -> Printed:
        return result._replace(text=rf"\mathbf{{{result.text}}}", width=1.15 * result.width)

    def blank(self, digits: str, characters: int) -> Printed:
        # A macro of the worksheet's preamble, which hides its argument unless the answers are printed.
        return Printed(rf"\blank{{{digits}}}", ATOM, self.blank_width, numeric=True)

    def brackets(self, tall: bool) -> tuple[str, str]:
        return (r"\left(", r"\right)") if tall else ("(", ")")

    def open_bracket(self, tall: bool) -> str:
        return r"\Bigl(" if tall else r"\bigl("

    def close_bracket(self, tall: bool) -> str:
        return r"\Bigr)" if tall else r"\bigr)"

    def fraction(self, above: Printed, below: Printed) -> Printed:
        return Printed(
            rf"\frac{{{above.text}}}{{{below.text}}}",
            ATOM,
            max(above.width, below.width) * 0.85 + 0.3,
            tall=True,
        )

    def power(self, base: Printed, exponent: Printed) -> Printed:
        if ("^" in base.text or base.tall) and not base.opened:
            base = self.bracket(base)
        text = f"{base.text}^{{{exponent.text}}}"
        return base._replace(text=text, level=POWER, width=base.width + exponent.width * 0.7, minus=False)

    def call(self, function: str, args: Sequence[Printed]) -> Printed:
        how = spelling(function)
        match how.shape:
            case "power":
                return Printed(f"e^{{{args[0].text}}}", POWER, 0.5 + 0.7 * args[0].width)
            case "bars":
                return Printed(rf"\lvert {args[0].text} \rvert", ATOM, args[0].width + 0.6)
            case "root":
                return Printed(rf"\sqrt{{{args[0].text}}}", ATOM, args[0].width + 0.8, tall=args[0].tall)
            case "constant":
                return Printed(how.tex, ATOM, 0.6)
        joined = Printed(
            f"{self.apart}{self.thin}".join(a.text for a in args),
            SUM,
            sum(a.width + 0.4 for a in args),
            tall=any(a.tall for a in args),
        )
        inner = self.bracket(joined)
        if how.bare and args[0].level == ATOM and not args[0].minus and not args[0].tall:
            inner = args[0]._replace(text=f" {args[0].text}")
        return Printed(f"{self.spelt_name(how.tex)}{inner.text}", PRODUCT + 0, inner.width + how.width, tall=inner.tall)

    def cases(self, lines: Sequence[tuple[Printed, Printed | None]]) -> Printed:
        rows = [(v.text, rf"\text{{if }} {c.text}" if c else r"\text{otherwise}") for v, c in lines]
        body = self.row_end.join(f"{value} & {condition}" for value, condition in rows)
        width = max(value.width + (condition.width if condition else 3) for value, condition in lines) + 2.5
        return Printed(rf"\begin{{cases}} {body} \end{{cases}}", SUM, width, tall=True)

    def derivative(self, of: Printed, wrt: Printed, total: bool) -> Printed:
        d = r"\mathrm{d}" if total else r"\partial "
        return Printed(rf"\frac{{{d}{of.text}}}{{{d}{wrt.text}}}", ATOM, max(of.width, wrt.width) * 0.85 + 1, tall=True)

    def sum_over(self, index: Name, last: str, body: Printed) -> Printed:
        return Printed(
            rf"\sum_{{{index.tex}=1}}^{{{last}}} {body.text}", PRODUCT, body.width + 1.6, tall=True, opened=True
        )

    def apply(self, letter: Name, arg: Printed, primes: int) -> Printed:
        inner = self.bracket(arg)
        return Printed(
            f"{self.spelt_name(letter.tex)}{chr(39) * primes}{inner.text}", ATOM, inner.width + 0.8, tall=inner.tall
        )

    def matrix(self, rows: Sequence[Sequence[Printed]]) -> Printed:
        body = self.row_end.join(" & ".join(entry.text for entry in row) for row in rows)
        width = sum(max(row[k].width for row in rows) + 1 for k in range(len(rows[0])))
        return Printed(rf"\begin{{bmatrix}} {body} \end{{bmatrix}}", ATOM, width + 0.2, tall=True)

    def matrix_product(self, factors: Sequence[Printed], hadamard: bool) -> Printed:
        sign = r" \odot " if hadamard else self.thin
        width = sum(f.width for f in factors) + (0.9 if hadamard else 0.2) * (len(factors) - 1)
        return Printed(sign.join(f.text for f in factors), PRODUCT, width, tall=any(f.tall for f in factors))

    def transpose(self, inner: Printed) -> Printed:
        text = inner.text
        enclosed = inner.level == ATOM and text.startswith(("(", r"\left("))
        raised = re.search(r"\^(\{[^{}]*\}|.)$", text) or ("^{" in text and not text.startswith(r"\begin"))
        if raised and not enclosed:
            text = f"{{{text}}}" if not inner.tall else text
            return Printed(rf"\left({text}\right)^{{\mathsf{{T}}}}", POWER, inner.width + 1.4, tall=inner.tall)
        return Printed(rf"{text}^{{\mathsf{{T}}}}", POWER, inner.width + 0.5, tall=inner.tall)

    def gathered(
        self,
        kind: str,
        runs: Sequence[tuple[Printed, Printed, Printed]],
        conditions: Sequence[Printed],
        body: Printed,
    ) -> Printed:
        comma = f"{self.apart}{self.thin}"
        where = comma.join(condition.text for condition in conditions)
        width = body.width + 1.6 * max(len(runs), 1) + 0.7 * sum(condition.width for condition in conditions)
        if kind in ("sum", "prod"):
            signs = [rf"\{kind}_{{{letter.text}={low.text}" for letter, low, _ in runs]
            signs[-1] += comma + where if where else ""
            above = [f"}}^{{{high.text}}} " for _, _, high in runs]
            text = "".join(sign + limit for sign, limit in zip(signs, above, strict=True))
            return Printed(f"{text}{body.text}", PRODUCT, width, tall=True, opened=True)
        spans = [rf"{low.text} \le {letter.text} \le {high.text}" for letter, low, high in runs]
        below = comma.join([*spans, where] if where else spans)
        # A blank after a closing brace, so that Markdown sees no emphasis.
        known = kind in ("max", "min")
        name = rf"\{kind}_" if known else self.spelt_name(rf"\operatorname{{{kind}}}") + "_ "
        apart = "" if known else self.after_name
        return Printed(f"{name}{{{below}}} {apart}{body.text}", PRODUCT, width + 2.5 * len(runs), tall=True)

    def holds(self, conditions: Sequence[Printed]) -> Printed:
        text = f"{self.apart}{self.thin}".join(condition.text for condition in conditions)
        return Printed(f"[{text}]", ATOM, sum(condition.width + 0.4 for condition in conditions) + 0.4)

    def words(self, text: str) -> Printed:
        return Printed(rf"\text{{{text}}}" if text else "", ATOM, 0.5 * len(text))

    def relation(self, sign: str) -> str:
        return self.relations.get(sign, sign)

    def goes_on(self, mark: str) -> str:
        return rf"\quad {mark.strip()} "
