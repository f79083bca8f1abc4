"""The forward pass and the loss by hand, quantity by quantity. Nothing here uses derive."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from byhand.arithmetic import ONE, exp, function, ln, over, times_if, total
from byhand.task import Get, Q, Task


def activation_of(q: Q, layer: int, unit: int) -> Q:
    """An activation of the same example and round; the inputs belong to no round."""
    return Q("a", layer, unit, example=q.example, step=q.step if layer else 0)


def _input(task: Task, q: Q, get: Get) -> Decimal:
    x, mean, std = (
        get(Q(kind, unit=q.unit, example=s)) for kind, s in (("x", q.example), ("mean", None), ("std", None))
    )
    return (x - mean) / std


def _z(task: Task, q: Q, get: Get) -> Decimal:
    below = task.units(q.layer - 1)
    found = total(get(Q("W", q.layer, q.unit, i, step=q.step)) * get(activation_of(q, q.layer - 1, i)) for i in below)
    bias = task.bias(q.layer, q.unit, q.step)
    return found if bias is None else found + get(bias)


def _a(task: Task, q: Q, get: Get) -> Decimal:
    if q.layer == 0:
        return _input(task, q, get)
    if task.activation(q.layer) == "softmax":
        return over(get(q._replace(kind="exp")), get(q._replace(kind="expsum", unit=None)))
    return function(task.activation(q.layer), get(q._replace(kind="z")), task.slope(q.layer))


def _expsum(task: Task, q: Q, get: Get) -> Decimal:
    return total(get(q._replace(kind="exp", unit=j)) for j in task.units(q.layer))


def output_and_target(task: Task, q: Q, get: Get, unit: int) -> tuple[Decimal, Decimal]:
    return get(activation_of(q, task.last, unit)), get(Q("t", unit=unit, example=q.example))


def part(task: Task, q: Q, get: Get, unit: int) -> Decimal:
    """What one output contributes to the loss."""
    a, t = output_and_target(task, q, get, unit)
    match task.loss:
        case "half_squared_error":
            return (a - t) ** 2 / 2
        case "squared_error":
            return (a - t) ** 2
        case "mean_squared_error":
            return (a - t) ** 2 / task.sizes[-1]
        case "binary_cross_entropy":
            return -(times_if(t, lambda: ln(a)) + times_if(ONE - t, lambda: ln(ONE - a)))
        case "categorical_cross_entropy":
            return -times_if(t, lambda: ln(a))
    raise ValueError(task.loss)


def _loss_part(task: Task, q: Q, get: Get) -> Decimal:
    return part(task, q, get, q.unit)


def data_loss(task: Task, q: Q, get: Get) -> Decimal:
    """The loss of one example."""
    if task.sizes[-1] == 1:
        return part(task, q, get, 0)
    return total(get(Q("loss_part", unit=k, example=q.example, step=q.step)) for k in task.units(task.last))


def over_batch(task: Task, numbers: list[Decimal]) -> Decimal:
    """The mean over the examples, or their sum."""
    return total(numbers) / len(numbers) if task.mean else total(numbers)


def batch_loss(task: Task, q: Q, get: Get) -> Decimal:
    if not task.many:
        return data_loss(task, q, get)
    return over_batch(task, [get(Q("loss", example=s, step=q.step)) for s in task.examples(q.step)])


def _loss(task: Task, q: Q, get: Get) -> Decimal:
    if q.example is not None:
        return data_loss(task, q, get)
    if task.penalties:
        return get(Q("data_loss", step=q.step)) + get(Q("penalty", step=q.step))
    return batch_loss(task, q, get)


def weights(task: Task, step: int, get: Get) -> list[Decimal]:
    every = (q for layer in range(1, task.last + 1) for q in task.parameters(layer) if q.kind == "W")
    return [get(q._replace(step=step)) for q in every]


def _penalty(task: Task, q: Q, get: Get) -> Decimal:
    every, found = weights(task, q.step, get), Decimal(0)
    if "l1" in task.penalties:
        found += get(Q("l1")) * total(map(abs, every))
    if "l2" in task.penalties:
        found += get(Q("l2")) / 2 * total(w * w for w in every)
    return found


FORWARD: Mapping[str, Callable[[Task, Q, Get], Decimal]] = {
    "a": _a,
    "z": _z,
    "exp": lambda task, q, get: exp(get(q._replace(kind="z"))),
    "expsum": _expsum,
    "loss_part": _loss_part,
    "loss": _loss,
    "data_loss": batch_loss,
    "penalty": _penalty,
}
