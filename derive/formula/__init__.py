"""Printing: a formula tree and a notation become TeX or plain text, and long lines are laid out in rows.

One printer walks the trees and decides brackets from precedence; a dialect says how each construct is spelt. Signs
and brackets are right by construction: no printed string is ever edited. Quantities get their names from a `Namer`.
"""

from derive.formula.dialect import Dialect, Printed
from derive.formula.lines import LINE_WIDTH, Line, PrintedRow, lay_out
from derive.formula.nodes import Gathered, Holds, Named, Relation, Run
from derive.formula.printer import SPELT_OUT, Printer
from derive.formula.tex import Tex
from derive.formula.text import Text

__all__ = [
    "LINE_WIDTH",
    "SPELT_OUT",
    "Dialect",
    "Gathered",
    "Holds",
    "Line",
    "Named",
    "Printed",
    "PrintedRow",
    "Printer",
    "Relation",
    "Run",
    "Tex",
    "Text",
    "lay_out",
]
