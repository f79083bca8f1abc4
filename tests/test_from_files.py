"""Problems from model files: ONNX against onnxruntime, weights alone, hostile files; and the TOML that is written."""

import json
import random
import re
import struct
import tomllib
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
from derive.imported.onnx_operators import OPERATORS
from derive.reading import example_names, read_source

CLOSE = 1e-5
"""Relative; onnxruntime computes in single precision."""


def model(nodes: list[Any], arrays: dict[str, Any], shape: tuple[int, ...], whole: bool = False) -> Any:
    """A model of some operators from x to y."""
    import numpy
    from onnx import TensorProto, helper, numpy_helper

    x = helper.make_tensor_value_info("x", TensorProto.INT64 if whole else TensorProto.FLOAT, shape)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    given = [numpy_helper.from_array(numpy.asarray(value), name) for name, value in arrays.items()]
    graph = helper.make_graph(nodes, "g", [x], [y], given)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def drawn(*shape: int) -> Any:
    import numpy

    draw = random.Random(str(shape))
    count = 1
    for size in shape:
        count *= size
    return numpy.array([draw.randint(-12, 12) / 8 for _ in range(count)], dtype="float32").reshape(shape)


def whole(*values: int) -> Any:
    import numpy

    return numpy.array(values, dtype="int64")


# operator: (what its inputs are beside x, their order, its options, the shape of x)
UNARY = (
    "Relu Sigmoid Tanh Softplus Softsign Mish LeakyRelu Elu Selu Gelu HardSigmoid Exp Abs Neg Sin Cos Erf Sign "
    "Reciprocal Identity Dropout Softmax LogSoftmax GlobalAveragePool GlobalMaxPool Transpose Cast"
)
CASES: list[tuple[str, dict[str, Callable[[], Any]], list[str], dict[str, Any], tuple[int, ...]]] = [
    *[
        (name, {}, ["x"], {"to": 1} if name == "Cast" else {}, (1, 2, 3, 3) if "Global" in name else (2, 3))
        for name in UNARY.split()
    ],
    *[(name, {}, ["x"], {}, (2, 3)) for name in ("Log", "Sqrt")],
    ("LeakyRelu", {}, ["x"], {"alpha": 0.25}, (2, 3)),
    ("Elu", {}, ["x"], {"alpha": 0.5}, (2, 3)),
    ("Gelu", {}, ["x"], {"approximate": "tanh"}, (2, 3)),
    ("Clip", {"a": lambda: drawn(1)[0], "b": lambda: drawn(1)[0] + 1}, ["x", "a", "b"], {}, (2, 3)),
    *[
        (name, {"w": lambda: drawn(3) + 2}, ["x", "w"], {}, (2, 3))
        for name in ("Add", "Sub", "Mul", "Div", "Max", "Min")
    ],
    ("Pow", {"w": lambda: drawn(1)[0] * 0 + 3}, ["x", "w"], {}, (2, 3)),
    ("MatMul", {"w": lambda: drawn(3, 2)}, ["x", "w"], {}, (2, 3)),
    ("Gemm", {"w": lambda: drawn(4, 3), "b": lambda: drawn(4)}, ["x", "w", "b"], {"transB": 1}, (2, 3)),
    ("Gemm", {"w": lambda: drawn(3, 4)}, ["x", "w"], {}, (1, 3)),
    *[(f"Reduce{how}", {"a": lambda: whole(1)}, ["x", "a"], {"keepdims": 0}, (2, 3)) for how in ("Mean", "Sum", "Max")],
    ("Reshape", {"s": lambda: whole(0, 3, -1)}, ["x", "s"], {}, (2, 6)),
    ("Flatten", {}, ["x"], {}, (2, 3, 2)),
    ("Squeeze", {"a": lambda: whole(1)}, ["x", "a"], {}, (2, 1, 3)),
    ("Unsqueeze", {"a": lambda: whole(-1, 0)}, ["x", "a"], {}, (2, 3)),
    ("Concat", {}, ["x", "x"], {"axis": 1}, (2, 3)),
    (
        "Slice",
        {"s": lambda: whole(1), "e": lambda: whole(9), "a": lambda: whole(1), "t": lambda: whole(2)},
        ["x", "s", "e", "a", "t"],
        {},
        (2, 5),
    ),
    ("Gather", {"i": lambda: whole(1)[0]}, ["x", "i"], {"axis": 1}, (2, 3)),
    ("Conv", {"k": lambda: drawn(2, 1, 2, 2), "b": lambda: drawn(2)}, ["x", "k", "b"], {"pads": [1] * 4}, (1, 1, 3, 3)),
    ("Conv", {"k": lambda: drawn(2, 2, 2)}, ["x", "k"], {"strides": [2]}, (2, 2, 5)),
    ("Conv", {"k": lambda: drawn(1, 1, 2, 3)}, ["x", "k"], {"strides": [2, 1], "dilations": [1, 2]}, (1, 1, 5, 6)),
    ("MaxPool", {}, ["x"], {"kernel_shape": [2, 2], "strides": [2, 2]}, (1, 2, 4, 4)),
    ("Conv", {"k": lambda: drawn(4, 2, 2, 2), "b": lambda: drawn(4)}, ["x", "k", "b"], {"group": 2}, (1, 4, 3, 3)),
    ("Conv", {"k": lambda: drawn(3, 1, 2)}, ["x", "k"], {"group": 3, "pads": [0, 1]}, (2, 3, 3)),
    ("AveragePool", {}, ["x"], {"kernel_shape": [2, 2]}, (1, 1, 3, 3)),
    ("MaxPool", {}, ["x"], {"kernel_shape": [2, 2], "pads": [0, 1, 1, 0]}, (1, 2, 2, 3)),
    *[
        ("AveragePool", {}, ["x"], {"kernel_shape": [3], "pads": [1, 1], "count_include_pad": one}, (1, 2, 4))
        for one in (0, 1)
    ],
    ("MaxPool", {}, ["x"], {"kernel_shape": [2], "strides": [1]}, (2, 1, 4)),
    (
        "BatchNormalization",
        {"g": lambda: drawn(3), "b": lambda: drawn(3) + 1, "m": lambda: drawn(3) / 2, "v": lambda: drawn(3) ** 2 + 1},
        ["x", "g", "b", "m", "v"],
        {},
        (2, 3),
    ),
    ("LayerNormalization", {"g": lambda: drawn(3), "b": lambda: drawn(3) + 1}, ["x", "g", "b"], {}, (2, 3)),
]


def outputs(proto: Any, x: Any) -> Any:
    import onnxruntime

    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def compared(proto: Any, x: Any, path: Path) -> str:
    """Compares the mean of the squared outputs with onnxruntime's; the text of the problem."""
    path.write_bytes(proto.SerializeToString())
    theirs = outputs(proto, x)
    zeros = (theirs * 0).astype("int64").tolist()
    text = problem_text(path, "A model", Asked(x.tolist(), zeros, "mean_squared_error"))
    table = tomllib.loads(text, parse_float=Decimal)
    ours = json.loads(derive.solve(table).values_json())
    found, expected = float(ours["L" if "model" in table else "loss"]), float((theirs**2).mean())
    assert abs(found - expected) <= CLOSE * max(1, abs(expected)), (found, expected)
    return text


@pytest.mark.parametrize("index", range(len(CASES)), ids=lambda index: f"{CASES[index][0]}-{index}")
def test_operators_compute_what_onnxruntime_computes(index: int, tmp_path: Path) -> None:
    """Each after a row of weights, so that there is something to train."""
    need("onnx")
    need("onnxruntime")
    from onnx import helper

    name, arrays, order, options, shape = CASES[index]
    nodes = [helper.make_node("Mul", ["z", "scale"], ["x_"]), helper.make_node(name, order, ["y"], **options)]
    nodes[0] = helper.make_node("Mul", ["x", "scale"], ["x_"])
    nodes[1].input[:] = ["x_" if one == "x" else one for one in order]
    own = {key: value() for key, value in arrays.items()} | {"scale": drawn(shape[-1]) / 2 + 1}
    x = abs(drawn(*shape)) + 1 if name in ("Log", "Sqrt", "Reciprocal") else drawn(*shape)
    own["scale"] = abs(own["scale"]) if name in ("Log", "Sqrt") else own["scale"]
    compared(model(nodes, own, shape), x, tmp_path / "model.onnx")


def several_parts() -> dict[str, tuple[list[Any], dict[str, Any], tuple[int, ...]]]:
    """Operators of several results, and those that need others around them."""
    from onnx import helper, numpy_helper

    node = helper.make_node
    hidden = whole(0, 1, 2).reshape(3, 1) < whole(0, 1, 2)  # no row looks at later columns
    scores = [
        node("Mul", ["x", "scale"], ["s"]),
        node("Constant", [], ["low"], value=numpy_helper.from_array(drawn(1)[0] * 0 - 1e30)),
    ]
    scale = {"scale": drawn(3) / 2 + 1}
    return {
        "Split": (
            [
                node("Mul", ["x", "scale"], ["s"]),
                node("Split", ["s", "sizes"], ["a", "b"], axis=1),
                node("Mul", ["a", "a"], ["c"]),
                node("ReduceSum", ["b", "one"], ["d"]),
                node("Add", ["c", "d"], ["y"]),
            ],
            {**scale, "sizes": whole(1, 2), "one": whole(1)},
            (2, 3),
        ),
        "Split in equal parts": (
            [
                node("Mul", ["x", "scale"], ["s"]),
                node("Split", ["s"], ["a", "b"], axis=0, num_outputs=2),
                node("Sub", ["a", "b"], ["y"]),
            ],
            scale,
            (4, 3),
        ),
        "Where": (
            [*scores, node("Where", ["hidden", "low", "s"], ["m"]), node("Softmax", ["m"], ["y"], axis=1)],
            {**scale, "hidden": hidden},
            (3, 3),
        ),
    }


@pytest.mark.parametrize("name", ["Split", "Split in equal parts", "Where"])
def test_operators_among_others(name: str, tmp_path: Path) -> None:
    need("onnx")
    need("onnxruntime")
    nodes, arrays, shape = several_parts()[name]
    compared(model(nodes, arrays, shape), drawn(*shape), tmp_path / "model.onnx")


STATES = {"RNN": {}, "LSTM": {}, "GRU": {"linear_before_reset": 1}, "GRU that resets before": {}}


@pytest.mark.parametrize(("name", "second"), [*[(one, True) for one in STATES], ("GRU that resets before", False)])
def test_layers_with_a_state(name: str, second: bool, tmp_path: Path) -> None:
    """Words, a recurrence, and a layer of sums on the last state; with a second bias or zeros in its place."""
    kind = name.split()[0]
    need("onnx")
    need("onnxruntime")
    from onnx import helper

    gates = {"RNN": 1, "LSTM": 4, "GRU": 3}[kind]
    arrays = {"emb.weight": drawn(4, 3), "W": drawn(1, 2 * gates, 3), "R": drawn(1, 2 * gates, 2) / 2}
    arrays |= {"B": drawn(1, 4 * gates) / 2, "out.weight": drawn(3, 2), "out.bias": drawn(3), "one": whole(0)}
    arrays["B"][:, 2 * gates :] *= second
    options = {"hidden_size": 2} | STATES[name]
    nodes = [
        helper.make_node("Gather", ["emb.weight", "x"], ["e"]),
        helper.make_node(kind, ["e", "W", "R", "B"], ["Y", "H"], **options),
        helper.make_node("Squeeze", ["H", "one"], ["h"]),
        helper.make_node("Gemm", ["h", "out.weight", "out.bias"], ["y"], transB=1),
    ]
    text = compared(model(nodes, arrays, (3, 1), True), whole(0, 3, 1).reshape(3, 1), tmp_path / "model.onnx")
    assert "E_emb = [[" in text and "W_out = [[" in text
    assert ("reset = before" in text) == ("before" in name)
    assert ("two biases" in text) == (second and name in ("RNN", "GRU that resets before"))


def dense(tmp_path: Path) -> tuple[Any, Path]:
    """Two dense layers, the second as MatMul and Add."""
    from onnx import helper

    nodes = [
        helper.make_node("Gemm", ["x", "fc1.weight", "fc1.bias"], ["a"], transB=1),
        helper.make_node("Tanh", ["a"], ["h"]),
        helper.make_node("MatMul", ["h", "fc2.weight"], ["m"]),
        helper.make_node("Add", ["fc2.bias", "m"], ["s"]),
        helper.make_node("Sigmoid", ["s"], ["y"]),
    ]
    arrays = {"fc1.weight": drawn(2, 2), "fc1.bias": drawn(2), "fc2.weight": drawn(2, 1), "fc2.bias": drawn(1)}
    proto = model(nodes, arrays, (1, 2))
    path = tmp_path / "model.onnx"
    path.write_bytes(proto.SerializeToString())
    return proto, path


def test_dense_layers_are_a_network(tmp_path: Path) -> None:
    need("onnx")
    _, path = dense(tmp_path)
    text = problem_text(path, "XOR", Asked(decimals=1))
    assert text.startswith('title = "XOR"\nsource = "The weights are those of model.onnx, rounded to 1 decimals."')
    table = tomllib.loads(text)
    layers = table["network"]["layers"]
    assert [layer["activation"] for layer in layers] == ["tanh", "sigmoid"]
    assert table["loss"] == {"name": "binary_cross_entropy"}
    assert "# not in the model: put yours here\ninputs" in text
    given = problem_text(path, "XOR", Asked([[0, 1], [1, 1]], [[1], [0]], "squared_error", "0.5"))
    assert tomllib.loads(given)["data"] == {"inputs": [[0, 1], [1, 1]], "targets": [[1], [0]]}
    assert "#" not in given


def hostile() -> dict[str, tuple[Callable[[Any], Any], str]]:
    """What is done to a good model, and what is said of it."""
    from onnx import AttributeProto, TensorProto, helper

    def changed(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def made(proto: Any) -> Any:
            change(proto)
            return proto

        return made

    def external(proto: Any) -> None:
        tensor = proto.graph.initializer[0]
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="/etc/passwd")

    def first(**options: Any) -> Callable[[Any], Any]:
        return changed(lambda proto: proto.graph.node[0].CopyFrom(helper.make_node(**options)))

    def looped(proto: Any) -> None:
        proto.graph.node[0].input[0] = "h"

    def dims(*sizes: int) -> Callable[[Any], Any]:
        return changed(lambda proto: proto.graph.initializer[0].dims.__setitem__(slice(None), sizes))

    def branch(proto: Any) -> None:
        proto.graph.node[0].attribute.append(AttributeProto(name="g", type=AttributeProto.GRAPH))

    def wide(proto: Any) -> None:
        proto.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 10**12

    def function(proto: Any) -> None:
        proto.functions.add(name="f\x1b[31m")

    named = "<b>\x1b]0;x\x07" + "n" * 500
    return {
        "external": (changed(external), "fc1.weight: expected arrays within the file.*not opened"),
        "cycle": (changed(looped), "operator Gemm: .*h, which nothing gives before it, or which needs itself"),
        "unknown": (first(op_type="Relux", inputs=["x"], outputs=["a"]), 'Relux: .*found Relux.*mean "Relu"'),
        "far": (first(op_type="QLinearConv", inputs=["x"], outputs=["a"]), "found QLinearConv"),
        "name": (first(op_type=named, inputs=["x"], outputs=["a"], name=named), r"operator <b>\\x1b"),
        "domain": (first(op_type="Relu", inputs=["x"], outputs=["a"], domain="evil"), 'one of "evil"'),
        "huge": (dims(10**9, 10**9), "at most 100,000 numbers"),
        "negative": (dims(-1, 2), "at most 100,000 numbers"),
        "bytes": (dims(3, 2), "as its shape says"),
        "turned": (dims(4), "weights of two indices"),
        "shapes": (dims(1, 4), "for each of 1 unit, found 2"),
        "branch": (changed(branch), "found a graph"),
        "wide": (changed(wide), "at most 10000 places"),
        "function": (changed(function), r"without functions of its own, found f\\x1b"),
        "twice": (changed(lambda proto: proto.graph.node.append(proto.graph.node[0])), "every result once"),
        "nothing": (changed(lambda proto: proto.graph.ClearField("node")), "with operators, found none"),
        "no input": (changed(lambda proto: proto.graph.ClearField("input")), "an input, found none"),
        "result": (changed(lambda proto: proto.graph.output.__delitem__(slice(None))), "a result that is computed"),
        "nan": (
            changed(lambda proto: setattr(proto.graph.initializer[0], "raw_data", b"\xff" * 16)),
            "a finite number",
        ),
        "axis": (first(op_type="Softmax", inputs=["x"], outputs=["a"], axis=7), "fit each other|weigh|softmax|Softmax"),
        "missing": (first(op_type="Conv", inputs=["x"], outputs=["a"]), "arguments and options of Conv"),
        "draws": (
            first(op_type="Dropout", inputs=["x", "", "fc1.bias"], outputs=["a"]),
            r"turned off, found one that draws.*module.eval\(\)",
        ),
        "cut": (first(op_type="Cast", inputs=["x"], outputs=["a"], to=7), "Cast: .*with a point, found one to whole"),
        "yes or no": (first(op_type="Cast", inputs=["x"], outputs=["a"], to=9), "whole numbers or yes and no"),
        "option": (
            first(op_type="Softmax", inputs=["x"], outputs=["a"], sharp=2.0),
            "options of Softmax that are known here, found sharp",
        ),
        "old": (
            changed(lambda proto: proto.opset_import[0].CopyFrom(helper.make_opsetid("", 6))),
            "of version 7 or newer",
        ),
        "kind": (first(op_type="Gemm", inputs=["x", "fc1.weight"], outputs=["a"], alpha=2.0), r"alpha = 1\.0"),
    }


def test_whole_numbers_may_be_cast_to_such(tmp_path: Path) -> None:
    """Rows to look up are cast from long to short numbers, and lose nothing."""
    need("onnxruntime")
    from onnx import helper

    nodes = [
        helper.make_node("Cast", ["x"], ["i"], to=6),
        helper.make_node("Gather", ["w", "i"], ["r"], axis=0),
        helper.make_node("ReduceSum", ["r", "a"], ["y"], keepdims=0),
    ]
    proto = model(nodes, {"w": drawn(4, 3), "a": whole(1)}, (1, 2), whole=True)
    compared(proto, whole(0, 3).reshape(1, 2), tmp_path / "model.onnx")


def test_hostile_models_are_refused(tmp_path: Path) -> None:
    """One clear message that names the file, exit code 2, nothing written."""
    need("onnx")
    for name, (change, message) in hostile().items():
        proto, path = dense(tmp_path)
        path.write_bytes(change(proto).SerializeToString())
        result = CliRunner().invoke(main, ["new", str(tmp_path / "found"), "--from", str(path)])
        said = result.output
        assert result.exit_code == 2, (name, said, result.exception)
        assert re.search(message, said, re.DOTALL), (name, said)
        assert "model.onnx" in said and "\x1b" not in said and len(said) < 2500, (name, said)
        assert [one.name for one in tmp_path.iterdir()] == ["model.onnx"], name


def test_damaged_models_are_refused(tmp_path: Path) -> None:
    """Bytes changed, cut off or doubled: a message or a problem, never another error."""
    need("onnx")
    _, path = dense(tmp_path)
    good, draw = path.read_bytes(), random.Random(12)
    seen = set()
    for _ in range(150):
        found = bytearray(good)
        for _ in range(draw.randint(1, 4)):
            found[draw.randrange(len(found))] = draw.randrange(256)
        path.write_bytes(bytes(found[: draw.choice([len(found), draw.randrange(len(found))])]))
        try:
            problem_text(path, "A model")
            seen.add("read")
        except InputError as error:
            seen.add("refused")
            assert len(str(error)) < 2000
    assert seen == {"read", "refused"}


# -- weights alone


def safetensors(arrays: dict[str, tuple[tuple[int, ...], list[float]]], **header: Any) -> bytes:
    """A file of the format, by its description: the length of the header, the header, the numbers."""
    entries: dict[str, Any] = {}
    data = b""
    for name, (shape, values) in arrays.items():
        own = struct.pack(f"<{len(values)}f", *values)
        entries[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [len(data), len(data) + len(own)]}
        data += own
    text = json.dumps({"__metadata__": {"format": "pt"}, **entries, **header}).encode()
    return len(text).to_bytes(8, "little") + text + data


GOOD = {
    "net.10.weight": ((1, 2), [0.1, -0.25]),
    "net.2.weight": ((2, 3), [0.1, 0.2, 0.3, 0.15, 1e-7, 2]),
    "net.2.bias": ((2,), [0.35, 0.6]),
}


def test_weights_alone(tmp_path: Path) -> None:
    """Layers in the order of their numbers, with the digits that were written; the rest is asked for."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors(GOOD))
    runner = CliRunner()
    out = tmp_path / "net.toml"
    result = runner.invoke(
        main, ["new", str(out), "--from", str(path), "--activation", "tanh,linear", "--x", "[1, 0.5, -1]"]
    )
    assert result.exit_code == 0, result.output
    layers = tomllib.loads(out.read_text(), parse_float=Decimal)["network"]["layers"]
    assert layers[0]["weights"] == [
        [Decimal("0.1"), Decimal("0.2"), Decimal("0.3")],
        [Decimal("0.15"), Decimal("1E-7"), 2],
    ]
    assert layers[0]["biases"] == [Decimal("0.35"), Decimal("0.6")]
    assert layers[1]["weights"] == [[Decimal("0.1"), Decimal("-0.25")]]
    assert runner.invoke(main, ["solve", str(out), "-o", str(tmp_path)]).exit_code == 0


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"", [], "a file of safetensors"),
        (b"\xff" * 30, [], "a file of safetensors"),
        ((20).to_bytes(8, "little") + b"[" * 20, [], "header in JSON"),
        ((2).to_bytes(8, "little") + b"[]", [], "a header that names arrays"),
        (safetensors({}), [], "NAME.weight"),
        (
            safetensors({"conv.weight": ((1, 1, 1, 1), [1.0])}),
            [],
            r"found an array of 4 indices, as a convolution over a picture has(.|\n)*torch.onnx.export",
        ),
        (safetensors({"a.weight": ((1, 2), [1.0, 2.0]), "b.weight": ((1, 2), [1.0, 2.0])}), [], "1 columns"),
        (safetensors({"a.weight": ((1, 2), [1.0])}), [], "8 bytes, as the shape says"),
        (safetensors({"a.weight": ((10**9, 10**9), [1.0])}), [], "at most 100,000 numbers"),
        (safetensors({"a.weight": ((1, 1), [float("nan")])}), [], "finite numbers"),
        (safetensors({"a.weight": ((1, 1), [1.0]), "a.bias": ((2,), [1.0, 2.0])}), [], "1 biases"),
        (safetensors({}, a={"dtype": "I64", "shape": [1], "data_offsets": [0, 8]}), [], 'found "I64"'),
        (safetensors({}, a={"dtype": "F32", "shape": [-1], "data_offsets": [0, 8]}), [], "all whole numbers"),
        (safetensors({}, a=7), [], "numbers of type"),
        (safetensors({"\x1b[31m.weight": ((1,), [1.0])}), [], r"\\x1b\[31m"),
        (safetensors(GOOD), ["--activation", "tanh"] * 1 + ["--loss", "mse"], "--loss"),
        (safetensors(GOOD), ["--activation", "tahn"], 'mean "tanh"'),
        (safetensors(GOOD), ["--activation", "tanh,tanh,tanh"], "2 activations"),
        (safetensors(GOOD), ["--x", "[1, 2"], "numbers in brackets"),
        (safetensors(GOOD), ["--x", "[[1, 2]]"], "inputs"),
        (safetensors(GOOD), ["--y", "[[1, 2]]"], "targets"),
        (safetensors(GOOD), ["--learning-rate", "quick"], "--learning-rate"),
        (safetensors(GOOD), ["--equations"], "--equations"),
    ],
)
def test_hostile_weights_are_refused(content: bytes, options: list[str], message: str, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    result = CliRunner().invoke(main, ["new", str(tmp_path / "net"), "--from", str(path), *options])
    assert result.exit_code == 2, (result.output, result.exception)
    assert re.search(message, result.output), result.output
    assert [one.name for one in tmp_path.iterdir()] == ["model.safetensors"]


@pytest.mark.parametrize(
    "name", ["model.pt", "model.pth", "weights.pkl", "model.bin", "model.h5", "model.keras", "none.onnx"]
)
def test_other_files_are_refused(name: str, tmp_path: Path) -> None:
    """A pickled one with what to do instead, and none is opened."""
    path = tmp_path / name
    if not name.startswith("none"):
        path.write_bytes(b"cos\nsystem\n(S'touch hacked'\ntR.")
    result = CliRunner().invoke(main, ["new", str(tmp_path / "net"), "--from", str(path)])
    assert result.exit_code == 2
    assert name in result.output
    if path.suffix in (".pt", ".pth", ".pkl", ".bin"):
        assert "derive.from_torch" in result.output
    if path.suffix == ".h5":
        assert 'model.save("model.keras")' in result.output
    assert not (tmp_path / "net.toml").exists()


def test_options_go_with_a_model(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["new", str(tmp_path / "net"), "--decimals", "2"])
    assert result.exit_code == 2 and "--decimals: expected --from" in result.output


# -- the text that is written


@pytest.mark.parametrize("name", example_names())
def test_written_problems_say_the_same(name: str) -> None:
    """Every example, written anew and read again."""
    table = dict(read_source(name).table)
    assert tomllib.loads(derive.to_toml(table), parse_float=Decimal) == table


def test_texts_of_all_kinds() -> None:
    table = {
        "title": 'a "b" \\ \x7f \u2028 é',
        "note": "two\nlines",
        "story": 'ends in "\n"""',
        "source": "tab\tand\r\nreturn",
        "words": {"a b": "c", "": "d", "é": [True, False, -1, Decimal("1E-30"), Decimal("-0.50"), []]},
        "rows": [[Decimal("0.123456789")] * 12] * 2,
        "tables": [{"a": {"b": 1}, "c": [{"d": 2}]}, {"a": {"b": 2}}],
    }
    assert tomllib.loads(derive.to_toml(table), parse_float=Decimal) == table


def test_a_problem_is_written_once(tmp_path: Path) -> None:
    line = derive.from_equations("L = (w*x - t)^2", parameters={"w": 0.1}, inputs={"x": 2}, targets={"t": 3.0})
    path = derive.write_problem(line, tmp_path / "line.toml")
    assert derive.solve(str(path)).values_json() == derive.solve(line).values_json()
    with pytest.raises(InputError, match="not taken"):
        derive.write_problem(line, path)
    with pytest.raises(InputError, match=r"ends in \.toml"):
        derive.write_problem(line, tmp_path / "line")


def test_weights_rounded_at_import() -> None:
    """The problem says so, and its gradients are those of the rounded weights."""
    need("torch")
    import torch
    from torch import nn

    torch.manual_seed(1)
    module, x, y = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1)), torch.ones(1, 2), torch.ones(1, 1)
    table = derive.from_torch(module, x, y, loss=nn.MSELoss(), lr=0.1, decimals=2)
    assert table["source"] == "A model of PyTorch's; its weights are rounded to 2 decimals."
    for one in module.parameters():
        one.data = one.data.double().mul(100).round().div(100).float()
    same = derive.from_torch(module, x, y, loss=nn.MSELoss(), lr=0.1)
    assert table["network"] == same["network"]


OLD: dict[str, tuple[str, dict[str, Any], tuple[int, ...], str]] = {
    "bounds": ("Clip", {"min": -0.25, "max": 0.5}, (2, 3), ""),
    "one bound": ("Clip", {"max": 0.5}, (2, 3), ""),
    "last": ("Softmax", {"axis": 2}, (2, 2, 3), ""),
    "usual": ("Softmax", {}, (2, 3), ""),
    "together": ("Softmax", {}, (2, 2, 3), "along the last dimension, found one from dimension 1 on"),
}


@pytest.mark.parametrize("name", OLD)
def test_older_operators_mean_what_they_meant(name: str, tmp_path: Path) -> None:
    """Bounds as options, and a softmax that puts several dimensions together."""
    need("onnx")
    need("onnxruntime")
    from onnx import helper

    kind, options, shape, message = OLD[name]
    nodes = [helper.make_node("MatMul", ["x", "w"], ["z"]), helper.make_node(kind, ["z"], ["y"], **options)]
    proto = model(nodes, {"w": drawn(3, 3)}, shape)
    proto.opset_import[0].version = 9
    if message:
        (tmp_path / "model.onnx").write_bytes(proto.SerializeToString())
        with pytest.raises(InputError, match=message):
            problem_text(tmp_path / "model.onnx", "x")
    else:
        compared(proto, drawn(*shape), tmp_path / "model.onnx")


def test_a_dropout_that_is_turned_off_does_nothing(tmp_path: Path) -> None:
    need("onnx")
    import numpy
    from onnx import helper

    nodes = [
        helper.make_node("Dropout", ["x", "", "off"], ["d"]),
        helper.make_node("Gemm", ["d", "w", "b"], ["y"], transB=1),
    ]
    arrays = {"off": numpy.array(False), "w": drawn(2, 3), "b": drawn(2)}
    need("onnxruntime")
    compared(model(nodes, arrays, (1, 3)), drawn(1, 3), tmp_path / "model.onnx")


def test_every_operator_is_tested() -> None:
    need("onnx")
    among = {node.op_type for nodes, _, _ in several_parts().values() for node in nodes}
    assert set(OPERATORS) <= {case[0] for case in CASES} | among | {"RNN", "LSTM", "GRU"}
