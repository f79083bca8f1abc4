"""The JSON Schema of every problem file: networks of dense layers, of layers of other kinds, and equations.

Decides how the models of problems given by equations, and the keys of layers by kind, are published, from the same
tables that read them. Which of the three kinds a file is, is told as the reader tells it. What compares several keys
(shapes, names in equations) cannot stand in a schema.
"""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from derive.library import Row, rows
from derive.library.units import DENSE, JOINT, UNITS
from derive.model import schema as models
from derive.model import training, varied
from derive.model.layer_keys import MOST_STEPS, layer_keys, needed_keys
from derive.model.layers import KEYS
from derive.model.schema import FORMS, ModelProblem
from derive.model.training import USUAL_RULE
from derive.model.written import ARRAY, NUMBER
from derive.spec.kinds import DENSE_KIND, kinds, plain_optimisers
from derive.spec.mistakes import GATHERED
from derive.spec.network import INITS
from derive.spec.problem import SET_BY_READER
from derive.spec.schema import Published, problem_schema
from derive.spec.values import MAX_SEED

Schema = dict[str, Any]
MARKED: Mapping[str, Schema] = {mark: {"$ref": f"#/$defs/{mark}"} for mark in (NUMBER, ARRAY)}
"""What stands in the place of a mark."""
GIVEN = MARKED[ARRAY]
SAID: Schema = {
    "title": {"type": "string", "description": "What the problem is called."},
    "source": {"type": "string", "description": "Where it comes from."},
    "note": {"type": "string", "description": "A remark for the reader."},
    "rounding": {"$ref": "#/$defs/ModelRounding"},
    "training": {"$ref": "#/$defs/ModelTraining"},
    "story": {"type": "string", "description": "What the numbers stand for."},
    "decimal_comma": {"type": "boolean", "description": "Whether numbers are shown with a comma."},
    "form": {"enum": list(FORMS), "description": "How the backward pass is worked."},
    "page": {"$ref": "#/$defs/ModelPageSpec"},
    "sheet": {"$ref": "#/$defs/SheetHead"},
    "variants": {"$ref": "#/$defs/LayersVariants"},
    "names": {"type": "object", "description": "What the letters of those who hand in work mean."},
    "words": {"type": "object", "description": "Own wording of a worksheet's phrases."},
    "$schema": {"type": "string", "description": "The address of this schema, for editors."},
}


def published_schema() -> Schema:
    """The JSON Schema of a problem file; the package ships it as `problem.schema.json`.

    >>> schema = published_schema()
    >>> schema["then"], schema["else"]["else"]
    ({'$ref': '#/$defs/ModelProblem'}, {'$ref': '#/$defs/Problem'})
    """
    dense = problem_schema()
    dialect, inner = dense.pop("$schema"), dense.pop("$defs")
    layers = {"properties": {"network": {"properties": {"layers": {"contains": _of_another_kind()}}}}}
    optimizer = {"properties": {"optimizer": {"enum": _other_optimisers()}}, "required": ["optimizer"]}
    trained = {"properties": {"training": optimizer}, "required": ["training"]}
    return {
        "$schema": dialect,
        "title": "Problem",
        "description": "A problem file of derive: a network or equations, their numbers, and how they are trained.",
        "type": "object",
        "if": {
            "anyOf": [{"required": ["model"]}, {"required": ["parameters"], "not": {"required": ["network"]}}],
        },
        "then": {"$ref": "#/$defs/ModelProblem"},
        "else": {
            "if": {"required": ["network"], "anyOf": [layers, trained]},
            "then": {"$ref": "#/$defs/LayersProblem"},
            "else": {"$ref": "#/$defs/Problem"},
        },
        "$defs": {**inner, **_with_layers(_equations(inner)), **_numbers(), "Problem": dense},
    }


def schema_text() -> str:
    """`published_schema` as the text of the file in the package.

    To write it: python -c "from derive.model.published import schema_text; print(schema_text(), end='')"
    """
    return json.dumps(published_schema(), indent=1, sort_keys=True) + "\n"


def _of_another_kind() -> Schema:
    return {"properties": {"kind": {"not": {"const": DENSE_KIND}}}, "required": ["kind"]}


def _other_optimisers() -> list[str]:
    return [name for name in rows("optimiser") if name not in plain_optimisers()]


def _numbers() -> Schema:
    """A given number, and an array of given numbers."""
    number = {"type": "number"}
    fraction = {"type": "string", "pattern": r"^\s*-?[0-9]{1,15}\s*/\s*[0-9]{1,15}\s*$"}
    one = {"anyOf": [number, fraction], "description": 'A number, or a fraction in quotation marks such as "1/3".'}
    listed = {"type": "array", "minItems": 1, "items": GIVEN}
    return {
        NUMBER: one,
        ARRAY: {"anyOf": [MARKED[NUMBER], listed], "description": "A number, or rows of numbers that are all alike."},
    }


# -- equations


def _equations(known: Schema) -> Schema:
    """The tables of a problem given by equations; `known` are those of a network, some of which they continue."""
    problem = ModelProblem.model_json_schema(schema_generator=Published)
    found = {**problem.pop("$defs"), "ModelProblem": problem}
    for key in SET_BY_READER:
        problem["properties"].pop(key, None)
    problem["required"].remove("name")
    for key in ("model", "rounding", "variants"):
        problem["properties"][key]["default"] = {}
    problem["properties"]["$schema"] = SAID["$schema"]
    for table in (found["ModelTraining"], found["BesideRule"]):
        table["properties"].pop(GATHERED)
        _settings(table)
    sentences = _sentences()
    found["ModelVariants"]["properties"]["constraints"]["default"] = {}
    continued = {
        "ModelRounding": known["Rounding"]["properties"],
        "ModelConstraints": known["Constraints"]["properties"],
    }
    for name, table in found.items():
        for key, entry in table["properties"].items():
            if key in sentences.get(name, {}):
                entry["description"] = sentences[name][key]
            elif key in continued.get(name, {}):
                entry["description"] = continued[name][key]["description"]
    return {name: _with_numbers(table) for name, table in found.items() if name not in known}


def _settings(table: Schema) -> None:
    """The optimisers, and which settings belong to which."""
    owners: dict[str, list[str]] = {}
    for name, row in rows("optimiser").items():
        for setting in row.settings:
            owners.setdefault(setting, []).append(name)
    keys = table["properties"]
    if "anyOf" in keys["optimizer"]:
        keys["optimizer"]["anyOf"] = [{"enum": list(rows("optimiser"))}, {"type": "null"}]
    else:
        keys["optimizer"]["enum"] = list(rows("optimiser"))
    for setting, names in owners.items():
        keys.setdefault(setting, {"format": NUMBER}).setdefault("description", f"A setting of {', '.join(names)}.")
    of_rule = {name: _only_settings(row, list(owners)) for name, row in rows("optimiser").items()}
    said = {"anyOf": [{"required": ["optimizer"]}, {"required": ["update"]}]}
    table["allOf"] = [{"if": {"not": said}, "then": of_rule[USUAL_RULE]}]
    for name, only in of_rule.items():
        chosen = {"properties": {"optimizer": {"const": name}}, "required": ["optimizer"]}
        table["allOf"].append({"if": chosen, "then": only})


def _only_settings(row: Row, settings: Sequence[str]) -> Schema:
    """Exactly the settings of one optimiser, and no update in equations."""
    return {
        "properties": {"update": False} | {other: False for other in settings if other not in row.settings},
        "required": [setting for setting in row.settings if setting not in row.numbers],
    }


def _with_numbers(node: Any) -> Any:
    """A schema with given numbers in the places that are marked for them, and names for nothing but what is named."""
    if isinstance(node, dict):
        if node.get("format") in MARKED:
            return {**{key: value for key, value in node.items() if key != "format"}, **MARKED[node["format"]]}
        closed = {"additionalProperties": False} if "patternProperties" in node else {}
        return {key: _with_numbers(value) for key, value in node.items()} | closed
    return [_with_numbers(part) for part in node] if isinstance(node, list) else node


def _sentences() -> dict[str, dict[str, str]]:
    """The sentence under each key of the models of a problem given by equations."""
    found: dict[str, dict[str, str]] = {}
    classes = [ast.parse(inspect.getsource(module)).body for module in (models, training, varied)]
    for model in chain.from_iterable(classes):
        if isinstance(model, ast.ClassDef):
            for base in model.bases:
                found.setdefault(model.name, {}).update(found.get(ast.unparse(base), {}))
            for key, sentence in zip(model.body, model.body[1:], strict=False):
                match key, sentence:
                    case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                        found.setdefault(model.name, {})[name] = text
    return found


# -- layers by kind


def _with_layers(known: Schema) -> Schema:
    """The tables of equations, and what a network has that lists its layers by kind."""
    varied = known["ModelVariants"]
    groups = {key: {"$ref": "#/$defs/Vary", "description": f"All {key}."} for key in ("weights", "biases")}
    variants = {**varied, "properties": {**varied["properties"], **groups}}
    return {**known, "LayersVariants": variants, "LayersProblem": _layers()}


def _layers() -> Schema:
    """A network that lists its layers by kind, or one that another optimiser trains."""
    kind = {"properties": {"kind": {"enum": kinds()}}}
    of_kind = [
        {
            "if": _kind_is(name),
            "then": _layer(rows("layer")[name]),
        }
        for name in kinds()
    ]
    loss = {
        "name": {"enum": list(DENSE), "description": "Loss of one example."},
        "reduction": {"enum": ["mean", "sum"], "description": "How the losses of several examples are combined."},
        "regularization": {"$ref": "#/$defs/Regularization"},
        **{key: {"type": "number"} for row in DENSE.values() for key in row.numbers},
    }
    network = {
        "inputs": {"type": "integer", "description": "How many numbers an example has."},
        "layers": {"type": "array", "minItems": 1, "items": {"type": "object", **kind, "allOf": of_kind}},
    }
    data = {
        "inputs": {"type": "array", "minItems": 1, "items": GIVEN, "description": "One entry per example."},
        "targets": {"type": "array", "minItems": 1, "items": GIVEN, "description": "One row per example."},
        "standardize": {"$ref": "#/$defs/Standardize"},
    }
    tables = {
        "network": _closed(network, ["layers"], "The layers, each of a kind."),
        "data": _closed(data, ["inputs"], "The examples."),
        "loss": _closed(loss, ["name"], "What training makes small."),
    }
    said = {key: SAID[key] for key in (*(key for key in KEYS[""] if key in SAID), "$schema")}
    return _closed({**said, **tables}, ["title", *tables, "training"], "A network whose layers have kinds.")


def _closed(keys: Schema, required: list[str], description: str) -> Schema:
    return {
        "type": "object",
        "properties": keys,
        "required": required,
        "additionalProperties": False,
        "description": description,
    }


def _kind_is(name: str) -> Schema:
    said: Schema = {"properties": {"kind": {"const": name}}}
    return said if name == DENSE_KIND else {**said, "required": ["kind"]}


def _layer(row: Row) -> Schema:
    """A layer of one kind."""
    activation = [*UNITS, *JOINT]
    numbers = {key for table in (UNITS, JOINT) for own in table.values() for key in own.numbers}
    says: dict[str, Schema] = {
        "kind": {"const": row.name, "description": f"{row.about}."},
        "activation": {"enum": activation, "description": "The function of its results."},
        "flag": {"type": "boolean"},
        "layer": {"type": "integer", "minimum": 0, "description": "The layer that is led around; 0 for the inputs."},
        "array": GIVEN,
        "units": {"type": "integer", "minimum": 1, "description": "How many units the layer has."},
        "whole": {"type": "integer", "minimum": 0, "maximum": MOST_STEPS},
        "number": {"type": "number"},
        "init": {"enum": list(INITS), "description": "Instead of weights: draw them at random in this way."},
        "seed": {"type": "integer", "minimum": 0, "maximum": MAX_SEED, "description": "Seed of the random numbers."},
    }
    keys: Schema = {key: {"type": "number", "description": "A number of the activation."} for key in sorted(numbers)}
    for key, what in layer_keys(row).items():
        keys[key] = _option(row, key) if what == "option" else says[what]
    return _closed(keys, needed_keys(row), f"A layer {row.name}.")


def _option(row: Row, key: str) -> Schema:
    words: list[str | bool] = list(row.options[key])
    return {"enum": [*words, *([True, False] if {*words} == {"yes", "no"} else [])]}
