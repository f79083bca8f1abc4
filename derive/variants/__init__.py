"""Class sets: other numbers for every student, the same questions at equal effort.

`space` says what may vary, `draw` draws it, `constraints` are the conditions that a draw must meet (`setting` is what
they look at), and `search` goes on until one does; `exercise` is what they know of a problem, of a network (`layered`)
or of equations (`elements`), and `watched` what they look at in it; `suited` chooses what else may be drawn where none
does (`mild` knows what, `bounds` what is impossible), and `own` the decimals of a single sheet. `roster` reads class
lists, `tasks` and `names` say whose sheet is called what, `glyphs` whether a name can be printed, `recipe` makes single
variants, `folder`, `record` and `sets` whole sets of them; `issued` reads what they have written. `stress` looks at
many variants before any is handed out.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.variants.api import worksheets, workshop_of
    from derive.variants.sets import ClassSet, Interrupted

_HOMES = {
    "ClassSet": "derive.variants.sets",
    "Interrupted": "derive.variants.sets",
    "workshop_of": "derive.variants.api",
    "worksheets": "derive.variants.api",
}

__all__ = ["ClassSet", "Interrupted", "worksheets", "workshop_of"]


def __getattr__(name: str) -> Any:
    """The heavy modules are loaded by those who make sets, not by those who only need a safe name."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'derive.variants' has no attribute {name!r}")
