"""Problem files, drawn, changed and damaged: each is worked out or refused with a message, in seconds.

A problem has any mixture of layers, losses, trainings and roundings, with numbers of every size. Most are then changed:
keys misspelt, doubled, moved or left out, values of other types, numbers beyond every limit, endless lists and deep
nesting, text of every script and of none; or the text of the file is damaged. What can be read is worked out, in
one of many ways. A failure is an exception that is no `InputError`, a message that is long, a file that takes longer
than ten seconds or two gigabytes, or a page with the name of nothing on it. Failing files are kept and named.
"""

from __future__ import annotations

import copy
import json
import random
import tempfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from networks import random_network

from derive import Solution, solve
from derive.closed import TooLarge
from derive.diagram.asked import PICTURES
from derive.notation import NOTATIONS
from derive.parts import DETAILS
from derive.reading import example_names, example_text, read_problem
from derive.spec import FORMS, Problem
from derive.spec.mistakes import TABLES, keys_of
from derive.worksheet import BLANKS, SheetOptions, compile_sheet
from sweeps.harmless import Outcome, kept, little_memory, watched
from sweeps.work_files import DIRT, coded, damaged

FILES = 10_000
KEYS = sorted({key for table in TABLES for key in keys_of(table)})
NUMBERS = """
0 -0.0 1 -1 0.5 0.25 0.125 1e-20 -5e-7 3e-49 123456.789 -1000 50 700 1e10 999999999999999 1e15 1e400 -1e-400 1e999999
0.1234567890123456789012345 0.469710392382585883230477586105892937 0.33333333333333333333333333333333333333333333
99999999999999999999 0.10 1_000 1e+2
"""
TEXTS = (
    *("", " ", "A & B $x$ \\input{x}", "<b>x</b><script>", "[x](y) *z* `w` #", "100 % {a} ~^ \\\\", "Größe 中文 عربي"),
    *(
        "\x00",
        "a\nb",
        "\u202egnp",
        "\u200b",
        "\ud83d\ude00",
        "x" * 201,
        "x" * 5000,
        "softmax",
        "exact",
        "z[2]",
        "mazur",
    ),
    *(
        "../../etc/passwd",
        "{{ 7*7 }}",
        "<% include 'x' %>",
        "${jndi}",
        "%s%n",
        "None",
        "\\begin{document}",
        "e\u0301" * 50,
    ),
)


def run(seed: int, share: float) -> list[str]:
    """Reads the share of all files, works out what can be, and returns one line for each that fails."""
    count, longest, failures, refused = round(FILES * share), 0.0, list[str](), 0
    with tempfile.TemporaryDirectory() as folder, little_memory():
        for number in range(count):
            draw = random.Random(f"{seed} {number}")
            kind = draw.choice(tuple(KINDS))
            suffix, content = KINDS[kind](draw)
            path = Path(folder) / f"problem{suffix}"
            path.write_bytes(content)
            failure, seconds, unusable = worked_out(path, draw)
            longest, refused = max(longest, seconds), refused + unusable
            if failure is not None:
                failures.append(f"{kind}, {kept(f'problem-file-{number}', path)}: {failure}")
    print(f"{count} problem files, {refused} refused; the slowest took {longest:.1f} s")
    return failures


def worked_out(path: Path, draw: random.Random) -> Outcome:
    """Reads a file and makes one product of it."""

    def use() -> str | None:
        problem = read_problem(path)
        text = draw.choice(PRODUCTS)(problem, draw)
        nothing = "None" in text and "None" not in path.read_text("utf-8-sig")
        return "the name of nothing on a page" if nothing else None if text else "an empty page"

    return watched(use)


# -- products


def _solved(problem: Problem, draw: random.Random) -> Solution:
    return solve(problem, draw.choice((None, *NOTATIONS)), draw.choice((None, *FORMS)), draw.choice(DETAILS))


def _page(problem: Problem, draw: random.Random) -> str:
    return _solved(problem, draw).render(draw.choice(("md", "md", "md", "tex", "html", "typ", "json")))


def _values(problem: Problem, draw: random.Random) -> str:
    return solve(problem).values_json(draw.random() < 0.3, draw.choice((1, 5, 20, 100)))


def _sheet(problem: Problem, draw: random.Random) -> str:
    options = SheetOptions(
        notation=draw.choice((None, *NOTATIONS)),
        form=draw.choice((None, *FORMS)),
        blanks=draw.choice(BLANKS),
        fade=draw.random() < 0.3,
        decimals=draw.choice((None, None, 0, 3, 9)),
    )
    sheet = compile_sheet(problem, options)
    numbers, format = sheet.numbers(), draw.choice(("md", "tex", "html", "typ", "csv"))
    return "".join(str(sheet.file(numbers, format, key=key)) for key in (False, True))


def _pictures(problem: Problem, draw: random.Random) -> str:
    solution = _solved(problem, draw)
    return "".join(solution.diagram(picture).svg for picture in PICTURES)


def _gradients(problem: Problem, draw: random.Random) -> str:
    solution = _solved(problem, draw)
    parameters = [q for q in solution.exact.numbers if q.kind in ("W", "b") and not q.step]
    gradient = solution.gradient(draw.choice(parameters).id)
    parts = [gradient.value, gradient.factors, gradient.product, gradient.delta]
    for closed in (lambda: gradient.closed, lambda: gradient.expanded(500)):
        try:
            parts.append(closed())
        except TooLarge:
            continue
    return " ".join(map(str, parts))


PRODUCTS: tuple[Callable[[Problem, random.Random], str], ...] = (
    *(_page, _page, _page, _page, _values, _values, _sheet, _sheet, _pictures, _gradients),
)


# -- problems


def drawn(draw: random.Random) -> dict[str, Any]:
    """A problem that is most often right."""
    deep, wide = draw.choice(((2, 3), (2, 3), (3, 2), (4, 4), (8, 2), (8, 1), (1, 12)))
    steps = draw.choice(((1, 1), (1, 3), (12, 14)))
    table = random_network(draw.randrange(10**6), (1, deep), (1, wide), (1, draw.choice((1, 3))), steps)
    layers = table["network"]["layers"]
    if draw.random() < 0.1:
        layer = draw.choice(layers)
        del layer["weights"]
        layer |= {"init": draw.choice(("he", "xavier", "uniform")), "seed": draw.randrange(99)}
    if draw.random() < 0.05:
        table["training"]["steps"] = draw.choice((100, 1000, 5000, 20_000))
    if draw.random() < 0.3:
        for _ in range(draw.choice((1, 2, 9))):
            _put(draw, table, Decimal(draw.choice(NUMBERS.split()[:14])))
    if draw.random() < 0.5:
        rounding = {
            "decimals": draw.choice((0, 1, 2, 4, 9, 30)),
            "carry": draw.random() < 0.4,
            "ties": draw.choice(("half_up", "half_even")),
        }
        key = draw.choice(("z", "a", "dL/dW", "W_new", "loss", "z[1]", "a[1][0]", "after[2].z", "sample[1].a", "b_new"))
        table["rounding"] = rounding | (
            {"overrides": {key: draw.choice((0, 5, "exact"))}} if draw.random() < 0.3 else {}
        )
    if draw.random() < 0.7:
        table |= {"notation": draw.choice(tuple(NOTATIONS)), "form": draw.choice(FORMS)}
    if draw.random() < 0.3:
        table["title"] = draw.choice(TEXTS[2:7])
    return table


def _places(node: Any) -> list[tuple[Any, Any]]:
    """Every place in a table of tables and lists, as the table or list that has it and its key."""
    found = []
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        found.append((node, key))
        if isinstance(value, dict | list):
            found += _places(value)
    return found


def _put(draw: random.Random, table: dict[str, Any], number: Decimal) -> None:
    """A number in place of another one."""
    places = [(node, key) for node, key in _places(table) if isinstance(node[key], Decimal)]
    node, key = draw.choice(places)
    node[key] = number


def changed(draw: random.Random, table: dict[str, Any]) -> dict[str, Any]:
    """A table with one thing changed."""
    before, table = table, copy.deepcopy(table)
    places = _places(table)
    if not places:
        return table
    node, key = draw.choice(places)
    match draw.randrange(7):
        case 0:
            node[key] = anything(draw)
        case 1 if isinstance(node, dict):
            del node[key]
        case 2 if isinstance(node, dict):
            node[draw.choice((*KEYS, *TEXTS[3:8]))] = anything(draw)
        case 3 if isinstance(node, dict):
            node[f"{key}s" if draw.random() < 0.5 else key[:-1]] = node.pop(key)
        case 4 if isinstance(node, list):
            node *= draw.choice((0, 2, 3, 40))
        case 5:
            other, at = draw.choice(places)
            node[key] = copy.deepcopy(other[at])
        case _:
            _put_any(draw, table)
    return table if len(_places(table)) < 100_000 else before


def _put_any(draw: random.Random, table: dict[str, Any]) -> None:
    places = [(node, key) for node, key in _places(table) if isinstance(node[key], int | Decimal)]
    if places:
        node, key = draw.choice(places)
        node[key] = Raw(draw.choice(NUMBERS.split()))


class Raw(str):
    """A number as it stands in the file, right or not."""


def anything(draw: random.Random) -> Any:
    """A value of any kind."""
    match draw.randrange(9):
        case 0:
            return draw.choice(TEXTS)
        case 1:
            return draw.choice((True, False, None))
        case 2:
            return draw.choice((0, 1, -1, 3, 2**31, 10**30, draw.randint(-5, 2000)))
        case 3:
            return [anything(draw) for _ in range(draw.randrange(4))]
        case 4:
            return {draw.choice((*KEYS, "x")): anything(draw) for _ in range(draw.randrange(4))}
        case 5:
            return [Decimal(1)] * draw.choice((10, 1001, 20_000))
        case 6:
            nested: Any = []
            for _ in range(draw.choice((5, 30, 90))):
                nested = [nested] if draw.random() < 0.9 else {"a": nested}
            return nested
        case 7:
            return draw.choice((date(2024, 5, 17), Raw("nan"), Raw("inf"), Raw("-inf"), Raw("0x1F"), Raw("1e")))
        case _:
            return Raw(draw.choice(NUMBERS.split()))


# -- files


def as_json(value: Any) -> str:
    """JSON, or what somebody takes for it."""
    match value:
        case Raw():
            return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(value, value)
        case Decimal():
            return str(value)
        case date():
            return f'"{value.isoformat()}"'
        case list():
            return f"[{', '.join(map(as_json, value))}]"
        case dict():
            return f"{{{', '.join(f'{json.dumps(key)}: {as_json(entry)}' for key, entry in value.items())}}}"
    return json.dumps(value)


def as_toml(value: Any) -> str:
    """The same as a value in TOML, tables in one line; TOML has no null, and gets a text."""
    match value:
        case None:
            return '"null"'
        case Raw():
            return value
        case Decimal():
            return str(value)
        case date():
            return value.isoformat()
        case list():
            return f"[{', '.join(map(as_toml, value))}]"
        case dict():
            return f"{{{', '.join(f'{json.dumps(key)} = {as_toml(entry)}' for key, entry in value.items())}}}"
    return json.dumps(value)


def written(draw: random.Random, table: dict[str, Any]) -> tuple[str, str]:
    """A suffix, and a table in that form; now and then with a key twice."""
    entries = list(table.items())
    if draw.random() < 0.05 and entries:
        entries.append(draw.choice(entries))
    if draw.random() < 0.5:
        return ".json", f"{{{', '.join(f'{json.dumps(key)}: {as_json(value)}' for key, value in entries)}}}"
    return ".toml", "\n".join(f"{json.dumps(key)} = {as_toml(value)}" for key, value in entries)


def _right(draw: random.Random) -> tuple[str, bytes]:
    suffix, text = written(draw, drawn(draw))
    return suffix, text.encode("utf-8", "surrogatepass")


def _changed(draw: random.Random) -> tuple[str, bytes]:
    table = drawn(draw)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        table = changed(draw, table)
    suffix, text = written(draw, table)
    return suffix, coded(draw, text) if draw.random() < 0.2 else text.encode("utf-8", "surrogatepass")


def _damaged(draw: random.Random) -> tuple[str, bytes]:
    suffix, text = (
        written(draw, drawn(draw)) if draw.random() < 0.5 else (".toml", example_text(draw.choice(example_names())))
    )
    for _ in range(draw.choice((1, 1, 2, 5))):
        text = damaged(draw, text)
    return suffix, coded(draw, text[:1_500_000])


def _hostile(draw: random.Random) -> tuple[str, bytes]:
    """Files that want time or memory."""
    size = draw.choice((100, 5000, 200_000))
    piece = draw.choice((*DIRT, *TEXTS))
    text = draw.choice(
        (
            '{"a":' * size,
            "[" * size + "]" * size,
            f'{{"title": "{"x" * size}"}}',
            f"{{{', '.join(f'{json.dumps(str(k))}: {k}' for k in range(size // 10))}}}",
            f'title = {"[" * min(size, 5000)}',
            f"x = {'9' * size}",
            f"x = 1e{'9' * min(size, 400)}",
            f"{'a.' * min(size, 20_000)}b = 1",
            "\n".join(f"k{k} = {k}" for k in range(size // 10)),
            "[[network.layers]]\n" * (size // 10),
            f"[network]\ninputs = [{'1, ' * size}]",
            f"network = {{layers = [{'{units = 1}, ' * (size // 20)}]}}",
            "\x00" * size,
            '"' * size,
            "'''" * (size // 3),
            "#" * size,
            piece * (size // max(len(piece), 1)),
        )
    )  # fmt: skip
    return draw.choice((".toml", ".json")), coded(draw, text)


KINDS: dict[str, Callable[[random.Random], tuple[str, bytes]]] = {
    "a problem": _right,
    "a problem, too": _right,
    "a problem with changes": _changed,
    "a problem with more changes": _changed,
    "a damaged file": _damaged,
    "a hostile file": _hostile,
}
