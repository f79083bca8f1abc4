"""Names: a notation bound to a network, which refuses two quantities with one name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from derive.notation.model import Name, Notation, index_name
from derive.palette import RoleName, role_of
from derive.quantity import ABOUT, DIFFERENTIATED, Index, Quantity


class Shape(NamedTuple):
    """What names depend on: the sizes of all layers (inputs first), the linear layers, and two settings."""

    sizes: tuple[int, ...]
    linear: frozenset[int] = frozenset()
    standardized: bool = False
    decaying: bool = False

    @property
    def last(self) -> int:
        return len(self.sizes) - 1


MOST_PLUS_SIGNS = 3


class Namer:
    """The names of all quantities of one network in one notation.

    >>> from derive.notation import NOTATIONS
    >>> namer = Namer(NOTATIONS["mazur"], Shape((2, 2, 2)))
    >>> namer(Quantity("W", 2, 0, 0)).tex, namer(Quantity("dL/dW", 2, 0, 0)).text
    ('w_{5}', 'dE/dw5')
    """

    def __init__(self, notation: Notation, shape: Shape) -> None:
        if notation.narrow is not None and set(shape.sizes) == {1}:
            notation = notation.narrow
        self.notation, self.shape = notation, shape
        self._names: dict[Quantity, Name] = {}
        self._separator = "," if max(shape.sizes) > 9 else ""

    def __call__(self, quantity: Quantity) -> Name:
        name = self._names.get(quantity)
        if name is None:
            name = self._names[quantity] = self._derive(quantity)
        return name

    def role(self, quantity: Quantity, by_unit: bool = False) -> RoleName:
        """What a quantity does in the network, which its colour tells; `by_unit`: of weights, into which unit."""
        return role_of(quantity, self.shape.last, by_unit).name

    def has(self, letters: str) -> bool:
        """Whether a quantity of the author's is written with these letters, in TeX; no notation of networks has any."""
        return False

    def check(self, quantities: Iterable[Quantity]) -> None:
        """Raises ValueError when two different quantities would have one name."""
        owners: dict[tuple[int, str], Quantity] = {}
        for quantity in quantities:
            for which, text in enumerate(self(quantity)):
                other = owners.setdefault((which, text), quantity)
                if other != quantity and self._equal(other) != self._equal(quantity):
                    raise ValueError(
                        f"the notation {self.notation.key} has one name, {text}, for {other.id} and {quantity.id}"
                    )

    def same(self, quantity: Quantity) -> Quantity:
        """The quantity whose name this one bears: in a linear layer preactivation and activation are one."""
        if quantity.layer in self.shape.linear and quantity.kind in ("z", "dL/dz"):
            return quantity._replace(kind="a" if quantity.kind == "z" else "dL/da")
        return quantity

    def _equal(self, quantity: Quantity) -> Quantity:
        """One quantity for all that bear its name and are always equal to it.

        The gradient of a bias that one unit alone shares is that unit's share of it.
        """
        layer = quantity.layer
        if quantity.kind == "dL/db" and isinstance(layer, int) and self.shape.sizes[layer] == 1:
            return quantity._replace(unit=None)
        return self.same(quantity)

    def merged(self, layer: Index) -> bool:
        """Whether preactivation and activation of a layer bear one name."""
        return layer in self.shape.linear

    @property
    def has_delta(self) -> bool:
        """Whether the author has a letter for dL/dz; others write the fraction."""
        return "delta" in self.notation.names

    def matrix(self, kind: str, layer: int | str | None, example: int | None = None, step: int = 0) -> Name:
        """The bold name of a whole layer's quantities."""
        if kind == "z" and layer in self.shape.linear:
            kind = "a"
        place = self._place(kind, layer)
        template = self.notation.bold.get(f"{kind}.{place}") or self.notation.bold[kind]
        quantity = Quantity(kind, layer, None, None, example, step)
        return Name(self._fill(template, quantity, tex=True), self._fill(template, quantity, tex=False))

    def layer(self, layer: int) -> int:
        """The number this author gives to a layer."""
        return layer + self.notation.first_layer - 1

    def _derive(self, quantity: Quantity) -> Name:
        if quantity.kind == "dL/dz" and self.has_delta:
            return self._template("delta", quantity)
        quantity = self.same(quantity)
        kind = quantity.kind
        if kind in ABOUT:
            words = kind.replace("_", r"\,")
            if quantity.layer is None:
                return Name(rf"\mathrm{{{words}}}", kind)
            return Name(rf"\mathrm{{{words}}}_{{{quantity.layer}}}", f"{kind}_{quantity.layer}")
        if kind in DIFFERENTIATED:
            return self._fraction(self._loss(quantity), self(quantity.differentiated))
        if kind == "da/dz":
            unit = quantity.unit if quantity.source is None else quantity.source
            of = self(quantity._replace(kind="a", source=None))
            return self._fraction(of, self(quantity._replace(kind="z", unit=unit, source=None)))
        if kind == "path":
            through = Quantity("z", _plus_one(quantity.layer), quantity.source, None, quantity.example, quantity.step)
            of = self._fraction(self._loss(quantity), self(quantity._replace(kind="a", source=None)))
            via = self(through)
            return Name(rf"\left.{of.tex}\right\rvert_{{{via.tex}}}", f"{of.text}|{via.text}")
        if kind == "lr*dL/dW":
            rate, of = self(self._rate(quantity)), self(quantity._replace(kind="dL/dW"))
            return Name(rf"{rate.tex}\,{of.tex}", f"{rate.text}*{of.text}")
        return self._template(kind, quantity)

    def _rate(self, quantity: Quantity) -> Quantity:
        return Quantity("lr_now", step=quantity.step) if self.shape.decaying else Quantity("lr")

    def _loss(self, quantity: Quantity) -> Name:
        return self(Quantity("loss", example=quantity.example, step=quantity.step))

    @staticmethod
    def _fraction(above: Name, below: Name) -> Name:
        return Name(rf"\frac{{\partial {above.tex}}}{{\partial {below.tex}}}", f"d{above.text}/d{below.text}")

    def _place(self, kind: str, layer: int | str | None) -> str:
        if kind in ("b", "vb"):
            return "shared"
        if layer == 0:
            return "standardized" if self.shape.standardized else "input"
        return "output" if layer == self.shape.last else "hidden"

    def _template(self, kind: str, quantity: Quantity) -> Name:
        letters = any(isinstance(index, str) for index in (quantity.unit, quantity.source))
        place = self._place(kind, quantity.layer)
        if kind in ("b", "vb") and quantity.unit is not None:
            place = "own"
        tables = (self.notation.general, self.notation.names) if letters else (self.notation.names,)
        for table in tables:
            template = table.get(f"{kind}.{place}") or table.get(kind)
            if template is not None:
                return Name(
                    self._fill(template.tex, quantity, tex=True),
                    self._fill(template.text, quantity, tex=False),
                )
        raise ValueError(f"the notation {self.notation.key} has no name for {quantity.id}")

    def _fill(self, template: str, quantity: Quantity, tex: bool) -> str:
        def mark(match: re.Match[str]) -> str:
            return self._mark(match[1], quantity, tex)

        return re.sub(r"<([a-z_^,]+)>", mark, template)

    def _mark(self, mark: str, q: Quantity, tex: bool) -> str:
        layer = q.layer
        match mark:
            case "l":
                return str(layer + self.notation.first_layer - 1) if isinstance(layer, int) else str(layer)
            case "j":
                return _count(q.unit, tex)
            case "ji" | "ij":
                pair = [_count(q.unit, tex), _count(q.source, tex)]
                return (self._separator if tex else "_").join(pair if mark == "ji" else reversed(pair))
            case "n":
                return str(self._running_number(q))
            case "h":
                inside = self.shape.last > 2 and isinstance(layer, int)
                return f"{layer}{',' if tex else '_'}{_count(q.unit, tex)}" if inside else _count(q.unit, tex)
            case "u":
                return self._unit_label(q, tex)
            case "c":
                assert isinstance(layer, int)
                letters = self.notation.layer_letters
                if layer == self.shape.last:
                    return letters[-1]
                if layer < len(letters):
                    return letters[layer - 1]
                # Out of letters: the layer's number, upright, so that it is one name and takes superscripts.
                return rf"\mathrm{{h{layer}}}" if tex else f"h{layer}"
            case "_k":
                if self.shape.sizes[-1] == 1:
                    return ""
                return f"_ {{{_count(q.unit, tex)}}}" if tex else f"_{_count(q.unit, tex)}"
            case "^" | ",":
                note = _decoration(q, tex)
                return f"^{{{note}}}" if note and tex and mark == "^" else note
        raise ValueError(f"unknown mark <{mark}> in the notation {self.notation.key}")

    def _running_number(self, q: Quantity) -> int:
        assert isinstance(q.layer, int) and isinstance(q.unit, int) and isinstance(q.source, int)
        sizes = self.shape.sizes
        before = sum(above * below for above, below in zip(sizes[1 : q.layer], sizes, strict=False))
        return before + q.unit * sizes[q.layer - 1] + q.source + 1

    def _unit_label(self, q: Quantity, tex: bool) -> str:
        letter = "o" if q.layer == self.shape.last else "h"
        if letter == "o" or self.shape.last == 2:
            return f"{letter}{_count(q.unit, tex)}"
        return f"{letter}{q.layer}{',' if tex else '_'}{_count(q.unit, tex)}"


def _count(index: int | str | None, tex: bool) -> str:
    """A place as readers count: from 1; letters stay letters. A template may not ask for one that is not there."""
    if index is None:
        raise ValueError("a name has an index that its quantity lacks")
    return str(index + 1) if isinstance(index, int) else index_name(index)[not tex]


def _plus_one(layer: int | str | None) -> int:
    assert isinstance(layer, int)
    return layer + 1


def _decoration(q: Quantity, tex: bool) -> str:
    """Which example, and after how many updates: [2], +, ++."""
    parts = ""
    if q.example is not None:
        parts += f"[{_count(q.example, tex)}]" if tex else f"@{_count(q.example, tex)}"
    if q.step and not q.constant:
        parts += _updates(q.step, tex)
    return parts


def _updates(step: int, tex: bool) -> str:
    """One plus sign for each of the first updates, then their number in brackets: no reader takes it for a power."""
    if tex:
        return "+" * step if step <= MOST_PLUS_SIGNS else f"+({step})"
    return "+" if step == 1 else f"+{step}"
