"""The first chapter: what is given, the equations as their author wrote them, how numbers are rounded."""

from __future__ import annotations

from collections.abc import Iterator

from derive.document import Block, Bullets, Code, Equation, Inline, Math, Section, Table, Text, Words
from derive.formula import Line
from derive.pages.elements import written
from derive.pages.page import ModelPage
from derive.sentences import capital, count
from derive.trace.identity import Symbol
from derive.trace.indexed import Read, walk

ROLES = (
    ("inputs", "Inputs"),
    ("parameters", "Parameters"),
    ("targets", "Targets"),
    ("constants", "Constants"),
)
MOST_SCHEDULED = 12
"""Numbers of a schedule that are printed."""


def problem_chapter(page: ModelPage) -> Section:
    parts: list[Block] = [given_numbers(page)]
    if page.solution.system.equations:
        parts.append(equations(page))
    parts.append(rounding(page))
    return page.section("The problem", parts)


def opening(page: ModelPage) -> list[Block]:
    """What is done here, and where the problem comes from."""
    solution = page.solution
    problem = solution.problem
    steps = problem.training.steps if problem.training else 0
    updates = f"and the {count(steps, 'update') if steps > 1 else 'update'} by {_optimizer(page)}" if steps else ""
    if not solution.system.equations:
        text = "The gradients are given here; we take {updates} by hand."
        words = count(steps, "step") + f" of {_optimizer(page)}"
        blocks: list[Block] = [page.say(text, updates=words)]
    elif solution.adjoint is None:
        blocks = [page.say("We compute every quantity of these equations by hand, one after the other.")]
    else:
        what = "the derivatives that come from above" if problem.model.upstream else "the loss"
        blocks = [
            page.say(
                "We work these equations by hand: forwards, quantity by quantity, {to}; then backwards, derivative by"
                " derivative, {down}{updates}.",
                to="to the outputs" if problem.model.upstream else "to the loss",
                down=f"from {what} to what is given",
                updates=f"; {updates}" if updates else "",
            )
        ]
    if problem.source:
        blocks.append(page.say("After {source}.", source=problem.source.rstrip(".")))
    if problem.note:
        blocks.append(page.say("{note}", note=problem.note))
    return blocks


def _optimizer(page: ModelPage) -> str:
    training = page.solution.problem.training
    assert training is not None
    if training.update is not None:
        return "the given rule"
    return (training.optimizer or "gradient_descent").replace("_", " ")


def given_numbers(page: ModelPage) -> Section:
    """The given numbers by role: scalars in a table, arrays with their shapes."""
    problem, givens = page.solution.problem, page.solution.system.givens
    blocks: list[Block] = []
    for table, title in ROLES:
        names = list(getattr(problem, table))
        if not names:
            continue
        scalars = [name for name in names if not givens[name].shape]
        arrays = [name for name in names if givens[name].shape]
        if arrays:
            shapes: list[Words] = [
                page.words("{name}: {shape}", name=page.display.whole(n), shape=page.shape(n)) for n in arrays
            ]
            inner = tuple(piece for at, words in enumerate(shapes) for piece in ((Text("; "),) if at else ()) + words)
            blocks.append(page.say("{arrays}.", lead=f"{title}.", arrays=inner))
        else:
            blocks.append(
                page.say("{numbers}", lead=f"{title}.", numbers="One number:" if len(scalars) == 1 else "Numbers:")
            )
        for start in range(0, len(scalars), 8):
            part = scalars[start : start + 8]
            header = tuple((Math(page.display.symbol(Symbol(name))),) for name in part)
            row = tuple((Math(page.elements.shown(Symbol(name))),) for name in part)
            blocks.append(Table(header, (row,), "c" * len(part)))
        for name in arrays:
            blocks.extend(page.column(name) or page.array(name))
    if page.solution.names.first == 0:
        blocks.append(page.say("Indices count from 0, as their author counts."))
    blocks.extend(_settings(page))
    return page.section("What is given", blocks)


def _settings(page: ModelPage) -> Iterator[Block]:
    """The settings of the optimiser, and numbers that change from step to step."""
    solution = page.solution
    if solution.updates is None:
        return
    names = list(solution.updates.settings)
    if names:
        yield page.say("The optimiser is told:", lead="Training.")
        header = tuple((Math(page.display.symbol(Symbol(name))),) for name in names)
        meanings = tuple(page.words(name.removeprefix("training.").replace("_", " ")) for name in names)
        row = tuple((Math(page.elements.shown(Symbol(name))),) for name in names)
        yield Table(header, (meanings, row), "c" * len(names))
    for name, values in solution.schedule.items():
        steps = range(min(len(values), MOST_SCHEDULED))
        numbers = [page.words("{number}", number=written(values[step])) for step in steps]
        shown = tuple(piece for at, words in enumerate(numbers) for piece in ((Text(", "),) if at else ()) + words)
        yield page.say(
            "{name} changes from step to step; in turn it is {numbers}{more}.",
            name=page.display.symbol(Symbol(name)),
            numbers=shown,
            more=" and so on" if len(values) > MOST_SCHEDULED else "",
        )


def equations(page: ModelPage) -> Section:
    """The equations with the author's words, and how far their letters run."""
    solution = page.solution
    blocks: list[Block] = []
    waiting: list[Line] = []
    before: list[Inline] = []
    for equation in solution.system.equations:
        said = _sentence(page, equation.comment)
        runs = page.runs(equation)
        if said or runs != before:
            blocks += [Equation(tuple(waiting))] if waiting else []
            waiting, before = [], runs
            shown = runs if said or not runs else [Text("For "), *runs[1:]]
            joint = [Text(", ")] if said and runs else []
            blocks.append(
                page.say("{said}{joint}{runs}:", said=said or ("" if shown else "Then"), joint=joint, runs=shown)
            )
        waiting.append(page.index_line(equation))
    blocks += [Equation(tuple(waiting))] if waiting else []
    blocks.extend(_functions(page))
    blocks.extend(_conventions(page))
    warnings = [page.words("{text}.", text=text.rstrip(".")) for text in solution.all_warnings()]
    if warnings:
        blocks.append(page.say("What to know beforehand:"))
        blocks.append(Bullets(tuple(warnings)))
    return page.section("The equations", blocks)


def _sentence(page: ModelPage, comment: str) -> str:
    """The author's words as the beginning of a sentence; what is a name keeps its letters."""
    said = comment.strip().rstrip(".:")
    first = said.split(" ", 1)[0]
    return said if len(first) < 2 or first in page.names.ranks else capital(said)


def _functions(page: ModelPage) -> Iterator[Block]:
    """The functions of the library and of the author, and their derivatives, as far as they are used."""
    used = page.functions
    if used:
        yield page.say("The functions that are used, and their derivatives as far as they are needed:")
        yield Equation(tuple(map(page.definition, used)))


def _conventions(page: ModelPage) -> Iterator[Block]:
    """What pad and brackets with a condition mean, where they stand."""
    solution = page.solution
    derived = solution.adjoint.equations if solution.adjoint else ()
    found = [part for equation in (*solution.system.equations, *derived) for part in walk(equation.right)]
    if any(isinstance(part, Read) and part.padded for part in found):
        yield page.say(
            "An element under {pad} is 0 where the array has none, as if the array had a border of zeros.",
            pad=Code("pad"),
        )


def rounding(page: ModelPage) -> Section:
    """What is rounded, and what the two signs mean."""
    policy = page.solution.problem.rounding
    ties = "away from zero" if policy.ties == "half_up" else "to the even digit"
    places = count(policy.decimals, "decimal")
    exceptions = ", ".join(f"{key} to {value}" for key, value in policy.overrides.items())
    return page.section(
        "Rounding",
        [
            page.say(
                f"Numbers are shown to {places}{{exceptions}}, but nothing is rounded on the way: every result is"
                " computed from exact values and rounded only to be printed. If you continue with the printed numbers,"
                " your last digit may differ.",
                exceptions=f" (but {exceptions})" if exceptions else "",
            ),
            page.say(
                "The sign = stands before exact values, ≈ before rounded ones. Halves are rounded {ties}.", ties=ties
            ),
        ],
    )
