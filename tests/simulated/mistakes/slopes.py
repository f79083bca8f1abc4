"""Mistakes in the derivatives of activations."""

from __future__ import annotations

from ..formula import Formula
from ..textbook import Lesson, Line
from .table import Part, neighbour, renamed, same

part = Part("backward")


def _unit(lesson: Lesson, line: Line, *functions: str) -> tuple[str, str] | None:
    """Activation and sum of a unit whose layer has one of the functions."""
    if line.kind != "da/dz" or lesson.activation(line.place[0]) not in functions:
        return None
    layer, j = line.place[:2]
    return lesson.a(layer, j, line.example, line.step), same("z", line, layer, j)


BENT = ("sigmoid", "tanh")


@part.row("da/dz", likely=3)
def slope_of_the_sum(lesson: Lesson, line: Line) -> Formula | None:
    """z (1 - z), 1 - z^2."""
    unit = _unit(lesson, line, *BENT)
    return renamed(line.routes[0], {unit[0]: unit[1]}) if unit else None


@part.row("da/dz", likely=1.5)
def slope_at_the_activation(lesson: Lesson, line: Line) -> Formula | None:
    """The derivative is taken at the activation of the activation."""
    unit = _unit(lesson, line, *BENT)
    if not unit:
        return None
    again = lesson.activated(line.place[0], unit[0])[0]
    return renamed(line.routes[0], {unit[0]: again})


@part.row("da/dz", likely=1)
def slope_with_plus(lesson: Lesson, line: Line) -> Formula | None:
    unit = _unit(lesson, line, "sigmoid")
    return ("*", unit[0], ("+", 1, unit[0])) if unit else None


@part.row("da/dz", likely=2)
def slope_one_minus_activation(lesson: Lesson, line: Line) -> Formula | None:
    """1 - a for a (1 - a) and for 1 - a^2."""
    unit = _unit(lesson, line, *BENT)
    return ("-", 1, unit[0]) if unit else None


@part.row("da/dz", likely=1.5)
def slope_is_the_activation(lesson: Lesson, line: Line) -> Formula | None:
    unit = _unit(lesson, line, "sigmoid", "tanh", "relu", "softplus")
    return unit[0] if unit else None


@part.row("da/dz", likely=1)
def sign_of_the_slope(lesson: Lesson, line: Line) -> Formula | None:
    """a (a - 1)."""
    unit = _unit(lesson, line, "sigmoid")
    return ("*", unit[0], ("-", unit[0], 1)) if unit else None


@part.row("da/dz", likely=3, everywhere=0.2)
def slope_of_another_unit(lesson: Lesson, line: Line) -> Formula | None:
    unit = _unit(lesson, line, *BENT, "softplus")
    other = neighbour(lesson.units(line.place[0]), line.place[1])
    if not unit or other is None:
        return None
    return lesson.slopes(line.place[0], other, line.example, line.step)[0]


@part.row("da/dz", likely=1.5, everywhere=0.2)
def two_units_in_one_slope(lesson: Lesson, line: Line) -> Formula | None:
    """a1 (1 - a2)."""
    unit = _unit(lesson, line, "sigmoid")
    other = neighbour(lesson.units(line.place[0]), line.place[1])
    if not unit or other is None:
        return None
    return ("*", unit[0], ("-", 1, lesson.a(line.place[0], other, line.example, line.step)))


@part.row("da/dz", likely=1.5, everywhere=0.2)
def slope_of_another_layer(lesson: Lesson, line: Line) -> Formula | None:
    layer, j = line.place[:2]
    other = layer + 1 if layer < lesson.last else layer - 1
    if other < 1 or j >= len(lesson.units(other)) or not _unit(lesson, line, *BENT):
        return None
    if lesson.activation(other) != lesson.activation(layer):
        return None
    return lesson.slopes(other, j, line.example, line.step)[0]


@part.row("da/dz", likely=2)
def slope_of_another_function(lesson: Lesson, line: Line) -> Formula | None:
    unit = _unit(lesson, line, *BENT, "softplus", "linear")
    if not unit:
        return None
    a = unit[0]
    return ("-", 1, ("^", a)) if lesson.activation(line.place[0]) == "sigmoid" else ("*", a, ("-", 1, a))


@part.row("da/dz", likely=2)
def slope_of_a_rectifier_always_one(lesson: Lesson, line: Line) -> Formula | None:
    return 1 if _unit(lesson, line, "relu", "leaky_relu") else None


@part.row("da/dz", likely=1)
def slope_of_a_rectifier_turned(lesson: Lesson, line: Line) -> Formula | None:
    unit = _unit(lesson, line, "relu")
    return ("-", 1, ("step", unit[1])) if unit else None


@part.row("da/dz", likely=1.5)
def leak_forgotten(lesson: Lesson, line: Line) -> Formula | None:
    unit = _unit(lesson, line, "leaky_relu")
    return ("step", unit[1]) if unit else None


@part.row("da/dz", likely=1)
def leak_on_the_other_side(lesson: Lesson, line: Line) -> Formula | None:
    unit = _unit(lesson, line, "leaky_relu")
    return ("leaky_slope", lesson.leak(line.place[0]), ("~", unit[1])) if unit else None


@part.row("da/dz", likely=1)
def two_of_the_slope_put_in(lesson: Lesson, line: Line) -> Formula | None:
    """1 - 2a^2, 2a(1 - a)."""
    unit = _unit(lesson, line, *BENT)
    if not unit:
        return None
    a = unit[0]
    return ("-", 1, ("*", 2, a)) if lesson.activation(line.place[0]) == "tanh" else ("*", 2, line.routes[0])


def _jacobian(lesson: Lesson, line: Line) -> tuple[int, int, int] | None:
    layer = line.place[0]
    if len(line.place) != 3 or len(lesson.units(layer)) < 2:
        return None
    return layer, line.place[1], line.place[2]


@part.row("da/dz", likely=1.5)
def sign_off_the_diagonal(lesson: Lesson, line: Line) -> Formula | None:
    place = _jacobian(lesson, line)
    return line.routes[0][1] if place and place[1] != place[2] else None


@part.row("da/dz", likely=1)
def nothing_off_the_diagonal(lesson: Lesson, line: Line) -> Formula | None:
    place = _jacobian(lesson, line)
    return 0 if place and place[1] != place[2] else None


@part.row("da/dz", likely=1)
def product_on_the_diagonal(lesson: Lesson, line: Line) -> Formula | None:
    """-a^2 on the diagonal, as off it."""
    place = _jacobian(lesson, line)
    if not place or place[1] != place[2]:
        return None
    return ("~", ("^", lesson.a(place[0], place[1], line.example, line.step)))
