"""The forward pass: every equation with its letters, then its elements with their numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from derive.compute.schedule import groups
from derive.document import Block, Equation, Inline, Section, Text
from derive.expression import Cases, Const, Node
from derive.formula import Line
from derive.pages import arrays
from derive.pages.elements import is_exact, rational
from derive.pages.page import ModelPage
from derive.pages.reshaped import listed
from derive.pages.tables import array, side_by_side
from derive.trace.indexed import Equation as Indexed
from derive.trace.indexed import Read, Reduce, Soft, looked_up, walk
from derive.trace.matrix import Whole
from derive.trace.unroll import Step, ordered

MOST_WORKED = 6
"""Elements of an equation that are all worked; of more the first one is, and the others are listed."""
MOST_CHAINED = 6
"""Numbers in a single formula from which on its form with letters has a line of its own."""
MOST_TOGETHER = 14
"""The same for equations that need each other's results."""
FEWEST_TOGETHER, MOST_READ = 2, 6
"""Equations of single numbers that stand below one sentence, and the numbers that one of them may read."""
WHOLE = frozenset({"matrix", "delta"})
"""The forms with equations in whole arrays."""
MOST_NAMED = 4
"""Quantities that a sentence names."""


def forward_chapter(page: ModelPage) -> Section:
    """All quantities in an order in which they can be computed."""
    system = page.solution.system
    blocks: list[Block] = []
    opened = False
    waiting: list[Indexed] = []
    for group in groups(system.equations, system.givens):
        equations = [system.equations[number] for number in group.equations]
        if not group.recurrent and not page.full and _is_plain(page, equations[0]):
            waiting.append(equations[0])
            continue
        blocks.extend(_numbers(page, waiting, opened))
        opened, waiting = opened or bool(waiting), []
        if group.recurrent:
            blocks.extend(together(page, equations, "forwards"))
        else:
            word = "Then" if opened else "First"
            blocks.extend(single(page, equations[0], None if page.brief else partial(intro, page, equations[0], word)))
        opened = True
    blocks.extend(_numbers(page, waiting, opened))
    return page.section("Forward pass", blocks)


def _is_plain(page: ModelPage, equation: Indexed) -> bool:
    """Whether an equation makes one number of a few others, which takes one line."""
    read = sum(1 for part in walk(equation.right) if isinstance(part, Read))
    return not equation.left and not page.names.rank(equation.name) and not _gathers(equation) and read <= MOST_READ


def _numbers(page: ModelPage, equations: Sequence[Indexed], opened: bool) -> Iterator[Block]:
    """Single numbers that follow each other: a line each, below one sentence where there are several."""
    if len(equations) < FEWEST_TOGETHER:
        for at, equation in enumerate(equations):
            word = "Then" if opened or at else "First"
            yield from single(page, equation, None if page.brief else partial(intro, page, equation, word))
        return
    lines = [page.work(step, symbols=True) for step in page.steps(equations)]
    yield from told_zeros(page)
    if not page.brief:
        word = "Then" if opened else "We go"
        yield page.say("{word} number by number, each from those before it:", word=word)
    yield from (Equation((line,), whole=not page.brief) for line in lines) if page.brief else (Equation(tuple(lines)),)
    yield from told_vanished(page)
    yield from whole(page, equations)


def intro(page: ModelPage, equation: Indexed, word: str, shapes: Sequence[Inline] = ()) -> Block:
    """Which quantity comes next, and for which values of its letters; or the whole array, with shapes."""
    if shapes:
        return page.say("{word} {name}; {shapes}:", word=word, name=page.display.whole(equation.name), shapes=shapes)
    runs = page.runs(equation)
    what = ", the softmax" if isinstance(equation.right, Soft) and not equation.right.logarithm else ""
    return page.say(
        "{word} {name}{what}{runs}:",
        word=word,
        name=page.display.left(equation),
        what=what,
        runs=[Text(", "), *runs] if runs else [],
    )


def single(page: ModelPage, equation: Indexed, said: Callable[[Sequence[Inline]], Block] | None) -> Iterator[Block]:
    """An equation that needs no other result of its own kind: with letters, in numbers, in whole arrays.

    `said` makes the sentence before it, from the shapes of its arrays where it is shown in whole arrays; None: none.
    """
    moved = listed(page, equation, numbers=True)
    if moved is not None:
        yield from () if said is None else (said(arrays.shapes(page, Whole(equation.name), equation.name)),)
        yield Equation((replace(moved, answer=equation.name in page.answers),), whole=True)
        return
    node = page.matrix_node(equation) if page.form in WHOLE and equation.letters else None
    if said is not None and node is not None:
        yield from arrays.conventions(page, node)
    blocks = list(_worked(page, equation, node))
    yield from told_zeros(page)
    if said is not None:
        yield said(() if node is None else arrays.shapes(page, node, equation.name))
    yield from blocks
    yield from told_vanished(page)


def _worked(page: ModelPage, equation: Indexed, node: Node | None) -> Iterator[Block]:
    """The lines of an equation; `node` is its form in whole arrays, if it has one."""
    if node is not None and arrays.multiplies(node) and (line := arrays.line(page, equation, node)) is not None:
        yield Equation((line,), whole=True)
        return
    general = page.index_line(equation) if node is None else page.whole_line(equation, node)
    steps = list(islice(page.elements.worked(equation), MOST_WORKED + 1))
    if not equation.letters:
        first = page.display.right(equation) if _gathers(equation) else None
        apart = first is not None and not page.brief and any(len(step.sources) > MOST_CHAINED for step in steps)
        lines = [page.work(step, symbols=True, first=None if apart else first) for step in steps]
        yield from (Equation((*((general,) if apart else ()), line), whole=not page.brief) for line in lines)
        yield from whole(page, [equation])
    elif isinstance(equation.right, Const) or (
        isinstance(equation.right, Read) and (len(steps) > MOST_WORKED or page.alone(equation))
    ):
        # Every element is a number, or that of another array.
        yield Equation((general,))
        yield from () if isinstance(equation.right, Const) else array(page, equation.name)
    elif len(steps) <= MOST_WORKED:
        lines = [page.work(step, symbols=place == 0) for place, step in enumerate(steps)]
        stated = page.brief and (not page.backward or len(lines) == 1)
        yield Equation((*(() if stated else (general,)), *lines), whole=not page.brief, beside=page.brief)
    else:
        yield Equation((general,))
        line = page.work(_fullest(page, steps), symbols=True)
        yield page.say("One of them in numbers, then the whole array:")
        yield Equation((line,))
        yield from array(page, equation.name)


def told_zeros(page: ModelPage) -> Iterator[Block]:
    """A sentence before the first sum in which terms are not written."""
    if page.zeros_left_out and page.once("zeros"):
        yield page.say("Of a sum of many terms, only those that are not 0 are written here.")


def told_vanished(page: ModelPage) -> Iterator[Block]:
    """A sentence after the first sum that is exactly 0 and does not look so."""
    if page.vanished and page.once("vanished"):
        yield page.say("That the sum is exactly 0 is proven by algebra; the rounded numbers may miss it.")


def whole(page: ModelPage, equations: Sequence[Indexed]) -> Iterator[Block]:
    """Equations in whole arrays, where they have such a form."""
    if page.brief or page.form not in WHOLE:
        return
    lines = [line for line in map(page.matrix_line, equations) if line is not None]
    if lines:
        said = ["vectors are columns; functions and quotients work element by element"] if page.once("columns") else []
        said += ["the bold 1 is a column of ones"] if page.ones_told and page.once("ones") else []
        how = f" ({'; '.join(said)})" if said else ""
        if how or page.full:
            yield page.say("In whole arrays{how}:", how=how)
        yield Equation(tuple(lines))


def _gathers(equation: Indexed) -> bool:
    """Whether a form with letters says more than the element: a sum over a range, cases, an index looked up."""
    gathers = any(
        isinstance(part, Cases) or (isinstance(part, Reduce) and part.letters) for part in walk(equation.right)
    )
    return gathers or any(True for _ in looked_up(equation.right))


def _fullest(page: ModelPage, steps: Sequence[Step]) -> Step:
    """The first of the steps that use most, if possible one that is not 0: at a border a formula has fewer terms."""

    def weight(step: Step) -> tuple[int, bool]:
        result = page.elements.shown(step.target.of)
        return len(step.sources), not (is_exact(result) and rational(result) == 0)

    return max(steps, key=weight)


def together(page: ModelPage, equations: Sequence[Indexed], direction: str) -> Iterator[Block]:
    """Equations that need each other's results, one element after the other."""
    names = list(dict.fromkeys(equation.name for equation in equations))
    which = page.listed(names) if len(names) <= MOST_NAMED else "These"
    verb = "goes" if len(names) == 1 else "need each other's results, so they are computed together,"
    steps = ordered(page.steps(equations))
    # Forwards the equations have just been written down.
    stated = page.full or page.backward
    wholes = list(whole(page, equations))
    if not page.brief:
        end = ":" if stated or (len(steps) <= MOST_TOGETHER and not wholes) else "."
        yield page.say("{which} {verb} {direction} step by step{end}", which=which, verb=verb, direction=direction,
                       end=end)  # fmt: skip
    if stated:
        yield Equation(tuple(map(page.index_line, equations)), whole=True)
    yield from wholes
    if len(steps) <= MOST_TOGETHER:
        seen: set[int] = set()
        lines: list[Line] = []
        for step in steps:
            lines.append(page.work(step, symbols=id(step.equation) not in seen))
            seen.add(id(step.equation))
        yield from told_zeros(page)
        yield Equation(tuple(lines), whole=not page.brief, beside=page.brief)
        yield from told_vanished(page)
        return
    first: dict[int, Step] = {}
    for step in steps:
        first.setdefault(id(step.equation), step)
    lines = [page.work(step, symbols=True) for step in _in_order(equations, first)]
    yield from told_zeros(page)
    yield page.say("The first of each in numbers, then all of them:")
    yield Equation(tuple(lines), whole=True)
    yield from told_vanished(page)
    yield from side_by_side(page, names)


def _in_order(equations: Sequence[Indexed], first: Mapping[int, Step]) -> list[Step]:
    """Steps in the order of their equations, if each stands after those that it uses; else as they are found."""
    written = [first[id(equation)] for equation in equations if id(equation) in first]
    targets = [step.target for step in written]
    later = [set(targets[at:]) for at in range(len(targets))]
    valid = all(not later[at].intersection(step.sources) for at, step in enumerate(written))
    return written if valid else list(first.values())
