"""What a problem file may say, and what is said about one that is wrong."""

from __future__ import annotations

import ast
import copy
import inspect
import json
import pickle
import re
import subprocess
import sys
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from derive import spec
from derive.errors import InputError, nearest, shorten, shown
from derive.quantity import KINDS, MOST_INDICES, WITH_NEW_SPELLING, parse_id
from derive.reading import (
    example_names,
    example_text,
    new_problem_text,
    parse_problem,
    problem_from_dict,
    problem_schema,
    read_problem,
)
from derive.spec import MAX_PRODUCTS
from derive.spec.mistakes import TABLES, keys_of

MAZUR = example_text("mazur")
EXAMPLES = ("caispp", "hmkcode", "mazur", "netflow", "rohan", "rohan-chain", "rohan-relu")


def message_of(text: str, format: Any = "toml", file: str | None = "my.toml") -> str:
    with pytest.raises(InputError) as caught:
        parse_problem(text, format, file)
    return str(caught.value)


# Each row changes the first `old` of the Mazur example into `new`; the message must hold every fragment.
W1 = "weights = [[0.15, 0.20],   # w1, w2\n           [0.25, 0.30]]   # w3, w4"
LAYER = "network.layers[0]"
NUMBER = f"{LAYER}.weights[0][0]: expected a number"
FINITE = f"{LAYER}.weights[0][0]: expected a finite number, found "
TOO_LONG = f"{NUMBER} of at most 40 digits and 60 decimals, smaller than 10^15, found "
ID = 'expected the id of a quantity, such as "z[2]", "dL/dW[1][0]" or "loss"'
BCE = '[[0.01, 2]]\n[loss]\nname = "binary_cross_entropy"'
PLACES, OVERRIDE = "decimals = 9", "[rounding.overrides]\n"
TARGETS_AND_LOSS = '[[0.01, 0.99]]\n\n[loss]\nname = "half_squared_error"'
CHANGED = [
    # names
    (
        "sigmoid",
        "sigmod",
        [f"{LAYER}.activation: expected bipolar_sigmoid, elu,", 'found "sigmod".', 'mean "sigmoid"?'],
    ),
    ('"mazur"', '"Mazur"', ["notation: expected standard,", 'found "Mazur"', 'Did you mean "mazur"?']),
    ('"chain"', '"chian"', ["form: expected chain, delta, matrix or index, found", 'mean "chain"?']),
    ('"chain"', '"x"', ["form: expected chain, delta, matrix or index, found"]),
    ("half_sq", "half-sq", ["loss.name: expected absolute_error, binary_cross_entropy,", 'mean "half_squared_error"?']),
    # keys
    (
        "learning_rate",
        "learing_rate",
        ["training.learing_rate: expected only", 'Did you mean "learning_rate"?'],
    ),
    ("[training]", "[trainning]", ["trainning: expected only these keys in the problem", 'mean "training"?']),
    ("title =", "titel =", ["titel: ", 'Did you mean "title"?']),
    (
        "notation =",
        "decimals = 3 #",
        ["decimals: expected only these keys", '"decimals" belongs in rounding.'],
    ),
    ("notation =", "file =", ["file: expected only these keys", 'found "file".']),
    ("[training]", '[training]\ntitle = "a"', ["training.title: ", '"title" belongs at the top of the file']),
    (
        "notation =",
        "name =",
        ["name: expected only these keys", 'found "name"', "A problem is named after its file"],
    ),
    (
        "learning_rate = 0.5",
        "",
        ["training.learning_rate: expected the key learning_rate, which is required"],
    ),
    ("[training]\nlearning_rate = 0.5", "", ["my.toml, training: expected the key training, which is req"]),
    ("[network]", '"a\\nb" = 1\n[network]', [r'"a\nb": expected only these keys in the problem']),
    # numbers
    ("0.15,", '"0.15",', [f'{NUMBER}, found "0.15".', "Write the number without quotation marks."]),
    ("0.15,", '"x",', [f'{NUMBER}, found "x".']),
    ("0.15,", "true,", [f"{NUMBER}, found true."]),
    ("0.15,", "[1],", [f"{NUMBER}, found a list of 1 value."]),
    ("0.15,", "1979-05-27,", [f"{NUMBER}, found the date or time 1979-05-27."]),
    ("0.15,", "nan,", [f"{FINITE}NaN."]),
    ("0.15,", "-inf,", [f"{FINITE}-Infinity."]),
    ("0.15,", "1e999999999,", [f"{TOO_LONG}1E+999999999."]),
    ("0.15,", "1e99999999999999999999,", [f"{TOO_LONG}1e99999999999999999999."]),
    ("0.15,", "1e-61,", [f"{TOO_LONG}1E-61."]),
    ("0.15,", "1e15,", [f"{TOO_LONG}1E+15."]),
    ("0.15,", "0e-999999,", [TOO_LONG]),
    ("0.15,", f"0.{'1' * 41},", [TOO_LONG]),
    ("0.15,", f"0.{'1' * 900},", [TOO_LONG, "…"]),
    ("0.15,", f"{'1' * 5000},", ["line 18: expected a shorter number, found too many digits."]),
    ("0.15,", f"0x{'f' * 5000},", [TOO_LONG, "found a whole number of more than 60 digits."]),
    (
        "0.15,",
        ".15,",
        ["line 18, column 13: expected valid TOML, found", "digits before and after its point"],
    ),
    ("0.5\n", "0\n", ["training.learning_rate: expected a number greater than 0, found 0."]),
    ("0.5\n", "-0.10\n", ["training.learning_rate: expected a number greater than 0, found -0.10."]),
    # sizes and shapes
    ("units = 2", "units = 0", [f"{LAYER}.units: expected a number of 1 or more, found 0."]),
    (
        "units = 2",
        "units = 1000000",
        [f"{LAYER}.units: expected a number of 1000 or less (the limit), found 10"],
    ),
    ("units = 2", "units = 2.0", [f"{LAYER}.units: expected a whole number, found 2.0."]),
    ("units = 2", "units = true", [f"{LAYER}.units: expected a whole number, found true."]),
    ("units = 2", "units = 3", [f"{LAYER}.weights: expected 3 rows, one per unit, found 2 rows."]),
    (
        "inputs = 2",
        "inputs = 3",
        [f"{LAYER}.weights[0]: expected 3 numbers, one per input, found 2 numbers."],
    ),
    ("inputs = 2", "inputs = 0", ["network.inputs: expected a number of 1 or more, found 0."]),
    ("[0.25, 0.30]", "[0.25]", [f"{LAYER}.weights[1]: expected 2 numbers, one per input, found 1 number."]),
    ("[0.25, 0.30]", "[]", [f"{LAYER}.weights[1]: expected a list that is not empty, found an empty list."]),
    (
        "[0.50, 0.55]",
        "[0.5, 0.5, 0.5]",
        ["layers[1].weights[1]: expected 2 numbers, one per unit of the layer bef"],
    ),
    ("[0.25, 0.30]", "0.25", [f"{LAYER}.weights[1]: expected a row of numbers, found 0.25."]),
    (W1, "weights = 3", [f"{LAYER}.weights: expected a list of rows, one per unit, found 3."]),
    (
        "[[network.layers]]",
        "[network.layers]",
        ["line 23, column 17: expected every key once", "two brackets"],
    ),
    (
        "biases = 0.35",
        "biases = [1]",
        [f"{LAYER}.biases: expected 2 numbers, one per unit", "one bias shared by"],
    ),
    ("biases = 0.35", 'biases = ["a", 1]', [f'{LAYER}.biases[0]: expected a number, found "a".']),
    ("biases = 0.35", "biases = true", [f"{LAYER}.biases: expected a number, found true."]),
    (
        "biases = 0.35",
        "",
        [f"{LAYER}.train_biases: expected no train_biases, because the layer has no biases"],
    ),
    ("train_biases = false", "train_biases = 0", [f"{LAYER}.train_biases: expected true or false, found 0."]),
    (
        "[[0.05, 0.10]]",
        "[[0.05]]",
        ["data.inputs[0]: expected 2 numbers, one per input of the network, found 1"],
    ),
    ("[[0.05, 0.10]]", "[]", ["data.inputs: expected a list that is not empty, found an empty list."]),
    (
        "[[0.05, 0.10]]",
        f"[{'[1, 2],' * 1001}]",
        ["data.inputs: expected at most 1000 entries (the limit), found 1"],
    ),
    (
        "[[0.01, 0.99]]",
        "[[0.01]]",
        ["data.targets[0]: expected 2 numbers, one per unit of the last layer, found 1"],
    ),
    (
        "[[0.01, 0.99]]",
        "[[0, 1], [1, 0]]",
        ["data.targets: expected 1 row, one per row of inputs, found 2 rows."],
    ),
    # a layer's weights
    (W1, "", [f"{LAYER}.weights: expected weights, or init with a seed, found neither."]),
    (
        W1,
        'init = "he"',
        [f"{LAYER}.seed: expected a seed, because init draws random weights, found nothing."],
    ),
    (
        W1,
        'init = "hee"\nseed = 1',
        [f'{LAYER}.init: expected he, xavier or uniform, found "hee".', 'mean "he"?'],
    ),
    (W1, 'init = "he"\nseed = -1', [f"{LAYER}.seed: expected a number of 0 or more, found -1."]),
    (W1, f'{W1}\ninit = "he"', [f"{LAYER}.init: expected either weights or init, found both."]),
    (W1, f"{W1}\nseed = 1", [f"{LAYER}.seed: expected no seed, because the weights are given, found 1."]),
    ('"sigmoid"', '"tanh"\nslope = 0.1', [f"{LAYER}.slope: expected no slope, which belongs to leaky_relu"]),
    ('"sigmoid"', '"leaky_relu"\nslope = 1', [f"{LAYER}.slope: expected a number less than 1, found 1."]),
    # data and loss
    (
        "[loss]",
        "standardize = {mean = [1], std = [1, 1]}\n[loss]",
        ["data.standardize.mean: expected 2 numbers"],
    ),
    (
        "[loss]",
        "standardize = {mean = [1, 2], std = [1, 0.0]}\n[loss]",
        ["std[1]: expected a number greater than 0"],
    ),
    (
        "[loss]",
        "standardize = {mean = [1, 2]}\n[loss]",
        ["data.standardize.std: expected the key std, which is req"],
    ),
    (
        "[loss]",
        "standardize = 3\n[loss]",
        ["data.standardize: expected a table with the keys mean, std, found 3."],
    ),
    (
        TARGETS_AND_LOSS,
        BCE,
        ["data.targets[0][1]: expected a target from 0 to 1 for binary_cross_entropy, found 2."],
    ),
    (
        "half_squared_error",
        "categorical_cross_entropy",
        ["network.layers[1].activation: expected softmax in the l"],
    ),
    (
        "[training]",
        "regularization = {l2 = -1}\n[training]",
        ["loss.regularization.l2: expected a number of 0 or mo"],
    ),
    ("[training]", 'reduction = "avg"\n[training]', ["loss.reduction: expected mean or sum, found"]),
    # training and rounding
    (
        "[training]",
        "[training]\nmomentum = 0.9",
        ["training.momentum: expected no momentum with the optimizer gr"],
    ),
    (
        "[training]",
        '[training]\noptimizer = "momentum"',
        ["training.momentum: expected the key momentum, because"],
    ),
    (
        "[training]",
        '[training]\noptimizer = "momentum"\nmomentum = 1',
        ["momentum: expected a number less than 1"],
    ),
    (
        "[training]",
        '[training]\ndecay = {kind = "step", rate = 1}',
        ["decay.kind: expected inverse_time or expone"],
    ),
    (
        "[training]",
        '[training]\ndecay = {kind = "inverse_time", rate = 0}',
        ["decay.rate: expected a number gre"],
    ),
    (
        "[training]",
        "[training]\nsteps = 100001",
        ["training.steps: expected a number of 100000 or less (the limit)"],
    ),
    ("[training]", '[training]\nbatch = "two"', ['training.batch: expected all or one, found "two".']),
    (
        "decimals = 9",
        "decimals = 31",
        ["rounding.decimals: expected a number of 30 or less (the limit), found 31."],
    ),
    ("decimals = 9", "carry = 1", ["rounding.carry: expected true or false, found 1."]),
    (PLACES, OVERRIDE + '"q[2]" = 4', [f'rounding.overrides."q[2]": {ID}, found "q[2]".']),
    (PLACES, OVERRIDE + '"Wnew[1]" = 4', [ID, 'Did you mean "W_new"?']),
    (PLACES, OVERRIDE + '"z[2" = 4', [ID]),
    (PLACES, OVERRIDE + '"z[-1]" = 4', [ID]),
    (PLACES, OVERRIDE + '"loss[1]" = 4', [ID, "An id of loss takes at most this many indices: 0."]),
    (PLACES, OVERRIDE + '"z[1][2][3]" = 4', [ID, "An id of z takes at most this many indices: 2."]),
    (PLACES, OVERRIDE + '"z[3]" = 4', ['rounding.overrides."z[3]": expected a layer from 1 to 2, found 3.']),
    (
        PLACES,
        OVERRIDE + '"z[2]" = 31',
        ['overrides."z[2]": expected a whole number of decimals from 0 to 30, or "exact"'],
    ),
    (PLACES, OVERRIDE + '"z[2]" = true', ['or "exact", found true.']),
    (PLACES, OVERRIDE + "z[2] = 4", ['Put a key with brackets in quotation marks: "z[2]" = 4']),
    # texts
    (
        'title = "',
        'title = "\\u0000',
        ["title: expected one line of text without control or invisible characters", "U+0000", r"\x00"],
    ),
    ('title = "', 'title = "\\u202e', ["title: expected one line of text", "U+202E"]),
    ('title = "', 'title = "a\\n', ["title: expected one line of text", "U+000A"]),
    ('title = "', 'title = "a\\u200bb', ["title: expected one line of text", "U+200B", r"a\u200bb"]),
    ('title = "', 'title = "a\\u200db', ["title: expected one line of text", "U+200D", r"a\u200db"]),
    ('title = "', 'title = "\\u00ad', ["title: expected one line of text", "U+00AD"]),
    ('title = "', 'title = "\\u3164', ["title: expected one line of text", "U+3164"]),
    ('source = "', 'source = "\\U000E0041', ["source: expected one line of text", "U+E0041"]),
    ('title = "', f'title = "{"x" * 200}', ["title: expected at most 200 characters, found"]),
    ('title = "', 'title = "  " #', ['title: expected a text that is not empty, found "  ".']),
    ('title = "', 'title = 3 # "', ["title: expected a text in quotation marks, found 3."]),
    ('source = "', f'source = "{"x" * 1000}', ["source: expected at most 1000 characters, found"]),
    # TOML
    (
        "notation",
        "\r# as on old machines\rnotation",
        ["line 4: expected lines that end in LF or CR LF, found a CR alone.\nSave the file with"],
    ),
    (
        "[network]",
        "[rounding.overrides]\n" + "".join(f"'z[1][{j}]' = 4\n" for j in range(1001)) + "[network]",
        ["rounding.overrides: expected at most 1000 entries (the limit), found 1001."],
    ),
    ("title =", "title", ["line 3, column 7: expected valid TOML, found a syntax error"]),
    (
        "[network]",
        "decimals = [" + "[" * 100_000,
        ["my.toml: expected a problem in TOML, found brackets nested too"],
    ),
    (
        "[network]",
        ".".join("a" * 9999) + " = 1",
        ["line 12: expected a key of a problem, found a key of too many"],
    ),
    ("decimals = 9", "decimals = [1, 2", ["end of the file: expected valid TOML, found a syntax error"]),
    (
        "decimals = 9",
        "decimals = 9\ndecimals = 9",
        ["line 43, column 13: expected every key once, found a second"],
    ),
]


@pytest.mark.parametrize(("old", "new", "fragments"), CHANGED, ids=[f"{row[1][:40]!r}" for row in CHANGED])
def test_a_wrong_key_is_told_with_its_place(old: str, new: str, fragments: list[str]) -> None:
    assert old in MAZUR
    message = message_of(MAZUR.replace(old, new, 1))
    assert not [fragment for fragment in fragments if fragment not in message], message
    assert message.startswith("my.toml") and len(message) < 400 and message.count("\n") <= 1
    assert message.replace("\n", "").isprintable()


def test_cross_entropy_says_why() -> None:
    softmax = MAZUR.replace(TARGETS_AND_LOSS, '[[0.01, 0.98]]\n[loss]\nname = "categorical_cross_entropy"')
    assert "Its outputs must be positive and sum to 1" in message_of(softmax)
    softmax = softmax.replace('"sigmoid"', '"softmax"')
    assert "data.targets[0]: expected targets that sum to 1 for categorical_cross_entropy, found the sum 0.99" in (
        message_of(softmax)
    )
    assert parse_problem(softmax.replace("0.98", "0.99")).loss.name == "categorical_cross_entropy"
    binary = MAZUR.replace("half_squared_error", "binary_cross_entropy")
    assert parse_problem(binary).loss.name == "binary_cross_entropy"
    assert "The logarithms of a and 1 - a exist only" in message_of(binary.replace('"sigmoid"', '"relu"'))
    alone = example_text("rohan-chain").replace("half_squared_error", "binary_cross_entropy")
    assert "A softmax of one unit is always 1" in message_of(alone.replace('"sigmoid"', '"softmax"'))


def test_size_of_the_network_is_limited() -> None:
    wide = '[[network.layers]]\nunits = 200\nactivation = "relu"\ninit = "he"\nseed = 1\n'
    deep = MAZUR.replace("[[network.layers]]", wide * 50 + "[[network.layers]]", 1)
    assert "network.layers: expected at most 50 entries (the limit), found 52." in message_of(deep)


def sized(inputs: int, units: int, activation: str, examples: int = 1, **training: Any) -> dict[str, Any]:
    """A problem of one layer, by what there is to compute."""
    layer = {"units": units, "activation": activation, "init": "xavier", "seed": 1}
    return {
        "title": "Large",
        "network": {"inputs": inputs, "layers": [layer]},
        "data": {"inputs": [[1] * inputs] * examples, "targets": [[1] * units] * examples},
        "loss": {"name": "squared_error"},
        "training": {"learning_rate": 1, **training},
    }


CARRIED = {"rounding": {"decimals": 30, "carry": True}}
WORK = [
    (sized(100, 100, "tanh"), ""),
    (sized(100, 101, "tanh"), "network.layers: expected at most 10000 weights in the network, found 10100 weights."),
    (sized(10, 10, "tanh", 100), ""),
    (sized(10, 10, "tanh", 101), "found 100 weights, 101 examples: 10100."),
    (sized(1, 99, "softmax"), ""),
    (
        sized(1, 100, "softmax", 200),
        "network.layers: expected at most 10000 weights and pairs of softmax units in the network, found 100 weights"
        " and 10000 pairs of softmax units.",
    ),
    (
        sized(1, 50, "softmax", 4),
        "data.inputs: expected at most 10000 weights and pairs of softmax units times examples",
    ),
    (sized(10, 1, "tanh", steps=100_000), ""),
    (
        sized(11, 1, "tanh", steps=100_000),
        "training.steps: expected at most 4000000 numbers to compute in all steps, found 11 weights, 1 unit, 1 example,"
        " 100000 steps: 4100000",
    ),
    (sized(10, 1, "tanh", 1000, steps=106), "found 10 weights, 1 unit, 1000 examples, 106 steps: 4028000."),
    (sized(10, 1, "tanh", 1000, steps=10_000, batch="one"), ""),
    (sized(1, 10, "softmax", steps=19_000), ""),
    (
        sized(1, 10, "softmax", steps=20_000),
        "found 10 weights and 100 pairs of softmax units, 10 units, 1 example, 20000 steps: 4200000.",
    ),
    (sized(2, 12, "softmax", steps=3000) | CARRIED, ""),
    (sized(2, 12, "softmax", steps=5000) | CARRIED, "12 units, 1 example, 5000 steps, carried rounded: 6240000."),
]


@pytest.mark.parametrize(("table", "message"), WORK, ids=[f"{k}" for k in range(len(WORK))])
def test_what_is_computed_is_limited(table: dict[str, Any], message: str) -> None:
    """Weights, pairs of softmax units, examples and steps are counted together, as they are multiplied."""
    if not message:
        assert problem_from_dict(table).work <= MAX_PRODUCTS
        return
    with pytest.raises(InputError) as caught:
        problem_from_dict(table)
    assert message in str(caught.value)


JSON_MISTAKES = [
    ('{"title": 1, "title": 2}', "my.json, title: expected every key once, found this key twice."),
    (
        '{"network": {"layers": [{"units": 1, "units": 2}]}}',
        "my.json, network.layers[0].units: expected every",
    ),
    ('{"title": NaN}', "my.json, title: expected a text in quotation marks, found NaN."),
    ('{"title": "\\ud800"}', "my.json, title: expected a text without lone surrogates"),
    ('{"title": ', "my.json, line 1, column 11: expected valid JSON, found a syntax error"),
    (
        "[1]",
        "my.json: expected a table with the keys of a problem (title, network, ...), found a list",
    ),
    ("null", "my.json: expected a table with the keys of a problem (title, network, ...), found nothing."),
    ("[" * 100_000, "my.json: expected a problem in JSON, found brackets nested too deeply."),
    ('{"a":' * 100_000, "my.json: expected a problem in JSON, found brackets nested too deeply."),
    (" " * 1_000_001, "my.json: expected a problem file of at most 1 MB, found a larger one."),
]


@pytest.mark.parametrize(("text", "message"), JSON_MISTAKES, ids=[row[0][:40] for row in JSON_MISTAKES])
def test_a_wrong_json_file_is_told(text: str, message: str) -> None:
    assert message in message_of(text, "json", "my.json")


def example_json(name: str) -> str:
    """A built-in example as JSON, its numbers with the digits that they have."""
    table = tomllib.loads(example_text(name), parse_float=Decimal)
    return re.sub(r'"<([-0-9.]+)>"', r"\1", json.dumps(table, default=lambda number: f"<{number}>"))


def test_json_says_the_same_as_toml() -> None:
    for name in EXAMPLES:
        again = parse_problem("\ufeff" + example_json(name), "json", f"{name}.json")
        assert repr(again) == repr(read_problem(name))


def test_a_file_may_name_its_schema() -> None:
    """The key by which an editor finds the schema is no key of the problem."""
    text = '{"$schema": "problem.schema.json", ' + example_json("hmkcode")[1:]
    assert parse_problem(text, "json") == parse_problem(example_json("hmkcode"), "json")
    assert '"$schema": expected only these keys' in message_of('{"$schema": 3}', "json")


@pytest.mark.parametrize("title", ["می\u200cشود", "👩\u200d👩", "é", "٣\u0600"])
def test_titles_in_other_scripts(title: str) -> None:
    """What joins letters or signs, and signs around numbers, belong to the text."""
    assert parse_problem(re.sub('title = ".*"', f'title = "{title}"', MAZUR)).title == title


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("latin.toml").write_bytes(b'# a\ntitle = "caf\xe9"\n')
    Path("wide.toml").write_text("title = 1", encoding="utf-16")
    Path("big.toml").write_bytes(b"#" * 1_000_001)
    Path("notes.txt").write_text("x")
    Path("folder.toml").mkdir()
    Path("folder").mkdir()
    for name, message in {
        "latin.toml": "latin.toml, line 2: expected a text in UTF-8, found the byte 0xe9, which is not.",
        "wide.toml": "wide.toml, line 1: expected a text in UTF-8, found the byte 0xff, which is not.",
        "big.toml": "big.toml: expected a problem file of at most 1 MB, found a larger one.",
        "notes.txt": 'notes.txt: expected a file whose name ends in .toml or .json, found "notes.txt".',
        "folder.toml": "folder.toml: expected a problem file, found a folder.",
        "folder": "folder: expected a .toml or .json file, found a folder.",
        "none.toml": "none.toml: expected a problem file, found no file of this name.",
        "mazzur.toml": 'no file of this name.\nDid you mean "mazur"?',
        "mazzur": 'found "mazzur".\nDid you mean "mazur"?',
        "": "found an empty text.",
        "\n": r'found "\n".',
        "a\0.toml": "found that it cannot be read",
        "x" * 5000 + ".toml": "found that it cannot be read",
    }.items():
        with pytest.raises(InputError) as caught:
            read_problem(name)
        assert message in str(caught.value)


def test_a_file_is_read_and_gives_its_name(tmp_path: Path) -> None:
    path = tmp_path / "my net.TOML"
    path.write_bytes(b"\xef\xbb\xbf" + MAZUR.replace("\n", "\r\n").encode())
    problem = read_problem(path)
    assert problem.name == "my net" and problem.network == read_problem("mazur").network


def test_digits_stay_as_written() -> None:
    network = read_problem("mazur").network
    assert [str(weight) for weight in network.layers[0].weights[0]] == ["0.15", "0.20"]  # type: ignore[index]
    assert [str(value) for value in read_problem("mazur").data.inputs[0]] == ["0.05", "0.10"]
    for written, kept in {
        "0.10": "0.10",
        "-0.0": "0.0",
        "1_0.50": "10.50",
        "7": "7",
        "-3.00": "-3.00",
    }.items():
        problem = parse_problem(MAZUR.replace("0.15,", f"{written},", 1))
        assert str(problem.network.layers[0].weights[0][0]) == kept  # type: ignore[index]


def test_defaults_and_small_problems() -> None:
    layer = {"units": 1, "activation": "leaky_relu", "weights": [[Decimal(1)]], "biases": 0}
    table: dict[str, Any] = {
        "title": "$x_1$ <script> \\input{a} é",
        "network": {"inputs": 1, "layers": [layer]},
        "data": {"inputs": [[1]], "targets": [[2]]},
        "loss": {"name": "squared_error"},
        "training": {"learning_rate": 1},
    }
    problem = problem_from_dict(table, "tiny")
    assert (problem.name, problem.title) == ("tiny", table["title"])
    assert (problem.notation, problem.form, problem.source) == ("standard", None, None)
    assert problem.network.layers[0].parameters == {"slope": Decimal("0.01")} and problem.network.weight_count == 1
    assert problem.network.layers[0].biases == Decimal(0) and problem.network.layers[0].train_biases
    assert problem.loss.reduction == "mean" and problem.loss.regularization == spec.Regularization()
    assert (problem.training.optimizer, problem.training.steps, problem.training.batch) == (
        "gradient_descent",
        1,
        "all",
    )
    assert problem.rounding == spec.Rounding(decimals=4, carry=False, ties="half_up", overrides={})
    with pytest.raises(ValidationError):
        problem.title = "other"
    layer["weights"] = [[0.1]]
    with pytest.raises(InputError, match=r"found the binary number 0\.1") as caught:
        problem_from_dict(table)
    assert caught.value.hint == 'write Decimal("0.1"), which is exact.'
    with pytest.raises(InputError, match="name: expected a name without"):
        problem_from_dict(table, "../up")
    with pytest.raises(InputError, match="expected a table"):
        problem_from_dict([])  # type: ignore[arg-type]


OVERRIDES = [
    "z",
    "z[2]",
    "dL/dz[1]",
    "dL/dW[1][0][1]",
    "W_new",
    "loss",
    "loss_new",
    "dL/da[0]",
]


@pytest.mark.parametrize("key", OVERRIDES)
@pytest.mark.parametrize("places", ["0", "30", '"exact"'])
def test_overrides_take_ids(key: str, places: str) -> None:
    problem = parse_problem(MAZUR.replace("decimals = 9", f'[rounding.overrides]\n"{key}" = {places}'))
    assert problem.rounding.overrides == {key: "exact" if "exact" in places else int(places)}


def test_the_ids_of_overrides_are_ids_of_quantities() -> None:
    kinds = {kind.removesuffix("_new") for kind in MOST_INDICES}
    assert kinds <= set(KINDS) and {"a", "z", "W", "b", "loss", "dL/dW"} <= kinds
    assert {kind[:-4] for kind in MOST_INDICES if kind.endswith("_new")} == WITH_NEW_SPELLING
    for kind, most in MOST_INDICES.items():
        quantity = parse_id(kind + "[1]" * most)
        assert quantity is not None
        assert (quantity.layer is not None) == (most > 1 or kind == "expsum")


# -- examples, template, schema

FACTS = {  # sizes, notation, form, decimals, learning rate: as in the posts
    "caispp": ((2, 3, 1), "caispp", "matrix", 3, "0.1"),
    "hmkcode": ((2, 2, 1), "hmkcode", "chain", 4, "0.05"),
    "mazur": ((2, 2, 2), "mazur", "chain", 9, "0.5"),
    "netflow": ((2, 2, 1), "hmkcode", None, 2, "0.05"),
    "rohan": ((3, 3, 3, 1), "rohan", "index", 6, "0.1"),
    "rohan-chain": ((1, 1, 1, 1), "rohan", "chain", 6, "0.1"),
    "rohan-relu": ((2, 3, 1), "rohan", None, 4, "0.05"),
}


def test_every_example_is_there() -> None:
    assert example_names("networks") == EXAMPLES == tuple(FACTS)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_says_what_its_post_says(name: str) -> None:
    problem = read_problem(name)
    facts = (problem.network.sizes, problem.notation, problem.form, problem.rounding.decimals)
    assert (*facts, str(problem.training.learning_rate)) == FACTS[name]
    assert problem.name == name and problem.source
    assert ("chosen here" in (problem.note or "")) == name.startswith("rohan")


def test_a_new_problem_is_a_problem() -> None:
    for name in ("plain", 'a "quoted" \\ $x_1$ <b>', "é", "# no comment"):
        text = new_problem_text(name)
        assert parse_problem(text).title == name
    for name in ("", "a\nb", "a\x7f", "x" * 201):
        with pytest.raises(InputError):
            new_problem_text(name)


def test_the_template_tells_every_key() -> None:
    text = new_problem_text("x")
    keys = {key for table in TABLES for key in keys_of(table)}
    assert len(keys) > 30
    assert not {key for key in keys if key not in text}


def test_the_commented_keys_of_the_template_are_right() -> None:
    text = new_problem_text("x")
    options = re.findall(r"^# (\w+ = [^#\n]+)", text, re.MULTILINE)
    assert len(options) == 52
    for option in options:
        changed = text.replace(f"# {option}", option)
        match option.partition(" = ")[0]:
            case "slope":
                changed = changed.replace('"sigmoid"', '"leaky_relu"', 1)
            case "init" | "seed":
                changed = changed.replace("# init", "init").replace("# seed", "seed")
                changed = changed.replace("weights = [[0.1, 0.2],", "#").replace("           [0.3, 0.4]]", "#")
            case "momentum" | "optimizer":
                changed = changed.replace("# optimizer", "optimizer").replace("# momentum", "momentum")
        assert changed != text and parse_problem(changed).title == "x", option


def test_the_schema_tells_every_key() -> None:
    schema = problem_schema()
    models = {model for _, model in inspect.getmembers(spec, inspect.isclass) if issubclass(model, BaseModel)}
    named = {model for model in models if not model.__name__.startswith("_")} - {BaseModel}
    assert named == set(TABLES.values())
    for table, model in TABLES.items():
        node = schema["$defs"][model.__name__] if table else schema
        assert set(node["properties"]) - {"$schema"} == set(keys_of(table))
        assert node["additionalProperties"] is False and node["description"]
        assert all(entry["description"] for entry in node["properties"].values())


# -- errors


def test_error_helpers() -> None:
    assert nearest("MAZUR", EXAMPLES) == "mazur" and nearest("quaternion", EXAMPLES) is None
    assert shown("a" * 100) == f'"{"a" * 57}…aa"' and shown("\x1b[31m") == r'"\x1b[31m"'
    assert shown({"a": 1, "b\n": 2}) == r"a table with the keys a, b\n"
    assert shorten("\ud800") == r"\ud800"
    error = InputError("a", "b", "c", "d", "e")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) == "c, d: expected a, found b.\nE"


def test_reading_does_not_load_the_algebra() -> None:
    code = "import derive.reading, sys; sys.exit(bool({'sympy', 'flint'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent)


def test_errors_import_only_the_standard_library() -> None:
    from derive import errors

    tree = ast.parse(inspect.getsource(errors))
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert imported and all(name.split(".")[0] in sys.stdlib_module_names for name in imported)


# -- anything at all

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(),
    st.floats(),
    st.text(),
    st.sampled_from(["relu", "he", "exact", "momentum", "softmax", "binary_cross_entropy", Decimal("1e-99")]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = sorted({key for table in TABLES for key in keys_of(table)})


def parse_or_refuse(parse: Any, *arguments: Any) -> None:
    """Only `InputError` may come out, with a short message that can be printed."""
    try:
        parse(*arguments)
    except InputError as error:
        message = str(error)
        assert len(message) < 1500
        message.encode("utf-8")
        assert "\x1b" not in message and "\x00" not in message


@settings(max_examples=300)
@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "replace")), st.sampled_from(["toml", "json"]))
def test_any_text_is_parsed_or_refused(text: str, format: str) -> None:
    parse_or_refuse(parse_problem, text, format, "any.toml")


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_file_is_parsed_or_refused(data: st.DataObject) -> None:
    text = example_text(data.draw(st.sampled_from(EXAMPLES)))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    parse_or_refuse(parse_problem, text[:start] + data.draw(st.text(max_size=8)) + text[end:], "toml", "any.toml")


@settings(max_examples=500)
@given(st.data())
def test_a_damaged_table_is_parsed_or_refused(data: st.DataObject) -> None:
    table = tomllib.loads(example_text(data.draw(st.sampled_from(EXAMPLES))), parse_float=Decimal)
    table = copy.deepcopy(table)
    for _ in range(data.draw(st.integers(1, 3))):
        node: Any = table
        while isinstance(node, dict | list) and node:
            places = sorted(node) if isinstance(node, dict) else range(len(node))
            place = data.draw(st.sampled_from(places))
            if not isinstance(node[place], dict | list) or data.draw(st.integers(0, 3)) == 0:
                break
            node = node[place]
        else:
            break
        match data.draw(st.sampled_from(["change", "remove", "add"])):
            case "change":
                node[place] = data.draw(VALUES)
            case "remove":
                del node[place]
            case _ if isinstance(node, dict):
                node[data.draw(st.sampled_from(KEYS) | st.text())] = data.draw(VALUES)
            case _:
                node.append(data.draw(VALUES))
    parse_or_refuse(problem_from_dict, table)


@pytest.mark.parametrize("key", ["per unit", "shared", "[key]"])
def test_a_key_that_is_spelt_as_a_tag_is_a_key(key: str) -> None:
    """Words by which pydantic tells the forms of a value apart may be unknown keys."""
    table = tomllib.loads(example_text("caispp"))
    table["data"][key] = 1
    with pytest.raises(InputError, match=re.escape(f'found "{key}"')):
        problem_from_dict(table)
