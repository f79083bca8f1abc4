"""The one reverse sweep: the derivative of a number by all that it depends on, step by step, from it backwards.

For every quantity q that the number depends on and that leads to something wanted: the local derivative dv/dq of each
reader v, the share that comes through each reader, and the derivative, their sum. The walk knows neither layers nor
equations: what a quantity is, which of these are steps of their own and how a sum is written is said by `Names`, and
the local derivatives come from the rules of `local` or from rows of tables. It knows no values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from derive.expression import ONE, Node
from derive.quantity import Quantity
from derive.trace.local import product

Q = TypeVar("Q", bound=Quantity)
"""What names a number: an identity of equations, a quantity of a network."""
LocalSlopes = tuple[Q, Mapping[Q, Node]]
"""A step as the sweep sees it: its target, and its derivative by each quantity that it uses."""


class Way(NamedTuple):
    """One way by which a derivative comes: from above, through a reader, by the reader's local derivative.

    `called` is what stands for it in a sum, where it is not the product. The first way may begin in a seed, which has
    no reader.
    """

    reader: Any
    above: Node
    slope: Node
    called: Node | None = None

    @property
    def share(self) -> Node:
        """What stands in a sum."""
        return self.product if self.called is None else self.called

    @property
    def product(self) -> Node:
        """What comes by this way."""
        return self.slope if self.above == ONE else product(self.above, self.slope)


class Derived(NamedTuple):
    """A backward step: what it computes and by which formula; `of` is the quantity by which is derived."""

    target: Any
    formula: Node
    of: Any
    through: Any = None
    """The reader, where it is a local derivative or a share."""


class Names(Protocol[Q]):
    """What the numbers of a sweep are called, where they have names, and how their formulas are written."""

    def gradient(self, quantity: Q) -> Q | None:
        """The derivative by a quantity; None where its formula is put in wherever it is used."""

    def local(self, reader: Q, quantity: Q, slope: Node, above: Node) -> Q | None:
        """The local derivative, where it is a step of its own; `above` is what it is multiplied by."""

    def share(self, quantity: Q, reader: Q, several: bool) -> Q | None:
        """What comes through one reader, where that is a step of its own; `several` where it is not all."""

    def summand(self, name: Q, product: Node) -> Node:
        """What stands in the sum for a share that has a name."""

    def gathered(self, quantity: Q, ways: Sequence[Way]) -> Node:
        """The derivative by a quantity from its ways, of which the latest readers come first."""

    def standing(self, name: Q, formula: Node) -> Node:
        """What stands for a derivative that has a name, in the products that use it."""

    def factor(self, name: Q, slope: Node) -> Node:
        """What stands for a local derivative that has a name, in the products that use it."""


def sweep(
    lines: Sequence[LocalSlopes[Q]], seeds: Mapping[Q, Node], names: Names[Q], wanted: Collection[Q] | None = None
) -> Iterator[Derived]:
    """The backward steps of a computation, from the seeds towards the wanted quantities (all where it is None).

    `seeds` say where the sweep begins: the derivative of the number by itself, or what is given from above.
    """
    readers: dict[Q, dict[Q, Node]] = {}
    for target, slopes in lines:
        for source, slope in slopes.items():
            readers.setdefault(source, {})[target] = slope
    leading = None if wanted is None else _leading(readers, wanted)
    above: dict[Q, Node] = {}
    """What stands for the derivative by each quantity that the number depends on and that leads to something wanted."""
    for quantity in _backwards(lines, readers, seeds):
        if leading is not None and quantity not in leading:
            continue
        found = [(reader, slope) for reader, slope in readers.get(quantity, {}).items() if reader in above]
        seed = seeds.get(quantity)
        if not found and seed is None:
            continue
        ways = [Way(None, ONE, seed)] if seed is not None else []
        several = len(found) + len(ways) > 1
        for reader, slope in reversed(found):
            arriving = above[reader]
            name = names.local(reader, quantity, slope, arriving)
            if name is not None:
                yield Derived(name, slope, quantity, reader)
                slope = names.factor(name, slope)
            way = Way(reader, arriving, slope)
            name = names.share(quantity, reader, several)
            if name is not None:
                share = way.product
                yield Derived(name, share, quantity, reader)
                way = Way(reader, arriving, slope, names.summand(name, share))
            ways.append(way)
        formula = names.gathered(quantity, ways)
        name = names.gradient(quantity)
        above[quantity] = formula if name is None else names.standing(name, formula)
        if name is not None:
            yield Derived(name, formula, quantity)


def _leading(readers: Mapping[Q, Iterable[Q]], wanted: Iterable[Q]) -> set[Q]:
    """What depends on something that is wanted, and that itself."""
    found: set[Q] = set()
    waiting = list(wanted)
    while waiting:
        quantity = waiting.pop()
        if quantity not in found:
            found.add(quantity)
            waiting.extend(readers.get(quantity, ()))
    return found


def _backwards(lines: Sequence[LocalSlopes[Q]], readers: Iterable[Q], seeds: Iterable[Q]) -> Iterator[Q]:
    """Every quantity after all that read it: the targets from the last to the first, then what is given."""
    targets = dict.fromkeys(target for target, _ in lines)
    yield from reversed(targets)
    yield from (quantity for quantity in dict.fromkeys((*readers, *seeds)) if quantity not in targets)
