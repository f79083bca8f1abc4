"""The standing phrases of sheets and feedback: tables of keys and English texts, each of which may be worded otherwise.

Decides what can be worded, and that a wording keeps its places: what stands in braces is put in, as it is in the text
of the table. Knows no sheet. To add a phrase, add a row to `sheet` or `feedback` and ask for it by its key. What is
said of known mistakes stands in their own rows, which are worded by keys that begin with `MISTAKE`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from derive.errors import InputError, did_you_mean, first_unprintable, shown
from derive.library import KINDS
from derive.library import rows as library_rows
from derive.library.units import DENSE, JOINT, UNITS
from derive.wording.feedback import FEEDBACK
from derive.wording.mistakes import PARTS
from derive.wording.practice import PRACTICE
from derive.wording.sheet import SHEET
from derive.wording.spoken import SPOKEN, function_words

LONGEST = 1000
"""Characters of a phrase."""
MISTAKE = "mistake_"
"""What the keys of rows of the table of mistakes begin with."""
_SAID = re.compile(r"#\s*(.+?)\s*$", re.MULTILINE)
_PLACE = re.compile(r"\{(\w+)\}")

PHRASES: dict[str, str] = SHEET | FEEDBACK | PARTS | PRACTICE | SPOKEN
"""Every phrase by its key, but those of rows in other tables."""


def phrases() -> dict[str, str]:
    """The whole table, with what activations and losses are called.

    >>> phrases()["activation_tanh"], phrases()["page"]
    ('the hyperbolic tangent', 'page {page} of {pages}')
    """
    rows = {f"activation_{name}": row.unit["words"] for table in (UNITS, JOINT) for name, row in table.items()}
    rows |= {f"loss_{name}": row.dense["words"] for name, row in DENSE.items()}
    rows |= {f"loss_{name}_note": row.dense["note"] for name, row in DENSE.items() if row.dense.get("note")}
    return PHRASES | rows | _of_library() | function_words()


def _of_library() -> dict[str, str]:
    """What stands beside the equations of the library's rows, and what the settings of its optimisers are called."""
    found: dict[str, str] = {}
    for kind in KINDS:
        for row in library_rows(kind).values():
            pieces = (part for option in row.options.values() for choice in option.values() for part in choice.values())
            for text in (row.equations, *pieces):
                found |= {line_key(said): said for said in _SAID.findall(text)}
            found |= {setting_key(name): name.replace("_", " ") for name in row.settings}
    return found


def line_key(said: str) -> str:
    """The key of the words beside an equation of the library.

    >>> line_key("what every position asks")
    'line_what_every_position_asks'
    """
    return f"line_{'_'.join(re.findall('[a-z0-9]+', said.lower()))}"


def setting_key(name: str) -> str:
    """The key of what a setting of an optimiser is called."""
    return f"setting_named_{name}"


def places(text: str) -> set[str]:
    """The names in braces of a phrase.

    >>> sorted(places("page {page} of {pages}"))
    ['page', 'pages']
    """
    return set(_PLACE.findall(text))


def filled(text: str, parts: Mapping[str, str]) -> str:
    """A phrase with its places put in; what is put in is not looked at again.

    >>> filled("{b}, {a}", {"a": "{b}", "b": "2"})
    '2, {b}'
    """
    return _PLACE.sub(lambda match: parts[match[1]], text)


def pieces(text: str) -> list[str]:
    """A phrase cut at its places: words, name, words, name, ..., words."""
    return _PLACE.split(text)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase that is worded where it is printed: its key, its English text, and what goes into its places.

    Parts are words, other phrases, formulas, or several of these in a row.
    """

    key: str
    usual: str
    parts: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        """The English text; formulas in it as trees."""
        return ENGLISH.text([self])


def phrase(key: str, **parts: object) -> Phrase:
    """A phrase of the table.

    >>> Wording({"value_no": "Keine Zahl."}).text([phrase("value_no")])
    'Keine Zahl.'
    """
    return Phrase(key, PHRASES[key], tuple(parts.items()))


@dataclass(frozen=True, slots=True)
class Wording:
    """The phrases of a sheet; `own` are those that somebody has worded, by key.

    >>> Wording({"form": "Bogen"})("form"), Wording()("page", page="1", pages="2")
    ('Bogen', 'page 1 of 2')
    """

    own: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, key: str, **parts: str) -> str:
        """A phrase with its places put in."""
        return filled(self[key], parts)

    def spoken(self, key: str, parts: Mapping[str, str]) -> str:
        """A phrase of the words of formulas that are read aloud."""
        return filled(self[key], parts)

    def __getitem__(self, key: str) -> str:
        """A phrase with its places in braces."""
        found = self.own.get(key)
        if found is not None:
            return found
        return PHRASES[key] if key in PHRASES else function_words()[key]

    def of(self, key: str, usual: str) -> str:
        """What a row of the library is called, `usual` unless it is worded."""
        return self.own.get(key, usual)

    def number(self, number: int, key: str, usual: str) -> str:
        """The number in a phrase: as the first word of `usual` says it, in digits where the phrase is worded."""
        return str(number) if key in self.own else usual.partition(" ")[0]

    def told(self, pieces: Iterable[Any]) -> Iterator[Any]:
        """Words and formulas in turn, with every phrase among them worded."""
        for piece in pieces:
            match piece:
                case Phrase():
                    yield from self._worded(piece)
                case tuple() | list():
                    yield from self.told(piece)
                case _:
                    yield piece

    def _worded(self, one: Phrase) -> Iterator[Any]:
        parts = dict(one.parts)
        for position, piece in enumerate(pieces(self.of(one.key, one.usual))):
            if position % 2:
                yield from self.told([parts[piece]])
            elif piece:
                yield piece

    def text(self, pieces: Iterable[Any]) -> str:
        """Phrases without formulas as one text."""
        return "".join(map(str, self.told(pieces)))


ENGLISH = Wording()


def checked_wording(key: str, text: str) -> None:
    """Raises `InputError` for an unknown key, and for a text that is empty, too long or has other places.

    Keys of mistakes are left to `derive.mistakes.worded`, which has their table.
    """
    place = f"words.{key}"
    if len(text) > LONGEST:
        raise InputError(f"at most {LONGEST} characters", str(len(text)), place=place)
    if not text.strip():
        raise InputError("words", shown(text), place=place)
    if first_unprintable(text) is not None:
        raise InputError("one line of text without control or invisible characters", shown(text), place=place)
    if key.startswith(MISTAKE):
        return
    checked_places(key, text, phrases())
    if key in WRITTEN_ON and not _WRITTEN.fullmatch(text):
        expected = "at most 60 letters and signs, without digits, : and `: by this word answers are read again"
        raise InputError(expected, shown(text), place=place)
    if _GLUED.search(text) or (key in BESIDE and not (text[:1] == " " and (text[-1:] == " " or key not in AFTER))):
        raise InputError("a blank between words and a formula or a number", shown(text), place=place)


def checked_places(key: str, text: str, table: Mapping[str, str]) -> None:
    """Raises `InputError` where a key is not in a table, or a text has other places than the table's."""
    if key not in table:
        hint = did_you_mean(key, table) or "`derive words` lists them."
        raise InputError("the key of a phrase", shown(key), place=f"words.{key}" if key.isidentifier() else "words",
                         hint=hint)  # fmt: skip
    wanted, found = places(table[key]), places(text)
    if wanted != found:
        strange = next((did_you_mean(name, wanted) for name in sorted(found - wanted)), None)
        expected = " and ".join(f"{{{name}}}" for name in sorted(wanted)) or "no place in braces"
        expected = f"a text with {expected}" if wanted else expected
        raise InputError(expected, shown(text), place=f"words.{key}", hint=strange)


_FORMULA = r"\{(?:mu|value|formula)\}"
_GLUED = re.compile(rf"[\w$}}-]{_FORMULA}|{_FORMULA}[\w${{]")
"""A formula beside a letter: no format could tell where it begins."""
BESIDE = ("and", "or", "exceptions", "exception_rounded", "exceptions_rounded", "exception_to")
"""Phrases that follow a formula, or a sentence; those of `AFTER` are followed by one."""
AFTER = ("and", "or", "exceptions")
_WRITTEN = re.compile(r"[^\W\d_][^\d:`\n]{0,59}")
WRITTEN_ON = ("answer",)
"""Phrases that stand in a line that is read again."""
