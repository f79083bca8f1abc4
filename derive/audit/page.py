"""The audit as a document: a table of all posts, then each post with its numbers and what is wrong in it.

Quantities have the plain names of each post's own notation, because the page speaks of several.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from derive.audit import Audited, Post
from derive.audit.collection import Page
from derive.audit.section import section
from derive.check.model import Result
from derive.document import Block, Bullets, Code, Document, Inline, Paragraph, Section, Strong, Table, Text, Words
from derive.formula import Printer
from derive.formula import Text as PlainText
from derive.mistakes import Pieces
from derive.render import render
from derive.wording import ENGLISH

KINDS = ("exact", "rounded", "carried", "wrong")
INTRODUCTION = (
    "The numbers and formulas of worked examples, checked as a student's sheet is checked: first well-known posts on"
    " networks, of which nothing below is written by hand but the last list of each; then other public pages and course"
    " notes."
)
LEGEND = (
    ("exact", "the true value, rightly rounded"),
    ("carried", "not the true value, but exactly what follows from the rounded numbers printed before it"),
    ("rounded", "within what correct work with rounded numbers can give"),
    ("wrong", "none of these"),
)
COLOPHON = "Every true value is derived, and every digit of it is proven, by interval arithmetic. Made with derive."


def document(posts: Sequence[Post], pages: Sequence[Page]) -> Document:
    """The whole audit: the posts, then the collection."""
    meaning = tuple((Strong(kind), Text(f": {words}.")) for kind, words in LEGEND)
    lead: list[Block] = [Paragraph((Text(INTRODUCTION),)), _overview(posts), Bullets(meaning)]
    return Document("Published examples, checked", tuple(lead), (*map(_post, posts), section(pages)), COLOPHON)


def markdown(posts: Sequence[Post], pages: Sequence[Page]) -> str:
    """The whole audit as Markdown."""
    return render(document(posts, pages), "md", posts[0].sheets[0].solution.namer)


def _overview(posts: Sequence[Post]) -> Table:
    rows = []
    for post in posts:
        kinds = Counter(sheet.kind(result) for sheet in post.sheets for result in sheet.numbers)
        formulas = [result for sheet in post.sheets for result in sheet.marked.results if result.symbolic]
        wrong = sum(not result.right for result in formulas)
        cells = [str(sum(kinds.values())), *(str(kinds[kind]) for kind in KINDS)]
        cells.append(f"{wrong} of {len(formulas)} wrong" if formulas else "none")
        rows.append(((Text(f"{post.title} ({post.source})"),), *((Text(cell),) for cell in cells)))
    header = ((Text("Post"),), (Text("Numbers"),), *((Text(kind.capitalize()),) for kind in KINDS), (Text("Formulas"),))
    return Table(header, tuple(rows), "lrrrrrr")


def _post(post: Post) -> Section:
    blocks: list[Block] = [Paragraph((Text(f"{post.source}, "), Code(post.url)))]
    for sheet in post.sheets:
        title: Words = (Text(sheet.where),)
        blocks.append(Section(title, tuple(_sheet(sheet) if sheet.numbers else _formula(sheet))))
    if post.errata:
        blocks.append(Section((Text("What else is known of it"),), (Bullets(tuple(map(_erratum, post.errata))),)))
    return Section((Text(post.title),), tuple(blocks))


def _erratum(entry: Mapping[str, str]) -> Words:
    return (
        Strong(f"{entry['where']}."),
        Text(" Printed: "),
        Code(entry["published"]),
        Text(". Right: "),
        Code(entry["correct"]),
        Text(f". {entry['why'].rstrip('.')}."),
    )


def _sheet(sheet: Audited) -> Iterator[Block]:
    """How the numbers were rounded, and every number about which there is something to say."""
    numbers = sheet.numbers
    policy = sheet.marked.policy
    if policy.stated:
        yield Paragraph((Text(policy.words),))
    if numbers and policy.stated == len(numbers) == sheet.by_carrying and policy.decimals is not None:
        yield Paragraph((Text(f"One way of rounding explains all {len(numbers)} numbers."),))
    rows = [_row(sheet, result) for result in numbers if sheet.kind(result) != "exact"]
    rows += [_only_unrounded(sheet, result) for result in numbers if _hides_digits(sheet, result)]
    if not rows:
        words = "The number is" if len(numbers) == 1 else f"All {len(numbers)} numbers are"
        yield Paragraph((Text(f"{words} right to the digits printed."),))
        return
    header = tuple((Text(title),) for title in ("Quantity", "Printed", "True", "Verdict", "Why"))
    yield Table(header, tuple(rows), "lrrll")


def _hides_digits(sheet: Audited, result: Result) -> bool:
    """Whether a right number does not follow from the printed ones before it."""
    known = result.quantity in sheet.written
    return known and sheet.kind(result) == "exact" and not sheet.follows(result)


def _row(sheet: Audited, result: Result) -> tuple[Words, ...]:
    kind = sheet.kind(result)
    why: Words = (Text("The printed numbers before it give exactly this."),)
    if kind != "carried":
        why = tuple(_spelt(sheet, result.reason))
    verdict = kind if kind != "wrong" else result.verdict
    return (*_cells(sheet, result), (Text(verdict),), why)


def _only_unrounded(sheet: Audited, result: Result) -> tuple[Words, ...]:
    other = sheet.written[result.quantity].text
    why = f"Right only with unrounded numbers: those printed before it give {other}."
    return (*_cells(sheet, result), (Text("exact"),), (Text(why),))


def _cells(sheet: Audited, result: Result) -> tuple[Words, ...]:
    name = sheet.solution.namer(result.quantity).text
    return ((Code(name),), (Text(result.given),), (Text(result.expected.text),))


def _formula(sheet: Audited) -> Iterator[Block]:
    """A printed formula, and what the checker says of it."""
    for result in sheet.marked.results:
        name = Code(f"{sheet.solution.namer(result.quantity).text} = {sheet.printed or result.given}")
        yield Paragraph((name,))
        yield Paragraph((Strong(f"{result.verdict.capitalize()}."), Text(" "), *_spelt(sheet, result.reason)))


def _spelt(sheet: Audited, pieces: Pieces) -> Iterator[Inline]:
    printer = Printer(PlainText(), sheet.solution.namer)
    for piece in ENGLISH.told(pieces):
        yield Text(piece) if isinstance(piece, str) else Code(printer(piece))
