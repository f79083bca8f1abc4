"""Whether a number that looks like a short rational is one: a proof by algebra where no precision of a ball can tell.

Where two units have equal sums, weights are opposite or the shares of a softmax are added up, transcendental numbers
cancel. Here every value is a quotient of polynomials in exponentials and logarithms, each of which stands for itself.
Where it reduces to a rational, the value is that rational; of a quotient that does not reduce nothing is claimed. Knows
no rounding and no letters.

One module because a proof is one walk over one kind of quotient, with one account of what it may cost.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, Protocol

from flint import arb, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from derive.expression import Add, Call, Cases, Const, Div, Group, Mul, Neg, Node, Pow, Ref, bind, quantities, sub
from derive.functions import EVERY, X
from derive.numbers import COMPARE, Number, OutsideDomain, Undecided, compile_value, middle, sign
from derive.quantity import Quantity

MOST_ATOMS = 200
"""Exponentials, logarithms and quantities that stand for themselves in one proof."""
DEPTHS = (3, 4, 5, 7, None)
"""Steps back from a formula within which a quantity is expanded; what lies further back stands for itself."""
MOST_TERMS = 400
"""Terms of a polynomial; beyond that nothing is proven, so that no proof takes long."""
MOST_EFFORT = 1_000_000
"""Terms that all proofs of a problem may come across, shared among the numbers that may need one."""
LEAST_EFFORT = 1000
"""Terms that each proof may come across, however many numbers there are."""
MOST_QUANTITIES = 2000
MOST_UPDATES = 10
"""Updates before a quantity that may be proven."""
LONGEST_BITS = 200
"""Bits of the denominator of a rational that a ball is asked about."""
NARROW = arb(1) / 10**300
"""The radius of a ball that is narrow enough to ask."""

_RING = fmpq_mpoly_ctx.get(("g", MOST_ATOMS), "lex")
_ATOMS = _RING.gens()
_ONE = _RING.constant(1)


class _Unproven(Exception):
    """The proof would be too long, or needs what is not known."""


class Quotient(NamedTuple):
    """Two polynomials without a common factor; the denominator's first coefficient is 1."""

    above: fmpq_mpoly
    below: fmpq_mpoly


_ZERO = Quotient(_RING.constant(0), _ONE)


def rational_in(number: Number) -> fmpq | None:
    """The short rational in a narrow ball, or None: a ball without one is no rational that anyone would write.

    >>> import flint
    >>> with flint.ctx.workprec(2000):
    ...     rational_in(arb(2).sqrt() ** 2 / 16), rational_in(arb(2).sqrt())
    (1/8, None)
    """
    if isinstance(number, fmpq):
        return number
    if not number.rad() < NARROW:
        return None
    if number.contains(0):
        return fmpq(0)
    # The convergents of the midpoint's continued fraction: the first one inside the ball is the shortest.
    rest, before, found = middle(number), (fmpq(0), fmpq(1)), (fmpq(1), fmpq(0))
    while True:
        whole = fmpq(rest.floor())
        before, found = found, (whole * found[0] + before[0], whole * found[1] + before[1])
        if int(found[1].p).bit_length() > LONGEST_BITS:
            return None
        if number.contains(found[0] / found[1]):
            return found[0] / found[1]
        rest = 1 / (rest - whole)


class Definitions(Protocol):
    """How quantities are computed."""

    def formula(self, quantity: Quantity) -> Node | None:
        """What a quantity is computed by; None for one that is given."""

    def share(self, quantity: Quantity) -> Node | None:
        """A share of a softmax: itself, or for the last one 1 minus the others; None for any other quantity."""


def proven(
    definitions: Definitions, number_of: Callable[[Quantity], Number], formula: Node, number: Number, among: int = 1
) -> fmpq | None:
    """The rational that a formula is, where its value's ball holds a short one and algebra shows that it is that.

    `number_of` has the given numbers and the values of the quantities before it. Of these the rational ones are used,
    and signs. KeyError for what it does not have. `among` is how many numbers share the effort: nothing else that is
    asked changes what is proven of one of them.
    """
    candidate = rational_in(number)
    return None if candidate is None else _shown_to_be(candidate, definitions, number_of, formula, among)


def proven_zero(definitions: Definitions, number_of: Callable[[Quantity], Number], formula: Node) -> fmpq | None:
    """0 where algebra shows that a formula is 0, however wide the ball of its value; else None."""
    return _shown_to_be(fmpq(0), definitions, number_of, formula)


def _shown_to_be(
    candidate: fmpq,
    definitions: Definitions,
    number_of: Callable[[Quantity], Number],
    formula: Node,
    among: int = 1,
) -> fmpq | None:
    effort = max(LEAST_EFFORT, MOST_EFFORT // among)
    if isinstance(formula, Ref) and _Algebra(definitions, number_of, 0, effort).too_late(formula.quantity):
        return None  # told at once, since at every depth all that leads to it would be collected first
    for depth in DEPTHS:
        algebra = _Algebra(definitions, number_of, depth, effort)
        with suppress(_Unproven, RecursionError):  # a chain of many hundred steps is not followed
            value = algebra.whole(formula)
            if value.above == candidate * value.below:
                return candidate
        effort = algebra.effort
    return None


class _Algebra:
    """The values of quantities as quotients of polynomials, each computed when it is asked for.

    With a `depth` the shares of a softmax stand for themselves, but for the last one, which is what is left of 1.
    `effort` is how many terms it may still come across.
    """

    def __init__(
        self, definitions: Definitions, number_of: Callable[[Quantity], Number], depth: int | None, effort: int
    ) -> None:
        self.definitions, self.number_of, self.depth = definitions, number_of, depth
        self._near: set[Quantity] = set()
        self._values: dict[Quantity, Quotient] = {}
        self._atoms: dict[tuple[str, str], int] = {}
        self._exponents: dict[int, Quotient] = {}
        self.effort = effort

    def whole(self, formula: Node) -> Quotient:
        """The value of a formula with what it is made of, as far back as the depth says."""
        waiting, further = quantities(formula), 0
        while waiting and (self.depth is None or further < self.depth):
            self._near.update(waiting)
            if len(self._near) > MOST_QUANTITIES:
                raise _Unproven
            computed = (quantity for quantity in waiting if self._known(quantity) is None)
            formulas = [one for quantity in computed if (one := self.definitions.formula(quantity)) is not None]
            found = dict.fromkeys(source for one in formulas for source in quantities(one))
            waiting, further = [quantity for quantity in found if quantity not in self._near], further + 1
        return self.of(formula)

    def value(self, quantity: Quantity) -> Quotient:
        if quantity not in self._values:
            self._values[quantity] = self._value(quantity)
        return self._values[quantity]

    def _value(self, quantity: Quantity) -> Quotient:
        known = self._known(quantity)
        if known is not None:
            return _constant(known)
        if self.too_late(quantity):
            raise _Unproven
        if self.depth is not None and (share := self.definitions.share(quantity)) is not None:
            return self._atom("", _ZERO, quantity.id) if share == Ref(quantity) else self.of(share)
        formula = self.definitions.formula(quantity) if quantity in self._near else None
        return self._atom("", _ZERO, quantity.id) if formula is None else self.of(formula)

    def too_late(self, quantity: Quantity) -> bool:
        """Whether nothing is proven of a quantity, because of the updates before it."""
        return quantity.step > MOST_UPDATES and self._known(quantity) is None

    def _known(self, quantity: Quantity) -> fmpq | None:
        """The number itself, where it is known to be rational."""
        try:
            number = self.number_of(quantity)
        except KeyError:  # of an earlier round, whose values are not kept
            return None
        return number if isinstance(number, fmpq) else None

    def of(self, node: Node) -> Quotient:
        """The value of a formula."""
        match node:
            case Const(value):
                return _constant(fmpq(value.numerator, value.denominator))
            case Ref(quantity):
                return self.value(quantity)
            case Group(arg):
                return self.of(arg)
            case Neg(arg):
                return _minus(self.of(arg))
            case Add(terms):
                return self._folded(terms, self._plus)
            case Mul(factors):
                return self._folded(factors, self._times)
            case Div(above, below):
                return self._times(self.of(above), _turned(self.of(below)))
            case Pow(base, Const(value)) if value.denominator == 1:
                return self._power(self.of(base), int(value))
            case Call(function, args):
                return self._called(function, args)
            case Cases(branches):
                for branch in branches:
                    if COMPARE[branch.relation](self._sign(sub(branch.left, branch.right))):
                        return self.of(branch.value)
        raise _Unproven

    def _folded(self, parts: tuple[Node, ...], join: Callable[[Quotient, Quotient], Quotient]) -> Quotient:
        first, *others = parts
        result = self.of(first)
        for other in others:
            result = join(result, self.of(other))
        return result

    def _plus(self, x: Quotient, y: Quotient) -> Quotient:
        return self._reduced(x.above * y.below + y.above * x.below, x.below * y.below)

    def _times(self, x: Quotient, y: Quotient) -> Quotient:
        return self._reduced(x.above * y.above, x.below * y.below)

    def _power(self, base: Quotient, exponent: int) -> Quotient:
        turned = _turned(base) if exponent < 0 else base
        return self._reduced(turned.above ** abs(exponent), turned.below ** abs(exponent))

    def _reduced(self, above: fmpq_mpoly, below: fmpq_mpoly) -> Quotient:
        self.effort -= len(above) + len(below)
        if max(len(above), len(below)) > MOST_TERMS or self.effort < 0:
            raise _Unproven
        return _reduced(above, below)

    # -- functions -------------------------------------------------------------------------------------------

    def _called(self, function: str, nodes: tuple[Node, ...]) -> Quotient:
        args = [self.of(node) for node in nodes]
        match function:
            case "exp":
                return self._exp(args[0])
            case "tanh":
                twice = self._exp(self._plus(args[0], args[0]))
                return self._times(
                    self._plus(twice, _constant(fmpq(-1))), _turned(self._plus(twice, _constant(fmpq(1))))
                )
            case "ln":
                return self._ln(args[0])
            case "sign":
                return _constant(fmpq(self._sign(nodes[0])))
            case "abs":
                return args[0] if self._sign(nodes[0]) > 0 else _minus(args[0])
            case "max":
                best, first = nodes[0], args[0]
                for other, value in zip(nodes[1:], args[1:], strict=True):
                    if self._sign(sub(other, best)) > 0:
                        best, first = other, value
                return first
            case "min":
                return _minus(self._called("max", tuple(map(Neg, nodes))))
        row = EVERY.get(function)
        if row is None or len(args) > 1:
            raise _Unproven
        if row.definition is not None:
            return self.of(bind(row.definition, {X.name: nodes[0]}))
        return self._atom(function, args[0] if args else _ZERO)  # the same function of the same number is the same

    def _exp(self, x: Quotient) -> Quotient:
        """An exponential is an atom; that of the opposite number is its reciprocal."""
        if not x.above:
            return _constant(fmpq(1))
        opposite = x.above.leading_coefficient() < 0
        atom = self._atom("exp", _minus(x) if opposite else x)
        return _turned(atom) if opposite else atom

    def _ln(self, x: Quotient) -> Quotient:
        """ln |x|: exponentials that divide x give their exponents, and the polynomials that are left an atom each."""
        total = _constant(fmpq(0))
        for polynomial, sign_of_it in ((x.above, 1), (x.below, -1)):
            rest = polynomial / polynomial.leading_coefficient()
            number = abs(polynomial.leading_coefficient())
            for atom, exponent in list(self._exponents.items()):
                while rest.monoms() and all(powers[atom] for powers in rest.monoms()):
                    rest = rest / _ATOMS[atom]
                    total = self._plus(total, _scaled(exponent, fmpq(sign_of_it)))
            if rest != _ONE:
                total = self._plus(total, _scaled(self._atom("ln", Quotient(rest, _ONE)), fmpq(sign_of_it)))
            if number != 1:
                total = self._plus(total, _scaled(self._atom("ln", _constant(number)), fmpq(sign_of_it)))
        return total

    def _atom(self, function: str, x: Quotient = _ZERO, name: str = "") -> Quotient:
        """What stands for itself: a function of x, or a quantity by its id."""
        key = function, name or f"{x.above}/{x.below}"
        place = self._atoms.setdefault(key, len(self._atoms))
        if place >= MOST_ATOMS:
            raise _Unproven
        if function == "exp":
            self._exponents[place] = x
        return Quotient(_ATOMS[place], _ONE)

    def _sign(self, node: Node) -> int:
        """The sign of a formula, as its ball tells it, or 0 where algebra does."""
        try:
            return sign(compile_value(node)(_Looked(self.number_of)))
        except OutsideDomain:
            raise _Unproven from None
        except Undecided:
            if self.of(node).above:
                raise _Unproven from None
            return 0


class _Looked:
    """Numbers by quantity, as a compiled formula wants them."""

    def __init__(self, number_of: Callable[[Quantity], Number]) -> None:
        self._number_of = number_of

    def __getitem__(self, quantity: Quantity) -> Number:
        try:
            return self._number_of(quantity)
        except KeyError:
            raise _Unproven from None


def _constant(number: fmpq) -> Quotient:
    return Quotient(_RING.constant(number), _ONE)


def _minus(x: Quotient) -> Quotient:
    return Quotient(-x.above, x.below)


def _scaled(x: Quotient, factor: fmpq) -> Quotient:
    return Quotient(x.above * factor, x.below)


def _turned(x: Quotient) -> Quotient:
    """The reciprocal."""
    if not x.above:
        raise _Unproven
    return _monic(x.below, x.above)


def _reduced(above: fmpq_mpoly, below: fmpq_mpoly) -> Quotient:
    if below == _ONE:
        return Quotient(above, below)
    common = above.gcd(below)
    return _monic(above / common, below / common)


def _monic(above: fmpq_mpoly, below: fmpq_mpoly) -> Quotient:
    first = below.leading_coefficient()
    return Quotient(above / first, below / first)
