"""Networks and the one sweep: rules say nothing that the general ones do not, and a wrong rule is refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from broken import NETWORKS, trace_of
from networks import random_network

from derive import rewrites
from derive.derivation import Delta, OutputGradient, SimplifiedDelta, SoftmaxDerivative, backward, derive_trace
from derive.errors import ProgramFault
from derive.expression import ONE, Add, Mul, Neg, Node, Ref, add, mul
from derive.graph import SoftmaxShare
from derive.guard import guard
from derive.losses import LOSSES, SIMPLIFICATIONS
from derive.reading import problem_from_dict
from derive.rewrites import BatchNames, ExampleNames, Rules
from derive.step import Step
from derive.trace import local
from derive.trace.sweep import sweep

TABLES = {**NETWORKS, **{f"random {seed}": random_network(seed, depth=(1, 3), width=(1, 3)) for seed in range(25)}}


@pytest.mark.parametrize("name", TABLES)
def test_without_rules_the_derivatives_are_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep alone, by way of exponentials and definitions as they stand, gives what the guard takes for right."""
    fused = trace_of(TABLES[name])
    monkeypatch.setattr(Rules, "lines", lambda self, steps: [(step.target, self._general(step)) for step in steps])
    monkeypatch.setattr(rewrites, "PASSED", rewrites.PASSED | {"exp", "expsum"})
    monkeypatch.setattr(ExampleNames, "_shorter", lambda self, quantity, ways: None)
    plain = trace_of(TABLES[name])
    guard(plain)
    first, second = fused.rounds[0].backward, plain.rounds[0].backward
    inner = {step.target for step in first if isinstance(step, SoftmaxDerivative)}
    assert {step.target for step in second} == {step.target for step in first} - inner
    assert not any(isinstance(step, SimplifiedDelta | SoftmaxDerivative) for step in second)


def test_a_softmax_inside_has_its_jacobian_as_one_step() -> None:
    """The rules are keyed by rows: a softmax that is no output has the same derivatives, and no short delta."""
    steps = trace_of(NETWORKS["softmax inside"]).rounds[0].backward
    assert {step.target.layer for step in steps if isinstance(step, SoftmaxDerivative)} == {1}
    assert all(isinstance(step, Delta) for step in steps if step.target.kind == "dL/dz")


def test_an_output_that_something_else_reads_has_no_short_delta() -> None:
    """The rule looks at what reads the activations, not at the number of their layer."""
    table = {**NETWORKS["softmax and cross-entropy"], "training": {"learning_rate": 1}}
    table["data"] = {"inputs": table["data"]["inputs"][:1], "targets": table["data"]["targets"][:1]}
    trace = trace_of(table)
    *rest, total = trace.rounds[0].forward
    output = next(step.target for step in rest if isinstance(step, SoftmaxShare))
    for formula, short in ((total.formula, 3), (add(total.formula, Ref(output)), 0)):
        steps = backward(trace.problem, [*rest, replace(total, formula=formula)], trace.rounds[0].examples)
        assert sum(isinstance(step, SimplifiedDelta) for step in steps) == short
        assert sum(isinstance(step, OutputGradient) for step in steps) == (3 if short else 2)


class Words:
    """Derivatives of L, by quantities that are words; a sum is written with its shares."""

    def gradient(self, quantity: str) -> str | None:
        return None if quantity == "L" else f"L by {quantity}"

    def local(self, reader: str, quantity: str, slope: Node, above: Node) -> str | None:
        return None

    def share(self, quantity: str, reader: str, several: bool) -> str | None:
        return f"L by {quantity} through {reader}" if several else None

    def summand(self, name: str, product: Node) -> Node:
        return self.ref(name)

    def gathered(self, quantity: str, ways: Any) -> Node:
        return add(*[way.share for way in ways])

    def standing(self, name: str, formula: Node) -> Node:
        return self.ref(name)

    def ref(self, name: str) -> Node:
        return Ref(name)  # type: ignore[arg-type]


def test_the_sweep_takes_any_names() -> None:
    """A weight that is used twice in a row, with quantities that are plain words."""
    w, x, h, y = (Ref(name) for name in ("w", "x", "h", "y"))  # type: ignore[arg-type]
    steps = {"h": mul(w, x), "y": mul(w, h), "L": mul(y, y), "aside": mul(w, w)}
    lines = [(target, local.slopes(formula, local.Functions({}))) for target, formula in steps.items()]
    found = {one.target: one.formula for one in sweep(lines, {"L": ONE}, Words(), ["w"])}
    by_y, by_h, early, late = (
        Words().ref(name) for name in ("L by y", "L by h", "L by w through h", "L by w through y")
    )
    assert found == {
        "L by y": add(y, y),
        "L by h": mul(by_y, w),
        "L by w through y": mul(by_y, h),
        "L by w through h": mul(by_h, x),
        "L by w": add(late, early),
    }


# -- wrong rules -----------------------------------------------------------------------------------

Patch = Callable[[pytest.MonkeyPatch], None]


def doubled(slopes: dict[Any, Node]) -> dict[Any, Node]:
    """Local derivatives of which the last is twice what it is."""
    last = list(slopes)[-1]
    return {**slopes, last: mul(local.const(2), slopes[last])}


def _rule(name: str) -> Patch:
    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        right = getattr(Rules, name)
        monkeypatch.setattr(Rules, name, lambda self, step: doubled(right(self, step)))

    return patch


def _operation(kind: type[Node], place: int) -> Patch:
    """The derivative of one operation by one of its parts, with the wrong sign."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        right = local.local

        def wrong(node: Node, part: int, *rest: Any) -> Node | None:
            found = right(node, part, *rest)
            return Neg(found) if found is not None and type(node) is kind and part == place else found

        monkeypatch.setattr(local, "local", wrong)

    return patch


def _method(owner: Any, name: str, change: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Patch:
    return lambda monkeypatch: monkeypatch.setattr(owner, name, change(getattr(owner, name)))


def _delta(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {}
    for name, row in LOSSES.items():
        turned = {activation: replace(pair, delta=Neg(pair.delta)) for activation, pair in row.pairs.items()}
        own[name] = replace(row, pairs=turned)
    # Rows set one by one would be put back as the table's own, which the library's no longer reach.
    monkeypatch.setattr(LOSSES, "_own", own)


def _always_short(right: Callable[..., Any]) -> Callable[..., Any]:
    """The short form of a softmax and cross-entropy, also where an output is read otherwise."""
    return lambda self, quantity, ways: (
        right(self, quantity, ways)
        or rewrites.loss_formula(
            self._problem,
            SIMPLIFICATIONS["softmax", "categorical_cross_entropy"].delta,
            quantity.unit,
            quantity.example,
        )
    )


WRONG: dict[str, tuple[Patch, str]] = {
    "an activation by its output": (_rule("_activation"), "biases of all kinds"),
    "a softmax as one step": (_rule("_softmax"), "softmax inside"),
    "what an output contributes": (_rule("_contribution"), "softmax inside"),
    "the mean over a batch": (_rule("_total"), "softmax and cross-entropy"),
    "a total with a penalty": (_rule("_total"), "a penalty and one example"),
    "a sum and a penalty, by the general rules": (_rule("_general"), "a penalty and one example"),
    "the short delta": (_delta, "softmax and cross-entropy"),
    "a short delta where rows do not fit": (_method(ExampleNames, "_shorter", _always_short), "biases of all kinds"),
    "a weighted sum by the weight": (_operation(Mul, 0), "biases of all kinds"),
    "a weighted sum by what comes in": (_operation(Mul, 1), "biases of all kinds"),
    "a weighted sum by its first term": (_operation(Add, 0), "biases of all kinds"),
    "a way that is forgotten": (
        _method(ExampleNames, "gathered", lambda right: lambda self, q, ways: right(self, q, ways[-1:])),
        "biases of all kinds",
    ),
    "an example that is forgotten": (
        _method(BatchNames, "gathered", lambda right: lambda self, q, ways: right(self, q, ways[-1:])),
        "softmax and cross-entropy",
    ),
    "a share under the name of another": (
        _method(
            ExampleNames,
            "share",
            lambda right: lambda self, q, reader, several: right(self, q, _other(reader), several),
        ),
        "biases of all kinds",
    ),
    "a local derivative under the name of another": (
        _method(ExampleNames, "local", lambda right: lambda self, r, q, *rest: right(self, r, _other(q), *rest)),
        "softmax inside",
    ),
}


def _other(quantity: Any) -> Any:
    """The quantity of the unit beside it."""
    return quantity._replace(unit={0: 1, 1: 0}.get(quantity.unit, quantity.unit))


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_rule_is_refused(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each rule of the sweep and of the rewriting, broken in turn where a network uses it."""
    patch, network = WRONG[what]
    right = trace_of(NETWORKS[network])
    guard(right)
    patch(monkeypatch)
    wrong = derive_trace(right.problem)
    assert formulas(wrong.rounds[0].backward) != formulas(right.rounds[0].backward)
    with pytest.raises(ProgramFault):
        guard(wrong)


def formulas(steps: tuple[Step, ...]) -> list[tuple[Any, Node]]:
    return [(step.target, step.formula) for step in steps]


@pytest.mark.parametrize("seed", range(60))
def test_random_networks_have_every_derivative_once(seed: int) -> None:
    """Every derivative follows those that it uses; none is computed twice."""
    for one in derive_trace(problem_from_dict(random_network(seed, width=(1, 4)))).rounds:
        targets = [step.target for step in one.backward]
        assert len(set(targets)) == len(targets)
        known = dict.fromkeys(targets)
        seen: set[Any] = set()
        for step in one.backward:
            assert all(source in seen for source in rewrites.quantities(step.formula) if source in known)
            seen.add(step.target)
