"""What a problem says: the network, the data, the loss, the training and the rounding.

Decides the keys of a problem file, their types and their defaults, as frozen models in which every number
is an exact decimal with its digits as written, and which keys fit together. It refuses to know files and
formats (`reading`), how a message is laid out (`errors`) and anything about derivatives.
"""

from derive.spec.network import Layer, Network
from derive.spec.problem import Problem
from derive.spec.sheet import SheetHead
from derive.spec.tables import (
    FORMS,
    Data,
    Decay,
    LossSpec,
    PageSpec,
    Regularization,
    Rounding,
    Standardize,
    Training,
)
from derive.spec.values import (
    MAX_DECIMALS,
    MAX_EXAMPLES,
    MAX_FILE_BYTES,
    MAX_LAYERS,
    MAX_PRODUCTS,
    MAX_STEPS,
    MAX_TEXT,
    MAX_TITLE,
    MAX_UNITS,
    MAX_WORK,
)
from derive.spec.variants import Constraints, Variants, Vary

__all__ = [
    "FORMS",
    "MAX_DECIMALS",
    "MAX_EXAMPLES",
    "MAX_FILE_BYTES",
    "MAX_LAYERS",
    "MAX_PRODUCTS",
    "MAX_STEPS",
    "MAX_TEXT",
    "MAX_TITLE",
    "MAX_UNITS",
    "MAX_WORK",
    "Constraints",
    "Data",
    "Decay",
    "Layer",
    "LossSpec",
    "Network",
    "PageSpec",
    "Problem",
    "Regularization",
    "Rounding",
    "SheetHead",
    "Standardize",
    "Training",
    "Variants",
    "Vary",
]
