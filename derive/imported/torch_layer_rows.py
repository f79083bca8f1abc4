"""What the layers and losses of PyTorch's graphs are here: attention, convolution, norms, recurrence; one row for each.

Options that mean nothing here are refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from derive.errors import InputError, shown
from derive.from_python import shortest
from derive.imported.operations import Operation
from derive.imported.torch_call import Call, Row, masked
from derive.imported.torch_training import LOSSES as TORCH_LOSSES
from derive.imported.written import number_text


def _attention(call: Call) -> Any:
    """softmax(Q K^T / sqrt(d)) V."""
    query, key, value = call.args[:3]
    mask, causal, scale = call.get(3, "attn_mask"), call.get(5, "is_causal", False), call.kwargs.get("scale")
    call.fixed(call.get(4, "dropout_p", 0.0), (0.0, 0), "dropout_p")
    if mask is not None:
        hidden = mask.logical_not() if str(mask.dtype) == "torch.bool" else mask.isneginf()
        masked(call, query, hidden)
        causal = True
    walk, own = call.walk, (call.label, "", call.place)
    rank = len(call.shape)
    turned = walk.make(
        Operation("permute", (call.source(key),), {"order": [*range(rank - 2), rank - 1, rank - 2]}, *own)
    )
    size = call.values[0].shape[-1]
    scaled = f"/sqrt({size})" if scale is None else f"*{number_text(shortest(scale))}"
    scores = walk.make(
        Operation(
            "matmul",
            (call.source(query), turned),
            {"name": "S", "scaled": scaled, "about": "how well question and offer agree"},
            *own,
        )
    )
    shares = walk.make(
        Operation(
            "softmax",
            (scores,),
            {"axis": -1, "how": "softmax", "causal": causal, "name": "A"},
            call.label,
            "",
            call.place,
        )
    )
    return call.make("matmul", (shares, value), name="O", about="what it hears")


def _embedding(call: Call) -> Any:
    table, words = call.args[:2]
    if call.get(2, "padding_idx", -1) != -1:
        hint = "the row of the filling has no gradient in PyTorch; without it, all rows are alike"
        raise InputError("padding_idx = None, the only one that is known here", shown(call.args[2]), hint=hint)
    call.fixed(call.get(3, "scale_grad_by_freq", False), (False,), "scale_grad_by_freq")
    return call.make("embedding", (words, table))


# -- layers


def _pair(value: Any, rank: int) -> list[int]:
    found = [value] * rank if isinstance(value, int) else list(value)
    return found * rank if len(found) == 1 and rank > 1 else found


def _conv(rank: int) -> Row:
    def row(call: Call) -> Any:
        frame = call.get(4, "padding", 0)
        apart, groups = _pair(call.get(5, "dilation", 1), rank), call.get(6, "groups", 1)
        if isinstance(frame, str):
            kernel = [*call.args[1].shape[2:]]
            if frame == "same" and any(apart[at] * (size - 1) % 2 for at, size in enumerate(kernel)):
                raise InputError('kernels of odd sizes with padding="same"', "an even one")
            frame = [apart[at] * (size - 1) // 2 if frame == "same" else 0 for at, size in enumerate(kernel)]
        stride = _pair(call.get(3, "stride", 1), rank)
        takes = (call.args[0], call.args[1], call.get(2, "bias"))
        return call.make("convolution", takes, stride=stride, frame=_pair(frame, rank), apart=apart, groups=groups)

    return row


def _pool(how: str, rank: int) -> Row:
    def row(call: Call) -> Any:
        window = _pair(call.args[1], rank)
        stride = _pair(call.get(2, "stride") or window, rank)
        frame, counted = _pair(call.get(3, "padding", 0), rank), True
        if how == "max":
            call.fixed(_pair(call.get(4, "dilation", 1), rank), ([1] * rank,), "dilation")
            call.fixed(call.get(5, "ceil_mode", False), (False,), "ceil_mode")
        else:
            call.fixed(call.get(4, "ceil_mode", False), (False,), "ceil_mode")
            counted = call.get(5, "count_include_pad", True)
            call.fixed(call.get(6, "divisor_override"), (None,), "divisor_override")
        return call.make("pool", call.args[:1], window=window, stride=stride, how=how, frame=frame, counted=counted)

    return row


def _adaptive(how: str, rank: int) -> Row:
    def row(call: Call) -> Any:
        sizes = _pair(call.args[1], rank)
        if any(size != 1 for size in sizes):
            raise InputError("an output of size 1, which is the mean or the largest of all", shown(sizes))
        return call.make("reduce", call.args[:1], how=how, axes=[-one for one in range(1, rank + 1)], keep=True)

    return row


def _layer_norm(call: Call) -> Any:
    if len(call.args[1]) != 1:
        raise InputError("a norm over the last dimension", f"over {len(call.args[1])} dimensions")
    takes = (call.args[0], call.get(2, "weight"), call.get(3, "bias"))
    return call.make("layer_norm", takes, eps=shortest(call.get(4, "eps", 1e-5)))


def _batch_norm(call: Call) -> Any:
    kept = not call.args[5]
    takes = (call.args[0], call.args[1], call.args[2], *(call.args[3:5] if kept else (None, None)))
    return call.make("batch_norm", takes, eps=shortest(call.args[7]), kept=kept)


def _recurrent(how: str, unit: str = "") -> Row:
    def row(call: Call) -> Any:
        x, states, weights, biases, layers, dropout, train, both = call.args[:8]
        batch_first = call.args[8] if len(call.args) > 8 else False
        if both:
            hint = "bidirectional=False takes one direction, and num_layers several layers"
            raise InputError("a layer of one direction", "bidirectional=True", hint=hint)
        if dropout and train and layers > 1:
            raise InputError("a dropout that is turned off", "one that draws", hint="module.eval() turns it off")
        states = list(states) if isinstance(states, list | tuple) else [states]
        units = int(weights[1].shape[-1])
        if len(weights) != layers * (4 if biases else 2):
            raise InputError("weights for the inputs and for the state", "projections besides", hint="proj_size=0")
        own = {
            "how": how,
            "unit": unit,
            "layers": layers,
            "batch_first": batch_first,
            "units": units,
            "cell": f"{how.upper()}Cell",
        }
        return call.make("recurrent", (x, states, list(weights)), **own)

    return row


def _cell_sums(call: Call, x: Any, state: Any, weights: Sequence[Any], name: str) -> Any:
    """The sums of a cell: what comes in, and what was."""
    first, second, *biases = weights
    biases = [*biases, None, None][:2]
    walk = call.walk
    one = walk.make(
        Operation("linear", tuple(map(call.source, (x, first, biases[0]))), {}, call.label, f"{name}x", call.place)
    )
    two = walk.make(
        Operation(
            "linear",
            tuple(map(call.source, (state, second, biases[1]))),
            {"letters": "Ud"},
            call.label,
            f"{name}h",
            call.place,
        )
    )
    return one, two


def _rnn_cell(unit: str) -> Row:
    def row(call: Call) -> Any:
        one, two = _cell_sums(call, call.args[0], call.args[1], call.args[2:], "s")
        return call.make("formula", (one, two), text=f"{unit}({{0}} + {{1}})", name="h")

    return row


def _parts(call: Call, source: Any, count: int, units: int) -> list[Any]:
    axis = len(call.shape) - 1
    return [
        call.walk.make(
            Operation(
                "slice",
                (source,),
                {"axis": axis, "start": units * at, "stop": units * (at + 1), "step": 1},
                "",
                "",
                call.place,
            )
        )
        for at in range(count)
    ]


def _named(call: Call, name: str, text: str, *takes: Any) -> Any:
    return call.walk.make(Operation("formula", takes, {"text": text}, call.label, name, call.place))


def _lstm_cell(call: Call) -> Any:
    (state, cell), units = call.args[1], int(call.args[3].shape[-1])
    one, two = _cell_sums(call, call.args[0], state, call.args[2:], "z")
    z = _named(call, "z", "{0} + {1}", one, two)
    zi, zf, zg, zo = _parts(call, z, 4, units)
    i, f, o = (_named(call, name, "sigmoid({0})", part) for name, part in (("i", zi), ("f", zf), ("o", zo)))
    g = _named(call, "g", "tanh({0})", zg)
    c = _named(call, "c", "{0}*{1} + {2}*{3}", f, call.source(cell), i, g)
    return [_named(call, "h", "{0}*tanh({1})", o, c), c]


def _gru_cell(call: Call) -> Any:
    state, units = call.args[1], int(call.args[3].shape[-1])
    one, two = _cell_sums(call, call.args[0], state, call.args[2:], "z")
    own, old = _parts(call, one, 3, units), _parts(call, two, 3, units)
    r, u = (_named(call, name, "sigmoid({0} + {1})", own[at], old[at]) for at, name in enumerate("ru"))
    n = _named(call, "n", "tanh({0} + {1}*{2})", own[2], r, old[2])
    return call.make("formula", (u, n, state), text="(1 - {0})*{1} + {0}*{2}", name="h")


# -- losses

_REDUCTIONS = {1: "mean", 2: "sum"}


def _reduction(value: int) -> str:
    if value not in _REDUCTIONS:
        raise InputError("mean or sum", '"none"', place="loss.reduction")
    return _REDUCTIONS[value]


def _loss(how: str, index: int = 2, **numbers: tuple[int, Any]) -> Row:
    def row(call: Call) -> Any:
        found = {key: call.source(call.get(at, key, usual)) for key, (at, usual) in numbers.items()}
        return call.make(
            "element_loss", call.args[:2], how=how, reduction=_reduction(call.get(index, "reduction", 1)), numbers=found
        )

    return row


def _binary(kind: str, index: int) -> Row:
    def row(call: Call) -> Any:
        for at, key in ((2, "weight"), (3, "pos_weight"))[: index - 2]:
            call.fixed(call.get(at, key), (None,), key)
        if kind == "logits_loss" and getattr(call.args[0], "options", {}).get("unit") == "sigmoid":
            raise InputError(
                "sums, without a sigmoid", "one", place="module", hint=TORCH_LOSSES["BCEWithLogitsLoss"].why
            )
        return call.make(kind, call.args[:2], how="binary", reduction=_reduction(call.get(index, "reduction", 1)))

    return row


def _classes(scores: bool) -> Row:
    def row(call: Call) -> Any:
        call.fixed(call.get(2, "weight"), (None,), "weight")
        if scores:
            if getattr(call.args[0], "kind", "") == "softmax":
                raise InputError(
                    "scores, without a softmax", "one", place="module", hint=TORCH_LOSSES["CrossEntropyLoss"].why
                )
            call.fixed(call.get(5, "label_smoothing", 0.0), (0.0, 0), "label_smoothing")
        numbered = not call.values[1].dtype.is_floating_point
        axis = 1 if len(call.values[0].shape) > 1 else 0
        return call.make(
            "classes_loss",
            call.args[:2],
            scores=scores,
            numbers=numbered,
            axis=axis,
            reduction=_reduction(call.get(3, "reduction", 1)),
        )

    return row


def _poisson(call: Call) -> Any:
    call.fixed(call.get(2, "log_input", True), (True,), "log_input")
    call.fixed(call.get(3, "full", False), (False,), "full")
    return call.make("element_loss", call.args[:2], how="poisson", reduction=_reduction(call.get(5, "reduction", 1)))


def _kl(call: Call) -> Any:
    call.fixed(call.kwargs.get("log_target", False), (False,), "log_target")
    return call.make("element_loss", call.args[:2], how="divergence", reduction=_reduction(call.get(2, "reduction", 1)))


LAYER_ROWS: Mapping[str, Row] = {
    "scaled_dot_product_attention": _attention,
    "embedding": _embedding,
    "conv1d": _conv(1),
    "conv2d": _conv(2),
    "max_pool1d": _pool("max", 1),
    "max_pool2d": _pool("max", 2),
    "avg_pool1d": _pool("mean", 1),
    "avg_pool2d": _pool("mean", 2),
    "adaptive_avg_pool1d": _adaptive("mean", 1),
    "adaptive_avg_pool2d": _adaptive("mean", 2),
    "adaptive_max_pool2d": _adaptive("max", 2),
    "layer_norm": _layer_norm,
    "batch_norm": _batch_norm,
    "rnn_tanh": _recurrent("rnn", "tanh"),
    "rnn_relu": _recurrent("rnn", "relu"),
    "lstm": _recurrent("lstm"),
    "gru": _recurrent("gru"),
    "rnn_tanh_cell": _rnn_cell("tanh"),
    "rnn_relu_cell": _rnn_cell("relu"),
    "lstm_cell": _lstm_cell,
    "gru_cell": _gru_cell,
    "mse_loss": _loss("squared"),
    "l1_loss": _loss("absolute"),
    "huber_loss": _loss("huber", delta=(3, 1.0)),
    "smooth_l1_loss": _loss("smooth", beta=(3, 1.0)),
    "soft_margin_loss": _loss("soft_margin"),
    "binary_cross_entropy": _binary("element_loss", 3),
    "binary_cross_entropy_with_logits": _binary("logits_loss", 4),
    "cross_entropy_loss": _classes(True),
    "nll_loss": _classes(False),
    "nll_loss_nd": _classes(False),
    "kl_div": _kl,
    "poisson_nll_loss": _poisson,
}
"""By the name of the operation in aten."""
