"""Models in .keras archives: what they compute is what Keras has computed, and nothing in them is run or believed."""

import io
import json
import random
import re
import tomllib
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tools import need

import derive
from derive.cli import main
from derive.errors import InputError
from derive.imported.model_files import Asked, problem_text

FOLDER = Path(__file__).parent / "data" / "keras"
SAID: dict[str, Any] = json.loads((FOLDER / "outputs.json").read_text("utf-8"))
CLOSE = 1e-5
"""Relative; Keras computes in single precision."""


def flat(values: Any) -> list[float]:
    return [one for row in values for one in flat(row)] if isinstance(values, list) else [values]


@pytest.mark.parametrize("name", SAID)
def test_models_compute_what_keras_computes(name: str) -> None:
    """The mean of the squared outputs, beside the outputs that Keras has given for the same archive."""
    x, theirs = SAID[name]["x"], SAID[name]["y"]
    zeros = json.loads(json.dumps(theirs), parse_float=lambda text: 0)
    text = problem_text(FOLDER / f"{name}.keras", "A model", Asked(x, zeros, "mean_squared_error"))
    table = tomllib.loads(text, parse_float=Decimal)
    ours = json.loads(derive.solve(table).values_json())
    outputs = flat(theirs)
    expected = sum(one * one for one in outputs) / len(outputs)
    found = float(ours["L" if "model" in table else "loss"])
    assert abs(found - expected) <= CLOSE * max(1, abs(expected)), text


def test_dense_layers_are_a_network(tmp_path: Path) -> None:
    """With the loss and the learning rate that it was compiled with."""
    out = tmp_path / "mine.toml"
    result = CliRunner().invoke(main, ["new", str(out), "--from", str(FOLDER / "dense.keras"), "--y", "[[1, 0]]"])
    assert result.exit_code == 0, result.output
    table = tomllib.loads(out.read_text("utf-8"), parse_float=Decimal)
    layers = table["network"]["layers"]
    assert [layer["activation"] for layer in layers] == ["relu", "tanh", "softmax"]
    assert "biases" not in layers[1] and len(layers[0]["weights"]) == 4
    assert table["loss"] == {"name": "mean_squared_error"}
    assert table["training"] == {"learning_rate": Decimal("0.05")}
    other = problem_text(FOLDER / "dense.keras", "x", Asked(loss="squared_error", learning_rate="2"))
    assert 'name = "squared_error"' in other and "learning_rate = 2" in other


MSE, SPARSE, BINARY = "mean_squared_error", "negative_log_likelihood", "binary_cross_entropy"
SUMS = {"from_logits": True, "reduction": "sum_over_batch_size"}
COMPILED: dict[str, tuple[Any, Any, tuple[str, str, str], str]] = {
    "shares of sums": (("SparseCategoricalCrossentropy", SUMS), ("Adam", {}), ("softmax", SPARSE, "0.1"), "has Adam$"),
    "a sigmoid": (("BinaryCrossentropy", SUMS), ("SGD", {"learning_rate": 0.5}), ("sigmoid", BINARY, "0.5"), "^$"),
    "pushed": (MSE, ("SGD", {"learning_rate": 0.5, "momentum": 0.9}), ("linear", MSE, "0.1"), "SGD with options"),
    "clipped": (MSE, ("SGD", {"learning_rate": 0.5, "clipnorm": 1.0}), ("linear", MSE, "0.1"), "SGD with options"),
    "unknown": (("Huber", {}), ("SGD", {"learning_rate": 0.5}), ("linear", MSE, "0.5"), "the model's own, Huber:"),
    "a sum": (
        ("MeanSquaredError", {"reduction": "sum"}),
        ("SGD", {"learning_rate": 0.5}),
        ("linear", MSE, "0.5"),
        "the model's own, MeanSquaredError with options of its own:",
    ),
    "smoothed": (
        ("CategoricalCrossentropy", {"label_smoothing": 0.1}),
        ("SGD", {"learning_rate": 0.5}),
        ("linear", MSE, "0.5"),
        "CategoricalCrossentropy with options of its own:",
    ),
}


def compiled(loss: Any, optimiser: Any, activation: str = "linear") -> Callable[[Any], None]:
    def named(one: Any) -> Any:
        return {"class_name": one[0], "config": one[1]} if isinstance(one, tuple) else one

    def change(table: Any) -> None:
        table["compile_config"] = {"loss": named(loss), "optimizer": named(optimiser)}
        table["config"]["layers"][-1]["config"]["activation"] = activation

    return change


@pytest.mark.parametrize("name", COMPILED)
def test_a_loss_of_sums_and_others_are_told(name: str, tmp_path: Path) -> None:
    """Scores get the activation that the loss has inside; what is not known here is said, never taken for absent."""
    loss, optimiser, (activation, own, rate), remark = COMPILED[name]
    found = parts()
    config(compiled(loss, optimiser))(found)
    path = tmp_path / "model.keras"
    path.write_bytes(zipped(found))
    text = problem_text(path, "x")
    table = tomllib.loads(text, parse_float=str)
    assert (table["network"]["layers"][-1]["activation"], table["loss"]["name"]) == (activation, own)
    assert table["training"]["learning_rate"] == rate
    remarks = [line for line in text.splitlines() if line.startswith("#") and "put yours" not in line]
    assert re.search(remark, " ".join(remarks)), remarks
    assert 'activation = "linear"' in problem_text(path, "x", Asked(loss="squared_error"))


@pytest.mark.parametrize("name", ["dense", "picture"])
def test_a_penalty_is_told(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(FOLDER / f"{name}.keras") as archive:
        found = {one: archive.read(one) for one in archive.namelist()}
    path = tmp_path / "model.keras"
    for penalty in (None, {"class_name": "L2", "config": {"l2": 0.01}}):
        layer(-1, kernel_regularizer=penalty)(found)
        path.write_bytes(zipped(found))
        assert ("without the penalty of the model's regularizers" in problem_text(path, "x")) == bool(penalty)


def test_scores_of_a_picture_become_shares(tmp_path: Path) -> None:
    with zipfile.ZipFile(FOLDER / "picture.keras") as archive:
        found = {one: archive.read(one) for one in archive.namelist()}
    config(compiled(("SparseCategoricalCrossentropy", SUMS), None))(found)
    path = tmp_path / "model.keras"
    path.write_bytes(zipped(found))
    text = problem_text(path, "x")
    assert "softmax(" in text and "use categorical_cross_entropy(" in text, text
    derive.solve(tomllib.loads(text, parse_float=Decimal))


def test_frozen_layers_are_constants() -> None:
    table = tomllib.loads(problem_text(FOLDER / "frozen.keras", "x"))
    assert (list(table["parameters"]), list(table["constants"])) == (["W_free", "b_free"], ["W_kept", "b_kept"])


# -- hostile archives

Parts = dict[str, bytes]


def parts() -> Parts:
    with zipfile.ZipFile(FOLDER / "dense.keras") as archive:
        return {one: archive.read(one) for one in archive.namelist()}


def zipped(found: Parts) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in found.items():
            archive.writestr(name, content)
    return file.getvalue()


def config(change: Callable[[Any], None]) -> Callable[[Parts], None]:
    """A change of the description."""

    def made(found: Parts) -> None:
        table = json.loads(found["config.json"])
        change(table)
        found["config.json"] = json.dumps(table).encode()

    return made


def layer(place: int, **options: Any) -> Callable[[Parts], None]:
    """Other options of a layer, or of what describes it."""

    def change(table: Any) -> None:
        found = table["config"]["layers"][place]
        for key, value in options.items():
            (found if key in ("class_name", "module", "registered_name") else found["config"])[key] = value

    return config(change)


def weights(change: Callable[[Any], None]) -> Callable[[Parts], None]:
    """A change of the file of weights."""

    def made(found: Parts) -> None:
        need("h5py")
        import h5py

        file = io.BytesIO(found["model.weights.h5"])
        with h5py.File(file, "r+") as root:
            change(root)
        found["model.weights.h5"] = file.getvalue()

    return made


def put(name: str, value: Any, **options: Any) -> Callable[[Any], None]:
    def change(root: Any) -> None:
        del root[name]
        root.create_dataset(name, data=value, **options)

    return change


def linked(root: Any) -> None:
    import h5py

    del root["layers/dense/vars/0"]
    root["layers/dense/vars/0"] = h5py.ExternalLink("/etc/passwd", "x")


def outside(root: Any) -> None:
    del root["layers/dense/vars/0"]
    root.create_dataset("layers/dense/vars/0", (3, 4), "float32", external="/etc/passwd")


LAMBDA = {"class_name": "__lambda__", "config": {"value": ["4wEA", None, None]}}
FIRST = "layers/dense/vars/0"
HOSTILE: dict[str, tuple[Callable[[Parts], None], str]] = {
    "lambda": (layer(1, activation=LAMBDA), "a lambda, which is code"),
    "lambda layer": (layer(1, class_name="Lambda"), "a lambda, which is code"),
    "own layer": (layer(1, class_name="Mine", module="builtins", registered_name="m>Mine"), "Mine.*is code"),
    "module": (layer(1, module="os"), "layers of Keras itself"),
    "unknown": (layer(1, class_name="Dens"), 'found "Dens".*mean "Dense"'),
    "far": (layer(1, class_name="Bidirectional"), "Known are .*onnx"),
    "name": (layer(1, class_name="\x1b[31mEvil"), r"\\x1b\[31mEvil"),
    "kind": (config(lambda table: table.update(class_name="Mine")), "Sequential or Functional"),
    "no layers": (config(lambda table: table["config"].update(layers=[])), "1 to 500 layers"),
    "layers": (config(lambda table: table["config"].update(layers=[7])), "1 to 500 layers"),
    "shape": (layer(0, batch_shape=[None, -3]), "1 to 10000 places"),
    "wide": (layer(0, batch_shape=[None, 10**12]), "1 to 10000 places"),
    "no shape": (layer(0, batch_shape=None), "an input of a known shape"),
    "activation": (layer(1, activation="tahn"), 'mean "tanh"'),
    "own activation": (
        layer(1, activation={"class_name": "function", "config": "f", "registered_name": "m>f"}),
        "an activation that is known here",
    ),
    "bias": (layer(1, use_bias="no"), "use_bias"),
    "fewer": (layer(1, use_bias=False), "1 arrays of weights, found 2"),
    "more": (layer(3, use_bias=True), "an array of weights more"),
    "columns": (layer(0, batch_shape=[None, 5]), "3 inputs, as the first weights have columns, found 5"),
    "units of weights": (layer(1, units=7), "weights of 7 units, found 4"),
    "two uses": (
        config(lambda table: table.update(class_name="Functional")),
        "layers that are used once",
    ),
    "keras 2": (
        lambda found: found.update({"metadata.json": b'{"keras_version": "2.15.0"}'}),
        r"Keras 3, found one of .2\.15\.0.*save it anew",
    ),
    "no about": (lambda found: found.pop("metadata.json") and None, "no metadata.json"),
    "no weights": (lambda found: found.pop("model.weights.h5") and None, "no model.weights.h5"),
    "no json": (lambda found: found.update({"config.json": b"{"}), "a table in JSON"),
    "deep": (lambda found: found.update({"config.json": b"[" * 100_000}), "a table in JSON"),
    "list": (lambda found: found.update({"config.json": b"[]"}), "a table in JSON"),
    "outside": (lambda found: found.update({"../../evil.py": b""}), "parts inside of the archive"),
    "absolute": (lambda found: found.update({"/etc/passwd": b""}), "parts inside of the archive"),
    "bomb": (lambda found: found.update({"config.json": b" " * 60_000_000}), "at most 5 MB"),
    "other weights": (lambda found: found.update({"model.weights.h5": b"x" * 999}), "HDF5 of the first kind"),
    "cut": (
        lambda found: found.update({"model.weights.h5": found["model.weights.h5"][:3000]}),
        "HDF5",
    ),
    "link": (weights(linked), "without links elsewhere"),
    "external": (weights(outside), "written out in the file"),
    "packed": (weights(put(FIRST, [[0.0] * 4] * 3, chunks=(1, 4), compression="gzip")), "written out in the file"),
    "whole": (weights(put(FIRST, [[1, 2, 3, 4]] * 3)), "numbers in float16"),
    "words": (weights(put(FIRST, "words")), "numbers in float16"),
    "large": (weights(put(FIRST, [0.0] * 200_000)), "at most 100,000"),
    "nan": (weights(put(FIRST, [[float("nan")] * 4] * 3)), "finite numbers"),
    "rank": (weights(put(FIRST, [1.0, 2.0])), "weights of 2 indices, found 1"),
    "units": (weights(put("layers/dense/vars/1", [1.0, 2.0])), "4 biases|4 numbers|biases"),
    "group": (weights(lambda root: root.__delitem__("layers/dense")), "an array of weights more"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives_are_refused(name: str, tmp_path: Path) -> None:
    """One clear message that names the file, exit code 2, nothing written."""
    change, message = HOSTILE[name]
    found = parts()
    change(found)
    path = tmp_path / "model.keras"
    path.write_bytes(zipped(found))
    result = CliRunner().invoke(main, ["new", str(tmp_path / "mine"), "--from", str(path)])
    said = " ".join(result.output.split())
    assert result.exit_code == 2, (said, result.exception)
    assert re.search(message, said), said
    assert "model.keras" in said and "\x1b" not in said and len(said) < 2500
    assert [one.name for one in tmp_path.iterdir()] == ["model.keras"]


# -- models within models, and attention


def called(name: str, **words: Any) -> Callable[[Any], None]:
    """A layer that is called with further arguments."""

    def change(table: Any) -> None:
        layers = {one["config"]["name"]: one for one in table["config"]["layers"]}
        layers[name]["inbound_nodes"][0]["kwargs"].update(words)

    return change


def within(depth: int) -> Callable[[Any], None]:
    def change(table: Any) -> None:
        inner = table["config"]["layers"]
        for _ in range(depth):
            inner[1:] = [{"class_name": "Sequential", "config": {"name": "in", "layers": inner[1:]}}]

    return change


def option(name: str, value: Any) -> Callable[[Any], None]:
    def change(table: Any) -> None:
        for one in table["config"]["layers"]:
            if name in one["config"]:
                one["config"][name] = value

    return change


REFUSED: dict[str, tuple[str, Callable[[Any], None], str]] = {
    "scores": ("heads", called("cross", return_attention_scores=True), "without further arguments.*onnx"),
    "a mask": ("heads", called("cross", attention_mask=[1]), "without further arguments.*onnx"),
    "training": ("heads", called("cross", training=True), "without further arguments.*onnx"),
    "no result": ("heads", called("cross", key=7), "results of layers before it"),
    "axes": ("heads", option("attention_axes", [2]), "attention along the sequence"),
    "gate": ("heads", option("use_gate", True), "use_gate = False.*onnx"),
    "window": ("heads", option("sliding_window", 2), "sliding_window = None.*onnx"),
    "output": ("heads", option("output_shape", [2, 2]), "an output of one row"),
    "widths": ("heads", option("num_heads", 3), "weights of 3 heads of 2, found 2 x 2"),
    "scale": ("heard", option("use_scale", True), "use_scale = False.*onnx"),
    "sums": ("heard", option("score_mode", "concat"), "score_mode = dot.*onnx"),
    "twice": ("graphs", lambda table: table["config"]["layers"][1]["inbound_nodes"].append({}), "used once"),
    "two results": (
        "graphs",
        lambda table: table["config"]["layers"][3]["config"].update(output_layers=[["left", 0, 0]] * 2),
        "a model of one output, found 2",
    ),
    "fewer": (
        "graphs",
        lambda table: table["config"]["layers"][3]["config"].update(input_layers=[]),
        "a model that takes 0 arrays, found 2",
    ),
    "no layers": ("nested", lambda table: table["config"]["layers"][2]["config"].update(layers=[]), "1 to 500 layers"),
    "many": ("nested", lambda table: table["config"]["layers"].extend([{}] * 500), "1 to 500 layers"),
    "deep": ("nested", within(11), "within models at most 10 times"),
    "other weights": ("nested", within(9), "an array of weights more, found none"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_models_of_other_meanings_are_refused(name: str, tmp_path: Path) -> None:
    model, change, message = REFUSED[name]
    with zipfile.ZipFile(FOLDER / f"{model}.keras") as archive:
        found = {one: archive.read(one) for one in archive.namelist()}
    config(change)(found)
    path = tmp_path / "model.keras"
    path.write_bytes(zipped(found))
    with pytest.raises(InputError) as caught:
        problem_text(path, "x")
    assert re.search(message, " ".join(str(caught.value).split())), str(caught.value)


def test_a_chain_of_chains_is_a_network() -> None:
    layers = tomllib.loads(problem_text(FOLDER / "nested.keras", "x"))["network"]["layers"]
    assert [layer["activation"] for layer in layers] == ["relu", "tanh", "linear", "softmax"]


def test_attention_has_the_letters_of_the_library() -> None:
    text = problem_text(FOLDER / "heads.keras", "x")
    for line in ("Q_heads[s,j] = sum(WQ_heads[j,i]*x[s,i]", "WO_cross = [[", "/sqrt(2)", "if p <= s"):
        assert line in text, text


def test_a_locked_or_doubled_part_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    good = zipped(parts())
    locked = good.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")
    with pytest.warns(UserWarning, match="Duplicate"):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("config.json", "{}")
            archive.writestr("config.json", "{}")
    for content, message in (
        (locked, "locked"),
        (file.getvalue(), "twice"),
        (b"", "a zip file"),
        (good[:200], "zip file"),
    ):
        path.write_bytes(content)
        with pytest.raises(InputError, match=message):
            problem_text(path, "x")


def test_damaged_archives_are_refused(tmp_path: Path) -> None:
    """Bytes of a part changed, cut off or doubled: a message or a problem, never another error."""
    path, draw, seen = tmp_path / "model.keras", random.Random(12), set()
    for number in range(120):
        found = parts()
        name = ("config.json", "model.weights.h5", "metadata.json")[number % 3]
        content = bytearray(found[name])
        for _ in range(draw.randint(1, 4)):
            content[draw.randrange(len(content))] = draw.randrange(256)
        found[name] = bytes(content[: draw.choice([len(content), len(content), draw.randrange(len(content))])])
        path.write_bytes(zipped(found))
        try:
            problem_text(path, "A model")
            seen.add("read")
        except InputError as error:
            seen.add("refused")
            assert len(str(error)) < 2500
    assert seen == {"read", "refused"}
