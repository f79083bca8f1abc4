"""The gradient check of a document: its step suits the loss, and every bound that it prints is true."""

import json
import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import mpmath
import pytest
from flint import arb
from mpmath import mpf
from networks import Table, random_network
from plain import MP, Plain, examples_of, parameters

import derive
from derive.gradient_check import SMALLEST_BOUND, GradientCheck, check
from derive.reading import example_names, example_text

DATA = Path(__file__).parent / "data"
D = Decimal


def read(name: str) -> Table:
    if name in example_names("networks"):
        return tomllib.loads(example_text(name), parse_float=Decimal)
    text = (DATA / name).read_text()
    table: Table = (
        json.loads(text, parse_float=Decimal) if name.endswith("json") else tomllib.loads(text, parse_float=Decimal)
    )
    return table


# A weight whose corner is nearer than a millionth, one whose input is huge, and one whose function is steep.
NEAR = {"weights": [[D("0.0000000003"), D("0.5")]], "activation": "leaky_relu", "slope": D("0.1")}
SOFT = {"weights": [[D("12"), D("-3")]], "activation": "sigmoid"}
ODD: dict[str, tuple[dict[str, Any], list[Decimal]]] = {
    "near a corner": (NEAR, [D(1), D(0)]),
    "steep": (SOFT, [D("100000000"), D("399999999")]),
    "tiny gradients": (SOFT, [D("0.000000000001"), D("-20")]),
}


def odd(name: str) -> Table:
    layer, inputs = ODD[name]
    return {
        "title": name,
        "network": {"inputs": 2, "layers": [{"units": 1, **layer}]},
        "data": {"inputs": [inputs], "targets": [[D("0.25")]]},
        "loss": {"name": "half_squared_error"},
        "training": {"learning_rate": D("1e-20")},
    }


TABLES: dict[str, Table] = {
    "large-inputs.toml": read("large-inputs.toml"),
    "measuring-step.json": read("measuring-step.json"),
    "mazur": read("mazur"),
    "caispp": read("caispp"),
    **{name: odd(name) for name in ODD},
    **{f"random {seed}": random_network(seed, examples=(1, 2)) for seed in range(8)},
}


@pytest.mark.parametrize("name", TABLES)
def test_bounds_are_true(name: str) -> None:
    """With mpmath: the measurement with this step is as near to the derivative as the table says, and no nearer."""
    table = TABLES[name]
    solved = derive.solve(table, with_parts=["check"])
    checked = check(solved.exact)
    plain, examples = Plain(table, MP), examples_of(table, 0)
    with mpmath.workdps(120):
        plain = Plain(table, MP)
        for one in checked.comparisons:
            q = one.parameter
            place = (q.kind, q.layer, tuple(index for index in (q.unit, q.source) if index is not None))
            sides = []
            for sign in (1, -1):
                p = parameters(table, MP.number)
                p.put(place, p.get(place) + sign * mpf(10) ** -checked.exponent)  # type: ignore[arg-type]
                sides.append(plain.loss(p, examples))
            measured = (sides[0] - sides[1]) / 2 * mpf(10) ** checked.exponent
            off = abs(measured - mpf(solved.exact.significant(one.gradient, 60)))
            if one.bound is None:
                assert off < mpf(10) ** -50
                continue
            assert off < mpf(10) ** -one.bound
            assert one.bound == SMALLEST_BOUND or off >= mpf(10) ** -(one.bound + 1)
    assert len(checked.comparisons) >= 1
    assert worst(checked) >= 8
    assert f"10^{{-{checked.exponent}}}" in solved.render("md")


def worst(checked: GradientCheck) -> int:
    return min((one.bound for one in checked.comparisons if one.bound is not None), default=SMALLEST_BOUND)


@pytest.mark.parametrize(
    ("name", "exponent"),
    [
        ("mazur", 6),
        ("caispp", 6),
        ("large-inputs.toml", 12),
        ("measuring-step.json", 9),
        ("near a corner", 12),
        ("steep", 18),
    ],
)
def test_the_step_suits_the_loss(name: str, exponent: int) -> None:
    """A millionth where that does; smaller where inputs are large, and where a corner is near."""
    assert check(derive.solve(TABLES[name]).exact).exponent == exponent


def test_large_inputs_show_no_large_difference() -> None:
    """Once printed as `Difference < 10^0`."""
    text = derive.solve(TABLES["large-inputs.toml"], with_parts=["check"]).render("md")
    bounds = [int(found) for found in re.findall(r"\$< 10\^\{(-?\d+)\}\$", text)]
    assert len(bounds) == 2 and max(bounds) <= -9


@pytest.mark.parametrize(
    ("weights", "stays"), [([[D("0.5"), D("-0.5")]], True), ([[0, D("0.5")]], False), ([[D("0.6"), D("-0.5")]], False)]
)
def test_what_lies_at_a_corner_stays_on_its_side(weights: list[list[Decimal]], stays: bool) -> None:
    """The derivative there is that of one side, and so is the measurement; the document says so, and only there."""
    table = odd("near a corner")
    table["network"]["layers"][0] |= {"weights": weights}
    table["data"]["inputs"] = [[1, 1]]
    solved = derive.solve(table, with_parts=["check"])
    checked = check(solved.exact)
    assert checked.cornered == stays
    assert ("exactly at a corner" in solved.render("md")) == stays
    assert all(one.exact for one in checked.comparisons)
    for one in checked.comparisons:
        assert arb(solved.exact.numbers[one.gradient]) != 0
