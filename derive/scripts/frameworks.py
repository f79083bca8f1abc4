"""What differs between NumPy and PyTorch: the head of a script, the spelling of functions, how a number is given.

A library is a row. Which of its functions computes a function of ours is a property of that function's row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from derive.functions import EVERY, FunctionRow

_NUMPY = '''\
import math
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np


def compare(name, yours, derived):
    """Prints your number beside the one of the derivation, at the decimals that it shows."""
    places = len(derived.partition(".")[2])
    near = abs(yours - float(derived)) <= 0.5 * 10.0**-places * (1 + 1e-6) + 1e-12 * abs(yours)
    print(f"{name} = {yours:.{places}f}, derived {derived}: {'ok' if near else 'DIFFERS'}")'''
_IMPORT, _IMPORTS = "import math\n\nimport torch\n", "import math\n\nimport numpy as np\nimport torch\n"
_TORCH = '''\
import math

import torch

torch.set_default_dtype(torch.float64)


def number(value):
    """A number of its own that PyTorch can derive by."""
    found = torch.as_tensor(value, dtype=torch.float64)
    return found * 1 if found.requires_grad else found.requires_grad_()


def autograd(of, by):
    """PyTorch's own derivative; 0 where nothing leads from one to the other."""
    (found,) = torch.autograd.grad(of, [by], retain_graph=True, allow_unused=True)
    return torch.zeros_like(by) if found is None else found


def compare(name, yours, derived, other=None):
    """Prints your number beside that of the derivation and that of autograd, at the decimals that it shows."""
    places = len(derived.partition(".")[2])
    found = [float(torch.as_tensor(one).detach()) for one in (yours, other) if one is not None]
    allowed = 0.5 * 10.0**-places * (1 + 1e-6)
    near = all(abs(one - float(derived)) <= allowed + 1e-12 * abs(one) for one in found)
    shown = ", autograd ".join([derived, *(f"{one:.{places}f}" for one in found[1:])])
    print(f"{name} = {found[0]:.{places}f}, derived {shown}: {'ok' if near else 'DIFFERS'}")'''
_NUMPY_ARRAYS = '''


def compare_all(name, yours, derived, first=1):
    """Prints every number of an array; indices count from `first`."""
    for place, number in np.ndenumerate(np.array(derived, dtype=object)):
        if number is not None:
            index = ",".join(str(at + low) for at, low in zip(place, np.broadcast_to(first, len(place))))
            compare(f"{name}[{index}]", yours[place], number)


def blank(*shape):
    """An array to be filled in."""
    return np.full(shape, np.nan)'''
_TORCH_ARRAYS = '''


def compare_all(name, yours, derived, first=1, other=None):
    """Prints every number of an array; indices count from `first`."""
    for place, number in np.ndenumerate(np.array(derived, dtype=object)):
        if number is not None:
            index = ",".join(str(at + low) for at, low in zip(place, np.broadcast_to(first, len(place))))
            compare(f"{name}[{index}]", yours[place], number, None if other is None else other[place])


def autograd_all(of, by):
    """PyTorch's own derivative by every number of an array."""
    if not hasattr(by, "cells"):
        return autograd(of, by)
    found = [0.0 if cell is None else float(autograd(of, cell).detach()) for cell in by.cells.flat]
    return np.array(found).reshape(by.cells.shape)


def blank(*shape):
    """Cells to be filled in, each with a number of PyTorch."""
    return np.full(shape, None)


def whole(cells):
    """Cells that are filled in as one tensor, which remembers them, for they may have been used one by one."""
    filled = [number(math.nan) if cell is None else cell for cell in cells.flat]
    found = torch.stack(filled).reshape(cells.shape)
    found.cells = cells
    return found'''


@dataclass(frozen=True)
class Framework:
    """A library that scripts compute with.

    `head` is what scripts begin with, `arrays` what those do that have arrays. `given` and `number`
    wrap what is written as a number of Python, `joins` says that filled cells become an array by a call of `whole`,
    `derives` that the library has derivatives of its own. `said` stands at the top of a script.
    """

    key: str
    word: str
    head: str
    arrays: str
    said: tuple[str, ...]
    given: str = ""
    number: str = ""
    joins: bool = False
    derives: bool = False

    def spelling(self, row: FunctionRow) -> str:
        """What computes a function; nothing where only its definition does."""
        found: str = getattr(row, self.key)
        return found

    def alone(self, function: str) -> str:
        """What computes a function of numbers of Python, which are no tensors; nothing where that needs a tensor."""
        found = self.spelling(EVERY[function])
        plain = found.removeprefix("torch.")
        return found if plain == found else f"math.{plain}" if hasattr(math, plain) else ""

    def wrapped(self, text: str) -> str:
        """A number of Python as one of the library."""
        return f"{self.number}({text})" if self.number else text


NUMPY = Framework(
    "numpy",
    "np",
    _NUMPY,
    _NUMPY + _NUMPY_ARRAYS,
    ("Every number is computed here and printed beside the one of the derivation.", "Needs NumPy. Made with derive."),
)
TORCH = Framework(
    "torch",
    "torch",
    _TORCH,
    _IMPORTS + _TORCH.removeprefix(_IMPORT) + _TORCH_ARRAYS,
    (
        "Every number is computed here and printed beside the one of the derivation, derivatives also beside the one",
        "of PyTorch's autograd. Nothing is rounded on the way. Needs PyTorch, for arrays NumPy too. Made with derive.",
    ),
    given="number",
    number="number",
    joins=True,
    derives=True,
)
FRAMEWORKS = {row.key: row for row in (NUMPY, TORCH)}
