"""A whole model as the table of a problem given by equations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from derive.errors import InputError, one_of
from derive.imported import written, written_layers, written_losses, written_places, written_windows
from derive.imported.arrays import Form
from derive.imported.flow import Flow, Write, readers, short_labels
from derive.imported.operations import Operation, needed
from derive.library.units import UNITS

KINDS: Mapping[str, Write] = {
    **written.KINDS,
    **written_layers.KINDS,
    **written_losses.KINDS,
    **written_places.KINDS,
    **written_windows.KINDS,
}
ROLES = ("inputs", "parameters", "targets", "constants")


def problem_table(operations: Sequence[Operation], loss: Operation) -> dict[str, Any]:
    """The tables of what is given, and the equations; the last of them defines the loss L."""
    flow = write(operations, loss)
    return {
        **{role: flow.given[role] for role in ROLES if role in flow.given},
        "model": {"equations": flow.text(), "loss": "L"},
    }


def write(operations: Sequence[Operation], result: Operation, loss: bool = True) -> Flow:
    """The equations of everything that the result depends on; it is the loss L, or whatever it is."""
    own = needed(operations, result)
    flow = Flow(labels=short_labels(_labels(own)), result=result if loss else None)
    counted = readers(own)
    units = {op.takes[0]: op for op in own if _is_unit(op) and counted[op.takes[0]] == 1}
    flow.repeated = _repeated(flow, own)
    if loss and result.kind not in written_losses.KINDS:
        flow.names.discard("L")
        result.variable = "L"
    for op in own:
        if op in flow.views or op in units:
            continue
        flow.views[op] = _one(flow, op)
    found = flow.array(result)
    if not loss:
        return flow
    if any(size != 1 for size in found.shape):
        raise InputError("a loss, which is one number", f"an array of shape {'x'.join(map(str, found.shape))}")
    if found.name != "L" or found.index:
        flow.names.discard("L")
        flow.define(flow.named("L"), [], flow.read(found.put({span: Form() for span in found.ranges}, ())))
    return flow


def _repeated(flow: Flow, operations: Sequence[Operation]) -> frozenset[str]:
    """Names that several operations would have, as in a loop."""
    count: Counter[str] = Counter()
    for op in operations:
        if op.kind in ("linear", "formula", "matmul") and not op.variable:
            name, label = written.usual_name(op)
            behind = flow.labels.get(label, "")
            count[f"{name}_{behind}" if behind else name] += 1
    return frozenset(name for name, number in count.items() if number > 1)


def _is_unit(op: Operation) -> bool:
    """Whether an operation is the activation of a layer of sums."""
    before = op.takes[0] if op.takes else None
    return op.options.get("unit") in UNITS and isinstance(before, Operation) and before.kind == "linear"


def _one(flow: Flow, op: Operation) -> Any:
    before = op.takes[0] if op.takes else None
    try:
        if _is_unit(op) and isinstance(before, Operation) and before not in flow.views:
            return written.linear(flow, before, op)
        if op.kind not in KINDS:
            raise InputError(one_of(KINDS), op.kind)
        return KINDS[op.kind](flow, op)
    except InputError as error:
        raise InputError(error.expected, error.found, error.file, error.place or op.place or None, error.hint) from None


def _labels(operations: Sequence[Operation]) -> list[str]:
    """The layers that stand behind names, each of several in one operation by its number."""
    found = []
    for op in operations:
        layers = op.options.get("layers", 1)
        found += [f"{op.label}/{layer + 1}" for layer in range(layers)] if layers > 1 else [op.label]
    return found
