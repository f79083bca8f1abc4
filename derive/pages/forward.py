"""The forward pass: every equation with its letters, then its elements with their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from derive.compute.schedule import groups
from derive.document import Block, Equation, Section, Text
from derive.expression import Cases, Const
from derive.pages.page import ModelPage
from derive.trace.indexed import Equation as Indexed
from derive.trace.indexed import Read, Reduce, Soft, looked_up, walk
from derive.trace.unroll import Step, ordered

MOST_WORKED = 6
"""Elements of an equation that are all worked; of more the first one is, and the others are listed."""
MOST_TOGETHER = 14
"""The same for equations that need each other's results."""
MOST_NAMED = 4
"""Quantities that a sentence names."""


def forward_chapter(page: ModelPage) -> Section:
    """All quantities in an order in which they can be computed."""
    system = page.solution.system
    blocks: list[Block] = []
    opened = False
    for group in groups(system.equations, system.givens):
        equations = [system.equations[number] for number in group.equations]
        if group.recurrent:
            blocks.extend(together(page, equations, "forwards"))
        else:
            blocks.extend(single(page, equations[0], intro(page, equations[0], "Then" if opened else "First")))
        opened = True
    return page.section("Forward pass", blocks)


def intro(page: ModelPage, equation: Indexed, word: str) -> list[Block]:
    """Which quantity comes next, and for which values of its letters."""
    runs = page.runs(equation)
    what = ", the softmax" if isinstance(equation.right, Soft) and not equation.right.logarithm else ""
    return [
        page.say(
            "{word} {name}{what}{runs}:",
            word=word,
            name=page.display.left(equation),
            what=what,
            runs=[Text(", "), *runs] if runs else [],
        )
    ]


def single(page: ModelPage, equation: Indexed, said: Sequence[Block]) -> Iterator[Block]:
    """An equation that needs no other result of its own kind: with letters, in numbers, in whole arrays."""
    yield from said
    steps = list(islice(page.elements.worked(equation), MOST_WORKED + 1))
    if not equation.letters:
        first = page.display.right(equation) if _gathers(equation) else None
        yield from (Equation((page.work(step, symbols=True, first=first),)) for step in steps)
    elif isinstance(equation.right, Const | Read):
        # Every element is a number, or that of another array.
        yield Equation((page.index_line(equation),))
        yield from () if isinstance(equation.right, Const) else page.array(equation.name)
    elif len(steps) <= MOST_WORKED:
        lines = [page.work(step, symbols=place == 0) for place, step in enumerate(steps)]
        yield Equation((page.index_line(equation), *lines))
    else:
        yield Equation((page.index_line(equation),))
        yield page.say("One of them in numbers, then the whole array:")
        yield Equation((page.work(_fullest(steps), symbols=True),))
        yield from page.array(equation.name)
    yield from whole(page, [equation])


def whole(page: ModelPage, equations: Sequence[Indexed]) -> Iterator[Block]:
    """Equations in whole arrays, where they have such a form."""
    lines = [line for line in map(page.matrix_line, equations) if line is not None]
    if lines:
        how = page.once(" (vectors are columns; functions and quotients work element by element)")
        how += page.once(" (the bold 1 is a column of ones)") if page.ones_told else ""
        yield page.say("In whole arrays{how}:", how=how)
        yield Equation(tuple(lines))


def _gathers(equation: Indexed) -> bool:
    """Whether a form with letters says more than the element: a sum over a range, cases, an index looked up."""
    gathers = any(
        isinstance(part, Cases) or (isinstance(part, Reduce) and part.letters) for part in walk(equation.right)
    )
    return gathers or any(True for _ in looked_up(equation.right))


def _fullest(steps: Sequence[Step]) -> Step:
    """The first of the steps that use most: at a border a formula has fewer terms."""
    return max(steps, key=lambda step: len(step.sources))


def together(page: ModelPage, equations: Sequence[Indexed], direction: str) -> Iterator[Block]:
    """Equations that need each other's results, one element after the other."""
    names = list(dict.fromkeys(equation.name for equation in equations))
    which = page.listed(names) if len(names) <= MOST_NAMED else "These"
    verb = "goes" if len(names) == 1 else "go hand in hand,"
    yield page.say("{which} {verb} {direction} step by step:", which=which, verb=verb, direction=direction)
    yield Equation(tuple(map(page.index_line, equations)))
    yield from whole(page, equations)
    steps = ordered(page.steps(equations))
    if len(steps) <= MOST_TOGETHER:
        seen: set[int] = set()
        lines = []
        for step in steps:
            lines.append(page.work(step, symbols=id(step.equation) not in seen))
            seen.add(id(step.equation))
        yield Equation(tuple(lines))
        return
    yield page.say("The first element of each in numbers, in the order in which they are found, then all:")
    first: dict[int, Step] = {}
    for step in steps:
        first.setdefault(id(step.equation), step)
    yield Equation(tuple(page.work(step, symbols=True) for step in first.values()))
    yield from page.side_by_side(names)
