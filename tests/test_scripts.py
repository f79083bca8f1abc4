"""Solutions as programs with NumPy and PyTorch: they run without derive, and every number agrees with the derivation.

NumPy's floats and PyTorch's autograd share nothing with the derivation but the formulas that are printed.
"""

import json
import os
import random
import re
import subprocess
import sys
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from random_equations import random_problem
from test_carried_equations import CASES as CARRIED
from test_equation_training import EQUATIONS, TABLES
from test_network_layers import Draw, dense, network
from tools import need

import derive
from derive.activations import ACTIVATIONS
from derive.cli import main
from derive.library import rows
from derive.reading import example_names, parse_problem
from derive.scripts import FRAMEWORKS

NETWORKS = list(example_names("networks"))
EQUATION_EXAMPLES = [name for name in example_names() if name not in NETWORKS]


def run(text: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What a script prints."""
    exec(compile(text, "script", "exec"), {"__name__": "__main__"})
    return capsys.readouterr().out.splitlines()


def wrong(said: list[str]) -> list[str]:
    return [line for line in said if not line.endswith(": ok")]


def names(said: list[str]) -> list[str]:
    return [line.partition(" = ")[0] for line in said]


@cache
def solved(name: str) -> Any:
    return derive.solve(name)


def needed(framework: str) -> None:
    if framework == "torch":
        need("torch")


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", example_names())
def test_every_number_agrees(name: str, framework: str, capsys: pytest.CaptureFixture[str]) -> None:
    needed(framework)
    text = solved(name).render(framework)
    said = run(text, capsys)
    assert len(said) > 10 and wrong(said) == []
    assert not re.search(r"\b(?:import|from) derive\b", text)
    if framework == "torch" and name != "perceptron":
        assert sum("autograd" in line for line in said) > 1


@pytest.mark.parametrize("name", EQUATION_EXAMPLES)
def test_no_number_is_left_out(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """All values that are not given, all derivatives on the way, all new numbers, of all rounds."""
    solution = solved(name)
    said = names(run(solution.render("numpy"), capsys))
    assert len(said) == len(set(said))
    parameters = set(solution.parameters)
    values = {str(one) for one in solution.ids() if one.by is None and one.owner is None}
    given = {one for one in values if re.split(r"[\[(.]", one)[0] in {*solution.system.givens}}
    assert values - given - set(said) == set()
    gradients = {str(one) for one in solution.ids() if one.by is not None and one.by.name in parameters}
    assert gradients - set(said) == set()


@pytest.mark.parametrize("name", NETWORKS)
def test_no_number_of_a_network_is_left_out(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    solution = solved(name)
    said = set(names(run(solution.render("numpy"), capsys)))
    steps = solution.problem.training.steps
    wanted = {solution.namer(solution.quantity(one)).text for one in ("loss", f"after[{steps}].loss")}
    weights = [one for one in solution.trace.givens if one.kind == "W"]
    wanted |= {
        solution.namer(one._replace(kind="dL/dW")).text for one in weights if len(solution.problem.data.inputs) == 1
    }
    wanted |= {solution.namer(one.shifted(1)).text for one in weights}
    assert wanted - said == set()


@pytest.mark.parametrize(
    ("name", "framework"), [("mazur", "numpy"), ("cnn", "numpy"), ("mazur", "torch"), ("cnn", "torch")]
)
def test_it_runs_without_derive(name: str, framework: str, tmp_path: Path) -> None:
    """In a process of its own in which nothing of derive can be loaded."""
    needed(framework)
    path = tmp_path / "script.py"
    path.write_text(solved(name).render(framework), "utf-8")
    code = f"import sys; sys.modules['derive'] = None; exec(open({str(path)!r}).read())"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, cwd=tmp_path
    )
    assert found.stderr == "" and wrong(found.stdout.splitlines()) == []


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("case", CARRIED)
def test_rounded_on_the_way(case: str, framework: str, capsys: pytest.CaptureFixture[str]) -> None:
    """NumPy rounds as the problem does; autograd cannot, so there the numbers are those without rounding."""
    needed(framework)
    text = derive.solve(CARRIED[case][0]).render(framework)
    said = run(text, capsys)
    assert len(said) > 10 and wrong(said) == []
    assert ("def rounded(" in text) is (framework == "numpy")


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("row", [row for row in rows("optimiser") if row != "perceptron"])
def test_every_optimiser(row: str, framework: str, capsys: pytest.CaptureFixture[str]) -> None:
    needed(framework)
    training: dict[str, Any] = {"optimizer": row, "learning_rate": Decimal("0.1"), "steps": 2}
    for setting, value in (("momentum", "0.9"), ("weight_decay", "0.05")):
        if setting in rows("optimiser")[row].settings:
            training[setting] = Decimal(value)
    tables = {"title": row, "model": {"equations": EQUATIONS, "loss": "L"}, "training": training, **TABLES}
    said = run(derive.solve(tables).render(framework), capsys)
    assert len(said) > 30 and wrong(said) == []


ONE_UNIT = """title = "x"
[network]
inputs = 1
[[network.layers]]
units = 2
activation = "ACTIVATION"
weights = [[0.7], [-0.4]]
[[network.layers]]
units = 1
activation = "linear"
weights = [[1.5, -0.5]]
[data]
inputs = [[0.9]]
targets = [[0.25]]
[loss]
name = "half_squared_error"
[training]
learning_rate = 0.5
"""


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "step"])
def test_every_activation_by_autograd(activation: str, capsys: pytest.CaptureFixture[str]) -> None:
    need("torch")
    text = derive.solve(parse_problem(ONE_UNIT.replace("ACTIVATION", activation))).render("torch")
    said = run(text, capsys)
    assert len(said) > 10 and wrong(said) == []


def kinds() -> dict[str, dict[str, Any]]:
    """Networks with layers of several kinds."""
    draw = Draw(5)
    kernel = {"kind": "conv2d", "weights": draw(2, 2), "biases": draw(), "activation": "relu"}
    window = {"kind": "max_pool", "window": 2, "stride": 1}
    layer = {"kind": "layer_norm", "gamma": draw(4), "beta": draw(4)}
    batch = {"kind": "batch_norm", "gamma": draw(3), "beta": draw(3)}
    one, two = [draw(3)], [draw(2), draw(2)]
    sharing = {"targets": [[1, 0], [0, 1]], "loss": "categorical_cross_entropy"}
    return {
        "convolution": network([draw(4, 4)], kernel, window, {"kind": "flatten"}, dense(draw, 4, 2), targets=[[1, 0]]),
        "normalised": network(
            one, dense(draw, 3, 4, "gelu"), layer, dense(draw, 4, 1, "elu"), targets=[[1]], optimizer="adam"
        ),
        "examples": network(two, dense(draw, 2, 3, "softplus"), batch, dense(draw, 3, 2, "softmax"), **sharing),
    }


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", kinds())
def test_layers_of_the_library(name: str, framework: str, capsys: pytest.CaptureFixture[str]) -> None:
    needed(framework)
    said = run(derive.solve(kinds()[name]).render(framework), capsys)
    assert len(said) > 20 and wrong(said) == []


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("seed", range(12))
def test_random_equations(seed: int, framework: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Conditions, padding, tables of indices, maxima over ranges, nested sums, recurrences, softmaxes."""
    needed(framework)
    drawn = random_problem(random.Random(f"script-{seed}"))
    model = {"equations": drawn.text, "first_index": drawn.first}
    said = run(derive.solve({"title": "Drawn", **drawn.tables_of(), "model": model}).render(framework), capsys)
    assert len(said) > 3 and wrong(said) == []


def test_a_wrong_formula_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    """A kernel that is turned gives other numbers, and so does all that follows."""
    text = solved("cnn").render("numpy")
    broken = text.replace("I[r + u, c + v]", "I[r + u, c + 1 - v]")
    assert broken != text
    differs = {line.partition("[")[0] for line in run(broken, capsys) if line.endswith("DIFFERS")}
    assert {"O", "A", "M"} <= differs


def test_a_wrong_derivative_is_seen_by_autograd(capsys: pytest.CaptureFixture[str]) -> None:
    """The number of autograd is compared as well: it is another one where the loss is another one."""
    need("torch")
    text = solved("mazur").render("torch")
    broken = text.replace("autograd(E, w5)", "autograd(E, w6)")
    assert broken != text
    assert names(wrong(run(broken, capsys))) == ["dE/dw5"]


def cells(solution: Any) -> list[dict[str, Any]]:
    return json.loads(solution.render("ipynb"))["cells"]


@pytest.mark.parametrize("name", EQUATION_EXAMPLES)
def test_the_notebook_holds_the_same(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Below each chapter the cells of its equations; they print what the script prints."""
    book = cells(solved(name))
    code = ["".join(cell["source"]) for cell in book if cell["cell_type"] == "code"][1:]
    said = run("\n".join(code), capsys)
    assert wrong(said) == [] and said == run(solved(name).render("numpy"), capsys)
    where = {cell["id"].rpartition("-code")[0] for cell in book if "-code-" in cell["id"]}
    headings = {cell["id"]: cell["source"][0] for cell in book if cell["cell_type"] == "markdown"}
    titles = " ".join(headings[one] for one in where)
    assert "Forward pass" in titles and ("Backward pass" in titles or name == "perceptron")


def test_the_notebook_is_one() -> None:
    nbformat = pytest.importorskip("nbformat")
    for name in ("rnn", "adam"):
        nbformat.validate(nbformat.reads(solved(name).render("ipynb"), as_version=4))


def test_files(tmp_path: Path) -> None:
    """They are called .py, written again, and never over something else."""
    from click.testing import CliRunner

    arguments = ["solve", "rnn", "--format", "numpy,torch", "-o", str(tmp_path)]
    for _ in range(2):
        found = CliRunner().invoke(main, arguments)
        assert found.exit_code == 0, found.output
    assert {path.name for path in tmp_path.iterdir()} == {"rnn.solution.numpy.py", "rnn.solution.torch.py"}
    (tmp_path / "rnn.solution.numpy.py").write_text("print('mine')", "utf-8")
    found = CliRunner().invoke(main, arguments)
    assert found.exit_code == 2 and "--force" in found.output


HOSTILE = ['""" + exit() + """', "\\n raise SystemExit", "# {exit()}"]


@pytest.mark.parametrize("title", HOSTILE)
def test_words_stay_comments(title: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A title and the words behind an equation are never code."""
    tables = {
        "title": title,
        "inputs": {"x": 2},
        "model": {"equations": "f = x^2   # raise SystemExit", "loss": "f"},
    }
    said = run(derive.solve(tables).render("numpy"), capsys)
    assert names(said) == ["f", "df/dx"] and wrong(said) == []


def test_names_of_python_and_of_the_script(capsys: pytest.CaptureFixture[str]) -> None:
    """Quantities that are called as words of Python, or as what the script uses, get other names there."""
    tables = {
        "title": "Names",
        "inputs": {"x": [1, 2], "np": 3},
        "parameters": {"lambda": 2, "number": 5},
        "model": {
            "equations": "compare[k] = lambda*x[k]*np + number\nrange = sum(compare[k]^2 for k)",
            "loss": "range",
        },
        "training": {"learning_rate": Decimal("0.01")},
    }
    said = run(derive.solve(tables).render("numpy"), capsys)
    assert len(said) > 5 and wrong(said) == []


def test_scripts_are_the_same_in_every_run() -> None:
    """Names of loops come from no set, whose order differs from run to run."""
    code = "import derive; print(derive.solve('attention').render('numpy'), derive.solve('cnn').render('numpy'))"
    made = set[bytes]()
    for seed in ("0", "2", "5"):
        run = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        made.add(run.stdout)
    assert len(made) == 1 and b"dL_dS" in made.pop()
