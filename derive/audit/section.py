"""The collection as a section of the audit: a table of all pages, then each page with what is wrong on it.

A page whose numbers are all right takes two lines; a mistake takes one, with what was printed and what is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from derive.audit.collection import KINDS, Page, Remark, Worked
from derive.check.model import Result
from derive.document import Block, Bullets, Code, Inline, Paragraph, Section, Strong, Table, Text, Words
from derive.formula import Printer
from derive.formula import Text as PlainText
from derive.wording import ENGLISH

TITLE = "Worked examples of public pages and course notes"
HEADS = {
    "exact": "Exact",
    "rounded": "Rounded",
    "carried": "Carried",
    "follows": "Follow",
    "mistake": "Mistakes",
    "untold": "Not told",
}
MEANT = {
    "follows": "right with an earlier number of the page that is wrong",
    "mistake": "what was done is named by the checker, or a computation that does it gives the printed number exactly",
    "untold": "not right, and the digits do not tell how it came about; what is known is said",
}
COUNTED = {
    "exact": ("exact", "exact"),
    "rounded": ("rounded", "rounded"),
    "carried": ("carried", "carried"),
    "follows": ("that follows", "that follow"),
    "mistake": ("mistake", "mistakes"),
    "untold": ("not told", "not told"),
}
"""How one number of a kind and how several are spoken of."""
Cell = tuple[str, str, str]
"""A quantity, what was printed, what is right."""


def section(pages: Sequence[Page]) -> Section:
    """The whole collection."""
    total = sum(len(page.kinds) for page in pages)
    words = (
        f"{total} numbers of {len(pages)} pages. Each computation is written down in the language of equations, and the"
        " numbers are checked as a student's sheet is. Only numbers, sources and what is found of them stand here."
    )
    meant = tuple((Strong(HEADS[kind].lower()), Text(f": {said}.")) for kind, said in MEANT.items())
    lead: list[Block] = [Paragraph((Text(words),)), _overview(pages), Bullets(meant)]
    return Section((Text(TITLE),), (*lead, *map(_page, pages)))


def _overview(pages: Sequence[Page]) -> Table:
    rows = [_row(f"{page.title} ({page.author})", page.kind, page.kinds) for page in pages]
    rows.append(_row("All", "", [kind for page in pages for kind in page.kinds]))
    heads = ("Page", "Kind", "Numbers", *HEADS.values())
    return Table(tuple((Text(head),) for head in heads), tuple(rows), "ll" + "r" * (1 + len(KINDS)))


def _row(title: str, kind: str, kinds: Sequence[str]) -> tuple[Words, ...]:
    counts = Counter(kinds)
    cells = (title, kind, str(len(kinds)), *(str(counts[one]) for one in KINDS))
    return tuple((Text(cell),) for cell in cells)


def _page(page: Page) -> Section:
    blocks: list[Block] = [Paragraph((Text(f"{page.author}, "), Code(page.url)))]
    for sheet in page.sheets:
        blocks += _sheet(sheet)
    return Section((Text(page.title),), tuple(blocks))


def _sheet(sheet: Worked) -> Iterator[Block]:
    """What was computed, how many numbers of each kind there are, and a line for every mistake."""
    results = sheet.audited.numbers
    counts = Counter(map(sheet.kind, results))
    what = f"{sheet.what[0].upper()}{sheet.what[1:]}"
    if counts["exact"] == len(results):
        few = {1: "the number is exact", 2: "both numbers are exact"}
        said = few.get(len(results), f"all {len(results)} numbers are exact")
    else:
        said = ", ".join(f"{counts[kind]} {COUNTED[kind][counts[kind] > 1]}" for kind in KINDS if counts[kind])
    yield Paragraph((Text(f"{what}: {said}."),))
    rows = list(_faults(sheet))
    if rows:
        header = tuple((Text(head),) for head in ("Quantity", "Printed", "Right", "What happened"))
        yield Table(header, tuple(rows), "lrrl")


def _faults(sheet: Worked) -> Iterator[tuple[Words, ...]]:
    """Mistakes and what is not told, alike ones in one line, then what follows from them."""
    lines: dict[Words, list[Cell]] = {}
    for result in sheet.audited.numbers:
        if sheet.kind(result) in ("mistake", "untold"):
            lines.setdefault(tuple(_why(sheet, result)), []).append(_cell(sheet, result))
        elif sheet.kind(result) == "follows":
            lines.setdefault((Text("Right with the wrong numbers before it."),), []).append(_cell(sheet, result))
    for why, cells in lines.items():
        names, printed, right = zip(*cells, strict=True)
        yield (_codes(names), (Text(", ".join(printed)),), (Text(", ".join(right)),), why)


def _codes(names: Sequence[str]) -> Words:
    found: list[Inline] = []
    for name in names:
        found += [Text(", ")] * bool(found) + [Code(name)]
    return tuple(found)


def _cell(sheet: Worked, result: Result) -> Cell:
    return sheet.audited.solution.namer(result.quantity).text, result.given, result.expected.text


def _why(sheet: Worked, result: Result) -> Iterator[Inline]:
    """What is known by other means, where something is; otherwise what the checker says."""
    remark: Remark | None = sheet.remarks.get(result.quantity.id)
    printer = Printer(PlainText(), sheet.audited.solution.namer)
    if remark is None:
        for piece in ENGLISH.told(result.reason):
            yield Text(piece) if isinstance(piece, str) else Code(printer(piece))
        return
    yield Text(f"{remark.why}{'.' if remark.formula is None else ': '}")
    if remark.formula is not None:
        yield Code(printer(remark.formula))
        yield Text(" gives it.")
