"""Colour by role: one table for formulas and pictures, on white paper and on a dark screen.

A role is what a quantity does in the network: input, weight, bias, hidden, output, error, gradient. Decides which
role a quantity has and how the role is coloured. Every ink is dark enough for text on white paper and on the role's
own tint, so that all of it can be read in grey print; no meaning rests on colour alone, which is for those who draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from derive.quantity import Quantity

RoleName = Literal["input", "weight", "bias", "hidden", "output", "error", "gradient", "neutral"]


@dataclass(frozen=True, slots=True)
class Shade:
    """A colour on paper and on a dark screen, as six hexadecimal digits after a #."""

    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class Role:
    """`ink` is for text and lines, `tint` for the surface behind them; `words` name the role in a legend."""

    name: RoleName
    words: str
    ink: Shade
    tint: Shade


PAPER = Shade("#ffffff", "#15181d")
INK = Shade("#1f2328", "#e6e8eb")
QUIET = Shade("#5f6670", "#9aa2ac")
"""Captions, and what a picture leaves in the background."""
WIRE = Shade("#868e99", "#6e7783")
"""Connections, axes and other lines that carry no text."""

_ROWS = (
    Role("input", "input", Shade("#7a5200", "#f0b849"), Shade("#fff4d9", "#332811")),
    Role("weight", "weight", Shade("#5b3a9b", "#bda4f0"), Shade("#f4f0fc", "#241d36")),
    Role("bias", "bias", Shade("#00605f", "#5fc4c0"), Shade("#e8f6f5", "#102b2b")),
    Role("hidden", "hidden unit", Shade("#0b579e", "#7db8f2"), Shade("#e8f2fc", "#12263b")),
    Role("output", "output", Shade("#1d6431", "#7bcb8f"), Shade("#e9f6ec", "#142b1a")),
    Role("error", "target and error", Shade("#a61b1b", "#ff9d94"), Shade("#fdeeec", "#381a18")),
    Role("gradient", "gradient", Shade("#98175a", "#f29ac4"), Shade("#fceef5", "#361626")),
    Role("neutral", "other quantity", INK, Shade("#f3f4f6", "#21262d")),
)

ROLES: dict[str, Role] = {role.name: role for role in _ROWS}

_BY_KIND: dict[str, RoleName] = {
    "x": "input",
    "mean": "input",
    "std": "input",
    "W": "weight",
    "vW": "weight",
    "b": "bias",
    "vb": "bias",
    "t": "error",
    "loss": "error",
    "loss_part": "error",
    "data_loss": "error",
    "penalty": "error",
    "dL/da": "error",
    "dL/dz": "error",
    "path": "error",
    "dL/dW": "gradient",
    "dL/db": "gradient",
    "lr*dL/dW": "gradient",
}
_OF_A_UNIT = frozenset({"a", "z", "exp", "expsum", "da/dz"})


def role_of(quantity: Quantity, last: int) -> Role:
    """The role of a quantity in a network whose output layer has the number `last`.

    >>> role_of(Quantity("a", 1, 0), last=2).name, role_of(Quantity("a", 2, 0), last=2).name
    ('hidden', 'output')
    """
    if quantity.kind in _OF_A_UNIT:
        if quantity.layer == 0:
            return ROLES["input"]
        return ROLES["output" if quantity.layer == last else "hidden"]
    return ROLES[_BY_KIND.get(quantity.kind, "neutral")]


def formula_colours() -> str:
    """The style sheet of a page whose names have the class of their role: `q-weight` and so on."""
    light, dark = (
        "".join(f".q-{role.name}{{color:{getattr(role.ink, scheme)}}}" for role in _ROWS if role.name != "neutral")
        for scheme in ("light", "dark")
    )
    return f"{light}\n@media screen and (prefers-color-scheme:dark){{{dark}}}"


def tex_colour(name: str) -> str:
    """The name under which `tex_definitions` defines a colour.

    >>> tex_colour("input"), tex_colour("input tint")
    ('deriveinput', 'deriveinputtint')
    """
    return "derive" + name.replace(" ", "")


def formula_command(role: RoleName) -> str:
    """What colours a name of a role in LaTeX and Typst.

    >>> formula_command("weight")
    'qweight'
    """
    return f"q{role}"


def typst_definitions() -> str:
    """The colours of formulas for Typst, a function for each role."""
    return "".join(
        f'#let {formula_command(role.name)}(name) = text(fill: rgb("{role.ink.light}"), name)\n'
        for role in _ROWS
        if role.name != "neutral"
    )


def tex_definitions(commands: bool = False) -> str:
    """The palette for LaTeX, one `\\definecolor` of the package xcolor per line; paper is white.

    With `commands`, for a document with formulas, a command for each role too.
    """
    colours = {"paper": PAPER, "ink": INK, "quiet": QUIET, "wire": WIRE}
    for role in _ROWS:
        colours |= {role.name: role.ink, f"{role.name} tint": role.tint}
    roles = [role.name for role in _ROWS if role.name != "neutral"] if commands else []
    definitions = "".join(
        rf"\newcommand{{\{formula_command(role)}}}[1]{{{{\color{{{tex_colour(role)}}}#1}}}}" + "\n" for role in roles
    )
    defined = "".join(
        rf"\definecolor{{{tex_colour(name)}}}{{HTML}}{{{shade.light[1:].upper()}}}" + "\n"
        for name, shade in colours.items()
    )
    return defined + definitions
