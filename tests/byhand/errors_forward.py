"""Errors that people make by hand in the forward pass and the loss. Nothing here uses derive.

Each function gives, for one kind of quantity, the wrong ways to compute it, by name. A wrong way is written out as the
person would do it, not as a change of something else, so that it is a second opinion on what such an error gives.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from byhand.arithmetic import ONE, exp, ln, sigmoid, tanh, times_if, total
from byhand.forward import activation_of, batch_loss, data_loss, output_and_target, part, weights
from byhand.rules import right
from byhand.task import Get, Q, Task

Way = tuple[str, Callable[[], Decimal]]
"""The name of an error, and what it gives."""

SQUARES = ("half_squared_error", "squared_error", "mean_squared_error")


def beside(index: int, count: int) -> list[int]:
    """The places next to one."""
    return [near for near in (index - 1, index + 1) if 0 <= near < count]


# -- forward -------------------------------------------------------------------------------------------------


def _standardising(task: Task, q: Q, get: Get) -> Iterator[Way]:
    x, mean, std = (Q(kind, unit=q.unit, example=s) for kind, s in (("x", q.example), ("mean", None), ("std", None)))
    yield "standardisation-skipped", lambda: get(x)
    yield "standardisation-not-divided", lambda: get(x) - get(mean)
    yield "standardisation-brackets", lambda: get(x) - get(mean) / get(std)


def _summing(task: Task, q: Q, get: Get) -> Iterator[Way]:
    layer, unit, below = q.layer, q.unit, task.units(q.layer - 1)

    def w(i: int, j: int = unit, step: int = q.step) -> Decimal:
        return get(Q("W", layer, j, i, step=step))

    def a(i: int) -> Decimal:
        return get(activation_of(q, layer - 1, i))

    bias = task.bias(layer, unit, q.step)

    def b() -> Decimal:
        return get(bias) if bias else Decimal(0)

    if bias:
        yield "bias-left-out", lambda: total(w(i) * a(i) for i in below)
        yield "bias-subtracted", lambda: total(w(i) * a(i) for i in below) - b()
        yield "bias-times-input", lambda: total(w(i) * a(i) for i in below) + b() * a(0)
    if len(below) > 1:
        yield "product-left-out", lambda: total(w(i) * a(i) for i in below[:-1]) + b()
        yield "neighbours-input", lambda: total(w(i) * a(1 if i == 0 else i) for i in below) + b()
    for i in below:
        yield "sign-of-product", lambda i=i: total(w(k) * a(k) * (-1 if k == i else 1) for k in below) + b()
        for near in beside(i, len(below)):
            yield "neighbours-weight", lambda i=i, n=near: total(w(n if k == i else k) * a(k) for k in below) + b()
    if len(below) == task.sizes[layer] > 1:
        yield "weights-transposed-forward", lambda: total(w(unit, i) * a(i) for i in below) + b()
    if layer > 1 and task.activation(layer - 1) != "linear":
        sums = activation_of(q, layer - 1, 0)._replace(kind="z")
        yield "weighted-sums-passed-on", lambda: total(w(i) * get(sums._replace(unit=i)) for i in below) + b()
    if q.step:
        before = task.bias(layer, unit, q.step - 1)
        yield (
            "stale-weights",
            lambda: total(w(i, step=q.step - 1) * a(i) for i in below) + (get(before) if before else 0),
        )


def _activating(task: Task, q: Q, get: Get) -> Iterator[Way]:
    if q.layer == 0:
        yield from _standardising(task, q, get)
        return
    z = q._replace(kind="z")
    match task.activation(q.layer):
        case "sigmoid":
            yield "exponent-sign", lambda: ONE / (ONE + exp(get(z)))
            yield "another-activation", lambda: tanh(get(z))
            yield "fraction-bar-lost", lambda: ONE / ONE + exp(-get(z))
        case "tanh":
            yield "another-activation", lambda: sigmoid(get(z))
        case "softmax":
            yield "softmax-not-normalised", lambda: get(q._replace(kind="exp"))
        case "relu":
            yield "activation-skipped", lambda: get(z)
        case "softplus":
            yield "logarithm-base", lambda: ln(ONE + exp(get(z))) / ln(Decimal(10))
    if task.activation(q.layer) in ("sigmoid", "tanh", "softplus"):
        yield "activation-skipped", lambda: get(z)


def _exponential(task: Task, q: Q, get: Get) -> Iterator[Way]:
    yield "exponent-sign", lambda: exp(-get(q._replace(kind="z")))


def _exponentials(task: Task, q: Q, get: Get) -> Iterator[Way]:
    if task.sizes[q.layer] > 1:
        some = task.units(q.layer)[:-1]
        yield "exponential-left-out", lambda: total(get(q._replace(kind="exp", unit=j)) for j in some)


# -- the loss ------------------------------------------------------------------------------------------------


def _part(task: Task, q: Q, get: Get) -> Iterator[Way]:
    """What one output contributes to the loss; it is the loss itself where there is one output."""
    unit = q.unit or 0

    def a() -> Decimal:
        return output_and_target(task, q, get, unit)[0]

    def t() -> Decimal:
        return output_and_target(task, q, get, unit)[1]

    if task.loss in SQUARES:
        factor = 2 if task.loss == "half_squared_error" else ONE / 2
        yield "loss-factor-half", lambda: factor * part(task, q, get, unit)
        front = {"half_squared_error": ONE / 2, "squared_error": ONE}.get(task.loss, ONE / task.sizes[-1])
        yield "square-forgotten", lambda: front * (a() - t())
    else:
        yield "cross-entropy-sign", lambda: -part(task, q, get, unit)
        yield "logarithm-base", lambda: part(task, q, get, unit) / ln(Decimal(10))
    if task.loss == "binary_cross_entropy":
        yield "cross-entropy-term-dropped", lambda: -times_if(t(), lambda: ln(a()))
        yield "cross-entropy-term-dropped", lambda: -times_if(ONE - t(), lambda: ln(ONE - a()))


def _loss(task: Task, q: Q, get: Get) -> Iterator[Way]:
    whole = q.example is None
    if whole and task.penalties:
        yield "penalty-left-out", lambda: get(Q("data_loss", step=q.step))
    elif whole and task.many:
        yield from _batch_loss(task, q, get)
    else:
        yield from _example_loss(task, q, get)


def _data_loss(task: Task, q: Q, get: Get) -> Iterator[Way]:
    yield from _batch_loss(task, q, get) if task.many else _example_loss(task, q, get)


def _batch_loss(task: Task, q: Q, get: Get) -> Iterator[Way]:
    many = len(task.examples(q.step))
    yield "batch-mean-and-sum", lambda: batch_loss(task, q, get) * (many if task.mean else ONE / many)
    yield "batch-one-example", lambda: get(Q("loss", example=task.examples(q.step)[-1], step=q.step))


def _example_loss(task: Task, q: Q, get: Get) -> Iterator[Way]:
    outputs = task.sizes[-1]
    if outputs == 1:
        yield from _part(task, q, get)
        return
    parts = [Q("loss_part", unit=k, example=q.example, step=q.step) for k in task.units(task.last)]
    factor = ONE * outputs if task.loss == "mean_squared_error" else ONE / outputs
    yield "outputs-mean-and-sum", lambda: data_loss(task, q, get) * factor
    for lost in parts:
        yield "output-left-out-of-loss", lambda lost=lost: total(get(one) for one in parts if one != lost)


def _penalty(task: Task, q: Q, get: Get) -> Iterator[Way]:
    if "l2" in task.penalties:
        more = Q("l2")
        yield (
            "penalty-factor-two",
            lambda: right(task, q, get) + get(more) / 2 * total(w * w for w in weights(task, q.step, get)),
        )


IN_FORWARD: Mapping[str, Callable[[Task, Q, Get], Iterator[Way]]] = {
    "a": _activating,
    "z": _summing,
    "exp": _exponential,
    "expsum": _exponentials,
    "loss_part": _part,
    "loss": _loss,
    "data_loss": _data_loss,
    "penalty": _penalty,
}
