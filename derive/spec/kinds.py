"""Kinds of layers, and which networks are written as equations.

A network of dense layers that gradient descent or momentum trains is a problem of its own, with pages, worksheets and
checks made for it. Any other is a problem given by equations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from derive.errors import one_of, shown
from derive.library import rows
from derive.spec.values import fault

DENSE_KIND = "dense"
PLAIN_OPTIMISERS = ("gradient_descent", "momentum")
"""What trains a network of dense layers that is not written as equations."""


def kinds() -> list[str]:
    """The kinds that a layer may have."""
    return [name for name, row in rows("layer").items() if row.network]


def needs_equations(table: Mapping[str, Any]) -> bool:
    """Whether a [network] has a layer that is not dense, or another optimizer of the library.

    >>> needs_equations({"network": {"layers": [{"kind": "conv2d"}]}}), needs_equations({"network": {"layers": [{}]}})
    (True, False)
    """
    network, training = table.get("network"), table.get("training")
    layers = network.get("layers") if isinstance(network, Mapping) else ()
    if not isinstance(layers, list | tuple) or not layers:
        return False
    found = [layer.get("kind", DENSE_KIND) for layer in layers if isinstance(layer, Mapping)]
    optimizer = training.get("optimizer") if isinstance(training, Mapping) else None
    other = isinstance(optimizer, str) and optimizer not in PLAIN_OPTIMISERS and optimizer in rows("optimiser")
    return other or any(kind != DENSE_KIND for kind in found)


def plain_optimizer(value: Any) -> Any:
    """Refuses an optimizer that only problems given by equations know; whatever is no optimizer is told elsewhere."""
    if isinstance(value, str) and value not in PLAIN_OPTIMISERS and value in rows("optimiser"):
        hint = "other rules train problems given by equations: write the problem as a [model]; README says how."
        raise fault(one_of(PLAIN_OPTIMISERS), shown(value), hint=hint)
    return value


def listed(value: object) -> bool:
    """Whether a value is a list of a problem file."""
    return isinstance(value, list | tuple)
