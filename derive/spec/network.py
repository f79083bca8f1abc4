"""What a problem says about its network: layers, weights, biases.

Decides the keys of the tables `network` and `network.layers`, and which of them fit together.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BeforeValidator,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from derive.errors import counted, shown
from derive.library.units import JOINT, UNITS
from derive.spec.kinds import DENSE_KIND
from derive.spec.parameters import named_one, spread, with_parameters
from derive.spec.values import (
    MAX_LAYERS,
    MAX_SEED,
    MAX_UNITS,
    Biases,
    Listed,
    Rows,
    Table,
    check_length,
    fault,
)


def activation_names() -> tuple[str, ...]:
    """What a layer's activation may be called."""
    return (*UNITS, *JOINT)


Init = Literal["he", "xavier", "uniform"]
INITS: tuple[str, ...] = get_args(Init)
"""How weights may be drawn."""
Activation = Annotated[str, BeforeValidator(named_one(UNITS, JOINT))]


class Layer(Table):
    """One layer: its units, their activation, and the weights and biases that lead into them."""

    units: int = Field(ge=1, le=MAX_UNITS)
    """Number of units."""
    activation: Activation
    """Function from a unit's weighted sum to its activation."""
    parameters: dict[str, Decimal] = Field(default_factory=dict)
    """The numbers of the activation function; in the file each is a key of the layer."""
    weights: Rows | None = None
    """One row per unit, one column per input of the layer."""
    init: Init | None = None
    """Instead of weights: draw them at random in this way."""
    seed: int | None = Field(default=None, ge=0, le=MAX_SEED)
    """Seed of the random numbers, with init."""
    biases: Biases | None = None
    """A number: one bias shared by the layer; a list: one bias per unit; absent: no bias."""
    train_biases: bool = True
    """Whether an update changes the biases."""

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, table: Any) -> Any:
        return with_parameters(without_kind(table), "activation", UNITS, cls.model_fields)

    @model_serializer(mode="wrap")
    def _spread(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        # The marks of worksheets are made of whole tables, in which a layer has always had a slope.
        return spread(handler(self)) if info.exclude_defaults else {"slope": None, **spread(handler(self))}

    @model_validator(mode="after")
    def _check(self) -> Layer:
        _check_layer(self)
        return self

    @property
    def joint(self) -> bool:
        """Whether each activation comes from all sums of the layer together, as in a softmax."""
        return self.activation in JOINT


class Network(Table):
    """Layers of units, each fully connected to the one before."""

    inputs: int = Field(ge=1, le=MAX_UNITS)
    """Number of inputs of the network."""
    layers: Annotated[tuple[Layer, ...], Field(min_length=1, max_length=MAX_LAYERS), Listed]
    """The layers from the first hidden one to the output; the inputs are not a layer here."""

    @model_validator(mode="after")
    def _check(self) -> Network:
        _check_network(self)
        return self

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of inputs, then of units of each layer: (2, 2, 1)."""
        return (self.inputs, *(layer.units for layer in self.layers))

    @property
    def softmax_pairs(self) -> int:
        """Number of pairs of units in softmax layers, each of which has a derivative."""
        return sum(layer.units**2 for layer in self.layers if layer.joint)

    @property
    def weight_count(self) -> int:
        """Number of weights of the network, biases not counted."""
        return sum(rows * columns for columns, rows in zip(self.sizes, self.sizes[1:], strict=False))


def without_kind(table: Any) -> Any:
    """The table of a dense layer without its kind, which all layers have here."""
    if not isinstance(table, dict) or "kind" not in table:
        return table
    if table["kind"] != DENSE_KIND:
        hint = "a network with other layers is a problem given by equations; derive values and derive solve know it."
        raise fault(shown(DENSE_KIND), shown(table["kind"]), "kind", hint=hint)
    return {key: value for key, value in table.items() if key != "kind"}


def _check_layer(layer: Layer) -> None:
    """What a layer says about itself: its numbers' source, one row of weights per unit, its biases."""
    match layer.weights, layer.init:
        case None, None:
            raise fault("weights, or init with a seed", "neither", "weights", hint="a layer needs one of the two.")
        case None, _:
            if layer.seed is None:
                raise fault("a seed, because init draws random weights", "nothing", "seed")
        case _, None:
            if layer.seed is not None:
                raise fault("no seed, because the weights are given", shown(layer.seed), "seed")
        case _:
            raise fault("either weights or init", "both", "init")
    if layer.weights is not None and len(layer.weights) != layer.units:
        expected = f"{counted(layer.units, 'row')}, one per unit"
        raise fault(expected, counted(len(layer.weights), "row"), "weights")
    if isinstance(layer.biases, tuple) and len(layer.biases) != layer.units:
        raise fault(
            f"{counted(layer.units, 'number')}, one per unit",
            counted(len(layer.biases), "number"),
            "biases",
            hint="a single number instead of a list is one bias shared by the layer.",
        )
    if layer.biases is None and "train_biases" in layer.model_fields_set:
        raise fault("no train_biases, because the layer has no biases", shown(layer.train_biases), "train_biases")


def _check_network(network: Network) -> None:
    """One column of weights per input of each layer."""
    for index, (layer, columns) in enumerate(zip(network.layers, network.sizes, strict=False)):
        origin = "input" if index == 0 else "unit of the layer before"
        for row, weights in enumerate(layer.weights or ()):
            check_length(weights, columns, origin, "layers", index, "weights", row)
