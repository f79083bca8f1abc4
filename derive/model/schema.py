"""The tables of a problem that is given by equations: numbers by role, the equations, training.

Decides keys, types and limits. What the equations mean, and whether the numbers fit them, is for `trace`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema, model_validator

from derive.errors import counted, did_you_mean, one_of, shown
from derive.from_python import NumberText
from derive.language.words import FUNCTIONS, KEYWORDS, MAX_INDICES, MAX_NAME, MAX_TEXT
from derive.library import rows
from derive.model.varied import ModelVariants
from derive.spec.sheet import SheetHead, Words
from derive.spec.tables import Decay, PageSpec, Rounding
from derive.spec.values import (
    MAX_OVERRIDES,
    MAX_STEPS,
    MAX_TITLE,
    Listed,
    Places,
    Table,
    Text,
    fault,
    number,
    plain_text,
    problem_name,
)

Exact = Decimal | Fraction
"""A given number; a Fraction where it was written "1/3"."""
Array = Exact | tuple[Any, ...]
"""A given number or nested rows of them."""

MAX_NUMBERS = 100_000
"""Given numbers of a problem."""
_NAME = re.compile(rf"[A-Za-z][A-Za-z0-9_]{{0,{MAX_NAME - 1}}}")
_ID = re.compile(r"[A-Za-z0-9_\[\],()/-]{1,100}")
_FRACTION = re.compile(r"\s*(-?[0-9]{1,15})\s*/\s*([0-9]{1,15})\s*")


def one_number(value: Any) -> Exact:
    """A number of a problem, its digits as written; "1/3" is a third."""
    if isinstance(value, str) and not isinstance(value, NumberText):
        match = _FRACTION.fullmatch(value)
        if match is None:
            raise fault('a number, or a fraction in quotation marks such as "1/3"', shown(value))
        if not int(match[2]):
            raise fault("a number", "a division by zero")
        return Fraction(int(match[1]), int(match[2]))
    return number(value)


def array(value: Any) -> Array:
    """A number, or rows of numbers that are all equally long."""
    shape: list[int] = []
    level = value
    while isinstance(level, list | tuple):
        shape.append(len(level))
        if not level:
            raise fault("at least one number", "an empty list")
        if len(shape) > MAX_INDICES:
            raise fault(f"an array of at most {MAX_INDICES} indices", "more of them")
        level = level[0]
    return _rectangular(value, tuple(shape), ())


def _rectangular(value: Any, shape: tuple[int, ...], place: tuple[int, ...]) -> Array:
    if not shape:
        if isinstance(value, list | tuple):
            raise fault("rows that are all alike", "a list in place of a number", *place)
        return one_number(value)
    if not isinstance(value, list | tuple):
        raise fault("rows that are all alike", "a number in place of a list", *place)
    if len(value) != shape[0]:
        raise fault(
            f"{counted(shape[0], 'entry').replace('entrys', 'entries')}, as in the other rows", str(len(value)), *place
        )
    return tuple(_rectangular(part, shape[1:], (*place, at)) for at, part in enumerate(value))


def quantity_name(value: str) -> str:
    """A name that an equation can speak of."""
    if not _NAME.fullmatch(value):
        what = f"a name of letters, digits and _ that begins with a letter, of at most {MAX_NAME} characters"
        raise fault(what, shown(value))
    if value in KEYWORDS or value in FUNCTIONS:
        raise fault("a name", shown(value), hint="this word belongs to the language of equations.")
    return value


def _loss(value: Any) -> str | Literal[False] | None:
    if isinstance(value, str):
        return quantity_name(value)
    if value is None or value is False:
        return value
    raise fault("the name of a quantity, or false", shown(value))


NUMBER, ARRAY = "Number", "Array"
"""The marks of a given number and of an array of them in the schemas of these tables, which say what they are once."""
_GIVEN = WithJsonSchema({"format": ARRAY})
_NAMED = WithJsonSchema({"type": "string", "pattern": f"^{_NAME.pattern}$"})
GivenArray = Annotated[Any, PlainValidator(array), _GIVEN]
QuantityName = Annotated[str, AfterValidator(quantity_name), _NAMED]
GivenArrays = dict[QuantityName, GivenArray]


class Model(Table):
    """The computation."""

    equations: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    """One equation a line; what stands behind # are the author's words."""
    loss: Annotated[str | Literal[False] | None, BeforeValidator(_loss)] = None
    """The quantity that is derived; absent: the last one; false: values only."""
    wanted: Annotated[tuple[QuantityName, ...], Listed] = ()
    """Quantities whose gradients are asked for besides those of the parameters."""
    upstream: dict[QuantityName, QuantityName] = Field(default_factory=dict)
    """The derivative of a loss that is not given, by some quantities: the name of a given array for each."""
    first_index: Literal[0, 1] = 1
    """What indices count from."""
    granularity: Literal["equations", "gates"] = "equations"
    """gates: every operation is an equation of its own."""


def _optimizer(value: str) -> str:
    if value not in rows("optimiser"):
        raise fault(one_of(rows("optimiser")), shown(value), hint=did_you_mean(value, rows("optimiser")))
    return value


Start = Any


def _start(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {quantity_name(key): array(part) for key, part in value.items()}
    return one_number(value)


_STARTS = WithJsonSchema({"anyOf": [{"format": NUMBER}, {"type": "object", "additionalProperties": {"format": ARRAY}}]})
Setting = Annotated[Any, PlainValidator(one_number), WithJsonSchema({"format": NUMBER})]


USUAL_RULE = "gradient_descent"
"""What trains where nothing is said."""
MAX_BESIDE = 4
"""Rules that are compared with the one that trains."""


def _gathered(table: Any, known: Mapping[str, Any]) -> Any:
    """A table with the settings gathered that only the row of its optimizer has."""
    optimizer = table.get("optimizer") if isinstance(table, Mapping) else None
    if not isinstance(optimizer, str) or optimizer not in rows("optimiser") or "others" in table:
        return table
    own = [key for key in rows("optimiser")[optimizer].settings if key in table and key not in known]
    if not own:
        return table
    rest = {key: value for key, value in table.items() if key not in own}
    return {**rest, "others": {key: table[key] for key in own}}


class BesideRule(Table):
    """Another rule that starts at the same place, to be compared."""

    optimizer: Annotated[str, AfterValidator(_optimizer)]
    """The rule of the update."""
    learning_rate: Setting | None = None
    """Factor of the gradient."""
    momentum: Setting | None = None
    """Share of the last step that is kept."""
    beta1: Setting | None = None
    """Share of the old average of the gradients."""
    beta2: Setting | None = None
    """Share of the old average of their squares."""
    epsilon: Setting | None = None
    """A small number against a division by 0."""
    decay_rate: Setting | None = None
    """Share of an old average."""
    weight_decay: Setting | None = None
    """How strongly large parameters are pulled towards 0."""
    others: dict[str, Setting] = Field(default_factory=dict)
    """Settings that only the row of the optimizer knows; in the file each is a key of the table."""

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, table: Any) -> Any:
        return _gathered(table, cls.model_fields)


class ModelTraining(Table):
    """How the parameters are changed."""

    optimizer: Annotated[str, AfterValidator(_optimizer)] | None = None
    """The rule of the update."""
    update: Annotated[str, Field(max_length=MAX_TEXT)] | None = None
    """The rule in equations, in place of the name of one."""
    learning_rate: Setting | None = None
    """Factor of the gradient."""
    momentum: Setting | None = None
    """Share of the last step that is kept."""
    beta1: Setting | None = None
    """Share of the old average of the gradients."""
    beta2: Setting | None = None
    """Share of the old average of their squares."""
    epsilon: Setting | None = None
    """A small number against a division by 0."""
    decay_rate: Setting | None = None
    """Share of an old average."""
    weight_decay: Setting | None = None
    """How strongly large parameters are pulled towards 0."""
    others: dict[str, Setting] = Field(default_factory=dict)
    """Settings that only the row of the optimizer knows; in the file each is a key of the table."""
    decay: Decay | None = None
    """How the learning rate falls; absent: it stays."""
    state: dict[QuantityName, Annotated[Start, PlainValidator(_start), _STARTS]] = Field(default_factory=dict)
    """First values of what the update remembers: one number, or an array per parameter."""
    steps: int = Field(default=1, ge=1, le=MAX_STEPS)
    """Number of updates."""
    schedule: dict[QuantityName, GivenArray] = Field(default_factory=dict)
    """Given numbers that change with the step, in turn."""
    beside: Annotated[tuple[BesideRule, ...], Listed] = Field(default=(), max_length=MAX_BESIDE)
    """Other rules that make as many steps from the same place, to be compared; each says its own settings."""

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, table: Any) -> Any:
        return _gathered(table, cls.model_fields)

    @model_validator(mode="after")
    def _check(self) -> ModelTraining:
        if self.decay is not None and self.learning_rate is None:
            raise fault("a learning_rate, which falls", "none", "learning_rate")
        if self.update is not None and self.optimizer is not None:
            raise fault("optimizer or update", "both", "update")
        for name, values in self.schedule.items():
            if not isinstance(values, tuple) or isinstance(values[0], tuple):
                raise fault("a list of numbers, one for each step", shown_array(values), "schedule", name)
        return self

    @property
    def rule(self) -> str:
        """The name of the rule in the library; "" for one that the author writes."""
        return self.optimizer or ("" if self.update is not None else USUAL_RULE)

    def by(self, other: BesideRule) -> ModelTraining:
        """As many steps, with the same given numbers, by another rule."""
        given = other.model_dump(exclude_none=True)
        return ModelTraining.model_validate({**given, "steps": self.steps, "schedule": self.schedule})

    @property
    def settings(self) -> dict[str, Fraction]:
        """The settings that are given."""
        found = {**{name: getattr(self, name) for name in SETTINGS}, **self.others}
        return {name: Fraction(value) for name, value in found.items() if value is not None}


SETTINGS = ("learning_rate", "momentum", "beta1", "beta2", "epsilon", "decay_rate", "weight_decay")


def shown_array(value: Array) -> str:
    return shown(list(value)) if isinstance(value, tuple) else str(value)


def _id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise fault('the name or the id of a quantity, such as "h", "W[1,2]" or "dL/dW"', shown(value))
    return value


class ModelRounding(Rounding):
    """How numbers are rounded for the page."""

    overrides: dict[Annotated[str, AfterValidator(_id)], Places] = Field(default_factory=dict, max_length=MAX_OVERRIDES)
    """Decimals of single quantities, or "exact" where others are rounded: a name or an id, as "h" or "dL/dW[1,2]"."""

    @model_validator(mode="after")
    def _check(self) -> ModelRounding:
        for key, value in self.overrides.items():
            if value == "exact" and not self.carry:
                hint = "every number is computed exactly and shown rounded; carry = true rounds on the way."
                raise fault("a number of decimals", shown(value), "overrides", key, hint=hint)
        return self


FORMS = ("graph", "chain", "matrix", "index", "delta")
"""The forms of a backward pass; what each is, and which problems have it, is for `pages`."""


def _form(value: str) -> str:
    if value not in FORMS:
        raise fault(one_of(FORMS), shown(value), hint=did_you_mean(value, FORMS))
    return value


class ModelPageSpec(PageSpec):
    """What a solution shows when nobody says otherwise."""

    form: Annotated[str, AfterValidator(_form), WithJsonSchema({"enum": list(FORMS)})] | None = None
    """How the backward pass is worked; absent: as suits the problem."""


class ModelProblem(Table):
    """A problem given by equations. `name`, `file` and `first_line` are set by the reader."""

    name: Annotated[str, Field(max_length=MAX_TITLE), AfterValidator(problem_name)]
    file: str | None = Field(default=None, exclude=True, repr=False)
    first_line: int | None = Field(default=None, exclude=True, repr=False)
    """The line of the file on which the first equation stands."""
    title: Annotated[str, Field(max_length=MAX_TITLE), AfterValidator(plain_text)]
    """What the problem is called."""
    source: Text | None = None
    """Where it comes from."""
    note: Text | None = None
    """A remark for the reader, at the end."""
    story: Text | None = None
    """What the numbers stand for; it leads in, and its question comes back at the end."""
    inputs: GivenArrays = Field(default_factory=dict)
    """Given numbers by name: what goes in."""
    parameters: GivenArrays = Field(default_factory=dict)
    """Given numbers by name: what training moves, and what gradients are asked for by default."""
    targets: GivenArrays = Field(default_factory=dict)
    """Given numbers by name: what should come out."""
    constants: GivenArrays = Field(default_factory=dict)
    """Given numbers by name: all others, such as masks."""
    model: Model = Model()
    """The computation; absent for an optimiser alone."""
    training: ModelTraining | None = None
    """How the parameters are changed; absent: they are not."""
    rounding: ModelRounding = ModelRounding()
    """How numbers are rounded."""
    decimal_comma: bool = False
    """Whether numbers are shown with a comma instead of a point."""
    page: ModelPageSpec = ModelPageSpec()
    """What the solution shows."""
    sheet: SheetHead = SheetHead()
    """The head of a worksheet, and what it asks."""
    variants: ModelVariants = ModelVariants()
    """What differs between the variants of a class set."""
    words: Words = Field(default_factory=dict)
    """Own wording of a worksheet's phrases, by the keys that `derive words` lists."""

    @model_validator(mode="after")
    def _check(self) -> ModelProblem:
        seen: dict[str, str] = {}
        for role in ROLES:
            for name in getattr(self, role):
                if name in seen:
                    raise fault("every name once", f"{name} in [{seen[name]}] too", role, name)
                seen[name] = role
        count = sum(1 for role in ROLES for value in getattr(self, role).values() for _ in numbers_of(value))
        if count > MAX_NUMBERS:
            raise fault(f"at most {MAX_NUMBERS} given numbers", str(count))
        if self.model.upstream and self.model.loss:
            raise fault("a loss or upstream", "both", "model", "loss")
        return self


ROLES = ("inputs", "parameters", "targets", "constants")


def numbers_of(value: Array) -> Iterator[Exact]:
    """Every number of an array."""
    if isinstance(value, tuple):
        for part in value:
            yield from numbers_of(part)
    else:
        yield value
