"""Several problems on one sheet: their questions are numbered through, and they have one head and one key.

Every problem keeps its own form id, which stands over it: a sheet that is filled in is judged problem by problem, and
each finds its own part by that id.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cached_property, partial

from derive.document import figures
from derive.errors import InputError
from derive.render import format_of, pdf
from derive.render.escape import Escaped
from derive.render.filling import Filling, Template
from derive.render.formats import Format
from derive.render.logo import LogoFile
from derive.render.sheets import Part, print_part, print_sheet
from derive.wording import Wording
from derive.worksheet.head import headed
from derive.worksheet.numbers import KeyRow, SheetNumbers, key_csv
from derive.worksheet.options import Header
from derive.worksheet.sheet import BaseSheet, logo_files, needs_pictures

MOST_PROBLEMS = 20
LONGEST_NAME = 60


def check_count(problems: int) -> None:
    """Raises `InputError` for more problems than a sheet may have; asked before any is worked out."""
    if problems > MOST_PROBLEMS:
        raise InputError(f"at most {MOST_PROBLEMS} problems on a sheet", str(problems), place="PROBLEM")


class Sheets:
    """One sheet of several; the head is that of the first, and so are the words and the decimal mark."""

    def __init__(self, sheets: Sequence[BaseSheet]) -> None:
        check_count(len(sheets))
        self.sheets = tuple(sheets)
        whole = headed(sheets[0].problem.sheet, [sheet.body for sheet in sheets])
        self.document = replace(whole, title="; ".join(sheet.body.title for sheet in sheets))

    @property
    def name(self) -> str:
        """What the files are called."""
        return "-".join(dict.fromkeys(sheet.name for sheet in self.sheets))[:LONGEST_NAME]

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the instructor is told of each problem."""
        return tuple(f"{sheet.name}: {remark}" for sheet in self.sheets for remark in sheet.remarks)

    @cached_property
    def numbers(self) -> tuple[SheetNumbers, ...]:
        return tuple(sheet.numbers() for sheet in self.sheets)

    def file(self, format: str, key: bool = False, engine: str = "typst") -> str | bytes:
        """The worksheet or its key as a file of any format. Raises `InputError`."""
        if format == "csv":
            return self._csv(key)
        if format != "pdf":
            return self._text(format, key)
        if engine == "latex":
            logo = self._logo("tex")
            beside = {} if logo is None else dict([logo.file("tex")])
            return pdf.latex_pdf(self._text("tex", key), f"{self.name}.worksheet.tex", beside)
        return pdf.typst_pdf(self._text("typ", key))

    def fragment(self, format: str, key: bool = False) -> str:
        """What is given and the questions of all problems, to be pasted into another document."""
        return self._text(format, key, fragment=True)

    def beside(self, formats: Collection[str]) -> dict[str, str | bytes]:
        """The files that documents of these formats refer to, by name."""
        found: dict[str, str | bytes] = {}
        for sheet in self.sheets if needs_pictures(formats) else ():
            found |= sheet.pictures()
        return found | logo_files(formats, self._logo)

    def _logo(self, format: str) -> LogoFile | None:
        return self.sheets[0].logo(format)

    def _csv(self, key: bool) -> str:
        """All answers, each with the form id of its problem; the key has the boxes by which they are told apart."""
        if key:
            rows: list[KeyRow] = [row for numbers in self.numbers for row in numbers.rows]
            return key_csv(rows)
        whole = [sheet.file(numbers, "csv", Header(form=numbers.form)) for sheet, numbers in self._pairs]
        first, *rest = (str(text) for text in whole)
        return first + "".join(text.partition("\n")[2] for text in rest)

    @property
    def _pairs(self) -> list[tuple[BaseSheet, SheetNumbers]]:
        return list(zip(self.sheets, self.numbers, strict=True))

    def _text(self, format: str, key: bool, fragment: bool = False) -> str:
        first = self.sheets[0]
        row = format_of(format, first.problem.decimal_comma, first.options.colours).worded(Wording(first.problem.words))
        head = self.document.lead[: len(self.document.lead) - len(first.body.lead)]
        parts, seen = list[Part](), 0
        if head and not fragment:
            alone = replace(self.document, lead=head, questions=(), remarks=())
            parts.append(print_part(alone, row, first.namer, key))
        for number, (sheet, numbers) in enumerate(self._pairs, 1):
            body, pictures = sheet.body, sheet.options.pictures
            part = print_part(body, row, sheet.namer, key, pictures, seen, numbers.form, number)
            parts.append(part.mapped(partial(_filled, row, sheet.filling(numbers))))
            seen += len(list(figures(body.lead)))
        logo = None if fragment else self._logo(format)
        forms = "+".join(numbers.form for numbers in self.numbers)
        paper, pictures = first.options.paper, first.options.pictures
        text = print_sheet(self.document, row, first.namer, key, paper, pictures, logo, fragment, parts)
        return Template(text, row).fill(Filling((), (), ("", "", "", forms), [True] * 3))


def _filled(row: Format, filling: Filling, text: Escaped) -> Escaped:
    """A printed text with the numbers of one problem put in."""
    return Template(text, row).filled(filling)
