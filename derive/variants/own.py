"""A single worksheet, with the numbers of the problem itself: how many decimals it needs, and what it cannot show.

The conditions are those that a class set has for drawn numbers: gradients show enough digits, no answer is shown as 0
that is not 0, and the usual mistakes give other final answers than right work and than each other. Decimals are added
while that mends something, unless the author has said how every result is rounded. What stays is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import flint

from derive.errors import counted, listed
from derive.model import ModelProblem
from derive.numbers import OutsideDomain, Undecided, decimal_text
from derive.quantity import Quantity
from derive.solution import problem_of
from derive.spec import Problem
from derive.variants.constraints import short_gradients, stated, vanishing
from derive.variants.draw import Drawn, random_words
from derive.variants.exercises import exercise_of
from derive.variants.setting import HIGHEST, Candidate, Setting, Wrong
from derive.worksheet import LONGEST_DECIMALS, Advice, Logo, SheetOptions, compile_sheet
from derive.worksheet.sheet import BaseSheet

PROBES = 4
"""Sets of numbers beside the problem's own by which mistakes are known that are no mistakes here."""
NEAR = 20
"""Such a number differs from the problem's own by at most one part in so many."""
PARTS = 2000
MOST_NAMED = 5
"""Answers or mistakes that a sentence names; of more, the first ones and how many there are."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What some numbers do not show at so many decimals.

    `hidden` are the answers that are shown as 0 and are not 0, `short` the gradients that show too few digits,
    `alike` the calculations that give the same final answers.
    """

    decimals: int
    hidden: tuple[Quantity, ...]
    short: tuple[Quantity, ...]
    alike: tuple[tuple[Wrong | None, Wrong], ...]

    @property
    def faults(self) -> int:
        return len(self.hidden) + len(self.short) + len(self.alike)


def own_sheet(
    problem: str | Path | Mapping[str, object] | Problem | ModelProblem,
    options: SheetOptions | None = None,
    logo: Logo | None = None,
    first: int = 1,
) -> BaseSheet:
    """The worksheet of a problem with its own numbers, with decimals enough to show what it asks for.

    `logo` and `first` are those of `compile_sheet`. Raises `InputError` as `compile_sheet` does.

    >>> own_sheet("mazur").policy.decimals, own_sheet("hmkcode").policy.decimals
    (5, 4)
    """
    options = options or SheetOptions()
    if isinstance(problem, str | Path | Mapping):
        problem = problem_of(problem)
    sheet = compile_sheet(problem, options, logo=logo, first=first)
    fits = list(_fits(sheet))
    by_whom = decided(problem, options)
    best = min(fits, key=lambda fit: fit.faults)
    chosen = fits[0] if by_whom else best
    if options.find is not None:
        # What cannot be told apart in the answers of a worksheet is no matter here: the planter looks at every line.
        return sheet if chosen is fits[0] else compile_sheet(problem, replace(options, decimals=chosen.decimals))
    advice = Advice(tuple(_Teller(sheet, by_whom).remarks(fits, chosen, best)), frozenset(chosen.hidden))
    if advice == Advice():
        return sheet
    if chosen is not fits[0]:
        options = replace(options, decimals=chosen.decimals)
    return compile_sheet(problem, options, advice, logo, first)


def decided(problem: Problem | ModelProblem, options: SheetOptions) -> str:
    """What has decided how answers are rounded, so that the program has not to; empty where nothing has."""
    if options.decimals is not None:
        return "--decimals says so"
    if problem.rounding.carry:
        return "the problem carries rounded results"
    return "the problem gives single results decimals of their own" if problem.rounding.overrides else ""


def _fits(sheet: BaseSheet) -> Iterator[Fit]:
    """How the problem's own numbers do at the decimals of the sheet, and at more while that may help."""
    policy = sheet.policy
    setting = Setting(sheet.program, policy, sheet.asked, exercise_of(sheet.solution))
    if stated(setting).distinguishable_mistakes:
        setting.tell_apart(list(_beside(setting)))
    most = max(sheet.problem.rounding.decimals, LONGEST_DECIMALS)
    for decimals in range(policy.decimals, max(most, policy.decimals) + 1):
        try:
            fit = fit_of(setting.at(replace(policy, decimals=decimals)))
        except OutsideDomain:
            if decimals == policy.decimals:
                raise
            continue  # with these the rounded numbers lead to no value, as to a quotient by what was rounded to 0
        yield fit
        if not fit.faults:
            return


def fit_of(setting: Setting) -> Fit:
    """What the problem's own numbers do not show under the rounding of a setting."""
    quantities = setting.program.quantities

    with flint.ctx.workprec(HIGHEST * setting.precision):
        one = Candidate(setting, {})
        hidden = list(vanishing(one))
        short = list(short_gradients(one)) if stated(setting).significant_digits else []
    at = quantities.__getitem__
    return Fit(setting.policy.decimals, tuple(map(at, hidden)), tuple(map(at, short)), tuple(alike(setting)))


def alike(setting: Setting) -> Iterable[tuple[Wrong | None, Wrong]]:
    """The calculations that the final answers do not tell apart for certain."""
    try:
        return setting.decide({}, lambda one: [pair for pair in setting.pairs if not one.apart(*pair)])
    except Undecided:
        return [pair for pair in setting.pairs if not _apart(setting, *pair)]


def _apart(setting: Setting, one: Wrong | None, two: Wrong) -> bool:
    try:
        return setting.decide({}, lambda numbers: numbers.apart(one, two))
    except Undecided:
        return False


def _beside(setting: Setting) -> Iterator[Drawn]:
    """Numbers close to the problem's own, all moved a little: what agrees with right work there, too, is no mistake.

    0 stays, and so does a target that means no or yes.
    """
    for probe in range(PROBES):
        words = random_words("", "beside", probe)
        numbers: Drawn = {}
        for quantity, number in setting.trace.givens.items():
            group = setting.exercise.group(quantity)
            if group is not None and number and not (group == "targets" and number == 1):
                part = Decimal(int(next(words) % (2 * PARTS)) - PARTS)
                numbers[quantity] = number * (1 + part / (PARTS * NEAR))
        try:
            setting.decide(numbers, lambda one: one.exact)
        except (OutsideDomain, Undecided):
            continue
        yield numbers


# -- what the instructor is told -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Teller:
    """Says why the answers of a sheet have their decimals, and what they do not show; `decided`: who has chosen."""

    sheet: BaseSheet
    decided: str

    def remarks(self, fits: Sequence[Fit], chosen: Fit, best: Fit) -> Iterator[str]:
        if chosen is not fits[0]:
            why = listed(list(self._lacks(fits[fits.index(chosen) - 1], chosen)))
            before = counted(chosen.decimals - 1, "decimal")
            yield f"Answers have {counted(chosen.decimals, 'decimal')}, because at {before} {why}."
        if chosen.hidden:
            nought = decimal_text(0, chosen.decimals, negative=False)
            yield f"No point is given for {self._boxes(chosen.hidden)}: the answer is not 0 and shows {nought}."
        if chosen.short:
            yield f"Gradients that show fewer than {self._digits}: {self._boxes(chosen.short)}."
        if chosen.alike:
            yield f"The final answers ({self._finals}) do not tell {untold(chosen.alike)}."
        if chosen.faults:
            yield self._mend(chosen, best)

    def _lacks(self, fit: Fit, better: Fit) -> Iterator[str]:
        """What is not shown at some decimals and is at one more."""
        if hidden := set(fit.hidden) - set(better.hidden):
            yield f"{counted(len(hidden), 'answer')} would be shown as 0"
        if short := set(fit.short) - set(better.short):
            yield f"there would be {counted(len(short), 'gradient')} with fewer than {self._digits}"
        if lost := [pair for pair in fit.alike if pair not in better.alike]:
            # One pair is reason enough; those with right work come first.
            yield f"the final answers would not tell {untold(lost[:1])}"

    @property
    def _digits(self) -> str:
        return counted(self.sheet.problem.variants.constraints.significant_digits, "digit")

    @property
    def _finals(self) -> str:
        """The boxes of the final answers."""
        finals = set(exercise_of(self.sheet.solution).finals([box.quantity for box in self.sheet.boxes]))
        labels = [box.label for box in self.sheet.boxes if box.quantity in finals]
        return labels[0] if len(labels) == 1 else f"{labels[0]} to {labels[-1]}"

    def _boxes(self, quantities: Sequence[Quantity]) -> str:
        """Quantities by the labels of their boxes."""
        wanted = set(quantities)
        # In a batch of one example its gradient goes under the name of the example's.
        return _some([box.label for box in self.sheet.boxes if box.quantity in wanted or box.quantity.of_all in wanted])

    def _mend(self, chosen: Fit, best: Fit) -> str:
        others = "other numbers would do better, as --variants draws them"
        if not self.decided:
            return f"More decimals do not mend that; {others}."
        more = f"{counted(best.decimals, 'decimal')} would {'do better' if best.faults else 'do'}"
        return f"The decimals stay, because {self.decided}; {more if best.faults < chosen.faults else others}."


def _some(names: Sequence[str]) -> str:
    """The names in a row; of many the first ones."""
    more = len(names) - MOST_NAMED
    return listed([*names[:MOST_NAMED], f"{more} more"] if more > 0 else names)


def untold(pairs: Sequence[tuple[Wrong | None, Wrong]]) -> str:
    """Right work from some mistakes, and these from each other; what agrees with right work agrees among itself."""
    right = [two for one, two in pairs if one is None]
    others = [f'"{one.title}" from "{two.title}"' for one, two in pairs if one and not (one in right and two in right)]
    titles = [f'"{wrong.title}"' for wrong in right]
    parts = [f"right work from {_some(titles)}"] if right else []
    return " nor ".join([*parts, _some(others)] if others else parts)
