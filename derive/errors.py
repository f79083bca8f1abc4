"""The one error for a user's mistake, the one for a fault of this program, and how they are worded.

Decides how a mistake is told: where it is, what was expected, what was found and what the nearest right
name is. It refuses to know what is a mistake; that is for the modules that raise it. Whatever a user wrote
is shown shortened and with control characters escaped, so a message is always short and safe to print.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal

LONGEST_SHOWN = 60
"""Characters of a user's value that a message shows."""
LONGEST_PLACE = 200
"""Characters of a file name or a place that a message shows."""
_UNPRINTED = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
_PRINTED_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Signs that stand around numbers in Arabic, Syriac and Kaithi."""
_JOINERS = frozenset("\u200c\u200d")
"""They shape the letters beside them, as in Persian, in Indian scripts and in emoji."""
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0")
"""Letters and marks that are not seen."""
_LONGEST_SHOWN_INT = 200  # in bits; str() of a huge int is slow, or refused by Python


class InputError(Exception):
    """A user's mistake: what was expected, what was found, where, and a hint.

    `file` is the file as the user named it; `place` a key path such as `network.layers[1].weights[0][2]`, or
    `line 3`; `hint` a short sentence such as `did you mean "sigmoid"?`. `str()` is the whole message.

    >>> print(InputError("a number", found='"abc"', file="my.toml", place="training.learning_rate"))
    my.toml, training.learning_rate: expected a number, found "abc".
    """

    def __init__(
        self,
        expected: str,
        found: str | None = None,
        file: str | None = None,
        place: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(expected, found, file, place, hint)
        self.expected = expected
        self.found = found
        self.file = file
        self.place = place
        self.hint = hint

    def __str__(self) -> str:
        where = ", ".join(shorten(part, LONGEST_PLACE) for part in (self.file, self.place) if part)
        message = f"{where}: " if where else ""
        message += f"expected {self.expected}"
        if self.found is not None:
            message += f", found {self.found}"
        message += "."
        if self.hint:
            message += f"\n{_sentence(self.hint)}"
        return message


def _sentence(hint: str) -> str:
    """A hint with a capital, unless it begins with a name or a formula of the file.

    >>> _sentence("write a number"), _sentence("p' is the new value"), _sentence("carry = false shows")
    ('Write a number', "p' is the new value", 'carry = false shows')
    """
    first, _, rest = hint.partition(" ")
    alone = len(first) == 1 and first not in "aA" and rest
    spelt = not first.strip(".,:;").isalpha() or alone or rest.startswith("=")
    return hint if spelt else f"{hint[0].upper()}{hint[1:]}"


class ProgramFault(Exception):
    """A fault of this program, never of its user: something that it would show is not right.

    `quantity` is what is wrong, by its name and its id, and `found` how that is known.

    >>> print(ProgramFault("dE/dw5 (dL/dW[2][0][0])", "is derived as 0.5 and measured as 0.25"))
    This is a fault of the program, not of your problem: dE/dw5 (dL/dW[2][0][0]) is derived as 0.5 and measured as 0.25.
    No results are given, because they could be wrong. Please report it, with the problem.
    """

    def __init__(self, quantity: str, found: str) -> None:
        super().__init__(quantity, found)
        self.quantity = quantity
        self.found = found

    def __str__(self) -> str:
        return (
            f"This is a fault of the program, not of your problem: {self.quantity} {self.found}.\n"
            "No results are given, because they could be wrong. Please report it, with the problem."
        )


class Untranslated(TypeError):
    """An expression of SymPy's that has no form as a tree."""


def nearest(name: str, choices: Iterable[str]) -> str | None:
    """The choice a misspelt `name` most likely means, or None when none is near.

    >>> nearest("sigmod", ["linear", "sigmoid", "tanh"])
    'sigmoid'
    >>> nearest("weights", ["linear", "sigmoid"]) is None
    True
    """
    folded = {_folded(choice): choice for choice in choices}
    # difflib takes time quadratic in the length; no right name is as long as this
    matches = difflib.get_close_matches(_folded(name)[:LONGEST_SHOWN], folded, n=1, cutoff=0.6)
    return folded[matches[0]] if matches else None


def _folded(name: str) -> str:
    return name.casefold().replace("-", "_").replace(" ", "_")


def did_you_mean(name: str, choices: Iterable[str]) -> str | None:
    """The hint that names the nearest choice, or None.

    >>> did_you_mean("Mazur ", ["mazur", "rohan"])
    'did you mean "mazur"?'
    """
    near = nearest(name, choices)
    # Where the name itself is among the choices, it means nothing here for another reason.
    return None if near in (None, name) else f'did you mean "{near}"?'


def unknown_name(name: object, choices: Iterable[str], file: str | None = None, place: str | None = None) -> InputError:
    """The error for a `name` that is none of the `choices`, with the nearest one as the hint.

    >>> print(unknown_name("mazzur", ["mazur", "rohan"], place="--notation"))
    --notation: expected mazur or rohan, found "mazzur".
    Did you mean "mazur"?
    """
    choices = tuple(choices)
    hint = did_you_mean(name, choices) if isinstance(name, str) else None
    return InputError(one_of(choices), shown(name), file, place, hint)


def one_of(choices: Iterable[str]) -> str:
    """The choices as words.

    >>> one_of(["chain", "delta", "matrix"])
    'chain, delta or matrix'
    """
    *first, last = choices
    return f"{', '.join(first)} or {last}" if first else last


def listed(words: Sequence[str]) -> str:
    """The words as a list.

    >>> listed(["weights"]), listed(["weights", "biases", "inputs"])
    ('weights', 'weights, biases and inputs')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def shorten(text: str, longest: int = LONGEST_SHOWN) -> str:
    """`text` on one line: control characters escaped, the middle left out where it is too long.

    >>> shorten("a" + chr(10) + "b")
    'a\\\\nb'
    >>> shorten("0123456789", 7)
    '0123…89'
    """
    if len(text) > longest:
        text = f"{text[: longest - 3]}…{text[-2:]}"
    if text.isascii() and text.isprintable():
        return text  # most names are such, and of a large class every cell is named
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if is_unprintable(character) or character in _JOINERS:
        return character.encode("unicode_escape").decode("ascii")
    return character


def is_unprintable(character: str) -> bool:
    """Whether a character controls the page instead of standing on it: controls, line ends, lone surrogates, marks
    that reverse the direction of text, and what has no width or is not seen.

    >>> [is_unprintable(character) for character in "a\\u200b\\u202e\\u00ad\\u3164"]
    [False, True, True, True, True]
    """
    if unicodedata.category(character) in _UNPRINTED:
        return character not in _PRINTED_FORMATS | _JOINERS
    return character in _BLANKS


def first_unprintable(text: str) -> str | None:
    """The first character of a text that would not be seen; a joiner is, between letters or signs that it can join.

    >>> first_unprintable("a\\u200cb"), first_unprintable("می\\u200cشود")
    ('\\u200c', None)
    """
    for at, character in enumerate(text):
        alone = character in _JOINERS and f"{text[max(at - 1, 0) : at]}{text[at + 1 : at + 2]}".isascii()
        if alone or is_unprintable(character):
            return character
    return None


def shown(value: object) -> str:
    """How a message names a value that was found.

    >>> [shown(value) for value in ("a", True, Decimal("0.10"), [1, 2], {"mean": 1}, None)]
    ['"a"', 'true', '0.10', 'a list of 2 values', 'a table with the key mean', 'nothing']
    """
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{shorten(value)}"' if value else "an empty text"
        case int() if value.bit_length() > _LONGEST_SHOWN_INT:
            return "a whole number of more than 60 digits"
        case int() | Decimal():
            return shorten(str(value))
        case float():
            return f"the binary number {value!r}"
        case Mapping():
            return _shown_keys(list(value))
        case list() | tuple():
            return f"a list of {counted(len(value), 'value')}" if value else "an empty list"
        case datetime() | date() | time():
            return f"the date or time {value.isoformat()}"
        case _:
            return f"a value of type {shorten(type(value).__name__)}"


def _shown_keys(keys: list[object]) -> str:
    if not keys:
        return "an empty table"
    names = ", ".join(shorten(str(key), 30) if isinstance(key, str) else "?" for key in keys[:6])
    more = ", …" if len(keys) > 6 else ""
    return f"a table with the key{'s' if len(keys) > 1 else ''} {names}{more}"


def counted(count: int, noun: str) -> str:
    """A count with its noun.

    >>> counted(1, "row"), counted(3, "row")
    ('1 row', '3 rows')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
