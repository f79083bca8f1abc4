"""Writes the archives of `tests/data/keras`, and what Keras computes with them: run it where Keras is installed.

    KERAS_BACKEND=torch python tests/keras_models.py [NAME ...]

Weights are eighths, so that a reader of the archive can check a product by hand.
"""

from __future__ import annotations

import importlib
import json
import random
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data" / "keras"


def chain(keras: Any, shape: tuple[int, ...], *layers: Any, dtype: str = "float32") -> Any:
    return keras.Sequential([keras.Input(shape, dtype=dtype), *layers])


def models(keras: Any) -> dict[str, tuple[Callable[[], Any], tuple[int, ...]]]:
    """By name what makes a model, and the shape of its input with the examples."""
    L = keras.layers

    def dense() -> Any:
        layers = (L.Dense(4, "relu"), L.Dropout(0.5), L.Dense(3, "tanh", use_bias=False), L.Dense(2, "softmax"))
        model = chain(keras, (3,), *layers)
        model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mean_squared_error")
        return model

    def paths() -> Any:
        x = keras.Input((3,))
        one, two = L.Dense(3, "sigmoid", name="left")(x), L.Dense(3, name="right")(x)
        parts = [L.Add()([x, one, two]), L.Multiply()([one, two]), L.Average()([x, one]), L.Subtract()([two, x])]
        parts += [L.Maximum()([one, x]), L.Minimum()([one, two])]
        return keras.Model(x, L.Dense(2, name="out")(L.Concatenate()(parts)))

    def frozen() -> Any:
        model = chain(keras, (2,), L.Dense(2, "relu", name="kept"), L.Dense(1, name="free"))
        model.layers[0].trainable = False
        return model

    def nested() -> Any:
        inner = keras.Sequential([L.Dense(3, "tanh", name="first"), keras.Sequential([L.Dense(2, name="second")])])
        return chain(keras, (3,), L.Dense(4, "relu"), inner, keras.Sequential([L.Dense(2), L.Softmax()]))

    def graphs() -> Any:
        """Two graphs of the same names in one that has a chain too."""

        def inner() -> Any:
            x, y = keras.Input((2,)), keras.Input((2,))
            left = L.Dense(2, "tanh", name="left")(x)
            return keras.Model([x, y], L.Add()([left, L.Dense(2, use_bias=False)(y), x]))

        x = keras.Input((3,))
        one, two = L.Dense(2, name="one")(x), keras.Sequential([L.Dense(3, "relu"), L.Dense(2)])(x)
        both = inner()([one, two])
        return keras.Model(x, L.Dense(1, name="out")(inner()([two, both])))

    def heads() -> Any:
        """Into itself without looking ahead, then into fewer places, in every way of calling it."""
        x = keras.Input((3, 4))
        one = L.Add()([x, L.MultiHeadAttention(2, 2)(x, x, use_causal_mask=True)])
        few = L.Conv1D(4, 2)(one)
        two = L.MultiHeadAttention(2, 1, value_dim=3, use_bias=False, dropout=0.5, name="cross")(one, few, key=few)
        other = L.Conv1D(4, 2, name="other")(x)
        three = L.MultiHeadAttention(1, 2, name="apart")(two, value=few, key=other)
        return keras.Model(x, L.Dense(1, name="out")(three))

    def heard() -> Any:
        x = keras.Input((3, 2))
        one = L.Attention()([x, L.Dense(2, name="told")(x)], use_causal_mask=True)
        return keras.Model(x, L.Attention()([one, x, L.Dense(2, name="asked")(x)]))

    names = "relu sigmoid tanh softplus softsign elu selu gelu silu mish relu6 hard_sigmoid leaky_relu exponential"
    activations = [[L.Activation(name), L.Dense(2)] for name in [*names.split(), "hard_silu", "log_softmax"]]
    return {
        "dense": (dense, (2, 3)),
        "paths": (paths, (2, 3)),
        "nested": (nested, (2, 3)),
        "graphs": (graphs, (2, 3)),
        "heads": (heads, (2, 3, 4)),
        "heard": (heard, (1, 3, 2)),
        "frozen": (frozen, (1, 2)),
        "activations": (
            lambda: chain(keras, (2,), L.Dense(2), *[layer for pair in activations for layer in pair]),
            (1, 2),
        ),
        "slopes": (
            lambda: chain(
                keras, (3,), L.Dense(3), L.LeakyReLU(), L.Dense(3), L.PReLU(), L.Dense(3), L.ELU(0.5), L.Dense(3),
                L.ReLU(max_value=1.0, negative_slope=0.125), L.Rescaling(0.5, -1.0), L.Dense(3), L.Softmax(),
            ),
            (2, 3),
        ),
        "picture": (
            lambda: chain(
                keras, (5, 5, 2), L.Conv2D(2, 3, padding="same", activation="relu"), L.MaxPooling2D(2, padding="same"),
                L.Flatten(), L.Dense(2),
            ),
            (1, 5, 5, 2),
        ),
        "strides": (
            lambda: chain(
                keras, (6, 6, 4), L.Conv2D(4, 3, strides=2, padding="same", groups=2), L.DepthwiseConv2D(2),
                L.AveragePooling2D(2, strides=1, padding="same"), L.GlobalAveragePooling2D(), L.Dense(1),
            ),
            (1, 6, 6, 4),
        ),
        "shares": (
            lambda: chain(keras, (3, 3, 1), L.Conv2D(2, 2, activation="softmax"), L.GlobalMaxPooling2D()),
            (1, 3, 3, 1),
        ),
        "row": (
            lambda: chain(
                keras, (7, 2), L.Conv1D(3, 3, dilation_rate=2), L.AveragePooling1D(2, padding="same"),
                L.MaxPooling1D(2, strides=1, padding="same"), L.Reshape((2, 3, 1)), L.Permute((2, 1, 3)), L.Flatten(),
                L.Dense(1),
            ),
            (1, 7, 2),
        ),
        "norms": (
            lambda: chain(
                keras, (4, 4, 1), L.Conv2D(2, 2), L.BatchNormalization(), L.Flatten(), L.LayerNormalization(),
                L.Dense(2), L.BatchNormalization(scale=False),
            ),
            (2, 4, 4, 1),
        ),
        "words": (
            lambda: chain(
                keras, (3,), L.Embedding(5, 2), L.LSTM(2, return_sequences=True), L.GRU(2), L.Dense(1), dtype="int32"
            ),
            (1, 3),
        ),
        "states": (
            lambda: chain(
                keras, (3, 2), L.SimpleRNN(2, return_sequences=True, activation="relu"),
                L.GRU(2, reset_after=False, return_sequences=True), L.LSTM(1, use_bias=False),
            ),
            (2, 3, 2),
        ),
    }  # fmt: skip


def packed(path: Path) -> None:
    """The same archive, compressed: Keras stores its parts as they are."""
    with zipfile.ZipFile(path) as archive:
        parts = [(one.filename, archive.read(one)) for one in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def main() -> None:
    keras, numpy = importlib.import_module("keras"), importlib.import_module("numpy")
    FOLDER.mkdir(exist_ok=True)
    known = models(keras)
    outputs = FOLDER / "outputs.json"
    said = json.loads(outputs.read_text("utf-8")) if sys.argv[1:] else {}
    for name, (made, shape) in known.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        draw = random.Random(name)
        model = made()
        for weight in model.weights:
            low = 1 if "variance" in weight.path else -8
            count = int(numpy.prod(weight.shape))
            values = [draw.randint(low, 8) / 8 for _ in range(count)]
            weight.assign(numpy.array(values, dtype="float32").reshape(weight.shape))
        whole = "int" in str(model.inputs[0].dtype)
        size = int(numpy.prod(shape))
        x = [draw.randint(0, 4) if whole else draw.randint(-8, 8) / 8 for _ in range(size)]
        x = numpy.array(x, dtype="int32" if whole else "float32").reshape(shape)
        model.save(FOLDER / f"{name}.keras")
        packed(FOLDER / f"{name}.keras")
        said[name] = {"x": x.tolist(), "y": numpy.asarray(model.predict(x, verbose=0), dtype="float64").tolist()}
    outputs.write_text(json.dumps({name: said[name] for name in known}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
