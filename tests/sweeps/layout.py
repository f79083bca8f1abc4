"""Every page of the built-in examples' solutions, worksheets and keys, by both engines, of the feedback on sheets with
few wrong values and with many, and of the reports on classes, measured as a printer would."""

import csv
import io
import random
import shutil
import tempfile
from decimal import Decimal
from pathlib import Path

from page_measures import findings, pages

from derive import check, solve
from derive.parts import DETAILS
from derive.reading import example_names
from derive.variants.own import own_sheet

ENGINES = ("typst", "latex")
MOST_PAGES = {
    "mazur": (3, 6),
    "hmkcode": (2, 4),
    "netflow": (2, 4),
    "caispp": (3, 5),
    "rohan-chain": (3, 5),
    "rohan": (4, 8),
    "rohan-relu": (4, 9),
}
"""The most pages of a network's solution at brief and at standard; the others, of equations, have 4 and 9."""
FIRST = {
    "mazur": "0.3775",
    "hmkcode": "0.85",
    "netflow": "0.85",
    "caispp": "-0.35",
    "rohan-chain": "0.679179",
    "rohan": "0.401312",
    "rohan-relu": "2.4483",
}
"""The first computed number of each example, or one in the lines beside it."""


FEEDBACK = {"feedback-one": 1, "feedback-few": 4, "feedback-half": 2, "feedback-all": 1}
"""Sheets with one or a few wrong values, and with every second or every one."""
CLASS = 24
"""Sheets of a class whose report is measured."""
MARKED = [*FEEDBACK, "report"]
"""What is made by Typst alone."""


def run(seed: int, share: float) -> list[str]:
    """Makes every document, or a share of them that the seed draws; LaTeX where it is installed."""
    engines = ENGINES if shutil.which("pdflatex") else ENGINES[:1]
    kinds = [*DETAILS, "worksheet", "key"]
    every = [(name, kind, engine) for name in example_names() for kind in kinds for engine in engines]
    every += [(name, kind, "typst") for name in example_names() for kind in MARKED]
    drawn = random.Random(seed).sample(every, max(1, round(len(every) * share)))
    print(f"{len(drawn)} of {len(every)} documents")
    return [
        f"{name} {kind} {engine}: {found}"
        for name, kind, engine in drawn
        for found in faults(name, kind, made(name, kind, engine))
    ]


def faults(name: str, kind: str, document: bytes) -> list[str]:
    """What its pages show, whether they are too many, and whether the first computed number comes too late."""
    import pymupdf

    found = [str(finding) for finding in findings(document)]
    brief, standard = MOST_PAGES.get(name, (4, 9))
    most = {"brief": brief, "standard": standard}.get(kind)
    if most is not None and pages(document) > most:
        found.append(f"{pages(document)} pages, and at most {most} are wanted")
    if most is not None and name in FIRST:
        latest = 1 if kind == "brief" else 2
        told = [page.get_text().replace("−", "-") for page in pymupdf.open(stream=document)][:latest]
        if not any(FIRST[name] in text for text in told):
            found.append(f"{FIRST[name]}, the first computed number, is not on the first {latest} page(s)")
    return found


def made(name: str, kind: str, engine: str) -> bytes:
    """One document of an example as PDF."""
    if kind in DETAILS:
        return solve(name, detail=kind).pdf(engine)
    if kind in FEEDBACK:
        return check(name, filled(name, wrong=kind), marks=True).pdf()
    if kind == "report":
        return report(name)
    sheet = own_sheet(name)
    content = sheet.file(sheet.numbers(), "pdf", key=kind == "key", engine=engine)
    assert isinstance(content, bytes)
    return content


def filled(name: str, wrong: str | random.Random) -> dict[str, str]:
    """A filled sheet: right values by their names, but for those that are wrong, or of a class drawn to be wrong."""
    sheet = own_sheet(name)
    content = sheet.file(sheet.numbers(), "csv", key=True)
    assert isinstance(content, str)
    values = {row["quantity"]: row["exact"] for row in csv.DictReader(io.StringIO(content))}
    ids = list(values)
    if isinstance(wrong, random.Random):
        mistaken = [one for one in ids if wrong.random() < 0.15]
    elif wrong in ("feedback-one", "feedback-few"):
        mistaken = ids[:: max(1, len(ids) // FEEDBACK[wrong])][: FEEDBACK[wrong]]
    else:
        mistaken = ids[:: FEEDBACK[wrong]]
    return values | {one: _mistaken(values[one], at) for at, one in enumerate(mistaken)}


def _mistaken(value: str, at: int) -> str:
    """A wrong number in place of a right one: a lost sign, its double, or one that nothing explains."""
    number = Decimal(value)
    return str((-number, 2 * number, number + Decimal("0.37"))[at % 3] if number else Decimal("0.37"))


def report(name: str) -> bytes:
    """The report on a class of which everybody has some values wrong."""
    drawn = random.Random(name)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"student-{number:02}.csv" for number in range(CLASS)]
        for path in paths:
            rows = [["quantity", "value"], *filled(name, drawn).items()]
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(rows)
        return check(name, paths, marks=True).pdf()
