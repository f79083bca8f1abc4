"""Layers as lines that use a row of the library: norms, embedding, recurrence; one row for each.

Windows are in `written_windows`. Where a layer has options that the row does not know, its sums are written out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from derive.errors import InputError
from derive.imported.arrays import Form, Range, View
from derive.imported.flow import FEATURE, POSITION, Flow, Write
from derive.imported.operations import Given, Operation
from derive.imported.written import number_text


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


def _one_bias(flow: Flow, biases: Sequence[str], name: str, label: str, units: int) -> str:
    """The one bias of a sum, or a line that adds the two that it has."""
    if len(biases) == 1:
        return biases[0]
    j = Range(units, FEATURE)
    both = " + ".join(f"{one}[{flow.letters[j]}]" for one in biases)
    return flow.define(flow.named(name, label), [(j,)], both, [], "two biases, which act as one").name


def _elman(flow: Flow, op: Operation, x: View, sources: Sequence[Any], states: list[View], label: str) -> Any:
    units = op.options["units"]
    names = ("Wx", "Wh", "b", "d") if len(sources) == 4 else ("Wx", "Wh", "b")
    W, U, *biases = _weights(flow, sources, names, label, units)
    bias = _one_bias(flow, biases, "bd", label, units)
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
        after = reset == "after"
        names = [f"{array}{letter}" for array in ("W", "U", "b", "d")[: 4 if after else max(3, len(own))]]
        W, U, *biases = _weights(flow, own, names, label, units)
        if not after:
            biases = [_one_bias(flow, biases, f"bd{letter}", label, units)]
        maps |= dict(zip(names, [W, U, *biases], strict=False))
    made = {one: flow.named(one, label) for one in ("r", "u", "q", "n", "h")}
    return _used(flow, "gru", x, {"h0": states[0]}, maps, made, units)


RECURRENT: Mapping[str, Any] = {"rnn": _elman, "lstm": _lstm, "gru": _gru}

KINDS: Mapping[str, Write] = {
    "layer_norm": layer_norm,
    "batch_norm": batch_norm,
    "embedding": embedding,
    "recurrent": recurrent,
}
