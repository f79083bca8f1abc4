"""Colour by role: one table for formulas and pictures, on white paper and on a dark screen.

A role is what a quantity does in the network: input, weight, bias, hidden, output, error, gradient. Decides which
role a quantity has and how the role is coloured. Every ink is dark enough for text on white paper and on the role's
own tint, so that all of it can be read in grey print; no meaning rests on colour alone, which is for those who draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from derive.quantity import Quantity

RoleName = Literal[
    "input", "weight", "bias", "hidden", "output", "error", "gradient", "neutral", "unita", "unitb", "unitc", "unitd"
]
Colours = Literal["role", "unit", "none"]
"""What the colours of names and numbers tell: their role, of weights also the unit that they lead into, or nothing."""
COLOURS: tuple[Colours, ...] = ("role", "unit", "none")


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
SHADED = Shade("#d5dae1", "#3a424d")
"""The ground of what is shaded in a picture: seen on grey paper, and light enough for every ink."""
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
    Role("unita", "weight of unit 1", Shade("#5b3a9b", "#bda4f0"), Shade("#f4f0fc", "#241d36")),
    Role("unitb", "weight of unit 2", Shade("#9c3d00", "#f5a06b"), Shade("#fdefe6", "#331d10")),
    Role("unitc", "weight of unit 3", Shade("#00605f", "#5fc4c0"), Shade("#e8f6f5", "#102b2b")),
    Role("unitd", "weight of unit 4", Shade("#5f5a00", "#d6cf58"), Shade("#f8f7e0", "#2b2a10")),
)
UNITS: tuple[RoleName, ...] = ("unita", "unitb", "unitc", "unitd")
"""The colours of weights by their unit, in turn."""

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


def role_of(quantity: Quantity, last: int, by_unit: bool = False) -> Role:
    """The role of a quantity in a network whose output layer has the number `last`.

    `by_unit`: each weight has the role of the unit of its layer that it leads into, as far as there are `UNITS`, then
    from the first again.

    >>> role_of(Quantity("a", 1, 0), last=2).name, role_of(Quantity("a", 2, 0), last=2).name
    ('hidden', 'output')
    """
    if quantity.kind in _OF_A_UNIT:
        if quantity.layer == 0:
            return ROLES["input"]
        return ROLES["output" if quantity.layer == last else "hidden"]
    role = ROLES[_BY_KIND.get(quantity.kind, "neutral")]
    if by_unit and role.name == "weight" and isinstance(quantity.unit, int):
        return ROLES[UNITS[quantity.unit % len(UNITS)]]
    return role


def painted_roles(by: Colours) -> list[Role]:
    """The roles that have a colour in formulas.

    >>> [role.name for role in painted_roles("role")][:3], len(painted_roles("unit")), painted_roles("none")
    (['input', 'weight', 'bias'], 11, [])
    """
    if by == "none":
        return []
    return [role for role in _ROWS if role.name != "neutral" and (by == "unit" or role.name not in UNITS)]


def legend(roles: Mapping[RoleName, str], by: Colours) -> list[tuple[RoleName, str]]:
    """The colours that a document explains and the words for them, in the order of the table; `roles` are its own.

    Weights by unit have the colours of units.

    >>> legend({"weight": "parameter", "input": "input"}, "role")
    [('input', 'input'), ('weight', 'parameter')]
    >>> [name for name, _ in legend(dict.fromkeys(["weight", "unita", "unitb", "input"], ""), "unit")]
    ['input', 'unita', 'unitb']
    """
    units = by == "unit" and not roles.keys().isdisjoint(UNITS)
    shown = [role.name for role in painted_roles(by) if not (units and role.name == "weight")]
    return [(name, roles[name]) for name in shown if name in roles]


def formula_colours(by: Colours = "role") -> str:
    """The style sheet of a page whose names have the class of their role: `q-weight` and so on."""
    light, dark = (
        "".join(f".q-{role.name}{{color:{getattr(role.ink, scheme)}}}" for role in painted_roles(by))
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


def typst_definitions(by: Colours = "role") -> str:
    """The colours of formulas for Typst, a function for each role."""
    return "".join(
        f'#let {formula_command(role.name)}(name) = text(fill: rgb("{role.ink.light}"), name)\n'
        for role in painted_roles(by)
    )


def tex_definitions(by: Colours = "none") -> str:
    """The palette for LaTeX, one `\\definecolor` of the package xcolor per line; paper is white.

    For a document with coloured formulas, a command for each role too.
    """
    colours = {"paper": PAPER, "ink": INK, "quiet": QUIET, "wire": WIRE}
    for role in _ROWS:
        if role.name not in UNITS or by == "unit":
            colours |= {role.name: role.ink, f"{role.name} tint": role.tint}
    roles = [role.name for role in painted_roles(by)]
    definitions = "".join(
        rf"\newcommand{{\{formula_command(role)}}}[1]{{{{\color{{{tex_colour(role)}}}#1}}}}" + "\n" for role in roles
    )
    defined = "".join(
        rf"\definecolor{{{tex_colour(name)}}}{{HTML}}{{{shade.light[1:].upper()}}}" + "\n"
        for name, shade in colours.items()
    )
    return defined + definitions
