"""Reading what a student or an author stated: tables, JSON, worksheets, texts; numbers and formulas.

Decides how stated values are read and how mistakes in reading are told, one bad row at a time. It refuses to know
whether anything stated is right; that is for `check`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from derive.errors import InputError, shorten, shown
from derive.work.claims import read_claims
from derive.work.csvfile import read_table, table_sheets
from derive.work.formula import read_formula
from derive.work.jsonfile import read_json
from derive.work.markdown import read_worksheet
from derive.work.meant import read_meanings
from derive.work.model import Answered, Sheet, Sheets, Stated, StatedFormula, Work, gathered, one_by_one
from derive.work.names import Names
from derive.work.source import MAX_WORK_BYTES, checked, decoded, file_bytes
from derive.work.written import Written, read_number

__all__ = [
    "FORMATS",
    "MAX_WORK_BYTES",
    "Answered",
    "Names",
    "Sheet",
    "Sheets",
    "Stated",
    "StatedFormula",
    "Work",
    "Written",
    "read_formula",
    "read_meanings",
    "read_number",
    "read_text",
    "read_work",
    "read_works",
    "text_sheets",
    "works_sheets",
]

FORMATS = {"csv": read_table, "json": read_json, "md": read_worksheet, "claims": read_claims}
_SUFFIXES: dict[str, str | None] = {
    **dict.fromkeys((".csv", ".tsv", ".tab"), "csv"),
    ".json": "json",
    **dict.fromkeys((".md", ".markdown", ".qmd"), "md"),
    ".tex": "claims",
    ".txt": None,
}
"""The formats of files of work; that of a text is told from what is in it."""
KINDS = "CSV, JSON, Markdown or text"
MAX_FILES = 10_000
"""Files of work that are read together."""
SPREADSHEETS = frozenset({".xlsx", ".xls", ".ods", ".numbers"})
TEXTS = (b"\xff\xfe", b"\xfe\xff")
"""How a text in UTF-16 begins: gradebooks export such texts under the names of spreadsheets."""


def read_work(path: str | Path, names: Names, claims: bool = False) -> Work:
    """The sheets of a file: a table or JSON of values, a worksheet in Markdown, or with `claims` any text.

    What cannot be read in it is among the faults of the result; `InputError` is raised where nothing can be.
    """
    return gathered(work_sheets(path, names, claims))


def read_works(paths: Sequence[str | Path], names: Names, claims: bool = False) -> Work:
    """The sheets of several files, and of all files of work in the folders among them.

    Of several files those that cannot be read are faults; `InputError` is raised where none can be.
    """
    return gathered(works_sheets(paths, names, claims))


def work_sheets(path: str | Path, names: Names, claims: bool = False) -> Sheets:
    """The sheets of a file one by one, those of a table as soon as they have been read."""
    path = Path(path)
    content = file_bytes(path)
    if path.suffix.lower() in SPREADSHEETS and not content.startswith(TEXTS):
        raise InputError(f"a file of work ({KINDS})", shown(path.name), str(path), hint="save it as CSV.")
    text, note = decoded(content, str(path))
    del content
    format = "claims" if claims else _SUFFIXES.get(path.suffix.lower())
    rest = yield from text_sheets(text, names, format, str(path))
    return rest if note is None else replace(rest, notes=(*rest.notes, note))


def works_sheets(paths: Sequence[str | Path], names: Names, claims: bool = False) -> Sheets:
    """The sheets of several files one by one."""
    files, others = files_of(paths)
    if len(files) == 1:
        return (yield from work_sheets(files[0], names, claims))
    notes, faults, skipped = list[str](), list[InputError](), 0
    for file in files:
        try:
            rest = yield from work_sheets(file, names, claims)
        except InputError as error:
            faults.append(error)
            continue
        notes += rest.notes
        faults += rest.faults
        skipped += rest.skipped
    if others:
        names_of_some = ", ".join(shorten(path.name, 40) for path in others[:8]) + (", …" if len(others) > 8 else "")
        notes.append(f"files that are no work ({KINDS}) were left out: {names_of_some}")
    return Work((), tuple(dict.fromkeys(notes)), tuple(faults), skipped)


def files_of(paths: Sequence[str | Path]) -> tuple[list[Path], list[Path]]:
    """The files of work that are named or lie in the folders that are named, and the other files of these folders."""
    files: list[Path] = []
    others: list[Path] = []
    for path in map(Path, paths):
        if not path.is_dir():
            files.append(path)
            continue
        inside = sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
        found = [file for file in inside if file.suffix.lower() in _SUFFIXES]
        if not found:
            raise InputError(f"a folder with files of work ({KINDS})", "none of them in it", str(path))
        files += found
        others += (file for file in inside if file.suffix.lower() not in _SUFFIXES)
    if len(files) > MAX_FILES:
        raise InputError(f"at most {MAX_FILES:,} files of work", f"{len(files):,}")
    return list(dict.fromkeys(files)), others


def read_text(text: str, names: Names, format: str | None = None, file: str | None = None) -> Work:
    """The sheets of a text; `format` is "csv", "json", "md" or "claims", and is told from the text where it is None.

    >>> from derive import solve
    >>> sheet, = read_text("quantity,value\\nout_h1,0.5933\\ndE/dw5,8.2%", Names(solve("mazur")))
    >>> [(stated.quantity.id, str(stated.value), stated.places) for stated in sheet.values]
    [('a[1][0]', '5933/10000', 4), ('dL/dW[2][0][0]', '41/500', 3)]
    >>> sheet.notes
    ('percent signs were read as hundredths',)
    """
    return gathered(text_sheets(text, names, format, file))


def text_sheets(text: str, names: Names, format: str | None = None, file: str | None = None) -> Sheets:
    """The sheets of a text one by one."""
    text = checked(text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff"), file)
    chosen = format or _told(text)
    if chosen == "csv":
        return (yield from table_sheets(text, names, file))
    return (yield from one_by_one(FORMATS[chosen](text, names, file)))


def _told(text: str) -> str:
    """The format of a text that has no telling name."""
    start = text.lstrip()[:1]
    if start in ("{", "["):
        return "json"
    return "md" if "Answer " in text and "`" in text else "csv"
