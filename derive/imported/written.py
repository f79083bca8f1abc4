"""Operations as equations: elementwise formulas, products, sums, softmax, arrays joined.

One row for each kind of operation. Layers and losses have modules of their own; names and letters are for `flow`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from derive.errors import InputError
from derive.imported.arrays import Dimension, Form, Range, View, aligned
from derive.imported.flow import FEATURE, Flow, Write
from derive.imported.operations import Given, Operation
from derive.imported.written_places import axis_of

ONE_DIGIT = Decimal("2e-16")
"""How far a double is from what it stands for."""
MOST_ROOT = 4096
"""The largest whole number whose root a scale is recognised as."""


def number_text(value: Decimal | int) -> str:
    """A number in a formula; the scale of attention is what it was made of.

    >>> number_text(Decimal("0.5")), number_text(Decimal("-2")), number_text(Decimal("0.7071067811865476"))
    ('0.5', '(-2)', '1/sqrt(2)')
    """
    value = Decimal(value)
    if len(value.as_tuple().digits) >= 15 and Decimal("1e-4") < value < 10_000:
        for square, text in ((round(value**2), "sqrt({})"), (round(value**-2), "1/sqrt({})")):
            if 1 < square <= MOST_ROOT:
                root = Decimal(square).sqrt()
                root = 1 / root if text.startswith("1/") else root
                if abs(root - value) <= value * ONE_DIGIT:
                    return text.format(square)
    text = format(value, "f")
    return f"({text})" if value < 0 else text


def formula(flow: Flow, op: Operation) -> View:
    """One formula for every element."""
    arrays = [flow.array(one) for one in op.takes if not isinstance(one, Decimal)]
    if not arrays:
        raise InputError("an operation on an array", "one on numbers alone", place=op.place)
    arrays, dimensions = aligned(arrays)
    left = iter(arrays)
    texts = [number_text(one) if isinstance(one, Decimal) else flow.read(next(left)) for one in op.takes]
    name = flow.named(*usual_name(op))
    return flow.define(name, dimensions, op.options["text"].format(*texts), arrays, op.options.get("about", ""))


USUAL = {"formula": "v", "matmul": "m", "reduce": "m", "linear": "z"}
"""What the result of an operation is called where nobody says anything."""


def usual_name(op: Operation) -> tuple[str, str]:
    """What a result is called, as its author does or by what it is, and the layer that stands behind it."""
    if op.variable:
        return op.variable, ""
    before = op.takes[0] if op.takes else None
    if "unit" in op.options and isinstance(before, Operation) and before.label:
        return "a", before.label
    return op.options.get("name", USUAL[op.kind]), op.label


def linear(flow: Flow, op: Operation, unit: Operation | None = None) -> View:
    """z = W x + b, with the activation of the layer where one follows."""
    source, weights, biases = op.takes
    letters = op.options.get("letters", "Wb")
    x, W = flow.array(source), flow.array(weights, letters[0], op.label)
    b = flow.array(biases, letters[1], op.label) if biases is not None else None
    function = unit.options["unit"] if unit else "linear"
    own = weights.name.removeprefix("W") if isinstance(weights, Given) else ""
    if _picture(x):
        x = flow.whole(x, 1)[2]
    if b is not None and _row(x) and len(W.index) == 2 and W.dimensions[0]:
        text, lifts, x = flow.whole(x, 1)
        result = (
            flow.named("a", op.label)
            if unit
            else flow.named(op.variable or own or "z", "" if op.variable else op.label)
        )
        maps = {"x": text, "W": flow.whole(W, 2)[0], "b": flow.whole(b, 1)[0], "f": function}
        if not unit:
            return _sum_of(flow, x, W, b, result, "the weighted sum of every unit")
        sums = flow.named("z", op.label)
        flow.use("dense", lifts, [x], maps, {"z": sums, "y": result}, f"the layer {_called(flow, op)}")
        each = (Range(W.shape[0], FEATURE),)
        flow.made(sums, lifts, [*x.dimensions[:-1], each])
        return flow.made(result, lifts, [*x.dimensions[:-1], each])
    if unit:
        z = _sum_of(flow, x, W, b, flow.named("z", op.label), "the weighted sum of every unit")
        flow.views[op] = z
        return formula(flow, unit)
    return _sum_of(flow, x, W, b, flow.named(op.variable or own or flow.labels.get(op.label) or "z"), "")


def _called(flow: Flow, op: Operation) -> str:
    return flow.labels.get(op.label, "") or "of units"


def _row(x: View) -> bool:
    """Whether the last dimension is one row."""
    return len(x.dimensions[-1]) == 1


def _picture(x: View) -> bool:
    """Whether the last dimension is made of channels, rows and columns as they stand in the quantity."""
    spans = x.dimensions[-1]
    ends = tuple(Form(((span, 1),)) for span in spans)
    return len(spans) in (2, 3) and x.index[-len(spans) :] == ends


def _sum_of(flow: Flow, x: View, W: View, b: View | None, name: str, comment: str) -> View:
    """z[n,j] = sum(W[j,i]*x[n,i] for i) + b[j]."""
    x = x.fresh()
    (W, x), inner = _contracted(W, -1, x, -1)
    units = W.dimensions[0]
    inside = f"{flow.read(W)}*{flow.read(x)}"
    right = flow.summed("sum", inside, inner, [W, x])
    reads = [W, x]
    if b is not None:
        (b,) = _over([b], [units])
        right += f" + {flow.read(b)}"
    return flow.define(name, [*x.dimensions[:-1], units], right, reads, comment)


def _over(views: Sequence[View], dimensions: Sequence[Dimension]) -> list[View]:
    """Arrays of one dimension over the ranges of another array."""
    other = View("", tuple(dimensions), ())
    found, _ = aligned([other, *views])
    return found[1:]


def _contracted(left: View, axis: int, right: View, other: int) -> tuple[tuple[View, View], tuple[Range, ...]]:
    """Two arrays whose named dimensions run together."""
    axis, other = axis % len(left.dimensions), other % len(right.dimensions)
    if left.shape[axis] != right.shape[other]:
        raise InputError(f"{left.shape[axis]} places to multiply with", str(right.shape[other]))
    for _ in range(2):
        left = left.refined(axis, [span.size for span in right.dimensions[other]])
        right = right.refined(other, [span.size for span in left.dimensions[axis]])
    sides = aligned([View(one.name, (one.dimensions[at],), one.index) for one, at in ((left, axis), (right, other))])
    (one, two), (inner,) = sides
    return (View(one.name, left.dimensions, one.index), View(two.name, right.dimensions, two.index)), inner


def matmul(flow: Flow, op: Operation) -> View:
    """C[i,j] = sum(A[i,k]*B[k,j] for k), for everything that stands before."""
    left, right = flow.array(op.takes[0]), flow.array(op.takes[1]).fresh()
    rows = len(left.dimensions) > 1
    columns = len(right.dimensions) > 1
    (left, right), inner = _contracted(left, -1, right, -2 if columns else -1)
    before = [left.dimensions[:-2] if rows else (), right.dimensions[:-2] if columns else ()]
    outer, front = aligned([View(one.name, own, one.index) for one, own in zip((left, right), before, strict=True)])
    row = [left.dimensions[-2]] if rows else []
    column = [right.dimensions[-1]] if columns else []
    inside = f"{flow.read(outer[0])}*{flow.read(outer[1])}"
    text = flow.summed("sum", inside, inner, outer) + op.options.get("scaled", "")
    name = flow.named(*usual_name(op))
    return flow.define(name, [*front, *row, *column], text, outer, op.options.get("about", ""))


def softmax(flow: Flow, op: Operation) -> View:
    """Shares along one dimension, or their logarithms; a causal mask lets no place look at later ones."""
    x = flow.array(op.takes[0])
    axis = axis_of(op.options["axis"], len(x.dimensions))
    if len(x.dimensions[axis]) > 1:
        x = flow.whole(x, len(x.dimensions) - axis)[2]
    (span,) = x.dimensions[axis] or (None,)
    how = op.options.get("how", "softmax")
    name = flow.named(op.variable or op.options.get("name") or ("p" if how == "softmax" else "logp"))
    if span is None:
        raise InputError("a softmax over several places", "one over a single place", place=op.place)
    mask = ""
    if op.options.get("causal"):
        (row,) = x.dimensions[axis - 1]
        mask = f" if {flow.letters[span]} <= {flow.letters[row]}"
    inside = f"{flow.read(x)} over {flow.binds([span], flow.known([x]))}{mask}"
    return flow.define(name, x.dimensions, f"{how}({inside})", [x], "no place looks ahead" if mask else "")


def reduce(flow: Flow, op: Operation) -> View:
    """The sum, the mean or the largest along some dimensions."""
    x = flow.array(op.takes[0])
    axes = op.options["axes"]
    if axes == "places":
        axes = range(2, len(x.dimensions))
    axes = set(range(len(x.dimensions))) if axes is None else {axis_of(axis, len(x.dimensions)) for axis in axes}
    spans = [span for axis in sorted(axes) for span in x.dimensions[axis]]
    kept: list[Dimension] = []
    for axis, own in enumerate(x.dimensions):
        if axis not in axes:
            kept.append(own)
        elif op.options["keep"]:
            kept.append(())
    name = flow.named(*usual_name(op))
    return flow.define(name, kept, flow.summed(op.options["how"], flow.read(x), spans, [x]), [x])


def joined(flow: Flow, op: Operation) -> View:
    """Arrays one behind the other along a dimension."""
    views = [flow.array(one) for one in op.takes[0]]
    rank = len(views[0].dimensions)
    axis = axis_of(op.options["axis"], rank)
    others = {(len(view.shape), *view.shape[:axis], *view.shape[axis + 1 :]) for view in views}
    if len(others) > 1:
        raise InputError("arrays to be joined that are alike but for one dimension", "others", place=op.place)
    whole = Range(sum(view.shape[axis] for view in views), FEATURE)
    rest, front = aligned(
        [View(one.name, (*one.dimensions[:axis], (), *one.dimensions[axis + 1 :]), one.index) for one in views]
    )
    parts, before = [], 0
    for view, own in zip(views, rest, strict=True):
        spans = view.dimensions[axis]
        if len(spans) > 1:
            raise InputError("arrays to be joined that run over one index", "one made of several", place=op.place)
        size = view.shape[axis]
        parts.append(_shifted(flow, own, spans, whole, before))
        before += size
    name = flow.named(op.variable or "joined")
    return flow.define(
        name, [*front[:axis], (whole,), *front[axis + 1 :]], " + ".join(parts), rest, "one behind the other"
    )


def _shifted(flow: Flow, view: View, spans: Dimension, whole: Range, before: int) -> str:
    """An element where it stands among all, 0 elsewhere."""
    letter = flow.letters[whole]
    place = letter if not before else f"{letter}-{before}"
    if not spans:
        return f"if({letter} == {before + 1}, {flow.read(view)}, 0)"
    (span,) = spans
    forms = []
    for form in view.index:
        factors = dict(form.terms)
        if span not in factors:
            forms.append(form.text(flow.letters))
        elif factors[span] == 1 and len(form.terms) == 1 and not form.constant:
            forms.append(place)
        else:
            raise InputError("arrays to be joined that stand whole", "a part of one")
    return f"pad({view.name}[{','.join(forms)}])"


KINDS: Mapping[str, Write] = {
    "formula": formula,
    "linear": linear,
    "matmul": matmul,
    "softmax": softmax,
    "reduce": reduce,
    "joined": joined,
}
