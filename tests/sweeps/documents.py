"""The LaTeX of every example in every form, notation and detail, compiled by pdfLaTeX."""

import random
import shutil
import tempfile
from pathlib import Path

from test_documents import TEX, all_complaints


def run(seed: int, share: float) -> list[str]:
    """Compiles all, or a share of them that the seed draws; nothing where there is no pdfLaTeX."""
    if shutil.which("pdflatex") is None:
        print("left out: there is no pdflatex")
        return []
    cases = random.Random(seed).sample(TEX, max(1, round(len(TEX) * share)))
    print(f"{len(cases)} of {len(TEX)} documents")
    with tempfile.TemporaryDirectory() as folder:
        return all_complaints(cases, Path(folder))
