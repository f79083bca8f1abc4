"""What a notation is: names as templates, and an author's habits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Name(NamedTuple):
    """A name in TeX and in plain text."""

    tex: str
    text: str


def index_name(index: str) -> Name:
    """How an index is written that stands for any unit: a letter, or a letter with the number of its layer.

    >>> index_name("j"), index_name("j12")
    (Name(tex='j', text='j'), Name(tex='j_{12}', text='j12'))
    """
    number = index[1:]
    return Name(f"{index[0]}_{{{number}}}" if number.isdigit() else index, index)


@dataclass(frozen=True)
class Notation:
    """One author's letters and habits.

    `names` are the templates by kind; a key such as `a.input` or `a.hidden` holds for that place only. `general`
    overrides them where an index stands for any unit. An author without a template `delta` writes dL/dz as a
    fraction. `convention` is how a layer is written with matrices: "column" (W a), "transposed" (W^T a, one row of
    W per source) or "row" (a W). `target_first` writes the error as target minus output. `first_layer` is the
    number of the first layer that computes. `narrow` replaces the notation in a network of one unit per layer.
    """

    key: str
    title: str
    names: dict[str, Name]
    form: str = "chain"
    convention: str = "column"
    target_first: bool = False
    first_layer: int = 1
    bold: Mapping[str, str] = field(default_factory=dict)
    general: Mapping[str, Name] = field(default_factory=dict)
    narrow: Notation | None = None
    layer_letters: str = ""
