"""In which order equations can run: what needs what, and along which index a recurrence moves.

Equations that do not need each other's results run whole. Those that do (a recurrence) run along a clock: an index
such that everything they read of each other is earlier, or at the same time in equations before them. Where there is
no clock, element by element. No number is computed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from derive.trace.affine import Affine, Extent, Range, Table, bounds, letter
from derive.trace.givens import Givens
from derive.trace.indexed import Equation, Read, reads


@dataclass(frozen=True)
class Group:
    """Equations, by their numbers, that run together.

    `clocks` are the letters along which they move, one per equation, `backwards` from the last value to the first;
    without clocks several equations, or one that reads itself, run element by element.
    """

    equations: tuple[int, ...]
    recurrent: bool
    clocks: Mapping[int, str] | None = None
    backwards: bool = False


def groups(equations: Sequence[Equation], givens: Givens) -> list[Group]:
    """The equations in an order in which they can run."""

    def table(atom: Table | Extent) -> Range:
        numbers = givens[atom.name].numbers
        return int(min(numbers)), int(max(numbers))

    defining: dict[str, list[int]] = {}
    for number, equation in enumerate(equations):
        defining.setdefault(equation.name, []).append(number)
    spans = [[bounds(form, e.ranges, table) for form in e.left] for e in equations]
    needs: list[set[int]] = []
    for equation in equations:
        found: set[int] = set()
        for read in set(reads(equation.right)):
            at = [bounds(form, equation.ranges, table) for form in read.index]
            for other in defining.get(read.name, ()):
                if all(_meet(*pair) for pair in zip(at, spans[other], strict=True)):
                    found.add(other)
        needs.append(found)
    result = []
    for component in components(needs):
        recurrent = len(component) > 1 or component[0] in needs[component[0]]
        clocked = _clocked(equations, component) if recurrent else None
        result.append(clocked or Group(tuple(component), recurrent))
    return result


def _meet(one: Range, other: Range) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def components(needs: Sequence[set[int]]) -> Iterator[list[int]]:
    """Sets of numbers that need each other, each after those that it needs (Tarjan's algorithm, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    waiting: list[int] = []
    inside: set[int] = set()
    for start in range(len(needs)):
        if start in index:
            continue
        path: list[tuple[int, Iterator[int]]] = [(start, iter(sorted(needs[start])))]
        index[start] = low[start] = len(index)
        waiting.append(start)
        inside.add(start)
        while path:
            number, rest = path[-1]
            other = next(rest, None)
            if other is None:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[number])
                if low[number] == index[number]:
                    component: list[int] = []
                    while not component or component[-1] != number:
                        component.append(waiting.pop())
                        inside.discard(component[-1])
                    yield sorted(component)
            elif other not in index:
                index[other] = low[other] = len(index)
                waiting.append(other)
                inside.add(other)
                path.append((other, iter(sorted(needs[other]))))
            elif other in inside:
                low[number] = min(low[number], index[other])


def _clocked(equations: Sequence[Equation], component: Sequence[int]) -> Group | None:
    """The group with a clock, where there is one."""
    first = equations[component[0]]
    for axis, form in enumerate(first.left):
        if form.letter is None:
            continue
        axes = _axes(equations, component, first.name, axis)
        if axes is not None:
            found = _moving(equations, component, axes)
            if found is not None:
                return found
    return None


def _axes(equations: Sequence[Equation], component: Sequence[int], name: str, axis: int) -> dict[str, int] | None:
    """Which index of every quantity of a component is the clock, if it is this one of the first."""
    names = {equations[number].name for number in component}
    axes = {name: axis}
    waiting = [name]
    while waiting:
        known = waiting.pop()
        for number in component:
            equation = equations[number]
            if equation.name == known:
                clock = equation.left[axes[known]].letter
                if clock is None:
                    return None
                for read in reads(equation.right):
                    if read.name in names and read.name not in axes:
                        using = [a for a, form in enumerate(read.index) if form.coefficient(clock) == 1]
                        if len(using) != 1:
                            return None
                        axes[read.name] = using[0]
                        waiting.append(read.name)
    return axes if len(axes) == len(names) else None


def _moving(equations: Sequence[Equation], component: Sequence[int], axes: Mapping[str, int]) -> Group | None:
    """The group, where everything that its equations read of each other is on one side of the clock or at its time."""
    before = after = False
    now: dict[int, set[int]] = {number: set() for number in component}
    clocks: dict[int, str] = {}
    for number in component:
        equation = equations[number]
        clock = equation.left[axes[equation.name]].letter
        if clock is None:
            return None
        clocks[number] = clock
        for read in reads(equation.right):
            if read.name not in axes:
                continue
            distance = _distance(read, read.index[axes[read.name]] - letter(clock), equation)
            if distance is None:
                return None
            low, high = distance
            before |= low < 0
            after |= high > 0
            if low <= 0 <= high:
                now[number] |= {other for other in component if equations[other].name == read.name}
    if before and after:
        return None
    try:
        order = tuple(TopologicalSorter(now).static_order())
    except CycleError:
        return None
    return Group(order, True, clocks, backwards=after)


def _distance(read: Read, form: Affine, equation: Equation) -> Range | None:
    """How far from the present time an element is read."""
    if any(not isinstance(atom, str) for atom, _ in form.terms):
        return None
    return bounds(form, equation.ranges, lambda _: (0, 0))
