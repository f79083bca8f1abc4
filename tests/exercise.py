"""Whether the numbers of a variant make a good exercise: looked at in mpmath, by a network written without derive."""

from collections.abc import Iterator, Mapping
from typing import Any

import mpmath
from plain import MP, Parameters, Place, Plain, examples_of, parameters, update

LIMITS = {"sigmoid": (0.05, 0.95), "tanh": (-0.95, 0.95), "softmax": (0.005, 0.95)}
"""Between which outputs a unit is not saturated."""
DIGITS = 40
STEP = mpmath.mpf(10) ** -15


def faults(table: dict[str, Any], rows: Mapping[str, str], decimals: int) -> Iterator[str]:
    """What is wrong with a variant, and with the key that has these exact answers by id."""
    with mpmath.workdps(DIGITS):
        plain, own = Plain(table, MP), parameters(table, MP.number)
        seen = examples_of(table, 0)
        yield from _saturated(plain, own, seen)
        slopes = {place: _slope(plain, own, place, seen) for place in own.places()}
        for place, slope in slopes.items():
            yield from _gradient(place, slope, rows, decimals)
        if table["training"].get("batch") != "one" and table["training"].get("steps", 1) == 1:
            before = plain.loss(own, seen)
            update(table, own, slopes, {}, 0, MP)
            if not plain.loss(own, seen) < before:
                yield "the loss grows"


def _saturated(plain: Plain, own: Parameters, seen: list[int]) -> Iterator[str]:
    for example in seen:
        layers = zip(plain.forward(own, plain.inputs[example]), plain.table["network"]["layers"], strict=True)
        for number, ((_, outputs), layer) in enumerate(layers, 1):
            low, high = LIMITS.get(layer["activation"], (-mpmath.inf, mpmath.inf))
            if not all(low < output < high for output in outputs):
                yield f"layer {number} is saturated for example {example}"


def _slope(plain: Plain, own: Parameters, place: Place, seen: list[int]) -> Any:
    value, ends = own.get(place), []
    for moved in (value + STEP, value - STEP):
        own.put(place, moved)
        ends.append(plain.loss(own, seen))
    own.put(place, value)
    return (ends[0] - ends[1]) / (2 * STEP)


def _gradient(place: Place, slope: Any, rows: Mapping[str, str], decimals: int) -> Iterator[str]:
    """A gradient that is asked for is that of the key, and shows two digits; one that is 0 need not."""
    kind, layer, indices = place
    name = f"dL/d{kind}[{layer}]" + "".join(f"[{index}]" for index in indices)
    if name not in rows:
        return
    unit = mpmath.mpf(10) ** -decimals
    if abs(slope - mpmath.mpf(rows[name])) > unit * 0.501:
        yield f"{name} is {mpmath.nstr(slope, 8)}, and the key has {rows[name]}"
    ends = len(rows[name].partition(".")[2]) < decimals  # a number in full, such as 0.1, has as few digits as it has
    if STEP < abs(slope) < 9.5 * unit and not ends:
        yield f"{name} shows fewer than two digits: {rows[name]}"
