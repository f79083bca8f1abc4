"""What the operators of ONNX are here: one row for each.

A row takes an operator with its inputs and options, and makes operations of `written`. Layers are in `onnx_layers`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from derive.errors import InputError, counted, shown
from derive.imported.masks import causal_mask
from derive.imported.onnx_layers import LAYERS
from derive.imported.onnx_node import Node, Row
from derive.imported.operations import Given, Operation, clamped

INFINITE = math.inf
FRACTIONS = (1, 10, 11, 16)
"""ONNX's types of numbers with a point: float, half, double, bfloat16."""
OWN_AXIS = 13
"""Before this version a softmax puts all dimensions from its axis on together."""
HIDDEN = -1e9
"""At most this is what a score is filled with that a softmax makes 0."""


def _formula(text: str, **options: Any) -> Row:
    count = 1 + max(int(one) for one in "012" if f"{{{one}}}" in text)
    return lambda node: node.make("formula", node.takes[:count], text=text, **options)


def _unit(unit: str) -> Row:
    return _formula(f"{unit}({{0}})", unit=unit)


def _scaled_unit(unit: str, usual: str, key: str, option: str = "alpha") -> Row:
    """An activation with a number; with the library's usual one it may belong to a layer."""

    def row(node: Node) -> Operation:
        value = node.number(option, usual)
        if value == Decimal(usual):
            return node.make("formula", node.takes[:1], text=f"{unit}({{0}})", unit=unit)
        return node.make("formula", node.takes[:1], text=f"{unit}({{0}}, {key} = {value})")

    return row


def _selu(node: Node) -> Operation:
    for name, usual in (("alpha", 1.67326319217681884765625), ("gamma", 1.05070102214813232421875)):
        if name in node.options and abs(node.options[name] - usual) > 1e-6:
            raise InputError(f"{name} = {usual:.6f}, the usual one", shown(node.options[name]))
    return node.make("formula", node.takes[:1], text="selu({0})", unit="selu")


def _gelu(node: Node) -> Operation:
    unit = "gelu_tanh" if node.option("approximate") == "tanh" else "gelu"
    return node.make("formula", node.takes[:1], text=f"{unit}({{0}})", unit=unit)


def _hard_sigmoid(node: Node) -> Operation:
    alpha, beta = node.number("alpha", "0.2"), node.number("beta", "0.5")
    return node.make("formula", node.takes[:1], text=f"min(max({alpha}*{{0}} + {beta}, 0), 1)")


def _clip(node: Node) -> Operation:
    # Older operators have bounds as options.
    low, high = (node.get(at) if node.get(at) is not None else node.bound(key) for at, key in ((1, "min"), (2, "max")))
    if low is None and high is None:
        return node.make("same", node.takes[:1])
    takes, text = clamped(node.takes[0], low, high)
    return node.make("formula", takes, text=text)


def _two(sign: str) -> Row:
    """Two arrays, one of which may be a row of weights."""

    def row(node: Node) -> Any:
        left, right = node.takes[:2]
        product, bias = (left, right) if isinstance(left, Operation) else (right, left)
        fits = sign == "+" and isinstance(product, Operation) and product.kind == "linear" and product.takes[2] is None
        if fits and not isinstance(bias, Operation | Given) and bias.ndim == 1 and product.options.get("alone"):
            # MatMul and Add are how dense layers are often written.
            weights: Given = product.takes[1]
            if bias.shape[0] == weights.shape[0]:
                product.takes = (product.takes[0], weights, node.array(bias))
                return product
        if (
            sign == "+"
            and not isinstance(bias, Operation | Given)
            and bias.dtype.kind == "f"
            and (bias == -INFINITE).any()
        ):
            if not ((bias == 0) | (bias == -INFINITE)).all():
                raise InputError("a mask of 0 and -inf", "other numbers beside -inf")
            return _masked(node, product, bias == -INFINITE, bias[bias == -INFINITE])
        sides = [_weight(node, one, index) for index, one in enumerate((left, right))]
        return node.make("formula", sides, text=f"{{0}} {sign} {{1}}" if sign in "+-" else f"{{0}}{sign}{{1}}")

    return row


def _weight(node: Node, value: Any, index: int) -> Any:
    """An array beside what is computed: one with a name of its own is a parameter."""
    if isinstance(value, Operation | Given) or value is None or value.size == 1:
        return value
    return node.array(value, name=node.names[index].replace("/", "."))


def _power(node: Node) -> Operation:
    exponent = node.source(node.takes[1])
    if not isinstance(exponent, Decimal):
        return node.make("formula", node.takes[:2], text="{0}^{1}")
    exponent = exponent.normalize()
    text = (
        "sqrt({0})"
        if exponent == Decimal("0.5")
        else f"{{0}}^{format(exponent, 'f') if exponent >= 0 else f'({exponent:f})'}"
    )
    return node.make("formula", node.takes[:1], text=text)


def _cast(node: Node) -> Any:
    """The same numbers, unless they lose what stands behind their points."""
    (taken,) = node.takes
    if node.option("to", FRACTIONS[0]) in FRACTIONS:
        return node.make("same", node.takes)
    if isinstance(taken, Given) and _whole(taken.values):
        return taken
    hint = "a number that is cut to a whole one has no derivative here"
    raise InputError("a cast to numbers with a point", "one to whole numbers or yes and no", hint=hint)


def _whole(values: Any) -> bool:
    """Whether nested lists hold whole numbers alone, as those of rows to look up."""
    return all(map(_whole, values)) if isinstance(values, list) else values == int(values)


def _dropout(node: Node) -> Operation:
    """Nothing, unless it draws as in training."""
    training = node.get(2)
    if training is not None and (isinstance(training, Operation | Given) or training.any()):
        hint = "export the model as it predicts: module.eval()"
        raise InputError("a dropout that is turned off", "one that draws", hint=hint)
    return node.make("same", node.takes[:1])


# -- sums of products


def _gemm(node: Node) -> Any:
    node.fixed("alpha", 1.0)
    node.fixed("beta", 1.0)
    node.fixed("transA", 0)
    weights = node.takes[1]
    if isinstance(weights, Operation | Given) or weights.ndim != 2:
        raise InputError("weights of two indices that stand in the file", "others")
    turned = weights if node.option("transB", 0) else weights.T
    return node.make("linear", (node.takes[0], node.array(turned), node.array(_row_of(node.get(2), turned.shape[0]))))


def _row_of(bias: Any, units: int) -> Any:
    """A bias for each unit."""
    if bias is None:
        return None
    size = 0 if isinstance(bias, Operation | Given) else bias.size
    if size != units:
        found = str(size) if size else "a computed one"
        raise InputError(f"a bias that stands in the file for each of {counted(units, 'unit')}", found)
    return bias.reshape(-1)


def _matmul(node: Node) -> Any:
    left, right = node.takes[:2]
    if not isinstance(right, Operation | Given) and right.ndim == 2 and isinstance(left, Operation | Given):
        return node.make("linear", (left, node.array(right.T), None), alone=node.readers == 1)
    return node.make("matmul", [_weight(node, one, index) for index, one in enumerate((left, right))])


def _softmax(how: str) -> Row:
    def row(node: Node) -> Operation:
        source = node.takes[0]
        causal = isinstance(source, Operation) and source.kind == "masked"
        taken = source.takes[0] if causal else source
        axis = node.option("axis", -1 if node.version >= OWN_AXIS else 1)
        if node.version < OWN_AXIS and axis != -1 and axis != len(node.shape_of(taken)) - 1:
            hint = f"onnx.version_converter.convert_version(model, {OWN_AXIS}) says what is meant"
            raise InputError("a softmax along the last dimension", f"one from dimension {axis} on", hint=hint)
        return node.make("softmax", (taken,), axis=axis, how=how, causal=causal)

    return row


def _where(node: Node) -> Operation:
    """A mask that lets no place look at later ones, before a softmax."""
    mask, one, other = node.takes[:3]
    if isinstance(mask, Operation | Given):
        raise InputError("a mask that stands in the file", "one that is computed")
    if isinstance(one, Operation):
        return _masked(node, one, ~mask.astype(bool), other)
    return _masked(node, other, mask.astype(bool), one)


def _masked(node: Node, source: Any, hidden: Any, value: Any) -> Operation:
    if isinstance(value, Operation | Given) or any(one > HIDDEN for one in value.reshape(-1).tolist()):
        raise InputError("a mask of -inf", "another")
    causal_mask(hidden)
    found = Operation("masked", (node.source(source),), {}, "", "", node.place)
    node.keep(found)
    return found


def _reduce(how: str) -> Row:
    def row(node: Node) -> Operation:
        axes = node.option("axes")
        axes = node.whole(1) if axes is None and node.get(1) is not None else axes
        keep = bool(node.option("keepdims", 1))
        if node.option("noop_with_empty_axes", 0) and axes is None:
            return node.make("same", node.takes[:1])
        return node.make("reduce", node.takes[:1], how=how, axes=list(axes) if axes is not None else None, keep=keep)

    return row


# -- places anew


def _reshape(node: Node) -> Operation:
    shape = node.whole(1)
    if 0 in shape:
        node.fixed("allowzero", 0)
    return node.make("reshape", node.takes[:1], shape=shape)


def _transpose(node: Node) -> Operation:
    return node.make("permute", node.takes[:1], order=node.option("perm"))


def _axes(node: Node) -> list[int]:
    found = node.option("axes")
    return list(found) if found is not None else node.whole(1)


def _slice(node: Node) -> Any:
    starts, stops = node.whole(1), node.whole(2)
    axes = node.whole(3) if node.get(3) is not None else list(range(len(starts)))
    steps = node.whole(4) if node.get(4) is not None else [1] * len(starts)
    found = node.takes[0]
    for axis, start, stop, step in zip(axes, starts, stops, steps, strict=True):
        found = node.make("slice", (found,), axis=axis, start=start, stop=stop, step=step)
    return found


def _split(node: Node) -> Any:
    axis = node.option("axis", 0)
    sizes = node.whole(1) if node.get(1) is not None else node.option("split")
    if sizes is None:
        whole, count = node.shape_of(node.takes[0])[axis], node.option("num_outputs", node.results)
        each = -(-whole // count)
        sizes = [*[each] * (count - 1), whole - each * (count - 1)]
    found, at = [], 0
    for size in sizes:
        found.append(node.make("slice", node.takes[:1], axis=axis, start=at, stop=at + size, step=1))
        at += size
    return found


def _gather(node: Node) -> Any:
    """A row of a table for every word, or one place of an array."""
    table, words = node.takes[:2]
    axis = node.option("axis", 0)
    if not isinstance(table, Operation | Given) and isinstance(words, Given):
        if axis != 0 or table.ndim != 2:
            raise InputError("rows of a table of two indices", "others")
        label = node.names[0].rpartition(".")[0].replace("/", ".")
        found = Operation("embedding", (words, node.array(table)), {}, label, "", node.place)
        node.keep(found)
        return found
    if isinstance(words, Operation | Given) or words.size != 1 or words.ndim > 1:
        raise InputError("words that are inputs, or one place", "others")
    place = int(words.reshape(-1).tolist()[0])
    if words.ndim == 0:
        return node.make("select", (table,), axis=axis, place=place)
    return node.make("slice", (table,), axis=axis, start=place, stop=place + 1 or None, step=1)


def _constant(node: Node) -> Any:
    value = node.option("value")
    if value is None:
        raise InputError("a constant array", "another constant")
    return value


OPERATORS: Mapping[str, Row] = {
    "Relu": _unit("relu"),
    "Sigmoid": _unit("sigmoid"),
    "Tanh": _unit("tanh"),
    "Softplus": _unit("softplus"),
    "Softsign": _unit("softsign"),
    "Mish": _unit("mish"),
    "LeakyRelu": _scaled_unit("leaky_relu", "0.01", "slope"),
    "Elu": _scaled_unit("elu", "1", "alpha"),
    "Selu": _selu,
    "Gelu": _gelu,
    "HardSigmoid": _hard_sigmoid,
    "Clip": _clip,
    "Exp": _formula("exp({0})"),
    "Log": _formula("ln({0})"),
    "Sqrt": _formula("sqrt({0})"),
    "Abs": _formula("abs({0})"),
    "Neg": _formula("-{0}"),
    "Reciprocal": _formula("1/{0}"),
    "Sin": _formula("sin({0})"),
    "Cos": _formula("cos({0})"),
    "Erf": _formula("erf({0})"),
    "Sign": _formula("sign({0})"),
    "Max": _formula("max({0}, {1})"),
    "Min": _formula("min({0}, {1})"),
    "Add": _two("+"),
    "Sub": _two("-"),
    "Mul": _two("*"),
    "Div": _two("/"),
    "Pow": _power,
    "Identity": lambda node: node.make("same", node.takes[:1]),
    "Cast": _cast,
    "Dropout": _dropout,
    "Constant": _constant,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Softmax": _softmax("softmax"),
    "LogSoftmax": _softmax("log_softmax"),
    "ReduceMean": _reduce("mean"),
    "ReduceSum": _reduce("sum"),
    "ReduceMax": _reduce("max"),
    "Where": _where,
    "Reshape": _reshape,
    "Flatten": lambda node: node.make("flatten", node.takes[:1], axis=node.option("axis", 1)),
    "Transpose": _transpose,
    "Squeeze": lambda node: node.make("drop", node.takes[:1], axes=_axes(node)),
    "Unsqueeze": lambda node: node.make("insert", node.takes[:1], axes=_axes(node)),
    "Concat": lambda node: node.make("joined", (list(node.takes),), axis=node.option("axis")),
    "Slice": _slice,
    "Split": _split,
    "Gather": _gather,
    **LAYERS,
}
"""What is known, by the name of the operator."""
