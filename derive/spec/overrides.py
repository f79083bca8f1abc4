"""Which ids in `[rounding] overrides` name something that this problem computes.

An override that nothing would follow is a mistake in writing: an index that is too large, a step that is not made,
a given number, which is shown as it was written. Decides what is said about it; knows ids and shapes, no values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple, Protocol

from derive.errors import counted
from derive.quantity import BACKWARD, DERIVATIVES, KINDS, MOST_INDICES, UPDATED
from derive.spec.network import Layer, Network
from derive.spec.tables import Data, LossSpec, Rounding, Training
from derive.spec.values import ID, fault

FROM_THE_INPUTS = frozenset({"a", DERIVATIVES["a"]})
"""Kinds that layer 0 has too."""
OF_A_SOFTMAX = frozenset({"exp", "expsum"})
OF_BIASES = frozenset({"b", "vb", DERIVATIVES["b"]})


class Computed(Protocol):
    """The parts of a problem that say what is computed."""

    @property
    def network(self) -> Network: ...

    @property
    def data(self) -> Data: ...

    @property
    def loss(self) -> LossSpec: ...

    @property
    def training(self) -> Training: ...

    @property
    def rounding(self) -> Rounding: ...


class Id(NamedTuple):
    """The parts of an id or of its beginning; `step` is 1 for a kind such as `z_new`."""

    kind: str
    indices: tuple[int, ...]
    example: int | None
    step: int

    @property
    def text(self) -> str:
        """The id as it is written.

        >>> Id("z", (2, 0), 1, 3).text, Id("W", (), None, 1).text
        ('after[3].sample[1].z[2][0]', 'W_new')
        """
        new = self.step == 1 and f"{self.kind}_new" in MOST_INDICES
        after = f"after[{self.step}]." if self.step and not new else ""
        sample = "" if self.example is None else f"sample[{self.example}]."
        return f"{after}{sample}{self.kind}{'_new' * new}{''.join(f'[{index}]' for index in self.indices)}"


class Refusal(NamedTuple):
    expected: str
    found: str
    hint: str | None = None


def check_overrides(problem: Computed) -> None:
    """Raise a fault for the first override that can never apply."""
    for prefix in problem.rounding.overrides:
        for refusal in refusals(problem, prefix):
            near = nearest_right(problem, prefix)
            hints = [hint for hint in (refusal.hint, near and f'did you mean "{near}"?') if hint]
            hint = " ".join(hint if hint is hints[0] else f"{hint[0].upper()}{hint[1:]}" for hint in hints)
            raise fault(refusal.expected, refusal.found, "rounding", "overrides", prefix, hint=hint or None)


def refusals(problem: Computed, prefix: str) -> Iterator[Refusal]:
    """What speaks against an override, the first thing first."""
    match, named = _read(prefix)
    yield from _spelling(match, named.kind, named.step)
    for rule in RULES:
        yield from rule(problem, named)


def _read(prefix: str) -> tuple[re.Match[str], Id]:
    """An id or its beginning, as it is written and what it means."""
    match = ID.fullmatch(prefix)
    assert match is not None
    after, kind = match["after"], match["kind"]
    base = kind.removesuffix("_new")
    step = int(after) if after else int(base != kind)
    indices = tuple(map(int, re.findall(r"\d+", match["indices"])))
    return match, Id(base, indices, int(match["example"]) if match["example"] else None, step)


def nearest_right(problem: Computed, prefix: str) -> str | None:
    """The id that applies and differs least: with the nearest index, example or number of updates there is."""
    _, named = _read(prefix)
    sizes, examples = problem.network.sizes, len(problem.data.inputs)
    layers = [layer for layer in range(len(sizes)) if layer or named.kind in FROM_THE_INPUTS]
    layers = sorted(layers, key=lambda layer: abs(layer - (named.indices or (0,))[0]))
    steps = {named.step, min(named.step, problem.training.steps), min(named.step, problem.training.steps - 1), 1}
    who = [named.example, None, *((min(named.example, examples - 1), 0) if named.example is not None else ())]
    for step, example in product(sorted(steps, key=lambda step: abs(step - named.step)), dict.fromkeys(who)):
        for indices in _near(named, layers, sizes):
            text = Id(named.kind, indices, example, step).text
            if text != prefix and not any(refusals(problem, text)):
                return text
    return None


def _near(named: Id, layers: list[int], sizes: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The indices with those in place of which others are too large, and without the last ones."""
    if named.kind in ("x", "loss_part"):
        yield tuple(min(index, sizes[0 if named.kind == "x" else -1] - 1) for index in named.indices)
    for layer in layers if named.indices else ():
        above = sizes[layer + 1] if layer + 1 < len(sizes) else 1
        widths = [sizes[layer], above if named.kind == "path" else sizes[layer - 1]]
        yield (layer, *(min(index, width - 1) for index, width in zip(named.indices[1:], widths, strict=False)))
    for length in range(max(len(named.indices) - 1, 0), -1, -1):
        yield named.indices[:length]


def _spelling(match: re.Match[str], base: str, step: int) -> Iterator[Refusal]:
    """Ids of the present step have no after[...], those after one update the ending _new where there is one."""
    new = match["kind"] != base
    if match["after"] and new:
        yield Refusal("either after[...] or _new", "both")
    elif match["after"] and not step:
        yield Refusal("an id without after[0]", "after[0]")
    elif step == 1 and not new and f"{base}_new" in MOST_INDICES:
        yield Refusal(f"{base}_new instead of after[1].{base}", "after[1]")


def _given(problem: Computed, named: Id) -> Iterator[Refusal]:
    """Numbers of the file are shown as they were written."""
    kind, indices, _, step = named
    inputs = kind == "a" and indices[:1] == (0,)
    parameter = kind in UPDATED
    if kind in ("x", "lr") or (inputs and problem.data.standardize is None) or (parameter and not step):
        yield Refusal("a quantity that is computed", "one that is given")
    elif inputs and step:
        yield Refusal("an id without a step", f"after {counted(step, 'update')}", "training leaves the inputs alone.")
    elif kind in ("b", "vb") and not any(map(_trained, _layers(problem, indices))):
        yield Refusal("a quantity that is computed", "one of biases that training leaves as they are")


def _exists(problem: Computed, named: Id) -> Iterator[Refusal]:
    """Kinds that only some networks have."""
    kind, indices, _, _ = named
    layers, penalty = _layers(problem, indices), problem.loss.regularization
    if kind in OF_A_SOFTMAX and not any(layer.joint for layer in layers):
        yield Refusal("a layer with softmax", "none")
    if kind in OF_BIASES and not any(layer.biases is not None for layer in layers):
        yield Refusal("a layer with biases", "none")
    if kind in ("vW", "vb") and not problem.training.remembers:
        yield Refusal("the optimizer momentum", problem.training.optimizer)
    if kind in ("penalty", "data_loss") and not (penalty.l1 or penalty.l2):
        yield Refusal("a loss with a penalty on the weights", "none", "the loss itself is loss.")
    if kind == "loss_part" and problem.network.sizes[-1] == 1:
        yield Refusal("the loss, which has no parts where there is one output", "loss_part")
    if kind == "path":
        above = problem.network.sizes[2:]
        if max(above[indices[0] - 1 : indices[0]] if indices else above, default=1) == 1:
            yield Refusal("a layer below one of several units", "none")


def _layers(problem: Computed, indices: tuple[int, ...]) -> tuple[Layer, ...]:
    """The layer that an id names, or all."""
    layers = problem.network.layers
    return layers[indices[0] - 1 : indices[0]] if indices else layers


def _trained(layer: Layer) -> bool:
    return layer.biases is not None and layer.train_biases


def _in_range(problem: Computed, named: Id) -> Iterator[Refusal]:
    """Layers, units and inputs that the network has."""
    kind, indices, _, _ = named
    sizes = problem.network.sizes
    last = len(sizes) - 1
    if not indices:
        return
    if kind in ("x", "loss_part"):
        yield from _within(indices[0], sizes[0] if kind == "x" else sizes[-1], "unit")
        return
    layer = indices[0]
    lowest, highest = int(kind not in FROM_THE_INPUTS), last - 1 if kind == "path" else last
    if not lowest <= layer <= highest:
        yield Refusal(f"a layer from {lowest} to {highest}", str(layer))
        return
    widths = [sizes[layer], sizes[layer + 1] if kind == "path" else sizes[layer - 1]]
    for index, width in zip(indices[1:], widths, strict=False):
        yield from _within(index, width, "unit")
    shared = kind in ("b", "vb") and not isinstance(problem.network.layers[layer - 1].biases, tuple)
    if shared and len(indices) > 1:
        yield Refusal(f"{kind}[{layer}] alone, the bias that the layer shares", "an index of a unit")


def _within(index: int, count: int, noun: str) -> Iterator[Refusal]:
    if index >= count:
        expected = f"an index from 0 to {count - 1}, for {counted(count, noun)}" if count > 1 else "the index 0"
        yield Refusal(expected, str(index))


def _when(problem: Computed, named: Id) -> Iterator[Refusal]:
    """Steps that are made."""
    steps = problem.training.steps
    # Every step goes back, but no backward pass follows the last forward one.
    last = steps - 1 if KINDS[named.kind].made == BACKWARD else steps
    if named.step > last:
        expected = f"at most {counted(last, 'update')} before" if last else "no update before"
        hint = "no backward pass follows the last update." if named.step == steps else None
        yield Refusal(f"{expected} for {counted(steps, 'step')}", str(named.step), hint)


def _who(problem: Computed, named: Id) -> Iterator[Refusal]:
    """Examples that the step uses."""
    if named.example is None:
        return
    count, rounds = len(problem.data.inputs), problem.training.steps
    # All inputs are standardised before the first step; the last forward pass is that of the last step's example.
    inputs = named.kind == "a" and named.indices[:1] in ((), (0,)) and problem.data.standardize is not None
    used = min(named.step, rounds - 1) % count
    without = Refusal("an id without sample[...]", f"sample[{named.example}]")
    if not KINDS[named.kind].of_example:
        yield without._replace(hint=f"{named.kind} belongs to no example.")
    elif count == 1:
        yield without._replace(hint="there is only one example.")
    elif named.example >= count:
        yield from _within(named.example, count, "example")
    elif problem.training.batch == "one" and named.example != used and not (inputs and not named.step):
        yield Refusal(f"sample[{used}], which this step uses", f"sample[{named.example}]")


Rule = Callable[[Computed, Id], Iterator[Refusal]]
RULES: tuple[Rule, ...] = (_in_range, _given, _exists, _when, _who)
