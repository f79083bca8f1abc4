"""Cells joined into one text that runs by itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from derive.scripts.frameworks import Framework


class Part(NamedTuple):
    """Some cells under a heading."""

    title: str
    cells: list[str]


def script(title: str, framework: Framework, head: str, parts: Iterable[Part]) -> str:
    """All cells as one script.

    >>> from derive.scripts.frameworks import NUMPY
    >>> print(script("A sum", NUMPY, "x = 2", [Part("Forward pass", ["y = x + 1"])]))
    # A sum
    #
    # Every number is computed here and printed beside the one of the derivation.
    # Needs NumPy. Made with derive.
    <BLANKLINE>
    x = 2
    <BLANKLINE>
    <BLANKLINE>
    # Forward pass
    <BLANKLINE>
    y = x + 1
    <BLANKLINE>
    """
    lines = [f"# {' '.join(title.split())}", "#", *(f"# {line}" for line in framework.said)]
    texts = ["\n".join(lines), head]
    for part in parts:
        texts += [f"\n# {part.title}", *part.cells] if part.cells else []
    return "\n\n".join(texts) + "\n"
