"""Identity: which number of a computation is meant, by the author's name and indices.

A number is a value (`W[1,2]`), a derivative of one by another (`dL/dW[1,2]`), the share of a derivative that comes
through one reader (`dL/dh[1] via a[2]`), or what an optimiser keeps for one parameter (`m(W[1,2])`); each of them
after a number of updates (`after[2].W[1,2]`). This module decides identity and its spelling, and knows no values.
"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import Any, NamedTuple, Self

from derive.quantity import Quantity

Place = tuple[int, ...]
"""The indices of an element, in the author's counting; empty for a scalar."""


class Symbol(NamedTuple):
    """An element of a named quantity."""

    name: str
    indices: Place = ()

    def __str__(self) -> str:
        return f"{self.name}[{','.join(map(str, self.indices))}]" if self.indices else self.name


_FIELDS = ("of", "by", "via", "owner", "local", "step", "ahead")


def _field(at: int) -> Any:
    return property(itemgetter(at))


class Identity(Quantity):
    """One number: the value of `of`, or its derivative by `by`, perhaps only the share that comes through `via`.

    It is a quantity that has no place in a network of layers. `local`: the derivative of one equation alone, what
    stands in `of` by what stands on its right side. `owner` is the parameter that `of` belongs to, where `of` is the
    state or an intermediate of an update. `step` counts the updates already made; `ahead` is the same where an update
    looks ahead to. A gradient of a problem with `upstream` has `of.name` "L", the loss that nobody names.

    >>> str(Identity(Symbol("L"), by=Symbol("W", (1, 2)), step=1))
    'after[1].dL/dW[1,2]'
    >>> str(Identity(Symbol("m"), owner=Symbol("W", (1, 2))))
    'm(W[1,2])'
    """

    __slots__ = ()

    def __new__(
        cls,
        of: Symbol,
        by: Symbol | None = None,
        via: Symbol | None = None,
        owner: Symbol | None = None,
        local: bool = False,
        step: int = 0,
        ahead: bool = False,
    ) -> Self:
        # The first six are what a quantity of a network has, and nothing here.
        return tuple.__new__(cls, ("", None, None, None, None, 0, of, by, via, owner, local, step, ahead))

    of: Symbol = _field(6)
    by: Symbol | None = _field(7)
    via: Symbol | None = _field(8)
    owner: Symbol | None = _field(9)
    local: bool = _field(10)
    step: int = _field(11)
    ahead: bool = _field(12)

    def _replace(self, **changes: Any) -> Self:
        return type(self)(**dict(zip(_FIELDS, self[6:], strict=True)) | changes)

    def __getnewargs__(self) -> Any:
        return self[6:]

    def __repr__(self) -> str:
        return f"Identity({self})"

    @property
    def of_all(self) -> Identity:
        """The same of no example: itself."""
        return self

    def shifted(self, steps: int) -> Identity:
        """The same `steps` updates later; whether it moves, the computation knows."""
        return self._replace(step=self.step + steps)

    @property
    def constant(self) -> bool:
        """Whether nothing is computed of it, which its name alone does not tell."""
        return False

    @property
    def kind(self) -> str:
        """What all elements of one array have in common: `W[]`, `dL[]/dW[]`, `m[](W[])`; no kind of a network.

        >>> Identity(Symbol("L"), by=Symbol("W", (1, 2)), step=1).kind
        'dL[]/dW[]'
        """
        of, by, via, owner = (one and Symbol(f"{one.name}[]") for one in (self.of, self.by, self.via, self.owner))
        return str(Identity(of or self.of, by, via, owner, self.local, ahead=self.ahead))

    def __str__(self) -> str:
        text = str(self.of)
        if self.by is not None:
            # A curly d tells the derivative of one equation from the derivative along all ways.
            sign = "∂" if self.local else "d"
            text = f"{sign}{text}/{sign}{self.by}"
        if self.via is not None:
            text += f" via {self.via}"
        if self.owner is not None:
            text += f"({self.owner})"
        text = f"ahead.{text}" if self.ahead else text
        return f"after[{self.step}].{text}" if self.step else text

    @property
    def id(self) -> str:
        """The id used in files, tests and on the command line; the inverse of `parse_identity`."""
        return str(self)


def element(quantity: Quantity) -> Identity:
    """A quantity that is an element of equations; TypeError for one of a network."""
    if not isinstance(quantity, Identity):
        raise TypeError(f"{quantity.id} is no element of equations")
    return quantity


_NAME = r"[A-Za-z][A-Za-z0-9_]{0,29}"
_SYMBOL = rf"{_NAME}(?:\[-?\d{{1,7}}(?:,-?\d{{1,7}}){{0,7}}\])?"
_ID = re.compile(
    rf"(?:after\[(?P<step>\d{{1,6}})\]\.)?(?P<ahead>ahead\.)?"
    rf"(?:(?P<sign>[d∂])(?P<of>{_SYMBOL})/(?P=sign)(?P<by>{_SYMBOL})(?: via (?P<via>{_SYMBOL}))?"
    rf"|(?P<state>{_NAME})\((?P<owner>{_SYMBOL})\)"
    rf"|(?P<value>{_SYMBOL}))"
)


def parse_identity(text: str) -> Identity | None:
    """The number that an id spells, or None where it is no id; `W_new[1,2]` is W[1,2] after one update.

    >>> parse_identity("dL/dh[1] via a[2]").via
    Symbol(name='a', indices=(2,))
    >>> parse_identity("W_new[1,2]") == parse_identity("after[1].W[1,2]")
    True
    """
    match = _ID.fullmatch(re.sub(r"\s*,\s*", ",", text.strip()))
    if match is None:
        return None
    step, ahead = int(match["step"] or 0), match["ahead"] is not None
    if match["of"]:
        via = _symbol(match["via"]) if match["via"] else None
        return Identity(_symbol(match["of"]), _symbol(match["by"]), via, None, match["sign"] == "∂", step, ahead)
    if match["owner"]:
        return Identity(Symbol(match["state"]), owner=_symbol(match["owner"]), step=step, ahead=ahead)
    symbol = _symbol(match["value"])
    if symbol.name.endswith("_new") and not step:
        symbol, step = symbol._replace(name=symbol.name.removesuffix("_new")), 1
    return Identity(symbol, step=step, ahead=ahead)


def _symbol(text: str) -> Symbol:
    name, _, rest = text.partition("[")
    return Symbol(name, tuple(int(number) for number in rest.rstrip("]").split(",")) if rest else ())
