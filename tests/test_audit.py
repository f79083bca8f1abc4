"""The audit finds by itself what is right, how numbers were rounded, and which mistakes were published."""

from functools import cache

import pytest
from tools.needs import ROOT

from derive.audit import Audited, Post, audit
from derive.audit.page import markdown
from derive.wording import ENGLISH


@cache
def posts() -> dict[str, Post]:
    return {post.key: post for post in audit()}


def sheet(post: str, where: str) -> Audited:
    (found,) = (one for one in posts()[post].sheets if one.where.startswith(where))
    return found


MISTAKES = [
    ("mazur", "One round", "loss_new", "updated-weights"),
    ("mazur", "After", "after[10000].a[2][0]", "updated-weights"),
    ("mazur", "After", "after[10000].a[2][1]", "updated-weights"),
    ("mazur", "net_h1", "z[1][0]", "weights-transposed-forward"),
    ("hmkcode", "Details", "a_new[1][0]", "stale-weights"),
    ("hmkcode", "Details", "a_new[1][1]", "stale-weights"),
    ("rohan", "Final", "dL/dW[1][0][0]", "gradient-over-all-weights"),
]


@pytest.mark.parametrize(("post", "where", "quantity", "mistake"), MISTAKES)
def test_published_mistakes_are_named(post: str, where: str, quantity: str, mistake: str) -> None:
    """Each wrong number and formula is explained by the mistake that made it, or it is among the undecided."""
    (result,) = (r for r in sheet(post, where).marked.results if r.quantity.id == quantity)
    assert result.verdict == "mistake"
    assert mistake in [explanation.key for explanation in result.explanations]


COUNTS = [
    ("mazur", "One round", {"exact": 25, "carried": 1, "wrong": 1}),
    ("mazur", "After", {"wrong": 3}),
    ("hmkcode", "Text", {"exact": 20}),
    ("hmkcode", "Details", {"exact": 4, "wrong": 2}),
    ("caispp", "Photographs", {"exact": 31, "carried": 14}),
    ("netflow", "Animation", {"exact": 10}),
]


@pytest.mark.parametrize(("post", "where", "counts"), COUNTS)
def test_every_number_has_its_kind(post: str, where: str, counts: dict[str, int]) -> None:
    audited = sheet(post, where)
    kinds = [audited.kind(result) for result in audited.numbers]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == counts


def test_one_policy_explains_caispp() -> None:
    """All 45 numbers follow from the printed ones before them, and the checker says so."""
    audited = sheet("caispp", "Photographs")
    policy = audited.marked.policy
    assert (policy.explained, policy.stated, policy.certain, policy.decimals) == (45, 45, True, 3)
    assert audited.by_carrying == 45


def test_mazurs_weights_are_right_although_his_loss_is_not() -> None:
    results = {r.quantity.id: r for r in sheet("mazur", "One round").marked.results}
    assert {results[f"W_new[{layer}][{j}][{i}]"].verdict for layer in (1, 2) for j in (0, 1) for i in (0, 1)} == {
        "exact"
    }
    assert results["loss_new"].explanations[0].elsewhere


def test_hmkcode_is_right_only_unrounded() -> None:
    """The printed numbers would give 0.25, not the 0.26 that is printed and true."""
    audited = sheet("hmkcode", "Text")
    (result,) = (r for r in audited.numbers if r.quantity.id == "a_new[2][0]")
    assert (result.verdict, result.given, audited.written[result.quantity].text) == ("exact", "0.26", "0.25")


def test_one_update_short() -> None:
    (result,) = (r for r in sheet("mazur", "After").marked.results if r.quantity.kind == "loss")
    assert result.verdict == "slip"
    assert [piece.quantity.id for piece in ENGLISH.told(result.reason) if not isinstance(piece, str)] == [
        "after[9999].loss"
    ]


def test_the_page_is_not_stale(accept: bool) -> None:
    """`out/audit.md` is what the audit writes today; `pytest tests/test_audit.py --accept` rewrites it."""
    text, path = markdown(list(posts().values())), ROOT / "out" / "audit.md"
    if accept:
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text
