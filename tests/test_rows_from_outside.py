"""To add an activation, a loss, an optimiser, a layer kind or a notation is one row: here each is added from outside.

No file of the package knows these rows, and every product does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tools.needs import ROOT

from derive import check, library, solve
from derive.errors import InputError, ProgramFault
from derive.expression import Cases, Ref
from derive.model import model_from_dict, solve_model
from derive.notation import NOTATIONS, Name
from derive.quantity import Quantity
from derive.reading import problem_from_dict
from derive.spec import FORMS
from derive.spec.schema import problem_schema
from derive.variants.own import own_sheet
from derive.work.formula import read_formula
from derive.work.names import Names
from derive.worksheet import SheetOptions

D = Decimal
ACTIVATION = r"""
about = "negative numbers level off at -depth, and positive ones are steeper"
equations = "lifted(x, depth, rise) = if(x > 0, rise*x, depth*(exp(x) - 1))"
source = "a test"
[numbers]
depth = "0.5"
rise = "1.5"
[unit]
words = "the lifted exponential unit"
letter = ['\operatorname{lift}', "lift"]
derivative = "if(x > 0, rise, depth*exp(x))"
worked = [["if(x > 0, rise, depth*exp(x))", "differentiate each case"]]
note = "At exactly 0 the left side is used."
mistaken_for = "elu"
[unit.limits]
depth = ["0", ""]
"""
LOSS = r"""
about = "the square of small errors, a straight line beyond the bend"
equations = '''
L = {gather}(if(abs(y[j] - t[j]) <= bend, (y[j] - t[j])^2, bend*(2*abs(y[j] - t[j]) - bend)) for j)
'''
source = "a test"
[numbers]
bend = "0.4"
[options.reduction]
sum = { gather = "sum" }
mean = { gather = "mean" }
[dense]
words = "the bent square"
derivative = "if(abs(y - t) <= bend, 2*(y - t), 2*bend*sign(y - t))"
worked = [["if(abs(y - t) <= bend, 2*(y - t), 2*bend*sign(y - t))", "differentiate each case"]]
[dense.limits]
bend = ["0", ""]
"""
OPTIMISER = """
about = "Adam without correction, whose step is bounded"
settings = ["learning_rate", "beta1", "beta2", "floor"]
equations = '''
state m = 0, v = 0
m' = beta1*m + (1-beta1)*g              # an average of the gradients
v' = beta2*v + (1-beta2)*g^2            # an average of their squares
p' = p - learning_rate*m'/sqrt(v' + floor)
'''
[numbers]
beta1 = "0.5"
beta2 = "0.75"
floor = "0.01"
"""
LAYER = """
about = "every number times a weight of its own"
equations = '''
y[j] = w[j]*x[j]     # weighed one by one
'''
[network]
short = "scale"
input = "x"
output = "y"
keys = { w = "weights" }
shapes = { x = ["j"], w = ["j"], y = ["j"] }
"""


@pytest.fixture
def added() -> Iterator[None]:
    """One row of every kind, for the time of a test."""
    library.add("function", "lifted", ACTIVATION)
    library.add("loss", "bent_square", LOSS)
    library.add("optimiser", "bounded", OPTIMISER)
    library.add("layer", "scaling", LAYER)
    standard = NOTATIONS["standard"]
    letters = {"loss": Name(r"Q<^>", "Q<^>"), "W": Name(r"\theta^{(<l>)<,>}_ {<ji>}", "theta<l>_<ji><^>")}
    NOTATIONS["thetas"] = replace(
        standard, key="thetas", title="thetas for weights", names={**standard.names, **letters}
    )
    yield
    for kind, name in (("function", "lifted"), ("loss", "bent_square"), ("optimiser", "bounded"), ("layer", "scaling")):
        library.drop(kind, name)
    del NOTATIONS["thetas"]


def network(**changes: Any) -> dict[str, Any]:
    hidden = {"weights": [[D("0.5"), D("-0.6")], [D("-3.1"), D("0.2")]], "biases": [D("0.1"), D("-0.2")]}
    last = {"weights": [[D("0.3"), D("0.8")], [D("-0.4"), D("0.7")]], "biases": [D("0.05"), D("0.1")]}
    return {
        "title": "Rows from outside",
        "notation": "thetas",
        "network": {
            "inputs": 2,
            "layers": [
                {"units": 2, "activation": "lifted", "rise": 2} | hidden,
                {"units": 2, "activation": "linear"} | last,
            ],
        },
        "data": {"inputs": [[D("0.7"), D("-0.4")]], "targets": [[D("0.2"), D("0.9")]]},
        "loss": {"name": "bent_square", "bend": D("0.3")},
        "training": {"learning_rate": D("0.1")},
        **changes,
    }


@pytest.mark.usefixtures("added")
@pytest.mark.parametrize("form", FORMS)
def test_solve(form: str) -> None:
    """A network with the new activation, loss and notation is solved, guarded and written in every format."""
    solution = solve(problem_from_dict(network()), form=form)
    text = solution.render("md")
    for words in ("the lifted exponential unit", "the bent square", r"\theta^{(1)}_ {11}", r"\mathrm{lift}", "Q"):
        assert words in text, words
    for suffix in ("tex", "html", "json", "typ", "ipynb"):
        assert solution.render(suffix)
    assert "lifted" in problem_schema()["$defs"]["Layer"]["properties"]["activation"]["enum"]
    assert {"depth", "rise"} <= problem_schema()["$defs"]["Layer"]["properties"].keys()


@pytest.mark.usefixtures("added")
def test_worksheet_and_check() -> None:
    """Its worksheet and key are written; the right sheet is right, and a wrong step is found and named."""
    problem = problem_from_dict(network())
    sheet = own_sheet(problem, SheetOptions())
    numbers = sheet.numbers()
    assert all(sheet.worksheet(numbers, ending) and sheet.key(numbers, ending) for ending in ("md", "html"))
    solution = solve(problem)
    right = {name: solution.values.shown(q).text for name, q in solution.ids() if q.kind in ("z", "a", "loss", "dL/dW")}
    assert {result.verdict for result in check(problem, right).sheets[0].results} <= {"exact", "rounded"}
    plain = solve(problem_from_dict(network(network=with_activation("elu"))))
    wrong = {"z[1][0]": right["z[1][0]"], "z[1][1]": right["z[1][1]"], "a[1][1]": plain.text("a[1][1]")}
    first = check(problem, wrong).sheets[0].first_wrong
    assert first is not None and first.verdict == "mistake"
    assert first.explanations[0].title == "another activation function"


@pytest.mark.usefixtures("added")
def test_students_may_name_the_function() -> None:
    """In a formula the function is called by its name: at a sum it is the unit's own, elsewhere the usual one."""
    names = Names(solve(problem_from_dict(network(notation="standard"))))
    assert read_formula("lifted(z1_1)", names) == Ref(Quantity("a", 1, 0))
    assert read_formula("lifted'(z1_1)", names) == Ref(Quantity("da/dz", 1, 0))
    assert isinstance(read_formula("lifted(0.5)", names), Cases)
    assert isinstance(read_formula("elu(z1_1)", names), Cases)


def with_activation(name: str) -> dict[str, Any]:
    table = network()["network"]
    table["layers"][0] = {k: v for k, v in table["layers"][0].items() if k != "rise"} | {"activation": name}
    return dict(table)


@pytest.mark.usefixtures("added")
def test_optimiser_in_a_model() -> None:
    """The new optimiser trains a problem given by equations; its own setting is a key of [training]."""
    for floor, own in (("0.01", {}), ("0.25", {"floor": D("0.25")})):
        table: dict[str, Any] = {
            "title": "An optimiser from outside",
            "parameters": {"w": 1},
            "model": {"equations": "L = w^2"},
            "training": {"optimizer": "bounded", "learning_rate": D("0.5"), **own},
        }
        found = json.loads(solve_model(model_from_dict(table)).values_json())
        m, v = D("1"), D("1")  # half of the gradient 2, a quarter of its square
        assert abs(D(found["after[1].w"]) - (1 - D("0.5") * m / (v + D(floor)).sqrt())) < D("1e-15")
    table["training"]["ceiling"] = 1
    with pytest.raises(
        InputError, match=r"training\.ceiling: expected only these keys in training: learning_rate, .*optimizer"
    ):
        model_from_dict(table)


@pytest.mark.usefixtures("added")
def test_optimiser_and_layer_in_a_network() -> None:
    """A [network] with the new optimiser, layer kind, activation and loss becomes a problem given by equations."""
    table = network(training={"optimizer": "bounded", "learning_rate": D("0.1"), "steps": 2})
    del table["notation"]
    table["network"]["layers"].insert(1, {"kind": "scaling", "weights": [D("0.5"), 2]})
    problem = model_from_dict(table)
    assert "use scaling(x = dense1_y, w = scale2_w, y = scale2_y)" in problem.model.equations
    found = json.loads(solve_model(problem).values_json())
    assert found["after[2].scale2_w[1]"] != found["scale2_w[1]"] and "after[1].m(scale2_w[1])" in found


@pytest.mark.usefixtures("added")
def test_optimiser_and_layer_on_every_page() -> None:
    """The new optimiser and layer stand on the page, in worksheet and key, and a wrong step of each is found."""
    table = network(training={"optimizer": "bounded", "learning_rate": D("0.1")})
    del table["notation"]
    table["network"]["layers"].insert(1, {"kind": "scaling", "weights": [D("0.5"), 2]})
    problem = model_from_dict(table)
    solution = solve(problem)
    page = solution.render("md")
    assert "Weighed one by one" in page and "bounded" in page.lower()
    sheet = own_sheet(problem, SheetOptions())
    numbers = sheet.numbers()
    assert all(sheet.worksheet(numbers, ending) and sheet.key(numbers, ending) for ending in ("md", "html"))
    assert "scale2" in sheet.key(numbers, "md")
    values = json.loads(solution.values_json())
    names = ("dense1_y[1]", "scale2_y[1]", "dL/dscale2_w[1]", "after[1].m(scale2_w[1])", "after[1].v(scale2_w[1])")
    right = {name: values[name][:12] for name in (*names, "after[1].scale2_w[1]")}
    assert {one.verdict for one in check(problem, right).sheets[0].results} <= {"exact", "rounded"}
    for name in ("scale2_y[1]", "after[1].m(scale2_w[1])", "after[1].scale2_w[1]"):
        results = check(problem, right | {name: str(D(right[name]) + 1)}).sheets[0].results
        verdicts = {one.quantity.id: one.verdict for one in results}
        assert verdicts[name] in ("wrong", "mistake", "slip"), name


# A wrong row of each kind, and what stops it.
@pytest.mark.usefixtures("added")
def test_a_wrong_row_is_refused() -> None:
    """A derivative that is not one stops the program; a text that is no row, and a name that is taken, are refused."""
    library.add(
        "function", "wrong", ACTIVATION.replace("lifted(", "wrong(").replace('depth*exp(x))"', 'depth*exp(-x))"')
    )
    try:
        with pytest.raises(ProgramFault, match="wrong"):
            solve(problem_from_dict(network(network=with_activation("wrong"))))
    finally:
        library.drop("function", "wrong")
    with pytest.raises(ValueError, match="no new name"):
        library.add("function", "lifted", ACTIVATION)
    with pytest.raises(ValueError, match="keys that nothing reads: colour"):
        library.add("function", "coloured", 'colour = "red"\n' + ACTIVATION)
    assert "coloured" not in library.rows("function")


def test_nothing_is_left_behind() -> None:
    """After these tests the names are unknown again."""
    with pytest.raises(InputError, match="network\\.layers\\[0\\]\\.activation: expected bipolar_sigmoid"):
        problem_from_dict(
            network(notation="standard", network=with_activation("lifted"), loss={"name": "squared_error"})
        )


def test_readme_shows_rows_as_they_are() -> None:
    """The rows in the README stand so in their files: one of every sort that can be added."""
    readme = (ROOT / "README.md").read_text("utf-8")
    shown = re.findall(r"<!-- row ([\w./]+) -->\n```\w+\n(.*?)```\n<!-- end -->", readme, re.DOTALL)
    assert len(shown) == readme.count("<!-- row ") == 5
    assert {path.split("/")[-2] for path, _ in shown} == {"function", "loss", "optimiser", "layer", "notation"}
    for path, text in shown:
        file = (ROOT / path).read_text("utf-8")
        assert text in file and (path.endswith(".py") or text == file), path
