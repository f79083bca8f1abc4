"""Formulas with corners: the smooth formula that holds at some numbers, and one in which every side counts.

A definition by cases, a maximum, an absolute value and a sign are smooth formulas joined together. A derivative is
that of the one which holds. Exactly at a corner it is that of the side to which the definition gives the corner: of
the first of several equal arguments of a maximum, and of neither side of an absolute value, whose slope there is 0.
"""

from __future__ import annotations

from derive.expression import (
    HALF,
    MINUS_ONE,
    ONE,
    TWO,
    ZERO,
    Branch,
    Call,
    Cases,
    Const,
    Div,
    Neg,
    Node,
    Pow,
    Ref,
    add,
    bind,
    call,
    children,
    mul,
    parts_of,
    sub,
    with_parts,
)
from derive.functions import EVERY, X
from derive.numbers import Environment, chosen_branch, compile_value, sign
from derive.quantity import Quantity

JOINED = frozenset(name for name, row in EVERY.items() if row.corner)
"""Functions that are joined together of smooth ones."""


def has_corners(formula: Node) -> bool:
    """Whether a formula has a joined part."""
    return survey(formula)[1]


def survey(formula: Node) -> tuple[list[Quantity], bool]:
    """The quantities that a formula uses, each once in the order of first appearance, and whether it has a joined part.

    >>> survey(call("abs", Ref(Quantity("l1")))) == ([Quantity("l1")], True)
    True
    """
    found: dict[Quantity, None] = {}
    cornered = False
    waiting = [formula]
    while waiting:
        part = waiting.pop()
        if type(part) is Ref:
            found[part.quantity] = None
            continue
        cornered = cornered or type(part) is Cases or (type(part) is Call and part.function in JOINED)
        waiting.extend(reversed(children(part)))
    return list(found), cornered


def at_corner(formula: Node, env: Environment) -> bool:
    """Whether these numbers lie exactly where two sides of a joined part meet.

    >>> from flint import fmpq
    >>> w = Quantity("W", 1, 0, 0)
    >>> [at_corner(call("abs", Ref(w)), {w: fmpq(number)}) for number in (0, 1)]
    [True, False]
    """
    match formula:
        case Cases(branches):
            differences = [compile_value(sub(branch.left, branch.right))(env) for branch in branches]
            if any(sign(difference) == 0 for difference in differences):
                return True
        case Call("max" | "min" as name, args):
            best = args[_winner(name, args, env)]
            value = compile_value(best)
            if any(sign(compile_value(arg)(env) - value(env)) == 0 for arg in args if arg is not best):
                return True
        case Call(name, (arg,)) if name in JOINED:
            if sign(compile_value(arg)(env)) == 0:
                return True
    return any(at_corner(part, env) for part in children(formula))


def smooth(formula: Node, env: Environment) -> Node:
    """The formula with the side that holds at these numbers in place of each joined part.

    Raises `Undecided` where balls leave it open which side holds.

    >>> from flint import fmpq
    >>> w = Quantity("W", 1, 0, 0)
    >>> smooth(call("abs", Ref(w)), {w: fmpq(-3)}) == Neg(Ref(w))
    True
    """
    match formula:
        case Cases(branches):
            return smooth(branches[chosen_branch(formula, env)].value, env)
        case Call("max" | "min" as name, args):
            return smooth(args[_winner(name, args, env)], env)
        case Call("abs", (arg,)):
            side = sign(compile_value(arg)(env))
            return ZERO if side == 0 else smooth(arg, env) if side > 0 else Neg(smooth(arg, env))
        case Call("sign", (arg,)):
            return (ZERO, ONE, MINUS_ONE)[sign(compile_value(arg)(env))]
        case Call(name, (arg,)) if name in JOINED:
            return smooth(written_out(name, arg), env)
    return with_parts(formula, lambda part: smooth(part, env))


def written_out(name: str, arg: Node) -> Node:
    """A function of the table by the simpler ones that its row says it is made of."""
    definition = EVERY[name].definition
    assert definition is not None
    return bind(definition, {X.name: arg})


def _winner(name: str, args: tuple[Node, ...], env: Environment) -> int:
    """The place of the largest or smallest argument; of equal ones the first."""
    numbers = [compile_value(arg)(env) for arg in args]
    wanted = 1 if name == "max" else -1
    best = 0
    for place in range(1, len(numbers)):
        best = place if sign(numbers[place] - numbers[best]) == wanted else best
    return best


def relaxed(formula: Node) -> Node:
    """The formula with every side of each joined part at once, each with a weight in place of "holds" and "does not".

    The weight of d > 0 is a number between 0 and 1 that depends on d, and that of d <= 0 is the rest. Like what it
    stands for it is a constant when a derivative is taken. So where the derivative of a joined formula is joined at
    the same corners, the relation between the two holds for their relaxed forms, and a mistake on any side or in any
    condition shows at almost every number.

    >>> from derive.expression import Var
    >>> x = Var("x")
    >>> relaxed(call("max", ZERO, x)) == add(mul(weight(sub(ZERO, x)), ZERO), mul(weight(sub(x, ZERO)), x))
    True
    """
    match formula:
        case Cases(branches):
            weights = _weights(branches)
            return add(*(mul(part, relaxed(branch.value)) for part, branch in zip(weights, branches, strict=True)))
        case Call("max", args):
            return add(*(mul(weight(_lead(args, place)), relaxed(arg)) for place, arg in enumerate(args)))
        case Call("min", args):
            return Neg(relaxed(Call("max", tuple(map(Neg, args)))))
        case Call("is_max", (Const(value), *args)):
            return weight(_lead(tuple(args), int(value)))
        case Call("is_min", (place, *args)):
            return relaxed(Call("is_max", (place, *map(Neg, args))))
        case Call("abs", (arg,)):
            return mul(relaxed(call("sign", arg)), relaxed(arg))
        case Call("sign", (arg,)):
            return sub(mul(TWO, weight(relaxed(arg))), ONE)
        case Call(name, (arg,)) if name in JOINED:
            return relaxed(written_out(name, arg))
    return with_parts(formula, relaxed)


def weight(difference: Node) -> Node:
    """What stands for d > 0: 1/2 + d/(1 + d^2), which makes 1 together with the weight of -d."""
    return add(HALF, Div(difference, add(ONE, Pow(difference, TWO))))


def coverage(formula: Node) -> list[Node]:
    """The sum of the weights of each definition by cases in a formula: 1 where exactly one case holds everywhere."""
    return [add(*_weights(part.branches)) for part in parts_of(formula) if isinstance(part, Cases)]


def _weights(branches: tuple[Branch, ...]) -> list[Node]:
    found: list[Node] = []
    for branch in branches:
        found.append(_holds(branch, found))
    return found


def _holds(branch: Branch, before: list[Node]) -> Node:
    """The weight of a case; the last one, where it holds whenever those before do not, has what these leave."""
    if branch.relation == "=":
        return sub(ONE, add(*before)) if before and branch.left == branch.right else ZERO
    if branch.relation in ("==", "!="):  # two numbers that are drawn are not equal
        return ZERO if branch.relation == "==" else ONE
    difference = relaxed(sub(branch.left, branch.right))
    match branch.relation:
        case ">":
            return weight(difference)
        case "<=":
            return sub(ONE, weight(difference))
        case "<":
            return weight(Neg(difference))
        case ">=":
            return sub(ONE, weight(Neg(difference)))
    raise TypeError(f"no weight of {branch.relation!r}")


def _lead(args: tuple[Node, ...], place: int) -> Node:
    """By how much one argument is above the largest of the others."""
    others = [arg for k, arg in enumerate(args) if k != place]
    return relaxed(sub(args[place], others[0] if len(others) == 1 else call("max", *others)))
