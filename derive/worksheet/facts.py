"""Questions on the network itself: shapes of its matrices and vectors, and how many numbers there are to learn.

Their answers depend on no number, so that they are the same on every sheet of a problem. Shapes follow the author's
arrangement of matrices, which the question says; how an answer may be spelt is for the checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from derive.document import Answer, Block, Question, Task, Text, Words
from derive.expression import MatrixName, Node, Partial, Ref, Wording
from derive.narrate import Page
from derive.narrate.forward import examples
from derive.narrate.layers import by_source, row_convention, shape
from derive.narrate.matrices import delta_vector
from derive.quantity import Quantity
from derive.solution import Solution
from derive.worksheet.boxes import Box, letter
from derive.worksheet.items import Maker

SHAPES, COUNTS = "shapes", "parameters"
FACTS = (SHAPES, COUNTS)
"""What `--ask` calls these questions."""


Named = Callable[[Quantity], str]
"""The plain name of what is asked."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One question: what is to be found in words, and the answer as the key writes it."""

    quantity: Quantity
    words: Words
    answer: str
    vector: bool = False
    """Whether the answer is the shape of a vector, of which the number of its entries is enough."""


def facts_of(page: Page, topics: Iterable[str]) -> tuple[Fact, ...]:
    """The questions of some of `FACTS`, in their order."""
    wanted = set(topics)
    return (*(_shapes(page) if SHAPES in wanted else ()), *(_counts(page) if COUNTS in wanted else ()))


def every_fact(solution: Solution) -> tuple[Fact, ...]:
    """All questions on a solved problem's network."""
    page = Page(solution.trace, solution.values, solution.exact, solution.namer, solution.form, solution.choice)
    return facts_of(page, FACTS)


def facts_question(
    facts: Iterable[Fact], title: str, intro: Iterable[Block], number: int, boxes: list[Box], named: Named
) -> Question:
    """One question that asks all of these, a box for each; the boxes are entered in the list."""
    tasks = []
    for k, fact in enumerate(facts):
        label, name = f"{number}{letter(k)}", named(fact.quantity)
        boxes.append(Box(label, fact.quantity, name, 1, fact.answer))
        right = Wording(fact.answer)
        answer = Answer(label, name, Ref(fact.quantity), right, right, "", right, right, 1)
        tasks.append(Task(label, fact.words, (), (), 0, ((answer,),)))
    return Question((Text(title),), tuple(intro), tuple(tasks))


def introduction(page: Page, facts: Iterable[Fact]) -> Iterator[Block]:
    """How matrices and vectors are arranged, where shapes are asked."""
    if any(fact.quantity.kind.startswith("shape") for fact in facts):
        say = page.wording
        matrices = say["facts_by_source" if by_source(page) else "facts_by_unit"]
        yield page.say("{text}", text=f"{matrices} {say['facts_rows' if row_convention(page) else 'facts_columns']}")


def _shapes(page: Page) -> Iterator[Fact]:
    example = examples(page.trace, 0)[0]
    loss = Ref(page.loss(example))
    for number in range(1, page.last + 1):
        asked: tuple[tuple[str, Node, str], ...] = (
            ("W", MatrixName("W", number), "weights"),
            ("a", MatrixName("a", number, example), "vector"),
            ("delta", delta_vector(page, number, example), "vector"),
            ("dLdW", Partial(loss, MatrixName("W", number)), "weights"),
        )
        for key, node, kind in asked:
            answer, words = shape(page, number, kind), page.words(page.wording["fact_shape"], formula=node)
            yield Fact(Quantity(f"shape_{key}", number), words, answer, vector=kind == "vector")


def _counts(page: Page) -> Iterator[Fact]:
    weights = sum(quantity.kind == "W" for quantity in page.trace.givens)
    trained = {new.parameter for number in range(1, page.last + 1) for new in Maker(page, frozenset()).update(number)}
    yield Fact(Quantity("number_of_weights"), (Text(page.wording["fact_weights"]),), str(weights))
    words = (Text(page.wording["fact_parameters"]),)
    yield Fact(Quantity("number_of_parameters"), words, str(len(trained - {None})))
