r"""The TeX of names and short formulas as a small tree, for pictures that no TeX typesets.

Knows the grammar that `notation` and `formula` print on one line: letters, numbers, signs, `_`, `^`, braces, font
commands, accents, Greek letters and `\frac`. Anything else is a ValueError: a picture shows a name right or not at
all. How wide it is and where it is drawn is not known here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

Style = Literal["italic", "roman", "bold"]
Spacing = Literal["none", "relation", "operator"]

COMMANDS = {
    "partial": "∂", "approx": "≈", "cdot": "·", "le": "≤", "ge": "≥", "ne": "≠", "times": "×", "alpha": "α",
    "beta": "β", "gamma": "γ", "delta": "δ", "varepsilon": "ε", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "Delta": "Δ", "Sigma": "Σ", "Lambda": "Λ",
}  # fmt: skip
FONTS: dict[str, Style] = {
    "mathrm": "roman", "text": "roman", "operatorname": "roman", "mathit": "italic", "mathbf": "bold",
    "boldsymbol": "bold",
}  # fmt: skip
ACCENTS = {"tilde": "\u0303", "bar": "\u0304"}
UPRIGHT = frozenset("∂ΔΣΛ")


class Glyphs(NamedTuple):
    """Characters of one style; a sign that relates or joins has space around it."""

    text: str
    style: Style
    spacing: Spacing = "none"


class Scripts(NamedTuple):
    """Something with an index below, above or both."""

    base: Row
    below: Row
    above: Row


class Fraction(NamedTuple):
    """A fraction with a bar; only on the line itself, never in an index or in another fraction."""

    above: Row
    below: Row


Atom = Glyphs | Scripts | Fraction
Row = tuple[Atom, ...]

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)


@lru_cache(maxsize=20000)
def parse(tex: str) -> Row:
    """The line as a tree; ValueError for TeX outside the grammar."""
    reader = _Reader(_TOKEN.findall(tex))
    row = reader.row("italic")
    if reader.tokens:
        raise ValueError(f"a brace too many in {tex!r}")
    return row


class _Reader:
    """Reads tokens from the front of a list."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens[::-1]

    def row(self, style: Style) -> Row:
        """Everything up to a closing brace or the end."""
        atoms: list[Atom] = []
        while self.tokens and self.tokens[-1] != "}":
            token = self.tokens.pop()
            if token == " " and style == "roman" and atoms:
                atoms.append(Glyphs(" ", style))
            elif token in ("_", "^"):
                self._attach(atoms, token, self.argument("italic"))
            elif token != " " and token != r"\,":
                atoms.extend(self._atom(token, style, bool(atoms)))
        return _joined(atoms)

    def argument(self, style: Style) -> Row:
        """What a command, `_` or `^` applies to: a group or one token."""
        while self.tokens and self.tokens[-1] == " ":
            self.tokens.pop()
        if not self.tokens or self.tokens[-1] == "}":
            raise ValueError("a command without its argument")
        token = self.tokens.pop()
        return self._group(style) if token == "{" else _joined(self._atom(token, style, False))

    def _group(self, style: Style) -> Row:
        inner = self.row(style)
        if not self.tokens:
            raise ValueError("a brace that is not closed")
        self.tokens.pop()
        return inner

    def _atom(self, token: str, style: Style, follows: bool) -> list[Atom]:
        if token == "{":
            return [Scripts(self._group(style), (), ())]
        if not token.startswith("\\"):
            return [_character(token, style, follows)]
        name = token[1:]
        if name in FONTS:
            return [Scripts(self.argument(FONTS[name]), (), ())]
        if name in ACCENTS:
            return [Scripts(_accented(self.argument(style), ACCENTS[name]), (), ())]
        if name == "frac":
            return [Fraction(self.argument(style), self.argument(style))]
        if name in COMMANDS:
            return [_character(COMMANDS[name], style, follows)]
        raise ValueError(f"no picture of {token}")

    @staticmethod
    def _attach(atoms: list[Atom], mark: str, script: Row) -> None:
        if not atoms or isinstance(atoms[-1], Fraction):
            raise ValueError("an index without a letter before it")
        last = atoms.pop()
        base, below, above = last if isinstance(last, Scripts) else ((last,), (), ())
        atoms.append(Scripts(base, below + script, above) if mark == "_" else Scripts(base, below, above + script))


def _character(character: str, style: Style, follows: bool) -> Glyphs:
    """One character; a sign has space around it only where something stands before it."""
    if character in "=≈<>≤≥≠":
        return Glyphs(character, "roman", "relation")
    if character in "+-·×":
        shape = "−" if character == "-" else character
        return Glyphs(shape, "roman", "operator" if follows and shape in "·×" else "none")
    return Glyphs(character, style if character.isalpha() and character not in UPRIGHT else "roman")


def _accented(row: Row, mark: str) -> Row:
    match row:
        case (Glyphs(text, style, spacing),):
            return (Glyphs(text + mark, style, spacing),)
        case (Scripts(base, (), ()),):
            return _accented(base, mark)
    raise ValueError("an accent on more than letters")


def _joined(atoms: list[Atom]) -> Row:
    """Neighbours of one style in one piece."""
    joined: list[Atom] = []
    for atom in atoms:
        match (joined[-1] if joined else None), atom:
            case Glyphs(before, style, "none"), Glyphs(text, other, "none") if style == other:
                joined[-1] = Glyphs(before + text, style)
            case _:
                joined.append(atom)
    return tuple(joined)
