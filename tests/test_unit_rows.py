"""Networks with every activation and every loss of the tables, in all products, and against PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import flint
import pytest
from tools import need

from derive import check, solve, worksheets
from derive.activations import ACTIVATIONS
from derive.branches import at_corner
from derive.derivation import Trace
from derive.errors import InputError
from derive.evaluation import Policy
from derive.expression import Var, leaves
from derive.losses import LOSSES
from derive.notation import NOTATIONS
from derive.program import Program
from derive.quantity import Quantity
from derive.reading import problem_from_dict
from derive.solution import Solution
from derive.spec import FORMS, Problem
from derive.variants.constraints import off_the_corner
from derive.variants.layered import NetworkExercise
from derive.variants.own import own_sheet
from derive.variants.setting import Candidate, Setting
from derive.worksheet import SheetOptions

D = Decimal
TARGETS: dict[str, Any] = {
    "": [[D("0.2"), D("0.9")]],
    "probabilities": [[0, 1]],
    "shares": [[D("0.25"), D("0.75")]],
    "signs": [[1, -1]],
    "class": [[2]],
}
JUDGED = ("z", "a", "loss", "dL/dW", "dL/dz", "da/dz")


def network(activation: str = "sigmoid", loss: str = "half_squared_error", **own: Any) -> Problem:
    """A small network whose sums lie on different sides of most corners; `own` are numbers of the activation."""
    row = LOSSES[loss]
    data: dict[str, Any] = {"inputs": [[D("0.7"), D("-0.4")]]}
    if row.targets != "none":
        data["targets"] = TARGETS[row.targets]
    hidden = {"weights": [[D("0.5"), D("-0.6")], [D("-3.1"), D("0.2")]], "biases": [D("0.1"), D("-0.2")]}
    last = {"weights": [[D("0.3"), D("0.8")], [D("-0.4"), D("0.7")]], "biases": [D("0.05"), D("0.1")]}
    last["activation"] = row.last[0] if row.last else "linear"
    return problem_from_dict(
        {
            "title": "A row",
            "network": {
                "inputs": 2,
                "layers": [{"units": 2, "activation": activation, **hidden, **own}, {"units": 2, **last}],
            },
            "data": data,
            "loss": {"name": loss},
            "training": {"learning_rate": D("0.1")},
        }
    )


NETWORKS = {
    **{f"activation {name}": {"activation": name} for name in ACTIVATIONS},
    **{f"loss {name}": {"loss": name} for name in LOSSES},
}


WAYS = [*((form, "standard") for form in FORMS), *(("chain", notation) for notation in NOTATIONS)]
FORMATS = ("tex", "html", "json", "typ")


def odd_pages(which: str, ways: Sequence[tuple[str, str]], formats: Sequence[str]) -> list[str]:
    """What no page may say; the guard compares every branch with SymPy on the way."""
    problem = network(**NETWORKS[which])
    pages = {f"{form} {notation}": solve(problem, notation, form).render("md") for form, notation in ways}
    empty = [suffix for suffix in formats if not solve(problem, detail="full").render(suffix)]
    return [f"{which}, {way}" for way, text in pages.items() if "Call(" in text or "None" in text or not text] + empty


@pytest.mark.parametrize(("at", "which"), list(enumerate(NETWORKS)))
def test_pages(at: int, which: str) -> None:
    """Every row in some forms, notations and formats; in the sweep `rows` every row in all."""
    assert odd_pages(which, WAYS[at % 3 :: 3], FORMATS[at % 4 :: 4]) == []


def values(solution: Solution) -> dict[str, str]:
    """The right numbers of a sheet."""
    return {
        name: solution.values.shown(quantity).text
        for name, quantity in solution.ids()
        if quantity.kind in JUDGED or (quantity.kind == "W" and quantity.step)
    }


@pytest.mark.parametrize("which", NETWORKS)
def test_sheets_and_checks(which: str) -> None:
    """Worksheet and key are written; right numbers are right; a wrong gradient is found where it stands."""
    problem = network(**NETWORKS[which])
    sheet = own_sheet(problem, SheetOptions())
    numbers = sheet.numbers()
    assert all(sheet.worksheet(numbers, ending) and sheet.key(numbers, ending) for ending in ("md", "html"))
    right = values(solve(problem))
    found = check(problem, right)
    assert {result.verdict for result in found.sheets[0].results} <= {"exact", "rounded"}
    wrong = right | {"dL/dW[2][0][1]": str(3 * D(right["dL/dW[2][0][1]"]) + 1)}
    first = check(problem, wrong).sheets[0].first_wrong
    assert first is not None and first.quantity.id == "dL/dW[2][0][1]"


@pytest.mark.parametrize("which", NETWORKS)
def test_sheets_rounded_on_the_way(which: str) -> None:
    """A sheet whose every result was rounded, and used rounded, is right."""
    problem = network(**NETWORKS[which])
    carried = problem.model_copy(update={"rounding": problem.rounding.model_copy(update={"carry": True})})
    found = check(problem, values(solve(carried)))
    assert {result.verdict for result in found.sheets[0].results} <= {"exact", "rounded"}


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"linear", "step"}))
def test_the_slope_of_another_activation_is_named(name: str) -> None:
    """A known mistake of all rows: the slope of the function that is taken for it, or of the sigmoid."""
    problem = network(activation=name)
    right = solve(problem)
    other = next(n for n in (ACTIVATIONS[name].mistaken_for, "sigmoid", "tanh") if n and n != name)
    taken = solve(network(activation=other))
    ids = ["da/dz[1][0]", "da/dz[1][1]"]
    slopes = {name: taken.text(name) for name in ids}
    sheet = {key: text for key, text in values(right).items() if key.startswith(("z", "a[1]", "a[2]"))} | slopes
    titles = [e.title for r in check(problem, sheet).sheets[0].results for e in r.explanations]
    verdicts = [result.verdict for result in check(problem, sheet).sheets[0].results]
    near = all(abs(D(slopes[key]) - D(right.text(key))) < D("0.002") for key in ids)
    if near or Var("a") in leaves(ACTIVATIONS[other].derivative):
        return  # nearly the same numbers, or a slope by the other function's own value, which is not on the sheet
    assert "mistake" in verdicts and titles, (other, slopes)


SETS = ("activation elu", "activation hard_tanh", "activation gelu", "loss huber", "loss hinge", "loss absolute_error")


@pytest.mark.parametrize("which", SETS)
def test_class_sets(which: str, tmp_path: Path) -> None:
    """A class set with new rows is drawn, and every right sheet of it is right."""
    found = worksheets(network(**NETWORKS[which]), variants=3, seed=7, format="md", output=tmp_path)
    assert found.count == 3 and len(list(tmp_path.rglob("*.md"))) == 6


# -- PyTorch ---------------------------------------------------------------------------------------------------

TORCH: dict[str, Callable[[Any, Any], Any]] = {
    "linear": lambda T, z: z,
    "sigmoid": lambda T, z: T.sigmoid(z),
    "tanh": lambda T, z: T.tanh(z),
    "relu": lambda T, z: T.relu(z),
    "leaky_relu": lambda T, z: T.nn.functional.leaky_relu(z, 0.01),
    "softplus": lambda T, z: T.nn.functional.softplus(z),
    "elu": lambda T, z: T.nn.functional.elu(z),
    "selu": lambda T, z: T.nn.functional.selu(z),
    "gelu": lambda T, z: T.nn.functional.gelu(z),
    "gelu_tanh": lambda T, z: T.nn.functional.gelu(z, approximate="tanh"),
    "silu": lambda T, z: T.nn.functional.silu(z),
    "mish": lambda T, z: T.nn.functional.mish(z),
    "softsign": lambda T, z: T.nn.functional.softsign(z),
    "hard_sigmoid": lambda T, z: T.nn.functional.relu6(z + 3) / 6,
    "hard_tanh": lambda T, z: T.nn.functional.hardtanh(z),
    "relu6": lambda T, z: T.nn.functional.relu6(z),
    "step": lambda T, z: (z > 0).to(T.float64) + 0 * z,
    "bipolar_sigmoid": lambda T, z: 2 * T.sigmoid(z) - 1,
    "scaled_tanh": lambda T, z: 1.7159 * T.tanh(2 * z / 3),
}
TORCH_LOSSES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "half_squared_error": lambda T, z, t: ((z - t) ** 2).sum() / 2,
    "squared_error": lambda T, z, t: ((z - t) ** 2).sum(),
    "mean_squared_error": lambda T, z, t: T.nn.functional.mse_loss(z, t),
    "absolute_error": lambda T, z, t: T.nn.functional.l1_loss(z, t),
    "huber": lambda T, z, t: T.nn.functional.huber_loss(z, t),
    "log_cosh": lambda T, z, t: T.log(T.cosh(z - t)).mean(),
    "hinge": lambda T, z, t: T.relu(1 - t * z).mean(),
    "squared_hinge": lambda T, z, t: (T.relu(1 - t * z) ** 2).mean(),
    "binary_cross_entropy": lambda T, z, t: T.nn.functional.binary_cross_entropy_with_logits(z, t, reduction="sum"),
    "categorical_cross_entropy": lambda T, z, t: T.nn.functional.cross_entropy(z, t),
    "kl_divergence": lambda T, z, t: T.nn.functional.kl_div(T.log_softmax(z, 0), t, reduction="sum"),
    "negative_log_likelihood": lambda T, z, t: T.nn.functional.cross_entropy(z, t.argmax()),
    "output": lambda T, z, t: z.sum(),
}


def test_pytorch_has_every_row() -> None:
    assert set(TORCH) == set(ACTIVATIONS) and set(TORCH_LOSSES) == set(LOSSES)


@pytest.mark.parametrize("which", NETWORKS)
def test_against_pytorch(which: str) -> None:
    """The loss, all gradients and the loss after the update are PyTorch's, to 12 digits."""
    need("torch")
    import torch

    choice = NETWORKS[which]
    problem = network(**choice)
    solution = solve(problem)

    def tensor(rows: Any) -> Any:
        return torch.tensor([[float(x) for x in row] for row in rows], dtype=torch.float64, requires_grad=True)

    one, two = problem.network.layers
    weights = [tensor(one.weights), tensor(two.weights)]
    biases = [tensor([one.biases])[0].detach().requires_grad_(), tensor([two.biases])[0].detach().requires_grad_()]
    x, t = tensor(problem.data.inputs)[0].detach(), tensor(problem.data.targets)[0].detach()

    def forward() -> Any:
        hidden = TORCH[choice.get("activation", "sigmoid")](torch, weights[0] @ x + biases[0])
        return TORCH_LOSSES[choice.get("loss", "half_squared_error")](torch, weights[1] @ hidden + biases[1], t)

    def same(quantity: Quantity, theirs: Any) -> None:
        ours = float(solution.values.significant(quantity, 20))
        assert abs(ours - float(theirs)) < 1e-12 * max(1, abs(ours)), quantity

    loss = forward()
    loss.backward()
    same(Quantity("loss"), loss)
    for number, (own, bias) in enumerate(zip(weights, biases, strict=True), 1):
        for j in range(2):
            same(Quantity("dL/db", number, j), bias.grad[j])
            for i in range(2):
                same(Quantity("dL/dW", number, j, i), own.grad[j][i])
    with torch.no_grad():
        for parameter in (*weights, *biases):
            parameter -= 0.1 * parameter.grad
        same(Quantity("loss", step=1), forward())


# -- what a file may say --------------------------------------------------------------------------------------


def test_numbers_of_rows() -> None:
    """A row's numbers are keys of the layer and of the loss; absent, the usual ones count."""
    usual, other = solve(network("elu")), solve(network("elu", alpha=D("0.5")))
    a = Quantity("a", 1, 1)
    assert 2 * Fraction(other.values.significant(a)) - Fraction(usual.values.significant(a)) < Fraction(1, 10**18)
    assert "0.5" in other.render("md")
    problem = network(loss="huber").model_dump(exclude={"name", "file"})
    problem["loss"]["threshold"] = D("0.1")
    changed = solve(problem_from_dict(problem))
    assert changed.values.significant(Quantity("loss")) != solve(network(loss="huber")).values.significant(
        Quantity("loss")
    )


# (what is changed, what the message says)
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"activation": "elu", "alpha": 0}, "layers[0].alpha: expected a number greater than 0, found 0"),
    ({"activation": "elu", "slope": D("0.1")}, "layers[0].slope: expected no slope, which belongs to leaky_relu"),
    ({"activation": "relu", "alpha": 1}, "layers[0].alpha: expected no alpha, which belongs to elu and selu"),
    ({"activation": "elu", "alpha": "1"}, "layers[0].alpha: expected a number, found"),
    ({"activation": "elu", "parameters": {"alpha": 1}}, "layers[0].parameters: expected every parameter as a key"),
    ({"activation": "eluu"}, "layers[0].activation: expected bipolar_sigmoid,"),
    ({"activation": "elu", "alfa": 1}, "layers[0].alfa: expected only these keys in network.layers[0]: units,"),
]


@pytest.mark.parametrize(("own", "message"), WRONG, ids=[message[:30] for _, message in WRONG])
def test_wrong_numbers_of_rows(own: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        network(**own)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("loss", "targets", "message"),
    [
        ("hinge", [[1, 0]], "targets[0][1]: expected a target of 1 or -1 for hinge, found 0"),
        ("negative_log_likelihood", [[3]], "targets[0]: expected the number of a class, from 1 to 2, found 3"),
        ("negative_log_likelihood", [[0]], "targets[0]: expected the number of a class, from 1 to 2, found 0"),
        ("kl_divergence", [[D("0.5"), D("0.6")]], "targets[0]: expected targets that sum to 1 for kl_divergence"),
        ("output", [[0, 1]], "data.targets: expected no targets with the loss output"),
    ],
)
def test_wrong_targets(loss: str, targets: Any, message: str) -> None:
    problem = network(loss=loss).model_dump(exclude={"name", "file"})
    problem["data"]["targets"] = targets
    with pytest.raises(InputError) as error:
        problem_from_dict(problem)
    assert message in str(error.value)


def test_classes_may_be_written_plainly() -> None:
    """A list of classes, one for each example, is the same as rows of one class, and as rows of 0 and 1."""
    problem = network(loss="negative_log_likelihood").model_dump(exclude={"name", "file"})
    found = []
    for targets in ([2], [[2]], [[0, 1]]):
        problem["data"]["targets"] = targets
        found.append(problem_from_dict(problem).data.targets)
    assert found[0] == found[1] == found[2] == ((0, 1),)


@pytest.mark.parametrize("name", [name for name, row in ACTIVATIONS.items() if row.corners])
def test_at_corners(name: str) -> None:
    """A sum exactly at a corner has a value, a derivative from the side that the row names, and a page."""
    for corner in ACTIVATIONS[name].corners:
        layer = {"units": 1, "activation": name, "weights": [[1]], "biases": [int(corner)]}
        problem = problem_from_dict(
            {
                "title": "At a corner",
                "network": {"inputs": 1, "layers": [layer, {"units": 1, "activation": "linear", "weights": [[1]]}]},
                "data": {"inputs": [[0]], "targets": [[1]]},
                "loss": {"name": "squared_error"},
                "training": {"learning_rate": D("0.1")},
            }
        )
        solution = solve(problem)
        trace: Trace = solution.trace
        step = trace.step(Quantity("a", 1, 0))
        assert at_corner(step.formula, solution.values.numbers)
        assert solution.render("md")


def test_draws_stay_off_the_corners_of_a_loss() -> None:
    """An output that rounding may take across its target, where the derivative jumps, makes no exercise."""
    problem = network(loss="absolute_error").model_dump(exclude={"name", "file"})
    output = solve(network(loss="absolute_error")).values.significant(Quantity("a", 2, 0), 6)
    found = []
    for shift in ("0.004", "0.4"):
        problem["data"]["targets"] = [[D(output) + D(shift), D("0.9")]]
        solution = solve(problem_from_dict(problem))
        asked = [Quantity("dL/dW", 1, 0, 0), Quantity("W", 1, 0, 0, step=1)]
        setting = Setting(Program(solution.trace), Policy(2), asked, NetworkExercise(solution.trace))
        with flint.ctx.workprec(setting.precision):
            found.append(off_the_corner(Candidate(setting, {})))
    assert found == ["dL/da[2][0]", None]
