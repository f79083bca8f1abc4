"""What of a solution somebody writes down: the kinds of lines he is used to write, and what is left blank."""

from __future__ import annotations

import random

from .textbook import Lesson, Line

HABITS = {"lr*dL/dW": 0.35, "path": 0.5, "exp": 0.5, "expsum": 0.5, "dL/da": 0.75, "da/dz": 0.75, "loss_part": 0.7}
"""How likely somebody is to write lines of a kind at all; other kinds are always written, but for those below."""


def written(lesson: Lesson, blank: str, source: random.Random) -> list[str]:
    """The ids of the lines that come on the sheet, in the order of working."""
    usual = _usual(lesson, source)
    match blank:
        case "none":
            chosen = usual
        case "results only":
            kinds = source.choice(
                [("W", "b", "loss"), ("W", "b"), ("dL/dW", "dL/db"), ("loss", "dL/dW", "dL/db", "W", "b")]
            )
            chosen = [line for line in usual if line.kind in kinds]
        case "every second":
            first = source.randrange(2)
            chosen = usual[first::2]
        case "one layer":
            layer = source.randint(1, lesson.last)
            chosen = [line for line in usual if not line.place or line.kind == "loss_part" or line.place[0] == layer]
        case "random":
            share = source.uniform(0.2, 0.8)
            chosen = [line for line in usual if source.random() < share]
        case "sparse":
            some = set(source.sample(range(len(usual)), min(len(usual), source.randint(3, 8))))
            chosen = [line for number, line in enumerate(usual) if number in some]
        case _:
            raise ValueError(blank)
    return [line.id for line in chosen or usual]


def _usual(lesson: Lesson, source: random.Random) -> list[Line]:
    """The lines that this person writes when nothing is left blank."""
    skipped = {kind for kind, likely in HABITS.items() if source.random() > likely}
    last_pass, inputs, units, fixed, plain = (source.random() < p for p in (0.6, 0.05, 0.5, 0.1, 0.6))

    def usual(line: Line) -> bool:
        layer = line.place[0] if line.place else None
        match line.kind:
            case kind if kind in skipped:
                return False
            case "dL/da" if layer == 0:
                return inputs
            case "b":
                return bool(line.step) and (fixed or lesson.trained(line.place[0]))
            case "dL/db":
                if not lesson.trained(line.place[0]):
                    return fixed
                return units or not lesson.shared(line.place[0]) or len(line.place) == 1
            case "a" | "da/dz" if layer and lesson.activation(layer) == "linear":
                return plain
            case "lr_now":
                return True
        if line.kind in ("W", "vW", "vb") or line.step < lesson.steps:
            return True
        return last_pass

    return [line for line in lesson.lines.values() if usual(line)]
