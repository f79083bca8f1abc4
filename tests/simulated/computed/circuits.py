"""Small circuits: random numbers, operations and functions, with values that are used more than once."""

from __future__ import annotations

import random
from decimal import Decimal

from ..formula import Formula, worked
from .calculation import Calculation

LETTERS = "abcdeghkmnpqrsuvwy"
TEXT = {
    "scale": "{k}*{u}",
    "shifted": "{u}*{v} + {w}",
    "sum": "{u} + {v}",
    "sum of three": "{u} + {v} + {w}",
    "difference": "{u} - {v}",
    "product": "{u}*{v}",
    "product of three": "{u}*{v}*{w}",
    "square": "{u}^2",
    "quotient": "{u}/{v}",
    "maximum": "max({u}, {v})",
    "sigmoid": "sigmoid({u})",
    "tanh": "tanh({u})",
    "relu": "relu({u})",
    "exp": "exp({u})",
    "ln": "ln({u})",
}
"""How an operation is written in the equations."""
LARGEST = 12


def drawn(name: str) -> Calculation:
    """The circuit of a name: the first that follows from it whose values are neither large nor next to a corner."""
    source = random.Random(name)
    while True:
        found = _attempt(name, source)
        if found is not None:
            return found


def _attempt(name: str, source: random.Random) -> Calculation | None:
    circuit = Calculation(name)
    letters = source.sample(LETTERS, len(LETTERS))
    trained = source.random() < 0.5
    values: dict[str, Decimal] = {}
    for number in range(source.randint(2, 4)):
        letter = letters.pop()
        value = Decimal(source.choice([-1, 1, 1]) * source.randint(2, 30)).scaleb(-1)
        circuit.given("parameters" if trained and number else "inputs", letter, value)
    values |= circuit.givens
    unused = list(values)
    for _ in range(source.randint(3, 7)):
        operation = source.choice(list(TEXT))
        letter = letters.pop()
        operands = _operands(operation, list(values), unused, source)
        value = _add(circuit, letter, operation, operands, values, source)
        if value is None:
            return None
        values[letter] = value
        unused = [one for one in unused if one not in operands] + [letter]
    _loss(circuit, values, unused, source)
    if not 0.001 < abs(circuit.solved().get("L", 0)) < 500:
        return None
    circuit.backward(circuit.givens)
    if trained:
        circuit.tables["training"] = {"optimizer": "gradient_descent", "learning_rate": Decimal("0.1"), "steps": 1}
        circuit.givens["training.learning_rate"] = Decimal("0.1")
        circuit.descend(circuit.tables["parameters"])
        return circuit if _goes_on(circuit) else None
    return circuit


def _goes_on(circuit: Calculation) -> bool:
    """Whether everything has a value with the new parameters too."""
    values = circuit.solved()
    moved = {name: values.get(f"after[1].{name}", values[name]) for name in circuit.givens}
    for name in circuit.nodes:
        try:
            moved[name] = worked(
                circuit.lines[name].routes[0], lambda part: moved[part] if isinstance(part, str) else part
            )
        except ArithmeticError:
            return False
    return True


def _operands(operation: str, known: list[str], unused: list[str], source: random.Random) -> list[str]:
    """What an operation is done to: rather what nothing has used yet, but anything."""
    text = TEXT[operation]
    count = sum(f"{{{place}}}" in text for place in "uvw")
    found: list[str] = []
    while len(found) < min(count, len(known)):
        one = source.choice(unused if unused and source.random() < 0.5 else known)
        if one not in found:
            found.append(one)
    return found


def _add(
    circuit: Calculation,
    name: str,
    operation: str,
    operands: list[str],
    values: dict[str, Decimal],
    source: random.Random,
) -> Decimal | None:
    """Adds a node; its value, or None where it cannot stand there."""
    text = TEXT[operation]
    if sum(f"{{{place}}}" in text for place in "uvw") > len(operands):
        return None
    u, v, w = (*operands, "", "", "")[:3]
    factor = Decimal(source.choice([2, 3, -2, 4]))
    first = values[u]
    match operation:
        case "relu" | "maximum" if abs(first - (values[v] if v else 0)) < Decimal("0.05"):
            return None
        case "ln" if first < Decimal("0.1"):
            return None
        case "exp" | "sigmoid" | "tanh" if abs(first) > 3:
            return None
        case "quotient" if abs(values[v]) < Decimal("0.4"):
            return None
    circuit.equations.append(f"{name} = " + text.format(u=u, v=v, w=w, k=factor))
    _node(circuit, name, operation, factor, (u, v, w))
    value = circuit.solved().get(name)
    return value if value is not None and abs(value) < LARGEST else None


def _node(circuit: Calculation, y: str, operation: str, k: Decimal, operands: tuple[str, str, str]) -> None:
    """The operation as a line, with its slopes and with what goes wrong there."""
    u, v, w = operands
    down: Formula = ("unseen", ("exp", ("~", u)))
    match operation:
        case "scale":
            wrong = {u: {"constant left out": 1}}
            circuit.node(y, [("*", k, u)], {u: k}, {"constant added": ("+", k, u)}, wrong)
        case "shifted":
            wrong = {u: {"own factor": u}, v: {"own factor": v}, w: {"slope of the other term": v}}
            errors = {"shift left out": ("*", u, v), "product for sum": ("*", u, v, w)}
            circuit.node(y, [("+", ("*", u, v), w)], {u: v, v: u, w: 1}, errors, wrong)
        case "sum":
            wrong = {u: {"factor as in a product": v}, v: {"factor as in a product": u}}
            circuit.node(y, [("+", u, v)], {u: 1, v: 1}, {"product for sum": ("*", u, v)}, wrong)
        case "sum of three":
            circuit.node(y, [("+", u, v, w)], {u: 1, v: 1, w: 1}, {"term left out": ("+", u, w)})
        case "difference":
            circuit.node(y, [("-", u, v)], {u: 1, v: -1}, {"turned": ("-", v, u), "added": ("+", u, v)})
        case "product":
            wrong = {u: {"own factor": u}, v: {"own factor": v}}
            circuit.node(y, [("*", u, v)], {u: v, v: u}, {"sum for product": ("+", u, v)}, wrong)
        case "product of three":
            slopes: dict[str, Formula] = {u: ("*", v, w), v: ("*", u, w), w: ("*", u, v)}
            wrong = {u: {"one factor lost": v}, v: {"one factor lost": w}, w: {"one factor lost": u}}
            circuit.node(y, [("*", u, v, w)], slopes, {"factor left out": ("*", u, v)}, wrong)
        case "square":
            wrong = {u: {"two left out": u, "not differentiated": ("^", u), "two alone": 2}}
            circuit.node(y, [("^", u), ("*", u, u)], {u: ("*", 2, u)}, {"doubled for squared": ("*", 2, u)}, wrong)
        case "quotient":
            below: Formula = ("~", ("/", u, ("unseen", ("^", v))))
            ways: list[Formula] = [below, ("~", ("/", y, v))]
            wrong = {
                u: {"divisor as factor": v},
                v: {"square of the divisor lost": ("~", ("/", u, v)), "dividend lost": ("~", ("/", 1, ("^", v)))},
            }
            circuit.node(y, [("/", u, v)], {u: ("/", 1, v), v: ways}, {"divided the other way": ("/", v, u)}, wrong)
        case "maximum":
            slopes = {u: ("wins", u, v), v: ("wins", v, u)}
            wrong = {
                one: {"to the other": ("wins", other, one), "to all": 1, "shared": Decimal("0.5")}
                for one, other in ((u, v), (v, u))
            }
            circuit.node(y, [("max", u, v)], slopes, {"minimum": ("min", u, v)}, wrong, (u, v))
        case "sigmoid":
            routes: list[Formula] = [("sigmoid", u), ("/", 1, ("+", 1, down))]
            ways = [("*", y, ("-", 1, y)), ("-", y, ("^", y))]
            wrong = {u: {"slope half": ("-", 1, y), "function for slope": y, "slope with plus": ("*", y, ("+", 1, y))}}
            errors = {"minus of the exponent lost": ("/", 1, ("+", 1, ("exp", u))), "function left out": u}
            circuit.node(y, routes, {u: ways}, errors, wrong, (u,))
        case "tanh":
            ways = [("-", 1, ("^", y)), ("*", ("-", 1, y), ("+", 1, y))]
            wrong = {
                u: {"square lost": ("-", 1, y), "function for slope": y, "slope of sigmoid": ("*", y, ("-", 1, y))}
            }
            circuit.node(
                y, [("tanh", u)], {u: ways}, {"function left out": u, "sigmoid for tanh": ("sigmoid", u)}, wrong, (u,)
            )
        case "relu":
            wrong = {u: {"passed though off": 1, "value for slope": y}}
            circuit.node(y, [("relu", u)], {u: ("wins", u, 0)}, {"function left out": u}, wrong, (u,))
        case "exp":
            wrong = {u: {"power rule on exp": ("*", u, y)}}
            circuit.node(y, [("exp", u)], {u: [y, ("exp", u)]}, {"minus in the exponent": ("exp", ("~", u))}, wrong)
        case "ln":
            circuit.node(y, [("ln", u)], {u: ("/", 1, u)}, None, {u: {"not differentiated": y, "not turned over": u}})
        case _:
            raise ValueError(operation)


def _loss(circuit: Calculation, values: dict[str, Decimal], unused: list[str], source: random.Random) -> None:
    """The loss: a square of what nothing has used yet, or a plain sum of it."""
    given = [one for one in unused if one in circuit.givens]
    results = [one for one in unused if one not in given] or [list(values)[-1]]
    terms = [*results, *given]
    if len(terms) == 1 and source.random() < 0.8:
        target = Decimal(source.randint(-20, 20)).scaleb(-1)
        circuit.given("inputs", "t", target)
        (y,) = terms
        off: Formula = ("-", y, "t")
        if source.random() < 0.5:
            circuit.equations.append(f"L = 1/2*({y} - t)^2")
            routes: list[Formula] = [("*", Decimal("0.5"), ("^", off)), ("/", ("^", off), 2)]
            wrong = {y: {"two kept": ("*", 2, off), "not differentiated": ("*", Decimal("0.5"), ("^", off))}}
            turned: dict[str, Formula] = {y: off, "t": ("-", "t", y)}
            circuit.node("L", routes, turned, {"half left out": ("^", off), "square left out": off}, wrong)
        else:
            circuit.equations.append(f"L = ({y} - t)^2")
            wrong = {y: {"two left out": off, "not differentiated": ("^", off)}}
            slopes: dict[str, Formula] = {y: ("*", 2, off), "t": ("*", -2, off)}
            circuit.node("L", [("^", off)], slopes, {"square left out": off}, wrong)
        return
    circuit.equations.append("L = " + " + ".join(f"{one}^2" if one == terms[0] else one for one in terms))
    first = terms[0]
    routes = [("+", ("^", first), *terms[1:])] if terms[1:] else [("^", first)]
    slopes = {first: ("*", 2, first), **dict.fromkeys(terms[1:], 1)}
    circuit.node("L", routes, slopes, None, {first: {"two left out": first}})
