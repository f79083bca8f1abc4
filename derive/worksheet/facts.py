"""Questions on the network itself: shapes of its matrices and vectors, and how many numbers there are to learn.

Their answers depend on no number, so that they are the same on every sheet of a problem. Shapes follow the author's
arrangement of matrices, which the question says; how an answer may be spelt is for the checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from derive.document import Block, Text, Words
from derive.expression import MatrixName, Node, Partial, Ref
from derive.narrate import Page
from derive.narrate.forward import examples
from derive.narrate.layers import by_source, row_convention, shape
from derive.narrate.matrices import delta_vector
from derive.quantity import Quantity
from derive.solution import Solution
from derive.worksheet.items import Maker

SHAPES, COUNTS = "shapes", "parameters"
FACTS = (SHAPES, COUNTS)
"""What `--ask` calls these questions."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One question: what is to be found in words, and the answer as the key writes it."""

    quantity: Quantity
    words: Words
    answer: str


def facts_of(page: Page, topics: Iterable[str]) -> tuple[Fact, ...]:
    """The questions of some of `FACTS`, in their order."""
    wanted = set(topics)
    return (*(_shapes(page) if SHAPES in wanted else ()), *(_counts(page) if COUNTS in wanted else ()))


def every_fact(solution: Solution) -> tuple[Fact, ...]:
    """All questions on a solved problem's network."""
    page = Page(solution.trace, solution.values, solution.exact, solution.namer, solution.form, solution.choice)
    return facts_of(page, FACTS)


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
            answer = shape(page, number, kind)
            yield Fact(Quantity(f"shape_{key}", number), page.words(page.wording["fact_shape"], formula=node), answer)


def _counts(page: Page) -> Iterator[Fact]:
    weights = sum(quantity.kind == "W" for quantity in page.trace.givens)
    trained = {new.parameter for number in range(1, page.last + 1) for new in Maker(page, frozenset()).update(number)}
    yield Fact(Quantity("number_of_weights"), (Text(page.wording["fact_weights"]),), str(weights))
    words = (Text(page.wording["fact_parameters"]),)
    yield Fact(Quantity("number_of_parameters"), words, str(len(trained - {None})))
