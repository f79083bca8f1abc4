"""Worksheets and answer keys: one document, printed once with slots and filled for any numbers.

    sheet = compile_sheet("mazur", SheetOptions())
    numbers = sheet.numbers()
    sheet.worksheet(numbers, "md"), sheet.key(numbers, "md"), sheet.answers(numbers)

`items` knows what can be asked, `asked` what `--ask` means, `questions` which of it is, `blanks` how much of a line is
printed, `page` builds the document, `numbers` computes what is put in. The symbolic work is done when the sheet is
compiled; a set of numbers costs one run of the problem's program and the joining of texts. `compiled` chooses the kind
of sheet: `sheet` asks for numbers, `choosing` for letters of numbers, `finding` for mistakes in a worked calculation.
`answers` has the forms in which students answer.
"""

from __future__ import annotations

from derive.worksheet.boxes import Box
from derive.worksheet.compiled import compile_sheet, sheet_problem
from derive.worksheet.head import dressed
from derive.worksheet.logo import Logo
from derive.worksheet.numbers import KeyRow, SheetNumbers
from derive.worksheet.options import BLANKS, LONGEST_DECIMALS, TOPICS, Advice, Header, SheetOptions
from derive.worksheet.several import Sheets
from derive.worksheet.sheet import Sheet

__all__ = [
    "BLANKS",
    "LONGEST_DECIMALS",
    "TOPICS",
    "Advice",
    "Box",
    "Header",
    "KeyRow",
    "Logo",
    "Sheet",
    "SheetNumbers",
    "SheetOptions",
    "Sheets",
    "compile_sheet",
    "dressed",
    "sheet_problem",
]
