"""Networks that list their layers by kind, written as problems given by equations: one `use` line for every layer.

Decides what the keys of a layer that is not dense mean, which shapes fit each other, and what the quantities are
called: `conv1_K` is the kernel of the first layer, `conv1_y` its result. What a kind computes, its options and its
shapes are a row of the library (`network` there); what the equations mean is for the reader of the problem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from derive.errors import counted, did_you_mean, one_of, shown
from derive.library import rows
from derive.library.units import DENSE
from derive.model.layer_keys import text_of
from derive.model.layer_lines import EACH, EXAMPLE, FLAT, Layer, Written
from derive.model.shapes import Shape, said, shape_of
from derive.spec.kinds import DENSE_KIND, kinds, listed

KEPT = ("title", "source", "note", "story", "rounding", "page")
"""Tables that mean the same in both kinds of problems."""
KEYS: Mapping[str, tuple[str, ...]] = {
    "": (*KEPT, "network", "data", "loss", "training"),
    "network": ("inputs", "layers"),
    "data": ("inputs", "targets"),
    "loss": ("name", "reduction", "regularization"),
}
"""The keys of the tables of a network that is written as equations; those of a layer are in `layer_keys`."""


def as_equations(table: Mapping[str, Any], file: str | None = None) -> dict[str, Any]:
    """The table of the same problem given by equations; raises `InputError` where shapes or keys do not fit."""
    return _Writer(table, Written(file)).table()


@dataclass
class _Writer:
    """One network on its way: what is written so far."""

    given: Mapping[str, Any]
    told: Written

    def part(self, source: Mapping[str, Any], key: str, *place: str | int) -> Any:
        if key not in source:
            raise self.told.fault(f"the key {key}, which is required", None, *place, key)
        return source[key]

    def part_of_file(self, key: str) -> Mapping[str, Any]:
        """One of the tables of the file."""
        found = self.part(self.given, key)
        if not isinstance(found, Mapping):
            raise self.told.fault("a table", shown(found), key)
        return found

    def only(self, table: Mapping[str, Any], known: Sequence[str], *place: str) -> None:
        """Whether every key of a table means something here."""
        for key in table:
            if key not in known:
                expected = f"only these keys with layers or an optimizer of this kind: {', '.join(known)}"
                raise self.told.fault(expected, shown(key), *place, key, hint=did_you_mean(key, known))

    def table(self) -> dict[str, Any]:
        self.only(self.given, KEYS[""])
        for key in ("network", "data"):
            self.only(self.part_of_file(key), KEYS[key], key)
        network = self.part_of_file("network")
        data = self.part_of_file("data")
        examples = self.part(data, "inputs", "data")
        if not listed(examples) or not examples:
            raise self.told.fault("a list of examples", shown(examples), "data", "inputs")
        self.told.many = len(examples) > 1
        shapes = {shape_of(example) for example in examples}
        if len(shapes) > 1 or None in shapes:
            raise self.told.fault(
                "examples that are all alike, each a number or rows of numbers", "others", "data", "inputs"
            )
        (inputs,) = shapes
        assert inputs is not None
        self.told.results.append(("x", inputs))
        if "inputs" in network and inputs != (network["inputs"],):
            expected, place = f"{said(inputs)}, as [data] has them", ("network", "inputs")
            raise self.told.fault(expected, shown(network["inputs"]), *place)
        layers = self.part(network, "layers", "network")
        if not listed(layers) or not layers:
            raise self.told.fault("a list of layers", shown(layers), "network", "layers")
        for number, layer in enumerate(layers, 1):
            self.layer(number, layer)
        return {
            **{key: self.given[key] for key in KEPT if key in self.given},
            "inputs": {"x": list(examples) if self.told.many else examples[0]},
            "parameters": self.told.parameters,
            **self.loss(data),
            "constants": self.told.constants,
            "model": {"equations": "\n".join(self.told.lines), "loss": "L"},
            "training": self.training(),
        }

    # -- layers ----------------------------------------------------------------------------------------------

    def layer(self, number: int, layer: Mapping[str, Any]) -> None:
        place = ("network", "layers", number - 1)
        if not isinstance(layer, Mapping):
            raise self.told.fault("a table", shown(layer), *place)
        kind = layer.get("kind", DENSE_KIND)
        if kind not in kinds():
            hint = did_you_mean(kind, kinds()) if isinstance(kind, str) else None
            raise self.told.fault(one_of(kinds()), shown(kind), *place, "kind", hint=hint)
        row = rows("layer")[kind]
        Layer(self.told, row, layer, number, place).write()

    # -- the loss --------------------------------------------------------------------------------------------

    def loss(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The lines of the loss, and its targets."""
        table = self.part_of_file("loss")
        name = self.part(table, "name", "loss")
        if name not in DENSE:
            hint = did_you_mean(name, DENSE) if isinstance(name, str) else None
            raise self.told.fault(one_of(DENSE), shown(name), "loss", "name", hint=hint)
        row, (result, shape) = DENSE[name], self.told.results[-1]
        self.only(table, [*KEYS["loss"], *row.numbers], "loss")
        if "regularization" in table:
            hint = "write the penalty as an equation in a [model]"
            raise self.told.fault(
                "no penalty with layers that are not dense", "one", "loss", "regularization", hint=hint
            )
        if len(shape) != 1:
            raise self.told.fault(
                "a last layer that gives a list of outputs", said(shape), "network", "layers", hint=FLAT
            )
        what = row.dense.get("targets", "")
        targets = {} if what == "none" else {"t": self.targets(self.part(data, "targets", "data"), what, shape)}
        letter = EACH if self.told.many else ""
        # The classes of a likelihood are written as shares, of which all but one are 0.
        used = rows("loss")[row.dense.get("written_as", name)]
        output = "y" if "y[" in text_of(used) else "z"
        maps = [f"{output} = {result}{letter}"]
        maps += [f"t = t{letter}"] if targets else []
        maps += [f"{key} = {word}" for key, word in used.dense.get("options", {}).items()]
        maps += [f"{key} = {self.number(table[key], 'loss', key)}" for key in used.numbers if key in table]
        if self.told.many:
            reduction = table.get("reduction", "mean")
            if reduction not in ("mean", "sum"):
                raise self.told.fault('"mean" or "sum"', shown(reduction), "loss", "reduction")
            self.told.lines.append(
                f"use {used.name}({', '.join(maps)}, L = E{EACH}) for {EXAMPLE}    # the loss of every example"
            )
            self.told.lines.append(f"L = {reduction}(E{EACH} for {EXAMPLE})    # over all examples")
        else:
            self.told.lines.append(f"use {used.name}({', '.join(maps)})    # the loss")
        return {"targets": targets} if targets else {}

    def number(self, value: Any, *place: str) -> str:
        """A number as an equation has it; a text would be read as part of the equation."""
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.told.fault("a number", shown(value), *place)
        return str(value)

    def targets(self, given: Any, what: str, shape: Shape) -> Any:
        found = []
        for index, row in enumerate(given if listed(given) else []):
            label = row[0] if what == "class" and listed(row) and len(row) == 1 else row
            if what == "class" and type(label) is int:
                if not 1 <= label <= shape[0]:
                    expected = f"the number of a class, from 1 to {shape[0]}"
                    raise self.told.fault(expected, shown(label), "data", "targets", index)
                row = [int(unit == label) for unit in range(1, shape[0] + 1)]
            if shape_of(row) != shape:
                raise self.told.fault(
                    f"{said(shape)}, one for each output", said(shape_of(row)), "data", "targets", index
                )
            found.append(list(row))
        if len(found) != len(self.given["data"]["inputs"]):
            expected = f"{counted(len(self.given['data']['inputs']), 'row')}, one per row of inputs"
            raise self.told.fault(expected, str(len(found)), "data", "targets")
        return found if self.told.many else found[0]

    def training(self) -> dict[str, Any]:
        table = dict(self.part_of_file("training"))
        if table.pop("batch", "all") != "all":
            hint = "write a [model] whose schedule takes one example after the other"
            raise self.told.fault('batch = "all"', "another batch", "training", "batch", hint=hint)
        return table
