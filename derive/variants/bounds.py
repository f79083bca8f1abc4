"""What no draw can meet, proven in one run: every number that is drawn is put in as the whole range it is drawn from.

Every quantity then has a ball that holds all its values in any draw. A condition that none of these values meets can
never be met, however often numbers are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import flint
from flint import fmpq

from derive.activations import JOINTS
from derive.errors import counted
from derive.loop import follow
from derive.numbers import Undecided, around, exact, power_of_ten, significant
from derive.program import Registers
from derive.quantity import Quantity
from derive.spec import Problem
from derive.variants.constraints import conditions_of, dies, limits, stated
from derive.variants.grid import ends_of
from derive.variants.setting import Setting
from derive.variants.watched import Watched


class Never(NamedTuple):
    """A condition that no draw meets: the quantity that shows it, what is true of it, and what alone would help."""

    name: str
    quantity: Quantity
    why: str
    hint: str = ""


def never(setting: Setting) -> Never | None:
    """The first condition that no draw can meet for certain; None where none is known."""
    wanted = {row.name for row in conditions_of(setting)}
    with flint.ctx.workprec(setting.precision):
        try:
            found = _ranges(setting)
            checks = (check for name, check in CHECKS.items() if name in wanted)
            return next((one for check in checks for one in check(setting, found)), None)
        except Undecided:
            return None  # a definition by cases of which nothing is known: no proof


def _ranges(setting: Setting) -> Registers:
    """For every quantity up to the gradients a ball with all values that it has in any draw."""
    program = setting.program
    registers: Registers = [*setting.own, *[fmpq(0)] * len(program.lines)]
    for slot in setting.space.slots:
        low, high = map(exact, ends_of(slot.values))
        registers[program.place[slot.quantity]] = low if low == high else around((low + high) / 2, (high - low) / 2)
    return follow(setting.first, registers, lambda line, found: program.reach(line)(found))


def _saturated(setting: Setting, found: Registers) -> Iterator[Never]:
    for place, activation, value, *_ in setting.watch.outputs:
        quantity = setting.program.quantities[place]
        if activation in JOINTS and _alone(setting, quantity):
            hint = "more units in that layer, or allow_saturated = true"
            yield Never("no_saturated_unit", quantity, "is 1 in every draw, as the only output of a softmax", hint)
        for limit, above in zip(limits(activation) or (), (False, True), strict=False):
            if value(found) >= limit if above else value(found) <= limit:
                why = f"is {'above' if above else 'below'} {significant(limit)} in every draw"
                yield Never("no_saturated_unit", quantity, why)


def _alone(setting: Setting, quantity: Quantity) -> bool:
    """Whether a unit is the only one of its layer."""
    problem = setting.problem
    return isinstance(problem, Problem) and problem.network.layers[int(quantity.layer or 0) - 1].units == 1


def _dead(setting: Setting, found: Registers) -> Iterator[Never]:
    sums: dict[Quantity, list[Watched]] = {}
    for one in setting.watch.sums:
        if dies(one.activation):
            sums.setdefault(one.unit, []).append(one)
    for watched in sums.values():
        if all(one.value(found) <= 0 for one in watched):
            yield Never("no_dead_unit", setting.program.quantities[watched[0].place], "is above 0 in no draw")


def _short(setting: Setting, found: Registers) -> Iterator[Never]:
    """Gradients that are too small at these decimals; one that may end within them shows itself in full."""
    digits = stated(setting).significant_digits
    for place, decimals in setting.gradients:
        least = fmpq(power_of_ten(digits - 1)) / power_of_ten(decimals)
        may_end = isinstance(setting.own_values[place], fmpq)
        if not may_end and place not in setting.switched and found[place] < least and found[place] > -least:
            why = f"shows {counted(digits, 'digit')} at {counted(decimals, 'decimal')} in no draw"
            yield Never("significant_digits", setting.program.quantities[place], why)


CHECKS: dict[str, Callable[[Setting, Registers], Iterator[Never]]] = {
    "no_saturated_unit": _saturated,
    "no_dead_unit": _dead,
    "significant_digits": _short,
}
"""For the conditions of that name: what can never meet them."""
