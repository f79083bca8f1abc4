"""What depends on a value that nobody could read is left open: it is neither accused nor accepted."""

from __future__ import annotations

import pytest

from derive import solve
from derive.check.judge import Judge
from derive.check.model import Marked
from derive.wording import ENGLISH
from derive.work import Names, read_text

MAZUR = solve("mazur")
UNREAD = "An earlier value could not be read, so this cannot be judged."


def marked(text: str) -> Marked:
    (sheet,) = read_text(f"quantity,value\n{text}", Names(MAZUR), "csv")
    return Judge(MAZUR).mark(sheet)


def verdicts(text: str) -> dict[str, str]:
    return {MAZUR.namer(result.quantity).text: result.verdict for result in marked(text).results}


OPEN = [
    # rows, and the verdicts on the values of which something is stated
    ("net_h1,0.3775\nout_h1,0.7 m\nnet_o1,1.2", {"net_h1": "exact", "net_o1": "unread"}),
    ("out_h1,0.7 m\nout_o1,0.77\nE,0.298371", {"out_o1": "unread", "E": "exact"}),
    (
        "out_h1,0.7 m\nnet_o1,1.1059\nout_o1,0.7514\nout_o2,0.9",
        {"net_o1": "exact", "out_o1": "exact", "out_o2": "unread"},
    ),
    ("w5,x y\nnet_o1,9.9\nnet_h1,0.9", {"net_o1": "unread", "net_h1": "wrong"}),
    ("out_h1,0.7 m\nout_h1,0.5933\nnet_o1,9.9", {"out_h1": "exact", "net_o1": "wrong"}),
    # A value that is stated ends it: the next one is judged by that.
    ("out_h1,0.7 m\nnet_o1,1.2\nout_o1,0.7685", {"net_o1": "unread", "out_o1": "rounded"}),
    ("out_h1,0.7 m\nnet_o1,1.2\nout_o1,0.9123", {"net_o1": "unread", "out_o1": "wrong"}),
]


@pytest.mark.parametrize(("rows", "expected"), OPEN)
def test_what_depends_on_an_unread_value(rows: str, expected: dict[str, str]) -> None:
    assert verdicts(rows) == expected
    for result in marked(rows).results:
        assert (ENGLISH.text(result.reason) == UNREAD) == (result.verdict == "unread")


def test_it_would_be_wrong_otherwise() -> None:
    assert verdicts("net_h1,0.3775\nnet_o1,1.8317")["net_o1"] == "wrong"
