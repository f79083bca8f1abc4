"""Random problems of the language of equations: sharing, affine reads, padding, conditions, recurrences, tables.

A problem is a text and its given numbers. Everything that is read exists or is padded; ranges are written or left to
be inferred. Numbers have two decimals, so that ties and corners are rare.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Span = tuple[int, int]
SMOOTH = (
    "tanh({})",
    "sigmoid({})",
    "exp({}/4)",
    "sin({})",
    "cos({})",
    "softplus({})",
    "sqrt({}^2 + 1)",
    "ln({}^2 + 2)",
)
SMOOTH += ("erf({})", "silu({})", "({})^3/5", "1/(({})^2 + 2)", "softsign({})", "elu({}, alpha = 2)", "f({}, c)")
CORNERED = ("relu({})", "abs({})", "leaky_relu({}, 0.2)", "huber({}, threshold = 0.4)", "if({} > 0.1, {}^2, -{})")
LETTERS = "ijklmnuvrs"


@dataclass
class Problem:
    """The tables of a problem, and its equations."""

    first: int
    givens: dict[str, Any] = field(default_factory=dict)
    parameters: list[str] = field(default_factory=list)
    spans: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    tables: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    """Quantities that the loss must read, so that everything matters."""

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def tables_of(self) -> dict[str, dict[str, Any]]:
        """As a problem file has them."""
        inputs = {name: value for name, value in self.givens.items() if name not in self.parameters}
        return {
            "inputs": inputs,
            "parameters": {name: self.givens[name] for name in self.parameters},
            "constants": self.tables,
        }


class Maker:
    """Writes one problem."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.problem = Problem(rng.choice([1, 1, 1, 0]))
        self.number = 0

    def make(self) -> Problem:
        rng, problem = self.rng, self.problem
        self.given("c", (), True)
        for _ in range(rng.randint(2, 4)):
            self.given(
                self.name("x"),
                tuple(rng.randint(1, 4) for _ in range(rng.choice([0, 1, 1, 2, 2, 3]))),
                rng.random() < 0.6,
            )
        problem.lines.append("f(a, b) = a*tanh(b + a)/2")
        for _ in range(rng.randint(2, 5)):
            rng.choice(self.kinds())()
        terms = []
        for name in [*problem.ends, "c"]:
            rank = len(problem.spans[name])
            letters = list(LETTERS[:rank])
            item = f"{name}[{','.join(letters)}]" if rank else name
            if rank:
                runs = ", ".join(
                    self.run(letter, span) for letter, span in zip(letters, problem.spans[name], strict=True)
                )
                kind = rng.choice(["sum", "mean"])
                terms.append(f"{kind}({rng.choice(['{}^2', 'tanh({})', '{}', 'cos({})']).format(item)} for {runs})")
            else:
                terms.append(rng.choice(["{}^2", "tanh({})", "{}"]).format(item))
        rng.shuffle(terms)
        whole = " + ".join(terms)
        problem.lines.append(f"L = {rng.choice(['{}', 'sqrt(({})^2 + 1)', '1/2*({})^2']).format(whole)}")
        return problem

    # -- names, numbers, letters

    def name(self, stem: str) -> str:
        self.number += 1
        return f"{stem}{self.number}"

    def decimal(self) -> Decimal:
        return Decimal(self.rng.choice([-1, 1]) * self.rng.randint(3, 149)).scaleb(-2)

    def array(self, shape: tuple[int, ...]) -> Any:
        return [self.array(shape[1:]) for _ in range(shape[0])] if shape else self.decimal()

    def given(self, name: str, shape: tuple[int, ...], parameter: bool) -> str:
        self.problem.givens[name] = self.array(shape)
        self.problem.spans[name] = tuple((self.problem.first, self.problem.first + n - 1) for n in shape)
        if parameter:
            self.problem.parameters.append(name)
        return name

    def run(self, letter: str, span: Span) -> str:
        """A letter with its range, always written: it is in range whatever is read."""
        return f"{letter} in {span[0]}..{span[1]}"

    def maybe(self, letter: str, span: Span, chance: float = 0.5) -> str:
        return self.run(letter, span) if self.rng.random() < chance else letter

    def defined(self, name: str, spans: tuple[Span, ...]) -> None:
        self.problem.spans[name] = spans
        self.problem.ends.append(name)

    def of_rank(self, rank: int) -> list[str]:
        return [name for name, spans in self.problem.spans.items() if len(spans) == rank]

    def some(self, rank: int, sizes: tuple[int, ...] | None = None) -> str:
        """A quantity of a rank (and size); a new given one where there is none, and sometimes anyway."""
        found = [n for n in self.of_rank(rank) if sizes is None or self.sizes(n) == sizes]
        if found and self.rng.random() < 0.85:
            return self.rng.choice(found)
        return self.given(
            self.name("x"), sizes or tuple(self.rng.randint(1, 4) for _ in range(rank)), self.rng.random() < 0.6
        )

    def sizes(self, name: str) -> tuple[int, ...]:
        return tuple(high - low + 1 for low, high in self.problem.spans[name])

    # -- parts of formulas

    def index(self, scope: dict[str, Span], span: Span) -> tuple[str, Span]:
        """An index and its bounds, somewhere near a span."""
        rng = self.rng
        low, high = span
        choices: list[Callable[[], tuple[str, Span]]] = [
            lambda: (str(low), (low, low)),
            lambda: (str(high), (high, high)),
        ]
        for letter, (first, last) in scope.items():
            choices += [lambda letter=letter, f=first, t=last: (letter, (f, t))] * 4
            shift = rng.choice([-2, -1, 1, 2])
            choices.append(lambda letter=letter, f=first, t=last, s=shift: (f"{letter}{s:+d}", (f + s, t + s)))
            total = low + high
            choices.append(lambda letter=letter, f=first, t=last, n=total: (f"{n}-{letter}", (n - t, n - f)))
            choices.append(lambda letter=letter, f=first, t=last: (f"2*{letter}-1", (2 * f - 1, 2 * t - 1)))
            for other, (g, h) in scope.items():
                if other != letter:
                    choices.append(
                        lambda one=letter, o=other, a=first + g - 1, b=last + h - 1: (f"{one}+{o}-1", (a, b))
                    )
                    choices.append(
                        lambda one=letter, o=other, a=first - h + 1, b=last - g + 1: (f"{one}-{o}+1", (a, b))
                    )
                    choices.append(
                        lambda one=letter, o=other, a=2 * first + g - 2, b=2 * last + h - 2: (f"2*{one}+{o}-2", (a, b))
                    )
            if rng.random() < 0.2:
                choices.append(lambda letter=letter, f=first, t=last: self.looked_up(letter, (f, t), span))
        return rng.choice(choices)()

    def looked_up(self, letter: str, run: Span, span: Span) -> tuple[str, Span]:
        """A table of whole numbers within a span, long enough for a letter."""
        first = self.problem.first
        if run[0] < first:
            return str(span[0]), (span[0], span[0])
        name = self.name("w")
        values = [self.rng.randint(*span) for _ in range(run[1] - first + 1)]
        self.problem.tables[name] = values
        return f"{name}[{letter}]", (min(values), max(values))

    def read(self, scope: dict[str, Span]) -> str:
        """An element of anything, padded where it may not exist."""
        name = self.rng.choice([n for n in self.problem.spans])
        spans = self.problem.spans[name]
        if not spans:
            return name
        found = [self.index(scope, span) for span in spans]
        text = f"{name}[{','.join(index for index, _ in found)}]"
        inside = all(span[0] <= b[0] and b[1] <= span[1] for (_, b), span in zip(found, spans, strict=True))
        if inside:
            return f"pad({text})" if self.rng.random() < 0.1 else text
        return f"pad({text})"

    def formula(self, scope: dict[str, Span], depth: int = 2) -> str:
        """A random formula in letters that run."""
        rng = self.rng
        if depth <= 0:
            return self.leaf(scope)
        kind = rng.random()
        if kind < 0.25:
            return f"{self.formula(scope, depth - 1)} {rng.choice('+-')} {self.formula(scope, depth - 1)}"
        if kind < 0.45:
            return f"({self.formula(scope, depth - 1)})*{self.leaf(scope)}"
        if kind < 0.62:
            inner = self.formula(scope, depth - 1)
            return rng.choice(SMOOTH + CORNERED).replace("{}", f"({inner})")
        if kind < 0.68:
            return f"max({self.formula(scope, depth - 1)}, {self.leaf(scope)})"
        if kind < 0.72:
            return f"({self.formula(scope, depth - 1)})/(1 + {self.leaf(scope)}^2)"
        if kind < 0.95:
            return self.gathered(scope, depth - 1)
        return self.leaf(scope)

    def leaf(self, scope: dict[str, Span]) -> str:
        kind = self.rng.random()
        if kind < 0.12:
            return str(abs(self.decimal()))
        if kind < 0.18 and scope:
            return self.rng.choice(list(scope))
        return self.read(scope)

    def gathered(self, scope: dict[str, Span], depth: int) -> str:
        """A sum, mean, product, maximum or minimum over one or two further letters."""
        rng = self.rng
        first = self.problem.first
        new = [letter for letter in LETTERS if letter not in scope][: rng.choice([1, 1, 1, 2])]
        inner, runs = dict(scope), []
        for letter in new:
            low = first + rng.choice([0, 0, 0, 1])
            span = (low, low + rng.randint(0, 2))
            text = self.run(letter, span)
            others = [name for name, (f, t) in scope.items() if f >= low and t <= span[1]]
            if others and rng.random() < 0.15:
                text = f"{letter} in {low}..{rng.choice(others)}"
            inner[letter] = span
            runs.append(text)
        kind = rng.choice(["sum", "sum", "sum", "mean", "prod", "max", "min"])
        conditions = ""
        if kind in ("sum", "prod") and rng.random() < 0.35:
            other = rng.choice([*[name for name in inner if name != new[0]], str(first + 1)])
            conditions = f" if {new[0]} {rng.choice(['!=', '<=', '>', '<'])} {other}"
        return f"{kind}({self.formula(inner, depth)} for {', '.join(runs)}{conditions})"

    # -- equations

    def kinds(self) -> list[Callable[[], None]]:
        return [
            *[self.anything] * 5,
            self.elementwise,
            self.product,
            self.weighted,
            self.convolution,
            self.windows,
            self.softened,
            self.softened_inside,
            self.recurrence,
            self.normalised,
            self.embedded,
            self.pieces,
            self.turned,
        ]

    def anything(self) -> None:
        rank = self.rng.choice([0, 1, 1, 2, 2])
        first = self.problem.first
        scope = {letter: (first, first + self.rng.randint(0, 3)) for letter in LETTERS[:rank]}
        formula = self.formula(scope, 3)
        name = self.name("y")
        if rank:
            runs = ", ".join(self.run(letter, span) for letter, span in scope.items())
            self.problem.lines.append(f"{name}[{','.join(scope)}] = {formula} for {runs}")
        else:
            self.problem.lines.append(f"{name} = {formula}")
        self.defined(name, tuple(scope.values()))

    def elementwise(self) -> None:
        """Whole arrays."""
        one = self.some(self.rng.choice([1, 2]))
        spans = self.problem.spans[one]
        others = [n for n, s in self.problem.spans.items() if s == spans]
        function = self.rng.choice(SMOOTH + CORNERED)
        name = self.name("y")
        formula = f"{function.replace('{}', one)}*{self.rng.choice(others)} - c/{self.rng.choice(others)}^2*0.1"
        self.problem.lines.append(f"{name} = {formula}")
        self.defined(name, spans)

    def product(self) -> None:
        left = self.some(self.rng.choice([1, 2]))
        inner = self.sizes(left)[-1]
        rank = self.rng.choice([1, 2])
        shape = (inner,) if rank == 1 else (inner, self.rng.randint(1, 3))
        right = self.given(self.name("x"), shape, True)
        if self.problem.spans[left][-1][0] != self.problem.first:
            return
        text = right
        if rank == 2 and self.rng.random() < 0.4:
            right = self.given(self.name("x"), shape[::-1], True)
            text = f"{right}.T"
        name = self.name("y")
        self.problem.lines.append(f"{name} = tanh({left}@{text}/2)")
        spans = self.problem.spans[left][:-1] + (
            self.problem.spans[right][0 if text != right else 1 :][:1] if rank == 2 else ()
        )
        self.defined(name, spans)

    def weighted(self) -> None:
        x = self.some(1)
        n = self.sizes(x)[0]
        if self.problem.spans[x][0][0] != self.problem.first:
            return
        W = self.given(self.name("W"), (self.rng.randint(1, 3), n), True)
        name = self.name("y")
        self.problem.lines.append(f"{name}[j] = sigmoid(sum({W}[j,i]*{x}[i] for i) + {W}[j,{self.problem.first}])")
        self.defined(name, self.problem.spans[W][:1])

    def convolution(self) -> None:
        """The range of k is the largest for which everything exists, or written, with padding."""
        x = self.some(1)
        low, high = self.problem.spans[x][0]
        size = self.rng.randint(1, 3)
        K = self.given(self.name("K"), (size,), True)
        a, b = self.problem.spans[K][0]
        name = self.name("y")
        stride = self.rng.choice([1, 1, 2])
        sign = self.rng.choice(["+", "-"])
        lows, highs = (a, b) if sign == "+" else (-b, -a)
        if self.rng.random() < 0.5 and high - low >= highs - lows:
            # stride*k + u - 1 between low and high
            first, last = -((lows - 1 - low) // stride), (high - highs + 1) // stride
            if first > last:
                return
            read = f"{stride}*k{sign}u-1" if stride > 1 else f"k{sign}u-1"
            self.problem.lines.append(f"{name}[k] = relu(sum({K}[u]*{x}[{read}] for u) + 0.3)")
            self.defined(name, ((first, last),))
        else:
            span = (low, high)
            self.problem.lines.append(
                f"{name}[k] = relu(sum({K}[u]*pad({x}[{stride}*k{sign}u+1]) for u)) for {self.run('k', span)}"
            )
            self.defined(name, (span,))

    def windows(self) -> None:
        x = self.some(1)
        low, high = self.problem.spans[x][0]
        if low != 1 or high < 2:
            return
        kind = self.rng.choice(["max", "min", "mean", "prod"])
        name = self.name("y")
        self.problem.lines.append(f"{name}[k] = {kind}({x}[2*k-2+u] for u in 1..2)*c")
        self.defined(name, ((1, high // 2),))

    def softened(self) -> None:
        x = self.some(2)
        name = self.name("y")
        kind = self.rng.choice(["softmax", "log_softmax"])
        if self.rng.random() < 0.5:
            condition = self.rng.choice(["", " if j <= i", f" if j != {self.problem.spans[x][1][0]}"])
            (a, _), (e, f) = self.problem.spans[x]
            if (
                kind == "log_softmax"
                or (condition == " if j <= i" and e > a)
                or (condition and "!=" in condition and e == f)
            ):
                condition = ""
            self.problem.lines.append(f"{name}[i,j] = {kind}({x}[i,j]*c over j{condition})")
        else:
            self.problem.lines.append(f"{name} = {kind}({x}*2)")
        self.defined(name, self.problem.spans[x])

    def softened_inside(self) -> None:
        x = self.some(1)
        name = self.name("y")
        self.problem.lines.append(f"{name} = sum(softmax({x}[j]^2 over j)*{x}[j] for j)")
        self.defined(name, ())

    def recurrence(self) -> None:
        x = self.some(1)
        low, high = self.problem.spans[x][0]
        name, kind = self.name("h"), self.rng.choice(["forwards", "backwards", "second"])
        if kind == "forwards":
            self.problem.lines += [f"{name}[{low - 1}] = c", f"{name}[k] = tanh({x}[k] + c*{name}[k-1])"]
            self.problem.ends.append(name)
            self.problem.spans[name] = ((low - 1, high),)
        elif kind == "backwards":
            self.problem.lines += [f"{name}[k] = sin({x}[k]*{name}[k+1])", f"{name}[{high + 1}] = c/2"]
            self.problem.ends.append(name)
            self.problem.spans[name] = ((low, high + 1),)
        else:
            a = self.name("a")
            self.problem.lines += [
                f"{a}[k] = {x}[k] + sum({name}[k-u]*c for u in 1..2)",
                f"{name}[{low - 2}] = 0.1",
                f"{name}[{low - 1}] = c",
                f"{name}[k] = sigmoid({a}[k])",
            ]
            self.problem.spans[name], self.problem.spans[a] = ((low - 2, high),), ((low, high),)
            self.problem.ends += [name, a]

    def normalised(self) -> None:
        x = self.some(self.rng.choice([1, 2]))
        rank = len(self.problem.spans[x])
        mu, var, name = self.name("mu"), self.name("var"), self.name("y")
        letters, outer = ("n,j", "[j]") if rank == 2 else ("n", "")
        self.problem.lines += [
            f"{mu}{outer} = mean({x}[{letters}] for n)",
            f"{var}{outer} = mean(({x}[{letters}] - {mu}{outer})^2 for n)",
            f"{name}[{letters}] = ({x}[{letters}] - {mu}{outer})/sqrt({var}{outer} + 0.5)",
        ]
        self.problem.spans[mu] = self.problem.spans[var] = self.problem.spans[x][1:]
        self.defined(name, self.problem.spans[x])

    def embedded(self) -> None:
        x = self.some(2)
        word, name = self.name("w"), self.name("y")
        low, high = self.problem.spans[x][0]
        count = self.rng.randint(1, 4)
        self.problem.tables[word] = [self.rng.randint(low, high) for _ in range(count)]
        self.problem.lines.append(f"{name}[d] = mean({x}[{word}[k],d]^2 for k)")
        self.defined(name, self.problem.spans[x][1:])

    def pieces(self) -> None:
        """Several equations for one quantity."""
        x = self.some(1)
        low, high = self.problem.spans[x][0]
        name = self.name("y")
        last = f"{name}[{high + 1}] = {x}[{high}]*c"
        self.problem.lines += [f"{name}[i] = {x}[i]^2 + {x}[{low}]", last]
        self.problem.spans[name] = ((low, high + 1),)
        self.problem.ends.append(name)

    def turned(self) -> None:
        """A sum of products around a product, a diagonal, a sum of sums: letters that could be caught."""
        x = self.some(1)
        low, high = self.problem.spans[x][0]
        name = self.name("y")
        formula = self.rng.choice(
            [
                f"sqrt(sum({x}[k]^2 for k) + 1)*{x}[k]",
                f"sum({x}[k]*{x}[{low + high}-k] for k)*sum({x}[i]*{x}[k] for i)",
                f"prod({x}[i] - {x}[k]/2 + 2 for i if i != k)",
                f"tanh(sum({x}[k]*sum({x}[k]*{x}[i] for k) for i))*{x}[k]",
                f"max({x}[i]*{x}[k] for i)",
            ]
        )
        self.problem.lines.append(f"{name}[k] = {formula} for k in {low}..{high}")
        self.defined(name, ((low, high),))


def random_problem(rng: random.Random) -> Problem:
    """A problem with its loss L."""
    return Maker(rng).make()
