"""The computation of equations step by step: every element once, in an order that can be computed, over its picture."""

import html
import json
import re
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import pytest
from test_html import STEPPED, SVG, chromium, framed, told, tree

from derive import solve
from derive.reading import example_names

EXAMPLES = [name for name in example_names() if name not in example_names("networks")]
PICTURES = {
    "circuit": ("The circuit",),
    "rnn": ("The recurrence",),
    "cnn": ("The numbers of O", "The numbers of M", "What is computed from what"),
    "attention": ("What is computed from what",),
    "adam": ("The circuit",),
}


@cache
def written(name: str) -> str:
    return solve(name).render("html")


def stepper(name: str) -> ET.Element:
    found = tree(written(name)).find(".//div[@class='stepper']")
    assert found is not None
    return found


def steps(name: str) -> list[ET.Element]:
    return stepper(name).findall(".//div[@class='step']")


@pytest.mark.parametrize("name", EXAMPLES)
def test_titles_are_one_clause_with_formulas(name: str) -> None:
    """What a step finds is told in words and formulas; no name as it is typed, and one colon before the formula."""
    for step in steps(name):
        title = step.find("p")
        assert title is not None
        words = "".join(title.itertext())
        assert words.count(":") == 1 and words.endswith((":", ".")) and not set("[]") & set(words)
        assert any(part.tag.endswith("math") for part in title.iter()) or not re.search(
            "changes with|new value of|update of", words
        )


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_number_is_found_once_after_what_it_needs(name: str) -> None:
    """All values, gradients and new values that the solution lists, of all rounds; nothing before its sources."""
    solution = solve(name)
    found = [step.get("data-quantity") or "" for step in steps(name)]
    assert len(found) == len(set(found)) > 5
    known = set(found)
    # A circuit has more numbers than its author named; every listed one that is no given number is a step.
    values = {str(one) for one in solution.ids() if one.by is None and one.owner is None}
    given = {one for one in values if re.split(r"[\[(.]", one)[0] in solution.system.givens}
    assert values - given - known == set()
    loss = {f"{after}d{solution.loss}/d{solution.loss}" for after in ("", *(f"after[{k}]." for k in range(1, 9)))}
    seen: set[str] = set()
    for step in steps(name):
        sources = {button.get("data-quantity", "").split()[0] for button in step.findall(".//button")}
        later = {source for source in sources if source in known} - seen
        assert later - loss == set(), step.get("data-words")
        seen.add(step.get("data-quantity") or "")


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_step_has_its_place(name: str) -> None:
    """What a step finds, or what it belongs to, stands in the picture that is shown with it."""
    passes = stepper(name).findall(".//div[@class='pass']")
    places = [{key for part in one.iter() for key in part.get("data-quantity", "").split()} for one in passes]
    without = []
    for step in steps(name):
        here = places[int(step.get("data-scene") or 0)]
        about = {step.get("data-quantity"), *(step.get("data-places") or "").split()}
        if not about & here:
            without.append(step.get("data-words"))
    # A learning rate, or a number that all parameters share, belongs nowhere.
    assert [words for words in without if "learning rate" not in str(words)] == []


@pytest.mark.parametrize("name", PICTURES)
def test_pictures(name: str) -> None:
    """Which kinds of pictures a problem has, one of each for every pass over it."""
    titles = [part.text or "" for part in stepper(name).iter(f"{SVG}title")]
    assert {title.partition(", step by step")[0] for title in titles} == set(PICTURES[name])


def test_parts_follow_each_other() -> None:
    """Three steps of training, and the pass after them."""
    parts = list(dict.fromkeys(step.find(".//span").text for step in steps("adam")))
    passes = [f"Step {k}, {what}." for k in (1, 2, 3) for what in ("forward pass", "backward pass", "update")]
    assert parts == [*passes, "Forward pass after three updates."]


def test_the_backward_pass_begins_with_the_loss() -> None:
    """That its derivative by itself is 1 is a step of its own, so that no picture shows it before."""
    titles = re.findall(r'data-words="([^"]*)"', written("circuit"))
    (at,) = [at for at, title in enumerate(titles) if "begins with the loss itself" in title]
    assert titles[at].startswith("Backward pass") and titles[at - 1].startswith("Forward pass")
    assert "equals 1" in titles[at]


def test_windows_are_where_the_kernel_lies() -> None:
    """Of one entry of a convolution the window in the input, and the kernel; the picture is that of the arrays."""
    step = next(step for step in steps("cnn") if step.get("data-quantity") == "O[2,2]")
    sources = {button.get("data-quantity") for button in step.findall(".//button")}
    window = {f"I[{i},{j}]" for i in (2, 3) for j in (2, 3)}
    assert {source for source in sources if source.startswith("I")} == window
    one = stepper("cnn").findall(".//div[@class='pass']")[int(step.get("data-scene"))]
    assert {part.get("data-quantity") for part in one.iter()} >= {*window, "K[1,1]", "O[2,2]"}


def test_a_long_computation_has_no_steps() -> None:
    tables = {
        "title": "A long sum",
        "inputs": {"x": list(range(1, 301))},
        "parameters": {"w": 2},
        "model": {"equations": "y[k] = w*x[k]\nL = sum(y)", "loss": "L"},
    }
    short = {**tables, "inputs": {"x": [1, 2, 3]}}
    assert ("<script>" in solve(short).render("html"), "<script>" in solve(tables).render("html")) == (True, False)


def test_a_round_that_has_no_room_is_said() -> None:
    tables = {
        "title": "Many steps",
        "inputs": {"x": list(range(1, 21))},
        "parameters": {"w": "1/2"},
        "model": {"equations": "y[k] = w*x[k]\nL = sum(y^2)", "loss": "L"},
        "training": {"learning_rate": "1/1000", "steps": 9},
    }
    text = solve(tables).render("html")
    assert re.search(r"Shown as far as update [1-8] of 9; the text below goes on\.", text)


def test_without_a_picture_there_are_formulas() -> None:
    """A softmax of two numbers is no circuit and too small for a graph: its steps stand alone."""
    tables = {
        "title": "Two shares",
        "inputs": {"z": ["1/2", "3/2"]},
        "model": {"equations": "p = softmax(z)\nL = -ln(p[1])", "loss": "L"},
    }
    found = tree(solve(tables).render("html")).find(".//div[@class='stepper']")
    assert found.findall(".//div[@class='pass']") == [] and len(found.findall(".//div[@class='step']")) > 3


NAMES = ["circuit", "cnn", "rnn", "attention", "adam"]


def test_in_a_browser(tmp_path: Path) -> None:
    """Every step shows one formula and one picture and lights what it is about; buttons, keys and slider move."""
    frames = [framed(written(name), 1280, 900, name) for name in NAMES]
    dom = chromium(tmp_path, f"<!DOCTYPE html><body>{''.join(frames)}{STEPPED}</body>", "--dump-dom")
    found = json.loads(html.unescape(re.search(r"<body>(.*)</body>", dom, re.S)[1]))
    assert list(found) == NAMES
    for name in NAMES:
        states, moves = found[name]["states"], found[name]["moves"]
        count = len(steps(name))
        assert [state["place"] for state in states] == [f"{n + 1} of {count}" for n in range(count)]
        assert [state["said"] for state in states[1:]] == [step.get("data-words") for step in steps(name)[1:]]
        assert [state["off"] for state in states if state["off"]] == [["back"], ["next"]]
        assert [n for n, state in enumerate(states) if not state["target"]] == []
        assert {state["passes"] for state in states} == {1}
        pending = [state["pending"] for state in states]
        assert pending == sorted(pending, reverse=True)
        assert [moves[key] for key in ("back", "left", "right", "picture", "home", "end")] == [
            f"{n} of {count}" for n in (count - 1, count - 2, count - 1, count - 1, 1, count)
        ]
        assert moves["edge"] == [f"{count - 1} of {count}", True]
        assert moves["hidden"] == [f"{count - 2} of {count}", True]
        assert moves["free"] == moves["ends"] == f"{count - 3} of {count}"
        assert moves["slider"] == [f"5 of {count}"] * 2
        assert "BUTTON" in found[name]["symbol"] and found[name]["after"] == []


def test_readable_on_a_phone(tmp_path: Path) -> None:
    """The page does not scroll sideways, and what does can be reached by the keyboard."""
    frames = [framed(written(name), width, 800, name) for name in NAMES for width in (360, 390, 1200)]
    found = told(tmp_path, frames)
    assert len(found) == 3 * len(NAMES)
    assert [row for row in found if row["page"] > row["width"] or row["unreachable"]] == []
