"""A second interpreter of the language of equations, which shares no line with the first.

It reads an equation with a small operator-precedence parser, computes every element when it is asked for (memoised
recursion over mpmath numbers of 60 digits), and takes every derivative as a central difference of the loss. It is slow
and plain on purpose. Library rows are not known here; they are compared with PyTorch.
"""

from __future__ import annotations

import itertools
import math
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import mpmath
from mpmath import mpf

sys.setrecursionlimit(20_000)
DIGITS = 60
TOKEN = re.compile(
    r"\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\.\d)|\.\.|\.T\b|[A-Za-z]\w*'?|<=|>=|==|!=|[-+*/@^()\[\],<>=])"
)
REDUCTIONS = {"sum", "mean", "prod", "max", "min"}
BUILT_IN: dict[str, Callable[..., Any]] = {
    "exp": mpmath.exp,
    "ln": mpmath.log,
    "log10": mpmath.log10,
    "sqrt": mpmath.sqrt,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tanh": mpmath.tanh,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "relu": lambda x: x if x > 0 else mpf(0),
    "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)),
    "step": lambda x: mpf(1 if x > 0 else 0),
    "abs": abs,
    "sign": lambda x: mpf((x > 0) - (x < 0)),
    "erf": mpmath.erf,
    "max": max,
    "min": min,
    "linear": lambda x: x,
    "leaky_relu": lambda x, slope="0.01": x if x > 0 else mpf(slope) * x,
    "elu": lambda x, alpha=1: x if x > 0 else alpha * (mpmath.exp(x) - 1),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "huber": lambda e, threshold=1: e * e / 2 if abs(e) <= threshold else threshold * (abs(e) - mpf(threshold) / 2),
}
RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


class Parser:
    """One line to nested tuples."""

    def __init__(self, text: str) -> None:
        text = text.strip()
        self.words: list[str] = []
        at = 0
        while at < len(text):
            match = TOKEN.match(text, at)
            assert match, f"cannot read {text[at:]!r}"
            self.words.append(match[1])
            at = match.end()
        self.at = 0

    def peek(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def next(self, wanted: str = "") -> str:
        word = self.peek()
        assert not wanted or word == wanted, f"{wanted!r} expected, {word!r} found in {self.words}"
        self.at += 1
        return word

    def take(self, *wanted: str) -> str:
        return self.next() if self.peek() in wanted else ""

    # precedence: 1 + -, 2 * / @, 3 unary -, 4 ^
    def expression(self, level: int = 1) -> Any:
        if self.take("-"):
            left: Any = ("neg", self.expression(2 if level == 1 else 3))
        else:
            left = self.postfix()
        while True:
            sign = self.peek()
            if sign in ("+", "-") and level <= 1:
                self.next()
                left = (sign, left, self.expression(2))
            elif sign in ("*", "/", "@") and level <= 2:
                self.next()
                left = (sign, left, self.expression(3))
            elif sign == "^" and left[0] != "neg":
                self.next()
                left = ("^", left, self.expression(3))
            else:
                return left

    def postfix(self) -> Any:
        node = self.atom()
        while self.take(".T"):
            node = ("T", node)
        return node

    def atom(self) -> Any:
        word = self.next()
        if word == "(":
            node = self.expression()
            self.next(")")
            return node
        if word[0].isdigit():
            return ("num", mpf(word))
        if word == "pi":
            return ("pi",)
        if word == "pad":
            self.next("(")
            node = self.atom()
            self.next(")")
            return ("pad", node)
        if word == "if":
            self.next("(")
            left = self.expression()
            relation = self.next()
            right = self.expression()
            self.next(",")
            then = self.expression()
            self.next(",")
            other = self.expression()
            self.next(")")
            return ("if", relation, left, right, then, other)
        if word == "size":
            self.next("(")
            name = self.next()
            self.next(",")
            axis = int(self.next())
            self.next(")")
            return ("size", name, axis)
        if self.peek() == "(":
            return self.call(word)
        if self.take("["):
            return ("item", word, self.indices())
        return ("name", word)

    def indices(self) -> list[Any]:
        found = [self.expression()]
        while self.take(","):
            found.append(self.expression())
        self.next("]")
        return found

    def call(self, word: str) -> Any:
        self.next("(")
        args, named = [], {}
        while True:
            if self.at + 1 < len(self.words) and self.words[self.at + 1] == "=":
                key = self.next()
                self.next("=")
                named[key] = self.expression()
            else:
                args.append(self.expression())
            if not self.take(","):
                break
        if self.take("for"):
            binds, conditions = self.clauses()
            self.next(")")
            return ("reduce", word, args[0], binds, conditions)
        if self.take("over"):
            letter = self.next()
            conditions = self.conditions() if self.take("if") else []
            self.next(")")
            return ("soft", word, args[0], letter, conditions)
        self.next(")")
        return ("call", word, args, named)

    def clauses(self) -> tuple[list[tuple[str, Any, Any]], list[Any]]:
        binds = []
        while True:
            letter = self.next()
            low = high = None
            if self.take("in"):
                low = self.expression()
                self.next("..")
                high = self.expression()
            binds.append((letter, low, high))
            if not self.take(","):
                break
        return binds, self.conditions() if self.take("if") else []

    def conditions(self) -> list[Any]:
        found = []
        while True:
            left = self.expression()
            while self.peek() in RELATIONS:
                relation = self.next()
                right = self.expression()
                found.append((relation, left, right))
                left = right
            if not self.take("and"):
                return found


class Rule:
    """One equation."""

    def __init__(self, text: str) -> None:
        parser = Parser(text)
        self.name = parser.next()
        self.bracketed = bool(parser.take("["))
        self.left = parser.indices() if self.bracketed else []
        parser.next("=")
        self.right = parser.expression()
        self.binds, self.conditions = parser.clauses() if parser.take("for") else ([], [])
        assert parser.at == len(parser.words), parser.words[parser.at :]
        self.ranges: dict[str, tuple[int, int]] = {}
        """Letters left of = and bound inside, as `letter` or `letter@number of the binder`."""


class Interpreter:
    """All values of a problem, and differences of its loss."""

    def __init__(self, givens: dict[str, Any], text: str, first: int = 1, functions: str = "") -> None:
        mpmath.mp.dps = DIGITS
        self.first = first
        self.givens: dict[str, dict[tuple[int, ...], Any]] = {}
        self.shapes: dict[str, list[int]] = {}
        for name, value in givens.items():
            self.givens[name], self.shapes[name] = self.flat(value)
        self.functions: dict[str, tuple[list[str], Any]] = {}
        self.rules: list[Rule] = []
        for line in text.split("\n"):
            line = line.split("#")[0].strip()
            if not line:
                continue
            function = re.match(r"([A-Za-z]\w*)\(([^)]*)\)\s*=(.*)", line)
            if function:
                self.functions[function[1]] = (re.split(r"\s*,\s*", function[2]), Parser(function[3]).expression())
            else:
                self.rules.append(Rule(line))
        self.count = 0
        self.lift()
        self.infer()
        self.cache: dict[Any, Any] = {}

    def flat(self, value: Any) -> tuple[dict[tuple[int, ...], Any], list[int]]:
        if isinstance(value, (list, tuple)):
            found, shape = {}, []
            for at, part in enumerate(value):
                inner, shape = self.flat(part)
                found.update({(at + self.first, *index): number for index, number in inner.items()})
            return found, [len(value), *shape]
        if isinstance(value, str) and "/" in value:
            above, below = value.split("/")
            return {(): mpf(above) / mpf(below)}, []
        return {(): mpf(str(value))}, []

    # -- whole arrays

    def rank(self, node: Any, bound: frozenset[str] = frozenset()) -> int:
        match node[0]:
            case "name":
                return len(self.shapes[node[1]]) if node[1] in self.shapes else self.ranks.get(node[1], 0)
            case "T":
                return 2
            case "neg":
                return self.rank(node[1])
            case "@":
                return self.rank(node[1]) + self.rank(node[2]) - 2
            case "+" | "-" | "*" | "/" | "^":
                return max(self.rank(node[1]), self.rank(node[2]))
            case "if":
                return max(self.rank(part) for part in node[2:])
            case "call":
                if node[1] in REDUCTIONS and len(node[2]) == 1:
                    return 0
                return max(self.rank(part) for part in [*node[2], *node[3].values()])
        return 0

    def lift(self) -> None:
        """Letters for whole arrays."""
        self.ranks = {rule.name: len(rule.left) for rule in self.rules if rule.bracketed}
        waiting = [rule for rule in self.rules if not rule.bracketed]
        while waiting:
            rule = next(r for r in waiting if not ({*self.bare(r.right)} & {w.name for w in waiting}))
            waiting.remove(rule)
            rank = self.rank(rule.right)
            self.ranks[rule.name] = rank
            letters = [f"lift{self.fresh()}" for _ in range(rank)]
            rule.left = [("name", letter) for letter in letters]
            rule.right = self.put(rule.right, letters)

    def fresh(self) -> int:
        self.count += 1
        return self.count

    def bare(self, node: Any) -> Iterator[str]:
        """Names read without brackets."""
        if isinstance(node, tuple):
            if node and node[0] == "name":
                yield node[1]
            else:
                for part in node:
                    yield from self.bare(part)
        elif isinstance(node, (list, dict)):
            for part in node.values() if isinstance(node, dict) else node:
                yield from self.bare(part)

    def put(self, node: Any, letters: list[str]) -> Any:
        """The formula of one element of a whole array."""
        match node[0]:
            case "name":
                if letters and self.rank(node):
                    return ("item", node[1], [("name", letter) for letter in letters])
                return node
            case "T":
                return self.put(node[1], letters[::-1])
            case "neg":
                return ("neg", self.put(node[1], letters))
            case "@":
                inner = f"lift{self.fresh()}"
                rows = self.rank(node[1]) - 1
                left = self.put(node[1], [*letters[:rows], inner])
                right = self.put(node[2], [inner, *letters[rows:]])
                return ("reduce", "sum", ("*", left, right), [(inner, None, None)], [])
            case "+" | "-" | "*" | "/" | "^":
                return (node[0], *[self.put(part, letters if self.rank(part) else []) for part in node[1:]])
            case "if":
                return (*node[:2], *[self.put(part, letters if self.rank(part) else []) for part in node[2:]])
            case "call":
                _, name, args, named = node
                if name in ("softmax", "log_softmax"):
                    return ("soft", name, self.put(args[0], letters), letters[-1], [])
                if name in REDUCTIONS and len(args) == 1:
                    inner_letters = [f"lift{self.fresh()}" for _ in range(self.rank(args[0]))]
                    binds = [(letter, None, None) for letter in inner_letters]
                    return ("reduce", name, self.put(args[0], inner_letters), binds, [])
                placed = [self.put(arg, letters if self.rank(arg) else []) for arg in args]
                return (
                    "call",
                    name,
                    placed,
                    {k: self.put(v, letters if self.rank(v) else []) for k, v in named.items()},
                )
        return node

    # -- ranges: each binder gets a name of its own first

    def infer(self) -> None:
        self.letters: list[tuple[Rule, str]] = []
        self.known: dict[tuple[int, str], tuple[int, int]] = {}
        self.binder: dict[tuple[int, str], tuple[Any, Any]] = {}
        self.by_rule_two: set[tuple[int, str]] = set()
        for number, rule in enumerate(self.rules):
            outer = {}
            written = {letter: (low, high) for letter, low, high in rule.binds}
            for index in rule.left:
                if index[0] == "name" and (index[1] in written or not self.is_whole(index[1])):
                    outer[index[1]] = index[1]
                    self.binder[number, index[1]] = written.get(index[1], (None, None))
            rule.scope = outer
            rule.right = self.rename(rule.right, number, outer)
        while self.one_more():
            pass
        missing = set(self.binder) - set(self.known)
        assert not missing, f"no range for {missing}"
        for number, letter in self.by_rule_two:
            for name, axis, index, padded in self.reads(self.rules[number].right):
                if not padded and index[0] == "letter" and index[1] == letter:
                    assert self.span(name, axis) == self.known[number, letter], f"two sizes for {letter}"

    def is_whole(self, name: str) -> bool:
        return name in self.givens and not self.shapes[name] and self.givens[name][()] == int(self.givens[name][()])

    def rename(self, node: Any, number: int, scope: dict[str, str]) -> Any:
        """The formula with a name of its own for every letter that is bound inside."""
        if isinstance(node, list):
            return [self.rename(part, number, scope) for part in node]
        if isinstance(node, dict):
            return {key: self.rename(part, number, scope) for key, part in node.items()}
        if not isinstance(node, tuple) or not node:
            return node
        if node[0] == "reduce":
            _, kind, body, binds, conditions = node
            inner, new = dict(scope), []
            for letter, low, high in binds:
                own = f"{letter}@{self.fresh()}"
                low, high = self.rename(low, number, inner), self.rename(high, number, inner)
                inner[letter] = own
                self.binder[number, own] = (low, high)
                new.append((own, low, high))
            return ("reduce", kind, self.rename(body, number, inner), new, self.rename(conditions, number, inner))
        if node[0] == "soft":
            _, kind, body, letter, conditions = node
            return (
                "soft",
                kind,
                self.rename(body, number, scope),
                scope[letter],
                self.rename(conditions, number, scope),
            )
        if node[0] == "name":
            return ("letter", scope[node[1]], node[1]) if node[1] in scope else node
        if node[0] == "item":
            return ("item", node[1], self.rename(node[2], number, scope))
        if node[0] == "call":
            return ("call", node[1], self.rename(node[2], number, scope), self.rename(node[3], number, scope))
        return tuple(self.rename(part, number, scope) if isinstance(part, (tuple, list)) else part for part in node)

    def reads(self, node: Any, padded: bool = False) -> Iterator[tuple[str, int, Any, bool]]:
        """(quantity, axis, index, padded) of everything that is read, tables too."""
        if isinstance(node, (list, dict)):
            for part in node.values() if isinstance(node, dict) else node:
                yield from self.reads(part, padded)
        elif isinstance(node, tuple) and node:
            if node[0] == "item":
                for axis, index in enumerate(node[2]):
                    yield node[1], axis, index, padded
                    yield from self.reads(index, padded)
            else:
                for part in node[1:]:
                    yield from self.reads(part, node[0] == "pad")

    def span(self, name: str, axis: int, everything: bool = False) -> tuple[int, int] | None:
        if name in self.shapes:
            return self.first, self.first + self.shapes[name][axis] - 1
        found, numbers = [], []
        for number, rule in enumerate(self.rules):
            if rule.name == name:
                index = rule.left[axis]
                if index[0] == "name" and index[1] in rule.scope:
                    if (number, index[1]) not in self.known:
                        return None
                    found.append(self.known[number, index[1]])
                else:
                    value = self.whole(index, {})
                    numbers.append((value, value))
        used = found + numbers if everything or not found else found
        return min(low for low, _ in used), max(high for _, high in used)

    def open(self) -> list[tuple[int, str]]:
        return [key for key, (low, _) in self.binder.items() if key not in self.known and low is None]

    def one_more(self) -> bool:
        for key, (low, high) in self.binder.items():
            if key not in self.known and low is not None:
                lows, highs = self.limits(low, key[0]), self.limits(high, key[0])
                if lows and highs:
                    self.known[key] = lows[0], highs[1]
                    return True
        for number, letter in self.open():
            for name, axis, index, padded in self.reads(self.rules[number].right):
                if not padded and index[0] == "letter" and index[1] == letter and self.span(name, axis):
                    self.by_rule_two.add((number, letter))
                    self.known[number, letter] = self.span(name, axis)
                    return True
        for number, letter in self.open():
            rule = self.rules[number]
            for axis, index in enumerate(rule.left):
                for other, twin in enumerate(self.rules):
                    if index == ("name", letter) and other != number and twin.name == rule.name:
                        place = twin.left[axis]
                        if place[0] == "name" and (other, place[1]) in self.known:
                            self.known[number, letter] = self.known[other, place[1]]
                            return True
        return self.read_over(False) or self.existing(False) or self.read_over(True) or self.existing(True)

    def read_over(self, some: bool) -> bool:
        for number, letter in self.open():
            rule = self.rules[number]
            for axis, index in enumerate(rule.left):
                if index != ("name", letter):
                    continue
                spans = [
                    self.limits(at, other)
                    for other, twin in enumerate(self.rules)
                    if twin.name != rule.name
                    for name, where, at, padded in self.reads(twin.right)
                    if name == rule.name and where == axis and not padded
                ]
                known = [span for span in spans if span]
                if known and (some or len(known) == len(spans)):
                    low, high = min(a for a, _ in known), max(b for _, b in known)
                    fixed = {
                        self.whole(twin.left[axis], {})
                        for twin in self.rules
                        if twin.name == rule.name
                        and not (twin.left[axis][0] == "name" and twin.left[axis][1] in twin.scope)
                    }
                    while low in fixed and low < high:
                        low += 1
                    while high in fixed and high > low:
                        high -= 1
                    self.known[number, letter] = low, high
                    return True
        return False

    def existing(self, some: bool) -> bool:
        for number, letter in self.open():
            lows, highs, complete = [], [], True
            for name, axis, index, padded in self.reads(self.rules[number].right):
                if padded or not self.mentions(index, letter):
                    continue
                span = self.span(name, axis, everything=True)
                others = [key for key in self.letters_of(index) if key != letter]
                if span is None or any((number, other) not in self.known for other in others):
                    complete = False
                    continue
                good = [
                    value
                    for value in range(-60, 120)
                    if all(
                        span[0] <= self.whole(index, {letter: value, **dict(zip(others, rest, strict=True))}) <= span[1]
                        for rest in itertools.product(*[self.run(number, other) for other in others])
                    )
                ]
                assert good, f"no {letter}"
                lows.append(good[0])
                highs.append(good[-1])
            if lows and (complete or some):
                assert max(lows) <= min(highs)
                self.known[number, letter] = max(lows), min(highs)
                return True
        return False

    def run(self, number: int, letter: str) -> range:
        low, high = self.known[number, letter]
        return range(low, high + 1)

    def mentions(self, node: Any, letter: str) -> bool:
        return letter in self.letters_of(node)

    def letters_of(self, node: Any, inside: bool = True) -> list[str]:
        if isinstance(node, list):
            return [found for part in node for found in self.letters_of(part)]
        if not isinstance(node, tuple) or not node:
            return []
        if node[0] == "letter":
            return [node[1]]
        if node[0] == "item":
            return []
        return list(dict.fromkeys(found for part in node[1:] for found in self.letters_of(part)))

    def limits(self, node: Any, number: int) -> tuple[int, int] | None:
        """The smallest and the largest value of an index."""
        names = self.letters_of(node)
        tables = [t for t in self.reads(node)]
        if tables:
            inner = [letter for *_, index, _ in tables for letter in self.letters_of(index)]
            names = list(dict.fromkeys([*names, *inner]))
        if any((number, name) not in self.known for name in names):
            return None
        try:
            values = [
                self.whole(node, dict(zip(names, rest, strict=True)))
                for rest in itertools.product(*[self.run(number, name) for name in names])
            ]
        except KeyError:
            return None
        return (min(values), max(values)) if values else None

    # -- values

    def whole(self, node: Any, env: dict[str, int]) -> int:
        """An index."""
        match node[0]:
            case "num":
                return int(node[1])
            case "letter":
                return env[node[1]]
            case "name":
                return int(self.givens[node[1]][()])
            case "item":
                return int(self.givens[node[1]][tuple(self.whole(part, env) for part in node[2])])
            case "neg":
                return -self.whole(node[1], env)
            case "size":
                low, high = self.span(node[1], node[2] - 1) or self.unknown(node)
                return high - low + 1
        left, right = self.whole(node[1], env), self.whole(node[2], env)
        return {"+": left + right, "-": left - right, "*": left * right}[node[0]]

    def unknown(self, node: Any) -> Any:
        raise KeyError(str(node))

    def holds(self, conditions: list[Any], env: dict[str, int]) -> bool:
        return all(RELATIONS[r](self.whole(a, env), self.whole(b, env)) for r, a, b in conditions)

    def runs(
        self, number: int, binds: list[Any], conditions: list[Any], env: dict[str, int]
    ) -> Iterator[dict[str, int]]:
        if not binds:
            if self.holds(conditions, env):
                yield env
            return
        (letter, low, high), *rest = binds
        span = self.run(number, letter)
        if low is not None:
            span = range(self.whole(low, env), self.whole(high, env) + 1)
        for value in span:
            yield from self.runs(number, rest, conditions, {**env, letter: value})

    def rows(self, number: int) -> Iterator[tuple[tuple[int, ...], dict[str, int]]]:
        """The elements of an equation."""
        rule = self.rules[number]
        written = {letter: (low, high) for letter, low, high in rule.binds}
        free = list(dict.fromkeys(i[1] for i in rule.left if i[0] == "name" and i[1] in rule.scope))
        order = [letter for letter in free if letter not in written] + [letter for letter in written if letter in free]
        binds = [(letter, *map(self.outer(rule), written.get(letter, (None, None)))) for letter in order]
        conditions = self.outer(rule)(rule.conditions)
        extra = rule.right[4] if rule.right[0] == "soft" and rule.right[1] == "log_softmax" else []
        for env in self.runs(number, binds, [*conditions, *extra], {}):
            yield tuple(self.whole(self.outer(rule)(index), env) for index in rule.left), env

    def outer(self, rule: Rule) -> Callable[[Any], Any]:
        number = self.rules.index(rule)
        return lambda node: self.rename(node, number, rule.scope)

    def table(self) -> dict[str, dict[tuple[int, ...], tuple[int, dict[str, int]]]]:
        found: dict[str, Any] = {}
        for number, rule in enumerate(self.rules):
            for index, env in self.rows(number):
                assert index not in found.setdefault(rule.name, {}), f"{rule.name}{index} twice"
                found[rule.name][index] = (number, env)
        return found

    def value(self, name: str, index: tuple[int, ...] = ()) -> Any:
        """One element."""
        if name in self.givens:
            return self.givens[name][index]
        if (name, index) not in self.cache:
            if not hasattr(self, "_table"):
                self._table = self.table()
            number, env = self._table[name][index]
            self.cache[name, index] = None
            self.cache[name, index] = self.compute(self.rules[number].right, number, env)
        found = self.cache[name, index]
        assert found is not None, f"{name}{index} needs itself"
        return found

    def compute(self, node: Any, number: int, env: dict[str, int]) -> Any:
        match node[0]:
            case "num":
                return node[1]
            case "pi":
                return mpmath.pi
            case "letter":
                return self.value(node[2]) if node[2] in self.ranks or node[2] in self.shapes else mpf(env[node[1]])
            case "name":
                return env[node[1]] if node[1] in env and node[1] not in self.shapes else self.value(node[1])
            case "item":
                return self.value(node[1], tuple(self.whole(part, env) for part in node[2]))
            case "pad":
                index = tuple(self.whole(part, env) for part in node[1][2])
                return self.value(node[1][1], index) if self.has(node[1][1], index) else mpf(0)
            case "neg":
                return -self.compute(node[1], number, env)
            case "if":
                _, relation, left, right, then, other = node
                holds = RELATIONS[relation](self.compute(left, number, env), self.compute(right, number, env))
                return self.compute(then if holds else other, number, env)
            case "size":
                return mpf(self.whole(node, env))
            case "reduce":
                _, kind, body, binds, conditions = node
                values = [self.compute(body, number, inner) for inner in self.runs(number, binds, conditions, env)]
                return self.gather(kind, values)
            case "soft":
                return self.soft(node, number, env)
            case "call":
                return self.call(node, number, env)
        left, right = self.compute(node[1], number, env), self.compute(node[2], number, env)
        match node[0]:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return left / right
        return left ** (int(right) if right == int(right) else right)

    def has(self, name: str, index: tuple[int, ...]) -> bool:
        if name in self.givens:
            return index in self.givens[name]
        if not hasattr(self, "_table"):
            self._table = self.table()
        return index in self._table[name]

    def gather(self, kind: str, values: list[Any]) -> Any:
        match kind:
            case "sum":
                return mpmath.fsum(values)
            case "mean":
                return mpmath.fsum(values) / len(values)
            case "prod":
                return math.prod(values, start=mpf(1))
        return max(values) if kind == "max" else min(values)

    def soft(self, node: Any, number: int, env: dict[str, int]) -> Any:
        _, kind, body, letter, conditions = node
        inner = [{**env, letter: value} for value in self.run(number, letter)]
        inner = [one for one in inner if self.holds(conditions, one)]
        total = mpmath.fsum(mpmath.exp(self.compute(body, number, one)) for one in inner)
        if env not in inner:
            return mpf(0)
        own = self.compute(body, number, env)
        return mpmath.exp(own) / total if kind == "softmax" else own - mpmath.log(total)

    def call(self, node: Any, number: int, env: dict[str, int]) -> Any:
        _, name, args, named = node
        values = [self.compute(arg, number, env) for arg in args]
        words = {key: self.compute(arg, number, env) for key, arg in named.items()}
        if name not in self.functions:
            return BUILT_IN[name](*values, **words)
        parameters, body = self.functions[name]
        known = {**dict(zip(parameters, values, strict=False)), **words}
        return self.compute(self.fill(body, known), number, env)

    def fill(self, node: Any, known: dict[str, Any]) -> Any:
        """A function's body with numbers for its arguments."""
        if isinstance(node, list):
            return [self.fill(part, known) for part in node]
        if isinstance(node, dict):
            return {key: self.fill(part, known) for key, part in node.items()}
        if not isinstance(node, tuple) or not node:
            return node
        if node[0] == "name" and node[1] in known:
            return ("num", known[node[1]])
        if node[0] == "call":
            return ("call", node[1], self.fill(node[2], known), self.fill(node[3], known))
        return tuple(self.fill(part, known) if isinstance(part, (tuple, list)) else part for part in node)

    # -- everything, and differences

    def values(self) -> dict[tuple[str, tuple[int, ...]], Any]:
        if not hasattr(self, "_table"):
            self._table = self.table()
        return {(name, index): self.value(name, index) for name, rows in self._table.items() for index in rows}

    def loss_with(self, measure: Callable[[], Any], name: str, index: tuple[int, ...], shift: Any) -> Any:
        """The loss when one given number, or one computed one, is moved."""
        self.cache = {}
        if name in self.givens:
            before = self.givens[name][index]
            self.givens[name][index] = before + shift
            found = measure()
            self.givens[name][index] = before
        else:
            right = self.value(name, index)
            self.cache = {(name, index): right + shift}
            found = measure()
        self.cache = {}
        return found

    def difference(self, measure: Callable[[], Any], name: str, index: tuple[int, ...] = ()) -> Any:
        """The derivative of a measure by one number, to about 30 digits."""
        step = mpf(10) ** -16
        more, less = (self.loss_with(measure, name, index, sign * step) for sign in (1, -1))
        return (more - less) / (2 * step)
