"""What `--ask` takes: topics, kinds with a layer, units, names and ids; and what it refuses."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from networks import random_network

from derive import InputError
from derive.cli import main
from derive.reading import example_names, problem_from_dict
from derive.worksheet import TOPICS, SheetOptions, compile_sheet

MAZUR_ASKS = [
    ("dE/dw5", "dE/dw5"),
    ("dL/dW[2][0][0]", "dE/dw5"),
    ("dE/dw5,delta:2", "dE/dnet_o1 dE/dw5 dE/dnet_o2"),
    ("delta:2,dE/dw5", "dE/dnet_o1 dE/dw5 dE/dnet_o2"),
    ("gradients:1", "dE/dw1 dE/dw2 dE/dw3 dE/dw4"),
    ("gradient:2", "dE/dw5 dE/dw6 dE/dw7 dE/dw8"),
    ("weights:2", "w5+ w6+ w7+ w8+"),
    ("forward:2", "net_o1 out_o1 net_o2 out_o2"),
    ("sums", "net_h1 net_h2 net_o1 net_o2"),
    ("activation:1", "out_h1 out_h2"),
    ("o2", "net_o2 out_o2 dE/dout_o2 dout_o2/dnet_o2 dE/dw7 dE/dw8 w7+ w8+"),
    ("h1,w5+", "net_h1 out_h1 dE/dout_h1 dout_h1/dnet_h1 dE/dw1 dE/dw2 w5+ w1+ w2+"),
    ("W_new[1][1][0]", "w3+"),
    ("loss,w5+", "E_o1 E_o2 E w5+"),
    ("out_o1+", "out_o1+"),
]
"""What is asked of Mazur's network, by name, in the order of the computation."""


@pytest.mark.parametrize(("ask", "expected"), MAZUR_ASKS)
def test_asks(ask: str, expected: str) -> None:
    sheet = compile_sheet("mazur", SheetOptions(ask=tuple(ask.split(","))))
    assert [box.name for box in sheet.boxes] == expected.split()


@pytest.mark.parametrize("form", ["chain", "delta", "matrix", "index"])
@pytest.mark.parametrize("name", example_names("networks"))
def test_every_quantity_can_be_asked_alone(name: str, form: str) -> None:
    """Each box of the whole sheet, asked alone by name and by id, has the answer that it has there; no other is asked,
    and what its line uses is given."""
    whole = compile_sheet(name, SheetOptions(ask=TOPICS, form=form))
    answers = {row.quantity: row for row in whole.numbers().rows}
    boxes = whole.boxes[:: max(1, len(whole.boxes) // 6)]
    assert boxes
    for k, box in enumerate(boxes):
        sheet = compile_sheet(name, SheetOptions(ask=(box.quantity.id if k % 2 else box.name,), form=form))
        (row,) = sheet.numbers().rows
        assert row[2:] == answers[row.quantity][2:]


def test_given_beside_what_is_asked() -> None:
    """The numbers of a line are printed above it where they are not asked, and are gaps where they are."""
    sheet = compile_sheet("mazur", SheetOptions(ask=("dE/dw5", "delta:2"), blanks="results"))
    text = sheet.worksheet(sheet.numbers(), "md")
    given = text[text.index("already worked out") : text.index("## Question 1")]
    assert re.findall(r"\$([\d.-]+)\$", given) == ["0.5933", "0.7514", "0.7729"]
    assert "0.1385" not in text and "0.0822" not in text


@pytest.mark.parametrize("seed", range(6))
def test_random_networks_in_part(seed: int) -> None:
    """Some boxes of any network, batches and softmax layers among them, asked by their ids, and the rest not."""
    problem = problem_from_dict(random_network(seed, depth=(1, 3), width=(2, 3), steps=(1, 1)))
    whole = compile_sheet(problem, SheetOptions(ask=TOPICS))
    answers = {row.quantity: row for row in whole.numbers().rows}
    some = tuple(box.quantity.id for box in whole.boxes[seed :: max(2, len(whole.boxes) // 5)])
    sheet = compile_sheet(problem, SheetOptions(ask=some))
    rows = sheet.numbers().rows
    assert [row.quantity for row in rows] == [one for one in answers if one in some]
    assert all(row[2:3] + row[4:] == answers[row.quantity][2:3] + answers[row.quantity][4:] for row in rows)


REFUSED = [
    ("dE/dw55", '"dE/dw55"', 'Did you mean "dE/dw5"?'),
    ("w5", 'a quantity to compute, found "w5", which is given', 'Did you mean "w5+"?'),
    ("i_1", "which is given", ""),
    ("t[0]", "which is given", ""),
    ("eta", "which is given", ""),
    ("delta:3", 'a layer from 1 to 2 behind delta:, found "3"', ""),
    ("delta:", "behind delta:, found an empty text", ""),
    ("loss:1", '"loss:1": layer 1 has none', ""),
    ("new-loss:1", "layer 1 has none", ""),
    ("h3", 'a unit (h1), or a quantity (dE/dw5), found "h3"', ""),
    ("after[2].loss", '"after[2].loss"', ""),
    ("eta*dE/dw5", "has a box of its own", ""),
    ("dl/dz[2][0]", '"dl/dz[2][0]"', 'Did you mean "dL/dz[2][0]"?'),
    ("all,dE/dw55", '"dE/dw55"', "Did you mean"),
    ("forward,,\u202e", "--ask: expected forward", ""),
]
"""What cannot be asked of Mazur's network, what is said, and the nearest right name."""


@pytest.mark.parametrize(("ask", "said", "hint"), REFUSED)
def test_refused(ask: str, said: str, hint: str, tmp_path: Path) -> None:
    """One message, and nothing is written."""
    result = CliRunner().invoke(main, ["worksheet", "mazur", "--ask", ask, "--format", "md", "-o", str(tmp_path / "o")])
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert result.output.startswith("derive: --ask: expected ") and said in result.output and hint in result.output


def test_problem_file_asks(tmp_path: Path) -> None:
    """The table `sheet` says what is asked, the command comes before it, and a mistake is told with its place."""
    source = Path(__file__).parents[1] / "derive/examples/mazur.toml"
    file = tmp_path / "mine.toml"
    file.write_text(source.read_text("utf-8") + '\n[sheet]\nask = ["delta:2", "w5+"]\n', "utf-8")
    sheet = compile_sheet(file)
    assert [box.name for box in sheet.boxes] == ["dE/dnet_o1", "dE/dnet_o2", "w5+"]
    assert [box.name for box in compile_sheet(file, SheetOptions(ask=("E",))).boxes] == ["E"]
    file.write_text(source.read_text("utf-8") + '\n[sheet]\nask = ["delta:2", "w55+"]\n', "utf-8")
    with pytest.raises(InputError) as caught:
        compile_sheet(file)
    told = caught.value
    assert (told.file, told.place, told.hint) == (str(file), "sheet.ask", 'did you mean "w5+"?')
    for wrong in ("ask = []", 'ask = "delta"', "ask = [3]", 'aks = ["delta"]'):
        file.write_text(source.read_text("utf-8") + f"\n[sheet]\n{wrong}\n", "utf-8")
        with pytest.raises(InputError, match="sheet"):
            compile_sheet(file)


@pytest.mark.parametrize(
    "arguments",
    [
        ("worksheet", "mazur", "--blanks", "w55"),
        ("diagram", "mazur", "--weight", "w55"),
        ("values", "mazur", "--only", "w55"),
    ],
)
def test_names_are_looked_up_alike(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Options that take names of quantities tell the nearest one."""
    more = () if arguments[0] == "values" else ("-o", str(tmp_path / "o"))
    result = CliRunner().invoke(main, [*arguments, *more])
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, []) and 'Did you mean "w5"?' in result.output
