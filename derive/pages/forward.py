"""The forward pass: every equation with its letters, then its elements with their numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from derive.compute.schedule import groups
from derive.document import Block, Equation, Inline, Section, Text
from derive.expression import NOTHING, Cases, Const, Node
from derive.formula import Line
from derive.pages import arrays
from derive.pages.elements import is_exact, rational
from derive.pages.figures import figures
from derive.pages.given import author_words
from derive.pages.page import ModelPage
from derive.pages.reshaped import listed
from derive.pages.tables import array, side_by_side
from derive.pages.uses import over_time
from derive.pages.wholes import parts_of_matrix
from derive.trace.indexed import Equation as Indexed
from derive.trace.indexed import Read, Reduce, Soft, looked_up, reads, walk
from derive.trace.matrix import Ones, Whole
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
MOST_NAMED = 6
"""Quantities that a sentence names."""


def forward_chapter(page: ModelPage) -> Section:
    """All quantities in an order in which they can be computed."""
    system = page.solution.system
    blocks: list[Block] = []
    waiting: list[Indexed] = []
    ordered_groups = groups(system.equations, system.givens)
    starts = [] if page.brief else [one for one in system.equations if _is_start(one)]
    opened = bool(starts)
    if starts:
        blocks.append(page.say("It begins with {values}.", values=_values(page, starts)))
    for group in ordered_groups:
        equations = [system.equations[number] for number in group.equations]
        if equations[0] in starts:
            continue
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
        blocks.extend(figure for name in _named(equations) for figure in figures(page, "forward", name))
        opened = True
    blocks.extend(_numbers(page, waiting, opened))
    return page.section("Forward pass", blocks)


def _named(equations: Sequence[Indexed]) -> list[str]:
    """The arrays that some equations make."""
    return list(dict.fromkeys(equation.name for equation in equations))


def _is_start(equation: Indexed) -> bool:
    """Whether an equation gives one element of an array a number, as the state before the first step."""
    return bool(equation.left) and not equation.letters and isinstance(equation.right, Const)


def _values(page: ModelPage, equations: Sequence[Indexed]) -> list[Inline]:
    """Elements with their numbers, in a row."""
    return page.in_a_row([page.value(step.target.of) for step in page.steps(equations)])


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
    """Which quantity comes next, in the author's words where there are some; its letters, or the shapes of its arrays.

    `shapes` are those of a whole array; empty for an equation with its letters.
    """
    runs = [] if shapes else page.runs(equation)
    said = author_words(page, equation.comment)
    if said:
        more = [Text("; "), *shapes] if shapes else [Text(", "), *runs] if runs else []
        return page.say("{said}{more}:", said=said, more=more)
    if shapes:
        return page.say("{word} {name}; {shapes}:", word=word, name=page.display.whole(equation.name), shapes=shapes)
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
        for step in steps:
            line = page.work(step, symbols=True, first=None if apart else first)
            yield Equation((general, replace(line, left=NOTHING)) if apart else (line,), whole=not page.brief)
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
        yield page.say("One of them in numbers, and then the whole array:")
        yield Equation((line,))
        yield from array(page, equation.name)


def told_zeros(page: ModelPage) -> Iterator[Block]:
    """A sentence before the first sum in which terms are not written."""
    if page.zeros_left_out and page.once("zeros"):
        yield page.say("Terms that are 0 are left out of these long sums.")


def told_vanished(page: ModelPage) -> Iterator[Block]:
    """A sentence after the first sum that is exactly 0 and does not look so."""
    if page.vanished and page.once("vanished"):
        yield page.say("That the sum is exactly 0 is proven by algebra; the rounded numbers may miss it.")


def whole(page: ModelPage, equations: Sequence[Indexed]) -> Iterator[Block]:
    """Equations in whole arrays, where they have such a form."""
    if page.brief or page.form not in WHOLE:
        return
    shown = [one for one in equations if page.full or _clearer_whole(page, one)]
    lines = [line for line in map(page.matrix_line, shown) if line is not None]
    if lines:
        said = ["vectors are columns; functions and quotients work element by element"] if page.once("columns") else []
        said += ["the bold 1 is a column of ones"] if page.ones_told and page.once("ones") else []
        how = f" ({'; '.join(said)})" if said else ""
        yield page.say("In whole arrays{how}:", how=how)
        yield Equation(tuple(lines))


def _clearer_whole(page: ModelPage, equation: Indexed) -> bool:
    """Whether arrays as a whole say more plainly what was just worked: a product of arrays, and none over time."""
    node = page.matrix_node(equation)
    if node is None or not arrays.multiplies(node) or any(isinstance(part, Ones) for part in parts_of_matrix(node)):
        return False
    steps = over_time(page)
    steps |= {page.solution.adjoint.names[name] for name in steps} if page.solution.adjoint else set()
    return not steps.intersection(read.name for read in reads(equation.right))


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
    steps = ordered(page.steps(equations))
    # Forwards the equations have just been written down; one without letters is written where it is worked.
    general = [one for one in equations if page.full or (page.backward and one.letters)]
    wholes = list(whole(page, equations)) if page.full else []
    few = len(steps) <= MOST_TOGETHER
    if not page.brief:
        yield page.say(
            "{which} {verb} {direction} step by step{end}",
            which=page.listed(names) if len(names) <= MOST_NAMED else "The next quantities",
            verb="goes" if len(names) == 1 else "need each other's results, so we compute them together,",
            direction=direction,
            end=":" if general or (few and not wholes) else ".",
        )
    if general:
        yield Equation(tuple(map(page.index_line, general)), whole=True)
    yield from wholes
    if few and (general or wholes) and not page.brief:
        yield page.say("In numbers, from the last step to the first:" if page.backward else "In numbers:")
    if few:
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
    yield page.say("Here is the first of each in numbers, and then all of them:")
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
