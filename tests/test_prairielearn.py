"""The folder of a question for PrairieLearn: its own marking, run as PrairieLearn runs it."""

import importlib.util
import json
import re
import uuid
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from platform_sheets import beyond, by_hand, faults, told
from small_networks import network
from test_mistakes import KEYS, NOT_BY_HAND

import derive
from derive.platforms import Bank, export
from derive.worksheet import SheetOptions


def server(folder: Path) -> ModuleType:
    """The program of a question."""
    spec = importlib.util.spec_from_file_location("server", folder / "server.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fresh(folder: Path, seed: int) -> dict[str, Any]:
    """What PrairieLearn hands to a question whose variant it draws."""
    data: dict[str, Any] = {
        "variant_seed": seed, "options": {"question_path": str(folder)}, "params": {}, "correct_answers": {},
        "submitted_answers": {}, "partial_scores": {}, "feedback": {}, "score": 0,
    }  # fmt: skip
    server(folder).generate(data)
    return data


def markers(folder: Path, seed: int = 0) -> list[Any]:
    program = server(folder)
    return [lambda text, box=box: program.mark(box, text) for box in fresh(folder, seed)["params"]["boxes"]]


@pytest.fixture(scope="module")
def mazur(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pl") / "mazur"
    export("mazur", "prairielearn", folder)
    return folder


def test_right_numbers_and_mistakes(mazur: Path) -> None:
    """Every box by the ranges of the key, and with words for mistakes that are calculated without derive."""
    bank = Bank("mazur", None, SheetOptions())
    blanks = next(bank.variants()).blanks
    rows, places = [one.row for one in blanks], [bank.sheet.policy.shown_places(one.quantity) for one in blanks]
    found = markers(mazur)
    assert [*faults(rows, found, places), *beyond(rows, found, places)] == []
    table = json.loads(bank.sheet.solution.problem.model_dump_json(exclude_none=True))
    keys = [key for key in KEYS if key not in NOT_BY_HAND]
    named = [
        told(lambda text, at=at: found[at](text), text, key) for key, at, text in by_hand(table, rows, places, keys)
    ]
    assert len(named) > 30 and named.count("named") >= 0.9 * len(named)


def test_whole_submission(mazur: Path) -> None:
    """Scores of the boxes by their points, and what is said of a known mistake."""
    data = fresh(mazur, 1)
    data["submitted_answers"] = dict(data["correct_answers"])
    server(mazur).grade(data)
    assert data["score"] == 1 and data["feedback"]["said"] == []
    data["submitted_answers"]["b1a"] = 0.0275
    del data["submitted_answers"]["b1b"]
    server(mazur).grade(data)
    points = sum(box["points"] for box in data["params"]["boxes"])
    assert data["score"] == pytest.approx((points - 2) / points)
    (said,) = data["feedback"]["said"]
    assert said["label"] == "1a" and "The bias" in said["words"]


def test_files(mazur: Path) -> None:
    """What PrairieLearn asks of a question; every name in braces of the page is one that is put in."""
    about = json.loads((mazur / "info.json").read_text("utf-8"))
    assert uuid.UUID(about["uuid"]).version == 5 and about["type"] == "v3" and about["title"] and about["topic"]
    page = (mazur / "question.html").read_text("utf-8")
    names = set(re.findall(r"\{\{\{?[#^/]?([\w.]+)\}?\}\}", page))
    known = {"params.lead", "params.boxes", "params.worked", "feedback.said", "words"}
    assert names == known | {"text", "label", "left", "number", "id", "atol", "points"}
    (picture,) = re.findall(r'file-name="([^"]*)" directory="clientFilesQuestion" alt="The network', page)
    assert (mazur / "clientFilesQuestion" / picture).read_text("utf-8").startswith("<svg")


def test_variants_are_drawn_by_the_seed(tmp_path: Path) -> None:
    derive.worksheets("hmkcode", 3, seed=5, output=tmp_path / "quiz")
    export(tmp_path / "quiz", "prairielearn", tmp_path / "question")
    codes = [fresh(tmp_path / "question", seed)["params"]["code"] for seed in range(6)]
    assert len(set(codes)) == 3 and codes[:3] == codes[3:]


def test_letters_and_shapes(tmp_path: Path) -> None:
    export("mazur", "prairielearn", tmp_path / "one", choice=3)
    data = fresh(tmp_path / "one", 0)
    box = next(one for one in data["params"]["boxes"] if not one["number"])
    program = server(tmp_path / "one")
    assert {letter: program.mark(box, letter)[0] for letter in "ABC"} == {
        letter: int(letter in box["right"]) for letter in "ABC"
    }
    assert all(program.mark(box, letter)[1] for letter in "ABC" if letter not in box["right"])
    export("mazur", "prairielearn", tmp_path / "two", ask=("shapes",))
    first = markers(tmp_path / "two")[0]
    assert first("2 x 2")[0] == 1 and first("2x3")[0] == 0


def test_text_is_text(tmp_path: Path) -> None:
    """Neither braces nor tags of a title reach the page."""
    title = '{{params.x}} </pl-question-panel> <script> " & ]]>'
    export(network(1, 1) | {"title": title}, "prairielearn", tmp_path / "one")
    page = (tmp_path / "one" / "question.html").read_text("utf-8")
    assert "params.x}}" not in page.replace("&#123;&#123;params.x}}", "") and "<script>" not in page
    assert json.loads((tmp_path / "one" / "info.json").read_text("utf-8"))["title"] == title
