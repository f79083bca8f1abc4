"""Labels: what the targets of links in a document begin with."""

from __future__ import annotations

import re


def label(stem: str) -> str:
    """The beginning of the labels of a document whose files begin with `stem`, in letters that every reader takes.

    >>> label("mazur.worksheet"), label("my $1 net"), label("")
    ('mazur-worksheet-', 'my-1-net-', '')
    """
    words = re.findall(r"[a-z0-9]+", stem.lower())
    return "".join(f"{word}-" for word in words)
