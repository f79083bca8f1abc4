"""The derivatives that every later step uses, each derived once, line by line, with the name of each rule."""

from __future__ import annotations

from collections.abc import Iterator

from derive.activations import JOINTS, WorkedLine, described
from derive.derivation import penalty_terms, simplified
from derive.document import Block, Equation, Section, Worked
from derive.expression import (
    ONE,
    ZERO,
    Apply,
    Branch,
    Cases,
    Div,
    Mul,
    Neg,
    Node,
    Partial,
    Pow,
    Ref,
    SumOver,
    Var,
    add,
    bind,
    call,
    const,
    mul,
    sub,
)
from derive.formula import Line
from derive.graph import activation_row, loss_row, penalised, with_outputs
from derive.losses import SIMPLIFICATIONS
from derive.narrate.page import Page
from derive.quantity import Quantity

ARGUMENT = Var("u")
"""The variable in which activation functions are differentiated: a letter that no notation uses."""


def boxes(page: Page) -> list[Section]:
    """One section per derivative that this network needs; that of a weighted sum is also found where it is used."""
    names = dict.fromkeys(layer.activation for layer in page.problem.network.layers)
    found = [section for name in names for section in activation_box(page, name)]
    if page.whole("derivatives"):
        found.append(weighted_sum_box(page))
    found.append(loss_box(page))
    found.extend(simplification_box(page))
    found.extend(penalty_box(page))
    return found


def _lines(worked: tuple[WorkedLine, ...], variables: dict[str, Node]) -> Iterator[tuple[str, Node, str]]:
    for line in worked:
        yield "=", bind(line.formula, variables), line.rule


def activation_box(page: Page, name: str) -> Iterator[Section]:
    """The derivative of one activation function, from its definition."""
    if described(name).passes_on:
        return
    if name in JOINTS:
        yield softmax_box(page)
        return
    number = next(n for n in range(1, page.last + 1) if page.layer(n).activation == name)
    row = activation_row(page.layer(number))
    function = Apply(row.letter, ARGUMENT)
    variables: dict[str, Node] = {"z": ARGUMENT, "a": function}
    definition = bind(row.definition, variables)
    parts = [] if definition == call(name, ARGUMENT) else [("=", definition)]
    if row.opening is not None:
        parts.append(("=", bind(row.opening, variables)))
    z, a = Quantity("z", number, 0), Quantity("a", number, 0)
    example = 0 if page.many else None
    z, a = z._replace(example=example), a._replace(example=example)
    in_symbols = bind(row.derivative, {"z": Ref(z), "a": Ref(a)})
    blocks: list[Block] = [page.say("{said}", said=row.forward)] if row.forward else []
    blocks.append(page.say("The function is {line}.", line=Line(function, tuple(parts))))
    worked = Worked(Apply(row.letter, ARGUMENT, 1), tuple(_lines(row.worked, variables)))
    blocks += [page.say("Its derivative:"), worked]
    blocks.append(
        page.say(
            "In the symbols of this network, {line}. {note}",
            line=Line(page.partial(a, z), (("=", in_symbols),)),
            note=row.note,
        )
    )
    yield page.section("The derivative of {words}", blocks, words=row.words)


def softmax_box(page: Page) -> Section:
    """The full Jacobian of softmax by the quotient rule."""
    number = next(n for n in range(1, page.last + 1) if page.layer(n).joint)
    example = 0 if page.many else None

    def unit(kind: str, index: str) -> Ref:
        return Ref(Quantity(kind, number, index, example=example))

    total = Ref(Quantity("expsum", number, example=example))
    e_i, e_j, a_i, a_j = unit("exp", "i"), unit("exp", "j"), unit("a", "i"), unit("a", "j")
    same = Partial(a_j, unit("z", "j"))
    other = Partial(a_i, unit("z", "j"))
    blocks: list[Block] = [
        page.say(
            "Every output depends on every sum, because all exponentials stand in the denominator {total}. The"
            " derivative of {e_j} with respect to {z_j} is {e_j} again, and so is the derivative of {total}. The"
            " quotient rule gives two cases. An output and its own sum:",
            total=total,
            e_j=e_j,
            z_j=unit("z", "j"),
        ),
        Worked(
            same,
            (
                ("=", Div(sub(mul(e_j, total), mul(e_j, e_j)), Pow(total, const(2))), "quotient rule"),
                ("=", mul(Div(e_j, total), sub(ONE, Div(e_j, total))), "take out one factor"),
                ("=", mul(a_j, sub(ONE, a_j)), "recognise the output"),
            ),
        ),
        page.say("An output and the sum of another unit, {i} different from {j}:", i=Var("i"), j=Var("j")),
        Worked(
            other,
            (
                (
                    "=",
                    Div(sub(mul(ZERO, total), mul(e_i, e_j)), Pow(total, const(2))),
                    "quotient rule; the numerator does not change",
                ),
                ("=", Neg(mul(Div(e_i, total), Div(e_j, total))), "split the fraction"),
                ("=", Neg(mul(a_i, a_j)), "recognise both outputs"),
            ),
        ),
    ]
    return page.section("The derivatives of the softmax function", blocks)


def weighted_sum_box(page: Page) -> Section:
    """A weighted sum is linear in everything it contains."""
    number, example = page.last, 0 if page.many else None
    z = Quantity("z", number, 0, example=example)
    w, a = Quantity("W", number, 0, 0), Quantity("a", number - 1, 0, example=example)
    blocks: list[Block] = [
        page.say(
            "A weighted sum such as {line} is linear in each weight and in each incoming activation. Its derivative"
            " with respect to a weight is what comes in along that connection, and its derivative with respect to an"
            " incoming activation is the weight of that connection:",
            line=Line(Ref(z), (("=", page.trace.step(z).formula),)) if page.width(number - 1) <= 4 else Ref(z),
        ),
    ]
    first, second = Line(page.partial(z, w), (("=", Ref(a)),)), Line(page.partial(z, a), (("=", Ref(w)),))
    blocks.append(page.say("{first} and {second}.", first=first, second=second))
    return page.section("The derivatives of a weighted sum", blocks)


def output_symbols(page: Page) -> tuple[Quantity, Quantity]:
    """Activation and target of the first output, of the first example."""
    example = 0 if page.many else None
    return Quantity("a", page.last, 0, example=example), Quantity("t", unit=0, example=example)


def loss_box(page: Page) -> Section:
    """The derivative of the loss with respect to one output."""
    row = loss_row(page.problem)
    a, t = output_symbols(page)
    worked, part = row.worked, row.part
    if row.target_first is not None and page.namer.notation.target_first:
        part, worked = row.target_first
    outputs = page.width(page.last)
    variables: dict[str, Node] = {"a": Ref(a), "t": Ref(t)}
    worked = tuple(WorkedLine(with_outputs(line.formula, outputs), line.rule) for line in worked)
    part = with_outputs(part, outputs)
    blocks: list[Block] = []
    if page.width(page.last) > 1:
        contribution = Quantity("loss_part", unit=0, example=a.example)
        blocks.append(
            page.say(
                "The loss is a sum with one term per output. Only the term {part} contains {a}:",
                part=Line(Ref(contribution), (("=", bind(part, variables)),)),
                a=a,
            )
        )
    blocks.append(Worked(page.d_loss(a), tuple(_lines(worked, variables))))
    if page.width(page.last) > 1:
        blocks.append(page.say("The other outputs follow by changing the index."))
    return page.section("The derivative of {words}", blocks, words=row.words)


def penalty_box(page: Page) -> Iterator[Section]:
    """The derivative of the penalty with respect to one weight."""
    if not penalised(page.problem):
        return
    weight, penalty = Quantity("W", page.last, 0, 0), Quantity("penalty")
    regularization = page.problem.loss.regularization
    both = bool(regularization.l1 and regularization.l2)
    line = Line(page.partial(penalty, weight), (("=", add(*penalty_terms(page.problem, weight))),))
    blocks: list[Block] = [
        page.say(
            "The penalty {r} is a sum over all weights, and {what} of it {verb} {w}:",
            r=penalty,
            what="only two terms" if both else "only one term",
            verb="contain" if both else "contains",
            w=weight,
        ),
        Equation((line,)),
    ]
    if regularization.l1:
        blocks.append(
            page.say(
                "The derivative of the absolute value is the sign: 1 for a positive weight, -1 for a negative one. At"
                " exactly 0 there is a corner, and 0 is used."
            )
        )
    if regularization.l2:
        blocks.append(page.say("The factor one half cancels the 2 of the power rule."))
    yield page.section("The derivative of the penalty", blocks)


def simplification_box(page: Page) -> Iterator[Section]:
    """Where output activation and loss fit together, their product is worked out once."""
    if not simplified(page.problem):
        return
    layer = page.layer(page.last)
    a, t = output_symbols(page)
    z = a._replace(kind="z")
    title = "The two together: why only the difference remains"
    if layer.joint:
        yield page.section(title, softmax_simplification(page))
        return
    pair = SIMPLIFICATIONS[layer.activation, page.problem.loss.name]
    lines = tuple(_lines(pair.worked, {"a": Ref(a), "t": Ref(t)}))
    chain = ("=", mul(page.d_loss(a), page.partial(a, z)), "chain rule")
    blocks: list[Block] = [
        page.say(
            "The loss and the activation function of the output were made for each other. By the chain rule the"
            " derivative of the loss with respect to the weighted sum {z} is the product of the two derivatives above:",
            z=z,
        ),
        Worked(page.d_loss(z), (chain, *lines)),
        page.say("No logarithm and no fraction is left: prediction minus target."),
    ]
    yield page.section(title, blocks)


def softmax_simplification(page: Page) -> list[Block]:
    """The sum over the outputs that softmax with cross-entropy needs, with indices."""
    number, example = page.last, 0 if page.many else None

    def unit(kind: str, index: str) -> Ref:
        layer = None if kind == "t" else number
        return Ref(Quantity(kind, layer, index, example=example))

    a_i, a_j, t_i, t_j, z_j = unit("a", "i"), unit("a", "j"), unit("t", "i"), unit("t", "j"), unit("z", "j")
    outputs = str(page.width(number))
    delta = Var(page.free_letter("dcgk"))
    kronecker = Cases((Branch(ONE, Var("i"), "=", Var("j")), Branch(ZERO, Var("i"), "!=", Var("j"))))
    d_loss = Partial(Ref(page.loss(example)), a_i)
    jacobian = Partial(a_i, z_j)
    total = SumOver("i", outputs, t_i)
    return [
        page.say(
            "The sum {z_j} reaches every output, so the chain rule adds up over all of them. Write the two cases of the"
            " softmax derivative as one, {one}, where {d}:",
            z_j=z_j,
            one=Line(jacobian, (("=", mul(a_i, sub(delta, a_j))),)),
            d=Line(delta, (("=", kronecker),)),
        ),
        Worked(
            Partial(Ref(page.loss(example)), z_j),
            (
                ("=", SumOver("i", outputs, mul(d_loss, jacobian)), "chain rule over all outputs"),
                (
                    "=",
                    SumOver("i", outputs, Mul((Neg(Div(t_i, a_i)), a_i, sub(delta, a_j)))),
                    "put both derivatives in",
                ),
                ("=", add(Neg(t_j), mul(a_j, total)), "the denominators cancel; only i = j keeps the 1"),
                ("=", sub(a_j, t_j), "the targets add up to 1"),
            ),
        ),
    ]
