"""The collection: numbers of public pages and course notes, each beside its computation as a problem of equations.

A file in `pages` holds the facts of one page: who wrote it, where it stands, the computation in the language of
equations, and the numbers as they were printed, one statement a line. What the checker makes of them is found anew each
time. Where it can name no mistake, the file says in words what is known; a formula beside the words must give the
printed number to its last digit, and what has none stays untold.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.resources import files
from typing import Any

from derive.audit import Audited
from derive.check import names_of
from derive.check.judge import Judge
from derive.check.model import Result
from derive.errors import ProgramFault
from derive.expression import Node, Ref
from derive.subject import subject
from derive.work import Names, read_formula, read_number, read_text

KINDS = ("exact", "rounded", "carried", "follows", "mistake", "untold")


@dataclass(frozen=True)
class Remark:
    """What is known of a printed number by other means: words, and whether a computation after them gives it.

    `formula` is that computation where it is a single one.
    """

    why: str
    proven: bool = False
    formula: Node | None = None


@dataclass(frozen=True)
class Worked:
    """One computation of a page: what it is, and its numbers with their verdicts."""

    what: str
    audited: Audited
    remarks: Mapping[str, Remark] = field(default_factory=dict)
    """By the id of the quantity."""

    def kind(self, result: Result) -> str:
        """One of `KINDS`: "mistake" where one is named or a formula shows it, "untold" where nothing does."""
        kind = self.audited.kind(result)
        if kind != "wrong" or result.verdict == "follows":
            return kind if kind != "wrong" else "follows"
        remark = self.remarks.get(result.quantity.id)
        named = result.verdict in ("mistake", "slip") if remark is None else remark.proven
        return "mistake" if named else "untold"


@dataclass(frozen=True)
class Page:
    """A page with its computations."""

    key: str
    title: str
    author: str
    url: str
    kind: str
    sheets: tuple[Worked, ...]

    @property
    def kinds(self) -> list[str]:
        """The kind of every number."""
        return [sheet.kind(result) for sheet in self.sheets for result in sheet.audited.numbers]


def facts() -> dict[str, dict[str, Any]]:
    """What was found on each page, by the name of its file."""
    folder = files("derive.audit").joinpath("pages")
    found = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml"))
    return {
        name.removesuffix(".toml"): tomllib.loads(folder.joinpath(name).read_text("utf-8"), parse_float=Decimal)
        for name in found
    }


def collection() -> list[Page]:
    """Every page, checked; pages of one kind stand together."""
    pages = [_page(key, table) for key, table in facts().items()]
    return sorted(pages, key=lambda page: (page.kind.casefold(), page.title.casefold()))


def _page(key: str, table: Mapping[str, Any]) -> Page:
    sheets = tuple(_worked(sheet) for sheet in table["sheets"])
    return Page(key, table["title"], table["author"], table["url"], table["kind"], sheets)


def _titled(table: Mapping[str, Any]) -> dict[str, Any]:
    """The problem of a computation, which is called after what it computes."""
    return {"title": table["what"], **table["problem"]}


def _continued(table: Mapping[str, Any], equations: str) -> dict[str, Any]:
    """A problem with further equations, which say what its page did in place of the training."""
    titled = _titled(table)
    model = {**titled["model"], "equations": titled["model"]["equations"] + equations, "loss": False}
    return {**{key: value for key, value in titled.items() if key != "training"}, "model": model}


def _worked(table: Mapping[str, Any]) -> Worked:
    solution = subject(_titled(table))
    names = names_of(solution, None, None)
    (sheet,) = read_text(table["work"], names)
    for fault in sheet.faults:
        raise fault
    judge = Judge(solution, inferred=True)
    marked = judge.mark(sheet)
    audited = Audited(table["what"], solution, marked, judge.as_written(sheet, marked.policy))
    return Worked(table["what"], audited, dict(_remarks(table, names, audited)))


def _remarks(table: Mapping[str, Any], names: Names, audited: Audited) -> Iterator[tuple[str, Remark]]:
    """What the file says of single numbers; a formula that does not give the number is a fault of the file."""
    given = {result.quantity: result.given for result in audited.numbers}
    for remark in table.get("remarks", []):
        for at, name in enumerate(remark["of"]):
            quantity = names.find(name)
            number = read_number(given[quantity])
            if "formulas" in remark:
                formula, solution = read_formula(remark["formulas"][at], names), audited.solution
            elif "equations" in remark:
                solution = subject(_continued(table, remark["equations"]))
                formula = Ref(names_of(solution, None, None).find(remark["gives"]))
            else:
                yield quantity.id, Remark(remark["why"])
                continue
            shown = solution.exact.compute(formula, number.places or 0).text
            if read_number(shown).value != number.value:
                raise ProgramFault(quantity.id, f"was printed as {given[quantity]}, and the formula gives {shown}")
            yield quantity.id, Remark(remark["why"], True, formula if "formulas" in remark else None)
