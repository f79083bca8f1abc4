"""One gradient in all its forms: factors, product, delta, closed and expanded are one and the same."""

import operator
import tomllib
from decimal import Decimal
from functools import cache
from typing import Any

import mpmath
import pytest
import sympy
from flint import fmpq
from mpmath import mpf
from networks import Table, random_network
from plain import SYMBOLIC, Plain, examples_of, parameters

from derive import InputError, Solution, solve
from derive.closed import TooLarge
from derive.quantity import Quantity
from derive.reading import example_names, example_text


def changed(name: str, **tables: Any) -> Table:
    """A built-in example with keys of its tables changed; `layers` maps the number of a layer to its keys."""
    table = tomllib.loads(example_text(name), parse_float=Decimal)
    for key, entries in tables.items():
        if key == "layers":
            for number, keys in entries.items():
                layer = table["network"]["layers"][number - 1]
                layer.update(keys)
                for absent in [k for k, value in keys.items() if value is None]:
                    del layer[absent]
        else:
            table.setdefault(key, {}).update(entries)
    return table


D = Decimal
TWO_EXAMPLES = {
    "inputs": [[D("0.05"), D("0.10")], [D("0.7"), D("-0.3")]],
    "targets": [[D("0.01"), D("0.99")], [D("0.5"), D("0.2")]],
}
OWN = {"biases": [D("0.35"), D("-0.2")], "train_biases": True}
SHARED = {1: {"train_biases": True}, 2: {"train_biases": True}}
PENALTY = {"regularization": {"l1": D("0.003"), "l2": D("0.01")}}
SOFTMAX = {"activation": "softmax"}
CCE = {"name": "categorical_cross_entropy"}
ONE_HOT = {"targets": [[1, 0]]}
BCE = {"name": "binary_cross_entropy"}

PROBLEMS: dict[str, Any] = {
    **{name: name for name in example_names("networks")},
    "bias of each unit": changed("mazur", layers={1: OWN, 2: OWN}),
    "trained shared bias": changed("mazur", layers=SHARED),
    "mean of a batch": changed("mazur", data=TWO_EXAMPLES),
    "sum of a batch": changed("mazur", data=TWO_EXAMPLES, loss={"reduction": "sum"}),
    "batch with biases": changed("mazur", data=TWO_EXAMPLES, layers={1: OWN, 2: {"train_biases": True}}),
    "one example at a time": changed("mazur", data=TWO_EXAMPLES, training={"batch": "one"}, layers={1: OWN}),
    "penalty": changed("mazur", loss=PENALTY, layers={2: OWN}),
    "penalty on a batch": changed("mazur", data=TWO_EXAMPLES, loss=PENALTY),
    "softmax with cross-entropy": changed("mazur", layers={2: SOFTMAX}, loss=CCE, data=ONE_HOT),
    "softmax with squared error": changed("mazur", layers={2: SOFTMAX}),
    "hidden softmax": changed("mazur", layers={1: SOFTMAX}),
    "sigmoid with cross-entropy": changed("mazur", loss=BCE, layers={1: OWN, 2: OWN}),
    "tanh, then softplus": changed("mazur", layers={1: {"activation": "tanh"}, 2: {"activation": "softplus"}}),
    "leaky rectifiers": changed("mazur", layers={1: {"activation": "leaky_relu"}, 2: {"activation": "relu"}}),
    "momentum": changed("mazur", training={"optimizer": "momentum", "momentum": D("0.9"), "steps": 2}),
}


@cache
def solved(name: str) -> Solution:
    return solve(PROBLEMS[name])


def trainable(solution: Solution) -> list[Quantity]:
    """All weights and biases before the first update."""
    return [q for q in solution.exact.numbers if q.kind in ("W", "b") and not q.step]


def numbers(solution: Solution) -> dict[str, mpf]:
    """The value behind every name of the problem's notation."""
    found = {}
    for quantity, number in solution.exact.numbers.items():
        text = number if isinstance(number, fmpq) else number.mid().str(50, radius=False)
        value = mpf(int(text.p)) / int(text.q) if isinstance(text, fmpq) else mpf(text)
        found[solution.namer(quantity).text] = value
    return found


FUNCTIONS = {
    sympy.exp: mpmath.exp,
    sympy.log: mpmath.log,
    sympy.tanh: mpmath.tanh,
    sympy.Abs: abs,
    sympy.sign: mpmath.sign,
    sympy.Max: max,
    sympy.StrictGreaterThan: operator.gt,
    sympy.LessThan: operator.le,
    sympy.And: lambda *parts: all(parts),
    sympy.Or: lambda *parts: any(parts),
    sympy.ITE: lambda condition, this, other: this if condition else other,
    sympy.Heaviside: lambda x, at_zero: at_zero if x == 0 else mpf(x > 0),
}


def evaluated(expression: sympy.Expr, known: dict[str, Any], memory: dict[sympy.Expr, Any] | None = None) -> Any:
    """The number that an expression has when every symbol has its value; KeyError for a strange symbol."""
    memory = {} if memory is None else memory
    if expression not in memory:
        memory[expression] = _evaluated(expression, known, memory)
    return memory[expression]


def _evaluated(expression: sympy.Expr, known: dict[str, Any], memory: dict[sympy.Expr, Any]) -> Any:
    match expression:
        case sympy.Symbol():
            return known[expression.name]
        case sympy.Rational():
            return mpf(expression.p) / expression.q
        case sympy.Piecewise():
            held = (value for value, condition in expression.args if evaluated(condition, known, memory))
            return evaluated(next(held), known, memory)
        case sympy.logic.boolalg.BooleanAtom():
            return bool(expression)
    parts = [evaluated(part, known, memory) for part in expression.args]
    match expression:
        case sympy.Add():
            return mpmath.fsum(parts)
        case sympy.Mul():
            return mpmath.fprod(parts)
        case sympy.exp():
            return mpmath.exp(parts[0])
        case sympy.Pow():
            return parts[0] ** parts[1]
    return FUNCTIONS[type(expression)](*parts)


@pytest.mark.parametrize("name", PROBLEMS)
def test_all_forms_are_one_number(name: str) -> None:
    """Of every weight and bias: the factors' product, delta form, closed and expanded form, and value."""
    solution, compared = solved(name), 0
    with mpmath.workdps(45):
        known, memory = numbers(solution), {}
        for parameter in trainable(solution):
            gradient = solution.gradient(solution.namer(parameter).text)
            assert gradient.parameter == parameter
            expected = known[solution.namer(gradient.quantity).text]
            assert abs(mpf(gradient.value) - expected) <= abs(expected) * mpf(10) ** -19 + mpf(10) ** -50
            factors = [evaluated(factor, known, memory) for factor in gradient.factors.values()]
            forms = [gradient.product, gradient.delta, gradient.closed, gradient.expanded()]
            for value in (mpmath.fprod(factors), *(evaluated(form, known, memory) for form in forms)):
                assert abs(value - expected) < mpf(10) ** -35, parameter.id
                compared += 1
    assert compared >= 15


@pytest.mark.parametrize("name", PROBLEMS)
def test_forms_use_what_they_promise(name: str) -> None:
    """The closed form has no intermediate derivative in it; the expanded one nothing but what is given."""
    solution = solved(name)
    of = {solution.namer(q).text: q for q in solution.exact.numbers}
    for parameter in trainable(solution):
        gradient = solution.gradient(parameter.id)
        closed = {of[symbol.name] for symbol in gradient.closed.free_symbols}
        assert not {q.id for q in closed if q.kind.startswith(("dL", "da", "path"))}
        expanded = {of[symbol.name] for symbol in gradient.expanded().free_symbols}
        assert expanded <= set(solution.trace.givens), parameter.id


# The drawn weights of rohan-relu are not in its table, and netflow is hmkcode with another rounding.
COMPOSED = [name for name in PROBLEMS if name not in ("netflow", "rohan-relu")]


@pytest.mark.parametrize("name", COMPOSED)
def test_expanded_is_the_derivative_of_the_composed_loss(name: str) -> None:
    """As functions of all weights and biases, not only at the given ones."""
    solution = solved(name)
    table = (
        tomllib.loads(example_text(name), parse_float=Decimal) if name in example_names("networks") else PROBLEMS[name]
    )
    p, symbols = parameters(table, SYMBOLIC.number), {}
    for place in list(p.places()):
        kind, layer, indices = place
        symbols[place] = sympy.Symbol(solution.namer(Quantity(kind, layer, *indices)).text, real=True)
        p.put(place, symbols[place])
    loss = Plain(table, SYMBOLIC).loss(p, examples_of(table, 0))
    with mpmath.workdps(45):
        known, points = numbers(solution), []
        for shift in (mpf(0), mpf("0.01"), mpf("-0.02")):
            moved = {s.name: known[s.name] + shift * (k + 1) / 3 for k, s in enumerate(symbols.values())}
            points.append((known | moved, {}))
        for place, symbol in symbols.items():
            kind, layer, indices = place
            expanded = solution.gradient(Quantity(kind, layer, *indices).id).expanded()
            composed = sympy.diff(loss, symbol)
            for now, memory in points:
                difference = evaluated(expanded, now, memory) - evaluated(composed, now, memory)
                assert abs(difference) < mpf(10) ** -35, place
    assert len(symbols) >= 3


def test_expanded_simplifies_to_the_composed_derivative() -> None:
    """On the linear network and on the chain SymPy proves it for all numbers."""
    for name in ("hmkcode", "rohan-chain"):
        solution = solved(name)
        table = tomllib.loads(example_text(name), parse_float=Decimal)
        p = parameters(table, SYMBOLIC.number)
        for kind, layer, indices in list(p.places()):
            p.put(
                (kind, layer, indices),
                sympy.Symbol(solution.namer(Quantity(kind, layer, *indices)).text, real=True),
            )
        loss = Plain(table, SYMBOLIC).loss(p, [0])
        given = {q: text for q, text in solution.trace.givens.items() if q.kind in ("a", "t")}
        put_in = {sympy.Symbol(solution.namer(q).text, real=True): sympy.Rational(str(x)) for q, x in given.items()}
        for parameter in trainable(solution):
            expanded = solution.gradient(parameter.id).expanded().subs(put_in)
            symbol = sympy.Symbol(solution.namer(parameter).text, real=True)
            assert sympy.simplify(expanded - sympy.diff(loss, symbol)) == 0


def test_the_example_of_the_article() -> None:
    """The weight that Mazur's article works first, with its three factors by name."""
    gradient = solve("mazur").gradient("w5")
    out, target, hidden = (sympy.Symbol(name, real=True) for name in ("out_o1", "target_o1", "out_h1"))
    assert gradient.factors == {
        "dE/dout_o1": out - target,
        "dout_o1/dnet_o1": out * (1 - out),
        "dnet_o1/dw5": hidden,
    }
    assert gradient.closed == gradient.product == (out - target) * out * (1 - out) * hidden
    assert gradient.delta == sympy.Symbol("dE/dnet_o1", real=True) * hidden
    assert gradient.value == "0.082167040564230778846"


def test_a_sum_over_paths() -> None:
    """A weight behind two outputs: one factor is the sum of what comes back through both."""
    gradient = solve("mazur").gradient("w1")
    back = gradient.factors["dE/dout_h1"]
    assert isinstance(back, sympy.Add) and len(back.args) == 2
    assert len(gradient.factors) == 3


# -- limits and mistakes ---------------------------------------------------------------------------


def wide(depth: int) -> Table:
    return random_network(3, depth=(depth, depth), width=(5, 5), examples=(1, 1), steps=(1, 1))


def test_too_large_formulas_are_refused() -> None:
    """A formula that nobody could read is an error, above the limit and not at it."""
    gradient = solve("mazur").gradient("w1")
    assert gradient.expanded(limit=200) == gradient.expanded()
    sizes = [limit for limit in range(1, 200) if _fits(gradient, limit)]
    assert sizes == list(range(sizes[0], 200)) and 40 < sizes[0] < 150
    with pytest.raises(TooLarge, match=f"more than {sizes[0] - 1} parts"):
        gradient.expanded(limit=sizes[0] - 1)


def _fits(gradient: Any, limit: int) -> bool:
    try:
        gradient.expanded(limit)
    except TooLarge:
        return False
    return True


def test_a_deep_network_is_too_large() -> None:
    """The expansion is given up at the limit, quickly, while the value and the delta form are there."""
    solution = solve(wide(8))
    gradient = solution.gradient("W[1][0][0]")
    assert mpf(gradient.value) is not None and gradient.delta.free_symbols
    with pytest.raises(TooLarge):
        gradient.expanded()


# (name, what the message says)
MISTAKES = [
    ("w55", 'Did you mean "w5"?'),
    ("W5", 'Did you mean "w5"?'),
    ("weight", "expected"),
    ("out_h1", "a weight or a bias before the first update"),
    ("w5+", "a weight or a bias before the first update"),
    ("dE/dw5", "a weight or a bias before the first update"),
    ("W[3][0][0]", "gradient"),
    ("W[2][0][2]", "expected"),
    ("", "expected"),
]


@pytest.mark.parametrize(("name", "message"), MISTAKES)
def test_unknown_names(name: str, message: str) -> None:
    """The nearest name is offered, and a message says what was expected."""
    with pytest.raises(InputError) as caught:
        solve("mazur").gradient(name)
    if message != "gradient":
        assert message in str(caught.value)
    assert len(str(caught.value)) < 3000


@pytest.mark.parametrize(("name", "identity"), [("w5", "W[2][0][0]"), ("W[2][0][0]", "W[2][0][0]"), ("b_1", "b[1]")])
def test_names_and_ids(name: str, identity: str) -> None:
    assert solve("mazur").gradient(name).parameter.id == identity


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_listed_id_is_understood(name: str) -> None:
    """What `derive values` lists can be asked for."""
    solution = solved(name)
    listed = dict(solution.ids(solution.exact))
    assert len(listed) > 30
    assert {key: solution.quantity(key) for key in listed} == listed
