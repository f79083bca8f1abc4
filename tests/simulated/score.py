"""How well a judge did: its verdicts on sheets against the truth, counted.

Every count belongs to the problem, the style and the blanks of its sheet. What is counted:

    sheets                 all of them
    values, accused        right values; those that the judge calls a mistake, a slip or wrong
    sheets accused         sheets with such a value
    doubted                right values with a digit other than 0 that it says have too few digits to tell
    called follows         right values that it says follow from an error
    KIND drawn             sheets with one mistake, one slip ("slip") or two errors ("two") that leave a trace
    KIND untraced          those whose error changes no number that is stated; a judge cannot see it
    KIND provable          drawn, and no right work gives what is stated (`provable`); of two: both
    KIND located           drawn, and the first value that the judge finds faulty is one in which the error is first
                           seen; of two: among its faulty values there is one for each error. As good is a value
                           that is wrong in another convention in which no more is wrong on the sheet
    KIND both              provable and located
    named, named first     located mistakes whose name is among at most two explanations; is the first of any
    nameable               located mistakes that the judge has a name for (`names`)
    slip said              located slips that are called slips
    wrong, punished        sheets with an error that shows; those where a value that only follows is called faulty
    errors, passed         values that no right work gives, where an error shows first; those that are called right
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .computed import KINDS, Calculation, is_computed
from .formula import Formula
from .judged import RIGHT, Verdict
from .names import COMPUTED, KEYS
from .problems import EXAMPLES
from .provable import other_readings, unexplained
from .sheets import BLANK_SHARES, Sheet, near_to
from .student import Fault, Hand
from .style import CONVENTIONS, STYLES

Counts = Counter[tuple[str, str, str, str]]
"""How often, by problem, style, blanks and what is counted."""


Count = Callable[[str], None]
Failed = Callable[[str, str], None]


@dataclass
class Score:
    """Counts, and the sheets that were judged wrongly: what is wrong, and where."""

    counts: Counts = field(default_factory=Counter)
    failures: list[tuple[str, str]] = field(default_factory=list)
    """(what is wrong, `PROBLEM SEED: ...`)"""

    def add(self, other: Score) -> None:
        self.counts.update(other.counts)
        self.failures += other.failures


def scored(sheet: Sheet, verdicts: Sequence[Verdict]) -> Score:
    """The score of one sheet."""
    score, style = Score(), sheet.style.name
    group = group_of(sheet.problem)
    proven = unexplained(sheet) if sheet.faults else frozenset()
    others = other_readings(sheet) if sheet.faults else []

    def count(what: str, number: int = 1) -> None:
        score.counts[group, style, sheet.blank, what] += number

    def failed(what: str, why: str) -> None:
        score.failures.append((what, f"{sheet.problem} {sheet.seed} ({style}): {why}"))

    count("sheets")
    texts = dict(sheet.rows)
    for verdict in verdicts:
        said = f"{verdict.id} = {texts[verdict.id]} is called {verdict.word} {verdict.slip}".strip()
        match sheet.truth[verdict.id]:
            case "right":
                count("values")
                if verdict.faulty and not any(verdict.id in other for other in others):
                    count("accused")
                    failed("accused", said)
                elif verdict.word == "imprecise" and texts[verdict.id].strip("-0."):
                    count("doubted")
                    failed("doubted", said)
                elif verdict.word == "follows":
                    count("called follows")
            case "error" if verdict.id in proven:
                count("errors")
                if verdict.word in RIGHT:
                    count("passed")
                    failed("passed", f"{said}; {_told(sheet)}")
    if any(what == "accused" for what, _ in score.failures):
        count("sheets accused")
    if not sheet.traced:
        if sheet.faults:
            count(f"{_kind(sheet)} untraced")
        return score
    count("wrong")
    punished = [v for v in verdicts if v.faulty and sheet.truth[v.id] == "follows"]
    if punished:
        count("punished")
        failed("punished", f"{punished[0].id} is called {punished[0].word}; {_told(sheet)}")
    _errors(sheet, verdicts, (proven, *others), count, failed)
    return score


def group_of(problem: str) -> str:
    """What a problem is counted under: an example's name, or the kind of what is drawn."""
    if problem.startswith("random-"):
        return "random networks"
    return problem.partition("-")[0] if is_computed(problem) else problem


def _kind(sheet: Sheet) -> str:
    if len(sheet.faults) > 1:
        return "two"
    return "slip" if sheet.faults[0].slip else "mistake"


def _told(sheet: Sheet) -> str:
    return "; ".join(f"{fault.name} in {', '.join(fault.sites[:3])}" for fault in sheet.faults)


def _errors(
    sheet: Sheet, verdicts: Sequence[Verdict], readings: Sequence[frozenset[str]], count: Count, failed: Failed
) -> None:
    """Counts whether the errors of a sheet were found and named; `readings` are what is unexplained in each."""
    kind, faulty = _kind(sheet), [v for v in verdicts if v.faulty]
    if len(sheet.traced) < len(sheet.faults):
        kind = "slip" if sheet.faults[sheet.traced[0]].slip else "mistake"
    count(f"{kind} drawn")
    shows = [sheet.shows[k] for k in sheet.traced]
    proven, *others = readings
    provable = all(one & proven for one in shows) and all(others)
    if kind == "two":
        located = all(any(v.id in one for v in faulty) for one in shows)
    else:
        located = bool(faulty) and faulty[0].id in shows[0]
    otherwise = any(sum(v.id in other for v in faulty) >= len(shows) for other in others)
    if provable:
        count(f"{kind} provable")
    if located or otherwise:
        count(f"{kind} located")
    if provable and (located or otherwise):
        count(f"{kind} both")
    elif provable:
        found = f"{faulty[0].id} is first" if faulty else "nothing is found"
        failed(f"{kind} not located", f"{found}; {_told(sheet)}, seen in {', '.join(sorted(shows[0])[:3])}")
    if located and kind != "two":
        _named(sheet, faulty[0], count, failed)


def _named(sheet: Sheet, verdict: Verdict, count: Count, failed: Failed) -> None:
    fault = sheet.faults[sheet.traced[0]]
    if fault.slip:
        if verdict.word == "slip":
            count("slip said")
        return
    right = set((COMPUTED if is_computed(sheet.problem) else KEYS).get(fault.name, ()))
    if not right:
        return
    count("nameable")
    said = [set(key.split("+")) <= right for key in verdict.keys]
    if said[:1] == [True]:
        count("named first")
    if (any(said) or _explains_as_well(sheet, verdict)) and len(said) <= MOST_NAMES:
        count("named")
    else:
        found = ", ".join(verdict.titles) or verdict.word
        failed("not named", f"{verdict.id}: {_told(sheet)} is called {found}")


def _explains_as_well(sheet: Sheet, verdict: Verdict) -> bool:
    """Whether another error gives the same sheet, and that is the one that is named.

    It may have been made in every way in which one is drawn here, and at the same lines. A sign that was lost in
    writing is the same sheet as one that was lost in thought.
    """
    calculation = sheet.plan.lesson
    if not isinstance(calculation, Calculation):
        return False
    fault = sheet.faults[sheet.traced[0]]
    rest = [one for one in sheet.faults if one is not fault]
    if verdict.word == "slip" and verdict.slip == "sign":
        text = dict(sheet.rows)[verdict.id]
        meant = Hand(sheet.plan, rest).texts.get(verdict.id, "")
        signs = text.removeprefix("-") == meant.removeprefix("-") and text != meant
        return signs and _same(sheet, [*rest, Fault("sign lost", "slip", pens={verdict.id: text})])
    for row in calculation.rows:
        if not any(set(key.split("+")) <= set(COMPUTED.get(row.name, ())) for key in verdict.keys):
            continue
        all_sites = {line: formula for line, formula in row.formulas.items() if line in sheet.hand.used}
        at_once = {line: formula for line, formula in all_sites.items() if line in fault.formulas}
        near: dict[object, dict[str, Formula]] = {}
        for line, formula in all_sites.items():
            near.setdefault(near_to(calculation.lines[line]), {})[line] = formula
        each = ({line: formula} for line, formula in all_sites.items())
        if any(
            _same(sheet, [*rest, Fault(row.name, row.part, formulas=formulas)])
            for formulas in (all_sites, at_once, *near.values(), *each)
        ):
            return True
    return False


def _same(sheet: Sheet, faults: Sequence[Fault]) -> bool:
    """Whether these errors give the sheet, number for number."""
    hand = Hand(sheet.plan, faults)
    return all(hand.texts.get(name) == text for name, text in sheet.rows)


MOST_NAMES = 2
"""Explanations that may be given of one value."""


# --- figures ----------------------------------------------------------------------------------------------------

COLUMNS = (
    ("sheets", ("sheets",), ()),
    ("right values", ("values",), ()),
    ("accused", ("accused",), ()),
    ("sheets accused", ("sheets accused",), ("sheets",)),
    ("doubted", ("doubted",), ()),
    ("mistakes", ("mistake drawn",), ()),
    ("provable", ("mistake provable",), ("mistake drawn",)),
    ("located", ("mistake located",), ("mistake drawn",)),
    ("of provable", ("mistake both",), ("mistake provable",)),
    ("nameable", ("nameable",), ("mistake located",)),
    ("named", ("named",), ("nameable",)),
    ("first", ("named first",), ("nameable",)),
    ("slips", ("slip drawn",), ()),
    ("provable", ("slip provable",), ("slip drawn",)),
    ("located", ("slip located",), ("slip drawn",)),
    ("of provable", ("slip both",), ("slip provable",)),
    ("two", ("two drawn",), ()),
    ("provable", ("two provable",), ("two drawn",)),
    ("both located", ("two located",), ("two drawn",)),
    ("of provable", ("two both",), ("two provable",)),
    ("punished", ("punished",), ("wrong",)),
    ("passed", ("passed",), ("errors",)),
)
"""The table: a heading, what is counted, and of what it is a share (of nothing: the number itself)."""


AXES = {"problem": 0, "style": 1, "blanks": 2}
"""By what figures are told apart."""


def figures(counts: Counts, axis: str) -> str:
    """The table of figures by problem, style or blanks, and of all together but the conventions, as Markdown."""
    heads = [axis, *(head for head, _, _ in COLUMNS)]
    lines = [heads, [":--", *["--:"] * len(COLUMNS)]]
    lines.append(["all", *_row(usual(counts))])
    place = AXES[axis]
    for name in sorted({key[place] for key in counts}, key=_order):
        some = Counter({key: n for key, n in counts.items() if key[place] == name})
        lines.append([name, *_row(some if axis == "style" else usual(some))])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def usual(counts: Counts) -> Counts:
    """The counts of the sheets that follow the convention of the problem."""
    return Counter({key: n for key, n in counts.items() if key[1] not in CONVENTIONS})


def _order(name: str) -> tuple[int, str]:
    names = [*EXAMPLES, *KINDS, *STYLES, *BLANK_SHARES]
    return (names.index(name) if name in names else len(names)), name


def percent(counts: Counts, what: str, of: str) -> float | None:
    """A share in percent; None where there is nothing to share."""
    whole = _sum(counts, of)
    return 100 * _sum(counts, what) / whole if whole else None


def _sum(counts: Counts, what: str) -> int:
    return sum(n for key, n in counts.items() if key[3] == what)


def _row(counts: Counts) -> list[str]:
    cells = []
    for _, (what,), of in COLUMNS:
        found = percent(counts, what, of[0]) if of else None
        cells.append(str(_sum(counts, what)) if not of else "" if found is None else f"{found:.1f}")
    return cells
