"""What readers' programs say of the documents: pdfLaTeX compiles every one, KaTeX accepts every formula."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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
DRAWN = 18
"""So many the suite compiles; the sweep `documents` compiles all."""
SEED = 19
MARKDOWN = [(name, notation, form) for name in example_names("networks") for notation in NOTATIONS for form in FORMS]


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


def test_tex_files_compile(tmp_path: Path) -> None:
    """No error and no line wider than the page, for a part that has every example, form, notation and detail in it."""
    cases = random.Random(SEED).sample(TEX, DRAWN)
    for place, words in enumerate((example_names("networks"), NOTATIONS, FORMS, ("brief", "standard", "full"))):
        assert {case[place] for case in cases} >= set(words)
    assert all_complaints(cases, tmp_path) == []


def test_katex_accepts_every_formula() -> None:
    """Every formula of every example's Markdown, in every notation and form."""
    formulas = {
        (formula.tex, formula.display)
        for name, notation, form in MARKDOWN
        for formula in markdown_formulas(solve(name, notation, form).render("md"))
    }
    assert len(formulas) > 3000
    assert katex_errors(sorted(formulas)) == []


@pytest.mark.parametrize("form", FORMS)
def test_random_networks_render(form: str, tmp_path: Path) -> None:
    """Documents of random networks compile and parse too: batches, several steps, softmax, penalties."""
    seeds = range(4)
    solutions = [solve(problem_from_dict(random_network(seed)), form=form) for seed in seeds]
    formulas = {(f.tex, f.display) for s in solutions for f in markdown_formulas(s.render("md"))}
    assert katex_errors(sorted(formulas)) == []
    with ThreadPoolExecutor(2) as pool:
        logs = list(pool.map(lambda s: compile_tex(s.render("tex"), tmp_path), solutions[:2]))
    assert [error for log in logs for error in log.errors] == []
    assert [box for log in logs for box in log.overfull if box.points > MOST_OVERFULL] == []
