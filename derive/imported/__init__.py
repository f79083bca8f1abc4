"""Problems that come from elsewhere: equations as a text, an expression of SymPy's, models of frameworks.

Each entry makes the table of a problem, as a file would have it, with plain dictionaries, lists and exact decimals;
`derive.solve`, `derive.check` and `derive.worksheets` take it, and `derive.write_problem` writes it to a file. What
such a table means is decided where files are read, not here. Nothing is unpickled, and nothing is run but what the
caller's own objects do when they are asked for their numbers.
"""

from __future__ import annotations

from derive.imported.equations import from_equations
from derive.imported.expressions import from_sympy
from derive.imported.toml import to_toml, write_problem
from derive.imported.torch import from_torch

__all__ = ["from_equations", "from_sympy", "from_torch", "to_toml", "write_problem"]
