"""What the graph of a PyTorch module does not show, and is refused: slopes of one's own, changes seen elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from derive.errors import InputError, shorten


@contextmanager
def usual_derivatives(torch: Any, module: Any) -> Iterator[None]:
    """Refuses whoever gives an operation another derivative than its own: the graph knows of none."""
    hint = "only the derivatives that PyTorch itself has are known here"

    def refused(kind: Any, *_: Any, **__: Any) -> Any:
        name = getattr(kind, "__name__", "a hook")
        raise InputError("operations with their own derivatives", shorten(name), place="module", hint=hint)

    if any(one._backward_hooks for one in module.parameters()):
        refused(None)
    function, tensor = torch.autograd.Function, torch.Tensor
    before = function.__dict__["apply"], tensor.register_hook
    function.apply, tensor.register_hook = classmethod(refused), lambda *_, **__: refused(None)
    try:
        yield
    finally:
        function.apply, tensor.register_hook = before


def root_of(node: Any) -> Any:
    """The tensor that an operation inside of a tensor gives back."""
    while _named(node).endswith("_"):
        node = node.args[0]
    return node


def _named(node: Any) -> str:
    """The name of an operation in aten."""
    return str(node.target).removeprefix("aten.").partition(".")[0] if node.op == "call_function" else ""


def _viewed(node: Any) -> Any:
    """The tensor whose memory a result shares, where an operation only looks at it anew."""
    returns = getattr(getattr(node.target, "_schema", None), "returns", ()) if node.op == "call_function" else ()
    shares = any(one.alias_info is not None and not one.alias_info.is_write for one in returns)
    return node.args[0] if shares and node.args and hasattr(node.args[0], "op") else None


def _memory(node: Any) -> Any:
    """The first of all tensors that share their memory with a node."""
    while True:
        node = root_of(node)
        if (before := _viewed(node)) is None:
            return node
        node = before


def check_alone(node: Any, place: str) -> None:
    """Refuses a change inside of a tensor where others that share its memory are read afterwards."""
    nodes = list(node.graph.nodes)
    after = set(nodes[nodes.index(node) + 1 :])
    own, memory = root_of(node), _memory(node)
    for one in nodes:
        if root_of(one) is not own and one not in after and _memory(one) is memory and after & set(one.users):
            hint = f"without _: write x = x.{_named(node).rstrip('_')}(...)"
            raise InputError("a change of a tensor that no other one shows", f"{node.target}", place=place, hint=hint)
