"""Mistakes in backpropagation: the slope of the loss, slopes of activations, deltas, what comes from above."""

from __future__ import annotations

from decimal import Decimal

from ..formula import Formula, replaced
from ..ids import ident
from ..textbook import Lesson, Line, total
from .table import Part, neighbour, renamed

part = Part("backward")
SQUARES = ("half_squared_error", "squared_error", "mean_squared_error")


def _same(kind: str, line: Line, *place: int) -> str:
    """A quantity of the same example and step."""
    return ident(kind, *place, example=line.example, step=line.step)


def _is_output(lesson: Lesson, line: Line) -> bool:
    return line.place[0] == lesson.last


def _changed_error(lesson: Lesson, line: Line, error: Formula) -> Formula | None:
    """The line with another thing for its error a - t, where it has one."""
    if not _is_output(lesson, line):
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
    return line.kind == "dL/da" and _is_output(lesson, line) and lesson.loss in SQUARES


def _merged(lesson: Lesson, line: Line) -> bool:
    return line.kind == "dL/dz" and _is_output(lesson, line) and lesson.merged


def _has_error(lesson: Lesson, line: Line) -> bool:
    return _squared(lesson, line) or _merged(lesson, line)


def _pair(lesson: Lesson, line: Line) -> tuple[str, str]:
    k = line.place[1]
    return lesson.a(lesson.last, k, line.example, line.step), lesson.t(k, line.example)


@part.row(*ERRORS, likely=6, everywhere=0.6)
def sign_of_the_error(lesson: Lesson, line: Line) -> Formula | None:
    if not _has_error(lesson, line):
        return None
    right = lesson.error(line.place[1], line.example, line.step)
    return _changed_error(lesson, line, ("-", right[2], right[1]))


@part.row(*ERRORS, likely=2, everywhere=0.3)
def target_added_to_the_output(lesson: Lesson, line: Line) -> Formula | None:
    return _changed_error(lesson, line, ("+", *_pair(lesson, line))) if _has_error(lesson, line) else None


@part.row(*ERRORS, likely=2, everywhere=0.3)
def error_with_another_target(lesson: Lesson, line: Line) -> Formula | None:
    other = neighbour(lesson.units(lesson.last), line.place[1]) if _is_output(lesson, line) else None
    if other is None or not _has_error(lesson, line):
        return None
    wrong = lesson.t(other, line.example)
    return _changed_error(
        lesson, line, renamed(lesson.error(line.place[1], line.example, line.step), {_pair(lesson, line)[1]: wrong})
    )


@part.row(*ERRORS, likely=2)
def error_of_the_weighted_sum(lesson: Lesson, line: Line) -> Formula | None:
    if not _has_error(lesson, line) or lesson.activation(lesson.last) == "linear":
        return None
    z = _same("z", line, *line.place)
    right = lesson.error(line.place[1], line.example, line.step)
    return _changed_error(lesson, line, renamed(right, {_pair(lesson, line)[0]: z}))


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
    if not _is_output(lesson, line):
        return None
    if len(lesson.units(lesson.last)) > 1:
        return _same("loss_part", line, line.place[1])
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
    return _pair(lesson, line) if _is_output(lesson, line) and lesson.loss == loss else None


@part.row("dL/da", likely=3, everywhere=0.9)
def difference_for_the_slope_of_cross_entropy(lesson: Lesson, line: Line) -> Formula | None:
    if not _is_output(lesson, line) or lesson.loss in SQUARES:
        return None
    return lesson.within(lesson.error(line.place[1], line.example, line.step), line.step)


@part.row("dL/da", likely=2)
def sign_of_the_slope_of_cross_entropy(lesson: Lesson, line: Line) -> Formula | None:
    if not _is_output(lesson, line) or lesson.loss in SQUARES or not line.routes[0]:
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


# --- slopes of activations ----------------------------------------------------------------------------------------


def _unit(lesson: Lesson, line: Line, *functions: str) -> tuple[str, str] | None:
    """Activation and sum of a unit whose layer has one of the functions."""
    if line.kind != "da/dz" or lesson.activation(line.place[0]) not in functions:
        return None
    layer, j = line.place[:2]
    return lesson.a(layer, j, line.example, line.step), _same("z", line, layer, j)


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


# --- deltas -----------------------------------------------------------------------------------------------------


def _product(lesson: Lesson, line: Line) -> tuple[str, str] | None:
    """dL/da and da/dz of a unit that has one slope of its own."""
    if line.kind != "dL/dz" or lesson.activation(line.place[0]) == "softmax":
        return None
    return _same("dL/da", line, *line.place), _same("da/dz", line, *line.place)


@part.row("dL/dz", likely=5, everywhere=0.6)
def slope_left_out(lesson: Lesson, line: Line) -> Formula | None:
    factors = _product(lesson, line)
    return factors[0] if factors and not _merged(lesson, line) else None


@part.row("dL/dz", likely=1.5)
def slope_twice(lesson: Lesson, line: Line) -> Formula | None:
    factors = _product(lesson, line)
    return ("*", *factors, factors[1]) if factors and not _merged(lesson, line) else None


@part.row("dL/dz", likely=3, everywhere=0.9)
def slope_once_more_under_cross_entropy(lesson: Lesson, line: Line) -> Formula | None:
    """(a - t) a (1 - a), although the slope has cancelled."""
    if not _merged(lesson, line):
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
    return ("*", factors[0], _same("da/dz", line, line.place[0], other))


@part.row("dL/dz", likely=1.5)
def delta_with_the_slope_of_another_layer(lesson: Lesson, line: Line) -> Formula | None:
    layer, j = line.place
    factors, other = _product(lesson, line), layer + 1
    if not factors or other > lesson.last or lesson.activation(other) == "softmax" or j >= len(lesson.units(other)):
        return None
    return ("*", factors[0], _same("da/dz", line, other, j))


@part.row("dL/dz", likely=1.5)
def activation_for_slope(lesson: Lesson, line: Line) -> Formula | None:
    factors = _product(lesson, line)
    if not factors or _merged(lesson, line):
        return None
    return ("*", factors[0], lesson.a(*line.place, line.example, line.step))


@part.row("dL/dz", likely=2, everywhere=0.9)
def softmax_diagonal_only(lesson: Lesson, line: Line) -> Formula | None:
    layer, j = line.place
    if lesson.activation(layer) != "softmax" or len(lesson.units(layer)) < 2:
        return None
    return ("*", _same("dL/da", line, layer, j), _same("da/dz", line, layer, j, j))


@part.row("dL/dz", likely=2)
def two_of_the_square_again(lesson: Lesson, line: Line) -> Formula | None:
    """The factor 2 of a squared error is applied to the deltas below as well."""
    factors = _product(lesson, line)
    if not factors or _is_output(lesson, line) or lesson.loss not in SQUARES[1:]:
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
    return _same("dL/dz", line, layer, j)


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
        return ("*", _same("dL/da", line, layer, j), lesson.weight(layer, j, i, line.step))

    return _sum(lesson, line, term)


@part.row("dL/da", likely=2)
def outgoing_gradients_added(lesson: Lesson, line: Line) -> Formula | None:
    """The gradients of the outgoing weights instead of delta times weight."""
    return _sum(lesson, line, lambda *place: _same("dL/dW", line, *place))


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
