"""What the playground's page asks, and what derive answers: JSON in, JSON out.

Decides which products there are on the page, how large what somebody typed may be, and how a mistake is told: its
message, and the line of the problem file that it is about. Runs in the browser, in a thread of its own, and needs
nothing that a browser has not: no process, no file but the work that is checked, no network.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from derive.errors import InputError, ProgramFault, shown, unknown_name
from derive.playground.lines import line_of
from derive.reading import source_of

if TYPE_CHECKING:
    from derive.solution import Solution
    from derive.subject import AnyProblem
    from derive.worked import WorkedModel
    from derive.worksheet import SheetNumbers
    from derive.worksheet.sheet import BaseSheet

MOST_CHARACTERS = 200_000
"""Of a problem, and of a student's work."""

Options = Mapping[str, Any]
Said = tuple[str, str]
"""A problem: the name of its file, and its text."""

KINDS = {
    "html": "text/html",
    "pdf": "application/pdf",
    "md": "text/markdown",
    "tex": "application/x-tex",
    "typ": "text/plain",
    "ipynb": "application/x-ipynb+json",
    "csv": "text/csv",
}
"""What a browser calls the formats."""


def answer(request: str) -> str:
    """The answer to one request of the page.

    A request has `product` (a row of `PRODUCTS`), `problem`, `name`, `format` and the options of the product. The
    answer has `file`, `type` and `text` or `base64`, and `notes`, or else `error`, its `line`, and `whose` fault it is.

    >>> request = {"product": "solution", "name": "mine", "problem": "title = 3", "format": "md"}
    >>> json.loads(answer(json.dumps(request)))
    {'error': 'mine.toml, title: expected a text in quotation marks, found 3.', 'line': 1, 'whose': 'problem'}
    """
    asked = json.loads(request)
    text, name = asked.get("problem", ""), asked.get("name", "problem")
    try:
        content, notes = _made(asked, text, name)
    except InputError as error:
        ours = error.file is not None and error.file.startswith(f"{name}.")
        line = line_of(text, error.place) if ours else None
        return json.dumps({"error": str(error), "line": line, "whose": "problem" if ours else "options"})
    except ProgramFault as fault:
        return json.dumps({"error": str(fault), "line": None, "whose": "program"})
    format = asked["format"]
    found = {"file": f"{name}.{asked['product']}.{format}", "type": KINDS[format], "notes": list(notes)}
    if isinstance(content, bytes):
        return json.dumps(found | {"base64": base64.b64encode(content).decode()})
    return json.dumps(found | {"text": content})


def _made(asked: Options, text: str, name: str) -> tuple[str | bytes, tuple[str, ...]]:
    product, format = asked["product"], asked["format"]
    if product not in PRODUCTS:
        raise unknown_name(product, PRODUCTS, place="product")
    make, formats = PRODUCTS[product]
    if format not in formats:
        raise unknown_name(format, formats, place="format")
    for what, typed in (("problem", text), ("work", asked.get("work", ""))):
        if len(typed) > MOST_CHARACTERS:
            raise InputError(f"at most {MOST_CHARACTERS:,} characters", f"{len(typed):,}", place=what)
    if not text.strip():
        raise InputError("a problem", "an empty text", f"{name}.toml", "line 1")
    return make((f"{name}.{'json' if text.lstrip().startswith('{') else 'toml'}", text), asked)


# What stands on one page is asked for in several formats: the last problem's is kept.


@lru_cache(maxsize=2)
def _problem(said: Said) -> AnyProblem:
    from derive.solution import problem_from

    file, text = said
    return problem_from(source_of(text, "json" if file.endswith(".json") else "toml", file))


@lru_cache(maxsize=2)
def _solved(
    said: Said, notation: str | None = None, form: str | None = None, detail: str | None = None
) -> Solution | WorkedModel:
    from derive.solution import solve

    return solve(_problem(said), notation, form, detail)


@lru_cache(maxsize=2)
def _sheet(said: Said, **chosen: Any) -> tuple[BaseSheet, SheetNumbers]:
    from derive.variants.own import own_sheet
    from derive.worksheet import SheetOptions

    sheet = own_sheet(_problem(said), SheetOptions(**chosen))
    return sheet, sheet.numbers()


def _chosen(asked: Options, *keys: str) -> dict[str, Any]:
    """The options that somebody has chosen; an empty one is none."""
    return {key: asked[key] for key in keys if asked.get(key)}


def _solution(said: Said, asked: Options) -> tuple[str | bytes, tuple[str, ...]]:
    solved = _solved(said, **_chosen(asked, "notation", "form", "detail"))
    content = solved.pdf() if asked["format"] == "pdf" else solved.render(asked["format"])
    return content, tuple(solved.remarks)


def _worksheet(said: Said, asked: Options, key: bool) -> tuple[str | bytes, tuple[str, ...]]:
    sheet, numbers = _sheet(said, **_chosen(asked, "notation", "form", "blanks", "fade", "choice"))
    return sheet.file(numbers, asked["format"], key=key), tuple(sheet.remarks)


def _check(said: Said, asked: Options) -> tuple[str | bytes, tuple[str, ...]]:
    """Work is given as a text of any of the forms that `derive check` reads."""
    from derive.check import Marking, marking, names_of
    from derive.subject import subject
    from derive.work import text_sheets

    solved = subject(_problem(said), asked.get("notation") or None)
    names = names_of(solved, None, None)
    work = asked.get("work", "")
    if not work.strip():
        raise InputError("stated values, such as w5 = 0.4", shown(work), place="work")
    read = partial(text_sheets, work, names, "claims" if asked.get("claims") else None, "the work")
    found = Marking(solved, None, None, marking(solved, False, None, None, None), True, None, None, None).check(read)
    return (found.pdf() if asked["format"] == "pdf" else found.render(asked["format"])), ()


Make = Callable[[Said, Options], tuple[str | bytes, tuple[str, ...]]]

_PRINTED = ("pdf", "html", "md", "tex")
PRODUCTS: dict[str, tuple[Make, tuple[str, ...]]] = {
    "solution": (_solution, (*_PRINTED, "typ", "ipynb")),
    "worksheet": (partial(_worksheet, key=False), (*_PRINTED, "csv")),
    "key": (partial(_worksheet, key=True), (*_PRINTED, "csv")),
    "check": (_check, ("pdf", "html", "md")),
}
"""What the page shows: how it is made, and in which formats it can be had."""
