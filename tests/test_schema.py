"""The JSON Schema of all problem files: what is a problem is valid, what has a wrong key or a wrong kind is not."""

from __future__ import annotations

import inspect
import json
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel
from test_network_layers import CASES as LAYERS
from test_network_layers import PICTURE, changed
from tools.needs import ROOT

from derive.errors import InputError
from derive.library import add, drop, rows
from derive.model import model_from_dict
from derive.model.published import published_schema, schema_text
from derive.model.reading import TABLES
from derive.reading import by_equations, example_names, example_text, new_problem_text, problem_from_dict
from derive.spec.kinds import kinds
from derive.spec.mistakes import keys_of

Table = dict[str, Any]


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(published_schema())


def faults(table: Table) -> list[str]:
    return [error.message for error in validator().iter_errors(table)]


def read(table: Table) -> None:
    (model_from_dict if by_equations(table) else problem_from_dict)(table)


def problems() -> Iterator[tuple[str, Table]]:
    """Every problem file that there is, by its name."""
    texts = {name: example_text(name) for name in example_names()}
    texts |= {"new": new_problem_text("new"), "new equations": new_problem_text("new", True)}
    texts |= {path.stem: path.read_text("utf-8") for path in (Path(__file__).parent / "data").rglob("*.toml")}
    blocks = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    # A row of the library has a title too, and says what it is about.
    titled = [text for text in blocks if text.startswith("title =") and "\nabout =" not in text]
    texts |= {f"README {number}": text for number, text in enumerate(titled)}
    for name, text in texts.items():
        yield name, tomllib.loads(text, parse_float=Decimal)
    for name, case in LAYERS.items():
        yield f"layers: {name}", case[0]


PROBLEMS = dict(problems())


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_is_a_problem_is_valid(name: str) -> None:
    read(PROBLEMS[name])
    assert faults(PROBLEMS[name]) == []


def test_the_schema_is_a_schema_and_not_stale() -> None:
    """To rewrite it: python -c "from derive.model.published import schema_text; print(schema_text(), end='')"."""
    Draft202012Validator.check_schema(published_schema())
    stored = (files("derive") / "problem.schema.json").read_text(encoding="utf-8")
    assert json.loads(stored) == json.loads(schema_text()) == published_schema()
    assert len(PROBLEMS) > 30 and {"mazur", "2-rnn", "new equations", "layers: conv2d"} <= PROBLEMS.keys()
    assert sum(name.startswith("README") for name in PROBLEMS) >= 3


def test_every_key_is_told() -> None:
    known = published_schema()["$defs"]
    own = {name for name, _ in inspect.getmembers(models(), inspect.isclass)}
    assert {"ModelProblem", "ModelTraining", "ModelRounding", "Model"} <= own
    for table, model in TABLES.items():
        node = known[model.__name__]
        extra = {"$schema"} if not table else {key for row in rows("optimiser").values() for key in row.settings}
        assert set(node["properties"]) - extra == set(keys_of(table, TABLES)) - extra
        assert node["additionalProperties"] is False
        assert all(entry.get("description") for entry in node["properties"].values()), table


def models() -> Any:
    from derive.model import schema

    assert issubclass(schema.Model, BaseModel)
    return schema


# -- wrong problems

SQUARE: Table = {"title": "A square", "parameters": {"w": 3}, "model": {"equations": "L = w^2"}}
TRAINED: Table = {**SQUARE, "training": {"learning_rate": 1, "optimizer": "adam"}}
TWO = LAYERS["residual, layer_norm, dropout, rms_norm"][0]


def trained(**keys: Any) -> Table:
    table = {**TRAINED["training"], **keys}
    return {**TRAINED, "training": {key: value for key, value in table.items() if value is not None}}


WRONG: dict[str, Table] = {
    "no title": {"parameters": {"w": 3}, "model": {"equations": "L = w^2"}},
    "a key of no table": {**SQUARE, "parameter": {"v": 1}},
    "a key of a network": {**SQUARE, "notation": "mazur"},
    "equations in place of model": {**SQUARE, "model": {"equation": "L = w^2"}},
    "a loss that is true": {**SQUARE, "model": {"equations": "L = w^2", "loss": True}},
    "a name that is none": {**SQUARE, "parameters": {"1w": 3}},
    "a number that is a text": {**SQUARE, "parameters": {"w": "0.3"}},
    "an empty array": {**SQUARE, "parameters": {"w": 3, "v": []}},
    "an index from 2": {**SQUARE, "model": {"equations": "L = w^2", "first_index": 2}},
    "a granularity": {**SQUARE, "model": {"equations": "L = w^2", "granularity": "gate"}},
    "wanted as a text": {**SQUARE, "model": {"equations": "L = w^2", "wanted": "w"}},
    "decimals below 0": {**SQUARE, "rounding": {"decimals": -1}},
    "an override that is a text": {**SQUARE, "rounding": {"overrides": {"w": "two"}}},
    "an optimiser that is none": trained(optimizer="adamm"),
    "a setting of another optimiser": trained(momentum=Decimal("0.9")),
    "a setting that is missing": trained(optimizer="momentum"),
    "a learning rate that is missing": trained(learning_rate=None, optimizer=None),
    "a setting that is an array": trained(beta1=[1]),
    "an optimiser and an update": trained(update="p' = p - learning_rate*g"),
    "no steps": trained(steps=0),
    "a decay of no kind": trained(decay={"kind": "linear", "rate": 1}),
    "a kind that is none": changed(PICTURE, 0, kind="conv3d"),
    "a key of no layer": changed(PICTURE, 0, strid=2),
    "a key of another layer": changed(PICTURE, 1, weights=[[1]]),
    "no kernel": changed(PICTURE, 0, weights=None),
    "a state of a layer without": changed(PICTURE, 0, all=True),
    "a block around nothing": changed(PICTURE, 0, of=0),
    "an option": changed(TWO, 2, epsilon="within"),
    "an activation": changed(PICTURE, 2, activation="softmx"),
    "a stride of 1.5": changed(PICTURE, 0, stride=Decimal("1.5")),
    "no layers": {**PICTURE, "network": {"layers": []}},
    "a loss of no name": {**PICTURE, "loss": {"name": "hubert"}},
    "a number of another loss": {**PICTURE, "loss": {**PICTURE["loss"], "threshhold": 1}},
    "a table of no network": {**PICTURE, "rouding": {}},
    "a notation beside layers": {**PICTURE, "notation": "mazur"},
    "standardised pictures": {**PICTURE, "data": {**PICTURE["data"], "standardize": {"mean": 1, "std": [1]}}},
    "a dense network without a rate": {**PROBLEMS["mazur"], "training": {}},
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_neither_valid_nor_read(name: str) -> None:
    """Schema and reader refuse the same."""
    assert faults(WRONG[name])
    with pytest.raises(InputError):
        solution = model_from_dict if by_equations(WRONG[name]) else problem_from_dict
        asked(solution(WRONG[name]))


def asked(problem: Any) -> None:
    """Reads the equations too: which settings an optimiser takes is told there."""
    from derive.model.asked import Asked
    from derive.model.schema import ModelProblem

    if isinstance(problem, ModelProblem):
        Asked(problem)


def test_a_row_from_outside_is_in_the_schema() -> None:
    """Kinds, keys and settings are those of the library, whoever wrote its rows."""
    layer = 'about = "twice"\nequations = "y[j] = k*x[j]"\n[numbers]\nk = "2"\n[network]\nshort = "twice"\n'
    add("layer", "twice", layer + 'input = "x"\noutput = "y"\nshapes = { x = ["j"], y = ["j"] }')
    add("optimiser", "haste", 'about = "a step"\nsettings = ["hurry"]\nequations = "p\' = p - hurry*g"')
    try:
        schema = Draft202012Validator(published_schema())
        table = changed(TWO, 2, kind="twice", gamma=None, beta=None, epsilon=None, k=3)
        table["training"] = {"optimizer": "haste", "hurry": Decimal("0.1")}
        read(table)
        assert list(schema.iter_errors(table)) == []
        table["network"]["layers"][2]["kk"] = 1
        assert list(schema.iter_errors(table))
    finally:
        drop("layer", "twice")
        drop("optimiser", "haste")
    assert "twice" not in kinds()
