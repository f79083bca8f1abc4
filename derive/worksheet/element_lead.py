"""What stands before the questions of a sheet of equations: the equations, the given numbers, the rule of rounding.

How a number is shown is for the sheet to say: as a slot that is filled for each student, or as the text that one sheet
has.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from math import ceil

from derive.document import Block, Inline, Math, Paragraph, Strong, Table, Text, Words
from derive.evaluation import Policy
from derive.expression import Const, Node, Ref, quantities
from derive.formula import Line
from derive.pages.elements import Elements
from derive.pages.given import given_numbers, plain_equations
from derive.pages.page import ModelPage
from derive.parts import Choice, choose
from derive.quantity import Quantity
from derive.sentences import count
from derive.stepwise import Stepwise
from derive.trace.elementary import ElementTrace
from derive.trace.identity import Identity, Symbol
from derive.trace.written import UPDATES
from derive.wording import Wording
from derive.worksheet.element_questions import AGAIN, ElementItem

Show = Callable[[Quantity], Node]
"""How a sheet shows the number of a quantity."""
MOST_IN_A_SENTENCE = 3
"""Numbers that are given in a sentence; more are a table."""
IN_A_ROW = 6
"""Numbers beside each other that are given because they were worked out before."""


class SheetElements(Elements):
    """Given numbers as a sheet shows them."""

    show: Show

    def shown(self, symbol: Symbol, more: int = 0) -> Node:
        if self.scheduled(symbol.name) is not None:
            return super().shown(symbol, more)  # the same on all sheets, and no quantity that is given once
        return self.show(Identity(symbol))


def sheet_page(steps: Stepwise, detail: str, show: Show, say: Wording) -> ModelPage:
    """The page that writes what is given."""
    page = ModelPage(steps.solution, steps.namer.names, choose(Choice(), detail), wording=say)
    elements = SheetElements(steps.solution, 0, page.display.symbol)
    elements.show = show
    page.rounds[0] = elements
    return page


def lead(page: ModelPage) -> Iterator[Block]:
    """The story, the equations and the given numbers."""
    if page.solution.problem.story:
        yield page.say("{story}", story=page.solution.problem.story.strip())
    if page.solution.system.equations:
        yield from plain_equations(page)
    yield from given_numbers(page).blocks


def rounding(policy: Policy, say: Wording) -> Block:
    """The rule, plainly."""
    ties = say["ties_away" if policy.ties == "half_up" else "ties_even"]
    key = "rounding_carried" if policy.carry else "rounding_free"
    decimals = "decimal" if policy.decimals == 1 else "decimals"
    places = say(decimals, count=say.number(policy.decimals, decimals, count(policy.decimals, "decimal")))
    text = say(key, places=places, ties=ties)
    return Paragraph((Strong(say["rounding"]), Text(f" {text}")))


def starts(items: Iterable[ElementItem], trace: ElementTrace, show: Show, say: Wording) -> Iterator[Block]:
    """What an optimiser keeps, before the first update, and how many updates have been made, where lines need that."""
    used = dict.fromkeys(one for item in items for one in quantities(item.formula))
    kept = [one for one in used if one in trace.givens and _owned(one)]
    kept += [one for one in used if one.kind == UPDATES.kind]
    if kept:
        yield _sentence(say["starts"], kept, show)


def _sentence(lead: str, some: Iterable[Quantity], show: Show) -> Paragraph:
    """Some names and numbers in a sentence."""
    words: list[Inline] = [Text(f"{lead} ")]
    for number, one in enumerate(some):
        words += [Text("; ")] if number else []
        words.append(Math(Line(Ref(one), (("=", show(one)),))))
    return Paragraph((*words, Text(".")))


def _owned(one: Quantity) -> bool:
    return isinstance(one, Identity) and one.owner is not None


def provided(
    items: Sequence[ElementItem], trace: ElementTrace, elsewhere: Iterable[ElementItem] = ()
) -> list[Quantity]:
    """What the lines of some items use that is neither given nor asked, here or `elsewhere`, in order."""
    asked = {item.quantity for item in (*items, *elsewhere)}
    used = {one for item in items for one in quantities(item.formula) if item.topic != AGAIN}
    if any(item.topic == AGAIN for item in items):
        used |= {step.target for step in trace.rounds[0].update if trace.is_parameter(step.target)}
    order = {step.target: number for number, step in enumerate(trace.rounds[0].steps)}
    # What an equation sets to a number stands with the equations.
    told = {step.target for step in trace.rounds[0].forward if isinstance(step.formula, Const)}
    return sorted((q for q in used - asked - told if q in order), key=order.__getitem__)


def provided_table(given: Collection[Quantity], show: Show, say: Wording) -> Iterator[Block]:
    """The numbers that are given because they were worked out before."""
    if 0 < len(given) <= MOST_IN_A_SENTENCE:
        yield _sentence(say["worked_out"], given, show)
    elif given:
        yield Paragraph((Text(say["worked_out"]),), leads=True)
        yield from _tables(tuple(given), show)


def _tables(given: Sequence[Quantity], show: Show) -> Iterable[Block]:
    rows = ceil(len(given) / IN_A_ROW)
    width = ceil(len(given) / rows)  # rows of about one length: no number alone in the last one
    for start in range(0, len(given), width):
        part = given[start : start + width]
        header: tuple[Words, ...] = tuple((Math(Ref(one)),) for one in part)
        row: tuple[Words, ...] = tuple((Math(show(one)),) for one in part)
        yield Table(header, (row,), "c" * len(part))
