"""The audit finds by itself what is right, how numbers were rounded, and which mistakes were published."""

from functools import cache

import pytest
from tools.needs import ROOT

from derive.audit import Audited, Post, audit
from derive.audit import collection as pages_of
from derive.audit.collection import KINDS, Page, Worked, collection, facts
from derive.audit.page import markdown
from derive.errors import InputError, ProgramFault
from derive.expression import Shown
from derive.wording import ENGLISH


@cache
def posts() -> dict[str, Post]:
    return {post.key: post for post in audit()}


@cache
def pages() -> dict[str, Page]:
    return {page.key: page for page in collection()}


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
    text, path = markdown(list(posts().values()), list(pages().values())), ROOT / "out" / "audit.md"
    if accept:
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text


# -- the collection of pages

FOUND = [
    # a page, one of its computations, and how many of its numbers are of each kind
    ("cs231n-gates", 2, {"exact": 21}),
    ("micrograd", 0, {"exact": 3}),
    ("momentum-saida", 0, {"exact": 14}),
    ("click4ai-gru", 0, {"exact": 11, "rounded": 1, "follows": 1, "mistake": 1}),
    ("click4ai-lstm", 0, {"exact": 21, "carried": 1}),
    ("prachub-bptt", 0, {"exact": 3, "rounded": 1, "follows": 9, "untold": 1}),
    ("smaxx-backpropagation", 0, {"exact": 8, "carried": 2}),
    ("smaxx-backpropagation", 1, {"exact": 19, "rounded": 1, "carried": 7}),
    ("infosys-rnn", 0, {"exact": 7, "mistake": 5, "follows": 2}),
    ("infosys-lstm", 0, {"exact": 1, "mistake": 1}),
    ("infosys-gru", 0, {"exact": 1, "mistake": 1}),
    ("softmax-pixelbank", 1, {"exact": 2, "mistake": 1}),
    ("attention-flash", 0, {"exact": 29, "mistake": 7, "follows": 3, "untold": 1}),
    ("attention-amanailab", 0, {"untold": 4}),
    ("scribd-cnn", 0, {"exact": 14, "untold": 14, "follows": 8}),
]


@pytest.mark.parametrize(("page", "at", "counts"), FOUND)
def test_what_is_found_on_a_page(page: str, at: int, counts: dict[str, int]) -> None:
    found = pages()[page].sheets[at]
    kinds = [found.kind(result) for result in found.audited.numbers]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == counts


def test_every_number_of_the_collection_is_explained() -> None:
    """At least 30 pages; what nothing explains has its words, and nothing that is right has any."""
    assert len(pages()) >= 30
    for page in pages().values():
        for sheet in page.sheets:
            known = {result.quantity.id: result for result in sheet.audited.numbers}
            assert known and set(page.kinds) <= set(KINDS)
            assert sheet.remarks.keys() <= known.keys()
            for name, result in known.items():
                kind = sheet.kind(result)
                assert kind != "untold" or sheet.remarks[name].why
                assert not (result.right and name in sheet.remarks)
                assert kind != "mistake" or name in sheet.remarks or result.verdict in ("mistake", "slip")


def test_the_facts_of_pages_name_their_source_and_copy_nothing() -> None:
    """Each page has its title, author and address; what is said of it is short, and the numbers stand as statements."""
    for key, table in facts().items():
        assert table.keys() == {"title", "author", "url", "kind", "sheets"}, key
        assert table["url"].startswith("http") and table["title"] and table["author"]
        for sheet in table["sheets"]:
            assert len(sheet["what"]) < 120
            assert all("=" in line for line in sheet["work"].strip().splitlines())
            assert all(len(remark["why"]) < 400 for remark in sheet.get("remarks", []))


def spoiled(page: str, spoil: dict[str, object]) -> Worked:
    """The first computation of a page with some of its facts changed."""
    return pages_of._worked({**facts()[page]["sheets"][0], **spoil})


def test_a_formula_that_does_not_give_the_number_is_refused() -> None:
    """What is said to explain a number must give every digit of it."""
    (remark,) = facts()["softmax-pixelbank"]["sheets"][1]["remarks"]
    table = {**facts()["softmax-pixelbank"]["sheets"][1], "remarks": [{**remark, "formulas": ["-p[2]"]}]}
    with pytest.raises(ProgramFault, match=r"printed as -0\.67, and the formula gives -0\.24"):
        pages_of._worked(table)
    (remark,) = facts()["infosys-gru"]["sheets"][0]["remarks"]
    other = remark["equations"].replace("hn[1,j] = (1 - zn[1,j])*h[3,j]", "hn[1,j] = (1 - zn[1,j])*h[0,j]")
    with pytest.raises(ProgramFault, match="5\\.986334"):
        spoiled("infosys-gru", {"remarks": [{**remark, "equations": other}]})


def test_a_number_that_cannot_be_read_is_no_part_of_the_audit() -> None:
    with pytest.raises(InputError, match="nowhere"):
        spoiled("micrograd", {"work": "g = 24.7041\nnowhere = 1"})


def test_a_wrong_number_is_found_anew() -> None:
    """Nothing of the verdicts is kept: another number is judged as it is."""
    found = spoiled("micrograd", {"work": "g = 31.9999"})
    assert [found.kind(result) for result in found.audited.numbers] == ["untold"]


def test_the_readme_says_how_many_pages_and_numbers() -> None:
    kinds = [kind for page in pages().values() for kind in page.kinds]
    text = " ".join((ROOT / "README.md").read_text("utf-8").split())
    assert f"{len(kinds)} numbers of {len(pages())} other pages" in text
    assert f"of {kinds.count('untold')} the digits do not tell" in text


def test_what_was_gone_on_with_is_said_as_it_was() -> None:
    """0.333 may be 0.33 with a digit written twice; but what comes after it was worked out with 0.334."""
    (result,) = (r for r in pages()["chain-cscn8010"].sheets[0].audited.numbers if r.quantity.id == "z2")
    meant = [piece.text for piece in ENGLISH.told(result.reason) if isinstance(piece, Shown)]
    assert result.verdict == "slip" and meant == ["0.33", "0.334"]
