"""Problems given by equations, and networks of layer kinds, right, changed and damaged: a page or a message, soon.

The rules are those of `harmless`: no exception but an `InputError` with a short message, no file that takes longer
than ten seconds or two gigabytes, no false alarm of the guard. What can be read is worked out: its values, or a page.
"""

from __future__ import annotations

import random
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from random_equations import random_problem
from tools.needs import ROOT

from derive import solve
from derive.library import rows
from sweeps.equation_texts import EXAMPLES, GIVENS, _huge, _mutated
from sweeps.harmless import Outcome, kept, little_memory, watched
from sweeps.problem_files import TEXTS, changed, written
from sweeps.work_files import coded, damaged

FILES = 2_000
UPDATES = (
    "p' = p - learning_rate*g",
    "v' = 0.9*v + g\np' = p - v'",
    "p' = p - learning_rate*g/(sqrt(g^2) + 0.1)   # its own size",
    "p' = p/step",
    "w' = w + learning_rate",
)
FORMATS = ("md", "md", "json", "html", "tex", "typ")
Table = dict[str, Any]


def run(seed: int, share: float) -> list[str]:
    """Writes the share of all files, works out what can be, and returns one line for each that fails."""
    count, longest, failures, refused = max(1, round(FILES * share)), 0.0, list[str](), 0
    with tempfile.TemporaryDirectory() as folder, little_memory():
        for number in range(count):
            draw = random.Random(f"{seed} {number}")
            kind = draw.choice(tuple(KINDS))
            suffix, content = _file(draw, kind)
            path = Path(folder) / f"problem{suffix}"
            path.write_bytes(content)
            failure, seconds, unusable = worked_out(path, draw)
            longest, refused = max(longest, seconds), refused + unusable
            if failure is not None:
                failures.append(f"{kind}, {kept(f'model-file-{number}', path)}: {failure}")
    print(f"{count} files, {refused} refused; the slowest took {longest:.1f} s")
    return failures


def worked_out(path: Path, draw: random.Random) -> Outcome:
    """Reads a file and makes its values or a page."""

    def use() -> str | None:
        solution = solve(path)
        text = solution.values_json() if draw.random() < 0.3 else solution.render(draw.choice(FORMATS))
        nothing = "None" in text and "None" not in path.read_text("utf-8-sig")
        return "the name of nothing on a page" if nothing else None if text else "an empty page"

    return watched(use)


def _file(draw: random.Random, kind: str) -> tuple[str, bytes]:
    table = KINDS[kind](draw)
    how = draw.random()
    if how < 0.3:
        for _ in range(draw.choice((1, 1, 2))):
            table = changed(draw, table)
    suffix, text = written(draw, table)
    if how > 0.85:
        text = damaged(draw, text)[:500_000]
        return suffix, coded(draw, text)
    return suffix, text.encode("utf-8", "surrogatepass")


def _model(draw: random.Random) -> Table:
    problem = random_problem(draw)
    table = _trained(draw, problem.tables_of(), problem.text)
    table["model"]["first_index"] = problem.first
    return table


def _text(draw: random.Random) -> Table:
    text = draw.choice(EXAMPLES) if draw.random() < 0.8 else _huge(draw)
    return _trained(draw, GIVENS, _mutated(draw, text, 2))


def _functions(draw: random.Random) -> Table:
    """A function of the author's, of corners and edges."""
    return _trained(draw, GIVENS, f"f(a, c) = {_formula(draw, 4)}\ny[i] = f(x[i], {draw.choice('wu')})\nL = sum(y)")


def _formula(draw: random.Random, deep: int) -> str:
    if not deep or draw.random() < 0.15:
        return draw.choice(("a", "c", "a", "2", "0.5", "0", "1000"))
    one, two = (_formula(draw, deep - 1) for _ in range(2))
    return draw.choice(FORMS).format(one, two)


FORMS = (
    *("({} + {})", "{}*{}", "({} - {})", "({})/({})", "({})^2", "sqrt({})", "ln({})", "exp({})", "abs({})", "relu({})"),
    *("max({}, {})", "min({}, {}, 1)", "if({} > {}, a, c)", "if({} == {}, a, 2*c)", "sign({})", "step({})", "tanh({})"),
    *("elu({})", "huber({})", "gelu({})", "({})^3", "({})^(1/3)", "abs({})^0.5", "sigmoid(100*({}))", "erf({})"),
)


def _trained(draw: random.Random, tables: Table, text: str) -> Table:
    """A problem with whatever may stand beside its equations."""
    model: Table = {"equations": text}
    if draw.random() < 0.15:
        model["granularity"] = "gates"
    if draw.random() < 0.1:
        model["first_index"] = 0
    if draw.random() < 0.1:
        model["wanted"] = [draw.choice(("x", "w", "y", "q"))]
    if draw.random() < 0.1:
        model["loss"] = draw.choice((False, "L", "y"))
    table: Table = {"title": _title(draw), **tables, "model": model}
    if draw.random() < 0.5:
        table["training"] = _training(draw)
    if draw.random() < 0.3:
        table["rounding"] = {"decimals": draw.choice((0, 1, 9, 30)), "ties": draw.choice(("half_up", "half_even"))}
    return table


def _training(draw: random.Random) -> Table:
    table: Table = {"learning_rate": Decimal(draw.choice(("0.1", "10", "0")))}
    if draw.random() < 0.5:
        table["optimizer"] = name = draw.choice(tuple(rows("optimiser")))
        if "momentum" in name or "nesterov" in name:
            table["momentum"] = Decimal("0.9")
    else:
        table["update"] = draw.choice(UPDATES)
        if "v'" in table["update"]:
            table["state"] = {"v": 0}
    if draw.random() < 0.4:
        table["steps"] = draw.choice((2, 5, 30))
    return table


def _title(draw: random.Random) -> str:
    return draw.choice(TEXTS) if draw.random() < 0.15 else "A file of a sweep"


def _network(draw: random.Random) -> Table:
    """Layers that fit into each other, most of them."""

    def array(*shape: int) -> Any:
        return [array(*shape[1:]) for _ in range(shape[0])] if shape else Decimal(draw.randint(-99, 99)) / 100

    count, optimizer = draw.choice((1, 1, 2)), draw.choice(("adam", "gradient_descent", "rmsprop"))
    layers: list[Table] = []
    if draw.random() < 0.5:
        inputs, size = array(count, 3, 3), 9
        if draw.random() < 0.7:
            layers.append({"kind": "conv2d", "weights": array(2, 2), "biases": array(), "activation": "relu"})
            size = 4
        elif draw.random() < 0.7:
            layers.append({"kind": draw.choice(("max_pool", "avg_pool")), "window": 2, "stride": 1})
            size = 4
        layers.append({"kind": "flatten"})
    else:
        inputs, size = array(count, 3, 2), 2
        layers.append({"kind": "rnn", "Wx": array(2, 2), "Wh": array(2, 2), "b": array(2), "activation": "tanh"})
    for _ in range(draw.randint(0, 2)):
        layers.append(
            draw.choice(
                (
                    {"kind": "layer_norm", "gamma": array(size), "beta": array(size)},
                    {"kind": "rms_norm", "gamma": array(size)},
                    {"kind": "dropout", "mask": [draw.randint(0, 1) for _ in range(size)], "keep": Decimal("0.5")},
                    {"kind": "residual", "of": len(layers)},
                    {"units": size, "activation": "relu", "weights": array(size, size), "biases": array(size)},
                )
            )
        )
    layers.append({"units": 2, "activation": "softmax", "weights": array(2, size), "biases": array(2)})
    return {
        "title": _title(draw),
        "network": {"layers": layers},
        "data": {"inputs": inputs, "targets": [[draw.randint(1, 2)] for _ in range(count)]},
        "loss": {"name": "negative_log_likelihood"},
        "training": {
            "learning_rate": Decimal("0.1"),
            "optimizer": optimizer,
        },
    }


def _example(draw: random.Random) -> Table:
    """An example of the tests, as a table."""
    import tomllib

    path = draw.choice(sorted((ROOT / "tests/data/equations").glob("*.toml")))
    table = tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
    table["model"]["equations"] = _mutated(draw, table["model"]["equations"], 1)
    return table


KINDS = {
    "equations": _model,
    "a text": _text,
    "functions": _functions,
    "a network": _network,
    "an example": _example,
}
