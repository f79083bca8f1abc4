"""What a network that is written as equations has besides its layers: standardised inputs, drawn weights, a penalty.

Decides the lines and the given numbers of these, which are those of a network of dense layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from derive.errors import one_of, shown
from derive.initial import draw
from derive.model.layer_lines import EXAMPLE, FLAT, Written
from derive.model.shapes import Shape, said, shape_of
from derive.spec.network import INITS, Layer
from derive.spec.values import MAX_SEED, MAX_UNITS

TURN = "example"
"""The number of the example that a step uses, where they come in turn."""
STRENGTHS: Mapping[str, str] = {"l1": "{l1}*({sizes})", "l2": "{l2}/2*({squares})"}
"""What a penalty adds under each of its keys."""


def standardized(written: Written, table: Any, turn: bool) -> tuple[str, Shape]:
    """The inputs in units of their standard deviations, which is the first result that a layer may read."""
    place = ("data", "standardize")
    _, shape = written.results[0]
    if not isinstance(table, Mapping):
        raise written.fault("a table", shown(table), *place)
    if len(shape) != 1:
        raise written.fault("examples that are lists of numbers", said(shape), *place)
    for key in table:
        if key not in ("mean", "std"):
            raise written.fault("only these keys in standardize: mean, std", shown(key), *place, key)
    for key in ("mean", "std"):
        if key not in table:
            raise written.fault(f"the key {key}, which is required", None, *place, key)
        if shape_of(table[key]) != shape:
            raise written.fault(f"{said(shape)}, one for each input", said(shape_of(table[key])), *place, key)
        if key == "std" and any(not isinstance(one, int | Decimal) or one <= 0 for one in table[key]):
            raise written.fault("numbers greater than 0", "others", *place, key)
        written.constants[f"{key}_x"] = table[key]
    left, row = (f"{EXAMPLE},", f"{EXAMPLE},") if written.many else ("", f"{TURN}," if turn else "")
    words = "every input less its mean, in units of its standard deviation"
    written.lines.append(f"xs[{left}i] = (x[{row}i] - mean_x[i])/std_x[i]    # {words}")
    return "xs", shape


def drawn(written: Written, table: Mapping[str, Any], decimals: Any, *place: str | int) -> Mapping[str, Any]:
    """The table of a dense layer with the weights that it says how to draw, one row per unit, rounded."""
    if "init" not in table:
        return table
    _, inputs = written.results[-1]
    if "weights" in table:
        raise written.fault("either weights or init", "both", *place, "init")
    if table["init"] not in INITS:
        raise written.fault(one_of(INITS), shown(table["init"]), *place, "init")
    units, seed = table.get("units"), table.get("seed")
    if type(units) is not int or not 1 <= units <= MAX_UNITS:
        raise written.fault(f"a whole number from 1 to {MAX_UNITS}, because init draws weights", units, *place, "units")
    if type(seed) is not int or not 0 <= seed <= MAX_SEED:
        raise written.fault(f"a whole number from 0 to {MAX_SEED}, because init draws weights", seed, *place, "seed")
    if len(inputs) != 1:
        raise written.fault("an input of shape i for dense", said(inputs), *place, hint=FLAT)
    layer = Layer.model_construct(units=units, init=table["init"], seed=seed)
    weights = [list(row) for row in draw(layer, inputs[0], decimals)]
    return {**{key: value for key, value in table.items() if key not in ("init", "seed")}, "weights": weights}


def penalty(written: Written, table: Any) -> str:
    """The line of a penalty on all weights and no bias; "" where its strengths are 0."""
    place = ("loss", "regularization")
    if not isinstance(table, Mapping):
        raise written.fault("a table", shown(table), *place)
    for key, strength in table.items():
        if key not in STRENGTHS:
            raise written.fault(f"only these keys in regularization: {', '.join(STRENGTHS)}", shown(key), *place, key)
        if isinstance(strength, bool) or not isinstance(strength, int | Decimal) or strength < 0:
            raise written.fault("a number of 0 or more", shown(strength), *place, key)
    weights = written.under["weights"]
    said = {
        "sizes": " + ".join(f"sum(abs({name}))" for name in weights),
        "squares": " + ".join(f"sum({name}^2)" for name in weights),
    }
    terms = []
    for key, term in STRENGTHS.items():
        if table.get(key):
            written.constants[key] = table[key]
            terms.append(term.format(**{key: key}, **said))
    return f"R = {' + '.join(terms)}    # the penalty on all weights" if terms and weights else ""
