"""What a page says of its rounding: a sentence, or a section, and the quantities with decimals of their own."""

from __future__ import annotations

from derive.document import Code, Inline, Math, Paragraph, Section, Text, Words
from derive.expression import Ref
from derive.narrate.page import Page, count
from derive.numbers import TIE_DIGITS
from derive.quantity import Quantity


def rounding_sentence(page: Page) -> Words:
    """Where numbers are rounded, and the sign for it, in one sentence."""
    places = count(page.problem.rounding.decimals, "decimal")
    text = (
        f"As in a calculation by hand, every result is rounded to {places} and used as it was rounded (≈)."
        if page.values.carry
        else f"Numbers are rounded to {places} only to be printed (≈); what follows is computed from unrounded ones."
    )
    return (Text(text), *exceptions(page), *between(page))


def between(page: Page) -> Words:
    """A sentence on numbers so near a tie that no digits tell where they go."""
    if not page.values.between:
        return ()
    return page.words(
        " So near the middle between two roundings that {digits} digits do not tell to which side: {numbers}."
        " What is printed there has one decimal more.",
        digits=TIE_DIGITS,
        numbers=[*{page.namer(q): q for q in page.values.between}.values()],
    )


def rounding(page: Page) -> Section:
    """What is rounded, and what the two signs mean."""
    policy = page.problem.rounding
    places = count(policy.decimals, "decimal")
    if policy.carry:
        text = (
            f"This solution is worked as one does by hand: every result is rounded to {places}, and the rounded number"
            " is used from then on."
        )
    else:
        text = (
            f"Numbers are shown to {places}, but nothing is rounded on the way: every result is computed from exact"
            " values and rounded only to be printed. If you continue with the printed numbers, your last digit may"
            " differ."
        )
    ties = "away from zero" if policy.ties == "half_up" else "to the even digit"
    blocks = [
        Paragraph((Text(text), *exceptions(page))),
        page.say("The sign = stands before exact values, ≈ before rounded ones. Halves are rounded {ties}.", ties=ties),
    ]
    if page.values.between:
        blocks.append(Paragraph(between(page)))
    return page.section("Rounding", blocks)


MOST_NAMED = 4
"""Names of one kind that are listed in full."""


def exceptions(page: Page) -> Words:
    """The quantities with decimals of their own, by the names that the page has for them."""
    rounds = [page.trace.round(0).steps, page.trace.last_forward]
    named: dict[str, dict[str, Quantity]] = {}
    for quantity in (step.target.shifted(number) for number, steps in enumerate(rounds) for step in steps):
        key = page.values.policy.override(quantity)
        if key is not None:
            # In a linear layer two quantities have one name.
            named.setdefault(key, {}).setdefault(page.namer(quantity).text, quantity)
    pieces: list[Inline] = []
    for key, value in page.problem.rounding.overrides.items():
        found = [Math(Ref(quantity)) for quantity in named.get(key, {}).values()]
        pieces += [
            Text("; " if pieces else page.wording["exceptions"]),
            *(_listed(page, found) if found else [Code(key)]),
        ]
        several = "exceptions_rounded" if len(found) > 1 else "exception_rounded"
        places = "" if isinstance(value, str) else page.count(value, "decimal")
        pieces.append(Text(page.wording[several] if not places else page.wording("exception_to", places=places)))
    return (*pieces, Text(".")) if pieces else ()


def _listed(page: Page, names: list[Math]) -> list[Inline]:
    """Names in a row; of many the first ones and the last."""
    if len(names) > MOST_NAMED:
        return [names[0], Text(", "), names[1], Text(", …, "), names[-1]]
    between = [*[", "] * (len(names) - 2), page.wording["and"]]
    return [names[0], *(part for text, name in zip(between, names[1:], strict=False) for part in (Text(text), name))]
