"""The words by which formulas are read aloud: a table of keys and English texts, each of which may be worded otherwise.

What stands in braces is put in. Decides no brackets and no order: that is for `words`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

Say = Callable[[str, Mapping[str, str]], str]
"""A phrase by its key, with its places put in."""

SPOKEN: dict[str, str] = {
    "spoken_plus": "plus",
    "spoken_minus": "minus",
    "spoken_times": "times",
    "spoken_elementwise": "times element by element",
    "spoken_equals": "equals",
    "spoken_approximately": "approximately",
    "spoken_less": "is less than",
    "spoken_greater": "is greater than",
    "spoken_at_most": "is at most",
    "spoken_at_least": "is at least",
    "spoken_not": "is not",
    "spoken_bracket": "open bracket {inside} close bracket",
    "spoken_open": "open bracket",
    "spoken_close": "close bracket",
    "spoken_blank": "blank",
    "spoken_over": "{above} over {below}",
    "spoken_half": "one half",
    "spoken_squared": "{base} squared",
    "spoken_power": "{base} to the power {exponent}",
    "spoken_function": "{function} of {arguments}",
    "spoken_and": "and",
    "spoken_prime": "prime",
    "spoken_if": "{value} if {condition}",
    "spoken_otherwise": "{value} otherwise",
    "spoken_or": "or",
    "spoken_partial": "partial",
    "spoken_derivative": "partial {of} over partial {by}",
    "spoken_total": "d {of} over d {by}",
    "spoken_sum_to": "the sum over {letter} from 1 to {last} of {terms}",
    "spoken_range": "{letter} from {low} to {high}",
    "spoken_gathered": "the {kind} over {ranges} of {terms}",
    "spoken_gathered_where": "the {kind} over {ranges} with {conditions} of {terms}",
    "spoken_kind_sum": "sum",
    "spoken_kind_prod": "product",
    "spoken_kind_mean": "mean",
    "spoken_kind_max": "largest",
    "spoken_kind_min": "smallest",
    "spoken_kind_argmax": "place of the largest",
    "spoken_kind_argmin": "place of the smallest",
    "spoken_holds": "bracket that is 1 if {conditions}, else 0, end bracket",
    "spoken_matrix": "{rows} by {columns} matrix {entries} end matrix",
    "spoken_transposed": "{matrix} transposed",
    "spoken_new": "new {name}",
    "spoken_after": "{name} after {count} updates",
    "spoken_layer": "of layer {layer}",
    "spoken_example": "for example {example}",
    "spoken_through": "{name} through {way}",
    "spoken_bold": "bold {name}",
    "spoken_tilde": "{name} tilde",
    "spoken_bar": "{name} bar",
    "spoken_hat": "{name} hat",
}
"""Every phrase by its key, but for what functions are called."""

_PLACE = re.compile(r"\{(\w+)\}")


def function_key(name: str) -> str:
    """The key of what a function is called when it is spoken."""
    return f"spoken_function_{name}"


@cache
def function_words() -> dict[str, str]:
    """What functions are called, by key. Read late: their rows know numbers, which a reader of files does not."""
    from derive.functions import EVERY

    return {function_key(name): row.spelling.spoken for name, row in EVERY.items()}


def english(key: str, parts: Mapping[str, str]) -> str:
    """A phrase in English.

    >>> english("spoken_over", {"above": "a", "below": "b"})
    'a over b'
    """
    return _PLACE.sub(lambda match: parts[match[1]], (SPOKEN[key] if key in SPOKEN else function_words()[key]))
