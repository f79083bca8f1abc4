r"""Names and short lines of mathematics as glyphs, for pictures that no TeX typesets.

`formula.names` reads the TeX; here its parts get characters and styles. What a picture has no glyphs for, such as a
function or the bar of a path, raises `NoGlyphs`: a picture shows a name right or not at all. How wide it is and where
it is drawn is not known here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

from derive.formula import names
from derive.formula.names import Command, Font, Part, Parts, Run, Through, read_line

Style = Literal["italic", "roman", "bold"]
Spacing = Literal["none", "relation", "operator"]

COMMANDS = {
    "partial": "∂", "approx": "≈", "cdot": "·", "cross": "×", "le": "≤", "ge": "≥", "ne": "≠", "alpha": "α",
    "beta": "β", "gamma": "γ", "delta": "δ", "varepsilon": "ε", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "Delta": "Δ", "Sigma": "Σ", "Lambda": "Λ", "Gamma": "Γ", "Theta": "Θ",
    "Xi": "Ξ", "Pi": "Π", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "iota": "ι", "kappa": "κ",
    "upsilon": "υ", "varphi": "φ",
}  # fmt: skip
FONTS: dict[str, Style] = {
    "mathrm": "roman", "text": "roman", "operatorname": "roman", "mathit": "italic", "mathbf": "bold",
    "boldsymbol": "bold",
}  # fmt: skip
ACCENTS = {"tilde": "\u0303", "bar": "\u0304", "hat": "\u0302"}
UPRIGHT = frozenset("∂ΔΣΛΓΘΞΠΥΦΨΩ")


class Glyphs(NamedTuple):
    """Characters of one style; a sign that relates or joins has space around it."""

    text: str
    style: Style
    spacing: Spacing = "none"


class Scripts(NamedTuple):
    """Something with an index below, above or both."""

    base: Atoms
    below: Atoms
    above: Atoms


class Fraction(NamedTuple):
    """A fraction with a bar; only on the line itself, never in an index or in another fraction."""

    above: Atoms
    below: Atoms


Atom = Glyphs | Scripts | Fraction
Atoms = tuple[Atom, ...]


class NoPicture(ValueError):
    """What has no picture that could show it as it is, and why."""


class NoGlyphs(NoPicture):
    """A name for which there are no glyphs."""


@lru_cache(maxsize=20000)
def parse(tex: str) -> Atoms:
    """The line as a tree; `NoGlyphs` for TeX that has none."""
    return _row(read_line(tex), "italic")


def _row(parts: Parts, style: Style) -> Atoms:
    atoms: list[Atom] = []
    for part in parts:
        atoms += _atoms(part, style, follows=bool(atoms))
    return _joined(_joining(atoms))


def _joining(atoms: list[Atom]) -> list[Atom]:
    """The atoms; a sign that has nothing to join on one of its sides, as in (·), is a letter like others."""
    found: list[Atom] = []
    for at, atom in enumerate(atoms):
        match atom:
            case Glyphs(sign, style, "operator") if _opens(atoms[at - 1]) or _closes(atoms[at + 1 :]):
                found.append(Glyphs(sign, style))
            case _:
                found.append(atom)
    return found


def _opens(atom: Atom) -> bool:
    match atom:
        case Glyphs(text):
            return text[-1] in "(["
    return False


def _closes(rest: list[Atom]) -> bool:
    """Whether nothing comes, or a closing bracket, which may carry an index."""
    match rest:
        case []:
            return True
        case [Glyphs(text) | Scripts((Glyphs(text), *_)), *_]:
            return text[0] in ")]"
    return False


def _atoms(part: Part, style: Style, follows: bool) -> list[Atom]:
    match part:
        case Run(text):
            return [_character(character, style, follows) for character in text]
        case Command("times"):
            return []
        case Command(name) if name in COMMANDS:
            return [_character(COMMANDS[name], style, follows)]
        case Font(font, body) if font in ACCENTS:
            return [Scripts(_accented(_row(body, style), ACCENTS[font]), (), ())]
        case Font(font, body):
            return [Scripts(_row(body, FONTS[font]), (), ())]
        case names.Scripts(base, below, above):
            return [Scripts(_base(base, style), _row(below, "italic"), _row(above, "italic"))]
        case names.Fraction(above, below):
            return [Fraction(_row(above, style), _row(below, style))]
        case Command(name):
            raise NoGlyphs(f"no picture of \\{name}")
        case Through():
            raise NoGlyphs("no picture of a derivative through a unit")
    raise TypeError(f"{part!r} is no part of a name")


def _base(part: Part, style: Style) -> Atoms:
    """What carries an index: letters in a font of their own need no group of their own."""
    match row := _row((part,), style):
        case (Scripts(base, (), ()),):
            return base
        case (Fraction(),):
            raise NoGlyphs("an index on a fraction")
    return row


def _character(character: str, style: Style, follows: bool) -> Glyphs:
    """One character; a sign has space around it only where something stands before it."""
    if character in "=≈<>≤≥≠":
        return Glyphs(character, "roman", "relation")
    if character in "+-·×":
        shape = "−" if character == "-" else character
        return Glyphs(shape, "roman", "operator" if follows and shape == "·" else "none")
    return Glyphs(character, style if character.isalpha() and character not in UPRIGHT else "roman")


def _accented(row: Atoms, mark: str) -> Atoms:
    match row:
        case (Glyphs(text, style, spacing),):
            return (Glyphs(text + mark, style, spacing),)
        case (Scripts(base, (), ()),):
            return _accented(base, mark)
    raise NoGlyphs("an accent on more than letters")


def _joined(atoms: list[Atom]) -> Atoms:
    """Neighbours of one style in one piece."""
    joined: list[Atom] = []
    for atom in atoms:
        match (joined[-1] if joined else None), atom:
            case Glyphs(before, style, "none"), Glyphs(text, other, "none") if style == other:
                joined[-1] = Glyphs(before + text, style)
            case _:
                joined.append(atom)
    return tuple(joined)
