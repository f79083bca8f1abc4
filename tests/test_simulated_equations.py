"""The simulated students of problems given by equations: their right work is right, and the judge believes it."""

import itertools

import pytest
from flint import arb
from simulated.computed import KINDS, calculation_of
from simulated.formula import names_in
from simulated.judged import examiner
from simulated.names import COMPUTED
from simulated.provable import unexplained
from simulated.score import Score, scored
from simulated.sheets import drawn_sheet, styles_for

from derive.check.element_ways import ways_of_elements
from derive.mistakes.table import ELEMENT_MISTAKES
from derive.numbers import settle, with_precision
from derive.program import Program
from derive.subject import subject

PROBLEMS = [f"{kind}-{number}" for kind in KINDS for number in range(3)]


@pytest.mark.parametrize("name", PROBLEMS)
def test_calculation_and_derive_agree(name: str) -> None:
    """Every line of a calculation by hand has the number that derive has under that id."""
    calculation = calculation_of(name)
    numbers = {one.id: number for one, number in subject(calculation.table()).exact.numbers.items()}
    worked = calculation.solved()
    assert len(calculation.lines) > 8
    for line in calculation.lines:
        assert float(numbers[line]) == pytest.approx(float(worked[line]), rel=1e-12, abs=1e-12), line


@pytest.mark.parametrize("name", PROBLEMS)
def test_wrong_formulas_stand_on_names_that_exist(name: str) -> None:
    calculation = calculation_of(name)
    known = calculation.lines.keys() | calculation.givens.keys()
    for row in calculation.rows:
        for line, formula in row.formulas.items():
            assert line in calculation.lines
            assert set(names_in(formula)) <= known, (row.name, line)


@pytest.mark.parametrize("name", PROBLEMS)
def test_right_work_has_no_false_statement(name: str) -> None:
    """On a sheet without errors right work gives every value, in every style."""
    for number, style in enumerate(styles_for(name)):
        sheet = drawn_sheet(name, f"right {number}", style, "none")
        assert unexplained(sheet) == frozenset(), (number, style)


@pytest.mark.parametrize("kind", KINDS)
def test_right_values_are_not_accused_and_errors_are_found(kind: str) -> None:
    """A small draw of what the sweep has many of."""
    total = Score()
    for problem, number in itertools.product(range(2), range(6)):
        name = f"{kind}-{problem}"
        sheet = drawn_sheet(name, f"judged {number}")
        total.add(scored(sheet, examiner(name).verdicts(sheet.rows)))
    assert [failure for failure in total.failures if failure[0] == "accused"] == []
    count = {what: sum(n for key, n in total.counts.items() if key[3] == what) for what in ("values", "wrong")}
    assert count["values"] > 20
    assert count["wrong"] > 2


def test_names_are_those_of_the_tables() -> None:
    """Every name that the judge is to give exists in its table, and most rows of it are known to the students."""
    made = {row.name for kind in KINDS for number in range(40) for row in calculation_of(f"{kind}-{number}").rows}
    keys = {mistake.key for mistake in ELEMENT_MISTAKES}
    assert COMPUTED.keys() <= made
    assert {key for names in COMPUTED.values() for key in names} <= keys


@pytest.mark.parametrize("name", PROBLEMS)
def test_other_right_ways_give_the_same_number(name: str) -> None:
    """A way that the judge takes for right has the true number, to more digits than anybody writes."""
    steps = subject(calculation_of(name).table())
    program = Program(steps.trace)
    numbers = steps.exact.numbers
    given = [numbers[one] for one in program.quantities[: -len(program.lines)]]
    registers = with_precision(lambda: program.exact(given))
    ways = list(ways_of_elements(program))
    for target, formula in ways:
        apart = arb(settle(program.compiled(target, formula).value(registers)) - numbers[target])
        assert apart.contains(0), target
        assert apart.rad() < 1e-11 * (1 + abs(arb(numbers[target]))), target
    assert len(ways) > 5 or not name.startswith(("batchnorm", "layernorm", "attention"))
