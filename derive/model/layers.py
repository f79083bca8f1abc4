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
from derive.model.layer_keys import layer_keys, text_of
from derive.model.layer_lines import EACH, EXAMPLE, FLAT, Layer, Written
from derive.model.layer_terms import TURN, drawn, penalty, standardized
from derive.model.shapes import Shape, said, shape_of
from derive.spec.kinds import DENSE_KIND, kinds, listed
from derive.spec.tables import Rounding
from derive.spec.values import MAX_DECIMALS

KEPT = ("title", "source", "note", "story", "rounding", "decimal_comma", "page", "names", "sheet", "words")
"""Tables that mean the same in both kinds of problems."""
KEYS: Mapping[str, tuple[str, ...]] = {
    "": (*KEPT, "form", "network", "data", "loss", "training", "variants"),
    "network": ("inputs", "layers"),
    "data": ("inputs", "targets", "standardize"),
    "standardize": ("mean", "std"),
    "loss": ("name", "reduction", "regularization"),
}
"""The keys of the tables of a network that is written as equations; those of a layer are in `layer_keys`."""
OWN_NAMES = "the quantities of such a problem have names of their own, such as dense1_W[1,2]: leave this key out."


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
                hint = OWN_NAMES if key == "notation" and not place else did_you_mean(key, known)
                raise self.told.fault(expected, shown(key), *place, key, hint=hint)

    def table(self) -> dict[str, Any]:
        self.only(self.given, KEYS[""])
        for key in ("network", "data"):
            self.only(self.part_of_file(key), KEYS[key], key)
        network = self.part_of_file("network")
        data = self.part_of_file("data")
        examples = self.part(data, "inputs", "data")
        if not listed(examples) or not examples:
            raise self.told.fault("a list of examples", shown(examples), "data", "inputs")
        turn = self.in_turn() and len(examples) > 1
        self.told.many = len(examples) > 1 and not turn
        shapes = {shape_of(example) for example in examples}
        if len(shapes) > 1 or None in shapes:
            raise self.told.fault(
                "examples that are all alike, each a number or rows of numbers", "others", "data", "inputs"
            )
        (inputs,) = shapes
        assert inputs is not None
        self.told.results.append((f"x[{TURN}]" if turn else "x", inputs))
        if "inputs" in network and inputs != (network["inputs"],):
            expected, place = f"{said(inputs)}, as [data] has them", ("network", "inputs")
            raise self.told.fault(expected, shown(network["inputs"]), *place)
        if "standardize" in data:
            self.told.results[0] = standardized(self.told, data["standardize"], turn)
        layers = self.part(network, "layers", "network")
        if not listed(layers) or not layers:
            raise self.told.fault("a list of layers", shown(layers), "network", "layers")
        for number, layer in enumerate(layers, 1):
            self.layer(number, layer)
        training = self.training()
        if turn:
            self.told.constants[TURN] = 1
            training["schedule"] = {TURN: list(range(1, len(examples) + 1))}
        return {
            **{key: self.given[key] for key in KEPT if key in self.given},
            **self.form(),
            "inputs": {"x": list(examples) if len(examples) > 1 else examples[0]},
            "parameters": self.told.parameters,
            **self.loss(data, turn),
            "constants": self.told.constants,
            "model": {"equations": "\n".join(self.told.lines), "loss": "L"},
            "training": training,
            **self.variants(),
        }

    def training(self) -> dict[str, Any]:
        """The training, by a rule for every number; which examples a step uses stands in the equations."""
        table = {key: value for key, value in self.part_of_file("training").items() if key != "batch"}
        rule = table.get("optimizer")
        if isinstance(rule, str) and rule in rows("optimiser") and "p'" not in rows("optimiser")[rule].equations:
            hint = "write a [model] with one unit whose parameters are w and b."
            raise self.told.fault("a rule for every parameter", shown(rule), "training", "optimizer", hint=hint)
        return table

    def in_turn(self) -> bool:
        """Whether every update uses one example, the next in turn."""
        batch = self.part_of_file("training").get("batch", "all")
        if batch not in ("all", "one"):
            raise self.told.fault('"all" or "one"', shown(batch), "training", "batch")
        return bool(batch == "one")

    def form(self) -> dict[str, Any]:
        """The form of a network is one of its page."""
        if "form" not in self.given:
            return {}
        page = self.given.get("page", {})
        if not isinstance(page, Mapping) or "form" in page:
            raise self.told.fault("form or page.form", "both", "form")
        return {"page": {**page, "form": self.given["form"]}}

    def variants(self) -> dict[str, Any]:
        """What varies: weights and biases are parameters with these keys."""
        table = self.given.get("variants")
        if not isinstance(table, Mapping):
            return {} if table is None else {"variants": table}
        groups = {name: table[key] for key in ("weights", "biases") if key in table for name in self.told.under[key]}
        rest = {key: value for key, value in table.items() if key not in ("weights", "biases")}
        single = rest.get("quantities", {})
        if groups and isinstance(single, Mapping):
            rest["quantities"] = {**groups, **single}
        return {"variants": rest}

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
        if "init" in layer_keys(row):
            layer = drawn(self.told, layer, self.decimals(), *place)
        Layer(self.told, row, layer, number, place).write()

    def decimals(self) -> int:
        """To how many decimals drawn weights are rounded; whether the number is allowed is told with its table."""
        table = self.given.get("rounding", {})
        found = table.get("decimals") if isinstance(table, Mapping) else None
        return found if type(found) is int and 0 <= found <= MAX_DECIMALS else Rounding().decimals

    # -- the loss --------------------------------------------------------------------------------------------

    def loss(self, data: Mapping[str, Any], turn: bool) -> dict[str, Any]:
        """The lines of the loss, and its targets."""
        table = self.part_of_file("loss")
        name = self.part(table, "name", "loss")
        if name not in DENSE:
            hint = did_you_mean(name, DENSE) if isinstance(name, str) else None
            raise self.told.fault(one_of(DENSE), shown(name), "loss", "name", hint=hint)
        row, (result, shape) = DENSE[name], self.told.results[-1]
        self.only(table, [*KEYS["loss"], *row.numbers], "loss")
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
        maps += [f"t = t{f'[{TURN}]' if turn else letter}"] if targets else []
        maps += [f"{key} = {word}" for key, word in used.dense.get("options", {}).items()]
        maps += [f"{key} = {self.number(table[key], 'loss', key)}" for key in used.numbers if key in table]
        reduction = table.get("reduction", "mean")
        if reduction not in ("mean", "sum"):
            raise self.told.fault('"mean" or "sum"', shown(reduction), "loss", "reduction")
        added = penalty(self.told, table["regularization"]) if "regularization" in table else ""
        whole = "D" if added else "L"
        if self.told.many:
            self.told.lines.append(
                f"use {used.name}({', '.join(maps)}, L = E{EACH}) for {EXAMPLE}    # the loss of every example"
            )
            self.told.lines.append(f"{whole} = {reduction}(E{EACH} for {EXAMPLE})    # over all examples")
        else:
            mapped = [*maps, "L = D"] if added else maps
            self.told.lines.append(f"use {used.name}({', '.join(mapped)})    # the loss")
        if added:
            self.told.lines += [added, "L = D + R    # the loss of the data and the penalty"]
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
        return found if len(found) > 1 else found[0]
