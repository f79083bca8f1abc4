"""The practice page: what it says agrees with the checker, its steps with the program, and nobody's text is code."""

import base64
import hashlib
import html
import json
import re
import subprocess
import tomllib
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flint import fmpq
from mistaken import calculated
from platform_sheets import place_of, written
from practice_pages import AGREES, Ready, compared, drawn_for, pieces
from test_html import chromium, framed, told
from test_other_words import WORDS, in_greek
from tools import need

from derive.cli import main
from derive.errors import InputError
from derive.expression import Call, const
from derive.functions import EVERY
from derive.number import OutsideDomain, Undecided
from derive.numbers import compile_value
from derive.practice import practice
from derive.practice.javascript import function
from derive.practice.made import Made
from derive.reading import example_text
from derive.solution import problem_of
from derive.variants.own import own_sheet
from derive.variants.variant import with_numbers
from derive.worksheet import SheetOptions

NAMES = SheetOptions(blanks="formulas")


@cache
def made(name: str, variants: int = 0) -> Made:
    return practice(name, variants, options=NAMES)


@cache
def ready(name: str, variants: int = 0) -> Ready:
    page = made(name, variants)
    return pieces(page.html, page.ids)


def judged(name: str, texts: dict[str, str], variant: int = 0) -> dict[str, dict[str, Any]]:
    """What the page says of the boxes of a sheet, by the ids of what belongs there."""
    need("node")
    page = ready(name, 3 if variant else 0)
    (found,) = page.judged([(variant, [texts.get(one, "") for one in page.ids])])
    return {one: said for one, said in zip(page.ids, found, strict=True) if said is not None}


# -- what it says ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", ["mazur", "hmkcode", "rohan-relu", "circuit-4", "recurrence-4"])
def test_page_and_checker_agree(problem: str) -> None:
    """Sheets of students who are simulated without either: the page says what the checker says, or less."""
    need("node")
    faults, counts = compared(problem, [drawn_for(problem, f"suite/{number}", number) for number in range(9)])
    said = {key.partition("/")[0] for key in counts}
    assert not faults, "\n".join(faults)
    assert len(said & set(AGREES)) >= 3 and sum(counts.values()) > 50


ONCE_DIFFERED = {
    "hmkcode": ("31415/132", "31415/234"),
    "caispp": ("2718/61", "31415/78", "31415/135"),
    "circuit-3141500": ("31415/6",),
    "netflow": ("8675309/272",),
    "random-67530901": ("8675309/164",),
    "random-67530902": ("8675309/261",),
    "circuit-67530902": ("8675309/80", "8675309/81"),
    "attention-67530902": ("8675309/152",),
    "circuit-41421301": ("1414213/36",),
}
"""Sheets of which the page once said more than the checker: what is in no box is rounded in another way, or wrong."""


@pytest.mark.parametrize("problem", ONCE_DIFFERED)
def test_page_and_checker_agree_where_they_did_not(problem: str) -> None:
    need("node")
    sheets = [drawn_for(problem, seed, int(seed.partition("/")[2])) for seed in ONCE_DIFFERED[problem]]
    faults, counts = compared(problem, sheets)
    assert not faults, "\n".join(faults)
    assert sum(counts.values()) > 5 * len(sheets)


BEST_KNOWN = {
    "bias left out": ("mazur", {"z[1][0]": "0.0275"}, "mistake", "bias-left-out"),
    "target minus output": ("mazur", {"a[2][0]": "0.75137", "dL/da[2][0]": "-0.74137"}, "mistake", "sign"),
    "fan-out lost": ("circuit", {"df/dm": "-4.2", "∂m/∂p": "1", "df/dr": "1", "df/dp": "-4.2"}, "mistake", "path"),
}


@pytest.mark.parametrize("name", BEST_KNOWN)
def test_best_known_mistakes(name: str) -> None:
    """The likely mistake is told with its remedy, in the box where it was made."""
    problem, written, kind, word = BEST_KNOWN[name]
    right = {one: answer for one, answer in right_answers(problem).items() if one not in written}
    at = list(written)[-1]
    found = judged(problem, {**dict(list(right.items())[: list(ready(problem).ids).index(at)]), **written})
    assert found[at]["kind"] == kind
    said = [ready(problem).asked["sentences"][one] for mistake in found[at]["mistakes"]
            for one in ready(problem).asked["words"][mistake["said"]]]  # fmt: skip
    assert any(word in mistake["names"][0] for mistake in found[at]["mistakes"]), found[at]
    assert any("Instead:" in sentence for sentence in said)


@cache
def right_answers(name: str) -> dict[str, str]:
    """The answers of the key, for the numbers that the page prints."""
    sheet = own_sheet(name, NAMES)
    return {row.quantity: row.exact for row in sheet.answers(sheet.numbers())}


@pytest.mark.parametrize("name", ["mazur", "hmkcode", "circuit", "caispp", "lstm"])
def test_the_key_is_right(name: str) -> None:
    """Each answer of the key is right, as it is and rounded on the way, with a decimal comma too."""
    sheet = own_sheet(name, NAMES)
    rows = sheet.answers(sheet.numbers())
    for way in ("exact", "carried"):
        found = judged(name, {row.quantity: getattr(row, way).replace(".", ",") for row in rows})
        assert len(found) == len(rows) > 10
        assert {said["kind"] for said in found.values()} <= {"right", "rounded"}, found
    units = [3 * Decimal(1).scaleb(-box["places"]) for box in ready(name).asked["boxes"]]
    beyond = {row.quantity: f"{Decimal(row.high) + unit:f}" for row, unit in zip(rows, units, strict=True)}
    page = ready(name)
    alone = [(0, [beyond[other] if other == one else "" for other in page.ids]) for one in page.ids]
    for one, said in zip(page.ids, page.judged(alone), strict=True):
        assert said[page.ids.index(one)]["kind"] not in ("right", "rounded"), one


def test_a_wrong_value_is_followed_through() -> None:
    """What follows from an own wrong value says so, and from which."""
    found = judged("mazur", right_answers("mazur") | {"z[1][0]": "0.0275", "a[1][0]": "0.50687"})
    assert found["a[1][0]"] == {"kind": "follows", "roots": [0]}
    assert found["a[1][1]"]["kind"] == "right"


LESS = {
    "a[1][0]": [("0.59", "few"), ("0,593", "few"), ("nothing", "unread"), ("1e400", "unread"), ("0.59327", "right")],
}


def test_too_few_digits_and_no_number() -> None:
    """Where the digits do not tell, or nothing can be read, no verdict is given."""
    for name, rows in LESS.items():
        for text, kind in rows:
            assert judged("mazur", {name: text})[name]["kind"] == kind, text


def test_every_variant_has_its_own_answers() -> None:
    """The answers of a variant, calculated by hand from its numbers, are right there, and most are wrong elsewhere."""
    need("node")
    page, ids = ready("mazur", 3), made("mazur", 3).ids
    places = page.asked["boxes"][0]["places"]
    sheets = []
    for drawn in made("mazur", 3).drawn:
        table = json.loads(with_numbers(problem_of("mazur"), drawn).model_dump_json(exclude_none=True))
        right = calculated(table)
        sheets.append([written(right[place_of(one)], places) for one in ids])
    assert len(sheets) == 4 and len({tuple(one) for one in sheets}) == 4
    found = page.judged(list(enumerate(sheets)))
    assert {said["kind"] for one in found for said in one if said} == {"right"}
    others = page.judged([(variant, sheets[variant - 1]) for variant in range(4)])
    assert max(sum(said["kind"] == "right" for said in one if said) for one in others) < len(ids) / 2


def test_letters_and_shapes() -> None:
    """Multiple choice is told with the mistake behind a letter; shapes are read in any usual spelling."""
    need("node")
    page = practice("hmkcode", options=SheetOptions(choice=4))
    lettered = pieces(page.html, page.ids)
    found = [lettered.judged([(0, [letter] * len(page.ids))])[0] for letter in "ABCDz"]
    kinds = [[said["kind"] for said in column] for column in zip(*found, strict=True)]
    choices = [one for one, box in zip(kinds, lettered.asked["boxes"], strict=True) if box["sort"] == "choice"]
    assert choices and all(one.count("right") == 1 and one[-1] == "unread" for one in choices)
    page = practice("mazur", options=SheetOptions(ask=("shapes", "parameters")))
    asked = pieces(page.html, page.ids)
    for text, count in (("2x2", 1), ("(2, 2)", 1), ("2 × 2", 1), ("two", 0)):
        (found_shapes,) = asked.judged([(0, [text] * len(page.ids))])
        assert bool(sum(said["kind"] == "right" for said in found_shapes)) == bool(count)


# -- its arithmetic --------------------------------------------------------------------------------------------

NUMBERS = ("-7", "-1.25", "-0.5", "0", "0.3", "0.75", "1", "2.5", "11")


def test_every_function_encloses_its_value() -> None:
    """Each function that a formula may call, at exact numbers and at wide ones, beside certified values."""
    need("node")
    rows, codes = [], []
    for name, row in EVERY.items():
        for text in NUMBERS if name != "pi" else ("0",):
            several = () if name == "pi" else (text, "0.4") if name in ("max", "min") else (text,)
            formula = Call(name, tuple(const(Fraction(one)) for one in several))
            try:
                value = compile_value(formula)({})
            except (OutsideDomain, Undecided):
                continue
            rows.append((name, text, value))
            codes.append(function(formula, {}.__getitem__))
        assert row is not None
    assert len(rows) > 100
    ends = run_in_node(codes)
    for (name, text, value), (low, high) in zip(rows, ends, strict=True):
        low_end, high_end = fmpq(*float(low).as_integer_ratio()), fmpq(*float(high).as_integer_ratio())
        assert value >= low_end and value <= high_end, f"{name}({text})"
        assert high_end - low_end < fmpq(1, 10**11) * max(1, abs(high_end)), f"{name}({text})"


def run_in_node(codes: Sequence[str]) -> list[list[float]]:
    begins = "const formulas = ["
    script = ready("hmkcode").script.replace(begins, f"const others = [{','.join(codes)}];\n{begins}")
    call = (
        'const { runInThisContext } = require("node:vm");'
        'runInThisContext(require("node:fs").readFileSync(0, "utf8"));'
        'console.log(JSON.stringify(runInThisContext("others").map((one) => one([]))));'
    )
    run = subprocess.run(["node", "-e", call], input=script, capture_output=True, encoding="utf-8", check=True)
    found: list[list[float]] = json.loads(run.stdout)
    return found


# -- the file --------------------------------------------------------------------------------------------------


def test_the_policy_lets_this_script_run_alone() -> None:
    """One script, whose hash the policy has; nothing is loaded from anywhere, and the page says that it is no exam."""
    text = made("mazur", 3).html
    script = ready("mazur", 3).script
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text and "default-src 'none'" in text and "connect-src" not in text
    assert script.isascii(), "a script that is read in another encoding has another hash"
    outside = re.sub(re.escape(script), "", text)
    assert outside.count("<script") == 2 and not re.search(r"\bon\w+=|https?://(?!www\.w3\.org/)", outside)
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|eval|Function|import)\s*\(", script)
    assert "is no exam" in text
    assert len(text.encode()) < 1_000_000


def test_no_answer_stands_in_clear_text() -> None:
    text = made("mazur", 3).html
    answers = [answer for answer in right_answers("mazur").values() if len(answer) > 6]
    assert len(answers) > 20 and not [answer for answer in answers if answer in text]


HOSTILE = "</script><script>alert(1)</script> {{x}} <img src=x onerror=alert(1)> `${1}` & \" '"


def test_text_is_text() -> None:
    """Titles, names and words of a hostile author are shown as they are written and are never code."""
    table = tomllib.loads(example_text("circuit"), parse_float=Decimal)
    table["title"] = table["story"] = HOSTILE
    table["words"] = {"practice_right": HOSTILE.replace("{{x}}", "").replace("{1}", ""), "practice_hint": "<b>"}
    page = practice(table)
    assert page.html.count("<script") == 2 and page.html.count("</script>") == 2
    assert "<img" not in page.html
    asked = pieces(page.html).asked
    assert asked["phrases"]["hint"] == "&lt;b&gt;" and "<" not in asked["phrases"]["right"]


def test_all_words_can_be_others() -> None:
    """In another language no phrase of the page is left in English."""
    page = practice(in_greek("hmkcode"))
    asked = pieces(page.html).asked
    shown = " ".join([*asked["phrases"].values(), *asked["sentences"], *(hint["rule"] for hint in asked["hints"])])
    shown += html.unescape(re.sub(r"<(style|script).*?</\1>", "", page.html, flags=re.S))
    words = set(re.findall(r"[A-Za-z]{3,}", re.sub(r"<[^>]*>|\{\w+\}|&\w+;", " ", shown)))
    assert WORDS["practice_right"] in shown and words <= {"prediction", "actual", "Error"}


REFUSED = {
    "--find-the-error 1": "results",
    "--variants 51": "from 0 to 50",
    "--roster x.csv": "--roster",
    "--fragment": "",
    "--seed 3": "--variants",
    "--solution": "--solution",
    "--answers-only": "boxes alone",
}


@pytest.mark.parametrize("options", REFUSED)
def test_options_that_do_not_go_with_it(options: str, tmp_path: Path) -> None:
    run = CliRunner().invoke(
        main, ["worksheet", "hmkcode", "--format", "practice", "-o", str(tmp_path), *options.split()]
    )
    assert run.exit_code == 2 and REFUSED[options] in run.output and not list(tmp_path.iterdir())


def test_more_than_one_format_or_problem(tmp_path: Path) -> None:
    for arguments in (["hmkcode", "--format", "practice,pdf"], ["hmkcode", "mazur", "--format", "practice"]):
        run = CliRunner().invoke(main, ["worksheet", *arguments, "-o", str(tmp_path)])
        assert run.exit_code == 2 and "practice" in run.output
    with pytest.raises(InputError, match="from 0 to 50"):
        practice("hmkcode", -1)


def test_the_head_of_a_sheet(tmp_path: Path) -> None:
    """Course, time and logo stand on the page; the logo is inside."""
    (tmp_path / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', "utf-8")
    head = tmp_path / "course.toml"
    lines = ('course = "CS <1>"', "time = 20", 'title = "Quiz & more"', 'logo = "logo.svg"', "large = true")
    head.write_text("\n".join(lines), "utf-8")
    text = practice("hmkcode", head=str(head)).html
    assert "CS &lt;1&gt;" in text and "Time: 20 minutes" in text and "<h1>Quiz &amp; more</h1>" in text
    assert 'src="data:image/svg+xml;base64,' in text and "font-size: 140%" in text


# -- in a browser ----------------------------------------------------------------------------------------------

DRIVEN = """<script>
addEventListener("load", () => {
  const found = {};
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument, at = (k) => page.querySelector(`[data-box="${k}"]`);
    const write = (k, text) => {
      const input = at(k).querySelector("input");
      input.value = text;
      input.dispatchEvent(new Event("change"));
      const told = page.getElementById("told").textContent, invalid = input.getAttribute("aria-invalid");
      return { said: at(k).querySelector(".said").textContent, look: at(k).className, told, invalid };
    };
    const rows = { wrong: write(0, "0.0275"), follows: write(1, "0,50687") };
    rows.right = write(0, "0.3775");
    rows.after = { said: at(1).querySelector(".said").textContent };
    const hints = [];
    for (let k = 0; k < 3; k++) {
      at(1).querySelector(".hint").click();
      hints.push(at(1).querySelector(".hints").lastElementChild.textContent);
    }
    rows.hints = hints;
    for (const button of page.querySelectorAll(".hint")) while (!button.hidden) button.click();
    rows.numbers = [...page.querySelectorAll(".hints")].map((one) => one.lastElementChild?.textContent ?? "");
    rows.hidden = at(1).querySelector(".hint").hidden;
    rows.progress = page.getElementById("progress").textContent;
    const inputs = [...page.querySelectorAll("input")];
    const described = (input) => page.getElementById(input.getAttribute("aria-describedby")) !== null;
    rows.labelled = inputs.every((input) => input.labels.length === 1 && described(input));
    const before = page.querySelector(".given").textContent;
    page.getElementById("other").click();
    const changed = before !== page.querySelector(".given").textContent;
    rows.other = [page.getElementById("which").textContent, changed, at(0).querySelector("input").value];
    page.getElementById("other").click();
    rows.back = at(0).querySelector("input").value;
    found[frame.title] = rows;
  }
  document.body.textContent = JSON.stringify(found);
})</script>"""


def test_in_a_browser(tmp_path: Path) -> None:
    """Answers, hints by level, other numbers, and what was written is there again."""
    content = f"<!DOCTYPE html><body>{framed(made('mazur', 1).html, 390, 900, 'mazur')}{DRIVEN}</body>"
    dom = chromium(tmp_path, content, "--dump-dom")
    found = json.loads(html.unescape(re.search(r"<body>(.*)</body>", dom, re.S)[1]))["mazur"]
    assert "bias" in found["wrong"]["said"] and "Instead" in found["wrong"]["said"]
    assert "bad" in found["wrong"]["look"] and found["wrong"]["invalid"] == "true"
    assert found["wrong"]["told"].startswith("1a: ") and "0 of 40 right" in found["wrong"]["told"]
    assert "1a" in found["follows"]["said"] and "own" in found["follows"]["look"]
    assert found["right"]["said"] == "Right." and found["after"]["said"] != found["follows"]["said"]
    assert [hint.partition(".")[0] for hint in found["hints"]] == ["Rule", "Formula", "Numbers"] and found["hidden"]
    assert len(found["numbers"]) == 40 and not [one for one in found["numbers"] if re.search(r"=\s*(;|$)", one)]
    assert "0.3775" in found["hints"][2] and found["progress"] == "1 of 40 right" and found["labelled"]
    assert found["other"] == ["Numbers 2 of 2", True, ""] and found["back"] == "0.3775"


@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_a_phone(tmp_path: Path, dark: bool) -> None:
    frames = [framed(made(name).html, width, 800, name) for name in ("mazur", "circuit") for width in (360, 1280)]
    found = told(tmp_path, frames, dark=dark)
    assert len(found) == 4 and [row for row in found if row["page"] > row["width"]] == []
    assert {row["paper"] for row in found} == {"rgb(21, 24, 29)" if dark else "rgb(255, 255, 255)"}


def test_hints_name_every_number() -> None:
    """The numbers that are put in are given, printed on the sheet, or in a box."""
    need("node")
    for name in ("circuit", "cnn", "attention", "rohan-relu"):
        page = ready(name)
        (variant,) = opened(page)
        known = {at for at, _ in (*variant["givens"], *variant["printed"])} | {box["at"] for box in page.asked["boxes"]}
        used = [at for hint in page.asked["hints"] for _, at in hint["numbers"]]
        assert len(used) > 20 and set(used) <= known, name


def opened(page: Ready) -> list[dict[str, Any]]:
    """What is sealed in a page, as its script reads it."""
    call = (
        'const { runInThisContext } = require("node:vm");'
        'const { script, sealed } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));'
        'runInThisContext(script); console.log(JSON.stringify(sealed.map(runInThisContext("opened"))));'
    )
    given = json.dumps({"script": page.script, "sealed": page.asked["variants"]})
    run = subprocess.run(["node", "-e", call], input=given, capture_output=True, encoding="utf-8", check=True)
    found: list[dict[str, Any]] = json.loads(run.stdout)
    return found
