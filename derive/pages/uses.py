"""The rows of the library that a problem uses: their equations, what they are called there, what is chosen of options.

Decides nothing about words or numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from derive.compute.schedule import groups
from derive.language import syntax
from derive.library import Row, rows
from derive.pages.page import ModelPage
from derive.trace.indexed import Equation as Indexed


class Used(NamedTuple):
    """A row in use: its equations, and the statement that brought them."""

    row: Row
    equations: list[Indexed]
    use: syntax.Use

    def author(self, name: str) -> str:
        """What the author calls a quantity of the row."""
        for one in self.use.maps:
            if one.name == name:
                return str(one.value)
        return name

    @property
    def indices(self) -> Mapping[str, int]:
        """How many indices of the author's stand before those of the row."""
        return {one.name: len(one.index or ()) for one in self.use.maps}

    @property
    def choices(self) -> Iterator[Mapping[str, str]]:
        """What is chosen of every option."""
        said = {one.name: str(one.value) for one in self.use.maps}
        for option, words in self.row.options.items():
            yield words[said.get(option, next(iter(words)))]


def used(page: ModelPage) -> list[Used]:
    """The layers and losses in use, in their order."""
    found: dict[tuple[str, int], list[Indexed]] = {}
    for equation in page.solution.system.equations:
        if equation.row in rows("layer") or equation.row in rows("loss"):
            found.setdefault((equation.row, equation.line), []).append(equation)
    everything: list[Used] = []
    for (name, line), equations in found.items():
        row = rows("layer").get(name) or rows("loss")[name]
        everything.append(Used(row, equations, page.solution.uses[line]))
    return everything


def over_time(page: ModelPage) -> frozenset[str]:
    """The quantities of recurrences, whose elements need each other."""
    system = page.solution.system
    recurrent = (group for group in groups(system.equations, system.givens) if group.recurrent)
    return frozenset(system.equations[number].name for group in recurrent for number in group.equations)
