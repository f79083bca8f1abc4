"""Work on problems that are given by equations: right work is right, a wrong step is found and named."""

import contextlib
import math
import random
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from random_equations import random_problem

from derive.check import check
from derive.cli import main
from derive.errors import InputError, ProgramFault
from derive.expression import Const, Mul, Node
from derive.solution import problem_of, solve
from derive.stepwise import Stepwise
from derive.subject import subject
from derive.trace import roles
from derive.trace.names import Pure
from derive.variants.own import own_sheet
from derive.work.elements import ElementNames
from derive.worked import WorkedModel
from derive.worksheet import SheetOptions

NEURON = """
title = "A neuron"
[inputs]
x = [1, 2]
t = 0.5
[parameters]
w = [0.3, -0.4]
b = 0.1
[model]
equations = \"\"\"
z = sum(w*x) + b
a = sigmoid(z)
L = (a - t)^2
\"\"\"
[training]
optimizer = "gradient_descent"
learning_rate = 0.5
"""
PATHS = """
title = "Two paths"
[inputs]
x = 3
y = -2
[model]
equations = \"\"\"
q = x + y
r = x*q
f = q*r - 4*x
\"\"\"
"""


@pytest.fixture
def neuron(tmp_path: Path) -> Path:
    path = tmp_path / "neuron.toml"
    path.write_text(NEURON, "utf-8")
    return path


@pytest.fixture
def paths(tmp_path: Path) -> Path:
    path = tmp_path / "paths.toml"
    path.write_text(PATHS, "utf-8")
    return path


def by_hand() -> dict[str, str]:
    """The neuron worked with floats, to six decimals."""
    z = 0.3 * 1 - 0.4 * 2 + 0.1
    a = 1 / (1 + math.exp(-z))
    da = 2 * (a - 0.5)
    dz = da * a * (1 - a)
    found = {"z": z, "a": a, "L": (a - 0.5) ** 2, "dL/da": da, "dL/dz": dz, "dL/db": dz}
    found |= {"dL/dw[1]": dz, "dL/dw[2]": 2 * dz, "w1+": 0.3 - 0.5 * dz, "w_new[2]": -0.4 - 0.5 * 2 * dz}
    return {name: f"{value:.6f}" for name, value in found.items()}


def test_work_by_hand_is_right(neuron: Path) -> None:
    """Every value of a calculation that knows nothing of the program."""
    sheet = check(neuron, by_hand()).sheets[0]
    assert len(sheet.results) == 10
    assert {result.verdict for result in sheet.results} <= {"exact", "rounded"}


def wrong_values() -> dict[str, tuple[str, float, str]]:
    """By the mistake: where it is made, and what it gives, worked with floats."""
    a = 1 / (1 + math.exp(0.4))
    da = 2 * (a - 0.5)
    dz = da * a * (1 - a)
    return {
        "slope forgotten": ("dL/dz", da, "local-left-out"),
        "input forgotten": ("dL/dw[2]", dz, "local-left-out"),
        "added": ("w_new[2]", -0.4 + 0.5 * 2 * dz, "step-added"),
        "factors added": ("dL/dw[2]", dz + 2, "chain-factors-added"),
    }


@pytest.mark.parametrize("case", sorted(wrong_values()))
def test_a_wrong_step_is_found_and_named(neuron: Path, case: str) -> None:
    """The value is the first wrong one, and the mistake is told, on a sheet that ends there."""
    where, number, named = wrong_values()[case]
    right = by_hand()
    sheet = {name: right[name] for name in list(right)[: list(right).index(where)]} | {where: f"{number:.6f}"}
    first = check(neuron, sheet).sheets[0].first_wrong
    assert first is not None and first.given == f"{number:.6f}"
    assert named in [one.key for one in first.explanations]


def test_a_lost_path_is_named(paths: Path) -> None:
    """x is used three times: df/dx = r + q*q - 4 and more; each path is a number of its own."""
    # q = 1, r = 3, f = 3 - 12; df/dq = r + q*x = 6, df/dr = q = 1, df/dx = df/dq + df/dr*q - 4 = 3
    right = {"q": "1", "r": "3", "f": "-9", "df/dr": "1", "df/dq": "6", "df/dy": "6", "df/dx": "3"}
    assert check(paths, right).sheets[0].all_right
    first = check(paths, right | {"df/dx": "2"}).sheets[0].first_wrong  # without the path through r
    assert first is not None and "one-path-missing" in [one.key for one in first.explanations]


# q = x + y = 1, r = x*q = 3, f = q*r - 4*x; a name, what is written for it, and the mistake or the verdict
SHORT = (
    ("dq/dx", "1", "exact"),
    ("∂q/∂y", "1", "exact"),
    (r"\frac{\partial r}{\partial q}", "3", "exact"),
    ("dr/dx", "1.0", "exact"),
    ("∂q/∂x", "-2", "sum-as-product"),
    ("dr/dq", "1", "own-factor"),
    ("dr/dx", "-1", "other-sign"),
    ("dr/dq", "0.1", "wrong"),
)


@pytest.mark.parametrize(("name", "written", "said"), SHORT)
def test_local_derivatives_that_are_numbers_or_names(paths: Path, name: str, written: str, said: str) -> None:
    """That of a sum is 1, that of a product the other factor: neither is a step, and both are judged."""
    (result,) = check(paths, {name: written}).sheets[0].results
    assert said in (result.verdict, *[one.key for one in result.explanations])


# Beside a value that is wrong, what follows from it: by a local derivative, and by a gradient of 1
AFTER_SHORT = (
    (PATHS, {"q": "1", "r": "3", "∂r/∂q": "1", "df/dq": "4"}, {"∂r/∂q": "mistake", "df/dq": "follows"}),
    ("circuit", {"df/dr": "-1", "df/de": "-2"}, {"df/dr": "mistake", "df/de": "follows"}),
    ("circuit", {"df/dr": "1", "df/de": "-2"}, {"df/dr": "exact", "df/de": "mistake"}),
    (
        "circuit",
        {"∂s/∂x": "2", "df/ds": "-2.5066", "df/dx via s": "-5.0132"},
        {"∂s/∂x": "slip", "df/dx via s": "follows"},
    ),
)


@pytest.mark.parametrize(("problem", "written", "verdicts"), AFTER_SHORT)
def test_what_follows_from_a_wrong_number_one(
    tmp_path: Path, problem: str, written: dict[str, str], verdicts: dict[str, str]
) -> None:
    """One wrong step is counted once, though its right value is left out of products."""
    file = problem
    if "\n" in problem:
        (tmp_path / "problem.toml").write_text(problem, "utf-8")
        file = str(tmp_path / "problem.toml")
    found = {result.quantity.id: result.verdict for result in check(file, written).sheets[0].results}
    assert found == dict.fromkeys(written, "exact") | verdicts


SPELLINGS = (
    ("w1", "w[1]"),
    ("w_{2}", "w[2]"),
    ("w[2]", "w[2]"),
    ("dL/dw_1", "dL/dw[1]"),
    (r"\frac{\partial L}{\partial w_{1}}", "dL/dw[1]"),
    ("dw[1]", "dL/dw[1]"),
    ("grad_w[2]", "dL/dw[2]"),
    ("w.grad[2]", "dL/dw[2]"),
    (r"\bar z", "dL/dz"),
    ("w1+", "after[1].w[1]"),
    ("after[1].b", "after[1].b"),
)


@pytest.mark.parametrize(("written", "meant"), SPELLINGS)
def test_the_usual_spellings_are_read(neuron: Path, written: str, meant: str) -> None:
    """Names as people write them."""
    values = Stepwise(WorkedModel(solve(neuron).problem)).exact
    number = next(values.significant(one, 8) for one in values.numbers if one.id == meant)
    found = check(neuron, {written: number}).sheets[0].results
    assert [result.quantity.id for result in found] == [meant]


def test_whole_arrays_are_read(neuron: Path) -> None:
    """A row of numbers for a whole array, and a formula."""
    work = neuron.with_name("work.txt")
    work.write_text("w = [0.3, -0.4]\ndL/dw = [-0.047422, -0.094843]\ndL/dz = dL/da * a * (1 - a)\n", "utf-8")
    results = check(neuron, work).sheets[0].results
    assert [(r.quantity.id, r.verdict in ("exact", "rounded")) for r in results if not r.symbolic] == [
        ("w[1]", True),
        ("w[2]", True),
        ("dL/dw[1]", True),
        ("dL/dw[2]", True),
    ]
    assert [(r.quantity.id, r.verdict) for r in results if r.symbolic] == [("dL/dz", "exact")]


STATES = {
    "title": "Two units over two steps, trained twice with momentum",
    "inputs": {"x": [1, -1]},
    "parameters": {"w": [Decimal("0.5"), Decimal("-0.5")]},
    "model": {"equations": "h[0,j] = 0 for j in 1..2\nh[k,j] = tanh(w[j]*x[k] + h[k-1,j])\nL = sum(h[2,j]^2 for j)"},
    "training": {"learning_rate": Decimal("0.1"), "optimizer": "momentum", "momentum": Decimal("0.5"), "steps": 2},
}
PARTS = (
    # a line, and the elements that it states in their order
    ("h[1] = [0.4, -0.4]", ["h[1,1]", "h[1,2]"]),
    ("h_1 = [0.4, -0.4]", ["h[1,1]", "h[1,2]"]),
    ("h_{1} = (0.4, -0.4)", ["h[1,1]", "h[1,2]"]),
    (r"\mathbf{h}_1 = [0.4, -0.4]", ["h[1,1]", "h[1,2]"]),
    ("dL/dh[1] = [0.1, 0.2]", ["dL/dh[1,1]", "dL/dh[1,2]"]),
    ("dh[1] = [0.1, 0.2]", ["dL/dh[1,1]", "dL/dh[1,2]"]),
    ("w_new = [0.1, 0.2]", ["after[1].w[1]", "after[1].w[2]"]),
    ("after[2].w = [0.1, 0.2]", ["after[2].w[1]", "after[2].w[2]"]),
    ("after[1].v(w) = [0.1, 0.2]", ["after[1].v(w[1])", "after[1].v(w[2])"]),
    ("after[1].h[2] = [0.1, 0.2]", ["after[1].h[2,1]", "after[1].h[2,2]"]),
    ("after[1].dL/dw = [0.1, 0.2]", ["after[1].dL/dw[1]", "after[1].dL/dw[2]"]),
    ("dh[1,2]/dh[0,2] = 0.8", ["∂h[1,2]/∂h[0,2]"]),
)


@pytest.mark.parametrize(("line", "meant"), PARTS)
def test_rows_of_arrays_are_read(tmp_path: Path, line: str, meant: list[str]) -> None:
    """Whose last indices a name leaves out is a row; several such lines are no table, for all their commas."""
    path = tmp_path / "work.txt"
    for text in (line, f"{line}\nh[2] = [0.1, 0.2]\n"):
        path.write_text(text, "utf-8")
        (sheet,) = check(STATES, path).sheets
        assert not sheet.faults
        found = {result.quantity.id: result.given for result in sheet.results}
        assert found.keys() == {*meant, *(("h[2,1]", "h[2,2]") if text != line else ())}


def test_a_row_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "work.txt"
    for line in ("h[3] = [0.1, 0.2]", "after[3].w = [0.1, 0.2]", "h[1] = [0.1, 0.2, 0.3]", "x[1] = [1, 2]"):
        path.write_text(f"{line}\nL = 0.2\n", "utf-8")
        (sheet,) = check(STATES, path).sheets
        assert len(sheet.faults) == 1 and len(sheet.results) == 1


def test_elements_with_two_indices_stand_in_formulas() -> None:
    """The comma of `h[0,2]` separates its indices and nothing else."""
    right, wrong = "tanh(w[2]*x[1] + h[0,2])", "tanh(w[2]*x[2] + h[0,2])"
    for formula, verdict in ((right, "exact"), (wrong, "mistake")):
        (result,) = check(STATES, {"h[1,2]": formula}).sheets[0].results
        assert result.symbolic and result.verdict == verdict


FILES = sorted((Path(__file__).parent / "data" / "equations").glob("*.toml"))
SOME = [*FILES, *range(12)]


@pytest.mark.parametrize("one", SOME, ids=[getattr(one, "stem", f"random-{one}") for one in SOME])
def test_steps_have_the_numbers_of_the_equations(one: Path | int) -> None:
    """The steps of every problem agree with what its equations give, and a sheet of these numbers is right."""
    if isinstance(one, int):
        drawn = random_problem(random.Random(f"steps-{one}"))
        model = {"equations": drawn.text, "first_index": drawn.first}
        solution = solve({"title": "Drawn", **drawn.tables_of(), "model": model})
    else:
        solution = solve(one)
    assert isinstance(solution, WorkedModel)
    steps = Stepwise(solution)
    values = {key: text for key, text in solution.values(8).items() if "e" not in text and "±" not in text}
    some = dict(list(values.items())[:: max(1, len(values) // 40)])
    sheet = check(steps, some).sheets[0]
    assert [result for result in sheet.results if not result.right] == []


def test_a_broken_step_is_a_fault_of_the_program(neuron: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the steps give another number than the equations, nothing is judged."""
    original = roles.written_out

    def doubled(node: Node, functions: Mapping[str, Pure]) -> Node:
        found = original(node, functions)
        return Mul((found, Const(Fraction(2)))) if isinstance(found, Mul) else found

    monkeypatch.setattr(roles, "written_out", doubled)
    with pytest.raises(ProgramFault):
        subject(neuron)


def test_the_command(neuron: Path) -> None:
    """Exit codes as for networks: 0 right, 1 with findings, 2 for what cannot be read."""
    run, work = CliRunner(), neuron.with_name("work.csv")
    for text, code in (("z,-0.4\na,0.401312\n", 0), ("z,-0.4\na,0.5\n", 1), ("q,1\n", 2)):
        work.write_text(text, "utf-8")
        assert run.invoke(main, ["check", str(neuron), str(work)]).exit_code == code


def test_looking_ahead(neuron: Path) -> None:
    """Gradients that an update takes elsewhere are asked on the sheet as a part of the update, and judged."""
    text = NEURON.replace('"gradient_descent"', '"nesterov"').replace('0.5\n"""', "0.5")
    neuron.write_text(text + "momentum = 0.9\n", "utf-8")
    solution = solve(neuron)
    asked = [box.quantity.id for box in own_sheet(problem_of(neuron), SheetOptions()).boxes]
    update = asked[asked.index("after[1].at(w[1])") :]
    assert [one for one in update if one in ("ahead.z", "after[1].g(w[1])", "after[1].w[1]")] == [
        "ahead.z",
        "after[1].g(w[1])",
        "after[1].w[1]",
    ]
    answers = {one: solution.digits(one, 8) for one in asked if "ahead" not in one}
    answers["ahead.z"] = answers["z"]  # the velocity begins at 0
    assert {one.verdict for one in check(neuron, answers).sheets[0].results} == {"exact"}


def test_too_many_numbers_are_refused() -> None:
    """A problem that `values` works out in a second would take minutes step by step."""
    rows = [[1] * 100 for _ in range(100)]
    tables = {"title": "Large", "inputs": {"x": [1] * 100}, "parameters": {"W": rows}}
    with pytest.raises(InputError, match="at most 8000 numbers"):
        check({**tables, "model": {"equations": "y = W@x\nL = sum(y)"}}, {"y[1]": "100"})


LAYER = {
    "title": "A layer",
    "inputs": {"x": [1, 2, -1]},
    "parameters": {"W": [[1, 2, 0], [3, -1, 1]]},
    "targets": {"t": [1, 0]},
    "model": {"equations": "z = W@x\na = tanh(z)\nL = sum((a - t)^2)"},
}
# what is written, and whether it is right; elements of the other arrays stand in it
WHOLES = (
    ("dL/dW", "dL/dz @ x^T", True),
    ("dL/dW", "outer(dL/dz, x)", True),
    ("dL/dW[i,j]", "dL/dz[i]*x[j]", True),
    ("dL/dW[i,j]", "dL/dz[i]*dL/dx[j]", False),
    ("dW", "dz x^T", True),
    (r"\frac{\partial L}{\partial W}", r"\frac{\partial L}{\partial z} x^T", True),
    ("dL/dx", "W.T @ dL/dz", True),
    ("dL/dx", "W.T @ dL/da", False),
    ("dL/dz", "dL/da*(1 - a^2)", True),
    ("dL/dz", "2*(a - t)*(1 - a^2)", True),
    ("dL/dz", "2*(a - t)*(1 - a)", False),
    ("z[i]", "sum(W[i,k]*x[k] for k)", True),
    ("z", "W @ x", True),
)


@pytest.mark.parametrize(("left", "right", "good"), WHOLES, ids=[f"{left} = {right}" for left, right, _ in WHOLES])
def test_equations_of_whole_arrays(left: str, right: str, good: bool) -> None:
    """Matrix products, transposes and letters: every element is compared with the derivation."""
    results = check(LAYER, {left: right}).sheets[0].results
    assert len(results) == {"W": 6, "x": 3}.get(next(c for c in reversed(left) if c in "Wxz"), 2)
    assert all(result.symbolic for result in results)
    assert all(result.verdict == "exact" for result in results) == good


def test_shapes_that_do_not_fit_are_told() -> None:
    """The transpose that is missing is named by what does not fit."""
    with pytest.raises(InputError) as error:
        check(LAYER, {"dL/dx": "W @ dL/dz"})
    assert "W@" in str(error.value).replace(" ", "") or "3" in str(error.value)


def test_any_text_is_read_or_refused() -> None:
    """What strangers write is a formula, or one message."""
    rng = random.Random("wholes")
    names, signs = ["dL/dW", "dL/dz", "x", "W", "i", "j", "2", "1e999"], ["@", ".T", "^T", "(", ")", "[", "]", ","]
    pieces = [*names, *signs, "+", "-", "*", "/", "sum(", "for", "=", "outer(", "\\frac{", "}", "tanh", "'", "[[1,2]"]
    for _ in range(300):
        text = "".join(rng.choice(pieces) + rng.choice(["", " "]) for _ in range(rng.randint(1, 12)))
        with contextlib.suppress(InputError):
            check(LAYER, {rng.choice(["dL/dW", "dL/dx", "z[i]", "dW[i,j]"]): text})


def test_a_problem_says_what_letters_mean() -> None:
    """A table [names] is read as that of a network is: what writers call an element, by its name or its id."""
    tables: dict[str, object] = {
        "title": "A neuron",
        "inputs": {"x": [1, 2]},
        "parameters": {"w": [3, 4]},
        "model": {"equations": "s = sum(w[i]*x[i] for i)\nL = s^2"},
        "names": {"net": "s", "slope 1": "dL/dw[1]"},
    }
    results = check(tables, {"net": "11", "slope 1": "22"}).sheets[0].results
    assert [(one.quantity.id, one.verdict) for one in results] == [("s", "exact"), ("dL/dw[1]", "exact")]
    with pytest.raises(InputError, match=r'names, "net": expected a quantity of this problem'):
        check(tables | {"names": {"net": "r"}}, {"net": "11"})


SETTINGS = [
    ({"optimizer": "momentum", "momentum": "0.9"}, {}, {"eta", "mu"}),
    ({"optimizer": "adam"}, {}, {"eta", "beta_1", "beta_2", "epsilon"}),
    ({"decay": {"kind": "inverse_time", "rate": "0.5"}}, {}, {"eta", "kappa", "eta_1"}),
    ({}, {"eta": 3}, {"learning_rate"}),
    ({}, {"learning_rate": 3}, {"eta"}),
]


@pytest.mark.parametrize(("training", "constants", "expected"), SETTINGS)
def test_settings_are_called_by_their_letters(
    training: dict[str, object], constants: dict[str, object], expected: set[str]
) -> None:
    """As on the pages, without the table of the file, apart from the author's names, and read as they are printed."""
    found = subject(
        {
            "title": "A",
            "parameters": {"w": 2},
            "constants": constants,
            "model": {"equations": "L = w^2" + "".join(f" + {name}" for name in constants)},
            "training": {"learning_rate": "0.1"} | training,
        }
    )
    settings = {one: found.namer(one).text for key, one in found.ids() if key.startswith("training.")}
    assert set(settings.values()) == expected
    assert len({found.namer(one).text for _, one in found.ids()}) == len(list(found.ids()))
    assert {one: ElementNames(found).find(text) for one, text in settings.items()} == {one: one for one in settings}


ERRORS = {
    "title": "A mean of errors",
    "inputs": {"x": ["0.5", "-1.2", "2.1"]},
    "parameters": {"w": "0.7"},
    "targets": {"t": ["0.1", "0.4", "0.9"]},
    "model": {"equations": "y[n] = w*x[n]\nL = mean((y[n] - t[n])^2 for n)"},
}


@pytest.mark.parametrize("order", [(1, 2, 3), (2, 3, 1)])
def test_the_first_wrong_step_of_an_array_is_the_first_on_the_sheet(order: tuple[int, ...], tmp_path: Path) -> None:
    """The sweep comes to the last element first; none of them needs another one."""
    doubled = {1: "0.5", 2: "-2.48", 3: "1.14"}  # not divided by 3
    lines = "".join(f"dL/dy[{n}],{doubled[n]}\n" for n in order)
    (tmp_path / "work.csv").write_text(f"quantity,value\n{lines}", "utf-8")
    first = check(ERRORS, tmp_path / "work.csv").sheets[0].first_wrong
    assert first is not None and (first.quantity.id, first.line) == (f"dL/dy[{order[0]}]", 2)
    assert [one.key for one in first.explanations] == ["share-left-out"]


def test_what_comes_back_through_a_recurrence_is_wrong_first_where_it_begins(tmp_path: Path) -> None:
    """Here the sheet's order does not count: the derivative of an earlier step is made from that of a later one."""
    problem = {
        "title": "A recurrence",
        "parameters": {"u": "0.8"},
        "model": {"equations": "h[0] = 1\nh[k] = u*h[k-1] for k in 1..3\nL = h[3]^2"},
    }
    (tmp_path / "work.csv").write_text("quantity,value\ndL/dh[1],0.5\ndL/dh[2],1.6384\ndL/dh[3],2.048\n", "utf-8")
    first = check(problem, tmp_path / "work.csv").sheets[0].first_wrong
    assert first is not None and first.quantity.id == "dL/dh[3]"
