"""Mistakes in the gradients of weights and biases, and in what penalties add to them."""

from __future__ import annotations

from decimal import Decimal

from ..formula import Formula
from ..ids import ident
from ..rules import means, total
from ..textbook import Lesson, Line
from .table import Part, neighbour

part = Part("gradients")


def _of_example(lesson: Lesson, line: Line) -> bool:
    """Whether the line takes the gradient from one example, not from the gradients of several."""
    return line.example is not None or lesson.count == 1


def _delta(line: Line, layer: int, j: int) -> str:
    return ident("dL/dz", layer, j, example=line.example, step=line.step)


def _gradient(lesson: Lesson, line: Line, first: Formula, second: Formula | None = None) -> Formula | None:
    """A gradient of a weight from other factors than delta and input, with the penalty where one belongs."""
    if not _of_example(lesson, line):
        return None
    product = first if second is None else ("*", first, second)
    return lesson.with_penalty(product, *line.place, line.step) if line.example is None else product  # type: ignore[call-arg]


def _input(lesson: Lesson, line: Line, i: int) -> str:
    return lesson.a(line.place[0] - 1, i, line.example, line.step)


@part.row("dL/dW", likely=3)
def sum_for_input(lesson: Lesson, line: Line) -> Formula | None:
    """delta times the weighted sum of the unit below."""
    layer, j, i = line.place
    if layer < 2 or lesson.activation(layer - 1) == "linear":
        return None
    return _gradient(
        lesson, line, _delta(line, layer, j), ident("z", layer - 1, i, example=line.example, step=line.step)
    )


@part.row("dL/dW", likely=2)
def own_activation_for_input(lesson: Lesson, line: Line) -> Formula | None:
    layer, j, _ = line.place
    return _gradient(lesson, line, _delta(line, layer, j), lesson.a(layer, j, line.example, line.step))


@part.row("dL/dW", likely=3, everywhere=0.1)
def another_input(lesson: Lesson, line: Line) -> Formula | None:
    layer, j, i = line.place
    other = neighbour(lesson.units(layer - 1), i)
    return None if other is None else _gradient(lesson, line, _delta(line, layer, j), _input(lesson, line, other))


@part.row("dL/dW", likely=3, everywhere=0.6)
def input_left_out(lesson: Lesson, line: Line) -> Formula | None:
    return _gradient(lesson, line, _delta(line, line.place[0], line.place[1]))


@part.row("dL/dW", likely=2)
def weight_for_input(lesson: Lesson, line: Line) -> Formula | None:
    layer, j, i = line.place
    return _gradient(lesson, line, _delta(line, layer, j), lesson.weight(layer, j, i, line.step))


@part.row("dL/dW", likely=3, everywhere=0.6)
def slope_left_out_of_the_gradient(lesson: Lesson, line: Line) -> Formula | None:
    """dL/da in place of dL/dz."""
    layer, j, i = line.place
    if lesson.activation(layer) == "linear":
        return None
    above = ident("dL/da", layer, j, example=line.example, step=line.step)
    return _gradient(lesson, line, above, _input(lesson, line, i))


@part.row("dL/dW", likely=2, everywhere=0.8)
def gradients_transposed(lesson: Lesson, line: Line) -> Formula | None:
    layer, j, i = line.place
    if len(lesson.units(layer)) != len(lesson.units(layer - 1)) or len(lesson.units(layer)) < 2:
        return None
    return _gradient(lesson, line, _delta(line, layer, i), _input(lesson, line, j))


@part.row("dL/dW", likely=2, everywhere=0.8)
def raw_input_in_a_gradient(lesson: Lesson, line: Line) -> Formula | None:
    layer, j, i = line.place
    if layer != 1 or not lesson.standardised:
        return None
    return _gradient(lesson, line, _delta(line, layer, j), lesson.x(i, line.example))


@part.row("dL/dW", likely=2, everywhere=0.1)
def delta_of_another_unit(lesson: Lesson, line: Line) -> Formula | None:
    layer, j, i = line.place
    other = neighbour(lesson.units(layer), j)
    return None if other is None else _gradient(lesson, line, _delta(line, layer, other), _input(lesson, line, i))


@part.row("dL/dW", likely=2, everywhere=0.1)
def sign_of_a_gradient(lesson: Lesson, line: Line) -> Formula | None:
    layer, j, i = line.place
    return _gradient(lesson, line, ("~", ("*", _delta(line, layer, j), _input(lesson, line, i))))


@part.row("dL/dW", likely=1)
def slope_of_the_input_in_a_gradient(lesson: Lesson, line: Line) -> Formula | None:
    """delta a (1 - a) with the activation below."""
    layer, j, i = line.place
    if layer < 2 or lesson.activation(layer - 1) not in ("sigmoid", "tanh"):
        return None
    return _gradient(
        lesson, line, _delta(line, layer, j), ident("da/dz", layer - 1, i, example=line.example, step=line.step)
    )


@part.row("dL/dW", likely=1)
def weight_times_input_and_delta(lesson: Lesson, line: Line) -> Formula | None:
    layer, j, i = line.place
    product = ("*", _delta(line, layer, j), _input(lesson, line, i), lesson.weight(layer, j, i, line.step))
    return _gradient(lesson, line, product)


@part.row("dL/dW", likely=0.5)
def delta_added_to_the_input(lesson: Lesson, line: Line) -> Formula | None:
    layer, j, i = line.place
    return _gradient(lesson, line, ("+", _delta(line, layer, j), _input(lesson, line, i)))


@part.row("dL/dW", likely=1, everywhere=0.9)
def rate_already_in_the_gradient(lesson: Lesson, line: Line) -> Formula | None:
    layer, j, i = line.place
    return _gradient(lesson, line, ("*", lesson.rate(line.step), _delta(line, layer, j), _input(lesson, line, i)))


@part.row("dL/dW", likely=1, everywhere=0.8)
def target_for_input(lesson: Lesson, line: Line) -> Formula | None:
    layer, j, _ = line.place
    if layer != lesson.last:
        return None
    return _gradient(lesson, line, _delta(line, layer, j), lesson.t(j, line.example))


@part.row("dL/dW", likely=1.5, everywhere=0.8)
def old_input_in_the_next_step(lesson: Lesson, line: Line) -> Formula | None:
    """Activations of the step before."""
    layer, j, i = line.place
    if not line.step or layer < 2 or lesson.seen(line.step) != lesson.seen(line.step - 1):
        return None
    return _gradient(lesson, line, _delta(line, layer, j), lesson.a(layer - 1, i, line.example, line.step - 1))


# --- biases -----------------------------------------------------------------------------------------------------


def _bias_of_unit(lesson: Lesson, line: Line) -> bool:
    return len(line.place) == 2 and _of_example(lesson, line)


@part.row("dL/db", likely=2)
def bias_gradient_times_input(lesson: Lesson, line: Line) -> Formula | None:
    if not _bias_of_unit(lesson, line):
        return None
    return ("*", _delta(line, *line.place), _input(lesson, line, 0))


@part.row("dL/db", likely=1)
def bias_gradient_one(lesson: Lesson, line: Line) -> Formula | None:
    return 1 if _bias_of_unit(lesson, line) else None


@part.row("dL/db", likely=1)
def bias_gradient_zero(lesson: Lesson, line: Line) -> Formula | None:
    return 0 if _bias_of_unit(lesson, line) else None


@part.row("dL/db", likely=2)
def bias_gradient_without_slope(lesson: Lesson, line: Line) -> Formula | None:
    if not _bias_of_unit(lesson, line) or lesson.activation(line.place[0]) == "linear":
        return None
    return ident("dL/da", *line.place, example=line.example, step=line.step)


@part.row("dL/db", likely=1.5)
def bias_gradient_times_bias(lesson: Lesson, line: Line) -> Formula | None:
    if not _bias_of_unit(lesson, line):
        return None
    return ("*", _delta(line, *line.place), lesson.bias(*line.place, line.step))  # type: ignore[call-arg]


def _shared(lesson: Lesson, line: Line) -> list[Formula]:
    """The deltas that the gradient of a shared bias adds up."""
    if len(line.place) != 1 or not _of_example(lesson, line) or len(lesson.units(line.place[0])) < 2:
        return []
    return [_delta(line, line.place[0], j) for j in lesson.units(line.place[0])]


@part.row("dL/db", likely=2)
def shared_bias_from_one_unit(lesson: Lesson, line: Line) -> Formula | None:
    deltas = _shared(lesson, line)
    return deltas[0] if deltas else None


@part.row("dL/db", likely=1.5)
def shared_bias_averaged(lesson: Lesson, line: Line) -> Formula | None:
    deltas = _shared(lesson, line)
    return ("/", total(deltas), len(deltas)) if deltas else None


# --- penalties --------------------------------------------------------------------------------------------------


def _bare(lesson: Lesson, line: Line) -> Formula | None:
    """The gradient of a weight before the penalties add to it; None where none do."""
    layer, j, i = line.place
    if not lesson.penalties or (line.example is not None):
        return None
    if lesson.count == 1:
        return ("*", _delta(line, layer, j), _input(lesson, line, i))
    each: list[Formula] = [ident("dL/dW", layer, j, i, example=e, step=line.step) for e in lesson.seen(line.step)]
    return means(each, 1 if lesson.inside else lesson.share(line.step))[0]


def _weight(lesson: Lesson, line: Line) -> str:
    return lesson.weight(*line.place, line.step)  # type: ignore[call-arg]


def _penalised(lesson: Lesson, line: Line, l1: Formula, l2: Formula, needs: str) -> Formula | None:
    """The gradient with other terms for the two penalties."""
    bare = _bare(lesson, line)
    if bare is None or needs not in lesson.penalties:
        return None
    terms = [bare, *([l1] if "l1" in lesson.penalties else []), *([l2] if "l2" in lesson.penalties else [])]
    return total(terms)


def _l1(lesson: Lesson, line: Line) -> Formula:
    return ("*", "l1", ("sign", _weight(lesson, line)))


def _l2(lesson: Lesson, line: Line) -> Formula:
    return ("*", "l2", _weight(lesson, line))


@part.row("dL/dW", likely=4, everywhere=0.8)
def penalty_left_out_of_the_gradient(lesson: Lesson, line: Line) -> Formula | None:
    return _bare(lesson, line)


@part.row("dL/dW", likely=1.5)
def penalty_subtracted_in_the_gradient(lesson: Lesson, line: Line) -> Formula | None:
    bare = _bare(lesson, line)
    if bare is None:
        return None
    terms = [_l1(lesson, line)] * ("l1" in lesson.penalties) + [_l2(lesson, line)] * ("l2" in lesson.penalties)
    return ("-", bare, total(terms))


@part.row("dL/dW", likely=2, everywhere=0.8)
def sign_of_the_weight_forgotten(lesson: Lesson, line: Line) -> Formula | None:
    """l1 in place of l1 times the sign of w."""
    return _penalised(lesson, line, "l1", _l2(lesson, line), "l1")


@part.row("dL/dW", likely=2, everywhere=0.8)
def weight_for_its_sign(lesson: Lesson, line: Line) -> Formula | None:
    return _penalised(lesson, line, ("*", "l1", _weight(lesson, line)), _l2(lesson, line), "l1")


@part.row("dL/dW", likely=2, everywhere=0.8)
def two_in_the_slope_of_the_penalty(lesson: Lesson, line: Line) -> Formula | None:
    return _penalised(lesson, line, _l1(lesson, line), ("*", 2, _l2(lesson, line)), "l2")


@part.row("dL/dW", likely=1.5, everywhere=0.8)
def half_in_the_slope_of_the_penalty(lesson: Lesson, line: Line) -> Formula | None:
    return _penalised(lesson, line, _l1(lesson, line), ("*", Decimal("0.5"), _l2(lesson, line)), "l2")


@part.row("dL/dW", likely=1, everywhere=0.8)
def weight_squared_in_the_slope_of_the_penalty(lesson: Lesson, line: Line) -> Formula | None:
    return _penalised(lesson, line, _l1(lesson, line), ("*", "l2", ("^", _weight(lesson, line))), "l2")


@part.row("dL/db", likely=1, everywhere=0.9)
def penalty_in_the_gradient_of_a_bias(lesson: Lesson, line: Line) -> Formula | None:
    place = line.place
    if not lesson.penalties or line.example is not None or place not in lesson.bias_places(place[0]):
        return None
    b, terms = ident("b", *place, step=line.step), [line.routes[0]]
    if "l1" in lesson.penalties:
        terms.append(("*", "l1", ("sign", b)))
    if "l2" in lesson.penalties:
        terms.append(("*", "l2", b))
    return total(terms)
