"""Dialects whose names and numbers show what they stand for: coloured by role, or with the id of the quantity.

A name is painted as a whole, with its index, and a derivative of the loss as one name; a number that was put in for a
name has its colour. The colours are not known here: the documents define them, under the names of the roles.
"""

from __future__ import annotations

import re
from html import escape

from derive.formula.dialect import Printed
from derive.formula.mathml import MathML
from derive.formula.tex import Tex
from derive.formula.typst import Typst
from derive.notation import Name
from derive.palette import RoleName, formula_command

_TAG = re.compile(r"<\w+")


class SourceTex(Tex):
    """TeX of a document that people edit."""

    def name(self, name: Name) -> Printed:
        """Without the space before an index that only Markdown needs."""
        return super().name(name._replace(tex=name.tex.replace("}_ {", "}_{")))


class PaintedTex(SourceTex):
    """Each role is a command, defined by `palette.tex_definitions`."""

    bare = SourceTex()

    def painted(self, name: Printed, key: str, role: RoleName) -> Printed:
        return name if role == "neutral" else name._replace(text=rf"\{formula_command(role)}{{{name.text}}}")


class PaintedTypst(Typst):
    """Each role is a function, defined by `palette.typst_definitions`."""

    bare = Typst()

    def painted(self, name: Printed, key: str, role: RoleName) -> Printed:
        return name if role == "neutral" else name._replace(text=f"{formula_command(role)}({name.text})")


class PaintedMathML(MathML):
    """The outermost element of a name has the class of its role."""

    bare = MathML()

    def painted(self, name: Printed, key: str, role: RoleName) -> Printed:
        return name._replace(text=_with(name.text, f'class="q-{role}"'))


class TracedMathML(PaintedMathML):
    """The id of the quantity too, so that a script can find its place in a picture."""

    def painted(self, name: Printed, key: str, role: RoleName) -> Printed:
        return name._replace(text=_with(name.text, f'class="q-{role}" data-quantity="{escape(key)}"'))


def _with(element: str, attributes: str) -> str:
    """An element with attributes; the mark of a number that is put in later gets an element for them."""
    painted, found = _TAG.subn(rf"\g<0> {attributes}", element, count=1)
    return painted if found else f"<mrow {attributes}>{element}</mrow>"
