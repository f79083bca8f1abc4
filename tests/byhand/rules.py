"""How a person computes any quantity from earlier ones. Nothing here uses derive.

`right` is the usual way; `ROUTES` are other right ways, which round at other places.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from byhand.arithmetic import total
from byhand.backward import BACKWARD
from byhand.forward import FORWARD
from byhand.task import Get, Q, Task

RULES = {**FORWARD, **BACKWARD}


def right(task: Task, q: Q, get: Get) -> Decimal:
    """How a person computes a quantity from earlier ones."""
    return RULES[q.kind](task, q, get)


# -- other right ways ----------------------------------------------------------------------------------------


def _by_paths(task: Task, q: Q, get: Get) -> Decimal | None:
    """dL/da as the sum of the shares that were written down."""
    if not 0 < q.layer < task.last or task.sizes[q.layer + 1] == 1:
        return None
    return total(get(q._replace(kind="path", source=k)) for k in task.units(q.layer + 1))


def _by_step(task: Task, q: Q, get: Get) -> Decimal | None:
    """A new weight from the step that was written down."""
    if task.momentum:
        return None
    return get(q._replace(step=q.step - 1)) - get(q._replace(kind="lr*dL/dW", step=q.step - 1))


def _by_product(task: Task, q: Q, get: Get) -> Decimal | None:
    """The delta of an output as the product of its two factors, where output minus target would do."""
    if not task.simple_delta(q.layer) or task.activation(q.layer) == "softmax":
        return None
    return get(q._replace(kind="dL/da")) * get(q._replace(kind="da/dz"))


ROUTES: Mapping[str, Mapping[str, Callable[[Task, Q, Get], Decimal | None]]] = {
    "paths": {"dL/da": _by_paths},
    "steps": {"W": _by_step},
    "product": {"dL/dz": _by_product},
}


def by_route(routes: Iterable[str], task: Task, q: Q, get: Get) -> Decimal:
    """How a person computes a quantity who goes another right way where there is one."""
    for route in routes:
        way = ROUTES[route].get(q.kind)
        number = way(task, q, get) if way else None
        if number is not None:
            return number
    return right(task, q, get)
