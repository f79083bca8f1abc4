"""Numbers that no precision decides: transcendental ones that cancel to a tie, to a corner or to 0.

Every case has its right answer from the identity that makes it, worked out by hand. What cannot be proven is told for
that number alone.
"""

import json
from decimal import Decimal
from typing import Any

import flint
import pytest
from flint import arb, fmpq

from derive import InputError, identity, solve
from derive.computation import Definitions
from derive.derivation import derive_trace
from derive.evaluation import last_precision
from derive.expression import Add, Mul, Neg, Node, call
from derive.numbers import Undecided, certain, shown_text, significant
from derive.quantity import Quantity
from derive.reading import problem_from_dict
from derive.run import Run
from derive.worksheet import SheetOptions, compile_sheet

Table = dict[str, Any]


def decimals(rows: list[list[str]]) -> list[list[Decimal]]:
    return [[Decimal(number) for number in row] for row in rows]


def layer(weights: list[list[str]], activation: str, **others: Any) -> Table:
    return {"units": len(weights), "activation": activation, "weights": decimals(weights), **others}


def problem(*layers: Table, inputs: list[list[str]], targets: list[list[str]], places: int, **training: Any) -> Table:
    return {
        "title": "A tie",
        "network": {"inputs": len(inputs[0]), "layers": list(layers)},
        "data": {"inputs": decimals(inputs), "targets": decimals(targets)},
        "loss": {"name": "half_squared_error", "reduction": "sum"},
        "training": {"learning_rate": Decimal("0.5"), **training},
        "rounding": {"decimals": places},
    }


ONE = {"inputs": [["1"]], "targets": [["0"]]}
CASES: list[tuple[str, Table, dict[str, str]]] = [
    (
        "sigmoid(0.3) + sigmoid(-0.3) = 1, an eighth of it is a tie",
        problem(layer([["0.3"], ["-0.3"]], "sigmoid"), layer([["0.125", "0.125"]], "linear"), **ONE, places=2),
        {"a[2][0]": "0.13", "dL/dz[2][0]": "0.13"},
    ),
    (
        "the shares of a softmax add up to 1",
        problem(layer([["0.3"], ["-0.2"], ["0.7"]], "softmax"), layer([["0.125"] * 3], "linear"), **ONE, places=2),
        {"a[2][0]": "0.13", "dL/dz[1][2]": "0"},
    ),
    (
        "softplus(0.3) - softplus(-0.3) = 0.3",
        problem(layer([["0.3"], ["-0.3"]], "softplus"), layer([["0.25", "-0.25"]], "linear"), **ONE, places=2),
        {"a[2][0]": "0.08"},
    ),
    (
        "equal units with opposite weights leave a rectifier at its corner",
        problem(
            layer([["0.3"], ["0.3"]], "tanh"), layer([["0.5", "-0.5"]], "relu"), layer([["1"]], "linear"),
            inputs=[["1"]], targets=[["1"]], places=4,
        ),
        {"z[2][0]": "0", "a[2][0]": "0", "da/dz[2][0]": "0", "dL/dW[1][0][0]": "0", "loss": "0.5"},
    ),
    (
        "tanh is odd: two examples take a bias in opposite ways",
        problem(
            layer([["0.3", "0.2"]], "tanh", biases=[Decimal(0)]), layer([["0.5"]], "tanh", biases=[Decimal(0)]),
            inputs=[["1", "-1"], ["-1", "1"]], targets=[["0.5"], ["-0.5"]], places=4,
        ),
        {"dL/db[2][0]": "0", "dL/db[1][0]": "0"},
    ),
    (
        "a sigmoid of numbers that cancel is a half, two layers up",
        problem(
            layer([["0.3"], ["0.3"]], "sigmoid"), layer([["0.5", "-0.5"], ["0.5", "-0.5"]], "tanh"),
            layer([["1", "1"]], "sigmoid"), layer([["0.25"]], "linear"), **ONE, places=2,
        ),
        {"z[3][0]": "0", "a[4][0]": "0.13"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("why", "table", "right"), CASES, ids=[why for why, _, _ in CASES])
def test_what_algebra_decides(why: str, table: Table, right: dict[str, str]) -> None:
    """The tie is rounded as the rule says, in solution, values and worksheet alike; nothing is refused."""
    solution = solve(table, with_parts=["rounding"])
    shown = {name: solution.values.shown(solution.quantity(name)).text for name in right}
    zeros = {name for name, text in right.items() if text == "0"}
    assert {name: "0" if name in zeros and not Decimal(text) else text for name, text in shown.items()} == right
    told = json.loads(solution.values_json())
    assert {name for name in right if told[name] == "0"} == zeros
    assert not [text for text in told.values() if "±" in text]
    assert not solution.values.between
    numbers = compile_sheet(problem_from_dict(table), SheetOptions(decimals=table["rounding"]["decimals"])).numbers()
    printed = {row.quantity: row.exact for row in numbers.rows if row.quantity in right}
    assert printed
    assert {name: Decimal(text) for name, text in printed.items()} == {name: Decimal(right[name]) for name in printed}
    text = solution.render("md")
    assert "Rounding" in text and "Halves are rounded away from zero." in text


def test_a_tie_that_is_not_proven_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is printed with one decimal more, which is certain, and the page says so."""
    monkeypatch.setattr(identity, "MOST_TERMS", 0)
    _, table, _ = CASES[0]
    solution = solve(table)
    text = solution.render("md")
    assert solution.text("z[2][0]") == "0.125"
    assert Quantity("z", 2, 0) in solution.values.between
    assert "So near the middle between two roundings that 300 digits do not tell to which side: $a^{(2)}_ {1}$" in text
    told = json.loads(solution.values_json(digits=2))
    assert told["z[2][0]"] == "0.125" and len(told) > 20
    rows = {
        row.quantity: row for row in compile_sheet(problem_from_dict(table), SheetOptions(decimals=2)).numbers().rows
    }
    assert rows["a[2][0]"].exact == "0.125"


def test_a_corner_that_is_not_proven_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """On which side of its corner a rectifier is must be known; the message says where, in solution and worksheet."""
    monkeypatch.setattr(identity, "MOST_TERMS", 0)
    _, table, _ = CASES[3]
    with pytest.raises(InputError, match=r"da/dz\[2\]\[0\]") as caught:
        solve(table)
    assert "do not decide on which side of a corner, or of zero, a number in it lies" in str(caught.value)


def test_a_number_that_cannot_be_told_from_zero() -> None:
    """A slope of exp(-20000): it is no 0, and no precision that is tried shows its digits."""
    table = problem(layer([["20000"]], "sigmoid"), layer([["1"]], "sigmoid"), **ONE, places=4)
    told = json.loads(solve(table).values_json())
    assert told["da/dz[1][0]"].startswith("0±1e-7") and told["a[1][0]"] == "1.0000000000000000000"
    assert solve(table).text("da/dz[1][0]") == "0.0000"


@pytest.mark.parametrize("digits", [1, 2, 20, 300])
def test_no_nonzero_number_is_a_zero_in_values(digits: int) -> None:
    """The slope of tanh at 70 is 4 exp(-140): less than the first precision can see, and shown with its digits."""
    table = problem(layer([["70"]], "tanh"), layer([["1"]], "linear"), **ONE, places=4)
    told = json.loads(solve(table).values_json(digits=digits))
    value = Decimal(told["da/dz[1][0]"])
    assert abs(value / (4 * Decimal(-140).exp()) - 1) < Decimal(10) ** max(1 - digits, -25)
    assert len(told["da/dz[1][0]"].partition("e")[0].replace(".", "")) == digits
    assert all(Decimal(text) for name, text in told.items() if name.startswith("dL/dW"))


def test_precision_is_limited_where_there_is_much_to_compute() -> None:
    long = problem(layer([["0.5"]], "sigmoid"), **ONE, places=4, steps=100_000)
    assert last_precision(derive_trace(problem_from_dict(long))) == 1536
    assert (
        last_precision(derive_trace(problem_from_dict(problem(layer([["0.5"]], "sigmoid"), **ONE, places=4)))) == 24576
    )


# -- the proofs themselves


def test_no_proof_of_what_is_not_so() -> None:
    """A ball that holds a short rational is not enough: the algebra of the trace must give it."""
    solution = solve(CASES[0][1])
    definitions, known = Definitions(solution.trace), solution.exact.numbers.__getitem__
    total = identity.Ref(Quantity("z", 2, 0))
    with flint.ctx.workprec(2000):
        near = arb(fmpq(1, 2))  # a ball with the wrong number in it
        assert identity.proven(definitions, known, identity.Ref(Quantity("a", 1, 0)), near) is None
        assert identity.proven(definitions, known, total, arb(fmpq(1, 8))) == fmpq(1, 8)
        assert identity.proven(definitions, known, total, arb(fmpq(1, 4))) is None


class _Counting(Definitions):
    """The definitions of a trace; every formula that is asked for is counted."""

    asked = 0

    def formula(self, quantity: Quantity) -> Node | None:
        self.asked += 1
        return super().formula(quantity)


@pytest.mark.parametrize(("step", "collects"), [(identity.MOST_UPDATES, True), (identity.MOST_UPDATES + 1, False)])
def test_nothing_is_collected_for_a_proof_after_too_many_updates(step: int, collects: bool) -> None:
    """What is too many updates away is not followed back five times before that is told."""
    table = problem(layer([["0.5"]], "sigmoid"), **ONE, places=4, steps=identity.MOST_UPDATES + 2)
    solution = solve(table)
    definitions = _Counting(solution.trace)
    late = Quantity("z", 1, 0, step=step)
    with flint.ctx.workprec(2000):
        identity.proven(definitions, solution.exact.numbers.__getitem__, identity.Ref(late), arb(fmpq(1, 8)))
    assert (definitions.asked > 0) == collects


@pytest.mark.parametrize(("among", "found"), [(1, fmpq(0)), (1000, None)])
def test_numbers_share_the_effort_of_their_proofs(among: int, found: fmpq | None) -> None:
    """The square of a sum of 20 exponentials less all its products is 0, which takes thousands of terms to see."""
    solution = solve(problem(layer([["0.5"] * 20], "tanh"), inputs=[["0.5"] * 20], targets=[["0"]], places=4))
    powers = [call("exp", identity.Ref(Quantity("W", 1, 0, i))) for i in range(20)]
    square = Mul((Add(tuple(powers)), Add(tuple(powers))))
    nothing = Add((square, *(Neg(Mul((one, other))) for one in powers for other in powers)))
    definitions = Definitions(solution.trace)
    known = {one: arb(1) for one in solution.exact.numbers}.__getitem__  # no rationals: each stands for itself
    with flint.ctx.workprec(2000):
        assert identity.proven(definitions, known, nothing, arb(0), among) == found


def test_a_long_training_goes_to_its_last_precision_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slope that nothing tells from 0 is looked for with the first precision and the last, with none between."""
    table = problem(
        layer([["20000"]] * 10, "sigmoid"),
        layer([["1"] * 10], "linear"),
        **ONE,
        places=4,
        steps=5000,
        learning_rate=Decimal("0.01"),
    )
    runs, numbers = [], Run.numbers
    monkeypatch.setattr(Run, "numbers", lambda run: runs.append(flint.ctx.prec) or numbers(run))
    assert solve(table).values.significant(Quantity("da/dz", 1, 0)).startswith("0±1e-")
    assert set(runs) == {192, 1536}


@pytest.mark.parametrize("number", [fmpq(1, 8), fmpq(-355, 113), fmpq(0), fmpq(10**12, 7), fmpq(1, 3**80)])
def test_the_rational_in_a_ball(number: fmpq) -> None:
    with flint.ctx.workprec(3000):
        root = arb(2).sqrt()
        assert identity.rational_in(arb(number) + root * root - 2) == number
        assert identity.rational_in(root + arb(number)) is None
    with flint.ctx.workprec(100):
        assert identity.rational_in(arb(number) + arb(2).sqrt() ** 2 - 2) is None


def test_digits_of_a_wide_ball() -> None:
    """As many as are certain; without any, how far the number is from 0 at most."""
    assert certain(arb("1.2345", "0.0003"), 4) == "1.23"
    assert certain(arb("-2e-9", "1e-12"), 20) == "-0.00000000200"
    assert certain(arb("0.5", "0.7"), 5) == "0±1e1"
    with pytest.raises(Undecided):
        significant(arb(0, "1e-40"), 1)
    with pytest.raises(Undecided):
        shown_text(arb("0.125", "1e-40"), 2)
