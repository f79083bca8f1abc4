"""A model in a .keras archive: a zip file with what it is, in JSON, and its weights, in HDF5.

Decides which archives are read: those of Keras 3, of at most 50 MB, that hold what they say and nothing elsewhere. What
a layer is stands in `keras_layers`, one row for each; whatever holds code is refused by name. Nothing is run, nothing
is unpacked into a folder. The layout is that of `keras/src/saving/saving_lib.py`. One module because an archive is read
in one pass: what it says of itself decides what is looked for in it.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from derive.errors import InputError, counted, did_you_mean, one_of, shorten, shown
from derive.imported.files import read_bytes
from derive.imported.hdf5 import Array, File, Unreadable
from derive.imported.inputs import LONGEST, input_given
from derive.imported.keras_compiled import Compiled, compiled_of, of_unit, penalised
from derive.imported.keras_layer import ADVICE, Layer, snake
from derive.imported.keras_layers import ARGUMENTS, LAYERS, PARTS
from derive.imported.operations import Given, Operation
from derive.imported.written_model import write

MOST_BYTES = 50_000_000
MOST_LAYERS, MOST_ENTRIES, DEEPEST = 500, 1000, 10
ABOUT, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
VERSION = "3."
INPUT = "InputLayer"
CHAIN, GRAPH = "Sequential", "Functional"
CODE = "code, which is not run here"


@dataclass
class Model:
    """What an archive describes: its operations and its result, and how it was compiled."""

    operations: list[Operation]
    result: Any
    compiled: Compiled

    def as_compiled(self) -> None:
        """Puts the activation of the loss before the loss."""
        of_sums = self.compiled.of_sums
        if of_sums is None or not isinstance(self.result, Operation):
            return
        kind, options = of_unit(of_sums)
        self.result = Operation(kind, (self.result,), options, self.result.label, "", "compile_config")
        self.operations.append(self.result)


def read_keras(path: Path, given: Sequence[Any] = ()) -> Model:
    """The model of an archive; `given` are numbers for its inputs, in order."""
    file = str(path)
    archive = _Archive(read_bytes(path, MOST_BYTES), file)
    about, config = archive.table(ABOUT), archive.table(CONFIG)
    version = about.get("keras_version")
    if not isinstance(version, str) or not version.startswith(VERSION):
        hint = 'load it with Keras 3 and save it anew: model.save("model.keras")'
        raise InputError("an archive of Keras 3", f"one of {shown(version)}", file, ABOUT, hint)
    _no_code(config, file)
    reader = _Reader(archive, given)
    result = reader.model(config)
    table: Any = config.get("compile_config")
    compiled = compiled_of(table if isinstance(table, dict) else {})
    return Model(reader.made, result, replace(compiled, penalty=penalised(config)))


# -- the archive


@dataclass
class _Archive:
    """The three parts of an archive, none of which is read further than it may be long."""

    content: bytes
    file: str
    entries: dict[str, zipfile.ZipInfo] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            found = zipfile.ZipFile(io.BytesIO(self.content))
        except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, EOFError):
            raise InputError("a .keras archive, which is a zip file", "something else", self.file) from None
        self.zip = found
        if len(found.infolist()) > MOST_ENTRIES:
            raise InputError(f"an archive of at most {MOST_ENTRIES} parts", str(len(found.infolist())), self.file)
        for one in found.infolist():
            parts = re.split(r"[/\\]", one.filename)
            if one.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
                raise InputError("parts inside of the archive", f"one elsewhere, {shown(one.filename)}", self.file)
            if one.filename in self.entries:
                raise InputError("every part once", f"{shown(one.filename)} twice", self.file)
            self.entries[one.filename] = one

    def part(self, name: str, most: int) -> bytes:
        if name not in self.entries:
            raise InputError(f"a .keras archive with {one_of((ABOUT, CONFIG, WEIGHTS))}", f"no {name}", self.file)
        try:
            with self.zip.open(self.entries[name]) as stream:
                content = stream.read(most + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError, ValueError):
            raise InputError("a part that can be unpacked", "a damaged or a locked one", self.file, name) from None
        if len(content) > most:
            raise InputError(f"a part of at most {most // 1_000_000} MB", "a longer one", self.file, name)
        return content

    def table(self, name: str) -> dict[str, Any]:
        try:
            found = json.loads(self.part(name, MOST_BYTES // 10))
        except (ValueError, RecursionError):
            raise InputError("a table in JSON", "something else", self.file, name) from None
        if not isinstance(found, dict):
            raise InputError("a table in JSON", shown(found), self.file, name)
        return found

    def weights(self, path: str, parts: Sequence[str]) -> list[Array]:
        """The arrays of a layer, and of the parts within it, in their order."""
        place = f"{WEIGHTS}/{shorten(path)}"
        # The first archives of Keras 3 have the name of the attribute, with its underscore.
        groups = [f"{path}/vars", *[f"{path}/{mark}{one}/vars" for one in parts for mark in ("", "_")]]
        try:
            return [self.hdf5.array(f"{one}/{at}") for one in groups for at in range(len(self.hdf5.names(one)))]
        except Unreadable as error:
            raise InputError(f"{error} in HDF5", "others, or damaged ones", self.file, place) from None

    @cached_property
    def hdf5(self) -> File:
        return File(self.part(WEIGHTS, MOST_BYTES))


def _no_code(config: Any, file: str) -> None:
    """Refuses code anywhere in a description; it is never run, and whatever needs it cannot be known."""
    waiting = [config]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if one.get("class_name") in ("__lambda__", "Lambda"):
                hint = f"a lambda layer is a program: say what it computes with layers, or {ADVICE}"
                raise InputError("layers that are data", f"a lambda, which is {CODE}", file, CONFIG, hint)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


# -- the layers


@dataclass
class _Reader:
    """The layers of a model on their way; `known` is what every result is called: a layer's name and a number.

    A model within another one has a reader of its own, for it counts its layers anew; `above` are the names of those
    that it lies in, `folder` is where its weights lie.
    """

    archive: _Archive
    given: Sequence[Any]
    made: list[Operation] = field(default_factory=list)
    layers: list[Any] = field(default_factory=list)
    """All layers so far, those of other models too."""
    above: tuple[str, ...] = ()
    folder: str = ""
    known: dict[tuple[str, int], Any] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    inputs: int = 0

    def fault(self, expected: str, found: str, place: str = CONFIG, hint: str | None = None) -> InputError:
        return InputError(expected, found, self.archive.file, place, hint)

    def model(self, config: Mapping[str, Any], takes: Sequence[Any] | None = None) -> Any:
        """The result of a model; one within another takes results of that one in the place of inputs."""
        kind, own = config.get("class_name"), config.get("config")
        layers = own.get("layers") if isinstance(own, dict) else None
        if (
            kind not in (CHAIN, GRAPH)
            or not isinstance(layers, list)
            or config.get("registered_name") not in (*(None, kind),)
        ):
            found = f"one of the class {shown(kind)}"
            raise self.fault(f"a model of the kind {one_of((CHAIN, GRAPH))}", found, hint=ADVICE)
        self.layers += layers
        if not layers or len(self.layers) > MOST_LAYERS or not all(isinstance(one, dict) for one in layers):
            raise self.fault(f"a list of 1 to {MOST_LAYERS} layers", "another")
        assert isinstance(own, dict)
        return self.chain(layers, own, takes) if kind == CHAIN else self.graph(layers, own, takes)

    def chain(self, layers: list[dict[str, Any]], own: Mapping[str, Any], takes: Sequence[Any] | None) -> Any:
        """One layer after the other; a chain that begins with no input says what it was built for."""
        if layers[0].get("class_name") != INPUT:
            layers = [{"config": {"batch_shape": own.get("build_input_shape")}}, *layers]
        result: Any = self.input(layers[0], 1) if takes is None else self.only(takes, 1)[0]
        for layer in layers[1:]:
            result = self.layer(layer, [result])
        return result

    def only(self, takes: Sequence[Any], count: int) -> Sequence[Any]:
        if len(takes) != count:
            raise self.fault(f"a model that takes {counted(count, 'array')}", str(len(takes)))
        return takes

    def graph(self, layers: list[dict[str, Any]], own: Mapping[str, Any], takes: Sequence[Any] | None) -> Any:
        several = sum(one.get("class_name") == INPUT for one in layers)
        begins = _pointers(own.get("input_layers"))
        if takes is not None:
            self.known |= dict(zip(begins, self.only(takes, len(begins)), strict=True))
        for layer in layers:
            name = _name(layer)
            nodes = layer.get("inbound_nodes")
            if layer.get("class_name") == INPUT:
                self.counts[snake(INPUT)] += 1
                if takes is None:
                    self.known[name, 0] = self.input(layer, several)
                continue
            if not isinstance(nodes, list) or len(nodes) != 1:
                raise self.fault("layers that are used once", f"{shorten(name)}, {len(nodes or ())} times", hint=ADVICE)
            taken, called = self.taken(nodes[0], name, layer.get("class_name"))
            self.known[name, 0] = self.layer(layer, taken, called)
        ends = _pointers(own.get("output_layers"))
        if len(ends) != 1 or ends[0] not in self.known:
            raise self.fault("a model of one output", str(len(ends)), hint=ADVICE)
        return self.known[ends[0]]

    def taken(self, node: Any, name: str, kind: Any) -> tuple[list[Any], dict[str, Any]]:
        """What a layer takes, in order, and what it is called with besides."""
        if not isinstance(node, dict):
            raise self.fault("a table of what a layer takes", "another", f"layer {shorten(name)}")
        called: dict[str, Any] = {}
        for key, value in (node.get("kwargs") or {}).items():
            if _nothing(value):
                continue
            if key not in ARGUMENTS.get(str(kind), ()):
                raise self.fault("a layer without further arguments", shown(key), f"layer {shorten(name)}", ADVICE)
            called[key] = value if value is True else self.results([value], name)[0]
        return self.results(list(node.get("args") or []), name), called

    def results(self, waiting: list[Any], name: str) -> list[Any]:
        """Results that are named, lists of several written out."""
        found: list[Any] = []
        while waiting:
            one = waiting.pop(0)
            if isinstance(one, list):
                waiting = [*one, *waiting]
                continue
            history = one.get("config", {}).get("keras_history") if isinstance(one, dict) else None
            ends = _pointers(history)
            if len(ends) != 1 or ends[0] not in self.known:
                raise self.fault("results of layers before it", "another", f"layer {shorten(name)}", ADVICE)
            found.append(self.known[ends[0]])
        return found

    def input(self, layer: Mapping[str, Any], several: int) -> Given:
        own = layer.get("config")
        shape: Any = own.get("batch_shape") if isinstance(own, dict) else None
        place = f"layer {shorten(_name(layer))}"
        if not isinstance(shape, list) or not 0 < len(shape) <= 8:
            raise self.fault("an input of a known shape", shown(shape), place)
        if not all(one is None or (type(one) is int and 0 < one <= LONGEST) for one in shape):
            raise self.fault(f"an input of 1 to {LONGEST} places along each index", shown(shape), place)
        assert isinstance(own, dict)
        whole = "int" in str(own.get("dtype"))
        numbers = self.given[self.inputs] if self.inputs < len(self.given) else None
        self.inputs += 1
        name = _name(layer) if several > 1 else "x"
        return input_given(numbers, tuple(one or 1 for one in shape), whole, self.archive.file, place, name)

    def layer(self, layer: Mapping[str, Any], takes: list[Any], called: Mapping[str, Any] | None = None) -> Any:
        kind, name = layer.get("class_name"), _name(layer)
        place = f"layer {shorten(name)}"
        if kind in (CHAIN, GRAPH):
            return self.within(layer, str(kind), name).model(layer, takes)
        own = layer.get("config")
        module = layer.get("module")
        if layer.get("registered_name") is not None or not str(module).startswith("keras"):
            found = f"{shown(kind)} of {shown(module)}"
            raise self.fault("layers of Keras itself", f"{found}, whose program is {CODE}", place, ADVICE)
        if not isinstance(kind, str) or kind not in LAYERS or not isinstance(own, dict):
            hint = did_you_mean(str(kind), LAYERS) or f"known are {one_of(sorted(LAYERS))}; or {ADVICE}"
            raise self.fault("a layer that is known here", shown(kind), place, hint)
        arrays = self.archive.weights(f"{self.folder}layers/{self.called(kind)}", PARTS.get(kind, ()))
        label = ".".join((*self.above, name))
        row = Layer(own, arrays, takes, self.made.append, place, label, self.shape, called or {})
        try:
            found = LAYERS[kind](row)
            row.all_used()
            return found
        except InputError as error:
            raise self.fault(error.expected, str(error.found), error.place or place, error.hint) from None
        except (IndexError, TypeError, ValueError, KeyError, AttributeError) as error:
            raise self.fault(f"the options and weights of {kind}", "others", place) from error

    def within(self, layer: Mapping[str, Any], kind: str, name: str) -> _Reader:
        """The reader of a model that is a layer of this one."""
        above = (*self.above, name)
        if len(above) > DEEPEST:
            raise self.fault(f"models within models at most {DEEPEST} times", "more", f"layer {shorten(name)}")
        folder = f"{self.folder}layers/{self.called(kind)}/"
        return _Reader(self.archive, self.given, self.made, self.layers, above, folder)

    def called(self, kind: str) -> str:
        """The group of a layer among the weights: its class, and a number from the second on."""
        word = snake(kind)
        count = self.counts[word]
        self.counts[word] += 1
        return f"{word}_{count}" if count else word

    def shape(self, result: Any) -> tuple[int, ...]:
        if isinstance(result, Given):
            return result.shape
        return write(self.made, result, loss=False).array(result).shape


def _name(layer: Mapping[str, Any]) -> str:
    own = layer.get("config")
    found = own.get("name") if isinstance(own, dict) else None
    return found if isinstance(found, str) else ""


def _nothing(value: Any) -> bool:
    """Whether an argument says nothing, as no mask for each of two arrays does."""
    return all(map(_nothing, value)) if isinstance(value, list) else value in (None, False)


def _pointers(value: Any) -> list[tuple[str, int]]:
    """Results that are named: one as [name, node, place], or several of these."""
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str):
        return [(value[0], value[1])] if type(value[1]) is int and value[2] == 0 else []
    if isinstance(value, dict):
        value = list(value.values())
    return [found for one in value for found in _pointers(one)] if isinstance(value, list) else []
