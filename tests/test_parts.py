"""What stands on a page: the parts at every detail, how long it is, which results are marked, the story."""

import re
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from tools import need

from derive import InputError, solve
from derive.cli import main
from derive.document import Block, Document, Equation, Figure, Remark, Section, Table
from derive.parts import DETAILS, PARTS, Choice, Detail, Extent, choose
from derive.reading import example_names, example_text, parse_problem

# What a part looks like on the page of `mazur`: a heading or words that stand nowhere else.
SIGNS = {
    "notation": "Notation",
    "rounding": "Rounding",
    "derivatives": "The derivatives we need",
    "second-pass": "Second forward pass",
    "check": "Gradient check",
    "summary": "Summary",
}
# Which of them stands at each detail when nobody chooses; the sentence on rounding is no section.
USUAL = {
    "brief": {"second-pass"},
    "standard": {"derivatives", "second-pass"},
    "full": set(SIGNS),
}
FIGURES = {"brief": 0, "standard": 2, "full": 4}


def blocks(of: tuple[Block, ...]) -> list[Block]:
    found: list[Block] = []
    for block in of:
        found.append(block)
        if isinstance(block, Section | Remark):
            found += blocks(block.blocks)
    return found


def titles(document: Document) -> set[str]:
    sections = [block for block in blocks(document.sections) if isinstance(block, Section)]
    return {"".join(getattr(word, "text", "") for word in section.title) for section in sections}


def shown(document: Document) -> set[str]:
    return {part for part, sign in SIGNS.items() if sign in titles(document)}


def pictures(document: Document) -> int:
    return sum(isinstance(block, Figure) for block in blocks(document.sections))


def test_every_part_is_looked_for() -> None:
    assert {*SIGNS, "figures"} == set(PARTS)


@pytest.mark.parametrize("detail", DETAILS)
def test_each_part_at_each_detail(detail: Detail) -> None:
    """As usual, left out, and added: the part comes and goes, and no other part does."""
    usual = solve("mazur", detail=detail).document
    assert shown(usual) == USUAL[detail] and pictures(usual) == FIGURES[detail]
    for part in SIGNS:
        without = solve("mazur", detail=detail, leave_out=[part]).document
        assert shown(without) == USUAL[detail] - {part}, part
        assert pictures(without) == FIGURES[detail]
        added = solve("mazur", detail=detail, with_parts=[part]).document
        assert shown(added) == USUAL[detail] | {part}, part
    assert pictures(solve("mazur", detail=detail, leave_out="figures").document) == 0
    assert pictures(solve("mazur", detail=detail, with_parts="figures").document) == 4


@pytest.mark.parametrize("detail", DETAILS)
def test_rounding_in_a_sentence(detail: Detail) -> None:
    """A page without the section has the sentence, unless it is left out; a carried rounding is said either way."""
    sentence = {"mazur": "only to be printed (≈)", "netflow": "used as it was rounded (≈)"}
    for name, text in sentence.items():
        assert (text in solve(name, detail=detail).render("md")) == (detail != "full")
        assert text not in solve(name, detail=detail, leave_out=["rounding"]).render("md")


@pytest.mark.parametrize("form", ["chain", "delta", "matrix", "index"])
def test_a_brief_page_is_no_text(form: str) -> None:
    """No table, no derivation beside its rules, no paragraph that explains; the second pass is there."""
    document = solve("mazur", form=form, detail="brief").document
    found = blocks(document.sections)
    assert not [block for block in found if isinstance(block, Table | Remark)]
    assert len([block for block in found if isinstance(block, Equation)]) >= 5


def test_the_general_formula_is_stated_in_brief() -> None:
    brief, standard = (solve("rohan", detail=detail).render("md") for detail in ("brief", "standard"))
    formula = re.compile(r"\\frac\{\\partial J\}\{\\partial W\^\{1\}_ \{ij\}\}.* = \(p - a\)")
    assert formula.search(brief) and formula.search(standard)
    assert "One formula for every weight" in standard and "One formula for every weight" not in brief


PAGE = '[page]\ndetail = "brief"\nleave_out = ["second-pass"]\nwith = ["check", "summary"]\n'


def test_the_problem_file_says_what_is_shown() -> None:
    """And a caller has the last word, for each part and for the detail."""
    problem = parse_problem(example_text("mazur") + PAGE)
    assert shown(solve(problem).document) == {"check", "summary"}
    assert shown(solve(problem, with_parts=["second-pass"]).document) == {"check", "summary", "second-pass"}
    assert shown(solve(problem, leave_out=["check"]).document) == {"summary"}
    assert shown(solve(problem, detail="standard").document) == {"derivatives", "check", "summary"}
    assert "check" in shown(solve("rohan-relu").document)


def test_choices_add_up() -> None:
    said = Choice("brief", leave_out=("figures",), with_parts=("check",))
    assert choose(said) == said
    assert choose(said, "full", ["check"], ["figures"]) == Choice("full", ("check",), ("figures",))
    assert choose(said).options(said) == {}
    assert choose(said, "full", ["check"]).options(said) == {"detail": "full", "leave_out": ("check",)}
    assert Choice("standard").extent("figures") is Extent.SHORT


@pytest.mark.parametrize(
    ("page", "fragments"),
    [
        ('with = ["chek"]', ["page.with[0]", '"chek"', 'Did you mean "check"?']),
        ('leave_out = ["figure"]', ["page.leave_out[0]", 'Did you mean "figures"?']),
        ('leave_out = ["check"]\nwith = ["check"]', ["page", "both"]),
        ('detail = "short"', ["page.detail", "brief"]),
        ('without = ["check"]', ["page", "leave_out", "with"]),
        ("with = 3", ["page.with", "list"]),
    ],
)
def test_wrong_words_are_told(page: str, fragments: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        parse_problem(f"{example_text('mazur')}[page]\n{page}\n")
    assert [text for text in fragments if text not in str(caught.value)] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("--with", "chek"),
        ("--leave-out", "check,figure"),
        ("--with", "check", "--leave-out", "check"),
        ("--detail", "brif"),
    ],
)
def test_wrong_options_are_told(arguments: tuple[str, ...], tmp_path: Path) -> None:
    run = CliRunner().invoke(main, ["solve", "mazur", "-o", str(tmp_path / "out"), *arguments])
    assert run.exit_code == 2 and run.stderr.startswith("derive: ") and not (tmp_path / "out").exists()


def test_options_of_the_command(tmp_path: Path) -> None:
    """Several words with commas, or the option again; for a problem of equations too."""
    call = ["solve", "mazur", "--format", "md", "-o", "-", "--detail", "brief", "--with", "check,summary"]
    told = CliRunner().invoke(main, [*call, "--with", "notation", "--leave-out", "second-pass"]).output
    assert all(f"# {number}" in told for number in range(1, 6)) and "Second forward pass" not in told
    assert all(SIGNS[part] in told for part in ("check", "summary", "notation"))


MODEL = {
    "title": "A square",
    "story": "How far does one step go?",
    "note": "Chosen here.",
    "parameters": {"w": 3},
    "model": {"equations": "L = w^2"},
    "training": {"learning_rate": Decimal("0.1")},
}


@pytest.mark.parametrize("detail", DETAILS)
def test_parts_of_a_page_of_equations(detail: Detail) -> None:
    """The parts that such a page has: rounding, the numbers after the update, what was compared, the last table."""
    usual = {"full": {"Rounding", "Summary", "Notation"}}.get(detail, set()) | {"Before and after"}
    parts = {
        "Rounding": "rounding",
        "Summary": "summary",
        "Before and after": "second-pass",
        "Notation": "notation",
    }
    assert titles(solve(MODEL, detail=detail).document) & set(parts) == usual
    for title, part in parts.items():
        assert title in titles(solve(MODEL, detail=detail, with_parts=[part]).document)
        assert title not in titles(solve(MODEL, detail=detail, leave_out=[part]).document)
    text = solve(MODEL, detail=detail).render("md")
    assert text.index("How far does one step go?") < text.index("Given" if "Given" in text else "What is given")
    assert "**How far does one step go?** With the new values" in text
    assert text.rstrip().split("---")[0].rstrip().endswith("**A note.** Chosen here.")
    assert r"\mathbf{5.76}" in text and r"\mathbf{2.4}" in text


CHAIN = {
    "title": "A chain",
    "inputs": {"x": [1, 2]},
    "parameters": {"w": [3, 4]},
    "model": {"equations": "z = sum(w*x)\na = sigmoid(z)\nL = a^2"},
    "training": {"learning_rate": Decimal("0.1"), "optimizer": "momentum", "momentum": Decimal("0.9")},
}


def test_symbols_of_equations() -> None:
    """Everything that has a name is in the table, with what it is made of and its shape."""
    text = solve(CHAIN, with_parts=["notation"]).render("md")
    table = text[text.index("Notation") :].split("\n#")[0]
    for row in (
        r"| $x_{i}$ in $\mathbf{x}$ | An input | 2 numbers |",
        r"| $w_{i}$ in $\mathbf{w}$ | A parameter | 2 numbers |",
        r"| $z$ | Computed from $\mathbf{w}$ and $\mathbf{x}$ | a number |",
        r"| $L$ | The loss, computed from $a$ | a number |",
        r"| $\eta$ | Learning rate | a number |",
        r"| $v_{w_{i}}$ in $v_{\mathbf{w}}$ | What the optimiser keeps for a parameter | 2 numbers |",
        r"its derivative; so for every other quantity | 2 numbers |",
        r"| $w_{i}^{+}$ in $\mathbf{w}^{+}$ | A parameter after the update;",
    ):
        assert row in table, row


@pytest.mark.parametrize("detail", DETAILS)
def test_rules_of_derivatives_on_a_page_of_equations(detail: Detail) -> None:
    """By which rule each quantity is derived, said or left out."""
    rule = "goes into $a$ ("
    assert (rule in solve(CHAIN, detail=detail).render("md")) is (detail != "brief")
    assert rule in solve(CHAIN, detail=detail, with_parts=["derivatives"]).render("md")
    assert rule not in solve(CHAIN, detail=detail, leave_out=["derivatives"]).render("md")


@pytest.mark.parametrize(
    ("table", "part", "why"),
    [
        ({**CHAIN, "training": None}, "second-pass", "no loss to be computed once more"),
        (
            {"title": "A", "inputs": {"x": [1, 2]}, "model": {"equations": "z = x", "loss": False}},
            "summary",
            "Nothing is derived",
        ),
    ],
)
def test_a_part_that_a_problem_has_not(table: dict[str, object], part: str, why: str) -> None:
    """It cannot be had, which is said in one message; to leave it out asks for nothing."""
    table = {name: value for name, value in table.items() if value is not None}
    with pytest.raises(InputError, match=why):
        solve(table, with_parts=[part])
    assert solve(table, leave_out=[part]).render("md") == solve(table).render("md")


# -- answers


def test_answers_are_marked() -> None:
    """The loss, every gradient and every new weight, at every place where a line ends with one; nothing else."""
    for detail in DETAILS:
        text = solve("mazur", detail=detail).render("md")
        marked = set(re.findall(r"\\mathbf\{(-?\d[\d.]*)\}", text))
        solution = solve("mazur")
        wanted = {"loss", "after[1].loss", *(f"dL/dW[{n}][{j}][{i}]" for n in (1, 2) for j in (0, 1) for i in (0, 1))}
        wanted |= {f"after[1].W[{n}][{j}][{i}]" for n in (1, 2) for j in (0, 1) for i in (0, 1)}
        named = {entry: solution.text(entry) for entry in wanted}
        assert set(named.values()) <= marked, detail
        others = {solution.text("dL/db[1]"), solution.text("dL/db[2]")}
        # What the last sentences tell: by how much the loss has fallen, and what the network says now.
        others |= {"0.007343335", *(solution.text(f"after[1].a[2][{k}]") for k in (0, 1))}
        assert marked <= set(named.values()) | others, detail


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "mazur",
            r"$E_{total}^{+} \approx \mathbf{0.291027774}$: it has fallen by $\mathbf{0.007343335}$, about 2.46 %.",
        ),
        ("netflow", r"$\mathrm{Error}^{+} \approx \mathbf{0.28}$: it has fallen by $\mathbf{0.05}$, about 15 %."),
        ("caispp", r"now it says $\mathbf{0.502}$, and it ought to say $1$."),
        ("rohan-relu", r"the weights that lead into it get the gradient $\mathbf{0}$."),
    ],
)
def test_answers_in_sentences_are_marked(name: str, told: str) -> None:
    assert told in solve(name).render("md")


@pytest.mark.parametrize(
    ("suffix", "mark"),
    [
        ("md", r"\mathbf{0.082167041}"),
        ("tex", r"\mathbf{0.082167041}"),
        ("typ", "bold(0.082167041)"),
        ("html", '<mrow class="answer"><mn>0.082167041</mn></mrow>'),
        ("ipynb", r"\\mathbf{0.082167041}"),
    ],
)
def test_answers_are_marked_in_every_format(suffix: str, mark: str) -> None:
    text = solve("mazur").render(suffix)
    plain = re.sub(r"\\q\w+\{([-\d.]+)\}|q\w+\(([-\d.]+)\)", r"\1\2", text)
    plain = re.sub(r'(<mn) class="[^"]*"', r"\1", plain)
    assert mark in plain or mark in text


def test_matrices_have_room() -> None:
    """Two by two and three by three at nine decimals are shown; of more, decimals are left away and it is said."""
    text = solve("mazur", form="matrix").render("md")
    assert "unit by unit" not in text and "have four decimals" not in text
    rows = [[Decimal(f"0.{j + 1}{i + 1}") for i in range(4)] for j in range(4)]
    layer = {"units": 4, "activation": "sigmoid", "weights": rows}
    table = {
        "title": "Four by four",
        "form": "matrix",
        "network": {"inputs": 4, "layers": [layer, layer]},
        "data": {"inputs": [[1, 2, 3, 4]], "targets": [[0, 0, 0, 1]]},
        "loss": {"name": "half_squared_error"},
        "training": {"learning_rate": 1},
        "rounding": {"decimals": 9},
    }
    text = solve(table).render("md")
    found = re.search(r"Inside matrices the numbers have (\w+) decimals", text)
    assert found is not None and "unit by unit" not in text
    places = ["four", "five", "six", "seven", "eight"].index(found[1]) + 4
    assert all(len(part) <= places for part in re.findall(r"\\mathbf\{-?0\.(\d+)\}", text) if len(part) != 9)


def test_matrices_have_the_decimals_of_the_rule() -> None:
    """A number that the problem rounds to more decimals has them wherever it stands."""
    text = solve("caispp", detail="brief").render("md")
    assert text.count("-0.0356") == 2 and "-0.036 " not in text
    assert text.count(r"-0.0255 \cr 0.0431 \cr -0.0188") == 2
    assert r"0.0255 & -0.0431 & 0.0188 \cr" in text


@pytest.mark.parametrize("form", ["chain", "delta", "matrix"])
def test_only_what_stands_above_is_referred_to(form: str) -> None:
    for detail in DETAILS:
        for left_out in ([], ["derivatives"]):
            made = solve("caispp", form=form, detail=detail, leave_out=left_out)
            text = made.render("md")
            assert ("as derived above" in text) <= ("The derivatives we need" in titles(made.document))


# -- the story

UNSAFE = "50 % of $x_1$ & <b>\\input{a}</b> #let *one* `two` [three](four) | ~five^ \"six\" 'seven'. Will {it} pass?"


@pytest.mark.parametrize("suffix", ["md", "tex", "html", "typ", "ipynb", "pandoc"])
def test_a_story_is_text(suffix: str) -> None:
    """It leads in and its question comes back at the end, and every character stands for itself."""
    problem = parse_problem(example_text("caispp")).model_copy(update={"story": UNSAFE})
    solution = solve(problem)
    text = solution.render(suffix) if suffix != "pandoc" else solution.render("md")
    assert text.count("Will") == 2 and "<b>" not in text.replace("\\<b>", "")
    assert solution.pdf()


def test_a_story_is_read_as_written() -> None:
    need("pdftoppm")
    problem = parse_problem(example_text("caispp")).model_copy(update={"story": UNSAFE})
    run = subprocess.run(["pdftotext", "-", "-"], input=solve(problem).pdf(), capture_output=True, check=True)
    told = " ".join(run.stdout.decode().split())
    assert "50 % of $x_1$ & <b>\\input{a}</b> #let *one*" in told and "Will {it} pass? The network said" in told


def test_no_erratum_before_the_problem() -> None:
    """A note on the source comes last."""
    for name in example_names("networks"):
        text = solve(name).render("md")
        assert text.count("**A note.**") <= 1
        assert "A note." not in text or text.index("**A note.**") > text.index("Update of every weight")
