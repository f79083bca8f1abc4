"""Errors that people make by hand on the way back, in gradients and in updates. Nothing here uses derive."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial

from byhand.arithmetic import ONE, TWO, over, sigmoid, tanh, times_if, total
from byhand.backward import error_signal, gradient, rate, shares, shrinking, weight_gradient
from byhand.errors_forward import SQUARES, Way, beside
from byhand.forward import activation_of, output_and_target, over_batch
from byhand.task import Get, Q, Task


def _error(task: Task, q: Q, get: Get) -> Iterator[Way]:
    """dL/da of an output."""

    def a() -> Decimal:
        return output_and_target(task, q, get, q.unit)[0]

    def t() -> Decimal:
        return output_and_target(task, q, get, q.unit)[1]

    if task.loss in SQUARES:
        front = {"half_squared_error": ONE, "squared_error": TWO}.get(task.loss, TWO / task.sizes[-1])
        yield "error-sign", lambda: front * (t() - a())
        factor = TWO if task.loss == "half_squared_error" else ONE / 2
        yield "factor-two-of-derivative", lambda: factor * front * (a() - t())
        if task.sizes[-1] > 1:
            near = beside(q.unit, task.sizes[-1])[0]
            yield "neighbours-target", lambda: front * (a() - get(Q("t", unit=near, example=q.example)))
    else:
        yield "error-sign", lambda: -error_signal(task, q, get)
    if task.loss == "binary_cross_entropy":
        yield "cross-entropy-term-dropped", lambda: -times_if(t(), lambda: over(ONE, a()))


def _back(task: Task, q: Q, get: Get) -> Iterator[Way]:
    """dL/da of a unit that is no output: what comes back to it."""
    if q.layer == task.last:
        yield from _error(task, q, get)
        return
    above = q.layer + 1
    units = task.units(above)

    def delta(k: int) -> Decimal:
        return get(Q("dL/dz", above, k, example=q.example, step=q.step))

    def w(k: int, i: int = q.unit, step: int = q.step) -> Decimal:
        return get(Q("W", above, k, i, step=step))

    yield "updated-weights", lambda: total(delta(k) * w(k, step=q.step + 1) for k in units)
    yield "weight-left-out-backward", lambda: total(delta(k) for k in units)
    if len(units) > 1:
        for lost in units:
            yield "path-lost", lambda lost=lost: total(s for k, s in enumerate(shares(task, q, get)) if k != lost)
    if len(units) == task.sizes[q.layer] > 1:
        yield "weights-transposed-backward", lambda: total(delta(k) * w(q.unit, k) for k in units)
    if task.sizes[q.layer] > 1:
        near = beside(q.unit, task.sizes[q.layer])[0]
        yield "neighbours-weight-backward", lambda: total(delta(k) * w(k, near if k == 0 else q.unit) for k in units)
    if q.step:
        yield "stale-weights", lambda: total(delta(k) * w(k, step=q.step - 1) for k in units)


def _share(task: Task, q: Q, get: Get) -> Iterator[Way]:
    """What comes back through one unit."""
    above, k = q.layer + 1, q.source
    delta = Q("dL/dz", above, k, example=q.example, step=q.step)
    weight = Q("W", above, k, q.unit, step=q.step)
    yield "updated-weights", lambda: get(delta) * get(weight._replace(step=q.step + 1))
    yield "weight-left-out-backward", lambda: get(delta)
    if task.sizes[above] == task.sizes[q.layer] > 1:
        yield "weights-transposed-backward", lambda: get(delta) * get(weight._replace(unit=q.unit, source=k))
    if q.step:
        yield "stale-weights", lambda: get(delta) * get(weight._replace(step=q.step - 1))


def _slope(task: Task, q: Q, get: Get) -> Iterator[Way]:
    if q.source is not None:
        a, other = activation_of(q, q.layer, q.unit), activation_of(q, q.layer, q.source)
        if q.unit != q.source:
            yield "softmax-off-diagonal-sign", lambda: get(a) * get(other)
        return
    z, a = q._replace(kind="z"), q._replace(kind="a")
    match task.activation(q.layer):
        case "sigmoid":
            yield "slope-at-activation", lambda: sigmoid(get(a)) * (ONE - sigmoid(get(a)))
            yield "slope-from-sum", lambda: get(z) * (ONE - get(z))
            yield "slope-half", lambda: ONE - get(a)
        case "tanh":
            yield "slope-at-activation", lambda: ONE - tanh(get(a)) ** 2
            yield "slope-from-sum", lambda: ONE - get(z) ** 2
            yield "slope-of-another-activation", lambda: get(a) * (ONE - get(a))
        case "softplus":
            yield "slope-at-activation", lambda: sigmoid(get(a))
        case "relu" | "leaky_relu":
            yield "rectifier-slope-always-one", lambda: ONE
            yield "activation-as-slope", lambda: get(a)


def _delta(task: Task, q: Q, get: Get) -> Iterator[Way]:
    back = q._replace(kind="dL/da")
    if task.simple_delta(q.layer):
        a, t = activation_of(q, q.layer, q.unit), Q("t", unit=q.unit, example=q.example)
        yield "error-sign", lambda: get(t) - get(a)
        own = q._replace(kind="da/dz", source=q.unit if task.activation(q.layer) == "softmax" else None)
        yield "derivative-kept-with-cross-entropy", lambda: (get(a) - get(t)) * get(own)
        yield "activation-derivative-forgotten-output", lambda: get(back)
    elif task.activation(q.layer) == "softmax":
        yield "softmax-off-diagonal-dropped", lambda: get(back) * get(q._replace(kind="da/dz", source=q.unit))
    elif task.activation(q.layer) in ("sigmoid", "tanh", "softplus"):
        where = "output" if q.layer == task.last else "hidden"
        yield f"activation-derivative-forgotten-{where}", lambda: get(back)
        yield "activation-derivative-twice", lambda: get(back) * get(q._replace(kind="da/dz")) ** 2


# -- gradients -----------------------------------------------------------------------------------------------


def _weight_gradient(task: Task, q: Q, get: Get) -> Iterator[Way]:
    """The gradient of a weight: a product of delta and input, where it is one; with a penalty the batch's."""

    def penalised(product: Decimal) -> Decimal:
        return product + (total(shrinking(task, q, get)) if own_penalty else 0)

    own_penalty = q.example is None and bool(task.penalties)
    if task.many and q.example is None:
        many = len(task.examples(q.step))
        found = partial(_of_batch, task, q, get)
        yield "batch-mean-and-sum", lambda: penalised(found() * (many if task.mean else ONE / many))
        yield "batch-one-example", lambda: penalised(get(q._replace(example=task.examples(q.step)[0])))
        if own_penalty:
            yield "penalty-left-out", found
    else:
        yield from ((key, lambda way=way: penalised(way())) for key, way in _product(task, q, get))
        if own_penalty:
            yield "penalty-left-out", lambda: weight_gradient(task, q, get)


def _of_batch(task: Task, q: Q, get: Get) -> Decimal:
    return over_batch(task, [get(q._replace(example=s)) for s in task.examples(q.step)])


def _product(task: Task, q: Q, get: Get) -> Iterator[Way]:
    delta, below = q._replace(kind="dL/dz", source=None), activation_of(q, q.layer - 1, q.source)
    yield "input-left-out-of-gradient", lambda: get(delta)
    yield "weight-in-place-of-input", lambda: get(delta) * get(q._replace(kind="W", example=None))
    yield "own-activation-in-gradient", lambda: get(delta) * get(activation_of(q, q.layer, q.unit))
    if q.layer > 1 and task.activation(q.layer - 1) != "linear":
        yield "weighted-sum-as-input", lambda: get(delta) * get(below._replace(kind="z"))
    for near in beside(q.source, task.sizes[q.layer - 1]):
        yield "neighbours-input-in-gradient", lambda near=near: get(delta) * get(below._replace(unit=near))
    for near in beside(q.unit, task.sizes[q.layer]):
        yield "neighbours-delta", lambda near=near: get(delta._replace(unit=near)) * get(below)
    if task.sizes[q.layer] == task.sizes[q.layer - 1] > 1:
        yield "gradient-transposed", lambda: get(delta._replace(unit=q.source)) * get(below._replace(unit=q.unit))


def _bias_gradient(task: Task, q: Q, get: Get) -> Iterator[Way]:
    if task.many and q.example is None:
        many = len(task.examples(q.step))
        yield "batch-mean-and-sum", lambda: _of_batch(task, q, get) * (many if task.mean else ONE / many)
        yield "batch-one-example", lambda: get(q._replace(example=task.examples(q.step)[0]))
        return
    yield "bias-gradient-zero", lambda: Decimal(0)
    if q.unit is not None:
        below = activation_of(q, q.layer - 1, 0)
        yield "bias-gradient-times-input", lambda: get(q._replace(kind="dL/dz")) * get(below)
    elif task.sizes[q.layer] > 1:
        some = task.units(q.layer)[1:]
        yield "shared-bias-unit-lost", lambda: total(get(q._replace(kind="dL/dz", unit=j)) for j in some)


# -- updates -------------------------------------------------------------------------------------------------


def _step(task: Task, q: Q, get: Get) -> Iterator[Way]:
    slope = q._replace(kind="dL/dW")
    yield "learning-rate-forgotten", lambda: get(slope)
    yield "learning-rate-twice", lambda: rate(task, q.step, get) ** 2 * get(slope)


def _velocity(task: Task, q: Q, get: Get) -> Iterator[Way]:
    def kept() -> Decimal:
        return get(Q("momentum")) * get(q._replace(step=q.step - 1))

    def taken() -> Decimal:
        return rate(task, q.step - 1, get) * gradient(q, get)

    yield "velocity-sign", lambda: kept() + taken()
    yield "learning-rate-forgotten", lambda: kept() - gradient(q, get)
    if q.step > 1:
        yield "momentum-left-out", lambda: -taken()
        yield "velocity-not-decayed", lambda: get(q._replace(step=q.step - 1)) - taken()


def _parameter(task: Task, q: Q, get: Get) -> Iterator[Way]:
    before = q._replace(step=q.step - 1)

    def taken() -> Decimal:
        return rate(task, q.step - 1, get) * gradient(q, get)

    if not task.trained(q):
        yield "fixed-bias-updated", lambda: get(before) - taken()
        return
    yield "update-left-out" if q.kind == "W" else "bias-not-updated", lambda: get(before)
    if task.momentum:
        velocity = q._replace(kind=f"v{q.kind}")
        yield "velocity-sign", lambda: get(before) - get(velocity)
        if q.step > 1:
            yield "old-velocity-used", lambda: get(before) + get(velocity._replace(step=q.step - 1))
        return
    yield "gradient-added", lambda: get(before) + taken()
    yield "learning-rate-forgotten", lambda: get(before) - gradient(q, get)
    yield "learning-rate-twice", lambda: get(before) - rate(task, q.step - 1, get) * taken()
    yield "old-value-left-out", lambda: -taken()
    if q.step > 1:
        yield "update-from-the-start", lambda: get(q._replace(step=0)) - taken()


def _decay(task: Task, q: Q, get: Get) -> Iterator[Way]:
    yield "decay-left-out", lambda: get(Q("lr0"))


IN_BACKWARD: Mapping[str, Callable[[Task, Q, Get], Iterator[Way]]] = {
    "dL/da": _back,
    "path": _share,
    "da/dz": _slope,
    "dL/dz": _delta,
    "dL/dW": _weight_gradient,
    "dL/db": _bias_gradient,
    "lr_now": _decay,
    "lr*dL/dW": _step,
    "vW": _velocity,
    "vb": _velocity,
    "W": _parameter,
    "b": _parameter,
}
