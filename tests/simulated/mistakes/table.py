"""How a row of the table is made, and what the rows have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..formula import Formula
from ..ids import ident
from ..textbook import Lesson, Line

Wrong = Callable[[Lesson, Line], Formula | None]
"""The wrong formula of a line; None where the mistake cannot be made."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One kind of mistake: where it is made, what stands there, how likely it is."""

    name: str
    part: str
    kinds: tuple[str, ...]
    wrong: Wrong
    likely: float
    everywhere: float

    def sites(self, lesson: Lesson) -> dict[str, Formula]:
        """The lines in which it can be made, and the wrong formula of each."""
        found = {}
        for line in lesson.lines.values():
            if line.kind in self.kinds:
                formula = self.wrong(lesson, line)
                if formula is not None and formula not in line.routes:
                    found[line.id] = formula
        return found


ROWS: list[Mistake] = []


class Part:
    """A part of the table: `@part.row("z", likely=3)` above a function makes it a row."""

    def __init__(self, name: str) -> None:
        self.name = name

    def row(self, *kinds: str, likely: float = 1, everywhere: float = 0.5) -> Callable[[Wrong], Wrong]:
        def add(wrong: Wrong) -> Wrong:
            ROWS.append(Mistake(wrong.__name__, self.name, kinds, wrong, likely, everywhere))
            return wrong

        return add


def renamed(formula: Formula, names: dict[str, Formula]) -> Formula:
    """The formula with other things for some of its names."""
    if isinstance(formula, str):
        return names.get(formula, formula)
    if isinstance(formula, tuple):
        return (formula[0], *(renamed(part, names) for part in formula[1:]))
    return formula


def same(kind: str, line: Line, *place: int) -> str:
    """The id of a quantity of the line's example and step."""
    return ident(kind, *place, example=line.example, step=line.step)


def is_output(lesson: Lesson, line: Line) -> bool:
    """Whether the line belongs to the last layer."""
    return line.place[0] == lesson.last


def is_merged(lesson: Lesson, line: Line) -> bool:
    """Whether the line is a delta in which loss and activation cancel to a - t."""
    return line.kind == "dL/dz" and is_output(lesson, line) and lesson.merged


def output_and_target(lesson: Lesson, line: Line) -> tuple[str, str]:
    """The output and the target of the unit that a line of the last layer belongs to."""
    k = line.place[1]
    return lesson.a(lesson.last, k, line.example, line.step), lesson.t(k, line.example)


SQUARES = ("half_squared_error", "squared_error", "mean_squared_error")
"""The losses of squared errors."""


def neighbour(units: range, j: int) -> int | None:
    """Another unit of the layer, the next one; None where there is no other."""
    return None if len(units) < 2 else (j + 1) % len(units)
