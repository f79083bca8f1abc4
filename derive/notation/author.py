r"""Names made from an author's own: what a quantity of an equation is called in print.

`W` and an index become W_{1,2}; names of Greek letters become these letters, digits at the end an index (of an array a
number in brackets above it), other words stand upright. Decides how every name of one problem is spelt, so that no two
are spelt alike. It knows names, ranks and the grammar of names in equations (`dL/dW`, `m(W)`, `W'`), no values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from derive.notation.model import Name
from derive.palette import UNITS, RoleName

_LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi"
    " omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
GREEK = {name: f"\\{name}" for name in _LETTERS.split()} | {"epsilon": r"\varepsilon", "eps": r"\varepsilon"}
ACCENTS = ("hat", "bar", "tilde")
SETTINGS = {
    "learning_rate": r"\eta",
    "momentum": r"\mu",
    "beta1": r"\beta_{1}",
    "beta2": r"\beta_{2}",
    "epsilon": r"\varepsilon",
    "decay_rate": r"\rho",
    "weight_decay": r"\lambda",
    "decay": r"\kappa",
}
"""The usual letters of an optimiser's settings."""
SETTING, RATE, RATE_NOW = "training.", "learning_rate", "learning_rate_now"
MOST_PLUS_SIGNS = 3
_ALONE = re.compile(r"∂([^/()]+)/∂([^/()]+)")
"""The derivative of one equation alone, with the indices of both quantities in turn."""


def alone_name(of: str, by: str) -> str:
    """What stands for the derivative of one equation alone, as of the names of equations.

    >>> alone_name("h", "a")
    '∂h/∂a'
    """
    return f"∂{of}/∂{by}"


class Stem(NamedTuple):
    """A name in parts: its letters, what stands below before the indices, and what stands above."""

    letters: str
    below: tuple[str, ...] = ()
    above: str = ""


def upright(name: str) -> str:
    return rf"\mathrm{{{name.replace('_', '')}}}"


def core(letters: str) -> str:
    r"""Letters in TeX: one letter, a Greek one, either under an accent, or a word.

    >>> core("x"), core("gamma"), core("zhat"), core("word")
    ('x', '\\gamma', '\\hat{z}', '\\mathrm{word}')
    """
    if len(letters) == 1:
        return letters
    if letters in GREEK:
        return GREEK[letters]
    for accent in ACCENTS:
        inner = letters.removesuffix(accent)
        if inner != letters and (len(inner) == 1 or inner in GREEK):
            return rf"\{accent}{{{core(inner)}}}"
    return upright(letters)


def stem(name: str, rank: int) -> Stem:
    r"""A name in its parts; of a scalar digits are an index, of an array they stand above it.

    >>> stem("h_prev", 1)
    Stem(letters='h', below=('\\mathrm{prev}',), above='')
    >>> stem("z1", 0).below, stem("W2", 2).above
    (('1',), '(2)')
    """
    head, *rest = [part for part in name.split("_") if part]
    match = re.fullmatch(r"([A-Za-z]+)([0-9]*)", head)
    if match is None:
        return Stem(upright(name))
    below, above = [match[2]] if match[2] else [], ""
    below += [part if part.isdigit() else upright(part) for part in rest]
    if rank and len(below) == 1 and below[0].isdigit():
        below, above = [], f"({below[0]})"
    return Stem(core(match[1]), tuple(below), above)


def letter_name(letter: str) -> Name:
    """How a letter of an index is written."""
    found = stem(letter, 0)
    return Name(_put(found, (), ""), letter)


def _put(found: Stem, index: Sequence[str], after: str) -> str:
    """The TeX of a stem with indices; a blank after a brace keeps Markdown from seeing an emphasis."""
    inner = ",".join([*found.below, *index])
    below = f"{'_ ' if found.letters[-1] == '}' else '_'}{{{inner}}}" if inner else ""
    above = f"^{{{found.above}{after}}}" if found.above or after else ""
    return f"{found.letters}{below}{above}"


def _bold(letters: str) -> str:
    if letters.startswith(r"\mathrm"):
        return letters.replace(r"\mathrm", r"\mathbf", 1)
    for accent in ACCENTS:
        if letters.startswith(rf"\{accent}{{"):
            return rf"\{accent}{{{_bold(letters[len(accent) + 2 : -1])}}}"
    return rf"\mathbf{{{letters}}}" if len(letters) == 1 else rf"\boldsymbol{{{letters}}}"


class Spelt(NamedTuple):
    """A name in print, the id of the number that bears it, its role, and that of the unit that a parameter is of."""

    name: Name
    key: str
    role: RoleName
    unit: RoleName | None = None


class AuthorNames:
    r"""The names of all quantities of one problem.

    >>> names = AuthorNames({"W": 2, "L": 0}, {"W": "weight"}, "L", states=["m"])
    >>> names.element("dL/dW", ("1", "2")).name
    Name(tex='\\frac{\\partial L}{\\partial W_{1,2}}', text='dL/dW[1,2]')
    >>> names.element("m(W)'", ("1", "2")).name
    Name(tex='m_{W_{1,2}}^{+}', text='after[1].m(W[1,2])')
    """

    def __init__(
        self,
        ranks: Mapping[str, int],
        roles: Mapping[str, RoleName],
        loss: str | None,
        settings: Iterable[str] = (),
        states: Iterable[str] = (),
        deltas: Iterable[str] = (),
    ) -> None:
        self.ranks, self.roles, self.loss, self.states = ranks, roles, loss, frozenset(states)
        self.prefix = f"d{loss}/d" if loss is not None else None
        self._stems = _apart({**{loss: 0}, **ranks} if loss is not None else dict(ranks))
        self._deltas = frozenset() if self.has(r"\delta") else frozenset(deltas)
        """The quantities whose derivative is called delta, unless the author has a delta."""
        taken = {_put(found, (), "") for found in self._stems.values()}
        self._settings: dict[str, str] = {}
        for name in settings:
            tex = SETTINGS.get(name, upright(name))
            self._settings[name] = upright(name) if tex in taken else tex
        own = self.has(SETTINGS[RATE])
        self._rate = Stem(upright(RATE) if own else SETTINGS[RATE]), RATE if own else "eta"
        """The learning rate that falls, without the number of its step, in TeX and in plain letters."""

    def has(self, letters: str) -> bool:
        """Whether a quantity is written with these letters, in TeX."""
        return any(found.letters == letters for found in self._stems.values())

    def rank(self, name: str) -> int:
        """How many indices a name of an equation takes."""
        plain = name.rstrip("'")
        if plain.startswith(SETTING):
            return 0
        if (alone := _ALONE.fullmatch(plain)) is not None:
            return self.rank(alone[1]) + self.rank(alone[2])
        if self.prefix is not None and plain.startswith(self.prefix):
            return self.ranks.get(plain.removeprefix(self.prefix), 0)
        owner = re.fullmatch(r"[^()]+\(([^()]*)\)", plain)
        return self.ranks.get(owner[1] if owner else plain, 0)

    def element(self, name: str, index: Sequence[str | Name] = (), step: int = 0) -> Spelt:
        """A name of an equation at an index, after some updates."""
        places = [Name(one, one) if isinstance(one, str) else one for one in index]
        return self._spelt(name, places, step, whole=False)

    def whole(self, name: str, step: int = 0) -> Spelt:
        """A whole array under its name in bold; a number as ever."""
        return self._spelt(name, [], step, whole=self.rank(name) > 0)

    def _spelt(self, name: str, index: Sequence[Name], step: int, whole: bool) -> Spelt:
        primes = len(name) - len(name.rstrip("'"))
        name, step = name.rstrip("'"), step + primes
        if name.startswith(SETTING):
            plain = name.removeprefix(SETTING)
            if plain == RATE_NOW:  # the one setting that changes from step to step
                letters, text = self._rate
                return Spelt(Name(_put(letters, [str(step + 1)], ""), f"{text}_{step + 1}"), name, "neutral")
            return Spelt(Name(self._settings.get(plain, upright(plain)), plain), name, "neutral")
        if self.prefix is not None and name.startswith(self.prefix) and self.loss is not None:
            of = name.removeprefix(self.prefix)
            above, below = self._value(self.loss, [], step, False), self._value(of, index, step, whole)
            tex = rf"\frac{{\partial {above.tex}}}{{\partial {below.tex}}}"
            if of in self._deltas:
                tex = self._delta(of, index, whole)
            inner = self._value(of, index, 0, whole).text
            key = _after(f"d{self.loss}/d{inner}", step)
            return Spelt(Name(tex, key), key, "gradient")
        if (alone := _ALONE.fullmatch(name)) is not None:
            cut = self.rank(alone[1])
            above, below = self._value(alone[1], index[:cut], 0, whole), self._value(alone[2], index[cut:], 0, whole)
            tex = rf"\frac{{\partial {above.tex}}}{{\partial {below.tex}}}"
            return Spelt(Name(tex, f"∂{above.text}/∂{below.text}"), f"∂{above.text}/∂{below.text}", "gradient")
        owner = re.fullmatch(r"([^()]+)\(([^()]*)\)", name)
        if owner is not None:
            return self._owned(owner[1], owner[2], index, step, whole)
        found = self._value(name, index, step, whole)
        return Spelt(found, found.text, self.roles.get(name, "hidden"), self.unit(name, [at.text for at in index]))

    def unit(self, name: str, index: Sequence[str]) -> RoleName | None:
        """The role by unit of a parameter: its first index says of which; single numbers take turns.

        >>> names = AuthorNames({"W": 2, "b": 0}, {"W": "weight", "b": "weight"}, None)
        >>> names.unit("W", ["2", "1"]), names.unit("b", []), names.unit("W", ["j", "i"]), names.unit("x", ["1"])
        ('unitb', 'unitb', None, None)
        """
        if self.roles.get(name) != "weight":
            return None
        if self.rank(name):
            return UNITS[(int(index[0]) - 1) % len(UNITS)] if index and index[0].isdigit() else None
        alone = [one for one, role in self.roles.items() if role == "weight"]
        return UNITS[alone.index(name) % len(UNITS)]

    def _delta(self, of: str, index: Sequence[Name], whole: bool) -> str:
        """The delta of a quantity: its name stands above, its indices below."""
        above = self._value(of, [], 0, False).tex
        return _put(Stem(_bold(r"\delta") if whole else r"\delta", (), above), [place.tex for place in index], "")

    def _owned(self, name: str, owner: str, index: Sequence[Name], step: int, whole: bool) -> Spelt:
        """What an optimiser keeps or computes for a parameter."""
        after = step if name in self.states else step + 1
        found = stem(name, 0)
        text = name
        if owner:
            below = self._value(owner, index, 0, whole)
            found, text = found._replace(below=(*found.below, below.tex)), f"{name}({below.text})"
        elif index:
            found = found._replace(below=(*found.below, *(place.tex for place in index)))
            text = f"{name}[{','.join(place.text for place in index)}]"
        key = _after(text, after)
        return Spelt(Name(_put(found, (), _updates(step)), key), key, "neutral")

    def _value(self, name: str, index: Sequence[Name], step: int, whole: bool) -> Name:
        found = self._stems.get(name) or stem(name, len(index))
        if whole:
            found = found._replace(letters=_bold(found.letters))
        text = f"{name}[{','.join(place.text for place in index)}]" if index else name
        return Name(_put(found, [place.tex for place in index], _updates(step)), _after(text, step))


def _after(text: str, step: int) -> str:
    return f"after[{step}].{text}" if step else text


def _updates(step: int) -> str:
    return "+" * step if step <= MOST_PLUS_SIGNS else f"+({step})"


def _apart(ranks: Mapping[str, int]) -> dict[str, Stem]:
    """The stems of names, each spelt differently, also from the elements of others."""
    found = {name: stem(name, rank) for name, rank in ranks.items()}
    clashing = _clashing(found, ranks)
    for name in clashing:
        if len(name) > 1:
            found[name] = Stem(upright(name))
    for number, name in enumerate(sorted(_clashing(found, ranks)), 1):
        if len(name) > 1:
            # Names that differ by what print leaves out.
            found[name] = Stem(upright(name), above=rf"\mathrm{{no}}{number}")
    return found


def _clashing(found: Mapping[str, Stem], ranks: Mapping[str, int]) -> set[str]:
    """The names that are spelt like another one, or like an element of one."""
    owners: dict[Stem, list[str]] = {}
    for name, one in found.items():
        owners.setdefault(one, []).append(name)
    clashing = {name for names in owners.values() if len(names) > 1 for name in names}
    arrays = {one for name, one in found.items() if ranks[name]}
    for name, one in found.items():
        if any(one._replace(below=one.below[:cut]) in arrays for cut in range(len(one.below))):
            clashing.add(name)
    return clashing
