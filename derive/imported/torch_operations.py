"""What every operation of PyTorch's graphs is here: one row for each, by its name in aten.

A row takes the arguments of a call and makes operations of `written`. Layers and losses are in `torch_layer_rows`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from derive.errors import InputError
from derive.imported.operations import Given, Operation, clamped
from derive.imported.torch_call import HIDDEN, Call, Row, masked
from derive.imported.torch_layer_rows import LAYER_ROWS
from derive.imported.written import number_text


def _formula(text: str, **options: Any) -> Row:
    def row(call: Call) -> Operation:
        count = text.count("{1}") + 1 if "{1}" in text else 1
        return call.make("formula", call.args[: 2 if count > 1 else 1], text=text, **options)

    return row


def _unit(unit: str, text: str | None = None) -> Row:
    """A function of units that the library has."""
    return _formula(text or f"{unit}({{0}})", unit=unit)


def _sum(sign: str) -> Row:
    def row(call: Call) -> Any:
        alpha = call.kwargs.get("alpha", 1)
        left, right = call.args[:2]
        if alpha != 1:
            return call.make("formula", (left, right, alpha), text=f"{{0}} {sign} {{2}}*{{1}}")
        return call.make("formula", (left, right), text=f"{{0}} {sign} {{1}}", name="s")

    return row


def _scaled(call: Call, divided: bool) -> Any:
    left, right = call.args[:2]
    scaled = _scaled_product(call, left, right, divided)
    if scaled is not None:
        return scaled
    if call.kwargs.get("rounding_mode") is not None:
        raise InputError("a division", "one that rounds")
    return call.make("formula", (left, right), text="{0}/{1}" if divided else "{0}*{1}")


def _scaled_product(call: Call, left: Any, right: Any, divided: bool) -> Operation | None:
    """The scores of attention with their scale, as one step."""
    number = None if isinstance(right, Operation | Given) else call.source(right)
    if not isinstance(left, Operation) or left.kind != "matmul" or not isinstance(number, Decimal) or left.variable:
        return None
    scaled = f"/{number_text(number)}" if divided else f"*{number_text(number)}".replace("*1/", "/")
    return call.make("matmul", left.takes, scaled=scaled, name="S")


def _power(call: Call) -> Any:
    base, exponent = call.args[:2]
    number = call.source(exponent)
    if isinstance(number, Decimal):
        text = "sqrt({0})" if number == Decimal("0.5") else f"{{0}}^{number if number >= 0 else f'({number})'}"
        return call.make("formula", (base,), text=text)
    return call.make("formula", (base, exponent), text="{0}^{1}")


def _with(call: Call, text: str, unit: str, usual: Mapping[str, tuple[int, Any]], **fixed: Any) -> Any:
    """An activation with numbers of its own; with its usual ones it may belong to a layer."""
    found = {key: call.source(call.get(index, key, value)) for key, (index, value) in usual.items()}
    plain = all(found[key] == call.source(value) for key, (_, value) in usual.items())
    written = text.format("{0}", **{key: str(value) for key, value in found.items()})
    options = {"unit": unit} if plain and not fixed else {}
    return call.make("formula", call.args[:1], text=f"{unit}({{0}})" if plain else written, **options)


def _hardtanh(call: Call) -> Any:
    low, high = call.get(1, "min_val", -1), call.get(2, "max_val", 1)
    if (low, high) == (-1, 1):
        return call.make("formula", call.args[:1], text="hard_tanh({0})", unit="hard_tanh")
    takes, text = clamped(call.args[0], low, high)
    return call.make("formula", takes, text=text)


def _clamp(call: Call) -> Any:
    low, high = call.get(1, "min"), call.get(2, "max")
    takes, text = clamped(call.args[0], low, high)
    return call.make("formula", takes, text=text)


def _gelu(call: Call) -> Any:
    unit = "gelu_tanh" if call.kwargs.get("approximate") == "tanh" else "gelu"
    return call.make("formula", call.args[:1], text=f"{unit}({{0}})", unit=unit)


def _softplus(call: Call) -> Any:
    call.fixed(call.get(1, "beta", 1), (1, 1.0), "beta")
    call.fixed(call.get(2, "threshold", 20), (20, 20.0), "threshold")
    return call.make("formula", call.args[:1], text="softplus({0})", unit="softplus")


def _dropout(call: Call) -> Any:
    if call.get(2, "train", False) and call.get(1, "p", 0.5):
        raise InputError("a dropout that is turned off", "one that draws", hint="module.eval() turns it off")
    return call.make("same", call.args[:1])


# -- sums of products


def _linear(call: Call) -> Any:
    return call.make("linear", (call.args[0], call.args[1], call.get(2, "bias")))


def _matmul(call: Call) -> Any:
    return call.make("matmul", call.args[:2])


def _addmm(call: Call) -> Any:
    for key in ("alpha", "beta"):
        call.fixed(call.kwargs.get(key, 1), (1,), key)
    product = call.walk.make(
        Operation("matmul", tuple(map(call.source, call.args[1:3])), {}, call.label, "", call.place)
    )
    return call.make("formula", (product, call.args[0]), text="{0} + {1}")


# -- one dimension


def _softmax(how: str) -> Row:
    def row(call: Call) -> Any:
        source, axis = call.args[0], call.get(1, "dim")
        causal = isinstance(source, Operation) and source.kind == "masked"
        if causal:
            source = source.takes[0]
        return call.make("softmax", (source,), axis=axis, how=how, causal=causal)

    return row


def _masked(call: Call) -> Any:
    """A mask that lets no place look at later ones, before a softmax."""
    source, mask, value = call.args[:3]
    if isinstance(mask, Operation | Given) or value not in HIDDEN:
        raise InputError("a mask of -inf that depends on no input", "another")
    return call.walk.make(masked(call, source, mask))


def _add(call: Call) -> Any:
    """A sum; a mask of 0 and -inf that is added is one."""
    left, right = call.args[:2]
    for source, mask in ((left, right), (right, left)):
        if isinstance(source, Operation) and hasattr(mask, "isneginf") and bool(mask.isneginf().any()):
            if bool(((mask != 0) & ~mask.isneginf()).any()):
                raise InputError("a mask of 0 and -inf", "other numbers beside -inf")
            return call.walk.make(masked(call, source, mask.isneginf()))
    return _sum("+")(call)


def _reduce(how: str) -> Row:
    def row(call: Call) -> Any:
        axes = call.get(1, "dim")
        axes = [axes] if isinstance(axes, int) else axes
        return call.make("reduce", call.args[:1], how=how, axes=axes or None, keep=call.get(2, "keepdim", False))

    return row


def _variance(call: Call) -> Any:
    axes = call.get(1, "dim")
    axes = [axes] if isinstance(axes, int) else axes
    correction = call.kwargs.get("correction", 1)
    unbiased = call.get(2, "unbiased", None)
    if correction not in (0,) and unbiased is not False:
        raise InputError("a variance with correction=0", "one divided by n - 1", hint="x.var(dim, correction=0)")
    walk, own = call.walk, (call.label, "", call.place)
    mean = walk.make(
        Operation("reduce", (call.source(call.args[0]),), {"how": "mean", "axes": axes, "keep": True}, *own)
    )
    square = walk.make(Operation("formula", (call.source(call.args[0]), mean), {"text": "({0} - {1})^2"}, *own))
    keep = call.kwargs.get("keepdim", call.get(3, "keepdim", False))
    return call.make("reduce", (square,), how="mean", axes=axes, keep=keep, name="var")


# -- places anew


def _to_shape(call: Call) -> Any:
    return call.make("reshape", call.args[:1], shape=list(call.shape))


def _transpose(call: Call) -> Any:
    rank = len(call.shape)
    order = list(range(rank))
    one, other = (call.args[1] % rank, call.args[2] % rank) if len(call.args) > 2 else (rank - 2, rank - 1)
    order[one], order[other] = order[other], order[one]
    return call.make("permute", call.args[:1], order=order if rank > 1 else [0])


def _permute(call: Call) -> Any:
    rank = len(call.shape)
    return call.make("permute", call.args[:1], order=[one % rank for one in call.args[1]])


def _select(call: Call) -> Any:
    return call.make("select", call.args[:1], axis=call.args[1], place=call.args[2])


def _slice(call: Call) -> Any:
    start, stop, step = call.get(2, "start"), call.get(3, "end"), call.get(4, "step", 1)
    return call.make("slice", call.args[:1], axis=call.get(1, "dim", 0), start=start, stop=stop, step=step)


def _expand(call: Call) -> Any:
    return call.make("expand", call.args[:1], shape=list(call.shape))


def _cat(call: Call) -> Any:
    return call.make("joined", (list(call.args[0]),), axis=call.get(1, "dim", 0))


def _stack(call: Call) -> Any:
    axis, rank = call.get(1, "dim", 0), len(call.shape)
    walk = call.walk
    parts = []
    for one in call.args[0]:
        shape = [*call.shape]
        shape[axis % rank] = 1
        parts.append(walk.make(Operation("reshape", (call.source(one),), {"shape": shape}, call.label, "", call.place)))
    return call.make("joined", (parts,), axis=axis)


def _split(call: Call) -> Any:
    """Parts of equal length, or of lengths that are said."""
    source, length, axis = call.args[0], call.args[1], call.get(2, "dim", 0)
    total = call.values[0].shape[axis]
    if call.word == "chunk":
        length = -(-total // length)
    sizes = list(length) if isinstance(length, list | tuple) else None
    sizes = sizes or [min(length, total - at) for at in range(0, total, length)]
    found: list[Any] = []
    at = 0
    if isinstance(source, Given) and axis == 0 and call.alone:
        # Weights that are only read in parts are arrays of their own.
        for index, size in enumerate(sizes):
            found.append(source.part(at, size, _part_name(source.label, index)))
            at += size
        return found
    for size in sizes:
        options = {"axis": axis, "start": at, "stop": at + size, "step": 1}
        found.append(call.walk.make(Operation("slice", (call.source(source),), options, call.label, "", call.place)))
        at += size
    return found


def _part_name(label: str, index: int) -> str:
    letter = "b" if label.endswith("bias") else "W"
    return f"{letter}{'QKV'[index]}" if "in_proj_" in label else f"{letter}{index + 1}"


def _several(call: Call) -> Any:
    """Outputs and targets before a loss: PyTorch would repeat the smaller ones."""
    shapes = ["x".join(map(str, one.meta["val"].shape)) or "one number" for one in call.values[0]]
    if len(set(shapes)) > 1:
        hint = "y.unsqueeze(1) makes a column of it; without, every output is compared with every target"
        raise InputError(f"targets of the shape of the outputs, {shapes[0]}", shapes[1], place="y", hint=hint)
    return list(call.args[0])


_NOTHING = ("contiguous", "clone", "alias", "to", "_to_copy", "lift_fresh_copy")
_SHAPES = ("view", "reshape", "flatten", "unflatten", "unsqueeze", "squeeze", "_unsafe_view", "view_as", "reshape_as")
ROWS: Mapping[str, Row] = {
    **dict.fromkeys(_NOTHING, lambda call: call.make("same", call.args[:1])),
    **dict.fromkeys(_SHAPES, _to_shape),
    "relu": _unit("relu"),
    "sigmoid": _unit("sigmoid"),
    "tanh": _unit("tanh"),
    "silu": _unit("silu"),
    "mish": _unit("mish"),
    "selu": _unit("selu"),
    "relu6": _unit("relu6"),
    "hardsigmoid": _unit("hard_sigmoid"),
    "gelu": _gelu,
    "softplus": _softplus,
    "hardtanh": _hardtanh,
    "leaky_relu": lambda call: _with(
        call, "leaky_relu({}, slope = {negative_slope})", "leaky_relu", {"negative_slope": (1, 0.01)}
    ),
    "elu": lambda call: _with(call, "elu({}, alpha = {alpha})", "elu", {"alpha": (1, 1)}),
    "log_sigmoid": _formula("-softplus(-{0})"),
    "exp": _formula("exp({0})"),
    "log": _formula("ln({0})"),
    "log10": _formula("log10({0})"),
    "log1p": _formula("ln(1 + {0})"),
    "expm1": _formula("exp({0}) - 1"),
    "sqrt": _formula("sqrt({0})"),
    "rsqrt": _formula("1/sqrt({0})"),
    "reciprocal": _formula("1/{0}"),
    "square": _formula("{0}^2"),
    "abs": _formula("abs({0})"),
    "neg": _formula("-{0}"),
    "sin": _formula("sin({0})"),
    "cos": _formula("cos({0})"),
    "erf": _formula("erf({0})"),
    "sign": _formula("sign({0})"),
    "add": _add,
    "sub": _sum("-"),
    "rsub": lambda call: call.make("formula", call.args[:2], text="{1} - {0}"),
    "mul": lambda call: _scaled(call, False),
    "div": lambda call: _scaled(call, True),
    "pow": _power,
    "maximum": _formula("max({0}, {1})"),
    "minimum": _formula("min({0}, {1})"),
    **dict.fromkeys(("clamp", "clip"), _clamp),
    **dict.fromkeys(("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"), _dropout),
    "linear": _linear,
    **dict.fromkeys(("matmul", "mm", "bmm", "mv", "dot"), _matmul),
    "addmm": _addmm,
    "softmax": _softmax("softmax"),
    "log_softmax": _softmax("log_softmax"),
    "masked_fill": _masked,
    "sum": _reduce("sum"),
    "mean": _reduce("mean"),
    "amax": _reduce("max"),
    "amin": _reduce("min"),
    "var": _variance,
    **dict.fromkeys(("transpose", "t", "swapaxes", "numpy_T"), _transpose),
    "permute": _permute,
    "select": _select,
    "slice": _slice,
    **dict.fromkeys(("expand", "expand_as", "broadcast_to"), _expand),
    **dict.fromkeys(("cat", "concat"), _cat),
    "stack": _stack,
    **dict.fromkeys(("split", "split_with_sizes", "chunk"), _split),
    "broadcast_tensors": _several,
    **LAYER_ROWS,
}
"""What is known, by the name of the operation in aten."""
