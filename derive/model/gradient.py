"""One gradient of a problem given by equations in every form, as SymPy expressions.

Decides which steps of the sweep are put into each other; the expressions themselves are made in `symbolic`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import sympy

from derive.errors import InputError, shown
from derive.expression import Mul, Neg, Node, Ref
from derive.model.forms import checked_matrix, equations_of
from derive.model.solution import ModelSolution
from derive.model.symbolic import Symbolic, index_equation, matrix_expression
from derive.symbolic import variable
from derive.trace.adjoint import gradient_name
from derive.trace.identity import Identity, parse_identity
from derive.trace.indexed import Equation, walk
from derive.trace.unroll import Step, identity, value_of

LIMIT = 20_000
"""Parts of a formula with everything put in that is still built."""


class TooLong(ValueError):
    """The formula with everything put in would have more parts than the limit allows."""


class ModelGradient:
    """The derivative of the loss by one element: factors, closed form, index form and matrix form.

    A number in a formula without letters is a symbol that is named by its id, `h[2]` or `dL/da[1]`.

    >>> from derive.model import model_from_dict, solve_model
    >>> tables = {"inputs": {"x": [1, 2]}, "parameters": {"W": [[3, 4], [5, 6]]}}
    >>> problem = {"title": "A layer", **tables, "model": {"equations": "z = W@x\\nL = sum(z^2)"}}
    >>> gradient = gradient_of(solve_model(model_from_dict(problem)), "W[1,2]")
    >>> gradient.factors
    {'dL/dz[1]': 2*z[1], 'dz[1]/dW[1,2]': x[2]}
    >>> gradient.index, gradient.matrix
    (Eq(dL/dW[i, s], dL/dz[i]*x[s]), Eq(dL/dW, dL/dz*x.T))
    """

    def __init__(self, solution: ModelSolution, by: Identity) -> None:
        self._solution = solution
        self.by = by
        self.quantity = Identity(solution.derived_loss, by=by.of)

    @cached_property
    def _steps(self) -> Mapping[Identity, Step]:
        return {step.target: step for step in (*self._solution.steps, *self._solution.backward)}

    def _sympy(self, formula: Node, put: Callable[[Identity], sympy.Expr | None] | None = None) -> sympy.Expr:
        def leaf(found: Identity) -> sympy.Expr:
            made = put(found) if put else None
            return variable(str(found)) if made is None else made

        return Symbolic(self._solution.known_functions, self._solution.spans, leaf=leaf)(formula)

    @property
    def value(self) -> str:
        """The value to 20 significant digits."""
        return self._solution.digits(self.quantity)

    @cached_property
    def factors(self) -> dict[str, sympy.Expr]:
        """The factors of the chain rule by name, from the loss to the element; their product is the gradient.

        They go back from the element to the loss as long as there is one way only; where there are several, the first
        factor is the sum over them.
        """
        found: dict[str, sympy.Expr] = {}
        at = self.quantity
        while (step := self._steps.get(at)) is not None:
            above, slope = _one_way(step.formula)
            if above is None:
                break
            found[f"d{above.by}/d{at.by}"] = self._sympy(slope, self._local)
            at = above
        if not found or at.by != at.of:
            found[str(at)] = self._sympy(self._steps[at].formula, self._local) if at in self._steps else sympy.S.Zero
        return dict(reversed(found.items()))

    def _local(self, found: Identity) -> sympy.Expr | None:
        """A derivative of one equation alone is put in; everything else keeps its name."""
        if found.via is not None or (found.local and found in self._steps):
            return self._sympy(self._steps[found].formula, self._local)
        return None

    @cached_property
    def product(self) -> sympy.Expr:
        """The product of the factors."""
        return sympy.Mul(*self.factors.values())

    @cached_property
    def closed(self) -> sympy.Expr:
        """The gradient in values of the forward pass; raises `TooLong` when it would be unreadable."""
        return self._put_in(LIMIT, lambda found: found.by is not None)

    def expanded(self, limit: int = LIMIT) -> sympy.Expr:
        """The gradient in given numbers only; raises `TooLong` above `limit` parts."""
        return self._put_in(limit, lambda found: True)

    def _put_in(self, limit: int, wanted: Callable[[Identity], bool]) -> sympy.Expr:
        sizes: dict[Identity, int] = {}

        def size(found: Identity) -> int:
            if found not in self._steps or not wanted(found):
                return 1
            if found not in sizes:
                sizes[found] = sum(
                    size(identity(part)) if isinstance(part, Ref) else 1 for part in walk(self._steps[found].formula)
                )
                if sizes[found] > limit:
                    raise TooLong(f"the formula has more than {limit} parts")
            return sizes[found]

        def put(found: Identity) -> sympy.Expr | None:
            if found not in self._steps or not wanted(found):
                return None
            return self._sympy(self._steps[found].formula, put)

        size(self.quantity)
        return self._sympy(self._steps[self.quantity].formula, put) if self.quantity in self._steps else sympy.S.Zero

    @cached_property
    def index(self) -> sympy.Eq:
        """The adjoint equation that gives this element, with its letters."""
        return index_equation(self._equation, self._solution.known_functions, self._solution.spans)

    @cached_property
    def _equation(self) -> Equation:
        name = gradient_name(self.quantity.of.name, self.by.of.name)
        for equation in equations_of(self._solution, name):
            if _covers(equation, self.by.of.indices):
                return equation
        raise KeyError(str(self.quantity))

    @cached_property
    def matrix(self) -> sympy.Eq | None:
        """The gradient of the whole array in matrices, compared with the index form; None where it has no such form."""
        name = gradient_name(self.quantity.of.name, self.by.of.name)
        if len(equations_of(self._solution, name)) != 1:
            return None
        node = checked_matrix(self._solution, self._equation)
        if node is None:
            return None
        spans = self._solution.spans
        shape = [high - low + 1 for low, high in spans[name]]
        left = sympy.MatrixSymbol(name, *shape, *[1] * (2 - len(shape))) if shape else variable(name)
        return sympy.Eq(left, matrix_expression(node, spans, self._equation), evaluate=False)


def _one_way(formula: Node) -> tuple[Identity | None, Node]:
    """The derivative that one factor of a product is, and the other factors; None for a sum and for a number."""
    negative = isinstance(formula, Neg)
    inner = formula.arg if isinstance(formula, Neg) else formula
    factors = inner.factors if isinstance(inner, Mul) else (inner,)
    for place, factor in enumerate(factors):
        if isinstance(factor, Ref) and (found := identity(factor)).by is not None and not found.local:
            others = Mul((*factors[:place], *factors[place + 1 :]))
            return found, Neg(others) if negative else others
    return None, formula


def _covers(equation: Equation, indices: tuple[int, ...]) -> bool:
    """Whether an equation defines the element at these indices."""
    letters: dict[str, int] = {}
    for form, at in zip(equation.left, indices, strict=True):
        if form.letter is None:
            if form.number != at:
                return False
            continue
        low, high = equation.ranges[form.letter]
        if letters.setdefault(form.letter, at) != at or not low <= at <= high:
            return False

    def no_table(name: str, at: tuple[int, ...]) -> int:
        raise KeyError(name)

    return all(c.holds(value_of(c.form, letters, no_table)) for c in equation.conditions)


def gradient_of(solution: ModelSolution, name: str) -> ModelGradient:
    """The gradient by an element, which is named by its id; raises `InputError` where the loss has no such gradient."""
    found = parse_identity(name)
    wanted = f"an element by which {solution.loss or 'the loss'} is derived, such as W[1,2]"
    if found is None or found.by is not None or found.owner is not None or found.step or solution.adjoint is None:
        raise InputError(wanted, shown(name), solution.problem.file, "gradient")
    if not solution.has_gradient(found.of):
        near = solution.names.nearest(found.of.name)
        raise InputError(wanted, shown(name), solution.problem.file, "gradient", near)
    return ModelGradient(solution, found)
