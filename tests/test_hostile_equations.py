"""Problems given by equations that are hostile, extreme, or stand exactly where something breaks: an answer or one
message, on every page, and never a false alarm of the guard."""

from __future__ import annotations

import re
import sys
import time
from decimal import Decimal as D
from types import FrameType
from typing import Any

import pytest
from equation_problems import model

import derive
from derive import solve
from derive.errors import InputError
from derive.model import verify

TABLES: dict[str, Any] = {
    "inputs": {"x": [D("0.5"), -1, 2]},
    "parameters": {"w": D("0.4")},
    "constants": {"zero": 0, "mask": [1, 0, 1], "near": D("0.3999999999999999999999999999999999999999")},
}


def page(text: str, format: str = "md", **tables: Any) -> str:
    """A page of a problem with a text of equations."""
    return solve({"title": "A test", **TABLES, "model": {"equations": text}, **tables}).render(format)


RIGHT = [
    # choices that are decided before any number is known
    ("L = if(w > w, w, 2*w)", {"dL/dw": "2"}),
    ("L = if(1 >= 1, w, 2*w)", {"dL/dw": "1"}),
    ("y[i] = if(i == i, x[i]*w, 0)\nL = sum(y)", {"dL/dw": "1.5"}),
    ("y[i] = if(mask[i] == 1, mask[i]*x[i]*w, 0)\nL = sum(y)", {"dL/dw": "2.5"}),
    ("L = min(0.5, w, 1)", {"dL/dw": "1"}),
    # at equality the derivative is that of the branch that is taken
    ("L = if(w == 0.4, w, 2*w)", {"dL/dw": "1"}),
    ("f(a) = if(a == 0, 1, sin(a)/a)\nL = f(w - 0.4)", {"L": "1", "dL/dw": "0"}),
    # functions of whose corners SymPy leaves some out
    ("f(a) = if(exp(a) > 0, a, 2*a)\nL = f(w)", {"dL/dw": "1"}),
    ("f(a) = abs(a^2)\nL = f(w)", {"dL/dw": "0.8"}),
    ("f(a) = (a^2)^(1/2)\nL = f(-w)", {"L": "0.4", "dL/dw": "1.0000000000000000000"}),
    ("f(a) = relu(relu(a))\nL = f(w)", {"dL/dw": "1"}),
    ("f(a) = sign(exp(a))*a\nL = f(w)", {"dL/dw": "1"}),
    ("f(a, c) = if(a >= c, a, 2*c)\nL = f(w, w)", {"dL/dw": "1"}),
    ("f(a) = max(a, abs(a), min(a, 2))\nL = f(w)", {"dL/dw": "1"}),
    ("f(a) = ln(a - 1000)\nL = f(w + 2000)", {}),
    # values that are far from everything that is measured first
    ("L = sin(w*10^900)", {}),
    ("L = sqrt(w - near)", {"dL/dw": "50000000000000000000"}),
    ("L = zero^1.5*w", {"L": "0", "dL/dzero": "0"}),
    ("L = -ln(1 - sigmoid(1000*w))", {"dL/dw": "1000.0000000000000000"}),
    ("L = ln(exp(w))", {"dL/dw": "1.0000000000000000000"}),
    ("L = sigmoid(10000*w)", {"L": "1.0000000000000000000"}),
]


@pytest.mark.parametrize(("text", "says"), RIGHT, ids=lambda value: str(value)[:40])
def test_what_is_right_is_no_fault_of_the_program(text: str, says: dict[str, str]) -> None:
    """The guard is silent, the numbers are right, and there is a page."""
    solution = model(text, **TABLES)
    verify(solution)
    found = solution.values()
    assert {name: found[name] for name in says} == says
    assert page(text)


def test_a_choice_at_equality_is_told() -> None:
    """Where the two sides have no derivative, as a mask has none, there is nothing to tell."""
    for text, told in [
        ("L = if(w == 0.4, w, 2*w)", True),
        ("y[i] = if(mask[i] >= 1, x[i]*w, 0)\nL = sum(y)", False),
    ]:
        assert any("at equality" in warning for warning in model(text, **TABLES).all_warnings()) == told


LARGE = [
    "y[i] = tanh(w*i) for i in 1..20000\nL = sum(y)",
    "f(a) = " + "relu(a - " * 20 + "a" + ")" * 20 + "\nL = f(w)",
    "f(a) = max(" + ", ".join(f"a*{i} - {i}^2" for i in range(30)) + ")\nL = f(w)",
    "f(a) = " + "if(a > " * 10 + "1" + ", a, 2*a)" * 10 + "\nL = f(w)",
    "L = max(" + ", ".join(f"w*{i}" for i in range(30)) + ")",
]


@pytest.mark.parametrize("text", LARGE, ids=lambda text: text[:30])
def test_what_is_large_is_done_in_seconds(text: str) -> None:
    """Ten seconds of a slow computer, five of which are spared here."""
    start = time.process_time()
    solution = model(text, **TABLES)
    verify(solution)
    assert solution.values()
    assert time.process_time() - start < 5


def test_the_page_of_a_long_recurrence_is_made_in_seconds() -> None:
    """Once it took a minute to put the nodes of a picture in order that is not drawn."""
    start = time.process_time()
    model = {"equations": "y[0] = w\ny[k] = sin(y[k-1]) for k in 1..2000\nL = y[2000]"}
    assert solve({"title": "A", "parameters": {"w": 1}, "model": model}).render("md")
    assert time.process_time() - start < 10


@pytest.mark.parametrize("formula", ["w/w", "ln(w)", "1/w"])
@pytest.mark.parametrize("use", ["solve", "render", "values"])
def test_a_number_without_value_is_one_message_wherever_it_is_met(formula: str, use: str) -> None:
    """Also where the usual form of a page is decided, before any number is asked for."""
    problem = {"title": "A", "parameters": {"w": 0}, "model": {"equations": f"L = {formula}"}}
    with pytest.raises(InputError, match="a value of L, found none"):
        solution = solve(problem)
        assert use != "solve"
        getattr(solution, use)(*(["md"] if use == "render" else []))


def calls(text: str, format: str = "md", **tables: Any) -> int:
    """How many functions are called for a page: the same on every machine, other than its time."""
    count = 0

    def seen(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        assert page(text, format, **tables)
    finally:
        sys.setprofile(before)
    return count


def test_pages_of_many_numbers_grow_with_these() -> None:
    """Twice as many equations take less than three times the work, four times as many weights less than five times."""

    def chain(length: int) -> int:
        return calls("\n".join(["y0 = w", *(f"y{k} = sin(y{k - 1})" for k in range(1, length)), f"L = y{length - 1}"]))

    def weights(size: int) -> int:
        W = [[D(i - j) / 100 for j in range(size)] for i in range(size)]
        tables: dict[str, Any] = {"inputs": {"x": [D(i) / 100 for i in range(size)]}, "parameters": {"W": W}}
        return calls("y = tanh(W@x)\nL = sum(y^2)", "json", **tables)

    chain(5), weights(5)  # what is made once
    assert chain(200) < 3 * chain(100)
    assert weights(40) < 5 * weights(20)


def test_the_power_of_a_great_exponent_is_a_message() -> None:
    with pytest.raises(InputError, match="an exponent beyond"):
        verify(model("L = w^1e9", **TABLES))


def test_names_of_greek_letters_stand_on_every_page() -> None:
    """A vector's letter is bold, also one that Unicode calls a symbol."""
    for name in ("phi", "varphi", "epsilon", "theta", "Gamma"):
        assert page(f"L = sum({name})", "html", parameters={name: [1, 2]})


OVERRIDES: list[tuple[dict[str, Any], str]] = [
    ({"Q": 7}, 'rounding.overrides."Q": expected a quantity'),
    ({"dL/dq": 7}, "expected a quantity"),
    ({"h": "exact"}, "a number of decimals"),
    ({"<b>": 1}, "the name or the id of a quantity"),
]


def test_single_quantities_have_decimals_of_their_own() -> None:
    """By the name of an array, the id of an element, or a derivative."""
    overrides = {"h": 2, "h[1]": 6, "dL/dw": 9}
    text = page("h[k] = tanh(w*x[k])\nL = sum(h)", rounding={"overrides": overrides})
    assert "0.197375" in text
    # where it is computed; the derivative with nine decimals needs more digits of it
    assert re.search(r"\\approx 0\.66(?!\d)", text)
    assert not re.search(r"0\.6640(?!\d)", text)
    assert "0.742993041" in text


@pytest.mark.parametrize(("overrides", "says"), OVERRIDES, ids=str)
def test_decimals_of_what_does_not_exist(overrides: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as caught:
        page("h[k] = tanh(w*x[k])\nL = sum(h)", rounding={"overrides": overrides})
    assert says in str(caught.value)


NO_VALUE = [
    {"equations": "f(a) = erf(sqrt(a))\ny[i] = f(x[i])\nL = sum(y)", "loss": False},
    {"equations": "f(a) = tanh(a/(exp(a) - a/0))\ny[i] = f(x[i])\nL = sum(y)"},
    {"equations": "L = w/0"},
]


@pytest.mark.parametrize("model", NO_VALUE, ids=str)
def test_what_has_no_value_is_told_for_every_kind_of_problem(model: dict[str, Any]) -> None:
    """Also where nothing is derived, and where an equation divides by a 0 that is written."""
    tables = {"title": "x", "inputs": {"x": [1, -1, 2]}, "parameters": {"w": 2}}
    with pytest.raises(InputError, match="a value of"):
        derive.solve({**tables, "model": model}).render("md")


def test_an_equality_inside_a_condition_is_no_fault() -> None:
    """SymPy derives no cases within cases; what the function is made of is compared by itself."""
    text = "f(a, c) = abs(if(0 == if(c == 0, a, 2*c), a, 2*c))\nL = f(w, u)"
    tables = {"title": "x", "parameters": {"w": 2, "u": 3}, "model": {"equations": text}}
    assert derive.solve(tables).digits("dL/du") == "2"


def test_a_part_of_a_line_too_large_to_be_written_leaves_the_line_whole() -> None:
    """exp(12000) in a logarithm has more digits than are worked with; the logarithm has not."""
    text = "z[i] = 3*x[i]\nL = ln(exp(z[1]) + exp(z[2]) + 0.5)"
    solution = derive.solve({"title": "x", "parameters": {"x": [4000, 1]}, "model": {"equations": text}})
    assert r"= \ln(e^{12000} + e^{3} + 0.5) \approx \mathbf{12000.0000}" in solution.render("md")


SEVERAL_KINDS = {
    "network": {"layers": [{"kind": "flatten"}, {"units": 1, "weights": [[1, 2]], "activation": "linear"}]},
    "data": {"inputs": [[[1], [2]], [[3], [4]]], "targets": [[1], [2]]},
    "loss": {"name": "huber"},
    "training": {"learning_rate": 1},
}
WRONG_TABLES = [
    ("training", -1, "training: expected a table"),
    ("loss", [1], "loss: expected a table"),
    ("data", 3, "data: expected a table"),
    ("loss", {"name": "huber", "threshold": "1)\nL = (3"}, "loss.threshold: expected a number"),
    ("loss", {"name": ["huber"]}, "loss.name: expected"),
    (
        "network",
        {"layers": [{"kind": "flatten"}, {"units": 1, "weights": [[1, 2]], "activation": ["relu"]}]},
        "expected",
    ),
    ("network", {"layers": [{"kind": "conv2d", "weights": [[1]], "padding": ["zeros"]}]}, "expected"),
    ("loss", {"name": "huber", "reduction": "max"}, 'loss.reduction: expected "mean" or "sum"'),
]


@pytest.mark.parametrize(("key", "value", "says"), WRONG_TABLES, ids=str)
def test_wrong_tables_of_layers_of_several_kinds(key: str, value: Any, says: str) -> None:
    with pytest.raises(InputError) as caught:
        derive.solve({"title": "x", **SEVERAL_KINDS, key: value})
    assert says in str(caught.value)


MESSAGES = [
    ({"model": {"equations": "L = w", "loss": True}}, "model.loss: expected the name of a quantity, or false"),
    ({"model": {"equations": "use rnn()\nL = w"}}, "use rnn(h0 = ...)"),
    ({"model": {"equations": "use rnn(x = xx)\nL = w"}, "constants": {"h0": [0]}}, "use rnn(Wx = ...)"),
    ({"training": {"update": "q = 3"}}, "\np' is the new value"),
]


@pytest.mark.parametrize(("tables", "says"), MESSAGES, ids=str)
def test_messages_name_the_right_thing(tables: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as caught:
        solve({"title": "A test", **TABLES, "model": {"equations": "L = w"}, **tables})
    assert says in str(caught.value)


def test_numbers_whose_exponents_are_long() -> None:
    """y_k = w^(2^k)."""
    chain = "\n".join(["y0 = w", *(f"y{k} = y{k - 1}*y{k - 1}" for k in range(1, 400)), "L = y399"])
    try:
        found = model(chain, **TABLES).values()
    except InputError as error:
        assert "digits" in str(error) or "decided" in str(error)
    else:
        assert found["y3"] == "0.00065536"


def network(layer: dict[str, Any], **tables: Any) -> dict[str, Any]:
    """A network of one layer."""
    table = {"network": {"layers": [layer]}, "data": {"inputs": [[[1, 0], [0, 2]]], "targets": [[1]]}}
    return {"title": "A test", **table, "loss": {"name": "output"}, "training": {"learning_rate": D("0.1")}, **tables}


LAYERS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "max_pool", "stride": "a"}, "network.layers[0].stride: expected a whole number from 1 to 1000"),
    ({"kind": "max_pool", "stride": 0}, "a whole number from 1 to 1000, found 0"),
    ({"kind": "max_pool", "window": 10**12}, "a whole number from 1 to 1000"),
    ({"kind": "conv2d", "weights": [[1]], "frame": -1}, "a whole number from 0 to 1000"),
    ({"kind": "conv2d", "weights": [[1]], "biases": [1, 2]}, "expected one number (the input is 2 x 2)"),
]


@pytest.mark.parametrize(("layer", "says"), LAYERS, ids=str)
def test_layers_that_cannot_be(layer: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as caught:
        solve(network(layer))
    assert says in str(caught.value)


def test_a_number_of_a_layer_is_no_text() -> None:
    """A text would be read as equations."""
    layers = [{"kind": "flatten"}, {"kind": "layer_norm", "gamma": [1] * 4, "beta": [0] * 4, "eps": "1\nL = 3"}]
    with pytest.raises(InputError, match=r"network\.layers\[1\]\.eps: expected a number, found"):
        solve({**network({}), "network": {"layers": layers}})


def test_a_value_that_is_none_is_not_called_a_slope() -> None:
    with pytest.raises(InputError) as caught:
        solve({"title": "A test", **TABLES, "model": {"equations": "drop = w/zero\nL = drop"}})
    assert "slope" not in str(caught.value)
