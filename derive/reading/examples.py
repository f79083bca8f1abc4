"""The built-in examples, and which of them are networks."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal

from derive.errors import unknown_name
from derive.spec.kinds import needs_equations


def by_equations(table: Mapping[str, Any]) -> bool:
    """Whether a table is a problem given by equations (`derive.model`), not a network of dense layers.

    >>> by_equations({"model": {"equations": "L = w^2"}}), by_equations({"network": {"inputs": 2}})
    (True, False)
    """
    return "model" in table or ("network" not in table and "parameters" in table) or needs_equations(table)


def package() -> Traversable:
    """The folder of this package, with what it brings along."""
    return files("derive")


def example_names(kind: Literal["networks", "equations"] | None = None) -> tuple[str, ...]:
    """The names of the built-in examples, in alphabetical order: all, or those that are networks of dense layers, or
    those that are given by equations.

    >>> "mazur" in example_names(), "mazur" in example_names("networks"), "mazur" in example_names("equations")
    (True, True, False)
    """
    entries = (package() / "examples").iterdir()
    names = tuple(sorted(entry.name[:-5] for entry in entries if entry.name.endswith(".toml")))
    return names if kind is None else tuple(name for name in names if _kind(name) == kind)


@cache
def _kind(name: str) -> str:
    table = tomllib.loads((package() / "examples" / f"{name}.toml").read_text(encoding="utf-8"))
    return "equations" if by_equations(table) else "networks"


def example_text(name: str) -> str:
    """The problem file of a built-in example, as TOML with its comments."""
    if name not in example_names():
        raise unknown_name(name, example_names())
    return (package() / "examples" / f"{name}.toml").read_text(encoding="utf-8")
