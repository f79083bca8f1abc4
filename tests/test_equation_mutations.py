"""Every rule of a derivative broken in turn: the program notices, whatever road the fault is on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest
from equation_problems import model

from derive import functions
from derive.compute import compiler
from derive.compute.plan import Disagreement
from derive.expression import Add, Call, Div, Mul, Neg, Node, Pow, add
from derive.model import verify
from derive.trace import adjoint, local, places, solving

GIVENS: dict[str, Any] = {
    "x": [D("0.3"), D("-0.8"), D("0.5"), D("1.1")],
    "K": [D("0.7"), D("-0.4")],
    "w": D("0.6"),
    "u": D("-1.3"),
    "E": [[D("0.4"), 1], [D("-0.7"), D("0.2")], [D("0.9"), D("-1.5")]],
    "word": [3, 1, 3],
}
PATCH = Callable[[pytest.MonkeyPatch], None]


def negated(function: Callable[..., Any]) -> Callable[..., Any]:
    """A rule with the wrong sign."""

    def wrong(*args: Any, **words: Any) -> Any:
        found = function(*args, **words)
        return None if found is None else Neg(found)

    return wrong


def _slope(name: str) -> PATCH:
    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        row = functions.FUNCTIONS[name]
        assert row.slope is not None
        monkeypatch.setitem(functions.FUNCTIONS, name, replace(row, slope=Mul((local.const(2), row.slope))))

    return patch


def _rule(kind: type[Node], part: int) -> PATCH:
    """The derivative of one operation by one of its parts, with the wrong sign."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        right = local.local

        def wrong(node: Node, place: int, *rest: Any) -> Node | None:
            found = right(node, place, *rest)
            return Neg(found) if found is not None and type(node) is kind and place == part else found

        for module in (local, places):
            monkeypatch.setattr(module, "local", wrong)

    return patch


def _method(owner: Any, name: str, change: Callable[[Callable[..., Any]], Callable[..., Any]]) -> PATCH:
    return lambda monkeypatch: monkeypatch.setattr(owner, name, change(getattr(owner, name)))


def _without_range(right: Callable[..., Any]) -> Callable[..., Any]:
    """A letter is eliminated, and its range forgotten."""

    def wrong(self: Any, name: str, value: Any) -> None:
        right(self, name, value)
        del self.conditions[-2:]

    return wrong


def _one_end(right: Callable[..., Any]) -> Callable[..., Any]:
    def wrong(self: Any, name: str, value: Any) -> None:
        right(self, name, value)
        del self.conditions[-1:]

    return wrong


def _without_last(right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: list(right(*args))[:-1]


def _unsolved_forgotten(right: Callable[..., Any]) -> Callable[..., Any]:
    """An index that cannot be solved is taken as if it always fitted."""

    def wrong(self: Any, *arguments: Any) -> None:
        right(self, *arguments)
        self.conditions = [c for c in self.conditions if c.relation != "=="]

    return wrong


def _same(right: Callable[..., Any]) -> Callable[..., Any]:
    """Letters are not renamed: a letter is caught."""
    return lambda self, node: node


def _padded_always(right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda term, *rest: replace(term, conditions=())


def _last_wins(right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda numbers: len(numbers) - 1


MUTATIONS: dict[str, tuple[PATCH, str]] = {
    **{
        f"the slope of {name}": (
            _slope(name),
            f"L = {name}({'w' if name not in ('ln', 'sqrt', 'log10') else 'w^2 + 1'})*u",
        )
        for name, row in functions.FUNCTIONS.items()
        if row.slope is not None
    },
    "a sum by its first term": (_rule(Add, 0), "L = (w + u)*x[1]"),
    "a sum by its second term": (_rule(Add, 1), "L = (w + u)*x[1]"),
    "a sign": (_rule(Neg, 0), "L = -w*u"),
    "a product by its first factor": (_rule(Mul, 0), "L = w*u"),
    "a product by its last factor": (_rule(Mul, 2), "L = w*u*x[1]"),
    "a quotient by what is above": (_rule(Div, 0), "L = w/u"),
    "a quotient by what is below": (_rule(Div, 1), "L = w/u"),
    "a power by its base": (_rule(Pow, 0), "L = w^3 + (w^2)^u"),
    "a power by its exponent": (_rule(Pow, 1), "L = w^u"),
    "a function by its argument": (_rule(Call, 0), "L = tanh(w)*u"),
    "a function of the author": (_rule(Call, 1), "f(a, c) = a*c^2\nL = f(w, u)"),
    "a mean": (_method(places.Opening, "_share", negated), "L = mean(x[i]^2 for i)"),
    "a product over a range": (_method(places.Opening, "_others", negated), "L = prod(x[i] for i)"),
    "the winner of a maximum": (_method(compiler, "first_largest", _last_wins), "L = max(x[i]^2 for i in 1..3)"),
    "a maximum of two": (_method(local, "_wins", negated), "L = max(w, u)*w"),
    "softmax, adjoint": (_method(adjoint, "sub", lambda right: lambda a, b: add(a, b)), "p = softmax(x)\nL = sum(p^2)"),
    "softmax, steps": (_method(local, "sub", lambda right: lambda a, b: add(a, b)), "p = softmax(x)\nL = sum(p^2)"),
    "log_softmax": (_method(adjoint, "sub", lambda right: lambda a, b: add(a, b)), "p = log_softmax(x)\nL = sum(p^2)"),
    "a range that is forgotten": (
        _method(solving.Solution, "_put", _without_range),
        "y[k] = sum(K[i]*x[k+i-1] for i)\nL = sum(y[k]*k for k)",
    ),
    "one end of a range": (
        _method(solving.Solution, "_put", _one_end),
        "y[k] = sum(K[i]*x[k+i-1] for i)\nL = sum(y[k]*k for k)",
    ),
    "an index that is not solved": (
        _method(solving.Solution, "solve", _unsolved_forgotten),
        "L = sum(E[word[k],1]^2 for k)",
    ),
    "a fixed index": (_method(solving.Solution, "solve", _unsolved_forgotten), "L = sum(x[i] for i)*x[2]"),
    "a letter that is caught": (
        _method(places.Opening, "_renewed", _same),
        "y[k] = relu(sum(K[i]*x[k-i+1] for i) + 1)\nL = sum(y[k]*k for k)",
    ),
    "padding in place of a condition": (
        _method(adjoint, "with_padding", _padded_always),
        "y[k] = max(x[k+i-1]*w for i in 1..2)\nL = sum(y[k]*k for k)",
    ),
    "a reader that is forgotten": (
        _method(local, "_by_place", lambda right: lambda *a: list(right(*a))[:1]),
        "L = w*u + w^2",
    ),
    "a place that is forgotten": (
        _method(places.Opening, "_branches", lambda right: lambda *a: list(right(*a))[:1]),
        "L = if(w > 1, w*u, w^2*u)",
    ),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_broken_rule_is_noticed(mutation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Right, the problem is accepted; with the broken rule the program refuses to show anything."""
    patch, equations = MUTATIONS[mutation]
    verify(model(equations, inputs=GIVENS))
    patch(monkeypatch)
    # a letter that is caught may be unknown where it is put in
    with pytest.raises((Disagreement, KeyError) if "caught" in mutation else Disagreement):
        verify(model(equations, inputs=GIVENS))


@pytest.mark.parametrize("name", [name for name, row in functions.FUNCTIONS.items() if row.slope is not None])
def test_a_broken_slope_is_noticed_at_a_corner(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is measured at a corner, and both sweeps take the same rule: only SymPy tells."""
    argument = "w" if name not in ("ln", "sqrt", "log10") else "w^2 + 1"
    equations = f"L = {name}({argument})*u + relu(w - 3/5)"
    verify(model(equations, inputs=GIVENS))
    _slope(name)(monkeypatch)
    with pytest.raises(Disagreement, match="the rule for"):
        verify(model(equations, inputs=GIVENS))


def _other_branch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The derivative of the branch that is not taken has the wrong sign."""
    right = local.chosen

    def wrong(node: Any, values: list[Node]) -> Any:
        return right(node, [*values[:-1], Neg(values[-1])])

    monkeypatch.setattr(local, "chosen", wrong)


@pytest.mark.parametrize("equations", ["L = elu(w)*u", "L = huber(w, 3)", "f(a) = if(a > 0, a^2, a^3)\nL = f(w)"])
def test_the_branch_that_is_not_taken_is_looked_at(equations: str, monkeypatch: pytest.MonkeyPatch) -> None:
    verify(model(equations, inputs=GIVENS))
    _other_branch(monkeypatch)
    with pytest.raises(Disagreement, match="the rule for"):
        verify(model(equations, inputs=GIVENS))
