"""Names and numbers in colour: a number that stands for a name has the name's colour.

Read from the finished LaTeX: in every row `name = formula = numbers = result` the colours of the numbers are those of
the names whose places they take, one by one, and the result has the colour of the name on the left.
"""

import re
from collections.abc import Iterator

import pytest

import derive
from derive.errors import InputError
from derive.palette import ROLES, UNITS
from derive.reading import example_names

NUMBER = re.compile(r"-?\d+(\.\d+)?")
RELATION = re.compile(r"(?<![\\a-z])(?:=|\\approx)(?![a-z])")
FEWEST_ROWS = 5


def pieces(tex: str) -> Iterator[tuple[str, str]]:
    """Role and text of everything in colour, outermost, in the order of the page."""
    at = 0
    while (found := re.compile(r"\\q([a-z]+)\{").search(tex, at)) is not None:
        end, depth = found.end(), 1
        while depth:
            depth += {"{": 1, "}": -1}.get(tex[end], 0)
            end += 1
        yield found[1], tex[found.end() : end - 1]
        at = end


def covered(tex: str) -> str:
    """The same without what is in colour, and of the same length, so that signs inside names are no relations."""
    shown = list(tex)
    for role, text in pieces(tex):
        whole = rf"\q{role}{{{text}}}"
        for start in (match.start() for match in re.finditer(re.escape(whole), tex)):
            shown[start : start + len(whole)] = "x" * len(whole)
    return "".join(shown)


def rows(tex: str) -> Iterator[list[str]]:
    """The displayed lines, also those that stand side by side, each as its sides between the signs of equality."""
    for display in re.findall(
        r"\\begin\{(?:aligned|align\*?|equation\*?)\}(.*?)\\end\{(?:aligned|align|equation)", tex, re.S
    ):
        joined = re.sub(r"\\\\\s*(?:\[[^]]*\])?\s*&\s*(?:\\quad\s*)?", " ", display)
        for row in re.split(r"\\\\|&\s*\\qquad", joined):
            row = row.replace("&", " ")
            cuts = [match.span() for match in RELATION.finditer(covered(row))]
            edges = [0, *(edge for cut in cuts for edge in cut), len(row)]
            yield [row[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]


@pytest.mark.parametrize("name", example_names("networks"))
def test_numbers_have_the_colours_of_the_names_that_they_stand_for(name: str) -> None:
    compared = 0
    for left, *sides in rows(derive.solve(name).render("tex")):
        before: list[str] | None = None
        for side in sides:
            found = list(pieces(side))
            numbers = bool(found) and all(NUMBER.fullmatch(text) for _, text in found)
            roles = [role for role, _ in found]
            if numbers and before is not None and len(before) == len(roles) > 1:
                assert roles == before, (left, side)
                compared += 1
            if numbers and len(roles) == 1 and side is sides[-1] and NUMBER.fullmatch(found[0][1]):
                assert [role for role, _ in pieces(left)][:1] in ([], roles), (left, side)
                compared += 1
            before = None if numbers else roles
    assert compared >= FEWEST_ROWS


FORMATS = {"tex": r"\\qweight\{0\.40\}", "typ": r"qweight\(0\.40\)", "html": r'<mn class="q-weight">0\.40</mn>'}


@pytest.mark.parametrize("format", FORMATS)
def test_colours_of_a_format(format: str) -> None:
    solution = derive.solve("mazur")
    assert re.search(FORMATS[format], solution.render(format))
    assert "Colours: " in solution.render(format)
    plain = solution.render(format, colours="none")
    assert "Colours: " not in plain
    assert not re.search(r"\\qweight|qweight\(|\.q-weight", plain)


def test_markdown_is_coloured_on_request_alone() -> None:
    solution = derive.solve("mazur")
    assert r"\color" not in solution.render("md")
    assert rf"{{\color{{{ROLES['weight'].ink.light}}}0.40}}" in solution.render("md", colours="role")


def test_weights_by_unit() -> None:
    """w5 and w6 lead into the first output, w7 and w8 into the second."""
    tex = derive.solve("mazur").render("tex", colours="unit")
    for name, number, role in (("w_{5}", "0.40", UNITS[0]), ("w_{7}", "0.50", UNITS[1])):
        assert rf"\q{role}{{{name}}}" in tex
        assert rf"\q{role}{{{number}}}" in tex
    assert r"\qweight{w" not in tex


def test_equations_are_coloured_too() -> None:
    tables = {"title": "x", "inputs": {"x": 2}, "parameters": {"w": 3}, "model": {"equations": "L = w*x"}}
    tex = derive.solve(tables).render("tex")
    assert r"\qweight{3} \cdot \qinput{2}" in tex
    # Nothing of a network is named where there is none.
    legend = re.search(r"Colours: .*", tex)
    assert legend and re.findall(r"text\{(.*?)[,.]\}", legend[0]) == ["given", "parameter", "result", "gradient"]


def test_parameters_of_equations_by_unit() -> None:
    """Rows of a matrix and elements of a vector by their first index, single parameters in turn; one legend."""
    tables = {
        "title": "x",
        "inputs": {"x": [2, 3]},
        "parameters": {"W": [[1, 4], [5, 6]], "b": [7, 8], "v": 9},
        "model": {"equations": "z = W@x + b\nL = v*sum(z^2)"},
    }
    for name in ("tex", "typ", "html"):
        text = derive.solve(tables).render(name, colours="unit")
        legend = re.search(
            r"Colours: .*", re.sub(r"<[^>]*>", "", text).replace("\xa0", " ") if name == "html" else text
        )
        assert legend and [one for one in ("index 1", "index 2", "v") if one not in legend[0]] == [], name
    tex = derive.solve(tables).render("tex", colours="unit")
    for painted in (r"\qunita{4}", r"\qunitb{5}", r"\qunitb{8}", r"\qunitc{v}", r"\qunitc{9}"):
        assert painted in tex
    assert r"\qunit" not in derive.solve(tables).render("tex")


def test_unknown_colours_are_told() -> None:
    with pytest.raises(InputError, match="colours: expected role, unit or none"):
        derive.solve("mazur").render("tex", colours="roles")  # type: ignore[arg-type]
