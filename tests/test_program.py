"""The compiled trace: the same values as the step-by-step evaluation, and ranges that hold all correct work."""

import random
from contextlib import suppress

import flint
import pytest
from flint import arb, fmpq
from networks import random_network

from derive.evaluation import Policy
from derive.expression import Neg, Ref, add, mul
from derive.numbers import Number, OutsideDomain, Undecided, rounded, with_precision
from derive.program import Program
from derive.quantity import Quantity, parse_id
from derive.reading import example_names
from derive.solution import Solution, solve

EXAMPLES = example_names("networks")


def solved(name: str) -> Solution:
    return solve(name if name in EXAMPLES else random_network(int(name)))


@pytest.mark.parametrize("name", [*EXAMPLES, *map(str, range(12))])
def test_runs_agree_with_the_evaluation(name: str) -> None:
    """Exactly and carried, every quantity is what `Values` computes."""
    solution = solved(name)
    program = Program(solution.trace)
    for registers, values in (
        (with_precision(lambda: program.exact(program.givens())), solution.exact),
        (with_precision(lambda: program.carried(program.givens(), solution.policy)), solution.carried),
    ):
        compared = 0
        for quantity, number in zip(program.quantities, registers, strict=True):
            if quantity in values:
                with flint.ctx.workprec(192):
                    assert abs(arb(number) - arb(values.numbers[quantity])) < fmpq(1, 10**40), quantity.id
                compared += 1
        assert compared > 20


def correct_work(program: Program, decimals: int, seed: int) -> list[Number]:
    """One way to work correctly: each result is rounded before it is used, or is not."""
    chance = random.Random(seed)
    registers = [*program.givens(), *[fmpq(0)] * len(program.lines)]
    for line in program.lines:
        number = line.value(registers)
        # A bias that stays is a given number, and used as it is.
        stays = isinstance(line.formula, Ref) and line.formula.quantity.kind == "b"
        registers[line.target] = number
        if chance.random() < 0.6 and not stays:
            with suppress(Undecided):  # exactly on a tie, as where shares of a softmax add up: used unrounded
                registers[line.target] = rounded(number, decimals)
    return registers


@pytest.mark.parametrize("name", [*EXAMPLES, *map(str, range(12))])
@pytest.mark.parametrize("decimals", [1, 2, 3, 5])
def test_ranges_hold_all_correct_work(name: str, decimals: int) -> None:
    """What rounding now and then gives lies in the range, before its own rounding is undone."""
    program = Program(solved(name).trace)
    with flint.ctx.workprec(192):
        ranges = program.ranges(program.givens(), Policy(decimals))
        for seed in range(6):
            try:
                work = correct_work(program, decimals, seed)
            except OutsideDomain:
                # Rounded to 0.0 or 1.0, an output has no cross-entropy: nobody can go on.
                continue
            for line in program.lines:
                honest = line.value(work)
                number = ranges[line.target]
                assert number == honest if isinstance(number, fmpq) else arb(number).overlaps(arb(honest))


def test_ranges_are_not_much_too_wide() -> None:
    """For Mazur's network at 4 decimals, extreme roundings come near both ends of the range of the new loss."""
    program = Program(solve("mazur").trace)
    place = program.place[Quantity("loss", step=1)]
    with flint.ctx.workprec(128):
        whole = arb(program.ranges(program.givens(), Policy(4))[place])
        seen = [arb(correct_work(program, 4, seed)[place]) for seed in range(300)]
        spread = max(map(arb.mid, seen)) - min(map(arb.mid, seen))
        assert spread > whole.rad() / 4


def test_a_wrong_step_changes_what_depends_on_it() -> None:
    """Hidden gradients from output weights that were already updated: the published loss of Mazur's article."""
    program = Program(solve("mazur").trace)
    changes = {}
    for i in range(2):
        target = Quantity("dL/da", 1, i)
        terms = [(Quantity("dL/dz", 2, k), Quantity("W", 2, k, i, step=1)) for k in range(2)]
        changes[target] = add(*(mul(Ref(delta), Ref(weight)) for delta, weight in terms))
    wrong = program.rewritten(changes)
    with flint.ctx.workprec(128):
        right = program.exact(program.givens())
        registers = wrong.exact(right)
    loss = program.place[Quantity("loss", step=1)]
    assert abs(registers[loss] - fmpq(291027924, 10**9)) < fmpq(1, 10**9)
    untouched = parse_id("W_new[2][0][0]")
    assert untouched is not None and registers[program.place[untouched]] is right[program.place[untouched]]


def test_a_circle_is_refused() -> None:
    program = Program(solve("mazur").trace)
    z = Quantity("z", 1, 0)
    with pytest.raises(ValueError, match="would need itself"):
        program.rewritten({z: Neg(Ref(Quantity("a", 1, 0)))})
