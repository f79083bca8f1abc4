"""Windows that are moved over a picture, or over a row: convolution and pooling.

What a row of the library has is a line that uses it; strides, frames, gaps and groups of other kinds are written out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from derive.errors import InputError
from derive.imported.arrays import Dimension, Form, Range, View
from derive.imported.flow import CHANNEL, COLUMN, ROW, Flow, Write
from derive.imported.operations import Given, Operation

PLACES = {1: ("r",), 2: (ROW, COLUMN)}
"""Letters of the places of a row, or of a picture."""


def convolution(flow: Flow, op: Operation) -> View:
    """A kernel moved over a picture, or over a row; where there is one channel alone, nothing has an index for it."""
    source, kernel, biases = op.takes
    steps = _Steps.of(op)
    single = steps.even and isinstance(kernel, Given) and len(kernel.shape) == 4 and kernel.shape[:2] == (1, 1)
    if single:
        flow.bare |= {one for one in (kernel, biases) if isinstance(one, Given)}
    x, K = flow.array(source), flow.array(kernel, "K", op.label)
    rank, outputs = len(K.shape) - 2, K.shape[0]
    if x.shape[-rank - 1] != steps.groups * K.shape[1] or outputs % steps.groups:
        expected = f"{x.shape[-rank - 1]} channels, as the input has"
        groups = f", in {steps.groups} groups" if steps.groups > 1 else ""
        raise InputError(expected, f"{steps.groups * K.shape[1]}{groups}", place=op.place)
    b = flow.array(biases, "b", op.label) if biases is not None else None
    if b is None:
        b = flow.constant(0, "b", op.label, () if single else (outputs,))
    sizes = steps.sizes(x.shape[-rank:], K.shape[2:], op.place)
    places = [(Range(size, letter),) for size, letter in zip(sizes, PLACES[rank], strict=True)]
    before = x.dimensions[: -rank - 1]
    x = x.selected(len(before), 0) if single else x
    text, lifts, x = flow.whole(x, rank if single else rank + 1)
    name = flow.named(op.variable or flow.labels.get(op.label) or "conv")
    if not steps.even:
        return _written_out(flow, (x, K, b), steps, [*before, (Range(outputs, CHANNEL),), *places], name)
    maps = {"x": text, "K": K.name, "b": b.name}
    made = {"y": name}
    if steps.stride[0] != 1:
        maps["S"] = str(steps.stride[0])
    if steps.frame[0]:
        maps |= {"padding": "zeros", "P": str(steps.frame[0])}
        made |= {"xp": flow.named("xp", op.label)}
    if rank == 2:
        maps["channels"] = "no" if single else "yes"
    flow.use(f"conv{rank}d", lifts, [x], maps, made)
    return flow.made(name, lifts, [*before, () if single else (Range(outputs, CHANNEL),), *places])


@dataclass(frozen=True)
class _Steps:
    """How a window is moved: its steps, the frames before and behind, the gaps within it, and groups of channels."""

    stride: Sequence[int]
    frame: Sequence[int]
    behind: Sequence[int]
    apart: Sequence[int]
    groups: int = 1

    @classmethod
    def of(cls, op: Operation) -> _Steps:
        stride = op.options["stride"]
        frame = op.options.get("frame", [0] * len(stride))
        apart = op.options.get("apart", [1] * len(stride))
        return cls(stride, frame, op.options.get("behind", frame), apart, op.options.get("groups", 1))

    @property
    def even(self) -> bool:
        """Whether a row of the library has all of it."""
        alike = len(set(self.stride)) == 1 and len({*self.frame, *self.behind}) == 1
        return alike and set(self.apart) == {1} and self.groups == 1

    def sizes(self, shape: Sequence[int], window: Sequence[int], place: str) -> list[int]:
        """The places of the result."""
        framed = [size + one + other for size, one, other in zip(shape, self.frame, self.behind, strict=True)]
        found = [
            (size - gap * (own - 1) - 1) // step + 1
            for size, own, gap, step in zip(framed, window, self.apart, self.stride, strict=True)
        ]
        if min(found) < 1:
            raise InputError("a window that fits into the input", "one that does not", place=place)
        return found

    def moved(self, places: Sequence[Range], inner: Sequence[Range]) -> list[Form]:
        """The places of the input under the window, by those of the result and those within."""
        rows = zip(places, inner, self.stride, self.apart, self.frame, strict=True)
        return [Form(((place, step), (own, gap)), -frame) for place, own, step, gap, frame in rows]


def _written_out(flow: Flow, arrays: Sequence[View], steps: _Steps, dimensions: Sequence[Dimension], name: str) -> View:
    """Every sum with its indices, for strides, frames, gaps and groups of any kind.

    Of several groups a kernel has its own channels alone: which group that is, a condition says.
    """
    x, K, b = arrays
    rank = len(steps.stride)
    own, *places = [one for (one,) in dimensions[-rank - 1 :]]
    each, depth = K.shape[0] // steps.groups, K.shape[1]
    group = Range(steps.groups, "g") if steps.groups > 1 and each > 1 else None
    inner = [Range(size, letter) for size, letter in zip(K.shape[1:], ("k", "u", "v"), strict=False)]
    told = [span for span in inner[1:] if span.size > 1]
    told = [*[span for span in (group, inner[0]) if span is not None and span.size > 1], *told]
    several = [(group or own, depth)] if steps.groups > 1 else []
    channel = Form((*several, *[(span, 1) for span in inner[:1] if span.size > 1]))
    kernel = _put(K, [Form(((own, 1),)), *[Form(((span, 1),) if span.size > 1 else ()) for span in inner]])
    read = flow.read(_put(x, [channel, *steps.moved(places, inner[1:])]))
    read = f"pad({read})" if any((*steps.frame, *steps.behind)) else read
    inside = f"{flow.read(kernel)}*{read}"
    total = inside
    if told:
        letter, of = flow.letters[own], flow.letters[group] if group is not None else ""
        within = f" if {each}*({of}-1)+1 <= {letter} <= {each}*{of}" if of else ""
        total = f"sum({inside} for {flow.binds(told, set())}{within})"
    bias = flow.read(_put(b, [Form(((own, 1),))]))
    return flow.define(name, dimensions, f"{total} + {bias}", [], "the kernel laid over the input")


def _put(view: View, forms: Sequence[Form]) -> View:
    """An array at other places along its last dimensions, each of one range or of one place."""
    last = view.dimensions[len(view.dimensions) - len(forms) :]
    known = {span: form for own, form in zip(last, forms, strict=True) for span in own}
    return view.put(known, view.dimensions)


def pool(flow: Flow, op: Operation) -> View:
    """The largest number, or the mean, of every window; a frame has no numbers, or zeros that count in the mean."""
    x = flow.array(op.takes[0])
    window, steps, how = op.options["window"], _Steps.of(op), op.options["how"]
    rank = len(window)
    sizes = steps.sizes(x.shape[-rank:], window, op.place)
    places = [Range(size, letter) for size, letter in zip(sizes, PLACES[rank], strict=True)]
    spans: list[Dimension] = [(one,) for one in places]
    name = flow.named(op.variable or flow.labels.get(op.label) or "pool")
    framed = any((*steps.frame, *steps.behind))
    if rank == 2 and len(set(window)) == 1 and steps.even and not framed:
        channel = x.dimensions[-3] if len(x.dimensions) > 2 else ()
        text, lifts, x = flow.whole(x, 3 if channel else 2)
        maps = {"channels": "yes" if channel else "no", "x": text, "H": str(window[0]), "S": str(steps.stride[0])}
        flow.use("max_pool" if how == "max" else "avg_pool", lifts, [x], maps, {"y": name})
        new = [(Range(x.shape[-3], CHANNEL),)] if channel else []
        return flow.made(name, lifts, [*x.dimensions[: -3 if channel else -2], *new, *spans])
    _, _, x = flow.whole(x, rank)
    inner = [Range(size) for size in window]
    dimensions = [*x.dimensions[:-rank], *spans]
    forms = steps.moved(places, inner)
    moved = View(x.name, tuple(dimensions), _put(x, forms).index)
    if not framed:
        return flow.define(name, dimensions, flow.summed(how, flow.read(moved), inner, [moved]), [moved])
    if how == "mean" and op.options["counted"]:
        total = f"sum(pad({flow.read(moved)}) for {flow.binds(inner, set())})/{math.prod(window)}"
        return flow.define(name, dimensions, total, [], "with the zeros of the frame")
    if not any(x.name in given for given in flow.given.values()):
        # How far a result runs is seen from where it is read, and here it is read beyond its end.
        x = flow.define(flow.named(f"{x.name}_all"), x.dimensions, flow.read(x), [], "what the windows lie on")
        moved = View(x.name, tuple(dimensions), _put(x, forms).index)
    letters = flow.letters
    within = " and ".join(
        f"1 <= {form.text(letters)} <= {size}" for form, size in zip(forms, x.shape[-rank:], strict=True)
    )
    right = f"{how}({flow.read(moved)} for {flow.binds(inner, set())} if {within})"
    return flow.define(name, dimensions, right, [], "of what is under the window")


KINDS: Mapping[str, Write] = {"convolution": convolution, "pool": pool}
