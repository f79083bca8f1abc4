"""What a problem says about its worksheets: the table `sheet`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from derive.spec.values import Listed, Table, Text

MOST_WORDS = 300


class SheetTable(Table):
    """What worksheets on the problem are like, unless the command says otherwise."""

    ask: Annotated[tuple[Text, ...], Field(min_length=1, max_length=MOST_WORDS), Listed] | None = None
    """What is asked, as `--ask` says it: topics, kinds ("delta:2" of a layer), units ("h1"), quantities ("dE/dw5")."""
