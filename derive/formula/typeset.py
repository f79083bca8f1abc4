"""What all dialects that are typeset have in common: how wide a formula is estimated to be, and how factors stand.

The widths are those of TeX, in em, so that a formula breaks at the same signs in every format.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from derive.formula.dialect import ATOM, PRODUCT, Dialect, Printed
from derive.notation import Name


@lru_cache(maxsize=20000)
def tex_width(tex: str) -> float:
    """An estimate in em of a name's width as typeset: letters and digits count, indices count less.

    >>> tex_width("w_{5}") < tex_width(r"\\mathrm{out}_{h1}") < tex_width(r"\\mathrm{prediction}")
    True
    """
    total, depth_small, stack = 0.0, 0, []
    for token in re.findall(r"\\[a-zA-Z]+|\\.|[_^{}]|.", tex):
        if token in "_^":
            stack.append("script")
            continue
        if token == "{":
            script = bool(stack) and stack[-1] == "script"
            if script:
                stack[-1] = "open-script"
                depth_small += 1
            else:
                stack.append("open")
            continue
        if token == "}":
            if stack and stack.pop() == "open-script":
                depth_small -= 1
            continue
        small = depth_small > 0 or bool(stack and stack[-1] == "script")
        if stack and stack[-1] == "script":
            stack.pop()
        if re.fullmatch(r"\\(mathrm|mathbf|mathit|text|tilde|bar|hat|boldsymbol|operatorname|left|right)", token):
            continue
        total += (0.42 if small else 0.6) * (0.3 if token in ("\\,", " ") else 1)
    return total


class Typeset(Dialect):
    """A dialect whose formulas a program typesets; such a dialect spells the names and the brackets."""

    @abstractmethod
    def spelt_name(self, tex: str) -> str:
        """A name, from its TeX."""

    @abstractmethod
    def brackets(self, tall: bool) -> tuple[str, str]:
        """Two brackets that close on the same row."""

    def name(self, name: Name) -> Printed:
        text = self.spelt_name(name.tex)
        if name.tex.startswith(r"\frac"):
            above, _, below = name.tex.partition("}{")
            return Printed(text, ATOM, max(tex_width(above), tex_width(below)) * 0.85 + 0.3, tall=True)
        return Printed(text, ATOM, tex_width(name.tex), tall=name.tex.startswith(r"\left"))

    def number(self, text: str) -> Printed:
        width = 0.5 * len(text) + (0.5 if text[0] == "-" else 0)
        return Printed(self.spelt(text), ATOM, width, text[0] == "-", text[0] != "-")

    def bracket(self, inner: Printed) -> Printed:
        left, right = self.brackets(inner.tall)
        return Printed(
            f"{left}{inner.text}{right}",
            ATOM,
            inner.width + 0.9,
            tall=inner.tall,
            opened=True,
            negative=inner.minus and not inner.added,
        )

    def product(self, factors: Sequence[Printed]) -> Printed:
        text, width = factors[0].text, factors[0].width
        for before, factor in pairwise(factors):
            sign = self.times(before, factor)
            text += sign + factor.text
            width += factor.width + (0.75 if sign == self.dot else 0.2)
        first = factors[0]
        return first._replace(text=text, level=PRODUCT, width=width, tall=any(f.tall for f in factors), added=False)
