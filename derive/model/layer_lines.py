"""One layer of a network that lists its layers, written as a `use` line: its arrays, numbers, options, activation.

Decides what the keys of a layer mean and what its quantities are called, and refuses arrays whose shapes do not fit.
What the row computes, and its shapes, stand in the library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from derive.errors import InputError, did_you_mean, one_of, shown
from derive.library import Row
from derive.library.units import JOINT, UNITS
from derive.model.layer_keys import (
    MOST_STEPS,
    WHOLE,
    activation_keys,
    given_arrays,
    key_of,
    layer_keys,
    text_of,
    words_of,
)
from derive.model.shapes import Shape, fitting, said, shape_of, size, zeros
from derive.spec.mistakes import key_path

EXAMPLE = "s"
"""The letter that runs over the examples."""
EACH = f"[{EXAMPLE}]"
LETTERS = {1: "j", 2: "rc", 3: "krc"}
"""Letters of the elements of a layer's result, by their number."""
After = Callable[[str, Shape], list[tuple[str, str]]]
"""What stands behind a layer with a result of this name and shape: lines, each with the name that it gives."""


@dataclass
class Written:
    """What is written so far of a network."""

    file: str | None
    many: bool = False
    """Whether there are several examples, which stand before the other indices."""
    lines: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    under: dict[str, list[str]] = field(default_factory=lambda: {"weights": [], "biases": []})
    """The parameters that are weights, and those that are biases, by the keys of dense layers."""
    results: list[tuple[str, Shape]] = field(default_factory=list)
    """The name and the shape of what every layer gives for one example, the inputs first."""

    def fault(self, expected: str, found: str | None, *place: str | int, hint: str | None = None) -> InputError:
        return InputError(expected, found, self.file, key_path(place) or None, hint)


FLAT = 'put a layer with kind = "flatten" before it.'


@dataclass
class Layer:
    """One layer on its way: its row, its keys, and where it stands."""

    writer: Written
    row: Row
    table: Mapping[str, Any]
    number: int
    place: tuple[str | int, ...]

    def __post_init__(self) -> None:
        self.said = self.row.network
        self.before, self.inputs = self.writer.results[-1]
        self.sizes: dict[str, int] = {}
        self.chosen = self._options()
        self.shapes: Mapping[str, Sequence[str]] = self._shapes()

    def named(self, name: str) -> str:
        return f"{self.said['short']}{self.number}_{name}"

    def key(self, name: str) -> str:
        """The key of the layer for a name of the row."""
        return key_of(self.row, name)

    def _options(self) -> dict[str, str]:
        found = {}
        for option, words in self.row.options.items():
            word = self.table.get(option)
            if word is True or word is False:
                word = "yes" if word else "no"
            if word is not None and not (isinstance(word, str) and word in words):
                raise self.writer.fault(one_of(words), shown(word), *self.place, option)
            if word is not None:
                found[option] = word
        return found

    def _shapes(self) -> Mapping[str, Sequence[str]]:
        """The shapes of the row's arrays, for inputs of this rank."""
        shapes, by = self.said["shapes"], self.said.get("by")
        batch = int(bool(self.said.get("batch")))
        if by is None:
            wanted = shapes[self.said["input"]]
            if len(wanted) - batch != len(self.inputs):
                self._misfit(wanted[batch:])
            return dict(shapes)
        for word, found in shapes.items():
            if len(found[self.said["input"]]) == len(self.inputs):
                self.chosen[by] = word
                return dict(found)
        self._misfit(next(iter(shapes.values()))[self.said["input"]])
        raise AssertionError

    def _misfit(self, wanted: Sequence[str]) -> None:
        what = "x".join(wanted) or "one number"
        hint = FLAT if len(wanted) == 1 and len(self.inputs) > 1 else None
        expected = f"an input of shape {what} for {self.row.name}"
        raise self.writer.fault(expected, f"{said(self.inputs)} from {self._source()}", *self.place, hint=hint)

    def _source(self) -> str:
        return "the inputs" if self.number == 1 else f"layer {self.number - 1}"

    def write(self) -> None:
        """The line of the layer, its arrays, and what its activation adds."""
        writer, said_of = self.writer, self.said
        self._check_keys()
        batch = bool(said_of.get("batch"))
        letters = list(self.shapes[said_of["input"]])[int(batch) :]
        fitting(letters, self.inputs, self.sizes)
        lifted = writer.many and not batch
        here = f"{self.before}{EACH}" if lifted else self.before
        maps = [f"{said_of['input']} = {here}"]
        if "around" in said_of:
            maps.append(f"{said_of['around']} = {self._around(lifted)}")
        maps += self._numbers()
        maps += self._arrays()
        function, after = self._activation()
        maps += [f"{name} = {function or usual or 'linear'}" for name, usual in self.row.functions.items()]
        maps += [f"{option} = {word}" for option, word in self.chosen.items()]
        maps += [f"{name} = {self.named(name)}{EACH if lifted else ''}" for name in self._defined()]
        lifts = f" for {EXAMPLE}" if lifted else ""
        writer.lines.append(f"use {self.row.name}({', '.join(maps)}){lifts}")
        result, shape = self.named(said_of["output"]), self._result()
        if said_of.get("state"):
            result, shape = self._states(result, shape)
        for line, name in after(result, shape):
            writer.lines.append(line)
            result = name
        writer.results.append((result, shape))

    def _around(self, lifted: bool) -> str:
        """What a block is led around: the result of an earlier layer, 0 for the inputs."""
        of = self.table.get("of", self.number - 2)
        if type(of) is not int or not 0 <= of < self.number:
            raise self.writer.fault(f"a layer from 0 to {self.number - 1}", shown(of), *self.place, "of")
        name, shape = self.writer.results[of]
        if shape != self.inputs:
            expected = f"a layer that gives {said(self.inputs)}, as the one before"
            raise self.writer.fault(expected, said(shape), *self.place, "of")
        return f"{name}{EACH}" if lifted else name

    def _numbers(self) -> Iterator[str]:
        """The single numbers of the row, such as a stride: what is given, and what counts otherwise."""
        for name, usual in self.row.numbers.items():
            value = self.table.get(self.key(name), usual)
            if name in WHOLE:
                self.sizes[name] = self._whole(name, value)
            elif self.key(name) in self.table and (isinstance(value, bool) or not isinstance(value, int | Decimal)):
                raise self.writer.fault("a number", shown(value), *self.place, self.key(name))
            if self.key(name) in self.table:
                yield f"{name} = {value}"
        if self.sizes.get("P") and "padding" in self.row.options:
            if self.key("P") in self.table and "padding" not in self.chosen:
                self.chosen["padding"] = "zeros"
            if self.chosen.get("padding", "none") == "none":
                self.sizes["P"] = 0

    def _whole(self, name: str, value: Any) -> int:
        """A stride, a window or a frame."""
        least = 0 if name == "P" else 1
        usual = value if self.key(name) in self.table else int(value)
        if type(usual) is not int or not least <= usual <= MOST_STEPS:
            expected = f"a whole number from {least} to {MOST_STEPS}"
            raise self.writer.fault(expected, shown(value), *self.place, self.key(name))
        return usual

    def _arrays(self) -> Iterator[str]:
        """The arrays of the row that the layer gives, each with the shape that it must have."""
        names = [name for name in self.shapes if name in self._read()]
        for name in names:
            key, wanted = self.key(name), self.shapes[name]
            value = self.table.get(key)
            if value is None:
                if name not in self.said.get("none", ()) or any(letter not in self.sizes for letter in wanted):
                    expected = f"the key {key}, an array of shape {'x'.join(wanted) or '1'}"
                    raise self.writer.fault(expected, None, *self.place, key)
                self.writer.constants[self.named(name)] = zeros([self.sizes[letter] for letter in wanted])
                yield f"{name} = {self.named(name)}"
                continue
            shape = shape_of(value)
            if shape == () and len(wanted) == 1 and name in self.said.get("none", ()) and wanted[0] in self.sizes:
                yield f"{name} = {self._shared(name, value, wanted[0])}"
                continue
            if shape is None or not fitting(wanted, shape, self.sizes):
                known = " x ".join(str(self.sizes.get(letter, letter)) for letter in wanted) or "one number"
                letters = f"{' x '.join(wanted)}; " if wanted else ""
                expected = f"an array of shape {known}" if wanted else known
                expected += f" ({letters}the input is {said(self.inputs)})"
                raise self.writer.fault(expected, said(shape), *self.place, key)
            role = self.writer.constants if self._fixed(name) else self.writer.parameters
            role[self.named(name)] = value
            self._called(name, key, len(wanted))
            yield f"{name} = {self.named(name)}"

    def _called(self, name: str, key: str, rank: int) -> None:
        """Keeps which parameters are weights: those with this key, and all matrices."""
        if key in self.writer.under and not self._fixed(name):
            self.writer.under[key].append(self.named(name))
        elif rank > 1 and not self._fixed(name):
            self.writer.under["weights"].append(self.named(name))

    def _fixed(self, name: str) -> bool:
        """Whether training leaves an array as it is."""
        if name in self.said.get("constants", ()) or self.table.get("train") is False:
            return True
        return name in self.said.get("none", ()) and self.table.get("train_biases") is False

    def _shared(self, name: str, value: Any, letter: str) -> str:
        """One bias for all units."""
        own, each = self.named(name), self.named(f"{name}s")
        (self.writer.constants if self._fixed(name) else self.writer.parameters)[own] = value
        self._called(name, self.key(name), 0)
        self.writer.lines.append(
            f"{each}[{letter}] = {own} for {letter} in 1..{self.sizes[letter]}    # one for all units"
        )
        return each

    def _read(self) -> frozenset[str]:
        """The names that the row's text reads from outside under the options chosen."""
        text = text_of(self.row, self.chosen)
        return frozenset(given_arrays(self.row)).intersection(words_of(text))

    def _defined(self) -> list[str]:
        """The names that the row's text defines."""
        lines = text_of(self.row, self.chosen).strip().splitlines()
        names = [line.split("[")[0].split("=")[0].strip() for line in lines if "=" in line]
        return list(dict.fromkeys(name for name in names if name))

    def _result(self) -> Shape:
        """The shape of what the layer gives for one example."""
        batch = int(bool(self.said.get("batch")))
        found = []
        for text in self.shapes[self.said["output"]][batch:]:
            number = size(text, self.sizes)
            if number < 1:
                expected = "a window that fits into the input"
                raise self.writer.fault(expected, f"one that does not fit into {said(self.inputs)}", *self.place)
            found.append(number)
        return tuple(found)

    def _states(self, name: str, shape: Shape) -> tuple[str, Shape]:
        """What a layer with a state gives on: its last state, or those of all steps."""
        steps, units = shape
        n, lifts = (f"{EXAMPLE},", f", {EXAMPLE}") if self.writer.many else ("", "")
        if self.table.get("all"):
            own = self.named("all")
            self.writer.lines.append(
                f"{own}[{n}t,j] = {name}[{n}t,j] for t in 1..{steps}{lifts}    # the states of all steps"
            )
            return own, shape
        own = self.named("last")
        self.writer.lines.append(f"{own}[{n}j] = {name}[{n}{steps},j]    # the last state")
        return own, (units,)

    def _activation(self) -> tuple[str, After]:
        """The function of the row's `f`, and the lines that an activation adds behind the layer."""
        name = self.table.get("activation")
        if name is None:
            return "", _nothing
        if name not in JOINT and name not in UNITS:
            known = [*UNITS, *JOINT]
            hint = did_you_mean(name, known) if isinstance(name, str) else None
            raise self.writer.fault(one_of(known), shown(name), *self.place, "activation", hint=hint)
        function = name
        own = {key: self.table[key] for key in (JOINT if name in JOINT else UNITS)[name].numbers if key in self.table}
        if own:
            function = f"{self.said['short']}{self.number}_{name}"
            told = ", ".join(f"{key} = {value}" for key, value in own.items())
            self.writer.lines.append(f"{function}(x) = {name}(x, {told})")
        if self.row.functions and name not in JOINT:
            return function, _nothing

        def after(result: str, shape: Shape) -> list[tuple[str, str]]:
            element, n = LETTERS.get(len(shape), "abcdefgh"[: len(shape)]), f"{EXAMPLE}," if self.writer.many else ""
            left = f"{self.named('a')}[{n}{','.join(element)}]"
            inside = f"{result}[{n}{','.join(element)}]"
            over = f" over {element[-1]}" if name in JOINT else ""
            return [(f"{left} = {function}({inside}{over})    # its activation", self.named("a"))]

        return "", after

    def _check_keys(self) -> None:
        """Whether every key of the layer means something."""
        known = [*layer_keys(self.row), *activation_keys(self.table.get("activation"))]
        for key in self.table:
            if key not in known:
                expected = f"only these keys of a layer {self.row.name}: {', '.join(known)}"
                raise self.writer.fault(expected, shown(key), *self.place, key, hint=did_you_mean(key, known))


def _nothing(result: str, shape: Shape) -> list[tuple[str, str]]:
    return []
