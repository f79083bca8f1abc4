"""The table of notations: to add one, add a row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from derive.notation.model import Name, Notation


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
            "vb.shared": r"u^{(<l>)<,>}",
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
            "vb.own": r"u^{<l><,>}_ {<j>}",
            "vb.shared": r"u^{<l><,>}",
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
            "vb.shared": r"u_{<l>}<^>",
        }
    ),
    general=_same(
        {
            "W": r"w^{(<l>)<,>}_ {<ji>}",
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
            "vb.shared": r"U^{<l><,>}",
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
"""Every notation by name; to add one, add a row here."""
