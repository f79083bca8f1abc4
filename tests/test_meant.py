"""What a writer meant: digits cut off, deltas turned round, ways round the sheet; only what is wrong is wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest

from derive import solve
from derive.check.judge import Judge
from derive.work import Names, read_text


def column(numbers: str) -> list[list[Decimal]]:
    return [[Decimal(number)] for number in numbers.split()]


def small(activation: str, weight: str, inputs: str, targets: str) -> dict[str, object]:
    """A problem with one weight."""
    return {
        "title": "one weight",
        "network": {"inputs": 1, "layers": [{"units": 1, "activation": activation, "weights": [[Decimal(weight)]]}]},
        "data": {"inputs": column(inputs), "targets": column(targets)},
        "loss": {"name": "half_squared_error", "reduction": "mean"},
        "training": {"learning_rate": Decimal("0.5")},
    }


DEAD = small("relu", "-0.5", "0.8", "0.3")
"""A unit that is off: no sign of the error reaches its weight."""


def faults(problem: str | dict[str, object], rows: str) -> set[str]:
    """The wrong values of a sheet whose rows are parted by spaces."""
    solution = solve(problem)
    (sheet,) = read_text("\n".join(["quantity,value", *rows.split()]), Names(solution), "csv")
    return {result.quantity.id for result in Judge(solution).mark(sheet).results if result.faulty}


SHEETS = {
    "the gradients and steps are turned, only the next pass shows the right weights": (
        "caispp",
        """dL/dz[2][0],0.5088 dL/dW[2][0][1],0.2984 dL/dz[1][1],-0.0432 dL/dW[1][0][0],-0.0254 dL/dW[1][1][0],0.0432
        lr*dL/dW[1][0][0],-0.0025 lr*dL/dW[2][0][1],0.0298 z_new[1][0],0.055 z_new[1][2],-0.1962 z_new[2][0],0.0070""",
        set(),
    ),
    "the sign is lost for good": (
        "caispp",
        "dL/dz[2][0],0.5088 dL/dW[2][0][1],0.2984 W_new[2][0][1],-0.3798",
        {"dL/dz[2][0]"},
    ),
    "a sign is lost among turned deltas and gradients": (
        "hmkcode",
        """dL/dz[2][0],0.809 dL/dW[2][0][0],0.6877 dL/dW[2][0][1],-0.3883 dL/dW[1][0][0],0.2265 dL/dW[1][0][1],0.3398
        W_new[2][0][0],0.1744 W_new[2][0][1],0.1694 W_new[1][0][0],0.1213""",
        {"dL/dW[2][0][1]"},
    ),
    "few digits, which are right where the deltas are turned on purpose": (
        "rohan-chain",
        "a[1][0],0.679 a[2][0],0.449 a[3][0],0.589 dL/dz[3][0],0.027 z_new[3][0],0.360 a_new[3][0],0.589",
        set(),
    ),
    "the sign of the error is lost below the output, and for good": (
        "caispp",
        """a[1][0],0.51250 loss,0.71095 dL/da[2][0],-2.03592 dL/dW[2][0][1],0.29848 dL/dW[2][0][2],0.22905
        dL/da[1][0],0.10176 dL/dW[1][0][0],-0.02542 dL/dW[1][0][1],0.02542 W_new[1][0][0],0.15254
        W_new[1][0][1],0.19746 W_new[1][1][0],-0.25432 W_new[2][0][0],0.19746""",
        {"dL/dW[2][0][1]", "W_new[2][0][0]"},
    ),
    "zeros and small numbers are cut off, a bias is taken for another": (
        "mazur",
        """loss,0.297 dL/dW[2][0][0],0.081 dL/dW[2][0][1],0.082 dL/db[2][0],0.138 dL/dW[2][1][0],-0.022
        dL/dW[2][1][1],-0.022 dL/db[2][1],-0.038 dL/db[2],0.1 dL/dW[1][0][0],0.000 dL/dW[1][0][1],0.000
        dL/db[1][0],0.008 dL/dW[1][1][0],0.000 dL/dW[1][1][1],0.000 dL/db[1][1],0.009 dL/db[1],0.017
        W_new[1][0][0],0.15 W_new[1][0][1],0.2 W_new[1][1][0],0.25 W_new[1][1][1],0.3 W_new[2][0][0],0.359
        W_new[2][0][1],0.409 W_new[2][1][0],0.511 W_new[2][1][1],0.561 b_new[1],0.35 b_new[2],0.35""",
        {"b_new[2]"},
    ),
    "what follows from a wrong sign is cut off": (
        "hmkcode",
        """z[2][0],0.191 a[2][0],0.191 loss,0.3272 dL/da[2][0],0.809 dL/dz[2][0],0.809 dL/dW[2][0][0],0.6876
        dL/dW[2][0][1],0.3883 lr*dL/dW[2][0][0],0.0343 W_new[2][0][0],0.1056 lr*dL/dW[2][0][1],0.0194
        W_new[2][0][1],0.1305 a_new[2][0],0.1342""",
        {"dL/da[2][0]"},
    ),
    "a right delta stands there, the chain rule is used once more with a wrong derivative": (
        "caispp",
        """a[2][0],0.491178 dL/da[2][0],2.035922 da/dz[2][0],0.249922 dL/dz[2][0],-0.508822 dL/dW[2][0][0],-0.260770
        dL/da[1][0],0.101764 dL/da[1][1],-0.178088 dL/da[1][2],0.076323 dL/dz[1][0],-0.025425 dL/dz[1][1],0.043186""",
        {"dL/da[2][0]"},
    ),
    "a wrong digit was only written": (
        "rohan",
        """loss,0.1026 dL/da[3][0],-0.2265 da/dz[3][0],0.2478 dL/dz[3][0],-0.0561 dL/da[1][1],0.0095 a[1][1],0.7941
        da/dz[1][1],0.7635 dL/dz[1][1],0.0016""",
        {"dL/da[3][0]", "da/dz[1][1]"},
    ),
    "no rounding makes an old weight right": (
        "rohan-chain",
        """z[3][0],0.359390 a[3][0],0.588893 dL/dz[3][0],-0.0268988 dL/dW[3][0][0],-0.0120839
        lr*dL/dW[3][0][0],-0.00120839 W_new[3][0][0],0.800000""",
        {"W_new[3][0][0]"},
    ),
    "three decimals throughout, where the problem says four": (
        "caispp",
        """z[2][0],-0.034 a[2][0],0.491 loss,0.711 dL/da[2][0],-2.037 da/dz[2][0],0.250 dL/dz[2][0],-0.509
        dL/dW[2][0][0],-0.261 dL/dW[2][0][1],-0.299 dL/dW[2][0][2],-0.229 W_new[2][0][0],0.226 W_new[2][0][1],-0.32
        W_new[2][0][2],0.173""",
        set(),
    ),
    "the exponential was rounded, in numerator and denominator": (
        small("sigmoid", "-2.79", "1", "0.3"),
        "z[1][0],-2.79 a[1][0],0.057",
        set(),
    ),
    "one example's gradients have 1/n inside, but for the first": (
        small("linear", "0.5", "1 2", "1 3"),
        """sample[0].dL/da[1][0],-0.5 sample[1].dL/da[1][0],-2 sample[0].dL/dz[1][0],-0.25 sample[1].dL/dz[1][0],-1
        sample[0].dL/dW[1][0][0],-0.25 sample[1].dL/dW[1][0][0],-2 dL/dW[1][0][0],-2.25""",
        {"sample[0].dL/da[1][0]", "sample[1].dL/da[1][0]"},
    ),
    "1/n is inside every gradient, and each is wrong for another reason": (
        small("linear", "0.5", "1 2", "1 3"),
        """sample[0].dL/da[1][0],0.25 sample[1].dL/da[1][0],1 sample[0].dL/dW[1][0][0],0.25 sample[1].dL/dW[1][0][0],2
        dL/dW[1][0][0],2.25 W_new[1][0][0],-0.625""",
        {"sample[0].dL/da[1][0]", "sample[1].dL/da[1][0]"},
    ),
    "the mean is made of the wrong deltas again": (
        small("linear", "0.5", "1 2", "1 3"),
        """sample[0].dL/dz[1][0],-0.3 sample[1].dL/dz[1][0],-1.5 sample[0].dL/dW[1][0][0],-0.3
        sample[1].dL/dW[1][0][0],-4 dL/dW[1][0][0],-1.65""",
        {"sample[0].dL/dz[1][0]", "sample[1].dL/dz[1][0]"},
    ),
    "some products of a sum are stated, one of them wrongly": (
        "rohan",
        """dL/dz[2][0],-0.005608 dL/dz[2][1],0.009860 dL/dz[2][2],-0.016235 path[1][1][1],-0.014612
        dL/da[1][1],-0.000502""",
        {"path[1][1][1]"},
    ),
    "a zero follows from small numbers, as they are written": (
        "caispp",
        """a[1][0],0.51 a[1][1],0.59 a[1][2],0.45 dL/dz[2][0],-0.13 dL/dW[2][0][0],-0.07 dL/dz[1][0],-0.01
        dL/dz[1][1],0.01 dL/dz[1][2],0.00 dL/da[0][0],0.00""",
        {"dL/dz[2][0]"},
    ),
    "a delta of few digits is made of what lies before the number above it": (
        "rohan",
        """z[2][0],0.04 z[2][1],0.73 z[2][2],0.39 dL/dz[2][0],-0.01 dL/dz[2][1],0.01 dL/dz[2][2],-0.02 dL/da[1][0],-0.01
        da/dz[1][0],0.24 dL/dz[1][0],-0.01""",
        set(),
    ),
    "a zero says how far it goes where decimals vary": (
        "mazur",
        """da/dz[2][0],0.1868 da/dz[2][1],0.1755 dL/dW[1][0][0],0.000 dL/dW[1][1][1],0.0010 z_new[1][0],0.37745
        loss,0.2984""",
        set(),
    ),
    "a short number shows how results were rounded that are not there": (
        "mazur",
        "a[1][0],0.59327 a[1][1],0.59688 dL/dz[2][0],0.13857 a[2][1],0.773 da/dz[1][0],0.24130",
        set(),
    ),
    "the sign of the error makes no difference": (
        DEAD,
        "a[1][0],0 dL/da[1][0],0.3 dL/dz[1][0],0 W_new[1][0][0],-0.5",
        set(),
    ),
    "the sign of the error makes no difference, and nothing shows a weight": (
        DEAD,
        "a[1][0],0 dL/da[1][0],0.3 dL/dz[1][0],0",
        {"dL/da[1][0]"},
    ),
}


@pytest.mark.parametrize(("problem", "rows", "wrong"), SHEETS.values(), ids=SHEETS.keys())
def test_just_this_is_wrong(problem: str | dict[str, object], rows: str, wrong: set[str]) -> None:
    assert faults(problem, rows) == wrong
