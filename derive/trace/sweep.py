"""The generic reverse sweep: the derivative of a loss by every element, step by step, from the loss backwards.

For every quantity q that the loss depends on and that leads to something wanted: the local derivative dv/dq of each
reader v, the share of each reader where there are several, and the derivative, their sum. Decides which of these are
steps of their own. It knows steps and the rules of `local`, no equations with letters and no values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from derive.expression import ONE, ZERO, Add, Call, Cases, Neg, Node, Ref, add, sub
from derive.trace.identity import Identity, Symbol
from derive.trace.indexed import parts, walk
from derive.trace.local import Functions, chosen, local, product
from derive.trace.unroll import Step, identity, ref

Seeds = Mapping[Identity, Node]
"""Where the sweep begins: the derivative of the loss by the loss, or by what is given from above."""


def sweep(
    steps: Sequence[Step], loss: Symbol, seeds: Seeds, functions: Functions, wanted: Collection[Identity] | None = None
) -> tuple[Step, ...]:
    """The backward steps of a computation, from the loss towards the wanted quantities (all where it is None)."""
    readers: dict[Identity, dict[Identity, Node]] = {}
    for step in steps:
        for source, slope in slopes(step, functions).items():
            readers.setdefault(source, {})[step.target] = slope
    needed = _between(readers, seeds, wanted)
    found: list[Step] = []
    trivial: set[Identity] = set()
    for quantity in _backwards(steps, readers, seeds):
        if quantity not in needed:
            continue
        gradient = Identity(loss, by=quantity.of, step=quantity.step)
        ways = [(v, slope) for v, slope in readers.get(quantity, {}).items() if v in needed and slope != ZERO]
        begin = seeds.get(quantity, ZERO)
        shares = [begin] if begin != ZERO else []
        several = len(ways) + len(shares) > 1
        for reader, slope in reversed(ways):
            arriving = Identity(loss, by=reader.of, step=reader.step)
            if _own_step(slope) and arriving not in trivial:
                name = Identity(reader.of, by=quantity.of, local=True, step=quantity.step)
                found.append(Step(name, slope))
                slope = ref(name)
            share = slope if arriving in trivial else product(ref(arriving), slope)
            if several:
                path = gradient._replace(via=reader.of)
                found.append(Step(path, share))
                share = ref(path)
            shares.append(share)
        formula = add(*shares) if shares else ZERO
        if formula == ONE:
            trivial.add(gradient)
        found.append(Step(gradient, formula))
    return tuple(found)


def _own_step(slope: Node) -> bool:
    """Whether a local derivative is worth a line: more than a name, a number or a product of these."""
    return any(isinstance(node, Add | Call | Cases) for node in walk(slope))


def _between(
    readers: Mapping[Identity, Mapping[Identity, Node]], seeds: Seeds, wanted: Collection[Identity] | None
) -> set[Identity]:
    """The quantities that the loss depends on and, where some are wanted, that depend on one of these."""
    sources: dict[Identity, list[Identity]] = {}
    for source, found in readers.items():
        for reader in found:
            sources.setdefault(reader, []).append(source)
    below = _reached(seeds, sources)
    if wanted is None:
        return below
    return below & _reached(wanted, {source: list(found) for source, found in readers.items()})


def _reached(starts: Iterable[Identity], following: Mapping[Identity, list[Identity]]) -> set[Identity]:
    found: set[Identity] = set()
    waiting = list(starts)
    while waiting:
        quantity = waiting.pop()
        if quantity not in found:
            found.add(quantity)
            waiting.extend(following.get(quantity, ()))
    return found


def _backwards(steps: Sequence[Step], readers: Mapping[Identity, object], seeds: Seeds) -> Iterator[Identity]:
    """Every quantity after all that read it: the targets from the last to the first, then what is given."""
    targets = {step.target: None for step in steps}
    yield from reversed(targets)
    yield from (quantity for quantity in {**readers, **seeds} if quantity not in targets)


def slopes(step: Step, functions: Functions) -> dict[Identity, Node]:
    """The local derivative of a step by everything that it uses."""
    shares: dict[Identity, list[Node]] = {}
    if step.soft is not None:
        for source, share in _soft_shares(step, functions):
            shares.setdefault(source, []).append(share)
    else:
        for source, share in _shares(step.formula, functions, ref(step.target)):
            shares.setdefault(source, []).append(share)
    return {source: add(*kept) for source, found in shares.items() if (kept := [s for s in found if s != ZERO])}


def _shares(node: Node, functions: Functions, value: Node | None = None) -> Iterator[tuple[Identity, Node]]:
    """One share for every place at which a quantity stands in a formula."""
    match node:
        case Ref():
            yield identity(node), ONE
        case Cases(branches):
            for number, branch in enumerate(branches):
                for source, share in _shares(branch.value, functions):
                    values: list[Node] = [ZERO] * len(branches)
                    values[number] = share
                    yield source, chosen(node, values)
        case _:
            for number, part in enumerate(parts(node)):
                inner = list(_shares(part, functions))
                outer = local(node, number, functions, value) if inner else None
                if outer is not None:
                    yield from ((source, product(outer, share)) for source, share in inner)


def _soft_shares(step: Step, functions: Functions) -> Iterator[tuple[Identity, Node]]:
    """A softmax by what its exponentials are taken of: y_j (1 - y_j) and -y_j y_m; its logarithm 1 - p_j and -p_m."""
    soft = step.soft
    assert soft is not None
    own = ref(soft.values[soft.place])
    for place, (value, argument) in enumerate(zip(soft.values, soft.arguments, strict=True)):
        other: Node = ref(value)
        here = place == soft.place
        if soft.kind == "softmax":
            outer = product(own, sub(ONE, other)) if here else Neg(product(own, other))
        else:
            share = Call("exp", (other,))
            outer = sub(ONE, share) if here else Neg(share)
        yield from ((source, product(outer, inner)) for source, inner in _shares(argument, functions))
