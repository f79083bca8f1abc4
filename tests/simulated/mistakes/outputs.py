"""Mistakes in the slope of the loss at the outputs."""

from __future__ import annotations

from decimal import Decimal

from ..formula import Formula, replaced
from ..textbook import Lesson, Line
from .table import SQUARES, Part, is_merged, is_output, neighbour, output_and_target, renamed, same

part = Part("backward")


def _changed_error(lesson: Lesson, line: Line, error: Formula) -> Formula | None:
    """The line with another thing for its error a - t, where it has one."""
    if not is_output(lesson, line):
        return None
    right = lesson.error(line.place[1], line.example, line.step)
    for route in line.routes:
        wrong = replaced(route, right, error)
        if wrong != route:
            return wrong
    return None


# --- the slope of the loss ----------------------------------------------------------------------------------------

ERRORS = ("dL/da", "dL/dz")


def _squared(lesson: Lesson, line: Line) -> bool:
    return line.kind == "dL/da" and is_output(lesson, line) and lesson.loss in SQUARES


def _has_error(lesson: Lesson, line: Line) -> bool:
    return _squared(lesson, line) or is_merged(lesson, line)


@part.row(*ERRORS, likely=6, everywhere=0.6)
def sign_of_the_error(lesson: Lesson, line: Line) -> Formula | None:
    if not _has_error(lesson, line):
        return None
    right = lesson.error(line.place[1], line.example, line.step)
    return _changed_error(lesson, line, ("-", right[2], right[1]))


@part.row(*ERRORS, likely=2, everywhere=0.3)
def target_added_to_the_output(lesson: Lesson, line: Line) -> Formula | None:
    return _changed_error(lesson, line, ("+", *output_and_target(lesson, line))) if _has_error(lesson, line) else None


@part.row(*ERRORS, likely=2, everywhere=0.3)
def error_with_another_target(lesson: Lesson, line: Line) -> Formula | None:
    other = neighbour(lesson.units(lesson.last), line.place[1]) if is_output(lesson, line) else None
    if other is None or not _has_error(lesson, line):
        return None
    right = lesson.error(line.place[1], line.example, line.step)
    target = output_and_target(lesson, line)[1]
    return _changed_error(lesson, line, renamed(right, {target: lesson.t(other, line.example)}))


@part.row(*ERRORS, likely=2)
def error_of_the_weighted_sum(lesson: Lesson, line: Line) -> Formula | None:
    if not _has_error(lesson, line) or lesson.activation(lesson.last) == "linear":
        return None
    z = same("z", line, *line.place)
    right = lesson.error(line.place[1], line.example, line.step)
    return _changed_error(lesson, line, renamed(right, {output_and_target(lesson, line)[0]: z}))


@part.row(*ERRORS, likely=1, everywhere=0.9)
def error_without_sign(lesson: Lesson, line: Line) -> Formula | None:
    if not _has_error(lesson, line):
        return None
    return _changed_error(lesson, line, ("abs", lesson.error(line.place[1], line.example, line.step)))


@part.row("dL/da", likely=2)
def error_squared(lesson: Lesson, line: Line) -> Formula | None:
    if not _squared(lesson, line):
        return None
    return _changed_error(lesson, line, ("^", lesson.error(line.place[1], line.example, line.step)))


@part.row("dL/da", likely=2)
def loss_for_its_slope(lesson: Lesson, line: Line) -> Formula | None:
    if not is_output(lesson, line):
        return None
    if len(lesson.units(lesson.last)) > 1:
        return same("loss_part", line, line.place[1])
    return lesson.example_loss(line.example, line.step)


@part.row("dL/da", likely=4, everywhere=0.9)
def two_of_the_square_forgotten(lesson: Lesson, line: Line) -> Formula | None:
    if not _squared(lesson, line) or lesson.loss == "half_squared_error":
        return None
    wrong = replaced(line.routes[0], 2, 1, place=0)
    return wrong if wrong != line.routes[0] else None


@part.row("dL/da", likely=3, everywhere=0.9)
def two_of_the_square_kept(lesson: Lesson, line: Line) -> Formula | None:
    if not _squared(lesson, line) or lesson.loss != "half_squared_error":
        return None
    return ("*", 2, line.routes[0])


@part.row("dL/da", likely=1.5, everywhere=0.9)
def half_of_the_loss_kept(lesson: Lesson, line: Line) -> Formula | None:
    if not _squared(lesson, line) or lesson.loss != "half_squared_error":
        return None
    return ("*", Decimal("0.5"), line.routes[0])


@part.row("dL/da", likely=2, everywhere=0.9)
def slope_not_divided_by_the_outputs(lesson: Lesson, line: Line) -> Formula | None:
    if not _squared(lesson, line) or lesson.loss != "mean_squared_error":
        return None
    return ("*", 2, lesson.error(line.place[1], line.example, line.step))


@part.row("dL/da", likely=1.5, everywhere=0.9)
def slope_divided_by_the_outputs(lesson: Lesson, line: Line) -> Formula | None:
    n = len(lesson.units(lesson.last))
    if not _squared(lesson, line) or lesson.loss == "mean_squared_error" or n < 2:
        return None
    return ("/", line.routes[0], n)


def _entropic(lesson: Lesson, line: Line, loss: str) -> tuple[str, str] | None:
    return output_and_target(lesson, line) if is_output(lesson, line) and lesson.loss == loss else None


@part.row("dL/da", likely=3, everywhere=0.9)
def difference_for_the_slope_of_cross_entropy(lesson: Lesson, line: Line) -> Formula | None:
    if not is_output(lesson, line) or lesson.loss in SQUARES:
        return None
    return lesson.within(lesson.error(line.place[1], line.example, line.step), line.step)


@part.row("dL/da", likely=2)
def sign_of_the_slope_of_cross_entropy(lesson: Lesson, line: Line) -> Formula | None:
    if not is_output(lesson, line) or lesson.loss in SQUARES or not line.routes[0]:
        return None
    return ("~", line.routes[0])


@part.row("dL/da", likely=1.5)
def second_term_left_out_of_the_slope(lesson: Lesson, line: Line) -> Formula | None:
    pair = _entropic(lesson, line, "binary_cross_entropy")
    return lesson.within(("~", ("/", pair[1], pair[0])), line.step) if pair else None


@part.row("dL/da", likely=1.5)
def plus_between_the_terms_of_the_slope(lesson: Lesson, line: Line) -> Formula | None:
    """t/a + (1-t)/(1-a)."""
    pair = _entropic(lesson, line, "binary_cross_entropy")
    if not pair:
        return None
    a, t = pair
    return lesson.within(("+", ("/", t, a), ("/", ("-", 1, t), ("-", 1, a))), line.step)


@part.row("dL/da", likely=1.5, everywhere=0.9)
def one_over_the_output_for_every_class(lesson: Lesson, line: Line) -> Formula | None:
    pair = _entropic(lesson, line, "categorical_cross_entropy")
    return lesson.within(("~", ("/", 1, pair[0])), line.step) if pair else None


@part.row("dL/da", likely=1)
def target_times_output_for_the_slope(lesson: Lesson, line: Line) -> Formula | None:
    pair = _entropic(lesson, line, "categorical_cross_entropy")
    return ("~", ("*", *pair)) if pair and line.routes[0] else None
