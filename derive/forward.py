"""The forward computation of a network: rows of the library written out, with a quantity for each of their elements.

The equations are those of a dense layer, of a function that takes a layer together, of a loss, and of what stands
beside the layers (`part`). Decided here is which quantity an element of a row is, what a step is called, and that a
loss is taken apart into what every output contributes. Nothing here has an author's letter, a value or a derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from derive.activations import JOINTS
from derive.expression import ZERO, Call, Node, Ref, Var, add, bind, call
from derive.graph import (
    Activate,
    Exponential,
    ExponentialSum,
    LossPart,
    LossSum,
    Penalty,
    SoftmaxShare,
    Standardize,
    WeightedSum,
    activation_row,
    bias,
    example_loss_quantity,
    loss_formula,
    loss_row,
    penalised,
    weights,
    width,
)
from derive.library import rows
from derive.library.elements import Meanings, Place, elements
from derive.quantity import Quantity
from derive.spec import Layer, Problem
from derive.spec.kinds import DENSE_KIND
from derive.step import Step


def forward_steps(problem: Problem, examples: tuple[int, ...]) -> tuple[Step, ...]:
    """All steps from the inputs to the loss, for these examples and the first update."""
    steps: list[Step] = []
    many = len(problem.data.inputs) > 1
    for example in examples:
        tag = example if many else None
        for number, layer in enumerate(problem.network.layers, 1):
            steps.extend(layer_steps(problem, number, layer, tag))
        steps.extend(example_loss(problem, tag))
    steps.extend(total_loss(problem, examples if many else ()))
    return tuple(steps)


def preprocessing(problem: Problem) -> tuple[Step, ...]:
    """The standardisation of every input of every example, where the problem asks for it."""
    if problem.data.standardize is None:
        return ()
    many = len(problem.data.inputs) > 1
    return tuple(
        step
        for example in range(len(problem.data.inputs))
        for step in _standardized(problem.network.inputs, example if many else None)
    )


def _standardized(inputs: int, example: int | None) -> Iterator[Step]:
    meanings: Meanings = {
        "a": lambda i: Ref(Quantity("a", 0, i - 1, example=example)),
        "x": lambda i: Ref(Quantity("x", unit=i - 1, example=example)),
        "m": lambda i: Ref(Quantity("mean", unit=i - 1)),
        "s": lambda i: Ref(Quantity("std", unit=i - 1)),
    }
    sizes = dict.fromkeys(("x", "m", "s"), (inputs,))
    return _steps(rows("part")["standardized_inputs"].text(), {"a": Standardize}, sizes, meanings)


def layer_steps(problem: Problem, number: int, layer: Layer, example: int | None) -> Iterator[Step]:
    """Preactivations and activations of one layer, as the row of a dense layer has them."""
    row = rows("layer")[DENSE_KIND]
    meanings: Meanings = {
        "x": lambda i: Ref(Quantity("a", number - 1, i - 1, example=example)),
        "W": lambda j, i: Ref(Quantity("W", number, j - 1, i - 1)),
        "b": lambda j: Ref(own) if (own := bias(layer, number, j - 1)) else ZERO,
        "z": lambda j: Ref(Quantity("z", number, j - 1, example=example)),
        "y": lambda j: Ref(Quantity("a", number, j - 1, example=example)),
    }
    shapes, ends = row.network["shapes"], (row.network["input"], row.network["output"])
    ((below,), (unit,)) = (shapes[end] for end in ends)
    lengths = {below: width(problem, number - 1), unit: layer.units}
    sizes = {name: tuple(lengths[letter] for letter in shapes[name]) for name in shapes if name != ends[1]}

    activation = call(layer.activation, Var("z")) if layer.joint else activation_row(layer).definition
    functions = dict.fromkeys(row.functions, lambda argument: bind(activation, {"z": argument}))
    steps = _steps(row.text(), {"z": WeightedSum, "y": Activate}, sizes, meanings, functions)
    return _taken_together(layer.activation, steps) if layer.joint else steps


def _taken_together(activation: str, steps: Iterable[Step]) -> Iterator[Step]:
    """The steps of a layer with those of a function of all its units in the place of its activations."""
    arguments: dict[Quantity, Node] = {}
    for step in steps:
        match step:
            case Activate(target, Call(name, (argument,))) if name == activation:
                arguments[target] = argument
            case Activate():
                raise ValueError(f"{activation} stands inside a formula of the row of a dense layer")
            case _:
                yield step
    row, values = JOINTS[activation], list(arguments)
    meanings: Meanings = {
        "x": lambda j: arguments[values[j - 1]],
        "e": lambda j: Ref(values[j - 1]._replace(kind="exp")),
        "S": lambda: Ref(values[0]._replace(kind="expsum", unit=None)),
        "y": lambda j: Ref(values[j - 1]),
    }
    sizes = {"x": (len(values),)}
    # Equal sums give equal shares exactly, which a quotient of two balls cannot know.
    exactly = {values[place[0] - 1]: formula for _, place, formula in elements(row.exactly, sizes, meanings)}
    for step in _steps(row.equations, {"e": Exponential, "S": ExponentialSum, "y": SoftmaxShare}, sizes, meanings):
        yield type(step)(step.target, step.formula, exactly.get(step.target))


def example_loss(problem: Problem, example: int | None) -> Iterator[Step]:
    """The contributions of the outputs and their sum, for one example."""
    row = loss_row(problem)
    target = example_loss_quantity(problem, example)
    outputs = width(problem, len(problem.network.layers))
    if outputs == 1:
        yield LossPart(target, loss_formula(problem, row.part, 0, example))
        return
    parts = [Quantity("loss_part", unit=k, example=example) for k in range(outputs)]
    for k, part in enumerate(parts):
        yield LossPart(part, loss_formula(problem, row.part, k, example))
    yield LossSum(target, add(*map(Ref, parts)))


def over_examples(problem: Problem, terms: Sequence[Node]) -> Node:
    """The sum or the mean of one term per example, as the problem reduces its loss."""
    text = rows("part")["loss_of_examples"].text({"reduction": problem.loss.reduction})
    ((_, _, formula),) = elements(text, {"E": (len(terms),)}, {"E": lambda s: terms[s - 1]})
    return formula


def total_loss(problem: Problem, examples: tuple[int, ...]) -> Iterator[Step]:
    """The loss of the batch, and the penalty on the weights."""
    data = Quantity("data_loss" if penalised(problem) else "loss")
    if examples:
        yield LossSum(data, over_examples(problem, [Ref(Quantity("loss", example=s)) for s in examples]))
    if penalised(problem):
        yield from _penalties(problem, list(weights(problem)))


def penalty_formula(problem: Problem, penalised_weights: Sequence[Quantity]) -> Node:
    """The penalty on some weights."""
    return next(step.formula for step in _penalties(problem, penalised_weights) if isinstance(step, Penalty))


def _penalties(problem: Problem, penalised_weights: Sequence[Quantity]) -> Iterator[Step]:
    """The penalty on some weights, and the loss with it; a strength of 0 is left out."""
    strengths = problem.loss.regularization
    meanings: Meanings = {
        "w": lambda k: Ref(penalised_weights[k - 1]),
        "l1": lambda: Ref(Quantity("l1")) if strengths.l1 else ZERO,
        "l2": lambda: Ref(Quantity("l2")) if strengths.l2 else ZERO,
        "D": lambda: Ref(Quantity("data_loss")),
        "R": lambda: Ref(Quantity("penalty")),
        "L": lambda: Ref(Quantity("loss")),
    }
    sizes = {"w": (len(penalised_weights),), "l1": (), "l2": (), "D": ()}
    return _steps(rows("part")["penalty"].text(), {"R": Penalty, "L": LossSum}, sizes, meanings)


def _steps(
    text: str,
    classes: Mapping[str, type[Step]],
    sizes: Mapping[str, Place],
    meanings: Meanings,
    functions: Mapping[str, Callable[[Node], Node]] = {},
) -> Iterator[Step]:
    """The equations of a row as steps; `classes` say what a step is called that defines a name of the row.

    Raises `ValueError` where the row defines other names than these.
    """
    missing = dict.fromkeys(classes)
    for name, place, formula in elements(text, sizes, meanings, functions):
        target = meanings[name](*place) if name in classes else None
        if not isinstance(target, Ref):
            raise ValueError(f"a network has no step for {name}, which a row of the library defines")
        missing.pop(name, None)
        yield classes[name](target.quantity, formula)
    if missing:
        raise ValueError(f"a row of the library does not define {', '.join(missing)}")
