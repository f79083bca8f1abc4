"""Mistakes with the derivative of a softmax, in which every output depends on every weighted sum."""

from __future__ import annotations

from collections.abc import Iterator

from derive.derivation import Delta, SimplifiedDelta, SoftmaxDerivative
from derive.expression import ONE, ZERO, Neg, mul, sub
from derive.mistakes.model import Mistake, Way
from derive.mistakes.site import Site, signed
from derive.mistakes.slopes import error, slope


def _no_off_diagonal(site: Site) -> Iterator[Way]:
    if not site.joint(site.layer) or site.width(site.layer) == 1:
        return
    if not isinstance(site.step, SoftmaxDerivative):
        yield Way(mul(error(site), slope(site)), {"z": site.of("z", site.layer, site.unit)})
    elif site.unit != site.source:
        yield Way(ZERO, {"z": site.of("z", site.layer, site.source)})


def _off_diagonal_sign(site: Site) -> Iterator[Way]:
    if site.unit != site.source:
        yield Way(signed(site.step.formula))


def _off_diagonal_as_diagonal(site: Site) -> Iterator[Way]:
    if site.unit != site.source:
        i, j = site.of("a", site.layer, site.unit), site.of("a", site.layer, site.source)
        for one, other in ((i, j), (i, i), (j, j)):
            yield Way(mul(one, sub(ONE, other)), {"i": i, "j": j})


def _diagonal_as_off_diagonal(site: Site) -> Iterator[Way]:
    if site.unit == site.source:
        a = site.of("a", site.layer, site.unit)
        yield Way(Neg(mul(a, a)), {"a": a, "right": site.step.formula})


ROWS = (
    Mistake(
        "softmax-off-diagonal-dropped",
        "softmax: the other outputs forgotten",
        "{quantity} was computed as if {z} moved only its own output.",
        "In a softmax every output depends on {z}: add the terms of the other outputs.",
        (Delta, SimplifiedDelta, SoftmaxDerivative),
        _no_off_diagonal,
        rather_than=("activation-derivative-forgotten-output",),
    ),
    Mistake(
        "softmax-off-diagonal-sign",
        "softmax: sign between different outputs",
        "{quantity} should be negative: the minus sign was lost.",
        "When one output of a softmax grows, the others shrink; between different outputs the derivative is negative.",
        (SoftmaxDerivative,),
        _off_diagonal_sign,
    ),
    Mistake(
        "softmax-off-diagonal-as-diagonal",
        "softmax: formula of one output used between two",
        "{quantity} was computed as {wrong}, the formula for an output and its own weighted sum.",
        "Between different outputs the derivative is minus {i} times {j}.",
        (SoftmaxDerivative,),
        _off_diagonal_as_diagonal,
    ),
    Mistake(
        "softmax-diagonal-as-off-diagonal",
        "softmax: formula between two outputs used for one",
        "{quantity} was computed as {wrong}, the formula between two different outputs.",
        "For an output and its own weighted sum the derivative is {right}.",
        (SoftmaxDerivative,),
        _diagonal_as_off_diagonal,
    ),
)
