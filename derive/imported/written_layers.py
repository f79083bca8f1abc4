"""Layers as lines that use a row of the library: convolution, pooling, norms, embedding, recurrence; one row for each.

Where a layer has options that the row does not know, its sums are written out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from derive.errors import InputError
from derive.imported.arrays import Dimension, Form, Range, View
from derive.imported.flow import CHANNEL, COLUMN, FEATURE, POSITION, ROW, Flow, Write
from derive.imported.operations import Given, Operation
from derive.imported.written import number_text

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


def _gains(flow: Flow, op: Operation, size: int) -> tuple[str, str]:
    """Gain and shift; without ones of its own, 1 and 0."""
    gamma, beta = op.takes[1:3]
    texts = []
    for source, name, value in ((gamma, "gamma", 1), (beta, "beta", 0)):
        view = (
            flow.array(source, name, op.label) if source is not None else flow.constant(value, name, op.label, (size,))
        )
        texts.append(flow.whole(view, 1)[0])
    return texts[0], texts[1]


def layer_norm(flow: Flow, op: Operation) -> View:
    """Over the last dimension."""
    text, lifts, x = flow.whole(flow.array(op.takes[0]), 1)
    gamma, beta = _gains(flow, op, x.shape[-1])
    name = flow.named(op.variable or flow.labels.get(op.label) or "norm")
    made = {one: flow.named(one, op.label) for one in ("mu", "var", "sd", "xhat")}
    maps = {"x": text, "gamma": gamma, "beta": beta, "eps": number_text(op.options["eps"])}
    flow.use("layer_norm", lifts, [x], maps, {**made, "y": name})
    return flow.made(name, lifts, [*x.dimensions[:-1], (Range(x.shape[-1], FEATURE),)])


def batch_norm(flow: Flow, op: Operation) -> View:
    """Over the examples, and over all places of a picture; or with the numbers that were kept in training."""
    x = flow.array(op.takes[0])
    if len(x.dimensions[1]) != 1:
        x = flow.whole(x, len(x.dimensions) - 1)[2]
    eps = number_text(op.options["eps"])
    name = flow.named(op.variable or flow.labels.get(op.label) or "norm")
    size = x.shape[1]
    if op.options["kept"]:
        mean, var = (flow.array(one, word, op.label) for one, word in zip(op.takes[3:5], ("mean", "var"), strict=True))
        return _normalised(flow, op, x, (mean, var), eps, name)
    if len(x.shape) == 2 and len(x.dimensions[0]) == 1:
        text, _, x = flow.whole(x, 2)
        gamma, beta = _gains(flow, op, size)
        made = {one: flow.named(one, op.label) for one in ("mu", "var", "sd", "xhat")}
        flow.use("batch_norm", [], [x], {"x": text, "gamma": gamma, "beta": beta, "eps": eps}, {**made, "y": name})
        return flow.made(name, [], [x.dimensions[0], (Range(size, FEATURE),)])
    channel = x.dimensions[1]
    spans = [span for axis, one in enumerate(x.dimensions) if axis != 1 for span in one]
    if not spans:
        raise InputError("several numbers to take a mean of", "one", place=op.place)
    mu = flow.define(
        flow.named("mu", op.label), [channel], flow.summed("mean", flow.read(x), spans, [x]), [x], "the mean"
    )
    square = f"({flow.read(x)} - {flow.read(mu)})^2"
    var = flow.define(
        flow.named("var", op.label), [channel], flow.summed("mean", square, spans, [x]), [x], "the variance"
    )
    return _normalised(flow, op, x, (mu, var), eps, name)


def _normalised(flow: Flow, op: Operation, x: View, kept: tuple[View, View], eps: str, name: str) -> View:
    (channel,) = x.dimensions[1]
    letter = flow.letters[channel]
    gamma, beta = _gains(flow, op, x.shape[1])
    mean, var = (one.name for one in kept)
    shifted = f"({flow.read(x)} - {mean}[{letter}])/sqrt({var}[{letter}] + {eps})"
    right = f"{gamma}[{letter}]*{shifted} + {beta}[{letter}]"
    return flow.define(name, x.dimensions, right, [x], "normalised, scaled and shifted")


def embedding(flow: Flow, op: Operation) -> View:
    """The row of a table for every word."""
    words, table = flow.looked_up(op.takes[0]), flow.array(op.takes[1], "E", op.label)
    name = flow.named(op.variable or flow.labels.get(op.label) or "e")
    features = (Range(table.shape[1], FEATURE),)
    if words.dimensions and len(words.dimensions[-1]) == 1:
        text, lifts, words = flow.whole(words, 1)
        flow.use("embedding", lifts, [words], {"word": text, "E": table.name}, {"y": name})
        return flow.made(name, lifts, [*words.dimensions, features])
    right = f"{table.name}[{flow.read(words)},{flow.letters[features[0]]}]"
    return flow.define(name, [*words.dimensions, features], right, [words], "the row of the word")


# -- recurrence


def recurrent(flow: Flow, op: Operation) -> list[Any]:
    """Layers with a state, over all steps: the states of the last layer, and the last states of all layers."""
    kind, layers = op.options["how"], op.options["layers"]
    x = flow.array(op.takes[0])
    if not op.options["batch_first"] and len(x.dimensions) == 3:
        x = x.permuted([1, 0, 2])
    if not x.dimensions[-2]:
        raise InputError(
            "a sequence of several steps", "one step", place=op.place, hint=f"nn.{op.options['cell']} is for one step"
        )
    own: list[list[View]] = []
    for layer in range(layers):
        label = f"{op.label}/{layer + 1}" if layers > 1 else op.label
        weights = op.takes[2][layer * len(op.takes[2]) // layers :][: len(op.takes[2]) // layers]
        x, states = RECURRENT[kind](flow, op, x, weights, _states(flow, op, layer, label), label)
        own.append(states)
    if not op.options["batch_first"] and len(x.dimensions) == 3:
        x = x.permuted([1, 0, 2])
    # The last states have a dimension for the layers: of several, each is a quantity of its own.
    last = [list(states) for states in zip(*own, strict=True)]
    return [x, *[View(one[0].name, ((), *one[0].dimensions), one[0].index) if layers == 1 else one for one in last]]


def _states(flow: Flow, op: Operation, layer: int, label: str) -> list[View]:
    """The first states of a layer."""
    found = []
    for source, wanted in zip(op.takes[1], ("h0", "c0"), strict=False):
        if source is None or (isinstance(source, Given) and _zero(source.values)):
            found.append(flow.constant(0, wanted, label, (op.options["units"],)))
        else:
            found.append(flow.array(source, wanted).selected(0, layer))
    return found


def _zero(values: Any) -> bool:
    return all(map(_zero, values)) if isinstance(values, list) else values == 0


def _used(
    flow: Flow,
    row: str,
    x: View,
    states: Mapping[str, View],
    maps: Mapping[str, str],
    made: Mapping[str, str],
    units: int,
) -> tuple[View, list[View]]:
    """The line of a layer with a state; all its states, and the last ones."""
    text, lifts, x = flow.whole(x, 2)
    own = dict(maps)
    for key, view in states.items():
        (view,) = _along(flow, [view], x, lifts)
        own[key] = flow.whole(view, 1)[0]
    flow.use(row, lifts, [x], {"x": text, **own}, made)
    steps, unit = x.dimensions[-2], (Range(units, FEATURE),)
    steps = (Range(steps[0].size, POSITION),)
    all_of = [
        flow.made(made[key], lifts, [*x.dimensions[:-2], steps, unit], first=0) for key in ("h", "c") if key in made
    ]
    return all_of[0], [view.selected(len(view.dimensions) - 2, steps[0].size - 1) for view in all_of]


def _along(flow: Flow, views: Sequence[View], x: View, lifts: Sequence[Range]) -> list[View]:
    """First states over the same examples as the inputs."""
    found = []
    for view in views:
        spans = [span for one in view.dimensions[:-1] for span in one]
        if spans and [span.size for span in spans] != [span.size for span in lifts]:
            raise InputError("a first state for every example", "another number of them")
        known = {span: Form(((other, 1),)) for span, other in zip(spans, lifts, strict=bool(spans))} if spans else {}
        found.append(view.put(known, view.dimensions))
    return found


def _weights(flow: Flow, sources: Sequence[Any], names: Sequence[str], label: str, size: int) -> list[str]:
    """The names of arrays; biases that are not there are 0."""
    found = []
    for name, source in zip(names, [*sources, *[None] * (len(names) - len(sources))], strict=True):
        view = flow.array(source, name, label) if source is not None else flow.constant(0, name, label, (size,))
        found.append(flow.whole(view, len(view.dimensions))[0])
    return found


def _elman(flow: Flow, op: Operation, x: View, sources: Sequence[Any], states: list[View], label: str) -> Any:
    units = op.options["units"]
    names = ("Wx", "Wh", "b", "d") if len(sources) == 4 else ("Wx", "Wh", "b")
    W, U, bias, *other = _weights(flow, sources, names, label, units)
    if other:
        j = Range(units, FEATURE)
        letter = flow.letters[j]
        both = f"{bias}[{letter}] + {other[0]}[{letter}]"
        bias = flow.define(flow.named("bd", label), [(j,)], both, [], "two biases, which act as one").name
    maps = {"Wx": W, "Wh": U, "b": bias, "f": op.options["unit"]}
    made = {"a": flow.named("a", label), "h": flow.named("h", label)}
    return _used(flow, "rnn", x, {"h0": states[0]}, maps, made, units)


def _lstm(flow: Flow, op: Operation, x: View, sources: Sequence[Any], states: list[View], label: str) -> Any:
    units = op.options["units"]
    W, U, b, d = _weights(flow, sources, ("W", "U", "b", "d"), label, 4 * units)
    made = {one: flow.named(one, label) for one in ("z", "i", "f", "g", "o", "c", "h")}
    maps = {"W": W, "U": U, "b": b, "d": d}
    return _used(flow, "lstm_torch", x, {"h0": states[0], "c0": states[1]}, maps, made, units)


def _gru(flow: Flow, op: Operation, x: View, sources: Sequence[Any], states: list[View], label: str) -> Any:
    units = op.options["units"]
    gates = [[source.part(units * gate, units) for source in sources] for gate in range(3)]
    reset = op.options.get("reset", "after")
    maps = {"reset": reset, "update": "old"}
    for letter, own in zip("run", gates, strict=True):
        names = [f"{array}{letter}" for array in ("W", "U", "b", "d")[: 4 if reset == "after" else 3]]
        maps |= dict(zip(names, _weights(flow, own, names, label, units), strict=True))
    made = {one: flow.named(one, label) for one in ("r", "u", "q", "n", "h")}
    return _used(flow, "gru", x, {"h0": states[0]}, maps, made, units)


RECURRENT: Mapping[str, Any] = {"rnn": _elman, "lstm": _lstm, "gru": _gru}

KINDS: Mapping[str, Write] = {
    "convolution": convolution,
    "pool": pool,
    "layer_norm": layer_norm,
    "batch_norm": batch_norm,
    "embedding": embedding,
    "recurrent": recurrent,
}
