"""A model in an ONNX file as operations, read with the package onnx, of which only the reader is used.

Decides which files are read: at most 50 MB in one piece, with no data elsewhere, no functions and no branches. What an
operator is stands in `onnx_operators`, one row for each. Nothing is run.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from derive.errors import InputError, did_you_mean, one_of, shorten, shown
from derive.from_python import MOST_NUMBERS
from derive.imported.files import read_bytes
from derive.imported.inputs import LONGEST, input_given
from derive.imported.onnx_node import Node, Options
from derive.imported.onnx_operators import OPERATORS
from derive.imported.operations import Given, Operation
from derive.imported.written_model import write

MOST_BYTES = 50_000_000
MOST_NODES = 2000
MOST_WEIGHTS = 100_000
"""Numbers of one array; what is computed with is limited elsewhere, and lower."""
MOST_FOLDED = 1000
OLDEST = 7
"""The first version of operators that is read."""
GROWING = ("ConstantOfShape", "Expand", "Range")
"""Operators that make long arrays of short ones."""
FOLDED = (
    *("Add", "Sub", "Mul", "Div", "Mod", "Pow", "Neg", "Sqrt", "And", "Or", "Not", "Equal", "Greater", "Less", "Where"),
    *("GreaterOrEqual", "LessOrEqual", "Cast", "Concat", "Slice", "Gather", "Squeeze", "Unsqueeze", "Reshape", "Shape"),
    *("Transpose", "Trilu", "Identity", *GROWING),
)
"""Operators that are worked out where they take constants alone."""


@dataclass
class Model:
    """What a file describes: its operations, its inputs with their shapes, and its result."""

    operations: list[Operation]
    inputs: list[Given]
    result: Any


@dataclass
class _Reader:
    """A graph on its way."""

    file: str
    onnx: Any
    graph: Any
    version: int
    known: dict[str, Any] = field(default_factory=dict)
    """What every name is: an operation, an array, or a constant array of NumPy's."""
    made: list[Operation] = field(default_factory=list)

    def fault(self, expected: str, found: str | None, place: str = "", hint: str | None = None) -> InputError:
        return InputError(expected, found, self.file, place or None, hint)

    # -- what is given

    def initializers(self) -> None:
        for tensor in self.graph.initializer:
            self.known[tensor.name] = self.tensor(tensor, shorten(tensor.name))
        if self.graph.sparse_initializer:
            raise self.fault("arrays that are written out", "a sparse one")

    def tensor(self, tensor: Any, place: str) -> Any:
        """An array of the file; what it says of its size is compared with what it holds before it is read."""
        if tensor.data_location == self.onnx.TensorProto.EXTERNAL or tensor.external_data:
            hint = 'save it in one piece: onnx.save(model, "model.onnx")'
            raise self.fault("arrays within the file", "one in another file, which is not opened", place, hint)
        count = 1
        for size in tensor.dims:
            count *= size
            if size < 0 or count > MOST_WEIGHTS:
                raise self.fault(f"arrays of at most {MOST_WEIGHTS:,} numbers", "a larger one", place)
        try:
            return self.onnx.numpy_helper.to_array(tensor)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            found = shorten(str(error).splitlines()[0] if str(error) else "another number of bytes", 120)
            raise self.fault(f"an array of {count} numbers, as its shape says", found, place) from None

    def inputs(self, given: Sequence[Any]) -> list[Given]:
        """The inputs, each with numbers: those given, or some to begin with."""
        found: list[Given] = []
        several = sum(value.name not in self.known for value in self.graph.input) > 1
        for value in self.graph.input:
            if value.name in self.known:
                continue
            place = shorten(value.name)
            kind = value.type.tensor_type
            if not value.type.HasField("tensor_type") or not kind.HasField("shape"):
                raise self.fault("an input that is an array of a known shape", "another", place)
            shape = tuple(one.dim_value if one.dim_value > 0 else 1 for one in kind.shape.dim)
            if any(one.dim_value < 0 or one.dim_value > LONGEST for one in kind.shape.dim):
                raise self.fault(f"an input of at most {LONGEST} places along each index", "a longer one", place)
            whole = kind.elem_type in (self.onnx.TensorProto.INT64, self.onnx.TensorProto.INT32)
            own = given[len(found)] if len(found) < len(given) else None
            found.append(input_given(own, shape, whole, self.file, place, value.name if several else "x"))
            self.known[value.name] = found[-1]
        if not found:
            raise self.fault("an input", "none")
        return found

    # -- operators

    def nodes(self) -> None:
        left = list(self.graph.node)
        if len(left) > MOST_NODES:
            raise self.fault(f"at most {MOST_NODES} operators", str(len(left)))
        while left:
            ready = [node for node in left if all(name in self.known for name in node.input if name)]
            if not ready:
                node = left[0]
                name = next(name for name in node.input if name and name not in self.known)
                found = f"{shorten(name)}, which nothing gives before it, or which needs itself"
                raise self.fault("operators on what is given or computed", found, self._place(node))
            for node in ready:
                self.node(node)
            done = {id(node) for node in ready}
            left = [node for node in left if id(node) not in done]

    def _place(self, node: Any) -> str:
        return f"operator {shorten(node.op_type)}" + (f" {shorten(node.name)}" if node.name else "")

    def node(self, node: Any) -> None:
        place = self._place(node)
        if node.domain not in ("", "ai.onnx"):
            raise self.fault("operators of ONNX itself", f"one of {shown(node.domain)}", place)
        if node.op_type in FOLDED and not any(isinstance(self.known.get(one), Operation | Given) for one in node.input):
            self.fold(node, place)
            return
        row = OPERATORS.get(node.op_type) or (_shape_row if node.op_type == "Shape" else None)
        if row is None:
            hint = did_you_mean(node.op_type, OPERATORS) or f"known are {one_of(sorted(OPERATORS))}"
            raise self.fault("an operator that is known here", shorten(node.op_type), place, hint)
        for name in node.output:
            if name in self.known:
                raise self.fault("every result once", f"{shorten(name)} twice", place)
        takes = [self.known[name] if name else None for name in node.input]
        readers = sum(name == one for other in self.graph.node for one in other.input for name in node.output[:1])
        try:
            if node.op_type == "Shape" and not node.attribute:
                self.known[node.output[0]] = self.shape(self.known[node.input[0]])
                return
            options = Options({one.name: self.option(one, place) for one in node.attribute})
            names, count = tuple(node.input), len(node.output)
            own = Node(takes, options, self.made.append, place, names, count, readers, self.sizes, self.version)
            found = row(own)
            if options.left:
                raise InputError(f"the options of {node.op_type} that are known here", shorten(options.left[0]))
        except InputError as error:
            raise self.fault(error.expected, error.found, error.place or place, error.hint) from None
        except (IndexError, TypeError, ValueError, KeyError, AttributeError) as error:
            raise self.fault(f"the arguments and options of {node.op_type}", "others", place) from error
        results = found if isinstance(found, list) else [found]
        for name, one in zip(node.output, results, strict=False):
            if name:
                self.known[name] = one
        if len(results) < len([name for name in node.output if name]):
            raise self.fault(f"at most {len(results)} results of {node.op_type}", str(len(node.output)), place)

    def fold(self, node: Any, place: str) -> None:
        """An operator on constants alone, as those that work out a shape or a mask."""
        feeds = {name: self.known[name] for name in node.input if name}
        for value in feeds.values():
            most = max((abs(one) for one in value.reshape(-1).tolist()), default=0) if node.op_type in GROWING else 0
            if value.size > MOST_FOLDED or most > LONGEST:
                raise self.fault(f"constants of at most {MOST_FOLDED:,} numbers", "larger ones", place)
        evaluator = importlib.import_module("onnx.reference").ReferenceEvaluator
        try:
            found = evaluator(node).run(None, feeds)
        except Exception as error:  # whatever the arithmetic of arrays does not allow
            raise self.fault(f"the arguments of {node.op_type}", "others", place) from error
        for name, value in zip(node.output, found, strict=False):
            if value.size > MOST_WEIGHTS:
                raise self.fault(f"constants of at most {MOST_WEIGHTS:,} numbers", "larger ones", place)
            self.known[name] = value

    def shape(self, source: Any) -> Any:
        """The shape of an array as a constant."""
        return importlib.import_module("numpy").array(self.sizes(source), dtype="int64")

    def sizes(self, source: Any) -> tuple[int, ...]:
        """The shape of an array; that of a result is what its equations say."""
        if isinstance(source, Operation):
            return write(self.made, source, loss=False).array(source).shape
        return tuple(source.shape)

    def option(self, attribute: Any, place: str) -> Any:
        kinds = self.onnx.AttributeProto
        if attribute.type in (kinds.GRAPH, kinds.GRAPHS, kinds.SPARSE_TENSOR, kinds.TYPE_PROTO):
            raise self.fault("options that are numbers, texts or arrays", "a graph", place)
        if attribute.type == kinds.TENSOR:
            return self.tensor(attribute.t, place)
        found = self.onnx.helper.get_attribute_value(attribute)
        return found.decode("utf-8", "replace") if isinstance(found, bytes) else found


def read_onnx(path: Path, given: Sequence[Any] = ()) -> Model:
    """The model of a file; `given` are numbers for its inputs, in order."""
    file = str(path)
    content = read_bytes(path, MOST_BYTES)
    try:
        onnx = importlib.import_module("onnx")
        importlib.import_module("onnx.numpy_helper")
    except ModuleNotFoundError:
        hint = "install it: pip install 'derive-backprop[onnx]'"
        raise InputError("the package onnx, which reads such files", "none", file, hint=hint) from None
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except importlib.import_module("google.protobuf.message").DecodeError:
        raise InputError("an ONNX model", "something else", file) from None
    if not model.HasField("graph") or not model.graph.node:
        raise InputError("an ONNX model with operators", "none", file)
    if model.functions:
        hint = "export it with operators of ONNX itself"
        raise InputError("a model without functions of its own", shorten(model.functions[0].name), file, hint=hint)
    _check_names(model.graph, file)
    reader = _Reader(file, onnx, model.graph, _version(model, file))
    reader.initializers()
    inputs = reader.inputs(given)
    reader.nodes()
    results = [reader.known.get(one.name) for one in model.graph.output]
    operations = [one for one in results if isinstance(one, Operation)]
    if not operations:
        raise InputError("a result that is computed from the inputs", "none", file)
    if not operations[0].label:
        operations[0].variable = "y"
    return Model(reader.made, inputs, operations[0])


def _version(model: Any, file: str) -> int:
    """The version of ONNX's own operators; before the seventh, several mean another thing."""
    found: int = next((one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), 1)
    if found < OLDEST:
        hint = f"onnx.version_converter.convert_version(model, {OLDEST}) makes such ones"
        raise InputError(f"operators of version {OLDEST} or newer", str(found), file, hint=hint)
    return found


def _shape_row(node: Node) -> Any:
    raise InputError("a whole shape", "a part of one")


def _check_names(graph: Any, file: str) -> None:
    """Whether all names are texts; the reader gives bytes where they are none."""
    nodes = graph.node
    names = [
        *[one.name for one in (*graph.initializer, *graph.input, *graph.output, *graph.value_info, *nodes)],
        *[text for one in nodes for text in (one.op_type, one.domain, *one.input, *one.output)],
        *[attribute.name for one in nodes for attribute in one.attribute],
    ]
    if not all(isinstance(name, str) for name in names):
        raise InputError("names in UTF-8", "others", file)


assert MOST_WEIGHTS <= MOST_NUMBERS
