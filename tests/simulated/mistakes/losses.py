"""Mistakes in the loss: of one output, of an example, of a batch, and in the penalties."""

from __future__ import annotations

from decimal import Decimal

from ..formula import Formula
from ..ids import ident
from ..rules import total
from ..textbook import Lesson, Line
from .table import SQUARES, Part, neighbour

part = Part("loss")


def _output(lesson: Lesson, line: Line) -> int | None:
    """The output whose own loss the line states; None where it states another thing."""
    if line.kind == "loss_part":
        return line.place[0]
    alone = len(lesson.units(lesson.last)) == 1
    return (
        0 if alone and line.id == lesson.example_loss(line.example, line.step) and _of_example(lesson, line) else None
    )


def _of_example(lesson: Lesson, line: Line) -> bool:
    return line.example is not None or lesson.count == 1


def _pair(lesson: Lesson, line: Line) -> tuple[str, str] | None:
    """Output and target of a line that states the loss of one output."""
    k = _output(lesson, line)
    if k is None:
        return None
    return lesson.a(lesson.last, k, line.example, line.step), lesson.t(k, line.example)


def _scaled(lesson: Lesson, square: Formula) -> Formula:
    """What the loss makes of a squared error."""
    n = len(lesson.units(lesson.last))
    match lesson.loss:
        case "half_squared_error":
            return ("*", Decimal("0.5"), square)
        case "mean_squared_error" if n > 1:
            return ("/", square, n)
    return square


ONE = ("loss_part", "loss", "data_loss")


def _squares(lesson: Lesson, line: Line) -> tuple[str, str] | None:
    return _pair(lesson, line) if lesson.loss in SQUARES else None


def _entropy(lesson: Lesson, line: Line, loss: str) -> tuple[str, str] | None:
    return _pair(lesson, line) if lesson.loss == loss else None


@part.row(*ONE, likely=4, everywhere=0.9)
def half_left_out(lesson: Lesson, line: Line) -> Formula | None:
    pair = _squares(lesson, line)
    return ("^", ("-", pair[1], pair[0])) if pair and lesson.loss == "half_squared_error" else None


@part.row(*ONE, likely=2, everywhere=0.9)
def half_put_in(lesson: Lesson, line: Line) -> Formula | None:
    pair = _squares(lesson, line)
    if not pair or lesson.loss == "half_squared_error":
        return None
    return ("*", Decimal("0.5"), ("^", ("-", pair[1], pair[0])))


@part.row(*ONE, likely=1)
def half_twice(lesson: Lesson, line: Line) -> Formula | None:
    pair = _squares(lesson, line)
    if not pair or lesson.loss != "half_squared_error":
        return None
    return ("*", Decimal("0.25"), ("^", ("-", pair[1], pair[0])))


@part.row(*ONE, likely=3)
def not_squared(lesson: Lesson, line: Line) -> Formula | None:
    pair = _squares(lesson, line)
    return _scaled(lesson, ("-", pair[1], pair[0])) if pair else None


@part.row(*ONE, likely=1)
def doubled_for_squared(lesson: Lesson, line: Line) -> Formula | None:
    pair = _squares(lesson, line)
    return _scaled(lesson, ("*", 2, ("-", pair[1], pair[0]))) if pair else None


@part.row(*ONE, likely=2, everywhere=0.2)
def target_added(lesson: Lesson, line: Line) -> Formula | None:
    pair = _squares(lesson, line)
    return _scaled(lesson, ("^", ("+", pair[0], pair[1]))) if pair else None


@part.row(*ONE, likely=1)
def squares_subtracted(lesson: Lesson, line: Line) -> Formula | None:
    """t^2 - a^2 for (t - a)^2."""
    pair = _squares(lesson, line)
    return _scaled(lesson, ("-", ("^", pair[1]), ("^", pair[0]))) if pair else None


@part.row(*ONE, likely=1.5, everywhere=0.3)
def target_of_another_output(lesson: Lesson, line: Line) -> Formula | None:
    pair, k = _squares(lesson, line), _output(lesson, line)
    if not pair or k is None:
        return None
    other = neighbour(lesson.units(lesson.last), k)
    if other is None:
        return None
    return _scaled(lesson, ("^", ("-", lesson.t(other, line.example), pair[0])))


@part.row(*ONE, likely=1.5)
def sum_for_output_in_the_loss(lesson: Lesson, line: Line) -> Formula | None:
    """The weighted sum is compared with the target."""
    pair, k = _squares(lesson, line), _output(lesson, line)
    if not pair or k is None or lesson.activation(lesson.last) == "linear":
        return None
    z = ident("z", lesson.last, k, example=line.example, step=line.step)
    return _scaled(lesson, ("^", ("-", pair[1], z)))


@part.row("loss_part", likely=1.5, everywhere=0.9)
def not_divided_by_the_outputs(lesson: Lesson, line: Line) -> Formula | None:
    pair = _squares(lesson, line)
    return ("^", ("-", pair[1], pair[0])) if pair and lesson.loss == "mean_squared_error" else None


@part.row(*ONE, likely=2)
def sign_of_the_loss(lesson: Lesson, line: Line) -> Formula | None:
    return ("~", line.routes[0]) if _pair(lesson, line) and line.routes[0] else None


# --- cross-entropy ----------------------------------------------------------------------------------------------

BINARY, CATEGORICAL = "binary_cross_entropy", "categorical_cross_entropy"


@part.row(*ONE, likely=2)
def terms_of_cross_entropy_swapped(lesson: Lesson, line: Line) -> Formula | None:
    pair = _entropy(lesson, line, BINARY)
    if not pair:
        return None
    a, t = pair
    return ("~", ("+", ("*", t, ("ln", ("-", 1, a))), ("*", ("-", 1, t), ("ln", a))))


@part.row(*ONE, likely=2)
def second_term_of_cross_entropy_left_out(lesson: Lesson, line: Line) -> Formula | None:
    pair = _entropy(lesson, line, BINARY)
    return ("~", ("*", pair[1], ("ln", pair[0]))) if pair else None


@part.row(*ONE, likely=1)
def logarithm_to_base_ten(lesson: Lesson, line: Line) -> Formula | None:
    if lesson.loss not in (BINARY, CATEGORICAL) or not _pair(lesson, line):
        return None
    return ("/", line.routes[0], ("ln", 10)) if line.routes[0] else None


@part.row(*ONE, likely=1)
def logarithm_to_base_two(lesson: Lesson, line: Line) -> Formula | None:
    if lesson.loss not in (BINARY, CATEGORICAL) or not _pair(lesson, line):
        return None
    return ("/", line.routes[0], ("ln", 2)) if line.routes[0] else None


@part.row(*ONE, likely=1)
def squares_for_cross_entropy(lesson: Lesson, line: Line) -> Formula | None:
    pair = _pair(lesson, line)
    if not pair or lesson.loss in SQUARES:
        return None
    return ("*", Decimal("0.5"), ("^", ("-", pair[1], pair[0])))


@part.row(*ONE, likely=1)
def binary_for_categorical(lesson: Lesson, line: Line) -> Formula | None:
    pair = _entropy(lesson, line, CATEGORICAL)
    if not pair:
        return None
    a, t = pair
    return ("~", ("+", ("*", t, ("ln", a)), ("*", ("-", 1, t), ("ln", ("-", 1, a)))))


@part.row(*ONE, likely=1)
def logarithm_of_one_minus(lesson: Lesson, line: Line) -> Formula | None:
    pair = _entropy(lesson, line, CATEGORICAL)
    return ("~", ("*", pair[1], ("ln", ("-", 1, pair[0])))) if pair and line.routes[0] else None


# --- several outputs, several examples ----------------------------------------------------------------------------


def _parts(lesson: Lesson, line: Line) -> list[Formula]:
    """The parts of the loss of an example, where the line adds up several."""
    outputs = lesson.units(lesson.last)
    if len(outputs) < 2 or not _of_example(lesson, line) or line.id != lesson.example_loss(line.example, line.step):
        return []
    return [ident("loss_part", k, example=line.example, step=line.step) for k in outputs]


@part.row("loss", "data_loss", likely=2)
def loss_of_one_output_only(lesson: Lesson, line: Line) -> Formula | None:
    parts = _parts(lesson, line)
    return parts[0] if parts else None


@part.row("loss", "data_loss", likely=2)
def mean_over_the_outputs(lesson: Lesson, line: Line) -> Formula | None:
    parts = _parts(lesson, line)
    return ("/", total(parts), len(parts)) if parts else None


@part.row("loss", "data_loss", likely=0.7)
def parts_of_the_loss_subtracted(lesson: Lesson, line: Line) -> Formula | None:
    parts = _parts(lesson, line)
    return ("-", parts[0], total(parts[1:])) if parts else None


def _examples(lesson: Lesson, line: Line) -> list[Formula]:
    """The losses of the examples, where the line combines several."""
    if line.example is not None or line.id != lesson.data_loss(line.step):
        return []
    seen = lesson.seen(line.step)
    return [lesson.example_loss(e, line.step) for e in seen] if len(seen) > 1 else []


@part.row("loss", "data_loss", likely=3)
def loss_summed_for_mean(lesson: Lesson, line: Line) -> Formula | None:
    each = _examples(lesson, line)
    return total(each) if each and lesson.mean else None


@part.row("loss", "data_loss", likely=2)
def loss_averaged_for_sum(lesson: Lesson, line: Line) -> Formula | None:
    each = _examples(lesson, line)
    return ("/", total(each), len(each)) if each and not lesson.mean else None


@part.row("loss", "data_loss", likely=1)
def loss_of_the_last_example_only(lesson: Lesson, line: Line) -> Formula | None:
    each = _examples(lesson, line)
    return each[-1] if each else None


@part.row("loss", "data_loss", likely=1)
def half_of_the_batch_loss(lesson: Lesson, line: Line) -> Formula | None:
    """Divided by 2n, as some textbooks do, where the problem divides by n."""
    each = _examples(lesson, line)
    return ("/", total(each), 2 * len(each)) if each and lesson.mean else None


# --- penalties --------------------------------------------------------------------------------------------------


def _weights(lesson: Lesson, line: Line) -> list[str]:
    return [lesson.weight(*place, line.step) for place in lesson.weight_places()]


def _penalty(lesson: Lesson, absolute: list[Formula], squares: list[Formula], half: bool = True) -> Formula:
    terms: list[Formula] = []
    if "l1" in lesson.penalties:
        terms.append(("*", "l1", total(absolute)))
    if "l2" in lesson.penalties:
        terms.append(("*", ("/", "l2", 2) if half else "l2", total(squares)))
    return total(terms)


@part.row("penalty", likely=3)
def half_of_the_penalty_left_out(lesson: Lesson, line: Line) -> Formula | None:
    weights = _weights(lesson, line)
    if "l2" not in lesson.penalties:
        return None
    return _penalty(lesson, [("abs", w) for w in weights], [("^", w) for w in weights], half=False)


@part.row("penalty", likely=2)
def weights_of_the_penalty_not_squared(lesson: Lesson, line: Line) -> Formula | None:
    weights = _weights(lesson, line)
    if "l2" not in lesson.penalties:
        return None
    return _penalty(lesson, [("abs", w) for w in weights], list(weights))


@part.row("penalty", likely=2)
def absolute_values_left_out(lesson: Lesson, line: Line) -> Formula | None:
    weights = _weights(lesson, line)
    return _penalty(lesson, list(weights), [("^", w) for w in weights]) if "l1" in lesson.penalties else None


@part.row("penalty", likely=2)
def biases_penalised(lesson: Lesson, line: Line) -> Formula | None:
    biases = [ident("b", *place, step=line.step) for k in range(1, lesson.last + 1) for place in lesson.bias_places(k)]
    everything = [*_weights(lesson, line), *biases]
    return _penalty(lesson, [("abs", w) for w in everything], [("^", w) for w in everything]) if biases else None


@part.row("penalty", likely=1)
def penalty_of_the_last_layer_only(lesson: Lesson, line: Line) -> Formula | None:
    weights = [lesson.weight(*place, line.step) for place in lesson.weight_places() if place[0] == lesson.last]
    return _penalty(lesson, [("abs", w) for w in weights], [("^", w) for w in weights])


@part.row("loss", likely=2)
def penalty_not_added(lesson: Lesson, line: Line) -> Formula | None:
    whole = lesson.penalties and line.example is None
    return ident("data_loss", step=line.step) if whole else None


@part.row("loss", likely=0.5)
def penalty_subtracted(lesson: Lesson, line: Line) -> Formula | None:
    whole = lesson.penalties and line.example is None
    return ("-", *line.routes[0][1:]) if whole else None


@part.row("penalty", likely=1, everywhere=0.9)
def old_weights_in_the_penalty(lesson: Lesson, line: Line) -> Formula | None:
    if not line.step:
        return None
    weights = [lesson.weight(*place, line.step - 1) for place in lesson.weight_places()]
    return _penalty(lesson, [("abs", w) for w in weights], [("^", w) for w in weights])
