"""The keys of a layer in a network that lists its layers by kind: which there are, and what each says.

Decides them from the rows of the library. The reader of layers and the published schema both ask here, so that they
cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Literal

from derive.library import Row
from derive.library.units import JOINT, UNITS

WHOLE = ("S", "P", "H")
"""The numbers of rows that are counts: a stride, a frame, a window."""
MOST_STEPS = 1000
"""The longest stride, window or frame."""
What = Literal["kind", "activation", "flag", "layer", "array", "units", "whole", "number", "option", "init", "seed"]
ALSO: Mapping[str, What] = {"units": "units", "train_biases": "flag", "init": "init", "seed": "seed"}
"""Keys that some row has besides."""


def shapes_of(row: Row) -> Mapping[str, Sequence[str]]:
    """The arrays of a row with the letters of their shapes; where several ranks are possible, those of one."""
    shapes: Mapping[str, Mapping[str, Sequence[str]]] = row.network["shapes"]
    return next(iter(shapes.values())) if "by" in row.network else row.network["shapes"]


def key_of(row: Row, name: str) -> str:
    """The key of a layer for a name of its row.

    >>> from derive.library import rows
    >>> key_of(rows("layer")["conv2d"], "K")
    'weights'
    """
    found: str = row.network.get("keys", {}).get(name, name)
    return found


def given_arrays(row: Row) -> list[str]:
    """The names of the arrays that a layer is given."""
    said = row.network
    return [name for name in shapes_of(row) if name not in (said["input"], said["output"], said.get("around"))]


def layer_keys(row: Row) -> dict[str, What]:
    """Every key of a layer of a kind, but for the numbers of its activation, and what it says.

    >>> from derive.library import rows
    >>> layer_keys(rows("layer")["residual"])
    {'kind': 'kind', 'activation': 'activation', 'train': 'flag', 'of': 'layer'}
    """
    found: dict[str, What] = {"kind": "kind", "activation": "activation", "train": "flag"}
    if row.network.get("state"):
        found["all"] = "flag"
    if "around" in row.network:
        found["of"] = "layer"
    found |= {key_of(row, name): "array" for name in given_arrays(row)}
    found |= {key_of(row, name): "whole" if name in WHOLE else "number" for name in row.numbers}
    found |= dict.fromkeys(row.options, "option")
    return found | {key: ALSO[key] for key in row.network.get("also", ())}


def activation_keys(name: object) -> list[str]:
    """The numbers that a layer may give its activation."""
    row = UNITS[name] if isinstance(name, str) and name in UNITS else None
    row = JOINT[name] if row is None and isinstance(name, str) and name in JOINT else row
    return list(row.numbers) if row is not None else []


def needed_keys(row: Row) -> list[str]:
    """The keys without which no layer of a kind can be read, whatever its options."""
    words = [list(choices) for choices in row.options.values()]
    texts = [text_of(row, dict(zip(row.options, chosen, strict=True))) for chosen in product(*words)]
    none = [*row.network.get("none", ()), *(["W"] if "init" in row.network.get("also", ()) else [])]
    return [
        key_of(row, name)
        for name in given_arrays(row)
        if name not in none and all(name in words_of(text) for text in texts)
    ]


def words_of(text: str) -> Iterator[str]:
    """The whole words of a text."""
    return (found[0] for found in re.finditer(r"\w+", text))


def text_of(row: Row, chosen: Mapping[str, str] = {}) -> str:
    """The equations of a row, without comments, with what its options put in."""
    text = row.text({**row.dense.get("options", {}), **chosen})
    return "\n".join(line.split("#")[0] for line in text.splitlines())
