"""The LaTeX of the examples in all forms, notations and details, by pdfLaTeX; pages of equations in all formats."""

import random
import shutil
import tempfile
from pathlib import Path

from test_documents import TEX, all_complaints
from test_pages import CASES, FORMATS, case


def run(seed: int, share: float) -> list[str]:
    """Makes all, or a share of them that the seed draws; what needs pdfLaTeX only where it is."""
    drawn = random.Random(seed)
    made = drawn.sample(CASES, max(1, round(len(CASES) * share)))
    print(f"{len(made)} of {len(CASES)} pages of equations in {len(FORMATS)} formats")
    empty = [f"{name} as {key} is empty" for name in made for key in FORMATS if len(case(name).render(key)) <= 500]
    if shutil.which("pdflatex") is None:
        print("left out: there is no pdflatex")
        return empty
    cases = drawn.sample(TEX, max(1, round(len(TEX) * share)))
    print(f"{len(cases)} of {len(TEX)} documents")
    with tempfile.TemporaryDirectory() as folder:
        return empty + all_complaints(cases, Path(folder))
