"""The values of a trace: every quantity as a proven number, exactly or under a rounding policy that is carried.

A rounding policy is data: how many decimals each quantity is shown with, and whether the rounded number is used
from then on, as in a calculation by hand. Decided here is how precisely the steps are run (`run`) and what is said of a
number that no precision decides; the arithmetic is in `numbers`.
"""

from derive.evaluation.kept import rounds_compiled, rounds_in_full, rounds_kept, whole_rounds
from derive.evaluation.policy import Policy
from derive.evaluation.values import Values, last_precision

__all__ = ["Policy", "Values", "last_precision", "rounds_compiled", "rounds_in_full", "rounds_kept", "whole_rounds"]
