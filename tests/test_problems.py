"""Problems of every kind through every product: no name of nothing, no letter for two things, no number that moved."""

from decimal import Decimal
from itertools import pairwise, product
from typing import Any

import pytest
import sympy
from flint import fmpq
from networks import random_network

from derive import Solution, solve
from derive.document import Worksheet
from derive.formula.mathml import mathml_name
from derive.formula.typst import typst_name
from derive.formula.words import spoken_name
from derive.narrate import Page, general
from derive.notation import NOTATIONS
from derive.quantity import Quantity
from derive.reading import problem_from_dict
from derive.spec import FORMS
from derive.variants import workshop_of
from derive.variants.stress import stress
from derive.worksheet import SheetOptions, compile_sheet

Table = dict[str, Any]


def layer(units: int, weights: list[list[str]], activation: str = "sigmoid", **others: Any) -> Table:
    rows = [[Decimal(weight) for weight in row] for row in weights]
    return {"units": units, "activation": activation, "weights": rows, **others}


def problem(layers: list[Table], inputs: list[str], targets: list[str], **others: Any) -> Table:
    """A problem with one example."""
    return {
        "title": "A problem",
        "network": {"inputs": len(inputs), "layers": layers},
        "data": {"inputs": [[Decimal(x) for x in inputs]], "targets": [[Decimal(t) for t in targets]]},
        "loss": {"name": "half_squared_error"},
        "training": {"learning_rate": Decimal("0.5")},
        **others,
    }


SHARED = problem([layer(1, [["0.5"]], biases=Decimal("0.1"))], ["1"], ["1"])
MOMENTUM = {"learning_rate": Decimal("0.5"), "optimizer": "momentum", "momentum": Decimal("0.9")}
FIXED = problem(
    [layer(1, [["0.1"]], "linear", biases=[Decimal("0.27")], train_biases=False)],
    ["0.5"],
    ["0.3"],
    loss={"name": "squared_error"},
    training={"learning_rate": Decimal("0.1")},
    rounding={"decimals": 1, "carry": True},
)
RELU_AT_THE_END = problem(
    [layer(2, [["1"], ["0"]], "linear", biases=Decimal("-0.14")), layer(2, [["1", "1"], ["1", "-0.778"]], "relu")],
    ["0"],
    ["1", "0"],
)


# -- names


@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_bias_that_one_unit_shares_with_nobody(notation: str) -> None:
    """Its gradient and the unit's share of it are one number, and may have one name."""
    for training in (SHARED["training"], MOMENTUM):
        solution = solve({**SHARED, "training": training}, notation)
        assert solution.text("dL/db[1]") == solution.text("dL/db[1][0]")
        assert "None" not in "".join(solution.render(format) for format in ("md", "tex", "html", "typ", "json"))


def test_the_velocity_of_a_shared_bias_has_no_index() -> None:
    shared = {**SHARED, "training": MOMENTUM}
    names = {"standard": "u^{(1)}", "nielsen": "u^{2}", "mazur": "u_{1}", "hmkcode": "u_{1}", "caispp": "u^{(1)}"}
    for notation, name in names.items():
        assert solve(shared, notation).namer(Quantity("vb", 1)).tex == name


def test_a_name_has_no_index_of_nothing() -> None:
    with pytest.raises(ValueError, match="an index that its quantity lacks"):
        solve("mazur").namer(Quantity("z", 1))


@pytest.mark.parametrize("seed", range(12))
def test_no_two_quantities_have_one_name(seed: int) -> None:
    """In every notation, after several steps and in every way of writing it."""
    table = random_network(seed, depth=(1, 3), width=(1, 3), examples=(1, 2), steps=(1, 5))
    for notation in NOTATIONS:
        solution = solve(table, notation)
        owners: dict[tuple[str, str], str] = {}
        for quantity in solution.values.numbers:
            tex, text = solution.namer(quantity)
            for way, name in {
                "tex": tex,
                "text": text,
                "words": spoken_name(tex),
                "typst": typst_name(tex),
                "mathml": mathml_name(tex),
            }.items():
                value = solution.exact.significant(quantity, 30)
                assert owners.setdefault((way, name), value) == value, (notation, way, name)
        assert len(owners) > 20


# -- letters of the index form


def deep(layers: int, **others: Any) -> Table:
    square = [["0.1", "0.2"], ["0.3", "0.4"]]
    return problem([layer(2, square) for _ in range(layers)], ["0.5", "0.1"], ["0", "1"], **others)


DECAY = {"learning_rate": Decimal("0.5"), "decay": {"kind": "inverse_time", "rate": Decimal("0.5")}}


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("layers", [1, 3, 4, 5, 6, 7, 13, 50])
def test_every_index_keeps_its_letter(layers: int, notation: str) -> None:
    """Layers, inputs and sums have letters of their own, and no quantity has one of them."""
    page = page_of(solve(deep(layers, training=DECAY), notation, "index"))
    letters = [str(general.letter(page, number)) for number in range(layers + 1)] + [general.bound(page)]
    assert len(set(letters)) == layers + 2
    alone = {page.namer(q).text for q in (Quantity("updates"), Quantity("decay"), Quantity("a", 0, 0))}
    assert not set(letters) & {name.split("_")[0].rstrip("0123456789") for name in alone}
    weights = [Quantity("W", n, above, below) for n, (below, above) in enumerate(pairwise(letters[:-1]), 1)]
    assert len({page.namer(weight) for weight in weights}) == layers


def page_of(solution: Solution) -> Page:
    return Page(solution.trace, solution.values, solution.exact, solution.namer, solution.form, solution.choice)


def test_the_letters_of_a_deep_network_in_print() -> None:
    text = solve(deep(7), form="index").render("md")
    assert "$i$ counts the inputs, $j_{1}$ counts the units of hidden layer 1, $j_{2}$ counts" in text
    assert r"\sum_{j_{2}=1}^{2} \frac{\partial L}{\partial z^{(2)}_ {j_{2}}} \cdot w^{(2)}_ {j_{2}j_{1}}" in text
    assert "<msub><mi>j</mi><mn>7</mn></msub>" in solve(deep(7), form="index").render("html")
    assert "sum_(j_(2) = 1)^(2)" in solve(deep(7), form="index").render("typ")


def test_the_kronecker_delta_is_not_the_decay() -> None:
    table = problem([layer(2, [["1"], ["0.5"]], "softmax")], ["1"], ["0", "1"], training=DECAY)
    table["loss"] = {"name": "categorical_cross_entropy"}
    text = solve(table).render("md")
    assert r"where $c = \begin{cases}" in text and r"where $d = \begin{cases}" not in text
    assert r"where $d = \begin{cases}" in solve({**table, "training": SHARED["training"]}).render("md")


# -- numbers


def test_a_bias_that_stays_is_not_rounded() -> None:
    """0.27 is used as it is in both passes: the sum is 0.32 twice, to one decimal 0.3."""
    solution = solve(FIXED)
    assert [solution.text(name) for name in ("b_new[1][0]", "z[1][0]", "z_new[1][0]")] == ["0.27", "0.3", "0.3"]
    sheet = compile_sheet(problem_from_dict(FIXED), SheetOptions(ask=("forward", "new-loss")))
    rows = {row.quantity: row for row in sheet.numbers().rows}
    assert [rows[name].carried for name in ("a[1][0]", "a_new[1][0]")] == ["0.3", "0.3"]
    program = sheet.program
    assert program.ranges(program.givens(), sheet.policy)[program.place[Quantity("b", 1, 0, step=1)]] == fmpq(27, 100)


def test_a_rectifier_at_the_output_in_every_form() -> None:
    for form, notation in product(FORMS, NOTATIONS):
        assert r"\mathrm{ReLU}" in solve(RELU_AT_THE_END, notation, form).render("md")


def test_a_chain_too_long_for_a_short_sheet() -> None:
    """Of one unit in each layer nothing can be left out: all is asked."""
    chain = problem([layer(1, [["0.5"]], biases=[Decimal("0.1")]) for _ in range(8)], ["1"], ["0"])
    for fade in (False, True):
        sheet = compile_sheet(problem_from_dict(chain), SheetOptions(form="chain", fade=fade))
        assert len(sheet.boxes) > 50 and len(sheet.numbers().rows) == len(sheet.boxes)


def test_a_slope_that_is_only_named_still_has_a_value() -> None:
    """In a worksheet whose deltas are asked whole, a worked line with ReLU'(z) says = where its numbers give it."""
    table = problem([layer(1, [["1"]], "relu"), layer(1, [["0.5"]], "relu")], ["2"], ["0.5"])
    options = SheetOptions(form="delta", fade=True, ask=("deltas", "gradients"))
    sheet = compile_sheet(problem_from_dict(table), options)
    assert isinstance(sheet.document, Worksheet)
    key = sheet.key(sheet.numbers(), "md")
    assert r"= (1 - 0.5)\thinspace \mathrm{ReLU}'(1) = 0.5" in key


def test_cases_within_cases_in_one_expression() -> None:
    """A network of leaky rectifiers, expanded down to its inputs, has the value of its gradient."""
    leaky = [
        layer(1, [["0.36", "0.73"]], "leaky_relu", biases=Decimal("0.33")),
        layer(2, [["-0.02"], ["0.12"]], "leaky_relu"),
        layer(2, [["-0.57", "0.42"], ["0.56", "0.69"]], "leaky_relu", biases=Decimal("-0.82")),
    ]
    solution = solve(problem(leaky, ["0.3", "0.48"], ["-0.69", "0.44"]))
    for name in ("W[1][0][0]", "b[1]", "W[2][1][0]", "W[3][1][0]"):
        gradient = solution.gradient(name)
        expanded = gradient.expanded()
        known = {
            s: sympy.Rational(solution.exact.significant(solution.quantity(s.name), 60)) for s in expanded.free_symbols
        }
        assert abs(expanded.subs(known) - sympy.Rational(gradient.value)) < sympy.Rational(1, 10**18)


def test_stress_where_right_work_can_give_anything() -> None:
    """Inputs so large that rounded work has no bounds: that is what is told."""
    table = problem([layer(2, [["0.5", "0.25"], ["-2", "3"]], "softmax")], ["-35", "50"], ["0.25", "0.75"])
    table["loss"] = {"name": "categorical_cross_entropy"}
    found = stress(workshop_of(problem_from_dict(table), SheetOptions()).setting, 2, "0")
    assert "rounded_values_exist" in [name for name, _ in found.own_faults]
