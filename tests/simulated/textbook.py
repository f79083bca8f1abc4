"""What the textbook says of a problem: every line of its solution, and every usual way to write that line.

A `Lesson` is a problem with its lines in the order in which people work them. The forward pass, backpropagation
and the updates are written here as in a textbook, for dense networks. Layers count from 1, units from 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from .formula import Formula, Impossible, worked
from .ids import ident

Table = Mapping[str, Any]

PENALISED_IN = ("l1", "l2")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the solution: what it states, where that belongs, and the ways to get it, the usual one first."""

    id: str
    kind: str
    place: tuple[int, ...]
    example: int | None
    step: int
    routes: tuple[Formula, ...]


@dataclass(frozen=True, eq=False)
class Lesson:
    """A problem as the textbook works it.

    `inside`: with a mean over examples, one example's gradient is a part of the mean's, 1/n included. `flipped`:
    errors are target minus output, so that deltas and gradients have the other sign and are added. `gradients_flip`:
    in such a lesson the gradients of the weights have the other sign as well.
    """

    table: Table
    inside: bool = False
    flipped: bool = False
    gradients_flip: bool = True
    lines: dict[str, Line] = field(default_factory=dict)
    givens: dict[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._give()
        for step in range(self.steps + 1):
            for example in self.seen(step):
                self._forward(step, example)
            self._losses(step)
            if step == self.steps:
                break
            for example in self.seen(step):
                self._backward(step, example)
            self._batch(step)
            self._update(step)

    # --- shapes and settings ----------------------------------------------------------------------------------

    @cached_property
    def layers(self) -> list[Table]:
        """The layers, of which number 0 is a stand-in for the inputs."""
        return [{"units": self.table["network"]["inputs"], "activation": None}, *self.table["network"]["layers"]]

    @property
    def last(self) -> int:
        return len(self.layers) - 1

    def units(self, layer: int) -> range:
        return range(self.layers[layer]["units"])

    def activation(self, layer: int) -> str:
        return str(self.layers[layer]["activation"])

    @cached_property
    def loss(self) -> str:
        return str(self.table["loss"]["name"])

    @cached_property
    def mean(self) -> bool:
        return self.table["loss"].get("reduction", "mean") == "mean"

    @cached_property
    def penalties(self) -> dict[str, Decimal]:
        found = self.table["loss"].get("regularization", {})
        return {name: Decimal(found[name]) for name in PENALISED_IN if found.get(name)}

    @cached_property
    def steps(self) -> int:
        return int(self.table["training"].get("steps", 1))

    @cached_property
    def momentum(self) -> bool:
        return self.table["training"].get("optimizer") == "momentum"

    @cached_property
    def decay(self) -> Table | None:
        found: Table | None = self.table["training"].get("decay")
        return found

    @cached_property
    def count(self) -> int:
        """The examples of the data."""
        return len(self.table["data"]["inputs"])

    @cached_property
    def one_by_one(self) -> bool:
        return self.table["training"].get("batch", "all") == "one"

    def seen(self, step: int) -> list[int | None]:
        """The examples of the pass after so many updates; None where there is but one."""
        if self.count == 1:
            return [None]
        if self.one_by_one:
            return [min(step, self.steps - 1) % self.count]
        return list(range(self.count))

    def share(self, step: int) -> int:
        """By how much the sum over the examples of a pass is divided."""
        return len(self.seen(step)) if self.mean else 1

    def has_biases(self, layer: int) -> bool:
        return self.layers[layer].get("biases") is not None

    def shared(self, layer: int) -> bool:
        """Whether one bias serves all units of the layer."""
        return self.has_biases(layer) and not isinstance(self.layers[layer]["biases"], list)

    def trained(self, layer: int) -> bool:
        return self.has_biases(layer) and bool(self.layers[layer].get("train_biases", True))

    @cached_property
    def standardised(self) -> Table | None:
        found: Table | None = self.table["data"].get("standardize")
        return found

    @cached_property
    def smooth_exponentials(self) -> bool:
        """Whether any line needs a function that leaves the fractions."""
        rational = ("linear", "relu", "leaky_relu")
        return any(self.activation(k) not in rational for k in range(1, self.last + 1)) or "cross" in self.loss

    @cached_property
    def merged(self) -> bool:
        """Whether loss and activation cancel in the last delta, so that a - t is left."""
        pairs = (("binary_cross_entropy", "sigmoid"), ("categorical_cross_entropy", "softmax"))
        return (self.loss, self.activation(self.last)) in pairs

    # --- names ------------------------------------------------------------------------------------------------

    def x(self, unit: int, example: int | None) -> str:
        return ident("x", unit, example=example)

    def a(self, layer: int, unit: int, example: int | None, step: int) -> str:
        return ident("a", layer, unit, example=example, step=step if layer else 0)

    def t(self, unit: int, example: int | None) -> str:
        return ident("t", unit, example=example)

    def weight(self, layer: int, unit: int, source: int, step: int) -> str:
        return ident("W", layer, unit, source, step=step)

    def bias(self, layer: int, unit: int, step: int) -> str:
        return ident("b", layer, step=step) if self.shared(layer) else ident("b", layer, unit, step=step)

    def rate(self, step: int) -> str:
        return ident("lr_now", step=step) if self.decay else "lr"

    def bias_places(self, layer: int) -> list[tuple[int, ...]]:
        if not self.has_biases(layer):
            return []
        return [(layer,)] if self.shared(layer) else [(layer, j) for j in self.units(layer)]

    def weight_places(self) -> Iterator[tuple[int, int, int]]:
        for layer in range(1, self.last + 1):
            for j in self.units(layer):
                for i in self.units(layer - 1):
                    yield layer, j, i

    def line(self, kind: str, *place: int, example: int | None = None, step: int = 0) -> Line | None:
        return self.lines.get(ident(kind, *place, example=example, step=step))

    def of_kind(self, kind: str) -> list[Line]:
        return [line for line in self.lines.values() if line.kind == kind]

    # --- givens -----------------------------------------------------------------------------------------------

    def _give(self) -> None:
        data, training, give = self.table["data"], self.table["training"], self.givens
        for number in range(self.count):
            example = None if self.count == 1 else number
            for i, value in enumerate(data["inputs"][number]):
                name = self.x(i, example) if self.standardised else self.a(0, i, example, 0)
                give[name] = Decimal(value)
            for k, value in enumerate(data["targets"][number]):
                give[self.t(k, example)] = Decimal(value)
        if self.standardised:
            for name in ("mean", "std"):
                give |= {ident(name, i): Decimal(value) for i, value in enumerate(self.standardised[name])}
        for layer, j, i in self.weight_places():
            give[self.weight(layer, j, i, 0)] = Decimal(self.layers[layer]["weights"][j][i])
            if self.momentum:
                give[ident("vW", layer, j, i)] = Decimal(0)
        for layer in range(1, self.last + 1):
            for place in self.bias_places(layer):
                biases = self.layers[layer]["biases"]
                give[ident("b", *place)] = Decimal(biases if self.shared(layer) else biases[place[1]])
                if self.momentum and self.trained(layer):
                    give[ident("vb", *place)] = Decimal(0)
        give["lr0" if self.decay else "lr"] = Decimal(training["learning_rate"])
        if self.decay:
            give["decay"] = Decimal(self.decay["rate"])
        if self.momentum:
            give["momentum"] = Decimal(training["momentum"])
        give |= self.penalties

    def _line(self, kind: str, *place: int, example: int | None, step: int, routes: list[Formula]) -> None:
        name = ident(kind, *place, example=example, step=step)
        self.lines[name] = Line(name, kind, place, example, step, tuple(routes))

    # --- forward ----------------------------------------------------------------------------------------------

    def _forward(self, s: int, e: int | None) -> None:
        if self.standardised:
            for i in self.units(0):
                name = ident("a", 0, i, example=e)
                if name not in self.lines:
                    scaled = ("/", ("-", self.x(i, e), ident("mean", i)), ident("std", i))
                    self._line("a", 0, i, example=e, step=0, routes=[scaled])
        for layer in range(1, self.last + 1):
            for j in self.units(layer):
                self._line("z", layer, j, example=e, step=s, routes=[self.weighted_sum(layer, j, e, s)])
            if self.activation(layer) == "softmax":
                self._softmax(layer, s, e)
                continue
            for j in self.units(layer):
                z = ident("z", layer, j, example=e, step=s)
                self._line("a", layer, j, example=e, step=s, routes=self.activated(layer, z))

    def products(self, layer: int, j: int, e: int | None, s: int) -> list[Formula]:
        """The terms of a weighted sum without the bias."""
        return [("*", self.weight(layer, j, i, s), self.a(layer - 1, i, e, s)) for i in self.units(layer - 1)]

    def weighted_sum(self, layer: int, j: int, e: int | None, s: int) -> Formula:
        terms = self.products(layer, j, e, s)
        if self.has_biases(layer):
            terms.append(self.bias(layer, j, s))
        return total(terms)

    def activated(self, layer: int, z: Formula) -> list[Formula]:
        match self.activation(layer):
            case "linear":
                return [z]
            case "sigmoid":
                down = ("unseen", ("exp", ("~", z)))
                up = ("unseen", ("exp", z))
                return [("sigmoid", z), ("/", 1, ("+", 1, down)), ("/", up, ("+", 1, up))]
            case "tanh":
                up, down = ("unseen", ("exp", z)), ("unseen", ("exp", ("~", z)))
                return [("tanh", z), ("/", ("-", up, down), ("+", up, down))]
            case "softplus":
                return [("softplus", z), ("ln", ("+", 1, ("unseen", ("exp", z))))]
            case "relu":
                return [("relu", z)]
            case "leaky_relu":
                return [("leaky", self.leak(layer), z)]
        raise ValueError(self.activation(layer))

    def leak(self, layer: int) -> Decimal:
        return Decimal(self.layers[layer].get("slope", "0.01"))

    def _softmax(self, layer: int, s: int, e: int | None) -> None:
        z = [ident("z", layer, j, example=e, step=s) for j in self.units(layer)]
        up = [ident("exp", layer, j, example=e, step=s) for j in self.units(layer)]
        all_up = ident("expsum", layer, example=e, step=s)
        for j in self.units(layer):
            self._line("exp", layer, j, example=e, step=s, routes=[("exp", z[j])])
        self._line("expsum", layer, example=e, step=s, routes=[total(list(up))])
        for j in self.units(layer):
            below = [("unseen", ("exp", ("-", other, z[j]))) for other in z]
            routes: list[Formula] = [("/", up[j], all_up), ("/", up[j], total(list(up))), ("/", 1, total(below))]
            self._line("a", layer, j, example=e, step=s, routes=routes)

    # --- loss -------------------------------------------------------------------------------------------------

    def loss_terms(self, k: int, e: int | None, s: int) -> list[Formula]:
        """What one output adds to the loss of its example, in the usual ways."""
        a, t = self.a(self.last, k, e, s), self.t(k, e)
        off: Formula
        match self.loss:
            case "half_squared_error":
                return [("*", Decimal("0.5"), ("^", ("-", t, a))), ("/", ("^", ("-", a, t)), 2)]
            case "squared_error":
                return [("^", ("-", t, a)), ("^", ("-", a, t))]
            case "mean_squared_error":
                off = ("^", ("-", t, a))
                n = len(self.units(self.last))
                return [("/", off, n)] if n > 1 else [off]
            case "binary_cross_entropy":
                hit, miss = ("*", t, ("ln", a)), ("*", ("-", 1, t), ("ln", ("-", 1, a)))
                if self.givens[t] == 1:
                    return [("~", ("ln", a))]
                if self.givens[t] == 0:
                    return [("~", ("ln", ("-", 1, a)))]
                return [("~", ("+", hit, miss)), ("-", ("~", hit), miss)]
            case "categorical_cross_entropy":
                if self.givens[t] == 0:
                    return [0]
                if self.givens[t] == 1:
                    return [("~", ("ln", a))]
                return [("~", ("*", t, ("ln", a)))]
        raise ValueError(self.loss)

    def data_loss(self, step: int) -> str:
        """The loss before penalties."""
        return ident("data_loss" if self.penalties else "loss", step=step)

    def example_loss(self, e: int | None, step: int) -> str:
        return self.data_loss(step) if e is None else ident("loss", example=e, step=step)

    def _losses(self, s: int) -> None:
        outputs = self.units(self.last)
        for e in self.seen(s):
            kind = "data_loss" if e is None and self.penalties else "loss"
            if len(outputs) == 1:
                self._line(kind, example=e, step=s, routes=self.loss_terms(0, e, s))
                continue
            for k in outputs:
                self._line("loss_part", k, example=e, step=s, routes=self.loss_terms(k, e, s))
            parts = [ident("loss_part", k, example=e, step=s) for k in outputs]
            whole = total([self.loss_terms(k, e, s)[0] for k in outputs])
            self._line(kind, example=e, step=s, routes=[total(list(parts)), whole])
        if self.count > 1:
            each = [self.example_loss(e, s) for e in self.seen(s)]
            kind = "data_loss" if self.penalties else "loss"
            self._line(kind, example=None, step=s, routes=means(list(each), self.share(s)))
        if self.penalties:
            self._line("penalty", example=None, step=s, routes=[self.penalty(s)])
            whole = ("+", ident("data_loss", step=s), ident("penalty", step=s))
            self._line("loss", example=None, step=s, routes=[whole])

    def penalty(self, s: int) -> Formula:
        weights = [self.weight(*place, s) for place in self.weight_places()]
        terms: list[Formula] = []
        if "l1" in self.penalties:
            terms.append(("*", "l1", total([("abs", w) for w in weights])))
        if "l2" in self.penalties:
            terms.append(("*", ("/", "l2", 2), total([("^", w) for w in weights])))
        return total(terms)

    # --- backward ---------------------------------------------------------------------------------------------

    def error(self, k: int, e: int | None, s: int) -> Formula:
        """Output minus target, or the other way round where that is the lesson's convention."""
        a, t = self.a(self.last, k, e, s), self.t(k, e)
        return ("-", t, a) if self.flipped else ("-", a, t)

    def within(self, formula: Formula, s: int) -> Formula:
        """The formula, divided by the examples where the lesson puts 1/n inside."""
        n = self.share(s)
        return ("/", formula, n) if self.inside and n > 1 else formula

    def loss_slopes(self, k: int, e: int | None, s: int) -> list[Formula]:
        """dL/da of an output, in the usual ways."""
        a, t, n = self.a(self.last, k, e, s), self.t(k, e), len(self.units(self.last))
        off = self.error(k, e, s)
        found: list[Formula]
        match self.loss:
            case "half_squared_error":
                found = [off, ("~", ("-", *reversed(off[1:])))]
            case "squared_error":
                found = [("*", 2, off), ("*", 2, ("unseen", off))]
            case "mean_squared_error":
                found = [("/", ("*", 2, off), n), ("*", ("/", 2, n), off)] if n > 1 else [("*", 2, off)]
            case "binary_cross_entropy":
                found = [("/", ("unseen", off), ("unseen", ("*", a, ("-", 1, a))))]
                if self.givens[t] == 1:
                    found.insert(0, self._turned(("~", ("/", 1, a))))
                elif self.givens[t] == 0:
                    found.insert(0, self._turned(("/", 1, ("-", 1, a))))
                else:
                    terms = ("+", ("~", ("/", t, a)), ("/", ("-", 1, t), ("-", 1, a)))
                    found.insert(0, self._turned(terms))
            case "categorical_cross_entropy":
                found = [0] if self.givens[t] == 0 else [self._turned(("~", ("/", t, a)))]
            case _:
                raise ValueError(self.loss)
        return [self.within(formula, s) for formula in found]

    def _turned(self, formula: Formula) -> Formula:
        return ("~", formula) if self.flipped else formula

    def slopes(self, layer: int, j: int, e: int | None, s: int) -> list[Formula]:
        """da/dz of a unit, in the usual ways."""
        a, z = self.a(layer, j, e, s), ident("z", layer, j, example=e, step=s)
        match self.activation(layer):
            case "linear":
                return [1]
            case "sigmoid":
                return [("*", a, ("-", 1, a)), ("-", a, ("^", a))]
            case "tanh":
                return [("-", 1, ("^", a)), ("*", ("-", 1, a), ("+", 1, a))]
            case "softplus":
                return [("sigmoid", z), ("/", 1, ("+", 1, ("unseen", ("exp", ("~", z)))))]
            case "relu":
                return [("step", z)]
            case "leaky_relu":
                return [("leaky_slope", self.leak(layer), z)]
        raise ValueError(self.activation(layer))

    def _backward(self, s: int, e: int | None) -> None:
        for layer in range(self.last, -1, -1):
            if layer == self.last:
                for k in self.units(layer):
                    self._line("dL/da", layer, k, example=e, step=s, routes=self.loss_slopes(k, e, s))
            else:
                self._from_above(layer, s, e)
            if not layer:
                return
            self._through(layer, s, e)
            self._gradients(layer, s, e)

    def delta(self, layer: int, j: int, e: int | None, s: int) -> str:
        return ident("dL/dz", layer, j, example=e, step=s)

    def _from_above(self, layer: int, s: int, e: int | None) -> None:
        above = self.units(layer + 1)
        plain = self.activation(layer + 1) != "softmax"
        for i in self.units(layer):
            long, short, parts = [], [], []
            for j in above:
                w, delta = self.weight(layer + 1, j, i, s), self.delta(layer + 1, j, e, s)
                short.append(("*", delta, w))
                if plain:
                    place = {"example": e, "step": s}
                    factors = ident("dL/da", layer + 1, j, **place), ident("da/dz", layer + 1, j, **place)
                    long.append(("*", ("unseen", ("*", *factors)), w))
                if layer and len(above) > 1:
                    routes = [short[-1], *long[-1:]]
                    self._line("path", layer, i, j, example=e, step=s, routes=routes)
                    parts.append(ident("path", layer, i, j, example=e, step=s))
            found = [total(short), total([("unseen", term) for term in short])]
            found = [total(list(parts)), *found] if parts else found[:1]
            self._line("dL/da", layer, i, example=e, step=s, routes=[*found, *([total(long)] if plain else [])])

    def _through(self, layer: int, s: int, e: int | None) -> None:
        """The derivatives of the activations and the deltas of a layer."""
        if self.activation(layer) == "softmax":
            self._through_softmax(layer, s, e)
            return
        for j in self.units(layer):
            self._line("da/dz", layer, j, example=e, step=s, routes=self.slopes(layer, j, e, s))
        for j in self.units(layer):
            above, slope = (ident(kind, layer, j, example=e, step=s) for kind in ("dL/da", "da/dz"))
            inline = ("unseen", self.slopes(layer, j, e, s)[0])
            routes: list[Formula] = [("*", above, slope), ("*", above, inline)]
            if layer == self.last:
                routes.append(("*", ("unseen", self.loss_slopes(j, e, s)[0]), inline))
                if self.merged:
                    routes.insert(0, self.within(self.error(j, e, s), s))
            else:
                terms = [
                    (self.delta(layer + 1, k, e, s), self.weight(layer + 1, k, j, s)) for k in self.units(layer + 1)
                ]
                routes.append(("*", ("unseen", total([("*", *term) for term in terms])), slope))
                routes.append(total([("*", delta, ("unseen", ("*", w, slope))) for delta, w in terms]))
                routes.append(total([("*", ("*", delta, w), slope) for delta, w in terms]))
            self._line("dL/dz", layer, j, example=e, step=s, routes=routes)

    def _through_softmax(self, layer: int, s: int, e: int | None) -> None:
        for k in self.units(layer):
            for j in self.units(layer):
                slope = self.softmax_slope(layer, k, j, e, s)
                self._line("da/dz", layer, k, j, example=e, step=s, routes=[slope])
        for j in self.units(layer):
            terms = [
                ("*", *(ident(kind, layer, *place, example=e, step=s) for kind, place in (above, slope)))
                for above, slope in ((("dL/da", (k,)), ("da/dz", (k, j))) for k in self.units(layer))
            ]
            routes: list[Formula] = [total(terms)]
            if layer == self.last and self.merged:
                routes.insert(0, self.within(self.error(j, e, s), s))
            self._line("dL/dz", layer, j, example=e, step=s, routes=routes)

    def softmax_slope(self, layer: int, k: int, j: int, e: int | None, s: int) -> Formula:
        own, other = self.a(layer, k, e, s), self.a(layer, j, e, s)
        return ("*", own, ("-", 1, own)) if k == j else ("~", ("*", own, other))

    def _sign(self, formula: Formula) -> Formula:
        """A gradient from a delta: with the other sign where deltas are turned and gradients are not."""
        return ("~", formula) if self.flipped and not self.gradients_flip else formula

    def _gradients(self, layer: int, s: int, e: int | None) -> None:
        """The gradients of the weights and biases into a layer, for one example."""
        plain = self.activation(layer) != "softmax"
        for j in self.units(layer):
            delta = self.delta(layer, j, e, s)
            factors = [ident(kind, layer, j, example=e, step=s) for kind in ("dL/da", "da/dz")] if plain else []
            for i in self.units(layer - 1):
                a = self.a(layer - 1, i, e, s)
                found: list[Formula] = [("*", delta, a)]
                if factors:
                    found += [
                        ("*", ("unseen", ("*", *factors)), a),
                        ("*", factors[0], ("unseen", ("*", factors[1], a))),
                    ]
                found = [self._sign(formula) for formula in found]
                if e is None:
                    found = [self.with_penalty(formula, layer, j, i, s) for formula in found]
                self._line("dL/dW", layer, j, i, example=e, step=s, routes=found)
            if self.has_biases(layer):
                found = [self._sign(delta), *([self._sign(("*", *factors))] if factors else [])]
                self._line("dL/db", layer, j, example=e, step=s, routes=found)
        if self.shared(layer):
            each = [ident("dL/db", layer, j, example=e, step=s) for j in self.units(layer)]
            deltas = [self._sign(self.delta(layer, j, e, s)) for j in self.units(layer)]
            self._line("dL/db", layer, example=e, step=s, routes=[total(list(each)), total(list(deltas))])

    def with_penalty(self, gradient: Formula, layer: int, j: int, i: int, s: int) -> Formula:
        """A gradient with what the penalties add to it."""
        w, terms = self.weight(layer, j, i, s), [gradient]
        if "l1" in self.penalties:
            terms.append(("*", "l1", ("sign", w)))
        if "l2" in self.penalties:
            terms.append(("*", "l2", w))
        return total(terms)

    # --- batch and update -------------------------------------------------------------------------------------

    def _batch(self, s: int) -> None:
        if self.count == 1:
            return
        examples, n = self.seen(s), 1 if self.inside else self.share(s)
        for layer, j, i in self.weight_places():
            each = [ident("dL/dW", layer, j, i, example=e, step=s) for e in examples]
            direct = [self._sign(("*", self.delta(layer, j, e, s), self.a(layer - 1, i, e, s))) for e in examples]
            found = [*means(list(each), n), *means(list(direct), n)[:1]]
            found = [self.with_penalty(formula, layer, j, i, s) for formula in found]
            self._line("dL/dW", layer, j, i, example=None, step=s, routes=found)
        for layer in range(1, self.last + 1):
            for place in self.bias_places(layer):
                each = [ident("dL/db", *place, example=e, step=s) for e in examples]
                self._line("dL/db", *place, example=None, step=s, routes=means(list(each), n))

    def _update(self, s: int) -> None:
        if self.decay:
            self._line("lr_now", example=None, step=s, routes=[self.decayed(s)])
        for place in self.weight_places():
            self._moved("W", place, s, steps_written=not self.momentum)
        for layer in range(1, self.last + 1):
            for place in self.bias_places(layer):
                if self.trained(layer):
                    self._moved("b", place, s, steps_written=False)
                else:
                    self._line("b", *place, example=None, step=s + 1, routes=[ident("b", *place, step=s)])

    def decayed(self, s: int) -> Formula:
        if not s:
            return "lr0"
        assert self.decay is not None
        if self.decay["kind"] == "inverse_time":
            return ("/", "lr0", ("+", 1, ("*", "decay", s)))
        return ("*", "lr0", ("exp", ("~", ("*", "decay", s))))

    @property
    def added(self) -> bool:
        """Whether what an update takes off is added, because gradients have the other sign."""
        return self.flipped and self.gradients_flip

    def _moved(self, kind: str, place: tuple[int, ...], s: int, steps_written: bool) -> None:
        """The lines of one parameter in an update."""
        old, gradient, rate = ident(kind, *place, step=s), ident(f"dL/d{kind}", *place, step=s), self.rate(s)
        step, sign = ("*", rate, gradient), "+" if self.added else "-"
        if self.momentum:
            kept = ("*", "momentum", ident(f"v{kind}", *place, step=s))
            v = (sign, kept, step)
            self._line(f"v{kind}", *place, example=None, step=s + 1, routes=[v])
            routes: list[Formula] = [("+", old, ident(f"v{kind}", *place, step=s + 1)), ("+", old, v)]
        else:
            routes = [(sign, old, step)]
            if steps_written:
                name = ident("lr*dL/dW", *place, step=s)
                self._line("lr*dL/dW", *place, example=None, step=s, routes=[step])
                routes.insert(0, (sign, old, name))
        self._line(kind, *place, example=None, step=s + 1, routes=routes)

    # --- working it out -----------------------------------------------------------------------------------------

    def solved(self) -> dict[str, Any]:
        """Every value of the solution, to the digits of the context; a line that has no value is left out."""
        found: dict[str, Any] = dict(self.givens)
        for line in self.lines.values():
            try:
                found[line.id] = worked(line.routes[0], lambda part: found[part] if isinstance(part, str) else part)
            except Impossible:
                continue
        return found


def total(terms: list[Formula]) -> Formula:
    """The sum of the terms; a single one is the sum itself."""
    return terms[0] if len(terms) == 1 else ("+", *terms)


def means(terms: list[Formula], n: int) -> list[Formula]:
    """The sum of the terms divided by n, as a whole or each on its own."""
    if n == 1:
        return [total(terms)]
    return [("/", total(terms), n), total([("/", term, n) for term in terms])]
