"""Questions on the arrays of a problem given by equations: their shapes, and how many numbers there are to learn.

Decides what is worth asking: the shape of what is computed and of the gradients of parameters, not of what is given and
can be counted on the sheet, nor of an array that only counts the steps of a recurrence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from derive.document import Block, Text
from derive.pages.page import ModelPage
from derive.pages.uses import over_time, used
from derive.quantity import Quantity
from derive.stepwise import Stepwise
from derive.trace.indexed import reads
from derive.wording import Wording
from derive.worksheet.facts import COUNTS, FACTS, SHAPES, Fact

SHAPE, LAYER, TRAINED = "shape", "parameters_of", "number_of_parameters"
TIMES = "×"


def element_facts(page: ModelPage, topics: Iterable[str], say: Wording) -> tuple[Fact, ...]:
    """The questions of some of `FACTS` that the problem has, in their order."""
    wanted = set(topics)
    return (*(_shapes(page, say) if SHAPES in wanted else ()), *(_counts(page, say) if COUNTS in wanted else ()))


def every_element_fact(steps: Stepwise) -> tuple[Fact, ...]:
    """All questions on the arrays of a solved problem."""
    say = Wording(steps.problem.words)
    return element_facts(ModelPage(steps.solution, steps.namer.names, wording=say), FACTS, say)


def element_introduction(page: ModelPage, facts: Iterable[Fact], say: Wording) -> Iterator[Block]:
    """How shapes are written, where they are asked."""
    if any(fact.quantity.kind == SHAPE for fact in facts):
        yield page.say("{text}", text=say["facts_arrays"])


def _shapes(page: ModelPage, say: Wording) -> Iterator[Fact]:
    solution = page.solution
    system, adjoint = solution.system, solution.adjoint
    clocked = over_time(page)
    made = dict.fromkeys(equation.name for equation in system.equations)
    names = [name for name in made if name not in clocked]
    names += [adjoint.names[name] for name in solution.parameters if name in adjoint.names] if adjoint else []
    for name in names:
        lengths = [high - low + 1 for low, high in page.spans[name]]
        if lengths:
            # A vector is a column.
            answer = TIMES.join(map(str, (*lengths, *[1] * (2 - len(lengths)))))
            words = page.words(say["fact_shape"], formula=page.display.whole(name))
            yield Fact(Quantity(SHAPE, name), words, answer, vector=len(lengths) == 1)


def _counts(page: ModelPage, say: Wording) -> Iterator[Fact]:
    parameters = page.solution.parameters
    found: list[tuple[str, int]] = []
    for one in used(page):
        read = dict.fromkeys(part.name for equation in one.equations for part in reads(equation.right))
        found.append((one.row.title, sum(_size(page, name) for name in read if name in parameters)))
    layers = [(name, number) for name, number in found if number]
    for place, (name, number) in enumerate(layers if len(layers) > 1 else (), 1):
        words = (Text(say("fact_layer", number=str(place), layer=name)),)
        yield Fact(Quantity(LAYER, place), words, str(number))
    if parameters:
        words = (Text(say["fact_numbers"]),)
        yield Fact(Quantity(TRAINED), words, str(sum(_size(page, name) for name in parameters)))


def _size(page: ModelPage, name: str) -> int:
    return prod(high - low + 1 for low, high in page.spans[name])
