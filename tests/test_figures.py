"""Pictures in solutions: which ones there are, what they show, and when there is none."""

import re

import pytest
from networks import random_network
from test_diagram import check_geometry, check_numbers, long_numbers

from derive import solve
from derive.diagram import scale
from derive.document import Document, Figure, Section, figures
from derive.narrate.figures import LEAST_SCALE
from derive.reading import example_names, problem_from_dict
from derive.solution import Solution


def found(document: Document) -> list[Figure]:
    return list(figures((*document.lead, *document.sections)))


def names(solution: Solution) -> list[str]:
    return [figure.name for figure in found(solution.document)]


@pytest.mark.parametrize(
    ("name", "form", "detail", "expected"),
    [
        ("mazur", "chain", "standard", ["network", "forward", "path-w1", "backward"]),
        ("mazur", "chain", "full", ["network", "forward", "path-w1", "backward"]),
        ("mazur", "chain", "brief", ["network", "forward", "backward"]),
        ("mazur", "matrix", "standard", ["network", "forward", "backward"]),
        ("rohan-relu", "index", "standard", ["network", "forward", "backward", "losses"]),
    ],
)
def test_which_pictures(name: str, form: str, detail: str, expected: list[str]) -> None:
    """The path where a chain is worked, the losses where there are several steps, each picture once."""
    assert names(solve(name, form=form, detail=detail)) == expected


def test_places() -> None:
    """Each picture stands in the chapter whose last number it shows."""
    chapters = {
        "".join(getattr(word, "text", "") for word in section.title): [one.name for one in figures(section.blocks)]
        for section in solve("mazur").document.sections
    }
    assert {title: there for title, there in chapters.items() if there} == {
        "The problem": ["network"],
        "Loss": ["forward"],
        "Backward pass": ["path-w1", "backward"],
    }


@pytest.mark.parametrize("name", example_names())
def test_pictures_are_right(name: str) -> None:
    """No label lies on another, every number is the solution's, every caption is a sentence, and all are readable."""
    solution = solve(name, form="chain")
    pictures = found(solution.document)
    assert len(pictures) >= 3 + ("path" in str(names(solution)))
    for figure in pictures:
        check_geometry(figure.scene)
        check_numbers(solution, figure.scene)
        assert scale(figure.scene) >= LEAST_SCALE
        assert getattr(figure.caption[-1], "text", "")[-1] == "."


@pytest.mark.parametrize(
    ("sizes", "least"), [((2, 2, 1), 3), ((7, 2, 1), 0), ((2, 7, 1), 0), ((1, 1, 1, 1), 3), ((1, 1, 1, 1, 1), 0)]
)
def test_large_networks_have_no_pictures(sizes: tuple[int, ...], least: int) -> None:
    """More than six units or four layers are not drawn; the curve of the losses always is."""
    drawn = [name for name in names(solve(long_numbers(sizes))) if name != "losses"]
    assert len(drawn) == least or (least and len(drawn) > least)


def test_what_would_be_too_small_is_left_out() -> None:
    """Six units with long numbers in each of four layers do not fit a page."""
    solution = solve(long_numbers((6, 6, 6, 6)))
    assert names(solution) == ["losses"]
    assert all(picture not in solution.render("tex") for picture in ("Figure 2", "figure2"))


@pytest.mark.parametrize("seed", range(10))
def test_random_networks(seed: int) -> None:
    """Several examples: the pictures are those of the first one."""
    solution = solve(problem_from_dict(random_network(seed)), form="chain")
    assert len(names(solution)) == len(set(names(solution)))
    text = solution.render("md", pictures=True)
    links = re.findall(r"^!\[.*\]\((.*)\)$", text, re.MULTILINE)
    assert links == list(solution.pictures())
    assert re.findall(r"^\*\*Figure (\d+)\.\*\*", text, re.MULTILINE) == [str(n + 1) for n in range(len(links))]


def test_pictures_of_a_section() -> None:
    """What is found stands at any depth."""
    inner = found(solve("mazur").document)[0]
    section = Section((), (Section((), (inner,)), inner))
    assert list(figures([section])) == [inner, inner]
