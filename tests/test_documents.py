"""What readers' programs say of the documents: pdfLaTeX compiles every one, KaTeX accepts every formula."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

import pytest
from networks import random_network
from tools import compile_tex, katex_errors, markdown_formulas

from derive import solve
from derive.notation import NOTATIONS
from derive.reading import example_names, problem_from_dict
from derive.spec import FORMS

MOST_OVERFULL = 5
"""Points by which a line may stick out, as the issue allows."""

Case = tuple[str, str | None, str | None, str]
"""An example, its notation, form and detail."""

# Every example in every form, in every notation, and in every detail; not every combination of all three in TeX.
TEX = sorted(
    {(name, None, form, "standard") for name in example_names("networks") for form in FORMS}
    | {(name, notation, None, "standard") for name in example_names("networks") for notation in NOTATIONS}
    | {(name, None, None, detail) for name in example_names("networks") for detail in ("brief", "full")},
    key=str,
)
FEW = [
    (name, *way)
    for name, way in zip(
        cycle(example_names("networks")),
        (
            *((notation, None, "standard") for notation in NOTATIONS),
            *((None, form, "standard") for form in FORMS),
            *((None, None, detail) for detail in ("brief", "full")),
        ),
        strict=False,
    )
]
"""Every notation, form and detail once, with the examples in turn; the sweep `documents` compiles all."""
MARKDOWN = [(name, notation, form) for name in example_names("networks") for notation in NOTATIONS for form in FORMS]
PAIRS = [
    (name, notation, FORMS[(row + column) % len(FORMS)])
    for row, name in enumerate(example_names("networks"))
    for column, notation in enumerate(NOTATIONS)
]
"""Every example in every notation, and every form with each of them; the sweep reads all three together."""


def all_complaints(cases: Sequence[Case], folder: Path) -> list[str]:
    """The same of several, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        return [text for texts in pool.map(lambda case: complaints(case, folder), cases) for text in texts]


def complaints(case: Case, folder: Path) -> list[str]:
    """What pdfLaTeX objects to in one document."""
    name, notation, form, detail = case
    log = compile_tex(solve(name, notation, form, detail).render("tex"), folder)
    wide = [box for box in log.overfull if box.points > MOST_OVERFULL]
    return [f"{case}: {text}" for text in (*log.errors, *map(str, wide))]


def refused(cases: Sequence[tuple[str, str, str]]) -> tuple[int, list[str]]:
    """How many formulas are in the Markdown of examples, and what KaTeX objects to in them."""
    formulas = {
        (formula.tex, formula.display)
        for name, notation, form in cases
        for formula in markdown_formulas(solve(name, notation, form).render("md"))
    }
    return len(formulas), katex_errors(sorted(formulas))


def random_complaints(seeds: Sequence[int], form: str, compiled: int, folder: Path) -> list[str]:
    """What KaTeX objects to in the documents of random networks, and pdfLaTeX in so many of them."""
    solutions = [solve(problem_from_dict(random_network(seed)), form=form) for seed in seeds]
    formulas = {(f.tex, f.display) for s in solutions for f in markdown_formulas(s.render("md"))}
    with ThreadPoolExecutor(2) as pool:
        logs = list(pool.map(lambda s: compile_tex(s.render("tex"), folder), solutions[:compiled]))
    wide = [str(box) for log in logs for box in log.overfull if box.points > MOST_OVERFULL]
    return [*katex_errors(sorted(formulas)), *(error for log in logs for error in log.errors), *wide]


def test_tex_files_compile(tmp_path: Path) -> None:
    """No error and no line wider than the page, for a part that has every example, form, notation and detail in it."""
    for place, words in enumerate((example_names("networks"), NOTATIONS, FORMS, ("brief", "standard", "full"))):
        assert {case[place] for case in FEW} >= set(words)
    assert set(FEW) <= set(TEX)
    assert all_complaints(FEW, tmp_path) == []


def test_katex_accepts_every_formula() -> None:
    """Every formula of the examples' Markdown, in every notation and form."""
    assert {(name, form) for name, _, form in PAIRS} == {(name, form) for name, _, form in MARKDOWN}
    assert {(notation, form) for _, notation, form in PAIRS} == {(notation, form) for _, notation, form in MARKDOWN}
    formulas, errors = refused(PAIRS)
    assert formulas > 1500
    assert errors == []


@pytest.mark.parametrize(("at", "form"), list(enumerate(FORMS)))
def test_random_networks_render(at: int, form: str, tmp_path: Path) -> None:
    """Documents of random networks compile and parse too: batches, several steps, softmax, penalties."""
    seeds = [(at + number) % 4 for number in range(4)]
    assert random_complaints(seeds, form, 1, tmp_path) == []
