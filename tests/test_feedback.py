"""The feedback on a sheet as a student reads it: nothing twice, nothing to mend towards that is itself a slip."""

import re
from pathlib import Path

import derive
from derive.check import Check
from derive.check.unread import fault_words, note_words
from derive.document import Code, Text
from derive.errors import InputError
from derive.wording import ENGLISH

ALL_OF_MAZUR = """net_h1 = 0.3775, net_h2 = 0.3925, out_h1 = 0.5933, out_h2 = 0.5969, net_o1 = 1.1059, net_o2 = 1.2249,
out_o1 = 0.7514, out_o2 = 0.7729, E_o1 = 0.2748, E_o2 = 0.0236, E_total = 0.2984, dE/dw5 = 0.0822, w5+ = 0.3589"""


def feedback(problem: str, work: str, marks: bool = False) -> str:
    """The page in plain text on one line, of a sheet that is written as `name = value, name = value`."""
    values = dict(re.split(r"\s*=\s*", entry.strip(), maxsplit=1) for entry in work.split(","))
    found = derive.check(problem, values, marks=marks)
    assert isinstance(found, Check)
    return " ".join(found.text().replace("│", "").split())


def test_nobody_is_to_go_on_with_a_slip() -> None:
    """The sign of the delta was lost on paper, and the new weight made with it; the gradient is wrong otherwise."""
    work = "dL/dz[1][0] = 0.11326, W_new[1][0][0] = 0.12133, dL/dW[1][0][1] = -0.2427"
    text = feedback("hmkcode", f"dL/da[2][0] = -0.809, {work}")
    assert "You went on with -0.11326, so the pen slipped." in text
    assert "; right: -0.33978)" in text and "with your earlier numbers" not in text


def test_own_numbers_stay_the_measure_where_they_were_gone_on_with() -> None:
    text = feedback("mazur", "out_h1 = 0.3953, net_o1 = 1.0267, out_o1 = 0.7363, dE/dw5 = 0.9000")
    assert re.search(r"dE/dw5 \(0.9000; with your earlier numbers: 0\.\d+\)", text)


def test_what_nothing_explains_is_said_once() -> None:
    text = feedback("mazur", "net_h1 = 0.3775, out_h1 = 0.7713, out_o1 = 0.8377, dE/dw5 = 0.4431, dE/dw8 = 0.7717")
    assert text.count("nor a known mistake") <= 2  # in the box, and once for all the others
    others = text.partition("Also wrong")[2]
    assert others.count(" and ") and others.count("nor a known mistake") == 1


def test_a_wrong_value_has_its_reason_in_one_place() -> None:
    text = feedback("mazur", "net_h1 = 0.3775, out_h1 = 0.5733")
    assert text.count("One digit is not that of") == 1
    assert "Why" not in text  # a column without a word in it


def test_right_values_are_not_listed_where_all_are() -> None:
    text = feedback("mazur", ALL_OF_MAZUR)
    assert "All 13 values are right." in text and "Right:" not in text
    assert "Right: net_h1, net_h2" in feedback("mazur", ALL_OF_MAZUR.replace("0.3589", "0.4589"))


def test_one_name_stands_once() -> None:
    """Without an activation of their own h1 and h2 are one number each under one name."""
    work = "z[1][0] = 0.85, a[1][0] = 0.85, z[1][1] = 0.48, a[1][1] = 0.48, z[2][0] = 0.19, a[2][0] = 0.19"
    assert "Right: h_1, h_2, prediction." in feedback("netflow", work)


def test_a_true_value_is_as_long_as_what_was_written() -> None:
    text = feedback("hmkcode", "a[2][0] = 0.191, dL/da[2][0] = -0.80999")
    assert "-0.80999 -0.80900" in text
    wrong = feedback("hmkcode", "h1 = 0.99, a[2][0] = 0.191, dL/da[2][0] = -0.23456")
    assert "(-0.23456; right: -0.80900)" in wrong


def test_the_marks_say_that_a_mistake_costs_in_every_value() -> None:
    wrong = feedback("mazur", "out_h1 = 0.5933, w5+ = 0.4411, w6+ = 0.4914", marks=True)
    assert "also where that is the same mistake again" in wrong
    right = feedback("mazur", "out_h1 = 0.5933", marks=True)
    assert "Each answer is worth 1" in right and "such as 0" not in right


def test_what_the_loss_has_is_said() -> None:
    text = feedback("hmkcode", "a[2][0] = 0.191, loss = 0.6545")
    assert "This loss has the factor one half in front, once." in text


def test_how_sure_a_reason_is() -> None:
    """A new weight moves little: what lies beside it by a few units may have come about in many ways."""
    assert "Perhaps: " in feedback("rohan-chain", "output = 0.5889, w1+ = 0.5002")
    assert "Probably: " in feedback("mazur", "dE/dnet_o1 = 0.1385, dE/dnet_o2 = -0.0381, dE/dout_h1 = 0.0302")


def test_what_could_not_be_read_is_told_to_the_writer(tmp_path: Path) -> None:
    sheet = tmp_path / "ada.txt"
    sheet.write_text("x_in = 1.5*0.5 = 0.75\nhidden_1 = 0.6792\n")
    found = derive.check("rohan-chain", sheet)
    assert isinstance(found, Check)
    text = " ".join(found.text().split())
    assert "Line 1: I do not know what x_in is." in text and str(tmp_path) not in text
    assert "`x_in`" in found.render("md")
    fault = InputError("a name that only one quantity has", '"y"', "a.txt", "line 4", "write target.")
    several = fault_words(fault, ENGLISH)
    assert several == (Text("Line 4: "), Code("y"), Text(" may be several things here."), Text(" Write target."))
    other = fault_words(InputError("a number", '"abc"', "/home/ada/work.csv", "line 9"), ENGLISH)
    assert other == (Text('work.csv, line 9: expected a number, found "abc".'),)


def test_a_note_has_names_as_they_were_typed() -> None:
    assert note_words("read `z_1^{[1]}` as `z1`") == (Text("read "), Code("z_1^{[1]}"), Text(" as "), Code("z1"))
    assert note_words("nothing") == (Text("nothing"),)


def test_a_mistake_that_was_made_at_several_steps_names_them() -> None:
    """What is said of the first unit is not all: w3 and w4 come from the other one."""
    work = "dL/da[2][0] = -0.809, W_new[2][0][0] = 0.1744, W_new[2][0][1] = 0.1694, W_new[1][0][0] = 0.1241"
    text = feedback("hmkcode", f"a[2][0] = 0.191, loss = 0.6545, {work}, W_new[1][1][0] = 0.1337")
    assert "such as w5+." in text
    assert "Judging by w3+, it happened in dError/dh2 as well." in text.replace("_", "")


def test_one_letter_means_one_thing_on_a_sheet(tmp_path: Path) -> None:
    """out_2 can only be the second of all units, so out_1 is the first of them and not that of the outputs."""
    sheet = tmp_path / "chain.txt"
    sheet.write_text("sum_1 = 1.5*0.5 = 0.75\nout_1 = 0.6792\nsum_2 = -0.3*0.6792 = -0.2038\nout_2 = 0.4492\n")
    found = derive.check("rohan-chain", sheet)
    assert isinstance(found, Check) and not found.sheets[0].faults
    assert [result.quantity.id for result in found.sheets[0].results] == ["z[1][0]", "a[1][0]", "z[2][0]", "a[2][0]"]
    sheet.write_text("sum_1 = 0.75\nout_1 = 0.6792\n")
    alone = derive.check("rohan-chain", sheet)
    assert isinstance(alone, Check) and len(alone.sheets[0].faults) == 1
