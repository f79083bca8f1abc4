r"""An equation that somebody states about whole arrays of a problem, as formulas of their elements.

`dL/dW = dL/dz @ x.T`, `dL/dW[i,j] = dL/dz[i]*x[j]` and `W' = W - 0.1*dW` say what every element of an array is. They
are read in the language of equations, in which a derivative has a name for the time being and every array stands for
itself; what they come to is written out like any other equation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from derive.errors import InputError, shown
from derive.expression import Node, Ref, replace
from derive.language.indexed import in_language, said_ranges, with_ranges
from derive.language.words import FUNCTIONS
from derive.model import ModelSolution, model_from_dict
from derive.quantity import Quantity
from derive.trace.affine import Range
from derive.trace.identity import Identity, Symbol
from derive.trace.updates import SETTING
from derive.trace.written import written_out

LONGEST = 1000
"""Characters of an equation that is read so."""
MOST_ELEMENTS, MOST_NUMBERS = 400, 20_000
"""Elements of an answer, and numbers that are written out for them."""
ANSWER, GRADIENT, RATE = "theanswer", "gradby", "therate"
_RATE = re.compile(r"(?<![\w.\\])\\?(?:learning_?rate|eta|alpha|lr)(?!\w)")
_NEW = re.compile(r"(?:_new|'|\+|\*|\^\{?(?:\+|\\?(?:text|mathrm)?\{?new\}?)\}?)(?=\s*(?:\[|_|$))")
"""What marks new values behind a name or its index."""
_OUTER = (
    re.compile(r"(?P<one>\w+)\s*[@*]?\s*(?P<other>\w+)\.T"),
    re.compile(r"(?:np\.|torch\.)?outer\(\s*(?P<one>\w+)\s*,\s*(?P<other>\w+)\s*\)"),
)
"""A column times a row, which the language writes with indices."""
_SHIFTED = re.compile(r"(?P<letter>[a-z])\s*(?P<sign>[+-])\s*(?P<by>\d{1,4})")
_INDEX = r"(?P<index>\s*\[[^\[\]]*\])?"


class Restated:
    """Reads equations about the arrays of one problem."""

    def __init__(self, solution: ModelSolution, loss: str) -> None:
        self.solution, self.loss = solution, loss
        self._arrays = dict(solution.system.ranges)
        self._derived = dict(solution.adjoint.names) if solution.adjoint else {}
        name = "|".join(sorted(map(re.escape, self._derived), key=len, reverse=True)) or r"(?!)"
        of = rf"(?:d|∂|\\partial\s*){re.escape(loss)}"
        by = rf"(?:d|∂|\\partial\s*)\s*(?P<name>{name})"
        self._spellings = [
            re.compile(
                rf"\\[dt]?frac\s*\{{\s*{of}\s*\}}\s*\{{\s*{by}(?P<index>_\{{[^{{}}]*\}}|_\w|\[[^\[\]]*\])?\s*\}}"
            ),
            re.compile(rf"(?<![\w.]){of}\s*/\s*{by}(?![A-Za-z])"),
            re.compile(rf"(?<![\w.])(?P<name>{name})\.grad\b"),
            re.compile(rf"(?<![\w.])grad_(?P<name>{name})(?![A-Za-z])"),
            re.compile(rf"(?<![\w.])d(?P<name>{name})(?![A-Za-z])"),
        ]
        self._ranks = {name: len(span) for name, span in self._arrays.items()}
        self._ranks |= {f"{GRADIENT}{name}": len(self._arrays[name]) for name in self._derived}

    def formulas(self, left: str, right: str) -> Mapping[Quantity, Node]:
        """The formula of each element of which an equation speaks; none where it is no equation of whole arrays."""
        if len(left) + len(right) > LONGEST or not re.search(r"[A-Za-z]", right):
            return {}
        found = self._target(left)
        if found is None:
            return {}
        name, index, step = found
        if index and not re.search(r"[a-z]", index):
            return {}
        said, limits = said_ranges(self._plain(self._placed(right)))
        if step and RATE not in self._arrays:
            said = _RATE.sub(lambda rate: rate[0] if rate[0] in self._arrays else RATE, said)
        said = in_language(said, self._ranks | {RATE: 0})
        if not self._spans(name) and not self._gathers(said):
            return {}  # an equation of numbers
        alone, said, ranges = self._from_letters(left, index, said, limits)
        moved, index = alone != index, alone
        whole, arrays = not index, self._of_arrays(said)
        if whole:
            index, said = self._outer(said)
        try:
            formulas = dict(self._read(name, step, f"{ANSWER}{index} = {said}", whole, ranges))
        except InputError as error:
            # What is no equation of the language is left to those who read single quantities.
            if whole and arrays:
                raise self._in_own_names(error) from None
            formulas = {}
        if not formulas and (moved or ranges):
            hint = "write the equation so that a letter alone stands there, as in h[k] = …."
            there = shown(left if moved else right)
            raise InputError("an equation of arrays with indices that they have", there, hint=hint if moved else None)
        return formulas

    def speaks_of(self, left: str) -> bool:
        """Whether a left side is that of an equation of arrays, whole or with letters as indices."""
        found = self._target(left)
        return found is not None and bool(self._spans(found[0]))

    def _from_letters(
        self, left: str, index: str, said: str, ranges: Mapping[str, tuple[int, int]]
    ) -> tuple[str, str, Mapping[str, tuple[int, int]]]:
        """The index, the right side and its ranges, with letters alone left of =.

        What is said of h[k-1] is said of h[k] a step on.

        Raises `InputError` for another index.
        """
        back: dict[str, int] = {}
        places = [part.strip() for part in index.strip("[] ").split(",")] if index else []
        for part in places:
            place = _SHIFTED.fullmatch(part)
            if place is None and not re.fullmatch(r"[a-z]|-?\d+", part):
                hint = "write the equation so that a letter alone stands there, as in h[k] = …."
                raise InputError("letters as indices, with a whole number added or taken off", shown(left), hint=hint)
            if place is not None:
                if places.count(part) < sum(place["letter"] in other for other in places):
                    raise InputError("the same letter in one way left of =", shown(left))
                back[place["letter"]] = int(f"{place['sign']}{place['by']}")
        for letter, by in back.items():
            said = _moved_on(said, letter, -by, plain=letter not in self._arrays)
        there = {
            letter: (low + back.get(letter, 0), high + back.get(letter, 0)) for letter, (low, high) in ranges.items()
        }
        return re.sub(_SHIFTED, r"\g<letter>", index) if back else index, said, there

    def _in_own_names(self, error: InputError) -> InputError:
        """A message on names for the time being in those that were written; of ranges, without advice on them."""
        expected, found = (
            re.sub(rf"{GRADIENT}(\w+)", rf"d{self.loss}/d\1", text or "") for text in (error.expected, error.found)
        )
        if expected.startswith("one range"):
            hint = "exchange the operands, or transpose one of them."
            return InputError("arrays whose shapes fit together", found, hint=hint)
        return InputError(expected, found, hint=error.hint)

    def _gathers(self, said: str) -> bool:
        """Whether a side makes one number of an array."""
        words = set(re.findall(r"[A-Za-z]\w*", said))
        return any(self._known(word) and self._spans(word) for word in words) and bool(
            "@" in said or words & {"sum", "mean", "prod", "max", "min"}
        )

    def _target(self, left: str) -> tuple[str, str, int] | None:
        """The array that a left side names, its index, and after how many updates."""
        text, count = _NEW.subn("", left.strip(" $"), count=1)
        if text in self._arrays and left.strip(" $") in self._arrays:
            text, count = left.strip(" $"), 0
        placed = in_language(self._placed(text), self._ranks)
        target = re.fullmatch(rf"(?P<name>\w+){_INDEX}", placed)
        if target is None or not self._known(target["name"]):
            return None
        if count and target["name"] not in self._arrays:
            return None
        return target["name"], (target["index"] or "").strip(), count

    # -- names for the time being

    def _placed(self, text: str) -> str:
        """A text in which derivatives have names of the language."""
        for spelling in self._spellings:
            text = spelling.sub(self._name_of, text)
        return text

    def _name_of(self, match: re.Match[str]) -> str:
        # An author's own name that begins with d is no derivative.
        index = match.groupdict().get("index") or ""
        return match[0] if match[0] in self._arrays else f"{GRADIENT}{match['name']}{index}"

    @staticmethod
    def _plain(text: str) -> str:
        """Signs of mathematics as those of the language."""
        for sign, plain in (("^T", ".T"), ("^{T}", ".T"), (r"^\top", ".T"), ("·", "*"), (r"\cdot", "*"), ("⊙", "*")):
            text = text.replace(sign, plain)
        return re.sub(r"(\.T)(?=\w)", r"\1 ", text).strip(" $")

    def _of_arrays(self, said: str) -> bool:
        """Whether a side speaks of nothing but arrays and functions, so that it is meant as an equation of arrays."""
        words = set(re.findall(r"[A-Za-z]\w*", said)) - {"T"}
        return bool(words) and all(self._known(word) or word in FUNCTIONS or word == RATE for word in words)

    def _outer(self, said: str) -> tuple[str, str]:
        """The index left of = and the right side, where it is the outer product of two vectors."""
        for pattern in _OUTER:
            match = pattern.fullmatch(said)
            pair = (match["one"], match["other"]) if match is not None else ()
            if pair and all(self._known(name) and len(self._spans(name)) == 1 for name in pair):
                return "[i,j]", "{}[i]*{}[j]".format(*pair)
        return "", said

    def _known(self, name: str) -> bool:
        return name in self._arrays or name.removeprefix(GRADIENT) in self._derived

    def _spans(self, name: str) -> tuple[Range, ...]:
        return self._arrays[name if name in self._arrays else name.removeprefix(GRADIENT)]

    # -- reading

    def _read(
        self, target: str, step: int, equation: str, whole: bool, ranges: Mapping[str, tuple[int, int]]
    ) -> Iterator[tuple[Quantity, Node]]:
        used = [name for name in dict.fromkeys(re.findall(r"[A-Za-z]\w*", equation)) if self._known(name)]
        first = self.solution.problem.model.first_index
        own, starts = self._spans(target), {name: [low - first for low, _ in self._spans(name)] for name in used}
        if any(map(any, starts.values())) and whole and own:
            return
        spans = {**{name: self._spans(name) for name in used}, ANSWER: own}
        equation = _counted_anew(with_ranges(equation, spans, ranges), starts)
        tables: dict[str, Any] = {name: _ones([high - low + 1 for low, high in self._spans(name)]) for name in used}
        tables |= {RATE: 1} if RATE in equation else {}
        model = {"equations": equation, "loss": False, "first_index": first}
        read = ModelSolution(model_from_dict({"title": "A formula", "constants": tables, "model": model}))
        size, found = read.decide(lambda: read.rounds[0].plan.size), read.system.ranges[ANSWER]
        if size > MOST_NUMBERS or len(found) != len(own):
            return
        if whole and found != own:
            name = str(self._meant(Identity(Symbol(target))))
            hint = "exchange the operands, or transpose one of them."
            raise InputError(f"the shape of {name}, {_shape(own)}", f"{_shape(found)} on the right side", hint=hint)
        if any(low < least or high > most for (low, high), (least, most) in zip(found, own, strict=True)):
            return
        functions = read.known_functions
        for made in read.steps[:MOST_ELEMENTS]:
            yield (
                self._meant(Identity(Symbol(target, made.target.of.indices), step=step)),
                replace(written_out(made.formula, functions), lambda leaf: self._leaf(leaf, starts)),
            )

    def _meant(self, one: Identity) -> Quantity:
        """What a name for the time being stands for."""
        name, index = one.of
        if name == RATE:
            return Identity(Symbol(f"{SETTING}learning_rate"))
        if name in self._arrays:
            return one
        return Identity(Symbol(self.loss), by=Symbol(name.removeprefix(GRADIENT), index))

    def _leaf(self, leaf: Quantity, starts: Mapping[str, Sequence[int]]) -> Node:
        assert isinstance(leaf, Identity)
        name, index = leaf.of
        back = tuple(at + start for at, start in zip(index, starts.get(name, ()), strict=True)) if index else ()
        return Ref(self._meant(leaf._replace(of=Symbol(name, back))))


def _counted_anew(equation: str, starts: Mapping[str, Sequence[int]]) -> str:
    """An equation in which arrays that begin elsewhere are counted as the language does, from the first index on.

    >>> _counted_anew("u*h[k-1] + a[k]", {"h": [-1], "a": [0]})
    'u*h[k-1+1] + a[k]'
    """

    def moved(match: re.Match[str]) -> str:
        start = starts.get(match["name"], ())
        parts = match["index"].split(",")
        if len(parts) != len(start):
            return match[0]
        moved = ",".join(f"{part}{-by:+d}" if by else part for part, by in zip(parts, start, strict=True))
        return f"{match['name']}[{moved}]"

    return re.sub(r"(?<![\w.])(?P<name>[A-Za-z]\w*)\[(?P<index>[^\[\]]*)\]", moved, equation)


def _moved_on(said: str, letter: str, by: int, plain: bool) -> str:
    """A side of an equation with another number in the place of an index: a letter and so much; `plain`: also outside.

    >>> _moved_on("u*da[k] + sqrt(k)*h[k-1,i]", "k", 1, plain=True)
    'u*da[k+1] + sqrt((k+1))*h[k,i]'
    """

    def inside(match: re.Match[str]) -> str:
        total = int(f"{match['sign']}{match['by']}") + by if match["sign"] else by
        return f"{letter}{total:+d}" if total else letter

    index = re.compile(rf"(?<!\w){letter}(?!\w)(?:\s*(?P<sign>[+-])\s*(?P<by>\d{{1,4}}))?")
    parts = re.split(r"(\[[^\[\]]*\])", said)
    for at, part in enumerate(parts):
        if part.startswith("["):
            parts[at] = index.sub(inside, part)
        elif plain:
            parts[at] = re.sub(rf"(?<![\w.]){letter}(?![\w(])(?<!for {letter})", f"({letter}{by:+d})", part)
    return "".join(parts)


def _shape(spans: tuple[Range, ...]) -> str:
    """A shape as people say it: 2 x 3."""
    return " x ".join(str(high - low + 1) for low, high in spans) or "of one number"


def _ones(shape: Sequence[int]) -> Any:
    """An array of ones."""
    return [_ones(shape[1:]) for _ in range(shape[0])] if shape else 1
