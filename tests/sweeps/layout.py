"""Every page of the built-in examples' solutions, worksheets and keys, by both engines, measured as a printer would."""

import random
import shutil

from page_measures import findings

from derive import solve
from derive.parts import DETAILS
from derive.reading import example_names
from derive.variants.own import own_sheet

ENGINES = ("typst", "latex")


def run(seed: int, share: float) -> list[str]:
    """Makes every document, or a share of them that the seed draws; LaTeX where it is installed."""
    engines = ENGINES if shutil.which("pdflatex") else ENGINES[:1]
    kinds = [*DETAILS, "worksheet", "key"]
    every = [(name, kind, engine) for name in example_names() for kind in kinds for engine in engines]
    drawn = random.Random(seed).sample(every, max(1, round(len(every) * share)))
    print(f"{len(drawn)} of {len(every)} documents")
    return [
        f"{name} {kind} {engine}: {found}"
        for name, kind, engine in drawn
        for found in findings(made(name, kind, engine))
    ]


def made(name: str, kind: str, engine: str) -> bytes:
    """One document of an example as PDF."""
    if kind in DETAILS:
        return solve(name, detail=kind).pdf(engine)
    sheet = own_sheet(name)
    content = sheet.file(sheet.numbers(), "pdf", key=kind == "key", engine=engine)
    assert isinstance(content, bytes)
    return content
