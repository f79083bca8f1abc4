"""How numbers are rounded: a policy is data that a problem states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from derive.quantity import Quantity


@dataclass(frozen=True)
class Policy:
    """How numbers are rounded: `decimals` places unless an override names the quantity, ties as `ties` says.

    An override's key is the beginning of an id, such as `z[2]` or `dL/dW`; the longest one that fits counts. Its
    value is a number of decimals, or "exact" for a quantity that is carried unrounded.
    """

    decimals: int
    carry: bool = False
    ties: str = "half_up"
    overrides: Mapping[str, int | str] = field(default_factory=dict)

    def places(self, quantity: Quantity) -> int | None:
        """The number of decimals of a quantity; None when it is not rounded before it is used.

        >>> policy = Policy(3, overrides={"z[2]": 4})
        >>> policy.places(Quantity("z", 2, 0)), policy.places(Quantity("z", 2, 0, step=1))
        (4, 3)
        """
        if not self.overrides:
            return self.decimals
        return self._places(quantity)

    def _places(self, quantity: Quantity) -> int | None:
        key = self.override(quantity)
        places = self.decimals if key is None else self.overrides[key]
        return None if isinstance(places, str) else places

    def override(self, quantity: Quantity) -> str | None:
        """The key of the override that counts for a quantity; None where there is none.

        >>> Policy(3, overrides={"z": 5, "z[2]": 4}).override(Quantity("z", 2, 0))
        'z[2]'
        """
        spellings = (quantity.id, quantity.of_all.id)
        fitting = [
            key
            for key in self.overrides
            if any(text == key or text.startswith((f"{key}[", f"{key}.")) for text in spellings)
        ]
        return max(fitting, key=len, default=None)

    def shown_places(self, quantity: Quantity) -> int:
        """The number of decimals a quantity is printed with."""
        places = self.places(quantity)
        return self.decimals if places is None else places
