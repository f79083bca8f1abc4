"""A solution as a program that somebody runs: Python with NumPy, or with PyTorch, whose autograd computes once more.

Every step of the solution is a line with the name that it has there; what it gives is printed beside the number of the
derivation. Nothing of `derive` is needed to run it. Which libraries there are is a row of `frameworks`; how an equation
with indices becomes loops is in `indexed`. Nothing is computed here; all numbers are those of the solution.

`network` and `equations` make the cells; they are loaded where one of them is needed.
"""

from derive.scripts.frameworks import FRAMEWORKS, NUMPY, TORCH, Framework
from derive.scripts.text import Part, script

__all__ = ["FRAMEWORKS", "NUMPY", "TORCH", "Framework", "Part", "script"]
