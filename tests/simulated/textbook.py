"""What the textbook says of a problem: every line of its solution, and every usual way to get that line.

A `Lesson` is a problem with its lines in the order in which people work them: the forward pass, backpropagation and
the updates of dense networks. Layers count from 1, units from 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .formula import Formula, Impossible, worked
from .ids import ident
from .rules import Rules, means, total


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
class Lesson(Rules):
    """A problem as the textbook works it, under the convention that it is given."""

    lines: dict[str, Line] = field(default_factory=dict)

    def __post_init__(self) -> None:
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

    def _line(self, kind: str, *place: int, example: int | None, step: int, routes: list[Formula]) -> None:
        name = ident(kind, *place, example=example, step=step)
        self.lines[name] = Line(name, kind, place, example, step, tuple(routes))

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

    def _from_above(self, layer: int, s: int, e: int | None) -> None:
        above = self.units(layer + 1)
        plain = self.activation(layer + 1) != "softmax"
        for i in self.units(layer):
            long, short, parts = [], [], []
            for j in above:
                w, delta = self.weight(layer + 1, j, i, s), self.delta(layer + 1, j, e, s)
                short.append(("*", delta, w))
                if plain:
                    factors = [ident(kind, layer + 1, j, example=e, step=s) for kind in ("dL/da", "da/dz")]
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
        for weight in self.weight_places():
            self._moved("W", weight, s, steps_written=not self.momentum)
        for layer in range(1, self.last + 1):
            for place in self.bias_places(layer):
                if self.trained(layer):
                    self._moved("b", place, s, steps_written=False)
                else:
                    self._line("b", *place, example=None, step=s + 1, routes=[ident("b", *place, step=s)])

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

    def solved(self) -> dict[str, Any]:
        """Every value of the solution, to the digits of the context; a line that has no value is left out."""
        found: dict[str, Any] = dict(self.givens)
        for line in self.lines.values():
            try:
                found[line.id] = worked(line.routes[0], lambda part: found[part] if isinstance(part, str) else part)
            except Impossible:
                continue
        return found
