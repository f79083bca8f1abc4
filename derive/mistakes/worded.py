"""What is said of known mistakes in the words of a problem: the keys of all rows, and whether its wording fits them."""

from __future__ import annotations

from collections.abc import Mapping

from derive.errors import InputError
from derive.mistakes.table import BY_KEY
from derive.wording import MISTAKE, checked_places


def mistake_phrases() -> dict[str, str]:
    """Title, diagnosis and remedy of every row by key.

    >>> mistake_phrases()["mistake_bias_left_out_diagnosis"]
    'The bias {bias} is missing in {quantity}.'
    """
    return {key: text for row in BY_KEY.values() for key, text in row.phrases.items()}


def check_words(words: Mapping[str, str], file: str | None = None) -> None:
    """Raises `InputError` for the first text on mistakes that belongs to no row, or has other places than it."""
    table = mistake_phrases()
    for key, text in words.items():
        if key.startswith(MISTAKE):
            try:
                checked_places(key, text, table)
            except InputError as error:
                raise InputError(error.expected, error.found, file, error.place, error.hint) from None
