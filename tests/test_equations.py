"""Problems given by equations: the eight examples, the traps of their derivatives, forms, ids, ranges.

The numbers are those of a second interpreter (`plain_equations`), which shares no line with the first, and of its
differences; where a problem uses library rows, its equations are written out here.
"""

from __future__ import annotations

import random
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import flint
import pytest
from equation_problems import close, model
from flint import arb
from plain_equations import Interpreter
from random_equations import random_problem
from sweeps.equations import compare

from derive.errors import InputError
from derive.expression import ZERO
from derive.model import ModelSolution, read_model
from derive.trace.identity import Identity, Symbol, parse_identity
from derive.trace.text import text

DATA = Path(__file__).parent / "data" / "equations"
EXAMPLES = sorted(path.name for path in DATA.glob("*.toml"))
WRITTEN_OUT = {
    "use lstm()": """
h[0,j] = h0[j]
c[0,j] = c0[j]
zi[t,j] = sum(Wi[j,m]*x[t,m] for m) + sum(Ui[j,k]*h[t-1,k] for k) + bi[j]
zf[t,j] = sum(Wf[j,m]*x[t,m] for m) + sum(Uf[j,k]*h[t-1,k] for k) + bf[j]
zo[t,j] = sum(Wo[j,m]*x[t,m] for m) + sum(Uo[j,k]*h[t-1,k] for k) + bo[j]
zg[t,j] = sum(Wg[j,m]*x[t,m] for m) + sum(Ug[j,k]*h[t-1,k] for k) + bg[j]
i[t,j] = sigmoid(zi[t,j])
f[t,j] = sigmoid(zf[t,j])
o[t,j] = sigmoid(zo[t,j])
g[t,j] = tanh(zg[t,j])
c[t,j] = f[t,j]*c[t-1,j] + i[t,j]*g[t,j]
h[t,j] = o[t,j]*tanh(c[t,j])
""",
    "huber(y[n] - t[n], threshold = 1)": "if(abs(y[n] - t[n]) <= 1, 1/2*(y[n] - t[n])^2, abs(y[n] - t[n]) - 1/2)",
    "use dense(x = x[n], z = z[n], y = a[n], f = sigmoid) for n": """
z[n,j] = sum(W[j,i]*x[n,i] for i) + b[j]
a[n,j] = sigmoid(z[n,j])
""",
}


def plain(table: dict[str, Any]) -> Interpreter:
    """The second interpreter of a problem file."""
    givens = {
        name: value
        for role in ("inputs", "parameters", "targets", "constants")
        for name, value in table.get(role, {}).items()
    }
    equations = table["model"]["equations"]
    for use, written in WRITTEN_OUT.items():
        equations = equations.replace(use, written)
    return Interpreter(givens, equations, table["model"].get("first_index", 1))


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name: str) -> None:
    """Every value to 25 digits, every derivative to 20 against differences, adjoint equations against the sweep."""
    table = tomllib.loads((DATA / name).read_text("utf-8"), parse_float=Decimal)
    other, solution = plain(table), ModelSolution(read_model(DATA / name))
    upstream = table["model"].get("upstream", {})

    def loss() -> Any:
        if upstream:
            return sum(other.value(o, at) * g for o, G in upstream.items() for at, g in other.givens[G].items())
        return other.value(table["model"]["loss"])

    def check() -> int:
        count = 0
        for (quantity, index), value in other.values().items():
            assert close(solution.number(Identity(Symbol(quantity, index))), value, "1e-25")
            count += 1
        for one in solution.ids():
            if one.by is not None and not one.step:
                difference = other.difference(loss, one.by.name, one.by.indices)
                assert close(solution.number(one), difference, "1e-20"), one
                count += 1
        return count

    assert solution.decide(check) > 8
    assert roads(solution) == []


def roads(solution: ModelSolution) -> list[str]:
    """The derivatives on which the adjoint equations and the sweep over element steps disagree."""
    swept = solution.decide(solution.swept)
    wrong = []
    with flint.ctx.workprec(192):
        for one in solution.ids():
            if one.by is not None and not one.step:
                difference = arb(solution.number(one)) - arb(swept.get(one, flint.fmpq(0)))
                if not abs(difference) < arb(10) ** -40:
                    wrong.append(str(one))
    return wrong


def test_there_are_eight_examples_and_five_that_nobody_thought_of() -> None:
    assert len(EXAMPLES) == 13


# -- traps of the adjoint rule: a letter that is caught, padding, conditions, ties

X4 = {"x": [Decimal("0.3"), Decimal("-0.8"), Decimal("0.5"), Decimal("1.1")]}
K2 = {"K": [Decimal("0.7"), Decimal("-0.4")]}
TRAPS = {
    "a sum in its own derivative": ("y[k] = relu(sum(K[u]*x[k-u+1] for u))\nL = sum(y)", {**X4, **K2}),
    "a root of a sum of squares": ("y[k] = x[k]/sqrt(sum(x[k]^2 for k))\nL = sum(y[k]*k for k)", X4),
    "a sum inside a sum, one letter": ("y[k] = tanh(sum(x[k]*sum(x[k]*x[i] for k) for i))*x[k]\nL = sum(y)", X4),
    "an LSTM with a root as loss": (
        WRITTEN_OUT["use lstm()"] + "L = sqrt(sum(h[t,j]^2 for t in 1..2, j) + 1)",
        {
            "x": [[Decimal("0.5")], [Decimal("-1.0")]],
            **{f"{kind}{gate}": [[Decimal("0.4")]] for kind in "WU" for gate in "ifog"},
            **{f"b{gate}": [Decimal("0.1")] for gate in "ifog"},
            "h0": [Decimal("0.2")],
            "c0": [Decimal("-0.3")],
        },
    ),
    "padding on both sides": (
        "y[k] = sum(K[u]*pad(x[k+u-2]) for u)*x[k] for k in 1..4\nL = sum(y[k]^2 for k)",
        {**X4, **K2},
    ),
    "padding and a factor outside its array": ("y[k] = x[k]*pad(x[k+1])*pad(x[k-1]) for k in 1..4\nL = sum(y)", X4),
    "a quotient where padding would divide by 0": (
        "y[k] = sum(K[u]/(x[k+u-1]) for u)\nL = sum(y[k]^2 for k)",
        {**X4, **K2},
    ),
    "a stride": ("y[k] = sum(K[u]*x[2*k-2+u] for u)\nL = sum(y[k]^2 for k)", {**X4, **K2}),
    "an index turned round": ("y[k] = sum(x[i]*x[5-i] for i)*x[5-k] for k in 1..4\nL = sum(y)", X4),
    "a diagonal": ("y[i] = X[i,i]*x[i]\nL = sum(y)", {"x": [1, 2], "X": [[Decimal("0.5"), 1], [2, -1]]}),
    "a sum of an index with itself": ("y = sum(x[i+j-1] for i in 1..2, j in 1..2)\nL = y^2", X4),
    "conditions": ("y[i] = sum(x[j]*x[i] for j if j != i and j <= 3)\nL = sum(y)", X4),
    "a triangle": ("y[i] = sum(x[j] for j in 1..i-1)*x[i] for i in 1..4\nL = sum(y)", X4),
    "a product of all others": ("y[i] = prod(x[j] - x[i] for j if j != i)\nL = sum(y)", X4),
    "a product of two letters": ("L = prod(x[i] + x[j] + 3 for i in 1..2, j in 2..4 if i < j)", X4),
    "a mean under conditions": ("y[i] = mean(x[j]^2 for j if j <= i) for i in 1..4\nL = sum(y[i]*i for i)", X4),
    "softmax under conditions": (
        "A[i,j] = softmax(S[i,j] over j if j <= i)\nL = sum(A[i,j]*S[i,j]*j for i, j)",
        {"S": [[1, 2], [Decimal("0.5"), -1]]},
    ),
    "softmax inside a formula": ("L = sum(softmax(x[j]*2 over j)*ln(softmax(x[j]^2 over j)) for j)", X4),
    "softmax of softmax": ("L = sum(softmax(3*softmax(x[j] over j) over j)*x[j] for j)", X4),
    "log_softmax under conditions": (
        "p[i] = log_softmax(x[i] over i if i > 1)\nL = sum(p[i]*x[i] for i in 2..4)",
        X4,
    ),
    "windows that overlap": ("y[k] = max(x[k+u-1]*x[k] for u in 1..2) for k in 1..3\nL = sum(y[k]*k for k)", X4),
    "a maximum inside a formula": ("y[k] = tanh(max(x[i]*x[k] for i))*x[k]\nL = sum(y)", X4),
    "a minimum of sums": ("y[k] = min(sum(x[j]*K[u] for j if j >= u) + k for u)*x[k]\nL = sum(y)", {**X4, **K2}),
    "a fixed element and a letter": ("y[k] = x[k]*x[2]\nL = sum(y) + x[2]^3", X4),
    "a table": ("y[k] = E[w[k]]*E[w[4-k]]\nL = sum(y[k]*k for k)", {"E": [1, 2, 3], "w": [3, 1, 3]}),
    "several equations of one quantity": (
        "y[1] = x[1]\ny[k] = x[k]*y[k-1] for k in 2..3\ny[4] = x[4]*y[1]\nL = sum(y[k] for k in 1..4)",
        X4,
    ),
    "a recurrence in two directions": (
        "f[0] = 0.5\nf[k] = tanh(x[k] + f[k-1])\ng[5] = 0.5\ng[k] = tanh(x[k] + g[k+1])\n"
        "L = sum(f[k]*g[k] for k in 1..4)",
        X4,
    ),
    "powers of letters and of numbers": ("y[k] = x[k]^k + (k + 1)^(x[k])\nL = sum(y)", X4),
    "a choice that protects a logarithm": ("y[k] = if(x[k] > 0, ln(x[k]), x[k]^2)\nL = sum(y)", X4),
    "a function of the author": ("f(a, b) = a*tanh(b*a)/(1 + b^2)\ny[k] = f(x[k], f(x[2], x[k]))\nL = sum(y)", X4),
    "functions of arrays": (
        "norm(v) = sqrt(sum(v^2))\ndot(u, v) = sum(u[i]*v[i] for i)\ntanh1 = tanh(x)\nL = norm(x)*dot(x, tanh1)",
        X4,
    ),
    "sharing": ("a = K[1]*K[2]\nc = a^2 + K[1]\nd = a*c - exp(a)\nL = d*c + a", K2),
    "matrices": (
        "P = (A@A.T)@A/2\nL = sum(P^2)",
        {"A": [[1, Decimal("0.5")], [-1, Decimal("0.25")]]},
    ),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_traps_of_derivatives(trap: str) -> None:
    """Adjoint equations, the sweep over elements and differences of a second interpreter agree everywhere."""
    equations, givens = TRAPS[trap]
    written = equations.replace("norm(v) = sqrt(sum(v^2))\ndot(u, v) = sum(u[i]*v[i] for i)\n", "")
    written = written.replace("norm(x)*dot(x, tanh1)", "sqrt(sum(x^2))*sum(x[i]*tanh1[i] for i)")
    solution, other = model(equations, inputs=givens), Interpreter(givens, written)
    values = other.values()

    def check() -> None:
        for (quantity, index), value in values.items():
            assert close(solution.number(Identity(Symbol(quantity, index))), value, "1e-25")
        gradients = [one for one in solution.ids() if one.by is not None and "softmax" not in one.by.name]
        assert len(gradients) >= 3
        for one in gradients:
            assert one.by is not None
            difference = other.difference(lambda: other.value("L"), one.by.name, one.by.indices)
            assert close(solution.number(one), difference, "1e-18"), one

    solution.decide(check)
    assert roads(solution) == []


def test_random_problems() -> None:
    """A few of the sweep's random problems."""
    from collections import Counter

    counted: Counter[str] = Counter()
    for number in range(25):
        rng = random.Random(f"normal {number}")
        problem = random_problem(rng)
        verdict, why = compare(problem, rng, counted)
        assert verdict in ("agree", "both refuse", "corner"), f"{verdict}: {why}\n{problem.text}"
    assert counted["measured"] > 60


# -- the index form

FORMS = [
    (
        "a[k] = w*x[k] + u*h[k-1]\nh[0] = 0\nh[k] = tanh(a[k])\nL = v*h[4]",
        "h",
        ["dL/dh[0] = dL/da[1]*u", "dL/dh[k] = dL/da[k+1]*u", "dL/dh[4] = v"],
    ),
    ("y[k] = sum(K[u]*x[k+u-1] for u)\nL = sum(y^2)", "x", ["dL/dx[k] = sum(pad(dL/dy[k-u+1])*K[u] for u in 1..2)"]),
    ("y[k] = sum(K[u]*x[k+u-1] for u)\nL = sum(y^2)", "K", ["dL/dK[u] = sum(dL/dy[k]*x[k+u-1] for k in 1..3)"]),
    ("p = softmax(x)\nL = -ln(p[2])", "x", ["dL/dx[i] = p[i]*(dL/dp[i] - sum(dL/dp[j]*p[j] for j in 1..4))"]),
    ("y = sigmoid(w)\nL = y^2", "w", ["dL/dw = dL/dy*y*(1 - y)"]),
    ("y = sqrt(w)\nL = 1/2*(y - t)^2", "w", ["dL/dw = 1/2*dL/dy/y"]),
    ("y = 1/2*(w - t)^2\nL = 3*y", "w", ["dL/dw = dL/dy*(w - t)"]),
]


@pytest.mark.parametrize(("equations", "by", "shown"), FORMS)
def test_index_form(equations: str, by: str, shown: list[str]) -> None:
    """What the adjoint equations look like: split at the ends, padded, in terms of what was computed."""
    givens = {**X4, **K2, "w": Decimal("0.5"), "u": Decimal("0.5"), "v": 2, "t": 1}
    solution = model(equations, inputs=givens)
    assert solution.adjoint is not None
    found = [text(one) for one in solution.adjoint.equations if one.name == f"dL/d{by}"]
    assert found == shown


# -- identity

IDS = ["h[2]", "W[1,2]", "L", "dL/dW[1,2]", "dL/dh[1] via a[2]", "dE[1]/da[1]", "after[2].W[1,2]", "m(W[1,2])"]
IDS += ["after[1].m(W[1,2])", "after[1].mhat(w)", "x[-1]", "df/da", "after[3].dL/dw"]


@pytest.mark.parametrize("spelt", IDS)
def test_ids_are_read_as_they_are_spelt(spelt: str) -> None:
    found = parse_identity(spelt)
    assert found is not None and found.id == spelt


@pytest.mark.parametrize(
    "spelt", ["", "W[", "W[1", "W[a]", "d/dW", "after[].W", "W(1)", "dL/dW via", "2", "W[1][2]", "m(W)[1]"]
)
def test_what_is_no_id(spelt: str) -> None:
    assert parse_identity(spelt) is None


def test_derivatives_of_anything_by_anything() -> None:
    """Shares of a derivative by reader, derivatives of values that are not the loss, the name of the loss."""
    solution = model("a = w*x\nb = a^2 + a\nc = a*w\nf = b + 3*c", inputs={"x": 2}, parameters={"w": 3})
    # a = 6: df/da = db/da + 3 w = 13 + 9; w reaches f through a and through c
    for spelt, value in {
        "df/da": "22",
        "df/da via b": "13",
        "df/da via c": "9",
        "db/da": "13",
        "db/dw": "26",
        "dc/dx": "9",
        "da/dc": "0",
        "df/dw via a": "44",
        "df/dw via c": "18",
        "df/dw": "62",
        "df/db via f": "1",
    }.items():
        assert solution.digits(spelt) == value, spelt
    assert "df/df" in solution.values() and not any(key.startswith("dL/") for key in solution.values())
    for wrong in ("dq/da", "df/da via x", "q", "nonsense[", "db/da via c"):
        with pytest.raises(InputError):
            solution.digits(wrong)


def test_the_first_index_may_be_zero() -> None:
    """The same numbers under other indices; library text and tables count like the arrays."""
    equations = (
        "y = tanh(x)\nuse embedding(E = X, word = w, y = e)\nuse hinge(z = y)\nQ = L + sum(e[0,j]*y[j] for j) - y[last]"
    )
    tables = {
        "inputs": {"x": [Decimal("0.1"), Decimal("0.5"), Decimal("-0.2")], "X": [[1, 2, 3], [4, 5, 6]]},
        "constants": {"w": [1, 0], "right": 2, "last": 0},
    }
    zero = model(equations, model={"first_index": 0, "loss": "Q"}, **tables)
    shifted = {**tables, "constants": {"w": [2, 1], "right": 3, "last": 1}}
    one = model(equations.replace("e[0,j]", "e[1,j]"), model={"loss": "Q"}, **shifted)
    values, other = zero.values(), one.values()
    assert values["Q"] == other["Q"] and values["y[0]"] == other["y[1]"]
    assert [values[f"dQ/dx[{k}]"] for k in range(3)] == [other[f"dQ/dx[{k}]"] for k in (1, 2, 3)]


def test_upstream_gradients() -> None:
    """Given gradients are added to what comes from later readers; elements written with a number have none."""
    solution = model(
        "h[0] = 0\nh[k] = tanh(x[k] + u*h[k-1])",
        inputs={"x": [Decimal("0.5"), -1]},
        parameters={"u": Decimal("0.3")},
        constants={"G": [1, Decimal("-0.5")]},
        model={"upstream": {"h": "G"}},
    )
    assert solution.digits("dL/dh[2]") == "-0.5"
    share = solution.digits("dL/dh[1] via h[2]", 30)
    assert solution.decide(lambda: close(solution.number("dL/dh[1]") - 1, share, "1e-25"))
    assert roads(solution) == []


def test_upstream_gradients_of_what_begins_later() -> None:
    """The first given number belongs to the first element, whatever its index is; and from 0 where indices do."""
    tables: dict[str, Any] = {"inputs": {"x": [2, 3, 5, 7]}, "constants": {"G": [10, 20]}}
    given = {"upstream": {"y": "G"}}
    later = model("y[k] = x[k]*x[k-2] for k in 3..4", model=given, **tables).values()
    assert [later[f"dL/dx[{k}]"] for k in (1, 2, 3, 4)] == ["50", "140", "20", "60"]
    zero = model("y[k] = x[k]*x[k-2] for k in 2..3", model={**given, "first_index": 0}, **tables).values()
    assert [zero[f"dL/dx[{k}]"] for k in range(4)] == ["50", "140", "20", "60"]


def test_a_power_that_is_0_has_slope_0() -> None:
    """Also at 0, where n times 0^(n-1) has no value; for any other exponent the power rule counts."""
    for w, n, slope in ((0, 0, "0"), (3, 0, "0"), (3, 2, "6"), (0, 2, "0"), (2, -1, "-0.25")):
        values = model("L = w^n", parameters={"w": w}, constants={"n": n}).values()
        assert values["dL/dw"] == slope, (w, n)


def test_outside_its_condition_a_softmax_is_0() -> None:
    """By its equation, by its step, and in what comes back."""
    solution = model("p[i] = softmax(x[i] over i if i > 1)\nL = sum(i*p[i]^2 for i)", inputs={"x": [1, 2, 2]})
    values = solution.values()
    assert [Decimal(values[f"p[{k}]"]) for k in (1, 2, 3)] == [0, Decimal("0.5"), Decimal("0.5")]
    assert [Decimal(values[f"dL/dx[{k}]"]) for k in (1, 2, 3)] == [0, Decimal("-0.25"), Decimal("0.25")]
    formulas = {str(step.target): step.formula for step in solution.steps}
    assert formulas["p[1]"] == ZERO and formulas["p[2]"] != ZERO


GATES = [
    # equations, and the single operations into which they are split, with x = 3, w = 2, u = [1, 2, 4]
    ("L = 1/2*(w*x + 1)^2", {"v1": "6", "v2": "7", "v3": "49", "L": "24.5"}),
    ("L = sum((u[i]*w)^2 for i)", {"v1[1]": "2", "v1[3]": "8", "v2[2]": "16", "v2[3]": "64", "L": "84"}),
    ("L = max(w*x, w + x, 1)/pi", {"v1": "6", "v2": "5", "v3": "6", "L": "1.9099"}),
    ("L = if(w > 1, w*x + 3, w/x)", {"L": "9"}),
    ("v1 = w*x + 1\nL = v1*v1*w", {"v2": "6", "v1": "7", "v3": "49", "L": "98"}),
    # 1/(u[i] - u[j]) has no value where i = j
    (
        "y[i,j] = 6/(u[i] - u[j])^2 for i, j if j < i\nL = sum(y[i,j] for i, j if j < i)",
        {"v1[2,1]": "1", "v1[3,1]": "3", "v1[3,2]": "2", "v2[2,1]": "1", "v2[3,1]": "9", "v2[3,2]": "4",
         "y[2,1]": "6", "y[3,1]": "0.66667", "y[3,2]": "1.5", "L": "8.1667"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("equations", "expected"), GATES)
def test_equations_are_split_into_single_operations(equations: str, expected: dict[str, str]) -> None:
    """A condition goes with every part; a choice and pi stay where they are."""
    inputs = {"x": 3, "w": 2, "u": [1, 2, 4]}
    values = model(equations, inputs=inputs, model={"granularity": "gates"}).values(5)
    found = {name: value for name, value in values.items() if name[0] in "vyL"}
    assert found.keys() >= expected.keys() and {name: found[name] for name in expected} == expected
    assert {name.partition("[")[0] for name in found} == {name.partition("[")[0] for name in expected}
    assert sum(name.startswith("v1[") for name in found) in (0, 3)


def test_values_only() -> None:
    """Without a loss there are values and no derivatives."""
    values = model("y = x^2", inputs={"x": [1, 2]}, model={"loss": False}).values()
    assert values == {"x[1]": "1", "x[2]": "2", "y[1]": "1", "y[2]": "4"}


def test_exact_numbers_stay_exact() -> None:
    """Rationals, roots of squares, whole powers, logarithms of powers of ten, and balls elsewhere."""
    values = model(
        "a = sqrt(x/4)\nb = log10(1/1000)\nc = a^-2\nd = 4^(1/2)\ne = exp(0)\nL = ln(2)", inputs={"x": 9}
    ).values(5)
    assert [values[name] for name in "abcdeL"] == ["1.5", "-3", "0.44444", "2", "1", "0.69315"]


def test_inferred_ranges_are_said() -> None:
    """What a user sees about ranges that nobody wrote, and about elements that a formula leaves out."""
    solution = model("a[k] = x[k-1]\nh[0] = 1\nh[k] = a[k+1]*h[k-1]\nL = sum(h[k] for k)", inputs=X4)
    assert solution.system.inferred == (
        "a[k] = x[k-1]: k in 2..5",
        "h[k] = a[k+1]*h[k-1]: k in 1..4",
        "L = sum(h[k] for k): k in 1..4",
    )
    assert solution.system.left_out == ("k runs over 1..4 in the equation of L: h at 0 is left out there",)


def test_an_authors_function_is_of_one_problem() -> None:
    """One with the name of the library's counts in its place, and only where it was written."""
    own, library = "relu6(x) = x^2\ny = relu6(x)", "y = relu6(x)"
    found = [model(one, inputs={"x": 2}, model={"loss": False}).values()["y"] for one in (library, own, library)]
    assert found == ["2", "4", "2"]
