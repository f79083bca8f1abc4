r"""Plain text: what the lines of a sheet state, `net_h1 = 0.3775, so out_h1 = 0.5933`, in lists, prose and tables.

Decides where one statement ends and the next begins, and which words before a relation are the name. Each statement
becomes a cell with a name and what was written for it. It does not know what the names mean, only whether they do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from derive.errors import InputError, counted, shorten
from derive.work.columns import columns
from derive.work.drafts import Cell, Draft
from derive.work.names import Names
from derive.work.records import body, read_row
from derive.work.rows import PIPE, pipe_rows, piped
from derive.work.sheets import Collector, Passages
from derive.work.written import read_number

LONGEST_LINE = 5000
"""Characters of a line."""
MOST_STATEMENTS = 200
"""Statements on one line."""
MOST_RELATIONS = 200
"""Signs of equality on one line."""
MOST_LINES = 20_000
"""Lines of a plain text that state something."""
LONGEST_LISTED = 300
"""Characters of a name and a number without a sign between them."""
MOST_WORDS = 8
"""Words that a name may have."""
RELATION = re.compile(
    r":=|≔|<-|←|->|→|(?<![<>=!:])=(?![=>])|==|[≈≅≃]|\\(?:approx|simeq|leftarrow|gets|to|rightarrow)(?![A-Za-z])"
    r"|~(?=\s*[-+.]?\d)"
    r"|(?<=\s)(?:is|are|was|equals?|becomes?|ist|beträgt|wird)(?=\s(?:(?:now|then|about|approximately|equal to)\s)?\s*"
    r"[-+−≈~]?[.,]?\d)(?:\s(?:now|then|about|approximately|equal to)\b)?"
)
_ASSIGNED = re.compile(r":=|≔|<-|←|->|→|\\(?:leftarrow|gets|to|rightarrow)|(?:becomes?|wird)\b.*")
_ARROW = re.compile(r"->|→|\\(?:to|rightarrow)")
_GAPS = re.compile(r" {3,}")
_FRONT = re.compile(r"^\s*(?:[-*•–▪+]\s+|>\s*|\(?\d{1,3}[.)]\s+|\(?[a-zA-Z][.)]\s+|\d{1,2}[a-z][.):]?\s+)*")
_BETWEEN = re.compile(
    r"\s*(?:;|=>|⇒|⟹|\\Rightarrow|\\implies|\t|,(?!\d)|(?<![\dOolIS]),(?=\d)|\.(?=\s+[A-Za-z])"
    r"|\b(?:and|so|hence|thus|then|therefore|where|with|und|also|which gives|giving)\b)\s*"
)
_NUMBER = r"[-+−]?(?:\d[\d.,]*|[.,]\d+)(?:[eE][-+]?\d+)?%?"
_LISTED = re.compile(rf"\s*(?P<name>\S.*?)\s*(?::\s*|\s){_NUMBER}\s*")
_NUMBER_FIRST = re.compile(rf"\s*(?P<number>{_NUMBER})\s+(?P<rest>[A-Za-zα-ωΑ-Ω∂\\$δ].*)", re.DOTALL)
_REMARK = re.compile(
    rf"(?P<number>(?<![\w.]){_NUMBER})\s+\(?(?:for|as|that|this|at|of|on|to|when|after|before|because|since|is|was|the|in"
    r"|für|bei|nach)\b[^=]*$"
)
_AROUND = " `$"
_DEEPER, _SHALLOWER = "([{", ")]}"


class Statement(NamedTuple):
    """What stands before the first relation, what after it, and whether it gives a new value."""

    left: str
    right: str
    assigned: bool = False


def read_lines(text: str, collector: Collector) -> None:
    """Enters the statements of a plain text; lines that state nothing are counted."""
    draft = collector.draft(None, None, 1)
    silent = stated = 0
    for number, lines in _blocks(text.split("\n")):
        if len(lines) > 1 and _read_table(lines, number, collector):
            continue
        for place, line in enumerate(lines, number):
            said = _read_line(line, place, collector, draft)
            silent, stated = silent + (not said), stated + said
        if stated > MOST_LINES:
            raise InputError(
                f"a text of at most {MOST_LINES:,} lines that state values", "more of them", collector.file
            )
    if silent and draft.cells:
        collector.notes.append(f"{counted(silent, 'line')} that state{'s' * (silent == 1)} nothing, left out")
    if not draft.cells and not collector.faults and not draft.faults:
        hint = collector.names.some()
        raise InputError("lines that state values, such as w5 = 0.4", "none", collector.file, hint=hint)


def without_tables(text: str, collector: Collector) -> str:
    """Enters the tables of values in Markdown that a text has; the text with empty lines in their place.

    A text has other tables too, so that one counts only if every row is another known quantity and its value.
    """
    lines = text.split("\n")
    for number, block in _blocks(lines):
        tried = Passages(collector.names, collector.file)
        if len(block) < 2 or not _read_table(block, number, tried) or tried.faults:
            continue
        cells = [cell for draft in tried.drafts.values() for cell in draft.cells]
        once = 0 < len(cells) == len({cell.name for cell in cells}) and len(tried.drafts) == 1
        if once and all(_states(cell, collector.names) for cell in cells):
            draft = collector.draft(None, None, 1)
            for cell in cells:
                collector.add(draft, cell)
            lines[number - 1 : number - 1 + len(block)] = [""] * len(block)
    return "\n".join(lines)


def _states(cell: Cell, names: Names) -> bool:
    """Whether a cell certainly states a value of a quantity."""
    try:
        read_number(cell.text)
    except InputError:
        return False
    return names.known(cell.name)


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Single lines, and the lines of a table together."""
    block: list[str] = []
    for number, line in enumerate([*lines, ""], 1):
        if PIPE in line:
            block.append(line)
            continue
        if block:
            if piped(block):
                yield number - len(block), block
            else:
                yield from ((number - len(block) + at, [one]) for at, one in enumerate(block))
            block = []
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, [line]


def _read_table(lines: Sequence[str], number: int, collector: Collector) -> bool:
    """Enters the rows of a table in Markdown; False where its columns are no quantities and values."""
    table = pipe_rows(lines, number)
    if not table:
        return False
    try:
        layout = columns(table, collector.names, collector.file)
    except InputError:
        return False
    for row in body(iter(table), layout, collector):
        read_row(row, layout, collector)
    return True


def _read_line(line: str, number: int, collector: Collector, draft: Draft) -> bool:
    """Enters what a line states; False where it states nothing."""
    expected = ""
    if len(line) > LONGEST_LINE:
        expected = f"a line of at most {LONGEST_LINE:,} characters"
    elif line.count("=") > MOST_RELATIONS:
        expected = f"a line with at most {MOST_RELATIONS} signs of equality"
    if expected:
        collector.fault(InputError(expected, f'"{shorten(line.strip())}"'), f"line {number}", draft)
        return True
    found = statements(line, collector.names)
    for one in found:
        collector.add(draft, Cell(one.left, one.right, number, assigned=one.assigned))
    return bool(found)


def statements(line: str, names: Names) -> list[Statement]:
    """What a line states.

    >>> from derive import solve
    >>> names = Names(solve("mazur"))
    >>> for one in statements("First the sum: net_h1 = 0.15*0.05 + 0.37 = 0.3775, so out_h1=0,5933; w5 := 0.36", names):
    ...     print(one.left, "|", one.right, "|", one.assigned)
    net_h1 | 0.15*0.05 + 0.37 = 0.3775 | False
    out_h1 | 0,5933 | False
    w5 | 0.36 | True
    """
    found: list[Statement] = []
    for segment in _segments(_FRONT.sub("", _GAPS.sub("  ", line), count=1)):
        relations = list(RELATION.finditer(segment))
        if not relations:
            short = segment if len(segment) < LONGEST_LISTED else ""
            if not found and (listed := _LISTED.fullmatch(short)) and _name_before(listed["name"], names):
                name = _name_before(listed["name"], names) or ""
                found.append(
                    Statement(name, segment[segment.index(listed["name"]) + len(listed["name"]) :].lstrip(" :"))
                )
            continue
        if not segment[: relations[0].start()].strip() and found:
            last = found[-1]
            found[-1] = last._replace(right=f"{last.right} {segment}")
            continue
        found += _of_segment(segment, relations, names)
        if len(found) > MOST_STATEMENTS:
            break
    return [one for one in found if one.left.strip()][:MOST_STATEMENTS]


def _segments(line: str) -> Iterator[str]:
    """A line cut where one statement ends; not within brackets, and not at the comma of a number."""
    depth, start = 0, 0
    cuts = {match.start(): match.end() for match in _BETWEEN.finditer(line)}
    for place, character in enumerate(line):
        depth = max(0, depth + (character in _DEEPER) - (character in _SHALLOWER))
        if place in cuts and not depth and place >= start:
            yield line[start:place]
            start = cuts[place]
    yield line[start:]


def _of_segment(segment: str, relations: Sequence[re.Match[str]], names: Names) -> Iterator[Statement]:
    """The statements of one segment: one, or several where a number is followed by the next name."""
    start = 0
    for place, (relation, after) in enumerate(pairwise([*relations, None])):
        assert relation is not None
        if relation.start() < start or after is None:
            continue
        side = segment[relation.end() : after.start()]
        next_one = _NUMBER_FIRST.fullmatch(side)
        arrow = _ARROW.fullmatch(relation[0]) is not None and place > 0 and _whole_name(side, names)
        if next_one is not None and _name_before(next_one["rest"], names):
            yield _statement(segment[start : relation.end() + next_one.end("number")], names)
            start = relation.end() + next_one.start("rest")
        elif arrow:
            yield _statement(segment[start : relation.start()], names)
            start = relation.end()
    yield _statement(segment[start:], names)


def _statement(text: str, names: Names) -> Statement:
    """The name and the value of a single statement."""
    relation = RELATION.search(text)
    assert relation is not None
    left, right = text[: relation.start()], text[relation.end() :]
    assigned = _ASSIGNED.fullmatch(relation[0]) is not None
    name = _name_before(left, names)
    if name is None and ":" in left and (before := _name_before(left.partition(":")[0], names)):
        name, right = before, f"{left.partition(':')[2]} {relation[0]} {right}"
    if name is None:
        # 0.3775 = net_h1
        *others, last = RELATION.split(right)
        if _whole_name(last, names):
            name, right = last.strip(), " = ".join([left, *others])
    if name is None and relation[0][0].isalpha():
        # There are 2 inputs.
        return Statement("", "")
    return Statement(_last_words(left) if name is None else name, _without_remark(right).strip(), assigned)


def _name_before(text: str, names: Names) -> str | None:
    """The longest name with which a text ends; None where it ends with none that is known."""
    for around in (_AROUND, _AROUND + "*_"):
        # A star behind a name may mark the value after the update.
        words = text.strip(around).rpartition(": ")[2].split()
        for first in range(max(0, len(words) - MOST_WORDS), len(words)):
            if names.known(candidate := " ".join(words[first:]).strip(around)):
                return candidate
    return None


def _whole_name(text: str, names: Names) -> bool:
    return len(text) < 100 and bool(re.search(r"[^\W\d]", text)) and names.known(text.strip())


def _last_words(text: str) -> str:
    """What is told of a name that is unknown: all of a short one, the last word of a sentence."""
    words = text.strip(_AROUND + "*_").rpartition(": ")[2].split()
    return " ".join(words if len(words) < 3 else words[-1:])


def _without_remark(text: str) -> str:
    """What stands after a number and cannot change it: 0.593 for the first unit."""
    match = _REMARK.search(text)
    return text if match is None else text[: match.end("number")]
