"""The examples of networks in all forms, notations and details: the same numbers, and pages as PDF that fit."""

from __future__ import annotations

import random
from collections.abc import Callable

from test_forms import WAYS, compare
from test_pdf import LONG, faults_of_a_page, wide_in_full

from derive import solve
from derive.notation import NOTATIONS
from derive.reading import example_names
from derive.spec import FORMS


def run(seed: int, share: float) -> list[str]:
    """Looks at all of them, or at a share that the seed draws."""
    names = example_names("networks")
    every: list[tuple[str, Callable[[], list[str]]]] = [
        *((f"{name} {way}", lambda name=name, way=way: _differing(name, *way)) for name in names for way in WAYS),
        *(
            (f"{n} {form}", lambda n=n, form=form: faults_of_a_page(solve(n, form=form)))
            for n in names
            for form in FORMS
        ),
        *((f"{n} {one}", lambda n=n, one=one: list(map(str, wide_in_full(n, one)))) for n in LONG for one in NOTATIONS),
    ]
    drawn = random.Random(seed).sample(every, max(1, round(len(every) * share)))
    print(f"{len(drawn)} of {len(every)} documents")
    return [f"{what}: {line}" for what, look in drawn for line in look()]


def _differing(name: str, form: str, notation: str, detail: str) -> list[str]:
    try:
        compare(name, form, notation, detail)
    except AssertionError as difference:
        return [str(difference)[:200]]
    return []
