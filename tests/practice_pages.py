"""A practice page judged beside the checker: sheets of simulated students through both.

The page's own script runs in Node, taken from the page as it was written; nothing of it is changed. What the page says
of a box is compared with the checker's verdict on the same sheet: the page may say less, but nothing else.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from simulated.computed import calculation_of, is_computed
from simulated.judged import Verdict, examiner
from simulated.problems import EXAMPLES, table_of
from simulated.sheets import Sheet, drawn_sheet

from derive.mistakes import BY_KEY
from derive.practice import practice

RUN = """
const { readFileSync } = require("node:fs");
const { runInThisContext } = require("node:vm");
const { data, script, sheets } = JSON.parse(readFileSync(0, "utf8"));
runInThisContext(script);
const asked = JSON.parse(data);
const judge = runInThisContext("judgeOf")(asked, runInThisContext("formulas"));
const open = runInThisContext("opened");
console.log(JSON.stringify(sheets.map(([variant, texts]) => judge(open(asked.variants[variant]), texts))));
"""
DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.S)
SCRIPT = re.compile(r"<script>(.*?)</script>", re.S)

AGREES = {
    "right": {"exact", "rounded"},
    "rounded": {"rounded", "exact", "imprecise"},
    "follows": {"follows"},
    "mistake": {"mistake"},
    "wrong": {"wrong", "mistake", "slip"},
}
"""What the checker says where the page gives a verdict; imprecise is said of what is right as far as can be seen."""

UNNAMED = ("wrong", "slip", "imprecise")
"""What the checker says of values for which it finds no mistake, or a slip that is likelier on the whole sheet, or of
which it does not decide: where the page names one that gives the number with what it sees, that is counted apart."""


@dataclass(frozen=True)
class Ready:
    """A page in pieces: its data as written, what they say, and the script."""

    data: str
    asked: dict[str, Any]
    script: str
    ids: tuple[str, ...]

    def judged(self, sheets: Sequence[tuple[int, Sequence[str]]]) -> list[list[dict[str, Any] | None]]:
        """What the page says of every box of some sheets: the number of the variant, and a text for every box."""
        given = json.dumps({"data": self.data, "script": self.script, "sheets": list(sheets)})
        run = subprocess.run(["node", "-e", RUN], input=given, capture_output=True, encoding="utf-8", check=True)
        found: list[list[dict[str, Any] | None]] = json.loads(run.stdout)
        return found


def pieces(html: str, ids: Sequence[str] = ()) -> Ready:
    (data,) = DATA.findall(html)
    (script,) = SCRIPT.findall(html)
    return Ready(data, json.loads(data), script, tuple(ids))


@lru_cache(maxsize=8)
def page_of(problem: str) -> Ready:
    """The page of an example, or of a random network of the simulated students."""
    if is_computed(problem):
        source: Any = calculation_of(problem).table()
    else:
        source = problem if problem in EXAMPLES else dict(table_of(problem))
    made = practice(source)
    return pieces(made.html, made.ids)


def drawn_for(problem: str, seed: str, number: int) -> Sheet:
    """A student's sheet: in any style, with all digits, or rounded as the page asks, in turn."""
    places = page_of(problem).asked["boxes"][0]["places"]
    styles = (None, "full precision", f"carried {min(max(places, 2), 6)}")
    return drawn_sheet(problem, seed, styles[number % len(styles)])


def texts_of(ready: Ready, sheet: Sheet, half: bool = False) -> list[str]:
    """What is written into the boxes, at the end or `half` way; no fractions, which the page cannot read."""
    rows = {name: text for name, text in sheet.rows if "/" not in text}
    texts = [rows.get(name, "") for name in ready.ids]
    return [text if at < len(texts) / 2 or not half else "" for at, text in enumerate(texts)]


def disagreements(
    ready: Ready, texts: Sequence[str], said: Sequence[dict[str, Any] | None], verdicts: Sequence[Verdict]
) -> list[str]:
    """The boxes of which the page says something else than the checker."""
    by_id = {verdict.id: verdict for verdict in verdicts}
    found = []
    for name, text, one in zip(ready.ids, texts, said, strict=True):
        if one is None or one["kind"] not in AGREES:
            continue
        verdict = by_id[name]
        keys = {"+".join(mistake["names"]) for mistake in one.get("mistakes", [])}
        same = not keys or any(_same(key, verdict.keys) for key in keys)
        alone = one["kind"] == "mistake" and verdict.word in UNNAMED
        if not alone and (verdict.word not in AGREES[one["kind"]] or not same):
            found.append(f"{name} = {text}: the page says {one['kind']} {sorted(keys)}, "
                         f"the checker {verdict.word} {verdict.keys} {verdict.slip}")  # fmt: skip
    return found


def _same(key: str, keys: Sequence[str]) -> bool:
    """Whether a mistake is one of those that are named, or the same error seen at another step."""
    return key in keys or any(key in BY_KEY and other in BY_KEY[key].rather_than for other in keys)


def compared(problem: str, sheets: Sequence[Sheet]) -> tuple[list[str], dict[str, int]]:
    """What differs on some sheets of a problem, and how often the page said what."""
    ready = page_of(problem)
    texts = [texts_of(ready, sheet, number % 4 == 3) for number, sheet in enumerate(sheets)]
    said = ready.judged([(0, one) for one in texts])
    counts: dict[str, int] = {}
    faults = []
    for sheet, written, found in zip(sheets, texts, said, strict=True):
        rows = [(name, text) for name, text in zip(ready.ids, written, strict=True) if text]
        try:
            verdicts = examiner(problem).verdicts(rows)
        except Exception as error:  # a sheet that ends the checker is a failure, and the others are judged
            faults.append(f"{problem} {sheet.seed}: the checker ended with {type(error).__name__}: {error}")
            continue
        words = {one.id: one.word for one in verdicts}
        for name, one in zip(ready.ids, found, strict=True):
            if one is not None:
                key = f"{one['kind']}/{words[name]}"
                counts[key] = counts.get(key, 0) + 1
        for fault in disagreements(ready, written, found, verdicts):
            faults.append(f"{problem} {sheet.seed} ({sheet.style.name}, {[f.name for f in sheet.faults]}): {fault}")
    return faults, counts
