"""Which cause is told of a wrong value: slips of the pen, one reason for several values, and none that others deny."""

from collections.abc import Mapping

import pytest
from flint import arb, fmpq
from marking import Desk
from simulated.judged import examiner
from simulated.sheets import drawn_sheet

from derive.check import check
from derive.check.causes import Sheet
from derive.check.misread import more_or_less
from derive.check.model import Result
from derive.check.slips import find_slip, other_slip
from derive.check.walk import Change, Mark, Walk
from derive.expression import Node, Ref, Shown
from derive.wording import ENGLISH


def judged(problem: str, work: str) -> dict[str, Result]:
    """The results of a sheet that is written as `id value, id value`."""
    values = dict(entry.split() for entry in work.split(","))
    return {result.quantity.id: result for result in check(problem, values).sheets[0].results}


def said(result: Result) -> str:
    return "".join(piece if isinstance(piece, str) else _spelt(piece) for piece in ENGLISH.told(result.reason))


def _spelt(node: Node) -> str:
    match node:
        case Shown(text):
            return text
        case Ref(quantity):
            return quantity.id
    raise AssertionError(node)


def mark(value: str, true: str = "0") -> Mark:
    places = len(value.partition(".")[2])
    return Mark.of(fmpq(int(value.replace(".", "")), 10**places), places, arb(true))


# -- slips of the pen ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "right", "key", "meant"),
    [
        ("0.19952", "0.1995617", "left-out", fmpq(199562, 10**6)),
        ("0.4128", "0.41328", "left-out", fmpq(41328, 10**5)),
        ("0.448", "0.48", "doubled", fmpq(48, 100)),
        ("-0.75513", "-0.7513", "doubled", fmpq(-7513, 10**4)),
    ],
)
def test_a_digit_more_or_less(given: str, right: str, key: str, meant: fmpq) -> None:
    found = find_slip(mark(given), arb(right, "0.0000001"))
    assert found is not None and (found[0].key, found[1]) == (key, meant)


def test_no_digit_is_missing_where_there_are_as_many_as_ever() -> None:
    number = arb("0.1995617", "0.0000001")
    assert find_slip(mark("0.19952"), number, usual=5) is None
    found = find_slip(mark("0.19952"), number, usual=6)
    assert found is not None and found[0].key == "left-out"


def test_two_slips_that_give_one_number() -> None:
    """0.112 is 0.121 with two digits swapped, and 0.12 with one written twice."""
    stated, right = mark("0.112"), fmpq(121, 1000)
    found = find_slip(stated, right)
    assert found is not None and found[0].key == "swapped"
    other = other_slip(found[0], stated, right)
    assert other is not None and other[0].key == "doubled"


def test_what_was_gone_on_with_shows_that_the_pen_slipped() -> None:
    """0.448 for 0.48, which the later lines use; so does a sign that was lost only on paper."""
    result = judged("netflow", "a[1][0] 0.85, a[1][1] 0.448, a[2][0] 0.19, W_new[2][0][1] 0.17")["a[1][1]"]
    assert result.verdict == "slip"
    found = judged("mazur", "out_h1 0.5933, out_h2 0.9596, out_o1 0.7514, out_o2 0.7729")["a[1][1]"]
    assert found.verdict == "slip" and "You went on with 0.5969, so the pen slipped." in said(found)


def test_a_number_that_nothing_explains_but_that_was_not_gone_on_with() -> None:
    found = judged("mazur", "out_h1 0.5933, out_h2 0.8327, net_o1 1.1059, net_o2 1.2249")["a[1][1]"]
    assert found.verdict == "slip" and said(found) == "You went on with 0.5969, so the pen slipped."
    # With the number as it is written nothing tells of a slip.
    found = judged("mazur", "out_h1 0.5933, out_h2 0.8327, net_o1 1.2120, net_o2 1.3546")["a[1][1]"]
    assert found.verdict == "wrong"


def test_a_slip_is_of_the_own_number() -> None:
    """The right gradient is 0.0827; with the own wrong delta it is 0.1655, and 0.0872 is no slip of that."""
    work = "out_h2 0.5969, dE/dnet_o1 0.2772, dE/dw6 0.0872"
    found = judged("mazur", work)["dL/dW[2][0][1]"]
    assert "changed places" not in said(found)
    found = judged("mazur", work.replace("0.2772", "0.1385"))["dL/dW[2][0][1]"]
    assert said(found) == "Two neighbouring digits of 0.0827 have changed places."


def test_a_value_that_may_be_copied_or_swapped() -> None:
    work = "h1 0.85, h2 0.48, prediction 0.19, w5+ 0.17, w6+ 0.17, w1+ 0.12, w2+ 0.23, w3+ 0.14, w4+ 0.10, h1+ 0.93"
    found = judged("netflow", f"{work}, h2+ 0.85, prediction+ 0.26")["a_new[1][1]"]
    assert said(found).startswith("Two neighbouring digits of 0.58 have changed places, or this is the value of")


@pytest.mark.parametrize(
    ("problem", "seed", "quantity", "key"),
    [
        ("attention-67530902", "8675309/152", "dL/dV[2,1]", "local-left-out"),
        ("layernorm-67530900", "8675309/83", "dL/dh[3]", "factor-left-out"),
    ],
)
def test_a_short_number_among_longer_ones_is_one_in_full(problem: str, seed: str, quantity: str, key: str) -> None:
    """Where all others have four decimals, what gives 0.2 and no digit more comes before what gives 0.21."""
    sheet = drawn_sheet(problem, seed, "carried 4")
    (found,) = (verdict for verdict in examiner(problem).verdicts(sheet.rows) if verdict.id == quantity)
    assert dict(sheet.rows)[quantity] in ("-0.5", "0.2")
    assert key in found.keys


# -- one reason for several values ---------------------------------------------------------------------------

MISREAD = (
    "z[1][0] -0.4, a[2][2] 0.5942, dL/da[3][0] -0.4484, da/dz[3][0] 0.2473, dL/dz[3][0] -0.1109, "
    "dL/dW[2][1][0] 0.0042, dL/dz[1][0] -0.0053, W_new[1][0][0] 0.1005, W_new[1][0][2] -0.2989, W_new[2][1][0] -0.9004"
)


def test_one_weight_that_was_read_wrongly_everywhere() -> None:
    """With -0.9 for -0.4 all numbers come out: the error, the gradient and the new weight."""
    results = judged("rohan", MISREAD)
    words = "W[2][1][0] = -0.4 was read as -0.9."
    assert said(results["dL/da[3][0]"]) == said(results["W_new[2][1][0]"]) == words
    assert {result.quantity.id for result in results.values() if result.faulty} == {"dL/da[3][0]", "W_new[2][1][0]"}
    assert results["dL/dz[1][0]"].verdict == results["da/dz[3][0]"].verdict == "follows"


def test_the_mistake_of_another_value_is_tried_first() -> None:
    """The new weight may come from the weights of another layer, too; the gradient beside it cannot."""
    work = "dL/da[2][0] -0.809, dL/dz[1][0] 0.11326, dL/dW[1][0][1] -0.2427, W_new[1][0][0] 0.12133, "
    results = judged("hmkcode", f"{work}W_new[1][1][0] 0.13699")
    for name in ("dL/dW[1][0][1]", "W_new[1][1][0]"):
        assert [one.key for one in results[name].explanations] == ["gradient-transposed"]


def test_a_mistake_that_right_values_deny() -> None:
    """With the weight of another connection the weight beside it would be another number, too."""
    results = judged("caispp", "W_new[2][0][0] 0.2264, W_new[2][0][1] -0.3201")
    assert results["W_new[2][0][1]"].right
    assert "neighbours-weight" not in [one.key for one in results["W_new[2][0][0]"].explanations]


def test_nothing_is_claimed_of_all_mistakes_where_few_digits_are_shown() -> None:
    found = judged("mazur", "out_o1 0.75, dE/dw8 -0.04")["dL/dW[2][1][1]"]
    assert "known mistake" not in said(found)


def test_a_number_may_be_read_with_a_digit_more_or_less() -> None:
    assert list(more_or_less("0.2")) == ["0.22"]
    assert list(more_or_less("-1.5")) == ["-11.5", "-1.55", "-.5"]


def test_one_more_mistake_on_top_of_one_that_is_known() -> None:
    """The deltas were made with weights of another layer; the step has these, and a weight where its input belongs."""
    work = "a[1][1] 0.586618, dL/dz[1][1] 0.030847, dL/dz[1][2] -0.006297, lr*dL/dW[1][0][1] -0.000381"
    found = judged("caispp", work)["lr*dL/dW[1][0][1]"].explanations
    assert "weights-of-another-layer+weight-in-place-of-input" in [one.key for one in found]
    assert all(one.key.startswith("weights-of-another-layer+") for one in found)


def number(one: object) -> tuple[str, ...]:
    """A number as text, with its radius where it is a ball: balls compare as unequal, even to themselves."""
    return (str(one),) if isinstance(one, fmpq) else (one.mid().str(60), one.rad().str(60))  # type: ignore[attr-defined]


def all_of(walk: Walk) -> list[object]:
    """Everything that a walk has found."""
    registers = (walk.gives, walk.used, walk.instead, walk.again, walk.again_instead)
    roots = (walk.follows, walk.tainted, walk.before, walk.again_tainted)
    places = (walk.right, walk.wrong, walk.unjudged, walk.coarser, walk.open)
    return [*([number(one) for one in some] for some in registers), *roots, *map(list, map(sorted, places)), walk.wrong]


def test_what_a_hidden_mistake_does_not_reach_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a mistake taken over, the steps that it reaches are walked anew: all that come later would be the same."""
    quick, compared = Sheet.changed, list[bool]()

    def both(sheet: Sheet, more: Mapping[int, Change]) -> Walk:
        found, whole = quick(sheet, more), sheet.walk({**sheet.changes, **more}, (sheet.found, min(more)))
        assert all_of(found) == all_of(whole)
        compared.append(len(found.wrong) < len(sheet.found.wrong))
        return found

    monkeypatch.setattr(Sheet, "changed", both)
    for problem in ("mazur", "rohan-relu"):
        desk = Desk(problem)
        for seed in range(4):
            drawn = desk.with_errors(f"hidden {seed}", ["everywhere"], few=True)
            if drawn is not None:
                desk.mark(drawn)
    assert len(compared) > 20, "too few mistakes were taken over to tell"
    assert sum(compared) > 1
