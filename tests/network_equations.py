"""A network of dense layers written as equations: the same computation in the other language.

Nothing here computes. Names are W1, z1, a1 for layer 1, indices count from 0, examples are the first index.
"""

from __future__ import annotations

from typing import Any

from derive.quantity import Quantity
from derive.spec import Problem
from derive.trace.identity import Identity, Symbol

PARTS = {
    "half_squared_error": "1/2*({a} - {t})^2",
    "squared_error": "({a} - {t})^2",
    "mean_squared_error": "1/outputs*({a} - {t})^2",
    "binary_cross_entropy": "-({t}*ln({a}) + (1 - {t})*ln(1 - {a}))",
    "categorical_cross_entropy": "-{t}*ln({a})",
}


def as_equations(problem: Problem) -> dict[str, Any]:
    """The tables of the problem that says the same in equations."""
    layers, many = problem.network.layers, len(problem.data.inputs) > 1
    n = "n," if many else ""
    lines, parameters, constants = [], {}, {}
    data = problem.data.inputs if many else problem.data.inputs[0]
    targets = problem.data.targets if many else problem.data.targets[0]
    inputs = {"x" if problem.data.standardize else "a0": _lists(data)}
    if problem.data.standardize:
        constants["mean_x"] = _lists(problem.data.standardize.mean)
        constants["std"] = _lists(problem.data.standardize.std)
        lines.append(f"a0[{n}i] = (x[{n}i] - mean_x[i])/std[i]")
    for number, layer in enumerate(layers, 1):
        assert layer.weights is not None
        parameters[f"W{number}"] = _lists(layer.weights)
        bias = ""
        if layer.biases is not None:
            shared = not isinstance(layer.biases, tuple)
            (parameters if layer.train_biases else constants)[f"b{number}"] = _lists(layer.biases)
            bias = f" + b{number}" if shared else f" + b{number}[j]"
        lines.append(f"z{number}[{n}j] = sum(W{number}[j,i]*a{number - 1}[{n}i] for i){bias}")
        z = f"z{number}[{n}j]"
        function = {
            "softmax": f"softmax({z} over j)",
            "leaky_relu": f"leaky_relu({z}, slope = {layer.parameters.get('slope', '0.01')})",
        }
        lines.append(f"a{number}[{n}j] = {function.get(layer.activation, f'{layer.activation}({z})')}")
    last = len(layers)
    constants["outputs"] = layers[-1].units
    part = PARTS[problem.loss.name].format(a=f"a{last}[{n}k]", t=f"t[{n}k]")
    lines.append(f"part[{n}k] = {part}")
    lines.append("own[n] = sum(part[n,k] for k)" if many else "data = sum(part[k] for k)")
    training = problem.training
    table: dict[str, Any] = {"learning_rate": training.learning_rate, "steps": training.steps}
    if many and training.batch == "one":
        constants["s"] = 0
        lines.append("data = own[s]")
        table["schedule"] = {"s": list(range(len(problem.data.inputs)))}
    elif many:
        lines.append(f"data = {problem.loss.reduction}(own[n] for n)")
    l1, l2 = problem.loss.regularization.l1, problem.loss.regularization.l2
    if l1 or l2:
        constants["l1"], constants["l2"] = l1, l2
        sums = [
            " + ".join(form.format(f"W{number}") for number in range(1, last + 1))
            for form in ("sum(abs({}))", "sum({}^2)")
        ]
        lines.append(f"penalty = l1*({sums[0]}) + l2/2*({sums[1]})")
        lines.append("L = data + penalty")
    else:
        lines.append("L = data")
    if training.optimizer == "momentum":
        table |= {"optimizer": "momentum", "momentum": training.momentum}
    if training.decay:
        table["decay"] = {"kind": training.decay.kind, "rate": training.decay.rate}
    return {
        "title": problem.title,
        "inputs": inputs,
        "parameters": parameters,
        "targets": {"t": _lists(targets)},
        "constants": constants,
        "model": {"equations": "\n".join(lines), "first_index": 0},
        "training": table,
    }


def _lists(value: Any) -> Any:
    return [_lists(part) for part in value] if isinstance(value, tuple) else value


def identity_of(quantity: Quantity, many: bool) -> Identity | None:
    """The same number in the other language; None where that has no number of its own.

    Derivatives of the loss of one example are of another loss; shares of a shared bias are not derivatives.
    """
    kind, layer, unit, source, example, step = quantity
    at = (example,) if example is not None else ()
    names = {"W": f"W{layer}", "b": f"b{layer}", "z": f"z{layer}", "a": f"a{layer}", "t": "t", "x": "x"}
    match kind:
        case "W":
            return Identity(Symbol(f"W{layer}", (unit, source)), step=step)  # type: ignore[arg-type]
        case "b":
            return Identity(Symbol(f"b{layer}", () if unit is None else (unit,)), step=step)  # type: ignore[arg-type]
        case "a" | "z" | "t" | "x":
            return Identity(Symbol(names[kind], (*at, unit)), step=step)  # type: ignore[arg-type]
        case "loss_part":
            return Identity(Symbol("part", (*at, unit)), step=step)  # type: ignore[arg-type]
        case "loss":
            return Identity(Symbol("own", at) if at else Symbol("L"), step=step)
        case "data_loss" | "penalty":
            return Identity(Symbol("data" if kind == "data_loss" else "penalty"), step=step)
        case "vW" | "vb":
            of = identity_of(quantity._replace(kind=kind[1:]), many)
            assert of is not None
            return Identity(Symbol("v"), owner=of.of, step=step)
        case "dL/dW" | "dL/db" | "dL/da" | "dL/dz":
            if example is not None or (many and kind in ("dL/da", "dL/dz")):
                return None
            by = identity_of(quantity._replace(kind=kind[4:]), many)
            assert by is not None
            return Identity(Symbol("L"), by=by.of, step=step)
    return None
