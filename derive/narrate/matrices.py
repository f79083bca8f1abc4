"""The matrix form: forward and backward pass a layer at a time."""

from __future__ import annotations

from collections.abc import Iterator

from derive import graph
from derive.activations import ACTIVATIONS, JOINTS, described
from derive.derivation import penalty_terms
from derive.document import Block, Equation, Section
from derive.expression import (
    Apply,
    Hadamard,
    Letter,
    MatMul,
    Matrix,
    MatrixName,
    Mul,
    Node,
    Partial,
    Ref,
    add,
    bind,
    quantities,
    sub,
)
from derive.formula import Line
from derive.narrate import delta as units
from derive.narrate.layers import (
    data_gradient,
    decimals_inside,
    entries,
    layer_vector,
    layer_weights,
    outer,
    product,
    result_line,
    row_convention,
    sent_back,
    shape,
    shapes,
    shortening,
    vector,
    vector_factor,
    weight_factor,
    weight_matrix,
    weighted_sums,
    with_bias,
)
from derive.narrate.page import BRIEF, Page, capital
from derive.quantity import Quantity


def forward_layer(page: Page, number: int, example: int | None, step: int, again: bool) -> list[Block]:
    """Preactivations and activations of a layer as vectors."""
    layer, shown = page.layer(number), entries(page, number)
    below = layer_vector("a", page, number - 1, example, step)
    z, a = layer_vector("z", page, number, example, step), layer_vector("a", page, number, example, step)
    weights = layer_weights("W", page, number, step=step)
    biases = _bias_vector(page, number, step)
    z_name = MatrixName("z", number, example, step)
    named = weighted_sums(
        page,
        weight_factor(page, MatrixName("W", number, None, step), number),
        vector_factor(page, MatrixName("a", number - 1, example, 0 if number == 1 else step), number - 1),
    )
    filled_in = weighted_sums(
        page,
        weight_factor(page, weight_matrix(page, weights, shown), number),
        vector_factor(page, vector(page, below, shown), number - 1),
    )
    names = with_bias(product(named), None if biases is None else MatrixName("b", number, None, step))
    numbers = with_bias(product(filled_in), None if biases is None else vector(page, biases, shown))
    blocks: list[Block] = [] if again else list(shortening(page, number))
    if not again and page.detail > BRIEF:
        blocks.append(shapes(page, named, z_name, "All weighted sums of the layer at once. Here"))
    used = [*below, *(w for row in weights for w in row), *(biases or [])]
    blocks.append(
        Equation((result_line(page, z_name, [] if again else [names], numbers, used, vector(page, z, shown)),))
    )
    if page.merged(number):
        if not again:
            blocks.append(page.say("The layer is linear: these are its activations too."))
        return blocks
    a_name = MatrixName("a", number, example, step)
    applied = [] if again else [Apply(_letter(layer.activation), z_name)]
    filled = Apply(_letter(layer.activation), vector(page, z, shown))
    if not again and page.detail > BRIEF:
        blocks.append(page.say(_activation_text(layer.activation)))
    blocks.append(Equation((result_line(page, a_name, applied, filled, z, vector(page, a, shown)),)))
    return blocks


def _activation_text(name: str) -> str:
    if name in JOINTS:
        return "Softmax: the exponential of each sum, divided by the sum of all these exponentials."
    return f"Apply {ACTIVATIONS[name].words} to every entry:"


def _letter(name: str) -> Letter:
    return described(name).letter


def _bias_vector(page: Page, number: int, step: int = 0) -> list[Quantity] | None:
    layer = page.layer(number)
    if layer.biases is None:
        return None
    found = [graph.bias(layer, number, j) for j in range(layer.units)]
    return [own.shifted(step) for own in found if own is not None]


# -- the backward pass ---------------------------------------------------------------------------------------


def layer_section(page: Page, number: int, example: int | None, again: bool) -> Section:
    """The delta vector of a layer, then its gradient matrix; unit by unit where matrices would not fit the page."""
    if not in_matrices(page, number):
        section = units.layer_section(page, number, example, again)
        note = page.say(
            "With {sizes} weights the matrices here are wider than the page, so this layer is worked unit by unit.",
            sizes=f"{page.width(number)}×{page.width(number - 1)}",
        )
        return section if again else Section(section.title, (note, *section.blocks))
    blocks = [*deltas(page, number, example, again), *gradient_blocks(page, number, example, again)]
    return page.section("{layer}", blocks, layer=capital(page.layer_name(number)))


def in_matrices(page: Page, number: int) -> bool:
    """Whether a layer's matrices, and those that its deltas come from, fit the page."""
    here = decimals_inside(page, number) is not None
    return here and (number == page.last or decimals_inside(page, number + 1) is not None)


def delta_vector(page: Page, number: int, example: int | None) -> Node:
    """The bold delta, or the fraction where the author has no letter."""
    if "dL/dz" in page.namer.notation.bold:
        return MatrixName("dL/dz", number, example)
    return Partial(Ref(page.loss(example)), MatrixName("z", number, example))


def deltas(page: Page, number: int, example: int | None, again: bool) -> Iterator[Block]:
    """delta of a layer: from the loss at the output, from the layer above elsewhere."""
    shown = entries(page, number)
    delta = layer_vector("dL/dz", page, number, example)
    d_a, z = layer_vector("dL/da", page, number, example), layer_vector("z", page, number, example)
    name, result = delta_vector(page, number, example), vector(page, delta, shown)
    if page.shortened(number):
        a, t = (
            layer_vector("a", page, number, example),
            [Quantity("t", unit=k, example=example) for k in range(page.width(number))],
        )
        if not again:
            yield page.say("At the output only the difference between prediction and target is left{above}:",
                           above=page.derived_above)  # fmt: skip
        names = [] if again else [sub(MatrixName("a", number, example), MatrixName("t", None, example))]
        filled = sub(vector(page, a, shown), vector(page, t, shown))
        yield Equation((result_line(page, name, names, filled, [*a, *t], result),))
        return
    softmax = page.layer(number).joint
    above_name = Partial(Ref(page.loss(example)), MatrixName("a", number, example))
    if page.read_by_loss(number):
        if not again and page.detail > BRIEF:
            yield page.say("First the derivative of the loss with respect to every output:")
        gradient = vector(page, d_a, lambda q: page.formula(q))
        used = [q for one in d_a for q in _inputs(page, one)]
        left: Node = name if page.merged(number) else above_name
        names = [] if again else [gradient]
        yield Equation((result_line(page, left, names, _filled(page, gradient), used, vector(page, d_a, shown)),))
    else:
        yield from _from_above(page, number, example, again, name if page.merged(number) else above_name)
    if page.merged(number):
        return
    if softmax:
        yield from _softmax(page, number, example, again, name, result)
        return
    slopes = layer_vector("da/dz", page, number, example)
    letter = _letter(page.layer(number).activation)
    slope_name = Apply(letter, MatrixName("z", number, example), 1)
    if not again and page.detail > BRIEF:
        yield page.say("The derivative of the activation function at every unit:")
    formulas = vector(page, slopes, lambda q: page.formula(q))
    used = [q for one in slopes for q in _inputs(page, one)]
    by_cases = not ACTIVATIONS[page.layer(number).activation].entrywise
    numbers = None if by_cases else _filled(page, formulas)
    general = [] if by_cases or again else [entrywise(page, number, example)]
    yield Equation((result_line(page, slope_name, general, numbers, used or z, vector(page, slopes, shown)),))
    if not again and page.detail > BRIEF:
        yield page.say(
            "The two are multiplied entry by entry ({sign}): {shape} with {shape} gives {shape}.",
            sign="⊙",
            shape=shape(page, number),
        )
    names = [] if again else [Hadamard((above_name, slope_name))]
    product = Hadamard((vector(page, d_a, shown), vector(page, slopes, shown)))
    yield Equation((result_line(page, name, names, product, [*d_a, *slopes], result),))


def entrywise(page: Page, number: int, example: int | None) -> Node:
    """The derivative of the activation function with whole vectors in it, multiplied entry by entry."""
    row = graph.activation_row(page.layer(number))
    a, z = MatrixName("a", number, example), MatrixName("z", number, example)
    formula = bind(row.derivative, {"a": a, "z": z})
    return Hadamard(formula.factors) if isinstance(formula, Mul) else formula


def _inputs(page: Page, target: Quantity) -> list[Quantity]:
    return quantities(page.formula(target))


def _filled(page: Page, matrix: Matrix) -> Matrix:
    return Matrix(tuple(tuple(page.values.fill(entry) for entry in row) for row in matrix.rows))


def _from_above(page: Page, number: int, example: int | None, again: bool, left: Node) -> Iterator[Block]:
    """W^T delta of the layer above: the gradient of this layer's activations."""
    shown = entries(page, number + 1)
    above = layer_vector("dL/dz", page, number + 1, example)
    weights = layer_weights("W", page, number + 1)
    result = vector(page, layer_vector("dL/da", page, number, example), shown)
    w, d = MatrixName("W", number + 1), delta_vector(page, number + 1, example)

    named = sent_back(page, weight_factor(page, w, number + 1), vector_factor(page, d, number + 1))
    filled = sent_back(
        page,
        weight_factor(page, weight_matrix(page, weights, shown), number + 1),
        vector_factor(page, vector(page, above, shown), number + 1),
    )
    if not again and page.detail > BRIEF:
        opening = (
            "The deltas of the layer above go back along the same connections, with the old weights: all gradients are"
            " taken before any weight moves. Here"
        )
        yield shapes(page, named, left, opening)
    used = [*above, *(q for row in weights for q in row)]
    yield Equation((result_line(page, left, [] if again else [product(named)], product(filled), used, result),))


def _softmax(page: Page, number: int, example: int | None, again: bool, name: Node, result: Matrix) -> Iterator[Block]:
    """delta = J^T dL/da with the full Jacobian."""
    shown, units = entries(page, number), range(page.width(number))
    jacobian = [[Quantity("da/dz", number, i, j, example) for j in units] for i in units]
    d_a = layer_vector("dL/da", page, number, example)
    if not again:
        yield page.say("The Jacobian of softmax is symmetric; multiplied by this vector it gives the deltas:")
    matrix = Matrix(tuple(tuple(shown(q) for q in row) for row in jacobian))
    numbers = vector(page, d_a, shown)
    product = MatMul((numbers, matrix)) if row_convention(page) else MatMul((matrix, numbers))
    used = [*d_a, *(q for row in jacobian for q in row)]
    yield Equation((result_line(page, name, [], product, used, result),))


def gradient_blocks(page: Page, number: int, example: int | None, again: bool) -> Iterator[Block]:
    """The gradient matrix as a product of delta and the activations below, and the gradient of the biases."""
    shown = page.values.shown
    delta, below = layer_vector("dL/dz", page, number, example), layer_vector("a", page, number - 1, example)
    weights = layer_weights("dL/dW", page, number, example)
    left = Partial(Ref(page.loss(example)), MatrixName("W", number))
    d, a = delta_vector(page, number, example), MatrixName("a", number - 1, example)

    named = outer(page, vector_factor(page, d, number), vector_factor(page, a, number - 1))
    filled_in = outer(
        page,
        vector_factor(page, vector(page, delta, shown), number),
        vector_factor(page, vector(page, below, shown), number - 1),
    )
    names, filled = product(named), product(filled_in)
    penalised = graph.penalised(page.problem) and example is None
    if penalised:
        penalty = Partial(Ref(Quantity("penalty")), MatrixName("W", number))
        names = add(names, penalty)
        places = page.problem.rounding.decimals
        slopes = weight_matrix(page, weights, lambda q: page.values.compute(_penalty(page, q), places))
        filled = add(filled, slopes)
    if not again and page.detail > BRIEF:
        one = Quantity("dL/dW", number, 0, 0, example)
        entry = Line(Partial(Ref(page.loss(example)), Ref(Quantity("W", number, 0, 0))), (("=", data_gradient(one)),))
        yield page.say(
            "Each weight has the gradient of its unit's sum times what comes in along its connection, such as {entry}.",
            entry=entry,
        )
        yield shapes(
            page,
            named,
            left,
            "All of them at once are one product.",
            ", the shape of {w} itself:",
            w=MatrixName("W", number),
        )
    result = weight_matrix(page, weights, shown)
    answer = page.is_answer(weights[0][0])
    yield Equation((result_line(page, left, [] if again else [names], filled, [*delta, *below], result, answer),))
    layer = page.layer(number)
    if isinstance(layer.biases, tuple) and layer.train_biases:
        gradient = layer_vector("dL/db", page, number, example)
        line = result_line(
            page,
            Partial(Ref(page.loss(example)), MatrixName("b", number)),
            [d],
            None,
            delta,
            vector(page, gradient, shown),
            answer,
        )
        yield page.say("A bias enters its sum with the factor 1:")
        yield Equation((line,))


def _penalty(page: Page, gradient: Quantity) -> Node:
    return add(*penalty_terms(page.problem, gradient._replace(kind="W")))
