"""The textbook's formulas for a unit, a weight, an update, each in the ways in which people write it."""

from __future__ import annotations

from decimal import Decimal

from .formula import Formula
from .ids import ident
from .network import Network


class Rules(Network):
    """The formulas of a problem; where there are several ways to write one, the usual one comes first."""

    # --- forward ----------------------------------------------------------------------------------------------

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

    def softmax_slope(self, layer: int, k: int, j: int, e: int | None, s: int) -> Formula:
        own, other = self.a(layer, k, e, s), self.a(layer, j, e, s)
        return ("*", own, ("-", 1, own)) if k == j else ("~", ("*", own, other))

    def with_penalty(self, gradient: Formula, layer: int, j: int, i: int, s: int) -> Formula:
        """A gradient with what the penalties add to it."""
        w, terms = self.weight(layer, j, i, s), [gradient]
        if "l1" in self.penalties:
            terms.append(("*", "l1", ("sign", w)))
        if "l2" in self.penalties:
            terms.append(("*", "l2", w))
        return total(terms)

    # --- update -----------------------------------------------------------------------------------------------

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


def total(terms: list[Formula]) -> Formula:
    """The sum of the terms; a single one is the sum itself."""
    return terms[0] if len(terms) == 1 else ("+", *terms)


def means(terms: list[Formula], n: int) -> list[Formula]:
    """The sum of the terms divided by n, as a whole or each on its own."""
    if n == 1:
        return [total(terms)]
    return [("/", total(terms), n), total([("/", term, n) for term in terms])]
