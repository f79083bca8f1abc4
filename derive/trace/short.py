"""The short way through a sigmoid or a softmax and its cross-entropy: dL/dz = c (p - t).

Decides where a computation has it. The derivative of the loss by an output p must be -c t/p, or for a sigmoid
c (p - t)/(p (1 - p)), whatever the equations look like: it is compared at other outputs, in fractions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from derive.expression import (
    ONE,
    ZERO,
    Add,
    Call,
    Const,
    Div,
    Mul,
    Neg,
    Node,
    Pow,
    Ref,
    add,
    const,
    mul,
    quantities,
    replace,
    sub,
)
from derive.quantity import Quantity
from derive.trace.elementary import ElementTrace, LocalDerivative
from derive.trace.identity import Identity, Symbol

MOST_SHARES = 40
"""Shares of a softmax that are gone through."""
POINTS = tuple((Fraction(p, 11), Fraction(t, 7)) for p, t in ((2, 3), (5, 1), (8, 6), (9, 4)))
"""Outputs and targets for which a derivative is compared."""
DEEPEST = 3
"""Derivatives that stand between an output and the loss, as that of a mean over examples."""


@dataclass(frozen=True, slots=True)
class ShortWay:
    """The derivative of the loss by a score is `share` times (`output` - `target`).

    That holds where the targets of a softmax add up to 1; `whole` is their sum.
    """

    output: Ref
    target: Node
    share: Fraction
    whole: Node = ONE

    def of(self, error: Node) -> Node:
        """The derivative with something in the place of output minus target."""
        if self.share.numerator == 1 and self.share.denominator > 1:
            return Div(error, const(self.share.denominator))
        return error if self.share == 1 else mul(const(self.share), error)

    @property
    def error(self) -> Node:
        """Output minus target."""
        return self.output if self.target == ZERO else sub(self.output, self.target)

    @property
    def formula(self) -> Node:
        return self.of(self.error)

    @property
    def of_any_targets(self) -> Node:
        """The derivative whatever the targets add up to."""
        return self.formula if self.whole == ONE else self.of(sub(mul(self.output, self.whole), self.target))


def short_way(trace: ElementTrace, target: Quantity) -> ShortWay | None:
    """The short way to a derivative of the loss; None where there is none."""
    if not isinstance(target, Identity) or target.by is None or target.via is not None or target.local:
        return None
    search = _Search(trace, target)
    readers = trace.readers.get(target.by, [])
    if len(readers) == 1 and search.made(readers[0]) == Call("sigmoid", (search.value(target.by),)):
        return search.through_sigmoid(readers[0])
    shares = search.shares(target.by, readers)
    return search.through_softmax(*shares) if shares is not None else None


@dataclass(frozen=True, slots=True)
class _Search:
    trace: ElementTrace
    target: Identity

    def value(self, symbol: Symbol) -> Ref:
        return Ref(Identity(symbol, step=self.target.step))

    def made(self, symbol: Symbol) -> Node | None:
        """The formula of a value; None for a given one."""
        one = self.value(symbol).quantity
        if one._replace(step=0) in self.trace.givens or symbol not in self.trace.order:
            return None
        step = self.trace.find(one)
        return None if step is None else step.formula

    # -- a softmax, in one equation or in three

    def shares(self, score: Symbol, readers: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]] | None:
        """The share that belongs to a score, and all shares of its softmax."""
        ups: list[Node] = [Call("exp", (self.value(score),))]
        if len(readers) == 1 and self.made(readers[0]) == ups[0]:
            ups = [self.value(readers[0])]
            readers = self.trace.readers.get(readers[0], [])
            sums = [one for one in readers if isinstance(self.made(one), Add)]
            if len(sums) != 1:
                return None
            own = [one for one in readers if self.made(one) == Div(ups[0], self.value(sums[0]))]
            every = self.trace.readers.get(sums[0], [])
            if len(own) != 1 or len(readers) != 2 or not self._whole(sums[0], every):
                return None
            return own[0], every
        if not 1 < len(readers) <= MOST_SHARES:
            return None
        own = [one for one in readers if _above(self.made(one)) == ups[0]]
        below = {made.denominator for one in readers if isinstance(made := self.made(one), Div)}
        above = {_above(self.made(one)) for one in readers}
        if len(own) != 1 or len(below) != 1:
            return None
        (whole,) = below
        return (own[0], list(readers)) if isinstance(whole, Add) and set(whole.terms) == above else None

    def _whole(self, total: Symbol, shares: Sequence[Symbol]) -> bool:
        """Whether all terms of a sum are divided by it, and nothing else is."""
        made = self.made(total)
        parts = {_above(self.made(one)) for one in shares}
        below = {isinstance(one, Div) and one.denominator == self.value(total) for one in map(self.made, shares)}
        return isinstance(made, Add) and set(made.terms) == parts and below == {True} and len(shares) <= MOST_SHARES

    # -- what comes back

    def back(self, output: Symbol) -> Node:
        """The derivative of the loss by an output, in outputs and given numbers; 0 where the loss has none of it."""
        one = Identity(self.target.of, by=output, step=self.target.step)
        if one._replace(step=0) not in self.trace.came_back:
            return ZERO
        step = self.trace.find(one)
        return ZERO if step is None else self._opened(step.formula, DEEPEST)

    def _opened(self, formula: Node, deep: int) -> Node:
        """A formula with the derivatives in it put in."""

        def put(part: Quantity) -> Node | None:
            if not isinstance(part, Identity) or part.by is None or not deep:
                return None
            step = self.trace.find(part)
            local = isinstance(step, LocalDerivative)
            return None if step is None else self._opened(step.formula, deep - (not local))

        return replace(formula, put)

    def _target(self, formula: Node, output: Symbol) -> list[Node]:
        """What may be the target in a derivative: the given number in it, or else 1 or 0."""
        found = [one for one in dict.fromkeys(quantities(formula)) if one != self.value(output).quantity]
        if not found:
            return [ONE, ZERO]
        return [Ref(found[0])] if len(found) == 1 and found[0] in self.trace.givens else []

    def _at(self, formula: Node, output: Symbol, p: Fraction, target: Node, t: Fraction) -> Fraction | None:
        """A derivative for an output and a target; a target that is no letter is what it is."""
        known = {self.value(output).quantity: p}
        if isinstance(target, Ref):
            known[target.quantity] = t
        return _number(formula, known.get)

    def through_sigmoid(self, output: Symbol) -> ShortWay | None:
        formula = self.back(output)
        for target in self._target(formula, output):
            shares = set()
            for p, t in POINTS:
                t = target.value if isinstance(target, Const) else t
                came = self._at(formula, output, p, target, t)
                shares.add(None if came is None else came * p * (1 - p) / (p - t))
            share = shares.pop()
            if share and not shares:
                return ShortWay(self.value(output), target, share)
        return None

    def through_softmax(self, own: Symbol, shares: Sequence[Symbol]) -> ShortWay | None:
        targets, weights = {}, set()
        for one in shares:
            formula = self.back(one)
            found = self._target_of_share(formula, one)
            if found is None:
                return None
            targets[one], weight = found
            weights |= {weight} if weight else set()
        if len(weights) != 1:
            return None
        whole = add(*targets.values())
        if all(isinstance(one, Const) for one in targets.values()):
            whole = ONE if list(targets.values()).count(ONE) == 1 else ZERO
        return None if whole == ZERO else ShortWay(self.value(own), targets[own], weights.pop(), whole)

    def _target_of_share(self, formula: Node, output: Symbol) -> tuple[Node, Fraction] | None:
        """The target t and the share c in -c t/p; c is 0 where t is."""
        for target in self._target(formula, output):
            products = set()
            for p, t in POINTS:
                t = target.value if isinstance(target, Const) else t
                came = self._at(formula, output, p, target, t)
                products.add(None if came is None else -came * p / t if t else came)
            found = products.pop()
            if not products and found is not None and (not found) == (target == ZERO):
                return target, found
        return None


def _above(made: Node | None) -> Node | None:
    return made.numerator if isinstance(made, Div) else None


def _number(node: Node, look: Callable[[Quantity], Fraction | None]) -> Fraction | None:
    """The value of a formula of fractions; None where it is none."""
    match node:
        case Const(value):
            return value
        case Ref(part):
            return look(part)
        case Neg(arg):
            found = _number(arg, look)
            return None if found is None else -found
        case Add(parts) | Mul(parts):
            return _joined(parts, look, isinstance(node, Add))
        case Div(above, below):
            top, bottom = _number(above, look), _number(below, look)
            return top / bottom if top is not None and bottom else None
        case Pow(base, Const(value)) if value.denominator == 1 and abs(value) <= 4:
            found = _number(base, look)
            return None if found is None or (value < 0 and not found) else Fraction(found ** int(value))
    return None


def _joined(parts: Sequence[Node], look: Callable[[Quantity], Fraction | None], added: bool) -> Fraction | None:
    total = Fraction(not added)
    for part in parts:
        found = _number(part, look)
        if found is None:
            return None
        total = total + found if added else total * found
    return total


def short_ways(trace: ElementTrace, targets: Iterable[Quantity]) -> Iterator[tuple[Quantity, ShortWay]]:
    """Every derivative that has a short way."""
    for one in targets:
        found = short_way(trace, one)
        if found is not None:
            yield one, found
