"""A network calculated as a student would, with one known mistake made on purpose. Nothing here uses derive.

A number is filed under (kind, layer, unit, source, example, step), the order of the fields of a quantity. Every
mistake is an `if` in the ordinary calculation, written from its sentence alone; of several ways the likeliest. The
numbers have 40 digits, so that no difference of nearly equal ones is lost.
"""

from typing import Any

import mpmath
from mpmath import mpf
from networks import Table
from plain import examples_of

Place = tuple[str, int | None, int | None, int | None, int | None, int]
Numbers = dict[Place, mpf]

SQUARED = ("half_squared_error", "squared_error", "mean_squared_error")


DIGITS = 120


def decimal(written: object) -> mpf:
    return mpf(str(written))


def ln(x: mpf) -> mpf:
    if x <= 0:
        raise ValueError("no logarithm")
    return mpmath.log(x)


def log10(x: mpf) -> mpf:
    return ln(x) / mpmath.log(10)


def sigmoid(z: mpf) -> mpf:
    return 1 / (1 + mpmath.exp(-z))


class Student:
    """One calculation from the inputs to the last loss; `numbers` holds every result."""

    def __init__(self, table: Table, mistake: str = "") -> None:
        self.mistake = mistake
        self.table, self.layers = table, table["network"]["layers"]
        self.last = len(self.layers)
        self.many = len(table["data"]["inputs"]) > 1
        self.widths = [table["network"]["inputs"], *(layer["units"] for layer in self.layers)]
        self.training, self.loss = table["training"], table["loss"]["name"]
        self.strength = {k: decimal(v) for k, v in table["loss"].get("regularization", {}).items()}
        self.l1, self.l2 = self.strength.get("l1", 0.0), self.strength.get("l2", 0.0)
        self.mean = table["loss"].get("reduction", "mean") == "mean"
        self.numbers: Numbers = {}
        self._given()
        for step in range(self.training.get("steps", 1)):
            self._round(step)
        self._forward(step + 1, examples_of(table, step))

    def makes(self, *mistakes: str) -> bool:
        return self.mistake in mistakes

    # -- filing ------------------------------------------------------------------------------------------

    def put(self, number: mpf, kind: str, *place: int | None, example: int | None = None, step: int = 0) -> mpf:
        layer, unit, source = (*place, None, None, None)[:3]
        self.numbers[kind, layer, unit, source, example, step] = number
        return number

    def get(self, kind: str, *place: int | None, example: int | None = None, step: int = 0) -> mpf:
        layer, unit, source = (*place, None, None, None)[:3]
        if (kind == "a" and layer == 0) or kind in ("t", "x"):
            step = 0
        return self.numbers[kind, layer, unit, source, example, step]

    def tag(self, example: int) -> int | None:
        return example if self.many else None

    def units(self, layer: int) -> range:
        return range(self.widths[layer])

    def activation(self, layer: int) -> str:
        return self.layers[layer - 1]["activation"] if layer else "linear"

    def slope(self, layer: int) -> mpf:
        return decimal(self.layers[layer - 1].get("slope", "0.01"))

    def bias_place(self, layer: int, unit: int) -> tuple[int, int | None] | None:
        biases = self.layers[layer - 1].get("biases")
        if biases is None:
            return None
        return (layer, unit if isinstance(biases, list) else None)

    def bias(self, layer: int, unit: int, step: int) -> mpf | None:
        place = self.bias_place(layer, unit)
        return None if place is None else self.get("b", *place, step=step)

    def weight(self, layer: int, unit: int, source: int, step: int) -> mpf:
        return self.get("W", layer, unit, source, step=step)

    def _given(self) -> None:
        data = self.table["data"]
        scaling = data.get("standardize")
        for s, (inputs, targets) in enumerate(zip(data["inputs"], data["targets"], strict=True)):
            for i, x in enumerate(map(decimal, inputs)):
                if scaling:
                    self.put(x, "x", None, i, example=self.tag(s))
                    own = i
                    if self.makes("standardisation-of-another-input") and len(inputs) > 1:
                        own = i + 1 if i + 1 < len(inputs) else i - 1
                    x = self._standardized(x, decimal(scaling["mean"][own]), decimal(scaling["std"][own]))
                self.put(x, "a", 0, i, example=self.tag(s))
            for k, t in enumerate(targets):
                self.put(decimal(t), "t", None, k, example=self.tag(s))
        for number, layer in enumerate(self.layers, 1):
            for j, row in enumerate(layer["weights"]):
                for i, w in enumerate(row):
                    self.put(decimal(w), "W", number, j, i)
            biases = layer.get("biases")
            for j, b in enumerate(biases if isinstance(biases, list) else [biases]):
                if b is not None:
                    self.put(decimal(b), "b", number, j if isinstance(biases, list) else None)

    def _standardized(self, x: mpf, mean: mpf, std: mpf) -> mpf:
        match self.mistake:
            case "standardisation-skipped":
                return x
            case "standardisation-not-divided":
                return x - mean
            case "standardisation-mean-kept":
                return x / std
            case "standardisation-multiplied":
                return (x - mean) * std
            case "standardisation-by-variance":
                return (x - mean) / std**2
            case "standardisation-brackets":
                return x - mean / std
        return (x - mean) / std

    # -- forward -----------------------------------------------------------------------------------------

    def _forward(self, step: int, examples: list[int]) -> None:
        losses = []
        for example in map(self.tag, examples):
            for layer in range(1, self.last + 1):
                for j in self.units(layer):
                    self.put(self._sum(layer, j, example, step), "z", layer, j, example=example, step=step)
                self._activate(layer, example, step)
            losses.append(self._example_loss(example, step))
        total = sum(losses)
        if self.many:
            count = len(examples)
            averaged = self.mean != (self.makes("batch-mean-and-sum") and count > 1)
            total = losses[0] if self.makes("batch-one-example") and count > 1 else total
            if self.makes("batch-example-left-out") and (count > 2 or (count == 2 and self.mean)):
                total -= losses[-1]
            total = total / count if averaged and not (self.makes("batch-one-example")) else total
        if self.strength:
            self.put(total, "data_loss", step=step)
            penalty = self.put(self._penalty(step), "penalty", step=step)
            total += 0 if self.makes("penalty-left-out") else -penalty if self.makes("penalty-subtracted") else penalty
        self.put(total, "loss", step=step)

    def _sum(self, layer: int, j: int, example: int | None, step: int) -> mpf:
        sources, units = self.units(layer - 1), self.units(layer)
        rows = [[self.weight(layer, k, i, step) for i in sources] for k in units]
        a = [self.get("a", layer - 1, i, example=example, step=step) for i in sources]
        b, row = self.bias(layer, j, step), list(rows[j])
        if self.makes("stale-biases") and step and b is not None:
            b = self.bias(layer, j, step - 1)
        if self.makes("sign-lost"):
            row, a, b = [abs(w) for w in row], [abs(x) for x in a], None if b is None else abs(b)
        if self.makes("inputs-exchanged") and len(sources) > 1:
            a[0], a[1] = a[1], a[0]
        if self.makes("inputs-of-another-layer"):
            wide = [n for n in (layer - 2, 0) if 0 <= n < layer - 1 and self.widths[n] >= len(sources)]
            a = [self.get("a", wide[0], i, example=example, step=step) for i in sources] if wide else a
        if self.makes("weights-of-another-layer-forward"):
            fitting = [n for n in (layer + 1, layer - 1) if self._fits(n, len(units), len(sources))]
            row = [self.weight(fitting[0], j, i, step) for i in sources] if fitting else row
        if self.makes("stale-weights") and step:
            row = [self.weight(layer, j, i, step - 1) for i in sources]
            b = self.bias(layer, j, step - 1)
        if self.makes("stale-activations") and layer > 1 and self._was_there(example, step):
            a = [self.get("a", layer - 1, i, example=example, step=step - 1) for i in sources]
        if self.makes("weights-transposed-forward"):
            flat = [w for line in rows for w in line]
            row = [flat[i * len(units) + j] for i in sources]
        if self.makes("neighbours-weight"):
            row = self._weights_beside(rows, j)
        if self.makes("neighbours-input") and len(sources) > 1:
            a[0] = a[1]
        if self.makes("weighted-sums-passed-on") and self.activation(layer - 1) != "linear":
            a = [self.get("z", layer - 1, i, example=example, step=step) for i in sources]
        products = [w * x for w, x in zip(row, a, strict=True)]
        if self.makes("product-left-out") and len(products) > 1:
            products.pop()
        if self.makes("sign-of-product"):
            products[0] = -products[0]
        if b is None or self.makes("bias-left-out"):
            return sum(products)
        split = self.makes("shared-bias-split") and step == 1 and not self.many and len(units) > 1
        if split and self.bias_place(layer, j) == (layer, None):
            b = self.bias(layer, j, 0) - self.first_rate * self.get("dL/db", layer, j)
        match self.mistake:
            case "bias-subtracted":
                return sum(products) - b
            case "bias-once-per-input":
                return sum(products) + len(sources) * b
            case "bias-times-input":
                return sum(products) + b * a[0]
        return sum(products) + b

    def _weights_beside(self, rows: list[list[mpf]], j: int) -> list[mpf]:
        """The weights of the next unit, unless that is how they are read down the table; else a neighbour's first."""
        own, flat, units = rows[j], [w for line in rows for w in line], len(rows)
        if units > 1:
            other = j + 1 if j + 1 < units else j - 1
            down = [divmod(i * units + j, len(own)) for i in range(len(own))]
            if down != [(other, i) for i in range(len(own))]:
                return rows[other]
            assert [flat[i * units + j] for i in range(len(own))] == rows[other]
            return own
        return [own[1], *own[1:]] if len(own) > 1 else own

    def _fits(self, layer: int, units: int, sources: int) -> bool:
        """Whether a layer has a weight at every place of a table of this size."""
        return 1 <= layer <= self.last and self.widths[layer] >= units and self.widths[layer - 1] >= sources

    def _was_there(self, example: int | None, step: int) -> bool:
        """Whether the round before worked on the example too."""
        return step > 0 and (example is None or example in examples_of(self.table, step - 1))

    def _activate(self, layer: int, example: int | None, step: int) -> None:
        z = [self.get("z", layer, j, example=example, step=step) for j in self.units(layer)]
        name = self.activation(layer)
        if name == "softmax":
            sign = -1 if self.makes("exponent-sign") else 1
            raised = [x if self.makes("softmax-without-exponential") else mpmath.exp(sign * x) for x in z]
            added = raised[:-1] if self.makes("exponential-left-out") and len(z) > 1 else raised
            total = self.put(sum(added), "expsum", layer, example=example, step=step)
            for j, e in enumerate(raised):
                self.put(e, "exp", layer, j, example=example, step=step)
            a = raised if self.makes("softmax-not-normalised") else [e / total for e in raised]
            a = [sigmoid(x) for x in z] if self.makes("another-activation") else a
        else:
            a = [self._elementwise(name, x, layer) for x in z]
            if self.makes("activation-twice") and name in ("sigmoid", "tanh", "softplus"):
                a = [self._elementwise(name, x, layer) for x in a]
            if self.makes("rectifier-turned") and name == "relu":
                a = [min(x, mpf(0)) for x in z]
            if self.makes("rectifier-turned") and name == "leaky_relu":
                a = [self.slope(layer) * x if x > 0 else x for x in z]
        if self.makes("activation-skipped"):
            a = z
        for j, x in enumerate(a):
            self.put(x, "a", layer, j, example=example, step=step)

    def _elementwise(self, name: str, z: mpf, layer: int) -> mpf:
        match name:
            case "sigmoid":
                if self.makes("fraction-bar-lost"):
                    return 1 + mpmath.exp(-z)
                if self.makes("sigmoid-without-one"):
                    return 1 / mpmath.exp(-z)
                return sigmoid(-z) if self.makes("exponent-sign") else sigmoid(z)
            case "tanh":
                return mpmath.tanh(z)
            case "relu":
                return max(0.0, z)
            case "leaky_relu":
                return z if z > 0 else self.slope(layer) * z
            case "softplus":
                log = log10 if self.makes("logarithm-base") else ln
                return log(1 + mpmath.exp(-z if self.makes("exponent-sign") else z))
        return z

    # -- loss --------------------------------------------------------------------------------------------

    def _outputs(self, example: int | None, step: int) -> tuple[list[mpf], list[mpf]]:
        z = [self.get("z", self.last, k, example=example, step=step) for k in self.units(self.last)]
        a = [self.get("a", self.last, k, example=example, step=step) for k in self.units(self.last)]
        t = [self.get("t", None, k, example=example) for k in self.units(self.last)]
        if self.makes("neighbours-target") and len(t) > 1:
            t = [*t[1:], t[-2]]
        if self.makes("neighbours-output") and len(a) > 1:
            a = [*a[1:], a[-2]]
        if self.makes("target-left-out") and self.loss in SQUARED:
            t = [0.0 for _ in t]
        if self.makes("target-added") and self.loss in SQUARED:
            t = [-y for y in t]
        return (z if self.makes("output-before-activation") else a), t

    def _part(self, a: mpf, t: mpf, outputs: int) -> mpf:
        log = log10 if self.makes("logarithm-base") else ln
        minus = 1 if self.makes("cross-entropy-sign") else -1
        power = 1 if self.makes("square-forgotten") else 2
        factor = {"half_squared_error": 1 / 2, "mean_squared_error": mpf(1) / outputs}.get(self.loss, 1)
        squashed = self.activation(self.last) in ("sigmoid", "softmax")
        if self.loss in SQUARED:
            if self.makes("another-loss") and squashed:
                return -(t * log(a) + (1 - t) * log(1 - a))
            if self.makes("squares-subtracted"):
                return factor * (a * a - t * t)
            if self.makes("loss-factor-half"):
                factor *= 2 if self.loss == "half_squared_error" else 1 / 2
            return factor * (a - t) ** power
        if self.makes("another-loss"):
            return (a - t) ** 2 / 2
        if self.loss == "categorical_cross_entropy":
            if self.makes("target-left-out"):
                return -log(a)
            if self.makes("binary-for-categorical"):
                return -(t * log(a) + (1 - t) * log(1 - a))
            return minus * t * log(1 - a if self.makes("cross-entropy-other-class") else a)
        if self.makes("cross-entropy-term-dropped"):
            return minus * t * log(a)
        if self.makes("cross-entropy-terms-swapped"):
            return -(t * log(1 - a) + (1 - t) * log(a))
        return minus * (t * log(a) + (1 - t) * log(1 - a))

    def _example_loss(self, example: int | None, step: int) -> mpf:
        a, t = self._outputs(example, step)
        if self.makes("output-before-activation") and self.loss not in SQUARED:
            a = [self.get("a", self.last, k, example=example, step=step) for k in self.units(self.last)]
        if self.makes("stale-activations") and self._was_there(example, step):
            a = [self.get("a", self.last, k, example=example, step=step - 1) for k in self.units(self.last)]
        n = len(a)
        parts = [self._part(x, y, n) for x, y in zip(a, t, strict=True)]
        if n > 1:
            for k, part in enumerate(parts):
                self.put(part, "loss_part", None, k, example=example, step=step)
        total = sum(parts[:-1] if self.makes("output-left-out-of-loss") and n > 1 else parts)
        if self.makes("outputs-mean-and-sum"):
            total *= n if self.loss == "mean_squared_error" else mpf(1) / n
        if self.many:
            self.put(total, "loss", example=example, step=step)
        return total

    def _penalty(self, step: int) -> mpf:
        pairs = [(k, n) for k, n in self.numbers.items() if k[5] == step]
        if self.makes("stale-weights") and step:
            pairs = [(k, n) for k, n in self.numbers.items() if k[5] == step - 1]
        every = [n for k, n in pairs if k[0] == "W" or (k[0] == "b" and self.makes("penalty-with-biases"))]
        half = 1 if self.makes("penalty-factor-two") else 1 / 2
        squares = sum(every) if self.makes("penalty-as-they-are") and self.l2 else sum(w * w for w in every)
        sizes = sum(every) if self.makes("penalty-as-they-are") and not self.l2 else sum(map(abs, every))
        return self.l1 * sizes + half * self.l2 * squares

    # -- backward and update -----------------------------------------------------------------------------

    def _round(self, step: int) -> None:
        examples = examples_of(self.table, step)
        self._forward(step, examples)
        self._rate(step)
        tags = [self.tag(s) for s in examples]
        for example in tags:
            a, t = self._outputs(example, step)
            for k in self.units(self.last):
                self.put(self._output_gradient(a, t, k), "dL/da", self.last, k, example=example, step=step)
        for layer in range(self.last, 0, -1):
            for example in tags:
                self._slopes(layer, example, step)
                self._deltas(layer, example, step)
                self._example_gradients(layer, example, step)
            self._batch_gradients(layer, tags, step)
            self._update(layer, step)
            for example in tags:
                self._back(layer, example, step)

    def _rate(self, step: int) -> None:
        rate, decay = decimal(self.training["learning_rate"]), self.training.get("decay")
        self.rate = self.first_rate = rate
        if decay:
            made = decimal(decay["rate"]) * (step + 1 if self.makes("decay-counted-from-one") else step)
            if self.makes("decay-turned"):
                self.rate = rate * (1 + made) if decay["kind"] == "inverse_time" else rate * mpmath.exp(made)
            elif self.makes("another-decay"):
                self.rate = rate * mpmath.exp(-made) if decay["kind"] == "inverse_time" else rate / (1 + made)
            elif not self.makes("decay-left-out"):
                self.rate = rate / (1 + made) if decay["kind"] == "inverse_time" else rate * mpmath.exp(-made)
            self.put(self.rate, "lr_now", step=step)

    def _output_gradient(self, a: list[mpf], t: list[mpf], k: int) -> mpf:
        n = len(a)

        def one(k: int) -> mpf:
            error = t[k] - a[k] if self.makes("error-sign") else a[k] - t[k]
            sign = -1 if self.makes("error-sign") else 1
            factor = {"squared_error": 2.0, "mean_squared_error": mpf(2) / n}.get(self.loss, 1.0)
            if self.makes("factor-two-of-derivative"):
                factor *= 2 if self.loss == "half_squared_error" else 1 / 2
            if self.makes("loss-not-differentiated"):
                return self._part(a[k], t[k], n)
            if self.loss in SQUARED:
                return factor * error
            if self.makes("difference-for-cross-entropy"):
                return a[k] - t[k]
            if self.loss == "categorical_cross_entropy":
                match self.mistake:
                    case "target-left-out":
                        return -1 / a[k]
                    case "binary-for-categorical":
                        return (1 - t[k]) / (1 - a[k]) - t[k] / a[k]
                    case "cross-entropy-other-class":
                        return t[k] / (1 - a[k])
                    case "differentiated-by-target":
                        return -ln(a[k])
            if self.makes("cross-entropy-signs-of-terms"):
                return t[k] / a[k] + (1 - t[k]) / (1 - a[k])
            if self.makes("cross-entropy-terms-swapped"):
                return t[k] / (1 - a[k]) - (1 - t[k]) / a[k]
            if self.makes("differentiated-by-target"):
                return ln((1 - a[k]) / a[k])
            if self.loss == "categorical_cross_entropy" or self.makes("cross-entropy-term-dropped"):
                return sign * -t[k] / a[k]
            return sign * (-t[k] / a[k] + (1 - t[k]) / (1 - a[k]))

        scale = 1.0
        if self.makes("outputs-mean-and-sum"):
            scale = n if self.loss == "mean_squared_error" else mpf(1) / n
        return scale * (sum(map(one, range(n))) if self.makes("errors-of-all-outputs") else one(k))

    def _slopes(self, layer: int, example: int | None, step: int) -> None:
        a = [self.get("a", layer, j, example=example, step=step) for j in self.units(layer)]
        z = [self.get("z", layer, j, example=example, step=step) for j in self.units(layer)]
        for i in self.units(layer):
            if self.activation(layer) != "softmax":
                near = i + 1 if i + 1 < len(a) else i - 1
                number = self._slope(layer, z[i], a[i])
                if self.makes("another-number-in-slope"):
                    error = self.get("dL/da", layer, i, example=example, step=step)
                    in_value = self.activation(layer) in ("sigmoid", "tanh")
                    if len(a) > 1:
                        number = self._slope(layer, z[near], a[near])
                    elif in_value:
                        number = self._slope(layer, z[i], error)
                self.put(number, "da/dz", layer, i, example=example, step=step)
                continue
            for j in self.units(layer):
                between = {
                    "softmax-off-diagonal-dropped": 0.0,
                    "softmax-off-diagonal-sign": a[i] * a[j],
                    "softmax-off-diagonal-as-diagonal": a[i] * (1 - a[j]),
                }.get(self.mistake, -a[i] * a[j])
                own = -a[i] * a[i] if self.makes("softmax-diagonal-as-off-diagonal") else a[i] * (1 - a[i])
                number = own if i == j else between
                self.put(number, "da/dz", layer, i, j, example=example, step=step)

    def _slope(self, layer: int, z: mpf, a: mpf) -> mpf:
        again, of = self.makes("slope-at-activation"), z if self.makes("slope-from-sum") else a
        if self.makes("activation-as-slope"):
            return a
        if self.makes("slope-sign") and self.activation(layer) in ("sigmoid", "tanh"):
            return a * a - (a if self.activation(layer) == "sigmoid" else 1)
        if self.makes("slope-with-plus") and self.activation(layer) in ("sigmoid", "tanh"):
            return a * a + (a if self.activation(layer) == "sigmoid" else 1)
        match self.activation(layer):
            case "sigmoid":
                if self.makes("slope-half"):
                    return 1 - a
                of = sigmoid(a) if again else of
                return of * (1 - of)
            case "tanh":
                if self.makes("slope-half"):
                    return 1 - a
                of = mpmath.tanh(a) if again else of
                return 1 - of**2
            case "relu" | "leaky_relu" as name:
                off = self.slope(layer) if name == "leaky_relu" else 0.0
                if self.makes("rectifier-slope-turned"):
                    return off if z > 0 else mpf(1)
                return mpf(1) if z > 0 or self.makes("rectifier-slope-always-one") else off
            case "softplus":
                return sigmoid(a if again else z)
        return 1.0

    def _short(self) -> bool:
        fits = {("sigmoid", "binary_cross_entropy"), ("softmax", "categorical_cross_entropy")}
        return (self.activation(self.last), self.loss) in fits

    def _deltas(self, layer: int, example: int | None, step: int) -> None:
        for j in self.units(layer):
            number = self._delta(layer, j, example, step)
            self.put(number, "dL/dz", layer, j, example=example, step=step)

    def _delta(self, layer: int, j: int, example: int | None, step: int) -> mpf:
        twice = layer < self.last and self.loss in ("squared_error", "mean_squared_error")
        factor = 2 if twice and self.makes("factor-two-again") else 1
        return factor * self._delta_once(layer, j, example, step)

    def _delta_once(self, layer: int, j: int, example: int | None, step: int) -> mpf:
        name, n = self.activation(layer), self.widths[layer]
        errors = [self.get("dL/da", layer, i, example=example, step=step) for i in self.units(layer)]
        slopes = [
            self.get("da/dz", layer, i, *([i] if name == "softmax" else []), example=example, step=step)
            for i in self.units(layer)
        ]
        forgotten = f"activation-derivative-forgotten-{'output' if layer == self.last else 'hidden'}"
        if name not in ("linear", "relu", "leaky_relu") and self.makes(forgotten):
            return errors[j]
        if name == "softmax" and n > 1 and self.makes("softmax-off-diagonal-dropped"):
            return errors[j] * slopes[j]
        if layer == self.last and self._short():
            return self._short_delta(*self._outputs(example, step), j, slopes[j])
        halved = self.loss == "half_squared_error" or (self.loss == "mean_squared_error" and n == 2)
        short = self.makes("short-delta-with-other-loss") and self.loss in SQUARED and not halved
        if layer == self.last and short and name in ("sigmoid", "softmax"):
            a, t = self._outputs(example, step)
            return a[j] - t[j]
        if name == "softmax":
            column = [self.get("da/dz", layer, i, j, example=example, step=step) for i in self.units(layer)]
            if n == 1 and self.makes("factors-added"):
                return errors[0] + column[0]
            return sum(e * s for e, s in zip(errors, column, strict=True))
        if name == "linear":
            return self._linear_delta(layer, j, errors[j], example, step)
        if self.makes("rectifier-slope-always-one") and name in ("relu", "leaky_relu"):
            return errors[j]
        if self.makes("error-left-out-of-delta"):
            return slopes[j]
        if self.makes("activation-derivative-twice") and name != "relu":
            return errors[j] * slopes[j] ** 2
        if self.makes("neighbours-slope"):
            return errors[j] * self._other_slope(layer, j, slopes, example, step)
        if self.makes("factors-added"):
            return errors[j] + slopes[j]
        return errors[j] * slopes[j]

    def _linear_delta(self, layer: int, j: int, error: mpf, example: int | None, step: int) -> mpf:
        match self.mistake:
            case "activation-as-slope":
                return error * self.get("a", layer, j, example=example, step=step)
            case "error-left-out-of-delta":
                return mpf(1)
            case "factors-added":
                return error + 1
        return error

    def _other_slope(self, layer: int, j: int, slopes: list[mpf], example: int | None, step: int) -> mpf:
        if len(slopes) > 1:
            return slopes[j + 1 if j + 1 < len(slopes) else j - 1]
        for other in (layer + 1, layer - 1):
            if 1 <= other <= self.last and self.activation(other) not in ("linear", "softmax"):
                z, a = (self.get(kind, other, 0, example=example, step=step) for kind in ("z", "a"))
                return self._slope(other, z, a)
        return slopes[j]

    def _short_delta(self, a: list[mpf], t: list[mpf], j: int, slope: mpf) -> mpf:
        n = len(a)
        match self.mistake:
            case "derivative-kept-with-cross-entropy":
                return (a[j] - t[j]) * slope
            case "error-sign":
                return t[j] - a[j]
            case "cross-entropy-term-dropped" if self.loss == "binary_cross_entropy":
                return -t[j] * (1 - a[j])
            case "cross-entropy-terms-swapped" if self.loss == "binary_cross_entropy":
                return a[j] - (1 - t[j])
            case "target-added":
                return a[j] + t[j]
            case "target-left-out":
                return a[j]
            case "errors-of-all-outputs":
                return sum(a) - sum(t)
            case "outputs-mean-and-sum":
                return (a[j] - t[j]) / n
        return a[j] - t[j]

    def _example_gradients(self, layer: int, example: int | None, step: int) -> None:
        delta = [self.get("dL/dz", layer, j, example=example, step=step) for j in self.units(layer)]
        a = [self.get("a", layer - 1, i, example=example, step=step) for i in self.units(layer - 1)]
        for j in self.units(layer):
            for i in self.units(layer - 1):
                number = self._product(layer, j, i, delta, a, example, step)
                self.put(number, "dL/dW", layer, j, i, example=example, step=step)
        biases = self.layers[layer - 1].get("biases")
        if biases is None:
            return
        own = list(delta)
        if self.makes("neighbours-delta") and len(delta) > 1:
            own = [*delta[1:], delta[-2]]
        shared = sum(delta[:-1]) if self.makes("shared-bias-unit-lost") and len(delta) > 1 else sum(delta)
        factor = 1.0
        if self.makes("bias-gradient-zero"):
            factor = 0.0
        if self.makes("bias-gradient-times-input"):
            factor = a[0]
        if self.makes("delta-of-another-layer") and layer < self.last:
            last = self.widths[layer + 1] - 1
            own = [self.get("dL/dz", layer + 1, min(j, last), example=example, step=step) for j in self.units(layer)]
        if self.makes("error-in-place-of-delta") and self.activation(layer) != "linear":
            own = [self.get("dL/da", layer, j, example=example, step=step) for j in self.units(layer)]
            shared = sum(own)
        if self.makes("bias-gradient-one"):
            own, shared = [mpf(1) for _ in own], mpf(1)
        if self.makes("shared-bias-averaged"):
            shared = shared / len(delta)
        if self.makes("bias-gradient-of-all-units") and isinstance(biases, list):
            own = [sum(delta) for _ in delta]
        if self.makes("learning-rate-in-gradient") and not self.many:
            factor = self.rate
        for j in self.units(layer):
            if self.makes("bias-gradient-times-bias"):
                factor = self.bias(layer, j, step) or 0.0
            self.put(factor * own[j], "dL/db", layer, j, example=example, step=step)
        if not isinstance(biases, list):
            self.put(factor * shared, "dL/db", layer, example=example, step=step)

    def _product(
        self, layer: int, j: int, i: int, delta: list[mpf], a: list[mpf], example: int | None, step: int
    ) -> mpf:
        n, m = len(delta), len(a)
        old = step - 1
        match self.mistake:
            case "gradient-over-all-weights" if n == 1 and self.activation(layer - 1) == "softmax":
                pass
            case "gradient-over-all-weights":
                return sum(d * x for d in delta for x in a)
            case "weighted-sum-as-input" if self.activation(layer - 1) != "linear":
                return delta[j] * self.get("z", layer - 1, i, example=example, step=step)
            case "own-activation-in-gradient":
                return delta[j] * self.get("a", layer, j, example=example, step=step)
            case "neighbours-input-in-gradient" if m > 1:
                return delta[j] * a[i + 1 if i + 1 < m else i - 1]
            case "weight-in-its-own-gradient":
                return delta[j] * a[i] * self.weight(layer, j, i, step)
            case "raw-input" if layer == 1 and "standardize" in self.table["data"]:
                return delta[j] * self.get("x", None, i, example=example)
            case "input-of-another-layer-in-gradient" if layer > 1:
                used = min(i, self.widths[layer - 2] - 1)
                return delta[j] * self.get("a", layer - 2, used, example=example, step=step)
            case "delta-of-another-layer" if layer < self.last:
                used = min(j, self.widths[layer + 1] - 1)
                return self.get("dL/dz", layer + 1, used, example=example, step=step) * a[i]
            case "error-in-place-of-delta" if self.activation(layer) != "linear":
                return self.get("dL/da", layer, j, example=example, step=step) * a[i]
            case "learning-rate-in-gradient" if not self.many and not self.strength:
                return self.rate * delta[j] * a[i]
            case "neighbours-delta" if n > 1:
                return delta[j + 1 if j + 1 < n else j - 1] * a[i]
            case "gradient-transposed":
                # The table of one row per input, cut anew into rows of one number per input.
                return [x * d for x in a for d in delta][j * m + i]
            case "input-left-out-of-gradient":
                return delta[j]
            case "weight-in-place-of-input":
                return delta[j] * self.weight(layer, j, i, step)
            case "factors-added" if self.many or not self.strength:
                return delta[j] + a[i]
            case "stale-activations" if layer > 1 and (self.many or not self.strength):
                if self._was_there(example, step):
                    return delta[j] * self.get("a", layer - 1, i, example=example, step=old)
        return delta[j] * a[i]

    def _batch_gradients(self, layer: int, tags: list[int | None], step: int) -> None:
        places = {k[:4] for k in self.numbers if k[0] in ("dL/dW", "dL/db") and k[1] == layer}
        for kind, _, j, i in places:
            parts = [self.numbers[kind, layer, j, i, example, step] for example in tags]
            total, count = sum(parts), len(parts)
            if self.makes("batch-example-left-out") and (count > 2 or (count == 2 and self.mean)):
                total -= parts[-1]
            if self.makes("batch-one-example") and count > 1:
                total = parts[0]
            elif self.mean != (self.makes("batch-mean-and-sum") and count > 1):
                total /= count**2 if self.makes("batch-mean-twice") else count
            is_parameter = kind == "dL/dW" or (layer, j) == self.bias_place(layer, j or 0)
            if self.many and not is_parameter:
                continue
            own = self.get("W" if kind == "dL/dW" else "b", layer, j, i, step=step) if is_parameter else 0.0
            if kind == "dL/dW" or (self.makes("penalty-with-biases") and self.strength):
                total += self._penalty_slope(own)
            if self.makes("learning-rate-in-gradient") and (self.many or (kind == "dL/dW" and self.strength)):
                total *= self.rate
            self.put(total, kind, layer, j, i, step=step)

    def _penalty_slope(self, own: mpf) -> mpf:
        if self.makes("penalty-left-out"):
            return 0.0
        if self.makes("penalty-not-differentiated"):
            return self.l1 * abs(own) + self.l2 * own**2 / 2
        sign = mpf(1) if self.makes("penalty-sign-forgotten") else mpmath.sign(own)
        sign = own if self.makes("penalty-weight-for-sign") else sign
        slope = self.l1 * sign + (2 if self.makes("penalty-factor-two") else 1) * self.l2 * own
        return -slope if self.makes("penalty-subtracted") else slope

    def _update(self, layer: int, step: int) -> None:
        momentum = self.training.get("optimizer") == "momentum"
        trained = self.layers[layer - 1].get("train_biases", True)
        for kind, number, j, i, example, made in list(self.numbers):
            if kind not in ("W", "b") or number != layer or made != step or example is not None:
                continue
            old, gradient = self.get(kind, layer, j, i, step=step), self.get(f"dL/d{kind}", layer, j, i, step=step)
            beside = self._beside(kind, layer, j, i)
            if kind == "b" and not trained:
                moved = self.rate * gradient if self.makes("fixed-bias-updated") else 0.0
                self.put(old - moved, kind, layer, j, i, step=step + 1)
                continue
            if self.makes("neighbours-gradient"):
                gradient = self.get(f"dL/d{kind}", layer, *beside, step=step)
            if self.makes("neighbours-old-value"):
                old = self.get(kind, layer, *beside, step=step)
            if self.makes("stale-gradient") and step:
                gradient = self.get(f"dL/d{kind}", layer, j, i, step=step - 1)
            if self.makes("delta-in-update") and kind == "W" and not self.many:
                gradient = self.get("dL/dz", layer, j, step=step)
            if self.makes("sign-lost"):
                old = abs(old)
            taken = self._taken(gradient)
            if momentum:
                new = self._by_momentum(kind, layer, j, i, step, old, gradient, taken)
            else:
                if kind == "W":
                    self.put(taken, "lr*dL/dW", layer, j, i, step=step)
                new = self._by_descent(old, taken, self.get(kind, layer, j, i))
            if (self.makes("update-left-out") and kind == "W") or (self.makes("bias-not-updated") and kind == "b"):
                new = old
            self.put(new, kind, layer, j, i, step=step + 1)

    def _beside(self, kind: str, layer: int, j: int | None, i: int | None) -> tuple[int | None, int | None]:
        """The place of the next parameter: in the same row of the table, else in the same column."""
        units, sources = self.widths[layer], self.widths[layer - 1]
        if i is not None and sources > 1:
            return j, (i + 1 if i + 1 < sources else i - 1)
        if j is not None and units > 1:
            return (j + 1 if j + 1 < units else j - 1), i
        return j, i

    def _taken(self, gradient: mpf) -> mpf:
        power = {"learning-rate-forgotten": 0, "learning-rate-twice": 2, "learning-rate-divided": -1}.get(
            self.mistake, 1
        )
        return self.rate**power * gradient

    def _by_descent(self, old: mpf, taken: mpf, start: mpf) -> mpf:
        match self.mistake:
            case "gradient-added":
                return old + taken
            case "old-value-left-out":
                return -taken
            case "update-repeated":
                return old - 2 * taken
            case "update-from-the-start":
                return start - taken
            case "update-brackets":
                return self.rate * (old - taken / self.rate)
        return old - taken

    def _by_momentum(self, kind: str, *where: Any) -> mpf:
        layer, j, i, step, old, gradient, taken = where
        share = decimal(self.training["momentum"])
        before = self.numbers.get((f"v{kind}", layer, j, i, None, step), 0.0)
        after = share * before - taken
        match self.mistake:
            case "velocity-sign":
                after = share * before + taken
            case "momentum-left-out":
                after = -taken
            case "velocity-not-decayed":
                after = before - taken
            case "momentum-of-the-whole":
                after = share * (before - taken)
            case "velocity-averaged":
                after = share * before - (1 - share) * self.rate * gradient
        self.put(after, f"v{kind}", layer, j, i, step=step + 1)
        match self.mistake:
            case "old-value-left-out":
                return after
            case "old-velocity-used" if step:
                return old + before
            case "learning-rate-on-velocity":
                return old + self.rate * after
            case "update-from-the-start":
                return self.get(kind, layer, j, i) + after
        return old + after

    def _back(self, layer: int, example: int | None, step: int) -> None:
        units, sources = self.units(layer), self.units(layer - 1)
        for i in sources:
            shares = [self._share(layer, k, i, example, step) for k in units]
            if layer > 1 and len(units) > 1:
                for k, share in enumerate(shares):
                    self.put(share, "path", layer - 1, i, k, example=example, step=step)
            kept = shares[:-1] if self.makes("path-lost") and len(shares) > 1 else shares
            if self.makes("paths-averaged"):
                kept = [share / len(shares) for share in shares]
            if self.makes("sign-of-path") and len(shares) > 1:
                kept = [-shares[0], *shares[1:]]
            if self.makes("neighbours-delta-backward") and len(shares) > 1:
                right = [self._right_share(layer, k, i, example, step) for k in units]
                kept = [shares[0], *right[1:]]
            if self.makes("factors-added") and len(shares) > 1:
                kept = [self._right_share(layer, k, i, example, step) for k in units]
            self.put(sum(kept), "dL/da", layer - 1, i, example=example, step=step)

    def _right_share(self, layer: int, k: int, i: int, example: int | None, step: int) -> mpf:
        return self.get("dL/dz", layer, k, example=example, step=step) * self.weight(layer, k, i, step)

    def _share(self, layer: int, k: int, i: int, example: int | None, step: int) -> mpf:
        units, sources = self.units(layer), self.units(layer - 1)
        delta = self.get("dL/dz", layer, k, example=example, step=step)
        row = [self.weight(layer, k, source, step) for source in sources]
        weight = row[i]
        match self.mistake:
            case "updated-weights":
                weight = self.weight(layer, k, i, step + 1)
            case "stale-weights" if step:
                weight = self.weight(layer, k, i, step - 1)
            case "weights-transposed-backward":
                weight = [self.weight(layer, u, s, step) for u in units for s in sources][i * len(units) + k]
            case "weight-left-out-backward":
                weight = 1.0
            case "weights-of-another-layer" if layer > 1:
                below = self.widths[layer - 2]
                if below >= len(units):
                    weight = self.weight(layer - 1, i, k, step)
                elif len(sources) >= len(units) and below >= len(sources):
                    weight = self.weight(layer - 1, k, i, step)
            case "loss-sent-back":
                kind = "data_loss" if self.strength and example is None else "loss"
                delta = self.get(kind, example=example, step=step)
            case "sum-over-all-weights-backward":
                weight = sum(row)
            case "error-split-by-weights" if len(row) > 1:
                weight /= sum(row)
            case "gradients-summed-on-the-way-back":
                return self._gradient_of(layer, k, i, example, step)
            case "neighbours-delta-backward" if len(units) > 1:
                delta = self.get("dL/dz", layer, k + 1 if k + 1 < len(units) else k - 1, example=example, step=step)
            case "derivative-lost-on-the-way-back":
                if self.activation(layer) != "linear":
                    delta = self.get("dL/da", layer, k, example=example, step=step)
            case "factors-added" if layer > 1 and len(units) > 1:
                return delta + weight
        return delta * weight

    def _gradient_of(self, layer: int, k: int, i: int, example: int | None, step: int) -> mpf:
        return self.get("dL/dW", layer, k, i, example=example, step=step)


def calculated(table: Table, mistake: str = "") -> Numbers:
    """Every number of the calculation, with one mistake made wherever it can be made."""
    with mpmath.workdps(DIGITS):
        return Student(table, mistake).numbers
