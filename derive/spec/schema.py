"""The JSON Schema of a network of dense layers, for editors and for other programs.

Decides how the models of the other modules are published: keys, types, limits, and the sentence that stands
under each key in the source. What compares several keys (shapes, targets, loss and output layer) cannot
stand in it.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from itertools import chain
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from derive.library.units import DENSE, UNITS
from derive.notation import NOTATIONS
from derive.spec import network, problem, sheet, tables, variants
from derive.spec.kinds import plain_optimisers
from derive.spec.parameters import HasParameters, parameters_of


class Published(GenerateJsonSchema):
    """Schemas without titles for single keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def problem_schema() -> dict[str, Any]:
    """The JSON Schema of a network of dense layers; what the package ships has the other problems too.

    >>> "learning_rate" in problem_schema()["$defs"]["Training"]["required"]
    True
    """
    schema = problem.Problem.model_json_schema(schema_generator=Published)
    for key in problem.SET_BY_READER:
        schema["properties"].pop(key, None)
    schema["required"].remove("name")
    schema["properties"]["$schema"] = {"type": "string", "description": "The address of this schema, for editors."}
    schema["description"] = "A problem file of derive: a small network, its data and how it is trained."
    models = {"Problem": schema, **schema["$defs"]}
    for model, sentences in _sentences().items():
        for key, sentence in sentences.items():
            if key in models[model]["properties"]:
                models[model]["properties"][key]["description"] = sentence
    for model, name, rows, names in (
        ("Layer", "activation", UNITS, network.activation_names()),
        ("LossSpec", "name", DENSE, tuple(DENSE)),
    ):
        keys = models[model]["properties"]
        keys[name]["enum"] = list(names)
        del keys["parameters"]
        keys |= {part: _parameter(part, rows) for part in parameters_of(rows)}
    schema["properties"]["notation"]["enum"] = list(NOTATIONS)
    models["Training"]["properties"]["optimizer"]["enum"] = plain_optimisers()
    # JSON has no Decimal, so pydantic writes defaults of numbers as texts
    for key in ("l1", "l2"):
        models["Regularization"]["properties"][key]["default"] = 0
    models["LossSpec"]["properties"]["regularization"]["default"] = {}
    models["Problem"]["properties"]["rounding"]["default"] = {}
    models["Problem"]["properties"]["variants"]["default"] = {}
    models["Problem"]["properties"]["sheet"]["default"] = {}
    models["Problem"]["properties"]["page"]["default"] = {}
    models["Variants"]["properties"]["constraints"]["default"] = {}
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}


def _parameter(part: str, rows: Mapping[str, HasParameters]) -> dict[str, Any]:
    """The schema of a number that some rows have."""
    owners = [name for name, row in rows.items() if part in row.parameters]
    low, high = rows[owners[0]].limits.get(part, (None, None))
    usual = ", ".join(f"{rows[name].parameters[part]} in {name}" for name in owners)
    found: dict[str, Any] = {"type": "number", "description": f"A number of {', '.join(owners)}; absent: {usual}."}
    limits = {"exclusiveMinimum": low, "exclusiveMaximum": high}
    return found | {key: int(end) for key, end in limits.items() if end is not None}


def _sentences() -> dict[str, dict[str, str]]:
    """The sentence under each key of each model.

    pydantic can read them too, but would do it at every import.
    """
    found: dict[str, dict[str, str]] = {}
    classes = [ast.parse(inspect.getsource(module)).body for module in (network, problem, sheet, tables, variants)]
    for model in chain.from_iterable(classes):
        if not isinstance(model, ast.ClassDef):
            continue
        for key, sentence in zip(model.body, model.body[1:], strict=False):
            match key, sentence:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    found.setdefault(model.name, {})[name] = text
    return found
