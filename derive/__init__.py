"""derive: worked, proven backpropagation by hand, from a short problem file.

>>> import derive
>>> derive.solve("hmkcode").text("loss")
'0.3272'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.check import Check, check, write_feedback
    from derive.errors import InputError
    from derive.imported import from_equations, from_sympy, from_torch, to_toml, write_problem
    from derive.platforms import export
    from derive.solution import Solution, solve
    from derive.variants import worksheets

_HOMES = {
    "Check": "derive.check",
    "InputError": "derive.errors",
    "Solution": "derive.solution",
    "check": "derive.check",
    "export": "derive.platforms",
    "from_equations": "derive.imported",
    "from_sympy": "derive.imported",
    "from_torch": "derive.imported",
    "solve": "derive.solution",
    "to_toml": "derive.imported",
    "worksheets": "derive.variants",
    "write_feedback": "derive.check",
    "write_problem": "derive.imported",
}

__all__ = [
    "Check",
    "InputError",
    "Solution",
    "check",
    "export",
    "from_equations",
    "from_sympy",
    "from_torch",
    "solve",
    "to_toml",
    "worksheets",
    "write_feedback",
    "write_problem",
]


def __getattr__(name: str) -> Any:
    """Public names are loaded when they are first used, so that `derive --help` does not wait for SymPy."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'derive' has no attribute {name!r}")
