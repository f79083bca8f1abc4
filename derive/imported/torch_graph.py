"""A live module of somebody's own, followed by PyTorch's own `torch.export`, as operations.

Decides what each operation of PyTorch's graphs is here: one row for each. What PyTorch computes without inputs and
parameters, as a mask, it computes itself, in the caller's own process; nothing is loaded or unpickled.
"""

from __future__ import annotations

import importlib
import inspect
import logging
import operator
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any

from derive.errors import InputError, did_you_mean, one_of, shorten, shown
from derive.from_python import numbers, shortest
from derive.imported.operations import Given, Operation
from derive.imported.torch_attention import step_by_step
from derive.imported.torch_call import Call
from derive.imported.torch_hidden import check_alone, root_of, usual_derivatives
from derive.imported.torch_operations import ROWS

MOST_OPERATIONS = 2000
_NOT_THE_AUTHORS = re.compile(r"/torch/|derive/imported/")
_ASSIGNED = re.compile(r"^\s*([A-Za-z]\w*)\s*=[^=]")


@dataclass
class Graph:
    """The operations of an exported model, in order, and the tensors that training moves."""

    operations: list[Operation]
    loss: Operation
    trained: list[Any]


def exported(module: Any, x: Any, y: Any, loss: Callable[[Any, Any], Any]) -> Graph:
    """The operations of loss(module(x), y); `x` may be a tuple of several inputs."""
    torch = importlib.import_module("torch")
    given = x if isinstance(x, tuple) else (x,)
    kind = next((one.dtype for one in module.parameters() if one.dtype.is_floating_point), torch.float32)

    def tensor(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(tensor(one) for one in value)
        try:
            found = torch.as_tensor(value)
        except (TypeError, ValueError, RuntimeError):
            raise InputError("tensors, arrays or lists of numbers", shown(value), place="x or y") from None
        return found.to(kind) if found.dtype.is_floating_point else found

    arguments, target = tuple(tensor(one) for one in given), tensor(y)
    whole = _whole(torch, module, loss)
    try:
        with warnings.catch_warnings(), _quiet(), step_by_step(torch, module), usual_derivatives(torch, module):
            warnings.simplefilter("ignore")
            program = torch.export.export(whole, (arguments, target), strict=False)
    except InputError:
        raise
    except Exception as error:  # whatever the module's own forward raises
        found = shorten(str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__, 200)
        hint = "loss(module(x), y) must run, without branches that depend on numbers"
        raise InputError("a module that torch.export can follow", found, place="module", hint=hint) from error
    leaves = _leaves((given, y))
    names = _names(module, given)
    return _Walk(torch, program, whole, leaves, names).graph()


@contextmanager
def _quiet() -> Iterator[None]:
    """PyTorch logs what the caller is told by an error."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _whole(torch: Any, module: Any, loss: Callable[[Any, Any], Any]) -> Any:
    """The module and its loss as one."""

    def forward(self: Any, x: Any, y: Any) -> Any:
        found = self.module(*x)
        # A layer with a state, or attention, gives its outputs first.
        return self.loss(found[0] if isinstance(found, tuple) and isinstance(loss, torch.nn.Module) else found, y)

    made = type("Whole", (torch.nn.Module,), {"forward": forward})()
    made.module, made.loss = module, loss
    made.training = module.training
    return made


def _leaves(value: Any) -> list[Any]:
    """The arrays of nested tuples, in order."""
    return [leaf for part in value for leaf in _leaves(part)] if isinstance(value, tuple) else [value]


def _names(module: Any, given: tuple[Any, ...]) -> list[str]:
    """What the arguments of forward are called, the targets last."""
    words = [word for word in inspect.signature(module.forward).parameters if word != "self"]
    found: list[str] = []
    for index, value in enumerate(given):
        word = words[index] if index < len(words) and words[index] not in ("input", "args") else "x"
        count = len(_leaves(value)) if isinstance(value, tuple) else 1
        found += [word] * count
    return [*found, "t"]


@dataclass
class _Walk:
    """A graph on its way to operations."""

    torch: Any
    program: Any
    whole: Any
    leaves: Sequence[Any]
    names: Sequence[str]
    known: dict[Any, Any] = field(default_factory=dict)
    """What every node is: an operation, an array, a number, or a tensor that depends on no input."""
    made: list[Operation] = field(default_factory=list)
    trained: list[Any] = field(default_factory=list)
    called: dict[int, str] = field(default_factory=dict)
    """The names of tensors that depend on no input, which are kept so that none takes the place of another."""
    kept: list[Any] = field(default_factory=list)
    _last: dict[Any, str] = field(default_factory=dict)

    def graph(self) -> Graph:
        nodes = list(self.program.graph.nodes)
        if len(nodes) > MOST_OPERATIONS:
            raise InputError(f"a module of at most {MOST_OPERATIONS} operations", str(len(nodes)), place="module")
        self._placeholders([node for node in nodes if node.op == "placeholder"])
        self._last = _last_of_lines(nodes)
        for node in nodes:
            if node.op == "call_function":
                self.known[node] = self._call(node)
            elif node.op not in ("placeholder", "output"):
                raise InputError("operations on tensors", f"{node.op} {node.target}", place="module")
        (outputs,) = nodes[-1].args
        result = self.known[outputs[-1]]
        if not isinstance(result, Operation) or not self.trained:
            raise InputError("a loss that depends on parameters of the module", "one that does not", place="loss")
        output = result.takes[0] if result.takes else None
        if isinstance(output, Operation) and not output.label and not output.variable:
            output.variable = "y"
        return Graph(self.made, result, self.trained)

    def _placeholders(self, nodes: Sequence[Any]) -> None:
        specs = self.program.graph_signature.input_specs
        left, words = list(self.leaves), list(self.names)
        tensors: dict[int, Any] = {}
        own = {**dict(self.whole.named_parameters(remove_duplicate=False)), **dict(self.whole.named_buffers())}
        for node, spec in zip(nodes, specs, strict=True):
            if spec.target is None:
                self.known[node] = self._input(left.pop(0), words.pop(0), last=not left, node=node)
                continue
            path = str(spec.target)
            tensor = own[path] if path in own else self.program.constants[path]
            path = path.removeprefix("module.")
            if not getattr(tensor, "requires_grad", False):
                self.known[node] = tensor
            elif id(tensor) not in tensors:
                if getattr(tensor, "is_meta", False):
                    raise InputError("a tensor with numbers", "one on the device meta", place=f"module.{path}")
                tensors[id(tensor)] = Given(numbers(tensor, f"module.{path}"), tuple(tensor.shape), "parameters", path)
                self.trained.append(tensor)
                self.known[node] = tensors[id(tensor)]
            else:
                self.known[node] = tensors[id(tensor)]

    def _input(self, value: Any, name: str, *, last: bool, node: Any) -> Given:
        shape = tuple(node.meta["val"].shape)
        return Given(numbers(value, name), shape, "targets" if last else "inputs", name)

    # -- one node

    def _call(self, node: Any) -> Any:
        place = _place(node)
        args = _mapped(node.args, self.known)
        kwargs = _mapped(node.kwargs, self.known)
        if not _depends((args, kwargs)):
            if self.torch.Tag.nondeterministic_seeded in getattr(node.target, "tags", ()):
                hint = "give what is drawn as an input of forward"
                raise InputError("the same result each time", f"a draw, {node.target}", place=place, hint=hint)
            found = node.target(*args, **kwargs)
            self.called[id(found)] = self._last.get(node) or "k"
            self.kept.append(found)
            return found
        if node.target is operator.getitem:
            source, index = args
            if isinstance(source, Operation):
                return self._made(Operation("element", (source,), {"place": index}, place=place))
            return source[index]
        name = str(node.target)
        word = name.removeprefix("aten.").partition(".")[0]
        inside = word.endswith("_") and word.rstrip("_") in ROWS
        row = ROWS.get(word.rstrip("_") if inside else word)
        if row is None:
            hint = did_you_mean(word, ROWS) or f"known are {one_of(sorted(ROWS))}"
            raise InputError("an operation that is known here", shorten(name), place=place, hint=hint)
        shape = tuple(getattr(node.meta.get("val"), "shape", ()))
        alone = bool(node.args) and hasattr(node.args[0], "users") and len(node.args[0].users) == 1
        looks = [getattr(one, "meta", {}).get("val", one) for one in node.args]
        call = Call(self, word, args, kwargs, shape, place, _label(node), self._last.get(node, ""), looks, alone)
        try:
            found = row(call)
        except InputError as error:
            raise InputError(error.expected, error.found, error.file, error.place or place, error.hint) from None
        if inside:
            # The tensor itself has changed: whoever reads it later reads the result.
            check_alone(node, place)
            root = root_of(node)
            self.known |= {one: found for one in self.known if root_of(one) is root}
        return found

    def _made(self, operation: Operation) -> Operation:
        self.made.append(operation)
        return operation

    def make(self, operation: Operation) -> Operation:
        """Takes an operation up."""
        return self._made(operation)

    def constant(self, tensor: Any, label: str) -> Given:
        """A tensor that depends on nothing given."""
        label = self.called.get(id(tensor), label)
        return Given(numbers(tensor, label), tuple(tensor.shape), "constants", label)

    def number(self, tensor: Any) -> Decimal | None:
        """A tensor of one number that depends on nothing given."""
        if getattr(tensor, "shape", None) == () and hasattr(tensor, "item"):
            value = tensor.item()
            kind = str(tensor.dtype).rpartition(".")[2]
            return (
                shortest(value, kind if kind != "bfloat16" else "float32")
                if isinstance(value, float)
                else Decimal(int(value))
            )
        return None


def _mapped(value: Any, known: Mapping[Any, Any]) -> Any:
    """Arguments with what their nodes are."""
    if isinstance(value, list | tuple):
        return (
            type(value)(_mapped(one, known) for one in value)
            if type(value) in (list, tuple)
            else [_mapped(one, known) for one in value]
        )
    if isinstance(value, dict):
        return {key: _mapped(one, known) for key, one in value.items()}
    return known[value] if hasattr(value, "op") and value in known else value


def _depends(value: Any) -> bool:
    """Whether something depends on an input or a parameter."""
    if isinstance(value, list | tuple):
        return any(map(_depends, value))
    if isinstance(value, dict):
        return any(map(_depends, value.values()))
    return isinstance(value, Operation | Given)


def _label(node: Any) -> str:
    """The path of the module that a node belongs to."""
    stack = list(node.meta.get("nn_module_stack", {}).values())
    path, kind = (str(stack[-1][0]), str(stack[-1][1])) if stack else ("", "")
    own = kind.rpartition(".")[2] not in ("Sequential", "ModuleList")
    return path.removeprefix("module").lstrip(".") if own and path != "loss" else ""


def _place(node: Any) -> str:
    label = _label(node)
    return f"module.{label}" if label else "module"


def _lines(node: Any) -> str:
    """The line of the author's own forward that made a node."""
    trace = node.meta.get("stack_trace") or ""
    found = [
        line
        for line in re.findall(r'File "([^"]*)", line \d+, in \w+\n(.*)', trace)
        if not _NOT_THE_AUTHORS.search(line[0])
    ]
    return found[-1][1] if found else ""


def _last_of_lines(nodes: Sequence[Any]) -> dict[Any, str]:
    """The names that the author's own lines give to results: each to the last node of one run of a line.

    A line in a loop runs again and again; a name that is given several times is numbered.
    """
    calls = [node for node in nodes if node.op == "call_function"]
    found: list[tuple[Any, str]] = []
    for line, own in groupby(calls, _lines):
        assigned = _ASSIGNED.match(line)
        if assigned:
            run = list(own)
            period = _period([(node.target, len(node.all_input_nodes)) for node in run])
            found += [(node, assigned[1]) for node in run[period - 1 :: period]]
    count = Counter(name for _, name in found)
    numbers: Counter[str] = Counter()
    for index, (node, name) in enumerate(found):
        if node.all_input_nodes or numbers[name]:  # the first state of a loop is numbered 0
            numbers[name] += 1
        found[index] = node, f"{name}_{numbers[name]}" if count[name] > 1 else name
    return dict(found)


def _period(steps: Any) -> int:
    """After how many steps they begin again.

    >>> _period("abab"), _period("aab")
    (2, 3)
    """
    lengths = range(1, len(steps) + 1)
    return next(one for one in lengths if len(steps) % one == 0 and steps[:one] * (len(steps) // one) == steps)
