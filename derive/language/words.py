"""The words of the language of equations, and how much of it is read.

Decides which words are no names of quantities, and every limit that bounds the reading of a text. Knows no grammar
and no meaning.
"""

from __future__ import annotations

from derive import functions as table

REDUCTIONS = ("sum", "mean", "prod", "max", "min")
"""What gathers a range of numbers into one."""
SOFTMAXES = ("softmax", "log_softmax")
"""What turns the numbers of a range into as many others."""
LOGARITHMS = frozenset({"log_softmax"})
"""Those of them that give logarithms."""
KEYWORDS = frozenset({"for", "in", "if", "over", "use", "and", "pi", "step", "pad", "size", *REDUCTIONS, *SOFTMAXES})
"""Words with a meaning of their own; none of them is a name."""
FUNCTIONS = (*table.FUNCTIONS, *table.SEVERAL)
"""Functions that an author cannot define anew."""
RELATIONS = ("<", "<=", ">", ">=", "==", "!=")

MAX_TEXT = 100_000
"""Characters of all equations."""
MAX_LINES = 1000
MAX_LINE = 2000
"""Characters of one equation."""
MAX_DEPTH = 40
"""Brackets, powers and signs inside each other, and divisions after each other."""
MAX_NAME = 30
"""Characters of a name."""
MAX_INDICES = 8
"""Indices of an array."""
MAX_INDEX = 1_000_000
"""The largest whole number in an index."""
MAX_DIGITS = 40
"""Significant digits of a number."""
MAX_PLACES = 60
"""Decimal places of a number."""
MAX_WHOLE_DIGITS = 15
"""Digits before the point of a number."""
