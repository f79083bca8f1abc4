"""Mistakes in the update: gradient descent, momentum, a learning rate that decays."""

from __future__ import annotations

from decimal import Decimal

from ..formula import Formula
from ..ids import ident
from ..textbook import Lesson, Line
from .table import Part, neighbour, renamed

part = Part("update")
NEW = ("W", "b")


def _moves(lesson: Lesson, line: Line) -> bool:
    return line.kind == "W" or lesson.trained(line.place[0])


def _old(line: Line) -> str:
    return ident(line.kind, *line.place, step=line.step - 1)


def _gradient(line: Line) -> str:
    return ident(f"dL/d{line.kind}", *line.place, step=line.step - 1)


def _plain(lesson: Lesson, line: Line) -> tuple[str, str, str] | None:
    """Old value, learning rate and gradient of an update without momentum."""
    if lesson.momentum or not _moves(lesson, line):
        return None
    return _old(line), lesson.rate(line.step - 1), _gradient(line)


def _signs(lesson: Lesson) -> tuple[str, str]:
    """The right sign of the step, and the wrong one."""
    return ("+", "-") if lesson.added else ("-", "+")


@part.row(*NEW, likely=6, everywhere=0.8)
def gradient_added(lesson: Lesson, line: Line) -> Formula | None:
    parts = _plain(lesson, line)
    return (_signs(lesson)[1], parts[0], ("*", *parts[1:])) if parts else None


@part.row(*NEW, likely=4, everywhere=0.8)
def rate_left_out(lesson: Lesson, line: Line) -> Formula | None:
    parts = _plain(lesson, line)
    return (_signs(lesson)[0], parts[0], parts[2]) if parts else None


@part.row(*NEW, likely=2, everywhere=0.8)
def rate_divided(lesson: Lesson, line: Line) -> Formula | None:
    parts = _plain(lesson, line)
    return (_signs(lesson)[0], parts[0], ("/", parts[2], parts[1])) if parts else None


@part.row(*NEW, likely=2, everywhere=0.8)
def step_for_the_new_value(lesson: Lesson, line: Line) -> Formula | None:
    """lr times the gradient, not taken off anything."""
    parts = _plain(lesson, line)
    return ("*", *parts[1:]) if parts else None


@part.row(*NEW, likely=1, everywhere=0.8)
def negative_step_for_the_new_value(lesson: Lesson, line: Line) -> Formula | None:
    parts = _plain(lesson, line)
    return ("~", ("*", *parts[1:])) if parts else None


@part.row(*NEW, likely=3, everywhere=0.4)
def never_updated(lesson: Lesson, line: Line) -> Formula | None:
    return _old(line) if _moves(lesson, line) else None


@part.row(*NEW, likely=1.5, everywhere=0.8)
def rate_twice(lesson: Lesson, line: Line) -> Formula | None:
    parts = _plain(lesson, line)
    return (_signs(lesson)[0], parts[0], ("*", ("^", parts[1]), parts[2])) if parts else None


@part.row(*NEW, likely=1, everywhere=0.8)
def half_the_rate(lesson: Lesson, line: Line) -> Formula | None:
    parts = _plain(lesson, line)
    return (_signs(lesson)[0], parts[0], ("*", Decimal("0.5"), *parts[1:])) if parts else None


@part.row(*NEW, likely=1, everywhere=0.8)
def rate_of_a_tenth(lesson: Lesson, line: Line) -> Formula | None:
    parts = _plain(lesson, line)
    return (_signs(lesson)[0], parts[0], ("*", Decimal("0.1"), *parts[1:])) if parts else None


@part.row("W", likely=3, everywhere=0.1)
def gradient_of_another_weight(lesson: Lesson, line: Line) -> Formula | None:
    parts = _plain(lesson, line)
    layer, j, i = line.place
    other = neighbour(lesson.units(layer - 1), i)
    if not parts or other is None:
        return None
    wrong = ident("dL/dW", layer, j, other, step=line.step - 1)
    return (_signs(lesson)[0], parts[0], ("*", parts[1], wrong))


@part.row("W", likely=1.5, everywhere=0.1)
def another_old_weight(lesson: Lesson, line: Line) -> Formula | None:
    parts = _plain(lesson, line)
    layer, j, i = line.place
    other = neighbour(lesson.units(layer - 1), i)
    if not parts or other is None:
        return None
    return (_signs(lesson)[0], lesson.weight(layer, j, other, line.step - 1), ("*", *parts[1:]))


@part.row("W", likely=2, everywhere=0.8)
def delta_for_gradient(lesson: Lesson, line: Line) -> Formula | None:
    parts = _plain(lesson, line)
    layer, j, _ = line.place
    if not parts or lesson.count > 1:
        return None
    return (_signs(lesson)[0], parts[0], ("*", parts[1], ident("dL/dz", layer, j, step=line.step - 1)))


@part.row("W", likely=1, everywhere=0.8)
def step_times_weight(lesson: Lesson, line: Line) -> Formula | None:
    """w - lr * gradient * w."""
    parts = _plain(lesson, line)
    return (_signs(lesson)[0], parts[0], ("*", *parts[1:], parts[0])) if parts else None


@part.row("W", likely=1, everywhere=0.8)
def first_weights_again(lesson: Lesson, line: Line) -> Formula | None:
    """A later step starts from the very first weights."""
    parts = _plain(lesson, line)
    if not parts or line.step < 2:
        return None
    return (_signs(lesson)[0], lesson.weight(*line.place, 0), ("*", *parts[1:]))  # type: ignore[call-arg]


@part.row(*NEW, likely=1.5, everywhere=0.8)
def old_gradient_again(lesson: Lesson, line: Line) -> Formula | None:
    """A later step uses the gradient of the first."""
    parts = _plain(lesson, line)
    if not parts or line.step < 2:
        return None
    old = ident(f"dL/d{line.kind}", *line.place, step=line.step - 2)
    return (_signs(lesson)[0], parts[0], ("*", parts[1], old))


@part.row("lr*dL/dW", likely=1.5, everywhere=0.8)
def step_without_rate(lesson: Lesson, line: Line) -> Formula | None:
    return ident("dL/dW", *line.place, step=line.step)


@part.row("lr*dL/dW", likely=1, everywhere=0.8)
def step_divided_by_the_rate(lesson: Lesson, line: Line) -> Formula | None:
    return ("/", ident("dL/dW", *line.place, step=line.step), lesson.rate(line.step))


@part.row("b", likely=2, everywhere=0.9)
def bias_moved_although_fixed(lesson: Lesson, line: Line) -> Formula | None:
    layer = line.place[0]
    if lesson.trained(layer) or lesson.momentum or lesson.count > 1:
        return None
    sign = "+" if lesson.added else "-"
    return (sign, _old(line), ("*", lesson.rate(line.step - 1), _gradient(line)))


# --- momentum ---------------------------------------------------------------------------------------------------

VELOCITY = ("vW", "vb")


def _velocity(lesson: Lesson, line: Line) -> tuple[str, str, str]:
    """Old velocity, learning rate and gradient."""
    kind, place, before = line.kind, line.place, line.step - 1
    gradient = ident(f"dL/d{kind[1:]}", *place, step=before)
    return ident(kind, *place, step=before), lesson.rate(before), gradient


@part.row(*VELOCITY, likely=3, everywhere=0.7)
def gradient_added_to_the_velocity(lesson: Lesson, line: Line) -> Formula | None:
    v, rate, gradient = _velocity(lesson, line)
    return (_signs(lesson)[1], ("*", "momentum", v), ("*", rate, gradient))


@part.row(*VELOCITY, likely=2, everywhere=0.8)
def momentum_left_out(lesson: Lesson, line: Line) -> Formula | None:
    _, rate, gradient = _velocity(lesson, line)
    step = ("*", rate, gradient)
    return (step if lesson.added else ("~", step)) if line.step > 1 else None


@part.row(*VELOCITY, likely=2, everywhere=0.8)
def gradient_times_one_minus_momentum(lesson: Lesson, line: Line) -> Formula | None:
    v, rate, gradient = _velocity(lesson, line)
    return (_signs(lesson)[0], ("*", "momentum", v), ("*", ("-", 1, "momentum"), rate, gradient))


@part.row(*VELOCITY, likely=2, everywhere=0.8)
def rate_left_out_of_the_velocity(lesson: Lesson, line: Line) -> Formula | None:
    v, _, gradient = _velocity(lesson, line)
    return (_signs(lesson)[0], ("*", "momentum", v), gradient)


@part.row(*VELOCITY, likely=1, everywhere=0.8)
def momentum_of_the_whole(lesson: Lesson, line: Line) -> Formula | None:
    v, rate, gradient = _velocity(lesson, line)
    return ("*", "momentum", (_signs(lesson)[0], v, ("*", rate, gradient)))


@part.row(*VELOCITY, likely=1, everywhere=0.8)
def velocity_kept_whole(lesson: Lesson, line: Line) -> Formula | None:
    """The old velocity without the factor momentum."""
    v, rate, gradient = _velocity(lesson, line)
    return (_signs(lesson)[0], v, ("*", rate, gradient)) if line.step > 1 else None


@part.row(*NEW, likely=2, everywhere=0.8)
def velocity_subtracted(lesson: Lesson, line: Line) -> Formula | None:
    if not lesson.momentum or not _moves(lesson, line):
        return None
    return ("-", _old(line), ident(f"v{line.kind}", *line.place, step=line.step))


@part.row(*NEW, likely=2, everywhere=0.8)
def update_without_velocity(lesson: Lesson, line: Line) -> Formula | None:
    if not lesson.momentum or not _moves(lesson, line) or line.step < 2:
        return None
    return (_signs(lesson)[0], _old(line), ("*", lesson.rate(line.step - 1), _gradient(line)))


@part.row(*NEW, likely=1, everywhere=0.8)
def old_velocity_used(lesson: Lesson, line: Line) -> Formula | None:
    if not lesson.momentum or not _moves(lesson, line) or line.step < 2:
        return None
    return ("+", _old(line), ident(f"v{line.kind}", *line.place, step=line.step - 1))


# --- decay ------------------------------------------------------------------------------------------------------


@part.row("lr_now", likely=4, everywhere=0.9)
def rate_not_decayed(lesson: Lesson, line: Line) -> Formula | None:
    return "lr0" if line.step else None


@part.row("lr_now", likely=3, everywhere=0.9)
def decayed_one_step_too_far(lesson: Lesson, line: Line) -> Formula | None:
    return renamed_step(lesson, line.step + 1)


def renamed_step(lesson: Lesson, step: int) -> Formula | None:
    return lesson.decayed(step) if lesson.decay else None


@part.row("lr_now", likely=1, everywhere=0.9)
def rate_multiplied_for_divided(lesson: Lesson, line: Line) -> Formula | None:
    if not line.step or not lesson.decay or lesson.decay["kind"] != "inverse_time":
        return None
    return ("*", "lr0", ("+", 1, ("*", "decay", line.step)))


@part.row("lr_now", likely=1, everywhere=0.9)
def sign_of_the_decay(lesson: Lesson, line: Line) -> Formula | None:
    if not line.step or not lesson.decay or lesson.decay["kind"] != "exponential":
        return None
    return ("*", "lr0", ("exp", ("*", "decay", line.step)))


@part.row("lr_now", likely=1, everywhere=0.9)
def decay_subtracted(lesson: Lesson, line: Line) -> Formula | None:
    """lr0 (1 - rate n)."""
    return ("*", "lr0", ("-", 1, ("*", "decay", line.step))) if line.step else None


@part.row("lr_now", likely=1, everywhere=0.9)
def another_decay(lesson: Lesson, line: Line) -> Formula | None:
    if not line.step or not lesson.decay:
        return None
    if lesson.decay["kind"] == "exponential":
        return ("/", "lr0", ("+", 1, ("*", "decay", line.step)))
    return ("*", "lr0", ("exp", ("~", ("*", "decay", line.step))))


@part.row(*NEW, likely=1, everywhere=0.9)
def rate_of_the_start(lesson: Lesson, line: Line) -> Formula | None:
    """The update takes the learning rate of the start although a smaller one was worked out."""
    parts = _plain(lesson, line)
    if not parts or not lesson.decay or line.step < 2:
        return None
    return renamed((_signs(lesson)[0], parts[0], ("*", *parts[1:])), {parts[1]: "lr0"})
