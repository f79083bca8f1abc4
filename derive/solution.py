"""The Python interface: a problem becomes a `Solution`, of which every product is a view.

One module because it is one interface.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, overload

from derive.activations import described
from derive.derivation import Trace, derive_trace, givens
from derive.errors import InputError, did_you_mean, shown, unknown_name
from derive.evaluation import Policy, Values, rounds_kept, whole_rounds
from derive.from_python import plain_table
from derive.guard import guard
from derive.initial import draw_missing_weights
from derive.notation import NOTATIONS, Namer, Shape
from derive.parts import Choice, choose
from derive.quantity import Quantity, parse_id
from derive.reading import Source, by_equations, problem_from_dict, read_problem, read_source, source_from_dict
from derive.spec import FORMS, Problem
from derive.views import Views, notebook_code

if TYPE_CHECKING:
    from derive.diagram import Picture, Scene
    from derive.document import Document
    from derive.gradient import Gradient
    from derive.model import ModelProblem
    from derive.scripts import Framework
    from derive.worked import WorkedModel


@overload
def solve(
    problem: Problem,
    notation: str | None = None,
    form: str | None = None,
    detail: str | None = None,
    leave_out: Iterable[str] = (),
    with_parts: Iterable[str] = (),
) -> Solution: ...


@overload
def solve(
    problem: ModelProblem,
    notation: str | None = None,
    form: str | None = None,
    detail: str | None = None,
    leave_out: Iterable[str] = (),
    with_parts: Iterable[str] = (),
) -> WorkedModel: ...


@overload
def solve(
    problem: str | Path | Mapping[str, object],
    notation: str | None = None,
    form: str | None = None,
    detail: str | None = None,
    leave_out: Iterable[str] = (),
    with_parts: Iterable[str] = (),
) -> Solution | WorkedModel: ...


def solve(
    problem: str | Path | Mapping[str, object] | Problem | ModelProblem,
    notation: str | None = None,
    form: str | None = None,
    detail: str | None = None,
    leave_out: Iterable[str] = (),
    with_parts: Iterable[str] = (),
) -> Solution | WorkedModel:
    """Derives a problem completely: a network, or a problem given by equations.

    `problem` is a file, the name of a built-in example, a mapping, or a problem that was read. `notation` and `form`
    are for networks; `detail` says how much is shown, `leave_out` and `with_parts` which parts (see `derive.parts`).
    What is not given here is as the problem says. Raises `InputError` for anything that a user can mend, and
    `ProgramFault` where the derivation does not agree with what it is compared with.

    >>> solve("mazur").name, solve({"title": "A square", "inputs": {"a": 3}, "model": {"equations": "f = a^2"}}).name
    ('mazur', 'problem')
    """
    if isinstance(problem, str | Path | Mapping):
        problem = problem_of(problem)
    if isinstance(problem, Problem):
        return solve_network(problem, notation, form, detail, leave_out, with_parts)
    # What only problems given by equations need is loaded when there is one.
    from derive.worked import work_model

    return work_model(problem, notation, form, choose(problem.page.choice, detail, leave_out, with_parts))


def problem_of(problem: str | Path | Mapping[str, object]) -> Problem | ModelProblem:
    """What a file, a built-in example or a mapping is: a network, or a problem given by equations.

    >>> problem_of("mazur").title
    'Matt Mazur: two inputs, two hidden units, two outputs'
    """
    given = source_from_dict(plain_table(problem)) if isinstance(problem, Mapping) else read_source(problem)
    return problem_from(given)


def problem_from(source: Source) -> Problem | ModelProblem:
    """What a table is that has been read from a text: a network, or a problem given by equations.

    >>> from derive.reading import source_of
    >>> problem_from(source_of('title = "A square"\\ninputs.a = 3\\nmodel.equations = "f = a^2"')).title
    'A square'
    """
    if not by_equations(source.table):
        return problem_from_dict(source.table, source.name, source.file)
    from derive.model import model_of

    return model_of(source)


def solve_network(
    problem: str | Path | Mapping[str, object] | Problem,
    notation: str | None = None,
    form: str | None = None,
    detail: str | None = None,
    leave_out: Iterable[str] = (),
    with_parts: Iterable[str] = (),
) -> Solution:
    """Derives a network completely; `problem` is a file, the name of a built-in example, a mapping or a `Problem`.

    All other arguments override what the problem says. Raises `InputError` and `ProgramFault` as `solve` does.

    >>> solve("mazur").text("dE/dw5")
    '0.082167041'
    """
    if isinstance(problem, Mapping):
        problem = problem_from_dict(plain_table(problem))
    elif not isinstance(problem, Problem):
        problem = read_problem(problem)
    notation = problem.notation if notation is None else notation
    if notation not in NOTATIONS:
        raise unknown_name(notation, NOTATIONS, place="notation")
    form = problem.form or NOTATIONS[notation].form if form is None else form
    if form not in FORMS:
        raise unknown_name(form, FORMS, place="form")
    choice = choose(problem.page.choice, detail, leave_out, with_parts)
    if problem.words:
        from derive.mistakes.worded import check_words  # nobody else needs the table of mistakes

        check_words(problem.words, problem.file)
    return Solution(draw_missing_weights(problem), notation, form, choice)


class Solution(Views):
    """A derived problem: its trace, its values, and the documents made from them.

    `values` follows the problem's rounding policy; `exact` never carries a rounded number.
    """

    def __init__(self, problem: Problem, notation: str, form: str, choice: Choice) -> None:
        self.problem, self.form, self.choice = problem, form, choice
        self.trace: Trace = derive_trace(problem)
        rounding = problem.rounding
        self.policy = Policy(rounding.decimals, rounding.carry, rounding.ties, rounding.overrides)
        self.namer = Namer(NOTATIONS[notation], shape(problem))
        own = problem.notation
        self.own_namer = self.namer if own == notation else Namer(NOTATIONS[own], self.namer.shape)
        guard(self.trace, self._called)
        self.exact = self._values(carry=False)
        self.values = self.carried if rounding.carry else self.exact
        self.namer.check(q for q in self.values.numbers if q.step <= 1)

    def renumbered(self, problem: Problem) -> Solution:
        """The solution of the same problem with other given numbers; formulas, names and rules are taken over."""
        other = object.__new__(Solution)
        other.problem, other.form, other.choice = problem, self.form, self.choice
        other.trace = replace(self.trace, problem=problem, givens=givens(problem))
        other.policy, other.namer, other.own_namer = self.policy, self.namer, self.own_namer
        other.exact = other._values(carry=False)
        other.values = other.carried if problem.rounding.carry else other.exact
        return other

    @cached_property
    def carried(self) -> Values:
        """The values when every result is rounded and the rounded number is used from then on."""
        return self._values(carry=True)

    def _values(self, carry: bool) -> Values:
        whole, losses = whole_rounds(self.problem), frozenset(rounds_kept(self.problem.training.steps))
        return Values(self.trace, self.policy, carry, whole.__contains__, self._called, losses)

    def _called(self, quantity: Quantity) -> str:
        """What messages call a quantity: its name, or its id where the notation has no name for it."""
        try:
            return self.namer(quantity).text
        except ValueError:
            return quantity.id

    @property
    def name(self) -> str:
        return self.problem.name

    @property
    def decimal_comma(self) -> bool:
        return self.problem.decimal_comma

    @cached_property
    def document(self) -> Document:
        """The worked solution as a tree of blocks."""
        from derive import narrate

        page = narrate.Page(self.trace, self.values, self.exact, self.namer, self.form, self.choice)
        return narrate.solution(page)

    def __repr__(self) -> str:
        return f"<Solution of {self.name}: notation {self.namer.notation.key}, form {self.form}>"

    def _code(self) -> str:
        """The Python that leads to this solution, and to a picture of it."""
        problem = self.problem
        notation = self.namer.notation.key
        options = {
            "notation": (notation, problem.notation),
            "form": (self.form, problem.form or NOTATIONS[notation].form),
        }
        chosen: dict[str, str | tuple[str, ...]] = {
            name: value for name, (value, default) in options.items() if value != default
        }
        chosen |= self.choice.options(problem.page.choice)
        lines = notebook_code(self.name, problem.file, chosen)
        return "\n".join([*lines, 'solution.diagram("forward")'])

    def _cells(self) -> tuple[Sequence[str], Mapping[tuple[int, ...], Sequence[str]]]:
        """A cell for each step, in which a student computes it and compares."""
        from derive.scripts.network import Cells

        cells = Cells(self.trace, self.values, self.namer)
        head = cells.head()
        return [head], dict(cells.under(self.document))

    def _script(self, framework: Framework) -> str:
        from derive.scripts import script
        from derive.scripts.network import Cells

        cells = Cells(self.trace, self.exact if framework.derives else self.values, self.namer, framework)
        return script(self.problem.title, framework, cells.head(), cells.parts())

    def _json(self) -> str:
        from derive.data import derivation_json

        return derivation_json(self.trace, self.values, self.exact, self.namer, self.form, self.ids())

    def diagram(
        self, picture: str = "forward", weight: str | None = None, example: int | None = None, step: int = 0
    ) -> Picture:
        """A picture that shows itself in Jupyter; `svg` and `alt_text` are its parts.

        `picture` is "network" as given, the network after the "forward" or "backward" pass, "path" for the way from
        `weight` to the loss, or "losses" over the steps of training. `example` counts from 0; `step` is the number of
        updates made before. Raises `InputError` for what does not exist.

        >>> solve("mazur").diagram("path", weight="w5").alt_text[:26]
        'How w5 reaches the loss: M'
        """
        from derive.diagram import asked_scene, figure

        chosen = self.parameter(weight, "weight", ("W",)) if picture == "path" and weight is not None else None
        return figure(asked_scene(self, picture, chosen, example, step), f"derive-{picture}", paper=True)

    def scenes(self, weights: Iterable[str] = (), decimals: int | None = None) -> list[tuple[str, Scene]]:
        """Every picture, with the path of each of the weights, by what tells its file from those of the others.

        Numbers have so many `decimals` at most, or as many as is usual in pictures; never more than in the text.
        """
        from derive.diagram import DECIMALS, every_scene

        chosen = [self.parameter(name, "--weight", ("W",)) for name in weights]
        return every_scene(self, chosen, DECIMALS if decimals is None else decimals)

    def quantity(self, name: str) -> Quantity:
        """The quantity that a name in the problem's notation, or an id, stands for.

        >>> solve("mazur").quantity("w5").id
        'W[2][0][0]'
        """
        found = self.named(name)
        if found is None:
            expected = "a quantity of this problem, by its name or its id"
            raise InputError(expected, shown(name), place="quantity", hint=did_you_mean(name, self._by_name))
        return found

    def named(self, name: str) -> Quantity | None:
        """The same, or None where the problem has no such quantity.

        >>> solve("mazur").named("w9") is None
        True
        """
        found = self._by_name.get(name) or parse_id(name)
        return None if found is None or found not in self.values else found

    def parameter(
        self, name: str, place: str, kinds: Collection[str] = ("W", "b"), words: Iterable[str] = ()
    ) -> Quantity:
        """The weight or bias, before the first update, of a name or id.

        Where something else may stand, such as the words of an option, `words` are these. Raises `InputError`, with
        the nearest right name.

        >>> solve("mazur").parameter("w5", "--weight", ("W",)).id
        'W[2][0][0]'
        """
        found, words = self.named(name), tuple(words)
        if found is not None and found.kind in kinds and not found.step:
            return found
        right = [self.namer(one).text for one in self.trace.givens if one.kind in kinds]
        what = "a weight or a bias" if "b" in kinds else "a weight"
        expected = f"{', '.join(words)}, or names of weights" if words else f"{what} before the first update"
        hint = did_you_mean(name, (*words, *right))
        raise InputError(f"{expected} such as {right[0]}", shown(name), place=place, hint=hint)

    def text(self, name: str) -> str:
        """A quantity's value as printed under the rounding policy."""
        return self.values.shown(self.quantity(name)).text

    def values_json(self, carried: bool = False, digits: int = 20, only: Iterable[str] = ()) -> str:
        """Every quantity as a JSON object from id to decimal, exact or under the problem's rounding policy.

        With `only` those that are asked for, by their names or ids.
        """
        from derive.data import values_json

        values = self.carried if carried else self.exact
        named = [(name, self.quantity(name)) for name in only]
        return values_json(values, named or self.ids(values), digits)

    def gradient(self, name: str) -> Gradient:
        """The gradient of a weight or bias in every form, as SymPy expressions."""
        from derive.gradient import Gradient

        return Gradient(self.trace, self.exact, self.namer, self.parameter(name, "gradient"))

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
    linear = frozenset(n for n, layer in enumerate(problem.network.layers, 1) if described(layer.activation).passes_on)
    return Shape(
        problem.network.sizes,
        linear,
        problem.data.standardize is not None,
        problem.training.decay is not None,
    )
