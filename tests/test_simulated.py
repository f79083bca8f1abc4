"""The simulated students know the textbook, their right work is right, and what they call provable is so."""

import json
import re
from decimal import Decimal

import pytest
from simulated.formula import names_in
from simulated.mistakes import ROWS
from simulated.names import KEYS
from simulated.problems import EXAMPLES, lesson_of, table_of
from simulated.provable import as_float, unexplained
from simulated.sheets import drawn_sheet, styles_for
from simulated.style import STYLES
from simulated.textbook import Lesson

import derive
from derive.mistakes import MISTAKES

NETWORKS = tuple(f"random-{number}" for number in range(8))
PROBLEMS = (*EXAMPLES, *NETWORKS)


@pytest.mark.parametrize("name", PROBLEMS)
def test_textbook_and_derive_agree(name: str) -> None:
    """The lines of a lesson, worked without rounding, are the values that derive prints, and none is missing."""
    solution = derive.solve(name if name in EXAMPLES else dict(table_of(name)))
    printed = {solution.quantity(key).id: Decimal(text) for key, text in json.loads(solution.values_json()).items()}
    lesson = lesson_of(name)
    worked = lesson.solved()
    computed = printed.keys() - lesson.givens.keys()
    alias = {key for key in computed if _of_one_unit(key) and lesson.shared(_layer(key))}
    unseen = {key for key in computed if key not in lesson.lines and "a[0]" in key}  # of examples that are not used
    assert computed - alias - unseen == lesson.lines.keys()
    for key in lesson.lines:
        assert abs(worked[key] - printed[key]) <= Decimal("1e-18") * (1 + abs(printed[key])), key


def _of_one_unit(key: str) -> bool:
    """Whether the id is that of a unit's bias, such as b_new[2][0] or after[2].b[2][0]."""
    return re.fullmatch(r"(after\[\d+\]\.)?b(_new)?\[\d+\]\[\d+\]", key) is not None


def _layer(key: str) -> int:
    return int(key.partition("b")[2].partition("[")[2].partition("]")[0])


def test_every_style_is_drawn_and_every_problem_has_most() -> None:
    drawn = {drawn_sheet("mazur", str(number)).style.name for number in range(150)}
    assert drawn == set(STYLES) - {"mean inside"}
    assert "mean inside" in styles_for(next(n for n in NETWORKS if len(lesson_of(n).seen(0)) > 1 and lesson_of(n).mean))


@pytest.mark.parametrize("name", PROBLEMS)
def test_right_work_has_no_false_statement(name: str) -> None:
    """On a sheet without errors right work gives every value, and without rounding every value is the true one."""
    values = 0
    for number, style in enumerate(styles_for(name) * 3):
        sheet = drawn_sheet(name, f"right {number}", style, "none")
        assert unexplained(sheet) == frozenset(), (number, style)
        assert set(sheet.truth.values()) <= {"right"}
        values += len(sheet.rows)
        if style == "full precision":
            true = sheet.plan.lesson.solved()
            for key, text in sheet.rows:
                assert as_float(text) == pytest.approx(float(true[key]), rel=1e-11, abs=1e-7), key
    assert values > 100


def test_conventions_differ_where_they_should() -> None:
    """Target minus output turns deltas and gives the same new weights; 1/n inside scales one example's gradients."""
    plain, turned = lesson_of("mazur").solved(), lesson_of("mazur", flipped=True).solved()
    assert turned["dL/dz[1][0]"] == -plain["dL/dz[1][0]"]
    assert all(turned[key] == value for key, value in plain.items() if key.startswith("W_new"))
    table = {**table_of("mazur"), "data": {"inputs": [[1, 2], [3, 4]], "targets": [[0, 1], [1, 0]]}}
    own, inside = Lesson(table).solved(), Lesson(table, inside=True).solved()
    assert inside["sample[1].dL/dz[1][0]"] == pytest.approx(own["sample[1].dL/dz[1][0]"] / 2)
    assert inside["dL/dW[1][0][0]"] == pytest.approx(own["dL/dW[1][0][0]"])


@pytest.mark.parametrize("name", PROBLEMS)
def test_wrong_work_is_provable_and_the_rest_is_explained(name: str) -> None:
    """Nearly every error can be proven, and no value is unexplained that was worked rightly from what is stated."""
    shown = proven = 0
    for number in range(60):
        sheet = drawn_sheet(name, f"wrong {number}", errors="slip" if number % 2 else "mistake")
        if any(fault.pen_only for fault in sheet.faults):
            continue
        found = unexplained(sheet)
        assert {key for key in found if sheet.truth[key] == "follows"} == set(), number
        for shows in sheet.shows:
            shown += bool(shows)
            proven += bool(shows & found)
    assert shown > 20
    assert proven >= 0.85 * shown


def test_mistakes_are_many_and_all_can_be_made() -> None:
    """Every row has a name of its own, stands on names that exist, and can be made in one of these problems."""
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names) >= 60
    lessons = [lesson_of(f"random-{number}") for number in range(90)]
    made = set()
    for lesson in lessons:
        for row in ROWS:
            for formula in row.sites(lesson).values():
                made.add(row.name)
                assert all(name in lesson.lines or name in lesson.givens for name in names_in(formula)), row.name
    assert set(names) - made == set()


def test_names_are_those_of_the_tables() -> None:
    """Every kind that has a name in the checker exists here, and every such name there."""
    assert KEYS.keys() <= {row.name for row in ROWS}
    assert {key for keys in KEYS.values() for key in keys} <= {mistake.key for mistake in MISTAKES}
    assert len(KEYS) > 100


def test_the_same_seed_gives_the_same_sheet() -> None:
    first, second = (drawn_sheet("rohan", "again 3") for _ in range(2))
    assert first.rows == second.rows and first.faults == second.faults
    assert first.rows != drawn_sheet("rohan", "again 4").rows
