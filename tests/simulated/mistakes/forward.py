"""Mistakes in the forward pass: weighted sums, activations, softmax, standardised inputs."""

from __future__ import annotations

from ..formula import Formula
from ..ids import ident
from ..rules import total
from ..textbook import Lesson, Line
from .table import Part, neighbour, renamed, same

part = Part("forward")
ROUND = ("sigmoid", "tanh", "softplus", "relu", "leaky_relu")


def _terms(lesson: Lesson, line: Line) -> list[Formula]:
    layer, j = line.place
    return lesson.products(layer, j, line.example, line.step)


def _bias(lesson: Lesson, line: Line) -> str | None:
    layer, j = line.place
    return lesson.bias(layer, j, line.step) if lesson.has_biases(layer) else None


@part.row("z", likely=4)
def bias_left_out(lesson: Lesson, line: Line) -> Formula | None:
    return total(_terms(lesson, line)) if _bias(lesson, line) else None


@part.row("z", likely=2)
def bias_of_another_layer(lesson: Lesson, line: Line) -> Formula | None:
    layer, j = line.place
    other = layer - 1 if layer > 1 else layer + 1
    if other > lesson.last or not (lesson.has_biases(layer) and lesson.has_biases(other)):
        return None
    if not lesson.shared(other) and j >= len(lesson.units(other)):
        return None
    return ("+", *_terms(lesson, line), lesson.bias(other, j, line.step))


@part.row("z", likely=1)
def bias_subtracted(lesson: Lesson, line: Line) -> Formula | None:
    bias = _bias(lesson, line)
    return ("-", total(_terms(lesson, line)), bias) if bias else None


@part.row("z", likely=1)
def bias_times_input(lesson: Lesson, line: Line) -> Formula | None:
    bias, layer = _bias(lesson, line), line.place[0]
    below = lesson.a(layer - 1, 0, line.example, line.step)
    return ("+", *_terms(lesson, line), ("*", bias, below)) if bias else None


@part.row("z", likely=2, everywhere=0.1)
def term_left_out(lesson: Lesson, line: Line) -> Formula | None:
    terms, bias = _terms(lesson, line), _bias(lesson, line)
    return total([*terms[:-1], *([bias] if bias else [])]) if len(terms) > 1 else None


@part.row("z", likely=3, everywhere=0.7)
def weights_transposed(lesson: Lesson, line: Line) -> Formula | None:
    layer, j = line.place
    above, below = lesson.units(layer), lesson.units(layer - 1)
    if len(above) != len(below) or len(above) < 2:
        return None
    terms: list[Formula] = [
        ("*", lesson.weight(layer, i, j, line.step), lesson.a(layer - 1, i, line.example, line.step)) for i in below
    ]
    bias = _bias(lesson, line)
    return total([*terms, *([bias] if bias else [])])


@part.row("z", likely=2, everywhere=0.1)
def weights_of_another_unit(lesson: Lesson, line: Line) -> Formula | None:
    layer, j = line.place
    other = neighbour(lesson.units(layer), j)
    if other is None:
        return None
    bias = _bias(lesson, line)
    return total([*lesson.products(layer, other, line.example, line.step), *([bias] if bias else [])])


@part.row("z", likely=2)
def inputs_of_the_network_above(lesson: Lesson, line: Line) -> Formula | None:
    layer, _ = line.place
    if layer < 2 or len(lesson.units(0)) < len(lesson.units(layer - 1)):
        return None
    names: dict[str, Formula] = {
        lesson.a(layer - 1, i, line.example, line.step): lesson.a(0, i, line.example, line.step)
        for i in lesson.units(layer - 1)
    }
    return renamed(line.routes[0], names)


@part.row("z", likely=3)
def sums_passed_on(lesson: Lesson, line: Line) -> Formula | None:
    """The weighted sums of the layer below instead of its activations."""
    layer, _ = line.place
    if layer < 2 or lesson.activation(layer - 1) == "linear":
        return None
    names: dict[str, Formula] = {
        lesson.a(layer - 1, i, line.example, line.step): same("z", line, layer - 1, i) for i in lesson.units(layer - 1)
    }
    return renamed(line.routes[0], names)


@part.row("z", likely=1)
def one_activation_for_all(lesson: Lesson, line: Line) -> Formula | None:
    """The first activation of the layer below is used for all of them."""
    layer, _ = line.place
    first = lesson.a(layer - 1, 0, line.example, line.step)
    names: dict[str, Formula] = {
        lesson.a(layer - 1, i, line.example, line.step): first for i in lesson.units(layer - 1)
    }
    return renamed(line.routes[0], names)


@part.row("z", likely=0.5)
def weights_added_to_inputs(lesson: Lesson, line: Line) -> Formula | None:
    bias = _bias(lesson, line)
    terms: list[Formula] = [("+", *term[1:]) for term in _terms(lesson, line)]
    return total([*terms, *([bias] if bias else [])])


@part.row("z", likely=1.5, everywhere=0.1)
def minus_of_a_weight_lost(lesson: Lesson, line: Line) -> Formula | None:
    """A negative weight is taken as positive in a sum."""
    layer, j = line.place
    for i in lesson.units(layer - 1):
        start = lesson.givens[lesson.weight(layer, j, i, 0)]
        if start < 0:
            w = lesson.weight(layer, j, i, line.step)
            return renamed(line.routes[0], {w: ("~", w)})
    return None


# --- activations ------------------------------------------------------------------------------------------------


def _z(line: Line) -> str:
    return ident("z", *line.place, example=line.example, step=line.step)


def _function(lesson: Lesson, line: Line) -> str:
    return lesson.activation(line.place[0]) if line.place[0] else ""


@part.row("a", likely=4)
def activation_left_out(lesson: Lesson, line: Line) -> Formula | None:
    return _z(line) if _function(lesson, line) in ROUND else None


@part.row("a", likely=1)
def activation_twice(lesson: Lesson, line: Line) -> Formula | None:
    if _function(lesson, line) not in ("sigmoid", "tanh", "softplus"):
        return None
    return lesson.activated(line.place[0], lesson.activated(line.place[0], _z(line))[0])[0]


@part.row("a", likely=2)
def another_activation(lesson: Lesson, line: Line) -> Formula | None:
    other = {"sigmoid": "tanh", "tanh": "sigmoid", "softplus": "relu", "leaky_relu": "relu", "linear": "sigmoid"}
    function = other.get(_function(lesson, line))
    return (function, _z(line)) if function else None


@part.row("a", likely=2)
def sign_of_the_exponent(lesson: Lesson, line: Line) -> Formula | None:
    """1 / (1 + e^z)."""
    return ("sigmoid", ("~", _z(line))) if _function(lesson, line) == "sigmoid" else None


@part.row("a", likely=1)
def one_left_out_of_the_sigmoid(lesson: Lesson, line: Line) -> Formula | None:
    """1 / e^-z."""
    return ("exp", _z(line)) if _function(lesson, line) == "sigmoid" else None


@part.row("a", likely=0.7)
def slope_for_activation(lesson: Lesson, line: Line) -> Formula | None:
    """The derivative of the sigmoid where the sigmoid belongs."""
    if _function(lesson, line) != "sigmoid":
        return None
    return ("*", ("sigmoid", _z(line)), ("-", 1, ("sigmoid", _z(line))))


@part.row("a", likely=1)
def rectifier_turned(lesson: Lesson, line: Line) -> Formula | None:
    """The negative sums pass and the positive ones do not."""
    z = _z(line)
    return ("-", z, ("relu", z)) if _function(lesson, line) == "relu" else None


@part.row("a", likely=1)
def leak_for_positive_sums(lesson: Lesson, line: Line) -> Formula | None:
    z = _z(line)
    if _function(lesson, line) != "leaky_relu":
        return None
    return ("~", ("leaky", lesson.leak(line.place[0]), ("~", z)))


# --- softmax ----------------------------------------------------------------------------------------------------


def _soft(lesson: Lesson, line: Line) -> list[str] | None:
    """The exponentials of a softmax layer with more than one unit."""
    layer = line.place[0]
    if not layer or lesson.activation(layer) != "softmax" or len(lesson.units(layer)) < 2:
        return None
    return [ident("exp", layer, j, example=line.example, step=line.step) for j in lesson.units(layer)]


@part.row("a", likely=2, everywhere=0.9)
def softmax_without_exponentials(lesson: Lesson, line: Line) -> Formula | None:
    if not _soft(lesson, line):
        return None
    return ("/", _z(line), total([same("z", line, line.place[0], j) for j in lesson.units(line.place[0])]))


@part.row("a", likely=1)
def softmax_not_divided(lesson: Lesson, line: Line) -> Formula | None:
    up = _soft(lesson, line)
    return up[line.place[1]] if up else None


@part.row("a", likely=1)
def softmax_divided_by_the_others(lesson: Lesson, line: Line) -> Formula | None:
    up = _soft(lesson, line)
    if not up:
        return None
    others: list[Formula] = [one for j, one in enumerate(up) if j != line.place[1]]
    return ("/", up[line.place[1]], total(others))


@part.row("a", likely=1)
def sigmoid_for_softmax(lesson: Lesson, line: Line) -> Formula | None:
    return ("sigmoid", _z(line)) if _soft(lesson, line) else None


@part.row("expsum", likely=1)
def exponential_left_out_of_the_sum(lesson: Lesson, line: Line) -> Formula | None:
    up = _soft(lesson, line)
    return total(list(up[:-1])) if up else None


@part.row("exp", likely=1)
def exponential_of_the_negative(lesson: Lesson, line: Line) -> Formula | None:
    return ("exp", ("~", _z(line)))


# --- standardised inputs ----------------------------------------------------------------------------------------


def _raw(lesson: Lesson, line: Line) -> tuple[str, str, str] | None:
    layer, i = line.place
    if layer or not lesson.standardised:
        return None
    return lesson.x(i, line.example), ident("mean", i), ident("std", i)


@part.row("a", likely=1)
def mean_not_subtracted(lesson: Lesson, line: Line) -> Formula | None:
    raw = _raw(lesson, line)
    return ("/", raw[0], raw[2]) if raw else None


@part.row("a", likely=1)
def deviation_not_divided(lesson: Lesson, line: Line) -> Formula | None:
    raw = _raw(lesson, line)
    return ("-", raw[0], raw[1]) if raw else None


@part.row("a", likely=1)
def divided_by_the_variance(lesson: Lesson, line: Line) -> Formula | None:
    raw = _raw(lesson, line)
    return ("/", ("-", raw[0], raw[1]), ("^", raw[2])) if raw else None


@part.row("a", likely=0.7)
def multiplied_by_the_deviation(lesson: Lesson, line: Line) -> Formula | None:
    raw = _raw(lesson, line)
    return ("*", ("-", raw[0], raw[1]), raw[2]) if raw else None


@part.row("a", likely=0.7)
def mean_minus_input(lesson: Lesson, line: Line) -> Formula | None:
    raw = _raw(lesson, line)
    return ("/", ("-", raw[1], raw[0]), raw[2]) if raw else None


@part.row("a", likely=1, everywhere=0.8)
def input_not_standardised(lesson: Lesson, line: Line) -> Formula | None:
    raw = _raw(lesson, line)
    return raw[0] if raw else None


@part.row("a", likely=0.7, everywhere=0.2)
def scale_of_another_input(lesson: Lesson, line: Line) -> Formula | None:
    raw = _raw(lesson, line)
    other = neighbour(lesson.units(0), line.place[1])
    if not raw or other is None:
        return None
    return ("/", ("-", raw[0], ident("mean", other)), ident("std", other))


# --- the passes after an update -----------------------------------------------------------------------------------


def _older(lesson: Lesson, line: Line, weights: bool, biases: bool) -> Formula | None:
    """The weighted sum with parameters from before the last update."""
    if not line.step:
        return None
    layer, j = line.place
    names: dict[str, Formula] = {}
    if weights:
        for i in lesson.units(layer - 1):
            names[lesson.weight(layer, j, i, line.step)] = lesson.weight(layer, j, i, line.step - 1)
    if biases and lesson.trained(layer):
        names[lesson.bias(layer, j, line.step)] = lesson.bias(layer, j, line.step - 1)
    return renamed(line.routes[0], names) if names else None


@part.row("z", likely=3)
def old_weights_after_the_update(lesson: Lesson, line: Line) -> Formula | None:
    return _older(lesson, line, weights=True, biases=False)


@part.row("z", likely=2, everywhere=0.8)
def old_biases_after_the_update(lesson: Lesson, line: Line) -> Formula | None:
    return _older(lesson, line, weights=False, biases=True)


@part.row("z", likely=2, everywhere=0.9)
def nothing_updated_in_the_next_pass(lesson: Lesson, line: Line) -> Formula | None:
    return _older(lesson, line, weights=True, biases=True) if lesson.trained(line.place[0]) else None


@part.row("z", likely=2)
def old_activations_in_the_next_pass(lesson: Lesson, line: Line) -> Formula | None:
    layer, _ = line.place
    if not line.step or layer < 2 or lesson.seen(line.step) != lesson.seen(line.step - 1):
        return None
    names: dict[str, Formula] = {
        lesson.a(layer - 1, i, line.example, line.step): lesson.a(layer - 1, i, line.example, line.step - 1)
        for i in lesson.units(layer - 1)
    }
    return renamed(line.routes[0], names)
