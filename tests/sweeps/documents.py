"""The LaTeX of the examples in all forms, by pdfLaTeX; pages of equations in all formats; Markdown by its readers.

Documents of random networks, in every form, by both.
"""

import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from _pytest.outcomes import Skipped
from read_documents import CHECKS, example, mysts
from test_documents import MARKDOWN, TEX, all_complaints, random_complaints, refused
from test_pages import CASES, FORMATS, case

from derive.reading import example_names
from derive.spec import FORMS

RANDOM = 20
"""Random networks for each form."""


def run(seed: int, share: float) -> list[str]:
    """Makes and reads all, or a share of them that the seed draws; a program that is missing is named."""
    drawn = random.Random(seed)
    return made(drawn, share) + compiled(drawn, share) + read(drawn, share)


def made(drawn: random.Random, share: float) -> list[str]:
    """Pages of equations that are empty."""
    names = drawn.sample(CASES, max(1, round(len(CASES) * share)))
    print(f"{len(names)} of {len(CASES)} pages of equations in {len(FORMATS)} formats")
    return [f"{name} as {key} is empty" for name in names for key in FORMATS if len(case(name).render(key)) <= 500]


def compiled(drawn: random.Random, share: float) -> list[str]:
    """What pdfLaTeX objects to."""
    if shutil.which("pdflatex") is None:
        print("left out: there is no pdflatex")
        return []
    cases = drawn.sample(TEX, max(1, round(len(TEX) * share)))
    print(f"{len(cases)} of {len(TEX)} documents compiled")
    with tempfile.TemporaryDirectory() as folder:
        found = all_complaints(cases, Path(folder))
        for form in FORMS:
            seeds = [drawn.randrange(10**6) for _ in range(max(1, round(RANDOM * share)))]
            complaints = random_complaints(seeds, form, len(seeds), Path(folder))
            found += [f"random networks {seeds}, {form}: {line}" for line in complaints]
    return found


def read(drawn: random.Random, share: float) -> list[str]:
    """What the readers of Markdown object to, in solutions, worksheets and keys."""
    every = example_names()
    names = sorted(drawn.sample(every, max(1, round(len(every) * share))))
    print(f"documents of {len(names)} of {len(every)} examples read: {', '.join(names)}")
    cases = drawn.sample(MARKDOWN, max(1, round(len(MARKDOWN) * share)))
    found = _named("KaTeX", lambda: _refused(cases, share))
    for reader, check in CHECKS.items():
        found += _named(reader, lambda check=check: [line for name in names for line in check(example(name))])
    with tempfile.TemporaryDirectory() as folder:
        found += _named("mystmd", lambda: mysts([example(name) for name in names], Path(folder)))
    return found


def _refused(cases: Sequence[tuple[str, str, str]], share: float) -> list[str]:
    """What KaTeX objects to; of all documents it has some thousands of formulas to read."""
    formulas, errors = refused(cases)
    return [*errors, f"only {formulas} formulas were found"] if formulas <= 3000 * share else errors


def _named(reader: str, look: Callable[[], list[str]]) -> list[str]:
    """What a reader says, by its name; nothing where it is not there."""
    try:
        return [f"{reader}: {line}" for line in look()]
    except Skipped as missing:
        print(f"left out: {missing}")
        return []
