"""The Python interface: a problem becomes a `Solution`, of which every product is a view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from derive import proofs
from derive.derivation import Trace, derive_trace
from derive.errors import InputError, did_you_mean, shown, unknown_name
from derive.evaluation import Policy, Values, rounds_kept
from derive.initial import draw_missing_weights
from derive.notation import NOTATIONS, Namer, Shape
from derive.quantity import Quantity, parse_id
from derive.reading import problem_from_dict, read_problem
from derive.spec import FORMS, Problem

if TYPE_CHECKING:
    from derive.document import Document
    from derive.gradient import Gradient

DETAILS = ("brief", "standard", "full")


def solve(
    problem: str | Path | Mapping[str, object] | Problem,
    notation: str | None = None,
    form: str | None = None,
    detail: str = "standard",
) -> Solution:
    """Derives a problem completely; `problem` is a file, the name of a built-in example, a mapping or a `Problem`.

    `notation` and `form` override what the problem says. Raises `InputError` for anything that a user can mend.

    >>> solve("mazur").text("dE/dw5")
    '0.082167041'
    """
    if isinstance(problem, Mapping):
        problem = problem_from_dict(problem)
    elif not isinstance(problem, Problem):
        problem = read_problem(problem)
    notation = notation or problem.notation
    if notation not in NOTATIONS:
        raise unknown_name(notation, NOTATIONS, place="notation")
    form = form or problem.form or NOTATIONS[notation].form
    if form not in FORMS:
        raise unknown_name(form, FORMS, place="form")
    if detail not in DETAILS:
        raise unknown_name(detail, DETAILS, place="detail")
    return Solution(draw_missing_weights(problem), notation, form, detail)


class Solution:
    """A derived problem: its trace, its values, and the documents made from them.

    `values` follows the problem's rounding policy; `exact` never carries a rounded number.
    """

    def __init__(self, problem: Problem, notation: str, form: str, detail: str) -> None:
        proofs.prove(problem)
        self.problem, self.form, self.detail = problem, form, detail
        self.trace: Trace = derive_trace(problem)
        rounding = problem.rounding
        self.policy = Policy(rounding.decimals, rounding.carry, rounding.ties, rounding.overrides)
        self._rounds = frozenset(rounds_kept(problem.training.steps))
        self.exact = Values(self.trace, self.policy, keep=self._rounds.__contains__)
        self.values = self.carried if rounding.carry else self.exact
        self.namer = Namer(NOTATIONS[notation], shape(problem))
        self.namer.check(q for q in self.values.numbers if q.step <= 1)

    @cached_property
    def carried(self) -> Values:
        """The values when every result is rounded and the rounded number is used from then on."""
        return Values(self.trace, self.policy, carry=True, keep=self._rounds.__contains__)

    @property
    def name(self) -> str:
        return self.problem.name

    @cached_property
    def document(self) -> Document:
        """The worked solution as a tree of blocks."""
        from derive import narrate

        page = narrate.Page(self.trace, self.values, self.exact, self.namer, self.form, narrate.DETAILS[self.detail])
        return narrate.solution(page)

    def render(self, format: str, paper: str = "a4") -> str:
        """The worked solution as text: "md", "tex", "html", "typ" or "json"; `paper` is "a4" or "letter"."""
        if format == "json":
            from derive.export import derivation_json

            return derivation_json(self.trace, self.values, self.exact, self.namer, self.form, self.ids())
        from derive.render import render

        return render(self.document, format, self.namer, paper)

    def pdf(self, engine: str = "typst", paper: str = "a4") -> bytes:
        """The worked solution as PDF: accessible (PDF/UA-1) from "typst", which is built in, or by a local "latex".

        Raises `InputError` for another engine or paper, and where LaTeX is missing or fails.
        """
        from derive.render import PAPERS, pdf

        if engine not in pdf.ENGINES:
            raise unknown_name(engine, pdf.ENGINES, place="engine")
        if paper not in PAPERS:
            raise unknown_name(paper, PAPERS, place="paper")
        if engine == "latex":
            return pdf.latex_pdf(self.render("tex", paper), name=f"{self.name}.solution.tex")
        return pdf.typst_pdf(self.render("typ", paper))

    def quantity(self, name: str) -> Quantity:
        """The quantity that a name in the problem's notation, or an id, stands for.

        >>> solve("mazur").quantity("w5").id
        'W[2][0][0]'
        """
        found = self._by_name.get(name) or parse_id(name)
        if found is None or found not in self.values:
            expected = "a quantity of this problem, by its name or its id"
            raise InputError(expected, shown(name), place="quantity", hint=did_you_mean(name, self._by_name))
        return found

    def text(self, name: str) -> str:
        """A quantity's value as printed under the rounding policy."""
        return self.values.shown(self.quantity(name)).text

    def values_json(self, carried: bool = False, digits: int = 20) -> str:
        """Every quantity as a JSON object from id to decimal, exact or under the problem's rounding policy."""
        from derive.export import values_json

        values = self.carried if carried else self.exact
        return values_json(values, self.ids(values), digits)

    def gradient(self, name: str) -> Gradient:
        """The gradient of a weight or bias in every form, as SymPy expressions."""
        from derive.gradient import Gradient

        parameter = self.quantity(name)
        if parameter.kind not in ("W", "b") or parameter.step:
            raise InputError("a weight or a bias before the first update", name, place="gradient")
        return Gradient(self.trace, self.exact, self.namer, parameter)

    def ids(self, values: Values | None = None) -> Iterable[tuple[str, Quantity]]:
        """Every quantity with its id, in the order of computation; a shared bias also under each unit's id."""
        problem = self.problem
        for quantity in (values or self.values).numbers:
            if quantity.kind in ("updates", "lr0", "decay", "momentum", "l1", "l2", "mean", "std"):
                continue
            yield self._id(quantity), quantity
            if quantity.kind == "b" and quantity.unit is None and isinstance(quantity.layer, int):
                for j in range(problem.network.layers[quantity.layer - 1].units):
                    yield quantity._replace(unit=j).id, quantity

    def _id(self, quantity: Quantity) -> str:
        if quantity.kind != "path" or not isinstance(quantity.source, int):
            return quantity.id
        if quantity.layer == len(self.problem.network.layers) - 1:
            # What comes back through one output is the derivative of that output's part of the loss.
            return quantity._replace(kind=f"dE_o{quantity.source + 1}/da", source=None).id
        return f"{quantity._replace(kind='dL/da', source=None).id} via z[{_above(quantity)}][{quantity.source}]"

    @cached_property
    def _by_name(self) -> dict[str, Quantity]:
        names = {self.namer(quantity).text: quantity for quantity in self.values.numbers}
        return dict(self.ids()) | names


def _above(quantity: Quantity) -> int:
    assert isinstance(quantity.layer, int)
    return quantity.layer + 1


def shape(problem: Problem) -> Shape:
    """What the names of a problem's quantities depend on."""
    linear = frozenset(n for n, layer in enumerate(problem.network.layers, 1) if layer.activation == "linear")
    return Shape(
        problem.network.sizes,
        linear,
        problem.data.standardize is not None,
        problem.training.decay is not None,
    )
