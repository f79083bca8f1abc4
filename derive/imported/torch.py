"""A live model of PyTorch's as the table of a network: its layers, its data, its loss, its training.

Decides in which order layers and activations follow, what an example is, and what training moves. What a class of
PyTorch's is here stands in `torch_layers` and `torch_training`. PyTorch is not imported, and nothing is loaded or
unpickled: an object is known by its class and asked for its numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

from derive.errors import InputError, listed, shown
from derive.from_python import numbers, plain_table
from derive.imported.operations import Given
from derive.imported.shortened import with_decimals
from derive.imported.torch_layers import (
    ACTIVATIONS,
    LAYERS,
    NOTHING,
    ActivationRow,
    LayerRow,
    NoEqual,
    is_torch,
    known_row,
)
from derive.imported.torch_training import called_loss, loss_of, training_of
from derive.spec.kinds import needs_equations

TITLE = "A network from PyTorch"
GIVEN = ("x", "y", "loss")
"""Places of messages about what is given beside the module."""


def from_torch(
    module: Any,
    x: Any,
    y: Any,
    *,
    loss: Any,
    lr: Any = None,
    optimizer: Any = None,
    title: str = TITLE,
    decimals: int | None = None,
) -> dict[str, Any]:
    """The table of a problem from a live `nn.Sequential` or `nn.Linear`, with its weights as they are now.

    `x` and `y` are what `loss(module(x), y)` takes: a batch, or one example. `loss` is an object such as
    `nn.MSELoss()` or its class's name, `optimizer` one that has not yet made a step; `lr` alone is plain gradient
    descent. Numbers are the shortest decimals that mean the same binary number. Loss and gradients are PyTorch's.
    `decimals` rounds the weights, for work on paper: the gradients are then those of the rounded weights, and the
    problem says so.

    Raises `InputError` for a layer, a loss, an option or an optimizer for which there is nothing equal here.
    """
    _check_live(module)
    try:
        table = _layers(module, x, y, loss, lr, optimizer)
    except NoEqual as error:
        if not hasattr(module, "named_parameters"):
            raise
        table = _equations(module, x, y, loss, lr, optimizer, error)
    source = (
        {} if decimals is None else {"source": f"A model of PyTorch's; its weights are rounded to {decimals} decimals."}
    )
    return with_decimals(plain_table({"title": title, **source, **table}), decimals)


def _layers(module: Any, x: Any, y: Any, loss: Any, lr: Any, optimizer: Any) -> dict[str, Any]:
    """The tables of a network that lists its layers; raises `InputError` where the module is none."""
    reader = _Reader(numbers(x, "x"))
    for place, layer in _flat(module, "module"):
        reader.read(layer, place)
    if not reader.layers:
        raise InputError(f"layers: {listed(list(LAYERS))}", "none", place="module")
    targets = numbers(y, "y")
    if not reader.batched:
        targets = [targets]
    _check_rows(targets, len(reader.examples))
    last = reader.layers[-1]
    activation, said, targets = loss_of(loss, last.get("activation", "linear"), targets, last.get("units"))
    if activation != "linear":
        last["activation"] = activation
    table = {
        "network": {"layers": reader.layers},
        "data": {"inputs": reader.examples, "targets": targets},
        "loss": said,
        "training": training_of(lr, optimizer, reader.trained),
    }
    _complete(table)
    return table


def _equations(module: Any, x: Any, y: Any, loss: Any, lr: Any, optimizer: Any, before: InputError) -> dict[str, Any]:
    """The tables of a problem given by equations, for whatever is no sequence of layers.

    Where a sequence of PyTorch's own layers has no equations either, what was wrong with it as layers is told.
    """
    # Only here, because whoever passes layers alone need not wait for it.
    from derive.imported.chain import dense_layers
    from derive.imported.torch_graph import exported
    from derive.imported.written_model import problem_table

    try:
        graph = exported(module, x, y, called_loss(loss))
        own = [one for one in module.parameters() if getattr(one, "requires_grad", False)]
        training = training_of(lr, optimizer, own)
        chain = dense_layers(graph.operations, graph.loss.takes[0]) if len(graph.trained) == len(own) else None
        network = _network(chain, y, loss, training) if chain else None
        return network or {**problem_table(graph.operations, graph.loss), "training": training}
    except InputError as error:
        as_layers = is_torch(type(module)) and "forward" not in module.__dict__ and error.place not in GIVEN
        raise (before if as_layers else error) from None


def _network(chain: tuple[list[dict[str, Any]], Given], y: Any, loss: Any, training: Any) -> dict[str, Any] | None:
    """The tables of a network of dense layers; None where its loss is none of a network."""
    layers, inputs = chain
    one = len(inputs.shape) == 1
    targets = numbers(y, "y")
    try:
        activation, said, targets = loss_of(
            loss, layers[-1]["activation"], [targets] if one else targets, layers[-1]["units"]
        )
    except InputError:
        return None
    layers[-1]["activation"] = activation
    table = {
        "network": {"inputs": inputs.shape[-1], "layers": layers},
        "data": {"inputs": [inputs.values] if one else inputs.values, "targets": targets},
        "loss": said,
        "training": training,
    }
    return None if needs_equations(table) else table


def _check_live(module: Any) -> None:
    """Refuses files and weights without layers, which are no model."""
    expected = "a live module, such as nn.Sequential"
    if isinstance(module, str | PathLike | bytes | bytearray) or hasattr(module, "read"):
        hint = (
            "a pickled file can run any program while it is loaded, so none is opened here: load it where you trust it "
            "and pass the object"
        )
        raise InputError(expected, shown(module) if isinstance(module, str) else "a file", place="module", hint=hint)
    if isinstance(module, dict):
        hint = "weights alone do not say what is computed: pass the module after module.load_state_dict(...)"
        raise InputError(expected, shown(module), place="module", hint=hint)


def _flat(module: Any, place: str) -> Iterator[tuple[str, Any]]:
    """The layers of nested sequences, in order."""
    _check_own(module, place)
    if type(module).__name__ != "Sequential" or not is_torch(type(module)):
        yield place, module
        return
    for index, part in enumerate(module):
        yield from _flat(part, f"{place}[{index}]")


HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def _check_own(module: Any, place: str) -> None:
    """Whether a module does what its class is known for."""
    if any(getattr(module, hooks, None) for hooks in HOOKS) or "forward" in getattr(module, "__dict__", {}):
        found = f"a {type(module).__name__} with hooks or a forward of its own"
        raise NoEqual("a module that does what its class does", found, place=place)


def _check_rows(targets: Any, examples: int) -> None:
    """Whether there is one row of targets for each example."""
    if not isinstance(targets, list):
        raise InputError("a row of targets for each example", shown(targets), place="y")
    if len(targets) != examples:
        raise InputError(f"{examples} targets, one for each example", str(len(targets)), place="y")


def _depth(value: Any) -> int:
    """The number of indices of nested lists."""
    return 1 + _depth(value[0]) if isinstance(value, list) and value else int(isinstance(value, list))


@dataclass
class _Reader:
    """The layers read so far, and what they make of one example."""

    x: Any
    layers: list[dict[str, Any]] = field(default_factory=list)
    trained: list[Any] = field(default_factory=list)
    """The tensors that an optimizer moves."""
    examples: list[Any] = field(default_factory=list)
    batched: bool = True
    indices: int = 0
    """Of what one example is at this place."""
    _seen: dict[int, str] = field(default_factory=dict)

    def read(self, module: Any, place: str) -> None:
        """One module: a layer, an activation of the layer before, or nothing."""
        name = type(module).__name__
        row = known_row(module, place)
        if name in NOTHING:
            NOTHING[name](module, place)
            return
        self._begin(row)
        if name in ACTIVATIONS:
            self._activate(name, module, place)
            return
        assert isinstance(row, LayerRow)
        row.check(module, place)
        if row.batch and (not self.batched or len(self.examples) < 2):
            raise InputError("at least two examples", "one", place=place)
        if row.kind == "flatten" and self._flatten(place):
            return
        if self.indices != row.takes and row.kind != "flatten":
            expected = f"{row.takes} {'indices' if row.takes > 1 else 'index'} of each example at {name}"
            raise NoEqual(expected, str(self.indices), place=place)
        if row.words:
            self._count_words(module.num_embeddings)
        self.layers.append({"kind": row.kind, **row.write(module, place), **self._arrays(row, module, place)})
        self.indices = row.gives

    def _begin(self, row: LayerRow | ActivationRow | None) -> None:
        """At the first module: whether there is a batch."""
        if self.examples:
            return
        depth, words = _depth(self.x), isinstance(row, LayerRow) and row.words
        self.batched = words or not isinstance(row, LayerRow) or depth != row.takes
        self.examples = self.x if self.batched else [self.x]
        if not isinstance(self.x, list) or not self.x:
            raise InputError("a batch of examples, or one", shown(self.x), place="x")
        if words and depth == 1:  # a word for each example
            self.examples, depth = [[word] for word in self.x], 2
        self.indices = depth - 1 if self.batched else depth

    def _flatten(self, place: str) -> bool:
        """Whether there is nothing to flatten."""
        if not self.batched:
            hint = "x.unsqueeze(0) makes a batch of one example"
            raise NoEqual("a batch, whose first index stays", "one example", place=place, hint=hint)
        if self.indices not in (1, 2, 3):
            raise NoEqual("1, 2 or 3 indices of each example at Flatten", str(self.indices), place=place)
        return self.indices == 1

    def _count_words(self, words: int) -> None:
        """Words count from 1 here."""
        if self.layers:
            raise NoEqual("an Embedding as the first layer", "another before it", place="module")
        for index, example in enumerate(self.examples):
            for word in example:
                if type(word) is not int or not 0 <= word < words:
                    raise InputError(f"the number of a word, from 0 to {words - 1}", shown(word), place=f"x[{index}]")
        self.examples = [[word + 1 for word in example] for example in self.examples]

    def _activate(self, name: str, module: Any, place: str) -> None:
        """Gives the layer before this activation."""
        row = ACTIVATIONS[name]
        row.check(module, place)
        if not self.layers:
            raise NoEqual("a layer before an activation", f"{name} first", place=place)
        if "activation" in self.layers[-1]:
            expected = f"a layer between two activations, {self.layers[-1]['activation']} and this"
            raise NoEqual(expected, name, place=place)
        if row.joint and (self.indices != 1 or module.dim not in (None, -1, int(self.batched))):
            expected = f"{name} over the outputs of each example, dim = {int(self.batched)}"
            raise NoEqual(expected, f"dim = {module.dim!r} of {self.indices + self.batched} indices", place=place)
        self.layers[-1] |= {"activation": row.name_of(module), **row.numbers_of(module, place)}

    def _arrays(self, row: LayerRow, module: Any, place: str) -> dict[str, Any]:
        """The arrays of a layer, and which of them training leaves as they are."""
        found: dict[str, Any] = {}
        fixed = []
        for key, attribute in row.arrays.items():
            tensor = getattr(module, attribute, None)
            if tensor is None:
                continue
            here = f"{place}.{attribute}"
            if id(tensor) in self._seen:
                hint = "here every layer has weights of its own"
                raise NoEqual("a tensor that is used once", f"that of {self._seen[id(tensor)]}", place=here, hint=hint)
            self._seen[id(tensor)] = here
            if getattr(tensor, "is_meta", False):
                raise InputError("a tensor with numbers", "one on the device meta", place=here)
            found[key] = numbers(tensor, here)
            if getattr(tensor, "requires_grad", True):
                self.trained.append(tensor)
            else:
                fixed.append(key)
        if fixed and len(fixed) == len(found):
            return found | {"train": False}
        if fixed == ["biases"] and row.kind == "dense":
            return found | {"train_biases": False}
        if fixed:
            hint = "here a whole layer is fixed, or the biases of a Linear"
            raise NoEqual("a layer that is trained", f"{listed(fixed)} without gradients", place=place, hint=hint)
        return found


def _complete(table: dict[str, Any]) -> None:
    """What only a network of dense layers says, or only one with others."""
    layers = table["network"]["layers"]
    if needs_equations(table):
        return
    table["network"] = {"inputs": len(layers[0]["weights"][0]), **table["network"]}
    for index, layer in enumerate(layers):
        if layer.get("train") is False:
            hint = "in a network of Linear layers alone the biases can be fixed, and the weights are trained"
            raise NoEqual("weights that are trained", "fixed ones", place=f"Linear {index + 1}", hint=hint)
        del layer["kind"]
        layer.setdefault("activation", "linear")
