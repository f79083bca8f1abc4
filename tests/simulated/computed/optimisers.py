"""Two steps of Adam by hand, for a line through one point."""

from __future__ import annotations

import random
from decimal import Decimal

from ..formula import Formula
from .calculation import Calculation
from .convolutions import number

RATE, FIRST, SECOND, SMALL = (f"training.{one}" for one in ("learning_rate", "beta1", "beta2", "epsilon"))


def drawn(name: str) -> Calculation:
    """The problem of a name; every third one has the weight decay of AdamW."""
    source = random.Random(name)
    while True:
        adam = _attempt(name, source)
        values = adam.solved()
        slopes = [values[f"{late}dL/d{one}"] for late in ("", "after[1].") for one in "wb"]
        if min(map(abs, slopes)) > Decimal("0.2"):
            return adam


def _attempt(name: str, source: random.Random) -> Calculation:
    adam = Calculation(name)
    squares = source.choice(["0.9", "0.9", "0.99", "0.999"])
    adam.fewest = {"0.9": 3, "0.99": 4, "0.999": 5}[squares]  # else the average of the squares would be 0
    decay = int(name.partition("-")[2]) % 3 == 2
    adam.given("inputs", "x", number(source, 30))
    adam.given("parameters", "w", number(source))
    adam.given("parameters", "b", number(source))
    adam.given("targets", "t", number(source, 30))
    adam.equations += ["y = w*x + b", "L = 1/2*(y - t)^2"]
    training = {
        "optimizer": "adamw" if decay else "adam",
        "learning_rate": Decimal(source.choice(["0.1", "0.01", "0.05"])),
        "beta1": Decimal(source.choice(["0.9", "0.8"])),
        "beta2": Decimal(squares),
        "epsilon": Decimal(source.choice(["1e-8", "0.01"])),
        "steps": 2,
    }
    if decay:
        training["weight_decay"] = Decimal(source.choice(["0.1", "0.01"]))
    adam.tables["training"] = training
    adam.givens |= {f"training.{key}": Decimal(value) for key, value in training.items() if isinstance(value, Decimal)}
    for letter in "mv":
        adam.givens |= {f"{letter}({one})": Decimal(0) for one in "wb"}
    for step in range(2):
        _round(adam, step, decay)
    return adam


def _late(name: str, step: int) -> str:
    return f"after[{step}].{name}" if step else name


def _round(adam: Calculation, step: int, decay: bool) -> None:
    """One forward pass, the gradients, and the update."""
    w, b, y, loss, dy = (_late(one, step) for one in ("w", "b", "y", "L", "dL/dy"))
    off: Formula = ("-", y, "t")
    adam.line(y, "value", [("+", ("*", w, "x"), b)], {"shift left out": ("*", w, "x")}, step)
    half: list[Formula] = [("*", Decimal("0.5"), ("^", off)), ("/", ("^", off), 2)]
    adam.line(loss, "value", half, {"half left out": ("^", off)}, step)
    adam.line(dy, "derivative", [off], {"two kept": ("*", 2, off), "sign turned": ("-", "t", y)}, step)
    slopes: dict[str, Formula] = {"w": ("*", dy, "x"), "b": dy}
    for one, formula in slopes.items():
        wrong: dict[str, Formula] = {"local left out": dy} if one == "w" else {}
        adam.line(_late(f"dL/d{one}", step), "derivative", [formula], {**wrong, "sign turned": ("~", formula)}, step)
    for one in "wb":
        _moved(adam, one, step, decay)


def _moved(adam: Calculation, one: str, step: int, decay: bool) -> None:
    slope, old = _late(f"dL/d{one}", step), _late(one, step)
    before, squares = _late(f"m({one})", step), _late(f"v({one})", step)
    m, v = (_late(f"{letter}({one})", step + 1) for letter in "mv")
    first, second = (_late(f"{letter}hat({one})", step + 1) for letter in "mv")
    new = _late(one, step + 1)

    def averaged(kept: str, share: str, past: str, fresh: Formula) -> Formula:
        return ("+", ("*", kept, past), ("*", ("-", 1, share), fresh))

    square: Formula = ("^", slope)
    wrong: dict[str, Formula] = {
        "betas exchanged": averaged(SECOND, SECOND, before, slope),
        "gradient not weighted": ("+", ("*", FIRST, before), slope),
        "average turned": ("+", ("*", ("-", 1, FIRST), before), ("*", FIRST, slope)),
        "gradient squared in the first average": averaged(FIRST, FIRST, before, square),
    }
    adam.line(m, "state", [averaged(FIRST, FIRST, before, slope)], wrong, step + 1)
    wrong = {
        "betas exchanged": averaged(FIRST, FIRST, squares, square),
        "gradient not squared": averaged(SECOND, SECOND, squares, slope),
        "gradient not weighted": ("+", ("*", SECOND, squares), square),
        "average turned": ("+", ("*", ("-", 1, SECOND), squares), ("*", SECOND, square)),
    }
    adam.line(v, "state", [averaged(SECOND, SECOND, squares, square)], wrong, step + 1)
    for target, average, beta, past in ((first, m, FIRST, before), (second, v, SECOND, squares)):
        power: Formula = beta if not step else ("^", beta)
        wrong = {"correction left out": average, "corrected by multiplying": ("*", average, ("-", 1, power))}
        if step:
            wrong["exponent one less"] = ("/", average, ("-", 1, beta))
            wrong["old average"] = ("/", past, ("-", 1, power))
        adam.line(target, "state", [("/", average, ("-", 1, power))], wrong, step + 1)
    root: Formula = ("unseen", ("sqrt", second))

    def stepped(direction: Formula) -> Formula:
        taken = ("+", direction, ("*", "training.weight_decay", old)) if decay else direction
        return ("-", old, ("*", RATE, taken))

    right: Formula = ("/", first, ("+", root, SMALL))
    ways = [stepped(right)]
    if not decay:
        ways.append(("-", old, ("/", ("*", RATE, first), ("+", root, SMALL))))
    wrong = {
        "root left out": stepped(("/", first, ("+", second, SMALL))),
        "eps inside the root": stepped(("/", first, ("sqrt", ("+", second, SMALL)))),
        "averages not corrected": stepped(("/", m, ("+", ("unseen", ("sqrt", v)), SMALL))),
        "gradient for its average": stepped(("/", slope, ("+", root, SMALL))),
        "step added": ("+", old, ("*", RATE, right)),
        "rate left out": ("-", old, right),
        "update left out": old,
    }
    if decay:
        wrong["decay left out"] = ("-", old, ("*", RATE, right))
        wrong["decay without the rate"] = ("-", ("-", old, ("*", RATE, right)), ("*", "training.weight_decay", old))
    adam.line(new, "new", ways, wrong, step + 1)
