"""Operations that compute nothing: they count the places of an array anew, and no equation is written for them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from derive.errors import InputError
from derive.imported.arrays import View
from derive.imported.flow import Flow, Write
from derive.imported.operations import Operation


def axis_of(axis: int, rank: int, what: str = "a dimension") -> int:
    """A dimension, or a place, that may be counted from the end."""
    if not -rank <= axis < rank:
        raise InputError(f"{what} from {-rank} to {rank - 1}", str(axis))
    return axis % rank


def reshape(flow: Flow, op: Operation) -> View:
    x = flow.array(op.takes[0])
    shape = [*op.options["shape"]]
    if any(size < -1 for size in shape) or shape.count(-1) > 1 or (0 in shape[len(x.shape) :]):
        raise InputError("a shape of positive sizes, one of them perhaps left open", str(shape)[:60], place=op.place)
    shape = [size or x.shape[axis] for axis, size in enumerate(shape)]
    if -1 in shape:
        rest = math.prod(size for size in shape if size != -1)
        shape[shape.index(-1)] = math.prod(x.shape) // max(rest, 1)
    return x.reshaped(tuple(shape))


def flatten(flow: Flow, op: Operation) -> View:
    """Two dimensions: what stands before an axis, and all from there on."""
    x = flow.array(op.takes[0])
    axis = axis_of(op.options["axis"], len(x.shape) + 1)
    return x.reshaped((math.prod(x.shape[:axis]), math.prod(x.shape[axis:])))


def insert(flow: Flow, op: Operation) -> View:
    """New dimensions of one place."""
    x = flow.array(op.takes[0])
    dimensions = [*x.dimensions]
    rank = len(dimensions) + len(op.options["axes"])
    for axis in sorted(axis_of(one, rank) for one in op.options["axes"]):
        dimensions.insert(axis, ())
    return View(x.name, tuple(dimensions), x.index)


def drop(flow: Flow, op: Operation) -> View:
    """Without dimensions of one place."""
    x = flow.array(op.takes[0])
    for axis in sorted((axis_of(one, len(x.shape)) for one in op.options["axes"]), reverse=True):
        if x.shape[axis] != 1:
            raise InputError("a dimension of one place", f"one of {x.shape[axis]}", place=op.place)
        x = x.selected(axis, 0)
    return x


def permute(flow: Flow, op: Operation) -> View:
    x = flow.array(op.takes[0])
    order = op.options["order"]
    order = list(reversed(range(len(x.shape)))) if order is None else [*order]
    if sorted(order) != list(range(len(x.shape))):
        raise InputError(f"an order of {len(x.shape)} dimensions", str(order)[:60], place=op.place)
    return x.permuted(order)


def select(flow: Flow, op: Operation) -> View:
    many = flow.views.get(op.takes[0]) if isinstance(op.takes[0], Operation) else None
    if isinstance(many, list) and op.options["axis"] == 0:
        return flow.array(many[op.options["place"]])
    x = flow.array(op.takes[0])
    axis = axis_of(op.options["axis"], len(x.dimensions))
    return x.selected(axis, axis_of(op.options["place"], x.shape[axis], "a place"))


def slice_(flow: Flow, op: Operation) -> View:
    x = flow.array(op.takes[0])
    axis = axis_of(op.options["axis"], len(x.dimensions))
    places = range(x.shape[axis])[op.options["start"] : op.options["stop"] : op.options["step"]]
    if not places or places.step < 1:
        raise InputError("a slice of at least one place", "an empty or a backward one", place=op.place)
    return x.sliced(axis, places.start, places.step, len(places))


def expand(flow: Flow, op: Operation) -> View:
    return flow.array(op.takes[0]).expanded(tuple(op.options["shape"]))


def same(flow: Flow, op: Operation) -> Any:
    return flow.array(op.takes[0])


def element(flow: Flow, op: Operation) -> View:
    """One of several results."""
    found: View = flow.views[op.takes[0]][op.options["place"]]
    return found


def several(flow: Flow, op: Operation) -> list[View]:
    return [flow.array(one) for one in op.takes[0]]


KINDS: Mapping[str, Write] = {
    "reshape": reshape,
    "flatten": flatten,
    "insert": insert,
    "drop": drop,
    "permute": permute,
    "select": select,
    "slice": slice_,
    "expand": expand,
    "same": same,
    "element": element,
    "several": several,
}
