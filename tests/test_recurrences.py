"""A recurrence runs in turns, one row of every equation each: numbers and faults are those of one row after another."""

from __future__ import annotations

from decimal import Decimal as D

import flint
import pytest
from equation_problems import model
from flint import arb, fmpq

from derive.compute.kernels import Registers
from derive.compute.plan import CompiledEquation
from derive.compute.runs import Open, empty, run
from derive.compute.turns import Blocks, Turns, stretches
from derive.errors import InputError
from derive.model import ModelSolution
from derive.numbers import FIRST_PRECISION, Number, Undecided

FORWARD = """
h[0] = v
a[k] = w*x[k] + u*h[k-1]
h[k] = 1 - tanh(a[k])*h[k-1]
L = sum(h[k]^2 for k)
"""
LATE = """
h[0] = v
h[1] = 2*v
h[k] = sin(h[k-2])*w - h[k-1] for k in 2..5
c[k] = c[k-1]*h[k] + u for k in 3..5
c[2] = w
L = c[5] + h[5]
"""
BACKWARDS = """
g[6] = v
g[k] = u - g[k+1]*exp(x[k]) for k in 1..5
L = g[1]
"""


def solution(equations: str) -> ModelSolution:
    numbers = {"x": [D("0.5"), -1, 2, D("0.25"), D("-0.75")]}
    return model(equations, inputs=numbers, parameters={"w": D("0.4"), "u": D("-0.3"), "v": D("1.2")})


@pytest.mark.parametrize("equations", [FORWARD, LATE, BACKWARDS])
def test_turns_and_single_rows_give_the_same_balls(equations: str) -> None:
    made = solution(equations)
    program = made.computation.program(0)
    plan = program.plan
    assert any(isinstance(block, Turns) for block in program.forward)
    assert any(isinstance(block, Turns) and block.way == -1 for block in (*program.forward, *program.backward))
    found = []
    single: Blocks = list(stretches(plan.blocks))
    for blocks in (plan.blocks, single):
        with flint.ctx.workprec(FIRST_PRECISION):
            registers = empty(plan)
            made.computation._give(plan, registers)
            run(plan, registers, blocks)
            found.append([(number, type(number)) for number in map(str, registers)])
    assert found[0] == found[1]
    assert len({line for block in plan.blocks if isinstance(block, Turns) for line in block.lines}) >= 2


def test_a_precision_makes_balls_of_its_own() -> None:
    """An exact number beside balls becomes a ball once: but for every precision, and for every number, again."""
    made = solution(FORWARD)
    plan = made.computation.program(0).plan
    widths = []
    for precision, w in ((64, "0.4"), (256, "0.4"), (64, "0.4"), (64, "0.7")):
        with flint.ctx.workprec(precision):
            registers = empty(plan)
            made.computation._give(plan, registers)
            registers[plan.arrays["w"].base] = fmpq(int(D(w) * 10), 10)
            run(plan, registers)
            loss = registers[plan.arrays["L"].base]
            assert isinstance(loss, arb)
            widths.append((loss.rel_accuracy_bits(), loss.str(10, radius=False)))
    assert widths[0] == widths[2] != widths[3]
    assert widths[1][0] > 200 > 64 > widths[0][0]
    assert widths[1][1] == widths[0][1] != widths[3][1]


def test_a_fault_in_the_middle_names_its_element() -> None:
    made = model("h[0] = v\nh[k] = ln(h[k-1]) for k in 1..9\nL = h[9]", parameters={"v": 3})
    with pytest.raises(InputError, match=r"a value of h\[4\], found none: the logarithm"):
        _ = made.rounds
    made = model("h[0] = v\nh[k] = h[k-1]^9 for k in 1..9\nL = h[9]", parameters={"v": D("1e9")})
    with pytest.raises(InputError, match=r"a value of h\[3\], found none: a number of more than 1000 digits"):
        _ = made.rounds


def test_what_is_decided_in_the_middle_goes_on_from_there() -> None:
    """A number that no precision decides and that is proven to be 0 is put in, and every later row is computed."""
    made = solution("h[0] = v\na[k] = sqrt(h[k-1])*w for k in 1..5\nh[k] = a[k] + 1 for k in 1..5\nL = h[5]")
    plan = made.computation.program(0).plan
    (turns,) = [block for block in made.computation.program(0).forward if isinstance(block, Turns)]
    with flint.ctx.workprec(FIRST_PRECISION):
        registers = empty(plan)
        made.computation._give(plan, registers)
        run(plan, registers, made.computation.program(0).forward)
        right = list(registers)
        asked: list[tuple[str, int]] = []
        place = plan.arrays["h"].base + 2
        original = plan.lines[turns.lines[0]].kernel.one

        def doubtful(numbers: Registers, row: int) -> Number:
            if row == 2 and not asked:
                raise Undecided
            return original(numbers, row)

        line = plan.lines[turns.lines[0]]
        object.__setattr__(line, "kernel", line.kernel._replace(one=doubtful))
        registers = empty(plan)
        made.computation._give(plan, registers)

        def settle(line: CompiledEquation, row: int) -> bool:
            asked.append((line.array.name, row))
            return True

        run(plan, registers, made.computation.program(0).forward, settle)
        assert asked == [("a", 2)]
        assert [str(number) for number in registers] == [str(number) for number in right]
        assert str(registers[place]) != "0"
        asked.clear()
        with pytest.raises(Open, match=r"a\[3\]"):
            run(plan, registers, made.computation.program(0).forward)
