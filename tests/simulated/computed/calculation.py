"""A calculation by hand that is no network of layers: its lines, its given numbers, and what can go wrong in it.

Whoever writes one says what every quantity is, in every usual way, and how it changes with each thing that it is made
of; the chain rule here adds the paths. Wrong formulas stand beside the right ones, so every mistake is made in
the calculation itself. Names are those of the problem's equations: `z[1]`, `dL/dz[1]`, `after[1].w`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from ..formula import Formula, Impossible, worked
from ..rules import total
from ..textbook import Line

LIKELY = {"one path lost": 4, "local left out": 3, "last path only": 2, "sign turned": 2}
"""How likely some mistakes are beside the others, of which each counts 1."""
ALONE = frozenset({"one path lost", "gradient of another quantity", "another element"})
"""What nobody does wherever he can."""


@dataclass(frozen=True)
class Wrong:
    """One kind of mistake in a calculation, and the wrong formula of every line in which it can be made."""

    name: str
    part: str
    likely: float
    everywhere: float
    formulas: Mapping[str, Formula]


@dataclass
class Node:
    """A quantity of the forward pass: how it changes with what it is made of, and wrong ideas of that."""

    name: str
    slopes: dict[str, list[Formula]]
    wrong: dict[str, dict[str, Formula]]
    shown: frozenset[str]


@dataclass(eq=False)
class Calculation:
    """All lines of a problem; `tables` are those of its file."""

    name: str
    loss: str = "L"
    fewest: int = 0
    """Decimals below which nobody would work this."""
    givens: dict[str, Decimal] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    equations: list[str] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    wrongs: dict[str, dict[str, Formula]] = field(default_factory=dict)

    # -- what is written down

    def given(self, table: str, name: str, value: Any) -> None:
        """A given number or array, in the file and by element."""
        self.tables.setdefault(table, {})[name] = value
        for key, number in elements(name, value):
            self.givens[key] = number

    def line(
        self,
        name: str,
        kind: str,
        routes: Iterable[Formula],
        wrong: Mapping[str, Formula] | None = None,
        step: int = 0,
    ) -> None:
        """One line, the ways to get it, and the wrong ones."""
        ways = tuple(dict.fromkeys(routes))
        self.lines[name] = Line(name, kind, places(name), None, step, ways)
        for mistake, formula in (wrong or {}).items():
            if formula not in ways:
                self.wrongs.setdefault(mistake, {})[name] = formula

    def node(
        self,
        name: str,
        routes: Iterable[Formula],
        slopes: Mapping[str, Formula | list[Formula]],
        wrong: Mapping[str, Formula] | None = None,
        wrong_slopes: Mapping[str, Mapping[str, Formula]] | None = None,
        shown: Iterable[str] = (),
    ) -> None:
        """A quantity of the forward pass; the slopes with names in `shown` are lines that some people write."""
        self.line(name, "value", routes, wrong)
        ways = {by: slope if isinstance(slope, list) else [slope] for by, slope in slopes.items()}
        mistaken = {by: dict(given) for by, given in (wrong_slopes or {}).items()}
        self.nodes[name] = Node(name, ways, mistaken, frozenset(shown))

    # -- the chain rule

    def backward(self, wanted: Iterable[str], merged: Mapping[str, list[Formula]] | None = None) -> None:
        """The lines of all derivatives, from the loss to what is wanted; `merged` are other ways to some of them."""
        wanted, others = set(wanted), merged or {}
        useful = self._below(wanted)
        done: list[str] = []
        order = [name for name in reversed([*self.givens, *self.nodes]) if name in useful and name != self.loss]
        for name in order:
            readers = [node for node in reversed(self.nodes.values()) if name in node.slopes and node.name in useful]
            if readers:
                self._derivative(name, readers, others.get(name, []), done)
                done.append(name)

    def _below(self, wanted: set[str]) -> set[str]:
        """What is wanted, and everything that is made of it."""
        found = set(wanted)
        for node in self.nodes.values():
            if any(by in found for by in node.slopes):
                found.add(node.name)
        return found

    def gradient(self, name: str) -> str:
        return f"d{self.loss}/d{name}"

    def _derivative(self, name: str, readers: list[Node], merged: list[Formula], done: list[str]) -> None:
        target = self.gradient(name)
        terms, inline, wrong = [], [], {}
        for reader in readers:
            slopes = reader.slopes[name]
            local = f"∂{reader.name}/∂{name}"
            own: list[Formula] = []
            if name in reader.shown and not self._plain(reader):
                self.line(local, "slope", slopes, reader.wrong.get(name))
                own = [local]
            ways = [self._through(reader, slope) for slope in [*own, *(("unseen", s) for s in slopes)]]
            errors = self._errors(name, reader, ways[0], slopes, done)
            if len(readers) > 1:
                share = f"{target} via {reader.name}"
                self.line(share, "share", ways, errors)
                terms.append(share)
                self._in_the_sum(name, wrong, errors, len(terms) - 1)
            else:
                wrong |= errors
            inline.append(ways)
        if len(readers) == 1:
            self.line(target, "derivative", [*merged[:1], *inline[0], *merged[1:]], wrong)
            return
        whole = [total(list(terms)), total([ways[0] for ways in inline]), total([("unseen", w[-1]) for w in inline])]
        wrong = {key: whole_of(inline, changes) for key, changes in wrong.items()} | self._of_paths(inline)
        self.line(target, "derivative", [*merged[:1], *whole, *merged[1:]], wrong)

    def _plain(self, reader: Node) -> bool:
        """Whether what comes from above is a mere number; then nobody writes the local derivative beside it."""
        found: Formula = "" if reader.name == self.loss else self.gradient(reader.name)
        while isinstance(found, str) and found in self.lines:
            found = self.lines[found].routes[0]
        return not isinstance(found, tuple)

    @staticmethod
    def _in_the_sum(name: str, wrong: dict[str, Any], errors: Mapping[str, Formula], at: int) -> None:
        """A mistake at one path is made at all of them, but for those that nobody makes twice."""
        for key, formula in errors.items():
            if key not in wrong or key not in ALONE:
                wrong.setdefault(key, {})[at] = formula

    def _of_paths(self, inline: list[list[Formula]]) -> dict[str, Formula]:
        ways = [one[0] for one in inline]
        lost = len(ways) - 1 if len(self.lines) % 2 else 0  # one or the other, as it falls
        return {
            "one path lost": total([way for at, way in enumerate(ways) if at != lost]),
            "last path only": ways[-1],
            "paths multiplied": ("*", *ways),
            "paths averaged": ("/", total(ways), len(ways)),
        }

    def _through(self, reader: Node, slope: Formula) -> Formula:
        """Upstream times local; nothing comes from above the loss."""
        if reader.name == self.loss:
            return bare(slope)
        upstream = self.gradient(reader.name)
        match bare(slope):
            case 1:
                return upstream
            case -1:
                return ("~", upstream)
        return ("*", upstream, slope)

    def _errors(
        self, name: str, reader: Node, right: Formula, slopes: list[Formula], done: list[str]
    ) -> dict[str, Formula]:
        """Wrong products of upstream and local."""
        found = {key: self._through(reader, ("unseen", s)) for key, s in reader.wrong.get(name, {}).items()}
        local = bare(slopes[0])
        if local == -1:
            found["sign lost"] = self._through(reader, 1)
        elif isinstance(local, tuple) and local[0] == "~":
            found["sign lost"] = self._through(reader, local[1])
        else:
            found["sign turned"] = ("~", right)
        if reader.name == self.loss:
            return found
        upstream = self.gradient(reader.name)
        if local not in (1, -1):
            found["local left out"] = upstream
            found["upstream left out"] = local
            found["factors added"] = ("+", upstream, ("unseen", local))
        others = [other for other in done if other != reader.name and self.gradient(other) != upstream]
        if others:
            other = self.gradient(others[len(self.lines) % len(others)])
            found["gradient of another quantity"] = other if local == 1 else ("*", other, ("unseen", local))
        return found

    # -- updates

    def descend(self, parameters: Iterable[str], rate: str = "training.learning_rate") -> None:
        """One step of gradient descent."""
        names = list(parameters)
        for at, name in enumerate(names):
            slope = self.gradient(name)
            other = self.gradient(names[(at + 1) % len(names)])
            wrong: dict[str, Formula] = {
                "step added": ("+", name, ("*", rate, slope)),
                "rate left out": ("-", name, slope),
                "step alone": ("~", ("*", rate, slope)),
                "update left out": name,
            }
            if other != slope:
                wrong["gradient of another parameter"] = ("-", name, ("*", rate, other))
            self.line(f"after[1].{name}", "new", [("-", name, ("*", rate, slope))], wrong, step=1)

    # -- what the simulation asks

    @cached_property
    def rows(self) -> list[Wrong]:
        """Every mistake that can be made."""
        return [
            Wrong(name, "computed", LIKELY.get(name, 1), 0.0 if name in ALONE else 0.5, formulas)
            for name, formulas in self.wrongs.items()
        ]

    def table(self) -> dict[str, object]:
        """The problem as its file has it."""
        model = {"equations": "\n".join(self.equations), "loss": self.loss}
        return {"title": self.name, **self.tables, "model": model}

    def solved(self) -> dict[str, Any]:
        """Every value to the digits of the context."""
        found: dict[str, Any] = dict(self.givens)
        for line in self.lines.values():
            try:
                found[line.id] = worked(
                    line.routes[0], lambda part: found[part] if isinstance(part, str) else Decimal(part)
                )
            except Impossible:
                continue
        return found

    def written(self, blank: str, source: random.Random) -> list[str]:
        """The ids of the lines that come on a sheet, in the order of working."""
        usual = [line for line in self.lines.values() if line.kind not in self._skipped(source)]
        match blank:
            case "none":
                chosen = usual
            case "results only":
                kinds = ("new",) if any(line.kind == "new" for line in usual) else ("derivative",)
                chosen = [line for line in usual if line.kind in kinds or line.id == self.loss]
            case "every second":
                chosen = usual[source.randrange(2) :: 2]
            case "one layer":  # the way back alone, or the values alone
                kinds = source.choice([("value",), ("slope", "share", "derivative", "new")])
                chosen = [line for line in usual if line.kind in kinds]
            case "random":
                share = source.uniform(0.2, 0.8)
                chosen = [line for line in usual if source.random() < share]
            case "sparse":
                some = set(source.sample(range(len(usual)), min(len(usual), source.randint(3, 8))))
                chosen = [line for number, line in enumerate(usual) if number in some]
            case _:
                raise ValueError(blank)
        return [line.id for line in chosen or usual]

    @staticmethod
    def _skipped(source: random.Random) -> set[str]:
        return {kind for kind, likely in {"slope": 0.5, "share": 0.4}.items() if source.random() > likely}


def whole_of(inline: list[list[Formula]], changes: Mapping[int, Formula]) -> Formula:
    """The sum of all paths, with other formulas for some of them."""
    return total([changes.get(k, ways[0]) for k, ways in enumerate(inline)])


def bare(formula: Formula) -> Formula:
    """The formula without the sign that it is not written down."""
    return formula[1] if isinstance(formula, tuple) and formula[0] == "unseen" else formula


def elements(name: str, value: Any, place: tuple[int, ...] = ()) -> Iterable[tuple[str, Decimal]]:
    """Every number of an array by its id; indices count from 1."""
    if not isinstance(value, list):
        yield at(name, *place), Decimal(value)
        return
    for number, part in enumerate(value, 1):
        yield from elements(name, part, (*place, number))


def at(name: str, *place: int) -> str:
    """The id of an element."""
    return f"{name}[{','.join(map(str, place))}]" if place else name


def places(name: str) -> tuple[int, ...]:
    """The first index of an id, by which lines are near each other."""
    inside = name.partition("[")[2] if not name.startswith("after[") else name.partition("].")[2].partition("[")[2]
    number = inside.partition("]")[0].partition(",")[0]
    return (int(number),) if number.isdigit() else ()
