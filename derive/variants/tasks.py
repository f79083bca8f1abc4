"""Who gets a variant: numbered sheets, or the students of a class list, with the names of their files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

from derive.errors import InputError
from derive.variants.names import file_stems
from derive.variants.roster import Student

MAX_VARIANTS = 200_000
DIGITS = 4
"""Digits of the number of a sheet."""


class Task(NamedTuple):
    """One variant to make: `key` decides its numbers, together with the seed, and `stem` begins the names of its files.

    Identifier and name are empty where the student writes them.
    """

    key: str
    identifier: str
    name: str
    stem: str

    def form(self, code: str) -> str:
        """The form id of the sheet, from the code of its numbers; a numbered sheet has its number before it."""
        return code if self.identifier else f"{self.key}-{code}"


def numbered(count: int) -> list[Task]:
    """Sheets with nothing but a number.

    >>> numbered(2)[1].stem
    '0002'
    """
    if not 1 <= count <= MAX_VARIANTS:
        raise InputError(f"a number of variants from 1 to {MAX_VARIANTS}", str(count), place="--variants")
    forms = [str(number).rjust(DIGITS, "0") for number in range(1, count + 1)]
    return [Task(form, "", "", form) for form in forms]


def listed(students: Sequence[Student]) -> list[Task]:
    """A sheet for each student, whose identifier decides its numbers."""
    stems = file_stems(student.identifier for student in students)
    return [
        Task(student.identifier, student.identifier, student.name, stem)
        for student, stem in zip(students, stems, strict=True)
    ]


def mark(tasks: Iterable[Task]) -> str:
    """What tells one list of tasks from another."""
    total = sha256()
    for task in tasks:
        total.update("\0".join(task).encode("utf-8", "surrogatepass") + b"\n")
    return total.hexdigest()
