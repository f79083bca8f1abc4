"""Rounding on the way in problems given by equations, against `decimal` arithmetic that is written from the equations.

The oracle rounds each named result as the problem says and goes on with the rounded number; it shares nothing with the
code. Pages are read back: what is printed of a line gives, rounded, exactly the printed result.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from decimal import Decimal as D
from functools import cache
from typing import Any

import mpmath
import pytest
from click.testing import CliRunner
from readback_indexed import read_indexed
from test_pages import sides
from test_readback import displayed

from derive import solve
from derive.cli import main
from derive.errors import InputError
from derive.worked import WorkedModel

Numbers = dict[str, Decimal]
Round = Callable[[str, Decimal], Decimal]


def rounder(numbers: Numbers, decimals: int, ties: str = ROUND_HALF_UP, **own: int | None) -> Round:
    """Rounds a number of a name (what stands before brackets may have decimals of its own) and notes it."""

    def put(name: str, number: Decimal) -> Decimal:
        places = own.get(re.sub(r"\W", "_", re.sub(r"^after\[\d\]\.", "", name).partition("[")[0]), decimals)
        found = number if places is None else number.quantize(D(1).scaleb(-places), ties)
        numbers[name] = found
        return found

    return put


def tanh(x: Decimal) -> Decimal:
    return 1 - 2 / ((2 * x).exp() + 1)


def sigmoid(x: Decimal) -> Decimal:
    return 1 / (1 + (-x).exp())


# -- a recurrent network under Adam, with decimals of their own for two quantities

RNN: dict[str, Any] = {
    "title": "A recurrent network",
    "inputs": {"x": [D("0.5"), D("-1.0"), D("2.0")]},
    "parameters": {"w": D("0.4"), "u": D("0.3"), "v": D("1.2")},
    "targets": {"t": D("1.0")},
    "model": {"equations": "h[0] = 0\na[k] = w*x[k] + u*h[k-1]\nh[k] = tanh(a[k])\ny = v*h[3]\nL = 1/2*(y - t)^2"},
    "training": {"learning_rate": D("0.1"), "optimizer": "adam", "steps": 2},
    "rounding": {"decimals": 5, "carry": True, "overrides": {"dL/da": 6, "h": 4}},
}


def rnn() -> Numbers:
    found: Numbers = {}
    put = rounder(found, 5, dL_da=6, h=4)
    x, t = [D("0.5"), D(-1), D(2)], D(1)
    moving = {"w": D("0.4"), "u": D("0.3"), "v": D("1.2")}
    kept = {(state, name): D(0) for state in "mv" for name in moving}
    for step in range(3):
        after = f"after[{step}]." if step else ""
        w, u, v = moving.values()
        h, a = [D(0)], [D(0)]
        for k in range(3):
            a.append(put(f"{after}a[{k + 1}]", w * x[k] + u * h[k]))
            h.append(put(f"{after}h[{k + 1}]", tanh(a[-1])))
        y = put(f"{after}y", v * h[3])
        put(f"{after}L", (y - t) ** 2 / 2)
        if step == 2:
            return found
        dy = put(f"{after}dL/dy", y - t)
        gradients = {"v": put(f"{after}dL/dv", dy * h[3])}
        da = [D(0)] * 5
        for k in (3, 2, 1):
            dh = put(f"{after}dL/dh[{k}]", dy * v if k == 3 else da[k + 1] * u)
            da[k] = put(f"{after}dL/da[{k}]", dh * (1 - h[k] ** 2))
        gradients["w"] = put(f"{after}dL/dw", sum((da[k] * x[k - 1] for k in (1, 2, 3)), D(0)))
        gradients["u"] = put(f"{after}dL/du", sum((da[k] * h[k - 1] for k in (1, 2, 3)), D(0)))
        n, after = step + 1, f"after[{step + 1}]."
        for name, g in gradients.items():
            m = put(f"{after}m({name})", D("0.9") * kept["m", name] + D("0.1") * g)
            s = put(f"{after}v({name})", D("0.999") * kept["v", name] + D("0.001") * g * g)
            mhat = put(f"{after}mhat({name})", m / (1 - D("0.9") ** n))
            vhat = put(f"{after}vhat({name})", s / (1 - D("0.999") ** n))
            kept["m", name], kept["v", name] = m, s
            moving[name] = put(f"{after}{name}", moving[name] - D("0.1") * mhat / (vhat.sqrt() + D("1e-8")))
    return found


# -- a softmax with cross-entropy, halves to the even digit

SOFTMAX: dict[str, Any] = {
    "title": "A softmax",
    "inputs": {"x": [D("0.5"), D("1.5")]},
    "parameters": {"W": [[D("0.25"), D("-0.5")], [D("0.75"), D("0.1")], [D("-0.3"), D("0.2")]], "b": [0, D("0.1"), 0]},
    "targets": {"t": [0, 1, 0]},
    "model": {"equations": "z = W@x + b\np = softmax(z)\nL = -sum(t[j]*ln(p[j]) for j)"},
    "training": {"learning_rate": D("0.5")},
    "rounding": {"decimals": 2, "carry": True, "ties": "half_even"},
}


def softmax() -> Numbers:
    found: Numbers = {}
    put = rounder(found, 2, ROUND_HALF_EVEN)
    x, t = [D("0.5"), D("1.5")], [D(0), D(1), D(0)]
    w, b = [[D("0.25"), D("-0.5")], [D("0.75"), D("0.1")], [D("-0.3"), D("0.2")]], [D(0), D("0.1"), D(0)]
    for after in ("", "after[1]."):
        z = [put(f"{after}z[{j + 1}]", w[j][0] * x[0] + w[j][1] * x[1] + b[j]) for j in range(3)]
        total = sum((one.exp() for one in z), D(0))
        p = [put(f"{after}p[{j + 1}]", z[j].exp() / total) for j in range(3)]
        put(f"{after}L", -p[1].ln())
        if after:
            break
        dp = [put(f"dL/dp[{j + 1}]", -t[j] / p[j]) for j in range(3)]
        both = sum((dp[j] * p[j] for j in range(3)), D(0))
        dz = [put(f"dL/dz[{j + 1}]", p[j] * (dp[j] - both)) for j in range(3)]
        for j in range(3):
            db = put(f"dL/db[{j + 1}]", dz[j])
            b[j] = put(f"after[1].b[{j + 1}]", b[j] - D("0.5") * db)
            for i in range(2):
                dw = put(f"dL/dW[{j + 1},{i + 1}]", dz[j] * x[i])
                w[j][i] = put(f"after[1].W[{j + 1},{i + 1}]", w[j][i] - D("0.5") * dw)
    return found


# -- Nesterov's look-ahead, with a quantity that is not rounded

NESTEROV: dict[str, Any] = {
    "title": "Nesterov",
    "inputs": {"x": D("1.7")},
    "parameters": {"w": D("0.8")},
    "model": {"equations": "z = w*x\ny = sigmoid(z)\nL = (y - 1)^2"},
    "training": {"learning_rate": D("0.3"), "optimizer": "nesterov", "momentum": D("0.9"), "steps": 3},
    "rounding": {"decimals": 3, "carry": True, "overrides": {"y": "exact", "at(w)": 2}},
}


def nesterov() -> Numbers:
    found: Numbers = {}
    put, aside = rounder(found, 3, y=None, at_w_=2), rounder({}, 3, y=None)
    x, w, v = D("1.7"), D("0.8"), D(0)

    def slope(at: Decimal, put: Round, after: str) -> Decimal:
        y = put(f"{after}y", sigmoid(put(f"{after}z", at * x)))
        put(f"{after}L", (y - 1) ** 2)
        dy = put(f"{after}dL/dy", 2 * (y - 1))
        return put(f"{after}dL/dw", put(f"{after}dL/dz", dy * (y * (1 - y))) * x)

    for step in range(3):
        after = f"after[{step}]." if step else ""
        slope(w, put, after)
        ahead = put(f"after[{step + 1}].at(w)", w - D("0.3") * D("0.9") * v)
        v = put(f"after[{step + 1}].v(w)", D("0.9") * v + slope(ahead, aside, ""))
        w = put(f"after[{step + 1}].w", w - D("0.3") * v)
    return found


CASES = {"rnn": (RNN, rnn), "softmax": (SOFTMAX, softmax), "nesterov": (NESTEROV, nesterov)}


@contextmanager
def fifty_digits() -> Iterator[None]:
    with localcontext() as context:
        context.prec = 50
        yield


@cache
def solved(name: str) -> WorkedModel:
    found = solve(CASES[name][0])
    assert isinstance(found, WorkedModel)
    return found


@pytest.mark.parametrize("name", CASES)
def test_every_carried_number(name: str) -> None:
    with fifty_digits():
        expected = CASES[name][1]()
    values = solved(name).carried.values(30)
    wrong = {key: (values[key], number) for key, number in expected.items() if not _same(values[key], number)}
    assert not wrong
    assert len(expected) > 15


def _same(text: str, number: Decimal) -> bool:
    return abs(D(text) - number) <= abs(number) * D("1e-28")


# -- pages


def _number(tex: str) -> Decimal | None:
    """A printed number; None for anything else."""
    plain = tex.strip().removeprefix("(").removesuffix(")")
    return D(plain) if re.fullmatch(r"-?\d+(\.\d+)?", plain) else None


@pytest.mark.parametrize("name", ["rnn", "softmax"])
def test_printed_lines_are_worked_as_by_hand(name: str) -> None:
    """What is printed, worked out and rounded, is exactly the printed result; = stands before exact results only."""
    rounding = CASES[name][0]["rounding"]
    ties = ROUND_HALF_EVEN if rounding.get("ties") == "half_even" else ROUND_HALF_UP
    compared, signs = 0, set()
    with mpmath.workdps(45):
        for line in displayed(solved(name).render("tex")):
            (_, left), *others = sides(line)
            filled = [(sign, side) for sign, side in others if not re.search(r"[A-Za-z]", _plain(side))]
            result = _number(filled[-1][1]) if filled else None
            if len(filled) < 2 or result is None or "bmatrix" in line or "m_" in left:
                continue
            whole = D(mpmath.nstr(read_indexed(filled[0][1], {}, {}, {}), 40, min_fixed=-99, max_fixed=99))
            places = len(filled[-1][1].partition(".")[2].removesuffix(")"))
            signs.add(filled[-1][0])
            if filled[-1][0] == "=":
                assert whole == result, line
            else:
                assert whole.quantize(D(1).scaleb(-places), ties) == result, line
                assert places in {rounding["decimals"], *rounding.get("overrides", {}).values()}, line
            compared += 1
    assert compared >= 8 and signs == {"rnn": {"=", "\\approx"}, "softmax": {"\\approx"}}[name]


def _plain(side: str) -> str:
    """A side without the commands that stand for operations."""
    return re.sub(r"\\(frac|cdot|left|right|bigl|bigr|Bigl|Bigr|sqrt|tanh|ln|exp|,)|e\^", "", side)


def test_rounded_numbers_are_marked() -> None:
    """A number that was rounded, or comes from such, is printed with its zeros behind ≈; one that was not with =."""
    text = solved("rnn").render("md")
    assert r"a_{1} & = w\thinspace x_{1} + u\thinspace h_{0} = 0.4 \cdot 0.5 + 0.3 \cdot 0 = 0.2 \cr" in text
    assert r"h_{1} & = \tanh(a_{1}) = \tanh(0.2) \approx 0.1974 \cr" in text
    assert "every result that has a name is rounded to five decimals (but dL/da to 6, h to 4)" in text
    checked = solve(RNN, with_parts=["check"]).render("md")
    assert "before anything was rounded" in checked
    assert "Every printed digit follows from the rounding rule above." in checked
    tables = {"title": "Exactly", "inputs": {"x": D("0.25")}, "parameters": {"w": D("0.5")}}
    rounding = {"decimals": 2, "carry": True}
    equations = "a = x + w\nb = x^2\nc = b + D\nD = 1 - b\nL = c*w".replace("D", "q")
    text = solve({**tables, "model": {"equations": equations}, "rounding": rounding}).render("md")
    assert r"a & = x + w = 0.25 + 0.5 = 0.75" in text
    assert r"b & = x^{2} = 0.25^{2} \approx 0.06" in text
    # 0.06 + 0.94 is exactly 1, but both come from a rounded number
    assert r"c & = b + q \approx 0.06 + 0.94 \approx 1.00" in text


def test_data_have_both_numbers() -> None:
    found = {one["id"]: one for one in json.loads(solved("rnn").render("json"))["quantities"]}
    assert found["h[1]"]["shown"] == "0.1974" and not found["h[1]"]["exact"]
    assert found["h[1]"]["value"].startswith("0.19737532")
    assert found["a[1]"]["shown"] == "0.2" and found["a[1]"]["exact"]
    assert found["dL/da[3]"]["substituted"].startswith("(-0.")


def test_commands(tmp_path: Any) -> None:
    """`values` prints exact numbers, and with --carried rounded ones; `solve` shows the rounded ones."""
    path = tmp_path / "rnn.json"
    path.write_text(json.dumps(RNN, default=float))
    exact, carried = (
        json.loads(CliRunner().invoke(main, ["values", str(path), *more]).stdout) for more in ([], ["--carried"])
    )
    assert (exact["h[1]"], carried["h[1]"]) == ("0.19737532022490400074", "0.1974")
    run = CliRunner().invoke(main, ["solve", str(path), "--format", "md", "-o", "-"])
    assert run.exit_code == 0 and "0.1974" in run.stdout


REFUSED = [
    # what is asked for, rounding, what is said
    ("dL/dh[1] via a[2]", {}, 'the id of a number that is rounded on the way, found "dL/dh[1] via a[2]"'),
    ("dh[2]/da[1]", {}, 'the id of a number that is rounded on the way, found "dh[2]/da[1]"'),
    ("L", {"carry": False, "overrides": {"h": "exact"}}, 'a number of decimals, found "exact"'),
    ("L", {"overrides": {"w_new": 2}}, 'a name, or an id without after[...] or _new, found "w_new"'),
    ("L", {"overrides": {"g": 2}}, 'a quantity of this problem, found "g"'),
]


@pytest.mark.parametrize(("asked", "rounding", "said"), REFUSED)
def test_what_is_refused(asked: str, rounding: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        solve({**RNN, "rounding": {**RNN["rounding"], **rounding}}).carried.digits(asked)


def test_a_half_is_told_by_algebra() -> None:
    """Eight equal shares are 0.125, which no ball tells from a little less: the half is rounded as the problem says."""
    tables = {"title": "Shares", "inputs": {"z": [D("0.3")] * 8}, "model": {"equations": "p = softmax(z)\nL = sum(p)"}}
    for ties, share in (("half_up", "0.13"), ("half_even", "0.12")):
        rounding = {"decimals": 2, "carry": True, "ties": ties}
        solution = solve({**tables, "rounding": rounding}).carried
        assert solution.digits("p[3]") == share and solution.digits("L") == str(8 * D(share))


def test_what_rounding_makes_0_is_told() -> None:
    tables = {"title": "Small", "inputs": {"x": D("0.01")}, "model": {"equations": "a = x^2\nL = a + 1"}}
    solution = solve({**tables, "rounding": {"decimals": 3, "carry": True}})
    assert solution.remarks == ["rounded to 0 on the way, and not 0: a; keep more decimals where that matters"]
    with pytest.raises(InputError, match="none under the rounding that is carried: a division by zero"):
        solve({**tables, "model": {"equations": "a = x^2\nL = 1/a"}, "rounding": {"decimals": 3, "carry": True}})
