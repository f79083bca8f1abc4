"""Kinds of layers, and which networks are written as equations.

A network of dense layers that gradient descent or momentum trains is a problem of its own, with pages, worksheets and
checks made for it. Any other is a problem given by equations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from derive.errors import did_you_mean, one_of, shown
from derive.library import rows
from derive.spec.values import fault

DENSE_KIND = "dense"


def plain_optimisers() -> list[str]:
    """What trains a network of dense layers that is not written as equations: the rows with a table `dense`."""
    return [name for name, row in rows("optimiser").items() if row.dense]


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
    other = isinstance(optimizer, str) and optimizer in rows("optimiser") and not rows("optimiser")[optimizer].dense
    return other or any(kind != DENSE_KIND for kind in found)


def plain_optimizer(value: Any) -> Any:
    """The name of an optimizer of such a network; a fault for one that trains problems given by equations only."""
    known = plain_optimisers()
    if value not in known:
        hint = did_you_mean(value, known) if isinstance(value, str) else None
        if isinstance(value, str) and value in rows("optimiser"):
            hint = "other rules train problems given by equations: write the problem as a [model]; README says how."
        raise fault(one_of(known), shown(value), hint=hint)
    return value


def listed(value: object) -> bool:
    """Whether a value is a list of a problem file."""
    return isinstance(value, list | tuple)
