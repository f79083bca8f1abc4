"""What could not be read, and how the rest was read, in the words of the one who wrote it.

A message that was made for whoever runs the program is told here as a sentence about a line of the sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from derive.check.model import Marked
from derive.document import Bullets, Code, Inline, Section, Text, Words
from derive.errors import InputError
from derive.work.hints import ONE_NAME

NAME = "a quantity of this problem, by its name or its id"
"""What was expected where a name means nothing."""
_QUOTED = re.compile(r"`([^`]+)`")


def notes(sheet: Marked) -> Iterator[Section]:
    """The last sections of the feedback on a sheet: what could not be read, and how some of it was read."""
    if sheet.faults:
        yield Section((Text("What could not be read"),), (Bullets(tuple(map(fault_words, sheet.faults))),))
    if sheet.notes:
        yield Section((Text("Notes"),), (Bullets(tuple(map(note_words, sheet.notes))),))


def fault_words(fault: InputError, several: bool = False) -> Words:
    """Where it stands, what is wrong with it, and what may have been meant; of `several` sheets, in which file too."""
    file = f"{PurePath(fault.file).name}, " if fault.file else ""
    where = fault.place or ""
    found = (fault.found or "").strip('"')
    named: Words
    if found and fault.expected == NAME:
        named = (Text("I do not know what "), Code(found), Text(" is."))
    elif found and fault.expected == ONE_NAME:
        named = (Code(found), Text(" may be several things here."))
    else:
        plain = InputError(fault.expected, fault.found, hint=fault.hint)
        return (Text(f"{file}{where}{': ' if file or where else ''}{plain}".replace("\n", " ")),)
    hint = f" {fault.hint[:1].upper()}{fault.hint[1:]}" if fault.hint else ""
    where = f"{file}{where}" if several else f"{where[:1].upper()}{where[1:]}"
    return (Text(f"{where}: " if where else ""), *named, *note_words(hint))


def note_words(note: str) -> Words:
    """A note with what stands in backquotes as it was typed."""
    pieces: list[Inline] = []
    for position, piece in enumerate(_QUOTED.split(note)):
        if piece:
            pieces.append(Code(piece) if position % 2 else Text(piece))
    return tuple(pieces)
