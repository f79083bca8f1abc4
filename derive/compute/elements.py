"""Element steps evaluated one after the other: the numbers of an unrolled computation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flint import fmpq

from derive.compute.compiler import Compiler
from derive.compute.kernels import FIRST_REGISTER
from derive.compute.runs import settled
from derive.compute.space import Space
from derive.compute.tagged import Tags
from derive.numbers import Number
from derive.trace.identity import Identity
from derive.trace.names import Pure
from derive.trace.unroll import Step


def no_table(name: str, at: tuple[int, ...]) -> int:
    raise KeyError(f"element steps look nothing up, yet {name} is asked for")


def evaluate(
    steps: Iterable[Step],
    known: Mapping[Identity, Number],
    functions: Mapping[str, Pure],
    tags: Tags | None = None,
) -> dict[Identity, Number]:
    """The numbers that steps compute, in their order, from those that are known."""
    registers: list[Number] = [fmpq(0), fmpq(1), *known.values()]
    places: dict[object, int] = {identity: FIRST_REGISTER + number for number, identity in enumerate(known)}
    found: dict[Identity, Number] = {}
    space = Space(no_table, {})
    for step in steps:
        kernel = Compiler({}, {}, functions, no_table, places=places, tags=tags)(step.formula, space)
        number = settled(kernel.one(registers, 0))
        places[step.target] = len(registers)
        registers.append(number)
        found[step.target] = number
    return found
