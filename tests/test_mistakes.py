"""The known mistakes: each means what its sentence says, changes what it claims to change, and is told from others."""

import json
import math
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import flint
import pytest
from flint import fmpq
from mistaken import calculated
from networks import Table, random_network
from test_facts import relu_layer

from derive import solve
from derive.derivation import (
    ActivationDerivative,
    OutputGradient,
    SoftmaxDerivative,
    Trace,
    derive_trace,
)
from derive.expression import Node
from derive.graph import Activate, Exponential, ExponentialSum, SoftmaxShare
from derive.mistakes import BY_KEY, MISTAKES, TWINS, everywhere, local_rewrites, spoken
from derive.mistakes.table import unrolled
from derive.numbers import Number, OutsideDomain, Undecided, rounded, show
from derive.program import Program
from derive.quantity import Quantity, parse_id
from derive.reading import problem_from_dict

FACTS = Path(__file__).parent / "facts"
KEYS = [mistake.key for mistake in MISTAKES]
BUILT_IN = ["mazur", "hmkcode", "caispp", "rohan", "rohan-chain", "rohan-relu"]
SEEDS = (42, 44, 48, 51, 18, 72, 115, *range(3))
"""Random networks; in the first four every mistake that is calculated by hand changes a printed number."""
NOT_BY_HAND = {"neighbours-bias", "neighbours-weight-backward", "another-activation", "slope-of-another-activation"}
"""What the calculation in `mistaken` leaves out: mistakes with many ways of which none is the first for a student."""
NO_NUMBER = (OutsideDomain, Undecided, OverflowError, ZeroDivisionError, ValueError)
"""Wrong numbers can leave the domain of a logarithm or be too large for an exponential."""


def small_network(seed: int) -> Table:
    table = random_network(seed, depth=(1, 3), width=(1, 3), examples=(1, 3), steps=(1, 3))
    for layer in table["network"]["layers"]:
        # A softmax of one unit is always 1: nothing behind it can go wrong.
        if layer["activation"] == "softmax" and layer["units"] == 1:
            layer["activation"] = "sigmoid"
    if table["network"]["layers"][-1]["activation"] == "sigmoid" and "categorical" in table["loss"]["name"]:
        table["loss"]["name"] = "binary_cross_entropy"
    return table


@cache
def trace_of(source: str | int) -> Trace:
    if isinstance(source, str):
        return solve(source).exact.trace
    return derive_trace(problem_from_dict(small_network(source), "random"))


@cache
def program_of(source: str | int) -> Program:
    return Program(trace_of(source))


@cache
def right_numbers(source: str | int) -> list[Number]:
    program = program_of(source)
    return program.exact(program.givens())


@pytest.fixture(autouse=True)
def _precision() -> Iterator[None]:
    with flint.ctx.workprec(192):
        yield


def wrong_numbers(source: str | int, changes: dict[Quantity, Node]) -> list[Number]:
    """All numbers when some formulas are wrong, by the formulas that are shown."""
    registers = list(right_numbers(source))
    for line in program_of(source).rewritten(changes).lines:
        registers[line.target] = line.value(registers)
    return registers


def number(registers: list[Number], source: str | int, name: str) -> Number:
    quantity = parse_id(name)
    assert quantity is not None
    return registers[program_of(source).place[quantity]]


def approximately(value: Number) -> float:
    return int(value.p) / int(value.q) if isinstance(value, fmpq) else float(value.mid())


# -- the table ---------------------------------------------------------------------------------------------


def test_rows_are_whole() -> None:
    """At least 25 rows, no key twice, sentences that name the quantity and end; the usual ones are marked."""
    assert len(set(KEYS)) == len(KEYS) >= 25
    for row in MISTAKES:
        assert row.title[0].islower() and not row.title.endswith(".")
        assert row.diagnosis.endswith(".") and row.remedy.endswith(".")
        assert "{quantity}" in row.diagnosis
        assert row.steps
    assert {row.key for row in MISTAKES if row.usual} == {
        "activation-derivative-forgotten-output",
        "activation-derivative-forgotten-hidden",
        "error-sign",
        "learning-rate-forgotten",
        "updated-weights",
        "weights-transposed-forward",
        "weights-transposed-backward",
        "path-lost",
    }


def test_sentences_can_be_said() -> None:
    """Every sentence of every rewrite finds what its slots name; sentences begin with a capital or a quantity."""
    said = set()
    for source in (*BUILT_IN, *SEEDS):
        for step in unrolled(trace_of(source), 2):
            for rewrite in local_rewrites(trace_of(source), step):
                for pieces in (rewrite.diagnosis, rewrite.remedy):
                    text = spoken(pieces, lambda node: "Q")
                    assert text[0].isupper() and "  " not in text and "{" not in text, text
                said.add(rewrite.mistake.key)
    assert said == set(KEYS)


# -- each means what it says ---------------------------------------------------------------------------------


def differs(source: int, key: str, changes: dict[Quantity, Node]) -> str | None:
    """Where the wrong formulas and the calculation by hand part; None where they never do."""
    registers = wrong_numbers(source, changes)
    by_hand = calculated(small_network(source), key)
    compared = 0
    for quantity, place in program_of(source).place.items():
        if tuple(quantity) in by_hand:
            compared += 1
            expected, got = float(by_hand[tuple(quantity)]), approximately(registers[place])
            if not math.isclose(expected, got, rel_tol=1e-12, abs_tol=1e-15):
                return f"{source}: {quantity.id} is {got}, by hand {expected}"
    assert compared > len(program_of(source).lines) * 0.9
    return None


def test_rewrites_agree_with_a_calculation_by_hand() -> None:
    """A network calculated by hand, with the mistake coded from its sentence, has all the same numbers."""
    agreed: dict[str, int] = defaultdict(int)
    for source in SEEDS[:7]:
        for key in ("", *KEYS):
            changes = everywhere(trace_of(source), BY_KEY[key]) if key else {}
            if key in NOT_BY_HAND or (key and not changes):
                continue
            try:
                found = differs(source, key, changes)
            except NO_NUMBER:
                continue
            assert found is None, f"{key}: {found}"
            agreed[key] += 1
    assert set(agreed) == {"", *KEYS} - NOT_BY_HAND


# -- each is found, and nothing else is ----------------------------------------------------------------------


def printed(value: Number) -> fmpq:
    return rounded(value, 4)


def findings(source: str | int, sheet: list[Number]) -> dict[Quantity, set[str]]:
    """The steps that do not follow from the sheet's own numbers, with the mistakes that give what stands there."""
    program, found = program_of(source), {}
    for step in unrolled(trace_of(source)):
        stated = printed(sheet[program.place[step.target]])
        line = program.line(program.place[step.target])
        assert line is not None
        if printed(line.value(sheet)) != stated:
            found[step.target] = set(explanations(source, sheet, step.target, stated))
    return found


def explanations(source: str | int, sheet: list[Number], target: Quantity, stated: fmpq) -> Iterator[str]:
    trace, program = trace_of(source), program_of(source)
    for rewrite in local_rewrites(trace, trace.step(target)):
        try:
            value = program.compiled(target, rewrite.formula).value(sheet)
        except NO_NUMBER:
            continue
        if printed(value) == stated:
            yield rewrite.mistake.key


def test_right_sheets_are_not_accused() -> None:
    for source in (*BUILT_IN, *SEEDS):
        assert findings(source, right_numbers(source)) == {}


@pytest.mark.parametrize("key", KEYS)
def test_wrong_sheets_are_recognised(key: str) -> None:
    """In the first problem whose printed numbers the mistake changes, it is named wherever the sheet goes wrong."""
    for source in (*BUILT_IN, *SEEDS):
        changes = everywhere(trace_of(source), BY_KEY[key])
        try:
            sheet = wrong_numbers(source, changes)
            found = findings(source, sheet) if changes else {}
        except NO_NUMBER:
            continue
        if found:
            assert set(found) <= set(changes)
            assert all(key in names for names in found.values()), found
            return
    pytest.fail(f"no problem shows {key}")


# -- in general position -------------------------------------------------------------------------------------

LOCAL = (
    Activate,
    Exponential,
    ExponentialSum,
    SoftmaxShare,
    ActivationDerivative,
    SoftmaxDerivative,
    OutputGradient,
)
"""Steps whose values are kept together when all other numbers are drawn: they follow from one layer alone."""


def drawn(source: int, seed: int) -> list[Number]:
    """Numbers for all quantities as if the rest of the network could make them anything."""
    chance, program = random.Random(seed), program_of(source)
    registers: list[Number] = []
    for quantity in program.quantities:
        size = fmpq(chance.randint(100, 999), 1000)
        if quantity.kind in ("vW", "vb") and quantity.step == 0:
            size = fmpq(0)
        positive = quantity.kind in ("t", "lr", "lr0", "momentum", "std", "l1", "l2", "decay")
        registers.append(size if positive or chance.random() < 0.5 else -size)
    for step in unrolled(trace_of(source)):
        line = program.line(program.place[step.target])
        if line is not None and isinstance(step, LOCAL):
            registers[line.target] = line.value(registers)
    return registers


def equal(left: Iterable[Number], right: Iterable[Number]) -> bool:
    """Whether two rewrites have the same value in every draw."""
    return all(not (x - y > 0 or x - y < 0) for x, y in zip(left, right, strict=True))


def test_rewrites_differ_from_the_right_formula_and_from_each_other() -> None:
    """With free numbers no wrong formula is the right one, and no two rows say the same, except the listed twins."""
    seen: set[frozenset[str]] = set()
    for source in SEEDS:
        trace, program = trace_of(source), program_of(source)
        draws = [drawn(source, seed) for seed in range(16)]
        for step in unrolled(trace, 2):
            values: list[tuple[str, list[Number]]] = []
            line = program.line(program.place[step.target])
            assert line is not None
            right = [line.value(registers) for registers in draws]
            for rewrite in local_rewrites(trace, step):
                value = program.compiled(step.target, rewrite.formula).value
                wrong = [value(registers) for registers in draws]
                key = rewrite.mistake.key
                assert not equal(wrong, right), f"{key} at {step.target.id} of {source} is right"
                twins = {frozenset({key, other}) for other, its in values if other != key and equal(wrong, its)}
                assert twins <= TWINS, f"{twins} at {step.target.id} of {source}"
                seen |= twins
                values.append((key, wrong))
    assert seen == TWINS


def test_no_mistake_goes_in_a_circle() -> None:
    """Every single rewrite of every step, and every mistake made everywhere, can be computed."""
    for source in ("mazur", "rohan-relu", *SEEDS[:2]):
        trace, program = trace_of(source), program_of(source)
        for mistake in MISTAKES:
            program.rewritten(everywhere(trace, mistake))
        for step in unrolled(trace, 1):
            for formula in {rewrite.formula for rewrite in local_rewrites(trace, step)}:
                program.rewritten({step.target: formula})


def test_what_is_made_everywhere_is_marked() -> None:
    """The rewrites that are marked are those of the whole wrong calculation, and at most one of a row at a step."""
    for source in ("mazur", *SEEDS[:3]):
        trace = trace_of(source)
        marked: dict[str, dict[Quantity, Node]] = {key: {} for key in KEYS}
        for step in unrolled(trace):
            for rewrite in local_rewrites(trace, step):
                if rewrite.throughout:
                    assert step.target not in marked[rewrite.mistake.key]
                    marked[rewrite.mistake.key][step.target] = rewrite.formula
        assert marked == {key: everywhere(trace, BY_KEY[key]) for key in KEYS}


# -- published numbers ---------------------------------------------------------------------------------------


def facts(name: str) -> Any:
    return json.loads((FACTS / f"{name}.json").read_text("utf-8"))


def close(value: Number, text: str) -> bool:
    return math.isclose(approximately(value), float(text), rel_tol=1e-14)


def test_mazur_updated_weights() -> None:
    """The article's 0.291027924 and everything else that its first script gave."""
    wrong = wrong_numbers("mazur", everywhere(trace_of("mazur"), BY_KEY["updated-weights"]))
    alternatives = facts("mazur_2_2_2")["exact_alternatives"]
    in_place = next(numbers for how, numbers in alternatives.items() if how.startswith("in_place_update"))
    here = {name: text for name, text in in_place.items() if not name.startswith("after[")}
    assert len(here) == 5
    for name, text in here.items():
        assert close(number(wrong, "mazur", name), text), name
    assert show(number(wrong, "mazur", "loss_new"), 9).text == "0.291027924"
    biases = wrong_numbers("mazur", everywhere(trace_of("mazur"), BY_KEY["shared-bias-split"]))
    assert close(number(biases, "mazur", "loss_new"), alternatives["biases trained too"]["loss_new"])


def test_mazur_neighbours_weight() -> None:
    """The article once writes w_3 for w_2: the weight at the transposed place."""
    step = trace_of("mazur").step(Quantity("z", 1, 0))
    formulas = {r.mistake.key: r.formula for r in local_rewrites(trace_of("mazur"), step)}
    written = {
        name: value
        for name, value in zip(("w1", "w3"), formulas["weights-transposed-forward"].terms, strict=False)  # type: ignore[attr-defined]
    }
    assert [leaf.quantity.id for term in written.values() for leaf in term.factors] == [
        "W[1][0][0]",
        "a[0][0]",
        "W[1][1][0]",
        "a[0][1]",
    ]


def test_hmkcode_second_pass() -> None:
    """The .85 and .48 of the second forward pass are those of the first: the weights are stale."""
    wrong = wrong_numbers("hmkcode", everywhere(trace_of("hmkcode"), BY_KEY["stale-weights"]))
    published = facts("hmkcode_2_2_1")["published"]
    for unit in (0, 1):
        text = published[f"a_new[1][{unit}] (details box)"]["value"]
        assert show(number(wrong, "hmkcode", f"z_new[1][{unit}]"), 2).text == f"0{text}"


def test_rohan_formula() -> None:
    """The post's last formula gives every weight of the first layer the sum over all nine."""
    wrong = wrong_numbers("rohan", everywhere(trace_of("rohan"), BY_KEY["gradient-over-all-weights"]))
    alternatives = facts("rohan_3_3_3_1")["exact_alternatives"]
    text = alternatives["sum over all nine exact dL/dW[1][j][i]"]["sum"]
    for j in range(3):
        for i in range(3):
            assert close(number(wrong, "rohan", f"dL/dW[1][{j}][{i}]"), text)


def test_rohan_code() -> None:
    """The printed code adds the errors of all outputs and lets the error through a unit that is off: two mistakes."""
    trace = derive_trace(problem_from_dict(relu_layer(), "relu layer"))
    changes = everywhere(trace, BY_KEY["errors-of-all-outputs"]) | everywhere(
        trace, BY_KEY["rectifier-slope-always-one"]
    )
    program = Program(trace)
    registers = program.rewritten(changes).exact(program.exact(program.givens()))
    alternatives = facts("rohan_relu_layer_code")["exact_alternatives"]
    (printed_code,) = (numbers for how, numbers in alternatives.items() if how.startswith("printed code"))
    gradients = {name: text for name, text in printed_code.items() if name.startswith("dL/dW")}
    assert len(gradients) == 4
    for name, text in gradients.items():
        quantity = parse_id(name)
        assert quantity is not None
        assert approximately(registers[program.place[quantity]]) == float(text)
