"""Which numbers a sheet is judged with: the problem's own, or those of its variant in a class set.

A worksheet says by its form id which numbers it prints. A sheet that may have other numbers than those at hand is
refused, so that nobody right is accused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

from derive.errors import InputError, shorten
from derive.spec import FORMS, Problem
from derive.subject import Subject
from derive.variants.issued import Issued, IssuedSet, plain_form
from derive.variants.own import own_sheet
from derive.work import Sheet
from derive.work.markdown import printed_numbers
from derive.worksheet import SheetOptions, compile_sheet


class Numbers(Protocol):
    """Finds the numbers of a sheet: None where they are the problem's own.

    Raises `InputError` where those at hand may not be the sheet's.
    """

    def find(self, sheet: Sheet) -> Issued | None: ...


class OwnNumbers:
    """The problem's own numbers; sheets that print others are refused."""

    def __init__(
        self,
        solution: Subject,
        find: int | None = None,
        choice: int | None = None,
        ask: tuple[str, ...] | None = None,
    ) -> None:
        self.solution, self._options = solution, SheetOptions(find=find, choice=choice, ask=ask)

    def find(self, sheet: Sheet) -> None:
        if sheet.form is None or plain_form(sheet.form) in self._forms:
            return
        if self._options.find is not None:
            hint = "which line is wrong depends on what is asked and on the notation: name the --ask and the --notation"
            expected = "a worksheet with the mistakes of this problem's own"
            raise InputError(expected, f"form {shorten(sheet.form)}", sheet.file, whose(sheet), f"{hint} of the sheet.")
        if sheet.printed and sheet.printed in self._printed:
            return
        hint = (
            "its numbers are not those of the problem, so it was not judged; for a sheet of a class set give the "
            "folder of the set in place of the problem: derive check FOLDER WORK"
        )
        found = f"form {shorten(sheet.form)}"
        raise InputError("a worksheet with this problem's own numbers", found, sheet.file, whose(sheet), hint)

    @cached_property
    def _forms(self) -> set[str]:
        """The form ids of the worksheet that the problem has by itself, with its notation named and without."""
        problem, notation = self.solution.problem, self.solution.namer.notation.key
        notations: list[str | None] = [notation]
        if not isinstance(problem, Problem) or notation == problem.notation:
            notations = [None, notation]
        if self._options.find is None:
            notations = [None]
        sheets = (own_sheet(problem, replace(self._options, notation=one)) for one in notations)
        return {sheet.numbers().form for sheet in sheets}

    @cached_property
    def _printed(self) -> set[tuple[str, ...]]:
        """What worksheets with other options print: other ids, but the same given numbers."""
        notation, problem = self.solution.namer.notation.key, self.solution.problem
        forms: Sequence[str | None] = FORMS if isinstance(problem, Problem) else (None,)
        sheets = (compile_sheet(problem, SheetOptions(notation=notation, form=form)) for form in forms)
        return {printed_numbers(sheet.worksheet(sheet.numbers(), "md")) for sheet in sheets}


class SetNumbers:
    """The numbers of a class set: every sheet has its own."""

    def __init__(self, issued: IssuedSet) -> None:
        self.issued = issued

    def find(self, sheet: Sheet) -> Issued:
        try:
            found = self.issued.find(sheet.form, sheet.id, sheet.student)
            self.issued.drawn(found)
        except InputError as error:
            raise InputError(error.expected, error.found, sheet.file, whose(sheet), error.hint) from None
        return found


def introduced(sheet: Sheet, issued: Issued | None) -> Sheet:
    """The sheet with the name that the class list has for its writer, where it says at most the identifier itself.

    A sheet without either is that of the student whom its form was made for.
    """
    if issued is None or not issued.identifier:
        return sheet
    said = {" ".join(text.split()) for text in (sheet.id, sheet.student) if text}
    if said - {" ".join(issued.identifier.split())}:
        return sheet
    return replace(sheet, id=issued.identifier, student=issued.name or issued.identifier)


def whose(sheet: Sheet) -> str | None:
    """How a message names a sheet."""
    name = called(sheet)
    return f"sheet of {name}" if name else None


def called(sheet: Sheet) -> str | None:
    """A student's name, with the id where there is one: two may have the same name."""
    if sheet.student is None or sheet.id is None or sheet.id in sheet.student:
        return sheet.student or sheet.id
    return f"{sheet.student} ({sheet.id})"


def title(sheet: Sheet) -> str | None:
    """What a sheet is called in a report on several: who wrote it, or else its form, or its file."""
    form = f"form {sheet.form}" if sheet.form else None
    return called(sheet) or form or (Path(sheet.file).name if sheet.file else None)


class Forms:
    """The forms that the sheets of a set have, as they come."""

    def __init__(self) -> None:
        self._first: dict[str, str | None] = {}

    def repeated(self, sheet: Sheet) -> InputError | None:
        """The fault of a sheet whose form another had: the same work twice, or one student's in another's hands."""
        if sheet.form is None:
            return None
        form = plain_form(sheet.form)
        if form not in self._first:
            self._first[form] = title(sheet)
            return None
        hint = "both were judged, with the numbers of this form."
        found = f"{sheet.form} here and on that of {self._first[form]}"
        return InputError("every form on one sheet", found, sheet.file, whose(sheet), hint)
