"""Letters: how each author writes each quantity.

A notation is data: one template per kind of quantity. To add one, add a row to the table at the end. Templates may
hold these marks, filled in for each quantity:

    <l> layer      <j> unit       <ji> <ij> unit and source (or source and unit) of a weight
    <n> running number of a weight     <u> unit as h1, o2     <h> unit of a hidden layer     <c> letter of the layer
    <_k> index of an output, left out when there is only one
    <^> example and number of updates as a superscript       <,> the same inside a superscript

A `Namer` binds a notation to a network and refuses two quantities with one name. Values and formulas are unknown
here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from derive.quantity import Quantity


class Name(NamedTuple):
    """A name in TeX and in plain text."""

    tex: str
    text: str


@dataclass(frozen=True)
class Notation:
    """One author's letters and habits.

    `names` are the templates by kind; a key such as `a.input` or `a.hidden` holds for that place only. `general`
    overrides them where an index stands for any unit. An author without a template `delta` writes dL/dz as a
    fraction. `convention` is how a layer is written with matrices: "column" (W a), "transposed" (W^T a, one row of
    W per source) or "row" (a W). `target_first` writes the error as target minus output. `first_layer` is the
    number of the first layer that computes. `narrow` replaces the notation in a network of one unit per layer.
    """

    key: str
    title: str
    names: dict[str, Name]
    form: str = "chain"
    convention: str = "column"
    target_first: bool = False
    first_layer: int = 1
    bold: Mapping[str, str] = field(default_factory=dict)
    general: Mapping[str, Name] = field(default_factory=dict)
    narrow: Notation | None = None
    layer_letters: str = ""


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

DERIVATIVES = {"dL/da": "a", "dL/dz": "z", "dL/dW": "W", "dL/db": "b"}
"""Kinds named as a fraction: the derivative of the loss with respect to another kind."""


class Namer:
    """The names of all quantities of one network in one notation.

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

    def check(self, quantities: Iterable[Quantity]) -> None:
        """Raises ValueError when two different quantities would have one name."""
        owners: dict[tuple[int, str], Quantity] = {}
        for quantity in quantities:
            for which, text in enumerate(self(quantity)):
                other = owners.setdefault((which, text), quantity)
                if self.same(other) != self.same(quantity):
                    raise ValueError(
                        f"the notation {self.notation.key} has one name, {text}, for {other.id} and {quantity.id}"
                    )

    def same(self, quantity: Quantity) -> Quantity:
        """The quantity whose name this one bears: in a linear layer preactivation and activation are one."""
        if quantity.layer in self.shape.linear and quantity.kind in ("z", "dL/dz"):
            return quantity._replace(kind="a" if quantity.kind == "z" else "dL/da")
        return quantity

    def merged(self, layer: int) -> bool:
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
        if kind in DERIVATIVES:
            parameter = kind in ("dL/dW", "dL/db")
            below = quantity._replace(kind=DERIVATIVES[kind], example=None if parameter else quantity.example)
            return self._fraction(self._loss(quantity), self(below))
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
                return _count(q.unit)
            case "ji" | "ij":
                pair = [_count(q.unit), _count(q.source)]
                return (self._separator if tex else "_").join(pair if mark == "ji" else reversed(pair))
            case "n":
                return str(self._running_number(q))
            case "h":
                inside = self.shape.last > 2 and isinstance(layer, int)
                return f"{layer}{',' if tex else '_'}{_count(q.unit)}" if inside else _count(q.unit)
            case "u":
                return self._unit_label(q, tex)
            case "c":
                assert isinstance(layer, int)
                letters = self.notation.layer_letters
                if layer == self.shape.last:
                    return letters[-1]
                return letters[layer - 1] if layer < len(letters) else f"{letters[-2]}^{{({layer})}}"
            case "_k":
                if self.shape.sizes[-1] == 1:
                    return ""
                return f"_ {{{_count(q.unit)}}}" if tex else f"_{_count(q.unit)}"
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
            return f"{letter}{_count(q.unit)}"
        return f"{letter}{q.layer}{',' if tex else '_'}{_count(q.unit)}"


def _count(index: int | str | None) -> str:
    """A place as readers count: from 1; letters stay letters."""
    return str(index + 1) if isinstance(index, int) else str(index)


def _plus_one(layer: int | str | None) -> int:
    assert isinstance(layer, int)
    return layer + 1


def _decoration(q: Quantity, tex: bool) -> str:
    """Which example, and after how many updates: [2], +, ++."""
    parts = ""
    if q.example is not None:
        parts += f"[{_count(q.example)}]" if tex else f"@{_count(q.example)}"
    if q.step and not q.constant:
        parts += _updates(q.step, tex)
    return parts


def _updates(step: int, tex: bool) -> str:
    """One plus sign for each of the first updates, then their number in brackets: no reader takes it for a power."""
    if tex:
        return "+" * step if step <= MOST_PLUS_SIGNS else f"+({step})"
    return "+" if step == 1 else f"+{step}"


def _same(templates: Mapping[str, str]) -> dict[str, Name]:
    """Templates whose plain text follows from their TeX by leaving out braces, backslashes and font commands."""
    return {key: Name(tex, _plain(tex)) for key, tex in templates.items()}


def _plain(tex: str) -> str:
    text = re.sub(r"\\(mathrm|mathit|tilde|bar|text)\b|[{}\\ ]", "", tex)
    text = (
        text.replace("^1<,>", "1<,>")
        .replace("^(<l><,>)", "<l><,>")
        .replace("^(<l>)<,>", "<l><,>")
        .replace("^<l><,>", "<l><,>")
    )
    # Decorations go last in plain text: net_h1+, w5@2+.
    moved = text.replace("<,>", "").replace("<^>", "")
    return moved + "<^>" if moved != text else text


_COMMON = _same(
    {
        "x": r"x_{<j>}<^>",
        "mean": r"\mathrm{mean}_ {<j>}",
        "std": r"\mathrm{sd}_ {<j>}",
        "lr": r"\eta",
        "lr_now": r"\eta<^>",
        "lr0": r"\eta_{0}",
        "decay": r"d",
        "updates": r"n<^>",
        "momentum": r"\mu",
        "l1": r"\lambda_{1}",
        "l2": r"\lambda_{2}",
        "penalty": r"R<^>",
    }
)

_STANDARD = Notation(
    key="standard",
    title="the usual textbook notation",
    names=_COMMON
    | {"a.standardized": Name(r"\tilde{x}_ {<j>}<^>", "xs_<j><^>")}
    | _same(
        {
            "a.input": r"x_{<j>}<^>",
            "a": r"a^{(<l>)<,>}_ {<j>}",
            "z": r"z^{(<l>)<,>}_ {<j>}",
            "exp": r"q^{(<l>)<,>}_ {<j>}",
            "expsum": r"S^{(<l>)<,>}",
            "W": r"w^{(<l>)<,>}_ {<ji>}",
            "b.own": r"b^{(<l>)<,>}_ {<j>}",
            "b.shared": r"b^{(<l>)<,>}",
            "t": r"t_{<j>}<^>",
            "loss": r"L<^>",
            "loss_part": r"L_{<j>}<^>",
            "data_loss": r"D<^>",
            "delta": r"\delta^{(<l>)<,>}_ {<j>}",
            "vW": r"v^{(<l>)<,>}_ {<ji>}",
            "vb.own": r"u^{(<l>)<,>}_ {<j>}",
            "vb": r"u^{(<l>)<,>}_ {<j>}",
        }
    ),
    bold={
        "a.input": r"\mathbf{x}<^>",
        "a.standardized": r"\tilde{\mathbf{x}}<^>",
        "a": r"\mathbf{a}^{(<l>)<,>}",
        "z": r"\mathbf{z}^{(<l>)<,>}",
        "W": r"\mathbf{W}^{(<l>)<,>}",
        "b": r"\mathbf{b}^{(<l>)<,>}",
        "t": r"\mathbf{t}<^>",
        "dL/dz": r"\boldsymbol{\delta}^{(<l>)<,>}",
        "vW": r"\mathbf{V}^{(<l>)<,>}",
        "vb": r"\mathbf{u}^{(<l>)<,>}",
    },
)

_NIELSEN = replace(
    _STANDARD,
    key="nielsen",
    title="the notation of Michael Nielsen's book",
    form="delta",
    first_layer=2,
    names=_STANDARD.names
    | _same(
        {
            "a.input": r"a^{1<,>}_ {<j>}",
            "a.standardized": r"a^{1<,>}_ {<j>}",
            "a": r"a^{<l><,>}_ {<j>}",
            "z": r"z^{<l><,>}_ {<j>}",
            "exp": r"q^{<l><,>}_ {<j>}",
            "expsum": r"S^{<l><,>}",
            "W": r"w^{<l><,>}_ {<ji>}",
            "b.own": r"b^{<l><,>}_ {<j>}",
            "b.shared": r"b^{<l><,>}",
            "t": r"y_{<j>}<^>",
            "loss": r"C<^>",
            "loss_part": r"C_{<j>}<^>",
            "data_loss": r"C_{\text{data}}<^>",
            "delta": r"\delta^{<l><,>}_ {<j>}",
            "vW": r"v^{<l><,>}_ {<ji>}",
            "vb": r"u^{<l><,>}_ {<j>}",
        }
    ),
    bold={
        "a.input": r"a^{1<,>}",
        "a.standardized": r"a^{1<,>}",
        "a": r"a^{<l><,>}",
        "z": r"z^{<l><,>}",
        "W": r"w^{<l><,>}",
        "b": r"b^{<l><,>}",
        "t": r"y<^>",
        "dL/dz": r"\delta^{<l><,>}",
        "vW": r"v^{<l><,>}",
        "vb": r"u^{<l><,>}",
    },
)

_MAZUR = Notation(
    key="mazur",
    title="the notation of Matt Mazur's article",
    target_first=True,
    names=_COMMON
    | {"W": Name(r"w_{<n>}<^>", "w<n><^>"), "loss": Name(r"E_{total}<^>", "E<^>")}
    | _same(
        {
            "x": r"i^{\mathrm{raw}<,>}_ {<j>}",
            "a.input": r"i_{<j>}<^>",
            "a.standardized": r"i_{<j>}<^>",
            "a": r"\mathrm{out}_ {<u>}<^>",
            "z": r"\mathrm{net}_ {<u>}<^>",
            "exp": r"\mathrm{exp}_ {<u>}<^>",
            "expsum": r"S_{<l>}<^>",
            "b.own": r"b_{<u>}<^>",
            "b.shared": r"b_{<l>}<^>",
            "t": r"target_{o<j>}<^>",
            "loss_part": r"E_{o<j>}<^>",
            "data_loss": r"E_{data}<^>",
            "vW": r"v_{<n>}<^>",
            "vb.own": r"u_{<u>}<^>",
            "vb": r"u_{<l>}<^>",
        }
    ),
    general=_same(
        {
            "a.input": r"i_{<j>}<^>",
            "a.standardized": r"i_{<j>}<^>",
            "a": r"\mathrm{out}^{(<l>)<,>}_ {<j>}",
            "z": r"\mathrm{net}^{(<l>)<,>}_ {<j>}",
            "W": r"w^{(<l>)<,>}_ {<ji>}",
            "b.own": r"b^{(<l>)<,>}_ {<j>}",
        }
    ),
    bold={
        "a.input": r"\mathbf{i}<^>",
        "a.standardized": r"\mathbf{i}<^>",
        "a": r"\mathbf{out}^{(<l>)<,>}",
        "z": r"\mathbf{net}^{(<l>)<,>}",
        "W": r"\mathbf{W}^{(<l>)<,>}",
        "b": r"\mathbf{b}^{(<l>)<,>}",
        "t": r"\mathbf{target}<^>",
        "vW": r"\mathbf{V}^{(<l>)<,>}",
        "vb": r"\mathbf{u}^{(<l>)<,>}",
    },
)

_HMKCODE = replace(
    _MAZUR,
    key="hmkcode",
    title="the notation of the HMKCODE article",
    convention="row",
    target_first=False,
    names=_MAZUR.names
    | _same(
        {
            "a.hidden": r"h_{<h>}<^>",
            "a.output": r"\mathrm{prediction}<_k><^>",
            "z.hidden": r"s_{h<h>}<^>",
            "z.output": r"s_{\mathrm{prediction}<_k>}<^>",
            "t": r"\mathrm{actual}<_k><^>",
            "loss": r"\mathrm{Error}<^>",
            "loss_part": r"\mathrm{Error}_ {<j>}<^>",
            "data_loss": r"\mathrm{Error}_ {\mathrm{data}}<^>",
            "lr": r"a",
            "lr_now": r"a<^>",
            "lr0": r"a_{0}",
            "delta": r"\Delta<_k><^>",
            "delta.hidden": r"\Delta_{h<h>}<^>",
        }
    ),
)

_CAISPP = replace(
    _STANDARD,
    key="caispp",
    title="the notation of the CAIS++ article",
    form="matrix",
    convention="transposed",
    names=_STANDARD.names
    | {"a.standardized": Name(r"\bar{x}_ {<j>}<^>", "xbar_<j><^>")}
    | _same(
        {
            "W": r"w^{(<l>)<,>}_ {<ij>}",
            "t": r"y_{<j>}<^>",
            "loss": r"J<^>",
            "loss_part": r"J_{<j>}<^>",
            "data_loss": r"J_{\text{data}}<^>",
            "lr": r"\alpha",
            "lr_now": r"\alpha<^>",
            "lr0": r"\alpha_{0}",
        }
    ),
    bold={
        **_STANDARD.bold,
        "a.standardized": r"\bar{\mathbf{x}}<^>",
        "W": r"\mathbf{W}_ {<l>}<^>",
        "b": r"\mathbf{b}_ {<l>}<^>",
        "t": r"\mathbf{y}<^>",
    },
)

_ROHAN = Notation(
    key="rohan",
    title="the notation of Rohan and Lenny's article, with unit numbers added",
    form="index",
    convention="column",
    layer_letters="yzuvsrp",
    names=_COMMON
    | _same(
        {
            "x": r"x^{\mathrm{raw}<,>}_ {<j>}",
            "a.input": r"x_{<j>}<^>",
            "a.standardized": r"x_{<j>}<^>",
            "a.hidden": r"<c>_{<j>}<^>",
            "a.output": r"p<_k><^>",
            "z.hidden": r"<c>^{\mathrm{in}<,>}_ {<j>}",
            "z.output": r"p^{\mathrm{in}<,>}<_k>",
            "exp": r"q^{<l><,>}_ {<j>}",
            "expsum": r"S^{<l><,>}",
            "W": r"W^{<l><,>}_ {<ij>}",
            "b.own": r"b^{<l><,>}_ {<j>}",
            "b.shared": r"b^{<l><,>}",
            "t": r"a<_k><^>",
            "loss": r"J<^>",
            "loss_part": r"J_{<j>}<^>",
            "data_loss": r"J_{\mathrm{data}}<^>",
            "lr": r"\alpha",
            "lr_now": r"\alpha<^>",
            "lr0": r"\alpha_{0}",
            "vW": r"V^{<l><,>}_ {<ij>}",
            "vb.own": r"U^{<l><,>}_ {<j>}",
            "vb": r"U^{<l><,>}",
        }
    ),
    bold={
        "a.input": r"\mathbf{x}<^>",
        "a.standardized": r"\mathbf{x}<^>",
        "a": r"\mathbf{<c>}<^>",
        "z": r"\mathbf{<c>}^{\mathrm{in}<,>}",
        "W": r"\mathbf{W}^{<l><,>}",
        "b": r"\mathbf{b}^{<l><,>}",
        "t": r"\mathbf{a}<^>",
        "vW": r"\mathbf{V}^{<l><,>}",
        "vb": r"\mathbf{U}^{<l><,>}",
    },
)

_ROHAN_CHAIN = replace(
    _ROHAN,
    form="chain",
    narrow=None,
    names=_ROHAN.names
    | _same(
        {
            "x": r"\mathrm{input}^{\mathrm{raw}<,>}",
            "a.input": r"\mathrm{input}<^>",
            "a.standardized": r"\mathrm{input}<^>",
            "a.hidden": r"\mathrm{hidden}_ {<l>}<^>",
            "a.output": r"\mathrm{output}<^>",
            "z": r"\mathrm{sum}_ {<l>}<^>",
            "z.hidden": r"\mathrm{sum}_ {<l>}<^>",
            "z.output": r"\mathrm{sum}_ {<l>}<^>",
            "W": r"w_{<l>}<^>",
            "b.own": r"b_{<l>}<^>",
            "b.shared": r"b_{<l>}<^>",
            "t": r"\mathrm{target}<^>",
            "loss": r"\mathrm{error}<^>",
        }
    ),
)

NOTATIONS: dict[str, Notation] = {
    notation.key: notation
    for notation in (_STANDARD, _MAZUR, _HMKCODE, _CAISPP, replace(_ROHAN, narrow=_ROHAN_CHAIN), _NIELSEN)
}
"""Every notation by name; to add one, add a row here (and its name to `spec.NOTATIONS`)."""
