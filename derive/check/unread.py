"""What could not be read, and how the rest was read, in the words of the one who wrote it.

A message that was made for whoever runs the program is told here as a sentence about a line of the sheet. In words of
somebody's own it is short: what was written, that it cannot be read, and the name that may have been meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from derive.check.model import Marked
from derive.check.words import worded
from derive.document import Bullets, Code, Inline, Section, Text, Words
from derive.errors import InputError
from derive.wording import Wording
from derive.work.hints import ONE_NAME

NAME = "a quantity of this problem, by its name or its id"
"""What was expected where a name means nothing."""
_MEANT = re.compile(r'did you mean "([^"]+)"\?', re.IGNORECASE)
_QUOTED = re.compile(r"`([^`]+)`")


def notes(sheet: Marked, say: Wording) -> Iterator[Section]:
    """The last sections of the feedback on a sheet: what could not be read, and how some of it was read."""
    if sheet.faults:
        items = tuple(fault_words(fault, say) for fault in sheet.faults)
        yield Section((Text(say["not_read"]),), (Bullets(items),))
    if sheet.notes:
        items = tuple(note_words(say.text([note])) for note in sheet.notes)
        yield Section((Text(say["notes"]),), (Bullets(items),))


def fault_words(fault: InputError, say: Wording, several: bool = False) -> Words:
    """Where it stands, what is wrong with it, and what may have been meant; of `several` sheets, in which file too."""
    where = _place(fault.place or "", say)
    file = f"{PurePath(fault.file).name}{', ' if where else ''}" if fault.file else ""
    found = (fault.found or "").strip('"')
    named: Words
    if found and fault.expected == NAME:
        named = worded(say, "unknown_name", name=Code(found))
    elif found and fault.expected == ONE_NAME:
        named = worded(say, "ambiguous_name", name=Code(found))
    elif say.own:
        named = worded(say, "cannot_be_read", found=Code(found)) if found else (Text(say["cannot_read_this"]),)
    else:
        plain = InputError(fault.expected, fault.found, hint=fault.hint)
        return (Text(f"{file}{where}{': ' if file or where else ''}{plain}".replace("\n", " ")),)
    where = f"{file}{where}" if several else f"{where[:1].upper()}{where[1:]}"
    return (Text(f"{where}: " if where else ""), *named, *_hint(fault.hint or "", say))


def _hint(hint: str, say: Wording) -> Words:
    """What may have been meant; in own words the nearest name alone."""
    if not say.own:
        return note_words(f" {hint[:1].upper()}{hint[1:]}" if hint else "")
    meant = _MEANT.fullmatch(hint)
    return (Text(" "), *worded(say, "did_you_mean", name=Code(meant[1]))) if meant else ()


def _place(place: str, say: Wording) -> str:
    """Where something stands, in the words of the sheet."""
    line = re.fullmatch(r"line (\d+)", place)
    return say("at_line", number=line[1]) if line else place


def note_words(note: str) -> Words:
    """A note with what stands in backquotes as it was typed."""
    pieces: list[Inline] = []
    for position, piece in enumerate(_QUOTED.split(note)):
        if piece:
            pieces.append(Code(piece) if position % 2 else Text(piece))
    return tuple(pieces)
