"""The first chapter: what is given, the equations as their author wrote them, how numbers are rounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from derive.document import Block, Bullets, Equation, Inline, Math, Paragraph, Section, Table, Text, Words
from derive.expression import Call, Node, Var, bind
from derive.formula import Line
from derive.functions import FUNCTIONS
from derive.library import Row, rows
from derive.pages.elements import DIGITS, written
from derive.pages.page import ModelPage
from derive.pages.reshaped import listed
from derive.pages.symbols import symbols
from derive.pages.tables import array, column, in_rows
from derive.pages.uses import used
from derive.parts import Extent
from derive.sentences import capital, count
from derive.trace.identity import Symbol
from derive.trace.indexed import Equation as Indexed
from derive.trace.indexed import Read, Soft, reads, walk
from derive.wording import line_key, setting_key

ROLES = ("inputs", "parameters", "targets", "constants")
MOST_INLINE = 6
"""Single numbers that a sentence lists; more are a table."""
MOST_SCHEDULED = 12
"""Numbers of a schedule that are printed."""


def problem_chapter(page: ModelPage) -> Section:
    parts: list[Block] = [given_numbers(page)]
    if page.solution.system.equations:
        parts.append(equations(page))
    extent = page.choice.extent("rounding")
    if extent == Extent.SHORT:
        parts.append(rounding_sentence(page))
    if page.shows("notation"):
        parts.append(symbols(page))
    if extent == Extent.WHOLE:
        parts.append(rounding(page))
    return page.section("The problem", parts)


def opening(page: ModelPage) -> list[Block]:
    """What is done here, and where the problem comes from."""
    solution = page.solution
    problem = solution.problem
    told: list[Block] = [page.say("{story}", story=problem.story.strip())] if problem.story else []
    if page.brief:
        after = problem.source.rstrip(".") if problem.source else ""
        return [*told, *([page.say("After {source}.", source=after)] if after else [])]
    steps = problem.training.steps if problem.training else 0
    updates = "the update" if steps == 1 else f"the {count(steps, 'update')}"
    if not solution.system.equations:
        blocks: list[Block] = [page.say("The gradients are given here; we take {updates} by hand.", updates=updates)]
    elif solution.adjoint is None:
        last = f", and take {updates}" if steps else ""
        text = "We compute every quantity of these equations by hand, one after the other{last}."
        blocks = [page.say(text, last=last)]
    else:
        above = bool(problem.model.upstream)
        loss = page.display.symbol(solution.derived_loss)
        blocks = [
            page.say(
                "We work these equations by hand: forwards, quantity by quantity, {to}; then backwards, derivative by"
                " derivative, from {top} to what is given{updates}.",
                to="to the outputs" if above else page.words("to {loss}", loss=loss),
                top="the derivatives that come from above" if above else loss,
                updates=f"; and then {updates}" if steps else "",
            )
        ]
    if problem.source:
        blocks.append(page.say("After {source}.", source=problem.source.rstrip(".")))
    return [*told, *blocks]


def author_note(page: ModelPage) -> list[Block]:
    """The author's note, which ends the document."""
    note = page.solution.problem.note
    return [page.say("{note}", lead="A note.", note=note)] if note else []


def separated(items: Sequence[Words], between: str = "; ") -> Words:
    """Items of a list with semicolons between them."""
    return tuple(piece for at, words in enumerate(items) for piece in ((Text(between),) if at else ()) + words)


def given_numbers(page: ModelPage) -> Section:
    """The given numbers by role: single ones in a sentence or a table, arrays with their shapes."""
    problem, givens = page.solution.problem, page.solution.system.givens
    blocks: list[Block] = []
    for table in ROLES:
        names, lead = list(getattr(problem, table)), page.wording[f"{table}_given"]
        if not names:
            continue
        scalars = [name for name in names if not givens[name].shape]
        arrays = [name for name in names if givens[name].shape]
        few = scalars if len(scalars) <= MOST_INLINE else []
        items: list[Words] = [(Math(page.value(Symbol(name))),) for name in few]
        for name in arrays if page.full else ():
            items.append(page.words("{name}: {shape}", name=page.display.whole(name), shape=page.shape(name)))
        if items:
            blocks.append(page.say("{items}.", lead=lead, items=separated(items)))
        elif scalars:
            number = page.wording.number(len(scalars), "numbers_given", capital(count(len(scalars), "number")))
            blocks.append(page.say(page.wording["numbers_given"], lead=lead, count=number))
        else:
            blocks.append(page.opens("", lead=lead))
        rest = scalars if not few else []
        for part in in_rows(rest):
            header = tuple((Math(page.display.symbol(Symbol(name))),) for name in part)
            row = tuple((Math(page.elements.shown(Symbol(name))),) for name in part)
            blocks.append(Table(header, (row,), "c" * len(part)))
        blocks.extend(_gathered([block for name in arrays for block in column(page, name) or array(page, name)]))
    if page.solution.names.first == 0:
        blocks.append(page.say(page.wording["counted_from_0"]))
    blocks.extend(_settings(page))
    return page.section("What is given", blocks)


def _gathered(blocks: Sequence[Block]) -> list[Block]:
    """Arrays in brackets that follow each other as one block, the small ones beside each other."""
    found: list[Block] = []
    for block in blocks:
        match found[-1:], block:
            case [Equation(before)], Equation(lines):
                found[-1] = Equation((*before, *lines), beside=True)
            case _:
                found.append(block)
    return found


def _settings(page: ModelPage) -> Iterator[Block]:
    """The settings of the optimiser, and numbers that change from step to step."""
    solution = page.solution
    if solution.updates is None:
        return
    items: list[Words] = []
    for name in solution.updates.settings:
        own = name.removeprefix("training.")
        what = page.wording.of(setting_key(own), own.replace("_", " "))
        items.append(
            page.words("{what} {value}", what=what if items else capital(what), value=page.value(Symbol(name)))
        )
    if items:
        yield page.say("{items}.", lead=page.wording["training_given"], items=separated(items))
    for name, values in solution.schedule.items():
        steps = range(min(len(values), MOST_SCHEDULED))
        shown = separated([page.words("{number}", number=written(values[step])) for step in steps])
        yield page.say(
            page.wording["scheduled_on" if len(values) > MOST_SCHEDULED else "scheduled"],
            name=page.display.symbol(Symbol(name)),
            numbers=shown,
        )


def equations(page: ModelPage) -> Section:
    """The equations with the author's words, and what to know of them."""
    blocks = plain_equations(page)
    blocks.extend(_remarks(page))
    blocks.extend(_functions(page))
    blocks.extend(_conventions(page))
    warnings = [page.words("{text}.", text=text.rstrip(".")) for text in page.solution.all_warnings()]
    if warnings:
        blocks.append(page.say("What to know beforehand:"))
        blocks.append(Bullets(tuple(warnings)))
    return page.section("The equations", blocks)


def plain_equations(page: ModelPage) -> list[Block]:
    """The equations with the author's words, and how far their letters run."""
    solution = page.solution
    blocks: list[Block] = []
    waiting: list[Line] = []
    before: list[Inline] = []
    commented = False
    for equation in solution.system.equations:
        said = "" if page.brief else author_words(page, equation.comment)
        moved, say = listed(page, equation), page.wording
        ranges = page.letters_of(equation) if moved is None else []
        if said or ranges != before or commented:
            blocks += [Equation(tuple(waiting), beside=page.brief)] if waiting else []
            waiting, before, commented = [], ranges, bool(said)
            if said:
                joint: list[Inline] = [Text(", "), *page.runs(equation)] if ranges else []
                blocks.append(page.say("{said}{joint}:", said=said, joint=joint))
            elif ranges:
                blocks.append(page.say(f"{say['elements_for']}:", ranges=ranges))
            else:
                blocks.append(page.say(f"{say['elements_then']}:"))
        waiting.append(moved or page.index_line(equation))
    return blocks + ([Equation(tuple(waiting), beside=page.brief)] if waiting else [])


def _remarks(page: ModelPage) -> Iterator[Block]:
    """What the rows of the library compute that are used, and by which conventions."""
    told: set[str] = set()
    for one in [] if page.brief else used(page):
        chosen = " ".join(choice["said"] for choice in one.choices if choice.get("said"))
        said = f"{one.row.forward} {chosen}".strip()
        if said and said not in told:
            told.add(said)
            yield page.say("{said}", lead=f"{one.row.title}.", said=said)
    written = [] if page.brief else page.solution.system.equations
    for row in [row for equation in written for row in _rows_of(equation)]:
        if row.kind in ("function", "joint") and page.once(f"forward {row.kind} {row.name}"):
            yield page.say("{said}", lead=f"{row.title}.", said=row.forward)


def remarks(page: ModelPage, name: str | None, equations: Iterable[Indexed]) -> Iterator[Block]:
    """What the derivatives of the rows that equations are made of are, and what a teacher would point out; each once.

    The rows are layers and losses that were used, and functions of the library: those that a quantity goes into.
    """
    for row in [] if page.brief else [row for equation in equations for row in _rows_of(equation, name)]:
        if row.backward and page.once(f"backward {row.kind} {row.name}"):
            yield page.say("{said}", lead=f"{row.title}.", said=f"{row.backward} {row.remark}".rstrip())


def _rows_of(equation: Indexed, name: str | None = None) -> Iterator[Row]:
    """The rows of the library that an equation is made of: the layer or loss, and the functions of a quantity in it."""
    for kind in ("layer", "loss"):
        if equation.row in rows(kind):
            yield rows(kind)[equation.row]
    for part in walk(equation.right):
        if name is not None and not any(read.name == name for read in reads(part)):
            continue
        if isinstance(part, Call) and part.function in rows("function"):
            yield rows("function")[part.function]
        if isinstance(part, Soft) and not part.logarithm:
            yield rows("joint")["softmax"]


def author_words(page: ModelPage, comment: str) -> str:
    """The author's words as the beginning of a sentence; what is a name keeps its letters."""
    said = "; ".join(page.wording.of(line_key(part), part) for part in comment.strip().rstrip(".:").split("; "))
    first = said.split(" ", 1)[0]
    letter = len(first) == 1 and first != "a"  # a letter by itself is a name or an index, but for the article
    return said if not first or letter or first in page.names.ranks else capital(said)


def _functions(page: ModelPage) -> Iterator[Block]:
    """The functions of the library and of the author, and their derivatives, as far as they are used."""
    used = page.functions
    if used:
        yield page.say("The functions that are used, and their derivatives as far as they are needed:")
        yield Equation(tuple(map(page.definition, used)))


def _conventions(page: ModelPage) -> Iterator[Block]:
    """What an index means that leaves its array, where one does; what the functions are."""
    solution = page.solution
    adjoint = solution.adjoint
    worked = {adjoint.names[name] for name in page.derived} if adjoint else set()
    derived = [equation for equation in adjoint.equations if equation.name in worked] if adjoint else []
    found = [part for equation in (*solution.system.equations, *derived) for part in walk(equation.right)]
    if any(isinstance(part, Read) and part.padded for part in found):
        yield page.say(
            "An element whose index leaves its array counts as 0, as if the array had a border of zeros around it."
        )
    if not page.brief:
        yield from _spelt_out(page, found)


def _spelt_out(page: ModelPage, parts: Sequence[Node]) -> Iterator[Block]:
    """What functions such as the sigmoid are, where they stand."""
    calls = dict.fromkeys(part.function for part in parts if isinstance(part, Call))
    letter = Var(next((one for one in "uvxyz" if not page.names.has(one)), "u"))
    lines: list[Inline] = []
    for name in calls:
        definition = FUNCTIONS[name].definition if name in FUNCTIONS else None
        if definition is not None:
            lines += [Text(", ")] if lines else []
            right = page.display(bind(definition, {"x": letter}))
            lines.append(Math(Line(page.display.function(name, (letter,)), (("=", right),))))
    if lines:
        yield page.say("Here {functions}.", functions=lines)


def _exceptions(page: ModelPage) -> str:
    """The quantities with decimals of their own."""
    overrides = page.solution.problem.rounding.overrides.items()
    found = ", ".join(f"{key} not at all" if value == "exact" else f"{key} to {value}" for key, value in overrides)
    return f" (but {found})" if found else ""


def rounding_sentence(page: ModelPage) -> Paragraph:
    """Where numbers are rounded, and the sign for it, in one sentence."""
    policy = page.solution.problem.rounding
    places = count(policy.decimals, "decimal")
    if policy.carry:
        text = (
            f"As in a calculation by hand, every result that has a name is rounded to {places}{{exceptions}} and used"
            " as it was rounded (≈)."
        )
    else:
        text = (
            f"Numbers are rounded to {places} only to be printed (≈){{exceptions}}; what follows is computed from"
            " unrounded ones."
        )
    return page.say(text, exceptions=_exceptions(page))


def rounding(page: ModelPage) -> Section:
    """What is rounded, and what the two signs mean."""
    policy = page.solution.problem.rounding
    ties = "away from zero" if policy.ties == "half_up" else "to the even digit"
    places = count(policy.decimals, "decimal")
    digits = f"small ones to {count(min(DIGITS, policy.decimals), 'digit')}, " if policy.decimals else ""
    carried = (
        f"This solution is worked as one does by hand: every result that has a name is rounded to {places}"
        "{exceptions}, and the rounded number is used from then on. What stands inside a formula is not rounded."
    )
    return page.section(
        "Rounding",
        [
            page.say(carried, exceptions=_exceptions(page))
            if policy.carry
            else page.say(
                f"Numbers are shown to {places}{{exceptions}}, {digits}but nothing is rounded on the"
                " way: every result is computed from exact values and rounded only to be printed. Where a line needs"
                " more digits to be done again, it has them. If you continue with the printed numbers, your last digit"
                " may differ by one or two.",
                exceptions=_exceptions(page),
            ),
            page.say(
                "The sign = stands before exact values, ≈ before rounded ones. Halves are rounded {ties}.", ties=ties
            ),
        ],
    )
