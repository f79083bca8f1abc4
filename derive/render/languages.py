"""Languages that are not written as English is: from right to left, and with fonts of their own."""

from __future__ import annotations

import re
from typing import Any

from derive.render.escape import Escaped

RIGHT_TO_LEFT = frozenset(["ar", "ckb", "dv", "fa", "he", "ks", "ku", "pnb", "ps", "sd", "ug", "ur", "yi"])
"""Languages that are written from right to left."""
FONTS = {"he": ("Frank Ruehl CLM", "Noto Serif Hebrew", "DejaVu Sans"), "dv": ("Noto Sans Thaana",)}
"""Fonts for the letters of a language, the most suitable first; the fonts inside the typesetter have no good ones."""
_ARABIC = ("Amiri", "Scheherazade New", "Noto Naskh Arabic", "DejaVu Sans")
_DAY = re.compile(r"\b\d+(-\d+)+\b", re.ASCII)


def short(language: str) -> str:
    """The language without its region.

    >>> short("pt-BR")
    'pt'
    """
    return language.partition("-")[0]


def backwards(language: str) -> bool:
    """Whether a language is written from right to left."""
    return short(language) in RIGHT_TO_LEFT


def fonts(language: str) -> tuple[str, ...]:
    """The fonts for the letters of a language that is written from right to left."""
    if not backwards(language):
        return ()
    return FONTS.get({"yi": "he"}.get(short(language), short(language)), _ARABIC)


def kept(text: str, language: str) -> str:
    """A date among words from right to left: 2026-03-01 would be read as 01-03-2026, 2026/03/01 stays as it is.

    >>> kept("2026-03-01", "de"), kept("2026-03-01", "ar")
    ('2026-03-01', '2026/03/01')
    """
    return _DAY.sub(lambda found: found[0].replace("-", "/"), text) if backwards(language) else text


def written_in(language: str) -> dict[str, Any]:
    """What a template is told of the language of a page; languages and fonts are names without markup."""
    return {
        "language": Escaped(language),
        "short_language": Escaped(short(language)),
        "backwards": backwards(language),
        "fonts": Escaped(", ".join(f'"{font}"' for font in fonts(language))),
    }
