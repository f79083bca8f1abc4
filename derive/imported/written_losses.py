"""Losses as equations: a row of the library where it is the same, the formula of every element where it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from derive.errors import InputError
from derive.imported.arrays import View, aligned
from derive.imported.flow import EXAMPLE, Flow, Write
from derive.imported.operations import Given, Operation

LAST = "all together"


@dataclass(frozen=True)
class ElementLoss:
    """A loss of single outputs y and targets t: its formula, and the rows with the same mean or sum over outputs."""

    text: str
    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """For each reduction the name of a row, with its options."""


LOSSES: Mapping[str, ElementLoss] = {
    "squared": ElementLoss("({y} - {t})^2", {"mean": {"row": "mean_squared_error"}, "sum": {"row": "squared_error"}}),
    "absolute": ElementLoss("abs({y} - {t})", {"mean": {"row": "absolute_error"}}),
    "huber": ElementLoss("huber({y} - {t}, {delta})", {"mean": {"row": "huber", "threshold": "{delta}"}}),
    "smooth": ElementLoss("huber({y} - {t}, {beta})/{beta}"),
    "binary": ElementLoss(
        "-({t}*ln({y}) + (1 - {t})*ln(1 - {y}))",
        {key: {"row": "binary_cross_entropy", "reduction": key} for key in ("mean", "sum")},
    ),
    "divergence": ElementLoss("if({t} > 0, {t}*(ln({t}) - {y}), 0)"),
    "soft_margin": ElementLoss("softplus(-{t}*{y})"),
    "poisson": ElementLoss("exp({y}) - {t}*{y}"),
}


def element_loss(flow: Flow, op: Operation) -> View:
    """The mean or the sum over all outputs and examples."""
    row, reduction = LOSSES[op.options["how"]], op.options["reduction"]
    y, t = flow.array(op.takes[0]), flow.array(op.takes[1], "t" if isinstance(op.takes[1], Given) else "")
    if y.shape != t.shape:
        hint = "y.unsqueeze(1) makes a column of it; without, every output is compared with every target"
        expected = f"targets of the shape of the outputs, {'x'.join(map(str, y.shape)) or 'one number'}"
        raise InputError(expected, "x".join(map(str, t.shape)) or "one number", place="y", hint=hint)
    numbers = {key: str(value) for key, value in op.options.get("numbers", {}).items()}
    same = row.rows.get(reduction)
    if same and y.dimensions and len(y.dimensions[-1]) == 1 and all(len(one) == 1 for one in t.dimensions[-1:]):
        options = {key: value.format(**numbers) for key, value in same.items() if key != "row"}
        return _by_row(flow, op, same["row"], (y, t), options, reduction)
    (y, t), dimensions = aligned([y, t])
    spans = [span for one in dimensions for span in one]
    text = row.text.format(y=flow.read(y), t=flow.read(t), **numbers)
    return _total(flow, op, text, spans, [y, t], reduction)


def _called(flow: Flow, op: Operation) -> str:
    """L, or of a loss with which something more is computed another name."""
    return "L" if op is flow.result else flow.named("loss")


def _total(
    flow: Flow, op: Operation, text: str, spans: Sequence[Any], reads: Sequence[View], reduction: str, sign: str = ""
) -> View:
    whole = sign + flow.summed(reduction, text, spans, reads)
    return flow.define(_called(flow, op), [], whole, [], LAST if spans else "the loss")


def _by_row(
    flow: Flow, op: Operation, row: str, arrays: Sequence[View], options: Mapping[str, str], reduction: str
) -> View:
    """A row for every example, and their mean or sum."""
    y, t = arrays
    if y.shape[:-1] != t.shape[:-1]:
        raise InputError("targets for every example", "others", place="y")
    front, outer = aligned([View(one.name, one.dimensions[:-1], one.index) for one in arrays])
    y, t = (View(one.name, (*outer, own.dimensions[-1]), one.index) for one, own in zip(front, arrays, strict=True))
    y_text, lifts, y = flow.whole(y, 1)
    maps = {"y": y_text, "t": flow.whole(t, 1)[0], **options}
    if not lifts:
        name = _called(flow, op)
        flow.use(row, [], [y], {**maps, "L": name}, {}, "the loss")
        return flow.made(name, [], [])
    what = "example" if [span.letters for span in lifts] == [EXAMPLE] else "row"
    name = flow.kept("E")
    flow.use(row, lifts, [y], maps, {"L": name}, f"the loss of every {what}")
    each = flow.made(name, lifts, [(one,) for one in lifts])
    return _total(flow, op, flow.read(each), lifts, [each], reduction)


def logits_loss(flow: Flow, op: Operation) -> View:
    """Binary cross-entropy of sums: the sigmoid is a step of its own."""
    z = flow.array(op.takes[0])
    p = flow.define(flow.named("p"), z.dimensions, f"sigmoid({flow.read(z)})", [z], "the sum as a probability")
    found = Operation("element_loss", (p, op.takes[1]), {**op.options, "how": "binary"})
    flow.result = found if op is flow.result else flow.result
    return element_loss(flow, found)


def classes_loss(flow: Flow, op: Operation) -> View:
    """Cross-entropy of classes, whose scores or logarithms stand along one dimension."""
    scores, targets = op.takes
    z, axis = flow.array(scores), op.options["axis"]
    reduction = op.options["reduction"]
    order = [*[one for one in range(len(z.dimensions)) if one != axis % len(z.dimensions)], axis % len(z.dimensions)]
    z = z.permuted(order)
    if len(z.dimensions[-1]) != 1:
        raise InputError("scores of at least two classes", "one", place=op.place)
    numbered = op.options["numbers"]
    plain = isinstance(targets, Given) and targets not in flow.views
    if numbered and plain and op.options["scores"]:
        _one_hot(targets, z.shape[-1])
    if not numbered or (plain and op.options["scores"]):
        t = flow.array(targets, "t" if isinstance(targets, Given) else "")
        t = t if numbered else t.permuted(order)
        if not op.options["scores"]:
            raise InputError("numbers of classes", "shares", place=op.place)
        (span,) = z.dimensions[-1]
        over = f"softmax({flow.read(z)} over {flow.binds([span], flow.known([z]))})"
        p = flow.define(flow.named("p"), z.dimensions, over, [z], "scores as probabilities")
        return _by_row(flow, op, "categorical_cross_entropy", (p, t), {}, reduction)
    if op.options["scores"]:
        (span,) = z.dimensions[-1]
        over = f"log_softmax({flow.read(z)} over {flow.binds([span], flow.known([z]))})"
        z = flow.define(flow.named("logp"), z.dimensions, over, [z], "logarithms of the probabilities")
    label = flow.looked_up(targets)
    rest = View(z.name, z.dimensions[:-1], z.index)
    (rest, label), dimensions = aligned([rest, label])
    places = [form.text(flow.letters) for form in rest.index]
    (span,) = z.dimensions[-1]
    at = next(one for one, form in enumerate(rest.index) if any(own is span for own, _ in form.terms))
    places[at] = flow.read(label)
    spans = [own for one in dimensions for own in one]
    return _total(flow, op, f"{z.name}[{','.join(places)}]", spans, [label], reduction, "-")


def row_loss(flow: Flow, op: Operation) -> View:
    """A row of the library for every example, with their mean."""
    y, t = flow.array(op.takes[0]), flow.array(op.takes[1], "t")
    return _by_row(flow, op, op.options["row"], (y, t), {}, "mean")


def shares_of_logarithms(flow: Flow, op: Operation) -> View:
    """Cross-entropy of logarithms of probabilities and shares."""
    y, t = flow.array(op.takes[0]), flow.array(op.takes[1], "t")
    (y, t), dimensions = aligned([y, t])
    *outer, (last,) = dimensions
    text = flow.summed("sum", f"{flow.read(t)}*{flow.read(y)}", [last], [y, t])
    return _total(flow, op, text, [span for one in outer for span in one], [y, t], "mean", "-")


def _one_hot(targets: Given, classes: int) -> None:
    """Numbers of classes as shares, of which all but one are 0."""

    def row(value: Any) -> Any:
        if isinstance(value, list):
            return [row(one) for one in value]
        if type(value) is not int or not 0 <= value < classes:
            raise InputError(f"the number of a class, from 0 to {classes - 1}", str(value), place="y")
        return [int(one == value) for one in range(classes)]

    targets.values = row(targets.values)
    targets.shape = (*targets.shape, classes)


KINDS: Mapping[str, Write] = {
    "element_loss": element_loss,
    "logits_loss": logits_loss,
    "classes_loss": classes_loss,
    "row_loss": row_loss,
    "shares_of_logarithms": shares_of_logarithms,
}
