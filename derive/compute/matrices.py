"""Matrix forms evaluated, to be compared with the index form at every entry before they are shown."""

from __future__ import annotations

from collections.abc import Callable
from operator import add, mul

from flint import fmpq

from derive.compute.kernels import Registers, remembering
from derive.compute.plan import Plan
from derive.expression import Add, Call, Const, Div, Hadamard, MatMul, Mul, Neg, Node, Pow, Transpose
from derive.functions import FUNCTIONS
from derive.number import real_power
from derive.numbers import Number, divide
from derive.trace.indexed import Equation
from derive.trace.matrix import Ones, Whole

Matrix = list[list[Number]]
"""Rows; a column has rows of one number, a number one row of one."""


class Matrices:
    """Evaluates matrix forms of one equation from the registers of a plan."""

    def __init__(self, plan: Plan, registers: Registers, equation: Equation) -> None:
        self.plan, self.registers, self.equation = plan, registers, equation

    def __call__(self, node: Node) -> Matrix:
        match node:
            case Whole(name):
                return self.whole(name)
            case Ones(letter):
                low, high = self.equation.ranges[letter]
                return [[fmpq(1)] for _ in range(low, high + 1)]
            case Const(value):
                return [[fmpq(value.numerator, value.denominator)]]
            case Transpose(arg):
                return [list(row) for row in zip(*self(arg), strict=True)]
            case Neg(arg):
                return [[-number for number in row] for row in self(arg)]
            case Add(terms):
                return self.elementwise(add, self.spread([self(term) for term in terms]))
            case Hadamard(factors):
                return self.elementwise(mul, [self(factor) for factor in factors])
            case Mul(factors):
                return self.elementwise(mul, self.spread([self(factor) for factor in factors]))
            case Div(above, below):
                return self.elementwise(divide, self.spread([self(above), self(below)]))
            case Pow(base, exponent):
                return self.elementwise(real_power, self.spread([self(base), self(exponent)]))
            case MatMul((first, *rest)):
                product = self(first)
                for factor in rest:
                    product = self.product(product, self(factor))
                return product
            case Call(name, (arg,)):
                function = remembering(name) if not FUNCTIONS[name].corner else FUNCTIONS[name].value
                return [[function(number) for number in row] for row in self(arg)]
        raise TypeError(f"no matrix {node!r}")

    def whole(self, name: str) -> Matrix:
        found = self.plan.arrays[name]
        numbers = self.registers[found.base : found.base + found.length]
        if len(found.ranges) < 2:
            return [[number] for number in numbers]
        width = found.strides[0]
        return [numbers[start : start + width] for start in range(0, len(numbers), width)]

    @staticmethod
    def elementwise(function: Callable[[Number, Number], Number], parts: list[Matrix]) -> Matrix:
        first, *rest = parts
        for other in rest:
            first = [list(map(function, *rows)) for rows in zip(first, other, strict=True)]
        return first

    @staticmethod
    def spread(parts: list[Matrix]) -> list[Matrix]:
        """Numbers beside matrices, as often as these have entries."""
        size = max(((len(part), len(part[0])) for part in parts), key=lambda shape: shape[0] * shape[1])
        return [
            part if (len(part), len(part[0])) == size else [[part[0][0]] * size[1] for _ in range(size[0])]
            for part in parts
        ]

    @staticmethod
    def product(left: Matrix, right: Matrix) -> Matrix:
        columns = list(zip(*right, strict=True))
        if len(left[0]) != len(right):
            raise ValueError(f"a product of {len(left[0])} columns and {len(right)} rows")
        return [[sum(map(mul, row, column), fmpq(0)) for column in columns] for row in left]
