"""Pages as their authors wrote them: their equations are read as a person reads them, who has listed the values beside.

`NAME.md` has equations of a public page in its author's letters, `NAME.csv` what a reader noted from the same page by
the problem's own names, before the equations were read.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from derive import check, solve
from derive.work import Names, Work, read_work

PAGES = Path(__file__).parent / "data" / "pages"
READ = {"a": 6, "b": 9, "d": 19, "e": 36, "f": 10}
"""How many values of each page stand in its equations."""
NOT_NOTED = {"d": {f"W[1][{unit}][{source}]" for unit in range(2) for source in range(3)}}
"""What a page gives, and nobody computes."""


def names_of(page: str) -> Names:
    return Names(solve(PAGES / f"{page}.toml"))


def values(work: Work) -> dict[str, object]:
    return {one.quantity.id: one.value for sheet in work for one in sheet.values}


@pytest.mark.parametrize("page", READ)
def test_pages_are_read_as_a_reader_reads_them(page: str) -> None:
    names = names_of(page)
    work = read_work(PAGES / f"{page}.md", names, claims=True)
    stated, noted = values(work), values(read_work(PAGES / f"{page}.csv", names))
    assert work.all_faults == ()
    assert len(stated) == READ[page]
    assert {key: value for key, value in stated.items() if noted.get(key) != value}.keys() == NOT_NOTED.get(page, set())


def test_what_a_page_shows_is_kept() -> None:
    """The equation above a number, in letters and with numbers, belongs to it."""
    (sheet,) = read_work(PAGES / "b.md", names_of("b"), claims=True)
    shown = {one.quantity.id: len(one.shown) for one in sheet.values}
    assert shown["z[1][0]"] == 2 and shown["z[2][0]"] == 2 and shown["loss_part[0]"] == 2


def test_square_matrices_follow_the_others() -> None:
    """In a page whose other matrices have a row for each source, a square one has too."""
    (sheet,) = read_work(PAGES / "e.md", names_of("e"), claims=True)
    stated = {one.quantity.id: one.text for one in sheet.values}
    assert (stated["dL/dW[2][0][1]"], stated["dL/dW[2][1][0]"]) == ("0.0772", "0.1183")


def test_a_negative_is_stated() -> None:
    """The delta of a textbook that takes target minus output."""
    (result,) = check("mazur", {"-dE/dnet_o1": "-0.1385"}).sheets[0].results
    assert (result.quantity.id, result.verdict) == ("dL/dz[2][0]", "exact")
