"""Derivations with one wrong step: a sign, a factor, a term or an index, in every class of step.

Nothing here knows how the guard finds them. A change that leaves the value of a formula alone, as a sign inside a
square does, is no mistake; whether it does is seen by evaluating both formulas in mpmath at numbers of their own.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal as D
from itertools import islice
from typing import Any

from mpmath import mpf
from trees import Unfit, meaning

from derive import derivation, graph
from derive.derivation import Trace, derive_trace
from derive.expression import (
    Add,
    Branch,
    Call,
    Cases,
    Const,
    Div,
    Mul,
    Neg,
    Node,
    Pow,
    Ref,
    children,
    const,
    quantities,
    with_parts,
)
from derive.initial import draw_missing_weights
from derive.quantity import Quantity
from derive.reading import problem_from_dict
from derive.step import Step

CLASSES = {
    name
    for module in (graph, derivation)
    for name, found in vars(module).items()
    if isinstance(found, type) and issubclass(found, Step) and found is not Step
}
"""Every class of step that there is."""

Table = dict[str, Any]
Siblings = Callable[[Quantity], list[Quantity]]


# -- networks in which every class occurs ----------------------------------------------------------


def layer(activation: str, weights: list[list[str]], **more: Any) -> Table:
    rows = [[D(number) for number in row] for row in weights]
    return {"units": len(rows), "activation": activation, "weights": rows, **more}


def network(layers: list[Table], loss: Table, training: Table, **data: Any) -> Table:
    inputs = len(layers[0]["weights"][0])
    rows = [[D("0.3"), D("-0.7"), D("1.1")][:inputs], [D("0.9"), D("0.2"), D("-0.4")][:inputs]]
    data = {"inputs": rows, **data}
    return {
        "title": "Broken",
        "network": {"inputs": inputs, "layers": layers},
        "data": {key: value[: len(data["targets"])] if key == "inputs" else value for key, value in data.items()},
        "loss": loss,
        "training": {"learning_rate": D("0.5"), **training},
    }


WIDE = [["0.2", "-0.5"], ["0.4", "0.3"], ["-0.6", "0.7"]]
DEEP = [["0.3", "-0.2", "0.5"], ["0.6", "0.1", "-0.4"]]
THREE = [["0.5", "-0.3"], ["0.2", "0.8"], ["-0.7", "0.4"]]
OWN = {"biases": [D("0.1"), D("-0.2"), D("0.3")]}
PENALTY = {"regularization": {"l1": D("0.01"), "l2": D("0.02")}}
MOMENTUM = {"optimizer": "momentum", "momentum": D("0.9")}
ONE_HOT = [[0, 1, 0], [1, 0, 0]]
NETWORKS: dict[str, Table] = {
    "biases of all kinds": network(
        [layer("sigmoid", WIDE, biases=D("0.35")), layer("tanh", DEEP, biases=D("0.6"), train_biases=False)],
        {"name": "half_squared_error"},
        {},
        targets=[[D("0.01"), D("0.99")]],
    ),
    "softmax and cross-entropy": network(
        [layer("tanh", [["0.3", "0.8"], ["-0.4", "0.2"]]), layer("softmax", THREE, **OWN)],
        {"name": "categorical_cross_entropy"},
        {**MOMENTUM, "decay": {"kind": "inverse_time", "rate": D("0.5")}, "steps": 3},
        targets=ONE_HOT,
        standardize={"mean": [D("0.5"), D("-0.2")], "std": [D("0.3"), D("1.4")]},
    ),
    "softmax inside": network(
        [layer("softmax", WIDE, biases=D("0.2")), layer("leaky_relu", DEEP, slope=D("0.2"))],
        {"name": "squared_error", "reduction": "sum", **PENALTY},
        {"steps": 2},
        targets=[[D("0.2"), D("-0.8")], [D("0.5"), D("0.1")]],
    ),
    "one example at a time": network(
        [layer("relu", WIDE, **OWN), layer("sigmoid", DEEP, biases=[D("0.1"), D("0.4")], train_biases=False)],
        {"name": "binary_cross_entropy"},
        {"batch": "one", "decay": {"kind": "exponential", "rate": D("0.1")}, "steps": 2},
        targets=[[0, 1], [D("0.3"), 1]],
    ),
    "a penalty and one example": network(
        [layer("softplus", WIDE), layer("linear", DEEP, biases=D("0.1"))],
        {"name": "mean_squared_error", **PENALTY},
        {"steps": 2, **MOMENTUM},
        targets=[[D("0.2"), D("-0.8")]],
    ),
    # The gradient of this bias is 0, and the bias after the update is the one before it: a wrong sign shows no digit.
    "a softmax that shares its bias": network(
        [
            layer("tanh", WIDE),
            layer("softmax", [["0.3", "-0.2", "0.5"], ["0.6", "0.1", "-0.4"], ["-0.5", "0.8", "0.7"]], biases=D("0.2")),
        ],
        {"name": "categorical_cross_entropy"},
        {},
        targets=ONE_HOT,
    ),
    "a softmax that shares its bias, one example": network(
        [layer("softmax", THREE, biases=D("0.2"))],
        {"name": "half_squared_error"},
        MOMENTUM,
        targets=[[D("0.2"), D("0.1"), D("0.4")]],
    ),
}


def trace_of(table: Table) -> Trace:
    return derive_trace(draw_missing_weights(problem_from_dict(table)))


# -- changes -----------------------------------------------------------------------------------------


def changed_parts(node: Node, siblings: Siblings) -> Iterator[tuple[str, Node]]:
    """The kind of a change and the changed formula, for every change at one place of a formula."""
    yield from changes(node, siblings)
    for place, part in enumerate(children(node)):
        if isinstance(node, Pow) and place == 1:
            continue  # an exponent stays a whole number
        for kind, other in changed_parts(part, siblings):
            yield kind, with_part(node, place, other)


def with_part(node: Node, place: int, part: Node) -> Node:
    """The formula with another part at a place."""
    count = iter(range(len(children(node))))
    return with_parts(node, lambda old: part if next(count) == place else old)


def changes(node: Node, siblings: Siblings) -> Iterator[tuple[str, Node]]:
    """The changes at the root of a formula."""
    yield "sign", Neg(node)
    yield "factor", Mul((const(2), node))
    yield "term", Add((node, const(1)))
    match node:
        case Add(parts) | Mul(parts):
            kind = "term" if isinstance(node, Add) else "factor"
            for place in range(len(parts)):
                rest = parts[:place] + parts[place + 1 :]
                yield kind, rest[0] if len(rest) == 1 else type(node)(rest)
        case Div(above, below):
            yield "factor", above
            yield "index", Div(below, above)
        case Pow(base, Const(exponent)):
            yield "factor", Pow(base, const(exponent + 1))
        case Ref(quantity):
            yield from (("index", Ref(sibling)) for sibling in siblings(quantity))
        case Call("max", args):
            yield "sign", Neg(Call("max", tuple(Neg(arg) for arg in args)))
        case Cases(branches):
            pairs = zip(branches, reversed(branches), strict=True)
            yield "index", Cases(tuple(Branch(other.value, b.left, b.relation, b.right) for b, other in pairs))


def same(left: Node, right: Node) -> bool:
    """Whether two formulas have one value whatever the values of their quantities are."""
    source, found = random.Random(1), 0
    names = list(dict.fromkeys([*quantities(left), *quantities(right)]))
    for _ in range(40):
        numbers = {name: mpf(source.randint(-(10**6), 10**6)) / 10**6 for name in names}
        try:
            if abs(meaning(left, numbers) - meaning(right, numbers)) > mpf(10) ** -9:
                return False
        except Unfit:
            continue
        except AssertionError:  # no case holds
            return False
        found += 1
    return found > 0  # formulas that never have a value together are not the same


def changed_steps(step: Step, siblings: Siblings) -> dict[str, list[tuple[Node, Node, Step]]]:
    """By the kind of change: a formula of the step, the changed formula, and the step with it."""
    found: dict[str, list[tuple[Node, Node, Step]]] = {}
    for kind, formula in changed_parts(step.formula, siblings):
        found.setdefault(kind, []).append((step.formula, formula, replace(step, formula=formula)))
    if step.direct is not None:
        for kind, formula in changed_parts(step.direct, siblings):
            found.setdefault(kind, []).append((step.direct, formula, replace(step, direct=formula)))
    return found


def places(trace: Trace) -> Iterator[tuple[str, int, Step]]:
    """Every step of the first round and before it, with the part it belongs to and its place there."""
    yield from (("preprocessing", place, step) for place, step in enumerate(trace.preprocessing))
    for part in ("forward", "backward", "update"):
        yield from ((part, place, step) for place, step in enumerate(getattr(trace.rounds[0], part)))


def with_step(trace: Trace, part: str, place: int, step: Step) -> Trace:
    """The derivation with another step at a place."""
    holder: Any = trace if part == "preprocessing" else trace.rounds[0]
    steps = getattr(holder, part)
    changed = replace(holder, **{part: (*steps[:place], step, *steps[place + 1 :])})
    return changed if part == "preprocessing" else replace(trace, rounds=(changed, *trace.rounds[1:]))


def siblings_of(trace: Trace) -> Siblings:
    """For a quantity up to three of its kind that differ from it in one index, but for that of the example."""
    known = {*trace.givens, *(step.target for _, _, step in places(trace))}

    def near(quantity: Quantity) -> list[Quantity]:
        found = [
            other
            for other in known
            if (other.kind, other.example, other.step) == (quantity.kind, quantity.example, quantity.step)
            and sum(x != y for x, y in zip(other, quantity, strict=True)) == 1
        ]
        return sorted(found, key=lambda other: other.id)[:3]

    return near


def broken(trace: Trace, source: random.Random, most: int = 10**9) -> Iterator[tuple[str, str, Trace]]:
    """Derivations broken at one step of every class, at most so many for a kind of change: class, kind, derivation."""
    steps = list(places(trace))
    source.shuffle(steps)
    siblings = siblings_of(trace)
    for name in sorted({type(step).__name__ for _, _, step in steps}):
        part, place, step = next(one for one in steps if type(one[2]).__name__ == name)
        for kind, found in changed_steps(step, siblings).items():
            source.shuffle(found)
            wrong = (one for right, changed, one in found if not same(right, changed))
            for one in islice(wrong, most):
                yield name, kind, with_step(trace, part, place, one)
