"""Data for other programs: the values of a derivation, and the whole of it, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from derive.derivation import Trace
from derive.evaluation import Values
from derive.expression import quantities
from derive.formula import Printer, Tex, Text
from derive.notation import Namer
from derive.quantity import Quantity

Named = Iterable[tuple[str, Quantity]]
"""Quantities with their ids, in the order of computation."""


def values_json(values: Values, named: Named, digits: int = 20) -> str:
    """A JSON object from quantity id to decimal with `digits` significant digits; `0±1e-7390` is no decimal.

    That is said of a number that may be 0 and that no precision tells from it.
    """
    numbers = {name: values.significant(quantity, digits) for name, quantity in named}
    return json.dumps(numbers, indent=1, ensure_ascii=False)


def derivation_json(trace: Trace, values: Values, exact: Values, namer: Namer, form: str, named: Named) -> str:
    """A derivation as data: every quantity with its names, its formula, the numbers put in, and its value."""
    tex, text = Printer(Tex(), namer), Printer(Text(), namer)
    problem = trace.problem
    data = {
        "made_with": "derive",
        "name": problem.name,
        "title": problem.title,
        "notation": namer.notation.key,
        "form": form,
        "sizes": list(problem.network.sizes),
        "rounding": {
            "decimals": problem.rounding.decimals,
            "carry": problem.rounding.carry,
            "ties": problem.rounding.ties,
            "overrides": dict(problem.rounding.overrides),
        },
        "quantities": [
            {"id": name, **_entry(trace, values, exact, namer, quantity, tex, text)} for name, quantity in named
        ],
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _entry(
    trace: Trace, values: Values, exact: Values, namer: Namer, quantity: Quantity, tex: Printer, text: Printer
) -> dict[str, Any]:
    shown, name = values.shown(quantity), namer(quantity)
    entry: dict[str, Any] = {
        "name": name.text,
        "tex": name.tex,
        "shown": shown.text,
        "exact": shown.exact,
        "value": exact.significant(quantity),
    }
    step = trace.find(quantity)
    if step is not None:
        formula = step.formula
        entry |= {"rule": type(step).__name__, "formula": text(formula), "formula_tex": tex(formula)}
        # Of a long training only some rounds are kept: what the first number of such a round was made of is not there.
        if all(source in values for source in quantities(formula)):
            filled = values.fill(formula)
            entry |= {"substituted": text(filled), "substituted_tex": tex(filled)}
    return entry
