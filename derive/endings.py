"""How the names of files end, by format: most are called after it."""

from __future__ import annotations

OTHERS = {"numpy": "numpy.py", "torch": "torch.py", "myst": "myst.md"}
"""The ends of those that are not. MyST is Markdown to the programs that read it, and no other file may be replaced."""


def ending(format: str) -> str:
    """The end of the name of a file.

    >>> ending("tex"), ending("myst")
    ('tex', 'myst.md')
    """
    return OTHERS.get(format, format)
