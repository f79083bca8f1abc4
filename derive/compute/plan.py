"""A computation ready to run: every quantity in its registers, every equation compiled, and the order.

Decides where numbers stand, in which stretches equations run, and which faults of single elements there are: read
where there is none, computed twice, needed by itself. The arithmetic is in `kernel`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from derive.compute.compiler import Compiler, Missing
from derive.compute.kernels import FIRST_REGISTER, Kernel, Registers
from derive.compute.schedule import Group, groups
from derive.compute.space import MOST_ROWS, Array, NoEntry, Space, Tables, TooManyRows, array, places, whole_space
from derive.compute.tagged import Tags
from derive.compute.turns import Blocks, Turns
from derive.errors import InputError, ProgramFault
from derive.numbers import Number
from derive.trace.affine import Range
from derive.trace.givens import Given
from derive.trace.identity import Symbol
from derive.trace.indexed import Equation, standing, stem_of
from derive.trace.names import Names, Pure, in_a_circle

STRETCH = 4096
"""Rows that are computed at once, so that not too many numbers are held."""


class Disagreement(ProgramFault):
    """Two derivations of one derivative differ, or one is none; nothing is shown then."""

    def __init__(self, quantity: str, found: str = "has no number") -> None:
        super().__init__(quantity, found)


@dataclass(frozen=True)
class CompiledEquation:
    """One equation, compiled: its rows in the order in which they run, and their registers."""

    equation: Equation
    kernel: Kernel
    targets: Sequence[int]
    array: Array
    space: Space

    def symbol(self, row: int) -> Symbol:
        """The element that a row computes."""
        return Symbol(self.array.name, self.array.index(self.targets[row]))


@dataclass
class Plan:
    """Registers and stretches."""

    arrays: dict[str, Array]
    lines: list[CompiledEquation]
    blocks: Blocks
    size: int
    defined: bytearray
    """Per register whether it holds an element; arrays may have holes."""
    functions: Mapping[str, Pure]
    tables: Tables
    tags: Tags | None = None
    """Where numbers remember how they were computed."""
    holes: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def computed_by(self) -> Mapping[int, tuple[int, int]]:
        """The line, by its number, and the row that compute each register."""
        lines = enumerate(self.lines)
        return {target: (number, row) for number, line in lines for row, target in enumerate(line.targets)}

    def compiler(self, equation: Equation) -> Compiler:
        """What compiles the right side of an equation."""
        ranges = dict(equation.ranges)
        return Compiler(self.arrays, ranges, self.functions, self.tables, self.exists, self.holes, tags=self.tags)

    def exists(self, array: Array, place: int) -> bool:
        """Whether an array has the element at a place within its ranges."""
        return bool(self.defined[place])

    def elements(self, name: str) -> Iterator[tuple[tuple[int, ...], int]]:
        """The elements of a quantity: their indices and registers."""
        found = self.arrays[name]
        for register in range(found.base, found.base + found.length):
            if self.defined[register]:
                yield found.index(register), register


class Planner:
    """Makes a plan of equations; more equations (those of derivatives) may be added to the same registers."""

    def __init__(
        self,
        names: Names,
        functions: Mapping[str, Pure],
        tables: Tables,
        tags: Tags | None = None,
    ) -> None:
        self.names = names
        self.plan = Plan({}, [], [], FIRST_REGISTER, bytearray(b"\1" * FIRST_REGISTER), functions, tables, tags)
        self._filled: list[tuple[Equation, Sequence[int]]] = []
        self._derived = False

    def given(self, given: Given) -> None:
        """Registers for given numbers."""
        self.reserve(given.name, given.ranges)

    def reserve(self, name: str, ranges: tuple[Range, ...]) -> None:
        """Registers for numbers that no equation computes."""
        found = self._array(name, ranges)
        self.plan.defined[found.base : found.base + found.length] = b"\1" * found.length

    def _array(self, name: str, ranges: tuple[Range, ...]) -> Array:
        found = array(name, self.plan.size, ranges)
        self.plan.arrays[name] = found
        self.plan.size += found.length
        self.plan.defined.extend(bytes(found.length))
        return found

    def add(
        self, equations: Sequence[Equation], ranges: Mapping[str, tuple[Range, ...]], derived: bool = False
    ) -> None:
        """Compiles equations; what they read is among them or was added before.

        A fault of equations that were derived is a fault of the program.
        """
        self._derived = derived
        for equation in equations:
            if equation.name not in self.plan.arrays:
                self._array(equation.name, ranges[equation.name])
        ordered = groups(equations, self.names.givens)
        clocks = {number: group.clocks[number] for group in ordered if group.clocks for number in group.equations}
        spaces = [self._rows(equation, clocks.get(number)) for number, equation in enumerate(equations)]
        for name in dict.fromkeys(equation.name for equation in equations):
            found = self.plan.arrays[name]
            if not all(self.plan.defined[found.base : found.base + found.length]):
                self.plan.holes |= {name}
        first = len(self.plan.lines)
        compilers = [self._line(equation, *spaces[number]) for number, equation in enumerate(equations)]
        for group in ordered:
            self._blocks(group, first, [space for space, _ in spaces], compilers)

    def _rows(self, equation: Equation, clock: str | None) -> tuple[Space, Sequence[int]]:
        """The rows of an equation, along its clock where it has one, and the registers that they fill."""
        names = dict.fromkeys(equation.letters)
        order = [clock, *[name for name in names if name != clock]] if clock else list(names)
        space = whole_space(order, equation.ranges, self.plan.tables)
        found = self.plan.arrays[equation.name]
        try:
            rows = space.holding(equation.conditions)
            space = space if rows is None else space.chosen(rows)
            targets, outside = places(found, equation.left, space)
        except NoEntry as none:
            raise self._no_entry(equation, none) from None
        if outside:
            index = tuple(space.values(form)[outside[0]] for form in equation.left)
            raise self.fault(equation, f"an element of {equation.name}", str(Symbol(equation.name, index)))
        self._define(equation, found, targets)
        self._filled.append((equation, targets))
        return space, targets

    def _define(self, equation: Equation, found: Array, targets: Sequence[int]) -> None:
        """Notes that elements are computed; raises where one was already."""
        defined = self.plan.defined
        if isinstance(targets, range) and not any(defined[targets.start : targets.stop]):
            defined[targets.start : targets.stop] = b"\1" * len(targets)
            return
        for target in targets:
            if defined[target]:
                raise self._twice(equation, found, target)
            defined[target] = 1

    def _twice(self, equation: Equation, found: Array, target: int) -> Exception:
        symbol = Symbol(equation.name, found.index(target))
        other = next((one for one, targets in self._filled if target in targets), equation)
        where = f" in {other.text}" if other is not equation else ""
        hint = "write where each one counts."
        if equation.row and other.line != equation.line:
            hint = f"give it a name of its own in one of the lines: use {equation.row}(..., {equation.name} = ...)."
        return self.fault(equation, f"one equation for {symbol}", f"a second one{where}", hint)

    def _line(self, equation: Equation, space: Space, targets: Sequence[int]) -> Compiler:
        compiler = self.plan.compiler(equation)
        found = self.plan.arrays[equation.name]
        try:
            kernel = compiler(equation.right, space) if space.length else Kernel(lambda *_: [], _no_row)
        except NoEntry as none:
            raise self._no_entry(equation, none) from None
        except TooManyRows:
            expected = f"sums of at most {MOST_ROWS} terms in one equation and its derivatives"
            raise self.input_error(equation, expected, "more", "choose smaller arrays.") from None
        except Missing as missing:
            raise self._missing(equation, found, targets, missing) from None
        self.plan.lines.append(CompiledEquation(equation, kernel, list(targets), found, space))
        return compiler

    def _no_entry(self, equation: Equation, none: NoEntry) -> Exception:
        return self.fault(
            equation, f"an index within {none.name}", str(Symbol(none.name, none.at)), f"it has {none.spans}."
        )

    def _missing(self, equation: Equation, found: Array, targets: Sequence[int], missing: Missing) -> Exception:
        symbol = Symbol(equation.name, found.index(targets[missing.row]))
        if missing.read is None:
            return self.fault(
                equation, f"something to take for {symbol}", missing.why, "nothing fulfils its conditions."
            )
        read = missing.read
        wanted = Symbol(read.name, missing.index)
        axes = zip(missing.index, self.plan.arrays[read.name].ranges, strict=True)
        low_high = next((span for at, span in axes if not span[0] <= at <= span[1]), None)
        has = f"the array {read.name} has the indices {_spans(self.plan.arrays[read.name].ranges)}"
        expected = f"an element that exists, for {symbol}"
        letters = ", ".join(stem_of(name) for name in equation.letters)
        pad = f"pad({read.name}[...]) reads 0 outside"
        hint = f"{has}; {pad}" if low_high is not None else f"no equation defines {wanted}; {pad}"
        if letters:
            hint += f", and for {letters.split(', ')[0]} in 1..3 says how far it runs"
        return self.fault(equation, expected, str(wanted), f"{hint}.")

    def fault(self, equation: Equation, expected: str, found: str | None, hint: str | None = None) -> Exception:
        """The error for a fault of an element."""
        error = self.input_error(equation, expected, found, hint)
        return Disagreement("a derived equation", f"is none: {error}") if self._derived else error

    def input_error(self, equation: Equation, expected: str, found: str | None, hint: str | None = None) -> InputError:
        return InputError(expected, found, self.names.file, standing(equation, self.names.first_line), hint)

    # -- stretches

    def _blocks(self, group: Group, first: int, spaces: list[Space], compilers: list[Compiler]) -> None:
        if not group.recurrent:
            (number,) = group.equations
            for start in range(0, spaces[number].length, STRETCH):
                self.plan.blocks.append((first + number, start, min(start + STRETCH, spaces[number].length)))
        elif group.clocks is not None:
            self._along(group, group.clocks, first, spaces)
        else:
            self._one_by_one(group, first, spaces, compilers)

    def _along(self, group: Group, clocks: Mapping[int, str], first: int, spaces: list[Space]) -> None:
        """Stretches of one time each; the rows are sorted by it."""
        spans = {number: spaces[number].only(clock) for number, clock in clocks.items()}
        known = {number: span for number, span in spans.items() if span}
        if len(known) == len(spans):
            self._one_row_each(group, known, first)
            return
        columns = {number: spaces[number].column(clock) for number, clock in clocks.items()}
        first_rows: dict[int, dict[int, int]] = {}
        ends: dict[int, dict[int, int]] = {}
        for number, column in columns.items():
            # Of rows with one time the last that is put in stays: from behind that is the first of them.
            first_rows[number] = dict(zip(reversed(column), range(len(column) - 1, -1, -1), strict=True))
            ends[number] = dict(zip(column, range(1, len(column) + 1), strict=True))
        times = sorted(set().union(*ends.values()), reverse=group.backwards)
        lines = [(first + number, first_rows[number], ends[number]) for number in group.equations]
        blocks = self.plan.blocks
        for time in times:
            for line, starts, until in lines:
                if time in until:
                    blocks.append((line, starts[time], until[time]))

    def _one_row_each(self, group: Group, spans: Mapping[int, range], first: int) -> None:
        """The same at once where every equation has one row for each time from its first to its last."""
        # Between two of these times it is always the same equations that have a row.
        turns = sorted({end for span in spans.values() for end in (span.start, span.stop)})
        for begin, end in list(pairwise(turns))[:: -1 if group.backwards else 1]:
            present = [one for one in group.equations if spans[one].start <= begin < spans[one].stop]
            time = end - 1 if group.backwards else begin
            rows = tuple(time - spans[one].start for one in present)
            lines = tuple(first + one for one in present)
            if lines:
                self.plan.blocks.append(Turns(lines, rows, end - begin, -1 if group.backwards else 1))

    def _one_by_one(self, group: Group, first: int, spaces: list[Space], compilers: list[Compiler]) -> None:
        """Every element after those that it reads; raises where one needs itself."""
        row_of: dict[int, tuple[int, int]] = {}
        needs: dict[int, list[int]] = {}
        for number in group.equations:
            targets = self.plan.lines[first + number].targets
            read = compilers[number].dependencies(spaces[number])
            for row, target in enumerate(targets):
                row_of[target] = (number, row)
                needs[target] = read[row]
        done: dict[int, bool] = {}
        for start in needs:
            path = [(start, iter(needs[start]))] if start not in done else []
            done.setdefault(start, False)
            while path:
                target, rest = path[-1]
                other = next((one for one in rest if one in needs and not done.get(one, False)), None)
                if other is None:
                    path.pop()
                    done[target] = True
                    number, row = row_of[target]
                    self.plan.blocks.append((first + number, row, row + 1))
                elif other in done:
                    raise self._circle([one for one, _ in path], other, row_of, first)
                else:
                    done[other] = False
                    path.append((other, iter(needs[other])))

    def _circle(self, path: list[int], again: int, row_of: Mapping[int, tuple[int, int]], first: int) -> Exception:
        circle = [*path[path.index(again) :], again]
        shown = [str(self.plan.lines[first + row_of[one][0]].symbol(row_of[one][1])) for one in circle]
        equation = self.plan.lines[first + row_of[again][0]].equation
        return self.fault(equation, "equations that do not need their own results", in_a_circle(shown))


def _no_row(registers: Registers, row: int) -> Number:
    raise IndexError(f"an equation without elements has no row {row}")


def _spans(ranges: Sequence[Range]) -> str:
    return ", ".join(f"{low}..{high}" for low, high in ranges)
