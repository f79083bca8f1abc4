"""The library: layers, functions, losses, optimisers and more as texts in the language of equations, one row one entry.

Decides where rows are found and which keys they have: one file of TOML each, in the folder of its kind, or one that
`add` was given. What their equations mean is for the reader of a problem (`trace`), and for `elements` where a network
of dense layers is made of them; what a row says of the units of a network (`unit`) or of a loss of outputs and targets
(`dense`) is read by `activations` and `losses`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from importlib.resources import files
from typing import Any

Exact = Decimal | Fraction
"""A number of a row; a Fraction where it is written "2/3"."""


@dataclass(frozen=True)
class Row:
    """An entry of the library.

    `equations` is its text, `title` its name as a heading. `options` are the choices in which authors differ: to every
    option its words, the first one is what counts where nothing is said, and to every word what it puts into the text,
    and perhaps under `said` a sentence. `functions` are the names that stand for a function of the user's choice, with
    the usual one ("" where the user must say). `numbers` are names with the number that counts where none is given,
    `positions` whole numbers that are places in an array and not sizes, `settings` what an optimiser is told.
    `forward`, `backward` and `remark` are sentences for the reader of a page: what is computed and by which convention,
    what the derivatives are, and what a teacher would point out; they hold for all numbers. `source` is the textbook or
    paper. `smooth` are numbers with which it has a slope everywhere although its text has corners: none where it always
    has, None where nothing is said. `unit` and `dense` are what a function and a loss are in a network of dense layers,
    `network` what a layer is in a network that lists its layers. An optimiser with `dense` trains a network of dense
    layers on pages of its own: `words` is the phrase that says so, `moves` what is added where weights move. Others
    train it as a problem given by equations.
    """

    name: str
    kind: str
    about: str
    equations: str = ""
    options: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, Exact] = field(default_factory=dict)
    positions: frozenset[str] = field(default_factory=frozenset)
    settings: tuple[str, ...] = ()
    forward: str = ""
    backward: str = ""
    remark: str = ""
    source: str = ""
    smooth: Mapping[str, Exact] | None = None
    unit: Mapping[str, Any] = field(default_factory=dict)
    dense: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""

    def text(self, chosen: Mapping[str, str] = {}) -> str:
        """The equations with what the options put in: the words that were chosen, else the first of each."""
        text = self.equations
        for option, choices in self.options.items():
            word = chosen.get(option, next(iter(choices)))
            for place, put_in in choices[word].items():
                text = text.replace(f"{{{place}}}", put_in)
        return text

    @property
    def parameters(self) -> Mapping[str, Exact]:
        """What a unit or a loss of a network is told as keys of its own, and the usual numbers."""
        return self.numbers

    @property
    def states(self) -> tuple[str, ...]:
        """What an optimiser remembers of every parameter from one update to the next."""
        return tuple(_STATE.findall(self.equations))

    @property
    def limits(self) -> Mapping[str, tuple[Exact | None, Exact | None]]:
        """Between which numbers a parameter lies."""
        said = {**self.unit.get("limits", {}), **self.dense.get("limits", {})}
        return {name: ends_of(pair) for name, pair in said.items()}


KINDS = ("layer", "function", "joint", "part", "loss", "optimiser")
"""`joint` are the functions that take all units of a layer together, `part` what a network has beside its layers."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
_STATE = re.compile(r"^state (\w+)", re.MULTILINE)


class _Rows(Mapping[str, Row]):
    """The rows of one kind by name, in alphabetical order; each is read when it is first asked for."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._texts: dict[str, str] = {}
        self._read: dict[str, Row] = {}

    @cached_property
    def _files(self) -> Mapping[str, Any]:
        folder = files("derive") / "library" / self.kind
        return {entry.name.removesuffix(".toml"): entry for entry in folder.iterdir() if entry.name.endswith(".toml")}

    def __getitem__(self, name: str) -> Row:
        if name not in self._read:
            text = self._texts[name] if name in self._texts else self._files[name].read_text("utf-8")
            self._read[name] = _row(name, self.kind, tomllib.loads(text, parse_float=Decimal))
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._texts or name in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._files, *self._texts}))

    def __len__(self) -> int:
        return len(self._files) + len(self._texts)

    def add(self, name: str, text: str) -> None:
        if name in self or not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no new name of small letters, digits and _")
        self._texts[name] = text
        try:
            self[name]
        except BaseException:
            self.drop(name)
            raise

    def drop(self, name: str) -> None:
        del self._texts[name]
        self._read.pop(name, None)


_ROWS = {kind: _Rows(kind) for kind in KINDS}


def rows(kind: str) -> Mapping[str, Row]:
    """All rows of a kind (layer, function, joint, part, loss, optimiser) by name."""
    return _ROWS[kind]


def add(kind: str, name: str, text: str) -> None:
    """A row more, for this process: `text` is what the file `name`.toml of the library would hold.

    Raises `ValueError` for a name that is taken and for a text that is no row.
    """
    _ROWS[kind].add(name, text)


def drop(kind: str, name: str) -> None:
    """Takes a row away that was added."""
    _ROWS[kind].drop(name)


def _row(name: str, kind: str, table: Mapping[str, Any]) -> Row:
    known = dict(table)
    row = Row(
        name,
        kind,
        known.pop("about"),
        known.pop("equations", ""),
        known.pop("options", {}),
        known.pop("functions", {}),
        {key: exact(value) for key, value in known.pop("numbers", {}).items()},
        frozenset(known.pop("positions", ())),
        tuple(known.pop("settings", ())),
        known.pop("forward", ""),
        known.pop("backward", ""),
        known.pop("remark", ""),
        known.pop("source", ""),
        {key: exact(value) for key, value in known.pop("smooth").items()} if "smooth" in known else None,
        known.pop("unit", {}),
        known.pop("dense", {}),
        known.pop("network", {}),
        known.pop("title", name.replace("_", " ").capitalize()),
    )
    if known:
        raise ValueError(f"the row {name} of the library has keys that nothing reads: {', '.join(known)}")
    return row


def ends_of(pair: list[str]) -> tuple[Exact | None, Exact | None]:
    """The two ends of a range; an empty text is no end."""
    low, high = (exact(end) if end else None for end in pair)
    return low, high


def exact(text: Any) -> Exact:
    """The number that a row writes.

    >>> exact("0.10"), exact("2/3")
    (Decimal('0.10'), Fraction(2, 3))
    """
    return Fraction(text) if "/" in str(text) else Decimal(text)
