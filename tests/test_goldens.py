"""No product of the built-in examples changes by a byte unless somebody means it.

`pytest tests/test_goldens.py --accept -n0` takes what is made now for right, which needs some minutes.
"""

import golden
import pytest

from derive.reading import example_names


def test_every_product_has_a_golden(accept: bool) -> None:
    """The file has the groups that there are, and no others."""
    if accept:
        golden.accept()
    known = golden.stored()
    assert {name: set(found) for name, found in known.items()} == {
        name: {group.name for group in golden.groups(name)} for name in example_names("networks")
    }


@pytest.mark.parametrize("example", example_names("networks"))
def test_products_are_what_they_were(example: str, accept: bool) -> None:
    """A spread in which every form, notation, detail, format and choice for a sheet occurs."""
    if accept:
        return
    right = golden.stored()[example]
    assert [line for group, of in golden.spread(example) for line in golden.differing(group, right, of)] == []


def test_a_changed_byte_is_seen() -> None:
    """Of two texts that differ in one letter the digests differ, and a group says which of its parts does."""
    group = golden.Group("mazur", "one", lambda: {"a": lambda: "text", "b": lambda: b"text"})
    right = {"one": {"a": golden.digest("text"), "b": golden.digest("Text"), "c": golden.digest("")}}
    assert golden.differing(group, right) == ["mazur: one: b", "mazur: one: c"]
