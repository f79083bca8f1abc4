"""Operations of a model written as equations: names, letters, arrays, and the lines themselves.

Decides what quantities and letters are called, when a layer of the library is used whole, and which range a letter
must be told. What an operation computes stands in `written`, one row for each kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from derive.errors import InputError
from derive.imported.arrays import Dimension, Form, Range, View, stored
from derive.imported.operations import Given, Operation, sources
from derive.language.words import FUNCTIONS, KEYWORDS, MAX_NAME
from derive.library import rows

FEATURE, EXAMPLE, POSITION, CHANNEL, ROW, COLUMN = "jiml", "n", "spr", "kol", "r", "c"
"""Letters that are usual for what a dimension is."""
POOL = "ijklmnprsuvdefghoqwtxyzabc"
_TOKEN = re.compile("\x00(\\d+)\x00")
_USUAL_NAMES = {"L", "E"}
"""Names that the loss has."""
Letters = Mapping[Range, str]


class _Tokens(dict[Range, str]):
    """A token for every range, in whose place a letter comes when all names are known."""

    def __missing__(self, span: Range) -> str:
        self[span] = f"\x00{len(self)}\x00"
        return self[span]


@dataclass
class Flow:
    """The equations of a model, as far as they are written."""

    lines: list[str] = field(default_factory=list)
    given: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The arrays by role and name."""
    names: set[str] = field(default_factory=lambda: set(_USUAL_NAMES))
    labels: Mapping[str, str] = field(default_factory=dict)
    """What stands behind a name for every layer."""
    views: dict[Any, Any] = field(default_factory=dict)
    """What every operation and array is by now."""
    bare: set[Given] = field(default_factory=set)
    """Kernels and biases of a single channel, which need no index for it."""
    result: Operation | None = None
    """What the loss L is, where the whole is written as one."""
    repeated: frozenset[str] = frozenset()
    """Names of which there will be several, as those of the steps of a loop: all of them are numbered."""
    _sizes: dict[str, tuple[int | None, ...]] = field(default_factory=dict)
    """How many places every quantity has along each index; None where it has another first one."""
    _tokens: _Tokens = field(default_factory=_Tokens)

    # -- names

    def named(self, wanted: str, label: str = "") -> str:
        """A name that is free: what is wanted, with the layer behind it.

        >>> flow = Flow(labels={"net.fc1": "fc1"})
        >>> flow.named("W", "net.fc1"), flow.named("W"), flow.named("W"), flow.named("exp")
        ('W_fc1', 'W', 'W_2', 'exp_')
        """
        behind = self.labels.get(label, "")
        wanted = re.sub(r"\W", "_", wanted, flags=re.ASCII).strip("_") or "v"
        wanted = wanted if wanted[0].isalpha() else f"v{wanted}"
        name = (f"{wanted}_{behind}" if behind else wanted)[: MAX_NAME - 3]
        if name in KEYWORDS or name in FUNCTIONS or any(name in rows(kind) for kind in ("function", "joint")):
            name += "_"
        number, found = 1, f"{name}_1" if name in self.repeated else name
        while found in self.names:
            number += 1
            found = f"{name}_{number}"
        self.names.add(found)
        return found

    def kept(self, usual: str) -> str:
        """A name that is kept for losses, where none has it yet, else one like it."""
        return self.named(usual) if usual in self._sizes else usual

    # -- arrays

    def array(self, source: Any, wanted: str = "", label: str = "") -> View:
        """What an operation gave, or an array that is given, which gets its name when it is first read."""
        if isinstance(source, Operation):
            found = self.views[source]
            if not isinstance(found, View):
                raise InputError("one array", "several at once", place=source.place)
            return found
        if isinstance(source, View):
            return source
        if not isinstance(source, Given):
            raise InputError("an array", "a number" if isinstance(source, Decimal) else "nothing")
        if source not in self.views:
            self._put(source, self.named(source.name or wanted or source.label, label if source.name or wanted else ""))
        view: View = self.views[source]
        return view

    def looked_up(self, source: Any) -> View:
        """An array of numbers of rows or classes, which count from 1 here."""
        if not isinstance(source, Given):
            view = self.array(source)
            source = next((one for one, own in self.views.items() if isinstance(one, Given) and own.name == view.name))
            if not source.positions:
                raise InputError("numbers of rows that are given", "calculated ones")
            return view
        if not source.positions:
            if source in self.views:
                raise InputError("numbers of rows alone", f"{source.label}, with which something is calculated too")
            source.positions = True
            source.values = _counted_from_1(source.values, source.label)
        return self.array(source)

    def _put(self, source: Given, name: str) -> None:
        dimensions: list[Dimension] = []
        values = source.values
        usual = _letters_of(source)
        for axis, size in enumerate(source.shape):
            # A single example has no index of its own.
            single = source.role in ("inputs", "targets") and axis in alone(source.shape)
            if size == 1 and (single or (source in self.bare and axis < 2)):
                values = _without(values, sum(map(len, dimensions)))
                dimensions.append(())
            else:
                dimensions.append((Range(size, usual[axis]),))
        self.given.setdefault(source.role, {})[name] = values
        # An index that is left out has no place among those of the others.
        self.views[source] = stored(name, dimensions)
        self._sizes[name] = tuple(one[0].size for one in dimensions if one)

    def constant(self, value: Any, wanted: str, label: str, shape: Sequence[int]) -> View:
        """An array of one number."""
        for size in reversed(shape):
            value = [value] * size
        return self.array(Given(value, tuple(shape), "constants", wanted), wanted, label)

    # -- lines

    @property
    def letters(self) -> Letters:
        return self._tokens

    def read(self, view: View) -> str:
        return view.text(self._tokens)

    def known(self, views: Iterable[View]) -> set[Range]:
        """Ranges that follow from what is read: a letter alone, at an index that has as many places."""
        found = set()
        for view in views:
            for form, size in zip(view.index, self._sizes[view.name], strict=True):
                if len(form.terms) == 1 and not form.constant and form.terms[0][1] == 1:
                    span = form.terms[0][0]
                    if span.size == size:
                        found.add(span)
        return found

    def binds(self, spans: Iterable[Range], known: set[Range]) -> str:
        """Letters with the ranges that they must be told."""
        return ", ".join(
            self._tokens[span] if span in known else f"{self._tokens[span]} in 1..{span.size}" for span in spans
        )

    def define(
        self, name: str, dimensions: Sequence[Dimension], right: str, reads: Sequence[View] = (), comment: str = ""
    ) -> View:
        """An equation for every element of a new quantity."""
        view = stored(name, dimensions)
        known = self.known(reads)
        told = [span for span in view.ranges if span not in known]
        line = f"{self.read(view)} = {right}"
        if told:
            line += f" for {self.binds(view.ranges, known)}"
        self.lines.append(f"{line}    # {comment}" if comment else line)
        self._sizes[name] = tuple(span.size for span in view.ranges)
        return view

    def summed(self, how: str, inside: str, spans: Sequence[Range], reads: Sequence[View]) -> str:
        return f"{how}({inside} for {self.binds(spans, self.known(reads))})" if spans else inside

    def use(
        self,
        row: str,
        lifts: Sequence[Range],
        reads: Sequence[View],
        maps: Mapping[str, str],
        made: Mapping[str, str],
        comment: str = "",
    ) -> None:
        """A line that uses a row of the library; `made` are the names of what it defines."""
        own = "".join(f"{self._tokens[span]}," for span in lifts).rstrip(",")
        told = [f"{key} = {value}" for key, value in maps.items()]
        told += [f"{key} = {name}[{own}]" if own else f"{key} = {name}" for key, name in made.items()]
        line = f"use {row}({', '.join(told)})"
        if lifts:
            line += f" for {self.binds(lifts, self.known(reads))}"
        self.lines.append(f"{line}    # {comment}" if comment else line)

    def made(self, name: str, lifts: Sequence[Range], dimensions: Sequence[Dimension], first: int = 1) -> View:
        """The array that a row has defined, behind the letters of its line; its own first index may count from 0."""
        own = tuple(span for one in dimensions for span in one if span not in lifts)
        sizes: list[int | None] = [span.size for span in own]
        if first != 1:
            sizes[0] = None
        self._sizes[name] = (*[span.size for span in lifts], *sizes)
        return View(name, tuple(dimensions), tuple(Form(((span, 1),)) for span in (*lifts, *own)))

    # -- whole arrays as a row of the library takes them

    def whole(self, view: View, rank: int, wanted: str = "") -> tuple[str, list[Range], View]:
        """The array with its last dimensions left open, the letters of those before, and the array itself.

        What does not stand so in a quantity is written into one of its own.
        """
        view = self._open(view, rank, wanted)
        inner = [span for one in view.dimensions[len(view.dimensions) - rank :] for span in one]
        outer = [form.text(self._tokens) for form in view.index[: len(view.index) - len(inner)]]
        lifts = [span for one in view.dimensions[: len(view.dimensions) - rank] for span in one]
        return f"{view.name}[{','.join(outer)}]" if outer else view.name, lifts, view

    def _open(self, view: View, rank: int, wanted: str) -> View:
        at = len(view.dimensions) - rank
        inner = view.dimensions[at:]
        if all(len(one) == 1 for one in inner):
            forms = view.index[len(view.index) - rank :]
            if forms == tuple(Form(((one[0], 1),)) for one in inner) and {one[0] for one in inner} <= self.known(
                [view]
            ):
                return view
        rows_together = any(len(one) > 1 for one in inner)
        name = self.named(wanted or ("flat" if rows_together else f"{view.name}_all"))
        dimensions = [*view.dimensions[:at], *[one or (Range(1, FEATURE),) for one in inner]]
        if rows_together:
            return self._in_one_row(view, rank, name)
        return self.define(name, dimensions, self.read(view), [view], "the same, as the next layer takes it")

    def _in_one_row(self, view: View, rank: int, name: str) -> View:
        """The last dimension of a picture, which is made of its channels, rows and columns, as one row of numbers."""
        spans = view.dimensions[-1]
        if rank != 1 or len(spans) not in (2, 3):
            raise InputError("an array whose dimensions each run over one index", "one made of several")
        picture = View(view.name, (*view.dimensions[:-1], *[(span,) for span in spans]), view.index)
        text, lifts, _ = self.whole(picture, len(spans))
        channels = "yes" if len(spans) == 3 else "no"
        self.use("flatten", lifts, [picture], {"channels": channels, "x": text}, {"y": name}, "in one row")
        return self.made(name, lifts, [*picture.dimensions[: -len(spans)], (Range(view.shape[-1], "i"),)])

    # -- the end

    def text(self) -> str:
        """All equations, with letters that are no names."""
        return "\n".join(self._lettered(line) for line in self.lines)

    def _lettered(self, line: str) -> str:
        spans = list(self._tokens)
        found: dict[str, str] = {}
        for number in dict.fromkeys(_TOKEN.findall(line)):
            wanted = f"{spans[int(number)].letters}{POOL}"
            free = [one for one in wanted if one not in self.names and one not in found.values()]
            found[number] = free[0] if free else next(one for one in POOL.upper() if one not in self.names)
        return _TOKEN.sub(lambda token: found[token[1]], line)


def alone(shape: Sequence[int]) -> range:
    """The dimensions of one place that an input may leave out: that of the examples, and that of the steps.

    >>> list(alone((1, 3))), list(alone((4, 1, 3))), list(alone((1, 1, 5, 5))), list(alone((1,)))
    ([0], [0, 1], [0], [0])
    """
    return range(min(len(shape) - 1, 2) if len(shape) < 4 else 1) if len(shape) > 1 else range(1)


def _letters_of(source: Given) -> list[str]:
    """Letters that are usual for the dimensions of an input or a weight."""
    if source.role in ("parameters", "constants"):
        usual = {1: [FEATURE], 2: ["j", "i"], 3: ["o", "k", "u"], 4: ["o", "k", "u", "v"]}
    else:
        last = POSITION if source.positions else "i"
        usual = {1: [last], 2: [EXAMPLE, last], 3: [EXAMPLE, POSITION, "i"], 4: [EXAMPLE, CHANNEL, ROW, COLUMN]}
    return usual.get(len(source.shape), [""] * len(source.shape))


def _without(values: Any, depth: int) -> Any:
    """Nested lists without a dimension of one place, which has so many before it."""
    return [_without(one, depth - 1) for one in values] if depth else values[0]


def _counted_from_1(values: Any, label: str) -> Any:
    if isinstance(values, list):
        return [_counted_from_1(one, label) for one in values]
    if type(values) is not int or values < 0:
        raise InputError("numbers of rows or classes, from 0", str(values), place=label)
    return values + 1


def short_labels(paths: Iterable[str]) -> dict[str, str]:
    """The shortest ends of paths that tell them apart; a number alone keeps the word before it.

    >>> short_labels(["net.0", "net.2", "head.q", "blocks.0.q"])
    {'net.0': 'net0', 'net.2': 'net2', 'head.q': 'head_q', 'blocks.0.q': 'blocks0_q'}
    """
    parts = {path: _words(path) for path in dict.fromkeys(paths) if path}
    found = {"": ""}
    for path, words in parts.items():
        for count in range(1, len(words) + 1):
            short = words[-count:]
            if sum(other[-count:] == short for other in parts.values()) == 1:
                break
        found[path] = "_".join(short)
    del found[""]
    return found


def _words(path: str) -> list[str]:
    found: list[str] = []
    for part in re.split(r"[./:]+", path):
        word = re.sub(r"\W", "_", part, flags=re.ASCII).strip("_")
        if word.isdigit() and found:
            found[-1] += word
        elif word:
            found.append(word)
    return found


def readers(operations: Sequence[Operation]) -> dict[Operation, int]:
    """How many times each operation's result is read."""
    found: dict[Operation, int] = dict.fromkeys(operations, 0)
    for operation in operations:
        for source in sources(operation.takes):
            if isinstance(source, Operation):
                found[source] += 1
    return found


Write = Callable[[Flow, Operation], Any]
