r"""The TeX of Markdown, in the spelling of each of its readers, and their colours.

GitHub runs its Markdown parser over formulas, so that a backslash before a sign is lost (`\cr` for `\\`, `\thinspace`
for `\,`), and refuses commands that could hide text, `\operatorname`, `\mbox` and `\phantom` among them. Pandoc, and
Quarto with it, knows neither `\cr` nor `\thinspace`; it and MyST leave formulas alone, and take the usual spelling.
"""

from __future__ import annotations

from derive.formula import Tex
from derive.formula.dialect import ATOM, Printed
from derive.palette import ROLES, RoleName


class MarkdownTex(Tex):
    """TeX that GitHub and its Markdown parser leave as it is."""

    thin = r"\thinspace "
    row_end = r" \cr "
    after_name = r"\thinspace "
    gap = r"\quad ?\quad"
    """What stands in the frame of a number that is not printed: GitHub has no way to leave room."""

    def spelt_name(self, tex: str) -> str:
        r"""A name in upright letters where it is that of an operator.

        >>> MarkdownTex().spelt_name(r"\operatorname{ReLU}")
        '\\mathrm{ReLU}'
        """
        return tex.replace(r"\operatorname{", r"\mathrm{")

    def blank(self, digits: str, characters: int) -> Printed:
        """A frame with a sign for the number that belongs there; Markdown has no macros."""
        return Printed(rf"\boxed{{{digits or self.gap}}}", ATOM, self.blank_width, numeric=True)


class FlavouredTex(MarkdownTex):
    """TeX between dollar signs as pandoc, Quarto and MyST read it: nothing is done to it on the way."""

    thin, row_end, after_name = Tex.thin, Tex.row_end, Tex.thin

    def spelt_name(self, tex: str) -> str:
        """Without the space before an index that only GitHub needs."""
        return super().spelt_name(tex).replace("}_ {", "}_{")


class PaintedMarkdownTex(MarkdownTex):
    """Each role is a colour by its number, for Markdown knows no definitions. Not every reader shows it."""

    bare: MarkdownTex | None = MarkdownTex()

    def painted(self, name: Printed, key: str, role: RoleName) -> Printed:
        if role == "neutral":
            return name
        return name._replace(text=rf"{{\color{{{ROLES[role].ink.light}}}{name.text}}}")


class PaintedFlavouredTex(PaintedMarkdownTex, FlavouredTex):
    """The same for pandoc, Quarto and MyST."""

    bare = FlavouredTex()
