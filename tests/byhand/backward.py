"""The way back, the gradients and the updates by hand, quantity by quantity. Nothing here uses derive."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from byhand.arithmetic import ONE, TWO, exp, over, slope_of, times_if, total
from byhand.forward import activation_of, output_and_target, over_batch
from byhand.task import Get, Q, Task


def error_signal(task: Task, q: Q, get: Get) -> Decimal:
    """The derivative of the loss with respect to an output."""
    a, t = output_and_target(task, q, get, q.unit)
    match task.loss:
        case "half_squared_error":
            return a - t
        case "squared_error":
            return 2 * (a - t)
        case "mean_squared_error":
            return TWO / task.sizes[-1] * (a - t)
        case "binary_cross_entropy":
            return -times_if(t, lambda: over(ONE, a)) + times_if(ONE - t, lambda: over(ONE, ONE - a))
        case "categorical_cross_entropy":
            return -times_if(t, lambda: over(ONE, a))
    raise ValueError(task.loss)


def shares(task: Task, q: Q, get: Get) -> list[Decimal]:
    """What comes back to an activation through each unit that it feeds."""
    above = q.layer + 1
    return [
        get(Q("dL/dz", above, k, example=q.example, step=q.step)) * get(Q("W", above, k, q.unit, step=q.step))
        for k in task.units(above)
    ]


def _dL_da(task: Task, q: Q, get: Get) -> Decimal:
    return error_signal(task, q, get) if q.layer == task.last else total(shares(task, q, get))


def _path(task: Task, q: Q, get: Get) -> Decimal:
    above = q._replace(layer=q.layer + 1)
    return get(above._replace(kind="dL/dz", unit=q.source, source=None)) * get(
        Q("W", q.layer + 1, q.source, q.unit, step=q.step)
    )


def _da_dz(task: Task, q: Q, get: Get) -> Decimal:
    if q.source is not None:
        a, other = get(activation_of(q, q.layer, q.unit)), get(activation_of(q, q.layer, q.source))
        return a * (ONE - a) if q.unit == q.source else -a * other
    name = task.activation(q.layer)
    needs_sum = name in ("relu", "leaky_relu", "softplus")
    z = get(q._replace(kind="z")) if needs_sum else Decimal(0)
    a = get(q._replace(kind="a")) if name in ("sigmoid", "tanh") else Decimal(0)
    return slope_of(name, z, a, task.slope(q.layer))


def _dL_dz(task: Task, q: Q, get: Get) -> Decimal:
    if task.simple_delta(q.layer):
        a, t = output_and_target(task, q, get, q.unit)
        return a - t
    if task.activation(q.layer) == "softmax":
        return total(
            get(q._replace(kind="dL/da", unit=i)) * get(q._replace(kind="da/dz", unit=i, source=q.unit))
            for i in task.units(q.layer)
        )
    return get(q._replace(kind="dL/da")) * get(q._replace(kind="da/dz"))


def shrinking(task: Task, q: Q, get: Get) -> list[Decimal]:
    """The derivatives of the penalties with respect to one weight."""
    w, found = get(q._replace(kind="W", example=None)), []
    if "l1" in task.penalties:
        found.append(get(Q("l1")) * ((w > 0) - (w < 0)))
    if "l2" in task.penalties:
        found.append(get(Q("l2")) * w)
    return found


def weight_gradient(task: Task, q: Q, get: Get) -> Decimal:
    """The gradient of a weight for one example."""
    return get(q._replace(kind="dL/dz", source=None)) * get(activation_of(q, q.layer - 1, q.source))


def _dL_dW(task: Task, q: Q, get: Get) -> Decimal:
    if q.example is not None:
        return weight_gradient(task, q, get)
    if not task.many:
        found = weight_gradient(task, q, get)
    else:
        found = over_batch(task, [get(q._replace(example=s)) for s in task.examples(q.step)])
    return found + total(shrinking(task, q, get)) if task.penalties else found


def _dL_db(task: Task, q: Q, get: Get) -> Decimal:
    if task.many and q.example is None:
        return over_batch(task, [get(q._replace(example=s)) for s in task.examples(q.step)])
    delta = q._replace(kind="dL/dz")
    return get(delta) if q.unit is not None else total(get(delta._replace(unit=j)) for j in task.units(q.layer))


def _lr_now(task: Task, q: Q, get: Get) -> Decimal:
    start, fall = get(Q("lr0")), get(Q("decay")) * q.step
    return start / (ONE + fall) if task.decay == "inverse_time" else start * exp(-fall)


def rate(task: Task, step: int, get: Get) -> Decimal:
    return get(Q("lr_now", step=step) if task.decay else Q("lr"))


def gradient(q: Q, get: Get) -> Decimal:
    """The gradient that an update or a velocity uses."""
    return get(q._replace(kind=f"dL/d{q.kind[-1]}", step=q.step - 1))


def _lr_dL_dW(task: Task, q: Q, get: Get) -> Decimal:
    return rate(task, q.step, get) * get(q._replace(kind="dL/dW"))


def _velocity(task: Task, q: Q, get: Get) -> Decimal:
    return get(Q("momentum")) * get(q._replace(step=q.step - 1)) - rate(task, q.step - 1, get) * gradient(q, get)


def _parameter(task: Task, q: Q, get: Get) -> Decimal:
    before = get(q._replace(step=q.step - 1))
    if not task.trained(q):
        return before
    if task.momentum:
        return before + get(q._replace(kind=f"v{q.kind}"))
    return before - rate(task, q.step - 1, get) * gradient(q, get)


BACKWARD: Mapping[str, Callable[[Task, Q, Get], Decimal]] = {
    "dL/da": _dL_da,
    "da/dz": _da_dz,
    "dL/dz": _dL_dz,
    "path": _path,
    "dL/dW": _dL_dW,
    "dL/db": _dL_db,
    "lr_now": _lr_now,
    "lr*dL/dW": _lr_dL_dW,
    "vW": _velocity,
    "vb": _velocity,
    "W": _parameter,
    "b": _parameter,
}
