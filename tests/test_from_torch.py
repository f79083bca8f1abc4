"""Live models of PyTorch's become problems; autograd and its optimizers are compared, on models drawn at random."""

import itertools
import json
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from tools import need
from tools.needs import ROOT

import derive
from derive.errors import InputError
from derive.imported.torch_layers import ACTIVATIONS, LAYERS
from derive.imported.torch_training import LOSSES, OPTIMIZERS
from derive.library import rows
from derive.library.units import DENSE, JOINT, UNITS

CLOSE = 1e-9
"""Relative; both sides have some sixteen digits, and the loss, the norms and the updates divide."""
MODELS = 24
"""So many the suite draws; the sweep `torch_models` draws more, and others."""
SHORT = {"Linear": ("dense", "W", "b"), "Embedding": ("emb", "E", "")}
SHORT |= dict.fromkeys(("Conv1d", "Conv2d"), ("conv", "K", "b"))
SHORT |= dict.fromkeys(("LayerNorm", "BatchNorm1d"), ("norm", "gamma", "beta"))
UNCOUNTED = {*ACTIVATIONS, "Identity", "Dropout"}


def leaves(module: Any) -> list[Any]:
    """The layers of nested sequences."""
    if type(module).__name__ != "Sequential":
        return [module]
    return [leaf for part in module for leaf in leaves(part)]


def names(module: Any, plain: bool) -> dict[str, Any]:
    """The name of every array of the problem, with its tensor."""
    counted = [leaf for leaf in leaves(module) if type(leaf).__name__ not in UNCOUNTED]
    found = {}
    for number, leaf in enumerate(counted, 1):
        if type(leaf).__name__ not in SHORT:
            continue
        short, weight, bias = SHORT[type(leaf).__name__]
        for name, tensor in ((weight, leaf.weight), (bias, getattr(leaf, "bias", None))):
            if tensor is not None:
                found[f"{name}[{number}]" if plain else f"{short}{number}_{name}"] = tensor
    return found


def element(name: str, places: tuple[int, ...], plain: bool) -> str:
    if plain:
        return name + "".join(f"[{place}]" for place in places)
    return f"{name}[{','.join(str(place + 1) for place in places)}]"


def exact_hardsigmoid(self: Any, z: Any) -> Any:
    """PyTorch's own has a slope of 1/6 in single precision, whatever the type: 0.16666667163."""
    import torch

    return torch.nn.functional.relu6(z + 3) / 6


def compare(torch: Any, module: Any, x: Any, y: Any, loss: Any, optimizer: Any = None) -> dict[str, Any]:
    """Compares the loss, all gradients and all parameters after a step with PyTorch's; the table of the problem."""
    training = {"lr": 0.1} if optimizer is None else {"optimizer": optimizer}
    table = derive.from_torch(module, x, y, loss=loss, **training)
    ours = json.loads(derive.solve(table).values_json())
    plain = "kind" not in table["network"]["layers"][0] and table["training"].get("optimizer") is None
    optimizer = optimizer or torch.optim.SGD(module.parameters(), lr=0.1)
    optimizer.zero_grad()
    with mock.patch.object(torch.nn.Hardsigmoid, "forward", exact_hardsigmoid):
        total = loss(module(x), y)
    total.backward()

    def same(id: str, theirs: Any) -> None:
        mine, theirs = float(ours[id].partition("±")[0]), float(theirs)
        assert abs(mine - theirs) <= CLOSE * max(1e-3, abs(theirs)), (id, mine, theirs, table)

    same(next(name for name in ("L", "loss") if name in ours), total.detach())
    gradients = {name: tensor.grad.clone() for name, tensor in names(module, plain).items()}
    optimizer.step()
    assert gradients
    for name, tensor in names(module, plain).items():
        for places in itertools.product(*map(range, tensor.shape)):
            one = element(name, places, plain)
            same(f"dL/d{one}", gradients[name][places])
            same(f"{name[0]}_new{one[1:]}" if plain else f"after[1].{one}", tensor.detach()[places])
    return table


Head = tuple[list[Any], Any, Any]
"""The last layers, the targets and the loss of a model."""


def heads(nn: Any, draw: random.Random, inputs: int, examples: int, torch: Any, outputs: int) -> list[Head]:
    """One of every loss."""
    T = torch.float64
    real, share = torch.randn(examples, outputs, dtype=T), torch.rand(examples, outputs, dtype=T)
    linear = nn.Linear(inputs, outputs, bias=draw.random() < 0.8)
    classes = torch.randint(0, outputs + 1, (examples,))
    wide = nn.Linear(inputs, outputs + 1)
    one, bit = nn.Linear(inputs, 1), torch.randint(0, 2, (examples, 1)).to(T)
    spread = torch.tensor([[0.25, 0.75, 0, 0][: outputs + 1]] * examples, dtype=T)
    reduction = draw.choice(["mean", "sum"])
    return [
        ([linear], real, nn.MSELoss(reduction=reduction)),
        ([linear], real, nn.L1Loss()),
        ([one], bit, nn.L1Loss(reduction=reduction)),
        ([linear], 3 * real, nn.HuberLoss(delta=draw.choice([0.5, 1.0]))),
        ([one], 3 * bit, nn.HuberLoss(reduction=reduction)),
        ([linear], 3 * real, nn.SmoothL1Loss()),
        ([linear, nn.Sigmoid()], share, nn.BCELoss(reduction="sum")),
        ([one, nn.Sigmoid()], bit, nn.BCELoss(reduction=reduction)),
        ([linear], share, nn.BCEWithLogitsLoss(reduction="sum")),
        ([one], bit, nn.BCEWithLogitsLoss(reduction=reduction)),
        ([wide], classes, nn.CrossEntropyLoss(reduction=reduction)),
        ([wide], spread, nn.CrossEntropyLoss(reduction=reduction)),
        ([wide, nn.LogSoftmax(dim=1)], classes, nn.NLLLoss(reduction=reduction)),
    ]


def activation(nn: Any, draw: random.Random) -> Any:
    return draw.choice(
        [
            *(nn.ReLU(), nn.Sigmoid(), nn.Tanh(), nn.LeakyReLU(0.1), nn.ELU(0.7), nn.SELU(), nn.GELU(), nn.SiLU()),
            *(nn.GELU(approximate="tanh"), nn.Mish(), nn.Softplus(), nn.Softsign(), nn.Hardtanh(), nn.Hardsigmoid()),
            *(nn.ReLU6(), nn.Identity()),
        ]
    )


def body(nn: Any, draw: random.Random, examples: int, torch: Any) -> tuple[list[Any], Any, int]:
    """The first layers, the inputs, and how many numbers come out."""
    bias, T, kind = draw.random() < 0.7, torch.float64, draw.randrange(5)
    if kind == 0:
        first = [nn.Conv1d(2, 2, 2, stride=draw.choice([1, 2]), padding=1, bias=bias), activation(nn, draw)]
        x = torch.randn(examples, 2, 4, dtype=T)
    elif kind == 1:
        pool = draw.choice([nn.MaxPool2d(2), nn.AvgPool2d(2, stride=1), nn.MaxPool2d(2, stride=1)])
        first = [nn.Conv2d(1, 2, 2, padding=draw.choice([0, 1]), bias=bias), activation(nn, draw), pool]
        x = torch.randn(examples, 1, 4, 4, dtype=T)
    elif kind == 2:
        first, x = [nn.Embedding(4, 2)], torch.randint(0, 4, (examples, 3))
    else:
        x, units = torch.randn(examples, 3, dtype=T), draw.randint(2, 3)
        first = [nn.Sequential(nn.Linear(3, units, bias=bias), activation(nn, draw), nn.Dropout().eval())]
        if kind == 4:
            norm = nn.LayerNorm(units) if examples == 1 or draw.random() < 0.5 else nn.BatchNorm1d(units)
            return [*first, norm, activation(nn, draw)], x, units
        return [*first, nn.Linear(units, 3), activation(nn, draw)], x, 3
    flat = nn.Flatten()
    return [*first, flat], x, int(flat(nn.Sequential(*first).double()(x)).shape[1])


@pytest.mark.parametrize("seed", range(MODELS))
def test_loss_gradients_and_updates_are_pytorchs(seed: int) -> None:
    need("torch")
    compare_drawn(seed)


def compare_drawn(seed: int) -> None:
    """A random model, its loss and its optimizer."""
    import torch

    torch.manual_seed(seed)
    draw = random.Random(seed)
    examples = draw.randint(1, 3)
    layers, x, outputs = body(torch.nn, draw, examples, torch)
    last, y, loss = draw.choice(heads(torch.nn, draw, outputs, examples, torch, draw.randint(1, 3)))
    module = torch.nn.Sequential(*layers, *last).double()
    optim, own = torch.optim, list(module.parameters())
    optimizer = draw.choice(
        [
            *(lambda: None, lambda: optim.SGD(own, lr=0.2), lambda: optim.SGD(own, lr=0.2, momentum=0.9)),
            lambda: optim.SGD(own, lr=0.2, weight_decay=0.1),
            lambda: optim.SGD(own, lr=0.2, momentum=0.9, nesterov=True),
            # with a larger epsilon than usual a gradient that is 0 but for rounding does not make a step
            lambda: optim.Adam(own, lr=0.01, betas=(0.8, 0.9), eps=1e-3),
            lambda: optim.AdamW(own, lr=0.01, weight_decay=0.1, eps=1e-3),
            lambda: optim.RMSprop(own, lr=0.01, eps=1e-3),
            lambda: optim.Adagrad(own, lr=0.01, eps=1e-3),
        ]
    )()
    compare(torch, module, x, y, loss, optimizer)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_every_loss_is_pytorchs(reduction: str) -> None:
    """With three examples and two outputs, so that no mean is a sum."""
    need("torch")
    import torch

    torch.manual_seed(7)
    chooser = mock.Mock(random=lambda: 0, choice=lambda among: reduction if reduction in among else among[0])
    seen = set()
    for last, y, loss in heads(torch.nn, chooser, 2, 3, torch, 2):
        compare(torch, torch.nn.Sequential(*last).double(), torch.randn(3, 2, dtype=torch.float64), y, loss)
        seen.add((type(loss).__name__, loss.reduction))
    assert {name for name, _ in seen} == set(LOSSES)
    assert {(name, reduction) for name in set(LOSSES) - {"SmoothL1Loss"}} <= seen


def mazur() -> Any:
    """His network in single precision, its biases fixed."""
    import torch
    from torch import nn

    module = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 2), nn.Sigmoid())
    numbers = {"0.weight": [[0.15, 0.2], [0.25, 0.3]], "0.bias": [0.35] * 2}
    numbers |= {"2.weight": [[0.4, 0.45], [0.5, 0.55]], "2.bias": [0.6] * 2}
    module.load_state_dict({name: torch.tensor(value) for name, value in numbers.items()})
    for layer in (module[0], module[2]):
        layer.bias.requires_grad_(False)
    return module, torch.tensor([[0.05, 0.1]]), torch.tensor([[0.01, 0.99]])


def test_mazur_from_a_live_model() -> None:
    """The mean over his two outputs is half of their sum: the numbers are those of the file, digit for digit."""
    need("torch")
    module, x, y = mazur()
    found = derive.solve(derive.from_torch(module, x, y, loss="MSELoss", lr=0.5))
    file = derive.solve("mazur")
    for kind in ("dL/dW[1]", "dL/dW[2]", "W_new[1]", "W_new[2]"):
        ids = [f"{kind}[{j}][{i}]" for j in range(2) for i in range(2)]
        assert found.values_json(only=ids) == file.values_json(only=ids)
    new = json.loads(found.values_json())
    assert [new[f"b_new[{layer}][{unit}]"] for layer in (1, 2) for unit in (0, 1)] == ["0.35"] * 2 + ["0.6"] * 2


def test_one_example_without_a_batch_and_a_layer_alone() -> None:
    need("torch")
    import torch
    from torch import nn

    x, y = torch.tensor([0.5, -1.25], dtype=torch.float64), torch.tensor([1.5, 0.25], dtype=torch.float64)
    module = nn.Linear(2, 2).double()
    alone = derive.from_torch(module, x, y, loss=nn.MSELoss, lr=0.1)
    assert alone == derive.from_torch(module, x[None], y[None], loss=nn.MSELoss(), lr=0.1)
    compare(torch, module, x, y, nn.MSELoss())
    compare(torch, nn.Linear(2, 3).double(), x, torch.tensor(1), nn.CrossEntropyLoss())


def test_fixed_layers_stay() -> None:
    """A norm without gains, a layer without gradients: PyTorch's gradients for the others, none for them."""
    need("torch")
    import torch
    from torch import nn

    still = nn.Linear(3, 3).requires_grad_(False)
    module = nn.Sequential(still, nn.LayerNorm(3, elementwise_affine=False), nn.Linear(3, 2)).double()
    x, y = torch.randn(2, 3).double(), torch.randn(2, 2).double()
    table = derive.from_torch(module, x, y, loss=nn.MSELoss(), lr=0.1)
    ours = json.loads(derive.solve(table).values_json())
    nn.MSELoss()(module(x), y).backward()
    for unit, slope in enumerate(module[2].bias.grad, 1):
        assert abs(float(ours[f"dL/ddense3_b[{unit}]"]) - float(slope)) < CLOSE
    moved = {name.partition("[")[2] for name in ours if name.startswith("after[1].")}
    assert moved and not any("dense1_W" in name or "norm2_gamma" in name for name in moved)


def test_rows_name_what_the_library_has() -> None:
    """Every row leads to a row of the library; no table is empty."""
    names = {*UNITS, *JOINT, "log_softmax"}
    assert {name for row in ACTIVATIONS.values() for name in (row.name, *row.forms.values())} < names
    assert {row.kind for row in LAYERS.values()} < set(rows("layer"))
    losses = {name for row in LOSSES.values() for name in (*row.names.values(), *row.alone.values(), row.shares)}
    assert losses - {""} < set(DENSE)
    assert {row.name for row in OPTIMIZERS} < set(rows("optimiser"))


class Own:
    """A module of somebody's own."""


def refusals() -> dict[str, tuple[Callable[[], Any], str]]:
    import torch
    from torch import nn

    x, y, S = torch.ones(2, 2), torch.ones(2, 2), nn.Sequential

    def made(module: Any, loss: Any = "MSELoss", x: Any = x, y: Any = y, **training: Any) -> Callable[[], Any]:
        return lambda: derive.from_torch(module, x, y, loss=loss, **(training or {"lr": 0.1}))

    line, other = nn.Linear(2, 2), nn.Linear(2, 2)
    empty = nn.Linear(2, 2)
    torch.nn.init.constant_(empty.weight, float("nan"))
    used = torch.optim.Adam(other.parameters())
    other(x).sum().backward()
    used.step()
    picture = torch.ones(2, 1, 4, 4)
    optim = torch.optim
    return {
        "file": (made("model.pt"), "module: expected a live module.*pass the object"),
        "path": (made(Path("model.pt")), "module: expected a live module.*pass the object"),
        "weights": (made(dict(line.state_dict())), "Weights alone do not say"),
        "own": (made(Own()), "Own, which is not PyTorch's.*as nn.Sequential"),
        "dropout": (made(S(line, nn.Dropout(0.5))), r"module\[1\]: .*module.eval\(\)"),
        "one example": (made(S(line, nn.BatchNorm1d(2)), x=x[:1], y=y[:1]), "at least two examples"),
        "groups": (
            made(S(nn.Conv2d(2, 2, 2, groups=2)), x=torch.ones(1, 2, 3, 3)),
            "y: expected targets of the shape of the outputs, 1x2x2x2",
        ),
        "pool": (made(S(nn.Conv2d(1, 1, 2), nn.MaxPool2d(2, ceil_mode=True)), x=picture), "ceil_mode = .*found True"),
        "softplus": (made(S(line, nn.Softplus(beta=2))), "beta = 1"),
        "rank": (made(S(nn.Embedding(3, 2), nn.Linear(2, 2)), x=torch.tensor([[0, 1]])), "outputs, 1x2x2, found 2x2"),
        "word": (made(S(nn.Embedding(3, 2), nn.Flatten()), x=[[0, 3]]), r"x\[0\]: expected the number of a word"),
        "gelu": (made(S(line, nn.GELU("x"))), "none or tanh, found 'x'"),
        "rate": (made(line, lr=float("nan")), "lr: expected a finite number"),
        "x": (made(line, x=None), "x: expected a batch of examples, or one, found nothing"),
        "meta": (made(nn.Linear(2, 2, device="meta")), "one on the device meta"),
        "nan": (made(empty), r"module\.weight: expected a finite number"),
        "nothing": (made(S()), "expected layers"),
        "loss": (made(line, nn.CTCLoss()), 'loss: .*found "CTCLoss"'),
        "loss's name": (made(line, "MSEloss"), 'Did you mean "MSELoss"'),
        "reduction": (made(line, nn.MSELoss(reduction="none")), "mean or sum"),
        "softmax twice": (made(S(line, nn.Softmax(1)), nn.CrossEntropyLoss()), "has a softmax inside"),
        "sigmoid twice": (made(S(line, nn.Sigmoid()), nn.BCEWithLogitsLoss()), "has a sigmoid inside"),
        "logarithms": (made(line, nn.NLLLoss(), y=torch.tensor([0, 1])), "put nn.LogSoftmax"),
        "log softmax": (made(S(line, nn.LogSoftmax(1)), nn.MSELoss()), "NLLLoss after LogSoftmax"),
        "smoothing": (made(line, nn.CrossEntropyLoss(label_smoothing=0.1), y=[0, 1]), "label_smoothing = 0.0"),
        "class": (made(line, nn.CrossEntropyLoss(), y=torch.tensor([0, 2])), r"y\[1\]: .*from 0 to 1, found 2"),
        "flat targets": (made(nn.Linear(2, 1), y=torch.ones(2)), r"y\.unsqueeze\(1\)"),
        "rows": (made(line, y=y[:1]), "expected 2 targets"),
        "no rate": (made(line, lr=None), "a learning rate or an optimizer, found neither"),
        "both": (made(line, lr=1, optimizer=used), "found both"),
        "optimizer": (made(line, optimizer=optim.Rprop(line.parameters())), 'found "Rprop".*RMSprop'),
        "option": (made(line, optimizer=optim.Adam(line.parameters(), amsgrad=True)), "usual options, found amsgrad"),
        "options": (
            made(line, optimizer=optim.SGD(line.parameters(), momentum=0.9, weight_decay=0.1)),
            "SGD with nothing, weight_decay, momentum or momentum and nesterov turned on",
        ),
        "used": (made(other, optimizer=used), "has made no step"),
        "others": (made(line, optimizer=optim.SGD(other.parameters())), "one of other parameters"),
    }


def test_what_has_no_equal_is_refused() -> None:
    """Each with a message that says where it is and what is possible."""
    need("torch")
    for name, (made, message) in refusals().items():
        with pytest.raises(InputError) as told:
            made()
        assert re.search(message, str(told.value), re.DOTALL), (name, str(told.value))


def test_the_example_of_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    need("torch")
    import torch

    (block,) = re.findall(r"```python\n(model = .*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    given = {"torch": torch, "nn": torch.nn, "derive": derive}
    exec(block, given | {"pictures": torch.rand(1, 1, 6, 6), "labels": torch.tensor([2])})
    assert "# A network from PyTorch" in capsys.readouterr().out


def test_pytorch_is_not_imported() -> None:
    """Neither by the modules nor by a call."""
    program = "import sys, derive; derive.from_torch; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
