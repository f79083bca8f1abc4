"""Mistakes in combining the gradients of several examples."""

from __future__ import annotations

from ..formula import Formula
from ..ids import ident
from ..rules import total
from ..textbook import Lesson, Line
from .table import Part

part = Part("batch")
BOTH = ("dL/dW", "dL/db")


def _each(lesson: Lesson, line: Line) -> list[Formula]:
    """The gradients of the examples that the line combines."""
    seen = lesson.seen(line.step)
    if line.example is not None or len(seen) < 2:
        return []
    return [ident(line.kind, *line.place, example=e, step=line.step) for e in seen]


def _with_penalty(lesson: Lesson, line: Line, formula: Formula) -> Formula:
    if line.kind == "dL/db":
        return formula
    return lesson.with_penalty(formula, *line.place, line.step)  # type: ignore[call-arg]


@part.row(*BOTH, likely=5, everywhere=0.9)
def summed_for_mean(lesson: Lesson, line: Line) -> Formula | None:
    each = _each(lesson, line)
    return _with_penalty(lesson, line, total(each)) if each and lesson.mean and not lesson.inside else None


@part.row(*BOTH, likely=4, everywhere=0.9)
def averaged_for_sum(lesson: Lesson, line: Line) -> Formula | None:
    each = _each(lesson, line)
    if not each or (lesson.mean and not lesson.inside):
        return None
    return _with_penalty(lesson, line, ("/", total(each), len(each)))


@part.row(*BOTH, likely=2, everywhere=0.9)
def last_example_only(lesson: Lesson, line: Line) -> Formula | None:
    each = _each(lesson, line)
    return _with_penalty(lesson, line, each[-1]) if each else None


@part.row(*BOTH, likely=1, everywhere=0.9)
def first_example_only(lesson: Lesson, line: Line) -> Formula | None:
    each = _each(lesson, line)
    return _with_penalty(lesson, line, each[0]) if each else None


@part.row(*BOTH, likely=1, everywhere=0.9)
def divided_twice(lesson: Lesson, line: Line) -> Formula | None:
    each = _each(lesson, line)
    if not each or not lesson.mean or lesson.inside:
        return None
    return _with_penalty(lesson, line, ("/", total(each), len(each) ** 2))


@part.row(*BOTH, likely=1, everywhere=0.9)
def divided_by_one_less(lesson: Lesson, line: Line) -> Formula | None:
    each = _each(lesson, line)
    if len(each) < 3 or not lesson.mean or lesson.inside:
        return None
    return _with_penalty(lesson, line, ("/", total(each), len(each) - 1))


@part.row(*BOTH, likely=1, everywhere=0.3)
def example_left_out(lesson: Lesson, line: Line) -> Formula | None:
    each = _each(lesson, line)
    if len(each) < 3:
        return None
    some = total(each[:-1])
    return _with_penalty(lesson, line, ("/", some, len(each)) if lesson.mean and not lesson.inside else some)
