"""GIFT: a question for each box, as text. It has no pictures and no points; Moodle XML has both.

Some characters are marks of the format and stand behind a backslash, so that a backslash of a formula is doubled. An
empty line ends a question.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.numbers import plain
from derive.platforms.bank import Bank, Blank, Choice, Number, Spelling, Variant
from derive.platforms.layout import Layout
from derive.platforms.parts import in_parts
from derive.render.escape import visible

_MARKS = str.maketrans({"\\": "\\\\", **{mark: f"\\{mark}" for mark in "~=#{}:"}})


def gift(bank: Bank, single: bool) -> dict[str, bytes]:
    """The files: none larger than a platform takes."""
    layout = Layout(bank, "quiz")
    questions = (one for variant in bank.variants() for one in _questions(layout, variant))
    # A slash would begin a category inside it.
    return in_parts(f"$CATEGORY: derive/{visible(bank.name).replace('/', '//')}\n\n", questions, "")


def _questions(layout: Layout, variant: Variant) -> Iterator[str]:
    page = layout.page(variant)
    for blank in variant.blanks:
        title = escaped(f"{variant.code} {blank.label} {blank.name}")
        body = escaped(page.single(blank, lambda _: "?"))
        answers = "\n".join(_answers(layout, blank))
        yield f"::{title}::[html]{body}{{{_kind(blank)}\n{answers}\n####{escaped(page.worked([blank.label]))}\n}}\n\n"


def _kind(blank: Blank) -> str:
    return "#" if isinstance(blank.accepts, Number) else ""


def _answers(layout: Layout, blank: Blank) -> Iterator[str]:
    accepts = blank.accepts
    match accepts:
        case Number():
            for right in accepts.rights:
                first = right is accepts.rights[0]
                number = accepts.text if first else plain(right.centre)
                yield f"={'' if first else '%100%'}{number}:{plain(right.tolerance)}#{escaped(layout.praise(right))}"
            for slip in accepts.slips:
                yield f"=%0%{slip.text}:{plain((slip.high - slip.low) / 2)}#{escaped(layout.advice(slip))}"
        case Choice(offers):
            for offer in offers:
                said = f"#{escaped(layout.sentence(offer.words))}" if offer.words else ""
                shown = f"{offer.letter}: {layout.row.text(layout.number(offer.text))}"
                yield f"{'=' if offer.right else '~'}{escaped(shown)}{said}"
        case Spelling(ways):
            for way in ways:
                yield f"={escaped(layout.row.text(way))}"


def escaped(text: str) -> str:
    r"""Text in which no character is a mark, on one line.

    >>> escaped("a = {2}\n\\(x\\)")
    'a \\= \\{2\\} \\\\(x\\\\)'
    """
    return " ".join(text.split()).translate(_MARKS)
