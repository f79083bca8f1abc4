"""Modules of somebody's own become problems: recurrent, attending, normalised ones, drawn, against autograd."""

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tools import need

import derive
from derive.errors import InputError
from derive.imported.torch_operations import ROWS

CLOSE = 1e-9
"""Relative; both sides have some sixteen digits."""
DRAWS = 4
"""Models of each kind."""


def elements(value: Any, place: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Any]]:
    if isinstance(value, list):
        for index, part in enumerate(value, 1):
            yield from elements(part, (*place, index))
    else:
        yield place, value


def rounded(value: Any) -> Any:
    """The same with short numbers."""
    if isinstance(value, tuple):
        return tuple(rounded(one) for one in value)
    return value.mul(8).round().div(8) if value.dtype.is_floating_point else value


def close(ours: str, theirs: float) -> bool:
    """A number that is known to be 0 but for digits is shown with how sure that is."""
    return abs(float(ours.partition("±")[0]) - theirs) <= CLOSE * max(1, abs(theirs))


def compare(module: Any, x: Any, y: Any, loss: Callable[..., Any], **training: Any) -> dict[str, Any]:
    """Compares the loss and every gradient with autograd; an element is known by its value, which no other has."""
    import torch

    # Short numbers, each of them once: an element is found by its value.
    fresh = iter((torch.randperm(600) - 299.5).div(400).tolist())
    for one in module.parameters():
        one.data = torch.tensor([next(fresh) for _ in range(one.numel())], dtype=one.dtype).reshape(one.shape)
    table = derive.from_torch(module, x, y, loss=loss, **(training or {"lr": 0.1}))
    ours = json.loads(derive.solve(table).values_json())
    module.zero_grad()
    found = module(*x) if isinstance(x, tuple) else module(x)
    found = found[0] if isinstance(found, tuple) and isinstance(loss, torch.nn.Module) else found
    total = loss(found, y)
    total.backward()
    assert close(ours["L" if "model" in table else "loss"], total.item())
    if "model" not in table:
        return table
    slopes = {
        value: slope
        for one in module.parameters()
        if one.grad is not None
        for value, slope in zip(one.detach().flatten().tolist(), one.grad.flatten().tolist(), strict=True)
    }
    compared = 0
    for name, array in table["parameters"].items():
        for place, value in elements(array):
            index = f"[{','.join(map(str, place))}]" if place else ""
            assert close(ours[f"dL/d{name}{index}"], slopes[float(value)]), (name, place)
            compared += 1
    assert compared == len(slopes) > 0
    return table


def last_of(kind: str, torch: Any, draw: random.Random) -> tuple[Any, Any, Any, Any]:
    """Words, a layer with a state, and a layer of sums on the last state."""
    nn, first, layers, by_state = torch.nn, draw.random() < 0.5, draw.randint(1, 2), draw.random() < 0.5
    options = {"nonlinearity": draw.choice(["tanh", "relu"])} if kind == "RNN" else {}
    batch, steps = (1, 2) if layers > 1 else (draw.randint(1, 2), draw.randint(2, 3))

    class Last(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.emb = nn.Embedding(4, 2)
            own = {"batch_first": first, "num_layers": layers, "bias": draw.random() < 0.8}
            self.rnn = getattr(nn, kind)(2, 2, **own, **options)
            self.out = nn.Linear(2, 3)

        def forward(self, words: Any) -> Any:
            states, last = self.rnn(self.emb(words))
            last = last[0] if kind == "LSTM" else last
            if by_state:
                return self.out(last[-1])
            return self.out(states[:, -1] if first else states[-1])

    shape = (batch, steps) if first else (steps, batch)
    return Last(), torch.randint(0, 4, shape), torch.randint(0, 3, (batch,)), nn.CrossEntropyLoss()


def every_state(torch: Any, draw: random.Random) -> tuple[Any, Any, Any, Any]:
    """A loss at every step, with a first state that is given."""
    nn = torch.nn

    class States(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(2, 2, batch_first=True)
            self.out = nn.Linear(2, 4)

        def forward(self, x: Any, h: Any) -> Any:
            states, _ = self.rnn(x, h)
            return self.out(states).transpose(1, 2)

    x = (torch.randn(1, 3, 2).double(), torch.randn(1, 1, 2).double())
    return States(), x, torch.randint(0, 4, (1, 3)), nn.CrossEntropyLoss(reduction=draw.choice(["mean", "sum"]))


def cell(torch: Any, draw: random.Random) -> tuple[Any, Any, Any, Any]:
    """A cell of PyTorch's alone."""
    kind, one = draw.choice(["RNNCell", "LSTMCell", "GRUCell"]), draw.random() < 0.5
    shape = (2,) if one else (draw.randint(1, 2), 2)
    state = torch.randn(*shape).double()
    given = (state, torch.randn(*shape).double()) if kind == "LSTMCell" else state
    x = torch.randn(*shape[:-1], 3).double()
    return getattr(torch.nn, kind)(3, 2), (x, given), torch.randn(*shape).double(), torch.nn.MSELoss()


def loop(torch: Any, draw: random.Random) -> tuple[Any, Any, Any, Any]:
    """A cell of one's own in a loop, as courses write it."""
    nn, steps = torch.nn, draw.randint(2, 3)

    class Loop(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.i2h, self.h2h, self.out = nn.Linear(3, 2), nn.Linear(2, 2), nn.Linear(2, 3)

        def forward(self, x: Any) -> Any:
            h = torch.zeros(2, dtype=x.dtype)
            for t in range(steps):
                h = torch.tanh(self.i2h(x[t]) + self.h2h(h))
            logits = self.out(h)
            return logits

    return Loop(), torch.randn(steps, 3).double(), torch.tensor(1), nn.CrossEntropyLoss()


def head(torch: Any, draw: random.Random) -> tuple[Any, Any, Any, Any]:
    """One head, with a mask or without, written out or by PyTorch's own function."""
    nn, functional, own, masked = torch.nn, torch.nn.functional, draw.random() < 0.5, draw.random() < 0.5

    class Head(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.q, self.k, self.v = (nn.Linear(3, 2, bias=False) for _ in range(3))
            self.register_buffer("tril", torch.tril(torch.ones(5, 5)))

        def forward(self, x: Any) -> Any:
            q, k, v = self.q(x), self.k(x), self.v(x)
            if not own:
                return functional.scaled_dot_product_attention(q, k, v, is_causal=masked)
            w = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5
            if masked:
                w = w.masked_fill(self.tril[: x.shape[1], : x.shape[1]] == 0, float("-inf"))
            return functional.softmax(w, dim=-1) @ v

    examples = draw.randint(1, 2)
    return Head(), torch.randn(examples, 3, 3).double(), torch.randn(examples, 3, 2).double(), nn.MSELoss()


def heads(torch: Any, draw: random.Random) -> tuple[Any, Any, Any, Any]:
    """PyTorch's MultiheadAttention in a block with a way around it and a norm."""
    nn, first, mask, bias = torch.nn, draw.random() < 0.5, draw.random() < 0.5, draw.random() < 0.5
    size = 2 if bias else 4  # with a bias of the keys, whose gradient algebra shows to be 0

    class Block(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.attn = nn.MultiheadAttention(size, draw.choice([1, 2]), batch_first=first, bias=bias)
            self.norm = nn.LayerNorm(size)

        def forward(self, x: Any) -> Any:
            hidden = torch.triu(torch.ones(2, 2, dtype=torch.bool), diagonal=1) if mask else None
            found, _ = self.attn(x, x, x, attn_mask=hidden)
            return self.norm(x + found)

    x = torch.randn(1, 2, size).double() if first else torch.randn(2, 1, size).double()
    return Block(), x, torch.randn(*x.shape).double(), nn.MSELoss()


def picture(torch: Any, draw: random.Random) -> tuple[Any, Any, Any, Any]:
    """Convolution with a norm, pooling, and a view, as a course's notebook has them."""
    nn, functional, kept = torch.nn, torch.nn.functional, draw.random() < 0.5
    conv = draw.choice(
        [
            *({}, {"padding": 1}, {"stride": (1, 2)}, {"padding": "same"}, {"dilation": 2}),
            {"kernel_size": (2, 3), "padding": (1, 0)},
        ]
    )
    pool = draw.choice([nn.MaxPool2d(2), nn.AvgPool2d(2, stride=1), nn.AdaptiveAvgPool2d(1), nn.MaxPool2d((1, 2))])

    class Cnn(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 2, **{"kernel_size": 3, **conv})
            self.bn = nn.BatchNorm2d(2)
            self.pool = pool
            self.fc = nn.LazyLinear(3)

        def forward(self, x: Any) -> Any:
            x = self.pool(functional.relu(self.bn(self.conv(x))))
            return functional.log_softmax(self.fc(x.view(x.size(0), -1)), dim=1)

    module, x = Cnn().double(), torch.randn(draw.randint(1, 2), 1, 6, 6).double()
    module(x)
    module.train(not kept)
    return module, x, torch.randint(0, 3, x.shape[:1]), nn.NLLLoss()


def signal(torch: Any, draw: random.Random) -> tuple[Any, Any, Any, Any]:
    """A row of numbers, with two ways joined, and a gate."""
    nn, functional = torch.nn, torch.nn.functional

    class Ways(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv1d(2, 2, 2, bias=draw.random() < 0.5)
            self.left, self.right = nn.Linear(3, 2), nn.Linear(3, 3)

        def forward(self, x: Any) -> Any:
            x = functional.avg_pool1d(functional.silu(self.conv(x)), 2, 1).mean(dim=1)
            both = torch.cat([torch.tanh(self.left(x)), self.right(x).sigmoid()], dim=-1)
            a, b = both[:, :4].chunk(2, dim=-1)
            return a * b + both[:, -1:] ** 2

    x = torch.randn(draw.randint(1, 2), 2, 5).double()
    return Ways(), x, torch.randn(x.shape[0], 2).double(), nn.HuberLoss(reduction=draw.choice(["mean", "sum"]))


FRAMED: tuple[Callable[[Any], tuple[Any, tuple[int, ...]]], ...] = (
    lambda nn: (nn.Sequential(nn.Conv2d(4, 4, 2, groups=2), nn.ReLU(), nn.Flatten(), nn.Linear(16, 1)), (4, 3, 3)),
    lambda nn: (nn.Sequential(nn.Conv1d(3, 3, 2, groups=3, dilation=2), nn.Flatten(), nn.Linear(6, 1)), (3, 4)),
    lambda nn: (
        nn.Sequential(nn.Conv2d(2, 2, 2), nn.Tanh(), nn.MaxPool2d(2, padding=1), nn.Flatten(), nn.Linear(8, 1)),
        (2, 3, 3),
    ),
    lambda nn: (nn.Sequential(nn.Conv1d(1, 2, 2), nn.AvgPool1d(2, padding=1), nn.Flatten(), nn.Linear(6, 1)), (1, 5)),
    lambda nn: (
        nn.Sequential(
            nn.Conv2d(1, 1, 2), nn.AvgPool2d(3, 2, padding=1, count_include_pad=False), nn.Flatten(), nn.Linear(4, 1)
        ),
        (1, 4, 4),
    ),
)


def framed(torch: Any, draw: random.Random) -> tuple[Any, Any, Any, Any]:
    """Groups of channels, and frames around what is pooled."""
    module, shape = FRAMED[draw.randrange(len(FRAMED))](torch.nn)
    return module, torch.randn(1, *shape).double(), torch.randn(1, 1).double(), torch.nn.MSELoss()


def sums(torch: Any, draw: random.Random) -> tuple[Any, Any, Any, Any]:
    """A normalisation written out, a scale of one's own, tied weights, and a loss of one's own."""
    nn, functional = torch.nn, torch.nn.functional
    loss = draw.choice(
        [
            lambda out, y: ((out - y) ** 2).sum() / 2 + 0.1 * out.abs().mean(),
            lambda out, y: functional.binary_cross_entropy_with_logits(out, y.sigmoid()),
            lambda out, y: (out - y).pow(4).mean(),
            nn.KLDivLoss(reduction="batchmean"),
            nn.SmoothL1Loss(beta=0.5),
            nn.SoftMarginLoss(),
            nn.PoissonNLLLoss(),
        ]
    )

    class Sums(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.code = nn.Linear(3, 2)
            self.scale = nn.Parameter(torch.randn(3))
            self.frozen = nn.Linear(2, 2).requires_grad_(False)

        def forward(self, x: Any) -> Any:
            h = self.frozen(functional.elu(self.code(x), 0.7))
            out = functional.linear(h, self.code.weight.t())
            out = (out - out.mean(-1, keepdim=True)) / torch.sqrt(out.var(-1, keepdim=True, correction=0) + 1e-3)
            return functional.leaky_relu(out * self.scale, 0.2)

    x = torch.randn(draw.randint(1, 2), 3).double()
    return Sums(), x, torch.rand(*x.shape).double() + 0.1, loss


MODELS: dict[str, Callable[..., tuple[Any, Any, Any, Any]]] = {
    **{kind: (lambda torch, draw, kind=kind: last_of(kind, torch, draw)) for kind in ("RNN", "LSTM", "GRU")},
    **{one.__name__: one for one in (every_state, cell, loop, head, heads, picture, framed, signal, sums)},
}
SEEDS = {**dict.fromkeys(MODELS, 2), "picture": 5, "framed": 4, "sums": 4}
"""So many of each kind the suite draws; the sweep `torch_models` draws more, and others."""


@pytest.mark.parametrize(("kind", "seed"), [(kind, seed) for kind in MODELS for seed in range(SEEDS[kind])])
def test_gradients_are_autograds(kind: str, seed: int) -> None:
    need("torch")
    compare_drawn(kind, seed)


def compare_drawn(kind: str, seed: int) -> None:
    """A random module of a kind."""
    import torch

    torch.manual_seed(seed)
    module, x, y, loss = MODELS[kind](torch, random.Random(f"{kind}{seed}"))
    compare(module.double(), rounded(x), rounded(y), loss)


def test_enough_models() -> None:
    assert sum(SEEDS.values()) >= 30 and min(SEEDS.values()) >= 2


def test_dense_layers_of_ones_own_are_a_network() -> None:
    """So that worksheets and checks for networks serve them."""
    need("torch")
    import torch
    from torch import nn

    class Xor(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.fc2 = nn.Linear(2, 2), nn.Linear(2, 1)

        def forward(self, x: Any) -> Any:
            return torch.sigmoid(self.fc2(torch.tanh(self.fc1(x))))

    x, y = torch.tensor([[0.0, 1.0], [1.0, 1.0]]), torch.tensor([[1.0], [0.0]])
    module = Xor()
    table = derive.from_torch(module, x, y, loss=nn.BCELoss(), lr=0.5)
    layers = nn.Sequential(module.fc1, nn.Tanh(), module.fc2, nn.Sigmoid())
    assert table == derive.from_torch(layers, x, y, loss=nn.BCELoss(), lr=0.5)
    assert "network" in table


def test_names_are_the_authors() -> None:
    """Layers, variables, and steps of a loop are called as in the module."""
    need("torch")
    import torch

    module, x, y, loss = loop(torch, random.Random(1))
    lines = compare(module.double(), x, y, loss)["model"]["equations"].splitlines()
    assert lines[:4] == [
        "z_i2h_1[j] = sum(W_i2h[j,i]*x[1,i] for i) + b_i2h[j]    # the weighted sum of every unit",
        "z_h2h_1[j] = sum(W_h2h[j,i]*h_0[i] for i) + b_h2h[j]    # the weighted sum of every unit",
        "s_1[j] = z_i2h_1[j] + z_h2h_1[j]",
        "h_1[j] = tanh(s_1[j])",
    ]
    assert any(line.startswith("logits[j] = sum(W_out[j,i]*h_2[i] for i)") for line in lines)


def refusals() -> dict[str, tuple[Callable[[], Any], str]]:
    import torch
    from torch import nn

    class Own(nn.Module):
        def __init__(self, forward: Callable[..., Any]) -> None:
            super().__init__()
            self.fc, self.steps = nn.Linear(2, 2), forward
            self.rnn = nn.LSTM(2, 2, bidirectional=True)
            self.attn = nn.MultiheadAttention(2, 1, add_bias_kv=True)
            self.draw = nn.Dropout(0.5)

        def forward(self, x: Any) -> Any:
            return self.steps(self, self.fc(x))

    def made(forward: Callable[..., Any], loss: Any = "MSELoss", x: Any = None, y: Any = None) -> Callable[[], Any]:
        x = torch.ones(2, 2) if x is None else x
        return lambda: derive.from_torch(Own(forward), x, torch.ones(2, 2) if y is None else y, loss=loss, lr=0.1)

    class Through(torch.autograd.Function):  # type: ignore[misc,name-defined]
        """A step whose slope is said to be 1."""

        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.sign()

        @staticmethod
        def backward(ctx: Any, slope: Any) -> Any:
            return slope

    def within(own: Any, z: Any) -> Any:
        h = z * 1
        h.view(-1).mul_(2)
        return h

    def seen(own: Any, z: Any) -> Any:
        h = z * 1
        other = h.t()
        h.mul_(2)
        return other

    def hooked(own: Any, z: Any) -> Any:
        z.register_hook(lambda slope: slope * 0)
        return z

    def filled() -> Any:
        own = Own(lambda own, z: z)
        own.fc = nn.Embedding(3, 2, padding_idx=0)
        return derive.from_torch(own, torch.tensor([0, 1]), torch.ones(2, 2), loss="MSELoss", lr=0.1)

    def on_a_parameter() -> Any:
        own = Own(lambda own, z: z)
        own.fc.weight.register_hook(lambda slope: slope.clamp(-1, 1))
        return derive.from_torch(own, torch.ones(2, 2), torch.ones(2, 2), loss="MSELoss", lr=0.1)

    return {
        "own slope": (made(lambda own, z: Through.apply(z)), "own derivatives, found Through"),
        "hook": (made(hooked), "own derivatives, found a hook"),
        "hook on a parameter": (on_a_parameter, "own derivatives, found a hook"),
        "draw": (made(lambda own, z: z + torch.randn(2, 2)), "a draw, aten.randn.*as an input"),
        "within": (made(within), r"that no other one shows, found aten.mul_.*x = x.mul\("),
        "seen": (made(seen), "that no other one shows"),
        "filling": (filled, "padding_idx = None.*no gradient"),
        "operation": (made(lambda own, z: torch.special.i0(z)), r"known here, found aten.special_i0.*Known are"),
        "near": (made(lambda own, z: torch.tan(z)), 'mean "tanh"'),
        "branch": (made(lambda own, z: z if z.sum() > 0 else -z), "torch.export can follow.*branches that depend"),
        "both ways": (made(lambda own, z: own.rnn(z)[0][:, :2]), r"module.rnn: .*one direction.*bidirectional=False"),
        "bias_kv": (made(lambda own, z: own.attn(z, z, z)[0]), "bias_k = None"),
        "dropout": (made(lambda own, z: own.draw(z)), r"module.draw: .*turned off.*module.eval\(\)"),
        "twice": (made(lambda own, z: z.softmax(-1), nn.CrossEntropyLoss(), y=torch.tensor([0, 1])), "softmax inside"),
        "sigmoid": (made(lambda own, z: z.sigmoid(), nn.BCEWithLogitsLoss()), "sigmoid inside"),
        "targets": (made(lambda own, z: z[:, :1], y=torch.ones(2)), r"outputs, 2x1, found 2.*y.unsqueeze\(1\)"),
        "class": (made(lambda own, z: z, nn.CrossEntropyLoss(), y=torch.tensor([0, 2])), "from 0 to 1, found 2"),
        "nothing": (made(lambda own, z: z, x=[[None]]), "tensors, arrays or lists of numbers"),
        "rows": (made(lambda own, z: torch.cat([z, z, z])[:3].t().reshape(3, 2).t()[:, :2]), "keeps rows together"),
        "mask": (
            made(lambda own, z: z.masked_fill(torch.tensor([[True, False]] * 2), -torch.inf).softmax(-1)),
            "no mask, or a causal one",
        ),
        "far": (made(lambda own, z: z, nn.CTCLoss()), "CTCLoss|can follow"),
    }


def test_what_has_no_equations_is_refused() -> None:
    """Each with a message that says where it is and what is possible."""
    need("torch")
    for name, (made, message) in refusals().items():
        with pytest.raises(InputError) as told:
            made()
        assert re.search(message, str(told.value), re.DOTALL), (name, str(told.value))


def test_pytorch_is_left_as_it_was() -> None:
    """Whatever was refused, functions and hooks of one's own work afterwards."""
    need("torch")
    import torch

    before = torch.autograd.Function.__dict__["apply"], torch.Tensor.register_hook
    for name in ("own slope", "hook", "branch"):
        with pytest.raises(InputError):
            refusals()[name][0]()
    assert (torch.autograd.Function.__dict__["apply"], torch.Tensor.register_hook) == before


def changed(own: Any, z: Any) -> Any:
    """Changes inside of a tensor, one after the other, of which the last is read by every name."""
    h = z * 1
    other = h.mul_(2)
    h.add_(1)
    other.tanh_()
    return h + other


def penalised(torch: Any, module: Any, out: Any, y: Any) -> Any:
    """Two losses of PyTorch's, and the squares of weights."""
    functional = torch.nn.functional
    return functional.mse_loss(out, y) / 2 + functional.l1_loss(out, y) + 0.1 * module.fc.weight.square().sum()


@pytest.mark.parametrize("name", ["changed", "penalised", "batchmean"])
def test_losses_and_changes_one_after_the_other(name: str) -> None:
    need("torch")
    import torch
    from torch import nn

    class Own(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(3, 2)

        def forward(self, x: Any) -> Any:
            found = self.fc(x)
            return changed(self, found) if name == "changed" else found.log_softmax(-1)

    torch.manual_seed(3)
    module, x = Own().double(), torch.randn(2, 3).double()
    losses = {
        "changed": nn.MSELoss(),
        "penalised": lambda out, y: penalised(torch, module, out, y),
        "batchmean": nn.KLDivLoss(reduction="batchmean"),
    }
    compare(module, rounded(x), torch.tensor([[0.25, 0.75], [0.5, 0.5]]).double(), losses[name])


def test_every_operation_is_one_of_pytorchs() -> None:
    """No row is a name that PyTorch does not have."""
    need("torch")
    import torch

    made_up = [name for name in ROWS if not hasattr(torch.ops.aten, name)]
    assert made_up == []


def test_a_single_channel_has_no_index() -> None:
    """A kernel of one channel is a matrix, and the unnamed result of a module is y."""
    need("torch")
    import torch
    from torch import nn

    class One(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 2)

        def forward(self, x: Any) -> Any:
            return nn.functional.max_pool2d(self.conv(x), 2).flatten(1).tanh() * 2

    x, y = torch.randn(1, 1, 5, 5).double(), torch.randn(1, 4).double()
    table = compare(One().double(), rounded(x), rounded(y), nn.MSELoss())
    lines = table["model"]["equations"].splitlines()
    assert lines[0] == "use conv2d(x = x[1], K = K_conv, b = b_conv, channels = no, y = conv)"
    assert len(table["parameters"]["K_conv"]) == 2 and any(line.startswith("y[") for line in lines)
