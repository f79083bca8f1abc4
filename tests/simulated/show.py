"""Shows one sheet: `python -m tests.simulated.show PROBLEM SEED`.

What is printed: the sheet as CSV, what its writer did, and for every value the truth and the judge's verdict. SEED is
as a failure of the sweep `students` prints it. With `--csv` only the sheet is printed. With `--about ID` lines are
left out as long as the verdict on that value stays as it is, whether it is explained, and whether it is the first that
is found faulty.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

from .judged import examiner
from .provable import unexplained
from .sheets import Sheet, drawn_sheet


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m tests.simulated.show")
    parser.add_argument("problem", help="an example, or random-N")
    parser.add_argument("seed")
    parser.add_argument("--csv", action="store_true", help="only the sheet")
    parser.add_argument("--about", metavar="ID", help="the smallest sheet with the same verdict on this value")
    options = parser.parse_args(arguments)
    sheet = drawn_sheet(options.problem, options.seed)
    if options.about:
        sheet = smallest(sheet, options.about)
    if options.csv:
        print("quantity,value", *(f"{name},{text}" for name, text in sheet.rows), sep="\n")
        return 0
    print(shown(sheet))
    return 0


def smallest(sheet: Sheet, about: str) -> Sheet:
    """The sheet without the lines that the verdict on a value does not need."""
    found = _said(sheet, about)
    size = len(sheet.rows) // 2
    while size:  # in large portions first, since every trial is a whole judgement
        names = [name for name, _ in sheet.rows if name != about]
        for start in range(0, len(names), size):
            gone = set(names[start : start + size])
            less = tuple(name for name in sheet.plan.shown if name not in gone)
            fewer = replace(sheet, plan=replace(sheet.plan, shown=less))
            if _said(fewer, about) == found:
                sheet = fewer
        size //= 2
    return sheet


def _said(sheet: Sheet, about: str) -> tuple[str, bool, bool]:
    """The word on a value, whether it is the first that is faulty, and whether it is explained."""
    verdicts = examiner(sheet.problem).verdicts(sheet.rows)
    faulty = [verdict.id for verdict in verdicts if verdict.faulty]
    (word,) = (verdict.word for verdict in verdicts if verdict.id == about)
    return word, faulty[:1] == [about], about in unexplained(sheet)


def shown(sheet: Sheet) -> str:
    """The sheet, the truth and the verdicts, as a text."""
    lines = [f"problem {sheet.problem}, style {sheet.style.name}, blanks {sheet.blank}", f"  {sheet.style}"]
    for fault, shows in zip(sheet.faults, sheet.shows, strict=True):
        lines.append(f"{fault.part}: {fault.name}" + (" (only on paper)" if fault.pen_only else ""))
        lines += [f"  {name} = {formula}" for name, formula in fault.formulas.items()]
        lines += [f"  {name} is taken as {value}" for name, value in fault.givens.items()]
        lines += [f"  {name} is written as {text}" for name, text in fault.pens.items()]
        lines.append(f"  seen first in {', '.join(sorted(shows)) or 'nothing'}")
    proven = unexplained(sheet)
    truth = {name: said + (", provable" if name in proven else "") for name, said in sheet.truth.items()}
    verdicts = {verdict.id: verdict for verdict in examiner(sheet.problem).verdicts(sheet.rows)}
    lines.append("quantity,value")
    for name, text in sheet.rows:
        verdict = verdicts.get(name)
        said = f"{verdict.word} {verdict.slip} {'; '.join(verdict.titles)}" if verdict else "no verdict"
        sign = "!" if verdict and verdict.faulty != (sheet.truth[name] == "error") else " "
        used = _brief(sheet.hand.used[name]) if sheet.truth[name] != "error" else ""
        lines.append(f"{name},{text}".ljust(44) + f"{sign} {truth[name]:16} {said.strip():30} {used}")
    return "\n".join(lines)


def _brief(formula: object) -> str:
    """A formula as people write it."""
    if not isinstance(formula, tuple):
        return str(formula)
    operation, *parts = formula
    texts = [_brief(part) for part in parts]
    match operation:
        case "+" | "-" | "*" | "/":
            return "(" + f" {operation} ".join(texts) + ")"
        case "~":
            return f"-{texts[0]}"
        case "^":
            return f"{texts[0]}^2"
        case "unseen":
            return f"[{texts[0]}]"
    return f"{operation}({', '.join(texts)})"


if __name__ == "__main__":
    sys.exit(main())
