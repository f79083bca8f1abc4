"""The rules of differentiation that a problem given by equations uses, each compared with SymPy's derivative.

An equation is made of operations; the derivative of each by each of its parts comes from a rule (`trace.local`). Here
every different operation of a problem is taken by itself, with letters in place of its parts, SymPy takes the same
derivative, and both are computed at drawn numbers, with every side of a corner at once (`branches.relaxed`). Functions
of the library and of the author are written out. Decides which operations there are; raises where two differ.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

import flint
from flint import arb, fmpq

from derive.branches import JOINED, relaxed
from derive.calculus import partial
from derive.compute.elements import evaluate
from derive.compute.plan import Disagreement
from derive.errors import Untranslated
from derive.expression import (
    ZERO,
    Branch,
    Call,
    Cases,
    Const,
    Mul,
    Node,
    Pow,
    Ref,
    Var,
    add,
    bind,
    parts_of,
    with_parts,
)
from derive.functions import FUNCTIONS
from derive.numbers import LARGEST_POWER, OutsideDomain, Undecided
from derive.trace.identity import Identity, Symbol
from derive.trace.indexed import Equation, Reduce, Soft, mapped, parts, walk
from derive.trace.local import Functions, Softened, local, slope, soft_slopes
from derive.trace.names import Pure
from derive.trace.unroll import Step, ref, softened

DRAWS = ((3, 8, 5, 7, 11, 6), (7, 4, 9, 2, 5, 8), (-21, 35, -50, 18, 27, -40), (29, -33, 44, -19, -38, 23))
"""Sixteenths that stand for the parts of an operation: some between 0 and 1, where all functions have values."""
MOST_FACTORS = 4
"""Factors of a product, and arguments of a maximum, that are looked at; the rule is the same for more."""
SIXTEENTH = fmpq(1, 16)
UNMOVED = (0, fmpq(0))
STEP, COARSE = fmpq(1, 2**100), arb(2) ** -40
"""How far a number is moved to measure a derivative, and how near it must be."""
MOST_PARTS, MOST_CORNERS = 150, 6
"""Parts and corners of a function that is compared as a whole; of a larger one each operation is."""
PRECISION = 160
NARROW = arb(2) ** -80
"""How near two values of one derivative must be, relative to their size."""


def compare_rules(equations: Iterable[Equation], functions: Functions) -> None:
    """Raises `Disagreement` where a rule that these equations need is not what SymPy says."""
    for operation in _operations(equations, functions.known):
        _compare(operation, _Written(functions))


def _operations(equations: Iterable[Equation], functions: Mapping[str, Pure]) -> Iterator[Node]:
    """Every different operation of some equations, with the letters q0, q1, ... in place of its parts."""
    found: dict[Node, None] = {}
    waiting = [equation.right for equation in equations]
    bodies: set[str] = set()
    while waiting:
        for node in walk(waiting.pop()):
            if isinstance(node, Call) and node.function in functions and node.function not in bodies:
                bodies.add(node.function)
                waiting.append(functions[node.function].body)
            if parts(node):
                found.setdefault(_bare(node))
    yield from found


def _bare(node: Node) -> Node:
    """One operation with letters in place of its parts, equal parts with the same letter; numbers stay."""
    letters: dict[Node, Node] = {}

    def letter(part: Node) -> Node:
        return part if isinstance(part, Const) else letters.setdefault(part, Var(f"q{len(letters)}"))

    if isinstance(node, Reduce):
        several = tuple(Var(f"q{number}") for number in range(3))
        return Call(node.kind, several) if node.kind in ("max", "min") else Mul(several)
    if isinstance(node, Soft):
        return Soft(node.kind, ZERO, "")
    if isinstance(node, Mul):
        return Mul(tuple(letter(factor) for factor in node.factors[:MOST_FACTORS]))
    if isinstance(node, Call) and node.function in ("max", "min"):
        numbers = [part for part in node.args if isinstance(part, Const)]
        own = letter if len(numbers) < 2 else lambda part: letter(Call("side", (part,)))  # two numbers are compared
        return Call(node.function, tuple(own(part) for part in node.args[:MOST_FACTORS]))
    if isinstance(node, Cases):
        return _bare_cases(node, letter)
    if isinstance(node, Pow) and isinstance(node.exponent, Const) and abs(node.exponent.value) > LARGEST_POWER:
        return Pow(letter(node.base), Const(Fraction(LARGEST_POWER // 2)))
    return mapped(node, letter)


def _bare_cases(node: Cases, letter: Callable[[Node], Node]) -> Cases:
    """A choice with letters in place of its parts; two sides that are alike, or numbers, have letters of their own, so
    that nobody decides the choice."""

    def side(part: Node, other: Node, place: int) -> Node:
        decided = part == other or (isinstance(part, Const) and isinstance(other, Const))
        return letter(Call("side", (part, Const(Fraction(place))))) if decided else letter(part)

    return Cases(
        tuple(
            Branch(letter(b.value), side(b.left, b.right, 0), b.relation, side(b.right, b.left, 1))
            for b in node.branches
        )
    )


class _Written:
    """Writes functions of the library and of the author out."""

    def __init__(self, functions: Functions) -> None:
        self.functions = functions

    def __call__(self, node: Node) -> Node:
        if isinstance(node, Call) and node.function in self.functions.known:
            own = self.functions.known[node.function]
            given = dict(zip(own.parameters, map(self, node.args), strict=True))
            return self(bind(own.body, given))
        return with_parts(node, self)


def _compare(operation: Node, written: _Written) -> None:
    called = isinstance(operation, Call) and operation.function in written.functions.known
    if _jumps(operation) or (isinstance(operation, Call) and called and _large(operation, written)):
        return
    if isinstance(operation, Soft):
        pairs = list(_softmax(operation.logarithm, written.functions))
    else:
        pairs = list(_by_each_part(operation, written))
    for derived, by, ours in pairs:
        try:
            same = _agree(derived, by, ours) or (called and _agree_here(derived, by, ours))
        except Untranslated:
            # SymPy has no answer that is a tree; the operations that a function is made of are compared by themselves.
            same = called
        if not same:
            raise Disagreement(f"the rule for {derived} by {by.name}", f"gives {ours}, which is not SymPy's derivative")


def _jumps(operation: Node) -> bool:
    """Whether an operation is flat and has a jump that SymPy derives too, to a distribution: the sign."""
    row = FUNCTIONS.get(operation.function) if isinstance(operation, Call) else None
    return row is not None and row.slope is None and row.definition is None


def _large(operation: Call, written: _Written) -> bool:
    """Whether a function is so large, written out, that SymPy would be busy for long."""
    if written.functions.known[operation.function].cost > MOST_PARTS:
        return True
    whole = list(parts_of(written(operation)))
    corners = sum(isinstance(part, Cases) or (isinstance(part, Call) and part.function in JOINED) for part in whole)
    return len(whole) > 2 * MOST_PARTS or corners > MOST_CORNERS


def _by_each_part(operation: Node, written: _Written) -> Iterator[tuple[Node, Var, Node]]:
    """An operation, one of its letters, and the derivative by the rules, in two ways: with and without its value."""
    whole = written(operation)
    names = dict.fromkeys(part for part in walk(operation) if isinstance(part, Var))
    for name in names:
        yield whole, name, written(slope(operation, name, written.functions))
    if isinstance(operation, Cases):
        return
    own = Var("value")
    for name in names:
        shares = [
            local(operation, number, written.functions, own)
            for number, part in enumerate(parts(operation))
            if part == name
        ]
        total = add(*(share for share in shares if share is not None)) if any(shares) else ZERO
        yield whole, name, written(bind(written(total), {own.name: whole}))


def _softmax(logarithm: bool, functions: Functions) -> Iterator[tuple[Node, Var, Node]]:
    """A softmax of three numbers (or its logarithm) by each of them."""
    letters = [Var(f"q{number}") for number in range(3)]
    values = tuple(Identity(Symbol("p", (number,))) for number in range(3))
    arguments = tuple(Identity(Symbol("z", (number,))) for number in range(3))
    soft = Softened(logarithm, 1, values, tuple(map(ref, arguments)))
    shares = soft_slopes(soft, functions)
    named: dict[object, Node] = dict(zip(arguments, letters, strict=True))
    for place, value in enumerate(values):
        named[value] = softened(logarithm, place, letters)
    for argument, letter in zip(arguments, letters, strict=True):
        yield softened(logarithm, 1, letters), letter, _named(shares[argument], named)


def _named(node: Node, named: Mapping[object, Node]) -> Node:
    return named[node.quantity] if isinstance(node, Ref) else with_parts(node, lambda part: _named(part, named))


@lru_cache(maxsize=4096)
def _agree(derived: Node, by: Var, ours: Node) -> bool:
    """Whether a formula is SymPy's derivative of another one, at drawn numbers."""
    theirs = relaxed(partial(derived, by))
    with flint.ctx.workprec(PRECISION):
        pairs = [(_value(relaxed(ours), draw), _value(theirs, draw)) for draw in DRAWS]
        both = [(one, other) for one, other in pairs if one is not None and other is not None]
        alike = len(both) >= 2 and all(one is not None for one, other in pairs if other is not None)
        return alike and all(abs(one - other) < NARROW * (1 + abs(other)) for one, other in both)


def _otherwise(node: Node) -> Node:
    """What holds in every other case, as a case that is computed."""
    changed = with_parts(node, _otherwise)
    if not isinstance(changed, Cases):
        return changed
    return Cases(tuple(replace(b, relation="==") if b.relation == "=" else b for b in changed.branches))


@lru_cache(maxsize=4096)
def _agree_here(derived: Node, by: Var, ours: Node) -> bool:
    """The same for functions that are made of others, of which SymPy may leave out corners that are none.

    The root of a square is an absolute value there; of two arguments that are always equal it takes both. So each drawn
    number is taken as it is, and what SymPy gives there or what is measured must be the derivative; numbers of many
    sizes are drawn, since a function may have values in a small place only.
    """
    theirs, rng = partial(derived, by), random.Random(0)
    place = int(by.name.removeprefix("q"))
    with flint.ctx.workprec(2 * PRECISION):
        for size in range(-6, 15):
            for _ in range(4):
                draw = tuple(rng.choice((-1, 1)) * rng.randint(2**7, 2**8) for _ in DRAWS[0])
                unit = fmpq(2) ** (size - 8)
                one, other = (_value(side, draw, unit) for side in (ours, theirs))
                if one is None or other is None or abs(one - other) < NARROW * (1 + abs(other)):
                    continue
                ends = [_value(derived, draw, unit, (place, sign * STEP)) for sign in (1, -1)]
                if ends[0] is None or ends[1] is None:
                    continue
                if not abs((ends[0] - ends[1]) / (2 * STEP) - one) < COARSE * (1 + abs(one)):
                    return False
    return True


def _value(
    formula: Node, draw: tuple[int, ...], unit: fmpq = SIXTEENTH, moved: tuple[int, fmpq] = UNMOVED
) -> arb | None:
    """A formula at drawn numbers; None where it has no value."""
    formula = _otherwise(formula)
    numbers = {Identity(Symbol(f"q{number}")): size * unit for number, size in enumerate(draw)}
    numbers[Identity(Symbol(f"q{moved[0]}"))] += moved[1]
    letters: dict[str, Node] = {identity.of.name: ref(identity) for identity in numbers}
    result = Identity(Symbol("result"))
    try:
        return arb(evaluate([Step(result, bind(formula, letters))], numbers, {})[result])
    except (OutsideDomain, Undecided):
        return None
