"""The library: layers, functions, losses and optimisers as texts in the language of equations, one row one entry.

Decides where rows are found and which keys they have. What their equations mean is for the reader of a problem.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Row:
    """An entry of the library.

    `equations` is its text. `options` are the choices in which authors differ: to every option its words, the first
    one is what counts where nothing is said, and to every word what it puts into the text. `functions` are the names
    that stand for a function of the user's choice, with the usual one ("" where the user must say). `numbers` are
    names with the number that counts where none is given, `positions` whole numbers that are places in an array and
    not sizes, `settings` what an optimiser is told.
    """

    name: str
    kind: str
    about: str
    equations: str
    options: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, Decimal] = field(default_factory=dict)
    positions: frozenset[str] = field(default_factory=frozenset)
    settings: tuple[str, ...] = ()
    remark: str = ""


def rows(kind: str) -> Mapping[str, Row]:
    """All rows of a kind (layer, function, loss, optimiser) by name."""
    return _rows(kind)


@cache
def _rows(kind: str) -> Mapping[str, Row]:
    folder = files("derive") / "library" / kind
    texts = {entry.name.removesuffix(".toml"): entry.read_text("utf-8") for entry in folder.iterdir()}
    found = {name: _row(name, kind, tomllib.loads(text, parse_float=Decimal)) for name, text in sorted(texts.items())}
    return MappingProxyType(found)


def _row(name: str, kind: str, table: Mapping[str, Any]) -> Row:
    known = dict(table)
    row = Row(
        name,
        kind,
        known.pop("about"),
        known.pop("equations"),
        known.pop("options", {}),
        known.pop("functions", {}),
        {key: Decimal(value) for key, value in known.pop("numbers", {}).items()},
        frozenset(known.pop("positions", ())),
        tuple(known.pop("settings", ())),
        known.pop("remark", ""),
    )
    if known:
        raise ValueError(f"the row {name} of the library has keys that nothing reads: {', '.join(known)}")
    return row
