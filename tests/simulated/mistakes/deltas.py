"""Mistakes in deltas, and in what comes back from the layer above."""

from __future__ import annotations

from ..formula import Formula
from ..rules import total
from ..textbook import Lesson, Line
from .table import SQUARES, Part, is_merged, is_output, neighbour, output_and_target, renamed, same

part = Part("backward")

# --- deltas -----------------------------------------------------------------------------------------------------


def _product(lesson: Lesson, line: Line) -> tuple[str, str] | None:
    """dL/da and da/dz of a unit that has one slope of its own."""
    if line.kind != "dL/dz" or lesson.activation(line.place[0]) == "softmax":
        return None
    return same("dL/da", line, *line.place), same("da/dz", line, *line.place)


@part.row("dL/dz", likely=5, everywhere=0.6)
def slope_left_out(lesson: Lesson, line: Line) -> Formula | None:
    factors = _product(lesson, line)
    return factors[0] if factors else None


@part.row("dL/dz", likely=1.5)
def slope_twice(lesson: Lesson, line: Line) -> Formula | None:
    factors = _product(lesson, line)
    return ("*", *factors, factors[1]) if factors and not is_merged(lesson, line) else None


@part.row("dL/dz", likely=3, everywhere=0.9)
def slope_once_more_under_cross_entropy(lesson: Lesson, line: Line) -> Formula | None:
    """(a - t) a (1 - a), although the slope has cancelled."""
    if not is_merged(lesson, line):
        return None
    a = lesson.a(line.place[0], line.place[1], line.example, line.step)
    return ("*", lesson.error(line.place[1], line.example, line.step), ("unseen", ("*", a, ("-", 1, a))))


@part.row("dL/dz", likely=1, everywhere=0.2)
def error_left_out_of_the_delta(lesson: Lesson, line: Line) -> Formula | None:
    factors = _product(lesson, line)
    return factors[1] if factors else None


@part.row("dL/dz", likely=0.5, everywhere=0.2)
def slope_added(lesson: Lesson, line: Line) -> Formula | None:
    factors = _product(lesson, line)
    return ("+", *factors) if factors else None


@part.row("dL/dz", likely=2, everywhere=0.2)
def delta_with_the_slope_of_another_unit(lesson: Lesson, line: Line) -> Formula | None:
    factors, other = _product(lesson, line), neighbour(lesson.units(line.place[0]), line.place[1])
    if not factors or other is None:
        return None
    return ("*", factors[0], same("da/dz", line, line.place[0], other))


@part.row("dL/dz", likely=1.5)
def delta_with_the_slope_of_another_layer(lesson: Lesson, line: Line) -> Formula | None:
    layer, j = line.place
    factors, other = _product(lesson, line), layer + 1
    if not factors or other > lesson.last or lesson.activation(other) == "softmax" or j >= len(lesson.units(other)):
        return None
    return ("*", factors[0], same("da/dz", line, other, j))


@part.row("dL/dz", likely=1.5)
def activation_for_slope(lesson: Lesson, line: Line) -> Formula | None:
    factors = _product(lesson, line)
    if not factors or is_merged(lesson, line):
        return None
    return ("*", factors[0], lesson.a(line.place[0], line.place[1], line.example, line.step))


@part.row("dL/dz", likely=2, everywhere=0.9)
def softmax_diagonal_only(lesson: Lesson, line: Line) -> Formula | None:
    layer, j = line.place
    if lesson.activation(layer) != "softmax" or len(lesson.units(layer)) < 2:
        return None
    return ("*", same("dL/da", line, layer, j), same("da/dz", line, layer, j, j))


@part.row("dL/dz", likely=1.5, everywhere=0.9)
def one_subtracted_from_every_class(lesson: Lesson, line: Line) -> Formula | None:
    """a - 1 for every class, not for the right one only."""
    if not is_merged(lesson, line) or lesson.activation(lesson.last) != "softmax":
        return None
    return lesson.within(("-", output_and_target(lesson, line)[0], 1), line.step)


@part.row("dL/dz", likely=1, everywhere=0.9)
def delta_of_the_right_class_only(lesson: Lesson, line: Line) -> Formula | None:
    if not is_merged(lesson, line) or lesson.activation(lesson.last) != "softmax":
        return None
    return 0 if lesson.givens[output_and_target(lesson, line)[1]] == 0 else None


@part.row("dL/dz", likely=2)
def two_of_the_square_again(lesson: Lesson, line: Line) -> Formula | None:
    """The factor 2 of a squared error is applied to the deltas below as well."""
    factors = _product(lesson, line)
    if not factors or is_output(lesson, line) or lesson.loss not in SQUARES[1:]:
        return None
    return ("*", 2, *factors)


@part.row("dL/dz", likely=1, everywhere=0.1)
def sign_of_a_delta(lesson: Lesson, line: Line) -> Formula | None:
    factors = _product(lesson, line)
    return ("~", ("*", *factors)) if factors else None


# --- what comes from the layer above ------------------------------------------------------------------------------

ABOVE = ("dL/da", "path")


def _above(lesson: Lesson, line: Line) -> list[tuple[int, int, int]]:
    """The weights (layer, unit, source) over which the line gets something from above."""
    layer, i = line.place[:2]
    if layer >= lesson.last:
        return []
    return [(layer + 1, j, i) for j in (line.place[2:] if line.kind == "path" else lesson.units(layer + 1))]


def _sum(lesson: Lesson, line: Line, term: object) -> Formula | None:
    places = _above(lesson, line)
    return total([term(*place) for place in places]) if places else None  # type: ignore[operator]


def _delta(line: Line, layer: int, j: int) -> str:
    return same("dL/dz", line, layer, j)


@part.row(*ABOVE, likely=6, everywhere=0.8)
def weights_already_updated(lesson: Lesson, line: Line) -> Formula | None:
    def term(layer: int, j: int, i: int) -> Formula:
        return ("*", _delta(line, layer, j), lesson.weight(layer, j, i, line.step + 1))

    return _sum(lesson, line, term)


@part.row("dL/da", likely=3, everywhere=0.6)
def one_path_only(lesson: Lesson, line: Line) -> Formula | None:
    places = _above(lesson, line)
    if len(places) < 2:
        return None
    layer, j, i = places[0]
    return ("*", _delta(line, layer, j), lesson.weight(layer, j, i, line.step))


@part.row("dL/da", likely=2, everywhere=0.6)
def own_path_only(lesson: Lesson, line: Line) -> Formula | None:
    """Only the path through the unit of the same number."""
    places = _above(lesson, line)
    if len(places) < 2 or not 0 < line.place[1] < len(places):
        return None
    layer, j, i = places[line.place[1]]
    return ("*", _delta(line, layer, j), lesson.weight(layer, j, i, line.step))


@part.row(*ABOVE, likely=3, everywhere=0.8)
def weights_transposed_on_the_way_back(lesson: Lesson, line: Line) -> Formula | None:
    layer = line.place[0] + 1
    if layer > lesson.last or len(lesson.units(layer)) != len(lesson.units(layer - 1)) or len(lesson.units(layer)) < 2:
        return None

    def term(layer: int, j: int, i: int) -> Formula:
        return ("*", _delta(line, layer, j), lesson.weight(layer, i, j, line.step))

    return _sum(lesson, line, term)


@part.row(*ABOVE, likely=2)
def weights_left_out_on_the_way_back(lesson: Lesson, line: Line) -> Formula | None:
    return _sum(lesson, line, lambda layer, j, i: _delta(line, layer, j))


@part.row(*ABOVE, likely=3)
def slope_above_left_out(lesson: Lesson, line: Line) -> Formula | None:
    """dL/da of the layer above times the weight."""
    layer = line.place[0] + 1
    if layer > lesson.last or lesson.activation(layer) == "softmax":
        return None

    def term(layer: int, j: int, i: int) -> Formula:
        return ("*", same("dL/da", line, layer, j), lesson.weight(layer, j, i, line.step))

    return _sum(lesson, line, term)


@part.row("dL/da", likely=2)
def outgoing_gradients_added(lesson: Lesson, line: Line) -> Formula | None:
    """The gradients of the outgoing weights instead of delta times weight."""
    return _sum(lesson, line, lambda *place: same("dL/dW", line, *place))


@part.row("dL/da", likely=2)
def incoming_weights_on_the_way_back(lesson: Lesson, line: Line) -> Formula | None:
    layer, i = line.place[0], line.place[1]
    if not layer or len(_above(lesson, line)) > len(lesson.units(layer - 1)):
        return None

    def term(above: int, j: int, _: int) -> Formula:
        return ("*", _delta(line, above, j), lesson.weight(layer, i, j, line.step))

    return _sum(lesson, line, term)


@part.row(*ABOVE, likely=2, everywhere=0.2)
def weight_of_another_source(lesson: Lesson, line: Line) -> Formula | None:
    other = neighbour(lesson.units(line.place[0]), line.place[1])
    if other is None:
        return None

    def term(layer: int, j: int, i: int) -> Formula:
        return ("*", _delta(line, layer, j), lesson.weight(layer, j, other, line.step))

    return _sum(lesson, line, term)


@part.row(*ABOVE, likely=1, everywhere=0.2)
def delta_of_another_unit_above(lesson: Lesson, line: Line) -> Formula | None:
    places = _above(lesson, line)
    if not places or len(lesson.units(places[0][0])) < 2:
        return None
    layer = places[0][0]
    units = lesson.units(layer)
    swapped = {_delta(line, layer, j): _delta(line, layer, (j + 1) % len(units)) for j in units}
    right = total([("*", _delta(line, layer, j), lesson.weight(layer, j, i, line.step)) for _, j, i in places])
    return renamed(right, dict(swapped))


@part.row("dL/da", likely=1)
def paths_subtracted(lesson: Lesson, line: Line) -> Formula | None:
    places = _above(lesson, line)
    if len(places) != 2:
        return None
    terms = [("*", _delta(line, layer, j), lesson.weight(layer, j, i, line.step)) for layer, j, i in places]
    return ("-", *terms)


@part.row("dL/da", likely=1)
def paths_averaged(lesson: Lesson, line: Line) -> Formula | None:
    places = _above(lesson, line)
    if len(places) < 2:
        return None
    terms = [("*", _delta(line, layer, j), lesson.weight(layer, j, i, line.step)) for layer, j, i in places]
    return ("/", total(list(terms)), len(terms))


@part.row("dL/da", likely=1, everywhere=0.8)
def loss_sent_back(lesson: Lesson, line: Line) -> Formula | None:
    """The loss times the weights."""
    loss = lesson.example_loss(line.example, line.step)
    return _sum(lesson, line, lambda layer, j, i: ("*", loss, lesson.weight(layer, j, i, line.step)))
