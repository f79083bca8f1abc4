"""Where a computation stands at a corner: a tie of a maximum, a relu of 0, a choice at equality.

There a derivative is a convention. Every formula that can have a corner is computed once more, element by element,
with functions that note what they meet; what is not computed, such as the other branch of a choice, has no corner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from flint import fmpq

from derive.compute.compiler import Compiler
from derive.compute.kernels import Kernel, Registers, compared
from derive.compute.plan import Plan
from derive.compute.space import Space
from derive.compute.tagged import applied
from derive.expression import Branch, Call, Cases, Node
from derive.functions import FUNCTIONS
from derive.numbers import Number, sign
from derive.trace.affine import RELATIONS
from derive.trace.identity import Symbol
from derive.trace.indexed import Reduce, reads, walk
from derive.trace.names import Pure

TIE = "of equal ones the first is taken"
CHOICE = "a choice at equality takes the branch that its relation says"


@dataclass
class _Watcher(Compiler):
    """Compiles formulas that note the corners they meet in `met`; a choice has one where it compares something with a
    derivative, which `reached` names (None: anything may have one)."""

    reached: frozenset[str] | None = None
    met: list[str] = field(default_factory=list)

    def call(self, name: str, args: list[Kernel]) -> Kernel:
        if name in ("max", "min"):
            return self._watched(lambda numbers: self._extreme(name, numbers), args)
        if name in self.functions:
            own = self.functions[name]
            inner = _Watcher({}, {}, self.functions, self.tables, met=self.met, tags=self.tags)
            inner.variables = {parameter: number for number, parameter in enumerate(own.parameters)}
            body = inner(own.body, Space(self.tables, {}))

            def called(numbers: Sequence[Number]) -> Number:
                before = len(self.met)
                number = body.one(list(numbers), 0)
                if is_smooth(own, numbers):
                    del self.met[before:]
                return number

            return self._watched(called, args)
        row = FUNCTIONS[name]
        if not row.corner:
            return super().call(name, args)

        function = applied(name, row.value, self.tags)

        def value(numbers: Sequence[Number]) -> Number:
            if sign(numbers[0]) == 0:
                self.met.append(row.convention)
            return function(numbers[0])

        return self._watched(value, args)

    def _watched(self, function: Callable[[Sequence[Number]], Number], args: list[Kernel]) -> Kernel:
        ones = [arg.one for arg in args]

        def one(regs: Registers, row: int) -> Number:
            return function([each(regs, row) for each in ones])

        return Kernel(lambda regs, a, b: [one(regs, row) for row in range(a, b)], one)

    def _extreme(self, kind: str, numbers: Sequence[Number]) -> Number:
        """The largest (or smallest) number, the first of equal ones, and whether there are equal ones."""
        best, tied = 0, False
        for place in range(1, len(numbers)):
            found = compared(numbers[place], numbers[best])
            if found == 0:
                tied = True
            elif (found > 0) == (kind == "max"):
                best, tied = place, False
        if tied:
            self.met.append(TIE)
        return numbers[best]

    def cases(self, branches: Sequence[Branch], space: Space) -> Kernel:
        lines = [
            (self(b.value, space).one, self._quiet(b.left, space), b.relation, self._quiet(b.right, space))
            for b in branches
        ]
        counts = self.reached is None or not self.reached.isdisjoint(sides_of(branches))

        def one(regs: Registers, row: int) -> Number:
            for value, left, relation, right in lines:
                found = compared(left(regs, row), right(regs, row))
                if RELATIONS[relation](found):
                    if found == 0 and counts:
                        self.met.append(CHOICE)
                    return value(regs, row)
            raise AssertionError("a value that no case covers")

        return Kernel(lambda regs, a, b: [one(regs, row) for row in range(a, b)], one)

    def _quiet(self, node: Node, space: Space) -> Callable[[Registers, int], Number]:
        """What a choice compares has no corner that counts."""
        kernel = self(node, space)

        def one(regs: Registers, row: int) -> Number:
            before = len(self.met)
            number = kernel.one(regs, row)
            del self.met[before:]
            return number

        return one

    def gathered(self, node: Reduce, space: Space) -> Kernel:
        if node.kind not in ("max", "min"):
            return super().gathered(node, space)
        inner, begins = self.inner(node, space)
        body = self.shared(node.body, inner)

        def one(regs: Registers, row: int) -> Number:
            return self._extreme(node.kind, body.many(regs, begins[row], begins[row + 1]))

        return Kernel(lambda regs, a, b: [one(regs, row) for row in range(a, b)], one)


def is_smooth(function: Pure, numbers: Sequence[Number]) -> bool:
    """Whether a function with these arguments has a slope everywhere, whatever corners its body has."""
    if function.smooth is None:
        return False
    given = dict(zip(function.parameters, numbers, strict=True))
    wanted = {name: fmpq(value.numerator, value.denominator) for name, value in function.smooth.items()}
    return all(isinstance(given[name], fmpq) and given[name] == number for name, number in wanted.items())


def sides_of(branches: Sequence[Branch]) -> set[str]:
    """The names of what a choice compares."""
    return {read.name for branch in branches for side in (branch.left, branch.right) for read in reads(side)}


def has_corners(node: Node, functions: Mapping[str, Pure]) -> bool:
    """Whether a formula contains something that can have a corner."""
    for part in walk(node):
        match part:
            case Cases():
                return True
            case Reduce(kind, _, _, _) if kind in ("max", "min"):
                return True
            case Call(name, _) if name in ("max", "min") or (name in FUNCTIONS and FUNCTIONS[name].corner):
                return True
            case Call(name, _) if name in functions and has_corners(functions[name].body, functions):
                return True
    return False


def corners(
    plan: Plan, registers: Registers, names: frozenset[str], smooth: Callable[[str], bool]
) -> Iterator[tuple[Symbol, str]]:
    """The elements of some quantities that stand at a corner, and the convention that counts there.

    `smooth` says of a row of the library whether its equations have a slope everywhere, whatever their pieces.
    """
    for line in plan.lines:
        if line.equation.name not in names or not has_corners(line.equation.right, plan.functions):
            continue
        if smooth(line.equation.row):
            continue
        watcher = _Watcher(
            plan.arrays,
            dict(line.equation.ranges),
            plan.functions,
            plan.tables,
            plan.exists,
            plan.holes,
            tags=plan.tags,
            reached=names,
        )
        kernel = watcher(line.equation.right, line.space)
        for row in range(line.space.length):
            watcher.met.clear()
            kernel.one(registers, row)
            for convention in dict.fromkeys(watcher.met):
                yield line.symbol(row), convention
