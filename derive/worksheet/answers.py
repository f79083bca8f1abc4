"""The two forms of an answer that a person can type: a line of a Markdown worksheet, and a row of a CSV file.

In a Markdown worksheet every box is one line of its own,

    Answer 1a: `net_h1` = ____

and the student writes the number over the underscores: `Answer 1a: `net_h1` = 0.3775`. The label is the number of
the question and the letter of the part; between the backticks stands the quantity's plain name in the worksheet's
notation (`derive values` and `Solution.quantity` take it), never with a backtick in it. A line left as it is has the
value "". Dollar signs, asterisks, underscores and blanks around a value, and a bar, a bullet or a quotation mark
before the line, do no harm, nor does another word for Answer; anything else is handed on as it stands, for the one who
reads the values to judge.

The CSV file has the columns `quantity` (the id), `name` (the plain name) and a third whose header begins with `value`
and states the rounding in words; further columns may follow, in a class set that of the form id. A row whose third cell
is empty is not answered.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import NamedTuple

BLANK = "____"
"""What stands in Markdown where an answer is to be written."""

MARKDOWN_ANSWER = re.compile(
    r"^[\s>|*-]*[^\W\d_][^\d:`\n]{0,60}[ \t](?P<label>\d+[a-z]+)\s*:\s*`(?P<name>[^`]+)`\s*(?:=|≈)(?P<value>.*)$",
    re.IGNORECASE,
)
"""One answer line of a Markdown worksheet."""


class StatedAnswer(NamedTuple):
    """An answer as it was written: the line of the file (from 1), the label, the plain name, the text of the value."""

    line: int
    label: str
    name: str
    value: str


def markdown_answer(label: str, name: str, value: str = BLANK) -> str:
    """The line of one answer.

    >>> markdown_answer("1a", "net_h1")
    'Answer 1a: `net_h1` = ____'
    """
    return f"Answer {label}: `{name}` = {value}"


def read_answers(text: str) -> list[StatedAnswer]:
    """Every answer line of a Markdown worksheet, also those left blank.

    >>> read_answers("text\\nAnswer 1a: `net_h1` = 0.3775\\n> Answer 1b: `out_h1` = __0.59__\\nAnswer 1c: `E` = ____")
    ... # doctest: +NORMALIZE_WHITESPACE
    [StatedAnswer(line=2, label='1a', name='net_h1', value='0.3775'),
     StatedAnswer(line=3, label='1b', name='out_h1', value='0.59'),
     StatedAnswer(line=4, label='1c', name='E', value='')]
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        match = MARKDOWN_ANSWER.match(line)
        if match is not None:
            value = match["value"].strip().strip("_*$|` \t")
            found.append(StatedAnswer(number, match["label"].lower(), match["name"].strip(), value))
    return found


def empty_csv(rows: Iterable[tuple[str, str]], rounding: str, form: str = "") -> str:
    """An answer file to fill in, from (id, plain name) pairs; a form id stands in a column of its own.

    >>> print(empty_csv([("z[1][0]", "net_h1")], "rounded to 4 decimals"), end="")
    quantity,name,value (rounded to 4 decimals)
    z[1][0],net_h1,
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    more = [["form"], [form]] if form else [[], []]
    writer.writerow(["quantity", "name", f"value ({rounding})", *more[0]])
    writer.writerows([quantity, name, "", *more[1]] for quantity, name in rows)
    return file.getvalue()
